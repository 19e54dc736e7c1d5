"""A page of a plan's maps: what those of the office, of an amphoe and of a merge share around and on the map."""

from __future__ import annotations

import math
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from matplotlib.patheffects import withStroke

from restructure.labels import boxes_along
from restructure.mapdata import (
    CREDIT,
    ROAD_GROUPS,
    SPECIAL,
    STATES,
    WATER_COLOUR,
    Look,
    MapData,
    band_looks,
    one_line,
    road_groups,
)
from restructure.roads import Floats
from restructure.sheet import FAINT, INK, RED, VILLAGE, Sheet, school_area, text_width, village_area
from restructure.words import INTERNAL, ROUTED, spell_day

MOVE_INK, HOST_INK = "#8a3c00", "#004c78"
EARLIER = "#777777"
#: How schools are drawn that a map is not about.
OTHER = STATES["stays"]._replace(label="โรงเรียนอื่น", colour="#a8a8a8")
#: How far an arrow bows out, as a part of its length.
_BOW = 0.12

Place = tuple[float, float, float, float]


class Layout(NamedTuple):
    """A paper and the places on it in millimetres: left, bottom, width, height; points of its tables, and its rows."""

    page: tuple[float, float]
    map: Place
    side: Place
    text: float
    row: float


LAYOUTS = {
    "A3": Layout((420.0, 297.0), (10.0, 19.0, 246.0, 254.0), (261.0, 19.0, 149.0, 254.0), 9.0, 4.8),
    "A4": Layout((297.0, 210.0), (8.0, 19.0, 175.0, 168.0), (187.0, 19.0, 102.0, 168.0), 8.0, 4.3),
}


class PlanSheet(Sheet):
    """One page."""

    def __init__(self, data: MapData, layout: Layout) -> None:
        # A hair over the paper, so that 300 dots an inch come to its whole number and not one less.
        super().__init__(layout.page, spare=0.002)
        self.data, self.plan, self.layout = data, data.plan, layout
        self.bands = band_looks(data.plan.policy.settings.bands)
        self.add_map(layout.map)

    def show(self, points: Floats, margin_mm: float) -> None:
        """Let the map show some points (longitude, latitude), and draw roads and rivers there."""
        points = points[np.isfinite(points).all(axis=1)]
        bounds = (*points.min(axis=0), *points.max(axis=0)) if len(points) else self.plan.network.bounds()
        self.frame(bounds, margin_mm)
        window = self.window()
        self.road_groups = road_groups(self.plan.network, window)
        self.ground(list(self.plan.network.waters), self.road_groups)

    @cached_property
    def points(self) -> dict[str, Floats]:
        """Places of the schools in kilometres on the map, by code."""
        schools = self.data.schools.dropna(subset=["lat", "lon"])
        return dict(zip(schools["school_id"], self.km(schools[["lon", "lat"]].to_numpy()), strict=True))

    def seen(self, point: Floats) -> bool:
        """Tell whether a place in kilometres lies on the map."""
        return bool((np.abs(point) <= (self.map.get_xlim()[1], self.map.get_ylim()[1])).all())

    def ways(self, ways: pd.DataFrame) -> None:
        """Draw ways in the colours of their bands; the farthest lie widest and lowest, so that each band shows."""
        for i in reversed(range(len(self.bands))):
            shapes = ways.loc[ways["band"].eq(i + 1).fillna(False), "geometry"]
            lines = [self.km(np.asarray(shape.coords)) for shape in shapes]
            self.lines(lines, self.bands[i][1], self.band_width(i), 4 - i * 0.1)

    def band_width(self, i: int) -> float:
        """Return the points that ways of a band are wide."""
        return 1.4 + 0.9 * i

    def villages(self, villages: pd.DataFrame) -> None:
        """Draw villages as large as their pupils."""
        villages = villages.dropna(subset=["lat", "lon"])
        if len(villages):
            points = self.km(villages[["lon", "lat"]].to_numpy())
            area = village_area(villages["pupils"].to_numpy())
            self.map.scatter(points[:, 0], points[:, 1], s=area, color=VILLAGE, alpha=0.75, linewidths=0, zorder=5)

    def schools(self, schools: pd.DataFrame) -> None:
        """Draw schools by state and size."""
        schools = schools.dropna(subset=["lat", "lon"])
        for state, look in STATES.items():
            group = schools[schools["state_after"] == state]
            if len(group):
                order = 7 if state in ("stays", "closed") else 8
                self.marks(self.km(group[["lon", "lat"]].to_numpy()), look, group["roll"], order, self.map)
        group = schools[schools["special"]]
        if len(group):
            self.marks(self.km(group[["lon", "lat"]].to_numpy()), SPECIAL, group["roll"], 9, self.map)

    def others(self, shown: pd.DataFrame) -> pd.DataFrame:
        """Draw the schools on the map that are not among some, small and light; return them."""
        seen = [code for code, point in self.points.items() if self.seen(point)]
        others = self.data.schools[self.data.schools["school_id"].isin(set(seen) - set(shown["school_id"]))]
        if len(others):
            points = self.km(others[["lon", "lat"]].to_numpy())
            self.marks(points, OTHER, np.zeros(len(others)), 4.5, self.map)
        return others

    def move_arrow(self, school: str, host: str, *, planned: bool) -> None:
        """Draw an arrow from a school to its host where both places are known."""
        if school not in self.points or host not in self.points:
            return
        width = 1.5 if planned else 0.9
        arrow = FancyArrowPatch(
            tuple(self.points[school]),
            tuple(self.points[host]),
            connectionstyle=f"arc3,rad={_BOW}",
            arrowstyle="-|>,head_length=5,head_width=2.4",
            shrinkA=4,
            shrinkB=6,
            color=INK if planned else EARLIER,
            linewidth=width,
            linestyle="solid" if planned else (0, (3, 2)),
            zorder=6.5 if planned else 6,
        )
        if planned:
            arrow.set_path_effects([withStroke(linewidth=width + 1.6, foreground="white")])
        self.map.add_patch(arrow)

    def boxes_along_arrow(self, school: str, host: str) -> Floats:
        """Return small boxes along the bow of an arrow, in pixels."""
        if school not in self.points or host not in self.points:
            return np.empty((0, 4))
        start, end = self.map.transData.transform([self.points[school], self.points[host]])
        east, north = end - start
        bend = (start + end) / 2 + np.array([north, -east]) * _BOW
        t = np.linspace(0.05, 0.95, 16)[:, None]
        return boxes_along((1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end)

    def dot(self, area: float) -> float:
        """Return the radius in pixels of a symbol's area in square points, with a hair around."""
        return math.sqrt(area) / 2 * self.figure.dpi / 72 + 1

    # Around the map.

    def head_and_foot(self, title: str, page: str = "") -> None:
        """Write title, office and year above; basis, day and source of roads, and who may see it, below."""
        plan, left = self.plan, self.layout.map[0]
        right = self.layout.side[0] + self.layout.side[2]
        office = f"{one_line(plan.policy.office)}  ปีงบประมาณ {plan.policy.fiscal_year}"
        name = one_line(plan.scenario.name)
        office += f"  {name}" if title != name else ""
        self.heading(title, office, left, right, plan.policy.synthetic)
        self.text(self.page, left, 12.5, f"{ROUTED}  {road_source(self.data)}", 9)
        self.text(self.page, left, 7, INTERNAL, 9, bold=True, color=RED)
        version = f"restructure {plan.versions.get('restructure', '')}"
        self.text(self.page, right, 7, version, 9, color=FAINT, ha="right")
        self.text(self.page, right, 12.5, page, 10, bold=True, ha="right")

    def lines_of(self, left: float, top: float, lines: list[tuple[str, str]], width: float) -> float:
        """Write bold lines of text, each with its ink; return where they end."""
        size = self.layout.text + 2.5
        step = size * 0.53
        for i, (text, ink) in enumerate(lines):
            shown = self.fit(text, width, size, bold=True)
            self.text(self.page, left, top - step * (i + 0.5), shown, size, bold=True, color=ink)
        return top - len(lines) * step

    def cells(self, y: float, columns: list[tuple[str, float, str]], values: list[str], **more: Any) -> None:
        """Write the cells of one row of the side's table: columns are a head, a part of the width and a side."""
        left, width = self.layout.side[0], self.layout.side[2]
        for text, (_, part, side) in zip(values, columns, strict=True):
            self.text(self.page, left + part * width, y, text, self.layout.text, ha=side, **more)

    def key_of_symbols(self, x: float, y: float, entries: list[tuple[Look, str]]) -> float:
        """Draw symbols of schools with what they mean, downwards; return where the next row would stand."""
        for look, text in entries:
            self.marks(np.array([[x + 3, y]]), look, [60.0], 3, self.page)
            self.text(self.page, x + 8, y, text, self.layout.text)
            y -= self.layout.row
        return y

    def key_of_lines(self, x: float, y: float, entries: list[tuple[str, float, Any, str]]) -> float:
        """Draw lines with what they mean, downwards: colour, width, style (``arrow`` too) and words."""
        for colour, width, style, text in entries:
            if style == "arrow":
                self.straight_arrow((x, y), (x + 9, y), "-|>,head_length=5,head_width=2.4", colour, width)
            else:
                self.page.add_line(Line2D((x, x + 8), (y, y), color=colour, linewidth=width, linestyle=style))
            self.text(self.page, x + 10.5, y, text, self.layout.text)
            y -= self.layout.row
        return y

    def ground_key(self) -> list[tuple[str, float, Any, str]]:
        """Return the key's entries for roads and rivers, of what is on this map."""
        kinds = ("ทางหลวงสายหลัก", "ถนนสายรอง", "ถนนเชื่อมตำบล", "ถนนอื่นที่รถใช้ได้")
        entries: list[tuple[str, float, Any, str]] = []
        for (_, width, colour), words, drawn in zip(ROAD_GROUPS, kinds, self.road_groups, strict=True):
            entries += [(colour, width, "solid", words)] if drawn else []
        west, south, east, north = self.window()
        here = shapely.intersects(
            shapely.box(west, south, east, north), [shapely.LineString(line) for line in self.plan.network.waters]
        )
        return entries + ([(WATER_COLOUR, 2.2, "solid", "แม่น้ำ คลอง")] if np.any(here) else [])

    def key_of_sizes(self, x: float, y: float) -> None:
        """Show what a size means: of a school, pupils in the register; of a village, pupils who live there."""
        small, size = self.plan.policy.settings.small_school_max, self.layout.text
        x += 3
        for pupils in (small // 2, small, small * 4):
            self.marks(np.array([[x, y]]), STATES["stays"], [float(pupils)], 3, self.page)
            radius = math.sqrt(school_area(pupils)) / 2 * 25.4 / 72
            self.text(self.page, x + radius + 1, y, f"{pupils}", size)
            x += radius + text_width(f"{pupils}", size) + 5
        self.text(self.page, x - 2, y, "คนในทะเบียน", size)
        x += text_width("คนในทะเบียน", size) + 4
        for pupils in (10, 50, 200):
            self.page.scatter([x], [y], s=village_area(pupils), color=VILLAGE, linewidths=0)
            self.text(self.page, x + 2, y, f"{pupils}", size)
            x += text_width(f"{pupils}", size) + 5
        self.text(self.page, x - 2, y, "คนในหมู่บ้าน", size)

    def scale_and_north(self, left: float, bottom: float, paper: str) -> None:
        """Draw the scale bar, the scale and the arrow to the north along the foot of the side."""
        width = self.layout.side[2]
        self.scale_bar(left, bottom + 3, width * 0.38)
        ratio = round(1e6 / self.mm_per_km, -3)
        words = f"1:{ratio:,.0f} บนกระดาษ {paper}"
        self.text(self.page, left + width * 0.47, bottom + 5, words, self.layout.text)
        self.north(left + width - 3, bottom)


def road_source(data: MapData) -> str:
    """Return day and source of the roads in words."""
    day = spell_day(data.plan.network.osm_date)
    return f"ข้อมูลถนนสมมุติ ณ {day}" if data.plan.policy.synthetic else f"ข้อมูลถนน OpenStreetMap ณ {day}  {CREDIT}"


def save(figure: Figure, title: str, pdf: Path, png: Path) -> None:
    """Save a page as vectors and as an image of 300 dots an inch; the same page gives the same bytes."""
    figure.savefig(pdf, format="pdf", metadata={"Title": one_line(title), "CreationDate": None})
    figure.savefig(png, format="png", dpi=300, metadata={"Software": None}, pil_kwargs={"compress_level": 9})

"""The map of a plan on paper: A3 landscape."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from restructure.grades import thai_grades
from restructure.mapdata import (
    CREDIT,
    ROAD_GROUPS,
    SPECIAL,
    STATES,
    WATER_COLOUR,
    MapData,
    band_looks,
    one_line,
)
from restructure.plan import Plan
from restructure.roads import Floats
from restructure.sheet import FAINT, INK, RED, VILLAGE, Sheet, cut, drawing, school_area, village_area
from restructure.words import ROUTED, spell_day

#: A3 landscape and the places on it, millimetres: left, bottom, width, height.
PAGE = (420.0, 297.0)
_MAP = (10.0, 19.0, 246.0, 254.0)
_SIDE = (261.0, 19.0, 149.0, 254.0)
_ROW = 4.7
#: How far an arrow bows out, as a part of its length.
_BOW = 0.12
#: Where a name is tried around its school, east and north.
_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
_LEGEND_ROW = 5.0
_MOVE_INK, _HOST_INK = "#8a3c00", "#004c78"


def write_print_map(plan: Plan, pdf: Path, png: Path) -> None:
    """Write the map of a plan for a meeting: A3 landscape, as vectors and as an image of 300 dots an inch."""
    with drawing():
        figure = _Map(plan).draw()
        figure.savefig(pdf, format="pdf", metadata={"Title": one_line(plan.scenario.name), "CreationDate": None})
        figure.savefig(png, format="png", dpi=300, metadata={"Software": None}, pil_kwargs={"compress_level": 9})


class _Map(Sheet):
    """The page of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.data = plan, MapData(plan)
        # A hair over A3, so that 300 dots an inch come to whole 4961 × 3508 and not one less.
        super().__init__(PAGE, spare=0.002)
        self.add_map(_MAP)
        self.bands = band_looks(plan.policy.settings.bands)
        points = pd.concat([self.data.schools[["lon", "lat"]], self.data.villages[["lon", "lat"]]]).dropna()
        lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
        bounds = (lon.min(), lat.min(), lon.max(), lat.max()) if len(points) else plan.network.bounds()
        self.frame(bounds, margin_mm=8)

    def draw(self) -> Figure:
        self.ground(list(self.plan.network.waters), self.data.road_groups)
        self._ways()
        self._villages()
        self._arrows()
        self._schools()
        self._names()
        self._head_and_foot()
        self._side()
        return self.figure

    @functools.cached_property
    def _points(self) -> dict[str, Floats]:
        schools = self.data.schools.dropna(subset=["lat", "lon"])
        return dict(zip(schools["school_id"], self.km(schools[["lon", "lat"]].to_numpy()), strict=True))

    def _ways(self) -> None:
        ways = self.plan.ways
        # The farthest lie widest and lowest: where ways share a road, each band still shows.
        for i in reversed(range(len(self.bands))):
            shapes = ways.loc[ways["band"].eq(i + 1).fillna(False), "geometry"]
            lines = [self.km(np.asarray(shape.coords)) for shape in shapes]
            self.lines(lines, self.bands[i][1], 1.4 + 0.9 * i, 4 - i * 0.1)

    def _villages(self) -> None:
        villages = self.data.villages.dropna(subset=["lat", "lon"])
        if len(villages):
            points = self.km(villages[["lon", "lat"]].to_numpy())
            area = village_area(villages["pupils"].to_numpy())
            self.map.scatter(points[:, 0], points[:, 1], s=area, color=VILLAGE, alpha=0.75, linewidths=0, zorder=5)

    def _arrows(self) -> None:
        for school, host in self.data.earlier.itertuples(index=False):
            self._arrow(school, host, "#777777", 0.9, (0, (3, 2)), 6)
        for school, host in self._pairs():
            self._arrow(school, host, INK, 1.5, "solid", 6.5)

    def _pairs(self) -> list[tuple[str, str]]:
        pairs: pd.DataFrame = self.plan.moves[["school_id", "host_id"]].drop_duplicates()
        return list(pairs.itertuples(index=False, name=None))

    def _arrow(self, school: str, host: str, colour: str, width: float, style: Any, order: float) -> None:
        if school not in self._points or host not in self._points:
            return
        arrow = FancyArrowPatch(
            tuple(self._points[school]),
            tuple(self._points[host]),
            connectionstyle=f"arc3,rad={_BOW}",
            arrowstyle="-|>,head_length=5,head_width=2.4",
            shrinkA=4,
            shrinkB=6,
            color=colour,
            linewidth=width,
            linestyle=style,
            zorder=order,
        )
        if style == "solid":
            arrow.set_path_effects([withStroke(linewidth=width + 1.6, foreground="white")])
        self.map.add_patch(arrow)

    def _schools(self) -> None:
        schools = self.data.schools.dropna(subset=["lat", "lon"])
        for state, look in STATES.items():
            group = schools[schools["state_after"] == state]
            if len(group):
                order = 7 if state in ("stays", "closed") else 8
                self.marks(self.km(group[["lon", "lat"]].to_numpy()), look, group["roll"], order, self.map)
        group = schools[schools["special"]]
        if len(group):
            self.marks(self.km(group[["lon", "lat"]].to_numpy()), SPECIAL, group["roll"], 9, self.map)

    # Names: each is tried around its school, near before far, where it covers no other name and no symbol.

    def _names(self) -> None:
        numbers: dict[str, list[str]] = {}
        for number, school in enumerate(self.plan.moves["school_id"], start=1):
            numbers.setdefault(school, []).append(str(number))
        schools = self.data.schools.set_index("school_id")
        pixels = {s: self.map.transData.transform(p) for s, p in self._points.items()}
        dots = {s: math.sqrt(school_area(float(schools.at[s, "roll"]))) / 2 * self.figure.dpi / 72 + 1 for s in pixels}
        taken = [Bbox([pixels[s] - dots[s], pixels[s] + dots[s]]) for s in pixels]
        arrows = [box for pair in self._pairs() for box in self._boxes_along(*pair)]
        hosts = sorted(set(self.plan.moves["host_id"]) - set(numbers))
        self.unplaced: list[str] = []
        for school in [*numbers, *hosts]:
            if school in pixels:
                name = cut(one_line(schools.at[school, "name"]), 34)
                text = f"{','.join(numbers[school])} {name}" if school in numbers else name
                ink = _MOVE_INK if school in numbers else _HOST_INK
                if not self._place(text, ink, pixels[school], dots[school], taken, arrows):
                    self.unplaced.append(text)

    def _boxes_along(self, school: str, host: str) -> list[Bbox]:
        """Return small boxes along the bow of an arrow."""
        if school not in self._points or host not in self._points:
            return []
        start, end = self.map.transData.transform([self._points[school], self._points[host]])
        east, north = end - start
        bend = (start + end) / 2 + np.array([north, -east]) * _BOW
        t = np.linspace(0.05, 0.95, 16)[:, None]
        bow = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end
        return [Bbox([point - 1.5, point + 1.5]) for point in bow]

    def _place(self, text: str, ink: str, at: Floats, dot: float, taken: list[Bbox], arrows: list[Bbox]) -> bool:
        label = self.text(self.map, 0, 0, text, 9, bold=True, color=ink, va="bottom", zorder=12)
        label.set_path_effects([withStroke(linewidth=2.2, foreground="white")])
        size = label.get_window_extent(self.renderer)
        frame = self.map.get_window_extent(self.renderer).padded(-3)
        to_map = self.map.transData.inverted().transform
        spots = [(gap, *side) for gap in (3, 10, 18, 30, 44) for side in _SIDES]
        # Better a little farther off than across an arrow; but rather across an arrow than not at all.
        for avoided in (taken + arrows, taken):
            for gap, east, north in spots:
                reach = dot + (gap * 0.7 if east and north else gap)
                x = at[0] + east * reach - (1 - east) / 2 * size.width
                y = at[1] + north * reach - (1 - north) / 2 * size.height
                box = Bbox.from_bounds(x, y, size.width, size.height)
                inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
                if not inside or box.count_overlaps(avoided):
                    continue
                taken.append(box.padded(1))
                label.set_position(tuple(to_map((x, y))))
                if gap > 10:
                    end = (min(max(at[0], box.x0), box.x1), min(max(at[1], box.y0), box.y1))
                    (x0, y0), (x1, y1) = to_map(at), to_map(end)
                    self.map.add_line(Line2D((x0, x1), (y0, y1), color=ink, linewidth=0.7, zorder=11))
                return True
        label.remove()
        return False

    # Around the map, in millimetres of the page.

    def _head_and_foot(self) -> None:
        plan, left = self.plan, _MAP[0]
        right = _SIDE[0] + _SIDE[2]
        office = f"{one_line(plan.policy.office)}  ปีงบประมาณ {plan.policy.fiscal_year}"
        self.heading(plan.scenario.name, office, left, right, plan.policy.synthetic)
        roads = f"ข้อมูลถนน ณ {spell_day(plan.network.osm_date)}"
        credit = "" if plan.policy.synthetic else f"  {CREDIT}"
        self.text(self.page, left, 13, f"{ROUTED}  {roads}{credit}", 10)
        note = "เอกสารภายในประกอบการพิจารณา จุดหมู่บ้านแสดงจำนวนนักเรียนโดยขนาด ลูกศรชี้จากโรงเรียนที่ย้ายไปโรงเรียนหลัก"
        self.text(self.page, left, 7, note, 9, color=FAINT)
        version = f"restructure {plan.versions.get('restructure', '')}"
        self.text(self.page, right, 7, version, 9, color=FAINT, ha="right")

    def _side(self) -> None:
        left, bottom, _, height = _SIDE
        top = self._summary(left, bottom + height)
        floor = self._legend(left, bottom)
        if self.plan.moves.empty:
            self.text(self.page, left, top - 6, "ทางเลือกนี้ไม่มีการย้าย", 11, bold=True)
        else:
            self._table(left, top - 3, floor + 4)

    def _summary(self, left: float, top: float) -> float:
        summary, moves = self.plan.outcome.summary, self.plan.moves
        minutes = self.plan.policy.settings.long_minutes
        schools, hosts = moves["school_id"].nunique(), moves["host_id"].nunique()
        lines = [
            (f"นักเรียนย้าย {summary['pupils_moved']:,} คน  จาก {schools} โรงเรียน ไป {hosts} โรงเรียนหลัก", INK),
            (f"ค่าพาหนะประมาณ {summary['baht_per_year']:,} บาทต่อปี ({summary['days']} วัน)", INK),
        ]
        if summary["max_m"] is not None:
            far = f"ไกลที่สุด {summary['max_m'] / 1000:.2f} กม.  เกิน {minutes} นาที {summary[f'over_{minutes}_min']:,} คน"
            lines.append((far, INK))
        if summary["unreachable"]:
            lines.append((f"ยังวัดระยะทางไม่ได้ {summary['unreachable']:,} คน (ยังไม่รวมค่าพาหนะ)", RED))
        for i, (text, ink) in enumerate(lines):
            self.text(self.page, left, top - 3.5 - i * 6.4, text, 12, bold=True, color=ink)
        return top - len(lines) * 6.4

    def _table(self, left: float, top: float, floor: float) -> None:
        moves, summary = self.plan.moves, self.plan.outcome.summary
        heads: list[tuple[str, float, str]] = [
            ("ที่", 5, "right"),
            ("โรงเรียน", 7, "left"),
            ("โรงเรียนหลัก", 46, "left"),
            ("ชั้น", 86, "left"),
        ]
        heads += [("คน", 117, "right"), ("ไกลสุด กม.", 133, "right"), ("บาทต่อปี", 149, "right")]
        starred = bool(moves["unreachable"].sum())
        # Rows that the page has room for, after the head, the sum and the notes.
        room = int((top - floor) / _ROW) - 2 - starred - bool(self.unplaced)
        shown = moves if len(moves) <= room else moves.head(max(room - 1, 0))
        y = top - _ROW / 2
        self._row(left, y, heads, [text for text, _, _ in heads], bold=True)
        self.rule(left, y - _ROW / 2, _SIDE[2])
        for number, move in enumerate(shown.to_dict("records"), start=1):
            y -= _ROW
            star = "*" if move["unreachable"] else ""
            far = "–" if pd.isna(move["max_m"]) else f"{move['max_m'] / 1000:.2f}"
            names = [self.fit(move[key], 38, 9) for key in ("school_name", "host_name")]
            grades = self.fit(thai_grades(move["grades"]), 22, 9)
            pupils = f"{move['pupils']:,}{star}"
            baht = "–" if pd.isna(move["baht"]) else f"{move['baht']:,}"
            self._row(left, y, heads, [str(number), *names, grades, pupils, far, baht])
        if len(shown) < len(moves):
            y -= _ROW
            self.text(self.page, left + 7, y, f"และอีก {len(moves) - len(shown)} รายการ ดูภาคผนวก annexes.xlsx", 9)
        self.rule(left, y - _ROW / 2, _SIDE[2])
        y -= _ROW
        far = "–" if summary["max_m"] is None else f"{summary['max_m'] / 1000:.2f}"
        total = ["", "รวม", "", "", f"{summary['pupils_moved']:,}", far, f"{summary['baht_per_year']:,}"]
        self._row(left, y, heads, total, bold=True)
        if starred:
            y -= _ROW
            note = "* มีนักเรียนที่ไม่มีทางรถหรือไม่ทราบบ้าน จึงยังคิดระยะทางและค่าพาหนะไม่ได้"
            self.text(self.page, left, y, note, 9, color=RED)
        if self.unplaced:
            y -= _ROW
            text = self.fit(f"ชื่อที่วางบนแผนที่ไม่พอที่: {' · '.join(self.unplaced)}", _SIDE[2], 9)
            self.text(self.page, left, y, text, 9, color=FAINT)

    def _row(self, left: float, y: float, heads: Any, values: list[str], bold: bool = False) -> None:
        for text, (_, x, side) in zip(values, heads, strict=True):
            self.text(self.page, left + x, y, text, 9, bold=bold, ha=side)

    def _legend(self, left: float, bottom: float) -> float:
        """Draw the legend upwards from the foot and return its top."""
        states = self.data.schools["state_after"].value_counts()
        looks = [(look, f"{look.label} ({states[s]})") for s, look in STATES.items() if states.get(s)]
        special = int(self.data.schools["special"].sum())
        looks += [(SPECIAL, f"{SPECIAL.label} ({special})")] if special else []
        pupils = self.plan.outcome.summary["pupils_by_band"]
        lines: list[tuple[str, float, str, str]] = []
        for i, (band, (words, colour)) in enumerate(zip(self.plan.policy.settings.bands, self.bands, strict=True)):
            lines.append((colour, 1.4 + 0.9 * i, "solid", f"{words} {pupils.get(str(band.baht_per_day), 0):,} คน"))
        lines += [(INK, 1.5, "arrow", "ย้ายตามแผนนี้")] if len(self.plan.moves) else []
        lines += [("#777777", 0.9, "dashed", "รวมอยู่เดิม")] if len(self.data.earlier) else []
        kinds = ("ทางหลวงสายหลัก", "ถนนสายรอง", "ถนนเชื่อมตำบล", "ถนนอื่นที่รถใช้ได้")
        for (_, width, colour), words, drawn in zip(ROAD_GROUPS, kinds, self.data.road_groups, strict=True):
            lines += [(colour, width, "solid", words)] if drawn else []
        lines += [(WATER_COLOUR, 2.2, "solid", "แม่น้ำ คลอง")] if self.plan.network.waters else []
        rows = max(len(looks) + 3, len(lines) + 1)
        base = bottom + 17
        top = base + rows * _LEGEND_ROW + 5
        self._scale_and_north(left, bottom)
        self.rule(left, top, _SIDE[2])
        for x, text in ((left, "โรงเรียน"), (left + 68, "เส้นทางจริงจากหมู่บ้านถึงโรงเรียนหลัก และถนน")):
            self.text(self.page, x, top - 4, text, 10, bold=True)
        y = top - 4 - _LEGEND_ROW
        for look, text in looks:
            self.marks(np.array([[left + 4, y]]), look, [60.0], 3, self.page)
            self.text(self.page, left + 10, y, text, 9)
            y -= _LEGEND_ROW
        self._sizes(left, y - 1)
        y = top - 4 - _LEGEND_ROW
        for colour, width, style, text in lines:
            self._legend_line(left + 68, y, colour, width, style)
            self.text(self.page, left + 81, y, text, 9)
            y -= _LEGEND_ROW
        return top

    def _legend_line(self, x: float, y: float, colour: str, width: float, style: Any) -> None:
        if style == "arrow":
            self.straight_arrow((x, y), (x + 11, y), "-|>,head_length=5,head_width=2.4", colour, width)
        else:
            line = Line2D((x, x + 10), (y, y), color=colour, linewidth=width, linestyle=style)
            self.page.add_line(line)

    def _sizes(self, left: float, y: float) -> None:
        """Show what a size means: of a school, pupils in the register; of a village, pupils who live there."""
        small = self.plan.policy.settings.small_school_max
        x = left + 4
        for pupils in (small // 2, small, small * 4):
            self.marks(np.array([[x, y]]), STATES["stays"], [float(pupils)], 3, self.page)
            radius = math.sqrt(school_area(pupils)) / 2 * 25.4 / 72
            self.text(self.page, x + radius + 1.5, y, f"{pupils}", 9)
            x += radius + 12
        self.text(self.page, x - 1, y, "คนในทะเบียน", 9)
        x = left + 4
        for pupils in (10, 50, 200):
            self.page.scatter([x], [y - _LEGEND_ROW], s=village_area(pupils), color=VILLAGE, linewidths=0)
            self.text(self.page, x + 3, y - _LEGEND_ROW, f"{pupils}", 9)
            x += 13
        self.text(self.page, x - 1, y - _LEGEND_ROW, "คน (หมู่บ้าน)", 9)

    def _scale_and_north(self, left: float, bottom: float) -> None:
        y = bottom + 4
        self.scale_bar(left, y, 70)
        ratio = round(1e6 / self.mm_per_km, -3)
        self.text(self.page, left + 78, y + 2, f"มาตราส่วน 1:{ratio:,.0f} บนกระดาษ A3", 9)
        self.north(left + 145, y - 3)

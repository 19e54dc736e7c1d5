"""Pictures in the papers of a plan: how far the children travel, and who goes where."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from restructure.labels import Name, boxes_along, boxes_around, place_names
from restructure.mapdata import MapData, one_line, road_groups
from restructure.plan import Plan
from restructure.seating import NONE
from restructure.sheet import FAINT, INK, Sheet, cut, drawing
from restructure.thai import thai_digits

_NOW, _PLAN, _LOST = "#9a9a9a", "#0072b2", "#d55e00"
_HOST, _LEAVING = "#0072b2", "#d55e00"


def travel_chart(plan: Plan, size: tuple[float, float] = (140.0, 88.0), points: float = 11.0) -> io.BytesIO:
    """Draw the children who move by how far they travel, before and after, as a PNG of so many millimetres."""
    names, before, after = distance_classes(plan)
    most = max(*before, *after, 1)
    width, height = size
    row = (height - 12) / len(names)
    left, right = 30 + points * 0.8, width - 16
    with drawing():
        sheet = Sheet((width, height))
        x = 2.0
        for colour, words in ((_NOW, "ก่อนรวม"), (_PLAN, "เมื่อรวม")):
            sheet.page.add_patch(Rectangle((x, height - 7), 5, 4, facecolor=colour, linewidth=0))
            sheet.text(sheet.page, x + 7, height - 5, f"{words} (คน)", points)
            x += 22 + points * 1.6
        thick = row * 0.36
        for place, (name, *counts) in enumerate(zip(names, before, after, strict=True)):
            y = height - 12 - row * place
            sheet.text(sheet.page, left - 2, y - row / 2, thai_digits(name), points, ha="right")
            for number, colour in enumerate((_NOW, _PLAN)):
                top = y - row * 0.12 - thick * number
                wide = (right - left) * counts[number] / most
                sheet.page.add_patch(Rectangle((left, top - thick), wide, thick, facecolor=colour, linewidth=0))
                sheet.text(sheet.page, left + wide + 1.5, top - thick / 2, thai_digits(counts[number]), points)
        return png(sheet)


def distance_classes(plan: Plan) -> tuple[list[str], list[int], list[int]]:
    """Return classes of distance by the bounds of bands and of what is far, and the children who move in each.

    Returns
    -------
    tuple
        Names, children before and children after; the last class is of those whose way is not known.
    """
    settings, outcome = plan.policy.settings, plan.outcome
    bounds = sorted({*settings.far_m, *(band.up_to_m for band in settings.bands if band.up_to_m)})
    names, below = [], 0
    for bound in bounds:
        names.append(f"ไม่เกิน {bound / 1000:g} กม." if not below else f"{below / 1000:g}–{bound / 1000:g} กม.")
        below = bound
    names += [f"เกิน {below / 1000:g} กม.", "ยังวัดไม่ได้"]
    rows = outcome.moved
    count = outcome.office.count[rows]
    counted = []
    for road_m in (outcome.road_m_before[rows], outcome.road_m[rows]):
        # A bound belongs to the class below it.
        place = np.where(road_m == NONE, len(bounds) + 1, np.searchsorted(bounds, road_m, side="left"))
        counted.append(np.bincount(place, count, len(names)).astype(int).tolist())
    return names, *counted


def moves_map(plan: Plan, size: tuple[float, float]) -> io.BytesIO:
    """Draw a small map of who goes where as a PNG of so many millimetres: arrows, the names of the schools."""
    schools = MapData(plan).schools.dropna(subset=["lat", "lon"]).set_index("school_id")
    with drawing():
        sheet = Sheet(size)
        sheet.add_map((0.5, 0.5, size[0] - 1, size[1] - 1))
        used = schools[schools.index.isin({*plan.moves["school_id"], *plan.moves["host_id"]})]
        about = used if len(used) else schools
        points = about[["lon", "lat"]].to_numpy(dtype=float)
        bounds = (*points.min(axis=0), *points.max(axis=0)) if len(points) else plan.network.bounds()
        sheet.frame(tuple(map(float, bounds)), margin_mm=13)  # type: ignore[arg-type]
        sheet.ground(list(plan.network.waters), road_groups(plan.network, sheet.window()))
        places = dict(zip(schools.index, sheet.km(schools[["lon", "lat"]].to_numpy(dtype=float)), strict=True))
        rest = np.array([place for code, place in places.items() if code not in used.index]).reshape(-1, 2)
        sheet.map.scatter(rest[:, 0], rest[:, 1], s=7, color=FAINT, linewidths=0, zorder=4)
        pairs = plan.moves[["school_id", "host_id"]].drop_duplicates().itertuples(index=False, name=None)
        lines = [np.array([places[school], places[host]]) for school, host in pairs if {school, host} <= set(places)]
        sheet.lines(lines, INK, 1.4, 5)
        looks = {"s": (set(plan.moves["host_id"]), _HOST, 52), "v": (set(plan.moves["school_id"]), _LEAVING, 52)}
        for marker, (codes, colour, area) in looks.items():
            shown = np.array([places[code] for code in sorted(codes & set(places))]).reshape(-1, 2)
            style: dict[str, Any] = {"zorder": 6, "linewidths": 0.6, "edgecolors": "white"}
            sheet.map.scatter(shown[:, 0], shown[:, 1], marker=marker, s=area, color=colour, **style)
        _write_names(sheet, used["name"], places, set(plan.moves["host_id"]), lines)
        return png(sheet)


def _write_names(sheet: Sheet, names: pd.Series, places: dict[str, Any], hosts: set[str], lines: list[Any]) -> None:
    pixels = {code: sheet.map.transData.transform(places[code]) for code in names.index}
    asked = [
        Name(pixels[code], 4.5, (cut(one_line(thai_digits(names[code])), 26),), _HOST if code in hosts else _LEAVING)
        for code in sorted(names.index, key=lambda code: (code not in hosts, code))
    ]
    symbols = boxes_around(np.array(list(pixels.values())).reshape(-1, 2), 5.0)
    along = [boxes_along(sheet.map.transData.transform(line)) for line in lines]
    place_names(sheet, asked, symbols, np.vstack(along) if along else np.zeros((0, 4)))


def png(sheet: Sheet) -> io.BytesIO:
    """Return a page as a PNG of 200 dots an inch; the same page gives the same bytes."""
    stream = io.BytesIO()
    sheet.figure.savefig(stream, format="png", dpi=200, metadata={"Software": None})
    stream.seek(0)
    return stream

"""Pictures of the plan for small schools: how many of each size by year, and where they lie."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from restructure.cycle import Cycle
from restructure.documents.pictures import png
from restructure.mapdata import CREDIT, road_groups
from restructure.sheet import FAINT, INK, Sheet, drawing
from restructure.smallschools import size_columns, spell_sizes
from restructure.thai import thai_digits
from restructure.words import spell_day

#: From the smallest size to the largest, dark to light, so that they can be told apart in print without colour; schools
#: without pupils are hollow.
_EMPTY, _LOWEST, _HIGHEST = "#ffffff", np.array([0x7A, 0x1F, 0x0B]), np.array([0xF6, 0xCF, 0x94])
_LARGER = "#9a9a9a"
#: Width and height, millimetres.
_CHART_MM = (155.0, 92.0)
MAP_MM = (155.0, 190.0)


def years_chart(years: pd.DataFrame, bounds: tuple[int, ...]) -> io.BytesIO:
    """Draw the small schools of each year as a bar of sizes, as a PNG; projected years are hatched.

    Parameters
    ----------
    years
        As :func:`restructure.smallschools.count_sizes` counts by ``year``; ``projected`` where it holds such years.
    """
    colours, names, columns = _colours(bounds), spell_sizes(bounds), size_columns(bounds)
    most = max(int((years["small"] + years[columns[0]]).max()), 1)
    width, height = _CHART_MM
    left, bottom, top = 4.0, 11.0, height - 18.0
    wide = (width - left) / max(len(years), 1)
    with drawing():
        sheet = Sheet(_CHART_MM)
        _key(sheet, names, colours, height)
        for place, row in enumerate(years.to_dict("records")):
            x, y = left + wide * place, bottom
            for column, colour in zip(columns, colours, strict=True):
                high = (top - bottom) * row[column] / most
                style: dict[str, Any] = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.5}
                if row.get("projected"):
                    style |= {"hatch": "///", "edgecolor": "#00000055"}
                sheet.page.add_patch(Rectangle((x + wide * 0.16, y), wide * 0.68, high, **style))
                if high > 4.2:
                    dark = sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) < 330
                    ink = "white" if dark else INK
                    box = {"facecolor": colour, "linewidth": 0, "pad": 0.6}
                    words = thai_digits(row[column])
                    sheet.text(sheet.page, x + wide / 2, y + high / 2, words, 9, ha="center", color=ink, bbox=box)
                y += high
            sheet.text(sheet.page, x + wide / 2, y + 2.6, thai_digits(row["small"]), 10, bold=True, ha="center")
            year = "ปัจจุบัน" if pd.isna(row["year"]) else thai_digits(str(row["year"]))
            sheet.text(sheet.page, x + wide / 2, bottom - 3.5, year, 10, ha="center")
            if row.get("projected"):
                sheet.text(sheet.page, x + wide / 2, bottom - 8, "คาดการณ์", 8, ha="center", color=FAINT)
        return png(sheet)


def sizes_map(cycle: Cycle, schools: pd.DataFrame, bounds: tuple[int, ...]) -> io.BytesIO:
    """Draw where the schools of each size lie, as a PNG: no name, no number.

    Parameters
    ----------
    schools
        Every open school: ``school_id``, ``lat``, ``lon``, ``size`` (place among ``bounds``, beyond them for larger).
    """
    colours, names = [*_colours(bounds), _LARGER], [*spell_sizes(bounds), "ใหญ่กว่า"]
    shown = schools.dropna(subset=["lat", "lon"])
    with drawing():
        sheet = Sheet(MAP_MM)
        _key(sheet, names, colours, MAP_MM[1])
        sheet.add_map((0.5, 0.5, MAP_MM[0] - 1, MAP_MM[1] - 17))
        points = shown[["lon", "lat"]].to_numpy(dtype=float)
        edges = (*points.min(axis=0), *points.max(axis=0)) if len(points) else cycle.network.bounds()
        sheet.frame(tuple(map(float, edges)), margin_mm=8)  # type: ignore[arg-type]
        sheet.ground(list(cycle.network.waters), road_groups(cycle.network, sheet.window()))
        # The smallest on top: they are what the map is about.
        for place in range(len(bounds), -1, -1):
            at = sheet.km(points[shown["size"].to_numpy() == place])
            area = 14 if place == len(bounds) else 46
            style: dict[str, Any] = {"color": colours[place], "edgecolors": INK, "linewidths": 0.6}
            sheet.map.scatter(at[:, 0], at[:, 1], s=area, zorder=20 - place, **style)
        return png(sheet)


def map_source(cycle: Cycle) -> str:
    """Return day and source of the roads of a map."""
    day = thai_digits(spell_day(cycle.network.osm_date))
    return f"ข้อมูลถนนสมมุติ ณ {day}" if cycle.policy.synthetic else f"ข้อมูลถนน OpenStreetMap ณ {day}  {CREDIT}"


def _colours(bounds: tuple[int, ...]) -> list[str]:
    steps = np.linspace(0, 1, max(len(bounds) - 1, 1))[:, None]
    shades = (_LOWEST + (_HIGHEST - _LOWEST) * steps).round().astype(int)
    return [_EMPTY, *("#" + "".join(f"{part:02x}" for part in shade) for shade in shades.tolist())]


def _key(sheet: Sheet, names: list[str], colours: list[str], height: float) -> None:
    """Write what each colour stands for, in two rows at the top."""
    wide = sheet.page.get_xlim()[1] / 4
    for place, (name, colour) in enumerate(zip(names, colours, strict=True)):
        x, y = 1 + wide * (place % 4), height - 5 - 6 * (place // 4)
        sheet.page.add_patch(Rectangle((x, y - 1.6), 5, 3.4, facecolor=colour, edgecolor=INK, linewidth=0.6))
        sheet.text(sheet.page, x + 7, y, thai_digits(name), 10)

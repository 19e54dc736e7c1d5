"""The map of two years: which roads, schools and ways have changed where, and which merges were done."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from restructure.distance import routes
from restructure.documents.pictures import png
from restructure.labels import Name, boxes_around, place_names
from restructure.mapdata import CREDIT, one_line, road_groups
from restructure.plansheet import LAYOUTS, save
from restructure.roads import Floats
from restructure.sheet import FAINT, INK, RED, VILLAGE, Sheet, cut, drawing
from restructure.words import INTERNAL, ROUTED, spell_day, spell_road
from restructure.years.facts import Years
from restructure.years.roads import CHANGES
from restructure.years.telling import spell_forecast, spell_merges, spell_roads, spell_ways
from restructure.years.ways import way_points

#: Colours of Okabe and Ito; the dashes tell it too, for eyes that do not tell the colours.
_ROADS = {"new": ("#009e73", "solid", "ถนนใหม่"), "gone": ("#222222", (0, (2, 1.5)), "ถนนที่หายไป")}
_OTHER_ROAD = ("#cc79a7", "solid", "ทิศทาง ชั้น หรือผิวถนนเปลี่ยน")
_WAYS: dict[str, tuple[str, Any, str]] = {
    "farther": ("#d55e00", "solid", "ทางที่ไกลขึ้นจนเปลี่ยนช่วงอัตรา"),
    "nearer": ("#e69f00", (0, (5, 1.2, 1, 1.2)), "ทางที่ใกล้ลงจนเปลี่ยนช่วงอัตรา"),
}
_MERGES = {
    "done": ("#0072b2", "solid", "รวมแล้วตามแผน"),
    "not-done": ("#8a3c00", (0, (3, 2)), "อยู่ในแผน ยังไม่ได้ทำ"),
    "unplanned": ("#5d3a9b", (0, (1, 1)), "รวมแล้วนอกแผน หรือคนละโรงเรียนหลัก"),
}
_MERGE_LOOKS = {"part": "done", "not-due": "not-done", "other-host": "unplanned", "unknown": "unplanned"}
_SCHOOLS = {
    "new": ("D", "#009e73", "โรงเรียนใหม่ หรือกลับมาเปิด"),
    "closed": ("X", "#222222", "โรงเรียนที่เลิก ยุบ หรือไม่มีในไฟล์แล้ว"),
    "moved": ("s", "#cc79a7", "โรงเรียนที่พิกัดย้าย"),
}
_MOVED_VILLAGE = ("v", "หมู่บ้านที่พิกัดย้าย")
#: Width and height of the picture on the committee's page, millimetres.
PICTURE_MM = (96.0, 60.0)
_MOST_LISTED = 24


def write_year_map(years: Years, pdf: Path, png_file: Path) -> None:
    """Write the map, A3 landscape, as vectors and as an image of 300 dots an inch."""
    with drawing():
        sheet = Sheet(LAYOUTS["A3"].page, spare=0.002)
        _draw(sheet, years, LAYOUTS["A3"].map, named=True)
        _around(sheet, years)
        save(sheet.figure, "เทียบปีก่อนกับปีนี้", pdf, png_file)


def year_picture(years: Years) -> io.BytesIO:
    """Draw the map alone, small, without names, as a PNG."""
    with drawing():
        sheet = Sheet(PICTURE_MM)
        _draw(sheet, years, (0.5, 0.5, PICTURE_MM[0] - 1, PICTURE_MM[1] - 1), named=False)
        return png(sheet)


def _draw(sheet: Sheet, years: Years, place: tuple[float, float, float, float], *, named: bool) -> None:
    """Draw the map onto a page."""
    network = years.this.cycle.open_network
    points = _points(years)
    sheet.add_map(place)
    about = np.array(list(points.values())).reshape(-1, 2)
    bounds = (*about.min(axis=0), *about.max(axis=0)) if len(about) else network.bounds()
    sheet.frame(tuple(map(float, bounds)), margin_mm=8 if named else 3)  # type: ignore[arg-type]
    sheet.ground(list(network.waters), road_groups(network, sheet.window()))
    at = {code: sheet.km(np.array([point]))[0] for code, point in points.items()}
    _draw_places(sheet, years, at)
    _draw_ways(sheet, years)
    for row in years.merges.itertuples():
        colour, style, _ = _MERGES[_MERGE_LOOKS.get(row.state, row.state)] if row.state != "ended" else ("", "", "")
        for host in (row.host_now or row.host_id).split(";"):
            if colour and {row.school_id, host} <= set(at):
                _arrow(sheet, at[row.school_id], at[host], colour, style)
    numbers = _draw_roads(sheet, years)
    if named:
        _draw_names(sheet, years, at, numbers)


def _arrow(sheet: Sheet, start: Floats, end: Floats, colour: str, style: Any) -> None:
    shape = "-|>,head_length=5,head_width=2.4"
    arrow = FancyArrowPatch(tuple(start), tuple(end), arrowstyle=shape, color=colour, linestyle=style, linewidth=1.6)
    arrow.set(zorder=6)
    sheet.map.add_patch(arrow)


def _points(years: Years) -> dict[str, Floats]:
    """Return the points of schools, this year's before last year's."""
    tables = [measured.cycle.tables["schools"].dropna(subset=["lat", "lon"]) for measured in (years.last, years.this)]
    return {
        code: np.array([lon, lat]) for one in tables for code, lon, lat in one[["school_id", "lon", "lat"]].to_numpy()
    }


def _draw_places(sheet: Sheet, years: Years, at: dict[str, Floats]) -> None:
    every = np.array(list(at.values())).reshape(-1, 2)
    sheet.map.scatter(every[:, 0], every[:, 1], s=9, color=FAINT, linewidths=0, zorder=4)
    for kind, (marker, colour, _) in _SCHOOLS.items():
        shown = np.array([at[code] for code in _schools_of(years, kind) if code in at]).reshape(-1, 2)
        style: dict[str, Any] = {"color": colour, "edgecolors": "white", "linewidths": 0.6, "zorder": 8}
        sheet.map.scatter(shown[:, 0], shown[:, 1], marker=marker, s=70, **style)
    villages = years.this.cycle.tables["villages"].dropna(subset=["lat", "lon"])
    moved = years.villages.loc[years.villages["changes"].str.contains("moved", regex=False), "village_id"]
    villages = villages[villages["village_id"].isin(moved)]
    if len(villages):
        shown = sheet.km(villages[["lon", "lat"]].to_numpy(float))
        sheet.map.scatter(
            shown[:, 0], shown[:, 1], marker=_MOVED_VILLAGE[0], s=44, color=VILLAGE, linewidths=0, zorder=7
        )


def _schools_of(years: Years, kind: str) -> list[str]:
    words = {"new": {"new", "opened"}, "closed": {"gone", "closed"}, "moved": {"moved"}}[kind]
    told = years.schools["changes"].str.split(";").map(lambda found: bool(words & set(found)))
    return sorted(years.schools.loc[told.astype(bool), "school_id"])


def _draw_ways(sheet: Sheet, years: Years) -> None:
    """Draw this year's ways of which the band has changed; of homes nothing is drawn."""
    ways = years.ways
    ways = ways[ways["band_changes"].astype(bool) & (ways["measured_from"] == "village")]
    if ways.empty:
        return
    lines = routes(years.this.cycle.network, way_points(ways, years.this).assign(way=ways.index)).set_index("way")
    farther = ways["change_m"].fillna(1) > 0
    for kind, mine in (("farther", farther), ("nearer", ~farther)):
        shapes = lines.geometry[lines.index.isin(ways.index[mine])]
        colour, style, _ = _WAYS[kind]
        lines_of = [sheet.km(np.asarray(line.coords)) for line in shapes]
        sheet.lines(lines_of, colour, 1.8, 4.6, linestyle=style, capstyle="butt")


def _draw_roads(sheet: Sheet, years: Years) -> dict[int, Floats]:
    """Draw the changed roads and return where each is."""
    where = {}
    for row in years.roads.itertuples():
        colour, style, _ = _ROADS.get(row.change, _OTHER_ROAD)
        where[row.change_id] = sheet.km(np.array([[row.lon, row.lat]]))[0]
        if row.geometry.geom_type == "Point":
            spot = where[row.change_id]
            sheet.map.scatter([spot[0]], [spot[1]], marker="P", s=50, color=colour, edgecolors="white", zorder=9)
            continue
        parts = [row.geometry] if row.geometry.geom_type == "LineString" else list(row.geometry.geoms)
        lines = [sheet.km(np.asarray(part.coords)) for part in parts]
        sheet.lines(lines, "white", 5.5, 5.4)
        sheet.lines(lines, colour, 3.4, 5.5, linestyle=style, capstyle="butt")
    return where


def _draw_names(sheet: Sheet, years: Years, at: dict[str, Floats], numbers: dict[int, Floats]) -> None:
    """Write the numbers of changed roads, and the names of schools that something has changed at."""
    to_pixels = sheet.map.transData.transform
    asked = [
        Name(to_pixels(spot), 5.0, (str(number),), RED, size=11.0)
        for number, spot in list(numbers.items())[:_MOST_LISTED]
    ]
    merged = years.merges[years.merges["state"] != "ended"]
    codes = {code for kind in _SCHOOLS for code in _schools_of(years, kind)} | set(merged["school_id"])
    codes |= {host for hosts in (*merged["host_id"], *merged["host_now"]) for host in hosts.split(";") if host}
    names = years.schools.set_index("school_id")["name"]
    asked += [
        Name(to_pixels(at[code]), 4.5, (cut(one_line(names[code]), 26),), INK) for code in sorted(codes & set(at))
    ]
    symbols = boxes_around(np.array([name.at for name in asked]).reshape(-1, 2), 5.0)
    place_names(sheet, asked, symbols, np.zeros((0, 4)))


def _around(sheet: Sheet, years: Years) -> None:
    """Write head, key, list of changed roads and foot around the map."""
    policy, layout = years.this.cycle.policy, LAYOUTS["A3"]
    left, bottom, width, height = layout.side
    right = left + width
    title = f"ปีงบประมาณ {years.last.cycle.policy.fiscal_year} กับ {policy.fiscal_year}: อะไรเปลี่ยนที่ใด"
    sheet.heading(title, one_line(policy.office), layout.map[0], right, policy.synthetic)
    y = bottom + height - 3
    for text in (spell_merges(years), spell_ways(years), spell_roads(years), spell_forecast(years)):
        for line in sheet.wrap(text, width, 10, 4):
            sheet.text(sheet.page, left, y, line, 10)
            y -= 5.0
        y -= 1.5
    y = _key(sheet, left, y - 2)
    _listed(sheet, years.roads, left, y - 4, width, bottom + 16)
    sheet.scale_bar(left, bottom + 3, width * 0.38)
    sheet.north(right - 3, bottom)
    days = [spell_day(measured.cycle.network.osm_date) for measured in (years.last, years.this)]
    credit = "ข้อมูลถนนสมมุติ" if policy.synthetic else f"ข้อมูลถนน OpenStreetMap {CREDIT}"
    sheet.text(sheet.page, layout.map[0], 12.5, f"{ROUTED}  {credit} ณ {days[0]} และ {days[1]}", 9)
    sheet.text(sheet.page, layout.map[0], 7, INTERNAL, 9, bold=True, color=RED)


def _key(sheet: Sheet, left: float, y: float) -> float:
    """Write what each look stands for; return where it ends."""
    lines: list[tuple[str, Any, str, float]] = [(*look, 3.4) for look in (*_ROADS.values(), _OTHER_ROAD)]
    lines += [(*look, 1.8) for look in (*_WAYS.values(), *_MERGES.values())]
    for colour, style, words, wide in lines:
        sheet.page.add_line(Line2D((left, left + 9), (y, y), color=colour, linewidth=wide, linestyle=style))
        sheet.text(sheet.page, left + 12, y, words, 10)
        y -= 5.2
    for marker, colour, words in (*_SCHOOLS.values(), (_MOVED_VILLAGE[0], VILLAGE, _MOVED_VILLAGE[1])):
        sheet.page.scatter([left + 4.5], [y], marker=marker, s=60, color=colour, edgecolors="white", linewidths=0.6)
        sheet.text(sheet.page, left + 12, y, words, 10)
        y -= 5.2
    return y


def _listed(sheet: Sheet, roads: pd.DataFrame, left: float, y: float, width: float, lowest: float) -> None:
    """List the changed roads by their numbers, as many as there is room for."""
    if roads.empty:
        return
    sheet.text(sheet.page, left, y, "ถนนที่เปลี่ยน", 12, bold=True)
    y -= 6
    room = min(_MOST_LISTED, int((y - lowest) / 5))
    for row in roads.head(room).itertuples():
        kind = ", ".join(CHANGES[word] for word in row.change.split(";"))
        name = spell_road(row.name, row.class_this or row.class_last)
        effect = f" เปลี่ยนระยะ {row.ways} คู่ ช่วงอัตรา {row.band_pupils} คน" if row.ways else ""
        text = f"{row.change_id}  {kind}: {name} {row.length_m:,} ม.{effect}"
        sheet.text(sheet.page, left, y, sheet.fit(text, width, 10), 10)
        y -= 5
    if len(roads) > room:
        sheet.text(sheet.page, left, y, f"และอีก {len(roads) - room:,} แห่ง ดู roads.csv", 10, color=FAINT)

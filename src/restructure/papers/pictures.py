"""The chart and the map of a round, for those who decide."""

from __future__ import annotations

import io
import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from restructure.papers.facts import school_names, told_lines
from restructure.rounds import Round
from restructure.sheet import FAINT, INK, Sheet, drawing, text_width
from restructure.thai import thai_digits
from restructure.words import PROGRAMMES

#: Width of the text of a page, millimetres; a row of the chart; the map's height.
_WIDTH, _ROW, _MAP_HEIGHT = 160.0, 6.4, 150.0
#: Hosts that a page has room for; the smaller ones stand together in the last row.
_MOST_HOSTS = 24
_COLOURS = {"existing": "#1f5fa8", "second-decade": "#c2610c", "unspecified": "#777777"}
_NAMES_MM, _FIGURES_MM = 48.0, 44.0
#: Of a name on the map, millimetres: the most that it takes, its height, and how far from its school it may stand.
_NAME_WIDTH, _NAME_HEIGHT = 45.0, 4.0
_NEAR, _FAR = (2.4,), (2.4, 5.0, 8.0, 12.0, 17.0, 23.0)
#: Where a name may stand about its school, the best first: east and north of it, 0 in line with it.
_SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))

#: Left, bottom, right and top in millimetres.
Box = tuple[float, float, float, float]


def chart(this: Round) -> io.BytesIO:
    """Draw need (frame) and allocation (filled, a colour a programme) of each host as a PNG of the text's width."""
    lines = _by_host(this)
    hosts = list(lines.index.unique("host"))
    programmes = list(lines.index.unique("programme"))
    height = 14 + _ROW * len(hosts)
    with drawing():
        sheet = Sheet((_WIDTH, height))
        _legend(sheet, programmes, height - 4)
        room = _WIDTH - _NAMES_MM - _FIGURES_MM
        most = max(int(lines.groupby("host")["need_baht"].sum().max()), 1)
        for number, host in enumerate(hosts):
            y = height - 14 - _ROW * (number + 0.5)
            name = sheet.fit(host, _NAMES_MM - 3, 9)
            sheet.text(sheet.page, _NAMES_MM - 2, y, name, 9, ha="right")
            mine = lines.xs(host, level="host")
            left = _NAMES_MM
            for programme, row in mine.iterrows():
                wide = room * row["need_baht"] / most
                colour = _COLOURS[str(programme)]
                if not pd.isna(row["allocated_baht"]):
                    paid = room * row["allocated_baht"] / most
                    sheet.page.add_patch(Rectangle((left, y - 2), paid, 4, facecolor=colour, linewidth=0))
                frame = Rectangle((left, y - 2), wide, 4, facecolor="none", edgecolor=colour, linewidth=0.8)
                sheet.page.add_patch(frame)
                left += wide
            need, paid = (mine[column].sum(min_count=1) for column in ("need_baht", "allocated_baht"))
            told = "–" if pd.isna(paid) else thai_digits(int(paid))
            sheet.text(sheet.page, _WIDTH - 1, y, f"{told} / {thai_digits(int(need))}", 9, ha="right")
        return _png(sheet)


def sketch(this: Round) -> io.BytesIO:
    """Draw where pupils of merging schools go, as a PNG of the text's width: a line a pair, as wide as its pupils.

    Lines are straight: they say who goes where, not which way.
    """
    pairs = this.allocation.groupby(["host_id", "school_id", "programme"], as_index=False)["pupils"].sum()
    schools = this.tables["schools"].set_index("school_id")
    known = schools.dropna(subset=["lat", "lon"])
    used = known[known.index.isin({*pairs["host_id"], *pairs["school_id"]})]
    with drawing():
        sheet = Sheet((_WIDTH, _MAP_HEIGHT))
        sheet.add_map((0.5, 8.0, _WIDTH - 1, _MAP_HEIGHT - 9))
        sheet.map.set_facecolor("none")  # the scale bar and the arrow are on the page below
        lon, lat = used["lon"].to_numpy(dtype=float), used["lat"].to_numpy(dtype=float)
        bounds = (lon.min(), lat.min(), lon.max(), lat.max()) if len(used) else (100.0, 16.0, 100.1, 16.1)
        sheet.frame(bounds, margin_mm=16)
        places = dict(zip(used.index, sheet.km(used[["lon", "lat"]].to_numpy(dtype=float)), strict=True))
        others = known[~known.index.isin(used.index)]
        if len(others):
            points = sheet.km(others[["lon", "lat"]].to_numpy(dtype=float))
            sheet.map.scatter(points[:, 0], points[:, 1], s=7, color="#c9c9c9", linewidths=0, zorder=2)
        for row in pairs.to_dict("records"):
            if row["host_id"] in places and row["school_id"] in places:
                line = np.array([places[row["school_id"]], places[row["host_id"]]])
                width = 0.8 + 0.05 * min(int(row["pupils"]), 60)
                sheet.lines([line], _COLOURS[row["programme"]], width, 3)
        hosts = set(pairs["host_id"])
        for code, place in places.items():
            host = code in hosts
            marker, area, colour = ("s", 70, INK) if host else ("v", 44, FAINT)
            style: dict[str, Any] = {"zorder": 5, "linewidths": 0.6, "edgecolors": "white"}
            sheet.map.scatter(place[0], place[1], marker=marker, s=area, color=colour, **style)
        spots = {code: place * sheet.mm_per_km for code, place in places.items()}
        _write_names(sheet, spots, hosts, school_names(this))
        _legend(sheet, sorted(pairs["programme"].unique()), 3.5, lines=True)
        sheet.scale_bar(5, 13, 30)
        sheet.north(_WIDTH - 6, _MAP_HEIGHT - 16)
        return _png(sheet)


def _by_host(this: Round) -> pd.DataFrame:
    """Return baht by host (its name) and programme, the largest need first, the smallest together."""
    names = school_names(this)
    lines = told_lines(this).astype({"need_baht": "Int64", "allocated_baht": "Int64"})
    order = lines.groupby("host_id")["need_baht"].sum().sort_values(ascending=False, kind="stable").index
    shown = order if len(order) <= _MOST_HOSTS else order[: _MOST_HOSTS - 1]
    rest = f"อีก {thai_digits(len(order) - len(shown))} โรงเรียน"
    place = {code: number for number, code in enumerate(shown)}
    lines = lines.assign(
        place=lines["host_id"].map(place).fillna(len(shown)).astype(int),
        # Two hosts of one name stay two.
        host=[names[code] if code in place else rest for code in lines["host_id"]],
    )
    twice = lines.drop_duplicates("host_id")["host"].value_counts()
    again = lines["host"].isin(twice[twice > 1].index) & (lines["place"] < len(shown))
    lines["host"] = lines["host"].mask(again, lines["host"] + " (" + lines["host_id"] + ")")
    sums = lines.groupby(["place", "host", "programme"])[["need_baht", "allocated_baht"]].sum(min_count=1)
    return sums.droplevel("place").assign(need_baht=lambda t: t["need_baht"].fillna(0).astype(int))


def _legend(sheet: Sheet, programmes: list[str], y: float, *, lines: bool = False) -> None:
    x = 2.0
    for programme in programmes:
        colour = _COLOURS[programme]
        if lines:
            sheet.page.add_line(Line2D((x, x + 5), (y, y), color=colour, linewidth=2))
        else:
            sheet.page.add_patch(Rectangle((x, y - 1.5), 5, 3, facecolor=colour, linewidth=0))
        words = thai_digits(PROGRAMMES[programme])
        sheet.text(sheet.page, x + 6.5, y, words, 9)
        x += 11 + text_width(words, 9)
    words = "■ โรงเรียนหลัก  ▼ โรงเรียนมารวม" if lines else "กรอบ = ความต้องการ  ทึบ = จัดสรร (บาท)"
    sheet.text(sheet.page, _WIDTH - 1, y, words, 9, ha="right")


def _write_names(sheet: Sheet, points: Mapping[str, Any], hosts: Collection[str], names: Mapping[str, str]) -> None:
    """Write names beside their schools: of hosts, and of merging schools where there is room."""
    left, bottom, width, height = sheet.place
    middle = left + width / 2, bottom + height / 2
    # In millimetres from the middle of the map: the scale bar and the arrow stand in its corners.
    corners = [(0.0, 11.0, 45.0, 20.0), (_WIDTH - 20, _MAP_HEIGHT - 18, _WIDTH, _MAP_HEIGHT)]
    taken = [(a - middle[0], b - middle[1], c - middle[0], d - middle[1]) for a, b, c, d in corners]
    frame = (1 - width / 2, 1 - height / 2, width / 2 - 1, height / 2 - 1)
    shown = {code: sheet.fit(names[code], _NAME_WIDTH, 9) for code in points}
    order = sorted(points, key=lambda code: (code not in hosts, code))
    boxes = place_names(
        {code: (float(points[code][0]), float(points[code][1])) for code in order},
        {code: text_width(shown[code], 9) for code in order},
        {code: _FAR if code in hosts else _NEAR for code in order},
        frame,
        taken,
    )
    km = sheet.mm_per_km
    for code, (west, south, east, north) in boxes.items():
        x, y = points[code]
        nearest = np.clip(x, west, east), np.clip(y, south, north)
        if np.hypot(nearest[0] - x, nearest[1] - y) > _NAME_HEIGHT:
            line = np.array([[x / km, y / km], [nearest[0] / km, nearest[1] / km]])
            sheet.lines([line], FAINT, 0.5, 4)
        colour = INK if code in hosts else FAINT
        text = sheet.text(sheet.map, west / km, (south + north) / 2 / km, shown[code], 9, color=colour)
        text.set_bbox({"boxstyle": "square,pad=0.02", "facecolor": "white", "alpha": 0.75, "linewidth": 0})
    if unnamed := len(set(hosts) & set(points)) - len(set(hosts) & set(boxes)):
        words = f"ไม่มีที่เขียนชื่อโรงเรียนหลัก {thai_digits(unnamed)} แห่ง"
        sheet.text(sheet.page, 3, _MAP_HEIGHT - 4, words, 9, bbox={"facecolor": "white", "linewidth": 0})


def place_names(
    points: Mapping[str, tuple[float, float]],
    widths: Mapping[str, float],
    reach: Mapping[str, Sequence[float]],
    frame: Box,
    taken: Sequence[Box],
) -> dict[str, Box]:
    """Return where names may stand on a map, none over another, over a school or out of the frame.

    Parameters
    ----------
    points
        East and north of each school, the most important first; all lengths in millimetres.
    widths
        Of each name.
    reach
        How far from its school each name may stand, the nearest first.
    frame
        What the map shows.
    taken
        Where nothing may stand.

    Returns
    -------
    dict
        The box of each name; without those that there is no room for.
    """
    used = [*taken, *((x - 1.6, y - 1.6, x + 1.6, y + 1.6) for x, y in points.values())]
    found = {}
    for code, (x, y) in points.items():
        wide = widths[code]
        for away, (east, north) in itertools.product(reach[code], _SIDES):
            west = x + east * away - wide * (1 - east) / 2
            # In line with its school a name stands a little above or below.
            south = y + north * (away + (0 if east else _NAME_HEIGHT / 2)) - _NAME_HEIGHT / 2
            box = (west, south, west + wide, south + _NAME_HEIGHT)
            inside = frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]
            if inside and not any(_overlap(box, other) for other in used):
                found[code] = box
                used.append(box)
                break
    return found


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _png(sheet: Sheet) -> io.BytesIO:
    stream = io.BytesIO()
    sheet.figure.savefig(stream, format="png", dpi=200, metadata={"Software": None})
    stream.seek(0)
    return stream

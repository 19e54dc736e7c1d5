"""The map of a plan on paper, A3 or A4 landscape: of the office, or of one amphoe.

One merge has a map of its own, and a picture for the parents' sheet::

    from restructure.mergemap import merge_picture, write_merge_map

    write_merge_map(plan, school_id, host_id, pdf, png, paper="A4")     # or "A3"
    merge_picture(plan, school_id, host_id)                             # BytesIO: PNG, 160 × 112 mm, no counts in it
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from restructure._errors import UsageError
from restructure.grades import thai_grades
from restructure.labels import Name, boxes_around, place_names
from restructure.mapdata import SPECIAL, STATES, MapData, one_line
from restructure.plan import Plan
from restructure.plansheet import EARLIER, HOST_INK, LAYOUTS, MOVE_INK, OTHER, PlanSheet, save
from restructure.sheet import FAINT, INK, RED, cut, drawing, school_area, text_width

#: The table of moves: head, the part of the width where a column stands, and the side of its text.
_COLUMNS = {
    "A3": [
        ("ที่", 0.034, "right"),
        ("โรงเรียน", 0.047, "left"),
        ("โรงเรียนหลัก", 0.309, "left"),
        ("ชั้น", 0.577, "left"),
        ("คน", 0.77, "right"),
        ("ไกลสุด กม.", 0.89, "right"),
        ("บาทต่อปี", 1.0, "right"),
    ],
    "A4": [
        ("ที่", 0.044, "right"),
        ("โรงเรียน", 0.06, "left"),
        ("โรงเรียนหลัก", 0.36, "left"),
        ("คน", 0.72, "right"),
        ("กม.", 0.85, "right"),
        ("บาทต่อปี", 1.0, "right"),
    ],
}


def write_print_map(plan: Plan, pdf: Path, png: Path, paper: str = "A3") -> None:
    """Write the map of a plan for a meeting, as vectors and as an image of 300 dots an inch."""
    with drawing():
        save(area_page(MapData(plan), "", paper), plan.scenario.name, pdf, png)


def write_amphoe_map(plan: Plan, amphoe: str, pdf: Path, png: Path, paper: str = "A4") -> None:
    """Write the map of one amphoe: its schools, and all moves from or to them.

    Raises
    ------
    UsageError
        When no school lies in it.
    """
    data = MapData(plan)
    if amphoe not in set(data.schools["amphoe"]):
        raise UsageError(
            f"ไม่มีโรงเรียนในอำเภอ {one_line(amphoe)}: อำเภอที่มีคือ {', '.join(sorted(set(data.schools['amphoe'])))}",
            f"No school lies in the amphoe {one_line(amphoe)}.",
        )
    with drawing():
        save(area_page(data, amphoe, paper), amphoe, pdf, png)


def area_page(data: MapData, amphoe: str, paper: str, page: str = "") -> Figure:
    """Draw the map of an amphoe, or of the whole office where none is named.

    Parameters
    ----------
    page
        What to write as the page's number.
    """
    return _Area(data, amphoe, paper).draw(page)


def moves_of(data: MapData, amphoe: str) -> pd.DataFrame:
    """Return the moves from or to the schools of an amphoe, all where none is named, by their number in the plan."""
    moves = data.plan.moves.set_axis(range(1, len(data.plan.moves) + 1))
    inside = set(data.schools.loc[data.schools["amphoe"] == amphoe, "school_id"])
    return moves[moves["school_id"].isin(inside) | moves["host_id"].isin(inside)] if amphoe else moves


class _Area(PlanSheet):
    """The page."""

    def __init__(self, data: MapData, amphoe: str, paper: str) -> None:
        super().__init__(data, LAYOUTS[paper])
        self.paper, self.amphoe = paper, amphoe
        self.moves = moves_of(data, amphoe)
        self.pairs = list(dict.fromkeys(self.moves[["school_id", "host_id"]].itertuples(index=False, name=None)))
        keys = pd.MultiIndex.from_frame(data.plan.ways[["school_id", "host_id"]])
        self.own_ways = data.plan.ways[keys.isin(self.pairs)]
        self.inside = data.schools[(data.schools["amphoe"] == amphoe) | (amphoe == "")]
        earlier = data.earlier.itertuples(index=False, name=None)
        self.earlier = [pair for pair in earlier if set(pair) & set(self.inside["school_id"])]
        involved = {code for pair in (*self.pairs, *self.earlier) for code in pair} | set(self.inside["school_id"])
        self.shown = data.schools[data.schools["school_id"].isin(involved)]

    def draw(self, page: str) -> Figure:
        data = self.data
        places = [self.inside[["lon", "lat"]].to_numpy()]
        if self.amphoe:
            of_moves = data.schools[data.schools["school_id"].isin([code for pair in self.pairs for code in pair])]
            places += [of_moves[["lon", "lat"]].to_numpy(), shapely.get_coordinates(self.own_ways.geometry.to_numpy())]
        else:
            places.append(data.villages[["lon", "lat"]].to_numpy())
        self.show(np.vstack(places).astype(float), margin_mm=8)
        self.ways(self.own_ways)
        self.villages(data.villages)
        self.others(self.shown)
        for school, host in self.earlier:
            self.move_arrow(school, host, planned=False)
        for school, host in self.pairs:
            self.move_arrow(school, host, planned=True)
        self.schools(self.shown)
        self._names()
        name = one_line(self.plan.scenario.name)
        self.head_and_foot(f"อำเภอ{one_line(self.amphoe)}  {name}" if self.amphoe else name, page)
        self._side()
        return self.figure

    def _names(self) -> None:
        """Write the names of those who move and their hosts, in an amphoe those of its other schools too."""
        numbers: dict[str, list[str]] = {}
        for number, school in self.moves["school_id"].items():
            numbers.setdefault(school, []).append(str(number))
        hosts = sorted(set(self.moves["host_id"]) - set(numbers))
        others = sorted(set(self.inside["school_id"]) - set(numbers) - set(hosts)) if self.amphoe else []
        schools = self.data.schools.set_index("school_id")
        pixels = {s: self.map.transData.transform(point) for s, point in self.points.items() if self.seen(point)}
        shown = set(self.shown["school_id"])
        dots = {s: self.dot(float(school_area(schools.at[s, "roll"] if s in shown else 0))) for s in pixels}
        names = []
        for school in [*numbers, *hosts, *others]:
            if school in pixels:
                text = cut(one_line(schools.at[school, "name"]), 34)
                text = f"{','.join(numbers[school])} {text}" if school in numbers else text
                ink = MOVE_INK if school in numbers else HOST_INK if school in hosts else INK
                size, bold = (self.layout.text, True) if school not in others else (self.layout.text - 0.5, False)
                names.append(Name(pixels[school], dots[school], (text,), ink, size, bold))
        symbols = boxes_around(np.array(list(pixels.values())), np.array(list(dots.values())))
        arrows = [self.boxes_along_arrow(*pair) for pair in self.pairs]
        _, left_out = place_names(self, names, symbols, np.vstack([np.empty((0, 4)), *arrows]))
        self.unplaced = [name.texts[0] for name in left_out]

    def _side(self) -> None:
        left, bottom, width, height = self.layout.side
        top = self.lines_of(left, bottom + height, self._summary(), width)
        floor = self._key(left, bottom)
        if self.moves.empty:
            words = "อำเภอนี้ไม่มีการย้ายตามแผนนี้" if self.amphoe else "ทางเลือกนี้ไม่มีการย้าย"
            self.text(self.page, left, top - 6, words, 11, bold=True)
            self._note(left, top - 12)
        else:
            self._table(left, top - 2, floor + 2)

    def _summary(self) -> list[tuple[str, str]]:
        moves = self.moves
        farthest, baht = moves["max_m"].max(), int(moves["baht"].sum())
        summary = self.plan.outcome.summary
        from_schools, hosts = moves["school_id"].nunique(), moves["host_id"].nunique()
        lines = [(f"นักเรียนย้าย {moves['pupils'].sum():,} คน  จาก {from_schools} โรงเรียน ไป {hosts} โรงเรียนหลัก", INK)]
        lines.append((f"ค่าพาหนะประมาณ {baht:,} บาทต่อปี ({summary['days']} วัน)", INK))
        if not pd.isna(farthest):
            lines.append((f"ไกลที่สุด {farthest / 1000:.2f} กม.", INK))
        if not self.amphoe:
            minutes = self.plan.policy.settings.long_minutes
            if summary["max_m"] is not None:
                lines[-1] = (f"{lines[-1][0]}  เกิน {minutes} นาที {summary[f'over_{minutes}_min']:,} คน", INK)
        if lost := int(moves["unreachable"].sum()):
            lines.append((f"ยังวัดระยะทางไม่ได้ {lost:,} คน (ยังไม่รวมค่าพาหนะ)", RED))
        return lines

    def _table(self, left: float, top: float, floor: float) -> None:
        moves, columns, row = self.moves, _COLUMNS[self.paper], self.layout.row
        width = self.layout.side[2]
        starred = bool(moves["unreachable"].sum())
        # Rows that the page has room for, after the head, the sum and the notes.
        room = int((top - floor) / row) - 2 - starred - bool(self.unplaced)
        shown = moves if len(moves) <= room else moves.head(max(room - 1, 0))
        y = top - row / 2
        self.cells(y, columns, [head for head, *_ in columns], bold=True)
        self.rule(left, y - row / 2, width)
        for number, move in zip(shown.index, shown.to_dict("records"), strict=True):
            y -= row
            star = "*" if move["unreachable"] else ""
            far = "–" if pd.isna(move["max_m"]) else f"{move['max_m'] / 1000:.2f}"
            baht = "–" if pd.isna(move["baht"]) else f"{move['baht']:,}"
            texts = [str(number), move["school_name"], move["host_name"]]
            texts += [thai_grades(move["grades"])] if self.paper == "A3" else []
            self.cells(y, columns, [*self._fitted(texts), f"{move['pupils']:,}{star}", far, baht])
        if len(shown) < len(moves):
            y -= row
            more = f"และอีก {len(moves) - len(shown)} รายการ ดูภาคผนวก annexes.xlsx"
            self.text(self.page, left + 5, y, more, self.layout.text)
        self.rule(left, y - row / 2, width)
        y -= row
        farthest = moves["max_m"].max()
        far = "–" if pd.isna(farthest) else f"{farthest / 1000:.2f}"
        blank = [""] * (len(columns) - 5)
        total = ["", "รวม", *blank, f"{moves['pupils'].sum():,}", far, f"{moves['baht'].sum():,}"]
        self.cells(y, columns, total, bold=True)
        if starred:
            y -= row
            note = "* มีนักเรียนที่ไม่มีทางรถหรือไม่ทราบบ้าน จึงยังคิดระยะทางและค่าพาหนะไม่ได้"
            self.text(self.page, left, y, self.fit(note, width, self.layout.text), self.layout.text, color=RED)
        self._note(left, y - row)

    def _fitted(self, texts: list[str]) -> list[str]:
        """Cut texts of the first columns to the room up to the next column."""
        parts = [part for _, part, _ in _COLUMNS[self.paper]]
        width = self.layout.side[2]
        rooms = [(after - part) * width - 1 for part, after in pairwise(parts)]
        rooms[0] = width  # a number, written from its right
        # The column after the last text is written from its right.
        rooms[len(texts) - 1] -= 8
        return [self.fit(text, room, self.layout.text) for text, room in zip(texts, rooms, strict=False)]

    def _note(self, left: float, y: float) -> None:
        if self.unplaced:
            text = f"ชื่อที่ไม่มีที่วางบนแผนที่ {len(self.unplaced)} แห่ง: {' · '.join(self.unplaced)}"
            self.text(self.page, left, y, self.fit(text, self.layout.side[2], 8), 8, color=FAINT)

    def _key(self, left: float, bottom: float) -> float:
        """Draw the key upwards from the foot and return its top."""
        width, row = self.layout.side[2], self.layout.row
        seen = [code for code, point in self.points.items() if self.seen(point)]
        drawn = self.shown[self.shown["school_id"].isin(seen)]
        states = drawn["state_after"].value_counts()
        looks = [(look, f"{look.label} ({states[s]})") for s, look in STATES.items() if states.get(s)]
        special = int(drawn["special"].sum())
        looks += [(SPECIAL, f"{SPECIAL.label} ({special})")] if special else []
        looks += [(OTHER, "โรงเรียนอำเภออื่น")] if set(seen) - set(self.shown["school_id"]) else []
        lines = [*self._band_key(0.53 * width), *self.ground_key()]
        rows = max(len(looks), len(lines)) + 1
        top = bottom + 14 + (rows + 1) * row + 2
        self.scale_and_north(left, bottom, self.paper)
        self.rule(left, top, width)
        middle = left + 0.46 * width
        for x, text in ((left, "โรงเรียน"), (middle, "เส้นทางถึงโรงเรียนหลัก และถนน")):
            self.text(self.page, x, top - row * 0.7, text, self.layout.text + 1, bold=True)
        y = top - row * 1.8
        below = self.key_of_symbols(left, y, looks)
        self.key_of_sizes(left, min(below, self.key_of_lines(middle, y, lines)) - 0.5)
        return top

    def _band_key(self, width: float) -> list[tuple[str, float, Any, str]]:
        pupils = self.own_ways.groupby("band")["pupils"].sum()
        if not self.amphoe:  # those who are measured from home too
            by_rate = self.plan.outcome.summary["pupils_by_band"]
            bands = self.plan.policy.settings.bands
            pupils = {i: by_rate.get(str(band.baht_per_day), 0) for i, band in enumerate(bands, start=1)}
        texts = [words for words, _ in self.bands]
        counted = [f"{words} {pupils.get(i, 0):,} คน" for i, words in enumerate(texts, start=1)]
        if max(text_width(text, self.layout.text) for text in counted) <= width - 10.5:
            texts = counted
        entries: list[tuple[str, float, Any, str]] = [
            (colour, self.band_width(i), "solid", text)
            for i, (text, (_, colour)) in enumerate(zip(texts, self.bands, strict=True))
        ]
        entries += [(INK, 1.5, "arrow", "ย้ายตามแผนนี้")] if self.pairs else []
        return entries + ([(EARLIER, 0.9, "dashed", "รวมอยู่เดิม")] if self.earlier else [])

"""The atlas of a plan: an index, the office, each amphoe that the plan touches, and a page a merge, in one PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from restructure.grades import thai_grades
from restructure.mapdata import MapData, one_line
from restructure.mergemap import merge_page
from restructure.pdfoutline import add_outline
from restructure.plan import Plan
from restructure.plansheet import LAYOUTS, Layout, PlanSheet
from restructure.printmap import area_page, moves_of
from restructure.sheet import FAINT, INK, drawing

#: The index: head, the part of the width where a column stands, and the side of its text.
_COLUMNS = [
    ("หน้า", 0.03, "right"),
    ("แผนที่", 0.045, "left"),
    ("ชั้น", 0.62, "left"),
    ("นักเรียนย้าย (คน)", 0.82, "right"),
    ("ไกลที่สุด (กม.)", 0.91, "right"),
    ("บาทต่อปี", 1.0, "right"),
]
_PAGE = LAYOUTS["A4"].page
#: All of an index page is its table.
_INDEX = Layout(_PAGE, (8.0, 19.0, 281.0, 168.0), (8.0, 19.0, 281.0, 165.0), 10.0, 6.2)
_ON_PAGE = int(_INDEX.side[3] / _INDEX.row) - 3


def write_atlas(plan: Plan, path: Path, progress: Callable[[int, int], object] | None = None) -> int:
    """Write the atlas of a plan, A4 landscape, with bookmarks; the same plan gives the same bytes.

    Parameters
    ----------
    progress
        Called after each page with the pages done and the pages in all.

    Returns
    -------
    int
        How many pages it has.
    """
    data = MapData(plan)
    entries = _entries(data)
    first = -(-len(entries) // _ON_PAGE)
    entries.insert(0, {"title": "สารบัญแผนที่", "level": 0})
    pages = [1, *range(first + 1, first + len(entries))]
    total: int = pages[-1]
    with drawing():
        title = f"สมุดแผนที่ {one_line(plan.scenario.name)}"
        with PdfPages(path, metadata={"Title": title, "CreationDate": None}) as pdf:
            for number, figure in enumerate(_figures(data, entries, pages, total), start=1):
                pdf.savefig(figure)
                if progress:
                    progress(number, total)
    add_outline(path, [(entry["title"], page, entry["level"]) for entry, page in zip(entries, pages, strict=True)])
    return total


def _entries(data: MapData) -> list[dict[str, Any]]:
    """Return what the index lists after itself: title, level, and what the map is of."""
    moves = data.plan.moves
    entries: list[dict[str, Any]] = [{"title": "ทั้งสำนักงานเขต", "level": 0, "amphoe": "", "moves": moves}]
    for amphoe in sorted(set(data.schools["amphoe"])):
        if len(touching := moves_of(data, amphoe)):
            entries.append({"title": f"อำเภอ{one_line(amphoe)}", "level": 0, "amphoe": amphoe, "moves": touching})
    for number, ((school, host), group) in enumerate(moves.groupby(["school_id", "host_id"], sort=False), start=1):
        names = f"{one_line(group['school_name'].iloc[0])} → {one_line(group['host_name'].iloc[0])}"
        entries.append({"title": f"{number}. {names}", "level": 1, "pair": (school, host), "moves": group})
    return entries


def _figures(data: MapData, entries: list[dict[str, Any]], pages: list[int], total: int) -> Iterator[Figure]:
    listed = list(zip(entries, pages, strict=True))[1:]
    for begin in range(0, len(listed), _ON_PAGE):
        number = begin // _ON_PAGE + 1
        yield _Index(data, _INDEX).draw(listed[begin : begin + _ON_PAGE], f"หน้า {number}/{total}")
    for entry, page in listed:
        words = f"หน้า {page}/{total}"
        if "pair" in entry:
            school, host = entry["pair"]
            yield merge_page(data, school, host, "A4", words)
        else:
            yield area_page(data, entry["amphoe"], "A4", words)


class _Index(PlanSheet):
    """A page of the index."""

    def draw(self, listed: list[tuple[dict[str, Any], int]], page: str) -> Figure:
        self.map.remove()
        self.head_and_foot("สมุดแผนที่: สารบัญ", page)
        left, bottom, width, height = self.layout.side
        row = self.layout.row
        y = bottom + height - row / 2
        self.cells(y, _COLUMNS, [head for head, *_ in _COLUMNS], bold=True)
        self.rule(left, y - row / 2, width, colour=INK)
        for entry, number in listed:
            y -= row
            moves = entry["moves"]
            grades = ", ".join(dict.fromkeys(thai_grades(text) for text in moves["grades"])) if entry["level"] else ""
            inset = "    " * entry["level"]
            texts = [
                str(number),
                inset + self.fit(entry["title"], width * 0.55, self.layout.text),
                self.fit(grades, width * 0.13, self.layout.text),
                f"{moves['pupils'].sum():,}",
                "–" if pd.isna(farthest := moves["max_m"].max()) else f"{farthest / 1000:.2f}",
                "–" if moves["baht"].isna().all() and len(moves) else f"{moves['baht'].sum():,}",
            ]
            self.cells(y, _COLUMNS, texts, bold=not entry["level"])
            self.rule(left, y - row / 2, width, colour="#dddddd")
        note = "การย้ายข้ามอำเภอนับในทั้งสองอำเภอ แผนที่อำเภอมีเฉพาะอำเภอที่มีการย้าย"
        self.text(self.page, left, y - row, note, self.layout.text - 1, color=FAINT)
        return self.figure

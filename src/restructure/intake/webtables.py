"""Web pages under the name of a workbook (.xls), as registers and reporting systems export them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from restructure.intake.schema import Problem
from restructure.intake.sheets import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, Sheet, make_sheet, unreadable

_PIECE = 1 << 18


def read_web_tables(text: str, file: str, problems: list[Problem]) -> Sheet:
    """Read all tables of a web page as one grid, one under the other, as Excel shows them.

    Cells that reach over several columns or rows are merged areas. What stands outside of tables, and tables within
    cells, are no cells.

    Parameters
    ----------
    text, problems
        As :func:`restructure.intake.delimited.decode` returns them.

    Raises
    ------
    TableError
        When it holds no table, or one that Excel could not hold.
    """
    rows: list[list[str]] = []
    merges: list[tuple[tuple[int, int], tuple[int, int]]] = []
    below: dict[int, int] = {}  # by column: until which row a cell from above reaches
    cells = 0
    for line in _table_rows(text, file):
        row: list[str] = []
        for content, columns, depth in line:
            while below.get(len(row), -1) >= len(rows):
                row.append("")
            if columns > 1 or depth > 1:
                last = len(rows) + depth - 1, len(row) + columns - 1
                merges.append(((len(rows), len(row)), last))
                below.update(dict.fromkeys(range(len(row), len(row) + columns), last[0]) if depth > 1 else {})
            row += [content] + [""] * (columns - 1)
            if len(row) > MOST_COLUMNS:
                break
        rows.append(row)
        cells += len(row)
        if len(row) > MOST_COLUMNS or len(rows) > MOST_ROWS or cells > MOST_CELLS:
            raise unreadable(
                file,
                "มีแถวหรือคอลัมน์มากกว่าที่ Excel มีได้",
                "it has more rows or columns than Excel can have",
                "แบ่งเป็นหลายไฟล์ แล้วบันทึกใหม่",
                "split it into several files",
            )
    if not rows:
        raise unreadable(file, "เป็นหน้าเว็บที่ไม่มีตาราง", "it is a web page without a table")
    return make_sheet("", lambda: iter(rows), file, merges, problems)


def _table_rows(text: str, file: str) -> Iterator[list[tuple[str, int, int]]]:
    """Yield the cells of each row of the page: text, and how many columns and rows it takes."""
    parser = etree.HTMLPullParser(
        events=("start", "end"), tag=("table", "tr"), encoding="utf-8", remove_comments=True, remove_pis=True
    )
    tables = 0
    for at in range(0, len(text), _PIECE):
        try:
            parser.feed(text[at : at + _PIECE].encode())
            if at + _PIECE >= len(text):
                parser.close()
        except etree.LxmlError:
            raise unreadable(file, "เป็นหน้าเว็บที่เสียหาย", "it is a damaged web page") from None
        for event, element in parser.read_events():
            if element.tag == "table":
                tables += 1 if event == "start" else -1
            elif event == "end" and tables <= 1:
                yield [
                    (_text(cell), _reach(cell, "colspan"), _reach(cell, "rowspan"))
                    for cell in element.iterchildren("td", "th")
                ]
                # What was read makes room.
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]


def _text(cell: Any) -> str:
    """Return the text of a cell on one line; what stands on a line of its own is a word of its own."""
    parts = []
    for event, element in etree.iterwalk(cell, events=("start", "end")):
        if event == "start":
            parts.append(element.text or "")
        elif element is not cell:
            parts += [" " if element.tag in ("br", "div", "p") else "", element.tail or ""]
    return " ".join("".join(parts).split())


def _reach(cell: Any, name: str) -> int:
    """Return how many columns or rows a cell takes."""
    said = cell.get(name, "").strip()
    return min(max(int(said), 1), MOST_COLUMNS) if re.fullmatch("[0-9]{1,9}", said) else 1

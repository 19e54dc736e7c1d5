"""What a grid of cells is, how large it may be, and how a file is refused."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import pandas as pd

from restructure._errors import TableError
from restructure.intake.schema import Problem

#: What Excel itself can hold.
MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 1_048_576, 16_384, 32_767
#: Cells in the rectangles around all data of a file, empty ones too: 110,000 pupils with 90 columns.
MOST_CELLS = 10_000_000
#: Rows at the beginning of a grid among which its head is.
TOP_ROWS = 60
_MARKS = re.compile("[\u200b-\u200f\u2060\ufeff]")

Merges = Iterable[tuple[tuple[int, int], tuple[int, int]]]


class Sheet(NamedTuple):
    """One grid of cells.

    Parameters
    ----------
    name
        The workbook's name of the sheet, "" where the file has one grid only.
    top
        Texts of the first 60 rows, row 1 first, without empty cells behind the last text. The text of a merged area
        stands in all of its cells.
    rows
        Returns the values of every row from row 1 on, one row after the other: texts as they are in the file, floats,
        ints, bools, dates and times; "" where a cell is empty. A merged area's value stands in its first cell.
    problems
        What was mended, and rows that were set aside: these are empty in ``rows``.
    """

    name: str
    top: list[list[str]]
    rows: Callable[[], Iterator[Sequence[Any]]]
    problems: Sequence[Problem] = ()


def cell_text(value: Any) -> str:
    """Return what a cell of a workbook or a map file holds as text, empty where it holds nothing.

    A whole number that a float cannot hold digit by digit is written with an exponent, so that it is not taken for a
    code.
    """
    if isinstance(value, str):
        return _MARKS.sub("", value).replace("\xa0", " ").strip()
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        # Excel keeps 15 digits.
        return str(int(value)) if abs(value) < 1e15 else f"{value:.15g}"
    return cell_text(value.isoformat() if hasattr(value, "isoformat") else str(value))


def make_sheet(
    name: str,
    rows: Callable[[], Iterator[Sequence[Any]]],
    file: str,
    merges: Merges = (),
    problems: Sequence[Problem] = (),
) -> Sheet:
    """Return a grid whose first rows are read, and whose cells are held to Excel's limits as they are read.

    Parameters
    ----------
    merges
        Merged areas: row and column, from 0, of the first and of the last cell.
    """

    def bounded() -> Iterator[Sequence[Any]]:
        for number, row in enumerate(rows(), start=1):
            for value in row:
                if type(value) is str and len(value) > MOST_CHARACTERS:
                    raise unreadable(
                        file,
                        f"แถว {number} มีช่องที่ยาวเกิน {MOST_CHARACTERS:,} ตัวอักษร",
                        f"row {number} has a cell of more than {MOST_CHARACTERS:,} characters",
                        "ลบข้อความในช่องนั้น แล้วบันทึกใหม่",
                        "delete the text in that cell and save the file anew",
                    )
            yield row

    top = [[cell_text(value) for value in row] for row in itertools.islice(bounded(), TOP_ROWS)]
    _spread(top, merges)
    for row in top:
        while row and not row[-1]:
            row.pop()
    return Sheet(name, top, bounded, problems)


def _spread(top: list[list[str]], merges: Merges) -> None:
    """Write the text of each merged area into all of its cells."""
    width = max(map(len, top), default=0)
    room = len(top) * width  # areas of a sound file do not overlap
    for (row, column), (last_row, last_column) in merges:
        if row >= len(top) or column >= len(top[row]) or not (text := top[row][column]):
            continue
        for line in top[row : last_row + 1]:
            line.extend([""] * (width - len(line)))
            end = min(last_column + 1, width)
            line[column:end] = [text] * (end - column)
            room -= end - column
        if room < 0:
            return


def unreadable(
    file: str,
    thai: str,
    english: str,
    thai_remedy: str = "เปิดด้วย Excel แล้วบันทึกใหม่เป็น CSV UTF-8 หรือ XLSX",
    english_remedy: str = "open it in Excel and save it anew as CSV UTF-8 or XLSX",
) -> TableError:
    """Return the refusal of a file: what is wrong with it and what to do."""
    return TableError(
        f"อ่านไฟล์ {file} ไม่ได้ {thai}: {thai_remedy}", f"{file} cannot be read: {english}; {english_remedy}."
    )

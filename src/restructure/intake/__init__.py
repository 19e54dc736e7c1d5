"""Office files into typed tables, with every problem found on the way.

A table's index is the row number that the file's own program shows (head = 1), so that any figure can be traced back.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from restructure._errors import TableError
from restructure.intake.cells import parse_round, type_frame
from restructure.intake.grids import cell_text, read_cells
from restructure.intake.heads import match_heads, place_columns, require_columns
from restructure.intake.schema import (
    KEYS,
    MAP_SUFFIXES,
    OPTIONAL_TABLES,
    REQUIRED_TABLES,
    TABLE_SUFFIXES,
    WET_SEASON,
    Problem,
    as_problem_table,
    columns_of,
    find_table,
    rows_aside,
)
from restructure.intake.shapes import read_file

__all__ = [
    "KEYS",
    "MAP_SUFFIXES",
    "OPTIONAL_TABLES",
    "REQUIRED_TABLES",
    "TABLE_SUFFIXES",
    "WET_SEASON",
    "Problem",
    "as_problem_table",
    "cell_text",
    "columns_of",
    "find_table",
    "parse_round",
    "read_cells",
    "read_table",
    "rows_aside",
    "type_rows",
]


def read_table(path: Path, table: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Read one table by itself: what names a school or a village of another file keeps no code.

    Parameters
    ----------
    path
        Any file that intake reads.
    table
        Its name, such as ``schools``.

    Returns
    -------
    DataFrame
        Columns of the schema, codes as text, counts as Int64; the index is the row in the file. An optional column
        that the file lacks is there and empty, but for those that say how pupils are listed. Columns that no step
        needs are dropped.
    list of Problem
        What was mended or set aside.

    Raises
    ------
    TableError
        When the file cannot be read, is empty, or lacks a required column.
    """
    file = f"inputs/{path.name}"
    frames, problems = read_file(path, table, file, {}, None, {})
    frame, found = type_frame(frames[table], table, file)
    return frame, problems + found


def type_rows(rows: list[tuple[int, list[str]]], table: str, where: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Make texts into a canonical table.

    Parameters
    ----------
    rows
        Number and cells of each row; the first is the head and has number 1.
    table
        Its name, such as ``schools``.
    where
        The file as messages should name it.

    Returns
    -------
    DataFrame, list of Problem
        As :func:`read_table` returns them.

    Raises
    ------
    TableError
        When there are no rows, or a required column is not there.
    """
    schema = columns_of(table)
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled or filled[0][0] != 1 or (len(filled) == 1 and table in REQUIRED_TABLES):
        raise TableError(
            f"ไฟล์ {where} ไม่มีข้อมูล: แถวที่ 1 ต้องเป็นหัวตาราง และต้องมีข้อมูลอย่างน้อยหนึ่งแถว",
            f"{where} is empty: row 1 must be the head and at least one row must follow.",
        )
    problems: list[Problem] = []
    heads = [" ".join(head.split()) for head in filled[0][1]]  # a head of two lines is still one name
    place_of = place_columns(match_heads(heads, table), schema, where, problems)
    require_columns(place_of, schema, table, heads, where)
    body = filled[1:]
    if not body:
        text = "มีแต่หัวตาราง จึงถือว่าไม่มีข้อมูลนี้"
        problems.append(Problem("warning", "empty-table", where, 1, "", "", text, "เติมข้อมูล หรือลบไฟล์ถ้าไม่มี"))
    index = pd.Index([number for number, _ in body], name="row")
    raw = pd.DataFrame(
        {name: [cells[i] if i < len(cells) else "" for _, cells in body] for name, i in place_of.items()},
        index=index,
        dtype=object,
    )
    frame, found = type_frame(raw, table, where)
    return frame, problems + found

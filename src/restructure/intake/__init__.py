"""Office files into typed tables, with every problem found on the way.

A table's index is the row number that the file's own program shows (head = 1), so that any figure can be traced back.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from restructure.intake.cells import parse_round, type_frame
from restructure.intake.grids import cell_text
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
    "read_table",
    "rows_aside",
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

"""What an office's tables hold: their columns, keys and files, and how a problem is told."""

from __future__ import annotations

import io
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from restructure._errors import TableError

REQUIRED_TABLES = ("schools", "villages", "students")
OPTIONAL_TABLES = ("mergers", "enrolment", "ceilings", "payments", "totals", "population", "polling", "crosswalk")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xls")
MAP_SUFFIXES = (".geojson", ".json", ".gpkg", ".kml", ".shp", ".zip")
KEYS = {
    "schools": ["school_id"],
    "villages": ["village_id"],
    "students": ["school_id", "grade", "village_id", "as_of", "from_school_id", "boards", "mode"],
    "mergers": ["school_id", "grades", "from_term"],
    "enrolment": ["school_id", "year", "grade"],
    "ceilings": ["round", "letter"],
    "payments": ["round", "host_id", "school_id", "date"],
    "closures": ["closure_id"],
    "totals": ["school_id", "grade", "as_of"],
    "population": ["village_id", "registrar"],
    "crosswalk": ["school_id"],
}
#: Stands in a closure's ``from`` and ``to`` where it returns with every wet season.
WET_SEASON = "wet-season"


class Problem(NamedTuple):
    """One problem of one cell. ``error``: the row is set aside because it cannot be used; ``warning``: it stays."""

    severity: str
    rule: str
    file: str
    row: int
    column: str
    value: str
    message: str
    remedy: str


def columns_of(table: str) -> pd.DataFrame:
    """Return the packaged description of a table's columns, by column name."""
    described = _described_columns()
    # A copy of nobody's: what is written into it stays with whoever asked.
    return described.get(table, described["schools"].iloc[:0]).copy(deep=False)


@cache
def _described_columns() -> dict[str, pd.DataFrame]:
    text = (resources.files("restructure") / "columns.csv").read_text("utf-8")
    described = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    return {str(table): rows.set_index("column") for table, rows in described.groupby("table", sort=False)}


def find_table(inputs: Path, table: str, suffixes: tuple[str, ...] = TABLE_SUFFIXES) -> Path | None:
    """Return the one file of a table in the folder of raw files, None where there is none.

    Raises
    ------
    TableError
        When there are two: it cannot be known which one counts.
    """
    found = [p for suffix in suffixes if (p := inputs / f"{table}{suffix}").is_file()]
    if len(found) > 1:
        names = " และ ".join(p.name for p in found)
        raise TableError(
            f"มีไฟล์ {names} พร้อมกันใน inputs/: เก็บไว้เพียงไฟล์เดียว",
            f"inputs/ holds both {' and '.join(p.name for p in found)}; keep one.",
        )
    return found[0] if found else None


def as_problem_table(problems: list[Problem]) -> pd.DataFrame:
    """Return problems as the table ``problems.csv``, worst first, then by file, row and column."""
    frame = pd.DataFrame(problems, columns=list(Problem._fields)).drop_duplicates()
    return frame.sort_values(["severity", "file", "row", "column", "rule"], kind="stable", ignore_index=True)


def rows_aside(problems: pd.DataFrame) -> int:
    """Return how many rows were set aside; one row may have several problems."""
    errors = problems[problems["severity"] == "error"]
    return len(errors.drop_duplicates(["file", "row"]))

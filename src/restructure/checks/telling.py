"""What every rule works on, and how it tells what it found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import pandas as pd

from restructure.intake import Problem
from restructure.policy import Settings
from restructure.rolls import snapshot

Tables = dict[str, pd.DataFrame]
#: A problem of a row, with the row's place in its table: a row of the file may be several of the table.
Found = tuple[int, Problem]
#: Stands for what is a child's own: its key, its home point.
HIDDEN = "(ปกปิด)"


@dataclass(frozen=True, eq=False)
class Office:
    """The tables of an office as the rules before have left them, and what they are measured by.

    Attributes
    ----------
    tables
        Typed tables by name, indexed by row number; only those that the office has.
    files
        The file of each table as messages should name it.
    tambons
        As :func:`restructure.gazetteer.tambon_list` returns them; None leaves out what needs them.
    fiscal_year
        Of the cycle, Buddhist era.
    """

    tables: Tables
    files: dict[str, str]
    settings: Settings
    tambons: gpd.GeoDataFrame | None
    fiscal_year: int

    @cached_property
    def newest(self) -> pd.DataFrame:
        """The rows of ``students`` that are the newest count."""
        return snapshot(self.tables["students"])


def error(file: str, row: object, rule: str, column: str, value: object, message: str, remedy: str) -> Problem:
    """Return a problem for which the row is set aside."""
    return Problem("error", rule, file, int(str(row)), column, str(value), message, remedy)


def warning(file: str, row: object, rule: str, column: str, value: object, message: str, remedy: str) -> Problem:
    """Return a problem with which the row stays."""
    return Problem("warning", rule, file, int(str(row)), column, str(value), message, remedy)

"""Exceptions of the package.

::

    RestructureError
    ├── UsageError          the command was asked for something that cannot be: exit code 2
    └── DataError           nothing can be produced from this data: exit code 1
        ├── TableError      an input table is missing, empty or lacks a column
        ├── RoadsError      the road file is missing or cannot be read
        ├── PolicyError     policy.yaml does not hold what it should
        ├── ScenarioError   a scenario breaks a structural rule
        ├── RulesError      optimise.yaml does not hold what it should
        └── LedgerError     the ledger cannot be used, or refuses what it was asked to record
"""

from __future__ import annotations

from pathlib import Path


class RestructureError(Exception):
    """An error that a person can mend.

    Parameters
    ----------
    thai, english
        One sentence each: what is wrong, where (file, row) and the remedy.
    """

    exit_code = 1

    def __init__(self, thai: str, english: str) -> None:
        # What is quoted from a file may hold line breaks of its own: each sentence stays one line.
        self.thai, self.english = " ".join(thai.split()), " ".join(english.split())
        super().__init__(f"{self.thai}\n{self.english}")

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the sentences alone, for where in the code it came up helps nobody."""
        return [self.thai, self.english]


def file_fault(error: OSError, *, whole: bool = False) -> DataError:
    """Return what a person is told of a file that cannot be written or read.

    Parameters
    ----------
    whole
        Whether with the file's whole path; else with its name alone, for a page may be shown to anybody.
    """
    path = str(error.filename2 or error.filename or "")
    name = path if whole else Path(path).name
    return DataError(
        f"เขียนหรืออ่านไฟล์ {name or 'ในโฟลเดอร์ของสำนักงาน'} ไม่ได้ ({error.strerror}): "
        "ตรวจพื้นที่ว่าง สิทธิ์ และปิดไฟล์ที่เปิดค้างใน Excel",
        f"Cannot write or read {name or 'a file'} ({error.strerror}); check space and rights.",
    )


class UsageError(RestructureError):
    """The command was asked for something that cannot be."""

    exit_code = 2


class DataError(RestructureError):
    """Nothing can be produced from this data."""


class TableError(DataError):
    """An input table is missing, empty or lacks a column."""


class RoadsError(DataError):
    """The road file is missing or cannot be read."""


class PolicyError(DataError):
    """policy.yaml does not hold what it should."""


class ScenarioError(DataError):
    """A scenario breaks a structural rule.

    Parameters
    ----------
    merge
        The merge that breaks it, counted from 1; None where it is the file.
    fault
        In Thai only what is wrong, for who shows the merge in place of the file.
    """

    def __init__(self, thai: str, english: str, merge: int | None = None, fault: str = "") -> None:
        super().__init__(thai, english)
        self.merge, self.fault = merge, fault


class RulesError(DataError):
    """optimise.yaml does not hold what it should."""


class LedgerError(DataError):
    """The ledger cannot be used, or refuses what it was asked to record."""

"""The steps of following an issue, from the cycle's folder to files under ``outputs/collections/NAME/``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from restructure.collection.chasing import status
from restructure.collection.form import write_forms
from restructure.collection.issue import Issue, issue_before, office_schools, read_issue
from restructure.collection.papers import write_reminders, write_report
from restructure.collection.reportbook import write_report_book
from restructure.collection.returns import Returns, read_returns
from restructure.collection.summing import changes, summarise
from restructure.cycle import refuse_broken_ledger
from restructure.files import outputs_folder, staged
from restructure.policy import Policy, load_policy


class Followed(NamedTuple):
    """An issue with all that came back of it."""

    folder: Path
    schools: pd.DataFrame
    policy: Policy
    returns: Returns

    @property
    def issue(self) -> Issue:
        """What is followed."""
        return self.returns.issue

    @property
    def outputs(self) -> Path:
        """Where everything that is rebuilt lies."""
        return outputs_of(self.folder, self.issue.name)


def outputs_of(folder: Path, name: str) -> Path:
    """Return where the files of an issue are made."""
    return outputs_folder(folder) / "collections" / name


def follow(folder: Path, name: str, schools: pd.DataFrame | None = None) -> Followed:
    """Read an issue and all that came back of it.

    Parameters
    ----------
    schools
        As :func:`restructure.collection.issue.office_schools` returns them; read if none are given.

    Raises
    ------
    UsageError
        When there is no such issue.
    DataError
        When the issue, the schools or the ledger cannot be used.
    """
    issue = read_issue(folder, name)
    schools = office_schools(folder) if schools is None else schools
    return Followed(folder, schools, load_policy(folder / "policy.yaml"), read_returns(folder, issue, schools))


def make_forms(folder: Path, name: str) -> list[Path]:
    """Write the forms of an issue; as :func:`restructure.collection.form.write_forms`."""
    issue, policy = read_issue(folder, name), load_policy(folder / "policy.yaml")
    return write_forms(outputs_of(folder, name) / "forms", issue, office_schools(folder), policy)


def make_reminders(followed: Followed, *, today: date) -> list[Path]:
    """Write the reminders of an issue; as :func:`restructure.collection.papers.write_reminders`."""
    found = status(followed.returns, followed.schools, today=today)
    target, templates = followed.outputs / "reminders", followed.folder / "templates"
    return write_reminders(target, followed.returns, found, followed.policy, templates=templates)


def make_report(followed: Followed, *, today: date) -> list[Path]:
    """Write ``report.docx`` and ``report.xlsx`` of an issue, both or none; return them.

    Raises
    ------
    LedgerError
        When the ledger, which says what was chosen, is not what it was.
    DataError
        When a template of the office's own cannot be filled in.
    """
    folder, returns, schools = followed.folder, followed.returns, followed.schools
    refuse_broken_ledger(folder)
    before = issue_before(folder, followed.issue)
    changed = changes(returns, read_returns(folder, before, schools) if before else None)
    found, summary = status(returns, schools, today=today), summarise(returns, schools)
    with staged(followed.outputs) as stage:
        write_report(
            stage / "report.docx", returns, found, summary, changed, before, followed.policy, today,
            templates=folder / "templates",
        )  # fmt: skip
        write_report_book(stage / "report.xlsx", returns, found, summary, changed, before, followed.policy)
    return [followed.outputs / name for name in ("report.docx", "report.xlsx")]

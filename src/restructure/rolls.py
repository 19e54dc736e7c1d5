"""Who is on which roll when, and what a school offers."""

from __future__ import annotations

from datetime import date

import pandas as pd

from restructure.grades import parse_grades
from restructure.thai import Term, parse_date, parse_term, term_end, term_of


def snapshot(students: pd.DataFrame, term: Term | None = None) -> pd.DataFrame:
    """Return the newest count of pupils that a term may rest on: the newest of all without a term.

    The newest term of the whole office counts, so that a school that has emptied is not revived; within it the newest
    day of each school, so that a pupil who has left its list is not kept; and a pupil who is listed by two schools is
    at the one of the newer day. A count of a later term does not speak for an earlier one, unless there is none but
    later ones.
    """
    if (students["as_of"] == "").all():
        return students
    texts = students["as_of"].unique()
    days = students["as_of"].map({text: as_of_day(text).toordinal() for text in texts})
    terms = students["as_of"].map({text: as_of_term(text) for text in texts})
    chosen = max((t for t in terms.unique() if term is None or t <= term), default=terms.max())
    days, students = days[terms == chosen], students[terms == chosen]
    newest = days == days.groupby(students["school_id"]).transform("max")
    days, students = days[newest], students[newest]
    if "student_key" not in students:
        return students
    whose = students["student_key"].where(students["student_key"] != "", students["school_id"])
    return students[days == days.groupby(whose).transform("max")]


def as_of_day(text: str) -> date:
    """Return the day that a count is of; a term counts as its last day."""
    return term_end(parse_term(text)) if "/" in text else parse_date(text)


def as_of_term(text: str) -> Term:
    """Return the term that a count, of a term or a day, speaks for."""
    return parse_term(text) if "/" in text else term_of(parse_date(text))


def offered_grades(schools: pd.DataFrame) -> dict[str, set[str]]:
    """Return the grades that each school offers, by code."""
    return {s: set(parse_grades(text)) for s, text in zip(schools["school_id"], schools["grades"], strict=True)}

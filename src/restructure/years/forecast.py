"""Forecast against fact: what the last cycle expected of each roll, and what this one has counted."""

from __future__ import annotations

import pandas as pd

from restructure.cycle import Measured
from restructure.moves import Moves, merge_table
from restructure.projection import history, project, too_short
from restructure.rolls import as_of_term, snapshot
from restructure.scenario import PRESENT
from restructure.seating import NONE, term_key
from restructure.thai import Term


def forecast_year(last: Measured, this: Measured) -> int | None:
    """Return the school year that the last cycle forecast and this one has counted; None where there is none."""
    counted = [_year(measured) for measured in (last, this)]
    return counted[1] if counted[0] and counted[1] and counted[1] > counted[0] else None


def why_no_forecast(last: Measured, this: Measured) -> str:
    """Return in Thai why forecast and fact cannot be compared, empty where they can."""
    if not all(_year(measured) for measured in (last, this)):
        return "ไฟล์นักเรียนของปีใดปีหนึ่งไม่บอกวันนับ (as_of) จึงเทียบคาดการณ์กับจำนวนจริงไม่ได้"
    if forecast_year(last, this) is None:
        return "นักเรียนของสองรอบเป็นปีการศึกษาเดียวกัน จึงยังไม่มีจำนวนจริงให้เทียบกับคาดการณ์"
    return too_short(history(last.cycle.tables))


def _year(measured: Measured) -> int | None:
    texts = snapshot(measured.cycle.tables["students"])["as_of"].unique().tolist()
    terms: list[Term] = [as_of_term(text) for text in texts if text]
    return max(terms, key=term_key).year if terms else None


def compare_forecast(last: Measured, this: Measured, pupils: pd.DataFrame) -> pd.DataFrame:
    """Return what the last cycle forecast of each roll beside what this one has counted.

    Where a school has been dissolved since, and nobody is on its roll, its forecast counts at its host.

    Parameters
    ----------
    pupils
        As :func:`restructure.years.facts.compare_pupils` returns them.

    Returns
    -------
    DataFrame
        ``school_id``, ``last`` (pupils then), ``forecast``, ``fact``, ``error`` (forecast less fact), ``error_as_last``
        (the same, had every roll stayed as it was); sorted by code; no rows where :func:`why_no_forecast` says why.
    """
    columns = ["last", "forecast", "fact", "error", "error_as_last"]
    year = forecast_year(last, this)
    past = history(last.cycle.tables)
    known = project(past, max(1, year - int(past["year"].max()))) if year is not None and len(past) else None
    if known is None:
        return pd.DataFrame(columns=["school_id", *columns]).astype(dict.fromkeys(columns, "int64"))
    fact = pupils.set_index(["school_id", "grade"])["pupils_this"]
    then = past[past["year"] == past["year"].max()].set_index(["school_id", "grade"])["count"]
    ahead = known[known["year"] == year].set_index(["school_id", "grade"])["pupils"]
    table = pd.concat([then.rename("last"), ahead.rename("forecast"), fact.rename("fact")], axis=1).fillna(0)
    table = table.astype("int64").reset_index()
    moves = Moves.of(PRESENT, this.office)
    ended = merge_table(this.office, [moves.entries[i] for i in moves.held[moves.held != NONE]])
    ended = ended[ended["kind"] == "dissolve"]
    hosts = dict(zip(zip(ended["school_id"], ended["grade"], strict=True), ended["host_id"], strict=True))
    pair = zip(table["school_id"], table["grade"], strict=True)
    host = pd.Series([hosts.get(one) for one in pair], table.index, dtype=object)
    table["school_id"] = host.where(host.notna() & (table["fact"] == 0), table["school_id"])
    table = table.groupby("school_id", as_index=False)[columns[:3]].sum()
    table = table[(table[columns[:3]] != 0).any(axis=1)].reset_index(drop=True)
    errors = {"error": table["forecast"] - table["fact"], "error_as_last": table["last"] - table["fact"]}
    return table.assign(**errors)

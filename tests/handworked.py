"""The hand-worked year of ``data/handworked-year.xlsx``: input sheets as tables, step sheets as expected results.

An office that does not exist, worked out in formulas of a spreadsheet: 3 hosts, 7 merging schools, both programmes,
both rounds of fiscal year 2570. Each sheet has Thai heads in its third row, our names in the fourth, and data from the
fifth. Texts are ``str`` (``""`` where empty), days ISO texts, numbers ``Int64`` (null where empty), degrees ``float``.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path

import pandas as pd
import yaml
from openpyxl import load_workbook

BOOK = Path(__file__).parent / "data" / "handworked-year.xlsx"
HEAD_ROW = 4
LINE = ["host_id", "school_id", "programme"]
RULES = ["proportional", "equal-days", "existing-first", "furthest-first"]
#: What becomes of what November leaves over or lacks.
BALANCES = ["carry", "settle", "surplus"]
#: The days of the office's own survey and of the count, by round.
DAYS = {"november": ("2026-11-02", "2026-11-10"), "may": ("2027-05-20", "2027-06-10")}
TERMS = {"november": "2/2569", "may": "1/2570"}


@cache
def _book() -> dict[int, pd.DataFrame]:
    return {int(s.title.split()[0]): _frame(s.values) for s in load_workbook(BOOK, data_only=True).worksheets}


def _frame(values: object) -> pd.DataFrame:
    rows = list(values)  # type: ignore[call-overload]
    head = [name for name in rows[HEAD_ROW - 1] if name]
    return pd.DataFrame({name: _column([row[i] for row in rows[HEAD_ROW:]]) for i, name in enumerate(head)})


def _column(cells: list[object]) -> pd.Series:
    cells = [f"{cell:%Y-%m-%d}" if isinstance(cell, datetime) else cell for cell in cells]
    filled = [cell for cell in cells if cell not in (None, "")]
    if filled and all(isinstance(cell, int) for cell in filled):
        return pd.Series([None if cell in (None, "") else cell for cell in cells], dtype="Int64")
    if filled and all(isinstance(cell, float) for cell in filled):
        return pd.Series(cells, dtype=float)
    return pd.Series(["" if cell is None else cell for cell in cells], dtype=object)


def sheet(number: int) -> pd.DataFrame:
    """A sheet by its number, under our names."""
    return _book()[number].copy()


def tables() -> dict[str, pd.DataFrame]:
    """The input tables. ``students`` has a row a pupil and a day: both surveys and both counts."""
    students = pd.concat([sheet(8), sheet(9)], ignore_index=True).drop(columns="round")
    return {
        "schools": sheet(1).drop(columns="role"),
        "villages": sheet(2),
        "students": students.sort_values(["as_of", "student_key"], ignore_index=True),
        "mergers": sheet(3)[["school_id", "grades", "from_term", "host_id", "kind", "programme"]],
        "ceilings": sheet(6),
        "payments": sheet(7),
    }


def certified(day: str) -> pd.DataFrame:
    """The decisions on distances that hold on a day, one a village and host."""
    past = sheet(4)[lambda rows: rows["date"] <= day]
    return past.drop_duplicates(["village_id", "host_id"], keep="last").reset_index(drop=True)


def policy_text() -> str:
    """The office's ``policy.yaml``: what differs from the packaged settings, and what changes in mid-year."""
    first, later = (row for _, row in sheet(5).iterrows())
    days = {int(row["term"][0]): int(row["days"]) for row in (first, later)}
    settings = {"bands": _bands(first), "days_by_term": _entry(first, days)}
    own = {
        "fiscal_year": 2570,
        "synthetic": True,
        "settings": settings,
        "terms": {later["term"]: {"bands": _bands(later)}},
    }
    return yaml.safe_dump(own, allow_unicode=True, sort_keys=False)


def _bands(row: pd.Series) -> dict[str, object]:
    upto = [*(int(row[f"band{i}_up_to_m"]) for i in (1, 2)), None]
    return _entry(row, [{"up_to_m": m, "baht_per_day": int(row[f"band{i}_baht"])} for i, m in enumerate(upto, start=1)])


def _entry(row: pd.Series, value: object) -> dict[str, object]:
    return {
        "value": value,
        "source": row["source"],
        "date": date.fromisoformat(row["date"]),
        "confirmed_by": row["confirmed_by"],
    }


def claims(round_name: str, *, counted: bool) -> pd.DataFrame:
    """The pupils of a round whom a merger takes to a host, one a row, with band and baht; survey or count.

    ``school_id`` is the merging school (of a dissolved one: the school that the child came from).
    """
    rows = _of(sheet(11 if counted else 10), round_name)
    rows = rows[rows["merger_number"] > 0].drop(columns=["round", "school_id", "from_school_id", "key", "line"])
    return rows.rename(columns={"old_school_id": "school_id"}).reset_index(drop=True)


def need_detail(round_name: str) -> pd.DataFrame:
    """Need by host, merging school, programme, stage, grade and band."""
    return _of(sheet(12), round_name)


def need(round_name: str) -> pd.DataFrame:
    """Need by host, merging school and programme: ``pupils``, ``day_baht`` (of one day), ``need_baht``."""
    return _of(sheet(13), round_name)


def allocation(round_name: str, rule: str = "proportional") -> pd.DataFrame:
    """``need_baht`` and ``allocated_baht`` of each line under one of :data:`RULES`."""
    rows = _of(sheet(18), round_name)
    return rows[[*LINE, "need_baht", rule]].rename(columns={rule: "allocated_baht"})


def what_if(ceiling_baht: int) -> pd.DataFrame:
    """November's ``need_baht`` and ``allocated_baht`` of each line in proportion, were the ceiling another.

    The ceilings worked out: 10 000, 30 935 (the letters') and 40 000 baht.
    """
    rows = sheet(23)
    rows = rows[rows["ceiling_baht"] == ceiling_baht].reset_index(drop=True)
    return rows[[*LINE, "need_baht", "allocated_baht"]]


def settlement(round_name: str, balance: str = "carry") -> pd.DataFrame:
    """Estimate against count and paid against due, by line, under one of :data:`BALANCES`."""
    money = ["carried_baht", "additional_baht", "return_baht"]
    rows = _of(sheet(20), round_name)
    return rows.assign(**{column: _of(sheet(21), round_name)[f"{balance}_{column}"] for column in money})


def changes(round_name: str) -> pd.DataFrame:
    """The pupils whose ``change`` is ``added``, ``left``, ``moved`` or ``band``, before and after."""
    rows = _of(sheet(19), round_name)
    return rows[rows["change"] != ""].drop(columns=["before_row", "after_row"]).reset_index(drop=True)


def totals() -> pd.DataFrame:
    """Sums by round (``november``, ``may``, ``year``) and programme (``existing``, ``second-decade``, ``all``)."""
    return sheet(22)


def _of(rows: pd.DataFrame, round_name: str) -> pd.DataFrame:
    return rows[rows["round"] == round_name].reset_index(drop=True)

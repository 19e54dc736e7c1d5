"""A plan's figures one by one, each with the question that traces it: shown beside texts, compared by version."""

from __future__ import annotations

from typing import Any

import pandas as pd

from restructure.comparison import figures
from restructure.grades import format_grades
from restructure.moves import plain, weighted_quantile, without_way
from restructure.seating import NONE
from restructure.simulate import Outcome
from restructure.teaching import rooms_needed
from restructure.words import UNKNOWN_BAHT, UNKNOWN_WAY

#: What is known of a school that leaves, of a pair, and of a host: Thai and unit.
_OF_SCHOOL = {"on_roll": ("นักเรียนตามทะเบียน", "คน"), "teachers": ("ครู", "คน")}
_OF_PAIR = {
    "pupils": ("นักเรียนที่ย้าย", "คน"),
    "unreachable": ("ยังวัดระยะทางไม่ได้", "คน"),
    "median_m": ("ระยะทางมัธยฐาน", "เมตร"),
    "max_m": ("ระยะทางไกลสุด", "เมตร"),
    "baht": ("ค่าพาหนะต่อปีเต็ม", "บาท"),
}
_OF_HOST = {
    "before": ("เรียนที่โรงเรียนหลัก ถ้าไม่รวมเพิ่ม", "คน"),
    "after": ("เรียนที่โรงเรียนหลัก เมื่อรวม", "คน"),
    "rooms_needed": ("ห้องเรียนที่ต้องใช้เมื่อรวม", "ห้อง"),
    "rooms": ("ห้องเรียนที่มี", "ห้อง"),
}
_UNKNOWN = {"median_m": UNKNOWN_WAY, "max_m": UNKNOWN_WAY, "baht": UNKNOWN_BAHT}


def plan_figures(outcome: Outcome) -> pd.DataFrame:
    """Return every figure of a scenario's plan.

    Returns
    -------
    DataFrame
        ``school_id``, ``host_id`` (both empty: of the whole plan; ``school_id`` alone: of a school that leaves;
        ``host_id`` alone: of a host; both: of a pair), ``key``, ``thai``, ``unit``, ``value`` (null where unknown) and
        ``question``, as :func:`restructure.trace.trace` takes it.
    """
    office, stem = outcome.office, outcome.scenario.stem
    rows: list[tuple[Any, ...]] = [
        ("", "", row.Index, row.thai, row.unit, row.value, f"plan/{stem}")
        for row in figures(outcome.summary).itertuples()
    ]
    pairs = merge_rows(outcome)[["school_id", "host_id"]].drop_duplicates()
    needed = rooms_needed(outcome.learners, office.policy.settings).sum(axis=1)
    for school in pairs["school_id"].unique():
        place = office.place[school]
        facts = {"on_roll": office.on_roll[place].sum(), "teachers": _known(office.schools, place, "teachers")}
        rows += [(school, "", key, *_OF_SCHOOL[key], value, f"plan/{stem}/{school}") for key, value in facts.items()]
    for school, host in pairs.itertuples(index=False, name=None):
        paid = outcome.subsidy
        paid = paid[(paid["school_id"] == school) & (paid["host_id"] == host)]
        metres, pupils = plain(paid["road_m"]), plain(paid["pupils"])
        facts = {
            "pupils": paid["pupils"].sum(),
            "unreachable": without_way(paid),
            "median_m": weighted_quantile(metres, pupils, 1, 2),
            "max_m": weighted_quantile(metres, pupils, 1, 1),
            # Unknown, not 0, where no way is known.
            "baht": paid["baht"].sum(min_count=1) if len(paid) else 0,
        }
        question = f"plan/{stem}/{school}/{host}"
        rows += [(school, host, key, *_OF_PAIR[key], value, question) for key, value in facts.items()]
    for host in sorted(pairs["host_id"].unique()):
        place = office.place[host]
        facts = {
            "before": outcome.learners_before[place].sum(),
            "after": outcome.learners[place].sum(),
            "rooms_needed": needed[place],
            "rooms": None if office.rooms[place] == NONE else office.rooms[place],
        }
        rows += [("", host, key, *_OF_HOST[key], value, f"plan/{stem}/{host}") for key, value in facts.items()]
    columns = ["school_id", "host_id", "key", "thai", "unit", "value", "question"]
    return pd.DataFrame(rows, columns=columns).astype({"value": "Int64"})


def merge_rows(outcome: Outcome) -> pd.DataFrame:
    """Return a scenario's merges: ``school_id``, ``host_id``, ``kind``, ``programme``, ``from_term``, ``grades``."""
    keys = ["school_id", "host_id", "kind", "programme", "from_term"]
    grouped = outcome.planned.groupby(keys, sort=True)["grade"]
    rows = [(*values, format_grades(grades.tolist())) for values, grades in grouped]
    return pd.DataFrame(rows, columns=[*keys, "grades"])


def spell_figure(key: str, value: Any, unit: str) -> str:
    """Return a figure in words; what is unknown says so."""
    return _UNKNOWN.get(key, "ไม่ทราบ") if pd.isna(value) else f"{value:,} {unit}"


def _known(schools: pd.DataFrame, place: int, column: str) -> Any:
    return schools[column].iloc[place] if column in schools else pd.NA

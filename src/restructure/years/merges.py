"""Merges done against planned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import pandas as pd

from restructure._errors import DataError, UsageError
from restructure.cycle import Measured, find_scenario
from restructure.grades import format_grades
from restructure.moves import Moves, merge_table
from restructure.scenario import PRESENT
from restructure.seating import NONE
from restructure.simulate import simulate
from restructure.thai import ROUNDS, parse_term, round_term

#: What has become of a merge that was planned, or is there without having been planned.
MERGE_STATES = {
    "done": "ทำแล้วตามแผน",
    "part": "ทำแล้วบางชั้น",
    "other-host": "รวมแล้ว แต่คนละโรงเรียนหลัก",
    "not-due": "ยังไม่ถึงภาคเรียนตามแผน",
    "not-done": "ยังไม่ได้ทำ",
    "unplanned": "ทำแล้วโดยไม่อยู่ในแผน",
    "unknown": "ทำแล้ว แต่ไม่รู้ว่าอยู่ในแผนหรือไม่",
    "ended": "เคยรวม ปีนี้ไม่มีในไฟล์",
}


class LastPlan(NamedTuple):
    """What the last year's plan was about: ``planned`` and ``subsidy`` of its outcome, or in Thai why nobody knows."""

    name: str
    planned: pd.DataFrame
    subsidy: pd.DataFrame
    fault: str = ""


def last_plan(last: Measured) -> LastPlan:
    """Read the scenario that the last year's plan was about and work it out on the last year's office."""
    try:
        scenario = find_scenario(last.cycle.folder)
        outcome = simulate(scenario, last.office)
    except (DataError, UsageError) as error:
        outcome = simulate(PRESENT, last.office)
        return LastPlan("", outcome.planned, outcome.subsidy, error.thai)
    return LastPlan(scenario.name, outcome.planned, outcome.subsidy)


def compare_merges(last: Measured, this: Measured, plan: LastPlan, needed: pd.DataFrame) -> pd.DataFrame:
    """Return the merges of the last plan with what has become of them, those done without it, and those ended.

    What is done is what stands in this year's mergers and is in force by the last term that this year pays.

    Parameters
    ----------
    plan
        As :func:`last_plan` returns it.
    needed
        Eligible rows of this year, of both rounds: ``school_id``, ``host_id``, ``baht``.

    Returns
    -------
    DataFrame
        A row a school and planned host, or host this year: ``school_id``, ``host_id`` (planned; empty where it was
        not), ``host_now`` (codes joined by ``;``, empty where it learns at its own), ``grades`` (planned, or merged),
        ``from_term``, ``state`` (of :data:`MERGE_STATES`), ``planned_pupils`` and ``planned_baht`` (a school year, as
        the plan had it), ``pupils`` and ``baht`` (who sit at a host because of the merge this year, and their need in
        both rounds). In the order of the states.
    """
    due = max(round_term(this.cycle.policy.fiscal_year, name) for name in ROUNDS)
    was, now = _held(last), _held(this)
    planned, subsidy = plan.planned, plan.subsidy
    rows: list[dict[str, Any]] = []
    done: set[tuple[str, str]] = set()
    for (school, term), group in planned.groupby(["school_id", "from_term"], sort=True):
        hosts = {grade: set(mine["host_id"]) for grade, mine in group.groupby("grade")}
        found = {grade: now.get((school, grade), "") for grade in hosts}
        done |= {(school, grade) for grade in hosts}
        as_planned = [found[grade] in hosts[grade] for grade in hosts]
        state = "done" if all(as_planned) else "part" if any(as_planned) else "not-done"
        if state == "not-done" and any(found[grade] and found[grade] != was.get((school, grade)) for grade in hosts):
            state = "other-host"
        if state == "not-done" and parse_term(term) > due:
            state = "not-due"
        mine = subsidy[(subsidy["school_id"] == school) & subsidy["host_id"].isin(set(group["host_id"]))]
        rows.append(
            {"school_id": school, "host_id": _joined(group["host_id"]), "grades": format_grades(set(hosts))}
            | {"host_now": _joined(filter(None, found.values())), "from_term": term, "state": state}
            | {"planned_pupils": int(mine["pupils"].sum()), "planned_baht": int(mine["baht"].sum())}
        )  # fmt: skip
    rows += _others(now, was, done, "unknown" if plan.fault else "unplanned") + _others(
        was, now, done, "ended", gone=True
    )
    columns = ["school_id", "host_id", "host_now", "grades", "from_term", "state", "planned_pupils", "planned_baht"]
    table = pd.DataFrame(rows, columns=columns).astype({"planned_pupils": "Int64", "planned_baht": "Int64"})
    need = needed.groupby(["school_id", "host_id"])["baht"].sum(min_count=1)
    seats = Moves.of(PRESENT, this.office).seats_table
    sitting = seats[seats["left_id"] != ""].groupby(["left_id", "sits_at"])["pupils"].sum()
    for name, sums in (("pupils", sitting), ("baht", need)):
        table[name] = pd.array(
            [_of_hosts(sums, row.school_id, row.host_now) for row in table.itertuples()], dtype="Int64"
        )
    table["place"] = table["state"].map(list(MERGE_STATES).index)
    return table.sort_values(["place", "school_id", "host_id"], ignore_index=True).drop(columns="place")


def _held(measured: Measured) -> dict[tuple[str, str], str]:
    """Return the host of each school and grade that a merger moves by the last term of the year."""
    moves = Moves.of(PRESENT, measured.office)
    own = measured.office.offered | measured.office.present
    table = merge_table(measured.office, [moves.entries[i] for i in moves.held[(moves.held != NONE) & own]])
    return dict(zip(zip(table["school_id"], table["grade"], strict=True), table["host_id"], strict=True))


def _others(
    one: dict[tuple[str, str], str],
    other: dict[tuple[str, str], str],
    told: set[tuple[str, str]],
    state: str,
    *,
    gone: bool = False,
) -> list[dict[str, Any]]:
    """Return merges that one year has and the other has not, but those that were told already."""
    grades: dict[tuple[str, str], set[str]] = {}
    for (school, grade), host in one.items():
        alike = (school, grade) in other if gone else other.get((school, grade)) == host
        if not alike and (gone or (school, grade) not in told):
            grades.setdefault((school, host), set()).add(grade)
    return [
        {"school_id": school, "host_id": host if gone else "", "host_now": "" if gone else host, "from_term": "",
         "grades": format_grades(found), "state": state}
        for (school, host), found in sorted(grades.items())
    ]  # fmt: skip


def _joined(codes: Iterable[str]) -> str:
    return ";".join(sorted(set(codes)))


def _of_hosts(sums: pd.Series, school: str, hosts: str) -> int | None:
    """Return what several hosts have of a school together; None where nobody knows."""
    found = [sums.get((school, host)) for host in hosts.split(";") if host]
    known = [int(one) for one in found if one is not None and not pd.isna(one)]
    return sum(known) if known or not found else (0 if all(one is None for one in found) else None)

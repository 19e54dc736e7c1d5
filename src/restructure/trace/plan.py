"""Where a figure of a plan comes from: each pair of schools, its villages and ways, and the schools' own facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.cycle import Cycle, Measured
from restructure.grades import format_grades
from restructure.rolls import snapshot
from restructure.simulate import Outcome
from restructure.teaching import rooms_needed
from restructure.thai import thai_rows
from restructure.trace.sources import Step, certified_ways, rows_of, rule, spell_baht, way_of_village
from restructure.words import (
    KINDS,
    PROGRAMMES,
    UNKNOWN_BAHT,
)

#: What the table of schools says of a school.
_FACTS = (("teachers", "ครู", "คน"), ("rooms", "ห้องเรียน", "ห้อง"))


def planned(measured: Measured, outcome: Outcome, school: str = "", host: str = "") -> Step:
    """Return what a plan's figures are made of: all, those of a school as it leaves or is joined, or of one pair."""
    cycle, rows, merges = measured.cycle, outcome.subsidy, outcome.planned
    names = cycle.tables["schools"].set_index("school_id")["name"]
    for code in filter(None, (school, host)):
        if code not in names.index:
            raise UsageError(f"ไม่มีโรงเรียน {code}: ดูรหัสในตารางโรงเรียน", f"There is no school {code}.")
    if host:
        rows, merges = (table[(table["school_id"] == school) & (table["host_id"] == host)] for table in (rows, merges))
    elif school:
        rows, merges = (
            table[(table["school_id"] == school) | (table["host_id"] == school)] for table in (rows, merges)
        )
    if school and merges.empty:
        raise UsageError(
            f"ทางเลือก {outcome.scenario.stem} ไม่มีการรวมของ {'/'.join(filter(None, (school, host)))}: ดูรหัสในรายการรวม",
            f"There is no such merge in scenario {outcome.scenario.stem}.",
        )
    certified = certified_ways(measured)
    pairs = merges[["school_id", "host_id"]].drop_duplicates().itertuples(index=False)
    parts = [_planned_pair(measured, outcome, pair.school_id, pair.host_id, certified) for pair in pairs]
    if school:
        parts += [_planned_school(cycle, outcome, code) for code in dict.fromkeys(filter(None, (school, host)))]
    words = f"{outcome.scenario.name}: นักเรียนที่ย้าย {rows['pupils'].sum():,} คน {_baht_of(rows)} ต่อปีเต็ม"
    rules = Step("กฎที่ใช้", parts=[rule(cycle.policy, key) for key in ("bands", "days_per_year", "distance_rule")])
    return Step(words, f"outputs/scenarios/{outcome.scenario.stem}/subsidy.csv", [*parts, rules])


def _planned_pair(measured: Measured, outcome: Outcome, school: str, host: str, certified: pd.DataFrame) -> Step:
    cycle, rows, merges = measured.cycle, outcome.subsidy, outcome.planned
    names = cycle.tables["schools"].set_index("school_id")["name"]
    rows = rows[(rows["school_id"] == school) & (rows["host_id"] == host)]
    merges = merges[(merges["school_id"] == school) & (merges["host_id"] == host)]
    told = [
        Step(f"{KINDS[kind]} ชั้น {format_grades(mine['grade'].tolist())} ตั้งแต่ภาคเรียนที่ {term} {PROGRAMMES[programme]}")
        for (kind, programme, term), mine in merges.groupby(["kind", "programme", "from_term"])
    ]
    parts = [Step("การรวมในทางเลือก", f"scenarios/{outcome.scenario.stem}.yaml", told)]
    for village, mine in rows.groupby("village_id", sort=True):
        cells = [_planned_cell(cycle, row) for row in mine.to_dict("records")]
        way = way_of_village(measured, str(village), host, certified, cells)
        parts.append(replace(way, words=f"{way.words}: {mine['pupils'].sum():,} คน {_baht_of(mine)}"))
    words = f"{names[school]} ({school}) ไป {names[host]} ({host}): {rows['pupils'].sum():,} คน {_baht_of(rows)} ต่อปีเต็ม"
    return Step(words, f"outputs/scenarios/{outcome.scenario.stem}/subsidy.csv", parts)


def _planned_cell(cycle: Cycle, row: dict[Any, Any]) -> Step:
    rows = snapshot(cycle.tables["students"], None)
    here = (rows["grade"] == row["grade"]) & (rows["village_id"] == row["village_id"]) & (rows["pupils"] > 0)
    source = rows_of(cycle, rows[here], row)
    if pd.isna(row["baht"]):
        return Step(f"ชั้น {row['grade']}: {row['pupils']:,} คน {UNKNOWN_BAHT}", source)
    sums = f"{row['pupils']:,} คน × {row['days']} วัน × {row['baht_per_day']} บาท = {spell_baht(row['baht'])}"
    return Step(f"ชั้น {row['grade']} {row['road_m']:,} ม.: {sums}", source)


def _planned_school(cycle: Cycle, outcome: Outcome, code: str) -> Step:
    """Return a school's own facts with their rows: roll, past years, teachers and rooms, learners before and after."""
    office, schools = outcome.office, cycle.tables["schools"]
    place, row = office.place[code], schools[schools["school_id"] == code].iloc[0]
    rolls = snapshot(cycle.tables["students"])
    mine = rolls[(rolls["school_id"] == code) & (rolls["pupils"] > 0)]
    facts = [f"{words} {row[key]:,} {unit}" for key, words, unit in _FACTS if not pd.isna(row.get(key, pd.NA))]
    listed = f"{cycle.files['students']} {thai_rows(mine.index.tolist())}"
    parts = [
        Step(f"นักเรียนตามทะเบียน {mine['pupils'].sum():,} คน", listed),
        Step(", ".join([*facts, row["grades"]]), f"{cycle.files['schools']} แถว {row.name}"),
    ]
    past = cycle.tables.get("enrolment")
    if past is not None and len(past := past[past["school_id"] == code]):
        sums = ", ".join(f"{year} = {count:,}" for year, count in past.groupby("year")["count"].sum().items())
        parts.append(Step(f"นักเรียนย้อนหลัง {sums}", f"{cycle.files['enrolment']} {thai_rows(past.index.tolist())}"))
    before, after = (int(learners[place].sum()) for learners in (outcome.learners_before, outcome.learners))
    needed = int(rooms_needed(outcome.learners, office.policy.settings)[place].sum())
    parts.append(Step(f"เรียนที่นี่ ถ้าไม่รวมเพิ่ม {before:,} คน เมื่อรวม {after:,} คน ใช้ {needed:,} ห้อง"))
    return Step(f"{row['name']} ({code})", parts=parts)


def _baht_of(rows: pd.DataFrame) -> str:
    """Return the baht of rows: 0 of none, and unknown where no way of any is known."""
    return spell_baht(rows["baht"].sum(min_count=1) if len(rows) else 0)

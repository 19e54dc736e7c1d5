"""Where a figure of a round comes from: ceiling, sharing, each line, its pupils, its settlement."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.cycle import Cycle, Measured, known_round
from restructure.grades import parse_grades
from restructure.ledger import LEDGER_FILE, in_force, read_ledger
from restructure.rolls import snapshot
from restructure.rounds import ALLOCATED, Round, make_round, with_confirmations
from restructure.subsidy import LINE
from restructure.thai import ROUND_NAMES, ROUNDS, round_term, thai_moment
from restructure.trace.sources import Step, certified_ways, decision, rows_of, rule, spell_baht, way_of_village
from restructure.words import (
    BASIS,
    CERTAINTY,
    PAID_FROM,
    PROGRAMMES,
    SHARING,
    UNKNOWN_BAHT,
    UNKNOWN_CEILING,
)

#: What prices a pupil.
_PRICING = ("bands", "days_by_term", "distance_rule", "eligible_grades", "eligible_kinds")


#: What becomes of pupils between estimate and count.
_MOVES = {"added": "เพิ่ม", "left": "ออก", "moved": "ย้ายเข้า", "moved_away": "ย้ายออก", "band_changed": "เปลี่ยนช่วง"}


class _Known:
    """A round and what all its lines are traced by, read once."""

    def __init__(self, measured: Measured, made: Round) -> None:
        self.measured, self.made, self.cycle = measured, made, measured.cycle
        self.certified = certified_ways(measured)
        roll = snapshot(self.cycle.tables["students"], made.term)
        self.roll = roll[roll["pupils"] > 0]
        #: Places in the roll by grade and village.
        self.places = self.roll.groupby(["grade", "village_id"]).indices


def gathered(measured: Measured, name: str, made: Round | None) -> Round:
    """Return a round: the one at hand where it is of that name."""
    return made if made is not None and made.name == known_round(name) else make_round(measured, known_round(name))


def _settlement(made: Round) -> pd.DataFrame:
    if made.settlement is None:
        raise UsageError(
            f"{ROUND_NAMES[made.name]}ยังไม่ได้กระทบยอด: ดูหมายเหตุด้วย restructure settle",
            f"{made.name} is not settled yet; see `restructure settle`.",
        )
    return made.settlement


def round_sums(measured: Measured, made: Round) -> Step:
    """Return what all lines of a round are given together."""
    total = made.allocation["allocated_baht"].sum() if made.ceiling_baht is not None else None
    known = _Known(measured, made)
    lines = [_line(known, line) for line in made.allocation.to_dict("records")]
    words = f"จัดสรรรวม {spell_baht(total)}" if total is not None else UNKNOWN_CEILING
    need = f"ความต้องการรวม {spell_baht(made.allocation['need_baht'].sum())}"
    given = [ceiling(measured, made), _sharing(made), *_confirmed(measured, made)]
    return Step(words, _made(made), [*given, Step(need, parts=lines), _rules(made)])


def allocated(measured: Measured, made: Round, host: str, school: str, programme: str = "") -> Step:
    """Return what the lines of a pair of schools are given, and why."""
    known = _Known(measured, made)
    steps = [_line(known, line) for line in _lines(made.allocation, host, school, programme)]
    given = [ceiling(measured, made), _sharing(made)]
    return _one_or_all([replace(step, parts=[*given, *step.parts, _rules(made)]) for step in steps])


def settled(measured: Measured, made: Round, *pair: str) -> Step:
    """Return what the settlement of a round is made of: all of it, or host, school and, where told, programme."""
    known, rows = _Known(measured, made), _settlement(made)
    rules = [_sharing(made), _rules(made)]
    if pair:
        steps = [_settled(known, line) for line in _lines(rows, *pair)]
        return _one_or_all([replace(step, parts=[*step.parts, *rules]) for step in steps])
    sums = {of: spell_baht(rows[of].sum(min_count=1)) for of in ("due_baht", "additional_baht", "return_baht")}
    words = "ที่ควรได้รวม {due_baht} ขอเพิ่มเติมรวม {additional_baht} ส่งคืนรวม {return_baht}".format(**sums)
    return Step(words, _settled_file(made), [*[_settled(known, line) for line in rows.to_dict("records")], *rules])


def _one_or_all(steps: list[Step]) -> Step:
    return steps[0] if len(steps) == 1 else Step(f"{len(steps)} รายการ คนละโครงการ", parts=steps)


def _lines(rows: pd.DataFrame, host: str, school: str, programme: str = "") -> list[dict[Any, Any]]:
    rows = rows[(rows["host_id"] == host) & (rows["school_id"] == school)]
    if programme:
        rows = rows[rows["programme"] == programme]
    if rows.empty:
        raise UsageError(
            f"รอบนี้ไม่มีรายการของโรงเรียนหลัก {host} โรงเรียนมารวม {school}: ดูรหัสใน allocation.csv",
            f"There is no line of host {host} and school {school} in this round; see allocation.csv.",
        )
    found: list[dict[Any, Any]] = rows.to_dict("records")
    return found


def _line(known: _Known, line: dict[Any, Any]) -> Step:
    made = known.made
    names = made.tables["schools"].set_index("school_id")["name"]
    host, school, programme = key = [line[name] for name in LINE]
    words = f"ความต้องการ {spell_baht(line['need_baht'])} จากนักเรียน {line['pupils']:,} คน"
    need = Step(words, parts=_ways(known, _needed(made, key), host, school))
    words = f"{names[school]} ({school}) ไป {names[host]} ({host}) {PROGRAMMES[programme]}"
    shared = f"จัดสรร {spell_baht(line['allocated_baht'])}" if made.ceiling_baht is not None else UNKNOWN_CEILING
    return Step(
        f"{words}: {shared}",
        _made(made),
        [*_confirmed(known.measured, made, key), need, _mergers(known.cycle, host, school)],
    )


def _needed(made: Round, line: list[str]) -> pd.DataFrame:
    return made.needed[(made.needed[LINE] == line).all(axis=1)]


def _ways(known: _Known, needed: pd.DataFrame, host: str, school: str) -> list[Step]:
    """Return each village's way to a host and what its pupils need, then the children with homes of their own."""
    parts = []
    for village, rows in needed.groupby("village_id", sort=True):
        cells = [_cell(known, row) for row in rows.to_dict("records")]
        way = way_of_village(known.measured, str(village), host, known.certified, cells)
        sums = f"{rows['pupils'].sum():,} คน {spell_baht(rows['baht'].sum(min_count=1))}"
        parts.append(replace(way, words=f"{way.words}: {sums}"))
    return [*parts, *_own_homes(known, host, school)]


def _cell(known: _Known, row: dict[Any, Any]) -> Step:
    sums = f"{row['pupils']:,} คน × {row['days']} วัน × {row['baht_per_day']} บาท = {spell_baht(row['baht'])}"
    if pd.isna(row["baht"]):
        return Step(f"ชั้น {row['grade']}: {row['pupils']:,} คน {UNKNOWN_BAHT}", _students(known, row))
    # Beside the way of the village: a child may be measured from an own home.
    way = f"{row['road_m']:,} ม. {BASIS[row['basis']]}"
    return Step(f"ชั้น {row['grade']} {way}: {sums}", _students(known, row))


def _students(known: _Known, row: dict[Any, Any]) -> str:
    return rows_of(known.cycle, known.roll.iloc[known.places[row["grade"], row["village_id"]]], row)


def _settled(known: _Known, line: dict[Any, Any]) -> Step:
    """Return what a line of a settlement is made of; the parts add up as the first one says."""
    made, cycle, key = known.made, known.cycle, [line[name] for name in LINE]
    names = made.tables["schools"].set_index("school_id")["name"]
    host, school, programme = key
    counted = f"นับได้ {line['pupils_count']:,} คน"
    if not pd.isna(line["pupils_estimate"]):
        told = " ".join(f"{words} {line[name]:,}" for name, words in _MOVES.items())
        counted += f" จากประมาณการ {line['pupils_estimate']:,} คน {spell_baht(line['estimate_baht'])} ({told})"
    paid = [Step(f"จัดสรรให้ {spell_baht(line['allocated_baht'])}", parts=_confirmed(known.measured, made, key))]
    payments = cycle.tables.get("payments", pd.DataFrame(columns=["round", "host_id", "school_id"]))
    mine = (payments["round"] == made.name) & (payments["host_id"] == host) & (payments["school_id"] == school)
    paid += [
        Step(f"จ่ายเมื่อ {row.date}: {spell_baht(row.baht)}", f"{cycle.files['payments']} แถว {row.Index}")
        for row in payments[mine].itertuples()
    ]
    received = "" if pd.isna(line["paid_baht"]) else f" {line['paid_baht']:,} บาท"
    needed = _needed(made, key)
    # The round is of the newest list of pupils, which is the count; told pupil by pupil only where it is.
    sums = [int(needed[name].sum()) for name in ("pupils", "baht")]
    same = not pd.isna(line["due_baht"]) and sums == [line["pupils_count"], line["due_baht"]]
    ways = _ways(known, needed, host, school) if same else []
    due = f"ที่ควรได้ {spell_baht(line['due_baht'])}: {counted}"
    parts = [
        Step(due, f"{cycle.files['students']} ({BASIS[line['basis']]})", ways),
        Step(f"{PAID_FROM[line['paid_from']]}{received}", parts=paid),
        Step(f"ยกมา {spell_baht(line['carried_baht'])}", "ค่า november_balance"),
    ]
    words = f"{names[school]} ({school}) ไป {names[host]} ({host}) {PROGRAMMES[programme]}"
    asked = f"ขอเพิ่มเติม {spell_baht(line['additional_baht'])} ส่งคืน {spell_baht(line['return_baht'])}"
    rule = Step("จ่ายหรือจัดสรรแล้ว + ยกมา + ขอเพิ่มเติม − ส่งคืน = ที่ควรได้")
    return Step(f"{words}: {asked}", _settled_file(made), [rule, *parts])


def _mergers(cycle: Cycle, host: str, school: str) -> Step:
    rows = cycle.tables["mergers"]
    rows = rows[(rows["host_id"] == host) & (rows["school_id"] == school)]
    told = [
        Step(
            f"ชั้น {row.grades} ({len(parse_grades(row.grades))} ชั้น) ตั้งแต่ภาคเรียนที่ {row.from_term}",
            f"{cycle.files['mergers']} แถว {row.Index}",
        )
        for row in rows.itertuples()
    ]
    return Step("การรวมที่มีผล", parts=told)


def _own_homes(known: _Known, host: str, school: str) -> list[Step]:
    """Return the decisions on the ways of children who are measured from homes of their own; no point is told."""
    rows = known.roll
    if "student_key" not in rows:
        return []
    came = (rows["school_id"] == host) & (rows["from_school_id"] == school)
    keys = rows.loc[(rows["school_id"] == school) | came, ["student_key", "grade"]]
    held = known.certified[known.certified["host_id"] == host].merge(keys, on="student_key")
    return [
        Step(f"นักเรียน {row['student_key']} ชั้น {row['grade']} วัดจากบ้านของตน", parts=[decision(row)])
        for row in held.to_dict("records")
    ]


def ceiling(measured: Measured, made: Round) -> Step:
    """Return a ceiling with its letters."""
    if made.ceiling_baht is None:
        return Step(UNKNOWN_CEILING)
    file = measured.cycle.files.get("ceilings", "")
    letters = [
        Step(f"{row.letter} ลงวันที่ {row.date}: {spell_baht(row.baht)}", f"{file} แถว {row.Index}")
        for row in made.letters.itertuples()
    ]
    return Step(f"วงเงิน {spell_baht(made.ceiling_baht)}", "" if letters else "ระบุในคำสั่ง", letters)


def _confirmed(measured: Measured, made: Round, line: list[str] | None = None) -> list[Step]:
    """Return who has confirmed how much a round, or a line of it, is given; nothing where nobody has."""
    if made.confirmed is None:
        return []
    rows, lines = in_force(read_ledger(measured.cycle.folder), ALLOCATED), made.confirmed
    if line:
        lines = lines[(lines[LINE] == line).all(axis=1)]
    row = rows[rows["subject"] == made.name].iloc[0]
    words = f"ยืนยันให้ {spell_baht(lines['allocated_baht'].sum())} โดย {row['who']} เมื่อ {thai_moment(row['at'])}"
    return [Step(words, f"{LEDGER_FILE} แถว {row['seq']} ({row['hash'][:16]}…)")]


def _sharing(made: Round) -> Step:
    entry = made.policy.entries["sharing_rule"]
    source = Step("การเลือกวิธีแบ่งเป็นของสำนักงานเขต", f"{entry.source} [{CERTAINTY[entry.certainty]}]")
    return Step(f"วิธีแบ่งที่ใช้: {SHARING[made.rule]} ({made.rule})", made.rule_source, [source])


def _rules(made: Round) -> Step:
    return Step("กฎที่ใช้", parts=[rule(made.policy, key) for key in _PRICING])


def rule_of_year(measured: Measured, key: str) -> Step:
    """Return a rule as each round of the year takes it; once where it is the same."""
    policy = measured.cycle.policy
    terms = {name: round_term(policy.fiscal_year, name) for name in ROUNDS}
    rows = read_ledger(measured.cycle.folder)
    told = [rule(with_confirmations(policy.at(term), policy, rows), key) for term in terms.values()]
    if told[0] == told[1]:
        return told[0]
    parts = [Step(f"ภาคเรียนที่ {term}", parts=[rule]) for term, rule in zip(terms.values(), told, strict=True)]
    return Step("กฎเปลี่ยนกลางปี แต่ละภาคเรียนใช้กฎของตน", parts=parts)


def _made(made: Round) -> str:
    return f"outputs/allocation/{made.name}/allocation.csv"


def _settled_file(made: Round) -> str:
    return f"outputs/settlement/{made.name}/settlement.csv"

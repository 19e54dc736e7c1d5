"""Where a figure of the subsidy comes from: file and row, road, rule and its source, who certified, how shared."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.certify import CERTIFY
from restructure.cycle import Cycle, Measured, find_scenario, known_round
from restructure.files import sha256
from restructure.grades import format_grades, parse_grades
from restructure.ledger import LEDGER_FILE, in_force, read_ledger
from restructure.policy import Policy
from restructure.rolls import snapshot
from restructure.rounds import ALLOCATED, Round, make_round, with_confirmations
from restructure.simulate import Outcome, simulate
from restructure.subsidy import LINE
from restructure.teaching import rooms_needed
from restructure.thai import ROUND_NAMES, ROUNDS, round_term, thai_moment, thai_rows
from restructure.words import (
    BASIS,
    CERTAINTY,
    KINDS,
    PAID_FROM,
    PROGRAMMES,
    SHARING,
    UNKNOWN_BAHT,
    UNKNOWN_CEILING,
    UNKNOWN_WAY,
    spell_value,
)

#: What can be asked for.
QUESTIONS = {
    "round/ROUND": "ยอดของรอบ",
    "ceiling/ROUND": "วงเงินของรอบ",
    "allocation/ROUND/HOST/SCHOOL[/PROGRAMME]": "ยอดของโรงเรียนหลักและโรงเรียนมารวม",
    "settlement/ROUND[/HOST/SCHOOL[/PROGRAMME]]": "ยอดขอเพิ่มเติมหรือส่งคืน",
    "distance/VILLAGE/HOST": "ระยะทางจากหมู่บ้านถึงโรงเรียน",
    "plan/SCENARIO[/SCHOOL[/HOST]]": "ตัวเลขของแผน ของโรงเรียนหนึ่ง หรือของการรวมคู่หนึ่ง",
    "home/STUDENT_KEY/HOST": "ระยะทางจากบ้านของนักเรียนถึงโรงเรียน",
    "rule/KEY": "กฎหรือค่าในนโยบาย",
    "decision/SEQ": "การตัดสินใจแถวหนึ่งในบันทึก",
}
#: What prices a pupil.
_PRICING = ("bands", "days_by_term", "distance_rule", "eligible_grades", "eligible_kinds")


#: What a decision is called, and what is told of its content.
_DECISIONS = {
    "certify": "รับรองระยะทาง",
    "sharing": "เลือกวิธีแบ่ง",
    "request": "บันทึกว่ายื่นขอ",
    "allocation": "ยืนยันการจัดสรร",
    "confirm-rule": "ยืนยันค่าในนโยบาย",
    "step-done": "รับรองว่าทำขั้นแล้ว",
    "version-kept": "เก็บฉบับที่คณะกรรมการเห็น",
    "revoke": "เพิกถอนแถว",
}
_TOLD = {
    "certified_m": "{:,} ม.",
    "routed_m": "ขณะนั้นคำนวณได้ {:,} ม.",
    "evidence": "หลักฐาน {}",
    "rule": "วิธี {}",
    "ceiling_baht": "วงเงิน {:,} บาท",
    "pupils": "นักเรียน {:,} คน",
    "need_baht": "ต้องการ {:,} บาท",
}


#: What the table of schools says of a school.
_FACTS = (("teachers", "ครู", "คน"), ("rooms", "ห้องเรียน", "ห้อง"))
#: What becomes of pupils between estimate and count.
_MOVES = {"added": "เพิ่ม", "left": "ออก", "moved": "ย้ายเข้า", "moved_away": "ย้ายออก", "band_changed": "เปลี่ยนช่วง"}


@dataclass(frozen=True)
class Step:
    """A figure or fact in words, where it comes from, and what it was made from.

    Attributes
    ----------
    way
        The question of the way that it rests on, where there is one to be drawn.
    """

    words: str
    source: str = ""
    parts: list[Step] = field(default_factory=list)
    way: str = ""

    def lines(self, depth: int = 0) -> Iterable[str]:
        """Return the step and its parts as text, indented."""
        yield f"{'  ' * depth}{self.words}{f'  ← {self.source}' if self.source else ''}"
        for part in self.parts:
            yield from part.lines(depth + 1)


def trace(measured: Measured, what: str, made: Round | None = None) -> Step:
    """Return where a figure comes from.

    Parameters
    ----------
    what
        One of :data:`QUESTIONS`, its parts parted by ``/``, or by blanks where there is no ``/``.
    made
        The round, where it has been gathered already; another one is gathered anew.

    Raises
    ------
    UsageError
        When there is no such question or nothing of that name.
    """
    # A scenario's file may have blanks in its name.
    kind, *names = [part for part in (what.split("/") if "/" in what else what.split()) if part.strip()] or [""]
    match kind, names:
        case "round", [name]:
            return _round(measured, _gathered(measured, name, made))
        case "ceiling", [name]:
            return _ceiling(measured, _gathered(measured, name, made))
        case "allocation", [name, host, school, *programme] if len(programme) <= 1:
            made = _gathered(measured, name, made)
            lines = _lines(made.allocation, host, school, *programme)
            given, rules, known = [_ceiling(measured, made), _sharing(made)], _rules(made), _Known(measured, made)
            steps = [_line(known, line) for line in lines]
            steps = [replace(step, parts=[*given, *step.parts, rules]) for step in steps]
            return steps[0] if len(steps) == 1 else Step(f"{len(steps)} รายการ คนละโครงการ", parts=steps)
        case "settlement", [name]:
            made = _gathered(measured, name, made)
            rows = _settlement(made)
            sums = {of: _baht(rows[of].sum(min_count=1)) for of in ("due_baht", "additional_baht", "return_baht")}
            words = "ที่ควรได้รวม {due_baht} ขอเพิ่มเติมรวม {additional_baht} ส่งคืนรวม {return_baht}".format(**sums)
            known = _Known(measured, made)
            steps = [_settled(known, line) for line in rows.to_dict("records")]
            return Step(words, _settled_file(made), [*steps, _sharing(made), _rules(made)])
        case "settlement", [name, host, school, *programme] if len(programme) <= 1:
            made = _gathered(measured, name, made)
            lines = _lines(_settlement(made), host, school, *programme)
            known = _Known(measured, made)
            steps = [_settled(known, line) for line in lines]
            steps = [replace(step, parts=[*step.parts, _sharing(made), _rules(made)]) for step in steps]
            return steps[0] if len(steps) == 1 else Step(f"{len(steps)} รายการ คนละโครงการ", parts=steps)
        case "distance", [village, host]:
            return _distance(measured, village, host, _certified(measured))
        case "plan", [stem, *codes] if len(codes) <= 2:
            return _plan(measured, simulate(find_scenario(measured.cycle.folder, stem), measured.office), *codes)
        case "home", [key, host]:
            return _home(measured, key, host)
        case "rule", [key] if key in measured.cycle.policy.entries:
            return _rule_of_year(measured, key)
        case "decision", [seq] if seq.isdecimal():
            rows = read_ledger(measured.cycle.folder)
            held = int(seq) in set(in_force(rows)["seq"])
            told = _decision(_only(rows[rows["seq"] == int(seq)], what))
            return replace(told, parts=[] if held else [Step("ไม่มีผลแล้ว หรือเป็นการเพิกถอน")])
    raise UsageError(
        f"ไม่เข้าใจว่าจะตามรอย “{what}”: ใช้ {' หรือ '.join(QUESTIONS)}", f"No figure {what!r}; ask {', '.join(QUESTIONS)}."
    )


class _Known:
    """A round and what all its lines are traced by, read once."""

    def __init__(self, measured: Measured, made: Round) -> None:
        self.measured, self.made, self.cycle = measured, made, measured.cycle
        self.certified = _certified(measured)
        roll = snapshot(self.cycle.tables["students"], made.term)
        self.roll = roll[roll["pupils"] > 0]
        #: Places in the roll by grade and village.
        self.places = self.roll.groupby(["grade", "village_id"]).indices


def _gathered(measured: Measured, name: str, made: Round | None) -> Round:
    return made if made is not None and made.name == known_round(name) else make_round(measured, known_round(name))


def _settlement(made: Round) -> pd.DataFrame:
    if made.settlement is None:
        raise UsageError(
            f"{ROUND_NAMES[made.name]}ยังไม่ได้กระทบยอด: ดูหมายเหตุด้วย restructure settle",
            f"{made.name} is not settled yet; see `restructure settle`.",
        )
    return made.settlement


def _round(measured: Measured, made: Round) -> Step:
    total = made.allocation["allocated_baht"].sum() if made.ceiling_baht is not None else None
    known = _Known(measured, made)
    lines = [_line(known, line) for line in made.allocation.to_dict("records")]
    words = f"จัดสรรรวม {_baht(total)}" if total is not None else UNKNOWN_CEILING
    need = f"ความต้องการรวม {_baht(made.allocation['need_baht'].sum())}"
    given = [_ceiling(measured, made), _sharing(made), *_confirmed(measured, made)]
    return Step(words, _made(made), [*given, Step(need, parts=lines), _rules(made)])


def _lines(rows: pd.DataFrame, host: str, school: str, programme: str | None = None) -> list[dict[Any, Any]]:
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
    words = f"ความต้องการ {_baht(line['need_baht'])} จากนักเรียน {line['pupils']:,} คน"
    need = Step(words, parts=_ways(known, _needed(made, key), host, school))
    words = f"{names[school]} ({school}) ไป {names[host]} ({host}) {PROGRAMMES[programme]}"
    shared = f"จัดสรร {_baht(line['allocated_baht'])}" if made.ceiling_baht is not None else UNKNOWN_CEILING
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
        way = _distance(known.measured, str(village), host, known.certified, cells)
        sums = f"{rows['pupils'].sum():,} คน {_baht(rows['baht'].sum(min_count=1))}"
        parts.append(replace(way, words=f"{way.words}: {sums}"))
    return [*parts, *_own_homes(known, host, school)]


def _cell(known: _Known, row: dict[Any, Any]) -> Step:
    sums = f"{row['pupils']:,} คน × {row['days']} วัน × {row['baht_per_day']} บาท = {_baht(row['baht'])}"
    if pd.isna(row["baht"]):
        return Step(f"ชั้น {row['grade']}: {row['pupils']:,} คน {UNKNOWN_BAHT}", _students(known, row))
    # Beside the way of the village: a child may be measured from an own home.
    way = f"{row['road_m']:,} ม. {BASIS[row['basis']]}"
    return Step(f"ชั้น {row['grade']} {way}: {sums}", _students(known, row))


def _students(known: _Known, row: dict[Any, Any]) -> str:
    return _rows_of(known.cycle, known.roll.iloc[known.places[row["grade"], row["village_id"]]], row)


def _rows_of(cycle: Cycle, rows: pd.DataFrame, row: dict[Any, Any]) -> str:
    """Return the rows of the file that hold a cell's pupils, of those of its grade and village."""
    came = (rows["school_id"] == row["host_id"]) & (rows["from_school_id"] == row["school_id"])
    found = rows[came | (rows["school_id"] == row["school_id"])]
    return f"{cycle.files['students']} {thai_rows(found.index.tolist())}"


def _settled(known: _Known, line: dict[Any, Any]) -> Step:
    """Return what a line of a settlement is made of; the parts add up as the first one says."""
    made, cycle, key = known.made, known.cycle, [line[name] for name in LINE]
    names = made.tables["schools"].set_index("school_id")["name"]
    host, school, programme = key
    counted = f"นับได้ {line['pupils_count']:,} คน"
    if not pd.isna(line["pupils_estimate"]):
        told = " ".join(f"{words} {line[name]:,}" for name, words in _MOVES.items())
        counted += f" จากประมาณการ {line['pupils_estimate']:,} คน {_baht(line['estimate_baht'])} ({told})"
    paid = [Step(f"จัดสรรให้ {_baht(line['allocated_baht'])}", parts=_confirmed(known.measured, made, key))]
    payments = cycle.tables.get("payments", pd.DataFrame(columns=["round", "host_id", "school_id"]))
    mine = (payments["round"] == made.name) & (payments["host_id"] == host) & (payments["school_id"] == school)
    paid += [
        Step(f"จ่ายเมื่อ {row.date}: {_baht(row.baht)}", f"{cycle.files['payments']} แถว {row.Index}")
        for row in payments[mine].itertuples()
    ]
    received = "" if pd.isna(line["paid_baht"]) else f" {line['paid_baht']:,} บาท"
    needed = _needed(made, key)
    # The round is of the newest list of pupils, which is the count; told pupil by pupil only where it is.
    sums = [int(needed[name].sum()) for name in ("pupils", "baht")]
    same = not pd.isna(line["due_baht"]) and sums == [line["pupils_count"], line["due_baht"]]
    ways = _ways(known, needed, host, school) if same else []
    due = f"ที่ควรได้ {_baht(line['due_baht'])}: {counted}"
    parts = [
        Step(due, f"{cycle.files['students']} ({BASIS[line['basis']]})", ways),
        Step(f"{PAID_FROM[line['paid_from']]}{received}", parts=paid),
        Step(f"ยกมา {_baht(line['carried_baht'])}", "ค่า november_balance"),
    ]
    words = f"{names[school]} ({school}) ไป {names[host]} ({host}) {PROGRAMMES[programme]}"
    asked = f"ขอเพิ่มเติม {_baht(line['additional_baht'])} ส่งคืน {_baht(line['return_baht'])}"
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


def _plan(measured: Measured, outcome: Outcome, school: str = "", host: str = "") -> Step:
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
    certified = _certified(measured)
    pairs = merges[["school_id", "host_id"]].drop_duplicates().itertuples(index=False)
    parts = [_planned_pair(measured, outcome, pair.school_id, pair.host_id, certified) for pair in pairs]
    if school:
        parts += [_planned_school(cycle, outcome, code) for code in dict.fromkeys(filter(None, (school, host)))]
    words = f"{outcome.scenario.name}: นักเรียนที่ย้าย {rows['pupils'].sum():,} คน {_baht_of(rows)} ต่อปีเต็ม"
    rules = Step("กฎที่ใช้", parts=[_rule(cycle.policy, key) for key in ("bands", "days_per_year", "distance_rule")])
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
        way = _distance(measured, str(village), host, certified, cells)
        parts.append(replace(way, words=f"{way.words}: {mine['pupils'].sum():,} คน {_baht_of(mine)}"))
    words = f"{names[school]} ({school}) ไป {names[host]} ({host}): {rows['pupils'].sum():,} คน {_baht_of(rows)} ต่อปีเต็ม"
    return Step(words, f"outputs/scenarios/{outcome.scenario.stem}/subsidy.csv", parts)


def _planned_cell(cycle: Cycle, row: dict[Any, Any]) -> Step:
    rows = snapshot(cycle.tables["students"], None)
    here = (rows["grade"] == row["grade"]) & (rows["village_id"] == row["village_id"]) & (rows["pupils"] > 0)
    source = _rows_of(cycle, rows[here], row)
    if pd.isna(row["baht"]):
        return Step(f"ชั้น {row['grade']}: {row['pupils']:,} คน {UNKNOWN_BAHT}", source)
    sums = f"{row['pupils']:,} คน × {row['days']} วัน × {row['baht_per_day']} บาท = {_baht(row['baht'])}"
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


def _distance(measured: Measured, village: str, host: str, certified: pd.DataFrame, parts: Iterable[Step] = ()) -> Step:
    cycle, rows = measured.cycle, measured.distances
    names = cycle.tables["villages"].set_index("village_id")["name"]
    if village and village not in names.index:
        raise UsageError(f"ไม่มีหมู่บ้าน {village}: ดูรหัสในตารางหมู่บ้าน", f"There is no village {village}.")
    if host not in set(cycle.tables["schools"]["school_id"]):
        raise UsageError(f"ไม่มีโรงเรียน {host}: ดูรหัสในตารางโรงเรียน", f"There is no school {host}.")
    way = _way(cycle, rows[(rows["village_id"] == village) & (rows["school_id"] == host)])
    drawn = replace(way, source=f"{way.source}; เส้นทางบนแผนที่ outputs/audit/map.html#{village}/{host}")
    decided = certified[(certified["village_id"] == village) & (certified["host_id"] == host)]
    name = f"{names[village]} ({village})" if village else "ไม่ทราบหมู่บ้าน"
    question = f"distance/{village}/{host}" if way.words != UNKNOWN_WAY else ""
    return Step(f"จาก{name} ถึงโรงเรียน {host}", parts=[drawn, *_decisions(decided), *parts], way=question)


def _home(measured: Measured, key: str, host: str) -> Step:
    """Return the way of a child from an own home, whose point is not told."""
    rows = measured.homes
    pair = rows if rows is None else rows[(rows["student_key"] == key) & (rows["school_id"] == host)]
    if pair is None or pair.empty:
        raise UsageError(
            f"ไม่มีนักเรียนรหัสอ้างอิง {key} ที่วัดจากบ้านถึงโรงเรียน {host}: ดูรหัสใน outputs/certify/pairs.csv",
            f"No pupil {key} is measured from an own home to school {host}.",
        )
    certified = _certified(measured)
    decided = certified[(certified["student_key"] == key) & (certified["host_id"] == host)]
    words = f"จากบ้านของนักเรียน รหัสอ้างอิง {key} ถึงโรงเรียน {host}"
    return Step(words, parts=[_way(measured.cycle, pair), *_decisions(decided)])


def _way(cycle: Cycle, pair: pd.DataFrame) -> Step:
    """Return the routed distance of a pair and the roads that it was measured on."""
    metres = pair["road_m"].iloc[0] if len(pair) else pd.NA
    words = f"ระยะทางคำนวณ {metres:,} ม." if not pd.isna(metres) else UNKNOWN_WAY
    digest = _digest(cycle.roads, cycle.roads.stat().st_mtime_ns)
    roads = cycle.roads.relative_to(cycle.folder)
    return Step(words, f"{roads} SHA-256 {digest[:16]}… ข้อมูลถนน {cycle.network.osm_date or 'ไม่ระบุวันที่'}")


@lru_cache(maxsize=4)
def _digest(path: Path, _: int) -> str:
    """Return the SHA-256 of a file as it was written at a time: a round names it with every way."""
    return sha256(path)


def _decisions(rows: pd.DataFrame) -> list[Step]:
    return [_decision(row) for row in rows.to_dict("records")] or [Step("ยังไม่มีผู้รับรองระยะทางนี้")]


def _certified(measured: Measured) -> pd.DataFrame:
    """Return the decisions on distances that hold, with the columns of the ledger and of the pair."""
    rows = in_force(read_ledger(measured.cycle.folder), CERTIFY)
    pattern = r"^(?:village:(?P<village_id>[^>]+)|home:(?P<student_key>[^>]+))>(?P<host_id>.+)$"
    return rows.join(rows["subject"].str.extract(pattern))


def _own_homes(known: _Known, host: str, school: str) -> list[Step]:
    """Return the decisions on the ways of children who are measured from homes of their own; no point is told."""
    rows = known.roll
    if "student_key" not in rows:
        return []
    came = (rows["school_id"] == host) & (rows["from_school_id"] == school)
    keys = rows.loc[(rows["school_id"] == school) | came, ["student_key", "grade"]]
    held = known.certified[known.certified["host_id"] == host].merge(keys, on="student_key")
    return [
        Step(f"นักเรียน {row['student_key']} ชั้น {row['grade']} วัดจากบ้านของตน", parts=[_decision(row)])
        for row in held.to_dict("records")
    ]


def _decision(row: dict[Any, Any]) -> Step:
    content = json.loads(row["content"])
    facts = [words.format(content[key]) for key, words in _TOLD.items() if content.get(key)]
    told = ", ".join([row["subject"], *facts])
    why = f" เหตุผล: {row['why']}" if row["why"] else ""
    return Step(
        f"{row['who']} {_DECISIONS.get(row['kind'], row['kind'])} เมื่อ {thai_moment(row['at'])}: {told}{why}",
        f"{LEDGER_FILE} แถว {row['seq']} ({row['hash'][:16]}…)",
    )


def _only(rows: pd.DataFrame, what: str) -> dict[Any, Any]:
    if rows.empty:
        raise UsageError(f"ไม่มี {what} ใน {LEDGER_FILE}: ดูเลขแถวในประวัติ", f"There is no {what} in {LEDGER_FILE}.")
    found: dict[Any, Any] = rows.to_dict("records")[0]
    return found


def _ceiling(measured: Measured, made: Round) -> Step:
    if made.ceiling_baht is None:
        return Step(UNKNOWN_CEILING)
    file = measured.cycle.files.get("ceilings", "")
    letters = [
        Step(f"{row.letter} ลงวันที่ {row.date}: {_baht(row.baht)}", f"{file} แถว {row.Index}")
        for row in made.letters.itertuples()
    ]
    return Step(f"วงเงิน {_baht(made.ceiling_baht)}", "" if letters else "ระบุในคำสั่ง", letters)


def _confirmed(measured: Measured, made: Round, line: list[str] | None = None) -> list[Step]:
    """Return who has confirmed how much a round, or a line of it, is given; nothing where nobody has."""
    if made.confirmed is None:
        return []
    rows, lines = in_force(read_ledger(measured.cycle.folder), ALLOCATED), made.confirmed
    if line:
        lines = lines[(lines[LINE] == line).all(axis=1)]
    row = rows[rows["subject"] == made.name].iloc[0]
    words = f"ยืนยันให้ {_baht(lines['allocated_baht'].sum())} โดย {row['who']} เมื่อ {thai_moment(row['at'])}"
    return [Step(words, f"{LEDGER_FILE} แถว {row['seq']} ({row['hash'][:16]}…)")]


def _sharing(made: Round) -> Step:
    entry = made.policy.entries["sharing_rule"]
    source = Step("การเลือกวิธีแบ่งเป็นของสำนักงานเขต", f"{entry.source} [{CERTAINTY[entry.certainty]}]")
    return Step(f"วิธีแบ่งที่ใช้: {SHARING[made.rule]} ({made.rule})", made.rule_source, [source])


def _rules(made: Round) -> Step:
    return Step("กฎที่ใช้", parts=[_rule(made.policy, key) for key in _PRICING])


def _rule(policy: Policy, key: str) -> Step:
    entry = policy.entries[key]
    who = f" ยืนยันโดย {entry.confirmed_by}" if entry.confirmed_by else " ยังไม่มีผู้ยืนยัน"
    words = f"{entry.name}: {spell_value(key, entry, policy.settings)}"
    return Step(words, f"{entry.source or 'ไม่ระบุแหล่งที่มา'} [{CERTAINTY[entry.certainty]}]{who}")


def _rule_of_year(measured: Measured, key: str) -> Step:
    """Return a rule as each round of the year takes it; once where it is the same."""
    policy = measured.cycle.policy
    terms = {name: round_term(policy.fiscal_year, name) for name in ROUNDS}
    rows = read_ledger(measured.cycle.folder)
    told = [_rule(with_confirmations(policy.at(term), policy, rows), key) for term in terms.values()]
    if told[0] == told[1]:
        return told[0]
    parts = [Step(f"ภาคเรียนที่ {term}", parts=[rule]) for term, rule in zip(terms.values(), told, strict=True)]
    return Step("กฎเปลี่ยนกลางปี แต่ละภาคเรียนใช้กฎของตน", parts=parts)


def _made(made: Round) -> str:
    return f"outputs/allocation/{made.name}/allocation.csv"


def _baht_of(rows: pd.DataFrame) -> str:
    """Return the baht of rows: 0 of none, and unknown where no way of any is known."""
    return _baht(rows["baht"].sum(min_count=1) if len(rows) else 0)


def _settled_file(made: Round) -> str:
    return f"outputs/settlement/{made.name}/settlement.csv"


def _baht(value: Any) -> str:
    return UNKNOWN_BAHT if pd.isna(value) else f"{value:,} บาท"

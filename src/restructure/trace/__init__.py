"""Where a figure comes from: file and row, road, rule and its source, who certified, how shared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.cycle import Measured, find_scenario
from restructure.ledger import LEDGER_FILE, in_force, read_ledger
from restructure.rounds import Round
from restructure.simulate import simulate
from restructure.trace import money
from restructure.trace.plan import planned
from restructure.trace.sources import Step, certified_ways, decision, way_of_home, way_of_village

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
            return money.round_sums(measured, money.gathered(measured, name, made))
        case "ceiling", [name]:
            return money.ceiling(measured, money.gathered(measured, name, made))
        case "allocation", [name, host, school, *programme] if len(programme) <= 1:
            return money.allocated(measured, money.gathered(measured, name, made), host, school, *programme)
        case "settlement", [name, *pair] if len(pair) in (0, 2, 3):
            return money.settled(measured, money.gathered(measured, name, made), *pair)
        case "distance", [village, host]:
            return way_of_village(measured, village, host, certified_ways(measured))
        case "plan", [stem, *codes] if len(codes) <= 2:
            return planned(measured, simulate(find_scenario(measured.cycle.folder, stem), measured.office), *codes)
        case "home", [key, host]:
            return way_of_home(measured, key, host)
        case "rule", [key] if key in measured.cycle.policy.entries:
            return money.rule_of_year(measured, key)
        case "decision", [seq] if seq.isdecimal():
            rows = read_ledger(measured.cycle.folder)
            held = int(seq) in set(in_force(rows)["seq"])
            told = decision(_only(rows[rows["seq"] == int(seq)], what))
            return replace(told, parts=[] if held else [Step("ไม่มีผลแล้ว หรือเป็นการเพิกถอน")])
    raise UsageError(
        f"ไม่เข้าใจว่าจะตามรอย “{what}”: ใช้ {' หรือ '.join(QUESTIONS)}", f"No figure {what!r}; ask {', '.join(QUESTIONS)}."
    )


def _only(rows: pd.DataFrame, what: str) -> dict[Any, Any]:
    if rows.empty:
        raise UsageError(f"ไม่มี {what} ใน {LEDGER_FILE}: ดูเลขแถวในประวัติ", f"There is no {what} in {LEDGER_FILE}.")
    found: dict[Any, Any] = rows.to_dict("records")[0]
    return found

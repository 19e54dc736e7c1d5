"""What a trace is made of: figures and facts in words, ways, decisions and rules, each with its source."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.certify import CERTIFY, paying
from restructure.cycle import Cycle, Measured
from restructure.files import sha256
from restructure.ledger import LEDGER_FILE, in_force, read_ledger
from restructure.policy import Policy
from restructure.thai import thai_moment, thai_rows
from restructure.words import (
    CERTAINTY,
    UNKNOWN_BAHT,
    UNKNOWN_WAY,
    spell_value,
)

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


def rows_of(cycle: Cycle, rows: pd.DataFrame, row: dict[Any, Any]) -> str:
    """Return the rows of the file that hold a cell's pupils, of those of its grade and village."""
    came = (rows["school_id"] == row["host_id"]) & (rows["from_school_id"] == row["school_id"])
    found = rows[came | (rows["school_id"] == row["school_id"])]
    return f"{cycle.files['students']} {thai_rows(found.index.tolist())}"


def way_of_village(
    measured: Measured, village: str, host: str, certified: pd.DataFrame, parts: Iterable[Step] = ()
) -> Step:
    """Return the way of a village to a host, who certified it, and what else it is part of."""
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


def way_of_home(measured: Measured, key: str, host: str) -> Step:
    """Return the way of a child from an own home, whose point is not told."""
    rows = measured.homes
    pair = rows if rows is None else rows[(rows["student_key"] == key) & (rows["school_id"] == host)]
    if pair is None or pair.empty:
        raise UsageError(
            f"ไม่มีนักเรียนรหัสอ้างอิง {key} ที่วัดจากบ้านถึงโรงเรียน {host}: ดูรหัสใน outputs/certify/pairs.csv",
            f"No pupil {key} is measured from an own home to school {host}.",
        )
    certified = certified_ways(measured)
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
    return [decision(row) for row in rows.to_dict("records")] or [Step("ยังไม่มีผู้รับรองระยะทางนี้")]


def certified_ways(measured: Measured) -> pd.DataFrame:
    """Return the decisions on distances that hold, with the columns of the ledger and of the pair."""
    rows = in_force(paying(measured, read_ledger(measured.cycle.folder)), CERTIFY)
    pattern = r"^(?:village:(?P<village_id>[^>]+)|home:(?P<student_key>[^>]+))>(?P<host_id>.+)$"
    return rows.join(rows["subject"].str.extract(pattern))


def decision(row: dict[Any, Any]) -> Step:
    """Return a row of the ledger in words."""
    content = json.loads(row["content"])
    facts = [words.format(content[key]) for key, words in _TOLD.items() if content.get(key)]
    told = ", ".join([row["subject"], *facts])
    why = f" เหตุผล: {row['why']}" if row["why"] else ""
    source = f"{LEDGER_FILE} แถว {row['seq']} ({row['hash'][:16]}…)"
    made: dict[Any, Any] = content.get("carried", row)
    if made is not row:
        source += f" ยกมาจาก{LEDGER_FILE} ปีงบประมาณ {made['fiscal_year']} แถว {made['seq']} ({made['hash'][:16]}…)"
    return Step(
        f"{made['who']} {_DECISIONS.get(row['kind'], row['kind'])} เมื่อ {thai_moment(made['at'])}: {told}{why}", source
    )


def rule(policy: Policy, key: str) -> Step:
    """Return a setting with its source and who confirmed it."""
    entry = policy.entries[key]
    who = f" ยืนยันโดย {entry.confirmed_by}" if entry.confirmed_by else " ยังไม่มีผู้ยืนยัน"
    words = f"{entry.name}: {spell_value(key, entry, policy.settings)}"
    return Step(words, f"{entry.source or 'ไม่ระบุแหล่งที่มา'} [{CERTAINTY[entry.certainty]}]{who}")


def spell_baht(value: Any) -> str:
    """Return money in words; null is unknown."""
    return UNKNOWN_BAHT if pd.isna(value) else f"{value:,} บาท"

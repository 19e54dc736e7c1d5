"""The rows of the ledger: how each holds on to the one before it, and what holds once they are read one after another.

The rule of the hashes is in :mod:`restructure.ledger`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

REVOKE = "revoke"
#: ``seq`` and hash before the first row.
START = (0, "0" * 64)
BANGKOK = timezone(timedelta(hours=7))
TELL = "นำไฟล์สำรองกลับมาและแจ้ง ตสน."

#: Two machines on one folder may differ by so much without being told.
_CLOCKS_DIFFER = timedelta(minutes=10)

Subject = tuple[str, str]


class Row(NamedTuple):
    """A row of the ledger."""

    seq: int
    batch: int
    at: str
    who: str
    kind: str
    subject: str
    content: str
    why: str
    inputs: str
    supersedes: int | None
    prev: str
    hash: str


#: The dtypes of the columns in a table.
DTYPES = dict.fromkeys(Row._fields, "str") | {"seq": "int64", "batch": "int64", "supersedes": "Int64"}
_TYPES = {"int64": int, "str": str, "Int64": int | None}


def one_line(text: str) -> str:
    """Return a text as one line of what can be seen."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def canonical(content: Mapping[str, Any]) -> str:
    """Return a content as the one JSON text that says it."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(row: Row) -> str:
    """Return the hash of all columns but the last; it is the same whatever stands in that."""
    text = json.dumps(row[:-1], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def typed(row: Row) -> bool:
    """Say whether each column holds what its dtype says, which a file changed from outside may not."""
    return all(isinstance(value, _TYPES[dtype]) for value, dtype in zip(row, DTYPES.values(), strict=True))


class Holding:
    """What holds while the rows are read one after another."""

    def __init__(self) -> None:
        self._not_revoked: dict[Subject, list[int]] = {}
        self._subjects: dict[str, Subject] = {}

    def add(self, seq: int, kind: str, subject: str) -> None:
        """Take in the next row."""
        if kind != REVOKE:
            self._not_revoked.setdefault((kind, subject), []).append(seq)
            self._subjects[str(seq)] = (kind, subject)
        elif self.can_be_revoked(subject):
            self._not_revoked[self._subjects.pop(subject)].remove(int(subject))

    def can_be_revoked(self, seq: str) -> bool:
        """Say whether a row, by its number as text, is a decision that is not revoked."""
        return seq in self._subjects

    def of(self, kind: str, subject: str) -> int | None:
        """Return the decision that holds."""
        seqs = self._not_revoked.get((kind, subject))
        return seqs[-1] if seqs else None

    def seqs(self) -> list[int]:
        """Return all decisions that hold."""
        return [seqs[-1] for seqs in self._not_revoked.values() if seqs]


def row_faults(rows: Sequence[Row]) -> list[tuple[int, str]]:
    """Return what is wrong with each row, by what stands before it: its ``seq`` and the Thai words behind that."""
    faults = []
    holding = Holding()
    before: Row | None = None
    for row in rows:
        if told := _row_fault(row, before, holding):
            faults.append((row.seq, told))
        holding.add(row.seq, row.kind, row.subject)
        before = row
    return faults


def _row_fault(row: Row, before: Row | None, holding: Holding) -> str:
    if told := broken(row, before):
        return told
    if not _lawful(row, before, holding):
        return f"ไม่เป็นไปตามแบบที่โปรแกรมนี้บันทึก: ใส่จากนอกโปรแกรม {TELL}"
    earlier = _time(before.at) if before else None
    if earlier is not None and earlier - datetime.fromisoformat(row.at) > _CLOCKS_DIFFER:
        return f"ลงเวลา {row.at} ก่อนแถว {row.seq - 1}: นาฬิกาเครื่องผิด ตั้งนาฬิกาให้ตรง และแจ้ง ตสน. ว่าเวลาจริงคือเมื่อใด"
    return ""


def broken(row: Row, before: Row | None) -> str:
    """Say how a row breaks the chain, if it does."""
    last, prev = (before.seq, before.hash) if before else START
    if row.seq != last + 1:
        return f"อยู่ถัดจากแถว {last}: มีแถวหายไประหว่างนั้น {TELL}"
    if not typed(row) or row.hash != digest(row):
        return f"ไม่ตรงกับแฮชของตัวเอง: ถูกแก้หลังบันทึก หรือใส่จากนอกโปรแกรม {TELL}"
    if row.prev != prev:
        return f"ไม่ต่อจากแถว {last}: แถว {last} ถูกแก้หรือทำขึ้นใหม่ {TELL}"
    return ""


def _lawful(row: Row, before: Row | None, holding: Holding) -> bool:
    """Say whether this module could have written a row that is sound in itself."""
    first = row.batch == row.seq
    goes_on = before is not None and (row.batch, row.at, row.who) == (before.batch, before.at, before.who)
    names = (row.who, row.kind, row.subject)
    return (
        (first or goes_on)
        and _time(row.at) is not None
        and all(name.strip() and name.isprintable() for name in names)
        and _is_content(row.content)
        and row.supersedes == holding.of(row.kind, row.subject)
        and (row.kind != REVOKE or holding.can_be_revoked(row.subject))
    )


def _time(at: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(at))
    except ValueError:
        return None
    return time if time.tzinfo == BANGKOK and time.isoformat(timespec="seconds") == at else None


def _is_content(text: str) -> bool:
    try:
        content = json.loads(text)
        return isinstance(content, dict) and canonical(content) == text
    except (ValueError, RecursionError):
        return False

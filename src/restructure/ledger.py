"""The ledger: who decided what, when, why and on what ground; rows are added and superseded, never changed.

One SQLite file in the cycle folder. Triggers refuse every change of a row and every row that does not follow the last.
Whoever can write the file can also take the triggers away, so each row holds the hash of the row before it and its own:

    hash = SHA-256 of the JSON list [seq, batch, at, who, kind, subject, content, why, inputs, supersedes, prev]
    in UTF-8, no blanks between its parts; ``prev`` is the hash of the row before and sixty-four zeros for the first.

A changed row shows by its hash, a row that is missing, put in or made anew by the next row's ``prev``. What the chain
alone cannot show is a tail cut off or a chain made anew to its end: :func:`head`, noted elsewhere and given to
:func:`verify`, shows these too. The time is the clock of the machine that wrote the row; the order is that of ``seq``.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from restructure._errors import LedgerError
from restructure.chain import (
    BANGKOK,
    DTYPES,
    REVOKE,
    START,
    TELL,
    Holding,
    Row,
    Subject,
    broken,
    canonical,
    digest,
    one_line,
    row_faults,
)
from restructure.files import refuse_viewed, staged
from restructure.sharedlist import only_writer
from restructure.thai import arabic_digits

LEDGER_FILE = "ledger.sqlite"

_VERSION = 1
_WAIT_S = 30.0
#: A citizen's number, also with blanks or hyphens; digits within a hash or behind a decimal point are none.
CITIZEN = re.compile(r"(?<![\w.])\d[ -]?\d{4}[ -]?\d{5}[ -]?\d{2}[ -]?\d(?!\w)", re.ASCII)

# No column but seq is unique: INSERT OR REPLACE would delete the row that it meets there, unseen by the triggers.
_SQL = {"int64": "INTEGER NOT NULL", "str": "TEXT NOT NULL", "Int64": "INTEGER"}
_COLUMNS = ", ".join(f"{name} {_SQL[dtype]}" for name, dtype in DTYPES.items())
_NEVER = ["UPDATE ON decisions", "DELETE ON decisions", "INSERT ON meta", "UPDATE ON meta", "DELETE ON meta"]
_SCHEMA = {
    "meta": "CREATE TABLE meta (version INTEGER NOT NULL) STRICT",
    "decisions": f"CREATE TABLE decisions ({_COLUMNS}, PRIMARY KEY (seq)) STRICT",
    "follows": (
        "CREATE TRIGGER follows BEFORE INSERT ON decisions"
        " WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM decisions) OR NEW.prev IS NOT"
        f" coalesce((SELECT hash FROM decisions ORDER BY seq DESC LIMIT 1), '{START[1]}')"
        " BEGIN SELECT RAISE(ABORT, 'the row does not follow the last'); END"
    ),
} | {
    f"no {what}": f"CREATE TRIGGER \"no {what}\" BEFORE {what} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    for what in _NEVER
}
_ALL = f"SELECT {', '.join(DTYPES)} FROM decisions ORDER BY seq"
_INSERT = f"INSERT INTO decisions ({', '.join(DTYPES)}) VALUES ({', '.join('?' * len(DTYPES))})"


class Decision(NamedTuple):
    """What a person decides.

    Attributes
    ----------
    kind, subject
        What sort of decision, and on what. A later decision of the same two supersedes.
    content
        What was decided; plain JSON values.
    why
        The person's reason, kept as one line.
    inputs
        Hash of what it was decided on.
    """

    kind: str
    subject: str
    content: dict[str, Any]
    why: str = ""
    inputs: str = ""


def decide(folder: Path, who: str, decisions: Sequence[Decision], *, seen: int | None = None) -> list[int]:
    """Record decisions of one person as one act: all or none.

    Parameters
    ----------
    folder
        The cycle folder.
    seen
        The last row that the person had seen (``seq`` of :func:`head`). Where somebody else has decided or revoked one
        of these subjects since, nothing is recorded.

    Returns
    -------
    list of int
        ``seq`` of each, in order; once they are returned no crash takes them away.

    Raises
    ------
    LedgerError
        When ``who``, a kind or a subject is empty, a subject is there twice, a text holds a citizen's number, somebody
        else has decided since, or the ledger cannot be written.
    TypeError, ValueError
        When a content is no plain JSON.
    """
    if any(decision.kind == REVOKE for decision in decisions):
        raise LedgerError("การเพิกถอนไม่ใช่การตัดสินใจใหม่: เลือกรายการเดิมแล้วเพิกถอน", "Revoke a decision by revoke().")
    return _append(folder, who, decisions, seen)


def revoke(folder: Path, who: str, seqs: Sequence[int], why: str) -> list[int]:
    """Revoke decisions as one act: what each superseded holds again, if anything.

    Returns
    -------
    list of int
        ``seq`` of the rows that revoke, in order.

    Raises
    ------
    LedgerError
        When ``why`` is empty, a row is no decision or is revoked already, and as :func:`decide`.
    """
    if not one_line(why):
        raise LedgerError("การเพิกถอนต้องมีเหตุผล: ระบุเหตุผลแล้วทำใหม่", "A revocation needs a reason; give one.")
    return _append(folder, who, [Decision(REVOKE, str(int(seq)), {}, why) for seq in seqs], None)


def read_ledger(folder: Path) -> pd.DataFrame:
    """Return all rows by ``seq``, revocations too; none without a file. ``content`` stays JSON text.

    The chain is not verified here: see :func:`verify`.

    Raises
    ------
    LedgerError
        When the file cannot be read as a ledger of this version.
    """
    path = folder / LEDGER_FILE
    rows: list[Row] = []
    if _is_there(path):
        with _opened(path) as base:
            _check_file(base)
            rows = _rows(base)
    return pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)


def in_force(rows: pd.DataFrame, kind: str | None = None) -> pd.DataFrame:
    """Return the decision that holds for each kind and subject: the newest that is not revoked.

    Parameters
    ----------
    rows
        As :func:`read_ledger` returns them; those up to some ``seq`` give what held then.
    kind
        Only decisions of this kind.
    """
    holding = Holding()
    for seq, row_kind, subject in zip(rows["seq"], rows["kind"], rows["subject"], strict=True):
        holding.add(seq, row_kind, subject)
    held = rows[rows["seq"].isin(holding.seqs())]
    if kind is not None:
        held = held[held["kind"] == kind]
    return held.reset_index(drop=True)


def head(folder: Path) -> tuple[int, str]:
    """Return ``seq`` and hash of the last row; 0 and zeros where there is none.

    Raises
    ------
    LedgerError
        When the file cannot be read as a ledger of this version.
    """
    path = folder / LEDGER_FILE
    if not _is_there(path):
        return START
    with _opened(path) as base:
        _check_file(base)
        return _head(base)


def verify(folder: Path, anchor: tuple[int, str] | None = None) -> list[str]:
    """Return everything that is wrong with the ledger, in Thai, naming the row; nothing when it is sound.

    Parameters
    ----------
    anchor
        What :func:`head` once returned, noted elsewhere. It shows a tail that was cut off, a ledger that is gone, and
        a chain that was made anew.
    """
    path = folder / LEDGER_FILE
    faults: list[str] = []
    rows: list[Row] = []
    try:
        if _is_there(path):
            with _opened(path) as base:
                # Bytes that are no UTF-8 must reach the hash, and so the row that they stand in, as they are.
                base.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
                _check_version(base)
                faults += [error.thai for error in _file_faults(base)]
                rows = _rows(base)
    except LedgerError as error:
        return [*faults, error.thai]
    faults += [f"{LEDGER_FILE} แถว {seq} {told}" for seq, told in row_faults(rows)]
    if anchor is not None and tuple(anchor) not in [START, *((row.seq, row.hash) for row in rows)]:
        if len(rows) < anchor[0]:
            told = f"{LEDGER_FILE} มีถึงแถว {len(rows)} แต่เคยมีถึงแถว {anchor[0]}: แถวท้ายหายไป"
        else:
            told = f"{LEDGER_FILE} แถว {anchor[0]} ไม่ตรงกับที่เคยบันทึกไว้: มีการทำแถวขึ้นใหม่"
        faults.append(f"{told} {TELL}")
    return faults


# -- writing ----
def _append(folder: Path, who: str, decisions: Sequence[Decision], seen: int | None) -> list[int]:
    who = one_line(who)
    if not who:
        raise LedgerError("ต้องระบุชื่อผู้ตัดสินใจ: ใส่ชื่อแล้วทำใหม่", "A decision needs the name of who decides; give it.")
    entries = [d._replace(why=one_line(d.why)) for d in decisions]
    contents = [canonical(entry.content) for entry in entries]
    _check_entries(who, entries, contents)
    if not entries:
        return []
    path = folder / LEDGER_FILE
    _make(path)
    with _opened(path, to_write=True) as base:
        _check_file(base)
        known = _rows(base)
        _check_chain(known)
        _check_nobody_else(who, entries, known, seen)
        holding = Holding()
        for row in known:
            holding.add(row.seq, row.kind, row.subject)
        last, prev = (known[-1].seq, known[-1].hash) if known else START
        at = datetime.now(BANGKOK).isoformat(timespec="seconds")
        rows: list[Row] = []
        for seq, (entry, content) in enumerate(zip(entries, contents, strict=True), start=last + 1):
            if entry.kind == REVOKE and not holding.can_be_revoked(entry.subject):
                raise LedgerError(
                    f"{LEDGER_FILE} แถว {entry.subject} ไม่ใช่การตัดสินใจ หรือถูกเพิกถอนแล้ว: เปิดดูใหม่แล้วเลือกอีกครั้ง",
                    f"{LEDGER_FILE}, row {entry.subject}, is no decision or is revoked already; look again.",
                )
            supersedes = holding.of(entry.kind, entry.subject)
            row = Row(
                seq,
                last + 1,
                at,
                who,
                entry.kind,
                entry.subject,
                content,
                entry.why,
                entry.inputs,
                supersedes,
                prev,
                "",
            )
            row = row._replace(hash=digest(row))
            rows.append(row)
            prev = row.hash
        base.executemany(_INSERT, rows)
    return [row.seq for row in rows]


def _check_entries(who: str, entries: Sequence[Decision], contents: Sequence[str]) -> None:
    subjects: set[Subject] = set()
    for entry, content in zip(entries, contents, strict=True):
        names = (entry.kind, entry.subject)
        if not all(name.strip() and name.isprintable() for name in names) or not entry.inputs.isprintable():
            raise LedgerError(
                "การตัดสินใจต้องมีประเภทและเรื่องที่ตัดสิน โดยไม่มีอักขระที่มองไม่เห็น: ตรวจรหัสหมู่บ้าน โรงเรียน หรือนักเรียนแล้วทำใหม่",
                "A decision needs a kind and a subject without characters that cannot be seen; check its codes.",
            )
        if names in subjects:
            raise LedgerError(
                f"เรื่อง {entry.subject} มีสองครั้งในการบันทึกเดียวกัน: เลือกให้เหลือครั้งเดียวแล้วทำใหม่",
                f"{entry.subject} is there twice in one act; choose one.",
            )
        subjects.add(names)
        # What is written here can never be taken out again.
        if any(CITIZEN.search(arabic_digits(text)) for text in (who, *names, content, entry.why, entry.inputs)):
            raise LedgerError(
                "มีเลข 13 หลักเหมือนเลขประจำตัวประชาชน ซึ่งเมื่อบันทึกแล้วจะลบไม่ได้: ลบเลขนั้นออกแล้วทำใหม่",
                "It holds a number of 13 digits, which could never be taken out again; leave it out.",
            )


def _check_chain(rows: Sequence[Row]) -> None:
    """Refuse to go on where the chain is broken: what is added would be lost when a copy is brought back."""
    for row, before in zip(rows, [None, *rows], strict=False):
        if told := broken(row, before):
            raise LedgerError(
                f"{LEDGER_FILE} แถว {row.seq} {told}",
                f"{LEDGER_FILE}, row {row.seq}, breaks the chain; bring back a copy and tell the auditor.",
            )


def _check_nobody_else(who: str, entries: Sequence[Decision], known: Sequence[Row], seen: int | None) -> None:
    """Refuse when what the person looked at is no longer what holds."""
    if seen is None:
        return
    if seen > len(known):
        raise LedgerError(
            f"{LEDGER_FILE} มีถึงแถว {len(known)} แต่ที่เปิดดูไว้มีถึงแถว {seen}: ไฟล์อาจถูกแทนด้วยฉบับเก่า ตรวจแล้วเปิดดูใหม่",
            f"{LEDGER_FILE} ends at row {len(known)} but row {seen} was seen; an older copy may be in its place.",
        )
    subjects = {str(row.seq): (row.kind, row.subject) for row in known}
    wanted = {(entry.kind, entry.subject) for entry in entries}
    for row in known[seen:]:
        about = subjects.get(row.subject) if row.kind == REVOKE else (row.kind, row.subject)
        if row.who != who and about in wanted:
            raise LedgerError(
                f"{LEDGER_FILE} แถว {row.seq}: {row.who} ตัดสินเรื่อง {about[1]} หลังจากที่เปิดดูไว้: เปิดดูใหม่แล้วตัดสินอีกครั้ง",
                f"{LEDGER_FILE}, row {row.seq}: somebody else has decided on {about[1]} since; look again.",
            )


def _make(path: Path) -> None:
    """Put an empty ledger in place, whole or not at all, where there is none.

    It is made aside, so that a file of no bytes is never the trace of a crash but always a ledger that was lost.
    """
    if _is_there(path):
        return
    try:
        with only_writer(path):
            if not path.exists():
                meta, *others = _SCHEMA.values()
                with staged(path.parent) as stage, _opened(stage / path.name, to_write=True) as base:
                    for sql in (meta, f"INSERT INTO meta VALUES ({_VERSION})", *others):
                        base.execute(sql)
    except OSError:
        raise _closed() from None


# -- reading ----
def _is_there(path: Path) -> bool:
    """Say whether there is a ledger.

    Raises
    ------
    LedgerError
        When the folder cannot be looked into, or there is only the journal of one: it would be applied to any ledger
        put beside it.
    """
    try:
        if path.exists():
            return True
        journal = path.with_name(f"{path.name}-journal").exists()
    except OSError:
        raise _closed() from None
    if journal:
        raise LedgerError(
            f"มี {path.name}-journal แต่ไม่มี {path.name}: นำ {path.name} ที่คู่กันกลับมา หรือย้ายไฟล์ journal ออกจากโฟลเดอร์",
            f"{path.name}-journal is there without {path.name}; bring that back or move the journal away.",
        )
    return False


@contextmanager
def _opened(path: Path, *, to_write: bool = False) -> Iterator[sqlite3.Connection]:
    """Open a ledger in one transaction, which is committed when the body ends and gone when it raises.

    The path is given as it is, not as a URI with a mode: SQLite takes no URI of a network share.
    """
    if to_write:
        refuse_viewed(path)
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None)) as base:
            if to_write:
                # No WAL: its shared memory does not work on network shares. EXTRA is FULL and also makes the end of
                # the journal durable, without which a power cut could roll back what was confirmed.
                base.execute("PRAGMA journal_mode = DELETE")
                base.execute("PRAGMA synchronous = EXTRA")
            base.execute("BEGIN IMMEDIATE" if to_write else "BEGIN")
            yield base
            base.execute("COMMIT")
    except (sqlite3.Error, UnicodeDecodeError) as fault:
        # A text that is no UTF-8 has no code; in a message of SQLite it is no error of SQLite's even.
        code = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise LedgerError(
                f"มีโปรแกรมอื่นใช้ {LEDGER_FILE} อยู่: ปิดโปรแกรมนั้น หรือรอสักครู่ แล้วทำใหม่",
                f"Another program is using {LEDGER_FILE}; close it or wait a moment, then try again.",
            ) from None
        closed = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
        raise (_closed() if code in closed else _damaged()) from None


def _check_version(base: sqlite3.Connection) -> None:
    found = base.execute("SELECT version FROM meta").fetchall()
    if found != [(_VERSION,)]:
        named = ", ".join(str(version) for (version,) in found)
        raise LedgerError(
            f"{LEDGER_FILE} เป็นรุ่น {named or '-'} แต่โปรแกรมนี้ใช้ได้กับรุ่น {_VERSION}: ปรับปรุงโปรแกรม หรือนำไฟล์สำรองกลับมา",
            f"{LEDGER_FILE} is of version {named or '-'}, not {_VERSION}; update the program or bring back a copy.",
        )


def _check_file(base: sqlite3.Connection) -> None:
    _check_version(base)
    for error in _file_faults(base):
        raise error


def _file_faults(base: sqlite3.Connection) -> list[LedgerError]:
    """Return what is wrong with a ledger of this version beside its rows."""
    faults = []
    if dict(base.execute("SELECT name, sql FROM sqlite_schema").fetchall()) != _SCHEMA:
        faults.append(
            LedgerError(
                f"{LEDGER_FILE} มีตารางหรือทริกเกอร์ที่ถูกแก้หรือลบ จึงไม่มีอะไรกันการแก้ไขย้อนหลัง: {TELL}",
                f"Tables or triggers of {LEDGER_FILE} have been altered; bring back a copy and tell the auditor.",
            )
        )
    if base.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        faults.append(_damaged())
    return faults


def _head(base: sqlite3.Connection) -> tuple[int, str]:
    last: tuple[int, str] | None = base.execute("SELECT seq, hash FROM decisions ORDER BY seq DESC LIMIT 1").fetchone()
    return last or START


def _rows(base: sqlite3.Connection) -> list[Row]:
    return [Row(*row) for row in base.execute(_ALL)]


# -- errors ----
def _damaged() -> LedgerError:
    return LedgerError(
        f"{LEDGER_FILE} เสียหาย หรือไม่ใช่สมุดบันทึกการตัดสินใจ: นำไฟล์สำรองกลับมา",
        f"{LEDGER_FILE} is damaged or no ledger; bring back a copy.",
    )


def _closed() -> LedgerError:
    return LedgerError(
        f"เปิดหรือเขียน {LEDGER_FILE} ไม่ได้: ตรวจว่ามีโฟลเดอร์ มีสิทธิ์เขียนในโฟลเดอร์ และดิสก์ยังมีที่ว่าง แล้วทำใหม่",
        f"{LEDGER_FILE} cannot be opened or written; check the folder, the right to write in it and the free space.",
    )

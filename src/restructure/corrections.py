"""The office's corrections of its raw files: a list that is applied anew to each raw file, which itself never changes.

A correction names its rows by what stands in them, never by their numbers, so that next cycle's file can be corrected
by the same list. Each is applied once, in the order of the log, to what those before it have made of the raw texts:
that is what was seen when it was made. It changes a cell only from the text that was seen then: what a school has
mended itself stays as the school has it.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from restructure._errors import UsageError
from restructure.intake import Problem
from restructure.intake.cells import _TELLING
from restructure.sharedlist import faulty_row, only_writer, read_rows, write_rows
from restructure.thai import MONTHS, arabic_digits

CORRECTIONS_FILE = "corrections.csv"
APPLIED, UNDONE = "applied", "undone"
#: Column of a correction that takes rows out: ``new`` is ``drop``, ``old`` empty or :data:`REPEATED`.
ROW = "row"
DROP = "drop"
#: In ``old`` of a dropped row: of the rows that are alike the first stays.
REPEATED = "repeated"
#: Column of a correction that says how coordinates are to be read; ``new`` is the reading.
POINT = "point"
_COLUMNS = ["status", "made", "table", "where", "column", "old", "new", "rule", "note"]
#: Between the columns, and between the texts, of a correction that changes several cells of a row together.
_AND, _BESIDE = "+", " | "
_CITIZEN = re.compile(r"(?<!\d)\d[ -]?\d{4}[ -]?\d{5}[ -]?\d{2}[ -]?\d(?!\d)")
#: Long words of grades and dates, and days in digits, which tell nothing of a child.
_DAY = r"(?<![\d-])(?:\d{1,2}-\d{1,2}-\d{4}|\d{4}-\d\d-\d\d)(?![\d-])"
_PLAIN_WORDS = re.compile("|".join([_DAY, "อนุบาล", "ประถม", "มัธยม", "ศึกษา", "ปีที่", "ชั้น", "ปีการ", "ภาคเรียน", *MONTHS]))
#: The only name of a child that may be written down: a salted key.
_SALTED_KEY = re.compile(r"p[0-9a-f]{16}")
#: Columns of the pupils of which no text is written down.
_HOMES = {"lat", "lon", "x", "y", "wkt", "national_id", "student_code"}

Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
_Key = tuple[Any, ...]


class Correction(NamedTuple):
    """One correction.

    Attributes
    ----------
    table
        Its name, such as ``schools``.
    where
        Columns and texts that name the rows; none at all means every row.
    column
        The column to change, or several joined by ``+``; :data:`ROW` or :data:`POINT` for what is no cell.
    old, new
        The text that was found and what it should be; those of several columns are joined by `` | ``.
    rule
        The rule that found it, or what made the correction.
    note
        What a person reads in the log.
    made
        When, UTC, ISO with seconds. Corrections of one ``made`` and ``rule`` are one action.
    row
        Where it stands in ``corrections.csv``; 0 before it is written.
    """

    table: str
    where: dict[str, str]
    column: str
    old: str
    new: str
    rule: str
    note: str = ""
    made: str = ""
    row: int = 0


class Logged(NamedTuple):
    """A correction as the log has it: ``applied`` or ``undone``."""

    status: str
    correction: Correction


@lru_cache(maxsize=50_000)
def plain_text(text: str) -> str:
    """Return a text as texts are compared: one space between words, 0–9, no ``.0`` behind a whole number."""
    text = arabic_digits(" ".join(str(text).split()))
    return re.sub(r"^(\d+)\.0+$", r"\1", text)


# -- the file ----
def read_log(folder: Path) -> list[Logged]:
    """Read every correction that was ever made, in order, with those that were taken back.

    Raises
    ------
    DataError
        When the file is no such list; with row and remedy.
    """
    path = folder / CORRECTIONS_FILE
    return [_parse_row(path, number, cells) for number, cells in read_rows(path, _COLUMNS)]


def read_corrections(folder: Path) -> list[Correction]:
    """Read the corrections in force, in the order in which they were made.

    Raises
    ------
    DataError
        When the file is no such list; with row and remedy.
    """
    return [logged.correction for logged in read_log(folder) if logged.status == APPLIED]


def add_corrections(folder: Path, corrections: Sequence[Correction]) -> list[Correction]:
    """Put corrections into force as one action, and return those that were not in force already.

    Without a time they are made now. The file is written whole or not at all; of two writers at once neither loses
    anything.

    Raises
    ------
    UsageError
        When one holds what may tell who a child is, or is none.
    DataError
        When the file is faulty.
    """
    for correction in corrections:
        if fault := _fault(correction):
            raise UsageError(f"บันทึกการแก้ไขไม่ได้ {fault[0]}", f"A correction cannot be kept: {fault[1]}.")
    added: list[Correction] = []

    def add(log: list[Logged]) -> list[Logged]:
        applied = [c for status, c in log if status == APPLIED]
        last = {_content(c): place for place, c in enumerate(applied)}
        groups = {(c.made, c.rule) for _, c in log}
        times: dict[tuple[str, str], str] = {}
        for correction in corrections:
            place = last.get(_content(correction))
            if place is not None and not any(_may_need(correction, after=c) for c in applied[place + 1 :]):
                continue
            last[_content(correction)] = len(applied)
            applied.append(correction)
            key = correction.made, correction.rule
            if key not in times:
                times[key] = _free_time(correction, groups)
            added.append(correction._replace(made=times[key]))
        return [*log, *(Logged(APPLIED, correction) for correction in added)]

    _rewrite(folder, add)
    return added


def may_be_kept(correction: Correction) -> bool:
    """Say whether a correction can be written down: it is whole and tells nothing of a child."""
    return _fault(correction) is None


def undo(folder: Path, n: int = 1) -> list[Correction]:
    """Take back the ``n`` newest actions in force, and return their corrections."""
    return _switch(folder, UNDONE, lambda log: _actions(log, APPLIED)[::-1][:n])


def redo(folder: Path, n: int = 1) -> list[Correction]:
    """Put the ``n`` actions that were taken back last into force again, and return their corrections.

    What was taken back before a newer action was made stays so.
    """

    def wanted(log: list[Logged]) -> list[_Key]:
        newest = max((i for i, logged in enumerate(log) if logged.status == APPLIED), default=-1)
        return _actions(log[newest + 1 :], UNDONE)[:n]

    return _switch(folder, APPLIED, wanted)


def set_status(folder: Path, made: str, rule: str, status: str) -> list[Correction]:
    """Take one action back wherever it stands in the log, or put it into force again; return what changed."""
    return _switch(folder, status, lambda _: [(made, rule)])


def mark(folder: Path, corrections: Sequence[Correction], status: str) -> list[Correction]:
    """Take single corrections of the log back, or put them into force again; return what changed."""
    return _switch(folder, status, lambda _: [(c.made, c.rule, *_content(c)) for c in corrections])


def _switch(folder: Path, after: str, wanted: Callable[[list[Logged]], list[_Key]]) -> list[Correction]:
    """Give another status to whole actions (time and rule) or single corrections (their content too) of the log."""
    changed: list[Correction] = []

    def change(log: list[Logged]) -> list[Logged]:
        keys = set(wanted(log))
        for status, c in log:
            action = c.made, c.rule
            if status != after and not keys.isdisjoint([action, (*action, *_content(c))]):
                changed.append(c)
        rows = {c.row for c in changed}
        return [Logged(after if c.row in rows else status, c) for status, c in log]

    _rewrite(folder, change)
    return changed


def _actions(log: Sequence[Logged], status: str) -> list[_Key]:
    """Return the actions of a status, in order."""
    return list(dict.fromkeys((c.made, c.rule) for state, c in log if state == status))


def _free_time(correction: Correction, groups: set[tuple[str, str]]) -> str:
    """Return when a correction was made, a second later than any other action of its rule."""
    day = datetime.datetime.fromisoformat(correction.made) if correction.made else datetime.datetime.now(datetime.UTC)
    while ((text := day.isoformat(timespec="seconds")), correction.rule) in groups:
        day += datetime.timedelta(seconds=1)
    return text


def _rewrite(folder: Path, change: Callable[[list[Logged]], list[Logged]]) -> None:
    """Read the log, change it and write it whole, with no other writer in between."""
    path = folder / CORRECTIONS_FILE
    with only_writer(path):
        log = read_log(folder)
        changed = change(log)
        if changed != log:
            write_rows(path, _COLUMNS, (_as_cells(*logged) for logged in changed))


def _as_cells(status: str, c: Correction) -> list[str]:
    where = json.dumps(c.where, ensure_ascii=False, sort_keys=True)
    return [status, c.made, c.table, where, c.column, c.old, c.new, c.rule, c.note]


def _parse_row(path: Path, number: int, cells: list[str]) -> Logged:
    status, made, table, where_text, *rest = cells
    if status.strip() not in (APPLIED, UNDONE):
        raise faulty_row(path, number, "ช่อง status ต้องเป็น applied หรือ undone", "status must be applied or undone")
    try:
        where = json.loads(where_text)
    except (ValueError, RecursionError):
        where = None
    if not isinstance(where, dict) or not all(isinstance(text, str) for text in where.values()):
        thai = 'ช่อง where ต้องเป็น JSON เช่น {"school_id": "1099000001"}'
        raise faulty_row(path, number, thai, "where must be JSON of texts by column")
    column, old, new, rule, note = rest
    correction = Correction(table.strip(), where, column.strip(), old, new, rule, note, made.strip(), number)
    if not correction.made:
        raise faulty_row(path, number, "ช่อง made ว่าง", "made is empty")
    if fault := _fault(correction):
        raise faulty_row(path, number, *fault)
    return Logged(status.strip(), correction)


def _fault(c: Correction) -> tuple[str, str] | None:
    """Return what is wrong with a correction, without repeating what it holds."""
    if not c.table or not c.column or not c.rule:
        return "ช่อง table, column หรือ rule ว่าง", "table, column or rule is empty"
    if c.made:
        try:
            aware = datetime.datetime.fromisoformat(c.made).tzinfo is not None
        except ValueError:
            aware = False
        if not aware:
            return "ช่อง made ต้องเป็นเวลา เช่น 2026-11-20T03:00:00+00:00", "made must be a time with its zone"
    if c.column == ROW and (c.new != DROP or c.old not in ("", REPEATED)):
        return "ช่อง new ของแถวที่ลบต้องเป็น drop", "a row can only be dropped"
    if c.column == ROW and not c.where:
        return "ช่อง where ว่าง จะลบทั้งตาราง", "it would drop the whole table"
    parts = c.column.count(_AND)
    if parts and not c.old.count(_BESIDE) == c.new.count(_BESIDE) == parts:
        return "จำนวนค่าในช่อง old และ new ไม่เท่าจำนวนคอลัมน์", "old and new must have a text for each column"
    if any(_CITIZEN.search(arabic_digits(text)) for text in (*c.where.values(), c.old, c.new, c.note)):
        return "มีเลข 13 หลักเหมือนเลขประจำตัวประชาชน", "it holds a number of 13 digits"
    if any(tells_of_child(c.table, column, text) for column, text in [*c.where.items(), *_cells_of(c)]):
        return "มีข้อมูลที่อาจบอกตัวนักเรียน", "it holds what may tell who a child is"
    return None


def _cells_of(c: Correction) -> list[tuple[str, str]]:
    """Return the columns that a correction changes, each with its texts."""
    if c.column == ROW:
        return []
    if c.column == POINT:
        return [("lat", c.old)]
    columns = c.column.split(_AND)
    return [(name, text) for texts in (c.old, c.new) for name, text in zip(columns, _split(c, texts), strict=True)]


def tells_of_child(table: str, column: str, text: str) -> bool:
    """Say whether a text of a table may tell who a child is, and so must not be written down or shown."""
    if table != "students" or not text:
        return False
    if column == "student_key":
        return not _SALTED_KEY.fullmatch(text)
    return column in _HOMES or bool(_TELLING.search(_PLAIN_WORDS.sub(" ", arabic_digits(text))))


# -- the tables ----
class _Texts:
    """The texts of a table while corrections change them, as they stand and as they compare."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self.alive = np.ones(len(frame), dtype=bool)
        self._plain: dict[str, Texts] = {}

    def plain(self, column: str) -> Texts:
        if column not in self._plain:
            if column not in self.frame:
                self._plain[column] = np.full(len(self.frame), "", dtype=object)
            else:
                texts = self.frame[column]
                spelled = {text: plain_text(text) for text in texts.unique()}
                self._plain[column] = texts.map(spelled).to_numpy(dtype=object)
        return self._plain[column]

    def rows(self, where: Mapping[str, str]) -> Bools:
        mask = self.alive.copy()
        for column, text in where.items():
            mask &= self.plain(column) == plain_text(text)
        return mask

    def put(self, mask: Bools, column: str, text: str) -> None:
        values = self.frame[column].to_numpy(dtype=object, copy=True) if column in self.frame else self.plain(column)
        values = np.where(mask, text, values)
        self.frame = self.frame.assign(**{column: pd.Series(values, self.frame.index, dtype=object)})
        self._plain[column] = np.where(mask, plain_text(text), self.plain(column))


def apply_corrections(
    frames: Mapping[str, pd.DataFrame], corrections: Sequence[Correction]
) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """Correct tables of texts as they were read.

    Parameters
    ----------
    frames
        Texts by table, columns named as ours, indexed by the row in the file; they stay as they are.
    corrections
        Those in force, in the order in which they were made. Each is applied once, to what the earlier ones have made.

    Returns
    -------
    dict of DataFrame
        Corrected tables. They are no raw files: where one text was made of another and that of a third, applying the
        same list to them would change more.
    list of Problem
        A warning ``correction-not-used`` for each that fits no row, unless its rows have the wished text already.
    """
    texts = {name: _Texts(frame) for name, frame in frames.items()}
    reasons = []
    for number, c in enumerate(corrections):
        if c.table not in texts:
            reasons.append("ไม่มีตารางนี้แล้ว")
        elif c.column == POINT or _mend(texts[c.table], c):
            reasons.append("")
        else:
            reasons.append(_unfit(texts[c.table], c, corrections[number + 1 :]))
    for number, c in enumerate(corrections):  # points are read as their cells are in the end
        if c.column == POINT and c.table in texts:
            reasons[number] = _unread(texts[c.table], c)
    problems = [_not_used(c, reason) for c, reason in zip(corrections, reasons, strict=True) if reason]
    return {name: work.frame[work.alive] for name, work in texts.items()}, problems


def point_readings(frame: pd.DataFrame, table: str, corrections: Sequence[Correction]) -> pd.Series:
    """Return how the coordinates of each row are to be read, empty where nobody has said.

    Parameters
    ----------
    frame
        Texts of the table.
    corrections
        Those in force. A correction of some rows counts before one of the whole table; one with an ``old`` counts
        only where the coordinates are still those texts (``lat, lon``).
    """
    texts = _Texts(frame)
    readings = np.full(len(frame), "", dtype=object)
    wanted = [c for c in corrections if c.table == table and c.column == POINT]
    for c in sorted(wanted, key=lambda c: bool(c.where)):
        readings[_point_rows(texts, c)] = c.new
    return pd.Series(readings, frame.index, dtype=object, name="reading")


def point_text(lat: str, lon: str) -> str:
    """Return the ``old`` of a correction of how a point is read."""
    return f"{plain_text(lat)}, {plain_text(lon)}"


def _point_rows(texts: _Texts, c: Correction) -> Bools:
    mask = texts.rows(c.where)
    if c.old:
        pairs = zip(texts.plain("lat"), texts.plain("lon"), strict=True)
        mask &= np.array([point_text(lat, lon) == c.old for lat, lon in pairs], dtype=bool)
    return mask


def _mend(texts: _Texts, c: Correction) -> bool:
    """Apply one correction where it fits; say whether it fits anywhere."""
    if c.column == ROW:
        mask = texts.rows(c.where)
        if c.old == REPEATED and mask.any():
            mask[np.flatnonzero(mask)[0]] = False
        texts.alive &= ~mask
        return bool(mask.any())
    mask = texts.rows(_where(c))
    columns = c.column.split(_AND)
    for column, old in zip(columns, _split(c, c.old), strict=True):
        mask &= texts.plain(column) == plain_text(old)
    if not mask.any():
        return False
    for column, new in zip(columns, _split(c, c.new), strict=True):
        texts.put(mask, column, new)
    return True


def _unfit(texts: _Texts, c: Correction, later: Sequence[Correction]) -> str:
    """Return why a correction that fits nothing is of no use any more; empty where nothing is left to do."""
    if c.column == ROW:  # nothing to drop is what was wished
        return ""
    rows = texts.rows(_where(c))
    if not rows.any():
        return "ไม่มีแถวที่ระบุแล้ว"
    wished = {_plain_texts(c, c.new)}
    for other in later:  # what was corrected further
        if _same_cells(c, other) and _plain_texts(other, other.old) in wished:
            wished.add(_plain_texts(other, other.new))
    found = zip(*(texts.plain(column)[rows] for column in c.column.split(_AND)), strict=True)
    return "" if any(cells in wished for cells in found) else "ค่าในไฟล์ไม่ใช่ค่าเดิมที่เคยแก้"


def _unread(texts: _Texts, c: Correction) -> str:
    """Return why a correction says of no point how it is to be read; empty where it does."""
    if not texts.rows(c.where).any():
        return "ไม่มีแถวที่ระบุแล้ว"
    return "" if _point_rows(texts, c).any() else "พิกัดในไฟล์เปลี่ยนไปแล้ว"


def _not_used(c: Correction, reason: str) -> Problem:
    where = ", ".join(f"{column} = {text}" for column, text in c.where.items())
    change = f"{c.old or '(ว่าง)'} → {c.new or '(ว่าง)'}"
    return Problem(
        "warning", "correction-not-used", CORRECTIONS_FILE, c.row, c.column, c.old,
        f"การแก้ไขตาราง {c.table} {f'({where}) ' if where else ''}ช่อง {c.column} {change} ไม่ได้ใช้: {reason}",
        "ตรวจค่าปัจจุบันในไฟล์ ถ้าถูกแล้วให้เลิกใช้การแก้ไขนี้ ถ้ายังผิดให้แก้ใหม่",
    )  # fmt: skip


def _may_need(c: Correction, *, after: Correction) -> bool:
    """Say whether a later correction may have made something for one that was applied before it to do again."""
    if c.table != after.table or POINT in (c.column, after.column):
        return c.table == after.table and c.column == after.column
    wanted = dict(c.where)
    if c.column != ROW:
        wanted |= zip(c.column.split(_AND), _split(c, c.old), strict=True)
    made = {} if after.column == ROW else dict(zip(after.column.split(_AND), _split(after, after.new), strict=True))
    return any(plain_text(text) == plain_text(wanted[name]) for name, text in made.items() if name in wanted)


def _same_cells(a: Correction, b: Correction) -> bool:
    """Say whether two corrections may be of the same cells."""
    if (a.table, a.column) != (b.table, b.column):
        return False
    mine, other = _where(a), _where(b)
    return all(plain_text(mine[name]) == plain_text(other[name]) for name in mine.keys() & other.keys())


def _where(c: Correction) -> dict[str, str]:
    """Return what names the rows of a correction of cells, without the cells themselves."""
    columns = c.column.split(_AND)
    return {name: text for name, text in c.where.items() if name not in columns}


def _split(c: Correction, text: str) -> list[str]:
    return text.split(_BESIDE) if _AND in c.column else [text]


def _plain_texts(c: Correction, text: str) -> tuple[str, ...]:
    return tuple(map(plain_text, _split(c, text)))


def _content(c: Correction) -> _Key:
    return c.table, tuple(sorted(c.where.items())), c.column, c.old, c.new

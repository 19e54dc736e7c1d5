"""Names of pupils put into แบบ 3 and 4 when they are printed, from the school's own file; kept nowhere else."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.defined_name import DefinedNameDict

from restructure._errors import DataError, UsageError
from restructure.intake.grids import cell_text, read_sheets
from restructure.intake.heads import match_heads
from restructure.intake.pupils import SALT_FILE, hide_keys, pupil_keys, read_salt
from restructure.papers.forms import COLUMNS, Form, put

#: Parts of a name by how their heads begin, in the order that they are written in.
_PARTS = (
    re.compile(r"คำนำ(หน้า)?(ชื่อ|นาม)?"),
    re.compile(r"ชื่อ(ตัว|นักเรียน)?|(ชื่อ|ชื่อตัว)(สกุล|และนามสกุล|นามสกุล|และสกุล)(นักเรียน)?"),
    re.compile(r"(นาม)?สกุล|ชื่อสกุล(?!.)"),
)
_NOT_LETTERS = re.compile(r"[\s\u200b\ufeff\-–()/.*]|ต้องกรอก")
_KEYS = ("student_key", "national_id", "student_code", "school_id")
_MOST_HEAD_ROWS = 60


def merge_names(folder: Path, form: Path, names_file: Path, out: Path) -> tuple[int, int]:
    """Write a copy of a form with the pupils' names, found by key in the school's own file.

    Parameters
    ----------
    folder
        The cycle folder, for the secret that keys are made with.
    form
        A form that :func:`restructure.papers.formrows.write_forms` has written.
    names_file
        The school's export from DMC, or any table with the pupils' numbers and names.
    out
        Where to write; outside ``inputs`` and ``outputs`` of the cycle folder, for what is there must not hold names.

    Returns
    -------
    tuple of int
        How many rows of pupils got a name, and how many have none.

    Raises
    ------
    UsageError
        When ``out`` lies in the cycle folder's ``inputs`` or ``outputs``, or the form has no column for names.
    DataError
        When the file of names cannot be used. Messages never say a name.
    """
    inside = [folder / part for part in ("inputs", "outputs")]
    if any(out.resolve().is_relative_to(part.resolve()) for part in inside):
        raise UsageError(
            f"บันทึก {out.name} ในโฟลเดอร์ inputs หรือ outputs ไม่ได้ เพราะมีชื่อนักเรียน เลือกที่เก็บอื่นในเครื่องของสำนักงาน",
            f"{out.name} would hold names: it may not lie in inputs or outputs; choose another place.",
        )
    if out.resolve() in (form.resolve(), names_file.resolve()):
        raise UsageError(
            f"บันทึกทับ {out.name} ไม่ได้ เพราะเป็นไฟล์ที่กำลังอ่าน ตั้งชื่อไฟล์อื่น", f"{out.name} is being read; choose another name."
        )
    kind = _kind_of(form)
    book = Form(kind, form.read_bytes(), form.name)
    columns = book.columns()
    if "student_key" not in columns or "name" not in columns:
        raise UsageError(
            f"แบบ {form.name} ไม่มีคอลัมน์รหัสอ้างอิงหรือชื่อ-สกุล ใช้ได้เฉพาะแบบ 3 และ 4 ที่มี {kind}_student_key และ {kind}_name",
            f"{form.name} has no columns {kind}_student_key and {kind}_name.",
        )
    names = _read_names(folder, names_file)
    sheet = book.places["rows"][0]
    found = missing = 0
    for row in range(book.first_row, sheet.max_row + 1):
        key = str(sheet.cell(row, columns["student_key"]).value or "")
        if not key:
            continue
        put(sheet.cell(row, columns["name"]), names.get(key, ""))
        found, missing = found + (key in names), missing + (key not in names)
    if not found:
        raise DataError(
            f"ไม่พบนักเรียนของแบบ {form.name} ในไฟล์ {names_file.name} เลย: ใช้ไฟล์ของโรงเรียนนี้ที่มีเลขประจำตัวชุดเดียวกับที่นำเข้า",
            f"No pupil of {form.name} is in {names_file.name}; use the school's own file with the same numbers.",
        )
    book.save(out)
    return found, missing


def _kind_of(form: Path) -> str:
    try:
        names = load_workbook(form).defined_names
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError):
        names = DefinedNameDict()
    kinds = [kind for kind in COLUMNS if f"{kind}_rows" in names]
    if len(kinds) != 1:
        raise UsageError(
            f"ไฟล์ {form.name} ไม่ใช่แบบ 1–4 ที่โปรแกรมเขียน เลือกไฟล์แบบ 3 หรือ 4 ใน outputs/papers",
            f"{form.name} is no form that was written here.",
        )
    return kinds[0]


def _read_names(folder: Path, path: Path) -> dict[str, str]:
    """Return names by key; a key that two different names have is left out."""
    found: dict[str, set[str]] = {}
    usable = False
    for sheet in read_sheets(path, path.name):
        rows = [[cell_text(value) for value in row] for row in sheet.rows()]
        head = next((place for place, row in enumerate(rows[:_MOST_HEAD_ROWS]) if _parts(row) and _numbers(row)), None)
        if head is None:
            continue
        usable = True
        for key, name in _keyed(folder, rows[head], rows[head + 1 :], path.name):
            found.setdefault(key, set()).add(name)
    if not usable:
        raise DataError(
            f"ไฟล์ {path.name} ไม่มีหัวคอลัมน์ชื่อ และเลขประจำตัวหรือรหัสนักเรียน ใช้ไฟล์รายชื่อที่ส่งออกจาก DMC",
            f"{path.name} has no columns of names and of pupils' numbers; use the export from DMC.",
        )
    return {key: names.pop() for key, names in found.items() if len(names) == 1}


def _keyed(folder: Path, head: list[str], rows: list[list[str]], file: str) -> Iterator[tuple[str, str]]:
    wide = max([len(head), *map(len, rows)])
    table = pd.DataFrame([row + [""] * (wide - len(row)) for row in rows], columns=range(wide), dtype=object)
    fields = pd.DataFrame({field: table[place] for field, place in _numbers(head).items()})
    name = pd.Series("", index=table.index, dtype=object)
    for place, spaced in _parts(head):
        text = table[place].str.strip()
        name += ((" " if spaced else "") + text).where(text != "", "")

    def salt() -> bytes:
        # Never drawn here: names are looked up by keys that were made when the files were read.
        if not (folder / SALT_FILE).exists():
            raise DataError(
                f"ไม่พบไฟล์ {SALT_FILE} ในโฟลเดอร์รอบปี จึงหารหัสอ้างอิงของนักเรียนไม่ได้ นำสำเนาเดิมกลับมา",
                f"{SALT_FILE} is not in the cycle folder; restore its copy.",
            )
        return read_salt(folder)

    if "student_key" in fields:
        own, _ = hide_keys(fields["student_key"], salt, file)
    else:
        own, _ = pupil_keys(fields, salt, file)
    yield from ((key, text.strip()) for key, text in zip(own, name, strict=True) if key and text.strip())


def _numbers(row: list[str]) -> dict[str, int]:
    """Return the columns that keys are made from, empty where a row is no head."""
    found = {match.field: match.place for match in match_heads(row, "students") if match.field in _KEYS}
    return found if found.keys() - {"school_id"} else {}


def _parts(row: list[str]) -> list[tuple[int, bool]]:
    """Return the columns of the parts of a name in order, and whether a space stands before it."""
    plain = [_NOT_LETTERS.sub("", cell) for cell in row]
    places = [next((i for i, cell in enumerate(plain) if part.fullmatch(cell)), None) for part in _PARTS]
    if places[1] is None:
        return []
    once = [(place, number == 2) for number, place in enumerate(places) if place not in places[:number]]
    return [(place, spaced) for place, spaced in once if place is not None]

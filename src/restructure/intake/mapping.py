"""What an office has confirmed about the heads of its files: kept in the cycle's folder, taken along to the next."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from restructure._errors import DataError
from restructure.files import read_yaml, staged
from restructure.intake.heads import INPUT_TABLES, PRIVATE, fields_of, head_key

MAPPING_FILE = "mapping.yaml"

_TOP = """\
# หัวตารางของสำนักงานเขตที่ยืนยันแล้ว ใช้ต่อในรอบปีถัดไปได้โดยคัดลอกไฟล์นี้ไปไว้ในโฟลเดอร์รอบปีใหม่
#   files:   ชื่อไฟล์ใน inputs/ ที่ไม่ได้ตั้งชื่อตามตาราง: ชื่อตาราง เช่น schools, villages, students ('' = ไม่ใช้ไฟล์นี้)
#   columns: ชื่อตาราง แล้วหัวตารางในไฟล์: ชื่อคอลัมน์ของโปรแกรม ('' = ไม่อ่านคอลัมน์นี้, private = ข้อมูลส่วนบุคคล ไม่อ่าน)
# มีแต่หัวตาราง ห้ามใส่ข้อมูลของบุคคล
"""


class Mapping(NamedTuple):
    """What the office has confirmed.

    Attributes
    ----------
    files
        Table by name of a raw file that is not named after its table; "" = the file is left out.
    columns
        Field by key of a head (:func:`restructure.intake.heads.head_key`), by table; "" = the column is not read.
    """

    files: dict[str, str]
    columns: dict[str, dict[str, str]]


def read_mapping(folder: Path) -> Mapping:
    """Read what an office has confirmed from the folder of a cycle; nothing where there is no file.

    Raises
    ------
    DataError
        When the file cannot be read, or names a table or a field that is not there, or a head twice with two fields.
    """
    path = folder / MAPPING_FILE
    if not path.is_file():
        return Mapping({}, {})
    data = read_yaml(path, MAPPING_FILE, DataError)
    for part in data:
        if part not in Mapping._fields:
            raise _fault(part, "ไม่รู้จักหัวข้อนี้ ใช้ได้เฉพาะ files และ columns", "is not known; only files and columns are")
    columns = {table: _read_columns(table, heads) for table, heads in _pairs(data.get("columns"), "columns")}
    return Mapping(_read_files(data.get("files")), columns)


def write_mapping(folder: Path, mapping: Mapping) -> None:
    """Write what an office has confirmed, whole or not at all; the same bytes for the same content.

    Raises
    ------
    DataError
        When it names a table or a field that is not there: it could not be read again.
    """
    columns = {table: _read_columns(table, heads) for table, heads in mapping.columns.items() if heads}
    content = {
        "files": dict(sorted(_read_files(mapping.files).items())),
        "columns": {table: dict(sorted(columns[table].items())) for table in INPUT_TABLES if table in columns},
    }
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=1000)
    with staged(folder) as stage:
        (stage / MAPPING_FILE).write_text(_TOP + text, "utf-8", newline="\n")


def _read_files(value: Any) -> dict[str, str]:
    """Return table by name of the file, checked."""
    files = _texts(value, "files")
    for file, table in files.items():
        if re.search(r"[/\\]", file):
            thai = "ต้องเป็นชื่อไฟล์ใน inputs/ เท่านั้น ไม่มีชื่อโฟลเดอร์ ลบส่วนที่อยู่หน้า / หรือ \\ แล้ว"
            raise _fault(f"files: {file}", thai, "is no plain name of a file in inputs/")
        if table and table not in INPUT_TABLES:
            thai = f"ไม่มีตาราง {table} ใช้ได้เฉพาะ {', '.join(INPUT_TABLES)} หรือ ''"
            raise _fault(f"files: {file}", thai, "names no table")
    return files


def _read_columns(table: str, heads: Any) -> dict[str, str]:
    """Return field by key of the head, checked."""
    where = f"columns: {table}"
    if table not in INPUT_TABLES:
        raise _fault(where, f"ไม่มีตารางนี้ ใช้ได้เฉพาะ {', '.join(INPUT_TABLES)}", "names no table")
    known = {"", PRIVATE, *fields_of(table)}
    fields: dict[str, str] = {}
    for head, field in _texts(heads, where).items():
        key = head_key(head)
        if not key or re.search(r"\d{9}", key):
            raise _fault(where, "มีรายการที่ไม่ใช่หัวตาราง", "holds something that is no head")
        if field not in known:
            raise _fault(f"{where}: {head}", f"ไม่มีคอลัมน์ {field} ในตารางนี้", "names no field of this table")
        if fields.setdefault(key, field) != field:
            raise _fault(
                f"{where}: {head}", "หัวตารางนี้มีสองคอลัมน์ เหลือไว้เพียงคอลัมน์เดียว", "stands there twice with two fields"
            )
    return fields


def _texts(value: Any, where: str) -> dict[str, str]:
    texts = {}
    for name, text in _pairs(value, where):
        if text is not None and not isinstance(text, str):
            raise _fault(f"{where}: {name}", "ต้องเป็นข้อความ", "must be text")
        texts[name] = text or ""
    return texts


def _pairs(value: Any, where: str) -> list[tuple[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, dict):
        raise _fault(where, "ต้องเป็นรายการ ชื่อ: ค่า", "must map names to values")
    return [(str(name), content) for name, content in value.items()]


def _fault(where: str, thai: str, english: str) -> DataError:
    return DataError(
        f"ไฟล์ {MAPPING_FILE} หัวข้อ {where}: {thai} แก้ไขแล้วสั่งใหม่",
        f"{MAPPING_FILE}, {where}: this {english}; mend it.",
    )

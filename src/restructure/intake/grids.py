"""Files into grids of cells: delimited text, workbooks and map files, whatever program wrote them."""

from __future__ import annotations

import re
from pathlib import Path

from restructure.intake.delimited import decode, read_delimited
from restructure.intake.features import read_features
from restructure.intake.schema import MAP_SUFFIXES
from restructure.intake.sheets import TOP_ROWS, Sheet, cell_text, unreadable
from restructure.intake.webtables import read_web_tables
from restructure.intake.workbooks import read_workbook

__all__ = ["Sheet", "cell_text", "read_features", "read_sheets"]

#: Packed size that a workbook may have.
_MOST_BYTES = 150_000_000
#: How files begin that are no tables, and what they are in Thai and English.
_OTHERS = (
    (rb"%PDF", "ไฟล์ PDF", "a PDF"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0{4}|II\*\0|MM\0\*", "รูปภาพ", "a picture"),
    (rb"\{\\rtf", "เอกสาร Word (RTF)", "a Word document (RTF)"),
    (rb"Rar!|7z\xbc\xaf|\x1f\x8b", "ไฟล์บีบอัด", "a packed file"),
    (rb"SQLite format 3\0", "ฐานข้อมูล", "a database"),
    (
        rb"(\xef\xbb\xbf)?\s*<\?xml.{0,999}urn:schemas-microsoft-com:office:spreadsheet",
        "ไฟล์ XML Spreadsheet 2003",
        "an XML Spreadsheet of 2003",
    ),
)


def read_sheets(path: Path, file: str) -> list[Sheet]:
    """Read the grids of a file: the visible sheets of a workbook in their order, or the one grid of any other file.

    Parameters
    ----------
    path
        ``.csv``, ``.tsv`` or ``.txt`` with commas, tabs, semicolons or upright strokes, in UTF-8, UTF-16 or cp874;
        ``.xlsx``; ``.xls``, also where it is a web page or text under that name; or a map file: its head is row 1 and
        feature n is row n + 1.
    file
        The file as messages should name it.

    Raises
    ------
    TableError
        When the file cannot be read, or not within bounds of memory and time. The ``rows`` of a sheet raise it, before
        the first row or on their way, where the fault is in that sheet alone.
    """
    suffix = path.suffix.lower()
    beginning = _beginning(path, file)
    if suffix in MAP_SUFFIXES:
        rows = [cells for _, cells in read_features(path, file)]
        # A shape's outline may be longer than any cell of Excel.
        return [Sheet("", rows[:TOP_ROWS], lambda: iter(rows))]
    if suffix in (".xlsx", ".xls"):
        if beginning.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
            return read_workbook(path, file)
        if suffix == ".xlsx":
            raise unreadable(file, "ไม่ใช่ไฟล์ Excel (.xlsx)", "it is no .xlsx workbook")
    if beginning.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise unreadable(
            file,
            "เป็นไฟล์ Office หรือ zip ไม่ใช่ข้อความ",
            "it is an Office or zip file, no text",
            "ถ้าเป็น Excel ให้เปลี่ยนนามสกุลเป็น .xlsx หรือ .xls หรือเปิดด้วย Excel แล้วบันทึกใหม่เป็น CSV UTF-8",
            "if it is from Excel, name it .xlsx or .xls, or save it anew as CSV UTF-8",
        )
    text, problems = decode(path.read_bytes(), file)
    if suffix == ".xls" and re.search(r"<\s*(html|table|!doctype html|meta|head|body)\b", text[:4096], re.IGNORECASE):
        return [read_web_tables(text, file, problems)]
    return [read_delimited(text, file, problems)]


def _beginning(path: Path, file: str) -> bytes:
    """Return the first bytes of a file that may be a table."""
    if path.is_dir():
        raise unreadable(
            file,
            "เป็นโฟลเดอร์ ไม่ใช่ไฟล์",
            "it is a folder",
            "วางไฟล์ตารางไว้แทนโฟลเดอร์นี้",
            "put the table's file in its place",
        )
    try:
        with path.open("rb") as stream:
            beginning = stream.read(4096)
            size = stream.seek(0, 2)
    except OSError:
        raise unreadable(
            file,
            "ไม่มีไฟล์ หรือระบบไม่ให้เปิด",
            "it is not there or may not be opened",
            "ตรวจชื่อและสิทธิ์ของไฟล์ และปิดโปรแกรมอื่นที่เปิดไฟล์นี้อยู่",
            "check its name and permissions, and close other programs that hold it",
        ) from None
    if not beginning.strip(b"\xef\xbb\xbf"):
        raise unreadable(file, "ไฟล์ว่างเปล่า ไม่มีข้อมูล", "it is empty")
    if size > _MOST_BYTES and path.suffix.lower() not in MAP_SUFFIXES:
        raise unreadable(
            file,
            f"ใหญ่เกินไป (เกิน {_MOST_BYTES // 1_000_000} MB)",
            f"it is larger than {_MOST_BYTES // 1_000_000} MB",
            "แบ่งเป็นหลายไฟล์ แล้วบันทึกใหม่",
            "split it into several files",
        )
    for pattern, thai, english in _OTHERS if path.suffix.lower() not in MAP_SUFFIXES else ():
        if re.match(pattern, beginning, re.DOTALL):
            raise unreadable(
                file,
                f"เป็น{thai} ไม่ใช่ตารางที่อ่านได้",
                f"it is {english}, no table",
                "ขอตารางต้นฉบับ หรือคัดลอกตารางลง Excel แล้วบันทึกใหม่เป็น CSV UTF-8 หรือ XLSX",
                "ask for the table itself, or copy it into Excel and save it as CSV UTF-8 or XLSX",
            )
    return beginning

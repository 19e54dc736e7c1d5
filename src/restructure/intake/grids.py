"""Files into grids of text: CSV and workbooks, whatever program wrote them."""

from __future__ import annotations

import csv
import io
import math
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from restructure._errors import TableError

#: Unpacked size that a workbook may have: an office's largest table is far below it.
_MOST_UNPACKED_BYTES = 500_000_000
_MOST_ROWS = 1_048_576
_MARKS = re.compile("[\u200b-\u200f\u2060\ufeff]")


def read_cells(path: Path) -> list[list[str]]:
    """Read the texts of a ``.csv`` or ``.xlsx`` file, row by row.

    Raises
    ------
    TableError
        When the file cannot be read.
    """
    return _read_xlsx(path) if path.suffix == ".xlsx" else _read_csv(path)


def _read_csv(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp874"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _unreadable(path, "ต้องเป็น CSV แบบ UTF-8")
    if "\0" in text:
        raise _unreadable(path, "มีอักขระที่ไม่ใช่ข้อความ อาจไม่ใช่ไฟล์ CSV")
    try:
        # Strict: a quotation mark that is never closed would swallow the rows behind it.
        return [[_clean(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error:
        raise _unreadable(path, "โครงสร้าง CSV ผิด") from None


def _read_xlsx(path: Path) -> list[list[str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MOST_UNPACKED_BYTES:
                raise _unreadable(path, "ใหญ่เกินไปเมื่อคลายออก")
        with path.open("rb") as file, warnings.catch_warnings():
            # openpyxl says which decorations of a sheet it leaves out; none of them is data.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheet = next(s for s in book.worksheets if s.sheet_state == "visible")
            sheet.reset_dimensions()  # what other programs write as a sheet's size is often wrong
            rows: list[list[str]] = []
            for row in sheet.iter_rows(values_only=True):
                if len(rows) >= _MOST_ROWS:
                    raise _unreadable(path, "มีแถวมากกว่าที่ Excel มีได้")
                rows.append([cell_text(value) for value in row])
            return rows
    except TableError:
        raise
    except Exception:  # openpyxl lets through whatever a broken archive or sheet makes its parsers raise
        raise _unreadable(path, "ไม่ใช่ไฟล์ Excel (.xlsx) ที่สมบูรณ์") from None


def _unreadable(path: Path, thai: str) -> TableError:
    return TableError(
        f"อ่านไฟล์ inputs/{path.name} ไม่ได้ {thai}: เปิดด้วย Excel แล้วบันทึกใหม่เป็น CSV UTF-8 หรือ XLSX",
        f"inputs/{path.name} cannot be read; open it in Excel and save it anew as CSV UTF-8 or XLSX.",
    )


def cell_text(value: Any) -> str:
    """Return what a cell of a workbook or a map file holds as text, empty where it holds nothing."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _clean(value.isoformat() if hasattr(value, "isoformat") else str(value))


def _clean(cell: str) -> str:
    return _MARKS.sub("", cell).replace("\xa0", " ").strip()

"""The request set แบบ 1–4 as workbooks with named cells: an office may put the circular's own forms in their place.

A template says by defined names what belongs where, for form 2 such as: ``form2_office`` (one cell, filled in),
``form2_rows`` (the first cell of the first row of data) and ``form2_school_id`` (a cell of the column that the codes of
merging schools go into). Which names there are: :data:`SINGLE` and :data:`COLUMNS`.
"""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from restructure._errors import DataError
from restructure.paper import CONTROLS, repack
from restructure.words import FONT

Row = Mapping[str, Any]
#: Cells of a form that stand once.
SINGLE = ("office", "heading", "fiscal_year", "round", "term", "basis", "synthetic", "total_pupils", "total_baht")
TITLES = {
    "form1": "แบบ ๑ แบบรายงานข้อมูลโรงเรียนหลักของการมาเรียนรวม",
    "form2": "แบบ ๒ แบบรายงานค่าพาหนะรับ-ส่งนักเรียน โรงเรียนหลักและโรงเรียนมาเรียนรวม",
    "form3": "แบบ ๓ แบบรายงานข้อมูลพื้นฐานของนักเรียนมารวม/เลิก",
    "form4": "แบบ ๔ แบบสำรวจการเดินทางมาเรียนรวมเพื่อขอสนับสนุนงบประมาณค่าพาหนะ",
}
#: Columns that a form may have, with head and width of the packaged one.
COLUMNS: dict[str, dict[str, tuple[str, int]]] = {
    "form1": {
        "number": ("ที่", 6), "host_id": ("รหัสโรงเรียนหลัก", 15), "host": ("โรงเรียนหลัก", 30), "tambon": ("ตำบล", 16),
        "amphoe": ("อำเภอ", 16), "grades": ("ชั้นที่เปิดสอน", 13), "programme": ("โครงการ", 24),
        "schools": ("โรงเรียนมารวม (แห่ง)", 12), "pupils": ("นักเรียนมารวม (คน)", 12), "baht": ("ค่าพาหนะ (บาท)", 14),
    },
    "form2": {
        "number": ("ที่", 6), "programme": ("โครงการ", 24), "host_id": ("รหัสโรงเรียนหลัก", 15), "host": ("โรงเรียนหลัก", 28),
        "school_id": ("รหัสโรงเรียนมารวม", 15), "school": ("โรงเรียนมารวม", 28), "stage": ("ช่วงชั้น", 11),
        "band": ("ช่วงระยะทาง", 42), "pupils": ("นักเรียน (คน)", 10), "rate": ("บาท/คน/วัน", 9), "days": ("วัน", 7),
        "baht": ("เป็นเงิน (บาท)", 14),
    },
    "form3": {
        "number": ("ที่", 6), "student_key": ("รหัสอ้างอิง", 20), "name": ("ชื่อ-สกุล", 30), "grade": ("ชั้น", 7),
        "school": ("โรงเรียนเดิม/มารวม", 28), "host": ("โรงเรียนหลัก", 28), "kind": ("ลักษณะ", 11),
        "programme": ("โครงการ", 24), "village": ("หมู่บ้าน", 22), "pupils": ("คน", 7),
    },
    "form4": {
        "number": ("ที่", 6), "student_key": ("รหัสอ้างอิง", 20), "name": ("ชื่อ-สกุล", 30), "grade": ("ชั้น", 7),
        "school": ("โรงเรียนมารวม", 26), "host": ("โรงเรียนหลัก", 26), "programme": ("โครงการ", 24),
        "village": ("หมู่บ้าน", 20), "road_m": ("ระยะทาง (ม.)", 11), "certified": ("ฐานระยะทาง", 13),
        "mode": ("วิธีเดินทาง", 14), "pupils": ("คน", 7), "rate": ("บาท/คน/วัน", 9), "days": ("วัน", 7),
        "baht": ("เป็นเงิน (บาท)", 13), "signature": ("ลงชื่อผู้ปกครอง", 18),
    },
}  # fmt: skip
#: Columns that the office or the school fills in by hand; a name is put in at print time.
BY_HAND = ("name", "mode", "signature")
_NUMBERS = ("number", "schools", "pupils", "rate", "days", "baht", "road_m")
#: Columns that are added up below the rows of the packaged forms.
_TOTALLED = ("pupils", "baht")
_DEFAULT = (
    "แบบตั้งต้นของโปรแกรม ไม่ใช่แบบของทางราชการ: แทนด้วยแบบตามหนังสือสั่งการได้ที่ templates/{form}.xlsx "
    "โดยคงชื่อเซลล์ (defined names) ไว้"
)
_YELLOW = PatternFill("solid", fgColor="FFFF00")


class Form:
    """A workbook whose named cells say what belongs where.

    Parameters
    ----------
    form
        ``form1`` … ``form4``.
    content
        Bytes of the file.
    name
        How messages should name it.

    Raises
    ------
    DataError
        When the file is no workbook, lacks the name of its first row, or has a name that is not known.
    """

    def __init__(self, form: str, content: bytes, name: str) -> None:
        self.form, self.name = form, name
        try:
            self.book = load_workbook(io.BytesIO(content))
        except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
            raise self._wrong("ไม่ใช่ไฟล์ Excel (.xlsx)", "it is no .xlsx workbook") from error
        self.places: dict[str, tuple[Worksheet, int, int]] = {}
        for defined, cell in self.book.defined_names.items():
            if defined.startswith(f"{form}_"):
                self.places[defined.removeprefix(f"{form}_")] = self._place(defined, cell)
        known = {"rows", *SINGLE, *COLUMNS[form]}
        if unknown := sorted(set(self.places) - known):
            fit = ", ".join(sorted(known))
            raise self._wrong(f"ไม่รู้จักชื่อเซลล์ “{form}_{unknown[0]}” ใช้ได้ {fit}", f"unknown name {form}_{unknown[0]}")
        if "rows" not in self.places:
            raise self._wrong(f"ไม่มีชื่อเซลล์ “{form}_rows” ที่บอกแถวแรกของข้อมูล", f"the name {form}_rows is missing")

    def _place(self, defined: str, cell: DefinedName) -> tuple[Worksheet, int, int]:
        places = list(cell.destinations)
        if len(places) != 1 or places[0][0] not in self.book.sheetnames:
            raise self._wrong(f"ชื่อเซลล์ “{defined}” ต้องชี้ไปเซลล์เดียว", f"the name {defined} must name one cell")
        sheet, where = places[0]
        area = CellRange(where.replace("$", ""))
        return self.book[sheet], area.min_row, area.min_col

    def _wrong(self, thai: str, english: str) -> DataError:
        return DataError(
            f"แม่แบบ {self.name}: {thai} แก้ใน Excel แล้วสั่งใหม่ หรือลบไฟล์เพื่อใช้แบบตั้งต้นของโปรแกรม",
            f"Template {self.name}: {english}; mend it in Excel, or delete it to use the packaged one.",
        )

    @property
    def first_row(self) -> int:
        """The first row of data."""
        return self.places["rows"][1]

    def columns(self) -> dict[str, int]:
        """Return the columns of the data's sheet by what belongs into them."""
        sheet = self.places["rows"][0]
        return {
            key: column
            for key, (where, _, column) in self.places.items()
            if key in COLUMNS[self.form] and where is sheet
        }

    def fill(self, single: Mapping[str, str | int], rows: Sequence[Row]) -> None:
        """Fill in the cells that stand once, then a row each; what stands below the first row is moved down."""
        for key, (sheet, row, column) in self.places.items():
            if key in single:
                put(sheet.cell(row, column), single[key])
        sheet, first, _ = self.places["rows"]
        _make_room(sheet, first, len(rows) - 1)
        if not sheet.print_title_rows and first > 1:
            sheet.print_title_rows = f"{first - 1}:{first - 1}"
        columns = self.columns()
        for number, values in enumerate(rows):
            for key, column in columns.items():
                put(sheet.cell(first + number, column), values.get(key, ""))

    def save(self, path: Path) -> Path:
        """Write the workbook; the same content gives the same bytes."""
        stream = io.BytesIO()
        self.book.properties.creator = self.book.properties.lastModifiedBy = ""
        self.book.save(stream)
        path.parent.mkdir(parents=True, exist_ok=True)
        repack(stream, path)
        return path


def find_form(folder: Path | None, form: str) -> Form:
    """Return the office's own form in a folder, the packaged one where there is none."""
    name = f"{form}.xlsx"
    if folder and (folder / name).exists():
        return Form(form, (folder / name).read_bytes(), f"{folder.name}/{name}")
    return Form(form, default_forms()[form], f"{name} ของโปรแกรม")


@cache
def default_forms() -> dict[str, bytes]:
    """Return the packaged forms: they say of themselves that they are not the circular's."""
    made = {}
    for form, columns in COLUMNS.items():
        book = Workbook()
        sheet = book.active
        assert isinstance(sheet, Worksheet)
        _draw(sheet, form, columns)
        for number, key in enumerate(columns, start=1):
            _name(book, f"{form}_{key}", sheet, 7, number)
        _name(book, f"{form}_rows", sheet, 7, 1)
        totals = {f"total_{key}": (8, number) for number, key in enumerate(columns, start=1) if key in _TOTALLED}
        for key, (row, column) in {**_SINGLE_PLACES, **totals}.items():
            _name(book, f"{form}_{key}", sheet, row, column)
        stream, packed = io.BytesIO(), io.BytesIO()
        book.save(stream)
        repack(stream, packed)
        made[form] = packed.getvalue()
    return made


def put(cell: Cell | MergedCell, value: Any) -> None:
    """Write a value that is never taken for a formula."""
    if isinstance(cell, MergedCell):
        return
    cell.value = CONTROLS.sub("", value) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"


# --- drawing --------------------------------------------------------------------------------------------------------

_SINGLE_PLACES = {"synthetic": (1, 1), "office": (3, 1), "heading": (4, 1), "basis": (5, 1)}


def _draw(sheet: Worksheet, form: str, columns: Mapping[str, tuple[str, int]]) -> None:
    thin = Side(style="thin", color="808080")
    sheet.title = form
    sheet.cell(2, 1, TITLES[form]).font = Font(name=FONT, size=18, bold=True)
    sheet.cell(1, 1).font = Font(name=FONT, size=16, bold=True, color="C00000")
    for row in (3, 4, 5):
        sheet.cell(row, 1).font = Font(name=FONT, size=16)
    for row, points in {1: 24, 2: 28, 3: 25, 4: 25, 5: 25, 6: 44, 7: 22, 8: 22, 9: 24, 10: 24}.items():
        sheet.row_dimensions[row].height = points
    for number, (key, (head, width)) in enumerate(columns.items(), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
        top = sheet.cell(6, number, head)
        top.font = Font(name=FONT, size=14, bold=True)
        top.fill = PatternFill("solid", fgColor="D9E2F3")
        top.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell = sheet.cell(7, number)
        cell.font = Font(name=FONT, size=14)
        number_like = key in _NUMBERS
        aligned = Alignment(
            horizontal="right" if number_like else "left",
            vertical="center",
            shrink_to_fit=True,
            indent=0 if number_like else 1,
        )
        cell.alignment = aligned
        if number_like:
            cell.number_format = "#,##0"
        elif key in BY_HAND:
            cell.fill = _YELLOW
        total = sheet.cell(8, number, "รวม" if number == 1 else None)
        total.font = Font(name=FONT, size=14, bold=True)
        total.fill = PatternFill("solid", fgColor="F2F2F2")
        total.alignment, total.number_format = aligned, cell.number_format
        top.border = cell.border = total.border = Border(thin, thin, thin, thin)
    sheet.cell(9, 1, _DEFAULT.format(form=form)).font = Font(name=FONT, size=14, bold=True, color="C00000")
    sheet.cell(10, 1, "แถบสีเหลือง = ต้องกรอก  ลงชื่อผู้รับรองข้อมูล ……………………………………  วันที่ ……………………").font = Font(
        name=FONT, size=14
    )
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.print_title_rows = "6:6"
    sheet.freeze_panes = "A7"
    footer: Any = sheet.HeaderFooter.oddFooter
    footer.center.text = "หน้า &P / &N"


def _name(book: Workbook, name: str, sheet: Worksheet, row: int, column: int) -> None:
    book.defined_names[name] = DefinedName(name, attr_text=f"'{sheet.title}'!${get_column_letter(column)}${row}")


def _make_room(sheet: Worksheet, first: int, more: int) -> None:
    """Repeat the first row of data so many times, with its look; what stands below moves down as it is."""
    if more < 1:
        return
    last, width = sheet.max_row, sheet.max_column
    merged = [area for area in list(sheet.merged_cells.ranges) if area.min_row > first]
    for area in merged:
        sheet.unmerge_cells(area.coord)
    if last > first:
        heights = {row: sheet.row_dimensions[row].height for row in range(first + 1, last + 1)}
        sheet.move_range(f"A{first + 1}:{get_column_letter(width)}{last}", rows=more, translate=True)
        for row, height in heights.items():
            sheet.row_dimensions[row + more].height = height
    for area in merged:
        area.shift(row_shift=more)
        sheet.merge_cells(area.coord)
    looks: dict[int, Any] = {cell.column: cell for cell in sheet[first] if isinstance(cell, Cell)}
    for row in range(first + 1, first + more + 1):
        sheet.row_dimensions[row].height = sheet.row_dimensions[first].height
        for column, look in looks.items():
            below: Any = sheet.cell(row, column)
            below._style = copy.copy(look._style)


def file_stem(code: str) -> str:
    """Return a school's code as a part of a file's name."""
    return re.sub(r"[^0-9A-Za-z._-]", "_", code)

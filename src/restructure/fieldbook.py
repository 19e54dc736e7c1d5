"""A workbook that goes to the field with pairs to measure, and what comes back in it."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import re
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pandas as pd
from openpyxl.cell.cell import Cell, MergedCell

from restructure.certify import MOST_METRES, doubts, pairs, subject_of
from restructure.cycle import Measured
from restructure.ledger import head
from restructure.mapdata import one_line
from restructure.policy import Band
from restructure.scenario import Scenario
from restructure.thai import ROUNDS, parse_date, parse_whole
from restructure.words import FONT, INTERNAL, SYNTHETIC, spell_day
from restructure.xlsx import new_workbook

_SHEET = "ระยะทางที่ขอให้วัด"
#: Hidden columns by which a row is known again, then what is told, then what is to be filled in; with their widths.
_HIDDEN = ("กุญแจ ห้ามแก้", "จุดที่ส่งไป ห้ามแก้", "ตรวจสอบ ห้ามแก้")
_TOLD = {
    "ที่": 5.0,
    "หมู่บ้าน": 20.0,
    "รหัสหมู่บ้าน": 12.0,
    "โรงเรียนหลัก": 22.0,
    "รหัสโรงเรียน": 13.0,
    "นักเรียน (คน)": 9.0,
    "ระยะทางที่คำนวณ (เมตร)": 12.0,
    "เส้นแบ่งช่วงอัตราที่อาจข้าม": 14.0,
    "เหตุที่ขอให้วัด": 32.0,
}
_ASKED = {
    "ระยะทางที่วัดได้ (เมตร)": 13.0,
    "วิธีวัด": 18.0,
    "วันที่วัด": 13.0,
    "ผู้วัด (ตำแหน่ง)": 18.0,
    "หมายเหตุ": 20.0,
}
_HEADS = [*_HIDDEN, *_TOLD, *_ASKED]
_FIRST_ASKED = len(_HIDDEN) + len(_TOLD)
_WAYS_TO_MEASURE = ["เลขไมล์รถ", "GPS หรือโทรศัพท์", "แผนที่ออนไลน์", "วิธีอื่น (เขียนในหมายเหตุ)"]
_ASK = (
    "วัดระยะทางตามถนนจากหมู่บ้านถึงโรงเรียนหลัก เที่ยวเดียว กรอกช่องสีเหลืองเป็นเมตรเต็ม (3.4 กม. กรอก 3400) แถวที่ยังไม่ได้วัดเว้นไว้ "
    "แล้วส่งไฟล์นี้กลับสำนักงานเขต อย่าใส่ชื่อหรือเลขประจำตัวนักเรียน"
)
_MARK = "restructure field book 1"
#: A distance below this, of a way that is longer, was meant in kilometres.
_FEW_METRES = 100
_MOST_BYTES = 20_000_000
_MOST_UNPACKED = 200_000_000
_MOST_LETTERS = 200
_DIGITS = 16


class Fault(NamedTuple):
    """What is wrong with a row of a workbook that came back, and what to do; row 0 is the file itself."""

    file: str
    row: int
    message: str
    remedy: str


class _Row(NamedTuple):
    """A row with something filled in."""

    number: int
    key: str
    points: str
    check: str
    cells: list[Cell | MergedCell]


def write_field_book(path: Path, measured: Measured, chosen: pd.DataFrame) -> None:
    """Write the pairs to measure as an XLSX workbook, with room for what was measured, how, when and by whom.

    Neither the point of a home nor anything from which it could be told is in it: a child who is measured from an own
    home point is named by its reference alone.

    Parameters
    ----------
    chosen
        Rows of :func:`restructure.certify.pairs`.
    """
    policy, tables = measured.cycle.policy, measured.cycle.tables
    with new_workbook(path, _SHEET) as book:
        thin = {"border": 1, "border_color": "#808080", "valign": "top", "text_wrap": True, "indent": 1}
        title, plain = book.add_format({"bold": True, "font_size": 18}), book.add_format({"text_wrap": True})
        red = book.add_format({"bold": True, "font_color": "#C00000", "font_size": 16})
        centred = {"align": "center", "valign": "vcenter", "indent": 0}
        top_look = book.add_format({**thin, "bold": True, "bg_color": "#D9E2F3", **centred})
        text = book.add_format({**thin, "num_format": "@"})
        number = book.add_format({**thin, "num_format": "#,##0", "align": "right"})
        fill = {**thin, "bg_color": "#FFF8DC", "locked": False}
        asked = [book.add_format({**fill, "num_format": form}) for form in ("#,##0", "@", "d/m/yyyy", "@", "@")]
        page = book.add_worksheet(_SHEET)
        above = [
            (f"ขอให้วัดระยะทางก่อนรับรอง {len(chosen):,} คู่", title, 27.0),
            (f"{one_line(policy.office)}  ปีงบประมาณ พ.ศ. {policy.fiscal_year}", plain, 21.0),
            (_ASK, plain, 42.0),
            (INTERNAL, plain, 21.0),
            *([(SYNTHETIC, red, 24.0)] if policy.synthetic else []),
        ]
        for row, (words, look, high) in enumerate(above):
            page.merge_range(row, len(_HIDDEN), row, len(_HEADS) - 1, "", look)
            page.write_string(row, len(_HIDDEN), words, look)
            page.set_row(row, high)
        top = len(above)
        for place, (words, width) in enumerate([*((words, 4.0) for words in _HIDDEN), *_TOLD.items(), *_ASKED.items()]):
            page.write_string(top, place, words, top_look)
            page.set_column(place, place, width, None, {"hidden": place < len(_HIDDEN)})
        page.set_row(top, 63.0)
        sent = []
        rows = zip(chosen.to_dict("records"), _told(chosen, tables, policy.settings.bands), strict=True)
        for row, (pair, told) in enumerate(rows, start=top + 1):
            key = subject_of(pair)
            sent.append((key, pair["points"], _check(key, pair["points"], told)))
            for place, words in enumerate(sent[-1]):
                page.write_string(row, place, words, text)
            for place, value in enumerate(told, start=len(_HIDDEN)):
                if isinstance(value, int):
                    page.write_number(row, place, value, number)
                else:
                    page.write_string(row, place, value, text)
            for place, look in enumerate(asked, start=_FIRST_ASKED):
                page.write_blank(row, place, None, look)
            widths = list(_TOLD.values())
            lines = [math.ceil(len(str(value)) / (width * 1.05)) for value, width in zip(told, widths, strict=True)]
            page.set_row(row, 21.0 * max(2, *lines))
        end = top + len(sent) + 1
        # What is cut off in print shows; and LibreOffice leaves out a last page of a single row.
        page.write_string(end, len(_HIDDEN), f"จบรายการ {len(sent):,} คู่")
        page.write_string(0, 0, _mark(head(measured.cycle.folder)[0], sent))
        if sent:
            _validate(page, top + 1, end - 1)
        page.protect("", {"format_columns": True, "format_rows": True})
        page.freeze_panes(top + 1, len(_HIDDEN) + 2)
        page.set_landscape()
        page.set_paper(9)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.repeat_rows(top)
        page.print_area(0, len(_HIDDEN), end, len(_HEADS) - 1)
        page.set_footer(f'&L&"{FONT},Regular"&12{INTERNAL}&R&"{FONT},Regular"&12หน้า &P จาก &N')


def read_field_book(
    path: Path,
    measured: Measured,
    round_names: Sequence[str] = ROUNDS,
    scenario: Scenario | None = None,
    today: datetime.date | None = None,
) -> tuple[pd.DataFrame, list[Fault]]:
    """Read a workbook that came back. Nothing is decided by it: an analyst looks at the rows and enters them.

    Parameters
    ----------
    round_names, scenario
        As for :func:`restructure.certify.pairs`.
    today
        Nothing is measured after this day; the machine's own without it.

    Returns
    -------
    DataFrame
        Rows of :func:`restructure.certify.pairs` that something sound was measured of, with ``metres``, ``why`` (how,
        when and by whom, in Thai), ``doubts`` (words of :func:`restructure.certify.doubts` joined by ``;``) and
        ``row``; all that :func:`restructure.certify.enter` wants, with the file itself as evidence.
    list of Fault
        What was not taken over, by row. A row without anything filled in is no fault.
    """
    current = pairs(measured, round_names, scenario)
    current.index = pd.Index([subject_of(row) for row in current.to_dict("records")], dtype="object")
    proposals = current.iloc[:0].assign(metres=pd.array([], "Int64"), why="", doubts="", row=pd.array([], "Int64"))
    rows, seen, faults = _rows(path)
    repeated = {row.key for row in rows if sum(other.key == row.key for other in rows) > 1}
    for row in rows:
        pair = None if row.key not in current.index else current.loc[row.key]
        found = _fault(row, pair, seen, repeated, path.name)
        if found is None:
            assert pair is not None
            measurement = _measurement(row, pair["routed_m"], path.name, today or datetime.date.today())
            if not isinstance(measurement, Fault):
                metres, why = measurement
                routed = None if pd.isna(pair["routed_m"]) else int(pair["routed_m"])
                words = ";".join(doubts(routed, metres, measured.cycle.policy.settings))
                taken = current.loc[[row.key]].assign(metres=metres, why=why, doubts=words, row=row.number)
                proposals = pd.concat([proposals, taken.astype(proposals.dtypes)])
                continue
            found = measurement
        faults.append(found)
    return proposals.reset_index(drop=True), sorted(faults, key=lambda fault: fault.row)


def _told(chosen: pd.DataFrame, tables: dict[str, pd.DataFrame], bands: Sequence[Band]) -> list[list[str | int]]:
    """Return what the workbook says of each pair, in the order of its columns."""
    villages = tables["villages"].set_index("village_id")["name"]
    schools = tables["schools"].set_index("school_id")["name"]
    told: list[list[str | int]] = []
    for number, row in enumerate(chosen.to_dict("records"), start=1):
        village = one_line(villages.get(row["village_id"], "ไม่ระบุหมู่บ้าน"))
        if row["measured_from"] == "home":
            village = f"{village} จากบ้านของนักเรียน รหัสอ้างอิง {row['student_key']}"
        told.append(
            [
                number,
                village,
                row["village_id"],
                one_line(schools.get(row["host_id"], "")),
                row["host_id"],
                int(row["pupils"]),
                "ยังวัดไม่ได้" if pd.isna(row["routed_m"]) else int(row["routed_m"]),
                ", ".join(f"{bound:,} ม." for bound in bounds_between(row["low_m"], row["high_m"], bands)),
                one_line(row["reason"]),
            ]
        )
    return told


def bounds_between(low_m: int, high_m: int, bands: Sequence[Band]) -> list[int]:
    """Return the bounds of bands that a distance between two others may fall on either side of."""
    if pd.isna(low_m):
        return []
    return [band.up_to_m for band in bands if band.up_to_m is not None and low_m <= band.up_to_m < high_m]


def _check(key: str, points: str, told: Sequence[str | int]) -> str:
    """Return what tells whether a row still says what was sent."""
    text = json.dumps([key, points, *map(str, told)], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _mark(seq: int, sent: Sequence[tuple[str, str, str]]) -> str:
    """Return what the workbook is known by: the ledger's last row when it was made, and a digest of all its rows."""
    text = json.dumps([seq, *sorted(sent)], ensure_ascii=False)
    return f"{_MARK} {seq} {hashlib.sha256(text.encode()).hexdigest()}"


def _validate(page: Any, first: int, last: int) -> None:
    """Let each cell take only what it asks for."""
    title = "กรอกไม่ถูก"
    rules: list[dict[str, Any]] = [
        {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": MOST_METRES,
         "input_title": "เมตรเต็ม", "input_message": "เช่น 3.4 กม. กรอก 3400",
         "error_message": "กรอกเป็นเมตรเต็ม ไม่มีทศนิยม"},
        {"validate": "list", "source": _WAYS_TO_MEASURE, "error_message": "เลือกจากรายการ"},
        {"validate": "date", "criteria": ">=", "value": datetime.date(2000, 1, 1),
         "error_message": "กรอกเป็นวันที่ เช่น 16/5/2027"},
        {"validate": "length", "criteria": "between", "minimum": 1, "maximum": _MOST_LETTERS,
         "error_message": f"ไม่เกิน {_MOST_LETTERS} ตัวอักษร"},
    ]  # fmt: skip
    for place, rule in enumerate(rules, start=_FIRST_ASKED):
        page.data_validation(first, place, last, place, rule | {"error_title": title})


# --- what comes back ------------------------------------------------------------------------------------------------


def _rows(path: Path) -> tuple[list[_Row], int, list[Fault]]:
    """Return the rows with something filled in, the ledger's last row when the workbook was made, and faults."""

    def refused(row: int, message: str, remedy: str) -> tuple[list[_Row], int, list[Fault]]:
        return [], 0, [Fault(path.name, row, message, remedy)]

    again = "ให้ผู้วัดกรอกในไฟล์ที่สำนักงานเขตส่งไป แล้วส่งไฟล์ .xlsx นั้นกลับ"
    try:
        if path.stat().st_size > _MOST_BYTES:
            return refused(0, "ไฟล์ใหญ่เกินไป", again)
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MOST_UNPACKED:
                return refused(0, "ไฟล์ใหญ่เกินไปเมื่อคลายออก", again)
        with warnings.catch_warnings():  # openpyxl tells of parts that it does not keep
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path)
    except Exception:  # whatever zip, XML and openpyxl raise on a file that is none of theirs
        return refused(0, "เปิดไฟล์ไม่ได้ หรือไม่ใช่ไฟล์ Excel (.xlsx)", again)
    if _SHEET not in book.sheetnames:
        return refused(0, f"ไม่มีแผ่น “{_SHEET}”", again)
    grid = list(book[_SHEET].iter_rows())
    top = next((i for i, cells in enumerate(grid[:50]) if cells and cells[0].value == _HIDDEN[0]), None)
    mark = re.fullmatch(rf"{_MARK} (\d{{1,12}}) [0-9a-f]{{64}}", str(grid[0][0].value)) if grid else None
    if top is None or mark is None:
        return refused(1, "แผ่นนี้ไม่ใช่ใบที่สำนักงานเขตส่งไป หรือคอลัมน์ที่ซ่อนไว้หายไป", again)
    heads = ["" if cell.value is None else str(cell.value).strip() for cell in grid[top]]
    for place, wanted in enumerate(_HEADS):
        if place >= len(heads) or heads[place] != wanted:
            return refused(top + 1, f"หัวตารางถูกแก้หรือย้าย: คอลัมน์ที่ {place + 1} ต้องเป็น “{wanted}”", again)
    rows, sent, faults = [], [], []
    for number, cells in enumerate(grid[top + 1 :], start=top + 2):
        key, points, check = (_text(cell) for cell in cells[: len(_HIDDEN)])
        asked = cells[_FIRST_ASKED : len(_HEADS)]
        row = _Row(number, key, points, check, list(cells[: len(_HEADS)]))
        if key:
            sent.append((key, points, check))
        if any(_text(cell) for cell in asked):
            rows.append(row)
    if _mark(int(mark[1]), sent) != mark[0]:
        message = "จำนวนแถวหรือกุญแจของแถวไม่ตรงกับที่ส่งไป อาจมีแถวถูกลบ เพิ่ม หรือคัดลอก"
        faults.append(Fault(path.name, top + 1, message, "เทียบกับใบที่ส่งไปว่าขาดคู่ใด แถวที่เหลือตรวจทีละแถวแล้ว"))
    return rows, int(mark[1]), faults


def _fault(row: _Row, pair: pd.Series | None, seen: int, repeated: set[str], file: str) -> Fault | None:
    """Say why a row cannot be told to be of a pair that still waits to be measured."""

    def fault(message: str, remedy: str) -> Fault:
        return Fault(file, row.number, message, remedy)

    if any(cell.data_type == "f" for cell in row.cells):
        return fault("มีสูตรในแถวนี้", "พิมพ์ค่าที่วัดได้แทนสูตร")
    if row.key in repeated:
        return fault("คู่นี้มีผลวัดมากกว่าหนึ่งแถว", "เหลือแถวที่ถูกต้องเพียงแถวเดียว")
    if pair is None:
        return fault("แถวนี้ไม่ใช่คู่หมู่บ้านและโรงเรียนที่มีการจ่ายในรอบปีนี้", "ตรวจว่าเป็นไฟล์ของรอบปีนี้ และไม่ได้เพิ่มแถวเอง")
    told = [_text(cell) for cell in row.cells[len(_HIDDEN) : _FIRST_ASKED]]
    if _check(row.key, row.points, told) != row.check:
        return fault("ข้อความที่สำนักงานเขตส่งไปในแถวนี้ถูกแก้หรือสลับแถว", "กรอกใหม่ในไฟล์เดิมที่ส่งไป")
    if not pd.isna(pair["seq"]) and pair["seq"] > seen:
        return fault(
            f"คู่นี้รับรองแล้วหลังส่งใบนี้ ({pair['certified_m']:,} ม. เมื่อ {spell_day(pair['at'][:10])})",
            "ถ้าจะใช้ค่าที่วัดใหม่ ให้กรอกแทนพร้อมเหตุผลในหน้ารับรอง",
        )
    if pair["points"] != row.points:
        return fault("จุดหมู่บ้านหรือจุดโรงเรียนเปลี่ยนหลังส่งใบนี้", "ตรวจว่าวัดจากจุดใด แล้วส่งใบใหม่หรือกรอกในหน้ารับรอง")
    return None


def _measurement(row: _Row, routed_m: Any, file: str, today: datetime.date) -> Fault | tuple[int, str]:
    """Return the metres of a row and in Thai how, when and by whom they were measured, or what is wrong with it."""

    def fault(message: str, remedy: str) -> Fault:
        return Fault(file, row.number, message, remedy)

    metres, *said = row.cells[_FIRST_ASKED:]
    how, day_text, by, note = (_text(cell) for cell in said)
    value = metres.value
    if value is None or _text(metres) == "":
        return fault("กรอกวิธีวัด วันที่ หรือผู้วัดแล้ว แต่ไม่มีระยะทาง", "กรอกระยะทางที่วัดได้เป็นเมตร หรือลบช่องอื่นให้ว่าง")
    if isinstance(value, str):
        try:
            value = parse_whole(value)
        except ValueError:
            message = "ระยะทางเป็นข้อความที่อ่านเป็นเมตรเต็มไม่ได้ หรืออ่านได้หลายอย่าง"
            return fault(message, "กรอกเมตรเต็มเป็นตัวเลขล้วน เช่น 3.1 กม. กรอก 3100 หรือ 3,100")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return fault("ระยะทางเป็นวันที่หรือค่าอื่น ไม่ใช่ตัวเลข", "กรอกเมตรเต็มเป็นตัวเลขล้วน เช่น 3.1 กม. กรอก 3100 หรือ 3,100")
    longer = pd.isna(routed_m) or routed_m >= 10 * _FEW_METRES
    if 0 < value < _FEW_METRES and (value != int(value) or longer):
        return fault("ระยะทางน่าจะกรอกเป็นกิโลเมตร", "กรอกเป็นเมตร เช่น 3.4 กม. กรอก 3400")
    if value != int(value) or not 0 < value <= MOST_METRES:
        return fault("ระยะทางไม่ใช่เมตรเต็ม หรืออยู่นอกช่วงที่เป็นไปได้", f"กรอกเป็นเมตรเต็มตั้งแต่ 1 ถึง {MOST_METRES:,}")
    if missing := [words for words, cell in zip(list(_ASKED)[1:4], (how, day_text, by), strict=True) if not cell]:
        return fault(f"ยังไม่กรอก{' และ '.join(missing)}", "กรอกให้ครบ ผู้ตรวจสอบต้องตามได้ว่าวัดอย่างไร เมื่อใด โดยใคร")
    if max(map(len, (how, by, note))) > _MOST_LETTERS:
        return fault(f"ข้อความยาวเกิน {_MOST_LETTERS} ตัวอักษร", "เขียนให้สั้นลง รายละเอียดแนบเป็นหลักฐานต่างหาก")
    try:
        day = parse_date(day_text)
    except ValueError:
        return fault("อ่านวันที่วัดไม่ได้", "กรอกเป็นวันที่ เช่น 16/5/2570")
    if day > today:
        return fault("วันที่วัดอยู่หลังวันนี้", "ตรวจวันและปี พ.ศ.")
    why = f"วัดเมื่อ {spell_day(day.isoformat())} โดย {by} วิธี {how}" + (f" ({note})" if note else "")
    return int(value), why


def _text(cell: Cell | MergedCell) -> str:
    """Return what a cell says as it was sent: whole numbers without a point, days as ISO."""
    value = cell.value
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else one_line(value)

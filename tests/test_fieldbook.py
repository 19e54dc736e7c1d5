"""The workbook that goes to the field: what it shows, and everything that may come back in it."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from drawn import place
from openpyxl.worksheet.worksheet import Worksheet
from small_office import read_rows, write_rows, write_small_office

from restructure.certify import accept, choose, enter, pairs
from restructure.cycle import Measured, measure, open_cycle
from restructure.fieldbook import Fault, bounds_between, read_field_book, write_field_book
from restructure.ledger import head, read_ledger
from restructure.policy import load_policy
from restructure.words import INTERNAL, SYNTHETIC

TODAY = datetime.date(2027, 6, 1)
DAY = datetime.datetime(2027, 5, 16)
SHEET = "ระยะทางที่ขอให้วัด"
HOME = place(3040, 0)
#: Places of the columns, from 1, that are filled in.
METRES, HOW, ON, BY, NOTE = range(13, 18)
#: Row of the heads in a workbook of an office that is not synthetic; the pairs follow.
TOP = 5


@pytest.fixture(scope="module")
def drawn_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lat, lon = HOME
    return write_small_office(
        tmp_path_factory.mktemp("office"),
        schools="1 0 K2-P6\n2 8000 K2-P6",
        villages="10 3350\n11 5000\n14 3000,500",
        student_head="student_key school_id grade village_id lat lon",
        students=f"k1 2 P1 10 . .\nk2 2 P1 11 . .\nk4 2 P1 14 . .\nk5 2 P1 11 {lat} {lon}",
        mergers="2 K2-P6 1/2565 1 learn-together existing",
    )


@pytest.fixture(scope="module")
def measured(drawn_office: Path) -> Measured:
    """Return the office, in whose folder nothing is decided."""
    return measure(open_cycle(drawn_office))


@pytest.fixture(scope="module")
def sent(measured: Measured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workbook of all four pairs: 10, 11, the home k5 and 14, in the rows from 6 on."""
    path = tmp_path_factory.mktemp("sent") / "field.xlsx"
    write_field_book(path, measured, pairs(measured))
    return path


@pytest.fixture
def book(sent: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sent, tmp_path))


@pytest.fixture
def deciding(drawn_office: Path, tmp_path: Path) -> Measured:
    """Return a copy of the office to decide in."""
    return measure(open_cycle(shutil.copytree(drawn_office, tmp_path / "2570")))


def fill(sheet: Worksheet, row: int, *values: object) -> None:
    for column, value in enumerate(values, start=METRES):
        sheet.cell(row, column).value = value


def changed(path: Path, change: Callable[[Worksheet], object]) -> Path:
    book = openpyxl.load_workbook(path)
    change(book[SHEET])
    book.save(path)
    return path


def read(path: Path, measured: Measured) -> tuple[pd.DataFrame, list[Fault]]:
    return read_field_book(path, measured, today=TODAY)


# --- what is sent ---------------------------------------------------------------------------------------------------


def test_what_the_field_sees(book: Path) -> None:
    sheet = openpyxl.load_workbook(book)[SHEET]
    rows = [[cell.value for cell in row[3:12]] for row in sheet.iter_rows(min_row=TOP + 1, max_row=TOP + 4)]
    assert sheet.cell(TOP + 5, 4).value == "จบรายการ 4 คู่"
    assert [row[:7] for row in rows] == [
        [1, "บ้าน10", "10", "โรงเรียน1", "1", 1, 3350],
        [2, "บ้าน11", "11", "โรงเรียน1", "1", 1, 5000],
        [3, "บ้าน11 จากบ้านของนักเรียน รหัสอ้างอิง k5", "11", "โรงเรียน1", "1", 1, 3040],
        [4, "บ้าน14", "14", "โรงเรียน1", "1", 1, "ยังวัดไม่ได้"],
    ]
    assert [row[7] for row in rows] == ["3,000 ม.", "", "3,000 ม.", ""]
    hidden = [(columns.min, columns.max) for columns in sheet.column_dimensions.values() if columns.hidden]
    assert hidden == [(1, 3)]
    assert sheet.protection.sheet
    assert not sheet.cell(TOP + 1, METRES).protection.locked
    assert sheet.cell(TOP + 1, METRES - 1).protection.locked
    kinds = {str(rule.sqref): rule.type for rule in sheet.data_validations.dataValidation}
    assert kinds == {"M6:M9": "whole", "N6:N9": "list", "O6:O9": "date", "P6:P9": "textLength"}
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    texts = [cell.value for row in sheet.iter_rows() for cell in row]
    assert INTERNAL in texts
    assert SYNTHETIC not in texts


def test_no_home_can_be_told_by_it(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        text = " ".join(archive.read(name).decode() for name in archive.namelist())
    for degrees in HOME:
        assert f"{degrees:.3f}" not in text


def test_same_pairs_same_bytes(measured: Measured, book: Path, tmp_path: Path) -> None:
    write_field_book(tmp_path / "again.xlsx", measured, pairs(measured))
    assert (tmp_path / "again.xlsx").read_bytes() == book.read_bytes()


def test_bounds_lie_between() -> None:
    bands = load_policy().settings.bands
    assert [band.up_to_m for band in bands] == [3000, 10_000, None]
    # 3,000 m belongs to the first band: only what may also lie beyond it straddles the bound.
    assert bounds_between(2900, 3000, bands) == []
    assert bounds_between(3000, 3001, bands) == [3000]
    assert bounds_between(3001, 10_001, bands) == [10_000]
    assert bounds_between(0, 20_000, bands) == [3000, 10_000]
    assert bounds_between(pd.NA, pd.NA, bands) == []


def test_an_empty_list_is_written_too(measured: Measured, tmp_path: Path) -> None:
    write_field_book(tmp_path / "none.xlsx", measured, pairs(measured).head(0))
    assert read(tmp_path / "none.xlsx", measured)[1] == []


# --- what comes back ------------------------------------------------------------------------------------------------


def test_nothing_filled_in_is_no_fault(book: Path, measured: Measured) -> None:
    proposals, faults = read(book, measured)
    assert proposals.empty
    assert faults == []


def test_sound_rows_are_proposed_and_decide_nothing(book: Path, deciding: Measured) -> None:
    def change(sheet: Worksheet) -> None:
        fill(sheet, 6, 2950, "เลขไมล์รถ", DAY, "ครูเวร", "ฝนตก")
        fill(sheet, 9, 21_000.0, "GPS หรือโทรศัพท์", "๑๖ พ.ค. ๒๕๗๐", "นักวิชาการ")

    proposals, faults = read(changed(book, change), deciding)
    assert faults == []
    assert proposals[["village_id", "metres", "row", "doubts"]].to_numpy().tolist() == [
        ["10", 2950, 6, "band:15>10"], ["14", 21_000, 9, "far"],
    ]  # fmt: skip
    assert proposals["why"].tolist() == [
        "วัดเมื่อ 16 พฤษภาคม 2570 โดย ครูเวร วิธี เลขไมล์รถ (ฝนตก)",
        "วัดเมื่อ 16 พฤษภาคม 2570 โดย นักวิชาการ วิธี GPS หรือโทรศัพท์",
    ]
    assert head(deciding.cycle.folder)[0] == 0
    enter(deciding, proposals, proposals["metres"].tolist(), "ผอ.กลุ่ม", why=proposals["why"].tolist(), evidence=book)
    after = pairs(deciding).set_index("village_id")
    assert after.loc[["10", "14"], "certified_m"].tolist() == [2950, 21_000]
    assert len(list((deciding.cycle.folder / "evidence").glob("*.xlsx"))) == 1
    # Read once more, both have been decided since.
    proposals, faults = read(book, deciding)
    assert proposals.empty
    assert [(fault.row, "รับรองแล้วหลังส่งใบนี้" in fault.message) for fault in faults] == [(6, True), (9, True)]
    assert len(read_ledger(deciding.cycle.folder)) == 2


def test_rows_may_be_sorted(book: Path, measured: Measured) -> None:
    def swap(sheet: Worksheet) -> None:
        fill(sheet, 7, 5050, "เลขไมล์รถ", DAY, "ครูเวร")
        for column in range(1, 18):
            first, second = sheet.cell(6, column), sheet.cell(7, column)
            first.value, second.value = second.value, first.value

    proposals, faults = read(changed(book, swap), measured)
    assert proposals[["village_id", "metres", "row"]].to_numpy().tolist() == [["11", 5050, 6]]
    assert faults == []


SOUND = (3400, "เลขไมล์รถ", DAY, "ครูเวร", None)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("3.1", *SOUND[1:]), "เป็นข้อความ"),
        (("3,1", *SOUND[1:]), "เป็นข้อความ"),
        (("3.100", *SOUND[1:]), "เป็นข้อความ"),
        (("31,00", *SOUND[1:]), "เป็นข้อความ"),
        (("3,1000", *SOUND[1:]), "เป็นข้อความ"),
        (("0,310", *SOUND[1:]), "เป็นข้อความ"),
        (("3 100", *SOUND[1:]), "เป็นข้อความ"),
        (("-3100", *SOUND[1:]), "เป็นข้อความ"),
        (("๓๔๐๐ ม.", *SOUND[1:]), "เป็นข้อความ"),
        (("9" * 5000, *SOUND[1:]), "เป็นข้อความ"),
        (("๓", *SOUND[1:]), "กิโลเมตร"),
        (("0", *SOUND[1:]), "นอกช่วง"),
        (("1,000,001", *SOUND[1:]), "นอกช่วง"),
        ((DAY, *SOUND[1:]), "เป็นวันที่"),
        ((True, *SOUND[1:]), "ไม่ใช่ตัวเลข"),
        ((3.4, *SOUND[1:]), "กิโลเมตร"),
        ((99.5, *SOUND[1:]), "กิโลเมตร"),
        ((3, *SOUND[1:]), "กิโลเมตร"),
        ((3400.5, *SOUND[1:]), "ไม่ใช่เมตรเต็ม"),
        ((0, *SOUND[1:]), "นอกช่วง"),
        ((-3400, *SOUND[1:]), "นอกช่วง"),
        ((1_000_001, *SOUND[1:]), "นอกช่วง"),
        ((None, *SOUND[1:]), "ไม่มีระยะทาง"),
        (("  ", *SOUND[1:]), "ไม่มีระยะทาง"),
        ((3400, None, DAY, "ครูเวร"), "ยังไม่กรอกวิธีวัด"),
        ((3400, None, None, None), "ยังไม่กรอกวิธีวัด และ วันที่วัด และ ผู้วัด (ตำแหน่ง)"),
        ((3400, "เลขไมล์รถ", "เมื่อวาน", "ครูเวร"), "อ่านวันที่วัดไม่ได้"),
        ((3400, "เลขไมล์รถ", datetime.datetime(2027, 6, 2), "ครูเวร"), "หลังวันนี้"),
        ((3400, "เลขไมล์รถ", DAY, "ก" * 201), "ยาวเกิน"),
        (("=3000+400", *SOUND[1:]), "สูตร"),
        ((3400, "เลขไมล์รถ", DAY, '=HYPERLINK("x")'), "สูตร"),
    ],
)
def test_a_faulty_row_is_told_and_the_others_are_read(
    book: Path, measured: Measured, values: tuple[object, ...], message: str
) -> None:
    def change(sheet: Worksheet) -> None:
        fill(sheet, 6, *values)
        fill(sheet, 7, *SOUND)

    proposals, faults = read(changed(book, change), measured)
    assert proposals["village_id"].tolist() == ["11"]
    assert [(fault.file, fault.row) for fault in faults] == [("field.xlsx", 6)]
    assert message in faults[0].message
    assert faults[0].remedy


@pytest.mark.parametrize(
    "text", ["๓๑๐๐", "3,100", "๓,๑๐๐", "3100  ", " 3,100\u00a0", "3100"],
    ids=["thai", "comma", "thai-comma", "blanks", "blanks-and-comma", "text"],
)  # fmt: skip
def test_a_distance_typed_as_text_is_read_where_it_can_only_be_one(book: Path, measured: Measured, text: str) -> None:
    proposals, faults = read(changed(book, lambda sheet: fill(sheet, 6, text, *SOUND[1:])), measured)
    assert faults == []
    assert proposals[["village_id", "metres", "row"]].to_numpy().tolist() == [["10", 3100, 6]]


def test_a_short_way_may_have_few_whole_metres(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path, schools="1 0 P1-P6\n2 8000 P1-P6", villages="10 90", students="2 P1 10 3",
        mergers="2 P1-P6 1/2565 1 merge existing",
    )  # fmt: skip
    measured = measure(open_cycle(folder))
    write_field_book(tmp_path / "field.xlsx", measured, pairs(measured))
    path = changed(tmp_path / "field.xlsx", lambda sheet: fill(sheet, 6, 95, *SOUND[1:]))
    assert read(path, measured)[0]["metres"].tolist() == [95]


def test_a_year_of_the_buddhist_era_in_a_date_cell(book: Path, measured: Measured) -> None:
    path = changed(book, lambda sheet: fill(sheet, 7, 5100, "เลขไมล์รถ", datetime.datetime(2570, 5, 16), "ครูเวร"))
    proposals, faults = read(path, measured)
    assert faults == []
    assert "16 พฤษภาคม 2570" in proposals["why"].iloc[0]


def test_what_was_sent_may_not_be_altered(book: Path, measured: Measured) -> None:
    def change(sheet: Worksheet) -> None:
        for row in (6, 7, 8, 9):
            fill(sheet, row, *SOUND)
        sheet.cell(6, 5).value = "บ้านอื่น"
        sheet.cell(7, 10).value = 4999
        sheet.cell(8, 8).value = "=1"

    proposals, faults = read(changed(book, change), measured)
    assert proposals["village_id"].tolist() == ["14"]
    assert [fault.row for fault in faults] == [6, 7, 8]
    assert "ถูกแก้" in faults[0].message
    assert "ถูกแก้" in faults[1].message
    assert "สูตร" in faults[2].message


def test_repeated_and_unknown_pairs(book: Path, measured: Measured) -> None:
    def change(sheet: Worksheet) -> None:
        for column in range(1, 13):
            sheet.cell(10, column).value = sheet.cell(6, column).value
        fill(sheet, 6, *SOUND)
        fill(sheet, 10, 3500, *SOUND[1:])
        fill(sheet, 11, *SOUND)  # a row that somebody added
        fill(sheet, 7, *SOUND)
        sheet.cell(8, 1).value = "village:99>1"
        fill(sheet, 8, *SOUND)

    proposals, faults = read(changed(book, change), measured)
    assert proposals["village_id"].tolist() == ["11"]
    assert [fault.row for fault in faults] == [5, 6, 8, 10, 11]
    assert "ไม่ตรงกับที่ส่งไป" in faults[0].message
    assert "มากกว่าหนึ่งแถว" in faults[1].message == faults[3].message
    assert "ไม่ใช่คู่" in faults[2].message == faults[4].message


def test_a_row_that_is_missing_is_told(book: Path, measured: Measured) -> None:
    def change(sheet: Worksheet) -> None:
        fill(sheet, 7, *SOUND)
        sheet.delete_rows(9)

    proposals, faults = read(changed(book, change), measured)
    assert proposals["village_id"].tolist() == ["11"]
    assert [fault.row for fault in faults] == [5]


def test_points_that_have_moved_since(book: Path, deciding: Measured) -> None:
    folder = deciding.cycle.folder
    rows = read_rows(folder / "inputs/villages.csv")
    rows[0]["lat"] = str(place(3350, 60)[0])
    write_rows(folder / "inputs/villages.csv", list(rows[0]), [list(row.values()) for row in rows])
    changed(book, lambda sheet: (fill(sheet, 6, *SOUND), fill(sheet, 7, *SOUND)))
    proposals, faults = read(book, measure(open_cycle(folder)))
    assert proposals["village_id"].tolist() == ["11"]
    assert [(fault.row, "เปลี่ยนหลังส่งใบนี้" in fault.message) for fault in faults] == [(6, True)]


def test_a_pair_certified_before_the_book_was_sent_may_be_measured(deciding: Measured, tmp_path: Path) -> None:
    accept(deciding, choose(pairs(deciding), villages=["11"]), "ผอ.กลุ่ม")
    write_field_book(tmp_path / "field.xlsx", deciding, pairs(deciding))
    changed(tmp_path / "field.xlsx", lambda sheet: fill(sheet, 7, *SOUND))
    proposals, faults = read(tmp_path / "field.xlsx", deciding)
    assert (proposals["metres"].tolist(), faults) == ([3400], [])


def test_a_program_that_writes_whole_numbers_with_an_exponent(book: Path, measured: Measured, tmp_path: Path) -> None:
    changed(book, lambda sheet: fill(sheet, 6, *SOUND))
    with zipfile.ZipFile(book) as archive, zipfile.ZipFile(tmp_path / "other.xlsx", "w") as out:
        for name in archive.namelist():
            out.writestr(name, archive.read(name).replace(b"<v>3350</v>", b"<v>3.35E3</v>"))
    proposals, faults = read(tmp_path / "other.xlsx", measured)
    assert (proposals["metres"].tolist(), faults) == ([3400], [])


def refused(path: Path, measured: Measured) -> Fault:
    proposals, faults = read(path, measured)
    assert proposals.empty
    assert len(faults) == 1
    assert faults[0].remedy
    return faults[0]


def test_whole_books_that_are_refused(book: Path, measured: Measured, tmp_path: Path) -> None:
    def copy(change: Callable[[Worksheet], object]) -> Path:
        return changed(Path(shutil.copy(book, tmp_path / "copy.xlsx")), change)

    def set_cell(row: int, column: int, value: object) -> Callable[[Worksheet], object]:
        return lambda sheet: (fill(sheet, 7, *SOUND), setattr(sheet.cell(row, column), "value", value))

    for column in (2, 5, METRES, NOTE):
        fault = refused(copy(set_cell(TOP, column, "หัวอื่น")), measured)
        assert (fault.row, f"คอลัมน์ที่ {column}" in fault.message) == (TOP, True)
    assert refused(copy(lambda sheet: sheet.delete_cols(NOTE)), measured).row == TOP
    assert "ซ่อน" in refused(copy(lambda sheet: sheet.delete_cols(1, 3)), measured).message
    assert "ซ่อน" in refused(copy(set_cell(1, 1, "restructure field book 2 0 00")), measured).message
    assert "แผ่น" in refused(copy(lambda sheet: setattr(sheet, "title", "แผ่นอื่น")), measured).message
    for name, content in (("text.xlsx", b"nothing"), ("empty.xlsx", b"")):
        (tmp_path / name).write_bytes(content)
        assert "เปิดไฟล์ไม่ได้" in refused(tmp_path / name, measured).message
    assert "เปิดไฟล์ไม่ได้" in refused(tmp_path / "nothing.xlsx", measured).message
    (tmp_path / "large.xlsx").write_bytes(bytes(20_000_001))
    assert "ใหญ่เกินไป" in refused(tmp_path / "large.xlsx", measured).message
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(200_000_001))
    assert "คลายออก" in refused(tmp_path / "bomb.xlsx", measured).message


def test_no_fault_quotes_what_was_filled_in(book: Path, measured: Measured) -> None:
    path = changed(book, lambda sheet: fill(sheet, 6, "เด็กชายสมมุติ", "เด็กชายสมมุติ", "เด็กชายสมมุติ", "เด็กชายสมมุติ"))
    assert "สมมุติ" not in " ".join(map(str, read(path, measured)[1]))


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice: apt-get install libreoffice-calc")
def test_through_libreoffice(book: Path, measured: Measured, tmp_path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        fill(sheet, 6, 2950, "เลขไมล์รถ", DAY, "ครูเวร")
        fill(sheet, 8, *SOUND)
        fill(sheet, 9, 3.4, *SOUND[1:])

    changed(book, change)
    profile, out = (tmp_path / "profile").as_uri(), tmp_path / "saved"
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx", "--outdir"]
    subprocess.run([*command, str(out), str(book)], check=True, capture_output=True, timeout=120)
    proposals, faults = read(out / "field.xlsx", measured)
    assert proposals[["village_id", "student_key", "metres"]].to_numpy().tolist() == [
        ["10", "", 2950], ["11", "k5", 3400],
    ]  # fmt: skip
    assert [(fault.row, "กิโลเมตร" in fault.message) for fault in faults] == [(9, True)]

"""Files of every shape that offices have, into texts of our tables; each answer is written by hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from restructure._errors import TableError
from restructure.intake.codes import school_key, translate_codes
from restructure.intake.pupils import pupil_key
from restructure.intake.schema import Problem
from restructure.intake.schoolforms import part_mergers
from restructure.intake.shapes import read_file

Rows = list[list[Any]]
SALT = bytes(range(32))
SCHOOLS = pd.DataFrame(
    [
        ("1099000001", "บ้านไร่", "99010001", "900001"),
        ("1099000002", "โรงเรียนวัดใหม่ (ประชาอุปถัมภ์)", "99010002", "900002"),
        ("1099000003", "บ้านน้ำริน", "99010003", "900003"),
        ("1099000004", "บ้าน น้ำริน", "99010004", ""),
        ("1099000005", "บ้านไร่เหนือ", "99010005", ""),
    ],
    columns=["school_id", "name", "smis_id", "obec_id"],
)
VILLAGES = pd.DataFrame(
    [
        ("99080101", "บ้านไร่", "ชัยนาม", "วังทองสมมุติ"),
        ("99080102", "บ้านเหนือ", "ชัยนาม", "วังทองสมมุติ"),
        ("99090101", "บ้านน้ำริน", "ชัยนาม", "เนินสมมุติ"),
    ],
    columns=["village_id", "name", "tambon", "amphoe"],
)
KNOWN = {"schools": SCHOOLS, "villages": VILLAGES}


def write(tmp_path: Path, table: str, rows: Rows, suffix: str = ".csv") -> Path:
    path = tmp_path / f"{table}{suffix}"
    if suffix == ".csv":
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        path.write_text(out.getvalue(), "utf-8-sig", newline="")
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([None if cell == "" else cell for cell in row])
        book.save(path)
    return path


def read(path: Path, table: str = "") -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    table = table or path.stem
    return read_file(path, table, f"inputs/{path.name}", {}, lambda: SALT, KNOWN)


def rows_of(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Return each row's number and texts."""
    return list(frame[list(columns)].itertuples(name=None))


def said(problems: list[Problem]) -> list[tuple[str, int, str, str]]:
    return [(p.rule, p.row, p.column, p.value) for p in problems]


def rules(problems: list[Problem]) -> list[str]:
    return [p.rule for p in problems]


# -- tables as they are ----
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_table_of_ours_is_read_as_it_is(tmp_path: Path, suffix: str) -> None:
    rows = [
        ["school_id", "year", "grade", "count", "remark"],
        ["1099000001", "๒๕๖๘", "ป.4", "12", "x"],
        ["", "", "", "", ""],
        ["1099000002", "2568", "K3", "-", ""],
    ]
    frames, problems = read(write(tmp_path, "enrolment", rows, suffix))
    assert list(frames) == ["enrolment"]
    frame = frames["enrolment"]
    assert list(frame) == ["school_id", "year", "grade", "count"]
    assert frame.index.name == "row"
    assert rows_of(frame, *frame) == [
        (2, "1099000001", "๒๕๖๘", "ป.4", "12"),
        (4, "1099000002", "2568", "K3", "-"),
    ]
    assert problems == []


def test_titles_above_and_notes_and_sums_below_are_no_data(tmp_path: Path) -> None:
    head = ["รหัสโรงเรียน", "ปีการศึกษา", "ชั้น", "จำนวนนักเรียน"]
    rows = [
        ["รายงานจำนวนนักเรียน", "", "", ""],
        ["สำนักงานเขตพื้นที่การศึกษาประถมศึกษาสมมุติ เขต 1", "", "", ""],
        ["", "", "", ""],
        head,
        ["1099000001", "2568", "ป.1", "10"],
        ["รวมอำเภอวังทองสมมุติ", "", "", "10"],
        head,
        ["1099000002", "2568", "ป.1", "5"],
        ["รวม", "", "", "5"],
        ["รวมทั้งสิ้น", "", "", "15"],
        ["หมายเหตุ ข้อมูลจากโรงเรียน", "", "", ""],
    ]
    frames, problems = read(write(tmp_path, "enrolment", rows))
    assert rows_of(frames["enrolment"], "school_id", "count") == [(5, "1099000001", "10"), (8, "1099000002", "5")]
    assert said(problems) == [("total-row", 6, "", ""), ("repeated-head", 7, "", ""), ("note-row", 11, "", "")]
    assert "3 แถว (แถว 6, 9, 10)" in problems[0].message


def test_a_place_called_like_a_sum_stays(tmp_path: Path) -> None:
    rows = [
        ["village_id", "name", "lat", "lon", "point_source", "tambon"],
        ["99080101", "รวม", "16.8", "100.4", "osm", "รวมไทยพัฒนา"],
        ["99080102", "รวมไทย", "16.8", "100.5", "osm", "รวม"],
    ]
    frames, problems = read(write(tmp_path, "villages", rows))
    assert frames["villages"]["name"].tolist() == ["รวม", "รวมไทย"]
    assert problems == []


def test_the_word_of_a_sum_may_stand_in_a_column_that_is_not_read(tmp_path: Path) -> None:
    rows = [
        ["ที่", "รหัสโรงเรียน", "ปีการศึกษา", "ชั้น", "จำนวนนักเรียน"],
        ["1", "1099000001", "2568", "ป.1", "10"],
        ["รวม", "", "", "", "10"],
    ]
    frames, problems = read(write(tmp_path, "enrolment", rows))
    assert frames["enrolment"].index.tolist() == [2]
    assert ("total-row", 3, "", "") in said(problems)


def test_the_sheet_that_fits_is_read_and_others_like_it_are_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "คำอธิบาย"
    book.active.append(["กรอกข้อมูลในแผ่นถัดไป"])
    for name, code in (("อำเภอหนึ่ง", "1099000001"), ("อำเภอสอง", "1099000002")):
        sheet = book.create_sheet(name)
        sheet.append(["รหัสโรงเรียน", "ปีการศึกษา", "ชั้น", "จำนวนนักเรียน"])
        sheet.append([code, "2568", "ป.1", "10"])
    hidden = book.create_sheet("ซ่อน", 0)
    hidden.append(["รหัสโรงเรียน", "ปีการศึกษา", "ชั้น", "จำนวนนักเรียน"])
    hidden.append(["1099000009", "2568", "ป.1", "10"])
    hidden.sheet_state = "hidden"
    book.active = 1
    path = tmp_path / "enrolment.xlsx"
    book.save(path)
    frames, problems = read(path)
    assert frames["enrolment"]["school_id"].tolist() == ["1099000001"]
    assert [(p.rule, p.value) for p in problems] == [("other-sheet", "อำเภอสอง")]


def test_rows_that_hold_something_elsewhere_are_named(tmp_path: Path) -> None:
    rows = [
        ["รหัสโรงเรียน", "ปีการศึกษา", "ชั้น", "จำนวนนักเรียน", "คอลัมน์แปลก"],
        ["1099000001", "2568", "ป.1", "10", "a"],
        ["", "", "", "", "ผู้รายงาน"],
        ["1099000002", "2568", "ป.1", "9", "b", "ล้น"],
    ]
    frames, problems = read(write(tmp_path, "enrolment", rows, ".xlsx"))
    assert frames["enrolment"].index.tolist() == [2, 4]
    assert said(problems) == [
        ("unknown-column", 1, "คอลัมน์แปลก", ""),
        ("row-elsewhere", 3, "", ""),
        ("cells-beyond-head", 4, "", ""),
    ]
    assert "ล้น" not in str(problems)


# -- refusals ----
@pytest.mark.parametrize(
    ("table", "rows", "named"),
    [
        ("students", [["ชื่อ", "นามสกุล", "เลขประจำตัวประชาชนบิดา", "ศาสนา"], ["ก", "ข", "1", "ค"]], "ส่วนบุคคล"),
        ("villages", [["village_id", "name", "lat", "lon"], ["1", "ก", "1", "2"]], "ที่มาของพิกัด (point_source)"),
        ("schools", [["school_id", "name", "tambon", "amphoe", "grades"], ["1", "ก", "ข", "ค", "P1"]], "ละติจูด (lat)"),
        ("students", [["school_id", "grade", "count"], ["1", "P1", "3"]], "รหัสหมู่บ้าน (village_id)"),
        ("students", [["school_id", "grade", "village_id"], ["1", "P1", "3"]], "จำนวนนักเรียน (count)"),
        (
            "students",
            [["ชั้น", "เลขประจำตัวประชาชน", "หมู่", "ตำบล"], ["ป.1", "1100000000008", "1", "ชัยนาม"]],
            "(school_id)",
        ),
        ("enrolment", [["school_id", "year"], ["1", "2568"]], "จำนวนนักเรียน (count)"),
        ("students", [["school_id", "grade", "village_id", "count"]], "อย่างน้อยหนึ่งแถว"),
        ("students", [["", ""], ["", ""]], "ไม่มีข้อมูล"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, table: str, rows: Rows, named: str) -> None:
    with pytest.raises(TableError) as caught:
        read(write(tmp_path, table, rows))
    assert named in caught.value.thai
    assert f"inputs/{table}.csv" in caught.value.thai
    assert f"inputs/{table}.csv" in caught.value.english


def test_an_optional_table_with_a_head_only_is_empty(tmp_path: Path) -> None:
    frames, problems = read(
        write(tmp_path, "mergers", [["school_id", "grades", "from_term", "host_id", "kind", "programme"]])
    )
    assert frames["mergers"].empty
    assert rules(problems) == ["empty-table"]


def test_a_row_of_data_taken_for_a_head_is_not_told(tmp_path: Path) -> None:
    rows = [["เด็กชายสมชาย ใจดี", "0812345678", "ป.1"], ["เด็กหญิงสมหญิง ใจงาม", "0898765432", "ป.2"]]
    with pytest.raises(TableError) as caught:
        read(write(tmp_path, "students", rows))
    assert not any(text in str(caught.value) for text in ("สมชาย", "สมหญิง", "0812345678"))


def test_a_head_that_tells_of_a_person_is_masked(tmp_path: Path) -> None:
    rows = [
        ["school_id", "year", "grade", "count", "ห้องของ นายสมชาย ใจดี", "1-1000-00000-00-8"],
        ["1", "2568", "P1", "3", "x", "y"],
    ]
    _, problems = read(write(tmp_path, "enrolment", rows))
    assert said(problems) == [("unknown-column", 1, "คอลัมน์ที่ 5", ""), ("unknown-column", 1, "คอลัมน์ที่ 6", "")]
    assert "สมชาย" not in str(problems)


@pytest.mark.parametrize("number", ["1100000000008", "1-1000-00000-00-8", "๑๑๐๐๐๐๐๐๐๐๐๐๘", "ผู้ปกครอง 1100000000008"])
def test_a_citizen_number_in_a_text_goes_no_further(tmp_path: Path, number: str) -> None:
    rows = [
        ["school_id", "name", "tambon", "amphoe", "lat", "lon", "grades"],
        ["1099000001", number, "ชัยนาม", "วังทอง", "16.123456789012345", "100.1234567890123", "P1-P6"],
    ]
    frames, problems = read(write(tmp_path, "schools", rows))
    assert rows_of(frames["schools"], "name", "lat", "lon") == [
        (2, "(ปกปิด)", "16.123456789012345", "100.1234567890123")
    ]
    assert said(problems) == [("citizen-number", 2, "name", "(ปกปิด)")]


# -- registers of pupils ----
LONG = [
    "รหัสโรงเรียน ต้องกรอก", "ชื่อโรงเรียน", "เลขประจำตัวประชาชน", "ชั้น", "ห้อง", "รหัสนักเรียน", "เพศ", "คำนำหน้าชื่อ", "ชื่อ",
    "นามสกุล", "หมู่ (ทะเบียนบ้าน)", "ตำบล (ทะเบียนบ้าน)", "อำเภอ (ทะเบียนบ้าน)", "จังหวัด (ทะเบียนบ้าน)",
    "หมู่ (ที่อยู่ปัจจุบัน)", "ตำบล (ที่อยู่ปัจจุบัน)", "อำเภอ(ที่อยู่ปัจจุบัน)", "จังหวัด (ที่อยู่ปัจจุบัน)",
    "ระยะทางจากบ้านถึงโรงเรียน (ถนนลูกรัง)", "ระยะทางจากบ้านถึงโรงเรียน (ถนนลาดยาง)", "ระยะทางจากบ้านถึงโรงเรียน (ทางน้ำ)",
    "ลักษณะการเดินทางมาโรงเรียน",
]  # fmt: skip


def test_the_long_register_gives_a_row_a_pupil(tmp_path: Path) -> None:
    rows = [
        ["รายงานข้อมูลนักเรียนรายบุคคล"],
        ["ข้อมูล ณ วันที่ ๑๐ พฤศจิกายน ๒๕๖๙"],
        [],
        LONG,
        ["1099000001", "บ้านไร่", "1100000000008", "ป.4", "1", "77", "ช", "เด็กชาย", "สมชาย", "ใจดี",
         "9", "ที่อื่น", "ที่อื่น", "ที่อื่น", "1", "ชัยนาม", "วังทองสมมุติ", "สมมุติ", "0", "1.5", "0", "เดินเท้า"],
        ["1099000002", "วัดใหม่", "1.10E+12", "อ.2", "1", "78", "ญ", "เด็กหญิง", "สมหญิง", "ใจดี",
         "1", "ชัยนาม", "เนินสมมุติ", "สมมุติ", "", "", "", "", "2", "", "", "เดินเท้า"],
        ["1099000001", "บ้านไร่", "1100000000016", "ป.5", "1", "79", "ช", "เด็กชาย", "สมคิด", "ใจดี",
         "", "", "", "", "8", "ชัยนาม", "วังทองสมมุติ", "สมมุติ", "", "", "", ""],
    ]  # fmt: skip
    frames, problems = read(write(tmp_path, "students", rows, ".xlsx"))
    assert list(frames) == ["students"]
    frame = frames["students"]
    assert set(frame) == {
        "school_id", "grade", "village_id", "student_key", "as_of",
        "declared_unpaved", "declared_paved", "declared_water", "mode",
    }  # fmt: skip
    assert rows_of(frame, "school_id", "grade", "village_id", "student_key", "declared_paved", "as_of") == [
        (5, "1099000001", "ป.4", "99080101", pupil_key(SALT, "1100000000008"), "1.5", "2026-11-10"),
        (6, "1099000002", "อ.2", "99090101", pupil_key(SALT, "1099000002/78"), "", "2026-11-10"),
        (7, "1099000001", "ป.5", "", pupil_key(SALT, "1100000000016"), "", "2026-11-10"),
    ]
    assert said([p for p in problems if p.rule != "unknown-column"]) == [
        ("date-of-title", 4, "as_of", "2026-11-10"),
        ("number-lost", 6, "national_id", "(ปกปิด)"),
        ("registered-address", 6, "reg_tambon", ""),
        ("village-unknown", 7, "village_id", "หมู่ 8 ตำบลชัยนาม"),
    ]


SHORT = ["เลขประจำตัวนักเรียน(13 หลัก)", "ชั้น", "ชื่อ", "บ้านเลขที่", "หมู่", "ตำบล", "อำเภอ", "จังหวัด"]
CHILD = ["1100000000008", "ป.4", "สมชาย", "9/1", "2", "ต.ชัยนาม", "อ.วังทองสมมุติ", "จ.สมมุติ"]


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("โรงเรียนวัดใหม่(ประชาอุปถัมภ์) อำเภอวังทอง", "1099000002"),
        ("ข้อมูลนักเรียน โรงเรียน บ้านไร่ ตำบลชัยนาม", "1099000001"),
        ("โรงเรียนบ้านไร่เหนือ", "1099000005"),
        ("รร.บ้านไร่ ปีการศึกษา 2569", "1099000001"),
        ("รหัสโรงเรียน 99010003", "1099000003"),
        ("1099000005 โรงเรียนบ้านไร่เหนือ", "1099000005"),
    ],
)
def test_the_school_of_a_short_register_is_named_above_it(tmp_path: Path, title: str, code: str) -> None:
    frames, problems = read(write(tmp_path, "students", [[title], SHORT, CHILD]))
    assert rows_of(frames["students"], "school_id", "village_id", "student_key") == [
        (3, code, "99080102", pupil_key(SALT, "1100000000008"))
    ]
    assert ("school-of-title", 2, "school_id", code) in said(problems)


@pytest.mark.parametrize(
    "title",
    [
        "โรงเรียนบ้านน้ำริน",  # two schools are called so
        "โรงเรียนบ้านไร่ใต้",  # another school, whose name begins as one of the office's does
        "โรงเรียนบ้านไร่ และ โรงเรียนบ้านไร่เหนือ",
        "รายชื่อนักเรียน ตำบลบ้านไร่",
        "1199000001",
    ],
)
def test_a_short_register_of_an_unknown_school_is_refused(tmp_path: Path, title: str) -> None:
    with pytest.raises(TableError, match="school_id"):
        read(write(tmp_path, "students", [[title], SHORT, CHILD]))


def test_schools_named_in_rows_get_their_codes(tmp_path: Path) -> None:
    names = ["บ้านไร่", "โรงเรียน วัดใหม่(ประชาอุปถัมภ์)", "บ้านน้ำริน", "สมชาย ใจดี"]
    rows = [["ชื่อโรงเรียน", *SHORT], *([name, *CHILD] for name in names)]
    frames, problems = read(write(tmp_path, "students", rows))
    assert frames["students"]["school_id"].tolist() == ["1099000001", "1099000002", "", ""]
    assert [s for s in said(problems) if s[2] == "school_id"] == [
        ("ambiguous-school", 4, "school_id", "บ้านน้ำริน"),
        ("unknown-school", 5, "school_id", "(ปกปิด)"),
    ]
    assert "1099000003, 1099000004" in str(problems)
    assert "สมชาย" not in str(problems)


def test_a_list_of_names_without_numbers_is_a_pupil_a_row(tmp_path: Path) -> None:
    rows = [["รหัสโรงเรียน", "ชั้น", "ชื่อ", "นามสกุล", "หมู่", "ตำบล"], ["1099000001", "ป.1", "ก", "ข", "2", "ชัยนาม"]]
    frames, _ = read(write(tmp_path, "students", rows))
    assert rows_of(frames["students"], "village_id", "student_key") == [(2, "99080102", "")]
    assert "count" not in frames["students"]


def test_without_a_secret_no_number_is_used(tmp_path: Path) -> None:
    path = write(tmp_path, "students", [["รหัสโรงเรียน", *SHORT], ["1099000001", *CHILD]])
    frames, _ = read_file(path, "students", "inputs/students.csv", {}, None, KNOWN)
    assert frames["students"]["student_key"].tolist() == [""]


@pytest.mark.parametrize("number", ["1100000000008", "1-1000-00000-00-8", "๑๑๐๐๐๐๐๐๐๐๐๐๘"])
def test_a_citizen_number_as_key_becomes_a_key(tmp_path: Path, number: str) -> None:
    rows = [["student_key", "school_id", "grade", "village_id"], [number, "1", "P1", "2"], ["a-1", "1", "P1", "2"]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert frames["students"]["student_key"].tolist() == [pupil_key(SALT, "1100000000008"), "a-1"]
    assert said(problems) == [("citizen-number", 2, "student_key", "(ปกปิด)")]


def test_counts_by_address_get_their_villages(tmp_path: Path) -> None:
    rows = [["school_id", "grade", "count", "หมู่", "ตำบล", "อำเภอ"], ["1099000001", "P1", "7", "1", "ชัยนาม", "เนินสมมุติ"]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert rows_of(frames["students"], "village_id", "count") == [(2, "99090101", "7")]
    assert problems == []


@pytest.mark.parametrize(
    ("titles", "as_of"),
    [
        (["ข้อมูล ณ วันที่ 10 พฤศจิกายน 2569"], "2026-11-10"),
        (["ข้อมูล ณ วันที่ 10 พ.ย. ๒๕๖๙"], "2026-11-10"),
        (["ณ 10/6/2569"], "2026-06-10"),
        (["ภาคเรียนที่ 2 ปีการศึกษา 2569"], "2/2569"),
        (["ภาคเรียนที่ ๒/๒๕๖๙"], "2/2569"),
        (["ปีการศึกษา 2569 ภาคเรียนที่ 1"], "1/2569"),
        (["ภาคเรียนที่ 2 ปีการศึกษา 2569", "ข้อมูล ณ วันที่ 10 พฤศจิกายน 2569"], "2026-11-10"),
        # A print of last term's roll, made in the next one.
        (["ภาคเรียนที่ 2 ปีการศึกษา 2569", "ข้อมูล ณ วันที่ 20 มิถุนายน 2570"], "2/2569"),
        (["พิมพ์วันที่ 10 พฤศจิกายน 2569"], ""),
        (["ข้อมูล ณ วันที่ 31 พฤศจิกายน 2569"], ""),
        (["รายชื่อนักเรียน"], ""),
    ],
)
def test_the_day_of_a_register_is_read_above_it(tmp_path: Path, titles: list[str], as_of: str) -> None:
    rows = [*([title] for title in titles), ["รหัสโรงเรียน", *SHORT], ["1099000001", *CHILD]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert frames["students"].get("as_of", pd.Series([""])).tolist() == [as_of]
    assert [p.value for p in problems if p.rule == "date-of-title"] == [as_of] * bool(as_of)


def test_year_and_term_in_columns_of_their_own(tmp_path: Path) -> None:
    rows = [["ปีการศึกษา", "ภาคเรียนที่", "รหัสโรงเรียน", *SHORT], ["2569", "2", "1099000001", *CHILD]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert frames["students"]["as_of"].tolist() == ["2/2569"]
    assert "date-of-title" not in rules(problems)


@pytest.mark.parametrize(
    "title",
    [
        "วันที่พิมพ์ ข้อมูล 15/6/2570",
        "พิมพ์เมื่อ ณ วันที่ 15 มิถุนายน 2570",
        "ออกรายงาน ณ วันที่ 15 มิถุนายน 2570",
        "ณ วันที่ 15 มิถุนายน 2570 เวลา 09.12 น.",
        "ณ 15/6/2570 09:12",
        "Printed ณ วันที่ 15/6/2570",
    ],
)
def test_the_day_of_printing_is_not_that_of_the_data(tmp_path: Path, title: str) -> None:
    rows = [[title], ["รหัสโรงเรียน", *SHORT], ["1099000001", *CHILD]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert "as_of" not in frames["students"]
    assert "date-of-title" not in rules(problems)
    rows.insert(0, ["ข้อมูล ณ วันที่ 10 พฤศจิกายน 2569 เวลา 16.30 น."])
    frames, problems = read(write(tmp_path, "students", rows))
    assert frames["students"]["as_of"].tolist() == ["2026-11-10"]
    for both in (f"ข้อมูล ณ วันที่ 10 พฤศจิกายน 2569 {title}", f"{title} ข้อมูล ณ วันที่ 10 พฤศจิกายน 2569"):
        frames, problems = read(write(tmp_path, "students", [[both], *rows[2:]]))
        assert frames["students"]["as_of"].tolist() == ["2026-11-10"]


@pytest.mark.parametrize(
    ("titles", "named"),
    [
        (["ภาคเรียนที่ 1 ปีการศึกษา 2569", "ภาคเรียนที่ 2/2569"], ["1/2569", "2/2569"]),
        (["ปีการศึกษา 2569 ภาคเรียนที่ 1 (เดิม ภาคเรียนที่ 2 ปีการศึกษา 2568)"], ["2/2568", "1/2569"]),
        (["ข้อมูล ณ วันที่ 10 มิถุนายน 2569", "ข้อมูล ณ วันที่ 10 พฤศจิกายน 2569"], ["2026-06-10", "2026-11-10"]),
        (["ณ วันที่ 10 มิ.ย. 2569 และ ณ วันที่ 20 มิ.ย. 2569"], ["2026-06-10", "2026-06-20"]),
    ],
)
def test_two_times_of_the_data_are_the_analysts_to_settle(tmp_path: Path, titles: list[str], named: list[str]) -> None:
    rows = [*([title] for title in titles), ["รหัสโรงเรียน", *SHORT], ["1099000001", *CHILD]]
    with pytest.raises(TableError) as caught:
        read(write(tmp_path, "students", rows))
    assert f"inputs/students.csv แถว {len(titles) + 1}" in caught.value.thai
    assert ", ".join(named) in caught.value.thai
    assert "as_of" in caught.value.thai
    # A column settles it.
    rows = [*rows[:-2], ["as_of", *rows[-2]], ["2/2569", *rows[-1]]]
    frames, _ = read(write(tmp_path, "students", rows))
    assert frames["students"]["as_of"].tolist() == ["2/2569"]


def test_a_day_settles_two_terms_and_both_are_told(tmp_path: Path) -> None:
    titles = ["เทียบภาคเรียนที่ 1/2569 กับภาคเรียนที่ 2/2569", "ข้อมูล ณ วันที่ 10 พฤศจิกายน 2569"]
    rows = [*([title] for title in titles), ["รหัสโรงเรียน", *SHORT], ["1099000001", *CHILD]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert frames["students"]["as_of"].tolist() == ["2026-11-10"]
    told = next(p for p in problems if p.rule == "date-of-title")
    assert "1/2569, 2/2569" in told.message


# -- several schools in one sheet ----
def child(number: str, moo: str = "1") -> list[str]:
    return [number, "ป.4", "สมชาย", "9/1", moo, "ต.ชัยนาม", "อ.วังทองสมมุติ", "จ.สมมุติ"]


STACKED = [
    ["รายชื่อนักเรียนชั้นประถมศึกษาปีที่ 4"],
    ["โรงเรียนบ้านไร่"],
    SHORT,
    child("1100000000008"),
    child("1100000000016"),
    [],
    ["รายชื่อนักเรียนชั้นประถมศึกษาปีที่ 4"],
    ["โรงเรียนบ้านไร่เหนือ ตำบลชัยนาม"],
    SHORT,
    child("1100000000024", "2"),
    ["รหัสโรงเรียน", "99010002"],
    SHORT,
    child("1100000000032"),
]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_schools_beneath_each_other_have_their_own_pupils(tmp_path: Path, suffix: str) -> None:
    frames, problems = read(write(tmp_path, "students", STACKED, suffix))
    assert rows_of(frames["students"], "school_id", "village_id") == [
        (4, "1099000001", "99080101"),
        (5, "1099000001", "99080101"),
        (10, "1099000005", "99080102"),
        (13, "1099000002", "99080101"),
    ]
    assert [(p.row, p.value) for p in problems if p.rule == "school-of-title"] == [
        (3, "1099000001"),
        (9, "1099000005"),
        (12, "1099000002"),
    ]
    assert [p.message for p in problems if p.rule == "note-row"] == [
        "แถวหมายเหตุไม่ใช่ข้อมูล จึงข้าม รวม 3 แถว (แถว 7, 8, 11)"
    ]


@pytest.mark.parametrize("title", ["โรงเรียนบ้านไร่ใต้", "บ้านไร่ใต้", "โรงเรียนบ้านน้ำริน", "รหัสโรงเรียน 99019999"])
def test_pupils_under_an_unknown_school_are_nobody_elses(tmp_path: Path, title: str) -> None:
    rows = [*STACKED[:7], [title], *STACKED[8:10]]
    with pytest.raises(TableError) as caught:
        read(write(tmp_path, "students", rows))
    assert "inputs/students.csv แถว 9 " in caught.value.thai
    assert "รหัสโรงเรียน" in caught.value.thai
    # Without a pupil beneath it, the title harms nobody.
    frames, _ = read(write(tmp_path, "students", rows[:-1]))
    assert frames["students"]["school_id"].tolist() == ["1099000001"] * 2


def test_pupils_above_the_first_school_are_nobody_elses(tmp_path: Path) -> None:
    rows = [["โรงเรียนบ้านไร่ใต้"], *STACKED[2:]]
    with pytest.raises(TableError, match="แถว 2 "):
        read(write(tmp_path, "students", rows))


def test_a_school_named_between_rows_begins_its_own_part(tmp_path: Path) -> None:
    rows = [*STACKED[1:5], ["โรงเรียนบ้านไร่เหนือ"], child("1100000000024"), ["ผู้อำนวยการโรงเรียนวัดใหม่"]]
    frames, _ = read(write(tmp_path, "students", rows))
    assert frames["students"]["school_id"].tolist()[:3] == ["1099000001", "1099000001", "1099000005"]
    with pytest.raises(TableError, match="แถว 5 "):
        read(write(tmp_path, "students", [*rows[:4], ["โรงเรียนบ้านไร่ใต้"], *rows[5:]]))


@pytest.mark.parametrize(
    "titles", [[], ["ชั้นประถมศึกษาปีที่ 5"], ["หน้า 2", "ณ วันที่ 10 พ.ย. 2569"], ["รายชื่อนักเรียนชั้น ป.5/1 ห้อง ๒"]]
)
def test_the_next_page_or_class_is_of_the_same_school(tmp_path: Path, titles: list[str]) -> None:
    rows = [*STACKED[:5], *([title] for title in titles), SHORT, child("1100000000024")]
    frames, _ = read(write(tmp_path, "students", rows))
    assert frames["students"]["school_id"].tolist() == ["1099000001"] * 3


def test_titles_between_rows_that_have_codes_are_no_data(tmp_path: Path) -> None:
    head = ["รหัสโรงเรียน", "ปีการศึกษา", "ชั้น", "จำนวนนักเรียน"]
    rows = [head, ["1099000001", "2568", "ป.1", "10"], ["โรงเรียนบ้านไร่ใต้"], head, ["1099000002", "2568", "ป.1", "5"]]
    frames, problems = read(write(tmp_path, "enrolment", rows))
    assert rows_of(frames["enrolment"], "school_id", "count") == [(2, "1099000001", "10"), (5, "1099000002", "5")]
    assert said(problems) == [("repeated-head", 4, "", ""), ("note-row", 3, "", "")]


# -- sums among pupils ----
@pytest.mark.parametrize(
    "word", ["รวม", "รวมทั้งสิ้น", "รวมชั้น ป.1", "รวม ป.1", "รวมหมู่ที่ 1", "รวมโรงเรียนบ้านไร่", "ยอดรวม", "Total"]
)
@pytest.mark.parametrize("column", ["ชั้น", "รหัสหมู่บ้าน", "ชื่อหมู่บ้าน", "ตำบล", "กลุ่ม"])
def test_a_sum_beside_a_schools_code_is_not_counted(tmp_path: Path, column: str, word: str) -> None:
    head = ["รหัสโรงเรียน", "ชั้น", "รหัสหมู่บ้าน", "ชื่อหมู่บ้าน", "ตำบล", "กลุ่ม", "จำนวนนักเรียน"]
    row = dict(zip(head, ["1099000001", "ป.1", "", "", "", "", "12"], strict=True)) | {column: word}
    pupils = ["1099000001", "ป.1", "99080101", "รวมไทย", "รวมไทยพัฒนา", "ก", "12"]
    frames, problems = read(write(tmp_path, "students", [head, pupils, list(row.values())]))
    assert rows_of(frames["students"], "count") == [(2, "12")]
    assert ("total-row", 3, "", "") in said(problems)


def test_a_child_or_a_coded_village_called_like_a_sum_stays(tmp_path: Path) -> None:
    rows = [["รหัสโรงเรียน", *SHORT], ["1099000001", *CHILD[:2], "รวม", *CHILD[3:]]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert frames["students"].index.tolist() == [2]
    rows = [["school_id", "grade", "village_id", "ชื่อหมู่บ้าน", "count"], ["1", "P1", "99080101", "รวม", "3"]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert frames["students"].index.tolist() == [2]
    assert "total-row" not in rules(problems)


# -- grids ----
def test_pairs_of_pupils_and_rooms_give_a_row_a_grade(tmp_path: Path) -> None:
    rows = [
        ["จำนวนนักเรียน ปีการศึกษา 2568", "", "", "", "", "", "", ""],
        ["รหัสโรงเรียน", "ชื่อโรงเรียน", "อ.2", "", "ป.1", "", "รวม", ""],
        ["", "", "นร.", "ห้อง", "นร.", "ห้อง", "นร.", "ห้อง"],
        ["1099000001", "บ้านไร่", "5", "1", "7", "1", "12", "2"],
        ["1099000002", "วัดใหม่", "-", "-", "0", "0", "1", "0"],
        ["รวม", "", "5", "1", "8", "1", "13", "2"],
    ]
    frames, problems = read(write(tmp_path, "enrolment", rows))
    assert rows_of(frames["enrolment"], "school_id", "year", "grade", "count") == [
        (4, "1099000001", "2568", "K2", "5"),
        (4, "1099000001", "2568", "P1", "7"),
        (5, "1099000002", "2568", "P1", "0"),
    ]
    assert said(problems) == [
        ("total-row", 6, "", ""),
        ("sum-differs", 5, "total.pupils", "1"),
        ("sum-differs", 6, "P1.pupils", "8"),
        ("date-of-title", 2, "year", "2568"),
    ]
    assert "ในไฟล์เป็น 1 แต่บวกได้ 0" in str(problems)
    assert "ในไฟล์เป็น 8 แต่บวกได้ 7" in str(problems)


def test_boys_and_girls_are_added_up(tmp_path: Path) -> None:
    rows = [
        ["รหัสโรงเรียน", "ป.1", "", "ป.2", "", ""],
        ["", "ชาย", "หญิง", "ชาย", "หญิง", "รวม"],
        ["1099000001", "3", "๔", "2", "-", "2"],
        ["1099000002", "-", "-", "2", "สอง", "5"],
        ["1099000003", "1", "0", "2", "1", "4"],
    ]
    frames, problems = read(write(tmp_path, "students", rows))
    assert rows_of(frames["students"], "school_id", "grade", "count", "village_id") == [
        (3, "1099000001", "P1", "7", ""),
        (3, "1099000001", "P2", "2", ""),
        (4, "1099000002", "P2", "5", ""),
        (5, "1099000003", "P1", "1", ""),
        (5, "1099000003", "P2", "4", ""),
    ]
    assert [s for s in said(problems) if s[0] == "sum-differs"] == [
        ("sum-differs", 4, "P2.pupils", "5"),
        ("sum-differs", 5, "P2.pupils", "4"),
    ]


def test_nobody_in_a_grade_is_no_row_of_pupils(tmp_path: Path) -> None:
    head = ["รหัสโรงเรียน", "ป.1", "ป.2", "รวม"]
    rows = [head, ["1099000001", "3", "0", "3"], head, ["1099000002", "-", "๐", "0"]]
    frames, problems = read(write(tmp_path, "students", rows))
    assert rows_of(frames["students"], "school_id", "grade", "count") == [(2, "1099000001", "P1", "3")]
    assert said(problems) == [("repeated-head", 3, "", ""), ("no-villages", 1, "village_id", "")]


def test_a_half_that_is_no_number_is_not_passed_over(tmp_path: Path) -> None:
    rows = [["รหัสโรงเรียน", "ป.1", ""], ["", "ชาย", "หญิง"], ["1099000001", "3", "สี่"]]
    frames, _ = read(write(tmp_path, "totals", rows))
    assert frames["totals"]["count"].tolist() == ["3 + สี่"]


# -- schools that send grades elsewhere ----
BASICS = ["รหัสโรงเรียน", "ชื่อโรงเรียน", "ตำบล", "อำเภอ", "ละติจูด", "ลองจิจูด", "ชั้นที่เปิดสอน", "ชั้นที่มาเรียนรวม", "ชื่อโรงเรียนหลัก"]


def basics(code: str, name: str, tambon: str, grade: str, host: str, *more: str) -> list[str]:
    return [code, name, tambon, "วังทอง", "16.8", "100.4", "อ.2-ป.6", grade, host, *more]


def test_merged_grades_become_mergers(tmp_path: Path) -> None:
    rows = [
        [*BASICS, "เรียนรวมตั้งแต่ภาคเรียน"],
        basics("1", "บ้านไร่", "ชัยนาม", "ป.1", "วัดใหม่", "1/2565"),
        basics("1", "บ้านไร่", "ชัยนาม", "ป.2", "โรงเรียนวัดใหม่", "1/2565"),
        basics("1", "บ้านไร่", "ชัยนามม", "ป.4", "บ้านดอน", "2/2565"),
        ["", "", "", "", "", "", "", "ป.5", "บ้านดอน", "2/2565"],
        basics("2", "วัดใหม่", "ชัยนาม", "", "", ""),
        basics("3", "บ้านดอน", "ชัยนาม", "-", "-", "-"),
    ]
    frames, problems = read(write(tmp_path, "schools", rows))
    assert rows_of(frames["schools"], "school_id", "name", "tambon", "grades") == [
        (2, "1", "บ้านไร่", "ชัยนาม", "อ.2-ป.6"),
        (6, "2", "วัดใหม่", "ชัยนาม", "อ.2-ป.6"),
        (7, "3", "บ้านดอน", "ชัยนาม", "อ.2-ป.6"),
    ]
    assert rows_of(frames["mergers"], "school_id", "grades", "from_term", "host_id", "kind", "programme") == [
        (2, "1", "P1-P2", "1/2565", "2", "learn-together", "unspecified"),
        (4, "1", "P4-P5", "2/2565", "3", "learn-together", "unspecified"),
    ]
    assert said(problems) == [
        ("conflicting-basics", 4, "tambon", "ชัยนามม"),
        ("merger-assumed", 2, "kind", "learn-together"),
        ("merger-assumed", 2, "programme", "unspecified"),
    ]


def test_a_row_without_a_code_is_of_the_school_it_names(tmp_path: Path) -> None:
    rows = [
        [*BASICS, "เรียนรวมตั้งแต่ภาคเรียน"],
        basics("1", "บ้านไร่", "ชัยนาม", "ป.1", "วัดใหม่", "1/2565"),
        basics("", "โรงเรียนบ้านดอน", "ชัยนาม", "ป.2", "วัดใหม่", "1/2565"),
        ["", "", "", "", "", "", "", "ป.3", "วัดใหม่", "1/2565"],
        basics("", "บ้านใหม่", "ชัยนาม", "ป.4", "วัดใหม่", "1/2565"),
        ["", "", "", "", "", "", "", "ป.5", "วัดใหม่", "1/2565"],
        basics("2", "วัดใหม่", "ชัยนาม", "", "", ""),
        basics("3", "บ้านดอน", "ชัยนาม", "", "", ""),
        basics("", "บ้านดอน", "ชัยนาม", "ป.6", "วัดใหม่", "1/2565"),
    ]
    frames, problems = read(write(tmp_path, "schools", rows))
    assert rows_of(frames["mergers"], "school_id", "grades") == [
        (2, "1", "P1"),
        (3, "3", "P2-P3,P6"),
        (5, "", "P4-P5"),
    ]
    assert rows_of(frames["schools"], "school_id", "name")[:2] == [(2, "1", "บ้านไร่"), (3, "3", "โรงเรียนบ้านดอน")]
    assert ("unknown-school", 5, "school_id", "(ปกปิด)") in said(problems)
    assert {(row, code) for row, code in rows_of(frames["schools"], "school_id")} == {
        (2, "1"), (3, "3"), (5, ""), (6, ""), (7, "2"),
    }  # fmt: skip


def test_what_the_form_says_of_kind_and_programme_counts() -> None:
    fields = frame(
        school_id=["1", "1", "1", "2"],
        name=["ก", "ก", "ก", "ข"],
        merged_grade=["P1", "P2", "P3", ""],
        merged_host_id=["2", "2", "2", ""],
        merged_from_term=["1/2565"] * 3 + [""],
        merged_kind=["เรียนรวม", "เรียนรวม", "เลิก", ""],
        merged_programme=["1.1", "1.1", "1.1", ""],
    )
    frames, problems = part_mergers(fields, "f")
    assert rows_of(frames["mergers"], "school_id", "grades", "host_id", "kind", "programme") == [
        (2, "1", "P1-P2", "2", "เรียนรวม", "1.1"),
        (4, "1", "P3", "2", "เลิก", "1.1"),
    ]
    assert list(frames["schools"].index) == [2, 5]
    assert problems == []


def test_hosts_that_are_not_known_keep_their_name_to_be_corrected(tmp_path: Path) -> None:
    rows = [
        BASICS,
        basics("1", "บ้านไร่", "ชัยนาม", "ป.1", "บ้านดง"),
        basics("2", "บ้านดอน", "ชัยนาม", "ป.1", "บ้านหนอง"),
        basics("3", "บ้านดอน", "ชัยนาม", "ป.7", "บ้านไร่"),
        basics("4", "วัดใหม่", "ชัยนาม", "ป.1", "บ้านดอน"),
    ]
    frames, problems = read(write(tmp_path, "schools", rows))
    assert rows_of(frames["mergers"], "school_id", "grades", "from_term", "host_id") == [
        (2, "1", "P1", "", "บ้านดง"),
        (3, "2", "P1", "", "บ้านหนอง"),
        (4, "3", "ป.7", "", "1"),
        (5, "4", "P1", "", "บ้านดอน"),
    ]
    assert [s for s in said(problems) if s[2] in ("host_id", "from_term")] == [
        ("unknown-school", 2, "host_id", "บ้านดง"),
        ("unknown-school", 3, "host_id", "บ้านหนอง"),
        ("ambiguous-school", 5, "host_id", "บ้านดอน"),
        ("no-from-term", 2, "from_term", ""),
    ]


# -- people of villages ----
REGISTER = [
    "ปีเดือน", "รหัสจังหวัด", "ชื่อจังหวัด", "รหัสสำนักทะเบียน", "ชื่อสำนักทะเบียน", "รหัสตำบล", "ชื่อตำบล", "รหัสหมู่บ้าน", "ชื่อหมู่บ้าน",
    "ชาย", "หญิง", "ทั้งหมด", "บ้าน",
]  # fmt: skip


def people(registrar: str, tambon: str, village: str, name: str, *counts: str) -> list[str]:
    return ["6912", "99", "สมมุติ", "9908", registrar, tambon, "ชัยนาม", village, name, *counts]


@pytest.mark.parametrize("table", ["population", "villages"])
def test_the_population_register_gives_a_row_a_village(tmp_path: Path, table: str) -> None:
    rows = [
        REGISTER,
        people("อำเภอวังทองสมมุติ", "0", "0", "", "1,010", "1,000", "2,010", "800"),
        people("อำเภอวังทองสมมุติ", "99080100", "99080100", "", "1,010", "1,000", "2,010", "800"),
        people("อำเภอวังทองสมมุติ", "99080100", "99080101", "บ้านไร่", "600", "611", "1,211", "500"),
        people("อำเภอวังทองสมมุติ", "990801", "02", "บ้านเหนือ", "๑๐๐", "๙๙", "", "50"),
        people("เทศบาลตำบลชัยนาม", "99080100", "99080101", "บ้านไร่", "10", "5", "15", "9"),
        people("อำเภอวังทองสมมุติ", "99080100", "99080103", "บ้านผิด", "10", "5", "16", "9"),
        people("อำเภอวังทองสมมุติ", "99080100", "99080104", "บ้านว่าง", "-", "-", "-", "-"),
    ]
    frames, problems = read(write(tmp_path, table, rows))
    assert list(frames) == [table]
    assert rows_of(frames[table], "village_id", "name", "population", "amphoe") == [
        (4, "99080101", "บ้านไร่", "1226", "วังทองสมมุติ"),
        (5, "99080102", "บ้านเหนือ", "199", "วังทองสมมุติ"),
        (7, "99080103", "บ้านผิด", "16", "วังทองสมมุติ"),
        (8, "99080104", "บ้านว่าง", "", "วังทองสมมุติ"),
    ]
    if table == "population":
        assert rows_of(frames[table][:1], "men", "women", "houses") == [(4, "610", "616", "509")]
    assert [s for s in said(problems) if not s[0].endswith("-column")] == [
        ("total-row", 2, "", ""),
        ("sum-differs", 7, "population", "16"),
        ("registrars-added", 4, "population", ""),
    ]
    if table == "villages":
        assert rows_of(frames[table][:1], "lat", "lon", "point_source") == [(4, "", "", "")]


def test_an_odd_code_in_a_register_is_left_to_be_seen(tmp_path: Path) -> None:
    rows = [
        REGISTER,
        *(people("ก", "", code, "ก", "1", "1", "2", "1") for code in ("V1", "9908010", "หมู่บ้าน", "0", "12")),
    ]
    frames, problems = read(write(tmp_path, "population", rows))
    assert frames["population"]["village_id"].tolist() == ["V1", "9908010", "หมู่บ้าน"]
    assert [(p.rule, p.row) for p in problems if p.rule == "total-row"] == [("total-row", 5)]


def test_of_several_months_the_newest_counts(tmp_path: Path) -> None:
    rows = [REGISTER, people("ก", "990801", "99080101", "บ้านไร่", "1", "1", "2", "1")]
    rows.append(["6812", *people("ก", "990801", "99080101", "บ้านไร่", "5", "5", "10", "1")[1:]])
    frames, problems = read(write(tmp_path, "population", rows))
    assert rows_of(frames["population"], "village_id", "population") == [(2, "99080101", "2")]
    assert ("older-month", 3, "month", "6912") in said(problems)


def test_a_village_twice_in_a_plain_list_is_left_to_be_seen(tmp_path: Path) -> None:
    rows = [["village_id", "name", "men", "women"], ["99080101", "ก", "1", "2"], ["99080101", "ก", "1", "2"]]
    frames, _ = read(write(tmp_path, "villages", rows))
    assert rows_of(frames["villages"], "village_id", "population") == [(2, "99080101", "3"), (3, "99080101", "3")]


def test_villages_without_points_are_a_list_to_be_placed(tmp_path: Path) -> None:
    frames, problems = read(write(tmp_path, "villages", [["village_id", "name"], ["99080101", "ก"], ["99080102", "ข"]]))
    assert rows_of(frames["villages"], "village_id", "lat", "lon", "point_source") == [
        (2, "99080101", "", "", ""),
        (3, "99080102", "", "", ""),
    ]
    assert problems == []


# -- other tables ----
def test_polling_places(tmp_path: Path) -> None:
    rows = [
        ["province", "registrar", "subdistrict", "location", "latitude", "longitude"],
        ["พิษณุโลก", "อำเภอวังทอง", "วังทอง", "ศาลาหมู่ 3", "16.8", "100.4"],
    ]
    frames, problems = read(write(tmp_path, "polling", rows))
    assert rows_of(frames["polling"], "tambon", "name", "lat", "lon") == [(2, "วังทอง", "ศาลาหมู่ 3", "16.8", "100.4")]
    assert problems == []


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_points_of_a_map_file(tmp_path: Path, suffix: str) -> None:
    layer = gpd.GeoDataFrame(
        {"รหัสหมู่บ้าน": ["99080101", "99080102"], "ชื่อหมู่บ้าน": ["ก", "ข"], "ที่มาของพิกัด": ["survey", "osm"]},
        geometry=[shapely.Point(100.25, 16.5), shapely.Point(100.5, 16.75)],
        crs="EPSG:4326",
    )
    path = tmp_path / f"villages{suffix}"
    layer.to_file(path, driver={".geojson": "GeoJSON", ".gpkg": "GPKG"}[suffix])
    frames, problems = read(path)
    frame = frames["villages"]
    assert rows_of(frame, "village_id", "name", "point_source") == [
        (2, "99080101", "ก", "survey"),
        (3, "99080102", "ข", "osm"),
    ]
    assert frame["lat"].astype(float).tolist() == [16.5, 16.75]
    assert frame["lon"].astype(float).tolist() == [100.25, 100.5]
    assert problems == []


def test_tambons_that_are_drawn_get_a_point_inside(tmp_path: Path) -> None:
    ring = "POLYGON ((100 16, 100.2 16, 100.2 16.2, 100 16.2, 100 16))"
    rows = [
        ["tambon_code", "tambon", "amphoe", "wkt"],
        ["990801", "ชัยนาม", "วังทองสมมุติ", ring],
        ["990802", "ข", "ค", "เสีย"],
    ]
    frames, _ = read(write(tmp_path, "tambons", rows))
    frame = frames["tambons"]
    assert shapely.from_wkt(ring).contains(shapely.Point(float(frame.at[2, "lon"]), float(frame.at[2, "lat"])))
    assert frame.at[3, "lat"] == ""


@pytest.mark.parametrize(
    ("heads", "cells", "lat", "lon"),
    [
        (["พิกัด"], ["16.812345, 100.412345"], "16.812345", "100.412345"),
        (["พิกัด"], ["16.812345 100.412345"], "16.812345", "100.412345"),
        (["พิกัด"], ["POINT (100.4 16.8)"], "16.8", "100.4"),
        (["พิกัด"], ["https://maps.google.com/?q=16.812345,100.412345"], "16.812345", "100.412345"),
        (["พิกัด"], ["16,8123; 100,4123"], "16.8123", "100.4123"),
        (["พิกัด"], ["16°30'N 100°15'E"], "16.5", "100.25"),
        (["พิกัด"], ["https://www.google.com/maps/place/A/@16.7,100.3,15z/data=!3d16.5!4d100.25"], "16.5", "100.25"),
        (["พิกัด"], ["ไม่ทราบ"], "ไม่ทราบ", ""),
        (["ละติจูด", "ลองจิจูด"], ["16.8", "100.4"], "16.8", "100.4"),
        (["พิกัดตะวันออก (X)", "พิกัดเหนือ (Y)"], ["645123", "1859876"], "1859876", "645123"),
    ],
)
def test_points_however_they_are_given(tmp_path: Path, heads: list[str], cells: list[str], lat: str, lon: str) -> None:
    rows = [["school_id", "name", "tambon", "amphoe", "grades", *heads], ["1", "ก", "ข", "ค", "P1", *cells]]
    frames, problems = read(write(tmp_path, "schools", rows))
    assert rows_of(frames["schools"], "lat", "lon") == [(2, lat, lon)]
    assert problems == []


def test_zone_and_datum_go_along_with_the_points(tmp_path: Path) -> None:
    rows = [
        ["village_id", "name", "x", "y", "โซน UTM", "datum", "ที่มาของพิกัด"],
        ["1", "ก", "645123", "1859876", "47", "Indian 1975", "osm"],
    ]
    frames, _ = read(write(tmp_path, "villages", rows))
    assert rows_of(frames["villages"], "lat", "lon", "zone", "datum") == [(2, "1859876", "645123", "47", "Indian 1975")]


# -- codes ----
def frame(**columns: list[str]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.RangeIndex(2, 2 + rows, name="row"), dtype=object)


FILES = {name: f"inputs/{name}.csv" for name in ("schools", "students", "mergers", "payments")}


def test_codes_are_looked_up_and_never_derived() -> None:
    schools = frame(
        school_id=["1070480305", "1070160271"], smis_id=["52020005", "63020130"], obec_id=["480305", "160271"]
    )
    students = frame(school_id=["52020005", "1070480305", "๔๘๐๓๐๕", "160271.0", "1063020130", "99999999", ""])
    mergers = frame(school_id=["1070480305"], host_id=["63020130"])
    frames, problems = translate_codes({"schools": schools, "students": students, "mergers": mergers}, None, FILES)
    # "10" and a SMIS code is a code of some files, but whose it is must be looked up.
    assert frames["students"]["school_id"].tolist() == [
        "1070480305", "1070480305", "1070480305", "1070160271", "1063020130", "99999999", "",
    ]  # fmt: skip
    assert frames["mergers"]["host_id"].tolist() == ["1070160271"]
    assert [(p.rule, p.file, p.row, p.column, p.value) for p in problems] == [
        ("translated-code", FILES["students"], 2, "school_id", "52020005"),
        ("translated-code", FILES["students"], 4, "school_id", "๔๘๐๓๐๕"),
        ("translated-code", FILES["mergers"], 2, "host_id", "63020130"),
    ]
    assert "2 แถว (แถว 4, 5)" in problems[1].message


def test_the_crosswalk_translates_the_schools_too() -> None:
    crosswalk = frame(
        school_id=["1070480305", "1070160271"], smis_id=["52020005", "63020130"], obec_id=["", "1063020130"]
    )
    schools = frame(school_id=["52020005", "1070160271"], name=["ก", "ข"])
    students = frame(school_id=["52020005", "1063020130", "1070480305"])
    frames, problems = translate_codes({"schools": schools, "students": students}, crosswalk, FILES)
    assert frames["schools"]["school_id"].tolist() == ["1070480305", "1070160271"]
    assert frames["students"]["school_id"].tolist() == ["1070480305", "1070160271", "1070480305"]
    assert len(problems) == 3
    assert schools["school_id"].tolist() == ["52020005", "1070160271"], "what was given is changed"


def test_a_code_of_ours_stays_where_it_is_another_schools_old_one() -> None:
    schools = frame(school_id=["1", "2"], smis_id=["", "1"])
    frames, problems = translate_codes({"schools": schools, "students": frame(school_id=["1"])}, None, FILES)
    assert frames["students"]["school_id"].tolist() == ["1"]
    assert problems == []


def test_a_code_of_two_schools_stays_and_is_named() -> None:
    schools = frame(school_id=["1", "2"], smis_id=["65020001", "65020001"])
    payments = frame(school_id=["1", "65020001"], host_id=["2", "2"])
    frames, problems = translate_codes({"schools": schools, "payments": payments}, None, FILES)
    assert frames["payments"]["school_id"].tolist() == ["1", "65020001"]
    assert [(p.rule, p.row, p.value) for p in problems] == [("ambiguous-code", 3, "65020001")]
    assert "1, 2" in problems[0].message


@pytest.mark.parametrize(
    "name", ["โรงเรียนบ้านไร่", "บ้านไร่", " บ้าน ไร่ ", "รร.บ้านไร่", "ร.ร.บ้านไร่", "โรงเรียน\u200bบ้านไร่", "รร.โรงเรียนบ้านไร่"]
)
def test_a_school_is_known_by_its_name_however_it_is_written(name: str) -> None:
    assert (school_key(name) == school_key("บ้านไร่")) == (name != "รร.โรงเรียนบ้านไร่")

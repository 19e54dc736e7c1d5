"""Nothing of a child that is not needed gets past the reading: no value, in no table, in no message."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from restructure._errors import TableError
from restructure.intake.pupils import SALT_FILE, read_salt
from restructure.intake.shapes import read_file

#: Columns of the long register that nothing is read of (note on the DMC export), every one of them filled.
PRIVATE = [
    "คำนำหน้าชื่อ", "ชื่อ", "นามสกุล", "ชื่อ (ภาษาอังกฤษ)", "นามสกุล (ภาษาอังกฤษ)", "วันเกิด", "อายุ(ปี)", "หมู่โลหิต", "สัญชาติ", "เชื้อชาติ",
    "ศาสนา", "จำนวนพี่ชาย", "จำนวนน้องชาย", "จำนวนพี่สาว", "จำนวนน้องสาว", "สถานภาพสมรสของบิดามารดา",
    *(
        f"{what}{whose}"
        for whose in ("บิดา", "มารดา", "ผู้ปกครอง")
        for what in ("เลขประจำตัวประชาชน", "ชื่อ", "นามสกุล", "รายได้", "เบอร์โทรศัพท์", "อาชีพ")
    ),
    "ความเกี่ยวข้องของผู้ปกครองกับนักเรียน",
    *(
        f"{what} ({which})"
        for which in ("ทะเบียนบ้าน", "ที่อยู่ปัจจุบัน")
        for what in ("รหัสประจำบ้าน", "เลขที่บ้าน", "ถนน", "รหัสไปรษณีย์")
    ),
    "น้ำหนัก", "ส่วนสูง", "ความด้อยโอกาส", "ความพิการ", "ขาดแคลนแบบเรียน", "ขาดแคลนอาหารกลางวัน", "GPA", "GPAX", "โทรศัพท์มือถือ",
    "อีเมล", "ชื่อเล่น", "โรคประจำตัว",
]  # fmt: skip
#: Columns that something is made of, but that must not be found again as they are.
HASHED = {"เลขประจำตัวประชาชน": "1102003004005", "รหัสนักเรียน": "70707"}
NEEDED = {
    "รหัสโรงเรียน": "1099000001",
    "ชั้น": "ป.4",
    "หมู่ (ที่อยู่ปัจจุบัน)": "1",
    "ตำบล (ที่อยู่ปัจจุบัน)": "ชัยนาม",
    "อำเภอ (ที่อยู่ปัจจุบัน)": "วังทองสมมุติ",
    "ระยะทางจากบ้านถึงโรงเรียน (ถนนลาดยาง)": "1.5",
}
UNKNOWN = ["คอลัมน์ของโรงเรียน", "บันทึกครูประจำชั้น", "xyz"]
KNOWN = {
    "schools": pd.DataFrame({"school_id": ["1099000001"], "name": ["บ้านไร่"]}),
    "villages": pd.DataFrame(
        {"village_id": ["99080101"], "name": ["บ้านไร่"], "tambon": ["ชัยนาม"], "amphoe": ["วังทองสมมุติ"]}
    ),
}


def marker(place: int, row: int) -> str:
    return f"ลับ{place:03d}ช่อง{row}"


def write_register(path: Path, heads: list[str], rows: int, values: dict[str, Any]) -> None:
    book = openpyxl.Workbook()
    book.active.append(["รายงานข้อมูลนักเรียนรายบุคคล"])
    book.active.append(heads)
    for row in range(rows):
        book.active.append([values.get(head, marker(place, row)) for place, head in enumerate(heads)])
    book.save(path)


def everything(frames: dict[str, pd.DataFrame], problems: list[Any]) -> str:
    return "".join(frame.to_csv() for frame in frames.values()) + repr(problems)


def test_no_value_of_a_private_column_is_in_a_table_or_a_message(tmp_path: Path) -> None:
    heads = [*list(NEEDED)[:2], *HASHED, *PRIVATE, *UNKNOWN, *list(NEEDED)[2:]]
    path = tmp_path / "students.xlsx"
    write_register(path, heads, 3, {**NEEDED, **HASHED})
    frames, problems = read_file(path, "students", "inputs/students.xlsx", {}, lambda: read_salt(tmp_path), KNOWN)
    frame = frames["students"]
    assert frame["village_id"].tolist() == ["99080101"] * 3, "the register is not read at all"
    assert frame["declared_paved"].tolist() == ["1.5"] * 3
    assert frame["student_key"].str.fullmatch("p[0-9a-f]{16}").all()
    said = everything(frames, problems)
    assert "ลับ" not in said
    for value in HASHED.values():
        assert value not in said
    # The names of columns are no secrets: whoever asks what was left out is told.
    assert [p.column for p in problems if p.rule == "unknown-column"] == UNKNOWN
    secret = (tmp_path / SALT_FILE).read_text("ascii").strip()
    assert secret not in said


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_rows_that_have_slipped_by_columns_tell_nothing_new(tmp_path: Path, shift: int) -> None:
    """Names and numbers stand where the school, the village or the amphoe should: no message may quote them."""
    heads = ["ชื่อโรงเรียน", "รหัสโรงเรียน", "ชั้น", "เลขประจำตัวประชาชน", "ชื่อ", "หมู่", "ตำบล", "อำเภอ", "หมู่บ้าน"]
    cells = ["บ้านไร่", "1099000001", "ป.4", "1102003004005", "สมชายลับ", "1", "ชัยนาม", "วังทองสมมุติ", "บ้านไร่"]
    slipped = [*cells[-shift:], *cells[:-shift]]
    book = openpyxl.Workbook()
    for row in (heads, cells, slipped, [*slipped[::-1]]):
        book.active.append(row)
    path = tmp_path / "students.xlsx"
    book.save(path)
    frames, problems = read_file(path, "students", "inputs/students.xlsx", {}, lambda: bytes(32), KNOWN)
    assert "1102003004005" not in everything(frames, problems)
    assert "สมชายลับ" not in repr(problems)
    # The canonical columns still hold what stands there; what is no village or key is gone.
    assert set(frames["students"]["village_id"]) <= {"99080101", ""}


@pytest.mark.parametrize(
    "key",
    ["1-1020-03004-00-5", '="1102003004005"', "'1102003004005", "G6500001", "081-234-5678", "เด็กชายสมมุติ", "Somchai"],
)
def test_an_own_key_that_tells_of_a_child_goes_no_further(tmp_path: Path, key: str) -> None:
    book = openpyxl.Workbook()
    for row in (["student_key", "school_id", "grade", "village_id"], [key, "1", "P1", "2"], ["k2", "1", "P1", "2"]):
        book.active.append(row)
    for cell in book.active["A"]:
        cell.data_type = "s"  # no formula
    path = tmp_path / "students.xlsx"
    book.save(path)
    frames, problems = read_file(path, "students", "inputs/students.xlsx", {}, lambda: bytes(32), KNOWN)
    assert key not in everything(frames, problems)
    first, second = frames["students"]["student_key"]
    assert re.fullmatch("p[0-9a-f]{16}", first)
    assert second == "k2", "what tells nothing stays the office's own"


@pytest.mark.parametrize(
    "heads",
    [PRIVATE, ["ชื่อ", "นามสกุล", "เพศ"], ["เลขประจำตัวประชาชนบิดา", "เบอร์โทรศัพท์มารดา"], [*PRIVATE[:9], "เพศ", "หมายเหตุ"]],
)
def test_a_file_that_holds_only_what_is_dropped_is_refused(tmp_path: Path, heads: list[str]) -> None:
    path = tmp_path / "students.xlsx"
    write_register(path, heads, 2, {})
    with pytest.raises(TableError) as caught:
        read_file(path, "students", "inputs/students.xlsx", {}, lambda: read_salt(tmp_path), KNOWN)
    assert "ข้อมูลส่วนบุคคล" in caught.value.thai
    assert "inputs/students.xlsx" in caught.value.english
    assert "ลับ" not in str(caught.value)
    assert not (tmp_path / SALT_FILE).exists()


@pytest.mark.parametrize("table", ["schools", "villages", "mergers", "enrolment", "students"])
def test_a_register_under_a_wrong_name_tells_nothing(tmp_path: Path, table: str) -> None:
    heads = [*NEEDED, *HASHED, *PRIVATE]
    path = tmp_path / f"{table}.xlsx"
    values = {**NEEDED, **HASHED, **dict.fromkeys(PRIVATE[::5], "1102003004005")}
    write_register(path, heads, 2, values)
    try:
        said = everything(*read_file(path, table, f"inputs/{table}.xlsx", {}, lambda: bytes(32), KNOWN))
    except TableError as error:
        said = str(error)
    assert "ลับ" not in said
    assert not re.search(r"1102003004005|70707", said)


def test_the_secret_is_made_only_where_pupils_have_numbers(tmp_path: Path) -> None:
    path = tmp_path / "students.csv"
    path.write_text("school_id,grade,village_id,count\n1099000001,P1,99080101,3\n", "utf-8")
    read_file(path, "students", "inputs/students.csv", {}, lambda: read_salt(tmp_path), KNOWN)
    assert not (tmp_path / SALT_FILE).exists()

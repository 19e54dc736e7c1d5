"""Office files as offices have them: heads, encodings, codes, cells and broken files."""

from __future__ import annotations

import csv
import datetime
import io
import math
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from restructure import cycle
from restructure._errors import TableError
from restructure.area import read_outline
from restructure.audit import declared_values
from restructure.intake import Problem, as_problem_table, columns_of, find_table, read_table
from restructure.intake.features import read_layers

Rows = list[list[Any]]
#: By table: English heads, Thai heads, cells as an office writes them, and what they mean.
EXAMPLES: dict[str, tuple[str, str, list[str], list[Any]]] = {
    "schools": (
        "school_id,name,tambon,amphoe,lat,lon,grades,smis_id,village_id,rooms,teachers,special_area,status,readiness",
        "รหัสโรงเรียน,ชื่อโรงเรียน,ตำบล,อำเภอ,ละติจูด,ลองจิจูด,ชั้นที่เปิดสอน,รหัส SMIS,รหัสหมู่บ้านที่ตั้ง,จำนวนห้องเรียนที่ใช้ได้,"
        "จำนวนครู,พื้นที่ลักษณะพิเศษ,สถานะ,ความพร้อม",
        ["1065000001", "บ้านน้ำ", "วังทอง", "วังทอง", "16.8", "100.4", "อ.2-ป.6", "65020001", "65080101", "8", "5",
         "ภูเขา", "เปิด", "พร้อม"],
        ["1065000001", "บ้านน้ำ", "วังทอง", "วังทอง", 16.8, 100.4, "K2-P6", "65020001", "65080101", 8, 5,
         "ภูเขา", "open", "พร้อม"],
    ),
    "villages": (
        "village_id,name,lat,lon,point_source,tambon,amphoe,population,remark",
        "รหัสหมู่บ้าน,ชื่อหมู่บ้าน,ละติจูด,ลองจิจูด,ที่มาของพิกัด,ตำบล,อำเภอ,จำนวนประชากร,หมายเหตุ",
        ["65080101", "บ้านไร่", "16.8", "100.4", "survey", "วังทอง", "วังทอง", "1,250", ""],
        ["65080101", "บ้านไร่", 16.8, 100.4, "survey", "วังทอง", "วังทอง", 1250, ""],
    ),
    "students": (
        "school_id,grade,village_id,count,student_key,lat,lon,as_of,from_school_id,sex,declared_m,declared_unpaved,"
        "declared_paved,declared_water,mode",
        "รหัสโรงเรียน,ชั้น,รหัสหมู่บ้าน,จำนวนนักเรียน,รหัสอ้างอิงนักเรียน,ละติจูด,ลองจิจูด,ข้อมูล ณ,รหัสโรงเรียนเดิม,เพศ,ระยะทางที่แจ้ง,"
        "ระยะทางจากบ้านถึงโรงเรียน (ถนนลูกรัง),ระยะทางจากบ้านถึงโรงเรียน (ถนนลาดยาง),ระยะทางจากบ้านถึงโรงเรียน (ทางน้ำ),วิธีเดินทาง",
        ["1065000001", "ป.4", "65080101", "1", "a-1", "16.8", "100.4", "2/2569", "1065000002", "ญ", "700", "0.2",
         "0.5", "0", "เดินเท้า"],
        ["1065000001", "P4", "65080101", 1, "a-1", 16.8, 100.4, "2/2569", "1065000002", "ญ", 700.0, 0.2,
         0.5, 0.0, "walk"],
    ),
    "mergers": (
        "school_id,grades,from_term,host_id,kind,programme,legal_status",
        "รหัสโรงเรียนมารวม,ชั้นที่มารวม,ตั้งแต่ภาคเรียน,รหัสโรงเรียนหลัก,ลักษณะการรวม,โครงการ,สถานะทางกฎหมาย",
        ["1065000001", "P4-P6", "๑/๒๕๗๐", "1065000002", "มาเรียนรวม", "1.2", "คงสถานภาพ"],
        ["1065000001", "P4-P6", "1/2570", "1065000002", "learn-together", "second-decade", "คงสถานภาพ"],
    ),
    "enrolment": (
        "school_id,year,grade,count",
        "รหัสโรงเรียน,ปีการศึกษา,ชั้น,จำนวนนักเรียน",
        ["1065000001", "2568", "อ.3", "12"],
        ["1065000001", 2568, "K3", 12],
    ),
    "ceilings": (
        "round,letter,baht,date",
        "รอบ,หนังสือแจ้งวงเงิน,วงเงิน,วันที่",
        ["พฤศจิกายน", "ศธ ๐๔๐๐๖/ว๑", "441,703", "9/11/2569"],
        ["november", "ศธ ๐๔๐๐๖/ว๑", 441703, "2026-11-09"],
    ),
    "payments": (
        "round,host_id,school_id,baht,date",
        "รอบ,รหัสโรงเรียนหลัก,รหัสโรงเรียนมารวม,จำนวนเงินที่จ่าย,วันที่",
        ["พ.ค.", "1065000002", "1065000001", "5000", "2027-06-30"],
        ["may", "1065000002", "1065000001", 5000, "2027-06-30"],
    ),
    "closures": (
        "closure_id,from,to,reason,lat,lon,wkt",
        "รหัสการปิดถนน,ปิดตั้งแต่,ปิดถึง,เหตุที่ปิด,ละติจูด,ลองจิจูด,แนวที่ปิด (WKT)",
        ["สะพานน้ำริน", "1/9/2569", "ฤดูฝน", "น้ำท่วม", "16.8", "100.4", "POINT (100.4 16.8)"],
        ["สะพานน้ำริน", "2026-09-01", "wet-season", "น้ำท่วม", 16.8, 100.4, "POINT (100.4 16.8)"],
    ),
}  # fmt: skip
ENGLISH = {name: example[0].split(",") for name, example in EXAMPLES.items()}
THAI = {name: example[1].split(",") for name, example in EXAMPLES.items()}


def as_csv(rows: Rows) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def as_xlsx(rows: Rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def write(tmp_path: Path, table: str, rows: Rows, suffix: str = ".csv") -> Path:
    path = tmp_path / f"{table}{suffix}"
    path.write_bytes(as_csv(rows).encode("utf-8-sig") if suffix == ".csv" else as_xlsx(rows))
    return path


def with_cell(table: str, column: str, text: object) -> Rows:
    """Return the example of a table with one cell changed."""
    heads, cells = ENGLISH[table], list(EXAMPLES[table][2])
    cells[heads.index(column)] = text
    return [heads, cells]


def villages(*names: str) -> Rows:
    """Return a table of villages numbered from 1."""
    rows = [[str(i), name, "16.8", "100.4", "survey"] for i, name in enumerate(names, start=1)]
    return [["village_id", "name", "lat", "lon", "point_source"], *rows]


#: Recognised, so that nobody is asked what they are, but not needed by any step and so not read.
DROPPED = {"sex", "remark", "legal_status"}


def rules(problems: list[Problem]) -> list[tuple[str, str, int, str, str]]:
    return [(p.severity, p.rule, p.row, p.column, p.value) for p in problems]


def assert_refusal(error: Exception, *named: str) -> None:
    thai, english = str(error).split("\n")
    assert re.search("[ก-๙]{3}", thai)
    assert re.search("[A-Za-z]{3}", english)
    for text in named:
        assert text in thai, thai
    file = next(name for name in named if name.startswith("inputs/"))
    assert file in english, english


# -- heads ----
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("heads", [ENGLISH, THAI], ids=["english", "thai"])
@pytest.mark.parametrize("table", EXAMPLES)
def test_every_table_is_read_with_thai_and_english_heads(
    tmp_path: Path, table: str, heads: dict[str, list[str]], suffix: str
) -> None:
    _, _, cells, meant = EXAMPLES[table]
    frame, problems = read_table(write(tmp_path, table, [heads[table], cells], suffix), table)
    assert problems == []
    for name, value in zip(ENGLISH[table], meant, strict=True):
        assert name not in frame if name in DROPPED else frame.at[2, name] == value, name


@pytest.mark.parametrize(
    ("table", "column", "head"),
    [
        ("schools", "school_id", " SCHOOL-ID "),
        ("schools", "school_id", "รหัส 10 หลัก"),
        ("schools", "lat", "Latitude"),
        ("schools", "lon", "Lng"),
        ("schools", "name", "ชื่อ โรงเรียน"),
        ("schools", "tambon", "ตํา\u200bบล"),  # nikhahit and sara aa, as some keyboards type it, and a zero-width space
        ("schools", "grades", "ระดับชั้น\n(ที่เปิดสอน)"),
        ("schools", "village_id", "รหัสหมู่บ้าน"),
        ("students", "grade", "ระดับชั้น"),
        ("mergers", "host_id", "โรงเรียนหลัก"),
        ("ceilings", "baht", "วงเงิน (บาท)"),
        ("enrolment", "year", "ปี"),
        ("students", "declared_unpaved", "ระยะทางจากบ้านถึงโรงเรียน(ถนนลูกรัง)"),
        ("students", "declared_unpaved", "ระยะทางจากบ้านถึงโรงเรียน  ( ถนนลูกรัง ) ต้องกรอก"),
        ("students", "declared_paved", "ระยะทางจากบ้านถึงโรงเรียน (ถนนลาดยาง) (กม.)"),
        ("students", "declared_paved", "ถนนลาดยาง (กม.)"),
        ("students", "declared_water", "ทางน้ำ"),
        ("students", "declared_m", "ระยะทาง (เมตร)"),
        ("schools", "school_id", "รหัสโรงเรียน ต้องกรอก"),
        ("closures", "reason", "สาเหตุ"),
    ],
)
def test_heads_as_offices_vary_them(tmp_path: Path, table: str, column: str, head: str) -> None:
    heads = [head if name == column else name for name in ENGLISH[table]]
    frame, problems = read_table(write(tmp_path, table, [heads, EXAMPLES[table][2]]), table)
    assert problems == []
    assert frame.at[2, column] == EXAMPLES[table][3][ENGLISH[table].index(column)]


def test_columns_in_any_order_others_named_and_not_read(tmp_path: Path) -> None:
    rows = [
        ["lon", "เลขประจำตัวประชาชน", "name", "lat", "village_id", "", "จำนวนประชากรร", "source", "ชื่อหมู่บ้าน"],
        ["100.4", "1100000000008", "บ้านไร่", "16.8", "65080101", "stray", "9", "osm", "อื่น"],
    ]
    frame, problems = read_table(write(tmp_path, "villages", rows), "villages")
    read = {
        "village_id": "65080101",
        "name": "บ้านไร่",
        "lat": 16.8,
        "lon": 100.4,
        "point_source": "osm",
        "population": 9,
    }
    assert {name: frame.at[2, name] for name in read} == read
    assert all(pd.isna(frame.at[2, name]) or frame.at[2, name] == "" for name in set(frame) - set(read))
    # A column of citizen numbers is known, and known to be nobody's business: nothing is to be mended about it.
    assert rules(problems) == [
        ("warning", "near-column", 1, "จำนวนประชากรร", ""),
        ("warning", "repeated-column", 1, "ชื่อหมู่บ้าน", ""),
    ]
    assert "population" in problems[0].message
    assert all(p.file == "inputs/villages.csv" and p.remedy for p in problems)
    assert "1100000000008" not in "".join(str(p) for p in problems)


@pytest.mark.parametrize(
    ("table", "dropped", "named"),
    [
        ("schools", ["grades"], ["ชั้นที่เปิดสอน (grades)"]),
        ("schools", ["lat", "lon"], ["ละติจูด (lat)", "ลองจิจูด (lon)"]),
        ("villages", ["point_source"], ["ที่มาของพิกัด (point_source)"]),
        ("students", ["count", "student_key"], ["จำนวนนักเรียน (count)"]),
        ("students", ["village_id", "lat"], ["รหัสหมู่บ้าน (village_id)"]),
        ("mergers", ["host_id"], ["รหัสโรงเรียนหลัก (host_id)"]),
        ("enrolment", ["year"], ["ปีการศึกษา (year)"]),
        ("ceilings", ["round"], ["รอบ (round)"]),
        ("payments", ["date"], ["วันที่ (date)"]),
        ("closures", ["closure_id"], ["รหัสการปิดถนน (closure_id)"]),
    ],
)
def test_missing_column_is_refused_by_name(tmp_path: Path, table: str, dropped: list[str], named: list[str]) -> None:
    kept = [i for i, name in enumerate(ENGLISH[table]) if name not in dropped]
    rows = [[ENGLISH[table][i] for i in kept] + ["คอลัมน์แปลก"], [EXAMPLES[table][2][i] for i in kept] + ["x"]]
    with pytest.raises(TableError) as caught:
        read_table(write(tmp_path, table, rows), table)
    assert_refusal(caught.value, f"inputs/{table}.csv", "แถว 1", "แก้ชื่อหัวตาราง", "คอลัมน์แปลก", *named)


def test_refusal_stays_one_line_when_a_head_has_two(tmp_path: Path) -> None:
    rows = [["village_id", "ชื่อ\nผู้ใหญ่บ้าน", "lat", "lon", "point_source"], ["1", "ก", "16.8", "100.4", "osm"]]
    with pytest.raises(TableError) as caught:
        read_table(write(tmp_path, "villages", rows), "villages")
    assert_refusal(caught.value, "inputs/villages.csv", "ชื่อหมู่บ้าน (name)")


@pytest.mark.parametrize("dropped", [["student_key"], ["count"], ["village_id"], ["lat", "lon", "student_key"]])
def test_students_by_count_or_by_pupil_by_village_or_by_point(tmp_path: Path, dropped: list[str]) -> None:
    kept = [i for i, name in enumerate(ENGLISH["students"]) if name not in dropped]
    rows = [[ENGLISH["students"][i] for i in kept], [EXAMPLES["students"][2][i] for i in kept]]
    frame, problems = read_table(write(tmp_path, "students", rows), "students")
    assert problems == []
    # Which of the four are there says how pupils are listed; every other column is there, empty or not.
    modes = {"student_key", "count", "lat", "lon"}
    assert modes & set(frame) == modes - set(dropped)
    assert set(ENGLISH["students"]) - modes - DROPPED <= set(frame)


# -- encodings and rows ----
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8-sig", b""), ("utf-16", b""), ("utf-16-be", b"\xfe\xff"), ("cp874", b"")],
)
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"], ids=["crlf", "lf", "cr"])
def test_encodings_and_line_ends_of_csv(tmp_path: Path, encoding: str, mark: bytes, end: str) -> None:
    text = as_csv([THAI["villages"][:5], ["65080101", "บ้านน้ำริน “ใหม่”", "16.8", "100.4", "survey"]])
    path = tmp_path / "villages.csv"
    path.write_bytes(mark + text.replace("\r\n", end).encode(encoding))
    frame, problems = read_table(path, "villages")
    assert frame.at[2, "name"] == "บ้านน้ำริน “ใหม่”"
    assert problems == []


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_rows_are_numbered_as_the_spreadsheet_shows_them(tmp_path: Path, suffix: str) -> None:
    head, first, second, third = villages("หนึ่ง", "สอง\nบรรทัดใหม่", "สาม")
    rows = [head, [], first, [], [""] * 5, second, [" ", "\xa0", "\u200b"], third, [], []]
    frame, problems = read_table(write(tmp_path, "villages", rows, suffix), "villages")
    assert frame["name"].to_dict() == {3: "หนึ่ง", 6: "สอง\nบรรทัดใหม่", 8: "สาม"}
    assert frame.index.name == "row"
    assert problems == []


def test_short_rows_lack_their_last_cells(tmp_path: Path) -> None:
    rows = [ENGLISH["villages"], ["1", "ก", "16.8", "100.4", "osm"]]
    frame, _ = read_table(write(tmp_path, "villages", rows), "villages")
    assert frame.at[2, "tambon"] == ""
    assert pd.isna(frame.at[2, "population"])


# -- cells ----
@pytest.mark.parametrize(
    ("table", "column", "text", "value", "rule"),
    [
        ("students", "school_id", "1065000001.0", "1065000001", "code-decimals"),
        ("students", "school_id", "๑๐๖๕๐๐๐๐๐๑", "1065000001", "thai-digits"),
        ("students", "village_id", "0105", "0105", None),
        ("students", "count", "๑๒", 12, "thai-digits"),
        ("students", "count", "1,234", 1234, None),
        ("students", "count", "12.0", 12, None),
        ("students", "count", "0", 0, None),
        ("students", "count", " 7\xa0", 7, None),
        ("students", "count", "\u200b7\ufeff", 7, None),
        ("students", "count", "-", 0, None),
        ("students", "count", "–", 0, None),
        ("students", "village_id", "-", "", None),
        ("students", "village_id", "", "", None),
        ("students", "grade", "ป.๔", "P4", None),
        ("students", "grade", "อนุบาล 2", "K2", None),
        ("students", "as_of", "๒/๒๕๖๙", "2/2569", None),
        ("students", "as_of", "10/11/2569", "2026-11-10", None),
        ("students", "as_of", "", "", None),
        ("students", "declared_m", "2.5", 2.5, None),
        ("students", "declared_m", "2,5", 2.5, None),
        ("students", "declared_m", "0,250", 0.25, None),
        ("students", "declared_m", ".5", 0.5, None),
        ("students", "declared_m", "2.", 2.0, None),
        ("students", "declared_m", "1,500", 1500.0, None),
        ("students", "declared_m", "1,500.5", 1500.5, None),
        ("students", "declared_paved", "๒.๕", 2.5, "thai-digits"),
        ("students", "declared_water", "-", None, None),
        ("students", "declared_water", "", None, None),
        ("students", "declared_water", "0", 0.0, None),
        ("closures", "from", "", "", None),
        ("closures", "from", "๑/๙/๒๕๖๙", "2026-09-01", None),
        ("closures", "to", "Wet_Season", "wet-season", None),
        ("closures", "wkt", "LINESTRING Z (100.4 16.8 5, 100.5 16.8 6)", "LINESTRING (100.4 16.8, 100.5 16.8)", None),
        ("schools", "special_area", "-", "", None),
        ("schools", "name", "บ้าน ๑๒", "บ้าน ๑๒", None),
        ("schools", "lat", "๑๖.๘", 16.8, "thai-digits"),
        ("schools", "lat", "+16", 16.0, None),
        ("schools", "lon", "-", None, None),
        ("schools", "rooms", "-", None, None),
        ("schools", "status", "", "", None),
        ("schools", "status", "ยุบ", "closed", None),
        ("schools", "status", "0", "closed", None),
        ("schools", "smis_id", "65-02/0001", "65-02/0001", None),
        ("schools", "grades", "ป.1 - ป.6, ม.1", "P1-M1", None),
        ("mergers", "grades", "all", "K1-M3", None),
        ("mergers", "kind", "Learn_Together", "learn-together", None),
        ("mergers", "kind", "ยุบ", "merge", None),
        ("mergers", "kind", "เลิก", "dissolve", None),
        ("mergers", "programme", "1.1", "existing", None),
        ("mergers", "programme", "๑.๒", "second-decade", "thai-digits"),
        ("mergers", "programme", "ไม่ระบุ", "unspecified", None),
        ("ceilings", "round", "MAY", "may", None),
        ("ceilings", "date", "๙/๑๑/๒๕๖๙", "2026-11-09", None),
        ("enrolment", "year", "๒๕๖๘", 2568, "thai-digits"),
    ],
)
def test_cell_is_understood(
    tmp_path: Path, table: str, column: str, text: str, value: object, rule: str | None
) -> None:
    frame, problems = read_table(write(tmp_path, table, with_cell(table, column, text)), table)
    got = frame.at[2, column]
    assert pd.isna(got) if value is None else got == value, got
    assert rules(problems) == ([("warning", rule, 2, column, text)] if rule else [])
    assert not any("{" in p.message for p in problems)


@pytest.mark.parametrize(
    ("table", "column", "text", "rule"),
    [
        ("students", "school_id", "1.065E+09", "bad-code"),
        ("students", "school_id", "1065E6", "bad-code"),
        ("students", "school_id", "1 065 000", "bad-code"),
        ("students", "school_id", "1" * 41, "bad-code"),
        ("students", "school_id", "=1+1", "bad-code"),
        ("students", "school_id", "", "bad-code"),
        ("students", "school_id", "-", "bad-code"),
        ("students", "count", "-5", "bad-count"),
        ("students", "count", "2.5", "bad-count"),
        ("students", "count", "1,23", "bad-count"),
        ("students", "count", "1" * 13, "bad-count"),
        ("students", "count", "สิบ", "bad-count"),
        ("students", "grade", "ป.7", "bad-grade"),
        ("students", "grade", "P1-P3", "bad-grade"),
        ("students", "grade", "", "bad-grade"),
        ("students", "as_of", "3/2569", "bad-as_of"),
        ("schools", "grades", "K9", "bad-grades"),
        ("mergers", "from_term", "1/2027", "bad-term"),
        ("mergers", "kind", "ยืม", "bad-kind"),
        ("mergers", "programme", "1.3", "bad-programme"),
        ("enrolment", "year", "2025", "bad-year"),
        ("enrolment", "count", "", "bad-count"),
        ("ceilings", "round", "june", "bad-round"),
        ("ceilings", "date", "31/2/2569", "bad-date"),
        ("payments", "baht", "๑๐๐.๕๐", "bad-count"),
        ("closures", "from", "กันยายน", "bad-day_or_season"),
        ("closures", "to", "31/2/2569", "bad-day_or_season"),
        ("closures", "lat", "16°60'", "bad-lat"),
        ("closures", "wkt", "POINT (100.4", "bad-wkt"),
        ("closures", "wkt", "POINT EMPTY", "bad-wkt"),
        ("closures", "wkt", "CIRCULARSTRING (0 0, 1 1, 2 0)", "bad-wkt"),
        ("closures", "wkt", "POINT (nan 16.8)", "bad-wkt"),
        ("closures", "wkt", "POLYGON ((100 16, 101 16, 101 17, 100 16))", "bad-wkt"),
    ],
)
def test_row_that_cannot_be_used_is_set_aside(tmp_path: Path, table: str, column: str, text: str, rule: str) -> None:
    frame, problems = read_table(write(tmp_path, table, with_cell(table, column, text)), table)
    assert frame.empty
    (problem,) = problems
    shown = text.translate(str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789"))
    assert (problem.severity, problem.rule, problem.row, problem.column) == ("error", rule, 2, column)
    # What may be a name or a number of a child is not said.
    assert problem.value in (text, shown) or len(text) >= 13
    assert problem.message
    assert problem.remedy
    assert "{" not in problem.message


def test_scientific_notation_is_named_as_the_loss_it_is(tmp_path: Path) -> None:
    _, (problem,) = read_table(write(tmp_path, "students", with_cell("students", "school_id", "1.07E+09")), "students")
    assert "เลขยกกำลัง" in problem.message
    assert "ต้นฉบับ" in problem.remedy


@pytest.mark.parametrize(
    ("table", "column", "text"),
    [
        ("schools", "lat", "16°60'"),
        ("schools", "lon", "1e2"),
        ("schools", "lat", "nan"),
        ("schools", "rooms", "8 หลัง"),
        ("schools", "status", "อาจเปิด"),
        ("schools", "teachers", "ไม่ทราบ"),
        ("villages", "population", "ประมาณ 500"),
        ("students", "declared_m", "-5"),
        ("students", "declared_m", "2 กม."),
        ("students", "declared_m", "1e3"),
        ("students", "declared_paved", "nan"),
        ("students", "declared_water", "1,5,2"),
    ],
)
def test_optional_cell_that_cannot_be_read_leaves_the_row_in_use(
    tmp_path: Path, table: str, column: str, text: str
) -> None:
    frame, problems = read_table(write(tmp_path, table, with_cell(table, column, text)), table)
    assert list(frame.index) == [2], "pupils are lost for a cell that nothing rests on"
    assert pd.isna(frame.at[2, column]) or frame.at[2, column] == ""
    assert [(p.severity, p.row, p.column) for p in problems] == [("warning", 2, column)]


@pytest.mark.parametrize(
    ("whole", "unpaved", "paved", "water", "declared"),
    [
        ("700", "", "", "", 700.0),
        ("", "1.5", "2", "-", 3.5),
        ("", "", "", "0,5", 0.5),
        ("0", "1", "", "", 1.0),  # 0 says nothing: forms with several fields are left at 0
        ("", "0", "0", "0", math.nan),
        ("ไม่ทราบ", "1", "", "", 1.0),
        ("", "", "-", "", math.nan),
    ],
)
def test_declared_distance_is_the_whole_or_the_sum_of_its_surfaces(
    tmp_path: Path, whole: str, unpaved: str, paved: str, water: str, declared: float
) -> None:
    heads, cells = ENGLISH["students"], list(EXAMPLES["students"][2])
    at = heads.index("declared_m")
    cells[at : at + 4] = [whole, unpaved, paved, water]
    frame, _ = read_table(write(tmp_path, "students", [heads, cells]), "students")
    assert declared_values(frame).to_dict() == pytest.approx({2: declared}, nan_ok=True)


def test_students_without_any_declared_distance_have_none(tmp_path: Path) -> None:
    rows = [["school_id", "grade", "village_id", "count"], ["1065000001", "P4", "65080101", "3"]]
    frame, problems = read_table(write(tmp_path, "students", rows), "students")
    assert problems == []
    assert declared_values(frame).isna().all()
    assert declared_values(frame[:0]).empty


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("lat", "16.812345E"),
        ("lon", "๑๐๐.๔๕๖"),
        ("student_key", "1.23E+12"),
        ("student_key", "เด็กชาย ก"),
        ("lat", "999x"),
    ],
)
def test_private_values_are_never_in_a_problem(tmp_path: Path, column: str, text: str) -> None:
    _, problems = read_table(write(tmp_path, "students", with_cell("students", column, text)), "students")
    assert [p.value for p in problems] == ["(ปกปิด)"]
    assert text not in "".join(str(p) for p in problems)


# -- workbooks ----
def test_workbook_with_codes_as_numbers_and_a_hidden_first_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet("ข้อมูล")
    sheet.append(ENGLISH["students"])
    sheet.append([1065000001, "P4", 65080101, 12, 7, 16.8, 100, datetime.datetime(2026, 11, 10), None, None, 700.0])
    book.create_sheet("อื่น").append(["not read"])
    # As Excel writes whole numbers that were computed, or are long.
    data = edited(saved(book), SHEET.replace("1", "2"), lambda text: text.replace("<v>12</v>", "<v>12.0</v>"))
    data = edited(data, SHEET.replace("1", "2"), lambda text: text.replace("1065000001", "1.065000001E9"))
    path = tmp_path / "students.xlsx"
    path.write_bytes(data)
    frame, problems = read_table(path, "students")
    assert problems == []
    expected = ["1065000001", "P4", "65080101", 12, "7", 16.8, 100.0, "2026-11-10", "", 700.0]
    assert frame.loc[2].tolist()[:10] == expected
    assert frame.loc[2].tolist()[10:13] == pytest.approx([math.nan] * 3, nan_ok=True)
    assert frame.loc[2, ["boards", "mode"]].tolist() == ["", ""]


@pytest.mark.parametrize("column", ["as_of", "from_term"])
def test_term_that_excel_turned_into_a_date_is_not_read_as_that_date(tmp_path: Path, column: str) -> None:
    # Typing 2/2569 into a cell of Excel gives the first of February of the common year 2569.
    table = "students" if column == "as_of" else "mergers"
    rows = with_cell(table, column, datetime.datetime(2569, 2, 1))
    frame, problems = read_table(write(tmp_path, table, rows, ".xlsx"), table)
    assert problems or frame.at[2, column] == "2/2569", frame.at[2, column]


def edited(data: bytes, part: str, change: Callable[[str], str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name == part else text)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
_EXTENSION = '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>'


@pytest.mark.parametrize(
    ("part", "pattern", "replacement"),
    [
        (SHEET, r'<dimension ref="[^"]*" ?/>', ""),
        (SHEET, r'<dimension ref="[^"]*"', '<dimension ref="A1"'),
        (SHEET, r'<dimension ref="[^"]*"', '<dimension ref="A1:E2"'),
        (SHEET, r'<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"'),
        (SHEET, "</worksheet>", _EXTENSION),
        ("xl/styles.xml", "<cellStyles.*</cellStyles>", ""),
    ],
    ids=["no-size", "size-of-one-cell", "size-too-small", "size-too-large", "data-validation-extension", "no-styles"],
)
def test_workbooks_of_other_programs_are_read_whole(tmp_path: Path, part: str, pattern: str, replacement: str) -> None:
    path = tmp_path / "villages.xlsx"
    data = edited(as_xlsx(villages("หนึ่ง", "สอง", "สาม")), part, lambda text: re.sub(pattern, replacement, text))
    assert data != as_xlsx(villages("หนึ่ง", "สอง", "สาม"))
    path.write_bytes(data)
    frame, problems = read_table(path, "villages")
    assert frame["name"].tolist() == ["หนึ่ง", "สอง", "สาม"]
    assert problems == []


def test_workbook_with_more_rows_than_excel_can_have_is_not_followed_there(tmp_path: Path) -> None:
    # One row that says it is number 10^12 would otherwise be reached by counting.
    data = as_xlsx(villages("หนึ่ง", "สอง"))
    data = edited(data, SHEET, lambda text: re.sub(r'r="([A-E]?)3"', r'r="\g<1>1100000"', text))
    data = edited(data, SHEET, lambda text: re.sub(r'<dimension ref="[^"]*" ?/>', "", text))
    path = tmp_path / "villages.xlsx"
    path.write_bytes(data)
    try:
        last_row = read_table(path, "villages")[0].index.max()
    except TableError:
        last_row = 0
    assert last_row <= 1_048_576


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are listed under /proc on Linux only")
@pytest.mark.parametrize(
    ("part", "change"),
    [
        (SHEET, lambda text: f'<!DOCTYPE a [<!ENTITY b "c">]>{text}'),  # refused in the middle of reading
        ("xl/workbook.xml", lambda text: text[:100]),
        ("xl/styles.xml", lambda text: text[:100]),
        ("[Content_Types].xml", lambda text: text[:100]),
    ],
)
def test_workbook_that_cannot_be_read_is_closed_again(tmp_path: Path, part: str, change: Callable[[str], str]) -> None:
    # On Windows a file that is still open cannot be mended.
    path = tmp_path / "villages.xlsx"
    path.write_bytes(edited(as_xlsx(villages("a")), part, change))
    with pytest.raises(TableError) as caught:
        read_table(path, "villages")
    still_open = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()]
    assert path not in still_open, caught.value


# -- files that cannot be read ----
def _zip_of_zeros() -> bytes:
    """Return a workbook whose sheet unpacks to 600 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("[Content_Types].xml", "")
    data = bytearray(out.getvalue())
    # The directory says how large a member is: 600 MB take a second to pack and none to claim.
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 600_000_000)
    return bytes(data)


def _all_hidden() -> bytes:
    return edited(as_xlsx(villages("ก")), "xl/workbook.xml", lambda t: t.replace('state="visible"', 'state="hidden"'))


_PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n" + bytes(range(256))


@pytest.mark.parametrize(
    ("suffix", "data", "named"),
    [
        (".csv", b"", "ไม่มีข้อมูล"),
        (".csv", b"\xef\xbb\xbf", "ไม่มีข้อมูล"),
        (".csv", b"\r\n , \r\n", "ไม่มีข้อมูล"),
        (".csv", as_csv(villages()).encode(), "อย่างน้อยหนึ่งแถว"),
        (".csv", as_csv(villages("a\0b")).encode(), "บันทึกใหม่"),
        (".csv", as_csv(villages("บ้าน")).encode("utf-16")[:-1], "บันทึกใหม่"),
        (".csv", as_csv(villages("บ้านน้ำริน")).encode() + b"\xe0\xb8", "บันทึกใหม่"),
        (".csv", as_csv(villages("x" * 200_000)).encode(), "บันทึกใหม่"),
        (".csv", _PDF, "บันทึกใหม่"),
        (".csv", b"%PDF-1.4\ntrailer <</Root 1 0 R>>\n", "PDF"),
        (".csv", as_xlsx(villages("a")), "บันทึกใหม่"),
        (".xlsx", b"", "บันทึกใหม่"),
        (".xlsx", _PDF, "บันทึกใหม่"),
        (".xlsx", as_csv(villages("a")).encode(), "บันทึกใหม่"),
        (".xlsx", as_xlsx(villages("a"))[:-100], "บันทึกใหม่"),
        (".xlsx", as_xlsx(villages("a"))[:1000], "บันทึกใหม่"),
        (".xlsx", as_xlsx([]), "ไม่มีข้อมูล"),
        (".xlsx", as_xlsx(villages()), "อย่างน้อยหนึ่งแถว"),
        (".xlsx", _all_hidden(), "บันทึกใหม่"),
        (".xlsx", edited(as_xlsx(villages("a")), SHEET, lambda text: text[:400]), "บันทึกใหม่"),
        (".xlsx", edited(as_xlsx(villages("a")), SHEET, lambda t: '<!DOCTYPE a [<!ENTITY b "c">]>' + t), "บันทึกใหม่"),
        (".xlsx", _zip_of_zeros(), "ใหญ่เกินไป"),
    ],
    ids=lambda value: value if isinstance(value, str) else "content",  # a workbook's size has a clock in it
)
def test_file_that_cannot_be_read_is_refused(tmp_path: Path, suffix: str, data: bytes, named: str) -> None:
    path = tmp_path / f"villages{suffix}"
    path.write_bytes(data)
    with pytest.raises(TableError) as caught:
        read_table(path, "villages")
    assert_refusal(caught.value, f"inputs/villages{suffix}", named)
    assert caught.value.exit_code == 1


def test_a_quotation_mark_that_is_never_closed_does_not_swallow_rows(tmp_path: Path) -> None:
    head, *body = [*villages("หนึ่ง", "สอง", "สาม")]
    text = as_csv([[*head, "remark"], *([*row, "x"] for row in body)]).replace("x\r\n", '"x\r\n', 1)
    path = tmp_path / "villages.csv"
    path.write_text(text, "utf-8", newline="")
    try:
        frame, problems = read_table(path, "villages")
        whole = len(frame) == 3 or bool(problems)
    except TableError:
        whole = True
    assert whole, "two villages are gone without a word"


# -- a folder ----
def test_the_file_of_a_table_is_found_in_either_form(tmp_path: Path) -> None:
    assert find_table(tmp_path, "schools") is None
    (tmp_path / "schools.xlsx").mkdir()
    path = write(tmp_path, "schools", [["a"]])
    assert find_table(tmp_path, "schools") == path


def test_two_files_for_one_table_are_refused(office: Path) -> None:
    inputs = office / "inputs"
    write(inputs, "mergers", [ENGLISH["mergers"], EXAMPLES["mergers"][2]], ".xlsx")
    with pytest.raises(TableError) as caught:
        cycle.open_cycle(office)
    thai, english = str(caught.value).split("\n")
    assert "mergers.csv และ mergers.xlsx" in thai
    assert "เก็บไว้เพียงไฟล์เดียว" in thai
    assert "mergers.csv and mergers.xlsx" in english


@pytest.mark.parametrize("table", ["schools", "villages", "students"])
def test_table_without_a_usable_row_is_refused_with_the_first_reason(office: Path, table: str) -> None:
    key = ENGLISH[table][0]
    write(office / "inputs", table, with_cell(table, key, "1.07E+09"))
    with pytest.raises(TableError) as caught:
        cycle.open_cycle(office)
    assert_refusal(caught.value, f"inputs/{table}.csv", "แถว 2", key, "เลขยกกำลัง", "ต้นฉบับ")


def test_students_of_unknown_schools_only_are_refused(office: Path) -> None:
    write(office / "inputs", "students", [ENGLISH["students"], EXAMPLES["students"][2]])
    with pytest.raises(TableError) as caught:
        cycle.open_cycle(office)
    assert_refusal(caught.value, "inputs/students.csv", "แถว 2", "1065000001", "inputs/schools.csv")


# -- problems and descriptions ----
def test_problems_are_shown_worst_first_and_once() -> None:
    def problem(severity: str, file: str, row: int, column: str) -> Problem:
        return Problem(severity, "rule", file, row, column, "", "m", "r")

    given = [
        problem("warning", "a", 2, "x"),
        problem("error", "b", 10, "x"),
        problem("error", "b", 9, "y"),
        problem("error", "b", 9, "x"),
        problem("error", "b", 10, "x"),
    ]
    table = as_problem_table(given)
    assert table[["severity", "file", "row", "column"]].values.tolist() == [
        ["error", "b", 9, "x"],
        ["error", "b", 9, "y"],
        ["error", "b", 10, "x"],
        ["warning", "a", 2, "x"],
    ]
    assert list(as_problem_table([])) == ["severity", "rule", "file", "row", "column", "value", "message", "remedy"]


@pytest.mark.parametrize("table", EXAMPLES)
def test_description_knows_each_column_by_both_names(table: str) -> None:
    described = columns_of(table)["thai"].to_dict()
    for english, thai in zip(ENGLISH[table], THAI[table], strict=True):
        assert described[english] == thai


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("grade", "สมชาย-ใจดี"),
        ("school_id", "สมหญิง"),
        ("declared_m", "ด.ช.สมชาย"),
        ("village_id", "1101700230708"),
        ("count", "1-1017-00230-70-8"),
    ],
)
def test_a_shifted_row_tells_no_name_and_no_number(tmp_path: Path, column: str, text: str) -> None:
    frame, problems = read_table(write(tmp_path, "students", with_cell("students", column, text)), "students")
    assert [problem.value for problem in problems] == ["(ปกปิด)"]
    assert text not in frame.to_csv() + "".join(problem.message + problem.remedy for problem in problems)


# -- maps ----
def placemark(shape: str, more: str = "") -> str:
    return f"<Placemark>{more}{shape}</Placemark>"


def kml(*places: str) -> str:
    inside = "".join(places)
    return f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>{inside}</Folder></Document></kml>'


def ring(*places: tuple[float, float]) -> str:
    return f"<LinearRing><coordinates>{' '.join(f'{x},{y},0' for x, y in places)}</coordinates></LinearRing>"


POINT = "<Point><coordinates> 100.25,16.5,12 </coordinates></Point>"
LINE = "<LineString><coordinates>100,16 100.5,16.5\n101,17</coordinates></LineString>"
AREA = f"<Polygon><outerBoundaryIs>{ring((100, 16), (101, 16), (101, 17), (100, 16))}</outerBoundaryIs></Polygon>"
HOLED = (
    f"<Polygon><outerBoundaryIs>{ring((100, 16), (101, 16), (101, 17), (100, 17), (100, 16))}</outerBoundaryIs>"
    f"<innerBoundaryIs>{ring((100.2, 16.2), (100.4, 16.2), (100.4, 16.4), (100.2, 16.2))}</innerBoundaryIs></Polygon>"
)
SHAPES = {
    "point": POINT,
    "line": LINE,
    "area": AREA,
    "holed": HOLED,
    "points": f"<MultiGeometry>{POINT}{POINT.replace('16.5', '16.6')}</MultiGeometry>",
    "lines": f"<MultiGeometry>{LINE}{LINE.replace('16.5', '16.6')}</MultiGeometry>",
    "areas": f"<MultiGeometry>{AREA}{HOLED.replace('16', '18').replace('17', '19')}</MultiGeometry>",
    "mixed": f"<MultiGeometry>{POINT}{AREA}</MultiGeometry>",
}


@pytest.mark.parametrize("name", SHAPES)
def test_kml_draws_what_gdal_draws(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.kml"
    told = '<ExtendedData><Data name="ก"><value>ข</value></Data></ExtendedData>'
    told = f"<name>บ้านไร่</name><description>น้ำ</description>{told}"
    path.write_text(kml(placemark(SHAPES[name], told)), "utf-8")
    (layer,) = read_layers(path, "a.kml")
    by_gdal = gpd.read_file(path)
    assert layer.geometry.geom_type.tolist() == by_gdal.geometry.geom_type.tolist()
    assert shapely.equals_exact(layer.geometry.to_numpy(), shapely.force_2d(by_gdal.geometry.to_numpy())).all()
    # GDAL makes "___" of a Thai attribute's name.
    assert by_gdal[["Name", "description"]].to_dict() == layer[["Name", "description"]].to_dict()
    assert layer.drop(columns="geometry").to_dict("records") == [{"Name": "บ้านไร่", "description": "น้ำ", "ก": "ข"}]


def test_a_placemark_without_a_sound_shape_stays_without_a_place(tmp_path: Path) -> None:
    path = tmp_path / "a.kml"
    empty = "<Point><coordinates/></Point>"
    path.write_text(
        kml(*map(placemark, (POINT, "", empty, LINE.replace("100.5,", "x,"), "<Icon/>", "<!-- a -->"))), "utf-8"
    )
    (layer,) = read_layers(path, "a.kml")
    assert layer.geometry.notna().tolist() == [True, False, False, False, False, False]


LINK = "<OGRVRTDataSource><OGRVRTLayer name='secret'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"


@pytest.mark.parametrize("suffix", [".kml", ".json", ".geojson", ".gpkg", ".shp", ".vrt", ".csv", ".gml", ".txt"])
@pytest.mark.parametrize("beginning", ["", "<kml></kml>", '<kml xmlns="http://www.opengis.net/kml/2.2"></kml>'])
def test_a_boundary_opens_no_other_file(tmp_path: Path, suffix: str, beginning: str) -> None:
    secret = tmp_path / "secret.geojson"
    gpd.GeoDataFrame(geometry=[shapely.box(100, 16, 101, 17)], crs="EPSG:4326").to_file(secret, driver="GeoJSON")
    path = tmp_path / f"boundary{suffix}"
    path.write_text(beginning + LINK.format(secret), "utf-8")
    # That GDAL alone goes there is what makes this a test.
    if suffix != ".gpkg":
        assert len(gpd.read_file(path)) == 1
    with pytest.raises(TableError, match=re.escape(path.name)):
        read_outline(path)


def test_a_boundary_in_kml_is_the_shape_drawn(tmp_path: Path) -> None:
    path = tmp_path / "boundary.kml"
    path.write_text(kml(placemark(HOLED), placemark(POINT)), "utf-8")
    outline = read_outline(path)
    assert outline.area == pytest.approx(1 - 0.02)

"""Files into grids of cells: what other programs write is read as they show it; what cannot be read is refused soon."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import itertools
import json
import random
import re
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import biff
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import xlsxwriter
from biff import Page
from hypothesis import given, settings
from hypothesis import strategies as st

from restructure._errors import TableError
from restructure.intake import features
from restructure.intake.grids import Sheet, cell_text, read_features, read_sheets
from restructure.intake.schema import MAP_SUFFIXES, TABLE_SUFFIXES

FILE = "inputs/ไฟล์"
HEAD = ["รหัส", "ชื่อหมู่บ้าน", "ละติจูด"]
BODY = [["65080101", "บ้านไร่", "16.8"], ["65080102", "บ้านน้ำริน “ใหม่”", "16.9"]]


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def values(sheet: Sheet) -> list[list[Any]]:
    return [list(row) for row in sheet.rows()]


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell_text(value) for value in row] for row in sheet.rows()]


def only(path: Path) -> Sheet:
    (sheet,) = read_sheets(path, FILE)
    return sheet


def refusal(path: Path, *named: str) -> str:
    """Return why a file is refused: two sentences, one a language, that name the file."""

    def read() -> None:
        for sheet in read_sheets(path, FILE):
            for _ in sheet.rows():
                pass

    with pytest.raises(TableError) as caught:
        read()
    thai, english = str(caught.value).split("\n")
    assert re.search("[ก-๙]{3}", thai)
    assert ":" in thai
    assert FILE in thai
    assert FILE in english
    for text in named:
        assert text in str(caught.value), str(caught.value)
    return str(caught.value)


def as_csv(rows: list[list[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_xlsx(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def edited(data: bytes, part: str, change: Callable[[str], str] = str, more: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, change(text.decode()) if name == part else text)
        for name, text in (more or {}).items():
            new.writestr(name, text)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
SPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_cells(xml: str) -> bytes:
    """Return a workbook with rows written by hand."""
    data = re.compile("<sheetData ?/>|<sheetData>.*</sheetData>", re.DOTALL)
    return edited(as_xlsx([["x"]]), SHEET, lambda text: data.sub(lambda _: f"<sheetData>{xml}</sheetData>", text))


# -- delimited text ----
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".xls"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "stroke"])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""), ("utf-8-sig", b""), ("utf-16", b""), ("utf-16-be", b"\xfe\xff"), ("utf-16-le", b""),
        ("utf-16-be", b""), ("cp874", b""),
    ],
)  # fmt: skip
def test_texts_of_every_delimiter_and_encoding(
    tmp_path: Path, suffix: str, delimiter: str, encoding: str, mark: bytes
) -> None:
    rows = [["บัญชีหมู่บ้าน", "", ""], [""] * 3, HEAD, *BODY]
    path = written(tmp_path, f"a{suffix}", mark + as_csv(rows, delimiter).encode(encoding))
    sheet = only(path)
    assert sheet.name == ""
    assert values(sheet) == rows
    assert values(sheet) == rows, "rows can be read again"
    assert sheet.top == [["บัญชีหมู่บ้าน"], [], HEAD, *BODY]
    assert list(sheet.problems) == []


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("ก;ข;ค\n1;16,8;2\n2;16,9;3\n", [["ก", "ข", "ค"], ["1", "16,8", "2"], ["2", "16,9", "3"]]),
        ("ก,ข\n1,a;b;c\n2,d;e;f\n", [["ก", "ข"], ["1", "a;b;c"], ["2", "d;e;f"]]),
        ('ก,ข\n1,"a;b\nc"\n2,"x ""y"""\n', [["ก", "ข"], ["1", "a;b\nc"], ["2", 'x "y"']]),
        ('"ก";"ข"\n"1,5";"2"\n', [["ก", "ข"], ["1,5", "2"]]),
        ("บัญชี\nณ 10 พ.ย. 2569, ฉบับแก้\nก\tข\tค\n1\t2\t3\n", [
            ["บัญชี"], ["ณ 10 พ.ย. 2569, ฉบับแก้"], ["ก", "ข", "ค"], ["1", "2", "3"],
        ]),
        ("sep=;\r\nก;ข\r\n1,5;2\r\n", [["ก", "ข"], ["1,5", "2"]]),
        ("ก\n1\n2\n", [["ก"], ["1"], ["2"]]),
        ("ก|ข\n1 , 2|3\n", [["ก", "ข"], ["1 , 2", "3"]]),
        ("ก,ข\n\n\n1,2", [["ก", "ข"], [], [], ["1", "2"]]),
        ("ก,ข\r1,2\r", [["ก", "ข"], ["1", "2"]]),
        ("ก,ข\n1,a\u2028b\x0bc\x85d\n", [["ก", "ข"], ["1", "a\u2028b\x0bc\x85d"]]),
    ],
    ids=[
        "decimal-commas", "lists", "quoted", "all-quoted", "titles", "sep-line", "one-column", "strokes", "empty-rows",
        "returns", "other-line-ends",
    ],
)  # fmt: skip
def test_the_delimiter_is_found_where_others_stand_in_cells(tmp_path: Path, text: str, rows: list[list[str]]) -> None:
    sheet = only(written(tmp_path, "a.csv", text.encode()))
    assert values(sheet) == rows
    assert list(sheet.problems) == []


_word = st.text(st.sampled_from("กขคงจเนธอิ่้ะา 12.;|“-\n\"',"), max_size=6)


@settings(deadline=None, max_examples=150)
@given(
    st.integers(2, 6).flatmap(lambda n: st.lists(st.lists(_word, min_size=n, max_size=n), min_size=3, max_size=8)),
    st.sampled_from([",", "\t", ";", "|"]),
    st.sampled_from(["\r\n", "\n", "\r"]),
)
def test_what_the_csv_module_writes_comes_back(rows: list[list[str]], delimiter: str, end: str) -> None:
    rows = [["รหัส"] * len(rows[0]), *rows]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        assert values(only(written(Path(folder), "a.csv", out.getvalue().encode()))) == rows


def garble(text: str, encoding: str) -> str:
    """Return what a program of Windows shows that reads UTF-8 in another encoding, byte by byte."""
    return "".join(bytes([b]).decode(encoding, "ignore") or chr(b) for b in text.encode())


@pytest.mark.parametrize(
    "encodings",
    [
        ("cp874",), ("latin-1",), ("cp1252",), ("cp874", "cp874"), ("latin-1", "latin-1"), ("cp1252", "cp1252"),
        ("cp874", "cp1252"), ("cp1252", "cp874"),
    ],
    ids="-".join,
)  # fmt: skip
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
def test_garbled_thai_is_brought_back_and_said(tmp_path: Path, encodings: tuple[str, ...], mark: str) -> None:
    rows = [HEAD, *BODY, ["65080103", "บ้านเนินมะปราง", "ผ.ศ. ฮ๕ ฬฤๅ ฯลฯ เธอ แก้ว"]]
    text = mark + as_csv(rows)
    for encoding in encodings:
        text = garble(text, encoding)
    sheet = only(written(tmp_path, "a.csv", text.encode()))
    assert values(sheet) == rows
    (problem,) = sheet.problems
    assert (problem.severity, problem.rule, problem.file) == ("warning", "mojibake", FILE)


@pytest.mark.parametrize("text", ["เนินมะปราง,เนตร,เธอ,เนย,เนก,เธ\n" * 50, "à¸,¹,é\n" * 9, "เนเนเนเน,ธนาคารเธนเธน\n"])
def test_sound_thai_is_left_alone(tmp_path: Path, text: str) -> None:
    sheet = only(written(tmp_path, "a.csv", text.encode()))
    assert values(sheet) == [line.split(",") for line in text.splitlines()]
    assert list(sheet.problems) == []


@pytest.mark.parametrize(
    "text",
    [
        garble("บ้านไร่น้ำริน", "cp874") + ",บ้านไร่\n",  # one column of two
        garble("บ้านไร่น้ำริน", "cp874").replace("\x9a", "?") + "\n" + garble("บ้านน้ำตก\n", "cp874"),  # bytes are gone
        garble("บ้านไร่น้ำริน", "cp1252") + ",\ufffd\n",
    ],
    ids=["in-part", "question-marks", "replaced"],
)
def test_garbled_thai_that_cannot_be_brought_back_is_refused(tmp_path: Path, text: str) -> None:
    refusal(written(tmp_path, "a.csv", text.encode()), "เพี้ยน", "ต้นฉบับ")


def test_a_shifted_row_is_set_aside_by_its_number(tmp_path: Path) -> None:
    text = "ก,ข,ค\n1,2,3\n2,1,234,5\n3,4,5,,\n\n4,5\n"
    sheet = only(written(tmp_path, "a.csv", text.encode()))
    assert values(sheet) == [["ก", "ข", "ค"], ["1", "2", "3"], [], ["3", "4", "5", "", ""], [], ["4", "5"]]
    (problem,) = sheet.problems
    assert (problem.severity, problem.rule, problem.file, problem.row) == ("error", "ragged-row", FILE, 3)
    assert "234" not in "".join(map(str, problem)), "a child's name may have been moved there"


def test_rows_without_their_last_cells_and_columns_without_a_head_shift_nothing(tmp_path: Path) -> None:
    for text in ("ก,ข,ค,ง\n" + "1,2\n" * 20 + "1,2,3,4\n", "ก,ข\n" + "1,2,x\n" * 20):
        assert list(only(written(tmp_path, "a.csv", text.encode())).problems) == []


# -- workbooks ----
def test_values_of_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("ข้อมูล")
    day = book.add_format({"num_format": "d/m/yyyy"})
    thai_day = book.add_format({"num_format": "[$-D07041E]d mmm yyyy"})
    moment = book.add_format({"num_format": "d/m/yyyy h:mm"})
    cells: list[tuple[Any, str, Any]] = [
        (1065000001, "1065000001", None),
        (1101700230708, "1101700230708", None),
        (999999999999999, "999999999999999", None),
        (12345678901234567890, "1.23456789012346e+19", None),
        (16.812345, "16.812345", None),
        (-0.5, "-0.5", None),
        (True, "True", None),
        ("\u200bบ้าน\xa0ไร่ ", "บ้าน ไร่", None),
        ("001", "001", None),
        (datetime.datetime(2026, 11, 10), "2026-11-10", day),
        (datetime.datetime(2026, 11, 10), "2026-11-10", thai_day),
        (datetime.datetime(2569, 2, 1), "2569-02-01", day),
        (datetime.datetime(2026, 11, 10, 8, 30), "2026-11-10T08:30:00", moment),
    ]
    for row, (value, _, look) in enumerate(cells):
        sheet.write(row + 3, 2, value, look)
    book.close()
    sheet = only(path)
    assert sheet.name == "ข้อมูล"
    assert texts(sheet) == [["", "", ""]] * 3 + [["", "", text] for _, text, _ in cells]
    assert sheet.top == [[]] * 3 + [["", "", text] for _, text, _ in cells]
    # Dates read by another library are the same.
    other = [row[2].value for row in openpyxl.load_workbook(path).active.iter_rows(min_row=4)]
    assert [cell_text(value).removesuffix("T00:00:00") for value in other] == [text for _, text, _ in cells]


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.tuples(st.integers(1, 70), st.integers(1, 9)),
        st.text(st.sampled_from("กข 1"), min_size=1, max_size=3) | st.integers(-5, 10**12) | st.booleans(),
        max_size=12,
    )
)
def test_cells_stand_where_the_other_library_put_them(cells: dict[tuple[int, int], Any]) -> None:
    book = openpyxl.Workbook()
    for (row, column), value in cells.items():
        book.active.cell(row, column, value)
    page = Page("a", {(row - 1, column - 1): value for (row, column), value in cells.items()})
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("a.xlsx", saved(book)), ("a.xls", biff.workbook([page]))):
            sheet = only(written(Path(folder), name, data))
            rows = values(sheet)
            found = {(i, j): v for i, row in enumerate(rows, 1) for j, v in enumerate(row, 1) if v != ""}
            assert found == cells
            assert len(set(map(len, rows))) <= 1
            top = {(i, j): t for i, row in enumerate(sheet.top, 1) for j, t in enumerate(row, 1) if t}
            assert top == {p: t for p, v in cells.items() if p[0] <= 60 and (t := cell_text(v))}


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_hidden_sheets_are_never_read(tmp_path: Path, suffix: str) -> None:
    states = ["hidden", "visible", "veryHidden", "visible"]
    book = openpyxl.Workbook()
    book.remove(book.active)
    for i, state in enumerate(states):
        sheet = book.create_sheet(f"แผ่น {i}")
        sheet.append(["ความลับ" if state != "visible" else f"ข้อมูล {i}"])
        sheet.sheet_state = state
    hidden = {"visible": 0, "hidden": 1, "veryHidden": 2}
    pages = [
        Page(f"แผ่น {i}", {(0, 0): "ความลับ" if state != "visible" else f"ข้อมูล {i}"}, hidden[state])
        for i, state in enumerate(states)
    ]
    data = saved(book) if suffix == ".xlsx" else biff.workbook(pages)
    path = written(tmp_path, f"a{suffix}", data)
    found = read_sheets(path, FILE)
    assert [(sheet.name, texts(sheet)) for sheet in found] == [("แผ่น 1", [["ข้อมูล 1"]]), ("แผ่น 3", [["ข้อมูล 3"]])]


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_merged_heads_stand_over_each_column_and_merged_bodies_in_their_first_cell(tmp_path: Path, suffix: str) -> None:
    grid = [
        ["รายงาน", None, None, None, None],
        ["รหัส", "ป.1", None, "ป.2", None],
        [None, "นร.", "ห้อง", "นร.", "ห้อง"],
        ["1", 5, 1, 7, 1],
        ["2", 9, None, 7, 1],
    ]
    merges = ["A1:E1", "A2:A3", "B2:C2", "D2:E2", "A4:A5"]
    book = openpyxl.Workbook()
    for row in grid:
        book.active.append(row)
    for _ in range(70):
        book.active.append(["ก"])
    book.active.cell(5, 1).value = None
    for area in [*merges, "A70:A72"]:
        book.active.merge_cells(area)
    cells = {(i, j): v for i, row in enumerate(grid) for j, v in enumerate(row) if v is not None}
    cells |= {(i, 0): "ก" for i in range(5, 75)}
    areas = ((0, 0, 0, 4), (1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 1, 4), (3, 0, 4, 0), (69, 0, 71, 0))
    for gone in ((4, 0), (70, 0), (71, 0)):
        cells.pop(gone)
    data = saved(book) if suffix == ".xlsx" else biff.workbook([Page("a", cells, 0, areas)])
    sheet = only(written(tmp_path, f"a{suffix}", data))
    assert sheet.top[:5] == [
        ["รายงาน"] * 5,
        ["รหัส", "ป.1", "ป.1", "ป.2", "ป.2"],
        ["รหัส", "นร.", "ห้อง", "นร.", "ห้อง"],
        ["1", "5", "1", "7", "1"],
        ["1", "9", "", "7", "1"],
    ]
    assert len(sheet.top) == 60
    rows = texts(sheet)
    assert rows[1] == ["รหัส", "ป.1", "", "ป.2", ""]
    assert rows[4][0] == ""
    assert [row[0] for row in rows[68:73]] == ["ก", "ก", "", "", "ก"]


def test_merged_areas_without_end_stay_within_the_table(tmp_path: Path) -> None:
    data = as_xlsx([["ก", "ข"], [1, 2]])
    merges = '<mergeCells><mergeCell ref="A1:XFD1048576"/>' + '<mergeCell ref="A1:B2"/>' * 50_000 + "</mergeCells>"
    data = edited(data, SHEET, lambda text: text.replace("</sheetData>", f"</sheetData>{merges}"))
    sheet = only(written(tmp_path, "a.xlsx", data))
    assert sheet.top == [["ก", "ก"], ["ก", "ก"]]
    assert values(sheet) == [["ก", "ข"], [1, 2]]


@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_cells_with_an_error_are_empty_and_named(tmp_path: Path, suffix: str) -> None:
    book = openpyxl.Workbook()
    for row in (["ก", "ข"], [1, "#N/A"], ["#DIV/0!", 2]):
        book.active.append(row)
    page = Page("Sheet", {(0, 0): "ก", (0, 1): "ข", (1, 0): 1, (1, 1): "#N/A", (2, 0): "#DIV/0!", (2, 1): 2})
    sheet = only(
        written(tmp_path, f"a{suffix}", saved(book) if suffix == ".xlsx" else biff.workbook([Page("ซ่อน", {}, 1), page]))
    )
    assert values(sheet) == [["ก", "ข"], [1, ""], ["", 2]]
    (problem,) = sheet.problems
    assert (problem.severity, problem.rule, problem.file, problem.row) == ("warning", "excel-error", FILE, 2)
    assert "B2, A3" in problem.message
    assert "2 ช่อง" in problem.message


def test_formulas_need_their_results(tmp_path: Path) -> None:
    # As Excel writes a number and an empty text that were computed.
    xml = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>IF(A1=2,"","x")</f><v></v></c></row>'
    rule = '<dataValidations><dataValidation sqref="A1"><formula1>"ก,ข"</formula1></dataValidation></dataValidations>'
    data = edited(with_cells(xml), SHEET, lambda text: text.replace("</sheetData>", f"</sheetData>{rule}"))
    assert values(only(written(tmp_path, "solved.xlsx", data))) == [[2, ""]]
    other = openpyxl.Workbook()
    other.active.append(["ก"])
    other.create_sheet("รวม").append(["ก", "=SUM(A1:A9)"])
    path = written(tmp_path, "unsolved.xlsx", saved(other))
    refusal(path, "รวม", "B1", "สูตร", "บันทึกใหม่")
    first, second = read_sheets(path, FILE)
    assert values(first) == [["ก"]], "another sheet does not need them"
    with pytest.raises(TableError):
        list(second.rows())


def test_cells_without_a_place_prefixed_and_in_lower_case(tmp_path: Path) -> None:
    for xml in (
        "<row><c><v>1</v></c><c><v>2</v></c></row><row><c/><c><v>3</v></c></row>",
        "<row r='1'><c s='0' r='A1'><v>1</v></c><c r='b1'><v>2</v></c></row><row r='2'><c r='B2'><v>3</v></c></row>",
        f"<x:row xmlns:x='{SPACE}' r='1'><x:c r='A1'><x:v>1</x:v></x:c><x:c r='B1'><x:v>2</x:v></x:c></x:row>"
        f"<x:row xmlns:x='{SPACE}' r='2'><x:c r='B2'><x:v>3</x:v></x:c></x:row>",
    ):
        assert values(only(written(tmp_path, "a.xlsx", with_cells(xml)))) == [[1, 2], ["", 3]]


def test_formatted_empty_cells_far_away_do_not_matter(tmp_path: Path) -> None:
    xml = (
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="A1048576" s="0"/><c r="XFD1048576" s="0"/></row>'
    )
    assert values(only(written(tmp_path, "a.xlsx", with_cells(xml)))) == [[1]]


def test_an_old_workbook_in_the_store_of_small_streams(tmp_path: Path) -> None:
    page = Page("a", {(0, 0): "ก", (1, 0): 2.5, (1, 1): True})
    assert values(only(written(tmp_path, "a.xls", biff.workbook([page], small=True)))) == [["ก", ""], [2.5, True]]


def test_a_new_workbook_under_the_old_name(tmp_path: Path) -> None:
    assert values(only(written(tmp_path, "a.xls", as_xlsx([["ก"], [1]])))) == [["ก"], [1]]
    assert values(only(written(tmp_path, "a.xlsx", biff.workbook([Page("a", {(0, 0): 1})])))) == [[1]]
    assert values(only(written(tmp_path, "A.XLSX", as_xlsx([["ก"], [1]])))) == [["ก"], [1]]


# -- web pages under the name of a workbook ----
PAGE = """<html><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"><style>td{{x:y}}</style>
</head><body><h1>จำนวนประชากร</h1><table border=1><!-- ความลับ -->
<tr><th colspan="2">จังหวัด</th><th rowspan=2>หญิง<br>คน</th></tr>
<tr><td>รหัส<td>ชื่อ
<tr><td>6508</td><td> วังทอง&nbsp;<b>ใหญ่</b>เล็ก </td><td>1,234 &amp; &#49;</td></tr><tr></tr>
<tr><td><table><tr><td>ซ้อน</td></tr></table></td><td>x</td></tr></table><table><tr><td>แถวท้าย</td></tr></table></body></html>"""


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [("utf-8-sig", "utf-8"), ("utf-8", "windows-874"), ("cp874", "windows-874"), ("cp874", "TIS-620"), ("utf-16", "x")],
)
def test_web_pages_named_xls(tmp_path: Path, encoding: str, charset: str) -> None:
    sheet = only(written(tmp_path, "stat.xls", PAGE.format(charset=charset).encode(encoding)))
    assert values(sheet) == [
        ["จังหวัด", "", "หญิง คน"],
        ["รหัส", "ชื่อ"],
        ["6508", "วังทอง ใหญ่เล็ก", "1,234 & 1"],
        [],
        ["ซ้อน", "x"],
        ["แถวท้าย"],
    ]
    assert sheet.top[:2] == [["จังหวัด", "จังหวัด", "หญิง คน"], ["รหัส", "ชื่อ", "หญิง คน"]]
    assert list(sheet.problems) == []


def test_a_cell_that_reaches_down_moves_those_below(tmp_path: Path) -> None:
    page = "<table><tr><td rowspan=2>ก<td>ข<td rowspan=3>ค<tr><td>ง<tr><td>จ<td>ฉ</table>"
    sheet = only(written(tmp_path, "a.xls", page.encode()))
    assert values(sheet) == [["ก", "ข", "ค"], ["", "ง"], ["จ", "ฉ"]]
    assert sheet.top == [["ก", "ข", "ค"], ["ก", "ง", "ค"], ["จ", "ฉ", "ค"]]


def test_a_large_register_is_the_same_as_other_readers_say(tmp_path: Path) -> None:
    draw = random.Random(5)
    table = [[draw.choice(["บ้าน", "ตำบล", ""]) + str(draw.randrange(9999)) for _ in range(13)] for _ in range(4000)]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in table)
    path = written(tmp_path, "stat.xls", f"\ufeff<table>{body}</table>".encode())
    assert values(only(path)) == table


# -- files that cannot be read ----
def _lying(data: bytes, name: str, size: int) -> bytes:
    """Return an archive whose directory and part say another size than the part has, and its check sum."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        check = zlib.crc32(archive.read(name)[:size])
        info = archive.getinfo(name)
        entry = data.index(name.encode(), archive.start_dir) - 46
    out = bytearray(data)
    for at in (entry + 16, info.header_offset + 14):
        out[at : at + 4] = struct.pack("<I", check)
    for at in (entry + 24, info.header_offset + 22):
        out[at : at + 4] = struct.pack("<I", size)
    return bytes(out)


def _bomb(megabytes: int, part: str = SHEET) -> bytes:
    line = b"<row><c><v>1</v></c></row>" * 40_000
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in _parts(as_xlsx([["x"]])).items():
            if name != part:
                archive.writestr(name, text)
        with archive.open(part, "w") as stream:
            for _ in range(megabytes):
                stream.write(line)
    return out.getvalue()


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _cell(place: str, value: str = "<v>1</v>") -> str:
    return f'<row r="{re.sub("[A-Z]", "", place)}"><c r="{place}">{value}</c></row>'


XLSX = as_xlsx([HEAD, *BODY])
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n" + bytes(range(256))
STRINGS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" %s><si><t>a</t></si></sst>'


def _strings(attributes: str) -> bytes:
    return edited(XLSX, "", more={"xl/sharedStrings.xml": (STRINGS % attributes).encode()})


BAD: dict[str, tuple[str, Callable[[], bytes], tuple[str, ...]]] = {
    "empty": (".csv", lambda: b"", ("ว่าง",)),
    "mark-only": (".csv", lambda: b"\xef\xbb\xbf", ("ว่าง",)),
    "empty-xlsx": (".xlsx", lambda: b"", ("ว่าง",)),
    "pdf-xlsx": (".xlsx", lambda: PDF, ("PDF",)),
    "pdf-csv": (".csv", lambda: PDF, ("PDF",)),
    "pdf-xls": (".xls", lambda: PDF, ("PDF",)),
    "png": (".xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), ("รูปภาพ",)),
    "jpeg": (".csv", lambda: b"\xff\xd8\xff\xe0" + bytes(99), ("รูปภาพ",)),
    "rtf": (".txt", lambda: b"{\\rtf1 a}", ("RTF",)),
    "rar": (".xlsx", lambda: b"Rar!\x1a\x07" + bytes(99), ("บีบอัด",)),
    "word": (".xlsx", lambda: _zipped({"[Content_Types].xml": b"<a/>", "word/document.xml": b"<a/>"}), ("Word",)),
    "old-word": (".xls", lambda: biff.compound(bytes(5000), "WordDocument"), ("Word",)),
    "zip": (".xlsx", lambda: _zipped({"a.csv": b"1"}), ("zip",)),
    "ods": (".xlsx", lambda: _zipped({"mimetype": b"x", "content.xml": b"<a/>"}), ("OpenDocument",)),
    "xlsb": (".xlsx", lambda: _zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b""}), (".xlsb",)),
    "xml-2003": (
        ".xls", lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
        ("2003",),
    ),
    "xlsx-named-csv": (".csv", lambda: XLSX, (".xlsx",)),
    "xls-named-txt": (".txt", lambda: biff.workbook([Page("a", {(0, 0): 1})]), (".xls",)),
    "csv-named-xlsx": (".xlsx", lambda: as_csv([HEAD]).encode(), (".xlsx",)),
    "binary": (".csv", lambda: bytes(range(1, 256)), ("UTF-8",)),
    "nul": (".csv", lambda: b"a,b\n1,\0\n", ("อักขระ",)),
    "half-utf-16": (".csv", lambda: "ก,ข\n".encode("utf-16")[:-1], ("UTF-8",)),
    "open-quote": (".csv", lambda: b'a,b\n1,"2\n3,4\n', ("CSV",)),
    "long-cell": (".csv", lambda: b"a,b\n1," + b"x" * 40_000 + b"\n", ("32,767", "แถว 2")),
    "very-long-cell": (".csv", lambda: b"a,b\n1," + b"x" * 1_000_000 + b"\n", ("CSV",)),
    "many-columns": (".csv", lambda: b"1" + b",1" * 16_384, ("Excel",)),
    "many-rows": (".csv", lambda: b"1\n" * 1_048_577, ("Excel",)),
    "page-without-table": (".xls", lambda: b"<html><p>a</p></html>", ("ตาราง",)),
    "page-far-span": (".xls", lambda: b"<table><tr>" + b"<td colspan=16000>a" * 2, ("Excel",)),
    "page-many-cells": (".xls", lambda: b"<table>" + b"<tr><td colspan=16000>a</tr>" * 700, ("Excel",)),
    "page-long-cell": (".xls", lambda: b"<table><tr><td>" + b"x" * 40_000, ("32,767",)),
    "cut": (".xlsx", lambda: XLSX[:-100], ("เสียหาย",)),
    "cut-more": (".xlsx", lambda: XLSX[:1000], ("เสียหาย",)),
    "doubled": (".xlsx", lambda: XLSX + XLSX, ("เสียหาย",)),
    "behind-the-end": (".xlsx", lambda: XLSX + b"x", ("เสียหาย",)),
    "flipped": (".xlsx", lambda: XLSX[:700] + bytes([XLSX[700] ^ 255]) + XLSX[701:], ("เสียหาย",)),
    "cut-xls": (".xls", lambda: biff.workbook([Page("a", {(0, 0): "ก"})])[:1600], ("เสียหาย",)),
    "cut-xls-header": (".xls", lambda: biff.workbook([Page("a", {(0, 0): "ก"})])[:60], ("เสียหาย",)),
    "macros": (".xlsx", lambda: edited(XLSX, "", more={"xl/vbaProject.bin": b"x"}), ("มาโคร",)),
    "macros-xls": (".xls", lambda: biff.compound(bytes(5000), "_VBA_PROJECT_CUR"), ("มาโคร",)),
    "password": (".xlsx", lambda: biff.compound(bytes(5000), "EncryptedPackage"), ("รหัสผ่าน",)),
    "password-xls": (
        ".xls", lambda: biff.workbook([Page("a", {(0, 0): 1})], biff.record(0x2F, bytes(54))), ("รหัสผ่าน",),
    ),
    "entities": (
        ".xlsx", lambda: edited(XLSX, SHEET, lambda t: '<!DOCTYPE a [<!ENTITY b "c">]>' + t), ("DOCTYPE",),
    ),
    "entities-behind-spaces": (
        ".xlsx", lambda: edited(XLSX, "xl/workbook.xml", lambda t: " " * 99 + '<!DOCTYPE a SYSTEM "http://a">' + t),
        ("DOCTYPE",),
    ),
    "hidden": (
        ".xlsx", lambda: edited(XLSX, "xl/workbook.xml", lambda t: t.replace('"visible"', '"veryHidden"')), ("ซ่อน",),
    ),
    "corners": (".xlsx", lambda: with_cells(_cell("A1") + _cell("XFD1048576")), ("ไกลจากตาราง",)),
    "corners-unsaid": (
        ".xlsx", lambda: with_cells("<row><c><v>1</v></c></row><row r='99999'>" + "<c><v>1</v></c>" * 200 + "</row>"),
        ("ไกลจากตาราง",),
    ),
    "corners-lower-case": (
        ".xlsx", lambda: with_cells(_cell("A1") + "<row><c r='xfd9999'><v>1</v></c></row>"), ("ไกลจากตาราง",),
    ),
    "corners-of-many-sheets": (
        ".xls", lambda: biff.workbook([Page(str(i), {(0, 0): 1, (65_535, 99): 1}) for i in range(9)]), ("ไกลจากตาราง",),
    ),
    "row-beyond-excel": (".xlsx", lambda: with_cells(_cell("A10000000")), ("Excel",)),
    "column-beyond-excel": (".xlsx", lambda: with_cells('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>'), ("Excel",)),
    "row-unsaid-beyond-excel": (
        ".xlsx", lambda: with_cells('<row r="4294967294"/><row><c><v>1</v></c></row>'), ("Excel",),
    ),
    "long-cell-xlsx": (
        ".xlsx", lambda: with_cells(_cell("A1", f"<is><t>{'x' * 40_000}</t></is>").replace("<c ", "<c t='inlineStr' ")),
        ("32,767",),
    ),
    "megabyte-cells": (
        ".xlsx", lambda: with_cells("".join(_cell(f"A{i}", f"<v>{'x' * 1_200_000}</v>") for i in range(1, 9))),
        ("ยาวเกิน",),
    ),
    "lying-sheet": (".xlsx", lambda: _lying(XLSX, SHEET, 300), ("เสียหาย",)),
    "lying-picture": (
        ".xlsx", lambda: _lying(edited(XLSX, "", more={"xl/media/a.png": bytes(10**6)}), "xl/media/a.png", 10),
        ("เสียหาย",),
    ),
    "many-merged": (
        ".xlsx",
        lambda: edited(XLSX, SHEET, lambda t: t.replace("</worksheet>", f"{'<mergeCell />' * 100_001}</worksheet>")),
        ("ใหญ่เกินไป",),
    ),
    "same-part-twice": (".xlsx", lambda: edited(XLSX, "", more={SHEET.upper(): b"<a/>"}), ("เสียหาย",)),
    "strings-said": (".xlsx", lambda: _strings('count="1" uniqueCount="99999999999"'), ("เสียหาย",)),
    "strings-said-behind-a-mark": (".xlsx", lambda: _strings('a=">" uniqueCount="99999999999"'), ("เสียหาย",)),
    "strings-said-with-spaces": (".xlsx", lambda: _strings('uniqueCount = "99999999999"'), ("เสียหาย",)),
    "size-said-xls": (
        ".xls",
        lambda: biff.compound(
            biff.stream([Page("a", {(0, 0): 1})]).replace(struct.pack("<IIHHH", 0, 1, 0, 1, 0), b"\xff" * 14)
        ),
        ("เสียหาย",),
    ),
    "size-said-backwards-xls": (
        ".xls",
        lambda: biff.compound(
            biff.stream([Page("a", {(0, 0): 1})]).replace(
                struct.pack("<IIHHH", 0, 1, 0, 1, 0), struct.pack("<IIHHH", 9, 1, 0, 1, 0)
            )
        ),
        ("เสียหาย",),
    ),
    "turning-xls": (
        ".xls", lambda: _turning(biff.workbook([Page("a", {(0, 0): 1})])), ("เสียหาย",),
    ),
}  # fmt: skip


def _turning(data: bytes) -> bytes:
    """Return a compound file in which the chain of the stream leads back to its beginning."""
    table = bytearray(data)
    places = struct.unpack_from("<128I", data, 512)
    last = len(places) - 1 - places[::-1].index(biff.END)
    table[512 + 4 * last : 516 + 4 * last] = struct.pack("<I", 2)
    return bytes(table)


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    suffix, make, named = BAD[name]
    data = make()
    path = written(tmp_path, f"a{suffix}", data)
    refusal(path, *named)
    assert path.read_bytes() == data


def test_folders_and_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    refusal(tmp_path / "a.csv", "โฟลเดอร์")
    refusal(tmp_path / "b.csv", "ไม่มีไฟล์")
    refusal(tmp_path / "b.geojson", "ไม่มีไฟล์")


def test_a_file_that_may_not_be_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbid(*_: object) -> None:
        raise PermissionError(13, "Permission denied")  # root may open every file

    path = written(tmp_path, "a.csv", b"a")
    monkeypatch.setattr(Path, "open", forbid)
    refusal(path, "ไม่ให้เปิด")


def test_a_panic_of_the_reader_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panic(*_: object) -> None:
        raise PanicException("index out of bounds")

    path = written(tmp_path, "a.xlsx", XLSX)
    monkeypatch.setattr("restructure.intake.workbooks.CalamineWorkbook.from_filelike", panic, raising=False)
    refusal(path, "เสียหาย")


_MEASURE = """
import resource, sys, time
from pathlib import Path
from restructure._errors import TableError
from restructure.intake.grids import read_sheets
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun = time.process_time()
try:
    for sheet in read_sheets(Path(sys.argv[1]), "inputs/a"):
        for row in sheet.rows():
            pass
    answer = "read"
except TableError as error:
    answer = error.thai
print(time.process_time() - begun, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, answer)
"""

HUGE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "sheet-bomb": (".xlsx", lambda: _bomb(600), "ใหญ่เกินไปเมื่อคลายออก"),
    "sheet-of-many-rows": (".xlsx", lambda: _bomb(300), "Excel มีได้"),
    "lying-bomb": (".xlsx", lambda: _lying(_bomb(600), SHEET, 1000), "เสียหาย"),
    "strings-bomb": (".xlsx", lambda: _bomb_of_strings(), "ใหญ่เกินไป"),
    "styles-bomb": (".xlsx", lambda: _bomb(450, "xl/styles.xml"), "Excel มีได้"),
    "sparse": (".xlsx", lambda: with_cells(_cell("A1") + _cell("XFD1048576")), "ไกลจากตาราง"),
    # Where a quick look and the reader may see different cells.
    "corner-behind-a-mark": (
        ".xlsx", lambda: with_cells(_cell("A1") + "<row r='2'><c x='>' r='XFD1048576'><v>1</v></c></row>"),
        "ไกลจากตาราง",
    ),
    "corner-in-another-word": (
        ".xlsx", lambda: with_cells(_cell("A1") + """<row r='2'><c x=" r='A2'" r='XFD1048576'><v>1</v></c></row>"""),
        "ไกลจากตาราง",
    ),
    "corner-behind-a-comment": (
        ".xlsx",
        lambda: with_cells(
            _cell("A1") + "<row r='1048576'>" + "<c/>" * 16_383 + "<!--><row r='2'> <!-- --><c><v>1</v></c></row>"
        ),
        "เสียหาย",
    ),
    "corner-with-a-long-name": (
        ".xlsx",
        lambda: with_cells(
            f"<abcdefghijkl:row xmlns:abcdefghijkl='{SPACE}' r='1'><abcdefghijkl:c r='A1'>{'<v> </v>' * 60_000}"
            "<v>1</v></abcdefghijkl:c><abcdefghijkl:c r='XFD1048576'><v>1</v></abcdefghijkl:c></abcdefghijkl:row>"
        ),
        "ไกลจากตาราง",
    ),
    "sparse-old": (
        ".xls", lambda: biff.workbook([Page(str(i), {(0, 0): 1, (65_535, 255): 1}) for i in range(90)]), "ไกลจากตาราง",
    ),
    "spans": (".xls", lambda: b"<table>" + b"<tr><td rowspan=9999 colspan=16000>a</tr>" * 9999, "Excel มีได้"),
    "line": (".csv", lambda: b"a" * 90_000_000, "Excel มีได้"),
    "empty-rows": (".csv", lambda: b"\n" * 90_000_000, "Excel มีได้"),
    "delimiters": (".csv", lambda: b"," * 90_000_000, "Excel มีได้"),
    "too-large": (".csv", lambda: b"1,2\n" * 30_000_000, "100 MB"),
    "deep-page": (".xls", lambda: b"<table><tr><td>" * 300_000, ""),
    "deep-map": (".geojson", lambda: b'{"type":"FeatureCollection","features":' + b"[" * 2_000_000, "GeoJSON"),
}  # fmt: skip


def _bomb_of_strings() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in _parts(XLSX).items():
            if name != "xl/sharedStrings.xml":
                archive.writestr(name, text)
        with archive.open("xl/sharedStrings.xml", "w") as stream:
            stream.write(b"<sst>")
            for _ in range(90):
                stream.write(b"<si/>" * 1_000_000)
    return out.getvalue()


@pytest.mark.skipif(sys.platform != "linux", reason="memory used is counted in other units elsewhere")
@pytest.mark.parametrize("name", HUGE)
def test_memory_and_time_are_bounded(tmp_path: Path, name: str) -> None:
    suffix, make, named = HUGE[name]
    path = written(tmp_path, f"a{suffix}", make())
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE, path], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr[-500:]
    seconds, megabytes, answer = run.stdout.split(" ", 2)
    assert named in answer, answer
    assert float(seconds) < 20
    assert float(megabytes) < 500


# -- map files ----
POINTS = gpd.GeoDataFrame(
    {"ชื่อ": ["บ้านไร่", "บ้านน้ำ"], "หลัง": [12.0, None], "x": [1, 2]},
    geometry=[shapely.Point(100.4, 16.8), shapely.Point(100.5, 16.9)],
    crs="EPSG:4326",
)


@pytest.mark.parametrize("suffix", [".geojson", ".json", ".gpkg"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32647", "EPSG:24047"])
def test_points_of_map_files(tmp_path: Path, suffix: str, crs: str) -> None:
    path = tmp_path / f"a{suffix}"
    POINTS.to_crs(crs).to_file(path, driver="GPKG" if suffix == ".gpkg" else "GeoJSON")
    sheet = only(path)
    head, *rows = values(sheet)
    assert sheet.top == [head, *rows]
    assert sorted(head) == ["lat", "lon", "ชื่อ", "หลัง"]
    table = pd.DataFrame(rows, columns=head)
    assert table["ชื่อ"].tolist() == ["บ้านไร่", "บ้านน้ำ"]
    assert table["หลัง"].tolist() == ["12", ""]
    # GeoJSON holds seven decimals.
    assert table["lat"].astype(float).tolist() == pytest.approx([16.8, 16.9], abs=2e-7)
    assert table["lon"].astype(float).tolist() == pytest.approx([100.4, 100.5], abs=2e-7)


def test_lines_areas_and_groups_of_map_files(tmp_path: Path) -> None:
    shapes = [
        shapely.MultiPoint([(100.4, 16.8)]),
        shapely.box(100, 16, 101, 17),
        shapely.LineString([(100, 16), (101, 17)]),
        shapely.MultiPoint([(100, 16), (101, 17)]),
        None,
    ]
    path = tmp_path / "a.geojson"
    gpd.GeoDataFrame({"ก": list("abcde")}, geometry=shapes, crs="EPSG:4326").to_file(path, driver="GeoJSON")
    numbers = [number for number, _ in read_features(path, FILE)]
    assert numbers == [1, 1, 2, 3, 4, 5]
    head, *rows = values(only(path))
    table = pd.DataFrame(rows, columns=head)
    assert table[["lat", "lon"]].values.tolist() == [["16.8", "100.4"], *[["", ""]] * 4]
    assert table["wkt"].tolist()[0] == table["wkt"].tolist()[4] == ""
    for text, shape in zip(table["wkt"].tolist()[1:4], shapes[1:4], strict=True):
        assert shapely.from_wkt(text).equals(shape)


def test_an_outline_may_be_longer_than_a_cell_of_excel(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    circle = shapely.Point(100, 16).buffer(0.1, quad_segs=2000)
    gpd.GeoDataFrame({"ตำบล": ["ก"]}, geometry=[circle], crs="EPSG:4326").to_file(path)
    head, row = values(only(path))
    assert len(row[head.index("wkt")]) > 32_767
    assert shapely.from_wkt(row[head.index("wkt")]).equals(circle)


@pytest.mark.parametrize("encoding", ["utf-8", "cp874"])
@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize("suffix", [".shp", ".zip"])
def test_shapefiles_in_the_encodings_of_offices(tmp_path: Path, encoding: str, told: bool, suffix: str) -> None:
    path = tmp_path / "a.shp"
    POINTS[["ชื่อ", "geometry"]].rename(columns={"ชื่อ": "name"}).to_file(path, encoding="utf-8")
    table = path.with_suffix(".dbf")
    old = table.read_bytes()
    for name in POINTS["ชื่อ"]:
        cell = name.encode("utf-8").ljust(80)
        old = old.replace(cell, name.encode(encoding).ljust(80))
    table.write_bytes(old[:29] + b"\0" + old[30:])
    path.with_suffix(".cpg").write_text({"utf-8": "UTF-8", "cp874": "874"}[encoding])
    if not told:
        path.with_suffix(".cpg").unlink()
    if suffix == ".zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for part in sorted(tmp_path.glob("a.[!z]*")):
                archive.write(part, part.name)
        path = tmp_path / "a.zip"
    head, *rows = values(only(path))
    assert [row[head.index("name")] for row in rows] == ["บ้านไร่", "บ้านน้ำ"]


def test_a_map_file_reads_no_other_file_and_no_address(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        asked = []

        def listen() -> None:
            with contextlib.suppress(OSError):
                while True:
                    asked.append(server.accept()[0].close())

        thread = threading.Thread(target=listen)
        secret = written(tmp_path, "secret.csv", "ชื่อ\nความลับ\n".encode())
        linked = json.loads(POINTS.to_json()) | {
            "crs": {"type": "link", "properties": {"href": address, "type": "proj4"}}
        }
        link = f"<OGRVRTLayer name='secret'><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer>"
        link = f"<OGRVRTDataSource>{link}</OGRVRTDataSource>"
        algorithm = json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {secret}"})
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as parts:
            parts.writestr("a.shp", link)
        hostile = [json.dumps(linked).encode(), link.encode(), algorithm.encode(), archive.getvalue()]
        thread.start()
        for data, suffix in itertools.product(hostile, MAP_SUFFIXES):
            refusal(written(tmp_path, f"a{suffix}", data))
        thread.join()
    assert asked == []


def test_a_geopackage_that_computes_for_ever_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    POINTS.to_file(path, layer="a")
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.execute(
            "CREATE VIEW b AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n WHERE i = 2"
        )
        base.commit()
    refusal(path, "GeoPackage")


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg"])
def test_maps_of_too_many_features_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    POINTS.to_file(path, driver="GPKG" if suffix == ".gpkg" else "GeoJSON")
    assert len(values(only(path))) == 3
    monkeypatch.setattr(features, "_MOST_FEATURES", 1)
    refusal(path, "ใหญ่เกินไป")


@pytest.mark.parametrize("suffix", MAP_SUFFIXES)
@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"not a map",
        PDF,
        XLSX,
        b'{"type": "Topology"}',
        b"<kml",
        b"[]",
        b"{}",
        b"\0\0\x27\x0a",
        b"SQLite format 3\0",
    ],
    ids=["brace", "text", "pdf", "xlsx", "topology", "kml", "list", "object", "shp", "sqlite"],
)
def test_what_is_no_map_is_refused(tmp_path: Path, suffix: str, data: bytes) -> None:
    refusal(written(tmp_path, f"a{suffix}", data))


def test_places_of_google_earth(tmp_path: Path) -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->
    <kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>บ้านไร่</name>
    <Point><coordinates>100.4,16.8,0</coordinates></Point></Placemark></Document></kml>"""
    assert values(only(written(tmp_path, "a.kml", text.encode()))) == [
        ["lat", "lon", "Name"],
        ["16.8", "100.4", "บ้านไร่"],
    ]
    entity = text.replace("<!--", '<!DOCTYPE kml [<!ENTITY a "b">]><!--')
    refusal(written(tmp_path, "b.kml", entity.encode()))


def test_suffixes_are_told_apart() -> None:
    assert not set(TABLE_SUFFIXES) & set(MAP_SUFFIXES)

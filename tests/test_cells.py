"""Cells as offices write them: numbers kept as text, dashes, codes with marks, days, terms, and what is said of it."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from restructure.intake.cells import type_frame
from restructure.intake.schema import Problem

FILE = "inputs/x.csv"
#: A row of each table with which nothing is wrong.
ROWS = {
    "schools": {
        "school_id": "1065480305", "name": "บ้านน้ำ", "tambon": "วังทอง", "amphoe": "วังทอง", "lat": "16.8",
        "lon": "100.4", "grades": "K2-P6",
    },
    "villages": {"village_id": "65080101", "name": "บ้านไร่", "lat": "16.8", "lon": "100.4", "point_source": "survey"},
    "students": {"school_id": "1065480305", "grade": "P4", "village_id": "65080101", "count": "3", "as_of": "2/2569"},
    "mergers": {
        "school_id": "1065480305", "grades": "P4-P6", "from_term": "1/2570", "host_id": "1065480306", "kind": "merge",
        "programme": "existing",
    },
    "enrolment": {"school_id": "1065480305", "year": "2568", "grade": "P4", "count": "12"},
    "ceilings": {"round": "may", "letter": "ศธ 04006/1", "baht": "1000", "date": "2026-11-09"},
}  # fmt: skip


def typed(table: str, column: str, texts: list[str]) -> tuple[pd.DataFrame, list[Problem]]:
    """Return what becomes of a table with these texts in one column."""
    index = pd.RangeIndex(5, 5 + len(texts), name="row")
    raw = pd.DataFrame(
        {**{k: [v] * len(texts) for k, v in ROWS[table].items()}, column: texts}, index=index, dtype=object
    )
    return type_frame(raw, table, FILE)


@pytest.mark.parametrize("table", ROWS)
def test_rows_with_which_nothing_is_wrong(table: str) -> None:
    frame, problems = typed(table, next(iter(ROWS[table])), [next(iter(ROWS[table].values()))])
    assert problems == []
    assert frame.index.tolist() == [5]


@pytest.mark.parametrize(
    ("table", "column", "text", "value", "rule"),
    [
        # Numbers kept as text, grouped, with the word of their unit.
        ("students", "count", "'12", 12, None),
        ("students", "count", "’12", 12, None),
        ("students", "count", '="12"', 12, None),
        ("students", "count", "1 250", 1250, None),
        ("students", "count", "1\xa0250", 1250, None),
        ("students", "count", "1\u202f250", 1250, None),
        ("students", "count", "1,\u200b250", 1250, None),
        ("students", "count", "12.", 12, None),
        ("students", "count", "12.00", 12, None),
        ("students", "count", "12 คน", 12, None),
        ("students", "count", "๑,๒๕๐ คน", 1250, "thai-digits"),
        ("schools", "rooms", "3 ห้อง", 3, None),
        ("schools", "rooms", "3ห้อง", 3, None),
        ("schools", "teachers", "5 คน", 5, None),
        ("schools", "rooms", "3 คน", None, "bad-count"),
        ("villages", "population", "1 250.0", 1250, None),
        ("ceilings", "baht", "441,703 บาท", 441703, None),
        ("students", "declared_m", "1 500.5", 1500.5, None),
        ("students", "declared_m", "2 กม.", None, "bad-number"),
        # A dash: nobody among pupils, nobody knows elsewhere.
        ("students", "count", "-", 0, None),
        ("students", "count", "–", 0, None),
        ("students", "count", "—", 0, None),
        ("enrolment", "count", "-", 0, None),
        ("schools", "rooms", "-", None, None),
        ("schools", "teachers", "—", None, None),
        ("villages", "population", "--", None, None),
        ("students", "declared_m", "−", None, None),
        ("schools", "special_area", "—", "", None),
        ("schools", "status", "–", "", None),
        # Codes: what separates digits is dropped only where the digits are as many as the code has.
        ("students", "school_id", "10-65-480305", "1065480305", "code-spaces"),
        ("students", "school_id", "10 65 480305", "1065480305", "code-spaces"),
        ("students", "school_id", "1,065,480,305", "1065480305", "code-spaces"),
        ("students", "school_id", "10\u200b65480305", "1065480305", None),
        ("students", "school_id", "'1065480305", "1065480305", None),
        ("students", "school_id", "1065480305.0", "1065480305", "code-decimals"),
        ("students", "village_id", "6508-01-01", "65080101", "code-spaces"),
        ("students", "village_id", "65-0801", "65-0801", None),
        ("students", "village_id", "B-1", "B-1", None),
        ("schools", "smis_id", "6502-0001", "65020001", "code-spaces"),
        ("schools", "smis_id", "65-02/0001", "65-02/0001", None),
        ("schools", "school_id", "๑๐๖๕๔๘๐๓๐๕", "1065480305", "thai-digits"),
        ("schools", "village_id", "0508-0101", "05080101", "code-spaces"),
        # Days and terms.
        ("ceilings", "date", "10 พ.ย. 69", "2026-11-10", None),
        ("ceilings", "date", "10/11/69", "2026-11-10", None),
        ("ceilings", "date", "10-11-2569", "2026-11-10", None),
        ("ceilings", "date", "10.11.2569", "2026-11-10", None),
        ("ceilings", "date", "'10/11/2569", "2026-11-10", None),
        ("ceilings", "date", "2569-11-10T00:00:00", "2026-11-10", None),
        ("ceilings", "date", "45970", "2025-11-09", "excel-date"),
        ("ceilings", "date", "45970.5", "2025-11-09", "excel-date"),
        ("students", "as_of", "46336", "2026-11-10", "excel-date"),
        ("ceilings", "date", "1969-11-10T00:00:00", "2026-11-10", "excel-date"),
        ("students", "as_of", "2569-02-01T00:00:00", "2/2569", "excel-term"),
        ("mergers", "from_term", "2570-01-01", "1/2570", "excel-term"),
        ("students", "as_of", "ภาคเรียนที่ 2 ปีการศึกษา 2569", "2/2569", None),
        ("mergers", "from_term", "2569/2", "2/2569", None),
        ("mergers", "from_term", "2-2569", "2/2569", None),
        ("enrolment", "year", "ปีการศึกษา 2568", 2568, None),
        ("enrolment", "year", "พ.ศ. 2568", 2568, None),
        ("enrolment", "year", "2568.0", 2568, None),
        # Grades.
        ("students", "grade", "ป.๔", "P4", None),
        ("students", "grade", "ป4/1", "P4", None),
        ("students", "grade", "ม.1/2", "M1", None),
        ("students", "grade", "ประถมศึกษาปีที่ 4", "P4", None),
        ("enrolment", "grade", "อนุบาลปีที่ 3", "K3", None),
        ("schools", "grades", "อนุบาล-ประถมศึกษา", "K1-P6", None),
        ("schools", "grades", "อนุบาล 2 - ป.6", "K2-P6", None),
        ("schools", "grades", "ขยายโอกาส", "", "bad-grades"),
        # Words.
        ("schools", "status", "เปิดทำการสอน", "open", None),
        ("schools", "status", "ยุบเลิก", "closed", None),
        ("mergers", "kind", "โรงเรียนเรียนรวม", "learn-together", None),
        ("mergers", "kind", "เลิกสถานศึกษา", "dissolve", None),
        ("ceilings", "round", "รอบพฤศจิกายน", "november", None),
        ("villages", "point_source", "สำรวจ", "survey", None),
        ("villages", "point_source", "GPS", "survey", None),
        ("villages", "point_source", "OSM", "osm", None),
        ("villages", "point_source", "OpenStreetMap", "osm", None),
        ("villages", "point_source", "วาดเอง", "digitised", None),
        ("villages", "point_source", "Tambon Centroid", "tambon-centroid", None),
        ("villages", "point_source", "จุดกลางตำบล", "tambon-centroid", None),
        ("villages", "point_source", "tambon_centroid", "tambon-centroid", None),
        ("villages", "point_source", "", "", None),
        ("villages", "point_source", "-", "", None),
        ("villages", "point_source", "ครูสมศรีบอก", "", "bad-source"),
        # Points: as parse_degrees reads them; where they lie is seen later.
        ("villages", "lat", "16°48'", 16.8, None),
        ("villages", "lat", "16,8", 16.8, None),
        ("villages", "lat", "1858000", 1858000.0, None),
        ("villages", "lon", "100.4 E", 100.4, None),
        ("villages", "lon", "16.8 E", None, "bad-lon"),
        ("villages", "lat", "วัด", None, "bad-lat"),
        ("villages", "zone", "โซน ๔๗", "47", None),
        ("villages", "zone", "46", "", "bad-zone"),
        ("villages", "datum", "อินเดียน 1975", "indian-1975", None),
        ("villages", "datum", "ED50", "", "bad-datum"),
    ],
)  # fmt: skip
def test_cell_is_understood(table: str, column: str, text: str, value: object, rule: str | None) -> None:
    frame, problems = typed(table, column, [text])
    said = [(p.rule, p.row, p.column, p.value) for p in problems]
    assert said == ([(rule, 5, column, text)] if rule else [])
    assert all(p.message and p.remedy and "{" not in p.message for p in problems)
    if problems and problems[0].severity == "error":
        assert frame.empty
        return
    got = frame.at[5, column]
    assert pd.isna(got) if value is None else (got == value and type(got) is not bool), got


@pytest.mark.parametrize(
    ("table", "column", "text"),
    [
        ("students", "school_id", "1.06548E+09"),
        ("students", "school_id", "1,06548E+09"),
        ("students", "school_id", "๑.๐๖๕E+๐๙"),
        ("students", "school_id", "10 65 4803 ก"),
        ("students", "school_id", "10 65 480"),
        ("students", "count", "1 25"),
        ("students", "count", "12 ห้อง"),
        ("students", "count", "คน"),
        ("students", "grade", "อนุบาล"),
        ("students", "grade", "ป.7/1"),
        ("students", "as_of", "พฤศจิกายน 2569"),
        ("students", "as_of", "10/11/26"),
        ("ceilings", "date", "2569"),
        ("ceilings", "date", "51169"),  # a day of 2040, or 5 November 2569 without its marks
        ("ceilings", "date", "1968-02-29T00:00:00"),
        ("ceilings", "date", "241069"),
        ("mergers", "from_term", "45970"),
        ("enrolment", "year", "69"),
    ],
)
def test_what_may_be_two_things_is_not_guessed(table: str, column: str, text: str) -> None:
    frame, problems = typed(table, column, [text])
    assert [p.rule.startswith("bad-") for p in problems] == [True]
    essential = problems[0].severity == "error"
    assert frame.empty if essential else frame.at[5, column] in ("", None)


# -- how much is said ----
@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [("count", "๓", "thai-digits"), ("school_id", "1065480305.0", "code-decimals"),
     ("village_id", "6508 0101", "code-spaces"), ("as_of", "46336", "excel-date"),
     ("as_of", "2569-02-01", "excel-term")],
)  # fmt: skip
def test_what_a_whole_column_has_is_said_once(column: str, text: str, rule: str) -> None:
    _, few = typed("students", column, [text] * 20)
    assert [(p.rule, p.row) for p in few] == [(rule, row) for row in range(5, 25)]
    frame, many = typed("students", column, ["", *[text] * 1250] if column == "as_of" else [text] * 1250)
    (problem,) = many
    first = 6 if column == "as_of" else 5
    assert (problem.rule, problem.row, problem.column, problem.severity) == (rule, first, column, "warning")
    assert f"1,250 แถว (แถว {first}, {first + 1}, {first + 2}, {first + 3}, {first + 4} …)" in problem.message
    assert len(frame) == 1250 + (column == "as_of")


def test_faults_are_said_row_by_row_however_many() -> None:
    _, problems = typed("schools", "teachers", ["ไม่ทราบ"] * 30)
    assert [p.row for p in problems] == list(range(5, 35))


def test_each_mending_of_a_column_is_counted_for_itself() -> None:
    texts = ["๑๐๖๕๔๘๐๓๐๕"] * 21 + ["1065480305.0"] * 2 + ["?"]
    frame, problems = typed("students", "school_id", texts)
    assert [(p.rule, p.row) for p in problems] == [
        ("bad-code", 28), ("thai-digits", 5), ("code-decimals", 26), ("code-decimals", 27),
    ]  # fmt: skip
    assert set(frame["school_id"]) == {"1065480305"}
    assert len(frame) == 23


@pytest.mark.parametrize("column", ["grade", "school_id", "village_id", "count", "as_of", "declared_m"])
@pytest.mark.parametrize("text", ["1 1017 00230 70 8", "1-1017-00230-70-8", "๑๑๐๑๗๐๐๒๓๐๗๐๘", "'1101700230708"])
def test_a_citizen_number_in_a_shifted_row_is_neither_kept_nor_shown(column: str, text: str) -> None:
    frame, problems = typed("students", column, [text] * 25)
    assert {p.value for p in problems} == {"(ปกปิด)"}
    said = frame.to_csv() + "".join(p.message + p.remedy for p in problems)
    assert text not in said
    assert "1101700230708" not in said


@pytest.mark.parametrize("text", ["16°48'44.6\"X", "๑๖.๘", "16.8 E"])
def test_a_home_is_not_shown(text: str) -> None:
    index = pd.RangeIndex(2, 32, name="row")
    raw = pd.DataFrame(
        {**ROWS["students"], "lat": text, "lon": "100.4", "student_key": "p1"}, index=index, dtype=object
    )
    _, problems = type_frame(raw, "students", FILE)
    assert problems
    assert {p.value for p in problems} == {"(ปกปิด)"}


def test_columns_of_the_way_in_do_not_leave_but_those_of_points() -> None:
    raw = pd.DataFrame([{**ROWS["villages"], "zone": "47N", "datum": "WGS84", "moo": "3", "x": "1", "point": "?"}], [2])
    frame, problems = type_frame(raw.astype(object), "villages", FILE)
    assert problems == []
    assert frame.loc[2, ["zone", "datum"]].tolist() == ["47", "wgs84"]
    assert not {"moo", "x", "y", "point", "province"} & set(frame)
    assert not {"zone", "datum"} & set(type_frame(raw[list(ROWS["villages"])].astype(object), "villages", FILE)[0])


def test_twenty_thousand_rows_of_twelve_columns_take_less_than_a_second() -> None:
    count = 20_000
    rng = np.random.default_rng(3)
    raw = pd.DataFrame(
        {
            "school_id": [f"1065{i % 125:06d}" for i in range(count)],
            "grade": [f"ป.{i % 6 + 1}" for i in range(count)],
            "village_id": [f"6508{i % 99:04d}" for i in range(count)],
            "student_key": [f"p{i:016x}" for i in range(count)],
            "lat": [f"{x:.6f}" for x in rng.uniform(16.5, 17, count)],
            "lon": [f"{x:.6f}" for x in rng.uniform(100, 101, count)],
            "as_of": "10 พ.ย. 2569",
            "from_school_id": "",
            "count": "๑",
            "declared_unpaved": [f"{x:.1f}" for x in rng.uniform(0, 9, count)],
            "declared_paved": [f"{x:.2f}" for x in rng.uniform(0, 9, count)],
            "declared_water": "-",
        },
        index=pd.RangeIndex(2, count + 2, name="row"),
        dtype=object,
    )
    started = time.process_time()
    frame, problems = type_frame(raw, "students", FILE)
    took = time.process_time() - started
    assert len(frame) == count
    assert frame["count"].sum() == count
    assert [p.rule for p in problems] == ["thai-digits"]
    assert frame.iloc[-1][["student_key", "grade", "as_of"]].tolist() == [f"p{count - 1:016x}", "P2", "2026-11-10"]
    assert frame["lat"].tolist() == [float(text) for text in raw["lat"]]
    assert took < 1, f"{took:.2f} s"

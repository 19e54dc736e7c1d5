"""Grades and ranges of grades, as offices write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restructure.grades import GRADES, format_grades, parse_grade, parse_grades, thai_grades

K, P, M = ["K1", "K2", "K3"], ["P1", "P2", "P3", "P4", "P5", "P6"], ["M1", "M2", "M3"]


@pytest.mark.parametrize(
    ("text", "grades"),
    [
        ("P4", ["P4"]),
        ("p4", ["P4"]),
        ("ป.4", ["P4"]),
        ("ป4", ["P4"]),
        ("ป. 4", ["P4"]),
        ("ป.๔", ["P4"]),
        ("อนุบาล 2", ["K2"]),
        ("ประถม 1", ["P1"]),
        ("ประถมศึกษา 1", ["P1"]),
        ("มัธยมศึกษา 3", ["M3"]),
        ("K", K),
        ("อนุบาล", K),
        ("P", P),
        ("M", M),
        ("P1-P3", P[:3]),
        ("P1 - P3", P[:3]),
        ("P1–P3", P[:3]),
        ("K2-P6", [*K[1:], *P]),
        ("อ.2-ป.6", [*K[1:], *P]),
        ("อ.๒-ป.๖", [*K[1:], *P]),
        ("อ.2 ถึง ป.6", [*K[1:], *P]),
        ("K-P6", [*K, *P]),
        ("P4-P6, M", [*P[3:], *M]),
        ("M1;K3/P2  P1", ["K3", "P1", "P2", "M1"]),
        ("P2,P2-P3", ["P2", "P3"]),
        ("all", [*K, *P, *M]),
        ("ทุกชั้น", [*K, *P, *M]),
        ("ป.1-6", P),
        ("อ.2-3, ป.1-3,", ["K2", "K3", "P1", "P2", "P3"]),
        ("ทั้งโรงเรียน", [*K, *P, *M]),
        ("ประถมศึกษาปีที่ 4", ["P4"]),
        ("ชั้นประถมศึกษาปีที่ ๔", ["P4"]),
        ("ชั้น ป.4", ["P4"]),
        ("อนุบาลปีที่ 3", ["K3"]),
        ("มัธยมศึกษาปีที่ 1", ["M1"]),
        ("P.4", ["P4"]),
        ("k 2", ["K2"]),
        ("KG2", ["K2"]),
        ("Kindergarten 2", ["K2"]),
        ("Anuban 2", ["K2"]),
        ("Prathom 6", ["P6"]),
        ("Grade 4", ["P4"]),
        ("Matthayom 3", ["M3"]),
        ("ก่อนประถมศึกษา", K),
        ("ประถมศึกษา", P),
        ("อนุบาล-ประถมศึกษา", [*K, *P]),
        ("อนุบาล 2 - ป.6", [*K[1:], *P]),
        ("ตั้งแต่ชั้นอนุบาลปีที่ 2 จนถึงชั้นประถมศึกษาปีที่ 6", [*K[1:], *P]),
        ("อนุบาล-มัธยมศึกษาตอนต้น", [*K, *P, *M]),
        ("ระดับอนุบาล - ม.ต้น", [*K, *P, *M]),
        ("อนุบาล 1-3 และประถมศึกษาปีที่ 1-6", [*K, *P]),
        ("ประถมศึกษาตอนต้น", P[:3]),
        ("ป.ปลาย", P[3:]),
        ("อ.2-ประถมศึกษาตอนต้น", [*K[1:], *P[:3]]),
        ("อ.2—ป.6", [*K[1:], *P]),
        ("K2 to P6", [*K[1:], *P]),
        ("ระดับชั้นทุกชั้น", [*K, *P, *M]),
    ],
)
def test_grades_are_read(text: str, grades: list[str]) -> None:
    assert parse_grades(text) == tuple(grades)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "P7",
        "K0",
        "M4",
        "ม.6",
        "P6-P1",
        "P1-",
        "-P3",
        "X",
        "P1-X",
        "P1-P3-P6",
        "4",
        "all-P1",
        "ขยายโอกาส",
        "เตรียมอนุบาล",
        "เด็กเล็ก",
        "มัธยมศึกษาตอนปลาย",
        "อนุบาล-มัธยมศึกษาตอนปลาย",
        "อนุบาล 3 ขวบ",
        "Grade 7",
        "ป.1/2",
        "ปวช.1",
        "ก.4",
        "ชั้น",
        "ปี 4",
        "อบต.",
        "ประถมศึกษา (ป.1-3)",
    ],
)
def test_what_is_no_grade_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no grade"):
        parse_grades(text)


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("ป.๔", "P4"),
        ("ป4/1", "P4"),
        ("ป.4 / 12", "P4"),
        ("ม.๑/๒", "M1"),
        ("อนุบาลปีที่ 3/1", "K3"),
        ("ประถมศึกษาปีที่ 4 ห้อง 2", "P4"),
        ("ประถมศึกษาปีที่ 4 ห้องที่ 2", "P4"),
        ("P4-P4", "P4"),
    ],
)
def test_one_grade_is_read_with_or_without_its_room(text: str, grade: str) -> None:
    assert parse_grade(text) == grade


@pytest.mark.parametrize(
    "text", ["", "ป.1-ป.2", "ป.1-2", "ป.1,2", "ป.1/ป.2", "อนุบาล", "1/2", "ป.7/1", "ป.4/123", "ป./1", "ป.1/2/3", "ทุกชั้น"]
)
def test_what_is_not_one_grade_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no grade"):
        parse_grade(text)


@pytest.mark.parametrize(
    ("grades", "text"),
    [
        (["P4"], "P4"),
        (["P3", "P1", "P2"], "P1-P3"),
        (["K3", "P1"], "K3-P1"),
        ({"K1", "P1", "P2", "M3"}, "K1,P1-P2,M3"),
        ((), ""),
        (tuple(K + P + M), "K1-M3"),
    ],
)
def test_grades_are_written_as_ranges(grades: list[str], text: str) -> None:
    assert format_grades(grades) == text


@given(st.sets(st.sampled_from(K + P + M), min_size=1))
def test_written_grades_read_back(grades: set[str]) -> None:
    assert set(parse_grades(format_grades(grades))) == grades


@pytest.mark.parametrize(("text", "thai"), [("K2-P6", "อ.2–ป.6"), ("P4,M1-M3", "ป.4,ม.1–ม.3"), ("", "")])
def test_grades_as_people_read_them(text: str, thai: str) -> None:
    assert thai_grades(text) == thai


def test_grades_are_all_there_in_order() -> None:
    assert list(GRADES) == K + P + M

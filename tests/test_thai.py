"""Digits, dates, terms and baht text, against answers written by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from restructure.thai import (
    MONTHS,
    ROUND_NAMES,
    ROUNDS,
    Term,
    arabic_digits,
    baht_text,
    parse_date,
    parse_term,
    round_term,
    term_end,
    thai_date,
    thai_digits,
    thai_rows,
)


@pytest.mark.parametrize(
    ("text", "year", "number"),
    [
        ("2/2569", 2569, 2),
        ("๑/๒๕๗๐", 2570, 1),
        ("  1 / 2570 ", 2570, 1),
        ("2/2499", 2499, 2),
        ("2-2569", 2569, 2),
        ("2569/2", 2569, 2),
        ("2569 - 1", 2569, 1),
        ("เทอม 2/2569", 2569, 2),
        ("ภาคเรียนที่ 2/2569", 2569, 2),
        ("ภาคเรียนที่ ๒ ปีการศึกษา ๒๕๖๙", 2569, 2),
        ("ภาคเรียนที่1ปีการศึกษา2569", 2569, 1),
        ("ปีการศึกษา 2569 ภาคเรียนที่ 2", 2569, 2),
        ("ภาค 2 ปี 2569", 2569, 2),
    ],
)
def test_term_is_read(text: str, year: int, number: int) -> None:
    term = parse_term(text)
    assert (term.year, term.number) == (year, number)
    assert str(term) == f"{number}/{year}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3/2570",
        "0/2570",
        "1/2026",
        "2570/3",
        "2026/1",
        "1/70",
        "1/2570/1",
        "ภาคเรียนที่",
        "1/25700",
        "12570",
        "2570 1",
        "1 2570",
        "2570",
        "ภาคเรียนที่ 1",
        "1/2/2570",
    ],
)
def test_what_is_no_term_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no term"):
        parse_term(text)


def test_terms_follow_each_other_in_time() -> None:
    # Term 2 of a school year begins before term 1 of the next one.
    assert sorted(map(parse_term, ["1/2570", "2/2568", "2/2569", "1/2569"])) == [
        Term(2568, 2),
        Term(2569, 1),
        Term(2569, 2),
        Term(2570, 1),
    ]


@pytest.mark.parametrize(("round_name", "term"), [("november", "2/2566"), ("may", "1/2567")])
def test_round_pays_the_term_of_the_guideline_of_2567(round_name: str, term: str) -> None:
    assert str(round_term(2567, round_name)) == term


def test_every_round_has_a_name_in_thai() -> None:
    assert {name: ROUND_NAMES[name] for name in ROUNDS} == {"november": "รอบพฤศจิกายน", "may": "รอบพฤษภาคม"}


@pytest.mark.parametrize(("term", "day"), [("1/2569", date(2026, 10, 11)), ("2/2569", date(2027, 4, 1))])
def test_term_ends_on_the_day_of_the_rule_of_2549(term: str, day: date) -> None:
    assert term_end(parse_term(term)) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-05-16", date(2027, 5, 16)),
        ("2570-05-16", date(2027, 5, 16)),
        ("16/5/2570", date(2027, 5, 16)),
        ("16/05/2027", date(2027, 5, 16)),
        ("๑๖/๕/๒๕๗๐", date(2027, 5, 16)),
        (" 2026-11-09T00:00:00 ", date(2026, 11, 9)),
        ("2026-11-09 00:00:00", date(2026, 11, 9)),
        ("29/2/2571", date(2028, 2, 29)),
        ("2400-01-01", date(1857, 1, 1)),
        ("2399-01-01", date(2399, 1, 1)),
        ("๑๖ พฤษภาคม ๒๕๗๐", date(2027, 5, 16)),
        ("1 ก.ย. พ.ศ. 2569", date(2026, 9, 1)),
        ("10 พ.ย. 69", date(2026, 11, 10)),
        ("10พ.ย.2569", date(2026, 11, 10)),
        ("10 พย 69", date(2026, 11, 10)),
        ("๑๐-พ.ย.-๖๙", date(2026, 11, 10)),
        ("10/11/69", date(2026, 11, 10)),
        ("10 / 11 / 2569", date(2026, 11, 10)),
        ("10-11-2569", date(2026, 11, 10)),
        ("10.11.2569", date(2026, 11, 10)),
        ("10.11.69", date(2026, 11, 10)),
        ("2569/11/10", date(2026, 11, 10)),
        ("10/11/2569 16:30 น.", date(2026, 11, 10)),
        ("10/11/2569 00:00:00", date(2026, 11, 10)),
        ("วันที่ 10 เดือน พฤศจิกายน พ.ศ. 2569", date(2026, 11, 10)),
        ("ข้อมูล ณ วันที่ ๑๐ พฤศจิกายน ๒๕๖๙", date(2026, 11, 10)),
        ("10 Nov 2026", date(2026, 11, 10)),
        ("10 November 2569", date(2026, 11, 10)),
        ("1/2/50", date(2007, 2, 1)),
    ],
)
def test_date_is_read(text: str, day: date) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "29/2/2570",
        "31/4/2570",
        "2026-13-01",
        "0000-01-01",
        "16 ภคม 2570",
        "31 เม.ย. 2570",
        "พฤษภาคม 2570",
        "เดือนพฤษภาคม พ.ศ. 2570",
        "16/5/27",
        "16 พ.ค. 27",
        "16-May-27",
        "5/16/2570",
        "16 5 2570",
        "16/5/170",
        "46158",
        "2026-11-09x",
        "1/2570",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|day|month|year"):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "arabic"),
    [("๐๑๒๓๔๕๖๗๘๙", "0123456789"), ("บ้าน ๑๒ หมู่ 3", "บ้าน 12 หมู่ 3"), ("no digit", "no digit"), ("", "")],
)
def test_thai_digits_become_arabic(text: str, arabic: str) -> None:
    assert arabic_digits(text) == arabic


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "๑,๒๓๔,๕๖๗"),
        (0, "๐"),
        (-1500, "-๑,๕๐๐"),
        (3.5, "๓.๕"),
        ("1/2570", "๑/๒๕๗๐"),
        ("", ""),
        (True, "True"),
        (np.int64(12345), "๑๒,๓๔๕"),
    ],
)
def test_values_are_shown_with_thai_digits(value: object, text: str) -> None:
    assert thai_digits(value) == text


def test_date_as_papers_write_it() -> None:
    assert thai_date(date(2027, 5, 16)) == "๑๖ พฤษภาคม ๒๕๗๐"
    assert [MONTHS[0], MONTHS[10], len(set(MONTHS))] == ["มกราคม", "พฤศจิกายน", 12]


@pytest.mark.parametrize(
    ("baht", "text"),
    [
        (0, "๐ บาท (ศูนย์บาทถ้วน)"),
        (11, "๑๑ บาท (สิบเอ็ดบาทถ้วน)"),
        (21, "๒๑ บาท (ยี่สิบเอ็ดบาทถ้วน)"),
        (2000, "๒,๐๐๐ บาท (สองพันบาทถ้วน)"),
        (441703, "๔๔๑,๗๐๓ บาท (สี่แสนสี่หมื่นหนึ่งพันเจ็ดร้อยสามบาทถ้วน)"),
        (21_000_000, "๒๑,๐๐๐,๐๐๐ บาท (ยี่สิบเอ็ดล้านบาทถ้วน)"),
    ],
)
def test_amount_in_words(baht: int, text: str) -> None:
    assert baht_text(baht) == text


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([2], "1 แถว (แถว 2)"),
        ([2, 4, 5, 8, 9], "5 แถว (แถว 2, 4, 5, 8, 9)"),
        (list(range(3, 1300)), "1,297 แถว (แถว 3, 4, 5, 6, 7 …)"),
    ],
)
def test_rows_are_counted_and_the_first_named(rows: list[int], text: str) -> None:
    assert thai_rows(rows) == text

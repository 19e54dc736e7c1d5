"""Thai digits, dates, terms, fiscal years and baht text."""

from __future__ import annotations

import os
import re
from datetime import date
from numbers import Integral
from typing import NamedTuple

# PyThaiNLP would make a data folder in the home of whoever imports it; nothing that is used here needs one.
os.environ.setdefault("PYTHAINLP_READ_ONLY", "1")

from pythainlp.util import arabic_digit_to_thai_digit, bahttext, thai_digit_to_arabic_digit

MONTHS: tuple[str, ...] = ("มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน")
MONTHS += ("กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม")
_SHORT = ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.")
_MONTH_NUMBERS = {name: number for names in (MONTHS, _SHORT) for number, name in enumerate(names, start=1)}
ROUNDS = ("november", "may")
ROUND_NAMES = {"november": "รอบพฤศจิกายน", "may": "รอบพฤษภาคม"}


class Term(NamedTuple):
    """A school term, ordered in time: year of the Buddhist era, then 1 or 2."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.number}/{self.year}"


def parse_term(text: str) -> Term:
    """Return the term that ``2/2569`` names.

    Raises
    ------
    ValueError
        When the text is no term of the Buddhist era.
    """
    match = re.fullmatch(r"\s*([12])\s*/\s*(2[45]\d\d)\s*", arabic_digits(str(text)))
    if not match:
        raise ValueError(f"no term: {text!r}")
    return Term(int(match[2]), int(match[1]))


def round_term(fiscal_year: int, round_name: str) -> Term:
    """Return the term that a round of a fiscal year pays.

    A fiscal year pays term 2 of the school year before (round ``november``) and term 1 of its own (round ``may``);
    OBEC guideline FY 2567, p. 8, lists terms 2/2566 and 1/2567.
    """
    return {"november": Term(fiscal_year - 1, 2), "may": Term(fiscal_year, 1)}[round_name]


def term_of(day: date) -> Term:
    """Return the term that a day belongs to: from 16 May the first, from 1 November the second (rule of 2549)."""
    year = day.year + 543
    if (day.month, day.day) < (5, 16):
        return Term(year - 1, 2)
    return Term(year, 1 if day.month < 11 else 2)


def term_end(term: Term) -> date:
    """Return the last day of a term in the common calendar (rule of 2549 on the school year: 11 Oct, 1 Apr)."""
    return date(term.year - 543, 10, 11) if term.number == 1 else date(term.year - 542, 4, 1)


def parse_date(text: str) -> date:
    """Return the day that ``2027-05-16``, ``16/5/2570`` or ``16 พ.ค. 2570`` names (from 2400 of the Buddhist era).

    Raises
    ------
    ValueError
        When the text is no date.
    """
    text = arabic_digits(text).strip()
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", text)
    day_first = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    named = re.fullmatch(r"(\d{1,2})\s*([ก-๙.]+)\s*(?:พ\.ศ\.\s*)?(\d{4})", text)
    if named and named[2] in _MONTH_NUMBERS:
        year, month, day = int(named[3]), _MONTH_NUMBERS[named[2]], int(named[1])
    elif iso:
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
    elif day_first:
        year, month, day = int(day_first[3]), int(day_first[2]), int(day_first[1])
    else:
        raise ValueError(f"no date: {text!r}")
    return date(year - 543 if year >= 2400 else year, month, day)


def arabic_digits(text: str) -> str:
    """Return the text with Thai digits turned into 0–9."""
    return str(thai_digit_to_arabic_digit(text)) if re.search("[๐-๙]", text) else text


def thai_digits(value: object) -> str:
    """Return any value as text with Thai digits; whole numbers get thousands separators."""
    text = f"{value:,}" if isinstance(value, Integral) and not isinstance(value, bool) else str(value)
    return str(arabic_digit_to_thai_digit(text)) if text else ""


def thai_date(day: date) -> str:
    """Return a day as papers write it, e.g. ``๑๖ พฤษภาคม ๒๕๗๐``."""
    return thai_digits(f"{day.day} {MONTHS[day.month - 1]} {day.year + 543}")


def baht_text(baht: int) -> str:
    """Return an amount with its words, e.g. ``๒,๐๐๐ บาท (สองพันบาทถ้วน)``."""
    return f"{thai_digits(baht)} บาท ({bahttext(baht)})"

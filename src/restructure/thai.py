"""Thai digits, dates, terms, fiscal years and baht text."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import date, datetime
from numbers import Integral
from typing import NamedTuple

# PyThaiNLP would make a data folder in the home of whoever imports it; nothing that is used here needs one.
os.environ.setdefault("PYTHAINLP_READ_ONLY", "1")

from pythainlp.util import arabic_digit_to_thai_digit, bahttext, thai_digit_to_arabic_digit

MONTHS: tuple[str, ...] = ("มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน")
MONTHS += ("กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม")
_SHORT = ("มค", "กพ", "มีค", "เมย", "พค", "มิย", "กค", "สค", "กย", "ตค", "พย", "ธค")
_ENGLISH = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
#: By name without points and capitals, long and short.
_MONTH_NUMBERS = {
    name: number
    for names in (MONTHS, _SHORT, _ENGLISH, [name[:3] for name in _ENGLISH])
    for number, name in enumerate(names, start=1)
}
_DATE_WORDS = r"(?:ข้อมูล\s*)?(?:ณ\s*)?(?:วันที่|วัน)?\s*"
_CLOCK = r"(?:[T,\s]\s*(?:เวลา\s*)?\d{1,2}[:.]\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*น\.?)?)?"
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_DAY_FIRST = re.compile(rf"{_DATE_WORDS}(\d{{1,2}})\s*[-/.]\s*(\d{{1,2}})\s*[-/.]\s*(\d{{4}}|\d\d){_CLOCK}")
_NAMED = re.compile(
    rf"{_DATE_WORDS}(\d{{1,2}})[\s./-]*(?:เดือน\s*)?([ก-๙][ก-๙.]*?|[A-Za-z]+)[\s.,/-]*"
    rf"(?:พ\.?\s*ศ\.?|ปี)?\s*(\d{{4}}|\d\d){_CLOCK}"
)
_TERM_WORDS = r"(?:ภาคเรียน(?:ที่)?|ภาค|เทอม(?:ที่)?)\s*"
_YEAR_WORDS = r"(?:ปีการศึกษา|ปี|พ\.ศ\.)\s*"
_TERM_FIRST = re.compile(
    rf"(?:{_TERM_WORDS})?([12])\s*[-–/]\s*(?:{_YEAR_WORDS})?(2[45]\d\d)|{_TERM_WORDS}([12])\s*,?\s*{_YEAR_WORDS}(2[45]\d\d)"
)
_YEAR_FIRST = re.compile(rf"(?:{_YEAR_WORDS})?(2[45]\d\d)\s*(?:[-–/,]\s*|\s(?=\s*[ภเ])\s*)(?:{_TERM_WORDS})?([12])")
#: From here on a year is of the Buddhist era.
BUDDHIST_YEARS = 2400
_WHOLE = re.compile(r"[1-9]\d{0,2}(?:,\d{3}){1,4}|\d{1,15}", re.ASCII)
ROUNDS = ("november", "may")
ROUND_NAMES = {"november": "รอบพฤศจิกายน", "may": "รอบพฤษภาคม"}


class Term(NamedTuple):
    """A school term, ordered in time: year of the Buddhist era, then 1 or 2."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.number}/{self.year}"


def parse_term(text: str) -> Term:
    """Return the term that ``2/2569``, ``2569/2`` or ``ภาคเรียนที่ 2 ปีการศึกษา 2569`` names.

    The year has four digits, so that neither order can be taken for the other.

    Raises
    ------
    ValueError
        When the text is no term of the Buddhist era.
    """
    text = arabic_digits(str(text)).strip()
    if match := _TERM_FIRST.fullmatch(text):
        return Term(int(match[2] or match[4]), int(match[1] or match[3]))
    if match := _YEAR_FIRST.fullmatch(text):
        return Term(int(match[1]), int(match[2]))
    raise ValueError(f"no term: {text!r}")


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
    """Return the day that ``2027-05-16``, ``16/5/2570``, ``16 พ.ค. 70`` or ``16-5-2570`` names.

    Years are of the Buddhist era from 2400 on, and where they have two digits: from 50, which no other era has now.

    Raises
    ------
    ValueError
        When the text is no date, or lacks its day.
    """
    text = arabic_digits(text).strip()
    if match := _ISO.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := _DAY_FIRST.fullmatch(text):
        year, month, day = _whole_year(match[3]), int(match[2]), int(match[1])
    elif (match := _NAMED.fullmatch(text)) and (key := match[2].replace(".", "").lower()) in _MONTH_NUMBERS:
        year, month, day = _whole_year(match[3]), _MONTH_NUMBERS[key], int(match[1])
    else:
        raise ValueError(f"no date: {text!r}")
    return date(year - 543 if year >= BUDDHIST_YEARS else year, month, day)


def _whole_year(text: str) -> int:
    if len(text) == 2 and text < "50":
        raise ValueError(f"no date: year {text!r} may be of either era")
    return 2500 + int(text) if len(text) == 2 else int(text)


def arabic_digits(text: str) -> str:
    """Return the text with Thai digits turned into 0–9."""
    return str(thai_digit_to_arabic_digit(text)) if re.search("[๐-๙]", text) else text


def parse_whole(text: str) -> int:
    """Return the whole number that ``3100``, ``3,100`` or ``๓๑๐๐`` names; a comma stands before three digits only.

    Raises
    ------
    ValueError
        When the text is no whole number, or may be another one: ``3.1``, ``3,1``.
    """
    plain = arabic_digits(text).strip()
    if not _WHOLE.fullmatch(plain):
        raise ValueError(f"no whole number: {text!r}")
    return int(plain.replace(",", ""))


def thai_digits(value: object) -> str:
    """Return any value as text with Thai digits; whole numbers get thousands separators."""
    text = f"{value:,}" if isinstance(value, Integral) and not isinstance(value, bool) else str(value)
    return str(arabic_digit_to_thai_digit(text)) if text else ""


def thai_date(day: date) -> str:
    """Return a day as papers write it, e.g. ``๑๖ พฤษภาคม ๒๕๗๐``."""
    return thai_digits(f"{day.day} {MONTHS[day.month - 1]} {day.year + 543}")


def thai_moment(iso: str) -> str:
    """Return a moment as papers write it, e.g. ``๒๓ พฤศจิกายน ๒๕๖๙ เวลา ๑๔.๓๗ น.``, in its own zone."""
    moment = datetime.fromisoformat(iso)
    return f"{thai_date(moment.date())} เวลา {thai_digits(f'{moment:%H.%M}')} น."


def baht_text(baht: int) -> str:
    """Return an amount with its words, e.g. ``๒,๐๐๐ บาท (สองพันบาทถ้วน)``."""
    return f"{thai_digits(baht)} บาท ({bahttext(baht)})"


def thai_rows(rows: Sequence[int]) -> str:
    """Return how many rows and which the first are, e.g. ``1,250 แถว (แถว 2, 3, 4, 5, 6 …)``."""
    named = ", ".join(str(row) for row in rows[:5])
    return f"{len(rows):,} แถว (แถว {named}{' …' if len(rows) > 5 else ''})"

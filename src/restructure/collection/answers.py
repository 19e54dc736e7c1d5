"""One answer as the cell of a form holds it: the value that its question asks for, or why it has none."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from restructure.chain import one_line
from restructure.collection.form import how, spell_bound
from restructure.collection.issue import Question
from restructure.collection.reading import Cell
from restructure.ledger import CITIZEN
from restructure.paper import CONTROLS
from restructure.thai import arabic_digits, parse_date

HIDDEN = "(ปกปิด)"
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,12})?", re.ASCII)
#: Digits that Excel itself keeps.
_MOST = Decimal(10) ** 15


class Refused(ValueError):
    """A cell has no value: rule, message and remedy."""

    def __init__(self, rule: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.rule, self.message, self.remedy = rule, message, remedy


def value_of(question: Question, cell: Cell) -> str:
    """Return the value of a cell that is not empty: one of the choices, a number, a day (ISO) or a text.

    Raises
    ------
    Refused
        When it holds something else.
    """
    if cell.kind == "formula":
        raise Refused("formula", "ช่องนี้เป็นสูตร", "ให้พิมพ์ค่าแทนสูตร")
    if question.kind == "text":
        # Numbers too: what a school has written in words' place stays as it is.
        words = CONTROLS.sub("", cell.words)
        if CITIZEN.search(arabic_digits(words)):
            raise Refused("citizen-number", "มีเลข 13 หลักเหมือนเลขประจำตัวประชาชน", "ให้โรงเรียนลบเลขนั้นแล้วส่งใหม่")
        return words
    if question.answers:
        said = _plain(one_line(cell.words))
        for answer in question.answers:
            if cell.kind in ("text", "number") and _plain(answer) == said:
                return answer
        raise Refused("not-a-choice", "คำตอบไม่อยู่ในรายการ", f"{how(question)}")
    return _number(question, cell) if question.kind == "number" else _day(question, cell)


def _number(question: Question, cell: Cell) -> str:
    words = arabic_digits(cell.words).strip()
    if cell.kind not in ("text", "number") or (cell.kind == "text" and not _NUMBER.fullmatch(words)):
        raise Refused("not-a-number", "ไม่ใช่ตัวเลข หรืออ่านได้หลายอย่าง", f"{how(question)} พิมพ์ตัวเลขล้วน")
    value = Decimal(words.replace(",", ""))
    if not value.is_finite() or abs(value) >= _MOST:
        raise Refused("not-a-number", "ตัวเลขยาวเกินกว่าที่ Excel เก็บได้ครบทุกหลัก", how(question))
    least, most = (None if bound is None else Decimal(str(bound)) for bound in (question.least, question.most))
    if (least is not None and value < least) or (most is not None and value > most):
        raise Refused("out-of-range", f"ค่าอยู่นอกช่วงที่ถาม ({_span(question)})", "ตรวจกับโรงเรียนแล้วให้ส่งใหม่")
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _day(question: Question, cell: Cell) -> str:
    try:
        if cell.kind not in ("text", "date"):
            raise ValueError
        day = parse_date(cell.words)
    except ValueError:
        raise Refused("not-a-date", "อ่านวันที่ไม่ได้", how(question)) from None
    least, most = (bound if isinstance(bound, date) else None for bound in (question.least, question.most))
    if (least and day < least) or (most and day > most):
        raise Refused("out-of-range", f"วันที่อยู่นอกช่วงที่ถาม ({_span(question)})", "ตรวจวัน เดือน และปี พ.ศ.")
    return day.isoformat()


def _span(question: Question) -> str:
    low, high = (None if bound is None else spell_bound(bound) for bound in (question.least, question.most))
    return " ".join(filter(None, (f"ตั้งแต่ {low}" if low else "", f"ไม่เกิน {high}" if high else "")))


def _plain(text: str) -> str:
    """Return a choice as it is compared: whole numbers come back as ``3`` or ``3.0``, and digits may be Thai."""
    text = arabic_digits(text)
    return text.removesuffix(".0") if re.fullmatch(r"\d+\.0", text) else text

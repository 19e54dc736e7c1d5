"""An issue as workbooks for schools: one a school, and one with a row for each of them."""

from __future__ import annotations

import datetime
import math
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from restructure.collection.issue import DUTIES, Issue, Question, asked_schools, digest
from restructure.files import keep_former, sha256, staged
from restructure.mapdata import one_line
from restructure.papers.forms import file_stem
from restructure.policy import Policy
from restructure.thai import arabic_digits, thai_date
from restructure.words import FONT, SYNTHETIC
from restructure.xlsx import new_workbook

FORM_SHEET, LIST_SHEET, CHOICES_SHEET = "แบบติดตาม", "แบบรวม", "รายการ"
FORM_MARK, LIST_MARK = "restructure collection form 1", "restructure collection list 1"
ALL_FILE = "all.xlsx"
#: Where a form is known by, hidden in the first column, and where it says whose it is; from 1.
MARK_CELL, ID_CELL, CHECK_CELL, CODE_CELL, NAME_CELL = (1, 1), (2, 1), (3, 1), (3, 4), (4, 4)
FORM_HEADS = ("กุญแจ ห้ามแก้", "ที่", "คำถาม", "คำตอบ", "วิธีตอบ")
FORM_TOP = 10
CHECK_LETTERS = 16
#: What stands in the third column below the questions, or the schools.
FORM_END, LIST_END = "จบแบบ {} ข้อ", "จบรายการ {} โรงเรียน"
LIST_HEADS = ("กุญแจ ห้ามแก้", "ที่", "รหัสโรงเรียน", "โรงเรียน", "อำเภอ")
#: The row of the questions' keys, hidden; their heads are in the row below.
LIST_KEYS = 7
_ASK = "กรอกเฉพาะช่องสีเหลือง แล้วส่งไฟล์ .xlsx นี้กลับสำนักงานเขต ไม่แก้หัวตาราง ไม่ใช้สูตร ไม่ย้ายแถว"
#: Answers in words may name people: they stay within the office.
PRIVACY = (
    "คำตอบที่เป็นข้อความอาจมีชื่อบุคคล: เก็บและใช้ภายในสำนักงานเขตเท่านั้น ไม่นำไปเผยแพร่ "
    "อย่าใส่ชื่อนักเรียน เลขประจำตัวประชาชน หรือหมายเลขโทรศัพท์"
)
_MOST_NUMBER = 10**15
_LIST_WIDTHS = (4.0, 5.0, 13.0, 24.0, 14.0)


def check_of(issue: Issue, words: str) -> str:
    """Return what tells that a code or a name still is as it was sent: the two stand one behind the other."""
    return digest(issue.form_id, words)


def write_forms(folder: Path, issue: Issue, schools: pd.DataFrame, policy: Policy) -> list[Path]:
    """Write the form of each school that is asked, and one for all of them.

    A form that somebody has worked in is never written over: it is moved into a folder of its own beside the new ones.

    Parameters
    ----------
    folder
        Where to write.
    schools
        As :func:`restructure.collection.issue.office_schools` returns them.

    Returns
    -------
    list of Path
        Those of the schools in order of amphoe and code, then the one for all.

    Raises
    ------
    DataError
        When the issue asks a school that there is not.
    """
    asked = asked_schools(issue, schools)
    with staged(folder) as stage:
        paths = []
        for school in asked.to_dict("records"):
            paths.append(stage / f"{file_stem(school['school_id'])}.xlsx")
            with new_workbook(paths[-1], issue.title) as book:
                _write_form(book, issue, school, policy)
        paths.append(stage / ALL_FILE)
        with new_workbook(paths[-1], issue.title) as book:
            _write_list(book, issue, asked, policy)
        finals = [folder / path.name for path in paths]
        for path, final in zip(paths, finals, strict=True):
            if final.is_file() and sha256(final) != sha256(path):
                keep_former(final)
    return finals


class _Book:
    """A workbook of one look, with its choices on a hidden sheet."""

    def __init__(self, book: xlsxwriter.Workbook, issue: Issue, sheet: str) -> None:
        self.issue = issue
        thin = {
            "border": 1,
            "border_color": "#808080",
            "valign": "top",
            "align": "left",
            "text_wrap": True,
            "indent": 1,
        }
        looks: dict[str, dict[str, Any]] = {
            "title": {"bold": True, "font_size": 18, "text_wrap": True},
            "plain": {"text_wrap": True, "valign": "top"},
            "label": {**thin, "bold": True, "bg_color": "#F2F2F2"},
            "place": {**thin, "bg_color": "#F2F2F2", "align": "center", "indent": 0},
            "red": {"bold": True, "font_color": "#C00000", "font_size": 16},
            "head": {**thin, "bold": True, "bg_color": "#D9E2F3", "align": "center", "valign": "vcenter", "indent": 0},
            "text": {**thin, "num_format": "@"},
            "fill": {**thin, "num_format": "@", "bg_color": "#FFF8DC", "locked": False},
            "number": {**thin, "num_format": "#,##0.######", "bg_color": "#FFF8DC", "locked": False, "align": "right"},
            "date": {**thin, "num_format": "d/m/yyyy", "bg_color": "#FFF8DC", "locked": False, "align": "right"},
        }
        self.looks = {name: book.add_format(look) for name, look in looks.items()}
        self.page = book.add_worksheet(sheet)
        lists = book.add_worksheet(CHOICES_SHEET)
        lists.hide()
        self.sources: dict[str, str] = {}
        for place, question in enumerate(one for one in issue.questions if one.answers):
            for row, answer in enumerate(question.answers):
                lists.write_string(row, place, answer)
            letter = xl_col_to_name(place)
            self.sources[question.key] = f"='{CHOICES_SHEET}'!${letter}$1:${letter}${len(question.answers)}"

    def ask(self, first: int, last: int, column: int, question: Question) -> None:
        """Leave cells to be filled in that take only what the question asks for; places from 0."""
        look = self.looks[question.kind if question.kind in ("number", "date") else "fill"]
        for row in range(first, last + 1):
            self.page.write_blank(row, column, None, look)
        rule: dict[str, Any] = {"validate": "any"}
        if question.answers:
            rule = {"validate": "list", "source": self.sources[question.key], "error_message": "เลือกจากรายการ"}
        elif question.kind == "number":
            low = -_MOST_NUMBER if question.least is None else question.least
            high = _MOST_NUMBER if question.most is None else question.most
            rule = {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
        elif question.kind == "date":
            # Years of the Buddhist era pass here, and bounds are checked when the form is read.
            rule = {"validate": "date", "criteria": ">=", "value": datetime.date(1900, 1, 1)}
        help_text = how(question)
        rule |= {"input_title": "วิธีตอบ", "input_message": help_text[:255], "error_title": "กรอกไม่ถูก"}
        rule.setdefault("error_message", help_text[:255])
        self.page.data_validation(first, column, last, column, rule)

    def finish(self, *, landscape: bool) -> None:
        """Protect the sheet and set how it is printed."""
        page = self.page
        page.protect("", {"format_columns": True, "format_rows": True})
        if landscape:
            page.set_landscape()
        page.set_paper(9)
        page.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.set_footer(f'&L&"{FONT},Regular"&12ใช้ภายในสำนักงานเขต&R&"{FONT},Regular"&12หน้า &P จาก &N')


def how(question: Question) -> str:
    """Return in words how a question is to be answered."""
    if question.answers:
        words = "เลือกจากรายการ: " + " / ".join(question.answers)
    elif question.kind == "text":
        words = "ข้อความ อย่าใส่ชื่อนักเรียนหรือเลขประจำตัว"
    else:
        words = "ตัวเลข" if question.kind == "number" else "วันที่ เช่น 16/5/2570"
        low, high = (None if bound is None else spell_bound(bound) for bound in (question.least, question.most))
        words += f" ตั้งแต่ {low}" if low else ""
        words += f" ไม่เกิน {high}" if high else ""
    unit = f" ({question.unit})" if question.unit else ""
    return f"{words}{unit}{'' if question.needed else '  เว้นได้'}"


def spell_bound(bound: datetime.date | float) -> str:
    """Return a bound of a question in words."""
    return arabic_digits(thai_date(bound)) if isinstance(bound, datetime.date) else f"{bound:,}"


def _write_form(book: xlsxwriter.Workbook, issue: Issue, school: dict[Any, Any], policy: Policy) -> None:
    made = _Book(book, issue, FORM_SHEET)
    page, looks = made.page, made.looks
    widths = (4.0, 5.0, 46.0, 30.0, 34.0)
    for place, width in enumerate(widths):
        page.set_column(place, place, width, None, {"hidden": place == 0})
    across = sum(widths[1:])
    for (row, column), text in {
        MARK_CELL: FORM_MARK, ID_CELL: issue.form_id, CHECK_CELL: _checks(issue, school),
    }.items():  # fmt: skip
        page.write_string(row - 1, column - 1, text)
    _across(page, 0, 4, issue.title, looks["title"], across, points=27.0)
    _across(page, 1, 4, _about(issue, policy), looks["plain"], across)
    for cell, label, text in ((CODE_CELL, "รหัสโรงเรียน", school["school_id"]), (NAME_CELL, "โรงเรียน", school["name"])):
        row = cell[0] - 1
        page.merge_range(row, 1, row, 2, label, looks["label"])
        page.merge_range(row, 3, row, 4, "", looks["text"])
        page.write_string(row, 3, one_line(text), looks["text"])
        page.set_row(row, high([(one_line(text), widths[3] + widths[4])]))
    for row, text in enumerate([_due(issue), _source(issue), _ASK, PRIVACY], start=4):
        _across(page, row, 4, text, looks["plain"], across)
    _across(page, 8, 4, SYNTHETIC if policy.synthetic else "", looks["red"], across)
    for place, head in enumerate(FORM_HEADS):
        page.write_string(FORM_TOP - 1, place, head, looks["head"])
    page.set_row(FORM_TOP - 1, 24.0)
    for number, question in enumerate(issue.questions, start=1):
        row = FORM_TOP + number - 1
        page.write_string(row, 0, question.key)
        page.write_number(row, 1, number, looks["place"])
        page.write_string(row, 2, one_line(question.thai), looks["text"])
        page.write_string(row, 4, how(question), looks["text"])
        made.ask(row, row, 3, question)
        lines = [(question.thai, widths[2]), (how(question), widths[4])]
        page.set_row(row, max(high(lines), 63.0 if question.kind == "text" else 0.0))
    end = FORM_TOP + len(issue.questions)
    page.write_string(end, 2, FORM_END.format(len(issue.questions)), looks["plain"])
    page.freeze_panes(FORM_TOP, 0)
    page.repeat_rows(FORM_TOP - 1)
    page.print_area(0, 1, end, 4)
    made.finish(landscape=False)


def _write_list(book: xlsxwriter.Workbook, issue: Issue, asked: pd.DataFrame, policy: Policy) -> None:
    made = _Book(book, issue, LIST_SHEET)
    page, looks = made.page, made.looks
    first, count = len(LIST_HEADS), len(issue.questions)
    for (row, column), text in {MARK_CELL: LIST_MARK, ID_CELL: issue.form_id}.items():
        page.write_string(row - 1, column - 1, text)
    # At least so wide that what stands above can be read.
    width = max(18.0, 60.0 / count)
    widths = [*_LIST_WIDTHS, *[width] * count]
    for place, one in enumerate(widths):
        page.set_column(place, place, one, None, {"hidden": place == 0})
    last = min(first + count - 1, first + 3)
    across = sum(widths[1 : last + 1])
    for row, (text, look) in enumerate(
        [(issue.title, "title"), (_about(issue, policy), "plain"), (_due(issue), "plain"), (_ASK, "plain"),
         (PRIVACY, "plain"), (SYNTHETIC if policy.synthetic else "", "red")]
    ):  # fmt: skip
        _across(page, row, last, text, looks[look], across, points=27.0 if look == "title" else 21.0)
    heads = [*LIST_HEADS, *(one_line(question.thai) for question in issue.questions)]
    for place, head in enumerate(heads):
        page.write_string(LIST_KEYS, place, head, looks["head"])
    for place, question in enumerate(issue.questions, start=first):
        page.write_string(LIST_KEYS - 1, place, question.key)
    page.set_row(LIST_KEYS - 1, None, None, {"hidden": True})
    page.set_row(LIST_KEYS, high(list(zip(heads, widths, strict=True))[1:]))
    top = LIST_KEYS + 1
    for row, school in enumerate(asked.to_dict("records"), start=top):
        page.write_string(row, 0, _checks(issue, school))
        page.write_number(row, 1, row - top + 1, looks["place"])
        texts = [one_line(school[key]) for key in ("school_id", "name", "amphoe")]
        for place, text in enumerate(texts, start=2):
            page.write_string(row, place, text, looks["text"])
        page.set_row(row, high(list(zip(texts, widths[2:5], strict=True))))
    for place, question in enumerate(issue.questions, start=first):
        made.ask(top, top + len(asked) - 1, place, question)
    end = top + len(asked)
    page.write_string(end, 2, LIST_END.format(f"{len(asked):,}"))
    page.freeze_panes(top, 4)
    page.repeat_rows(LIST_KEYS)
    page.print_area(0, 1, end, len(heads) - 1)
    made.finish(landscape=True)


def _checks(issue: Issue, school: dict[Any, Any]) -> str:
    return "".join(check_of(issue, one_line(school[key])) for key in ("school_id", "name"))


def _about(issue: Issue, policy: Policy) -> str:
    return f"{one_line(policy.office)}  {DUTIES[issue.duty]}  รอบ {one_line(issue.round)}"


def _due(issue: Issue) -> str:
    return f"ส่งกลับภายในวันที่ {arabic_digits(thai_date(issue.due)) if issue.due else '……………………………'}"


def _source(issue: Issue) -> str:
    return f"ที่มา: {one_line(issue.source) or '……………………………'}"


def _across(page: Any, row: int, last: int, text: str, look: Any, width: float, points: float = 21.0) -> None:
    page.merge_range(row, 1, row, last, "", look)
    page.write_string(row, 1, one_line(text), look)
    page.set_row(row, high([(one_line(text), width * 21.0 / points)], points))


def high(texts: Sequence[tuple[str, float]], points: float = 21.0) -> float:
    """Return how high a row is whose texts stand in columns so wide: programs do not agree on Thai lines."""
    return points * max(math.ceil(breadth(text) * 0.98 / (width - 1.5)) or 1 for text, width in texts)


def breadth(text: str) -> int:
    """Return how many letters wide a text is."""
    # Marks above and below a Thai letter take no room of their own.
    return sum(unicodedata.category(letter) != "Mn" for letter in text)

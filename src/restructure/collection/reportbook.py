"""The report of an issue as a workbook for the office alone: figures, all answers as they came, what is wrong."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd

from restructure.chain import one_line
from restructure.collection import chasing
from restructure.collection import returns as returned
from restructure.collection.form import breadth, high
from restructure.collection.formreader import RULES
from restructure.collection.issue import DUTIES, Issue
from restructure.collection.papers import INSIDE
from restructure.collection.returns import Returns
from restructure.collection.summing import CHANGED, ITEMS
from restructure.policy import Policy
from restructure.thai import arabic_digits, thai_date
from restructure.words import FONT, SYNTHETIC
from restructure.xlsx import new_workbook

_TOP = 4
_MOST_LETTERS = 32_000
#: How high a row may be at all.
_MOST_POINTS = 400.0


def write_report_book(
    path: Path,
    found: Returns,
    status: pd.DataFrame,
    summary: pd.DataFrame,
    changed: pd.DataFrame,
    before: Issue | None,
    policy: Policy,
) -> Path:
    """Write the workbook; parameters as of :func:`restructure.collection.papers.write_report`."""
    issue = found.issue
    questions = {question.key: one_line(question.thai) for question in issue.questions}
    names = dict(zip(status["school_id"], status["name"], strict=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    with new_workbook(path, issue.title) as book:
        writer = _Writer(book, issue, policy)
        lines: list[tuple[Any, ...]] = [
            (row["thai"], row["unit"], row["amphoe"] or "รวมทั้งหมด", ITEMS.get(row["item"], row["item"]),
             _day(row["value"]) if row["kind"] == "date" else "" if row["value"] is None else row["value"],
             row["answered"], row["asked"])
            for row in summary.to_dict("records")
        ]  # fmt: skip
        writer.write("สรุป", ["คำถาม", "หน่วย", "อำเภอ", "รายการ", "ค่า", "ตอบ (แห่ง)", "ถาม (แห่ง)"], lines)
        lines = [
            (row["school_id"], row["name"], row["amphoe"], chasing.STATES[row["state"]],
             "เกินกำหนด" if row["late"] else "", row["answered"],
             "; ".join(questions[key] for key in row["missing"].split(";") if key),
             row["waiting"], row["problems"], row["files"])
            for row in status.to_dict("records")
        ]  # fmt: skip
        heads = ["รหัส", "โรงเรียน", "อำเภอ", "สถานะ", "กำหนด", "ข้อที่ตอบ", "ข้อที่ขาด", "รอเลือก", "ปัญหา", "ไฟล์"]
        writer.write("สถานะ", heads, lines)
        held = {(row[0], row[1]): row[2] for row in found.counted[["school_id", "question", "value"]].to_numpy()}
        kinds = {question.key: question.kind for question in issue.questions}
        lines = [
            (code, names[code], *(_typed(held.get((code, key)), kinds[key]) for key in questions))
            for code in status["school_id"]
        ]
        writer.write("คำตอบที่นับ", ["รหัส", "โรงเรียน", *questions.values()], lines)
        lines = [
            (row["school_id"], names[row["school_id"]], questions[row["question"]],
             _typed(row["value"], kinds[row["question"]]), returned.STATES[row["state"]], row["entry"], row["row"])
            for row in found.answers.to_dict("records")
        ]  # fmt: skip
        writer.write("คำตอบทุกฉบับ", ["รหัส", "โรงเรียน", "คำถาม", "คำตอบ", "สถานะ", "ฉบับ", "แถว"], lines)
        lines = [
            (RULES[row["rule"]], row["file"], row["row"], row["school_id"], names.get(row["school_id"], ""),
             questions.get(row["question"], row["question"]), row["value"], row["message"], row["remedy"])
            for row in found.problems.to_dict("records")
        ]  # fmt: skip
        heads = ["เรื่อง", "ไฟล์", "แถว", "รหัส", "โรงเรียน", "คำถาม", "ที่กรอกไว้", "ปัญหา", "วิธีแก้"]
        writer.write("ปัญหา", heads, lines)
        if before:
            lines = [
                (row["school_id"], names.get(row["school_id"], ""), row["thai"],
                 *(_typed(row[key], kinds[row["question"]]) for key in ("before", "now")),
                 "" if row["difference"] is None else row["difference"], CHANGED[row["change"]])
                for row in changed.to_dict("records")
            ]  # fmt: skip
            heads = [
                "รหัส",
                "โรงเรียน",
                "คำถาม",
                f"รอบ {one_line(before.round)}",
                f"รอบ {one_line(issue.round)}",
                "ผลต่าง",
                "สรุป",
            ]
            writer.write("เทียบรอบก่อน", heads, lines)
    return path


class _Writer:
    def __init__(self, book: Any, issue: Issue, policy: Policy) -> None:
        thin = {"border": 1, "border_color": "#808080", "valign": "top"}
        self.book, self.issue, self.policy = book, issue, policy
        self.title = book.add_format({"bold": True, "font_size": 18})
        self.plain = book.add_format({})
        self.red = book.add_format({"bold": True, "font_color": "#C00000"})
        self.head = book.add_format(
            {**thin, "bold": True, "bg_color": "#D9E2F3", "align": "center", "valign": "vcenter", "text_wrap": True}
        )
        self.text = book.add_format({**thin, "num_format": "@", "text_wrap": True, "align": "left", "indent": 1})
        self.number = book.add_format({**thin, "num_format": "#,##0.######", "align": "right"})
        self.whole = book.add_format({**thin, "num_format": "#,##0", "align": "right"})

    def write(self, name: str, heads: Sequence[str], lines: Sequence[Sequence[Any]]) -> None:
        """Write one table; numbers as numbers, all else as text that no program takes for a formula."""
        page, issue = self.book.add_worksheet(name), self.issue
        page.write_string(0, 0, f"{name}  {one_line(issue.title)}", self.title)
        about = f"{one_line(self.policy.office)}  {DUTIES[issue.duty]}  รอบ {one_line(issue.round)}"
        page.write_string(1, 0, about, self.plain)
        page.write_string(2, 0, INSIDE, self.red)
        page.write_string(3, 0, SYNTHETIC if self.policy.synthetic else "", self.red)
        page.set_default_row(21.0)
        page.set_row(0, 27.0)
        widths = []
        for place, head in enumerate(heads):
            page.write_string(_TOP, place, head, self.head)
            shown = [str(line[place]) for line in lines[:300]]
            longest = max((breadth(part) for text in shown for part in text.split("\n")), default=0)
            widths.append(min(44.0, max(9.0, longest * 0.95 + 3, breadth(head) * 0.6 + 2)))
            page.set_column(place, place, widths[-1])
        page.set_row(_TOP, high(list(zip(heads, widths, strict=True))))
        for row, line in enumerate(lines, start=_TOP + 1):
            for place, value in enumerate(line):
                if isinstance(value, int | Decimal):
                    page.write_number(row, place, float(value), self.whole if value == int(value) else self.number)
                else:
                    page.write_string(row, place, str(value)[:_MOST_LETTERS], self.text)
            texts = [(str(value), width) for value, width in zip(line, widths, strict=True)]
            page.set_row(row, min(high(texts), _MOST_POINTS))
        if lines:
            page.autofilter(_TOP, 0, _TOP + len(lines), len(heads) - 1)
        else:
            page.write_string(_TOP + 1, 0, "ไม่มีรายการ", self.plain)
        page.freeze_panes(_TOP + 1, 2)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.repeat_rows(_TOP)
        page.set_footer(f'&L&"{FONT},Regular"&12ใช้ภายในสำนักงานเขต&R&"{FONT},Regular"&12หน้า &P จาก &N')


def _typed(value: str | None, kind: str) -> Any:
    if not value:
        return ""
    return Decimal(value) if kind == "number" else _day(value) if kind == "date" else value


def _day(value: Any) -> str:
    """Return a day in words; the day is ISO."""
    return arabic_digits(thai_date(datetime.date.fromisoformat(value))) if value else ""

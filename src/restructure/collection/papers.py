"""The reminder to a school and the report to the superior in Word, from templates that an office may edit."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from restructure.chain import one_line
from restructure.collection import chasing
from restructure.collection.form import PRIVACY
from restructure.collection.issue import DUTIES, Issue
from restructure.collection.returns import CHOOSE, Returns
from restructure.collection.summing import CHANGED, ITEMS
from restructure.documents.tags import named, passage, rows, tag, when
from restructure.files import keep_former, sha256, staged
from restructure.filling import find_template, save
from restructure.filling import passage as passage_of
from restructure.paper import Cell, Mark, Paper, blank, computed
from restructure.papers.defaults import close, memo
from restructure.papers.forms import file_stem
from restructure.policy import UNNAMED_OFFICE, Policy
from restructure.thai import parse_date, thai_date, thai_digits
from restructure.words import SYNTHETIC

PAPERS = {"collection-reminder": "หนังสือเตือนให้ส่งแบบติดตาม", "collection-report": "รายงานผลการติดตาม"}
INSIDE = "ใช้ภายในสำนักงานเขต คำตอบอาจมีชื่อบุคคล ห้ามเผยแพร่"
#: Items of a question that still stand side by side with the amphoe below each other.
_MOST_COLUMNS = 5
_DIRECTOR = "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา"
_PLANNER = "ผู้อำนวยการกลุ่มนโยบายและแผน"


@cache
def default_templates() -> dict[str, bytes]:
    """Return the packaged templates by kind of paper."""
    made = {}
    for kind, make in {"collection-reminder": _reminder, "collection-report": _report}.items():
        paper = Paper(PAPERS[kind])
        footer = f"{INSIDE}  น้ำเงิน = จากโปรแกรม  เหลือง = ต้องกรอก"
        paper.running_lines(computed("{{ synthetic }}"), footer)
        make(paper)
        stream = io.BytesIO()
        paper.save(stream)
        made[kind] = stream.getvalue()
    return made


def _reminder(paper: Paper) -> None:
    memo(
        paper,
        ["ขอให้ส่งแบบติดตาม ", tag("title"), " รอบ ", tag("round")],
        ["ผู้อำนวยการโรงเรียน", *named("school", "school_id")],
    )
    paper.body(
        "ตาม ", tag("source"), " สำนักงานเขตได้ขอให้โรงเรียนตอบแบบติดตามเรื่อง ", tag("title"), " รอบ ", tag("round"),
        " เมื่อวันที่ ", tag("asked_on"), " โดยให้ส่งกลับภายในวันที่ ", tag("due"), " นั้น",
    )  # fmt: skip
    when(paper, "if not received")
    paper.body("ขณะนี้สำนักงานเขตยังไม่ได้รับแบบจากโรงเรียน")
    when(paper, "else")
    paper.body("สำนักงานเขตได้รับแบบจากโรงเรียนแล้ว แต่ยังไม่ครบหรือใช้ไม่ได้บางส่วน")
    when(paper, "endif")
    when(paper, "if missing")
    paper.heading("คำถามที่ยังไม่มีคำตอบ", 2)
    when(paper, "for question in missing")
    paper.body(tag("question.number"), ". ", tag("question.thai"))
    when(paper, "endfor")
    when(paper, "endif")
    when(paper, "if problems")
    paper.heading("ที่ต้องแก้", 2)
    when(paper, "for problem in problems")
    paper.body(tag("problem.message"), " (", tag("problem.where"), "): ", tag("problem.remedy"))
    when(paper, "endfor")
    when(paper, "endif")
    paper.body("จึงขอให้กรอกในแบบที่สำนักงานเขตส่งไป แล้วส่งไฟล์กลับภายในวันที่ ", blank("วันที่ขอให้ส่งกลับ"))
    paper.body(PRIVACY)
    close(paper, "จึงเรียนมาเพื่อดำเนินการ", _DIRECTOR)


def _report(paper: Paper) -> None:
    memo(paper, ["รายงานผลการติดตาม ", tag("title"), " รอบ ", tag("round")], [_DIRECTOR])
    paper.heading("๑. เรื่องเดิม", 2)
    paper.body(
        "ตาม ", tag("source"), " สำนักงานเขตได้ติดตามเรื่อง ", tag("title"), " (", tag("duty"), ") รอบ ", tag("round"),
        " แจ้งโรงเรียนเมื่อวันที่ ", tag("asked_on"), " กำหนดส่งกลับวันที่ ", tag("due"),
    )  # fmt: skip
    paper.heading("๒. การตอบของโรงเรียน", 2)
    paper.body(
        "ถาม ", tag("all.asked"), " โรงเรียน ตอบครบ ", tag("all.answered"), " ตอบบางส่วน ", tag("all.partly"),
        " ยังไม่ตอบ ", tag("all.not"), "  ข้อมูล ณ วันที่ ", tag("today"),
    )  # fmt: skip
    keys = ("amphoe", "asked", "answered", "partly", "not")
    paper.table(
        ["อำเภอ", "ถาม", *chasing.STATES.values()],
        rows("row in amphoes", [tag(f"row.{key}") for key in keys]),
        [6.4, 2.4, 2.4, 2.4, 2.4],
        numeric=(1, 2, 3, 4),
    )
    when(paper, "if aside")
    paper.body("คำตอบที่ยังไม่นับเพราะต้องตรวจหรือเลือก ", tag("aside"), " รายการ ดูแผ่น “ปัญหา” ใน report.xlsx")
    when(paper, "endif")
    paper.heading("๓. ผลการติดตาม", 2)
    passage(paper, "results")
    when(paper, "if before")
    paper.heading("๔. การเปลี่ยนแปลงจากรอบ {{ before }}", 2)
    cells: list[Cell] = [tag(f"row.{key}") for key in ("thai", *CHANGED, "difference")]
    heads: list[Cell] = ["คำถาม (จำนวนโรงเรียน)", *CHANGED.values(), "ผลรวมเปลี่ยน *"]
    paper.table(heads, rows("row in changed", cells), [5.0, 1.9, 1.9, 2.4, 2.3, 2.5], numeric=range(1, 6))
    paper.body("* ผลรวมของผลต่าง เฉพาะโรงเรียนที่ตอบทั้งสองรอบ  – ไม่ใช่คำถามตัวเลข")
    when(paper, "endif")
    when(paper, "if open")
    paper.heading("โรงเรียนที่ยังตอบไม่ครบ", 2)
    line: list[Cell] = [
        named("row.name", "row.school_id"),
        *(tag(f"row.{key}") for key in ("amphoe", "state", "missing")),
    ]
    paper.table(["โรงเรียน", "อำเภอ", "สถานะ", "ข้อที่ขาด"], rows("row in open", line), [5.8, 2.8, 5.6, 1.8], numeric=(3,))
    when(paper, "endif")
    paper.heading("ข้อวิเคราะห์และข้อเสนอ", 2)
    paper.body(blank("ปัญหา ข้อวิเคราะห์ และข้อเสนอต่อผู้บังคับบัญชา"))
    close(paper, "จึงเรียนมาเพื่อโปรดทราบและพิจารณาสั่งการ", _PLANNER)


def write_reminders(
    folder: Path, returns: Returns, status: pd.DataFrame, policy: Policy, *, templates: Path | None = None
) -> list[Path]:
    """Write the reminder of each school that has something to answer or mend, and all of them as one file for print.

    Letters of an earlier run that are others by now, or to schools that have answered since, are moved into a folder of
    their own beside the new ones: somebody may have worked in them.

    Parameters
    ----------
    folder
        Where to write.
    status
        As :func:`restructure.collection.chasing.status` returns it.
    templates
        Folder that may hold a template of the office's own.

    Returns
    -------
    list of Path

    Raises
    ------
    DataError
        When a template of the office's own cannot be filled in.
    """
    template = find_template(templates, "collection-reminder", default_templates())
    shared = _shared(returns.issue, policy)
    numbers = {question.key: number for number, question in enumerate(returns.issue.questions, start=1)}
    words = {question.key: thai_digits(question.thai) for question in returns.issue.questions}
    # What the office itself has lost is no school's matter.
    problems = returns.problems[~returns.problems["rule"].isin(["needed-blank", "lapsed-choice"])]
    waits = returns.answers[returns.answers["state"] == "waiting"].groupby("school_id")["question"].agg(set)
    paths, documents = [], []
    with staged(folder) as stage:
        for school in status[status["state"] != "answered"].to_dict("records"):
            mine = problems[problems["school_id"] == school["school_id"]]
            facts = shared | {
                "school": thai_digits(one_line(school["name"])),
                "school_id": school["school_id"],
                "received": bool(school["files"]) or not mine.empty,
                "missing": [
                    {"number": thai_digits(numbers[key]), "thai": words[key]}
                    for key in (school["missing"].split(";") if school["missing"] and school["files"] else [])
                    if key not in {*mine["question"], *waits.get(school["school_id"], ())}
                ],
                "problems": [
                    {
                        "message": thai_digits(row["message"]),
                        "remedy": thai_digits(row["remedy"].split(CHOOSE)[0]),
                        "where": f"ข้อ {thai_digits(numbers[row['question']])}"
                        if row["question"] in numbers
                        else f"แถว {thai_digits(row['row'])}"
                        if row["row"]
                        else "ทั้งไฟล์",
                    }
                    for row in mine.to_dict("records")
                ],
            }
            if facts["received"] and not facts["missing"] and not facts["problems"]:
                continue
            document = template.fill(facts)
            paths.append(save(document, stage / f"{file_stem(school['school_id'])}.docx"))
            documents.append(document)
        if documents:
            paths.append(save(template.join(documents), stage / "print.docx"))
        finals = [folder / path.name for path in paths]
        made = dict(zip(finals, paths, strict=True))
        for path in folder.glob("*.docx"):
            if path not in made or sha256(path) != sha256(made[path]):
                keep_former(path)
    return finals


def write_report(
    path: Path,
    returns: Returns,
    status: pd.DataFrame,
    summary: pd.DataFrame,
    changed: pd.DataFrame,
    before: Issue | None,
    policy: Policy,
    today: Any,
    *,
    templates: Path | None = None,
) -> Path:
    """Write the report of an issue in Word: figures, no answer in words and no name of a person.

    Parameters
    ----------
    summary, changed
        As :mod:`restructure.collection.summing` makes them.
    before
        The round that ``changed`` compares with.

    Raises
    ------
    DataError
        When a template of the office's own cannot be filled in.
    """
    aside = returns.problems[returns.problems["rule"] != "needed-blank"]
    states = [_counts(status) | {"amphoe": ""}]
    states += [_counts(group) | {"amphoe": name} for name, group in status.groupby("amphoe")]
    facts = _shared(returns.issue, policy) | {
        "today": thai_date(today),
        "all": states[0],
        "amphoes": [*states[1:], states[0] | {"amphoe": "รวม"}],
        "aside": thai_digits(len(aside)) if len(aside) else "",
        "before": thai_digits(before.round) if before else "",
        "changed": _changed(changed),
        "open": [
            {
                "name": thai_digits(one_line(row["name"])),
                "school_id": row["school_id"],
                "amphoe": thai_digits(row["amphoe"]),
                "state": chasing.STATES[row["state"]] + (" เกินกำหนด" if row["late"] else ""),
                "missing": thai_digits(len(row["missing"].split(";")) if row["missing"] else 0),
            }
            for row in status[status["state"] != "answered"].to_dict("records")
        ],
    }
    template = find_template(templates, "collection-report", default_templates())
    return save(template.fill(facts, {"results": _results(returns.issue, summary)}), path)


def _shared(issue: Issue, policy: Policy) -> dict[str, Any]:
    def day(value: Any, what: str) -> str:
        return thai_date(value) if value else blank(what).text

    return {
        "office": blank("ชื่อสำนักงานเขต").text if policy.office == UNNAMED_OFFICE else thai_digits(policy.office),
        "letter_code": policy.settings.letter_code or blank("รหัสหนังสือของสำนักงาน").text,
        "synthetic": SYNTHETIC if policy.synthetic else "",
        "title": thai_digits(one_line(issue.title)),
        "duty": DUTIES[issue.duty],
        "round": thai_digits(one_line(issue.round)),
        "asked_on": day(issue.asked_on, "วันที่แจ้งโรงเรียน"),
        "due": day(issue.due, "วันที่กำหนดส่งกลับ"),
        "source": thai_digits(one_line(issue.source)) or blank("หนังสือที่ให้ติดตาม").text,
    }


def _counts(status: pd.DataFrame) -> dict[str, str]:
    counts = status["state"].value_counts()
    return {"asked": thai_digits(len(status))} | {key: thai_digits(int(counts.get(key, 0))) for key in chasing.STATES}


def _changed(changed: pd.DataFrame) -> list[dict[str, str]]:
    lines = []
    for thai, group in changed.groupby("thai", sort=False):
        differences = group["difference"].dropna().tolist()
        counts = group["change"].value_counts()
        lines.append(
            {key: thai_digits(int(counts.get(key, 0))) for key in CHANGED}
            | {
                "thai": thai_digits(thai),
                "difference": _figure(sum(differences, Decimal(0)), "+,") if differences else "–",
            }
        )
    return lines


def _results(issue: Issue, summary: pd.DataFrame) -> Callable[[Any], Any]:
    by_question = dict(list(summary.groupby("question")))

    def write(paper: Paper) -> None:
        for number, question in enumerate(issue.questions, start=1):
            unit = f" ({question.unit})" if question.unit else ""
            paper.heading(f"ข้อ {number} {one_line(question.thai)}{unit}", 2)
            table = by_question[question.key]
            if question.kind == "text":
                total = int(table[table["amphoe"] == ""]["answered"].iloc[0])
                paper.body("มีคำตอบเป็นข้อความ ", computed(total), " โรงเรียน อ่านใน report.xlsx ซึ่งใช้ภายในสำนักงานเขตเท่านั้น")
                continue
            _table(paper, table)

    return passage_of(write)


def _table(paper: Paper, table: pd.DataFrame) -> None:
    """Write the figures of a question: the amphoe below each other, or the items where these are many."""
    items = list(dict.fromkeys(table["item"]))
    shown = {(row["amphoe"], row["item"]): row for row in table.to_dict("records")}
    groups = [*(group for group in dict.fromkeys(table["amphoe"]) if group), ""]
    words: Sequence[Cell] = [thai_digits(ITEMS.get(item, item)) for item in items]
    if len(items) <= _MOST_COLUMNS:
        lines: list[list[Cell]] = [
            [
                Mark(thai_digits(group), "คำนวณ") if group else "รวมทั้งหมด",
                *(_spelled(shown[group, item]["value"]) for item in items),
                computed(int(shown[group, items[0]]["answered"])),
            ]
            for group in groups
        ]
        # A sum is the longest figure.
        shares = [1.5 if item == "sum" else 1.0 for item in items]
        widths = [3.2, *(11.2 * share / sum(shares) for share in shares), 1.6]
        paper.table(["อำเภอ", *words, "ตอบ"], lines, widths, numeric=range(1, len(items) + 2), total=True)
        return
    lines = [[word, _spelled(shown["", item]["value"])] for word, item in zip(words, items, strict=True)]
    paper.table(["คำตอบ", "โรงเรียน"], lines, [13.0, 3.0], numeric=(1,))
    paper.body("รายอำเภออยู่ใน report.xlsx")


def _spelled(value: Any) -> Mark:
    if value is None:
        return Mark("–", "คำนวณ")
    if isinstance(value, str):
        return Mark(thai_date(parse_date(value)), "คำนวณ")
    return Mark(_figure(value, ","), "คำนวณ")


def _figure(value: Any, spec: str) -> str:
    """Return a number without zeros behind its point."""
    text = f"{value:{spec}f}" if isinstance(value, Decimal) else f"{value:{spec}}"
    return thai_digits(text.rstrip("0").rstrip(".") if "." in text else text)

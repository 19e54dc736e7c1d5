"""Forms that go to schools, and everything that may come back in them; every answer worked by hand."""

from __future__ import annotations

import datetime
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet

from restructure._errors import DataError, LedgerError, UsageError
from restructure.collection.answers import HIDDEN
from restructure.collection.chasing import status
from restructure.collection.form import FORM_SHEET, LIST_SHEET, PRIVACY, write_forms
from restructure.collection.formreader import RULES
from restructure.collection.issue import ISSUE_TEMPLATE, Issue, asked_schools, issue_before, read_issue
from restructure.collection.returns import RETURNED, Returns, choose_answer, read_returns, take_returns
from restructure.ledger import read_ledger, revoke
from restructure.policy import load_policy

TODAY = datetime.date(2026, 12, 20)
LINK = '=HYPERLINK("http://example.invalid","กด")'
SCHOOLS = pd.DataFrame(
    [
        ("1001", "บ้านไร่", "เหนือ", "open"),
        ("1002", LINK, "เหนือ", "open"),
        ("1003", "บ้านนา", "ใต้", "open"),
        ("1004", "บ้านเก่า", "ใต้", "closed"),
    ],
    columns=["school_id", "name", "amphoe", "status"],
)
ISSUE = """\
title: ติดตามแผน
duty: {duty}
round: "{round}"
asked_on: {asked_on}
due: 2026-12-15
schools: {schools}
source: หนังสือสมมุติ
questions:
  - {{key: plan, thai: มีแผนหรือไม่, kind: yes-no}}
  - {{key: state, thai: ถึงขั้นใด, kind: choice, choices: [ยังไม่เริ่ม, กำลังทำ, 3]}}
  - {{key: people, thai: ผู้เข้าร่วม, kind: number, least: 0, most: 500, unit: คน}}
  - {{key: day, thai: วันประชุม, kind: date, least: 2026-05-01, needed: false}}
  - {{key: words, thai: ปัญหา, kind: text, needed: false}}
"""
#: Rows of the questions in a school's form, and their columns in the one for all.
PLAN, STATE, PEOPLE, DAY, WORDS = range(11, 16)
FULL = {PLAN: "ใช่", STATE: "กำลังทำ", PEOPLE: 12}
FIRST = 9  # the row of school 1001 in the form for all; 1002 and 1003 follow in this order of amphoe


def write_issue(folder: Path, name: str, **more: str) -> Issue:
    words = {"duty": "inspection", "round": "1/2570", "asked_on": "2026-12-01", "schools": "all"} | more
    path = folder / "collections" / name / "issue.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ISSUE.format(**words), "utf-8")
    return read_issue(folder, name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "2570"


@pytest.fixture
def issue(folder: Path) -> Issue:
    return write_issue(folder, "plan-1")


@cache
def _made(issue: Issue) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        return {path.name: path.read_bytes() for path in write_forms(Path(folder), issue, SCHOOLS, load_policy())}


def forms(folder: Path, issue: Issue) -> Path:
    """Write the forms of an issue, those of the same issue made once for all tests."""
    target = folder / "outputs" / "collections" / issue.name / "forms"
    target.mkdir(parents=True, exist_ok=True)
    for name, content in _made(issue).items():
        (target / name).write_bytes(content)
    return target


def filled(
    form: Path, answers: Mapping[int, Any], to: Path, change: Callable[[Worksheet], object] | None = None
) -> Path:
    """Fill the fourth column of a school's form, by row, and save it as another program would."""
    book = openpyxl.load_workbook(form)
    sheet = book[FORM_SHEET]
    for row, value in answers.items():
        sheet.cell(row, 4).value = value
    if change:
        change(sheet)
    to.parent.mkdir(parents=True, exist_ok=True)
    book.save(to)
    return to


def came_back(folder: Path, issue: Issue, *paths: Path) -> Returns:
    take_returns(folder, issue, paths)
    return read_returns(folder, issue, SCHOOLS)


def one(
    folder: Path,
    issue: Issue,
    answers: Mapping[int, Any],
    change: Callable[[Worksheet], object] | None = None,
    school: str = "1001",
) -> Returns:
    """Return what one filled form of a school says."""
    form = forms(folder, issue) / f"{school}.xlsx"
    return came_back(folder, issue, filled(form, answers, folder / "mail" / "ตอบ.xlsx", change))


def told(returns: Returns) -> list[tuple[str, int, str, str]]:
    return list(returns.problems[["rule", "row", "school_id", "question"]].itertuples(index=False, name=None))


def values(returns: Returns) -> dict[tuple[str, str], str]:
    rows = returns.counted[["school_id", "question", "value"]].itertuples(index=False, name=None)
    return {(school, key): value for school, key, value in rows}


@pytest.mark.parametrize("name", ["private", "private/appraisal.yaml", "mail"])
def test_what_is_private_is_not_taken_in(folder: Path, issue: Issue, name: str) -> None:
    for place in ("private/appraisal.yaml", "mail/ตอบ.yaml"):
        (folder / place).parent.mkdir()
        (folder / place).write_text("persons: [{name: ก}]\n", "utf-8")
    with pytest.raises(UsageError, match="แฟ้มส่วนตัว"):
        take_returns(folder, issue, [folder / name])
    assert not list((folder / "collections" / issue.name / RETURNED).iterdir())


# --- the issue ------------------------------------------------------------------------------------------------------


def test_the_template_of_an_issue_can_be_read_once_its_blanks_are_filled(folder: Path) -> None:
    path = folder / "collections" / "ก" / "issue.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(ISSUE_TEMPLATE, "utf-8")
    issue = read_issue(folder, "ก")
    assert (issue.asked_on, issue.due, issue.source) == (None, None, "")
    assert [question.kind for question in issue.questions] == ["yes-no", "choice", "number", "text"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kind: yes-no", "kind: maybe", "questions.1.kind"),
        ("choices: [ยังไม่เริ่ม, กำลังทำ, 3]", "choices: [ก]", "อย่างน้อยสองข้อ"),
        ("choices: [ยังไม่เริ่ม, กำลังทำ, 3]", "choices: [ก, ก]", "ไม่ซ้ำ"),
        ("least: 0, most: 500", "least: 9, most: 5", "least มากกว่า most"),
        ("kind: text", "kind: text, least: 3", "least และ most"),
        ("key: state", "key: plan", "คำถามซ้ำ key: plan"),
        ("thai: ถึงขั้นใด", "thai: มีแผนหรือไม่", "คำถามซ้ำ thai"),
        ("key: state", "key: ขั้น", "questions.2.key"),
        ("duty: inspection", "duty: subsidy", "duty"),
        ("schools: all", "schools: some", "schools: ใช้ all"),
        ("schools: all", "schools: []", "schools: รายการว่าง"),
        ("due: 2026-12-15", "due: 2568-02-29", "due: ต้องเป็นวันที่"),
        ("due: 2026-12-15", "due: พรุ่งนี้", "due"),
        ("title: ติดตามแผน", "name: ก", "name"),
        ("title: ติดตามแผน", "title: [", "อ่านไม่ได้"),
    ],
)
def test_a_faulty_issue_is_refused_with_its_place(folder: Path, issue: Issue, old: str, new: str, words: str) -> None:
    path = folder / "collections" / issue.name / "issue.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(DataError) as error:
        read_issue(folder, issue.name)
    assert words in error.value.thai
    assert "collections/plan-1/issue.yaml" in error.value.thai


@pytest.mark.parametrize("day", ["2569-12-15", "15/12/2569", '"2026-12-15"', "15 ธ.ค. 2569"])
def test_a_year_of_the_buddhist_era_is_one(folder: Path, issue: Issue, day: str) -> None:
    path = folder / "collections" / issue.name / "issue.yaml"
    text = path.read_text("utf-8").replace("2026-12-15", day.strip('"') if "-" in day else day)
    path.write_text(text.replace("least: 2026-05-01", "least: 2569-05-01, most: 2567-02-29"), "utf-8")
    with pytest.raises(DataError, match="least มากกว่า most"):
        read_issue(folder, issue.name)
    path.write_text(text.replace("least: 2026-05-01", "least: 2567-02-29, most: 2569-05-01"), "utf-8")
    read = read_issue(folder, issue.name)
    assert read.due == datetime.date(2026, 12, 15)
    assert (read.questions[3].least, read.questions[3].most) == (datetime.date(2024, 2, 29), datetime.date(2026, 5, 1))
    assert (read.questions[2].least, read.questions[2].most) == (0, 500)


@pytest.mark.parametrize("name", ["../a", "a/b", ".a", "", "a\\b", "C:a", "a\n"])
def test_a_name_is_no_path(folder: Path, name: str) -> None:
    with pytest.raises(UsageError):
        read_issue(folder, name)


def test_who_is_asked(folder: Path) -> None:
    def asked(schools: str) -> list[str]:
        return asked_schools(write_issue(folder, "a", schools=schools), SCHOOLS)["school_id"].tolist()

    assert asked("all") == ["1001", "1002", "1003"]
    assert asked('["1003", 1001]') == ["1001", "1003"]
    assert asked("{amphoe: [ใต้]}") == ["1003"]
    for schools, words in (('["9"]', "ไม่มี 9"), ("{amphoe: [กลาง]}", "ไม่มี กลาง"), ('["1004"]', "ไม่มีโรงเรียน")):
        with pytest.raises(DataError, match=words):
            asked(schools)


def test_the_round_before_is_that_of_the_same_title_and_duty(folder: Path) -> None:
    write_issue(folder, "a", asked_on="2026-10-01")
    write_issue(folder, "b", asked_on="2026-11-01", round="2/2570")
    write_issue(folder, "c", asked_on="2026-11-20", duty="urgent")
    now = write_issue(folder, "d", round="3/2570")
    before = issue_before(folder, now)
    assert before is not None
    assert before.name == "b"
    assert issue_before(folder, read_issue(folder, "a")) is None


# --- what goes out --------------------------------------------------------------------------------------------------


def test_what_a_school_sees(folder: Path, issue: Issue) -> None:
    target = forms(folder, issue)
    assert sorted(path.name for path in target.iterdir()) == ["1001.xlsx", "1002.xlsx", "1003.xlsx", "all.xlsx"]
    book = openpyxl.load_workbook(target / "1002.xlsx")
    sheet = book[FORM_SHEET]
    # A name that looks like a formula is a name.
    assert [(sheet[cell].value, sheet[cell].data_type) for cell in ("D3", "D4")] == [("1002", "s"), (LINK, "s")]
    assert [sheet.cell(row, 3).value for row in range(PLAN, WORDS + 2)] == [
        "มีแผนหรือไม่", "ถึงขั้นใด", "ผู้เข้าร่วม", "วันประชุม", "ปัญหา", "จบแบบ 5 ข้อ",
    ]  # fmt: skip
    assert sheet.cell(PEOPLE, 5).value == "ตัวเลข ตั้งแต่ 0 ไม่เกิน 500 (คน)"
    assert sheet.cell(DAY, 5).value == "วันที่ เช่น 16/5/2570 ตั้งแต่ 1 พฤษภาคม 2569  เว้นได้"
    assert PRIVACY in [cell.value for row in sheet.iter_rows() for cell in row]
    assert sheet.protection.sheet
    assert [sheet.cell(row, 4).protection.locked for row in range(PLAN, WORDS + 1)] == [False] * 5
    assert sheet["D3"].protection.locked
    kinds = {str(rule.sqref): rule.type for rule in sheet.data_validations.dataValidation}
    assert {where: kind for where, kind in kinds.items() if kind} == {
        "D11": "list", "D12": "list", "D13": "decimal", "D14": "date",
    }  # fmt: skip
    assert book["รายการ"].sheet_state == "hidden"
    assert [cell.value for cell in book["รายการ"]["B"]] == ["ยังไม่เริ่ม", "กำลังทำ", "3"]
    assert sheet.column_dimensions["A"].hidden
    every = openpyxl.load_workbook(target / "all.xlsx")[LIST_SHEET]
    assert {every.cell(row, 3).value for row in range(FIRST, FIRST + 3)} == {"1001", "1002", "1003"}


def test_same_issue_same_bytes_and_nothing_filled_in_is_written_over(folder: Path, issue: Issue) -> None:
    target = forms(folder, issue)
    before = {path.name: path.read_bytes() for path in target.iterdir()}
    write_forms(target, issue, SCHOOLS, load_policy())
    assert {path.name: path.read_bytes() for path in target.iterdir()} == before
    typed = filled(target / "1001.xlsx", FULL, target / "1001.xlsx").read_bytes()
    write_forms(target, issue, SCHOOLS, load_policy())
    assert (target / "1001.xlsx").read_bytes() == before["1001.xlsx"]
    assert [path.read_bytes() for path in (target / "เดิม").iterdir()] == [typed]


# --- what comes back ------------------------------------------------------------------------------------------------


def test_a_sound_form(folder: Path, issue: Issue) -> None:
    answers = FULL | {DAY: datetime.datetime(2026, 5, 16), WORDS: " ครูไม่พอ\nสองคน "}
    returns = one(folder, issue, answers)
    assert told(returns) == []
    assert values(returns) == {
        ("1001", "plan"): "ใช่",
        ("1001", "state"): "กำลังทำ",
        ("1001", "people"): "12",
        ("1001", "day"): "2026-05-16",
        ("1001", "words"): "ครูไม่พอ\nสองคน",
    }
    assert returns.answers["row"].tolist() == [11, 12, 13, 14, 15]
    found = status(returns, SCHOOLS, today=TODAY).set_index("school_id")
    assert found.loc["1001", ["state", "late", "answered", "files"]].tolist() == ["answered", False, 5, 1]
    assert found.loc["1003", ["state", "late", "missing"]].tolist() == ["not", True, "plan;state;people"]


@pytest.mark.parametrize(
    ("row", "typed", "value"),
    [
        (STATE, " กำลังทำ ", "กำลังทำ"),
        (STATE, 3, "3"),
        (STATE, "๓", "3"),
        (PEOPLE, "๑๒", "12"),
        (PEOPLE, 12.0, "12"),
        (PEOPLE, 0.1, "0.1"),
        (PEOPLE, "12.50", "12.5"),
        (PEOPLE, 0, "0"),
        (PEOPLE, 500, "500"),
        (DAY, "16/5/2569", "2026-05-16"),
        (DAY, "๑๖ พ.ค. ๒๕๖๙", "2026-05-16"),
        # Excel keeps what was typed as year 2569 as that year of the common era.
        (DAY, datetime.datetime(2569, 5, 16), "2026-05-16"),
        (DAY, datetime.datetime(2026, 5, 1), "2026-05-01"),
        (WORDS, LINK[1:], LINK[1:]),
        (WORDS, 7, "7"),
    ],
)
def test_how_an_answer_may_be_written(folder: Path, issue: Issue, row: int, typed: Any, value: str) -> None:
    returns = one(folder, issue, FULL | {row: typed})
    key = issue.questions[row - PLAN].key
    assert (told(returns), values(returns)["1001", key]) == ([], value)


@pytest.mark.parametrize(
    ("row", "typed", "rule"),
    [
        (PLAN, "คิดว่าใช่", "not-a-choice"),
        (PLAN, True, "not-a-choice"),
        (STATE, "เสร็จ", "not-a-choice"),
        (PEOPLE, "ราว 12", "not-a-number"),
        (PEOPLE, "1,2", "not-a-number"),
        (PEOPLE, "12 คน", "not-a-number"),
        (PEOPLE, True, "not-a-number"),
        (PEOPLE, datetime.datetime(2026, 5, 16), "not-a-number"),
        (PEOPLE, 1e18, "not-a-number"),
        (PEOPLE, -1, "out-of-range"),
        (PEOPLE, 500.001, "out-of-range"),
        (DAY, "เมื่อวาน", "not-a-date"),
        (DAY, 46000, "out-of-range"),  # in a cell of days the number of one: 9 December 2025
        (DAY, True, "not-a-date"),
        (DAY, "30/4/2569", "out-of-range"),
        (PLAN, '=IF(1=1,"ใช่","")', "formula"),
        (PEOPLE, "=SUM(D1:D2)", "formula"),
        (WORDS, LINK, "formula"),
        (WORDS, "โทรหา 1 2345 67890 12 3", "citizen-number"),
    ],
)
def test_what_is_no_answer_is_listed_and_not_counted(
    folder: Path, issue: Issue, row: int, typed: Any, rule: str
) -> None:
    returns = one(folder, issue, FULL | {row: typed})
    key = issue.questions[row - PLAN].key
    assert told(returns) == [(rule, row, "1001", key)]
    assert ("1001", key) not in values(returns)
    assert len(values(returns)) == len(FULL) - (row in FULL)
    shown = returns.problems["value"][0]
    assert shown == (HIDDEN if rule == "citizen-number" else shown) != ""
    assert status(returns, SCHOOLS, today=TODAY)["problems"].sum() == 1


def test_a_percentage_is_not_taken_for_its_hundredth(folder: Path, issue: Issue) -> None:
    def percent(sheet: Worksheet) -> None:
        sheet.cell(PEOPLE, 4).number_format = "0%"

    assert told(one(folder, issue, FULL | {PEOPLE: 0.8}, percent)) == [("not-a-number", PEOPLE, "1001", "people")]


def test_needed_blanks_and_an_empty_form(folder: Path, issue: Issue) -> None:
    returns = one(folder, issue, {PLAN: "ใช่"})
    assert told(returns) == [("needed-blank", STATE, "1001", "state"), ("needed-blank", PEOPLE, "1001", "people")]
    assert status(returns, SCHOOLS, today=TODAY).set_index("school_id")["state"]["1001"] == "partly"
    empty = shutil.copy(forms(folder, issue) / "1003.xlsx", folder / "mail" / "ว่าง.xlsx")
    returns = came_back(folder, issue, Path(empty))
    assert ("empty-form", 0, "1003", "") in told(returns)


def _cell(where: str, value: Any) -> Callable[[Worksheet], object]:
    def change(sheet: Worksheet) -> None:
        sheet[where].value = value

    return change


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_cell("D10", "ตอบ"), ("altered-head", 10, "1001", "")),
        (lambda sheet: setattr(sheet, "title", "Sheet1"), ("missing-sheet", 0, "1001", "")),
        (_cell("A1", None), ("altered-head", 1, "", "")),
        (lambda sheet: sheet.delete_cols(1), ("altered-head", 1, "", "")),
        (_cell("D3", None), ("altered-head", 3, "", "")),
        (_cell("D3", "1003"), ("other-school", 3, "1001", "")),
        (_cell("D4", "บ้านนา"), ("other-school", 3, "1001", "")),
        (_cell("D3", "9999"), ("unknown-school", 3, "1001", "")),
        (_cell("A3", "x"), ("other-school", 3, "", "")),
        (_cell("A2", "x"), ("other-round", 2, "", "")),
        (_cell("D3", "=A1"), ("unknown-school", 3, "1001", "")),
    ],
)
def test_a_form_of_whom_is_in_doubt_counts_for_nobody(
    folder: Path, issue: Issue, change: Callable[[Worksheet], object], problem: tuple[str, int, str, str]
) -> None:
    returns = one(folder, issue, FULL, change)
    assert told(returns) == [problem]
    assert returns.answers.empty
    assert all(returns.problems["remedy"])
    kept = list((folder / "collections" / issue.name / RETURNED).iterdir())
    assert [path.read_bytes() for path in kept] == [(folder / "mail" / "ตอบ.xlsx").read_bytes()]


@pytest.mark.parametrize(
    ("change", "problems"),
    [
        (_cell(f"C{STATE}", "ถึงไหน"), [("altered-question", STATE, "1001", "state")]),
        (_cell(f"A{STATE}", "strange"), [("missing-question", 0, "1001", "state"),
                                         ("altered-question", STATE, "1001", "strange")]),
        (_cell(f"A{DAY}", "state"), [("missing-question", 0, "1001", "day"),
                                     ("repeated-question", STATE, "1001", "state"),
                                     ("repeated-question", DAY, "1001", "state")]),
        (lambda sheet: sheet.delete_rows(STATE), [("missing-question", 0, "1001", "state")]),
        (_cell("D17", "เพิ่มเติม"), [("added-row", 17, "1001", "")]),
        (_cell("F12", "ดูหมายเหตุ"), [("added-row", 12, "1001", "")]),
    ],
)  # fmt: skip
def test_an_altered_question_alone_is_not_counted(
    folder: Path, issue: Issue, change: Callable[[Worksheet], object], problems: list[tuple[str, int, str, str]]
) -> None:
    returns = one(folder, issue, FULL, change)
    assert told(returns) == problems
    assert values(returns)["1001", "plan"] == "ใช่"
    assert values(returns)["1001", "people"] == "12"
    assert (("1001", "state") in values(returns)) == (problems[0][0] == "added-row")


def _comment(where: str, words: str) -> Callable[[Worksheet], object]:
    def change(sheet: Worksheet) -> None:
        sheet[where].comment = Comment(words, "ครู")

    return change


@pytest.mark.parametrize(
    ("change", "row", "value"),
    [
        (_cell(f"E{WORDS}", "ครูไม่พอ <2 คน"), WORDS, "ครูไม่พอ <2 คน"),
        (_cell(f"B{PEOPLE}", "ดูหนังสือแนบ"), PEOPLE, "ดูหนังสือแนบ"),
        (_cell(f"B{PEOPLE}", 12), PEOPLE, "12"),
        (_cell(f"G{PEOPLE}", 7), PEOPLE, "7"),
        (_cell("H2", "ส่งช้า"), 2, "ส่งช้า"),
        (_cell("E18", "ผอ.ลงนาม"), 18, "ผอ.ลงนาม"),
        (_cell("C18", "หมายเหตุ"), 18, "หมายเหตุ"),
        (_cell("H12", "1 2345 67890 12 3"), 12, HIDDEN),
        (_comment(f"D{STATE}", "ยังไม่แน่ใจ & รอ <ผอ.>"), STATE, "ยังไม่แน่ใจ & รอ <ผอ.>"),
    ],
)
def test_words_beside_the_answers_are_listed(
    folder: Path, issue: Issue, change: Callable[[Worksheet], object], row: int, value: str
) -> None:
    returns = one(folder, issue, FULL, change)
    assert told(returns) == [("added-row", row, "1001", "")]
    assert returns.problems["value"].tolist() == [value]
    assert len(values(returns)) == len(FULL), "and what is answered in its place counts"


def test_a_form_answered_beside_its_cells_is_not_empty(folder: Path, issue: Issue) -> None:
    rules = [rule for rule, *_ in told(one(folder, issue, {}, _cell(f"E{PLAN}", "มี")))]
    assert sorted(rules) == ["added-row", "needed-blank", "needed-blank", "needed-blank"]

    def alter(sheet: Worksheet) -> None:
        for row in range(PLAN, WORDS + 1):
            sheet.cell(row, 3).value = "อื่น"

    returns = one(folder, issue, FULL, alter, "1003")
    assert {rule for rule, _, school, _ in told(returns) if school == "1003"} == {"altered-question"}


def test_moved_rows_are_known_by_their_keys(folder: Path, issue: Issue) -> None:
    def swap(sheet: Worksheet) -> None:
        for column in range(1, 6):
            cells = sheet.cell(PLAN, column), sheet.cell(PEOPLE, column)
            cells[0].value, cells[1].value = cells[1].value, cells[0].value

    returns = one(folder, issue, FULL, swap)
    assert told(returns) == []
    assert values(returns)["1001", "people"] == "12"


def test_a_form_without_its_sheet_and_files_that_are_none(folder: Path, issue: Issue) -> None:
    book = openpyxl.Workbook()
    mail = folder / "mail"
    mail.mkdir(parents=True)
    book.save(mail / "ไม่มีแผ่น.xlsx")
    (mail / "เสีย.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    (mail / "ภาพ.pdf").write_bytes(b"%PDF-1.4")
    (mail / "~$ไม่มีแผ่น.xlsx").write_bytes(b"lock")
    returns = came_back(folder, issue, mail)
    assert sorted(told(returns)) == [("missing-sheet", 0, "", ""), ("not-a-form", 0, "", ""), ("unreadable", 0, "", "")]
    assert len(returns.files) == 3
    assert set(returns.files["school_id"]) == {""}


def test_a_sheet_that_was_added_is_told(folder: Path, issue: Issue) -> None:
    def more(sheet: Worksheet) -> None:
        sheet.parent.create_sheet("หมายเหตุ")["A1"] = "ขอเลื่อน"

    returns = one(folder, issue, FULL, more)
    assert told(returns) == [("extra-sheet", 0, "", "")]
    assert len(values(returns)) == 3


def test_the_form_of_an_old_round_says_of_which(folder: Path, issue: Issue) -> None:
    old = write_issue(folder, "plan-0", round="2/2569", asked_on="2026-06-01")
    form = filled(forms(folder, old) / "1001.xlsx", FULL, folder / "mail" / "เก่า.xlsx")
    returns = came_back(folder, issue, form)
    assert told(returns) == [("other-round", 2, "", "")]
    assert "2/2569 (plan-0)" in returns.problems["message"][0]
    assert returns.answers.empty
    # The round that it is of takes it.
    assert len(values(came_back(folder, old, form))) == 3


def test_a_new_due_day_or_a_mended_question_keeps_the_other_answers(folder: Path, issue: Issue) -> None:
    one(folder, issue, FULL)
    path = folder / "collections" / issue.name / "issue.yaml"
    path.write_text(path.read_text("utf-8").replace("2026-12-15", "2026-12-31").replace("ถึงขั้นใด", "ถึงขั้นใดแล้ว"), "utf-8")
    returns = read_returns(folder, read_issue(folder, issue.name), SCHOOLS)
    assert told(returns) == [("altered-question", STATE, "1001", "state")]
    assert len(values(returns)) == 2


def test_a_school_that_is_not_asked_any_more(folder: Path, issue: Issue) -> None:
    one(folder, issue, FULL)
    issue = write_issue(folder, issue.name, schools='["1003"]')
    assert told(read_returns(folder, issue, SCHOOLS)) == [("not-asked", 3, "1001", "")]
    issue = write_issue(folder, issue.name)
    gone = SCHOOLS[SCHOOLS["school_id"] != "1001"]
    assert told(read_returns(folder, issue, gone)) == [("unknown-school", 3, "", "")]


# --- twice ----------------------------------------------------------------------------------------------------------


def test_answers_that_disagree_wait_for_a_person(folder: Path, issue: Issue) -> None:
    form = forms(folder, issue) / "1001.xlsx"
    first = filled(form, FULL, folder / "mail" / "a" / "ตอบ.xlsx")
    second = filled(form, FULL | {PEOPLE: 15, WORDS: "แก้แล้ว"}, folder / "mail" / "b" / "ตอบ.xlsx")
    returns = came_back(folder, issue, first, second)
    # Both are kept under their own name, byte for byte.
    kept = sorted((folder / "collections" / issue.name / RETURNED).iterdir())
    assert sorted(path.read_bytes() for path in kept) == sorted([first.read_bytes(), second.read_bytes()])
    assert told(returns) == [("double-answer", PEOPLE, "1001", "people")]
    assert values(returns) == {("1001", "plan"): "ใช่", ("1001", "state"): "กำลังทำ", ("1001", "words"): "แก้แล้ว"}
    assert returns.answers["state"].value_counts().to_dict() == {"counted": 3, "same": 2, "waiting": 2}
    found = status(returns, SCHOOLS, today=TODAY).set_index("school_id")
    assert found.loc["1001", ["state", "waiting", "late"]].tolist() == ["partly", 1, True]
    second_entry = next(path.name for path in kept if path.read_bytes() == second.read_bytes())
    with pytest.raises(UsageError, match="ไม่มีฉบับ x"):
        choose_answer(folder, returns, "1001", "x", "สมศรี", "โทรถามแล้ว")
    with pytest.raises(UsageError, match="เหตุผล"):
        choose_answer(folder, returns, "1001", second_entry, "สมศรี", " ")
    with pytest.raises(UsageError, match="ไม่มีคำตอบที่ไม่ตรงกัน"):
        choose_answer(folder, returns, "1003", second_entry, "สมศรี", "โทรถามแล้ว")
    with pytest.raises(LedgerError):
        choose_answer(folder, returns, "1001", second_entry, "", "โทรถามแล้ว")
    (seq,) = choose_answer(folder, returns, "1001", second_entry, "สมศรี", "โทรถามแล้ว")
    ledger = read_ledger(folder)
    assert ledger["subject"].tolist() == ["plan-1/1001"]
    assert "แก้แล้ว" not in ledger["content"][0]  # what schools write never goes into what cannot be taken back
    returns = read_returns(folder, issue, SCHOOLS)
    assert told(returns) == []
    assert values(returns)["1001", "people"] == "15"
    assert "not-chosen" in set(returns.answers["state"])
    # A third answer was not chosen among: the question is open again.
    third = filled(form, FULL | {PEOPLE: 18}, folder / "mail" / "c" / "ตอบ.xlsx")
    returns = came_back(folder, issue, third)
    assert told(returns) == [("double-answer", PEOPLE, "1001", "people")]
    assert ("1001", "people") not in values(returns)
    revoke(folder, "สมศรี", [seq], "เลือกผิด")
    assert len(read_returns(folder, issue, SCHOOLS).answers) == 3 * 3 + 1


@pytest.fixture
def chosen(folder: Path, issue: Issue) -> dict[str, Path]:
    """Three answers of a school that disagree, of which the third, chosen, has none on the state."""
    form = forms(folder, issue) / "1001.xlsx"
    typed = {"a": FULL, "b": FULL | {PEOPLE: 15, STATE: 3}, "c": {PLAN: "ใช่", PEOPLE: 18}}
    paths = {name: filled(form, answers, folder / "mail" / f"{name}.xlsx") for name, answers in typed.items()}
    kept = dict(zip(typed, take_returns(folder, issue, paths.values()), strict=True))
    returns = read_returns(folder, issue, SCHOOLS)
    choose_answer(folder, returns, "1001", kept["c"].name, "สมศรี", "โทรถามแล้ว")
    return kept


@pytest.mark.usefixtures("chosen")
def test_a_choice_says_nothing_on_what_it_left_blank(folder: Path, issue: Issue) -> None:
    returns = read_returns(folder, issue, SCHOOLS)
    assert values(returns) == {("1001", "plan"): "ใช่", ("1001", "people"): "18"}
    assert ("double-answer", STATE, "1001", "state") in told(returns)
    [message] = returns.problems.loc[returns.problems["rule"] == "double-answer", "message"]
    assert message.startswith("ฉบับที่เลือกไม่มีคำตอบข้อนี้")


@pytest.mark.parametrize(("name", "way"), [("c", "altered"), ("c", "gone"), ("a", "altered"), ("a", "gone")])
def test_a_choice_holds_while_its_files_are_what_they_were(
    folder: Path, issue: Issue, chosen: dict[str, Path], name: str, way: str
) -> None:
    path = chosen[name]
    kept = path.read_bytes()
    path.unlink()
    if way == "altered":
        filled(forms(folder, issue) / "1001.xlsx", FULL | {PEOPLE: 99}, path)
    returns = read_returns(folder, issue, SCHOOLS)
    if (name, way) == ("a", "gone"):
        assert values(returns)["1001", "people"] == "18", "what was not chosen is not needed"
        return
    assert ("lapsed-choice", 0, "1001", "") in told(returns)
    assert ("1001", "people") not in values(returns)
    assert "not-chosen" not in set(returns.answers["state"])
    assert status(returns, SCHOOLS, today=TODAY).set_index("school_id")["state"]["1001"] != "answered"
    path.write_bytes(kept)
    assert values(read_returns(folder, issue, SCHOOLS))["1001", "people"] == "18"


def test_what_was_not_chosen_does_not_count_once_the_chosen_is_gone(
    folder: Path, issue: Issue, chosen: dict[str, Path]
) -> None:
    for name in "ac":
        chosen[name].unlink()
    returns = read_returns(folder, issue, SCHOOLS)
    assert set(returns.answers["state"]) == {"waiting"}
    assert told(returns) == [("lapsed-choice", 0, "1001", "")]
    choose_answer(folder, returns, "1001", chosen["b"].name, "สมศรี", "เหลือฉบับนี้")
    returns = read_returns(folder, issue, SCHOOLS)
    assert (told(returns), values(returns)["1001", "people"]) == ([], "15")


def test_two_files_of_one_name_are_two(folder: Path, issue: Issue) -> None:
    form = forms(folder, issue) / "1001.xlsx"
    returned = folder / "collections" / issue.name / RETURNED
    for name, people in (("a", 12), ("b#1", 15)):
        filled(form, FULL | {PEOPLE: people}, returned / name / "1001.xlsx")
    returns = read_returns(folder, issue, SCHOOLS)
    assert told(returns) == [("double-answer", PEOPLE, "1001", "people")]
    assert set(returns.answers["entry"]) == {"a/1001.xlsx", "b#1/1001.xlsx"}
    choose_answer(folder, returns, "1001", "b#1/1001.xlsx", "สมศรี", "ฉบับหลัง")
    assert values(read_returns(folder, issue, SCHOOLS))["1001", "people"] == "15"


def test_the_same_file_again_is_taken_once(folder: Path, issue: Issue) -> None:
    form = filled(forms(folder, issue) / "1001.xlsx", FULL, folder / "mail" / "a.xlsx")
    assert len(take_returns(folder, issue, [form])) == 1
    assert take_returns(folder, issue, [shutil.copy(form, folder / "mail" / "b.xlsx"), form]) == []
    with pytest.raises(UsageError, match="ไม่พบ"):
        take_returns(folder, issue, [folder / "mail" / "no.xlsx"])


# --- the form for all -----------------------------------------------------------------------------------------------


def fill_list(folder: Path, issue: Issue, change: Callable[[Worksheet], object]) -> Returns:
    book = openpyxl.load_workbook(forms(folder, issue) / "all.xlsx")
    change(book[LIST_SHEET])
    (folder / "mail").mkdir(exist_ok=True)
    book.save(folder / "mail" / "รวม.xlsx")
    return came_back(folder, issue, folder / "mail" / "รวม.xlsx")


def _rows(sheet: Worksheet) -> dict[str, int]:
    return {str(sheet.cell(row, 3).value): row for row in range(FIRST, FIRST + 3)}


def test_the_form_for_all(folder: Path, issue: Issue) -> None:
    where: dict[str, int] = {}

    def change(sheet: Worksheet) -> None:
        where.update(_rows(sheet))
        for school, answers in {"1001": ("ใช่", "3", 7), "1002": ("ไม่ใช่", None, "=1+1")}.items():
            for column, value in enumerate(answers, start=6):
                sheet.cell(where[school], column).value = value

    returns = fill_list(folder, issue, change)
    assert values(returns) == {
        ("1001", "plan"): "ใช่", ("1001", "state"): "3", ("1001", "people"): "7", ("1002", "plan"): "ไม่ใช่",
    }  # fmt: skip
    row = where["1002"]
    assert told(returns) == [("needed-blank", row, "1002", "state"), ("formula", row, "1002", "people")]
    file = returns.files["file"][0]
    assert set(returns.answers["entry"]) == {f"{file}#{where['1001']}", f"{file}#{row}"}
    assert returns.files["school_id"].tolist() == ["1001", "1002"]


def test_a_row_twice_and_a_code_typed_over(folder: Path, issue: Issue) -> None:
    def change(sheet: Worksheet) -> None:
        row = _rows(sheet)["1001"]
        for column, value in enumerate(("ใช่", "3", 7), start=6):
            sheet.cell(row, column).value = value
        for column in range(1, 9):
            sheet.cell(FIRST + 6, column).value = sheet.cell(row, column).value
        sheet.cell(FIRST + 6, 8).value = 9
        other = _rows(sheet)["1003"]
        sheet.cell(other, 3).value = "1002"
        sheet.cell(other, 6).value = "ใช่"

    returns = fill_list(folder, issue, change)
    rules = [(rule, school, key) for rule, _, school, key in told(returns)]
    assert sorted(rules) == [("double-answer", "1001", "people"), ("other-school", "1003", "")]
    assert values(returns) == {("1001", "plan"): "ใช่", ("1001", "state"): "3"}


def test_altered_columns_of_the_form_for_all(folder: Path, issue: Issue) -> None:
    def change(sheet: Worksheet) -> None:
        row = _rows(sheet)["1001"]
        for column, value in enumerate(("ใช่", "3", 7), start=6):
            sheet.cell(row, column).value = value
        sheet.cell(8, 7).value = "ถึงไหน"
        sheet.cell(row, 12).value = "นอกตาราง"

    returns = fill_list(folder, issue, change)
    row = int(returns.answers["row"][0])
    assert told(returns) == [
        ("altered-question", 8, "", "state"), ("altered-question", row, "1001", "state"),
        ("added-row", row, "1001", ""),
    ]  # fmt: skip
    assert returns.problems["value"].tolist() == ["", "3", "นอกตาราง"]
    assert values(returns) == {("1001", "plan"): "ใช่", ("1001", "people"): "7"}
    (folder / "collections" / issue.name / RETURNED / returns.files["file"][0]).unlink()
    assert told(fill_list(folder, issue, _cell("D8", "ชื่อ"))) == [("altered-head", 8, "", "")]


def test_remarks_in_the_form_for_all_are_listed(folder: Path, issue: Issue) -> None:
    where: dict[str, int] = {}

    def change(sheet: Worksheet) -> None:
        where.update(_rows(sheet))
        sheet.cell(where["1003"], 2).value = "ยุบแล้ว"
        sheet.cell(where["1002"], 5).value = "อำเภอใหม่"
        sheet.cell(14, 4).value = "ลงชื่อ"
        sheet.cell(where["1001"], 6).comment = Comment("รอยืนยัน", "ก")

    returns = fill_list(folder, issue, change)
    assert told(returns) == sorted(
        [("added-row", where["1003"], "1003", ""), ("added-row", where["1002"], "1002", ""),
         ("added-row", where["1001"], "1001", ""), ("added-row", 14, "", "")], key=lambda problem: problem[1]
    )  # fmt: skip
    assert set(returns.problems["value"]) == {"ยุบแล้ว", "อำเภอใหม่", "ลงชื่อ", "รอยืนยัน"}


# --- other programs -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice: apt-get install libreoffice-calc")
def test_forms_saved_by_libreoffice(folder: Path, issue: Issue, tmp_path: Path) -> None:
    target = forms(folder, issue)
    answers = FULL | {DAY: datetime.datetime(2026, 5, 16), WORDS: "ครูไม่พอ"}
    typed = [
        filled(target / "1002.xlsx", answers, tmp_path / "mail" / "1002.xlsx"),
        filled(target / "1003.xlsx", FULL | {PEOPLE: "=6*2"}, tmp_path / "mail" / "1003.xlsx"),
    ]
    profile = (tmp_path / "profile").as_uri()
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "xlsx", "--outdir"]
    subprocess.run([*command, tmp_path / "back", *typed], check=True, capture_output=True, timeout=120)
    returns = came_back(folder, issue, tmp_path / "back")
    assert told(returns) == [("formula", PEOPLE, "1003", "people")]
    assert values(returns) == {
        ("1002", "plan"): "ใช่", ("1002", "state"): "กำลังทำ", ("1002", "people"): "12", ("1002", "day"): "2026-05-16",
        ("1002", "words"): "ครูไม่พอ", ("1003", "plan"): "ใช่", ("1003", "state"): "กำลังทำ",
    }  # fmt: skip


def test_notes_save_reading_and_are_never_needed(folder: Path, issue: Issue) -> None:
    returns = one(folder, issue, FULL)
    notes = folder / "outputs" / "collections" / issue.name / "read.json"
    for text in (None, "", "{", '{"reader": 0, "files": {}}', '{"reader": 3, "files": {"x": 3}}', "[]"):
        notes.unlink() if text is None else notes.write_text(text, "utf-8")
        again = read_returns(folder, issue, SCHOOLS)
        pd.testing.assert_frame_equal(again.answers, returns.answers)
        assert notes.stat().st_size > 100


def test_every_rule_has_words() -> None:
    assert all(RULES.values())

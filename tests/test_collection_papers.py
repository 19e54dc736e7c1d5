"""Reminders, figures, what has changed, the report, and the command; figures worked by hand.

::

    school   amphoe   round 1: plan people        round 2: plan people day          words
    1        เหนือ            ใช่     10                   ใช่     12  16 May 2026   โดย นายสมมุติ
    2        เหนือ            ไม่ใช่   20                   ใช่     15.5 2 June 2026
    3        ใต้              ใช่      5                   ไม่ใช่   –   –
    4        ใต้              –       –                   –       –   (nothing back)

    round 2: plan 2 ใช่, 1 ไม่ใช่; people 12 + 15.5 = 27.5, lower of two middles 12
    people since round 1: 1 +2, 2 −4.5 (of both −2.5), 3 has not answered yet
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from docx import Document
from small_office import write_small_office

from restructure.cli import main
from restructure.collection.chasing import status
from restructure.collection.form import FORM_SHEET
from restructure.collection.issue import issue_before, office_schools
from restructure.collection.steps import Followed, follow, make_forms, make_reminders, make_report
from restructure.collection.summing import changes, summarise
from restructure.ledger import read_ledger
from restructure.templates import write_templates

TODAY = datetime.date(2026, 12, 20)
NAME = "นายสมมุติ"
ISSUE = """\
title: ติดตามแผน
duty: e-mes
round: "{round}/2570"
asked_on: 2026-1{round}-01
due: {due}
questions:
  - {{key: plan, thai: มีแผนหรือไม่, kind: yes-no}}
  - {{key: people, thai: ผู้เข้าร่วม, kind: number, least: 0, unit: คน}}
"""
MORE = """\
  - {key: day, thai: วันประชุม, kind: date, needed: false}
  - {key: words, thai: ปัญหา, kind: text, needed: false}
"""
DAY1, DAY2 = datetime.datetime(2026, 5, 16), datetime.datetime(2026, 6, 2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_office(
        tmp_path_factory.mktemp("office") / "2570",
        schools="1 0 P1-P6 amphoe=เหนือ\n2 100 P1-P6 amphoe=เหนือ\n3 200 P1-P6 amphoe=ใต้\n4 300 P1-P6 amphoe=ใต้",
        villages="V1 50",
        students="1 P1 V1 3",
        policy="office: สพป.ทดสอบ\nfiscal_year: 2570\n",
    )
    rounds = {
        "แผน-1": (ISSUE.format(round=1, due="2026-11-20"), {"1": ["ใช่", 10], "2": ["ไม่ใช่", 20], "3": ["ใช่", 5]}),
        "แผน-2": (
            ISSUE.format(round=2, due="") + MORE,
            {"1": ["ใช่", 12, DAY1, f"โดย {NAME}"], "2": ["ใช่", 15.5, DAY2], "3": ["ไม่ใช่"]},
        ),
    }
    for name, (text, answers) in rounds.items():
        (folder / "collections" / name).mkdir(parents=True)
        (folder / "collections" / name / "issue.yaml").write_text(text, "utf-8")
        sent = make_forms(folder, name)[0].parent
        for school, values in answers.items():
            book = openpyxl.load_workbook(sent / f"{school}.xlsx")
            for row, value in enumerate(values, start=11):
                book[FORM_SHEET].cell(row, 4).value = value
            (folder / "mail" / name).mkdir(parents=True, exist_ok=True)
            book.save(folder / "mail" / name / f"{school}.xlsx")
        assert main(["collect", str(folder), name, "--read", str(folder / "mail" / name)]) == 0
    return folder


@pytest.fixture(scope="module")
def followed(made: Path) -> Followed:
    return follow(made, "แผน-2")


def words_of(path: Path) -> str:
    document = Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def test_schools_are_read_without_pupils_and_roads(made: Path) -> None:
    schools = office_schools(made)
    assert schools[["school_id", "amphoe", "status"]].to_numpy().tolist() == [
        ["1", "เหนือ", "open"], ["2", "เหนือ", "open"], ["3", "ใต้", "open"], ["4", "ใต้", "open"],
    ]  # fmt: skip


def test_status(followed: Followed) -> None:
    found = status(followed.returns, followed.schools, today=TODAY)
    assert found[["school_id", "state", "late", "answered", "missing"]].to_numpy().tolist() == [
        ["1", "answered", False, 4, ""],
        ["2", "answered", False, 3, ""],
        ["3", "partly", False, 1, "people"],  # never late: nobody has said a day
        ["4", "not", False, 0, "plan;people"],
    ]


def test_figures(followed: Followed) -> None:
    table = summarise(followed.returns, followed.schools)
    found = {(row.question, row.amphoe, row.item): row.value for row in table.itertuples()}
    assert found == {
        ("plan", "", "ใช่"): 2, ("plan", "", "ไม่ใช่"): 1,
        ("plan", "เหนือ", "ใช่"): 2, ("plan", "เหนือ", "ไม่ใช่"): 0, ("plan", "ใต้", "ใช่"): 0, ("plan", "ใต้", "ไม่ใช่"): 1,
        ("people", "", "sum"): Decimal("27.5"), ("people", "", "median"): 12, ("people", "", "least"): 12,
        ("people", "", "most"): Decimal("15.5"), ("people", "เหนือ", "sum"): Decimal("27.5"),
        ("people", "เหนือ", "median"): 12, ("people", "เหนือ", "least"): 12, ("people", "เหนือ", "most"): Decimal("15.5"),
        # Nobody there has answered: no 0.
        **{("people", "ใต้", item): None for item in ("sum", "median", "least", "most")},
        ("day", "", "first"): "2026-05-16", ("day", "", "last"): "2026-06-02",
        ("day", "เหนือ", "first"): "2026-05-16", ("day", "เหนือ", "last"): "2026-06-02",
        ("day", "ใต้", "first"): None, ("day", "ใต้", "last"): None,
        ("words", "", "texts"): 1, ("words", "เหนือ", "texts"): 1, ("words", "ใต้", "texts"): 0,
    }  # fmt: skip
    assert table[(table["question"] == "people") & (table["amphoe"] == "")]["answered"].tolist() == [2] * 4
    assert table[table["amphoe"] == "ใต้"]["asked"].unique().tolist() == [2]


def test_what_has_changed(made: Path, followed: Followed) -> None:
    before = issue_before(made, followed.issue)
    assert before is not None
    assert before.name == "แผน-1"
    table = changes(followed.returns, follow(made, before.name).returns)
    rows = table[["question", "school_id", "before", "now", "change"]].to_numpy().tolist()
    assert rows == [
        ["plan", "1", "ใช่", "ใช่", "same"],
        ["plan", "2", "ไม่ใช่", "ใช่", "changed"],
        ["plan", "3", "ใช่", "ไม่ใช่", "changed"],
        ["people", "1", "10", "12", "changed"],
        ["people", "2", "20", "15.5", "changed"],
        ["people", "3", "5", "", "gone"],
    ]
    assert table["difference"].dropna().tolist() == [2, Decimal("-4.5")]
    assert changes(followed.returns, None).empty


def test_reminders(followed: Followed) -> None:
    paths = make_reminders(followed, today=TODAY)
    assert [path.name for path in paths] == ["3.docx", "4.docx", "print.docx"]
    partly, nothing = words_of(paths[0]), words_of(paths[1])
    assert "โรงเรียน๓ (3)" in partly
    assert "ได้รับแบบจากโรงเรียนแล้ว" in partly
    assert "๒. ผู้เข้าร่วม" in partly
    assert "มีแผนหรือไม่" not in partly
    assert "ยังไม่ได้รับแบบจากโรงเรียน" in nothing
    for blank in ("วันที่กำหนดส่งกลับ", "หนังสือที่ให้ติดตาม", "วันที่ขอให้ส่งกลับ", "ลายมือชื่อ"):
        assert f"[……… กรอก: {blank} ………]" in nothing
    assert "๑ ธันวาคม ๒๕๖๙" in nothing
    assert all(part in words_of(paths[2]) for part in ("โรงเรียน๓", "โรงเรียน๔"))
    # A school that has answered since gets none; its letter of before goes.
    stray = paths[0].with_name("1.docx")
    stray.write_bytes(b"")
    edited = Path(paths[0])
    edited.write_bytes(b"typed by hand")
    make_reminders(followed, today=TODAY)
    assert sorted(path.read_bytes() for path in (edited.parent / "เดิม").iterdir()) == [b"", b"typed by hand"]
    assert not stray.exists()


def test_the_report(made: Path, followed: Followed) -> None:
    docx, xlsx = make_report(followed, today=TODAY)
    text = words_of(docx)
    assert "ถาม ๔ โรงเรียน ตอบครบ ๒ ตอบบางส่วน ๑ ยังไม่ตอบ ๑" in text
    assert "๒๗.๕" in text
    assert "๑๖ พฤษภาคม ๒๕๖๙" in text
    assert "การเปลี่ยนแปลงจากรอบ ๑/๒๕๗๐" in text
    assert "-๒.๕" in text
    # What schools write may name people: it stays in the office's workbook.
    assert NAME not in text
    book = openpyxl.load_workbook(xlsx)
    assert book.sheetnames == ["สรุป", "สถานะ", "คำตอบที่นับ", "คำตอบทุกฉบับ", "ปัญหา", "เทียบรอบก่อน"]
    rows = [[cell.value or None for cell in row] for row in book["คำตอบที่นับ"].iter_rows(min_row=6)]
    assert rows == [
        ["1", "โรงเรียน1", "ใช่", 12, "16 พฤษภาคม 2569", f"โดย {NAME}"],
        ["2", "โรงเรียน2", "ใช่", 15.5, "2 มิถุนายน 2569", None],
        ["3", "โรงเรียน3", "ไม่ใช่", None, None, None],
        ["4", "โรงเรียน4", None, None, None, None],
    ]
    assert "ห้ามเผยแพร่" in book["คำตอบที่นับ"]["A3"].value
    before = [path.read_bytes() for path in (docx, xlsx)]
    assert [path.read_bytes() for path in make_report(followed, today=TODAY)] == before
    first = make_report(follow(made, "แผน-1"), today=TODAY)
    assert "การเปลี่ยนแปลงจากรอบ" not in words_of(first[0])
    assert "เกินกำหนด" in words_of(first[0])


def test_the_letter_of_the_office_s_own(made: Path, followed: Followed) -> None:
    written = {path.name for path in write_templates(made)}
    assert {"collection-reminder.docx", "collection-report.docx", "issue.yaml"} <= written
    template = made / "templates" / "collection-reminder.docx"
    document = Document(str(template))
    document.add_paragraph("สำเนาเรียน {{ school }} {{ nobody }}")
    document.save(str(template))
    try:
        assert main(["collect", str(made), "แผน-2", "--remind"]) == 1
        document.paragraphs[-1].text = "สำเนาเรียน {{ school }}"
        document.save(str(template))
        assert "สำเนาเรียน โรงเรียน๔" in words_of(make_reminders(followed, today=TODAY)[1])
    finally:
        template.unlink()


def test_the_command(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*more: str) -> str:
        assert main(["collect", str(made), *more]) == 0
        return capsys.readouterr().out

    listed = run()
    assert "แผน-1: ติดตามแผน รอบ 1/2570  ตอบครบ 3  ตอบบางส่วน 0  ยังไม่ตอบ 1" in listed
    assert "แผน-2: ติดตามแผน รอบ 2/2570  ตอบครบ 2  ตอบบางส่วน 1  ยังไม่ตอบ 1" in listed
    told = run("แผน-2")
    assert "ยังไม่ตอบ: 3." in told
    assert NAME not in told
    assert "เก็บไฟล์ใหม่ 0 ไฟล์" in run("แผน-2", "--read", str(made / "mail" / "แผน-2"))
    assert "ทำแบบ 4 โรงเรียน" in run("แผน-2", "--forms")
    assert "หนังสือเตือน 2 โรงเรียน" in run("แผน-2", "--remind")
    assert "report.docx" in run("แผน-2", "--report")


def test_a_letter_says_what_to_mend_of_a_form_that_came(made: Path) -> None:
    path = made / "collections" / "แผน-2" / "returned" / "หัวแก้.xlsx"
    book = openpyxl.load_workbook(made / "outputs" / "collections" / "แผน-2" / "forms" / "4.xlsx")
    book[FORM_SHEET]["D10"] = "ตอบ"
    book.save(path)
    try:
        letter = words_of(make_reminders(follow(made, "แผน-2"), today=TODAY)[1])
        assert "ได้รับแบบจากโรงเรียนแล้ว" in letter
        assert "หัวตารางถูกแก้" in letter
    finally:
        path.unlink()


def test_a_broken_issue_does_not_stop_the_others(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made / "collections" / "เสีย" / "issue.yaml"
    path.parent.mkdir()
    path.write_text("title: [", "utf-8")
    try:
        assert main(["collect", str(made)]) == 0
        out, err = capsys.readouterr()
        assert "แผน-1: ติดตามแผน" in out
        assert "แผน-2: ติดตามแผน" in out
        assert "collections/เสีย/issue.yaml" in err
        for more in ([], ["--report"]):
            assert main(["collect", str(made), "แผน-2", *more]) == 0
        assert "ไม่ได้เทียบกับรอบก่อน" in capsys.readouterr().err
    finally:
        path.unlink()


def test_the_command_chooses(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.load_workbook(made / "mail" / "แผน-1" / "1.xlsx")
    book[FORM_SHEET]["D12"] = 11
    book.save(tmp_path / "ใหม่.xlsx")
    assert main(["collect", str(made), "แผน-1", "--read", str(tmp_path / "ใหม่.xlsx")]) == 0
    out = capsys.readouterr().out
    assert "ตอบไม่ตรงกัน" in out
    assert re.search(r"\[1\.\w+\.xlsx: 10; ใหม่\.\w+\.xlsx: 11\]", out)
    returned = made / "collections" / "แผน-1" / "returned"
    newest = next(path for path in returned.iterdir() if path.name.startswith("ใหม่."))
    try:
        how = ["collect", str(made), "แผน-1", "--choose", "1", newest.name]
        assert main(how) == 2
        assert "--why" in capsys.readouterr().err
        assert main([*how, "--why", "โทรถามแล้ว", "--by", "สมศรี"]) == 0
        assert "ตอบไม่ตรงกัน" not in capsys.readouterr().out
        assert read_ledger(made)[["who", "kind", "subject", "why"]].to_numpy().tolist() == [
            ["สมศรี", "answer-chosen", "แผน-1/1", "โทรถามแล้ว"]
        ]
        counted = follow(made, "แผน-1").returns.counted
        assert counted.set_index(["school_id", "question"])["value"]["1", "people"] == "11"
    finally:
        newest.unlink()
    # What the office has lost is no school's matter: the one that has answered gets no letter.
    followed = follow(made, "แผน-1")
    assert followed.returns.problems["rule"].tolist() == ["lapsed-choice"]
    assert [path.name for path in make_reminders(followed, today=TODAY)] == ["4.docx", "print.docx"]


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["ไม่มี"], 2, "templates/issue.yaml"),
        (["--forms"], 2, "ชื่อประเด็น"),
        (["../x", "--report"], 2, "ชื่อโฟลเดอร์"),
        (["แผน-1", "--read", "no.xlsx"], 2, "ไม่พบ no.xlsx"),
        (["แผน-1", "--choose", "4", "x", "--by", "ก", "--why", "ข"], 2, "ไม่มีคำตอบที่ไม่ตรงกัน"),
    ],
)
def test_refused(made: Path, more: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collect", str(made), *more]) == code
    thai, english = capsys.readouterr().err.splitlines()
    assert words in thai
    assert english


def test_no_answers_no_figures(made: Path) -> None:
    (made / "collections" / "ว่าง").mkdir()
    path = made / "collections" / "ว่าง" / "issue.yaml"
    path.write_text(ISSUE.format(round=1, due="2026-11-20").replace("title: ติดตามแผน", "title: อื่น"), "utf-8")
    try:
        followed = follow(made, "ว่าง")
        assert summarise(followed.returns, followed.schools)["value"].map(lambda value: value in (None, 0)).all()
        assert isinstance(followed.returns.counted, pd.DataFrame)
        docx, _ = make_report(followed, today=TODAY)
        assert "ถาม ๔ โรงเรียน ตอบครบ ๐" in words_of(docx)
        assert len(make_reminders(followed, today=TODAY)) == 5
    finally:
        path.unlink()

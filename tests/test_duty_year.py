"""A whole year of all eight duties of the sample office, by the commands: from templates to reports and their site."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from lxml import html

from restructure.cli import main
from restructure.collection.form import LIST_SHEET
from restructure.dutyacts import Planned, complete_duty_step, record_result, set_plans
from restructure.ledger import verify
from restructure.register import overdue, register

pytestmark = pytest.mark.soak
WHO = "วิภา สมมุติ นักวิเคราะห์นโยบายและแผน"
DONE, AFTER = date(2027, 9, 30), date(2027, 10, 1)
ISSUE = """\
title: {title}
duty: {duty}
round: "1/2570"
asked_on: 2026-12-01
due: 2026-12-15
source: หนังสือสมมุติ
questions:
  - {{key: done, thai: ดำเนินการแล้วหรือไม่, kind: yes-no}}
  - {{key: people, thai: ผู้เข้าร่วม, kind: number, least: 0, most: 500, unit: คน}}
"""
ISSUES = {"inspection": "ประเด็นตรวจราชการ", "e-mes": "โครงการใน e-MES", "urgent": "นโยบายเร่งด่วน"}
#: Of the schools that are asked, so many do not answer; every third of the others has not done it yet.
SILENT = 12


def run(*arguments: object) -> None:
    assert main([str(argument) for argument in arguments]) == 0, arguments


def followed(folder: Path, duty: str, title: str) -> tuple[int, int]:
    """Ask all schools, take what comes back, chase who is silent and report; return how many answered, how many yes."""
    issue = folder / "collections" / duty / "issue.yaml"
    issue.parent.mkdir(parents=True)
    issue.write_text(ISSUE.format(title=title, duty=duty), "utf-8")
    run("collect", folder, duty, "--forms")
    outputs = folder / "outputs" / "collections" / duty
    book = openpyxl.load_workbook(outputs / "forms" / "all.xlsx")
    sheet = book[LIST_SHEET]
    codes = {path.stem for path in (outputs / "forms").glob("*.xlsx")} - {"all"}
    rows = [row for row in range(1, sheet.max_row + 1) if str(sheet.cell(row, 3).value) in codes]
    assert len(rows) == len(codes) > 100
    for number, row in enumerate(rows[SILENT:]):
        sheet.cell(row, 6).value = "ใช่" if number % 3 else "ไม่ใช่"
        sheet.cell(row, 7).value = 2
    book.save(folder.parent / f"{duty}.xlsx")
    run("collect", folder, duty, "--read", folder.parent / f"{duty}.xlsx")
    run("collect", folder, duty, "--remind")
    run("collect", folder, duty, "--report")
    letters = {path.stem for path in (outputs / "reminders").glob("*.docx")} - {"print"}
    assert letters == {str(sheet.cell(row, 3).value) for row in rows[:SILENT]}
    answered = len(rows) - SILENT
    return answered, answered - -(-answered // 3)


@pytest.fixture
def counted(office: Path) -> dict[str, tuple[int, int]]:
    return {duty: followed(office, duty, title) for duty, title in ISSUES.items()}


def test_from_templates_to_reports(office: Path, counted: dict[str, tuple[int, int]]) -> None:
    outputs = office / "outputs"
    run("duties", office, "--make", "--by", WHO)
    ordered = [f"{duty}/1-2570" for duty in ISSUES]
    run("duties", office, "--make", *ordered, "--by", WHO)
    run("small-schools", office)
    run("allocate", office, "--round", "november")
    run("papers", office, "--round", "november")
    papers = {
        "small-schools": outputs / "small-schools" / "plan.docx",
        "subsidy": outputs / "allocation" / "november" / "allocation.csv",
        **{duty: outputs / "collections" / duty / "report.docx" for duty in ISSUES},
    }
    items = register(office, today=AFTER).items
    assert len(items) == 9
    made = (items["duty"] + "/" + items["round"]).tolist()
    set_plans(office, WHO, {subject: Planned("สมชาย", DONE) for subject in made})
    assert len(overdue(register(office, today=AFTER))) == len(made)
    for number, step in enumerate(register(office, today=AFTER).steps.to_dict("records")):
        complete_duty_step(
            office,
            WHO,
            f"{step['duty']}/{step['round']}/{step['step']}",
            on=date(2027, 1, 1) + timedelta(number),
            evidence=papers.get(step["duty"], f"ศธ สมมุติ {number}/2570"),
            today=AFTER,
        )
    for subject in made:
        record_result(office, WHO, subject, "ครบทุกขั้น")
    found = register(office, today=AFTER)
    assert set(found.items["state"]) == {"done"}
    assert (found.items["standards_met"] == found.items["standards"]).all()
    assert found.levels["level"].tolist() == [5, 5, 5]
    assert not found.steps["changed"].any()
    run("duties", office, "--ics", office.parent / "year.ics")
    assert (office.parent / "year.ics").read_bytes().count(b"BEGIN:VEVENT") >= len(made)
    reported(outputs, counted)
    published(office, counted)
    assert verify(office) == []


def reported(outputs: Path, counted: dict[str, tuple[int, int]]) -> None:
    """The report of each says how many answered, and how many said yes, as they were counted here."""
    for duty, (answered, yes) in counted.items():
        paper = Document(str(outputs / "collections" / duty / "report.docx"))
        words = " ".join(cell.text for table in paper.tables for row in table.rows for cell in row.cells)
        words = (words + " ".join(p.text for p in paper.paragraphs)).translate(
            str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
        )
        for number in (answered, yes, answered - yes, 2 * answered):
            assert str(number) in words.replace(",", "").split(), (duty, number)


def published(office: Path, counted: dict[str, tuple[int, int]]) -> None:
    """What was chosen is on the site, each figure where it belongs; who did the work is not."""
    chosen = "".join(f"  - {{name: {duty}, level: สพฐ.}}\n" for duty in ISSUES)
    duties = "".join(f"  - {duty}/1-2570\n" for duty in ISSUES)
    (office / "site.yaml").write_text(
        f"date: 2027-10-01\nduties:\n{duties}collections:\n{chosen}small_schools: true\n", "utf-8"
    )
    run("site", office)
    pages = [
        [text.strip() for text in html.parse(str(path)).getroot().itertext()]
        for path in (office / "outputs" / "site").rglob("*.html")
    ]
    everything = " ".join(text for page in pages for text in page)
    for title, (_, yes) in zip(ISSUES.values(), counted.values(), strict=True):
        [page] = [page for page in pages if f"{title} รอบ 1/2570" in page and "ใช่" in page]
        assert page[page.index("ใช่") :].index(str(yes)) < page[page.index("ใช่") :].index("ไม่ใช่")
    assert "ครบทุกขั้น" in everything
    assert "วิภา" not in everything
    assert "สมชาย" not in everything

"""The report site: only what was chosen, nothing that tells of few or of a person, and every link leads somewhere."""

from __future__ import annotations

import json
import random
import re
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import attacking
import numpy as np
import openpyxl
import pandas as pd
import pytest
from lxml import html
from small_office import merge, write_small_office
from test_public import write_paper
from test_smallpublic import publish as publish_small

from restructure import suppression
from restructure._errors import DataError, LedgerError
from restructure.appraisal import Appraisal, Person, write_appraisal
from restructure.cli import main
from restructure.collection.form import LIST_SHEET
from restructure.collection.issue import Issue, read_issue
from restructure.collection.returns import Returns, take_returns
from restructure.collection.steps import make_forms
from restructure.cycle import Measured, find_scenario, measure, open_cycle
from restructure.drafting import Draft, read_draft
from restructure.dutyacts import Planned, complete_duty_step, make_items, record_order, record_result, set_plans
from restructure.ledger import read_ledger
from restructure.procedure import complete_step
from restructure.public import SUPPRESSED, public_figures, write_public_annexes
from restructure.site.choice import SITE_TEMPLATE, Choice, read_choice, write_site_template
from restructure.site.pages import ONE_OF_TWO
from restructure.site.results import Result, public_results
from restructure.site.writing import Written, _lines, _refuse_names, write_site
from restructure.smallpublic import public_small
from restructure.smallschools import small_schools, write_public_small_paper
from restructure.steps import draft_plan, write_public_paper
from restructure.thai import arabic_digits
from restructure.webmap import write_public_map

THRESHOLD = 10
EVIL = "<img src=x onerror=alert(1)>"
WHO = "นางสมศรี ใจดี นักวิเคราะห์นโยบายและแผน"
POLICY = f'office: "สพป.{EVIL}"\nfiscal_year: 2570\nsynthetic: true\n'
ISSUE = f"""\
title: ติดตามแผน {EVIL}
duty: inspection
round: "1/2570"
source: หนังสือสมมุติ
questions:
  - {{key: plan, thai: "มีแผนหรือไม่ {EVIL}", kind: yes-no}}
  - {{key: state, thai: ถึงขั้นใด, kind: choice, choices: [ยังไม่เริ่ม, กำลังทำ, เสร็จแล้ว]}}
  - {{key: people, thai: ผู้เข้าร่วม, kind: number, least: 0, unit: คน}}
  - {{key: words, thai: ปัญหา, kind: text, needed: false}}
"""
#: Schools by amphoe and code, as the form for all lists them; of 24 three have no plan, and four have not begun.
SCHOOLS = [f"{1001 + place}" for place in range(24)]
ANSWERS = [("ไม่ใช่" if place < 3 else "ใช่", ["ยังไม่เริ่ม", "กำลังทำ", "เสร็จแล้ว"][(place > 3) + (place > 12)], 10 + place,
            f"คำตอบลับ{place}") for place in range(24)]  # fmt: skip


def no_measure(_: Path) -> Measured:
    raise AssertionError("nothing that is chosen needs it")


def choose(folder: Path, text: str) -> None:
    (folder / "site.yaml").write_text(text, "utf-8")


def read_site(folder: Path) -> dict[str, bytes]:
    site = folder / "outputs" / "site"
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in sorted(site.rglob("*")) if path.is_file()}


def pages_of(folder: Path) -> dict[str, html.HtmlElement]:
    return {name: html.fromstring(content) for name, content in read_site(folder).items() if name.endswith(".html")}


def cells_of(page: html.HtmlElement, heading: str) -> list[list[str]]:
    for section in page.xpath("//section"):
        if section[0].text_content().startswith(heading):
            return [[cell.text_content() for cell in row] for row in section.xpath(".//tbody/tr")]
    raise AssertionError(f"there is no {heading}")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cycle of 24 schools with two issues, all answers of one back, and items of two duties."""
    folder = write_small_office(
        tmp_path_factory.mktemp("site") / "2570", villages="V 1000", students="1001 P1 V 8", policy=POLICY,
        schools="\n".join(f"{code} {100 * place} P1-P6" for place, code in enumerate(SCHOOLS)),
    )  # fmt: skip
    for name in ("plan-1", "other"):
        path = folder / "collections" / name / "issue.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(ISSUE if name == "plan-1" else ISSUE.replace("ติดตามแผน", "เรื่องที่ไม่เลือก"), "utf-8")
    form = make_forms(folder, "plan-1")[-1]
    book = openpyxl.load_workbook(form)
    sheet = book[LIST_SHEET]
    where = {str(sheet.cell(row, 3).value): row for row in range(1, sheet.max_row + 1)}
    for code, answers in zip(SCHOOLS, ANSWERS, strict=True):
        for place, answer in enumerate(answers):
            sheet.cell(where[code], 6 + place).value = answer
    book.save(folder / "filled.xlsx")
    take_returns(folder, read_issue(folder, "plan-1"), [folder / "filled.xlsx"])
    make_items(folder, WHO, {"inspection": ["รอบที่ 1", "รอบที่ 2"], "urgent": ["ก"]})
    set_plans(folder, WHO, {"inspection/รอบที่ 1": Planned("สมชาย รักงาน", None, "หมายเหตุลับ")})
    record_order(folder, WHO, "inspection/รอบที่ 1", "ข้อสั่งการลับ", giver="ประยุทธ์ ใหญ่โต", on=None)
    record_result(folder, WHO, "inspection/รอบที่ 1", f"ตรวจครบทุกสหวิทยาเขต {EVIL}")
    record_result(folder, WHO, "inspection/รอบที่ 2", "ผลที่ไม่เลือก")
    write_appraisal(folder, Appraisal(persons=(Person(name="สมปอง ประเมินดี"),)), "")
    return folder


@pytest.fixture(scope="module")
def chosen(collected: Path) -> Path:
    choose(collected, f"""\
date: 2027-09-30
about: "แนะนำ {EVIL}"
indicators: [{{level: สพฐ., thai: "ตัวชี้วัดหนึ่ง {EVIL}", target: 100, result: "96.5"}}]
duties: [inspection/รอบที่ 1]
collections: [{{name: plan-1, level: กระทรวง}}]
""")  # fmt: skip
    write_site(collected, no_measure)
    return collected


# --- what is chosen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [None, "", SITE_TEMPLATE])
def test_without_a_choice_there_is_the_start_page_alone(tmp_path: Path, text: str | None) -> None:
    (tmp_path / "inputs").mkdir()
    if text is not None:
        choose(tmp_path, text)
    written = write_site(tmp_path, no_measure)
    assert [page.file for page in written.pages] == ["index.html"]
    assert set(read_site(tmp_path)) == {"index.html", "style.css", "pages.js", "search.js"}
    start = pages_of(tmp_path)["index.html"].text_content()
    assert "สำนักงานยังไม่ได้เลือกสิ่งที่จะเผยแพร่" in start
    assert "กรอก: วันที่เผยแพร่" in start, "no day is invented"


def test_only_what_is_chosen_is_there(chosen: Path) -> None:
    site = read_site(chosen)
    form_id = read_issue(chosen, "plan-1").form_id
    pages = {"index.html", "indicators.html", "duties.html", "collections.html", f"collection-{form_id}.html"}
    assert set(site) == pages | {"style.css", "pages.js", "search.js"}
    everything = b"".join(content for name, content in site.items() if name != "style.css").decode()
    for told in ("ตัวชี้วัดหนึ่ง", "96.5", "ตรวจครบทุกสหวิทยาเขต", "ติดตามแผน", "ระดับ กระทรวง", "30 กันยายน 2570"):
        assert told in everything, told
    for kept in ("เรื่องที่ไม่เลือก", "ผลที่ไม่เลือก", "รอบที่ 2", "urgent", "เร่งด่วน"):
        assert kept not in everything, kept
    for person in ("สมศรี", "สมชาย", "ประยุทธ์", "สมปอง", "หมายเหตุลับ", "ข้อสั่งการลับ", "คำตอบลับ"):
        assert person not in everything, person
    assert not any(f"โรงเรียน{code}" in everything for code in SCHOOLS), "who has answered what is not told"


def test_what_is_chosen_no_longer_goes(collected: Path, chosen: Path) -> None:
    before, text = read_site(chosen), (chosen / "site.yaml").read_text("utf-8")
    (chosen / "outputs" / "site" / "files").mkdir()
    (chosen / "outputs" / "site" / "files" / "plan.docx").write_bytes(b"of an earlier run")
    choose(collected, "about: เท่านี้")
    write_site(collected, no_measure)
    assert set(read_site(collected)) == {"index.html", "style.css", "pages.js", "search.js"}
    assert "ติดตามแผน" not in read_site(collected)["pages.js"].decode()
    choose(collected, text)
    write_site(collected, no_measure)
    assert read_site(collected) == before, "the same choice gives the same bytes"


def test_the_template_is_empty_and_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "inputs").mkdir()
    assert main(["site", str(tmp_path), "--template"]) == 0
    assert read_choice(tmp_path) == Choice()
    choose(tmp_path, "about: ของสำนักงาน")
    assert write_site_template(tmp_path) is None
    assert main(["site", str(tmp_path), "--template"]) == 0
    assert "ไม่เขียนทับ" in capsys.readouterr().out
    assert read_choice(tmp_path).about == "ของสำนักงาน"
    uncommented = re.sub(r"^( +)# (- )", r"\1\2", SITE_TEMPLATE, flags=re.MULTILINE)
    choose(tmp_path, uncommented)
    read = read_choice(tmp_path)
    assert (read.duties, read.collections[0].level, read.indicators[0].level) == (
        ("inspection/รอบที่ 1",),
        "ระดับ",
        "สพฐ.",
    )


@pytest.mark.parametrize("day", ["2027-09-30", "2570-09-30", "30/9/2570", "30 กันยายน 2570"])
def test_the_day_of_either_era(tmp_path: Path, day: str) -> None:
    choose(tmp_path, f"date: {day}")
    assert read_choice(tmp_path).date == date(2027, 9, 30)


@pytest.mark.parametrize(
    ("text", "place"),
    [("paln: option-a", "paln"), ("collections: [{name: plan-1, all: true}]", "collections.1.all"),
     ("duties: inspection", "duties"), ("date: soon", "date"), ("indicators: [{level: ก}]", "indicators.1.thai"),
     ("duties: [a/1, a/1]", "สองครั้ง"), ("collections: [{name: a}, {name: a}]", "สองครั้ง"), ("- a", "site.yaml"),
     ("duties: [inspection/รอบที่ 9]", "duties.1: ไม่มีเรื่อง inspection/รอบที่ 9"),
     ("collections: [{name: plan-1}, {name: ../plan}]", "collections.2: ไม่มีประเด็น ../plan")],
)  # fmt: skip
def test_a_faulty_choice_is_refused_with_its_place(collected: Path, chosen: Path, text: str, place: str) -> None:
    kept, before = (collected / "site.yaml").read_bytes(), read_site(chosen)
    try:
        choose(collected, text)
        with pytest.raises(DataError, match=re.escape(place)) as refused:
            write_site(collected, no_measure)
        assert "แก้ไข" in refused.value.thai
        assert read_site(chosen) == before
    finally:
        (collected / "site.yaml").write_bytes(kept)


@pytest.mark.parametrize(
    "said",
    ["จัดทำโดย สมศรี  ใจดี", "ผู้รับผิดชอบ: สมชาย รักงาน", "ตามที่นายประยุทธ์ ใหญ่โต มอบหมาย", "เลข 1-1020-03004-00-5",
     "เลข ๑๑๐๒๐๐๓๐๐๔๐๐๕"],
)  # fmt: skip
def test_a_text_that_names_an_officer_is_refused(collected: Path, chosen: Path, said: str) -> None:
    kept, before = (collected / "site.yaml").read_bytes(), read_site(chosen)
    try:
        for text in (f"about: '{said}'", f"indicators: [{{thai: ก, result: '{said}'}}]"):
            choose(collected, text)
            with pytest.raises(DataError, match=r"ชื่อเจ้าหน้าที่|13 หลัก"):
                write_site(collected, no_measure)
        assert read_site(chosen) == before
    finally:
        (collected / "site.yaml").write_bytes(kept)


@pytest.mark.parametrize("key", ["title", "round"])
@pytest.mark.parametrize("said", ["สมชาย รักงาน", "1102003004005"])
def test_a_title_or_round_that_names_an_officer_is_refused(collected: Path, chosen: Path, key: str, said: str) -> None:
    before, path = read_site(chosen), collected / "collections" / "plan-1" / "issue.yaml"
    kept = path.read_bytes()
    try:
        text = re.sub(rf"^{key}: .*$", f"{key}: 'ติดตาม {said}'", kept.decode(), flags=re.MULTILINE)
        path.write_text(text, "utf-8")
        with pytest.raises(DataError, match=r"ชื่อเจ้าหน้าที่|13 หลัก"):
            write_site(collected, no_measure)
        assert read_site(chosen) == before
    finally:
        path.write_bytes(kept)


def test_a_broken_ledger_publishes_nothing(chosen: Path) -> None:
    before, path = read_site(chosen), chosen / "ledger.sqlite"
    kept = path.read_bytes()
    try:
        path.write_bytes(kept.replace("ตรวจครบทุกสหวิทยาเขต".encode(), "ตรวจครบทุกสหวิทยาเขด".encode()))
        with pytest.raises(LedgerError, match="ถูกแก้"):
            write_site(chosen, no_measure)
        assert read_site(chosen) == before
    finally:
        path.write_bytes(kept)


# --- pages ----------------------------------------------------------------------------------------------------------


def check_links(site: Path) -> int:
    """Every address leads to a place inside the folder; return how many were looked at."""
    pages = {path: html.fromstring(path.read_bytes()) for path in site.rglob("*.html")}
    looked = 0
    for path, page in pages.items():
        for element, _, address, _ in page.iterlinks():
            if address.startswith("data:"):
                continue
            if address.startswith("http"):
                assert element.tag == "a", "a thank is a link that one may follow, and loads nothing"
                assert element.text_content().strip()
                continue
            name, _, anchor = unquote(address).partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.is_relative_to(site.resolve()), address
            assert target.is_file(), address
            if anchor and target in pages:
                assert pages[target].xpath("//*[@id=$anchor]", anchor=anchor), address
            looked += 1
    told = json.loads((site / "pages.js").read_text("utf-8").removeprefix("const SITE = ").removesuffix(";\n"))
    for number, anchor, _, _ in told["entries"]:
        file = site / told["pages"][number][0]
        assert pages[file].xpath("//*[@id=$anchor]", anchor=anchor), (file, anchor)
        looked += 1
    return looked


def check_pages(site: Path) -> None:
    for path in site.glob("*.html"):
        text = path.read_text("utf-8")
        page = html.fromstring(text)
        assert page.get("lang") == "th"
        assert "default-src 'none'" in page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        assert page.xpath("//*[@class='badge']")[0].text_content() == "ข้อมูลสมมุติ"
        assert not page.xpath("//img"), "a name became a picture"
        assert not page.xpath("//@onerror")
        assert [script.get("src") for script in page.xpath("//script")] == ["pages.js", "search.js"]
        assert len(page.xpath("//h1")) == 1
    for name in ("style.css", "search.js", "pages.js"):
        assert "http" not in (site / name).read_text("utf-8"), name
    assert "<" not in (site / "pages.js").read_text("utf-8")


def test_links_marks_and_names_that_are_scripts(chosen: Path) -> None:
    site = chosen / "outputs" / "site"
    assert check_links(site) > 40
    check_pages(site)
    assert pages_of(chosen)["index.html"].text_content().count(EVIL) >= 3, "the name is there, as text"


# --- collections ----------------------------------------------------------------------------------------------------


def test_figures_of_a_collection_as_they_stand_on_its_page(chosen: Path) -> None:
    page = next(page for name, page in pages_of(chosen).items() if name.startswith("collection-"))
    # 21 and 3 of 24: the 3 are few, and with 21 or 24 beside them they would be told.
    assert cells_of(page, "ข้อ 1") == [["ใช่", SUPPRESSED], ["ไม่ใช่", SUPPRESSED]]
    # 4, 9 and 11 of 24.
    assert cells_of(page, "ข้อ 2") == [["ยังไม่เริ่ม", SUPPRESSED], ["กำลังทำ", SUPPRESSED], ["เสร็จแล้ว", "11"]]
    texts = page.text_content()
    assert f"รวมทุกโรงเรียนที่ตอบ {sum(answer[2] for answer in ANSWERS)} คน" in texts
    assert "คำตอบเป็นข้อความไม่เผยแพร่" in texts
    assert texts.count("ตอบแล้ว 24 แห่ง จากที่ถาม 24 แห่ง") == 4


def issue_of(*questions: dict[str, Any]) -> Issue:
    return Issue.model_validate(
        {"name": "n", "title": "t", "duty": "urgent", "round": "1", "questions": list(questions)}
    )


def returns_of(issue: Issue, answers: dict[str, list[str]]) -> Returns:
    rows = [(f"{place:04}", key, value, "f", 1, "f", "counted")
            for key, values in answers.items() for place, value in enumerate(values)]  # fmt: skip
    columns = ["school_id", "question", "value", "file", "row", "entry", "state"]
    return Returns(issue, pd.DataFrame(rows, columns=columns), pd.DataFrame(), pd.DataFrame())


def asked(count: int) -> pd.DataFrame:
    rows = [(f"{place:04}", "เหนือ", "open") for place in range(count)]
    return pd.DataFrame(rows, columns=["school_id", "amphoe", "status"])


def drawn(seed: int) -> tuple[list[str], list[int], int, Result]:
    draw = random.Random(seed)
    choices = [f"ข้อ{place}" for place in range(draw.randint(2, 5))]
    counts = [draw.choice([0, 0, 1, 2, 3, 5, 8, 9, 10, 11, 14, 30, 60]) for _ in choices]
    everyone = sum(counts) + draw.choice([0, 0, 1, 3, 20])
    issue = issue_of({"key": "q", "thai": "ถาม", "kind": "choice", "choices": choices})
    values = [choice for choice, count in zip(choices, counts, strict=True) for _ in range(count)]
    return (
        choices,
        counts,
        everyone,
        public_results(returns_of(issue, {"q": values}), asked(everyone or 1), THRESHOLD)[0],
    )


def said_of(result: Result, everyone: int) -> list[attacking.Said]:
    """Return what is printed as sums of the answers, and of who has not answered: known, for the schools are."""
    unknown = len(result.counts) + 1
    found = [([1.0] * unknown, float(everyone), float(everyone))]
    for place, (_, count) in enumerate(result.counts):
        part = [float(place == other) for other in range(unknown)]
        # Where few have answered all are marked, also what nobody said.
        marked = 0.0 if result.answered is None and all(one is None for _, one in result.counts) else 1.0
        found.append((part, marked, np.inf) if count is None else (part, float(count), float(count)))
    part = [1.0] * (unknown - 1) + [0.0]
    found.append(
        (part, 1.0, np.inf) if result.answered is None else (part, float(result.answered), float(result.answered))
    )
    return found


def test_no_small_count_of_answers_comes_out() -> None:
    tried = told = 0
    for seed in range(60):
        _, counts, everyone, result = drawn(seed)
        if not sum(counts):
            continue
        said = said_of(result, everyone)
        truth = np.array([*counts, everyone - sum(counts)])
        assert all(low <= np.dot(part, truth) <= high for part, low, high in said), "what is printed is true"
        small = {str(place): [float(place == other) for other in range(len(counts) + 1)]
                 for place, count in enumerate(counts) if 0 < count < THRESHOLD}  # fmt: skip
        told += sum(count is not None and count >= THRESHOLD for _, count in result.counts)
        if not small or everyone < 2 * THRESHOLD:  # of so few asked the number itself tells
            continue
        assert not attacking.exactly_told(small, said)
        found = attacking.widths(small, said, everyone + 40.0)
        assert all(width >= THRESHOLD for width in found.values()), (seed, counts, found)
        tried += len(found)
    assert tried > 40
    assert told > 40, "suppressing everything would be safe and of no use"


def test_the_attack_succeeds_without_the_complementary_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_complement", lambda system, *_: np.zeros_like(system.shown))
    told = 0
    for seed in range(60):
        _, counts, everyone, result = drawn(seed)
        small = {str(place): [float(place == other) for other in range(len(counts) + 1)]
                 for place, count in enumerate(counts) if 0 < count < THRESHOLD}  # fmt: skip
        told += bool(small) and bool(attacking.exactly_told(small, said_of(result, everyone)))
    assert told > 5


def test_what_few_answered_is_marked_whole() -> None:
    """That of five nobody said no tells what all five said."""
    issue = issue_of({"key": "q", "thai": "ถาม", "kind": "yes-no"})
    assert public_results(returns_of(issue, {"q": ["ใช่"] * 5}), asked(100), THRESHOLD)[0].counts == (
        ("ใช่", None), ("ไม่ใช่", None))  # fmt: skip
    everyone = public_results(returns_of(issue, {"q": ["ใช่"] * 30}), asked(30), THRESHOLD)[0]
    assert (everyone.answered, everyone.counts) == (30, (("ใช่", 30), ("ไม่ใช่", 0)))
    closed = public_results(returns_of(issue, {"q": ["ใช่"] * 30}), asked(20), THRESHOLD)[0]
    assert (closed.asked, closed.answered) == (20, 20), "ten of them have closed since"
    nobody = public_results(returns_of(issue, {}), asked(30), THRESHOLD)[0]
    assert (nobody.answered, nobody.counts) == (0, (("ใช่", 0), ("ไม่ใช่", 0)))


@pytest.mark.parametrize(
    ("values", "bounds", "told"),
    [(["10"] * 12, {}, 120), (["10"] * 9, {}, None), (["0"] * 20, {}, 0), (["0"] * 19 + ["9"], {}, None),
     (["0"] * 19 + ["10"], {}, 10), (["1.5"] * 20, {}, 30), ([], {}, None),
     (["0"] * 19 + ["-3"], {}, None), (["0"] * 19 + ["-10"], {}, -10), (["-1"] * 19, {"least": -1}, -19),
     # 61 of at least 5 each tell that one school has 6.
     (["5"] * 11 + ["6"], {"least": 5}, None), (["5"] * 11 + ["25"], {"least": 5}, 80),
     (["40"] * 11 + ["38"], {"least": 0, "most": 40}, None)],
)  # fmt: skip
def test_sums(values: list[str], bounds: dict[str, int], told: int | None) -> None:
    issue = issue_of({"key": "n", "thai": "กี่คน", "kind": "number", "unit": "คน", **bounds})
    total = public_results(returns_of(issue, {"n": values}), asked(30), THRESHOLD)[0].total
    assert total == (None if told is None else Decimal(told))


def test_sums_that_may_be_parts_of_each_other() -> None:
    """Of 200 pupils 195 boys are five girls: asked or not."""
    number = {"kind": "number", "unit": "คน", "thai": "x"}
    keys = ["all", "boys", "girls"]
    issue = issue_of(
        *({**number, "key": key, "thai": key} for key in keys), {**number, "key": "baht", "thai": "b", "unit": "บาท"}
    )
    values = {
        "all": ["10"] * 20,
        "boys": ["10"] * 15 + ["9"] * 5,
        "girls": ["0"] * 15 + ["1"] * 5,
        "baht": ["500"] * 20,
    }
    for asked_for in (keys, keys[:2], ["all", "girls"]):
        found = public_results(
            returns_of(issue, {key: values[key] for key in [*asked_for, "baht"]}), asked(30), THRESHOLD
        )
        assert [result.total for result in found] == [None, None, None, Decimal(10_000)], asked_for


# --- plans ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an office with a plan and the public files of both plans: A of 8 and B of 14 go to C of 60."""
    folder = write_small_office(
        tmp_path_factory.mktemp("planned") / "2570",
        schools="A 0 P1-P6\nB 4000 P1-P6\nC 8000 P1-P6\nD 12000 P1-P6", villages="V 1000\nW 5000\nX 9000",
        students="A P1 V 8\nB P1 W 14\nC P1 X 60\nD P1 X 90", scenarios={"a": [merge("A", "C"), merge("B", "C")]},
        policy="office: สพป.ทดสอบ\nfiscal_year: 2570\nsynthetic: true\n",
    )  # fmt: skip
    measured = measure(open_cycle(folder))
    plan = draft_plan(measured, find_scenario(folder, "a"))
    figures = public_figures(plan)
    public = folder / "outputs" / "plan" / "public"
    public.mkdir(parents=True)
    write_public_annexes(plan, figures, public / "annexes.xlsx")
    write_public_map(plan, figures, public / "map.html")
    write_paper(plan, figures, public / "plan.docx")
    small = folder / "outputs" / "small-schools" / "public"
    small.parent.mkdir()
    publish_small(small_schools(measured), small)
    return folder


def published(folder: Path, text: str) -> Written:
    choose(folder, text)
    return write_site(folder, lambda path: measure(open_cycle(path)))


def numbers_of(path: Path) -> set[str]:
    return {str(cell.value) for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row}


def check_figures(folder: Path, page: str, book: str) -> None:
    """Every figure of a page stands in the public workbook that lies beside it."""
    known = numbers_of(folder / "outputs" / "site" / "files" / book)
    cells = pages_of(folder)[page].xpath("//td[@class='number']")
    assert len(cells) > 8
    assert {cell.text_content().replace(",", "") for cell in cells} <= known | {"152"}


def test_the_plan_in_its_public_version(planned: Path) -> None:
    written = published(planned, "plan: a")
    assert any("ร่าง" in note for note in written.notes)
    site = read_site(planned)
    for name, made in (
        ("plan-annexes.xlsx", "annexes.xlsx"),
        ("plan.docx", "plan.docx"),
        ("plan-map.html", "map.html"),
    ):
        assert site[f"files/{name}"] == (planned / "outputs" / "plan" / "public" / made).read_bytes()
    check_figures(planned, "plan.html", "plan-annexes.xlsx")
    assert cells_of(pages_of(planned)["plan.html"], "การรวม")[0][0] == "โรงเรียนA (A)"
    assert cells_of(pages_of(planned)["plan.html"], "การรวม")[0][-1] == SUPPRESSED
    assert "(ร่าง)" in pages_of(planned)["plan.html"].text_content()
    assert check_links(planned / "outputs" / "site") > 10
    check_pages(planned / "outputs" / "site")


def test_the_small_schools_in_their_public_version(planned: Path) -> None:
    published(planned, "small_schools: true")
    site = read_site(planned)
    public = planned / "outputs" / "small-schools" / "public"
    assert site["files/small-schools.xlsx"] == (public / "small-schools.xlsx").read_bytes()
    assert site["files/small-schools-plan.docx"] == (public / "plan.docx").read_bytes()
    assert "plan.html" not in site
    schools = {row[0]: row[-1] for row in cells_of(pages_of(planned)["small-schools.html"], "รายชื่อ")}
    assert schools["โรงเรียนA (A)"] == SUPPRESSED
    assert {schools[name] for name in ("โรงเรียนC (C)", "โรงเรียนD (D)")} <= {SUPPRESSED, "60", "90"}
    check_figures(planned, "small-schools.html", "small-schools.xlsx")
    check_pages(planned / "outputs" / "site")


def test_of_both_plans_only_one_has_figures(planned: Path) -> None:
    """C before of the one and C after of the other would tell the eight of A, whom each hides."""
    published(planned, "plan: a\nsmall_schools: true")
    site, page = read_site(planned), pages_of(planned)["small-schools.html"]
    assert ONE_OF_TWO in page.text_content()
    assert not page.xpath("//td[@class='number']")
    assert [row[0] for row in cells_of(page, "รายชื่อ")] == [f"โรงเรียน{code} ({code})" for code in "ABCD"]
    assert not any(name.startswith("files/small") for name in site)


@pytest.mark.parametrize(
    ("text", "name"),
    [("plan: a", "plan/public/annexes.xlsx"), ("plan: a", "plan/public/plan.docx"), ("plan: a", "plan/public/map.html"),
     ("small_schools: true", "small-schools/public/small-schools.xlsx"),
     ("small_schools: true", "small-schools/public/plan.docx")],
)  # fmt: skip
def test_files_of_other_figures_are_refused(planned: Path, text: str, name: str) -> None:
    path = planned / "outputs" / name
    kept = path.read_bytes()
    try:
        path.write_bytes(b"of another day")
        with pytest.raises(DataError, match=r"สั่ง restructure (plan|small-schools) ก่อน"):
            published(planned, text)
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize(
    ("text", "typed", "key", "command"),
    [("plan: a", "plan.yaml", "purpose", "plan"),
     ("small_schools: true", "small-schools.yaml", "purpose", "small-schools")],
)  # fmt: skip
def test_a_text_of_a_plan_corrected_since_or_with_a_name_is_refused(
    planned: Path, text: str, typed: str, key: str, command: str
) -> None:
    public = planned / "outputs" / command / "public" / "plan.docx"
    kept, measured = public.read_bytes(), measure(open_cycle(planned))

    def write(words: str, *, anew: bool) -> None:
        head = "scenario: a\n" if typed == "plan.yaml" else ""
        (planned / typed).write_text(f"{head}texts:\n  {key}: '{words}'\n", "utf-8")
        if anew and command == "plan":
            plan = draft_plan(measured, find_scenario(planned, "a"))
            write_public_paper(measured, plan, public_figures(plan), public, read_draft(planned)[0], final=True)
        elif anew:
            small = small_schools(measured)
            write_public_small_paper(small, public_small(small), public, final=False)

    make_items(planned, "สมปอง ใจเย็น", {"urgent": ["ก"]})
    try:
        write("ข้อความที่แก้แล้ว", anew=False)
        with pytest.raises(DataError, match=rf"สั่ง restructure {command} ก่อน"):
            published(planned, text)
        write("ตามที่นางสมปอง ใจเย็น เสนอ", anew=True)
        with pytest.raises(DataError, match=r"plan\.docx\) มีชื่อเจ้าหน้าที่ สมปอง ใจเย็น"):
            published(planned, text)
        write("เลข ๑๑๐๒๐๐๓๐๐๔๐๐๕", anew=True)
        with pytest.raises(DataError, match="13 หลัก"):
            published(planned, text)
        write("ข้อความที่แก้แล้ว", anew=True)
        published(planned, text)
        before = public.read_bytes()
        make_items(planned, "สมปอง ใจเย็น", {"small-schools": ["2570"]})
        if command == "plan":
            rows = read_ledger(planned)
            complete_step(planned, Draft(), rows, "meetings", WHO, on=date(2026, 1, 5), evidence="ศธ 1", why="ก่อนแผน")
        else:
            complete_duty_step(planned, WHO, "small-schools/2570/study-guidance", on=date(2026, 1, 5), evidence="ศธ 1")
        published(planned, text)
        assert public.read_bytes() != before, "how far the steps are is brought up to date"
        assert "5 มกราคม 2569" in arabic_digits(" ".join(_lines(public)))
    finally:
        (planned / typed).unlink()
        public.write_bytes(kept)
        (planned / "ledger.sqlite").unlink()


def test_a_place_may_be_named_like_an_officer() -> None:
    refuse = partial(_refuse_names, people=["สมศรี"], places={"บ้านสมศรี ๒", "วัดสมศรี"})
    refuse([("a", "โรงเรียนบ้านสมศรี 2"), ("b", "วัดสมศรี")])
    with pytest.raises(DataError, match="ชื่อเจ้าหน้าที่ สมศรี"):
        refuse([("a", "บ้านสมศรี 2 โดย สมศรี")])


def test_an_unknown_scenario_is_refused(planned: Path) -> None:
    with pytest.raises(DataError, match="ไม่มีทางเลือก b"):
        published(planned, "plan: b")


def test_the_command_tells_what_it_wrote(chosen: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", str(chosen)]) == 0
    out = capsys.readouterr().out
    assert "เว็บไซต์ 5 หน้า" in out
    assert "ต้องมีคนอ่าน" in out
    choose(chosen, "unknown: 1")
    assert main(["site", str(chosen)]) == 1
    assert "site.yaml, unknown" in capsys.readouterr().err

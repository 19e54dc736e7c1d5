"""The plan and its annexes, read back with other tools than those that wrote them."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Cm
from PIL import Image

from restructure import documents
from restructure.book import Cover, Sheet, write_book
from restructure.cycle import Measured, find_scenario, measure, open_cycle
from restructure.drafting import SCHOOL_TEXTS, Draft
from restructure.paper import BLANK, CODE, COMPUTED, FONT
from restructure.plan import Plan, draft, school_table, size_tiers
from restructure.policy import load_policy
from restructure.procedure import progress, steps_of
from restructure.scenario import Scenario
from restructure.simulate import Outcome, simulate
from restructure.thai import ROUND_NAMES, baht_text, thai_digits
from restructure.words import PROGRAMMES, ROUTED, SYNTHETIC, spell_value
from restructure.workbook import write_annexes as write_workbook

HOSTILE = ['=HYPERLINK("http://x")', "<img src=x onerror=alert(1)>", "{{ office }}{% if %}", "บ้าน\x01ควบคุม&amp;"]
SHEETS = [
    "สารบัญ", "สรุป", "การรวม", "ผลต่อเด็ก", "การสอน", "รายปี", "ค่าพาหนะรายหมู่บ้าน", "สรุปงบประมาณ",
    "ความต้องการ-พ.ย.", "จัดสรร-พ.ย.", "ประมาณการ-พ.ย.",
    "ความต้องการ-พ.ค.", "จัดสรร-พ.ค.", "ประมาณการ-พ.ค.", "ระยะทาง", "โรงเรียน", "ข้อควรระวัง", "ปัญหาข้อมูล", "ค่าที่ใช้",
    "ที่มา", "ที่ยังไม่กรอก", "พจนานุกรมข้อมูล",
]  # fmt: skip
TOTALLED = [
    name for name in SHEETS if name.startswith(("การรวม", "ค่าพาหนะ", "ความต้องการ", "จัดสรร", "ประมาณการ", "โรงเรียน"))
]


@pytest.fixture(scope="session")
def measured(sample: Path) -> Measured:
    return measure(open_cycle(sample))


def drafted(measured: Measured, scenario: Scenario, lost_host: str = "", **names: str) -> Plan:
    """Draft a plan; no road leads to ``lost_host``, ``names`` are new names of schools by code, an ``s`` before it."""
    cycle = measured.cycle
    distances = measured.distances.copy()
    distances.loc[distances["school_id"] == lost_host, ["road_m", "minutes"]] = pd.NA
    schools = cycle.tables["schools"].copy()
    schools["name"] = [
        names.get(f"s{code}", name) for code, name in zip(schools["school_id"], schools["name"], strict=True)
    ]
    tables = {**cycle.tables, "schools": schools}
    versions = {"restructure": "0.1.0", "osm_date": cycle.network.osm_date}
    return draft(scenario, tables, cycle.network, distances, measured.homes, cycle.policy, measured.problems, versions)


@pytest.fixture(scope="session")
def plan(measured: Measured, sample: Path) -> Plan:
    return drafted(measured, find_scenario(sample, "option-b"))


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.png"
    Image.new("RGB", (600, 400), "white").save(path)
    return path


@pytest.fixture(scope="session")
def paper(plan: Plan, picture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("paper") / "plan.docx"
    write_plan(plan, path, picture)
    return path


@pytest.fixture(scope="session")
def book(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "annexes.xlsx"
    write_annexes(plan, path)
    return path


def write_plan(plan: Plan, path: Path, picture: Path, others: Sequence[Outcome] = ()) -> None:
    """Write the plan of a draft in which nobody has typed anything, and whose procedure has not begun."""
    rows = pd.DataFrame(columns=["seq", "kind", "subject", "content", "revokes"])
    documents.write_plan(plan, path, picture, Draft(), progress(Draft(), rows, path.parent), others)


def write_annexes(plan: Plan, path: Path) -> None:
    """Write the annexes of a plan whose files are not known and in which nothing is blank."""
    write_workbook(plan, path, {}, pd.DataFrame(columns=["document", "section", "blank"]))


def runs_of(document: Any) -> Iterator[tuple[str, str]]:
    """Yield style and text of every run of body, tables, headers and footers."""
    parts = [document.element.body]
    for section in document.sections:
        parts += [section.header._element, section.footer._element]
    for part in parts:
        for run in part.iter(qn("w:r")):
            style = run.find(f"{qn('w:rPr')}/{qn('w:rStyle')}")
            name = document.styles.element.get_by_id(style.get(qn("w:val"))).name_val if style is not None else ""
            yield name, "".join(text.text or "" for text in run.iter(qn("w:t")))


def computed_in(path: Path) -> list[str]:
    return [text for style, text in runs_of(Document(str(path))) if style == COMPUTED]


def table_under(document: Any, heads: list[str]) -> list[list[str]]:
    """Return the rows of the first table with these heads, without them."""
    for table in document.tables:
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        if rows[0] == heads:
            return rows[1:]
    raise AssertionError(heads)


@cache
def opened(path: Path, values: bool) -> Any:
    return openpyxl.load_workbook(path, data_only=values)


def read_sheet(path: Path, name: str, *, values: bool = True) -> pd.DataFrame:
    """Return the rows of a sheet by the English names of its columns; totals are its last rows."""
    sheet = opened(path, values)[name]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(i for i, row in enumerate(rows) if row[0] and re.fullmatch("[a-z_]+", str(row[0])))
    return pd.DataFrame(rows[head + 1 :], columns=rows[head])


# --- the paper ------------------------------------------------------------------------------------------------------


def test_every_style_has_the_font_for_thai(paper: Path) -> None:
    document = Document(str(paper))
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    used = {p.style.style_id for p in document.paragraphs}
    used |= {p.style.style_id for t in document.tables for c in t._cells for p in c.paragraphs}
    used |= {t.style.style_id for t in document.tables} | {"Header", "Footer"}
    used |= {style for run in document.element.body.iter(qn("w:rStyle")) if (style := run.get(qn("w:val")))}
    for properties in (defaults, *(document.styles.element.get_by_id(style).rPr for style in used)):
        fonts = properties.find(qn("w:rFonts"))
        assert {fonts.get(qn(f"w:{script}")) for script in ("ascii", "hAnsi", "eastAsia", "cs")} == {FONT}
        assert len(fonts.attrib) == 4
    for properties in (defaults, document.styles["Normal"].element.rPr):
        assert properties.find(qn("w:sz")).get(qn("w:val")) == "32"
        assert properties.find(qn("w:szCs")).get(qn("w:val")) == "32"
        assert properties.find(qn("w:lang")).get(qn("w:bidi")) == "th-TH"
    for style in document.styles:
        properties = style.element.find(qn("w:rPr"))
        if properties is not None and style.style_id in used and properties.find(qn("w:sz")) is not None:
            assert properties.find(qn("w:szCs")).get(qn("w:val")) == properties.find(qn("w:sz")).get(qn("w:val"))


def test_pages_are_a4_with_the_margins_of_the_regulation(paper: Path) -> None:
    sections = Document(str(paper)).sections
    assert [round(section.page_width.cm, 1) for section in sections] == [21.0, 29.7, 29.7, 21.0]
    for section in sections:
        sides = (section.left_margin, section.right_margin, section.top_margin, section.bottom_margin)
        assert [round(side.cm, 2) for side in sides] == [3, 2, 2.5, 2]
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:fmt")) == "thaiNumbers"


def test_a_picture_that_stands_upright_fits_its_page(plan: Plan, tmp_path: Path) -> None:
    Image.new("RGB", (300, 500)).save(tmp_path / "map.png")
    write_plan(plan, tmp_path / "plan.docx", tmp_path / "map.png")
    picture = Document(str(tmp_path / "plan.docx")).inline_shapes[-1]
    assert picture.height.cm < 21 - 2.5 - 2 - 1.8
    assert picture.width / picture.height == pytest.approx(0.6, rel=0.01)


def test_digits_are_thai_but_in_codes(paper: Path) -> None:
    arabic = [(style, text) for style, text in runs_of(Document(str(paper))) if re.search("[0-9]", text)]
    assert {style for style, _ in arabic} == {CODE}


def test_figures_are_those_of_the_plan(plan: Plan, paper: Path) -> None:
    document, summary = Document(str(paper)), plan.outcome.summary
    rows = table_under(document, ["รายการ", "ถ้าไม่รวมเพิ่ม", "เมื่อรวม", "หน่วย"])
    shown, present = {row[0]: row[2] for row in rows}, {row[0]: row[1] for row in rows}
    assert present["นักเรียนที่ย้าย"] == "–"
    assert present["ระยะทางมัธยฐาน"] == thai_digits(summary["median_m_before"])
    assert present["โรงเรียนที่ยังมีการเรียนการสอน"] == thai_digits(summary["schools_teaching_before"])
    assert len(shown) < 55
    assert shown["นักเรียนที่ย้าย"] == thai_digits(summary["pupils_moved"])
    assert shown["ระยะทางมัธยฐาน"] == thai_digits(summary["median_m"])
    assert shown["เดินทางเกิน ๑๐ กม."] == thai_digits(summary["over_10_km"])
    assert shown["โรงเรียนหลักที่ห้องไม่พอ"] == thai_digits(summary["hosts_over_capacity"])
    lost = summary["unreachable"]
    assert lost > 0
    least = f"อย่างน้อย {baht_text(summary['baht_per_year'])} (ยังวัดไม่ได้ {thai_digits(lost)} คน)"
    assert least in computed_in(paper)
    assert shown["ทุกคน: ระยะทางมัธยฐาน"] == thai_digits(summary["all_median_m"])
    heads = ["ที่", "โรงเรียนมารวม ไปโรงเรียนหลัก", "ชั้น ลักษณะ โครงการ", "นักเรียน (คน)", "มัธยฐาน ไกลสุด (ม.)",
             "ค่าพาหนะ ต่อปี (บาท)"]  # fmt: skip
    *rows, total = table_under(document, heads)
    assert [row[3] for row in rows] == [thai_digits(int(n)) for n in plan.moves["pupils"]]
    assert total[3] == thai_digits(int(plan.moves["pupils"].sum()))
    assert total[5] == thai_digits(summary["baht_per_year"])
    for row, move in zip(rows, plan.moves.to_dict("records"), strict=True):
        unknown = 0 < move["pupils"] == move["unreachable"]
        assert row[5] == ("ยังคิดไม่ได้" if unknown else thai_digits(move["baht"]))
        assert f"({move['school_id']})" in row[1]


def test_alternatives_stand_beside_the_present_state(
    measured: Measured, plan: Plan, sample: Path, picture: Path, tmp_path: Path
) -> None:
    others = [simulate(find_scenario(sample, "option-a"), measured.office)]
    write_plan(plan, tmp_path / "plan.docx", picture, others)
    document = Document(str(tmp_path / "plan.docx"))
    names = ["สภาพปัจจุบัน (ไม่รวมเพิ่ม)", plan.scenario.name, others[0].scenario.name]
    rows = {row[0]: row[1:] for row in table_under(document, ["รายการ", *names, "หน่วย"])}
    assert rows["นักเรียนที่ย้าย"] == [
        *(thai_digits(n) for n in (0, plan.outcome.summary["pupils_moved"], others[0].summary["pupils_moved"])), "คน"
    ]  # fmt: skip
    present = plan.outcome.summary["all_p90_m_before"]
    assert [cell.split(" ")[0] for cell in rows["ทุกคน: ระยะทางร้อยละ ๙๐"][:3]] == [
        thai_digits(metres) for metres in (present, plan.outcome.summary["all_p90_m"], others[0].summary["all_p90_m"])
    ]
    # A page of its own, and back: none of the sections ends in a line that could fall onto an empty page.
    assert [round(section.page_width.cm, 1) for section in document.sections] == [21.0, 29.7, 21.0, 29.7, 29.7, 21.0]
    ends = [p for p in document.paragraphs if p._p.pPr is not None and p._p.pPr.find(qn("w:sectPr")) is not None]
    assert [p.style.font.size.pt for p in ends] == [1] * 5
    chart = document.inline_shapes[0]
    assert "แผนภูมิ" in chart._inline.docPr.get("descr")
    page = document.sections[1]
    assert chart.height < page.page_height - page.top_margin - page.bottom_margin - Cm(1)
    assert chart.width <= page.page_width - page.left_margin - page.right_margin


def test_many_alternatives_are_several_tables(measured: Measured, plan: Plan, picture: Path, tmp_path: Path) -> None:
    others = [simulate(Scenario(name=f"ทางเลือก {i}", stem=str(i), merges=[]), measured.office) for i in range(5)]
    write_plan(plan, tmp_path / "plan.docx", picture, others)
    document = Document(str(tmp_path / "plan.docx"))
    heads = [[cell.text for cell in table.rows[0].cells] for table in document.tables]
    assert len(document.inline_shapes) == 2 + 2, "a chart with each table, the children's ways, and the map"
    present = "สภาพปัจจุบัน (ไม่รวมเพิ่ม)"
    shown = [row for row in heads if present in row]
    assert [len(row) for row in shown] == [2 + 1 + 4, 2 + 1 + 2]
    assert [name for row in shown for name in row[2:-1]] == [
        plan.scenario.name, *(f"ทางเลือก {thai_digits(str(i))}" for i in range(5))
    ]  # fmt: skip


def test_a_row_higher_than_a_page_may_break(plan: Plan, paper: Path, picture: Path, tmp_path: Path) -> None:
    entries = plan.policy.entries
    long = entries["bands"].model_copy(update={"source": "ที่มายาวมาก " * 200})
    policy = plan.policy.model_copy(update={"entries": {**entries, "bands": long}})
    write_plan(replace(plan, policy=policy), tmp_path / "plan.docx", picture)
    loose = {}
    for path in (paper, tmp_path / "plan.docx"):
        rows = Document(str(path)).tables[-2]._tbl.tr_lst
        loose[path] = [i for i, row in enumerate(rows) if row.trPr is None or row.trPr.find(qn("w:cantSplit")) is None]
    assert loose[paper] == []
    assert loose[tmp_path / "plan.docx"] == [1 + list(entries).index("bands")]


def test_sizes_add_up_to_all_open_schools(plan: Plan, paper: Path) -> None:
    heads = ["ขนาด (นักเรียน)", "โรงเรียน (แห่ง)", "นักเรียน (คน)", "โรงเรียนเมื่อรวมตามแผน (แห่ง)"]
    *tiers, total = table_under(Document(str(paper)), heads)
    running = school_table(plan)
    running = running[running["status"] != "closed"]
    assert total[1:] == [thai_digits(int(n)) for n in (len(running), running["on_roll"].sum(), len(running))]
    assert [tier[0] for tier in tiers][:2] == ["ไม่มีนักเรียน", "๑–๒๐ คน"]


@pytest.mark.parametrize(("pupils", "place"), [(0, 0), (1, 1), (20, 1), (21, 2), (120, 6), (121, 7)])
def test_bounds_of_sizes_belong_to_the_smaller_one(pupils: int, place: int) -> None:
    assert size_tiers(pd.Series([pupils]))["schools"].tolist() == [int(i == place) for i in range(8)]


def test_schools_before_and_after_keep_every_pupil(plan: Plan) -> None:
    schools = school_table(plan)
    assert schools["on_roll"].sum() == schools["before"].sum() == schools["after"].sum()
    moved = (schools["before"] - schools["after"]).clip(lower=0).sum()
    assert 0 < moved <= plan.outcome.summary["pupils_moved"]


def test_blanks_are_marked_counted_and_named_in_the_key(plan: Plan, paper: Path) -> None:
    document = Document(str(paper))
    blanks = [text for style, text in runs_of(document) if style == BLANK and text.startswith("[")]
    assert all(re.fullmatch(r"\[……… กรอก: .+ ………\]", text) for text in blanks)
    for label in SCHOOL_TEXTS.values():
        assert blanks.count(f"[……… กรอก: {label} ………]") == plan.moves["school_id"].nunique()
    key = document.tables[0].cell(0, 0).text
    assert f"ทั้งหมด {thai_digits(len(blanks))} แห่ง" in key
    for style in (BLANK, COMPUTED):
        assert style in key
    highlighted = list(document.element.body.iter(qn("w:highlight")))
    assert len(highlighted) == len(blanks) + 1  # and the sample in the key


def test_what_is_computed_is_marked(plan: Plan, paper: Path) -> None:
    computed = computed_in(paper)
    names = [thai_digits(name) for name in (*plan.moves["school_name"], *plan.moves["host_name"])]
    assert set(names) <= set(computed)
    assert plan.policy.office.replace("1", "๑") in computed
    plain = [text for style, text in runs_of(Document(str(paper))) if not style]
    assert not any(name in text for name in names for text in plain)


def test_laws_dates_and_votes_are_left_to_people(paper: Path) -> None:
    plain = " ".join(text for style, text in runs_of(Document(str(paper))) if style in ("", BLANK))
    assert not re.search("พ[.]ร[.]บ[.]|ระเบียบกระทรวง|มาตรา|ครั้งที่ [๐-๙]", plain)


def test_steps_have_no_dates_of_their_own(paper: Path) -> None:
    rows = table_under(Document(str(paper)), ["ที่", "ขั้นตอน", "ผู้รับผิดชอบ", "วันที่", "สถานะ"])
    steps = [row for row in rows if row[0] != row[1]]
    assert [row[1] for row in steps] == [step.thai for step in steps_of("merge")]
    assert {row[3] for row in steps} == {"[……… กรอก: วันที่ ………]"}
    assert {row[4] for row in steps} == {"ยังไม่รับรอง"}


def test_heads_repeat_and_rows_stay_whole(paper: Path) -> None:
    document = Document(str(paper))
    shaded = [table for table in document.tables if table._tbl.tr_lst[0].find(f".//{qn('w:shd')}") is not None]
    assert len(shaded) > 8
    for table in shaded:
        assert table._tbl.tr_lst[0].trPr.find(qn("w:tblHeader")) is not None
        assert all(row.trPr.find(qn("w:cantSplit")) is not None for row in table._tbl.tr_lst)


def test_a_large_picture_leaves_the_paper_small(plan: Plan, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1800, 2600, 3), dtype=np.uint8)  # does not compress
    Image.fromarray(noise).save(tmp_path / "map.png", compress_level=1)
    write_plan(plan, tmp_path / "plan.docx", tmp_path / "map.png")
    assert (tmp_path / "plan.docx").stat().st_size < 4_000_000
    picture = Document(str(tmp_path / "plan.docx")).inline_shapes[-1]
    assert "แผนที่" in picture._inline.docPr.get("descr")
    assert 20 < picture.width.cm < 24.7


def test_unreachable_is_never_nought(measured: Measured, sample: Path, picture: Path, tmp_path: Path) -> None:
    scenario = find_scenario(sample, "option-a")
    plan = drafted(measured, scenario, scenario.merges[0].host)
    lost = plan.moves[(plan.moves["pupils"] == plan.moves["unreachable"]) & (plan.moves["pupils"] > 0)]
    assert len(lost)
    write_plan(plan, tmp_path / "plan.docx", picture)
    write_annexes(plan, tmp_path / "annexes.xlsx")
    computed = computed_in(tmp_path / "plan.docx")
    assert computed.count("ไปไม่ถึง/ไม่ทราบ") == 4 * len(lost)
    nowhere = plan.outcome.subsidy[plan.outcome.subsidy["baht"].isna()]
    villages = nowhere[["host_id", "school_id", "village_id"]].drop_duplicates()
    assert computed.count("ยังคิดไม่ได้") == 2 * len(lost) + len(villages)
    moves = read_sheet(tmp_path / "annexes.xlsx", "การรวม").set_index("school_id")
    for code in lost["school_id"]:
        assert moves.loc[code, ["median_m", "max_m", "baht"]].tolist() == ["ไปไม่ถึง/ไม่ทราบ"] * 2 + ["ยังคิดไม่ได้"]


def test_budget_keeps_programmes_apart(plan: Plan, paper: Path) -> None:
    heads = [
        "รอบ โครงการ",
        "นักเรียน (คน)",
        "ความต้องการ (บาท)",
        "นักเรียน เมื่อรวมแผน",
        "ความต้องการ เมื่อรวมแผน",
        "ยังวัดไม่ได้ (คน)",
    ]
    rows = {row[0]: row[1:] for row in table_under(Document(str(paper)), heads)}
    for budget in plan.rounds:
        for programme, group in budget.needed_with_plan.groupby("programme"):
            row = rows.pop(thai_digits(f"{ROUND_NAMES[budget.name]} {PROGRAMMES[str(programme)]}"))
            assert row[2:4] == [thai_digits(int(group[column].sum())) for column in ("pupils", "baht")]
            old = budget.needed[budget.needed["programme"] == programme]
            assert row[:2] == [thai_digits(int(old[column].sum())) for column in ("pupils", "baht")]
    assert not rows


def test_an_unknown_ceiling_is_said_to_be_unknown(plan: Plan, picture: Path, tmp_path: Path) -> None:
    rounds = []
    for budget in plan.rounds:
        nothing = pd.array([pd.NA] * len(budget.allocation), dtype="Int64")
        rounds.append(replace(budget, ceiling_baht=None, allocation=budget.allocation.assign(allocated_baht=nothing)))
    unknown = replace(plan, rounds=rounds, tables={k: v for k, v in plan.tables.items() if k != "ceilings"})
    write_plan(unknown, tmp_path / "plan.docx", picture)
    write_annexes(unknown, tmp_path / "annexes.xlsx")
    assert computed_in(tmp_path / "plan.docx").count("ยังไม่ทราบวงเงิน") > 2
    for name in ("จัดสรร-พ.ย.", "จัดสรร-พ.ค."):
        assert set(read_sheet(tmp_path / "annexes.xlsx", name)["allocated_baht"]) == {"ยังไม่ทราบวงเงิน"}


# --- the workbook ---------------------------------------------------------------------------------------------------


def test_sheets_are_all_there_and_linked(book: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    assert workbook.sheetnames == SHEETS
    links = [cell.hyperlink.location for (cell,) in workbook["สารบัญ"].iter_rows(max_col=1) if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in SHEETS[1:]]


def test_every_sheet_can_be_printed_as_it_is(book: Path) -> None:
    for sheet in openpyxl.load_workbook(book).worksheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert "&P" in sheet.oddFooter.right.text
        assert sheet.print_title_rows == "$6:$7"
        assert SYNTHETIC in sheet.oddHeader.right.text
        assert sheet["A5"].value == SYNTHETIC
        assert {cell.font.name for row in sheet.iter_rows() for cell in row if cell.value is not None} == {FONT}
        if sheet.title != "สารบัญ":
            assert sheet.freeze_panes[1:] == "8"
            assert (sheet.auto_filter.ref or "").startswith("A7:") == (sheet.max_row > 8)


def test_totals_are_formulas_that_hold_their_sums(plan: Plan, book: Path) -> None:
    for name in TOTALLED:
        values, formulas = read_sheet(book, name), read_sheet(book, name, values=False)
        last = formulas.iloc[-1]
        sums = [column for column in formulas if str(last[column]).startswith("=SUM(")]
        assert sums, name
        body = values[~formulas.iloc[:, 0].astype(str).str.startswith("รวม")]
        for column in sums:
            assert values.iloc[-1][column] == pd.to_numeric(body[column], errors="coerce").sum(), (name, column)
            subtotals = formulas[column].astype(str).str.startswith("=SUMIF(")
            if subtotals.any():
                assert values.loc[subtotals, column].sum() == values.iloc[-1][column]
    moves = read_sheet(book, "การรวม").iloc[-1]
    assert moves["pupils"] == plan.outcome.summary["pupils_moved"]
    assert moves["baht"] == plan.outcome.summary["baht_per_year"]


def test_allocation_stays_under_the_ceiling(plan: Plan, book: Path) -> None:
    for budget, short in zip(plan.rounds, ("พ.ย.", "พ.ค."), strict=True):
        total = read_sheet(book, f"จัดสรร-{short}").iloc[-1]
        assert total["allocated_baht"] == min(budget.ceiling_baht or 0, total["need_baht"])
        assert total["need_baht"] == budget.needed["baht"].sum()


def test_tables_hold_what_the_plan_holds(plan: Plan, book: Path) -> None:
    summary = read_sheet(book, "สรุป").set_index("key")["value"]
    for key in ("pupils_moved", "unreachable", "median_m", "p90_m", "max_m", "over_6_km", "baht_per_year"):
        assert summary[key] == plan.outcome.summary[key]
    present = read_sheet(book, "สรุป").set_index("key")["present"]
    for key in ("median_m", "over_6_km", "schools_teaching", "top_up_baht"):
        assert present[key] == plan.outcome.summary[f"{key}_before"]
    children = read_sheet(book, "ผลต่อเด็ก")
    by_village = children[children["by"] == "หมู่บ้าน"]
    assert by_village["pupils"].sum() == plan.outcome.summary["pupils_moved"]
    assert children["over_6_km"].map(type).eq(int).all(), "bounds of the policy are numbers too"
    teaching = read_sheet(book, "การสอน")
    left = plan.moves.loc[plan.moves["pupils"] > 0, "school_id"]
    assert set(teaching["school_id"]) == {*left, *plan.outcome.subsidy["host_id"]}
    assert teaching["pupils_a_room"].map(type).isin([float, int, str]).all()
    years = read_sheet(book, "รายปี")
    assert years["subsidy_baht"].tolist() == [year["subsidy_baht"] for year in plan.outcome.summary["years"]]
    villages = read_sheet(book, "ค่าพาหนะรายหมู่บ้าน")
    villages = villages[villages["host_id"] != ""].dropna(subset="village_id")
    assert villages["village_id"].tolist() == plan.outcome.subsidy["village_id"].tolist()
    assert len(read_sheet(book, "ปัญหาข้อมูล")) == len(plan.problems)
    ways = read_sheet(book, "ระยะทาง")
    hosts, concerned = plan.moves["host_id"].nunique(), plan.outcome.subsidy["village_id"].nunique()
    assert len(ways) == hosts * concerned
    assert all(isinstance(code, str) for code in ways["village_id"])


def test_settings_name_source_and_certainty(plan: Plan, book: Path) -> None:
    settings = read_sheet(book, "ค่าที่ใช้").set_index("key")
    assert list(settings.index) == list(plan.policy.entries)
    assert settings.at["distance_rule", "certainty"] == "ยังไม่แน่ชัด สำนักงานเขตเป็นผู้กำหนด"
    assert settings.at["bands", "spelled"].startswith(
        "ไม่เกิน 3,000 เมตร 10 บาท; มากกว่า 3,000 เมตร แต่ไม่เกิน 10,000 เมตร 15 บาท"
    )
    assert settings["source"].all()
    assert (
        spell_value("pupils_per_room", plan.policy.entries["pupils_per_room"], plan.policy.settings)
        == "อนุบาล 30; ประถม 40; มัธยมต้น 40"
    )


def test_dictionary_describes_every_column_of_every_sheet(book: Path) -> None:
    entries = read_sheet(book, "พจนานุกรมข้อมูล")
    for name in SHEETS[1:-1]:
        mine = entries[entries["sheet"] == name]
        assert mine["english"].tolist() == list(read_sheet(book, name).columns), name
        assert mine["description"].str.len().min() > 2
        assert mine["head"].is_unique, name


def test_distances_not_certified_are_said_to_be_estimates(book: Path, paper: Path) -> None:
    workbook = openpyxl.load_workbook(book)
    for name in ("สรุป", "การรวม", "ค่าพาหนะรายหมู่บ้าน", "จัดสรร-พ.ย.", "จัดสรร-พ.ค.", "ระยะทาง"):
        assert ROUTED in workbook[name]["A4"].value
    text = " ".join(text for _, text in runs_of(Document(str(paper))))
    assert text.count(ROUTED) > 3


# --- both -----------------------------------------------------------------------------------------------------------


def test_hostile_names_come_out_as_text(measured: Measured, sample: Path, picture: Path, tmp_path: Path) -> None:
    scenario = find_scenario(sample, "option-a")
    codes = [scenario.merges[0].school, scenario.merges[0].host, scenario.merges[2].school, scenario.merges[2].host]
    plan = drafted(measured, scenario, **{f"s{code}": name for code, name in zip(codes, HOSTILE, strict=True)})
    write_plan(plan, tmp_path / "plan.docx", picture)
    write_annexes(plan, tmp_path / "annexes.xlsx")
    # What looks like an address in it is marked as one.
    runs = runs_of(Document(str(tmp_path / "plan.docx")))
    marked = "".join(text for style, text in runs if style in (COMPUTED, CODE))
    for name in HOSTILE:
        assert thai_digits(name).replace("\x01", "") in marked
    with zipfile.ZipFile(tmp_path / "plan.docx") as archive:
        xml = archive.read("word/document.xml").decode()
    assert "<img" not in xml
    assert "HYPERLINK" not in "".join(re.findall("<w:instrText.*?</w:instrText>", xml))
    workbook = openpyxl.load_workbook(tmp_path / "annexes.xlsx")
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                formula = cell.data_type == "f"
                assert not formula or re.match(r"=SUM(IF)?\(", cell.value), (sheet.title, cell.coordinate)
    schools = read_sheet(tmp_path / "annexes.xlsx", "โรงเรียน").set_index("school_id")["name"]
    assert schools[codes[:3]].tolist() == HOSTILE[:3]


def test_real_data_is_not_marked_as_synthetic(plan: Plan, picture: Path, tmp_path: Path) -> None:
    real = replace(plan, policy=plan.policy.model_copy(update={"synthetic": False}))
    write_plan(real, tmp_path / "plan.docx", picture)
    write_annexes(real, tmp_path / "annexes.xlsx")
    document = Document(str(tmp_path / "plan.docx"))
    assert SYNTHETIC not in document.sections[0].header.paragraphs[0].text
    sheet = openpyxl.load_workbook(tmp_path / "annexes.xlsx")["สรุป"]
    assert SYNTHETIC not in (sheet.oddHeader.right.text or "")
    assert sheet.print_title_rows == "$5:$6"


def test_synthetic_data_is_marked_in_red_on_every_page(paper: Path) -> None:
    for section in Document(str(paper)).sections:
        marks = [run for run in section.header.paragraphs[0].runs if SYNTHETIC in run.text]
        assert [str(run.font.color.rgb) for run in marks] == ["C00000"]
        assert not section.different_first_page_header_footer


def test_same_plan_same_bytes(plan: Plan, paper: Path, book: Path, picture: Path, tmp_path: Path) -> None:
    write_plan(plan, tmp_path / "plan.docx", picture)
    write_annexes(plan, tmp_path / "annexes.xlsx")
    assert (tmp_path / "plan.docx").read_bytes() == paper.read_bytes()
    assert (tmp_path / "annexes.xlsx").read_bytes() == book.read_bytes()
    for path in (paper, book):
        with zipfile.ZipFile(path) as archive:
            assert {info.date_time[0] for info in archive.infolist()} == {1980}
    properties = Document(str(paper)).core_properties
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")
    assert properties.created.replace(tzinfo=None) == datetime.datetime(2000, 1, 1)


def test_present_state_without_merges(measured: Measured, picture: Path, tmp_path: Path) -> None:
    plan = drafted(measured, Scenario(name="สภาพปัจจุบัน", merges=[], stem="present"))
    write_plan(plan, tmp_path / "plan.docx", picture)
    write_annexes(plan, tmp_path / "annexes.xlsx")
    text = " ".join(text for _, text in runs_of(Document(str(tmp_path / "plan.docx"))))
    assert "ไม่มีการรวมในทางเลือกนี้" in text
    assert openpyxl.load_workbook(tmp_path / "annexes.xlsx").sheetnames == SHEETS
    assert read_sheet(tmp_path / "annexes.xlsx", "การรวม").iloc[0, 0] == "ไม่มีรายการ"


def test_office_without_optional_tables_and_columns(plan: Plan, picture: Path, tmp_path: Path) -> None:
    unknown = pd.array([pd.NA] * len(plan.tables["schools"]), dtype="Int64")
    tables = {name: plan.tables[name] for name in ("villages", "students")}
    tables["schools"] = plan.tables["schools"].assign(rooms=unknown, teachers=unknown, special_area="", readiness="")
    bare = replace(plan, tables=tables)
    write_plan(bare, tmp_path / "plan.docx", picture)
    write_annexes(bare, tmp_path / "annexes.xlsx")
    assert "ไม่ทราบ" in computed_in(tmp_path / "plan.docx")


def test_sums_of_each_programme_are_printed_too(tmp_path: Path) -> None:
    cover = Cover("สมุด", "", "book", load_policy(), pd.DataFrame({"school_id": [], "as_of": []}), "", "")
    table = pd.DataFrame({"programme": ["existing", "second-decade"], "pupils": [3, 4], "note": ["", ""]})
    heads = {name: (name, "") for name in table}
    sheet = Sheet("แผ่น", "แผ่น", table, totals=["pupils"], by_programme=True, printed_columns=2, heads=heads)
    write_book(cover, [sheet], tmp_path / "book.xlsx")
    page: Any = openpyxl.load_workbook(tmp_path / "book.xlsx", data_only=True).active
    last = page.max_row
    # Two rows of data, a sum of each programme and one of all.
    assert [page.cell(row, 2).value for row in range(last - 4, last + 1)] == [3, 4, 3, 4, 7]
    assert page.print_area == f"'แผ่น'!$A$1:$B${last}"

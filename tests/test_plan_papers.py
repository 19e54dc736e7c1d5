"""The papers of a plan: what people typed, what is left to fill in, sheets of one page, an office's own templates."""

from __future__ import annotations

import copy
import io
import re
import shutil
import sys
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Emu
from PIL import Image
from pypdf import PdfReader
from small_office import merge, write_small_office

from restructure import DataError, documents
from restructure.cli import main
from restructure.cycle import Measured, find_scenario, measure, open_cycle
from restructure.documents import pdf
from restructure.documents.defaults import PAPERS, default_templates
from restructure.documents.facts import host_rows
from restructure.documents.pictures import distance_classes
from restructure.drafting import SCHOOL_TEXTS, TEXTS, Draft, SchoolTexts, StepPlan, read_draft, write_draft
from restructure.drafting import blanks as blanks_of
from restructure.paper import BLANK, BLANK_PATTERN, COMPUTED
from restructure.plan import Plan
from restructure.procedure import STEP_DONE, progress, steps_of
from restructure.sheet import text_width
from restructure.steps import draft_plan
from restructure.thai import thai_digits

HOSTILE = ["<img src=x onerror=alert(1)>", '=HYPERLINK("http://x")', "{{ office }} {% if %}", "{_{ final }_}"]
NO_ROWS = pd.DataFrame(columns=["seq", "kind", "subject", "content", "revokes"])


@pytest.fixture(scope="module")
def measured(sample: Path) -> Measured:
    return measure(open_cycle(sample))


@pytest.fixture(scope="module")
def plan(measured: Measured, sample: Path) -> Plan:
    return draft_plan(measured, find_scenario(sample, "option-a"))


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.png"
    Image.new("RGB", (600, 400), "white").save(path)
    return path


@pytest.fixture(scope="module")
def whole(plan: Plan) -> Draft:
    """Return a draft in which everything is typed."""
    return Draft(
        texts={key: f"พิมพ์ {label} 12/2569" for key, label in TEXTS.items()},
        schools={
            code: SchoolTexts(**{key: f"พิมพ์ {label} 34" for key, label in SCHOOL_TEXTS.items()})
            for code in plan.moves["school_id"]
        },
        steps={step.key: StepPlan(owner="กลุ่มนโยบายและแผน", due=date(2027, 1, 15)) for step in steps_of("merge")},
    )


def write(plan: Plan, folder: Path, picture: Path, draft: Draft, **more: Any) -> pd.DataFrame:
    """Write all papers of a plan whose procedure has not begun; return the blanks."""
    steps = progress(draft, NO_ROWS, folder)
    return pd.concat(
        [
            documents.write_plan(plan, folder / "plan.docx", picture, draft, steps, **more),
            documents.write_summary(plan, folder / "summary.docx", draft, **more),
            documents.write_parents(plan, folder / "parents.docx", draft, steps, **more),
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="module")
def drafted(plan: Plan, picture: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("drafted")
    return folder, write(plan, folder, picture, Draft())


@pytest.fixture(scope="module")
def final(
    plan: Plan, whole: Draft, picture: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("final")
    (folder / "templates").mkdir()
    Image.new("RGB", (300, 330), "red").save(folder / "templates" / "garuda.png")
    return folder, write(plan, folder, picture, whole, templates=folder / "templates", final=True)


def runs_in(path: Path) -> list[tuple[str, str]]:
    """Return style and text of every run of a paper."""
    document = Document(str(path))
    found = []
    for run in document.element.body.iter(qn("w:r")):
        style = run.find(f"{qn('w:rPr')}/{qn('w:rStyle')}")
        name = document.styles.element.get_by_id(style.get(qn("w:val"))).name_val if style is not None else ""
        found.append((name, "".join(text.text or "" for text in run.iter(qn("w:t")))))
    return found


def text_of(path: Path) -> str:
    """Return the text of a paper, a line a paragraph."""
    body = Document(str(path)).element.body
    return "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p")))


# --- what people typed, and what they have not ----------------------------------------------------------------------


def test_every_blank_is_listed_with_its_place(drafted: tuple[Path, pd.DataFrame], plan: Plan) -> None:
    folder, blanks = drafted
    for name, mine in blanks.groupby("document"):
        shown = [text for style, text in runs_in(folder / str(name)) if style == BLANK and text.startswith("[")]
        assert mine["blank"].tolist() == [re.sub(r"^\[……… กรอก: | ………\]$", "", text) for text in shown]
    told = blanks[blanks["document"] == "plan.docx"]
    school = plan.moves.iloc[0]
    heading = f"๗. รายโรงเรียน › ๗.๑ โรงเรียน {thai_digits(school['school_name'])} ({school['school_id']})"
    assert told.loc[told["section"].str.startswith(heading), "blank"].tolist() == list(SCHOOL_TEXTS.values())
    law = told.loc[told["blank"] == TEXTS["law"], "section"].tolist()
    assert law == ["บันทึกข้อความ › ๓. ข้อกฎหมายและระเบียบ", "๒. กฎหมาย ระเบียบ และนโยบายที่สำนักงานเขตอ้างอิง"]
    step = steps_of("merge")[0].thai
    assert told.loc[told["section"] == f"๑๐. กำหนดการ › {step}", "blank"].tolist() == ["ผู้รับผิดชอบ", "วันที่"]
    assert f"ทั้งหมด {thai_digits(len(told))} แห่ง" in text_of(folder / "plan.docx")
    sheets = plan.moves[["school_id", "host_id"]].drop_duplicates()
    assert (blanks["document"] == "parents.docx").sum() == 4 * len(sheets)


def test_what_is_typed_stands_as_typed_and_is_no_computed_figure(final: tuple[Path, pd.DataFrame], plan: Plan) -> None:
    runs = runs_in(final[0] / "plan.docx")
    for text in [*(f"พิมพ์ {TEXTS[key]} 12/2569" for key in ("law", "purpose", "opinions", "resolutions", "director"))]:
        styles = {style for style, shown in runs if text in shown}
        assert styles == {""}, text
    for label in SCHOOL_TEXTS.values():
        assert sum(f"พิมพ์ {label} 34" in text for _, text in runs) == plan.moves["school_id"].nunique()
    assert sum(text == "๑๕ มกราคม ๒๕๗๐" for _, text in runs) == len(steps_of("merge"))


def test_lines_that_are_typed_are_paragraphs(plan: Plan, picture: Path, tmp_path: Path) -> None:
    text = "ข้อหนึ่ง & <ก>\n\n  ข้อสอง {{ office }}\t{% x %}\x07  "
    draft = Draft(texts={"law": text}, schools={plan.moves["school_id"].iloc[0]: SchoolTexts(reason=text)})
    documents.write_plan(plan, tmp_path / "plan.docx", picture, draft, progress(draft, NO_ROWS, tmp_path))
    lines = text_of(tmp_path / "plan.docx").splitlines()
    # Twice the law (memo and plan), once the reason.
    assert sum(line.endswith("ข้อหนึ่ง & <ก>") for line in lines) == 3
    assert sum(line.startswith("ข้อสอง {{ office }}") for line in lines) == 3


def test_a_step_that_is_done_says_when(plan: Plan, picture: Path, tmp_path: Path) -> None:
    content = '{"on": "2026-11-20", "kind": "merge", "evidence": "", "sha256": "", "lacks": []}'
    row = {"seq": 1, "kind": STEP_DONE, "subject": "meetings", "content": content, "revokes": None}
    row |= {"who": "นางสาวเจ้าหน้าที่", "at": "2026-11-21T09:00:00+07:00", "why": "", "batch": 1}
    steps = progress(Draft(), pd.DataFrame([row]), tmp_path)
    documents.write_plan(plan, tmp_path / "plan.docx", picture, Draft(), steps)
    assert (COMPUTED, "เสร็จแล้ว ๒๐ พฤศจิกายน ๒๕๖๙") in runs_in(tmp_path / "plan.docx")
    documents.write_parents(plan, tmp_path / "parents.docx", Draft(), steps)
    assert "เสร็จแล้ว ๒๐ พฤศจิกายน ๒๕๖๙" in text_of(tmp_path / "parents.docx")


# --- the final version ----------------------------------------------------------------------------------------------


def test_final_papers_have_no_blank_no_key_and_no_colour(final: tuple[Path, pd.DataFrame]) -> None:
    folder, blanks = final
    assert blanks.empty
    for name in ("plan", "summary", "parents"):
        document = Document(str(folder / f"{name}.docx"))
        text = text_of(folder / f"{name}.docx")
        assert "ร่าง" not in text
        assert not BLANK_PATTERN.search(text)
        assert str(document.styles[COMPUTED].font.color.rgb) == "000000"
        assert not list(document.element.body.iter(qn("w:highlight")))
    assert "แถบสีเหลือง" not in text_of(folder / "plan.docx")


def test_the_garuda_of_the_office_is_in_the_memo(final: tuple[Path, pd.DataFrame]) -> None:
    first = Document(str(final[0] / "plan.docx")).inline_shapes[0]
    assert first.height.mm == pytest.approx(15, abs=0.1)


def test_final_is_refused_while_there_are_blanks(
    sample: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "office"
    copy_of(sample, folder)
    kept = folder / "outputs" / "plan" / "plan.docx"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"the draft before")
    assert main(["plan", str(folder), "option-a", "--final"]) == 1
    thai, english = capsys.readouterr().err.strip().splitlines()[-2:]
    blanks = pd.read_csv(folder / "outputs" / "plan" / "blanks.csv")
    assert thai.startswith(f"ยังออกฉบับสมบูรณ์ไม่ได้ เหลือช่องที่ต้องกรอก {len(blanks)} แห่ง")
    assert english.startswith(f"Not final yet: {len(blanks)} blanks are left")
    assert list(blanks.columns) == ["document", "section", "blank"]
    assert kept.read_bytes() == b"the draft before"
    assert {path.name for path in kept.parent.iterdir()} == {"plan.docx", "blanks.csv"}


def copy_of(sample: Path, folder: Path) -> None:
    """Copy an office without what was made from it."""
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("outputs"))


# --- figures against what is counted here ---------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [" ", "\u00a0", "\u200b", "\ufeff", "\u3164", "\x07", "\n\t"])
def test_a_text_that_shows_nothing_is_a_blank(plan: Plan, picture: Path, tmp_path: Path, nothing: str) -> None:
    draft = Draft(texts={"proposal": nothing})
    steps = progress(draft, NO_ROWS, tmp_path)
    blanks = documents.write_plan(plan, tmp_path / "plan.docx", picture, draft, steps, [])
    assert blanks["blank"].str.contains("ข้อเสนอ").any()
    assert "proposal" in {blank.key for blank in blanks_of(draft, [])}


def test_a_garuda_that_is_no_picture_is_refused_by_name(plan: Plan, picture: Path, tmp_path: Path) -> None:
    (tmp_path / "garuda.png").write_bytes(b"junk")
    with pytest.raises(DataError, match=r"templates/garuda\.png ไม่ใช่รูป"):
        documents.write_plan(
            plan, tmp_path / "p.docx", picture, Draft(), progress(Draft(), NO_ROWS, tmp_path), [], templates=tmp_path
        )


def test_children_are_counted_by_distance(plan: Plan) -> None:
    names, before, after = distance_classes(plan)
    assert names == ["ไม่เกิน 3 กม.", "3–6 กม.", "6–10 กม.", "10–20 กม.", "เกิน 20 กม.", "ยังวัดไม่ได้"]
    bounds = [0, 3000, 6000, 10000, 20000, 10**9]
    paid = plan.outcome.subsidy
    counted = [0] * 6
    for row in paid.to_dict("records"):
        if pd.isna(row["road_m"]):
            counted[5] += row["pupils"]
            continue
        place = next(i for i in range(5) if row["road_m"] <= bounds[i + 1])
        counted[place] += row["pupils"]
    assert after == counted
    assert sum(before) == sum(after) == plan.outcome.summary["pupils_moved"]


def test_hosts_are_told_as_counted(plan: Plan) -> None:
    heads, rows = host_rows(plan)
    assert heads[5:] == ["เกิน ๖ กม.", "เกิน ๑๐ กม.", "เกิน ๒๐ กม.", "เกิน ๓๐ นาที", "ยังวัด ไม่ได้"]
    paid = plan.outcome.subsidy
    for row in rows:
        code = re.search(r"\((\d+)\)", row[0])
        assert code
        mine = paid[paid["host_id"] == code[1]]
        ways = sorted(m for metres, n in mine[["road_m", "pupils"]].dropna().to_numpy() for m in [metres] * n)
        assert row[1] == thai_digits(int(mine["pupils"].sum()))
        # The lower of two middles, and of those that nine in ten do not exceed.
        assert row[2] == thai_digits(f"{ways[(len(ways) - 1) // 2] / 1000:.1f}")
        assert row[3] == thai_digits(f"{ways[-(-9 * len(ways) // 10) - 1] / 1000:.1f}")
        assert row[4] == thai_digits(f"{ways[-1] / 1000:.1f}")
        assert row[5:8] == [thai_digits(sum(way > far for way in ways)) for far in (6000, 10000, 20000)]
        assert row[9] == thai_digits(int(mine.loc[mine["road_m"].isna(), "pupils"].sum()))


def test_parents_read_their_own_way_and_money(drafted: tuple[Path, pd.DataFrame], plan: Plan) -> None:
    tables = [
        [[cell.text for cell in row.cells] for row in table.rows]
        for table in Document(str(drafted[0] / "parents.docx")).tables
    ]
    villages = [table[1:] for table in tables if table[0][0] == "หมู่บ้าน"]
    pairs = list(plan.moves[["school_id", "host_id"]].drop_duplicates().itertuples(index=False, name=None))
    assert len(villages) == len(pairs)
    ways = plan.distances.set_index(["village_id", "school_id"])
    names = plan.tables["villages"].set_index("village_id")["name"]
    for (school, host), rows in zip(pairs, villages, strict=True):
        paid = plan.outcome.subsidy
        mine = paid[(paid["school_id"] == school) & (paid["host_id"] == host)]
        expected = []
        for code in sorted(set(mine["village_id"]) - {""}):
            before, after = ways.loc[(code, school)], ways.loc[(code, host)]
            if pd.isna(after["road_m"]):
                continue
            rate = 10 if after["road_m"] <= 3000 else 15 if after["road_m"] <= 10000 else 20
            cells = [names[code], f"{before['road_m'] / 1000:.1f}", f"{after['road_m'] / 1000:.1f}"]
            cells += [f"{after['minutes']}", f"{rate}", f"{rate * 200:,}"]
            expected.append([thai_digits(cell) for cell in cells])
        shown = [row for row in rows if row[2] != "ไม่ทราบ"]
        assert sorted(shown) == sorted(expected) if len(rows) < 8 else all(row in expected for row in shown)


def test_parents_are_told_the_way_that_their_children_go_today(tmp_path: Path) -> None:
    """A's children have sat at B since an earlier merger: 3,500 m from VA, not 500 m to a school that they left."""
    folder = write_small_office(
        tmp_path / "2570",
        schools="A 0 P1-P6\nB 4000 P1-P6\nH 10000 P1-P6 rooms=6",
        villages="VA 500\nVB 4500\nVH 9000",
        students="A P1 VA 12\nB P1 VB 11\nH P1 VH 20",
        mergers="A all 1/2568 B learn-together existing",
        scenarios={"x": [merge("B", "H", from_term="1/2570"), merge("A", "H", from_term="2/2569")]},
    )
    made = draft_plan(measure(open_cycle(folder)), find_scenario(folder, "x"))
    documents.write_parents(made, tmp_path / "parents.docx", Draft(), progress(Draft(), NO_ROWS, folder))
    tables = Document(str(tmp_path / "parents.docx")).tables
    rows = {
        cells[0]: cells[1:3] for table in tables for row in table.rows if len(cells := [c.text for c in row.cells]) == 6
    }
    assert [ways for village, ways in rows.items() if village.endswith("VA")] == [["๓.๕", "๙.๕"]]
    assert [ways for village, ways in rows.items() if village.endswith("VB")] == [["๐.๕", "๕.๕"]]


def test_parents_are_told_no_number_of_a_village(drafted: tuple[Path, pd.DataFrame]) -> None:
    heads = {
        tuple(cell.text for cell in table.rows[0].cells)
        for table in Document(str(drafted[0] / "parents.docx")).tables
        if table.rows[0].cells[0].text == "หมู่บ้าน"
    }
    assert len(heads) == 1
    assert not any("คน" in head for head in heads.pop())


# --- one page -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowded(plan: Plan, whole: Draft, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the sheets where everything is as long as it can be."""
    folder = tmp_path_factory.mktemp("crowded")
    schools = plan.tables["schools"].assign(name="โรงเรียนบ้านหนองน้ำใสใต้ร่มพระบารมีมิตรภาพที่ 1234567890")
    villages = plan.tables["villages"].assign(name="บ้านโคกหนองนาห้วยน้ำใสไหลเย็น" * 3)
    moves = plan.moves.assign(school_name=plan.moves["school_name"] * 9, host_name=plan.moves["host_name"] * 9)
    host = plan.moves["host_id"].iloc[0]
    paid = plan.outcome.subsidy
    # Pupils of thirty villages leave one school.
    more = pd.concat([paid.iloc[[0]].assign(village_id=code) for code in villages["village_id"].head(30)])
    assert (more["host_id"] == host).all()
    outcome = replace_frame(plan, pd.concat([paid, more], ignore_index=True))
    policy = plan.policy.model_copy(update={"office": "สำนักงานเขตพื้นที่การศึกษาประถมศึกษาพระนครศรีอยุธยามหานคร เขต 1 และ 2"})
    scenario = plan.scenario.model_copy(update={"name": "ทางเลือกที่คณะกรรมการเสนอเพิ่มเติมในการประชุมครั้งที่ 12 " * 4})
    tables = {**plan.tables, "schools": schools, "villages": villages}
    long = replace(plan, tables=tables, moves=moves, outcome=outcome, policy=policy, scenario=scenario)
    words = "ขอให้คณะกรรมการพิจารณาเห็นชอบแผนและมอบสำนักงานเขตดำเนินการต่อไป "
    draft = whole.model_copy(update={"texts": dict.fromkeys(TEXTS, words * 40)})
    steps = progress(draft, NO_ROWS, folder)
    documents.write_summary(long, folder / "summary.docx", draft)
    documents.write_parents(long, folder / "parents.docx", draft, steps)
    return folder


def replace_frame(plan: Plan, subsidy: pd.DataFrame) -> Any:
    """Return the outcome with other rows of who is paid for which way."""
    outcome = copy.copy(plan.outcome)
    outcome.__dict__["subsidy"] = subsidy
    return outcome


def heights_of(document: Any) -> list[float]:
    """Return the centimetres that each page of lines and rows of fixed height takes."""
    pages: list[float] = []
    for element in document.element.body:
        if element.tag == qn("w:p"):
            layout = Document().add_paragraph().paragraph_format.__class__(element)
            breaks = element.pPr is not None and element.pPr.find(qn("w:pageBreakBefore")) is not None
            if breaks or not pages:
                pages.append(0.0)
            extents = [Emu(int(one.get("cy"))).cm for one in element.iter(qn("wp:extent"))]
            size = layout.line_spacing.cm if hasattr(layout.line_spacing, "cm") else 0.5 if not extents else 0.0
            pages[-1] += size + sum(extents)
        elif element.tag == qn("w:tbl"):
            for row in element.tr_lst:
                height = row.trPr.find(qn("w:trHeight"))
                assert height.get(qn("w:hRule")) == "exact"
                pages[-1] += int(height.get(qn("w:val"))) / 567
    return pages


@pytest.mark.parametrize("name", ["summary", "parents"])
def test_a_sheet_is_one_page_by_its_heights(
    crowded: Path, drafted: tuple[Path, pd.DataFrame], plan: Plan, name: str
) -> None:
    for folder in (crowded, drafted[0]):
        document = Document(str(folder / f"{name}.docx"))
        section = document.sections[0]
        room = Emu(section.page_height - section.top_margin - section.bottom_margin).cm
        pages = heights_of(document)
        assert len(pages) == (1 if name == "summary" else len(plan.moves[["school_id", "host_id"]].drop_duplicates()))
        assert max(pages) < room
        width = Emu(section.page_width - section.left_margin - section.right_margin).mm
        for paragraph in document.paragraphs:
            sizes = [run.font.size.pt for run in paragraph.runs if run.font.size] or [
                paragraph.style.font.size.pt if paragraph.style.font.size else 16
            ]
            assert text_width(paragraph.text, max(sizes), paragraph.style.name == "Title") <= width, paragraph.text


def test_a_sheet_is_one_page_in_libreoffice(
    crowded: Path, final: tuple[Path, pd.DataFrame], drafted: tuple[Path, pd.DataFrame], plan: Plan
) -> None:
    sheets = len(plan.moves[["school_id", "host_id"]].drop_duplicates())
    files = [folder / f"{name}.docx" for folder in (crowded, final[0], drafted[0]) for name in ("summary", "parents")]
    made, told = pdf.write_pdfs(files)
    if pdf.find_libreoffice() is None:  # then only what the heights say
        assert (made, "LibreOffice" in told) == ([], True)
        return
    assert told == ""
    assert [len(PdfReader(path).pages) for path in made] == [1, sheets] * 3


# --- templates of the office's own ----------------------------------------------------------------------------------


def own(folder: Path, kind: str, change: Any = None) -> Path:
    """Put the packaged template of a kind into an office's folder, changed as in Word."""
    templates = folder / "templates"
    templates.mkdir(exist_ok=True)
    document = Document(io.BytesIO(default_templates()[kind]))
    if change:
        change(document)
    document.save(str(templates / f"{kind}.docx"))
    return templates


def test_a_written_template_gives_the_packaged_paper(
    drafted: tuple[Path, pd.DataFrame], plan: Plan, picture: Path, tmp_path: Path
) -> None:
    for kind in PAPERS:
        templates = own(tmp_path, kind)
    write(plan, tmp_path, picture, Draft(), templates=templates)
    for name in ("plan", "summary", "parents"):
        texts = [zipfile.ZipFile(f / f"{name}.docx").read("word/document.xml") for f in (tmp_path, drafted[0])]
        assert texts[0] == texts[1]


def test_order_headings_and_sentences_of_a_template_can_be_changed(plan: Plan, picture: Path, tmp_path: Path) -> None:
    def change(document: Any) -> None:
        body = document.element.body
        of = {p.text: p._p for p in document.paragraphs if p.style.name == "Heading 1"}
        risks, opinions = of["๑๒. ความเสี่ยงและข้อควรตรวจ"], of["๑๓. ความเห็นและมติ"]
        moved = list(body)[list(body).index(risks) : list(body).index(opinions)]
        for element in moved:
            of["๑. ความเป็นมาและวัตถุประสงค์"].addprevious(element)
        for paragraph in document.paragraphs:
            if paragraph.text == "๑๒. ความเสี่ยงและข้อควรตรวจ":
                paragraph.runs[0].text = "สิ่งที่ต้องระวังก่อน"
        # Styles of ours that an office has no use for.
        for name in ("ลงนาม", BLANK):
            document.styles[name].delete()

    templates = own(tmp_path, "plan", change)
    steps = progress(Draft(), NO_ROWS, tmp_path)
    documents.write_plan(plan, tmp_path / "plan.docx", picture, Draft(), steps, templates=templates)
    text = text_of(tmp_path / "plan.docx")
    assert "๑๒. ความเสี่ยง" not in text
    assert text.index("สิ่งที่ต้องระวังก่อน") < text.index("รายละเอียดที่พบจากการคำนวณ") < text.index("๑. ความเป็นมา")


@pytest.mark.parametrize(
    ("kind", "tag", "told"),
    [
        ("plan", "{{ schoools }}", "แม่แบบ templates/plan.docx: ไม่รู้จักแท็ก “schoools”"),
        ("plan-summary", "{{ texts.laws }}", "แม่แบบ templates/plan-summary.docx: ไม่รู้จักแท็ก “laws”"),
        ("plan-parents", "{% if final %}", "แม่แบบ templates/plan-parents.docx: แท็กเขียนไม่ครบหรือผิดรูป"),
        ("plan", "{{ ''.__class__.__mro__ }}", "แม่แบบ templates/plan.docx: มีแท็กที่ไม่อนุญาต"),
    ],
)
def test_a_faulty_template_is_named_with_its_tag(
    plan: Plan, picture: Path, tmp_path: Path, kind: str, tag: str, told: str
) -> None:
    templates = own(tmp_path, kind, lambda document: document.add_paragraph(tag))
    with pytest.raises(DataError) as caught:
        write(plan, tmp_path, picture, Draft(), templates=templates)
    assert caught.value.thai.startswith(told)
    assert (
        not (tmp_path / {"plan": "plan", "plan-summary": "summary", "plan-parents": "parents"}[kind])
        .with_suffix(".docx")
        .exists()
    )


def test_templates_command_writes_those_of_the_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["templates", str(tmp_path)]) == 0
    names = {path.stem for path in (tmp_path / "templates").glob("*.docx")}
    assert set(PAPERS) <= names
    assert "ต้นแบบ" in capsys.readouterr().out


# --- all papers -----------------------------------------------------------------------------------------------------


def test_hostile_names_come_out_as_text(plan: Plan, picture: Path, tmp_path: Path) -> None:
    codes = [*plan.moves["school_id"].head(2), *plan.moves["host_id"].head(1), plan.moves["host_id"].iloc[-1]]
    given = dict(zip(codes, HOSTILE, strict=True))
    schools = plan.tables["schools"]
    schools = schools.assign(name=[given.get(code, name) for code, name in schools[["school_id", "name"]].to_numpy()])
    moves = plan.moves.assign(
        school_name=[given.get(c, n) for c, n in plan.moves[["school_id", "school_name"]].to_numpy()],
        host_name=[given.get(c, n) for c, n in plan.moves[["host_id", "host_name"]].to_numpy()],
    )
    named = replace(plan, tables={**plan.tables, "schools": schools}, moves=moves)
    scenario = plan.scenario.model_copy(update={"name": "{{ 7 * 7 }} <w:p/>"})
    write(replace(named, scenario=scenario), tmp_path, picture, Draft())
    for name in ("plan", "summary", "parents"):
        with zipfile.ZipFile(tmp_path / f"{name}.docx") as archive:
            parts = {part: archive.read(part).decode() for part in archive.namelist() if part.endswith(".xml")}
        assert "<img" not in parts["word/document.xml"]
        assert not any(
            "HYPERLINK" in text for text in re.findall("<w:instrText.*?</w:instrText>", "".join(parts.values()))
        )
        shown = text_of(tmp_path / f"{name}.docx")
        assert "49" not in shown or name == "plan"
        if name != "summary":
            for hostile in HOSTILE[:3]:
                assert thai_digits(hostile) in shown, (name, hostile)
    assert "{{ ๗ * ๗ }} <w:p/>" in text_of(tmp_path / "summary.docx")


def test_same_plan_same_bytes(drafted: tuple[Path, pd.DataFrame], plan: Plan, picture: Path, tmp_path: Path) -> None:
    write(plan, tmp_path, picture, Draft())
    for name in ("plan", "summary", "parents"):
        assert (tmp_path / f"{name}.docx").read_bytes() == (drafted[0] / f"{name}.docx").read_bytes()


def test_a_draft_on_disk_is_what_stands_in_the_paper(sample: Path, measured: Measured, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    copy_of(sample, folder)
    draft, seen = read_draft(folder)
    write_draft(folder, draft.model_copy(update={"texts": {"proposal": "โปรดเห็นชอบ"}}), seen)
    plan = draft_plan(measured, find_scenario(folder))
    documents.write_summary(plan, tmp_path / "summary.docx", read_draft(folder)[0])
    assert "โปรดเห็นชอบ" in text_of(tmp_path / "summary.docx")


# --- PDF ------------------------------------------------------------------------------------------------------------


def stand_in(folder: Path, script: str) -> Path:
    """Write a program that stands in for LibreOffice."""
    path = folder / "soffice"
    path.write_text(f"#!{sys.executable}\nimport sys, time, pathlib\n{script}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_without_libreoffice_it_is_told_and_no_old_pdf_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_libreoffice", lambda: None)
    (tmp_path / "plan.pdf").write_bytes(b"old")
    assert pdf.write_pdfs([tmp_path / "plan.docx"]) == (
        [], "ไม่พบ LibreOffice ในเครื่องนี้ จึงยังไม่มี PDF: ติดตั้งแล้วสั่งใหม่ หรือเปิดเอกสารแล้วบันทึกเป็น PDF เอง"
    )  # fmt: skip
    assert not (tmp_path / "plan.pdf").exists()


def test_all_files_are_one_run_with_a_profile_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    program = stand_in(
        tmp_path,
        f"open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + chr(10))\n"
        "out = pathlib.Path(sys.argv[sys.argv.index('--outdir') + 1])\n"
        "[(out / (pathlib.Path(f).stem + '.pdf')).write_text(open(f).read()) for f in sys.argv if f.endswith('x')]",
    )
    monkeypatch.setattr(pdf, "find_libreoffice", lambda: str(program))
    files = [tmp_path / "a" / "plan.docx", tmp_path / "b" / "plan.docx"]
    for file in files:
        file.parent.mkdir()
        file.write_text(str(file))
    made, told = pdf.write_pdfs(files)
    assert (made, told) == ([file.with_suffix(".pdf") for file in files], "")
    assert [path.read_text() for path in made] == [str(file) for file in files]
    (call,) = log.read_text().splitlines()
    assert "-env:UserInstallation=file://" in call
    assert not Path(re.search(r"file://(\S+)", call)[1]).exists()  # type: ignore[index]


@pytest.mark.parametrize("script", ["time.sleep(60)", "sys.exit(1)"])
def test_what_libreoffice_does_not_make_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(pdf, "find_libreoffice", lambda: str(stand_in(tmp_path, script)))
    monkeypatch.setattr(pdf, "_SECONDS", 1)
    (tmp_path / "plan.docx").write_text("x")
    assert pdf.write_pdfs([tmp_path / "plan.docx"]) == (
        [], "LibreOffice ทำ PDF ไม่ครบ: plan.docx เปิดไฟล์แล้วบันทึกเป็น PDF เอง"
    )  # fmt: skip

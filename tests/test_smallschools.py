"""The office's small schools: sizes, years, ways and teachers worked by hand; the papers and workbooks read back."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image
from small_office import write_rows, write_small_office

from restructure import DataError, UsageError
from restructure.cli import main
from restructure.cycle import Measured, measure, open_cycle
from restructure.documents.smallschools import small_templates
from restructure.dutyacts import Planned, make_items, set_plans
from restructure.paper import BLANK, COMPUTED
from restructure.plan import open_schools, size_tiers
from restructure.projection import history, project
from restructure.smallschools import (
    AHEAD,
    DUTY,
    SmallSchools,
    duty_steps,
    size_bounds,
    small_schools,
    spell_sizes,
    write_small_schools,
)
from restructure.smalltexts import SMALL_FILE, SMALL_TEXTS, read_small_texts, small_texts_template
from restructure.templates import write_templates
from restructure.thai import parse_whole, thai_digits

#: East of the origin in metres; 40 km/h on this road: 2,000 m take 3 minutes. G lies on an island.
SCHOOLS = """A 0 P1-P6 amphoe=เหนือ teachers=2 rooms=6 readiness=พร้อม
B 2000 P1-P6 amphoe=เหนือ teachers=1
C 6000 P1-P3 amphoe=เหนือ teachers=6 rooms=8 readiness=พร้อม
D 10000 P1-P6 amphoe=ใต้ teachers=9
E 12000 P1-P6 amphoe=ใต้ teachers=3 special_area=เกาะ
F 14000 P1-P6 amphoe=ใต้ status=closed
G 3000,5000 P1-P6 amphoe=ใต้"""
STUDENTS = """A P1 V 20 2/2569
B P1 V 11 2/2569
B P4 V 10 2/2569
C P1 V 60 2/2569
C P2 V 60 2/2569
D P1 V 121 2/2569
G P6 V 5 2/2569"""
#: F was open then; of G nothing is known in 2567.
ENROLMENT = [
    ("A", 2567, "P1", 41), ("B", 2567, "P1", 40), ("C", 2567, "P1", 100), ("D", 2567, "P1", 130), ("E", 2567, "P1", 1),
    ("F", 2567, "P1", 20), ("A", 2568, "P1", 30), ("B", 2568, "P1", 0), ("C", 2568, "P1", 61), ("C", 2568, "P2", 60),
    ("D", 2568, "P1", 120), ("E", 2568, "P1", 0), ("G", 2568, "P6", 5),
]  # fmt: skip
POLICY = "office: สพป.ทดสอบ เขต 1\nfiscal_year: 2570\n"


def write_office(folder: Path, *, students: str = STUDENTS, years: bool = True, **more: Any) -> Path:
    write_small_office(
        folder, schools=more.pop("schools", SCHOOLS), villages="V 1000", students=students,
        student_head="school_id grade village_id count as_of", policy=more.pop("policy", POLICY), **more,
    )  # fmt: skip
    if years:
        rows = [[code, str(year), grade, str(count)] for code, year, grade, count in ENROLMENT]
        write_rows(folder / "inputs" / "enrolment.csv", ["school_id", "year", "grade", "count"], rows)
    return folder


def look(folder: Path) -> SmallSchools:
    return small_schools(measure(open_cycle(folder)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_office(tmp_path_factory.mktemp("small") / "2570")


@pytest.fixture(scope="module")
def measured(folder: Path) -> Measured:
    return measure(open_cycle(folder))


@pytest.fixture(scope="module")
def small(measured: Measured) -> SmallSchools:
    return small_schools(measured)


def plain(table: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    rows = table[list(columns)].astype(object)
    return list(rows.where(rows.notna(), None).itertuples(index=False, name=None))


# --- sizes ----------------------------------------------------------------------------------------------------------


def test_sizes_by_hand(small: SmallSchools) -> None:
    """20 is of the lowest size, 21 of the next, 120 still small, 121 not; nobody is a size of its own."""
    assert small.bounds == (0, 20, 40, 60, 80, 100, 120)
    assert spell_sizes(small.bounds) == [
        "ไม่มีนักเรียน", "1–20 คน", "21–40 คน", "41–60 คน", "61–80 คน", "81–100 คน", "101–120 คน"
    ]  # fmt: skip
    assert plain(small.schools, "school_id", "on_roll", "size") == [
        ("A", 20, 1), ("B", 21, 2), ("C", 120, 6), ("E", 0, 0), ("G", 5, 1)
    ]  # fmt: skip
    assert plain(small.sizes, "size", "schools", "pupils") == [
        (0, 1, 0), (1, 2, 25), (2, 1, 21), (3, 0, 0), (4, 0, 0), (5, 0, 0), (6, 1, 120)
    ]  # fmt: skip
    assert list(small.small["school_id"]) == ["A", "B", "C", "G"]
    assert plain(small.schools, "pupils_K", "pupils_P1-P3", "pupils_P4-P6", "pupils_M")[1] == (0, 11, 10, 0)
    assert small.schools.set_index("school_id")["special_area"].to_dict() == {
        "A": "",
        "B": "",
        "C": "",
        "E": "เกาะ",
        "G": "",
    }


def test_places_by_hand(small: SmallSchools) -> None:
    columns = ["schools", "unknown", "size_0", "size_20", "size_40", "size_60", "size_120", "small", "small_pupils"]
    assert plain(small.amphoes, "amphoe", *columns) == [
        ("เหนือ", 3, 0, 0, 1, 1, 0, 1, 3, 161), ("ใต้", 3, 0, 1, 1, 0, 0, 0, 1, 5)
    ]  # fmt: skip
    assert plain(small.tambons, "amphoe", "tambon", "small") == [("เหนือ", "ตำบล", 3), ("ใต้", "ตำบล", 1)]


def test_years_by_hand(small: SmallSchools) -> None:
    """A closed school counts in the years that it was open; an open one without a row is not known, not empty."""
    counted = small.years[~small.years["projected"]]
    columns = ["schools", "unknown", "size_0", "size_20", "size_40", "size_60", "size_80", "size_100", "size_120"]
    assert plain(counted, "year", *columns, "small", "small_pupils") == [
        (2567, 7, 1, 0, 2, 1, 1, 0, 1, 0, 5, 202),  # E 1, F 20; B 40; A 41; C 100; D 130 is larger
        (2568, 6, 0, 2, 1, 1, 0, 0, 0, 1, 3, 155),  # B and E 0; G 5; A 30; D 120; C 121 is larger
        (2569, 6, 0, 1, 2, 1, 0, 0, 0, 1, 4, 166),
    ]  # fmt: skip
    ahead = project(history(small.cycle.tables))
    assert ahead is not None
    sums = ahead.groupby(["school_id", "year"])["pupils"].sum()
    for code, *told in plain(small.schools, "school_id", *AHEAD):
        assert told == [sums[code, year] for year in range(2570, 2575)]
    assert list(small.years["year"]) == list(range(2567, 2575))


def test_the_office_sets_what_is_small(tmp_path: Path) -> None:
    more = POLICY + "settings: {small_school_max: {value: 50, source: มติ, date: 2026-11-01}}"
    small = look(write_office(tmp_path / "2570", policy=more))
    assert small.bounds == (0, 20, 40, 50)
    assert list(small.schools["school_id"]) == ["A", "B", "E", "G"]
    assert size_bounds(130) == (0, 20, 40, 60, 80, 100, 120, 130)
    assert spell_sizes((0, 20, 50))[-1] == "21–50 คน"


def test_of_an_undated_count_nothing_is_projected(tmp_path: Path) -> None:
    small = look(write_office(tmp_path / "2570", students=STUDENTS.replace("2/2569", "."), years=False))
    assert (small.year, plain(small.years, "year", "projected", "small")) == (None, [(None, False, 4)])
    assert small.schools[AHEAD].isna().all(axis=None)
    assert "as_of" in small.unprojected


# --- neighbours, teachers, mergers ----------------------------------------------------------------------------------


def test_nearest_larger_schools_by_hand(small: SmallSchools) -> None:
    """Nobody is larger than C but D; E has nobody, so that all are larger; no road leads off the island."""
    assert plain(small.nearest, "school_id", "rank", "larger_id", "road_m", "minutes", "larger_pupils", "lacks") == [
        ("A", 1, "B", 2000, 3, 21, ""), ("A", 2, "C", 6000, 9, 120, ""), ("A", 3, "D", 10_000, 15, 121, ""),
        ("B", 1, "C", 4000, 6, 120, "P4"), ("B", 2, "D", 8000, 12, 121, ""),
        ("C", 1, "D", 4000, 6, 121, ""),
        ("E", 1, "D", 2000, 3, 121, ""), ("E", 2, "C", 6000, 9, 120, ""), ("E", 3, "B", 10_000, 15, 21, ""),
    ]  # fmt: skip
    assert set(small.nearest.loc[small.nearest["larger_id"] == "C", "larger_readiness"]) == {"พร้อม"}


def test_teachers_by_hand(small: SmallSchools) -> None:
    """1–20 pupils 1 teacher, 21–40 2, 101–120 6 (old criteria); a class of 60 needs two rooms, one of 20 one."""
    columns = ["learners", "teachers", "teachers_needed", "teachers_over", "rooms", "rooms_needed", "classes_together"]
    assert plain(small.schools, "school_id", *columns) == [
        ("A", 20, 2, 1, 1, 6, 1, 0),
        ("B", 21, 1, 2, -1, None, 2, 1),
        ("C", 120, 6, 6, 0, 8, 4, 0),
        ("E", 0, 3, 0, 3, None, 0, 0),
        ("G", 5, None, 1, None, None, 1, None),
    ]  # fmt: skip


def test_who_learns_elsewhere_is_on_the_roll_and_not_taught(tmp_path: Path) -> None:
    """B has nobody left: 11 learn at C, 10 at D. C needs (2 × 40 + 71)/50 + (2 × 40 + 60)/50 = 5.82 teachers."""
    mergers = """B P1-P3 1/2569 C learn-together existing
B P4-P6 1/2570 D learn-together second-decade
A all 1/2575 D learn-together existing"""
    small = look(write_office(tmp_path / "2570", mergers=mergers))
    assert small.term == "1/2570"
    assert plain(small.schools, "school_id", "on_roll", "learners", "teachers_needed")[:3] == [
        ("A", 20, 20, 1), ("B", 21, 0, 0), ("C", 120, 131, 6)
    ]  # fmt: skip
    assert plain(small.mergers, "school_id", "host_id", "kind", "programme", "from_term", "grades", "pupils") == [
        ("B", "C", "learn-together", "existing", "1/2569", "P1-P3", 11),
        ("B", "D", "learn-together", "second-decade", "1/2570", "P4-P6", 10),
    ]
    # Where nobody learns nobody can go to.
    assert plain(small.nearest, "school_id", "larger_id")[:2] == [("A", "C"), ("A", "D")]


def test_the_sample_office_agrees_with_the_plan(sample: Path) -> None:
    measured = measure(open_cycle(sample))
    small = small_schools(measured)
    running = open_schools(measured.office.schools)["school_id"]
    rolls = pd.Series(measured.office.on_roll.sum(axis=1), measured.office.codes)[running]
    tiers = size_tiers(rolls).iloc[:-1]
    assert [spell_sizes(small.bounds), *(list(small.sizes[c]) for c in ("schools", "pupils"))] == [
        list(tiers[c]) for c in ("tier", "schools", "pupils")
    ]
    assert small.amphoes["small"].sum() == small.tambons["small"].sum() == len(small.small)
    assert small.amphoes["schools"].sum() == len(running)
    assert small.nearest.groupby("school_id").size().max() == 3
    assert (small.nearest["larger_pupils"].to_numpy() > rolls[small.nearest["school_id"]].to_numpy()).all()


# --- the papers read back -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(folder: Path) -> Path:
    write_small_schools(measure(open_cycle(folder)))
    return folder / "outputs" / "small-schools"


def tables_of(path: Path) -> dict[str, list[list[str]]]:
    """Return the tables of a paper by the words of their heads."""
    found = {}
    for table in Document(str(path)).tables:
        head, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        found[" ".join(" ".join(head).split())] = rows
    return found


def text_of(path: Path) -> str:
    """Return all that is written in a paper, a line a paragraph."""
    body = Document(str(path)).element.body
    return "\n".join("".join(t.text or "" for t in line.iter(qn("w:t"))) for line in body.iter(qn("w:p")))


def sheet_rows(path: Path, sheet: str) -> Iterator[dict[str, Any]]:
    cells = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    head = next(i for i, row in enumerate(cells) if row[0] and re.fullmatch("[a-z_]+", str(row[0])))
    for row in cells[head + 1 :]:
        if row[0] not in ("ไม่มีรายการ", "รวมทั้งหมด"):
            yield dict(zip(cells[head], row, strict=True))


def test_the_plan_read_back(made: Path) -> None:
    tables, text = tables_of(made / "plan.docx"), text_of(made / "plan.docx")
    sizes = tables["จำนวนนักเรียน โรงเรียน (แห่ง) ร้อยละของโรงเรียน นักเรียน (คน)"]
    assert [row[0] for row in sizes][:2] == ["ไม่มีนักเรียน", "๑–๒๐ คน"]
    assert [(parse_whole(row[1]), row[2], parse_whole(row[3])) for row in sizes[:3]] == [
        (1, "๑๖.๗", 0), (2, "๓๓.๓", 25), (1, "๑๖.๗", 21)
    ]  # fmt: skip
    assert sizes[-2] == ["มากกว่า ๑๒๐ คน", "๑", "๑๖.๗", "๑๒๑"]
    assert sizes[-1] == ["รวมโรงเรียนที่เปิดสอน", "๖", "", "๒๘๗"]
    assert "โรงเรียนขนาดเล็ก ๔ แห่ง (ร้อยละ ๖๖.๗) มีนักเรียน ๑๖๖ คน (ร้อยละ ๕๗.๘) และโรงเรียนที่ไม่มีนักเรียน ๑ แห่ง" in text
    assert "ที่มีผู้มาเรียน ๔ แห่ง: ครูต่ำกว่าเกณฑ์ ๑ แห่ง รวม ๑ คน  พอดีเกณฑ์ ๑ แห่ง  เกินเกณฑ์ ๑ แห่ง รวม ๑ คน  ยังคิดไม่ได้ ๑ แห่ง" in text
    near = tables["โรงเรียน ใกล้ที่สุด ถัดไป ถัดไป"]
    assert near[1] == [
        "โรงเรียนB (B)\n๒๑ คน", "โรงเรียนC\n๔.๐ กม. ๖ นาที\n๑๒๐ คน พร้อม\nไม่เปิด ป.๔",
        "โรงเรียนD\n๘.๐ กม. ๑๒ นาที\n๑๒๑ คน", "–",
    ]  # fmt: skip
    assert near[4][1] == "ไม่มีทางรถไปโรงเรียนที่ใหญ่กว่า"
    staff = next(rows for head, rows in tables.items() if "ครูตามเกณฑ์" in head)
    assert [row[5] for row in staff] == ["+๑", "−๑", "๐", "+๓", "ไม่ทราบ"]
    years = next(rows for head, rows in tables.items() if head.startswith("ปีการศึกษา"))
    assert [row[0] for row in years][2:4] == ["๒๕๖๙", "๒๕๗๐ คาดการณ์"]
    assert [parse_whole(cell) for cell in years[0][1:]] == [0, 2, 1, 1, 0, 1, 0, 5, 202]
    assert "ไม่มีการรวมของโรงเรียนขนาดเล็กที่มีผลถึงภาคเรียนที่ ๑/๒๕๗๐" in text


def test_what_nobody_typed_is_a_marked_blank_and_listed(made: Path) -> None:
    blanks = pd.read_csv(made / "blanks.csv", keep_default_na=False)
    document = Document(str(made / "plan.docx"))
    ids = {style.name: style.style_id for style in document.styles}
    marked = [
        "".join(t.text or "" for t in run.iter(qn("w:t")))
        for run in document.element.body.iter(qn("w:r"))
        if run.style == ids[BLANK]
    ]
    listed = [f"[……… กรอก: {blank} ………]" for blank in blanks["blank"]]
    assert [text for text in marked if text.startswith("[")] == listed
    assert set(SMALL_TEXTS.values()) <= set(blanks["blank"])
    assert set(blanks["document"]) == {"plan.docx"}, "what is published has no blank"
    assert f"ทั้งหมด {thai_digits(len(blanks))} แห่ง" in text_of(made / "plan.docx")
    assert COMPUTED in ids


def test_the_workbook_read_back(made: Path) -> None:
    book = made / "small-schools.xlsx"
    assert openpyxl.load_workbook(book).sheetnames == [
        "สารบัญ", "ขนาด", "โรงเรียน", "ครูและห้องเรียน", "คาดการณ์", "โรงเรียนใกล้เคียง", "อำเภอ", "ตำบล", "รายปี", "การรวม",
        "ค่าที่ใช้", "พจนานุกรมข้อมูล",
    ]  # fmt: skip
    schools = {row["school_id"]: row for row in sheet_rows(book, "โรงเรียน")}
    assert (schools["B"]["size_name"], schools["B"]["on_roll"], schools["B"]["pupils_P4-P6"]) == ("21–40 คน", 21, 10)
    staff = {row["school_id"]: row for row in sheet_rows(book, "ครูและห้องเรียน")}
    assert (staff["B"]["teachers_over"], staff["G"]["teachers"], staff["G"]["teachers_over"]) == (
        -1,
        "ไม่ทราบ",
        "ยังคิดไม่ได้",
    )
    near = [row for row in sheet_rows(book, "โรงเรียนใกล้เคียง") if row["school_id"] == "B"]
    assert [(row["larger_name"], row["road_m"], row["lacks"] or "") for row in near] == [
        ("โรงเรียนC", 4000, "ป.4"), ("โรงเรียนD", 8000, "")
    ]  # fmt: skip
    years = [(row["year"], row["basis"], row["small"]) for row in sheet_rows(book, "รายปี")]
    assert years[:3] == [("2567", "นับ", 5), ("2568", "นับ", 3), ("2569", "นับ", 4)]
    assert years[3][:2] == ("2570", "คาดการณ์")


def test_the_same_office_gives_the_same_bytes(folder: Path, made: Path) -> None:
    names = ["plan.docx", "small-schools.xlsx", "public/plan.docx", "public/small-schools.xlsx", "blanks.csv"]
    before = [(made / name).read_bytes() for name in names]
    write_small_schools(measure(open_cycle(folder)))
    assert [(made / name).read_bytes() for name in names] == before


# --- what people type -----------------------------------------------------------------------------------------------


def typed(**schools: str) -> str:
    texts = "".join(f"  {key}: พิมพ์-{key}\n" for key in SMALL_TEXTS)
    own = "".join(f'  "{code}": {text}\n' for code, text in schools.items())
    return f"texts:\n{texts}sizes: {{0: ม0, 20: ม20, 40: ม40, 120: ม120}}\nschools:\n{own}"


def test_typed_texts_stand_as_typed_and_the_final_paper_has_no_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_office(tmp_path / "2570")
    (folder / SMALL_FILE).write_text(typed(B="ดูแลเป็นพิเศษ <&> {{ office }}", Z="หลงมา"), "utf-8")
    made = folder / "outputs" / "small-schools"
    assert main(["small-schools", str(folder)]) == 0
    told = capsys.readouterr()
    assert "โรงเรียนขนาดเล็ก 4 แห่ง จากที่เปิดสอน 6 แห่ง" in told.out
    assert "schools Z" in told.err
    text = text_of(made / "plan.docx")
    assert set(re.findall(r"พิมพ์-(\w+)", text)) == set(SMALL_TEXTS)
    assert "ดูแลเป็นพิเศษ <&> {{ office }}" in text
    assert "ม120" in text
    # Owners and days of the steps, and the picture, are still blank: the list is all that is written.
    before = (made / "plan.docx").read_bytes()
    with pytest.raises(DataError, match="Not final yet: 19 blanks"):
        write_small_schools(measure(open_cycle(folder)), final=True)
    assert (made / "plan.docx").read_bytes() == before
    (folder / "templates").mkdir()
    Image.new("RGB", (30, 30), "black").save(folder / "templates" / "garuda.png")
    (item,) = make_items(folder, "สมศรี", {DUTY: ["2570"]})
    set_plans(folder, "สมศรี", {item: Planned("สมชาย", date(2027, 3, 1))})
    assert main(["small-schools", str(folder), "--final"]) == 0
    assert "แผนฉบับสมบูรณ์" in capsys.readouterr().out
    text = text_of(made / "plan.docx")
    assert ("ร่าง" in text, text.count("สมชาย"), text.count("๑ มีนาคม ๒๕๗๐")) == (False, 9, 9)
    assert pd.read_csv(made / "blanks.csv").empty
    public = text_of(made / "public" / "plan.docx")
    assert ("ร่าง" in public, "สมชาย" in public, public.count("๑ มีนาคม ๒๕๗๐")) == (False, False, 9)
    assert set(re.findall(r"พิมพ์-(\w+)", public)) == {"purpose", "directives", "measures", "quality", "follow_up"}
    assert "ดูแลเป็นพิเศษ" not in public


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("texts: {purposes: x}", "ไม่รู้จักหัวข้อ purposes"),
        ("size: {20: x}", "ไม่รู้จักหัวข้อนี้"),
        ("sizes: {เล็ก: x}", "sizes"),
        ("texts: [a]", "texts"),
        ("texts: {purpose: [a]}", "texts.purpose"),
        ("a: b: c", "บรรทัด 1"),
    ],
)
def test_a_faulty_file_of_texts_is_named_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / SMALL_FILE).write_text(text, "utf-8")
    with pytest.raises(DataError) as caught:
        read_small_texts(tmp_path)
    assert SMALL_FILE in caught.value.thai
    assert told in caught.value.thai


def test_an_empty_file_of_texts_holds_none(tmp_path: Path) -> None:
    (tmp_path / SMALL_FILE).write_text(small_texts_template(), "utf-8")
    assert read_small_texts(tmp_path) == read_small_texts(tmp_path / "none")


def test_steps_come_from_the_register_once_it_has_them(tmp_path: Path) -> None:
    folder = write_office(tmp_path / "2570")
    steps = duty_steps(folder)
    assert (len(steps), set(steps["owner"])) == (9, {""})
    make_items(folder, "สมศรี")
    later = duty_steps(folder)
    assert list(later["thai"]) == list(steps["thai"])
    assert list(later.columns) == list(steps.columns)
    assert later["due"].isna().all()


# --- templates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["small-schools", "small-schools-public"])
def test_templates_are_the_offices_to_edit(tmp_path: Path, kind: str) -> None:
    folder = write_office(tmp_path / "2570")
    assert {f"{kind}.docx", SMALL_FILE} <= {path.name for path in write_templates(folder)}
    document = Document(io.BytesIO(small_templates()[kind]))
    document.add_paragraph("ของเรา {{ office }}")
    document.save(str(folder / "templates" / f"{kind}.docx"))
    write_small_schools(measure(open_cycle(folder)))
    made = folder / "outputs" / "small-schools"
    path = made / "plan.docx" if kind == "small-schools" else made / "public" / "plan.docx"
    assert text_of(path).endswith("ของเรา สพป.ทดสอบ เขต ๑")
    document.add_paragraph("{{ ofice }}")
    document.save(str(folder / "templates" / f"{kind}.docx"))
    before = path.read_bytes()
    with pytest.raises(DataError, match="ofice"):
        write_small_schools(measure(open_cycle(folder)))
    assert path.read_bytes() == before


def test_a_folder_without_inputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        open_cycle(tmp_path)
    assert main(["small-schools", str(tmp_path)]) == 2

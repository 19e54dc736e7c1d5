"""What stands on the pages of the site: sections of plain texts and tables, and the files that lie beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from restructure._errors import DataError
from restructure.book import with_names
from restructure.chain import one_line
from restructure.collection.issue import DUTIES, Issue, issue_names, office_schools, read_issue
from restructure.collection.returns import read_returns
from restructure.cycle import Measured, find_scenario, scenario_files
from restructure.drafting import read_draft
from restructure.duties import read_duties
from restructure.grades import thai_grades
from restructure.policy import Policy
from restructure.procedure import steps_of
from restructure.public import SUPPRESSED, PublicFigures, public_figures, suppressed_words
from restructure.register import Register
from restructure.site.choice import SITE_FILE, Choice, Indicator
from restructure.site.results import Result, public_results
from restructure.smallpublic import PublicSmall, public_small
from restructure.smallschools import SmallSchools, duty_steps, small_schools, spell_sizes, write_public_small_paper
from restructure.thai import arabic_digits, thai_date
from restructure.words import KINDS, PROGRAMMES, ROUTED

#: Why of two plans only one has figures.
ONE_OF_TWO = (
    "จำนวนนักเรียนและขนาดของโรงเรียนไม่แสดงในหน้านี้ เพราะเมื่ออ่านคู่กับแผนการจัดการเรียนรวมที่เผยแพร่พร้อมกัน "
    "อาจคำนวณย้อนกลับไปหาจำนวนที่ปกปิดได้"
)
_NO_TEXTS = "คำตอบเป็นข้อความไม่เผยแพร่"


class Grid(NamedTuple):
    """A table; columns named in ``numeric`` stand to the right."""

    heads: Sequence[str]
    rows: list[list[str]]
    numeric: Sequence[int] = ()


class Section(NamedTuple):
    """A part of a page; ``links`` are (address, words)."""

    heading: str
    texts: Sequence[str] = ()
    grid: Grid | None = None
    links: Sequence[tuple[str, str]] = ()
    level: int = 2


class Page(NamedTuple):
    """A page; one without ``menu`` is reached from another."""

    file: str
    title: str
    sections: list[Section]
    menu: str = ""


class Copy(NamedTuple):
    """A file that lies beside the pages, and where it comes from."""

    file: str
    source: Path


class Files(NamedTuple):
    """The public files of a plan.

    Attributes
    ----------
    rewrite
        Writes them anew into a folder, by the names of their sources; final, or as drafts.
    steps
        What the steps in them are called: how far these are changes without the plan.
    """

    copies: list[Copy]
    rewrite: Callable[[Path, bool], None]
    steps: Sequence[str]


# -- indicators and duties ----
def indicator_page(indicators: Sequence[Indicator]) -> Page:
    """Return the indicators by level, in the order in which the office has typed them."""
    sections = []
    for level in dict.fromkeys(one.level for one in indicators):
        rows = [[one.thai, one.target or "–", one.result or "–", one.source or "–"]
                for one in indicators if one.level == level]  # fmt: skip
        heads = ["ตัวชี้วัด", "ค่าเป้าหมาย", "ผล", "ที่มา"]
        sections.append(Section(_level(level), (), Grid(heads, rows)))
    return Page("indicators.html", "ตัวชี้วัดและผล", sections, "ตัวชี้วัด")


def duty_page(folder: Path, found: Register, chosen: Sequence[str]) -> Page:
    """Return what came of items of the register: no owner, no evidence, no remark, no order stands there.

    Raises
    ------
    DataError
        When there is no such item.
    """
    items = {f"{row['duty']}/{row['round']}": row for row in found.items.to_dict("records")}
    for place, subject in enumerate(chosen, start=1):
        if subject not in items:
            raise _not_there(f"duties.{place}", f"เรื่อง {subject} ในทะเบียน", f"item {subject}", items)
    duties = read_duties(folder)
    sections = []
    for key in dict.fromkeys(items[subject]["duty"] for subject in chosen):
        sections.append(Section(duties[key].thai if key in duties else key))
        for item in (items[subject] for subject in chosen if items[subject]["duty"] == key):
            sections.append(_item(found, item))
    return Page("duties.html", "ผลงานตามหน้าที่", sections, "ผลงานตามหน้าที่")


def _item(found: Register, item: dict[str, Any]) -> Section:
    def mine(table: pd.DataFrame) -> list[dict[str, Any]]:
        chosen = table[(table["duty"] == item["duty"]) & (table["round"] == item["round"])]
        return list(chosen.to_dict("records"))

    texts = [f"ทำแล้ว {item['done']} จาก {item['steps']} ขั้น"]
    texts += [f"ส่วน {row['part']} {row['thai']}: ระดับ {row['level']} จาก {row['of']}" for row in mine(found.levels)]
    texts += [item["result"] or "ยังไม่มีผลการดำเนินงานในทะเบียน"]
    rows = [[row["thai"], "ถึงแล้ว" if row["met"] else "ยังไม่ถึง"] for row in mine(found.standards)]
    grid = Grid(["มาตรฐานการปฏิบัติงาน", "ผล"], rows) if rows else None
    return Section(item["title"], texts, grid, level=3)


# -- collections ----
def collection_pages(folder: Path, choice: Choice, policy: Policy) -> list[Page]:
    """Return a page of all issues by level, and one of each with its figures.

    Raises
    ------
    DataError
        When there is no such issue.
    """
    names = issue_names(folder)
    schools = office_schools(folder)
    threshold = policy.settings.public_min_pupils
    pages: list[Page] = []
    levels: dict[str, list[tuple[Issue, Page]]] = {}
    for place, chosen in enumerate(choice.collections, start=1):
        if chosen.name not in names:
            raise _not_there(
                f"collections.{place}", f"ประเด็น {chosen.name} ใน collections/", f"issue {chosen.name}", names
            )
        issue = read_issue(folder, chosen.name)
        results = public_results(read_returns(folder, issue, schools), schools, threshold)
        title = f"{one_line(issue.title)} รอบ {one_line(issue.round)}"
        page = Page(f"collection-{issue.form_id}.html", title, _issue(issue, chosen.level, results, threshold))
        pages.append(page)
        levels.setdefault(chosen.level, []).append((issue, page))
    sections = [
        Section(_level(level), (), None, [(page.file, f"{DUTIES[issue.duty]}: {page.title}") for issue, page in mine])
        for level, mine in levels.items()
    ]
    return [Page("collections.html", "ผลการติดตามและตรวจราชการ", sections, "ผลการติดตาม"), *pages]


def _issue(issue: Issue, level: str, results: list[Result], threshold: int) -> list[Section]:
    about = [f"{DUTIES[issue.duty]}  {_level(level)}", f"ที่มา: {one_line(issue.source)}" if issue.source else ""]
    about += [f"แจ้งโรงเรียนเมื่อ {arabic_digits(thai_date(issue.asked_on))}" if issue.asked_on else ""]
    about += [f"ถามโรงเรียน {results[0].asked:,} แห่ง  ผลรวมของทุกโรงเรียนในสำนักงานเขต"]
    about += [f"“{SUPPRESSED}” = ไม่เผยแพร่ เพราะเป็นจำนวนที่น้อยกว่า {threshold} หรือใช้คำนวณย้อนกลับไปหาจำนวนหรือคำตอบเช่นนั้นได้"]
    sections = [Section("เกี่ยวกับการติดตามนี้", [text for text in about if text])]
    for number, result in enumerate(results, start=1):
        question = result.question
        texts = [f"ตอบแล้ว {told(result.answered)} แห่ง จากที่ถาม {result.asked:,} แห่ง"]
        grid = None
        if result.counts:
            grid = Grid(["คำตอบ", "โรงเรียน (แห่ง)"], [[answer, told(count)] for answer, count in result.counts], (1,))
        elif question.kind == "number" and result.answered != 0:
            unit = f" {question.unit}" if question.unit else ""
            texts.append(f"รวมทุกโรงเรียนที่ตอบ {told(result.total)}{unit}")
        elif question.kind in ("text", "date"):
            texts.append(_NO_TEXTS if question.kind == "text" else "วันที่ของแต่ละโรงเรียนไม่เผยแพร่")
        sections.append(Section(f"ข้อ {number} {one_line(question.thai)}", texts, grid))
    return sections


# -- the plans ----
def plan_page(measured: Measured, stem: str) -> tuple[Page, Files]:
    """Return the plan's page from its public figures alone, and its public files.

    Raises
    ------
    DataError
        When there is no such scenario.
    """
    # Imported here: a plan is measured and worked out, which most sites do not need.
    from restructure.documents.public import AWAITED
    from restructure.public import write_public_annexes
    from restructure.steps import draft_plan, write_public_paper
    from restructure.webmap import write_public_map

    cycle = measured.cycle
    files = scenario_files(cycle.folder)
    if stem not in files:
        raise _not_there("plan", f"ทางเลือก {stem} ใน scenarios/", f"scenario {stem}", files)
    plan = draft_plan(measured, find_scenario(cycle.folder, stem))
    figures = public_figures(plan)
    source = cycle.outputs / "plan" / "public"
    names = {"plan-annexes.xlsx": "annexes.xlsx", "plan.docx": "plan.docx", "plan-map.html": "map.html"}
    copies = [Copy(f"files/{name}", source / made) for name, made in names.items()]
    words = ["ตารางทั้งหมด (XLSX)", "เอกสารแผน (DOCX)", "แผนที่"]
    links = [(copy.file, text) for copy, text in zip(copies, words, strict=True)]
    sections = _plan(figures, cycle.tables, plan.scenario.name, links)
    page = Page("plan.html", "แผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก", sections, "แผนการจัดการเรียนรวม")

    def rewrite(folder: Path, final: bool) -> None:
        write_public_annexes(plan, figures, folder / "annexes.xlsx")
        write_public_map(plan, figures, folder / "map.html")
        write_public_paper(measured, plan, figures, folder / "plan.docx", read_draft(cycle.folder)[0], final=final)

    steps = [step.thai for step in steps_of(read_draft(cycle.folder)[0].kind)]
    return page, Files(copies, rewrite, [*steps, *AWAITED.values()])


def _plan(
    figures: PublicFigures, tables: dict[str, pd.DataFrame], name: str, links: list[tuple[str, str]]
) -> list[Section]:
    merges = [
        [_named(row["school_name"], row["school_id"]), _named(row["host_name"], row["host_id"]),
         thai_grades(row["grades"]), KINDS[row["kind"]], PROGRAMMES[row["programme"]], row["from_term"],
         told(row["pupils"])]
        for row in figures.merges.to_dict("records")
    ]  # fmt: skip
    places = tables["schools"][["school_id", "name", "tambon", "amphoe"]]
    schools = [
        [_named(row["name"], row["school_id"]), *_place(row), told(row["before"]), told(row["after"])]
        for row in figures.schools.merge(places).to_dict("records")
    ]
    villages = [
        [_named(row["village"], row["village_id"]), _named(row["school_name"], row["school_id"]),
         _named(row["host_name"], row["host_id"]), told(row["pupils"])]
        for row in with_names(tables, figures.villages).to_dict("records")
    ]  # fmt: skip
    office = [[row["item"], told(row["value"]), row["unit"]] for row in figures.office.to_dict("records")]
    note = "หมู่บ้านที่ไม่อยู่ในรายการ อาจไม่มีนักเรียนย้าย มีน้อย หรือบอกไม่ได้โดยไม่เปิดเผยหมู่บ้านอื่น"
    heads = ["โรงเรียนมารวม", "โรงเรียนหลัก", "ชั้น", "ลักษณะ", "โครงการ", "ตั้งแต่ภาคเรียน", "นักเรียน (คน)"]
    return [
        Section("สรุป", [f"ทางเลือก: {one_line(name)}", suppressed_words(figures.threshold), ROUTED],
                Grid(["รายการ", "จำนวน", "หน่วย"], office, (1,)), links),
        Section("การรวม", [], Grid(heads, merges, (6,))),
        Section("โรงเรียนที่นักเรียนออกหรือเข้า", [],
                Grid(["โรงเรียน", "ตำบล", "อำเภอ", "ก่อน (คน)", "หลัง (คน)"], schools, (3, 4))),
        Section("หมู่บ้านที่มีนักเรียนย้าย เท่าที่เผยแพร่ได้", [note],
                Grid(["หมู่บ้าน", "โรงเรียนมารวม", "โรงเรียนหลัก", "นักเรียน (คน)"], villages, (3,))),
    ]  # fmt: skip


def small_page(measured: Measured, *, listed_only: bool) -> tuple[Page, Files | None]:
    """Return the page of the small schools from their public figures alone, and their public files.

    Parameters
    ----------
    listed_only
        Whether figures of another plan stand beside it: which tell, with a roll, what that one hides. Then only the
        schools are named.
    """
    from restructure.smallbook import write_public_small_book

    small = small_schools(measured)
    public = public_small(small)
    menu = "โรงเรียนขนาดเล็ก"
    if listed_only:
        return Page("small-schools.html", menu, _listed(small, public), menu), None
    source = measured.cycle.outputs / "small-schools" / "public"
    copies = [Copy("files/small-schools.xlsx", source / "small-schools.xlsx"),
              Copy("files/small-schools-plan.docx", source / "plan.docx")]  # fmt: skip
    links = [(copies[0].file, "ตารางทั้งหมด (XLSX)"), (copies[1].file, "แผนประจำปี (DOCX)")]
    page = Page("small-schools.html", menu, _small(public, links), menu)

    def rewrite(folder: Path, final: bool) -> None:
        write_public_small_paper(small, public, folder / "plan.docx", final=final)
        write_public_small_book(small, public, folder / "small-schools.xlsx")

    return page, Files(copies, rewrite, duty_steps(measured.cycle.folder)["thai"].tolist())


def _listed(small: SmallSchools, public: PublicSmall) -> list[Section]:
    rows = [[_named(row["name"], row["school_id"]), *_place(row), thai_grades(row["grades"])]
            for row in public.schools.to_dict("records")]  # fmt: skip
    intro = f"โรงเรียนที่มีนักเรียนไม่เกิน {small.bounds[-1]} คนตามทะเบียน (DMC) รวมโรงเรียนที่ไม่มีนักเรียน"
    grid = Grid(["โรงเรียน", "ตำบล", "อำเภอ", "ชั้น"], rows)
    return [Section("รายชื่อโรงเรียน", [intro, ONE_OF_TWO], grid)]


def _small(public: PublicSmall, links: list[tuple[str, str]]) -> list[Section]:
    names = spell_sizes(public.bounds)
    sizes = [[names[row["size"]], f"{row['schools']:,}", told(row["pupils"])]
             for row in public.sizes.to_dict("records")]  # fmt: skip
    sizes.append(["รวมโรงเรียนขนาดเล็กที่มีนักเรียน", f"{int((public.schools['size'] > 0).sum()):,}", told(public.total)])
    amphoes = [[row["amphoe"], f"{row['schools']:,}", f"{row['small']:,}", told(row["pupils"])]
               for row in public.amphoes.to_dict("records")]  # fmt: skip
    years = [["ไม่ระบุ" if pd.isna(row["year"]) else str(row["year"]), f"{row['schools']:,}", f"{row['small']:,}",
              told(row["pupils"])] for row in public.years.to_dict("records")]  # fmt: skip
    schools = [[_named(row["name"], row["school_id"]), *_place(row), thai_grades(row["grades"]), names[row["size"]],
                told(row["pupils"])] for row in public.schools.to_dict("records")]  # fmt: skip
    counts = ["โรงเรียนที่เปิดสอน (แห่ง)", "โรงเรียนขนาดเล็ก (แห่ง)", "นักเรียนของโรงเรียนขนาดเล็ก (คน)"]
    return [
        Section("ตามขนาด", ["จำนวนนักเรียนตามทะเบียน (DMC)", suppressed_words(public.threshold)],
                Grid(["จำนวนนักเรียน", "โรงเรียน (แห่ง)", "นักเรียน (คน)"], sizes, (1, 2)), links),
        Section("ตามอำเภอ", [], Grid(["อำเภอ", *counts], amphoes, (1, 2, 3))),
        Section("ย้อนหลัง", [], Grid(["ปีการศึกษา", *counts], years, (1, 2, 3))),
        Section("รายชื่อโรงเรียนขนาดเล็กและโรงเรียนที่ไม่มีนักเรียน", [],
                Grid(["โรงเรียน", "ตำบล", "อำเภอ", "ชั้น", "ขนาด", "นักเรียน (คน)"], schools, (5,))),
    ]  # fmt: skip


# -- words ----
def told(value: Any) -> str:
    """Return a figure, or the mark of one that is suppressed."""
    if pd.isna(value):
        return SUPPRESSED
    text = f"{value:,f}" if not isinstance(value, int) and value % 1 else f"{int(value):,}"
    return text.rstrip("0") if "." in text else text


def _named(name: str, code: str) -> str:
    return f"{one_line(name)} ({code})"


def _place(row: dict[str, Any]) -> list[str]:
    return [one_line(row["tambon"]), one_line(row["amphoe"])]


def _level(level: str) -> str:
    return f"ระดับ {level}" if level else "ไม่ระบุระดับ"


def _not_there(where: str, thai: str, english: str, there: Iterable[str]) -> DataError:
    return DataError(
        f"ไฟล์ {SITE_FILE} ใช้ไม่ได้ที่ {where}: ไม่มี{thai} มี {', '.join(there) or 'ไม่มีเลย'} แก้ไขแล้วสั่งใหม่",
        f"{SITE_FILE}, {where}: there is no {english}; mend it.",
    )

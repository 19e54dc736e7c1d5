"""The site on disk: pages, one style, one search, in a folder that needs neither a server nor a network."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import jinja2
import pandas as pd

from restructure._errors import DataError
from restructure.chain import one_line
from restructure.cycle import Measured, find_scenario
from restructure.files import outputs_folder, staged
from restructure.ledger import CITIZEN, read_ledger
from restructure.paper import blank
from restructure.policy import Policy, load_policy
from restructure.public import READ_FIRST
from restructure.register import Register, register
from restructure.site.choice import SITE_FILE, Choice, read_choice
from restructure.site.pages import (
    Copy,
    Page,
    Section,
    collection_pages,
    duty_page,
    indicator_page,
    plan_page,
    small_page,
)
from restructure.thai import arabic_digits, thai_date
from restructure.webpage import font_faces, inert_json, read_asset
from restructure.words import SYNTHETIC

#: What begins the name of an owner who is no person: groups and posts may stand in a text.
_POSTS = ("กลุ่ม", "งาน", "ฝ่าย", "ผอ", "ผู้", "รอง", "คณะ", "ศูนย์", "โรงเรียน", "สพป", "สำนักงาน", "เจ้าหน้าที่", "นัก")
_TITLES = re.compile(r"^(?:นางสาว|น\.ส\.|นาย|นาง|ดร\.)\s*")


class Written(NamedTuple):
    """What was written; ``notes`` (Thai) are for the office before it publishes."""

    folder: Path
    pages: list[Page]
    notes: list[str]


def write_site(folder: Path, measure: Callable[[Path], Measured]) -> Written:
    """Write ``outputs/site/`` of a cycle, in place of all that was there.

    Parameters
    ----------
    measure
        Reads and measures the cycle; called only where a plan is published.

    Raises
    ------
    DataError
        When ``site.yaml`` cannot be used, a text names an officer, or a plan's files are not of what the cycle holds.
    """
    choice, policy = read_choice(folder), load_policy(folder / "policy.yaml")
    rows = read_ledger(folder)
    found = register(folder, rows=rows)
    pages = _typed(folder, choice, policy, found)
    _refuse_names(choice, pages, found, rows)
    plans, copies = _plans(folder, choice, measure)
    pages += plans
    pages.insert(0, Page("index.html", f"รายงานผล ปีงบประมาณ {policy.fiscal_year}", _home(choice, pages), "หน้าแรก"))
    notes = _notes(choice, copies)
    target = outputs_folder(folder) / "site"
    with staged(target) as stage:
        made = _write(stage, pages, copies, policy, choice)
    # What is chosen no longer must not stay.
    for left in sorted(target.rglob("*"), reverse=True):
        if left.is_dir() and not left.is_symlink():
            if not any(left.iterdir()):
                left.rmdir()
        elif left.relative_to(target).as_posix() not in made:
            left.unlink()
    return Written(target, pages, notes)


def _typed(folder: Path, choice: Choice, policy: Policy, found: Register) -> list[Page]:
    """Return the pages on which stand texts that people have typed."""
    pages: list[Page] = []
    if choice.indicators:
        pages.append(indicator_page(choice.indicators))
    if choice.duties:
        pages.append(duty_page(folder, found, choice.duties))
    if choice.collections:
        pages += collection_pages(folder, choice, policy)
    return pages


def _plans(folder: Path, choice: Choice, measure: Callable[[Path], Measured]) -> tuple[list[Page], list[Copy]]:
    """Return the pages of the plans and their public files, which are made where there are none yet."""
    # Imported here: documents and maps take a second to load, and most sites do not need them.
    from restructure.smallschools import write_small_schools
    from restructure.steps import write_plan

    pages: list[Page] = []
    copies: list[Copy] = []
    if not (choice.plan or choice.small_schools):
        return pages, copies
    measured = measure(folder)
    if choice.plan:
        page, files, rewrite = plan_page(measured, choice.plan)
        if not files[0].source.is_file():
            write_plan(measured, find_scenario(folder, choice.plan))
        _refuse_stale(files, rewrite, "plan")
        pages.append(page)
        copies += files
    if choice.small_schools:
        page, files, rewrite = small_page(measured, listed_only=bool(choice.plan))
        if files and not files[0].source.is_file():
            write_small_schools(measured)
        _refuse_stale(files, rewrite, "small-schools")
        pages.append(page)
        copies += files
    return pages, copies


def _refuse_stale(copies: list[Copy], rewrite: Callable[[Path], None], command: str) -> None:
    """Refuse files that say other figures than their page: two versions tell more than each."""
    if not copies:
        return
    book = copies[0].source
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / book.name
        rewrite(again)
        same = again.read_bytes() == book.read_bytes()
    if not same or not all(copy.source.is_file() for copy in copies):
        raise DataError(
            f"ไฟล์ใน outputs/{command}/public ไม่ครบ หรือไม่ตรงกับข้อมูลหรือทางเลือกปัจจุบัน จึงไม่เผยแพร่: "
            f"สั่ง restructure {command} ก่อน แล้วสั่งใหม่",
            f"outputs/{command}/public is not of the cycle as it is now; run `restructure {command}` first.",
        )


def _refuse_names(choice: Choice, pages: list[Page], found: Register, rows: pd.DataFrame) -> None:
    """Refuse texts with a citizen's number, or the name of somebody whom the register knows."""
    texts = [("about", choice.about)]
    for page in pages:
        for section in page.sections:
            cells = [cell for row in (section.grid.rows if section.grid else []) for cell in row]
            texts.append((f"{page.title}: {section.heading}", "\n".join((section.heading, *section.texts, *cells))))
    names = [rows["who"], found.items["owner"], found.steps["owner"], found.orders["giver"]]
    people = sorted({name for name in map(_person, pd.concat(names)) if name})
    for where, text in texts:
        plain = one_line(text)
        if named := [name for name in people if name in plain]:
            raise DataError(
                f"ข้อความที่จะเผยแพร่ ({where}) มีชื่อเจ้าหน้าที่ {named[0]} จึงไม่เผยแพร่: ลบชื่อออกใน {SITE_FILE} ในผลของเรื่อง "
                "(restructure duty … --result) หรือใน issue.yaml แล้วสั่งใหม่",
                f"What is to be published ({where}) names an officer, {named[0]}; take the name out.",
            )
        if CITIZEN.search(arabic_digits(plain)):
            raise DataError(
                f"ข้อความที่จะเผยแพร่ ({where}) มีเลข 13 หลักเหมือนเลขประจำตัวประชาชน: ลบเลขนั้นออก แล้วสั่งใหม่",
                f"What is to be published ({where}) holds a number of 13 digits; leave it out.",
            )


def _person(name: str) -> str:
    """Return first name and surname, or the one name, of what somebody signs with; nothing where it is a post."""
    words = _TITLES.sub("", one_line(name)).split()
    if not words or words[0].startswith(_POSTS):
        return ""
    found = words[:1] if len(words) == 1 or words[1].startswith(_POSTS) else words[:2]
    return " ".join(found) if len(" ".join(found)) > 2 else ""


def _notes(choice: Choice, copies: Iterable[Copy]) -> list[str]:
    notes = []
    if choice.about or choice.indicators or choice.duties or choice.collections:
        notes.append("ก่อนเผยแพร่ ต้องมีคนอ่านข้อความที่พิมพ์เอง (แนะนำ ตัวชี้วัด ผลของเรื่อง คำถาม) ว่าไม่มีจำนวนนักเรียนน้อยหรือชื่อบุคคล")
    if choice.date is None:
        notes.append(f"ยังไม่กรอกวันที่เผยแพร่ (date ใน {SITE_FILE})")
    if drafts := [copy.source for copy in copies if copy.source.suffix == ".docx" and is_draft(copy.source)]:
        notes.append(f"เอกสารยังเป็นร่าง: {', '.join(map(str, drafts))} ฉบับสมบูรณ์ทำด้วย --final ของคำสั่งนั้น")
    return notes


def is_draft(path: Path) -> bool:
    """Say whether a public paper still says that it has to be read before it is published."""
    with ZipFile(path) as paper:
        return READ_FIRST in re.sub(r"<[^>]*>", "", paper.read("word/document.xml").decode("utf-8"))


def _home(choice: Choice, pages: list[Page]) -> list[Section]:
    day = arabic_digits(thai_date(choice.date)) if choice.date else blank("วันที่เผยแพร่").text
    listed = [(page.file, page.title) for page in pages if page.menu]
    sections = [Section("เกี่ยวกับเว็บไซต์นี้", [*filter(None, [choice.about]), f"เผยแพร่เมื่อ {day}"])]
    if listed:
        return [*sections, Section("มีอะไรบ้าง", [], None, listed)]
    nothing = f"สำนักงานยังไม่ได้เลือกสิ่งที่จะเผยแพร่ เลือกใน {SITE_FILE} ของรอบปีงบประมาณ แล้วทำเว็บไซต์ใหม่"
    return [*sections, Section("ยังไม่มีสิ่งที่เผยแพร่", [nothing])]


# -- files ----
def _write(stage: Path, pages: list[Page], copies: list[Copy], policy: Policy, choice: Choice) -> set[str]:
    """Write everything; return the names."""
    template = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        read_asset("site/page.html")
    )
    drafts = {copy.file for copy in copies if copy.source.suffix == ".docx" and is_draft(copy.source)}
    shared = {
        "office": one_line(policy.office),
        "year": policy.fiscal_year,
        "synthetic": SYNTHETIC if policy.synthetic else "",
        "menu": [(page.file, page.menu) for page in pages if page.menu],
        "day": arabic_digits(thai_date(choice.date)) if choice.date else "",
        "version": metadata.version("restructure"),
        "drafts": drafts,
    }
    texts = {page.file: template.render(shared, page=page) for page in pages}
    texts["style.css"] = font_faces() + "\n" + read_asset("site/style.css")
    texts["search.js"] = read_asset("site/search.js")
    texts["pages.js"] = f"const SITE = {inert_json(_index(pages))};\n"
    for name, text in texts.items():
        (stage / name).write_text(text, "utf-8", newline="\n")
    for copy in copies:
        (stage / copy.file).parent.mkdir(exist_ok=True)
        shutil.copyfile(copy.source, stage / copy.file)
    return {*texts, *(copy.file for copy in copies)}


def _index(pages: list[Page]) -> dict[str, Any]:
    """Return what is searched: of each section its texts, and each row of its table; with its place."""
    entries: list[list[Any]] = []
    for number, page in enumerate(pages):
        for place, section in enumerate(page.sections, start=1):
            links = [words for _, words in section.links]
            entries.append([number, f"s{place}", section.heading, " ".join((*section.texts, *links))])
            for row, cells in enumerate(section.grid.rows if section.grid else [], start=1):
                entries.append([number, f"s{place}-{row}", section.heading, " ".join(cells)])
    return {"pages": [[page.file, page.title] for page in pages], "entries": entries}

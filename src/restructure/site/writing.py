"""The site on disk: pages, one style, one search, in a folder that needs neither a server nor a network."""

from __future__ import annotations

import html
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

import jinja2
import pandas as pd

from restructure._errors import DataError
from restructure.chain import one_line
from restructure.cycle import Measured, find_scenario, refuse_broken_ledger
from restructure.files import outputs_folder, staged
from restructure.ledger import CITIZEN, read_ledger
from restructure.paper import blank
from restructure.policy import Policy, load_policy
from restructure.public import READ_FIRST
from restructure.register import Register, register
from restructure.site.choice import SITE_FILE, Choice, read_choice
from restructure.site.pages import (
    Copy,
    Files,
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
#: Where the words of a paper and of a workbook are.
_PARTS = re.compile(r"word/(?:document|(?:header|footer|footnotes|endnotes|comments)\d*)\.xml|xl/sharedStrings\.xml")
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
    LedgerError
        When the ledger is not what it was.
    """
    refuse_broken_ledger(folder)
    choice, policy = read_choice(folder), load_policy(folder / "policy.yaml")
    rows = read_ledger(folder)
    found = register(folder, rows=rows)
    pages = _typed(folder, choice, policy, found)
    plans, copies, places = _plans(folder, choice, measure)
    pages += plans
    _refuse_names(_texts(choice, pages, copies), _people(found, rows), places)
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


def _plans(
    folder: Path, choice: Choice, measure: Callable[[Path], Measured]
) -> tuple[list[Page], list[Copy], set[str]]:
    """Return the pages of the plans, their public files, made where there are none yet, and the names of places."""
    # Imported here: documents and maps take a second to load, and most sites do not need them.
    from restructure.smallschools import write_small_schools
    from restructure.steps import write_plan

    pages: list[Page] = []
    copies: list[Copy] = []
    if not (choice.plan or choice.small_schools):
        return pages, copies, set()
    measured = measure(folder)
    if choice.plan:
        page, plan_files = plan_page(measured, choice.plan)
        if not plan_files.copies[0].source.is_file():
            write_plan(measured, find_scenario(folder, choice.plan))
        pages.append(page)
        copies += _fresh(plan_files, "plan")
    if choice.small_schools:
        page, files = small_page(measured, listed_only=bool(choice.plan))
        if files and not files.copies[0].source.is_file():
            write_small_schools(measured)
        pages.append(page)
        copies += _fresh(files, "small-schools") if files else []
    tables = (measured.cycle.tables["schools"], measured.cycle.tables["villages"])
    places = {name for table in tables for key in ("name", "tambon", "amphoe") if key in table for name in table[key]}
    return pages, copies, places


def _fresh(files: Files, command: str) -> list[Copy]:
    """Return files that say what the cycle holds now; a paper in which steps are further by now is written anew.

    Raises
    ------
    DataError
        When other figures or texts stand in them: two versions tell more than each.
    """
    if not any(_is_made(files, final) for final in (False, True)):
        raise DataError(
            f"ไฟล์ใน outputs/{command}/public ไม่ครบ หรือไม่ตรงกับข้อมูล ข้อความ หรือทางเลือกปัจจุบัน จึงไม่เผยแพร่: "
            f"สั่ง restructure {command} ก่อน แล้วสั่งใหม่ (แก้เอกสารที่แม่แบบใน templates/ ไม่แก้ในไฟล์ที่ได้)",
            f"outputs/{command}/public is not of the cycle as it is now; run `restructure {command}` first.",
        )
    return files.copies


def _is_made(files: Files, final: bool) -> bool:
    """Say whether files are as they would be made now, how far the steps are aside, which is brought up to date."""
    if not all(copy.source.is_file() for copy in files.copies):
        return False
    with tempfile.TemporaryDirectory() as folder:
        files.rewrite(Path(folder), final)
        made = {copy.source: Path(folder) / copy.source.name for copy in files.copies}
        changed = {old: new for old, new in made.items() if old.read_bytes() != new.read_bytes()}
        if not all(_without(old, files.steps) == _without(new, files.steps) for old, new in changed.items()):
            return False
        for old, new in changed.items():
            with staged(old.parent) as stage:
                shutil.copyfile(new, stage / old.name)
    return True


def _without(path: Path, steps: Sequence[str]) -> dict[str, bytes | list[str]]:
    """Return the parts of a paper without the rows of tables that tell of steps; of another file all."""
    if path.suffix != ".docx":
        return {"": path.read_bytes()}
    names = [arabic_digits(one_line(step)) for step in steps]
    try:
        with ZipFile(path) as file:
            parts: dict[str, Any] = {name: file.read(name) for name in file.namelist()}
        rows = re.split(r"(?=<w:tr\b)|(?<=</w:tr>)", parts["word/document.xml"].decode("utf-8"))
    except (BadZipFile, KeyError, UnicodeDecodeError):
        return {"": path.read_bytes()}
    told = [(row, arabic_digits(one_line(re.sub(r"<[^>]*>", "", row)))) for row in rows]
    kept = [row for row, text in told if not (row.startswith("<w:tr") and any(name in text for name in names))]
    return parts | {"word/document.xml": kept}


def _texts(choice: Choice, pages: list[Page], copies: list[Copy]) -> Iterator[tuple[str, str]]:
    """Yield every text that is published, and where it stands."""
    yield "about", choice.about
    for page in pages:
        yield page.file, page.title
        for section in page.sections:
            cells = [cell for row in (section.grid.rows if section.grid else []) for cell in row]
            links = [words for _, words in section.links]
            for text in (section.heading, *section.texts, *cells, *links):
                yield f"{page.title}: {section.heading}", text
    for copy in copies:
        for line in _lines(copy.source):
            yield copy.file, line


def _people(found: Register, rows: pd.DataFrame) -> list[str]:
    """Return the names of those whom the register and the ledger know."""
    names = [rows["who"], found.items["owner"], found.steps["owner"], found.orders["giver"]]
    return sorted({name for name in map(_person, pd.concat(names)) if name})


def _refuse_names(texts: Iterable[tuple[str, str]], people: list[str], places: Iterable[str]) -> None:
    """Refuse texts with a citizen's number, or the name of somebody; a place may be named like a person."""
    plain_places = {arabic_digits(one_line(place)) for place in places}
    alike = {name: [place for place in plain_places if name in place] for name in people}
    for where, text in texts:
        plain = arabic_digits(one_line(text))
        for name in people:
            rest = plain
            for place in alike[name] if name in plain else ():
                rest = rest.replace(place, " ")
            if name in rest:
                raise DataError(
                    f"ข้อความที่จะเผยแพร่ ({where}) มีชื่อเจ้าหน้าที่ {name} จึงไม่เผยแพร่: ลบชื่อออกในที่ที่พิมพ์ไว้ ({SITE_FILE} "
                    "ผลของเรื่องด้วย restructure duty … --result issue.yaml plan.yaml หรือ small-schools.yaml) แล้วสั่งใหม่",
                    f"What is to be published ({where}) names an officer, {name}; take the name out.",
                )
        if CITIZEN.search(plain):
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
    if drafts := [copy.source for copy in copies if _is_draft(copy)]:
        notes.append(f"เอกสารยังเป็นร่าง: {', '.join(map(str, drafts))} ฉบับสมบูรณ์ทำด้วย --final ของคำสั่งนั้น")
    return notes


def _is_draft(copy: Copy) -> bool:
    """Say whether a file is a public paper that still says that it has to be read before it is published."""
    return copy.source.suffix == ".docx" and any(READ_FIRST in line for line in _lines(copy.source))


def _lines(path: Path) -> list[str]:
    """Return the paragraphs of a paper, or the texts in a workbook's cells; nothing of other files."""
    if path.suffix not in (".docx", ".xlsx"):
        return []
    try:
        with ZipFile(path) as file:
            text = "".join(file.read(name).decode("utf-8") for name in file.namelist() if _PARTS.fullmatch(name))
    except (BadZipFile, UnicodeDecodeError):
        return []
    lines = re.split("</w:p>|</si>", re.sub(r"<w:(?:br|tab)\b[^>]*>", " ", text))
    return [html.unescape(re.sub(r"<[^>]*>", "", line)) for line in lines]


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
    drafts = {copy.file for copy in copies if _is_draft(copy)}
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

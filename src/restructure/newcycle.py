"""A new cycle's folder: empty tables to fill, and what of the office's last cycle goes on.

Nothing of the last cycle is changed. What lasts is copied as it is; what a year has of its own (pupils, letters of
ceilings, payments) is asked for. The rolls that the last cycle counted become a past year of ``enrolment``. What
somebody has certified goes on in a ledger of its own, row by row with its place in the last one: it pays only while
points and way are what they were (:func:`restructure.certify.paying`).
"""

from __future__ import annotations

import datetime
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import yaml

from restructure._errors import DataError, PolicyError, UsageError
from restructure.certify import carried
from restructure.closures import read_closures
from restructure.corrections import CORRECTIONS_FILE
from restructure.cycle import Cycle, find_scenario, ledger_faults, open_cycle
from restructure.duties import DUTIES_FOLDER
from restructure.evidence import is_unchanged
from restructure.files import read_yaml, staged, write_csv
from restructure.grades import GRADES, thai_grades
from restructure.intake import OPTIONAL_TABLES, REQUIRED_TABLES, WET_SEASON, columns_of
from restructure.intake.mapping import MAPPING_FILE
from restructure.intake.pupils import SALT_FILE
from restructure.ledger import LEDGER_FILE, Decision, decide, read_ledger
from restructure.migration import policy_as_meant
from restructure.optimise.rules import RULES_FILE
from restructure.policy import Policy, load_policy, packaged_settings, packaged_years
from restructure.rolls import as_of_term, snapshot
from restructure.scenario import NEAREST, Scenario
from restructure.site.choice import SITE_FILE
from restructure.smalltexts import SMALL_FILE
from restructure.thai import round_term
from restructure.words import KINDS, TABLE_NAMES, spell_day, spell_value

#: What was carried over, asked for anew and left, as the command tells it.
CARRIED_FILE = "carried.csv"
STATES = {"carried": "ยกมาแล้ว", "ask": "ต้องทำหรือขอใหม่", "left": "ไม่ยกมา"}
#: Tables that hold from year to year; closures and past rolls are looked at one by one.
_LASTING = ("schools", "villages", "tambons", "boundary", "crosswalk", "polling", "mergers")
#: Tables that are of one year, and what to ask for.
_YEARLY = {
    "students": "นักเรียนของภาคเรียนใหม่จาก DMC (ต้องมี)",
    "totals": "ผลรวม DMC ของภาคเรียนใหม่ (ถ้ามี)",
    "population": "ประชากรหมู่บ้านฉบับล่าสุด (ถ้ามี)",
    "ceilings": "หนังสือแจ้งวงเงินของปีใหม่ เมื่อได้รับ",
    "payments": "การจ่ายเงินของปีใหม่ เมื่อจ่ายแล้ว",
}
#: Folders and files of a cycle that are of its year alone.
_OF_THE_YEAR = {
    "drafts": "ร่างที่ทำค้าง",
    "scenarios": "ทางเลือก",
    "plan.yaml": "ข้อความของร่างแผน",
    SMALL_FILE: "ข้อความของแผนโรงเรียนขนาดเล็ก",
    "collections": "แบบติดตามที่ส่งโรงเรียน",
    "private": "ข้อมูลเฉพาะบุคคล",
    "versions": "ฉบับที่คณะกรรมการเห็น",
    "outputs": "ผลลัพธ์",
}
_SCENARIO_TEMPLATE = """\
# คัดลอกไฟล์นี้ไปไว้ใน scenarios/ ตั้งชื่อตามต้องการ แล้วแก้ค่า
name: ทางเลือก ก
merges:
  # grades: all หรือ P1-P3, P4-P6, K, M    kind: learn-together (เรียนรวม) merge (ยุบรวม) dissolve (เลิก)
  # programme: existing (กรณี 1.1) second-decade (กรณี 1.2) หรือไม่ใส่
  - {school: "รหัสโรงเรียนมารวม", host: "รหัสโรงเรียนหลัก", grades: all, kind: learn-together, from_term: "1/2570"}
"""


class Line(NamedTuple):
    """One thing of the last cycle, in Thai: what became of it (:data:`STATES`), what it is, its file, what to know."""

    state: str
    what: str
    file: str
    note: str = ""


def new_cycle(folder: Path, before: Path | None = None) -> list[Line]:
    """Make a folder for an office to fill, with templates of every table and of a scenario beside it.

    Parameters
    ----------
    before
        The office's cycle before this one: what lasts of it goes on, and ``carried.csv`` lists it.

    Returns
    -------
    list of Line
        What was carried over, is asked for and was left; nothing without a cycle before.

    Raises
    ------
    UsageError
        When the folder already holds inputs, or the cycle before is not there or around it.
    DataError
        When the cycle before cannot be read.
    """
    if before and not (before / "inputs").is_dir():
        raise UsageError(f"ไม่พบรอบปีก่อนที่ {before}: ตรวจชื่อโฟลเดอร์", f"There is no cycle at {before}; check its name.")
    if before and before.resolve() in folder.resolve().parents:
        raise UsageError(
            f"{folder} อยู่ในโฟลเดอร์ของปีก่อน ซึ่งต้องไม่เปลี่ยน: สร้างไว้ข้างกัน เช่น {before.parent / folder.name}",
            f"{folder} lies within last year's folder; make it beside that.",
        )
    for existing in (folder / "inputs", folder / "policy.yaml"):
        if existing.exists():
            raise UsageError(
                f"มี {existing} อยู่แล้ว: เลือกโฟลเดอร์ใหม่", f"{existing} exists already; choose another folder."
            )
    last = open_cycle(before, untouched=True) if before else None
    lines: list[Line] = []
    with staged(folder) as stage:
        _write_templates(stage)
        if last is None:
            text = "# ชื่อสำนักงานเขต และค่าที่เปลี่ยนจากค่าของโปรแกรม พร้อมแหล่งที่มาและวันที่\noffice:\nfiscal_year: "
            (stage / "policy.yaml").write_text(f"{text}{packaged_years()[-1]}\n", "utf-8")
        else:
            lines = sorted(_carry_over(last, stage), key=lambda line: list(STATES).index(line.state))
            table = pd.DataFrame([line._replace(state=STATES[line.state]) for line in lines])
            write_csv(stage / CARRIED_FILE, table.set_axis(["ผล", "เรื่อง", "ไฟล์", "หมายเหตุ"], axis=1))
    for name in ("inputs", "scenarios"):
        (folder / name).mkdir(exist_ok=True)
    return lines


def _write_templates(stage: Path) -> None:
    for name in (*REQUIRED_TABLES, *OPTIONAL_TABLES, "closures"):
        columns = columns_of(name)
        heads = columns.loc[~columns["required"].isin(["dropped", "source"]), "thai"].tolist()
        if name == "students":
            heads = [h for h in heads if h not in ("รหัสอ้างอิงนักเรียน", "ละติจูด", "ลองจิจูด")]
        write_csv(stage / "templates" / f"{name}.csv", pd.DataFrame(columns=heads))
        words = columns[["thai", "required", "unit", "description"]].replace(
            {"required": {"yes": "ต้องมี", "dropped": "ไม่ใช้", "source": "ใช้แทนได้"}}
        )
        words.columns = ["คอลัมน์", "ต้องมีหรือไม่", "หน่วย", "คำอธิบาย"]
        write_csv(stage / "templates" / "คำอธิบาย" / f"{name}.csv", words)
    (stage / "templates" / "scenario.yaml").write_text(_SCENARIO_TEMPLATE, "utf-8")


def _carry_over(last: Cycle, stage: Path) -> Iterator[Line]:
    policy = _write_policy(last, stage)
    yield from _policy_lines(last.policy, policy)
    yield from _copy_decided(last, stage)
    yield from _copy_inputs(last, stage)
    yield from _copy_closures(last, policy, stage)
    yield from _copy_past(last, stage)
    yield from _copy_certified(last, stage)
    for table, what in _YEARLY.items():
        yield Line("ask", TABLE_NAMES[table], f"inputs/{table}.*", what)
    yield from _plan_lines(last)
    for name, what in _OF_THE_YEAR.items():
        if (last.folder / name).exists():
            yield Line("left", what, name, "เป็นของปีก่อน อยู่ในโฟลเดอร์เดิม")


# --- policy ---------------------------------------------------------------------------------------------------------


def _write_policy(last: Cycle, stage: Path) -> Policy:
    """Write the last policy with the next fiscal year, all else as it stands there, and return it."""
    new, year = stage / "policy.yaml", last.policy.fiscal_year + 1
    with policy_as_meant(last.folder) as (old, _):
        text = old.read_text("utf-8") if old.is_file() else ""
        changed, count = re.subn(r"(?m)^fiscal_year\s*:.*$", f"fiscal_year: {year}", text)
        new.write_text(changed if count else f"{text.rstrip()}\nfiscal_year: {year}\n".lstrip(), "utf-8", newline="\n")
        with suppress(PolicyError):
            if (policy := load_policy(new)).fiscal_year == year:
                return policy
        # Written in braces, or otherwise than in lines of its own: anew, without its comments.
        data = read_yaml(old, old.name, PolicyError) | {"fiscal_year": year}
    new.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8", newline="\n")
    return load_policy(new)


def _policy_lines(old: Policy, new: Policy) -> Iterator[Line]:
    file, year = "policy.yaml", new.fiscal_year
    yield Line("carried", "ปีงบประมาณ", file, f"{old.fiscal_year} → {year}")
    for key in new.changed:
        entry = new.entries[key]
        day = f" {spell_day(entry.date.isoformat())}" if entry.date else ""
        note = f"{spell_value(key, entry, new.settings)} ({entry.source or 'ไม่ระบุแหล่งที่มา'}{day})"
        yield Line("carried", f"ค่าของสำนักงาน: {entry.name}", file, note)
    for term, entries in new.terms.items():
        names = ", ".join(entry.name for entry in entries.values())
        yield Line("carried", f"ค่าที่เปลี่ยนตั้งแต่ภาคเรียนที่ {term}", file, names)
    before, now = packaged_settings(old.fiscal_year), packaged_settings(year)
    for key, entry in now.items():
        if key in before and before[key].value != entry.value:
            note = f"ค่าของโปรแกรมเปลี่ยนในปี {year}: {entry.source or 'ไม่ระบุแหล่งที่มา'}"
            note += " แต่สำนักงานกำหนดค่าของตนไว้ ตรวจว่ายังใช้" if key in new.changed else ""
            yield Line("ask", f"ค่าใหม่: {entry.name}", file, note)
    if year not in packaged_years():
        newest = max((one for one in packaged_years() if one <= year), default=packaged_years()[0])
        note = f"โปรแกรมยังไม่มีค่าของปี {year} ใช้ค่าของปี {newest}: ตรวจกับหนังสือของปีใหม่ เช่น อัตรา จำนวนวัน"
        yield Line("ask", "อัตราและเกณฑ์ของปีใหม่", file, note)


# --- what the office has decided ------------------------------------------------------------------------------------


def _copy_decided(last: Cycle, stage: Path) -> Iterator[Line]:
    single = {
        MAPPING_FILE: ("หัวตารางที่ยืนยันแล้ว", ""),
        CORRECTIONS_FILE: ("รายการแก้ไข", "ใช้กับไฟล์ใหม่เองเมื่อข้อความเดิมยังอยู่"),
        RULES_FILE: ("เกณฑ์การค้นหาแผน", ""),
        SITE_FILE: ("สิ่งที่เลือกเผยแพร่", "ตรวจวัน รอบ และรายการของปีใหม่"),
        SALT_FILE: ("กุญแจของรหัสอ้างอิงนักเรียน", "เด็กคนเดิมได้รหัสเดิม ห้ามส่งออกนอกสำนักงาน"),
    }
    for name, (what, note) in single.items():
        if (last.folder / name).is_file():
            shutil.copy(last.folder / name, stage)
            yield Line("carried", what, name, note)
    duties = [path.relative_to(last.folder) for path in sorted((last.folder / DUTIES_FOLDER).glob("*.y*ml"))]
    if duties:
        _copy(last.folder, duties, stage)
        yield Line("carried", "แม่แบบของหน้าที่", f"{DUTIES_FOLDER}/", f"{len(duties)} ไฟล์")
    edited, as_packaged = _edited_templates(last.folder, stage)
    if edited:
        _copy(last.folder, edited, stage)
        names = ", ".join(path.name for path in edited)
        yield Line("carried", "ต้นแบบที่สำนักงานแก้", "templates/", names)
    if as_packaged:
        yield Line("left", "ต้นแบบที่ไม่ได้แก้", "templates/", f"{as_packaged} ไฟล์ ใช้ของโปรแกรม")


def _edited_templates(folder: Path, stage: Path) -> tuple[list[Path], int]:
    """Return the templates that are the office's own, and how many are as the program has written them."""
    from restructure.templates import packaged_templates  # here, for documents take a second to load

    found = [path.relative_to(folder) for path in sorted((folder / "templates").rglob("*")) if path.is_file()]
    found = [path for path in found if not (stage / path).exists() and not path.name.startswith((".", "~$"))]
    packaged = packaged_templates()
    edited = [path for path in found if packaged.get(path.name) != (folder / path).read_bytes()]
    return edited, len(found) - len(edited)


def _copy(folder: Path, files: Iterable[Path], stage: Path) -> None:
    for path in files:
        (stage / path.parent).mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / path, stage / path)


# --- inputs ---------------------------------------------------------------------------------------------------------


def _copy_inputs(last: Cycle, stage: Path) -> Iterator[Line]:
    """Copy the files that last, as they are."""
    notes = {
        "schools": "ตรวจชื่อ สถานะ พิกัด ห้องเรียน และครูของปีใหม่ ถ้าได้ไฟล์ใหม่ให้วางแทน",
        "villages": "พิกัดที่วางไว้อยู่ในรายการแก้ไข",
        "mergers": "เฉพาะที่มีในไฟล์ปีก่อน",
    }
    for table in _LASTING:
        file = last.files.get(table)
        if file is None:
            continue
        what = TABLE_NAMES.get(table, "ขอบเขตสำนักงานเขต")
        if file == last.files["students"]:
            yield Line("ask", what, file, "อยู่ในไฟล์เดียวกับนักเรียน: วางไฟล์ใหม่")
        else:
            _copy(last.folder, _parts(last.folder, file), stage)
            yield Line("carried", what, file, notes.get(table, ""))
    roads = last.roads.relative_to(last.folder)
    _copy(last.folder, [roads], stage)
    day = spell_day(last.network.osm_date)
    yield Line("carried", "ถนน", roads.as_posix(), f"ข้อมูลถนน ณ {day}")
    note = f"ข้อมูลเดิม ณ {day} ยังใช้ได้ ถ้าต้องการใหม่กว่า: ย้าย {roads.as_posix()} ออก แล้วสั่ง restructure roads"
    yield Line("ask", "ถนนที่ใหม่กว่า (ถ้าต้องการ)", roads.as_posix(), note)


def _parts(folder: Path, file: str) -> list[Path]:
    """Return a file, and what belongs to it: a shapefile is several files of one name."""
    path = Path(file)
    if path.suffix.lower() != ".shp":
        return [path]
    return [part.relative_to(folder) for part in sorted((folder / path.parent).glob(f"{path.stem}.*"))]


def _copy_closures(last: Cycle, policy: Policy, stage: Path) -> Iterator[Line]:
    """Copy the closed roads where one of them is still closed when the new year begins."""
    file = last.files.get("closures")
    if file is None:
        return
    term = round_term(policy.fiscal_year, "november")
    first = datetime.date.fromisoformat(f"{term.year - 543}-{policy.settings.term_days[term.number][0]}").isoformat()
    closures, _ = read_closures(last.folder / file, file)
    ends = closures["to"]
    over = closures[(ends != "") & (ends != WET_SEASON) & (ends < first)]["closure_id"].tolist()
    told = f"พ้นแล้ว ไม่นับในปีใหม่: {', '.join(over)}" if over else ""
    if len(over) == len(closures):
        yield Line("left", TABLE_NAMES["closures"], file, told or "ไม่มีรายการที่ใช้ได้")
        return
    _copy(last.folder, _parts(last.folder, file), stage)
    yield Line("carried", TABLE_NAMES["closures"], file, told)
    yield Line("ask", "ถนนที่ปิด", file, "ตรวจว่ารายการใดเปิดแล้วหรือปิดเพิ่ม")


def _copy_past(last: Cycle, stage: Path) -> Iterator[Line]:
    """Copy the past rolls; where the last cycle counted a year that they lack, write them with it."""
    past, what = last.tables.get("enrolment"), "นักเรียนย้อนหลัง"
    rolls = past_rolls(last.tables["students"])
    replaced = ""
    if past is not None:
        past = past[["school_id", "year", "grade", "count"]].dropna()
        # The newest count is what the last cycle took for its year; of earlier years the office has told more.
        newest = rolls["year"] == rolls["year"].max()
        rolls = rolls[newest | ~rolls["year"].isin(past["year"])]
        of_newest = past["year"].isin(rolls.loc[newest, "year"])
        past = past[~of_newest]
        replaced = f" แทน {int(of_newest.sum()):,} แถวของปีนั้นในตารางเดิม" if of_newest.any() else ""
    if rolls.empty:
        if past is not None:
            _copy(last.folder, _parts(last.folder, last.files["enrolment"]), stage)
            yield Line("carried", what, last.files["enrolment"])
        note = "ไฟล์นักเรียนปีก่อนไม่บอกวันนับ: เติมปีก่อนในตาราง enrolment เอง"
        yield from (
            [] if (last.tables["students"]["as_of"] != "").all() else [Line("ask", what, "inputs/enrolment.*", note)]
        )
        return
    order = {grade: place for place, grade in enumerate(GRADES)}
    table = pd.concat([past, rolls] if past is not None else [rolls], ignore_index=True)
    table = table.sort_values(["school_id", "year", "grade"], key=lambda c: c.map(order) if c.name == "grade" else c)
    heads = columns_of("enrolment").loc[list(table), "thai"].tolist()
    write_csv(stage / "inputs" / "enrolment.csv", table.astype({"year": int, "count": int}).set_axis(heads, axis=1))
    years = ", ".join(str(year) for year in sorted(rolls["year"].unique()))
    note = f"นักเรียนปีการศึกษา {years} จากรอบปีก่อน{replaced}"
    if past is not None:
        note += f" ต่อท้าย {last.files['enrolment']} ของปีก่อน ซึ่งไม่เปลี่ยน"
    yield Line("carried", what, "inputs/enrolment.csv", note)


def past_rolls(students: pd.DataFrame) -> pd.DataFrame:
    """Return the pupils on each roll by school year: the newest count of the year.

    Returns
    -------
    DataFrame
        ``school_id``, ``year``, ``grade``, ``count``; no rows where the counts have no date.
    """
    none = pd.DataFrame({"school_id": [], "year": [], "grade": [], "count": []}).astype({"year": int, "count": int})
    if (students["as_of"] == "").any():
        return none
    found = [none]
    terms = {as_of_term(text) for text in students["as_of"].unique()}
    for year in sorted({term.year for term in terms}):
        newest = snapshot(students, max(term for term in terms if term.year == year))
        counts = newest[newest["pupils"] > 0].groupby(["school_id", "grade"], as_index=False)["pupils"].sum()
        found.append(counts.rename(columns={"pupils": "count"}).assign(year=year))
    return pd.concat(found, ignore_index=True)[list(none)]


# --- what is certified ----------------------------------------------------------------------------------------------


def _copy_certified(last: Cycle, stage: Path) -> Iterator[Line]:
    """Begin the new ledger with what is certified, and copy the files that it rests on."""
    what = "ระยะทางที่รับรอง"
    if faults := ledger_faults(last.folder):
        note = f"{faults[0]} เมื่อได้ฉบับที่ถูกต้องแล้วสร้างโฟลเดอร์ใหม่อีกครั้ง หรือรับรองใหม่ทุกคู่"
        yield Line("ask", f"{what}: ยกมาไม่ได้", LEDGER_FILE, note)
        return
    year, found, lost = last.policy.fiscal_year, list[Decision](), 0
    for decision in carried(read_ledger(last.folder), year):
        kept, digest = decision.content["evidence"], decision.content["evidence_sha256"]
        if digest and not is_unchanged(last.folder, kept, digest):
            lost += 1
            continue
        if digest:
            _copy(last.folder, [Path(kept)], stage)
        found.append(decision)
    if found:
        decide(stage, f"ยกมาจากปีงบประมาณ {year}", found)
        note = f"{len(found):,} คู่ พร้อมแถว แฮช ผู้รับรอง และวันที่ในสมุดปีก่อน คู่ที่จุดหรือถนนเปลี่ยนไม่ใช้จ่ายเงินจนกว่าจะรับรองใหม่"
        yield Line("carried", what, LEDGER_FILE, note)
        yield Line("ask", what, LEDGER_FILE, "ดูคู่ที่จุดหรือถนนเปลี่ยนด้วยคำสั่ง restructure certify")
    if lost:
        yield Line("ask", f"{what}: หลักฐานหายหรือเปลี่ยน", LEDGER_FILE, f"{lost:,} คู่ไม่ยกมา ต้องรับรองใหม่")


# --- the plan of the last year --------------------------------------------------------------------------------------


def _plan_lines(last: Cycle) -> Iterator[Line]:
    """Ask which merges of the last plan were carried out, and offer its scenario."""
    plan = Scenario(name="", merges=[])
    with suppress(DataError, UsageError):
        plan = find_scenario(last.folder)
    if not plan.merges:
        return
    names = last.tables["schools"].set_index("school_id")["name"].to_dict()
    listed = []
    for merge in plan.merges:
        host = "ที่ใกล้ที่สุด" if merge.host == NEAREST else ", ".join(names.get(code, code) for code in merge.hosts)
        grades = "ทุกชั้น" if merge.grades == "all" else thai_grades(merge.grades)
        listed.append(
            f"{names.get(merge.school, merge.school)} → {host} ({grades} {KINDS[merge.kind]} {merge.from_term})"
        )
    note = f"เติมใน inputs/mergers เฉพาะที่ทำจริงตามแผน “{plan.name}”: {'; '.join(listed)}"
    yield Line("ask", "การรวมที่ทำจริงในปีก่อน", "inputs/mergers.*", note)
    note = f"ถ้าแผนเดิมยังใช้: คัดลอก scenarios/{plan.stem}.yaml จากปีก่อนมาไว้ใน scenarios แก้ภาคเรียน และลบรายการที่ทำแล้ว"
    yield Line("ask", "แผนของปีก่อน (ถ้าต้องการ)", f"scenarios/{plan.stem}.yaml", note)

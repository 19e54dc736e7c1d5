"""The annexes of a plan as a workbook: every table behind it, ready to print, with a data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from restructure.book import Cover, Sheet, with_names, write_book
from restructure.budget import RoundBudget
from restructure.comparison import children_table, figures, over_words, teaching_table, years_table
from restructure.grades import thai_grades
from restructure.plan import Plan, Tables, budget_rows, school_table
from restructure.public import READ_FIRST
from restructure.thai import ROUND_NAMES
from restructure.words import INTERNAL, ROUTED, SHARING, TABLE_NAMES, settings_table

_GROUP_WORDS = {
    "village": "หมู่บ้าน",
    "grade": "ชั้น",
    "stage": "ช่วงชั้น",
    "amphoe": "อำเภอของโรงเรียนมารวม",
    "school": "โรงเรียนมารวม",
    "host": "โรงเรียนหลัก",
}
#: Where rows of several scenarios stand below each other.
HEADS = {"scenario": ("ทางเลือก", "ชื่อทางเลือก")}
#: What files hold that are no table.
_SOURCES = {
    "roads": "ถนน (OpenStreetMap)", "roads.osm": "ถนน (OpenStreetMap)", "boundary": "ขอบเขต",
    "policy": "ค่าที่สำนักงานเขตเปลี่ยน", "plan": "ร่างแผน", "corrections": "การแก้ข้อมูล", "mapping": "การจับคู่คอลัมน์",
    "optimise": "เงื่อนไขการหาแผนที่ดีที่สุด",
}  # fmt: skip
_SOURCE_HEADS = {
    "file": ("ไฟล์", "ที่อยู่ในโฟลเดอร์ของปีงบประมาณ"),
    "content": ("เนื้อหา", "ไฟล์นี้เป็นข้อมูลอะไร"),
    "sha256": ("SHA-256", "ลายนิ้วมือของไฟล์ขณะทำแผน"),
}
_BLANK_HEADS = {
    "document": ("เอกสาร", "ไฟล์ที่ยังมีที่ว่าง"),
    "section": ("ส่วน", "หัวข้อที่ที่ว่างอยู่"),
    "blank": ("ที่ต้องกรอก", "สิ่งที่ต้องกรอก"),
}
_ESTIMATE = f"{ROUTED} จ่ายเงินได้เฉพาะระยะทางที่เจ้าหน้าที่รับรองแล้ว"


def write_annexes(plan: Plan, path: Path, sources: Mapping[str, str], blanks: pd.DataFrame) -> None:
    """Write ``annexes.xlsx``: every table behind a plan, ready to print, with a data dictionary.

    Parameters
    ----------
    sources
        The SHA-256 of each file that the plan was made from, by its path (:func:`restructure.manifest.read_files`).
    blanks
        What people have not filled in yet (:func:`restructure.documents.write_plan`).
    """
    cover = Cover(
        title="ภาคผนวกแผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก",
        note=ROUTED,
        property_title=f"ภาคผนวก {plan.scenario.name}",
        policy=plan.policy,
        students=plan.tables["students"],
        osm_date=plan.network.osm_date,
        scenario=plan.scenario.name,
    )
    write_book(cover, [*_sheets(plan), _source_sheet(plan, sources), _blank_sheet(blanks)], path)


def _sheets(plan: Plan) -> list[Sheet]:
    """Return the sheets of the plan itself, in order."""
    sheets = [
        Sheet("สรุป", "สรุปผลของทางเลือก", _summary_table(plan), note=ROUTED),
        Sheet("การรวม", "การรวมตามทางเลือก", plan.moves, "moves", ROUTED, ["pupils", "unreachable", "baht"]),
        children_sheet(children_table(plan.outcome), plan.tables),
        teaching_sheet(teaching_table(plan.outcome), plan.tables, plan.outcome.summary["staffing_rule"]),
        Sheet("รายปี", "ค่าพาหนะของปีงบประมาณตามแผน นับนักเรียนปัจจุบัน", years_table(plan.outcome), "years", _ESTIMATE),
        Sheet("ค่าพาหนะรายหมู่บ้าน", "ค่าพาหนะรายหมู่บ้าน เต็มปีการศึกษา เฉพาะการรวมของทางเลือกนี้",
              _named(plan, plan.outcome.subsidy, old_way=True), "subsidy", f"{_ESTIMATE}; {INTERNAL}",
              ["pupils", "baht"], by_programme=True),
        Sheet("สรุปงบประมาณ", "ความต้องการของแต่ละรอบ แยกโครงการ", budget_rows(plan), note=_ESTIMATE),
    ]  # fmt: skip
    for budget in plan.rounds:
        sheets += _round_sheets(plan, budget)
    return [
        *sheets,
        Sheet("ระยะทาง", "ระยะทางจากหมู่บ้านที่มีนักเรียนย้าย ไปโรงเรียนหลักทุกแห่งของทางเลือกนี้", _distance_table(plan),
              "distances", f"เฉพาะหมู่บ้านและโรงเรียนหลักที่เกี่ยวข้อง ทุกคู่อยู่ใน distances.parquet; {ROUTED}", frozen_columns=2),
        Sheet("โรงเรียน", "โรงเรียนทุกแห่ง ก่อนและหลังการรวม", _school_sheet_table(plan), "schools",
              "ห้องเรียนว่าง = ไม่ทราบ", ["on_roll", "before", "after"], frozen_columns=2),
        Sheet("ข้อควรระวัง", "ข้อควรระวังของทางเลือก", _warning_table(plan)),
        Sheet("ปัญหาข้อมูล", "ปัญหาที่พบในไฟล์นำเข้า", plan.problems, "problems", "แถวที่พักไว้ไม่ได้นำมาคำนวณ"),
        Sheet("ค่าที่ใช้", "ค่าที่ใช้คำนวณ พร้อมที่มา", settings_table(plan.policy),
              note="ค่าใดไม่แน่ชัด สำนักงานเขตเป็นผู้กำหนดใน policy.yaml"),
    ]  # fmt: skip


def _source_sheet(plan: Plan, sources: Mapping[str, str]) -> Sheet:
    """Return the files behind the plan: whoever has them can make the same plan, and tell whether they are the same."""
    words = TABLE_NAMES | _SOURCES
    rows = [(path, words.get(Path(path).stem, ""), digest) for path, digest in sources.items()]
    table = pd.DataFrame(rows, columns=list(_SOURCE_HEADS)).sort_values("file", ignore_index=True)
    table.loc[table["file"].str.startswith("scenarios/"), "content"] = "ทางเลือก"
    note = f"โปรแกรม restructure {plan.versions.get('restructure', '')}; ค่า SHA-256 เปลี่ยนเมื่อไฟล์เปลี่ยนแม้ตัวอักษรเดียว"
    return Sheet("ที่มา", "ไฟล์ที่ใช้ทำแผนนี้", table, note=note, heads=_SOURCE_HEADS)


def _blank_sheet(blanks: pd.DataFrame) -> Sheet:
    note = f"ที่ว่างเหล่านี้ต้องให้คนกรอก โปรแกรมไม่เติมแทน  {READ_FIRST}"
    return Sheet("ที่ยังไม่กรอก", "ที่ยังว่างในเอกสารของแผน", blanks[list(_BLANK_HEADS)], note=note, heads=_BLANK_HEADS)


def _round_sheets(plan: Plan, budget: RoundBudget) -> list[Sheet]:
    short = {"november": "พ.ย.", "may": "พ.ค."}[budget.name]
    name = f"{ROUND_NAMES[budget.name]} ภาคเรียนที่ {budget.term}"
    known = budget.ceiling_baht is not None
    ceiling = f"วงเงิน {budget.ceiling_baht:,} บาท" if known else "ยังไม่ทราบวงเงิน จึงยังไม่จัดสรร"
    sharing = f"วิธีแบ่งเมื่อวงเงินไม่พอ (สำนักงานเขตเป็นผู้เลือก): {SHARING[plan.policy.settings.sharing_rule]}"
    return [
        Sheet(f"ความต้องการ-{short}", f"ความต้องการ {name} ตามการรวมเดิม", _named(plan, budget.needed), "subsidy",
              f"{_ESTIMATE}; {INTERNAL}", ["pupils", "baht"], by_programme=True),
        Sheet(f"จัดสรร-{short}", f"จัดสรร {name} ตามการรวมเดิม", _named(plan, budget.allocation), "allocation",
              f"{ceiling}; {sharing}; {_ESTIMATE}", ["pupils", "need_baht", "allocated_baht"], by_programme=True),
        Sheet(f"ประมาณการ-{short}", f"ความต้องการ {name} เมื่อรวมทางเลือกนี้", _named(plan, budget.needed_with_plan),
              "subsidy", f"{_ESTIMATE}; {INTERNAL}", ["pupils", "baht"], by_programme=True),
    ]  # fmt: skip


def _named(plan: Plan, table: pd.DataFrame, *, old_way: bool = False) -> pd.DataFrame:
    """Put names beside codes, and on request the way to the school that pupils leave."""
    if old_way:
        old = plan.distances.set_index(["village_id", "school_id"])["road_m"]
        ways = old.reindex(pd.MultiIndex.from_frame(table[["village_id", "school_id"]]))
        table = table.copy()
        table.insert(table.columns.get_loc("road_m"), "old_road_m", ways.to_numpy())
    return with_names(plan.tables, table)


def _summary_table(plan: Plan) -> pd.DataFrame:
    table = figures(plan.outcome.summary).reset_index().rename(columns={"thai": "item"})
    return table[["group", "item", "present", "value", "unit", "description", "key"]]


def children_sheet(table: pd.DataFrame, tables: Tables) -> Sheet:
    """Return the ways of the children who move as a sheet; a column ``scenario`` of the rows stands first."""
    schools = tables["schools"].set_index("school_id")["name"]
    names = {"village": tables["villages"].set_index("village_id")["name"], "school": schools, "host": schools}
    rows = list(zip(table["by"], table["key"], strict=True))
    table = table.copy()
    spelled = [names[by].get(key, "") if by in names else "" for by, key in rows]
    table.insert(table.columns.get_loc("key") + 1, "name", spelled)
    table["key"] = [thai_grades(key) if by in ("grade", "stage") else key for by, key in rows]
    table["by"] = table["by"].map(_GROUP_WORDS)
    # The distances are printed, before beside after; minutes and bounds are read on the screen.
    leading = [column for column in (*HEADS, "by", "key", "name") if column in table]
    first = [*leading, "pupils", "farther", "nearer", "unreachable"]
    first += [f"{part}_m{when}" for part in ("median", "p90", "max") for when in ("_before", "")]
    table = table[[*first, *(column for column in table if column not in first)]]
    heads = HEADS | {key: (words[0], words[2]) for key in table.columns if (words := over_words(key))}
    return Sheet("ผลต่อเด็ก", "ทางไปเรียนของนักเรียนที่ย้าย ก่อนและหลัง", table, "children", f"{ROUTED}; {INTERNAL}",
                 frozen_columns=len(leading), heads=heads, printed_columns=len(first))  # fmt: skip


def teaching_sheet(table: pd.DataFrame, tables: Tables, note: str) -> Sheet:
    """Return rooms and teachers as a sheet; a column ``scenario`` of the rows stands first."""
    table = with_names(tables, table)
    leading = [column for column in (*HEADS, "school_id", "school_name") if column in table]
    first = [*leading, "pupils_before", "pupils", "rooms", "rooms_needed_before", "rooms_needed"]
    first += ["pupils_a_room", "teachers", "teachers_needed_before", "teachers_needed"]
    first += ["classes_together_before", "classes_together"]
    table = table[[*first, *(column for column in table if column not in first)]]
    return Sheet("การสอน", "ห้องเรียนและครูของโรงเรียนที่นักเรียนออกหรือเข้า", table, "teaching",
                 note, frozen_columns=len(leading), heads=HEADS, printed_columns=len(first))  # fmt: skip


def _distance_table(plan: Plan) -> pd.DataFrame:
    villages, hosts = set(plan.outcome.subsidy["village_id"]), set(plan.moves["host_id"])
    table = plan.distances
    table = table[table["village_id"].isin(villages) & table["school_id"].isin(hosts)]
    return _named(plan, table.rename(columns={"school_id": "host_id"}).sort_values(["village_id", "host_id"]))


def _school_sheet_table(plan: Plan) -> pd.DataFrame:
    wanted = ["school_id", "name", "tambon", "amphoe", "grades", "status", "on_roll", "before", "after", "rooms"]
    wanted += ["rooms_needed", "teachers", "special_area", "readiness"]
    table = school_table(plan)
    return table[[column for column in wanted if column in table]]


def _warning_table(plan: Plan) -> pd.DataFrame:
    table = _named(plan, plan.outcome.warnings).rename(columns={"rule": "warning"})
    return table[["warning", "school_id", "school_name", "host_id", "host_name", "message"]]

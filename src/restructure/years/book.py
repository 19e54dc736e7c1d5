"""The comparison of two years as a workbook, ``compare.xlsx``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.io.formats.style import Styler

from restructure.book import Cover, Sheet, write_book
from restructure.certify import STATES as CERTIFIED
from restructure.grades import thai_grades
from restructure.thai import ROUND_NAMES
from restructure.words import INTERNAL, PROGRAMMES, ROUTED
from restructure.years.facts import PLACE_CHANGES, Years
from restructure.years.merges import MERGE_STATES
from restructure.years.near import NEAR_M
from restructure.years.roads import CHANGES
from restructure.years.telling import causes, spell_forecast, spell_merges, spell_roads, spell_ways, summary
from restructure.years.ways import PRESENCE, STEPS

TITLE = "เทียบปีก่อนกับปีนี้"
_BOTH = {
    "pupils": ("นักเรียน", "คน"),
    "paid_pupils": ("ผู้มีสิทธิค่าพาหนะ", "คน รอบที่มีมากกว่า"),
    "baht": ("ค่าพาหนะสองรอบ", "บาท ตามระยะที่คำนวณ"),
    "m": ("ระยะที่คำนวณ", "เมตร"),
    "band": ("ช่วงอัตรา", "1 = ใกล้สุด"),
    "certified_m": ("ระยะที่รับรอง", "เมตร"),
    "state": ("การรับรอง", "สถานะของคู่ที่จ่ายเงิน"),
    "roll": ("ตามทะเบียน", "คน"),
    "learners": ("มาเรียนจริง", "คน ตามการรวมที่มีผล"),
    "need": ("ความต้องการ", "บาท"),
    "class": ("ชั้นถนน", "ชั้นของ OpenStreetMap ว่าง = ไม่มีถนนนี้"),
}
_HEADS = {
    **{f"{key}_{side}": (f"{head} {year}", f"{told} {year}") for key, (head, told) in _BOTH.items()
       for side, year in (("last", "ปีก่อน"), ("this", "ปีนี้"))},
    **{f"{step.replace('-', '_')}_m": (f"{words} (ม.)", "ส่วนของระยะที่เปลี่ยน รวมทุกส่วนเท่ากับระยะที่เปลี่ยน")
       for step, words in STEPS.items()},
    "group": ("กลุ่ม", ""), "item": ("รายการ", ""), "unit": ("หน่วย", ""),
    "last": ("ปีก่อน", "นักเรียนที่นับในปีก่อน"), "this": ("ปีนี้", ""), "change": ("เปลี่ยน", "ปีนี้ลบปีก่อน"),
    "school_name": ("โรงเรียน", "ชื่อโรงเรียน"), "village_name": ("หมู่บ้าน", "ชื่อหมู่บ้าน ว่าง = จุดบ้านของนักเรียน"),
    "host_name": ("โรงเรียนหลักตามแผน", "ชื่อโรงเรียน"), "host_now_name": ("โรงเรียนหลักปีนี้", "ตามตาราง mergers"),
    "host_id": ("รหัสโรงเรียนหลักตามแผน", "ว่าง = ไม่อยู่ในแผน"), "host_now": ("รหัสโรงเรียนหลักปีนี้", "ว่าง = เรียนที่เดิม"),
    "name_last": ("ชื่อปีก่อน", "เฉพาะที่เปลี่ยน"), "moved_m": ("พิกัดย้าย (ม.)", "ระหว่างจุดของสองปี ว่าง = ไม่ทราบ"),
    "changes": ("สิ่งที่เปลี่ยน", "ว่าง = เหมือนเดิม"), "cause": ("สาเหตุ", "สิ่งที่ทำให้ระยะเปลี่ยน ว่าง = เท่าเดิม"),
    "change_m": ("ระยะเปลี่ยน (ม.)", "ปีนี้ลบปีก่อน ว่าง = ปีใดปีหนึ่งไม่มีทาง"), "band_changes": ("ช่วงอัตราเปลี่ยน", "ตามระยะที่คำนวณ"),
    "roads_band_changes": ("ช่วงเปลี่ยนเพราะถนน", "เฉพาะผลของข้อมูลถนน"),
    "roads_baht": ("เงินเปลี่ยนเพราะถนน (บาท)", "ต่อปีการศึกษา ของผู้มีสิทธิปีนี้ ตามระยะที่คำนวณ"),
    "ways": ("คู่ที่ระยะเปลี่ยน", "จำนวนคู่ของบ้านกับโรงเรียน"), "pupils": ("นักเรียน (คน)", "ผู้ที่ใช้ทางนั้นปีนี้"),
    "band_ways": ("คู่ที่ช่วงเปลี่ยน", ""), "band_pupils": ("ผู้มีสิทธิที่ช่วงเปลี่ยน (คน)", ""),
    "baht": ("เงิน (บาท)", "ค่าพาหนะ"), "state": ("ผล", ""), "from_term": ("ตั้งแต่ภาคเรียน", "ตามแผน"),
    "planned_pupils": ("นักเรียนตามแผน (คน)", ""), "planned_baht": ("ค่าพาหนะตามแผน (บาท)", "ต่อปีการศึกษา"),
    "forecast": ("คาดการณ์ (คน)", "ที่รอบปีก่อนคาดไว้สำหรับปีนี้"), "fact": ("นับจริง (คน)", "ปีนี้"),
    "error": ("คาดลบจริง (คน)", "บวก = คาดไว้มากกว่าจริง"),
    "error_as_last": ("ปีก่อนลบจริง (คน)", "ถ้าใช้จำนวนปีก่อนแทนการคาดการณ์"),
    "round": ("รอบ", ""), "programme": ("โครงการ", ""), "band": ("ช่วงอัตรา", "ว่าง = ยังไม่ทราบระยะ"),
    "change_id": ("แห่งที่", "เลขเดียวกับในแผนที่"), "length_m": ("ยาว (ม.)", ""), "name": ("ชื่อ", ""),
    "kind": ("ประเภท", ""), "code": ("รหัส", ""), "lat": ("ละติจูด", ""), "lon": ("ลองจิจูด", ""),
    "new_m": ("ถนนใหม่ (ม.)", ""), "gone_m": ("ถนนที่หายไป (ม.)", ""), "other_m": ("ถนนที่เปลี่ยน (ม.)", "ทิศทาง ชั้น หรือผิว"),
    "school_id": ("รหัสโรงเรียน", ""), "village_id": ("รหัสหมู่บ้าน", ""), "grade": ("ชั้น", ""), "grades": ("ชั้น", ""),
    "measured_from": ("วัดจาก", ""), "origin": ("รหัสหมู่บ้านหรือรหัสอ้างอิงนักเรียน", ""),
}  # fmt: skip


def write_year_book(years: Years, path: Path) -> None:
    """Write ``compare.xlsx``: every table of the comparison, ready to print, with a data dictionary."""
    this = years.this.cycle
    cover = Cover(
        title=TITLE,
        note=f"{INTERNAL}; {ROUTED}",
        property_title=TITLE,
        policy=this.policy,
        students=this.tables["students"],
        osm_date=this.network.osm_date,
        scenario="",
    )
    tables = year_tables(years)
    near = f"ถนนที่เปลี่ยนในระยะ {NEAR_M} เมตรจากทางที่ใช้หรือจากจุด; {spell_roads(years)}"
    titles = {
        "summary": ("สรุป", "สองปีโดยสรุป", ""),
        "causes": ("สาเหตุ", "ระยะทางเปลี่ยนเพราะอะไร", "คู่ที่มีหลายสาเหตุนับทุกสาเหตุ"),
        "schools": ("โรงเรียน", "โรงเรียนและนักเรียน", ""),
        "pupils": ("รายชั้น", "นักเรียนตามทะเบียนรายชั้น", ""),
        "villages": ("หมู่บ้าน", "หมู่บ้านที่เปลี่ยน", ""),
        "distances": ("ระยะทาง", "ทางที่มีผู้ใช้หรือรับรองไว้ ที่เปลี่ยน", spell_ways(years)),
        "money": ("เงิน", "ความต้องการตามช่วงอัตรา", ""),
        "merges": ("การรวม", "การรวมที่ทำจริงเทียบกับแผน", spell_merges(years)),
        "forecast": ("คาดการณ์", "นักเรียนที่คาดไว้กับที่นับจริง", spell_forecast(years)),
        "roads": ("ถนน", "ถนนที่เปลี่ยนระหว่างสองวันที่", near),
        "near": ("ใกล้ใคร", "หมู่บ้านและโรงเรียนที่ถนนใกล้เคียงเปลี่ยน", near),
    }
    sheets = [
        Sheet(name, title, _spelled(years, tables[key]), note=note, heads=_HEADS, frozen_columns=2)
        for key, (name, title, note) in titles.items()
    ]
    write_book(cover, sheets, path, null="–")


def show(years: Years, name: str) -> Styler:
    """Return one of :func:`year_tables` for people to read, with names, Thai heads and words."""
    table = _spelled(years, year_tables(years)[name])
    heads = {column: head for column, (head, _) in _HEADS.items() if column in table}
    text = [column for column in table if not pd.api.types.is_numeric_dtype(table[column])]
    heads |= {"name": "ชื่อ"}
    style = table.rename(columns=heads).style.format(thousands=",", na_rep="–", escape="html").hide(axis="index")
    return style.set_properties(subset=[heads[column] for column in text], **{"text-align": "left"})


def year_tables(years: Years) -> dict[str, pd.DataFrame]:
    """Return every table of the comparison by the stem of its CSV; villages and ways only where something changed."""
    ways = years.ways
    same = (ways["cause"] == "") & (ways["state_last"] == ways["state_this"])
    return {
        "summary": summary(years),
        "causes": causes(years),
        "schools": years.schools,
        "pupils": years.pupils,
        "villages": years.villages[years.villages["changes"] != ""],
        "distances": ways[~same],
        "money": years.money,
        "merges": years.merges,
        "forecast": years.forecast,
        "roads": pd.DataFrame(years.roads.drop(columns="geometry")),
        "near": years.places,
    }


def _spelled(years: Years, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with names beside its codes and its keywords in Thai."""
    table = table.reset_index(drop=True)
    tables = [measured.cycle.tables for measured in (years.last, years.this)]
    schools, villages = (
        {
            code: name
            for one in tables
            for code, name in zip(one[f"{kind}s"][f"{kind}_id"], one[f"{kind}s"]["name"], strict=True)
        }
        for kind in ("school", "village")
    )
    places = "name" in table and "school_id" in table
    for column, head, names in (
        ("school_id", "" if places else "school_name", schools),
        ("origin", "village_name", villages),
        ("host_id", "host_name", schools),
        ("host_now", "host_now_name", schools),
    ):
        if column in table and head:
            named = [", ".join(names.get(code, "") for code in str(codes).split(";")) for codes in table[column]]
            table.insert(table.columns.get_loc(column) + 1, head, named)
    words = {
        "changes": PLACE_CHANGES,
        "cause": STEPS | PRESENCE,
        "change": CHANGES,
        "state": MERGE_STATES,
        "state_last": CERTIFIED,
        "state_this": CERTIFIED,
        "round": ROUND_NAMES,
        "programme": PROGRAMMES,
        "kind": {"village": "หมู่บ้าน", "school": "โรงเรียน"},
        "measured_from": {"village": "จุดหมู่บ้าน", "home": "พิกัดบ้าน"},
    }
    for column, thai in words.items():
        if column in table and not pd.api.types.is_numeric_dtype(table[column]):
            table[column] = [", ".join(thai.get(word, word) for word in str(text).split(";")) for text in table[column]]
    for column in {"grade", "grades"} & set(table):
        table[column] = table[column].map(thai_grades)
    for column in ("band_changes", "roads_band_changes"):
        if column in table:
            table[column] = table[column].map({True: "ใช่", False: ""})
    for column in ("lat", "lon"):
        if column in table:
            table[column] = table[column].map(lambda degrees: "" if pd.isna(degrees) else f"{degrees:.6f}")
    return table

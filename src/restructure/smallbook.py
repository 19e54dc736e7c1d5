"""The office's small schools as workbooks: all tables for the office, and those that may be published."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from restructure.book import Cover, Sheet, with_names, write_book
from restructure.grades import thai_grades
from restructure.public import SUPPRESSED, suppressed_words
from restructure.smallpublic import PublicSmall
from restructure.smallschools import (
    AHEAD,
    NEAREST,
    STAGE_COLUMNS,
    SmallSchools,
    size_columns,
    spell_sizes,
)
from restructure.teaching import spell_staffing
from restructure.words import settings_table

TITLE = "โรงเรียนขนาดเล็ก"
#: What the ways between schools are not.
BETWEEN_SCHOOLS = "ทางรถจากโรงเรียนถึงโรงเรียน ไว้ดูว่าโรงเรียนใดอยู่ใกล้ ไม่ใช่ระยะทางจากบ้านของนักเรียน ใช้จ่ายเงินไม่ได้"
_INSIDE = "ใช้ภายในราชการ ฉบับเผยแพร่อยู่ในโฟลเดอร์ public"
_STAGE_NAMES = {"K": "อนุบาล", "P1-P3": "ป.1–3", "P4-P6": "ป.4–6", "M": "ม.1–3"}
_HEADS = {
    "size_name": ("ขนาด (นักเรียน)", "ช่วงจำนวนนักเรียนตามทะเบียน (DMC)"),
    "on_roll": ("นักเรียนตามทะเบียน (คน)", "นักเรียนที่มีชื่อในทะเบียน (DMC) ของโรงเรียน"),
    "pupils": ("นักเรียนตามทะเบียน (คน)", "นักเรียนที่มีชื่อในทะเบียน (DMC) ของโรงเรียน"),
    "learners": ("มาเรียนจริง (คน)", "นักเรียนที่เรียนที่โรงเรียนนี้ตามการรวมที่มีผลอยู่ ใช้คิดครูและห้องเรียน"),
    "rooms_needed": ("ห้องเรียนที่ต้องใช้", "ตามจำนวนผู้มาเรียนและเกณฑ์ห้องเรียนในนโยบาย"),
    "teachers_needed": ("ครูตามเกณฑ์ (คน)", "ตามจำนวนผู้มาเรียนและเกณฑ์อัตรากำลังที่เลือก ไม่รวมผู้บริหาร"),
    "teachers_over": ("ครูเกิน (+) ขาด (−)", "ครูที่มีลบครูตามเกณฑ์"),
    "classes_together": ("ชั้นเรียนที่ไม่มีครูของตน", "ห้องที่ต้องใช้ลบครูที่มี"),
    "year": ("ปีการศึกษา (พ.ศ.)", "ปีการศึกษาของจำนวนนักเรียน ไม่ระบุ = ไฟล์ไม่บอกวันนับ"),
    "basis": ("ที่มาของจำนวน", "นับ = ตามไฟล์ / คาดการณ์ = จากนักเรียนที่ผ่านมา"),
    "schools": ("โรงเรียนที่เปิดสอน (แห่ง)", "โรงเรียนทุกขนาด"),
    "size_schools": ("โรงเรียน (แห่ง)", "จำนวนโรงเรียนของขนาดนี้"),
    "unknown": ("ไม่มีตัวเลข (แห่ง)", "โรงเรียนที่เปิดสอนอยู่แต่ไม่มีแถวของปีนั้นในไฟล์ ไม่นับเป็นศูนย์"),
    "small": ("โรงเรียนขนาดเล็ก (แห่ง)", "มีนักเรียน และไม่เกินจำนวนสูงสุดของโรงเรียนขนาดเล็ก"),
    "small_pupils": ("นักเรียนของโรงเรียนขนาดเล็ก (คน)", "ตามทะเบียน (DMC)"),
    "rank": ("ลำดับ", "1 = ใกล้ที่สุด"),
    "larger_id": ("รหัสโรงเรียนที่ใหญ่กว่า", "โรงเรียนที่เปิดสอนและมีนักเรียนมากกว่า"),
    "larger_name": ("โรงเรียนที่ใหญ่กว่า", "ชื่อโรงเรียนที่ใหญ่กว่า"),
    "minutes": ("เวลา (นาที)", "ตามเส้นทางเดียวกัน ด้วยความเร็วในนโยบาย"),
    "larger_pupils": ("นักเรียนของโรงเรียนที่ใหญ่กว่า (คน)", "ตามทะเบียน (DMC)"),
    "lacks": ("ชั้นที่โรงเรียนที่ใหญ่กว่าไม่เปิด", "ชั้นที่โรงเรียนขนาดเล็กมีนักเรียน ว่าง = เปิดทุกชั้น"),
    "larger_readiness": ("ความพร้อมของโรงเรียนที่ใหญ่กว่า", "ตามไฟล์ของสำนักงานเขต ว่าง = ไม่ระบุ"),
    "reason": ("เหตุผล", "เหตุที่ไม่มีรายการ"),
    **{column: (f"{_STAGE_NAMES[stage]} (คน)", "นักเรียนตามทะเบียน (DMC)") for stage, column in STAGE_COLUMNS.items()},
}


def write_small_book(small: SmallSchools, path: Path) -> None:
    """Write ``small-schools.xlsx``: every table for the office, ready to print, with a data dictionary."""
    heads = _HEADS | _size_heads(small.bounds) | _ahead_heads(small)
    columns, names = size_columns(small.bounds), spell_sizes(small.bounds)
    schools = small.schools.assign(size_name=[names[size] for size in small.schools["size"]])
    where = ["school_id", "name", "tambon", "amphoe"]
    table = ["size_name", "on_roll", *STAGE_COLUMNS.values(), "grades", "special_area", "readiness"]
    staff = ["learners", "rooms", "rooms_needed", "teachers", "teachers_needed", "teachers_over", "classes_together"]
    counts = ["schools", "unknown", *columns, "small", "small_pupils"]
    rule = f"ครูคิดตาม {spell_staffing(small.cycle.policy.settings)} จากผู้มาเรียนจริงเมื่อการรวมถึงภาคเรียนที่ {small.term} มีผล"
    ahead = small.unprojected or "ปีแรก ๆ แม่นกว่าปีหลัง ๆ โรงเรียนที่ไม่มีนักเรียนปีนี้คงเป็นศูนย์"
    sheets = [
        Sheet("ขนาด", "โรงเรียนตามขนาด", _size_table(small.sizes, names),
              totals=["size_schools", "pupils"], heads=heads),
        Sheet("โรงเรียน", "โรงเรียนขนาดเล็กและโรงเรียนที่ไม่มีนักเรียน", schools[[*where, *table]], "schools", _INSIDE,
              ["on_roll", *STAGE_COLUMNS.values()], frozen_columns=2, heads=heads),
        Sheet("ครูและห้องเรียน", "ครูและห้องเรียนเทียบเกณฑ์", schools[["school_id", "name", *staff]], "schools", rule,
              frozen_columns=2, heads=heads),
        Sheet("คาดการณ์", "นักเรียนตามทะเบียนในปีต่อ ๆ ไป", schools[["school_id", "name", "on_roll", *AHEAD]], "schools",
              ahead, frozen_columns=2, heads=heads),
        Sheet("โรงเรียนใกล้เคียง", f"โรงเรียนที่ใหญ่กว่าและใกล้ที่สุดทางถนน {NEAREST} แห่ง", _nearest(small), "schools",
              BETWEEN_SCHOOLS, frozen_columns=2, heads=heads | {"road_m": ("ทางถนน (เมตร)", BETWEEN_SCHOOLS)}),
        Sheet("อำเภอ", "โรงเรียนตามขนาด แยกตามอำเภอ", small.amphoes[["amphoe", *counts]], "schools",
              totals=counts, heads=heads),
        Sheet("ตำบล", "โรงเรียนตามขนาด แยกตามตำบล", small.tambons[["amphoe", "tambon", *counts]], "schools",
              totals=counts, heads=heads),
        Sheet("รายปี", "โรงเรียนตามขนาด ย้อนหลังและคาดการณ์", _year_table(small.years)[["year", "basis", *counts]],
              note=ahead if small.unprojected else "ปีที่ผ่านมานับโรงเรียนที่เลิกแล้วภายหลังด้วย", heads=heads),
        Sheet("การรวม", f"การรวมที่มีผลถึงภาคเรียนที่ {small.term} ของโรงเรียนขนาดเล็ก",
              with_names(small.cycle.tables, small.mergers), "moves", _INSIDE, ["pupils"], heads={
                  "pupils": ("นักเรียน (คน)", "นักเรียนที่เรียนที่โรงเรียนหลักเพราะการรวมนี้")}),
        Sheet("ค่าที่ใช้", "ค่าที่ใช้คำนวณ พร้อมที่มา", settings_table(small.cycle.policy)),
    ]  # fmt: skip
    write_book(_cover(small, "", TITLE), sheets, path)


def write_public_small_book(small: SmallSchools, public: PublicSmall, path: Path) -> None:
    """Write the public ``small-schools.xlsx``."""
    told = suppressed_words(public.threshold)
    heads = _HEADS | _size_heads(public.bounds)
    names = spell_sizes(public.bounds)
    schools = public.schools.assign(size_name=[names[size] for size in public.schools["size"]])
    counts = ["schools", "unknown", *size_columns(public.bounds), "small", "pupils"]
    heads_of_sums = heads | {"pupils": _HEADS["small_pupils"]}
    where = ["school_id", "name", "tambon", "amphoe", "grades", "special_area"]
    near = with_names(small.cycle.tables, public.nearest).rename(columns={"school_name": "name"})
    near = _with_larger_name(small, near)
    sheets = [
        Sheet("ขนาด", "โรงเรียนตามขนาด", _size_table(public.sizes, names), note=told, heads=heads),
        Sheet("โรงเรียน", "โรงเรียนขนาดเล็กและโรงเรียนที่ไม่มีนักเรียน", schools[[*where, "size_name", "pupils"]], "schools",
              told, frozen_columns=2, heads=heads),
        Sheet("โรงเรียนใกล้เคียง", f"โรงเรียนในขนาดที่ใหญ่กว่า ใกล้ที่สุดทางถนน {NEAREST} แห่ง", near, "schools",
              BETWEEN_SCHOOLS, frozen_columns=2, heads=heads | {
                  "road_m": ("ทางถนน (เมตร)", BETWEEN_SCHOOLS),
                  "larger_id": ("รหัสโรงเรียนที่ใหญ่กว่า", "โรงเรียนที่เปิดสอน ในขนาดที่ใหญ่กว่า")}),
        Sheet("อำเภอ", "โรงเรียนตามขนาด แยกตามอำเภอ", public.amphoes[["amphoe", *counts]], "schools", told,
              heads=heads_of_sums),
        Sheet("ตำบล", "โรงเรียนตามขนาด แยกตามตำบล", public.tambons[["amphoe", "tambon", *counts[:-1]]], "schools",
              heads=heads),
        Sheet("รายปี", "โรงเรียนตามขนาด ย้อนหลัง", _year_table(public.years.assign(projected=False))[["year", *counts]],
              note=told, heads=heads_of_sums),
        Sheet("การรวม", f"การรวมที่มีผลถึงภาคเรียนที่ {small.term} ของโรงเรียนขนาดเล็ก",
              with_names(small.cycle.tables, public.mergers), "moves"),
        Sheet("ค่าที่ใช้", "ค่าที่ใช้คำนวณ พร้อมที่มา", settings_table(small.cycle.policy).drop(columns="confirmed_by")),
    ]  # fmt: skip
    write_book(_cover(small, told, f"{TITLE} ฉบับเผยแพร่"), sheets, path, null=SUPPRESSED)


def _cover(small: SmallSchools, note: str, title: str) -> Cover:
    cycle = small.cycle
    return Cover(
        title=title,
        note=note or _INSIDE,
        property_title=title,
        policy=cycle.policy,
        students=cycle.tables["students"],
        osm_date=cycle.network.osm_date,
        scenario="",
    )


def _size_heads(bounds: tuple[int, ...]) -> dict[str, tuple[str, str]]:
    pairs = zip(size_columns(bounds), spell_sizes(bounds), strict=True)
    return {column: (f"{name} (แห่ง)", "จำนวนโรงเรียนของขนาดนี้") for column, name in pairs}


def _ahead_heads(small: SmallSchools) -> dict[str, tuple[str, str]]:
    words = "คาดการณ์นักเรียนตามทะเบียน จากนักเรียนปีที่ผ่านมาของโรงเรียนและของเขต"
    return {
        column: (f"ปี {small.year + i} (คน)" if small.year else f"อีก {i} ปี (คน)", words)
        for i, column in enumerate(AHEAD, start=1)
    }


def _size_table(sizes: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    table = sizes.assign(size_name=[names[size] for size in sizes["size"]]).rename(columns={"schools": "size_schools"})
    return table[["size_name", "size_schools", "pupils"]]


def _year_table(years: pd.DataFrame) -> pd.DataFrame:
    """Return years as texts, which get no thousands separator, and whether they are counted or projected."""
    years = years.assign(year=["ไม่ระบุ" if pd.isna(year) else str(year) for year in years["year"]])
    return years.assign(basis=["คาดการณ์" if one else "นับ" for one in years["projected"]])


def _nearest(small: SmallSchools) -> pd.DataFrame:
    table = with_names(small.cycle.tables, small.nearest).rename(columns={"school_name": "name"})
    return _with_larger_name(small, table.assign(lacks=table["lacks"].map(thai_grades)))


def _with_larger_name(small: SmallSchools, table: pd.DataFrame) -> pd.DataFrame:
    names = small.cycle.tables["schools"].set_index("school_id")["name"]
    table.insert(table.columns.get_loc("larger_id") + 1, "larger_name", names.reindex(table["larger_id"]).to_numpy())
    return table

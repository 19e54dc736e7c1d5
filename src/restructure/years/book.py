"""The comparison of two years as a workbook, ``compare.xlsx``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.io.formats.style import Styler

from restructure.book import Cover, Sheet, write_book
from restructure.certify import STATES as CERTIFIED
from restructure.grades import thai_grades
from restructure.thai import ROUND_NAMES
from restructure.words import INTERNAL, PROGRAMMES, ROUTED, spell_as_of, spell_day
from restructure.years.facts import PLACE_CHANGES, Years
from restructure.years.merges import MERGE_STATES
from restructure.years.near import NEAR_M
from restructure.years.roads import CHANGES
from restructure.years.telling import (
    causes,
    spell_forecast,
    spell_kept_ways,
    spell_merges,
    spell_roads,
    spell_ways,
    summary,
)
from restructure.years.ways import PRESENCE, STEPS

TITLE = "เทียบปีก่อนกับปีนี้"
#: Thai head, unit and description of the columns that both years have.
_BOTH = {
    "pupils": ("นักเรียน", "คน", "ตามการนับล่าสุดของ"),
    "paid_pupils": ("ผู้มีสิทธิค่าพาหนะ", "คน", "รอบที่มีมากกว่าของ"),
    "baht": ("ค่าพาหนะสองรอบ", "บาท", "ตามระยะที่คำนวณ ว่าง = ไม่มีผู้มีสิทธิหรือยังวัดไม่ได้"),
    "m": ("ระยะที่คำนวณ", "เมตร", "ว่าง = ยังวัดไม่ได้หรือไม่มีที่นั้นใน"),
    "band": ("ช่วงอัตรา", "", "1 = ใกล้สุด ตามระยะที่คำนวณของ"),
    "certified_m": ("ระยะที่รับรอง", "เมตร", "ว่าง = ไม่ได้รับรองใน"),
    "state": ("การรับรอง", "", "สถานะของคู่ที่มีผู้มีสิทธิ ว่าง = ไม่มีผู้มีสิทธิใน"),
    "roll": ("ตามทะเบียน", "คน", "ทุกชั้นรวมกัน"),
    "learners": ("มาเรียนจริง", "คน", "ตามการรวมที่มีผลใน"),
    "need": ("ความต้องการ", "บาท", "ว่าง = ยังวัดระยะไม่ได้"),
    "class": ("ชั้นถนน", "", "ชั้นของ OpenStreetMap ว่าง = ไม่มีถนนนี้ใน"),
}
#: Of every column: Thai head, unit and description.
_HEADS = {
    **{f"{key}_{side}": (f"{head} {year}", unit, f"{told}{'' if told.endswith(('ของ', 'ใน')) else ' '}{year}")
       for key, (head, unit, told) in _BOTH.items() for side, year in (("last", "ปีก่อน"), ("this", "ปีนี้"))},
    **{f"{step.replace('-', '_')}_m": (words, "เมตร", "ส่วนของระยะที่เปลี่ยน รวมทุกส่วนเท่ากับระยะที่เปลี่ยน")
       for step, words in STEPS.items()},
    "school_name": ("โรงเรียน", "", "ชื่อโรงเรียน"), "village_name": ("หมู่บ้าน", "", "ชื่อหมู่บ้าน ว่าง = จุดบ้านของนักเรียน"),
    "host_name": ("โรงเรียนหลักตามแผน", "", "ชื่อโรงเรียน"), "host_now_name": ("โรงเรียนหลักปีนี้", "", "ตามตาราง mergers"),
    "host_id": ("รหัสโรงเรียนหลักตามแผน", "", "ว่าง = ไม่อยู่ในแผน"),
    "host_now": ("รหัสโรงเรียนหลักปีนี้", "", "ว่าง = เรียนที่เดิม"),
    "name_last": ("ชื่อปีก่อน", "", "เฉพาะที่เปลี่ยน"), "moved_m": ("พิกัดย้าย", "เมตร", "ระหว่างจุดของสองปี ว่าง = ไม่ทราบ"),
    "changes": ("สิ่งที่เปลี่ยน", "", "ว่าง = เหมือนเดิม"), "cause": ("สาเหตุ", "", "สิ่งที่ทำให้ระยะเปลี่ยน ว่าง = เท่าเดิม"),
    "change_m": ("ระยะเปลี่ยน", "เมตร", "ปีนี้ลบปีก่อน ว่าง = ปีใดปีหนึ่งไม่มีทาง"),
    "band_changes": ("ช่วงอัตราเปลี่ยน", "", "ตามระยะที่คำนวณ"),
    "roads_band_changes": ("ช่วงเปลี่ยนเพราะถนน", "", "เฉพาะผลของข้อมูลถนน"),
    "roads_baht": ("เงินเปลี่ยนเพราะถนน", "บาท", "ต่อปีการศึกษา ของผู้มีสิทธิปีนี้ ตามระยะที่คำนวณ"),
    "ways": ("คู่ที่ระยะเปลี่ยน", "คู่", "คู่ของบ้านกับโรงเรียน"), "pupils": ("นักเรียน", "คน", "ผู้ที่ใช้ทางนั้นปีนี้"),
    "band_ways": ("คู่ที่ช่วงเปลี่ยน", "คู่", "คู่ที่ช่วงอัตราเปลี่ยนด้วย"),
    "band_pupils": ("ผู้มีสิทธิที่ช่วงเปลี่ยน", "คน", "ผู้มีสิทธิปีนี้ของคู่ที่ช่วงอัตราเปลี่ยน"),
    "change_id": ("แห่งที่", "", "เลขเดียวกับในแผนที่"), "name": ("ชื่อ", "", "ปีนี้ หรือปีก่อนถ้าปีนี้ไม่มี"),
    "kind": ("ประเภท", "", "หมู่บ้านหรือโรงเรียน"), "code": ("รหัส", "", "รหัสหมู่บ้านหรือโรงเรียน"),
    "lat": ("ละติจูด", "องศา", ""), "lon": ("ลองจิจูด", "องศา", ""),
    "school_id": ("รหัสโรงเรียน", "", ""), "village_id": ("รหัสหมู่บ้าน", "", ""),
    "grade": ("ชั้น", "", ""), "grades": ("ชั้น", "", "ตามแผน หรือที่รวมอยู่"),
    "measured_from": ("วัดจาก", "", "จุดหมู่บ้านหรือพิกัดบ้าน"), "origin": ("รหัสหมู่บ้านหรือรหัสอ้างอิงนักเรียน", "", ""),
}  # fmt: skip
_BY_ROADS = ("เงินเปลี่ยนเพราะถนน", "บาท", "ต่อปีการศึกษา ของผู้มีสิทธิปีนี้ที่ช่วงเปลี่ยน ตามระยะที่คำนวณ")
#: The same by sheet, where a column is of that sheet only or means something else there.
_OWN_HEADS: dict[str, dict[str, tuple[str, str, str]]] = {
    "summary": {
        "group": ("กลุ่ม", "", "ว่าง = กลุ่มเดียวกับแถวบน"), "item": ("รายการ", "", "สิ่งที่นับ"),
        "unit": ("หน่วย", "", "ของตัวเลขในแถวนั้น"),
        "last": ("ปีก่อน", "", "ตามหน่วยของแถว – = ไม่ทราบ"), "this": ("ปีนี้", "", "ตามหน่วยของแถว – = ไม่ทราบ"),
        "change": ("เปลี่ยน", "", "ปีนี้ลบปีก่อน ตามหน่วยของแถว – = ไม่ทราบ"),
    },
    "pupils": {
        **{f"pupils_{side}": (f"นักเรียน {year}", "คน", f"ตามทะเบียน {year}")
           for side, year in (("last", "ปีก่อน"), ("this", "ปีนี้"))},
        "change": ("เปลี่ยน", "คน", "ปีนี้ลบปีก่อน"),
    },
    "money": {
        "round": ("รอบ", "", "รอบเงินของปีงบประมาณ"), "programme": ("โครงการ", "", ""),
        "band": ("ช่วงอัตรา", "", "1 = ใกล้สุด ว่าง = ยังวัดระยะไม่ได้ ไม่อยู่ในยอดเงิน"),
        **{f"pupils_{side}": (f"ผู้มีสิทธิ {year}", "คน", f"ผู้มีสิทธิค่าพาหนะ {year}")
           for side, year in (("last", "ปีก่อน"), ("this", "ปีนี้"))},
        "change": ("ความต้องการเปลี่ยน", "บาท", "ปีนี้ลบปีก่อน ว่าง = ยังวัดระยะไม่ได้"),
    },
    "merges": {
        "from_term": ("ตั้งแต่ภาคเรียน", "", "ตามแผน"), "state": ("ผล", "", "สิ่งที่ทำจริงเทียบกับแผนปีก่อน"),
        "planned_pupils": ("นักเรียนตามแผน", "คน", "ผู้ที่แผนให้ย้าย"),
        "planned_baht": ("ค่าพาหนะตามแผน", "บาท", "ต่อปีการศึกษา"),
        "pupils": ("นักเรียน", "คน", "ผู้ที่เรียนที่โรงเรียนหลักปีนี้เพราะการรวม"),
        "baht": ("ค่าพาหนะ", "บาท", "ความต้องการปีนี้ของสองรอบ"),
    },
    "forecast": {
        "last": ("ปีก่อน", "คน", "นักเรียนที่นับในปีก่อน"),
        "forecast": ("คาดการณ์", "คน", "ที่รอบปีก่อนคาดไว้สำหรับปีนี้"), "fact": ("นับจริง", "คน", "นักเรียนที่นับในปีนี้"),
        "error": ("คาดลบจริง", "คน", "บวก = คาดไว้มากกว่าจริง ลบ = คาดไว้น้อยกว่าจริง"),
        "error_as_last": ("ปีก่อนลบจริง", "คน", "ถ้าใช้จำนวนปีก่อนแทนการคาดการณ์"),
    },
    "roads": {
        "change": ("สิ่งที่เปลี่ยน", "", "ถนนใหม่ หายไป หรือเปลี่ยนทิศทาง ชั้น ผิว สิ่งกีดขวาง"), "name": ("ชื่อถนน", "", "ว่าง = ไม่มีชื่อ"),
        "length_m": ("ยาว", "เมตร", "0 = สิ่งกีดขวาง"), "baht": _BY_ROADS,
        "lat": ("ละติจูด", "องศา", "จุดหนึ่งบนถนน"), "lon": ("ลองจิจูด", "องศา", "จุดหนึ่งบนถนน"),
    },
    "near": {
        "changes": ("แห่งที่", "", "เลขของถนนที่เปลี่ยนใกล้เคียง ดูแผ่นถนน"), "baht": _BY_ROADS,
        "new_m": ("ถนนใหม่", "เมตร", "ความยาวในระยะใกล้เคียง"), "gone_m": ("ถนนที่หายไป", "เมตร", "ความยาวในระยะใกล้เคียง"),
        "other_m": ("ถนนที่เปลี่ยน", "เมตร", "ทิศทาง ชั้น ผิว หรือสิ่งกีดขวาง"),
    },
}  # fmt: skip
#: Columns that stay in sight and are printed on each page, where they are not two.
_FROZEN = {"distances": 5}
#: Columns that a notebook shows where all are more than a page is wide.
_SHOWN = {
    "distances": ["origin", "village_name", "school_name", "m_last", "m_this", "change_m", "cause", "band_last",
                  "band_this", "paid_pupils_last", "paid_pupils_this", "state_this"],
    "merges": ["school_name", "host_name", "host_now_name", "grades", "from_term", "state", "planned_pupils",
               "planned_baht", "pupils", "baht"],
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
        dates=_spell_dates(years),
    )
    tables = year_tables(years)
    # Most of hundreds of classes are as large as they were; whoever needs them all has the CSV.
    tables["pupils"] = tables["pupils"][tables["pupils"]["change"] != 0]
    near = f"ถนนที่เปลี่ยนในระยะ {NEAR_M} เมตรจากทางที่ใช้หรือจากจุด; {spell_roads(years)}"
    titles = {
        "summary": ("สรุป", "สองปีโดยสรุป", ""),
        "causes": ("สาเหตุ", "ระยะทางเปลี่ยนเพราะอะไร", "คู่ที่มีหลายสาเหตุนับทุกสาเหตุ"),
        "schools": ("โรงเรียน", "โรงเรียนและนักเรียน", ""),
        "pupils": ("รายชั้น", "นักเรียนตามทะเบียนรายชั้น ที่เปลี่ยน", "เฉพาะชั้นที่จำนวนเปลี่ยน ทุกชั้นอยู่ใน pupils.csv"),
        "villages": ("หมู่บ้าน", "หมู่บ้านที่เปลี่ยน", ""),
        "distances": (
            "ระยะทาง",
            "ทางที่มีผู้ใช้หรือรับรองไว้ ที่ระยะ ผู้มีสิทธิ หรือการรับรองเปลี่ยน",
            "; ".join(filter(None, (spell_ways(years), spell_kept_ways(years)))),
        ),
        "money": ("เงิน", "ความต้องการตามช่วงอัตรา", ""),
        "merges": ("การรวม", "การรวมที่ทำจริงเทียบกับแผน", spell_merges(years)),
        "forecast": ("คาดการณ์", "นักเรียนที่คาดไว้กับที่นับจริง", spell_forecast(years)),
        "roads": ("ถนน", "ถนนที่เปลี่ยนระหว่างสองวันที่", near),
        "near": ("ใกล้ใคร", "หมู่บ้านและโรงเรียนที่ถนนใกล้เคียงเปลี่ยน", near),
    }
    sheets = [
        Sheet(
            name,
            title,
            _spelled(years, tables[key]),
            note=note,
            frozen_columns=_FROZEN.get(key, 2),
            heads={column: (head, told) for column, (head, _, told) in _heads(key).items()},
            units={column: unit for column, (_, unit, _) in _heads(key).items()},
        )
        for key, (name, title, note) in titles.items()
    ]
    write_book(cover, sheets, path, null="–")


def _heads(key: str) -> dict[str, tuple[str, str, str]]:
    """Return head, unit and description of the columns of one of :func:`year_tables`."""
    return _HEADS | _OWN_HEADS.get(key, {})


def _spell_dates(years: Years) -> str:
    """Return what the counts and the roads of both years are of."""
    told = []
    for words, measured in (("ปีก่อน", years.last), ("ปีนี้", years.this)):
        cycle = measured.cycle
        counted, roads = spell_as_of(cycle.tables["students"]), spell_day(cycle.network.osm_date)
        told.append(f"{words} ({cycle.policy.fiscal_year}): ข้อมูลนักเรียน {counted} ข้อมูลถนน {roads}")
    return "; ".join(told) + " (OpenStreetMap)"


def show(years: Years, name: str) -> Styler:
    """Return one of :func:`year_tables` for people to read, with names, Thai heads and words."""
    table = _spelled(years, year_tables(years)[name])
    table = table[_SHOWN.get(name, list(table))]
    known = ((column, *look) for column, look in _heads(name).items() if column in table)
    heads = {column: f"{head} ({unit})" if unit else head for column, head, unit, _ in known}
    text = [column for column in table if not pd.api.types.is_numeric_dtype(table[column])]
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

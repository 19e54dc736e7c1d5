"""The country's tables as a workbook."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from restructure.book import Cover, Sheet, write_book
from restructure.national.country import COLUMNS, CURVE_COLUMNS, TWO_ANSWERS, Country
from restructure.optimise.telling import STATUS_WORDS
from restructure.words import ROUTED, spell_day

#: So many rows of the country's curve are printed: it has one for nearly every number.
_ROWS = 200
#: The table of offices on several sheets, each of which can be read in print: name, title and its last column.
_PARTS = (
    ("สำนักงานเขต", "สำนักงานเขตทั้งหมด: ปัจจุบันและความต้องการ", "need_pupils"),
    ("แผนดีที่สุด", "สำนักงานเขตทั้งหมด: แผนดีที่สุดตามเกณฑ์ของแต่ละสำนักงาน", "directors_freed"),
    ("คาดการณ์และข้อควรตรวจ", "สำนักงานเขตทั้งหมด: อีก 5 ปี และสิ่งที่ต้องตรวจ", "error"),
)
_NAMES = ["office", "name"]
_SUMS = "ช่องรวมนับทุกแถวที่มีตัวเลข แถวที่ไม่ทราบไม่อยู่ในผลรวม"


def write_national_book(country: Country, path: Path) -> None:
    """Write the table of offices, the country's curve and who closes how many at points of it."""
    curve = country.curve
    shown = curve.iloc[sorted({round(i * (len(curve) - 1) / (_ROWS - 1)) for i in range(_ROWS)})]
    cover = Cover(
        title="การเรียนรวมของโรงเรียนขนาดเล็กทั้งประเทศ",
        note=f"{ROUTED} หนึ่งแถวคือหนึ่งสำนักงานเขต ไม่มีข้อมูลรายบุคคล",
        property_title="การเรียนรวมทั้งประเทศ",
        policy=country.policy.model_copy(update={"office": "ทุกสำนักงานเขต", "synthetic": country.synthetic}),
        students=pd.DataFrame({"school_id": [], "grade": [], "village_id": [], "as_of": [], "count": []}),
        osm_date="",
        scenario="",
        # Many offices' pupils are not all counted on a day.
        dates=f"ข้อมูลถนน {spell_day(country.osm_dates[-1]) if country.osm_dates else 'ไม่ทราบวันที่'} (OpenStreetMap)",
    )
    sheets = [
        *_of_offices(country),
        Sheet(
            "เส้นแลกเปลี่ยน", "ย้ายกี่โรงเรียน เพิ่มภาระเท่าไร", shown.reset_index(drop=True), heads=CURVE_COLUMNS,
            note=f"{TWO_ANSWERS} · ทุกจำนวนอยู่ใน curve.csv ที่นี่เลือกมา {len(shown):,} จาก {len(curve):,} จุด",
        ),
    ]  # fmt: skip
    write_book(cover, sheets, path, null="ไม่ทราบ")


def _of_offices(country: Country) -> list[Sheet]:
    offices = country.offices.assign(best=country.offices["best"].map(STATUS_WORDS).fillna(""))
    summed, left = set(country.totals()), [name for name in offices if name not in _NAMES]
    sheets = []
    for name, title, last in _PARTS:
        end = left.index(last) + 1
        columns, left = left[:end], left[end:]
        totals = [column for column in columns if column in summed]
        table = offices[[*_NAMES, *columns]]
        sheets.append(Sheet(name, title, table, totals=totals, frozen_columns=2, heads=COLUMNS, note=_SUMS))
    return sheets

"""The country's tables as a workbook."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from restructure.book import Cover, Sheet, write_book
from restructure.national.country import COLUMNS, CURVE_COLUMNS, Country
from restructure.words import ROUTED

#: So many rows of the country's curve are printed: it has one for nearly every number.
_ROWS = 200


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
        osm_date=country.osm_dates[-1] if country.osm_dates else "",
        scenario="",
    )
    summed = [name for name in country.totals() if name != "office"]
    sheets = [
        Sheet("สำนักงานเขต", "สำนักงานเขตทั้งหมด", country.offices, totals=summed, frozen_columns=2, heads=COLUMNS),
        Sheet(
            "เส้นแลกเปลี่ยน", "ย้ายกี่โรงเรียน เพิ่มภาระเท่าไร", shown.reset_index(drop=True), heads=CURVE_COLUMNS,
            note=f"ทุกจำนวนอยู่ใน curve.csv ที่นี่เลือกมา {len(shown):,} จาก {len(curve):,} จุด",
        ),
    ]  # fmt: skip
    write_book(cover, sheets, path, null="ไม่ทราบ")

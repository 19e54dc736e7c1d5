"""The comparison as a workbook: figures side by side, years, children's ways and teaching of all scenarios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from restructure.book import Cover, Sheet, write_book
from restructure.comparison import (
    children_table,
    compare,
    outcome_names,
    teaching_table,
    with_present,
    years_table,
)
from restructure.plan import Tables
from restructure.simulate import Outcome
from restructure.words import ROUTED
from restructure.workbook import HEADS, children_sheet, teaching_sheet

_NET = (
    "สุทธิเท่าที่ทราบ = ค่าพาหนะ เงินรายหัว และเงินเพิ่มที่เปลี่ยนไปรวมกัน บวก = จ่ายเพิ่ม; "
    "อัตรากำลังที่ลดลงเป็นจำนวนอัตรา ค่าใช้จ่ายต่ออัตราไม่มีในแหล่งใด จึงไม่รวม"
)


def write_comparison_book(outcomes: list[Outcome], tables: Tables, osm_date: str, path: Path) -> None:
    """Write ``comparison.xlsx`` about some outcomes of one office, the present state first.

    Parameters
    ----------
    osm_date
        Of the roads that the ways were measured on.
    """
    outcomes = with_present(outcomes)
    names = outcome_names(outcomes)
    cover = Cover(
        title="เปรียบเทียบทางเลือก",
        note=ROUTED,
        property_title="เปรียบเทียบทางเลือก",
        policy=outcomes[0].office.policy,
        students=tables["students"],
        osm_date=osm_date,
        scenario="",
    )

    def together(table_of: Callable[[Outcome], pd.DataFrame]) -> pd.DataFrame:
        found = [table_of(outcome).assign(scenario=name) for outcome, name in zip(outcomes, names, strict=True)]
        # In the present state nobody moves: an empty table has no types that are worth keeping.
        table = pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)
        return table[["scenario", *table.columns.drop("scenario")]]

    rule = outcomes[0].summary["staffing_rule"]
    sheets = [
        _figures_sheet(outcomes, names),
        Sheet("รายปี", "เงินและอัตรากำลังของปีงบประมาณตามแผน นับนักเรียนปัจจุบัน", together(years_table), "years",
              f"{_NET}; {ROUTED}", frozen_columns=2, heads=HEADS),
        children_sheet(together(children_table), tables),
        teaching_sheet(together(teaching_table), tables, rule),
    ]  # fmt: skip
    write_book(cover, sheets, path)


def _figures_sheet(outcomes: list[Outcome], names: list[str]) -> Sheet:
    """Return the figures in words, a column a scenario."""
    keys = ["present", *(f"scenario_{number}" for number in range(1, len(outcomes)))]
    heads = {key: (name, f"{name}: ค่า และต่างจากสภาพปัจจุบันเท่าใด") for key, name in zip(keys, names, strict=True)}
    table = compare(outcomes)
    table = table.set_axis([*table.columns[:3], *keys], axis=1)
    # Filtering needs the group in each row.
    table["group"] = table["group"].replace("", pd.NA).ffill()
    return Sheet("เปรียบเทียบ", "ทางเลือกเทียบกับสภาพปัจจุบัน", table, "comparison", f"{_NET}; {ROUTED}",
                 frozen_columns=3, heads=heads)  # fmt: skip

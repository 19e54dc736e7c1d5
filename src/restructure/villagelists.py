"""The villages whose children a plan moves, a list for each host: whom to invite, which van goes where."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from restructure.book import Cover, Sheet, with_names, write_book
from restructure.grades import STAGES, stage_of, thai_grades
from restructure.plan import Plan
from restructure.words import INTERNAL, ROUTED

_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\'\x00-\x1f]")
_KEYS = ["village_id", "school_id", "road_m", "band", "baht_per_day"]
_HEADS = {
    **{
        f"pupils_{stage}": (
            f"{thai_grades('-'.join((grades[0], grades[-1])))} (คน)",
            f"นักเรียนที่ย้าย ชั้น {thai_grades(stage)}",
        )
        for stage, grades in STAGES.items()
    },
    "tambon": ("ตำบล", "ตำบลที่หมู่บ้านอยู่ ว่าง = ไม่ทราบ"),
}


def write_village_lists(plan: Plan, path: Path) -> None:
    """Write ``villages-by-host.xlsx``: a sheet a host, ready to print. It never leaves the office and its schools."""
    cover = Cover(
        title="หมู่บ้านของนักเรียนที่ย้าย แยกตามโรงเรียนหลัก",
        note=f"{INTERNAL}; {ROUTED}",
        property_title=f"หมู่บ้านตามโรงเรียนหลัก {plan.scenario.name}",
        policy=plan.policy,
        students=plan.tables["students"],
        osm_date=plan.network.osm_date,
        scenario=plan.scenario.name,
    )
    names = plan.tables["schools"].set_index("school_id")["name"]
    paid = plan.outcome.subsidy
    sheets = [
        Sheet(_sheet_name(str(host), names[host]), f"หมู่บ้านที่มีนักเรียนไปเรียนที่ {names[host]} ({host})",
              _villages(plan, rows), "subsidy", f"{INTERNAL}; {ROUTED}",
              ["pupils", *(f"pupils_{stage}" for stage in STAGES)], frozen_columns=2, heads=_HEADS)
        for host, rows in paid.groupby("host_id", sort=True)
    ]  # fmt: skip
    if not sheets:
        sheets = [Sheet("ไม่มีการย้าย", "ทางเลือกนี้ไม่มีนักเรียนย้าย", _villages(plan, paid), "subsidy", INTERNAL, heads=_HEADS)]
    write_book(cover, sheets, path)


def _villages(plan: Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row a village, school and way, with the pupils of each stage."""
    stages = [f"pupils_{stage}" for stage in STAGES]
    counts = {f"pupils_{stage}": rows["pupils"].where(rows["grade"].map(stage_of) == stage, 0) for stage in STAGES}
    table = rows[_KEYS].assign(**counts, pupils=rows["pupils"]).groupby(_KEYS, as_index=False, dropna=False).sum()
    villages = plan.tables["villages"]
    tambons = villages.set_index("village_id")["tambon"] if "tambon" in villages else pd.Series(dtype=str)
    table = with_names(plan.tables, table).astype(dict.fromkeys([*stages, "pupils"], "int64"))
    table["tambon"] = [tambons.get(code, "") for code in table["village_id"]]
    columns = ["village_id", "village", "tambon", "school_id", "school_name", *stages, "pupils", "road_m", "band"]
    return table[[*columns, "baht_per_day"]]


def _sheet_name(code: str, name: str) -> str:
    # What Excel takes as the name of a sheet; the code tells hosts of one name apart.
    return f"{code} {_NOT_IN_A_NAME.sub('', name)}"[:31].strip()

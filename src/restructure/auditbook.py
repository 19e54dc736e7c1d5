"""The audit of distances as a workbook: what to check in the field before money moves, most baht first."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from restructure.audit import Audit
from restructure.book import Cover, Sheet, with_names, write_book
from restructure.policy import Policy
from restructure.words import INTERNAL, ROUTED, settings_table

#: Settings that decide what is listed.
_USED = ["bands", "days_per_year", "distance_rule", "vehicle", "audit_tolerance_m", "home_spread_m"]
_USED += ["snap_limit_m", "snap_rival_m", "snap_detour_m", "declared_tolerance_m"]


def write_audit(
    found: Audit,
    path: Path,
    *,
    policy: Policy,
    tables: dict[str, pd.DataFrame],
    scenario: str,
    osm_date: str,
) -> None:
    """Write an audit as an XLSX workbook, ready to print.

    Parameters
    ----------
    scenario
        Name of the scenario that the audit is about.
    osm_date
        Day of the road data, ISO.
    """
    cover = Cover(
        title="ผลตรวจระยะทางก่อนจ่ายเงิน",
        note=f"{ROUTED}; {INTERNAL}",
        property_title=f"ผลตรวจระยะทาง {scenario}",
        policy=policy,
        students=tables["students"],
        osm_date=osm_date,
        scenario=scenario,
    )
    settings = settings_table(policy).set_index("key", drop=False).loc[_USED].reset_index(drop=True)
    thresholds, addresses = _threshold_table(found.thresholds, tables)
    flagged = found.snaps[found.snaps[["far", "across_water", "rival"]].any(axis=1)].drop(columns="geometry")
    links = found.links.drop(columns="geometry")
    sheets = [
        Sheet("เส้นแบ่งช่วงอัตรา", "หมู่บ้านและโรงเรียนหลักที่ช่วงอัตราอาจเปลี่ยนได้ภายในความไม่แน่นอนของระยะทาง", thresholds,
              "thresholds", f"เรียงตามเงินที่ขึ้นกับการตรวจ มากไปน้อย; คอลัมน์หลัง “เหตุที่เปลี่ยนช่วงได้” ไม่พิมพ์; {INTERNAL}",
              ["pupils", "baht", "stake_baht", "baht_low", "baht_high"], frozen_columns=2, links={"route": addresses},
              printed_columns=thresholds.columns.get_loc("causes") + 1),
        Sheet("จุดกับถนน", "จุดหมู่บ้านและโรงเรียนที่ควรตรวจว่าอยู่บนถนนสายใด", flagged, "snaps",
              "เฉพาะจุดที่ห่างถนนเกินเกณฑ์ ข้ามน้ำ หรือมีถนนอีกสายใกล้พอกันที่ทำให้ระยะทางต่างกันมาก", frozen_columns=3),
        Sheet("ช่วงถนนที่ขาด", "ถนนส่วนที่ไม่ต่อกับถนนส่วนหลัก และช่วงสั้นที่สุดที่จะเชื่อมได้", links, "links",
              "จุดบนถนนเหล่านี้ยังวัดระยะทางไม่ได้ จึงไม่อยู่ในแผ่นเส้นแบ่งช่วงอัตรา"),
        Sheet("ระยะทางที่แจ้งเทียบที่วัด", "ระยะทางที่แจ้งใน DMC ซึ่งต่างจากที่คำนวณเกินเกณฑ์", with_names(tables, found.declared),
              "declared", f"เรียงตามเงินที่เปลี่ยน มากไปน้อย ที่ตรงกับระยะถึงโรงเรียนตามทะเบียนอยู่ท้าย; {INTERNAL}",
              ["pupils", "paid", "baht_change"], frozen_columns=2),
        Sheet("หน่วยที่แจ้ง", "หน่วยของระยะทางที่แจ้งใน DMC ซึ่งเดารายโรงเรียน", with_names(tables, found.units), "units",
              "หน่วยที่ทำให้ค่าของทั้งโรงเรียนใกล้ระยะทางถนนที่สุด"),
        Sheet("เกณฑ์ที่ใช้", "เกณฑ์ที่ใช้ตรวจ พร้อมที่มา", settings,
              note="ค่าใดไม่แน่ชัด สำนักงานเขตเป็นผู้กำหนดใน policy.yaml"),
    ]  # fmt: skip
    write_book(cover, sheets, path)


def _threshold_table(thresholds: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, list[str]]:
    """Return the thresholds with names and a column ``route``, and where on the page beside each cell of that leads."""
    on_map = thresholds["measured_from"] == "village"
    pairs = zip(thresholds["village_id"], thresholds["host_id"], on_map, strict=True)
    addresses = [f"map.html#{village}/{host}" if shown else "" for village, host, shown in pairs]
    table = with_names(tables, thresholds)
    # The way from a child's own home is on no map.
    route = ["ดูเส้นทาง" if address else "" for address in addresses]
    table.insert(table.columns.get_loc("pupils"), "route", route)
    return table, addresses

"""The comparison of two years in few figures and sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from restructure.grades import parse_grades
from restructure.thai import ROUND_NAMES
from restructure.years.facts import Years
from restructure.years.forecast import why_no_forecast
from restructure.years.merges import MERGE_STATES
from restructure.years.ways import PRESENCE, STEPS

#: Who is eligible, but has no distance and so no baht.
UNMEASURED = "ยังวัดไม่ได้ ไม่อยู่ในยอดเงิน"
#: What there is to open of what the comparison writes.
_TO_OPEN = {
    "compare.xlsx": "ทุกตาราง พร้อมพจนานุกรมข้อมูล",
    "map.pdf": "แผนที่ว่าอะไรเปลี่ยนที่ใด ขนาด A3",
    "committee.docx": "หนึ่งหน้าสำหรับคณะกรรมการ เป็นร่าง ช่องสีเหลืองให้คนกรอก",
}
_COLUMNS = ["group", "item", "unit", "last", "this"]


def summary(years: Years) -> pd.DataFrame:
    """Return the figures of both years.

    Returns
    -------
    DataFrame
        ``group`` (empty where it is that of the row above), ``item``, ``unit``, ``last``, ``this`` and ``change``
        (Int64, null where it is not known).
    """
    rows: list[tuple[Any, ...]] = []
    schools, ways = years.schools, years.ways
    counts = []
    for side, measured in (("last", years.last), ("this", years.this)):
        table = measured.cycle.tables["schools"]
        opened = schools["school_id"].isin(table.loc[table["status"] != "closed", "school_id"])
        roll = schools.loc[opened, f"roll_{side}"]
        small = roll.between(1, measured.cycle.policy.settings.small_school_max)
        counts.append((int(opened.sum()), int(schools[f"roll_{side}"].sum()), int(small.sum())))
    for (group, item, unit), *pair in zip(
        (("ทั้งเขต", "โรงเรียนที่เปิดสอน", "แห่ง"), ("", "นักเรียนตามทะเบียน", "คน"), ("", "โรงเรียนขนาดเล็ก", "แห่ง")),
        *counts,
        strict=True,
    ):
        rows.append((group, item, unit, *pair))
    for name, both in years.rounds.items():
        words = ROUND_NAMES[name]
        rows.append((f"ค่าพาหนะ {words}", "ผู้มีสิทธิ", "คน", *(int(made.needed["pupils"].sum()) for made in both)))
        # Who has no distance is eligible all the same: without this row the baht would look like that of everybody.
        unmeasured = (int(made.needed.loc[made.needed["road_m"].isna(), "pupils"].sum()) for made in both)
        rows.append(("", UNMEASURED, "คน", *unmeasured))
        rows.append(("", "ความต้องการ", "บาท", *(int(made.needed["baht"].sum()) for made in both)))
        rows.append(("", "วงเงิน", "บาท", *(made.ceiling_baht for made in both)))
    for words, states in (("ใช้จ่ายเงินได้", ["certified"]), ("จุดหรือถนนเปลี่ยน", ["stale"])):
        pair = [int(ways[f"state_{side}"].isin(states).sum()) for side in ("last", "this")]
        rows.append(("ระยะทางที่รับรอง" if states == ["certified"] else "", words, "คู่", *pair))
    table = pd.DataFrame(rows, columns=_COLUMNS).astype({"last": "Int64", "this": "Int64"})
    return table.assign(change=table["this"] - table["last"])


def causes(years: Years) -> pd.DataFrame:
    """Return how many ways each cause has changed, a way of several causes at each.

    Returns
    -------
    DataFrame
        ``cause`` (in Thai), ``ways``, ``pupils`` (who go them this year), ``band_ways`` and ``band_pupils`` (of those
        the ways whose band differs, and who is paid for there); causes of nothing are left out.
    """
    ways = years.ways.assign(cause=years.ways["cause"].str.split(";")).explode("cause")
    ways = ways[ways["cause"] != ""]
    band = ways["band_changes"].astype(bool)
    ways = ways.assign(ways=1, pupils=ways["pupils_this"], band_ways=band.astype(int))
    ways["band_pupils"] = ways["paid_pupils_this"].where(band, 0)
    table = ways.groupby("cause")[["ways", "pupils", "band_ways", "band_pupils"]].sum().astype("int64")
    words = STEPS | PRESENCE
    found = table.reindex([cause for cause in words if cause in table.index]).reset_index()
    return found.assign(cause=found["cause"].map(words))


def merge_counts(years: Years) -> dict[str, int]:
    """Return how many merges are in each of :data:`restructure.years.merges.MERGE_STATES`, those of none left out."""
    counts = years.merges["state"].value_counts()
    return {words: int(counts[state]) for state, words in MERGE_STATES.items() if state in counts}


def spell_merges(years: Years) -> str:
    """Return the merges done against those planned in one sentence."""
    planned = int((years.merges["host_id"] != "").sum() - (years.merges["state"] == "ended").sum())
    told = " ".join(f"{words} {count:,}" for words, count in merge_counts(years).items())
    plan = f"แผนปีก่อน “{years.plan.name}” มี {planned:,} โรงเรียน" if planned else "ปีก่อนไม่มีแผนการรวม"
    if years.plan.fault:
        plan = f"อ่านแผนของปีก่อนไม่ได้ จึงไม่รู้ว่าการรวมใดอยู่ในแผน ({years.plan.fault})"
    return f"{plan}{': ' if told else ''}{told}"


def spell_ways(years: Years) -> str:
    """Return which ways have changed and why in one sentence."""
    ways = years.ways
    changed = ways[(ways["cause"] != "") & ways["m_last"].notna() & ways["m_this"].notna()]
    if changed.empty:
        return "ระยะทางของทุกคู่เท่าเดิม"
    told = ", ".join(f"{row.cause} {row.ways:,} คู่" for row in causes(years).itertuples())
    band = ways[ways["band_changes"].astype(bool)]
    paid = int(band["paid_pupils_this"].sum())
    return f"ระยะทางเปลี่ยน {len(changed):,} คู่ ({told}) ช่วงอัตราเปลี่ยน {len(band):,} คู่ ผู้มีสิทธิ {paid:,} คน"


def spell_forecast(years: Years) -> str:
    """Return forecast against fact in one sentence."""
    if why := why_no_forecast(years.last, years.this):
        return why
    table = years.forecast
    forecast, fact = int(table["forecast"].sum()), int(table["fact"].sum())
    # In words: other changes are this year less the last, this is forecast less fact.
    by = abs(forecast - fact)
    differs = f"{'มากกว่า' if forecast > fact else 'น้อยกว่า'}จริง {by:,} คน" if by else "เท่าจริง"
    percent = f" (ร้อยละ {100 * by / fact:.1f})" if fact and by else ""
    mean, as_last = (float(table[name].abs().mean()) for name in ("error", "error_as_last"))
    return (
        f"คาดไว้ {forecast:,} คน นับจริง {fact:,} คน คาด{differs}{percent} "
        f"ต่างเฉลี่ยโรงเรียนละ {mean:.1f} คน ถ้าใช้จำนวนปีก่อนต่างเฉลี่ย {as_last:.1f} คน{_spell_moved_rolls(years)}"
    )


def moved_rolls(years: Years) -> tuple[set[str], set[str]]:
    """Return the schools whose rolls a merge has moved since the last year, and the hosts they were moved to.

    A roll has moved where the merged grades had pupils in the last year and have none in this one.
    """
    schools, hosts = set(), set()
    counts = years.pupils.set_index(["school_id", "grade"])[["pupils_last", "pupils_this"]]
    for row in years.merges[years.merges["host_now"] != ""].itertuples():
        merged = counts[counts.index.isin([(row.school_id, grade) for grade in parse_grades(row.grades)])].sum()
        if merged["pupils_last"] and not merged["pupils_this"]:
            schools.add(row.school_id)
            hosts |= set(row.host_now.split(";"))
    return schools, hosts


def _spell_moved_rolls(years: Years) -> str:
    schools, hosts = moved_rolls(years)
    # A forecast that was already counted at the host has no row of its own, and no difference.
    schools &= set(years.forecast["school_id"])
    if not schools:
        return ""
    return (
        f" การรวมที่ทำแล้วย้ายทะเบียน {len(schools):,} โรงเรียนไปโรงเรียนหลัก {len(hosts):,} แห่ง "
        "นักเรียนที่ย้ายนับเป็นส่วนต่างของทั้งสองฝั่ง"
    )


def spell_kept_ways(years: Years) -> str:
    """Return why a way stands among those that have changed though it is as long as it was; empty where none does."""
    ways = years.ways
    kept = ways[(ways["cause"] == "") & (ways["state_last"] != ways["state_this"])]
    if kept.empty:
        return ""
    begun, ended = (int((kept[side] == "").sum()) for side in ("state_last", "state_this"))
    told = {"เริ่มมีผู้มีสิทธิ": begun, "ไม่มีผู้มีสิทธิแล้ว": ended, "สถานะการรับรองเปลี่ยน": len(kept) - begun - ended}
    words = " ".join(f"{what} {count:,}" for what, count in told.items() if count)
    return f"อีก {len(kept):,} คู่ ระยะเท่าเดิมหรือยังวัดไม่ได้: {words}"


def spell_made(folder: Path) -> str:
    """Return in Thai what the comparison has written, and what there is to open of it."""
    lines = [f"เขียนไฟล์แล้วใน {folder}", *(f"  {name}: {words}" for name, words in _TO_OPEN.items())]
    return "\n".join([*lines, "เปิด compare.xlsx ก่อน"])


def spell_roads(years: Years) -> str:
    """Return what has changed in the roads in one sentence."""
    roads = years.roads
    if roads.empty:
        return "ข้อมูลถนนของสองปีเหมือนกัน"
    moved = years.ways[years.ways["cause"].str.contains("roads", regex=False)]
    band = moved[moved["roads_band_changes"].astype(bool)]
    return (
        f"ถนนเปลี่ยน {len(roads):,} แห่ง ทำให้ระยะทางเปลี่ยน {len(moved):,} คู่ ช่วงอัตราเปลี่ยน {len(band):,} คู่ "
        f"ผู้มีสิทธิ {int(band['paid_pupils_this'].sum()):,} คน ค่าพาหนะ {int(moved['roads_baht'].sum()):+,} บาทต่อปีการศึกษา "
        "ตามระยะที่คำนวณ"
    )

"""The comparison of two years in few figures and sentences."""

from __future__ import annotations

from typing import Any

import pandas as pd

from restructure.thai import ROUND_NAMES
from restructure.years.facts import Years
from restructure.years.forecast import why_no_forecast
from restructure.years.merges import MERGE_STATES
from restructure.years.ways import PRESENCE, STEPS

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
    percent = f" (ร้อยละ {100 * (forecast - fact) / fact:+.1f})" if fact else ""
    mean, as_last = (float(table[name].abs().mean()) for name in ("error", "error_as_last"))
    return (
        f"คาดไว้ {forecast:,} คน นับจริง {fact:,} คน ต่าง {forecast - fact:+,} คน{percent} "
        f"ต่างเฉลี่ยโรงเรียนละ {mean:.1f} คน ถ้าใช้จำนวนปีก่อนต่างเฉลี่ย {as_last:.1f} คน"
    )


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

"""The command ``compare``: this year's cycle beside last year's."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd


def add_compare(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to a parser; ``add`` makes a command from its name, what it runs and its help."""
    command = add("compare", _compare, "เทียบปีก่อนกับปีนี้: นักเรียน โรงเรียน ระยะทาง เงิน การรวม การคาดการณ์", folder=False)
    command.add_argument("last", metavar="LAST", type=Path, help="โฟลเดอร์ของปีก่อน ไม่ถูกแก้")
    command.add_argument("this", metavar="DIR", type=Path, help="โฟลเดอร์ของปีนี้ ผลอยู่ใน outputs/compare")
    command.epilog = "เทียบทางเลือกในปีเดียวกันอยู่ในสมุดงาน 03-scenarios"


def _compare(options: argparse.Namespace) -> int:
    from restructure.words import ROUTED
    from restructure.years.facts import open_years
    from restructure.years.telling import (
        spell_forecast,
        spell_kept_ways,
        spell_merges,
        spell_roads,
        spell_ways,
        summary,
    )
    from restructure.years.writing import write_years

    years = open_years(options.last, options.this)
    made = write_years(years)
    for row in summary(years).itertuples():
        if row.group:
            print(row.group)
        last, this = ("ไม่ทราบ" if pd.isna(value) else f"{value:,}" for value in (row.last, row.this))
        print(f"  {row.item}: {last} → {this} {row.unit}")
    for spell in (spell_merges, spell_ways, spell_kept_ways, spell_roads, spell_forecast):
        if told := spell(years):
            print(told)
    print(ROUTED)
    print(f"รายละเอียด: {made}")
    return 0

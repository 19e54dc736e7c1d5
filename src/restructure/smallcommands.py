"""The command ``small-schools``: the office's small schools as tables, yearly plan and public version."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from restructure.cycle import Measured
from restructure.smallschools import spell_sizes, write_small_schools
from restructure.smalltexts import SMALL_FILE, read_small_texts


def add_small_schools(add: Callable[..., argparse.ArgumentParser], measure: Callable[[Path], Measured]) -> None:
    """Add the command to a parser.

    Parameters
    ----------
    add
        Makes a command from its name, what it runs and its help.
    measure
        Reads, checks and measures a folder, and tells what was set aside.
    """

    def run(options: argparse.Namespace) -> int:
        return _small_schools(measure(options.folder), final=options.final)

    command = add("small-schools", run, "โรงเรียนขนาดเล็ก: ตาราง แผนบริหารจัดการประจำปี และฉบับเผยแพร่")
    command.epilog = f"ข้อความของแผนพิมพ์ใน {SMALL_FILE} (แบบว่างได้จากคำสั่ง templates)"
    command.add_argument("--final", action="store_true", help="ฉบับสมบูรณ์ ไม่มีเครื่องหมายของร่าง ออกได้เมื่อกรอกครบทุกช่อง")


def _small_schools(measured: Measured, *, final: bool) -> int:
    small = write_small_schools(measured, final=final)
    few, every = len(small.small), len(small.every)
    print(f"โรงเรียนขนาดเล็ก {few:,} แห่ง จากที่เปิดสอน {every:,} แห่ง (นักเรียนไม่เกิน {small.bounds[-1]} คน)")
    for name, row in zip(spell_sizes(small.bounds), small.sizes.itertuples(), strict=True):
        print(f"  {name}: {row.schools:,} แห่ง นักเรียน {row.pupils:,} คน")
    if small.unprojected:
        print(f"  ไม่มีการคาดการณ์: {small.unprojected}")
    made = measured.cycle.outputs / "small-schools"
    texts = read_small_texts(measured.cycle.folder)
    left = [f"schools {code}" for code in sorted(set(texts.schools) - set(small.schools["school_id"]))]
    left += [f"sizes {high}" for high in sorted(set(texts.sizes) - set(small.bounds))]
    if left:
        print(
            f"{SMALL_FILE}: ข้อความของ {', '.join(left)} ไม่ได้ใส่ในแผน เพราะไม่อยู่ในรายการโรงเรียนหรือขนาด: ตรวจรหัสหรือขนาด\n"
            f"{SMALL_FILE}: the texts of {', '.join(left)} are not in the plan; check code or size.",
            file=sys.stderr,
        )
    print(f"{'แผนฉบับสมบูรณ์' if final else 'ร่างแผน'}และตาราง: {made}  ฉบับเผยแพร่: {made / 'public'}")
    blanks = pd.read_csv(made / "blanks.csv", keep_default_na=False)
    if len(blanks):
        print(f"  เหลือช่องที่ต้องกรอก {len(blanks):,} แห่ง ดู {made / 'blanks.csv'}")
    return 0

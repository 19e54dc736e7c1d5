"""The commands ``backup`` and ``restore``: a cycle as one file, and back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from restructure import backup as backups
from restructure._errors import RestructureError
from restructure.cycle import ledger_faults, open_cycle
from restructure.edition import NOTICE_FILE
from restructure.files import sha256
from restructure.rolls import snapshot
from restructure.stepcommand import a_cycle
from restructure.thai import parse_date, thai_date


def add_backup(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands to a parser; ``add`` makes a command from its name, what it runs and its help."""
    command = add("backup", _backup, "สำรองรอบปีทั้งโฟลเดอร์เป็นไฟล์เดียว หรือทำฉบับไม่มีข้อมูลบุคคลไว้ส่งมอบ")
    command.add_argument("file", metavar="FILE", type=Path, help="ไฟล์ใหม่ เช่น 2570.zip เก็บนอกโฟลเดอร์รอบปี")
    command.add_argument("--without-persons", action="store_true", help="ไม่ใส่ข้อมูลรายบุคคล: นักเรียนเป็นจำนวนตามหมู่บ้าน")
    command.add_argument("--without-outputs", action="store_true", help="ไม่ใส่ outputs ซึ่งทำใหม่ได้ ไฟล์จึงเล็กลง")
    restore = add("restore", _restore, "คืนรอบปีจากไฟล์สำรองลงโฟลเดอร์ใหม่ ตรวจทุกไฟล์ก่อน", folder=False)
    restore.add_argument("file", metavar="FILE", type=Path, help="ไฟล์ที่ทำด้วย restructure backup")
    restore.add_argument("folder", metavar="DIR", type=Path, help="โฟลเดอร์ใหม่หรือโฟลเดอร์ว่าง")


def _backup(options: argparse.Namespace) -> int:
    made = backups.write_backup(
        a_cycle(options.folder), options.file, persons=not options.without_persons, outputs=not options.without_outputs
    )
    _tell(made)
    if made.persons:
        print("มีข้อมูลรายบุคคลเหมือนโฟลเดอร์จริง: เก็บในที่ปลอดภัยเท่ากัน อย่าส่งทางไลน์หรืออีเมลส่วนตัว")
    else:
        print("ไม่มีข้อมูลนักเรียนรายบุคคล แต่ยังมีจำนวนน้อยรายหมู่บ้าน: ใช้ในราชการ ไม่ใช่ฉบับเผยแพร่")
    print(f"อ่านทวนแล้วครบ: {options.file}")
    print(f"รหัสตรวจไฟล์ (SHA-256) จดไว้หรือแจ้งผู้รับ: {sha256(options.file)}")
    _tell_ledger(options.folder)
    return 0


def _restore(options: argparse.Namespace) -> int:
    made = backups.restore(options.file, options.folder)
    _tell(made)
    print(f"คืนแล้วที่ {options.folder} ทุกไฟล์ตรงกับที่จดไว้")
    print(f"รหัสตรวจไฟล์ (SHA-256) ให้ตรงกับที่ผู้ส่งแจ้ง: {sha256(options.file)}")
    if (options.folder / NOTICE_FILE).is_file():
        print((options.folder / NOTICE_FILE).read_text("utf-8"), end="")
    _tell_ledger(options.folder)
    try:
        cycle = open_cycle(options.folder, untouched=True)
    except RestructureError as error:  # the files are as they were; what is wrong was wrong before
        print(f"คืนไฟล์ครบแล้ว แต่ยังเปิดรอบปีนี้ไม่ได้:\n{error}", file=sys.stderr)
        return 0
    schools, pupils = len(cycle.tables["schools"]), snapshot(cycle.tables["students"])["pupils"].sum()
    print(f"{cycle.policy.office} ปีงบประมาณ {cycle.policy.fiscal_year}: โรงเรียน {schools:,} แห่ง นักเรียน {pupils:,} คน")
    return 0


def _tell(made: backups.Backup) -> None:
    size = sum(kept.bytes for kept in made.files.values()) / 1e6
    print(
        f"{len(made.files):,} ไฟล์ {size:,.1f} MB บันทึกการตัดสินใจถึงแถว {made.ledger[0]} "
        f"สำรองเมื่อ {thai_date(parse_date(made.made))} โปรแกรมรุ่น {made.restructure}"
    )


def _tell_ledger(folder: Path) -> None:
    for fault in ledger_faults(folder):
        print(fault, file=sys.stderr)

"""The command ``step``: how far the work standard's steps are, and certifying one."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from restructure._errors import UsageError
from restructure.drafting import read_draft
from restructure.ledger import head, in_force, read_ledger, revoke
from restructure.migration import refuse_newer
from restructure.procedure import STATES, STEP_DONE, complete_step, progress, round_names
from restructure.thai import parse_date, thai_date


def add_step(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to a parser; ``add`` makes a command from its name, what it runs and its help."""
    command = add("step", _step, "ขั้นตอนจัดตั้ง ยุบรวม เลิก โอน: ดูว่าถึงไหน รับรองว่าทำขั้นใดแล้ว")
    command.epilog = "ไม่ระบุ KEY = แสดงทุกขั้น ผู้รับผิดชอบและกำหนดวันกรอกในสมุดงาน 05 หรือ plan.yaml"
    command.add_argument("key", metavar="KEY", nargs="?", help="ขั้นที่จะรับรอง")
    command.add_argument("--by", metavar="NAME", default="", help="ชื่อผู้รับรอง")
    command.add_argument("--on", metavar="DATE", type=a_day, help="วันที่ทำ เช่น 15/12/2569")
    command.add_argument("--evidence", metavar="FILE", default="", help="ไฟล์หลักฐาน (เก็บสำเนาใน evidence/) หรือเลขหนังสือ")
    command.add_argument("--why", metavar="TEXT", default="", help="เหตุผล ต้องมีเมื่อข้ามขั้น ไม่มีหลักฐาน หรือเพิกถอน")
    command.add_argument("--undo", action="store_true", help="เพิกถอนการรับรองของขั้นนี้")


def a_day(text: str) -> date:
    """Return the day that an option of a command names."""
    try:
        return parse_date(text)
    except ValueError:
        raise UsageError(f"อ่านวันที่ {text} ไม่ได้: เขียน เช่น 15/12/2569", f"{text} is no date.") from None


def a_cycle(folder: Path) -> Path:
    """Return a folder that is a cycle, for commands that measure nothing: a wrong name must not begin a ledger."""
    if not (folder / "inputs").is_dir():
        raise UsageError(f"ไม่พบโฟลเดอร์ {folder / 'inputs'}: ตรวจชื่อโฟลเดอร์", f"There is no folder {folder / 'inputs'}.")
    refuse_newer(folder)
    return folder


def file_or_words(text: str) -> Path | str:
    """Return what an option names as evidence: words such as the number of a letter hold no ending of a file."""
    # Words may be longer than a path can be.
    is_file = re.search(r"\.[A-Za-z]\w{0,7}$", text) or os.path.exists(text)  # noqa: PTH110
    return Path(text) if is_file else text


def _step(options: argparse.Namespace) -> int:
    folder = a_cycle(options.folder)
    if options.key:
        _decide(folder, options)
    draft, _ = read_draft(folder)
    steps = progress(draft, read_ledger(folder), folder)
    for name, thai in round_names().items():
        print(f"\n{thai}")
        for row in steps[steps["round"] == name].to_dict("records"):
            told = [f"ทำเมื่อ {thai_date(row['done_on'])} รับรองโดย {row['who']}"] if row["who"] else [row["owner"]]
            told += [f"ภายใน {thai_date(row['due'])}"] if row["due"] and not row["who"] else []
            told += [row["missing"]]
            print(f"  {row['step']:<20} {STATES[row['state']]}: {' · '.join([row['thai'], *filter(None, told)])}")
    return 0


def _decide(folder: Path, options: argparse.Namespace) -> None:
    (seen, _), (draft, _), rows = head(folder), read_draft(folder), read_ledger(folder)
    if options.undo:
        held = in_force(rows, STEP_DONE)
        seqs = held.loc[held["subject"] == options.key, "seq"].tolist()
        if not seqs:
            raise UsageError(f"ขั้น {options.key} ยังไม่มีการรับรอง: ดูรายการก่อน", f"{options.key} is not certified.")
        revoke(folder, options.by, seqs, options.why)
        return
    if options.on is None:
        raise UsageError("ยังไม่บอกวันที่ทำ: ใส่ --on เช่น --on 15/12/2569", "Give the day by --on.")
    evidence = file_or_words(options.evidence)
    complete_step(
        folder, draft, rows, options.key, options.by, on=options.on, evidence=evidence, why=options.why, seen=seen
    )

"""The command ``collect``: forms to schools, what came back, who is missing, reminders, the report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from restructure._errors import DataError, UsageError
from restructure.collection import chasing, steps
from restructure.collection.formreader import RULES
from restructure.collection.issue import issue_names, office_schools, read_issue, read_issues
from restructure.collection.returns import RETURNED, choose_answer, take_returns
from restructure.cycle import refuse_broken_ledger
from restructure.ledger import head
from restructure.stepcommand import a_cycle
from restructure.thai import thai_date


def add_collect(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to a parser; ``add`` makes a command from its name, what it runs and its help."""
    command = add("collect", _collect, "แบบติดตามส่งโรงเรียน (collections/NAME/issue.yaml): ทำแบบ อ่านที่ส่งกลับ เตือน รายงาน")
    command.epilog = (
        "ไม่ระบุ NAME = แสดงทุกประเด็น ระบุ NAME อย่างเดียว = ใครตอบแล้ว ตัวอย่าง issue.yaml อยู่ใน templates/ "
        "(ทำด้วย restructure templates DIR) คำตอบที่เป็นข้อความอาจมีชื่อบุคคล: อยู่ในไฟล์ของสำนักงานเท่านั้น"
    )
    command.add_argument("name", metavar="NAME", nargs="?", help="โฟลเดอร์ของประเด็นใน collections/")
    action = command.add_mutually_exclusive_group()
    action.add_argument("--forms", action="store_true", help="ทำแบบ XLSX รายโรงเรียนและแบบรวม")
    action.add_argument("--read", metavar="PATH", nargs="+", type=Path, help="เก็บและอ่านไฟล์หรือโฟลเดอร์ที่โรงเรียนส่งกลับ")
    action.add_argument("--remind", action="store_true", help="ทำหนังสือเตือนโรงเรียนที่ยังตอบไม่ครบ")
    action.add_argument("--report", action="store_true", help="ทำรายงาน DOCX และ XLSX")
    text = "เลือกฉบับที่ใช้เมื่อโรงเรียนตอบไม่ตรงกัน ต้องมี --by และ --why"
    action.add_argument("--choose", metavar=("SCHOOL", "ENTRY"), nargs=2, help=text)
    command.add_argument("--by", metavar="NAME", default="", help="ชื่อผู้เลือก")
    command.add_argument("--why", metavar="TEXT", default="", help="เหตุผลที่เลือก")


def _collect(options: argparse.Namespace) -> int:
    folder = a_cycle(options.folder)
    if options.name is None:
        if options.forms or options.read or options.remind or options.report or options.choose:
            raise UsageError("ยังไม่บอกชื่อประเด็น: ใส่ NAME หลังโฟลเดอร์", "Give the name of the issue after the folder.")
        return _list(folder)
    name: str = options.name
    if options.forms:
        made = steps.make_forms(folder, name)
        print(f"ทำแบบ {len(made) - 1} โรงเรียน และแบบรวม {made[-1].name}: {made[-1].parent}")
        return 0
    if options.read:
        new = take_returns(folder, read_issue(folder, name), options.read)
        print(f"เก็บไฟล์ใหม่ {len(new)} ไฟล์ ไว้ใน {folder / 'collections' / name / RETURNED} (ต้นฉบับไม่เปลี่ยน)")
    followed = steps.follow(folder, name)
    if options.choose:
        seen, _ = head(folder)
        refuse_broken_ledger(folder)
        school, entry = options.choose
        choose_answer(folder, followed.returns, school, entry, options.by, options.why, seen=seen)
        followed = steps.follow(folder, name, followed.schools)
    if options.remind:
        made = steps.make_reminders(followed, today=date.today())
        where = f": {made[-1].parent}" if made else ""
        print(f"หนังสือเตือน {max(len(made) - 1, 0)} โรงเรียน{where}")
        return 0
    if options.report:
        for fault in read_issues(folder)[1]:
            print(f"ไม่ได้เทียบกับรอบก่อน: {fault}", file=sys.stderr)
        print(f"รายงาน: {', '.join(map(str, steps.make_report(followed, today=date.today())))}")
        return 0
    _tell(followed)
    return 0


def _list(folder: Path) -> int:
    if not issue_names(folder):
        print("ยังไม่มีประเด็นใน collections/: คัดลอกตัวอย่าง templates/issue.yaml (ทำด้วย restructure templates DIR)")
        return 0
    schools = office_schools(folder)
    for name in issue_names(folder):
        try:
            followed = steps.follow(folder, name, schools)
        except DataError as error:
            print(error, file=sys.stderr)
            continue
        counts = chasing.status(followed.returns, schools, today=date.today())["state"].value_counts()
        told = "  ".join(f"{words} {int(counts.get(key, 0))}" for key, words in chasing.STATES.items())
        print(f"{name}: {followed.issue.title} รอบ {followed.issue.round}  {told}")
    return 0


def _tell(followed: steps.Followed) -> None:
    """Print who has answered, and what is wrong."""
    issue, returns = followed.issue, followed.returns
    status = chasing.status(returns, followed.schools, today=date.today())
    due = f" กำหนด {thai_date(issue.due)}" if issue.due else " ยังไม่กำหนดวันส่งกลับ"
    print(f"{issue.title} รอบ {issue.round}{due}")
    for key, words in chasing.STATES.items():
        rows = status[status["state"] == key]
        print(f"\n{words} {len(rows)} โรงเรียน")
        if key != "answered":
            for row in rows.to_dict("records"):
                told = [row["school_id"], row["name"], row["amphoe"], *(["เกินกำหนด"] if row["late"] else [])]
                print(f"  {' · '.join(told)}")
    if not returns.problems.empty:
        print(f"\nต้องตรวจ {len(returns.problems)} รายการ (คำตอบที่มีปัญหายังไม่นับ)")
    for row in returns.problems.to_dict("records"):
        where = f"{row['file']} แถว {row['row']} {row['school_id']}"
        said = f" [{row['value']}]" if row["rule"] in ("double-answer", "lapsed-choice") else ""
        print(f"  {RULES[row['rule']]}: {where} {row['message']}{said} → {row['remedy']}")

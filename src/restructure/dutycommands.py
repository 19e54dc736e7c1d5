"""The commands ``duties`` (the board), ``duty`` (one item: look at it, act on it) and ``appraisal`` (private)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from restructure import appraisal as appraisals
from restructure import dutyacts
from restructure._errors import UsageError
from restructure.duties import Duty, read_duties, write_duty_templates
from restructure.dutyacts import find_subject
from restructure.dutyhistory import KINDS
from restructure.ledger import head, read_ledger
from restructure.register import STATES, Register, due_soon, load, overdue, register
from restructure.stepcommand import a_cycle, a_day, file_or_words, tell_broken_ledger
from restructure.thai import MONTHS, thai_date

#: What ``--undo`` takes: the kinds without their common beginning.
_KINDS = {kind.removeprefix("duty-"): kind for kind in KINDS}


def add_duties(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the commands to a parser; ``add`` makes a command from its name, what it runs and its help."""
    board = add("duties", _duties, "ทะเบียนงานแปดหน้าที่ของกลุ่ม: ถึงไหน เกินกำหนด ใกล้กำหนด ใครมีงานเท่าใด")
    board.epilog = (
        "--make ตั้งเรื่องประจำปีจากแม่แบบ หรือเฉพาะที่ระบุ เช่น --make 'inspection/รอบที่ 1' --by สมศรี "
        "แม่แบบแก้ได้ใน duties/ ของโฟลเดอร์หลังสั่ง --templates"
    )
    act = board.add_mutually_exclusive_group()
    act.add_argument("--make", metavar="DUTY/ROUND", nargs="*", help="ตั้งเรื่อง ที่มีแล้วไม่เปลี่ยน")
    act.add_argument("--templates", action="store_true", help="วางแม่แบบใน duties/ ให้แก้ไข ที่มีแล้วไม่เขียนทับ")
    act.add_argument("--ics", metavar="FILE", type=Path, help="เขียนปฏิทิน (.ics)")
    board.add_argument("--by", metavar="NAME", default="", help="ชื่อผู้ตั้งเรื่อง")

    one = add("duty", _duty, "งานหนึ่งเรื่อง: ดูทุกขั้น กำหนดงาน รับรองขั้น สั่งการ ส่งคืนแก้ไข บันทึกผล")
    one.add_argument("subject", metavar="DUTY/ROUND[/STEP]", help="เรื่อง หรือขั้นของเรื่อง")
    one.add_argument("--by", metavar="NAME", default="", help="ชื่อผู้บันทึก")
    one.add_argument("--owner", metavar="NAME", help="ผู้รับผิดชอบ")
    one.add_argument("--due", metavar="DATE", help="วันที่ต้องเสร็จ เช่น 15/12/2569 (ว่าง = ลบวัน)")
    one.add_argument("--remark", metavar="TEXT", help="หมายเหตุของเรื่องหรือขั้น")
    one.add_argument("--on", metavar="DATE", type=a_day, help="วันที่ทำขั้นเสร็จ หรือวันที่สั่งการ")
    one.add_argument("--evidence", metavar="FILE", default="", help="ไฟล์หลักฐาน (เก็บสำเนาใน evidence/) หรือเลขหนังสือ")
    one.add_argument("--skip", action="store_true", help="ไม่ต้องทำขั้นนี้ (เฉพาะขั้นที่ทำบางกรณี)")
    one.add_argument("--why", metavar="TEXT", default="", help="เหตุผล ต้องมีเมื่อไม่มีหลักฐาน ไม่ต้องทำ หรือเพิกถอน")
    one.add_argument("--order", metavar="TEXT", help="ข้อสั่งการของผู้บังคับบัญชา ตามตัวอักษร")
    one.add_argument("--giver", metavar="NAME", default="", help="ผู้สั่งการ")
    one.add_argument("--return", dest="back", metavar="TEXT", help="ส่งคืนแก้ไข พร้อมข้อที่ต้องแก้")
    one.add_argument("--result", metavar="TEXT", help="ผลของเรื่อง")
    one.add_argument("--undo", metavar="|".join(_KINDS), help="เพิกถอนรายการล่าสุดชนิดนี้ (order ใช้ DUTY/ROUND/ลำดับ)")

    private = add(
        "appraisal", _appraisal, "ตัวชี้วัด เป้าหมาย และการประเมินรายบุคคล ใน private/appraisal.yaml (ไม่อยู่ในผลลัพธ์ใด)"
    )
    private.add_argument("--person", metavar="NAME", action="append", default=[], help="เพิ่มบุคคล (ใส่ซ้ำได้)")
    private.add_argument("--reader", metavar="NAME", action="append", default=[], help="เพิ่มผู้ที่สำนักงานให้อ่าน (ใส่ซ้ำได้)")
    private.add_argument("--private", metavar="FOLDER", type=Path, help="โฟลเดอร์อื่นที่เก็บไฟล์นี้ นอกรอบปีงบประมาณ")


# -- the board ----
def _duties(options: argparse.Namespace) -> int:
    folder = a_cycle(options.folder)
    if options.templates:
        written = write_duty_templates(folder)
        print(f"วางแม่แบบ {len(written)} ไฟล์ใน {folder / 'duties'} แก้แล้วเพิ่ม version และ date ลบไฟล์เพื่อกลับไปใช้ของโปรแกรม")
        return 0
    if options.make is not None:
        _need_name(options.by)
        made = dutyacts.make_items(folder, options.by, _rounds(options.make), seen=head(folder)[0])
        print(f"ตั้งเรื่องแล้ว {len(made)} เรื่อง")
    tell_broken_ledger(folder)
    found = register(folder)
    if options.ics:
        from restructure.calendar_ics import NO_EVENTS, write_calendar

        count = write_calendar(found, options.ics)
        print(f"ปฏิทิน {count} รายการ: {options.ics}" if count else NO_EVENTS)
        return 0
    _tell_board(found, read_duties(folder), folder)
    return 0


def _rounds(subjects: list[str]) -> dict[str, list[str]] | None:
    if not subjects:
        return None
    rounds: dict[str, list[str]] = {}
    for subject in subjects:
        duty, sign, name = subject.partition("/")
        if not sign:
            raise UsageError(
                f"{subject} ไม่มีชื่อรอบ: เขียน เช่น 'inspection/รอบที่ 1'", f"{subject} names no round: DUTY/ROUND."
            )
        rounds.setdefault(duty, []).append(name)
    return rounds


def _tell_board(found: Register, duties: dict[str, Duty], folder: Path) -> None:
    if found.items.empty:
        print(f"ยังไม่มีเรื่องในทะเบียน: ตั้งเรื่องประจำปีด้วย restructure duties {folder} --make --by ชื่อ")
    for key in dict.fromkeys([*duties, *found.items["duty"]]):
        mine = found.items[found.items["duty"] == key]
        duty = duties.get(key)
        print(f"\n{duty.thai if duty else key} ({key}){'' if len(mine) else ': ยังไม่มีเรื่อง'}")
        for row in mine.to_dict("records"):
            told = [
                f"{row['done']}/{row['steps']} ขั้น",
                f"มาตรฐาน {row['standards_met']}/{row['standards']}",
                row["level"],
            ]
            told += [row["owner"] or "ยังไม่กำหนดผู้รับผิดชอบ"]
            told += [f"ภายใน {thai_date(row['next_due'])}"] if row["next_due"] else []
            told += [f"แก้ไข: {row['returned_for']}"] if row["returned_for"] else []
            if duty and duty.version != row["version"]:
                told += [f"แม่แบบรุ่น {row['version']} ปัจจุบันรุ่น {duty.version}"]
            print(f"  {key}/{row['round']}  {STATES[row['state']]}: {' · '.join(filter(None, told))}")
    _tell_due("เกินกำหนด", overdue(found))
    _tell_due("ครบกำหนดใน 30 วัน", due_soon(found))
    if len(found.items):
        print("\nงานในมือ (ขั้นที่ยังไม่เสร็จ)")
    for row in load(found).to_dict("records"):
        counts = f"{row['open']} ขั้น เกินกำหนด {row['late']} ใกล้กำหนด {row['soon']} ส่งคืนแก้ไข {row['returned']}"
        print(f"  {row['owner'] or 'ยังไม่กำหนดผู้รับผิดชอบ'}: {row['items']} เรื่อง {counts}")


def _tell_due(head_: str, dues: pd.DataFrame) -> None:
    if len(dues):
        print(f"\n{head_} {len(dues)} รายการ")
    for row in dues.to_dict("records"):
        subject = "/".join(filter(None, [row["duty"], row["round"], row["step"]]))
        days = f"เกิน {-row['days']} วัน" if row["days"] < 0 else f"อีก {row['days']} วัน"
        print(f"  {thai_date(row['due'])} ({days}) {subject}: {' · '.join(filter(None, [row['thai'], row['owner']]))}")


# -- one item ----
def _duty(options: argparse.Namespace) -> int:
    folder = a_cycle(options.folder)
    if not _act(folder, options):
        find_subject(read_ledger(folder), options.subject)
    tell_broken_ledger(folder)
    found = register(folder)
    item = "/".join(options.subject.split("/")[:2])
    mine = found.items[found.items["duty"] + "/" + found.items["round"] == item]
    if options.undo:
        print(f"เพิกถอน “{KINDS[_KINDS[options.undo]]}” ของ {options.subject} แล้ว")
    if len(mine):
        _tell_item(found, mine.iloc[0].to_dict())
    return 0


def _act(folder: Path, options: argparse.Namespace) -> bool:
    """Do the one thing that options ask for, if any; say whether there was one."""
    planned = any(value is not None for value in (options.owner, options.due, options.remark))
    certified = options.skip or bool(options.evidence) or (options.on is not None and options.order is None)
    acts = [planned, certified, options.order is not None, options.back is not None, options.result is not None]
    if sum([*acts, options.undo is not None]) > 1:
        raise UsageError("สั่งได้ทีละอย่าง: แยกเป็นหลายคำสั่ง", "One act at a time; give several commands.")
    subject, who, seen = options.subject, options.by, head(folder)[0]
    if not any(acts) and options.undo is None:
        if beside := [name for name in ("by", "why", "giver") if getattr(options, name)]:
            raise UsageError(
                f"มี --{beside[0]} แต่ยังไม่บอกว่าจะทำอะไรกับ {subject}: "
                "ใส่ --owner --due --remark --on --skip --order --return --result หรือ --undo",
                f"--{beside[0]} is given, but no act on {subject}; see `restructure duty --help`.",
            )
        return False
    _need_name(who)
    if planned:
        dutyacts.set_plans(folder, who, {subject: _plan(folder, options)}, why=options.why, seen=seen)
    elif options.order is not None:
        dutyacts.record_order(folder, who, subject, options.order, giver=options.giver, on=options.on, seen=seen)
    elif options.back is not None:
        dutyacts.return_for_correction(folder, who, subject, options.back, seen=seen)
    elif options.result is not None:
        dutyacts.record_result(folder, who, subject, options.result, seen=seen)
    elif options.undo is not None:
        if options.undo not in _KINDS:
            raise UsageError(
                f"--undo {options.undo} ใช้ไม่ได้: ใช้ {', '.join(_KINDS)}", f"--undo takes {', '.join(_KINDS)}."
            )
        dutyacts.take_back(folder, who, _KINDS[options.undo], subject, options.why)
    else:
        if options.on is None:
            raise UsageError("ยังไม่บอกวันที่ทำ: ใส่ --on เช่น --on 15/12/2569", "Give the day by --on.")
        dutyacts.complete_duty_step(
            folder, who, subject, on=options.on, evidence=file_or_words(options.evidence), why=options.why,
            skip=options.skip, seen=seen,
        )  # fmt: skip
    return True


def _need_name(who: str) -> None:
    if not who.strip():
        raise UsageError("ยังไม่บอกชื่อผู้บันทึก: ใส่ --by ชื่อ", "Give the name of who records it by --by.")


def _plan(folder: Path, options: argparse.Namespace) -> dutyacts.Planned:
    """Return what is planned now, with what options change of it."""
    now = dutyacts.planned(folder, options.subject)
    due = now.due
    if options.due is not None:
        due = a_day(options.due) if options.due.strip() else None
    return dutyacts.Planned(
        now.owner if options.owner is None else options.owner,
        due,
        now.remark if options.remark is None else options.remark,
    )


def _tell_item(found: Register, item: dict[str, Any]) -> None:
    def of_item(table: pd.DataFrame) -> list[dict[str, Any]]:
        rows = table[(table["duty"] == item["duty"]) & (table["round"] == item["round"])]
        return list(rows.to_dict("records"))

    print(f"{item['title']}\n{STATES[item['state']]} · แม่แบบรุ่น {item['version']} · ตั้งเรื่องโดย {item['made_by']}")
    told = [item["owner"], f"ภายใน {thai_date(item['due'])}" if item["due"] else "", item["remark"]]
    print(" · ".join(filter(None, told)) or "ยังไม่กำหนดผู้รับผิดชอบและวัน")
    for row in of_item(found.orders):
        print(f"  ข้อสั่งการ {row['number']}: {row['text']} ({row['giver'] or '-'})")
    print("\nขั้นตอน")
    for row in of_item(found.steps):
        told = (
            [f"{'ไม่ต้องทำ' if row['skipped'] else 'ทำเมื่อ'} {thai_date(row['done_on'])} โดย {row['who']}"]
            if row["who"]
            else []
        )
        told += [] if row["who"] else [row["owner"], f"ภายใน {thai_date(row['by'])}" if row["by"] else ""]
        told += (
            [f"เดือน{' '.join(MONTHS[month - 1] for month in row['months'])}"]
            if row["months"] and not row["who"]
            else []
        )
        told += [row["only_if"], row["returned_for"], row["missing"], row["where"]]
        print(f"  {row['step']:<20} {STATES[row['state']]}: {' · '.join([row['thai'], *filter(None, told)])}")
    print("\nมาตรฐาน")
    for row in of_item(found.standards):
        state = "ถึงแล้ว" if row["met"] else "ยังไม่ถึง"
        print(f"  {row['seed']:<8} {state}: {' · '.join(filter(None, [row['thai'], row['missing']]))}")
    for row in of_item(found.levels):
        print(f"  ส่วน {row['part']} {row['thai']}: ระดับ {row['level']} จาก {row['of']}")
    if item["result"]:
        print(f"\nผล: {item['result']}")
    print("\nประวัติ")
    for row in of_item(found.history):
        told = [row["step"], row["told"], row["why"], "(เพิกถอนแล้ว)" if row["revoked"] else ""]
        print(f"  {row['seq']}. {row['at'][:10]} {row['who']} {row['kind']}: {' · '.join(filter(None, told))}")


# -- persons ----
def _appraisal(options: argparse.Namespace) -> int:
    folder = a_cycle(options.folder)
    path = appraisals.appraisal_path(folder, options.private)
    found, seen = appraisals.read_appraisal(folder, options.private)
    known = {person.name for person in found.persons}
    people = [
        appraisals.Person(name=name) for name in dict.fromkeys(options.person) if name.strip() and name not in known
    ]
    readers = [name for name in dict.fromkeys(options.reader) if name.strip() and name not in found.readers]
    if people or readers:
        update = {"persons": (*found.persons, *people), "readers": (*found.readers, *readers)}
        found = found.model_copy(update=update)
        appraisals.write_appraisal(folder, found, seen, options.private)
    print(appraisals.NOTICE)
    if not path.is_file():
        print(f"ยังไม่มีไฟล์ {path}: สร้างด้วย --person ชื่อ --reader ชื่อ แล้วกรอกในไฟล์")
        return 0
    print(f"{path}\nผู้อ่านตามที่สำนักงานกำหนด: {', '.join(found.readers) or 'ยังไม่กำหนด'}")
    for row in appraisals.appraisal_table(found).to_dict("records"):
        parts = [row["indicator"], row["target"], row["result"], row["appraisal"], row["missing"]]
        print(f"  {row['name']}: {' · '.join(filter(None, parts))}")
    return 0

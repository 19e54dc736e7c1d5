"""Commands of the subsidy year: certify, allocate, settle, papers, names, trace."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from restructure import certify, ledger, trace, yearsteps
from restructure import cycle as cycles
from restructure._errors import UsageError
from restructure.cycle import Measured
from restructure.rounds import confirm_allocation, confirm_rule, make_round
from restructure.sharing import RULES
from restructure.thai import ROUND_NAMES
from restructure.words import BASIS, SHARING, UNKNOWN_CEILING

Measure = Callable[[Path], Measured]
Add = Callable[..., argparse.ArgumentParser]


def add_commands(add: Add, measure: Measure) -> None:
    """Add the commands of the subsidy year to a parser.

    Parameters
    ----------
    add
        Makes a command from its name, what it runs and its help.
    measure
        Reads, checks and measures a folder, and tells what was set aside.
    """

    def command(name: str, run: Callable[[Measured, argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        return add(name, lambda options: run(measure(options.folder), options), text)

    certified = command("certify", _certify, "รับรองระยะทางที่ใช้จ่ายเงิน: ดูสถานะ รับรอง กรอกระยะที่วัดได้ เพิกถอน")
    certified.epilog = "ไม่ระบุอะไร = แสดงสถานะ และทำใบตรวจในพื้นที่ (PDF) กับใบกรอก (XLSX) ใน outputs/certify/"
    certified.add_argument("--by", metavar="NAME", default="", help="ชื่อผู้รับรอง ต้องระบุเมื่อรับรอง")
    act = certified.add_mutually_exclusive_group()
    act.add_argument("--clear", action="store_true", help="รับรองระยะคำนวณเฉพาะคู่ที่ห่างเส้นแบ่งช่วงอัตราชัดเจน")
    for name, text in (("village", "หมู่บ้านนี้"), ("host", "โรงเรียนหลักนี้"), ("school", "โรงเรียนมารวมนี้")):
        certified.add_argument(f"--{name}", metavar="CODE", action="append", default=[], help=f"เฉพาะ{text} (ใส่ซ้ำได้)")
    text = "ระยะที่วัดได้ (เมตร) จากจุดหมู่บ้าน แทนระยะคำนวณ ครั้งละคู่ ต้องมี --why"
    act.add_argument("--metres", metavar="M", type=_whole, help=text)
    certified.add_argument("--why", metavar="TEXT", default="", help="เหตุผล: วัดอย่างไร เมื่อใด โดยใคร")
    certified.add_argument("--evidence", metavar="FILE", type=Path, help="ไฟล์หลักฐานของ --metres เก็บสำเนาใน evidence/")
    text = "รวมคู่ที่รับรองแล้ว หรือที่จุดหรือถนนเปลี่ยนด้วย ใช้กับที่ระบุหมู่บ้านหรือโรงเรียน"
    certified.add_argument("--again", action="store_true", help=text)
    act.add_argument("--book", metavar="FILE", type=Path, help="อ่านใบกรอก (XLSX) ที่ส่งกลับ ใส่ --by เพื่อรับทั้งหมดที่ใช้ได้")
    act.add_argument("--undo", action="store_true", help="เพิกถอนการรับรองครั้งล่าสุด ต้องมี --by และ --why")

    allocation = command("allocate", _allocate, "คิดความต้องการและจัดสรรวงเงินของรอบหนึ่ง")
    _add_round(allocation)
    allocation.add_argument("--ceiling", metavar="BAHT", type=_whole, help="วงเงิน ถ้าไม่ระบุใช้ผลรวมของหนังสือแจ้ง")
    allocation.add_argument("--rule", choices=RULES, help="วิธีแบ่งเมื่อเงินไม่พอ ถ้าไม่ระบุใช้ที่ตัดสินไว้ หรือค่าในนโยบาย")
    allocation.add_argument(
        "--basis", choices=["certified", "routed"], default="certified", help="routed = ไม่ใช้ระยะที่รับรอง"
    )
    allocation.add_argument("--confirm", action="store_true", help="ยืนยันการจัดสรรนี้ลงบันทึก ต้องมี --by")
    allocation.add_argument("--by", metavar="NAME", default="", help="ชื่อผู้ยืนยัน")
    text = "เหตุผล ต้องมีเมื่อยืนยันพร้อม --rule"
    allocation.add_argument("--why", metavar="TEXT", default="", help=text)

    settlement = command("settle", _settle, "กระทบยอดประมาณการกับผู้ที่นับได้จริง: ขอเพิ่มเติมหรือส่งคืน")
    _add_round(settlement)
    settlement.add_argument("--draft", action="store_true", help="ทำร่าง แม้ยังมีระยะทางที่ไม่รับรอง")

    papers = command("papers", _papers, "ทำเอกสารของรอบ: หลักเกณฑ์ ชุดคำขอ หนังสือแจ้ง รายงาน")
    _add_round(papers)
    papers.add_argument("--kind", metavar="KIND", action="append", help="เฉพาะเอกสารนี้ เช่น notice หรือ forms (ใส่ซ้ำได้)")
    add("templates", _templates, "วางต้นแบบเอกสารใน templates/ ให้สำนักงานแก้ใน Word และ Excel")

    names = add("names", _names, "เติมชื่อนักเรียนลงแบบ 3 หรือ 4 ในเครื่องนี้ จากไฟล์ของโรงเรียน ไม่เก็บชื่อไว้ในโปรแกรม")
    for name, text in (("form", "แบบที่ทำไว้"), ("file", "ไฟล์ที่มีชื่อ"), ("out", "ไฟล์ที่จะเขียน นอก inputs และ outputs")):
        names.add_argument(name, metavar=name.upper(), type=Path, help=text)

    confirmed = command("confirm", _confirm, "ยืนยันว่าค่าในนโยบายถูกต้อง ลงบันทึกพร้อมชื่อ")
    confirmed.add_argument("keys", metavar="KEY", nargs="+", help="ชื่อค่า เช่น bands days_by_term")
    confirmed.add_argument("--by", metavar="NAME", required=True, help="ชื่อผู้ยืนยัน")
    confirmed.add_argument("--why", metavar="TEXT", default="", help="เหตุผล เช่น เลขที่หนังสือสั่งการ")

    traced = command("trace", _trace, "ตามรอยตัวเลข: มาจากไฟล์ใด ถนนใด กฎใด ใครรับรอง")
    traced.add_argument("what", metavar="WHAT", nargs="+", help=" หรือ ".join(trace.QUESTIONS))


def tell_round(record: dict[str, Any]) -> None:
    """Say on stdout what a round needs and gets, from :func:`restructure.yearsteps.round_record`."""
    given = UNKNOWN_CEILING
    if record["ceiling_baht"] is not None:
        given = f"วงเงิน {record['ceiling_baht']:,} บาท จัดสรร {record['allocated_baht']:,} บาท"
    print(f"\n{ROUND_NAMES[record['round']]} (ภาคเรียนที่ {record['term']}): {record['pupils']:,} คน")
    print(f"  ต้องการ {record['need_baht']:,} บาท {given}; ยังวัดไม่ได้ {record['pupils_without_distance']:,} คน")
    print(f"  วิธีแบ่ง: {SHARING[record['sharing_rule']]} ({record['sharing_rule']}; {record['sharing_rule_from']})")
    print(f"  ระยะทาง: {BASIS[record['basis']]}")
    for note in record["notes"]:
        print(f"  • {note}")


def _add_round(command: argparse.ArgumentParser) -> None:
    text = "november = ภาคเรียนที่ 2, may = ภาคเรียนที่ 1"
    command.add_argument("--round", metavar="november|may", type=cycles.known_round, required=True, help=text)


def _whole(text: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{text} ไม่ใช่จำนวนเต็ม: เขียนตัวเลขล้วนไม่มีจุลภาค เช่น 25000", f"{text} is not whole, such as 25000.")
    return int(text)


# -- certify ----
def _certify(measured: Measured, options: argparse.Namespace) -> int:
    seen, _ = ledger.head(measured.cycle.folder)
    named = options.village or options.host or options.school
    metres: int | None = options.metres
    # Accepting everything anew would take the field's measurements away; words without an act would be lost.
    if (options.again and (options.clear or not named)) or (options.evidence and metres is None):
        raise UsageError(
            "--again ใช้กับ --village --host หรือ --school โดยไม่มี --clear และ --evidence ใช้กับ --metres: เลือกใหม่แล้วสั่งอีกครั้ง",
            "--again wants --village, --host or --school without --clear, and --evidence wants --metres.",
        )
    if options.undo:
        _undo(measured.cycle.folder, options)
    elif options.book:
        return _take_book(measured, options, seen)
    elif metres is not None:
        chosen = _chosen(measured, options, "clear", "check", "unmeasured")
        # A child's own home is measured for itself, through the workbook.
        chosen = chosen[chosen["measured_from"] == "village"]
        if len(chosen) != 1:
            raise UsageError(
                f"ระยะที่วัดได้ใช้กับทีละคู่ แต่ที่เลือกมี {len(chosen):,} คู่: ระบุ --village และ --host "
                "(ที่รับรองแล้วใส่ --again) บ้านของนักเรียนกรอกผ่านใบกรอก",
                f"A measured distance is of one pair, not of {len(chosen)}; give --village and --host, or add --again.",
            )
        certify.enter(measured, chosen, metres, options.by, why=options.why, evidence=options.evidence or "", seen=seen)
        print(f"รับรองแล้ว 1 คู่ {metres:,} ม.{_doubts(chosen['routed_m'].iloc[0], metres, measured)}")
    elif options.clear or named:
        chosen = _chosen(measured, options, "clear", *([] if options.clear else ["check"]))
        if chosen.empty:
            raise UsageError(
                "ไม่มีคู่ใดให้รับรองตามที่เลือก: ดูสถานะด้วย restructure certify (ที่รับรองแล้วใส่ --again ที่วัดไม่ได้ใส่ --metres)",
                "No pair is chosen; see `restructure certify`, add --again, or --metres where there is no way.",
            )
        certify.accept(measured, chosen, options.by, why=options.why, seen=seen)
        print(f"รับรองแล้ว {len(chosen):,} คู่ นักเรียน {chosen['pupils'].sum():,} คน")
    _tell_pairs(yearsteps.write_certification(measured), measured)
    return 0


def _chosen(measured: Measured, options: argparse.Namespace, *states: str) -> pd.DataFrame:
    """Return the pairs that options name, in some states and, where told so, those that are certified already."""
    return certify.choose(
        certify.pairs(measured),
        villages=options.village,
        hosts=options.host,
        schools=options.school,
        states=[*states, *(["certified", "stale"] if options.again else [])],
    )


def _doubts(routed_m: Any, metres: int, measured: Measured) -> str:
    """Return in Thai what a person should look at twice, with a sign before it; empty where nothing is doubtful."""
    routed = None if pd.isna(routed_m) else int(routed_m)
    words = certify.doubts(routed, metres, measured.cycle.policy.settings)
    return f" ⚠ {', '.join(certify.spell_doubt(word) for word in words)}" if words else ""


def _undo(folder: Path, options: argparse.Namespace) -> None:
    rows = ledger.in_force(ledger.read_ledger(folder), certify.CERTIFY)
    rows = rows[~certify.is_carried(rows)]  # those were no act of this year that could be taken back
    if rows.empty:
        raise UsageError("ยังไม่มีการรับรองให้เพิกถอน", "There is no certification to revoke.")
    last = rows[rows["batch"] == rows["batch"].max()]
    ledger.revoke(folder, options.by, last["seq"].tolist(), options.why)
    print(f"เพิกถอนแล้ว {len(last):,} คู่ ซึ่ง {last['who'].iloc[0]} รับรองเมื่อ {last['at'].iloc[0]}")


def _take_book(measured: Measured, options: argparse.Namespace, seen: int) -> int:
    from restructure.fieldbook import read_field_book

    proposals, faults = read_field_book(options.book, measured)
    for fault in faults:
        print(f"✗ {fault.file} แถว {fault.row}: {fault.message} → {fault.remedy}", file=sys.stderr)
    for row in proposals.itertuples():
        routed = "ไม่ทราบ" if pd.isna(row.routed_m) else f"{row.routed_m:,}"
        doubts = _doubts(row.routed_m, row.metres, measured)
        print(f"{row.village_id} → {row.host_id}: คำนวณ {routed} ม. วัดได้ {row.metres:,} ม. {row.why}{doubts}")
    if options.by and len(proposals):
        certify.enter(
            measured, proposals, proposals["metres"].tolist(), options.by,
            why=proposals["why"].tolist(), evidence=options.book, seen=seen,
        )  # fmt: skip
        print(f"รับรองแล้ว {len(proposals):,} คู่")
        _tell_pairs(yearsteps.write_certification(measured), measured)
    else:
        remedy = "ตรวจแล้วสั่งอีกครั้งพร้อม --by ชื่อผู้รับรอง" if len(proposals) else "เติมระยะที่วัดได้ในใบกรอกแล้วส่งกลับ"
        print(f"ใช้ได้ {len(proposals):,} คู่ ยังไม่บันทึก: {remedy}")
    return 1 if faults else 0


def _tell_pairs(pairs: pd.DataFrame, measured: Measured) -> None:
    sums = pairs.groupby("state").agg(pairs=("state", "size"), pupils=("pupils", "sum"), baht=("baht", "sum"))
    for state, words in certify.STATES.items():
        if state in sums.index:
            row = sums.loc[state]
            print(f"{words}: {row['pairs']:,} คู่ {row['pupils']:,} คน {row['baht']:,} บาท")
    print(f"รายการ ใบตรวจในพื้นที่ และใบกรอก: {measured.cycle.outputs / 'certify'}")


# -- money and papers ----
def _allocate(measured: Measured, options: argparse.Namespace) -> int:
    choices = {"ceiling_baht": options.ceiling, "rule": options.rule, "routed": options.basis == "routed"}
    if options.confirm:
        seen, _ = ledger.head(measured.cycle.folder)
        made = make_round(measured, options.round, **choices)
        confirm_allocation(measured, made, options.by, why=options.why, seen=seen)
        choices = {}  # what was chosen is decided on now
        print("ยืนยันการจัดสรรนี้ลงบันทึกแล้ว")
    made = yearsteps.write_allocation(measured, options.round, **choices)
    tell_round(yearsteps.round_record(made))
    print(f"รายละเอียด: {measured.cycle.outputs / 'allocation' / made.name}")
    return 0


def _settle(measured: Measured, options: argparse.Namespace) -> int:
    made = yearsteps.write_settlement(measured, options.round, draft=options.draft)
    tell_round(yearsteps.round_record(made))
    if made.settlement is None:
        print("ยังกระทบยอดรอบนี้ไม่ได้: ต้องมีวงเงินหรือการจ่าย และข้อมูลนักเรียน ณ วันนับ", file=sys.stderr)
        print("The round cannot be settled yet: it needs a ceiling or payments, and the count.", file=sys.stderr)
        return 1
    if made.settles_by_routed and not options.draft:
        print("ยังกระทบยอดไม่ได้ เพราะยังมีระยะทางที่ไม่รับรอง: รับรองให้ครบ หรือใส่ --draft เพื่อดูร่าง", file=sys.stderr)
        print("Distances that nobody has certified do not settle; certify them, or look at a --draft.", file=sys.stderr)
        return 1
    sums = made.settlement[["due_baht", "additional_baht", "return_baht"]].sum()
    if unknown := int(made.settlement["due_baht"].isna().sum()):
        print(f"  ยังคิดไม่ได้ {unknown} รายการ ไม่อยู่ในยอดต่อไปนี้")
    print(f"  พึงจ่าย {sums['due_baht']:,} บาท ขอเพิ่มเติม {sums['additional_baht']:,} บาท ส่งคืน {sums['return_baht']:,} บาท")
    print(f"รายละเอียด: {measured.cycle.outputs / 'settlement' / made.name}")
    return 0


def _papers(measured: Measured, options: argparse.Namespace) -> int:
    with tqdm(total=0, unit="ฉบับ", bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} {elapsed}") as bar:

        def progress(name: str, done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.set_description_str(name or "เสร็จ")
            bar.refresh()

        files, lacking = yearsteps.write_round_papers(measured, options.round, options.kind, progress)
    if lacking:
        print(lacking)
    print(f"เอกสาร {len(files)} ไฟล์: {measured.cycle.outputs / 'papers' / options.round}")
    return 0


def _templates(options: argparse.Namespace) -> int:
    from restructure.templates import write_templates

    made = write_templates(options.folder)
    print(f"วางต้นแบบ {len(made)} ไฟล์ใน {options.folder / 'templates'} แก้แล้วบันทึกชื่อเดิม ลบไฟล์เพื่อกลับไปใช้ของโปรแกรม")
    return 0


def _names(options: argparse.Namespace) -> int:
    from restructure.papers import merge_names

    named, without = merge_names(options.folder, options.form, options.file, options.out)
    print(f"เติมชื่อแล้ว {named:,} คน ไม่พบชื่อ {without:,} คน: {options.out}")
    return 0


def _confirm(measured: Measured, options: argparse.Namespace) -> int:
    for key in options.keys:
        confirm_rule(measured, key, options.by, why=options.why)
        print(f"ยืนยัน {key} แล้ว")
    return 0


def _trace(measured: Measured, options: argparse.Namespace) -> int:
    for line in trace.trace(measured, "/".join(options.what)).lines():
        print(line)
    return 0

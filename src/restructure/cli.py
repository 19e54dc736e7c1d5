"""``restructure …``: each command makes what it needs first and says in Thai what it found and where it lies."""

from __future__ import annotations

import argparse
import hashlib
import io
import re
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import pandas as pd
from tqdm import tqdm

from restructure import cycle as cycles
from restructure import dashboard, newcycle, steps, waysteps
from restructure._errors import RestructureError, UsageError, file_fault
from restructure.backupcommands import add_backup
from restructure.collectcommands import add_collect
from restructure.comparecommand import add_compare
from restructure.cycle import Measured
from restructure.dutycommands import add_duties
from restructure.intake import rows_aside
from restructure.interrupting import interrupts
from restructure.manual import user_manual, write_manual
from restructure.nationalcommands import add_national
from restructure.notebooks import notebooks_folder
from restructure.optimise import telling
from restructure.optimise.rules import read_rules
from restructure.runcommand import add_run, tell_aside, tell_outcome
from restructure.sitecommands import add_site
from restructure.smallcommands import add_small_schools
from restructure.stepcommand import add_step
from restructure.words import CLOSURE_STATES
from restructure.yearcommands import add_commands


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0: done, also when rows were set aside. 1: nothing could be produced from this data; ``check`` found an error.
        2: wrong use.
    """
    for stream in (sys.stdout, sys.stderr):
        # An old Thai code page lacks some signs: better a question mark than no message.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        options = _parser().parse_args(arguments)
        _refuse_half_letters(options)
        return int(options.command(options))
    except RestructureError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(
            "หยุดตามที่สั่ง ไม่มีไฟล์ใดค้างครึ่งเดียว สั่งใหม่เพื่อทำต่อ\nStopped; every file is whole: run again to go on.",
            file=sys.stderr,
        )
        return 1
    except BrokenPipeError:  # whoever read our output, such as `head`, has seen enough
        sys.stdout = None
        return 1
    except OSError as error:
        fault = file_fault(error, whole=True)
        print(fault, file=sys.stderr)
        return fault.exit_code


def _refuse_half_letters(options: argparse.Namespace) -> None:
    """Refuse texts with bytes that are no UTF-8, which no file can hold; names of files may have them."""
    for name, text in vars(options).items():
        if isinstance(text, str) and re.search("[\ud800-\udfff]", text):
            raise UsageError(
                f"ข้อความของ {name} มีอักขระที่อ่านไม่ได้: พิมพ์ใหม่ให้เป็น UTF-8",
                f"{name} holds bytes that are no UTF-8; type it anew.",
            )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"คำสั่งไม่ถูกต้อง: ดูวิธีใช้ด้วย {self.prog} --help", f"{self.prog}: {message}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="restructure", description="โต๊ะทำงานวางแผนการเรียนรวมของโรงเรียนขนาดเล็ก")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str, *, folder: bool = True) -> _Parser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(command=run)
        if folder:
            command.add_argument("folder", metavar="DIR", type=Path, help="โฟลเดอร์ของรอบปีงบประมาณ")
        return command

    sample = add("sample", _sample, "สร้างสำนักงานเขตตัวอย่าง หรือทั้งประเทศ (ข้อมูลสมมุติ)")
    sample.add_argument("--seed", type=int, default=2570)
    sample.add_argument("--national", action="store_true", help="ตารางและถนนของทั้งประเทศ 183 สำนักงานเขต")
    text = "ขนาดของประเทศ ใช้กับ --national: 1 คือเต็ม (ปกติ) 0.02 คือสี่สำนักงานเขต"
    sample.add_argument("--scale", metavar="F", type=_scale, help=text)
    new = add("new", _new, "สร้างโฟลเดอร์รอบปีใหม่พร้อมตารางเปล่า")
    text = "รอบปีก่อน: ยกสิ่งที่ใช้ต่อมา และบอกว่าต้องขออะไรใหม่"
    new.add_argument("--from", dest="before", metavar="DIR", type=Path, help=text)
    roads = add("roads", _roads, "ถนนจาก OpenStreetMap: ดาวน์โหลด (ต้องต่ออินเทอร์เน็ต) หรือตัดจากไฟล์ของประเทศ")
    roads.epilog = (
        "ดาวน์โหลด: ส่งออกไปเพียงชื่อหรือขอบเขตของพื้นที่ ได้ถนนถึง buffer_m (policy.yaml) นอกขอบเขต แต่ไม่เกิน 10 กม. "
        "ระยะทางไม่เกินสองเท่าของระยะนี้จึงไม่ยาวเกินจริงเพราะขาดถนนรอบนอก "
        "ถ้าบริการไม่ตอบจะรอแล้วลองใหม่เอง คำตอบที่ได้แล้วเก็บใน DIR/cache "
        "ส่วน --pbf ไม่ใช้อินเทอร์เน็ต ได้ถนนถึง buffer_m เต็ม รอบ --boundary หรือ inputs/boundary.* หรือกรอบรอบโรงเรียนและหมู่บ้าน"
    )
    source = roads.add_mutually_exclusive_group()
    source.add_argument("--place", metavar="NAME", help="ชื่อพื้นที่ เช่น 'อำเภอวังทอง พิษณุโลก'")
    source.add_argument("--bbox", metavar=("WEST", "SOUTH", "EAST", "NORTH"), nargs=4, type=float, help="กรอบพิกัด")
    source.add_argument("--pbf", metavar="FILE", type=Path, help="ไฟล์ .osm.pbf ของประเทศหรือจังหวัด")
    roads.add_argument("--boundary", metavar="FILE", type=Path, help="ไฟล์ขอบเขต เช่น GeoJSON ใช้เดี่ยว ๆ หรือกับ --pbf")
    add("check", _check, "ตรวจไฟล์ทั้งหมดและบอกทุกปัญหาที่พบ")
    mend = add("mend", _mend, "แสดงสิ่งที่แก้ได้ในคำสั่งเดียว แล้วแก้ตามที่เลือก ไฟล์ต้นฉบับไม่เปลี่ยน")
    action = mend.add_mutually_exclusive_group()
    action.add_argument("--make", metavar="ID", help="แก้ตามรายการที่มีรหัสนี้")
    action.add_argument("--undo", action="store_true", help="ย้อนการแก้ครั้งล่าสุด")
    action.add_argument("--redo", action="store_true", help="ทำการแก้ที่ย้อนไว้อีกครั้ง")
    add("distances", _distances, "วัดระยะทางถนนจากทุกหมู่บ้านไปทุกโรงเรียน")
    audit = add("audit", _audit, "ตรวจว่าระยะทางใดต้องตรวจก่อนจ่ายเงิน: เส้นแบ่งช่วงอัตรา จุดกับถนน ระยะทางที่แจ้ง")
    audit.add_argument("scenario", metavar="SCENARIO", nargs="?")
    proof = add("proof", _proof, "พิมพ์ใบตรวจระยะทางรายโรงเรียนหลัก สำหรับตรวจสอบภายใน (ตสน.)")
    proof.add_argument("scenario", metavar="SCENARIO", nargs="?")
    proof.add_argument("--school", metavar="CODE", action="append", default=[], help="เฉพาะโรงเรียนหลักนี้ (ใส่ซ้ำได้)")
    closures = add("closures", _closures, "คิดผลของถนนที่ปิด (inputs/closures.*): ใครไกลขึ้น ใครไปไม่ถึง")
    closures.add_argument("scenario", metavar="SCENARIO", nargs="?")
    closures.add_argument("--wet", action="store_true", help="รวมถนนที่ปิดในฤดูฝน")
    add("simulate", _simulate, "คิดผลของทางเลือกหนึ่ง").add_argument("scenario", metavar="SCENARIO")
    optimise = add("optimise", _optimise, "ค้นหาแผนดีที่สุดตามเกณฑ์ใน optimise.yaml (ถ้าไม่มีไฟล์ใช้เกณฑ์ปกติ)")
    optimise.epilog = "กด Ctrl-C ครั้งเดียวเพื่อหยุดค้นหา และเก็บแผนดีที่สุดที่พบแล้ว"
    text = "ค้นหาแต่ละขั้นไม่เกินกี่วินาที ถ้าไม่ระบุใช้ตาม optimise.yaml (ปกติ 60)"
    optimise.add_argument("--seconds", metavar="N", type=_seconds, help=text)
    add_commands(add, _measure)
    add_step(add)
    add_small_schools(add, _measure)
    add_site(add, _measure)
    add_collect(add)
    add_duties(add)
    add_backup(add)
    add_compare(add)
    add_national(add)
    plan = add("plan", _plan, "ร่างแผน: เอกสาร ภาคผนวก แผนที่")
    plan.add_argument("scenario", metavar="SCENARIO", nargs="?")
    plan.add_argument("--final", action="store_true", help="ฉบับสมบูรณ์ ไม่มีเครื่องหมายของร่าง ออกได้เมื่อกรอกครบทุกช่อง")
    plan.add_argument("--pdf", action="store_true", help="ทำ PDF ของเอกสารด้วย ต้องมี LibreOffice ในเครื่อง")
    add_run(add)
    add("lab", _lab, "เปิดสมุดงานใน JupyterLab", folder=False)
    pages = add("dashboard", _dashboard, "เปิดสมุดงานเป็นหน้าเว็บ ดูอย่างเดียว เฉพาะเครื่องนี้")
    pages.add_argument("--full", action="store_true", help="ให้บันทึกลงโฟลเดอร์ได้")
    text = f"เปิดให้เครื่องอื่นในสำนักงานดู เช่น 0.0.0.0 ต้องมีรหัสผ่าน (ตัวแปร {dashboard.PASSWORD} หรือพิมพ์เมื่อถูกถาม)"
    pages.add_argument("--ip", default="127.0.0.1", help=text)
    pages.add_argument("--port", type=_port, default=dashboard.PORT, help=f"ปกติ {dashboard.PORT}")
    manual = add("manual", _manual, "เปิดคู่มือในเบราว์เซอร์ ไฟล์เดียว ไม่ต้องต่ออินเทอร์เน็ต", folder=False)
    manual.add_argument("file", metavar="FILE", type=Path, nargs="?", help="เขียนไว้ที่ไฟล์นี้ เช่น คู่มือ.html")
    return parser


def _seconds(text: str) -> float:
    if not text.isdecimal() or not 1 <= int(text) <= 86_400:
        raise UsageError(
            f"เวลา {text} ไม่ใช่จำนวนวินาทีเต็ม: เขียนตัวเลขตั้งแต่ 1 ถึง 86400", f"{text} is not whole seconds, 1 to 86400."
        )
    return float(text)


def _scale(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) <= 2:
            return float(text)
    raise UsageError(f"--scale {text} ใช้ไม่ได้: เขียนจำนวนมากกว่า 0 ถึง 2", f"--scale {text} is not above 0 and up to 2.")


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise UsageError(f"--port {text} ใช้ไม่ได้: เขียนเลขตั้งแต่ 1 ถึง 65535", f"--port {text} is not from 1 to 65535.")
    return int(text)


def _sample(options: argparse.Namespace) -> int:
    # Imported here, as in other commands of their own: only this command needs it.
    from restructure.sample import make_sample
    from restructure.sample.country import make_country

    if options.scale and not options.national:
        raise UsageError("--scale ใช้กับ --national เท่านั้น", "--scale goes with --national only.")
    cycles.refuse_other_data(options.folder)
    if options.national:
        make_country(options.folder, options.scale or 1.0, options.seed)
        print(f"สร้างประเทศตัวอย่าง (ข้อมูลสมมุติ) แล้วที่ {options.folder}")
        return 0
    make_sample(options.folder, options.seed)
    print(f"สร้างสำนักงานเขตตัวอย่าง (ข้อมูลสมมุติ) แล้วที่ {options.folder}")
    return 0


def _new(options: argparse.Namespace) -> int:
    lines = newcycle.new_cycle(options.folder, options.before)
    for state, words in newcycle.STATES.items():
        mine = [line for line in lines if line.state == state]
        if mine:
            print(f"{words}:")
        for line in mine:
            print(f"  {line.what} ({line.file}){': ' if line.note else ''}{line.note}")
    if lines:
        print(f"สร้างแล้วที่ {options.folder} รายการนี้อยู่ใน {options.folder / newcycle.CARRIED_FILE}")
        print(f"ขั้นต่อไป: วางไฟล์ใหม่ใน inputs/ แล้วสั่ง restructure check {options.folder}")
        return 0
    print(
        f"สร้างแล้วที่ {options.folder} ขั้นต่อไป: คัดลอกแบบจาก templates/ ไปเติมใน inputs/ วางไฟล์ถนน roads.osm.pbf ใน inputs/ "
        f"เขียนทางเลือกใน scenarios/ แล้วสั่ง restructure check {options.folder}"
    )
    return 0


def _roads(options: argparse.Namespace) -> int:
    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    named = options.place is not None or options.bbox is not None
    if options.pbf is None and named == (options.boundary is not None):
        raise UsageError(
            "ระบุพื้นที่อย่างใดอย่างหนึ่ง: --place, --boundary, --bbox หรือ --pbf (ใช้ร่วมกับ --boundary ได้)",
            "Say the area in one way: --place, --boundary, --bbox, or --pbf (with or without --boundary).",
        )
    if options.pbf is not None:
        from restructure.extract import extract_roads

        target = extract_roads(options.folder, options.pbf, boundary=options.boundary, say=say)
    else:
        from restructure.download import download_roads

        target = download_roads(
            options.folder, place=options.place, boundary=options.boundary, bbox=options.bbox, say=say
        )
    print(f"บันทึกถนนแล้วที่ {target}")
    return 0


def _check(options: argparse.Namespace) -> int:
    measured = _measure(options.folder, say_aside=False)
    books = steps.write_check(measured)
    problems, aside = measured.problems, rows_aside(measured.problems)
    for problem in problems.itertuples():
        sign = "✗" if problem.severity == "error" else "•"
        print(f"{sign} {problem.file} แถว {problem.row} {problem.column}: {problem.message} → {problem.remedy}")
    outputs = measured.cycle.outputs
    print(f"พบปัญหา {len(problems)} รายการ พักแถวที่ใช้ไม่ได้ {aside} แถว รายการทั้งหมดอยู่ที่ {outputs / 'problems.csv'}")
    print(
        f"สมุดงานสำหรับส่งกลับ {len(books) - 1} โรงเรียน: {outputs / 'check'} แก้ที่แก้แทนได้: restructure mend {options.folder}"
    )
    return 1 if aside else 0


def _mend(options: argparse.Namespace) -> int:
    from restructure.doctor import Doctor

    doctor = Doctor(options.folder, lambda: steps.examined(cycles.measure(cycles.open_cycle(options.folder))))
    if options.undo or options.redo:
        doctor.undo() if options.undo else doctor.redo()
        print(doctor.state()["said"])
        return 0
    listed = 0
    for group in doctor.groups.itertuples():
        doctor.choose(group.group)
        for number, mend in enumerate(doctor.state()["chosen"]["mends"]):
            # The same suggestion has the same name whatever else was mended since.
            name = hashlib.sha256(f"{group.group}|{mend['label']}".encode()).hexdigest()[:6]
            if options.make == name:
                doctor.mend(number)
                print(doctor.state()["said"])
                return 0
            if not options.make:
                listed += 1
                print(f"{name}  {group.file} แถว {group.rows}: {group.label} → {mend['label']} ({mend['rows']:,} แถว)")
    if options.make:
        raise UsageError(
            f"ไม่มีรายการแก้ {options.make}: ดูรายการด้วย restructure mend {options.folder}",
            f"There is no mend {options.make}; list them with `restructure mend {options.folder}`.",
        )
    print(
        f"แก้ได้ในคำสั่งเดียว {listed} รายการ: สั่ง restructure mend {options.folder} --make รหัส"
        if listed
        else "ไม่มีรายการที่แก้แทนได้"
    )
    return 0


def _distances(options: argparse.Namespace) -> int:
    measured = _measure(options.folder)
    steps.write_distances(measured)
    lost = int((~measured.distances["reachable"]).sum())
    print(f"วัดแล้ว {len(measured.distances):,} คู่ ไปไม่ถึง {lost:,} คู่: {measured.cycle.outputs / 'distances.parquet'}")
    return 0


def _audit(options: argparse.Namespace) -> int:
    measured = _measure(options.folder)
    found = waysteps.write_audit(measured, cycles.find_scenario(options.folder, options.scenario))
    stake, pupils = (int(found.thresholds[name].sum()) for name in ("stake_baht", "pupils"))
    print(f"เส้นแบ่งช่วงอัตราที่ควรตรวจ {len(found.thresholds)} เส้นทาง นักเรียน {pupils:,} คน ขึ้นกับเงิน {stake:,} บาทต่อปี")
    flagged = found.snaps[["far", "across_water", "rival"]].any(axis=1).sum()
    print(f"จุดที่ควรตรวจว่าอยู่ถนนสายใด {flagged} จุด ช่วงถนนที่ขาด {len(found.links)} แห่ง")
    real = found.declared[~found.declared["fits_roll"].astype(bool)]
    print(
        f"ระยะทางที่แจ้งต่างจากที่คำนวณ {len(real)} กลุ่ม ถ้าใช้ที่แจ้ง เงินเปลี่ยน {int(real['baht_change'].sum()):+,} บาทต่อปี"
        f" (ไม่รวม {len(found.declared) - len(real)} กลุ่มที่ตรงกับระยะถึงโรงเรียนตามทะเบียน)"
    )
    print(f"รายละเอียด: {measured.cycle.outputs / 'audit' / 'audit.xlsx'}")
    return 0


def _proof(options: argparse.Namespace) -> int:
    measured = _measure(options.folder)
    scenario = cycles.find_scenario(options.folder, options.scenario)
    with tqdm(unit="โรงเรียน", desc="ใบตรวจระยะทาง", leave=False, disable=None) as bar:
        hosts = waysteps.write_proofs(measured, scenario, options.school, bar.update)
    print(f"ใบตรวจระยะทาง {len(hosts)} โรงเรียน: {measured.cycle.outputs / 'proof'}")
    return 0


def _closures(options: argparse.Namespace) -> int:
    measured = _measure(options.folder)
    scenario = cycles.find_scenario(options.folder, options.scenario)
    effects = waysteps.write_closures(measured, scenario, wet=options.wet)
    if aside := sum(
        p.severity == "error" and p.file == measured.cycle.files.get("closures") for p in measured.cycle.problems
    ):
        print(f"ไม่ได้คิดถนนปิด {aside} แถวที่ใช้ไม่ได้ ดู problems.csv")
    pupils = effects.groupby("state")["pupils"].sum()
    for state, words in CLOSURE_STATES.items():
        print(f"{words}: {pupils.get(state, 0):,} คน")
    print(f"รายละเอียด: {measured.cycle.outputs / 'closures'}")
    return 0


def _simulate(options: argparse.Namespace) -> int:
    measured = _measure(options.folder)
    scenario = cycles.find_scenario(options.folder, options.scenario)
    summary = steps.write_outcome(measured, scenario).summary
    tell_outcome(summary)
    print(f"รายละเอียด: {measured.cycle.outputs / 'scenarios' / scenario.stem}")
    return 0


def _optimise(options: argparse.Namespace) -> int:
    rules = read_rules(options.folder)  # what is wrong there is said before anything is measured
    if options.seconds:
        rules = rules.model_copy(update={"seconds": options.seconds})
    measured = _measure(options.folder)
    with tqdm(total=0, bar_format="{desc} {elapsed}", leave=False, disable=None) as bar, interrupts() as interrupted:

        def progress(sought: str, objective: str, value: float | None, bound: float, _: float) -> bool:
            bar.set_description_str(telling.spell_work(sought, objective, rules.kind, value, bound))
            return interrupted()

        found, saved = steps.write_best(measured, rules, progress)
        stopped = interrupted()
    if saved is None:
        for line in telling.no_plan(found, measured.office):
            print(line, file=sys.stderr)
        print(
            "No plan keeps the rules." if found.best.status == "infeasible" else "No plan found in time.",
            file=sys.stderr,
        )
        return 1
    best = found.best
    said = f"{telling.STATUS_WORDS[best.status]} {telling.LEAVE_WORDS[rules.kind]} {len(best.closes)} โรงเรียน"
    print(f"{'หยุดตามที่สั่ง ' if stopped else ''}{said}")
    for row in telling.level_rows(best.levels, rules.kind):
        print(f"  {row['objective']} {row['value']} (ขอบเขต {row['bound']} ช่องว่าง {row['gap']})")
    if best.unmeasured:
        print(f"  ผู้ที่ย้ายซึ่งยังวัดระยะทางไม่ได้ {best.unmeasured:,} คน ไม่นับในเป้าหมาย")
    print(f"แผนอื่นที่ต่างชัดเจน {len(found.others) - 1} แผน จุดบนเส้นแลกเปลี่ยน {len(found.points)} จุด", end=" ")
    print(f"เหตุผลของโรงเรียน {len(found.reasons)} จาก {len(found.asked)} แห่ง")
    unmeasured = telling.spell_unmeasured_schools(found, measured.office)
    for line in filter(None, (telling.spell_curve_end(found.curve, rules.kind), unmeasured)):
        print(line)
    print(f"ทางเลือก: {saved}")
    print(f"รายละเอียด: {measured.cycle.outputs / 'optimise'}")
    return 0


def _plan(options: argparse.Namespace) -> int:
    measured = _measure(options.folder)
    scenario = cycles.find_scenario(options.folder, options.scenario)
    with tqdm(total=0, unit="หน้า", desc="สมุดแผนที่", leave=False, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.refresh()

        plan = steps.write_plan(measured, scenario, progress, final=options.final)
    tell_outcome(plan.outcome.summary)
    folder = measured.cycle.outputs / "plan"
    print(f"{'แผนฉบับสมบูรณ์' if options.final else 'ร่างแผน'}: {folder}")
    blanks = pd.read_csv(folder / "blanks.csv", keep_default_na=False)
    for document, group in blanks.groupby("document", sort=False):
        first = group.iloc[0]
        print(f"  {document} เหลือช่องที่ต้องกรอก {len(group):,} แห่ง เช่น {first['section']}: {first['blank']}")
    if len(blanks):
        print(f"  รายการทั้งหมด: {folder / 'blanks.csv'}")
    if options.pdf:
        made, lacking = steps.write_pdfs(measured)
        if made:
            print(f"PDF {len(made)} ไฟล์: {', '.join(path.relative_to(folder).as_posix() for path in made)}")
        if lacking:
            print(f"{lacking}\nNot every document could be written as PDF; is LibreOffice installed?", file=sys.stderr)
    return 0


def _lab(_: argparse.Namespace) -> int:
    from jupyterlab.labapp import LabApp

    # The notebooks lead to /static/manual.html.
    write_manual(user_manual())
    static = f"--ServerApp.extra_static_paths={user_manual().parent}"
    LabApp.launch_instance([f"--notebook-dir={notebooks_folder()}", "--ip=127.0.0.1", static])
    return 0


def _manual(options: argparse.Namespace) -> int:
    path = (options.file or user_manual()).resolve()
    write_manual(path)
    print(f"คู่มือ: {path}")
    webbrowser.open(path.as_uri())
    return 0


def _dashboard(options: argparse.Namespace) -> int:
    dashboard.serve(options.folder, full=options.full, ip=options.ip, port=options.port)
    return 0


def _measure(folder: Path, *, say_aside: bool = True) -> Measured:
    """Read, check and measure; say on stderr what was set aside."""
    measured = cycles.measure(cycles.open_cycle(folder))
    if say_aside:
        tell_aside(measured.problems, measured.cycle.outputs)
    return measured


if __name__ == "__main__":
    sys.exit(main())

"""``restructure run``: all steps of an office's year, or what of them has changed; and what it made."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from tqdm import tqdm

from restructure import cycle as cycles
from restructure._errors import UsageError
from restructure.cycle import MANIFEST_FILE
from restructure.intake import rows_aside
from restructure.notebooks import YEAR
from restructure.replay import cycle_of, replay
from restructure.running import is_unfinished, run_year, spell_reasons, stale
from restructure.scenario import spell_scenario
from restructure.thai import ROUNDS
from restructure.words import ROUTED
from restructure.yearcommands import tell_round

_Done = TypeVar("_Done")


def add_run(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to a parser; ``add`` makes a command from its name, what it runs and its help."""
    text = "ทำทุกขั้นตามสมุดงาน 00–06 เฉพาะที่มีสิ่งเปลี่ยน ถ้าถูกหยุดกลางทาง สั่งใหม่เพื่อทำต่อ"
    command = add("run", _run, text, folder=False)
    command.add_argument("folder", metavar="DIR", type=Path, nargs="?", help="โฟลเดอร์ของรอบปีงบประมาณ")
    text = "ทำซ้ำทั้งหมดตาม manifest.json ของ run ครั้งก่อน แล้วเทียบทุกตาราง ไม่ทำถ้าข้อมูลเข้าไม่เหมือนเดิม"
    command.add_argument("--replay", metavar="FILE", type=Path, help=text)


def _run(options: argparse.Namespace) -> int:
    if options.folder is None and options.replay is None:
        raise UsageError("ระบุโฟลเดอร์ของรอบ: restructure run DIR", "Name the folder: restructure run DIR.")
    folder = options.folder or cycle_of(options.replay)
    if options.replay:
        same = _with_bar(lambda progress: replay(folder, options.replay, progress))
        print(f"ทำซ้ำตาม {options.replay}: ตาราง {same} ไฟล์เหมือนเดิมทุกไบต์")
    else:
        reasons = stale(folder)
        if reasons:
            # What cannot be read or is structurally wrong is said now, in one sentence, before any notebook starts.
            office = cycles.measure(cycles.open_cycle(folder)).office
            for scenario in (cycles.find_scenario(folder, stem) for stem in [*cycles.scenario_stems(folder), None]):
                spell_scenario(scenario, office)
        _tell_reasons(folder, reasons)
        if reasons or is_unfinished(folder):
            _with_bar(lambda progress: run_year(folder, progress))
    _tell_made(folder / "outputs", cycles.scenario_stems(folder))
    return 0


def _with_bar(work: Callable[[Callable[[str, int, int], None]], _Done]) -> _Done:
    with tqdm(total=0, unit="สมุดงาน", bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} {elapsed}") as bar:

        def progress(name: str, done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.set_description_str(name or "เสร็จ")
            bar.refresh()

        return work(progress)


def _tell_reasons(folder: Path, reasons: dict[str, list[str]]) -> None:
    if is_unfinished(folder):
        print("ทำต่อจากครั้งก่อนที่หยุดกลางทาง")
    elif not reasons:
        print("ไม่มีสิ่งใดเปลี่ยนตั้งแต่ครั้งก่อน ไม่ต้องทำใหม่")
        return
    for name in YEAR:
        print(f"{name}: {f'ทำ เพราะ {spell_reasons(reasons[name])}' if name in reasons else 'คงเดิม'}")


def _tell_made(outputs: Path, stems: list[str]) -> None:
    manifest = _json(outputs / MANIFEST_FILE)
    label = " (ข้อมูลสมมุติ)" if manifest["synthetic"] else ""
    counts = manifest["counts"]
    print(f"\n{manifest['office']} ปีงบประมาณ {manifest['fiscal_year']}{label}")
    print(f"โรงเรียน {counts['schools']} แห่ง หมู่บ้าน {counts['villages']} แห่ง นักเรียน {counts['pupils']:,} คน")
    for stem in stems:
        tell_outcome(_json(outputs / "scenarios" / stem / "summary.json"))
    for name in ROUNDS:
        tell_round(_json(outputs / "allocation" / name / "allocation.json"))
    tell_aside(pd.read_csv(outputs / "problems.csv"), outputs)
    print("\nไฟล์ผลลัพธ์")
    for path, text in (
        ("problems.csv", "ปัญหาข้อมูลที่พบ"),
        ("check", "ปัญหาข้อมูลจัดกลุ่ม และสมุดงานส่งกลับโรงเรียน"),
        ("distances.parquet", "ระยะทางทุกคู่"),
        ("audit/audit.xlsx", "ระยะทางที่ต้องตรวจก่อนจ่ายเงิน"),
        ("audit/map.html", "แผนที่เส้นทางที่ต้องตรวจ"),
        ("closures", "ผลของถนนที่ปิด"),
        ("proof", "ใบตรวจระยะทางสำหรับ ตสน."),
        ("scenarios", "ผลของแต่ละทางเลือก"),
        ("comparison", "เทียบทางเลือก ตาราง แผนภูมิ แผนที่ก่อนและหลัง"),
        ("allocation", "ความต้องการและจัดสรรรายรอบ"),
        ("plan/plan.docx", "ร่างแผน"),
        ("plan/annexes.xlsx", "ภาคผนวก"),
        ("plan/map.html", "แผนที่เปิดในเบราว์เซอร์ ไม่ต้องต่ออินเทอร์เน็ต"),
        ("plan/map-a3.pdf", "แผนที่พิมพ์ A3"),
        ("cycle.gpkg", "ชั้นข้อมูลสำหรับ QGIS"),
        ("notebooks", "สมุดงานที่ทำแล้ว"),
    ):
        print(f"  {text}: {outputs / path}")


def tell_aside(problems: pd.DataFrame, outputs: Path) -> None:
    """Say how many rows were set aside, on stderr, and how many warnings there are."""
    path = outputs / "problems.csv"
    if warnings := int((problems["severity"] == "warning").sum()):
        print(f"ข้อควรตรวจในข้อมูล {warnings} รายการ ดู {path}")
    if aside := rows_aside(problems):
        print(f"พักแถวที่ใช้ไม่ได้ {aside} แถว ดู {path}\n{aside} row(s) set aside, see {path}", file=sys.stderr)


def tell_outcome(summary: dict[str, Any]) -> None:
    """Say what a scenario does."""
    print(f"\nทางเลือก “{summary['name']}”: ย้าย {summary['pupils_moved']:,} คน")
    print(f"  โรงเรียนที่ไม่เหลือการเรียนการสอน {summary['schools_closed']} แห่ง")
    if summary["median_m"] is not None:
        print(
            f"  ระยะทางมัธยฐาน {summary['median_m'] / 1000:.1f} กม. ร้อยละ 90 ไม่เกิน {summary['p90_m'] / 1000:.1f} กม."
            f" ไกลสุด {summary['max_m'] / 1000:.1f} กม."
        )
    bands = " ".join(f"วันละ {baht} บาท {pupils:,} คน" for baht, pupils in summary["pupils_by_band"].items())
    print(f"  {bands}; ยังวัดไม่ได้ {summary['unreachable']:,} คน")
    print(f"  ค่าพาหนะ {summary['baht_per_year']:,} บาทต่อปีการศึกษา ({ROUTED})")
    if summary["warnings"]:
        print(f"  ข้อควรระวัง {len(summary['warnings'])} ข้อ")


def _json(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return made

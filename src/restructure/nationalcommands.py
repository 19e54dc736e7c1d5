"""The command ``national``: all offices of the country."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from restructure._errors import UsageError
from restructure.interrupting import interrupts


def add_national(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command to a parser; ``add`` makes a command from its name, what it runs and its help."""
    command = add(
        "national", _national, "ทำทุกสำนักงานเขต: ระยะทาง ความต้องการ แผนดีที่สุด คาดการณ์ แล้วรวมทั้งประเทศ", folder=False
    )
    command.add_argument(
        "root", metavar="ROOT", type=Path, help="โฟลเดอร์ที่มีหนึ่งโฟลเดอร์ต่อสำนักงาน หรือตารางทั้งประเทศใน inputs/"
    )
    command.epilog = "กด Ctrl-C เพื่อหยุด สั่งใหม่แล้วทำเฉพาะที่ยังไม่เสร็จหรือที่ข้อมูลเปลี่ยน"
    command.add_argument(
        "--workers", metavar="N", type=_count, help="จำนวนโปรเซส ปกติเท่าจำนวนคอร์ 1 = ทำทีละสำนักงานในโปรเซสเดียว"
    )
    command.add_argument("--scheduler", metavar="ADDRESS", help="ใช้คลัสเตอร์ Dask ที่มีอยู่ เช่น tcp://10.0.0.5:8786")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise UsageError(f"--workers {text} ใช้ไม่ได้: เขียนเลขตั้งแต่ 1 ถึง 1000", f"--workers {text} is not from 1 to 1000.")
    return int(text)


def _national(options: argparse.Namespace) -> int:
    # Imported here: only this command needs them.
    from restructure.national.country import gather, write_country
    from restructure.national.running import run_offices
    from restructure.national.splitting import split
    from restructure.national.stages import STAGE_WORDS

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    if options.scheduler and options.workers:
        raise UsageError(
            "ระบุอย่างใดอย่างหนึ่ง: --workers สำหรับเครื่องนี้ หรือ --scheduler", "Say either --workers or --scheduler."
        )
    finished, wanted = 0, 0
    form = "{l_bar}{bar}| {n_fmt}/{total_fmt} {elapsed}<{remaining}"
    # An interrupt amid the cluster's own threads may be lost: it is asked about between two steps.
    with tqdm(total=0, bar_format=form, disable=None) as bar, interrupts() as interrupted:

        def show(what: str, done: int, total: int) -> None:
            bar.total, bar.n = total, done
            bar.set_description_str(what)
            bar.refresh()
            if interrupted():
                raise KeyboardInterrupt

        def progress(office: str, stage: str, done: int, total: int) -> None:
            nonlocal finished, wanted
            finished, wanted = done, total
            show(f"{STAGE_WORDS[stage]} {office}", done, total)

        try:
            folders = split(options.root, lambda done, total: show("แบ่งตารางและถนน", done, total))
            records = run_offices(
                options.root, [folder.name for folder in folders],
                workers=options.workers, scheduler=options.scheduler, say=say, progress=progress,
            )  # fmt: skip
        except KeyboardInterrupt:
            bar.close()
            told = f" ทำแล้ว {finished:,} จาก {wanted:,} ขั้น" if wanted else ""
            say(
                f"หยุดตามที่สั่ง{told} ไฟล์ที่ทำแล้วสมบูรณ์ทุกไฟล์ สั่งใหม่เพื่อทำต่อจากนี้\n"
                "Stopped; what is done stays: run again to go on."
            )
            return 1
    country = gather(options.root, records)
    table = country.offices
    broken = table[table["error"] != ""]
    for row in broken.itertuples():
        say(f"✗ {row.office} {row.name}: {row.error}")
    if country.done.empty:
        say("ไม่มีสำนักงานใดทำได้ ผลของประเทศที่มีอยู่ไม่เปลี่ยน\nNo office could be done; what there is of the country stays.")
        return 1
    write_country(options.root, country)
    if len(broken):
        say(
            f"{len(broken)} office(s) could not be done; the others are, see {options.root / 'outputs' / 'offices.csv'}"
        )
    print(f"ทำแล้ว {len(table) - len(broken):,} จาก {len(table):,} สำนักงาน (คำนวณใหม่ {finished:,} ขั้น)")
    for line in country.lines():
        print(line)
    print(f"รายละเอียด: {options.root / 'outputs'}")
    return 0

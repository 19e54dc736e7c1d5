"""The command ``site``: what the office chooses to publish of its year, as pages that open from a folder."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from restructure.cycle import Measured
from restructure.site.choice import SITE_FILE, write_site_template
from restructure.stepcommand import a_cycle


def add_site(add: Callable[..., argparse.ArgumentParser], measure: Callable[[Path], Measured]) -> None:
    """Add the command to a parser; ``measure`` reads, checks and measures a folder, and tells what was set aside."""

    def run(options: argparse.Namespace) -> int:
        return _site(options, measure)

    command = add("site", run, f"เว็บไซต์รายงานผลเฉพาะที่เลือกใน {SITE_FILE}: เปิดจากโฟลเดอร์ ไม่ใช้อินเทอร์เน็ต")
    command.add_argument("--template", action="store_true", help=f"วาง {SITE_FILE} เปล่าพร้อมคำอธิบาย ที่มีแล้วไม่เขียนทับ")


def _site(options: argparse.Namespace, measure: Callable[[Path], Measured]) -> int:
    folder = a_cycle(options.folder)
    if options.template:
        path = write_site_template(folder)
        print(f"วางแล้ว: {path}" if path else f"มี {folder / SITE_FILE} อยู่แล้ว ไม่เขียนทับ")
        return 0
    from restructure.site.writing import write_site

    written = write_site(folder, measure)
    print(f"เว็บไซต์ {len(written.pages)} หน้า: {written.folder / 'index.html'}")
    for page in written.pages:
        print(f"  {page.file}: {page.title}")
    for note in written.notes:
        print(f"! {note}")
    return 0

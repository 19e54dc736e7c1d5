"""``run --replay``: a run done again from the same inputs, and every table held against the one of then."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any

from restructure._errors import DataError, UsageError
from restructure.cycle import MANIFEST_FILE
from restructure.files import sha256, staged
from restructure.notebooks import YEAR
from restructure.running import LIBRARIES, PROGRAM, TODAY, differences, run_year, spell, what_it_reads

#: What counts as a table.
TABLES = (".csv", ".json", ".parquet")


def replay(folder: Path, manifest: Path, progress: Callable[[str, int, int], None] | None = None) -> int:
    """Do a run again from the same inputs and hold every table against the one of that run.

    Returns
    -------
    int
        How many tables are the same, byte for byte.

    Raises
    ------
    UsageError
        When there is no such file.
    DataError
        When the manifest is not of a run, an input is not the one that it names, or a table comes out otherwise; then
        that one lies in ``outputs/replay/`` and the outputs stay as they were.
    """
    then, read, now = _then_and_now(folder, manifest)
    tables = {
        path: digest
        for done in then["notebooks"].values()
        for path, digest in done["made"].items()
        if path.endswith(TABLES)
    }

    def hold_against(run: Path) -> None:
        differ = [path for path, digest in tables.items() if not (run / path).is_file() or sha256(run / path) != digest]
        if not differ:
            return
        with staged(folder / "outputs" / "replay") as stage:
            for path in differ:
                if (run / path).is_file():
                    (stage / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(run / path, stage / path)
        program = [spell(word) for word in differences(read, now) if word in (PROGRAM, LIBRARIES)]
        why = f" ({' และ '.join(program)})" if program else ""
        raise DataError(
            f"ทำซ้ำแล้วไม่เหมือนเดิม {len(differ)} ตารางจาก {len(tables)}: {', '.join(differ)}{why} "
            f"ฉบับที่ได้ครั้งนี้อยู่ใน {folder / 'outputs' / 'replay'} ผลลัพธ์เดิมไม่เปลี่ยน",
            f"{len(differ)} of {len(tables)} tables came out otherwise: {', '.join(differ)}.",
        )

    run_year(folder, progress, anew=True, approve=hold_against)
    return len(tables)


def cycle_of(manifest: Path) -> Path:
    """Return the cycle folder in whose outputs a manifest lies.

    Raises
    ------
    UsageError
        When it lies elsewhere.
    """
    outputs = manifest.resolve().parent
    if outputs.name != "outputs" or not (outputs.parent / "inputs").is_dir():
        raise UsageError(
            f"ไม่ทราบว่าจะทำซ้ำในโฟลเดอร์ใด: สั่ง restructure run DIR --replay {manifest}",
            f"Name the folder too: restructure run DIR --replay {manifest}",
        )
    return outputs.parent


def _then_and_now(folder: Path, manifest: Path) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    then = _then(manifest)
    read: dict[str, str] = {}
    now: dict[str, str] = {}
    for name, done in then["notebooks"].items():
        read |= done["read"]
        now |= what_it_reads(folder, name)
    other = [path for path in differences(read, now) if path not in (PROGRAM, LIBRARIES, TODAY)]
    if other:
        shown = ", ".join(f"{path} ({_spell_difference(path, read, now)})" for path in other)
        raise DataError(
            f"ทำซ้ำตาม {manifest} ไม่ได้ เพราะไม่เหมือนเดิม {len(other)} รายการ: {shown} นำของเดิมกลับมาแล้วสั่งใหม่",
            f"{manifest} cannot be replayed; what differs: {', '.join(other)}. Bring back what there was.",
        )
    return then, read, now


def _then(manifest: Path) -> dict[str, Any]:
    if not manifest.is_file():
        raise UsageError(f"ไม่พบไฟล์ {manifest}: ตรวจชื่อไฟล์ เช่น outputs/{MANIFEST_FILE}", f"There is no file {manifest}.")
    try:
        run = json.loads(manifest.read_text("utf-8"))["run"]
        paths = [path for done in run["notebooks"].values() for path in done["made"]]
        known = all(isinstance(done[key], dict) for done in run["notebooks"].values() for key in ("read", "made"))
        if known and {*run["notebooks"]} == {*YEAR} and all(map(_is_inside, paths)):
            return dict(run)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise DataError(
        f"ไฟล์ {manifest} ไม่มีบันทึกของ run ที่เสร็จทุกสมุดงาน: ใช้ outputs/{MANIFEST_FILE} ของรอบที่สั่ง restructure run แล้ว",
        f"{manifest} holds no record of a whole run; take the {MANIFEST_FILE} of a cycle after `restructure run`.",
    )


def _is_inside(path: str) -> bool:
    """Tell whether a name is a plain path: a manifest may come from anybody."""
    parts = PureWindowsPath(path)
    return "\\" not in path and not parts.drive and not parts.root and ".." not in parts.parts


def _spell_difference(path: str, before: dict[str, str], now: dict[str, str]) -> str:
    return "ไม่มีแล้ว" if path not in now else "เพิ่มเข้ามา" if path not in before else "เนื้อหาเปลี่ยน"

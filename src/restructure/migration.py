"""Folders of another version of the program: older ones are brought up to date with a backup, newer ones refused.

Almost all that older versions wrote is read as it is: what came later is additional. A folder therefore has no number
of its format, which counts as 1; a program that has to write anything that this one would misread notes a higher one
in :data:`CYCLE_FILE`. (The ledger and a version for a committee carry numbers of their own.) What is read otherwise
than it was meant is mended here, each by a step that finds it by its content.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import yaml

from restructure._errors import DataError, PolicyError
from restructure.files import read_yaml, staged
from restructure.policy import load_policy
from restructure.sharedlist import only_writer

CYCLE_FILE = "cycle.json"
FORMAT = 1
_POLICY_FILE = "policy.yaml"
_MANIFEST = Path("outputs") / "manifest.json"
#: The default of the first version, which took any text here; it means what ``shortest-road`` stands for.
_FIRST_DISTANCE_RULE = "ทางรถที่สั้นที่สุด เที่ยวเดียวจากบ้าน (จุดหมู่บ้าน) ไปโรงเรียน ไม่นับช่วงจากจุดถึงถนน ปัดเป็นเมตรเต็มครั้งเดียว"


class Mended(NamedTuple):
    """What was brought up to date in a folder, in Thai, and the backup of how it was."""

    told: list[str]
    backup: Path


def refuse_newer(folder: Path) -> None:
    """Refuse a cycle that a newer program has written.

    Raises
    ------
    DataError
        When it is one; with what to do.
    """
    try:
        found = json.loads((folder / CYCLE_FILE).read_text("utf-8"))["format"]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    if not isinstance(found, int):
        raise DataError(
            f"อ่านไฟล์ {CYCLE_FILE} ไม่ได้ จึงไม่รู้ว่าโฟลเดอร์นี้เป็นของรุ่นใด: นำไฟล์นี้กลับมาจากไฟล์สำรอง",
            f"{CYCLE_FILE} cannot be read; bring it back from a copy.",
        )
    if found > FORMAT:
        raise DataError(
            f"โฟลเดอร์ {folder} เป็นของโปรแกรมรุ่นใหม่กว่านี้ (แบบที่ {found} โปรแกรมนี้รู้จักถึงแบบที่ {FORMAT}): "
            "ปรับปรุงโปรแกรมในเครื่องนี้ หรือคืนจากไฟล์สำรองที่ทำด้วยรุ่นนี้ ยังไม่มีอะไรถูกเขียน",
            f"{folder} was written by a newer program; update this one, or restore a backup that this one made.",
        )


def bring_up_to_date(folder: Path) -> Mended | None:
    """Mend what an older program meant otherwise than this one reads it, after a backup beside the folder.

    Returns
    -------
    Mended
        None where there was nothing to mend: nothing is written then.

    Raises
    ------
    DataError
        When a newer program has written the folder, or the backup cannot be made; nothing is changed then.
    """
    refuse_newer(folder)
    if not _mended(folder)[1]:
        return None
    from restructure.backup import write_backup

    with only_writer(folder / _POLICY_FILE):
        own, told = _mended(folder)
        if not told:  # another program was faster
            return None
        beside = folder.resolve().parent
        names = (f"{folder.resolve().name}-before-update{end}.zip" for end in ("", *(f"-{n}" for n in range(2, 1000))))
        backup = next(path for path in (beside / name for name in names) if not path.exists())
        text = f"# ปรับจากแบบของโปรแกรมรุ่นเก่า ไฟล์เดิมพร้อมหมายเหตุอยู่ใน {backup.name}\n"
        with staged(folder) as stage:
            made = stage / _POLICY_FILE
            _write(made, own, text)
            load_policy(made)  # what else is wrong in it is said before anything is written
            write_backup(folder, backup)
    return Mended(told, backup)


@contextmanager
def policy_as_meant(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Give a cycle's ``policy.yaml`` as it would be brought up to date, and in Thai what differs; nothing is written.

    Raises
    ------
    DataError
        When a newer program has written the folder.
    """
    refuse_newer(folder)
    own, told = _mended(folder)
    if not told:
        yield folder / _POLICY_FILE, told
        return
    with TemporaryDirectory(prefix="restructure-") as temporary:
        path = Path(temporary) / _POLICY_FILE
        _write(path, own)
        yield path, told


def _write(path: Path, own: dict[str, Any], head: str = "") -> None:
    path.write_text(head + yaml.safe_dump(own, allow_unicode=True, sort_keys=False, width=120), "utf-8")


def _mended(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Return what ``policy.yaml`` should hold, and what of that is other than in the file, in Thai."""
    path = folder / _POLICY_FILE
    try:
        own = read_yaml(path, _POLICY_FILE, PolicyError) if path.is_file() else {}
    except PolicyError:  # told by whoever reads it next
        own = {}
    settings = own.get("settings")
    told: list[str] = []
    if isinstance(settings, dict):
        told = [words for step in _STEPS if (words := step(settings, folder))]
    return own, told


def _name_distance_rule(settings: dict[str, Any], _: Path) -> str:
    """Write the first version's words for the only way of measuring as the code that stands for it now."""
    entry = settings.get("distance_rule")
    if not isinstance(entry, dict) or entry.get("value") != _FIRST_DISTANCE_RULE:
        return ""
    entry["value"] = "shortest-road"
    return "distance_rule เขียนเป็น shortest-road ความหมายเดิม"


def _close_what_was_left_out(settings: dict[str, Any], folder: Path) -> str:
    """Close to each vehicle the classes of road that the office left out of its list.

    Until roads could be opened one by one, ``vehicles`` in ``policy.yaml`` was all that there was, and a class that was
    not in it was closed; now it is laid over the packaged list, which would open that class again. A list that was
    meant so stands in the manifest word for word; one that was laid over stands there with the packaged classes.
    """
    entry = settings.get("vehicles")
    vehicles = entry.get("value") if isinstance(entry, dict) else None
    if not isinstance(vehicles, dict) or _noted_vehicles(folder) != vehicles:
        return ""
    packaged = load_policy().settings.vehicles
    closed = []
    for name, vehicle in vehicles.items():
        if name in packaged and isinstance(vehicle, dict) and isinstance(vehicle.get("highways"), dict):
            for kind in ("highways", "opened_by_yes"):
                roads = vehicle.setdefault(kind, {})
                left_out = [road for road in getattr(packaged[name], kind) if road not in roads]
                roads.update(dict.fromkeys(left_out))
                closed += left_out
    return f"vehicles: ถนนที่ไม่อยู่ในรายการเดิมยังปิดเหมือนเดิม ({', '.join(closed)})" if closed else ""


def _noted_vehicles(folder: Path) -> Any:
    try:
        return json.loads((folder / _MANIFEST).read_text("utf-8"))["policy"]["vehicles"]["value"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


_STEPS: tuple[Callable[[dict[str, Any], Path], str], ...] = (_name_distance_rule, _close_what_was_left_out)

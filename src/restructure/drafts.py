"""Plans by hand that are kept while they are made, in ``drafts/`` of the cycle: none of them is a scenario yet.

Each window keeps a file of its own. A file that another window has changed since is never written over: the writer is
told, and may keep its own under another name.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from restructure._errors import RestructureError, UsageError
from restructure.files import staged
from restructure.scenario import Scenario, read_scenario, scenario_text
from restructure.sharedlist import only_writer

DRAFTS = "drafts"


class ChangedElsewhere(UsageError):
    """A file was changed by another window or person since it was read."""


class KeptDraft(NamedTuple):
    """A draft that lies on disk; ``revision`` as :func:`keep_draft` takes it, ``at`` when it was written last."""

    stem: str
    scenario: Scenario
    revision: str
    at: datetime


def kept_drafts(folder: Path) -> list[KeptDraft]:
    """Return the drafts of a cycle that say anything, the newest first; what cannot be read is left aside."""
    found = []
    for path in (folder / DRAFTS).glob("*.yaml"):
        with suppress(RestructureError, OSError):
            scenario = read_scenario(path)
            if scenario.merges or scenario.note:
                at = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
                found.append(KeptDraft(path.stem, scenario, file_revision(path), at))
    return sorted(found, key=lambda kept: (kept.at, kept.stem), reverse=True)


def keep_draft(folder: Path, stem: str, scenario: Scenario, seen: str) -> str:
    """Write a draft, whole or not at all; return its new revision.

    Parameters
    ----------
    seen
        The revision that was read or written last; empty where there was no file.

    Raises
    ------
    ChangedElsewhere
        When the file is another by now; nothing is written.
    """
    path = folder / DRAFTS / f"{stem}.yaml"
    path.parent.mkdir(exist_ok=True)
    content = scenario_text(scenario).encode()
    with only_writer(path):
        if file_revision(path) != seen:
            raise ChangedElsewhere(
                f"ร่าง “{stem}” ถูกแก้จากหน้าต่างอื่นหลังจากที่หน้านี้อ่าน จึงยังไม่เขียนทับ: เก็บของหน้านี้เป็นอีกฉบับ หรือเปิดของหน้าต่างนั้น",
                f"The draft {stem} was changed by another window; keep this one under another name, or open that one.",
            )
        with staged(path.parent) as stage:
            (stage / path.name).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def drop_draft(folder: Path, stem: str, seen: str) -> None:
    """Delete a draft, which may be gone already.

    Raises
    ------
    ChangedElsewhere
        When the file is another than the revision that was ``seen``; it stays.
    """
    path = folder / DRAFTS / f"{stem}.yaml"
    with only_writer(path):
        if file_revision(path) not in ("", seen):
            raise ChangedElsewhere(
                f"ร่าง “{stem}” ถูกแก้จากหน้าต่างอื่นหลังจากที่หน้านี้อ่าน จึงยังไม่ทิ้ง: อ่านใหม่แล้ว ดูร่างนั้นก่อน แล้วสั่งอีกครั้ง",
                f"The draft {stem} was changed by another window; look at it before it is dropped.",
            )
        path.unlink(missing_ok=True)


def free_draft(folder: Path, stem: str = "hand") -> str:
    """Return a name for a draft that no file has."""
    number, wanted = 1, stem
    while (folder / DRAFTS / f"{wanted}.yaml").exists():
        number += 1
        wanted = f"{stem}-{number}"
    return wanted


def file_revision(path: Path) -> str:
    """Return what tells a file's content from any other, empty where there is no file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""

"""Files of evidence: a copy within the cycle, named by its own SHA-256, so that a change of it shows."""

from __future__ import annotations

import re
import shutil
from functools import lru_cache
from pathlib import Path

from restructure._errors import UsageError
from restructure.appraisal import refuse_private
from restructure.files import sha256, staged

EVIDENCE_FOLDER = "evidence"


def take_evidence(folder: Path, path: Path) -> tuple[str, str]:
    """Copy a file of evidence into a cycle; return where it lies, relative to the folder, and its SHA-256.

    Of its name only the ending is kept: a name may tell of a person, and must not become a path.

    Raises
    ------
    UsageError
        When there is no such file, or it is a private one.
    """
    refuse_private(folder, path)
    if not path.is_file():
        raise UsageError(
            f"ไม่พบไฟล์หลักฐาน {path.name}: ตรวจชื่อและที่เก็บไฟล์",
            f"The file of evidence {path.name} is not there; check its name.",
        )
    suffix = path.suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", path.suffix) else ""
    with staged(folder / EVIDENCE_FOLDER) as stage:
        copy = stage / f"evidence{suffix}"
        shutil.copyfile(path, copy)
        digest = sha256(copy)
        copy.rename(stage / f"{digest}{suffix}")
    return f"{EVIDENCE_FOLDER}/{digest}{suffix}", digest


def is_unchanged(folder: Path, kept: str, digest: str) -> bool:
    """Say whether a file of evidence is there and still what it was."""
    path = folder / kept
    if not path.is_file():
        return False
    stat = path.stat()
    return _digest(path, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size) == digest


@lru_cache(maxsize=8192)
def _digest(path: Path, _written: int, _changed: int, _size: int) -> str:
    """Return the SHA-256 of a file; a page asks again and again, and what it asks of may lie on a slow share."""
    return sha256(path)

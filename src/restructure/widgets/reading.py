"""Whether a folder has changed since a page read it, and files that a browser sends."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from restructure._errors import UsageError
from restructure.corrections import CORRECTIONS_FILE
from restructure.intake.mapping import MAPPING_FILE


def signature(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what tells that a file which the page rests on has been written since."""
    paths = [path for path in (folder / "inputs").rglob("*") if not path.name.startswith((".", "~$"))]
    paths += [folder / name for name in ("policy.yaml", CORRECTIONS_FILE, MAPPING_FILE)]
    stats = {path.relative_to(folder).as_posix(): path.stat() for path in paths if path.is_file()}
    return {name: (stat.st_mtime_ns, stat.st_size) for name, stat in stats.items()}


def register_signature(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what tells that a file that the register rests on, beside the ledger, has been written since."""
    paths = [folder / "plan.yaml", *(folder / "evidence").glob("*"), *(folder / "duties").glob("*.y*ml")]
    stats = {path.relative_to(folder).as_posix(): path.stat() for path in sorted(paths) if path.is_file()}
    return {name: (stat.st_mtime_ns, stat.st_size) for name, stat in stats.items()}


def put_sent(folder: Path, name: str, content: str) -> Path:
    """Write what a browser sent as base64; the file keeps its ending alone, for a name must not become a path."""
    try:
        data = base64.b64decode(content, validate=True)
    except ValueError:
        raise UsageError(f"อ่านไฟล์ {name} ไม่ได้: เลือกไฟล์ใหม่", f"{name} cannot be read; choose it again.") from None
    ending = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
    path = folder / f"sent{ending[0] if ending else ''}"
    path.write_bytes(data)
    return path

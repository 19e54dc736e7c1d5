"""Papers as PDF, where LibreOffice is installed."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

#: Where LibreOffice lies when it is not on the path.
_USUAL = (
    r"C:\Program Files\LibreOffice\program\soffice.com",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.com",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
_SECONDS = 300


def find_libreoffice() -> str | None:
    """Return the command of LibreOffice, None where there is none."""
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            return found
    return next((path for path in _USUAL if Path(path).is_file()), None)


def write_pdfs(files: Sequence[Path]) -> tuple[list[Path], str]:
    """Write each Word or Excel file as PDF beside it, in one run of LibreOffice.

    Returns
    -------
    list of Path
        The PDF files; those of an earlier run that could not be made anew are taken away.
    str
        In Thai what kept the others from being made; empty where all are there.
    """
    targets = {file: file.with_suffix(".pdf") for file in files}
    for target in targets.values():
        target.unlink(missing_ok=True)
    command = find_libreoffice()
    if command is None:
        return [], "ไม่พบ LibreOffice ในเครื่องนี้ จึงยังไม่มี PDF: ติดตั้งแล้วสั่งใหม่ หรือเปิดเอกสารแล้วบันทึกเป็น PDF เอง"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        # Files of one name from two folders would fall onto one PDF.
        copies = {file: folder / "in" / f"{i}{file.suffix}" for i, file in enumerate(files)}
        (folder / "in").mkdir()
        for file, copy in copies.items():
            shutil.copy(file, copy)
        # A profile of its own: an office that has LibreOffice open would get nothing otherwise.
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        call = [command, profile, "--headless", "--norestore", "--convert-to", "pdf", "--outdir", place]
        with suppress(OSError, subprocess.TimeoutExpired):  # what is not there afterwards is told
            subprocess.run(
                [*call, *map(str, copies.values())], capture_output=True, timeout=_SECONDS, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        for file, copy in copies.items():
            made = folder / f"{copy.stem}.pdf"
            if made.is_file():
                shutil.copy(made, targets[file])
    lost = [file.name for file, target in targets.items() if not target.is_file()]
    return [target for target in targets.values() if target.is_file()], (
        f"LibreOffice ทำ PDF ไม่ครบ: {', '.join(lost)} เปิดไฟล์แล้วบันทึกเป็น PDF เอง" if lost else ""
    )

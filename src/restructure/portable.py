"""Names of files that every machine can hold: what Windows, macOS or Linux cannot keep apart or write is refused."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from restructure._errors import DataError

#: Names of devices, whatever their ending, and signs that Windows does not take.
_DEVICES = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|clock\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL
)
_SIGNS = re.compile(r'[<>:"|?*\\]')
_MOST_BYTES = 255


def refuse_names(names: Iterable[str]) -> None:
    """Refuse paths in a folder of which one leads out of it or could not be written on another machine.

    Parameters
    ----------
    names
        Paths with ``/``, of files.

    Raises
    ------
    DataError
        With the first such name and the remedy.
    """
    spelled: dict[str, str] = {}
    files: set[str] = set()
    for name in sorted(names):
        parts = name.split("/")
        if fault := next(filter(None, map(fault_of, parts)), ""):
            raise _refusal(name, fault)
        for end in range(1, len(parts) + 1):
            path = "/".join(parts[:end])
            key = unicodedata.normalize("NFC", path).casefold()
            # Nor may a file be a folder too, or two names differ in capitals or in how an accent is written.
            if key in files or spelled.setdefault(key, path) != path:
                raise _refusal(name, "ซ้ำกับอีกชื่อหนึ่งบนเครื่องอื่น")
        files.add(key)


def fault_of(part: str) -> str:
    """Return in Thai why not every machine can hold a file or folder of a name; empty where each can."""
    if part in ("", ".", ".."):
        return "ไม่ใช่ชื่อในโฟลเดอร์"
    if _SIGNS.search(part) or not part.isprintable() or part.startswith(" ") or part.endswith((" ", ".")):
        return "มีอักขระที่ Windows ใช้เป็นชื่อไม่ได้"
    if _DEVICES.fullmatch(part):
        return "เป็นชื่อที่ Windows สงวนไว้"
    return "ยาวเกินไป" if len(part.encode("utf-8", "surrogateescape")) > _MOST_BYTES else ""


def _refusal(name: str, fault: str) -> DataError:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name)[:200]
    return DataError(
        f"ไฟล์ชื่อ {shown} สำรองหรือคืนบนเครื่องอื่นไม่ได้ ({fault}): เปลี่ยนชื่อไฟล์นี้ในโฟลเดอร์ต้นทาง แล้วสำรองใหม่",
        f"The name {shown} cannot be kept on every machine; rename the file where it comes from, then back up anew.",
    )

"""What an analyst types: schools, names that become files, whole numbers."""

from __future__ import annotations

import re
from contextlib import suppress

from restructure._errors import UsageError
from restructure.paper import CONTROLS
from restructure.scenario import PRESENT
from restructure.seating import Office
from restructure.thai import parse_whole

_NAME_LENGTH = 80
#: What systems keep for themselves, and the present state.
_RESERVED = {PRESENT.stem.upper(), "CON", "PRN", "AUX", "NUL"}
_RESERVED |= {f"{name}{i}" for name in ("COM", "LPT") for i in range(1, 10)}
#: How many schools are named where a text fits several.
_NAMED = 5


def spell_school(code: str, office: Office) -> str:
    """Return a school's name with its code."""
    return f"{office.names[office.place[code]]} ({code})"


def find_school(text: str, office: Office) -> str:
    """Return the code of the school that a text names: a code, a name, both as pages offer them, or part of one name.

    Raises
    ------
    UsageError
        When there is none, or several.
    """
    text = text.strip()
    schools = list(zip(office.codes, office.names, strict=True))
    codes = [code for code in office.codes if text in (code, spell_school(code, office))]
    named = [code for code, name in schools if name == text]
    partly = [code for code, name in schools if text and text in name]
    if len(found := codes or named or partly) == 1:
        return found[0]
    why = f"ไม่พบโรงเรียน “{text}”"
    if found:
        shown = ", ".join(spell_school(code, office) for code in found[:_NAMED])
        why = f"มีหลายโรงเรียนชื่อ “{text}” ได้แก่ {shown}" + (" …" if len(found) > _NAMED else "")
    raise UsageError(
        f"{why}: พิมพ์ชื่อหรือรหัส แล้วเลือกจากรายการ", f"{len(found)} schools are called {text}; choose from the list."
    )


def file_stem(name: str) -> str:
    """Return a scenario's file name without the ending, for its name: what no system's files can be called is left out.

    Raises
    ------
    UsageError
        When nothing of the name is left.
    """
    stem = "-".join(re.sub(r'[<>:"/\\|?*\x00-\x1f]', " ", name).split()).strip(".-")[:_NAME_LENGTH]
    if not stem or stem.upper() in _RESERVED:
        raise UsageError(f"ใช้ชื่อ “{name}” ไม่ได้: พิมพ์ชื่ออื่นด้วยตัวอักษรหรือตัวเลข", f"{name} cannot be a file's name.")
    return stem


def storable(text: str) -> str:
    """Return a text without what no file can hold, such as half a letter that was pasted."""
    return CONTROLS.sub("", text)


def whole_number(text: str, words: str, unit: str, most: int) -> int:
    """Return the whole number that a text holds, as :func:`restructure.thai.parse_whole` reads it.

    Raises
    ------
    UsageError
        When it holds none, or one beyond ``most``; ``words`` and ``unit`` say what it is of.
    """
    with suppress(ValueError):
        if (number := parse_whole(text)) <= most:
            return number
    raise UsageError(
        f"{words} “{text}” ใช้ไม่ได้: กรอกเป็น{unit}เต็ม ตัวเลขล้วน ไม่มีทศนิยมหรือหน่วย ไม่เกิน {most:,}",
        f"{text} is no whole number up to {most:,}.",
    )

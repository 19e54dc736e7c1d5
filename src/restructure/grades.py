"""Grades and stages: K1–K3 (อ.1–3), P1–P6 (ป.1–6), M1–M3 (ม.1–3)."""

from __future__ import annotations

import re

from restructure.thai import arabic_digits

GRADES = ("K1", "K2", "K3", "P1", "P2", "P3", "P4", "P5", "P6", "M1", "M2", "M3")

_THAI = {"อนุบาล": "K", "อ": "K", "ประถมศึกษา": "P", "ประถม": "P", "ป": "P", "มัธยมศึกษา": "M", "มัธยม": "M", "ม": "M"}
_ORDER = {grade: i for i, grade in enumerate(GRADES)}
_ALL = {"ALL", "ทั้งหมด", "ทุกชั้น", "ทั้งโรงเรียน"}


def parse_grades(text: str) -> tuple[str, ...]:
    """Return the grades that a text such as ``K2-P6``, ``P4-P6, M``, ``อ.2-ป.6`` or ``all`` names, in order.

    Raises
    ------
    ValueError
        When a part of the text is no grade, stage or range of grades.
    """
    found: set[str] = set()
    parts = [part for part in re.split(r"[,;/\s]+", _normalised(text)) if part]
    if not parts:
        raise ValueError("no grade")
    for part in parts:
        if part in _ALL:
            found.update(GRADES)
            continue
        first, dash, last = part.partition("-")
        if last.isdecimal():  # P1-6 is P1-P6
            last = first[:1] + last
        start, end = _ends(first), _ends(last) if dash else _ends(first)
        if start is None or end is None or start[0] > end[1]:
            raise ValueError(f"no grade or range of grades: {text!r}")
        found.update(GRADES[start[0] : end[1] + 1])
    return tuple(sorted(found, key=_ORDER.__getitem__))


def format_grades(grades: tuple[str, ...] | list[str] | set[str]) -> str:
    """Return grades as the shortest text of ranges, e.g. ``K2-P6``."""
    runs: list[list[int]] = []
    for i in sorted(_ORDER[grade] for grade in grades):
        if runs and i == runs[-1][-1] + 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return ",".join(GRADES[r[0]] if len(r) == 1 else f"{GRADES[r[0]]}-{GRADES[r[-1]]}" for r in runs)


def thai_grades(text: str) -> str:
    """Return ``K2-P6`` as people read it: ``อ.2–ป.6``."""
    return re.sub(r"[KPM]", lambda m: {"K": "อ.", "P": "ป.", "M": "ม."}[m[0]], text).replace("-", "–")


def _normalised(text: str) -> str:
    text = arabic_digits(text).upper().replace("–", "-").replace("—", "-").replace("ถึง", "-")
    text = re.sub(r"\s*-\s*", "-", text)
    for thai in sorted(_THAI, key=len, reverse=True):
        text = re.sub(rf"{thai}\.?\s*(?=[1-6]|[-,;/\s]|$)", _THAI[thai], text)
    return text


def _ends(part: str) -> tuple[int, int] | None:
    """Return the first and last place of a grade or a bare stage letter."""
    if part in _ORDER:
        return _ORDER[part], _ORDER[part]
    members = [i for grade, i in _ORDER.items() if grade[0] == part]
    return (members[0], members[-1]) if members else None

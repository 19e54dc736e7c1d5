"""Grades and stages: K1–K3 (อ.1–3), P1–P6 (ป.1–6), M1–M3 (ม.1–3)."""

from __future__ import annotations

import re
from functools import lru_cache

from restructure.thai import arabic_digits

GRADES = ("K1", "K2", "K3", "P1", "P2", "P3", "P4", "P5", "P6", "M1", "M2", "M3")
#: Stages (ช่วงชั้น): what a host takes as a whole. The halves of the primary stage are divisions that schools merge by.
STAGES = {"K": GRADES[:3], "P1-P3": GRADES[3:6], "P4-P6": GRADES[6:9], "M": GRADES[9:]}

_STAGE_WORDS = {
    "อนุบาลศึกษา": "K", "อนุบาล": "K", "ก่อนประถมศึกษา": "K", "ก่อนประถม": "K", "ปฐมวัย": "K", "อ": "K",
    "KINDERGARTEN": "K", "ANUBAN": "K", "KG": "K", "K": "K",
    "ประถมศึกษา": "P", "ประถม": "P", "ป": "P", "PRATHOM": "P", "PRIMARY": "P", "GRADE": "P", "P": "P",
    "มัธยมศึกษา": "M", "มัธยม": "M", "ม": "M", "MATTHAYOM": "M", "MATHAYOM": "M", "SECONDARY": "M", "M": "M",
}  # fmt: skip
#: The end of a stage's word is a grade's number, the end of the name or of the text.
_STAGE_PATTERNS = [
    (re.compile(rf"(?<![A-Zก-๙]){word}\.?\s*(?=[1-6]|[-,;/\s]|$)"), letter)
    for word, letter in sorted(_STAGE_WORDS.items(), key=lambda item: -len(item[0]))
]
#: The lower and the upper half of the primary stage are divisions that schools are merged by; of the secondary stage
#: only the lower half is basic education that an office's primary schools offer.
_HALVES = [
    (re.compile(r"(?:ประถมศึกษา|ประถม|ป\.?)\s*(?:ตอน)?ต้น"), "P<"),
    (re.compile(r"(?:ประถมศึกษา|ประถม|ป\.?)\s*(?:ตอน)?ปลาย"), "P>"),
    (re.compile(r"(?:มัธยมศึกษา|มัธยม|ม\.?)\s*(?:ตอน)?ต้น"), "M"),
]
_FILLERS = re.compile(r"ระดับ|เปิดสอน|ตั้งแต่|(?<!ทุก)ชั้น|ปีที่|LEVEL")
_ORDER = {grade: i for i, grade in enumerate(GRADES)}
_PLACES = {
    **{grade: (i, i) for grade, i in _ORDER.items()},
    "K": (0, 2),
    "P": (3, 8),
    "P<": (3, 5),
    "P>": (6, 8),
    "M": (9, 11),
}
_ALL = {"ALL", "ทั้งหมด", "ทุกชั้น", "ทั้งโรงเรียน"}


@lru_cache(maxsize=4096)
def parse_grades(text: str) -> tuple[str, ...]:
    """Return the grades that a text such as ``K2-P6``, ``P4-P6, M``, ``อ.2-ป.6`` or ``all`` names, in order.

    A stage without a number (``อนุบาล``, ``ประถมศึกษา``) is all its grades.

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
        start, end = _PLACES.get(first), _PLACES.get(last if dash else first)
        if start is None or end is None or start[0] > end[1]:
            raise ValueError(f"no grade or range of grades: {text!r}")
        found.update(GRADES[start[0] : end[1] + 1])
    return tuple(sorted(found, key=_ORDER.__getitem__))


def parse_grade(text: str) -> str:
    """Return the one grade that a text such as ``ป.๔``, ``ประถมศึกษาปีที่ 4`` or ``ป.4/1`` (grade and room) names.

    Raises
    ------
    ValueError
        When the text names no grade, or more than one.
    """
    with_room = re.fullmatch(r"(.*\d)\s*(?:/|ห้อง(?:ที่)?)\s*\d{1,2}", arabic_digits(text).strip())
    grades = parse_grades(with_room[1] if with_room else text)
    if len(grades) != 1:
        raise ValueError("no grade, but several")
    return grades[0]


def stage_of(grade: str) -> str:
    """Return the stage that a grade belongs to."""
    return next(stage for stage, grades in STAGES.items() if grade in grades)


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
    text = re.sub(r"[–—−~]|จนถึง|ถึง|\bTO\b", "-", arabic_digits(text).upper())
    text = re.sub(r"และ|กับ|&|\bAND\b", ",", text)
    text = re.sub(r"\s*-\s*", "-", _FILLERS.sub(" ", text))
    for pattern, letter in (*_HALVES, *_STAGE_PATTERNS):
        text = pattern.sub(letter, text)
    return text

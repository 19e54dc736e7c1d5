"""Schools by whatever they are called: ten digits, SMIS, OBEC, or their name. A code is looked up, never derived."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import pandas as pd

from restructure.intake.pupils import HIDDEN, counted
from restructure.intake.schema import Problem
from restructure.thai import arabic_digits

_CODE_COLUMNS = ("school_id", "host_id", "from_school_id")
_OTHER_CODES = {"smis_id": "SMIS 8 หลัก", "obec_id": "OBEC 6 หลัก"}
_SCHOOL_PREFIX = re.compile(r"^(โรงเรียน|ร\.ร\.|รร\.|ร\.?ร\.?(?=บ้าน|วัด|ชุมชน|อนุบาล))(?=.)")
#: Words that follow a school's name in a title.
_AFTER_SCHOOL = re.compile(r"อำเภอ|อ\.|ตำบล|ต\.|จังหวัด|จ\.|สังกัด|สพป|สำนักงาน|ปีการศึกษา|ภาคเรียน|ข้อมูล|รหัส|ประจำ|:")

Frames = dict[str, pd.DataFrame]


def translate_codes(
    frames: Frames, crosswalk: pd.DataFrame | None, files: Mapping[str, str]
) -> tuple[Frames, list[Problem]]:
    """Replace other codes of schools by the ten-digit ones, as the crosswalk and the schools' table pair them.

    Parameters
    ----------
    frames
        Texts by table.
    crosswalk
        Texts: ``school_id``, and ``smis_id``, ``obec_id`` or both; None where the office has none.
    files
        The file of each table as messages should name it.

    Returns
    -------
    dict of DataFrame
        The same tables. A code that is nobody's, or several schools', stays as it is, and so does one that only looks
        like ``10`` and a SMIS code.
    list of Problem
        One warning a column whose codes were replaced, and one a code that is several schools'.
    """
    problems: list[Problem] = []
    if crosswalk is not None and "schools" in frames:
        schools, problems = _translate(frames["schools"], "school_id", *_pairs([crosswalk]), files["schools"])
        frames = {**frames, "schools": schools}
    sources = [frame for frame in (crosswalk, frames.get("schools")) if frame is not None]
    known, pairs = _pairs(sources)
    for table in frames:
        for column in _CODE_COLUMNS:
            if column in frames[table] and (table, column) != ("schools", "school_id"):
                frame, found = _translate(frames[table], column, known, pairs, files[table])
                frames = {**frames, table: frame}
                problems += found
    return frames, problems


def _pairs(sources: list[pd.DataFrame]) -> tuple[set[str], dict[str, dict[str, set[str]]]]:
    """Return the ten-digit codes, and which of them each other code stands for, by kind of code."""
    known: set[str] = set()
    pairs: dict[str, dict[str, set[str]]] = {kind: {} for kind in _OTHER_CODES}
    for frame in sources:
        codes = frame["school_id"].map(plain_code)
        known.update(filter(None, codes))
        for kind in _OTHER_CODES:
            if kind in frame:
                for other, code in zip(frame[kind].map(plain_code), codes, strict=True):
                    if other and code:
                        pairs[kind].setdefault(other, set()).add(code)
    return known, pairs


def _translate(
    frame: pd.DataFrame, column: str, known: set[str], pairs: dict[str, dict[str, set[str]]], file: str
) -> tuple[pd.DataFrame, list[Problem]]:
    instead: dict[str, str] = {}
    problems = []
    replaced: dict[str, list[str]] = {}
    for text in frame[column].unique():
        code = plain_code(text)
        meant = {kind: by_code[code] for kind, by_code in pairs.items() if code in by_code}
        schools = set().union(*meant.values())
        if not code or code in known or not schools:
            continue
        if len(schools) > 1:
            message = f"รหัส {code} เป็นของหลายโรงเรียน ({', '.join(sorted(schools))}) จึงไม่เลือกให้"
            rows = frame.index[frame[column] == text]
            remedy = "ใช้รหัส 10 หลัก หรือแก้แถวที่ซ้ำในตารางเทียบรหัส"
            problems += counted("ambiguous-code", file, rows, column, code, message, remedy)
            continue
        instead[text] = schools.pop()
        replaced.setdefault(next(iter(meant)), []).append(text)
    for kind, texts in replaced.items():
        rows = frame.index[frame[column].isin(texts)]
        message = f"รหัส {_OTHER_CODES[kind]} อ่านเป็นรหัส 10 หลักตามตารางเทียบรหัส"
        remedy = "ตรวจตารางเทียบรหัส หรือใช้รหัส 10 หลักในต้นฉบับ"
        problems += counted("translated-code", file, rows, column, texts[0], message, remedy)
    return frame.assign(**{column: frame[column].replace(instead)}) if instead else frame, problems


def plain_code(text: str) -> str:
    """Return a code in 0–9, without the decimals that a spreadsheet adds."""
    code = arabic_digits(str(text)).strip()
    return re.sub(r"(?<=\d)\.0+$", "", "" if code in ("-", "–") else code)


def codes_by_name(schools: pd.DataFrame) -> dict[str, set[str]]:
    """Return the codes of the schools of each name, by its key."""
    found: dict[str, set[str]] = {}
    for code, name in zip(schools["school_id"], schools["name"], strict=True):
        if plain_code(code) and school_key(name):
            found.setdefault(school_key(name), set()).add(plain_code(code))
    return found


@lru_cache(maxsize=20_000)
def school_key(name: str) -> str:
    """Return a school's name without ``โรงเรียน``, spaces and marks."""
    name = unicodedata.normalize("NFC", arabic_digits(str(name))).replace("\u0e4d\u0e32", "\u0e33").replace("เเ", "แ")
    name = re.sub(r"[\s\u200b-\u200f\ufeff“”\"']+", "", name).lower()
    return re.sub(r"[().\-]", "", _SCHOOL_PREFIX.sub("", name))


def school_of_titles(titles: list[str], schools: pd.DataFrame) -> str:
    """Return the code of the one school that the texts above a head name, by code or by name; empty without one."""
    found: set[str] = set()
    own = schools["school_id"].map(plain_code)
    columns = [own, *(schools[c].map(plain_code) for c in _OTHER_CODES if c in schools)]
    by_name = codes_by_name(schools)
    for title in titles:
        for number in re.findall(r"\d{6,10}", arabic_digits(title)):
            for column in columns:
                found.update(own[column == number])
        for after in re.split(r"โรงเรียน|ร\.ร\.|รร\.", title)[1:]:
            # The name ends with a word or where another kind of word begins: a name may begin as another does.
            words = _AFTER_SCHOOL.split(after, maxsplit=1)[0].split()
            keys = (school_key("".join(words[:count])) for count in range(len(words), 0, -1))
            found |= next((by_name[key] for key in keys if key in by_name), set())
    return found.pop() if len(found) == 1 else ""


def codes_of_names(
    names: pd.Series, by_name: dict[str, set[str]], file: str, column: str
) -> tuple[pd.Series, list[Problem]]:
    """Return the code of each school that is named, empty where none or several are called so."""
    meant = {name: by_name.get(school_key(name), set()) for name in names.unique()}
    problems = []
    for name, codes in meant.items():
        if len(codes) == 1:
            continue
        rows = names.index[names == name]
        if codes:
            text = f"ชื่อโรงเรียน “{name}” มีหลายแห่ง ({', '.join(sorted(codes))}) จึงไม่เลือกให้"
            problems += counted("ambiguous-school", file, rows, column, name, text, "เติมรหัสโรงเรียนในต้นฉบับ")
        else:  # what is no school's name may be a child's
            text = "ชื่อโรงเรียนไม่ตรงกับโรงเรียนใดในตารางโรงเรียน"
            remedy = "แก้ชื่อให้ตรงกับตารางโรงเรียน หรือเติมรหัสโรงเรียนในต้นฉบับ"
            problems += counted("unknown-school", file, rows, column, HIDDEN, text, remedy)
    return names.map({name: min(codes) if len(codes) == 1 else "" for name, codes in meant.items()}), problems

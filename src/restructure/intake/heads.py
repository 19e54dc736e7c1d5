"""Which row of a file is its head, and which column is which of ours.

A column is known by the name of its field, by the packaged vocabulary (``vocabulary.csv``: Thai, English,
abbreviations), by what the office has confirmed before, or by a spelling so near to one of these that it can be nothing
else. What may be a person's is never matched by spelling, whatever it is near to.
"""

from __future__ import annotations

import io
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from restructure._errors import TableError
from restructure.grades import GRADES
from restructure.intake.concepts import concept_field
from restructure.intake.schema import Problem, columns_of
from restructure.intake.spelling import LONGEST_HEAD, fold, head_forms, head_key, slips, squeeze, typed_alike

__all__ = [
    "GUESSED",
    "INPUT_TABLES",
    "Head",
    "Match",
    "fields_of",
    "find_head",
    "head_key",
    "likely_tables",
    "match_heads",
    "needed_fields",
]

#: Tables that an office may bring, those that every office has first.
INPUT_TABLES = (
    "schools", "villages", "students", "mergers", "enrolment", "ceilings", "payments", "closures",
    "population", "polling", "crosswalk", "tambons", "totals",
)  # fmt: skip
#: Tables that may have a column a grade.
GRID_TABLES = ("students", "enrolment", "totals")
PRIVATE = "private"
#: Known to be something that no step needs: ends as "" with ``how`` "vocabulary".
_OTHER = "other"
#: A word above several heads that says nothing about them.
_GROUP = "group"
#: Ways of knowing a column that somebody should look at.
GUESSED = ("spelling", "concept")
_NOTHING_REMEMBERED: Mapping[str, str] = MappingProxyType({})

_PRIVATE_THAI = re.compile(
    "บิดา|มารดา|ผู้ปกครอง|พ่อ|แม่(?!ข่าย|น้ำ)|ญาติ|บุตร|พี่น้อง|พี่ชาย|พี่สาว|น้องชาย|น้องสาว|ผู้ดูแล|อุปการะ|สมรส|ครอบครัว|นามสกุล|ชื่อสกุล|ชื่อเล่น|คำนำหน้า"
    "|เกิด|ศาสนา|โลหิต|เลือด|เชื้อชาติ|สัญชาติ|ชาติพันธุ์|โทรศัพท์|โทรสาร|เบอร์|มือถือ|อีเมล|รายได้|เงินเดือน|อาชีพ|พิการ|บกพร่อง|น้ำหนัก|ส่วนสูง"
    "|โภชนาการ|โรคประจำ|สุขภาพ|ด้อยโอกาส|ขาดแคลน|ยากจน|สวัสดิการ|บ้านเลขที่|เลขที่บ้าน|ประจำบ้าน|ประจำตัวประชาชน|บัตรประชาชน|ประจำตัวคน|ซอย"
    "|ตรอก|เกรดเฉลี่ย|ผู้อำนวยการ|ผู้ใหญ่บ้าน|กำนัน|ธนาคาร|เลขบัญชี|เลขที่บัญชี|ลายมือชื่อ|ลายเซ็น|หนังสือเดินทาง"
)
#: Folded, พ่อ would stand in อำเภอ.
_PRIVATE_FOLDED = re.compile(fold(_PRIVATE_THAI.pattern.replace("|พ่อ|แม่", "")))
_PRIVATE_ENGLISH = re.compile(
    r"father|mother|guardian|parent|sibling|birth|surname|firstname|lastname|nickname|religio|blood|national|ethnic|phone"
    r"|mobile|e-?mail|income|salary|occupation|disab|weight|height|povert|address|passport"
    r"|\b(?:dob|race|tel|fax|bmi|poor|gpax?|ssn)\b"
)
#: Words above several heads that make each of them a person's.
_PRIVATE_GROUP = re.compile("บิดา|มารดา|ผู้ปกครอง|ครอบครัว|ส่วนตัว|ส่วนบุคคล|สุขภาพ|ญาติ|father|mother|guardian|parent|personal")

_STAGES = {
    "K": "อนุบาลศึกษา|อนุบาล|อนุ|อบ|อ|kindergarten|kinder|kg|k|anuban",
    "P": "ประถมศึกษา|ประถม|ป|primary|prathom|prathomsuksa|pratom|p",
    "M": "มัธยมศึกษาตอนต้น|มัธยมศึกษา|มัธยมต้น|มัธยม|มต้น|ม|secondary|matthayom|mathayom|m",
}
_HOW_MANY, _IN_ALL = "(?:รวม)?(?:จำนวน|จน)?(?:รวม)?", "(?:รวม|ทั้งหมด|รวมทั้งหมด|ทั้งสิ้น)?"
_MEASURES = {
    "pupils": f"{_HOW_MANY}(?:นักเรียน|นร|คน|เด็ก)?{_IN_ALL}"
    "|(?:total)?(?:pupils?|students?|enroll?ments?)?(?:total|count)?|sum|n",
    "rooms": f"{_HOW_MANY}(?:ห้องเรียน|ห้อง){_IN_ALL}|(?:total|numberof)?(?:class)?rooms?(?:total|count)?|classes",
    "male": f"{_HOW_MANY}(?:นักเรียน|นร|เด็ก|เพศ)?(?:ชาย|ช){_IN_ALL}"
    "|(?:total)?(?:males?|boys?|men|m)(?:pupils?|students?)?",
    "female": f"{_HOW_MANY}(?:นักเรียน|นร|เด็ก|เพศ)?(?:หญิง|ญ){_IN_ALL}"
    "|(?:total)?(?:females?|girls?|women|f)(?:pupils?|students?)?",
}
_AT = {
    place: "|".join(f"(?P<{name}{place}>{words})" for name, words in _MEASURES.items()) for place in ("before", "after")
}
_STAGE = "|".join(f"(?P<{stage}>{words})" for stage, words in _STAGES.items())
_GRADE = (
    rf"(?:ระดับ)?(?:ชั้น)?(?:(?:{_STAGE})(?:ศึกษา)?(?:ชั้น)?(?:ปีที่|ปี|ที่)?(?P<number>[1-6])(?:(?P<age>[345])ขวบ)?"
    "|(?:อนุบาล|อ|เด็ก|เด็กเล็ก)?(?P<years>[345])ขวบ)"
)
_TOTAL = "(?:ยอด)?(?:รวม)?(?:ทั้งหมด|ทั้งสิ้น|ทั้งโรงเรียน|ทุกชั้น|ทุกระดับ|ทุกระดับชั้น)|(?:ยอด)?รวม|(?:grand|sub)?total|sum"
_GRADE_COLUMN = re.compile(fold(rf"(?:{_AT['before']})(?:ของ)?{_GRADE}(?:{_AT['after']})"))
_TOTAL_COLUMN = re.compile(fold(rf"(?:{_AT['before']})(?:{_TOTAL})(?:{_AT['after']})"))
#: What marks a pupil's present address where the registered one is there too.
_PRESENT = re.compile("ปัจจุบัน|current|present")
#: A value, not a head: numbers, codes, dates.
_VALUE = re.compile(r"[-+]?[\d\s.,:/\-°'\"–%]+|-")
#: Words of titles, which often stand above a part of the heads as if they were their group.
_TITLE = re.compile(
    r"\d|สพป|สพฐ|สำนักงาน|รายงาน|บัญชี|ทะเบียนราย|ตาราง|แบบฟอร์ม|แบบสำรวจ|ประจำปี|ข้อมูล ?ณ|ปีการศึกษา|หน่วย ?:|report|table"
)
#: Words that say whose or which, so that a head under them is not what it would be alone.
_WHOSE = re.compile("ทะเบียน|ภูมิลำเนา|หลัก|เดิม|เก่า|สาขา|มารวม|เรียนรวม|ก่อน|เกณฑ์|ย้อนหลัง|บริการ|ใกล้เคียง")
#: What a table is about: a head of it means the same with and without these words.
_SUBJECTS = {
    "schools": "โรงเรียน|ปัจจุบัน",
    "crosswalk": "โรงเรียน",
    "villages": "หมู่บ้าน|ปัจจุบัน",
    "population": "หมู่บ้าน",
    "students": "นักเรียน",
    "tambons": "ตำบล",
    "polling": "หน่วยเลือกตั้ง|สถานที่เลือกตั้ง",
}
_FILLING = "ตั้งอยู่|ตั้ง|อยู่|ใน|ตัวจริง|จริง|เต็ม|ทั้งหมด|มี(?!ผล)|ล่าสุด|ดังกล่าว|ประจำการ|ทำการ|การ|ได้รับ|ภาษาไทย|ระดับ"
#: Shorter texts say too little once tone marks are gone.
_LEAST_FOLDED = 3
#: One slip in so long a head is a slip even where it makes another word.
_SURE_LENGTH = 18
_MOST_ROWS = 60
_MOST_DEEP = 3
_MERGED = re.compile("รวม|merg")
_A_TERM = ("ภาคเรียน", "ภาคการศึกษา")
_A_GRADE = ("ชั้น", "ระดับชั้น", "grade")
_OF_POINTS = {"lat", "lon", "point_source"}


class Match(NamedTuple):
    """What one column is.

    Attributes
    ----------
    place
        Column of the file, from 0.
    head
        As in the file, in one line; what stands above it first.
    field
        Ours; "" = not known or not needed; "private" = never read.
    how
        "remembered" (the office said so), "name", "vocabulary" (with field "": known not to be needed), "spelling"
        (near to one of these), "concept" (made of words that mean it), "repeated" (another column is this field
        already) or "" (not known).
    """

    place: int
    head: str
    field: str
    how: str


class Head(NamedTuple):
    """Where a file's head is, rows from 1, and what its columns are."""

    first: int
    last: int
    matches: list[Match]


class _Term(NamedTuple):
    """What a head's spelling is compared with; ``field`` is "" where two fields share it."""

    field: str
    key: str
    folded: str
    fixed: list[str]
    letters: int


class _Words(NamedTuple):
    """The vocabulary of one table by the forms of its terms, "" for a form that two fields share; terms by length."""

    names: dict[str, str]
    keys: dict[str, str]
    plain: dict[str, str]
    bare: dict[str, str]
    folded: dict[str, str]
    groups: set[str]
    terms: dict[int, list[_Term]]


def fields_of(table: str) -> list[str]:
    """Return the names of the fields that a column of a table's file can be, as in ``columns.csv``, grades last."""
    measured = [f"{grade}.{measure}" for grade in (*GRADES, "total") for measure in _MEASURES]
    return [*map(str, columns_of(table).index), *(measured if table in GRID_TABLES else [])]


def match_heads(names: list[str], table: str, remembered: Mapping[str, str] = _NOTHING_REMEMBERED) -> list[Match]:
    """Return what each column is by its head.

    Parameters
    ----------
    names
        A head a column; "" where there is none, which gives no match.
    table
        Whose fields to look for, such as ``schools``.
    remembered
        What the office has confirmed: field by key of the head (:func:`head_key`), "" = not to be read.

    Returns
    -------
    list of Match
        In the order of the columns. Each field at most once, but for those of grades.
    """
    return _match_columns([[name] for name in names], table, remembered, spelling=True)


def find_head(top: list[list[str]], table: str, remembered: Mapping[str, str] = _NOTHING_REMEMBERED) -> Head | None:
    """Find the head of a table among the first rows of a file.

    Parameters
    ----------
    top
        Texts of the first rows, row 1 first; a merged cell's text in each cell of its area.
    table, remembered
        As for :func:`match_heads`.

    Returns
    -------
    Head or None
        The rows under which most columns are known, up to three of them where heads are stacked; None where no row
        has two known heads. A row of values is never a head.
    """
    for spelling in (False, True):  # a head in its usual words is looked for first, and is quick to find
        found = _best_rows(top[:_MOST_ROWS], table, remembered, spelling)
        if found:
            first, last = found
            first = _with_groups(top, first, table)
            return Head(first + 1, last + 1, _match_columns(_stacked(top[first : last + 1]), table, remembered, True))
    return None


def likely_tables(top: list[list[str]]) -> list[tuple[str, float]]:
    """Return which tables a file may be, likeliest first, by its heads.

    Parameters
    ----------
    top
        As for :func:`find_head`.

    Returns
    -------
    list of tuple
        Table and a figure from 0 to 1: half of it is how much of what the table must have is there, half how many of
        the file's heads are fields of it. Tables of which nothing that they must have is there are left out.
    """
    found = []
    for table in INPUT_TABLES:
        # Usual words only: slips of a survey's long sentences would be looked for in thirteen tables.
        rows = _best_rows(top[:_MOST_ROWS], table, _NOTHING_REMEMBERED, spelling=False)
        head = find_head(top[rows[0] : rows[1] + 1], table) if rows else None
        fields = {match.field for match in head.matches} - {"", PRIVATE} if head else set()
        # Villages mostly come without points: those are placed here.
        required = columns_of(table)["required"]
        needed = [choices for choices in needed_fields(table) if table != "villages" or not choices & _OF_POINTS]
        there = sum(bool(fields & choices) for choices in needed)
        if head and there:
            unknown = sum(match.field == "" and match.how == "" for match in head.matches)
            share = (there / len(needed) + len(fields) / (len(fields) + unknown)) / 2
            own = sum(required.get(name) != "source" for name in fields)
            found.append((-round(share, 3), -own, table))
    # Of two tables that fit as well, that which keeps more of the file is the likelier.
    return [(table, -share) for share, _, table in sorted(found, key=lambda entry: entry[:2])]


def needed_fields(table: str) -> list[set[str]]:
    """Return what a table must have: for each, the fields one of which must be there."""
    schema = columns_of(table)
    needed = [{str(name)} for name in schema.index[schema["required"] == "yes"]]
    pupils = {f"{grade}.{measure}" for grade in GRADES for measure in ("pupils", "male")}
    if table == "students":
        needed += [
            {"village_id", "village_name", "moo", "reg_moo", "lat"},
            {"count", "student_key", "student_code", "national_id"} | pupils,
        ]
    stand_ins = {"lat": {"y", "point"}, "lon": {"x", "point"}, "grade": pupils, "count": pupils}
    known = set(fields_of(table))
    return [choices.union(*(stand_ins.get(name, set()) for name in choices)) & known for choices in needed]


# -- which row ----
def _best_rows(
    top: list[list[str]], table: str, remembered: Mapping[str, str], spelling: bool
) -> tuple[int, int] | None:
    """Return the first and last row, from 0, under which most columns are known; the first and the fewest of equals."""
    best: tuple[int, int] | None = None
    most, stop = (0, 0, 0), len(top)
    for first, row in enumerate(top):
        if first >= stop:
            break
        for last in range(first, min(len(top), first + _MOST_DEEP)):
            if not _may_be_head(top[last]) or not _may_be_head(row):
                break
            matches = _match_columns(_stacked(top[first : last + 1]), table, remembered, spelling)
            fields = {match.field for match in matches} - {"", PRIVATE}
            # A head of which nothing may be read is a head all the same: why it is refused must be said.
            private = sum(_exact(match.head, table)[0] == PRIVATE for match in matches)
            enough = len(fields) + private > 1 and (private > 1 or any("." not in field for field in fields))
            worth = (len(fields), private, first - last)  # fewer rows are better where they tell as much
            if enough and worth > most:
                best, most = (first, last), worth
                if 2 * (len(fields) + private) >= len(matches) and len(fields) > 3:
                    stop = min(stop, first + _MOST_DEEP)  # the rows of the body need not be searched
    return best


def _may_be_head(row: list[str]) -> bool:
    cells = [cell for cell in row if cell]
    values = sum(bool(_VALUE.fullmatch(typed_alike(cell[:LONGEST_HEAD]))) for cell in cells)
    return bool(cells) and 3 * values <= len(cells)


def _stacked(rows: list[list[str]]) -> list[list[str]]:
    """Return for each column the texts of stacked heads from the top, without those that stand there twice."""
    width = max(map(len, rows))
    lines = [[*(" ".join(cell.split()) for cell in row), *[""] * (width - len(row))] for row in rows]
    for above, below in pairwise(lines):
        # Where no merged area is spread, as in CSV, a group stands in its first column only.
        if not any(one and one == other for one, other in pairwise(above)):
            for i in range(1, width):
                if not above[i] and below[i] and below[i - 1]:
                    above[i] = above[i - 1]
    return [list(dict.fromkeys(filter(None, column))) for column in zip(*lines, strict=True)]


def _with_groups(top: list[list[str]], first: int, table: str) -> int:
    """Return the first row of a head, with the row above it if that says whose each head is.

    A title does not: it stands alone from the first column on. Nor does what is written beside a title.
    """
    if first == 0 or not _may_be_head(top[first - 1]):
        return first
    texts = _stacked(top[first - 1 : first + 1])
    over = Counter(column[0] for column in texts if len(column) > 1)
    at_start = next((column[0] for column in texts if column), "")
    groups = _words_of(table).groups
    says = [text for text in over if head_forms(text).key in groups or _says_whose(text, table)]
    wide = [text for text, columns in over.items() if columns > 1 and not _is_title(text)]
    alone = len(over) == 1 and at_start in over
    return first - 1 if (says or len(wide) > 1) and not alone else first


def _says_whose(text: str, table: str) -> bool:
    plain = typed_alike(text).lower()
    private = _PRIVATE_GROUP.search(plain) or _exact(text, table)[0] == PRIVATE
    return bool(private or _WHOSE.search(plain))


# -- which column ----
def _match_columns(columns: list[list[str]], table: str, remembered: Mapping[str, str], spelling: bool) -> list[Match]:
    found = []
    for place, texts in enumerate(columns):
        head = " ".join(" ".join(texts).split())
        if head:
            field, how = _match_stacked(texts, table, remembered, spelling)
            found.append(Match(place, head, field, how))
    return [
        match._replace(field="") if match.field == _OTHER else match
        for match in _once_each(_in_context(found, table), table)
    ]


def _in_context(found: list[Match], table: str) -> list[Match]:
    """Settle heads that mean one thing alone and another beside others."""
    fields = Counter(match.field for match in found)
    grid = sum(count for field, count in fields.items() if "." in field and not field.startswith("total."))
    merged = any(field.startswith("merged_host") for field in fields) or any(
        match.field == "merged_grade" and match.how not in GUESSED for match in found
    )
    settled = []
    for match in found:
        key, field = head_key(match.head), match.field
        if match.how == "remembered":
            pass
        elif field.startswith("total.") and not grid:
            field = "count" if field == "total.pupils" else _OTHER
        elif field == "count" and grid > 1:
            field = "total.pupils"
        elif field == "as_of" and key in _A_TERM and fields["term_year"] and not fields["term_number"]:
            field = "term_number"
        elif field.startswith("merged_pupils") and not merged and not _MERGED.search(key):
            field = _OTHER  # all boys and girls of the school
        elif field == "grades" and table == "schools" and merged and fields["grades"] > 1 and key in _A_GRADE:
            field = "merged_grade"
        settled.append(match._replace(field=field))
    return settled


def _once_each(found: list[Match], table: str) -> list[Match]:
    """Leave each field to one column: what the office said first, the present address, exact words, then the first."""
    columns = defaultdict(list)
    for match in found:
        columns[match.field].append(match)

    def rank(match: Match) -> tuple[bool, bool, bool, int]:
        present = table == "students" and bool(_PRESENT.search(match.head.lower()))
        return match.how != "remembered", not present, match.how in GUESSED, match.place

    chosen = {field: min(matches, key=rank).place for field, matches in columns.items()}
    many = {"", PRIVATE, _OTHER}
    return [
        match if match.field in many or "." in match.field or chosen[match.field] == match.place
        else match._replace(field="", how="repeated")
        for match in found
    ]  # fmt: skip


def _match_stacked(texts: list[str], table: str, remembered: Mapping[str, str], spelling: bool) -> tuple[str, str]:
    """Return field and way of knowing of heads that stand one above the other."""
    if len(texts) == 1:
        return _match_text(texts[0], table, remembered, spelling)
    orders = (" ".join(texts), " ".join(reversed(texts)))
    for text in orders:
        field, how = _match_text(text, table, remembered, spelling=False)
        if field and field != PRIVATE:
            return field, how
    groups = _words_of(table).groups
    above = [text for text in texts[:-1] if head_forms(text).key not in groups]
    if any(_PRIVATE_GROUP.search(text.lower()) or _exact(text, table)[0] == PRIVATE for text in above):
        return PRIVATE, "vocabulary"
    says = [text for text in above if _exact(text, table)[0] or not _is_title(text)]
    if len(says) < len(texts) - 1:
        return _match_stacked([*says, texts[-1]], table, remembered, spelling)
    if spelling:
        for text in orders:
            field, how = _match_text(text, table, remembered, spelling)
            if field:
                return field, how
    return "", ""


def _is_title(text: str) -> bool:
    plain = typed_alike(text).lower()
    return not _WHOSE.search(plain) and bool(_TITLE.search(plain) or plain.startswith("ข้อมูล"))


def _match_text(text: str, table: str, remembered: Mapping[str, str], spelling: bool) -> tuple[str, str]:
    if len(text) > LONGEST_HEAD or not (key := head_forms(text).key):
        return "", ""
    field, how = _exact(text, table)
    if spelling and not field and key not in remembered and (said := concept_field(text, table)):
        return said, "concept"  # each of its words is known, so none is a person's
    private = field == PRIVATE or (not field and _looks_private(text))
    # What may be a person's is not read even where the office said so.
    if key in remembered and (remembered[key] in ("", PRIVATE) or not private):
        return remembered[key], "remembered"
    if field:
        return field, how
    if private:
        return PRIVATE, "vocabulary"
    if field := _words_of(table).bare.get(_bare(head_forms(text).plain, table), ""):
        return field, "vocabulary"
    if field := _words_of(table).folded.get(head_forms(text).fold, ""):
        return field, "spelling"
    parts = [part for part in re.split(r"[/|;()\[\]\n]+", text) if head_forms(part).key]
    if len(parts) > 1:  # one name in two languages, or by two names
        each = {_exact(part, table)[0] for part in parts}
        if PRIVATE in each:
            return PRIVATE, "vocabulary"
        if len(each) == 1 and (only := each.pop()):
            return only, "vocabulary"
        if turned := _exact(" ".join(reversed(parts)), table)[0]:  # “โรงเรียนหลัก (รหัส)”
            return turned, "vocabulary"
    if spelling and (field := _nearest(text, table)):
        return field, "spelling"
    return "", ""


def _exact(text: str, table: str) -> tuple[str, str]:
    """Return the field that a head names in its own or the vocabulary's words, and which of these."""
    words, forms = _words_of(table), head_forms(text)
    if forms.key in words.names:
        return words.names[forms.key], "name"
    grid = _grid_field(text) if table in GRID_TABLES else ""
    listed = words.keys.get(forms.key) or words.plain.get(forms.plain) or ""
    field = grid if not listed or "." in listed else listed
    return field, "vocabulary" if field else ""


def _looks_private(text: str) -> bool:
    forms = head_forms(text)
    thai = _PRIVATE_THAI.search(forms.key) or _PRIVATE_FOLDED.search(fold(forms.key))
    return bool(thai or _PRIVATE_ENGLISH.search(forms.plain) or _PRIVATE_ENGLISH.search(forms.key))


def _grid_field(text: str) -> str:
    """Return ``P1.pupils`` for ``ป.1`` or ``รวมป.1``, ``P1.rooms`` for ``ป.1 ห้อง``, ``total.pupils`` for ``รวม``."""
    squeezed = fold(squeeze(typed_alike(text).lower()))
    match = _GRADE_COLUMN.fullmatch(squeezed)
    grade = "total"
    if match:
        years, number, age = match["years"], match["number"], match["age"]
        if age and (not match["K"] or int(age) != int(number) + 2):
            return ""
        grade = f"K{int(years) - 2}" if years else next(stage for stage in _STAGES if match[stage]) + number
        if grade not in GRADES:
            return _OTHER
    elif not (match := _TOTAL_COLUMN.fullmatch(squeezed)):
        return ""
    said = {name for name in _MEASURES for place in ("before", "after") if match[name + place]} - {"pupils"}
    if len(said) > 1:
        return ""
    return f"{grade}.{said.pop() if said else 'pupils'}"


@lru_cache(maxsize=10_000)
def _nearest(text: str, table: str) -> str:
    """Return the field whose words a head is a slip or two away from, "" where there is none or more than one.

    Numbers are never slips, and a head made of as many words of the dictionary as the other is another head.
    """
    least: dict[str, int] = {}
    nearest: dict[str, str] = {}
    allowed: dict[str, int] = {}
    for written in {head_forms(text).fold, fold(head_forms(text).key)}:
        most = _most_slips(written)
        fixed, letters = _fixed(written), _letters(written)
        lengths = range(len(written) - most, len(written) + most + 1) if most else ()
        for term in (term for length in lengths for term in _words_of(table).terms.get(length, ())):
            if (
                term.fixed != fixed
                or (letters ^ term.letters).bit_count() > 2 * most
                or (len(written) < 8 and term.folded[0] != written[0])
            ):
                continue
            count = slips(written, term.folded, most)
            if count is not None and count < least.get(term.field, most + 1):
                least[term.field], nearest[term.field], allowed[term.field] = count, term.key, _most_slips(term.folded)
    ranked = sorted(least, key=lambda field: (least[field], field))
    if not ranked or least[ranked[0]] > allowed[ranked[0]]:
        return ""
    if len(ranked) > 1 and least[ranked[1]] == least[ranked[0]]:
        return ""
    sure = least[ranked[0]] == 1 and len(head_forms(text).fold) >= _SURE_LENGTH
    return ranked[0] if sure or not _is_another_head(head_forms(text).key, nearest[ranked[0]]) else ""


def _most_slips(folded: str) -> int:
    """Return how many slips a text may hold: a short one is soon another word."""
    length = len(folded.replace(" ", ""))
    if folded.isascii():
        length -= 2
    return 0 if length < 4 else 1 if length < 10 else 2 if length < 18 else 3


def _fixed(text: str) -> list[str]:
    """Return the parts of a text in which nothing is a slip: numbers, and among Thai words English ones."""
    return re.findall(r"\d+" if text.isascii() else r"\d+|[a-z]+", text)


def _letters(text: str) -> int:
    """Return the set of a text's letters as bits."""
    bits = 0
    for letter in text:
        bits |= 1 << (ord(letter) % 128)
    return bits


def _is_another_head(key: str, of_term: str) -> bool:
    """Say whether a head is made of as many words of the dictionary as the term: a slip breaks a word to pieces."""
    from pythainlp.corpus import thai_words  # the dictionary takes a second to load, and few files need it
    from pythainlp.tokenize import word_tokenize

    pieces = [piece for piece in word_tokenize(key, engine="newmm") if re.search("[ก-๙]", piece)]
    return bool(pieces) and set(pieces) <= thai_words() and len(pieces) <= len(word_tokenize(of_term, engine="newmm"))


# -- the vocabulary ----
@cache
def _vocabulary() -> pd.DataFrame:
    text = (resources.files("restructure.intake") / "vocabulary.csv").read_text("utf-8")
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def _terms_of(table: str) -> list[tuple[str, str]]:
    """Return terms and fields of a table; those of the table itself before those of every table that has the field."""
    schema = columns_of(table)
    words = _vocabulary()
    own = words[words["table"] == table]
    shared = words[(words["table"] == "*") & words["field"].isin([*schema.index, PRIVATE, _OTHER, _GROUP])]
    thai = [(term, str(field)) for field, term in schema["thai"].items()]
    listed = [pair for part in (own, shared) for pair in zip(part["term"], part["field"], strict=True)]
    return thai + listed + (_grade_terms() if table in GRID_TABLES else [])


def _grade_terms() -> list[tuple[str, str]]:
    """Return grades in full and what is counted of them: what a slip in one of them is compared with."""
    stages = {"K": "อนุบาล", "P": "ประถมศึกษา", "M": "มัธยมศึกษา"}
    measures = {"": "pupils", "ห้อง": "rooms", "ชาย": "male", "หญิง": "female"}
    return [
        (f"{before}{stages[grade[0]]}{between}{grade[1]} {word}", f"{grade}.{measure}")
        for grade in GRADES
        for before in ("", "ชั้น")
        for between in ("", "ปีที่")
        for word, measure in measures.items()
    ]


@cache
def _words_of(table: str) -> _Words:
    names = {head_key(str(field)): str(field) for field in columns_of(table).index}
    keys: dict[str, str] = {}
    groups: set[str] = set()
    kept = [(field, field) for field in names.values()]
    for term, field in _terms_of(table):
        if field == _GROUP:
            groups.add(head_key(term))
        elif head_key(term) not in names and keys.setdefault(head_key(term), field) == field:
            kept.append((term, field))
    plain: dict[str, set[str]] = defaultdict(set)
    bare: dict[str, set[str]] = defaultdict(set)
    folded: dict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for term, field in kept:
        forms = head_forms(term)
        plain[forms.plain].add(field)
        if "." not in term:  # an abbreviation is too little to be what is left of a head
            bare[_bare(forms.plain, table)].add(field)
        for form in (forms.fold, fold(forms.key)):
            if len(form) < _LEAST_FOLDED:
                continue
            folded[form].add(field)
            written.setdefault(form, forms.key)
    terms: dict[int, list[_Term]] = defaultdict(list)
    for form, field in _alone(folded).items():
        terms[len(form)].append(_Term(field, written[form], form, _fixed(form), _letters(form)))
    return _Words(names, keys, _alone(plain), _alone(bare), _alone(folded), groups, terms)


def _bare(plain: str, table: str) -> str:
    """Return a plain form without what the table is about and without words that fill, itself where nothing is left."""
    return re.sub(_FILLING, "", re.sub(_SUBJECTS.get(table, "$"), "", plain)).strip() or plain


def _alone(fields: dict[str, set[str]]) -> dict[str, str]:
    """Return a form's field, "" where it has several."""
    return {form: next(iter(of)) if len(of) == 1 else "" for form, of in fields.items()}


# -- the way of read_table ----
def place_columns(matches: list[Match], schema: pd.DataFrame, where: str, problems: list[Problem]) -> dict[str, int]:
    """Return the place of each field, noting heads that are not read."""
    place_of: dict[str, int] = {}
    for match in matches:
        if match.field in schema.index and match.how not in GUESSED:
            place_of[match.field] = match.place
            continue
        hint = ""
        if match.how in GUESSED and match.field in schema.index:
            hint = f" หมายถึง “{schema.loc[match.field, 'thai']}” ({match.field}) หรือไม่"
        again = "ซ้ำกับคอลัมน์ก่อนหน้า" if match.how == "repeated" else "ไม่รู้จัก"
        problems.append(
            Problem(
                "warning", "repeated-column" if match.how == "repeated" else "unknown-column", where, 1, match.head, "",
                f"คอลัมน์ “{match.head}” {again}{hint} จึงไม่ได้อ่าน",
                "แก้ชื่อหัวตารางให้ตรง หรือปล่อยไว้หากไม่ต้องใช้",
            )
        )  # fmt: skip
    return place_of


def require_columns(place_of: dict[str, int], schema: pd.DataFrame, table: str, heads: list[str], where: str) -> None:
    missing = [name for name in schema.index[schema["required"] == "yes"] if name not in place_of]
    if table == "students" and not {"count", "student_key"} & set(place_of):
        missing.append("count")
    if table == "students" and "village_id" not in place_of and not {"lat", "lon"} <= set(place_of):
        missing.append("village_id")
    if missing:
        names = ", ".join(f"{schema.loc[name, 'thai']} ({name})" for name in missing)
        unread = [head for i, head in enumerate(heads) if head and i not in place_of.values()]
        found = f" หัวตารางที่ไม่รู้จัก: {', '.join(unread[:8])}" if unread else ""
        raise TableError(
            f"ไฟล์ {where} แถว 1 ขาดคอลัมน์ {names}: เพิ่มหรือแก้ชื่อหัวตาราง{found}",
            f"{where}, row 1, lacks the column(s) {', '.join(missing)}; add them or mend the head.",
        )

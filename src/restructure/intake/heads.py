"""Which row of a file is its head, and which column is which of ours.

A column is known by the name of its field, by the packaged vocabulary (``vocabulary.csv``: Thai, English,
abbreviations), by what the office has confirmed before, or by a spelling so near to one of these that it can be nothing
else. What may be a person's is never matched by spelling, whatever it is near to.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from restructure.grades import GRADES
from restructure.intake.concepts import concept_field
from restructure.intake.schema import columns_of
from restructure.intake.spelling import LONGEST_HEAD, fold, head_forms, head_key, squeeze, typed_alike
from restructure.intake.vocabulary import (
    GRID_TABLES,
    OTHER,
    PRIVATE,
    looks_private,
    nearest_field,
    without_subject,
    words_of,
)

__all__ = [
    "GUESSED",
    "INPUT_TABLES",
    "PRIVATE",
    "Head",
    "Match",
    "fields_of",
    "find_head",
    "head_key",
    "likely_tables",
    "looks_private",
    "match_heads",
    "needed_fields",
]

#: Tables that an office may bring, those that every office has first.
INPUT_TABLES = (
    "schools", "villages", "students", "mergers", "enrolment", "ceilings", "payments", "closures",
    "population", "polling", "crosswalk", "tambons", "totals",
)  # fmt: skip
#: Ways of knowing a column that somebody should look at.
GUESSED = ("spelling", "concept")
_NOTHING_REMEMBERED: Mapping[str, str] = MappingProxyType({})

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
#: In brackets, which code, name or address a head is not: “(ไม่ใช่เลข 13 หลัก)”.
_NOT_THIS = re.compile(
    r"(?P<before>[(\[{][^()\[\]{}]*?)(?:ไม่ใช่|มิใช่|ห้ามใช้|\bnot\b)\s*(?:the\s+)?"
    r"(?P<other>(?:เลข|รหัส|หมายเลข|ชื่อ|(?:ที่อยู่)?\s*(?:ตาม|ใน)?\s*ทะเบียน|code|id\b|name|number|\d+\s*(?:หลัก|ตัว|digits?))[^()\[\]{}]*)"
    r"(?P<after>[)\]}]?)",
    re.IGNORECASE,
)
#: Values of a term without its year.
_FIRST_OR_SECOND = re.compile(r"[(\[]\s*1\s*(?:หรือ|or|[/,|–-])\s*2\s*[)\]]")
#: What marks a pupil's present address where the registered one is there too.
_PRESENT = re.compile("ปัจจุบัน|current|present")
#: A value, not a head: numbers, codes, dates.
_VALUE = re.compile(r"[-+]?[\d\s.,:/\-°'\"–%]+|-")
#: A code of a school or a person, a telephone, a day: no head holds one, and a row of data nearly always does.
_RECORD = re.compile(
    r"""["'=’]*\d(?:[ -]?\d){9,12}(?:\.0+)?"?|\d{1,2}[/.-]\d{1,2}[/.-](?:\d\d){1,2}"""
    r"|[12]\d{3}-\d\d-\d\d(?:[t ][\d:.]+)?"
    r"|\d{1,2} ?(?:[มกสตธ]\.? ?ค|ก\.? ?พ|มี\.? ?ค|เม\.? ?ย|พ\.? ?[คย]|มิ\.? ?ย|ก\.? ?ย|[ก-์]{3,}(?:คม|ยน|พันธ์))\.?"
    r" ?(?:\d\d){1,2}"
)
#: Words of titles, which often stand above a part of the heads as if they were their group.
_TITLE = re.compile(
    r"\d|สพป|สพฐ|สำนักงาน|รายงาน|บัญชี|ทะเบียนราย|ตาราง|แบบฟอร์ม|แบบสำรวจ|ประจำปี|ข้อมูล ?ณ|ปีการศึกษา|หน่วย ?:|report|table"
)
#: Words that say whose or which, so that a head under them is not what it would be alone.
_WHOSE = re.compile("ทะเบียน|ภูมิลำเนา|หลัก|เดิม|เก่า|สาขา|มารวม|เรียนรวม|ก่อน|เกณฑ์|ย้อนหลัง|บริการ|ใกล้เคียง")
_MOST_ROWS = 60
_MOST_DEEP = 3
#: Different cells among which a head is looked for, in its usual words and by its spelling, which takes longer.
_MOST_CELLS, _MOST_SPELLED = 1500, 500
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
        required = columns_of(table)["required"]
        needed = needed_fields(table)
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
    if table == "villages":  # they mostly come without points, and are placed here
        needed = [choices for choices in needed if not choices & _OF_POINTS]
    known = set(fields_of(table))
    return [choices.union(*(stand_ins.get(name, set()) for name in choices)) & known for choices in needed]


# -- which row ----
def _best_rows(
    top: list[list[str]], table: str, remembered: Mapping[str, str], spelling: bool
) -> tuple[int, int] | None:
    """Return the first and last row, from 0, under which most columns are known; the first and the fewest of equals."""
    best: tuple[int, int] | None = None
    most, stop = (0, 0, 0), len(top)
    looked_at: set[str] = set()
    for first, row in enumerate(top):
        if first >= stop:
            break
        for last in range(first, min(len(top), first + _MOST_DEEP)):
            if not _may_be_head(top[last]) or not _may_be_head(row):
                break
            if len(looked_at) > (_MOST_SPELLED if spelling else _MOST_CELLS):
                return best
            looked_at.update(top[last])
            matches = _match_columns(_stacked(top[first : last + 1]), table, remembered, spelling)
            fields = {match.field for match in matches} - {"", PRIVATE}
            # A head of which nothing may be read is a head all the same: why it is refused must be said.
            private = sum(_exact(match.head, table)[0] == PRIVATE for match in matches)
            enough = len(fields) + private > 1 and (private > 1 or any("." not in field for field in fields))
            if any(map(_is_record, (cell for row in top[first : last + 1] for cell in row))):
                # A slip in a head, or the first row of a body without one: then hardly a cell is a name.
                named = sum(match.how in ("name", "vocabulary") for match in matches)
                enough = enough and 2 * named > len(matches)
            worth = (len(fields), private, first - last)  # fewer rows are better where they tell as much
            if enough and worth > most:
                best, most = (first, last), worth
                if 2 * (len(fields) + private) >= len(matches) and len(fields) > 3:
                    stop = min(stop, first + _MOST_DEEP)  # the rows of the body need not be searched
    return best


def _may_be_head(row: list[str]) -> bool:
    """Say whether few cells of a row are values: numbers or sentences."""
    cells = [typed_alike(cell).strip() if len(cell) <= LONGEST_HEAD else "" for cell in row if cell]
    values = sum(not cell or bool(_VALUE.fullmatch(cell)) for cell in cells)
    return bool(cells) and 3 * values <= len(cells)


def _is_record(cell: str) -> bool:
    """Say whether a cell is a code, a telephone or a day: what stands under a head."""
    return len(cell) <= LONGEST_HEAD and bool(_RECORD.fullmatch(typed_alike(cell).strip().lower()))


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
    groups = words_of(table).groups
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
            field, how = _match_stacked(texts, table, remembered, spelling and place < _MOST_SPELLED)
            found.append(Match(place, head, field, how))
    return [
        match._replace(field="") if match.field == OTHER else match
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
            field = "count" if field == "total.pupils" else OTHER
        elif field == "count" and grid > 1:
            field = "total.pupils"
        elif field == "as_of" and key in _A_TERM and not fields["term_number"]:
            field = "term_number" if fields["term_year"] or _FIRST_OR_SECOND.search(typed_alike(match.head)) else field
        elif field.startswith("merged_pupils") and not merged and not _MERGED.search(key):
            field = OTHER  # all boys and girls of the school
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
    many = {"", PRIVATE, OTHER}
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
    groups = words_of(table).groups
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
    if not field and key not in remembered and (other := _NOT_THIS.search(typed_alike(text))):
        return _match_but_not(other, table, spelling)
    private = field == PRIVATE or (not field and looks_private(text))
    # What may be a person's is not read even where the office said so.
    if key in remembered and (remembered[key] in ("", PRIVATE) or not private):
        return remembered[key], "remembered"
    if field:
        return field, how
    if private:
        return PRIVATE, "vocabulary"
    if field := words_of(table).bare.get(without_subject(head_forms(text).plain, table), ""):
        return field, "vocabulary"
    if field := words_of(table).folded.get(head_forms(text).fold, ""):
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
    if spelling and (field := nearest_field(text, table)):
        return field, "spelling"
    return "", ""


def _match_but_not(other: re.Match[str], table: str, spelling: bool) -> tuple[str, str]:
    """Return the field of a head without what it says that it is not, none where just that would be the field."""
    start, end = other.string[: other.start()], other.string[other.end() :]
    rest = f"{start}{other['before']}{other['after']}{end}"
    field, how = _match_text(rest, table, _NOTHING_REMEMBERED, spelling)
    denied, _ = _match_text(f"{start}{other['other']}{end}", table, _NOTHING_REMEMBERED, spelling)
    return ("", "") if field not in ("", PRIVATE) and field == denied else (field, how)


def _exact(text: str, table: str) -> tuple[str, str]:
    """Return the field that a head names in its own or the vocabulary's words, and which of these."""
    words, forms = words_of(table), head_forms(text)
    if forms.key in words.names:
        return words.names[forms.key], "name"
    grid = _grid_field(text) if table in GRID_TABLES else ""
    listed = words.keys.get(forms.key) or words.plain.get(forms.plain) or ""
    field = grid if not listed or "." in listed else listed
    return field, "vocabulary" if field else ""


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
            return OTHER
    elif not (match := _TOTAL_COLUMN.fullmatch(squeezed)):
        return ""
    said = {name for name in _MEASURES for place in ("before", "after") if match[name + place]} - {"pupils"}
    if len(said) > 1:
        return ""
    return f"{grade}.{said.pop() if said else 'pupils'}"

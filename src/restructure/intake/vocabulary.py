"""The words that heads are known by: those of the packaged vocabulary (``vocabulary.csv``) and what is near to them."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import pandas as pd

from restructure.grades import GRADES
from restructure.intake.schema import columns_of
from restructure.intake.spelling import fold, head_forms, head_key, slips

__all__ = ["GRID_TABLES", "GROUP", "OTHER", "PRIVATE", "looks_private", "nearest_field", "without_subject", "words_of"]

#: Tables that may have a column a grade.
GRID_TABLES = ("students", "enrolment", "totals")
PRIVATE = "private"
#: Known to be something that no step needs: ends as "" with ``how`` "vocabulary".
OTHER = "other"
#: A word above several heads that says nothing about them.
GROUP = "group"
#: Who has a name, a telephone, a number, an account of their own: none of a school, a village or a road.
_ROLES = (
    "ครู|ผอ|ผู้(?!เรียน)|เจ้าบ้าน|เจ้าของ|เจ้าหน้าที่|จนท|ประธาน|ปธ|กรรมการ|กปน|ผญบ|หัวหน้า|นายก|นายทะเบียน|สารวัตร|อสม|รักษาการ"
    "|ภารโรง|พนักงาน|บุคลากร|คนขับ|คนแจ้ง|นายช่าง|รอง(?=ผอ|ผู้)|ตา(?=$|หรือ|ยาย)|ยาย|ปู่|เพื่อน|พยาน"
)
_OWN = r"ชื่อ|นาม|โทร|เบอร์|ไลน์|line|ติดต่อ|เลข|บัตร|บัญชี|ปชช|ประชาชน"
_PRIVATE_THAI = re.compile(
    "บิดา|มารดา|ผู้ปกครอง|พ่อ|แม่(?!ข่าย|น้ำ)|ญาติ|บุตร|พี่น้อง|พี่ชาย|พี่สาว|น้องชาย|น้องสาว|ผู้ดูแล|อุปการะ|สมรส|ครอบครัว|นามสกุล|ชื่อสกุล|ชื่อเล่น|คำนำหน้า"
    "|เกิด|ศาสนา|โลหิต|เลือด|เชื้อชาติ|สัญชาติ|ชาติพันธุ์|โทรศัพท์|โทรสาร|เบอร์|มือถือ|อีเมล|รายได้|เงินเดือน|อาชีพ|พิการ|บกพร่อง|น้ำหนัก|ส่วนสูง"
    "|โภชนาการ|โรคประจำ|สุขภาพ|ด้อยโอกาส|ขาดแคลน|ยากจน|สวัสดิการ|บ้านเลขที่|เลขที่บ้าน|ประจำบ้าน|ประจำตัวประชาชน|บัตรประชาชน|ประจำตัวคน|ซอย"
    "|ตรอก|เกรดเฉลี่ย|ผู้อำนวยการ|ผู้ใหญ่บ้าน|กำนัน|ธนาคาร|เลขบัญชี|เลขที่บัญชี|ลายมือชื่อ|ลายเซ็น|หนังสือเดินทาง"
    rf"|(?:{_OWN})(?:จริง|สกุล|ตัว|ของ|ที่|ประจำตัว)*(?:{_ROLES})|^(?:{_ROLES}).*(?:ชื่อ|โทร|เบอร์|ไลน์|บัตร|บัญชี|ปชช|ประชาชน)"
    "|โทร(?=$|[ก-๙(])|ไลน์|ติดต่อ|เจ้าบ้าน|ประธาน|กปน$|ผญบ|นายทะเบียน|หัวหน้าครัวเรือน|รายชื่อ|^ผอ"
    "|^ผู้(?!เรียน|สอน|ชาย|หญิง|มีสิทธิ|มาใช้|รับ(?!เงิน|รอง)|ใช้|อาศัย|อยู่|พัก)|กับใคร"
)
#: Folded, พ่อ would stand in อำเภอ.
_PRIVATE_FOLDED = re.compile(fold(_PRIVATE_THAI.pattern.replace("|พ่อ|แม่", "")))
_PRIVATE_ENGLISH = re.compile(
    r"father|mother|guardian|parent|sibling|birth|surname|firstname|lastname|nickname|religio|blood|national|ethnic|phone"
    r"|mobile|e-?mail|income|salary|occupation|disab|weight|height|povert|address|passport"
    r"|\b(?:dob|race|tel|fax|bmi|poor|gpax?|ssn|account|contact|payee|informant|informer|householder|headman|chairperson)\b"
    r"|(?=.*\b(?:nm|name|id|line|signature)\b)(?=.*\b(?:teacher|director|principal|head|chair|chairman|officer|reporter|reported"
    r"|driver|recipient|receiver|owner|leader|staff|grand\w+|uncle|aunt)\b)"
)
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


@cache
def _vocabulary() -> pd.DataFrame:
    text = (resources.files("restructure.intake") / "vocabulary.csv").read_text("utf-8")
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def _terms_of(table: str) -> list[tuple[str, str]]:
    """Return terms and fields of a table; those of the table itself before those of every table that has the field."""
    schema = columns_of(table)
    words = _vocabulary()
    own = words[words["table"] == table]
    shared = words[(words["table"] == "*") & words["field"].isin([*schema.index, PRIVATE, OTHER, GROUP])]
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
def words_of(table: str) -> _Words:
    """Return the vocabulary of a table in the forms that heads are looked up by."""
    names = {head_key(str(field)): str(field) for field in columns_of(table).index}
    keys: dict[str, str] = {}
    groups: set[str] = set()
    kept = [(field, field) for field in names.values()]
    for term, field in _terms_of(table):
        if field == GROUP:
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
            bare[without_subject(forms.plain, table)].add(field)
        for form in (forms.fold, fold(forms.key)):
            if len(form) < _LEAST_FOLDED:
                continue
            folded[form].add(field)
            written.setdefault(form, forms.key)
    terms: dict[int, list[_Term]] = defaultdict(list)
    for form, field in _alone(folded).items():
        terms[len(form)].append(_Term(field, written[form], form, _fixed(form), _letters(form)))
    return _Words(names, keys, _alone(plain), _alone(bare), _alone(folded), groups, terms)


def without_subject(plain: str, table: str) -> str:
    """Return a plain form without what the table is about and without words that fill, itself where nothing is left."""
    return re.sub(_FILLING, "", re.sub(_SUBJECTS.get(table, "$"), "", plain)).strip() or plain


def _alone(fields: dict[str, set[str]]) -> dict[str, str]:
    """Return a form's field, "" where it has several."""
    return {form: next(iter(of)) if len(of) == 1 else "" for form, of in fields.items()}


def looks_private(text: str) -> bool:
    """Say whether a head has a word of what is a person's, in whatever spelling."""
    forms = head_forms(text)
    thai = _PRIVATE_THAI.search(forms.key) or _PRIVATE_FOLDED.search(fold(forms.key))
    return bool(thai or _PRIVATE_ENGLISH.search(forms.plain) or _PRIVATE_ENGLISH.search(forms.key))


# -- slips ----
_ONE_LETTER = re.compile(r"(?<![ก-๙.])[ก-ฮ]\.(?![ก-ฮ]\.)")


@lru_cache(maxsize=10_000)
def nearest_field(text: str, table: str) -> str:
    """Return the field whose words a head is a slip or two away from, "" where there is none or more than one.

    Numbers and one-letter abbreviations (ต. อ. จ.) are never slips, and a head made of as many words of the dictionary
    as the other is another head.
    """
    if _ONE_LETTER.search(text):
        return ""
    least: dict[str, int] = {}
    nearest: dict[str, str] = {}
    allowed: dict[str, int] = {}
    for written in {head_forms(text).fold, fold(head_forms(text).key)}:
        most = _most_slips(written)
        fixed, letters = _fixed(written), _letters(written)
        lengths = range(len(written) - most, len(written) + most + 1) if most else ()
        for term in (term for length in lengths for term in words_of(table).terms.get(length, ())):
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

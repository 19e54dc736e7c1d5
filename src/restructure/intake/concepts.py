"""What a head that nobody has listed means, by the words it is made of.

A head is cut into words of a small dictionary (``concepts.csv``), each of which stands for concepts or for nothing.
A rule (``concept_rules.csv``) says which concepts make a field (one of ``a|b``) and which may stand beside them: ``(a``
in brackets only, ``^a`` as the first, ``a<b`` is b behind a, since in Thai what the head is about comes first; and
``(choices`` are values to choose from in brackets, in whatever words, known or not. A head with a word that is
not in the dictionary, with a concept that no rule expects, or that two fields fit is not known: a wrong column is worse
than none.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from restructure.intake.spelling import LONGEST_HEAD, fold, slips, typed_alike, without_values
from restructure.intake.vocabulary import looks_private

__all__ = ["concept_field"]

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
#: Of a name in a database: its table before it, that its text is Thai behind it.
_AFFIXES = re.compile(r"^(?:tbl|fld|col|txt|str|[tf])_(?=[a-z]{2})|(?<=[a-z]_na[m])_t$|(?<=_na[m]e)_t$", re.IGNORECASE)
_COUNTED = r"(?:males?|females?|m[ae]n|wom[ae]n|boys?|girls?|teachers?|pop|population|rooms?)"
_ANY_GRADE = r"(?:ระดับ)?ชั้น(?:ใด|ไหน|อะไร)?"
_A_GRADE = r"(?:(?:อ|ป|ม|k|kg|p|m|อนุบาล|ประถม|มัธยม)\s*\.?\s*\d|[อปม]\.|อนุบาล|ประถม(?:ศึกษา)?|มัธยม(?:ศึกษา)?)"
_HOME = r"(?:บ้าน|ที่พัก|home|house)(?:นักเรียน|\s*น\.?ร\.?)?"
_SCHOOL = r"(?:โรงเรียน|สถานศึกษา|ร\.?ร\b\.?|school|sch\b)"
_MONTH = r"[มกสตธพ]ี?\s*\.?\s*ค|ก\s*\.?\s*[พย]|(?:เม|มิ|พ)\s*\.?\s*ย|[ก-์]{2,}(?:คม|ยน|พันธ์)|june?|november|nov"
#: Examples, numbering, ranges of grades, from where to where, numbers of letters; in one word what is one.
_PHRASES = [
    (re.compile(r"(?<=[(\[{])\s*(?:เช่น|ตัวอย่าง|e\.?\s?g\b|ex\.)[^)\]}]*"), " "),
    (re.compile(r"(?:เช่น|\be\.?\s?g\b\.?)\s*[^\s()\[\]{}]+"), " "),
    (re.compile(r"^\s*\(?\d{1,2}[.)]\s*(?=\D)"), " "),
    (re.compile(rf"{_A_GRADE}\s*(?:[-–/,]|\.\.+|หรือ|ถึง|to)\s*(?:{_A_GRADE}|\d\b)(?:\s*[-–/,]\s*{_A_GRADE})*"),
     " ช่วงชั้นทั้งหมด "),
    (re.compile(r"จาก\s*[-–/]\s*ถึง"), " ช่วงชั้นทั้งหมด "),
    (re.compile(rf"(?:ตั้งแต่)?{_ANY_GRADE}\s*(?:-|–|ถึง)\s*(?:ถึง)?{_ANY_GRADE}"), " ช่วงชั้นทั้งหมด "),
    (re.compile(r"[(\[{]\s*(?:ไม่ต้อง|ไม่ใส่|ไม่รวมคำ|ถ้า|หาก)[^)\]}]*[)\]}]?|(?:ถ้า|หาก)มี$"), " "),
    (re.compile(r"(?<![ก-๙])ช\.?(?![ก-๙.])"), " ชาย "),
    (re.compile(r"(?<![ก-๙])ญ\.?(?![ก-๙.])"), " หญิง "),
    (re.compile(r"รวม\s*\(?\s*(?:ทั้ง)?ชาย\s*[-–/]?\s*(?:และ)?หญิง|ชาย\s*[-–/]?\s*หญิง\s*รวม|ทั้ง(?:สอง|2)เพศ"),
     " รวม สองเพศ "),
    (re.compile(r"ชาย\s*(?:\+|และ)\s*หญิง"), " สองเพศ "),
    (re.compile(r"\b(?:m|males?|boys?)\s*(?:\+|and|&)\s*(?:f|females?|girls?)\b|\bboth sexes\b"), " สองเพศ "),
    (re.compile(rf"(?:ณ\s*)?(?:วันที่\s*)?(?<!\d)\d\d?\s*(?:{_MONTH})(?![ก-์])\.?\s*(?:(?:25|20)?\d\d(?!\d))?"), " วันนับ "),
    (re.compile(r"^((?:จำนวน)?\s*ห้อง[^(]*)\(\s*ไม่(?:รวม|นับ)\s*ห้อง[^)]*\)?"), r"\1 "),
    (re.compile(r"(?<=ครู)(.*)รวม(?:ครู)?อัตราจ้าง"), r"\1 "),
    (re.compile(r"(?<![ก-๙])ท\s*\.?\s*ร\s*\.?\s*1[34]"), " ทะเบียนราษฎร "),
    (re.compile(r"(?:จาก|ตาม|ใน|from|per|in)?\s*(?:ฐาน|ระบบ|ข้อมูล)*\s*dmc"), " dmc "),
    (re.compile(r"ไป\s*[-/]?\s*กลับ"), " ไปกลับ "),
    (re.compile(r"(?:ไม่มี|ไม่ใส่)(?:จุด)?ทศนิยม|ทศนิยม\s*\d*\s*ตำแหน่ง"), " "),
    (re.compile(r"=\s*\d+(?![\d.])|(?<![\d.])\d+\s*="), " "),
    (re.compile(r"(?<![\da-z])\d+x{2,}(?![\da-z])"), " "),
    (re.compile(rf"({_HOME})\s*(?:[-–—~>]+|→)\s*({_SCHOOL})"), r" จาก \1 ถึง \2 "),
    (re.compile(rf"({_SCHOOL})\s*(?:[-–—~>]+|→)\s*({_HOME})"), r" จาก \1 ถึง \2 "),
    (re.compile(r"(?:นำ|พา|เอา)\s*(?:เด็ก)?(?:นักเรียน|นร\.?|น\.ร\.|เด็ก)\s*(ไป|มา)(?:เรียน)?รวม"), r"นำเด็ก\1เรียนรวม"),
    (re.compile(r"\b(?:house|household|home) regist(?:ration|ry|er)\b"), " ทะเบียนบ้าน "),
    (re.compile(r"(?<=\s)(?:จาก|from)\s*(?:google(?:\s*maps?)?|gps)|(?<=พิกัด)จาก\s*(?:google(?:\s*maps?)?|gps)"), " "),
    (re.compile(rf"\b({_COUNTED}) (?:num|number|no|nbr|amt|amount)\b"), r"\1 count"),
    (re.compile(rf"^(?:num|no|nbr|n) ({_COUNTED}|students?|std|pupils?)\b"), r"count \1"),
    (re.compile(r"^((?:grade|level|class)(?: level)?) name?$"), r"\1"),
    (re.compile(r"\by\s*/\s*n\b"), " ใช่หรือไม่ "),
    (re.compile(r"ต่ำสุด\s*(?:[-–/]|ถึง)?\s*สูงสุด"), " ช่วงชั้นทั้งหมด "),
    (re.compile(r"ศธ\s*\.?\s*\d[\d\s./xว…-]*"), " สพฐ "),
    *((re.compile(rf"(?<![\da-z])(?:{digits})(?:\s*(?:หลัก|ตัว|[\s-]?digits?\b)|\s*$)"), f" {word}หลัก ")
      for digits, word in (("[45]|four|five", "ห้า"), ("6|six", "หก"), ("8|eight", "แปด"), ("10|ten", "สิบ"),
                           ("13", "สิบสาม"))),
    (re.compile(r"\b(?:dd?\s*[/.-]?\s*mm?\s*[/.-]?\s*y+|วว?\s*[/.-]\s*ดด?\s*[/.-]\s*ป+"
                r"|วัน[\s/.-]*เดือน[\s/.-]*(?:ปี|พ\.?\s?ศ))\.?"), " วันเดือนปี "),
    (re.compile(r"wgs\s*-?\s*(?:19)?84"), " wgs "),
    (re.compile(r"ทศวรรษ\s*(?:ที่)?\s*2"), " ทศวรรษ "),
    (re.compile(r"ปี\s+(?=กศ|การศึกษา)"), "ปี"),
    (re.compile(r"\bsub[\s-]+district"), "subdistrict"),
    (re.compile(r"\b(?:academic|school) year"), "schoolyear"),
    (re.compile(r"\bas of\b"), "asof"),
    (re.compile(r"\b(?:no|num|number)\.? of\b|#"), " count "),
]  # fmt: skip
#: Between things to choose from.
_OR = re.compile(r"[/,|、+]|หรือ|\s")
_CHOOSE = re.compile(r"[/,|、]|หรือ(?!ไม่|เปล่า|ยัง)")
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]?")
_CHUNK = re.compile(r"[\u0e01-\u0e4f.]*[\u0e01-\u0e4f][\u0e01-\u0e4f.]*|b\.e\.|[a-z]+|\d+(?:\.\d+)?|[^\W_]+|[%<>=×÷]")
_THAI = re.compile("[\u0e01-\u0e4f]")
#: A slip is looked for in words of so many letters, in one word of a head.
_LONG_WORD = 7
#: Shorter English words are no part of a longer one, but for these.
_LEAST_PART, _SHORT_PARTS = 3, ("id", "no")
#: May stand beside all concepts: that a head is of the data, and from which system.
_OF_THE_DATA = ("data", "system")
#: Values to choose from, in brackets, which the dictionary need not know.
_CHOICES = "(choices"


class _Said(NamedTuple):
    """A concept of a head."""

    concept: str
    bracketed: bool
    choice: bool = False


class _Rule(NamedTuple):
    field: str
    needed: list[set[str]]
    beside: set[str]


@lru_cache(maxsize=4096)
def concept_field(head: str, table: str) -> str:
    """Return the field that the words of a head say.

    Parameters
    ----------
    head
        As in the file.
    table
        Whose fields to look for, such as ``schools``.

    Returns
    -------
    str
        "" where a word is not known, no rule fits or two fields fit.
    """
    said = _concepts(head) if len(head) <= LONGEST_HEAD else None
    found = {rule.field for rule in _rules().get(table, ()) if said and _fits(rule, said)}
    return found.pop() if len(found) == 1 else ""


def _fits(rule: _Rule, said: list[_Said]) -> bool:
    concepts = {said[0].concept, f"^{said[0].concept}"} if said else set()
    concepts |= {form for one in said for form in (one.concept, f"({one.concept}" if one.bracketed else "")}
    if not all(concepts & choices for choices in rule.needed):
        return False
    needed = {choice.lstrip("^") for choices in rule.needed for choice in choices}
    before: set[str] = set()
    for one in said:
        name = one.concept
        allowed = name in _OF_THE_DATA or name in needed | rule.beside
        allowed |= one.bracketed and f"({name}" in needed | rule.beside
        allowed |= one.choice and _CHOICES in rule.beside
        if not allowed and not any(f"{first}<{name}" in rule.beside for first in before):
            return False
        before.add(name)
    return True


def _concepts(head: str) -> list[_Said] | None:
    """Return the concepts of a head in order, None where a part of it is not known."""
    text = _CAMEL.sub(" ", _AFFIXES.sub("", typed_alike(head).strip())).lower()
    text = without_values(" ".join(text.split()))
    for phrase, word in _PHRASES:
        text = phrase.sub(word, text)
    inside = [match.group(1) for match in _BRACKETS.finditer(text)]
    said: list[_Said] = []
    slips_left = 1
    for part, bracketed in [(_BRACKETS.sub(" ", text), False), *((part, True) for part in inside)]:
        chunks = _CHUNK.findall(part)
        found = [_concepts_of(chunk, bracketed) for chunk in chunks]
        if bracketed and None in found and len(_OR.split(part.strip())) > 1 and not looks_private(part):
            found = [[_CHOICES.lstrip("(")]]
        choice = bracketed and bool(_CHOOSE.search(part))
        for chunk, names in zip(chunks, found, strict=False):
            if names is None and slips_left and not looks_private(chunk):
                slips_left, names = 0, _with_slip(fold(chunk))
            if names is None:
                return None
            said += [_Said(name, bracketed, choice) for name in names]
    return said


def _words_of(chunk: str, bracketed: bool, lexicon: dict[str, str]) -> list[str] | None:
    """Return the fewest words of a dictionary that make up a chunk, None where none do."""
    for whole in (f"({chunk}" if bracketed else "", chunk, f"{chunk}.", chunk.rstrip("s") if len(chunk) > 3 else ""):
        if whole in lexicon:
            return [whole]
    best: list[list[str] | None] = [[], *[None] * len(chunk)]
    for end in range(1, len(chunk) + 1):
        for start in range(end):
            word, words = chunk[start:end], best[start]
            if words is None or not (word == "." or (word in lexicon and _may_be_part(word))):
                continue
            longer = words if word == "." else [*words, word]
            if (known := best[end]) is None or len(longer) < len(known):
                best[end] = longer
    return best[-1]


def _may_be_part(word: str) -> bool:
    return bool(_THAI.match(word)) or len(word) >= _LEAST_PART or word in _SHORT_PARTS


def _concepts_of(chunk: str, bracketed: bool) -> list[str] | None:
    for lexicon, text in zip(_lexicons(), (chunk, fold(chunk)), strict=True):
        if (words := _words_of(text, bracketed, lexicon)) is not None:
            return [name for word in words for name in lexicon[word].split()]
    return None


def _with_slip(chunk: str) -> list[str] | None:
    """Return the concepts of a folded chunk with one slip in a long word, None where that is none or unsure."""
    found: set[tuple[str, ...]] = set()
    for start in range(len(chunk)):
        if (before := _concepts_of(chunk[:start], False)) is None:
            continue
        for word, names in _lexicons()[1].items():
            for end in range(start + len(word) - 1, start + len(word) + 2) if len(word) >= _LONG_WORD else ():
                part = chunk[start:end]
                near = part[:3] == word[:3] or (part[:1] == word[0] and part[-2:] == word[-2:])
                if end > len(chunk) or not near or slips(part, word, 1) is None:
                    continue
                if (after := _concepts_of(chunk[end:], False)) is not None:
                    found.add((*before, *names.split(), *after))
    return list(found.pop()) if len(found) == 1 else None


@cache
def _lexicons() -> tuple[dict[str, str], dict[str, str]]:
    """Return the concepts of each word, as it is written and without tone marks, there without what two words share."""
    written = {typed_alike(word): row["concept"] for row in _rows("concepts.csv") for word in row["words"].split()}
    folded: dict[str, set[str]] = {}
    for word, concept in written.items():
        folded.setdefault(fold(word), set()).add(concept)
    return written, {word: min(of) for word, of in folded.items() if len(of) == 1}


@cache
def _rules() -> dict[str, list[_Rule]]:
    rules: dict[str, list[_Rule]] = {}
    for row in _rows("concept_rules.csv"):
        needed = [set(choice.split("|")) for choice in row["needed"].split()]
        for table in row["tables"].split():
            rules.setdefault(table, []).append(_Rule(row["field"], needed, set(row["beside"].split())))
    return rules


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("restructure.intake").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))

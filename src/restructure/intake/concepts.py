"""What a head that nobody has listed means, by the words it is made of.

A head is cut into words of a small dictionary (``concepts.csv``), each of which stands for one concept or for nothing. A
rule says which concepts make a field and which may stand beside them. A head with a word that is not in the dictionary,
with a concept that no rule expects, or that two fields fit is not known: a wrong column is worse than none.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from restructure.intake.spelling import LONGEST_HEAD, fold, slips, typed_alike

__all__ = ["concept_field"]

#: Tables, field, the concepts it needs (one of ``a|b``), then those that may stand beside them: ``(a`` in brackets only,
#: ``a<b`` where b stands after a (whose name comes first in Thai is what the head is about).
_RULES = """
schools,enrolment | school_id | code school | ten
students | school_id | code school | ten present study live to
schools | name | name school |
schools | smis_id | smis | code number eight school
schools | village_id | code village | eight school site live registry
schools | tambon | tambon | name site school live
schools | amphoe | amphoe | name site school live khet district
schools | grades | grade open | range school study (grade
schools | rooms | room|anyroom usable | count sum room anyroom present school (number
schools | teachers | teacher | count sum person school present
schools | teachers | civil teacher|hired | count sum person school present
schools | status | status school|open|closed | school open closed present still (yesno
schools | status | open closed | school present still live
schools | special_area | special | area kind school site live status yesno
schools,villages,polling | lat | lat | coord value degree school village place poll unit middle site north name<lat
schools,villages,polling | lon | lon | coord value degree school village place poll unit middle site east name<lon
polling | lat | coord north | value degree place poll unit site
polling | lon | coord east | value degree place poll unit site
villages,population | village_id | code village | eight registry
villages,population | name | name village|home | village home registry
villages | tambon | tambon | name site village live home
villages | amphoe | amphoe | name site village live home khet district
villages | amphoe | khet|district name|site|live | village
villages | point_source | coord source|method | got village kind middle by (map (degree (method
villages,population | population | population | count sum person village registry whole
villages,population | population | person count|sum village | registry whole
population | population | male female count|sum|person|population | count sum person population registry
population | men | male | population count person sum village registry
population | women | female | population count person sum village registry
population | houses | house | count sum roofs village registry
population | houses | home count|sum|roofs | count sum roofs village registry
students | grade | grade | range study pupil present (grade live
students | village_id | code village | eight live present pupil home study
students | count | pupil count|sum|person | count sum person grade village present
students | moo | moo | live present pupil number home
students | tambon | tambon | name live present pupil home
students | amphoe | amphoe | name live present pupil home khet district
students | amphoe | khet|district live|present | name pupil home
students | province | province | name live present pupil home
students | declared_paved | paved distance|road|km|metre | distance road km metre home school village pupil since to by travel come
students | declared_unpaved | unpaved distance|road|km|metre | distance road km metre home school village pupil since to by travel come
students | declared_water | water distance|km|metre | distance km metre home school village pupil since to by travel come
students | mode | travel|come method|kind|vehicle|how|by | travel come method kind vehicle how by use school pupil home to since (ride (water present
students | mode | vehicle use|pupil|school | come travel use school pupil home to present (ride (water
students | mode | pupil to school how|method | since home (ride (water
students | as_of | asof | date term year study
students | as_of | data date |
students | as_of | term year | study
students | from_school_id | code moved since school | moved since ten former
students | from_school_id | code school former|origin | ten moved before study merge<stop before<merge to since
mergers | school_id | code school merge|origin | ten study to merge<with merge<host with<school
mergers | school_id | code school gomerge with other | ten
mergers | host_id | code school host|receive | host receive ten host<merge host<gomerge host<merger receive<merge host<pupil receive<pupil merger to
mergers | grades | grade merge|merger|gomerge | range study (grade grade<pupil merge<with gomerge<with with<host with<school
mergers | grades | grade sum | range study grade<sum (grade
mergers | from_term | term since|merge|merger|gomerge | since year study merge merger gomerge sum
mergers | kind | kind|method merge|merger|gomerge|sum | merge merger gomerge sum (closed (whole (school (some (grade (merge (sum
mergers | programme | programme | name sum<school merge merger gomerge sum under by (former (decade (merge (merger (sum (number decade
enrolment | year | study year | be school
enrolment | year | year school|study | be study school
enrolment | grade | grade | range study pupil (grade
enrolment | count | pupil count|sum|person | count sum person grade present study
ceilings | round | round | allocate transfer budget receive notify number
ceilings | letter | letter | number notify allocate obec budget transfer money receive by
ceilings | baht | money|budget | money budget baht sum count receive allocate transfer obec notify by since
ceilings | baht | baht allocate|receive|transfer | sum receive allocate transfer notify obec by
ceilings | date | date | letter notify receive allocate number
polling | name | poll place|name | place name unit site
polling | tambon | tambon | name site place poll unit
"""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_A_GRADE = r"(?:(?:อ|ป|ม|k|kg|p|m)\s*\.?\s*\d|[อปม]\.)"
#: Examples, numbering, ranges of grades, numbers of letters; in one word what is one.
_PHRASES = [
    (re.compile(r"(?:เช่น|ตัวอย่าง|\be\.?\s?g\b|\bex\.)[^)\]}]*"), " "),
    (re.compile(r"^\s*\(?\d{1,2}[.)]\s*(?=\D)"), " "),
    (re.compile(rf"{_A_GRADE}\s*(?:-|–|/|,|ถึง|to)\s*{_A_GRADE}(?:\s*[-–/,]\s*{_A_GRADE})*"), " ช่วงชั้นทั้งหมด "),
    (re.compile(r"ศธ\s*\.?\s*\d[\d\s./ว…-]*"), " สพฐ "),
    (re.compile(r"(?<!\d)10\s*(?:หลัก|ตัว|digits?\b|-digits?\b|$)"), " สิบหลัก "),
    (re.compile(r"(?<!\d)8\s*(?:หลัก|ตัว|digits?\b|-digits?\b|$)"), " แปดหลัก "),
    (re.compile(r"\b(?:dd?\s*[/.-]?\s*mm?\s*[/.-]?\s*y+|วว?\s*[/.-]\s*ดด?\s*[/.-]\s*ป+)\.?"), " วันเดือนปี "),
    (re.compile(r"wgs\s*-?\s*(?:19)?84"), " wgs "),
    (re.compile(r"ทศวรรษ\s*(?:ที่)?\s*2"), " ทศวรรษ "),
    (re.compile(r"ปี\s+กศ"), "ปีกศ"),
    (re.compile(r"\bsub[\s-]+district"), "subdistrict"),
    (re.compile(r"\b(?:academic|school) year"), "schoolyear"),
    (re.compile(r"\bas of\b"), "asof"),
    (re.compile(r"(?:^|\b)(?:no|num|number)\.? of\b"), "count"),
]  # fmt: skip
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]?")
_CHUNK = re.compile(r"[\u0e01-\u0e4f.]*[\u0e01-\u0e4f][\u0e01-\u0e4f.]*|b\.e\.|[a-z]+|\d+(?:\.\d+)?")
_THAI = re.compile("[\u0e01-\u0e4f]")
#: A slip is looked for in words of so many letters, in one word of a head.
_LONG_WORD = 7
#: Shorter English words are no part of a longer one, but for these.
_LEAST_PART, _SHORT_PARTS = 3, ("id", "no")
_BESIDE_ALL = {"data"}


class _Said(NamedTuple):
    """A concept of a head."""

    concept: str
    bracketed: bool


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
    concepts = {one.concept for one in said}
    if not all(concepts & choices for choices in rule.needed):
        return False
    needed = set().union(*rule.needed)
    before: set[str] = set()
    for one in said:
        name = one.concept
        allowed = name in needed | rule.beside | _BESIDE_ALL or (one.bracketed and f"({name}" in rule.beside)
        if not allowed and not any(f"{first}<{name}" in rule.beside for first in before):
            return False
        before.add(name)
    return True


def _concepts(head: str) -> list[_Said] | None:
    """Return the concepts of a head in order, None where a part of it is not known."""
    text = _CAMEL.sub(" ", typed_alike(head)).lower()
    text = " ".join(text.split())
    for phrase, word in _PHRASES:
        text = phrase.sub(word, text)
    inside = [match.group(1) for match in _BRACKETS.finditer(text)]
    said: list[_Said] = []
    slips_left = 1
    for part, bracketed in [(_BRACKETS.sub(" ", text), False), *((part, True) for part in inside)]:
        for chunk in _CHUNK.findall(part):
            found = _concepts_of(chunk, bracketed)
            if found is None and slips_left:
                slips_left, found = 0, _with_slip(fold(chunk))
            if found is None:
                return None
            said += [_Said(name, bracketed) for name in found]
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
    """Return the concepts of a folded chunk with one slip in a long word, None where there is none or there are several."""
    found: set[tuple[str, ...]] = set()
    for word, names in _lexicons()[1].items():
        for length in range(len(word) - 1, len(word) + 2) if len(word) >= _LONG_WORD else ():
            for start in range(len(chunk) - length + 1):
                part = chunk[start : start + length]
                if (
                    part[0] != word[0]
                    or part[-2:] != word[-2:]
                    and part[1:3] != word[1:3]
                    or slips(part, word, 1) is None
                ):
                    continue
                before, after = _concepts_of(chunk[:start], False), _concepts_of(chunk[start + length :], False)
                if before is not None and after is not None:
                    found.add((*before, *names.split(), *after))
    return list(found.pop()) if len(found) == 1 else None


@cache
def _lexicons() -> tuple[dict[str, str], dict[str, str]]:
    """Return the concepts of each word, as it is written and without tone marks, there without what two words share."""
    text = resources.files("restructure.intake").joinpath("concepts.csv").read_text(encoding="utf-8")
    written = {
        typed_alike(word): row["concept"] for row in csv.DictReader(text.splitlines()) for word in row["words"].split()
    }
    folded: dict[str, set[str]] = {}
    for word, concept in written.items():
        folded.setdefault(fold(word), set()).add(concept)
    return written, {word: min(of) for word, of in folded.items() if len(of) == 1}


@cache
def _rules() -> dict[str, list[_Rule]]:
    rules: dict[str, list[_Rule]] = {}
    for tables, field, needed, beside in _rule_lines():
        for table in tables.split(","):
            choices = [set(choice.split("|")) for choice in needed.split()]
            rules.setdefault(table, []).append(_Rule(field, choices, set(beside.split())))
    return rules


def _rule_lines() -> Iterator[list[str]]:
    for line in _RULES.strip().splitlines():
        yield [cell.strip() for cell in re.split(r"(?:^|\s)\|(?:\s|$)", line)]

"""The answers of a form that came back, cell by cell, and everything by which it is not the form that was sent."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from restructure.chain import one_line
from restructure.collection import form
from restructure.collection.answers import HIDDEN, Refused, value_of
from restructure.collection.issue import Issue, Question, asked_schools, read_issues
from restructure.collection.reading import Raw
from restructure.ledger import CITIZEN
from restructure.thai import arabic_digits

#: What can be wrong with what came back.
RULES = {
    "not-a-form": "ไม่ใช่แบบ", "unreadable": "เปิดไม่ได้", "missing-sheet": "แผ่นหายไป", "altered-head": "หัวตารางถูกแก้",
    "other-round": "แบบของเรื่องหรือรอบอื่น", "other-school": "รหัสหรือชื่อของโรงเรียนอื่น", "unknown-school": "ไม่มีโรงเรียนนี้",
    "not-asked": "รอบนี้ไม่ได้ถาม", "extra-sheet": "มีแผ่นเพิ่ม", "empty-form": "แบบว่าง", "added-row": "แถวหรือคอลัมน์เพิ่ม",
    "altered-question": "คำถามถูกแก้", "repeated-question": "คำถามซ้ำ", "missing-question": "คำถามหายไป",
    "needed-blank": "ยังไม่ตอบ", "formula": "เป็นสูตร", "not-a-choice": "ไม่อยู่ในรายการ", "not-a-number": "ไม่ใช่ตัวเลข",
    "not-a-date": "ไม่ใช่วันที่", "out-of-range": "นอกช่วง", "citizen-number": "มีเลขประจำตัว", "double-answer": "ตอบไม่ตรงกัน",
    "lapsed-choice": "ฉบับที่เลือกถูกแก้หรือหาย",
}  # fmt: skip
_AGAIN = "ให้โรงเรียนกรอกในไฟล์ที่สำนักงานเขตส่งไปแล้วส่งใหม่"


class Reader:
    """Collects the answers and problems of one file after another.

    Attributes
    ----------
    answers
        School, question, value, file, row and entry of each.
    problems
        In the order of the columns of :attr:`restructure.collection.returns.Returns.problems`.
    speaks_for
        The schools that each file has answers of.
    """

    def __init__(self, folder: Path, issue: Issue, schools: pd.DataFrame) -> None:
        self.folder, self.issue = folder, issue
        self.names = dict(zip(schools["school_id"], schools["name"], strict=True))
        self.checks = {form.check_of(issue, code): code for code in self.names}
        self.thai = {question.key: one_line(question.thai) for question in issue.questions}
        self.how = {question.key: one_line(form.how(question)) for question in issue.questions}
        asked = asked_schools(issue, schools)["school_id"]
        self.asked = {code: str(number) for number, code in enumerate(asked, start=1)}
        self.amphoes = {
            code: one_line(name) for code, name in zip(schools["school_id"], schools["amphoe"], strict=True)
        }
        self.answers: list[tuple[str, str, str, str, int, str]] = []
        self.problems: list[tuple[str, str, int, str, str, str, str, str]] = []
        self.speaks_for: dict[str, set[str]] = defaultdict(set)

    def read(self, file: str, raw: Raw) -> None:
        """Read one file."""
        tell = partial(self._tell, file)
        if raw.fault:
            rule, message, remedy = raw.fault
            tell(rule, 0, message, remedy, self._sent_to(raw))
            return
        for name in raw.others:
            tell("extra-sheet", 0, f"มีแผ่น “{one_line(name)}” เพิ่ม ซึ่งไม่ได้อ่าน", "เปิดดูว่ามีคำตอบหรือคำชี้แจงอยู่ในแผ่นนั้นหรือไม่")
        mark = form.FORM_MARK if raw.sheet == form.FORM_SHEET else form.LIST_MARK
        if raw.at(*form.MARK_CELL).words != mark:
            tell("altered-head", 1, "คอลัมน์ที่ซ่อนไว้หายไปหรือถูกแก้ จึงไม่รู้ว่าเป็นแบบใด", _AGAIN)
            return
        if raw.at(*form.ID_CELL).words != self.issue.form_id:
            self._tell_other_issue(file, raw.at(*form.ID_CELL).words)
            return
        (self._read_form if raw.sheet == form.FORM_SHEET else self._read_list)(file, raw, tell)

    def _tell(
        self,
        file: str,
        rule: str,
        row: int,
        message: str,
        remedy: str,
        school: str = "",
        key: str = "",
        value: str = "",
    ) -> None:
        if CITIZEN.search(arabic_digits(value)):
            value = HIDDEN
        self.problems.append((rule, file, row, school, key, value, message, remedy))

    def _tell_other_issue(self, file: str, found: str) -> None:
        """Say of which other issue or round a form is."""
        if other := self._others.get(found):
            text = f"เป็นแบบของ “{one_line(other.title)}” รอบ {one_line(other.round)} ({other.name})"
            remedy = f"อ่านด้วย restructure collect DIR {other.name} --read และขอแบบของรอบนี้จากโรงเรียน"
            self._tell(file, "other-round", 2, text, remedy)
            return
        text = "ไม่ใช่แบบของรอบนี้ และไม่ตรงกับประเด็นใดในโฟลเดอร์ หรือรหัสแบบที่ซ่อนไว้ถูกแก้"
        self._tell(file, "other-round", 2, text, _AGAIN)

    @cached_property
    def _others(self) -> dict[str, Issue]:
        """The cycle's issues by what their forms are known by, those aside whose file cannot be read."""
        return {other.form_id: other for other in read_issues(self.folder)[0].values()}

    def _sent_to(self, raw: Raw) -> str:
        """Return the school that a form was sent to, where its code and the check of it say so together."""
        issue, check, code = (raw.at(*place).words for place in (form.ID_CELL, form.CHECK_CELL, form.CODE_CELL))
        proven = issue == self.issue.form_id and form.check_of(self.issue, code) == check[: form.CHECK_LETTERS]
        return code if proven and code in self.asked else ""

    def _school(self, row: int, tell: Callable[..., None], check: str, code: str, name: str) -> str:
        """Return for which school answers are, empty where that is in doubt."""
        if not code:
            tell("altered-head", row, "ไม่มีรหัสโรงเรียน", _AGAIN, "", "", one_line(name))
        elif form.check_of(self.issue, code) != check[: form.CHECK_LETTERS]:
            sent = self.checks.get(check[: form.CHECK_LETTERS], "")
            whose = f"แบบนี้ส่งให้ {sent} {one_line(self.names[sent])}" if sent else "แบบนี้ไม่ทราบว่าส่งให้โรงเรียนใด"
            about = one_line(self.names.get(code, "ไม่มีในตารางโรงเรียน"))
            rule = "other-school" if code in self.names else "unknown-school"
            tell(
                rule,
                row,
                f"รหัสโรงเรียนถูกแก้เป็น {one_line(code)} ({about}) แต่{whose}",
                "ถามโรงเรียนว่าคำตอบเป็นของใคร " + _AGAIN,
                sent,
            )
        elif code not in self.names:
            tell("unknown-school", row, f"ไม่มีโรงเรียน {one_line(code)} ในตารางโรงเรียน", "ตรวจตารางโรงเรียน")
        elif form.check_of(self.issue, one_line(name)) != check[form.CHECK_LETTERS :]:
            text = f"ชื่อโรงเรียนในแบบถูกแก้ รหัสคือ {code} ({one_line(self.names[code])})"
            tell("other-school", row, text, "ถามโรงเรียนว่าคำตอบเป็นของใคร " + _AGAIN, code, "", one_line(name))
        elif code not in self.asked:
            tell("not-asked", row, "รอบนี้ไม่ได้ถามโรงเรียนนี้", "แก้ schools ใน issue.yaml ถ้าต้องการนับ", code)
        else:
            return code
        return ""

    def _read_form(self, file: str, raw: Raw, tell: Callable[..., None]) -> None:
        heads = [raw.at(form.FORM_TOP, column).words for column in range(1, len(form.FORM_HEADS) + 1)]
        if heads != list(form.FORM_HEADS):
            tell("altered-head", form.FORM_TOP, _head_words(heads, form.FORM_HEADS), _AGAIN, self._sent_to(raw))
            return
        cells = (raw.at(*place).words for place in (form.CHECK_CELL, form.CODE_CELL, form.NAME_CELL))
        school = self._school(form.CODE_CELL[0], tell, *cells)
        if not school:
            return
        self.speaks_for[file].add(school)
        strays = [*self._form_strays(raw), *raw.comments]
        self._tell_strays(strays, tell, lambda _: school)
        last = max(row for row, _ in raw.cells)
        rows = defaultdict(list)
        for row in range(form.FORM_TOP + 1, last + 1):
            if key := raw.at(row, 1).words:
                rows[key].append(row)
        said = bool(strays) or any(raw.at(row, 4).words for row in range(form.FORM_TOP + 1, last + 1))
        read = []
        for question in self.issue.questions:
            found = rows.pop(question.key, [])
            if len(found) == 1 and raw.at(found[0], 3).words != self.thai[question.key]:
                text = "คำถามในแบบถูกแก้ หรือถูกเปลี่ยนใน issue.yaml หลังส่งแบบ จึงไม่รู้ว่าตอบคำถามใด"
                tell("altered-question", found[0], text, _AGAIN, school, question.key, raw.at(found[0], 4).words)
            elif len(found) == 1:
                read.append((question, found[0], 4))
            elif found:
                for row in found:
                    words = raw.at(row, 4).words
                    tell("repeated-question", row, "คำถามนี้มีหลายแถว", _AGAIN, school, question.key, words)
            else:
                tell("missing-question", 0, f"ไม่มีแถวของคำถาม “{self.thai[question.key]}”", _AGAIN, school, question.key)
        for key, found in rows.items():
            for row in found:
                text = "คำถามนี้ไม่มีใน issue.yaml แล้ว"
                tell(
                    "altered-question", row, text, "คืนคำถามเดิม หรือส่งแบบใหม่", school, one_line(key), raw.at(row, 4).words
                )
        self._take(file, raw, school, read, file, tell, said=said)

    def _form_strays(self, raw: Raw) -> Iterator[tuple[int, str]]:
        """Yield row and words of each cell of a school's form that is neither read nor as it was sent."""
        places = {question.key: place for place, question in enumerate(self.issue.questions, start=1)}
        keys = Counter(raw.at(row, 1).words for row, column in raw.cells if column == 1 and row > form.FORM_TOP)
        number = 0
        for row, column in sorted(raw.cells):
            words, key = raw.at(row, column).words, raw.at(row, 1).words
            if row <= form.FORM_TOP:
                sent = row == form.FORM_TOP or column <= 2 or (row, column) in (form.CODE_CELL, form.NAME_CELL)
            elif not key:
                sent = column == 3 and _is_end(form.FORM_END, words)
            else:
                number += column == 1
                sent = column in (1, 3, 4)
                sent |= column == 2 and _whole(words) in (str(places.get(key)), str(number))
                # Of a question that is not known, or there twice, the row is told.
                sent |= column == 5 and (keys[key] > 1 or one_line(words) == self.how.get(key, one_line(words)))
            if not sent or column > len(form.FORM_HEADS):
                yield row, words

    def _tell_strays(
        self, strays: Iterable[tuple[int, str]], tell: Callable[..., None], school_of: Callable[[int], str]
    ) -> None:
        for row, words in strays:
            tell("added-row", row, "มีข้อความนอกช่องคำตอบ", "เปิดดูว่าเป็นคำตอบหรือไม่", school_of(row), "", words)

    def _read_list(self, file: str, raw: Raw, tell: Callable[..., None]) -> None:
        top = form.LIST_KEYS + 1
        heads = [raw.at(top, column).words for column in range(1, len(form.LIST_HEADS) + 1)]
        if heads != list(form.LIST_HEADS):
            tell("altered-head", top, _head_words(heads, form.LIST_HEADS), _AGAIN)
            return
        last_row, last_column = (max(place[axis] for place in raw.cells) for axis in (0, 1))
        columns = defaultdict(list)
        for column in range(len(form.LIST_HEADS) + 1, last_column + 1):
            columns[raw.at(form.LIST_KEYS, column).words].append(column)
        read: list[tuple[Question, int]] = []
        altered: list[tuple[str, int]] = []
        for question in self.issue.questions:
            found = columns.pop(question.key, [])
            if len(found) == 1 and raw.at(top, found[0]).words == self.thai[question.key]:
                read.append((question, found[0]))
            else:
                text = "คอลัมน์ของคำถามถูกแก้ หายไป หรือมีหลายคอลัมน์"
                tell("altered-question", top, f"{text}: “{self.thai[question.key]}”", _AGAIN, "", question.key)
                altered += [(question.key, column) for column in found]
        schools: dict[int, str] = {}
        strange = {column for found in columns.values() for column in found}
        for row in range(top + 1, last_row + 1):
            if not any(raw.at(row, column).words for column in range(len(form.LIST_HEADS) + 1, last_column + 1)):
                continue
            schools[row] = school = self._school(row, tell, *(raw.at(row, column).words for column in (1, 3, 4)))
            if not school:
                continue
            self.speaks_for[file].add(school)
            for key, column in altered:
                if value := raw.at(row, column).words:
                    tell("altered-question", row, "คำตอบในคอลัมน์ที่คำถามถูกแก้", _AGAIN, school, key, value)
            mine = [(question, row, column) for question, column in read]
            self._take(file, raw, school, mine, f"{file}#{row}", tell, said=True)
        strays = [*self._list_strays(raw, strange), *raw.comments]
        self._tell_strays(strays, tell, lambda row: schools.get(row) or self._code_at(raw, row))
        if not schools and not strays:
            tell("empty-form", 0, "แบบรวมว่าง ไม่มีคำตอบของโรงเรียนใด", "กรอกแล้วส่งใหม่")

    def _list_strays(self, raw: Raw, strange: Collection[int]) -> Iterator[tuple[int, str]]:
        """Yield row and words of each cell of the form for all that is neither read nor as it was sent."""
        top = form.LIST_KEYS + 1
        for row, column in sorted(raw.cells):
            words, code = raw.at(row, column).words, self._code_at(raw, row)
            if row < form.LIST_KEYS:
                sent = column <= 2
            elif row <= top or column > len(form.LIST_HEADS):
                sent = column not in strange
            elif raw.at(row, 1).words:
                sent = column in (1, 3, 4)
                sent |= column == 2 and _whole(words) in (str(row - top), self.asked.get(code))
                sent |= column == 5 and one_line(words) == self.amphoes.get(code, one_line(words))
            else:
                # What is wrong with a row that has answers and says not whose is told by its row.
                sent = column == 3 and _is_end(form.LIST_END, words)
            if not sent:
                yield row, words

    def _code_at(self, raw: Raw, row: int) -> str:
        """Return the school of a row in the form for all, where its code and the check of it say so together."""
        check, code = raw.at(row, 1).words, raw.at(row, 3).words
        return code if code in self.names and form.check_of(self.issue, code) == check[: form.CHECK_LETTERS] else ""

    def _take(
        self,
        file: str,
        raw: Raw,
        school: str,
        places: Sequence[tuple[Question, int, int]],
        entry: str,
        tell: Callable[..., None],
        *,
        said: bool,
    ) -> None:
        """Take the answers of one school that stand in some cells; ``said`` is whether it has written anything."""
        if not said:
            tell("empty-form", 0, "แบบว่าง ไม่มีคำตอบเลย", "ให้โรงเรียนกรอกแล้วส่งใหม่", school)
            return
        for question, row, column in places:
            cell = raw.at(row, column)
            if not cell.words:
                if question.needed:
                    tell(
                        "needed-blank",
                        row,
                        f"ยังไม่ตอบ “{self.thai[question.key]}”",
                        "ให้โรงเรียนตอบแล้วส่งใหม่",
                        school,
                        question.key,
                    )
                continue
            try:
                self.answers.append((school, question.key, value_of(question, cell), file, row, entry))
            except Refused as refused:
                tell(refused.rule, row, refused.message, refused.remedy, school, question.key, cell.words)


def _is_end(template: str, words: str) -> bool:
    """Say whether a text is the line that ends a form."""
    return re.fullmatch(template.replace("{}", r"[\d,]+"), words) is not None


def _whole(words: str) -> str:
    return words.removesuffix(".0")


def _head_words(found: Sequence[str], wanted: Sequence[str]) -> str:
    place = next(place for place, (one, other) in enumerate(zip(found, wanted, strict=True)) if one != other)
    said = one_line(found[place])[:60] or "ว่าง"
    return f"หัวตารางถูกแก้หรือย้าย: คอลัมน์ที่ {place + 1} ต้องเป็น “{wanted[place]}” แต่เป็น “{said}”"

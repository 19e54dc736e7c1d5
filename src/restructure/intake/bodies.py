"""What stands in a file's table: its sheet, its head, and the rows beneath it that are rows of data.

Only cells of columns that are known and needed leave a sheet; of all others nothing is kept, converted or shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from restructure._errors import TableError
from restructure.intake.grids import Sheet, cell_text, read_sheets
from restructure.intake.heads import GUESSED, PRIVATE, Head, Match, find_head, head_key, looks_private
from restructure.intake.pupils import HIDDEN, counted
from restructure.intake.schema import KEYS, REQUIRED_TABLES, Problem, columns_of
from restructure.intake.vocabulary import GRID_TABLES
from restructure.thai import arabic_digits

#: Cells that say nothing.
NOTHING = ("", "-", "–")
_TOTAL = re.compile(
    r"(ยอด|ผล)?รวม(ทั้งหมด|ทั้งสิ้น|สุทธิ|ทุกชั้น|ทุกโรงเรียน|นักเรียน|(อำเภอ|อ\.|ตำบล|ต\.|เขต|สพป|จังหวัด|จ\.|กลุ่ม|เครือข่าย|ศูนย์|หน้า"
    r"|ชั้น|ระดับ|อนุบาล|ประถม|มัธยม|[ปมอ]\.?\d|หมู่|โรงเรียน|ห้อง).*)?"
    r"|(grand|sub)?total",
    re.IGNORECASE,
)
#: A code begins with its figures: heads have some too.
_CODED = re.compile(r"[^ก-ฮ]*\d")
_NOTE = re.compile(r"\*|หมายเหตุ|ที่มา|แหล่งข้อมูล|ข้อมูลณ|ผู้รายงาน|ผู้รับรอง|ผู้จัดทำ|พิมพ์เมื่อ|วันที่พิมพ์|note:|source:")
#: A citizen number, however it is set apart; the decimals of a coordinate are none.
_CITIZEN = re.compile(r"(?<![\d.])(\d{13}|\d-\d{4}-\d{5}-\d{2}-\d|\d \d{4} \d{5} \d{2} \d)(\.0+)?(?![\d.])")
#: What in a head may be a child's: the row taken for the head may be a row of data.
_TELLING = re.compile(r"\d{9,}|\d-\d{4}-|(ด\.ช\.|ด\.ญ\.|เด็กชาย|เด็กหญิง|นาย|นางสาว|นาง|น\.ส\.)\s*[ก-ฮเ-ไ]")
#: In a table of pupils a school's code stands beside its sums too: one of these makes a row one of data.
_OF_PUPILS = ("village_id", "national_id", "student_key", "student_code")
_WORD = re.compile("[ก-๙A-Za-z]{3}")
#: What a title says of a school: its word, or a code.
OF_SCHOOL = re.compile(r"โรงเรียน|ร\.ร\.|รร\.|(?<!\d)\d{6,10}(?!\d)")
#: Heads that a person knows again by two of them are a head for certain.
_CERTAIN = 2


class Block(NamedTuple):
    """Where another part of a table of pupils begins: the row, and the texts that stand there, the nearest last."""

    row: int
    titles: list[str]


class Body(NamedTuple):
    """The rows of a file's table.

    Attributes
    ----------
    row
        Of the head, as the file's own program counts.
    titles
        Texts above the head, row by row.
    later
        Of pupils: where the head stands again, or a school is named between the rows.
    fields
        Texts by field; the index is the row in the file.
    totals
        The same columns of the rows that add up others, which are no rows of data.
    private
        Whether the file has columns that are never read: then each of its rows is a person.
    unread
        Heads of columns that are not known, as messages may show them.
    """

    row: int
    titles: list[str]
    later: list[Block]
    fields: pd.DataFrame
    totals: pd.DataFrame
    private: bool
    unread: list[str]


def read_body(path: Path, table: str, file: str, remembered: Mapping[str, str]) -> tuple[Body, list[Problem]]:
    """Read the rows of a table from the sheet that fits it best.

    Parameters
    ----------
    path, file
        The file, and its name as messages should say it.
    table
        Its name, such as ``schools``.
    remembered
        Fields by the heads' normal form, as the office has confirmed them.

    Returns
    -------
    Body
    list of Problem
        Sheets, columns and rows that were left out; each kind is counted.

    Raises
    ------
    TableError
        When the file cannot be read, has no row of data (an optional table may have none), has no head, or holds only
        what is never read.
    """
    sheet, head, problems = choose_sheet(read_sheets(path, file), table, file, remembered)
    required = columns_of(table)["required"]
    head = head._replace(matches=_once(head.matches))
    wanted = [m for m in head.matches if _is_read(m, required)]
    told = [m for m in head.matches if m.field and m not in wanted]
    if not wanted:
        raise _only_dropped(file, " (" + ", ".join(f"“{shown_head(m, certain=False)}”" for m in told[:8]) + ")")
    certain = len(wanted) >= _CERTAIN
    problems += _name_columns(head, certain, file)
    body, found = _read_rows(sheet, head, wanted, table, file)
    problems += [*sheet.problems, *found]
    unread = [shown_head(m, certain) for m in head.matches if not m.field and not m.how]
    # A title that is merged over columns stands in each of them.
    titles = [" ".join(dict.fromkeys(filter(None, cells))) for cells in sheet.top[: head.first - 1]]
    body = body._replace(titles=titles, unread=unread, private=any(m.field == PRIVATE for m in told))
    if body.fields.empty:
        if table in REQUIRED_TABLES:
            raise _empty(file)
        text = "มีแต่หัวตาราง จึงถือว่าไม่มีข้อมูลนี้"
        problems.append(Problem("warning", "empty-table", file, head.first, "", "", text, "เติมข้อมูล หรือลบไฟล์ถ้าไม่มี"))
    return body, problems


def _once(matches: list[Match]) -> list[Match]:
    """Leave each grade's column to the first of its kind, as other columns are left already."""
    first = {match.field: match.place for match in reversed(matches)}
    return [
        m if "." not in m.field or first[m.field] == m.place else m._replace(field="", how="repeated") for m in matches
    ]


def _is_read(match: Match, required: pd.Series) -> bool:
    if match.field in ("", PRIVATE):
        return False
    return "." in match.field or required.get(match.field) != "dropped"  # P1.pupils and the like are of a grid


def choose_sheet(
    sheets: list[Sheet], table: str, file: str, remembered: Mapping[str, str]
) -> tuple[Sheet, Head, list[Problem]]:
    """Return the sheet whose head knows most of the table, and its head; the first of several that are as good.

    Parameters
    ----------
    sheets
        Those of one file, as :func:`restructure.intake.grids.read_sheets` returns them.
    table, file, remembered
        As for :func:`read_body`.

    Returns
    -------
    Sheet, Head
    list of Problem
        Other sheets that hold something.

    Raises
    ------
    TableError
        When all are empty, or none has a head of which something may be read.
    """
    required = columns_of(table)["required"]

    def worth(head: Head | None) -> int:
        return (
            sum(3 if required.get(m.field) == "yes" else 1 for m in head.matches if _is_read(m, required))
            if head
            else -1
        )

    heads = [find_head(sheet.top, table, remembered) for sheet in sheets]
    best = max(range(len(sheets)), key=lambda i: worth(heads[i]), default=None)
    if best is None or not any(any(row) for sheet in sheets for row in sheet.top):
        raise _empty(file)
    head = heads[best]
    if head is None:
        # A row of persons' columns that no vocabulary has word for word; it may be a person's row, so it is not shown.
        if any(sum(map(looks_private, row)) >= _CERTAIN for sheet in sheets for row in sheet.top):
            raise _only_dropped(file, "")
        raise missing_columns(file, 1, table, list(required.index[required == "yes"]), [])
    problems = []
    for i, sheet in enumerate(sheets):
        # A sheet without a head may be the rest of a table that was cut in two.
        filled = sum(sum(map(bool, row)) > 1 for row in sheet.top) > 1
        if i != best and (worth(heads[i]) >= _CERTAIN or filled):
            text = f"ไฟล์มีหลายแผ่นงาน อ่านแผ่น “{sheets[best].name}” ไม่ได้อ่านแผ่น “{sheet.name}”"
            remedy = "ถ้าต้องใช้ทุกแผ่น ให้รวมไว้ในแผ่นเดียว"
            problems.append(Problem("warning", "other-sheet", file, 1, "", sheet.name, text, remedy))
    return sheets[best], head, problems


def _name_columns(head: Head, certain: bool, file: str) -> list[Problem]:
    """Name columns that are not known, repeated, or known by a near spelling only."""
    problems = []
    row, remedy = head.first, "แก้ชื่อหัวตารางให้ตรง หรือปล่อยไว้หากไม่ต้องใช้"
    for match in head.matches:
        shown = shown_head(match, certain)
        if match.how == "repeated":
            text = f"คอลัมน์ “{shown}” ซ้ำกับคอลัมน์ก่อนหน้า จึงไม่ได้อ่าน"
            problems.append(Problem("warning", "repeated-column", file, row, shown, "", text, remedy))
        elif not match.field and not match.how:
            text = f"คอลัมน์ “{shown}” ไม่รู้จัก จึงไม่ได้อ่าน"
            problems.append(Problem("warning", "unknown-column", file, row, shown, "", text, remedy))
        elif match.how in GUESSED:
            text = f"คอลัมน์ “{shown}” อ่านเป็น {match.field} เพราะสะกดหรือความหมายใกล้เคียง"
            problems.append(
                Problem("warning", "near-column", file, row, shown, "", text, "ตรวจว่าถูก แล้วแก้ชื่อหัวตารางให้ตรง")
            )
    return problems


def shown_head(match: Match, certain: bool) -> str:
    """Return a head as messages may show it: a row of data taken for the head must not be told."""
    known = (match.field not in ("", PRIVATE) or certain) and not _TELLING.search(arabic_digits(match.head))
    return match.head if known else f"คอลัมน์ที่ {match.place + 1}"


def _read_rows(sheet: Sheet, head: Head, wanted: list[Match], table: str, file: str) -> tuple[Body, list[Problem]]:
    names = [m.field for m in wanted]
    places = [m.place for m in wanted]
    width = 1 + max(m.place for m in head.matches)
    key = next((i for i, name in enumerate(names) if name in KEYS.get(table, ())), 0)
    one = itemgetter(places[0])
    pick: Any = itemgetter(*places) if len(places) > 1 else lambda row: (one(row),)
    of_pupils = [i for i, name in enumerate(names) if name in _OF_PUPILS]
    hidden = {m.place for m in head.matches if m.field == PRIVATE}
    numbers, kept, summed, elsewhere, beyond = [], [], set(), [], []
    filled: dict[int, list[str]] = {}  # up to three texts of each row that is not empty
    for number, row in enumerate(sheet.rows(), start=1):
        if number <= head.last:
            continue
        if len(row) < width:
            row = [*row, *[""] * (width - len(row))]
        elif len(row) > width and any(map(_is_filled, row[width:])):
            beyond.append(number)
        values = pick(row)
        if table in GRID_TABLES and (first := list(islice(filter(_is_filled, row), 3))):
            filled[number] = [cell_text(value) for value in first] if len(first) < 3 else []
        if not any(values) and not any(map(_is_filled, values)):
            if any(map(_is_filled, row)):
                elsewhere.append(number)
            continue
        # The word of a sum may stand in a column that is not read; a child may be called so.
        if not _is_filled(values[key]):
            cells = row
        elif table in GRID_TABLES and not any(_is_coded(values[i]) for i in of_pupils):
            cells = [cell for place, cell in enumerate(row) if place not in hidden]
        else:
            cells = []
        if any(map(_is_total, cells)):
            summed.add(number)
        numbers.append(number)
        kept.append(values)
    index = pd.Index(numbers, name="row", dtype="int64")
    columns = zip(*kept, strict=True) if kept else ([] for _ in names)
    fields = pd.DataFrame(
        {name: _texts(column) for name, column in zip(names, columns, strict=True)}, index, dtype=object
    )
    fields = fields[(fields != "").any(axis=1)]
    fields, problems = _hide_numbers(fields, table, file)
    rows = sheet.top[head.first - 1 : head.last]
    heads = [{head_key(row[m.place]) for row in rows if m.place < len(row)} | {head_key(m.head)} for m in wanted]
    kinds = [names[i] for i in of_pupils] if table in GRID_TABLES else [names[key]]
    totals, again, notes = _no_data(fields, kinds, heads)
    totals = totals.union(fields.index.intersection(list(summed)).difference(again))
    known = {key for its_heads in heads for key in its_heads}
    told = {
        number: texts
        for number, texts in filled.items()
        if number not in totals and number not in notes and not (texts and {head_key(text) for text in texts} <= known)
    }
    named = bool({"school_id", "school_name"} & set(names))
    later, above = _find_blocks(dict(sorted({**told, **{row: [] for row in again}}.items())), set(again), named)
    notes = notes.union(pd.Index(sorted(above), dtype="int64"))
    elsewhere = [row for row in elsewhere if row not in above]
    for left, rule, text in (
        (totals, "total-row", "แถวผลรวมไม่ใช่ข้อมูล จึงไม่นับ"),
        (again, "repeated-head", "หัวตารางซ้ำกลางตาราง จึงข้าม"),
        (notes, "note-row", "แถวหมายเหตุไม่ใช่ข้อมูล จึงข้าม"),
    ):
        problems += counted(rule, file, left, "", "", text, "ไม่ต้องทำอะไร หรือลบแถวนี้ในต้นฉบับ")
    remedy = "ตรวจว่าข้อมูลเลื่อนช่องหรือไม่"
    problems += counted("row-elsewhere", file, elsewhere, "", "", "ไม่มีค่าในคอลัมน์ที่อ่าน จึงข้าม", remedy)
    problems += counted("cells-beyond-head", file, beyond, "", "", "มีค่าเลยคอลัมน์สุดท้ายของหัวตาราง", remedy)
    data = fields.drop(index=totals.union(again).union(notes), errors="ignore")
    return Body(head.first, [], later, data, fields.loc[totals], False, []), problems


def _is_filled(value: Any) -> bool:
    # A letter or digit in front is never cleaned away: most cells need no closer look.
    return value is not None and (not isinstance(value, str) or value[:1].isalnum() or cell_text(value) != "")


def _is_total(value: Any) -> bool:
    if not isinstance(value, str) or ("รวม" not in value and "total" not in value.lower()):
        return False
    return _TOTAL.fullmatch(re.sub(r"\s+", "", cell_text(value))) is not None


def _is_coded(value: Any) -> bool:
    return _CODED.match(cell_text(value)) is not None


def _texts(values: Any) -> list[str]:
    # A column repeats its values: each different text is cleaned once. (Only texts: True, 1 and 1.0 are one key.)
    clean = {value: cell_text(value) for value in {v for v in values if type(v) is str}}
    return [clean[value] if type(value) is str else cell_text(value) for value in values]


def _no_data(fields: pd.DataFrame, kinds: list[str], heads: list[set[str]]) -> tuple[pd.Index, pd.Index, pd.Index]:
    """Return the rows that add up others, that repeat the head, and that only say something about the table.

    What has a code in one of the columns ``kinds`` is a row of data, but where its grade is a sum.
    """
    coded = pd.Series(False, fields.index)
    for name in kinds:
        coded |= fields[name].map({text: _is_coded(text) for text in fields[name].unique()}).astype(bool)
    if "grade" in fields:
        coded &= ~fields["grade"].map({text: _is_total(text) for text in fields["grade"].unique()}).astype(bool)
    rest = fields[~coded]
    filled = (rest != "").sum(axis=1).to_numpy()
    total, again, note = filled < 0, filled > 1, filled < 0
    for name, its_heads in zip(rest.columns, heads, strict=True):
        texts = rest[name].unique()
        for found, test in ((total, _is_total), (note, _is_note)):
            found |= rest[name].map({text: test(text) for text in texts}).to_numpy(dtype=bool)
        again &= rest[name].map({t: not t or head_key(t) in its_heads for t in texts}).to_numpy(dtype=bool)
    total &= ~again
    return rest.index[total], rest.index[again], rest.index[note & (filled == 1) & ~total & ~again]


def _is_note(text: str) -> bool:
    return _NOTE.match(re.sub(r"\s+", "", text)) is not None


def _find_blocks(filled: dict[int, list[str]], again: set[int], named: bool) -> tuple[list[Block], set[int]]:
    """Return where parts of a table begin, and the rows of titles there.

    Parameters
    ----------
    filled
        Texts of the rows that may be titles, none for other rows that are not empty, by row.
    again
        Rows that repeat the head.
    named
        Whether rows name their schools: then a school's name alone in a row need not be a title.
    """
    blocks, above = [], set[int]()
    titles: dict[int, str] = {}
    for row, texts in filled.items():
        if row not in again and _is_title(texts):
            titles[row] = " ".join(texts)
            continue
        schools = [title for title, text in titles.items() if OF_SCHOOL.search(arabic_digits(text))]
        repeated = row in again and row - 1 not in again  # a head may have several rows
        if repeated or (schools and not named):
            blocks.append(Block(row if repeated else schools[-1], list(titles.values())))
            above.update(titles)
        titles = {}
    return blocks, above


def _is_title(texts: list[str]) -> bool:
    """Tell whether a row of so few texts is above a table, not in it: one cell of words, or two that name a school."""
    text = " ".join(texts)
    if len(texts) == 1:
        return _WORD.search(text) is not None
    return len(texts) == 2 and re.search(r"โรงเรียน|ร\.ร\.|รร\.", text) is not None


def _hide_numbers(fields: pd.DataFrame, table: str, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Hide citizen numbers wherever they have slipped to; where a number or code is due, that shows by itself."""
    types, problems = columns_of(table)["type"], []
    hidden = {}
    for name in fields:
        if name in ("national_id", "student_key"):  # these become keys
            continue
        found = {t: bool(_CITIZEN.search(arabic_digits(t))) for t in fields[name].unique() if len(t) >= 13}
        mask = fields[name].map(found).eq(True)
        if mask.any():
            hidden[name] = fields[name].mask(mask, HIDDEN)
            if types.get(name) == "text":
                text = f"ช่อง {name} มีเลข 13 หลักเหมือนเลขประจำตัวประชาชน จึงปกปิด"
                remedy = "ตรวจว่าข้อมูลเลื่อนช่องหรือไม่ แล้วใส่ค่าที่ถูก"
                problems += counted("citizen-number", file, fields.index[mask], str(name), HIDDEN, text, remedy)
    return fields.assign(**hidden), problems


def missing_columns(file: str, row: int, table: str, missing: list[str], unread: list[str]) -> TableError:
    """Return the error that names the columns that a table cannot do without."""
    thai = columns_of(table)["thai"]
    names = ", ".join(f"{thai[name]} ({name})" for name in missing)
    found = f" หัวตารางที่ไม่รู้จัก: {', '.join(unread[:8])}" if unread else ""
    return TableError(
        f"ไฟล์ {file} แถว {row} ขาดคอลัมน์ {names}: เพิ่มหรือแก้ชื่อหัวตาราง{found}",
        f"{file}, row {row}, lacks the column(s) {', '.join(missing)}; add them or mend the head.",
    )


def _only_dropped(file: str, names: str) -> TableError:
    return TableError(
        f"ไฟล์ {file} มีแต่คอลัมน์ที่ระบบไม่อ่านเพราะเป็นข้อมูลส่วนบุคคลหรือไม่ต้องใช้{names}: ส่งออกใหม่ให้มีคอลัมน์ที่ต้องใช้ แล้วลบไฟล์นี้",
        f"{file} holds only columns that are never read; export the needed ones and delete this file.",
    )


def _empty(file: str) -> TableError:
    return TableError(
        f"ไฟล์ {file} ไม่มีข้อมูล: ต้องมีหัวตาราง และต้องมีข้อมูลอย่างน้อยหนึ่งแถว",
        f"{file} is empty: there must be a head and at least one row beneath it.",
    )

"""Office files of whatever shape into the tables of this project: texts still, one row a record.

A register of pupils, a grid of schools by grades, a list of schools with the grades that they send elsewhere, the
population of villages: each is recognised by the columns that it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import pandas as pd
import shapely

from restructure._errors import TableError
from restructure.intake.bodies import NOTHING, OF_SCHOOL, Block, Body, missing_columns, read_body
from restructure.intake.codes import Frames, codes_by_name, codes_of_names, plain_code, school_of_titles
from restructure.intake.coordinates import gather_points
from restructure.intake.people import count_people
from restructure.intake.pupils import find_villages, hide_keys, pupil_keys
from restructure.intake.schema import Problem, columns_of
from restructure.intake.schoolforms import MERGED, part_mergers, unroll
from restructure.thai import MONTHS, Term, arabic_digits, parse_date, term_of

#: Columns that go along until points are read.
_OF_POINTS = ("zone", "datum")
_AS_OF = re.compile(r"(ข้อมูล\s*)?ณ\s*(?:วันที่)?\s*(\d{1,2}\s*[ก-๙.]+\s*(?:พ\.ศ\.\s*)?\d{2,4}|\d{1,2}/\d{1,2}/\d{2,4})")
#: Words before a day on which a program has written or printed what it held: the data may be of another day.
_PRINTED = re.compile(
    r"(?:พิมพ์|ออกรายงาน|ออกเอกสาร|เรียกรายงาน|เรียกดู|ส่งออก|ดาวน์โหลด|\b(?:print|export|download|generat))\D*$",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\s*(?:เวลา|\d{1,2}[:.]\d{2})")
_TERM = re.compile(
    r"(?:ภาคเรียน|เทอม)(?:ที่)?\s*[12]\s*(?:/|,?\s*(?:ประจำ)?ปีการศึกษา|,?\s*พ\.ศ\.)\s*(?:พ\.ศ\.\s*)?2[45]\d\d"
    r"|ปีการศึกษา\s*2[45]\d\d\s*,?\s*ภาคเรียน(?:ที่)?\s*[12](?!\s*(?:และ|,|-|–|/)\s*[12])"
)
_YEAR = re.compile(r"2[45]\d\d")
_WORD = re.compile("[ก-๙A-Za-z]{3}")
#: Words of titles that say which class, page or time, but name nothing.
_NAMELESS = re.compile(
    "ทะเบียน|รายชื่อ|รายงาน|ราย|บัญชี|ข้อมูล|จำนวน|นักเรียน|ระดับ|ชั้น|ประถมศึกษา|ประถม|อนุบาล|มัธยมศึกษา|มัธยม|ตอนต้น|ปีการศึกษา|ปีที่|ปี"
    f"|ภาคเรียน|ห้อง|หน้า|แผ่น|วันที่|พิมพ์|เมื่อ|เวลา|ประจำ|ต่อ|ที่|page|{'|'.join(MONTHS)}",
    re.IGNORECASE,
)


def read_file(
    path: Path,
    table: str,
    file: str,
    remembered: Mapping[str, str],
    salt: Callable[[], bytes] | None,
    known: Mapping[str, pd.DataFrame],
) -> tuple[Frames, list[Problem]]:
    """Read an office's file, whatever its shape, into texts of the tables that it holds.

    Parameters
    ----------
    path
        Any file that intake reads; a map file's features are its rows.
    table
        What the file is for, such as ``students``.
    file
        The file as messages should name it.
    remembered
        Fields by the heads' normal form, as the office has confirmed them for this table.
    salt
        Returns the secret that pupils' keys are made with; asked only where pupils have numbers. Without it numbers
        are not used at all.
    known
        Tables of texts that were read before: ``schools`` (for schools that are named, not coded) and ``villages`` (for
        addresses of pupils). Each may be absent.

    Returns
    -------
    dict of DataFrame
        Columns as in the schema (``zone`` and ``datum`` stay with points), without those that no step needs; the index
        is the row in the file. A grid gives one row a grade, all with the number of its row. Schools with grades that
        learn elsewhere give ``schools`` and ``mergers``.
    list of Problem

    Raises
    ------
    TableError
        When the file cannot be read, is empty, lacks a required column, or holds only what is never read.
    """
    body, problems = read_body(path, table, file, remembered)
    fields, found = _name_schools(body, table, file, known)
    problems += found
    grid = [name for name in fields if "." in name]
    if grid:
        fields, found = unroll(body, fields, table, file)
        problems += found
    fields = gather_points(fields)
    fields, found = _date(fields, body, table, file)
    problems += found
    if table == "students" and not grid:
        fields, found = _hide_pupils(fields, body, file, salt, known)
        problems += found
    elif table in ("population", "villages"):
        fields, found = count_people(fields, file)
        problems += found
    elif table == "tambons":
        fields = _middle_points(fields)
    fields = _require(fields, body, table, file)
    frames = {table: fields}
    if table == "schools" and set(MERGED) & set(fields):
        frames, found = part_mergers(fields, file)
        problems += found
    return {name: _canonical(frame, name) for name, frame in frames.items()}, problems


def _canonical(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    if table == "students" and "boards" not in frame:
        frame = frame.rename(columns={"boarding": "boards"})
    required = columns_of(table)["required"]
    kept = [c for c in frame if required.get(c, "source") in ("yes", "") or c in _OF_POINTS]
    return frame[kept]


def _require(fields: pd.DataFrame, body: Body, table: str, file: str) -> pd.DataFrame:
    """Refuse a table that lacks a column which no row can do without."""
    required = columns_of(table)["required"]
    missing = [name for name in required.index[required == "yes"] if name not in fields]
    if table == "villages" and not {"lat", "lon"} & set(fields):
        # Villages without any point are a list to be placed on the map.
        missing = [name for name in missing if name not in ("lat", "lon", "point_source")]
        fields = fields.assign(lat="", lon="", point_source="")
    if table == "students" and not {"count", "student_key"} & set(fields):
        missing.append("count")
    if table == "students" and "village_id" not in fields and not {"lat", "lon"} <= set(fields):
        missing.append("village_id")
    if missing:
        raise missing_columns(file, body.row, table, missing, body.unread)
    return fields


# -- schools by name ----
def _name_schools(
    body: Body, table: str, file: str, known: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Give codes to schools that a file only names: in its rows, or above its head where it is of one school."""
    fields, problems = body.fields, []
    schools = known.get("schools")
    if schools is None or table == "schools":
        return fields, []
    for column, named in (("school_id", "school_name"), ("host_id", "host_name")):
        if named in fields and (column not in fields or fields[column].isin(NOTHING).any()):
            given = fields[column] if column in fields else pd.Series("", fields.index, dtype=object)
            silent = given.isin(NOTHING) & ~fields[named].isin(NOTHING)
            codes, found = codes_of_names(fields.loc[silent, named], codes_by_name(schools), file, column)
            problems += found
            if codes.ne("").any() or column in fields:
                fields = fields.assign(**{column: given.mask(silent, codes.reindex(fields.index))})
    if "school_id" not in fields and "school_id" in columns_of(table).index and table != "mergers":
        blocks = _blocks_of_schools(body, schools, file)
        if blocks:
            starts = pd.Index([block.row for block, _ in blocks])
            codes = [code for _, code in blocks]
            places = starts.searchsorted(fields.index, side="right") - 1
            fields = fields.assign(school_id=[codes[place] for place in places])
        for block, code in blocks:
            name = schools.loc[schools["school_id"].map(plain_code) == code, "name"].iloc[0]
            text = f"ไม่มีคอลัมน์รหัสโรงเรียน ใช้ {name} ({code}) ตามข้อความเหนือหัวตาราง"
            remedy = "ตรวจว่าเป็นข้อมูลของโรงเรียนนี้"
            problems.append(Problem("warning", "school-of-title", file, block.row, "school_id", code, text, remedy))
    return fields, problems


def _blocks_of_schools(body: Body, schools: pd.DataFrame, file: str) -> list[tuple[Block, str]]:
    """Return where each school's rows begin, and its code; nothing where no title names a school.

    Raises
    ------
    TableError
        When it cannot be known whose the rows under a title are.
    """
    blocks = [(Block(body.row, body.titles), school_of_titles(body.titles, schools))]
    for block in body.later:
        # What stands above every part of the table says nothing of this one, unless it is a school's name.
        own = [title for title in block.titles if title not in body.titles or school_of_titles([title], schools)]
        of_schools = [title for title in own if OF_SCHOOL.search(arabic_digits(title))]
        if of_schools:
            blocks.append((block, school_of_titles(of_schools[-1:], schools)))
        elif any(_WORD.search(_NAMELESS.sub(" ", arabic_digits(title))) for title in own):
            blocks.append((block, ""))
    if not any(code for _, code in blocks):
        return []
    ends = [*(block.row for block, _ in blocks[1:]), None]
    for (block, code), end in zip(blocks, ends, strict=True):
        if not code and not body.fields.loc[block.row : end].empty:
            raise TableError(
                f"ไฟล์ {file} แถว {block.row} เริ่มตารางอีกส่วน แต่ข้อความเหนือแถวนี้ไม่ตรงกับโรงเรียนเดียวในตารางโรงเรียน "
                "จึงไม่ทราบว่าเป็นของโรงเรียนใด: แก้ชื่อโรงเรียนเหนือหัวตาราง หรือเพิ่มคอลัมน์รหัสโรงเรียนทุกแถว",
                f"{file}, row {block.row}: the text above this part of the table names no one school of the schools' "
                "table; mend the school's name there, or add a column of school codes.",
            )
    return [(block, code) for block, code in blocks if code]


# -- points, days ----
def _fill(fields: pd.DataFrame, name: str, texts: pd.Series) -> pd.DataFrame:
    if name not in fields:
        return fields.assign(**{name: texts})
    return fields.assign(**{name: fields[name].mask(fields[name].isin(NOTHING), texts)})


def _middle_points(fields: pd.DataFrame) -> pd.DataFrame:
    """Give each tambon that is drawn as an area a point inside it."""
    if "wkt" not in fields:
        return fields
    points = shapely.point_on_surface(shapely.from_wkt(fields["wkt"].replace("", None), on_invalid="ignore"))
    for name, values in (("lat", shapely.get_y(points)), ("lon", shapely.get_x(points))):
        texts = pd.Series(values, fields.index).map(lambda value: "" if pd.isna(value) else f"{value:.6f}")
        fields = _fill(fields, name, texts)
    return fields


def _date(fields: pd.DataFrame, body: Body, table: str, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Say of which day, term or year the counts are: by their columns, else by the texts above the head."""
    named = columns_of(table).index
    if "as_of" in named and "term_year" in fields:
        number = fields.get("term_number", fields.get("as_of", pd.Series("", fields.index)))
        terms = number.str.strip() + "/" + fields["term_year"].str.strip()
        numbered = number.map(arabic_digits).isin(["1", "2"])
        said = fields["as_of"] if "as_of" in fields else pd.Series("", fields.index, dtype=object)
        fields = fields.assign(as_of=said.mask(numbered & (said.isin(NOTHING) | (said == number)), terms))
    column = next((c for c in ("as_of", "year") if c in named), None)
    if column is None or (column in fields and not fields[column].isin(NOTHING).all()):
        return fields, []
    titles = [*body.titles, *(title for block in body.later for title in block.titles)]
    text, others = _as_of_titles(titles, file, body.row) if column == "as_of" else (_year_of_titles(titles), [])
    if not text:
        return fields, []
    message = f"ไม่มีคอลัมน์{columns_of(table).at[column, 'thai']} ใช้ {text} ตามข้อความเหนือหัวตาราง"
    if others:
        message += f" ซึ่งบอก {', '.join(others)} ด้วย"
    problem = Problem("warning", "date-of-title", file, body.row, column, text, message, "ตรวจว่าเป็นข้อมูลของเวลานี้")
    return fields.assign(**{column: text}), [problem]


def _as_of_titles(titles: list[str], file: str, row: int) -> tuple[str, list[str]]:
    """Return the day, else the term, that the texts above a head say, and what else they say.

    Of a day and a term that it is not in, the term counts.

    Raises
    ------
    TableError
        When they say several, and it cannot be known which is meant.
    """
    days, terms = set[date](), set[Term]()
    for title in map(arabic_digits, titles):
        before = 0
        for match in _AS_OF.finditer(title):
            printed = _PRINTED.search(title[before : match.start()])
            before = match.end()
            if not printed and (match[1] or not _CLOCK.match(title, before)):
                with suppress(ValueError):  # a day that no month has
                    days.add(parse_date(match[2]))
        for match in _TERM.finditer(title):
            year, number = _YEAR.search(match[0]), re.search(r"(?<!\d)[12](?!\d)", match[0])
            if year and number:
                terms.add(Term(int(year[0]), int(number[0])))
    fitting = [day for day in days if not terms or term_of(day) in terms]
    said = [*map(str, sorted(terms)), *(day.isoformat() for day in sorted(days))]
    if len(fitting) > 1 or (not fitting and len(terms) > 1):
        raise TableError(
            f"ไฟล์ {file} แถว {row}: ข้อความเหนือหัวตารางบอกเวลาของข้อมูลไม่ตรงกัน ({', '.join(said)}): "
            "เพิ่มคอลัมน์ ข้อมูล ณ (as_of) หรือลบข้อความที่ไม่ใช่",
            f"{file}, row {row}: the texts above the head say several times ({', '.join(said)}); "
            "add a column as_of, or delete the wrong one.",
        )
    chosen = fitting[0].isoformat() if fitting else "".join(map(str, terms))
    others = [text for text in said if text != chosen]
    return chosen, others if len(days) > 1 or len(terms) > 1 else []


def _year_of_titles(titles: list[str]) -> str:
    years = {m[0] for title in titles if "ปีการศึกษา" in title for m in _YEAR.finditer(arabic_digits(title))}
    return years.pop() if len(years) == 1 else ""


# -- pupils ----
def _hide_pupils(
    fields: pd.DataFrame, body: Body, file: str, salt: Callable[[], bytes] | None, known: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Give pupils keys instead of numbers and villages instead of addresses."""
    problems: list[Problem] = []
    if salt is not None and "student_key" in fields:  # an office's own key may be a citizen number
        keys, problems = hide_keys(fields["student_key"], salt, file)
        fields = fields.assign(student_key=keys)
    named = {"national_id", "student_code"} & set(fields)
    if named and "count" not in fields:
        keys = pd.Series("", fields.index, dtype=object)
        if salt is not None:
            keys, found = pupil_keys(fields, salt, file)
            problems += found
        fields = _fill(fields, "student_key", keys)
    elif body.private and "count" not in fields and "student_key" not in fields:
        fields = fields.assign(student_key="")  # a list of names that are not read: a row is a pupil all the same
    if {"tambon", "reg_tambon"} & set(fields):
        villages = known.get("villages", pd.DataFrame(columns=["village_id", "name"]))
        silent = fields["village_id"].isin(NOTHING) if "village_id" in fields else pd.Series(True, fields.index)
        codes, found = find_villages(fields[silent], villages, file)
        problems += found
        fields = _fill(fields, "village_id", codes.reindex(fields.index, fill_value=""))
    return fields, problems

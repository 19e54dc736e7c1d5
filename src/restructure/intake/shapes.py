"""Office files of whatever shape into the tables of this project: texts still, one row a record.

A register of pupils, a grid of schools by grades, a list of schools with the grades that they send elsewhere, the
population of villages: each is recognised by the columns that it has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import shapely

from restructure.intake.bodies import NOTHING, Body, missing_columns, read_body
from restructure.intake.codes import Frames, codes_by_name, codes_of_names, plain_code, school_of_titles
from restructure.intake.people import count_people
from restructure.intake.pupils import HIDDEN, counted, find_villages, pupil_keys
from restructure.intake.schema import Problem, columns_of
from restructure.intake.schoolforms import MERGED, part_mergers, unroll
from restructure.thai import arabic_digits, parse_date, parse_term, term_of

#: Columns that go along until points are read.
_OF_POINTS = ("zone", "datum")
_LINK = re.compile(r"(-?\d{1,3}\.\d{3,})\s*[,;/\s]\s*(-?\d{1,3}\.\d{3,})")
_WKT_POINT = re.compile(r"POINT\s*Z?\s*\(\s*(\S+)\s+(\S+)[^)]*\)", re.IGNORECASE)
_AFTER_LATITUDE = re.compile(r"(?<=[NSns])\s*[,;]?\s+|(?<=เหนือ)\s*[,;]?\s*|\s*;\s*|,\s+|\s*/\s*|\n")
_AS_OF = re.compile(r"(?:ณ|ข้อมูล)\s*(?:วันที่)?\s*(\d{1,2}\s*[ก-๙.]+\s*(?:พ\.ศ\.\s*)?\d{2,4}|\d{1,2}/\d{1,2}/\d{2,4})")
_TERM = re.compile(
    r"(?:ภาคเรียน|เทอม)(?:ที่)?\s*[12]\s*(?:/|,?\s*(?:ประจำ)?ปีการศึกษา|,?\s*พ\.ศ\.)\s*(?:พ\.ศ\.\s*)?2[45]\d\d"
    r"|ปีการศึกษา\s*2[45]\d\d\s*,?\s*ภาคเรียน(?:ที่)?\s*[12]"
)
_YEAR = re.compile(r"2[45]\d\d")


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
    fields = _join_points(fields)
    fields, found = _date(fields, body.titles, table, file, body.row)
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
        code = school_of_titles(body.titles, schools)
        if code:
            fields = fields.assign(school_id=code)
            name = schools.loc[schools["school_id"].map(plain_code) == code, "name"].iloc[0]
            text = f"ไม่มีคอลัมน์รหัสโรงเรียน ใช้ {name} ({code}) ตามข้อความเหนือหัวตาราง"
            remedy = "ตรวจว่าเป็นข้อมูลของโรงเรียนนี้"
            problems.append(Problem("warning", "school-of-title", file, body.row, "school_id", code, text, remedy))
    return fields, problems


# -- points, days ----
def _join_points(fields: pd.DataFrame) -> pd.DataFrame:
    """Put points that stand in one cell, or as easting and northing, where latitude and longitude are."""
    if "point" in fields:
        fields = _fill(fields, "lat", fields["point"].map(lambda text: _split_point(text)[0]))
        fields = _fill(fields, "lon", fields["point"].map(lambda text: _split_point(text)[1]))
    for name, metres in (("lat", "y"), ("lon", "x")):
        if metres in fields:
            fields = _fill(fields, name, fields[metres])
    return fields


def _fill(fields: pd.DataFrame, name: str, texts: pd.Series) -> pd.DataFrame:
    if name not in fields:
        return fields.assign(**{name: texts})
    return fields.assign(**{name: fields[name].mask(fields[name].isin(NOTHING), texts)})


def _split_point(text: str) -> tuple[str, str]:
    """Return latitude and longitude of ``16.8, 100.4``, a link to a map or a WKT point; all in the first if unclear."""
    if match := _WKT_POINT.search(text):
        return match[2], match[1]
    if match := _LINK.search(text):
        return match[1], match[2]
    parts = [part for part in _AFTER_LATITUDE.split(text.strip()) if part]
    if len(parts) != 2:
        parts = text.split(",") if text.count(",") == 1 else text.split()
    return (parts[0].strip(), parts[1].strip()) if len(parts) == 2 else (text, "")


def _middle_points(fields: pd.DataFrame) -> pd.DataFrame:
    """Give each tambon that is drawn as an area a point inside it."""
    if "wkt" not in fields:
        return fields
    points = shapely.point_on_surface(shapely.from_wkt(fields["wkt"].replace("", None), on_invalid="ignore"))
    for name, values in (("lat", shapely.get_y(points)), ("lon", shapely.get_x(points))):
        texts = pd.Series(values, fields.index).map(lambda value: "" if pd.isna(value) else f"{value:.6f}")
        fields = _fill(fields, name, texts)
    return fields


def _date(
    fields: pd.DataFrame, titles: list[str], table: str, file: str, row: int
) -> tuple[pd.DataFrame, list[Problem]]:
    """Say of which day, term or year the counts are: by their columns, else by the texts above the head."""
    named = columns_of(table).index
    if "as_of" in named and "term_year" in fields:
        number = fields.get("term_number", fields.get("as_of", pd.Series("", fields.index)))
        terms = number.str.strip() + "/" + fields["term_year"].str.strip()
        numbered = number.map(arabic_digits).isin(["1", "2"])
        said = fields["as_of"] if "as_of" in fields else pd.Series("", fields.index, dtype=object)
        fields = fields.assign(as_of=said.mask(numbered & (said.isin(NOTHING) | (said == number)), terms))
    column = next((c for c in ("as_of", "year") if c in named), None)
    text = _as_of_titles(titles) if column == "as_of" else _year_of_titles(titles)
    if column is None or not text or (column in fields and not fields[column].isin(NOTHING).all()):
        return fields, []
    message = f"ไม่มีคอลัมน์{columns_of(table).at[column, 'thai']} ใช้ {text} ตามข้อความเหนือหัวตาราง"
    problem = Problem("warning", "date-of-title", file, row, column, text, message, "ตรวจว่าเป็นข้อมูลของเวลานี้")
    return fields.assign(**{column: text}), [problem]


def _as_of_titles(titles: list[str]) -> str:
    """Return the day, else the term, that the texts above a head say; the term where the day is of another one."""
    day = term = None
    for title in titles:
        title = arabic_digits(title)
        try:
            if day is None and (match := _AS_OF.search(title)):
                day = parse_date(match[1])
            if term is None and (match := _TERM.search(title)):
                year, number = re.search(r"2[45]\d\d", match[0]), re.search(r"(?<!\d)[12](?!\d)", match[0])
                term = parse_term(f"{number[0]}/{year[0]}") if year and number else None
        except ValueError:  # a day that no month has
            continue
    if day and (term is None or term_of(day) == term):
        return day.isoformat()
    return str(term) if term else ""


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
        digits = fields["student_key"].map(lambda text: re.sub(r"[\s-]", "", arabic_digits(text)).removesuffix(".0"))
        citizen = digits.str.fullmatch(r"\d{13}")
        if citizen.any():
            keys, _ = pupil_keys(pd.DataFrame({"national_id": digits[citizen]}), salt, file)
            fields = fields.assign(student_key=fields["student_key"].mask(citizen, keys.reindex(fields.index)))
            text = "รหัสมี 13 หลักเหมือนเลขประจำตัวประชาชน แทนด้วยรหัสอ้างอิงแล้ว"
            problems += counted(
                "citizen-number", file, fields.index[citizen], "student_key", HIDDEN, text, "ใช้รหัสอ้างอิงอื่นแทน หรือปล่อยไว้"
            )
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

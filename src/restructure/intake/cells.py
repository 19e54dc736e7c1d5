"""Texts of cells into values of their column's type, noting what was mended and what cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import shapely

from restructure.grades import format_grades, parse_grades
from restructure.intake.schema import KEYS, WET_SEASON, Problem, columns_of
from restructure.thai import arabic_digits, parse_date, parse_term

#: Columns whose presence says how pupils are listed: counted, one by one, with home points of their own.
_MODES = {("students", name) for name in ("count", "student_key", "lat", "lon")}
#: What Excel makes of a term such as 2/2569 typed into a cell: the first day of a month of that common year.
_EXCEL_TERM = re.compile(r"(2[45]\d\d)-0([12])-01(?:T00:00:00)?")
#: What may be a child's name or number: four letters in a row, or thirteen digits.
_TELLING = re.compile(r"[ก-ฮ][ก-๙]{3,}|[A-Za-z]{4,}|\d[\d-]{11,}\d")


def type_frame(raw: pd.DataFrame, table: str, where: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Make a frame of texts into a canonical table.

    Parameters
    ----------
    raw
        Texts in columns named as ours; the index is the row in the file.
    table
        Its name, such as ``schools``.
    where
        The file as messages should name it.

    Returns
    -------
    DataFrame
        Columns of the schema; an optional one that ``raw`` lacks is there and empty, but for those that say how pupils
        are listed. Rows that cannot be used are left out.
    list of Problem
        What was mended or set aside.
    """
    schema = columns_of(table)
    problems: list[Problem] = []
    bad = pd.Series(False, index=raw.index)
    typed = {}
    for name in schema.index[schema["required"] != "dropped"]:
        if name not in raw and (table, name) in _MODES:
            continue
        cells = _Cells(where, table, name, schema.loc[name], problems)
        empty = pd.Series("", index=raw.index, dtype=object)
        typed[name] = cells.convert(raw.get(name, empty), bad)
    return pd.DataFrame(typed, index=raw.index)[~bad], problems


class _Cells:
    """Conversion of one column's text into values of its type, noting what was mended and what cannot be used."""

    def __init__(self, where: str, table: str, name: str, schema: pd.Series, problems: list[Problem]) -> None:
        self.where, self.name, self.kind, self.problems = where, name, str(schema["type"]), problems
        self.required = schema["required"] == "yes" and self.kind not in ("lat", "lon")
        # All that a closure says decides which road is closed when.
        self.essential = self.required or name in KEYS[table] or name in ("count", "student_key") or table == "closures"
        self.of_pupils = table == "students"
        self.private = self.of_pupils and name in ("lat", "lon", "student_key")

    def convert(self, raw: pd.Series, bad: pd.Series) -> pd.Series:
        parse = _PARSERS[self.kind]
        # A column repeats its values: each different text is parsed once.
        parsed: dict[str, tuple[Any, str, str]] = {text: self._parse(parse, text) for text in raw.unique()}
        values, faulty = [], np.zeros(len(raw), dtype=bool)
        for i, text in enumerate(raw):
            value, fault, mended = parsed[text]
            values.append(value)
            if fault:
                # A cell that no figure rests on does not make the row useless: its pupils still count.
                faulty[i] = self.essential
                self._note("error" if faulty[i] else "warning", f"bad-{self.kind}", raw.index[i], text, *_FAULTS[fault])
            elif mended:
                self._note("warning", mended, raw.index[i], text, *_MENDED[mended])
        bad |= faulty
        return pd.Series(values, index=raw.index, dtype=_DTYPES.get(self.kind, "str"))

    def _parse(self, parse: Callable[[str], Any], text: str) -> tuple[Any, str, str]:
        """Return value, fault and mending of one text."""
        empty = {"float64": np.nan, "Int64": pd.NA}.get(_DTYPES.get(self.kind, ""), "")
        if text in ("", "-", "–") and (self.kind != "text" or not self.required):
            return empty, "missing" if self.required else "", ""
        mended = ""
        if self.kind in ("term", "as_of") and (match := _EXCEL_TERM.fullmatch(text)):
            text, mended = f"{match[2]}/{match[1]}", "excel-term"
        if self.kind not in _OWN_DIGITS and arabic_digits(text) != text:
            text, mended = arabic_digits(text), "thai-digits"
        if self.of_pupils and not self.private and re.fullmatch(r"[\d-]+", text) and len(re.sub("-", "", text)) == 13:
            return empty, "citizen", ""
        try:
            value = parse(text)
        except ValueError as error:
            return empty, str(error) if str(error) in _FAULTS else self.kind, ""
        if self.kind == "code" and value != text:
            mended = "code-decimals"
        return value, "", mended

    def _note(self, severity: str, rule: str, row: int, text: str, message: str, remedy: str) -> None:
        # A row shifted by a column may have a name or a number of a child anywhere.
        shown = "(ปกปิด)" if self.private or (self.of_pupils and _TELLING.search(text)) else text
        self.problems.append(
            Problem(severity, rule, self.where, int(row), self.name, shown, message.format(column=self.name), remedy)
        )


def _parse_code(text: str) -> str:
    if re.fullmatch(r"\d+(\.\d+)?[eE]\+?\d+", text):
        raise ValueError("scientific")
    if match := re.fullmatch(r"(\d+)\.0+", text):
        return match[1]
    if not re.fullmatch(r"[\w.\-/]{1,40}", text):
        raise ValueError("code")
    return text


def _parse_count(text: str) -> int:
    match = re.fullmatch(r"(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.0+)?", text)
    if not match:
        raise ValueError("count")
    return int(match[1].replace(",", ""))


def _parse_number(text: str) -> float:
    """Read a number with a point or a comma before its decimals; commas between groups of three are no decimals."""
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?", text):
        return float(text.replace(",", ""))
    if not re.fullmatch(r"(\d{1,12}([.,]\d*)?|[.,]\d+)", text):
        raise ValueError("number")
    return float(text.replace(",", "."))


def _parse_degrees(text: str) -> float:
    if not re.fullmatch(r"[+-]?\d{1,3}(\.\d+)?", text):
        raise ValueError("degrees")
    return float(text)


def _parse_one_grade(text: str) -> str:
    grades = parse_grades(text)
    if len(grades) != 1:
        raise ValueError("grade")
    return grades[0]


def _parse_as_of(text: str) -> str:
    try:
        return str(parse_term(text))
    except ValueError:
        return parse_date(text).isoformat()


def _parse_day_or_season(text: str) -> str:
    key = text.lower().replace(" ", "").replace("_", "-")
    return WET_SEASON if key in (WET_SEASON, "wetseason", "ฤดูฝน", "หน้าฝน") else parse_date(text).isoformat()


def _parse_line_or_point(text: str) -> str:
    try:
        shape = shapely.force_2d(shapely.from_wkt(text))
    except (shapely.errors.ShapelyError, NotImplementedError):  # no WKT; arcs, which GEOS does not know
        raise ValueError("wkt") from None
    kinds = ("Point", "LineString", "MultiPoint", "MultiLineString")
    if shape.geom_type not in kinds or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
        raise ValueError("wkt")
    return str(shapely.to_wkt(shape, rounding_precision=-1))


def _parse_year(text: str) -> int:
    if not re.fullmatch(r"2[45]\d\d", text):
        raise ValueError("year")
    return int(text)


def _one_of(choices: dict[str, str], fault: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        key = text.lower().replace(" ", "").replace("_", "-")
        if key not in choices:
            raise ValueError(fault)
        return choices[key]

    return parse


_KINDS = {
    "learn-together": "learn-together", "เรียนรวม": "learn-together", "มาเรียนรวม": "learn-together",
    "merge": "merge", "ยุบรวม": "merge", "ยุบ": "merge", "dissolve": "dissolve", "เลิก": "dissolve",
}  # fmt: skip
_PROGRAMMES = {
    "existing": "existing", "1.1": "existing", "รวมเดิม": "existing", "โรงเรียนมารวมเดิม": "existing",
    "second-decade": "second-decade", "1.2": "second-decade", "ทศวรรษที่สอง": "second-decade",
    "unspecified": "unspecified", "ไม่ระบุ": "unspecified",
}  # fmt: skip
_STATUSES = {
    "open": "open", "เปิด": "open", "เปิดสอน": "open", "1": "open",
    "closed": "closed", "ปิด": "closed", "ปิดแล้ว": "closed", "เลิกแล้ว": "closed", "ยุบแล้ว": "closed",
    "เลิกสถานศึกษา": "closed", "ยุบรวม": "closed", "เลิก": "closed", "ยุบ": "closed", "0": "closed",
}  # fmt: skip
_ROUNDS = {
    "november": "november", "nov": "november", "พฤศจิกายน": "november", "พ.ย.": "november",
    "may": "may", "พฤษภาคม": "may", "พ.ค.": "may",
}  # fmt: skip
parse_round = _one_of(_ROUNDS, "round")
_DTYPES = {"count": "Int64", "year": "Int64", "number": "float64", "lat": "float64", "lon": "float64"}
#: Types in which Thai digits stay as they are, or are read as a matter of course.
_OWN_DIGITS = ("text", "date", "day_or_season", "as_of", "grade", "grades", "term")
_PARSERS: dict[str, Callable[[str], Any]] = {
    "code": _parse_code,
    "text": str,
    "count": _parse_count,
    "number": _parse_number,
    "lat": _parse_degrees,
    "lon": _parse_degrees,
    "grade": _parse_one_grade,
    "grades": lambda text: format_grades(parse_grades(text)),
    "term": lambda text: str(parse_term(text)),
    "as_of": _parse_as_of,
    "year": _parse_year,
    "date": lambda text: parse_date(text).isoformat(),
    "day_or_season": _parse_day_or_season,
    "wkt": _parse_line_or_point,
    "kind": _one_of(_KINDS, "kind"),
    "programme": _one_of(_PROGRAMMES, "programme"),
    "status": _one_of(_STATUSES, "status"),
    "round": parse_round,
}
_FAULTS = {
    "citizen": ("ช่อง {column} มี 13 หลักเหมือนเลขประจำตัวประชาชน จึงไม่ใช้", "ตรวจว่าข้อมูลเลื่อนช่องหรือไม่ แล้วใส่ค่าที่ถูก"),
    "missing": ("ช่อง {column} ว่าง", "กรอกค่าในช่องนี้"),
    "scientific": (
        "รหัสถูก Excel เปลี่ยนเป็นเลขยกกำลัง ตัวเลขท้ายหายไปแล้ว",
        "ตั้งคอลัมน์เป็นข้อความใน Excel แล้วคัดลอกรหัสจากต้นฉบับใหม่",
    ),
    "code": ("รหัสมีอักขระที่ใช้ไม่ได้หรือยาวเกินไป", "ตรวจรหัสกับต้นฉบับ"),
    "count": ("ไม่ใช่จำนวนเต็มตั้งแต่ 0 ขึ้นไป", "แก้เป็นจำนวนเต็ม"),
    "number": ("ไม่ใช่ตัวเลขตั้งแต่ 0 ขึ้นไป จึงถือว่าไม่ได้แจ้ง", "แก้เป็นตัวเลข เช่น 2.5 หรือเว้นว่าง"),
    "degrees": ("ไม่ใช่พิกัดองศาทศนิยม", "กรอกเป็นองศาทศนิยม เช่น 16.812345"),
    "lat": ("ไม่ใช่พิกัดองศาทศนิยม", "กรอกเป็นองศาทศนิยม เช่น 16.812345"),
    "grade": ("ไม่ใช่ชั้นเรียนเดียว", "กรอกชั้นเดียว เช่น P4 หรือ ป.4"),
    "grades": ("ไม่ใช่ช่วงชั้นที่รู้จัก", "กรอกเป็นช่วง เช่น K2-P6 หรือ อ.2-ป.6"),
    "term": ("ไม่ใช่ภาคเรียน", "กรอกเป็น ภาค/ปี พ.ศ. เช่น 1/2570"),
    "as_of": ("ไม่ใช่ภาคเรียนหรือวันที่", "กรอกเช่น 2/2569 หรือ 2026-11-10"),
    "year": ("ไม่ใช่ปีการศึกษา พ.ศ.", "กรอกเช่น 2569"),
    "date": ("ไม่ใช่วันที่", "กรอกเช่น 2026-11-10 หรือ 10/11/2569"),
    "day_or_season": ("ไม่ใช่วันที่หรือฤดูฝน", "กรอกเช่น 2026-09-01 หรือ 1/9/2569 หรือ wet-season (ฤดูฝน) หรือเว้นว่าง"),
    "wkt": ("ไม่ใช่จุดหรือเส้น", "วาดเป็นจุดหรือเส้นบนถนน หรือเขียน WKT เช่น POINT (100.35 16.82)"),
    "kind": ("ไม่ใช่ลักษณะการรวมที่รู้จัก", "ใช้ learn-together (เรียนรวม), merge (ยุบรวม) หรือ dissolve (เลิก)"),
    "programme": ("ไม่ใช่โครงการที่รู้จัก", "ใช้ existing, second-decade หรือ unspecified"),
    "status": ("ไม่ใช่สถานะที่รู้จัก จึงถือว่ายังเปิดสอน", "ใช้ open (เปิด) หรือ closed (ปิด)"),
    "round": ("ไม่ใช่รอบที่รู้จัก", "ใช้ november (พฤศจิกายน) หรือ may (พฤษภาคม)"),
}
_MENDED = {
    "thai-digits": ("พบเลขไทยในช่อง {column} อ่านเป็นเลขอารบิกให้แล้ว", "ไม่ต้องทำอะไร หรือแก้ในต้นฉบับ"),
    "excel-term": ("Excel เปลี่ยนภาคเรียนเป็นวันที่ อ่านกลับเป็นภาคเรียนให้แล้ว", "ตั้งคอลัมน์เป็นข้อความในต้นฉบับ"),
    "code-decimals": ("รหัสมี .0 ต่อท้าย ตัดออกให้แล้ว", "ตั้งคอลัมน์รหัสเป็นข้อความในต้นฉบับ"),
}

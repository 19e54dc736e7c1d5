"""Texts of cells into values of their column's type, noting what was mended and what cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import shapely

from restructure.grades import format_grades, parse_grade, parse_grades
from restructure.intake.coordinates import MOST_TOLD, parse_datum, parse_degrees, parse_zone
from restructure.intake.schema import KEYS, WET_SEASON, Problem, columns_of
from restructure.thai import arabic_digits, parse_date, parse_term, thai_rows

#: Columns whose presence says how pupils are listed: counted, one by one, with home points of their own.
_MODES = {("students", name) for name in ("count", "student_key", "lat", "lon")}
#: Columns whose name says more than the type of their description.
_KIND_OF = {"point_source": "source", "zone": "zone", "datum": "datum"}
#: Kinds of a key's column that are empty where they cannot be read: the row's pupils still count.
_NEVER_ESSENTIAL = ("mode", "yes_no")
#: A dash in a column of pupils says that there are none; in one of rooms or teachers, that nobody knows.
_DASH_IS_ZERO = ("count",)
_DASHES = re.compile("[-–—−]*")
#: How many digits a code of a column has: with them, the spaces, dashes and commas between are only a way to write it.
_CODE_DIGITS = {
    "school_id": (10, 8, 6), "host_id": (10, 8, 6), "from_school_id": (10, 8, 6), "smis_id": (8,), "obec_id": (6,),
    "village_id": (8,), "tambon_code": (6,),
}  # fmt: skip
#: What Excel makes of a term such as 2/2569 typed into a cell: the first day of a month of that common year.
_EXCEL_TERM = re.compile(r"(2[45]\d\d)-0([12])-01(?:T00:00:00)?")
#: What Excel makes of 10/11/69: a day of 1969.
_EXCEL_YEAR = re.compile(r"19([5-9]\d)(-\d\d-\d\d)(?:T00:00:00)?")
_EXCEL_DAYS = re.compile(r"(\d{5})(?:\.\d+)?")
#: Excel counts days from here. Those of 2013 to 2036 can be no day written without marks: 45970 has no 45th day and no
#: 59th month.
_EXCEL_START, _FIRST_EXCEL_DAY, _LAST_EXCEL_DAY = date(1899, 12, 30), 41_300, 49_999
_MARKS = re.compile("[\u200b-\u200f\u2060\ufeff]")
#: What may be a child's name or number: four letters in a row, a telephone, or thirteen digits.
_TELLING = re.compile(r"[ก-ฮ][ก-๙]{3,}|[A-Za-z]{4,}|(?<!\d)0\d[\d\s-]{6,}\d|\d[\d\s-]{11,}\d")


def type_frame(raw: pd.DataFrame, table: str, where: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Make a frame of texts into a canonical table.

    A fault is told for each row that has it; what was mended, for each row too, or once for a column with more than
    20 rows of it.

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
        are listed. Rows that cannot be used are left out. ``lat`` and ``lon`` are numbers as
        :func:`restructure.intake.coordinates.parse_degrees` returns them; ``zone`` and ``datum`` are there, as
        :func:`restructure.intake.coordinates.read_points` wants them, where ``raw`` has them.
    list of Problem
        What was mended or set aside.
    """
    schema = columns_of(table)
    problems: list[Problem] = []
    bad = pd.Series(False, index=raw.index)
    typed = {}
    of_points = schema.index.isin(["zone", "datum"]) & schema.index.isin(raw.columns)
    for name in schema.index[~schema["required"].isin(["dropped", "source"]) | of_points]:
        if name not in raw and (table, name) in _MODES:
            continue
        cells = _Cells(where, table, name, schema.loc[name], problems)
        empty = pd.Series("", index=raw.index, dtype=object)
        typed[name] = cells.convert(raw.get(name, empty), bad)
    return pd.DataFrame(typed, index=raw.index)[~bad], problems


def _tidy(text: str) -> str:
    """Return a text without the marks that programs put before and into a number to keep it a text."""
    if not text.isascii():
        text = _MARKS.sub("", text)
    if match := re.fullmatch(r'="([^"]*)"', text):
        text = match[1]
    return " ".join(text.lstrip("'’‘`").split())


class _Cells:
    """Conversion of one column's text into values of its type, noting what was mended and what cannot be used."""

    def __init__(self, where: str, table: str, name: str, schema: pd.Series, problems: list[Problem]) -> None:
        self.where, self.name, self.problems = where, name, problems
        self.kind, self.unit = _KIND_OF.get(name, str(schema["type"])), str(schema["unit"])
        self.required = schema["required"] == "yes" and self.kind not in ("lat", "lon", "source")
        # All that a closure says decides which road is closed when.
        of_key = name in KEYS.get(table, []) and self.kind not in _NEVER_ESSENTIAL
        self.essential = self.required or of_key or name in ("count", "student_key") or table == "closures"
        self.of_pupils = table == "students"
        self.private = self.of_pupils and name in ("lat", "lon", "student_key")

    def convert(self, raw: pd.Series, bad: pd.Series) -> pd.Series:
        # A column repeats its values: each different text is parsed once.
        places, texts = pd.factorize(raw.to_numpy(dtype=object))
        parsed = [self._parse(text) for text in texts]
        if self.essential:
            bad |= np.array([bool(fault) for _, fault, _ in parsed], dtype=bool)[places]
        noted = np.array([bool(fault or mended) for _, fault, mended in parsed], dtype=bool)
        rows_of: dict[str, list[int]] = {}
        for i in np.flatnonzero(noted[places]).tolist():
            _, fault, mended = parsed[places[i]]
            if fault:
                # A cell that no figure rests on does not make the row useless: its pupils still count.
                self._note("error" if self.essential else "warning", f"bad-{self.kind}", raw, i, *_FAULTS[fault])
            else:
                rows_of.setdefault(mended, []).append(i)
        for rule, rows in rows_of.items():
            message, remedy = _MENDED[rule]
            if len(rows) > MOST_TOLD:
                self._note("warning", rule, raw, rows[0], f"{message} รวม {thai_rows(raw.index[rows])}", remedy)
            else:
                for i in rows:
                    self._note("warning", rule, raw, i, message, remedy)
        values = pd.Series([value for value, _, _ in parsed], dtype=_DTYPES.get(self.kind, "str"))
        return values.take(places).set_axis(raw.index)

    def _parse(self, text: str) -> tuple[Any, str, str]:
        """Return value, fault and mending of one text."""
        empty = {"float64": np.nan, "Int64": pd.NA}.get(_DTYPES.get(self.kind, ""), "")
        if self.kind != "text":
            text = _tidy(text)
        if text and self.name in _DASH_IS_ZERO and _DASHES.fullmatch(text):
            return 0, "", ""
        if _DASHES.fullmatch(text) and (self.kind != "text" or not self.required):
            return empty, "missing" if self.required else "", ""
        if self.of_pupils and not self.private and _is_citizen_number(text):
            return empty, "citizen", ""
        text, mended = self._mend(text)
        try:
            return _PARSERS[self.kind](text), "", mended
        except ValueError as error:
            return empty, str(error) if str(error) in _FAULTS else self.kind, ""

    def _mend(self, text: str) -> tuple[str, str]:
        """Return the text as it was meant, and the mending that the analyst should know of."""
        mended = ""
        if self.kind not in _OWN_DIGITS and (arabic := arabic_digits(text)) != text:
            text, mended = arabic, "thai-digits"
        if self.kind in ("date", "day_or_season", "as_of", "term"):
            text, mended = _mend_day(text, term=self.kind in ("term", "as_of"))
        elif self.kind == "code":
            digits = re.sub(r"[\s,–—-]", "", text)
            if match := re.fullmatch(r"(\d+)\.0+", text):
                text, mended = match[1], "code-decimals"
            elif digits != text and digits.isdecimal() and len(digits) in _CODE_DIGITS.get(self.name, ()):
                text, mended = digits, "code-spaces"
        elif self.kind in ("count", "number") and self.unit:
            text = text.removesuffix(self.unit).rstrip()
        return text, mended

    def _note(self, severity: str, rule: str, raw: pd.Series, place: int, message: str, remedy: str) -> None:
        row, text = int(raw.index[place]), str(raw.iloc[place])
        # A row shifted by a column may have a name or a number of a child anywhere.
        may_tell = self.of_pupils or self.kind in ("count", "number")  # a list of pupils in a column of how many
        shown = "(ปกปิด)" if self.private or (may_tell and _TELLING.search(text)) else text
        message = message.format(column=self.name)
        self.problems.append(Problem(severity, rule, self.where, row, self.name, shown, message, remedy))


def _is_citizen_number(text: str) -> bool:
    return bool(re.fullmatch(r"[\d๐-๙\s-]{13,}", text)) and len(re.sub(r"[\s-]", "", text)) == 13


def _mend_day(text: str, *, term: bool) -> tuple[str, str]:
    """Return the day, or the term, that Excel made something else of when it was typed."""
    mended = ""
    text = arabic_digits(text)
    if (match := _EXCEL_DAYS.fullmatch(text)) and _FIRST_EXCEL_DAY <= int(match[1]) <= _LAST_EXCEL_DAY:
        text, mended = (_EXCEL_START + timedelta(days=int(match[1]))).isoformat(), "excel-date"
    if match := _EXCEL_YEAR.fullmatch(text):
        text, mended = f"25{match[1]}{match[2]}", "excel-date"
    if term and (match := _EXCEL_TERM.fullmatch(text)):
        text, mended = f"{match[2]}/{match[1]}", "excel-term"
    return text, mended


def _parse_code(text: str) -> str:
    if re.fullmatch(r"\d+([.,]\d+)?[eE]\+?\d+", text):
        raise ValueError("scientific")
    if not re.fullmatch(r"[\w.\-/]{1,40}", text):
        raise ValueError("code")
    return text


def _parse_count(text: str) -> int:
    match = re.fullmatch(r"(\d{1,3}(?:[, ]\d{3})+|\d{1,12})(?:\.0*)?", text)
    if not match:
        raise ValueError("count")
    return int(re.sub("[, ]", "", match[1]))


def _parse_number(text: str) -> float:
    """Read a number with a point or a comma before its decimals; commas between groups of three are no decimals."""
    if re.fullmatch(r"[1-9]\d{0,2}([, ]\d{3})+(\.\d+)?", text):
        return float(re.sub("[, ]", "", text))
    if not re.fullmatch(r"(\d{1,12}([.,]\d*)?|[.,]\d+)", text):
        raise ValueError("number")
    return float(text.replace(",", "."))


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
    match = re.fullmatch(r"(?:ปีการศึกษา|ปี)? ?(?:พ\. ?ศ\.)? ?(2[45]\d\d)(?:\.0+)?", text)
    if not match:
        raise ValueError("year")
    return int(match[1])


def _parse_mode(text: str) -> str:
    """Return how a pupil travels, as DMC tells it; never the words of a cell."""
    key = text.lower().replace(" ", "")
    if not re.search("[a-zก-ฮ]", key):
        raise ValueError("mode")
    return next((mode for mode, words in _TRAVEL if re.search(words, key)), "other")


def _one_of(choices: dict[str, str], fault: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        key = text.lower().replace(" ", "").replace("_", "-")
        if key not in choices:
            raise ValueError(fault)
        return choices[key]

    return parse


_KINDS = {
    "learn-together": "learn-together", "เรียนรวม": "learn-together", "มาเรียนรวม": "learn-together",
    "นำนักเรียนมาเรียนรวม": "learn-together", "นำนักเรียนไปเรียนรวม": "learn-together",
    "merge": "merge", "ยุบรวม": "merge", "ยุบ": "merge", "โรงเรียนยุบ": "merge",
    "dissolve": "dissolve", "เลิก": "dissolve", "เลิกสถานศึกษา": "dissolve", "โรงเรียนเลิก": "dissolve",
    "โรงเรียนเรียนรวม": "learn-together",
}  # fmt: skip
_PROGRAMMES = {
    "existing": "existing", "1.1": "existing", "กรณี1.1": "existing", "กรณี1.1รวมเดิม": "existing",
    "รวมเดิม": "existing", "โรงเรียนมารวมเดิม": "existing",
    "second-decade": "second-decade", "1.2": "second-decade", "กรณี1.2": "second-decade",
    "กรณี1.2ทศวรรษที่สอง": "second-decade", "ทศวรรษที่สอง": "second-decade",
    "unspecified": "unspecified", "ไม่ระบุ": "unspecified",
}  # fmt: skip
_STATUSES = {
    "open": "open", "เปิด": "open", "เปิดสอน": "open", "1": "open",
    "closed": "closed", "ปิด": "closed", "ปิดแล้ว": "closed", "เลิกแล้ว": "closed", "ยุบแล้ว": "closed",
    "เลิกสถานศึกษา": "closed", "ยุบรวม": "closed", "เลิก": "closed", "ยุบ": "closed", "0": "closed",
    "เปิดทำการ": "open", "เปิดทำการสอน": "open", "เปิดทำการเรียนการสอน": "open", "เปิดดำเนินการ": "open",
    "ยุบเลิก": "closed", "ยุบเลิกแล้ว": "closed", "ยุบรวมแล้ว": "closed", "ปิดทำการ": "closed",
}  # fmt: skip
_ROUNDS = {
    "november": "november", "nov": "november", "พฤศจิกายน": "november", "พ.ย.": "november", "พย": "november",
    "รอบพฤศจิกายน": "november", "may": "may", "พฤษภาคม": "may", "พ.ค.": "may", "พค": "may", "รอบพฤษภาคม": "may",
}  # fmt: skip
_SOURCES = {
    "survey": "survey", "สำรวจ": "survey", "สำรวจจริง": "survey", "ลงพื้นที่": "survey", "สำรวจภาคสนาม": "survey",
    "gps": "survey", "จีพีเอส": "survey", "พิกัดgps": "survey", "สำรวจด้วยgps": "survey", "วัดด้วยgps": "survey",
    "osm": "osm", "openstreetmap": "osm",
    "digitised": "digitised", "digitized": "digitised", "วาด": "digitised", "วาดเอง": "digitised",
    "ปักหมุด": "digitised", "ปักหมุดเอง": "digitised", "ปักหมุดบนแผนที่": "digitised",
    "tambon-centroid": "tambon-centroid", "กลางตำบล": "tambon-centroid", "จุดกลางตำบล": "tambon-centroid",
    "ศูนย์กลางตำบล": "tambon-centroid", "centroid": "tambon-centroid", "tamboncentroid": "tambon-centroid",
}  # fmt: skip
_YES_NO = {
    **dict.fromkeys(("yes", "y", "true", "1", "ใช่", "มี", "พัก", "พักนอน", "พักนอนประจำ", "ประจำ", "นักเรียนประจำ"), "yes"),
    **dict.fromkeys(("เด็กประจำ", "ประจำพักนอน", "อยู่ประจำ", "หอพัก", "อยู่หอพัก", "พักนอนที่โรงเรียน"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0", "ไม่", "ไม่ใช่", "ไม่มี", "ไม่พัก", "ไม่พักนอน", "ไม่ได้พักนอน"), "no"),
    **dict.fromkeys(("ไปกลับ", "ไป-กลับ", "เดินทางไปกลับ", "เดินทางไป-กลับ", "ไม่พักนอนประจำ"), "no"),
}
#: What says how a pupil travels, the first that fits; DMC's values are เดินเท้า, พาหนะไม่เสียค่าโดยสาร,
#: พาหนะเสียค่าโดยสาร and จักรยานยืมเรียน.
_TRAVEL = (
    ("free", "ไม่เสียค่า|ไม่มีค่าโดยสาร|ฟรี|free"),
    ("paid", "เสียค่า|paid|fare"),
    ("bicycle", "จักรยาน(?!ยนต์)|bicycle|^bike"),
    ("walk", "เดินเท้า|^เดิน(?!ทาง)|walk|foot"),
)
parse_round = _one_of(_ROUNDS, "round")
_DTYPES = {"count": "Int64", "year": "Int64", "number": "float64", "lat": "float64", "lon": "float64"}
#: Types in which Thai digits stay as they are, or are read as a matter of course.
_OWN_DIGITS = ("text", "date", "day_or_season", "as_of", "grade", "grades", "term", "zone", "datum")
_PARSERS: dict[str, Callable[[str], Any]] = {
    "code": _parse_code,
    "text": str,
    "count": _parse_count,
    "number": _parse_number,
    "lat": parse_degrees,
    "lon": parse_degrees,
    "zone": parse_zone,
    "datum": parse_datum,
    "grade": parse_grade,
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
    "mode": _parse_mode,
    "yes_no": _one_of(_YES_NO, "yes_no"),
    "source": _one_of(_SOURCES, "source"),
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
    "lat": ("ไม่ใช่พิกัดที่อ่านได้", "กรอกเป็นองศาทศนิยม เช่น 16.812345"),
    "lon": ("ไม่ใช่พิกัดที่อ่านได้", "กรอกเป็นองศาทศนิยม เช่น 100.412345"),
    "zone": ("ไม่ใช่โซน UTM ของประเทศไทย จึงถือว่าไม่ได้แจ้ง", "กรอก 47 หรือ 48"),
    "datum": ("ไม่ใช่พื้นหลักฐานที่รู้จัก จึงถือว่าไม่ได้แจ้ง", "กรอก WGS 84 หรือ Indian 1975"),
    "source": (
        "ไม่ใช่ที่มาของพิกัดที่รู้จัก จึงถือว่าไม่ได้แจ้ง",
        "ใช้ survey (สำรวจ), osm, digitised (วาดเอง) หรือ tambon-centroid (กลางตำบล)",
    ),
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
    "mode": ("ไม่ใช่วิธีเดินทางที่อ่านได้ จึงถือว่าไม่ทราบ", "กรอกตาม DMC เช่น เดินเท้า หรือพาหนะเสียค่าโดยสาร"),
    "yes_no": ("อ่านไม่ได้ว่าใช่หรือไม่ จึงถือว่าไม่ทราบ", "กรอก yes (ใช่) หรือ no (ไม่ใช่)"),
    "round": ("ไม่ใช่รอบที่รู้จัก", "ใช้ november (พฤศจิกายน) หรือ may (พฤษภาคม)"),
}
_MENDED = {
    "thai-digits": ("พบเลขไทยในช่อง {column} อ่านเป็นเลขอารบิกให้แล้ว", "ไม่ต้องทำอะไร หรือแก้ในต้นฉบับ"),
    "excel-term": ("Excel เปลี่ยนภาคเรียนเป็นวันที่ อ่านกลับเป็นภาคเรียนให้แล้ว", "ตั้งคอลัมน์เป็นข้อความในต้นฉบับ"),
    "excel-date": (
        "Excel เปลี่ยนวันที่เป็นเลขลำดับวันหรือปี ค.ศ. 19xx อ่านกลับเป็นวันที่ให้แล้ว",
        "ตรวจว่าวันที่ตรงกับต้นฉบับ แล้วตั้งคอลัมน์เป็นข้อความ",
    ),
    "code-spaces": ("รหัสมีช่องว่างหรือขีดคั่น ตัดออกให้แล้ว", "ไม่ต้องทำอะไร หรือแก้ในต้นฉบับ"),
    "code-decimals": ("รหัสมี .0 ต่อท้าย ตัดออกให้แล้ว", "ตั้งคอลัมน์รหัสเป็นข้อความในต้นฉบับ"),
}

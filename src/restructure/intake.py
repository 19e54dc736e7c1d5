"""Office files into typed tables, with every problem found on the way.

A table's index is the row number that the file's own program shows (head = 1), so that any figure can be traced back.
"""

from __future__ import annotations

import csv
import difflib
import io
import math
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl
import pandas as pd
import shapely

from restructure._errors import TableError
from restructure.grades import format_grades, parse_grades
from restructure.thai import arabic_digits, parse_date, parse_term

REQUIRED_TABLES = ("schools", "villages", "students")
OPTIONAL_TABLES = ("mergers", "enrolment", "ceilings", "payments")
TABLE_SUFFIXES = (".csv", ".xlsx")
KEYS = {
    "schools": ["school_id"],
    "villages": ["village_id"],
    "students": ["school_id", "grade", "village_id", "as_of", "from_school_id"],
    "mergers": ["school_id", "grades", "from_term"],
    "enrolment": ["school_id", "year", "grade"],
    "ceilings": ["round", "letter"],
    "payments": ["round", "host_id", "school_id", "date"],
    "closures": ["closure_id"],
}
#: Stands in a closure's ``from`` and ``to`` where it returns with every wet season.
WET_SEASON = "wet-season"
#: Columns whose presence says how pupils are listed: counted, one by one, with home points of their own.
_MODES = {("students", name) for name in ("count", "student_key", "lat", "lon")}
#: Unpacked size that a workbook may have: an office's largest table is far below it.
_MOST_UNPACKED_BYTES = 500_000_000
_MOST_ROWS = 1_048_576
#: What Excel makes of a term such as 2/2569 typed into a cell: the first day of a month of that common year.
_EXCEL_TERM = re.compile(r"(2[45]\d\d)-0([12])-01(?:T00:00:00)?")
_MARKS = re.compile("[\u200b-\u200f\u2060\ufeff]")


class Problem(NamedTuple):
    """One problem of one cell. ``error``: the row is set aside because it cannot be used; ``warning``: it stays."""

    severity: str
    rule: str
    file: str
    row: int
    column: str
    value: str
    message: str
    remedy: str


def columns_of(table: str) -> pd.DataFrame:
    """Return the packaged description of a table's columns, by column name."""
    described = _described_columns()
    return described[described["table"] == table].set_index("column")


@cache
def _described_columns() -> pd.DataFrame:
    text = (resources.files("restructure") / "columns.csv").read_text("utf-8")
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


def find_table(inputs: Path, table: str, suffixes: tuple[str, ...] = TABLE_SUFFIXES) -> Path | None:
    """Return the one file of a table in the folder of raw files, None where there is none.

    Raises
    ------
    TableError
        When there are two: it cannot be known which one counts.
    """
    found = [p for suffix in suffixes if (p := inputs / f"{table}{suffix}").is_file()]
    if len(found) > 1:
        names = " และ ".join(p.name for p in found)
        raise TableError(
            f"มีไฟล์ {names} พร้อมกันใน inputs/: เก็บไว้เพียงไฟล์เดียว",
            f"inputs/ holds both {' and '.join(p.name for p in found)}; keep one.",
        )
    return found[0] if found else None


def read_table(path: Path, table: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Read one canonical table, with Thai or English heads.

    Parameters
    ----------
    path
        A ``.csv`` (UTF-8, UTF-16 with a mark, or cp874) or ``.xlsx`` file whose first row is the head.
    table
        Its name, such as ``schools``.

    Returns
    -------
    DataFrame
        Columns of the schema, codes as text, counts as Int64; the index is the row in the file. An optional column
        that the file lacks is there and empty, but for those that say how pupils are listed. Columns that no step
        needs are dropped.
    list of Problem
        What was mended or set aside.

    Raises
    ------
    TableError
        When the file cannot be read, is empty, or lacks a required column.
    """
    return type_rows(list(enumerate(read_cells(path), start=1)), table, f"inputs/{path.name}")


def read_cells(path: Path) -> list[list[str]]:
    """Read the texts of a ``.csv`` or ``.xlsx`` file, row by row.

    Raises
    ------
    TableError
        When the file cannot be read.
    """
    return _read_xlsx(path) if path.suffix == ".xlsx" else _read_csv(path)


def type_rows(rows: list[tuple[int, list[str]]], table: str, where: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Make texts into a canonical table.

    Parameters
    ----------
    rows
        Number and cells of each row; the first is the head and has number 1.
    table
        Its name, such as ``schools``.
    where
        The file as messages should name it.

    Returns
    -------
    DataFrame, list of Problem
        As :func:`read_table` returns them.

    Raises
    ------
    TableError
        When there are no rows, or a required column is not there.
    """
    schema = columns_of(table)
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled or filled[0][0] != 1 or (len(filled) == 1 and table in REQUIRED_TABLES):
        raise TableError(
            f"ไฟล์ {where} ไม่มีข้อมูล: แถวที่ 1 ต้องเป็นหัวตาราง และต้องมีข้อมูลอย่างน้อยหนึ่งแถว",
            f"{where} is empty: row 1 must be the head and at least one row must follow.",
        )
    problems: list[Problem] = []
    heads = [" ".join(head.split()) for head in filled[0][1]]  # a head of two lines is still one name
    place_of = _match_heads(heads, schema, where, problems)
    _require(place_of, schema, table, heads, where)
    body = filled[1:]
    if not body:
        text = "มีแต่หัวตาราง จึงถือว่าไม่มีข้อมูลนี้"
        problems.append(Problem("warning", "empty-table", where, 1, "", "", text, "เติมข้อมูล หรือลบไฟล์ถ้าไม่มี"))
    index = pd.Index([number for number, _ in body], name="row")
    raw = pd.DataFrame(
        {name: [cells[i] if i < len(cells) else "" for _, cells in body] for name, i in place_of.items()},
        index=index,
        dtype=object,
    )
    bad = pd.Series(False, index=index)
    typed = {}
    for name in schema.index[schema["required"] != "dropped"]:
        if name not in raw and (table, name) in _MODES:
            continue
        cells = _Cells(where, table, name, schema.loc[name], problems)
        empty = pd.Series("", index=index, dtype=object)
        typed[name] = cells.convert(raw.get(name, empty), bad)
    frame = pd.DataFrame(typed, index=index)
    return frame[~bad], problems


def as_problem_table(problems: list[Problem]) -> pd.DataFrame:
    """Return problems as the table ``problems.csv``, worst first, then by file, row and column."""
    frame = pd.DataFrame(problems, columns=list(Problem._fields)).drop_duplicates()
    return frame.sort_values(["severity", "file", "row", "column", "rule"], kind="stable", ignore_index=True)


def rows_aside(problems: pd.DataFrame) -> int:
    """Return how many rows were set aside; one row may have several problems."""
    errors = problems[problems["severity"] == "error"]
    return len(errors.drop_duplicates(["file", "row"]))


def _read_csv(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp874"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise _unreadable(path, "ต้องเป็น CSV แบบ UTF-8")
    if "\0" in text:
        raise _unreadable(path, "มีอักขระที่ไม่ใช่ข้อความ อาจไม่ใช่ไฟล์ CSV")
    try:
        # Strict: a quotation mark that is never closed would swallow the rows behind it.
        return [[_clean(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error:
        raise _unreadable(path, "โครงสร้าง CSV ผิด") from None


def _read_xlsx(path: Path) -> list[list[str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MOST_UNPACKED_BYTES:
                raise _unreadable(path, "ใหญ่เกินไปเมื่อคลายออก")
        with path.open("rb") as file, warnings.catch_warnings():
            # openpyxl says which decorations of a sheet it leaves out; none of them is data.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheet = next(s for s in book.worksheets if s.sheet_state == "visible")
            sheet.reset_dimensions()  # what other programs write as a sheet's size is often wrong
            rows: list[list[str]] = []
            for row in sheet.iter_rows(values_only=True):
                if len(rows) >= _MOST_ROWS:
                    raise _unreadable(path, "มีแถวมากกว่าที่ Excel มีได้")
                rows.append([cell_text(value) for value in row])
            return rows
    except TableError:
        raise
    except Exception:  # openpyxl lets through whatever a broken archive or sheet makes its parsers raise
        raise _unreadable(path, "ไม่ใช่ไฟล์ Excel (.xlsx) ที่สมบูรณ์") from None


def _unreadable(path: Path, thai: str) -> TableError:
    return TableError(
        f"อ่านไฟล์ inputs/{path.name} ไม่ได้ {thai}: เปิดด้วย Excel แล้วบันทึกใหม่เป็น CSV UTF-8 หรือ XLSX",
        f"inputs/{path.name} cannot be read; open it in Excel and save it anew as CSV UTF-8 or XLSX.",
    )


def cell_text(value: Any) -> str:
    """Return what a cell of a workbook or a map file holds as text, empty where it holds nothing."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return _clean(value.isoformat() if hasattr(value, "isoformat") else str(value))


def _clean(cell: str) -> str:
    return _MARKS.sub("", cell).replace("\xa0", " ").strip()


def _head_key(head: str) -> str:
    head = unicodedata.normalize("NFC", head).lower().replace("\u0e4d\u0e32", "\u0e33")
    # DMC marks some heads as ones that must be filled in.
    return re.sub(r"[\s_\-./()]+", "", head).removesuffix("ต้องกรอก")


def _match_heads(heads: list[str], schema: pd.DataFrame, where: str, problems: list[Problem]) -> dict[str, int]:
    known: dict[str, str] = {}
    for level in ("aliases", "thai", "name"):  # a later level wins where two columns share a word
        for name, row in schema.iterrows():
            words = [str(name)] if level == "name" else str(row[level]).split(";")
            known.update({_head_key(word): str(name) for word in words if word})
    place_of: dict[str, int] = {}
    for i, head in enumerate(heads):
        name = known.get(_head_key(head))
        if name is not None and name not in place_of:
            place_of[name] = i
        elif head:
            near = difflib.get_close_matches(_head_key(head), known, 1, 0.75)
            hint = f" หมายถึง “{schema.loc[known[near[0]], 'thai']}” ({known[near[0]]}) หรือไม่" if near else ""
            again = "ซ้ำกับคอลัมน์ก่อนหน้า" if name else "ไม่รู้จัก"
            problems.append(
                Problem(
                    "warning", "repeated-column" if name else "unknown-column", where, 1, head, "",
                    f"คอลัมน์ “{head}” {again}{hint} จึงไม่ได้อ่าน",
                    "แก้ชื่อหัวตารางให้ตรง หรือปล่อยไว้หากไม่ต้องใช้",
                )
            )  # fmt: skip
    return place_of


def _require(place_of: dict[str, int], schema: pd.DataFrame, table: str, heads: list[str], where: str) -> None:
    missing = [name for name in schema.index[schema["required"] == "yes"] if name not in place_of]
    if table == "students" and not {"count", "student_key"} & set(place_of):
        missing.append("count")
    if table == "students" and "village_id" not in place_of and not {"lat", "lon"} <= set(place_of):
        missing.append("village_id")
    if missing:
        names = ", ".join(f"{schema.loc[name, 'thai']} ({name})" for name in missing)
        unread = [head for i, head in enumerate(heads) if head and i not in place_of.values()]
        found = f" หัวตารางที่ไม่รู้จัก: {', '.join(unread[:8])}" if unread else ""
        raise TableError(
            f"ไฟล์ {where} แถว 1 ขาดคอลัมน์ {names}: เพิ่มหรือแก้ชื่อหัวตาราง{found}",
            f"{where}, row 1, lacks the column(s) {', '.join(missing)}; add them or mend the head.",
        )


#: What may be a child's name or number: four letters in a row, or thirteen digits.
_TELLING = re.compile(r"[ก-ฮ][ก-๙]{3,}|[A-Za-z]{4,}|\d[\d-]{11,}\d")


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

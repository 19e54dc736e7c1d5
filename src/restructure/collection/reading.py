"""What stands in the cells of a workbook that came back, kept so that no file is opened twice."""

from __future__ import annotations

import datetime
import gc
import html
import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl

from restructure.collection.form import CHOICES_SHEET, FORM_MARK, FORM_SHEET, LIST_SHEET, MARK_CELL
from restructure.files import sha256, staged
from restructure.intake.sheets import MOST_ROWS

_MOST_BYTES = 10_000_000
_MOST_UNPACKED = 60_000_000
_MOST_PARTS = 2_000
_MOST_ROWS, _MOST_COLUMNS = 5_000, 600
#: What was noted by a reader that read otherwise is read anew.
_READER = 3
_COMMENTS = re.compile(r"xl/(?:comments/)?comments?\d*\.xml")
_COMMENT = re.compile(r"<(?:\w+:)?comment\s[^>]*?ref=\"[A-Z]+(\d+)\".*?</(?:\w+:)?comment>", re.DOTALL)
NOTES_FILE = "read.json"
_AGAIN = "ให้โรงเรียนกรอกในไฟล์ที่สำนักงานเขตส่งไป แล้วส่งไฟล์ .xlsx นั้นกลับ"


class Cell(NamedTuple):
    """What a cell holds: ``text``, ``number``, ``percent``, ``date``, ``formula`` or ``other``, and its words."""

    kind: str
    words: str


_EMPTY = Cell("text", "")


class Raw(NamedTuple):
    """A workbook that came back.

    Attributes
    ----------
    fault
        Rule, message and remedy where it could not be read. Of a school's form whose sheet has another name there are
        cells; else nothing else holds then.
    sheet
        Which of the two layouts it has.
    others
        Sheets that no form has and that hold something.
    cells
        By row and column, from 1: kind and words of each, which :meth:`at` returns.
    comments
        Row and words of what somebody has noted at a cell.
    """

    fault: tuple[str, str, str] | None
    sheet: str = ""
    others: tuple[str, ...] = ()
    cells: dict[tuple[int, int], Sequence[str]] = {}  # noqa: RUF012
    comments: tuple[tuple[int, str], ...] = ()

    def at(self, row: int, column: int) -> Cell:
        """Return a cell; an empty text where there is none."""
        return Cell(*self.cells.get((row, column), _EMPTY))


def read_raw(path: Path) -> Raw:
    """Read a workbook, whatever it is."""
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return Raw(("not-a-form", "ไม่ใช่ไฟล์ .xlsx จึงยังไม่ได้อ่าน", _AGAIN))
    try:
        if path.stat().st_size > _MOST_BYTES:
            return _too_large()
        # Out of memory: openpyxl leaves a broken file open.
        stream = io.BytesIO(path.read_bytes())
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
                return _too_large()
            comments = _comments(archive)
        with warnings.catch_warnings():  # openpyxl tells of parts that it does not keep
            warnings.simplefilter("ignore")
            # Read row by row: merged areas and cells far away would be laid out in full otherwise.
            book = openpyxl.load_workbook(stream, read_only=True)
            try:
                return _cells(book)._replace(comments=comments)
            finally:
                book.close()
    except _TooLarge:
        return _too_large()
    except Exception:  # whatever zip, XML and openpyxl raise on a file that is none of theirs
        return Raw(("unreadable", "เปิดไฟล์ไม่ได้: เสียหาย มีรหัสผ่าน หรือไม่ใช่ไฟล์ Excel", _AGAIN))


def read_all(paths: Sequence[Path], notes: Path) -> dict[Path, Raw]:
    """Read workbooks; what was read of the same bytes before is taken from the notes, which may be deleted any time.

    Parameters
    ----------
    notes
        The folder in which notes are kept.
    """
    known = _read_notes(notes / NOTES_FILE)
    digests = {path: sha256(path) for path in paths}
    # A name says what kind of file it is.
    keys = {path: f"{digest}{path.suffix.lower()}" for path, digest in digests.items()}
    if new := {key: read_raw(path) for path, key in keys.items() if key not in known}:
        known |= new
        lines = {key: _as_note(known[key]) for key in sorted(set(keys.values()))}
        with suppress(OSError), staged(notes) as stage:  # a folder that cannot be written into is read all the same
            text = json.dumps({"reader": _READER, "files": lines}, ensure_ascii=False, separators=(",", ":"))
            (stage / NOTES_FILE).write_text(text, "utf-8")
    return {path: known[key] for path, key in keys.items()}


class _TooLarge(Exception):
    pass


def _too_large() -> Raw:
    return Raw(("unreadable", "ไฟล์ใหญ่เกินกว่าที่แบบจะเป็นได้", _AGAIN))


def _cells(book: Any) -> Raw:
    names = [name for name in (FORM_SHEET, LIST_SHEET) if name in book.sheetnames]
    if not names:
        fault = ("missing-sheet", f"ไม่มีแผ่น “{FORM_SHEET}” หรือ “{LIST_SHEET}”", _AGAIN)
        sheets = map(_cells_of, book.worksheets)
        form = next((cells for cells in sheets if cells.get(MARK_CELL, _EMPTY)[1] == FORM_MARK), {})
        return Raw(fault, cells=form)
    others = []
    for sheet in book.worksheets:
        if sheet.title not in (names[0], CHOICES_SHEET) and next(iter(_walk(sheet)), None):
            others.append(sheet.title)
    return Raw(None, names[0], tuple(others), _cells_of(book[names[0]]))


def _cells_of(sheet: Any) -> dict[tuple[int, int], Sequence[str]]:
    return {(row, column): cell for row, column, cell in _walk(sheet)}


def _comments(archive: zipfile.ZipFile) -> tuple[tuple[int, str], ...]:
    """Return what is noted at cells, which a workbook that is read row by row does not tell."""
    parts = [archive.read(name).decode("utf-8") for name in sorted(archive.namelist()) if _COMMENTS.fullmatch(name)]
    found = [
        (int(match[1]), html.unescape(re.sub(r"<[^>]*>", "", match[0]))) for match in _COMMENT.finditer("".join(parts))
    ]
    return tuple((row, words) for row, words in found if words.strip())


def _walk(sheet: Any) -> Iterable[tuple[int, int, Cell]]:
    sheet.reset_dimensions()  # a sheet may say that it is smaller than it is
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > MOST_ROWS:
            raise _TooLarge
        for column, cell in enumerate(row, start=1):
            if cell.value is not None and (read := _cell(cell)).words:
                # Empty rows to the end of the sheet are nothing unusual, words there are.
                if number > _MOST_ROWS or column > _MOST_COLUMNS:
                    raise _TooLarge
                yield number, column, read


def _cell(cell: Any) -> Cell:
    value = cell.value
    if cell.data_type == "f":
        return Cell("formula", str(getattr(value, "text", value) or "="))
    if isinstance(value, str) and cell.data_type != "e":
        return Cell("text", value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float | datetime.date):
        return Cell("other", str(value))
    if isinstance(value, datetime.date):  # and so datetime
        return Cell("date", value.isoformat()[:10])
    return Cell("percent" if "%" in str(cell.number_format) else "number", repr(value))


def _as_note(raw: Raw) -> list[Any]:
    return [raw.fault, raw.sheet, raw.others, [[*place, *cell] for place, cell in raw.cells.items()], raw.comments]


def _read_notes(path: Path) -> dict[str, Raw]:
    # So many small objects at once, none of them garbage, would be looked through again and again.
    collecting = gc.isenabled()
    gc.disable()
    try:
        noted = json.loads(path.read_text("utf-8"))
        if noted["reader"] != _READER:
            return {}
        return {
            key: Raw(
                tuple(fault) if fault else None,
                sheet,
                tuple(others),
                {(cell[0], cell[1]): cell[2:] for cell in cells},
                tuple((row, words) for row, words in comments),
            )
            for key, (fault, sheet, others, cells, comments) in noted["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    finally:
        if collecting:
            gc.enable()

"""Workbooks of Excel, new (.xlsx) and old (.xls), which are looked through before a reader that trusts them has them.

The reader lays a sheet out as a full rectangle, unpacks whatever an archive holds, and leaves out formulas without a
result and errors without a word: what is too large, damaged or dangerous is found here first, in bounded memory.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from restructure._errors import TableError
from restructure.intake.schema import Problem
from restructure.intake.sheets import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, Sheet, make_sheet, unreadable

#: Unpacked size that a workbook may have: an office's largest table is far below it.
_MOST_UNPACKED_BYTES = 500_000_000
#: By kind of element, how many there may be in one part of a workbook.
_MOST_ELEMENTS = {b"<si": MOST_CELLS, b"<mergeCell ": 100_000, b"<sheet ": 1_000, b"<xf": 100_000}
_CHUNK = 1 << 18
_MOST_PARTS = 10_000
#: Kinds of records in an old workbook: the last of a part, cells, and those cells that may hold an error.
_END = 0x000A
_OLD_CELLS = {0x0006, 0x00BD, 0x00D6, 0x00FD, 0x0203, 0x0204, 0x0205, 0x0206, 0x027E, 0x0406}
_OLD_RESULTS = {0x0006, 0x0205, 0x0206, 0x0406}
#: Sector numbers from here on say something else, such as the end of a chain.
_LAST_SECTOR = 0xFFFFFFFA

_PLAIN_CELL = re.compile(rb'<c r="([A-Z]{1,3}\d{1,7})"')
_LETTERS, _DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"
_EACH_CELL = re.compile(rb"[<:]c[\s>/]")
_STRINGS = re.compile(rb"<(?:[^\s<>/:]+:)?sst[\s/>]")
_COUNTED_STRINGS = re.compile(rb"""<(?:[^\s<>/:]+:)?sst(?:\s+[^\s=>]+=(?:"[^"]*"|'[^']*'))*\s*/?>""")
_COUNT = re.compile(rb"""ount=["'](?!\d{1,7}["'])""")
_ANY_BEGINNING = re.compile(rb"<(?:[^\s<>/:]+:)?(?:row|c)[\s>/]")
_ATTRIBUTE = rb"""\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*')"""
_ANY_CELL = re.compile(rb"<(?:[^\s<>/:]+:)?(row|c)((?:%b)*)\s*(/?)>" % _ATTRIBUTE)
_PLACE = re.compile(rb"""(?:%b)*?\s+r\s*=\s*["']([A-Za-z]*)(\d+)["']""" % _ATTRIBUTE)
_FAULTY = re.compile(rb"""<(?:\w+:)?c(\s(?:[^>]*\s)?t=["']e["'][^>]*)>""")
_FORMULA = re.compile(
    rb"<(?:\w+:)?c(\s[^>]*)>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)(?:<v\s*/>|<v></v>)?</"
)


class _Part(NamedTuple):
    """What a sheet holds that must be said: cells with an error, and formulas without a result."""

    faulty: list[str]
    unsolved: list[str]


def read_workbook(path: Path, file: str) -> list[Sheet]:
    """Read the visible sheets of a workbook, without running, following or computing anything in it.

    Raises
    ------
    TableError
        When it cannot be read, or not be read safely.
    """
    with path.open("rb") as stream:
        old = stream.read(4) != b"PK\x03\x04"
    parts = _inspect_old(path.read_bytes(), file) if old else _inspect(path, file)
    sheets = []
    cells = 0
    try:
        with path.open("rb") as stream, CalamineWorkbook.from_filelike(stream) as book:
            for place, about in enumerate(book.sheets_metadata):
                if about.visible != SheetVisibleEnum.Visible or about.typ != SheetTypeEnum.WorkSheet:
                    continue
                grid = book.get_sheet_by_index(place)
                cells += grid.total_height * grid.total_width
                if cells > MOST_CELLS:
                    raise _too_wide(file)
                sheets.append(_sheet(grid, parts.get(str(place) if old else about.name), file))
    except (TableError, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException:  # the reader's own errors, and its panics, which are no Exception
        raise unreadable(
            file, "ไม่ใช่ไฟล์ Excel ที่สมบูรณ์ อาจเสียหายหรือคัดลอกมาไม่ครบ", "it is damaged or not a whole Excel workbook"
        ) from None
    if not sheets:
        raise unreadable(
            file,
            "ไม่มีชีตที่มองเห็น ทุกชีตถูกซ่อน",
            "all of its sheets are hidden",
            "ยกเลิกการซ่อนชีตที่ต้องการ แล้วบันทึกใหม่",
            "show the sheet that is wanted and save the file anew",
        )
    return sheets


def _sheet(grid: CalamineSheet, part: _Part | None, file: str) -> Sheet:
    def rows() -> Iterator[Sequence[Any]]:
        # The reader begins with row 1, but with the first column that holds anything.
        before = [""] * grid.start[1] if grid.start else []
        for row in grid.iter_rows():
            yield before + row if before else row

    problems = []
    if part and part.faulty:
        cells = ", ".join(part.faulty[:3])
        text = f"ชีต “{grid.name}” มี {len(part.faulty)} ช่องที่สูตรผิดพลาด เช่นช่อง {cells} จึงถือว่าว่าง"
        row = int(re.sub(r"\D", "", part.faulty[0]) or 1)
        problems.append(Problem("warning", "excel-error", file, row, "", "", text, "แก้สูตรหรือพิมพ์ค่าใน Excel แล้วบันทึกใหม่"))
    sheet = make_sheet(grid.name, rows, file, grid.merged_cell_ranges or [], problems)
    if not part or not part.unsolved:
        return sheet

    def refuse() -> Iterator[Sequence[Any]]:
        cells = ", ".join(part.unsolved[:3])
        raise unreadable(
            file,
            f"ชีต “{grid.name}” มีสูตรที่ไม่มีผลคำนวณ เช่นช่อง {cells}",
            f"sheet “{grid.name}” has formulas without a result, such as in {cells}",
            "เปิดด้วย Excel ให้คำนวณ แล้วบันทึกใหม่",
            "open it in Excel, which computes them, and save it anew",
        )

    return sheet._replace(rows=refuse)


# -- .xlsx ----
def _inspect(path: Path, file: str) -> dict[str, _Part]:
    """Look through every part of an archive; return what is to be said of each sheet, by its name."""
    try:
        with path.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            names = [item.filename for item in archive.infolist()]
            kind = {name.lower() for name in names}
            _refuse_others(kind, file)
            stream.seek(-22, 2)
            whole = stream.read(4) == b"PK\x05\x06" and min(item.header_offset for item in archive.infolist()) == 0
            sound = whole and len(kind) == len(names) <= _MOST_PARTS
            if not sound or sum(item.file_size for item in archive.infolist()) > _MOST_UNPACKED_BYTES:
                raise _too_large(file) if sound else ValueError
            parts, small = {}, {}
            for item in archive.infolist():
                chunks = _unpacked(stream, item)
                if not item.filename.lower().endswith((".xml", ".rels")):
                    for _ in chunks:
                        pass
                    continue
                if item.file_size < 1_000_000:
                    small[item.filename.lower()] = data = b"".join(chunks)
                    chunks = iter([data])
                parts[item.filename.lower()] = _scan(chunks, partial(_unpacked, stream, item), file)
            paths = _sheet_paths(small)
            return {name: parts[path] for name, path in paths.items()}
    except TableError:
        raise
    except Exception:  # whatever a broken archive makes its readers raise
        raise unreadable(
            file, "ไม่ใช่ไฟล์ Excel (.xlsx) ที่สมบูรณ์ อาจเสียหายหรือคัดลอกมาไม่ครบ", "it is damaged or not a whole .xlsx workbook"
        ) from None


def _refuse_others(names: set[str], file: str) -> None:
    """Refuse archives that are no workbook of today's Excel, and those with macros."""
    again = ("เปิดด้วย Excel แล้วบันทึกใหม่เป็น .xlsx", "open it in Excel and save it anew as .xlsx")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise unreadable(
            file,
            "มีมาโคร (โปรแกรมในไฟล์)",
            "it holds macros",
            "เปิดด้วย Excel แล้วบันทึกใหม่เป็น .xlsx ซึ่งไม่มีมาโคร",
            "save it anew as .xlsx, without macros",
        )
    if "content.xml" in names:
        raise unreadable(file, "เป็นไฟล์ OpenDocument", "it is an OpenDocument file", *again)
    if "xl/workbook.bin" in names:
        raise unreadable(file, "เป็นไฟล์ .xlsb", "it is an .xlsb workbook", *again)
    if "word/document.xml" in names:
        raise unreadable(file, "เป็นเอกสาร Word ที่เปลี่ยนนามสกุล", "it is a renamed Word document", *again)
    if "[content_types].xml" not in names:
        raise unreadable(
            file,
            "เป็นไฟล์ zip ทั่วไป",
            "it is an ordinary zip file",
            "แตกไฟล์ แล้วใช้ตารางที่อยู่ข้างใน หรือบันทึกใหม่เป็น .xlsx",
            "unpack it and use the table inside",
        )


def _unpacked(stream: Any, item: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part in pieces; ValueError where it is not what the archive's directory says of it.

    A reader of archives that believes the directory stops at the size given there; one that does not, goes on.
    """
    if item.flag_bits & 1 or item.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("encrypted or packed in another way")
    stream.seek(item.header_offset)
    header = stream.read(30)
    start = item.header_offset + 30 + sum(struct.unpack("<26xHH", header))
    left, size, check = item.compress_size, 0, 0
    unpack = zlib.decompressobj(-15) if item.compress_type == zipfile.ZIP_DEFLATED else None
    rest = b""
    while True:
        if not rest and left:
            stream.seek(start)
            rest = stream.read(min(left, _CHUNK))
            start, left = start + len(rest), left - len(rest)
            if not rest:
                raise ValueError("the file ends before the part does")
        piece = unpack.decompress(rest, _CHUNK) if unpack else rest
        rest = unpack.unconsumed_tail if unpack else b""
        size, check = size + len(piece), zlib.crc32(piece, check)
        if size > item.file_size:
            raise ValueError("larger than it says")
        if piece:
            yield piece
        elif not rest and not left:
            break
    if size != item.file_size or check != item.CRC or (unpack and not unpack.eof):
        raise ValueError("not what it says")


def _scan(chunks: Iterator[bytes], again: Callable[[], Iterator[bytes]], file: str) -> _Part:
    """Look through an XML part: how far its cells reach, and which of them are faulty."""
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    plain = True
    counts: Counter[bytes] = Counter()
    part = _Part([], [])
    for text in _whole_elements(chunks, file):
        if b"<!DOCTYPE" in text[:_CHUNK] or b"<!ENTITY" in text[:_CHUNK]:
            raise unreadable(file, "มีคำสั่ง XML ที่ไม่ปลอดภัย (DOCTYPE)", "it holds unsafe XML (a DOCTYPE)")
        found = _PLAIN_CELL.findall(text)
        places = b" ".join(found)
        columns.update(places.translate(None, _DIGITS).split())
        rows.update(places.translate(None, _LETTERS).split())
        prefixed = b":c" in text
        # Every cell says where it is, in the usual way, or all are looked at one by one.
        if plain and (prefixed or text.count(b"<c") != len(found)) and len(_EACH_CELL.findall(text)) != len(found):
            plain = False
            _refuse_far_cells(_whole_elements(again(), file), file)
        # The reader makes room for as many texts as are said here, though there be none.
        if b"sst" in text and _has_many_strings(text):
            raise ValueError("more texts than a workbook can have")
        for element, most in _MOST_ELEMENTS.items():
            counts[element] += text.count(element)
            if counts[element] > most:
                raise _too_large(file)
        if b't="e"' in text or (not plain and b"t='e'" in text):
            part.faulty.extend(_name(match[1]) for match in _FAULTY.finditer(text))
        if b"<f" in text or (prefixed and b":f" in text):
            # An empty text is a result, too.
            part.unsolved.extend(_name(m[1]) for m in _FORMULA.finditer(text) if not re.search(rb"""t=["']str""", m[1]))
    last_row, last_column = max(map(int, rows), default=0), max(map(_column, columns), default=0)
    if plain and (last_row > MOST_ROWS or last_row * last_column > MOST_CELLS):
        _refuse_far_cells(_whole_elements(again(), file), file)
    return part


def _has_many_strings(text: bytes) -> bool:
    """Tell whether a table of texts says that it has more than a workbook can have, or says it in an odd way."""
    counted = _COUNTED_STRINGS.findall(text)
    return len(counted) != len(_STRINGS.findall(text)) or any(map(_COUNT.search, counted))


def _refuse_far_cells(texts: Iterator[bytes], file: str) -> None:
    """Refuse a part whose cells that hold something reach too far: each is looked at, as not all say where they are.

    ValueError where what is looked at may not be what the reader sees: comments, and elements written in an odd way.
    """
    row = column = last_row = last_column = filled = asides = 0
    for text in texts:
        found = _ANY_CELL.findall(text)
        asides += text.count(b"<!") + text.count(b"<?")
        if asides > 1 or len(found) != len(_ANY_BEGINNING.findall(text)):
            raise ValueError("elements written in an odd way")
        for kind, said, empty in found:
            place = _PLACE.match(said)
            if kind == b"row":
                row, column = int(place[2]) if place else row + 1, 0
                continue
            if place:
                at, column = int(place[2]), _column(place[1])
            else:
                at, column = row, column + 1
            if not empty:
                last_row, last_column, filled = max(last_row, at), max(last_column, column), filled + 1
        if last_row > MOST_ROWS or last_column > MOST_COLUMNS:
            raise unreadable(
                file,
                "มีแถวหรือคอลัมน์มากกว่าที่ Excel มีได้",
                "it has more rows or columns than Excel can have",
                "แบ่งเป็นหลายไฟล์ แล้วบันทึกใหม่",
                "split it into several files",
            )
        if filled > MOST_CELLS or last_row * last_column > MOST_CELLS:
            raise _too_wide(file)


def _whole_elements(chunks: Iterator[bytes], file: str) -> Iterator[bytes]:
    """Yield a part in pieces that end before a cell, or before an element where there are no cells."""
    carry = b""
    for chunk in chain(chunks, [b""]):
        text = carry + chunk
        cell = text.rfind(b"<", 0, max(text.rfind(b"<c "), text.rfind(b":c ")) + 1)
        cut = (cell if cell > 0 else max(text.rfind(b"<"), 0)) if chunk else len(text)
        carry = text[cut:]
        if len(carry) > 4 * _CHUNK:
            raise unreadable(
                file,
                "มีช่องที่ข้อความยาวเกินกว่าที่ Excel มีได้",
                "it has a cell with more text than Excel can have",
                "ลบข้อความในช่องนั้น แล้วบันทึกใหม่",
                "delete the text in that cell and save the file anew",
            )
        yield text[:cut]


def _sheet_paths(small: dict[str, bytes]) -> dict[str, str]:
    """Return the part of each sheet, by its name, as the workbook says."""

    def elements(part: str, tag: str) -> list[Any]:
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        return list(etree.fromstring(small[part], parser).iterfind(f".//{{*}}{tag}"))

    elements("[content_types].xml", "Default")  # a broken part is found, though no reader needs it
    target = {one.get("Id"): one.get("Target", "") for one in elements("xl/_rels/workbook.xml.rels", "Relationship")}
    paths = {}
    for sheet in elements("xl/workbook.xml", "sheet"):
        key = next(value for name, value in sheet.items() if name.endswith("}id"))
        path = target[key].lower()
        paths[sheet.get("name", "")] = path[1:] if path.startswith("/") else f"xl/{path}"
    return paths


def _name(said: bytes) -> str:
    place = _PLACE.match(said)
    return (place[1] + place[2]).decode() if place else "?"


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _too_large(file: str) -> TableError:
    return unreadable(
        file,
        "ใหญ่เกินไปเมื่อคลายออก",
        "it is too large when unpacked",
        "ลบชีตและแถวที่ไม่ใช้ แล้วบันทึกใหม่ หรือแบ่งเป็นหลายไฟล์",
        "delete sheets and rows that are not needed, save it anew, or split it",
    )


def _too_wide(file: str) -> TableError:
    return unreadable(
        file,
        f"ใหญ่เกินไป หรือมีช่องที่กรอกไว้ไกลจากตาราง (รวมเกิน {MOST_CELLS:,} ช่อง)",
        f"it is too large or has cells far away from the table (more than {MOST_CELLS:,} cells in all)",
        "ลบแถวและคอลัมน์ที่อยู่นอกตาราง แล้วบันทึกใหม่",
        "delete rows and columns outside the table and save it anew",
    )


# -- .xls ----
def _inspect_old(data: bytes, file: str) -> dict[str, _Part]:
    """Look through an old workbook; return what is to be said of each sheet, by its place."""
    for word, thai, english, thai_remedy, english_remedy in (
        (
            "EncryptedPackage", "มีรหัสผ่าน", "it has a password",
            "เปิดด้วย Excel เอารหัสผ่านออก แล้วบันทึกใหม่", "remove the password in Excel and save it anew",
        ),
        (
            "WordDocument", "เป็นเอกสาร Word ที่เปลี่ยนนามสกุล", "it is a renamed Word document",
            "คัดลอกตารางลง Excel แล้วบันทึกใหม่เป็น .xlsx", "copy its table into Excel and save it as .xlsx",
        ),
        (
            "_VBA_PROJECT_CUR", "มีมาโคร (โปรแกรมในไฟล์)", "it holds macros",
            "เปิดด้วย Excel แล้วบันทึกใหม่เป็น .xlsx ซึ่งไม่มีมาโคร", "save it anew as .xlsx, without macros",
        ),
    ):  # fmt: skip
        if word.encode("utf-16-le") in data:
            raise unreadable(file, thai, english, thai_remedy, english_remedy)
    try:
        stream = _old_stream(data) + bytes(8)  # the last record is shorter than what is looked at
        parts = {}
        cells = 0
        for place, start in enumerate(_old_sheets(stream, file)):
            parts[str(place)], reach = _scan_old(stream, start)
            cells += reach
            if cells > MOST_CELLS:
                raise _too_wide(file)
        return parts
    except (struct.error, IndexError, ValueError, RecursionError):
        raise unreadable(
            file, "ไม่ใช่ไฟล์ Excel (.xls) ที่สมบูรณ์ อาจเสียหายหรือคัดลอกมาไม่ครบ", "it is damaged or not a whole .xls workbook"
        ) from None


def _old_stream(data: bytes) -> bytes:
    """Return the stream with the workbook out of the file system that an old Office file is."""
    sector, small_sector = (1 << min(shift, 12) for shift in struct.unpack_from("<HH", data, 30))
    first_entry, cutoff, first_small, first_more = struct.unpack_from("<I4xIIxxxxI", data, 48)
    places = list(struct.unpack_from("<109I", data, 76))
    while first_more < _LAST_SECTOR and len(places) * sector < len(data) + 109 * sector:
        *more, first_more = struct.unpack_from(f"<{sector // 4}I", data, (first_more + 1) * sector)
        places += more
    table: list[int] = []
    for place in places:
        if place < _LAST_SECTOR:
            table += struct.unpack_from(f"<{sector // 4}I", data, (place + 1) * sector)

    def follow(first: int, table: Sequence[int], source: bytes, size: int, before: int) -> bytes:
        found = []
        while first < _LAST_SECTOR:
            found.append(source[(first + before) * size : (first + before + 1) * size])
            if len(found) > len(table):
                raise ValueError("a chain without an end")
            first = table[first]
        return b"".join(found)

    entries = follow(first_entry, table, data, sector, 1)
    root = struct.unpack_from("<I", entries, 116)[0]
    named: dict[bytes, tuple[int, int]] = {}
    for at in range(0, len(entries) - 127, 128):
        length = struct.unpack_from("<H", entries, at + 64)[0]
        named.setdefault(entries[at : at + max(length - 2, 0)], struct.unpack_from("<II", entries, at + 116))
    for name in ("Workbook", "Book"):
        if (key := name.encode("utf-16-le")) in named:
            first, length = named[key]
            if length >= cutoff:
                return follow(first, table, data, sector, 1)[:length]
            small = follow(first_small, table, data, sector, 1)
            links = struct.unpack(f"<{len(small) // 4}I", small)
            return follow(first, links, follow(root, table, data, sector, 1), small_sector, 0)[:length]
    raise ValueError("no workbook inside")


def _old_sheets(stream: bytes, file: str) -> list[int]:
    """Return where each sheet of an old workbook begins."""
    starts = []
    at = kind = 0
    while kind != _END:
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind == 0x002F:
            raise unreadable(
                file,
                "มีรหัสผ่าน",
                "it has a password",
                "เปิดด้วย Excel เอารหัสผ่านออก แล้วบันทึกใหม่",
                "remove the password in Excel and save it anew",
            )
        if kind == 0x0085:
            starts.append(struct.unpack_from("<I", stream, at + 4)[0])
        at += 4 + length
    if len(starts) > 1_000:
        raise ValueError("more sheets than any workbook has")
    return starts


def _scan_old(stream: bytes, start: int) -> tuple[_Part, int]:
    """Return the faulty cells of an old sheet, and how many cells the rectangle around its cells has."""
    part = _Part([], [])
    last_row = last_column = -1
    begin = struct.Struct("<HHHH").unpack_from
    at, kind, length = start, 0, -4
    while kind != _END:
        at += 4 + length
        kind, length, row, column = begin(stream, at)
        if kind == 0x0200:
            first_row, end_row, first, end = struct.unpack_from("<IIHH" if length == 14 else "<HHHH", stream, at + 4)
            # The reader makes room for as many cells as are said here, though there be none.
            if not (first_row <= end_row <= 65_536 and first <= end <= 256):
                raise ValueError("larger than an old workbook can be")
        elif kind in _OLD_CELLS:
            if row > last_row:
                last_row = row
            if kind == 0x00BD:
                column = struct.unpack_from("<H", stream, at + 2 + length)[0]
            if column > last_column:
                last_column = column
            if kind in _OLD_RESULTS:
                said = stream[at + 10 : at + 4 + length]
                if said[1:2] == b"\1" if kind == 0x0205 else said[0] == 2 and said[6:8] == b"\xff\xff":
                    part.faulty.append(f"{_letters(column)}{row + 1}")
    return part, (last_row + 1) * (last_column + 1)


def _letters(column: int) -> str:
    """Return what Excel calls a column, from 0, of an old workbook."""
    return (chr(64 + column // 26) if column > 25 else "") + chr(65 + column % 26)

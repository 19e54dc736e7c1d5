"""Text with a delimiter between its cells, in whatever encoding it was saved."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from restructure._errors import TableError
from restructure.intake.schema import Problem
from restructure.intake.sheets import MOST_COLUMNS, MOST_ROWS, TOP_ROWS, Sheet, cell_text, make_sheet, unreadable

#: A text that is larger is no office's table, and would not fit into memory several times over.
MOST_TEXT_BYTES = 100_000_000
_LONGEST_LINE = 5_000_000
_DELIMITERS = (",", "\t", ";", "|")
_NUMBER = re.compile(r"[\d.,\s+-]+")  # no head is one
_LINE = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
#: Four Thai letters or more in UTF-8 that were read as cp874 or as Latin-1 or cp1252, and such a text read so again.
#: Each begins with one letter, so that the search for it is quick.
_GARBLED = tuple(
    re.compile(pattern)
    for pattern in (
        "เ[ธน][\x80-\xa0€…‘’“”•–—ก-ฟ](?:เ[ธน][\x80-\xa0€…‘’“”•–—ก-ฟ]){3}",
        "à[¸¹][\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™](?:à[¸¹][\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]){3}",
        "Ã[\xa0 ]Â[¸¹].{2,9}Ã[\xa0 ]Â[¸¹]",
        "ร[\xa0 ]ย[ธน].{2,9}ร[\xa0 ]ย[ธน]",
    )
)


def _bytes_of(encoding: str) -> dict[int, int]:
    """Return the byte of each character; bytes that an encoding leaves out stand for themselves, as in Windows."""
    table = dict.fromkeys(range(0x80, 0x100), 0xFFFF) if encoding == "cp874" else {}
    return table | {ord(bytes([b]).decode(encoding, "ignore") or chr(b)): b for b in range(0x80, 0x100)}


_TABLES = tuple(map(_bytes_of, ("cp874", "cp1252")))


def read_delimited(text: str, file: str, problems: list[Problem]) -> Sheet:
    """Read a text with commas, tabs, semicolons or upright strokes between cells.

    A row that has more filled cells than the head, where rows as a rule have no more than it, is shifted: it is set
    aside with an error that names it.

    Parameters
    ----------
    text, problems
        As :func:`decode` returns them.

    Raises
    ------
    TableError
        When a quotation mark is out of place, or Excel could not hold it.
    """
    text, delimiter = _delimiter(text, file)
    widths: Counter[int] = Counter()
    long: list[tuple[int, int]] = []
    head = 0
    for number, row in enumerate(_split_rows(text, delimiter, file), start=1):
        widths[len(row)] += bool(row)
        filled = next((i for i in range(len(row), 0, -1) if cell_text(row[i - 1])), 0)
        if number <= TOP_ROWS and not any(_NUMBER.fullmatch(cell) for cell in row):
            head = max(head, filled)
        if filled > max(head, 1):
            long.append((number, filled))
    usual = max(head, widths.most_common(1)[0][0] if widths else 0)
    shifted = {number: filled for number, filled in long if filled > usual}
    for number, filled in shifted.items():
        message = f"แถวนี้มี {filled} ช่อง แต่ตารางมี {usual} คอลัมน์ ข้อมูลจึงเลื่อนช่อง พักแถวนี้ไว้"
        remedy = "ใส่เครื่องหมายคำพูดคร่อมข้อความที่มีตัวคั่น หรือลบช่องที่เกิน"
        problems.append(Problem("error", "ragged-row", file, number, "", "", message, remedy))

    def rows() -> Iterator[list[str]]:
        for number, row in enumerate(_split_rows(text, delimiter, file), start=1):
            yield [] if number in shifted else row

    return make_sheet("", rows, file, problems=problems)


def _split_rows(text: str, delimiter: str, file: str) -> Iterator[list[str]]:
    """Yield the cells of each row; TableError where a quotation mark that is never closed would swallow others."""
    number = 0

    def lines() -> Iterator[str]:
        for line in _LINE.finditer(text):
            if line.end() - line.start() > _LONGEST_LINE:
                raise _too_large(file, number + 1)
            yield line[0]

    try:
        for row in csv.reader(lines(), delimiter=delimiter, strict=True):
            number += 1
            if number > MOST_ROWS or len(row) > MOST_COLUMNS:
                raise _too_large(file, number)
            yield row
    except csv.Error:
        raise unreadable(
            file, f"โครงสร้าง CSV ผิดใกล้แถว {number + 1}", f"its quotation marks are wrong near row {number + 1}"
        ) from None


def _too_large(file: str, row: int) -> TableError:
    return unreadable(
        file,
        f"มีแถวหรือคอลัมน์มากกว่าที่ Excel มีได้ (แถว {row})",
        f"it has more rows or columns than Excel can have (row {row})",
        "แบ่งเป็นหลายไฟล์ แล้วบันทึกใหม่",
        "split it into several files",
    )


def _delimiter(text: str, file: str) -> tuple[str, str]:
    """Return the text of the rows, and what stands between their cells."""
    if match := re.match(r'"?sep=([,\t;|])"?(?:\r\n?|\n|$)', text, re.IGNORECASE):
        return text[match.end() :], match[1]  # how Excel is told; it does not show this line
    best, most, last = "", 0.0, None
    for delimiter in _DELIMITERS:
        try:
            rows = islice(_split_rows(text, delimiter, file), TOP_ROWS)
            widths = Counter(len(row) for row in rows if any(map(cell_text, row)))
        except TableError as error:  # quotation marks that are wrong with this one may be right with another
            last = last or error
            continue
        width, count = max(((w, n) for w, n in widths.items() if w > 1), key=lambda item: item[::-1], default=(1, 0))
        # Commas before decimals are in every row but the head: rows that agree count more than columns.
        score = (count / max(widths.total(), 1)) ** 2 * (width - 1)
        if score > most or not best:
            best, most = delimiter, score
    if not most and last:
        raise last
    return text, best


def decode(data: bytes, file: str) -> tuple[str, list[Problem]]:
    """Return the text of a file and what was mended in it.

    Raises
    ------
    TableError
        When it is no text, or was saved in a wrong encoding in a way that cannot be undone.
    """
    if len(data) > MOST_TEXT_BYTES:
        raise unreadable(
            file,
            f"ใหญ่เกินไป (เกิน {MOST_TEXT_BYTES // 1_000_000} MB)",
            f"it is larger than {MOST_TEXT_BYTES // 1_000_000} MB",
            "แบ่งเป็นหลายไฟล์ แล้วบันทึกใหม่",
            "split it into several files",
        )
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise unreadable(file, "ไม่ใช่ข้อความแบบ UTF-8 หรือภาษาไทยแบบเก่า", "it is no text in UTF-8 or cp874")
    if "\0" in text:
        raise unreadable(file, "มีอักขระที่ไม่ใช่ข้อความ อาจไม่ใช่ไฟล์ CSV", "it holds characters that are no text")
    mended = _ungarble(text)
    if _is_garbled(mended):
        raise unreadable(
            file,
            "ตัวอักษรไทยเพี้ยน (บันทึกผิดรหัสภาษา) และแปลงกลับไม่ได้",
            "its Thai letters were garbled by a wrong encoding and cannot be brought back",
            "ขอไฟล์ต้นฉบับ แล้วบันทึกใหม่เป็น CSV UTF-8",
            "get the original and save it anew as CSV UTF-8",
        )
    if mended == text:
        return text, []
    message = "ตัวอักษรไทยเพี้ยนเพราะบันทึกผิดรหัสภาษา แปลงกลับให้ทั้งไฟล์แล้ว"
    return mended, [
        Problem("warning", "mojibake", file, 1, "", "", message, "ตรวจว่าชื่ออ่านได้ถูกต้อง หรือบันทึกต้นฉบับใหม่เป็น CSV UTF-8")
    ]


def _encodings(data: bytes) -> tuple[str, ...]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    # Without a mark: every other byte says Latin, Thai or punctuation, and some say Latin (a delimiter, a line's end).
    for encoding, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        high = set(data[:4096][place::2])
        if 0 in high and high <= {0x00, 0x0E, 0x20}:
            return (encoding,)
    return ("utf-8-sig", "cp874")


def _is_garbled(text: str) -> bool:
    return not text.isascii() and any(pattern.search(text) for pattern in _GARBLED)


def _ungarble(text: str) -> str:
    """Undo, up to three times, that UTF-8 was read in another encoding; only where the whole text allows it."""
    for _ in range(3):
        for table in _TABLES if _is_garbled(text) else ():
            try:
                text = text.translate(table).encode("latin-1").decode()
                break
            except UnicodeError:
                continue
    return text.removeprefix("\ufeff")

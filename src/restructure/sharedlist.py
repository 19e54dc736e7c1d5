"""A list kept as CSV that several programs may write: it is written whole or not at all, and nobody's row is lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from restructure._errors import DataError
from restructure.files import FORMULA_STARTS, locked, refuse_viewed, staged

_WAIT_S = 30.0
_MOST_BYTES = 50_000_000


def read_rows(path: Path, columns: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Read the rows of a list, each with its number in the file; none where there is no file.

    Parameters
    ----------
    columns
        What its head must be, and how many cells each row must have.

    Raises
    ------
    DataError
        When the file is no such list; with row and remedy.
    """
    if not path.is_file():
        return []
    if path.stat().st_size > _MOST_BYTES:
        raise faulty_row(path, 1, "ไฟล์ใหญ่เกินไป", "it is too large")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise faulty_row(path, 1, "ต้องเป็น CSV แบบ UTF-8", "it must be CSV in UTF-8") from None
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            rows.append([cell.removeprefix("'") for cell in row])  # which keeps spreadsheets from reading a formula
    except csv.Error:
        raise faulty_row(path, len(rows) + 1, "โครงสร้าง CSV ผิด", "it is no CSV") from None
    head = ",".join(columns)
    if not rows or ",".join(name.strip() for name in rows[0]) != head:
        raise faulty_row(path, 1, f"หัวตารางต้องเป็น {head}", f"its head must be {head}")
    numbered = [(number, cells) for number, cells in enumerate(rows[1:], start=2) if any(cells)]
    for number, cells in numbered:
        if len(cells) != len(columns):
            thai = f"ต้องมี {len(columns)} ช่อง แต่มี {len(cells)}"
            raise faulty_row(path, number, thai, f"it has {len(cells)} cells")
    return numbered


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a list whole; no spreadsheet takes a text in it for a formula, and reading gives the same texts again."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([f"'{text}" if text.startswith((*FORMULA_STARTS, "'")) else text for text in row] for row in rows)
    with staged(path.parent) as stage:
        (stage / path.name).write_text(out.getvalue(), "utf-8-sig", newline="")


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Wait until no other program is writing a list, and keep others waiting.

    Raises
    ------
    DataError
        When another program does not end.
    """
    refuse_viewed(path)
    with locked(path.with_name(f".{path.stem}.lock"), _WAIT_S) as free:
        if not free:
            raise DataError(
                f"มีโปรแกรมอื่นกำลังบันทึก {path.name} อยู่: รอสักครู่แล้วทำใหม่",
                f"Another program is writing {path.name}; wait a moment and try again.",
            )
        yield


def faulty_row(path: Path, row: int, thai: str, english: str) -> DataError:
    """Return the error that names a row of a list that cannot be used, and the remedy."""
    return DataError(
        f"ไฟล์ {path.name} แถว {row} ใช้ไม่ได้ {thai}: แก้หรือลบแถวนี้ หรือนำไฟล์สำรองกลับมา",
        f"{path.name}, row {row}: {english}; mend or delete the row, or bring back a copy.",
    )

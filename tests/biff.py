"""Old workbooks (.xls) by hand: BIFF8 records in a compound file, as Excel 97 and later write them."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
ERRORS = {"#N/A": 0x2A, "#DIV/0!": 0x07}


class Page(NamedTuple):
    """A sheet: cells by row and column from 0, hidden 1 or very hidden 2, merged first and last row and column."""

    name: str
    cells: dict[tuple[int, int], Any]
    hidden: int = 0
    merges: tuple[tuple[int, int, int, int], ...] = ()


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def text(value: str) -> bytes:
    return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")


def cell(row: int, column: int, value: Any, shared: list[str]) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, bool):
        return record(0x0205, place + bytes([value, 0]))
    if value in ERRORS:
        return record(0x0205, place + bytes([ERRORS[value], 1]))
    if isinstance(value, str):
        shared.append(value)
        return record(0x00FD, place + struct.pack("<I", len(shared) - 1))
    if isinstance(value, int) and abs(value) < 2**29:
        return record(0x027E, place + struct.pack("<i", value << 2 | 2))
    return record(0x0203, place + struct.pack("<d", value))


def stream(pages: list[Page], extra: bytes = b"") -> bytes:
    """Return the records of a workbook, ``extra`` among those that hold for all sheets."""
    shared: list[str] = []
    bodies = []
    for page in pages:
        body = b"".join(cell(*place, value, shared) for place, value in page.cells.items())
        size = struct.pack(
            "<IIHHH", 0, 1 + max((r for r, _ in page.cells), default=0), 0,
            1 + max((c for _, c in page.cells), default=0), 0,
        )  # fmt: skip
        merged = b"".join(struct.pack("<HHHH", r, last_r, c, last_c) for r, c, last_r, last_c in page.merges)
        merged = record(0x00E5, struct.pack("<H", len(page.merges)) + merged) if merged else b""
        bodies.append(begin(0x10) + record(0x0200, size) + body + merged + record(0x000A))
    strings = struct.pack("<II", len(shared), len(shared)) + b"".join(map(text, shared))
    head = begin(0x05) + record(0x0042, struct.pack("<H", 1200)) + extra
    tail = record(0x00FC, strings) + record(0x000A)
    names = [page.name.encode("utf-16-le") for page in pages]
    at = len(head) + sum(4 + 8 + len(name) for name in names) + len(tail)
    for page, name, body in zip(pages, names, bodies, strict=True):
        head += record(0x0085, struct.pack("<IBBBB", at, page.hidden, 0, len(name) // 2, 1) + name)
        at += len(body)
    return head + tail + b"".join(bodies)


def begin(kind: int) -> bytes:
    return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 0x07CC, 0, 6))


def compound(data: bytes, name: str = "Workbook", *, small: bool = False) -> bytes:
    """Return a file system with one stream in sectors that follow each other; ``small`` in the store of small ones."""
    size = 64 if small else 512
    length = len(data) if small else max(len(data), 4096)
    body = data.ljust(-(-length // 512) * 512, b"\0")
    sectors = len(body) // 512
    small_table = b""
    if small:
        links = [*range(1, -(-len(data) // size)), END]
        small_table = b"".join(struct.pack("<I", link) for link in links).ljust(512, b"\xff")
        assert len(small_table) == 512
    tables = 1
    while tables * 128 < tables + 1 + bool(small) + sectors:
        tables += 1
    assert tables <= 109
    first = tables + 1 + bool(small)
    chain = [TABLE] * tables + [END] + [END] * bool(small) + [*range(first + 1, first + sectors), END]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(tables * 512, b"\xff")

    def entry(name: str, kind: int, child: int, start: int, length: int) -> bytes:
        word = name.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<HBBIII", len(word), kind, 1, FREE, FREE, child)
        return word.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, length)

    root = entry("Root Entry", 5, 1, first if small else END, len(body) if small else 0)
    entries = root + entry(name, 2, FREE, 0 if small else first, length)
    places = [*range(tables), *[FREE] * (109 - tables)]
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    small_at = tables + 1 if small else END
    head += struct.pack("<9I", 0, tables, tables, 0, 4096, small_at, int(small), END, 0)
    head += struct.pack("<109I", *places)
    assert len(head) == 512, len(head)
    return head + table + entries.ljust(512, b"\0") + small_table + body


def workbook(pages: list[Page], extra: bytes = b"", *, small: bool = False) -> bytes:
    return compound(stream(pages, extra), small=small)

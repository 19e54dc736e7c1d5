"""Workbooks that are written: of the same bytes, and a fault told as the system tells it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import openpyxl
import pytest

from restructure.xlsx import new_workbook

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path) -> None:
    with new_workbook(path, "ก" * 300) as book:
        book.add_worksheet("แผ่น").write(0, 0, "=1+1")


def test_the_same_twice_and_text_stays_text(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.properties.title == "ก" * 255
    cell = book["แผ่น"]["A1"]
    assert (cell.value, cell.data_type, cell.font.name) == ("=1+1", "s", "TH SarabunPSK")


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A limit on the size of a file is what a full disk is to a writer."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as told:
            write(tmp_path / "a.xlsx")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert told.value.errno == errno.EFBIG


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "nowhere" / "a.xlsx")

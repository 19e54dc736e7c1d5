"""Workbooks that are written: of one font, and of the same bytes where they hold the same."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from restructure.words import FONT


@contextmanager
def new_workbook(path: Path, title: str) -> Iterator[xlsxwriter.Workbook]:
    """Give an empty workbook to fill; it is written at the end.

    Parameters
    ----------
    title
        Of the file, as programs list it; Excel allows it 255 letters.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    options = {  # anew each time: the library changes them
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_format_properties": {"font_name": FONT, "font_size": 14},
    }
    try:
        with xlsxwriter.Workbook(path, options) as book:
            # A fixed day: the same content gives the same bytes.
            book.set_properties({"title": title[:255], "created": datetime.datetime(2000, 1, 1)})
            yield book
    except FileCreateError as error:  # told as for every other file
        raise (error.__context__ or error) from None

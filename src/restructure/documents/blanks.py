"""The blanks that are left in a paper: which, and where."""

from __future__ import annotations

from typing import Any

import pandas as pd
from docx.oxml.ns import qn

from restructure.paper import BLANK_PATTERN

COLUMNS = ("document", "section", "blank")
_START = "หน้าแรก"


def blanks_in(document: Any, name: str) -> pd.DataFrame:
    """Return the blanks of a document, in the order in which they stand: ``document``, ``section``, ``blank``."""
    titles = {
        style.style_id: style.name for style in document.styles if style.name in ("Title", "Heading 1", "Heading 2")
    }
    parts = ["", ""]
    found = []
    first = document.sections[0]
    for element in (first.header._element, first.footer._element):
        found += [(name, "หัวหรือท้ายกระดาษ", blank) for blank in _blanks_of(element)]
    for paragraph in document.element.body.iter(qn("w:p")):  # also those in tables
        text = "".join(piece.text or "" for piece in paragraph.iter(qn("w:t")))
        blanks = _blanks_of(paragraph)
        if kind := titles.get(paragraph.style or ""):
            plain = " ".join(text.split())
            parts = [parts[0], plain] if kind == "Heading 2" else [plain, ""]
        if blanks:
            where = [part for part in (*parts, _row_of(paragraph)) if part]
            found += [(name, " › ".join(where) or _START, blank) for blank in blanks]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _row_of(paragraph: Any) -> str:
    """Return what the row of a table that a paragraph stands in is about: its first words; empty outside of tables."""
    row = next(paragraph.iterancestors(qn("w:tr")), None)
    if row is None:
        return ""
    texts = ["".join(piece.text or "" for piece in cell.iter(qn("w:t"))).strip() for cell in row.tc_lst]
    said = (text for text in texts if text.strip("๐๑๒๓๔๕๖๗๘๙0123456789") and not BLANK_PATTERN.search(text))
    return next(said, "")


def _blanks_of(element: Any) -> list[str]:
    text = "".join(piece.text or "" for piece in element.iter(qn("w:t")))
    return [match[len("[……… กรอก: ") : -len(" ………]")] for match in BLANK_PATTERN.findall(text)]

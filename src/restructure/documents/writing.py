"""A template filled in and written, its codes marked and its blanks counted."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from docx.oxml.ns import qn

from restructure.documents.blanks import blanks_in
from restructure.documents.parts import Facts
from restructure.filling import Template, mark, save
from restructure.paper import CODE, COMPUTED, plain
from restructure.thai import thai_digits

#: Stands for the number of blanks until all has been filled in; no font has it and no file may hold it.
BLANK_COUNT = "\ue000"


def write_filled(
    template: Template, told: Facts, made: Mapping[str, Any], path: Path, codes: Collection[str]
) -> pd.DataFrame:
    """Fill a template in and write it; return the blanks that are left.

    Parameters
    ----------
    told
        Its tags; ``final`` among them takes the colours out of the marks.
    made
        Its pictures and passages, as :meth:`restructure.filling.Template.fill` takes them.
    codes
        Those of the office's schools: in brackets they keep their digits.

    Returns
    -------
    DataFrame
        ``document``, ``section``, ``blank``.
    """
    document = template.fill(told, made)
    blanks = blanks_in(document, path.name)
    for text in document.element.body.iter(qn("w:t")):
        if text.text == BLANK_COUNT:
            text.text = thai_digits(len(blanks))
    known = "|".join(re.escape(code) for code in sorted(codes))
    mark(document, re.compile(rf"https?://\S+|(?<=\()(?:{known})(?=\))"), CODE, within=COMPUTED)
    if told["final"]:
        plain(document)
    save(document, path)
    return blanks

"""Tags of templates (docxtpl), and how the packaged templates of a plan are written with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from restructure.paper import CODE, COMPUTED, Cell, Mark, Paper, Part, computed


def tag(name: str) -> Mark:
    """Return the tag of something computed."""
    return computed(f"{{{{ {name} }}}}")


def named(name: str, code: str) -> list[Part]:
    """Return the tags of a school's name and, in brackets, its code."""
    return [tag(name), " (", Mark(f"{{{{ {code} }}}}", CODE), ")"]


def text(name: str) -> str:
    """Return the tag of something that people type: it is neither computed nor, once typed, a blank."""
    return f"{{{{ texts.{name} }}}}"


def when(paper: Paper, words: str) -> None:
    """Write a line that begins or ends what stands there only sometimes, or several times."""
    paper.line(Mark(f"{{%p {words} %}}", COMPUTED))


def passage(paper: Paper, name: str) -> None:
    """Write the place of tables or pictures that are made in code."""
    paper.line(Mark(f"{{{{p {name} }}}}", COMPUTED))


def rows(loop: str, cells: list[Cell], *more: list[Cell]) -> list[list[Cell]]:
    """Return a row that is repeated, between the rows that say so; ``more`` follow it each time."""
    return [[f"{{%tr for {loop} %}}"], cells, *more, ["{%tr endfor %}"]]


def table(
    paper: Paper,
    heads: list[str],
    lines: list[list[Cell]],
    widths: Sequence[float],
    *,
    numeric: Sequence[int] = (),
    bold: Sequence[int] = (),
    **more: Any,
) -> None:
    """Write a table whose rows are tags; ``bold`` are rows of sums, by their place among ``lines``."""
    paper.table(heads, lines, widths, numeric=numeric, **more)
    for number in bold:
        for cell in paper.document.tables[-1].rows[number + bool(heads)].cells:
            for run in cell.paragraphs[0].runs:
                run.bold = run.font.cs_bold = True


def break_before(paper: Paper) -> None:
    """Let the last paragraph begin a page."""
    paper.document.paragraphs[-1].paragraph_format.page_break_before = True

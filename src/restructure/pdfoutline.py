"""Bookmarks for a PDF that matplotlib wrote: it has no way to write them itself."""

from __future__ import annotations

import re
from pathlib import Path

#: What a bookmark is: its title, the page it opens, and its level, from 0.
Bookmark = tuple[str, int, int]


def add_outline(path: Path, bookmarks: list[Bookmark]) -> None:
    """Append bookmarks of two levels to a PDF, as an incremental update (ISO 32000-1, 7.5.6).

    Parameters
    ----------
    bookmarks
        In the order of the pages, which count from 1; one of level 1 belongs to the last of level 0 before it.
    """
    written = path.read_bytes()
    trailer = written[written.rindex(b"trailer") :]
    size, root = (
        int(found[1]) for found in (re.search(key, trailer) for key in (rb"/Size (\d+)", rb"/Root (\d+)")) if found
    )
    before = int(re.findall(rb"startxref\s+(\d+)", trailer)[-1])
    catalogue = _object(written, root)
    pages_found = re.search(rb"/Pages (\d+) 0 R", catalogue)
    assert pages_found is not None
    kids_found = re.search(rb"/Kids \[([^\]]*)\]", _object(written, int(pages_found[1])))
    assert kids_found is not None
    pages = [int(number) for number in re.findall(rb"(\d+) 0 R", kids_found[1])]
    outline, numbers = size, range(size + 1, size + 1 + len(bookmarks))
    parents: list[int] = []
    for number, (_, _, level) in zip(numbers, bookmarks, strict=True):
        tops = [one for one, (*_, high) in zip(numbers, bookmarks, strict=True) if not high and one <= number]
        parents.append(tops[-1] if level and tops else outline)
    children = {
        parent: [n for n, of in zip(numbers, parents, strict=True) if of == parent] for parent in (outline, *numbers)
    }
    objects = {root: catalogue.rstrip()[:-2] + b" /Outlines %d 0 R /PageMode /UseOutlines >>" % outline}
    objects[outline] = b"<< /Type /Outlines" + _ends(children[outline]) + b" >>"
    for number, parent, (title, page, _) in zip(numbers, parents, bookmarks, strict=True):
        place = children[parent].index(number)
        text = b"<< /Title <%s> /Parent %d 0 R" % (_hex(title), parent)
        text += b" /Dest [%d 0 R /Fit]" % pages[page - 1] + _ends(children[number])
        text += b" /Prev %d 0 R" % children[parent][place - 1] if place else b""
        text += b" /Next %d 0 R" % children[parent][place + 1] if place + 1 < len(children[parent]) else b""
        objects[number] = text + b" >>"
    added, table = b"", b"xref\n"
    for number, body in objects.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, len(written) + len(added))
        added += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    keys = b"<< /Size %d /Root %d 0 R /Prev %d >>" % (size + 1 + len(bookmarks), root, before)
    end = b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (keys, len(written) + len(added))
    path.write_bytes(written + added + table + end)


def _object(written: bytes, number: int) -> bytes:
    """Return what stands in an object of the file, which matplotlib writes plainly."""
    found = re.search(rb"(?:^|\n)%d 0 obj\n(.*?)\nendobj" % number, written, re.DOTALL)
    assert found is not None
    return found[1]


def _ends(children: list[int]) -> bytes:
    return b" /First %d 0 R /Last %d 0 R /Count %d" % (children[0], children[-1], len(children)) if children else b""


def _hex(text: str) -> bytes:
    return b"FEFF" + text.encode("utf-16-be", "replace").hex().upper().encode("ascii")

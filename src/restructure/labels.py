"""Names beside their places on a map: none covers another, a symbol or the edge; a far one has a line to its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from restructure.roads import Bools, Floats
from restructure.sheet import Sheet

#: Where a name is tried around its place: pixels between both, and east and north.
_GAPS = (3, 10, 18, 30, 44, 62, 84)
_SIDES = (
    *((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)),
    *((1, 0.5), (1, -0.5), (-1, 0.5), (-1, -0.5), (0.5, 1), (-0.5, 1), (0.5, -1), (-0.5, -1)),
)
#: A name farther off than this has a line to its place.
_NEAR = 10
_ALONG = np.linspace(0, 1, 12)[:, None]


class Name(NamedTuple):
    """A name that asks for room: its place in pixels, the symbol's radius, and what to write, the longest first."""

    at: Floats
    dot: float
    texts: tuple[str, ...]
    ink: str
    size: float = 9.0
    bold: bool = True


def place_names(sheet: Sheet, names: Sequence[Name], symbols: Floats, lines: Floats) -> tuple[list[Text], list[Name]]:
    """Write names on the map of a sheet, those that come first have the choice.

    Parameters
    ----------
    symbols
        Boxes (left, bottom, right, top in pixels) that no name may cover, shape (n, 4).
    lines
        Boxes along lines that a name covers only where there is no other room.

    Returns
    -------
    list of Text
        What stands on the map.
    list of Name
        Those that had no room.
    """
    frame = sheet.map.get_window_extent(sheet.renderer).padded(-3)
    to_map = sheet.map.transData.inverted().transform
    written: list[Text] = []
    left_out: list[Name] = []
    taken = symbols.reshape(-1, 4)
    for name in names:
        for text in name.texts:
            label = sheet.text(sheet.map, 0, 0, text, name.size, name.bold, color=name.ink, va="bottom", zorder=12)
            size = label.get_window_extent(sheet.renderer)
            boxes, far = _spots(name, size.width, size.height)
            free = (boxes[:, :2] >= frame.min).all(axis=1) & (boxes[:, 2:] <= frame.max).all(axis=1)
            free &= ~_covers(boxes, taken)
            ends = np.clip(name.at, boxes[:, :2], boxes[:, 2:])
            own = np.abs(taken - np.tile(name.at, 2)).max(axis=1) <= name.dot + 1
            for spot in np.flatnonzero(free & far):
                free[spot] = not _covers(_dots(name.at, ends[spot]), taken[~own]).any()
            # Better a little farther off than across a line; but rather across a line than not at all.
            choice = np.flatnonzero(free & ~_covers(boxes, lines.reshape(-1, 4)))
            choice = choice if len(choice) else np.flatnonzero(free)
            if len(choice):
                break
            label.remove()
        else:
            left_out.append(name)
            continue
        box = boxes[choice[0]]
        taken = np.vstack([taken, box + np.array([-1, -1, 1, 1])])
        label.set_position(tuple(to_map(box[:2])))
        label.set_path_effects([withStroke(linewidth=2.2, foreground="white")])
        written.append(label)
        if far[choice[0]]:
            end = ends[choice[0]]
            taken = np.vstack([taken, _dots(name.at, end)[2:]])
            (x0, y0), (x1, y1) = to_map([name.at, end])
            sheet.map.add_line(Line2D((x0, x1), (y0, y1), color=name.ink, linewidth=0.7, zorder=11))
    return written, left_out


def boxes_around(points: Floats, radius: Floats | float) -> Floats:
    """Return boxes (left, bottom, right, top) around points."""
    points, radius = np.reshape(points, (-1, 2)), np.reshape(radius, (-1, 1))
    return np.hstack([points - radius, points + radius])


def boxes_along(points: Floats, every: float = 6.0) -> Floats:
    """Return small boxes along a line of points in pixels."""
    lengths = np.r_[0, np.hypot(*np.diff(points, axis=0).T).cumsum()]
    at = np.linspace(0, lengths[-1], max(2, int(lengths[-1] / every)))
    return boxes_around(np.column_stack([np.interp(at, lengths, points[:, i]) for i in range(2)]), 1.5)


def _spots(name: Name, width: float, height: float) -> tuple[Floats, Bools]:
    """Return a box for each spot that a name may stand at, near before far, and which of them want a line."""
    gaps = np.repeat(_GAPS, len(_SIDES))
    sides = np.tile(_SIDES, (len(_GAPS), 1))
    reach = name.dot + np.where((np.abs(sides) == 1).all(axis=1), gaps * 0.7, gaps)
    size = np.array([width, height])
    corner = name.at + sides * reach[:, None] - (1 - sides) / 2 * size
    return np.hstack([corner, corner + size]), gaps > _NEAR


def _covers(boxes: Floats, taken: Floats) -> Bools:
    """Tell which boxes overlap any that are taken."""
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    both = (low < taken[None, :, 2:]) & (high > taken[None, :, :2])
    found: Bools = np.any(both[:, :, 0] & both[:, :, 1], axis=1)
    return found


def _dots(start: Floats, end: Floats) -> Floats:
    return boxes_around(start + (end - start) * _ALONG, 0.5)

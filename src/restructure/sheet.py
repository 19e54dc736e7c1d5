"""A printed page in millimetres and on it a map in kilometres: what every drawing on paper shares."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fontpkg_sarabun
import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.text import Text

from restructure.mapdata import ROAD_GROUPS, WATER_COLOUR, Bounds, Look, one_line, simplified
from restructure.roads import GEOD, Floats
from restructure.words import SYNTHETIC

RED, INK, FAINT = "#b00020", "#1a1a1a", "#555555"
VILLAGE = "#8a6d3b"
_MARKERS = {"circle": "o", "square": "s", "triangle": "v", "diamond": "D", "cross": "X", "ring": "o"}
_THAI = re.compile("[\u0e01-\u0e4e]")
_COMBINING = set("\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4d\u0e4e")


@contextmanager
def drawing() -> Iterator[None]:
    """Set what a page needs while it is drawn and saved."""
    with warnings.catch_warnings(), mpl.rc_context({"pdf.fonttype": 42}):
        # Type 42 keeps whole glyphs with their place in the font: Thai marks stay where shaping put them.
        # A name may hold a sign that neither font has: a box stands for it, and that is no news for the terminal.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


class Sheet:
    """One page.

    Parameters
    ----------
    size
        Width and height of the page in millimetres.
    spare
        Inches added to either side of the page.
    """

    def __init__(self, size: tuple[float, float], spare: float = 0.0) -> None:
        self.figure = Figure(figsize=(size[0] / 25.4 + spare, size[1] / 25.4 + spare), dpi=100)
        self.renderer: Any = FigureCanvasAgg(self.figure).get_renderer()  # type: ignore[no-untyped-call]
        self.page = self.figure.add_axes((0, 0, 1, 1), xlim=(0, size[0]), ylim=(0, size[1]))
        self.page.set_axis_off()

    def add_map(self, place: tuple[float, float, float, float]) -> None:
        """Add a map: its left, bottom, width and height in millimetres."""
        self.place = place
        left, bottom, width, height = place
        wide, high = self.page.get_xlim()[1], self.page.get_ylim()[1]
        inside = (left / wide, bottom / high, width / wide, height / high)
        self.map = self.figure.add_axes(inside, xticks=[], yticks=[])

    # The map: kilometres east and north of the middle, the same scale both ways.

    def frame(self, bounds: Bounds, margin_mm: float) -> None:
        """Let the map show what lies between west, south, east and north, with a margin around."""
        west, south, east, north = bounds
        width, height = self.place[2:]
        self.middle = (west + east) / 2, (south + north) / 2
        x, y = self.middle
        self.km_per_degree = (
            GEOD.inv(x - 0.05, y, x + 0.05, y)[2] / 100,
            GEOD.inv(x, y - 0.05, x, y + 0.05)[2] / 100,
        )
        wide, high = self.km(np.array([[east, north]]))[0] * 2
        km_per_mm = max(wide / (width - 2 * margin_mm), high / (height - 2 * margin_mm), 2 / width)
        self.mm_per_km = 1 / km_per_mm
        self.map.set_xlim(-width * km_per_mm / 2, width * km_per_mm / 2)
        self.map.set_ylim(-height * km_per_mm / 2, height * km_per_mm / 2)

    def window(self) -> Bounds:
        """Return west, south, east, north of what the map shows, in degrees."""
        half = np.array([self.map.get_xlim()[1], self.map.get_ylim()[1]]) / self.km_per_degree
        (west, south), (east, north) = self.middle - half, self.middle + half
        return float(west), float(south), float(east), float(north)

    def km(self, points: Floats) -> Floats:
        """Return longitudes and latitudes as kilometres from the middle of the map."""
        return np.asarray((np.asarray(points) - self.middle) * self.km_per_degree, dtype=np.float64)

    def ground(self, waters: list[Floats], road_groups: list[list[Floats]]) -> None:
        """Draw rivers, and roads of each of ``ROAD_GROUPS``."""
        self.lines([self.km(line) for line in waters], WATER_COLOUR, 2.2, 1)
        # A tenth of a millimetre on paper is a line's own width: more points than that only make the file larger.
        tolerance = 0.05 / self.mm_per_km / self.km_per_degree[1]
        for order, (lines, (_, width, colour)) in enumerate(zip(road_groups, ROAD_GROUPS, strict=True)):
            self.lines([self.km(line) for line in simplified(lines, tolerance)], colour, width, 3 - order * 0.1)

    def lines(self, lines: list[Floats], colour: str, width: float, order: float, **more: Any) -> None:
        """Draw lines of the map."""
        if lines:
            style: dict[str, Any] = {"capstyle": "round", "joinstyle": "round"} | more
            self.map.add_collection(
                LineCollection(lines, colors=colour, linewidths=width, zorder=order, **style), autolim=False
            )

    def marks(self, points: Floats, look: Look, pupils: Any, order: float, axes: Axes) -> None:
        """Draw schools of a look, each as large as its pupils ask for."""
        # A triangle looks smaller than a square of the same width; the ring goes around another symbol.
        area = school_area(np.asarray(pupils, dtype=float)) * {"ring": 2.6, "triangle": 1.5}.get(look.shape, 1.0)
        face = look.colour if look.filled else ("none" if look.shape == "ring" else "white")
        edge = "white" if look.filled else look.colour
        width = 0.6 if look.filled else 1.3
        style: dict[str, Any] = {"facecolor": face, "edgecolor": edge, "linewidths": width, "zorder": order}
        axes.scatter(points[:, 0], points[:, 1], s=area, marker=_MARKERS[look.shape], **style)

    # Around the map, in millimetres of the page.

    def scale_bar(self, left: float, y: float, longest_mm: float) -> None:
        """Draw a bar of round kilometres, at most so long."""
        km = max(k for k in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if k * self.mm_per_km <= longest_mm or k == 0.1)
        long = km * self.mm_per_km
        for i in range(2):
            face = INK if i == 0 else "white"
            box = Rectangle((left + i * long / 2, y), long / 2, 1.6, facecolor=face, edgecolor=INK, linewidth=0.8)
            self.page.add_patch(box)
        # A short bar has no room for the number in its middle.
        middle = [(0.5, f"{km / 2:g}")] if long > 22 else []
        for part, text in ((0.0, "0"), *middle, (1.0, f"{km:g} กม.")):
            self.text(self.page, left + part * long, y + 4.5, text, 9, ha="left" if part == 0 else "center")

    def north(self, x: float, y: float) -> None:
        """Draw the arrow to the north, upwards from a place."""
        self.straight_arrow((x, y), (x, y + 10), "-|>,head_length=7,head_width=4", INK, 1.6)
        self.text(self.page, x - 3, y + 5, "เหนือ", 10, bold=True, ha="right")

    def straight_arrow(self, start: Any, end: Any, shape: str, colour: str, width: float) -> None:
        """Draw an arrow on the page."""
        arrow = FancyArrowPatch(start, end, arrowstyle=shape, color=colour, linewidth=width, shrinkA=0, shrinkB=0)
        self.page.add_patch(arrow)

    def rule(self, left: float, y: float, width: float, colour: str = "#999999") -> None:
        """Draw a thin line across."""
        self.page.add_line(Line2D((left, left + width), (y, y), color=colour, linewidth=0.6))

    def text(self, axes: Axes, x: float, y: float, text: str, size: float, bold: bool = False, **more: Any) -> Text:
        """Write a line of text, its middle at a height."""
        # Names are data: a dollar sign in one must not start a formula.
        style: dict[str, Any] = {"va": "center", "color": INK, "zorder": 10, "parse_math": False} | more
        weight = "bold" if bold else "normal"
        return axes.text(x, y, text, fontsize=size, fontweight=weight, fontfamily=families(), **style)

    def heading(self, title: str, below: str, left: float, right: float, synthetic: bool) -> None:
        """Write the head of a page: its title, a line below, and where it is so that the data are synthetic."""
        top = self.page.get_ylim()[1]
        room = right - left - (60 if synthetic else 0)
        self.text(self.page, left, top - 8.5, self.fit(title, room, 20, bold=True), 20, bold=True)
        self.text(self.page, left, top - 18, self.fit(below, room, 13), 13, color=FAINT)
        if synthetic:
            self.badge(right - 2, top - 12.5, SYNTHETIC, 20)

    def badge(self, right: float, y: float, text: str, size: float) -> None:
        """Write a word in a red frame."""
        mark = self.text(self.page, right, y, text, size, bold=True, color=RED, ha="right")
        mark.set_bbox({"boxstyle": "square,pad=0.3", "facecolor": "white", "edgecolor": RED, "linewidth": 2})

    def fit(self, text: str, width_mm: float, size: float, bold: bool = False) -> str:
        """Return text cut so that it fits a width."""
        text = one_line(text)
        keep = len(text)
        while True:
            shown = cut(text, keep)
            width = text_width(shown, size, bold)
            if width <= width_mm or keep <= 1:
                return shown
            keep = min(keep - 1, int(keep * width_mm / width) + 1)

    def wrap(self, text: str, width_mm: float, size: float, most: int) -> list[str]:
        """Return text as lines that fit a width, broken between words; what is more than so many lines is cut."""
        # Imported here: the dictionary takes half a second to load, and few pages need it.
        from pythainlp.tokenize import word_tokenize

        lines: list[str] = []
        words: list[str] = []
        for word in word_tokenize(one_line(text)):
            # Only after a space and between two Thai words: 1/2560 stays whole.
            if words and not words[-1][-1].isspace() and not (_THAI.match(words[-1][-1]) and _THAI.match(word)):
                words[-1] += word
            else:
                words.append(word)
        while words and len(lines) < most - 1:
            taken = len(words)
            while taken > 1 and (wide := text_width("".join(words[:taken]).strip(), size)) > width_mm:
                taken = max(1, min(taken - 1, int(taken * width_mm / wide) + 1))
            lines.append(self.fit("".join(words[:taken]), width_mm, size))
            words = words[taken:]
        return [*lines, self.fit("".join(words), width_mm, size)] if words else lines


def school_area(pupils: Any) -> Any:
    """Return the area of a school's symbol in square points."""
    return np.clip(26 + 0.52 * pupils, 30, 420)


def village_area(pupils: Any) -> Any:
    """Return the area of a village's symbol in square points."""
    return 5 + pupils * 0.22


@functools.lru_cache(maxsize=20_000)
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the millimetres that a line of text takes; remembered, for every page of a kind says much the same."""
    sheet = _probe()
    text_there = sheet.text(sheet.page, 0, 0, text, size, bold)
    width: float = text_there.get_window_extent(sheet.renderer).width
    text_there.remove()
    return width / sheet.figure.dpi * 25.4


@functools.cache
def _probe() -> Sheet:
    return Sheet((100.0, 100.0))


def cut(text: str, keep: int) -> str:
    """Return at most so many characters, never a mark without its letter."""
    if len(text) <= keep:
        return text
    while keep > 1 and text[keep] in _COMBINING:
        keep -= 1
    return text[:keep].rstrip() + "…"


@functools.cache
def families() -> list[str]:
    """Make Sarabun known to matplotlib; what it lacks comes from the font that matplotlib carries."""
    for name in ("Sarabun-Regular.ttf", "Sarabun-Bold.ttf"):
        font_manager.fontManager.addfont(fontpkg_sarabun.ROOT / "files" / name)
    return [fontpkg_sarabun.FAMILY, "DejaVu Sans"]

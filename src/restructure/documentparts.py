"""Parts of a paper's text and pictures: figures, names and codes, each with its mark."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from restructure.comparison import spell_at_least
from restructure.paper import CODE, COMPUTED, Mark, Part, computed
from restructure.plan import Plan
from restructure.thai import thai_digits
from restructure.words import NO_VALUE, UNKNOWN_BAHT, UNKNOWN_WAY

#: Pixels of an A4 page's long side at some 150 dpi, and bytes above which a picture is stored as JPEG.
_MAP_PIXELS, _MAP_BYTES = 1754, 2_500_000
_ADDRESS = re.compile(r"(https?://\S+)")


def known(value: Any, unmeasured: int = 0) -> Mark:
    """Mark a figure; baht that are not yet counted for some pupils say so."""
    return computed(NO_VALUE if pd.isna(value) else spell_at_least(f"{value:,}", unmeasured))


def metres(value: Any, unit: str = "") -> Mark:
    """Mark a distance; unknown, not 0, where there is no way."""
    return Mark(UNKNOWN_WAY, COMPUTED) if pd.isna(value) else computed(f"{value:,}{unit}")


def baht_of(move: dict[str, Any], spell: Callable[[int], str] = thai_digits) -> Mark:
    """Return a move's baht a year: unknown, not 0, where no way of its pupils is known."""
    return Mark(UNKNOWN_BAHT if pd.isna(move["baht"]) else spell(move["baht"]), COMPUTED)


def school_name(name: str, code: str) -> list[Part]:
    """Mark a school's name as computed, its code as a code."""
    return [computed(name), " (", Mark(code, CODE), ")"]


def marked(text: str) -> list[Part]:
    """Mark free text as computed, its web addresses as codes."""
    parts = _ADDRESS.split(text)
    return [Mark(part, CODE) if i % 2 else computed(part) for i, part in enumerate(parts) if part]


def with_codes(text: str, plan: Plan) -> list[Part]:
    """Mark a message as computed, the school codes in it as codes."""
    codes = set(plan.tables["schools"]["school_id"])
    parts = re.split(r"(?<=\()([^()]+)(?=\))", text)
    return [Mark(part, CODE) if part in codes else computed(part) for part in parts if part]


def lines_of(texts: list[list[Part]]) -> list[Part]:
    """Join texts with line breaks."""
    return [part for i, text in enumerate(texts) for part in ([*(["\n"] if i else []), *text])]


def shrunk(path: Path | io.BytesIO) -> tuple[io.BytesIO, float]:
    """Return the picture at some 150 dpi of an A4 page, and its width by its height."""
    with Image.open(path) as full:
        picture = full.convert("RGB")
    picture.thumbnail((_MAP_PIXELS, _MAP_PIXELS), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    if stream.tell() > _MAP_BYTES:
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=85)
    stream.seek(0)
    return stream, picture.width / picture.height

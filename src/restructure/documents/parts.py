"""Parts of a paper's text and pictures: figures, names and codes as they stand on paper."""

from __future__ import annotations

import io
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from restructure.comparison import spell_at_least
from restructure.drafting import is_blank
from restructure.filling import PARAGRAPH
from restructure.paper import blank
from restructure.thai import baht_text, thai_digits
from restructure.words import NO_VALUE, UNKNOWN_BAHT, UNKNOWN_CEILING, UNKNOWN_WAY

Facts = dict[str, Any]
#: Pixels of an A4 page's long side at some 150 dpi, and bytes above which a picture is stored as JPEG.
_MAP_PIXELS, _MAP_BYTES = 1754, 2_500_000
_KEPT = re.compile(r"(https?://\S+|(?<=\()[^()]+(?=\)))")


def number(value: Any) -> str:
    """Return a number with Thai digits; what is missing says so."""
    return "ไม่ทราบ" if pd.isna(value) else thai_digits(int(value))


def known(value: Any, unmeasured: int = 0) -> str:
    """Return a figure; baht that are not yet counted for some pupils say so."""
    return thai_digits(NO_VALUE if pd.isna(value) else spell_at_least(f"{value:,}", unmeasured))


def metres(value: Any, unit: str = " เมตร") -> str:
    """Return a distance; unknown, not 0, where there is no way."""
    return UNKNOWN_WAY if pd.isna(value) else thai_digits(int(value)) + unit


def kilometres(value: Any) -> str:
    """Return a distance in kilometres for people who do not reckon in metres."""
    return UNKNOWN_WAY if pd.isna(value) else thai_digits(f"{int(value) / 1000:.1f}")


def baht(value: Any) -> str:
    """Return baht; unknown, not 0, where no way of the pupils is known."""
    return UNKNOWN_BAHT if pd.isna(value) else thai_digits(int(value))


def baht_words(value: Any) -> str:
    """Return baht in figures and words; unknown, not 0, where no way of the pupils is known."""
    return UNKNOWN_BAHT if pd.isna(value) else baht_text(int(value))


def allocated(value: Any) -> str:
    """Return baht that are shared out; unknown, not 0, where there is no ceiling."""
    return UNKNOWN_CEILING if pd.isna(value) else thai_digits(int(value))


def official(text: str, codes: Collection[str] = ()) -> str:
    """Return text with Thai digits but in web addresses and, in brackets, codes."""
    parts = _KEPT.split(text)
    return "".join(
        part if i % 2 and (part in codes or part.startswith("http")) else thai_digits(part)
        for i, part in enumerate(parts)
    )


def typed(text: str, label: str) -> str:
    """Return what somebody has typed, its digits as typed; a blank where nobody has."""
    lines = [line.strip() for line in text.splitlines() if not is_blank(line)]
    return PARAGRAPH.join(lines) or blank(label).text


def shrunk(path: Path | io.BytesIO, pixels: int = _MAP_PIXELS, colours: int = 0) -> tuple[io.BytesIO, float]:
    """Return the picture, its long side of at most so many pixels, and its width by its height.

    Parameters
    ----------
    colours
        At most so many; 0 keeps all.
    """
    with Image.open(path) as full:
        picture = full.convert("RGB")
    picture.thumbnail((pixels, pixels), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    (picture.quantize(colours) if colours else picture).save(stream, "PNG", optimize=True)
    if stream.tell() > _MAP_BYTES:
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=85)
    stream.seek(0)
    return stream, picture.width / picture.height

"""Places that an OpenStreetMap file names, and how near the names of places are to each other."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, cast

import osmium
import pandas as pd
import shapely
from shapely import wkb

from restructure._errors import RoadsError
from restructure.thai import arabic_digits

PLACE_COLUMNS = ["kind", "name", "name_alt", "lat", "lon"]
#: Values of ``place`` that people live at; wider ones (``country``, ``province``) say nothing of a village.
_SETTLEMENTS = (
    "city", "town", "village", "hamlet", "isolated_dwelling", "suburb", "quarter", "neighbourhood", "locality",
)  # fmt: skip
#: Values of ``amenity`` whose names often are the village's.
_AMENITIES = {
    "school": "school",
    "kindergarten": "school",
    "place_of_worship": "temple",
    "monastery": "temple",
    "townhall": "town hall",
    "community_centre": "community centre",
    "clinic": "health centre",
    "hospital": "health centre",
    "doctors": "health centre",
}
_OTHER_NAMES = ("name:th", "alt_name", "alt_name:th", "old_name", "old_name:th", "official_name", "loc_name", "name:en")

#: Number of a village in its tambon: หมู่ที่ 3, หมู่ 3, ม.3, หมู่ที่ 3,4 และ 5.
_MOO = re.compile(r"(?:หมู่บ้านที่|หมู่ที่|หมู่|(?<![ก-๛])ม\s*\.?)\s*((?:\d{1,2}(?!\d)(?:\s*(?:,|และ|-|–)\s*)?)+)")
_SETTLEMENT_PREFIXES = ("หมู่บ้าน", "บ้าน")
#: What stands before the name of a village in the name of what is built there, longest first.
_OTHER_PREFIXES = (
    "โรงพยาบาลส่งเสริมสุขภาพตำบล", "ศูนย์พัฒนาเด็กเล็ก", "ศาลาอเนกประสงค์", "ศาลาเอนกประสงค์", "ศาลาประชาคม", "ศาลากลางบ้าน",
    "ศาลากลางหมู่บ้าน", "สถานีอนามัย", "ที่พักสงฆ์", "สำนักสงฆ์", "โรงเรียน", "รพสต", "ศาลา", "ชุมชน", "รร", "วัด",
)  # fmt: skip
_UNTONED = str.maketrans({"ใ": "ไ"} | dict.fromkeys("่้๊๋็์"))
#: What tells a village from the one that it was split from; written as they are without tone marks.
_QUALIFIERS = tuple(
    word.translate(_UNTONED)
    for word in (
        "ตะวันออก",
        "ตะวันตก",
        "พัฒนา",
        "สามัคคี",
        "เหนือ",
        "กลาง",
        "ใหม่",
        "เก่า",
        "ใหญ่",
        "น้อย",
        "ใต้",
        "ใน",
        "นอก",
        "บน",
        "ล่าง",
    )
)
#: Names of fewer letters differ by one and mean something else.
_SHORTEST_NEAR = 5
_NEAR = 0.8


class Spoken(NamedTuple):
    """What a name says when the words around it are left out.

    ``bare``: without บ้าน, number of the village, brackets and spaces; ``loose``: that without tone marks; ``others``:
    bare forms that it may have too (in its brackets; with the word for what it is); ``moo``: numbers of villages.
    """

    bare: str
    loose: str
    others: tuple[str, ...]
    moo: tuple[int, ...]


@lru_cache(maxsize=100_000)
def spoken(name: str, settlement: bool = True) -> Spoken:
    """Return what the name of a settlement, or of a school, temple or hall in one, says.

    >>> spoken("บ้าน หนองแขม (วังเป็ด) หมู่ที่ ๕")
    Spoken(bare='หนองแขม', loose='หนองแขม', others=('วังเป็ด', 'หนองแขมวังเป็ด'), moo=(5,))
    """
    text = _written_alike(name)
    moo = tuple(int(number) for group in _MOO.findall(text) for number in re.findall(r"\d+", group))
    text = _MOO.sub(" ", text)
    inner = " ".join(re.findall(r"[(\[]([^)\]]*)[)\]]?", text))
    outer = re.sub(r"[(\[][^)\]]*[)\]]?", " ", text)
    if _is_qualifier(_bare(inner, settlement).translate(_UNTONED)):
        inner, outer = "", outer + inner
    bare = _bare(outer, settlement)
    others = [_bare(inner, settlement), _bare(outer + inner, settlement)] if inner.strip() else []
    if not settlement:
        others.append(_bare(outer, True))
    return Spoken(bare, bare.translate(_UNTONED), tuple(dict.fromkeys(o for o in others if o and o != bare)), moo)


def mentions(text: str) -> list[Spoken]:
    """Return each name that a description of a place mentions after บ้าน or วัด, and its villages' numbers.

    >>> [found.bare for found in mentions("เต็นท์หน้าวัดคลองตาล หมู่ที่ 2 บ้านคลองตาลใต้")]
    ['คลองตาล', 'คลองตาลใต้']
    """
    plain = re.sub(r"(บ้าน|วัด)\s+", r"\1", _MOO.sub(" ", _written_alike(text)))
    return [spoken(word, settlement=False) for word in re.findall("(?:บ้าน|วัด)[ก-๛0-9]+", plain)]


def likeness(a: Spoken, b: Spoken) -> tuple[float, str]:
    """Return how near two names are, from 0 to 1, and by which rule.

    Returns
    -------
    tuple
        ``same`` 1.0; ``tone`` (but for tone marks and the like) 0.9; ``bracket`` (one is the other's name in brackets)
        0.8; ``part`` (one has เหนือ, ใหม่, 2 … more) 0.5; ``near`` (spelled nearly so) up to 0.5; else 0 and empty.
    """
    if not a.bare or not b.bare:
        return 0.0, ""
    if a.bare == b.bare:
        return 1.0, "same"
    if a.loose == b.loose:
        return 0.9, "tone"
    if a.bare in b.others or b.bare in a.others:
        return 0.8, "bracket"
    (stem, more), (other, other_more) = _split(a.loose), _split(b.loose)
    if stem == other:
        # The upper village is not the lower one, however near it lies.
        return (0.3, "part") if more and other_more else (0.5, "part")
    if more == other_more and min(len(stem), len(other)) >= _SHORTEST_NEAR:
        matcher = SequenceMatcher(None, stem, other, autojunk=False)
        if matcher.real_quick_ratio() >= _NEAR and matcher.quick_ratio() >= _NEAR and (r := matcher.ratio()) >= _NEAR:
            return r / 2, "near"
    return 0.0, ""


def _written_alike(text: str) -> str:
    """Return a text with one spelling for what looks the same."""
    text = arabic_digits(unicodedata.normalize("NFC", text)).casefold()
    text = re.sub("[\u200b-\u200f\u2060\ufeff]", "", text.replace("เเ", "แ"))
    # ำ as two characters, its tone mark before or after the first of them.
    return re.sub("([่-๋]?)\u0e4d([่-๋]?)\u0e32", r"\1\2ำ", text)


def _bare(text: str, settlement: bool) -> str:
    text = "".join(c for c in text if c.isalnum() or unicodedata.category(c) == "Mn" or c in "ๆ")
    prefixes = _SETTLEMENT_PREFIXES if settlement else (*_OTHER_PREFIXES, *_SETTLEMENT_PREFIXES)
    while rest := next((text[len(word) :] for word in prefixes if text.startswith(word) and len(text) > len(word)), ""):
        # A name that goes on with a vowel sign was not the word: บ้านุ่ม is no บ้าน.
        if unicodedata.category(rest[0]) == "Mn" or rest[0] in "ะาำๅ":
            break
        text = rest
    return text


def _is_qualifier(loose: str) -> bool:
    return loose in _QUALIFIERS or loose.isdigit()


def _split(loose: str) -> tuple[str, str]:
    """Return the stem of a name and what tells it from its namesakes: a last word or number."""
    if match := re.fullmatch(r"(.*?\D)(\d+)", loose):
        return match[1], match[2]
    word = next((w for w in _QUALIFIERS if loose.endswith(w) and len(loose) > len(w) + 1), "")
    return loose.removesuffix(word), word


def read_places(path: Path | str) -> pd.DataFrame:
    """Read the named places of an OpenStreetMap file, such as the office's road file.

    Parameters
    ----------
    path
        An ``.osm.pbf``, ``.osm`` or ``.osm.gz`` file. A ``.graphml`` or ``.npz`` file holds roads only: no places.

    Returns
    -------
    DataFrame
        ``kind`` (OpenStreetMap's kind of settlement, or ``school``, ``temple``, ``town hall``, ``community centre``,
        ``health centre``), ``name``, ``name_alt`` (all its other names, joined by ``;``), ``lat``, ``lon`` (degrees; of
        an area a point inside it), sorted. A settlement that is drawn as a point and as an area is there twice.

    Raises
    ------
    RoadsError
        When the file is missing or broken.
    """
    path = Path(path)
    if not path.is_file():
        raise RoadsError(
            f"ไม่พบไฟล์ถนน {path.name}: วางไฟล์ roads.osm.pbf ไว้ใน inputs/ หรือใช้คำสั่ง restructure roads",
            f"Road file {path.name} is not there: put roads.osm.pbf into inputs/ or use `restructure roads`.",
        )
    if path.suffix in (".graphml", ".npz"):
        return pd.DataFrame([], columns=PLACE_COLUMNS).astype({"lat": float, "lon": float})
    try:
        rows = list(_named(path))
    except Exception as error:  # pyosmium raises whatever its C++ code meets: RuntimeError, ValueError, ...
        raise RoadsError(
            f"อ่านชื่อสถานที่จากไฟล์ถนน {path.name} ไม่ได้ ไฟล์อาจไม่ครบหรือไม่ใช่ข้อมูล OpenStreetMap: ดาวน์โหลดหรือคัดลอกใหม่",
            f"Places of road file {path.name} cannot be read ({type(error).__name__}); download or copy it again.",
        ) from error
    table = pd.DataFrame(rows, columns=PLACE_COLUMNS).astype({"lat": float, "lon": float})
    return table.sort_values(PLACE_COLUMNS, ignore_index=True)


def _named(path: Path) -> Iterator[tuple[str, str, str, float, float]]:
    keys = osmium.filter.KeyFilter("place", "amenity")
    areas = osmium.geom.WKBFactory()
    # Whatever is neither named nor one of the kinds is passed over before its shape is made.
    stream = osmium.FileProcessor(str(path)).with_areas(keys).with_filter(keys)
    for thing in cast("Iterator[osmium.osm.Node | osmium.osm.Way | osmium.osm.Relation | osmium.osm.Area]", stream):
        if not isinstance(thing, osmium.osm.Node | osmium.osm.Area):
            continue  # a closed way or a relation comes again as an area
        tags = thing.tags
        kind = tags.get("place", "")
        kind = kind if kind in _SETTLEMENTS else _AMENITIES.get(tags.get("amenity") or "", "")
        names = list(dict.fromkeys(text for key in ("name", *_OTHER_NAMES) if (text := (tags.get(key) or "").strip())))
        if not kind or not names:
            continue
        if isinstance(thing, osmium.osm.Node):
            lat, lon = thing.lat, thing.lon
        else:
            inside = shapely.point_on_surface(wkb.loads(areas.create_multipolygon(thing), hex=True))
            lat, lon = inside.y, inside.x
        yield kind, names[0], ";".join(names[1:]), lat, lon

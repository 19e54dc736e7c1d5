"""Points as offices write them: degrees or metres, in either column, on either datum, recognised by where they fall."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj.network
from pyproj import Transformer

from restructure.intake.schema import Problem
from restructure.thai import arabic_digits, thai_rows

Floats = npt.NDArray[np.float64]
#: Metres to the nearest road of each of many points, from their latitudes and longitudes.
NearRoad = Callable[[Floats, Floats], Floats]

#: How the two cells of a point can be read, by name; ``swapped`` has north in the column of east.
READINGS = {
    "degrees": "องศา WGS 84",
    "swapped": "องศา WGS 84 สลับช่อง",
    "utm47": "UTM โซน 47 WGS 84",
    "utm48": "UTM โซน 48 WGS 84",
    "utm47-swapped": "UTM โซน 47 WGS 84 สลับช่อง",
    "utm48-swapped": "UTM โซน 48 WGS 84 สลับช่อง",
    "indian": "องศา Indian 1975",
    "indian-swapped": "องศา Indian 1975 สลับช่อง",
    "indian47": "UTM โซน 47 Indian 1975",
    "indian48": "UTM โซน 48 Indian 1975",
    "indian47-swapped": "UTM โซน 47 Indian 1975 สลับช่อง",
    "indian48-swapped": "UTM โซน 48 Indian 1975 สลับช่อง",
}
#: A point may lie this far outside the roads' own rectangle, in degrees (some 20 km), before it cannot belong to it.
_MARGIN_DEG = 0.2
#: What metres of a point of Thailand can be. An easting starts above 106,000: a longitude that has lost its point
#: (100412 for 100.412) is none.
_EASTING_M, _NORTHING_M = (150_000, 900_000), (400_000, 2_400_000)
#: East of Greenwich by more than this is every longitude of Thailand, and none of its latitudes.
_LEAST_EAST = 90
#: So many points must be measured, and this share of them lie nearer a road, before the other datum is likely.
_LEAST_MEASURED, _SHARE_NEARER = 10, 0.8
#: More rows of one kind than this are told in one sentence.
MOST_TOLD = 20

# What is read here needs no grid of the datum, and none is ever asked for.
pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]

_NOTHING = r"[\s\-–—−]*"
_PLAIN = re.compile(r"[+-]?\d{1,9}(?:\.\d*)?")
_GROUPED = re.compile(r"(\d{1,3})((?:[, ]\d{3}){1,2})(\.\d+)?")
_DMS = re.compile(r"(\d{1,3}) ?° ?(?:(\d{1,2}(?:\.\d+)?)(?:(?: ?' ?| )(\d{1,2}(?:\.\d+)?) ?\"?| ?')?)?")  # 16°48'44.6"
_SPACED = re.compile(r"(\d{1,3})[ :-](\d{1,2})[ :-](\d{1,2}(?:\.\d+)?)|(\d{1,3}) (\d{1,2}\.\d+) ?'?")  # 16 48 44.6
_SPELLINGS = [
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"(\d) ?D ?(\d+) ?M ?([\d.]+) ?S\b", r"""\1°\2'\3" """),
        (r"[ฟพว]ิลิปดา", '"'), (r"ลิปดา", "'"), (r"องศา|DEG|[º˚]|(?<=\d) ?D(?=[ \d])", "°"),
        (r"[′’‘´`ʹ]", "'"), (r"''|[″”“ʺ]", '"'),
        (r"เหนือ|NORTH|น\.", "N"), (r"ใต้|SOUTH", "S"),
        (r"ตะวันออก|EAST|ต\.? ?อ\.?", "E"), (r"ตะวันตก|WEST|ต\.? ?ต\.?", "W"), (r"ต\.", "E"),
        (r"(?<=\d) ?(?:M|ม\.|เมตร)(?= ?[NE]?$)", ""),
    )
]  # fmt: skip
_LETTERED = re.compile(r"([NSEW]?) ?([+-]?)([^A-Z]+?) ?([NSEW]?)")
_LABELS = re.compile(r"\b(?:LATITUDE|LONGITUDE|LAT|LONG|LON|LNG)\b|ละติจูด|ลอง[จต]ิจูด|พิกัด|[()\[\]=]|(?<!\d):|:(?!\d)")
_POINT_WKT = re.compile(r"POINT ?Z? ?\( ?(-?\d+\.?\d*) (-?\d+\.?\d*)(?: -?\d+\.?\d*)? ?\)")
_IN_LINKS = [
    re.compile(pattern)
    for pattern in (
        r"!3d(-?\d+\.\d+)!4d(-?\d+\.\d+)",  # the pin of a place; behind @ stands the middle of what was on the screen
        r"[?&](?:q|query|destination)=(?:loc:)?(-?\d+\.\d+)(?:,|%2C)\+?(?:%20)?(-?\d+\.\d+)",
        r"/(?:place|search|dir)/(-?\d+\.\d+),\+?(-?\d+\.\d+)",
        r"@(-?\d+\.\d+),(-?\d+\.\d+)",
        r"[?&]mlat=(-?\d+\.\d+)&mlon=(-?\d+\.\d+)",
        r"[?&](?:ll|center)=(-?\d+\.\d+)(?:,|%2C)(-?\d+\.\d+)",
        r"#map=\d+/(-?\d+\.\d+)/(-?\d+\.\d+)",
    )
]


def parse_degrees(text: str) -> float:
    """Return the degrees, or metres, that one cell of a point holds.

    Decimal degrees with a point or a comma, degrees and minutes, or degrees, minutes and seconds, with or without a
    letter (``N``, ``E``, ``เหนือ``, ``ตะวันออก``); what is above 180 is metres of a plane. South and west are below zero.
    A letter that the number contradicts (``100.4 N``; east of Greenwich by less than 90 is nothing in Thailand) is
    refused; ``ต.`` can be no other than east.

    Raises
    ------
    ValueError
        When the text is none of these, or could be two of them. The text is not in the message: it may be a home.
    """
    text = arabic_digits(text).strip()
    if _PLAIN.fullmatch(text):
        return float(text)
    match = _LETTERED.fullmatch(_spelled(text))
    if not match or (match[1] and match[4]):
        raise ValueError("no coordinate")
    letter, value = match[1] or match[4], _unsigned(match[3].strip())
    if letter and (
        match[2]
        or (letter in "NS" and _LEAST_EAST < value < _NORTHING_M[0])
        or (letter in "EW" and not _LEAST_EAST < value <= 180 and not _EASTING_M[0] <= value <= _EASTING_M[1])
    ):
        raise ValueError("no coordinate: its letter says otherwise")
    return -value if letter in ("S", "W") or match[2] == "-" else value


def _spelled(text: str) -> str:
    """Return the text with one sign for degrees, minutes, seconds and each direction."""
    text = " ".join(text.upper().split())
    for pattern, sign in _SPELLINGS:
        text = pattern.sub(sign, text)
    return text.strip()


def _unsigned(text: str) -> float:
    if match := _GROUPED.fullmatch(text):
        # 16,812 and 100,412 are degrees with three decimals: no metres of Thailand are so few.
        if match[2].count(",") == 1 and len(match[2]) == 4 and not match[3] and int(match[1]) * 1000 < _EASTING_M[0]:
            return float(f"{match[1]}.{match[2][1:]}")
        return float(match[1] + re.sub("[, ]", "", match[2]) + (match[3] or ""))
    if "." not in text:
        text = re.sub(r"(?<=\d),(?=\d)", ".", text, count=1)
    if _PLAIN.fullmatch(bare := text.rstrip("° ")):
        return float(bare)
    match = _DMS.fullmatch(text) or _SPACED.fullmatch(text)
    if not match:
        raise ValueError("no coordinate")
    degrees, minutes, seconds = ([part for part in match.groups() if part] + ["0", "0"])[:3]
    if float(minutes) >= 60 or float(seconds) >= 60 or ("." in minutes and float(seconds)) or int(degrees) > 180:
        raise ValueError("no coordinate")
    return int(degrees) + float(minutes) / 60 + float(seconds) / 3600


def parse_point(text: str) -> tuple[float, float]:
    """Return both numbers of a point written in one cell, in the order of the text, as :func:`parse_degrees` does each.

    ``16.8, 100.4``, ``(16.8,100.4)``, ``16°48'N 100°24'E``, ``POINT (100.4 16.8)`` (turned: latitude first), or the
    address of a map with the numbers in it; no address is ever opened.

    Raises
    ------
    ValueError
        When the text holds no two numbers, or may be parted in two ways.
    """
    text = arabic_digits(text).strip()
    if "://" in text or text.startswith("www."):
        for pattern in _IN_LINKS:
            if match := pattern.search(text):
                return float(match[1]), float(match[2])
        raise ValueError("no point in the address")
    text = _spelled(text)
    if match := _POINT_WKT.fullmatch(text):
        return float(match[2]), float(match[1])
    text = _LABELS.sub(" ", text).strip()
    # 16°48'N100°24'E and N16.8E100.4 are parted where the next number begins.
    text = re.sub(r"([NSEW])(?=\d)", r"\1 ", text) if text[:1].isdigit() else re.sub(r"(?=[NSEW])", " ", text).strip()
    found = set()
    for gap in re.finditer(r"[,;/|\s]+", text):
        try:
            pair = parse_degrees(text[: gap.start()]), parse_degrees(text[gap.end() :])
        except ValueError:
            continue
        if (abs(pair[0]) > 180) == (abs(pair[1]) > 180):
            found.add(pair)
    if len(found) != 1:
        raise ValueError("no point")
    return found.pop()


def gather_points(fields: pd.DataFrame) -> pd.DataFrame:
    """Put points that stand in one cell, or as ``y`` and ``x``, into ``lat`` and ``lon`` where both of these are empty.

    Parameters
    ----------
    fields
        Texts, perhaps in columns ``lat``, ``lon``, ``point``, ``y``, ``x``.

    Returns
    -------
    DataFrame
        ``fields`` with ``lat`` and ``lon`` of texts for :func:`parse_degrees`, where there is any of the columns; what
        cannot be parted stands in ``lat`` whole, where it will be found unreadable.
    """
    nothing = pd.Series("", index=fields.index, dtype=object)
    pairs = []
    if "point" in fields:
        parted = {text: _part(text) for text in fields["point"].unique()}
        pairs.append([fields["point"].map({text: pair[i] for text, pair in parted.items()}) for i in (0, 1)])
    if {"x", "y"} & set(fields):
        pairs.append([fields.get("y", nothing), fields.get("x", nothing)])
    for north, east in pairs:
        lat, lon = fields.get("lat", nothing), fields.get("lon", nothing)
        empty = lat.str.fullmatch(_NOTHING) & lon.str.fullmatch(_NOTHING)
        fields = fields.assign(lat=lat.mask(empty, north), lon=lon.mask(empty, east))
    return fields


def _part(text: str) -> tuple[str, str]:
    try:
        first, second = parse_point(text)
    except ValueError:
        return text, ""
    return repr(first), repr(second)


def parse_zone(text: str) -> str:
    """Return the UTM zone of Thailand, ``47`` or ``48``, that ``47``, ``47N``, ``48Q`` or ``โซน 47`` names.

    Raises
    ------
    ValueError
        When the text names neither, or both.
    """
    match = re.fullmatch(
        r"(?:UTM)?(?:โซน|เขต|ZONE|Z)?(?:UTM)?(4[78])[A-Z]?", re.sub(r"[\s.:-]", "", arabic_digits(text).upper())
    )
    if not match:
        raise ValueError("no zone")
    return match[1]


def parse_datum(text: str) -> str:
    """Return ``wgs84`` or ``indian-1975``, whichever a text such as ``WGS 84`` or ``อินเดียน 1975`` names.

    Raises
    ------
    ValueError
        When the text names neither, or both.
    """
    key = re.sub(r"[\s_.:-]", "", arabic_digits(text).lower())
    wgs = bool(re.search(r"wgs(?:19)?84|ดับบลิวจีเอส(?:19)?84|epsg(?:4326|326\d\d)", key)) or key in ("wgs", "4326", "84")
    old = bool(re.search(r"(?:indian|อินเดียน?)(?:1975|75|2518)?(?!\d)|epsg(?:4240|2404[78])", key)) or key == "1975"
    if wgs == old:
        raise ValueError("no datum")
    return "wgs84" if wgs else "indian-1975"


def read_points(
    table: pd.DataFrame, bounds: tuple[float, float, float, float], near_road: NearRoad | None = None
) -> pd.DataFrame:
    """Read each point the one way that puts it into the area.

    Metres that fit the area in two ways (zones, or columns exchanged) are read as all metres of the table that fit in
    one way only, if these agree; otherwise they stay unread. What a column says of zone or datum is never overruled.

    Parameters
    ----------
    table
        Numbers as :func:`parse_degrees` returns them in ``lat`` and ``lon``, and perhaps texts as :func:`parse_zone`
        and :func:`parse_datum` return them, or empty, in ``zone`` and ``datum``.
    bounds
        West, south, east and north of the roads, degrees.
    near_road
        Metres from points to the nearest road, to weigh one datum against the other where no column says it.

    Returns
    -------
    DataFrame
        Index of ``table``. ``lat``, ``lon``: degrees on WGS 84, NaN where not known. ``reading``: one of
        :data:`READINGS`, or ``outside``, ``ambiguous`` or empty where there is no point. ``road_m`` and
        ``indian_road_m``: metres to the nearest road as read, and if the numbers were on Indian 1975; NaN where a
        column says the datum, or ``near_road`` is not given.
    """
    first, second = (table[name].to_numpy(dtype=float, na_value=np.nan) for name in ("lat", "lon"))
    given = np.isfinite(first) & np.isfinite(second)
    zone, datum = (
        table[name].to_numpy(dtype=object) if name in table else np.full(len(table), "") for name in ("zone", "datum")
    )
    names = list(READINGS)
    places = np.full((len(names), 2, len(table)), np.nan)
    for place, name in zip(places, names, strict=True):
        rows = given & ((datum == "indian-1975") == name.startswith("indian"))
        if number := re.search(r"\d\d", name):
            rows &= (zone == "") | (zone == number[0])
        place[:, rows] = _as_read(name, first[rows], second[rows])
    west, south, east, north = bounds
    lat, lon = places[:, 0], places[:, 1]
    fits = (
        (lat >= south - _MARGIN_DEG) & (lat <= north + _MARGIN_DEG)
        & (lon >= west - _MARGIN_DEG) & (lon <= east + _MARGIN_DEG)
    )  # fmt: skip
    # Degrees that fit in either order, which no area of Thailand allows, stand as they are headed.
    fits[names.index("swapped")] &= ~fits[names.index("degrees")]
    fits[names.index("indian-swapped")] &= ~fits[names.index("indian")]
    chosen, ways = fits.argmax(axis=0), fits.sum(axis=0)
    in_metres = np.array([bool(re.search(r"\d", name)) for name in names])
    agreed = np.unique(chosen[(ways == 1) & in_metres[chosen]])
    if len(agreed) == 1:
        settled = (ways > 1) & fits[agreed[0]]
        chosen[settled], ways[settled] = agreed[0], 1
    one = ways == 1
    reading = np.where(one, np.array(names, dtype=object)[chosen], np.where(ways > 1, "ambiguous", "outside"))
    found = np.where(one[:, None], places[chosen, :, np.arange(len(table))], np.nan)
    read = pd.DataFrame(found, index=table.index, columns=["lat", "lon"])
    read["reading"] = pd.Series(np.where(given, reading, ""), index=table.index, dtype="str")
    read["road_m"] = read["indian_road_m"] = np.nan
    weighed = one & (datum == "")
    if near_road and weighed.any():
        other = np.full((2, len(table)), np.nan)
        for name in np.unique(reading[weighed]):
            rows = weighed & (reading == name)
            other[:, rows] = _as_read(_on_indian(name), first[rows], second[rows])
        read.loc[weighed, "road_m"] = near_road(*found[weighed].T)
        read.loc[weighed, "indian_road_m"] = near_road(*other[:, weighed])
    return read


def reading_problems(table: pd.DataFrame, readings: pd.DataFrame, file: str, private: bool) -> list[Problem]:
    """Say which points were read otherwise than as they stand, and which cannot be known.

    Parameters
    ----------
    table
        What :func:`read_points` was given.
    readings
        What it returned.
    file
        The file as messages should name it.
    private
        Homes of pupils: their numbers are not shown, and one without a point is measured from its village.
    """
    reading = readings["reading"]

    def shown(row: object) -> str:
        return "(ปกปิด)" if private else f"{table.at[row, 'lat']}, {table.at[row, 'lon']}"

    def warn(row: object, rule: str, value: str, message: str, remedy: str) -> Problem:
        return Problem("warning", rule, file, int(str(row)), "lat", value, message, remedy)

    problems = []
    for kind, (rule, message, remedy) in _TOLD.items():
        rows = table.index[reading == kind]
        if kind == "swapped" and len(rows) > MOST_TOLD:
            problems.append(warn(rows[0], rule, shown(rows[0]), f"{message} รวม {thai_rows(rows)}", remedy))
        elif kind or not private:
            problems += [warn(row, rule, shown(row) if kind else "", message, remedy) for row in rows]
    for kind in (name for name in READINGS if name not in ("degrees", "swapped")):
        rows = table.index[reading == kind]
        if not rows.empty:
            rule = "indian-datum" if kind.startswith("indian") else "utm-point"
            message = f"อ่านพิกัดเป็น {READINGS[kind]} แปลงเป็นละติจูดกับลองจิจูดให้แล้ว {thai_rows(rows)}"
            problems.append(warn(rows[0], rule, shown(rows[0]), message, "ตรวจบนแผนที่ว่าจุดอยู่ถูกที่"))
    now, other = readings["road_m"], readings["indian_road_m"]
    weighed = readings.index[now.notna() & other.notna()]
    if (
        len(weighed) >= _LEAST_MEASURED
        and (other < now)[weighed].mean() >= _SHARE_NEARER
        and other[weighed].median() <= now[weighed].median() / 2
    ):
        message = (
            f"พิกัดน่าจะเป็นพื้นหลักฐาน Indian 1975: จุดจะอยู่ห่างถนน {other[weighed].median():,.0f} เมตร "
            f"แทน {now[weighed].median():,.0f} เมตร (มัธยฐาน) ยังไม่ได้แปลง {thai_rows(weighed)}"
        )
        remedy = "ถามผู้ทำพิกัด ถ้าใช่ ให้เพิ่มคอลัมน์ datum ที่มีค่า Indian 1975 ทุกแถว"
        problems.append(warn(weighed[0], "likely-indian-datum", shown(weighed[0]), message, remedy))
    return problems


_TOLD = {
    "swapped": ("swapped-point", "ละติจูดกับลองจิจูดสลับช่องกัน สลับให้แล้ว", "แก้ในต้นฉบับให้ถูกช่อง"),
    "outside": ("point-outside", "พิกัดอยู่นอกพื้นที่ของข้อมูลถนน จึงถือว่าไม่ทราบพิกัด", "ตรวจและแก้พิกัด"),
    "ambiguous": (
        "ambiguous-point", "พิกัดเมตรอ่านได้มากกว่าหนึ่งแบบในพื้นที่เดียวกัน จึงถือว่าไม่ทราบพิกัด",
        "เพิ่มคอลัมน์ โซน (47 หรือ 48) หรือกรอกเป็นองศาทศนิยม",
    ),
    "": ("no-point", "ไม่มีพิกัด จึงวัดระยะทางไม่ได้", "ระบุพิกัดเป็นองศาทศนิยม"),
}  # fmt: skip


def _as_read(name: str, first: Floats, second: Floats) -> Floats:
    """Return latitudes and longitudes on WGS 84, shape (2, points), NaN where the numbers cannot be so read."""
    north, east = (second, first) if name.endswith("swapped") else (first, second)
    zone = re.search(r"\d\d", name)
    if zone:
        likely = (north >= _NORTHING_M[0]) & (north <= _NORTHING_M[1])
        likely &= (east >= _EASTING_M[0]) & (east <= _EASTING_M[1])
    else:
        likely = (np.abs(north) <= 90) & (np.abs(east) <= 180)
    lat, lon = np.where(likely, north, np.nan), np.where(likely, east, np.nan)
    if zone or name.startswith("indian"):
        to_degrees = _to_degrees(zone[0] if zone else "", name.startswith("indian"))
        lon[likely], lat[likely] = to_degrees.transform(east[likely], north[likely])
    return np.stack([lat, lon])


def _on_indian(name: str) -> str:
    return {"degrees": "indian", "swapped": "indian-swapped"}.get(name, name.replace("utm", "indian"))


@cache
def _to_degrees(zone: str, indian: bool) -> Transformer:
    """Return what makes eastings and northings of a zone, or degrees, into longitudes and latitudes on WGS 84.

    The shift from Indian 1975 is EPSG 1304 (three parameters, Thailand, 5 m): no grid, so the same everywhere, offline.
    """
    ellipsoid = "evrst30" if indian else "WGS84"
    steps = [f"+inv +proj=utm +zone={zone} +ellps={ellipsoid}" if zone else "+proj=unitconvert +xy_in=deg +xy_out=rad"]
    if indian:
        steps += ["+proj=push +v_3", "+proj=cart +ellps=evrst30", "+proj=helmert +x=210 +y=814 +z=289"]
        steps += ["+inv +proj=cart +ellps=WGS84", "+proj=pop +v_3"]
    steps.append("+proj=unitconvert +xy_in=rad +xy_out=deg")
    return Transformer.from_pipeline(" ".join(["+proj=pipeline", *(f"+step {step}" for step in steps)]))

"""Points in every spelling, against formulas of their own: series for the planes, geocentric shifts for the datums."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from pyproj.transformer import TransformerGroup

from restructure.intake.cells import type_frame
from restructure.intake.coordinates import (
    READINGS,
    gather_points,
    parse_datum,
    parse_degrees,
    parse_point,
    parse_zone,
    read_points,
    reading_problems,
)

GEOD = Geod(ellps="WGS84")
WGS84, EVEREST = (6378137.0, 1 / 298.257223563), (6377276.345, 1 / 300.8017)
#: Some 40 km around Wang Thong.
AREA = (100.2, 16.5, 100.9, 17.1)
FILE = "inputs/villages.csv"
Bounds = tuple[float, float, float, float]
Cells = dict[str, str]


# -- formulas that the code does not use ----
def transverse_mercator(lat: float, lon: float, zone: int, ellipsoid: tuple[float, float]) -> tuple[float, float]:
    """Return easting and northing by the series of USGS Professional Paper 1395, (8-9) and (8-10)."""
    a, f = ellipsoid
    e2 = f * (2 - f)
    second = e2 / (1 - e2)
    phi = math.radians(lat)
    n = a / math.sqrt(1 - e2 * math.sin(phi) ** 2)
    t, c = math.tan(phi) ** 2, second * math.cos(phi) ** 2
    big = math.radians(lon - (6 * zone - 183)) * math.cos(phi)
    m = a * (
        (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256) * phi
        - (3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024) * math.sin(2 * phi)
        + (15 * e2**2 / 256 + 45 * e2**3 / 1024) * math.sin(4 * phi)
        - (35 * e2**3 / 3072) * math.sin(6 * phi)
    )
    x = n * (
        big + (1 - t + c) * big**3 / 6 + (5 - 18 * t + t**2 + 72 * c - 58 * second) * big**5 / 120
    )  # fmt: skip
    y = m + n * math.tan(phi) * (
        big**2 / 2 + (5 - t + 9 * c + 4 * c**2) * big**4 / 24
        + (61 - 58 * t + t**2 + 600 * c - 330 * second) * big**6 / 720
    )  # fmt: skip
    return 500_000 + 0.9996 * x, 0.9996 * y


def to_indian(lat: float, lon: float) -> tuple[float, float]:
    """Return a place of WGS 84 on Indian 1975: geocentric, less the three parameters, and back by iteration."""
    a, f = WGS84
    e2 = f * (2 - f)
    phi, lam = math.radians(lat), math.radians(lon)
    n = a / math.sqrt(1 - e2 * math.sin(phi) ** 2)
    x = n * math.cos(phi) * math.cos(lam) - 210
    y = n * math.cos(phi) * math.sin(lam) - 814
    z = n * (1 - e2) * math.sin(phi) - 289
    a, f = EVEREST
    e2 = f * (2 - f)
    p = math.hypot(x, y)
    phi = math.atan2(z, p * (1 - e2))
    for _ in range(10):
        n = a / math.sqrt(1 - e2 * math.sin(phi) ** 2)
        phi = math.atan2(z + e2 * n * math.sin(phi), p)
    return math.degrees(phi), math.degrees(math.atan2(y, x))


def utm(lat: float, lon: float, zone: int) -> tuple[float, float]:
    return transverse_mercator(lat, lon, zone, WGS84)


def indian_utm(lat: float, lon: float, zone: int) -> tuple[float, float]:
    return transverse_mercator(*to_indian(lat, lon), zone, EVEREST)


def metres_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    return float(GEOD.inv(lon, lat, other_lon, other_lat)[2])


def read(cells: list[Cells], bounds: Bounds = AREA) -> pd.DataFrame:
    """Read points from texts, the way that a file goes."""
    named = [{"village_id": str(i), "name": "ก", "point_source": "", **row} for i, row in enumerate(cells)]
    raw = pd.DataFrame(named, index=pd.RangeIndex(2, 2 + len(cells), name="row"), dtype=object).fillna("")
    table, _ = type_frame(gather_points(raw), "villages", FILE)
    return read_points(table, bounds)


# -- one cell ----
@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("16.8123", 16.8123),
        ("+16.5", 16.5),
        ("-16.5", -16.5),
        ("16.", 16.0),
        ("16,8123", 16.8123),
        ("16,812", 16.812),
        ("100,412", 100.412),
        ("๑๖.๘", 16.8),
        ("16.8123°", 16.8123),
        ("16.5 °N", 16.5),
        ("16.5N", 16.5),
        ("n 16.5", 16.5),
        ("100.25° E", 100.25),
        ("100.25 ตะวันออก", 100.25),
        ("100.25 ต.อ.", 100.25),
        ("100.25 ต.", 100.25),
        ("16.5 น.", 16.5),
        ("16.5 S", -16.5),
        ("100.25 W", -100.25),
        ("100.25 ตต.", -100.25),
        ("16°30'", 16.5),
        ("16°30", 16.5),
        ("16° 30.6'", 16.51),
        ("16 30.6", 16.51),
        ("16° 30.6' เหนือ", 16.51),
        ("16°30'36\"", 16.51),
        ("16°30'36\"N", 16.51),
        ("16° 30' 36\" N", 16.51),
        ("N 16° 30' 36\"", 16.51),
        ("16°30′36″N", 16.51),
        ("16º30’36”N", 16.51),
        ("16˚30'36''N", 16.51),
        ("16°30'36,0\"N", 16.51),
        ("16°30'36.36\"", 16.5101),
        ("๑๖°๓๐′๓๖″", 16.51),
        ("16 30 36", 16.51),
        ("16-30-36", 16.51),
        ("16:30:36", 16.51),
        ("16d30m36s", 16.51),
        ("16d30'36\"N", 16.51),
        ("16 deg 30 36", 16.51),
        ("16 องศา 30 ลิปดา 36 ฟิลิปดา เหนือ", 16.51),
        ("100 องศา 15 ลิปดา ตะวันออก", 100.25),
        ("647000", 647000.0),
        ("647,000", 647000.0),
        ("647 000.5", 647000.5),
        ("1,858,000.25", 1858000.25),
        ("1 858 000", 1858000.0),
        ("647000mE", 647000.0),
        ("1858000 m N", 1858000.0),
        ("647000 เมตร", 647000.0),
        ("16812345", 16812345.0),
    ],
)
def test_one_cell_of_a_point(text: str, degrees: float) -> None:
    assert parse_degrees(text) == pytest.approx(degrees, abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "N", "nan", "inf", "1e2", "abc", "16.8x", "999x", "16..8", "16.8.1", ".8", "16.30.36", "16 30",
        "16-30", "16:30", "16°60'", "16°30'60\"", "16°30'99\"", "16°3036", "16°30.5'36\"", "16.5°30'", "200°30'",
        "16°30'36\"44",
        "16.5 N E", "N 16.5 E", "N16.5N", "-16.5 S", "-16.5 N", "100.25 N", "16.5 E", "16.5 ต.", "16.5 W x", "Lat 16.5",
        "0812345678", "1101700230708", "1" * 400, "๑๖°๖๐'", "16.5, 100.25", "12/3", "647000 N x", "250000 N",
        "950000 E",
    ],
)  # fmt: skip
def test_what_is_no_coordinate_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="coordinate") as caught:
        parse_degrees(text)
    assert not any(part in str(caught.value) for part in text.split() if any(c.isdigit() for c in part))


@given(st.text(alphabet="0123456789.,°'\" NSEW-+:dmต.อเ๑", max_size=25))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    try:
        value = parse_degrees(text)
    except ValueError:
        return
    assert math.isfinite(value)


# -- two numbers in one cell ----
@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("16.5, 100.25", 16.5, 100.25),
        ("(16.5,100.25)", 16.5, 100.25),
        ("[16.5; 100.25]", 16.5, 100.25),
        ("16.5 100.25", 16.5, 100.25),
        ("16.5\t100.25", 16.5, 100.25),
        ("100.25, 16.5", 100.25, 16.5),
        ("16,5 100,25", 16.5, 100.25),
        ("16,5123,100,2512", 16.5123, 100.2512),
        ("Lat: 16.5, Long: 100.25", 16.5, 100.25),
        ("ละติจูด 16.5 ลองจิจูด 100.25", 16.5, 100.25),
        ("พิกัด ๑๖.๕, ๑๐๐.๒๕", 16.5, 100.25),
        ("16°30'N 100°15'E", 16.5, 100.25),
        ("16°30'36\"N100°15'36\"E", 16.51, 100.26),
        ("N16°30'36\" E100°15'36\"", 16.51, 100.26),
        ("N16.5E100.25", 16.5, 100.25),
        ("N 16.5, E 100.25", 16.5, 100.25),
        ("16.5 N 100.25 E", 16.5, 100.25),
        ("16 30 36 100 15 36", 16.51, 100.26),
        ("POINT (100.25 16.5)", 16.5, 100.25),
        ("POINT Z (100.25 16.5 40)", 16.5, 100.25),
        ("647000, 1858000", 647000, 1858000),
        ("647,000 1,858,000", 647000, 1858000),
        ("https://www.google.com/maps/@16.5,100.25,15z", 16.5, 100.25),
        # Where the pin stands is said apart from the middle of what was on the screen.
        ("https://www.google.com/maps/place/A/@16.7,100.3,15z/data=!4m6!3m5!8m2!3d16.5!4d100.25!16s", 16.5, 100.25),
        ("https://maps.google.com/?q=16.5,100.25", 16.5, 100.25),
        ("https://www.google.com/maps?ll=16.7,100.3&q=loc:16.5%2C100.25", 16.5, 100.25),
        ("https://www.google.com/maps/search/16.5,+100.25", 16.5, 100.25),
        ("https://www.openstreetmap.org/?mlat=16.5&mlon=100.25#map=15/16.7/100.3", 16.5, 100.25),
        ("https://www.openstreetmap.org/#map=15/16.5/100.25", 16.5, 100.25),
    ],
)
def test_a_point_in_one_cell(text: str, first: float, second: float) -> None:
    assert parse_point(text) == pytest.approx((first, second), abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "", "-", "16.5", "16.5,", "16.5, 100.25, 40", "16.5, 1858000", "หมู่ 3", "16 48 100 24", "16.5 N, 100.25 N",
        "https://maps.app.goo.gl/AbC123", "https://www.google.com/maps/place/Wang+Thong", "POINT EMPTY",
        "LINESTRING (100 16, 101 17)", "1,2,3,4,5",
    ],
)  # fmt: skip
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="point"):
        parse_point(text)


def test_points_go_to_latitude_and_longitude_where_these_are_empty() -> None:
    fields = pd.DataFrame(
        [
            ["", "", "16.5, 100.25", "", ""],
            ["-", "–", "", "1858000", "647000"],
            ["16.7", "100.4", "16.5, 100.25", "1858000", "647000"],
            ["16.7", "", "16.5, 100.25", "1858000", "647000"],
            ["", "", "หน้าวัด", "", ""],
            ["", "", "16.5, 100.25", "1858000", "647000"],
            ["", "", "", "", ""],
        ],
        columns=["lat", "lon", "point", "y", "x"],
        dtype=object,
    )
    gathered = gather_points(fields)
    assert gathered[["lat", "lon"]].to_numpy().tolist() == [
        ["16.5", "100.25"],
        ["1858000", "647000"],
        ["16.7", "100.4"],
        ["16.7", ""],
        ["หน้าวัด", ""],
        ["16.5", "100.25"],
        ["", ""],
    ]
    assert gather_points(fields[["x", "y"]])["lat"].tolist() == fields["y"].tolist()
    pd.testing.assert_frame_equal(gather_points(fields[["lat"]]), fields[["lat"]])


@pytest.mark.parametrize(
    ("text", "zone"),
    [("47", "47"), ("47N", "47"), ("47Q", "47"), ("48 P", "48"), ("โซน 47", "47"), ("โซน ๔๘", "48"), ("Zone 47", "47"),
     ("UTM 47N", "47"), ("UTM Zone 47Q", "47"), ("Z.48", "48")],
)  # fmt: skip
def test_zone(text: str, zone: str) -> None:
    assert parse_zone(text) == zone


@pytest.mark.parametrize("text", ["", "46", "49", "147", "471", "47/48", "47, 48", "พิษณุโลก"])
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        parse_zone(text)


@pytest.mark.parametrize(
    ("text", "datum"),
    [("WGS84", "wgs84"), ("WGS 84", "wgs84"), ("wgs-1984", "wgs84"), ("EPSG:32647", "wgs84"), ("EPSG:4326", "wgs84"),
     ("Indian 1975", "indian-1975"), ("indian-1975", "indian-1975"), ("INDIAN75", "indian-1975"),
     ("Indian Datum 1975", "indian-1975"), ("อินเดียน ๑๙๗๕", "indian-1975"), ("อินเดีย 2518", "indian-1975"),
     ("EPSG:24047", "indian-1975"), ("1975", "indian-1975")],
)  # fmt: skip
def test_datum(text: str, datum: str) -> None:
    assert parse_datum(text) == datum


@pytest.mark.parametrize("text", ["", "Indian 1954", "ED50", "WGS 84 / Indian 1975", "47N", "WGS72", "Indian 1916"])
def test_what_is_no_datum_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="datum"):
        parse_datum(text)


# -- places ----
PLACES = [(5.7, 101.2), (7.5, 99.6), (13.75, 100.5), (16.8123, 100.4123), (18.8, 98.99), (20.3, 99.9), (15.2, 105.4)]


@pytest.mark.parametrize(
    ("lat", "lon", "zone"),
    [(*place, zone) for place in PLACES for zone in (47, 48) if abs(place[1] - (6 * zone - 183)) < 3.5],
)
@pytest.mark.parametrize("datum", ["wgs84", "indian-1975"])
def test_metres_of_both_planes_and_datums_come_back_to_their_place(
    lat: float, lon: float, zone: int, datum: str
) -> None:
    east, north = (utm if datum == "wgs84" else indian_utm)(lat, lon, zone)
    cells = {"lat": f"{north:.3f}", "lon": f"{east:.3f}", "zone": str(zone), "datum": datum}
    row = read([cells], (lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1)).iloc[0]
    # Neither the place nor the formula is the code's own: 2 cm allow for the heights that neither side knows.
    assert metres_between(row["lat"], row["lon"], lat, lon) < 0.02
    assert row["reading"] == f"{'utm' if datum == 'wgs84' else 'indian'}{zone}"


@pytest.mark.parametrize(("lat", "lon"), PLACES)
def test_the_shift_of_the_datum_is_the_published_one(lat: float, lon: float) -> None:
    published = next(
        t
        for t in TransformerGroup(4240, 4326, always_xy=True).transformers
        if "Indian 1975 to WGS 84 (2)" in t.description
    )
    east, north = published.transform(lon, lat)
    cells = {"lat": str(lat), "lon": str(lon), "datum": "Indian 1975"}
    row = read([cells], (97, 5, 106, 21)).iloc[0]
    assert row["reading"] == "indian"
    assert metres_between(row["lat"], row["lon"], north, east) < 0.001
    # Some 440 m, as every surveyor of Thailand knows: the shift is neither forgotten nor applied twice or backwards.
    assert 350 < metres_between(row["lat"], row["lon"], lat, lon) < 550
    assert row["lon"] < lon
    assert row["lat"] > lat


# -- every spelling ----
def dms(value: float, digits: int = 2) -> tuple[int, int, float]:
    total = round(value * 3600, digits)
    return int(total // 3600), int(total % 3600 // 60), round(total % 60, digits)


def sexagesimal(form: str) -> Callable[[float], str]:
    def write(value: float) -> str:
        degrees, minutes, seconds = dms(value)
        return form.format(d=degrees, m=minutes, s=f"{seconds:.2f}")

    return write


def metric(lat: float, lon: float, plane: Callable[..., tuple[float, float]], number: int, **more: str) -> Cells:
    east, north = plane(lat, lon, number)
    return {"lat": f"{north:.1f}", "lon": f"{east:.1f}", **more}


def both(write: Callable[[float], str], north: str = "", east: str = "") -> Callable[[float, float], Cells]:
    return lambda lat, lon: {"lat": write(lat) + north, "lon": write(lon) + east}


def in_one(form: str) -> Callable[[float, float], Cells]:
    return lambda lat, lon: {"point": form.format(lat=f"{lat:.6f}", lon=f"{lon:.6f}")}


def exchanged(cells: Cells) -> Cells:
    return {**cells, "lat": cells["lon"], "lon": cells["lat"]}


def turned(write: Callable[[float, float], Cells]) -> Callable[[float, float], Cells]:
    return lambda lat, lon: exchanged(write(lat, lon))


DEGREES: dict[str, Callable[[float, float], Cells]] = {
    "decimal": both(lambda v: f"{v:.6f}"),
    "comma": both(lambda v: f"{v:.6f}".replace(".", ",")),
    "letters": both(lambda v: f"{v:.6f}", "N", "E"),
    "thai letters": both(lambda v: f"{v:.6f}", " เหนือ", " ตะวันออก"),
    "signs": both(sexagesimal("{d}°{m}'{s}\""), "N", "E"),
    "primes": both(sexagesimal("{d}° {m}′ {s}″")),
    "words": both(sexagesimal("{d} องศา {m} ลิปดา {s} ฟิลิปดา")),
    "spaces": both(sexagesimal("{d} {m} {s}")),
    "colons": both(sexagesimal("{d}:{m:02d}:{s}")),
    "minutes": both(lambda v: f"{int(v)}° {min((v - int(v)) * 60, 59.9999):.4f}'"),
    "one cell": in_one("{lat}, {lon}"),
    "one cell in brackets": in_one("({lat},{lon})"),
    "address": in_one("https://www.google.com/maps/@{lat},{lon},17z"),
    "wkt": in_one("POINT ({lon} {lat})"),
    "x and y": lambda lat, lon: {"x": f"{lon:.6f}", "y": f"{lat:.6f}"},
    "indian": lambda lat, lon: dict(
        zip(("lat", "lon"), (f"{v:.6f}" for v in to_indian(lat, lon)), strict=True), datum="อินเดียน 1975"
    ),
}  # fmt: skip
DEGREES |= {f"{name}, swapped": turned(DEGREES[name]) for name in ("decimal", "comma", "letters", "signs", "indian")}
METRES: dict[str, Callable[[float, float, int], Cells]] = {
    "zone": lambda lat, lon, zone: metric(lat, lon, utm, zone, zone=f"{zone}N"),
    "zone and datum": lambda lat, lon, zone: metric(lat, lon, utm, zone, zone=f"โซน {zone}", datum="WGS 84"),
    "indian": lambda lat, lon, zone: metric(lat, lon, indian_utm, zone, zone=str(zone), datum="Indian 1975"),
    "no zone": lambda lat, lon, zone: metric(lat, lon, utm, zone),
    "indian, no zone": lambda lat, lon, zone: metric(lat, lon, indian_utm, zone, datum="Indian 1975"),
    "grouped": lambda lat, lon, zone: {k: f"{float(v):,.1f}" for k, v in metric(lat, lon, utm, zone).items()},
    "zone, swapped": lambda lat, lon, zone: exchanged(metric(lat, lon, utm, zone, zone=f"{zone}Q")),
    "no zone, swapped": lambda lat, lon, zone: exchanged(metric(lat, lon, utm, zone)),
    "indian, swapped": lambda lat, lon, zone: exchanged(metric(lat, lon, indian_utm, zone, datum="INDIAN 1975")),
}
latitudes, longitudes = st.floats(5.7, 20.4), st.floats(97.4, 105.6)
margins = st.tuples(*[st.floats(0.02, 1.5)] * 4)


def around(lat: float, lon: float, margin: tuple[float, ...]) -> Bounds:
    return lon - margin[0], lat - margin[1], lon + margin[2], lat + margin[3]


@settings(max_examples=100, deadline=None)
@given(latitudes, longitudes, margins, st.sampled_from(sorted(DEGREES)))
def test_degrees_in_every_spelling_come_back_to_their_place(
    lat: float, lon: float, margin: tuple[float, ...], spelling: str
) -> None:
    row = read([DEGREES[spelling](lat, lon)], around(lat, lon, margin)).iloc[0]
    assert metres_between(row["lat"], row["lon"], lat, lon) < 1, spelling


@settings(max_examples=100, deadline=None)
@given(latitudes, longitudes, margins, st.sampled_from(sorted(METRES)))
def test_metres_in_every_spelling_come_back_to_their_place_or_are_refused(
    lat: float, lon: float, margin: tuple[float, ...], spelling: str
) -> None:
    zone = 47 if lon < 102 else 48
    bounds = around(lat, lon, margin)
    row = read([METRES[spelling](lat, lon, zone)], bounds).iloc[0]
    if math.isnan(row["lat"]):
        # Where easting and northing are much alike, both orders are in the area, and nothing tells which is meant.
        east, north = utm(lat, lon, zone)
        assert row["reading"] == "ambiguous"
        assert abs(north - east) < 450_000
    else:
        assert metres_between(row["lat"], row["lon"], lat, lon) < 1, spelling


@settings(max_examples=100, deadline=None)
@given(
    latitudes, longitudes, margins, st.integers(1, 8), st.integers(1, 8),
    st.sampled_from(["lat", "lon", "both"]), st.booleans(),
)  # fmt: skip
def test_degrees_that_lost_their_point_are_never_another_place(
    lat: float, lon: float, margin: tuple[float, ...], digits: int, other: int, lost: str, swap: bool
) -> None:
    texts = {"lat": f"{lat:.{digits}f}", "lon": f"{lon:.{other}f}"}
    cells = {k: v.replace(".", "") if lost in (k, "both") else v for k, v in texts.items()}
    if swap:
        cells = {"lat": cells["lon"], "lon": cells["lat"]}
    assert read([cells], around(lat, lon, margin))["lat"].isna().all(), cells


@settings(max_examples=100, deadline=None)
@given(latitudes, longitudes, margins, st.sampled_from(sorted(DEGREES)), st.data())
def test_one_broken_mark_is_the_same_place_or_said(
    lat: float, lon: float, margin: tuple[float, ...], spelling: str, data: st.DataObject
) -> None:
    """Dropping one mark of a spelling must not move the point by more than its digits say, unless it is refused."""
    cells = DEGREES[spelling](lat, lon)
    column = data.draw(st.sampled_from(sorted(set(cells) - {"datum"})))
    marks = [i for i, c in enumerate(cells[column]) if not c.isdigit()]
    if not marks:
        return
    at = data.draw(st.sampled_from(marks))
    cells[column] = cells[column][:at] + cells[column][at + 1 :]
    row = read([cells], around(lat, lon, margin)).iloc[0]
    assert math.isnan(row["lat"]) or metres_between(row["lat"], row["lon"], lat, lon) < 1, cells


def test_rows_that_can_be_read_one_way_settle_those_that_can_be_in_two() -> None:
    # In Pattani easting and northing are much alike: in a wide area either order will do.
    bounds = (100.9, 6.3, 101.8, 7.2)
    places = [(6.8, 101.3), (6.3, 101.9), (6.15, 101.0)]
    plain = [metric(*place, utm, 47, zone="47") for place in places]
    alone = read(plain[:1], bounds)
    assert alone["reading"].tolist() == ["ambiguous"]
    assert alone["lat"].isna().all()
    together = read(plain, bounds)
    assert together["reading"].tolist() == ["utm47"] * 3
    assert metres_between(*together[["lat", "lon"]].iloc[0], *places[0]) < 1
    assert read([exchanged(c) for c in plain], bounds)["reading"].tolist() == ["utm47-swapped"] * 3
    # Rows that disagree with each other settle nothing.
    disagreeing = read([plain[0], plain[1], exchanged(plain[2])], bounds)
    assert disagreeing["reading"].tolist() == ["ambiguous", "utm47", "utm47-swapped"]


def test_a_zone_that_a_column_says_is_not_overruled() -> None:
    east, north = utm(16.8, 100.4, 47)
    cells = {"lat": str(north), "lon": str(east)}
    assert read([cells, {**cells, "zone": "47"}, {**cells, "zone": "48"}])["reading"].tolist() == [
        "utm47",
        "utm47",
        "outside",
    ]


@pytest.mark.parametrize(
    ("lat", "lon", "reading"),
    [
        ("", "100.4", ""),
        ("16.8", "-", ""),
        ("", "", ""),
        ("16.8", "1858000", "outside"),
        ("16812345", "100412345", "outside"),
        ("16.8", "110.4", "outside"),
        ("0", "0", "outside"),
        ("16.8 S", "100.4", "outside"),
        ("95", "95", "outside"),
        ("16.31", "100.0", "degrees"),  # 20 km outside the roads
        ("16.29", "100.4", "outside"),
        ("100.4 E", "16.8 N", "swapped"),
        ("100.4", "16.8", "swapped"),
    ],
)
def test_reading_of_one_point(lat: str, lon: str, reading: str) -> None:
    row = read([{"lat": lat, "lon": lon}]).iloc[0]
    assert row["reading"] == reading
    assert math.isnan(row["lat"]) == math.isnan(row["lon"]) == (reading not in READINGS)


def test_readings_keep_rows_and_take_an_empty_table() -> None:
    table = pd.DataFrame({"lat": [16.8, np.nan], "lon": [100.4, 100.4]}, index=[7, 3])
    readings = read_points(table, AREA)
    assert readings.index.tolist() == [7, 3]
    assert list(readings) == ["lat", "lon", "reading", "road_m", "indian_road_m"]
    assert read_points(table[:0], AREA).empty
    assert reading_problems(table[:0], read_points(table[:0], AREA), FILE, private=False) == []


# -- what is said ----
def told(table: pd.DataFrame, *, private: bool = False, bounds: Bounds = AREA) -> list[tuple[str, int, str]]:
    problems = reading_problems(table, read_points(table, bounds), FILE, private)
    assert {(p.severity, p.file, p.column) for p in problems} <= {("warning", FILE, "lat")}
    assert all(p.message and p.remedy for p in problems)
    return [(p.rule, p.row, p.value) for p in problems]


def numbers(rows: list[tuple[float, float]], **more: str) -> pd.DataFrame:
    index = pd.RangeIndex(2, 2 + len(rows), name="row")
    return pd.DataFrame(rows, columns=["lat", "lon"], index=index).assign(**more)


def test_problems_of_points() -> None:
    rows = [
        (16.8, 100.4),
        (100.4, 16.8),
        (16.8, 120.0),
        (math.nan, 100.4),
        (1858000.0, 647000.0),
        (1858100.0, 647000.0),
    ]
    assert sorted(told(numbers(rows)), key=lambda p: p[1]) == [
        ("swapped-point", 3, "100.4, 16.8"),
        ("point-outside", 4, "16.8, 120.0"),
        ("no-point", 5, ""),
        ("utm-point", 6, "1858000.0, 647000.0"),
    ]
    # Homes: no number is shown, and one that is not known is no problem.
    assert sorted(told(numbers(rows), private=True), key=lambda p: p[1]) == [
        ("swapped-point", 3, "(ปกปิด)"),
        ("point-outside", 4, "(ปกปิด)"),
        ("utm-point", 6, "(ปกปิด)"),
    ]
    assert told(numbers([(16.8, 100.4)])) == []


def test_metres_and_datum_are_told_once_a_file_with_how_many() -> None:
    table = numbers([(1858000.0 + i, 647000.0) for i in range(30)], datum="indian-1975")
    (problem,) = reading_problems(table, read_points(table, AREA), FILE, private=False)
    assert problem.rule == "indian-datum"
    assert READINGS["indian47"] in problem.message
    assert "30 แถว (แถว 2, 3, 4, 5, 6 …)" in problem.message


@pytest.mark.parametrize(("count", "said"), [(20, 20), (21, 1)])
def test_swapped_points_of_a_whole_file_are_told_once(count: int, said: int) -> None:
    table = numbers([(100.4, 16.8)] * count)
    problems = reading_problems(table, read_points(table, AREA), FILE, private=False)
    assert [p.rule for p in problems] == ["swapped-point"] * said
    assert ("21 แถว" in problems[0].message) == (said == 1)
    # What is lost is told row by row, however many rows there are.
    assert len(told(numbers([(16.8, 120.0)] * 25))) == 25


def on_roads(count: int, seed: int = 5) -> tuple[list[tuple[float, float]], Callable[..., np.ndarray]]:
    """Return places some 30 m from roads, and the measure of any place's distance to these roads, by brute force."""
    rng = np.random.default_rng(seed)
    places = list(zip(rng.uniform(16.6, 17.0, count).tolist(), rng.uniform(100.3, 100.8, count).tolist(), strict=True))

    def near_road(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        found = [min(metres_between(a, b, *place) for place in places) for a, b in zip(lat, lon, strict=True)]
        return 30 + np.array(found)

    return places, near_road


@pytest.mark.parametrize(
    ("count", "write", "datum", "suspected"),
    [
        (12, indian_utm, "", True),
        (12, utm, "", False),
        (9, indian_utm, "", False),  # too few to say so
        (12, indian_utm, "indian-1975", False),
        (12, indian_utm, "wgs84", False),  # the office has said so itself
    ],
    ids=["indian", "wgs84", "few", "said-indian", "said-wgs84"],
)
def test_a_datum_that_no_column_says_is_suspected_by_the_roads_and_never_applied(
    count: int, write: Callable[..., tuple[float, float]], datum: str, suspected: bool
) -> None:
    places, near_road = on_roads(count)
    metres = [write(*place, 47) for place in places]
    table = numbers([(n, e) for e, n in metres], datum=datum)
    readings = read_points(table, AREA, near_road)
    assert set(readings["reading"]) == {"indian47" if datum == "indian-1975" else "utm47"}
    problems = reading_problems(table, readings, FILE, private=False)
    assert ("likely-indian-datum" in [p.rule for p in problems]) == suspected
    if suspected:
        assert readings["road_m"].median() > 300
        assert readings["indian_road_m"].median() == pytest.approx(30, abs=1)
        (problem,) = [p for p in problems if p.rule == "likely-indian-datum"]
        assert "30 เมตร" in problem.message
        assert "12 แถว" in problem.message
    if datum:
        assert readings["road_m"].isna().all()


def test_degrees_on_the_old_datum_are_suspected_too_and_shown_to_nobody_where_private() -> None:
    places, near_road = on_roads(15)
    table = numbers([to_indian(*place)[::-1] for place in places])
    readings = read_points(table, AREA, near_road)
    assert set(readings["reading"]) == {"swapped"}
    problems = reading_problems(table, readings, FILE, private=True)
    assert {p.value for p in problems} == {"(ปกปิด)"}
    assert "likely-indian-datum" in [p.rule for p in problems]


def test_points_anywhere_are_not_suspected() -> None:
    _, near_road = on_roads(40)
    for seed in range(20):
        places, _ = on_roads(10, seed=100 + seed)
        table = numbers(places)
        problems = reading_problems(table, read_points(table, AREA, near_road), FILE, private=False)
        assert problems == []

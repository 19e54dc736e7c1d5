"""Small road networks drawn as text, written as OpenStreetMap XML.

A test says where the junctions are in metres east and north of an origin and which ways join them, so that the
picture in its comment, the numbers in its tables and the answer beside them can be checked by eye.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pandas as pd
from pyproj import Geod

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WGS84 = Geod(ellps="WGS84")
ORIGIN = (16.8, 100.3)
"""Latitude and longitude of the drawing's (0, 0), in the province the office works in."""


def place(east: float, north: float) -> tuple[float, float]:
    """Latitude and longitude of a point of the drawing.

    Laid out by azimuth and distance from the origin: lengths through the origin are exact, all others within 10 km of
    it are true to half a centimetre. Rounded to the 1e-7 degree (about 1 cm) that every OpenStreetMap file has.
    """
    azimuth = math.degrees(math.atan2(east, north))
    lon, lat, _ = WGS84.fwd(ORIGIN[1], ORIGIN[0], azimuth, math.hypot(east, north))
    return round(float(lat), 7), round(float(lon), 7)


def points(kind: str, text: str) -> pd.DataFrame:
    """Table of villages or schools from lines ``name east north``; `kind` is ``village_id`` or ``school_id``."""
    rows = []
    for name, east, north in _rows(text):
        lat, lon = place(float(east), float(north))
        rows.append((name, lat, lon))
    return pd.DataFrame(rows, columns=[kind, "lat", "lon"]).astype({"lat": "float64", "lon": "float64"})


def write_osm(path: Path, nodes: str, ways: str) -> Path:
    """Write a drawing as OSM XML.

    `nodes` has lines ``name east north``. `ways` has lines ``A-B-C key=value …``; without a ``highway`` tag the way is
    ``unclassified``, and a name that no node has is a node missing from the file, as at the edge of an extract.
    """
    located = {name: place(float(east), float(north)) for name, east, north in _rows(nodes)}
    parsed = []
    for route, *tags in _rows(ways):
        parsed.append((route.split("-"), dict(tag.split("=", 1) for tag in tags)))
    return write_osm_tables(path, located, parsed)


def write_osm_tables(
    path: Path, located: Mapping[str, tuple[float, float]], ways: list[tuple[list[str], dict[str, str]]]
) -> Path:
    """Write nodes (name → latitude, longitude) and ways (names, tags) as OSM XML."""
    ids: dict[str, int] = {}
    for name in [*located, *(name for route, _ in ways for name in route)]:
        ids.setdefault(name, len(ids) + 1)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="drawn">']
    for name, (lat, lon) in located.items():
        lines.append(f'<node id="{ids[name]}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>')
    for number, (route, tags) in enumerate(ways, start=1):
        lines.append(f'<way id="{number}" version="1">')
        lines += [f'<nd ref="{ids[name]}"/>' for name in route]
        tags = {"highway": "unclassified"} | tags
        lines += [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items() if value]
        lines.append("</way>")
    lines.append("</osm>")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]

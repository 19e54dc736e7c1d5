"""Where an office's roads are wanted: its outline on the map, and how far beyond it they may run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from restructure._errors import DataError, UsageError
from restructure.intake import find_table, read_table
from restructure.intake.features import read_layers
from restructure.roads import ROAD_SUFFIXES

BOUNDARY_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".kml")

Bounds = tuple[float, float, float, float]


def read_outline(path: Path) -> Any:
    """Return the polygons of a map file as one shape in degrees.

    Raises
    ------
    UsageError
        When the file is not there.
    DataError
        When it cannot be read, holds no polygon or its coordinates are not on the Earth.
    """
    if not path.is_file():
        raise UsageError(f"ไม่พบไฟล์ขอบเขต {path}: ตรวจชื่อไฟล์", f"Boundary file {path} is not there; check its name.")
    layers = read_layers(path, path.name)
    try:
        outline = shapely.union_all([layer.geometry.dropna().make_valid().union_all() for layer in layers])
    except shapely.errors.GEOSException as error:  # coordinates that are no numbers
        raise DataError(
            f"อ่านรูปในไฟล์ขอบเขต {path.name} ไม่ได้: เปิดในโปรแกรมแผนที่ ซ่อมรูป แล้วบันทึกใหม่",
            f"The shapes of boundary file {path.name} cannot be used; mend them in a map program and save it anew.",
        ) from error
    if not outline.area > 0:
        raise DataError(
            f"ไฟล์ขอบเขต {path.name} ไม่มีรูปพื้นที่: ใช้ไฟล์ที่มี Polygon",
            f"Boundary file {path.name} holds no polygon; use one that does.",
        )
    if not shapely.box(-180, -90, 180, 90).contains(outline):
        raise DataError(
            f"พิกัดในไฟล์ขอบเขต {path.name} ไม่ใช่องศา: บันทึกใหม่ในระบบพิกัด WGS 84 (EPSG:4326)",
            f"The coordinates of boundary file {path.name} are not degrees; save it anew in WGS 84 (EPSG:4326).",
        )
    return outline


def find_boundary(inputs: Path) -> Path | None:
    """Return the office's boundary file in the folder of raw files, None where there is none.

    Raises
    ------
    DataError
        When there are two: it cannot be known which one counts.
    """
    return find_table(inputs, "boundary", BOUNDARY_SUFFIXES)


def points_rectangle(inputs: Path, bounds: Bounds) -> Any:
    """Return the rectangle around those schools and villages that lie inside ``bounds``, None where none does.

    Latitude and longitude in each other's place are taken for what they are; a point outside is a slip of the pen.
    """
    west, south, east, north = bounds

    def inside(lat: pd.Series, lon: pd.Series) -> pd.Series:
        return lat.between(south, north) & lon.between(west, east)

    paths = {name: path for name in ("schools", "villages") if (path := find_table(inputs, name))}
    points = [read_table(path, name)[0][["lat", "lon"]] for name, path in paths.items()]
    if not points:
        return None
    lat, lon = (pd.concat(points)[key] for key in ("lat", "lon"))
    swapped = ~inside(lat, lon) & inside(lon, lat)
    lat, lon = lat.where(~swapped, lon), lon.where(~swapped, lat)
    known = inside(lat, lon)
    if not known.any():
        return None
    lat, lon = lat[known], lon[known]
    return shapely.box(lon.min(), lat.min(), lon.max(), lat.max())


def widened(outline: Any, metres: float) -> Any:
    """Return a shape in degrees grown by so many metres on every side.

    A way between two points of the shape that leaves the grown one is longer than twice those metres: no distance up to
    there is measured too long for want of roads outside.
    """
    middle = outline.centroid
    # Lengths from the middle are true; all others within an office's few hundred kilometres to a part in a thousand.
    around = f"+proj=aeqd +lat_0={middle.y} +lon_0={middle.x} +datum=WGS84"
    shape = gpd.GeoSeries([outline], crs="EPSG:4326").to_crs(around).buffer(metres, quad_segs=32)
    # A long straight edge is a curve in degrees: points on the way keep it in its place.
    return shape.segmentize(5_000).to_crs("EPSG:4326").iloc[0]


def refuse_existing_roads(inputs: Path) -> None:
    """Refuse to go on where the cycle has roads already: raw inputs are never replaced.

    Raises
    ------
    UsageError
        When there is a road file.
    """
    for suffix in ROAD_SUFFIXES:
        if (inputs / f"roads{suffix}").exists():
            raise UsageError(
                f"มีไฟล์ถนน inputs/roads{suffix} อยู่แล้ว: ย้ายไฟล์เดิมออกก่อน",
                f"inputs/roads{suffix} is there already; move it away first.",
            )

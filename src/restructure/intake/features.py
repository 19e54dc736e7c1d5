"""Map files (GeoJSON, GeoPackage, KML, shapefile) as tables: a row for each point, line or area.

What GDAL opens for its content may name other files, addresses or programs, and GDAL goes there. So a file is handed to
it only when it begins as its name says, and GeoJSON, which may name an address, is read without it.
"""

from __future__ import annotations

import json
import re
import sqlite3
import warnings
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from restructure._errors import TableError
from restructure.intake.sheets import cell_text, unreadable

#: By suffix, how large a file may be.
_MOST_BYTES = {".geojson": 50_000_000, ".json": 50_000_000}
_MOST_OTHER_BYTES = 300_000_000
_MOST_FEATURES = 200_000
_BEGINNINGS = {
    ".gpkg": rb"SQLite format 3\0",
    ".kml": rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>\s*)?(<!--.*?-->\s*)*<(\w+:)?kml[\s>]",
    ".shp": rb"\0\0\x27\x0a",
    ".zip": rb"PK\x03\x04",
}
_SHAPEFILE_PARTS = (
    ".shp",
    ".shx",
    ".dbf",
    ".prj",
    ".cpg",
    ".cst",
    ".sbn",
    ".sbx",
    ".qix",
    ".qpj",
    ".qmd",
    ".xml",
    ".txt",
)
#: Columns that map programs add to what was drawn.
_NOT_ASKED = {
    "altitudemode", "draworder", "extrude", "icon", "lat", "latitude", "lon", "longitude", "snippet",
    "tessellate", "timestamp", "visibility", "wkt", "x", "y",
}  # fmt: skip


def read_features(path: Path, file: str) -> list[tuple[int, list[str]]]:
    """Read the features of a map file as rows of text, numbered from 1, after a head that has number 1 too.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, KML or a shapefile, zipped or not, in any coordinate system that it names.
    file
        The file as messages should name it.

    Returns
    -------
    list of (int, list of str)
        Attributes under their names; ``lat`` and ``lon`` of a point in degrees on WGS 84, ``wkt`` of anything else.
        Columns without any text, and those that map programs add, are left out.

    Raises
    ------
    TableError
        When the file cannot be read, names no coordinate system or holds more than 200,000 features.
    """
    suffix = path.suffix.lower()
    try:
        if path.stat().st_size > _MOST_BYTES.get(suffix, _MOST_OTHER_BYTES):
            raise _too_large(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL finds odd is left out, and so a row without a place
            layers = _read_geojson(path) if suffix in (".geojson", ".json") else _read_layers(path, suffix)
        if sum(map(len, layers)) > _MOST_FEATURES:
            raise _too_large(file)
        features = [feature for layer in layers for feature in _as_texts(layer.to_crs("EPSG:4326"))]
    except (TableError, MemoryError):
        raise
    except Exception as error:  # GDAL raises a different class for each way in which a file is not a map
        raise TableError(
            f"อ่านไฟล์ {file} ไม่ได้: ใช้ GeoJSON หรือ GeoPackage ที่มีระบบพิกัด หรือตาราง CSV",
            f"{file} cannot be read; use GeoJSON or GeoPackage with a coordinate system, or a CSV table.",
        ) from error
    # What a map program names every feature by gives way to a column that says what it is.
    heads = sorted({head for feature in features for head, text in feature.items() if text}, key=_fallback)
    rows = [(i, [feature.get(head, "") for head in heads]) for i, feature in enumerate(features, start=1)]
    return [(1, heads), *rows]


def _read_geojson(path: Path) -> list[gpd.GeoDataFrame]:
    found = json.loads(path.read_bytes().decode("utf-8-sig"))
    name = found["crs"]["properties"]["name"] if found.get("crs") else "EPSG:4326"
    features = found["features"] if found["type"] == "FeatureCollection" else [found]
    told = pd.DataFrame(
        [feature.get("properties") or {} for feature in features], index=range(len(features)), dtype=object
    )
    shapes = [one.get("geometry") if one["type"] == "Feature" else one for one in features]
    drawn = shapely.from_geojson([json.dumps(shape) if shape else None for shape in shapes])
    return [gpd.GeoDataFrame(told.drop(columns="geometry", errors="ignore"), geometry=drawn, crs=name)]


def _read_layers(path: Path, suffix: str) -> list[gpd.GeoDataFrame]:
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not re.match(_BEGINNINGS[suffix], head, re.DOTALL):
        raise ValueError("not what its name says")
    if suffix == ".kml" and re.search(rb"<!DOCTYPE|<!ENTITY", path.read_bytes()):
        raise ValueError("entities may unfold without end")
    if suffix == ".gpkg":
        _refuse_computed_layers(path)
    if suffix == ".zip":
        _refuse_other_parts(path)
    layers = []
    for name, kind in pyogrio.list_layers(path):
        if kind is not None:
            layer = gpd.read_file(path, layer=name, rows=_MOST_FEATURES + 1)
            layers.append(_thai(layer) if pyogrio.read_info(path, layer=name)["encoding"] == "ISO-8859-1" else layer)
    return layers


def _refuse_computed_layers(path: Path) -> None:
    """Refuse a GeoPackage with a layer that is computed as it is read, which may take for ever."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        kinds = "SELECT sql FROM sqlite_master WHERE type = 'view' OR sql LIKE 'CREATE VIRTUAL%'"
        if any("rtree" not in sql.lower() for (sql,) in base.execute(kinds)):
            raise ValueError("a layer that is computed")


def _refuse_other_parts(path: Path) -> None:
    """Refuse an archive with anything but shapefiles, or with parts that are too large or damaged."""
    with zipfile.ZipFile(path) as archive:
        parts = [item for item in archive.infolist() if not item.is_dir()]
        if sum(item.file_size for item in parts) > _MOST_OTHER_BYTES or archive.testzip():
            raise ValueError("too large or damaged")
        for item in parts:
            shape = item.filename.lower().endswith(".shp")
            if not item.filename.lower().endswith(_SHAPEFILE_PARTS):
                raise ValueError("no part of a shapefile")
            if shape and not re.match(_BEGINNINGS[".shp"], archive.read(item)[:4]):
                raise ValueError("not what its name says")


def _thai(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Read the texts of a shapefile that does not say how it was saved: UTF-8 where all of them are, else cp874."""
    texts = [
        column for column in layer if column != layer.geometry.name and not pd.api.types.is_numeric_dtype(layer[column])
    ]
    for encoding in ("utf-8", "cp874"):

        def mend(value: Any, encoding: str = encoding) -> Any:
            return value.encode("latin-1").decode(encoding) if isinstance(value, str) else value

        try:
            mended = layer.assign(**{column: layer[column].astype(object).map(mend) for column in texts})
            return mended.rename(columns={column: mend(column) for column in texts})
        except UnicodeError:
            continue
    return layer


def _as_texts(layer: gpd.GeoDataFrame) -> list[dict[str, str]]:
    """Return each feature's texts, by the name of the attribute, and its place."""
    shapes = shapely.force_2d(layer.geometry.to_numpy())
    lone = (shapely.get_type_id(shapes) == 4) & (shapely.get_num_geometries(shapes) == 1)
    shapes[lone] = shapely.get_geometry(shapes[lone], 0)  # some programs write every point as a group of points
    points = shapely.get_type_id(shapes) == 0
    lon, lat = shapely.get_x(shapes), shapely.get_y(shapes)
    lines: Any = np.where(points, None, shapely.to_wkt(shapes, rounding_precision=-1))
    told = layer.drop(columns=[layer.geometry.name, *(c for c in layer if str(c).lower() in _NOT_ASKED)])
    features: list[dict[str, str]] = []
    for i, values in enumerate(told.itertuples(index=False, name=None)):
        point = {"lat": _degrees(lat[i]), "lon": _degrees(lon[i])}
        place: dict[str, str] = point if points[i] else {"wkt": lines[i] or ""}
        features.append(place | {str(c): cell_text(v) for c, v in zip(told, values, strict=True)})
    return features


def _degrees(value: float) -> str:
    return str(np.format_float_positional(value, trim="-")) if np.isfinite(value) else ""


def _fallback(head: str) -> tuple[bool, str]:
    return head.lower() in ("name", "description"), head


def _too_large(file: str) -> TableError:
    return unreadable(
        file,
        f"ใหญ่เกินไป (เกิน {_MOST_FEATURES:,} รูปหรือไฟล์ใหญ่มาก)",
        f"it is too large (more than {_MOST_FEATURES:,} features, or a very large file)",
        "ตัดเฉพาะเขตของสำนักงาน แล้วบันทึกใหม่",
        "cut out the area of the office and save it anew",
    )

"""Map files (GeoJSON, GeoPackage, KML, shapefile) as tables: a row for each point, line or area.

What GDAL opens for its content may name other files, addresses or programs, and GDAL goes there: it cannot be told
which kind of file to take one for. So a file is handed to it only when its first bytes leave no choice, and GeoJSON and
KML, which are text and may name an address, or be taken for another format, are read without it.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from geopandas.tools import collect

from restructure._errors import TableError
from restructure.intake.sheets import cell_text, unreadable

#: By suffix, how large a file may be.
_MOST_BYTES = {".geojson": 50_000_000, ".json": 50_000_000, ".kml": 50_000_000}
_MOST_OTHER_BYTES = 300_000_000
_MOST_FEATURES = 200_000
_BEGINNINGS = {
    ".gpkg": rb"SQLite format 3\0",
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
_KML_HEADS = {"name": "Name", "description": "description"}
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
    features = [feature for layer in read_layers(path, file) for feature in _as_texts(layer)]
    # What a map program names every feature by gives way to a column that says what it is.
    heads = sorted({head for feature in features for head, text in feature.items() if text}, key=_fallback)
    rows = [(i, [feature.get(head, "") for head in heads]) for i, feature in enumerate(features, start=1)]
    return [(1, heads), *rows]


def read_layers(path: Path, file: str) -> list[gpd.GeoDataFrame]:
    """Read the layers of a map file in degrees on WGS 84, and nothing else that it names.

    Parameters
    ----------
    path, file
        As for :func:`read_features`.

    Raises
    ------
    TableError
        As :func:`read_features` does.
    """
    suffix = path.suffix.lower()
    try:
        if path.stat().st_size > _MOST_BYTES.get(suffix, _MOST_OTHER_BYTES):
            raise _too_large(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what GDAL finds odd is left out, and so a row without a place
            read = {".geojson": _read_geojson, ".json": _read_geojson, ".kml": _read_kml}.get(suffix, _read_with_gdal)
            layers = read(path)
        if sum(map(len, layers)) > _MOST_FEATURES:
            raise _too_large(file)
        return [layer.to_crs("EPSG:4326") for layer in layers]
    except (TableError, MemoryError):
        raise
    except Exception as error:  # GDAL raises a different class for each way in which a file is not a map
        raise TableError(
            f"อ่านไฟล์ {file} ไม่ได้: ใช้ GeoJSON หรือ GeoPackage ที่มีระบบพิกัด หรือตาราง CSV",
            f"{file} cannot be read; use GeoJSON or GeoPackage with a coordinate system, or a CSV table.",
        ) from error


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


def _read_kml(path: Path) -> list[gpd.GeoDataFrame]:
    """Read the placemarks of KML 2.2 (OGC 07-147r2): points, lines, areas and groups; links are not followed."""
    data = path.read_bytes()
    if re.search(rb"<!DOCTYPE|<!ENTITY|\0", data):  # with zeros it is UTF-16, in which entities would not be seen
        raise ValueError("entities may unfold without end")
    root = ElementTree.fromstring(data)
    if _tag(root) != "kml":
        raise ValueError("not what its name says")
    told, shapes = [], []
    for place in root.iter():
        if _tag(place) != "Placemark":
            continue
        # Under the heads that other map programs give them.
        texts = {_KML_HEADS[_tag(part)]: part.text or "" for part in place if _tag(part) in _KML_HEADS}
        for part in place.iter():
            if _tag(part) == "SimpleData":
                texts[part.get("name", "")] = part.text or ""
            elif _tag(part) == "Data":
                texts[part.get("name", "")] = next((one.text or "" for one in part if _tag(one) == "value"), "")
        drawn = [shape for part in place for shape in _kml_shapes(part)]
        told.append(texts)
        kinds = {shape.geom_type for shape in drawn}
        shapes.append(shapely.GeometryCollection(drawn) if len(kinds) > 1 else collect(drawn) if drawn else None)
    table = pd.DataFrame(told, index=range(len(told)), dtype=object).drop(columns=["", "geometry"], errors="ignore")
    return [gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, table.index, crs="EPSG:4326"))]


def _kml_shapes(part: ElementTree.Element) -> Iterator[Any]:
    """Return what an element of a placemark draws; a shape that lacks points is left out."""
    kind = _tag(part)
    if kind == "MultiGeometry":
        for one in part:
            yield from _kml_shapes(one)
    elif kind in ("Point", "LineString", "LinearRing", "Polygon"):
        with contextlib.suppress(ValueError, IndexError, shapely.errors.ShapelyError):
            rings = [_kml_places(one) for one in part.iter() if _tag(one) == "coordinates"]
            if kind == "Polygon":  # its outer ring is the first (OGC 07-147r2, 10.8)
                yield shapely.Polygon(rings[0] if rings else [], rings[1:])
            else:
                yield getattr(shapely, kind)(rings[0][0] if kind == "Point" else rings[0])


def _kml_places(coordinates: ElementTree.Element) -> list[tuple[float, ...]]:
    texts = re.sub(r"\s*,\s*", ",", coordinates.text or "").split()
    return [tuple(float(number) for number in text.split(",")[:2]) for text in texts]


def _tag(part: ElementTree.Element) -> str:
    """Return an element's name without its namespace; "" for a comment."""
    return part.tag.rpartition("}")[2] if isinstance(part.tag, str) else ""


def _read_with_gdal(path: Path) -> list[gpd.GeoDataFrame]:
    suffix = path.suffix.lower()
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not re.match(_BEGINNINGS[suffix], head, re.DOTALL):
        raise ValueError("not what its name says")
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
    with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
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

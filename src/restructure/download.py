"""Roads from OpenStreetMap's Overpass service, through OSMnx: the one part of the package that uses a network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import osmnx as ox
import requests

from restructure._errors import DataError, RoadsError, UsageError
from restructure.files import staged
from restructure.policy import load_policy
from restructure.roads import ROAD_SUFFIXES


def download_roads(
    folder: Path,
    *,
    place: str | None = None,
    boundary: Path | None = None,
    bbox: Sequence[float] | None = None,
) -> Path:
    """Download the roads of a place into ``inputs/roads.graphml``.

    Nothing but the name or outline of the area is sent: no village, school or home.

    Parameters
    ----------
    place
        A name that OpenStreetMap's search knows.
    boundary
        A file with polygons, such as GeoJSON.
    bbox
        West, south, east, north in degrees.

    Raises
    ------
    UsageError
        When the cycle already has roads: raw inputs are never replaced.
    RoadsError
        When the service does not answer or knows no roads there.
    """
    inputs = folder / "inputs"
    existing = [f"roads{suffix}" for suffix in ROAD_SUFFIXES if (inputs / f"roads{suffix}").exists()]
    if existing:
        raise UsageError(
            f"มีไฟล์ถนน inputs/{existing[0]} อยู่แล้ว: ย้ายไฟล์เดิมออกก่อน",
            f"inputs/{existing[0]} is there already; move it away first.",
        )
    van = load_policy(folder / "policy.yaml").van
    ox.settings.use_cache = True
    ox.settings.cache_folder = folder / "cache"
    ox.settings.doh_url_template = None  # no public DNS service learns which area the office looks at
    ox.settings.http_user_agent = f"restructure/{metadata.version('restructure')} (school planning)"
    ox.settings.useful_tags_way = sorted(
        {"highway", "name", "ref", "oneway", "junction", "surface", "tracktype", "area", *van.access_keys}
    )
    wanted = f'["highway"~"^({"|".join(sorted(van.highways))})$"]["area"!~"yes"]'
    # Every node and every part is kept: what reaches no school must be seen, not dropped.
    options: dict[str, Any] = {"custom_filter": wanted, "simplify": False, "retain_all": True}
    try:
        if place is not None:
            graph = ox.graph_from_place(place, **options)
        elif boundary is not None:
            graph = ox.graph_from_polygon(_outline(boundary), **options)
        else:
            graph = ox.graph_from_bbox(cast("tuple[float, float, float, float]", tuple(bbox or ())), **options)
    except (
        requests.RequestException,
        ox._errors.ResponseStatusCodeError,
        ox._errors.InsufficientResponseError,
        TypeError,  # what OSMnx raises for a place that is a point, not an area
    ) as error:
        raise RoadsError(
            "ดาวน์โหลดถนนไม่สำเร็จ: ตรวจอินเทอร์เน็ตและชื่อพื้นที่ รอสักครู่แล้วลองใหม่ "
            "หรือวางไฟล์ .osm.pbf ของจังหวัดเป็น inputs/roads.osm.pbf",
            f"The roads could not be downloaded ({type(error).__name__}); check the connection and the area, "
            "wait and try again, or put an .osm.pbf extract into inputs/.",
        ) from error
    graph.graph["osm_date"] = str(graph.graph.get("created_date", ""))[:10]
    with staged(inputs) as stage:
        ox.save_graphml(graph, stage / "roads.graphml")
    return inputs / "roads.graphml"


def _outline(boundary: Path) -> Any:
    if not boundary.is_file():
        raise UsageError(f"ไม่พบไฟล์ขอบเขต {boundary}: ตรวจชื่อไฟล์", f"Boundary file {boundary} is not there.")
    try:
        shapes = gpd.read_file(boundary).to_crs("EPSG:4326").geometry
    except Exception as error:  # GDAL raises a different class for each way in which a file is not a map
        raise DataError(
            f"อ่านไฟล์ขอบเขต {boundary.name} ไม่ได้: ใช้ GeoJSON หรือ GeoPackage ที่มีระบบพิกัด",
            f"Boundary file {boundary.name} cannot be read; use GeoJSON or GeoPackage with a coordinate system.",
        ) from error
    outline = shapes.union_all()
    if outline.geom_type not in ("Polygon", "MultiPolygon"):
        raise DataError(
            f"ไฟล์ขอบเขต {boundary.name} ไม่มีรูปพื้นที่: ใช้ไฟล์ที่มี Polygon",
            f"Boundary file {boundary.name} holds no polygon; use one that does.",
        )
    return outline

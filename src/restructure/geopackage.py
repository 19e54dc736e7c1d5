"""A plan as layers for QGIS, with the styles that QGIS opens them in."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from restructure.mapdata import MapData
from restructure.plan import Plan
from restructure.qgisstyle import layer_styles
from restructure.words import SYNTHETIC


def tell_no_time() -> None:
    """Let layers not hold the time at which they were written: the same content is the same bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})


def write_geopackage(plan: Plan, path: Path) -> None:
    """Write the layers ``schools``, ``villages``, ``moves`` and ``routes``, and the table ``layer_styles`` of QGIS.

    A school or village whose point is not known keeps its row, without a geometry. There are no home points in it.
    """
    data = MapData(plan)
    schools, villages = data.schools, data.villages
    wanted = ["school_id", "name", "tambon", "amphoe", "grades", "rooms", "teachers", "special_area", "status"]
    wanted += ["roll", "pupils_before", "pupils_after", "state_before", "state_after", "geometry"]
    layers = {
        "schools": _as_points(schools)[[c for c in wanted if c in (*schools, "geometry")]],
        "villages": _as_points(villages).drop(columns=["lat", "lon", "remark"], errors="ignore"),
        "moves": gpd.GeoDataFrame(plan.moves, geometry=_move_lines(plan.moves, schools), crs="EPSG:4326"),
        "routes": plan.ways,
    }
    path.unlink(missing_ok=True)
    tell_no_time()
    for name, layer in layers.items():
        if plan.policy.synthetic:
            layer = layer.assign(remark=SYNTHETIC)
        shape = "Point" if name in ("schools", "villages") else "LineString"
        layer.to_file(path, layer=name, driver="GPKG", engine="pyogrio", geometry_type=shape)
    styles = layer_styles(plan.policy.settings.bands)
    pyogrio.write_dataframe(styles, path, layer="layer_styles", driver="GPKG", layer_options={"FID": "id"})


def _as_points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    known = table["lat"].notna() & table["lon"].notna()
    points = gpd.GeoSeries(gpd.points_from_xy(table["lon"], table["lat"]), index=table.index, crs="EPSG:4326")
    return gpd.GeoDataFrame(table, geometry=points.where(known, None))


def _move_lines(moves: pd.DataFrame, schools: pd.DataFrame) -> list[shapely.LineString | None]:
    points = schools.set_index("school_id")[["lon", "lat"]]
    lines = []
    for school, host in zip(moves["school_id"], moves["host_id"], strict=True):
        ends = points.loc[[school, host]].to_numpy(float)
        lines.append(shapely.LineString(ends) if np.isfinite(ends).all() else None)
    return lines

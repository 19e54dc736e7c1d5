"""What changed in the roads near each village and school, and whose way and band it moves."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from restructure.cycle import Measured
from restructure.distance import routes
from restructure.roads import RoadNetwork
from restructure.snapping import road_index
from restructure.years.ways import way_points

#: A road within so many metres of a way, or of a point, is near it.
NEAR_M = 100
_KINDS = {"new": "new_m", "gone": "gone_m"}  # all others: the road is still there but not the same
_METRES = ["new_m", "gone_m", "other_m"]


def changes_near(
    changes: gpd.GeoDataFrame, ways: pd.DataFrame, last: Measured, this: Measured, before: RoadNetwork
) -> pd.DataFrame:
    """Return which changed stretches of road lie near which ways, of either year.

    Parameters
    ----------
    changes
        As :func:`restructure.years.roads.road_changes` returns them.
    ways
        As :func:`restructure.years.ways.compare_ways` returns them.
    before
        The roads of the last year for this year's vehicle.

    Returns
    -------
    DataFrame
        ``way`` (the index of ``ways``) and ``change_id``, sorted.
    """
    found = [np.zeros((2, 0), np.int64)]
    if len(changes):
        plane = road_index(this.cycle.open_network)[0]
        tree = shapely.STRtree(_flat(changes.geometry.to_numpy(), plane))
        for measured, network in ((last, before), (this, this.cycle.open_network)):
            lines = routes(network, way_points(ways, measured).assign(way=ways.index))
            way, change = tree.query(_flat(lines.geometry.to_numpy(), plane), predicate="dwithin", distance=NEAR_M)
            found.append(np.stack([lines["way"].to_numpy(np.int64)[way], change]))
    way, change = np.unique(np.hstack(found), axis=1)
    return pd.DataFrame({"way": way, "change_id": changes["change_id"].to_numpy()[change]})


def changes_with_effect(changes: gpd.GeoDataFrame, ways: pd.DataFrame, near: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add to each changed stretch whom it moves: a way that several stretches lie near counts at each.

    Returns
    -------
    GeoDataFrame
        ``changes`` with ``ways`` (whose length the roads have changed), ``pupils`` (who go them this year),
        ``band_pupils`` (who are paid and whose band the roads change), ``baht`` (a school year, of those).
    """
    sums = _effects(near.merge(ways, left_on="way", right_index=True), ["change_id"])
    found = changes.merge(sums, how="left", on="change_id")
    found[_EFFECTS] = found[_EFFECTS].fillna(0).astype("int64")
    return gpd.GeoDataFrame(found, geometry="geometry", crs=changes.crs)


def places_near(changes: gpd.GeoDataFrame, ways: pd.DataFrame, near: pd.DataFrame, this: Measured) -> pd.DataFrame:
    """Return each village and school near whose ways, or at whose point, the roads have changed.

    Returns
    -------
    DataFrame
        A row a place, villages first, sorted by code: ``kind`` (``village``, ``school``), ``code``, ``name``, ``lat``,
        ``lon``, ``new_m``, ``gone_m``, ``other_m`` (metres of the changed stretches), ``changes`` (their numbers joined
        by ``;``), and ``ways``, ``pupils``, ``band_pupils``, ``baht`` as of :func:`changes_with_effect`.
    """
    parts = []
    for kind, key in (("village", "origin"), ("school", "school_id")):
        mine = ways[(ways["measured_from"] == "village") | (kind == "school")]
        table = this.cycle.tables[f"{kind}s"].rename(columns={f"{kind}_id": "code"})
        hit = near.merge(mine, left_on="way", right_index=True).rename(columns={key: "code"})
        at_point = _near_points(changes, table, this)
        stretches = pd.concat([hit[["code", "change_id"]], at_point]).drop_duplicates()
        stretches = stretches.merge(changes[["change_id", "change", "length_m"]], on="change_id")
        column = stretches["change"].map(_KINDS).fillna("other_m")
        metres = stretches.pivot_table("length_m", "code", column, "sum", fill_value=0).reindex(
            columns=_METRES, fill_value=0
        )
        numbers = (
            stretches.sort_values("change_id").groupby("code")["change_id"].agg(lambda ids: ";".join(map(str, ids)))
        )
        sums = _effects(hit.drop_duplicates(["code", "way"]), ["code"])
        found = metres.join(numbers.rename("changes")).reset_index().merge(sums, how="left", on="code")
        found = found.merge(table[["code", "name", "lat", "lon"]], on="code").assign(kind=kind)
        parts.append(found.sort_values("code"))
    columns = ["kind", "code", "name", "lat", "lon", *_METRES, "changes", *_EFFECTS]
    found = pd.concat(parts, ignore_index=True)[columns]
    whole = [*_METRES, *_EFFECTS]
    found[whole] = found[whole].fillna(0).astype("int64")
    return found


_EFFECTS = ["ways", "pupils", "band_pupils", "baht"]


def _effects(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return what the roads do to ways, added up."""
    moved = rows[rows["cause"].str.split(";").map(lambda words: "roads" in words).astype(bool)]
    band = moved["paid_pupils_this"].where(moved["roads_band_changes"], 0)
    moved = moved.assign(ways=1, pupils=moved["pupils_this"], band_pupils=band, baht=moved["roads_baht"].fillna(0))
    return moved.groupby(keys, as_index=False)[_EFFECTS].sum()


def _near_points(changes: gpd.GeoDataFrame, places: pd.DataFrame, this: Measured) -> pd.DataFrame:
    """Return which changed stretches lie near which places themselves."""
    known = places.dropna(subset=["lat", "lon"])
    plane = road_index(this.cycle.open_network)[0]
    tree = shapely.STRtree(_flat(changes.geometry.to_numpy(), plane))
    points = shapely.points(np.column_stack(plane.transform(known["lon"].to_numpy(), known["lat"].to_numpy())))
    place, change = tree.query(points, predicate="dwithin", distance=NEAR_M)
    codes, numbers = known["code"].to_numpy()[place], changes["change_id"].to_numpy()[change]
    return pd.DataFrame({"code": codes, "change_id": numbers}).astype({"code": "str"})


def _flat(shapes: Any, plane: Any) -> Any:
    """Return shapes of degrees in a plane of metres."""
    return shapely.transform(shapes, lambda points: np.column_stack(plane.transform(points[:, 0], points[:, 1])))

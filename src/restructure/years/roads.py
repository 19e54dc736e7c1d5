"""Road data of two dates: which roads are new, gone or of another class, direction or surface.

Pieces are known by the places of their ends. A road that was only drawn anew, with nodes more or fewer on the same
line, has not changed.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from restructure.roads import Floats, Ints, RoadNetwork
from restructure.snapping import road_index

#: What may have become of a road, and in what order it is told.
CHANGES = {
    "new": "ถนนใหม่",
    "gone": "ถนนหายไป",
    "one-way": "ทิศทางเปลี่ยน",
    "class": "ชั้นถนนเปลี่ยน",
    "surface": "ผิวถนนเปลี่ยน",
    "barrier-new": "มีสิ่งกีดขวาง",
    "barrier-gone": "สิ่งกีดขวางหายไป",
}
#: A line within so many metres of another is the same road drawn anew.
_SAME_M = 1.0
#: Places are compared to the resolution of OpenStreetMap's coordinates.
_PER_DEGREE = 1e7
_ENDS = ["a_lon", "a_lat", "b_lon", "b_lat"]
_ALIKE = ["change", "name", "class_last", "class_this"]
_COLUMNS = ["change_id", *_ALIKE, "length_m", "lat", "lon"]


def road_changes(before: RoadNetwork, after: RoadNetwork) -> gpd.GeoDataFrame:
    """Return what has changed between the roads of two dates, for one vehicle.

    Returns
    -------
    GeoDataFrame
        A row a stretch of joined pieces that changed alike: ``change_id`` (1, 2, …), ``change`` (words of
        :data:`CHANGES` joined by ``;``), ``name``, ``class_last`` and ``class_this`` (OpenStreetMap classes, empty
        where the road is not there), ``length_m`` (metres, 0 for a barrier), ``lat``, ``lon`` (a place on it) and the
        geometry on WGS 84. In the order of :data:`CHANGES`, then from west to east.
    """
    both = _pieces(before).merge(_pieces(after), how="outer", on=_ENDS, suffixes=("_last", "_this"), indicator=True)
    kept = both[both["_merge"] == "both"]
    plane = road_index(after)[0]
    gone = _not_there(both[both["_merge"] == "left_only"], after, plane, "this")
    new = _not_there(both[both["_merge"] == "right_only"], before, plane, "last")
    rows = pd.concat([kept, new, gone], ignore_index=True)
    rows = rows.assign(change=_spell_changes(rows), name=rows["name_this"].fillna(rows["name_last"]))
    rows = rows.assign(length_m=rows["length_m_this"].fillna(rows["length_m_last"]))
    rows = rows[rows["change"] != ""].fillna({"class_last": "", "class_this": ""}).reset_index(drop=True)
    found = pd.concat([_stretches(rows), _barriers(before, after)], ignore_index=True)
    order = found["change"].map(lambda words: list(CHANGES).index(words.split(";")[0]))
    found = found.assign(order=order).sort_values(["order", "lon", "lat"], ignore_index=True)
    found["change_id"] = np.arange(1, len(found) + 1)
    return gpd.GeoDataFrame(found[_COLUMNS], geometry=found["geometry"].tolist(), crs="EPSG:4326")


def _pieces(network: RoadNetwork) -> pd.DataFrame:
    """Return pieces by the places of their ends, the western one first, and what is compared of them."""
    lon, lat = (np.rint(part * _PER_DEGREE).astype(np.int64) for part in (network.node_lon, network.node_lat))
    ends = np.column_stack([lon[network.start], lat[network.start], lon[network.end], lat[network.end]])
    flip = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[flip] = ends[flip][:, [2, 3, 0, 1]]
    table = pd.DataFrame(ends, columns=_ENDS).assign(
        ahead=np.where(flip, network.backward, network.forward),
        back=np.where(flip, network.forward, network.backward),
        unpaved=network.unpaved,
        **{"class": np.array(network.classes, dtype=object)[network.road_class]},
        name=np.array(network.names, dtype=object)[network.name],
        length_m=network.length_m,
    )
    return table.drop_duplicates(_ENDS)


def _not_there(rows: pd.DataFrame, other: RoadNetwork, plane: Transformer, side: str) -> pd.DataFrame:
    """Return pieces that only one of two networks has; where the other has the same road drawn anew, with what it is.

    Parameters
    ----------
    rows
        Without the columns of the other network, whose names end in ``side``.
    """
    x, y = plane.transform(other.node_lon, other.node_lat)
    ends = np.column_stack([other.start, other.end])
    lines = shapely.linestrings(np.stack([x[ends], y[ends]], axis=2))
    tree, mine = shapely.STRtree(lines), _lines(rows, plane)
    classes, names = np.array(other.classes, dtype=object), np.array(other.names, dtype=object)
    drawn: list[dict[str, Any]] = []
    for line in mine:
        near = np.sort(tree.query(line, predicate="dwithin", distance=_SAME_M))
        if not len(near) or not shapely.covers(shapely.union_all(lines[near]).buffer(_SAME_M), line):
            drawn.append({})
            continue
        # The piece that runs along its middle; a road that crosses there does not run along.
        along = near[np.argmax(shapely.length(shapely.intersection(lines[near], line.buffer(_SAME_M))))]
        same_way = _direction(lines[along]) @ _direction(line) > 0
        ahead, back = (other.forward, other.backward) if same_way else (other.backward, other.forward)
        drawn.append(
            {"ahead": ahead[along], "back": back[along], "unpaved": other.unpaved[along]}
            | {"class": classes[other.road_class[along]], "name": names[other.name[along]]}
        )
    columns = [f"{name}_{side}" for name in ("ahead", "back", "unpaved", "class", "name")]
    told = pd.DataFrame([[one.get(name.rpartition("_")[0]) for name in columns] for one in drawn], rows.index, columns)
    # What was taken from the one side must not be told from the other as well: only the new drawing is looked at.
    there = told[f"class_{side}"].notna()
    told = rows.drop(columns=columns).join(told.astype(object))
    return told if side == "last" else told[~there]


def _lines(rows: pd.DataFrame, plane: Transformer) -> Any:
    ends = rows[_ENDS].to_numpy() / _PER_DEGREE
    points = [np.column_stack(plane.transform(ends[:, i], ends[:, i + 1])) for i in (0, 2)]
    return shapely.linestrings(np.stack(points, axis=1)) if len(rows) else []


def _direction(line: Any) -> Floats:
    first, *_, last = shapely.get_coordinates(line)
    return np.asarray(last - first, dtype=np.float64)


def _spell_changes(rows: pd.DataFrame) -> list[str]:
    told = []
    for row in rows[
        [f"{name}_{side}" for name in ("class", "ahead", "back", "unpaved") for side in ("last", "this")]
    ].itertuples(index=False, name=None):
        was, now, *others = row
        if pd.isna(was) or pd.isna(now):
            told.append("new" if pd.isna(was) else "gone")
            continue
        words = ["one-way"] if others[0] != others[1] or others[2] != others[3] else []
        words += ["class"] if was != now else []
        words += ["surface"] if others[4] != others[5] else []
        told.append(";".join(words))
    return told


def _stretches(rows: pd.DataFrame) -> pd.DataFrame:
    """Join pieces that meet and have changed alike."""
    alike = rows.groupby(_ALIKE, sort=False).ngroup().to_numpy()
    ends = rows[_ENDS].to_numpy(np.int64)
    nodes = np.vstack([np.column_stack([alike, ends[:, i : i + 2]]) for i in (0, 2)])
    _, node = np.unique(nodes, axis=0, return_inverse=True)
    start, end = np.split(node.ravel(), 2)
    size = int(node.max(initial=-1)) + 1
    joined = coo_array((np.ones(len(rows)), (start, end)), shape=(size, size))
    part: Ints = connected_components(joined, directed=False)[1][start] if len(rows) else np.zeros(0, np.int64)
    lines = shapely.linestrings(ends.reshape(-1, 2, 2) / _PER_DEGREE) if len(rows) else np.zeros(0, object)
    found = []
    for one in pd.unique(part):
        mine = part == one
        shape = shapely.line_merge(shapely.multilinestrings(lines[mine]))
        middle = shapely.line_interpolate_point(shapely.get_geometry(shape, 0), 0.5, normalized=True)
        first = rows.loc[int(np.flatnonzero(mine)[0]), _ALIKE].to_dict()
        metres = int(np.floor(rows.loc[mine, "length_m"].sum() + 0.5))
        found.append(first | {"length_m": metres, "lat": middle.y, "lon": middle.x, "geometry": shape})
    return pd.DataFrame(found, columns=[*_COLUMNS[1:], "geometry"])


def _barriers(before: RoadNetwork, after: RoadNetwork) -> pd.DataFrame:
    """Return where a barrier has come or gone on a road that is there in both."""
    places = [{tuple(one) for one in _nodes(network)} for network in (before, after)]
    stops = [_stops(network) for network in (before, after)]
    found = []
    for change, now, there in (
        ("barrier-new", stops[1] - stops[0], places[0]),
        ("barrier-gone", stops[0] - stops[1], places[1]),
    ):
        for lon, lat in sorted(now & there):
            point = shapely.Point(lon / _PER_DEGREE, lat / _PER_DEGREE)
            row = dict.fromkeys(("name", "class_last", "class_this"), "")
            found.append(row | {"change": change, "length_m": 0, "lat": point.y, "lon": point.x, "geometry": point})
    return pd.DataFrame(found, columns=[*_COLUMNS[1:], "geometry"])


def _nodes(network: RoadNetwork) -> list[list[int]]:
    places = np.column_stack([network.node_lon, network.node_lat])
    found: list[list[int]] = np.rint(places * _PER_DEGREE).astype(np.int64).tolist()
    return found


def _stops(network: RoadNetwork) -> set[tuple[int, ...]]:
    """Return the places at which roads end at each other without being joined, as they do at a barrier."""
    used = np.unique(np.r_[network.start, network.end])
    places, count = np.unique(np.array(_nodes(network))[used], axis=0, return_counts=True)
    return {tuple(one) for one in places[count > 1].tolist()}

"""Road data of two dates: which roads are new, gone or of another class, direction or surface.

Pieces are known by the places of their ends. A road that was only drawn anew, with nodes more or fewer on the same
line, has not changed. A piece of 0 metres is a join of two others and not told by itself.
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
    return table[(ends[:, :2] != ends[:, 2:]).any(axis=1)].drop_duplicates(_ENDS)


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
    along = _along(lines, tree, mine)
    there = along >= 0
    piece = np.where(there, along, 0)
    same_way = (_directions(lines[piece]) * _directions(mine)).sum(axis=1) > 0
    ahead, back = other.forward[piece], other.backward[piece]
    drawn = {
        "ahead": np.where(same_way, ahead, back),
        "back": np.where(same_way, back, ahead),
        "unpaved": other.unpaved[piece],
        "class": np.array(other.classes, dtype=object)[other.road_class[piece]],
        "name": np.array(other.names, dtype=object)[other.name[piece]],
    }
    told = rows.copy()
    for name, values in drawn.items():
        told[f"{name}_{side}"] = pd.Series(values, rows.index, dtype=object).where(pd.Series(there, rows.index), None)
    # What was taken from the one side must not be told from the other as well: only the new drawing is looked at.
    return told if side == "last" else told[~there]


def _along(lines: Any, tree: shapely.STRtree, mine: Any) -> Ints:
    """Return for each line the piece that it runs along most, where pieces cover it; -1 where it is on its own."""
    one, near = tree.query(mine, predicate="dwithin", distance=_SAME_M)
    order = np.lexsort((near, one))
    one, near = one[order], near[order]
    zones = shapely.buffer(lines[near], _SAME_M)
    overlap_m = shapely.length(shapely.intersection(mine[one], zones))
    covered = np.zeros(len(mine), bool)
    covered[one[shapely.covers(zones, mine[one])]] = True
    # Several pieces may cover it together, where their shares come to its length.
    shared = np.bincount(one, overlap_m, len(mine)) >= shapely.length(mine) - _SAME_M
    starts = np.searchsorted(one, np.arange(len(mine) + 1))
    for i in np.flatnonzero(shared & ~covered):
        covered[i] = shapely.covers(shapely.union_all(zones[starts[i] : starts[i + 1]]), mine[i])
    best = np.lexsort((near, -overlap_m, one))
    first = best[np.flatnonzero(np.diff(one[best], prepend=-1))]
    along = np.full(len(mine), -1, np.int64)
    along[one[first]] = near[first]
    return np.where(covered, along, -1)


def _lines(rows: pd.DataFrame, plane: Transformer) -> Any:
    ends = rows[_ENDS].to_numpy() / _PER_DEGREE
    points = [np.column_stack(plane.transform(ends[:, i], ends[:, i + 1])) for i in (0, 2)]
    return shapely.linestrings(np.stack(points, axis=1)) if len(rows) else np.zeros(0, object)


def _directions(lines: Any) -> Floats:
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    return np.asarray(ends[:, 1] - ends[:, 0], dtype=np.float64)


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
    order = np.argsort(part, kind="stable")
    found = []
    for mine in np.split(order, np.flatnonzero(np.diff(part[order])) + 1) if len(rows) else []:
        shape = shapely.line_merge(shapely.multilinestrings(lines[mine]))
        longest = mine[rows["length_m"].iloc[mine].to_numpy().argmax()]
        lon, lat = (ends[longest].reshape(2, 2) / _PER_DEGREE).mean(axis=0).tolist()
        metres = int(np.floor(rows["length_m"].iloc[mine].sum() + 0.5))
        first = rows[_ALIKE].iloc[mine[0]].to_dict()
        found.append(first | {"length_m": metres, "lat": lat, "lon": lon, "geometry": shape})
    return pd.DataFrame(found, columns=[*_COLUMNS[1:], "geometry"])


def _barriers(before: RoadNetwork, after: RoadNetwork) -> pd.DataFrame:
    """Return where a barrier has come or gone on a road that is there in both."""
    stops = [_stops(network) for network in (before, after)]
    new, gone = stops[1] - stops[0], stops[0] - stops[1]
    found = []
    for change, now, there in (
        ("barrier-new", new, before),
        ("barrier-gone", gone, after),
    ):
        for lon, lat in sorted(now & _nodes(there) if now else ()):
            point = shapely.Point(lon / _PER_DEGREE, lat / _PER_DEGREE)
            row = dict.fromkeys(("name", "class_last", "class_this"), "")
            found.append(row | {"change": change, "length_m": 0, "lat": point.y, "lon": point.x, "geometry": point})
    return pd.DataFrame(found, columns=[*_COLUMNS[1:], "geometry"])


def _nodes(network: RoadNetwork) -> set[tuple[int, ...]]:
    return {tuple(one) for one in _places(network).tolist()}


def _stops(network: RoadNetwork) -> set[tuple[int, ...]]:
    """Return the places at which roads end at each other without being joined, as they do at a barrier."""
    places = _places(network)
    joins = (places[network.start] == places[network.end]).all(axis=1)
    joined = np.r_[network.start[joins], network.end[joins]]
    used = np.setdiff1d(np.r_[network.start, network.end], joined)
    places, count = np.unique(places[used], axis=0, return_counts=True)
    return {tuple(one) for one in places[count > 1].tolist()}


def _places(network: RoadNetwork) -> Ints:
    return np.rint(np.column_stack([network.node_lon, network.node_lat]) * _PER_DEGREE).astype(np.int64)

"""From points to their feet: the nearest place on any piece of road that the vehicle may use."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from restructure.roads import GEOD, Bools, Floats, Ints, RoadNetwork

#: A foot this close to a node or another foot is at the same place: the resolution of OpenStreetMap's coordinates.
NODE_TOLERANCE_M = 0.01


def snap(network: RoadNetwork, lat: Floats, lon: Floats) -> pd.DataFrame:
    """Find the foot of each point on the nearest piece of road, whatever part of the network it belongs to.

    Nearest is measured in a transverse Mercator plane through the middle of the network, which keeps angles.

    Parameters
    ----------
    lat, lon
        Degrees, shape (points,); NaN where a point is not known.

    Returns
    -------
    DataFrame
        A row a point: ``piece`` (-1 where the point is not known), ``fraction`` from the piece's start to its end,
        ``foot_lat``, ``foot_lon``, ``snap_m`` (metres on the ellipsoid, NaN where not known).
    """
    plane, _, _, tree = road_index(network)
    known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    x, y = plane.transform(lon[known], lat[known])
    point, piece = tree.query_nearest(shapely.points(x, y), all_matches=True)
    # Ties go to the lowest piece, so that the order in which the index was built says nothing.
    nearest = np.full(len(known), len(network.start))
    np.minimum.at(nearest, point, piece)
    feet = _feet(network, lat[known], lon[known], nearest).set_axis(known)
    return feet.reindex(range(len(lat))).fillna({"piece": -1}).astype({"piece": np.int64})


def rival_feet(network: RoadNetwork, lat: Floats, lon: Floats, feet: pd.DataFrame, within_m: float) -> pd.DataFrame:
    """Return, for each point, its feet on other roads that lie hardly farther than the nearest.

    Pieces that join one another near the point are one road, and the nearest foot stands for it: going from one to
    the other is no detour. A road that passes by on a bridge, or behind a river, is another.

    Parameters
    ----------
    feet
        What :func:`snap` returned for the points.
    within_m
        How much farther than the nearest a road may be.

    Returns
    -------
    DataFrame
        Columns of :func:`snap` and ``point``, the place of the point among the given ones; nearest first.
    """
    plane, node_x, node_y, tree = road_index(network)
    known = np.flatnonzero(feet["piece"].to_numpy() >= 0)
    reach_m = feet["snap_m"].to_numpy()[known] + within_m
    x, y = plane.transform(lon[known], lat[known])
    row, piece = tree.query(shapely.points(x, y), predicate="dwithin", distance=reach_m)
    # The nearest piece is among them, whatever the ellipsoid and the plane disagree about.
    row, piece = np.r_[np.arange(len(known)), row], np.r_[feet["piece"].to_numpy()[known], piece]
    row, piece = np.unique(np.stack([row, piece]), axis=1)
    # Two pieces of one point are one road when they meet in a node that is itself near the point.
    size = len(network.node_lon)
    place = np.tile(np.arange(len(row)), 2)
    node = np.r_[network.start[piece], network.end[piece]]
    near = np.hypot(node_x[node] - x[row[place]], node_y[node] - y[row[place]]) <= reach_m[row[place]]
    key, joint = np.unique((row[place] * size + node)[near], return_inverse=True)
    total = len(row) + len(key)
    joined = coo_array((np.ones(len(joint)), (place[near], len(row) + joint)), shape=(total, total))
    road = connected_components(joined, directed=False)[1][: len(row)]
    own = np.empty(len(known), np.int64)
    mine = piece == feet["piece"].to_numpy()[known[row]]
    own[row[mine]] = road[mine]
    other = road != own[row]
    row, piece, road = row[other], piece[other], road[other]
    found = _feet(network, lat[known[row]], lon[known[row]], piece).assign(point=known[row], road=road)
    found = found.sort_values(["point", "snap_m", "piece"]).drop_duplicates(["point", "road"])
    return found.drop(columns="road").reset_index(drop=True)


def crosses_water(network: RoadNetwork, lat: Floats, lon: Floats, feet: pd.DataFrame) -> Bools:
    """Tell which stretches from point to foot cross a river or canal of the road file."""
    crossed = np.zeros(len(feet), dtype=bool)
    known = np.flatnonzero(feet["piece"].to_numpy() >= 0)
    if len(network.waters) and len(known):
        ends = [[lon[known], lat[known]], [feet["foot_lon"].to_numpy()[known], feet["foot_lat"].to_numpy()[known]]]
        stretches = shapely.linestrings(np.moveaxis(np.array(ends), 2, 0))
        waters = shapely.STRtree([shapely.LineString(line) for line in network.waters])
        crossed[known[np.unique(waters.query(stretches, predicate="intersects")[0])]] = True
    return crossed


def _feet(network: RoadNetwork, lat: Floats, lon: Floats, piece: Ints) -> pd.DataFrame:
    """Return the foot of each point on its piece; columns of :func:`snap`."""
    plane, node_x, node_y, _ = road_index(network)
    x, y = plane.transform(lon, lat)
    a, b = network.start[piece], network.end[piece]
    along_x, along_y = node_x[b] - node_x[a], node_y[b] - node_y[a]
    square = along_x**2 + along_y**2
    dot = (x - node_x[a]) * along_x + (y - node_y[a]) * along_y
    fraction = np.clip(dot / np.where(square > 0, square, 1), 0, 1)
    length_m = network.length_m[piece]
    fraction = np.where(fraction * length_m < NODE_TOLERANCE_M, 0, fraction)
    fraction = np.where((1 - fraction) * length_m < NODE_TOLERANCE_M, 1, fraction)
    foot_x, foot_y = node_x[a] + fraction * along_x, node_y[a] + fraction * along_y
    foot_lon, foot_lat = plane.transform(foot_x, foot_y, direction="INVERSE")
    snap_m = np.asarray(GEOD.inv(lon, lat, foot_lon, foot_lat)[2])
    return pd.DataFrame(
        {"piece": piece, "fraction": fraction, "foot_lat": foot_lat, "foot_lon": foot_lon, "snap_m": snap_m}
    )


def plane_middle(network: RoadNetwork) -> tuple[float, float]:
    """Return longitude and latitude of the middle of the plane in which points are put to their roads."""
    west, south, east, north = network.bounds()
    return network.middle or ((west + east) / 2, (south + north) / 2)


@lru_cache(maxsize=2)
def road_index(network: RoadNetwork) -> tuple[Transformer, Floats, Floats, shapely.STRtree]:
    """Return the plane, the nodes in it and the index of the pieces; kept for the networks last asked for."""
    lon, lat = plane_middle(network)
    plane = Transformer.from_crs(
        "EPSG:4326",
        f"+proj=tmerc +lat_0={lat} +lon_0={lon} +ellps=WGS84 +units=m",
        always_xy=True,
    )
    x, y = plane.transform(network.node_lon, network.node_lat)
    ends = np.column_stack([network.start, network.end])
    return plane, x, y, shapely.STRtree(shapely.linestrings(np.stack([x[ends], y[ends]], axis=2)))

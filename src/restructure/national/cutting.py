"""An office's roads cut from the country's, wide enough that no way between its places is any longer for it.

What is kept is every piece that comes within a buffer of a place. A way that leaves it leaves by a *gate*, a node that
lost a piece, and comes back by one: it is no shorter than the way to a gate, the straight line from gate to gate and
the way on. A pair whose way in the cut is shorter than that of all gates is exact; the ways to the gates alone are
longer than twice the buffer, so every pair up to that is. Where a pair is in doubt the buffer grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from restructure.distance import find_ways
from restructure.roads import Bools, Floats, Ints, RoadNetwork
from restructure.snapping import plane_middle

#: Pieces longer than this are looked at one by one: they may pass a place that both their ends are far from.
_LONG_M = 1_000.0
#: No degree of latitude is shorter, and the radius of the Earth at the equator.
_DEGREE_M, _EQUATOR_M, _FLATTENING = 110_500.0, 6_378_137.0, 1 / 298.257223563


@dataclass(frozen=True, eq=False)
class Country:
    """The country's roads with what every cut asks of them; made once by :func:`index_country`.

    Attributes
    ----------
    place
        Nodes in space, metres, shape (nodes, 3): no road between two of them is shorter than the straight line.
    by_lat, lat
        Nodes from south to north, and the latitude of each of them in that order.
    incident, head
        Pieces at node n are ``incident[head[n]:head[n + 1]]``.
    part
        Number of the connected part that a node belongs to, whichever way its roads run.
    long_pieces
        Pieces longer than ``_LONG_M``.
    water_bounds
        West, south, east and north of each water, shape (waters, 4).
    middle
        Of the plane in which points are put to their roads.
    """

    network: RoadNetwork
    place: Floats
    by_lat: Ints
    lat: Floats
    incident: Ints
    head: Ints
    part: Ints
    long_pieces: Ints
    water_bounds: Floats
    middle: tuple[float, float]


class Cut(NamedTuple):
    """Roads cut from a country's.

    Attributes
    ----------
    network
        Nodes and pieces in the country's order.
    node, piece
        The country's number of each.
    gates
        Nodes of the cut at which the country has more roads.
    """

    network: RoadNetwork
    node: Ints
    piece: Ints
    gates: Ints


def index_country(network: RoadNetwork) -> Country:
    """Prepare a country's roads for cutting."""
    nodes, pieces = len(network.node_lon), len(network.start)
    ends = np.concatenate([network.start, network.end])
    by_lat = np.argsort(network.node_lat, kind="stable")
    joined = coo_array((np.ones(pieces, np.int8), (network.start, network.end)), shape=(nodes, nodes))
    corners = [np.r_[line.min(axis=0), line.max(axis=0)] for line in network.waters]
    return Country(
        network=network,
        place=_in_space(network.node_lat, network.node_lon),
        by_lat=by_lat,
        lat=network.node_lat[by_lat],
        incident=np.argsort(ends, kind="stable") % pieces,
        head=np.r_[0, np.cumsum(np.bincount(ends, minlength=nodes))],
        part=connected_components(joined, directed=False)[1].astype(np.int64),
        long_pieces=np.flatnonzero(network.length_m > _LONG_M),
        water_bounds=np.array(corners).reshape(-1, 4),
        middle=plane_middle(network),
    )


def cut(country: Country, lat: Floats, lon: Floats, buffer_m: float) -> Cut:
    """Cut the roads around some places.

    Parameters
    ----------
    lat, lon
        Degrees, shape (places,).
    buffer_m
        Every piece of road that comes as near as this to a place is kept.
    """
    network = country.network
    near_m = buffer_m + _LONG_M
    south, north = lat.min() - near_m / _DEGREE_M, lat.max() + near_m / _DEGREE_M
    wide = near_m / (_DEGREE_M * max(0.01, np.cos(np.radians(max(abs(south), abs(north))))))
    west, east = lon.min() - wide, lon.max() + wide
    node = country.by_lat[slice(*np.searchsorted(country.lat, [south, north]))]
    node = node[(network.node_lon[node] >= west) & (network.node_lon[node] <= east)]
    places = cKDTree(_in_space(lat, lon))
    node = node[np.isfinite(places.query(country.place[node], distance_upper_bound=near_m)[0])]
    far = country.long_pieces
    if len(far):
        reach = [places.query(country.place[end[far]])[0] for end in (network.start, network.end)]
        far = far[np.minimum(*reach) <= buffer_m + network.length_m[far]]
    piece = np.unique(np.r_[_incident(country, np.sort(node)), far])
    ends = np.concatenate([network.start[piece], network.end[piece]])
    node, place = np.unique(ends, return_inverse=True)
    lost = country.head[node + 1] - country.head[node] > np.bincount(place, minlength=len(node))
    classes, road_class = np.unique(network.road_class[piece], return_inverse=True)
    names, name = np.unique(network.name[piece], return_inverse=True)
    box = country.water_bounds
    seen = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
    made = RoadNetwork(
        node_lon=network.node_lon[node],
        node_lat=network.node_lat[node],
        start=place[: len(piece)],
        end=place[len(piece) :],
        length_m=network.length_m[piece],
        seconds=network.seconds[piece],
        forward=network.forward[piece],
        backward=network.backward[piece],
        unpaved=network.unpaved[piece],
        road_class=road_class,
        name=name,
        classes=tuple(network.classes[i] for i in classes),
        names=tuple(network.names[i] for i in names),
        waters=tuple(network.waters[i] for i in np.flatnonzero(seen)),
        osm_date=network.osm_date,
        middle=country.middle,
    )
    return Cut(made, node, piece, np.flatnonzero(lost))


def is_exact(
    country: Country, made: Cut, homes: pd.DataFrame, schools: pd.DataFrame, closures: Iterable[Bools | None] = (None,)
) -> bool:
    """Tell whether every way from a home to a school is the country's, or there is none there either.

    Parameters
    ----------
    homes, schools
        Feet on the cut's network as :func:`restructure.snapping.snap` returns them.
    closures
        Pieces of the cut that are closed; the answer holds for each of them alone. None: nothing is closed.
    """
    if not len(made.gates):
        return True
    homes, schools = (feet[feet["piece"] >= 0].reset_index(drop=True) for feet in (homes, schools))
    network, gates = made.network, _at_nodes(made.network, made.gates)
    part = country.part[made.node]
    home_part, school_part = (part[network.start[feet["piece"].to_numpy()]] for feet in (homes, schools))
    apart = home_part[:, None] != school_part
    outside_m = None
    for closed in closures:
        metres = find_ways(network, homes, schools, closed).metres
        out_m = find_ways(network, homes, gates, closed).metres
        in_m = find_ways(network, gates, schools, closed).metres
        least_m = out_m.min(axis=1)[:, None] + in_m.min(axis=0)
        doubt = ~apart & (metres >= least_m) & np.isfinite(least_m)
        if not doubt.any():
            continue
        if outside_m is None:
            at = country.place[made.node[made.gates]]
            outside_m = cdist(at, at)
        for home in np.flatnonzero(doubt.any(axis=1)):
            school = np.flatnonzero(doubt[home])
            gate_m = (out_m[home][:, None] + outside_m).min(axis=0)
            if (metres[home, school] >= (gate_m[:, None] + in_m[:, school]).min(axis=0)).any():
                return False
    return True


def _in_space(lat: Floats, lon: Floats) -> Floats:
    """Return points of the ellipsoid in metres from the middle of the Earth, shape (points, 3)."""
    phi, theta = np.radians(lat), np.radians(lon)
    square = _FLATTENING * (2 - _FLATTENING)
    radius = _EQUATOR_M / np.sqrt(1 - square * np.sin(phi) ** 2)
    return np.column_stack(
        [
            radius * np.cos(phi) * np.cos(theta),
            radius * np.cos(phi) * np.sin(theta),
            radius * (1 - square) * np.sin(phi),
        ]
    )


def _incident(country: Country, node: Ints) -> Ints:
    """Return the pieces at some nodes, with repeats."""
    begin, count = country.head[node], country.head[node + 1] - country.head[node]
    within = np.arange(count.sum()) - np.repeat(np.r_[0, np.cumsum(count)][:-1], count)
    return np.asarray(country.incident[np.repeat(begin, count) + within], dtype=np.int64)


def _at_nodes(network: RoadNetwork, nodes: Ints) -> pd.DataFrame:
    """Return feet that lie on nodes, each by a piece that ends there."""
    piece = np.empty(len(network.node_lon), np.int64)
    piece[network.start] = piece[network.end] = np.arange(len(network.start))
    return pd.DataFrame({"piece": piece[nodes], "fraction": (network.end[piece[nodes]] == nodes).astype(float)})

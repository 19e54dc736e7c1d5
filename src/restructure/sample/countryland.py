"""The land of the invented country: villages, rivers, islands, and a few million nodes of road."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import osmium
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

from restructure.sample.land import OSM_DATE, Bools, Floats, Ints, Tags

# A plane in metres east and north of a point in the open sea.
_LAT0, _LON0, _M_LAT, _M_LON = 6.0, 91.6, 110_610.0, 109_530.0
_VILLAGES_APART_M, _RIVERS_APART_M, _ISLAND_M, _STEP_M = 2_600.0, 90_000.0, 4_500.0, 90.0
#: Banks from here on are islands.
ISLAND = 1_000
#: One village in so many is the centre of a province, a district, a few villages: the better roads join these.
_PROVINCE, _DISTRICT, _TAMBON = 420, 65, 8

# Classes of road, most important first, then lanes and field tracks.
_PRIMARY, _SECONDARY, _TERTIARY, _MINOR, _TRACK, _LANE, _ONE_WAY, _SPUR, _FERRY, _RIVER = range(10)
_TAGS: tuple[Tags, ...] = (
    {"highway": "primary", "surface": "asphalt"},
    {"highway": "secondary", "surface": "asphalt"},
    {"highway": "tertiary", "surface": "asphalt"},
    {"highway": "unclassified"},
    {"highway": "track", "surface": "unpaved", "tracktype": "grade2"},
    {"highway": "residential"},
    {"highway": "residential", "oneway": "yes"},
    {"highway": "track", "surface": "unpaved", "tracktype": "grade3"},
    {"route": "ferry", "name": "เรือข้ามฟากสมมุติ"},
    {"waterway": "river", "name": "แม่น้ำสมมุติ"},
)


@dataclass(frozen=True, eq=False)
class Land:
    """Villages, and which of them a road joins.

    Attributes
    ----------
    sites
        Where the roads of each village meet, metres on the plane, shape (villages, 2).
    bank
        The land between two rivers on which a village lies, or its island (from ``ISLAND`` on).
    town
        2 at the centre of a province, 1 at that of a district, 0 elsewhere.
    edges, kind
        Villages that a road joins, shape (edges, 2), and its class.
    ferries
        Villages that a boat joins, shape (ferries, 2).
    """

    sites: Floats
    bank: Ints
    town: Ints
    edges: Ints
    kind: Ints
    ferries: Ints


@dataclass(frozen=True, eq=False)
class Roads:
    """Nodes on the plane, and ways: way w runs along ``refs[first[w]:first[w + 1]]`` and is of class ``kind[w]``."""

    xy: Floats
    refs: Ints
    first: Ints
    kind: Ints


def degrees(xy: Floats) -> Floats:
    """Latitude and longitude, six decimals, of points of the plane."""
    return np.asarray(np.round(np.column_stack([_LAT0 + xy[:, 1] / _M_LAT, _LON0 + xy[:, 0] / _M_LON]), 6))


def is_hilly(xy: Floats) -> Bools:
    """Whether points lie in the hills."""
    wave = np.sin(xy[:, 0] / 31_000) + np.sin(xy[:, 1] / 31_000 + np.cos(xy[:, 0] / 47_000))
    return np.asarray(wave > 0.9, dtype=np.bool_)


def _river_x(side_m: float) -> Floats:
    """Return where rivers run in the middle of the country: at least one, metres east."""
    count = max(1, round(side_m / _RIVERS_APART_M))
    return (np.arange(count) + 0.43) * side_m / count


def _river_at(x: Floats, y: Floats) -> Floats:
    """Return the metres east of rivers at some metres north."""
    return np.asarray(x + 6_000 * np.sin(y / 29_000 + x / 7_000) + 900 * np.sin(y / 3_100 + x), dtype=np.float64)


# -- villages and what joins them ----
def make_land(rng: np.random.Generator, villages: int) -> Land:
    """Scatter villages over a square and choose which of them a road joins: all but islands hang together."""
    columns = round(villages**0.5)
    grid = np.column_stack([np.arange(villages) % columns, np.arange(villages) // columns])
    sites = (grid + 0.5 + rng.uniform(-0.36, 0.36, grid.shape)) * _VILLAGES_APART_M
    side_m = columns * _VILLAGES_APART_M
    # Denser here, sparser there.
    sites += 5_000 * np.column_stack([np.sin(sites[:, 0] / 23_000), np.sin(sites[:, 1] / 19_000 + 1)])
    bank = (sites[:, :1] > _river_at(_river_x(side_m)[None], sites[:, 1:])).sum(axis=1)
    islands = rng.uniform(0.12, 0.88, (max(2, villages // 1_200), 2)) * side_m
    away, island = cKDTree(islands).query(sites)
    bank = np.where(away < _ISLAND_M, ISLAND + island, bank)

    corners = Delaunay(sites).simplices.astype(np.int64)
    pairs = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    a, b = sites[pairs[:, 0]], sites[pairs[:, 1]]
    length_m = np.hypot(*(a - b).T)
    of_island = (bank[pairs] >= ISLAND).any(axis=1)
    other_bank = bank[pairs[:, 0]] != bank[pairs[:, 1]]
    usable = ~(of_island & other_bank) & (length_m < 6 * _VILLAGES_APART_M)
    # Bridges are few: the other bank is near, and far.
    graph = _graph(pairs[usable], (length_m * np.where(other_bank, 30, 1))[usable], villages)
    tree = minimum_spanning_tree(graph).tocoo()
    in_tree = np.isin(pairs[:, 0] * villages + pairs[:, 1], tree.row.astype(np.int64) * villages + tree.col)
    alone = cKDTree(sites).query((a + b) / 2)[0] >= length_m / 2 - 1e-6  # nobody lives nearer to the middle
    chance = np.where(other_bank, 0.06, np.where(is_hilly((a + b) / 2), 0.5, 0.72))
    kept = usable & (in_tree | (alone & (rng.random(len(pairs)) < chance)))
    edges, length_m = pairs[kept], length_m[kept]
    kind, town = _classes(rng, edges, length_m, villages)
    by_boat = np.flatnonzero(of_island & other_bank & (bank[pairs].max(axis=1) % 2 == 0))
    _, one = np.unique(bank[pairs[by_boat]].max(axis=1), return_index=True)
    return Land(sites, bank, town, edges, kind, pairs[by_boat[one]])


def _graph(edges: Ints, weight: Floats, size: int) -> csr_array:
    return csr_array((weight, (edges[:, 0], edges[:, 1])), shape=(size, size))


def _classes(rng: np.random.Generator, edges: Ints, length_m: Floats, villages: int) -> tuple[Ints, Ints]:
    """Return the class of each road and the rank of each village: centres are joined to the next higher centre."""
    kind = np.full(len(edges), _MINOR)
    kind[rng.random(len(edges)) < 0.08] = _TRACK
    graph = _graph(edges, length_m, villages)
    key = edges[:, 0] * villages + edges[:, 1]
    by_key = np.argsort(key)
    town = np.zeros(villages, np.int64)
    order = rng.permutation(villages)
    centres = [order[: max(2, villages // every)] for every in (_PROVINCE, _DISTRICT, _TAMBON)]
    for level in (_TERTIARY, _SECONDARY):
        goals = centres[level - 1]
        before = dijkstra(graph, directed=False, indices=goals, min_only=True, return_predecessors=True)[1]
        _mark(kind, level, centres[level], before.astype(np.int64), key, by_key)
        town[goals] += 1
    # Every province is joined to its neighbours, by ways that all run along one tree towards each of a few hubs.
    for hub in centres[0][: max(2, len(centres[0]) // 12)]:
        before = dijkstra(graph, directed=False, indices=hub, return_predecessors=True)[1]
        _mark(kind, _PRIMARY, centres[0][rng.integers(0, len(centres[0]), 24)], before.astype(np.int64), key, by_key)
    return kind, town


def _mark(kind: Ints, level: int, starts: Ints, before: Ints, key: Ints, by_key: Ints) -> None:
    """Raise the roads from some villages along a tree up to its root to a class."""
    villages = len(before)
    here = np.unique(starts)
    seen = np.zeros(villages, np.bool_)
    while len(here := here[(before[here] >= 0) & ~seen[here]]):
        seen[here] = True
        there = before[here]
        edge = by_key[np.searchsorted(key, np.minimum(here, there) * villages + np.maximum(here, there), sorter=by_key)]
        kind[edge] = np.minimum(kind[edge], level)
        here = np.unique(there)


# -- roads ----
def lay_roads(rng: np.random.Generator, land: Land) -> Roads:
    """Lay the roads with their bends, lanes that leave a road and come back to it, field tracks, ferries and rivers."""
    villages, edges = len(land.sites), land.edges
    a, b = land.sites[edges[:, 0]], land.sites[edges[:, 1]]
    length_m = np.hypot(*(b - a).T)
    normal = np.column_stack([-(b - a)[:, 1], (b - a)[:, 0]]) / length_m[:, None]
    inner = np.maximum(6, (length_m / _STEP_M).astype(np.int64))
    head = villages + np.r_[0, np.cumsum(inner)]  # first inner node of each road
    edge = np.repeat(np.arange(len(edges)), inner)
    t = (np.arange(len(edge)) - (head[edge] - villages) + 1) / (inner[edge] + 1)
    bend = np.zeros(len(edge))
    bends = np.where(is_hilly((a + b) / 2), 0.05, 0.022) * np.where(land.kind <= _SECONDARY, 0.5, 1.0) * length_m
    for wave in range(1, 7):
        bend += (rng.normal(0, 1, len(edges)) * bends / wave**1.15)[edge] * np.sin(np.pi * wave * t)
    nodes = [land.sites, a[edge] + (b - a)[edge] * t[:, None] + bend[:, None] * normal[edge]]
    refs = np.insert(np.arange(villages, head[-1]), head[:-1] - villages, edges[:, 0])
    refs = np.insert(refs, np.r_[(head + np.arange(len(head)))[1:] - villages], edges[:, 1])
    ways = [(refs, inner + 2, land.kind)]
    size = int(head[-1])

    # A lane leaves the road near a village and comes back to it: whichever way it runs, one can come and go.
    ends = rng.permutation(2 * len(edges))[: int(1.6 * villages)]
    end, road = np.divmod(ends, len(edges))
    step = np.arange(5)
    along = np.where(end[:, None] == 0, head[road][:, None] + step, head[road + 1][:, None] - 1 - step)
    aside = rng.choice([-1, 1], len(road)) * rng.uniform(60, 140, len(road))
    lane = (nodes[1][along[:, 1:4] - villages] + (aside[:, None] * normal[road])[:, None]).reshape(-1, 2)
    own = size + np.arange(len(lane)).reshape(-1, 3)
    refs = np.column_stack([along[:, 0], own, along[:, 4]]).ravel()
    ways.append((refs, np.full(len(road), 5), np.where(rng.random(len(road)) < 0.12, _ONE_WAY, _LANE)))
    nodes.append(lane)
    size += len(lane)

    # A track into the fields, from the middle of a road to where it ends.
    road = rng.permutation(len(edges))[: len(edges) // 4]
    aside = rng.choice([-1, 1], len(road))[:, None] * normal[road]
    fork = head[road] + inner[road] // 2
    track = nodes[1][fork - villages][:, None] + aside[:, None] * (70.0 * np.arange(1, 8))[:, None]
    track += rng.normal(0, 12, track.shape)
    own = size + np.arange(7 * len(road)).reshape(-1, 7)
    refs = np.column_stack([fork, own]).ravel()
    ways.append((refs, np.full(len(road), 8), np.full(len(road), _SPUR)))
    nodes.append(track.reshape(-1, 2))
    size += own.size

    ways.append((land.ferries.ravel(), np.full(len(land.ferries), 2), np.full(len(land.ferries), _FERRY)))
    north, south = land.sites[:, 1].max(), land.sites[:, 1].min()
    y = np.arange(south, north, 250.0)
    x = _river_x(round(villages**0.5) * _VILLAGES_APART_M)
    # Rivers are mapped in parts, each of which begins where the one before ends.
    part = np.minimum(np.arange(0, len(y), 80)[:, None] + np.arange(81), len(y) - 1)
    part = np.concatenate([size + k * len(y) + part for k in range(len(x))])
    nodes += [np.column_stack([_river_at(np.full(len(y), river), y), y]) for river in x]
    ways.append((part.ravel(), np.full(len(part), 81), np.full(len(part), _RIVER)))
    count = np.concatenate([way[1] for way in ways])
    return Roads(
        np.vstack(nodes), np.concatenate([way[0] for way in ways]), np.r_[0, np.cumsum(count)],
        np.concatenate([way[2] for way in ways]),
    )  # fmt: skip


def write_roads(path: Path, roads: Roads) -> None:
    """Write the PBF: nodes, then ways, each by number."""
    header = osmium.io.Header()
    header.set("generator", "restructure sample (synthetic)")
    header.set("osmosis_replication_timestamp", OSM_DATE)
    node, way = osmium.osm.mutable.Node, osmium.osm.mutable.Way
    refs, first, kind = (roads.refs + 1).tolist(), roads.first.tolist(), roads.kind.tolist()
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        for i, (lat, lon) in enumerate(degrees(roads.xy).tolist(), 1):
            writer.add_node(node(id=i, location=(lon, lat), version=1))
        for k in range(len(kind)):
            writer.add_way(way(id=k + 1, nodes=refs[first[k] : first[k + 1]], tags=_TAGS[kind[k]], version=1))

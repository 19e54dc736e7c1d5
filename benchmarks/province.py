"""An invented rural province: villages strung on winding roads, lanes and blocks round them, tracks into the fields.

Everything is drawn array by array from a seed: a province of 150,000 nodes takes a second and no Python object a node.
Roads that cross without a node do not meet, as on a bridge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

import restructure as rs
from restructure.roads import GEOD, Bools, Floats, Ints

#: Metres a degree near 15 degrees north; lengths are measured on the ellipsoid afterwards, whatever is put here.
M_LAT, M_LON = 110_650.0, 107_550.0
SOUTH, WEST = 14.0, 99.0
KMH = 60
ROAD_STEP_M, LANE_STEP_M, TRACK_STEP_M = 65.0, 40.0, 45.0
AREA_OF_A_VILLAGE_KM2 = 7.0


@dataclass
class Roads:
    """Nodes in a plane, pieces between them, and where people live and learn."""

    xy: Floats
    start: Ints
    end: Ints
    one_way: Bools
    villages: Floats
    gates: Ints  # nodes on the border, in the order in which they were asked for

    @classmethod
    def make(cls, rng: np.random.Generator, side_m: float, gates: Floats) -> Roads:
        """Draw a square of this side; main roads lead to the gates, points on its border."""
        villages = _scatter(rng, side_m)
        sites = np.vstack([villages, gates])
        a, b = _joints(rng, sites)
        roads = cls(
            sites, *np.empty((2, 0), np.int64), np.empty(0, bool), villages, len(villages) + np.arange(len(gates))
        )
        along = _wind(rng, sites[a], sites[b])
        first, size = roads._chain(a, b, *along)
        roads._lanes(rng, first, size)
        roads._tracks(rng, first, size)
        return roads

    def _chain(self, a: Ints, b: Ints, inner: Floats, sizes: Ints, one_way: Bools | bool = False) -> tuple[Ints, Ints]:
        """Add roads from nodes a by new inner nodes (``sizes`` of each road) to nodes b, -1 for a dead end.

        Returns where the inner nodes of each begin, and how many there are.
        """
        first = len(self.xy) + np.r_[0, np.cumsum(sizes)[:-1]]
        node = np.arange(len(self.xy), len(self.xy) + len(inner))
        is_first = np.isin(node, first[sizes > 0])
        before = node - 1
        before[is_first] = a[sizes > 0]
        last = np.where(sizes > 0, first + sizes - 1, a)
        closes = b >= 0
        way = np.repeat(np.arange(len(a)), sizes)
        binds = np.broadcast_to(one_way, len(a))
        self.xy = np.vstack([self.xy, inner])
        self.start = np.r_[self.start, before, last[closes]]
        self.end = np.r_[self.end, node, b[closes]]
        self.one_way = np.r_[self.one_way, binds[way], binds[closes]]
        return first, sizes

    def _lanes(self, rng: np.random.Generator, first: Ints, size: Ints) -> None:
        """Draw lanes at right angles to the roads near the villages; neighbours on one side often close a block."""
        tree = cKDTree(self.villages)
        node = np.concatenate([np.arange(f + 1, f + s - 1, 2) for f, s in zip(first, size, strict=True) if s > 2])
        far, village = tree.query(self.xy[node])
        reach = rng.choice([320.0, 550.0, 1_000.0], len(self.villages), p=[0.6, 0.34, 0.06])
        root = node[far < reach[village]]
        root = np.repeat(root, 2)
        side = np.tile([1, -1], len(root) // 2)
        drawn = rng.random(len(root)) < 0.62
        root, side = root[drawn], side[drawn]
        tip = self._grow(rng, root, side, rng.integers(2, 8, len(root)), LANE_STEP_M, 0.08)
        # Lanes that leave the same side of a road one after the other: their tips are two sides of a block.
        order = np.lexsort((root, side))
        one, other = order[:-1], order[1:]
        closes = (side[one] == side[other]) & (root[other] - root[one] <= 4) & (rng.random(len(one)) < 0.55)
        one, other = tip[one[closes]], tip[other[closes]]
        gap = np.hypot(*(self.xy[one] - self.xy[other]).T)
        one, other, gap = one[gap < 300], other[gap < 300], gap[gap < 300]
        inner, sizes = _straight(self.xy[one], self.xy[other], np.maximum(1, gap / LANE_STEP_M).astype(int))
        self._chain(one, other, inner, sizes, rng.random(len(one)) < 0.06)

    def _tracks(self, rng: np.random.Generator, first: Ints, size: Ints) -> None:
        """Draw long winding dead ends into the fields and hills."""
        root = rng.choice(np.arange(first[0], first[-1] + size[-1]), len(self.villages) // 3, replace=False)
        side = rng.choice([1, -1], len(root))
        self._grow(rng, root, side, rng.integers(15, 110, len(root)), TRACK_STEP_M, 0.16)

    def _grow(
        self, rng: np.random.Generator, root: Ints, side: Ints, steps: Ints, step_m: float, wobble: float
    ) -> Ints:
        """Grow dead ends from inner nodes of a road, at right angles to it; return their tips."""
        ahead = self.xy[root + 1] - self.xy[root - 1]
        heading = np.arctan2(ahead[:, 1], ahead[:, 0]) + side * np.pi / 2
        way = np.repeat(np.arange(len(root)), steps)
        begin = np.repeat(np.cumsum(steps) - steps, steps)
        turn = _restart(np.cumsum(rng.normal(0, wobble, len(way))), begin) + heading[way]
        x, y = (
            _restart(np.cumsum(step_m * f(turn)), begin) + self.xy[root[way], k] for k, f in enumerate((np.cos, np.sin))
        )
        first, _ = self._chain(root, np.full(len(root), -1), np.column_stack([x, y]), steps)
        return first + steps - 1


def to_degrees(xy: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude of points of the plane."""
    return np.round(WEST + xy[:, 0] / M_LON, 6), np.round(SOUTH + xy[:, 1] / M_LAT, 6)


def length_of(lon: Floats, lat: Floats, start: Ints, end: Ints) -> Floats:
    """Return metres on the ellipsoid, as the package measures them."""
    return np.asarray(GEOD.inv(lon[start], lat[start], lon[end], lat[end])[2])


def network_of(lon: Floats, lat: Floats, start: Ints, end: Ints, length_m: Floats, one_way: Bools) -> rs.RoadNetwork:
    """Return the roads as the package holds them; all of one class, at one speed."""
    zeros = np.zeros(len(start), np.int64)
    return rs.RoadNetwork(
        node_lon=lon, node_lat=lat, start=start, end=end, length_m=length_m, seconds=length_m / (KMH / 3.6),
        forward=np.ones(len(start), bool), backward=~one_way, unpaved=np.zeros(len(start), bool),
        road_class=zeros, name=zeros, classes=("residential",), names=("",), waters=(), osm_date="",
    )  # fmt: skip


def make_province(side_m: float = 86_000, seed: int = 1) -> rs.RoadNetwork:
    """Return a province of its own, without gates."""
    roads = Roads.make(np.random.default_rng(seed), side_m, np.empty((0, 2)))
    lon, lat = to_degrees(roads.xy)
    length_m = length_of(lon, lat, roads.start, roads.end)
    return network_of(lon, lat, roads.start, roads.end, length_m, roads.one_way)


def _scatter(rng: np.random.Generator, side_m: float) -> Floats:
    """Places at random, dense in the valleys, sparse in the hills, none on top of another."""
    count = round(side_m**2 / 1e6 / AREA_OF_A_VILLAGE_KM2)
    points = rng.uniform(0.01 * side_m, 0.99 * side_m, (12 * count, 2))
    wave, phase = rng.uniform(3e-5, 2e-4, (5, 2)), rng.uniform(0, 2 * np.pi, 5)
    hill = np.sin(points @ wave.T + phase).sum(axis=1)
    points = points[rng.random(len(points)) < np.where(hill > 1, 0.3, 1)]
    near = cKDTree(points).query_pairs(1_100, output_type="ndarray")
    # Of two that are too near the later one goes: a pass that leaves gaps, but none too small.
    points = np.delete(points, np.unique(near.max(axis=1)), axis=0)
    return points[:count]


def _joints(rng: np.random.Generator, sites: Floats) -> tuple[Ints, Ints]:
    """Which neighbours have a road between them: a tree, so that all are joined, and many of the short ways round."""
    corners = Delaunay(sites).simplices
    edges = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    a, b = sites[edges[:, 0]], sites[edges[:, 1]]
    length = np.hypot(*(a - b).T)
    tree = minimum_spanning_tree(csr_array((length, edges.T), shape=(len(sites), len(sites)))).tocoo()
    kept = np.isin(edges @ [len(sites), 1], tree.row * len(sites) + tree.col)
    # No third site lies in the circle over the road: who goes from one to the other has no village on the way.
    is_open = cKDTree(sites).query((a + b) / 2)[0] >= length / 2 - 1e-6
    kept |= is_open & (rng.random(len(edges)) < np.where(length > 7_000, 0.25, 0.6))
    return edges[kept, 0], edges[kept, 1]


def _wind(rng: np.random.Generator, a: Floats, b: Floats) -> tuple[Floats, Ints]:
    """Return the inner points of winding lines from a to b, and how many each has."""
    length = np.hypot(*(b - a).T)
    sizes = np.maximum(3, length / ROAD_STEP_M).astype(int)
    line, sizes = _straight(a, b, sizes)
    way = np.repeat(np.arange(len(a)), sizes)
    along = (np.arange(len(line)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1) / (sizes[way] + 1)
    off = np.zeros(len(line))
    for waves, share in ((1, 0.07), (2, 0.04), (5, 0.02), (11, 0.008)):
        phase, height = rng.uniform(0, 2 * np.pi, len(a)), rng.normal(0, share, len(a)) * length
        off += height[way] * np.sin(waves * np.pi * along + phase[way])
    across = np.column_stack([a[:, 1] - b[:, 1], b[:, 0] - a[:, 0]]) / length[:, None]
    return line + (off * np.sin(np.pi * along))[:, None] * across[way], sizes


def _straight(a: Floats, b: Floats, sizes: Ints) -> tuple[Floats, Ints]:
    """Return points at equal steps between a and b, and how many each line has."""
    way = np.repeat(np.arange(len(a)), sizes)
    along = (np.arange(len(way)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + 1) / (sizes[way] + 1)
    return a[way] + along[:, None] * (b - a)[way], sizes


def _restart(sums: Floats, begin: Ints) -> Floats:
    """Return running sums that begin anew at these places."""
    return sums - np.r_[0, sums][begin]

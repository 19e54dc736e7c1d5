"""The invented land: where people live, the roads that join the places, and the file that holds them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import osmium
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

if TYPE_CHECKING:
    from restructure.sample.people import Schools, Villages

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Tags: TypeAlias = dict[str, str]
Row: TypeAlias = list[str]


def words(text: str) -> list[str]:
    return text.split()


REMARK = "ข้อมูลสมมุติ"
OSM_DATE = "2026-10-01T00:00:00Z"
AS_OF = "2/2569"
TOTALS = {"K": 3_657, "P": 11_933, "M": 3_314}
AMPHOE = ("สมมุติเหนือ", "สมมุติกลาง", "สมมุติใต้")
N_SITES, N_TAMBON, N_VILLAGES, N_SCHOOLS, N_CLOSED = 300, 27, 332, 125, 2

PLAIN = words("หนอง คลอง ท่า บึง ทุ่ง โคก ดอน บาง วัง สระ ไร่ นา โพธิ์ เนิน")
HILLS = words("ห้วย เขา ซำ ดง ผา ป่า ลำ โป่ง ถ้ำ ซับ ปาง ม่อน")
ENDS = words(
    "ประดู่ มะขาม ไผ่ ตะแบก สัก ยาง กระทุ่ม แดง ขาว งาม ใหญ่ น้อย ทอง เงิน หิน ทราย มะม่วง ขนุน สะเดา ตาล บัว กุ่ม หว้า "
    "จันทน์ รัง แก้ว เย็น ลึก สามัคคี พัฒนา"
)

# A plane in metres east and north of a point of the sea; good enough to invent things on.
_LAT0, _LON0, _M_LAT, _M_LON = 9.985, 100.98, 110_610.0, 109_530.0
ISLAND, _WATER = (52_500.0, 46_500.0), 1_500.0  # an island in a reservoir: the settlement that is cut off
_CELL = 40.0  # of the index that tells which road runs where

# Classes of road, most important first; tracks come last.
_TRUNK, _PRIMARY, _SECONDARY, TERTIARY, MINOR, _TRACK = range(6)
_HIGHWAY = ("trunk", "primary", "secondary", "tertiary", "unclassified", "track")


def degrees(xy: Floats) -> Floats:
    """Latitude and longitude, six decimals, of points of the plane."""
    degrees = np.column_stack([_LAT0 + xy[:, 1] / _M_LAT, _LON0 + xy[:, 0] / _M_LON])
    return np.asarray(np.round(degrees, 6), dtype=np.float64)


def nearest(of: Floats, to: Floats) -> Ints:
    return np.asarray(cKDTree(of).query(to)[1], dtype=np.int64)


def _river_x(y: Floats) -> Floats:
    return np.asarray(
        19_500 + 2_600 * np.sin(y / 9_700) + 620 * np.sin(y / 1_150 + 1) + 260 * np.sin(y / 520), dtype=np.float64
    )


def on_east_bank(xy: Floats) -> Bools:
    """Whether points lie on the east bank."""
    return np.asarray(xy[..., 0] > _river_x(xy[..., 1]), dtype=np.bool_)


def is_hilly(xy: Floats) -> Bools:
    return np.asarray(xy[..., 0] > 41_000 + 3_500 * np.sin(xy[..., 1] / 6_500), dtype=np.bool_)


def _wet(xy: Floats, margin: float = 0.0) -> Bools:
    """Whether points lie in the reservoir or on its island."""
    return np.asarray(np.hypot(xy[..., 0] - ISLAND[0], xy[..., 1] - ISLAND[1]) < _WATER + margin, dtype=np.bool_)


@dataclass
class Land:
    """Where people live, how the places are joined and how important each joint is."""

    sites: Floats
    names: list[str]
    tambon: Ints  # 0..26 of each site, north to south
    centre: Ints  # the site that is the centre of each tambon
    towns: list[int]  # the sites that are the centres of the amphoe
    edges: Ints
    kind: Ints
    ref: list[str]
    trunk: list[int]  # the sites along the dual carriageway, south to north

    @classmethod
    def make(cls, rng: np.random.Generator) -> Land:
        sites = _scatter(rng)
        hilly = is_hilly(sites)
        pools = [[a + b for a in part for b in ENDS] for part in (PLAIN, HILLS)]
        order = [rng.permutation(len(pool)) for pool in pools]
        names = [pools[int(hill)][order[int(hill)][i]] for i, hill in enumerate(hilly)]
        tambon, centre = _tambons(rng, sites)
        towns = [int(c[np.argmin(np.abs(sites[c, 0] - 30_500))]) for c in np.split(centre, 3)]
        edges = _joints(rng, sites)
        kind, ref, trunk = _classes(rng, sites, edges, centre, towns)
        for path in (trunk, *_paths_of(edges, kind, _PRIMARY)):  # main roads run straighter than a chain of villages
            for _ in range(3):
                new = sites[path].copy()
                new[1:-1] = (new[:-2] + 2 * new[1:-1] + new[2:]) / 4
                keep = (on_east_bank(new) != on_east_bank(sites[path])) | (
                    np.abs(new[:, 0] - _river_x(new[:, 1])) < 900
                )
                sites[path] = np.where(keep[:, None], sites[path], new)
        return cls(sites, names, tambon, centre, towns, edges, kind, ref, trunk)


def _scatter(rng: np.random.Generator) -> Floats:
    """Places at random, dense in the plain, sparse in the hills, none in water; the last is the island."""
    a, b = rng.uniform(0, 2 * np.pi, 2)
    points = rng.uniform(0, 70_000, (9_000, 2))
    dx, dy = points[:, 0] - 34_500, points[:, 1] - 35_000
    angle = np.arctan2(dy, dx)
    reach = 33_000 * (1 + 0.05 * np.sin(2 * angle + a) + 0.04 * np.sin(3 * angle + b))
    fit = (np.hypot(dx, dy) < reach) & (np.abs(points[:, 0] - _river_x(points[:, 1])) > 450) & ~_wet(points, 1_100)
    points = points[fit]
    apart = np.where(is_hilly(points), 3_100.0, 1_900.0)
    kept = np.empty((N_SITES, 2))
    n = 0
    for point, least in zip(points, apart, strict=True):
        if n < N_SITES - 1 and (n == 0 or np.min(np.hypot(*(kept[:n] - point).T)) > least):
            kept[n] = point
            n += 1
    kept[n] = ISLAND
    return kept[: n + 1]


def _tambons(rng: np.random.Generator, sites: Floats) -> tuple[Ints, Ints]:
    """Group the sites round 27 centres (Lloyd), numbered from north to south in three amphoe of nine."""
    middle = sites[rng.choice(len(sites) - 1, N_TAMBON, replace=False)]
    for _ in range(25):
        group = nearest(middle, sites)
        middle = np.array([sites[group == g].mean(axis=0) for g in range(N_TAMBON)])
    centre = nearest(sites[:-1], middle)
    centre = centre[np.argsort(-sites[centre, 1], kind="stable")]
    return nearest(sites[centre], sites), centre


def _joints(rng: np.random.Generator, sites: Floats) -> Ints:
    """Which neighbours have a road between them: a tree, so that all are joined, and many of the short ways round."""
    triangles = Delaunay(sites[:-1]).simplices
    edges = np.unique(
        np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1), axis=0
    )
    a, b = sites[edges[:, 0]], sites[edges[:, 1]]
    length = np.hypot(*(a - b).T)
    along = np.linspace(0, 1, 120)[None, :, None]
    line = a[:, None] * (1 - along) + b[:, None] * along
    banks = np.count_nonzero(np.diff(on_east_bank(line), axis=1), axis=1)
    ok = ~_wet(line, 250).any(axis=1) & (banks <= 1)
    bridge = np.zeros(len(edges), dtype=np.bool_)
    for y in (8_000, 19_500, 32_000, 44_500, 58_500):  # few bridges: the other bank is near, and far
        cost = length + 1.5 * np.abs((a + b)[:, 1] / 2 - y)
        bridge[np.argmin(np.where(ok & (banks == 1), cost, np.inf))] = True
    ok &= (banks == 0) | bridge
    edges, length, a, b, bridge = edges[ok], length[ok], a[ok], b[ok], bridge[ok]
    graph = csr_matrix((length, (edges[:, 0], edges[:, 1])), shape=(len(sites), len(sites)))
    tree = minimum_spanning_tree(graph).tocoo()
    in_tree = np.isin(edges[:, 0] * len(sites) + edges[:, 1], tree.row * len(sites) + tree.col)
    index = cKDTree(sites)
    gabriel = index.query((a + b) / 2)[0] >= length / 2 - 1e-6
    hilly = is_hilly((a + b) / 2)
    chance = np.where(hilly, 0.5, 0.72) * np.where(length > 6_500, 0.3, 1.0)
    return np.asarray(edges[in_tree | bridge | (gabriel & (rng.random(len(edges)) < chance))], dtype=np.int64)


def _classes(
    rng: np.random.Generator, sites: Floats, edges: Ints, centre: Ints, towns: list[int]
) -> tuple[Ints, list[str], list[int]]:
    """Class and number of each edge, from shortest paths between the places that matter."""
    n = len(sites)
    kind = np.full(len(edges), MINOR, dtype=np.int64)
    ref = [""] * len(edges)
    at = {(int(i), int(j)): e for e, (i, j) in enumerate(edges)}
    mid = sites[edges].mean(axis=1)
    length = np.hypot(*(sites[edges[:, 0]] - sites[edges[:, 1]]).T)

    def path(start: int, end: int, weight: Floats) -> list[int]:
        graph = csr_matrix((weight, (edges[:, 0], edges[:, 1])), shape=(n, n))
        before = dijkstra(graph, directed=False, indices=[start], return_predecessors=True)[1][0]
        out = [end]
        while out[-1] != start:
            out.append(int(before[out[-1]]))
        return out[::-1]

    def mark(nodes: list[int], level: int, number: str) -> None:
        for i, j in pairwise(nodes):
            e = at[min(i, j), max(i, j)]
            if kind[e] > level:
                kind[e], ref[e] = level, number

    # The dual carriageway runs north and south in the east of the plain and does not cross the river.
    off = 1 + 6 * (~on_east_bank(mid) | is_hilly(mid)) + np.abs(mid[:, 0] - 30_500) / 4_000
    ends = [int(np.argmin(np.hypot(sites[:-1, 0] - 30_500, sites[:-1, 1] - y))) for y in (0.0, 70_000.0)]
    trunk = path(ends[0], ends[1], length * off)
    mark(trunk, _TRUNK, "9901")
    edge_of = [
        int(np.argmin(np.hypot(sites[:-1, 0] - x, sites[:-1, 1] - y))) for x, y in ((0, 36_000), (70_000, 30_000))
    ]
    for number, (start, end) in enumerate([(towns[1], edge_of[0]), (towns[1], edge_of[1]), (towns[0], towns[2])]):
        mark(path(start, end, length * np.where(kind <= _PRIMARY, 0.8, 1.0)), _PRIMARY, str(9911 + number))
    near = Delaunay(sites[centre]).simplices
    pairs = np.unique(np.sort(np.vstack([near[:, [0, 1]], near[:, [1, 2]], near[:, [0, 2]]]), axis=1), axis=0)
    for number, c in enumerate(centre):
        town = min(towns, key=lambda t: float(np.hypot(*(sites[t] - sites[c]))))
        if town != c:
            mark(path(int(c), town, length * np.where(kind < _SECONDARY, 0.6, 1.0)), _SECONDARY, f"99{21 + number}")
    for number, (i, j) in enumerate(pairs):
        nodes = path(int(centre[i]), int(centre[j]), length * np.where(kind < TERTIARY, 0.7, 1.0))
        mark(nodes, TERTIARY, f"สม.ถ.{number + 1}")
    rough = (kind == MINOR) & (rng.random(len(edges)) < np.where(is_hilly(mid), 0.6, 0.08))
    kind[rough] = _TRACK
    return kind, ref, trunk


def _paths_of(edges: Ints, kind: Ints, level: int) -> list[list[int]]:
    """Return the edges of a class as paths one step to either side, enough to smooth them."""
    near: dict[int, list[int]] = {}
    for i, j in edges[kind <= level].tolist():
        near.setdefault(i, []).append(j)
        near.setdefault(j, []).append(i)
    return [[two[0], i, two[1]] for i, two in sorted(near.items()) if len(two) == 2]


def _tags(kind: int, ref: str, land: Land, edge: Ints, hill: bool, draw: float) -> Tags:
    tags = {"highway": _HIGHWAY[kind]}
    if kind == _TRACK:
        return tags | {"surface": "unpaved", "tracktype": f"grade{2 + int(draw * 2)}"}
    if kind == MINOR:
        return tags | ({"surface": "gravel"} if hill and draw < 0.4 else {"surface": "paved"} if draw < 0.7 else {})
    a, b = (land.names[int(i)] for i in edge)
    name = f"ทางหลวงสมมุติหมายเลข {ref}" if kind < TERTIARY else f"ถนนบ้าน{a}–บ้าน{b}"
    return tags | {"name": name, "ref": ref, "surface": "asphalt"}


@dataclass
class Network:
    """Nodes and ways of the roads.

    Every road is laid from a node that is there already to another one, or to a dead end if it is open both ways: so
    the whole stays strongly connected, whichever way the one-way pieces run.
    """

    rng: np.random.Generator
    land: Land
    xy: list[tuple[float, float]] = field(default_factory=list)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    taken: dict[int, int] = field(default_factory=dict)  # cell of the plane → a node of the road in it

    def __post_init__(self) -> None:
        self._main_roads()
        self._streets()
        self._oddities()

    # -- parts ----
    def node(self, x: float, y: float) -> int:
        self.xy.append((x, y))
        return len(self.xy) - 1

    def nodes(self, points: Floats) -> list[int]:
        return [self.node(x, y) for x, y in points.tolist()]

    def way(self, refs: list[int], tags: Tags) -> None:
        """Add a way; where it crosses the river, the stretch over the water becomes a bridge of its own."""
        line = np.array([self.xy[i] for i in refs])
        wet = np.flatnonzero(np.diff(on_east_bank(line).astype(np.int8)))
        cuts, start = [], 0
        for i in wet.tolist():
            cuts += [(start, i, {}), (i, i + 1, {"bridge": "yes", "layer": "1"})]
            start = i + 1
        for i, j, more in [*cuts, (start, len(refs) - 1, {})]:
            if j > i:
                self.ways.append((refs[i : j + 1], tags | more))
        step = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        s = np.arange(0, step[-1], _CELL / 4)
        cells = _cell(np.interp(s, step, line[:, 0]), np.interp(s, step, line[:, 1]))
        nearest = np.searchsorted((step[1:] + step[:-1]) / 2, s)
        self.taken.update(zip(cells.tolist(), np.array(refs)[nearest].tolist(), strict=True))

    def hit(self, x: float, y: float) -> int:
        """Find a node of the road at a point, or -1; look round it too, so that no roads slip through each other."""
        for dx, dy in ((0.0, 0.0), (10.0, 0.0), (-10.0, 0.0), (0.0, 10.0), (0.0, -10.0)):
            found = self.taken.get(math.floor((x + dx) / _CELL) * 100_000 + math.floor((y + dy) / _CELL), -1)
            if found >= 0:
                return found
        return -1

    def grow(
        self, start: int, heading: float, length: float, step: float, wobble: float, tags: Tags, oneway: float = 0.0
    ) -> list[int]:
        """Lay a road from a node on until it meets another or ends dead; the new nodes, none if there is no room."""
        x, y = x0, y0 = self.xy[start]
        here = np.array([x, y])
        east, wet = bool(on_east_bank(here)), bool(_wet(here))
        refs, joined = [start], False
        turns = self.rng.normal(0, wobble, int(length / step))
        fresh: list[tuple[float, float]] = []
        for turn in turns.tolist():
            heading += turn
            cx, cy = math.cos(heading), math.sin(heading)
            meets = -1
            for part in (0.25, 0.5, 0.75, 1.0):
                px, py = x + cx * step * part, y + cy * step * part
                found = self.hit(px, py)
                fx, fy = self.xy[found] if found >= 0 else (x0, y0)
                if found >= 0 and not (math.hypot(px - x0, py - y0) < 75 and math.hypot(fx - x0, fy - y0) < 130):
                    meets = found
                    break
            if meets >= 0:
                joined = math.hypot(fx - x0, fy - y0) > 60
                break
            there = np.array([x + cx * step, y + cy * step])
            bank = there + np.array([-60 if east else 60, 0])
            if bool(on_east_bank(bank)) != east or bool(_wet(there, -700 if wet else 60)) != wet:
                break
            x, y = x + cx * step, y + cy * step
            fresh.append((x, y))
        if len(fresh) < 2:
            return []
        refs += [self.node(*p) for p in fresh]
        if joined:
            refs.append(meets)
            if self.rng.random() < oneway:
                tags = tags | {"oneway": "yes"}
        self.way(refs, tags)
        return refs[1 : len(fresh) + 1]

    # -- the network ----
    def _main_roads(self) -> None:
        land, rng = self.land, self.rng
        sites, edges, kind = land.sites, land.edges, land.kind
        tangents = _tangents(sites, edges, kind)
        busy = np.bincount(edges.ravel(), minlength=len(sites))
        on_trunk = np.isin(np.arange(len(sites)), land.trunk)
        chief = np.isin(np.arange(len(sites)), land.centre) & ~on_trunk
        ring_site = int(np.argmax(np.where(chief, busy, 0)))
        at: dict[int, list[int]] = {}  # site → the nodes a road may end at
        self._trunk(at, tangents)
        angle = -np.arange(12) * np.pi / 6  # clockwise: traffic keeps left
        ring = self.nodes(sites[ring_site] + 24 * np.column_stack([np.cos(angle), np.sin(angle)]))
        self.way([*ring, ring[0]], {"highway": "tertiary", "junction": "roundabout", "name": "วงเวียนสมมุติ"})
        at[ring_site] = ring
        self.edge_nodes: list[list[int]] = [[] for _ in edges]
        for e in np.argsort(kind, kind="stable").tolist():
            if kind[e] == _TRUNK:
                continue
            i, j = (int(v) for v in edges[e])
            hill = bool(is_hilly(sites[[i, j]].mean(axis=0)))
            line = self._line(e, tangents[e], hill)
            keep = (np.hypot(*(line - sites[i]).T) > 45) & (np.hypot(*(line - sites[j]).T) > 45)
            line = line[keep]
            inner = self.nodes(line)
            ends = []
            for site, first in ((i, line[0]), (j, line[-1])):
                if site not in at:
                    at[site] = self.nodes(sites[site][None])
                ends.append(at[site][int(np.argmin([math.dist(self.xy[v], first) for v in at[site]]))])
            refs = [ends[0], *inner, ends[1]]
            self.way(refs, _tags(int(kind[e]), land.ref[e], land, edges[e], hill, float(rng.random())))
            self.edge_nodes[e] = refs

    def _line(self, e: int, tangent: Floats, hill: bool) -> Floats:
        """Draw the inner points of an edge: calmer at each try, until it runs into no other road."""
        a, b = self.land.sites[self.land.edges[e]]
        kind = int(self.land.kind[e])
        amplitude = (0.075 if hill else 0.03) * (0.35, 0.35, 0.4, 0.7, 1.0, 1.3)[kind]
        bank = bool(on_east_bank(a)) == bool(on_east_bank(b))
        for calm in (1.0, 0.6, 0.35, 0.2, 0.08, 0.0):
            bent = tangent * min(1.0, calm * 2.5) + (b - a) / np.hypot(*(b - a)) * (1 - min(1.0, calm * 2.5))
            line = _curve(self.rng, a, b, bent, amplitude * calm, 45 if hill else 60)
            apart = (np.hypot(*(line - a).T) > 160) & (np.hypot(*(line - b).T) > 160)
            clear = not any(self.hit(x, y) >= 0 for x, y in line[apart].tolist())
            if clear and np.count_nonzero(np.diff(on_east_bank(line))) == (0 if bank else 1):
                break
        return line[1:-1]

    def _trunk(self, at: dict[int, list[int]], tangents: dict[int, Floats]) -> None:
        """Two one-way carriageways side by side, linked at every junction and by U-turns between far junctions."""
        land = self.land
        path = land.trunk
        pieces, marks = [land.sites[path[0]][None]], [0]
        for i, j in pairwise(path):
            e = int(np.flatnonzero((land.edges == (min(i, j), max(i, j))).all(axis=1))[0])
            a, b = land.sites[[i, j]]
            tangent = tangents[e] if i < j else -tangents[e][::-1]
            piece = _curve(self.rng, a, b, tangent, 0.006, 60)[1:]
            pieces.append(piece)
            marks.append(marks[-1] + len(piece))
        line = np.vstack(pieces)
        along = np.gradient(line, axis=0)
        normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None]
        left, right = self.nodes(line + 14 * normal), self.nodes(line - 14 * normal)
        left[0], left[-1] = right[0], right[-1]  # the carriageways part and join at the ends
        tags = {"highway": "trunk", "name": "ทางหลวงสมมุติหมายเลข 9901", "ref": "9901", "lanes": "2"}
        tags |= {"surface": "asphalt", "oneway": "yes"}
        link = {"highway": "trunk_link", "surface": "asphalt"}
        for site, m, n in zip(path, marks, [*marks[1:], marks[-1]], strict=True):
            at[site] = [left[m], right[m]] if left[m] != right[m] else [left[m]]
            if left[m] != right[m]:
                self.way([left[m], right[m]], link)
            if m < n:
                self.way(left[m : n + 1], tags)
                self.way(right[m : n + 1][::-1], tags)
            middle = (m + n) // 2
            if n - m > 34:
                self.way([left[middle], right[middle]], link | {"oneway": "yes"})
                self.way([right[middle + 2], left[middle + 2]], link | {"oneway": "yes"})

    def _streets(self) -> None:
        """Village streets, lanes to the fields and, on the island, a few roads that lead nowhere else."""
        land, rng, sites = self.land, self.rng, self.land.sites
        self.core = [v for refs in self.edge_nodes for v in refs[1:-1]]
        parent = {v: (u, w) for refs in self.edge_nodes for u, v, w in zip(refs, refs[1:], refs[2:], strict=False)}
        self.ribbon = self._ribbon_sites()
        places = np.vstack([sites[:-1], [self.xy[v] for v in self.ribbon]])
        tree = cKDTree(np.array([self.xy[v] for v in self.core]))

        def side(towards: tuple[int, int]) -> float:
            (ax, ay), (bx, by) = self.xy[towards[0]], self.xy[towards[1]]
            return math.atan2(by - ay, bx - ax) + math.pi / 2 * (1 if rng.random() < 0.5 else -1) + rng.normal(0, 0.12)

        street, track = {"highway": "residential"}, {"highway": "track", "surface": "unpaved"}
        for p, place in enumerate(places):
            rank = 2 if p in land.towns else 1 if p in land.centre else 0
            oneway = (0.0, 0.1, 0.3)[rank]
            near = [self.core[k] for k in sorted(tree.query_ball_point(place, (260, 480, 850)[rank]))]
            count = min(len(near), (4, 10, 28)[rank])
            reach = 380 + 150 * rank
            grown = [
                self.grow(v, side(parent[v]), rng.uniform(110, reach), 38, 0.05, street, oneway)
                for v in rng.permutation(near)[:count].tolist()
            ]
            for refs in [g for g in grown if len(g) > 3]:  # streets off the streets, which close the blocks
                for k in range(1, len(refs) - 1, 4):
                    across = side((refs[k - 1], refs[k + 1]))
                    self.grow(refs[k], across, rng.uniform(90, 300), 38, 0.05, street, oneway)
        for v in rng.permutation(self.core)[:420].tolist():
            x, y = self.xy[v]
            if is_hilly(np.array([x, y])):
                tags = track | {"tracktype": "grade3"}
                self.grow(v, side(parent[v]), rng.uniform(400, 2_600), 42, 0.26, tags)
            else:
                tags = track | {"tracktype": "grade2"} if rng.random() < 0.6 else {"highway": "unclassified"}
                self.grow(v, side(parent[v]), rng.uniform(300, 1_900), 60, 0.035, tags)
        centre = self.node(*ISLAND)
        for heading in (0.4, 2.3, 4.4):
            for k, v in enumerate(self.grow(centre, heading, 560, 40, 0.12, {"highway": "unclassified"})):
                if k % 5 == 3:
                    self.grow(v, heading + math.pi / 2, 200, 40, 0.12, street)

    def _ribbon_sites(self) -> list[int]:
        """Villages strung along the better roads, between the places where roads meet."""
        good = [v for e in np.flatnonzero(self.land.kind <= TERTIARY) for v in self.edge_nodes[e][15:-15]]
        kept: list[int] = []
        for v in self.rng.permutation(good).tolist():
            others = [self.xy[k] for k in kept]
            if len(kept) < N_VILLAGES - len(self.land.sites) and all(math.dist(self.xy[v], o) > 1_300 for o in others):
                kept.append(v)
        return kept

    def _oddities(self) -> None:
        """Add what a real extract holds and a router must get right."""
        rng = self.rng
        chosen = [e for e in rng.permutation(len(self.edge_nodes)).tolist() if self.land.kind[e] in (TERTIARY, MINOR)]
        made = 0
        for e in chosen:  # a second road between the same two junctions
            refs = self.edge_nodes[e]
            line = np.array([self.xy[v] for v in refs])
            swell = np.sin(np.linspace(0, np.pi, len(line)))[:, None]
            off = np.array([-(line[-1] - line[0])[1], (line[-1] - line[0])[0]]) * 0.16 * swell
            for other in (line + off, line - off):
                inner = other[2:-2:2]
                clear = (
                    not any(self.hit(x, y) >= 0 for x, y in inner.tolist())
                    and len(set(on_east_bank(other).tolist())) == 1
                )
                if made < 6 and len(inner) > 8 and clear and not _wet(inner, 100).any():
                    self.way([refs[0], *self.nodes(inner), refs[-1]], {"highway": "unclassified", "name": "ทางสายเก่า"})
                    made += 1
                    break
        quiet = rng.permutation(self.core).tolist()
        for v in quiet:  # a piece of 0 metres, and a lane that can be reached over it only
            twin = self.node(*self.xy[v])
            if self.grow(twin, rng.uniform(0, 6.28), 380, 38, 0.05, {"highway": "residential", "name": "ซอยศูนย์เมตร"}):
                self.ways.append(([v, twin], {"highway": "residential", "name": "ซอยศูนย์เมตร"}))
                break
            self.xy.pop()
        closed: list[Tags] = [{"highway": "service", "access": "private"}] * 3 + [{"highway": "footway"}] * 5
        for v in quiet[100:]:
            if closed and self.grow(v, rng.uniform(0, 6.28), 300, 35, 0.1, closed[0]):
                closed.pop(0)

    # -- what others ask ----
    def near_road(
        self, around: Floats, reach: tuple[float, float], off: tuple[float, float], tries: int = 80
    ) -> Floats:
        """Find a point near each given one that lies so far off the nearest public road."""
        ways = [refs for refs, tags in self.ways if tags["highway"] not in ("footway", "service")]
        tree = shapely.STRtree([shapely.LineString([self.xy[v] for v in refs]) for refs in ways])
        out = around.copy()
        missing = np.arange(len(around))
        for wider in (1, 2, 4, 8):
            shape = (len(missing), tries)
            angle, radius = self.rng.uniform(0, 2 * np.pi, shape), self.rng.uniform(reach[0], reach[1] * wider, shape)
            points = out[missing, None] + np.stack([np.cos(angle), np.sin(angle)], axis=2) * radius[..., None]
            far = tree.query_nearest(shapely.points(points.reshape(-1, 2)), return_distance=True, all_matches=False)[1]
            fit = (far.reshape(radius.shape) >= off[0]) & (far.reshape(radius.shape) <= off[1])
            fit &= (on_east_bank(points) == on_east_bank(out[missing])[:, None]) & (
                _wet(points) == _wet(out[missing])[:, None]
            )
            found = fit.any(axis=1)
            out[missing[found]] = points[found, np.argmax(fit[found], axis=1)]
            missing = missing[~found]
            if not len(missing):
                break
        return out

    def write(self, path: Path, villages: Villages, schools: Schools) -> None:
        """Write the PBF: nodes, then ways, each by number."""
        header = osmium.io.Header()
        header.set("generator", "restructure sample (synthetic)")
        header.set("osmosis_replication_timestamp", OSM_DATE)
        marks = [{"place": "village", "name": f"บ้าน{name}"} for name in villages.names]
        marks += [{"amenity": "school", "name": f"โรงเรียน{name}"} for name in schools.names]
        y = np.arange(500.0, 69_500.0, 90.0)
        turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        wide = _WATER + 60 * np.sin(3 * turn)
        lake = np.column_stack([ISLAND[0] + wide * np.cos(turn), ISLAND[1] + wide * np.sin(turn)])
        waters = [(np.column_stack([_river_x(y), y]), {"waterway": "river", "name": "แม่น้ำสมมุติ", "width": "60"}, False)]
        waters.append((lake, {"natural": "water", "water": "reservoir", "name": "อ่างเก็บน้ำสมมุติ"}, True))
        xy = [*self.xy, *((x, y) for x, y in np.vstack([villages.xy, schools.xy]).tolist())]
        ways = list(self.ways)
        for line, tags, ring in waters:
            refs = list(range(len(xy), len(xy) + len(line)))
            xy += [(a, b) for a, b in line.tolist()]
            ways.append((refs + refs[:1] if ring else refs, tags))
        tagged = dict(enumerate(marks, len(self.xy)))
        places = np.array(xy)
        lat, lon = (_LAT0 + places[:, 1] / _M_LAT).tolist(), (_LON0 + places[:, 0] / _M_LON).tolist()
        with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
            for i in range(len(xy)):
                place = (lon[i], lat[i])
                writer.add_node(osmium.osm.mutable.Node(id=i + 1, location=place, tags=tagged.get(i, {}), version=1))
            for k, (refs, tags) in enumerate(ways):
                writer.add_way(osmium.osm.mutable.Way(id=k + 1, nodes=[r + 1 for r in refs], tags=tags, version=1))


def _cell(x: Floats, y: Floats) -> Ints:
    return (np.floor(x / _CELL) * 100_000 + np.floor(y / _CELL)).astype(np.int64)


def _curve(rng: np.random.Generator, a: Floats, b: Floats, tangent: Floats, amplitude: float, step: float) -> Floats:
    """Draw a winding line from a to b: smooth along the tangents at both ends, with waves of falling size upon it."""
    length = float(np.hypot(*(b - a)))
    t = np.linspace(0, 1, max(4, int(length / step)) + 1)[:, None]
    ta, tb = tangent * length
    line = (2 * t**3 - 3 * t**2 + 1) * a + (t**3 - 2 * t**2 + t) * ta + (3 * t**2 - 2 * t**3) * b + (t**3 - t**2) * tb
    waves = np.arange(1, max(3, int(length / 330)) + 1)
    height = rng.normal(0, 1, len(waves)) * amplitude * length / waves**1.15
    bump = (np.sin(np.pi * t * waves) * height).sum(axis=1, keepdims=True)
    return np.asarray(line + bump * np.array([-(b - a)[1], (b - a)[0]]) / length, dtype=np.float64)


def _tangents(sites: Floats, edges: Ints, kind: Ints) -> dict[int, Floats]:
    """Direction of each edge at both ends; edges that go on from one another share it, so that roads run through."""
    chord = sites[edges[:, 1]] - sites[edges[:, 0]]
    chord = chord / np.hypot(*chord.T)[:, None]
    out = {e: np.array([chord[e], chord[e]]) for e in range(len(edges))}
    for site in range(len(sites)):
        here = [(e, 0) for e in np.flatnonzero(edges[:, 0] == site).tolist()] + [
            (e, 1) for e in np.flatnonzero(edges[:, 1] == site).tolist()
        ]
        away = {(e, s): chord[e] * (1 - 2 * s) for e, s in here}
        pairs = [
            (int(kind[p[0]] + kind[q[0]]), float(away[p] @ away[q]), p, q)
            for k, p in enumerate(here)
            for q in here[k + 1 :]
        ]
        used: set[tuple[int, int]] = set()
        for _, bend, p, q in sorted(pairs):
            if bend < -0.5 and p not in used and q not in used:
                used |= {p, q}
                through = away[p] - away[q]
                through = through / np.hypot(*through)
                out[p[0]][p[1]] = through * (1 - 2 * p[1])
                out[q[0]][q[1]] = -through * (1 - 2 * q[1])
    return out

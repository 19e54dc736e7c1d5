"""From points to road distances: snapping, folding, one search a school, routes.

The way of a distance: each point is snapped to its *foot*, the nearest place on any piece of road that the vehicle may
use. Chains of nodes with two neighbours are folded into one edge, which leaves every distance as it was. From each
school one Dijkstra search runs against the direction of travel, so that a table row is home → school. A foot leaves
and enters its chain only in the directions that the chain is open to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from restructure.roads import GEOD, Bools, Floats, Ints, RoadNetwork

#: A foot this close to a node or another foot is at the same place: the resolution of OpenStreetMap's coordinates.
NODE_TOLERANCE_M = 0.01
#: Schools searched at once: bounds the memory of the dense rows that scipy returns.
_BLOCK = 32


def whole_metres(metres: Floats | float) -> Ints:
    """Round metres half up to whole ones: the one place where a distance is rounded."""
    return np.floor(np.asarray(metres, dtype=float) + 0.5).astype(np.int64)


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
    west, south, east, north = network.bounds()
    plane = Transformer.from_crs(
        "EPSG:4326",
        f"+proj=tmerc +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +ellps=WGS84 +units=m",
        always_xy=True,
    )
    node_xy = np.column_stack(plane.transform(network.node_lon, network.node_lat))
    a, b = node_xy[network.start], node_xy[network.end]
    known = np.isfinite(lat) & np.isfinite(lon)
    xy = np.column_stack(plane.transform(np.where(known, lon, west), np.where(known, lat, south)))
    tree = shapely.STRtree(shapely.linestrings(np.stack([a, b], axis=1)))
    point, piece = tree.query_nearest(shapely.points(xy), all_matches=True)
    # Ties go to the lowest piece, so that the order in which the index was built says nothing.
    order = np.lexsort((piece, point))
    piece = piece[order][np.unique(point[order], return_index=True)[1]]
    along, across = b[piece] - a[piece], xy - a[piece]
    square = (along**2).sum(axis=1)
    fraction = np.clip((across * along).sum(axis=1) / np.where(square > 0, square, 1), 0, 1)
    length_m = network.length_m[piece]
    fraction = np.where(fraction * length_m < NODE_TOLERANCE_M, 0, fraction)
    fraction = np.where((1 - fraction) * length_m < NODE_TOLERANCE_M, 1, fraction)
    ends = [network.start[piece], network.end[piece]]
    foot_lon = network.node_lon[ends[0]] * (1 - fraction) + network.node_lon[ends[1]] * fraction
    foot_lat = network.node_lat[ends[0]] * (1 - fraction) + network.node_lat[ends[1]] * fraction
    snap_m = np.asarray(GEOD.inv(np.where(known, lon, foot_lon), np.where(known, lat, foot_lat), foot_lon, foot_lat)[2])
    return pd.DataFrame(
        {
            "piece": np.where(known, piece, -1),
            "fraction": fraction,
            "foot_lat": np.where(known, foot_lat, np.nan),
            "foot_lon": np.where(known, foot_lon, np.nan),
            "snap_m": np.where(known, snap_m, np.nan),
        }
    )


@dataclass(frozen=True, eq=False)
class _Folded:
    """Junctions joined by chains of pieces; chain c runs along ``node[first[c]:first[c + 1]]`` from its a to its b."""

    junction: Ints  # of each node, -1 inside a chain
    junctions: int
    a: Ints
    b: Ints
    forward: Bools
    backward: Bools
    first: Ints
    node: Ints
    at_m: Floats  # of each entry of node, metres from the chain's a
    at_s: Floats
    chain_of: Ints  # of each piece
    rank_of: Ints  # of each piece, place in `node` of its end nearer to a

    @property
    def length_m(self) -> Floats:
        return self.at_m[self.first[1:] - 1]

    @property
    def seconds(self) -> Floats:
        return self.at_s[self.first[1:] - 1]


def _fold(network: RoadNetwork) -> _Folded:
    n, m = len(network.node_lon), len(network.start)
    ends = np.concatenate([network.start, network.end])
    order = np.argsort(ends, kind="stable")
    incident = (order % m).astype(np.int64)  # pieces, grouped by node
    degree = np.bincount(ends, minlength=n)
    head = np.r_[0, np.cumsum(degree)]
    # A node inside a chain has two pieces, and whoever may come by one may leave by the other.
    inner = degree == 2
    p, q = incident[head[:-1][inner]], incident[head[:-1][inner] + 1]
    middle = np.flatnonzero(inner)
    p_ends, q_ends = network.end[p] == middle, network.end[q] == middle
    p_in, p_out = (
        np.where(p_ends, network.forward[p], network.backward[p]),
        np.where(p_ends, network.backward[p], network.forward[p]),
    )
    q_in, q_out = (
        np.where(q_ends, network.forward[q], network.backward[q]),
        np.where(q_ends, network.backward[q], network.forward[q]),
    )
    inner[middle] = (p_in == q_out) & (p_out == q_in)

    both = network.start + network.end
    is_inner, other_end, group, begins = inner.tolist(), both.tolist(), incident.tolist(), head.tolist()
    seen = [False] * m
    chain_nodes: list[int] = []
    chain_pieces: list[int] = []
    sizes: list[int] = []

    def walk(node: int, piece: int) -> None:
        """Follow a chain from one of its ends to the other."""
        size = len(chain_nodes)
        chain_nodes.append(node)
        while True:
            seen[piece] = True
            chain_pieces.append(piece)
            node = other_end[piece] - node
            chain_nodes.append(node)
            if not is_inner[node]:
                break
            one, two = group[begins[node]], group[begins[node] + 1]
            piece = two if one == piece else one
        sizes.append(len(chain_nodes) - size)

    for node in np.flatnonzero(~inner & (degree > 0)).tolist():
        for k in range(begins[node], begins[node + 1]):
            if not seen[group[k]]:
                walk(node, group[k])
    for piece in range(m):  # what is left are rings without a junction: any node of theirs becomes one
        if not seen[piece]:
            node = int(network.start[piece])
            is_inner[node] = False
            inner[node] = False
            walk(node, piece)

    node_of, pieces = np.array(chain_nodes), np.array(chain_pieces)
    first = np.r_[0, np.cumsum(sizes)]
    chain_of_piece = np.repeat(np.arange(len(sizes)), np.array(sizes) - 1)
    rank = np.arange(m) + chain_of_piece  # a chain has one node more than pieces
    along = network.start[pieces] == node_of[rank]
    at_m, at_s = np.zeros(len(node_of)), np.zeros(len(node_of))
    at_m[rank + 1], at_s[rank + 1] = network.length_m[pieces], network.seconds[pieces]
    at_m, at_s = _restarting_sum(at_m, first), _restarting_sum(at_s, first)
    lead = first[:-1] - np.arange(len(sizes))  # place in `pieces` of each chain's first piece
    junction = np.full(n, -1)
    at_junctions = np.flatnonzero(~inner & (degree > 0))
    junction[at_junctions] = np.arange(len(at_junctions))
    chain_of, rank_of = np.empty(m, np.int64), np.empty(m, np.int64)
    chain_of[pieces], rank_of[pieces] = chain_of_piece, rank
    return _Folded(
        junction=junction,
        junctions=len(at_junctions),
        a=junction[node_of[first[:-1]]],
        b=junction[node_of[first[1:] - 1]],
        forward=np.where(along[lead], network.forward[pieces[lead]], network.backward[pieces[lead]]),
        backward=np.where(along[lead], network.backward[pieces[lead]], network.forward[pieces[lead]]),
        first=first,
        node=node_of,
        at_m=at_m,
        at_s=at_s,
        chain_of=chain_of,
        rank_of=rank_of,
    )


def _restarting_sum(values: Floats, first: Ints) -> Floats:
    """Return sums that begin at 0 in each chain, added up inside it alone so that far chains do not blur them."""
    out = values.copy()
    place = np.arange(len(values)) - np.repeat(first[:-1], np.diff(first))
    # Doubling: after step k each entry holds the sum of the 2**k entries up to it.
    step, longest = 1, int(np.diff(first).max(initial=0))
    while step < longest:
        shifted = np.zeros_like(out)
        shifted[step:] = np.where(place[step:] >= step, out[:-step], 0)
        out, step = out + shifted, step * 2
    return out


@dataclass(frozen=True, eq=False)
class _Feet:
    """Feet as places on chains. A foot on a junction has ``junction`` ≥ 0 and its chain does not matter."""

    known: Bools
    junction: Ints
    chain: Ints
    at_m: Floats
    at_s: Floats
    left_m: Floats
    left_s: Floats
    # Whether one may go from the foot to the chain's b and a (and so come from a and b).
    forward: Bools
    backward: Bools


def _place_feet(network: RoadNetwork, folded: _Folded, feet: pd.DataFrame) -> _Feet:
    piece = feet["piece"].to_numpy()
    known = piece >= 0
    piece = np.where(known, piece, 0)
    fraction = feet["fraction"].to_numpy()
    chain, rank = folded.chain_of[piece], folded.rank_of[piece]
    share = np.where(network.start[piece] == folded.node[rank], fraction, 1 - fraction)
    at_m = folded.at_m[rank] + share * (folded.at_m[rank + 1] - folded.at_m[rank])
    at_s = folded.at_s[rank] + share * (folded.at_s[rank + 1] - folded.at_s[rank])
    node = np.where(fraction == 0, network.start[piece], network.end[piece])
    junction = np.where((fraction == 0) | (fraction == 1), folded.junction[node], -1)
    return _Feet(
        known=known,
        junction=np.where(known, junction, -1),
        chain=chain,
        at_m=at_m,
        at_s=at_s,
        left_m=folded.length_m[chain] - at_m,
        left_s=folded.seconds[chain] - at_s,
        forward=folded.forward[chain] & known,
        backward=folded.backward[chain] & known,
    )


@dataclass(frozen=True, eq=False)
class _Graph:
    """Arcs against the direction of travel, from each junction's row; the last rows are the schools' feet."""

    metres: csr_array
    seconds: Floats  # aligned with metres.data
    chain: Ints  # likewise; -1 for an arc between a school's foot and its chain's end
    key: Ints  # likewise, row * size + column, rising

    def arc(self, row: Ints, column: Ints) -> Ints:
        """Return the place of each arc row → column in the data; all must exist."""
        place: Ints = np.searchsorted(self.key, row * self.metres.shape[0] + column)
        return place


def _search_graph(folded: _Folded, schools: _Feet) -> _Graph:
    ahead, back = np.flatnonzero(folded.forward), np.flatnonzero(folded.backward)
    on_junction = schools.junction >= 0
    at = np.flatnonzero(on_junction)
    from_a = np.flatnonzero(schools.forward & ~on_junction)
    from_b = np.flatnonzero(schools.backward & ~on_junction)
    base, on_chain = folded.junctions, schools.chain
    zeros = np.zeros(len(at))
    parts = [
        (folded.b[ahead], folded.a[ahead], folded.length_m[ahead], folded.seconds[ahead], ahead),
        (folded.a[back], folded.b[back], folded.length_m[back], folded.seconds[back], back),
        (base + at, schools.junction[at], zeros, zeros, zeros - 1),
        (base + from_a, folded.a[on_chain[from_a]], schools.at_m[from_a], schools.at_s[from_a], 0 * from_a - 1),
        (
            base + from_b,
            folded.b[on_chain[from_b]],
            schools.left_m[from_b],
            schools.left_s[from_b],
            0 * from_b - 1,
        ),
    ]
    row, column, metres, seconds, chain = (np.concatenate(part) for part in zip(*parts, strict=True))
    # Of parallel chains the shortest stays; a sparse matrix would add them up.
    order = np.lexsort((chain, metres, column, row))
    row, column = row[order], column[order]
    keep = np.r_[True, (np.diff(row) != 0) | (np.diff(column) != 0)] & (row != column)
    row, column, order = row[keep], column[keep], order[keep]
    size = base + len(schools.known)
    starts = np.r_[0, np.cumsum(np.bincount(row, minlength=size))]
    return _Graph(
        metres=csr_array((metres[order], column.astype(np.int32), starts.astype(np.int32)), shape=(size, size)),
        seconds=seconds[order],
        chain=chain[order].astype(np.int64),
        key=row * size + column,
    )


def _seconds_along(graph: _Graph, before: Ints) -> Floats:
    """Add up driving time along each tree of shortest ways by pointer doubling, shape (searches, nodes)."""
    searches, size = before.shape
    has = before >= 0
    node = np.broadcast_to(np.arange(size), before.shape)
    seconds = np.zeros(before.shape)
    seconds[has] = graph.seconds[graph.arc(before[has], node[has])]
    total = seconds.ravel()
    jump = (np.where(has, before, node) + (np.arange(searches) * size)[:, None]).ravel()
    while True:
        further = jump[jump]
        total = total + total[jump]
        if np.array_equal(further, jump):
            along: Floats = total.reshape(before.shape)
            return along
        jump = further


@dataclass(frozen=True, eq=False)
class _Ways:
    """The shortest way from every village to one school."""

    metres: Floats  # shape (villages,), inf where there is none
    seconds: Floats
    exit: Ints  # junction by which the way leaves the foot, -1 where it goes straight along the chain


def _exits(feet: _Feet, folded: _Folded) -> tuple[Ints, Floats, Floats]:
    """Return junction, metres and seconds of the three ways out of each foot, shape (3, feet); inf where closed."""
    on_junction = feet.junction >= 0
    node = np.stack([np.where(on_junction, feet.junction, 0), folded.b[feet.chain], folded.a[feet.chain]])
    is_open = np.stack([on_junction, feet.forward & ~on_junction, feet.backward & ~on_junction])
    zeros = np.zeros(len(on_junction))
    metres = np.where(is_open, np.stack([zeros, feet.left_m, feet.at_m]), np.inf)
    return node, metres, np.stack([zeros, feet.left_s, feet.at_s])


def _straight(villages: _Feet, schools: _Feet, school: int) -> tuple[Floats, Floats]:
    """Return metres and seconds along the chain where village and school lie on the same one, inf elsewhere."""
    same = (villages.chain == schools.chain[school]) & villages.known & (villages.junction < 0)
    same &= bool(schools.known[school]) and bool(schools.junction[school] < 0)
    metres = schools.at_m[school] - villages.at_m
    # Home and school that face each other across a one-way street are at one place, whatever rounding makes of it.
    ahead, behind = metres >= -NODE_TOLERANCE_M, metres <= NODE_TOLERANCE_M
    is_open = same & ((ahead & villages.forward) | (behind & villages.backward))
    return np.where(is_open, np.abs(metres), np.inf), np.abs(schools.at_s[school] - villages.at_s)


def _search(
    folded: _Folded, graph: _Graph, villages: _Feet, schools: _Feet, wanted: Ints
) -> Iterator[tuple[int, _Ways, Ints]]:
    """Yield each wanted school, the ways to it, and for each junction the next one on its way there."""
    node, exit_m, exit_s = _exits(villages, folded)
    each = np.arange(node.shape[1])
    for block in np.split(wanted, range(_BLOCK, len(wanted), _BLOCK)):
        metres, before = dijkstra(graph.metres, indices=folded.junctions + block, return_predecessors=True)
        seconds = _seconds_along(graph, before.astype(np.int64))
        for i, school in enumerate(block.tolist()):
            straight_m, straight_s = _straight(villages, schools, school)
            totals = np.concatenate([metres[i][node] + exit_m, straight_m[None]])
            choice = np.argmin(totals, axis=0)
            times = np.concatenate([seconds[i][node] + exit_s, straight_s[None]])
            way_out = np.where(choice < 3, node[np.minimum(choice, 2), each], -1)
            yield school, _Ways(totals[choice, each], times[choice, each], way_out), before[i]


def distance_table(
    network: RoadNetwork,
    villages: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    key: str = "village_id",
    snap_limit_m: int = 500,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Measure every village to every school by road.

    Parameters
    ----------
    villages
        Columns ``key``, ``lat``, ``lon`` (NaN where not known).
    schools
        Columns ``school_id``, ``lat``, ``lon``.
    key
        Name of the column that tells origins apart: ``village_id``, or ``student_key`` for homes.
    snap_limit_m
        A point farther than this from its road is flagged.
    progress
        Called with the number of schools done and of all schools.

    Returns
    -------
    DataFrame
        A row a pair, sorted by key and school: ``road_m`` and ``minutes`` (whole, along the shortest way home →
        school; null where there is none), ``snap_village_m``, ``snap_school_m``, ``reachable`` and ``flags``
        (words joined by ``;``: ``no-village-point``, ``no-school-point``, ``village-far-from-road``,
        ``school-far-from-road``, ``unreachable``).
    """
    villages, schools = villages.sort_values(key), schools.sort_values("school_id")
    village_snap, school_snap = _snap_points(network, villages), _snap_points(network, schools)
    folded = _fold(network)
    village_feet, school_feet = (_place_feet(network, folded, s) for s in (village_snap, school_snap))
    graph = _search_graph(folded, school_feet)
    metres = np.empty((len(villages), len(schools)))
    seconds = np.empty_like(metres)
    for school, ways, _ in _search(folded, graph, village_feet, school_feet, np.arange(len(schools))):
        metres[:, school], seconds[:, school] = ways.metres, ways.seconds
        if progress:
            progress(school + 1, len(schools))

    rows, columns = len(villages), len(schools)
    reachable = np.isfinite(metres).ravel()
    village_m, school_m = village_snap["snap_m"].to_numpy(), school_snap["snap_m"].to_numpy()
    raised = [
        ("no-village-point", np.repeat(np.isnan(village_m), columns)),
        ("no-school-point", np.tile(np.isnan(school_m), rows)),
        ("village-far-from-road", np.repeat(village_m > snap_limit_m, columns)),
        ("school-far-from-road", np.tile(school_m > snap_limit_m, rows)),
        ("unreachable", ~reachable),
    ]
    flags = np.full(rows * columns, "", dtype=object)
    for word, where in raised:
        flags[where] = [f"{before};{word}" if before else word for before in flags[where]]
    return pd.DataFrame(
        {
            key: np.repeat(villages[key].to_numpy(), columns),
            "school_id": np.tile(schools["school_id"].to_numpy(), rows),
            "road_m": _whole_or_null(metres.ravel(), reachable),
            "minutes": _whole_or_null(seconds.ravel() / 60, reachable),
            "snap_village_m": _whole_or_null(np.repeat(village_m, columns)),
            "snap_school_m": _whole_or_null(np.tile(school_m, rows)),
            "reachable": reachable,
            "flags": flags,
        }
    )


def routes(network: RoadNetwork, pairs: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the line that was measured for each pair of points.

    Parameters
    ----------
    pairs
        Columns ``lat``, ``lon`` (home) and ``school_lat``, ``school_lon``; others are kept.

    Returns
    -------
    GeoDataFrame
        The rows of ``pairs`` that have a way, with ``road_m`` and the line from foot to foot on WGS 84.
    """
    pairs = pairs.reset_index(drop=True)
    goals = pairs[["school_lat", "school_lon"]].drop_duplicates(ignore_index=True)
    goal_of = pairs.groupby(["school_lat", "school_lon"], sort=False, dropna=False).ngroup().to_numpy()
    goal_points = goals.set_axis(["lat", "lon"], axis=1)
    folded = _fold(network)
    home_snap, goal_snap = _snap_points(network, pairs), _snap_points(network, goal_points)
    homes, schools = _place_feet(network, folded, home_snap), _place_feet(network, folded, goal_snap)
    graph = _search_graph(folded, schools)
    coordinates = np.column_stack([network.node_lon, network.node_lat])
    lines: dict[int, shapely.LineString] = {}
    metres = np.full(len(pairs), np.inf)
    for goal, ways, before in _search(folded, graph, homes, schools, np.arange(len(goals))):
        for i in np.flatnonzero((goal_of == goal) & np.isfinite(ways.metres)).tolist():
            metres[i] = ways.metres[i]
            nodes = _nodes_of_way(folded, graph, homes, schools, i, goal, int(ways.exit[i]), before)
            ends = [s.loc[k, ["foot_lon", "foot_lat"]].to_numpy(float) for s, k in ((home_snap, i), (goal_snap, goal))]
            lines[i] = shapely.LineString(np.vstack([ends[0], coordinates[nodes], ends[1]]))
    found = sorted(lines)
    table = pairs.loc[found].assign(road_m=whole_metres(metres[found]))
    return gpd.GeoDataFrame(table, geometry=[lines[i] for i in found], crs="EPSG:4326")


def _nodes_of_way(
    folded: _Folded, graph: _Graph, homes: _Feet, schools: _Feet, home: int, school: int, leave: int, before: Ints
) -> list[int]:
    """Return the nodes of the road between two feet in order."""

    def stretch(chain: int, from_m: float, to_m: float) -> list[int]:
        part = slice(folded.first[chain], folded.first[chain + 1])
        inside = (folded.at_m[part] > min(from_m, to_m)) & (folded.at_m[part] < max(from_m, to_m))
        nodes: list[int] = folded.node[part][inside].tolist()
        return nodes if from_m <= to_m else nodes[::-1]

    if leave < 0:
        return stretch(int(homes.chain[home]), float(homes.at_m[home]), float(schools.at_m[school]))
    place = np.flatnonzero(folded.junction >= 0)  # node of each junction
    nodes: list[int] = []
    if homes.junction[home] < 0:
        chain = int(homes.chain[home])
        by_b = folded.b[chain] == leave and bool(homes.forward[home])
        if folded.a[chain] == leave and bool(homes.backward[home]):
            by_b &= bool(homes.left_m[home] < homes.at_m[home])
        nodes += stretch(chain, float(homes.at_m[home]), float(folded.length_m[chain]) if by_b else 0.0)
    here, goal = leave, folded.junctions + school
    nodes.append(int(place[here]))
    while here != goal:
        onward = int(before[here])
        if onward == goal:
            break
        chain = int(graph.chain[graph.arc(np.array([onward]), np.array([here]))[0]])
        length = float(folded.length_m[chain])
        nodes += stretch(chain, 0.0, length) if folded.a[chain] == here else stretch(chain, length, 0.0)
        nodes.append(int(place[onward]))
        here = onward
    if schools.junction[school] < 0:
        chain = int(schools.chain[school])
        by_a = folded.a[chain] == here and bool(schools.forward[school])
        if folded.b[chain] == here and bool(schools.backward[school]):
            by_a &= bool(schools.at_m[school] < schools.left_m[school])
        nodes += stretch(chain, 0.0 if by_a else float(folded.length_m[chain]), float(schools.at_m[school]))
    return nodes


def _snap_points(network: RoadNetwork, points: pd.DataFrame) -> pd.DataFrame:
    return snap(network, points["lat"].to_numpy(dtype=float), points["lon"].to_numpy(dtype=float))


def _whole_or_null(values: Floats, known: Bools | None = None) -> pd.api.extensions.ExtensionArray:
    """Return whole numbers, null where not known."""
    known = np.isfinite(values) if known is None else known
    return pd.arrays.IntegerArray(whole_metres(np.where(known, values, 0)), ~known)

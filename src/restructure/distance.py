"""From points to road distances: snapping, folding, the shortest way of every pair, and the line of each.

The way of a distance: each point is snapped to its *foot*, the nearest place on any piece of road that the vehicle may
use (:mod:`restructure.snapping`). Chains of nodes with two neighbours are folded into one road each
(:mod:`restructure.folding`). The shortest ways home → school come from a hierarchy of the junctions
(:mod:`restructure.hierarchy`). A foot leaves and enters its chain only in the directions that the chain is open to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from restructure.folding import Feet, Folded, fold, place_feet
from restructure.hierarchy import Labels, Order, Weights, join, label, order_junctions, way, weigh
from restructure.roads import Bools, Floats, Ints, RoadNetwork
from restructure.snapping import NODE_TOLERANCE_M, crosses_water, snap


def whole_metres(metres: Floats | float) -> Ints:
    """Round metres half up to whole ones: the one place where a distance is rounded."""
    return np.floor(np.asarray(metres, dtype=float) + 0.5).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Ways:
    """The shortest way of every pair, shape (homes, schools), and what is needed to draw it.

    Attributes
    ----------
    metres, seconds
        Infinite where there is no way. Of ways of one length the quickest counts.
    home_feet, school_feet
        What :func:`snap` found for the points.
    """

    metres: Floats
    seconds: Floats
    straight: Bools  # along the chain on which home and school both lie
    home_feet: pd.DataFrame
    school_feet: pd.DataFrame
    homes: Feet
    schools: Feet
    folded: Folded
    order: Order
    exits: tuple[Ints, Floats, Floats]
    entries: tuple[Ints, Floats, Floats]
    up: Weights
    down: Weights
    origins: Labels
    goals: Labels
    closed_before: Ints


def find_ways(
    network: RoadNetwork, home_feet: pd.DataFrame, school_feet: pd.DataFrame, closed: Bools | None = None
) -> Ways:
    """Find the shortest way from every foot of a home to every foot of a school.

    Parameters
    ----------
    home_feet, school_feet
        Columns ``piece`` and ``fraction``, as :func:`snap` returns them.
    closed
        Pieces that nobody may use, shape (pieces,); feet stay where they are.
    """
    folded, order = _prepare(network)
    homes, schools = (place_feet(network, folded, feet) for feet in (home_feet, school_feet))
    closed_before = folded.closed_before(np.zeros(len(network.start), bool) if closed is None else closed)
    up, down = _open_weights(network) if closed is None else _weights(folded, order, closed_before)
    exits = _ends(folded, homes, closed_before, folded.forward, folded.backward)
    entries = _ends(folded, schools, closed_before, folded.backward, folded.forward)
    origins, goals = label(order, up, *exits), label(order, down, *entries)
    metres, seconds = join(origins, goals)
    home, school, straight_m, straight_s = _straight(folded, homes, schools, closed_before)
    better = straight_m <= metres[home, school]
    home, school = home[better], school[better]
    metres[home, school], seconds[home, school] = straight_m[better], straight_s[better]
    straight = np.zeros(metres.shape, bool)
    straight[home, school] = True
    return Ways(
        metres, seconds, straight, home_feet, school_feet, homes, schools,
        folded, order, exits, entries, up, down, origins, goals, closed_before,
    )  # fmt: skip


@lru_cache(maxsize=2)
def _prepare(network: RoadNetwork) -> tuple[Folded, Order]:
    """Fold and order a network: what neither points nor closures change. Kept for the networks last asked for."""
    folded = fold(network)
    return folded, order_junctions(len(folded.place), folded.a, folded.b, folded.length_m, folded.seconds)


@lru_cache(maxsize=2)
def _open_weights(network: RoadNetwork) -> tuple[Weights, Weights]:
    """Weigh a network with nothing closed. Kept for the networks last asked for."""
    folded, order = _prepare(network)
    return _weights(folded, order, folded.closed_before(np.zeros(len(network.start), bool)))


def _weights(folded: Folded, order: Order, closed_before: Ints) -> tuple[Weights, Weights]:
    whole = closed_before[folded.first[1:]] == closed_before[folded.first[:-1]]
    return weigh(order, folded.length_m, folded.seconds, folded.forward & whole, folded.backward & whole)


def _ends(folded: Folded, feet: Feet, closed_before: Ints, to_b: Bools, to_a: Bools) -> tuple[Ints, Floats, Floats]:
    """Return junction, metres and seconds of the three ways between feet and junctions, shape (3, feet).

    ``to_b`` and ``to_a`` tell of each chain whether its b and its a may be gone to (or, for schools, come from).
    """
    chain, last = feet.chain, folded.first[feet.chain + 1] - 1
    on_junction = feet.junction >= 0
    inside = feet.known & ~on_junction
    open_b = inside & to_b[chain] & (closed_before[last] == closed_before[feet.behind])
    open_a = inside & to_a[chain] & (closed_before[feet.ahead] == closed_before[folded.first[chain]])
    zeros = np.zeros(len(chain))
    node = np.stack([np.where(on_junction, feet.junction, 0), folded.b[chain], folded.a[chain]])
    metres = np.stack([zeros, folded.length_m[chain] - feet.at_m, feet.at_m])
    seconds = np.stack([zeros, folded.seconds[chain] - feet.at_s, feet.at_s])
    return node, np.where(np.stack([on_junction, open_b, open_a]), metres, np.inf), seconds


def _straight(folded: Folded, homes: Feet, schools: Feet, closed_before: Ints) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the pairs that have a way along the chain on which both lie, with its metres and seconds."""
    home, school = (np.flatnonzero(feet.known & (feet.junction < 0)) for feet in (homes, schools))
    by_chain = school[np.argsort(schools.chain[school], kind="stable")]
    chains = schools.chain[by_chain]
    begin, end = (np.searchsorted(chains, homes.chain[home], side) for side in ("left", "right"))
    count = end - begin
    home = np.repeat(home, count)
    school = by_chain[np.arange(len(home)) + np.repeat(begin - np.r_[0, np.cumsum(count)][:-1], count)]
    chain = homes.chain[home]
    metres = schools.at_m[school] - homes.at_m[home]
    # Home and school that face each other across a one-way street are at one place, whatever rounding makes of it.
    ahead = (metres >= -NODE_TOLERANCE_M) & folded.forward[chain]
    ahead &= closed_before[schools.ahead[school]] <= closed_before[homes.behind[home]]
    behind = (metres <= NODE_TOLERANCE_M) & folded.backward[chain]
    behind &= closed_before[homes.ahead[home]] <= closed_before[schools.behind[school]]
    seconds = np.abs(schools.at_s[school] - homes.at_s[home])
    return home[ahead | behind], school[ahead | behind], np.abs(metres)[ahead | behind], seconds[ahead | behind]


def distance_table(
    network: RoadNetwork,
    villages: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    key: str = "village_id",
    snap_limit_m: int = 500,
    closed: Bools | None = None,
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
    closed
        Pieces of road that nobody may use, shape (pieces,). Feet stay where they are without the closure.

    Returns
    -------
    DataFrame
        A row a pair, sorted by key and school: ``road_m`` and ``minutes`` (whole, along the shortest way home →
        school; null where there is none), ``snap_village_m``, ``snap_school_m``, ``reachable`` and ``flags``
        (words joined by ``;``: ``no-village-point``, ``no-school-point``, ``village-far-from-road``,
        ``school-far-from-road``, ``village-across-water``, ``school-across-water``, ``village-on-closed-road``,
        ``school-on-closed-road``, ``unreachable``).
    """
    villages, schools = villages.sort_values(key), schools.sort_values("school_id")
    feet = [snap(network, *_lat_lon(points)) for points in (villages, schools)]
    ways = find_ways(network, feet[0], feet[1], closed)
    rows, columns = len(villages), len(schools)
    reachable = np.isfinite(ways.metres).ravel()
    shut = ~(network.forward | network.backward) | (False if closed is None else closed)
    passable = np.zeros(len(network.node_lon), bool)
    passable[network.start[~shut]] = passable[network.end[~shut]] = True
    raised = []
    for name, points, found, places in (
        ("village", villages, feet[0], ways.homes),
        ("school", schools, feet[1], ways.schools),
    ):
        piece, fraction = found["piece"].to_numpy(), found["fraction"].to_numpy()
        node = np.where(fraction == 0, network.start[piece], network.end[piece])
        on_closed = places.known & np.where((fraction == 0) | (fraction == 1), ~passable[node], shut[piece])
        for word, where in (
            (f"no-{name}-point", ~places.known),
            (f"{name}-far-from-road", found["snap_m"].to_numpy() > snap_limit_m),
            (f"{name}-across-water", crosses_water(network, *_lat_lon(points), found)),
            (f"{name}-on-closed-road", on_closed),
        ):
            raised.append((word, np.repeat(where, columns) if name == "village" else np.tile(where, rows)))
    return pd.DataFrame(
        {
            key: villages[key].array.take(np.repeat(np.arange(rows), columns)),
            "school_id": schools["school_id"].array.take(np.tile(np.arange(columns), rows)),
            "road_m": _whole_or_null(ways.metres.ravel()),
            "minutes": _whole_or_null(ways.seconds.ravel() / 60),
            "snap_village_m": _whole_or_null(np.repeat(feet[0]["snap_m"].to_numpy(), columns)),
            "snap_school_m": _whole_or_null(np.tile(feet[1]["snap_m"].to_numpy(), rows)),
            "reachable": reachable,
            "flags": _spell_flags([*raised, ("unreachable", ~reachable)]),
        }
    )


def routes(network: RoadNetwork, pairs: pd.DataFrame, closed: Bools | None = None) -> gpd.GeoDataFrame:
    """Return the line that was measured for each pair of points.

    Parameters
    ----------
    pairs
        Columns ``lat``, ``lon`` (home) and ``school_lat``, ``school_lon``; others are kept.
    closed
        Pieces of road that nobody may use, shape (pieces,).

    Returns
    -------
    GeoDataFrame
        The rows of ``pairs`` that have a way, with ``road_m``, of these ``unpaved_m`` and ``track_m``, ``roads`` (a
        list of dicts a row: ``name``, ``road_class``, ``unpaved`` and ``road_m`` of each stretch in order) and the
        line from foot to foot on WGS 84.
    """
    pairs = pairs.reset_index(drop=True)
    sides = (["lat", "lon"], ["school_lat", "school_lon"])
    feet, place = [], []
    for columns in sides:
        points = pairs[columns].set_axis(["lat", "lon"], axis=1)
        place.append(points.groupby(["lat", "lon"], sort=False, dropna=False).ngroup().to_numpy())
        feet.append(snap(network, *_lat_lon(points.drop_duplicates(ignore_index=True))))
    ways = find_ways(network, feet[0], feet[1], closed)
    found = np.flatnonzero(np.isfinite(ways.metres[*place]))
    traces = [_trace(network, ways, int(place[0][i]), int(place[1][i])) for i in found]
    tracks = np.array([name == "track" for name in network.classes])
    table = pairs.loc[found].assign(
        road_m=whole_metres(ways.metres[*place][found]),
        unpaved_m=[int(whole_metres(metres[network.unpaved[piece]].sum())) for _, piece, metres in traces],
        track_m=[int(whole_metres(metres[tracks[network.road_class[piece]]].sum())) for _, piece, metres in traces],
        roads=[_stretches(network, piece, metres) for _, piece, metres in traces],
    )
    return gpd.GeoDataFrame(table, geometry=[line for line, *_ in traces], crs="EPSG:4326")


class _Place(NamedTuple):
    """A place on a chain: metres from its a, and the entries of its nodes on either side (the same one on a node)."""

    at_m: float
    behind: int
    ahead: int


def _trace(network: RoadNetwork, ways: Ways, home: int, school: int) -> tuple[shapely.LineString, Ints, Floats]:
    """Return the line of a way, its pieces in order, and the metres of each that it takes."""
    folded = ways.folded
    nodes: list[Ints] = []
    pieces: list[Ints] = []
    metres: list[Floats] = []

    def go(begin: _Place, end: _Place) -> None:
        rises = (begin.at_m, begin.behind) <= (end.at_m, end.behind)
        low, high = (begin, end) if rises else (end, begin)
        step = 1 if rises else -1
        entries = np.arange(low.behind, high.ahead)
        taken = np.minimum(folded.at_m[entries + 1], high.at_m) - np.maximum(folded.at_m[entries], low.at_m)
        nodes.append(folded.node[low.ahead : high.behind + 1][::step])
        pieces.append(folded.piece[entries][::step])
        metres.append(taken[::step])

    def end_of(chain: int, by_b: bool) -> _Place:
        first, last = int(folded.first[chain]), int(folded.first[chain + 1]) - 1
        return _Place(float(folded.at_m[last]), last, last) if by_b else _Place(0.0, first, first)

    def foot(feet: Feet, i: int) -> tuple[int, _Place]:
        return int(feet.chain[i]), _Place(float(feet.at_m[i]), int(feet.behind[i]), int(feet.ahead[i]))

    def door(ends: tuple[Ints, Floats, Floats], i: int, junction: int) -> int:
        """Return by which of its ways a foot is joined to a junction: 0 it lies on it, 1 the chain's b, 2 its a."""
        return int(np.argmin(np.where(ends[0][:, i] == junction, ends[1][:, i], np.inf)))

    chain, begin = foot(ways.homes, home)
    last_chain, goal = foot(ways.schools, school)
    if ways.straight[home, school]:
        go(begin, goal)
    else:
        here, roads = way(ways.order, ways.up, ways.down, ways.origins, ways.goals, home, school)
        if by := door(ways.exits, home, here):
            go(begin, end_of(chain, by == 1))
        else:
            nodes.append(folded.place[[here]])
        for road in roads:
            along = bool(folded.a[road] == here)
            go(end_of(road, not along), end_of(road, along))
            here = int(folded.b[road] if along else folded.a[road])
        if by := door(ways.entries, school, here):
            go(end_of(last_chain, by == 1), goal)
    node = np.concatenate(nodes)
    ends = [feet.loc[i, ["foot_lon", "foot_lat"]] for feet, i in ((ways.home_feet, home), (ways.school_feet, school))]
    line = np.vstack([ends[0], np.column_stack([network.node_lon[node], network.node_lat[node]]), ends[1]])
    changes = np.r_[True, (np.diff(line, axis=0) != 0).any(axis=1)]
    changes[-1] |= changes.sum() == 1  # home and school at one place: still a line, of no length
    return shapely.LineString(line[changes]), np.concatenate([[], *pieces]).astype(int), np.concatenate([[], *metres])


def _stretches(network: RoadNetwork, piece: Ints, metres: Floats) -> list[dict[str, object]]:
    """Return name, class, surface and metres of each stretch of one road in order."""
    kind = np.column_stack([network.name[piece], network.road_class[piece], network.unpaved[piece]])
    first = np.flatnonzero(np.r_[True, (np.diff(kind, axis=0) != 0).any(axis=1)][: len(piece)])
    after = np.r_[first[1:], len(piece)][: len(first)]
    return [
        {
            "name": network.names[network.name[piece[i]]],
            "road_class": network.classes[network.road_class[piece[i]]],
            "unpaved": bool(network.unpaved[piece[i]]),
            "road_m": int(whole_metres(metres[i:j].sum())),
        }
        for i, j in zip(first, after, strict=True)
    ]


def _spell_flags(raised: list[tuple[str, Bools]]) -> pd.api.extensions.ExtensionArray:
    """Return the words that are raised for each pair, joined by ``;``."""
    bits = np.zeros(len(raised[0][1]), np.int64)
    for i, (_, where) in enumerate(raised):
        bits |= where.astype(np.int64) << i
    sets, place = np.unique(bits, return_inverse=True)
    words = [";".join(word for i, (word, _) in enumerate(raised) if found >> i & 1) for found in sets.tolist()]
    return pd.array(words, dtype="str").take(place)


def _lat_lon(points: pd.DataFrame) -> tuple[Floats, Floats]:
    return points["lat"].to_numpy(dtype=float), points["lon"].to_numpy(dtype=float)


def _whole_or_null(values: Floats) -> pd.api.extensions.ExtensionArray:
    """Return whole numbers, null where not finite."""
    known = np.isfinite(values)
    return pd.arrays.IntegerArray(whole_metres(np.where(known, values, 0)), ~known)

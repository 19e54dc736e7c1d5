"""What must hold of distances on any network: triangle, closures, folding, reversal, feet, and the lines drawn."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from drawn import WGS84, points, write_osm
from oracle import read
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from test_distance_oracle import extract, frame, random_network, random_points

from restructure.distance import find_ways, routes
from restructure.roads import RoadNetwork, read_roads
from restructure.snapping import snap

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SEEDS = range(40)
EXACT = {"rel": 1e-9, "abs": 1e-6}


def network_of(folder: Path, seed: int) -> RoadNetwork:
    return read_roads(random_network(folder / f"{seed}.osm", seed))


def two_way(network: RoadNetwork) -> RoadNetwork:
    both = np.ones(len(network.start), dtype=bool)
    return dataclasses.replace(network, forward=both, backward=both)


def feet_of(network: RoadNetwork, path: Path, seed: int, count: int = 12) -> pd.DataFrame:
    where = frame("key", random_points(path, seed, count))
    return snap(network, where["lat"].to_numpy(), where["lon"].to_numpy())


def at_nodes(network: RoadNetwork, nodes: NDArray[np.int64]) -> pd.DataFrame:
    """Feet that lie on nodes, each by some piece that ends there."""
    piece = [int(np.flatnonzero((network.start == node) | (network.end == node))[0]) for node in nodes]
    return pd.DataFrame({"piece": piece, "fraction": (network.end[piece] == nodes).astype(float)})


def plain_search(
    network: RoadNetwork, homes: NDArray[np.int64], schools: NDArray[np.int64], closed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """SciPy's Dijkstra between nodes on the network as it is, unfolded."""
    ahead, back = network.forward & ~closed, network.backward & ~closed
    start = np.r_[network.start[ahead], network.end[back]]
    end = np.r_[network.end[ahead], network.start[back]]
    metres = np.r_[network.length_m[ahead], network.length_m[back]]
    size = len(network.node_lon)
    # A sparse matrix drops nothing that is stored; no two pieces join the same two nodes in one direction.
    graph = coo_array((metres, (start, end)), shape=(size, size)).tocsr()
    found: NDArray[np.float64] = dijkstra(graph, indices=homes)[:, schools]
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_neither_folding_nor_the_hierarchy_nor_closures_change_an_answer(tmp_path: Path, seed: int) -> None:
    network = network_of(tmp_path, seed)
    rng = np.random.default_rng(seed)
    used = np.unique(np.r_[network.start, network.end])
    homes, schools = rng.choice(used, 12), rng.choice(used, 9)
    for share in (0.0, 0.05, 0.3):
        closed = rng.random(len(network.start)) < share
        ways = find_ways(network, at_nodes(network, homes), at_nodes(network, schools), closed)
        expected = plain_search(network, homes, schools, closed)
        # The place of a 0-metre piece's end is the same place for a foot and another node for the search.
        assert ways.metres == pytest.approx(expected, **EXACT)


@pytest.mark.parametrize("country", ["liechtenstein", "andorra"])
def test_a_whole_country_with_roads_closed(country: str) -> None:
    network = read_roads(extract("osm_extracts", f"{country}.osm.pbf"))
    rng = np.random.default_rng(7)
    used = np.unique(np.r_[network.start, network.end])
    homes, schools = rng.choice(used, 60, replace=False), rng.choice(used, 25, replace=False)
    for share in (0.0, 0.001, 0.02):
        closed = rng.random(len(network.start)) < share
        ways = find_ways(network, at_nodes(network, homes), at_nodes(network, schools), closed)
        assert ways.metres == pytest.approx(plain_search(network, homes, schools, closed), **EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_on_a_two_way_network_a_detour_is_never_shorter(tmp_path: Path, seed: int) -> None:
    network = two_way(network_of(tmp_path, seed))
    feet = feet_of(network, tmp_path / f"{seed}.osm", seed)
    metres = find_ways(network, feet, feet).metres
    assert metres == pytest.approx(metres.T, **EXACT)
    assert (np.diag(metres) == 0).all()
    with np.errstate(invalid="ignore"):
        detours = (metres[:, :, None] + metres[None, :, :]).min(axis=1)
    assert (metres <= detours + 1e-6).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_closing_a_road_never_shortens(tmp_path: Path, seed: int) -> None:
    network = network_of(tmp_path, seed)
    path = tmp_path / f"{seed}.osm"
    homes, schools = feet_of(network, path, seed + 100), feet_of(network, path, seed + 200)
    rng = np.random.default_rng(seed)
    before = find_ways(network, homes, schools)
    closed = np.zeros(len(network.start), dtype=bool)
    for _ in range(4):
        closed = closed | (rng.random(len(closed)) < 0.1)
        after = find_ways(network, homes, schools, closed)
        assert (after.metres >= before.metres - 1e-6).all()
        before = after


@pytest.mark.parametrize("seed", SEEDS)
def test_turning_every_piece_round_changes_nothing_and_every_one_way_swaps_the_ends(tmp_path: Path, seed: int) -> None:
    network = network_of(tmp_path, seed)
    path = tmp_path / f"{seed}.osm"
    homes, schools = feet_of(network, path, seed + 100), feet_of(network, path, seed + 200)
    turned = dataclasses.replace(
        network, start=network.end, end=network.start, forward=network.backward, backward=network.forward
    )
    other_ends = [feet.assign(fraction=1 - feet["fraction"]) for feet in (homes, schools)]
    metres = find_ways(network, homes, schools).metres
    assert find_ways(turned, *other_ends).metres == pytest.approx(metres, **EXACT)
    against = dataclasses.replace(network, forward=network.backward, backward=network.forward)
    assert pytest.approx(metres, **EXACT) == find_ways(against, schools, homes).metres.T


@pytest.mark.parametrize("seed", SEEDS)
def test_moving_a_foot_along_a_two_way_piece_moves_no_distance_by_more(tmp_path: Path, seed: int) -> None:
    network = network_of(tmp_path, seed)
    path = tmp_path / f"{seed}.osm"
    homes, schools = feet_of(network, path, seed + 100), feet_of(network, path, seed + 200)
    piece = homes["piece"].to_numpy()
    free = network.forward[piece] & network.backward[piece]
    rng = np.random.default_rng(seed)
    moved = homes.assign(fraction=np.where(free, rng.random(len(homes)), homes["fraction"]))
    moved_m = np.abs(moved["fraction"] - homes["fraction"]).to_numpy() * network.length_m[piece]
    before, after = find_ways(network, homes, schools).metres, find_ways(network, moved, schools).metres
    assert (np.isfinite(before) == np.isfinite(after)).all()
    known = np.isfinite(before)
    # Feet within a centimetre of each other are at one place.
    allowed = np.broadcast_to(moved_m[:, None], before.shape)[known] + 0.01
    assert (np.abs(after[known] - before[known]) <= allowed).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_is_as_long_as_its_distance_and_runs_along_open_roads(tmp_path: Path, seed: int) -> None:
    network = network_of(tmp_path, seed)
    path = tmp_path / f"{seed}.osm"
    homes = frame("village_id", random_points(path, seed + 100, 12))
    schools = frame("school_id", random_points(path, seed + 200, 6))
    pairs = homes.merge(schools.set_axis(["school_id", "school_lat", "school_lon"], axis=1), how="cross")
    feet = [snap(network, table["lat"].to_numpy(), table["lon"].to_numpy()) for table in (homes, schools)]
    exact = find_ways(network, *feet)
    found = routes(network, pairs)
    assert len(found) == np.isfinite(exact.metres).sum()
    pieces = read(path)
    open_steps = {(pieces.lonlat[a], pieces.lonlat[b]) for a, b in pieces.directed}
    at = {key: i for i, key in enumerate(homes["village_id"])}, {key: i for i, key in enumerate(schools["school_id"])}
    for row in found.to_dict("records"):
        home, school = at[0][row["village_id"]], at[1][row["school_id"]]
        line = list(row["geometry"].coords)
        length_m = sum(WGS84.inv(*one, *other)[2] for one, other in itertools.pairwise(line))
        assert length_m == pytest.approx(exact.metres[home, school], abs=0.02)
        for end, table, i in ((line[0], feet[0], home), (line[-1], feet[1], school)):
            assert end == pytest.approx((table.at[i, "foot_lon"], table.at[i, "foot_lat"]), abs=1e-9)
        # Between the feet the line steps from node to node, each time in a direction that is open.
        steps = list(itertools.pairwise(line[1:-1]))
        assert all(step in open_steps for step in steps)
        stretches = row["roads"]
        assert sum(part["road_m"] for part in stretches) == pytest.approx(row["road_m"], abs=0.5 + len(stretches) / 2)
        unpaved = sum(part["road_m"] for part in stretches if part["unpaved"])
        assert unpaved == pytest.approx(row["unpaved_m"], abs=0.5 + len(stretches) / 2)


def test_the_stretches_of_a_route(tmp_path: Path) -> None:
    #   H·· A ══300══ B ──500── C - - 200 - - D ··S
    nodes = "A 0 0\nB 300 0\nC 800 0\nD 1000 0"
    ways = """
        A-B highway=tertiary name=ถนนใหญ่ surface=asphalt
        B-C highway=unclassified name=ซอยวัด surface=laterite
        C-D highway=track
    """
    network = read_roads(write_osm(tmp_path / "roads.osm", nodes, ways))
    home, school = points("village_id", "v 100 30"), points("school_id", "s 950 -20")
    pair = home.merge(school.set_axis(["school_id", "school_lat", "school_lon"], axis=1), how="cross")
    there = routes(network, pair).iloc[0]
    assert [tuple(part.values()) for part in there["roads"]] == [
        ("ถนนใหญ่", "tertiary", False, 200),
        ("ซอยวัด", "unclassified", True, 500),
        ("", "track", True, 150),
    ]
    assert (there["road_m"], there["unpaved_m"], there["track_m"]) == (850, 650, 150)
    back = routes(
        network,
        pair.rename(columns={"lat": "school_lat", "lon": "school_lon", "school_lat": "lat", "school_lon": "lon"}),
    )
    assert [part["road_m"] for part in back.iloc[0]["roads"]] == [150, 500, 200]


def test_of_two_ways_of_one_length_the_quickest_counts(tmp_path: Path) -> None:
    #      ┌──── track, 20 km/h ────┐
    #   A ─┤                        ├─ B    both 2 × 500 m, mirror images
    #      └── secondary, 60 km/h ──┘
    nodes = "A 0 0\nN 400 300\nS 400 -300\nB 800 0\nW -10 0\nE 810 0"
    for slow, fast in (("A-N-B", "A-S-B"), ("A-S-B", "A-N-B")):
        ways = f"W-A\nE-B\n{slow} highway=track\n{fast} highway=secondary"
        network = read_roads(write_osm(tmp_path / "roads.osm", nodes, ways))
        # Lengths of mirror images differ in the last digits; here they are made the same.
        network = dataclasses.replace(
            network,
            length_m=np.round(network.length_m),
            seconds=np.round(network.length_m) / network.length_m * network.seconds,
        )
        where = points("key", "a 0 0\nb 800 0")
        feet = snap(network, where["lat"].to_numpy(), where["lon"].to_numpy())
        ways_found = find_ways(network, feet.iloc[:1], feet.iloc[1:])
        assert ways_found.metres[0, 0] == 1000
        assert ways_found.seconds[0, 0] == pytest.approx(60)

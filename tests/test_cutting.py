"""What is cut from a country's roads gives every distance of the whole: held against NetworkX on all of them."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import Delaunay

from restructure._errors import RoadsError
from restructure.distance import find_ways
from restructure.national.cutting import Country, Cut, cut, index_country, is_exact
from restructure.places import read_places
from restructure.policy import load_policy
from restructure.roads import RoadNetwork, read_roads, write_network
from restructure.snapping import snap

WGS84 = Geod(ellps="WGS84")
WEST, SOUTH, SIDE = 100.0, 15.0, 0.6  # some 65 km


def network_of(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    forward: NDArray[np.bool_] | None = None,
    backward: NDArray[np.bool_] | None = None,
) -> RoadNetwork:
    length_m = np.asarray(WGS84.inv(lon[start], lat[start], lon[end], lat[end])[2])
    both = np.ones(len(start), dtype=bool)
    return RoadNetwork(
        node_lon=lon,
        node_lat=lat,
        start=start,
        end=end,
        length_m=length_m,
        seconds=length_m / 10,
        forward=both if forward is None else forward,
        backward=both if backward is None else backward,
        unpaved=~both,
        road_class=np.arange(len(start)) % 2,
        name=np.arange(len(start)) % 5,
        classes=("residential", "track"),
        names=("", "ก", "ข", "ค", "ง"),
        waters=(np.array([[WEST, SOUTH + 0.3], [WEST + 1, SOUTH + 0.3]]), np.array([[0.0, 0.0], [1.0, 0.0]])),
        osm_date="2026-10-01",
    )


def random_country(seed: int, nodes: int = 100) -> RoadNetwork:
    """Places at random, some neighbours joined, some one way, an island and a piece as long as a ferry."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, SIDE, (nodes, 2))
    corners = Delaunay(at).simplices
    pairs = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    east = at[:, 0] > 0.8 * SIDE
    pairs = pairs[(east[pairs[:, 0]] == east[pairs[:, 1]]) & (rng.random(len(pairs)) < rng.uniform(0.3, 0.9))]
    if seed % 3:
        pairs = np.vstack([pairs, np.sort(rng.choice(nodes, (2, 2), replace=False), axis=1)])
    pairs = np.unique(pairs, axis=0)
    way = rng.random(len(pairs))
    lon, lat = (WEST + at[:, 0]).round(6), (SOUTH + at[:, 1]).round(6)
    return network_of(lon, lat, *pairs.T.astype(np.int64), way > 0.12, (way <= 0.12) | (way > 0.24))


def places(seed: int, count: int, reach: float = 0.09) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places of an office: in one corner of the country, or in its middle."""
    rng = np.random.default_rng([seed, 7])
    middle = rng.uniform(0.2, 0.8, 2) * SIDE
    at = middle + rng.uniform(-reach, reach, (count, 2))
    return SOUTH + at[:, 1], WEST + at[:, 0]


def all_ways(
    network: RoadNetwork, homes: pd.DataFrame, schools: pd.DataFrame, closed: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    """NetworkX on the whole country: each piece is cut at the feet upon it."""
    shut = np.zeros(len(network.start), dtype=bool) if closed is None else closed
    feet = [("h", i, *foot) for i, foot in enumerate(homes[["piece", "fraction"]].itertuples(index=False))]
    feet += [("s", i, *foot) for i, foot in enumerate(schools[["piece", "fraction"]].itertuples(index=False))]
    graph = nx.DiGraph()
    on: dict[int, list[tuple[float, object]]] = {}
    for kind, i, piece, fraction in feet:
        node = (kind, i)
        graph.add_node(node)
        if fraction in (0, 1):  # on a node: whichever of its pieces are open
            end = int((network.end if fraction else network.start)[piece])
            graph.add_edge(node, end, metres=0.0)
            graph.add_edge(end, node, metres=0.0)
        else:
            on.setdefault(int(piece), []).append((float(fraction), node))
    for piece in range(len(network.start)):
        stops = [(0.0, int(network.start[piece])), *sorted(on.get(piece, []), key=lambda stop: (stop[0], str(stop[1])))]
        for (a, one), (b, other) in pairwise([*stops, (1.0, int(network.end[piece]))]):
            metres = (b - a) * float(network.length_m[piece])
            if network.forward[piece] and not shut[piece]:
                graph.add_edge(one, other, metres=metres)
            if network.backward[piece] and not shut[piece]:
                graph.add_edge(other, one, metres=metres)
    found = np.full((len(homes), len(schools)), np.inf)
    for i in range(len(homes)):
        away = nx.single_source_dijkstra_path_length(graph, ("h", i), weight="metres")
        for j in range(len(schools)):
            found[i, j] = away.get(("s", j), math.inf)
    return found


def feet_on(made: Cut, at: tuple[NDArray[np.float64], NDArray[np.float64]]) -> pd.DataFrame:
    return snap(made.network, *at)


def on_country(made: Cut, feet: pd.DataFrame) -> pd.DataFrame:
    return feet.assign(piece=made.piece[feet["piece"].to_numpy()])


def shut_some(network: RoadNetwork, seed: int) -> NDArray[np.bool_]:
    return np.asarray(np.random.default_rng([seed, 9]).random(len(network.start)) < 0.12)


def check_all(country: Country, seed: int) -> list[tuple[float, bool]]:
    """Widen a cut; as soon as it is said to be exact every pair must be what NetworkX finds on the whole."""
    homes, schools = places(seed, 9), places(seed + 1_000_000, 5)
    at = np.concatenate([homes[0], schools[0]]), np.concatenate([homes[1], schools[1]])
    closed = shut_some(country.network, seed)
    buffer_m, tried = 3_000.0, []
    while True:
        made = cut(country, *at, buffer_m)
        feet = feet_on(made, homes), feet_on(made, schools)
        mine = closed[made.piece]
        exact = is_exact(country, made, *feet, [None, mine])
        tried.append((buffer_m, exact))
        if exact:
            wide = [on_country(made, side) for side in feet]
            for shut, whole in ((None, None), (mine, closed)):
                ours = find_ways(made.network, *feet, shut).metres
                assert ours == pytest.approx(all_ways(country.network, *wide, whole), rel=1e-9, abs=1e-5)
        if not len(made.gates):
            assert exact
            return tried
        buffer_m *= 2


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_every_distance_of_a_cut_that_is_exact_is_the_countrys(seed: int) -> None:
    check_all(index_country(random_country(seed)), seed)


def test_a_cut_is_exact_long_before_it_covers_the_country() -> None:
    tried = [check_all(index_country(random_country(seed, 400)), seed) for seed in range(6)]
    assert any(not exact for steps in tried for _, exact in steps)
    # Some are known to be exact while roads are still left out.
    assert sum(exact for steps in tried for _, exact in steps[:-1]) >= 4


def line(places: list[tuple[float, float]]) -> RoadNetwork:
    """One road through places in metres east and north."""
    lon, lat = [], []
    for east, north in places:
        x, y, _ = WGS84.fwd(WEST, SOUTH, 90, east)
        x, y, _ = WGS84.fwd(x, y, 0, north)
        lon.append(x)
        lat.append(y)
    number = np.arange(len(places))
    return network_of(np.array(lon), np.array(lat), number[:-1], number[1:])


def test_an_office_whose_only_way_leads_through_its_neighbour() -> None:
    # A road as a hairpin: 40 km out, 3 km across, 40 km back.
    out = [(float(x), 0.0) for x in range(0, 40_001, 500)]
    back = [(float(x), 3_000.0) for x in range(40_000, -1, -500)]
    country = index_country(line([*out, *back]))
    network = country.network
    lat, lon = network.node_lat[[0, -1]], network.node_lon[[0, -1]]
    narrow = cut(country, lat, lon, 10_000)
    feet = [snap(narrow.network, lat[i : i + 1], lon[i : i + 1]) for i in (0, 1)]
    assert np.isinf(find_ways(narrow.network, *feet).metres).all()
    assert len(narrow.gates) == 2
    assert not is_exact(country, narrow, *feet)
    wide = cut(country, lat, lon, 39_500)
    feet = [snap(wide.network, lat[i : i + 1], lon[i : i + 1]) for i in (0, 1)]
    assert len(wide.piece) == len(network.start)
    assert find_ways(wide.network, *feet).metres[0, 0] == pytest.approx(83_000, abs=40)
    assert is_exact(country, wide, *feet)


def test_no_way_is_known_where_the_parts_are_other_ones_or_where_none_leads_out() -> None:
    two = [(float(x), y) for y in (0.0, 4_000.0) for x in range(0, 60_001, 500)]
    network = line(two)
    joined = np.flatnonzero(network.length_m > 10_000)  # from the end of one road to the beginning of the other
    cut_off = np.delete(np.arange(len(network.start)), joined)
    apart = network_of(network.node_lon, network.node_lat, network.start[cut_off], network.end[cut_off])
    here = network.node_lat[[0, 121]], network.node_lon[[0, 121]]
    for whole, exact in ((apart, True), (network, False)):
        country = index_country(whole)
        made = cut(country, *here, 8_000)
        feet = [snap(made.network, here[0][i : i + 1], here[1][i : i + 1]) for i in (0, 1)]
        assert len(made.gates) >= 2
        assert is_exact(country, made, *feet) is exact
    # Closed right behind the home: nobody leaves, so that there is none however the country hangs together.
    country = index_country(network)
    made = cut(country, *here, 8_000)
    feet = [snap(made.network, here[0][i : i + 1], here[1][i : i + 1]) for i in (0, 1)]
    assert is_exact(country, made, *feet, [made.piece == 0])


def test_a_piece_that_passes_a_place_is_kept_though_its_ends_are_far() -> None:
    # A ferry of 80 km past the place, and a village road 12 km from it.
    network = line([(-40_000.0, 1_000.0), (40_000.0, 1_000.0)])
    lon = np.r_[network.node_lon, WEST, WEST + 0.001]
    lat = np.r_[network.node_lat, SOUTH + 0.11, SOUTH + 0.11]
    country = index_country(network_of(lon, lat, np.array([0, 2]), np.array([1, 3])))
    made = cut(country, np.array([SOUTH]), np.array([WEST]), 5_000)
    assert made.piece.tolist() == [0]
    assert snap(made.network, np.array([SOUTH]), np.array([WEST]))["snap_m"][0] == pytest.approx(1_000, abs=130)


def test_a_cut_keeps_the_countrys_order_and_drops_what_it_does_not_use() -> None:
    country = index_country(random_country(4, 300))
    made = cut(country, np.array([SOUTH + 0.3]), np.array([WEST + 0.3]), 12_000)
    whole, part = country.network, made.network
    assert 0 < len(made.piece) < len(whole.start)
    assert (np.diff(made.piece) > 0).all()
    assert (np.diff(made.node) > 0).all()
    assert (made.node[part.start] == whole.start[made.piece]).all()
    assert (made.node[part.end] == whole.end[made.piece]).all()
    for name in ("length_m", "seconds", "forward", "backward", "unpaved"):
        assert (getattr(part, name) == getattr(whole, name)[made.piece]).all()
    assert [part.classes[i] for i in part.road_class] == [whole.classes[i] for i in whole.road_class[made.piece]]
    assert [part.names[i] for i in part.name] == [whole.names[i] for i in whole.name[made.piece]]
    assert len(part.waters) == 1
    degree = np.bincount(np.r_[whole.start, whole.end], minlength=len(whole.node_lon))
    mine = np.bincount(np.r_[part.start, part.end], minlength=len(part.node_lon))
    assert np.flatnonzero(degree[made.node] != mine).tolist() == made.gates.tolist()


# -- as a file --
def test_a_network_comes_back_from_its_file_with_the_same_bytes(tmp_path: Path) -> None:
    network, van = random_country(1), load_policy().van
    write_network(tmp_path / "roads.npz", network, van)
    write_network(tmp_path / "again.npz", network, van)
    assert (tmp_path / "roads.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()
    back = read_roads(tmp_path / "roads.npz", van, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    for field in dataclasses.fields(network):
        one, other = getattr(network, field.name), getattr(back, field.name)
        if field.name == "waters":
            assert [line.tolist() for line in one] == [line.tolist() for line in other]
        else:
            assert (np.asarray(one) == np.asarray(other)).all(), field.name
    assert read_places(tmp_path / "roads.npz").empty


def test_a_file_for_another_vehicle_is_refused(tmp_path: Path) -> None:
    vehicles = load_policy().settings.vehicles
    write_network(tmp_path / "roads.npz", random_country(1), vehicles["van"])
    with pytest.raises(RoadsError, match="ตัดใหม่"):
        read_roads(tmp_path / "roads.npz", vehicles["motorcycle"])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", None])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "roads.npz"
    write_network(path, random_country(1), load_policy().van)
    path.write_bytes(path.read_bytes()[:-900] if content is None else content)
    with pytest.raises(RoadsError, match="อ่านไฟล์ถนน"):
        read_roads(path)

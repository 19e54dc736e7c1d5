"""Distances against an independent NetworkX oracle, on random networks and on real ones."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import pytest
from drawn import place, write_osm_tables
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Answer, Pieces, read, split_graph_table

from restructure.distance import distance_table
from restructure.roads import read_roads

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

EXACT_M = 0.501
"""A whole metre, rounded once, is within half a metre of the oracle's figure; a millimetre for the order of sums."""


def extract(*parts: str) -> Path:
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real network {path.name} is not on this machine")
    return path


def assert_agrees(table: pd.DataFrame, answer: Answer) -> None:
    """Every pair is there, in order, with the oracle's distance, reachability and stretches to the road."""
    pairs = list(zip(table["village_id"], table["school_id"], strict=True))
    assert pairs == sorted(answer.metres)
    wrong = []
    for row in table.to_dict("records"):
        village, school = row["village_id"], row["school_id"]
        road_m = None if pd.isna(row["road_m"]) else int(row["road_m"])
        assert row["reachable"] == (road_m is not None)
        if not answer.agrees(village, school, road_m, EXACT_M):
            wrong.append((village, school, road_m, sorted(answer.metres[village, school])))
        assert abs(row["snap_village_m"] - answer.snap[f"v:{village}"]) <= 1
        assert abs(row["snap_school_m"] - answer.snap[f"s:{school}"]) <= 1
    assert not wrong, f"{len(wrong)} of {len(table)} pairs differ: {wrong[:10]}"


def undecided(answer: Answer) -> float:
    """Share of pairs for which the oracle allows answers more than a metre apart."""
    spread = [possible for possible in answer.metres.values() if len(possible) > 1]
    return sum(max(possible) - min(possible) > 1 for possible in spread) / max(len(answer.metres), 1)


def frame(kind: str, positions: dict[str, tuple[float, float]]) -> pd.DataFrame:
    rows = [(name, lat, lon) for name, (lat, lon) in positions.items()]
    return pd.DataFrame(rows, columns=[kind, "lat", "lon"])


# --- random networks ------------------------------------------------------------------------------------------------

TAGS: list[dict[str, str]] = [
    {},
    {},
    {},
    {"oneway": "yes"},
    {"oneway": "-1"},
    {"highway": "residential"},
    {"highway": "motorway"},
    {"junction": "roundabout"},
    {"highway": "footway"},
    {"access": "private"},
    {"highway": "track", "tracktype": "grade4"},
]


def random_network(path: Path, seed: int) -> Path:
    """Random geometric network with one-ways, parallels, chains, islands, 0-metre pieces and roads that are shut."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(8, 40))
    spot = rng.uniform(0, 2_000, (size, 2))
    # Islands: a few junctions far out, joined only among themselves.
    spot[: size // 6] += 4_000
    where = {f"n{i}": (float(east), float(north)) for i, (east, north) in enumerate(spot)}
    ways: list[tuple[list[str], dict[str, str]]] = []

    def tags() -> dict[str, str]:
        return TAGS[int(rng.integers(len(TAGS)))]

    reach = float(rng.uniform(500, 1_100))
    for i in range(size):
        for j in range(i):
            if math.dist(spot[i], spot[j]) > reach or rng.random() > 0.45:
                continue
            chain = [f"n{i}", f"n{j}"]
            if rng.random() < 0.5:
                # A road with bends, so that chains of two-neighbour nodes are there to be folded.
                steps = int(rng.integers(1, 6))
                names = []
                for k in range(1, steps + 1):
                    name = f"b{len(where)}"
                    bend = spot[i] + (spot[j] - spot[i]) * k / (steps + 1) + rng.normal(0, 40, 2)
                    where[name] = (float(bend[0]), float(bend[1]))
                    names.append(name)
                chain = [chain[0], *names, chain[1]]
            ways.append((chain, tags()))
            if rng.random() < 0.1:
                ways.append((chain if rng.random() < 0.5 else chain[::-1], tags()))
            if rng.random() < 0.1:
                ways.append(([f"n{i}", f"n{j}"], tags()))
            if rng.random() < 0.1:
                # Part of the road again under another way, as where two mappers overlap.
                ways.append((chain[: max(2, len(chain) // 2)], tags()))
    for _ in range(int(rng.integers(0, 4))):
        # A 0-metre piece: a second node on the place of the first, joined to it and to another road.
        here, there = rng.integers(size, size=2)
        twin = f"z{len(where)}"
        where[twin] = where[f"n{here}"]
        ways.append(([f"n{here}", twin], tags()))
        ways.append(([twin, f"n{there}"], tags()))
    for _ in range(int(rng.integers(0, 3))):
        # A closed way, hanging on a junction or alone.
        middle = rng.uniform(0, 2_000, 2)
        ring = []
        for k in range(int(rng.integers(3, 7))):
            name = f"r{len(where)}"
            where[name] = (float(middle[0] + 80 * math.cos(k)), float(middle[1] + 80 * math.sin(k)))
            ring.append(name)
        if rng.random() < 0.5:
            ring.append(f"n{rng.integers(size)}")
        ways.append(([*ring, ring[0]], tags()))
    if rng.random() < 0.5:
        ways.append(([f"n{rng.integers(size)}", "missing", f"n{rng.integers(size)}", f"n{rng.integers(size)}"], tags()))
    ways.append((["n0", "n0", f"n{size - 1}"], {}))
    return write_osm_tables(path, {name: place(*at) for name, at in where.items()}, ways)


def random_points(path: Path, seed: int, count: int) -> dict[str, tuple[float, float]]:
    """Points anywhere, on junctions, and in pairs on one road."""
    rng = np.random.default_rng(seed)
    pieces = read(path)
    nodes = sorted({node for pair in pieces.directed for node in pair}, key=repr)
    spans = sorted(pieces.directed, key=repr)
    found: dict[str, tuple[float, float]] = {}
    for i in range(count):
        kind = i % 4
        if kind == 0:
            lat, lon = place(*(float(x) for x in rng.uniform(-200, 2_200, 2)))
        elif kind == 1:
            lon, lat = pieces.lonlat[nodes[int(rng.integers(len(nodes)))]]
        else:
            # The same few pieces again and again, so that several points share one.
            here, there = (np.array(pieces.lonlat[node]) for node in spans[int(rng.integers(min(4, len(spans))))])
            lon, lat = here + (there - here) * rng.random() + rng.normal(0, 5e-5, 2)
        found[f"p{i:02d}"] = (float(lat), float(lon))
    return found


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_random_networks(tmp_path: Path, first: int) -> None:
    unclear = []
    unreached = 0
    for seed in range(first, first + 20):
        path = random_network(tmp_path / f"{seed}.osm", seed)
        villages = frame("village_id", random_points(path, seed + 1_000, 16))
        schools = frame("school_id", random_points(path, seed + 2_000, 8))
        answer = split_graph_table(path, villages, schools)
        table = distance_table(read_roads(path), villages, schools)
        try:
            assert_agrees(table, answer)
        except AssertionError as error:
            error.add_note(f"network of seed {seed}")
            raise
        unclear.append(undecided(answer))
        unreached += int((~table["reachable"]).sum())
    # The comparison means something: hardly a pair is left to choice, and both kinds of answer occur.
    assert np.mean(unclear) < 0.08
    assert 0 < unreached < 20 * 16 * 8


coordinates = st.tuples(st.integers(0, 6), st.integers(0, 6))


@st.composite
def grid_networks(draw: st.DrawFn) -> tuple[dict[str, tuple[int, int]], list[tuple[list[str], dict[str, str]]]]:
    """Few nodes on a coarse grid: full of ties, overlaps and nodes on one place, and small when it fails."""
    spots = draw(st.lists(coordinates, min_size=2, max_size=9))
    names = [f"n{i}" for i in range(len(spots))]
    routes = st.lists(st.sampled_from(names), min_size=2, max_size=6)
    ways = draw(st.lists(st.tuples(routes, st.sampled_from(TAGS)), min_size=1, max_size=8))
    return dict(zip(names, spots, strict=True)), ways


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    network=grid_networks(),
    homes=st.lists(coordinates, min_size=1, max_size=4),
    targets=st.lists(coordinates, min_size=1, max_size=3),
    metres=st.sampled_from([0.5, 60.0, 700.0]),
)
def test_networks_full_of_ties(
    tmp_path_factory: pytest.TempPathFactory,
    network: tuple[dict[str, tuple[int, int]], list[tuple[list[str], dict[str, str]]]],
    homes: list[tuple[int, int]],
    targets: list[tuple[int, int]],
    metres: float,
) -> None:
    spots, ways = network
    located = {name: place(east * metres, north * metres) for name, (east, north) in spots.items()}
    path = write_osm_tables(tmp_path_factory.mktemp("grid") / "roads.osm", located, ways)
    # Always one usable road: what a network without any is, is the reader's to say.
    pieces = read(path)
    if not pieces.directed:
        return
    villages = frame("village_id", {f"v{i}": place(x * metres + 1, y * metres) for i, (x, y) in enumerate(homes)})
    schools = frame("school_id", {f"s{i}": place(x * metres, y * metres) for i, (x, y) in enumerate(targets)})
    assert_agrees(distance_table(read_roads(path), villages, schools), split_graph_table(path, villages, schools))


# --- real networks --------------------------------------------------------------------------------------------------


def osm_places(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places where people live and schools of an OpenStreetMap extract, under their OpenStreetMap ids.

    Andorra's file has one school: the churches stand in for schools there, so that the comparison covers the country.
    """
    villages: dict[str, tuple[float, float]] = {}
    schools: dict[str, tuple[float, float]] = {}
    wanted = {"school"} if "liechtenstein" in path.name else {"school", "place_of_worship"}
    for thing in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        if isinstance(thing, osmium.osm.Node):
            spot = (thing.location.lat, thing.location.lon)
            if thing.tags.get("place") in {"city", "town", "village", "hamlet", "locality", "neighbourhood"}:
                villages[f"n{thing.id}"] = spot
            if thing.tags.get("amenity") in wanted:
                schools[f"n{thing.id}"] = spot
        elif isinstance(thing, osmium.osm.Way) and thing.tags.get("amenity") in wanted:
            corners = {
                node.ref: (node.location.lat, node.location.lon) for node in thing.nodes if node.location.valid()
            }
            lat, lon = np.mean(list(corners.values()), axis=0)
            schools[f"w{thing.id}"] = (float(lat), float(lon))
    return frame("village_id", villages), frame("school_id", schools)


@pytest.mark.parametrize("country", ["andorra", "liechtenstein"])
def test_extracts(country: str) -> None:
    path = extract("osm_extracts", f"{country}.osm.pbf")
    villages, schools = osm_places(path)
    assert len(villages) >= 40
    assert len(schools) >= 10
    answer = split_graph_table(path, villages, schools)
    assert undecided(answer) == 0
    assert_agrees(distance_table(read_roads(path), villages, schools), answer)


@pytest.mark.parametrize("city", ["korat", "huahin"])
def test_graphml(city: str) -> None:
    path = extract("thai_city_roads", f"{city}.simplified.graphml")
    places = json.loads(extract("thai_city_roads", f"{city}.pois.json").read_text(encoding="utf-8"))
    pois = [(poi["lat"], poi["lon"]) for poi in places["pois"] if poi["cat"] == "school"]
    schools = frame("school_id", {f"s{i:03d}": poi for i, poi in enumerate(pois)})
    pieces = read(path)
    villages = frame("village_id", thai_homes(pieces, [(home["lat"], home["lon"]) for home in places["homes"]]))
    assert len(schools) >= 5
    assert len(villages) == 60
    answer = split_graph_table(pieces, villages, schools)
    assert undecided(answer) == 0
    assert_agrees(distance_table(read_roads(path), villages, schools), answer)


def thai_homes(pieces: Pieces, homes: list[tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Sixty places: as many named ones as there are, at most half; the others near junctions drawn by lot."""
    rng = np.random.default_rng(2570)
    found = homes[:30]
    junctions = sorted(node for node in pieces.lonlat if isinstance(node, str))
    for junction in rng.choice(junctions, 60 - len(found), replace=False):
        lon, lat = pieces.lonlat[str(junction)]
        found.append((lat + rng.normal(0, 3e-4), lon + rng.normal(0, 3e-4)))
    return {f"v{i:02d}": home for i, home in enumerate(found)}

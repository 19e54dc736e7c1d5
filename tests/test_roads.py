"""What reading makes of ways and nodes for each vehicle, and what it keeps, against answers written by hand."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx as ox
import pytest
from conftest import SHARED
from drawn import place, write_osm

from restructure import roads
from restructure._errors import RoadsError
from restructure.policy import Vehicle, load_policy
from restructure.roads import RoadNetwork, read_roads

VEHICLES = load_policy().settings.vehicles
NAMES = ("van", "motorcycle", "walk")
assert tuple(VEHICLES) == NAMES


def draw(path: Path, nodes: str, ways: str) -> Path:
    """Write a drawing whose nodes may have tags too: ``name east north key=value …``."""
    rows = [line.split() for line in nodes.splitlines() if line.strip()]
    write_osm(path, "\n".join(" ".join(row[:3]) for row in rows), ways)
    tree = ET.parse(path)
    for element, row in zip(tree.getroot().iter("node"), rows, strict=True):
        for tag in row[3:]:
            key, value = tag.split("=", 1)
            ET.SubElement(element, "tag", k=key, v=value)
    tree.write(path, encoding="utf-8", xml_declaration=True)
    return path


def table(text: str) -> list[tuple[str, list[str]]]:
    """Rows ``tags | van motorcycle walk``."""
    rows = [line.split("|") for line in text.splitlines() if line.strip()]
    return [(tags.strip(), answers.split()) for tags, answers in rows]


def one_way_each(path: Path, rows: list[tuple[str, list[str]]]) -> Path:
    """Draw each row's way apart from the others, 100 m long and named by its number; the last is open to all."""
    tags = [*(row[0] for row in rows), "highway=residential"]
    nodes = "\n".join(f"A{i} 0 {i * 50}\nB{i} 100 {i * 50}" for i in range(len(tags)))
    return write_osm(path, nodes, "\n".join(f"A{i}-B{i} highway= {text} name={i}" for i, text in enumerate(tags)))


def by_way(network: RoadNetwork, values: np.ndarray) -> dict[int, object]:
    """Value of each piece by the number that names its way."""
    return {int(network.names[name]): value for name, value in zip(network.name, values.tolist(), strict=True)}


def compare(path: Path, rows: list[tuple[str, list[str]]], tell: Callable[[RoadNetwork], dict[int, object]]) -> None:
    """Hold what is told of each way, ``-`` where it is closed, against its row."""
    path = one_way_each(path, rows)
    told = [tell(read_roads(path, VEHICLES[name])) for name in NAMES]
    found = [(tags, [str(answer.get(i, "-")) for answer in told]) for i, (tags, _) in enumerate(rows)]
    assert found == rows


def named_pieces(network: RoadNetwork, **nodes: tuple[float, float]) -> dict[str, int]:
    """Whole metres of each piece, named by its ends."""
    name_of = {place(*point): name for name, point in nodes.items()}
    ends = [
        sorted(name_of[round(float(network.node_lat[i]), 7), round(float(network.node_lon[i]), 7)] for i in pair)
        for pair in zip(network.start, network.end, strict=True)
    ]
    return {"-".join(pair): round(metres) for pair, metres in zip(ends, network.length_m.tolist(), strict=True)}


def leads(network: RoadNetwork, start: tuple[float, float], goal: tuple[float, float]) -> bool:
    """Tell whether one may go from one place to another."""
    graph = nx.DiGraph()
    graph.add_edges_from(zip(network.start[network.forward], network.end[network.forward], strict=True))
    graph.add_edges_from(zip(network.end[network.backward], network.start[network.backward], strict=True))

    def at(point: tuple[float, float]) -> list[int]:
        lat, lon = place(*point)
        near = np.isclose(network.node_lat, lat, atol=1e-8) & np.isclose(network.node_lon, lon, atol=1e-8)
        return [i for i in np.flatnonzero(near).tolist() if i in graph]

    return any(nx.has_path(graph, i, j) for i in at(start) for j in at(goal))


def same(one: RoadNetwork, other: RoadNetwork) -> bool:
    """Tell whether two networks are equal to the bit, field by field."""
    for field in fields(RoadNetwork):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name == "waters":
            equal = [(x.dtype, x.shape, x.tobytes()) for x in a] == [(x.dtype, x.shape, x.tobytes()) for x in b]
        elif isinstance(a, np.ndarray):
            equal = (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
        else:
            equal = a == b and type(a) is type(b)
        if not equal:
            return False
    return True


# -- who may go where ----
OPEN = """
    highway=residential                              | yes yes yes
    highway=motorway                                 | yes -   -
    highway=trunk                                    | yes yes yes
    highway=track                                    | yes yes yes
    highway=track tracktype=grade3                   | yes yes yes
    highway=track tracktype=grade4                   | -   yes yes
    highway=track tracktype=grade5 motorcar=yes      | -   yes yes
    highway=path                                     | -   yes yes
    highway=path motorcycle=no                       | -   -   yes
    highway=path motor_vehicle=no                    | -   -   yes
    highway=path motorcar=yes                        | yes yes yes
    highway=footway                                  | -   -   yes
    highway=footway access=yes                       | -   -   yes
    highway=footway motorcycle=yes                   | -   yes yes
    highway=footway motor_vehicle=designated         | yes yes yes
    highway=footway motor_vehicle=destination        | -   -   yes
    highway=footway motor_vehicle=yes motorcar=no    | -   yes yes
    highway=pedestrian motor_vehicle=permissive      | yes yes yes
    highway=cycleway                                 | -   -   yes
    highway=cycleway motorcycle=yes                  | -   yes yes
    highway=steps                                    | -   -   yes
    highway=steps motor_vehicle=yes                  | -   -   yes
    highway=residential access=private               | -   -   -
    highway=residential access=destination           | yes yes yes
    highway=residential access=no motor_vehicle=yes  | yes yes -
    highway=residential access=private foot=yes      | -   -   yes
    highway=residential access=no motorcycle=yes     | -   yes -
    highway=residential motor_vehicle=no             | -   -   yes
    highway=residential motor_vehicle=no motorcar=yes| yes -   yes
    highway=residential vehicle=agricultural         | -   -   yes
    highway=residential foot=no                      | yes yes -
    highway=residential area=yes                     | -   -   -
    highway=construction                             | -   -   -
    route=ferry                                      | -   -   yes
    route=ferry access=yes                           | -   -   yes
    route=ferry motor_vehicle=yes                    | -   yes yes
    route=ferry motorcycle=yes foot=no               | -   yes -
    route=ferry access=private                       | -   -   -
    route=bus                                        | -   -   -
    highway=service route=ferry                      | yes yes yes
"""


def test_open_to_whom(tmp_path: Path) -> None:
    compare(tmp_path / "r.osm", table(OPEN), lambda network: dict.fromkeys(by_way(network, network.name), "yes"))


ONE_WAY = """
    highway=residential                                              | = = =
    highway=residential oneway=yes                                   | > > =
    highway=residential oneway=-1                                    | < < =
    highway=residential oneway=reversible                            | = = =
    highway=residential junction=roundabout                          | > > =
    highway=residential junction=roundabout oneway=no                | = = =
    highway=motorway                                                 | > - -
    highway=motorway oneway=no                                       | = - -
    highway=residential oneway=yes oneway:motorcycle=no              | > = =
    highway=residential oneway=yes oneway:motor_vehicle=no           | = = =
    highway=residential oneway=yes oneway:bicycle=no                 | > > =
    highway=residential junction=roundabout oneway:motorcycle=no     | > = =
    highway=residential oneway:motorcar=yes                          | > = =
    highway=residential oneway:motor_vehicle=yes oneway:motorcycle=-1| > < =
    highway=residential oneway:foot=yes                              | = = >
    highway=residential oneway=yes oneway:foot=-1                    | > > <
"""


def test_one_way_for_whom(tmp_path: Path) -> None:
    def signs(network: RoadNetwork) -> dict[int, object]:
        # The first node of a way is met first, so that a piece runs along its way.
        sign = {(True, True): "=", (True, False): ">", (False, True): "<"}
        way = [sign[pair] for pair in zip(network.forward.tolist(), network.backward.tolist(), strict=True)]
        return by_way(network, np.array(way))

    compare(tmp_path / "r.osm", table(ONE_WAY), signs)


SPEED = """
    highway=primary                                  | 70 60 4
    highway=primary surface=asphalt                  | 70 60 4
    highway=primary surface=gravel                   | 25 25 4
    highway=primary surface=laterite                 | 25 25 4
    highway=primary surface=mud                      | 10 10 2
    highway=primary surface=sand                     | 15 10 4
    highway=primary surface=cobblestone              | 20 20 4
    highway=living_street surface=gravel             | 15 15 4
    highway=track                                    | 20 20 4
    highway=track tracktype=grade3                   | 20 20 4
    highway=track tracktype=grade4                   | -  15 4
    highway=track tracktype=grade5 surface=asphalt   | -  10 4
    highway=primary tracktype=grade5                 | 70 60 4
    highway=path                                     | -  15 4
    highway=path motor_vehicle=yes                   | 10 15 4
    highway=path motor_vehicle=yes surface=dirt      | 10 15 4
    highway=steps                                    | -  -  2
    route=ferry                                      | -  -  5
"""


def test_speed_by_class_and_surface(tmp_path: Path) -> None:
    compare(
        tmp_path / "r.osm",
        table(SPEED),
        lambda network: by_way(network, np.round(network.length_m / network.seconds * 3.6).astype(int)),
    )


UNPAVED = """
    highway=residential                       | False False False
    highway=residential surface=asphalt       | False False False
    highway=residential surface=laterite      | True  True  True
    highway=residential surface=compacted     | True  True  True
    highway=track                             | True  True  True
    highway=track tracktype=grade1            | True  True  True
    highway=track surface=concrete            | False False False
    highway=track surface=dirt                | True  True  True
    highway=path                              | -     True  True
    highway=path surface=paving_stones        | -     False False
    highway=footway                           | -     -     False
    route=ferry                               | -     -     False
"""


def test_unpaved_by_surface_or_by_class(tmp_path: Path) -> None:
    compare(tmp_path / "r.osm", table(UNPAVED), lambda network: by_way(network, network.unpaved))


def test_ferry_is_a_class_of_its_own(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "r.osm", "A 0 0\nB 300 0\nC 500 0", "A-B\nB-C highway= route=ferry name=เรือข้ามฟาก")
    network = read_roads(path, VEHICLES["walk"])
    assert network.classes == ("ferry", "unclassified")
    assert [network.classes[i] for i in network.road_class] == ["unclassified", "ferry"]
    assert [network.names[i] for i in network.name] == ["", "เรือข้ามฟาก"]
    assert leads(network, (0, 0), (500, 0))
    assert not leads(read_roads(path, VEHICLES["van"]), (0, 0), (500, 0))


# -- barriers ----
PASSED = """
    barrier=bollard                                  | -   yes yes
    barrier=bollard motor_vehicle=yes                | yes yes yes
    barrier=bollard access=destination               | yes yes yes
    barrier=bollard access=no                        | -   -   -
    barrier=block                                    | -   yes yes
    barrier=jersey_barrier                           | -   -   yes
    barrier=cycle_barrier                            | -   -   yes
    barrier=chain                                    | -   -   yes
    barrier=log                                      | -   -   yes
    barrier=debris                                   | -   -   yes
    barrier=kissing_gate                             | -   -   yes
    barrier=gate                                     | yes yes yes
    barrier=lift_gate                                | yes yes yes
    barrier=gate access=private                      | -   -   -
    barrier=gate access=no foot=yes                  | -   -   yes
    barrier=gate motor_vehicle=no                    | -   -   yes
    barrier=gate motorcar=no motor_vehicle=yes       | -   yes yes
    barrier=gate motorcycle=private                  | yes -   yes
    barrier=height_restrictor                        | yes yes yes
    barrier=toll_booth                               | yes yes yes
    barrier=word_that_is_new                         | yes yes yes
    highway=crossing access=no                       | yes yes yes
"""


@pytest.mark.parametrize(("tags", "passed"), table(PASSED))
def test_barrier_stops_whom_and_both_sides_stay(tmp_path: Path, tags: str, passed: list[str]) -> None:
    # A --300-- B --200-- C with the barrier at B.
    path = draw(tmp_path / "r.osm", f"A 0 0\nB 300 0 {tags}\nC 500 0", "A-B-C")
    for name, answer in zip(NAMES, passed, strict=True):
        network = read_roads(path, VEHICLES[name])
        assert named_pieces(network, A=(0, 0), B=(300, 0), C=(500, 0)) == {"A-B": 300, "B-C": 200}
        assert network.forward.all()
        assert network.backward.all()
        assert leads(network, (0, 0), (500, 0)) == (answer == "yes"), name
        assert leads(network, (500, 0), (0, 0)) == (answer == "yes"), name
        assert leads(network, (0, 0), (300, 0)), "one may go up to the barrier"
        assert leads(network, (500, 0), (300, 0))


def test_barrier_on_a_junction_leaves_every_arm_its_own_end(tmp_path: Path) -> None:
    #       D
    #   A - B - C    all three arms end at B; E - A goes on as it was
    nodes = "E -200 0\nA 0 0\nB 300 0 barrier=bollard\nC 500 0\nD 300 400"
    network = read_roads(draw(tmp_path / "r.osm", nodes, "E-A-B\nB-C\nD-B"), VEHICLES["van"])
    names = {"E": (-200, 0), "A": (0, 0), "B": (300, 0), "C": (500, 0), "D": (300, 400)}
    assert named_pieces(network, **names) == {"A-E": 200, "A-B": 300, "B-C": 200, "B-D": 400}
    arms = [(0, 0), (500, 0), (300, 400)]
    assert not any(leads(network, one, other) for one in arms for other in arms if one != other)
    assert leads(network, (-200, 0), (0, 0))
    ends = np.concatenate([network.start, network.end])
    lat, lon = place(300, 0)
    copies = [
        i for i in np.unique(ends) if np.allclose([network.node_lat[i], network.node_lon[i]], [lat, lon], 0, 1e-9)
    ]
    assert len(copies) == 3


def test_two_ways_over_one_piece_stay_one_piece_at_a_barrier(tmp_path: Path) -> None:
    nodes = "A 0 0\nB 300 0 barrier=bollard\nC 500 0"
    path = draw(tmp_path / "r.osm", nodes, "A-B oneway=yes surface=gravel\nB-A oneway=yes\nB-C")
    network = read_roads(path, VEHICLES["van"])
    assert len(network.start) == 2
    assert network.forward.all()
    assert network.backward.all()
    assert network.unpaved.tolist() == [False, False], "the best of them counts"


def test_barriers_at_both_ends_and_on_a_ring(tmp_path: Path) -> None:
    # A square A-B-C-D with bollards at A and B: the piece between them is an island, the way round from A to B is not.
    nodes = "A 0 0 barrier=bollard\nB 100 0 barrier=bollard\nC 100 100\nD 0 100"
    network = read_roads(draw(tmp_path / "r.osm", nodes, "A-B-C-D-A"), VEHICLES["van"])
    assert len(network.start) == 4
    assert leads(network, (0, 0), (100, 0))
    graph = nx.Graph(zip(network.start.tolist(), network.end.tolist(), strict=True))
    assert sorted(len(part) for part in nx.connected_components(graph)) == [2, 4]


def test_office_opens_a_barrier_for_a_year(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "settings: {vehicles: {value: {van: {stopping_barriers: [chain]}}, source: ก}}", "utf-8"
    )
    path = draw(tmp_path / "r.osm", "A 0 0\nB 300 0 barrier=bollard\nC 500 0", "A-B-C")
    assert leads(read_roads(path, load_policy(tmp_path / "policy.yaml").van), (0, 0), (500, 0))


# -- GraphML ----
def graphml(
    path: Path, nodes: dict[int, tuple[float, float, dict[str, str]]], edges: list[tuple[int, int, str]]
) -> Path:
    """Write a graph as OSMnx does: an edge for each direction, tags as attributes."""
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for name, (east, north, tags) in nodes.items():
        lat, lon = place(east, north)
        graph.add_node(name, x=lon, y=lat, **tags)
    for number, (start, end, text) in enumerate(edges):
        tags = dict(tag.split("=", 1) for tag in text.split())
        graph.add_edge(start, end, osmid=number, **tags)
    ox.save_graphml(graph, path)
    return path


def test_barrier_in_graphml(tmp_path: Path) -> None:
    nodes = {1: (0, 0, {}), 2: (300, 0, {"barrier": "gate", "motor_vehicle": "private"}), 3: (500, 0, {})}
    both = [(1, 2), (2, 1), (2, 3), (3, 2)]
    path = graphml(tmp_path / "r.graphml", nodes, [(*pair, "highway=residential") for pair in both])
    for name, passes in zip(NAMES, (False, False, True), strict=True):
        network = read_roads(path, VEHICLES[name])
        assert named_pieces(network, A=(0, 0), B=(300, 0), C=(500, 0)) == {"A-B": 300, "B-C": 200}
        assert network.forward.all()
        assert network.backward.all()
        assert leads(network, (0, 0), (500, 0)) == passes


def test_waterways_in_graphml_are_lines_not_roads(tmp_path: Path) -> None:
    nodes = {i: (float(i * 100), 0.0, {}) for i in range(6)}
    edges = [
        (0, 1, "highway=residential"),
        (3, 4, "waterway=canal"),
        (2, 3, "waterway=river"),
        (3, 2, "waterway=river"),
    ]
    edges += [(4, 5, "waterway=ditch")]
    network = read_roads(graphml(tmp_path / "r.graphml", nodes, [*edges, (4, 3, "waterway=canal")]))
    assert len(network.start) == 1
    assert [line.shape for line in network.waters] == [(3, 2)]
    east = sorted(round(float(lon), 7) for lon in network.waters[0][:, 0])
    assert east == [place(i * 100.0, 0)[1] for i in (2, 3, 4)]


def test_ferry_in_graphml(tmp_path: Path) -> None:
    nodes = {i: (float(i * 100), 0.0, {}) for i in range(3)}
    edges = [(0, 1, "highway=residential"), (1, 2, "route=ferry name=แพ")]
    path = graphml(tmp_path / "r.graphml", nodes, edges)
    assert read_roads(path, VEHICLES["walk"]).classes == ("ferry", "residential")
    assert read_roads(path, VEHICLES["van"]).classes == ("residential",)


def test_one_way_for_one_vehicle_in_graphml(tmp_path: Path) -> None:
    # 0 → 1 is one-way, but not for motorcycles; 1 ⇄ 2 is one-way for those on foot, as its way runs from 1 to 2.
    nodes = {i: (float(i * 100), 0.0, {}) for i in range(3)}
    street = "highway=residential oneway=False oneway:foot=yes"
    edges = [(0, 1, "highway=residential oneway=True reversed=False oneway:motorcycle=no")]
    edges += [(1, 2, f"{street} reversed=False"), (2, 1, f"{street} reversed=True")]
    path = graphml(tmp_path / "r.graphml", nodes, edges)
    found = {name: read_roads(path, VEHICLES[name]) for name in NAMES}
    assert {name: list(zip(n.forward.tolist(), n.backward.tolist(), strict=True)) for name, n in found.items()} == {
        "van": [(True, False), (True, True)],
        "motorcycle": [(True, True), (True, True)],
        "walk": [(True, True), (True, False)],
    }


# -- cache ----
DRAWN = (
    "A 0 0\nB 300 0 barrier=bollard\nC 500 0\nD 0 90\nE 90 90\nF 90 0",
    "A-B-C name=ถนน\nD-E highway= waterway=river\nF-E highway=track",
)


def kept_files(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


@pytest.mark.parametrize("vehicle", NAMES)
def test_what_is_kept_is_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vehicle: str) -> None:
    path = draw(tmp_path / "r.osm", *DRAWN)
    read = read_roads(path, VEHICLES[vehicle])
    assert len(read.waters) == 1
    assert same(read, read_roads(path, VEHICLES[vehicle], tmp_path / "cache"))
    monkeypatch.setattr(roads, "_read", None)
    assert same(read, read_roads(path, VEHICLES[vehicle], tmp_path / "cache"))
    # By content: neither name nor place of the file matters.
    moved = path.rename(tmp_path / "other.osm")
    assert same(read, read_roads(moved, VEHICLES[vehicle], tmp_path / "cache"))


def test_network_without_waters_or_names_is_kept(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "r.osm", "A 0 0\nB 300 0", "A-B")
    read = read_roads(path, None, tmp_path / "cache")
    assert same(read, read_roads(path, None, tmp_path / "cache"))
    assert read.waters == ()


def test_other_vehicle_rules_or_content_are_read_anew(tmp_path: Path) -> None:
    path, cache = draw(tmp_path / "r.osm", *DRAWN), tmp_path / "cache"
    van = read_roads(path, VEHICLES["van"], cache)
    slower: Vehicle = VEHICLES["van"].model_copy(update={"unpaved_kmh": 5, "highways": {"unclassified": 10}})
    assert not same(van, read_roads(path, slower, cache))
    assert not same(van, read_roads(path, VEHICLES["walk"], cache))
    assert same(van, read_roads(path, VEHICLES["van"], cache))
    draw(path, DRAWN[0].replace("C 500 0", "C 600 0"), DRAWN[1])
    now = read_roads(path, VEHICLES["van"], cache)
    assert same(now, read_roads(path, VEHICLES["van"]))
    assert not same(van, now)
    assert len(kept_files(cache)) == 4


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "flipped", "other arrays", "objects"])
def test_damaged_cache_is_read_anew_and_replaced(tmp_path: Path, damage: str) -> None:
    path, cache = draw(tmp_path / "r.osm", *DRAWN), tmp_path / "cache"
    read = read_roads(path, VEHICLES["van"], cache)
    [kept] = kept_files(cache)
    good = kept.read_bytes()
    assert b"pickle" not in good
    spoiled = [b""] if damage == "empty" else [b"roads"] if damage == "text" else []
    if damage == "cut":
        spoiled = [good[: len(good) * part // 10] for part in range(1, 10)]
    elif damage == "flipped":
        # Not every byte of a zip file means something: what is read must be right either way.
        spoiled = [good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1 :] for i in range(0, len(good), 97)]
    elif damage in ("other arrays", "objects"):
        value = np.array([1.0]) if damage == "other arrays" else np.array([None, 1], dtype=object)
        np.savez(tmp_path / "x.npz", node_lon=value)
        spoiled = [(tmp_path / "x.npz").read_bytes()]
    for content in spoiled:
        kept.write_bytes(content)
        assert same(read, read_roads(path, VEHICLES["van"], cache))
        if damage != "flipped":
            assert kept.read_bytes() == good
    assert kept_files(cache) == [kept], "nothing unfinished is left"


def test_only_the_newest_few_are_kept(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for east in range(9):
        path = write_osm(tmp_path / "r.osm", f"A 0 0\nB {300 + east} 0", "A-B")
        last = read_roads(path, None, cache)
    (cache / "notes.txt").write_text("mine")
    assert len(list(cache.glob("roads-*.npz"))) == 6
    assert same(last, read_roads(path, None, cache))
    assert len(kept_files(cache)) == 7


def test_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    path = draw(tmp_path / "r.osm", *DRAWN)
    (tmp_path / "cache").write_text("a file, not a folder")
    assert same(read_roads(path), read_roads(path, None, tmp_path / "cache"))


def test_broken_file_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    (tmp_path / "r.osm").write_text("<osm", "utf-8")
    with pytest.raises(RoadsError):
        read_roads(tmp_path / "r.osm", None, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("country", ["andorra", "liechtenstein"])
def test_country_is_kept_bit_for_bit(tmp_path: Path, country: str) -> None:
    path = SHARED / "osm_extracts" / f"{country}.osm.pbf"
    if not path.exists():
        pytest.skip(f"real network {path.name} is not on this machine")
    for name in NAMES:
        read = read_roads(path, VEHICLES[name], tmp_path)
        assert same(read, read_roads(path, VEHICLES[name], tmp_path))


@pytest.mark.parametrize(
    "edit",
    [
        ("<way id", '<way action="delete" id'),
        ('<nd ref="1"', '<nd ref="-101"'),
        ('<node id="1"', '<node visible="false" id="1"'),
    ],
)
def test_unfinished_edits_are_refused(tmp_path: Path, edit: tuple[str, str]) -> None:
    path = draw(tmp_path / "r.osm", "A 0 0\nB 300 0", "A-B")
    path.write_text(path.read_text("utf-8").replace(*edit), "utf-8")
    with pytest.raises(RoadsError, match="unfinished"):
        read_roads(path)


def test_coordinates_that_are_no_degrees_are_refused(tmp_path: Path) -> None:
    graph = nx.MultiDiGraph(crs="EPSG:32647")
    graph.add_node(1, x=500_000.0, y=1_860_000.0)
    graph.add_node(2, x=501_000.0, y=1_860_000.0)
    graph.add_edge(1, 2, osmid=1, highway="residential", length=1000.0)
    ox.save_graphml(graph, tmp_path / "r.graphml")
    with pytest.raises(RoadsError, match="degrees"):
        read_roads(tmp_path / "r.graphml")

"""``restructure roads --pbf``: a country's extract cut down to the office."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
from conftest import SHARED

from restructure import distance_table, extract
from restructure.cli import main
from restructure.roads import read_roads

LIECHTENSTEIN = SHARED / "osm_extracts" / "liechtenstein.osm.pbf"
DRAWN = datetime(2026, 9, 30, tzinfo=UTC)
# The office is the square 100.00–100.02 E, 16.00–16.02 N; with 1 km around it ends at 100.0294 E and 16.029 N.
OFFICE = [[100.0, 16.0], [100.02, 16.0], [100.02, 16.02], [100.0, 16.02], [100.0, 16.0]]
NODES: dict[int, tuple[float, float]] = {
    1: (100.01, 16.01),
    2: (100.028, 16.01),  # 860 m outside the square, with a bollard
    3: (100.04, 16.01),  # far outside, but on the way of 1 and 2
    4: (100.05, 16.01),
    5: (100.015, 16.005),
    6: (100.05, 16.0),
    7: (100.005, 16.001),
    8: (100.005, 16.019),
    9: (100.006, 16.001),
    10: (100.006, 16.019),
    11: (100.011, 16.011),
    12: (100.012, 16.012),
    13: (100.0285, 16.0285),  # 1.3 km from the square's corner, though inside the rectangle around the area
    14: (100.0288, 16.0288),
}
WAYS: dict[int, tuple[list[int], dict[str, str]]] = {
    1: ([1, 2, 3], {"highway": "residential"}),
    2: ([3, 4], {"highway": "residential"}),
    3: ([5, 6], {"route": "ferry"}),
    4: ([7, 8], {"waterway": "canal"}),
    5: ([9, 10], {"waterway": "stream"}),
    6: ([11, 1, 5, 11], {"building": "yes"}),
    7: ([1, 5], {"route": "bus"}),
    8: ([13, 14], {"highway": "residential"}),
}
KEPT = {1, 2, 3, 5, 6, 7, 8}


def draw(path: Path, stamp: str | None = "2026-10-01T20:21:22Z") -> Path:
    header = osmium.io.Header()
    if stamp:
        header.set("osmosis_replication_timestamp", stamp)
    drawn_by: dict[str, Any] = {"version": 1, "timestamp": DRAWN, "user": "somchai", "uid": 7, "changeset": 9}
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for key, place in NODES.items():
            tags = {"barrier": "bollard", "motorcycle": "yes"} if key in (2, 12) else {}
            writer.add_node(osmium.osm.mutable.Node(id=key, location=place, tags=tags, **drawn_by))
        for key, (nodes, tags) in WAYS.items():
            writer.add_way(osmium.osm.mutable.Way(id=key, nodes=nodes, tags=tags, **drawn_by))
    return path


@pytest.fixture
def country(tmp_path: Path) -> Path:
    return draw(tmp_path / "country.osm.pbf")


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """Return a cycle of which only the boundary and the policy are there."""
    folder = tmp_path / "office"
    (folder / "inputs").mkdir(parents=True)
    (folder / "policy.yaml").write_text("settings: {buffer_m: {value: 1000, source: x}}")
    write_square(folder / "inputs" / "boundary.geojson")
    return folder


def write_square(path: Path, east: float = 0) -> Path:
    ring = [[lon + east, lat] for lon, lat in OFFICE]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    return path


def read(folder: Path) -> tuple[dict[int, dict[str, str]], dict[int, list[int]]]:
    """Nodes with their tags, and ways with their nodes, of what was cut."""
    nodes: dict[int, dict[str, str]] = {}
    ways: dict[int, list[int]] = {}
    for thing in osmium.FileProcessor(str(folder / "inputs" / "roads.osm.pbf")):
        if isinstance(thing, osmium.osm.Node):
            nodes[thing.id] = dict(thing.tags)
        elif isinstance(thing, osmium.osm.Way):
            ways[thing.id] = [node.ref for node in thing.nodes]
    return nodes, ways


def test_what_is_kept(country: Path, office: Path) -> None:
    assert main(["roads", str(office), "--pbf", str(country)]) == 0
    nodes, ways = read(office)
    assert set(nodes) == KEPT
    assert nodes[2] == {"barrier": "bollard", "motorcycle": "yes"}
    assert ways == {1: [1, 2, 3], 3: [5, 6], 4: [7, 8]}
    assert [path.name for path in office.iterdir() if path.name not in ("inputs", "policy.yaml")] == []


def test_the_day_is_kept_and_who_drew_it_is_not(country: Path, office: Path) -> None:
    assert main(["roads", str(office), "--pbf", str(country)]) == 0
    cut = office / "inputs" / "roads.osm.pbf"
    assert read_roads(cut).osm_date == "2026-10-01"
    users = set()
    for thing in osmium.FileProcessor(str(cut)):
        users.add((thing.user, thing.uid, thing.changeset))
    assert users == {("", 0, 0)}


def test_the_day_of_an_extract_that_does_not_say_it(tmp_path: Path, office: Path) -> None:
    assert main(["roads", str(office), "--pbf", str(draw(tmp_path / "undated.osm.pbf", stamp=None))]) == 0
    assert read_roads(office / "inputs" / "roads.osm.pbf").osm_date == "2026-09-30"


def test_the_same_bytes_again(country: Path, office: Path) -> None:
    cut = office / "inputs" / "roads.osm.pbf"
    made = []
    for _ in range(2):
        assert main(["roads", str(office), "--pbf", str(country)]) == 0
        made.append(cut.read_bytes())
        cut.unlink()
    assert made[0] == made[1]


def test_a_boundary_that_is_named_counts(country: Path, office: Path, tmp_path: Path) -> None:
    other = write_square(tmp_path / "other.geojson", east=0.04)
    assert main(["roads", str(office), "--pbf", str(country), "--boundary", str(other)]) == 0
    nodes, ways = read(office)
    assert ways == {1: [1, 2, 3], 2: [3, 4], 3: [5, 6]}
    assert set(nodes) == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize(("suffix", "system"), [(".gpkg", 32647), (".shp", 24047), (".kml", None)])
def test_a_boundary_of_any_usual_kind(suffix: str, system: int | None, country: Path, office: Path) -> None:
    geojson = office / "inputs" / "boundary.geojson"
    boundary = geojson.with_suffix(suffix)
    if system:
        gpd.read_file(geojson).to_crs(system).to_file(boundary)
    else:
        ring = " ".join(f"{lon},{lat},0" for lon, lat in OFFICE)
        boundary.write_text(
            '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><Polygon><outerBoundaryIs><LinearRing>'
            f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
        )
    geojson.unlink()
    assert main(["roads", str(office), "--pbf", str(country)]) == 0
    assert set(read(office)[0]) == KEPT


def test_two_boundaries(country: Path, office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_square(office / "inputs" / "boundary.json")
    assert main(["roads", str(office), "--pbf", str(country)]) == 1
    assert "เก็บไว้เพียงไฟล์เดียว" in capsys.readouterr().err


def test_around_schools_and_villages(country: Path, office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of no boundary: swapped coordinates are understood, points elsewhere are no reason to keep half the country."""
    (office / "inputs" / "boundary.geojson").unlink()
    (office / "inputs" / "schools.csv").write_text(
        "school_id,name,tambon,amphoe,lat,lon,grades\n"
        "1,ก,ต,อ,16.00,100.00,P1-P6\n2,ข,ต,อ,100.02,16.02,P1-P6\n3,ค,ต,อ,,,P1-P6\n4,ง,ต,อ,0,0,P1-P6\n",
        "utf-8",
    )
    (office / "inputs" / "villages.csv").write_text(
        "village_id,name,lat,lon,point_source\n1,ก,16.01,100.01,survey\n2,ข,51.5,0.1,survey\n",
        "utf-8",
    )
    header = osmium.io.Header().add_box(osmium.osm.Box(97, 5, 106, 21))
    boxed = country.with_name("boxed.osm.pbf")
    with osmium.SimpleWriter(str(boxed), header=header) as writer:
        for thing in osmium.FileProcessor(str(country)):
            writer.add(thing)
    assert main(["roads", str(office), "--pbf", str(boxed)]) == 0
    assert "กรอบรอบโรงเรียนและหมู่บ้าน" in capsys.readouterr().err
    assert set(read(office)[0]) == KEPT


def test_no_idea_where_the_office_is(country: Path, office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (office / "inputs" / "boundary.geojson").unlink()
    assert main(["roads", str(office), "--pbf", str(country)]) == 1
    assert "--boundary" in capsys.readouterr().err
    assert nothing_made(office)


def test_an_extract_of_elsewhere(country: Path, office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_square(office / "inputs" / "boundary.geojson", east=3)
    assert main(["roads", str(office), "--pbf", str(country)]) == 1
    assert "ไม่มีถนนในพื้นที่" in capsys.readouterr().err
    assert nothing_made(office)


def nothing_made(folder: Path) -> bool:
    return not [path for path in folder.rglob("*") if path.name.startswith(("roads", ".unfinished"))]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda path: path.unlink(), 2),
        (lambda path: path.write_bytes(b""), 1),
        (lambda path: path.write_bytes(b"nonsense" * 99), 1),
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), 1),
    ],
    ids=["absent", "empty", "nonsense", "cut short"],
)
def test_a_broken_extract(
    spoil: Callable[[Path], object], code: int, country: Path, office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(country)
    assert main(["roads", str(office), "--pbf", str(country)]) == code
    assert "country.osm.pbf" in capsys.readouterr().err
    assert nothing_made(office)


def test_existing_roads_stay(country: Path, office: Path) -> None:
    roads = office / "inputs" / "roads.graphml"
    roads.write_text("mine")
    assert main(["roads", str(office), "--pbf", str(country)]) == 2
    assert roads.read_text() == "mine"
    assert not (office / "inputs" / "roads.osm.pbf").exists()


def test_interrupted_while_it_writes(country: Path, office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(items: Iterable[Any], text: str, _: str) -> Iterable[Any]:
        for number, item in enumerate(items):
            if text.startswith("3/3") and number == 3:
                raise KeyboardInterrupt
            yield item

    monkeypatch.setattr(extract, "_bar", stop)
    assert main(["roads", str(office), "--pbf", str(country)]) == 1
    assert nothing_made(office)


@pytest.mark.parametrize("more", [["--place", "x"], ["--bbox", "1", "2", "3", "4"]])
def test_one_area_only(more: list[str], country: Path, office: Path) -> None:
    assert main(["roads", str(office), "--pbf", str(country), *more]) == 2
    assert nothing_made(office)


# -- a real country ----
@pytest.mark.skipif(not LIECHTENSTEIN.is_file(), reason=f"no real data at {LIECHTENSTEIN}")
def test_distances_are_those_of_the_whole_country(office: Path) -> None:
    """No distance of up to twice the buffer differs, and none is shorter than it is."""
    west, south, east, north = 9.50, 47.15, 9.53, 47.18
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    (office / "inputs" / "boundary.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    (office / "policy.yaml").write_text("settings: {buffer_m: {value: 2000, source: x}}")
    assert main(["roads", str(office), "--pbf", str(LIECHTENSTEIN)]) == 0
    whole, cut = read_roads(LIECHTENSTEIN), read_roads(office / "inputs" / "roads.osm.pbf")
    assert cut.osm_date == whole.osm_date == "2015-07-27"
    assert len(cut.start) < 0.6 * len(whole.start)
    random = np.random.default_rng(2570)
    places = pd.DataFrame({"lat": random.uniform(south, north, 60), "lon": random.uniform(west, east, 60)})
    villages = places[:40].assign(village_id=[f"V{i}" for i in range(40)])
    schools = places[40:].assign(school_id=[f"S{i}" for i in range(20)])
    full, less = (distance_table(network, villages, schools, snap_limit_m=5000) for network in (whole, cut))
    near = (less["road_m"] <= 4000).fillna(False).to_numpy()
    assert near.sum() > 200
    pd.testing.assert_frame_equal(full[near], less[near])
    assert (less["road_m"] >= full["road_m"]).fillna(True).all()

"""Road data of two dates: drawn networks, what has changed by eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from drawn import write_osm

from restructure.roads import RoadNetwork, read_roads
from restructure.years.roads import road_changes

if TYPE_CHECKING:
    from pathlib import Path

# A ── B ── C
#           │
#           D      a kilometre each
NODES = "A 0 0\nB 1000 0\nC 2000 0\nD 2000 1000\nM 500 0\nN 1000 40"
WAYS = "A-B-C highway=tertiary\nC-D highway=tertiary"


def read(folder: Path, ways: str, *, nodes: str = NODES, barrier: str = "") -> RoadNetwork:
    path = folder / "roads.osm"
    write_osm(path, nodes, ways)
    if barrier:
        number = [line.split()[0] for line in nodes.splitlines()].index(barrier) + 1
        stopped = [
            line.replace("/>", '><tag k="barrier" v="bollard"/></node>') if f'<node id="{number}"' in line else line
            for line in path.read_text("utf-8").splitlines()
        ]
        path.write_text("\n".join(stopped), "utf-8")
    return read_roads(path)


def told(before: RoadNetwork, after: RoadNetwork) -> list[tuple[str, int]]:
    found = road_changes(before, after)
    assert found["change_id"].tolist() == list(range(1, len(found) + 1))
    return list(zip(found["change"], found["length_m"], strict=True))


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        (WAYS, []),
        (f"{WAYS}\nB-D highway=tertiary", [("new", 1414)]),
        ("A-B-C highway=tertiary", [("gone", 1000)]),
        ("A-B-C highway=secondary\nC-D highway=tertiary", [("class", 2000)]),
        ("A-B-C highway=tertiary oneway=yes\nC-D highway=tertiary", [("one-way", 2000)]),
        ("A-B-C highway=tertiary surface=gravel\nC-D highway=tertiary", [("surface", 2000)]),
        ("A-B-C highway=unclassified oneway=yes\nC-D highway=tertiary", [("one-way;class", 2000)]),
        ("A-N-C highway=tertiary\nC-D highway=tertiary", [("new", 2002), ("gone", 2000)]),
        # Drawn the other way round, with a node more, in two ways: the same road.
        ("C-B-A highway=tertiary\nD-C highway=tertiary", []),
        ("A-M-B highway=tertiary\nB-C highway=tertiary\nC-D highway=tertiary", []),
        # A node more, and of another class between the old ones.
        ("A-M-B-C highway=secondary\nC-D highway=tertiary", [("class", 2000)]),
    ],
)
def test_what_has_changed(tmp_path: Path, ways: str, expected: list[tuple[str, int]]) -> None:
    before, after = read(tmp_path, WAYS), read(tmp_path, ways)
    assert told(before, after) == expected


@pytest.mark.parametrize(
    ("old", "new"), [("A-B-C oneway=yes", "C-B-A oneway=-1"), ("A-M-B-C oneway=yes", "A-B-C oneway=yes")]
)
def test_a_direction_is_known_whichever_way_it_is_drawn(tmp_path: Path, old: str, new: str) -> None:
    assert told(read(tmp_path, old), read(tmp_path, new)) == []
    turned = new.replace("=yes", "=-1") if "=yes" in new else new.replace("=-1", "=yes")
    assert told(read(tmp_path, old), read(tmp_path, turned)) == [("one-way", 2000)]


def test_a_barrier_comes_and_goes(tmp_path: Path) -> None:
    open_road, shut = read(tmp_path, WAYS), read(tmp_path, WAYS, barrier="B")
    assert told(open_road, shut) == [("barrier-new", 0)]
    assert told(shut, open_road) == [("barrier-gone", 0)]


def test_a_join_of_no_length_is_not_told(tmp_path: Path) -> None:
    nodes = f"{NODES}\nP 2000 1000"
    assert told(read(tmp_path, WAYS, nodes=nodes), read(tmp_path, f"{WAYS}\nD-P", nodes=nodes)) == []


def test_stretches_that_do_not_meet_are_told_apart(tmp_path: Path) -> None:
    found = road_changes(read(tmp_path, "A-B-C-D"), read(tmp_path, "A-B oneway=yes\nB-C\nC-D oneway=yes"))
    assert found["length_m"].tolist() == [1000, 1000]
    assert found["lon"].is_monotonic_increasing
    assert found.crs.to_epsg() == 4326

"""Distances on networks small enough to check by eye. Numbers are metres; an arrow marks the only direction allowed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from drawn import WGS84, place, points, write_osm

from restructure.distance import distance_table
from restructure.roads import read_roads

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ["village_id", "school_id", "road_m", "minutes", "snap_village_m", "snap_school_m", "reachable", "flags"]

UNREACHABLE = None


class Drawing:
    """A drawn network and the distances measured on it."""

    def __init__(self, folder: Path, nodes: str, ways: str) -> None:
        self.network = read_roads(write_osm(folder / "roads.osm", nodes, ways))

    def table(self, villages: str, schools: str) -> pd.DataFrame:
        return distance_table(self.network, points("village_id", villages), points("school_id", schools))

    def metres(self, villages: str, schools: str) -> dict[tuple[str, str], int | None]:
        table = self.table(villages, schools)
        assert (table["road_m"].isna() == ~table["reachable"]).all()
        assert (table["minutes"].isna() == ~table["reachable"]).all()
        return {
            (row["village_id"], row["school_id"]): None if pd.isna(row["road_m"]) else int(row["road_m"])
            for row in table.to_dict("records")
        }

    def metre(self, village: tuple[float, float], school: tuple[float, float]) -> int | None:
        """Distance between two places of the drawing."""
        return self.metres(f"v {village[0]} {village[1]}", f"s {school[0]} {school[1]}")["v", "s"]


def test_the_drawing_is_true() -> None:
    places = [(0.0, 0.0), (0.0, 10_001.0), (7_000.0, 7_000.0), (7_000.0, 0.0), (-3_000.0, 250.0), (-3_000.0, -250.0)]
    for one in places:
        for other in places:
            (lat, lon), (lat_2, lon_2) = place(*one), place(*other)
            assert WGS84.inv(lon, lat, lon_2, lat_2)[2] == pytest.approx(np.hypot(*np.subtract(one, other)), abs=0.03)


def test_the_table_has_every_pair_sorted_and_typed(tmp_path: Path) -> None:
    #   A ──500── B
    drawing = Drawing(tmp_path, "A 0 0\nB 500 0", "A-B")
    table = drawing.table("v2 0 10\nv1 100 -20\nv10 400 0", "s9 500 30\ns1 250 0")
    assert list(table.columns) == COLUMNS
    assert list(zip(table["village_id"], table["school_id"], strict=True)) == [
        ("v1", "s1"),
        ("v1", "s9"),
        ("v10", "s1"),
        ("v10", "s9"),
        ("v2", "s1"),
        ("v2", "s9"),
    ]
    assert table["road_m"].tolist() == [150, 400, 150, 100, 250, 500]
    for column in ("road_m", "minutes", "snap_village_m", "snap_school_m"):
        assert str(table[column].dtype) == "Int64", column
    assert table["reachable"].dtype in {np.dtype(bool), pd.BooleanDtype()}
    # The stretch between a point and its road is kept apart.
    assert table["snap_village_m"].tolist() == [20, 20, 0, 0, 10, 10]
    assert table["snap_school_m"].tolist() == [0, 30, 0, 30, 0, 30]


def test_index_and_further_columns_of_the_tables_do_not_matter(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, "A 0 0\nB 500 0", "A-B")
    villages, schools = points("village_id", "v1 0 0\nv2 100 0"), points("school_id", "s 500 0")
    villages.index = pd.Index([7, 7])
    villages["name"] = "บ้าน"
    before = villages.copy()
    table = distance_table(drawing.network, villages, schools)
    assert table["road_m"].tolist() == [500, 400]
    pd.testing.assert_frame_equal(villages, before)


def test_no_village_or_no_school_gives_an_empty_table(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, "A 0 0\nB 500 0", "A-B")
    for villages, schools in (("v 0 0", ""), ("", "s 0 0"), ("", "")):
        table = drawing.table(villages, schools)
        assert list(table.columns) == COLUMNS
        assert len(table) == 0


def test_order_of_the_input_does_not_matter(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, "A 0 0\nB 500 0\nC 500 300", "A-B oneway=yes\nB-C\nC-A")
    one = drawing.table("v1 100 5\nv2 300 5\nv3 480 200", "s1 200 0\ns2 500 100")
    other = drawing.table("v3 480 200\nv2 300 5\nv1 100 5", "s2 500 100\ns1 200 0")
    pd.testing.assert_frame_equal(one, other)


def test_one_way_there_and_back_differ(tmp_path: Path) -> None:
    #   D ◁──400── C
    #   v           ∧          all pieces one-way, anticlockwise
    #   300        300
    #   v           ∧
    #   A ──400──▷ B
    drawing = Drawing(
        tmp_path,
        "A 0 0\nB 400 0\nC 400 300\nD 0 300",
        "A-B oneway=yes\nB-C oneway=true\nC-D oneway=1\nA-D oneway=-1",
    )
    assert drawing.metre((0, 0), (400, 0)) == 400
    assert drawing.metre((400, 0), (0, 0)) == 1_000
    assert drawing.metre((0, 300), (400, 300)) == 1_000
    # 100 m along A-B to 150 m along B-C, and back round the other three sides
    assert drawing.metre((100, -5), (405, 150)) == 450
    assert drawing.metre((405, 150), (100, -5)) == 950


@pytest.mark.parametrize(
    ("oneway", "there", "back"),
    [
        ("yes", 300, UNREACHABLE),
        ("true", 300, UNREACHABLE),
        ("1", 300, UNREACHABLE),
        ("-1", UNREACHABLE, 300),
        ("reverse", UNREACHABLE, 300),
        ("no", 300, 300),
        ("false", 300, 300),
        ("0", 300, 300),
        ("", 300, 300),
    ],
)
def test_oneway_values(tmp_path: Path, oneway: str, there: int | None, back: int | None) -> None:
    #   A ──300── B
    drawing = Drawing(tmp_path, "A 0 0\nB 300 0", f"A-B oneway={oneway}")
    assert drawing.metres("a 0 0\nb 300 0", "a 0 0\nb 300 0") == {
        ("a", "a"): 0,
        ("a", "b"): there,
        ("b", "a"): back,
        ("b", "b"): 0,
    }


@pytest.mark.parametrize(
    ("tags", "back"),
    [
        ("highway=motorway", UNREACHABLE),
        ("highway=motorway oneway=no", 300),
        ("highway=motorway_link", 300),
        ("highway=trunk", 300),
        ("highway=residential junction=roundabout", UNREACHABLE),
        ("highway=residential junction=circular", UNREACHABLE),
        ("highway=residential junction=roundabout oneway=no", 300),
        ("highway=residential junction=roundabout oneway=false", 300),
        ("highway=residential junction=yes", 300),
    ],
)
def test_direction_without_a_oneway_tag(tmp_path: Path, tags: str, back: int | None) -> None:
    drawing = Drawing(tmp_path, "A 0 0\nB 300 0", f"A-B {tags}")
    assert drawing.metre((0, 0), (300, 0)) == 300
    assert drawing.metre((300, 0), (0, 0)) == back


def test_parallel_ways_the_shorter_counts_and_never_the_sum(tmp_path: Path) -> None:
    #   A ─70─ B        and between the same two junctions a bow A-P-B of 50 + 50
    drawing = Drawing(tmp_path, "A 0 0\nB 70 0\nP 35 35.707", "A-P-B\nA-B")
    assert drawing.metre((0, 0), (70, 0)) == 70
    assert drawing.metre((70, 0), (0, 0)) == 70


def test_parallel_way_against_the_only_direction_of_the_shorter(tmp_path: Path) -> None:
    #   A ─70─▷ B       bow A-P-B of 100 both ways: there 70, back 100
    drawing = Drawing(tmp_path, "A 0 0\nB 70 0\nP 35 35.707", "A-P-B\nA-B oneway=yes")
    assert drawing.metre((0, 0), (70, 0)) == 70
    assert drawing.metre((70, 0), (0, 0)) == 100


def test_two_bows_of_many_pieces_between_the_same_junctions(tmp_path: Path) -> None:
    #     P ─300─ Q
    #   100       100
    #   X ── A     B ── Y       two chains of two-neighbour nodes: folded side by side, never into one
    #    50 \50   /     50
    #        R───S
    drawing = Drawing(
        tmp_path,
        "X -50 0\nA 0 0\nP 0 100\nQ 300 100\nB 300 0\nR 0 -50\nS 300 -50\nY 350 0",
        "X-A\nA-P-Q-B\nA-R-S-B\nB-Y",
    )
    assert drawing.metre((-50, 0), (350, 0)) == 500
    # Feet on different bows: 50 m into each from A, and 150 m along the level of each
    assert drawing.metre((0, 50), (0, -25)) == 75
    assert drawing.metre((150, 110), (150, -60)) == 450
    # Feet on the same bow, the way round by the other bow is longer
    assert drawing.metre((0, 50), (300, 50)) == 400
    assert drawing.metre((0, 90), (300, 10)) == 400
    # … and here shorter: 10 + 400 + 10 against 90 + 300 + 90
    assert drawing.metre((0, 10), (300, 10)) == 420


def test_dead_end(tmp_path: Path) -> None:
    #   A ──200── B ──200── C
    #             │
    #            150
    #             D   dead end
    drawing = Drawing(tmp_path, "A 0 0\nB 200 0\nC 400 0\nD 200 -150", "A-B-C\nB-D")
    assert drawing.metre((200, -150), (0, 0)) == 350
    assert drawing.metre((200, -160), (210, -100)) == 50
    # Past the end: the foot is the end itself
    assert drawing.table("v 200 -180", "s 400 0")[["road_m", "snap_village_m"]].values.tolist() == [[350, 30]]


def test_one_way_dead_end_can_be_left_but_not_entered(tmp_path: Path) -> None:
    #   A ──200── B ◁──150── D
    drawing = Drawing(tmp_path, "A 0 0\nB 200 0\nD 350 0", "A-B\nD-B oneway=yes")
    assert drawing.metre((350, 0), (0, 0)) == 350
    assert drawing.metre((300, 0), (0, 0)) == 300
    assert drawing.metre((0, 0), (300, 0)) is UNREACHABLE
    assert drawing.metre((0, 0), (200, 0)) == 200


def test_island_is_null_and_never_nought(tmp_path: Path) -> None:
    #   A ──200── B        C ──200── D       no road between
    drawing = Drawing(tmp_path, "A 0 0\nB 200 0\nC 1000 0\nD 1200 0", "A-B\nC-D")
    table = drawing.table("v1 50 0\nv2 1100 0", "s 100 0")
    assert table["reachable"].tolist() == [True, False]
    assert int(table["road_m"].iloc[0]) == 50
    assert table["road_m"].isna().tolist() == [False, True]
    assert table["minutes"].isna().tolist() == [False, True]
    assert table["flags"].iloc[0] != table["flags"].iloc[1]
    assert table["flags"].iloc[1]


def test_snapping_to_an_isolated_part_is_honoured(tmp_path: Path) -> None:
    #   A ────────1000──────── B
    #          C ─100─ D             60 m south of A-B, joined to nothing; the village is 20 m from C-D, 40 from A-B
    drawing = Drawing(tmp_path, "A 0 0\nB 1000 0\nC 450 -60\nD 550 -60", "A-B\nC-D")
    table = drawing.table("v 500 -40", "s 900 0\nt 520 -60")
    assert table["road_m"].isna().tolist() == [True, False]
    assert table["reachable"].tolist() == [False, True]
    assert int(table["road_m"].iloc[1]) == 20
    assert table["snap_village_m"].tolist() == [20, 20]


def test_two_points_on_one_two_way_piece(tmp_path: Path) -> None:
    #   A ──v──s── B
    drawing = Drawing(tmp_path, "A 0 0\nB 1000 0", "A-B")
    assert drawing.metre((300, 0), (700, 0)) == 400
    assert drawing.metre((700, 3), (300, -3)) == 400


def test_two_points_on_one_one_way_piece(tmp_path: Path) -> None:
    #   D ◁─1000── C
    #   v           ∧      one-way round; the school behind the village is the whole loop away, less the stretch between
    #   500        500
    #   v           ∧
    #   A ─1000──▷ B
    drawing = Drawing(tmp_path, "A 0 0\nB 1000 0\nC 1000 500\nD 0 500", "A-B-C-D-A oneway=yes")
    assert drawing.metre((300, 0), (700, 0)) == 400
    assert drawing.metre((700, 0), (300, 0)) == 2_600


def test_one_way_piece_without_a_way_round(tmp_path: Path) -> None:
    #   A ──v──s──▷ B
    drawing = Drawing(tmp_path, "A 0 0\nB 1000 0", "A-B oneway=yes")
    assert drawing.metre((300, 0), (700, 0)) == 400
    assert drawing.metre((700, 0), (300, 0)) is UNREACHABLE
    assert drawing.metre((300, 0), (300, 0)) == 0


def test_point_on_a_junction_of_one_way_pieces(tmp_path: Path) -> None:
    #            C
    #            ∧ 200
    #   A ─300─▷ J ─400─▷ B       a foot on J is J, whichever of the pieces it was found on
    #            ∧ 100
    #            D
    drawing = Drawing(
        tmp_path,
        "A -300 0\nB 400 0\nC 0 200\nD 0 -100\nJ 0 0",
        "A-J oneway=yes\nJ-B oneway=yes\nJ-C oneway=yes\nJ-D oneway=-1",
    )
    found = drawing.metres("a -300 0\nb 400 0\nc 0 200\nd 0 -100\nj 0 0", "b 400 0\nc 0 200\nj 0 0\na -300 0")
    assert found["j", "b"] == 400
    assert found["j", "c"] == 200
    assert found["j", "j"] == 0
    assert found["a", "j"] == 300
    assert found["d", "j"] == 100
    assert found["a", "c"] == 500
    assert found["d", "b"] == 500
    assert found["j", "a"] is UNREACHABLE
    assert found["b", "j"] is UNREACHABLE


def test_foot_at_the_end_of_a_one_way_piece_is_the_junction(tmp_path: Path) -> None:
    #   A ─300─▷ J ──200── B        the village lies past J, off the line of B-J: its foot is J itself, so it may go
    #            │                  to B, and from B one comes to it although A-J allows no way back
    #           50
    #            E
    drawing = Drawing(tmp_path, "A -300 0\nJ 0 0\nB 141.42 -141.42\nE 0 -50", "A-J oneway=yes\nJ-B\nJ-E")
    assert drawing.metre((10, 40), (141.42, -141.42)) == 200
    assert drawing.metre((141.42, -141.42), (10, 40)) == 200
    assert drawing.metre((-300, 0), (10, 40)) == 300


def test_point_on_a_bend_of_a_one_way_road(tmp_path: Path) -> None:
    #   A ─200─▷ K          K is a bend of one way: points outside the bend have K as their foot
    #            v 200
    #            B
    drawing = Drawing(tmp_path, "A -200 0\nK 0 0\nB 0 -200", "A-K-B oneway=yes")
    assert drawing.metre((20, 20), (0, -100)) == 100
    assert drawing.metre((-100, 0), (20, 20)) == 100
    assert drawing.metre((20, 20), (25, 15)) == 0
    assert drawing.metre((20, 20), (-100, 0)) is UNREACHABLE


@pytest.mark.parametrize(("degrees", "road_m"), [(0.0, 0), (5e-8, 0), (2e-7, UNREACHABLE)])
def test_a_foot_within_a_centimetre_of_a_node_is_that_node(tmp_path: Path, degrees: float, road_m: int | None) -> None:
    #   J ──300──▷ N     the village's foot lies 0, 0.6 and 2.2 cm past J: the last cannot go back to the school at J
    drawing = Drawing(tmp_path, "J 0 0\nN 0 300", "J-N oneway=yes")
    lat, lon = place(0, 0)
    villages = pd.DataFrame({"village_id": ["v"], "lat": [lat + degrees], "lon": [lon]})
    table = distance_table(drawing.network, villages, points("school_id", "j 0 0\nn 0 300"))
    assert table["reachable"].tolist() == [road_m is not None, True]
    assert table["road_m"].tolist()[1] == 300
    assert road_m is None or table["road_m"].tolist()[0] == road_m


def test_zero_metre_piece_passes_traffic(tmp_path: Path) -> None:
    #   A ──100── B
    #             ║ 0 m: B and C lie on the same place and are joined by a way
    #             C ──100── D
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nC 100 0\nD 200 0", "A-B\nB-C\nC-D")
    assert drawing.metre((0, 0), (200, 0)) == 200
    assert drawing.metre((200, 0), (0, 0)) == 200
    assert drawing.metre((60, 5), (130, 5)) == 70
    assert drawing.metre((100, 0), (100, 0)) == 0


def test_zero_metre_piece_has_a_direction(tmp_path: Path) -> None:
    #   A ──100── B ═0═▷ C ──100── D
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nC 100 0\nD 200 0", "A-B\nB-C oneway=yes\nC-D")
    assert drawing.metre((0, 0), (200, 0)) == 200
    assert drawing.metre((200, 0), (0, 0)) is UNREACHABLE


def test_without_the_zero_metre_piece_two_nodes_on_one_place_are_not_joined(tmp_path: Path) -> None:
    #   A ──100── B    C ──100── D       B and C on the same place, on different levels of a crossing
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nC 100 0\nD 200 0", "A-B\nC-D")
    assert drawing.metre((50, 0), (150, 0)) is UNREACHABLE


@pytest.mark.parametrize(
    ("length", "road_m"),
    [
        (2_999.0, 2_999),
        (3_000.0, 3_000),
        (3_000.4, 3_000),
        (3_000.6, 3_001),
        (3_001.0, 3_001),
        (10_000.0, 10_000),
        (10_000.4, 10_000),
        (10_000.6, 10_001),
        (10_001.0, 10_001),
    ],
)
def test_lengths_at_the_edges_of_the_bands(tmp_path: Path, length: float, road_m: int) -> None:
    #   A ────3,000 or 10,000──── B      north, north-east and in two legs: the bands turn on a single metre
    slant = length / 2**0.5
    drawing = Drawing(
        tmp_path,
        f"A 0 0\nB 0 {length}\nC {slant} {slant}\nM 0 {-length / 4}\nN 0 {-length / 2}\nO {length / 2} {-length / 2}",
        "A-B\nA-C\nA-M-N-O",
    )
    assert drawing.metre((0, 0), (0, length)) == road_m
    assert drawing.metre((slant, slant), (0, 0)) == road_m
    assert drawing.metre((0, 0), (length / 2, -length / 2)) == road_m


def test_lengths_are_summed_before_they_are_rounded(tmp_path: Path) -> None:
    #   ten pieces of 100.4 m: 1,004, not ten times 100; feet in the first and last piece
    nodes = "\n".join(f"N{i} 0 {100.4 * i}" for i in range(11))
    drawing = Drawing(tmp_path, nodes, "-".join(f"N{i}" for i in range(11)))
    assert drawing.metre((0, 0), (0, 1_004)) == 1_004
    assert drawing.metre((0, 0.4), (0, 1_003.7)) == 1_003


def test_snapping_goes_to_the_middle_of_a_piece_and_not_to_the_nearer_junction(tmp_path: Path) -> None:
    #   A ───────1000─────── B
    #          · village 30 m south of the middle; the junction C of the other road is 90 m away
    #          C ──300── D
    drawing = Drawing(tmp_path, "A 0 0\nB 1000 0\nC 500 -120\nD 800 -120\nE 1000 -120", "A-B\nC-D-E\nE-B")
    table = drawing.table("v 500 -30", "s 0 0\nt 1000 0")
    assert table["road_m"].tolist() == [500, 500]
    assert table["snap_village_m"].tolist() == [30, 30]


def test_long_piece_far_from_its_ends(tmp_path: Path) -> None:
    #   A ───────────8000─────────── B       C ─ D   a short road too, but the long one is nearest
    drawing = Drawing(tmp_path, "A 0 -4000\nB 0 4000\nC 500 0\nD 600 0", "A-B\nB-D-C")
    assert drawing.metre((200, 1_234.4), (0, -4_000)) == 5_234


def test_roundabout(tmp_path: Path) -> None:
    #            N
    #         ◁     \            four arms, driven anticlockwise: E, N, W, S; each quarter 141.42
    #   w ─ W         E ─ e
    #         \     ▷
    #            S
    #            s
    drawing = Drawing(
        tmp_path,
        "E 100 0\nN 0 100\nW -100 0\nS 0 -100\ne 400 0\nw -400 0\ns 0 -400",
        "E-N-W-S-E junction=roundabout\nE-e\nW-w\nS-s",
    )
    assert drawing.metre((400, 0), (-400, 0)) == 883
    assert drawing.metre((400, 0), (0, -400)) == 1_024
    assert drawing.metre((0, -400), (400, 0)) == 741


@pytest.mark.parametrize("key", ["motorcar", "motor_vehicle", "vehicle", "access"])
@pytest.mark.parametrize("value", ["no", "private", "agricultural", "forestry", "delivery", "emergency", "military"])
def test_shut_road_is_not_used(tmp_path: Path, key: str, value: str) -> None:
    #   A ──200── B        shut
    #    \_C_____/         260 + 260 round by C
    drawing = Drawing(tmp_path, "A 0 0\nB 200 0\nC 100 240", f"A-B {key}={value}\nA-C-B")
    assert drawing.metre((0, 0), (200, 0)) == 520
    # A point beside the shut road goes to the nearest piece that is open, here the corner A
    assert drawing.metre((10, -5), (200, 0)) == 520


@pytest.mark.parametrize(
    ("tags", "road_m"),
    [
        ("access=destination", 200),
        ("access=permissive", 200),
        ("access=yes", 200),
        ("motor_vehicle=yes access=no", 200),
        ("vehicle=destination access=private", 200),
        ("motorcar=yes motor_vehicle=no", 200),
        ("motorcar=no motor_vehicle=yes access=yes", 520),
        ("motor_vehicle=private access=yes", 520),
        ("vehicle=no access=yes", 520),
        ("foot=no", 200),
        ("area=yes", 520),
        ("area=no", 200),
    ],
)
def test_the_first_access_key_decides(tmp_path: Path, tags: str, road_m: int) -> None:
    drawing = Drawing(tmp_path, "A 0 0\nB 200 0\nC 100 240", f"A-B {tags}\nA-C-B")
    assert drawing.metre((0, 0), (200, 0)) == road_m


@pytest.mark.parametrize(
    ("tags", "road_m"),
    [
        *((f"highway={name}", 200) for name in ("motorway", "trunk", "primary", "secondary", "tertiary")),
        *((f"highway={name}_link", 200) for name in ("motorway", "trunk", "primary", "secondary", "tertiary")),
        *(
            (f"highway={name}", 200)
            for name in ("unclassified", "residential", "living_street", "service", "road", "track")
        ),
        *((f"highway=track tracktype=grade{grade}", 200) for grade in (1, 2, 3)),
        *((f"highway=track tracktype=grade{grade}", 520) for grade in (4, 5)),
        ("highway=residential tracktype=grade5", 200),
        *((f"highway={name}", 520) for name in ("footway", "path", "cycleway", "pedestrian", "steps", "bridleway")),
        *((f"highway={name}", 520) for name in ("construction", "proposed", "platform", "raceway", "bus_guideway")),
        ("highway= railway=rail", 520),
    ],
)
def test_which_highways_a_van_uses(tmp_path: Path, tags: str, road_m: int) -> None:
    drawing = Drawing(tmp_path, "A 0 0\nB 200 0\nC 100 240", f"A-B {tags}\nA-C-B")
    assert drawing.metre((0, 0), (200, 0)) == road_m


def test_footway_is_neither_used_nor_snapped_to(tmp_path: Path) -> None:
    #   A ─────400───── B
    #        F ─100─ G        footway 10 m from the village, the road 60 m
    drawing = Drawing(tmp_path, "A 0 0\nB 400 0\nF 100 -70\nG 200 -70", "A-B\nA-F-G-B highway=footway")
    table = drawing.table("v 150 -60", "s 400 0")
    assert table[["road_m", "snap_village_m"]].values.tolist() == [[250, 60]]


def test_opposite_one_ways_over_the_same_two_nodes_are_one_two_way_piece(tmp_path: Path) -> None:
    #   A ──600──▷ B     mapped twice, once in each direction
    drawing = Drawing(tmp_path, "A 0 0\nB 600 0\nC 600 100", "A-B oneway=yes\nB-A oneway=yes\nB-C")
    assert drawing.metre((100, 0), (500, 0)) == 400
    assert drawing.metre((500, 0), (100, 0)) == 400
    assert drawing.metre((600, 100), (300, 10)) == 400


def test_way_mapped_twice_counts_once(tmp_path: Path) -> None:
    drawing = Drawing(
        tmp_path, "A 0 0\nB 600 0\nC 700 0", "A-B-C\nA-B-C highway=service\nC-B highway=service oneway=yes"
    )
    assert drawing.metre((100, 0), (650, 5)) == 550
    assert drawing.metre((650, 5), (100, 0)) == 550


def test_loop_way(tmp_path: Path) -> None:
    #       P ─200─ Q
    #      200     200        one way that begins and ends in A: 800 round
    #       A ─200─ R
    #       │ 100
    #       Z
    drawing = Drawing(tmp_path, "A 0 0\nP 0 200\nQ 200 200\nR 200 0\nZ 0 -100", "A-P-Q-R-A\nA-Z")
    assert drawing.metre((100, 210), (0, -100)) == 400
    assert drawing.metre((200, 150), (0, -100)) == 450
    # Both feet on the loop: the shorter way round, also through A
    assert drawing.metre((0, 50), (50, 0)) == 100
    assert drawing.metre((0, 150), (150, 200)) == 200


def test_one_way_loop_way(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, "A 0 0\nP 0 200\nQ 200 200\nR 200 0\nZ 0 -100", "A-P-Q-R-A oneway=yes\nA-Z")
    assert drawing.metre((0, 50), (50, 0)) == 700
    assert drawing.metre((50, 0), (0, 50)) == 100
    assert drawing.metre((0, 150), (0, 50)) == 700
    assert drawing.metre((0, -100), (0, 200)) == 300


def test_a_ring_joined_to_nothing(tmp_path: Path) -> None:
    #   a closed way without a junction: a chain that has no end to be folded between
    drawing = Drawing(tmp_path, "A 0 0\nP 0 200\nQ 200 200\nR 200 0", "A-P-Q-R-A")
    assert drawing.metre((0, 50), (50, 0)) == 100
    assert drawing.metre((0, 150), (200, 50)) == 400
    drawing = Drawing(tmp_path, "A 0 0\nP 0 200\nQ 200 200\nR 200 0", "A-P-Q-R-A oneway=yes")
    assert drawing.metre((0, 50), (50, 0)) == 700
    assert drawing.metre((50, 0), (0, 50)) == 100


def test_repeated_node_in_a_way(tmp_path: Path) -> None:
    #   A ──100── B ──100── C      the file says A-B-B-C
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nC 200 0", "A-B-B-C")
    assert drawing.metre((0, 0), (200, 0)) == 200
    assert drawing.metre((100, 0), (150, 0)) == 50
    assert drawing.metre((100, 20), (150, 0)) == 50


def test_way_that_turns_back_on_itself(tmp_path: Path) -> None:
    #   A ──100── B ──100── C      the file says A-B-C-B as one-way: B-C is open both ways, A-B is not
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nC 200 0", "A-B-C-B oneway=yes")
    assert drawing.metre((200, 0), (100, 0)) == 100
    assert drawing.metre((150, 0), (120, 0)) == 30
    assert drawing.metre((100, 0), (0, 0)) is UNREACHABLE


def test_way_over_its_own_node_twice(tmp_path: Path) -> None:
    #        C
    #       / \        A-B-C-D-B: the way meets itself in B, which is a junction
    #   A─B────D       AB 100, BC 100, CD 141.4, DB 100
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nC 100 100\nD 200 0", "A-B-C-D-B oneway=yes")
    assert drawing.metre((0, 0), (200, 0)) == 341
    assert drawing.metre((200, 0), (100, 100)) == 200


def test_one_node_way_is_no_road(tmp_path: Path) -> None:
    #   A ──100── B        X  a way of a single node, and one that repeats it
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nX 50 50", "A-B\nX\nX-X")
    assert drawing.table("v 50 45", "s 0 0")[["road_m", "snap_village_m"]].values.tolist() == [[50, 45]]


def test_way_with_a_missing_node_is_cut_there(tmp_path: Path) -> None:
    #   A ──100── B ·· (missing) ·· C ──100── D
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nC 300 0\nD 400 0", "A-B-missing-C-D")
    assert drawing.metre((0, 0), (100, 0)) == 100
    assert drawing.metre((400, 0), (350, 0)) == 50
    assert drawing.metre((0, 0), (400, 0)) is UNREACHABLE
    # The gap is not a road to snap to either
    assert drawing.table("v 140 0", "s 0 0")[["road_m", "snap_village_m"]].values.tolist() == [[100, 40]]


def test_foot_in_the_middle_of_a_long_chain(tmp_path: Path) -> None:
    #   N0 ─10─ N1 ─10─ … ─10─ N200        199 nodes with two neighbours: folded, the feet are still where they are
    nodes = "\n".join(f"N{i} {10 * i} 0" for i in range(201)) + "\nX 0 100\nY 2000 500"
    drawing = Drawing(tmp_path, nodes, "-".join(f"N{i}" for i in range(201)) + "\nN0-X\nN200-Y")
    assert drawing.metre((503, 4), (1_507, 4)) == 1_004
    assert drawing.metre((1_507, 4), (503, 4)) == 1_004
    assert drawing.metre((503, 0), (0, 100)) == 603
    assert drawing.metre((2_000, 500), (503, 0)) == 1_997
    assert drawing.metre((503, 0), (506, 0)) == 3


def test_foot_in_the_middle_of_a_one_way_chain(tmp_path: Path) -> None:
    #   W ─100─ N0 ▷ N1 ▷ … ▷ N100 ─100─ E, and back by a road of 200 + 1000 + 200
    nodes = "\n".join(f"N{i} {10 * i} 0" for i in range(101)) + "\nW -100 0\nE 1100 0\nP 0 200\nQ 1000 200"
    ways = "-".join(f"N{i}" for i in range(101)) + " oneway=yes\nW-N0\nN100-E\nN100-Q-P-N0"
    drawing = Drawing(tmp_path, nodes, ways)
    assert drawing.metre((255, 0), (745, 0)) == 490
    assert drawing.metre((745, 0), (255, 0)) == 255 + 1_400 + 255
    assert drawing.metre((-100, 0), (255, 0)) == 355
    assert drawing.metre((255, 0), (-100, 0)) == 745 + 1_400 + 100


def test_one_way_chain_meets_a_two_way_chain(tmp_path: Path) -> None:
    #   A ─100─ B ─100─ C ─100─▷ D ─100─▷ E ─100─ F        C has two neighbours but the direction changes there
    drawing = Drawing(
        tmp_path,
        "A 0 0\nB 100 0\nC 200 0\nD 300 0\nE 400 0\nF 500 0",
        "A-B-C\nC-D-E oneway=yes\nE-F",
    )
    assert drawing.metre((0, 0), (500, 0)) == 500
    assert drawing.metre((500, 0), (0, 0)) is UNREACHABLE
    assert drawing.metre((150, 0), (50, 0)) == 100
    assert drawing.metre((150, 0), (350, 0)) == 200
    assert drawing.metre((350, 0), (150, 0)) is UNREACHABLE
    assert drawing.metre((450, 0), (490, 0)) == 40
    assert drawing.metre((490, 0), (450, 0)) == 40


@pytest.mark.parametrize("ways", ["A-B oneway=yes\nC-B oneway=yes", "B-A oneway=yes\nB-C oneway=yes"])
def test_two_one_ways_head_on_or_tail_on(tmp_path: Path, ways: str) -> None:
    #   A ─100─▷ B ◁─100─ C   or   A ◁─100─ B ─100─▷ C: B has two neighbours, and nothing passes
    drawing = Drawing(tmp_path, "A 0 0\nB 100 0\nC 200 0", ways)
    assert drawing.metre((0, 0), (200, 0)) is UNREACHABLE
    assert drawing.metre((200, 0), (0, 0)) is UNREACHABLE
    inward = ways.startswith("A")
    assert drawing.metre((50, 0), (100, 0)) == (50 if inward else UNREACHABLE)
    assert drawing.metre((100, 0), (150, 0)) == (UNREACHABLE if inward else 50)


def test_village_and_school_on_one_spot(tmp_path: Path) -> None:
    #   A ──v,s── B          once on a two-way and once on a one-way road, on a piece and on a node
    for oneway in ("no", "yes"):
        drawing = Drawing(tmp_path, "A 0 0\nB 200 0\nC 300 0", f"A-B-C oneway={oneway}")
        for spot in ((70, 15), (200, 0), (200, 25), (0, 0), (400, 0)):
            table = drawing.table(f"v {spot[0]} {spot[1]}", f"s {spot[0]} {spot[1]}")
            assert table["road_m"].tolist() == [0]
            assert table["minutes"].tolist() == [0]
            assert table["reachable"].tolist() == [True]


def test_village_and_school_on_either_side_of_a_one_way_road(tmp_path: Path) -> None:
    #        v
    #   A ──────▷ B      opposite each other: same foot, nothing to drive
    #        s
    drawing = Drawing(tmp_path, "A 0 0\nB 0 200", "A-B oneway=yes")
    assert drawing.metre((-15, 100), (15, 100)) == 0
    # A slanted road: rounding to 1e-7 degree puts the feet up to a centimetre apart, either of them ahead.
    drawing = Drawing(tmp_path, "A 0 0\nB 300 171", "A-B oneway=yes")
    east, north = 300 / math.hypot(300, 171), 171 / math.hypot(300, 171)
    for along in range(20, 320, 10):
        left = (along * east - 8 * north, along * north + 8 * east)
        right = (along * east + 8 * north, along * north - 8 * east)
        assert drawing.metre(left, right) == 0


def test_bridge_without_a_junction_is_no_crossing(tmp_path: Path) -> None:
    #         C
    #         │
    #   A ────┼──── B       A-B passes over C-D: no node in common, no turning
    #         │
    #         D
    drawing = Drawing(tmp_path, "A -100 0\nB 100 0\nC 0 100\nD 0 -100", "A-B\nC-D bridge=yes layer=1")
    assert drawing.metre((-100, 0), (0, 100)) is UNREACHABLE
    assert drawing.metre((-100, 0), (100, 0)) == 200


def test_points_far_from_any_road_are_snapped_and_said_so(tmp_path: Path) -> None:
    #   A ──500── B, the village 5 km north of A
    drawing = Drawing(tmp_path, "A 0 0\nB 500 0", "A-B")
    table = drawing.table("far 0 5000\nnear 0 10", "s 500 0")
    assert table["road_m"].tolist() == [500, 500]
    assert table["snap_village_m"].tolist() == [5_000, 10]
    assert table["flags"].iloc[0] != table["flags"].iloc[1]

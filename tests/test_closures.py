"""Closed roads on networks small enough to check by eye; numbers are metres."""

from __future__ import annotations

import itertools
import math
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import oracle
import pandas as pd
import pyogrio
import pytest
import shapely
from drawn import place, points, write_osm, write_osm_tables
from hypothesis import given, settings
from hypothesis import strategies as st

from restructure._errors import DataError, TableError
from restructure.closures import (
    STATES,
    closed_pieces,
    closed_roads,
    closure_effects,
    closure_summary,
    find_closures,
    in_force,
    piece_mask,
    read_closures,
    wet_pieces,
)
from restructure.distance import distance_table
from restructure.policy import load_policy
from restructure.roads import RoadNetwork, read_roads

if TYPE_CHECKING:
    from restructure.intake import Problem

SETTINGS = load_policy().settings
LIMIT_M = 50
FILE = "inputs/closures.csv"


def at(*places: tuple[float, float]) -> Any:
    """Point, or line through several places of the drawing."""
    lon_lat = [place(*one)[::-1] for one in places]
    return shapely.Point(lon_lat[0]) if len(lon_lat) == 1 else shapely.LineString(lon_lat)


def drawn_closures(**shapes: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame({"closure_id": list(shapes), "from": "", "to": "", "reason": ""})
    table.index = pd.RangeIndex(2, 2 + len(table), name="row")
    return gpd.GeoDataFrame(table, geometry=list(shapes.values()), crs="EPSG:4326")


class Drawing:
    """A drawn network with places for villages and schools on it."""

    def __init__(self, folder: Path, nodes: str, ways: str, villages: str = "", schools: str = "") -> None:
        self.network = read_roads(write_osm(folder / "roads.osm", nodes, ways))
        self.villages, self.schools = points("village_id", villages), points("school_id", schools)
        names = {place(float(east), float(north)): name for name, east, north in map(str.split, nodes.splitlines())}
        self.node = [names[lat, lon] for lat, lon in zip(self.network.node_lat, self.network.node_lon, strict=True)]

    def pieces(self, *shapes: Any) -> tuple[set[str], list[Problem]]:
        """Pieces closed by a closure, named by their ends."""
        shape = shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
        closed, problems = closed_pieces(self.network, drawn_closures(c=shape), LIMIT_M, FILE)
        ends = ((self.node[self.network.start[i]], self.node[self.network.end[i]]) for i in closed["c"])
        return {"".join(sorted(pair)) for pair in ends}, problems

    def table(self, *shapes: Any) -> pd.DataFrame:
        closures = drawn_closures(**{f"c{i}": shape for i, shape in enumerate(shapes)})
        closed, problems = closed_pieces(self.network, closures, LIMIT_M, FILE)
        assert problems == []
        mask = piece_mask(self.network, closed.values())
        return distance_table(self.network, self.villages, self.schools, closed=mask if shapes else None)

    def metres(self, *shapes: Any) -> dict[str, int | None]:
        table = self.table(*shapes)
        pairs = table["village_id"] + table["school_id"]
        return {pair: None if pd.isna(m) else int(m) for pair, m in zip(pairs, table["road_m"], strict=True)}

    def effects(self, *shapes: Any, pupils: int = 7) -> dict[str, str]:
        """State of each pair that changes when every village has pupils at every school."""
        before, after = self.table(), self.table(*shapes)
        claims = before.rename(columns={"school_id": "host_id"}).assign(pupils=pupils)
        found = closure_effects(before, after, claims, SETTINGS)
        return dict(zip(found["village_id"] + found["host_id"], found["state"], strict=True))


# -- what is closed ----
#   A ──300── B ─20─ C ──400── D      B–C is a bridge
BRIDGE = ("A 0 0\nB 300 0\nC 320 0\nD 720 0", "A-B-C-D", "b 310 5\ne 500 5\nw 100 5", "S 0 0\nT 700 0")


def test_a_point_on_a_bridge_cuts_it(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, *BRIDGE)
    assert drawing.pieces(at((310, 8))) == ({"BC"}, [])
    assert drawing.metres() == {"bS": 310, "bT": 390, "eS": 500, "eT": 200, "wS": 100, "wT": 600}
    assert drawing.metres(at((310, 8))) == {"bS": None, "bT": None, "eS": None, "eT": 200, "wS": 100, "wT": None}


def test_who_is_on_the_closed_road_is_told_apart_from_who_is_beyond_it(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, *BRIDGE)
    assert drawing.effects(at((310, 8))) == {
        "bS": "village-on-closed-road",
        "bT": "village-on-closed-road",
        "eS": "cut-off",
        "wT": "cut-off",
    }


def test_a_school_on_the_closed_road_is_told_apart_from_a_village(tmp_path: Path) -> None:
    nodes, ways, villages, _ = BRIDGE
    drawing = Drawing(tmp_path, nodes, ways, villages, "S 0 0\nX 305 0")
    before, after = drawing.table(), drawing.table(at((310, 0)))
    claims = before.rename(columns={"school_id": "host_id"}).assign(pupils=1)
    found = closure_effects(before, after, claims, SETTINGS)
    assert dict(zip(found["village_id"] + found["host_id"], found["state"], strict=True)) == {
        "bS": "village-on-closed-road",
        "bX": "school-on-closed-road",
        "eS": "cut-off",
        "eX": "school-on-closed-road",
        "wX": "school-on-closed-road",
    }


def test_a_point_on_a_junction_closes_all_that_meet_there(tmp_path: Path) -> None:
    #        D            every arm has a node 100 from the middle
    #        d
    #   A a  X  b B
    #        c
    #        C
    nodes = "X 0 0\na -100 0\nA -400 0\nb 100 0\nB 400 0\nc 0 -100\nC 0 -400\nd 0 100\nD 0 400"
    drawing = Drawing(tmp_path, nodes, "A-a-X-b-B\nC-c-X-d-D")
    assert drawing.pieces(at((0.3, 0.2)))[0] == {"Xa", "Xb", "Xc", "Xd"}
    assert drawing.pieces(at((3, 0)))[0] == {"Xb"}
    assert drawing.pieces(at((3, 30)))[0] == {"Xd"}
    assert drawing.pieces(at((-100, 20)))[0] == {"Aa", "Xa"}
    assert drawing.pieces(shapely.MultiPoint([at((-250, 0)), at((0, 250))]))[0] == {"Aa", "Dd"}


#        E                   E–F crosses at B; B–G leaves at an angle
#   A ───B───C───D
#        F\G
STREET = ("A 0 0\nB 200 0\nC 500 0\nD 700 0\nE 200 150\nF 200 -12\nG 280 -60", "A-B-C-D\nE-B-F\nB-G")


def test_a_line_along_a_road_leaves_crossing_streets_open(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, *STREET)
    assert drawing.pieces(at((0, 0), (200, 0), (700, 0))) == ({"AB", "BC", "CD"}, [])
    # drawn by hand: 10 m aside, and beginning short of the junctions
    assert drawing.pieces(at((180, 10), (340, 6), (520, -9)))[0] == {"BC"}
    assert drawing.pieces(at((200, 150), (200, 5)))[0] == {"BE"}


def test_a_line_along_part_of_a_long_piece_closes_it(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, "A 0 0\nB 2000 0\nC 2500 0\nD 1000 400\nE 1000 -400", "A-B-C\nD-E")
    assert drawing.pieces(at((970, 3), (1030, 3)))[0] == {"AB"}
    assert drawing.pieces(at((1600, 0), (2400, 0)))[0] == {"AB", "BC"}
    # less than half of either: a line that runs a little past a junction does not close what follows
    assert drawing.pieces(at((0, 0), (2060, 0)))[0] == {"AB"}


def test_lines_of_one_closure_are_closed_together(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, *STREET)
    lines = shapely.MultiLineString([at((10, 0), (190, 0)), at((510, 0), (690, 0))])
    assert drawing.pieces(lines)[0] == {"AB", "CD"}


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (at((350, 60)), "เกิน 50 เมตร"),
        (at((350, 5_000)), "เกิน 50 เมตร"),
        (at((250, 40), (450, 40)), "ไม่ทอดไปตามถนน"),
        (at((400, -100), (400, 100)), "ไม่ทอดไปตามถนน"),
        (shapely.Point(0, 0), "เกิน 50 เมตร"),
        (shapely.Point(100.3, 9e9), "เกิน 50 เมตร"),
        (shapely.LineString([place(400, 0)[::-1]] * 2), "ไม่ทอดไปตามถนน"),
    ],
)
def test_a_closure_on_no_road_takes_nothing_out_and_says_so(tmp_path: Path, shape: Any, said: str) -> None:
    found, (problem,) = Drawing(tmp_path, *STREET).pieces(shape)
    assert found == set()
    assert (problem.severity, problem.rule, problem.file, problem.row) == ("warning", "closure-off-road", FILE, 2)
    assert (problem.column, problem.value) == ("closure_id", "c")
    assert said in problem.message
    assert problem.remedy


def test_a_closure_partly_on_no_road_closes_the_rest(tmp_path: Path) -> None:
    shape = shapely.MultiPoint([at((100, 0)), at((100, 900))])
    found, problems = Drawing(tmp_path, *STREET).pieces(shape)
    assert found == {"AB"}
    assert [p.rule for p in problems] == ["closure-off-road"]


@pytest.mark.parametrize("places", [[(100, 0)], [(10, 0), (190, 0)]])
def test_latitude_and_longitude_in_each_others_place_are_mended(tmp_path: Path, places: list[tuple[int, int]]) -> None:
    swapped = shapely.transform(at(*places), lambda lon_lat: lon_lat[:, ::-1])
    found, (problem,) = Drawing(tmp_path, *STREET).pieces(swapped)
    assert found == {"AB"}
    assert (problem.severity, problem.rule, problem.value) == ("warning", "swapped-point", "c")


def test_names_and_metres_of_closed_roads(tmp_path: Path) -> None:
    ways = "A-B-C-D name=สายหลัก highway=tertiary\nE-B-F\nB-G highway=track"
    network = Drawing(tmp_path, STREET[0], ways).network
    shapes = {"จุด": at((200, 0)), "เส้น": at((210, 0), (690, 0)), "ไกล": at((0, 9_000))}
    pieces, _ = closed_pieces(network, drawn_closures(**shapes), LIMIT_M, FILE)
    # at B: 200 + 300 + 150 + 12 + √(80² + 60²)
    assert closed_roads(network, pieces).values.tolist() == [
        ["จุด", "ถนนท้องถิ่น, ทางเกวียน, สายหลัก", 762],
        ["เส้น", "สายหลัก", 500],
        ["ไกล", "", 0],
    ]
    assert closed_roads(network, {}).empty


def test_wet_season_takes_out_tracks_or_all_that_is_unpaved(tmp_path: Path) -> None:
    ways = "A-B highway=track\nB-C surface=laterite\nC-D surface=asphalt\nD-E highway=track surface=asphalt"
    network = Drawing(tmp_path, "A 0 0\nB 100 0\nC 300 0\nD 700 0\nE 1500 0", ways).network

    def closed_m(*kinds: str) -> float:
        return float(network.length_m[wet_pieces(network, kinds)].sum())

    assert closed_m() == 0
    assert closed_m("track") == pytest.approx(900, abs=0.1)
    assert closed_m("unpaved") == pytest.approx(300, abs=0.1)
    assert closed_m("track", "unpaved") == pytest.approx(1_100, abs=0.1)


# -- whom it changes ----
#   P ─────720───── Q        a loop round the bridge, `high` metres to the north
#   A ─300─ B ─ C ─400─ D
def loop(folder: Path, high: int) -> Drawing:
    nodes, ways, villages, schools = BRIDGE
    return Drawing(folder, f"{nodes}\nP 0 {high}\nQ 720 {high}", f"{ways}\nA-P-Q-D", villages, schools)


def test_a_way_round_is_longer_and_may_change_the_band(tmp_path: Path) -> None:
    bridge = at((310, 0))
    # round: 220 + 500 + 720 + 500 from e to S, 100 + 500 + 720 + 500 + 20 from w to T
    near = loop(tmp_path, 500)
    assert near.metres(bridge) == {"bS": None, "bT": None, "eS": 1_940, "eT": 200, "wS": 100, "wT": 1_840}
    assert {state for pair, state in near.effects(bridge).items() if pair[0] != "b"} == {"longer"}
    far = loop(tmp_path, 1_200)
    assert far.metres(bridge)["eS"] == 3_340
    assert {pair: s for pair, s in far.effects(bridge).items() if pair[0] != "b"} == {
        "eS": "band-changes",
        "wT": "band-changes",
    }


def test_effects_in_pupils_bands_and_baht(tmp_path: Path) -> None:
    drawing = loop(tmp_path, 1_200)
    before, after = drawing.table(), drawing.table(at((310, 0)))
    claims = pd.DataFrame(
        [("e", "S", 3), ("e", "S", 4), ("e", "T", 5), ("w", "T", 0), ("b", "S", 2), ("", "S", 9), ("e", "-", 1)],
        columns=["village_id", "host_id", "pupils"],
    )
    found = closure_effects(before, after, claims, SETTINGS)
    assert list(found) == [
        "village_id", "host_id", "pupils", "road_m_before", "road_m_after", "band_before", "band_after",
        "baht_change", "state",
    ]  # fmt: skip
    assert found.astype(object).where(found.notna(), None).values.tolist() == [
        ["b", "S", 2, 310, None, 1, None, None, "village-on-closed-road"],
        ["e", "S", 7, 500, 3_340, 1, 2, 7 * 200 * 5, "band-changes"],
    ]
    counts = closure_summary(found)
    assert list(counts["state"]) == list(STATES)
    assert counts.astype(object).where(counts.notna(), None).values.tolist() == [
        ["longer", 0, 0, 0],
        ["band-changes", 1, 7, 7_000],
        ["cut-off", 0, 0, 0],
        ["village-on-closed-road", 1, 2, None],
        ["school-on-closed-road", 0, 0, 0],
    ]


def test_nothing_closed_changes_nothing(tmp_path: Path) -> None:
    drawing = loop(tmp_path, 500)
    assert drawing.effects() == {}
    claims = drawing.table().rename(columns={"school_id": "host_id"}).assign(pupils=1)
    none = closure_effects(drawing.table(), drawing.table(), claims[:0], SETTINGS)
    assert none.empty
    assert closure_summary(none)[["villages", "pupils", "baht_change"]].sum().tolist() == [0, 0, 0]


def test_pupils_with_home_points_are_told_apart_by_their_key(tmp_path: Path) -> None:
    drawing = Drawing(tmp_path, *BRIDGE)
    homes = drawing.villages.rename(columns={"village_id": "student_key"})
    closed, _ = closed_pieces(drawing.network, drawn_closures(c=at((310, 0))), LIMIT_M, FILE)
    before, after = (
        distance_table(drawing.network, homes, drawing.schools, key="student_key", closed=mask)
        for mask in (None, piece_mask(drawing.network, closed.values()))
    )
    claims = pd.DataFrame({"student_key": ["e", "w"], "host_id": ["S", "S"], "pupils": [1, 1]})
    found = closure_effects(before, after, claims, SETTINGS, key="student_key")
    assert found[["student_key", "state"]].values.tolist() == [["e", "cut-off"]]
    assert closure_summary(found)["villages"].tolist() == [0, 0, 1, 0, 0]


def test_a_closure_in_the_middle_of_a_long_chain(tmp_path: Path) -> None:
    #   S ─ 0 ─ 1 ─ 2 ─ 3 ─ 4 ─ 5 ─ 6 ─ T      100 apart, S and T joined by a road 2,000 to the south
    nodes = "\n".join(f"{name} {i * 100} 0" for i, name in enumerate("S0123456T"))
    corners = "\nU 0 -2000\nV 800 -2000"
    villages = "v1 250 5\nv2 399 5\nv3 400 5\nv4 450 5\nv5 500 5\nv6 501 5"
    drawing = Drawing(tmp_path, nodes + corners, "S-0-1-2-3-4-5-6-T\nS-U-V-T", villages, "S 0 0\nT 800 0")
    gap = at((450, 0))
    assert drawing.pieces(gap)[0] == {"34"}
    found = drawing.metres(gap)
    # S–T round the south is 4,800
    assert {pair: found[pair] for pair in ("v1S", "v1T", "v2S", "v3S", "v3T")} == {
        "v1S": 250, "v1T": 5_050, "v2S": 399, "v3S": 400, "v3T": 5_200,
    }  # fmt: skip
    assert (found["v4S"], found["v4T"]) == (None, None)
    assert {pair: found[pair] for pair in ("v5T", "v5S", "v6T", "v6S")} == {
        "v5T": 300, "v5S": 5_100, "v6T": 299, "v6S": 5_099,
    }  # fmt: skip
    assert drawing.effects(gap)["v4S"] == "village-on-closed-road"
    # two gaps: who lives between them is cut off without living on either
    assert drawing.effects(gap, at((250, 0)))["v2S"] == "cut-off"


def test_a_one_way_ring_with_a_gap(tmp_path: Path) -> None:
    #   D ◁── C
    #   v      ∧     one way, anticlockwise; 400 wide, 300 high
    #   A ──▷ B
    nodes = "A 0 0\nB 400 0\nC 400 300\nD 0 300"
    drawing = Drawing(tmp_path, nodes, "A-B-C-D-A oneway=yes", "v 200 0\nw 200 300", "S 0 150")
    assert drawing.metres() == {"vS": 1_050, "wS": 350}
    assert drawing.metres(at((400, 100))) == {"vS": None, "wS": 350}
    assert drawing.effects(at((400, 100))) == {"vS": "cut-off"}
    assert drawing.metres(at((200, 0))) == {"vS": None, "wS": 350}
    assert drawing.effects(at((200, 0))) == {"vS": "village-on-closed-road"}


# -- when it counts ----
@pytest.mark.parametrize(
    ("begin", "end", "counts"),
    [
        # Fiscal year 2570 pays 1 Nov 2026 – 1 Apr 2027 (152 days) and 16 May – 11 Oct 2027 (149): half are 76 and 75.
        ("2027-01-16", "2027-07-29", True),
        ("2027-01-17", "2027-07-29", False),
        ("2027-01-16", "2027-07-28", False),
        ("2026-11-01", "2027-04-01", False),  # one term only
        ("2027-05-16", "2027-10-11", False),
        ("2026-11-20", "2026-11-26", False),
        ("2020-01-01", "2031-01-01", True),
        ("2026-05-16", "2026-10-11", False),  # a term that the fiscal year before paid
        ("2027-11-01", "2028-04-01", False),
        ("2027-01-16", "", True),
        ("2027-01-17", "", False),
        ("", "2027-07-29", True),
        ("", "2027-07-28", False),
        ("", "", True),
        ("wet-season", "wet-season", False),
    ],
)
def test_what_counts_is_closed_for_half_of_both_terms_that_are_paid(begin: str, end: str, counts: bool) -> None:
    closures = pd.DataFrame({"from": ["", begin], "to": ["", end]})
    policy = load_policy()
    assert policy.fiscal_year == 2570
    assert in_force(closures, policy).tolist() == [True, counts]


@pytest.mark.parametrize(
    ("percent", "end", "counts"),
    [(1, "2027-05-17", True), (1, "2027-05-16", False), (100, "2027-10-11", True), (100, "2027-10-10", False)],
)
def test_the_share_of_the_terms_is_the_offices(tmp_path: Path, percent: int, end: str, counts: bool) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(f"settings:\n  closure_min_percent: {{value: {percent}}}\n", "utf-8")
    closures = pd.DataFrame({"from": ["2026-11-01"], "to": [end]})
    assert in_force(closures, load_policy(path)).tolist() == [counts]


# -- files ----
HEADS = ["closure_id", "from", "to", "reason"]
ROWS = [["สะพานน้ำริน", "2026-09-01", "2026-11-30", "น้ำท่วม"], ["ดินถล่ม", "wet-season", "", "ดินถล่ม"]]
SHAPES = [shapely.Point(100.4, 16.8), shapely.LineString([(100.4, 16.8), (100.5, 16.9)])]


def assert_read(path: Path, *, rows: tuple[int, int] = (1, 2)) -> None:
    found, problems = read_closures(path, f"inputs/{path.name}")
    assert problems == []
    assert list(found) == [*HEADS, "geometry"]
    assert found.crs == "EPSG:4326"
    assert found.index.tolist() == list(rows)
    assert found[HEADS].values.tolist() == [ROWS[0], ["ดินถล่ม", "wet-season", "wet-season", "ดินถล่ม"]]
    assert shapely.equals_exact(found.geometry.to_numpy(), SHAPES, tolerance=1e-8).all()


def drawn_file() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(ROWS, columns=HEADS), geometry=SHAPES, crs="EPSG:4326")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_tables_of_lines_and_points(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"closures{suffix}"
    table = pd.DataFrame(
        [[*ROWS[0], "16.8", "๑๐๐.๔", ""], ["ดินถล่ม", "", "ฤดูฝน", "ดินถล่ม", "", "", SHAPES[1].wkt]],
        columns=["รหัสการปิดถนน", "ปิดตั้งแต่", "ปิดถึง", "สาเหตุ", "ละติจูด", "ลองจิจูด", "wkt"],
    ).replace({"2026-09-01": "1/9/2569"})
    if suffix == ".csv":
        table.replace("๑๐๐.๔", "100.4").to_csv(path, index=False, encoding="utf-8-sig")
    else:
        table.replace("๑๐๐.๔", 100.4).to_excel(path, index=False)
    assert_read(path, rows=(2, 3))


@pytest.mark.parametrize("suffix", [".geojson", ".json", ".gpkg"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32647"])
def test_map_files(tmp_path: Path, suffix: str, crs: str) -> None:
    path = tmp_path / f"closures{suffix}"
    driver = "GPKG" if suffix == ".gpkg" else "GeoJSON"
    drawn_file().to_crs(crs).assign(fid_=[None, None], lat="-").to_file(path, driver=driver)
    assert_read(path)


def test_map_file_with_thai_heads_days_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "closures.gpkg"
    table = pd.DataFrame(
        {"รหัสการปิดถนน": [7.0, 8.0], "ปิดตั้งแต่": pd.to_datetime(["2569-09-01", None], format="%Y-%m-%d"), "x": [1, 2]}
    )
    gpd.GeoDataFrame(table, geometry=SHAPES, crs="EPSG:4326").to_file(path)
    found, problems = read_closures(path, "inputs/closures.gpkg")
    assert problems == []
    assert found[["closure_id", "from", "to"]].values.tolist() == [["7", "2026-09-01", ""], ["8", "", ""]]


def test_geopackage_with_several_layers_and_a_table_of_styles(tmp_path: Path) -> None:
    path = tmp_path / "closures.gpkg"
    drawn = drawn_file()
    drawn[:1].to_file(path, layer="จุด")
    drawn[1:].to_crs("EPSG:32647").to_file(path, layer="เส้น")
    pyogrio.write_dataframe(pd.DataFrame({"style": ["red"]}), path, layer="layer_styles")
    assert_read(path)


@pytest.mark.parametrize("suffix", [".shp", ".zip"])
def test_shapefiles(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "closures.shp"
    line = gpd.GeoDataFrame({"closure_id": [9], "from": ["1/9/2569"]}, geometry=SHAPES[1:], crs="EPSG:32647")
    line = line.set_geometry(gpd.GeoSeries(SHAPES[1:], crs="EPSG:4326").to_crs("EPSG:32647"))
    line.to_file(path, encoding="utf-8")
    if suffix == ".zip":
        with zipfile.ZipFile(tmp_path / "closures.zip", "w") as archive:
            for part in sorted(tmp_path.glob("closures.[!z]*")):
                archive.write(part, part.name)
        for part in tmp_path.glob("closures.[!z]*"):
            part.unlink()
    chosen = find_closures(tmp_path)
    assert chosen == tmp_path / f"closures{suffix}"
    found, problems = read_closures(chosen, "inputs/closures.shp")
    assert problems == []
    assert found[["closure_id", "from"]].values.tolist() == [["9", "2026-09-01"]]
    assert shapely.equals_exact(found.geometry.iloc[0], SHAPES[1], tolerance=1e-8)


_KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>ถนนปิด</name>
<Placemark><name>สะพานน้ำริน</name><description>น้ำท่วม</description>
<Point><coordinates>100.4,16.8,0</coordinates></Point></Placemark>
<Folder><name>เส้น</name><Placemark><name>เส้น 1</name>
<ExtendedData><Data name="closure_id"><value>ดินถล่ม</value></Data>
<Data name="from"><value>ฤดูฝน</value></Data></ExtendedData>
<LineString><coordinates>100.4,16.8,0 100.5,16.9,0</coordinates></LineString></Placemark></Folder>
</Document></kml>"""


def test_placemarks_of_google_earth(tmp_path: Path) -> None:
    path = tmp_path / "closures.kml"
    path.write_text(_KML.replace("closure_id", "p").replace('"from"', '"q"'), "utf-8")
    found, problems = read_closures(path, "inputs/closures.kml")
    assert [(p.rule, p.column) for p in problems] == [("unknown-column", "p"), ("unknown-column", "q")]
    assert found[HEADS].values.tolist() == [["สะพานน้ำริน", "", "", "น้ำท่วม"], ["เส้น 1", "", "", ""]]
    assert shapely.equals(found.geometry.to_numpy(), SHAPES).all()
    # A column that says what it is stands before the names that every placemark has.
    path.write_text(_KML, "utf-8")
    found, problems = read_closures(path, "inputs/closures.kml")
    assert found["closure_id"].tolist() == ["ดินถล่ม"]
    assert found["from"].tolist() == ["wet-season"]
    assert [(p.rule, p.row) for p in problems] == [("repeated-column", 1), ("missing", 1)]


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        (["", "", "", "", "16.8", "100.4", ""], "missing", "closure_id"),
        (["c", "", "", "", "", "", ""], "no-place", "wkt"),
        (["c", "", "", "", "16.8", "", ""], "no-place", "wkt"),
        (["c", "กันยา", "", "", "16.8", "100.4", ""], "bad-day_or_season", "from"),
        (["c", "", "", "", "16.8E", "100.4", ""], "bad-lat", "lat"),
        (["c", "", "", "", "", "", "LINESTRING (1 2"], "bad-wkt", "wkt"),
        (["c", "2026-09-02", "2026-09-01", "", "16.8", "100.4", ""], "backwards-dates", "to"),
        (["c", "wet-season", "2026-09-01", "", "16.8", "100.4", ""], "mixed-season", "to"),
        (["ก", "", "", "", "16.8", "100.4", ""], "duplicate-key", "closure_id"),
    ],
)
def test_rows_that_cannot_be_used_are_set_aside(tmp_path: Path, cells: list[str], rule: str, column: str) -> None:
    path = tmp_path / "closures.csv"
    good = ["ก", "2026-09-01", "2026-09-01", "", "16.8", "100.4", ""]
    table = pd.DataFrame([good, cells, ["ข", *good[1:]]], columns=[*HEADS, "lat", "lon", "wkt"])
    table.to_csv(path, index=False)
    found, (problem,) = read_closures(path, FILE)
    assert found.index.tolist() == [2, 4]
    assert found["closure_id"].tolist() == ["ก", "ข"]
    assert (problem.severity, problem.rule, problem.file, problem.row, problem.column) == (
        "error", rule, FILE, 3, column,
    )  # fmt: skip
    assert problem.message
    assert problem.remedy


def test_a_polygon_of_a_map_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "closures.geojson"
    drawn = drawn_file()
    drawn.geometry = [SHAPES[0].buffer(0.01), SHAPES[1]]
    drawn.to_file(path)
    found, problems = read_closures(path, "inputs/closures.geojson")
    assert found["closure_id"].tolist() == ["ดินถล่ม"]
    assert [(p.rule, p.row) for p in problems] == [("bad-wkt", 1)]


def test_a_table_without_rows_closes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "closures.csv"
    path.write_text("closure_id,lat,lon\n", "utf-8")
    found, problems = read_closures(path, FILE)
    assert found.empty
    assert [p.rule for p in problems] == ["empty-table"]
    network = Drawing(tmp_path, *STREET).network
    assert closed_pieces(network, found, LIMIT_M, FILE) == ({}, [])
    assert in_force(found, load_policy()).tolist() == []
    assert not piece_mask(network, []).any()


@pytest.mark.parametrize("name", ["closures.geojson", "closures.gpkg", "closures.kml", "closures.shp", "closures.zip"])
def test_a_map_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not a map")
    with pytest.raises(DataError) as caught:
        read_closures(path, f"inputs/{name}")
    assert f"inputs/{name}" in caught.value.thai
    assert f"inputs/{name}" in caught.value.english


def test_a_map_file_without_a_coordinate_system_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "closures.shp"
    drawn_file()[:1].to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(DataError, match="ระบบพิกัด"):
        read_closures(path, "inputs/closures.shp")


def test_a_map_file_without_names_is_refused_by_the_column(tmp_path: Path) -> None:
    path = tmp_path / "closures.geojson"
    drawn_file().drop(columns="closure_id").to_file(path)
    with pytest.raises(TableError, match="รหัสการปิดถนน"):
        read_closures(path, "inputs/closures.geojson")


def test_the_file_is_found_and_two_are_refused(tmp_path: Path) -> None:
    assert find_closures(tmp_path) is None
    (tmp_path / "closures.gpkg").touch()
    (tmp_path / "closures.dbf").touch()
    assert find_closures(tmp_path) == tmp_path / "closures.gpkg"
    (tmp_path / "closures.csv").touch()
    with pytest.raises(DataError, match=r"closures\.csv และ closures\.gpkg"):
        find_closures(tmp_path)


# -- against another answer ----
def oracle_metres(
    pieces: oracle.Pieces, villages: pd.DataFrame, schools: pd.DataFrame, closed: set[int]
) -> dict[tuple[str, str], set[float]]:
    """Possible distances of every pair when the closed spans are taken out after the feet were put down."""
    homes = {f"v:{v}": (lon, lat) for v, lat, lon in villages.itertuples(index=False)}
    targets = {f"s:{s}": (lon, lat) for s, lat, lon in schools.itertuples(index=False)}
    graph, feet, _ = oracle._split(pieces, homes | targets)
    spans = spans_of(pieces)

    def shut(one: Any, other: Any) -> bool:
        return any((isinstance(end, oracle.Foot) and end.span in closed) for end in (one, other)) or any(
            {one, other} == set(spans[span]) for span in closed
        )

    graph.remove_edges_from([edge for edge in graph.edges(keys=True) if shut(*edge[:2])])
    backwards = graph.reverse(copy=False)
    found = {}
    for school in targets:
        ways = [nx.single_source_dijkstra_path_length(backwards, foot, weight="metres") for foot in feet[school]]
        for home in homes:
            found[home[2:], school[2:]] = {way.get(foot, math.inf) for way in ways for foot in feet[home]}
    return found


def spans_of(pieces: oracle.Pieces) -> list[tuple[Any, Any]]:
    return sorted({tuple(sorted(pair, key=repr)) for pair in pieces.directed}, key=repr)  # type: ignore[misc]


def span_numbers(network: RoadNetwork, pieces: oracle.Pieces) -> list[int]:
    """Number of the oracle's span of each piece, told by the places of its ends."""
    numbers = {frozenset(pieces.lonlat[node] for node in span): i for i, span in enumerate(spans_of(pieces))}
    lon_lat = np.column_stack([network.node_lon, network.node_lat]).round(7)
    return [
        numbers[frozenset((tuple(lon_lat[a].tolist()), tuple(lon_lat[b].tolist())))]
        for a, b in zip(network.start, network.end, strict=True)
    ]


spots = st.tuples(st.integers(0, 5), st.integers(0, 5))


@settings(max_examples=60)
@given(data=st.data(), where=st.lists(spots, min_size=3, max_size=12, unique=True))
def test_closing_never_shortens_and_moves_no_foot(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, where: list[tuple[int, int]]
) -> None:
    # A quarter of a metre off the grid, so that few places are equally near to two roads.
    located = {f"n{i}": place(x * 70 + i / 4, y * 70 - i / 4) for i, (x, y) in enumerate(where)}
    routes = st.lists(st.sampled_from(sorted(located)), min_size=2, max_size=5)
    tags: st.SearchStrategy[dict[str, str]] = st.sampled_from([{}, {}, {"oneway": "yes"}])
    ways = data.draw(st.lists(st.tuples(routes, tags), min_size=1, max_size=8))
    path = write_osm_tables(tmp_path_factory.mktemp("roads") / "roads.osm", located, ways)
    pieces = oracle.read(path)
    if not pieces.directed:
        return
    network = read_roads(path)
    numbers = span_numbers(network, pieces)
    size = len(numbers)

    def along(kind: str, fractions: list[float]) -> pd.DataFrame:
        on = st.tuples(st.integers(0, size - 1), st.sampled_from(fractions))
        rows = []
        for i, (piece, part) in enumerate(data.draw(st.lists(on, min_size=1, max_size=4))):
            a, b = network.start[piece], network.end[piece]
            lat, lon = (
                float(degrees[a] * (1 - part) + degrees[b] * part) for degrees in (network.node_lat, network.node_lon)
            )
            rows.append((f"{kind[0]}{i}", lat, lon))
        return pd.DataFrame(rows, columns=[kind, "lat", "lon"])

    villages, schools = along("village_id", [0.0, 0.3, 0.6, 1.0]), along("school_id", [0.0, 0.4, 0.7, 1.0])
    shut = data.draw(st.sets(st.integers(0, size - 1), max_size=4))
    before = distance_table(network, villages, schools)
    after = distance_table(network, villages, schools, closed=piece_mask(network, [np.array(sorted(shut), int)]))
    feet = ["village_id", "school_id", "snap_village_m", "snap_school_m"]
    pd.testing.assert_frame_equal(before[feet], after[feet])
    still = after["reachable"]
    assert (before["reachable"] | ~still).all()
    assert (after.loc[still, "road_m"] >= before.loc[still, "road_m"]).all()
    possible = oracle_metres(pieces, villages, schools, {numbers[i] for i in shut})
    for row in after.to_dict("records"):
        pair = row["village_id"], row["school_id"]
        metres = math.inf if pd.isna(row["road_m"]) else float(row["road_m"])
        if 0.0 in possible[pair]:
            continue  # home and school at one place, which is a question of its own when that place is closed
        assert any(metres == m or abs(metres - m) <= 0.501 for m in possible[pair]), (pair, metres, possible[pair])


def test_points_of_a_sample_office_close_what_they_lie_on(sample: Path) -> None:
    network = read_roads(next((sample / "inputs").glob("roads.*")))
    rng = np.random.default_rng(2570)
    chosen = rng.choice(len(network.start), 40, replace=False)
    a, b = network.start[chosen], network.end[chosen]
    ends = np.stack([network.node_lon[[a, b]], network.node_lat[[a, b]]], axis=-1).swapaxes(0, 1)
    for shapes in (shapely.points(ends.mean(axis=1)), shapely.linestrings(ends)):
        closures = drawn_closures(**{str(i): shape for i, shape in enumerate(shapes)})
        pieces, problems = closed_pieces(network, closures, LIMIT_M, FILE)
        assert problems == []
        for piece, found in zip(chosen, pieces.values(), strict=True):
            assert piece in found
            assert list(found) == sorted(set(found.tolist()))
    assert list(itertools.chain.from_iterable(p.tolist() for p in pieces.values()))


def test_a_list_among_the_properties_is_text_like_any_other(tmp_path: Path) -> None:
    feature = '{"type": "Feature", "properties": {"closure_id": "a", "seen": [1, 2], "from": null}, "geometry": '
    feature += '{"type": "Point", "coordinates": [100.4, 16.8]}}'
    path = tmp_path / "closures.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": [{feature}]}}', "utf-8")
    table, problems = read_closures(path, FILE)
    assert table["closure_id"].tolist() == ["a"]
    assert [problem.column for problem in problems] == ["seen"]


def test_begin_and_end_of_a_map_program_are_dates(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"closure_id": ["a"], "begin": ["2026-11-20"], "end": ["2026-11-25"]}, geometry=[SHAPES[0]], crs=4326
    )
    frame.to_file(tmp_path / "closures.geojson")
    table, _ = read_closures(tmp_path / "closures.geojson", FILE)
    assert table[["from", "to"]].to_numpy().tolist() == [["2026-11-20", "2026-11-25"]]

"""The content of a plan: moves, ways and both rounds, by hand on one road."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from docx import Document
from drawn import place
from pyproj import Geod
from small_office import files_in, merge, read_rows, write_small_office

from restructure import find_scenario, measure, open_cycle, write_outcome, write_plan
from restructure.plan import Plan, draft
from restructure.thai import Term

# place on the road:   H1 0   V1 2,000   A 2,500   B 6,000   V2 7,000   C 12,000   V3 12,500   H2 20,000   VI: an island
#
# In force: A → H1 existing since 1/2560. The plan: B P1–P3 → H1 and P4–P6 → H2 from 1/2570; C → H1 to learn together
# from 1/2570, dissolved into H2 from 1/2571.
#
#     who           to H1    to H2     baht a day
#     A P1 V1 ×6    2,000              10           in force: 6,000 a round
#     B P1 V2 ×4    7,000              15           12,000 a year, 6,000 in May
#     B P2 VI ×1        –
#     B P5 V2 ×2             13,000    20            8,000 a year, 4,000 in May
#     C P1 V3 ×5   12,500     7,500    20, 15       15,000 a year at H2; in May still at H1: 10,000
OFFICE: dict[str, Any] = {
    "schools": "H1 0 K1-P6 rooms=6\nA 2500 P1-P6\nB 6000 P1-P6\nC 12000 P1-P6\nH2 20000 P1-P6 rooms=6",
    "villages": "V1 2000\nV2 7000\nV3 12500\nVI 7000,5000",
    "students": "A P1 V1 6\nB P1 V2 4\nB P2 VI 1\nB P5 V2 2\nC P1 V3 5\nH1 P1 V1 30",
    "mergers": "A P1-P6 1/2560 H1 learn-together existing",
    "ceilings": {"november": 5_000, "may": 99_000},
    "scenarios": {
        "x": [
            merge("B", "H1", grades="P1-P3", programme="second-decade"),
            merge("B", "H2", grades="P4-P6", programme="second-decade"),
            merge("C", "H1"),
            merge("C", "H2", kind="dissolve", from_term="1/2571"),
        ]
    },
}


def draft_of(folder: Path, stem: str | None = None) -> Plan:
    measured = measure(open_cycle(folder))
    cycle = measured.cycle
    scenario = find_scenario(folder, stem)
    return draft(
        scenario, cycle.tables, cycle.network, measured.distances, measured.homes, cycle.policy, measured.problems, {}
    )


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return draft_of(write_small_office(tmp_path_factory.mktemp("plan"), **OFFICE))


def test_moves(plan: Plan) -> None:
    columns = ["school_id", "host_id", "grades", "kind", "programme", "from_term", "pupils", "unreachable"]
    columns += ["median_m", "max_m", "baht"]
    table = plan.moves[columns].astype(object)
    assert list(table.where(table.notna(), None).itertuples(index=False, name=None)) == [
        ("B", "H1", "P1-P3", "learn-together", "second-decade", "1/2570", 5, 1, 7_000, 7_000, 12_000),
        ("B", "H2", "P4-P6", "learn-together", "second-decade", "1/2570", 2, 0, 13_000, 13_000, 8_000),
        # A later entry of the plan takes C on to H2: each child is counted where it ends up.
        ("C", "H1", "P1-P6", "learn-together", "unspecified", "1/2570", 0, 0, None, None, 0),
        ("C", "H2", "P1-P6", "dissolve", "unspecified", "1/2571", 5, 0, 7_500, 7_500, 15_000),
    ]
    assert plan.moves["host_name"].tolist() == ["โรงเรียนH1", "โรงเรียนH2", "โรงเรียนH1", "โรงเรียนH2"]


def test_moves_add_up_to_the_summary(plan: Plan) -> None:
    summary = plan.outcome.summary
    assert int(plan.moves["pupils"].sum()) == summary["pupils_moved"] == 12
    assert int(plan.moves["unreachable"].sum()) == summary["unreachable"] == 1
    assert int(plan.moves["baht"].sum()) == summary["baht_per_year"] == 35_000


def test_phases_to_one_host_are_counted_once(tmp_path: Path) -> None:
    merges = [merge("C", "H1"), merge("C", "H1", kind="dissolve", from_term="1/2571")]
    plan = draft_of(write_small_office(tmp_path, **OFFICE | {"scenarios": {"x": merges}}))
    assert plan.moves[["kind", "pupils", "baht"]].values.tolist() == [["dissolve", 5, 20_000], ["learn-together", 0, 0]]
    assert plan.outcome.summary["pupils_moved"] == 5


@pytest.mark.parametrize(
    ("name", "term", "need", "with_plan", "ceiling", "allocated"),
    [
        ("november", Term(2569, 2), 6_000, 6_000, 5_000, 5_000),
        ("may", Term(2570, 1), 6_000, 6_000 + 6_000 + 4_000 + 10_000, 99_000, 6_000),
    ],
)
def test_rounds(plan: Plan, name: str, term: Term, need: int, with_plan: int, ceiling: int, allocated: int) -> None:
    """The plan does not change what is allocated: that rests on the mergers in force."""
    (budget,) = [budget for budget in plan.rounds if budget.name == name]
    assert budget.term == term
    assert int(budget.needed["baht"].sum()) == need
    assert int(budget.needed_with_plan["baht"].sum()) == with_plan
    assert budget.ceiling_baht == ceiling
    assert int(budget.allocation["allocated_baht"].sum()) == allocated
    assert budget.allocation["school_id"].tolist() == ["A"]


def test_ways_are_the_roads_that_were_measured(plan: Plan) -> None:
    """Each line is as long as the distance, begins near the village and ends near the host; none for the island."""
    ways = plan.ways.set_index(["village_id", "host_id"])
    assert ways.crs == "EPSG:4326"
    assert ways[["road_m", "pupils", "band"]].astype(int).to_dict("index") == {
        ("V2", "H1"): {"road_m": 7_000, "pupils": 4, "band": 2},
        ("V2", "H2"): {"road_m": 13_000, "pupils": 2, "band": 3},
        ("V3", "H2"): {"road_m": 7_500, "pupils": 5, "band": 2},
    }
    geod = Geod(ellps="WGS84")
    for way in ways.itertuples():
        assert geod.geometry_length(way.geometry) == pytest.approx(way.road_m, abs=0.6)


def test_no_way_leads_to_the_door_of_a_home(tmp_path: Path) -> None:
    changed = {
        "student_head": "school_id grade village_id student_key lat lon",
        "students": "B P1 . k1 16.8 100.35\nB P1 V2 k2 16.8 100.35\nB P1 V2 k3 . .",
    }
    plan = draft_of(write_small_office(tmp_path, **OFFICE | changed))
    assert plan.outcome.summary["pupils_moved"] == 3
    assert set(plan.ways["village_id"]) <= {"V2"}
    ends = [point for way in plan.ways.geometry for point in way.coords]
    assert all(abs(lon - 100.35) > 1e-4 for lon, _ in ends)


@pytest.mark.parametrize("mergers", ["", OFFICE["mergers"]], ids=["without-mergers", "with-mergers"])
def test_the_present_state_is_a_plan_too(tmp_path: Path, mergers: str) -> None:
    plan = draft_of(write_small_office(tmp_path, **OFFICE | {"scenarios": None, "mergers": mergers}))
    assert plan.scenario.stem == "present"
    assert plan.moves.empty
    assert plan.ways.empty
    assert plan.outcome.summary["pupils_moved"] == 0
    for budget in plan.rounds:
        pd.testing.assert_frame_equal(budget.needed, budget.needed_with_plan)


# -- on disk ----
@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_office(tmp_path_factory.mktemp("made") / "office", **OFFICE)
    write_plan(measure(open_cycle(folder)), find_scenario(folder))
    return folder


@pytest.mark.parametrize(
    ("path", "magic"),
    [
        ("plan/plan.docx", b"PK"), ("plan/annexes.xlsx", b"PK"), ("plan/map.html", b"<"), ("plan/map-a3.pdf", b"%PDF"),
        ("plan/map-a3.png", b"\x89PNG"), ("cycle.gpkg", b"SQLite"), ("manifest.json", b"{"),
        ("problems.csv", b"\xef\xbb\xbf"), ("scenarios/x/summary.json", b"{"),
        ("scenarios/x/subsidy.csv", b"\xef\xbb\xbf"),
    ],
)  # fmt: skip
def test_what_a_plan_leaves(made: Path, path: str, magic: bytes) -> None:
    assert (made / "outputs" / path).read_bytes().startswith(magic)


def test_a_plan_leaves_the_same_outcome_as_simulate(made: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(made, tmp_path / "other", ignore=shutil.ignore_patterns("outputs")))
    write_outcome(measure(open_cycle(other)), find_scenario(other))
    first, second = (files_in(f / "outputs" / "scenarios") for f in (made, other))
    assert first == second
    summary = json.loads(first["x/summary.json"])
    paid = [int(row["baht"]) for row in read_rows(made / "outputs" / "scenarios" / "x" / "subsidy.csv") if row["baht"]]
    assert sum(paid) == summary["baht_per_year"] == 35_000


def test_the_paper_compares_the_other_scenarios_that_can_be_worked_out(tmp_path: Path) -> None:
    scenarios = OFFICE["scenarios"] | {"y": [merge("C", "H2")], "z": [merge("C", "H2"), merge("H2", "H1")]}
    folder = write_small_office(tmp_path, **OFFICE | {"scenarios": scenarios})
    (folder / "scenarios" / "half-written.yaml").write_text("name: [", "utf-8")
    write_plan(measure(open_cycle(folder)), find_scenario(folder, "x"))
    tables = Document(str(folder / "outputs" / "plan" / "plan.docx")).tables
    heads = [[cell.text for cell in table.rows[0].cells] for table in tables]
    # z sends pupils to a host that itself moves them away.
    assert [row for row in heads if row[-1] == "หน่วย" and len(row) == 5] == [
        [*("รายการ", "สภาพปัจจุบัน (ไม่รวมเพิ่ม)", "ทางเลือก (x)", "ทางเลือก (y)", "หน่วย")]
    ]


def test_two_plans_of_the_same_inputs_agree(made: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(made, tmp_path / "other", ignore=shutil.ignore_patterns("outputs")))
    write_plan(measure(open_cycle(other)), find_scenario(other))
    first, second = files_in(made / "outputs"), files_in(other / "outputs")
    assert set(first) == set(second)
    for path in first:
        if path.endswith((".csv", ".json", ".parquet", ".html")) and path != "manifest.json":
            assert first[path] == second[path], path
    for path, data in [(p, d) for p, d in first.items() if p == "manifest.json"]:
        mine, other_one = json.loads(data), json.loads(second[path])
        for manifest in (mine, other_one):
            manifest["made"] = ""
            manifest["steps"] = {name: step | {"made": ""} for name, step in manifest["steps"].items()}
        assert mine == other_one


def test_a_home_point_is_in_no_file_of_the_plan(tmp_path: Path) -> None:
    """Text of every file, unpacked where it is an archive, and every coordinate of the maps.

    The home has digits that nothing else has and lies 100 m off the road, so that no way touches it.
    """
    home_lat, home_lon = place(2345.6, 100)
    changed = {
        "student_head": "school_id grade village_id student_key lat lon name",
        "students": f"B P1 V2 pupilkey1 {home_lat} {home_lon} เด็กชายสมมุติ",
    }
    folder = write_small_office(tmp_path, **OFFICE | changed)
    plan = write_plan(measure(open_cycle(folder)), find_scenario(folder))
    assert plan.outcome.summary["pupils_moved"] == 1
    assert plan.ways.empty, "the way of a home leads to its door"
    files = [path for path in sorted((folder / "outputs").rglob("*")) if path.is_file()]
    assert {"plan.docx", "annexes.xlsx", "map.html", "map-a3.pdf", "map-a3.png", "cycle.gpkg"} <= {
        p.name for p in files
    }
    for path in files:
        data = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                data += b"".join(archive.read(name) for name in archive.namelist())
        for secret in (f"{home_lat:.5f}"[:-1], f"{home_lon:.5f}"[:-1], "เด็กชายสมมุติ", "pupilkey"):
            assert secret.encode() not in data, (path, secret)

    def near(lon: float, lat: float) -> bool:
        return abs(lon - home_lon) < 2e-5 and abs(lat - home_lat) < 2e-5

    for layer in ("schools", "villages", "moves", "routes"):
        shapes = gpd.read_file(folder / "outputs" / "cycle.gpkg", layer=layer).geometry.dropna()
        points = [xy for shape in shapes for xy in shapely.get_coordinates(shape).tolist()]
        assert not any(near(*xy) for xy in points), layer
    page = (folder / "outputs" / "plan" / "map.html").read_text("utf-8")
    assert not any(near(lon, lat) for lat, lon in numbers_in_pairs(page))


def numbers_in_pairs(page: str) -> list[tuple[float, float]]:
    """Every point of the page's data: plain pairs of degrees, and lines of whole steps of 1e-5 degree."""
    data = json.loads(re.search(r"<script[^>]*application/json[^>]*>(.*?)</script>", page, re.DOTALL)[1])
    points: list[tuple[float, float]] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list) and value and all(isinstance(v, (int, float)) for v in value):
            if len(value) == 2:
                points.append((value[0], value[1]))
            lat = lon = 0
            for step_lat, step_lon in zip(value[::2], value[1::2], strict=False):
                lat, lon = lat + step_lat, lon + step_lon
                points.append((lat / 1e5, lon / 1e5))
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(data)
    assert len(points) > 4
    return points

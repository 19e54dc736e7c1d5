"""Two real places as offices: roads, villages and schools from OpenStreetMap, pupils by a stated rule."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import osmium
import pandas as pd
import pytest
import yaml
from conftest import SHARED
from small_office import MERGER_HEAD, SCHOOL_HEAD, VILLAGE_HEAD, merge, read_rows, write_rows, write_scenario

from restructure.cli import main

PLACES = ["andorra", "liechtenstein"]
GRADES = ["K2", "K3", "P1", "P2", "P3", "P4", "P5", "P6"]
HOMES = {"city", "town", "village", "hamlet", "locality", "neighbourhood", "suburb"}
Points = dict[str, tuple[float, float]]

pytestmark = [pytest.mark.soak, pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real data at {SHARED}")]


def read_places(path: Path) -> tuple[Points, Points]:
    """Villages and schools by code: place nodes, and amenity=school as nodes or the middle of ways.

    An extract of 2013 has few schools: below ten, every third place has one too, 200 m to the north-east.
    """
    villages: Points = {}
    schools: Points = {}
    for thing in osmium.FileProcessor(str(path)).with_locations():
        if isinstance(thing, osmium.osm.Node) and thing.tags.get("place") in HOMES:
            villages[f"V{thing.id}"] = (thing.location.lat, thing.location.lon)
        if thing.tags.get("amenity") == "school":
            if isinstance(thing, osmium.osm.Node):
                schools[f"S{thing.id}"] = (thing.location.lat, thing.location.lon)
            elif isinstance(thing, osmium.osm.Way):
                corners = [(n.location.lat, n.location.lon) for n in thing.nodes if n.location.valid()][1:]
                middle = [sum(c[i] for c in corners) / len(corners) for i in (0, 1)]
                schools[f"S{thing.id}"] = (middle[0], middle[1])
    if len(schools) < 10:
        schools |= {f"S{v[1:]}": (lat + 0.0013, lon + 0.0018) for v, (lat, lon) in sorted(villages.items())[::3]}
    return villages, schools


def nearest(point: tuple[float, float], among: Points) -> str:
    def away(code: str) -> float:
        lat, lon = among[code]
        return math.hypot(lat - point[0], (lon - point[1]) * math.cos(math.radians(point[0])))

    return min(sorted(among), key=away)


def pupils_of(village: str, grade: str) -> int:
    """From 1 to 5 in each grade of each village."""
    return 1 + hashlib.sha256(f"{village}/{grade}".encode()).digest()[0] % 5


def build(folder: Path, place: str) -> None:
    source = SHARED / "osm_extracts" / f"{place}.osm.pbf"
    inputs = folder / "inputs"
    inputs.mkdir(parents=True)
    shutil.copyfile(source, inputs / "roads.osm.pbf")
    villages, schools = read_places(source)
    rows = [[s, f"โรงเรียน {s}", "ตำบล", "อำเภอ", f"{a:.7f}", f"{b:.7f}", "K2-P6"] for s, (a, b) in schools.items()]
    write_rows(inputs / "schools.csv", SCHOOL_HEAD, rows)
    rows = [[v, f"บ้าน {v}", f"{a:.7f}", f"{b:.7f}", "osm"] for v, (a, b) in villages.items()]
    write_rows(inputs / "villages.csv", VILLAGE_HEAD, rows)
    size: Counter[str] = Counter(dict.fromkeys(schools, 0))
    rows = []
    for village, point in villages.items():
        school = nearest(point, schools)
        for grade in GRADES:
            rows.append([school, grade, village, str(pupils_of(village, grade))])
            size[school] += pupils_of(village, grade)
    write_rows(inputs / "students.csv", ["school_id", "grade", "village_id", "count"], rows)
    # The smallest third closes into the nearest that stays; of those that stay, the two smallest that receive nobody
    # merged before: one wholly, one from P4 on.
    order = sorted(schools, key=lambda school: (size[school], school))
    closing, staying = order[: len(order) // 3], order[len(order) // 3 :]
    into = {school: nearest(schools[school], {s: schools[s] for s in staying[4:]}) for school in closing}
    write_scenario(folder, "smallest-third", [merge(school, host) for school, host in into.items()])
    free = [school for school in staying if school not in into.values()][:2]
    hosts = {s: schools[s] for s in staying if s not in free}
    rows = [
        [free[0], "K2-P6", "1/2560", nearest(schools[free[0]], hosts), "learn-together", "existing"],
        [free[1], "P4-P6", "1/2570", nearest(schools[free[1]], hosts), "merge", "second-decade"],
    ]
    write_rows(inputs / "mergers.csv", MERGER_HEAD.split(), rows)


@pytest.fixture(scope="module", params=PLACES)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("real") / request.param
    build(folder, request.param)
    return folder


def rate(road_m: int) -> int:
    return 10 if road_m <= 3_000 else 15 if road_m <= 10_000 else 20


def distances_of(office: Path) -> dict[tuple[str, str], Any]:
    table = pd.read_parquet(office / "outputs" / "distances.parquet")
    return {(r.village_id, r.school_id): None if r.road_m is pd.NA else int(r.road_m) for r in table.itertuples()}


def test_every_step_agrees_with_a_plain_sum(office: Path) -> None:
    """One test, step after step, as an officer would: check, distances, simulate, allocate, plan."""
    assert main(["check", str(office)]) == 0, (office / "outputs" / "problems.csv").read_text("utf-8-sig")
    assert main(["distances", str(office)]) == 0
    road = distances_of(office)
    students = read_rows(office / "inputs" / "students.csv")
    villages, schools = ({r[f"{kind}_id"] for r in read_rows(office / "inputs" / f"{kind}s.csv")} for kind in KINDS)
    assert set(road) == {(village, school) for village in villages for school in schools}
    assert len(villages) >= 40
    assert len(schools) >= 18
    assert sum(metres is not None for metres in road.values()) > 0.5 * len(road)

    assert main(["simulate", str(office), "smallest-third"]) == 0
    scenario = yaml.safe_load((office / "scenarios" / "smallest-third.yaml").read_text("utf-8"))
    into = {m["school"]: m["host"] for m in scenario["merges"]}
    moved = [
        road[row["village_id"], into[row["school_id"]]]
        for row in students
        if row["school_id"] in into
        for _ in range(int(row["count"]))
    ]
    known = sorted(metres for metres in moved if metres is not None)
    made = office / "outputs" / "scenarios" / "smallest-third"
    summary = json.loads((made / "summary.json").read_text("utf-8"))
    assert known
    assert summary["pupils_moved"] == len(moved)
    assert summary["unreachable"] == len(moved) - len(known)
    assert summary["baht_per_year"] == sum(rate(metres) * 200 for metres in known)
    counted = Counter(str(rate(metres)) for metres in known)
    assert summary["pupils_by_band"] == {"10": 0, "15": 0, "20": 0} | counted
    assert summary["median_m"] == known[(len(known) - 1) // 2]
    assert summary["p90_m"] == known[-(-9 * len(known) // 10) - 1]
    assert summary["max_m"] == known[-1]
    assert summary["schools_closed"] == len(into) == len(schools) // 3
    assert sum(int(row["baht"] or 0) for row in read_rows(made / "subsidy.csv")) == summary["baht_per_year"]

    for name, baht in (("november", 1_000), ("may", None)):
        needed = need_of(office, name, students, road)
        more = ["--ceiling", str(baht)] if baht else []
        assert main(["allocate", str(office), "--round", name, *more]) == 0
        lines = read_rows(office / "outputs" / "allocation" / name / "allocation.csv")
        assert {(r["host_id"], r["school_id"], r["programme"]): int(r["need_baht"]) for r in lines} == needed
        assert len(lines) == (1 if name == "november" else 2)
        if baht:
            assert sum(int(row["allocated_baht"]) for row in lines) == min(baht, sum(needed.values())) > 0

    assert main(["plan", str(office), "smallest-third"]) == 0
    for path in ("plan.docx", "annexes.xlsx", "map.html", "map-a3.pdf", "map-a3.png"):
        assert (office / "outputs" / "plan" / path).stat().st_size > 5_000
    assert (office / "outputs" / "cycle.gpkg").stat().st_size > 50_000
    assert json.loads((made / "summary.json").read_text("utf-8")) == summary


KINDS = ("village", "school")


def need_of(
    office: Path, name: str, students: list[dict[str, str]], road: dict[tuple[str, str], Any]
) -> dict[tuple[str, str, str], int]:
    """Baht of a round by host, school and programme: 100 days."""
    terms = {"november": ["1/2560"], "may": ["1/2560", "1/2570"]}[name]
    needed: dict[tuple[str, str, str], int] = defaultdict(int)
    for merger in read_rows(office / "inputs" / "mergers.csv"):
        first, last = (GRADES.index(grade) for grade in merger["grades"].split("-"))
        if merger["from_term"] in terms:
            for row in students:
                if row["school_id"] == merger["school_id"] and first <= GRADES.index(row["grade"]) <= last:
                    metres = road[row["village_id"], merger["host_id"]]
                    baht = 0 if metres is None else rate(metres) * int(row["count"]) * 100
                    needed[merger["host_id"], merger["school_id"], merger["programme"]] += baht
    return dict(needed)

"""The page of routes read back: its numbers, and that it loads nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from drawn import place, points, write_osm
from test_maps import HOSTILE

from restructure.cycle import find_scenario, measure, open_cycle
from restructure.distance import distance_table
from restructure.policy import Policy, load_policy
from restructure.roads import RoadNetwork, read_roads
from restructure.routemap import host_routes, legs, write_route_map
from restructure.simulate import simulate


@dataclass
class Office:
    """What a page or a sheet of routes is made from."""

    policy: Policy
    network: RoadNetwork
    schools: pd.DataFrame
    villages: pd.DataFrame
    routes: gpd.GeoDataFrame


def drawn_office(folder: Path, name: str = "บ้านน้ำใส") -> Office:
    """Two hosts; village 4 is on an island of road, nobody knows where village 5 is, and a round way leads north.

    ::

                  ┌──── 3 km north and round ────┐
        v1 ─ a ── b ─── track 1 km ─── c ── 2 km ─ d = s2        v4 ─ (an island of road)
        s1 = a
    """
    roads = write_osm(
        folder / "roads.osm",
        "a 0 0\n b 2000 0\n c 3000 0\n d 5000 0\n n 2500 1500\n f 20000 0\n g 20500 0",
        "a-b highway=tertiary name=ถนนสายหนึ่ง\n b-c highway=track\n c-d highway=tertiary_link surface=gravel\n"
        " b-n-c highway=residential\n f-g",
    )
    network = read_roads(roads)
    schools = points("school_id", "1 0 0\n 2 5000 30").assign(name=[name, "วัดป่าช้าที่น้ำผึ้ง"])
    villages = points("village_id", "1 0 40\n 2 2000 0\n 4 20000 0\n 5 0 0")
    villages = villages.assign(name=["บ้านหนึ่ง", name, "บ้านเกาะ", "บ้านไม่มีพิกัด"], point_source="survey")
    villages.loc[3, ["lat", "lon"]] = np.nan
    distances = distance_table(network, villages, schools)
    moved = [("1", "2", 7, 5000), ("1", "2", 2, 4321), ("2", "2", 3, 3000), ("2", "1", 1, 2000)]
    moved += [("4", "2", 1, pd.NA), ("5", "2", 4, pd.NA), ("", "2", 2, 999)]
    rows = pd.DataFrame(moved, columns=["village_id", "host_id", "pupils", "road_m"]).astype({"road_m": "Int64"})
    policy = load_policy()
    tables: dict[str, Any] = {"villages": villages, "schools": schools, "distances": distances}
    closed = np.array([kind == "track" for kind in network.classes])[network.road_class]
    routes = host_routes(rows, network=network, policy=policy, closed=closed, **tables)
    return Office(policy, network, schools, villages, routes)


def shapes() -> dict[str, gpd.GeoDataFrame]:
    (lat_a, lon_a), (lat_b, lon_b) = place(2400, 0), place(2600, 0)
    shapes = [shapely.LineString([(lon_a, lat_a), (lon_b, lat_b)]), shapely.Point(lon_a, lat_a)]
    closures = {"closure_id": ["ก", "ข"], "reason": ["น้ำท่วม", HOSTILE], "from": ["wet-season", "2027-07-01"]}
    links = {"gap_m": [42], "remedy": ["เชื่อมถนน"]}
    return {
        "closures": gpd.GeoDataFrame(closures | {"to": ["wet-season", ""]}, geometry=shapes, crs=4326),
        "missing_links": gpd.GeoDataFrame(links, geometry=shapes[:1], crs=4326),
    }


def write(office: Office, path: Path, **more: Any) -> Path:
    write_route_map(path, **vars(office), **({"title": "เส้นทางที่ควรตรวจ"} | more))
    return path


def read(path: Path) -> tuple[str, dict[str, Any]]:
    page = path.read_text("utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data is not None
    return page, json.loads(data[1])


@pytest.fixture(scope="session")
def sample_routes(sample: Path) -> Office:
    """The routes of the sample office's second plan."""
    cycle = open_cycle(sample)
    measured = measure(cycle)
    tables = {name: cycle.tables[name] for name in ("schools", "villages")}
    outcome = simulate(find_scenario(sample, "option-b"), measured.office)
    asked = {"network": cycle.network, "policy": cycle.policy, "distances": measured.distances}
    routes = host_routes(outcome.subsidy, **asked, **tables)
    return Office(cycle.policy, cycle.network, tables["schools"], tables["villages"], routes)


def test_routes_of_hosts(tmp_path: Path) -> None:
    routes = drawn_office(tmp_path).routes.set_index(["village_id", "host_id"])
    assert routes.index.is_unique
    assert routes["pupils"].to_dict() == {
        ("", "2"): 2,
        ("1", "2"): 9,
        ("2", "1"): 1,
        ("2", "2"): 3,
        ("4", "2"): 1,
        ("5", "2"): 4,
    }
    assert routes["home_pupils"].to_dict() == {("", "2"): 2, ("1", "2"): 2} | dict.fromkeys(
        [("2", "1"), ("2", "2"), ("4", "2"), ("5", "2")], 0
    )
    assert routes["road_m"].isna().tolist() == [True, False, False, False, True, True]
    assert routes.loc[("1", "2"), ["road_m", "band", "baht", "track_m"]].tolist() == [5000, 2, 15, 1000]
    assert routes.loc[("2", "2"), ["road_m", "band", "baht", "unpaved_m"]].tolist() == [3000, 1, 10, 3000]
    assert routes.loc[("2", "2"), "road_m_closed"] == pytest.approx(2 * np.hypot(500, 1500) + 2000, abs=1)
    assert routes.loc[("2", "1"), "road_m_closed"] == 2000
    assert routes.loc[("4", "2"), "state"] == "ไม่มีทางรถ"
    assert not {"lat", "lon"} & set(routes)


def test_legs_are_named_and_marked(tmp_path: Path) -> None:
    routes = drawn_office(tmp_path).routes.set_index(["village_id", "host_id"])
    assert legs(routes.loc[("1", "2"), "roads"]) == [
        ("ถนนสายหนึ่ง", 2000, ""),
        ("ทางเกวียน", 1000, "ทางเกวียน"),
        ("ถนนเชื่อมตำบล", 2000, "ลูกรัง"),
    ]
    alike = [{"name": "", "road_class": kind, "unpaved": False, "road_m": 5} for kind in ("primary", "primary_link")]
    assert legs([*alike, alike[0] | {"road_class": "raceway"}]) == [
        ("ทางหลวงสายหลัก", 10, ""),
        ("ถนนไม่ระบุประเภท", 5, ""),
    ]


def test_page_holds_the_routes(tmp_path: Path) -> None:
    office = drawn_office(tmp_path)
    _, data = read(write(office, tmp_path / "routes.html", **shapes()))
    route = {(r["village"], r["hostId"]): r for r in data["routes"]}["1", "2"]
    assert [route[k] for k in ("m", "band", "baht", "pupils", "track", "unpaved")] == [5000, 2, 15, 9, 1000, 3000]
    assert route["stake"] == 7 * 200 * 15, "two are measured from home"
    assert (route["home"]["m"], route["school"]["m"]) == (40, 30)
    line = np.array(route["line"]).reshape(-1, 2).cumsum(axis=0) / 1e5
    assert np.abs(line[[0, -1]] - [route["home"]["foot"], route["school"]["foot"]]).max() < 2e-5
    assert route["closed"]["m"] > 5000
    lost = {(r["village"], r["hostId"]): r for r in data["routes"]}["5", "2"]
    assert [lost[k] for k in ("m", "band", "baht", "stake", "legs", "line")] == [None, None, None, None, [], []]
    assert lost["home"] == {"at": None, "foot": None, "m": None}
    first = data["closures"][0]
    assert (first["reason"], first["when"], len(first["lines"]), first["points"]) == ("น้ำท่วม", "ฤดูฝน", 1, [])
    assert data["closures"][1]["when"] == "ตั้งแต่ 1 กรกฎาคม 2570"
    assert data["links"][0]["m"] == 42


def test_why_and_stake_are_the_callers(tmp_path: Path) -> None:
    office = drawn_office(tmp_path)
    routes = office.routes.drop(columns=["road_m_closed", "geometry_closed", "minutes", "flags"])
    office.routes = routes.assign(state="อาจเปลี่ยนช่วง;ข้ามน้ำ", note="2,940–3,060 ม.", stake_baht=77)
    _, data = read(write(office, tmp_path / "routes.html"))
    route = data["routes"][1]
    assert (route["states"], route["note"], route["stake"]) == (["อาจเปลี่ยนช่วง", "ข้ามน้ำ"], "2,940–3,060 ม.", 77)
    assert (route["closed"], route["minutes"], data["closures"], data["links"]) == (None, None, [], [])


def test_page_loads_nothing_and_is_small(sample_routes: Office, tmp_path: Path) -> None:
    page, data = read(write(sample_routes, tmp_path / "routes.html"))
    assert len(page.encode()) < 6_000_000
    assert len(data["routes"]) == len(sample_routes.routes)
    assert (data["synthetic"], data["credit"]) == ("ข้อมูลสมมุติ", "")
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|srcset|action|poster)\s*=\s*["']?\s*(?:https?:)?//""", page)
    assert all(use.startswith(("data:", "#")) for use in re.findall(r"url\(\s*[\"']?([^)]*)\)", page))
    assert "@import" not in page
    assert read(write(sample_routes, tmp_path / "again.html"))[0] == page


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    page, data = read(write(drawn_office(tmp_path, HOSTILE), tmp_path / "routes.html", title=HOSTILE, **shapes()))
    assert "<img src=x" not in page
    assert page.count("</script>") == 3
    assert data["routes"][2]["host"].startswith("</script><img src=x")


def test_no_routes(tmp_path: Path) -> None:
    office = drawn_office(tmp_path)
    office.routes = office.routes.iloc[:0]
    _, data = read(write(office, tmp_path / "routes.html"))
    assert data["routes"] == []

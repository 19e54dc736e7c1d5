"""Maps read back: what is in each file, what is not, and that a name cannot become more than a name."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pypdf
import pytest
import shapely
from drawn import place, points, write_osm
from lxml import etree
from PIL import Image

from restructure.cycle import find_scenario, measure, open_cycle
from restructure.distance import distance_table
from restructure.geopackage import write_geopackage
from restructure.mapdata import MapData, band_looks, trails
from restructure.plan import Plan, draft
from restructure.policy import load_policy
from restructure.printmap import write_print_map
from restructure.public import public_figures
from restructure.roads import read_roads
from restructure.scenario import Merge, Scenario
from restructure.webmap import write_map_html, write_public_map

HOSTILE = "</script><img src=x onerror=alert(1)> $\\frac{1}{0}$ {{data}} \u2028🏫"
SMALL = Merge(school="1", host="2", grades="P1-P6", kind="merge", from_term="1/2570")


def drawn_plan(folder: Path, merges: list[Merge], name: str = "บ้านน้ำใส") -> Plan:
    """Three schools on one road; nobody knows where village 3 is, and no road leads from village 4.

    ::

        v1 = s1 ──── 4 km ──── s2 = v2 ── 2 km ── s3          v4 ─ (an island of road)
    """
    roads = write_osm(
        folder / "roads.osm",
        "a -500 0\n b 0 0\n c 4000 0\n d 6000 0\n e 6500 0\n f 20000 0\n g 20500 0",
        "a-b-c highway=tertiary\n c-d-e highway=track\n f-g",
    )
    network = read_roads(roads)
    names = [name, "วัดป่าช้าที่น้ำผึ้ง", "บ้านไร่"]
    schools = points("school_id", "1 0 0\n 2 4000 0\n 3 6000 0").assign(
        name=names,
        tambon="ในเมือง",
        amphoe="เมือง",
        grades=["K2-P6", "K2-P6", "P1-P6"],
        special_area=["", "", "ภูเขาสูง"],
        status="open",
        rooms=pd.array([pd.NA] * 3, dtype="Int64"),
        teachers=pd.array([pd.NA] * 3, dtype="Int64"),
        readiness="",
    )
    villages = points("village_id", "1 0 0\n 2 4000 0\n 3 0 0\n 4 20000 0").assign(
        name=["บ้านหนึ่ง", name, "บ้านไม่มีพิกัด", "บ้านเกาะ"], point_source="survey"
    )
    villages.loc[2, ["lat", "lon"]] = np.nan
    rows = [("1", "P1", "1", 7), ("1", "K2", "1", 2), ("1", "P2", "3", 1), ("1", "P2", "4", 1), ("2", "P1", "2", 30)]
    students = pd.DataFrame(rows, columns=["school_id", "grade", "village_id", "pupils"]).assign(
        as_of="", from_school_id=""
    )
    tables = {"schools": schools, "villages": villages, "students": students}
    policy = load_policy()
    distances = distance_table(network, villages, schools, snap_limit_m=policy.settings.snap_limit_m)
    scenario = Scenario(name=name, merges=merges, stem="drawn")
    return draft(scenario, tables, network, distances, None, policy, pd.DataFrame(), {"restructure": "0"})


@pytest.fixture(scope="session")
def sample_plan(sample: Path) -> Plan:
    cycle = open_cycle(sample)
    measured = measure(cycle)
    scenario = find_scenario(sample, "option-b")
    versions = {"restructure": "0", "osm_date": cycle.network.osm_date}
    return draft(
        scenario,
        cycle.tables,
        cycle.network,
        measured.distances,
        measured.homes,
        cycle.policy,
        measured.problems,
        versions,
    )


def page_of(plan: Plan, folder: Path) -> tuple[str, dict[str, Any]]:
    write_map_html(plan, folder / "map.html")
    page = (folder / "map.html").read_text("utf-8")
    return page, data_of(page)


def data_of(page: str) -> dict[str, Any]:
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert data is not None
    found: dict[str, Any] = json.loads(data[1])
    return found


def test_trails_use_each_piece_once() -> None:
    rng = np.random.default_rng(1)
    start = rng.integers(0, 60, 200)
    end = start + rng.integers(1, 20, 200)
    lines = trails(start, end)
    walked = Counter(tuple(sorted(step)) for line in lines for step in pairwise(line))
    assert walked == Counter(zip(start.tolist(), end.tolist(), strict=True))
    assert len(lines) < 60


def test_states_before_and_after(tmp_path: Path) -> None:
    schools = MapData(drawn_plan(tmp_path, [SMALL])).schools.set_index("school_id")
    assert schools["state_before"].tolist() == ["stays", "stays", "stays"]
    assert schools["state_after"].tolist() == ["moves-part", "host", "stays"]
    assert schools["roll"].tolist() == [11, 30, 0]
    assert schools["pupils_after"].tolist() == [2, 39, 0]
    assert schools["special"].tolist() == [False, False, True]


def test_bands_are_named_by_the_policy() -> None:
    assert [label for label, _ in band_looks(load_policy().settings.bands)] == [
        "ไม่เกิน 3 กม. (10 บาท/วัน)",
        "เกิน 3 แต่ไม่เกิน 10 กม. (15 บาท/วัน)",
        "เกิน 10 กม. (20 บาท/วัน)",
    ]


def test_page_holds_the_numbers_of_the_plan(tmp_path: Path) -> None:
    plan = drawn_plan(tmp_path, [SMALL])
    _, data = page_of(plan, tmp_path)
    (move,) = data["moves"]
    assert (move["school"], move["host"], move["grades"], move["pupils"], move["unreachable"]) == (
        0,
        1,
        "ป.1–ป.6",
        9,
        2,
    )
    assert move["max_m"] == 4000
    assert move["baht"] == 7 * 200 * 15
    (way,) = data["ways"]
    assert (way["village"], way["pupils"], way["m"], way["band"]) == (0, 7, 4000, 2)
    first = data["villages"][0]
    # 4 km of a tertiary road: at 50 km/h 4.8 minutes.
    assert first["go"] == [[0, 0, 2, 0, 1, 0, False], [0, 1, 7, 4000, 2, 5, True]]
    assert first["before"] == [[0, 0, 2, 0, 1, 0, False], [0, 0, 7, 0, 1, 0, True]]
    assert data["villages"][2]["at"] is None
    assert data["villages"][3]["go"] == [[0, 1, 1, None, None, None, True]]
    assert [way["village"] for way in data["former"]] == [0]
    assert [(limit["of"], limit["over"]) for limit in data["limits"]] == [
        ("m", 6000),
        ("m", 10000),
        ("m", 20000),
        ("minutes", 30),
    ]
    assert data["synthetic"] == ""
    assert data["credit"] == "© OpenStreetMap contributors"


def test_steps_lead_along_the_way(tmp_path: Path) -> None:
    plan = drawn_plan(tmp_path, [SMALL])
    _, data = page_of(plan, tmp_path)
    lat_lon = np.array(data["ways"][0]["line"]).reshape(-1, 2).cumsum(axis=0) / 1e5
    true = np.array(plan.ways.geometry.iloc[0].coords)[:, ::-1]
    assert np.abs(lat_lon - true).max() < 1e-5


def test_page_holds_closures_with_reason_and_days(tmp_path: Path) -> None:
    lat, lon = place(2000, 0)
    closures = gpd.GeoDataFrame(
        {
            "closure_id": ["ก", "ข"],
            "from": ["2026-11-05", "wet-season"],
            "to": ["2026-11-18", "wet-season"],
            "reason": [HOSTILE, ""],
        },
        geometry=[shapely.Point(lon, lat), shapely.LineString([(lon, lat), (lon + 0.01, lat)])],
        crs="EPSG:4326",
    )
    write_map_html(drawn_plan(tmp_path, [SMALL]), tmp_path / "map.html", closures)
    page = (tmp_path / "map.html").read_text("utf-8")
    data = data_of(page)
    one, two = data["closures"]
    assert one["when"] == "ตั้งแต่ 5 พฤศจิกายน 2569 ถึง 18 พฤศจิกายน 2569"
    assert one["points"] == [[round(lat, 5), round(lon, 5)]]
    assert one["reason"].startswith("</script><img")
    assert (two["reason"], two["when"], two["points"]) == ("ไม่ระบุเหตุ", "ฤดูฝน", [])
    assert np.array(two["lines"][0]).reshape(-1, 2).tolist() == [[round(lat * 1e5), round(lon * 1e5)], [0, 1000]]
    assert "<img src=x" not in page


def test_public_page_tells_no_village_and_no_small_count(tmp_path: Path) -> None:
    # 9 children move, fewer than 10: not one figure of them may be in the page.
    plan = drawn_plan(tmp_path, [SMALL])
    write_public_map(plan, public_figures(plan), tmp_path / "map.html")
    data = data_of((tmp_path / "map.html").read_text("utf-8"))
    assert data["ways"] == data["former"] == data["limits"] == data["closures"] == []
    assert {(village["pupils"], *village["go"], *village["before"]) for village in data["villages"]} == {(None,)}
    (move,) = data["moves"]
    assert move["pupils"] is None
    assert not {"baht", "max_m", "median_m", "unreachable"} & set(move)
    item = "ค่าพาหนะต่อปีการศึกษาของผู้ที่ย้าย อย่างน้อย (บางคนยังวัดระยะทางไม่ได้)"
    assert data["summary"] == {"pupils_moved": None, "baht_per_year": None, "baht_item": item}
    assert not {"roll", "rooms", "warnings"} & set(data["schools"][0])
    assert "10 คน" in data["internal"]


def test_page_loads_nothing_and_is_small(sample_plan: Plan, tmp_path: Path) -> None:
    page, data = page_of(sample_plan, tmp_path)
    assert len(page.encode()) < 5_000_000
    assert len(data["schools"]) == len(sample_plan.tables["schools"])
    assert len(data["villages"]) == len(sample_plan.tables["villages"])
    assert data["synthetic"] == "ข้อมูลสมมุติ"
    assert "default-src 'none'" in page
    assert not re.findall(r"""(?:src|srcset|action|poster)\s*=\s*["']?\s*(?:https?:)?//""", page)
    assert re.findall(r"<link[^>]*>", page) == ['<link rel="icon" href="data:,">']
    assert all(use.startswith(("data:", "#")) for use in re.findall(r"url\(\s*[\"']?([^)]*)\)", page))
    assert "@import" not in page
    addresses = set(re.findall(r"https?://[\w./-]+", page))
    assert addresses <= {
        "https://leafletjs.com",
        "http://www.w3.org/2000/svg",
        "https://www.openstreetmap.org/copyright",
    }


def test_page_is_the_same_each_time(sample_plan: Plan, tmp_path: Path) -> None:
    assert page_of(sample_plan, tmp_path)[0] == page_of(replace(sample_plan), tmp_path)[0]


def test_hostile_names_are_only_names(tmp_path: Path) -> None:
    plan = drawn_plan(tmp_path, [SMALL], HOSTILE)
    page, data = page_of(plan, tmp_path)
    assert "<img src=x" not in page
    assert page.count("</script>") == 3
    assert data["schools"][0]["name"].startswith("</script><img src=x onerror=alert(1)>")
    assert data["schools"][0]["name"].endswith("{{data}} 🏫")
    write_print_map(plan, tmp_path / "map.pdf", tmp_path / "map.png")
    write_geopackage(plan, tmp_path / "map.gpkg")
    assert pyogrio.read_dataframe(tmp_path / "map.gpkg", layer="schools")["name"].iloc[0] == HOSTILE


def test_print_map_is_a3(sample_plan: Plan, tmp_path: Path) -> None:
    write_print_map(sample_plan, tmp_path / "map.pdf", tmp_path / "map.png")
    Image.MAX_IMAGE_PIXELS = 20_000_000
    with Image.open(tmp_path / "map.png") as image:
        assert image.size == (4961, 3508)
        assert round(image.info["dpi"][0]) == 300
    assert (tmp_path / "map.png").stat().st_size < 8_000_000
    reader = pypdf.PdfReader(tmp_path / "map.pdf")
    (page,) = reader.pages
    assert [float(side) for side in page.mediabox[2:]] == pytest.approx([420 / 25.4 * 72, 297 / 25.4 * 72], abs=0.5)
    resources: Any = page["/Resources"]
    fonts = resources["/Font"]
    for font in fonts.values():
        (child,) = font.get_object()["/DescendantFonts"]
        assert "/FontFile2" in child.get_object()["/FontDescriptor"].get_object()
    assert {font.get_object()["/BaseFont"].partition("+")[2] for font in fonts.values()} == {
        "Sarabun-Regular",
        "Sarabun-Bold",
    }
    assert "/CreationDate" not in (reader.metadata or {})


def test_print_map_is_the_same_each_time(tmp_path: Path) -> None:
    plan = drawn_plan(tmp_path, [SMALL])
    for name in ("one", "two"):
        write_print_map(plan, tmp_path / f"{name}.pdf", tmp_path / f"{name}.png")
    for suffix in ("pdf", "png"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()


def test_more_moves_than_the_page_has_room_for(tmp_path: Path) -> None:
    plan = drawn_plan(tmp_path, [SMALL])
    plan = replace(plan, moves=pd.concat([plan.moves] * 90, ignore_index=True))
    write_print_map(plan, tmp_path / "map.pdf", tmp_path / "map.png")
    assert "annexes.xlsx" in pypdf.PdfReader(tmp_path / "map.pdf").pages[0].extract_text()


def test_geopackage_layers(sample_plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "cycle.gpkg"
    write_geopackage(sample_plan, path)
    write_geopackage(sample_plan, path)  # an earlier file is replaced, not added to
    layers = {name: pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)}
    assert set(layers.pop("layer_styles")["f_table_name"]) == set(layers)
    tables = sample_plan.tables
    assert {name: len(layer) for name, layer in layers.items()} == {
        "schools": len(tables["schools"]),
        "villages": len(tables["villages"]),
        "moves": len(sample_plan.moves),
        "routes": len(sample_plan.ways),
    }
    for layer in layers.values():
        assert layer.crs == "EPSG:4326"
        assert set(layer["remark"]) == {"ข้อมูลสมมุติ"}
        assert not {"student_key", "lat", "lon"} & set(layer)
    moves = layers["moves"]
    assert [column for column in moves if column not in ("remark", "geometry")] == list(sample_plan.moves)
    assert moves["baht"].sum() == sample_plan.outcome.summary["baht_per_year"]
    assert layers["routes"]["pupils"].sum() == sample_plan.outcome.subsidy.dropna(subset="road_m")["pupils"].sum()


def test_geopackage_opens_styled_in_qgis(sample_plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "cycle.gpkg"
    write_geopackage(sample_plan, path)
    with closing(sqlite3.connect(path)) as base:
        # What QGIS asks a GeoPackage for: a registered table, and in it one default style by table and geometry column.
        assert base.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone() == (
            "attributes",
        )
        asked = (
            "SELECT g.table_name, s.styleQML FROM gpkg_geometry_columns g JOIN layer_styles s ON s.useAsDefault AND "
            "s.f_table_catalog = '' AND s.f_table_schema = '' AND s.f_table_name = g.table_name AND "
            "s.f_geometry_column = g.column_name"
        )
        styles = dict(base.execute(asked).fetchall())
    assert set(styles) == {"schools", "villages", "moves", "routes"}
    for layer, text in styles.items():
        root = etree.fromstring(text)
        symbols = {symbol.get("name"): symbol for symbol in root.findall("renderer-v2/symbols/symbol")}
        rules = root.findall("renderer-v2/rules/rule")
        assert [rule.get("symbol") for rule in rules] == list(symbols)
        shape = "marker" if layer in ("schools", "villages") else "line"
        assert {symbol.get("type") for symbol in symbols.values()} == {shape}
        # Each feature is drawn by one rule: QGIS reads these tests as SQL does.
        tests = [rule.get("filter") for rule in rules if "special_area" not in rule.get("filter", "")]
        whole = pyogrio.read_info(path, layer=layer)["features"]
        assert sum(len(pyogrio.read_dataframe(path, layer=layer, where=test)) for test in tests) == whole
    colours = {
        prop.get("v")
        for prop in etree.fromstring(styles["routes"]).findall("renderer-v2/symbols/symbol/layer/prop")
        if prop.get("k") == "line_color"
    }
    assert colours == {"0,158,115,255", "230,159,0,255", "170,51,119,255"}


def test_geopackage_keeps_rows_without_a_point(tmp_path: Path) -> None:
    write_geopackage(drawn_plan(tmp_path, [SMALL]), tmp_path / "map.gpkg")
    villages = pyogrio.read_dataframe(tmp_path / "map.gpkg", layer="villages")
    assert villages.geometry.isna().tolist() == [False, False, True, False]
    assert "remark" not in villages


def test_nothing_moves(tmp_path: Path) -> None:
    plan = drawn_plan(tmp_path, [])
    _, data = page_of(plan, tmp_path)
    assert data["moves"] == data["ways"] == data["waters"] == []
    write_print_map(plan, tmp_path / "map.pdf", tmp_path / "map.png")
    write_geopackage(plan, tmp_path / "map.gpkg")
    routes = pyogrio.read_info(tmp_path / "map.gpkg", layer="routes")
    assert routes["features"] == 0
    columns = {"village_id", "village", "school_id", "host_id", "pupils", "road_m", "band"}
    assert columns <= set(routes["fields"]) <= columns | {"remark"}
    assert list(pyogrio.read_info(tmp_path / "map.gpkg", layer="moves")["fields"]) == list(plan.moves)

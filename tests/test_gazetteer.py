"""Tambons by code, name and place: the national list, and an office's own over it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import SHARED

from restructure._errors import DataError
from restructure.gazetteer import abolished_tambons, centroids, plain_name, tambon_list, tambon_of_point
from restructure.intake import Problem

REAL = SHARED / "phitsanulok2"


def write_map(path: Path, features: list[tuple[dict[str, object], shapely.Geometry | None]]) -> None:
    data = [
        {"type": "Feature", "properties": about, "geometry": None if shape is None else shapely.geometry.mapping(shape)}
        for about, shape in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": data}), "utf-8")


def square(west: float, south: float, side: float = 0.1) -> shapely.Polygon:
    return shapely.box(west, south, west + side, south + side)


def test_without_a_file_of_its_own_an_office_has_the_national_list(tmp_path: Path) -> None:
    tambons = tambon_list(tmp_path)
    assert list(tambons) == ["tambon_code", "tambon", "amphoe", "province", "geometry"]
    assert tambons.crs == "EPSG:4326"
    assert tambons["tambon_code"].is_unique
    assert tambons["tambon_code"].is_monotonic_increasing
    assert tambons["tambon_code"].str.fullmatch(r"\d{6}").all()
    assert tambons.geometry.isna().all()
    named = tambons.set_index("tambon_code").loc["840503", ["tambon", "amphoe", "province"]]
    assert named.tolist() == ["เกาะเต่า", "เกาะพะงัน", "สุราษฎร์ธานี"]
    assert not tambons["tambon_code"].str.startswith("99").any()


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL}")
def test_the_list_agrees_with_another_source_on_a_real_office(tmp_path: Path) -> None:
    other = pd.read_csv(REAL / "tambons_area6502.csv", dtype=str).set_index("tambon_code")
    gone = other.index[other["pop2021"].isna()]
    assert list(gone) == ["650908"]
    assert abolished_tambons()["650908"].name == other.at["650908", "tambon_th"]
    other = other.drop(index=gone)
    tambons = tambon_list(tmp_path).set_index("tambon_code")
    assert not tambons.index.isin(gone).any()
    here = tambons.loc[other.index]
    assert here["tambon"].tolist() == other["tambon_th"].tolist()
    assert here["amphoe"].tolist() == other["amphoe_th"].tolist()


def test_an_office_s_table_is_the_list_of_its_districts(tmp_path: Path) -> None:
    lines = ["tambon_code,tambon,amphoe,lat,lon", "650801,ต.วังทอง,อ.วังทอง,16.82,100.43", "990101,ในฝัน,สมมุติ,,"]
    (tmp_path / "tambons.csv").write_text("\n".join(lines), "utf-8")
    problems: list[Problem] = []
    tambons = tambon_list(tmp_path, problems).set_index("tambon_code")
    assert problems == []
    assert [code for code in tambons.index if code.startswith(("6508", "99"))] == ["650801", "990101"]
    assert tambons.loc["650801", ["tambon", "amphoe", "province"]].tolist() == ["วังทอง", "วังทอง", "พิษณุโลก"]
    assert tambons.loc["990101", ["tambon", "amphoe", "province"]].tolist() == ["ในฝัน", "สมมุติ", ""]
    assert shapely.get_coordinates(tambons.geometry["650801"]).tolist() == [[100.43, 16.82]]
    assert tambons.geometry["990101"] is None
    assert "650901" in tambons.index, "a district that the office does not speak of"


@pytest.mark.parametrize("name", ["tambons.geojson", "boundary.geojson"])
def test_a_map_of_tambons_is_read_by_its_codes(tmp_path: Path, name: str) -> None:
    about = {"adm3_pcode": "TH650801", "adm2_pcode": "TH6508", "adm3_th": "ตำบลวังทอง", "pop": "123456"}
    write_map(
        tmp_path / name,
        [
            (about, square(100.4, 16.8)),
            (about, square(100.7, 16.8)),  # a part of the same tambon that lies apart
            ({"adm3_pcode": "TH650802", "pop": "5"}, square(100.5, 16.8)),
            ({"adm3_pcode": "TH990101", "adm3_th": "ในฝัน", "adm2_th": "สมมุติ"}, None),
        ],
    )
    tambons = tambon_list(tmp_path).set_index("tambon_code")
    assert [code for code in tambons.index if code.startswith(("6508", "99"))] == ["650801", "650802", "990101"]
    both = shapely.union(square(100.4, 16.8), square(100.7, 16.8))
    assert shapely.equals(tambons.geometry["650801"], both)
    assert tambons.at["650801", "tambon"] == "วังทอง"
    assert tambons.at["650802", "amphoe"] == "วังทอง", "from the national list"
    assert tambons.at["990101", "amphoe"] == "สมมุติ"
    assert tambons.geometry["990101"] is None


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".zip"])
def test_a_map_in_metres_becomes_degrees(tmp_path: Path, suffix: str) -> None:
    shape = gpd.GeoSeries([square(100.4, 16.8)], crs="EPSG:4326").to_crs("EPSG:32647")
    where = tmp_path / "drawn" if suffix == ".zip" else tmp_path
    where.mkdir(exist_ok=True)
    drawn = where / ("tambons.shp" if suffix == ".zip" else f"tambons{suffix}")
    gpd.GeoDataFrame({"code": ["650801"]}, geometry=shape).to_file(drawn)
    if suffix == ".zip":
        shutil.make_archive(str(tmp_path / "tambons"), "zip", where)
    found = tambon_list(tmp_path).set_index("tambon_code").geometry["650801"]
    assert shapely.hausdorff_distance(found, square(100.4, 16.8)) < 1e-9


def test_a_boundary_without_codes_says_nothing_of_tambons(tmp_path: Path) -> None:
    write_map(tmp_path / "boundary.geojson", [({"name": "สพป."}, square(100.4, 16.8))])
    assert tambon_list(tmp_path).geometry.isna().all()


def test_rows_without_a_code_are_named(tmp_path: Path) -> None:
    features = [({"tambon_code": "650801"}, square(100.4, 16.8)), ({"tambon_code": ""}, square(100.6, 16.8))]
    write_map(tmp_path / "tambons.geojson", features)
    problems: list[Problem] = []
    tambons = tambon_list(tmp_path, problems)
    assert [(p.severity, p.rule, p.file, p.row, p.column) for p in problems] == [
        ("error", "bad-code", "inputs/tambons.geojson", 3, "tambon_code")
    ]
    assert tambons.geometry.notna().sum() == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [('{"type": "Fea', "อ่านไฟล์ตำบล"), (None, "ไม่มีคอลัมน์รหัสตำบล")],
    ids=["broken", "no-code"],
)
def test_a_tambon_file_that_cannot_serve_is_refused(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "tambons.geojson"
    if text is None:
        write_map(path, [({"tambon": "วังทอง", "code": "6508"}, square(100.4, 16.8))])
    else:
        path.write_text(text, "utf-8")
    with pytest.raises(DataError) as caught:
        tambon_list(tmp_path)
    assert told in caught.value.thai
    assert "tambons.geojson" in caught.value.thai


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("วังทอง", "วังทอง"),
        ("ต.วังทอง", "วังทอง"),
        ("ต. วังทอง ", "วังทอง"),
        ("ตำบลวังทอง", "วังทอง"),
        ("อำเภอ วังทอง", "วังทอง"),
        ("กิ่งอำเภอเนินมะปราง", "เนินมะปราง"),
        ("จ.พิษณุโลก", "พิษณุโลก"),
        ("อ่างทอง", "อ่างทอง"),
        ("ตะโก", "ตะโก"),
        ("เขต", "เขต"),
        ("บาง กระทุ่ม", "บางกระทุ่ม"),
        ("ถ้ำ\u200bพระ".replace("\u200b", ""), "ถ้ำพระ"),
        ("ถ้\u0e4d\u0e32พระ", "ถ้\u0e33พระ"),
        ("", ""),
    ],
)
def test_names_without_their_level(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_abolished_tambons_and_what_took_their_place() -> None:
    abolished = abolished_tambons()
    bang_na = abolished["104701"]
    assert (bang_na.name, bang_na.day, bang_na.successors) == ("บางนา", "22 เมษายน 2565", ("104702", "104703"))
    assert bang_na.certain
    assert abolished["650899"].successors == ("650901",)
    assert not abolished["650899"].certain, "only by name"
    assert abolished["650908"].successors == ()
    assert all(len(code) == 6 for code in abolished)


def drawn(*shapes: tuple[str, shapely.Geometry | None]) -> gpd.GeoDataFrame:
    codes, geometry = zip(*shapes, strict=True)
    return gpd.GeoDataFrame({"tambon_code": codes}, geometry=list(geometry), crs="EPSG:4326")


def test_tambon_of_a_point() -> None:
    tambons = drawn(("650801", square(100.0, 16.0, 1)), ("650802", square(101.0, 16.0, 1)), ("650803", None))
    lat = np.array([16.5, 16.5, 16.5, 17.5, np.nan, 16.0])
    lon = np.array([100.5, 101.5, 101.0, 100.5, 100.5, 100.0])
    assert tambon_of_point(tambons, lat, lon).tolist() == ["650801", "650802", "650801", "", "", "650801"]
    reverse = tambons.iloc[::-1].sort_values("tambon_code", ignore_index=True)
    assert tambon_of_point(reverse, lat, lon)[2] == "650801", "a border belongs to the lower code"


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data at {REAL}")
def test_points_of_a_real_office_fall_where_brute_force_says(tmp_path: Path) -> None:
    (tmp_path / "tambons.geojson").write_bytes((REAL / "tambon_polygons_area6502.geojson").read_bytes())
    tambons = tambon_list(tmp_path)
    outlines = gpd.read_file(REAL / "tambon_polygons_area6502.geojson").set_index("tambon_code").geometry
    rng = np.random.default_rng(1)
    west, south, east, north = outlines.total_bounds
    lat, lon = rng.uniform(south, north, 300), rng.uniform(west, east, 300)
    found = tambon_of_point(tambons, lat, lon)
    for code, y, x in zip(found, lat, lon, strict=True):
        inside = sorted(c for c, shape in outlines.items() if shape.intersects(shapely.Point(x, y)))
        assert code == (inside[0] if inside else "")
    assert (found != "").sum() > 100
    given = pd.read_csv(REAL / "tambons_area6502.csv", dtype={"tambon_code": str}).set_index("tambon_code")
    given = given.dropna(subset="centroid_lat")
    points = centroids(tambons, pd.DataFrame(columns=["tambon_code", "lat", "lon"])).set_index("tambon_code")
    assert list(points.index) == sorted(given.index)
    points = gpd.GeoSeries(gpd.points_from_xy(points["lon"], points["lat"]), points.index, crs="EPSG:4326")
    assert points.within(outlines[points.index]).all()


def test_a_point_for_each_tambon_and_what_it_is_made_from() -> None:
    bent = shapely.Polygon([(0, 0), (9, 0), (9, 1), (1, 1), (1, 8), (9, 8), (9, 9), (0, 9)])  # its middle is outside
    tambons = drawn(("650801", bent), ("650802", shapely.Point(100.5, 16.5)), ("650803", None), ("650804", None))
    places = pd.DataFrame(
        {
            "tambon_code": ["650803", "650803", "650803", "650801", "120101"],
            "lat": [16.0, 17.0, np.nan, 50.0, 1.0],
            "lon": [100.0, 102.0, 100.0, 50.0, 1.0],
        }
    )
    found = centroids(tambons, places)
    assert found["tambon_code"].tolist() == ["650801", "650802", "650803"]
    assert found["made_from"].tolist() == ["polygon", "point", "places"]
    assert found["rough"].tolist() == [False, False, True]
    assert bent.contains(shapely.Point(found.at[0, "lon"], found.at[0, "lat"]))
    assert not bent.contains(bent.centroid)
    assert found.loc[1:, ["lat", "lon"]].to_numpy().tolist() == [[16.5, 100.5], [16.5, 101.0]]

"""Places of OpenStreetMap files and what their names say, against answers written by hand."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest
import shapely
from conftest import SHARED

from restructure._errors import RoadsError
from restructure.places import likeness, mentions, read_places, spoken

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6" generator="drawn">\n'


def node(number: int, lat: float, lon: float, **tags: str) -> str:
    return f'<node id="{number}" version="1" lat="{lat}" lon="{lon}">{tagged(tags)}</node>\n'


def way(number: int, refs: list[int], **tags: str) -> str:
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}" version="1">{nodes}{tagged(tags)}</way>\n'


def tagged(tags: dict[str, str]) -> str:
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


def square(first: int, lat: float, lon: float, size: float) -> str:
    corners = [(0, 0), (0, size), (size, size), (size, 0)]
    return "".join(node(first + i, lat + y, lon + x) for i, (y, x) in enumerate(corners))


def write(path: Path, *parts: str) -> Path:
    path.write_text(f"{HEAD}{''.join(parts)}</osm>\n", "utf-8")
    return path


def test_points_areas_and_parts_of_a_file(tmp_path: Path) -> None:
    path = write(
        tmp_path / "roads.osm",
        node(
            1,
            16.8,
            100.3,
            place="village",
            name="บ้านหนองแขม",
            name__th="บ้านหนองแขม",
            alt_name="หนองแขมเก่า",
            old_name="ดงยาง",
        ),
        node(2, 16.81, 100.31, place="hamlet", name__th="บ้านดงยาง"),
        node(3, 16.82, 100.32, place="village"),  # nobody knows its name
        node(4, 16.83, 100.33, place="province", name="พิษณุโลก"),
        node(5, 16.84, 100.34, amenity="restaurant", name="ร้านบ้านไร่"),
        node(6, 16.85, 100.35, amenity="townhall", name="อบต.วังทอง"),
        square(10, 16.9, 100.4, 0.01),
        square(20, 17.0, 100.5, 0.03),
        square(30, 17.005, 100.505, 0.02),
        way(1, [10, 11, 12, 13, 10], amenity="school", name="โรงเรียนบ้านหนองแขม"),
        way(2, [20, 21, 22, 23, 20]),
        way(3, [30, 31, 32, 33, 30]),
        way(4, [10, 12], highway="residential", name="ถนนบ้านหนองแขม"),
        '<relation id="1" version="1"><member type="way" ref="2" role="outer"/>'
        + '<member type="way" ref="3" role="inner"/>'
        + tagged({"type": "multipolygon", "amenity": "place_of_worship", "name": "วัดหนองแขม"})
        + "</relation>",
    )
    found = read_places(path)
    assert found[["kind", "name", "name_alt"]].to_numpy().tolist() == [
        ["hamlet", "บ้านดงยาง", ""],
        ["school", "โรงเรียนบ้านหนองแขม", ""],
        ["temple", "วัดหนองแขม", ""],
        ["town hall", "อบต.วังทอง", ""],
        ["village", "บ้านหนองแขม", "หนองแขมเก่า;ดงยาง"],
    ]
    at = found.set_index("kind")[["lat", "lon"]]
    assert at.loc["village"].tolist() == [16.8, 100.3]
    assert shapely.box(100.4, 16.9, 100.41, 16.91).contains(
        shapely.Point(at.loc["school", "lon"], at.loc["school", "lat"])
    )
    # The pond in the middle of the temple's ground is not the temple.
    ring = shapely.box(100.5, 17.0, 100.53, 17.03) - shapely.box(100.505, 17.005, 100.525, 17.025)
    assert ring.contains(shapely.Point(at.loc["temple", "lon"], at.loc["temple", "lat"]))
    zipped = tmp_path / "roads.osm.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    pd.testing.assert_frame_equal(read_places(zipped), found)


def test_an_area_that_is_cut_off_at_the_edge_is_left_out(tmp_path: Path) -> None:
    path = write(
        tmp_path / "roads.osm",
        square(10, 16.9, 100.4, 0.01),
        node(1, 16.8, 100.3, place="village", name="บ้านก"),
        way(1, [10, 11, 12, 99, 10], amenity="school", name="โรงเรียนขาดมุม"),
    )
    assert read_places(path)["name"].tolist() == ["บ้านก"]


def test_the_sample_road_file_names_its_villages_and_schools(sample: Path) -> None:
    found = read_places(sample / "inputs" / "roads.osm.pbf")
    for table, kind in (("villages", "village"), ("schools", "school")):
        rows = pd.read_csv(sample / "inputs" / f"{table}.csv", dtype=str)
        mine = found[found["kind"] == kind]
        named = set(mine["name"].str.removeprefix("โรงเรียน"))
        assert len(named & set(rows.iloc[:, 1])) > 0.9 * len(mine) > 10


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data on this machine")
@pytest.mark.parametrize(
    ("file", "kind", "name", "lat", "lon"),
    [  # from the places' own pages
        ("liechtenstein.osm.pbf", "village", "Triesenberg", 47.118, 9.542),
        ("andorra.osm.pbf", "town", "Encamp", 42.536, 1.583),
    ],
)
def test_places_of_real_files(file: str, kind: str, name: str, lat: float, lon: float) -> None:
    found = read_places(SHARED / "osm_extracts" / file).set_index(["kind", "name"])
    assert abs(found.loc[(kind, name)][["lat", "lon"]].astype(float) - [lat, lon]).max() < 0.01


def test_roads_of_osmnx_name_no_places(tmp_path: Path) -> None:
    path = tmp_path / "roads.graphml"
    path.write_text("<graphml/>")
    found = read_places(path)
    assert found.empty
    assert list(found.columns) == ["kind", "name", "name_alt", "lat", "lon"]


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 a letter", b"\x00" * 500, HEAD.encode() + b"<node id="])
@pytest.mark.parametrize("suffix", [".osm.pbf", ".osm", ".osm.gz"])
def test_broken_files_are_refused_in_a_sentence(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"roads{suffix}"
    with pytest.raises(RoadsError, match="ไม่พบไฟล์ถนน roads"):
        read_places(path)
    path.write_bytes(content)
    with pytest.raises(RoadsError, match=f"roads{suffix}") as error:
        read_places(path)
    assert "ดาวน์โหลด" in error.value.thai


def test_a_truncated_file_is_refused(sample: Path, tmp_path: Path) -> None:
    path = tmp_path / "roads.osm.pbf"
    data = (sample / "inputs" / "roads.osm.pbf").read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.raises(RoadsError):
        read_places(path)


@pytest.mark.parametrize(
    ("name", "settlement", "bare", "moo"),
    [
        ("บ้านหนองแขม", True, "หนองแขม", ()),
        ("บ้าน หนองแขม หมู่ที่ ๕", True, "หนองแขม", (5,)),
        ("หมู่บ้านหนองแขม ม.12", True, "หนองแขม", (12,)),
        ("บ้านม่วง", True, "ม่วง", ()),
        ("บ้านบ้านไร่", True, "ไร่", ()),
        ("บ้าน", True, "บ้าน", ()),
        ("บ้านนํ้าปาด", True, "น้ำปาด", ()),  # ำ as two characters, the tone mark within
        ("บ้านเเหลมทอง", True, "แหลมทอง", ()),  # two เ for แ
        ("บ้านหนองแขม (ใต้)", True, "หนองแขมใต้", ()),
        ("บ้านหนองแขม (วังเป็ด)", True, "หนองแขม", ()),
        ("บ้าน\u200bหนอง\u00a0แขม", True, "หนองแขม", ()),
        ("Ban Nong Khaem", True, "bannongkhaem", ()),
        ("โรงเรียนบ้านหนองแขม (ประชาอุปถัมภ์)", False, "หนองแขม", ()),
        ("ร.ร.ชุมชนวัดหนองแขม", False, "หนองแขม", ()),
        ("รพ.สต.บ้านหนองแขม", False, "หนองแขม", ()),
        ("ศาลาหมู่ที่ 3 บ้านวังทอง", False, "วังทอง", (3,)),
        ("ศาลาอเนกประสงค์ หมู่ที่ 3,4 และ 5", False, "อเนกประสงค์", (3, 4, 5)),
        ("วัดใหม่", True, "วัดใหม่", ()),
    ],
)
def test_what_a_name_says(name: str, settlement: bool, bare: str, moo: tuple[int, ...]) -> None:
    found = spoken(name, settlement)
    assert (found.bare, found.moo) == (bare, moo)


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        ("บ้านหนองแขม", "หนองแขม ม.3", "same"),
        ("บ้านหนองแข้ม", "บ้านหนองแขม", "tone"),
        ("บ้านใผ่ล้อม", "บ้านไผ่ล้อม", "tone"),
        ("บ้านหนองแขม (วังเป็ด)", "บ้านวังเป็ด", "bracket"),
        ("บ้านหนองแขมใต้", "บ้านหนองแขม", "part"),
        ("บ้านหนองแขมใต้", "บ้านหนองแขมเหนือ", "part"),
        ("บ้านวังทอง 1", "บ้านวังทอง 2", "part"),
        ("บ้านหนองกะเบา", "บ้านหนองกระเบา", "near"),
        ("บ้านไร่", "บ้านไผ่", ""),
        ("บ้านหนองแขม", "บ้านหนองบัว", ""),
        ("บ้านหนองกะเบาใต้", "บ้านหนองกระเบาเหนือ", ""),
    ],
)
def test_how_near_names_are(one: str, other: str, rule: str) -> None:
    like, found = likeness(spoken(one), spoken(other))
    assert (found, like == 1.0, like > 0) == (rule, rule == "same", rule != "")
    assert likeness(spoken(other), spoken(one)) == (pytest.approx(like), rule)


def test_a_namesake_of_another_end_is_less_than_one_of_none() -> None:
    lower = spoken("บ้านหนองแขมใต้")
    assert likeness(lower, spoken("บ้านหนองแขม"))[0] > likeness(lower, spoken("บ้านหนองแขมเหนือ"))[0]


def test_what_a_description_mentions() -> None:
    text = "เต็นท์ลานหน้าวัด คลองตาล หมู่ที่ 2 ใกล้โรงเรียนบ้านคลองตาลใต้"
    assert [found.bare for found in mentions(text)] == ["คลองตาล", "คลองตาลใต้"]
    assert mentions("ศาลาอเนกประสงค์ หมู่ที่ 2") == []

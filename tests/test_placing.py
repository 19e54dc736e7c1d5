"""Candidates for villages without a point, and the walk through them, against offices drawn by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import SHARED
from drawn import place, write_osm

from restructure._errors import UsageError
from restructure.corrections import apply_corrections, read_corrections, read_log
from restructure.cycle import open_cycle
from restructure.places import read_places
from restructure.placing import candidates, moo_of
from restructure.policy import load_policy
from restructure.roads import GEOD, RoadNetwork, read_roads
from restructure.widgets.placing import Placing

SETTINGS = load_policy().settings
NOWHERE = (np.nan, np.nan)


@pytest.fixture
def network(tmp_path: Path) -> RoadNetwork:
    """Return one road from west to east, 20 km long, with a river along its north at 400 m."""
    nodes = "A -10000 0\nB 10000 0\nR -10000 400\nS 10000 400"
    return read_roads(write_osm(tmp_path / "roads.osm", nodes, "A-B name=ถนนหลัก\nR-S highway= waterway=river"))


def villages_of(*rows: tuple[str, str, tuple[float, float] | None]) -> pd.DataFrame:
    """Return villages ``code, name, (east, north)``: 6501 01 in tambon ตะวันตก, 6501 02 in ตะวันออก."""
    tambon = {"01": "ตะวันตก", "02": "ตะวันออก"}
    at = [NOWHERE if spot is None else place(*spot) for _, _, spot in rows]
    return pd.DataFrame(
        {
            "village_id": [code for code, *_ in rows],
            "name": [name for _, name, _ in rows],
            "lat": [lat for lat, _ in at],
            "lon": [lon for _, lon in at],
            "point_source": ["" if spot is None else "survey" for *_, spot in rows],
            "tambon": [tambon[code[4:6]] for code, *_ in rows],
            "amphoe": "เมือง",
        }
    )


def places_of(*rows: tuple[str, str, float, float], name_alt: str = "") -> pd.DataFrame:
    """Return places ``kind, name, east, north``."""
    found = [(kind, name, name_alt, *place(east, north)) for kind, name, east, north in rows]
    return pd.DataFrame(found, columns=["kind", "name", "name_alt", "lat", "lon"])


def tambons() -> gpd.GeoDataFrame:
    """Return the two tambons, as squares west and east of the middle."""
    boxes = [((-10000, -5000), (0, 5000)), ((0, -5000), (10000, 5000))]
    shapes = [shapely.box(*place(*low)[::-1], *place(*high)[::-1]) for low, high in boxes]
    codes = {"tambon_code": ["650101", "650102"], "tambon": ["ตะวันตก", "ตะวันออก"], "amphoe": "เมือง", "province": "พ"}
    return gpd.GeoDataFrame(codes, geometry=shapes, crs="EPSG:4326")


def east_of(table: pd.DataFrame) -> list[int]:
    """Return how many metres east of the origin each row lies."""
    lon = place(0, 0)[1]
    ends = np.full(len(table), lon), table["lat"].to_numpy()
    away = np.asarray(GEOD.inv(*ends, table["lon"].to_numpy(), table["lat"].to_numpy())[2])
    return [round(float(m)) for m in np.where(table["lon"] < lon, -away, away)]


# --- candidates -----------------------------------------------------------------------------------------------------


def test_the_place_of_the_name_in_the_tambon_comes_first(network: RoadNetwork) -> None:
    villages = villages_of(("65010101", "บ้านหนองแขม", None))
    places = places_of(
        ("village", "หนองแขม", 3000, 100),  # in the other tambon
        ("village", "บ้านหนองแขม ม.1", -3000, 100),
        ("village", "บ้านหนองแขมใต้", -3500, 100),
        ("school", "โรงเรียนบ้านหนองแขม", -3300, 100),
        ("village", "บ้านหนองบัว", -2000, 100),
    )
    found = candidates(villages, villages, network, places=places, tambons=tambons())
    # The other tambon's lies 3 km outside; the square's own middle is the rough one.
    assert east_of(found) == [-3000, -3300, -3500, 3000, pytest.approx(-5000, abs=30)]
    assert found["source"].tolist() == ["osm"] * 4 + ["tambon-centroid"]
    assert found["sure"].tolist() == [True] + [False] * 4
    assert found["score"].is_monotonic_decreasing
    assert "นอกตำบลราว 3.0 กม." in found["why"][3]


@pytest.mark.parametrize("outlines", [True, False])
@pytest.mark.parametrize(
    ("more", "other", "sure"),
    [
        ([], "บ้านไร่", True),
        ([("hamlet", "บ้านหนองแขม", -6000, 100)], "บ้านไร่", False),  # twice in the tambon
        ([("hamlet", "บ้านหนองแขม", 1500, 100)], "บ้านไร่", False),  # and just beyond its coarse border
        ([("hamlet", "บ้านหนองแขม", 9000, 100)], "บ้านไร่", True),
        ([("hamlet", "บ้านหนองแขม", -3000, 160)], "บ้านไร่", True),  # drawn twice, as a point and as an area
        ([], "หนองแขม ม.2", False),  # two villages of the name: whose is it
    ],
)
def test_only_a_single_match_of_the_name_is_sure(
    network: RoadNetwork, more: list[tuple[str, str, float, float]], other: str, sure: bool, outlines: bool
) -> None:
    villages = villages_of(
        ("65010101", "บ้านหนองแขม", None), ("65010102", other, (-7000, 0)), ("65010103", "บ้านกลาง", (-1000, 0)),
        ("65010201", "บ้านตะวัน", (1000, 0)), ("65010202", "บ้านไกล", (9000, 0)),
    )  # fmt: skip
    places = places_of(("village", "บ้านหนองแขม", -3000, 100), *more)
    given = tambons() if outlines else None
    found = candidates(villages.iloc[:1], villages, network, places=places, tambons=given)
    assert found["sure"].any() == sure
    assert -3000 in east_of(found)
    # None of the several is left out.
    assert sum("ชื่อตรงกัน" in why for why in found["why"]) == 1 + sum(abs(row[2] + 3000) > 150 for row in more)


def test_a_number_in_the_name_says_which_of_the_two(network: RoadNetwork) -> None:
    villages = villages_of(("65010103", "บ้านหนองแขม", None), ("65010104", "บ้านหนองแขม", None))
    places = places_of(("village", "บ้านหนองแขม หมู่ 4", -4000, 100), ("village", "บ้านหนองแขม หมู่ 3", -3000, 100))
    found = candidates(villages, villages, network, places=places, tambons=tambons())
    first = found.drop_duplicates("village_id")
    assert east_of(first) == [-3000, -4000]
    assert not found["sure"].any()


def test_where_another_village_stands_nothing_is_sure(network: RoadNetwork) -> None:
    villages = villages_of(("65010101", "บ้านหนองแขม", None), ("65010102", "บ้านดงยาง", (-3000, 100)))
    places = places_of(("village", "บ้านหนองแขม", -3000, 150))
    found = candidates(villages.iloc[:1], villages, network, places=places, tambons=tambons())
    assert east_of(found)[0] == -3000
    assert not found["sure"].any()


def test_other_names_of_a_place_count(network: RoadNetwork) -> None:
    villages = villages_of(("65010101", "บ้านหนองแขม", None))
    places = places_of(("village", "Nong Khaem", -3000, 100), name_alt="Ban Nong Khaem;บ้านหนองแขม")
    assert candidates(villages, villages, network, places=places, tambons=tambons())["sure"].tolist() == [True, False]


def test_polling_places_of_the_tambon_by_number_and_by_name(network: RoadNetwork) -> None:
    villages = villages_of(("65010103", "บ้านหนองแขม", None))
    rows = [
        ("อำเภอเมือง", "ตะวันตก", "ศาลาอเนกประสงค์ หมู่ที่ 3", -2000),
        ("อำเภอเมือง", "ตำบลตะวันตก", "โรงเรียนบ้านหนองแขม หมู่ที่ 5", -4000),
        ("อำเภอเมือง", "ตะวันตก", "ศาลาอเนกประสงค์ หมู่ที่ 13", -6000),
        ("อำเภอเมือง", "ตะวันออก", "ศาลาอเนกประสงค์ หมู่ที่ 3", 2000),  # another tambon
        ("อำเภออื่น", "ตะวันตก", "ศาลาอเนกประสงค์ หมู่ที่ 3", -8000),  # of the name in another amphoe
        ("เทศบาลตำบลวังทอง", "ตะวันตก", "วัดหนองแขม", -9000),  # a municipality's registrar does not say the amphoe
    ]
    spots = [place(east, 0) for *_, east in rows]
    polling = pd.DataFrame([row[:3] for row in rows], columns=["registrar", "tambon", "name"])
    polling[["lat", "lon"]] = spots
    found = candidates(villages, villages, network, polling=polling, tambons=tambons())
    by_name = found[found["source"] == "digitised"]
    # The number is the surest; a name with another number is rather the village next door.
    assert east_of(by_name) == [-2000, -9000, -4000]
    assert by_name["score"].tolist() == [0.8, 0.7, 0.35]


def test_schools_of_the_office(network: RoadNetwork) -> None:
    villages = villages_of(("65010101", "บ้านหนองแขม", None))
    schools = pd.DataFrame(
        {
            "school_id": list("abcd"),
            "name": ["วัดดงยาง", "บ้านหนองแขม (ประชาสรรค์)", "บ้านหนองแขม", "บ้านหนองแขม"],
            "tambon": ["ตะวันตก", "ตะวันตก", "ตะวันออก", "ตะวันตก"],
            "amphoe": "เมือง",
            "village_id": ["65010101", "", "", ""],
        }
    )
    schools[["lat", "lon"]] = [place(-2000, 0), place(-4000, 0), place(4000, 0), NOWHERE]
    found = candidates(villages, villages, network, schools=schools, tambons=tambons())
    assert east_of(found[found["source"] == "digitised"]) == [-2000, -4000]


def test_neighbours_by_number_and_the_middle_are_rough(network: RoadNetwork) -> None:
    villages = villages_of(
        ("65010102", "บ้านสอง", (-4000, 0)), ("65010103", "บ้านสาม", None), ("65010104", "บ้านสี่", (-6000, 0)),
        ("65010109", "บ้านเก้า", (-500, 0)), ("65010203", "บ้านสาม", (5000, 0)),
    )  # fmt: skip
    found = candidates(villages.iloc[1:2], villages, network)
    # Between numbers 2 and 4; the middle one of -4,000, -6,000 and -500.
    assert east_of(found) == [-5000, -4000]
    assert set(found["source"]) == {"tambon-centroid"}
    assert "หมู่ 2 และ หมู่ 4" in found["why"][0]


def test_nothing_known_gives_nothing(network: RoadNetwork) -> None:
    villages = villages_of(("65010103", "บ้านสาม", None))
    found = candidates(villages, villages, network)
    assert found.empty
    assert list(found.columns) == ["village_id", "lat", "lon", "source", "why", "score", "sure"]


@pytest.mark.parametrize(
    ("village", "number"),
    [
        ({"village_id": "65010112", "name": "บ้านก"}, 12),
        ({"village_id": "v-7", "name": "บ้านก หมู่ที่ 3"}, 3),
        ({"village_id": "65010112", "name": "บ้านก", "moo": "4"}, 4),
        ({"village_id": "v-7", "name": "บ้านก"}, None),
    ],
)
def test_the_number_of_a_village(village: dict[str, Any], number: int | None) -> None:
    assert moo_of(village) == number


# --- how often it is right ------------------------------------------------------------------------------------------


def moved(table: pd.DataFrame, most_m: float, rng: np.random.Generator) -> pd.DataFrame:
    ends = table["lon"].to_numpy(), table["lat"].to_numpy()
    lon, lat, _ = GEOD.fwd(*ends, rng.uniform(0, 360, len(table)), rng.uniform(0, most_m, len(table)))
    return table.assign(lat=lat, lon=lon)


def written_anew(name: str, rng: np.random.Generator) -> str:
    """Return a name as somebody else may write it."""
    bare = name.removeprefix("บ้าน")
    ways = [name, bare, f"บ้าน {bare}", f"บ้าน{bare.replace('้', '')}", f"{name} (เดิม)"]
    ways.append(f"บ้าน{bare[:2]}{bare[3:]}" if len(bare) > 6 else name)
    return str(ways[int(rng.integers(len(ways)))])


def right_within(found: pd.DataFrame, truth: pd.DataFrame, most_m: float) -> pd.Series:
    """Tell of each row whether it lies that near to where its village is."""
    at = truth.set_index("village_id").loc[found["village_id"]]
    ends = at["lon"].to_numpy(), at["lat"].to_numpy()
    away = np.asarray(GEOD.inv(found["lon"].to_numpy(), found["lat"].to_numpy(), *ends)[2])
    return pd.Series(away <= most_m, found.index)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_sample_with_half_its_points_hidden(sample: Path, seed: int) -> None:
    """OSM names 60 % of the villages up to 400 m away, as others write them; a tenth twice, a tenth with a near one."""
    rng = np.random.default_rng(seed)
    cycle = open_cycle(sample)
    truth = cycle.tables["villages"].dropna(subset=["lat"])
    hidden = rng.random(len(truth)) < 0.5
    villages = truth.assign(lat=truth["lat"].mask(hidden), lon=truth["lon"].mask(hidden))
    all_places = read_places(cycle.roads)
    kept = all_places[all_places["kind"] == "village"].sample(frac=0.6, random_state=seed)
    named = set(kept["name"])
    own = moved(kept, 400, rng).assign(name=[written_anew(name, rng) for name in kept["name"]])
    twice = moved(kept.sample(frac=0.1, random_state=seed), 25_000, rng)
    near = moved(kept.sample(frac=0.1, random_state=seed + 9), 1500, rng)
    places = pd.concat([own, twice, near.assign(name=near["name"] + "ใต้")], ignore_index=True)
    wanted = villages[hidden]
    found = candidates(wanted, villages, cycle.network, places=places)
    on_map = set(wanted.loc[wanted["name"].isin(named), "village_id"])
    first = found.drop_duplicates("village_id")
    first = first[first["village_id"].isin(on_map)]
    assert right_within(first, truth, 500).sum() >= 0.9 * len(on_map) > 30
    # What may be taken without a look is never another village.
    sure = found[found["sure"]]
    assert len(sure) > 0.2 * len(wanted)
    assert right_within(sure, truth, 500).all()


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data on this machine")
@pytest.mark.parametrize("country", ["liechtenstein", "andorra"])
def test_real_places_by_names_with_slips(country: str) -> None:
    path = SHARED / "osm_extracts" / f"{country}.osm.pbf"
    rng = np.random.default_rng(7)
    places = read_places(path)
    settled = places[places["kind"].isin(["village", "hamlet", "town"])].drop_duplicates("name").reset_index(drop=True)
    truth = pd.DataFrame(
        {
            "village_id": [f"v{i}" for i in settled.index],
            "name": [name if rng.random() < 0.5 else name[:2] + name[3:] for name in settled["name"]],
            "lat": settled["lat"],
            "lon": settled["lon"],
            "point_source": "survey",
            "tambon": "ทั้งหมด",
            "amphoe": "เดียว",
        }
    )
    hidden = truth.index % 2 == 0
    villages = truth.assign(lat=truth["lat"].mask(hidden), lon=truth["lon"].mask(hidden))
    found = candidates(villages[hidden], villages, read_roads(path), places=places)
    first = found.drop_duplicates("village_id")
    assert right_within(first, truth, 500).sum() >= 0.8 * hidden.sum() > 7
    assert right_within(found[found["sure"]], truth, 500).all()


# --- the walk -------------------------------------------------------------------------------------------------------

WALK = (
    ("65010101", "บ้านหนองแขม", None),
    ("65010102", "บ้านดงยาง", None),
    ("65010103", "บ้านไร่", (-1000, 0)),
    ("65010201", "บ้านตะวัน", (1000, 0)),
    ("65010202", "บ้านไกล", None),
)


@pytest.fixture
def office(network: RoadNetwork, tmp_path: Path) -> dict[str, Any]:
    """Return what a walk is made from: two in the west and one in the east have no point, ตะวัน has a rough one."""
    villages = villages_of(*WALK)
    villages.loc[3, "point_source"] = "tambon-centroid"
    texts = pd.DataFrame(
        {
            "village_id": villages["village_id"],
            "lat": [f"{lat:.5f}" if np.isfinite(lat) else "" for lat in villages["lat"]],
            "lon": [f"{lon:.5f}" if np.isfinite(lon) else "-" for lon in villages["lon"]],
            "point_source": villages["point_source"],
        }
    )
    folder = tmp_path / "cycle"
    folder.mkdir()
    return {
        "folder": folder,
        "villages": villages,
        "texts": texts,
        "network": network,
        "settings": SETTINGS,
        "pupils": {"65010101": 5, "65010102": 9, "65010201": 9},
        "places": places_of(
            ("village", "หนองแขม", -3000, 100), ("village", "ดงยาง", -5000, 100), ("village", "ดงยาง", -8000, 0)
        ),
        "tambons": tambons(),
    }


def corrected(office: dict[str, Any]) -> pd.DataFrame:
    """Return the village table as the next reading would have it."""
    frames, problems = apply_corrections({"villages": office["texts"]}, read_corrections(office["folder"]))
    assert problems == []
    return frames["villages"].set_index("village_id")


def test_most_pupils_first_then_those_without_any_point(office: dict[str, Any]) -> None:
    walk = Placing(**office)
    assert walk.order == ["65010102", "65010201", "65010101", "65010202"]
    view = walk.view()
    assert (view["done"], view["total"], view["current"]["id"]) == (0, 4, "65010102")
    assert [row["state"] for row in view["villages"]] == ["none", "to-check", "none", "none"]
    # Two of its name: none is chosen.
    assert view["current"]["draft"] is None
    assert [found["source"] for found in view["current"]["candidates"]] == [
        "osm",
        "osm",
        "tambon-centroid",
        "tambon-centroid",
    ]


def test_a_choice_is_kept_at_once_as_a_correction(office: dict[str, Any]) -> None:
    walk = Placing(**office)
    with pytest.raises(UsageError, match="ยังไม่ได้เลือกจุด"):
        walk.accept()
    walk.choose(2)
    draft = walk.view()["current"]["draft"]
    assert (draft["number"], draft["snap"], draft["road"], draft["spread"]) == (2, 100, "ถนนหลัก", 500)
    assert not (office["folder"] / "corrections.csv").exists()
    walk.set_spread(750)
    walk.accept()
    lat, lon = place(-5000, 100)
    row = corrected(office).loc["65010102"]
    assert [float(row["lat"]), float(row["lon"])] == pytest.approx([lat, lon], abs=1e-6)
    assert row[["point_source", "home_spread_m"]].tolist() == ["osm", "750"]
    (kept,) = read_corrections(office["folder"])
    assert (kept.where, kept.rule, kept.old) == ({"village_id": "65010102"}, "placing", " | - |  | ")
    assert walk.view()["done"] == 1


def test_it_goes_on_where_it_stopped(office: dict[str, Any]) -> None:
    walk = Placing(**office)
    walk.choose(1)
    walk.set_spread(0)
    walk.accept()
    assert walk.current == "65010201"
    for texts in (office["texts"], corrected(office).reset_index()):  # as they were, or as the next reading has them
        again = Placing(**office | {"texts": texts})
        assert (again.view()["done"], again.view()["total"], again.current) == (1, 4, "65010201")
        assert again.order == walk.order
        again.go("65010102")
        assert again.draft
        assert again.spread_m == 0
        assert east_of(pd.DataFrame([again.draft])) == [-8000]
    # What was kept in an earlier sitting can be taken back in this one.
    again.undo()
    assert (again.view()["done"], again.current) == (0, "65010102")
    assert again.view()["villages"][0]["state"] == "none"
    assert corrected(office).loc["65010102", "lat"] == ""
    assert [logged.status for logged in read_log(office["folder"])] == ["undone"]


def test_a_click_a_drag_and_what_is_typed(office: dict[str, Any]) -> None:
    walk = Placing(**office)
    walk.click(*place(-2000, 30))
    walk.set_source("survey")
    walk.click(*place(-2100, 30))  # dragged: it stays what it was said to be
    draft = walk.view()["current"]["draft"]
    assert (draft["source"], draft["snap"], draft["spread"], draft["warnings"]) == ("survey", 30, 300, [])
    walk.choose(1)
    walk.click(*place(-2100, 30))  # a candidate that was dragged away is none of OSM's any more
    assert walk.view()["current"]["draft"]["source"] == "digitised"
    lat, lon = place(-2500, 60)
    for text in (f"{lat}, {lon}", f"{lon} {lat}", f"N{lat} E{lon}"):
        walk.type_point(text)
        assert walk.draft
        assert [walk.draft.lat, walk.draft.lon] == pytest.approx([lat, lon], abs=1e-6)


@pytest.mark.parametrize("text", ["", "ตลาด", "16.8", "95.1, 10.2", "999999 1"])
def test_what_is_no_point_here_is_a_sentence(office: dict[str, Any], text: str) -> None:
    walk = Placing(**office)
    with pytest.raises(UsageError, match="พิกัดที่พิมพ์ใช้ไม่ได้"):
        walk.type_point(text)
    assert walk.draft is None
    with pytest.raises(UsageError, match="อยู่นอกพื้นที่ของไฟล์ถนน"):
        walk.click(0.0, 0.0)


@pytest.mark.parametrize(
    ("east", "north", "words"),
    [
        (-2000, 100, []),
        (2000, 100, ["นอกตำบลตะวันตก ราว 2.0 กม."]),
        (-2000, -502, ["ห่างถนนที่ใกล้ที่สุด 502 ม. เกิน 500 ม."]),
        (-2000, 450, ["แม่น้ำหรือคลองคั่น"]),
        (-1000, 40, ["จุดเดียวกับ บ้านไร่ (65010103)"]),
        (2000, 600, ["นอกตำบล", "ห่างถนน", "แม่น้ำ"]),
    ],
)
def test_what_to_look_at_again(office: dict[str, Any], east: float, north: float, words: list[str]) -> None:
    walk = Placing(**office)
    walk.click(*place(east, north))
    warnings = walk.view()["current"]["draft"]["warnings"]
    assert len(warnings) == len(words)
    for text, word in zip(warnings, words, strict=True):
        assert word in text


def test_a_rough_choice_says_so_and_counts(office: dict[str, Any]) -> None:
    walk = Placing(**office)
    walk.choose(len(walk.found))
    assert "หยาบ" in walk.view()["current"]["draft"]["warnings"][0]
    assert walk.view()["current"]["draft"]["spread"] == 3000
    walk.accept()
    assert walk.view()["villages"][0]["state"] == "rough"
    assert walk.view()["done"] == 1


def test_what_is_left_for_later_comes_again(office: dict[str, Any]) -> None:
    walk = Placing(**office)
    walk.skip()
    walk.skip()
    # The single match of its name is chosen already.
    assert (walk.current, walk.draft and walk.draft.number) == ("65010101", 1)
    assert [row["state"] for row in walk.view()["villages"]] == ["skipped", "skipped", "none", "none"]
    walk.back()
    assert walk.current == "65010201"
    walk.go("65010101")
    walk.accept()
    walk.skip()
    assert walk.current == "65010102"
    for _ in range(3):
        walk.click(*place(-2000, 0))
        walk.accept()
    assert (walk.current, walk.view()["done"], walk.view()["current"]) == ("", 4, None)
    with pytest.raises(UsageError, match="วางครบ"):
        walk.click(*place(-2000, 0))
    walk.go("65010101")
    walk.click(*place(-4000, 0))
    walk.accept()
    assert float(corrected(office).loc["65010101", "lon"]) == pytest.approx(place(-4000, 0)[1], abs=1e-6)


def test_single_matches_are_kept_in_one_step(office: dict[str, Any]) -> None:
    office["places"] = pd.concat([office["places"], places_of(("hamlet", "บ้านไกล", 9000, 30))])
    walk = Placing(**office)
    assert [row["id"] for row in walk.view()["sure"]] == ["65010101", "65010202"]
    with pytest.raises(UsageError, match="บ้านดงยาง"):
        walk.accept_sure(["65010102", "65010101"])
    assert walk.view()["done"] == 0
    walk.accept_sure(["65010101", "65010202"])
    assert east_of(corrected(office).loc[["65010101", "65010202"], ["lat", "lon"]].astype(float)) == [-3000, 9000]
    assert len({c.made for c in read_corrections(office["folder"])}) == 1
    assert walk.view()["sure"] == []
    walk.undo()
    assert walk.view()["done"] == 0
    assert corrected(office)["lat"].tolist() == office["texts"]["lat"].tolist()


def test_single_matches_far_from_a_road_or_across_a_river_are_left_to_a_person(office: dict[str, Any]) -> None:
    office["places"] = places_of(("village", "หนองแขม", -3000, 450), ("hamlet", "บ้านไกล", 9000, -600))
    walk = Placing(**office)
    assert walk.view()["sure"] == []
    walk.go("65010101")
    # Chosen already, with what to look at.
    assert "แม่น้ำหรือคลองคั่น" in walk.view()["current"]["draft"]["warnings"][0]


def test_a_point_that_the_office_has_mended_itself_is_not_overruled(office: dict[str, Any]) -> None:
    walk = Placing(**office)
    walk.choose(1)
    walk.accept()
    # Next year's file has a surveyed point of the village.
    lat, lon = place(-2200, 0)
    texts, villages = office["texts"].copy(), office["villages"].copy()
    texts.loc[1, ["lat", "lon", "point_source"]] = [f"{lat:.6f}", f"{lon:.6f}", "survey"]
    villages.loc[1, ["lat", "lon"]] = lat, lon
    villages.loc[1, "point_source"] = "survey"
    again = Placing(**office | {"texts": texts, "villages": villages})
    assert "65010102" not in again.order
    assert again.view()["done"] == 0


def test_points_in_another_way_of_writing_stay_as_the_intake_read_them(office: dict[str, Any]) -> None:
    office["texts"].loc[2, ["lat", "lon"]] = ["1857000", "640000"]  # metres, as the file has it
    walk = Placing(**office)
    walk.choose(1)
    walk.accept()
    assert walk.now.loc["65010103", ["lat", "lon"]].tolist() == list(place(-1000, 0))


def test_an_office_with_nothing_to_place(office: dict[str, Any]) -> None:
    villages = office["villages"].assign(lat=16.8, lon=100.3, point_source="survey")
    texts = office["texts"].assign(lat="16.8", lon="100.3", point_source="survey")
    view = Placing(**office | {"villages": villages, "texts": texts}).view()
    assert (view["total"], view["current"], view["canUndo"]) == (0, None, False)

"""The audit of distances against answers by hand, on roads drawn as text."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from drawn import ORIGIN, WGS84, place, points, write_osm
from hypothesis import given
from hypothesis import strategies as st
from small_office import merge, write_small_office

import restructure.points as points_module
from restructure.audit import (
    Audit,
    audit,
    claims,
    declared_against_routed,
    declared_values,
    threshold_routes,
    thresholds,
)
from restructure.auditbook import write_audit
from restructure.bands import price
from restructure.cycle import Measured, find_scenario, measure, open_cycle
from restructure.distance import distance_table
from restructure.intake import columns_of
from restructure.moves import subsidy_rows
from restructure.points import missing_links, snaps, way_ranges
from restructure.policy import Settings, load_policy
from restructure.roads import RoadNetwork, read_roads
from restructure.seating import make_office
from restructure.simulate import simulate
from restructure.words import SYNTHETIC

SETTINGS = load_policy().settings
RIVER = "highway= waterway=river"


def drawn(folder: Path, nodes: str, ways: str) -> RoadNetwork:
    return read_roads(write_osm(folder / "roads.osm", nodes, ways))


def named(kind: str, text: str) -> pd.DataFrame:
    table = points(f"{kind}_id", text)
    return table.assign(name="ที่" + table[f"{kind}_id"])


def links_of(folder: Path, nodes: str, ways: str, villages: str, schools: str) -> gpd.GeoDataFrame:
    network, tables = drawn(folder, nodes, ways), (named("village", villages), named("school", schools))
    return missing_links(network, *tables, distance_table(network, *tables))


def length_m(line: object) -> float:
    return float(WGS84.geometry_length(line))


# --- points and roads -----------------------------------------------------------------------------------------------


@pytest.fixture
def banks(tmp_path: Path) -> RoadNetwork:
    """Return two roads on either bank of a river, with a bridge at their west end.

    ::

        C ──────────────── D   north 200
        │       v              village v at 80, on this bank but nearer to the other's road
        ├ ~~~~~~~~~~~~~~~~ ~   river at 50
        A ──────────────── B   north 0
    """
    nodes = """
        A 0 0
        B 5000 0
        C 0 200
        D 5000 200
        R -500 50
        S 5000 50
    """
    return drawn(tmp_path, nodes, f"A-B name=ใต้\nC-D name=เหนือ\nA-C\nR-S {RIVER}")


def test_a_village_on_the_wrong_bank_is_flagged(banks: RoadNetwork) -> None:
    table, ranges = snaps(banks, named("village", "v 1000 80"), named("school", "s 2000 200"), SETTINGS)
    village, school = table.to_dict("records")
    # Over the bridge 1,000 + 200 + 2,000 m; from the road of its own bank 1,000 m.
    assert village | {"geometry": None} == {
        "kind": "village", "code": "v", "name": "ที่v", "snap_m": 80, "road": "ใต้", "far": False, "across_water": True,
        "rival_road": "เหนือ", "rival_snap_m": 120, "change_m": 2200, "change_at": "s", "rival": True, "geometry": None,
    }  # fmt: skip
    assert length_m(village["geometry"]) == pytest.approx(80, abs=0.1)
    assert (school["snap_m"], school["across_water"], school["rival"], school["change_m"]) == (0, False, False, 0)
    assert ranges.to_dict("records") == [
        {"village_id": "v", "school_id": "s", "snap_m": 80, "lowest_m": 1000, "highest_m": 3200}
    ]
    assert list(table.columns[:-1]) == list(columns_of("snaps").index)


def test_a_stretch_past_the_limit_is_flagged(banks: RoadNetwork) -> None:
    villages = named("village", "by 1000 -499\npast 1000 -501.6")
    table, _ = snaps(banks, villages, named("school", "s 2000 0"), SETTINGS)
    assert table["far"].tolist() == [False, True, False]
    assert table["snap_m"].tolist() == [499, 502, 0]


def test_the_road_on_a_bridge_is_a_rival_of_the_one_below(tmp_path: Path) -> None:
    # The bypass passes 60 m north of the street and joins it 5 km east; the school is 2 km west on the street.
    nodes = "W -2000 0\nO 0 0\nE 5000 0\nV -2000 60\nF 5000 60"
    network = drawn(tmp_path, nodes, "W-O-E name=ถนน\nV-F name=เลี่ยงเมือง\nE-F")
    table, ranges = snaps(network, named("village", "v 0 20"), named("school", "s -2000 0"), SETTINGS)
    assert table.loc[0, ["road", "rival_road", "snap_m", "rival_snap_m"]].tolist() == ["ถนน", "เลี่ยงเมือง", 20, 40]
    assert table.loc[0, "change_m"] == 5000 + 60 + 7000 - 2000
    # The school's own rival is the bypass above it: from the village below 5,000 + 60 + 7,000 m.
    assert table.loc[1, ["change_m", "change_at"]].tolist() == [10_060, "v"]
    assert ranges[["lowest_m", "highest_m"]].to_numpy().tolist() == [[2000, 12_060]]


def test_a_crossing_street_is_no_rival(tmp_path: Path) -> None:
    network = drawn(tmp_path, "W -2000 0\nO 0 0\nE 2000 0\nN 0 2000", "W-O-E\nO-N")
    table, ranges = snaps(network, named("village", "v 30 40"), named("school", "s -2000 0"), SETTINGS)
    assert table["rival_road"].tolist() == ["", ""]
    assert table["rival_snap_m"].isna().all()
    assert (ranges["lowest_m"] == ranges["highest_m"]).all()


def test_a_rival_that_leads_nowhere_changes_reach_not_metres(tmp_path: Path) -> None:
    network = drawn(tmp_path, "A 0 0\nB 3000 0\nC 0 60\nD 3000 60", "A-B\nC-D")
    table, ranges = snaps(network, named("village", "v 1000 20"), named("school", "s 3000 0"), SETTINGS)
    assert table.loc[0, "rival"]
    assert pd.isna(table.loc[0, "change_m"])
    assert table.loc[0, "change_at"] == "s"
    # Ways that are not there say nothing of how long the others are; both on the northern road is a choice too.
    assert ranges[["lowest_m", "highest_m"]].to_numpy().tolist() == [[2000, 2000]]


def test_points_not_known_are_left_out(banks: RoadNetwork) -> None:
    nowhere, school = named("village", "v 0 0").assign(lat=np.nan), named("school", "s 0 0")
    table, ranges = snaps(banks, nowhere, school, SETTINGS)
    assert (table["code"].tolist(), len(ranges)) == (["s"], 0)
    table, ranges = snaps(banks, nowhere, school.assign(lon=np.nan), SETTINGS)
    assert (len(table), len(ranges)) == (0, 0)
    distances = distance_table(banks, nowhere, school)
    assert missing_links(banks, nowhere, school, distances).empty


def test_ways_found_in_portions_are_the_same(banks: RoadNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    villages = named("village", "\n".join(f"v{i} {i * 400} {(i * 37) % 240}" for i in range(12)))
    schools = named("school", "a 2000 200\nb 3000 90\nc 100 40")
    whole = snaps(banks, villages, schools, SETTINGS)
    assert (whole[0]["rival_road"] != "").sum() > 5
    monkeypatch.setattr(points_module, "_CELLS", 1)
    for one, other in zip(whole, snaps(banks, villages, schools, SETTINGS), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))


def test_ranges_hold_the_measured_way(measured: Measured) -> None:
    tables = measured.cycle.tables
    ranges = way_ranges(measured.cycle.network, tables["villages"], tables["schools"], SETTINGS)
    both = ranges.merge(measured.distances, how="outer", on=["village_id", "school_id"])
    known = both["road_m"].notna()
    assert (both["lowest_m"] <= both["road_m"])[known].all()
    assert (both["highest_m"] >= both["road_m"])[known].all()
    assert (both["snap_m"] == both["snap_village_m"] + both["snap_school_m"])[known].all()


# --- missing links --------------------------------------------------------------------------------------------------

MAIN = "A 0 0\nB 1000 0\nN 0 800\n"


@pytest.mark.parametrize(
    ("east", "river", "cause"),
    [(1020, None, "map-gap"), (1050, None, "map-gap"), (1051, None, "no-road"), (1400, None, "no-road"),
     (1400, 1200, "across-water"), (1020, 1010, "across-water")],
)  # fmt: skip
def test_the_gap_is_drawn_where_it_is_shortest(tmp_path: Path, east: int, river: int | None, cause: str) -> None:
    water = f"\nR {river} -900\nS {river} 900" if river else ""
    nodes = MAIN + f"C {east} 0\nD {east + 900} 0\nE {east + 500} 400{water}"
    links = links_of(
        tmp_path, nodes, "A-B name=ใหญ่\nA-N\nC-D name=เกาะ\nD-E" + (f"\nR-S {RIVER}" if river else ""),
        f"far {east + 900} 0\nnear 500 0", "s 0 0",
    )  # fmt: skip
    (link,) = links.to_dict("records")
    assert (link["gap_m"], link["cause"]) == (east - 1000, cause)
    assert (link["villages"], link["schools"], link["points"]) == (1, 0, "ที่far (far)")
    assert (link["road"], link["to_road"]) == ("เกาะ", "ใหญ่")
    assert link["part_m"] == 900 + round(np.hypot(400, 400))
    assert link["remedy"]
    ends = [place(east, 0)[::-1], place(1000, 0)[::-1]]
    assert np.allclose(np.array(link["geometry"].coords), ends, atol=1e-6)
    assert list(links.columns[:-1]) == list(columns_of("links").index)


def test_a_bridge_over_the_road_that_never_joins_it_touches(tmp_path: Path) -> None:
    links = links_of(tmp_path, MAIN + "C 500 -400\nD 500 400", "A-B\nA-N\nC-D", "v 500 300", "s 0 0")
    assert links[["gap_m", "cause"]].to_numpy().tolist() == [[0, "touching"]]


def test_a_road_that_can_only_be_gone_into_is_named_as_one_way(tmp_path: Path) -> None:
    # The village reaches nothing; the school beside it is reached well.
    links = links_of(tmp_path, MAIN + "C 1600 0", "A-B\nA-N\nB-C oneway=yes", "v 1600 0\nw 0 800", "s 0 0\nt 1600 0")
    assert links[["gap_m", "cause", "villages", "schools"]].to_numpy().tolist() == [[0, "one-way", 1, 0]]
    assert length_m(links.geometry[0]) == pytest.approx(600, abs=0.1)
    # The other way round: pupils get out, none gets in to the school.
    links = links_of(tmp_path, MAIN + "C 1600 0", "A-B\nA-N\nC-B oneway=yes", "v 1600 0\nw 0 800", "s 0 0\nt 1600 0")
    assert links[["cause", "villages", "schools"]].to_numpy().tolist() == [["one-way", 0, 1]]


def test_the_main_part_is_that_of_most_schools_not_of_most_roads(tmp_path: Path) -> None:
    nodes = "A 0 0\nB 1000 0\nC 1100 0\nD 9000 0\nE 9000 900"
    links = links_of(tmp_path, nodes, "A-B\nC-D\nD-E", "v 9000 900\nw 500 0\nu 2000 0", "s 0 0\nt 1000 0\nz 9000 0")
    # A part with a school of its own is cut off from the others all the same.
    assert links[["villages", "schools", "gap_m"]].to_numpy().tolist() == [[2, 1, 100]]


def test_every_place_that_nothing_reaches_is_on_a_missing_link(measured: Measured) -> None:
    tables, distances = measured.cycle.tables, measured.distances
    links = missing_links(measured.cycle.network, tables["villages"], tables["schools"], distances)
    said = set(re.findall(r"\((\d{8,10})\)", " ".join(links["points"])))
    lost = [distances.groupby(key)["reachable"].any() for key in ("village_id", "school_id")]
    assert said == {code for reached in lost for code in reached.index[~reached]} != set()


# --- thresholds -----------------------------------------------------------------------------------------------------


def one_claim(road_m: int | None, lowest_m: int, highest_m: int, snap_m: int, source: str = "survey", **more: object):
    """Return claims, villages and ranges of one village that has four pupils at one host."""
    claim = {"school_id": "old", "left_id": "old", "sits_at": "h", "village_id": "v", "pupils": 4, "road_m": road_m}
    rows = pd.DataFrame([claim | more]).astype({"road_m": "Int64", "pupils": "Int64"})
    villages = pd.DataFrame({"village_id": ["v"], "point_source": [source]})
    span = {"village_id": "v", "school_id": "h", "snap_m": snap_m, "lowest_m": lowest_m, "highest_m": highest_m}
    return rows, villages, pd.DataFrame([span])


# A surveyed village 10 m from its road: 300 + 50 + 10 m of uncertainty.
@pytest.mark.parametrize(
    ("road_m", "listed"),
    [(2640, None), (2641, (1, 1, 2, 360)), (3000, (1, 1, 2, 1)), (3001, (1, 2, 2, 1)), (3360, (1, 2, 2, 360)),
     (3361, None), (9640, None), (9641, (2, 2, 3, 360)), (10_360, (2, 3, 3, 360)), (10_361, None), (100, None)],
)  # fmt: skip
def test_three_kilometres_more_or_less(road_m: int, listed: tuple[int, int, int, int] | None) -> None:
    found = thresholds(*one_claim(road_m, road_m, road_m, 10), SETTINGS)
    assert list(found.columns) == list(columns_of("thresholds").index)
    assert [*found[["band_low", "band", "band_high", "to_bound_m"]].itertuples(index=False, name=None)] == (
        [listed] if listed else []
    )
    if listed:
        row = found.iloc[0]
        rates = [2000, 3000, 4000]
        assert row[["baht_low", "baht", "baht_high"]].tolist() == [4 * rates[band - 1] for band in listed[:3]]
        assert row["stake_baht"] == 4000
        assert row["nearest_bound_m"] == (3000 if road_m < 5000 else 10_000)
        assert row[["uncertainty_m", "low_m", "high_m"]].tolist() == [360, road_m - 360, road_m + 360]


@pytest.mark.parametrize(
    ("road_m", "lowest", "highest", "snap", "source", "causes"),
    [
        (3020, 3020, 3020, 0, "survey", "spread;tolerance"),
        (3020, 3020, 3020, 20, "survey", "snap;spread;tolerance"),
        (3200, 3200, 3200, 300, "osm", "snap;spread"),
        (3340, 3340, 3340, 0, "survey", "together"),
        (5000, 2900, 5000, 0, "survey", "rival"),
        (5000, 3100, 5000, 0, "survey", "together"),
        (6000, 6000, 6000, 0, "tambon-centroid", "spread"),
        (6000, 6000, 6000, 0, "somebody said so", "spread"),  # as bad as the worst
    ],
)
def test_what_could_flip_the_band_is_named(
    road_m: int, lowest: int, highest: int, snap: int, source: str, causes: str
) -> None:
    found = thresholds(*one_claim(road_m, lowest, highest, snap, source), SETTINGS)
    assert found["causes"].tolist() == [causes]


@pytest.mark.parametrize(
    ("source", "own", "spread"),
    [
        ("survey", None, 300),
        ("survey", 120, 120),
        ("survey", 0, 0),  # all homes at one place
        ("survey", 2500, 2500),  # a village strung out along its road
        ("tambon-centroid", 800, 800),
        ("somebody said so", 150, 150),
        ("somebody said so", None, 3000),
    ],
)
def test_a_village_may_have_a_spread_of_its_own(source: str, own: int | None, spread: int) -> None:
    rows, villages, ranges = one_claim(3010, 3010, 3010, 0, source)
    villages["home_spread_m"] = pd.array([own], dtype="Int64")
    found = thresholds(rows, villages, ranges, SETTINGS)
    assert found[["spread_m", "uncertainty_m"]].to_numpy().tolist() == [[spread, spread + 50]]
    # Its neighbour, of whom nothing is known, keeps what the policy says of its source.
    both = pd.concat([rows, rows.assign(village_id="w")]), pd.concat([ranges, ranges.assign(village_id="w")])
    villages = pd.concat([villages, villages.assign(village_id="w", point_source="osm", home_spread_m=pd.NA)])
    found = thresholds(both[0], villages.astype({"home_spread_m": "Int64"}), both[1], SETTINGS)
    assert dict(zip(found["village_id"], found["spread_m"], strict=True)) == {"v": spread, "w": 500}


def test_no_way_no_threshold_and_never_below_nought() -> None:
    assert thresholds(*one_claim(None, 0, 0, 0), SETTINGS).empty
    assert thresholds(*one_claim(100, 100, 3000, 0), SETTINGS)["low_m"].tolist() == [0]
    one_band = Settings.model_validate(SETTINGS.model_dump() | {"bands": [{"up_to_m": None, "baht_per_day": 10}]})
    assert thresholds(*one_claim(3000, 3000, 3000, 0), one_band).empty


metres = st.integers(0, 12_000)


@given(
    road=metres,
    low=metres,
    high=metres,
    snap=st.integers(0, 1500),
    source=st.sampled_from(["survey", "osm", "tambon-centroid"]),
)
def test_a_pair_is_listed_just_when_its_price_differs_somewhere(
    road: int, low: int, high: int, snap: int, source: str
) -> None:
    lowest, highest = min(road, low), max(road, high)
    found = thresholds(*one_claim(road, lowest, highest, snap, source), SETTINGS)
    around = snap + SETTINGS.audit_tolerance_m + SETTINGS.home_spread_m[source]
    every = pd.Series(range(max(0, lowest - around), highest + around + 1), dtype="Int64")
    rates = price(every, SETTINGS.bands)["baht_per_day"]
    assert len(found) == (rates.nunique() > 1)
    if len(found):
        assert found["stake_baht"].tolist() == [4 * 200 * (rates.max() - rates.min())]
        assert found["low_m"].tolist() + found["high_m"].tolist() == [every.iloc[0], every.iloc[-1]]


def test_pupils_measured_from_home_stand_apart_and_unnamed() -> None:
    near, villages, ranges = one_claim(3100, 3100, 3100, 0, student_key="")
    at_home = [near.assign(student_key=key, road_m=m, pupils=1) for key, m in (("a", 3040), ("b", 3040), ("c", 3060))]
    rows = pd.concat([near, *at_home], ignore_index=True).astype({"road_m": "Int64"})
    spans = [("a", 3040), ("b", 3040), ("c", 3060)]
    homes = pd.DataFrame(
        [{"student_key": k, "school_id": "h", "snap_m": 0, "lowest_m": m, "highest_m": m} for k, m in spans]
    )
    found = thresholds(rows, villages, ranges, SETTINGS, homes)
    # A home is where it is: only the tolerance of 50 m is left, too little for c.
    assert found[["measured_from", "pupils", "road_m", "spread_m", "causes"]].to_numpy().tolist() == [
        ["village", 4, 3100, 300, "spread"],
        ["home", 2, 3040, 0, "tolerance"],
    ]
    assert not {"student_key", "lat", "lon"} & set(found.columns)


def test_most_baht_first_then_by_key() -> None:
    parts = [one_claim(3010, 3010, 3010, 0, village_id=v, pupils=n) for v, n in (("z", 2), ("b", 1), ("a", 1))]
    rows = pd.concat([rows for rows, *_ in parts])
    villages = pd.DataFrame({"village_id": list("abz"), "point_source": "survey"})
    ranges = pd.concat([parts[0][2].assign(village_id=v) for v in "abz"])
    assert thresholds(rows, villages, ranges, SETTINGS)["village_id"].tolist() == ["z", "a", "b"]


def test_an_office_from_its_files(tmp_path: Path) -> None:
    """Two merged schools east of the host at 0: one by an earlier merger, one by the scenario; one child from home."""
    lat, lon = place(3040, 0)
    folder = write_small_office(
        tmp_path,
        schools="1 0 K2-P6\n2 8000 K2-P6\n3 -8000 K2-P6\n4 20000 K2-P6",
        villages="10 3350\n11 -9900\n12 3351\n13 5000\n14 3000,500",
        student_head="student_key school_id grade village_id lat lon",
        students=f"""
            k1 2 P1 10 . .
            k2 2 P1 12 . .
            k3 2 P2 13 {lat} {lon}
            k4 3 P1 11 . .
            k5 4 P1 13 . .
            k6 2 P1 14 . .
        """,
        mergers="3 K2-P6 1/2565 1 learn-together existing",
        scenarios={"a": [merge("2", "1")]},
    )
    measured = measure(open_cycle(folder))
    cycle = measured.cycle
    outcome = simulate(find_scenario(folder, "a"), measured.office)
    paid = claims(outcome, measured.distances, measured.homes)
    assert set(paid["student_key"]) == {"k1", "k2", "k3", "k4", "k6"}
    year = subsidy_rows(paid, cycle.policy.settings, 200)
    assert year["baht"].sum() == 4 * 3000  # of k6 no way is known
    points = cycle.tables["students"][["student_key", "lat", "lon"]].dropna()
    found = audit(outcome, cycle.tables, cycle.network, measured.distances, cycle.policy, measured.homes, points)
    # Village 12 is one metre too far for 300 + 50; that of k3 counts from its home.
    assert found.thresholds[["village_id", "measured_from", "road_m", "stake_baht"]].to_numpy().tolist() == [
        ["10", "village", 3350, 1000], ["11", "village", 9900, 1000], ["13", "home", 3040, 1000],
    ]  # fmt: skip
    assert found.links["points"].tolist() == ["บ้าน14 (14)"]
    assert found.declared.empty
    assert found.units.empty
    drawn_routes = threshold_routes(cycle.network, found.thresholds, cycle.tables)
    assert drawn_routes[["village_id", "road_m"]].to_numpy().tolist() == [["10", 3350], ["11", 9900]]
    assert length_m(drawn_routes.geometry[0]) == pytest.approx(3350, abs=0.1)
    path = tmp_path / "audit.xlsx"
    write_audit(found, path, policy=cycle.policy, tables=cycle.tables, scenario="ก", osm_date="")
    text = " ".join(
        str(cell.value) for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row
    )
    assert "k3" not in text
    assert str(lat) not in text


# --- declared distances ---------------------------------------------------------------------------------------------


def seats_of(text: str) -> pd.DataFrame:
    """Return seats from lines ``roll left sits village pupils declared_paved``; ``.`` for nothing."""
    rows = [["" if cell == "." else cell for cell in line.split()] for line in text.splitlines() if line.strip()]
    table = pd.DataFrame(rows, columns=["school_id", "left_id", "sits_at", "village_id", "pupils", "declared_paved"])
    table["declared_paved"] = pd.to_numeric(table["declared_paved"])
    return table.astype({"pupils": "int64"}).astype({"pupils": "Int64"})


#: Metres from villages v1 … v4 to school r; to host h 2,500 m more.
WAYS = {"v1": 1000, "v2": 2000, "v3": 4000, "v4": 9000}
DISTANCES = pd.DataFrame(
    [(v, s, m + more, 1) for v, m in WAYS.items() for s, more in (("r", 0), ("q", 0), ("h", 2500))],
    columns=["village_id", "school_id", "road_m", "minutes"],
).astype({"road_m": "Int64"})


def test_units_are_guessed_school_by_school() -> None:
    seats = seats_of("""
        r . r v1 1 1.1
        r . r v2 1 2
        r . r v3 1 4.6
        q . q v1 1 1100
        q . q v2 1 1900
        q . q v3 1 1000
        h . h v1 1 3.5
        h . h v2 1 4.5
    """)
    table, units = declared_against_routed(seats, DISTANCES, SETTINGS)
    assert units[["school_id", "unit", "values", "typical_percent"]].to_numpy().tolist()[1:] == [
        ["q", "m", 3, 95], ["r", "km", 3, 110],
    ]  # fmt: skip
    assert units.loc[0, ["school_id", "unit", "values"]].tolist() == ["h", "unknown", 2]
    assert units["reason"].str.len().gt(0).tolist() == [True, False, False]
    # Nobody is paid for, so that no money moves; 4.6 km for 4,000 m is past the tolerance, 1.1 for 1,000 is not.
    wanted = [
        "school_id",
        "village_id",
        "unit",
        "pupils",
        "paid",
        "declared_m",
        "road_m",
        "difference_m",
        "baht_change",
    ]
    assert table[wanted].to_numpy().tolist() == [
        ["q", "v3", "m", 1, 0, 1000, 4000, -3000, 0],
        ["r", "v3", "km", 1, 0, 4600, 4000, 600, 0],
    ]
    assert list(units.columns) == [c for c in columns_of("units").index if c != "school_name"]
    assert list(table.columns) == [c for c in columns_of("declared").index if not c.endswith("_name")]


def test_money_moves_for_those_who_are_paid_for() -> None:
    seats = seats_of("""
        r r h v1 3 1
        r r h v3 2 2.9
        r . r v4 4 10.6
        r r h v4 1 12
        h r h v4 2 10
    """)
    table, units = declared_against_routed(seats, DISTANCES, SETTINGS)
    assert units["unit"].tolist() == ["unknown", "km"]
    wanted = ["host_id", "village_id", "pupils", "paid", "declared_m", "road_m", "roll_road_m", "fits_roll"]
    wanted += ["band_declared", "band_routed", "baht_change"]
    got = [[None if pd.isna(value) else value for value in row] for row in table[wanted].to_numpy().tolist()]
    assert got == [
        ["h", "v3", 2, 2, 2900, 6500, 4000, False, 1, 2, -2000],
        ["r", "v4", 4, 0, 10_600, 9000, None, False, 3, 2, 0],
        # 1 km is just the way to the school on whose roll they are; those of v4 differ by 500 m, which is not past it.
        ["h", "v1", 3, 3, 1000, 3500, 1000, True, 1, 2, -3000],
    ]


def test_both_directions_of_one_village_are_two_rows() -> None:
    seats = seats_of("""
        r . r v3 1 4
        r r h v2 1 1.5
        r r h v2 2 2.4
        r r h v2 5 10.9
        r r h v2 1 4.6
    """)
    table, _ = declared_against_routed(seats, DISTANCES, SETTINGS)
    # 2,000 + 2,500 m to the host; of three pupils' distances the middle one stands for the row.
    wanted = ["pupils", "declared_m", "difference_m", "band_declared", "baht_change", "fits_roll"]
    assert table[wanted].to_numpy().tolist() == [
        [5, 10_900, 6400, 3, 5000, False],
        [3, 2400, -2100, 1, -3000, True],
    ]


def test_a_unit_that_fits_nowhere_is_not_believed() -> None:
    seats = seats_of("r . r v1 1 45\nr . r v2 1 60\nr . r v3 1 90")
    table, units = declared_against_routed(seats, DISTANCES, SETTINGS)
    assert units["unit"].tolist() == ["unknown"]
    assert table.empty


def test_declared_is_the_whole_or_the_sum_of_the_surfaces() -> None:
    students = pd.DataFrame(
        {
            "declared_paved": [1.5, 0, np.nan, 2],
            "declared_unpaved": [0.5, 0, np.nan, np.nan],
            "declared_m": [9, 7, 5, 9],
        }
    )
    assert declared_values(students.drop(columns="declared_m")).fillna(-1).tolist() == [2, -1, -1, 2]
    assert declared_values(students).tolist() == [9, 7, 5, 9]
    assert declared_values(students[["declared_m"]].replace(5, 0)).isna().tolist() == [False, False, True, False]
    assert declared_values(pd.DataFrame({"school_id": ["a"]})).isna().all()


def test_unreachable_schools_are_not_compared() -> None:
    nowhere = DISTANCES.assign(road_m=pd.array([pd.NA] * len(DISTANCES), dtype="Int64"))
    table, units = declared_against_routed(seats_of("r . r v1 1 1\nr . r v2 1 2\nr . r v3 1 4"), nowhere, SETTINGS)
    assert table.empty
    assert units[["unit", "values"]].to_numpy().tolist() == [["unknown", 0]]


# --- the workbook ---------------------------------------------------------------------------------------------------

SHEETS = [
    "สารบัญ", "เส้นแบ่งช่วงอัตรา", "จุดกับถนน", "ช่วงถนนที่ขาด", "ระยะทางที่แจ้งเทียบที่วัด", "หน่วยที่แจ้ง", "เกณฑ์ที่ใช้", "พจนานุกรมข้อมูล",
]  # fmt: skip


@pytest.fixture(scope="module")
def measured(sample: Path) -> Measured:
    return measure(open_cycle(sample))


@pytest.fixture(scope="module")
def found(measured: Measured, sample: Path) -> Audit:
    """Return the audit of the sample office, whose schools declare the way to the roll's school in kilometres."""
    cycle = measured.cycle
    ways = measured.distances[["village_id", "school_id", "road_m"]]
    students = cycle.tables["students"]
    students = students.drop(columns=[column for column in students if column.startswith("declared_")])
    students = students.merge(ways, how="left", on=["village_id", "school_id"])
    students["declared_m"] = (students.pop("road_m").astype("float64") / 1000).round(1)
    tables = {**cycle.tables, "students": students}
    outcome = simulate(
        find_scenario(sample, "option-b"), make_office(tables, measured.distances, cycle.policy, measured.homes)
    )
    return audit(outcome, tables, cycle.network, measured.distances, cycle.policy, measured.homes)


def written(found: Audit, measured: Measured, path: Path, **policy: bool) -> Path:
    cycle = measured.cycle
    policy_used = cycle.policy.model_copy(update=policy)
    write_audit(
        found, path, policy=policy_used, tables=cycle.tables, scenario="ทางเลือก ข", osm_date=cycle.network.osm_date
    )
    return path


def rows_of(path: Path, name: str) -> pd.DataFrame:
    rows = [list(row) for row in openpyxl.load_workbook(path, data_only=True)[name].iter_rows(values_only=True)]
    head = next(i for i, row in enumerate(rows) if row[0] and re.fullmatch("[a-z_]+", str(row[0])))
    return pd.DataFrame(rows[head + 1 :], columns=rows[head])


def test_workbook_holds_the_tables_and_links_to_routes(found: Audit, measured: Measured, tmp_path: Path) -> None:
    path = written(found, measured, tmp_path / "audit.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == SHEETS
    *rows, total = rows_of(path, SHEETS[1]).to_dict("records")
    assert [row["village_id"] for row in rows] == found.thresholds["village_id"].tolist()
    assert total["stake_baht"] == found.thresholds["stake_baht"].sum() > 0
    links = [cell.hyperlink for row in book[SHEETS[1]].iter_rows() for cell in row if cell.hyperlink]
    pairs = found.thresholds[["village_id", "host_id"]].itertuples(index=False)
    assert [(link.target, link.location) for link in links] == [("map.html", f"{v}/{h}") for v, h in pairs]
    flagged = rows_of(path, SHEETS[2])
    assert flagged["code"].tolist() == found.snaps.loc[
        found.snaps["far"] | found.snaps["across_water"] | found.snaps["rival"], "code"
    ].tolist()  # fmt: skip
    assert not flagged["road"].isin(measured.cycle.network.classes).any()  # Thai words, not those of OpenStreetMap
    declared = rows_of(path, SHEETS[4]).iloc[:-1]
    assert len(declared) == len(found.declared) > 0
    assert set(declared["fits_roll"]) == {"ใช่"}
    entries = rows_of(path, SHEETS[-1])
    for name in SHEETS[1:-1]:
        assert entries.loc[entries["sheet"] == name, "english"].tolist() == list(rows_of(path, name).columns), name
    assert set(rows_of(path, SHEETS[6])["key"]) <= set(measured.cycle.policy.entries)


def test_workbook_prints_and_says_when_its_data_is_synthetic(found: Audit, measured: Measured, tmp_path: Path) -> None:
    for sheet in openpyxl.load_workbook(written(found, measured, tmp_path / "a.xlsx")).worksheets:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet["A5"].value == SYNTHETIC
        assert SYNTHETIC in sheet.oddHeader.right.text
        formulas = [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        assert all(re.match(r"=SUM\(", formula) for formula in formulas)
    for sheet in openpyxl.load_workbook(written(found, measured, tmp_path / "b.xlsx", synthetic=False)).worksheets:
        assert SYNTHETIC not in (sheet.oddHeader.right.text or "")
        assert all(cell.value != SYNTHETIC for row in sheet.iter_rows(max_row=8) for cell in row)


def test_same_audit_same_bytes(found: Audit, measured: Measured, tmp_path: Path) -> None:
    one, other = (written(found, measured, tmp_path / f"{name}.xlsx") for name in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_declared_ways_to_the_roll_school_are_explained(found: Audit) -> None:
    assert set(found.units["unit"]) <= {"km", "unknown"}
    assert found.declared["fits_roll"].all()
    assert (found.declared["host_id"] != found.declared["school_id"]).all()
    assert (found.declared["baht_change"].abs() > 0).any()


def test_layers_can_be_written_for_a_map(found: Audit, measured: Measured, tmp_path: Path) -> None:
    cycle = measured.cycle
    path = tmp_path / "audit.gpkg"
    layers = {"thresholds": threshold_routes(cycle.network, found.thresholds, cycle.tables)}
    layers |= {"snaps": found.snaps, "links": found.links}
    for name, layer in layers.items():
        layer.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        back = gpd.read_file(path, layer=name)
        assert len(back) == len(layer) > 0
        assert back.crs == "EPSG:4326"
    west, south, east, north = cycle.network.bounds()
    assert layers["links"].within(gpd.GeoSeries.from_wkt(
        [f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"]
    ).iloc[0]).all()  # fmt: skip
    assert ORIGIN not in [tuple(line.coords[0]) for line in layers["links"].geometry]

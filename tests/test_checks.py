"""Rules that tables must keep together, on a drawn area small enough to know every answer."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from conftest import SHARED
from drawn import place, write_osm
from pyproj import Geod

from restructure import cycle, steps
from restructure.checks import Tables, check_places, check_tables
from restructure.distance import distance_table
from restructure.gazetteer import tambon_list
from restructure.intake import Problem, read_table
from restructure.points import missing_links, snaps
from restructure.policy import load_policy
from restructure.roads import RoadNetwork, read_roads
from restructure.rolls import snapshot

NAMES = ("schools", "villages", "students", "mergers", "enrolment", "ceilings", "payments")
NAMES += ("population", "totals", "crosswalk")
FILES = {name: f"inputs/{name}.csv" for name in NAMES}
#: Three schools and two villages on the roads of the drawing below.
SCHOOLS = ["school_id,name,tambon,amphoe,lat,lon,grades,status"]
SCHOOLS += [f"{code},ร.ร. {code},ต,อ,16.8,100.30{i},{grades}," for i, (code, grades) in enumerate(
    [("S1", "K2-P6"), ("S2", "K2-P6"), ("S3", "P1-P6"), ("S4", "K2-M3")], start=1)]  # fmt: skip
VILLAGES = ["village_id,name,lat,lon,point_source", "V1,บ้านหนึ่ง,16.801,100.30,survey", "V2,บ้านสอง,16.802,100.31,osm"]
STUDENTS = ["school_id,grade,village_id,as_of,count", "S1,P1,V1,2/2569,5", "S2,P2,V2,2/2569,7"]
MERGERS = "school_id,grades,from_term,host_id,kind,programme"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> RoadNetwork:
    """Return one road of 4 km east and west of the origin: 16.8° north, some 100.26°–100.34° east."""
    return read_roads(write_osm(tmp_path_factory.mktemp("roads") / "roads.osm", "A -4000 0\nB 0 0\nC 4000 0", "A-B-C"))


def read(tmp_path: Path, **lines: list[str]) -> Tables:
    tables = {}
    for name, text in ({"schools": SCHOOLS, "villages": VILLAGES, "students": STUDENTS} | lines).items():
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(text), "utf-8")
        tables[name], problems = read_table(path, name)
        assert problems == []
    return tables


def found(problems: list[Problem]) -> list[tuple[str, str, str, int, str, str]]:
    assert all(p.message and p.remedy for p in problems)
    return [(p.severity, p.rule, Path(p.file).stem, p.row, p.column, p.value) for p in problems]


def test_sound_tables_have_no_problem_and_get_pupils(tmp_path: Path, network: RoadNetwork) -> None:
    tables = read(tmp_path)
    checked, problems = check_tables(tables, FILES, network, 2570)
    assert problems == []
    assert checked["students"]["pupils"].to_dict() == {2: 5, 3: 7}
    assert "pupils" not in tables["students"], "the caller's table was changed"


def test_a_row_a_pupil_counts_one_each(tmp_path: Path, network: RoadNetwork) -> None:
    students = ["student_key,school_id,grade,village_id,lat,lon", "a,S1,P1,V1,,", "b,S1,P1,,16.801,100.3"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert problems == []
    assert checked["students"]["pupils"].tolist() == [1, 1]


# -- keys and codes ----
@pytest.mark.parametrize(
    ("name", "lines", "aside", "value"),
    [
        ("schools", [*SCHOOLS, "S1,อีกชื่อ,ต,อ,16.79,100.3,P1-P6,"], [6], "S1"),
        ("villages", [*VILLAGES, VILLAGES[1], VILLAGES[1]], [4, 5], "V1"),
        ("students", [*STUDENTS, "S1,P1,V1,2/2569,9"], [4], "S1 / P1 / V1 / 2/2569"),
        ("students", [*STUDENTS, "S1,P1,V1,๒/๒๕๖๙,9"], [4], "S1 / P1 / V1 / 2/2569"),
        # No word of the count means the newest; a day of a term that other rows of the school name is that term.
        ("students", [*STUDENTS, "S1,P1,V1,,9"], [4], "S1 / P1 / V1 / 2/2569"),
        ("students", [*STUDENTS, "S1,P1,V1,2026-11-10,9"], [4], "S1 / P1 / V1 / 2/2569"),
        ("mergers", [MERGERS, *["S3,P1-P3,1/2569,S1,merge,existing"] * 2], [3], "S3 / P1-P3 / 1/2569"),
        ("enrolment", ["school_id,year,grade,count", "S1,2568,P1,5", "S1,2568,ป.1,6"], [3], "S1 / 2568 / P1"),
        (
            "payments",
            ["round,host_id,school_id,baht,date", *["may,S1,S3,100,2027-06-01"] * 2],
            [3],
            "may / S1 / S3 / 2027-06-01",
        ),
    ],
)
def test_repeated_key_keeps_the_first_row(
    tmp_path: Path, network: RoadNetwork, name: str, lines: list[str], aside: list[int], value: str
) -> None:
    tables = read(tmp_path, **{name: lines})
    checked, problems = check_tables(tables, FILES, network, 2570)
    key = lines[0].split(",")[0]
    assert found(problems) == [("error", "duplicate-key", name, row, key, value) for row in aside]
    assert all("ซ้ำกับแถว 2 " in p.message for p in problems)
    assert list(checked[name].index) == [row for row in tables[name].index if row not in aside]


@pytest.mark.parametrize("row", ["S1,P1,V1,1/2569,5", "S1,P1,V2,2/2569,5", "S1,P3,V1,2/2569,5", "S3,P1,V1,2/2569,5"])
def test_other_term_village_grade_or_school_is_no_repetition(tmp_path: Path, network: RoadNetwork, row: str) -> None:
    assert check_tables(read(tmp_path, students=[*STUDENTS, row]), FILES, network, 2570)[1] == []


def test_repeated_pupil_is_named_without_the_key(tmp_path: Path, network: RoadNetwork) -> None:
    students = ["student_key,school_id,grade,village_id,as_of"]
    students += ["secret-1,S1,P1,V1,2/2569", "secret-1,S2,P1,V1,2/2569", "secret-1,S1,P1,V1,1/2569"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert found(problems) == [("error", "duplicate-key", "students", 3, "student_key", "(ปกปิด)")]
    assert "secret" not in str(problems)
    assert list(checked["students"].index) == [2, 4]


@pytest.mark.parametrize("number", ["1100000000008", "1-1000-00000-00-8", "๑๑๐๐๐๐๐๐๐๐๐๐๘"])
def test_a_citizen_number_goes_no_further(tmp_path: Path, network: RoadNetwork, number: str) -> None:
    students = ["student_key,school_id,grade,village_id", f"{number},S1,P1,V1", "b,S1,P1,V1"]
    tables = read(tmp_path)
    (tmp_path / "students.csv").write_text("\n".join(students), "utf-8")
    tables["students"], _ = read_table(tmp_path / "students.csv", "students")
    checked, problems = check_tables(tables, FILES, network, 2570)
    assert found(problems) == [("warning", "citizen-number", "students", 2, "student_key", "(ปกปิด)")]
    kept = checked["students"].to_csv() + str(problems)
    assert not any(text in kept for text in (number, "1100000000008"))
    assert checked["students"]["student_key"].nunique() == 2


def test_home_points_without_a_key_are_each_measured_under_a_name_of_their_own(
    tmp_path: Path, network: RoadNetwork
) -> None:
    students = ["school_id,grade,count,lat,lon", "S1,P1,1,16.801,100.301", "S1,P1,1,16.802,100.302", "S2,P1,4,,"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert found(problems) == [("warning", "no-home", "students", 4, "village_id", "")]
    keys = checked["students"]["student_key"].to_dict()
    assert keys[2] != keys[3], "two homes would be one"
    assert "" not in (keys[2], keys[3])
    assert keys[4] == ""
    assert checked["students"]["pupils"].tolist() == [1, 1, 4]


def test_a_pupil_on_two_rolls_is_found_by_the_citizen_number_too(tmp_path: Path, network: RoadNetwork) -> None:
    students = ["student_key,school_id,grade,village_id", "1100000000008,S1,P1,V1", "1100000000008,S2,P1,V1"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert ("error", "duplicate-key", "students", 3, "student_key", "(ปกปิด)") in found(problems)
    assert len(checked["students"]) == 1


def test_an_empty_column_of_keys_does_not_make_rows_alike(tmp_path: Path, network: RoadNetwork) -> None:
    students = ["school_id,grade,village_id,as_of,count,student_key", *(f"{row}," for row in STUDENTS[1:])]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert problems == []
    assert checked["students"]["pupils"].sum() == 12


@pytest.mark.parametrize(
    ("name", "lines", "column", "value", "target"),
    [
        ("students", [*STUDENTS, "S9,P1,V1,2/2569,5"], "school_id", "S9", "schools"),
        ("mergers", [MERGERS, "S9,P1,1/2569,S1,merge,existing"], "school_id", "S9", "schools"),
        ("mergers", [MERGERS, "S1,P1,1/2569,S9,merge,existing"], "host_id", "S9", "schools"),
        ("enrolment", ["school_id,year,grade,count", "S9,2568,P1,5"], "school_id", "S9", "schools"),
        ("payments", ["round,host_id,school_id,baht,date", "may,S9,S1,5,2027-06-01"], "host_id", "S9", "schools"),
        ("payments", ["round,host_id,school_id,baht,date", "may,S1,S9,5,2027-06-01"], "school_id", "S9", "schools"),
    ],
)
def test_code_that_is_nowhere_sets_the_row_aside(
    tmp_path: Path, network: RoadNetwork, name: str, lines: list[str], column: str, value: str, target: str
) -> None:
    checked, problems = check_tables(read(tmp_path, **{name: lines}), FILES, network, 2570)
    row = len(lines)
    assert found(problems) == [("error", "unknown-code", name, row, column, value)]
    assert f"inputs/{target}.csv" in problems[0].message
    assert row not in checked[name].index


@pytest.mark.parametrize(
    ("lines", "column", "value"),
    [
        ([*STUDENTS, "S1,P3,V9,2/2569,5"], "village_id", "V9"),
        ([f"{STUDENTS[0]},from_school_id", "S1,P1,V1,,5,S9"], "from_school_id", "S9"),
    ],
)
def test_pupils_of_an_unknown_home_or_former_school_still_count(
    tmp_path: Path, network: RoadNetwork, lines: list[str], column: str, value: str
) -> None:
    checked, problems = check_tables(read(tmp_path, students=lines), FILES, network, 2570)
    assert found(problems) == [("warning", "unknown-code", "students", len(lines), column, value)]
    assert len(checked["students"]) == len(lines) - 1


def test_counts_that_are_left_out_are_named(tmp_path: Path, network: RoadNetwork) -> None:
    students = [
        *STUDENTS[:2],
        "S2,P2,V2,1/2569,7",
        "S3,P1,V1,2026-11-10,2",
        "S3,P1,V2,2026-11-25,3",
        "S4,P1,V1,2/2579,9",
    ]
    _, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert found(problems) == [
        ("error", "future-count", "students", 6, "as_of", "2/2579"),
        ("warning", "older-count", "students", 4, "as_of", "2026-11-10"),
        ("warning", "older-count", "students", 3, "as_of", "1/2569"),
    ]


def test_a_day_in_some_rows_and_the_term_in_others_are_one_count(tmp_path: Path, network: RoadNetwork) -> None:
    students = [*STUDENTS, "S1,P2,V1,10/11/2569,4"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert problems == []
    assert snapshot(checked["students"])["pupils"].sum() == 5 + 7 + 4


def test_a_wrong_merger_does_not_take_the_right_one_down(tmp_path: Path, network: RoadNetwork) -> None:
    mergers = [MERGERS, "S1,P1-P3,1/2569,S4,merge,existing", "S1,P1-P6,1/2569,S2,merge,existing"]
    checked, problems = check_tables(read(tmp_path, schools=CLOSED, mergers=mergers), FILES, network, 2570)
    assert [(p.row, p.rule) for p in problems] == [(2, "host-closed")]
    assert checked["mergers"].index.tolist() == [3]


def test_code_of_a_school_that_was_set_aside_is_still_known_by_its_first_row(
    tmp_path: Path, network: RoadNetwork
) -> None:
    checked, problems = check_tables(read(tmp_path, schools=[*SCHOOLS, SCHOOLS[1]]), FILES, network, 2570)
    assert [p.rule for p in problems] == ["duplicate-key", "same-point"][:1]
    assert len(checked["students"]) == 2


def test_pupils_without_a_count_are_set_aside_and_without_a_home_are_kept(tmp_path: Path, network: RoadNetwork) -> None:
    students = [*STUDENTS, "S1,P3,V1,2/2569,", "S1,P4,,2/2569,3"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert found(problems) == [
        ("error", "bad-count", "students", 4, "count", ""),
        ("warning", "no-home", "students", 5, "village_id", ""),
    ]
    assert checked["students"]["pupils"].to_dict() == {2: 5, 3: 7, 5: 3}


def test_half_a_home_point_is_no_home(tmp_path: Path, network: RoadNetwork) -> None:
    students = ["student_key,school_id,grade,lat,lon", "a,S1,P1,16.801,", "b,S1,P1,16.801,100.301"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert found(problems) == [("warning", "no-home", "students", 2, "village_id", "")]
    assert checked["students"]["lat"].isna().tolist() == [True, False]


def test_grade_that_the_school_does_not_offer_is_said_once(tmp_path: Path, network: RoadNetwork) -> None:
    students = [*STUDENTS, "S3,K2,V1,2/2569,2", "S3,K2,V2,2/2569,1"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert found(problems) == [("warning", "grade-not-offered", "students", 4, "grade", "K2")]
    assert "อ.2" in problems[0].message
    assert len(checked["students"]) == 4


# -- mergers ----
CLOSED = [*SCHOOLS[:4], "S4,ร.ร. S4,ต,อ,16.8,100.304,K2-M3,closed"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["S1,all,1/2569,S1"], [(2, "error", "self-merger")]),
        (["S1,all,1/2569,S4"], [(2, "error", "host-closed")]),
        (["S1,P1-P6,1/2569,S2", "S2,P4-P6,1/2569,S3"], [(2, "error", "host-moves")]),
        (["S1,P1-P3,1/2569,S2", "S2,P4-P6,1/2569,S3"], []),
        (["S1,P1,1/2569,S2", "S2,P1,1/2569,S1"], [(2, "error", "host-moves"), (3, "error", "host-moves")]),
        (["S1,P1-P3,1/2569,S2", "S1,P3-P6,1/2569,S3"], [(3, "error", "overlapping-merger")]),
        (["S1,P1-P3,1/2569,S2", "S1,P3-P6,2/2569,S3"], []),
        (["S1,P1-P3,1/2569,S2", "S1,P4-P6,1/2569,S3"], []),
        (["S1,K2-P6,1/2569,S3"], [(2, "warning", "host-lacks-grade")]),
        (["S3,all,1/2569,S1"], []),
        (["S4,P1-P6,1/2569,S1"], []),
        # A school that is only said to join itself moves nobody, so others may join it.
        (["S2,all,1/2569,S2", "S1,P1,1/2569,S2"], [(2, "error", "self-merger")]),
        # S1 learnt at S2 until both went to S3: in no term does S2 host what it moves away.
        (["S1,P1-P6,1/2564,S2", "S1,P1-P6,1/2570,S3", "S2,P1-P6,1/2570,S3"], []),
        # S2 moved away for good before S1 came.
        (["S2,P1-P6,1/2564,S3", "S1,P1-P6,1/2570,S2"], [(3, "error", "host-moves")]),
    ],
    ids=[
        "itself", "closed-host", "chain", "no-chain-other-grades", "circle", "overlap", "later-term", "other-grades",
        "host-lacks-kindergarten", "whole-school", "closed-school-moves", "self-is-no-chain", "both-moved-on",
        "host-gone-before",
    ],
)  # fmt: skip
def test_mergers_that_cannot_be(
    tmp_path: Path, network: RoadNetwork, rows: list[str], expected: list[tuple[int, str, str]]
) -> None:
    mergers = [MERGERS, *(f"{row},learn-together,existing" for row in rows)]
    checked, problems = check_tables(read(tmp_path, schools=CLOSED, mergers=mergers), FILES, network, 2570)
    assert [(p.row, p.severity, p.rule) for p in problems] == expected
    aside = {row for row, severity, _ in expected if severity == "error"}
    assert set(checked["mergers"].index) == set(range(2, len(rows) + 2)) - aside


def test_messages_of_mergers_name_school_grades_and_remedy(tmp_path: Path, network: RoadNetwork) -> None:
    mergers = [MERGERS, "S1,P1-P6,1/2569,S2,merge,existing", "S2,P4-P6,1/2569,S3,merge,existing"]
    _, (problem,) = check_tables(read(tmp_path, mergers=mergers), FILES, network, 2570)
    assert "S2" in problem.message
    assert "ป.4–ป.6" in problem.message
    assert "โรงเรียนที่นักเรียนเรียนจริง" in problem.remedy


# -- points ----
@pytest.mark.parametrize(
    ("lat", "lon", "rule", "mended"),
    [
        ("16.79", "100.31", None, (16.79, 100.31)),
        ("100.31", "16.79", "swapped-point", (16.79, 100.31)),
        ("", "100.31", "no-point", None),
        ("16.79", "-", "no-point", None),
        ("0", "0", "point-outside", None),
        ("17.79", "100.31", "point-outside", None),
        ("16.79", "101.31", "point-outside", None),
        ("-16.79", "100.31", "point-outside", None),
        ("16.99", "100.31", None, (16.99, 100.31)),  # 0.19° (some 20 km) north of the road: it may belong to it
    ],
)
@pytest.mark.parametrize("name", ["schools", "villages"])
def test_points(
    tmp_path: Path,
    network: RoadNetwork,
    name: str,
    lat: str,
    lon: str,
    rule: str | None,
    mended: tuple[float, float] | None,
) -> None:
    line = f"S5,ร.ร. 5,ต,อ,{lat},{lon},P1-P6," if name == "schools" else f"V5,บ้านห้า,{lat},{lon},osm"
    lines = [*(SCHOOLS if name == "schools" else VILLAGES), line]
    checked, problems = check_tables(read(tmp_path, **{name: lines}), FILES, network, 2570)
    row = len(lines)
    assert [(p.severity, p.rule, p.row, p.column) for p in problems] == (
        [("warning", rule, row, "lat")] if rule else []
    )
    point = checked[name].loc[row, ["lat", "lon"]]
    assert point.isna().all() if mended is None else tuple(point) == mended


def test_points_of_homes_are_mended_but_never_shown(tmp_path: Path, network: RoadNetwork) -> None:
    students = ["student_key,school_id,grade,village_id,lat,lon"]
    students += ["a,S1,P1,V1,100.3123,16.8123", "b,S1,P1,V1,13.7563,100.5018", "c,S1,P1,V1,,", "d,S1,P1,V1,16.81,"]
    checked, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert found(problems) == [
        ("warning", "swapped-point", "students", 2, "lat", "(ปกปิด)"),
        ("warning", "point-outside", "students", 3, "lat", "(ปกปิด)"),
    ]
    assert not any(text in str(problems) for text in ("16.81", "100.3", "13.7", "100.5"))
    assert checked["students"].loc[2, ["lat", "lon"]].tolist() == [16.8123, 100.3123]
    assert checked["students"].loc[[3, 4, 5], ["lat", "lon"]].isna().all(axis=None)


def test_two_schools_on_one_point_are_doubted(tmp_path: Path, network: RoadNetwork) -> None:
    schools = [*SCHOOLS, "S5,ร.ร. 5,ต,อ,16.8,100.301,P1-P6,", "S6,ร.ร. 6,ต,อ,,,P1-P6,", "S7,ร.ร. 7,ต,อ,,,P1-P6,"]
    _, problems = check_tables(read(tmp_path, schools=schools), FILES, network, 2570)
    assert [(p.rule, p.row) for p in problems] == [("same-point", 6), ("no-point", 7), ("no-point", 8)]
    assert problems[0].value == "16.8, 100.301"


# -- roads ----
def problems_of_places(tables: Tables, network: RoadNetwork) -> list[Problem]:
    villages, schools = tables["villages"], tables["schools"]
    distances = distance_table(network, villages, schools, snap_limit_m=500)
    snapped, _ = snaps(network, villages, schools, load_policy().settings)
    return check_places(distances, snapped, missing_links(network, villages, schools, distances), tables, FILES)


def test_places_without_road_and_far_from_it_are_named(tmp_path: Path) -> None:
    # A–B is one piece of road, C–D another 3 km away; E is a village 900 m from A–B, F a village without a point.
    network = read_roads(write_osm(tmp_path / "r.osm", "A 0 0\nB 2000 0\nC 0 3000\nD 2000 3000", "A-B\nC-D"))
    at = {name: place(*xy) for name, xy in {"S": (500, 0), "T": (800, 10), "C": (100, 3000), "E": (900, 900)}.items()}
    schools = [SCHOOLS[0]] + [f"{n},ร.ร. {n},ต,อ,{at[n][0]},{at[n][1]},P1-P6," for n in "ST"]
    villages = [VILLAGES[0]] + [f"{n},บ้าน{n},{at[n][0]},{at[n][1]},osm" for n in "CE"] + ["F,บ้านF,,,osm"]
    students = [STUDENTS[0], "S,P1,E,,5"]
    tables, problems = check_tables(
        read(tmp_path, schools=schools, villages=villages, students=students), FILES, network, 2570
    )
    assert [p.rule for p in problems] == ["no-point"]
    problems = problems_of_places(tables, network)
    assert found(problems) == [
        ("warning", "unreachable", "villages", 2, "village_id", "C"),
        ("warning", "far-from-road", "villages", 3, "village_id", "E"),
    ]
    assert "บ้านC" in problems[0].message
    assert "โรงเรียนใด" in problems[0].message
    assert "900 เมตร" in problems[1].message
    # And a school that nobody can reach, with a point far from its road.
    far = place(1000, 3700)
    schools.append(f"U,ร.ร. U,ต,อ,{far[0]},{far[1]},P1-P6,")
    tables, _ = check_tables(
        read(tmp_path, schools=schools, villages=villages[:1] + villages[2:3]), FILES, network, 2570
    )
    assert found(problems_of_places(tables, network)) == [
        ("warning", "far-from-road", "villages", 2, "village_id", "E"),
        ("warning", "unreachable", "schools", 4, "school_id", "U"),
        ("warning", "far-from-road", "schools", 4, "school_id", "U"),
    ]


# -- codes and names of places ----
TAMBONS = gpd.GeoDataFrame(
    [
        ("650101", "ในเมือง", "เมืองพิษณุโลก"),
        ("650801", "วังทอง", "วังทอง"),
        ("650802", "พันชาลี", "วังทอง"),
        ("650901", "ชมพู", "เนินมะปราง"),
        ("650902", "บ้านมุง", "เนินมะปราง"),
    ],
    columns=["tambon_code", "tambon", "amphoe"],
    geometry=[None] * 5,
    crs="EPSG:4326",
)
PLACED = "village_id,name,lat,lon,point_source,tambon,amphoe"
SCHOOL_HEAD = "school_id,name,tambon,amphoe,lat,lon,grades,status,smis_id,village_id"


def doubts(
    tmp_path: Path,
    network: RoadNetwork,
    tambons: gpd.GeoDataFrame | None = TAMBONS,
    policy: str = "",
    **lines: list[str],
) -> list[Problem]:
    """Check tables of these lines by the list of tambons; schools' names of places stay out of it unless given."""
    (tmp_path / "policy.yaml").write_text(policy, "utf-8")
    lines = {"schools": [line.replace(",ต,อ,", ",,,") for line in SCHOOLS]} | lines
    settings = load_policy(tmp_path / "policy.yaml").settings
    return check_tables(typed(tmp_path, **lines), FILES, network, 2570, tambons=tambons, settings=settings)[1]


def typed(tmp_path: Path, **lines: list[str]) -> Tables:
    """As `read`, but lets the reader have its say about cells."""
    tables = {}
    for name, text in ({"schools": SCHOOLS, "villages": VILLAGES, "students": STUDENTS} | lines).items():
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join(text), "utf-8")
        tables[name], _ = read_table(path, name)
    return tables


def students_of(villages: list[str]) -> list[str]:
    return [STUDENTS[0], *(f"S1,P1,{line.split(',')[0]},2/2569,2" for line in villages)]


def with_villages(*villages: str) -> dict[str, list[str]]:
    """Tables of villages (code, name, tambon, amphoe), all at one point, with pupils in each."""
    rows = [",".join([*line.split(",")[:2], "16.801,100.30,survey", *line.split(",")[2:]]) for line in villages]
    return {"villages": [PLACED, *rows], "students": students_of(list(villages))}


@pytest.mark.parametrize(
    ("villages", "expected"),
    [
        (["65080101,บ้านก,วังทอง,วังทอง", "65090205,บ้านข,บ้านมุง,เนินมะปราง"], []),
        (["65080101,บ้านก,ต.วังทอง,อำเภอวังทอง", "65010101,บ้านข,ในเมือง,เมือง"], []),
        (["65080101,บ้านก,,", "65090205,บ้านข,,"], []),
        (["65080101,บ้านก,,", "6508010,บ้านข,,"], [("village-code", 3, "6508010")]),
        (["1,บ้านก,,", "2,บ้านข,,"], [("village-code", 2, "1")]),
        (["V1,บ้านก,,", "V2,บ้านข,,"], []),
        (["V1,บ้านก,,", "65080101,บ้านข,,"], [("village-code", 2, "V1")]),
        (["65080101,บ้านก,,", "65089901,บ้านข,,"], [("unknown-tambon", 3, "65089901")]),
        (["65080101,บ้านก,,", "65020101,บ้านข,,"], [("unknown-tambon", 3, "65020101")]),
        (["99010101,บ้านก,,", "99010102,บ้านข,,", "65080101,บ้านค,,"], [("unknown-province", 2, "99")]),
        (["65080101,บ้านก,พันชาลี,วังทอง"], [("name-not-of-code", 2, "พันชาลี")]),
        (["65080101,บ้านก,วังทอง,เนินมะปราง"], [("name-not-of-code", 2, "เนินมะปราง")]),
        (["65090101,บ้านก,ชมพู,เมือง"], [("name-not-of-code", 2, "เมือง")]),
        (
            ["65080201,บ้านก,วังทอง,พันชาลี", "65090101,บ้านข,เนินมะปราง,ชมพู", "65080101,บ้านค,วังทอง,วังทอง"],
            [("swapped-tambon-amphoe", 2, "วังทอง / พันชาลี")],
        ),
    ],
    ids=[
        "sound", "levels", "no-names", "seven-digits", "running-numbers", "own-names", "one-own-name", "no-tambon",
        "no-district", "no-province", "other-tambon", "other-amphoe", "capital-elsewhere", "swapped",
    ],
)  # fmt: skip
def test_codes_and_names_of_villages(
    tmp_path: Path, network: RoadNetwork, villages: list[str], expected: list[tuple[str, int, str]]
) -> None:
    problems = doubts(tmp_path, network, **with_villages(*villages))
    assert [(p.rule, p.row, p.value) for p in problems] == expected
    assert all(p.severity == "warning" and p.file == FILES["villages"] for p in problems)
    assert doubts(tmp_path, network, None, **with_villages(*villages)) == [], "nothing to check them by"


def test_of_swapped_columns_is_said_how_many_rows(tmp_path: Path, network: RoadNetwork) -> None:
    villages = [f"6508020{i},บ้าน{i},วังทอง,พันชาลี" for i in range(1, 8)]
    (problem,) = doubts(tmp_path, network, **with_villages(*villages))
    assert "7 แถว" in problem.message
    assert "สลับหัวตาราง" in problem.remedy


@pytest.mark.parametrize(
    ("code", "told", "remedy"),
    [
        ("65089901", "ตำบลชมพู (650899) ของหมู่บ้าน 65089901 ถูกยกเลิกแล้วเมื่อ 1 มกราคม 2549", "น่าจะใช้รหัสตำบล 650901 แทน"),
        ("65090801", "ตำบลโคกแหลม (650908) ของหมู่บ้าน 65090801 ถูกยกเลิกแล้วเมื่อ 14 พฤษภาคม 2555", "ตรวจรหัสหมู่บ้าน"),
        ("65081201", "ไม่มีตำบลรหัส 650812", "ตรวจรหัสหมู่บ้าน"),
        ("65020101", "ไม่มีอำเภอรหัส 6502", "ตรวจรหัสหมู่บ้าน"),
    ],
)
def test_a_tambon_that_is_not_in_the_list_is_told_with_what_took_its_place(
    tmp_path: Path, network: RoadNetwork, code: str, told: str, remedy: str
) -> None:
    (problem,) = doubts(tmp_path, network, **with_villages(f"{code},บ้านก,,", "65080101,บ้านข,,"))
    assert told in problem.message
    assert problem.remedy.startswith(remedy)


def school(code: str, tambon: str, amphoe: str, smis: str = "", village: str = "", name: str = "") -> str:
    return f"{code},{name or f'ร.ร. {code}'},{tambon},{amphoe},,,K2-P6,,{smis},{village}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (school("S1", "วังทอง", "วังทอง"), []),
        (school("S1", "", ""), []),
        (school("S1", "วังทอง", "วังทอง", "65020001", "65080101"), []),
        # SMIS 6502 is the office Phitsanulok 2, not the district Nakhon Thai.
        (school("S1", "วังทอง", "วังทอง", "65020001"), []),
        (school("S1", "พันชาลี", "วังทอง", village="65080101"), [("name-not-of-code", "tambon")]),
        (school("S1", "วังทองง", "วังทอง"), [("unknown-tambon", "tambon")]),
        (school("S1", "วังทอง", "บ้านมุง"), [("unknown-tambon", "tambon")]),
        (school("S1", "วังทอง", "พันชาลี"), [("swapped-tambon-amphoe", "tambon")]),
        (school("S1", "วังทอง", "วังทอง", "65020001", "65020001"), [("village-code", "village_id")]),
    ],
    ids=[
        "sound", "nothing-said", "with-village", "office-is-no-district", "other-tambon", "misspelt", "other-amphoe",
        "swapped", "smis-as-village",
    ],
)  # fmt: skip
def test_places_of_schools(tmp_path: Path, network: RoadNetwork, line: str, expected: list[tuple[str, str]]) -> None:
    tables = {"schools": [SCHOOL_HEAD, line], **with_villages("65080101,บ้านก,,", "65090201,บ้านข,,")}
    problems = [p for p in doubts(tmp_path, network, **tables) if p.rule != "no-point"]
    assert [(p.rule, p.column) for p in problems] == expected
    assert all(p.file == FILES["schools"] and p.row == 2 for p in problems)


def test_a_misspelt_tambon_is_told_with_the_one_that_may_be_meant(tmp_path: Path, network: RoadNetwork) -> None:
    tables = {"schools": [SCHOOL_HEAD, school("S1", "พันชาลึ", "วังทอง")], **with_villages("65080101,บ้านก,,")}
    problem = next(p for p in doubts(tmp_path, network, **tables) if p.rule == "unknown-tambon")
    assert "หมายถึงตำบลพันชาลี อำเภอวังทอง หรือไม่" in problem.message


def test_names_that_stand_twice_in_a_tambon(tmp_path: Path, network: RoadNetwork) -> None:
    schools = [
        SCHOOL_HEAD,
        school("S1", "วังทอง", "วังทอง", name="วัดใหม่"),
        school("S2", "วังทอง", "วังทอง", name="โรงเรียนวัดใหม่"),
        school("S3", "พันชาลี", "วังทอง", name="วัดใหม่"),
    ]
    villages = ["65080101,บ้านใหม่,,", "65080102,ใหม่,,", "65080201,บ้านใหม่,,", "65080103,บ้านเก่า,,"]
    problems = doubts(tmp_path, network, schools=schools, **with_villages(*villages))
    repeated = [p for p in problems if p.rule == "repeated-name"]
    assert [(p.file, p.row) for p in repeated] == [(FILES["schools"], 3), (FILES["villages"], 2)]
    assert "แถว 2" in repeated[0].message
    assert "2 แห่ง" in repeated[1].message


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real data at {SHARED}")
def test_a_real_office_s_codes_and_names_are_not_doubted(tmp_path: Path, network: RoadNetwork) -> None:
    real = pd.read_csv(SHARED / "phitsanulok2" / "villages_area6502.csv", dtype=str)
    villages = [
        PLACED,
        *(f"{v.village_code},{v.village_th},,,osm,{v.tambon_th},{v.amphoe_th}" for v in real.itertuples()),
    ]
    real = pd.read_csv(SHARED / "phitsanulok2" / "schools_area6502.csv", dtype=str, keep_default_na=False)
    rows = [
        f"{s.school_id10},{s.school_name},{s.tambon_th},{s.amphoe_th},,,K2-P6,,{s.smis8},{s.village_code_by_name}"
        for s in real.itertuples()
    ]
    students = [STUDENTS[0], f"{real['school_id10'][0]},P1,65050101,2/2569,5"]
    tables = {"schools": [SCHOOL_HEAD, *rows], "villages": villages, "students": students}
    problems = doubts(tmp_path, network, tambon_list(tmp_path / "nowhere"), **tables)
    assert {p.rule for p in problems} == {"no-point", "repeated-name"}
    (alike,) = [p for p in problems if p.rule == "repeated-name"]
    assert "52 แห่ง" in alike.message, "villages of one name in one tambon, counted by hand"


# -- codes of schools ----
def test_school_codes_of_several_kinds(tmp_path: Path, network: RoadNetwork) -> None:
    codes = ["1065360194", "1065360195", "1065360196", "65020005", "360170", "บ้านดง"]
    schools = [SCHOOL_HEAD, *(school(code, "", "") for code in codes)]
    students = [STUDENTS[0], "1065360194,P1,V1,2/2569,5", "65020002,P1,V1,2/2569,5", "65020003,P1,V1,2/2569,5"]
    problems = doubts(tmp_path, network, None, schools=schools, students=students)
    kinds = [(Path(p.file).stem, p.row, p.column, p.value) for p in problems if p.rule == "code-kind"]
    assert kinds == [
        ("schools", 6, "school_id", "360170"),
        ("schools", 5, "school_id", "65020005"),
        ("students", 3, "school_id", "65020002"),
    ]
    told = next(p for p in problems if p.file == FILES["students"] and p.rule == "code-kind")
    assert "2 แถว" in told.message
    assert "crosswalk" in told.remedy
    assert sum(p.rule == "unknown-code" for p in problems) == 2, "and the rows are set aside as before"


@pytest.mark.parametrize(
    ("rows", "crosswalk", "doubted"),
    [
        ([("1063160271", "63020130"), ("1063160272", "63020131")], [], []),
        ([("1063160271", "63020131"), ("1063020130", "63020130")], [], ["1063020130"]),
        # Its SMIS is not given, but it has the digits of the office where the others have the ministry's code.
        ([("1063160271", "63020131"), ("1063160272", ""), ("1063020130", "")], [], ["1063020130"]),
        ([("1063160271", ""), ("1063020130", "")], ["1063160271,63020130"], ["1063020130"]),
        ([("1063020130", ""), ("1063020131", "")], [], []),
    ],
    ids=["true", "own-smis", "office-digits", "crosswalk", "nothing-to-go-by"],
)
def test_a_code_made_of_ten_and_smis(
    tmp_path: Path, network: RoadNetwork, rows: list[tuple[str, str]], crosswalk: list[str], doubted: list[str]
) -> None:
    tables = {
        "schools": [SCHOOL_HEAD, *(school(code, "", "", smis) for code, smis in rows)],
        "students": [STUDENTS[0], f"{rows[0][0]},P1,V1,2/2569,5"],
    }
    if crosswalk:
        tables["crosswalk"] = ["school_id,smis_id", *crosswalk]
    problems = doubts(tmp_path, network, None, **tables)
    assert [p.value for p in problems if p.rule == "code-kind"] == doubted


# -- points of places ----
GEOD = Geod(ellps="WGS84")


def moved(lat: float, lon: float, azimuth: float, metres: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(lon, lat, azimuth, metres)
    return lat, lon


@pytest.mark.parametrize(("metres", "doubted"), [(-200, False), (0, False), (990, False), (1_010, True), (2_500, True)])
@pytest.mark.parametrize("name", ["villages", "schools"])
def test_places_outside_their_tambon(
    tmp_path: Path, network: RoadNetwork, name: str, metres: float, doubted: bool
) -> None:
    outline = shapely.box(100.28, 16.78, 100.32, 16.82)
    tambons = TAMBONS.set_geometry([None, outline, None, None, None], crs="EPSG:4326")
    lat, lon = moved(16.82, 100.30, 0, metres)
    tables = with_villages("65080101,บ้านก,,")
    if name == "villages":
        tables["villages"][1] = f"65080101,บ้านก,{lat!r},{lon!r},osm,,"
    else:
        tables["schools"] = [SCHOOL_HEAD, f"S1,ร.ร. ก,วังทอง,วังทอง,{lat!r},{lon!r},K2-P6,,,"]
    found = [p for p in doubts(tmp_path, network, tambons, **tables) if p.rule == "outside-tambon"]
    assert [(p.file, p.row, p.column) for p in found] == [(FILES[name], 2, "lat")] * doubted
    if doubted:
        assert f"อยู่นอกตำบลวังทอง (650801) {metres:,.0f} เมตร" in found[0].message
    policy = "settings: {tambon_tolerance_m: {value: 3000, source: ทดสอบ}}"
    assert not any(p.rule == "outside-tambon" for p in doubts(tmp_path, network, tambons, policy, **tables))


@pytest.mark.parametrize(
    ("metres", "names", "told"),
    [
        (45, ("ก", "ข"), "ตรวจว่าจุดใดผิด"),
        (45, ("ก", "ก"), "ถ้าเป็นโรงเรียนเดียวกัน"),
        (55, ("ก", "ข"), ""),
        (0, ("ก", "ข"), "ตรวจพิกัดของโรงเรียนทั้งสอง"),
    ],
)
def test_schools_too_close_together(
    tmp_path: Path, network: RoadNetwork, metres: float, names: tuple[str, str], told: str
) -> None:
    at = [(16.8, 100.3), moved(16.8, 100.3, 60, metres) if metres else (16.8, 100.3)]
    rows = [f"S{i},{n},,,{lat!r},{lon!r},K2-P6,,," for i, (n, (lat, lon)) in enumerate(zip(names, at, strict=True), 1)]
    found = doubts(tmp_path, network, None, schools=[SCHOOL_HEAD, *rows])
    expected = [] if not told else [("close-schools" if metres else "same-point", 3)]
    assert [(p.rule, p.row) for p in found if p.rule not in ("repeated-name",)] == expected
    if told:
        assert told in found[-1].remedy
        assert not metres or f"{metres} เมตร" in found[-1].message


# -- numbers of pupils ----
def test_a_pupil_in_two_schools_is_told_by_its_rows(tmp_path: Path, network: RoadNetwork) -> None:
    students = ["student_key,school_id,grade,village_id,as_of"]
    students += ["secret,S1,P1,V1,2/2569", "b,S1,P1,V1,2/2569", "secret,S2,P1,V1,2/2569", "b,S1,P2,V1,2/2569"]
    two, twice = doubts(tmp_path, network, None, students=students)
    assert (two.severity, two.rule, two.row, two.value) == ("error", "duplicate-key", 4, "(ปกปิด)")
    assert "S1 (แถว 2) กับ S2 (แถว 4)" in two.message
    assert "ทั้งสองโรงเรียน" in two.remedy
    assert "สองโรงเรียน" not in twice.message
    assert "secret" not in str([two, twice])


def test_several_rows_of_the_table_may_be_one_of_the_file(tmp_path: Path, network: RoadNetwork) -> None:
    tables = read(tmp_path, students=[*STUDENTS, "S1,P1,V1,2/2569,9", "S1,P2,V1,2/2569,4", "S9,P2,V1,2/2569,4"])
    students = tables["students"].set_axis([2, 3, 4, 4, 5])  # a grid has all grades of a school in one row
    checked, problems = check_tables({**tables, "students": students}, FILES, network, 2570)
    assert [(p.rule, p.row) for p in problems] == [("duplicate-key", 4), ("unknown-code", 5)]
    assert checked["students"][["grade", "pupils"]].to_numpy().tolist() == [["P1", 5], ["P2", 7], ["P2", 4]]


def test_an_error_in_one_table_leaves_the_others_of_the_same_file_alone(tmp_path: Path, network: RoadNetwork) -> None:
    mergers = [MERGERS, "S1,P1,1/2569,S1,merge,existing"]
    files = FILES | {"mergers": FILES["schools"]}
    checked, problems = check_tables(read(tmp_path, mergers=mergers), files, network, 2570)
    assert [(p.rule, p.file, p.row) for p in problems] == [("self-merger", FILES["schools"], 2)]
    assert checked["schools"].index[0] == 2
    assert checked["mergers"].empty


@pytest.mark.parametrize(
    ("then", "now", "doubted"),
    [
        (100, 130, False),
        (100, 131, True),
        (100, 70, False),
        (100, 69, True),
        (10, 29, False),
        (10, 30, True),
        (0, 20, True),
        (30, 0, True),
        (19, 0, False),
    ],
)
def test_numbers_that_jump_against_last_year(
    tmp_path: Path, network: RoadNetwork, then: int, now: int, doubted: bool
) -> None:
    students = [STUDENTS[0], f"S1,P1,V1,2/2569,{now}", "S2,P1,V1,2/2569,1"]
    enrolment = ["school_id,year,grade,count", f"S1,2568,P1,{then - then // 2}", f"S1,2568,P2,{then // 2}"]
    enrolment += ["S1,2567,P1,900", "S4,2568,P1,500"]
    schools = [*SCHOOLS[:4], "S4,ร.ร. S4,ต,อ,16.8,100.304,K2-M3,closed"]
    found = doubts(tmp_path, network, None, schools=schools, students=students, enrolment=enrolment)
    assert [(p.rule, p.row, p.column) for p in found] == [("count-jump", 2, "count")] * doubted
    if doubted:
        assert f"{then:,} คน" in found[0].message
        assert found[0].value == str(now)


def test_a_school_that_the_file_forgot_is_found_by_last_year(tmp_path: Path, network: RoadNetwork) -> None:
    enrolment = ["school_id,year,grade,count", "S1,2568,P1,5", "S3,2568,P1,60"]
    (problem,) = doubts(tmp_path, network, None, enrolment=enrolment)
    assert (problem.rule, problem.file, problem.row, problem.value) == ("count-jump", FILES["enrolment"], 3, "0")


@pytest.mark.parametrize(
    ("counts", "doubted"),
    [
        ("6 6 6 6 6 6 6 6", ""),
        ("6 6 6 6 6 0 6 6", "P4"),
        ("0 6 6 6 6 6 6 6", "K2"),
        ("0 0 6 6 6 0 6 6", "K2-K3,P4"),
        ("4 4 4 4 4 0 4 4", ""),  # so small a school that a grade without children is nothing odd
        ("9 9 9 9 0 0 0 0", ""),  # a part of the school
    ],
)
def test_grades_without_pupils(tmp_path: Path, network: RoadNetwork, counts: str, doubted: str) -> None:
    rows = zip(["K2", "K3", "P1", "P2", "P3", "P4", "P5", "P6"], counts.split(), strict=True)
    students = [STUDENTS[0], *(f"S1,{grade},V1,2/2569,{count}" for grade, count in rows)]
    found = doubts(tmp_path, network, None, students=students)
    assert [(p.rule, p.value) for p in found] == ([("empty-grade", doubted)] if doubted else [])


@pytest.mark.parametrize(
    ("rooms", "pupils", "told"),
    [
        ("2", 100, ""),
        ("2", 101, "เฉลี่ยห้องละ 50 คน"),
        ("1", 200, "เฉลี่ยห้องละ 200 คน"),
        ("0", 5, "ไม่มีห้องเรียน"),
        ("0", 0, ""),
        ("96", 5, ""),
        ("97", 5, "96 ห้อง"),
        ("", 5_000, ""),
    ],
)
def test_numbers_of_rooms(tmp_path: Path, network: RoadNetwork, rooms: str, pupils: int, told: str) -> None:
    schools = ["school_id,name,tambon,amphoe,lat,lon,grades,rooms", f"S1,ก,,,16.8,100.3,K2-P6,{rooms}"]
    found = doubts(tmp_path, network, None, schools=schools, students=[STUDENTS[0], f"S1,P1,V1,2/2569,{pupils}"])
    assert [(p.rule, p.file, p.row) for p in found] == ([("rooms", FILES["schools"], 2)] if told else [])
    assert told in "".join(p.message for p in found)


def test_numbers_against_the_totals_of_dmc(tmp_path: Path, network: RoadNetwork) -> None:
    students = [STUDENTS[0], "S1,P1,V1,2/2569,5", "S1,P1,V2,2/2569,3", "S1,P2,V1,2/2569,4", "S2,P1,V1,2/2569,9"]
    totals = ["school_id,grade,count,as_of", "S1,P1,8,2/2569", "S1,P3,2,2/2569", "S1,P1,99,1/2569", "S9,P1,1,2/2569"]
    found = doubts(tmp_path, network, None, students=students, totals=totals)
    assert [(p.severity, p.rule, Path(p.file).stem, p.row, p.value) for p in found] == [
        ("error", "unknown-code", "totals", 5, "S9"),
        ("warning", "total-differs", "totals", 3, "2"),
        ("warning", "total-differs", "students", 4, "P2"),
    ]
    assert "0 คนในตารางนักเรียน แต่ DMC รวม 2 คน" in found[1].message
    totals = ["school_id,grade,count", "S1,P1,9", "S1,P2,4"]
    (found_one,) = doubts(tmp_path, network, None, students=students, totals=totals)
    assert (found_one.row, found_one.value) == (2, "9"), "a total of no day is of the newest"


@pytest.mark.parametrize(("people", "told"), [("12", ""), ("11", "เพียง 11 คน"), ("0", "ไม่มีคนอยู่ตามทะเบียน"), ("", "")])
def test_more_pupils_than_people(tmp_path: Path, network: RoadNetwork, people: str, told: str) -> None:
    villages = ["village_id,name,lat,lon,point_source,population", f"V1,บ้านหนึ่ง,16.801,100.30,survey,{people}"]
    students = [STUDENTS[0], "S1,P1,V1,2/2569,5", "S2,P2,V1,2/2569,7"]
    found = doubts(tmp_path, network, None, villages=villages, students=students)
    assert [(p.rule, p.file, p.row) for p in found] == (
        [("more-pupils-than-people", FILES["villages"], 2)] if told else []
    )
    assert told in "".join(p.message for p in found)
    # The register itself counts before the column: a village of two registrars has the people of both.
    register = ["village_id,population,registrar", "V1,6,ก", "V1,6,ข", "V7,0,ก"]
    assert doubts(tmp_path, network, None, villages=villages, students=students, population=register) == []
    register[2] = "V1,5,ข"
    (problem,) = doubts(tmp_path, network, None, villages=villages, students=students, population=register)
    assert (problem.file, problem.row, problem.value) == (FILES["population"], 2, "11")


# -- whole chains of mergers, and schools that are gone ----
def test_a_circle_of_mergers_is_told_whole(tmp_path: Path, network: RoadNetwork) -> None:
    rows = ["S1,P1,1/2569,S2", "S2,P1,1/2569,S3", "S3,P1,1/2569,S1", "S4,P1,1/2569,S1"]
    mergers = [MERGERS, *(f"{row},learn-together,existing" for row in rows)]
    found = doubts(tmp_path, network, None, mergers=mergers)
    assert [p.rule for p in found] == ["host-moves"] * 4
    assert "(S1 → S2 → S3 → S1 วนเป็นวงกลม)" in found[0].message
    assert "(S4 → S1 → S2 → S3 → S1 วนเป็นวงกลม)" in found[3].message


def test_a_chain_of_mergers_is_told_to_its_end(tmp_path: Path, network: RoadNetwork) -> None:
    rows = ["S1,P1,1/2569,S2", "S2,P1,1/2569,S3", "S3,P1,1/2569,S4"]
    found = doubts(tmp_path, network, None, mergers=[MERGERS, *(f"{row},merge,existing" for row in rows)])
    assert [p.row for p in found] == [2, 3]
    assert found[0].message.endswith("(S1 → S2 → S3 → S4)")
    assert found[1].message.endswith("(S2 → S3 → S4)")


@pytest.mark.parametrize(
    ("merger", "status", "pupils"),
    [
        ("S1,P1-P6,1/2569,S2,dissolve,existing", "", 8),
        ("S1,P1,2/2569,S2,dissolve,existing", "", 5),
        ("S1,P1-P6,1/2570,S2,dissolve,existing", "", 0),
        ("S1,P1-P6,1/2569,S2,learn-together,existing", "", 0),
        ("S3,P1-P6,1/2569,S2,learn-together,existing", "closed", 8),
    ],
    ids=["dissolved", "one-grade", "later", "learns-together", "closed"],
)
def test_pupils_on_the_roll_of_a_school_that_is_gone(
    tmp_path: Path, network: RoadNetwork, merger: str, status: str, pupils: int
) -> None:
    schools = [SCHOOLS[0], SCHOOLS[1] + status, *SCHOOLS[2:]]
    students = [STUDENTS[0], "S1,P1,V1,2/2569,5", "S1,P2,V1,2/2569,3", "S1,P3,V1,2/2569,0"]
    found = doubts(tmp_path, network, None, schools=schools, students=students, mergers=[MERGERS, merger])
    assert [(p.rule, p.row, p.value) for p in found] == ([("gone-school", 2, "S1")] if pupils else [])
    assert not pupils or f"{pupils} คนในทะเบียน" in found[0].message


# -- money ----
def test_letters_of_the_ceiling(tmp_path: Path, network: RoadNetwork) -> None:
    ceilings = [
        "round,letter,baht,date",
        "november,ศธ 04006/ว123,100,2026-11-09",
        "november,ศธ๐๔๐๐๖/ว๑๒๓ (สำเนา),100,2026-11-09",
        "november,ศธ 04006/ว124,100,2026-11-09",
        "may,รอหนังสือ,100,2027-05-09",
        "may,,100,2027-05-09",
    ]
    tables = typed(tmp_path, ceilings=ceilings)
    found = check_tables(tables, FILES, network, 2570)[1]
    assert [(p.severity, p.rule, p.row, p.column) for p in found] == [
        ("warning", "letter-twice", 3, "letter"),
        ("warning", "no-letter", 5, "letter"),
        ("warning", "no-letter", 6, "letter"),
    ]
    assert "แถว 2" in found[0].message


@pytest.mark.parametrize(
    ("payments", "ceiling", "expected"),
    [
        # Five pupils of S1 for 100 days of 20 baht at most.
        (["november,S2,S1,10000"], 10_000, []),
        (["november,S2,S1,10001"], 20_000, [("paid-too-much", 2)]),
        (["november,S2,S1,6000", "november,S2,S1,4001"], 20_000, [("paid-too-much", 3)]),
        (["november,S2,S1,6000", "november,S2,S1,3000", "november,S2,S1,900"], 8_000, [("paid-over-ceiling", 3)]),
        # Nobody is on the roll of S3 any more: those of the host may have come from there.
        (["november,S2,S3,14000"], 20_000, []),
        (["november,S2,S3,14001"], 20_000, [("paid-too-much", 2)]),
        (["may,S2,S1,9000"], 8_000, []),
    ],
    ids=["most", "one-more", "in-two-parts", "over-ceiling", "gone-school", "gone-school-more", "no-ceiling"],
)
def test_payments_that_a_round_cannot_hold(
    tmp_path: Path, network: RoadNetwork, payments: list[str], ceiling: int, expected: list[tuple[str, int]]
) -> None:
    days = [f"2026-11-{10 + i}" for i in range(len(payments))]
    lines = ["round,host_id,school_id,baht,date", *(f"{p},{day}" for p, day in zip(payments, days, strict=True))]
    ceilings = ["round,letter,baht,date", f"november,ศธ 1/1,{ceiling},2026-11-09"]
    found = doubts(tmp_path, network, None, payments=lines, ceilings=ceilings)
    assert [(p.rule, p.row) for p in found] == expected
    assert all(p.file == FILES["payments"] and p.severity == "warning" for p in found)


# -- homes far from school ----
NO_SNAPS = pd.DataFrame({"kind": [], "code": [], "far": []})


def far(
    tables: Tables, distances: list[tuple[str, str, int | None]], homes: pd.DataFrame | None = None
) -> list[Problem]:
    ways = pd.DataFrame(distances, columns=["village_id", "school_id", "road_m"]).astype({"road_m": "Int64"})
    ways["reachable"] = ways["road_m"].notna()
    settings = load_policy().settings.model_copy(update={"far_home_m": 15_000})
    links = pd.DataFrame({"codes": []})
    return check_places(ways, NO_SNAPS, links, tables, FILES, homes=homes, settings=settings)


def test_homes_far_from_school(tmp_path: Path, network: RoadNetwork) -> None:
    villages = [
        VILLAGES[0],
        "V1,ก,16.8,100.3,survey",
        "V2,ข,16.8,100.3,survey",
        "V3,ค,16.95,100.3,survey",
        "V4,ง,,,osm",
    ]
    students = [STUDENTS[0], "S1,P1,V1,2/2569,5", "S1,P2,V1,2/2569,3", "S1,P1,V2,2/2569,4", "S1,P1,V3,2/2569,2"]
    students += ["S1,P1,V4,2/2569,1", "S2,P1,V1,2/2569,1", "S1,P3,V1,1/2569,9"]
    tables, _ = check_tables(typed(tmp_path, villages=villages, students=students), FILES, network, 2570)
    distances = [("V1", "S1", 15_001), ("V2", "S1", 15_000), ("V3", "S1", None), ("V4", "S1", None), ("V1", "S2", 9)]
    found = far(tables, distances)
    assert [(p.rule, p.row, p.column, p.value) for p in found] == [
        ("far-home", 2, "village_id", "V1"),
        ("far-home", 5, "village_id", "V3"),
    ]
    assert "8 คน" in found[0].message
    assert "15.0 กม. (ทางรถ)" in found[0].message
    straight_km = GEOD.inv(100.3, 16.95, 100.301, 16.8)[2] / 1000
    assert f"{straight_km:.1f} กม. (เส้นตรง)" in found[1].message


def test_far_home_points_are_told_without_the_point_or_the_key(tmp_path: Path, network: RoadNetwork) -> None:
    students = ["student_key,school_id,grade,village_id,lat,lon", "secret-1,S1,P1,V1,16.8123,100.3123"]
    students += ["secret-2,S1,P1,V1,16.8124,100.3124", "secret-3,S1,P1,V1,16.9876,100.3125", "secret-4,S1,P1,V1,,"]
    tables, problems = check_tables(read(tmp_path, students=students), FILES, network, 2570)
    assert problems == []
    homes = pd.DataFrame(
        {"student_key": ["secret-1", "secret-2", "secret-3"], "school_id": "S1", "road_m": [16_000, 14_000, None]}
    ).astype({"road_m": "Int64"})
    found = far(tables, [("V1", "S1", 500)], homes)
    assert [(p.rule, p.row, p.column, p.value) for p in found] == [
        ("far-home", 2, "lat", "(ปกปิด)"),
        ("far-home", 4, "lat", "(ปกปิด)"),
    ]
    assert "16.0 กม. (ทางรถ)" in found[0].message
    assert "เส้นตรง" in found[1].message
    assert not any(text in str(found) for text in ("secret", "16.8", "16.9", "100.3"))
    found = far(tables, [("V1", "S1", 15_500)], homes)
    assert [p.row for p in found] == [2, 4, 5], "a pupil without a home point is measured from the village"


def test_tables_without_any_optional_column_are_checked_too(tmp_path: Path, network: RoadNetwork) -> None:
    tables = read(tmp_path)
    needed = {
        "schools": ["school_id", "name", "tambon", "amphoe", "lat", "lon", "grades", "status"],
        "villages": ["village_id", "name", "lat", "lon"],
        "students": ["school_id", "grade", "village_id", "count", "as_of", "from_school_id"],
    }
    bare = {name: tables[name][columns] for name, columns in needed.items()}
    checked, problems = check_tables(bare, FILES, network, 2570, tambons=TAMBONS)
    assert problems == []
    assert checked["students"]["pupils"].sum() == 12


# -- the sample office, whose faults were put there by hand ----
def test_faults_of_the_sample_are_all_found_and_only_those(sample: Path) -> None:
    measured = cycle.measure(cycle.open_cycle(sample))
    counted = measured.problems.groupby(["severity", "rule"]).size().to_dict()
    villages = pd.read_csv(sample / "inputs" / "villages.csv", dtype=str)
    swapped = villages.index[villages["lat"].astype(float) > 90] + 2
    assert counted == {
        ("error", "duplicate-key"): 1,
        ("warning", "far-from-road"): counted[("warning", "far-from-road")],
        ("warning", "closure"): 4,
        ("warning", "rival-road"): counted[("warning", "rival-road")],
        ("warning", "swapped-point"): 1,
        ("warning", "thai-digits"): 2,
        ("warning", "unreachable"): 1,
        ("warning", "more-pupils-than-people"): 1,
        ("warning", "total-differs"): 1,
    }
    rows = measured.problems.set_index("rule")["row"]
    assert [rows["swapped-point"]] == list(swapped)
    schools = pd.read_csv(sample / "inputs" / "schools.csv", dtype=str)
    assert rows["duplicate-key"] == schools.index[schools.duplicated("school_id")][0] + 2


def test_raw_files_are_not_changed_by_checking(office: Path) -> None:
    before = {p: p.read_bytes() for p in (office / "inputs").iterdir()}
    steps.write_check(cycle.measure(cycle.open_cycle(office)))
    assert {p: p.read_bytes() for p in (office / "inputs").iterdir()} == before

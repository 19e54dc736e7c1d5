"""Rules that tables must keep together, on a drawn area small enough to know every answer."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from drawn import place, write_osm

from restructure import cycle, steps
from restructure.checks import Tables, check_places, check_tables
from restructure.distance import distance_table
from restructure.intake import Problem, read_table
from restructure.points import missing_links, snaps
from restructure.policy import load_policy
from restructure.roads import RoadNetwork, read_roads
from restructure.rolls import snapshot

NAMES = ("schools", "villages", "students", "mergers", "enrolment", "payments")
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
    students = [*STUDENTS, "S1,P3,V1,2/2569,-", "S1,P4,,2/2569,3"]
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
    }
    rows = measured.problems.set_index("rule")["row"]
    assert [rows["swapped-point"]] == list(swapped)
    schools = pd.read_csv(sample / "inputs" / "schools.csv", dtype=str)
    assert rows["duplicate-key"] == schools.index[schools.duplicated("school_id")][0] + 2


def test_raw_files_are_not_changed_by_checking(office: Path) -> None:
    before = {p: p.read_bytes() for p in (office / "inputs").iterdir()}
    steps.write_check(cycle.measure(cycle.open_cycle(office)))
    assert {p: p.read_bytes() for p in (office / "inputs").iterdir()} == before

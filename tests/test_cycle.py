"""One cycle on disk: the same bytes every time, whole or not at all, inputs as they were."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from small_office import files_in, merge, read_rows, write_scenario, write_small_office

from restructure import (
    DataError,
    UsageError,
    find_scenario,
    measure,
    open_cycle,
    scenario_stems,
    write_allocation,
    write_check,
    write_distances,
    write_outcome,
)
from restructure.cli import main
from restructure.files import staged, write_csv, write_json

SMALL = {
    "schools": "H 0 P1-P6 rooms=6\nA 3000 P1-P6 rooms=6\nB 9000 P1-P6",
    "villages": "V1 2500\nV2 9500\nVI 9000,5000",
    "students": "A P1 V1 4\nA P2 VI 1\nB P1 V2 3",
    "mergers": "A P1-P6 1/2560 H learn-together existing",
    "ceilings": {"november": 3_000},
    "scenarios": {"x": [merge("B", "H")]},
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_small_office(tmp_path / "small", **SMALL)


def make_all(folder: Path) -> None:
    """Everything but the plan's documents and maps."""
    measured = measure(open_cycle(folder))
    write_distances(measured)
    for stem in scenario_stems(folder):
        write_outcome(measured, find_scenario(folder, stem))
    for name in ("november", "may"):
        write_allocation(measured, name)


# -- the same bytes ----
def without_time(path: str, data: bytes) -> bytes:
    if path != "manifest.json":
        return data
    manifest = json.loads(data)
    assert manifest.pop("made")
    assert all(step.pop("made") for step in manifest["steps"].values())
    return json.dumps(manifest).encode()


def test_the_same_inputs_make_the_same_bytes(office: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "under another name"
    shutil.copytree(office, other)
    make_all(office)
    make_all(other)
    first, second = files_in(office / "outputs"), files_in(other / "outputs")
    assert {path for path in first if not path.startswith("scenarios")} == {
        "problems.csv",
        "distances.parquet",
        "manifest.json",
        *(
            f"allocation/{r}/{f}"
            for r in ("november", "may")
            for f in (
                "allocation.csv",
                "allocation.json",
                "need.csv",
                "not-eligible.csv",
                "one-more-day.csv",
                "rules.csv",
            )
        ),
    }
    assert set(first) == set(second)
    for path, data in first.items():
        assert without_time(path, data) == without_time(path, second[path]), path


def test_the_order_of_rows_in_the_inputs_says_nothing(small: Path, tmp_path: Path) -> None:
    """But for the row numbers of problems, of which this office has none that shift."""
    other = Path(shutil.copytree(small, tmp_path / "other"))
    for name in ("schools", "villages", "students", "mergers"):
        path = other / "inputs" / f"{name}.csv"
        head, *rows = path.read_text("utf-8-sig").splitlines()
        path.write_text("\r\n".join([head, *rows[::-1], ""]), "utf-8-sig")
    make_all(small)
    make_all(other)
    first, second = files_in(small / "outputs"), files_in(other / "outputs")
    assert set(first) == set(second)
    different = {path for path, data in first.items() if data != second[path]}
    assert different <= {"manifest.json", "problems.csv"}


def test_a_second_run_changes_nothing(small: Path) -> None:
    make_all(small)
    first = files_in(small / "outputs")
    make_all(small)
    second = files_in(small / "outputs")
    assert {p: without_time(p, d) for p, d in first.items()} == {p: without_time(p, d) for p, d in second.items()}


# -- the manifest ----
def test_the_manifest_says_from_what(office: Path) -> None:
    make_all(office)
    manifest = json.loads((office / "outputs" / "manifest.json").read_text("utf-8"))
    raw = [p for p in office.rglob("*") if p.is_file() and "outputs" not in p.parts and p.name != "README.txt"]
    assert manifest["inputs"] == {
        p.relative_to(office).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in raw
    }
    assert manifest["osm_date"] == "2026-10-01"
    assert (manifest["fiscal_year"], manifest["synthetic"]) == (2570, True)
    assert manifest["policy"]["bands"]["value"][0] == {"up_to_m": 3000, "baht_per_day": 10}
    assert manifest["policy"]["bands"]["source"]
    assert {"restructure", "numpy", "pandas", "python"} <= set(manifest["versions"])
    assert pd.Timestamp(manifest["made"]).tzinfo is not None


def test_the_manifest_names_every_input_and_the_parameters(small: Path) -> None:
    """Design.md: SHA-256 of each input, policy, versions, OSM date, parameters, time."""
    (small / "inputs" / "closures.csv").write_text("closure_id,from,to,reason\n1,2027-01-01,2027-02-01,x\n", "utf-8")
    assert main(["allocate", str(small), "--round", "november", "--ceiling", "1234"]) == 0
    manifest = json.loads((small / "outputs" / "manifest.json").read_text("utf-8"))
    assert "inputs/closures.csv" in manifest["inputs"]
    assert "1234" in json.dumps(manifest["parameters"])


# -- which scenario ----
@pytest.mark.parametrize(
    ("files", "plan", "wanted", "stem"),
    [
        (["b", "a"], "scenario: b\n", None, "b"),
        (["b", "a"], None, None, "a"),
        (["b", "a"], "scenario: b\n", "a", "a"),
        ([], None, None, "present"),
        (["ทางเลือก ก"], None, None, "ทางเลือก ก"),
        (["b", "a"], "scenario: b\nsteps: []\ntexts: {}\n", None, "b"),
    ],
)
def test_find_scenario(tmp_path: Path, files: list[str], plan: str | None, wanted: str | None, stem: str) -> None:
    for name in files:
        write_scenario(tmp_path, name, [], name=f"ชื่อ {name}")
    if plan is not None:
        (tmp_path / "plan.yaml").write_text(plan, "utf-8")
    found = find_scenario(tmp_path, wanted)
    assert found.stem == stem
    assert found.name == ("สภาพปัจจุบัน (ไม่รวมเพิ่ม)" if stem == "present" else f"ชื่อ {stem}")


def test_a_scenario_may_lie_anywhere(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_scenario(tmp_path / "small", "x", [merge("B", "H")]).rename(tmp_path / "mine.yaml")
    assert find_scenario(small, str(path)).stem == "mine"
    monkeypatch.chdir(tmp_path)
    assert find_scenario(small, "mine.yaml").stem == "mine"


def test_a_stem_comes_before_a_file_of_that_name(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_text("name: wrong\nmerges: []\n")
    monkeypatch.chdir(tmp_path)
    assert find_scenario(small, "x").name == "ทางเลือก"


@pytest.mark.parametrize("wanted", ["nope", "x.yaml", "scenarios/x", "../x", ""])
def test_an_unknown_scenario_is_wrong_use(
    small: Path, wanted: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small / "scenarios")  # a folder of whose neighbours all are known
    (small / "scenarios" / "x.yaml").rename(small / "scenarios" / "y.yaml")
    if wanted == "":
        (small / "plan.yaml").write_text("scenario: nope\n")
    with pytest.raises(UsageError, match="y"):
        find_scenario(small, wanted)
    assert main(["simulate", str(small), wanted or "nope"]) == 2
    thai, english = capsys.readouterr().err.splitlines()
    assert "ไม่พบทางเลือก" in thai
    assert str(small) not in thai + english, "nobody's folders on a page"
    assert english.startswith("There is no scenario")
    assert not (small / "outputs").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "- 1",
        "x",
        "scenario: 5",
        "scenario:",
        "other: x",
        "\0",
        "a: &a [*a]",
        "{" * 3000,
        "scenario: 2569-02-30",
    ],
    ids=lambda text: text[:12],
)
def test_a_broken_plan_yaml(small: Path, text: str) -> None:
    (small / "plan.yaml").write_text(text)
    with pytest.raises((DataError, UsageError), match=r"plan\.yaml|2569-02-30"):
        find_scenario(small)


# -- inputs stay, outputs are whole ----
def test_inputs_never_change(office: Path) -> None:
    before = {p: d for p, d in files_in(office).items() if not p.startswith("outputs")}
    make_all(office)
    write_check(measure(open_cycle(office)))
    after = {p: d for p, d in files_in(office).items() if not p.startswith("outputs")}
    assert after == before


def replace(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text, "utf-8")


def remove(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def cut(name: str) -> Callable[[Path], object]:
    def half(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])

    return half


def without_column(name: str, column: str) -> Callable[[Path], object]:
    def drop(folder: Path) -> None:
        table = pd.read_csv(folder / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        table.drop(columns=column).to_csv(folder / name, index=False)

    return drop


SCENARIO = "scenarios/option-a.yaml"
FAILURES: list[tuple[str, Callable[[Path], object], int, str]] = [
    ("no schools", remove("inputs/schools.csv"), 1, "inputs/schools.csv"),
    ("no villages", remove("inputs/villages.csv"), 1, "inputs/villages.csv"),
    ("no students", remove("inputs/students.csv"), 1, "inputs/students.csv"),
    ("no roads", remove("inputs/roads.osm.pbf"), 1, "roads.osm.pbf"),
    ("two road files", lambda f: shutil.copy(f / "inputs/roads.osm.pbf", f / "inputs/roads.osm"), 1, "roads.osm"),
    ("two tables", lambda f: shutil.copy(f / "inputs/schools.csv", f / "inputs/schools.xlsx"), 1, "schools.xlsx"),
    ("no inputs", lambda f: shutil.rmtree(f / "inputs"), 2, "inputs"),
    ("empty file", replace("inputs/students.csv", ""), 1, "inputs/students.csv"),
    ("head only", replace("inputs/villages.csv", "village_id,name,lat,lon,point_source\n"), 1, "inputs/villages.csv"),
    (
        "no row of use",
        replace("inputs/students.csv", "school_id,grade,village_id,count\n9,P1,9,1\n"),
        1,
        "inputs/students.csv แถว|แถว 2",
    ),
    ("no such column", without_column("inputs/students.csv", "count"), 1, "count"),
    ("no key column", without_column("inputs/schools.csv", "school_id"), 1, "school_id"),
    ("no optional column", without_column("inputs/mergers.csv", "host_id"), 1, "inputs/mergers.csv"),
    ("not a table", lambda f: (f / "inputs/schools.csv").write_bytes(b"\0\1\2"), 1, "inputs/schools.csv"),
    ("broken PBF", cut("inputs/roads.osm.pbf"), 1, "roads.osm.pbf"),
    ("PBF that is none", replace("inputs/roads.osm.pbf", "roads"), 1, "roads.osm.pbf"),
    ("empty PBF", replace("inputs/roads.osm.pbf", ""), 1, "roads.osm.pbf"),
    ("policy not YAML", replace("policy.yaml", "a: ["), 1, "policy.yaml"),
    ("policy unknown word", replace("policy.yaml", "settings:\n  band: {value: 1}\n"), 1, "settings.band"),
    ("policy wrong value", replace("policy.yaml", "settings:\n  far_m: {value: x}\n"), 1, "far_m"),
    ("policy wrong year", replace("policy.yaml", "fiscal_year: 2027\n"), 1, "fiscal_year"),
    ("scenario not YAML", replace(SCENARIO, "name: ["), 1, "option-a.yaml"),
    ("unknown codes", replace(SCENARIO, "name: x\nmerges: [{school: a, host: b, from_term: 1/2570}]"), 1, "รายการที่ 1"),
    ("scenario not there", remove(SCENARIO), 2, "option-a"),
]  # fmt: skip


@pytest.fixture(scope="module")
def made(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with outputs of an earlier run."""
    folder = Path(shutil.copytree(sample, tmp_path_factory.mktemp("made") / "office"))
    make_all(folder)
    (folder / "outputs" / "plan").mkdir()
    (folder / "outputs" / "plan" / "plan.docx").write_bytes(b"an earlier plan")
    return folder


@pytest.mark.parametrize(
    ("spoil", "code", "named"), [pytest.param(*case, id=name.replace(" ", "-")) for name, *case in FAILURES]
)
def test_a_failure_leaves_earlier_outputs_as_they_were(
    made: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], object],
    code: int,
    named: str,
) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "office"))
    spoil(folder)
    before = files_in(folder)
    assert main(["simulate", str(folder), "option-a"]) == code
    said = [line for line in capsys.readouterr().err.splitlines() if "set aside" not in line and "พักแถว" not in line]
    thai, english = said
    assert any("\u0e01" <= letter <= "\u0e5b" for letter in thai)
    assert english[0].isascii()
    assert english[0].isalpha()
    assert any(word in thai for word in named.split("|"))
    assert "Traceback" not in thai + english
    assert files_in(folder) == before


@pytest.mark.parametrize("command", [["check"], ["distances"], ["allocate", "--round", "may"], ["plan"], ["run"]])
@pytest.mark.parametrize("spoil", [remove("inputs/students.csv"), cut("inputs/roads.osm.pbf")], ids=["table", "roads"])
def test_every_command_fails_alike(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], spoil: Callable[[Path], object]
) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "office"))
    spoil(folder)
    before = files_in(folder)
    name, *rest = command
    assert main([name, str(folder), *rest]) == 1
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 2
    assert captured.out == ""
    assert files_in(folder) == before


def test_a_write_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "outputs"
    with staged(target) as stage:
        write_json(stage / "a.json", {"n": 1})
    before = files_in(target)
    with pytest.raises(RuntimeError, match="power cut"), staged(target) as stage:  # noqa: PT012
        write_json(stage / "a.json", {"n": 2})
        write_csv(stage / "deep" / "b.csv", pd.DataFrame({"n": [1]}))
        raise RuntimeError("power cut")
    assert files_in(target) == before
    assert [p.name for p in target.iterdir()] == ["a.json"]


def test_a_file_in_the_way_is_said_in_thai(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "outputs").write_text("no folder")
    assert main(["distances", str(small)]) == 1
    thai, english = capsys.readouterr().err.splitlines()[-2:]
    assert "outputs" in thai
    assert "outputs" in english


# -- tables that others rely on ----
COLUMNS = {
    "problems.csv": "severity rule file row column value message remedy",
    "scenarios/x/subsidy.csv": (
        "school_id host_id grade village_id programme pupils road_m band baht_per_day days baht"
    ),
    "allocation/november/allocation.csv": "host_id school_id programme basis pupils need_baht allocated_baht",
    "allocation/may/allocation.csv": "host_id school_id programme basis pupils need_baht allocated_baht",
    "allocation/may/need.csv": (
        "school_id host_id grade village_id programme pupils road_m band baht_per_day days baht basis"
    ),
}


@pytest.mark.parametrize("path", COLUMNS)
def test_columns_of_csv(small: Path, path: str) -> None:
    make_all(small)
    data = (small / "outputs" / path).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in data
    assert data.decode("utf-8-sig").splitlines()[0].split(",") == COLUMNS[path].split()


def test_cells_of_subsidy_csv(small: Path) -> None:
    """B P1 V2 ×3 → H: 9,500 m, 15 baht, 200 days."""
    make_all(small)
    (row,) = read_rows(small / "outputs" / "scenarios" / "x" / "subsidy.csv")
    assert list(row.values()) == ["B", "H", "P1", "V2", "unspecified", "3", "9500", "2", "15", "200", "9000"]
    first, lost = read_rows(small / "outputs" / "allocation" / "may" / "need.csv")
    assert list(first.values()) == ["A", "H", "P1", "V1", "existing", "4", "2500", "1", "10", "100", "4000", "routed"]
    assert list(lost.values()) == ["A", "H", "P2", "VI", "existing", "1", "", "", "", "100", "", "routed"]


def test_distances_parquet(small: Path) -> None:
    make_all(small)
    table = pd.read_parquet(small / "outputs" / "distances.parquet")
    assert list(table) == [
        "village_id", "school_id", "road_m", "minutes", "snap_village_m", "snap_school_m", "reachable", "flags",
    ]  # fmt: skip
    assert table.dtypes[["road_m", "minutes"]].astype(str).tolist() == ["Int64", "Int64"]
    assert table["reachable"].dtype == bool
    pairs = table[["village_id", "school_id"]].apply(tuple, axis=1).tolist()
    assert pairs == sorted((v, s) for v in ("V1", "V2", "VI") for s in ("A", "B", "H"))
    island = table[table["village_id"] == "VI"]
    assert island["road_m"].isna().all()
    assert island["minutes"].isna().all()
    assert not island["reachable"].any()
    assert island["flags"].str.contains("unreachable").all()


SUMMARY_KEYS = ["pupils_moved", "unreachable", "baht_per_year", "pupils_by_band", "median_m", "p90_m", "max_m"]
SUMMARY_KEYS += ["over_30_min", "schools_closed", "hosts_over_capacity"]


def test_summary_json(small: Path) -> None:
    make_all(small)
    summary = json.loads((small / "outputs" / "scenarios" / "x" / "summary.json").read_text("utf-8"))
    assert set(SUMMARY_KEYS) <= set(summary)
    assert summary["pupils_by_band"] == {"10": 0, "15": 3, "20": 0}
    assert all(type(summary[key]) is int for key in SUMMARY_KEYS if key != "pupils_by_band")


@pytest.mark.parametrize(("name", "allocated", "cells"), [("november", 3_000, ["3000"]), ("may", None, [""])])
def test_an_unknown_ceiling_stays_unknown(small: Path, name: str, allocated: int | None, cells: list[str]) -> None:
    make_all(small)
    folder = small / "outputs" / "allocation" / name
    assert [row["allocated_baht"] for row in read_rows(folder / "allocation.csv")] == cells
    said = json.loads((folder / "allocation.json").read_text("utf-8"))
    assert said["ceiling_baht"] == allocated
    assert said["allocated_baht"] == allocated, "null, not 0: nobody has said yet how much there is"
    assert said["sharing_rule"] == "proportional"
    assert (said["need_baht"], said["pupils"], said["pupils_without_distance"]) == (4_000, 5, 1)


def test_a_cell_is_never_a_formula(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", pd.DataFrame({"name": ["=1+1", "บ้าน", None], "n": [-1, 2, 3]}))
    assert (tmp_path / "t.csv").read_text("utf-8-sig") == "name,n\n'=1+1,-1\nบ้าน,2\n,3\n"


# -- what must not leave inputs/ ----
CITIZEN = "1101700203451"
PRIVATE = ["16.823451", "100.323451", CITIZEN, "เด็กชายสมมุติ", "0812345678"]


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """One row a pupil with name, phone, home point and a citizen number as key."""
    folder = write_small_office(
        tmp_path / "private",
        **SMALL
        | {
            "student_head": "school_id grade village_id student_key lat lon ชื่อ โทรศัพท์ remark",
            "students": f"""
                B P1 V2 {CITIZEN} 16.823451 100.323451 เด็กชายสมมุติ 0812345678 เด็กชายสมมุติ
                A P1 V1 {CITIZEN} 16.823451 100.323451 เด็กชายสมมุติ 0812345678 เด็กชายสมมุติ
                B P9 V2 {CITIZEN} 16,823451 100.323451 เด็กชายสมมุติ 0812345678 เด็กชายสมมุติ
                A P2 V1 k2 100.323451 16.823451 เด็กชายสมมุติ 0812345678 .
                A P3 . k3 1.0 2.0 . . .
                Z P3 V1 k4 16.823451 100.323451 เด็กชายสมมุติ 0812345678 .
            """,
        },
    )
    make_all(folder)
    return folder


def everything_said(folder: Path) -> str:
    """All text and all cells of all outputs."""
    said = ""
    for path, data in files_in(folder / "outputs").items():
        if path.endswith(".parquet"):
            table = pd.read_parquet(io.BytesIO(data))
            said += table.to_csv()
            assert not {"lat", "lon", "foot_lat", "foot_lon"} & set(table)
        else:
            said += data.decode("utf-8-sig")
    return said


@pytest.mark.parametrize("secret", PRIVATE)
def test_nothing_private_leaves_the_inputs(private: Path, secret: str) -> None:
    said = everything_said(private)
    assert "homes.parquet" in files_in(private / "outputs")
    assert secret not in said


def test_one_citizen_number_twice_is_one_child(private: Path) -> None:
    """Two rolls claim the child of rows 2 and 3: the first keeps it, as with any other key."""
    problems = read_rows(private / "outputs" / "problems.csv")
    assert [(p["row"], p["value"]) for p in problems if p["rule"] == "duplicate-key"] == [("3", "(ปกปิด)")]
    # Said once for the file: the first row stands for all.
    assert {p["row"] for p in problems if p["rule"] == "citizen-number"} == {"2"}


def test_homes_are_measured_from_their_own_point(private: Path) -> None:
    homes = pd.read_parquet(private / "outputs" / "homes.parquet")
    assert list(homes) == [
        "student_key", "school_id", "road_m", "minutes", "snap_village_m", "snap_school_m", "reachable", "flags",
    ]  # fmt: skip
    assert homes.groupby("student_key").size().eq(3).all()


def test_a_swapped_home_point_is_mended_and_not_shown(private: Path) -> None:
    rows = [row for row in read_rows(private / "outputs" / "problems.csv") if row["column"] in ("lat", "lon")]
    assert {row["rule"] for row in rows} >= {"swapped-point", "point-outside"}
    assert {row["value"] for row in rows} == {"(ปกปิด)"}


def test_distances_of_the_sample_are_symmetric_in_nothing_but_complete(sample: Path) -> None:
    """Every pair of the office, no cut-off; a distance is never shorter than the straight line less the two snaps."""
    cycle = open_cycle(sample)
    table = measure(cycle).distances
    villages, schools = cycle.tables["villages"], cycle.tables["schools"]
    assert len(table) == len(villages) * len(schools) == 332 * 125
    at: dict[str, Any] = {}
    for frame, key in ((villages, "village_id"), (schools, "school_id")):
        at[key] = table[key].map(frame.set_index(key)["lat"]), table[key].map(frame.set_index(key)["lon"])
    (lat1, lon1), (lat2, lon2) = at["village_id"], at["school_id"]
    straight = (((lat1 - lat2) * 110_580) ** 2 + ((lon1 - lon2) * 109_400) ** 2) ** 0.5
    least = straight * 0.995 - table["snap_village_m"] - table["snap_school_m"] - 2
    assert (table["road_m"].dropna() >= least[table["reachable"]]).all()
    assert (table["road_m"].isna() == ~table["reachable"]).all()
    assert (~table["reachable"]).sum() == 125, "the village on the island, to every school"


# -- what lies in the folder ----
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("inputs/ceiling.xlsx", "ceilings"),
        ("inputs/mergers.xlsx.optional", "mergers"),
        ("inputs/โรงเรียน.xlsx", "ไม่ได้อ่าน"),
        ("inputs/closure.csv", "closures"),
        ("scenarios/ทางเลือก.yaml.txt", "ไม่ได้อ่าน"),
    ],
)
def test_a_file_that_is_not_read_is_named(small: Path, name: str, words: str) -> None:
    (small / name).write_text("x", "utf-8")
    (found,) = [p for p in open_cycle(small).problems if p.rule == "not-read"]
    assert (found.severity, found.file) == ("warning", name)
    assert words in found.message + found.remedy


def test_lock_files_of_excel_are_nobodys_business(small: Path) -> None:
    (small / "inputs" / "~$schools.xlsx").write_bytes(b"x")
    assert not [p for p in open_cycle(small).problems if p.rule == "not-read"]


def test_a_scenario_may_end_in_yml(small: Path) -> None:
    stems = scenario_stems(small)
    path = small / "scenarios" / f"{stems[0]}.yaml"
    path.rename(path.with_suffix(".yml"))
    assert scenario_stems(small) == stems
    assert find_scenario(small, stems[0]).stem == stems[0]
    assert not [p for p in open_cycle(small).problems if p.rule == "not-read"]


def test_a_scenario_cannot_name_a_folder_outside(small: Path, tmp_path: Path) -> None:
    (tmp_path / "...yaml").write_text("name: x\nmerges: []\n", "utf-8")
    with pytest.raises(UsageError):
        find_scenario(small, str(tmp_path / "...yaml"))


def test_an_optional_table_with_only_a_head_is_no_table(small: Path) -> None:
    (small / "inputs" / "payments.csv").write_text("round,host_id,school_id,baht,date\n", "utf-8")
    (found,) = [p for p in measure(open_cycle(small)).problems.itertuples() if p.file == "inputs/payments.csv"]
    assert (found.severity, found.rule) == ("warning", "empty-table")


def test_homes_that_are_gone_from_the_inputs_are_gone_from_the_outputs(small: Path) -> None:
    (small / "outputs").mkdir(exist_ok=True)
    (small / "outputs" / "homes.parquet").write_bytes(b"of last year")
    write_distances(measure(open_cycle(small)))
    assert not (small / "outputs" / "homes.parquet").exists()


def test_an_office_without_a_name_is_told_so(small: Path) -> None:
    (small / "policy.yaml").unlink(missing_ok=True)
    assert [p.file for p in open_cycle(small).problems if p.rule == "no-office"] == ["policy.yaml"]

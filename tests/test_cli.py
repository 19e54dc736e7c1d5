"""The command line: every command, its exit code, what it says and what it leaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from small_office import files_in, merge, read_rows, write_scenario, write_small_office

from restructure.cli import main
from restructure.cycle import find_scenario
from restructure.intake import columns_of

CLEAN = {
    "schools": "H 0 P1-P6 rooms=6\nA 3000 P1-P6 rooms=6\nB 9000 P1-P6 rooms=6",
    "villages": "V1 2500\nV2 9500",
    "students": "A P1 V1 4\nB P1 V2 3\nH P1 V1 2",
    "mergers": "A P1-P6 1/2560 H learn-together existing",
    "ceilings": {"november": 3_000},
    "scenarios": {"x": [merge("B", "H")]},
    "policy": "office: สพป.ทดสอบ\n",
}


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    return write_small_office(tmp_path / "clean", **CLEAN)


def thai(text: str) -> bool:
    return bool(re.search("[ก-๛]", text))


# -- check ----
def test_check_of_the_sample_finds_the_code_that_stands_twice(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(office)]) == 1
    out = capsys.readouterr().out
    problems = read_rows(office / "outputs" / "problems.csv")
    errors = [p for p in problems if p["severity"] == "error"]
    last = len((office / "inputs" / "schools.csv").read_text("utf-8-sig").splitlines())
    assert [(p["rule"], p["file"], p["row"], p["column"]) for p in errors] == [
        ("duplicate-key", "inputs/schools.csv", str(last), "school_id")
    ]
    assert f"inputs/schools.csv แถว {last}" in out
    assert {"swapped-point", "thai-digits", "unreachable"} <= {p["rule"] for p in problems}
    assert sum(line.startswith(("✗", "•")) for line in out.splitlines()) == len(problems)


def test_check_of_a_clean_office(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(clean)]) == 0
    assert "พบปัญหา 0 รายการ" in capsys.readouterr().out
    assert read_rows(clean / "outputs" / "problems.csv") == []
    assert set(files_in(clean / "outputs")) == {"problems.csv", "manifest.json", "check/office.xlsx"}


def test_warnings_alone_are_no_error(clean: Path) -> None:
    path = clean / "inputs" / "villages.csv"
    path.write_text(path.read_text("utf-8-sig").replace("V2,บ้านV2,1", "V2,บ้านV2,5"), "utf-8")
    assert main(["check", str(clean)]) == 0
    assert {p["severity"] for p in read_rows(clean / "outputs" / "problems.csv")} == {"warning"}


# -- the other commands ----
def test_distances(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distances", str(clean)]) == 0
    assert "วัดแล้ว 6 คู่ ไปไม่ถึง 0 คู่" in capsys.readouterr().out
    table = pd.read_parquet(clean / "outputs" / "distances.parquet").set_index(["village_id", "school_id"])
    assert table["road_m"].to_dict() == {
        ("V1", "A"): 500, ("V1", "B"): 6_500, ("V1", "H"): 2_500,
        ("V2", "A"): 6_500, ("V2", "B"): 500, ("V2", "H"): 9_500,
    }  # fmt: skip


@pytest.mark.parametrize("by_file", [False, True])
def test_simulate(clean: Path, capsys: pytest.CaptureFixture[str], by_file: bool) -> None:
    """B's three pupils: 9,500 m, 15 baht, 200 days."""
    wanted = str(clean / "scenarios" / "x.yaml") if by_file else "x"
    assert main(["simulate", str(clean), wanted]) == 0
    out = capsys.readouterr().out
    assert "ย้าย 3 คน" in out
    assert "9,000 บาทต่อปีการศึกษา" in out
    assert "ยังไม่รับรอง" in out
    summary = json.loads((clean / "outputs" / "scenarios" / "x" / "summary.json").read_text("utf-8"))
    assert (summary["pupils_moved"], summary["baht_per_year"]) == (3, 9_000)


@pytest.mark.parametrize(
    ("more", "ceiling", "allocated"),
    [([], 3_000, 3_000), (["--ceiling", "1000"], 1_000, 1_000), (["--ceiling", "99999"], 99_999, 4_000),
     (["--ceiling", "0"], 0, 0), (["--ceiling", "๑๐๐"], 100, 100)],
)  # fmt: skip
def test_allocate(
    clean: Path, capsys: pytest.CaptureFixture[str], more: list[str], ceiling: int, allocated: int
) -> None:
    """A's four pupils: 2,500 m, 10 baht, 100 days."""
    assert main(["allocate", str(clean), "--round", "november", *more]) == 0
    out = capsys.readouterr().out
    assert "ต้องการ 4,000 บาท" in out
    assert f"วงเงิน {ceiling:,} บาท" in out
    assert "proportional" in out
    folder = clean / "outputs" / "allocation" / "november"
    (row,) = read_rows(folder / "allocation.csv")
    assert list(row.values()) == ["H", "A", "existing", "routed", "4", "4000", str(allocated)]
    said = json.loads((folder / "allocation.json").read_text("utf-8"))
    assert (said["ceiling_baht"], said["allocated_baht"]) == (ceiling, allocated)
    assert said["sharing_rule"] == "proportional"


def test_allocate_without_a_letter(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["allocate", str(clean), "--round", "may"]) == 0
    assert "ยังไม่ทราบวงเงิน" in capsys.readouterr().out
    (row,) = read_rows(clean / "outputs" / "allocation" / "may" / "allocation.csv")
    assert (row["need_baht"], row["allocated_baht"]) == ("4000", "")


@pytest.mark.parametrize("name", ["mergers", "ceilings", "scenarios"])
def test_what_is_optional_may_be_absent(tmp_path: Path, name: str) -> None:
    folder = write_small_office(tmp_path, **CLEAN | {name: "" if name == "mergers" else None})
    for command in (["check"], ["distances"], ["allocate", "--round", "may"], ["allocate", "--round", "november"]):
        assert main([command[0], str(folder), *command[1:]]) == 0, command
    write_scenario(folder, "empty", [])
    assert main(["simulate", str(folder), "empty"]) == 0


def test_a_file_that_cannot_be_written_is_named(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clean / "outputs").write_text("")  # where a folder must be
    assert main(["check", str(clean)]) == 1
    thai, english = capsys.readouterr().err.splitlines()
    assert thai.startswith(f"เขียนหรืออ่านไฟล์ {clean / 'outputs'} ไม่ได้ (")
    assert english.startswith(f"Cannot write or read {clean / 'outputs'} (")


def test_rows_set_aside_are_said_on_stderr(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distances", str(office)]) == 0
    said = capsys.readouterr().err
    assert "พักแถวที่ใช้ไม่ได้ 1 แถว" in said
    assert "1 row(s) set aside" in said
    assert "problems.csv" in said


def test_sample(tmp_path: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sample", str(tmp_path / "deep" / "sample"), "--seed", "2570"]) == 0
    assert "ข้อมูลสมมุติ" in capsys.readouterr().out
    made = files_in(tmp_path / "deep" / "sample")
    assert made == {p: d for p, d in files_in(sample).items() if not p.startswith("outputs")}
    assert main(["sample", str(tmp_path / "deep" / "sample"), "--seed", "11"]) == 0, "a sample may be made anew"
    again = files_in(tmp_path / "deep" / "sample")
    assert again["inputs/schools.csv"] != made["inputs/schools.csv"]


def test_sample_spares_an_office(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_in(clean)
    assert main(["sample", str(clean)]) == 2
    assert files_in(clean) == before
    assert thai(capsys.readouterr().err)


def test_new_makes_tables_to_fill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "2571"
    assert main(["new", str(folder)]) == 0
    assert "restructure check" in capsys.readouterr().out
    made = files_in(folder)
    assert {f"templates/{name}.csv" for name in ("schools", "villages", "students", "mergers", "ceilings")} <= set(made)
    assert {"templates/scenario.yaml", "policy.yaml"} <= set(made)
    assert (folder / "scenarios").is_dir()
    assert "รหัสโรงเรียน" in made["templates/schools.csv"].decode("utf-8-sig")
    assert "พิกัด" not in made["templates/students.csv"].decode("utf-8-sig")
    assert main(["new", str(folder)]) == 2, "what is there already is spared"
    assert files_in(folder) == made
    assert main(["check", str(folder)]) == 1, "nothing is filled in yet"


def test_a_new_folder_works_once_it_is_filled(tmp_path: Path, clean: Path) -> None:
    """The heads that `new` writes are the ones that are read."""
    folder = tmp_path / "2571"
    main(["new", str(folder)])
    for name in ("schools", "villages", "students"):
        head = (folder / "templates" / f"{name}.csv").read_text("utf-8-sig").strip().split(",")
        english = {row.thai: column for column, row in columns_of(name).iterrows()}
        rows = read_rows(clean / "inputs" / f"{name}.csv")
        lines = [",".join(row.get(english[thai_head], "") for thai_head in head) for row in rows]
        (folder / "inputs" / f"{name}.csv").write_text("\n".join([",".join(head), *lines]), "utf-8-sig")
    shutil.copy(clean / "inputs" / "roads.osm", folder / "inputs")
    shutil.copy(folder / "templates" / "scenario.yaml", folder / "scenarios" / "ก.yaml")
    assert find_scenario(folder, "ก").merges[0].school == "รหัสโรงเรียนมารวม"
    assert main(["distances", str(folder)]) == 0
    first, second = (f / "outputs" / "distances.parquet" for f in (folder, clean))
    assert main(["distances", str(clean)]) == 0
    pd.testing.assert_frame_equal(pd.read_parquet(first), pd.read_parquet(second))


def test_roads_spares_what_is_there(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_in(clean)
    assert main(["roads", str(clean), "--bbox", "100", "16", "101", "17"]) == 2
    assert "roads.osm" in capsys.readouterr().err
    assert files_in(clean) == before


def test_plan_of_a_folder_with_only_inputs(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(clean / "scenarios")
    (clean / "policy.yaml").unlink()
    before = files_in(clean)
    assert main(["plan", str(clean)]) == 0
    assert "ร่างแผน" in capsys.readouterr().out
    made = files_in(clean)
    assert {p: d for p, d in made.items() if not p.startswith("outputs")} == before
    assert {f"outputs/{path}" for path in PLAN_FILES} | {"outputs/scenarios/present/summary.json"} <= set(made)


PLAN_FILES = [
    "plan/plan.docx", "plan/annexes.xlsx", "plan/map.html", "plan/map-a3.pdf", "plan/map-a3.png", "cycle.gpkg",
    "manifest.json", "problems.csv",
]  # fmt: skip


# -- wrong use ----
WRONG = [
    [],
    ["nonsense"],
    ["check"],
    ["check", "{dir}", "more"],
    ["check", "{dir}/nowhere"],
    ["check", "{dir}/policy.yaml"],
    ["distances", "{dir}", "--fast"],
    ["simulate", "{dir}"],
    ["simulate", "{dir}", "nope"],
    ["plan", "{dir}", "nope"],
    ["allocate", "{dir}"],
    ["allocate", "{dir}", "--round", "june"],
    ["allocate", "{dir}", "--round", "may", "--ceiling", "-1"],
    ["allocate", "{dir}", "--round", "may", "--ceiling=-1"],
    ["allocate", "{dir}", "--round", "may", "--ceiling", "1.5"],
    ["allocate", "{dir}", "--round", "may", "--ceiling", "1,000"],
    ["allocate", "{dir}", "--round", "may", "--ceiling", ""],
    ["sample"],
    ["sample", "{dir}/new", "--seed", "x"],
    ["roads", "{dir}"],
    ["roads", "{dir}", "--bbox", "1", "2", "3"],
    ["roads", "{dir}", "--place", "x", "--boundary", "y"],
    ["run"],
    ["run", "{dir}/nowhere"],
    ["dashboard", "{dir}/nowhere"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_use(clean: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    before = files_in(clean)
    assert main([a.replace("{dir}", str(clean)) for a in arguments]) == 2
    captured = capsys.readouterr()
    first, second = captured.err.splitlines()
    assert thai(first)
    assert second[0].isascii()
    assert captured.out == ""
    assert files_in(clean) == before


@pytest.mark.parametrize("command", ["", "check", "allocate", "plan", "sample"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*command.split(), "--help"])
    assert stopped.value.code == 0
    assert thai(capsys.readouterr().out)


def test_every_command_that_design_md_names_so_far_has_a_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    names = {
        "sample",
        "new",
        "roads",
        "check",
        "distances",
        "simulate",
        "optimise",
        "allocate",
        "plan",
        "run",
        "lab",
        "dashboard",
    }
    assert names <= set(re.findall(r"^ {4}([a-z]+)\b", out, re.MULTILINE))


# -- as a program ----
def as_program(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "restructure.cli", *arguments],
        capture_output=True, env=os.environ | environment, check=False,
    )  # fmt: skip


def test_as_a_program(office: Path, tmp_path: Path) -> None:
    done = as_program("check", str(office))
    assert done.returncode == 1
    assert "duplicate" not in done.stderr.decode()
    assert "แถว 127" in done.stdout.decode()
    wrong = as_program("check", str(tmp_path / "nowhere"))
    assert wrong.returncode == 2
    assert wrong.stdout == b""
    assert len(wrong.stderr.decode().splitlines()) == 2
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("encoding", ["cp874", "cp1252", "ascii"])
def test_output_into_a_file_on_a_windows_pc(office: Path, encoding: str) -> None:
    """There a redirected stream has the system's code page: signs that it lacks must not end in a traceback."""
    done = as_program("check", str(office), PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert b"Traceback" not in done.stderr
    assert done.returncode == 1
    assert b"127" in done.stdout

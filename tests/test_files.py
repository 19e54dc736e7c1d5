"""Writing: whole or not at all, the same bytes each time, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from restructure.files import sha256, staged, write_csv, write_json


def everything(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def unfinished(folder: Path) -> list[str]:
    return [p.name for p in folder.rglob(".unfinished-*")]


def test_staged_files_replace_and_add_and_leave_the_others(tmp_path: Path) -> None:
    target = tmp_path / "outputs"
    (target / "plan").mkdir(parents=True)
    (target / "plan" / "old.txt").write_bytes(b"old")
    (target / "kept.txt").write_bytes(b"kept")
    with staged(target) as stage:
        (stage / "plan").mkdir()
        (stage / "plan" / "old.txt").write_bytes(b"new")
        (stage / "deep" / "er").mkdir(parents=True)
        (stage / "deep" / "er" / "x.bin").write_bytes(b"\0")
        assert (target / "plan" / "old.txt").read_bytes() == b"old", "replaced before all was written"
    assert everything(target) == {"plan/old.txt": b"new", "kept.txt": b"kept", "deep/er/x.bin": b"\0"}
    assert not unfinished(target)


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_replaced_when_the_body_raises(tmp_path: Path, stop: type[BaseException]) -> None:
    (tmp_path / "a.txt").write_bytes(b"old")

    def write() -> None:
        with staged(tmp_path) as stage:
            (stage / "a.txt").write_bytes(b"new")
            (stage / "b.txt").write_bytes(b"new")
            raise stop

    with pytest.raises(stop):
        write()
    assert everything(tmp_path) == {"a.txt": b"old"}
    assert not unfinished(tmp_path)


@pytest.mark.parametrize("linked", [True, False])
def test_a_file_that_is_open_elsewhere_keeps_all_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    """As Word holds a paper on Windows; on a stick that knows no links too."""
    (tmp_path / "a.txt").write_bytes(b"old a")
    (tmp_path / "c.txt").write_bytes(b"old c")
    really = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if path.name == "c.txt":
            raise PermissionError(13, "open in Word", str(target))
        return really(path, target)

    def no_links(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "replace", replace)
    if not linked:
        monkeypatch.setattr(os, "link", no_links)

    def write() -> None:
        with staged(tmp_path) as stage:
            for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
                (stage / name).write_bytes(b"new")

    with pytest.raises(PermissionError):
        write()
    assert everything(tmp_path) == {"a.txt": b"old a", "c.txt": b"old c"}
    assert not unfinished(tmp_path)


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    killed = (
        "import os, sys, pathlib\n"
        "from restructure.files import staged\n"
        "with staged(pathlib.Path(sys.argv[1])) as stage:\n"
        "    (stage / 'a.txt').write_bytes(b'half')\n"
        "    os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False).returncode == 9
    (left,) = tmp_path.glob(".unfinished-*")
    with staged(tmp_path) as stage:
        (stage / "a.txt").write_bytes(b"whole")
    assert left.is_dir(), "what was made a moment ago may belong to a run that still goes on"
    two_hours_ago = time.time() - 7200
    for path in (left, *left.iterdir()):
        os.utime(path, (two_hours_ago, two_hours_ago))
    with staged(tmp_path):
        pass
    assert everything(tmp_path) == {"a.txt": b"whole"}
    assert not unfinished(tmp_path)


def test_a_stage_in_use_for_hours_is_not_taken_for_a_left_one(tmp_path: Path) -> None:
    with staged(tmp_path) as first:
        (first / "notebooks").mkdir()
        two_hours_ago = time.time() - 7200
        os.utime(first, (two_hours_ago, two_hours_ago))
        # `restructure run` writes each notebook here as it ends: the folder above keeps the time of its first entry.
        (first / "notebooks" / "09.ipynb").write_bytes(b"just now")
        with staged(tmp_path) as second:
            (second / "b.txt").write_bytes(b"b")
    assert everything(tmp_path) == {"notebooks/09.ipynb": b"just now", "b.txt": b"b"}


def test_many_writers_at_once_all_finish(tmp_path: Path) -> None:
    def write(worker: int) -> None:
        for i in range(100):
            with staged(tmp_path) as stage:
                (stage / f"{worker}.txt").write_text(str(i), "ascii")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert everything(tmp_path) == {f"{worker}.txt": b"99" for worker in range(8)}


def test_two_writers_at_once_do_not_take_each_others_stage(tmp_path: Path) -> None:
    with staged(tmp_path) as first:
        (first / "a.txt").write_bytes(b"first")
        with staged(tmp_path) as second:
            (second / "b.txt").write_bytes(b"second")
        assert (first / "a.txt").read_bytes() == b"first"
    assert everything(tmp_path) == {"a.txt": b"first", "b.txt": b"second"}


FORMULAS = ["=1+1", "+66", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_text_that_would_be_a_formula_is_made_text(tmp_path: Path, text: str, dtype: str) -> None:
    table = pd.DataFrame({"name": pd.Series([text, "บ้าน=ไร่", ""], dtype=dtype)})
    write_csv(tmp_path / "t.csv", table)
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        head, formula, *others = csv.reader(file)
    assert [head, *others] == [["name"], ["บ้าน=ไร่"], [""]]
    # A lone carriage return in a cell may be kept or written as another end of line: only the row must stay one.
    assert [cell.replace("\r", "\n") for cell in formula] == ["'" + text.replace("\r", "\n")]
    assert table["name"].iloc[0] == text, "the caller's table was changed"


@pytest.mark.parametrize("text", ["a\r=1+1", "a\n=1+1", "a\r\n=1+1", 'a",=1+1', "a,=1+1"])
def test_no_cell_breaks_out_of_its_row(tmp_path: Path, text: str) -> None:
    write_csv(tmp_path / "t.csv", pd.DataFrame({"name": [text], "value": ["z"]}))
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [len(row) for row in rows] == [2, 2]
    assert rows[1][1] == "z"


def test_csv_has_bom_line_feeds_and_plain_numbers(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "รหัส": ["1099000001", None],
            "baht": pd.Series([-5, None], dtype="Int64"),
            "metres": [1500, 0],
            "lat": [10.5, np.nan],
            "ok": [True, False],
        }
    )
    write_csv(tmp_path / "new" / "t.csv", table)
    expected = "\ufeffรหัส,baht,metres,lat,ok\n1099000001,-5,1500,10.5,True\n,,0,,False\n"
    assert (tmp_path / "new" / "t.csv").read_bytes() == expected.encode()


def test_json_is_readable_and_the_same_bytes(tmp_path: Path) -> None:
    data = {"name": "ทางเลือก ก", "pupils_by_band": {"10": 3}, "median_m": None}
    for name in ("a", "b"):
        write_json(tmp_path / name / "x.json", data)
    raw = (tmp_path / "a" / "x.json").read_bytes()
    assert raw == (tmp_path / "b" / "x.json").read_bytes()
    assert json.loads(raw) == data
    assert "ทางเลือก ก".encode() in raw
    assert raw.endswith(b"}\n")
    assert b"\r" not in raw


def test_sha256_of_the_standard_example(tmp_path: Path) -> None:
    # FIPS 180-2, appendix B.1.
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

"""Many offices on real processes: a worker or the run killed, a full disk, Ctrl-C, a cluster over TCP."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from small_office import files_in
from tiny_country import CODES, made_in, start, write_country, write_tiny

from restructure.cli import main
from restructure.national.stages import STAGES

pytestmark = pytest.mark.soak

WAIT_S = 300.0


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_country(tmp_path_factory.mktemp("country") / "root")


@pytest.fixture(scope="module")
def serial(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same country, done one office after the other."""
    root = Path(shutil.copytree(empty, tmp_path_factory.mktemp("serial") / "root"))
    assert main(["national", str(root), "--workers", "1"]) == 0
    return root


@pytest.fixture
def country(empty: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty, tmp_path / "root"))


def until(held: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    begun = time.monotonic()
    while not held():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - begun < WAIT_S
        time.sleep(0.01)


def records(root: Path) -> dict[str, int]:
    return {str(path.relative_to(root)): path.stat().st_mtime_ns for path in root.glob("*/outputs/national/*.json")}


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=WAIT_S)
    return process.returncode, out, err


def test_a_worker_that_is_killed_costs_its_task_only(country: Path, serial: Path) -> None:
    process = start(country, "--workers", "2")
    until(lambda: len(records(country)) >= 2, process)
    workers = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "spawn_main" in " ".join(child.cmdline())
    ]
    workers[0].kill()
    before = records(country)
    code, out, err = ended(process)
    assert (code, "Traceback" in err) == (0, False), err
    assert "http://127.0.0.1:" in err
    assert f"คำนวณใหม่ {len(CODES) * len(STAGES)} ขั้น" in out
    after = records(country)
    again = [name for name, when in before.items() if after[name] != when]
    assert len(again) <= 1  # one that was written at the very moment of the kill
    assert made_in(country) == made_in(serial)


def test_a_run_that_is_killed_goes_on_where_it_was(country: Path, serial: Path) -> None:
    process = start(country, "--workers", "1")
    until(lambda: len(records(country)) >= 5, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    before = records(country)
    total = len(CODES) * len(STAGES)
    assert 5 <= len(before) < total
    assert not (country / "outputs").exists()
    assert main(["national", str(country), "--workers", "1"]) == 0
    assert {name: when for name, when in records(country).items() if name in before} == before
    assert made_in(country) == made_in(serial)


def test_ctrl_c_says_what_is_done_and_the_next_run_goes_on(country: Path, serial: Path) -> None:
    process = start(country, "--workers", "2")
    until(lambda: len(records(country)) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    code, _, err = ended(process)
    assert code == 1
    assert "หยุดตามที่สั่ง" in err
    assert "Traceback" not in err, err
    before = records(country)
    assert main(["national", str(country), "--workers", "1"]) == 0
    assert {name: when for name, when in records(country).items() if name in before} == before
    assert made_in(country) == made_in(serial)


def test_a_full_disk_loses_nothing(serial: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(serial, tmp_path / "root"))
    good, inputs = made_in(root), files_in(root / "1002" / "inputs")
    write_tiny(root, "1002", 500)
    code, _, err = ended(start(root, "--workers", "1", limit_bytes=3_000))
    assert code == 1
    assert "Traceback" not in err
    assert "พื้นที่ว่าง" in err
    left = made_in(root)
    changed = {path for path in good if left.get(path) != good[path]}
    assert all(path.startswith("1002/outputs/national/") and path.endswith(".json") for path in changed)
    assert set(left) == set(good)
    # With room again the rest is done, and all is as if nothing had been.
    for name, content in inputs.items():
        (root / "1002" / "inputs" / name).write_bytes(content)
    assert main(["national", str(root), "--workers", "1"]) == 0
    assert made_in(root) == good


@contextlib.contextmanager
def dask(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]], cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def test_separate_processes_over_tcp_give_the_same_bytes(country: Path, serial: Path, tmp_path: Path) -> None:
    file = tmp_path / "scheduler.json"
    how = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(file))
    with (
        dask(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0",
            "--scheduler-file", str(file), folder=tmp_path,
        ),
        dask("dask_worker", *how, folder=tmp_path),
        dask("dask_worker", *how, folder=tmp_path),
    ):  # fmt: skip
        begun = time.monotonic()
        while not file.is_file() or not file.read_text():
            assert time.monotonic() - begun < WAIT_S
            time.sleep(0.05)
        import json

        address = json.loads(file.read_text())["address"]
        code, _, err = ended(start(country, "--scheduler", address))
    assert (code, "Traceback" in err) == (0, False), err
    assert made_in(country) == made_in(serial)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "junk", "tls://127.0.0.1:9"])
def test_a_scheduler_that_does_not_answer(country: Path, address: str) -> None:
    code, _, err = ended(start(country, "--scheduler", address))
    assert code == 2
    assert address in err
    assert "Traceback" not in err

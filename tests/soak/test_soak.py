"""Long tests of ``make soak``: fuzzing with new seeds, kills at random moments, several runs at once.

``SOAK_SECONDS`` says how long each fuzz target runs (60 unless told). Every seed is printed; ``SEED=…`` replays it here
(kills) or in ``tests/fuzz`` (inputs).
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
import os
import random
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import docx
import openpyxl
import pandas as pd
import pyogrio
import pypdf
import pytest
from fuzz.test_fuzz_inputs import TARGETS, fuzz
from PIL import Image
from plan_office import write_planned

from restructure.sample import make_sample

pytestmark = pytest.mark.soak
SECONDS = int(os.environ.get("SOAK_SECONDS", "60"))
SEED = int(os.environ.get("SEED") or secrets.randbelow(2**32))
KILLS_OF_A_FOLDER = 15
FOLDERS = 2
STEPS = (
    ["simulate", "{}", "option-a"],
    ["simulate", "{}", "option-b"],
    ["allocate", "{}", "--round", "november"],
    ["distances", "{}"],
)


# -- fuzzing ----
@pytest.mark.parametrize("name", TARGETS)
def test_fuzzing_with_new_seeds(name: str) -> None:
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        seed = secrets.randbelow(2**32)
        print(f"replay: SEED={seed} pytest tests/fuzz -k 'comes_out and {name}'")
        fuzz(name, 150, seed)
        rounds += 1
    assert rounds, "no time for a single round"


# -- what a whole file is ----
def _csv(data: bytes) -> None:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    assert data.endswith(b"\n")
    assert len({len(row) for row in rows}) == 1


def _docx(data: bytes) -> None:
    assert docx.Document(io.BytesIO(data)).paragraphs


def _xlsx(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
    with closing(openpyxl.load_workbook(io.BytesIO(data))) as book:
        assert book.worksheets


def _png(data: bytes) -> None:
    assert data.endswith(b"IEND\xaeB`\x82")
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def _pdf(data: bytes) -> None:
    assert data.rstrip().endswith(b"%%EOF")
    assert len(pypdf.PdfReader(io.BytesIO(data)).pages) >= 1


def _html(data: bytes) -> None:
    assert data.decode().rstrip().endswith("</html>")


def _gpkg(data: bytes) -> None:
    with closing(sqlite3.connect(":memory:")) as base:
        base.deserialize(data)
        assert base.execute("pragma integrity_check").fetchall() == [("ok",)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.gpkg"
        path.write_bytes(data)
        layers = [name for name, _ in pyogrio.list_layers(path)]
        assert layers
        for layer in layers:
            pyogrio.read_dataframe(path, layer=layer)


WHOLE: dict[str, Callable[[bytes], object]] = {
    ".csv": _csv,
    ".json": json.loads,
    ".parquet": lambda data: pd.read_parquet(io.BytesIO(data)),
    ".docx": _docx,
    ".xlsx": _xlsx,
    ".png": _png,
    ".pdf": _pdf,
    ".html": _html,
    ".gpkg": _gpkg,
}


def outputs_of(folder: Path) -> dict[str, bytes]:
    """Return the outputs by name; what lies in ``.unfinished-…`` is no output yet."""
    files = [p for p in sorted((folder / "outputs").rglob("*")) if p.is_file()]
    names = {p: p.relative_to(folder / "outputs").as_posix() for p in files}
    return {names[p]: p.read_bytes() for p in files if not names[p].startswith(".unfinished-")}


def inputs_of(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted((folder / "inputs").rglob("*"))}


def unfinished(folder: Path) -> list[Path]:
    return list((folder / "outputs").glob(".unfinished-*"))


def comparable(outputs: dict[str, bytes]) -> dict[str, bytes]:
    """Return the outputs whose bytes follow from the inputs alone; the manifest holds the time."""
    return {n: d for n, d in outputs.items() if n.endswith((".csv", ".json", ".parquet")) and n != "manifest.json"}


def run(step: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "restructure.cli", *(part.format(folder) for part in step)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def assert_done(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sample office with every step done, one after the other."""
    folder = tmp_path_factory.mktemp("worked") / "sample"
    make_sample(folder)
    for step in (*STEPS, ["plan", "{}"]):
        assert_done(run(step, folder))
    for name, data in outputs_of(folder).items():
        WHOLE[Path(name).suffix](data)
    return folder


# -- kills ----
def _kill_plan(folder: Path, chance: random.Random, number: int) -> bool:
    """Start ``plan`` and kill it: every third time while files are put in place, else at any moment."""
    command = [sys.executable, "-m", "restructure.cli", "plan", str(folder)]
    before = set(unfinished(folder))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if number % 3:
        wait = chance.uniform(0.2, 9)
        end = time.monotonic() + wait
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
    else:
        while process.poll() is None:
            new = set(unfinished(folder)) - before
            if any((stage / "plan" / "plan.docx").exists() for stage in new):
                time.sleep(chance.uniform(0, 0.3))
                break
            time.sleep(0.005)
    process.kill()
    return process.wait() == -9


def _kill_many(folder: Path, seed: int, earlier: dict[str, bytes], inputs: dict[str, bytes]) -> int:
    chance = random.Random(seed)
    sound = {hashlib.sha256(data).digest() for data in earlier.values()}
    killed = 0
    for number in range(KILLS_OF_A_FOLDER):
        killed += _kill_plan(folder, chance, number)
        outputs = outputs_of(folder)
        assert set(outputs) == set(earlier)
        for name, data in outputs.items():
            digest = hashlib.sha256(data).digest()
            if digest in sound:
                continue
            try:
                WHOLE[Path(name).suffix](data)
            except Exception as error:
                error.add_note(f"{name} after kill {number}, seed {seed}")
                raise
            sound.add(digest)
        assert comparable(outputs) == comparable(earlier)
        assert inputs_of(folder) == inputs
    return killed


def test_a_kill_at_any_moment_leaves_whole_files(worked: Path, tmp_path: Path) -> None:
    print(f"replay: SEED={SEED}")
    earlier, inputs = outputs_of(worked), inputs_of(worked)
    folders = [Path(shutil.copytree(worked, tmp_path / str(i))) for i in range(FOLDERS)]
    with ThreadPoolExecutor(FOLDERS) as pool:
        jobs = [pool.submit(_kill_many, folder, SEED + i, earlier, inputs) for i, folder in enumerate(folders)]
        killed = sum(job.result() for job in jobs)
    assert killed >= FOLDERS * KILLS_OF_A_FOLDER // 2, "most runs ended before they were killed"
    left = [stage for folder in folders for stage in unfinished(folder)]
    assert left, "no kill fell while files were written"
    # A stage is known to be nobody's by its age: let two hours pass.
    long_ago = time.time() - 7200
    for stage in left:
        for path in (stage, *stage.rglob("*")):
            os.utime(path, (long_ago, long_ago))
    for folder in folders:
        assert_done(run(["plan", "{}"], folder))
        assert not unfinished(folder)
        assert comparable(outputs_of(folder)) == comparable(earlier)
        assert inputs_of(folder) == inputs


def test_a_run_that_is_killed_again_and_again_comes_to_the_same(tmp_path: Path) -> None:
    """Until its end the outputs are those of the run before; then those of a run that was left alone."""
    print(f"replay: SEED={SEED}")
    chance = random.Random(SEED)
    folder = write_planned(tmp_path / "office")
    assert_done(run(["run", "{}"], folder))
    earlier = comparable(outputs_of(folder))
    manifest = shutil.copy(folder / "outputs" / "manifest.json", tmp_path)
    assert_done(run(["run", "{}", "--replay", str(manifest)], folder))
    assert comparable(outputs_of(folder)) == earlier
    with (folder / "inputs" / "villages.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    for _ in range(5):
        process = subprocess.Popen([sys.executable, "-m", "restructure.cli", "run", str(folder)])
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(3, 20))
        process.kill()
        process.wait()
        seen = {name: data for name, data in comparable(outputs_of(folder)).items() if not name.startswith(".run/")}
        assert seen == earlier
    assert_done(run(["run", "{}"], folder))
    assert comparable(outputs_of(folder)) == earlier
    assert not list((folder / "outputs").glob(".*"))


# -- load ----
@pytest.mark.parametrize("repetition", range(3))
def test_four_runs_at_once_give_what_one_after_the_other_gives(worked: Path, tmp_path: Path, repetition: int) -> None:
    folder = Path(shutil.copytree(worked, tmp_path / str(repetition)))
    shutil.rmtree(folder / "outputs")
    with ThreadPoolExecutor(len(STEPS)) as pool:
        for done in pool.map(run, STEPS, [folder] * len(STEPS)):
            assert_done(done)
    outputs = outputs_of(folder)
    for name, data in outputs.items():
        WHOLE[Path(name).suffix](data)
    assert not unfinished(folder)
    serial = outputs_of(worked)
    assert "manifest.json" in outputs
    made = comparable(outputs)
    assert {"distances.parquet", "problems.csv", "allocation/november/allocation.csv"} <= set(made)
    assert {f"scenarios/option-{x}/summary.json" for x in "ab"} <= set(made)
    assert made == {name: serial[name] for name in made}

"""Notebooks: thin, clean, in Thai, and run from start to end with no network."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from small_office import files_in

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
YEAR = ["00-start", "01-data", "02-distances", "03-scenarios", "04-subsidy", "05-plan", "06-duties"]
#: Those behind look at several cycles; `run` leaves them out.
NAMES = [*YEAR, "07-compare", "08-national"]
BLOCKED = Path(__file__).parent / "blocked"


def test_they_are_numbered_in_the_order_of_the_work() -> None:
    assert [path.stem for path in NOTEBOOKS] == NAMES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_notebook(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell for cell in code if cell.outputs or cell.execution_count], "stripped of outputs"
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert tagged[0] is code[0]
    assert re.match(r'(DIR = "\.\./data/sample"|ROOT = "\.\./data/national")', tagged[0].source)
    assert statistics.median(len(cell.source.splitlines()) for cell in code) <= 9
    assert notebook.cells[0].cell_type == "markdown"
    assert re.match("# .*[ก-๛]", notebook.cells[0].source)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert re.search("[ก-๛]", cell.source), cell.source
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_hold_no_rules(path: Path) -> None:
    """They call the package: no function, no class, no loop over rows, no amount of money."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert not re.search(r"^\s*(def|class|while)\b|\biterrows\b", cell.source, re.MULTILINE), cell.source
            assert not re.search(r"\b(3_?000|10_?000|200)\b", cell.source), cell.source


@pytest.mark.parametrize("path", NOTEBOOKS[:-1], ids=lambda path: path.stem)
def test_each_notebook_leads_to_the_next(path: Path) -> None:
    following = NOTEBOOKS[NOTEBOOKS.index(path) + 1].name
    assert f"({following})" in nbformat.read(path, as_version=4).cells[-1].source


def test_the_block_works(tmp_path: Path) -> None:
    """Each way out is refused and written down; loopback is open."""
    log = tmp_path / "attempts.txt"
    program = """
import socket, urllib.request
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80)),
    lambda: socket.socket().connect_ex(("192.0.2.1", 80)),
    lambda: socket.getaddrinfo("example.org", 80),
    lambda: socket.gethostbyname("example.org"),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("192.0.2.1", 53)),
    lambda: urllib.request.urlopen("http://192.0.2.1/"),
):
    try:
        attempt()
    except OSError:
        continue
    raise SystemExit("went through")
"""
    env = os.environ | {"PYTHONPATH": str(BLOCKED), "RESTRUCTURE_BLOCKED": str(log)}
    subprocess.run([sys.executable, "-c", program], env=env, check=True)
    assert len(log.read_text().splitlines()) == 6


def test_run_on_the_sample_with_no_network(sample: Path, tmp_path: Path) -> None:
    """One run, looked at from all sides, with sockets to anything but this machine blocked."""
    folder = Path(shutil.copytree(sample, tmp_path / "office of 2570"))
    log = tmp_path / "attempts.txt"
    env = os.environ | {"PYTHONPATH": str(BLOCKED), "RESTRUCTURE_BLOCKED": str(log)}
    committed = [path.read_bytes() for path in NOTEBOOKS]
    done = subprocess.run(
        [sys.executable, "-m", "restructure.cli", "run", str(folder)], env=env, capture_output=True, check=False
    )
    out, said = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0, said
    assert not log.exists(), log.read_text()
    assert "Traceback" not in out + said
    assert "Warning" not in said
    assert "ข้อมูลสมมุติ" in out
    assert "ทางเลือก ก" in out
    named = re.findall(r": (\S.*outputs/\S+)$", out, re.MULTILINE)
    assert len(named) >= 8
    assert all(Path(path).exists() for path in named), named
    made_bytes = files_in(folder / "outputs")
    made = set(made_bytes)
    assert {
        "problems.csv", "distances.parquet", "manifest.json", "cycle.gpkg",
        *(f"scenarios/{s}/{f}" for s in ("option-a", "option-b") for f in ("summary.json", "subsidy.csv")),
        *(f"allocation/{r}/allocation.csv" for r in ("november", "may")),
        *(f"plan/{f}" for f in ("plan.docx", "annexes.xlsx", "map.html", "map-a3.pdf", "map-a3.png")),
    } <= made  # fmt: skip
    assert not list((folder / "outputs").glob(".*")), "nothing half made is left"
    assert [path for path in sorted(made) if path.startswith("notebooks")] == [f"notebooks/{n}.ipynb" for n in YEAR]
    for name in YEAR:
        look_at(folder / "outputs" / "notebooks" / f"{name}.ipynb", str(folder))
    raw = {path: data for path, data in files_in(folder).items() if not path.startswith("outputs")}
    assert raw == {path: data for path, data in files_in(sample).items() if not path.startswith("outputs")}
    assert [path.read_bytes() for path in NOTEBOOKS] == committed
    again = subprocess.run(
        [sys.executable, "-m", "restructure.cli", "run", str(folder)], env=env, capture_output=True, check=False
    )
    assert again.returncode == 0
    # The same figures and files, and nothing done.
    assert out[out.index("\n\n") :] == again.stdout.decode()[again.stdout.decode().index("\n\n") :]
    assert "ไม่มีสิ่งใดเปลี่ยน" in again.stdout.decode()
    assert files_in(folder / "outputs") == made_bytes


def look_at(path: Path, folder: str) -> None:
    """An executed copy: every cell ran, none failed, nothing but results is shown."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert any(folder in cell.source for cell in code), "the parameter names the cycle"
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error"]
    assert not [output for output in outputs if output.get("name") == "stderr"], "a committee sees these pages"


def test_a_faulty_scenario_is_refused_before_any_notebook_runs(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    (folder / "scenarios" / "c.yaml").write_text(
        "name: c\nmerges: [{school: x, host: y, from_term: 1/2570}]\n", "utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "restructure.cli", "run", str(folder)], capture_output=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr.decode()
    assert "scenarios/c.yaml" in done.stderr.decode()
    assert not (folder / "outputs").exists()

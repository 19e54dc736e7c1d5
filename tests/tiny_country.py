"""A country of tiny offices along one road, for what must hold of many offices."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from small_office import files_in, write_rows, write_small_office

from restructure.files import STAGE

POLICY = "office: สพป.สมมุติ {code}\nfiscal_year: 2570\nsynthetic: true\n"
CODES = ("1001", "1002", "1003")
GRADES = [f"P{number}" for number in range(1, 7)]


def write_tiny(root: Path, code: str, shift: int = 0) -> Path:
    """Seven schools a kilometre apart, two of them large; the first has moved its upper grades to the third."""
    each = [3, 2, 30, 4, 2, 25, 1 + int(code) % 3]
    folder = write_small_office(
        root / code,
        schools="\n".join(f"{code}00{i} {1000 * i + shift} K2-P6 rooms=8 teachers=8" for i in range(7)),
        villages="\n".join(f"{code}1{i} {500 * i + shift}" for i in range(14)),
        students="\n".join(
            f"{code}00{i} {grade} {code}1{2 * i + v} {count} 2/2569"
            for i, count in enumerate(each)
            for grade in GRADES
            for v in (0, 1)
        ),
        student_head="school_id grade village_id count as_of",
        mergers=f"{code}000 P4-P6 1/2567 {code}002 learn-together existing",
        policy=POLICY.format(code=code),
    )
    rows = [
        [f"{code}00{i}", str(year), grade, str(2 * count)]
        for i, count in enumerate(each)
        for year in (2567, 2568)
        for grade in GRADES
    ]
    write_rows(folder / "inputs" / "enrolment.csv", ["school_id", "year", "grade", "count"], rows)
    return folder


def write_country(root: Path) -> Path:
    for place, code in enumerate(CODES):
        write_tiny(root, code, 7 * place)
    return root


def made_in(root: Path) -> dict[str, bytes]:
    """All that a run made, but the manifests of offices, which note when, and what a killed worker was writing."""
    files = {path: content for path, content in files_in(root).items() if "outputs/" in path and STAGE not in path}
    return {path: content for path, content in files.items() if not path.endswith("/outputs/manifest.json")}


def start(root: Path, *options: str, limit_bytes: int | None = None) -> subprocess.Popen[str]:
    """Start the command in a process, and a group, of its own."""
    command = [sys.executable, "-m", "restructure.cli", "national", str(root), *options]
    if limit_bytes is not None:
        set_limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_bytes}, {limit_bytes}))"
        run = "import runpy; runpy.run_module('restructure.cli', run_name='__main__')"
        command = [sys.executable, "-c", f"{set_limit}; {run}", *command[3:]]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )

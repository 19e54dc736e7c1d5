"""The whole country: time and memory of all offices, twice as many, two workers against one, one office changed.

``python benchmarks/national.py [--scale F]`` makes an invented country, runs it as an administrator would, each run in
a process of its own, and prints a table.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

COMMAND = [sys.executable, "-m", "restructure.cli"]


class Run(NamedTuple):
    seconds: float
    worker_gb: float
    main_gb: float
    said: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is the country, 183 offices")
    parser.add_argument("--part", type=float, default=0.1, help="scale of what is run with one worker and with two")
    parser.add_argument("--folder", type=Path, help="where the countries are kept; a temporary folder by default")
    options = parser.parse_args()
    base = options.folder or Path(tempfile.mkdtemp(prefix="national-"))
    base.mkdir(parents=True, exist_ok=True)
    rows = []
    whole = make(base / "whole", options.scale)
    begun = time.perf_counter()
    split(whole)
    split_s = time.perf_counter() - begun
    full = run(whole)
    offices = len(list(whole.glob("*/inputs")))
    rows.append((f"{offices} offices: split and roads cut", f"{split_s:.0f} s", ""))
    rows.append(("the same: distances, need, best plan with curve, projection", minutes(full.seconds), "≤ 20 min"))
    rows.append(
        (
            "memory of the largest worker; of the process that leads",
            f"{full.worker_gb:.1f} GB; {full.main_gb:.1f} GB",
            "≤ 4 GB",
        )
    )
    rows.append(("nothing changed", f"{run(whole).seconds:.1f} s", ""))
    change(sorted(whole.glob("*/inputs"))[offices // 2])
    again = run(whole)
    assert "(คำนวณใหม่ 4 ขั้น)" in again.said, again.said
    rows.append(("one office changed", f"{again.seconds:.1f} s", "≤ 20 s"))
    half = make(base / "half", options.scale / 2)
    split(half)
    halved = run(half)
    rows.append(("all offices against half of them", f"{full.seconds / halved.seconds:.2f} ×", "≤ 2.1 ×"))
    part = make(base / "part", options.part)
    split(part)
    for folder in ("one", "two"):
        shutil.copytree(part, base / folder, dirs_exist_ok=True)
    one, two = run(base / "one", "--workers", "1"), run(base / "two", "--workers", "2")
    rows.append(
        (
            "2 workers against 1",
            f"{one.seconds / two.seconds:.2f} × ({minutes(one.seconds)} : {minutes(two.seconds)})",
            "≥ 1.6 ×",
        )
    )
    for row in rows:
        print(f"| {' | '.join(row)} |")


def make(root: Path, scale: float) -> Path:
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run([*COMMAND, "sample", str(root), "--national", "--scale", str(scale), "--seed", "2570"], check=True)
    return root


def split(root: Path) -> None:
    program = f"from restructure.national.splitting import split; split({str(root)!r})"
    subprocess.run([sys.executable, "-c", program], check=True)


def run(root: Path, *options: str) -> Run:
    """Run a country, watching the peak memory of each process."""
    begun = time.perf_counter()
    process = subprocess.Popen([*COMMAND, "national", str(root), *options], stdout=subprocess.PIPE, encoding="utf-8")
    peaks: dict[int, float] = {}
    while process.poll() is None:
        for pid in (process.pid, *(child.pid for child in psutil.Process(process.pid).children(recursive=True))):
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            except OSError:  # it has just ended
                continue
            peak = next((line for line in lines if line.startswith("VmHWM")), None)
            if peak:
                peaks[pid] = int(peak.split()[1]) / 1024**2
        time.sleep(0.3)
    assert process.stdout is not None
    said = process.stdout.read()
    if process.returncode:
        raise SystemExit(said)
    workers = [peak for pid, peak in peaks.items() if pid != process.pid]
    return Run(time.perf_counter() - begun, max(workers, default=0.0), peaks[process.pid], said)


def change(inputs: Path) -> None:
    """One more pupil in the first row."""
    path = inputs / "students.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, first, *rest = csv.reader(file)
    first[head.index("count")] = str(int(first[head.index("count")]) + 1)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([head, first, *rest])


def minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


if __name__ == "__main__":
    main()

"""A year's work again: the sample office run, run with nothing changed, and run after one file has changed.

``python benchmarks/rerun.py`` takes some five minutes and prints a table; the command is run as the analyst runs it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIMES = 5


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rerun-") as temporary:
        folder = Path(temporary) / "office"
        command("sample", folder)
        rows = [("all notebooks for the first time", command("run", folder), "")]
        warm = statistics.median(command("run", folder) for _ in range(TIMES))
        rows.append((f"nothing changed, median of {TIMES}", warm, "≤ 3 s"))
        for name, text in (("ceilings.csv", "a letter of money"), ("totals.csv", "a table that only checks read")):
            touch(folder / "inputs" / name)
            rows.append((f"{text} changed", command("run", folder), ""))
        touch(folder / "inputs" / "villages.csv")
        rows.append(("villages changed, on which all rests", command("run", folder), ""))
        manifest = folder / "outputs" / "manifest.json"
        rows.append(("replay, every table held against the run", command("run", "--replay", manifest), ""))
    for what, seconds, goal in rows:
        print(f"| {what} | {seconds:.1f} s | {goal} |")


def command(*arguments: object) -> float:
    """Run a command and return how long it took, seconds."""
    begun = time.perf_counter()
    words = [sys.executable, "-m", "restructure.cli", *map(str, arguments)]
    subprocess.run(words, check=True, capture_output=True)
    return time.perf_counter() - begun


def touch(path: Path) -> None:
    """Change a file's bytes and nothing of what it says."""
    path.write_bytes(path.read_bytes() + b"\n")


if __name__ == "__main__":
    main()

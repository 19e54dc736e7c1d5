"""Best plans of the sample office: how near to proven best after a time, and the trade-off curve.

    python benchmarks/bestplan.py          prints JSON

The full model under four sets of rules: the usual ones (6 km, 30 minutes), 10 km, 15 km, and no limit of way or time.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from restructure.cycle import measure, open_cycle
from restructure.optimise.asking import curve
from restructure.optimise.plans import best_plan
from restructure.optimise.rules import Rules
from restructure.sample import make_sample
from restructure.seating import Office

SEED = 2570
SOON, LATE = 5, 60
CASES: dict[str, dict[str, Any]] = {
    "usual rules": {},
    "10 km, 60 minutes": {"longest_m": 10_000, "longest_minutes": 60},
    "15 km, 60 minutes": {"longest_m": 15_000, "longest_minutes": 60},
    "no limit": {"longest_m": None, "longest_minutes": None},
}


def case(office: Office, limits: dict[str, Any]) -> dict[str, Any]:
    """Return the largest gap of an objective after a short time, and what a long time gives."""
    soon = best_plan(office, Rules(seconds=SOON, **limits))
    begun = time.perf_counter()
    late = best_plan(office, Rules(seconds=LATE, **limits))
    seconds = time.perf_counter() - begun
    return {
        "soon_percent": 100 * max(level.gap for level in soon.levels),
        "late_percent": 100 * max(level.gap for level in late.levels),
        "proven": late.status == "optimal",
        "seconds": seconds,
        "closes": len(late.closes),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as work:
        make_sample(Path(work) / "office", SEED)
        office = measure(open_cycle(Path(work) / "office")).office
    cases = {name: case(office, limits) for name, limits in CASES.items()}
    begun = time.perf_counter()
    points = curve(office, Rules(seconds=LATE, **CASES["15 km, 60 minutes"])).points
    print(json.dumps({"cases": cases, "curve_s": time.perf_counter() - begun, "points": len(points)}))


if __name__ == "__main__":
    main()

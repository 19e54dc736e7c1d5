"""The whole subsidy year of the sample office: certified, allocated, settled, all papers of both rounds; prints JSON.

    python benchmarks/year.py

Seconds of each step, from the measured office on. Nobody drives anywhere here: the routed distance of every pair is
certified as it is.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from restructure import certify, yearsteps
from restructure.cycle import measure, open_cycle
from restructure.rounds import confirm_allocation, make_round, record_request
from restructure.sample import make_sample
from restructure.thai import ROUNDS

SEED, WHO, WHY = 2570, "ผู้ทดสอบ", "วัดความเร็ว"


def main() -> None:
    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        begun = time.perf_counter()
        work()
        seconds[name] = time.perf_counter() - begun

    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "office"
        make_sample(folder, SEED)
        measured = measure(open_cycle(folder))
        timed("field list and workbook", lambda: yearsteps.write_certification(measured))
        states = ["clear", "check"]
        chosen = certify.choose(certify.pairs(measured), states=states)
        timed("certify every pair", lambda: certify.accept(measured, chosen, WHO, why=WHY))
        for name in ROUNDS:
            timed(f"{name}: allocate", lambda name=name: yearsteps.write_allocation(measured, name))
            made = make_round(measured, name)
            record_request(measured, made, WHO)
            confirm_allocation(measured, made, WHO)
            timed(f"{name}: settle", lambda name=name: yearsteps.write_settlement(measured, name))
            timed(f"{name}: papers", lambda name=name: yearsteps.write_round_papers(measured, name))
    print(json.dumps({"pairs": len(chosen), "seconds": seconds, "all_s": sum(seconds.values())}))


if __name__ == "__main__":
    main()

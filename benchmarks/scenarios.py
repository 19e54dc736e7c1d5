"""Random scenarios of the sample office, every consequence of each in one summary.

    python benchmarks/scenarios.py                 10,000 scenarios on two processes, one scenario alone; prints JSON
    python benchmarks/scenarios.py FOLDER SEED N

A scenario sends one to twenty schools, whole or a stage, to hosts that offer what they need and stay.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from restructure.cycle import measure, open_cycle
from restructure.grades import GRADES, STAGES
from restructure.scenario import Merge, Scenario
from restructure.seating import Office
from restructure.simulate import simulate

SCENARIOS, PROCESSES, SEED = 10_000, 2, 2570
KINDS = ("learn-together", "merge", "dissolve")


def draw(office: Office, rng: random.Random) -> Scenario:
    """Draw a scenario that nothing forbids."""
    offered, merges = office.offered, []
    taken = {entry.school for entry in office.existing}
    hosts_before = {host for entry in office.existing for host in entry.hosts}
    free = [i for i in range(len(office.codes)) if i not in taken | hosts_before and not office.closed[i]]
    leaving = set(rng.sample(free, rng.randint(1, 20)))
    for school in sorted(leaving):
        stage = rng.choice(["all", *STAGES])
        own = offered[school] | office.present[school]
        asked = [i for i, grade in enumerate(GRADES) if own[i] and (stage == "all" or grade in STAGES[stage])]
        hosts = [
            i
            for i in range(len(office.codes))
            if i not in leaving | taken and not office.closed[i] and all(offered[i, grade] for grade in asked)
        ]
        if asked and hosts:
            merges.append(
                Merge(
                    school=office.codes[school],
                    host=office.codes[rng.choice(hosts)],
                    grades=stage,
                    kind=rng.choice(KINDS),  # type: ignore[arg-type]
                    from_term=rng.choice(["1/2570", "2/2570", "1/2571"]),
                )
            )
    return Scenario(name="สุ่ม", merges=merges, stem="random")


def run(folder: str, seed: str, number: str) -> None:
    office = measure(open_cycle(folder)).office
    rng = random.Random(int(seed))
    scenarios = [draw(office, rng) for _ in range(int(number))]
    assert simulate(scenarios[0], office).summary  # what is worked out once is there before the clock starts
    spent = []
    for scenario in scenarios:
        begun = time.perf_counter()
        assert simulate(scenario, office).summary
        spent.append(time.perf_counter() - begun)
    print(
        json.dumps({"seconds": sum(spent), "median_ms": 1000 * statistics.median(spent), "most_ms": 1000 * max(spent)})
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        from restructure.sample import make_sample

        make_sample(Path(folder), SEED)
        lines = [[sys.executable, __file__, folder, str(i), str(SCENARIOS // PROCESSES)] for i in range(PROCESSES)]
        children = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for line in lines]
        found = [json.loads(child.communicate()[0]) for child in children]
    told = {"scenarios": SCENARIOS, "seconds": max(one["seconds"] for one in found)}
    print(json.dumps(told | {"median_ms": max(one["median_ms"] for one in found)}))


if __name__ == "__main__":
    run(*sys.argv[1:]) if sys.argv[1:] else main()

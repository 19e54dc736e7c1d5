"""The register of the office's duties with 400 items: seconds of each view and of one act; prints JSON.

    python benchmarks/register.py

Every view has to stay under 2 s. Every second step is certified, each on a file of evidence of its own; ``first`` reads
every file, from then on only one that was changed is read again.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from restructure.calendar_ics import calendar_text
from restructure.dutyacts import Planned, complete_duty_step, make_items, set_plans
from restructure.dutyhistory import STEP
from restructure.evidence import take_evidence
from restructure.ledger import Decision, decide
from restructure.register import due_soon, load, overdue, register

ROUNDS, LIMIT_S, TODAY, WHO = 57, 2.0, date(2027, 1, 4), "สมศรี"
DUTIES = ("lead", "restructuring", "small-schools", "inspection", "monitoring", "e-mes", "urgent")


def main() -> None:
    """Print the seconds, and fail where a view takes too long."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = fill(folder)
        seconds: dict[str, Any] = {}

        def timed(what: str, work: Callable[[], Any]) -> Any:
            start = time.perf_counter()
            answer = work()
            seconds[what] = round(time.perf_counter() - start, 2)
            return answer

        timed("first", lambda: register(folder, today=TODAY))
        found = timed("register", lambda: register(folder, today=TODAY))
        for view in (overdue, due_soon, load, calendar_text):
            timed(view.__name__, lambda view=view: view(found))
        left = found.steps[found.steps["state"] != "done"].iloc[0]
        subject = f"{left['duty']}/{left['round']}/{left['step']}"
        timed("act", lambda: complete_duty_step(folder, WHO, subject, on=TODAY, evidence="ศธ 1", today=TODAY))
        sizes = {"items": len(made), "steps": len(found.steps), "decisions": found.head[0]}
    print(json.dumps(sizes | {"seconds": seconds}, ensure_ascii=False, indent=2))
    if slow := {what: spent for what, spent in seconds.items() if spent > LIMIT_S}:
        raise SystemExit(f"over {LIMIT_S} s: {slow}")


def fill(folder: Path) -> list[str]:
    """Make the items, plan them, and certify every second step on a file."""
    (folder / "policy.yaml").write_text("office: สพป.ทดสอบ\nfiscal_year: 2570\n", "utf-8")
    made = make_items(folder, WHO, {key: [f"รอบ {n}" for n in range(ROUNDS)] for key in DUTIES})
    made += make_items(folder, WHO, {"subsidy": ["november", "may"]})
    set_plans(
        folder, WHO, {subject: Planned(f"คน {n % 9}", date(2027, 1, n % 28 + 1)) for n, subject in enumerate(made)}
    )
    decisions = []
    paper = folder / "paper.pdf"
    for number, row in enumerate(register(folder, today=TODAY).steps.to_dict("records")):
        if number % 2:
            paper.write_bytes(f"%PDF {number}".encode() * 2_000)
            kept, digest = take_evidence(folder, paper)
            content = {"on": "2026-12-01", "evidence": kept, "sha256": digest, "skipped": False}
            decisions.append(Decision(STEP, f"{row['duty']}/{row['round']}/{row['step']}", content))
    decide(folder, WHO, decisions)
    return made


if __name__ == "__main__":
    main()

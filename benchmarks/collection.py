"""Collection forms of 125 schools in 12 rounds: seconds of each step and of each view.

    python benchmarks/collection.py

Prints JSON: seconds on the clock and of the processor. Every view has to stay under 2 s. One in eight schools has not
answered, one in ten has sent two forms that disagree. The first reading opens every workbook; from then on what was
read is noted under ``outputs/``.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from restructure.collection import steps
from restructure.collection.chasing import status
from restructure.collection.form import FORM_SHEET, write_forms
from restructure.collection.issue import issue_before, issue_names, read_issue
from restructure.collection.returns import read_returns, take_returns
from restructure.collection.summing import changes, summarise
from restructure.policy import load_policy

SCHOOLS, ROUNDS, LIMIT_S = 125, 12, 2.0
TODAY = date(2027, 9, 30)
KINDS = [
    "kind: yes-no", "kind: choice, choices: [ยังไม่เริ่ม, กำลังทำ, เสร็จแล้ว]", "kind: number, least: 0, unit: คน",
    "kind: date", "kind: text, needed: false",
]  # fmt: skip


def write_issue(folder: Path, number: int) -> None:
    questions = "\n".join(f"  - {{key: q{i}, thai: คำถามที่ {i} ของประเด็น, {KINDS[i % 5]}}}" for i in range(20))
    path = folder / "collections" / f"round-{number:02}" / "issue.yaml"
    path.parent.mkdir(parents=True)
    day = f"{2026 + (number + 9) // 12}-{(number + 9) % 12 + 1:02}-01"
    path.write_text(
        f"title: ติดตาม\nduty: urgent\nround: '{number}'\nasked_on: {day}\ndue: {day}\nquestions:\n{questions}\n",
        "utf-8",
    )


def fill(form: Path, to: Path, rng: random.Random) -> None:
    book = openpyxl.load_workbook(io.BytesIO(form.read_bytes()))
    sheet = book[FORM_SHEET]
    answers = [
        lambda: rng.choice(["ใช่", "ไม่ใช่"]), lambda: rng.choice(["ยังไม่เริ่ม", "กำลังทำ", "เสร็จแล้ว"]),
        lambda: rng.randint(0, 90), lambda: "16/5/2570", lambda: "ข้อความสมมุติ " * 5,
    ]  # fmt: skip
    for i in range(20):
        sheet.cell(11 + i, 4).value = answers[i % 5]()
    book.save(to)


def main() -> None:
    seconds: dict[str, tuple[float, float]] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        begun = time.perf_counter(), time.process_time()
        made = work()
        took = time.perf_counter() - begun[0], time.process_time() - begun[1]
        seconds[name] = max(seconds.get(name, (0.0, 0.0)), took)
        return made

    schools = pd.DataFrame(
        [(f"{1099000000 + i}", f"โรงเรียนสมมุติ {i}", f"อำเภอ {i % 5}", "open") for i in range(SCHOOLS)],
        columns=["school_id", "name", "amphoe", "status"],
    )
    policy, rng = load_policy(), random.Random(2570)
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        for number in range(1, ROUNDS + 1):
            write_issue(folder, number)
            issue = read_issue(folder, f"round-{number:02}")
            forms = timed(
                "write forms of a round", lambda i=issue: write_forms(folder / "forms" / i.name, i, schools, policy)
            )
            mail = folder / "mail" / issue.name
            mail.mkdir(parents=True)
            for place, form in enumerate(forms[:-1]):
                if place % 8:
                    fill(form, mail / form.name, rng)
                if place % 10 == 1:
                    fill(form, mail / f"2-{form.name}", rng)
            timed("take a round's files", lambda i=issue, m=mail: take_returns(folder, i, [m]))
            shutil.rmtree(mail)
            timed("first reading of a round", lambda i=issue: read_returns(folder, i, schools))
        name = f"round-{ROUNDS:02}"
        views: dict[str, Callable[[], object]] = {}
        followed = timed(
            "view: read a round",
            lambda: steps.Followed(folder, schools, policy, read_returns(folder, read_issue(folder, name), schools)),
        )
        views["status of a round"] = lambda: status(followed.returns, schools, today=TODAY)
        views["figures of a round"] = lambda: summarise(followed.returns, schools)
        views["changes since the round before"] = lambda: changes(
            followed.returns, read_returns(folder, issue_before(folder, followed.issue) or followed.issue, schools)
        )
        views["status of all 12 rounds"] = lambda: [
            status(read_returns(folder, read_issue(folder, one), schools), schools, today=TODAY)
            for one in issue_names(folder)
        ]
        for words, view in views.items():
            timed(f"view: {words}", view)
        timed("report of a round", lambda: steps.make_report(followed, today=TODAY))
        timed("reminders of a round", lambda: steps.make_reminders(followed, today=TODAY))
    print(json.dumps({name: [round(one, 2) for one in both] for name, both in seconds.items()}, ensure_ascii=False))
    slow = [name for name, (wall, _) in seconds.items() if name.startswith("view") and wall > LIMIT_S]
    print("slower than 2 s: " + (", ".join(slow) or "no view"))


if __name__ == "__main__":
    main()

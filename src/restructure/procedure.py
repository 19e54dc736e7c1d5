"""The steps of the work standard for establishing, merging, dissolving and transferring schools, and how far they are.

A step is done when a person certifies it in the ledger (kind :data:`STEP_DONE`, subject the step's key); who has
certified too early revokes that. Owner, due day and note stand in the draft, for they are plans and may change.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from restructure._errors import DataError, UsageError
from restructure.cycle import refuse_broken_ledger
from restructure.drafting import PLAN_FILE, Draft, StepPlan, is_blank
from restructure.evidence import is_unchanged, take_evidence
from restructure.ledger import Decision, decide, in_force

STEP_DONE = "step-done"
#: The states of a step.
STATES = {"done": "เสร็จแล้ว", "late": "เกินกำหนด", "ready": "ทำได้", "waiting": "รอขั้นก่อนหน้า"}


@dataclass(frozen=True)
class Step:
    """One step of a procedure.

    Attributes
    ----------
    round
        ``plan``, ``carry-out`` or ``follow-up``.
    seed
        Where the work standard has it; ``ม.`` is its column of standards.
    role
        Who takes part, as far as the work standard says so.
    needs
        What has to be there; ``usual`` beside it is what such files usually hold, which no rule says.
    evidence
        What shows that it was done.
    after
        Keys of the steps before it.
    recipients
        To whom it goes, as far as the work standard says so.
    """

    key: str
    round: str
    thai: str
    seed: tuple[str, ...]
    needs: tuple[str, ...]
    usual: tuple[str, ...]
    evidence: str
    after: tuple[str, ...]
    role: str = ""
    recipients: tuple[str, ...] = ()


@cache
def _packaged() -> dict[str, Any]:
    text = (resources.files("restructure") / "procedures" / "restructuring.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def kinds() -> dict[str, str]:
    """Return what the procedure can be about: key → Thai."""
    return dict(_packaged()["kinds"])


def round_names() -> dict[str, str]:
    """Return the rounds of the procedure in order: key → Thai."""
    return dict(_packaged()["rounds"])


def steps_of(kind: str = "merge") -> list[Step]:
    """Return the steps of a kind of procedure, in order.

    Raises
    ------
    UsageError
        When there is no such kind.
    """
    data = _packaged()
    if kind not in data["kinds"]:
        raise UsageError(f"ไม่มีงานแบบ {kind}: ใช้ได้ {', '.join(data['kinds'])}", f"There is no procedure {kind}.")
    usual = data["usual"].get(kind, {})
    found: list[Step] = []
    for step in data["steps"]:
        after = step.get("after", [found[-1].key] if found else [])
        found.append(
            Step(
                step["key"],
                step["round"],
                step["thai"].format(kind=data["kinds"][kind]),
                tuple(step["seed"]),
                tuple(step["needs"]),
                tuple(usual.get(step["key"], ())),
                step["evidence"],
                tuple(after),
                step.get("role", ""),
                tuple(step.get("recipients", ())),
            )
        )
    return found


def progress(draft: Draft, rows: pd.DataFrame, folder: Path, *, today: date | None = None) -> pd.DataFrame:
    """Return how far each step of the draft's procedure is.

    Parameters
    ----------
    rows
        The ledger, as :func:`restructure.ledger.read_ledger` returns it.
    folder
        The cycle, whose files of evidence are compared with what was certified.

    Returns
    -------
    DataFrame
        ``step``, ``round``, ``thai``, ``state`` (of :data:`STATES`), ``owner``, ``due``, ``note``, ``done_on``,
        ``who``, ``at``, ``why``, ``evidence`` (a file or words), ``sha256`` (empty for words), ``changed`` (the file is
        gone or no longer what was certified), ``seq`` of the decision, ``missing`` (Thai, parted by ``; ``: what has to
        be done before it, or what keeps it from being whole). Text is empty, and days and numbers null, where there is
        none.

    Raises
    ------
    DataError
        When the draft plans a step that there is not.
    """
    if draft.kind not in kinds():
        raise DataError(
            f"ไฟล์ {PLAN_FILE} ใช้ไม่ได้ที่ kind: ไม่มีงานแบบ {draft.kind} ใช้ได้ {', '.join(kinds())}",
            f"{PLAN_FILE}: there is no procedure {draft.kind}; mend it.",
        )
    today = today or date.today()
    held = {row["subject"]: row for row in in_force(rows, STEP_DONE).to_dict("records")}
    steps = steps_of(draft.kind)
    names = {step.key: step.thai for step in steps}
    if unknown := sorted(set(draft.steps) - set(names)):
        raise DataError(
            f"ไฟล์ {PLAN_FILE} ใช้ไม่ได้ที่ steps: ไม่มีขั้น {unknown[0]} ใช้ได้ {', '.join(names)}",
            f"{PLAN_FILE}: there is no step {unknown[0]}; mend it.",
        )
    found = []
    for step in steps:
        planned = draft.steps.get(step.key, StepPlan())
        row = held.get(step.key)
        content = json.loads(row["content"]) if row else {}
        kept, digest = content.get("evidence", ""), content.get("sha256", "")
        changed = bool(digest) and not is_unchanged(folder, kept, digest)
        before = [f"ยังไม่เสร็จ: {names[key]}" for key in step.after if key not in held]
        missing = before if row is None else []
        if row is None and is_blank(planned.owner):
            missing = [*missing, "ยังไม่กำหนดผู้รับผิดชอบ"]
        if row is None and planned.due is None:
            missing = [*missing, "ยังไม่กำหนดวัน"]
        if changed:
            missing = [*missing, "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง"]
        if row is not None and not kept:
            missing = [*missing, "ไม่มีหลักฐาน"]
        late = row is None and planned.due is not None and planned.due < today
        state = "done" if row else "late" if late else "waiting" if before else "ready"
        found.append(
            {
                "step": step.key, "round": step.round, "thai": step.thai, "state": state,
                "owner": planned.owner, "due": planned.due, "note": planned.note,
                "done_on": date.fromisoformat(content["on"]) if row else None,
                "who": row["who"] if row else "", "at": row["at"] if row else "", "why": row["why"] if row else "",
                "evidence": kept, "sha256": digest, "changed": changed,
                "seq": row["seq"] if row else None, "missing": "; ".join(missing),
            }
        )  # fmt: skip
    return pd.DataFrame(found).astype({"seq": "Int64", "due": "object", "done_on": "object"})


def complete_step(
    folder: Path,
    draft: Draft,
    rows: pd.DataFrame,
    key: str,
    who: str,
    *,
    on: date,
    evidence: Path | str = "",
    why: str = "",
    today: date | None = None,
    seen: int | None = None,
) -> list[int]:
    """Certify that a step was done, as one decision in the ledger.

    Parameters
    ----------
    on
        The day that it was done.
    evidence
        A file, which is copied into the cycle's ``evidence/``; or words such as the number of a letter.
    why
        Must be given where a step before it is not done or there is no evidence; it stays in the ledger.
    seen
        As for :func:`restructure.ledger.decide`.

    Raises
    ------
    UsageError
        When there is no such step, it lies in the future, or a reason is missing.
    LedgerError
        When the ledger refuses.
    """
    steps = {step.key: step for step in steps_of(draft.kind)}
    if key not in steps:
        raise UsageError(f"ไม่มีขั้น {key}: ใช้ได้ {', '.join(steps)}", f"There is no step {key}.")
    if on > (today or date.today()):
        raise UsageError("วันที่ทำเสร็จอยู่ในอนาคต: รับรองได้เมื่อทำแล้ว", "The day lies in the future; certify what is done.")
    done = set(in_force(rows, STEP_DONE)["subject"])
    lacks = [f"“{steps[before].thai}” ยังไม่เสร็จ" for before in steps[key].after if before not in done]
    if not (evidence if isinstance(evidence, Path) else not is_blank(evidence)):
        lacks.append("ไม่มีหลักฐาน")
    if lacks and is_blank(why):
        raise UsageError(
            f"ยังรับรอง “{steps[key].thai}” ไม่ได้ เพราะ{' และ'.join(lacks)}: ทำให้ครบ หรือกรอกเหตุผลซึ่งจะอยู่ในบันทึก",
            f"{key} lacks something before it; do that first or give a reason, which stays in the ledger.",
        )
    refuse_broken_ledger(folder)
    kept, digest = take_evidence(folder, evidence) if isinstance(evidence, Path) else (evidence.strip(), "")
    content = {"on": on.isoformat(), "kind": draft.kind, "evidence": kept, "sha256": digest, "lacks": lacks}
    return decide(folder, who, [Decision(STEP_DONE, key, content, why)], seen=seen)

"""The register of the office's duties: an item for each duty and round, with owner, day, state, evidence, results.

It is worked out from the ledger alone (:mod:`restructure.dutyhistory` tells the decisions, and
:mod:`restructure.dutyacts` records them), from the templates that the items were made from, and the files of evidence.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from restructure.chain import REVOKE
from restructure.drafting import Draft, StepPlan, read_draft
from restructure.duties import LEVELS, DutyStep, Standard, levels, reached
from restructure.dutyhistory import ITEM, KINDS, ORDER, PLAN, RESULT, RETURN, STEP, content_of, history
from restructure.evidence import is_unchanged
from restructure.ledger import in_force, read_ledger
from restructure.procedure import STEP_DONE

#: The states of an item and of a step, what needs a hand first; ``late`` and ``soon`` go by the nearest day left.
STATES = {"returned": "ส่งคืนแก้ไข", "late": "เกินกำหนด", "soon": "ใกล้กำหนด", "open": "ยังไม่เสร็จ", "done": "เสร็จแล้ว"}
#: How many days ahead a due day is near.
SOON_DAYS = 30

_ITEMS = {
    "duty": "str", "round": "str", "round_thai": "str", "title": "str", "owner": "str", "due": "object",
    "next_due": "object", "remark": "str", "state": "str", "steps": "int64", "done": "int64", "level": "str",
    "standards": "int64", "standards_met": "int64", "orders": "int64", "result": "str", "returned": "bool",
    "returned_for": "str", "version": "int64", "made_by": "str", "made_at": "str", "month": "Int64",
    "fiscal_year": "int64", "seq": "int64",
}  # fmt: skip
_STEPS = {
    "duty": "str", "round": "str", "step": "str", "part": "str", "thai": "str", "owner": "str", "due": "object",
    "by": "object", "promised": "object", "state": "str", "done_on": "object", "who": "str", "at": "str", "why": "str",
    "skipped": "bool", "evidence": "str", "sha256": "str", "changed": "bool", "remark": "str", "returned_for": "str",
    "months": "object", "needs": "object", "expected": "str", "recipients": "object", "only_if": "str", "where": "str",
    "seed": "object", "missing": "str", "seq": "Int64",
}  # fmt: skip
_STANDARDS = {
    "duty": "str", "round": "str", "part": "str", "seed": "str", "thai": "str", "level": "Int64", "met": "bool",
    "missing": "str",
}  # fmt: skip
_LEVELS = {"duty": "str", "round": "str", "part": "str", "thai": "str", "level": "int64", "of": "int64"}
_ORDERS = {
    "duty": "str", "round": "str", "number": "int64", "text": "str", "giver": "str", "on": "object", "who": "str",
    "at": "str", "seq": "int64",
}  # fmt: skip
_HISTORY = {
    "seq": "int64", "at": "str", "who": "str", "kind": "str", "duty": "str", "round": "str", "step": "str",
    "told": "str", "why": "str", "revoked": "bool",
}  # fmt: skip
_DUES = {
    "duty": "str", "round": "str", "step": "str", "thai": "str", "title": "str", "owner": "str", "due": "object",
    "days": "int64", "state": "str",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Register:
    """The register as it stands on a day; text is empty, and days and numbers null, where there is none.

    Attributes
    ----------
    items
        A row an item, by number of the duty, then as made. ``owner``, ``due``, ``remark`` as planned; ``next_due``,
        the nearest day of what is not done, of the item or a step; ``state`` of :data:`STATES`; ``steps`` and ``done``,
        how many; ``level`` in words where the standard has levels; ``standards`` and ``standards_met``, how many;
        ``orders``, how many; ``result``; ``returned``, whether it is as a whole, and ``returned_for``, the remarks that
        are not answered, of its steps too; ``version`` of the template; ``month`` that the work standard gives the
        round; ``fiscal_year``; ``seq`` of the decision.
    steps
        A row a step: ``owner``, its own or the item's; ``due``, its own day, and ``by``, its own or the item's;
        ``promised``, of one that is done, ``by`` as it was when that was certified (days of ``plan.yaml`` as they are);
        ``state``; ``done_on``, ``who``, ``at``, ``why``; ``skipped`` (it need not be done); ``evidence`` (a file within
        the cycle, or words), ``sha256``, ``changed`` (the file is gone or no longer what it was); ``months``,
        ``needs``, ``expected`` (evidence), ``recipients``, ``only_if``, ``where``, ``seed`` of the template;
        ``missing`` (Thai, parted by ``; ``).
    standards
        A row a standard: ``part``, ``seed``, ``thai``, ``level`` (null where it has none), ``met``, ``missing``.
    levels
        A row a part that is measured in levels: ``level`` reached, ``of`` how many.
    orders
        ``number`` within the item, ``text`` verbatim, ``giver``, ``on``.
    history
        Every decision on duties, oldest first: ``seq``, ``at``, ``who``, ``kind`` and ``told`` in Thai, ``step``
        (empty: the item), ``why``, ``revoked`` (it holds no more by a person's word).
    dues
        A row a day that was set, of an item or a step, done or not; columns of :func:`overdue`.
    head
        ``seq`` of the last row of the ledger, for ``seen`` of what is decided next, and its time.
    """

    items: pd.DataFrame
    steps: pd.DataFrame
    standards: pd.DataFrame
    levels: pd.DataFrame
    orders: pd.DataFrame
    history: pd.DataFrame
    dues: pd.DataFrame
    today: date
    head: tuple[int, str]


class _Held:
    """What holds of each kind: subject → row, its content read."""

    def __init__(self, rows: pd.DataFrame) -> None:
        ours = rows[rows["kind"].isin([*KINDS, STEP_DONE, REVOKE])]
        held = in_force(ours)
        self.by_kind: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in (*KINDS, STEP_DONE)}
        for row in held.sort_values("seq").to_dict("records"):
            self.by_kind[row["kind"]][row["subject"]] = row | {
                "content": content_of(row["content"]),
                "text": row["content"],
            }

        revokes = ours[ours["kind"] == REVOKE]
        self._revoked = dict(zip(revokes["subject"], revokes["seq"], strict=True))
        self._plans: dict[str, list[tuple[int, str]]] = defaultdict(list)
        plans = ours[ours["kind"] == PLAN]
        for seq, subject, text in zip(plans["seq"], plans["subject"], plans["content"], strict=True):
            self._plans[subject].append((seq, text))

    def of(self, kind: str, subject: str) -> dict[str, Any] | None:
        return self.by_kind[kind].get(subject)

    def due(self, subject: str, at: int) -> date | None:
        """Return the day that was planned of an item or a step itself when a row of the ledger was written."""
        for seq, text in reversed(self._plans.get(subject, ())):
            if seq < at < self._revoked.get(str(seq), at + 1):
                due = content_of(text)["due"]
                return date.fromisoformat(due) if due else None
        return None


def register(folder: Path, *, today: date | None = None, rows: pd.DataFrame | None = None) -> Register:
    """Return the register of a cycle.

    Parameters
    ----------
    today
        The day that ``late`` and ``soon`` are told by; the machine's where it is not given.
    rows
        The ledger, as :func:`restructure.ledger.read_ledger` returns it; rows up to some ``seq`` give what was known
        then.

    Raises
    ------
    DataError
        When the ledger or, where the plan's procedure counts, ``plan.yaml`` cannot be read.
    """
    today = today or date.today()
    rows = read_ledger(folder) if rows is None else rows
    held = _Held(rows)
    draft = Draft()
    if any(row["content"]["procedure"] for row in held.by_kind[ITEM].values()):
        draft, _ = read_draft(folder)
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in ("items", "steps", "standards", "levels", "dues")}
    orders = _orders(held)
    ordered = pd.Series([f"{row['duty']}/{row['round']}" for row in orders], dtype="str").value_counts().to_dict()
    for subject, row in sorted(
        held.by_kind[ITEM].items(), key=lambda item: (item[1]["content"]["number"], item[1]["seq"])
    ):
        steps = _steps(folder, subject, row, held, draft, today)
        item, told, reaching = _item(subject, row, steps, held, today)
        made["items"].append(item | {"orders": ordered.get(subject, 0)})
        made["steps"] += steps
        made["standards"] += told
        made["levels"] += reaching
        made["dues"] += _dues(item, steps, today)
    return Register(
        _table(made["items"], _ITEMS),
        _table(made["steps"], _STEPS),
        _table(made["standards"], _STANDARDS),
        _table(made["levels"], _LEVELS),
        _table(orders, _ORDERS),
        _table(history(rows), _HISTORY),
        _table(made["dues"], _DUES),
        today,
        (int(rows["seq"].iloc[-1]), str(rows["at"].iloc[-1])) if len(rows) else (0, ""),
    )


def overdue(register: Register) -> pd.DataFrame:
    """Return each item and step whose day has passed undone, the longest first.

    Returns
    -------
    DataFrame
        ``duty``, ``round``, ``step`` (empty: the item), ``thai``, ``title`` of the item, ``owner``, ``due``, ``days``
        (left; negative here), ``state``.
    """
    return _due(register, register.dues["days"] < 0)


def due_soon(register: Register, days: int = SOON_DAYS) -> pd.DataFrame:
    """Return each item and step that is due today or in so many days, the nearest first; columns of :func:`overdue`."""
    return _due(register, register.dues["days"].between(0, days))


def load(register: Register) -> pd.DataFrame:
    """Return how much each person has on the desk, the most pressed first; what has no owner comes last.

    Returns
    -------
    DataFrame
        ``owner``, ``items`` (not done, with a step or the whole of it theirs), ``open`` (their steps that are not
        done), and of these ``returned`` (items returned whole count too), ``late``, ``soon``. No number is said to be
        too much: no rule names one.
    """
    columns = ["duty", "round", "owner", "state"]
    steps = register.steps.loc[register.steps["state"] != "done", columns]
    whole = register.items.loc[register.items["returned"], columns].assign(state="returned")
    left = pd.concat([steps.assign(step=True), whole.assign(step=False)], ignore_index=True)
    found = pd.DataFrame(
        {
            "items": (left["duty"] + "/" + left["round"]).groupby(left["owner"]).nunique(),
            "open": left["step"].groupby(left["owner"]).sum(),
            **{state: (left["state"] == state).groupby(left["owner"]).sum() for state in ("returned", "late", "soon")},
        }
    ).astype("int64")
    found = found.rename_axis("owner").reset_index()
    found["owner"] = found["owner"].astype("str")
    found["nobody"] = found["owner"] == ""
    order = ["nobody", "late", "returned", "soon", "open", "owner"]
    found = found.sort_values(order, ascending=[True, False, False, False, False, True], ignore_index=True)
    return found.drop(columns="nobody")


# -- what an item and its steps are ----
def _steps(
    folder: Path, subject: str, item: dict[str, Any], held: _Held, draft: Draft, today: date
) -> list[dict[str, Any]]:
    duty, round_ = subject.split("/")
    content = item["content"]
    whole = _planned(held, subject)
    found = []
    for step in _template(item["text"])[0]:
        name = f"{subject}/{step.key}"
        row, planned, theirs = held.of(STEP, name), _planned(held, name), StepPlan()
        if content["procedure"]:
            other = held.of(STEP_DONE, step.key)
            row = max((one for one in (row, other) if one), key=lambda one: int(one["seq"]), default=None)
            theirs = draft.steps.get(step.key, StepPlan())
            planned = StepPlan(
                owner=planned.owner or theirs.owner, due=planned.due or theirs.due, note=planned.note or theirs.note
            )
        back = held.of(RETURN, name)
        returned = back is not None and (row is None or row["seq"] < back["seq"])
        done = row is not None and not returned
        by = planned.due or whole.due
        promised = (held.due(name, row["seq"]) or theirs.due or held.due(subject, row["seq"])) if done and row else None
        told = row["content"] if row else {}
        kept, digest = told.get("evidence", ""), told.get("sha256", "")
        changed = bool(digest) and not is_unchanged(folder, kept, digest)
        owner = planned.owner or whole.owner
        lacks = {
            "ยังไม่กำหนดผู้รับผิดชอบ": not done and not owner.strip(),
            "ยังไม่กำหนดวัน": not done and by is None,
            "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง": changed,
            "ไม่มีหลักฐาน": done and not kept and not told.get("skipped"),
        }
        found.append(
            {
                "duty": duty, "round": round_, "step": step.key, "part": step.part, "thai": step.thai, "owner": owner,
                "due": planned.due, "by": by, "promised": promised,
                "state": "done" if done else "returned" if returned else _timed(by, today),
                "done_on": date.fromisoformat(told["on"]) if done else None,
                "who": row["who"] if row and done else "", "at": row["at"] if row and done else "",
                "why": row["why"] if row and done else "", "skipped": bool(told.get("skipped")) and done,
                "evidence": kept, "sha256": digest, "changed": changed, "remark": planned.note,
                "returned_for": back["content"]["remark"] if back and returned else "", "months": step.months,
                "needs": step.needs, "expected": step.evidence, "recipients": step.recipients,
                "only_if": step.only_if, "where": step.where, "seed": step.seed,
                "missing": "; ".join(words for words, lacking in lacks.items() if lacking),
                "seq": row["seq"] if row and done else None,
            }
        )  # fmt: skip
    return found


def _item(
    subject: str,
    row: dict[str, Any],
    steps: list[dict[str, Any]],
    held: _Held,
    today: date,
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the row of an item, and those of its standards and levels."""
    duty, round_ = subject.split("/")
    content, planned = row["content"], _planned(held, subject)
    back, result = held.of(RETURN, subject), held.of(RESULT, subject)
    answers = [int(one["seq"]) for one in (*steps, result) if one and one["seq"]]
    returned = back is not None and max(answers, default=0) < back["seq"]
    done = [step["step"] for step in steps if step["state"] == "done"]
    finished = len(done) == len(steps) and not returned
    days = [step["due"] for step in steps if step["state"] != "done"] + ([] if finished else [planned.due])
    next_due = min((day for day in days if day), default=None)
    remarks = [back["content"]["remark"]] if back and returned else []
    remarks += [step["returned_for"] for step in steps if step["returned_for"]]
    state = "done" if finished else "returned" if remarks else _timed(next_due, today)
    told, reaching = _reached(_template(row["text"])[1], content["parts"], steps)
    head = {"duty": duty, "round": round_}
    item = head | {
        "round_thai": content["round_thai"], "title": content["title"], "owner": planned.owner, "due": planned.due,
        "next_due": next_due, "remark": planned.note, "state": state, "steps": len(steps), "done": len(done),
        "level": " · ".join(f"ส่วน {one['part']} ระดับ {one['level']}/{one['of']}" for one in reaching),
        "standards": len(told), "standards_met": sum(one["met"] for one in told),
        "result": result["content"]["text"] if result else "", "returned": returned, "returned_for": "; ".join(remarks),
        "version": content["version"], "made_by": row["who"], "made_at": row["at"], "month": content["month"],
        "fiscal_year": content["fiscal_year"], "seq": row["seq"],
    }  # fmt: skip
    return item, [head | one for one in told], [head | one for one in reaching]


def _reached(
    standards: Sequence[Standard], parts: Mapping[str, str], steps: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    by_key = {step["step"]: step for step in steps}
    done = {key for key, step in by_key.items() if step["state"] == "done"}
    in_time = {key for key in done if by_key[key]["skipped"] or _was_in_time(by_key[key])}
    met = reached(standards, done, in_time)
    told = []
    for one, is_met in zip(standards, met, strict=True):
        missing = [f"ยังไม่เสร็จ: {by_key[key]['thai']}" for key in one.steps if key not in done]
        if one.in_time:
            for key in (key for key in one.steps if key in done - in_time):
                late = by_key[key]["promised"]
                why = "เสร็จหลังวันที่กำหนด" if late else "เมื่อรับรองไม่ได้กำหนดวัน จึงบอกไม่ได้ว่าทันเวลา"
                missing.append(f"{why}: {by_key[key]['thai']}")
        if not missing and not is_met:
            missing = ["ระดับที่ต่ำกว่ายังไม่ครบ"]
        told.append(
            {"part": one.part, "seed": one.seed, "thai": one.thai, "level": one.level, "met": is_met,
             "missing": "; ".join(missing)}
        )  # fmt: skip
    reaching = [
        {"part": part, "thai": parts.get(part, ""), "level": level, "of": LEVELS}
        for part, level in levels(standards, met).items()
    ]
    return told, reaching


def _was_in_time(step: dict[str, Any]) -> bool:
    """Say whether a step was done by the day that held when it was certified: a day moved since changes nothing."""
    return step["promised"] is not None and step["done_on"] <= step["promised"]


@lru_cache(maxsize=1024)
def _template(text: str) -> tuple[tuple[DutyStep, ...], tuple[Standard, ...]]:
    """Return the steps and the standards of an item, from its decision's JSON text."""
    content = content_of(text)
    steps = tuple(DutyStep.model_validate(step) for step in content["steps"])
    return steps, tuple(Standard.model_validate(one) for one in content["standards"])


def _planned(held: _Held, subject: str) -> StepPlan:
    row = held.of(PLAN, subject)
    if row is None:
        return StepPlan()
    content = row["content"]
    due = date.fromisoformat(content["due"]) if content["due"] else None
    return StepPlan(owner=content["owner"], due=due, note=content["remark"])


def _timed(due: date | None, today: date) -> str:
    if due is None or due > today + datetime.timedelta(days=SOON_DAYS):
        return "open"
    return "late" if due < today else "soon"


def _dues(item: dict[str, Any], steps: list[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    """Return every day that was set, of the item and of its steps."""
    whole = item | {"step": "", "thai": item["title"]}
    return [
        {key: row[key] for key in ("duty", "round", "step", "thai", "owner", "due", "state")}
        | {"title": item["title"], "days": (row["due"] - today).days}
        for row in (whole, *steps)
        if row["due"]
    ]


def _due(register: Register, chosen: pd.Series) -> pd.DataFrame:
    dues = register.dues[chosen & (register.dues["state"] != "done")]
    return dues.sort_values(["days", "duty", "round", "step"], ignore_index=True)


def _orders(held: _Held) -> list[dict[str, Any]]:
    found = []
    for subject, row in held.by_kind[ORDER].items():
        duty, round_, number = subject.split("/")
        content = row["content"]
        if f"{duty}/{round_}" in held.by_kind[ITEM]:
            found.append(
                {"duty": duty, "round": round_, "number": int(number), "text": content["text"],
                 "giver": content["giver"], "on": date.fromisoformat(content["on"]) if content["on"] else None,
                 "who": row["who"], "at": row["at"], "seq": row["seq"]}
            )  # fmt: skip
    return sorted(found, key=lambda row: (row["duty"], row["round"], row["number"]))


def _table(rows: Iterable[dict[str, Any]], dtypes: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(dtypes)).astype(dtypes)

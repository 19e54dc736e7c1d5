"""What people do with the register of duties: items are made, planned, done, returned, resulting; each in the ledger.

Subjects and contents are told in :mod:`restructure.dutyhistory`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from restructure._errors import LedgerError, UsageError
from restructure.chain import one_line
from restructure.cycle import refuse_broken_ledger
from restructure.drafting import read_draft
from restructure.duties import Duty, no_duty, procedure_steps, read_duties
from restructure.dutyhistory import ITEM, KINDS, ORDER, PLAN, RESULT, RETURN, STEP
from restructure.evidence import take_evidence
from restructure.ledger import Decision, decide, in_force, read_ledger, revoke
from restructure.policy import load_policy

_LONGEST_ROUND = 80


class Planned(NamedTuple):
    """Who shall do an item or a step, until when, and a remark."""

    owner: str = ""
    due: date | None = None
    remark: str = ""


def make_items(
    folder: Path, who: str, rounds: Mapping[str, Sequence[str]] | None = None, *, seen: int | None = None
) -> list[str]:
    """Make items from the templates; what is there already stays as it is.

    Parameters
    ----------
    rounds
        Rounds by duty. Without it the items that come each cycle are made, but none that somebody has revoked: name
        its round to make that again, from the template as it is now.
    seen
        As for :func:`restructure.ledger.decide`.

    Returns
    -------
    list of str
        The subjects that were made, ``DUTY/ROUND``.

    Raises
    ------
    UsageError
        When there is no such duty or round, or a round's name cannot be one.
    DataError
        When a template of the office's own, ``policy.yaml`` or ``plan.yaml`` cannot be used, or the ledger refuses.
    """
    duties, year = read_duties(folder), load_policy(folder / "policy.yaml").fiscal_year
    rows = read_ledger(folder)
    held = set(in_force(rows, ITEM)["subject"])
    if rounds is None:
        held |= set(rows.loc[rows["kind"] == ITEM, "subject"])
        rounds = {key: _recurring(duty, year) for key, duty in duties.items()}
    if unknown := sorted(set(rounds) - set(duties)):
        raise no_duty(unknown[0], duties)
    decisions = []
    for key, names in rounds.items():
        for name in dict.fromkeys(_round(duties[key], text) for text in names):
            if (subject := f"{key}/{name}") not in held:
                decisions.append(Decision(ITEM, subject, _item(folder, duties[key], name, year)))
    if decisions:
        refuse_broken_ledger(folder)
        decide(folder, who, decisions, seen=seen)
    return [decision.subject for decision in decisions]


def planned(folder: Path, subject: str, rows: pd.DataFrame | None = None) -> Planned:
    """Return what is planned of an item or a step itself; ``rows`` of the ledger are read where none are given."""
    held = in_force(read_ledger(folder) if rows is None else rows, PLAN)
    for text in held.loc[held["subject"] == subject, "content"]:
        content = json.loads(text)
        due = date.fromisoformat(content["due"]) if content["due"] else None
        return Planned(content["owner"], due, content["remark"])
    return Planned()


def set_plans(
    folder: Path, who: str, plans: Mapping[str, Planned], *, why: str = "", seen: int | None = None
) -> list[int]:
    """Record who shall do items (``DUTY/ROUND``) and steps (``DUTY/ROUND/STEP``) until when, as one act.

    What is planned so already is not recorded again; :class:`Planned` with nothing in it empties.

    Raises
    ------
    UsageError
        When there is no such item or step.
    LedgerError
        When the ledger refuses.
    """
    rows = read_ledger(folder)
    now = {row["subject"]: json.loads(row["content"]) for row in in_force(rows, PLAN).to_dict("records")}
    empty = {"owner": "", "due": "", "remark": ""}
    decisions = []
    for subject, plan in plans.items():
        find_subject(rows, subject)
        due = plan.due.isoformat() if plan.due else ""
        content = {"owner": one_line(plan.owner), "due": due, "remark": plan.remark.strip()}
        if content != now.get(subject, empty):
            decisions.append(Decision(PLAN, subject, content, why))
    return _record(folder, who, decisions, seen)


def record_order(
    folder: Path,
    who: str,
    item: str,
    text: str,
    *,
    giver: str = "",
    on: date | None = None,
    seen: int | None = None,
) -> list[int]:
    """Record what a superior ordered on an item, letter by letter; an item can have many orders.

    Raises
    ------
    UsageError
        When there is no such item or no text.
    LedgerError
        When the ledger refuses.
    """
    rows = read_ledger(folder)
    find_subject(rows, item, whole=True)
    _need(text, "ข้อสั่งการ", "order")
    before = rows.loc[(rows["kind"] == ORDER) & rows["subject"].str.startswith(f"{item}/"), "subject"]
    number = max((int(subject.rsplit("/", 1)[1]) for subject in before), default=0) + 1
    content = {"text": text, "giver": one_line(giver), "on": on.isoformat() if on else ""}
    return _record(folder, who, [Decision(ORDER, f"{item}/{number}", content)], seen)


def complete_duty_step(
    folder: Path,
    who: str,
    subject: str,
    *,
    on: date,
    evidence: Path | str = "",
    why: str = "",
    skip: bool = False,
    today: date | None = None,
    seen: int | None = None,
) -> list[int]:
    """Certify that a step was done; where it was returned for correction, that it has been corrected.

    Parameters
    ----------
    on
        The day that it was done.
    evidence
        A file, which is copied into the cycle's ``evidence/``; or words such as the number of a letter.
    why
        Must be given where there is no evidence, or the step need not be done; it stays in the ledger.
    skip
        That the step need not be done, of those that the standard asks for in some cases only.

    Raises
    ------
    UsageError
        When there is no such step, the day lies in the future, a reason is missing, or the file is a private one.
    LedgerError
        When the ledger refuses.
    """
    rows = read_ledger(folder)
    step = find_subject(rows, subject, step=True)
    if on > (today or date.today()):
        raise UsageError("วันที่ทำเสร็จอยู่ในอนาคต: รับรองได้เมื่อทำแล้ว", "The day lies in the future; certify what is done.")
    if skip and not step["only_if"]:
        raise UsageError(
            f"“{step['thai']}” ต้องทำทุกครั้ง: ข้ามไม่ได้ รับรองเมื่อทำแล้ว",
            f"{subject} always has to be done; it cannot be left out.",
        )
    if skip:
        evidence = ""
    if not (evidence if isinstance(evidence, Path) else evidence.strip()) and not why.strip():
        told = "ไม่ต้องทำขั้นนี้" if skip else "ไม่มีหลักฐาน"
        raise UsageError(
            f"ยังรับรอง “{step['thai']}” ไม่ได้ เพราะ{told}โดยไม่บอกเหตุผล: ใส่หลักฐาน หรือกรอกเหตุผลซึ่งจะอยู่ในบันทึก",
            f"{subject} needs evidence, or a reason, which stays in the ledger.",
        )
    refuse_broken_ledger(folder)
    kept, digest = take_evidence(folder, evidence) if isinstance(evidence, Path) else (evidence.strip(), "")
    content = {"on": on.isoformat(), "evidence": kept, "sha256": digest, "skipped": skip}
    return decide(folder, who, [Decision(STEP, subject, content, why)], seen=seen)


def return_for_correction(folder: Path, who: str, subject: str, remark: str, *, seen: int | None = None) -> list[int]:
    """Return an item or a step for correction: it counts as undone until it is certified again.

    A whole item is answered by any step of it that is certified, or a result that is written, after that.

    Raises
    ------
    UsageError
        When there is no such item or step, or no remark.
    LedgerError
        When the ledger refuses.
    """
    find_subject(read_ledger(folder), subject)
    _need(remark, "ข้อที่ต้องแก้ไข", "remark")
    return _record(folder, who, [Decision(RETURN, subject, {"remark": remark.strip()})], seen)


def record_result(folder: Path, who: str, item: str, text: str, *, seen: int | None = None) -> list[int]:
    """Record what came of an item; a later text takes the place of an earlier one.

    Raises
    ------
    UsageError
        When there is no such item or no text.
    LedgerError
        When the ledger refuses.
    """
    find_subject(read_ledger(folder), item, whole=True)
    _need(text, "ผลการดำเนินงาน", "result")
    return _record(folder, who, [Decision(RESULT, item, {"text": text.strip()})], seen)


def take_back(folder: Path, who: str, kind: str, subject: str, why: str) -> list[int]:
    """Revoke the newest decision of a kind on a subject; what it superseded holds again, if anything.

    Parameters
    ----------
    kind
        A key of :data:`restructure.dutyhistory.KINDS`; an order by ``DUTY/ROUND/NUMBER``.

    Raises
    ------
    UsageError
        When there is no such decision, or it is an item that there is work on.
    LedgerError
        When there is no reason or the ledger refuses.
    """
    held = in_force(read_ledger(folder), kind)
    seqs: list[int] = held.loc[held["subject"] == subject, "seq"].tolist()
    if not seqs:
        raise UsageError(
            f"{subject} ไม่มีรายการ “{KINDS[kind]}” ให้เพิกถอน: ดูทะเบียนก่อน (ที่รับรองด้วย restructure step เพิกถอนด้วยคำสั่งนั้น)",
            f"{subject} has no {kind} to revoke; look at the register.",
        )
    return take_rows_back(folder, who, seqs, why)


def take_rows_back(folder: Path, who: str, seqs: Sequence[int], why: str) -> list[int]:
    """Revoke decisions, by their ``seq``, as one act.

    Raises
    ------
    UsageError
        When one of them is an item that there is work on.
    LedgerError
        When one holds no more, there is no reason or the ledger refuses.
    """
    refuse_broken_ledger(folder)
    held = in_force(read_ledger(folder))
    mine = held[held["seq"].isin(seqs)]
    if not seqs or len(mine) < len(seqs):
        raise LedgerError(
            "รายการนี้ถูกเพิกถอนหรือมีรายการใหม่แทนแล้ว จึงยังไม่เปลี่ยน: ดูสถานะใหม่แล้วทำอีกครั้ง", "This holds no more; look again."
        )
    items = tuple(f"{subject}/" for subject in mine.loc[mine["kind"] == ITEM, "subject"])
    ours = held[held["kind"].isin(KINDS) & (held["kind"] != ITEM)]
    if items and (busy := [subject for subject in ours["subject"] if f"{subject}/".startswith(items)]):
        raise UsageError(
            f"เพิกถอนเรื่องนี้ไม่ได้ เพราะมีงานบันทึกไว้แล้วที่ {busy[0]}: เพิกถอนงานเหล่านั้นก่อน",
            f"There is work recorded on {busy[0]}; revoke that first.",
        )
    return revoke(folder, who, seqs, why)


def _record(folder: Path, who: str, decisions: Sequence[Decision], seen: int | None) -> list[int]:
    refuse_broken_ledger(folder)
    return decide(folder, who, decisions, seen=seen)


def find_subject(rows: pd.DataFrame, subject: str, *, whole: bool = False, step: bool = False) -> dict[str, Any]:
    """Return the content of an item, or what its template has of a step, by a subject.

    Raises
    ------
    UsageError
        When there is none, or it is no whole item, or no step, where it has to be.
    """
    parts = subject.split("/")
    item = "/".join(parts[:2])
    held = in_force(rows, ITEM)
    contents = held.loc[held["subject"] == item, "content"].tolist()
    if not contents or len(parts) > 3:
        names = held["subject"].tolist()
        told = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        remedy = f"มี {told}" if names else "ยังไม่มีเรื่องใด ตั้งเรื่องก่อนด้วย restructure duties DIR --make"
        raise UsageError(
            f"ไม่มีเรื่อง {item} ในทะเบียน: {remedy}",
            f"There is no item {item} in the register; make it with `restructure duties DIR --make`.",
        )
    content: dict[str, Any] = json.loads(contents[0])
    if len(parts) < 3:
        if step:
            raise UsageError(
                f"ยังไม่บอกขั้นของ {item}: ใช้ได้ {', '.join(one['key'] for one in content['steps'])}",
                f"Name a step of {item}.",
            )
        return content
    if whole:
        raise UsageError(f"{subject} เป็นขั้นตอน แต่ต้องเป็นทั้งเรื่อง: ใช้ {item}", f"This is of the whole item: {item}.")
    steps = {one["key"]: one for one in content["steps"]}
    if parts[2] not in steps:
        raise UsageError(f"ไม่มีขั้น {parts[2]} ใน {item}: ใช้ได้ {', '.join(steps)}", f"{item} has no step {parts[2]}.")
    found: dict[str, Any] = steps[parts[2]]
    return found


def _need(text: str, thai: str, english: str) -> None:
    if not text.strip():
        raise UsageError(f"ยังไม่กรอก{thai}: กรอกแล้วทำใหม่", f"There is no {english}; give one.")


# -- making items ----
def _recurring(duty: Duty, year: int) -> list[str]:
    return {"year": [str(year)], "named": list(duty.rounds.names), "ordered": []}[duty.rounds.recurs]


def _round(duty: Duty, text: str) -> str:
    """Return the name of a round as its subject has it."""
    name = one_line(text)
    if not name or "/" in name or len(name) > _LONGEST_ROUND:
        raise UsageError(
            f"ชื่อรอบ “{name}” ใช้ไม่ได้: ต้องมี 1 ถึง {_LONGEST_ROUND} ตัวอักษร ไม่มีเครื่องหมาย /",
            f"A round cannot be named {name!r}: 1 to {_LONGEST_ROUND} letters, no slash.",
        )
    if duty.rounds.names and name not in duty.rounds.names:
        names = ", ".join(f"{key} ({one.thai})" for key, one in duty.rounds.names.items())
        raise UsageError(f"งาน {duty.key} ไม่มีรอบ {name}: ใช้ {names}", f"{duty.key} has no round {name}.")
    return name


def _item(folder: Path, duty: Duty, name: str, year: int) -> dict[str, Any]:
    """Return what the ledger keeps of an item: the template as it is now."""
    named = duty.rounds.names.get(name)
    month = named.month if named else None
    of_cycle = name in _recurring(duty, year)
    words = f"{named.thai} ปีงบประมาณ {year}" if named else f"ปีงบประมาณ {name}" if of_cycle else name
    steps = procedure_steps(read_draft(folder)[0].kind) if duty.procedure else duty.steps
    kept = [step.model_dump(mode="json") for step in steps]
    for step in kept:
        if month in step["months"]:
            step["months"] = [month]
    return {
        "title": f"{duty.thai}: {words}", "round_thai": words, "number": duty.number, "fiscal_year": year,
        "month": month, "version": duty.version, "date": duty.date.isoformat(), "office_made": duty.office_made,
        # Only the cycle's own round is what the procedure of its plan is about.
        "procedure": duty.procedure and of_cycle,
        "steps": kept, "standards": [one.model_dump(mode="json") for one in duty.standards], "parts": duty.parts,
    }  # fmt: skip

"""What people have decided on the office's duties, in the ledger, and each decision in words.

Subjects are ``DUTY/ROUND`` (an item) and ``DUTY/ROUND/STEP``; what was wrong is superseded or revoked, never lost:

========== ===============================================================================================
ITEM       the item was made: title, and the template as it was then
PLAN       of an item or a step: ``owner``, ``due``, ``remark``
ORDER      ``DUTY/ROUND/NUMBER``: what the superior ordered, letter by letter: ``text``, ``giver``, ``on``
STEP       a step was done: ``on``, ``evidence`` (a file with ``sha256``, or words); or need not be: ``skipped``
RETURN     an item or a step was returned for correction: ``remark``; certifying the step again answers it
RESULT     what came of the item: ``text``
========== ===============================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from restructure.chain import REVOKE
from restructure.procedure import STEP_DONE
from restructure.thai import thai_date

ITEM, PLAN, ORDER, STEP, RETURN, RESULT = (
    "duty-item", "duty-plan", "duty-order", "duty-step", "duty-return", "duty-result",
)  # fmt: skip
#: The kinds of decision, in Thai.
KINDS = {
    ITEM: "ตั้งเรื่อง", PLAN: "กำหนดงาน", ORDER: "ข้อสั่งการ", STEP: "รับรองขั้น", RETURN: "ส่งคืนแก้ไข", RESULT: "ผล",
}  # fmt: skip


def history(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return every decision on duties in words, oldest first, and those that revoke one.

    Parameters
    ----------
    rows
        The ledger, as :func:`restructure.ledger.read_ledger` returns it.
    """
    made = rows[rows["kind"] == ITEM]
    planned = [s for s, text in zip(made["subject"], made["content"], strict=True) if content_of(text)["procedure"]]
    ours = rows[rows["kind"].isin([*KINDS, STEP_DONE] if planned else KINDS)]
    known = {str(row["seq"]): row for row in ours.to_dict("records")}
    for row in known.values():
        if row["kind"] == STEP_DONE:
            # What is certified in the plan's procedure is a step of the item that goes by it.
            row |= {"kind": STEP, "subject": f"{planned[-1]}/{row['subject']}"}
    revokes = rows[(rows["kind"] == REVOKE) & rows["subject"].isin(known)]
    revoked = set(revokes["subject"])
    found = []
    for row in sorted([*known.values(), *revokes.to_dict("records")], key=lambda row: int(row["seq"])):
        about = known[row["subject"]] if row["kind"] == REVOKE else row
        duty, round_, *rest = about["subject"].split("/")
        told = f"{KINDS[about['kind']]}: {spell(about['kind'], content_of(about['content']))}"
        found.append(
            {
                "seq": row["seq"], "at": row["at"], "who": row["who"],
                "kind": "เพิกถอน" if about is not row else KINDS[row["kind"]], "duty": duty, "round": round_,
                "step": "" if about["kind"] == ORDER else "".join(rest),
                "told": f"รายการที่ {about['seq']} {told}" if about is not row else told.split(": ", 1)[1],
                "why": row["why"], "revoked": str(row["seq"]) in revoked,
            }
        )  # fmt: skip
    return found


@lru_cache(maxsize=16_384)
def content_of(text: str) -> Mapping[str, Any]:
    """Return what a decision's JSON text holds; a row of the ledger never changes, and views ask again and again."""
    content: dict[str, Any] = json.loads(text)
    return content


def spell(kind: str, content: Mapping[str, Any]) -> str:
    """Return what a decision says in Thai words."""
    on = thai_date(date.fromisoformat(content["on"])) if content.get("on") else ""
    if kind == ITEM:
        return f"{content['title']} จากแม่แบบรุ่น {content['version']} มี {len(content['steps'])} ขั้น"
    if kind == PLAN:
        due = thai_date(date.fromisoformat(content["due"])) if content["due"] else ""
        parts = (("ผู้รับผิดชอบ", content["owner"]), ("ภายใน", due), ("หมายเหตุ", content["remark"]))
        return " · ".join(f"{head} {text}" for head, text in parts if text) or "ยังไม่กำหนด"
    if kind == ORDER:
        return " ".join(filter(None, [content["giver"], on and f"({on})", content["text"]]))
    if kind == STEP:
        kept = f"ไฟล์ {content['evidence']}" if content["sha256"] else content["evidence"]
        return " · ".join(filter(None, [f"{'ไม่ต้องทำ' if content.get('skipped') else 'ทำเสร็จ'} {on}", kept]))
    return str(content["remark"] if kind == RETURN else content["text"])

"""What the drafter's page shows, as JSON has it: plain functions of the draft, its steps, figures and versions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from restructure.drafting import SCHOOL_TEXTS, TEXTS, Draft, SchoolTexts, StepPlan, blanks
from restructure.planfigures import merge_rows, spell_figure
from restructure.procedure import STATES, round_names, steps_of
from restructure.simulate import Outcome
from restructure.thai import thai_date, thai_moment
from restructure.widgets.desk import spell_due
from restructure.widgets.typed import spell_school
from restructure.words import KINDS

#: What of the whole plan stands above its schools.
_WHOLE = ("pupils_moved", "unreachable", "median_m", "max_m", "baht_per_year", "schools_closed", "hosts_over_capacity")
_STEP_FIELDS = {"owner": "ผู้รับผิดชอบ", "due": "กำหนดเสร็จ", "note": "หมายเหตุ"}


def text_at(draft: Draft, path: str) -> str:
    """Return what stands at a place of the draft, such as ``texts/law``, ``schools/CODE/reason``, ``steps/KEY/due``.

    Raises
    ------
    KeyError
        When there is no such place.
    """
    match path.split("/"):
        case ["scenario" | "kind" as name]:
            return str(getattr(draft, name))
        case ["texts", key] if key in TEXTS:
            return draft.texts.get(key, "")
        case ["schools", code, key] if key in SCHOOL_TEXTS:
            return str(getattr(draft.schools.get(code, SchoolTexts()), key))
        case ["steps", key, name] if name in _STEP_FIELDS:
            value = getattr(draft.steps.get(key, StepPlan()), name)
            return spell_due(value) if name == "due" else str(value)
    raise KeyError(path)


def with_text(draft: Draft, path: str, value: Any) -> Draft:
    """Return the draft with another text at a place, or another day where the place holds one."""
    match path.split("/"):
        case ["texts", key]:
            return draft.model_copy(update={"texts": draft.texts | {key: value}})
        case ["schools", code, key]:
            texts = draft.schools.get(code, SchoolTexts()).model_copy(update={key: value})
            return draft.model_copy(update={"schools": draft.schools | {code: texts}})
        case ["steps", key, name]:
            step = draft.steps.get(key, StepPlan()).model_copy(update={name: value})
            return draft.model_copy(update={"steps": draft.steps | {key: step}})
    return draft.model_copy(update={path: value})


def spell_place(draft: Draft, path: str, outcome: Outcome) -> str:
    """Return in Thai which place of the draft is meant."""
    match path.split("/"):
        case ["texts", key]:
            return TEXTS[key]
        case ["schools", code, key]:
            name = spell_school(code, outcome.office) if code in outcome.office.place else code
            return f"{SCHOOL_TEXTS[key]} ของ{name}"
        case ["steps", key, name]:
            thai = {step.key: step.thai for step in steps_of(draft.kind)}.get(key, key)
            return f"{_STEP_FIELDS[name]} ของ “{thai}”"
    return {"scenario": "ทางเลือกของแผน", "kind": "ประเภทงาน"}[path]


def rounds_view(draft: Draft, steps: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rounds with their steps.

    Parameters
    ----------
    steps
        As :func:`restructure.procedure.progress` returns them.
    """
    known = {step.key: step for step in steps_of(draft.kind)}
    shown = [_step_view(row, known[row["step"]]) for row in steps.to_dict("records")]
    found = []
    for name, thai in round_names().items():
        mine = [step for step in shown if step["round"] == name]
        found.append({"key": name, "thai": thai, "steps": mine, "done": sum(step["state"] == "done" for step in mine)})
    return found


def _step_view(row: dict[Any, Any], step: Any) -> dict[str, Any]:
    done = row["state"] == "done"
    return {
        **{
            name: row[name] for name in ("round", "thai", "state", "owner", "note", "who", "why", "evidence", "changed")
        },
        "key": row["step"],
        "words": STATES[row["state"]],
        "due": spell_due(row["due"]),
        "due_words": thai_date(row["due"]) if row["due"] else "",
        "done_words": thai_date(row["done_on"]) if done else "",
        "at": thai_moment(row["at"]) if done else "",
        "sha256": row["sha256"],
        "seq": int(row["seq"]) if done else None,
        "missing": [text for text in row["missing"].split("; ") if text],
        "before": [text for text in row["missing"].split("; ") if text.startswith("ยังไม่เสร็จ")],
        "needs": list(step.needs),
        "usual": list(step.usual),
        "expected": step.evidence,
        "role": step.role,
    }


def texts_view(draft: Draft) -> list[dict[str, str]]:
    """Return the texts of the plan."""
    return [{"path": f"texts/{key}", "thai": thai, "text": draft.texts.get(key, "")} for key, thai in TEXTS.items()]


def schools_view(outcome: Outcome, table: pd.DataFrame) -> dict[str, Any]:
    """Return the figures of the plan and, of each school in it, its figures and what to look at.

    Parameters
    ----------
    table
        As :func:`restructure.planfigures.plan_figures` returns it.
    """
    office = outcome.office
    figures = [
        {"school": row.school_id, "host": row.host_id, "key": row.key, "thai": row.thai, "question": row.question}
        | {"words": spell_figure(row.key, row.value, row.unit)}
        for row in table.itertuples()
    ]
    whole = [one for key in _WHOLE for one in figures if one["key"] == key and not one["school"] + one["host"]]
    merges, warnings = merge_rows(outcome), outcome.warnings
    schools = []
    for code, mine in merges.groupby("school_id", sort=True):
        groups = [{"thai": "ตัวโรงเรียน", "figures": [f for f in figures if (f["school"], f["host"]) == (code, "")]}]
        for host in mine["host_id"].unique():
            rows = mine[mine["host_id"] == host]
            said = ", ".join(f"{KINDS[row.kind]} ตั้งแต่ {row.from_term}" for row in rows.itertuples())
            of_pair = [f for f in figures if f["host"] == host and f["school"] in ("", code)]
            groups.append({"thai": f"ไป {spell_school(host, office)}: {said}", "figures": of_pair})
        about = (warnings["school_id"] == "") & warnings["host_id"].isin(mine["host_id"])
        schools.append(
            {
                "id": code,
                "name": spell_school(str(code), office),
                "to": ", ".join(office.names[office.place[host]] for host in mine["host_id"].unique()),
                "groups": groups,
                "warnings": warnings.loc[(warnings["school_id"] == code) | about, "message"].tolist(),
            }
        )
    return {"whole": whole, "schools": schools}


def school_texts_view(draft: Draft, codes: Collection[str]) -> dict[str, list[dict[str, str]]]:
    """Return the texts of each school in the plan."""
    return {
        code: [
            {"path": path, "thai": thai, "text": text_at(draft, path)}
            for key, thai in SCHOOL_TEXTS.items()
            if (path := f"schools/{code}/{key}")
        ]
        for code in codes
    }


def blanks_view(draft: Draft, codes: Collection[str], outcome: Outcome) -> list[dict[str, str]]:
    """Return where a text is still missing, of the plan and of the schools in it."""
    found = []
    for blank in blanks(draft, codes):
        path = f"schools/{blank.school_id}/{blank.key}" if blank.school_id else f"texts/{blank.key}"
        where = spell_school(blank.school_id, outcome.office) if blank.school_id else "แผน"
        found.append({"path": path, "where": where, "thai": blank.thai})
    return found


def versions_view(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the versions that were kept.

    Parameters
    ----------
    table
        As :func:`restructure.versions.versions` returns it.
    """
    return [
        {"number": int(row.number), "at": thai_moment(row.at), "who": row.who, "why": row.why}
        | {"scenario": row.scenario, "intact": bool(row.intact)}
        for row in table.itertuples()
    ]


def next_step(rounds: list[dict[str, Any]], left: int, who: str) -> str:
    """Return in one line what comes next."""
    steps = [step for one in rounds for step in one["steps"]]
    if any(step["changed"] for step in steps):
        return "มีไฟล์หลักฐานที่หายหรือถูกแก้หลังรับรอง: ดูขั้นที่มีเครื่องหมาย ! ในข้อ ①"
    if not who:
        return "ใส่ชื่อผู้ทำงานในข้อ ⓪ ก่อนรับรองขั้นหรือเก็บฉบับ ส่วนข้อความพิมพ์ได้เลย"
    if late := [step["thai"] for step in steps if step["state"] == "late"]:
        return f"เกินกำหนด {len(late)} ขั้น: {late[0]}"
    if ready := next((step["thai"] for step in steps if step["state"] == "ready"), ""):
        return f"{ready}" + (f" · ข้อความที่ยังว่าง {left:,} แห่ง" if left else "")
    return f"ข้อความที่ยังว่าง {left:,} แห่ง" if left else "ครบทุกขั้นและทุกข้อความแล้ว"

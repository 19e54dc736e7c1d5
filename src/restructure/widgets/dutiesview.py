"""What the page of the duties shows, as JSON has it: plain functions of the register and of the collections."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import pandas as pd

from restructure.duties import Duty
from restructure.dutyacts import Planned
from restructure.register import SOON_DAYS, STATES, Register, due_soon, load, overdue
from restructure.thai import MONTHS, thai_date, thai_moment
from restructure.widgets.desk import spell_due

#: How many rows of what has to be done first stand at the top.
FIRST = 3
#: What a month of the standard is beside the states, where nobody has set a day.
_NAMED = "named"
_WORDS = STATES | {_NAMED: "เดือนตามมาตรฐาน"}
_URGENT = {"returned": "ส่งคืนแก้ไข", "late": "เกินกำหนด", "soon": f"ครบกำหนดใน {SOON_DAYS} วัน"}
#: Where there is no month of the fiscal year.
NO_DAY, OTHER_YEAR = "none", "other"


def text_of(plan: Planned, name: str) -> str:
    """Return a part of what is planned as it is typed."""
    return spell_due(plan.due) if name == "due" else str(getattr(plan, name))


def duties_view(duties: Mapping[str, Duty], year: int) -> list[dict[str, str]]:
    """Return the duties that items are made of, with what a round of each is called."""
    found = []
    for key, duty in duties.items():
        names = " หรือ ".join(f"{name} ({one.thai})" for name, one in duty.rounds.names.items())
        hint = {"year": f"ปีงบประมาณ เช่น {year}", "named": names, "ordered": "ชื่อรอบตามหนังสือหรือคำสั่ง"}[duty.rounds.recurs]
        words = f"{duty.number}. {duty.thai} (แม่แบบรุ่น {duty.version}{' ของสำนักงาน' if duty.office_made else ''})"
        found.append({"key": key, "thai": words, "hint": hint})
    return found


def urgent_rows(register: Register) -> dict[str, pd.DataFrame]:
    """Return what has to be done first: returned for correction, late, due soon."""
    items = register.items[register.items["state"] == "returned"]
    returned = items.assign(step="", thai=items["title"], told=items["returned_for"])
    return {"returned": returned, "late": overdue(register), "soon": due_soon(register)}


def urgent_view(found: Mapping[str, pd.DataFrame]) -> list[dict[str, Any]]:
    """Return the beginning of what :func:`urgent_rows` found."""
    return [
        {"key": key, "thai": thai, "count": len(found[key]), "rows": entries(found[key].head(FIRST))}
        for key, thai in _URGENT.items()
    ]


def by_duty(register: Register, duties: Mapping[str, Duty]) -> list[dict[str, Any]]:
    """Return a row a duty: its items by state, steps and standards; the levels where it has one item."""
    items = register.items
    told = register.levels.merge(items.drop_duplicates("duty", keep=False)[["duty", "round"]])
    found = []
    for key in dict.fromkeys([*duties, *items["duty"]]):
        mine = items[items["duty"] == key]
        levels = told[told["duty"] == key]
        found.append(
            {
                "key": key,
                "thai": duties[key].thai if key in duties else mine["title"].iloc[0].partition(":")[0],
                "items": len(mine),
                "states": _counts(mine["state"]),
                "steps": f"{mine['done'].sum():,}/{mine['steps'].sum():,}",
                "standards": f"{mine['standards_met'].sum():,}/{mine['standards'].sum():,}",
                "levels": [f"ส่วน {row.part} ระดับ {row.level}/{row.of}" for row in levels.itertuples()],
            }
        )
    return found


def by_owner(register: Register) -> list[dict[str, Any]]:
    """Return how much each person has on the desk, the most pressed first."""
    rows = load(register).to_dict("records")
    most = max((row["open"] for row in rows), default=1)
    return [
        {name: int(row[name]) for name in ("items", "open", "late", "returned", "soon")}
        | {"owner": row["owner"], "share": round(row["open"] / most, 3)}
        for row in rows
    ]


def month_rows(register: Register, year: int) -> pd.DataFrame:
    """Return a row a day that is set, and one an item without any, each with its ``slot``.

    A slot is a month of the fiscal year such as ``2026-10``, :data:`NO_DAY` or :data:`OTHER_YEAR`. An item without a
    day stands in the month that the work standard names for its round, if it names one.
    """
    slots = {slot for slot, _ in months(year)}
    dues = register.dues.assign(
        slot=[slot if (slot := f"{day:%Y-%m}") in slots else OTHER_YEAR for day in register.dues["due"]]
    )
    items = register.items
    dated = pd.MultiIndex.from_frame(dues[["duty", "round"]])
    bare = items[~pd.MultiIndex.from_frame(items[["duty", "round"]]).isin(dated) & (items["state"] != "done")]
    slots_of_standard = [
        NO_DAY if pd.isna(month) else f"{own - 543 - (month >= 10)}-{month:02}"
        for month, own in zip(bare["month"], bare["fiscal_year"], strict=True)
    ]
    state = [_NAMED if pd.notna(month) else state for month, state in zip(bare["month"], bare["state"], strict=True)]
    bare = bare.assign(step="", thai=bare["title"], slot=slots_of_standard, state=state)
    columns = ["duty", "round", "step", "thai", "title", "owner", "due", "state", "slot"]
    return pd.concat([dues[columns], bare[columns]], ignore_index=True)


def by_month(rows: pd.DataFrame, duties: Collection[str]) -> dict[str, dict[str, dict[str, int]]]:
    """Return, of each duty and all of them (empty), how many of what state lie in each slot."""
    found: dict[str, dict[str, dict[str, int]]] = {duty: {} for duty in ("", *duties)}
    for (duty, slot, state), count in rows.groupby(["duty", "slot", "state"]).size().items():
        for key in ("", duty):
            cell = found.setdefault(key, {}).setdefault(slot, {})
            cell[state] = cell.get(state, 0) + int(count)
    order = list(_WORDS)
    return {
        key: {slot: dict(sorted(cell.items(), key=lambda one: order.index(one[0]))) for slot, cell in row.items()}
        for key, row in found.items()
    }


def months(year: int) -> list[tuple[str, str]]:
    """Return the months of a fiscal year, from October on, with their names."""
    numbers = [*range(10, 13), *range(1, 10)]
    return [(f"{year - 543 - (month >= 10)}-{month:02}", MONTHS[month - 1]) for month in numbers]


def chosen_rows(register: Register, by: str, key: str | None, others: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what a choice on one of the tables stands for.

    Parameters
    ----------
    by, key
        ``duty`` and a duty or nothing for all; ``owner`` and a name or nothing for nobody; ``month`` and ``DUTY|SLOT``;
        ``urgent`` and a key of :func:`urgent_rows`.
    others
        ``month``: as :func:`month_rows` returns it; and what :func:`urgent_rows` returns.
    """
    items, steps = register.items, register.steps
    if by == "owner":
        mine = steps[(steps["state"] != "done") & (steps["owner"] == (key or ""))]
        mine = mine.assign(due=mine["by"]).merge(items[["duty", "round", "title"]], on=["duty", "round"])
        return mine.sort_values("due", key=lambda days: days.map(lambda day: day or date.max), kind="stable")
    if by == "month":
        duty, _, slot = (key or "").partition("|")
        rows = others["month"]
        rows = rows[(rows["slot"] == slot) & ((rows["duty"] == duty) | (not duty))]
        return rows.sort_values("due", key=lambda days: days.map(lambda day: day or date.max), kind="stable")
    if by == "urgent":
        return others[key or "late"]
    mine = items[(items["duty"] == key) | (not key)]
    return mine.assign(step="", thai=mine["title"], due=mine["next_due"])


def entries(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows of items and steps as the page lists them."""
    found = []
    for row in rows.to_dict("records"):
        day = row["due"]
        days = row.get("days")
        left = "" if days is None else f"เกิน {-days:,} วัน" if days < 0 else f"อีก {days:,} วัน" if days else "วันนี้"
        told = row.get("told") or (row["title"] if row["step"] else _reached(row) if "level" in row else "")
        found.append(
            {"subject": f"{row['duty']}/{row['round']}", "step": row["step"], "thai": row["thai"], "told": told}
            | {"owner": row["owner"], "state": row["state"], "words": _WORDS[row["state"]]}
            | {"due": thai_date(day) if day else "", "left": left}
        )
    return found


def item_view(
    register: Register, subject: str, step: str, plans: Mapping[str, Planned], held: Collection[int]
) -> dict[str, Any] | None:
    """Return an item with its steps, standards, orders and history; nothing where there is no such item.

    Parameters
    ----------
    step
        The step that is looked at.
    plans
        What is planned of the item and of that step themselves, by subject.
    held
        ``seq`` of the decisions that hold and so can be revoked.
    """
    duty, _, round_ = subject.partition("/")

    def mine(table: pd.DataFrame) -> list[dict[str, Any]]:
        return [
            {str(key): value for key, value in row.items()}
            for row in table[(table["duty"] == duty) & (table["round"] == round_)].to_dict("records")
        ]

    if not (found := mine(register.items)):
        return None
    item = found[0]
    steps = mine(register.steps)
    thai = {row["step"]: row["thai"] for row in steps}
    looked = next((row for row in steps if row["step"] == step), None)
    return {
        **{name: item[name] for name in ("title", "state", "level", "result", "returned_for", "version", "made_by")},
        "subject": subject,
        "words": STATES[item["state"]],
        "texts": _texts(subject, plans),
        "count": f"{item['done']}/{item['steps']}",
        "made_at": thai_moment(item["made_at"]),
        "result_seq": next((h["seq"] for h in mine(register.history) if h["kind"] == "ผล" and h["seq"] in held), None),
        "steps": [_step_line(row) for row in steps],
        "standards": [
            {"thai": f"{row['seed']} {row['thai']}", "met": bool(row["met"]), "missing": row["missing"]}
            | {"level": f"ส่วน {row['part']} ระดับ {row['level']}" if pd.notna(row["level"]) else ""}
            for row in mine(register.standards)
        ],
        "levels": [
            {"thai": f"ส่วน {row['part']} {row['thai']}", "level": int(row["level"]), "of": int(row["of"])}
            for row in mine(register.levels)
        ],
        "orders": [
            {"number": int(row["number"]), "text": row["text"], "giver": row["giver"], "who": row["who"]}
            | {"on": thai_date(row["on"]) if row["on"] else ""}
            for row in mine(register.orders)
        ],
        "history": [
            {name: row[name] for name in ("who", "kind", "told", "why")}
            | {"seq": int(row["seq"]), "at": thai_moment(row["at"]), "step": thai.get(row["step"], "")}
            | {"revoked": bool(row["revoked"]), "can": row["seq"] in held}
            for row in reversed(mine(register.history))
        ],
        "step": _step_view(looked, plans, held) if looked else None,
    }


def collection_view(name: str, issue: Any, status: pd.DataFrame) -> dict[str, Any]:
    """Return how far an issue has been answered.

    Parameters
    ----------
    status
        As :func:`restructure.collection.chasing.status` returns it.
    """
    states = _counts(status["state"])
    return {
        "name": name,
        "title": issue.title,
        "duty": issue.duty,
        "round": issue.round,
        "due": thai_date(issue.due) if issue.due else "",
        "asked": len(status),
        **{state: states.get(state, 0) for state in ("answered", "partly", "not")},
        "late": int(status["late"].sum()),
        "waiting": int(status["waiting"].sum()),
        "problems": int(status["problems"].sum()),
        "chased": [f"{row.name} ({row.school_id})" for row in status[status["state"] != "answered"].itertuples()],
        "fault": "",
    }


def next_line(register: Register, urgent: Mapping[str, pd.DataFrame], who: str, *, viewer: bool) -> str:
    """Return in one line what comes next."""
    if register.items.empty:
        return "ยังไม่มีเรื่องในทะเบียน" if viewer else "ใส่ชื่อในข้อ ⓪ แล้วกด “ตั้งเรื่องประจำปี” เพื่อเริ่มทะเบียนของปีนี้"
    if (changed := register.steps[register.steps["changed"]]).size:
        return f"ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง {len(changed):,} ขั้น: {changed['thai'].iloc[0]}"
    for key, thai in _URGENT.items():
        if rows := entries(urgent[key].head(1)):
            told = " · ".join(filter(None, [rows[0]["thai"], rows[0]["left"], rows[0]["owner"]]))
            return f"{thai} {len(urgent[key]):,} รายการ: {told}"
    if not viewer and not who:
        return "ใส่ชื่อผู้ทำงานในข้อ ⓪ ก่อนกำหนดงานหรือรับรองขั้น"
    items = register.items[register.items["state"] != "done"]
    if len(bare := items[items["owner"] == ""]):
        return f"ยังไม่กำหนดผู้รับผิดชอบ {len(bare):,} เรื่อง: {bare['title'].iloc[0]}"
    return f"{items['title'].iloc[0]}: ทำขั้นถัดไป" if len(items) else "ครบทุกเรื่องแล้ว"


# -- parts ----
def _reached(item: Mapping[Any, Any]) -> str:
    told = [f"{item['done']}/{item['steps']} ขั้น", f"มาตรฐาน {item['standards_met']}/{item['standards']}", item["level"]]
    return " · ".join(filter(None, told))


def _counts(states: pd.Series) -> dict[str, int]:
    found = states.value_counts()
    return {str(state): int(found[state]) for state in found.index}


def _texts(subject: str, plans: Mapping[str, Planned]) -> list[dict[str, str]]:
    plan = plans.get(subject, Planned())
    return [{"path": f"{name}:{subject}", "text": text_of(plan, name)} for name in Planned._fields]


def _step_line(row: Mapping[str, Any]) -> dict[str, Any]:
    day = f"ภายใน {thai_date(row['by'])}" if row["by"] else "ยังไม่กำหนดวัน"
    if not row["by"] and row["months"]:
        day = f"เดือน{' '.join(MONTHS[month - 1] for month in row['months'])} (ยังไม่กำหนดวัน)"
    done = row["state"] == "done"
    told = f"{thai_date(row['done_on'])} · {row['who']}" if done else f"{row['owner'] or 'ยังไม่มีผู้รับผิดชอบ'} · {day}"
    warned = "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง" if row["changed"] else row["returned_for"]
    return {
        **{name: row[name] for name in ("part", "thai", "state")},
        "key": row["step"],
        "changed": bool(row["changed"]),
        "words": "ไม่ต้องทำ" if row["skipped"] else STATES[row["state"]],
        "told": told,
        "warned": warned or ("ไม่มีหลักฐาน" if done and "ไม่มีหลักฐาน" in row["missing"] else ""),
    }


def _step_view(row: Mapping[str, Any], plans: Mapping[str, Planned], held: Collection[int]) -> dict[str, Any]:
    subject = f"{row['duty']}/{row['round']}/{row['step']}"
    own = plans.get(subject, Planned())
    done = row["state"] == "done"
    return {
        **_step_line(row),
        **{
            name: row[name]
            for name in ("expected", "only_if", "where", "returned_for", "who", "why", "evidence", "sha256")
        },
        "subject": subject,
        "texts": _texts(subject, plans),
        # What holds where the step has no own: the item's, or the plan's draft.
        "else_owner": "" if own.owner else row["owner"],
        "else_due": thai_date(row["by"]) if row["by"] and not own.due else "",
        "needs": list(row["needs"]),
        "recipients": list(row["recipients"]),
        "seed": ", ".join(row["seed"]),
        "skipped": bool(row["skipped"]),
        "done_words": thai_date(row["done_on"]) if done else "",
        "at": thai_moment(row["at"]) if done else "",
        "seq": int(row["seq"]) if done else None,
        "missing": [text for text in row["missing"].split("; ") if text],
        "can": done and row["seq"] in held,
    }

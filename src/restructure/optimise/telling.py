"""Best plans in words and tables: what objectives and rules are called, what is proven, and what stands in the way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from restructure.grades import thai_grades
from restructure.optimise.asking import Curve, Point, Reasons
from restructure.optimise.conflicts import Relaxed
from restructure.optimise.finding import Found
from restructure.optimise.milp import relative_gap
from restructure.optimise.plans import OBJECTIVES, Best, Level
from restructure.optimise.rules import LEFT_OUT, RULES_FILE, Rules, settle, without
from restructure.seating import Office

#: Thai name, unit, and by what the solver's whole numbers are divided to be shown in it; ``{leave}`` as in LEAVE_WORDS.
OBJECTIVE_WORDS = {
    "small_schools": ("โรงเรียนขนาดเล็กที่เหลือ", "แห่ง", 1),
    "subsidy": ("ค่าพาหนะทั้งเขตต่อปี", "บาท", 1),
    "pupil_km": ("ระยะทางรวมต่อวันของนักเรียนทั้งเขต", "คน-กม.", 1000),
    "longest": ("ทางไกลสุดของผู้ที่ย้าย", "เมตร", 1),
    "closures": ("โรงเรียนที่{leave}", "แห่ง", 1),
}
#: Each with ``{leave}`` for a word of LEAVE_WORDS.
RULE_WORDS = {
    "longest_m": "ระยะทางไกลสุด",
    "longest_minutes": "เวลาเดินทางนานสุด",
    "rooms": "ห้องเรียนของโรงเรียนหลักต้องพอ",
    "ceiling_baht": "ค่าพาหนะทั้งเขตต่อปีไม่เกิน",
    "close_at_least": "{leave}อย่างน้อย",
    "close_at_most": "{leave}ไม่เกิน",
    "must_stay": "โรงเรียนที่ต้องคงอยู่",
    "must_close": "โรงเรียนที่ต้อง{leave}",
    "hosts": "โรงเรียนหลักที่กำหนดไว้",
    "protect_special": "คงโรงเรียนในพื้นที่ลักษณะพิเศษ",
    "close_only_small": "{leave}ได้เฉพาะโรงเรียนขนาดเล็ก",
    "one_host": "พี่น้องไปโรงเรียนเดียวกัน: อนุบาลและประถมของโรงเรียนหนึ่งไปโรงเรียนหลักเดียว",
    "wet_season": "ฤดูฝนต้องไปโรงเรียนหลักได้",
}
RULE_UNITS = {
    "longest_m": "เมตร",
    "longest_minutes": "นาที",
    "ceiling_baht": "บาท",
    "close_at_least": "แห่ง",
    "close_at_most": "แห่ง",
}
STATUS_WORDS = {
    "optimal": "พิสูจน์แล้วว่าดีที่สุด",
    "feasible": "ยังไม่พิสูจน์ว่าดีที่สุด",
    "infeasible": "เป็นไปไม่ได้ตามเกณฑ์ที่ตั้ง",
    "none": "ยังไม่พบแผนในเวลาที่ให้",
}
#: What a plan's schools do, by the kind of its merges: who learns together keeps its school.
LEAVE_WORDS = {"learn-together": "ย้ายทุกชั้น", "merge": "ปิด", "dissolve": "ปิด"}
SOUGHT_WORDS = {
    "best": "ค้นหาแผนดีที่สุด",
    "alternatives": "ค้นหาแผนอื่นที่ต่างชัดเจน",
    "curve": "คิดเส้นแลกเปลี่ยน",
    "why": "หาเหตุผลรายโรงเรียน",
}


def name_objective(objective: str, kind: str) -> str:
    """Return an objective's name, for merges of a kind."""
    return OBJECTIVE_WORDS[objective][0].format(leave=LEAVE_WORDS[kind])


def name_rule(rule: str, kind: str) -> str:
    """Return a rule's name, for merges of a kind."""
    return RULE_WORDS[rule].format(leave=LEAVE_WORDS[kind])


def amount(objective: str, value: float | None, *, signed: bool = False) -> str:
    """Return a value of an objective with its unit, ``–`` where there is none."""
    _, unit, part = OBJECTIVE_WORDS[objective]
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value / part:{'+' if signed else ''},.0f}".replace("-", "−") + f" {unit}"


def gap_words(gap: float) -> str:
    """Return a relative gap in per cent, rounded up so that none that is left is shown as none."""
    if not math.isfinite(gap):
        return "ยังไม่ทราบ"
    return "0" if gap == 0 else f"{math.ceil(gap * 10_000) / 100:.2f}%"


def spell_work(sought: str, objective: str, kind: str, value: float | None, bound: float) -> str:
    """Return what a search is at now, and how far; without an objective only what is sought."""
    words = [SOUGHT_WORDS[sought]]
    if objective:
        words += [name_objective(objective, kind), spell_progress(objective, value, bound)]
    return " · ".join(words)


def spell_progress(objective: str, value: float | None, bound: float) -> str:
    """Return how far the search for an objective is; a bound that says nothing yet is not shown."""
    if value is None or not math.isfinite(bound) or bound <= 0 < value:
        return "กำลังค้นหา" + ("" if value is None else f" ดีที่สุดที่พบ {amount(objective, value)}")
    gap = relative_gap(value, bound)
    return f"ดีที่สุดที่พบ {amount(objective, value)} ขอบเขต {amount(objective, bound)} ช่องว่าง {gap_words(gap)}"


def no_plan(found: Found, office: Office, *, on_page: bool = False) -> list[str]:
    """Return in sentences why a search has no plan, and what giving way in each rule would do.

    The remedies are those of the command, or of the page, which has fields and buttons in place of a file.
    """
    if found.best.status != "infeasible":
        where = "ในช่อง “ค้นหาแต่ละขั้นไม่เกิน”" if on_page else f"(seconds ใน {RULES_FILE} หรือ --seconds)"
        return [f"{STATUS_WORDS[found.best.status]}: ให้เวลานานขึ้น {where}"]
    if found.clash is None:
        return ["ไม่มีแผนใดตามเกณฑ์ที่ตั้ง แต่เวลาไม่พอจะบอกว่าข้อใดขัดกัน: ให้เวลานานขึ้น"]
    relaxed = [
        f"  {spell_rule(found.rules, one.rule, office)} → {spell_relaxed(one, found.rules, office)}"
        for one in found.clash.relaxed
    ]
    remedy = "กดปุ่ม “ผ่อนข้อนี้” ของข้อใดข้อหนึ่ง" if on_page else f"ผ่อนข้อใดข้อหนึ่งใน {RULES_FILE}"
    return [f"ไม่มีแผนใดตามเกณฑ์ที่ตั้ง: {len(found.clash.rules)} ข้อนี้อยู่ด้วยกันไม่ได้ {remedy}", *relaxed]


def level_rows(levels: Sequence[Level], kind: str) -> list[dict[str, str]]:
    """Return objectives with value, bound and gap in words, in the analyst's order, for merges of a kind."""
    return [
        {
            "objective": name_objective(level.objective, kind),
            "value": amount(level.objective, level.value),
            "bound": amount(level.objective, level.bound),
            "gap": gap_words(level.gap),
        }
        for level in levels
    ]


def spell_rule(rules: Rules, name: str, office: Office) -> str:
    """Return a rule with its value in words."""
    value, words = getattr(rules, name), name_rule(name, rules.kind)
    if name in RULE_UNITS:
        return f"{words} {value:,} {RULE_UNITS[name]}"
    if name == "hosts":
        return f"{words}: " + ", ".join(f"{_school(s, office)} → {_school(h, office)}" for s, h in value.items())
    if isinstance(value, list):
        return f"{words}: " + ", ".join(_school(code, office) for code in value)
    return words


def spell_limits(rules: Rules, office: Office) -> str:
    """Return in a few words under which rules a plan was searched: the limit of distance, and what is not as usual."""
    limit = "ไม่จำกัดระยะทาง" if rules.longest_m is None else f"{rules.longest_m / 1000:g} กม."
    usual = settle(Rules(), office)
    said = [
        spell_rule(rules, name, office) if value != LEFT_OUT[name] else f"ไม่บังคับ{name_rule(name, rules.kind)}"
        for name in LEFT_OUT
        if name != "longest_m" and (value := getattr(rules, name)) != getattr(usual, name)
    ]
    return " · ".join([limit, *said])


def spell_relaxed(one: Relaxed, rules: Rules, office: Office) -> str:
    """Return in a sentence what giving way in one rule would do."""
    if one.possible is None:
        return "ยังตอบไม่ได้ในเวลาที่ให้ ให้เวลาค้นหานานขึ้น"
    if not one.possible:
        return "ผ่อนข้อนี้ข้อเดียวยังไม่พอ ข้ออื่นยังขัดกันอยู่"
    if isinstance(one.instead, list):
        names = ", ".join(_school(code, office) for code in one.instead)
        return f"จะมีแผน ถ้าไม่บังคับข้อนี้กับ {names}"
    if one.instead is None:
        return "จะมีแผน ถ้าไม่บังคับข้อนี้"
    return f"จะมีแผน ถ้าเปลี่ยนเป็น {one.instead:,} {RULE_UNITS[one.rule]} (เดิม {getattr(rules, one.rule):,})"


def relax_rule(rules: Rules, one: Relaxed) -> Rules:
    """Return settled rules that give way in one of them as little as will do."""
    value = getattr(rules, one.rule)
    if isinstance(one.instead, int):
        return rules.model_copy(update={one.rule: one.instead})
    if isinstance(value, list):
        return rules.model_copy(update={one.rule: [code for code in value if code not in (one.instead or [])]})
    if isinstance(value, dict):
        kept = {school: host for school, host in value.items() if school not in (one.instead or [])}
        return rules.model_copy(update={one.rule: kept})
    return without(rules, one.rule)


def curve_table(points: Sequence[Point]) -> pd.DataFrame:
    """Return the rows of ``curve.csv``: what closing so many schools costs at least."""
    columns = ["schools_closed", "subsidy_baht", "p90_m", "longest_m", "status", "gap"]
    rows = [[getattr(point, column) for column in columns] for point in points]
    return pd.DataFrame(rows, columns=columns).astype({"p90_m": "Int64", "longest_m": "Int64"})


def alternatives_table(plans: Sequence[Best], present: dict[str, int]) -> pd.DataFrame:
    """Return the rows of ``alternatives.csv``: the present state (plan 0), then the best plans, the best first.

    ``pupil_m`` is in metres; ``closes`` are codes parted by spaces, ``hosts`` ``school stage>host`` parted by ``;``.
    """
    rows: list[dict[str, Any]] = [{"plan": 0, "status": "", "gap": 0.0, **_values(present), "closes": "", "hosts": ""}]
    for number, best in enumerate(plans, start=1):
        hosts = [f"{school} {stage}>{host}" for (school, stage), host in sorted(best.hosts.items())]
        row = {"plan": number, "status": best.status, "gap": best.gap, **_values(best.values)}
        rows.append(row | {"closes": " ".join(best.closes), "hosts": "; ".join(hosts)})
    return pd.DataFrame(rows)


def why_table(reasons: Sequence[Reasons]) -> pd.DataFrame:
    """Return the rows of ``why.csv``: a school and stage that goes, or a school that stays.

    ``instead_…`` is by how much each objective is more in the best plan with the next best host, ``opposite_…`` in the
    best plan in which the school does the opposite; null where the rules leave none. ``binding`` are rules' names.
    """
    table: list[dict[str, Any]] = []
    for one in reasons:
        common = {"decision": "closes" if one.closes else "stays", **_values(one.costs, "opposite_")}
        common |= {"opposite_status": one.opposite.status, "binding": " ".join(one.binding)}
        rows = [
            {"stage": n.stage, "host_id": n.host, "instead_id": n.instead or "", **_values(n.costs, "instead_")}
            for n in one.hosts
        ]
        nobody = {"stage": "", "host_id": "", "instead_id": "", **_values(None, "instead_")}
        table += [{"school_id": one.school, **row, **common} for row in rows or [nobody]]
    names = ["school_id", "decision", "stage", "host_id", "instead_id"]
    numbers = [*_values(None, "instead_"), *_values(None, "opposite_")]
    columns = [*names, *numbers, "opposite_status", "binding"]
    return pd.DataFrame(table, columns=columns).astype(dict.fromkeys(numbers, "Int64"))


def spell_costs(costs: dict[str, int] | None, rules: Rules) -> str:
    """Return by how much objectives change in words, those of the analyst's order that do; None: there is no plan."""
    if costs is None:
        return "ไม่มีแผนใดตามเกณฑ์ที่ตั้ง"
    changed = [
        f"{name_objective(name, rules.kind)} {amount(name, costs[name], signed=True)}"
        for name in rules.order
        if costs[name]
    ]
    return " · ".join(changed) or "เท่าเดิมทุกเป้าหมาย"


def spell_opposite(reasons: Reasons, rules: Rules) -> str:
    """Return what the best plan costs in which a school does the opposite, or that there is none or none was found."""
    status = reasons.opposite.status
    return "ยังตอบไม่ได้ในเวลาที่ให้ เพิ่มเวลาค้นหาแล้วถามใหม่" if status == "none" else spell_costs(reasons.costs, rules)


def spell_stage(stage: str) -> str:
    """Return a stage as people read it."""
    return {"K": "อนุบาล", "M": "มัธยมต้น"}.get(stage) or thai_grades(stage)


def _values(values: dict[str, int] | None, prefix: str = "") -> dict[str, int | None]:
    names = {"subsidy": "subsidy_baht", "pupil_km": "pupil_m", "longest": "longest_m"}
    return {f"{prefix}{names.get(name, name)}": None if values is None else values[name] for name in OBJECTIVES}


def spell_curve_end(curve: Curve | None, kind: str) -> str:
    """Return why the curve ends early and how far it came; empty where nothing is missing."""
    if curve is None or not curve.stopped:
        return ""
    why, remedy = {
        "time": ("เวลาไม่พอ", "ให้เวลาค้นหานานขึ้นแล้วค้นหาใหม่"),
        "hand": ("หยุดค้นหาก่อน", "ค้นหาใหม่"),
    }[curve.stopped]
    if curve.asked is None:
        most = f"ยังไม่รู้ว่า{LEAVE_WORDS[kind]}ได้มากสุดกี่แห่ง"
        return f"เส้นแลกเปลี่ยนคิดได้ {curve.reached} จุด {most} เพราะ{why}: {remedy}"
    return f"เส้นแลกเปลี่ยนคิดได้ {curve.reached} จาก {curve.asked} จุด เพราะ{why}: {remedy}"


def spell_unmeasured_schools(found: Found, office: Office) -> str:
    """Return which schools stay because nothing measures where their pupils would go; empty where none does."""
    if not found.unmeasured_schools:
        return ""
    names = ", ".join(_school(code, office) for code in found.unmeasured_schools)
    return f"วัดระยะทางของนักเรียนไม่ได้เลย จึงให้คงอยู่: {names} แก้พิกัดบ้านหรือโรงเรียน หรือระบุใน must_close"


def _school(code: str, office: Office) -> str:
    return f"{office.names[office.place[code]]} ({code})"

"""What the planning page shows, as JSON has it: plain functions of rules, what was found, and outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restructure.byhand import ranked_hosts, stages_of
from restructure.comparison import compare, over_words
from restructure.grades import STAGES, format_grades, thai_grades
from restructure.intake import columns_of
from restructure.optimise import telling
from restructure.optimise.asking import Reasons
from restructure.optimise.finding import Found
from restructure.optimise.plans import OBJECTIVES
from restructure.optimise.rules import Rules
from restructure.policy import Settings
from restructure.scenario import NEAREST, Scenario
from restructure.seating import Office
from restructure.simulate import Outcome
from restructure.words import KINDS, PROGRAMMES

#: Figures of a plan in one line.
_MAIN = (
    *("schools_closed", "small_schools", "pupils_moved", "subsidy_total_baht", "median_m", "p90_m", "max_m"),
    *("over_{minutes}_min", "unreachable", "hosts_over_capacity", "teachers_freed"),
)
_PINS = {"must_stay": "ต้องคงอยู่", "must_close": "ต้องปิด", "hosts": "ถ้าปิดให้ไปที่"}
_SWITCHES = ("rooms", "protect_special", "close_only_small")

Name = Callable[[str], str]


def rules_view(rules: Rules, name: Name, *, written: bool) -> dict[str, Any]:
    """Return the form of the rules; ``name`` gives a school's name by its code."""
    return {
        "order": [[key, telling.OBJECTIVE_WORDS[key][0]] for key in rules.order],
        "unused": [[key, telling.OBJECTIVE_WORDS[key][0]] for key in OBJECTIVES if key not in rules.order],
        "limits": [
            [rule, telling.RULE_WORDS[rule], unit, "" if (value := getattr(rules, rule)) is None else f"{value:,}"]
            for rule, unit in telling.RULE_UNITS.items()
        ],
        "switches": [[rule, telling.RULE_WORDS[rule], getattr(rules, rule)] for rule in _SWITCHES],
        "pins": [
            {"rule": rule, "words": words, "school": code, "name": name(code)}
            | {"host": name(rules.hosts[code]) if rule == "hosts" else ""}
            for rule, words in _PINS.items()
            for code in getattr(rules, rule)
        ],
        "pinnable": [list(pair) for pair in _PINS.items()],
        "seconds": f"{rules.seconds:g}",
        "written": written,
        **_merge_view(rules.kind, rules.from_term, rules.programme),
    }


def search_view(found: Found, rules: Rules, office: Office, name: Name) -> dict[str, Any]:
    """Return what a search found and proved, or what stands in its way."""
    best = found.best
    clash = [
        {
            "rule": one.rule,
            "words": telling.spell_rule(found.rules, one.rule, office),
            "gives": telling.spell_relaxed(one, found.rules, office),
            "possible": bool(one.possible),
        }
        for one in (found.clash.relaxed if found.clash else ())
    ]
    return {
        "status": best.status,
        "words": telling.STATUS_WORDS[best.status],
        "seconds": f"{best.seconds:.1f}",
        "levels": telling.level_rows(best.levels),
        "closes": [name(code) for code in best.closes],
        "unmeasured": best.unmeasured,
        "told": "" if best.levels else telling.no_plan(found, office)[0],
        "clash": clash,
        "stale": found.rules != rules,
    }


def curve_view(found: Found) -> list[dict[str, Any]]:
    """Return the points of the curve; the first is the present state."""
    return [
        {
            "key": f"curve-{i}" if i else "present",
            **{key: getattr(point, key) for key in ("schools_closed", "subsidy_baht", "p90_m", "longest_m")},
            "gap": telling.gap_words(point.gap),
            "proven": point.gap == 0,
        }
        for i, point in enumerate(found.points)
    ]


def main_heads(settings: Settings) -> list[dict[str, str]]:
    """Return key, words, unit and description of the main figures."""
    described, heads = columns_of("summary"), []
    for key in (one.format(minutes=settings.long_minutes) for one in _MAIN):
        words = over_words(key) or described.loc[key, ["thai", "unit", "description"]]
        heads.append(dict(zip(("key", "words", "unit", "description"), (key, *words), strict=True)))
    return heads


def main_figures(outcome: Outcome, heads: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the main figures of an outcome: value, and its difference from the present of those whom it is about.

    Both are None where they are not known or where there is nobody; a figure that has no present has no difference.
    """
    summary, figures = outcome.summary, []
    for key in (head["key"] for head in heads):
        value = summary[key]
        before = summary["subsidy_present_baht"] if key == "subsidy_total_baht" else summary.get(f"{key}_before")
        nobody = not summary["pupils_moved"] and (key.endswith("_m") or key.startswith("over_"))
        change = None if value is None or before is None or nobody else value - before
        figures.append({"value": None if nobody else value, "change": change})
    return figures


def compare_view(outcomes: list[Outcome]) -> dict[str, Any]:
    """Return all figures of outcomes side by side, the present state first."""
    table = compare(outcomes)
    return {"heads": list(table.columns[3:]), "rows": table.to_numpy().tolist()}


def merges_view(scenario: Scenario, name: Name) -> list[list[str]]:
    """Return the merges of a scenario in words: school, grades, host, kind, term."""
    return [
        [
            name(merge.school),
            "ทั้งโรงเรียน" if merge.grades == "all" else thai_grades(merge.grades),
            "โรงเรียนที่ใกล้บ้านที่สุด" if merge.host == NEAREST else " หรือ ".join(name(host) for host in merge.hosts),
            KINDS[merge.kind],
            merge.from_term,
        ]
        for merge in scenario.merges
    ]


def hand_view(
    outcome: Outcome, school: str, of_merge: dict[str, str], heads: list[dict[str, str]], name: Name
) -> dict[str, Any]:
    """Return the plan by hand: hosts that could take the school, what speaks against each, merges and effects."""
    shown: dict[str, Any] = {"school": school, "name": "", "stages": [], "hosts": []}
    if school:
        hosts = ranked_hosts(outcome.scenario, outcome.office, school, of_merge["grades"])
        stages = [[format_grades(STAGES[s]), telling.spell_stage(s)] for s in stages_of(school, outcome.office)]
        shown |= {
            "name": name(school),
            "stages": [["all", "ทั้งโรงเรียน"], *stages],
            "hosts": hosts.astype(object).where(hosts.notna(), None).to_dict("records"),
        }
    return shown | {
        "grades": of_merge["grades"],
        "nearest": NEAREST,
        "merges": merges_view(outcome.scenario, name),
        "figures": main_figures(outcome, heads),
        "warnings": outcome.summary["warnings"],
        **_merge_view(of_merge["kind"], of_merge["from_term"], of_merge["programme"]),
    }


def why_view(reasons: Reasons, found: Found, office: Office, name: Name) -> dict[str, Any]:
    """Return why a school closes or stays, in words."""
    order = found.rules.order
    return {
        "name": name(reasons.school),
        "closes": reasons.closes,
        "hosts": [
            {
                "stage": telling.spell_stage(one.stage),
                "host": name(one.host),
                "instead": name(one.instead) if one.instead else "ไม่มีที่อื่นตามเกณฑ์",
                "costs": telling.spell_costs(one.costs, order),
            }
            for one in reasons.hosts
        ],
        "opposite": telling.spell_costs(reasons.costs, order),
        "binding": [telling.spell_rule(found.rules, rule, office) for rule in reasons.binding],
    }


def _merge_view(kind: str, from_term: str, programme: str) -> dict[str, Any]:
    lists = {"kinds": [list(pair) for pair in KINDS.items()], "programmes": [list(pair) for pair in PROGRAMMES.items()]}
    return {"kind": kind, "from_term": from_term, "programme": programme, **lists}

"""What the planning page shows, as JSON has it: plain functions of rules, what was found, and outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from restructure.byhand import Standing, ranked_hosts, stages_of, standing
from restructure.comparison import compare, over_words
from restructure.grades import GRADES, STAGES, format_grades, parse_grades, thai_grades
from restructure.intake import columns_of
from restructure.optimise import telling
from restructure.optimise.asking import Point, Reasons
from restructure.optimise.finding import Found
from restructure.optimise.plans import OBJECTIVES
from restructure.optimise.rules import LEFT_OUT, Rules
from restructure.policy import Settings
from restructure.rolls import as_of_term
from restructure.scenario import NEAREST, PRESENT, Merge, Scenario
from restructure.seating import NONE, Office
from restructure.simulate import Outcome
from restructure.thai import Term
from restructure.words import KINDS, PROGRAMMES, RULES

#: Figures of a plan in one line.
_MAIN = (
    *("schools_closed", "small_schools", "pupils_moved", "subsidy_total_baht", "median_m", "p90_m", "max_m"),
    *("over_{minutes}_min", "unreachable", "hosts_over_capacity", "teachers_freed"),
)
_PINS = {"must_stay": "ต้องคงอยู่", "must_close": "ต้อง{leave}", "hosts": "ถ้า{leave}ให้ไปที่"}
#: Where the children of a merge by hand go.
_WAYS = {"one": "โรงเรียนเดียว", "nearest": "แต่ละหมู่บ้านไปโรงเรียนที่ใกล้ที่สุด", "some": "โรงเรียนที่เลือกหลายแห่ง"}
_LIMIT_WORDS = {
    rule: f"{words}ไม่เกิน (ยกเว้นเด็กที่เดิม{more}กว่านี้และไม่{more}ขึ้น)"
    for rule, words, more in (("longest_m", "ระยะทาง", "ไกล"), ("longest_minutes", "เวลาเดินทาง", "นาน"))
}
_SWITCHES = [rule for rule, left_out in LEFT_OUT.items() if left_out is False]

Name = Callable[[str], str]


def rules_view(rules: Rules, name: Name, *, written: bool) -> dict[str, Any]:
    """Return the form of the rules; ``name`` gives a school's name by its code."""
    kind = rules.kind
    pins = {rule: words.format(leave=telling.LEAVE_WORDS[kind]) for rule, words in _PINS.items()}
    return {
        "order": [[key, telling.name_objective(key, kind)] for key in rules.order],
        "unused": [[key, telling.name_objective(key, kind)] for key in OBJECTIVES if key not in rules.order],
        "limits": [
            [
                rule,
                _LIMIT_WORDS.get(rule) or telling.name_rule(rule, kind),
                unit,
                "" if (value := getattr(rules, rule)) is None else f"{value:,}",
            ]
            for rule, unit in telling.RULE_UNITS.items()
        ],
        "switches": [[rule, telling.name_rule(rule, kind), getattr(rules, rule)] for rule in _SWITCHES],
        "pins": [
            {"rule": rule, "words": words, "school": code, "name": name(code)}
            | {"host": name(rules.hosts[code]) if rule == "hosts" else ""}
            for rule, words in pins.items()
            for code in getattr(rules, rule)
        ],
        "pinnable": [list(pair) for pair in pins.items()],
        "seconds": f"{rules.seconds:g}",
        "written": written,
        **_merge_view(kind, rules.from_term, rules.programme),
    }


def search_view(found: Found, rules: Rules, office: Office, name: Name, outcome: Outcome | None) -> dict[str, Any]:
    """Return what a search found and proved, or what stands in its way; ``outcome`` is what its best plan does."""
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
        "levels": telling.level_rows(best.levels, found.rules.kind),
        "closes": [name(code) for code in best.closes],
        "leave": telling.LEAVE_WORDS[found.rules.kind],
        "beyond": beyond_limits(outcome, found.rules) if outcome else [],
        "told": "" if best.levels else telling.no_plan(found, office, on_page=True)[0],
        "clash": clash,
        "stale": found.rules != rules,
    }


def beyond_limits(outcome: Outcome, rules: Rules) -> list[str]:
    """Return in sentences which children who move travel beyond the limits of a search, and whom it could not measure.

    The rules let a child travel beyond a limit who did so before and does not travel farther now.
    """
    moved = outcome.moved
    count, said = outcome.office.count[moved], []
    for limit, ways, unit, part, more in (
        (rules.longest_m, outcome.road_m[moved], "กม.", 1000, "ไกล"),
        (rules.longest_minutes, outcome.minutes[moved], "นาที", 1, "นาน"),
    ):
        if limit is not None and (over := ways > limit).any():
            said.append(
                f"เด็กที่ย้าย {count[over].sum():,} คนเดินทางเกิน {limit / part:g} {unit} เพราะเดิม{more}กว่านี้และไม่{more}ขึ้น "
                f"{more}สุด {ways.max() / part:.{1 if part > 1 else 0}f} {unit}"
            )
    if unmeasured := int(count[outcome.road_m[moved] == NONE].sum()):
        said.append(f"ผู้ที่ย้ายซึ่งยังวัดระยะทางไม่ได้ {unmeasured:,} คน ไม่นับในเป้าหมาย และไม่ถือว่าเกินขีดจำกัด")
    return said


def newest_count(office: Office) -> Term | None:
    """Return the term that the office's count of pupils speaks for, None where no day of it is known."""
    return max((as_of_term(text) for text in office.pupils["as_of"].unique() if text), default=None)


def name_point(point: Point, rules: Rules) -> Scenario:
    """Return the plan of a point of the curve under the name that the page gives it."""
    name = f"{telling.LEAVE_WORDS[rules.kind]} {point.schools_closed} โรงเรียน ค่าพาหนะต่ำสุด"
    return point.scenario.model_copy(update={"name": name})


def warnings_view(outcome: Outcome) -> dict[str, Any]:
    """Return how many warnings an outcome has, and these by kind, with the host named where one is meant."""
    groups: dict[str, list[str]] = {}
    office = outcome.office
    for row in outcome.warnings.itertuples():
        text = str(row.message)
        if row.host_id and row.host_id not in text:
            text += f" → {office.names[office.place[row.host_id]]} ({row.host_id})"
        groups.setdefault(RULES.get(row.rule, "อื่น ๆ"), []).append(text)
    return {"count": len(outcome.warnings), "groups": [list(pair) for pair in groups.items()]}


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
    shown: dict[str, Any] = {"school": school, "name": "", "about": "", "can": False, "stages": [], "hosts": []}
    if school:
        about = standing(outcome.scenario, outcome.office, school, of_merge["grades"])
        merge = Merge.model_validate({"school": school, "host": NEAREST, **of_merge})
        hosts = ranked_hosts(outcome.scenario, outcome.office, merge).iloc[: 0 if about.cannot else None]
        stages = [[format_grades(STAGES[s]), telling.spell_stage(s)] for s in stages_of(school, outcome.office)]
        own = (outcome.office.offered | outcome.office.present)[outcome.office.place[school]]
        shown |= {
            "name": name(school),
            "about": about.cannot or spell_children(about, name),
            "can": not about.cannot,
            "stages": [["all", "ทั้งโรงเรียน"], *stages],
            "own": [GRADES[i] for i in own.nonzero()[0]],
            "named": list(parse_grades(of_merge["grades"])),
            "sends": _sends(outcome.scenario, school, merge),
            "hosts": hosts.astype(object).where(hosts.notna(), None).to_dict("records"),
        }
    return shown | {
        "grades": of_merge["grades"],
        "nearest": NEAREST,
        "ways": [list(pair) for pair in _WAYS.items()],
        "merges": merges_view(outcome.scenario, name),
        "figures": main_figures(outcome, heads),
        "warnings": warnings_view(outcome),
        **_merge_view(of_merge["kind"], of_merge["from_term"], of_merge["programme"]),
    }


def _sends(scenario: Scenario, school: str, wanted: Merge) -> list[str]:
    """Return the host that the plan already sends exactly these grades of a school to, in this way; none of several."""
    said = [one for one in scenario.merges if one.school == school]
    if len(said) != 1 or set(parse_grades(said[0].grades)) != set(parse_grades(wanted.grades)):
        return []
    same = all(getattr(said[0], name) == getattr(wanted, name) for name in ("kind", "from_term", "programme"))
    return said[0].hosts if same and len(said[0].hosts) == 1 else []


def spell_children(about: Standing, name: Name) -> str:
    """Return how many children belong to a school, and where those learn who learn elsewhere already."""
    elsewhere = " · ".join(f"{pupils:,} คนเรียนที่ {name(host)}" for host, pupils in about.elsewhere)
    return f"เด็ก {about.pupils:,} คน" + (f" ปัจจุบัน {elsewhere}" if elsewhere else "")


def why_view(reasons: Reasons, found: Found, office: Office, name: Name) -> dict[str, Any]:
    """Return why a school closes or stays, in words."""
    return {
        "name": name(reasons.school),
        "closes": reasons.closes,
        "hosts": [
            {
                "stage": telling.spell_stage(one.stage),
                "host": name(one.host),
                "instead": name(one.instead) if one.instead else "ไม่มีที่อื่นตามเกณฑ์",
                "costs": telling.spell_costs(one.costs, found.rules),
            }
            for one in reasons.hosts
        ],
        "opposite": telling.spell_opposite(reasons, found.rules),
        "binding": [telling.spell_rule(found.rules, rule, office) for rule in reasons.binding],
        "nearest": "" if reasons.binding else spell_nearest(reasons.school, found.rules, office, name),
    }


def spell_nearest(school: str, rules: Rules, office: Office, name: Name) -> str:
    """Return how far the nearest host that could take a school is for its children, against the limit."""
    merge = Merge.model_validate({"school": school, "host": NEAREST, "from_term": rules.from_term, "kind": rules.kind})
    hosts = ranked_hosts(PRESENT, office, merge)
    near = hosts[hosts["can"] & hosts["max_m"].notna()].sort_values(["max_m", "host_id"]).head(1)
    if near.empty:
        return "ไม่มีโรงเรียนหลักใกล้เคียงที่รับได้ทุกชั้น"
    host, metres = near.iloc[0]["host_id"], int(near.iloc[0]["max_m"])
    limit = "ไม่จำกัด" if rules.longest_m is None else f"{rules.longest_m / 1000:g} กม."
    return f"โรงเรียนหลักที่รับได้ซึ่งใกล้ที่สุดคือ {name(host)} เด็กที่ไกลสุดเดินทาง {metres / 1000:.1f} กม. ขีดจำกัด {limit}"


def _merge_view(kind: str, from_term: str, programme: str) -> dict[str, Any]:
    lists = {"kinds": [list(pair) for pair in KINDS.items()], "programmes": [list(pair) for pair in PROGRAMMES.items()]}
    return {"kind": kind, "from_term": from_term, "programme": programme, **lists}

"""What is asked beside the best plan, held against all plans there are: others, the curve, reasons, conflicts."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from towns import (
    SMALL,
    Plans,
    Town,
    many_schools,
    office_of,
    pair,
    random_rules,
    random_town,
    rate,
    vector,
)

from restructure.optimise import asking, conflicts, milp
from restructure.optimise.asking import alternatives, curve, why, without_each
from restructure.optimise.conflicts import conflict
from restructure.optimise.finding import free_stem, search
from restructure.optimise.milp import Answer
from restructure.optimise.plans import Best, Extreme, best_of, best_plan, extreme
from restructure.optimise.programme import Programme
from restructure.optimise.rules import LEFT_OUT, Rules
from restructure.scenario import PRESENT


@pytest.mark.parametrize("seed", range(375, 395))
def test_alternatives_are_the_best_that_differ(seed: int) -> None:
    town = random_town(seed)
    rules = random_rules(seed, town).model_copy(update={"close_only_small": False, "close_at_least": None})
    plans = Plans(town)
    scored = [({s for s, _ in plan}, score) for plan in plans.all(rules) if (score := plans.score(plan, rules))]
    expected: list[list[int]] = []
    taken: list[set[str]] = []
    for best in alternatives(office_of(town), rules, k=3, apart=2):
        left = [score for closes, score in scored if all(len(closes ^ other) >= 2 for other in taken)]
        expected.append(min([score[name] for name in rules.order] for score in left))
        assert vector(best) == expected[-1]
        taken.append(set(best.closes))
    if len(taken) < 3:
        assert not any(all(len(closes ^ other) >= 2 for other in taken) for closes, _ in scored)


@pytest.mark.parametrize("seed", range(395, 415))
def test_the_curve_is_the_least_subsidy_of_each_number(seed: int) -> None:
    town = random_town(seed)
    rules = random_rules(seed, town).model_copy(update={"must_close": [], "ceiling_baht": None})
    plans = Plans(town)
    free = rules.model_copy(update={"close_at_least": None, "close_at_most": None})
    least: dict[int, int] = {}
    for plan in plans.all(free):
        if score := plans.score(plan, free):
            least[score["closures"]] = min(least.get(score["closures"], score["subsidy"]), score["subsidy"])
    if rules.must_stay and not set(rules.must_stay) <= set(plans.teaching):
        least = {
            0: sum(
                one.count * rate(town.ways.get((one.village, place), (0,))[0]) * 200
                for one, place, paid in plans.before
                if paid and (one.village, place) in town.ways
            )
        }
    points, asked, reached, stopped = curve(office_of(town), rules)
    assert (asked, stopped) == (reached, "")
    assert len(points) - 1 == len(least.keys() - {0}) <= reached
    assert points[0].scenario == PRESENT
    assert {point.schools_closed: point.subsidy_baht for point in points} == least
    assert all(point.status == "optimal" for point in points)


def test_a_curve_that_time_cuts_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 12 schools all but one can close, as all have room for everybody."""
    office = office_of(many_schools(3, 12))
    rules = Rules(longest_m=None, longest_minutes=None, rooms=False, order=["subsidy"])
    whole = curve(office, rules, 5)
    assert (whole.asked, whole.reached, whole.stopped) == (4, 4, "")
    assert [point.schools_closed for point in whole.points] == [0, 3, 6, 8, 11]
    # Too short to know how many can close.
    short = curve(office, rules.model_copy(update={"seconds": 1e-9}), 5)
    assert (len(short.points), *short[1:]) == (1, None, 0, "time")

    # The most that was found, not proven: the points go so far.
    def found(*asked: Any, most: bool) -> Extreme:
        return Extreme("feasible", 2) if most else extreme(*asked)

    with monkeypatch.context() as patch:
        patch.setattr(asking, "extreme", found)
        part = curve(office, rules, 5)
    assert ([point.schools_closed for point in part.points], *part[1:]) == ([0, 1, 2], None, 2, "time")

    # A number whose share of the time is too short: the others are asked about all the same.
    def none_of_six(programme: Programme, asked: Rules, **more: Any) -> Best:
        best = best_of(programme, asked, **more)
        return replace(best, status="none", levels=[]) if asked.close_at_least == 6 else best

    with monkeypatch.context() as patch:
        patch.setattr(asking, "best_of", none_of_six)
        part = curve(office, rules, 5)
    assert ([point.schools_closed for point in part.points], *part[1:]) == ([0, 3, 8, 11], 4, 3, "time")


def test_a_curve_that_a_hand_stops_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milp, "EVERY", 0.0)
    office = office_of(many_schools(3, 12))
    rules = Rules(longest_m=None, longest_minutes=None, rooms=False, order=["subsidy"])
    heard: list[Any] = []

    def stop(*told: Any) -> bool:
        heard.append(told)
        return True

    points, asked, reached, stopped = curve(office, rules, 5, progress=stop)
    assert (len(heard), asked, stopped) == (1, 4, "hand")
    assert reached <= 1
    assert len(points) == 1 + reached


def test_what_is_found_carries_how_far_the_curve_came() -> None:
    office = office_of(many_schools(3, 12))
    rules = Rules(longest_m=None, longest_minutes=None, rooms=False, order=["subsidy"], seconds=30)
    *_, found = search(office, rules, sought=("curve",))
    assert found.record()["curve"] == {"asked": 11, "reached": 11, "stopped": ""}
    assert len(found.points) == 12
    *_, found = search(office, rules, sought=())
    assert (found.record()["curve"], found.points) == (None, [])


def test_a_scenario_of_the_reserved_name_in_other_letters_is_not_written_over(tmp_path: Path) -> None:
    """Where file systems tell no capitals apart ``Optimised.yaml`` would be replaced, whoever wrote it."""
    files = {stem: tmp_path / f"{stem}.yaml" for stem in ("Optimised", "OPTIMISED-2", "other")}
    for path in files.values():
        path.write_text("name: ก\nmerges: []\n", "utf-8")
    assert free_stem({}) == "optimised"
    assert free_stem(files) == "optimised-3"


def conflicting(seed: int) -> tuple[Town, Rules, list[str]]:
    town = random_town(seed)
    rules = random_rules(seed, town)
    rng = random.Random(seed)
    names = [name for name in town.grades if name.startswith("S")]
    rules = rules.model_copy(
        update={"close_at_least": rng.choice([1, 2]), "must_stay": rng.sample(names, 2), "longest_m": 3_000}
    )
    return town, rules, [name for name, out in LEFT_OUT.items() if getattr(rules, name) != out]


def possible(plans: Plans, rules: Rules, names: tuple[str, ...] | list[str] | set[str]) -> bool:
    some = rules.model_copy(update={name: out for name, out in LEFT_OUT.items() if name not in names})
    return any(plans.score(plan, some) for plan in plans.all(some, rules.must_close))


def test_a_conflict_is_the_smallest_there_is() -> None:
    sizes = Counter[int]()
    for seed in range(415, 445):
        town, rules, named = conflicting(seed)
        plans, found = Plans(town), conflict(office_of(town), rules)
        if possible(plans, rules, named):
            assert found is None, seed
            continue
        assert found is not None, seed
        assert found.proven
        assert set(found.rules) <= set(named)
        assert not possible(plans, rules, found.rules), seed
        smaller = itertools.combinations(named, len(found.rules) - 1)
        assert all(possible(plans, rules, names) for names in smaller), seed
        sizes[len(found.rules)] += 1
        for relaxed in found.relaxed:
            assert relaxed.rule in found.rules
            others = set(named) - {relaxed.rule}
            assert relaxed.possible == possible(plans, rules, others), (seed, relaxed)
            check_instead(plans, rules, relaxed)
    assert len(sizes) >= 2, sizes


def test_what_gives_way_to_a_conflict() -> None:
    """S2 is small and may close to S1; S1 has too many pupils, S3 is closed already."""
    town = pair(200, 9, 3_000)
    closed = town._replace(grades=town.grades | {"S3": ["P1"]}, rooms=town.rooms | {"S3": None}, closed={"S3"})
    for rules, expected in (
        (Rules(must_stay=["S2"], must_close=["S2"]), {"must_stay": ["S2"], "must_close": ["S2"]}),
        (Rules(must_stay=["S3"]), {"must_stay": ["S3"]}),
        (Rules(must_close=["S1"], close_only_small=False), {"must_close": ["S1"]}),  # nobody there has a way to S2
        (Rules(hosts={"S2": "S3"}, must_close=["S2"]), {"hosts": ["S2"], "must_close": ["S2"]}),
        (Rules(longest_m=2_000, must_close=["S2"]), {"longest_m": 3_000, "must_close": ["S2"]}),
        (Rules(longest_minutes=9, must_close=["S2"]), {"longest_minutes": 10, "must_close": ["S2"]}),
        (Rules(ceiling_baht=17_999, must_close=["S2"]), {"ceiling_baht": 18_000, "must_close": ["S2"]}),
        (Rules(close_at_least=2), {"close_at_least": 1}),
    ):
        found = conflict(office_of(closed), rules)
        assert found is not None
        assert {one.rule: one.instead for one in found.relaxed} == expected


@pytest.mark.parametrize("least", range(1, 9))
def test_the_shortest_limit_that_would_do(least: int) -> None:
    office = office_of(many_schools(3, 12))
    rules = Rules(longest_m=500, longest_minutes=None, close_at_least=least)
    found = conflict(office, rules)
    assert found is not None
    assert found.rules == ["longest_m", "close_at_least"]
    limit = found.relaxed[0].instead
    assert best_plan(office, rules.model_copy(update={"longest_m": limit})).levels
    assert best_plan(office, rules.model_copy(update={"longest_m": limit - 1})).status == "infeasible"


def test_a_conflict_that_time_leaves_open_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Answer("none", None, None, -np.inf, np.inf, 0.0)
    monkeypatch.setattr(conflicts, "solve", lambda *_, **__: stopped)
    with pytest.raises(TimeoutError):
        conflict(office_of(pair(200, 9, 3_000)), Rules(close_at_least=2))


def check_instead(plans: Plans, rules: Rules, relaxed: Any) -> None:
    """What is offered instead of a rule is possible, and nothing nearer to the rule is."""
    name, value = relaxed.rule, relaxed.instead
    if not relaxed.possible or name in ("rooms", "one_host", "wet_season"):
        assert value is None
        return

    def holds(update: Any) -> bool:
        changed = rules.model_copy(update={name: update})
        return any(plans.score(plan, changed) for plan in plans.all(changed))

    if name in ("longest_m", "longest_minutes", "ceiling_baht", "close_at_most"):
        assert value > getattr(rules, name)
        assert holds(value)
        assert not holds(value - 1)
    elif name == "close_at_least":
        assert value < rules.close_at_least
        assert holds(value)
        assert not holds(value + 1)
    elif name == "must_stay":
        assert holds([code for code in rules.must_stay if code not in value])
        assert not any(
            holds([code for code in rules.must_stay if code not in fewer])
            for fewer in itertools.combinations(value, len(value) - 1)
        )
    elif name == "must_close":
        assert holds([code for code in rules.must_close if code not in value])
    elif name == "hosts":
        assert holds({school: host for school, host in rules.hosts.items() if school not in value})
    elif name == "protect_special":
        assert set(value) <= plans.town.special
    else:
        assert all(plans.size[code] > SMALL for code in value)


def optimal_decisions(plans: Plans, rules: Rules, left_out: str, school: str) -> list[dict[str, str]]:
    """What the best plans without a rule do with a school."""
    free = rules.model_copy(update={left_out: LEFT_OUT[left_out]})
    scored = [(score, plan) for plan in plans.all(free) if (score := plans.score(plan, free))]
    keys = [[score[name] for name in rules.order] for score, _ in scored]
    found: list[dict[str, str]] = []
    for key, (_, plan) in zip(keys, scored, strict=True):
        decision = {stage: host for (code, stage), host in plan.items() if code == school}
        if key == min(keys) and decision not in found:
            found.append(decision)
    return found


@pytest.mark.parametrize("seed", range(445, 460))
def test_why_is_solved(seed: int) -> None:
    town = random_town(seed)
    rules = random_rules(seed, town).model_copy(update={"close_only_small": False})
    office, plans = office_of(town), Plans(town)
    best = best_plan(office, rules)
    if not best.levels:
        return
    scored = [(plan, score) for plan in plans.all(rules) if (score := plans.score(plan, rules))]

    def least(wanted: Any) -> list[int] | None:
        return min(([score[name] for name in rules.order] for plan, score in scored if wanted(plan)), default=None)

    def added(costs: dict[str, int] | None) -> list[int] | None:
        return costs and [best.values[name] + costs[name] for name in rules.order]

    others = without_each(office, rules)
    for school in plans.teaching:
        reasons = why(office, rules, best, school, others=others)
        assert reasons.closes == (school in best.closes)
        opposite = least(lambda plan: (school in {s for s, _ in plan}) != reasons.closes)  # noqa: B023
        assert added(reasons.costs) == opposite
        assert [(one.stage, one.host) for one in reasons.hosts] == [
            (stage, host) for (code, stage), host in best.hosts.items() if code == school
        ]
        for one in reasons.hosts:
            unit = school, one.stage
            assert added(one.costs) == least(lambda plan: plan.get(unit, one.host) != one.host)  # noqa: B023
        for name, other in others.items():
            decisions = optimal_decisions(plans, rules, name, school)
            mine = {stage: host for (code, stage), host in best.hosts.items() if code == school}
            if vector(other) == vector(best) or decisions == [mine]:
                assert name not in reasons.binding
            elif mine not in decisions:
                assert name in reasons.binding


def test_plans_without_each_rule_are_told_of_and_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milp, "EVERY", 0.0)
    office = office_of(many_schools(1, 15))
    rules = Rules(longest_m=9_000, longest_minutes=None, close_only_small=False, seconds=60)
    start, heard = best_plan(office, rules.model_copy(update={"close_at_most": 0})), []

    def stop(*told: Any) -> bool:
        heard.append(told)
        return True

    found = without_each(office, rules, start=start, progress=stop)
    assert set(found) == {"longest_m", "rooms", "protect_special", "one_host", "wet_season"}
    # Each is stopped when it is told of first, and has the start's plan at least.
    assert len(heard) == 5
    assert all(best.levels for best in found.values())

"""Best plans of schools, held against all plans there are and a count of every pupil in plain Python."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from towns import (
    SECONDS,
    STAGES,
    Plans,
    Pupils,
    Town,
    many_schools,
    office_of,
    plan_of,
    pupil_metres,
    random_rules,
    random_town,
    vector,
)

from restructure.optimise import core, milp
from restructure.optimise.asking import without_each
from restructure.optimise.core import narrow
from restructure.optimise.covers import tighten
from restructure.optimise.milp import is_feasible, relax
from restructure.optimise.plans import best_plan, present_values, to_scenario
from restructure.optimise.programme import build
from restructure.optimise.rules import LEFT_OUT, Rules, settle
from restructure.optimise.schools import list_choices
from restructure.scenario import PRESENT
from restructure.simulate import simulate

TOWNS = 200


@pytest.mark.parametrize("block", range(10))
def test_no_plan_of_all_is_better(block: int) -> None:
    closing = 0
    for seed in range(block * TOWNS // 10, (block + 1) * TOWNS // 10):
        town = random_town(seed)
        rules, office, plans = random_rules(seed, town), office_of(town), Plans(town)
        best, expected = best_plan(office, rules), plans.best(rules)
        if expected is None:
            assert (best.status, best.levels) == ("infeasible", []), seed
            continue
        assert best.status == "optimal", seed
        values, first = expected
        assert vector(best) == values, seed
        assert all(level.bound == level.value for level in best.levels), seed
        assert plan_of(best) in list(plans.all(rules)), seed
        assert plans.score(plan_of(best), rules) == best.values, seed
        assert sorted({school for school, _ in best.hosts}) == best.closes
        closing += bool(best.closes)
        # Of equal plans the first by code, but for stages without pupils, which then join others of their school.
        mine = plans.order(plan_of(best), rules)
        assert [host for host, pupils in mine if pupils] == [host for host, pupils in first if pupils], seed
        # The scenario gives what the plan says, by the simulation's own count.
        outcome = simulate(to_scenario(best, rules, office, "ก", "a"), office)
        summary = outcome.summary
        simulated = [summary[key] for key in ("small_schools", "subsidy_total_baht", "schools_closed")]
        assert simulated == [best.values[key] for key in ("small_schools", "subsidy", "closures")], seed
        assert (pupil_metres(outcome), summary["max_m"] or 0) == (best.values["pupil_km"], best.values["longest"]), seed
        assert summary["unreachable"] == best.unmeasured, seed
        assert outcome.learners.sum() == outcome.learners_before.sum() == sum(one.count for one in town.pupils)
        if rules.rooms:
            crowded = set(outcome.warnings.query("rule == 'over-capacity'")["host_id"])
            now = simulate(PRESENT, office).learners
            grown = {
                code for code, more in zip(office.codes, (outcome.learners > now).any(axis=1), strict=True) if more
            }
            assert not crowded & grown, seed
    assert closing >= 3, "draws that show something"


@pytest.mark.parametrize("seed", range(300, 320))
def test_closing_nothing_costs_what_is_paid_today(seed: int) -> None:
    office = office_of(random_town(seed))
    best = best_plan(office, Rules(close_at_most=0, seconds=SECONDS))
    outcome = simulate(PRESENT, office)
    assert (best.status, best.closes, best.hosts) == ("optimal", [], {})
    assert best.values == {
        "small_schools": outcome.summary["small_schools_before"],
        "subsidy": outcome.summary["subsidy_present_baht"],
        "pupil_km": pupil_metres(outcome),
        "longest": 0,
        "closures": 0,
    }
    assert present_values(office, Rules()) == best.values
    assert to_scenario(best, Rules(), office, "ก", "a").merges == []


@pytest.mark.parametrize("seed", range(320, 345))
def test_leaving_a_rule_out_never_worsens_and_more_rooms_never_do(seed: int) -> None:
    town = random_town(seed)
    office, rules = office_of(town), random_rules(seed, town)
    best = best_plan(office, rules)
    found = without_each(office, rules)
    assert set(found) <= set(LEFT_OUT)
    if not best.levels:
        return
    assert all(vector(other) <= vector(best) for other in found.values())
    more = town._replace(rooms={name: rooms and rooms + seed % 3 + 1 for name, rooms in town.rooms.items()})
    assert vector(best_plan(office_of(more), rules)) <= vector(best)


@pytest.mark.parametrize("seed", range(345, 365))
def test_other_codes_change_no_objective(seed: int) -> None:
    town = random_town(seed)
    rules = random_rules(seed, town)
    names = list(town.grades)
    new = dict(zip(names, random.Random(seed).sample([f"X{i}" for i in range(9)], len(names)), strict=True))
    renamed = rules.model_copy(
        update={
            "must_stay": [new[code] for code in rules.must_stay],
            "must_close": [new[code] for code in rules.must_close],
            "hosts": {new[school]: new[host] for school, host in rules.hosts.items()},
        }
    )
    one, other = best_plan(office_of(town), rules), best_plan(office_of(town, new), renamed)
    assert (one.status, vector(one)) == (other.status, vector(other))


def test_the_order_of_rows_and_the_spelling_of_codes_change_no_plan() -> None:
    """Codes in the same order, and rows in any: the same plan, as what is equal is decided by the order of codes."""
    for seed in range(365, 375):
        town, rng = random_town(seed), random.Random(seed)
        rules = random_rules(seed, town)
        new = {name: f"1099{i:06}" for i, name in enumerate(sorted(town.grades))}
        renamed = rules.model_copy(
            update={
                "must_stay": [new[code] for code in rules.must_stay],
                "must_close": [new[code] for code in rules.must_close],
                "hosts": {new[school]: new[host] for school, host in rules.hosts.items()},
            }
        )
        grades, mergers, ways = (
            dict(rng.sample(list(part.items()), len(part))) for part in (town.grades, town.mergers, town.ways)
        )
        pupils = rng.sample(town.pupils, len(town.pupils))
        shuffled = town._replace(grades=grades, mergers=mergers, ways=ways, pupils=pupils)
        one, other = best_plan(office_of(town), rules), best_plan(office_of(shuffled, new), renamed)
        assert one.levels == other.levels
        assert {(new[s], stage): new[h] for (s, stage), h in one.hosts.items()} == other.hosts


def test_of_many_equal_plans_the_first_by_code_whatever_the_search_knew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 14 schools in one place 5 close: those of the last codes, to the first, so far as it has room."""
    names = [f"S{i:02}" for i in range(14)]
    town = Town(
        grades={name: ["P1"] for name in names},
        rooms=dict.fromkeys(names, 1),
        special=set(),
        closed=set(),
        pupils=[Pupils(name, "P1", "V", "", 10) for name in names],
        mergers={},
        ways={("V", name): (500, 1) for name in names},
    )
    # A room holds 49 of a grade: four schools of ten.
    hosts = {(name, "P1-P3"): "S00" if i < 3 else "S01" for i, name in enumerate(names[9:])}
    rules = Rules(close_at_least=5, order=["subsidy", "closures"])
    known = best_plan(office_of(town), rules.model_copy(update={"must_close": ["S00", "S05"]}))
    assert known.closes[:2] == ["S00", "S05"]
    monkeypatch.setattr(milp, "EVERY", 0.0)
    heard: list[str] = []
    for start in (None, known):
        best = best_plan(office_of(town), rules, progress=lambda *told: heard.append(told[0]), start=start)
        assert (best.status, best.hosts) == ("optimal", hosts)
    assert set(heard) <= {*rules.order, ""}, "what can be told in words"
    assert "" in heard


@pytest.mark.parametrize("seed", range(530, 550))
def test_rows_that_tighten_and_columns_that_are_shut_forbid_no_plan(seed: int) -> None:
    """Every plan of towns whose small schools may grow stays, with its cost; the bound only rises."""
    rng = random.Random(seed)
    town = random_town(seed)
    rules = Rules(longest_m=None, longest_minutes=None, rooms=False, protect_special=False, close_only_small=False)
    settled, plans = settle(rules, office := office_of(town)), Plans(town)
    choices = list_choices(office, settled)
    programme = build(choices, settled)
    model = replace(programme.model, cost=programme.costs[rng.choice(["subsidy", "pupil_km", "small_schools"])])
    tight = tighten(programme, model, SECONDS)
    assert relax(tight).objective >= relax(model).objective - 1e-6
    every = []
    for plan in itertools.islice(plans.all(rules), 3_000):
        places = [
            office.place[plan.get((office.codes[s], list(STAGES)[g]), office.codes[s])]
            for s, g in zip(choices.school, choices.stage, strict=True)
        ]
        values = programme.values_of(np.array(places))
        assert values is not None
        assert is_feasible(programme.model, values)
        assert is_feasible(tight, values)
        every.append(values)
    costs = [float(model.cost @ values) for values in every]
    most = sorted(costs)[len(costs) // 4]
    narrowed = narrow(programme, tight, most)
    for values, cost in zip(every, costs, strict=True):
        if cost <= most:
            assert is_feasible(narrowed, values)


def test_the_core_finds_what_the_whole_programme_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one arc a unit in the core, and with all: the same objectives, proven."""
    grown = 0
    for seed in range(3):
        office = office_of(many_schools(seed, 12))
        rules = Rules(longest_m=None, longest_minutes=None, order=["small_schools", "subsidy"], seconds=60)
        found = []
        for size in (1, 1_000):
            monkeypatch.setattr(core, "CORE", size)
            found.append(best_plan(office, rules))
        assert {one.status for one in found} == {"optimal"}
        assert len({tuple(vector(one)) for one in found}) == 1
        grown += found[0].values["small_schools"] < 12 - found[0].values["closures"]
    assert grown, "towns in which small schools grow"


def test_a_time_limit_returns_the_best_so_far() -> None:
    town = random_town(1)
    office, rules = office_of(town), Rules(seconds=1e-9)
    best = best_plan(office, rules)
    assert best.status == "feasible"
    assert [level.objective for level in best.levels] == rules.order
    assert best.gap > 0
    assert best.closes == []


def test_progress_is_told_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(milp, "EVERY", 0.0)
    office = office_of(many_schools(1, 15))
    rules = Rules(longest_m=None, longest_minutes=None, seconds=60)
    heard: list[tuple[str, float | None, float, float]] = []

    def stop(*told: Any) -> bool:
        heard.append(told)
        return len(heard) == 3

    best = best_plan(office, rules, progress=stop)
    assert len(heard) == 3
    assert {told[0] for told in heard} <= {*rules.order, ""}
    assert [told[3] for told in heard] == sorted(told[3] for told in heard)
    assert best.status == "feasible"
    assert best.seconds < 50
    assert [level.objective for level in best.levels] == rules.order
    assert all(level.bound <= level.value for level in best.levels)
    assert (
        simulate(to_scenario(best, rules, office, "ก", "a"), office).summary["subsidy_total_baht"]
        == best.values["subsidy"]
    )


def test_a_known_plan_is_never_worsened() -> None:
    office = office_of(many_schools(2))
    asked = Rules(longest_m=None, longest_minutes=None, close_at_least=5, order=["pupil_km", "subsidy"], seconds=5)
    known = best_plan(office, asked)
    again = best_plan(office, asked.model_copy(update={"seconds": 1e-6}), start=known)
    assert known.levels
    assert vector(again) == vector(known)
    assert again.hosts == known.hosts


@pytest.mark.parametrize("seed", range(500, 530))
def test_mergers_of_other_terms_make_no_plan_that_is_refused(seed: int) -> None:
    """Hosts that move on later, schools that merge later or have moved twice: the plan is still a sound scenario."""
    town, rng = random_town(seed), random.Random(seed)
    names = [name for name in town.grades if name.startswith("S")]
    grades = {name: ["P1", "P2", "P3", "P4"] for name in names} | {name: ["P1", "P4"] for name in ("M0", "M1")}
    rows = []
    for name in ("M0", "M1", names[0]):
        for grade in ("P1", "P4"):
            for term in rng.sample(["1/2560", "2/2569", "1/2570", "1/2572"], rng.randrange(1, 4)):
                if name != names[0] or term == "1/2572":
                    rows.append((name, grade, term, rng.choice(names[1:]), "learn-together", "existing"))
    base = town._replace(grades=grades, mergers={}, pupils=town.pupils, ways=town.ways | {("V0", "M1"): (1, 1)})
    base = base._replace(rooms=dict.fromkeys(grades))
    known = [one for one in town.pupils if one.roll in grades and one.past in {*grades, ""}]
    office = office_of(base._replace(pupils=known), mergers=rows)
    for term in ("2/2569", "1/2570", "1/2571", "1/2573"):
        rules = Rules(longest_m=None, longest_minutes=None, close_only_small=False, from_term=term, seconds=SECONDS)
        best = best_plan(office, rules)
        if not best.closes:
            continue  # a scenario of no merges is worked out for the fiscal year's own term
        outcome = simulate(to_scenario(best, rules, office, "ก", "a"), office)
        assert outcome.summary["subsidy_total_baht"] == best.values["subsidy"]
        assert (pupil_metres(outcome), outcome.summary["small_schools"]) == (
            best.values["pupil_km"],
            best.values["small_schools"],
        )
        assert outcome.summary["schools_closed"] == len(best.closes)


def test_what_the_scenario_says() -> None:
    town = Town(
        grades={"S1": ["P1", "P4"], "S2": ["P1"], "S3": ["P1", "P4"], "M0": ["P1"]},
        rooms=dict.fromkeys(["S1", "S2", "S3", "M0"]),
        special=set(),
        closed=set(),
        pupils=[Pupils("S1", "P1", "V", "", 200), Pupils("S2", "P1", "V", "", 150), Pupils("S3", "P4", "V", "", 9)],
        mergers={("M0", "P1"): "S3"},
        ways={("V", "S1"): (200, 1), ("V", "S2"): (100, 1), ("V", "S3"): (0, 0)},
    )
    rules = Rules(hosts={"S3": "S1"}, kind="merge", programme="second-decade", from_term="2/2570")
    office = office_of(town)
    scenario = to_scenario(best_plan(office, rules), rules, office, "ทางเลือก", "best")
    assert (scenario.name, scenario.stem) == ("ทางเลือก", "best")
    merges = [(m.school, m.host, m.grades, m.kind, m.programme, m.from_term) for m in scenario.merges]
    # The pupils of M0 learn at S3 since an earlier merger, whose kind and programme stay.
    assert merges == [
        ("M0", "S1", "all", "learn-together", "existing", "2/2570"),
        ("S3", "S1", "all", "merge", "second-decade", "2/2570"),
    ]

"""What an analyst asks beside the best plan: other plans, the curve of what closures cost, and why this school."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack

from restructure.grades import STAGES
from restructure.optimise.plans import OBJECTIVES, Best, Progress, best_of, best_plan, extreme, to_scenario
from restructure.optimise.programme import Programme, build
from restructure.optimise.rules import Rules, in_effect, settle, without
from restructure.optimise.schools import list_choices
from restructure.roads import Ints
from restructure.scenario import PRESENT, Scenario
from restructure.seating import Office
from restructure.simulate import simulate


class Point(NamedTuple):
    """A point of the curve: a plan of so many closures with the least subsidy, and what the simulation makes of it.

    ``subsidy_baht`` is that of a full school year in all; ``p90_m`` and ``longest_m`` are those of the pupils who move,
    None where nobody does. ``gap`` is that of the subsidy.
    """

    scenario: Scenario
    schools_closed: int
    subsidy_baht: int
    p90_m: int | None
    longest_m: int | None
    status: str
    gap: float


class Curve(NamedTuple):
    """The points of the curve, and how far the search for them came.

    Attributes
    ----------
    points
        The present state first.
    asked
        How many numbers of closures were to be asked about; None where time ran out before the most was proven: the
        points end at the most that was found.
    reached
        To how many of these there is an answer: a point, or that no plan closes so many.
    stopped
        What kept the rest from one: ``time``, or a ``hand``; empty where nothing did.
    """

    points: list[Point]
    asked: int | None
    reached: int
    stopped: Literal["", "time", "hand"]


class NextHost(NamedTuple):
    """Where a stage of a closing school goes, and the best plan in which it closes and this stage goes elsewhere.

    ``instead`` and ``costs`` are None where there is none; ``costs`` is by how much each objective is more then.
    """

    stage: str
    host: str
    instead: str | None
    costs: dict[str, int] | None
    gap: float


class Reasons(NamedTuple):
    """Why a school closes or stays.

    ``opposite`` is the best plan in which it does not, ``costs`` by how much each objective is more there, None where
    the rules leave none. ``binding`` are the rules each of which, left out by itself, makes a better plan possible that
    decides otherwise about this school.
    """

    school: str
    closes: bool
    hosts: list[NextHost]
    opposite: Best
    costs: dict[str, int] | None
    binding: list[str]


def alternatives(
    office: Office, rules: Rules, k: int = 3, apart: int = 2, *, progress: Progress | None = None
) -> list[Best]:
    """Return up to ``k`` plans, the best first, each the best of those that differ from all before it.

    Each takes ``rules.seconds`` at most.

    Parameters
    ----------
    apart
        In at least so many schools closed or not.
    """
    rules = settle(rules, office)
    programme = build(list_choices(office, rules), rules)
    found: list[Best] = []
    while len(found) < k:
        best = best_of(programme, rules, progress=progress)
        if not best.levels:
            break
        found.append(best)
        closed = np.isin(programme.nodes, [office.place[code] for code in best.closes])
        # As many schools of the plan open, or others closed, as the plans shall be apart.
        programme = _with_row(programme, np.arange(len(closed)), np.where(closed, 1, -1), apart - (~closed).sum())
    return found


def curve(office: Office, rules: Rules, points: int = 20, *, progress: Progress | None = None) -> Curve:
    """Return what closing more and more schools costs: the present state, then the least subsidy for each number.

    The numbers are spread evenly up to the most that the rules allow; the rules' own order and numbers of closures are
    left aside. Of plans of one subsidy it is one of few pupil-kilometres. The points share ``rules.seconds``: a number
    whose share is too short has no point, the next is asked about all the same.
    """
    rules = settle(rules, office).model_copy(update={"close_at_least": None, "close_at_most": None})
    choices = list_choices(office, rules)
    share = rules.seconds / points
    programme = build(choices, rules)
    found = [_point(office, PRESENT, 0, "optimal", 0.0)]
    most, least = (extreme(programme, "closures", share, most=most) for most in (True, False))
    numbers = np.unique(np.linspace(0, most.value, min(points, most.value + 1)).round().astype(int))
    numbers = numbers[numbers >= (max(least.value, 1) if least.status == "optimal" else 1)]
    reached, stopped = 0, False

    def hear(*told: Any) -> bool:
        nonlocal stopped
        stopped = stopped or bool(progress and progress(*told))
        return stopped

    for number in numbers.tolist():
        if stopped:
            break
        asked = rules.model_copy(
            update={
                "order": ["subsidy", "pupil_km"],
                "close_at_least": number,
                "close_at_most": number,
                "seconds": share,
            }
        )
        best = best_of(build(choices, asked), asked, progress=hear)
        reached += best.status != "none"
        if best.levels:
            scenario = to_scenario(best, asked, office, f"ปิด {number} โรงเรียน ค่าพาหนะต่ำสุด", f"close-{number}")
            first = best.levels[0]
            found.append(_point(office, scenario, number, "feasible" if first.gap else "optimal", first.gap))
    known = most.status in ("optimal", "infeasible")
    if known and reached == len(numbers):
        return Curve(found, reached, reached, "")
    return Curve(found, len(numbers) if known else None, reached, "hand" if stopped else "time")


def why(office: Office, rules: Rules, best: Best, school: str, *, others: dict[str, Best] | None = None) -> Reasons:
    """Return why a school closes or stays in a plan; every answer is solved.

    Parameters
    ----------
    school
        Code of a school that teaches now.
    others
        Best plans without one rule each, as :func:`without_each` returns them; solved here when missing.

    Raises
    ------
    ValueError
        When there is no plan, or the school does not teach now.
    """
    rules = settle(rules, office)
    programme = build(list_choices(office, rules), rules)
    place = office.place[school]
    if not best.levels or place not in programme.nodes:
        raise ValueError(f"no plan, or {school} does not teach")
    column = int(np.searchsorted(programme.nodes, place))
    closes = school in best.closes
    hosts: list[NextHost] = []
    of_unit: dict[int, Best] = {}
    for at in np.flatnonzero(programme.by_stage.school == place):
        stage, unit = list(STAGES)[programme.by_stage.stage[at]], int(programme.choices.part[at])
        if host := best.hosts.get((school, stage)):
            if unit not in of_unit:
                of_unit[unit] = _elsewhere(programme, rules, column, unit, office.place[host])
            other = of_unit[unit]
            hosts.append(NextHost(stage, host, other.hosts.get((school, stage)), _costs(other, best), other.gap))
    opposite = best_of(_fixed(programme, column, 1 if closes else 0), rules)
    others = without_each(office, rules) if others is None else others
    binding = [
        name
        for name, other in others.items()
        if _better(other, best) and (_decision(other, school) != _decision(best, school))
    ]
    return Reasons(school, closes, hosts, opposite, _costs(opposite, best), binding)


def without_each(
    office: Office, rules: Rules, *, start: Best | None = None, progress: Progress | None = None
) -> dict[str, Best]:
    """Return the best plan without each of the rules in effect, by the rule's name; they share ``rules.seconds``.

    Parameters as of :func:`restructure.optimise.plans.best_plan`.
    """
    rules = settle(rules, office)
    names = in_effect(rules)
    shared = rules.model_copy(update={"seconds": rules.seconds / max(len(names), 1)})
    return {name: best_plan(office, without(shared, name), start=start, progress=progress) for name in names}


def _elsewhere(programme: Programme, rules: Rules, column: int, unit: int, host: int) -> Best:
    """Return the best plan in which a school closes and one of its units goes to another host."""
    closed = _fixed(programme, column, 0)
    upper = closed.model.upper.copy()
    upper[programme.arcs][(programme.unit == unit) & (programme.host == host)] = 0
    return best_of(replace(closed, model=replace(closed.model, upper=upper)), rules)


def _fixed(programme: Programme, column: int, value: int) -> Programme:
    lower, upper = programme.model.lower.copy(), programme.model.upper.copy()
    lower[column] = upper[column] = value
    return replace(programme, model=replace(programme.model, lower=lower, upper=upper))


def _with_row(programme: Programme, columns: Ints, values: Ints, low: float) -> Programme:
    model = programme.model
    row = np.zeros((1, len(model.cost)))
    row[0, columns] = values
    model = replace(
        model,
        matrix=vstack([model.matrix, csr_array(row)]).tocsr(),
        low=np.append(model.low, low),
        high=np.append(model.high, np.inf),
    )
    return replace(programme, model=model)


def _costs(other: Best, best: Best) -> dict[str, int] | None:
    return {name: other.values[name] - best.values[name] for name in OBJECTIVES} if other.levels else None


def _better(other: Best, best: Best) -> bool:
    return [level.value for level in other.levels] < [level.value for level in best.levels] and bool(other.levels)


def _decision(best: Best, school: str) -> dict[str, str | None]:
    return {stage: best.hosts.get((school, stage)) for stage in STAGES}


def _point(office: Office, scenario: Scenario, closed: int, status: str, gap: float) -> Point:
    summary = simulate(scenario, office).summary
    if summary["schools_closed"] != closed:
        raise AssertionError("the simulation closes other schools than the plan")
    return Point(
        scenario, closed, summary["subsidy_total_baht"], summary["p90_m"], summary["max_m"], status, gap
    )  # fmt: skip

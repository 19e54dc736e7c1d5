"""One objective after the other: the least of each among the plans that are as good in all before it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_array, vstack

from restructure.grades import STAGES
from restructure.optimise.core import narrow, solve_schools
from restructure.optimise.milp import Answer, Model, Status, is_feasible, solve
from restructure.optimise.programme import Programme
from restructure.roads import Floats

#: Takes the objective, its value in the best plan and what is proven; returns whether to stop.
Hear = Callable[[str, float | None, float], bool]


def known_plan(programme: Programme, start: Mapping[tuple[str, str], str]) -> Floats | None:
    """Return the columns of a plan by its hosts, else of the present state; None where the rules allow neither."""
    choices, office = programme.by_stage, programme.choices.office
    stages = list(STAGES)
    nowhere: Mapping[tuple[str, str], str] = {}
    for hosts in (start, nowhere):
        places = [
            office.place[hosts.get((office.codes[school], stages[stage]), office.codes[school])]
            for school, stage in zip(choices.school, choices.stage, strict=True)
        ]
        values = programme.values_of(np.array(places, np.int64))
        if values is not None and is_feasible(programme.model, values):
            return values
    return None


def least(
    programme: Programme, model: Model, objective: str, seconds: float, start: Floats | None, hear: Hear
) -> tuple[Status, Floats | None, float, Model]:
    """Return the plan with the least of an objective, what is proven, and the model of all plans as good."""
    cost, constant = programme.costs[objective], programme.constants[objective]
    # In steps of their common divisor: small numbers are exact.
    step = math.gcd(*cost[cost != 0].astype(np.int64).tolist()) or 1
    sought = replace(model, cost=cost / step)

    def tell(value: float | None, bound: float, _: float) -> bool:
        return hear(objective, None if value is None else constant + step * value, constant + step * bound)

    answer = solve_schools(programme, sought, seconds, start, tell)
    if answer.values is None or answer.objective is None:
        return answer.status, None, answer.bound, model
    bound = constant + step * _whole(answer)
    most = round(answer.objective)
    model = replace(
        sought,
        matrix=vstack([sought.matrix, csr_array(sought.cost[None, :])]).tocsr(),
        low=np.append(sought.low, -np.inf),
        high=np.append(sought.high, most),
    )
    return answer.status, answer.values, bound, narrow(programme, model, most)


def _whole(answer: Answer) -> float:
    """Return the bound of an objective that only takes whole numbers."""
    return math.ceil(answer.bound - 1e-6) if math.isfinite(answer.bound) else answer.bound


def shortest(
    programme: Programme, model: Model, objective: str, seconds: float, start: Floats | None, hear: Hear
) -> tuple[Status, Floats | None, float, Model]:
    """Return a plan whose longest way is the shortest, by asking whether there is one with no way longer than this."""
    begun = time.perf_counter()
    sought = replace(model, cost=np.zeros_like(model.cost))
    values = start
    if values is None:
        answer = solve(sought, seconds=seconds, progress=lambda *_: hear(objective, None, 0))
        if answer.values is None:
            return answer.status, None, -math.inf, model
        values = answer.values
    lengths = np.unique(np.append(programme.lengths, 0))
    least = 0  # the place of the shortest length that is not ruled out
    best = int(np.searchsorted(lengths, programme.value(objective, values)))
    place = best - 1  # the search before has mostly found it already

    def tell(*_: object) -> bool:
        return hear(objective, float(lengths[best]), float(lengths[least]))

    while least < best:
        left = seconds - (time.perf_counter() - begun)
        if left <= 0 or tell():
            break
        answer = solve(_within(programme, sought, int(lengths[place])), seconds=left, progress=tell)
        if answer.values is not None:
            values = answer.values
            best = int(np.searchsorted(lengths, programme.value(objective, values)))
        elif answer.status == "infeasible":
            least = place + 1
        else:
            break
        place = (least + best) // 2
    status: Literal["optimal", "feasible"] = "optimal" if least == best else "feasible"
    return status, values, float(lengths[least]), _within(programme, sought, int(lengths[best]))


def _within(programme: Programme, model: Model, longest: int) -> Model:
    """Return the model of the plans in which nobody who moves travels farther."""
    upper = model.upper.copy()
    upper[programme.arcs][programme.lengths > longest] = 0
    return replace(model, upper=upper)


def first_by_code(programme: Programme, model: Model, seconds: float, values: Floats, hear: Hear) -> Floats:
    """Return of plans as good one whose hosts come early in order of code."""
    cost = np.zeros(len(values))
    cost[programme.arcs] = programme.host + 1
    sought = replace(model, cost=cost)
    answer = solve(sought, seconds=seconds, start=values, progress=lambda best, bound, _: hear("code", best, bound))
    return values if answer.values is None else answer.values


def keep_together(programme: Programme, values: Floats) -> Floats:
    """Return the plan with units that have no pupil beside other units of their school, where one host takes both.

    Nobody moves with them and they need no room: it is as good in every objective. Of hosts the one that takes the most
    pupils of the school, then the most such units, then the first by code; none at which more would be paid for
    children who are there already.
    """
    choices = programme.choices
    hosts, people = programme.units_of(values), choices.pupils.sum(axis=1)
    loose = (hosts != choices.school) & (people == 0)
    open_ = np.ones(len(choices.office.codes), bool)
    open_[choices.school[hosts != choices.school]] = False
    baht = choices.baht[programme.unit, programme.host]
    fit = loose[programme.unit] & open_[programme.host] & (programme.model.upper[programme.arcs] > 0)
    fit &= baht <= choices.baht[programme.unit, hosts[programme.unit]]
    for school in np.unique(choices.school[loose]):
        units = np.flatnonzero(choices.school == school)
        taken = np.bincount(hosts[units], people[units], len(open_))
        left = fit & (choices.school[programme.unit] == school)
        while left.any():
            stages = np.bincount(programme.host[left], minlength=len(open_))
            host = max(np.flatnonzero(stages), key=lambda place: (taken[place], stages[place], -place))
            placed = programme.unit[left & (programme.host == host)]
            hosts[placed] = host
            left &= ~np.isin(programme.unit, placed)
    again = programme.values_of(hosts[choices.part])
    return values if again is None else again

"""One objective after the other: the least of each among the plans that are as good in all before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_array, vstack

from restructure.grades import STAGES
from restructure.optimise import clock
from restructure.optimise.core import narrow, solve_schools
from restructure.optimise.milp import Answer, Model, Status, is_feasible, solve
from restructure.optimise.programme import Programme
from restructure.roads import GEOD, Floats

#: Takes the objective (empty: none), its value in the best plan and what is proven; returns whether to stop.
Hear = Callable[[str, float | None, float], bool]
#: Ranks of several units make one whole number below this: the solver's tolerances blur no such number.
_RANKS = 2**16


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
    begun = clock.now()
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
        left = seconds - (clock.now() - begun)
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
    """Return of the plans as good the first by code: one and the same, whatever way the search took.

    School by school in order of code, and unit by unit, what each can do is ranked: staying, then going to the host of
    the first code, of the second … Of two plans that one is first which is before the other where they first differ.
    Lone units (:attr:`restructure.optimise.schools.Choices.lone`) stand before all others, and the nearest of their
    hosts in a straight line is first. So many units at a time are ranked as one number as its size allows.
    """
    begun = clock.now()
    left = np.flatnonzero(model.upper[programme.arcs] > 0)
    unit, lone = programme.unit[left], programme.choices.lone
    left = left[np.lexsort((programme.host[left], _straight_m(programme)[left], unit, ~lone[unit]))]
    # Of each unit the columns of the hosts that are left for it, the first host first.
    units = np.split(programme.arcs.start + left, 1 + np.flatnonzero(np.diff(programme.unit[left])))
    lower, upper, done = model.lower.copy(), model.upper.copy(), 0
    while done < len(units):
        cost, most, last = np.zeros(len(values)), 1, done
        if values[units[done]].any():
            while last < len(units) and most * (len(units[last]) + 1) <= _RANKS:
                most *= len(units[last]) + 1
                last += 1
            size = most
            for columns in units[done:last]:
                size //= len(columns) + 1
                cost[columns] = size * np.arange(1, len(columns) + 1)
            rest = seconds - (clock.now() - begun)
            sought = replace(model, cost=cost, lower=lower, upper=upper)
            answer = solve(sought, seconds=max(rest, 0), start=values, progress=lambda *_: hear("", None, -math.inf))
            values = values if answer.values is None else answer.values
            if answer.status != "optimal":
                break
        else:
            last += 1  # whoever stays cannot come before that
        chosen = np.concatenate(units[done:last])
        lower[chosen] = upper[chosen] = values[chosen]
        done = last
    return values


def _straight_m(programme: Programme) -> Floats:
    """Return the metres between school and host of each arc in a straight line, 0 but for lone units."""
    choices = programme.choices
    metres = np.zeros(len(programme.unit))
    lone = choices.lone[programme.unit]
    if lone.any():
        at = choices.office.schools[["lon", "lat"]].to_numpy(float)
        ends = np.hstack([at[choices.school[programme.unit[lone]]], at[programme.host[lone]]])
        known = np.isfinite(ends).all(axis=1)
        metres[lone] = np.inf
        metres[np.flatnonzero(lone)[known]] = GEOD.inv(*ends[known].T)[2]
    return metres


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

"""Rows that make the relaxation of small schools tighter without forbidding any plan."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, vstack

from restructure.optimise import clock
from restructure.optimise.milp import Model, relax
from restructure.optimise.programme import Programme
from restructure.roads import Floats, Ints

#: More rounds hardly raise the bound.
ROUNDS = 12
_VIOLATED = 1e-4


def tighten(programme: Programme, model: Model, seconds: float) -> Model:
    """Return a model with rows of small schools that its relaxation breaks, round by round.

    A school that stays open and is not small takes at least ``need`` pupils. Whatever units A it takes, the others
    bring at least what A leaves open: sum of heads outside A - sum over A of heads * (1 - x) >= left. Divided by any
    number and rounded as whole numbers may be (mixed-integer rounding: Nemhauser and Wolsey, 1990; complemented as by
    Marchand and Wolsey, 2001) this holds for all plans. A divisor above ``left`` gives the knapsack cover rows of Carr,
    Fleischer, Leung and Phillips (2000). A is sought among the units that the relaxation sends there the most of.
    """
    begun = clock.now()
    for _ in range(ROUNDS):
        values = relax(model).values
        rows = [] if np.isnan(values).any() else list(_broken(programme, values))
        if not rows:
            break
        model = replace(
            model,
            matrix=vstack([model.matrix, csr_array(np.array(rows))]).tocsr(),
            low=np.append(model.low, np.zeros(len(rows))),
            high=np.append(model.high, np.full(len(rows), np.inf)),
        )
        if clock.now() - begun > seconds:
            break
    return model


def _broken(programme: Programme, values: Floats) -> Iterator[Floats]:
    """Give for each school the row that the values break the most, if any."""
    choices = programme.choices
    people, size = choices.pupils.sum(axis=1), choices.learners.sum(axis=1)
    for place, small in programme.small.items():
        filled = programme.filled[place]
        grown = values[filled] - values[small]
        if grown < _VIOLATED:
            continue
        came = np.flatnonzero((programme.host == place) & (people[programme.unit] > 0))
        columns, heads = came + programme.arcs.start, people[programme.unit[came]]
        columns, heads = (part[np.argsort(-values[columns], kind="stable")] for part in (columns, heads))
        weights, demand = _deepest(heads, values[columns] / grown, choices.small_max + 1 - int(size[place]))
        if grown * demand - weights @ values[columns] > _VIOLATED * demand:
            row = np.zeros(len(values))
            row[columns] = weights
            row[[filled, small]] = -demand, demand
            yield row


def _deepest(heads: Ints, shares: Floats, need: int) -> tuple[Floats, int]:
    """Return weights and demand of the row, weights @ taken >= demand, that the shares break the most.

    Units stand in order of shares; A is any number of the first.
    """
    found, deepest = (np.zeros(len(heads)), 1), -math.inf
    partly = heads[(shares > _VIOLATED) & (shares < 1 - _VIOLATED)]
    for taken in range(int((shares > _VIOLATED).sum()) + 1):
        left = need - int(heads[:taken].sum())
        if left <= 0:
            break
        divisors = np.union1d(partly, [left + 1])
        divisors = divisors[left % divisors > 0][:, None]
        signed = np.where(np.arange(len(heads)) < taken, -heads, heads)
        # In whole numbers: every weight times the remainder of what is left.
        spare = left % divisors
        weights = signed // divisors * spare + np.minimum(signed % divisors, spare)
        demand = (-(-left // divisors) * spare)[:, 0]
        weights[:, :taken] *= -1
        demand = demand + weights[:, :taken].sum(axis=1)
        weights = np.minimum(weights, demand[:, None])
        lacking = 1 - weights @ shares / demand
        best = int(lacking.argmax())
        if lacking[best] > deepest:
            found, deepest = (weights[best].astype(float), int(demand[best])), float(lacking[best])
    return found

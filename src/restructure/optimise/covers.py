"""Rows that make the relaxation of small schools tighter without forbidding any plan."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array, vstack

from restructure.optimise.milp import Model, relax
from restructure.optimise.programme import Programme
from restructure.roads import Floats

#: More rounds hardly raise the bound.
ROUNDS = 12
_VIOLATED = 1e-4


def tighten(programme: Programme, model: Model, seconds: float) -> Model:
    """Return a model with knapsack cover rows that its relaxation breaks, round by round.

    A school that stays open and is not small takes at least ``need`` pupils. Whatever units A it takes, if they are
    fewer, the others bring at least what A leaves open, and none of them counts for more than that (Carr, Fleischer,
    Leung and Phillips, 2000). A is sought among the units that the relaxation sends there the most of.
    """
    begun = time.perf_counter()
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
        if time.perf_counter() - begun > seconds:
            break
    return model


def _broken(programme: Programme, values: Floats) -> list[Floats]:
    """Return for each school the row that the values break the most, if any."""
    choices = programme.choices
    people, size = choices.pupils.sum(axis=1), choices.learners.sum(axis=1)
    found = []
    for place, small in programme.small.items():
        open_ = int(np.searchsorted(programme.nodes, place))
        grown = values[open_] - values[small]
        if grown < _VIOLATED:
            continue
        came = np.flatnonzero((programme.host == place) & (people[programme.unit] > 0))
        columns, heads = came + programme.arcs.start, people[programme.unit[came]]
        columns, heads = (part[np.argsort(-values[columns], kind="stable")] for part in (columns, heads))
        # The first `taken` of the units are A: all such sets at once.
        left = choices.small_max + 1 - size[place] - np.concatenate([[0], np.cumsum(heads)[:-1]])
        left = left[left > 0]
        others = np.arange(len(heads)) >= np.arange(len(left))[:, None]
        weights = np.where(others, np.minimum(heads, left[:, None]), 0)
        lacking = grown - weights @ values[columns] / left
        worst = int(lacking.argmax())
        if lacking[worst] > _VIOLATED:
            row = np.zeros(len(values))
            row[columns] = weights[worst]
            row[[open_, small]] = -left[worst], left[worst]
            found.append(row)
    return found

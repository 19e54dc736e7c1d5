"""Large programmes of schools: columns that no plan worth having uses are shut, first by guess, then with proof."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from restructure.optimise import clock
from restructure.optimise.covers import tighten
from restructure.optimise.milp import Answer, Model, Progress, is_feasible, relax, solve
from restructure.optimise.programme import Programme
from restructure.roads import Floats

#: So many arcs a unit, those of the least reduced costs, are the core in which a good plan is sought first.
CORE = 12
#: Parts of the time: for rows that tighten, and for the search in the core.
_TIGHTEN, _SEARCH = 0.05, 0.4


def solve_schools(
    programme: Programme, model: Model, seconds: float, start: Floats | None, progress: Progress
) -> Answer:
    """Return the best plan of a model of a programme; parameters as of :func:`restructure.optimise.milp.solve`.

    The columns of least reduced cost, the core, hold a good plan mostly (Balas and Zemel, Operations Research 28,
    1980). Once it is known, :func:`narrow` shuts with proof what no better plan uses.
    """
    begun = clock.now()

    def left() -> float:
        return max(seconds - (clock.now() - begun), 0.0)

    if len(programme.unit) > CORE * len(np.unique(programme.unit)):
        model = tighten(programme, model, seconds * _TIGHTEN)
        start = _from_core(programme, model, left() * _SEARCH, start, progress)
        if start is not None:
            model = narrow(programme, model, float(model.cost @ start))
    elif start is not None:
        start = _same_closures(programme, model, left() / 4, start)
        model = narrow(programme, tighten(programme, model, left() * _TIGHTEN), float(model.cost @ start))
    return solve(model, seconds=left(), start=start, progress=progress)


def _from_core(
    programme: Programme, model: Model, seconds: float, start: Floats | None, progress: Progress
) -> Floats | None:
    """Return the best plan found in the core and what the known plan uses; the known one where none is better."""
    bound, likely = min(((relax(side).objective, side) for side in _sides(programme, model)), key=lambda one: one[0])
    likely = tighten(programme, likely, seconds * _TIGHTEN)
    costs = relax(likely).reduced_costs
    place = CORE * len(np.unique(programme.unit))
    most = float(np.partition(costs[programme.arcs], place)[place])
    if start is not None:
        costs[start > 0] = 0
    core = _shut(likely, costs, most)
    known = start if start is not None and is_feasible(core, start) else None

    def tell(value: float | None, _: float, passed: float) -> bool | None:
        return progress(value, bound, passed)

    found = solve(core, seconds=seconds, start=known, progress=tell).values
    return start if found is None or (start is not None and model.cost @ found >= model.cost @ start) else found


def _same_closures(programme: Programme, model: Model, seconds: float, start: Floats) -> Floats:
    """Return the best of the plans that close what a plan closes: soon found, a good start."""
    lower, upper = model.lower.copy(), model.upper.copy()
    closing = slice(0, len(programme.nodes))
    lower[closing] = upper[closing] = start[closing]
    found = solve(replace(model, lower=lower, upper=upper), seconds=seconds, start=start).values
    return start if found is None else found


def narrow(programme: Programme, model: Model, most: float) -> Model:
    """Return a model of all plans that cost at most so much, in which what none of them uses is shut.

    By the relaxation: a plan costs at least its optimum and the reduced cost of every column that the plan uses.
    """
    most += 1e-6 * max(1, abs(most))
    kept = [(side, relaxed) for side in _sides(programme, model) if (relaxed := relax(side)).objective <= most]
    if len(kept) != 1:
        kept = [(model, relax(model))]
    side, relaxed = kept[0]
    return _shut(side, relaxed.reduced_costs, most - relaxed.objective)


def _sides(programme: Programme, model: Model) -> Iterator[Model]:
    """Give the model parted by the number of schools that grow, where its relaxation has a fraction."""
    column = programme.grown
    number = math.nan if column is None else float(relax(model).values[column])
    if column is None or math.isnan(number) or abs(number - round(number)) < 1e-6:
        yield model
        return
    for name, value in (("upper", math.floor(number)), ("lower", math.ceil(number))):
        bounds = getattr(model, name).copy()
        bounds[column] = value
        yield replace(model, **{name: bounds})


def _shut(model: Model, reduced_costs: Floats, most: float) -> Model:
    """Return a model whose columns stay at the bound that they would leave at a higher reduced cost."""
    return replace(
        model,
        upper=np.where(reduced_costs > most, model.lower, model.upper),
        lower=np.where(-reduced_costs > most, model.upper, model.lower),
    )

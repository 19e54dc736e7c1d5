"""Mixed-integer programmes by HiGHS, with bound and gap of every answer.

One thread and a fixed seed: the same model gives the same answer, unless a time limit or a hand stopped the search; a
limit of counted work (:mod:`restructure.optimise.clock`) leaves it the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import highspy
import numpy as np
from scipy.sparse import csr_array

from restructure.optimise import clock
from restructure.roads import Bools, Floats

Status = Literal["optimal", "feasible", "infeasible", "none"]
#: Takes objective of the best plan (None: none yet), proven bound and seconds; True asks to stop.
Progress = Callable[[float | None, float, float], bool | None]

#: Rows that hold other than whole numbers may be off by this much, relative to their bound.
TOLERANCE = 1e-6
#: Where whole numbers break a row after rounding, the search is done again with this tolerance.
STRICT = 1e-9
#: Progress is told at most this often, in seconds.
EVERY = 0.1
_DONE = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
_STOPPED = (
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kInterrupt,
    highspy.HighsModelStatus.kSolutionLimit,
)


@dataclass(frozen=True, eq=False)
class Model:
    """Minimise cost @ x subject to low <= matrix @ x <= high and lower <= x <= upper.

    Parameters
    ----------
    cost, lower, upper
        One value a column; a bound may be infinite.
    integer
        Columns that take whole numbers only.
    matrix
        Rows × columns, a sparse array of SciPy.
    low, high
        One value a row; either may be infinite, equal ones are an equation.
    """

    cost: Floats
    lower: Floats
    upper: Floats
    integer: Bools
    matrix: Any
    low: Floats
    high: Floats


@dataclass(frozen=True, eq=False)
class Answer:
    """What the search found, and what it proved.

    Parameters
    ----------
    status
        ``optimal``: proven; ``feasible``: a plan, the gap is left; ``infeasible``: proven that there is no plan;
        ``none``: stopped before there was one.
    values
        One a column, whole numbers exactly so; None without a plan.
    objective
        cost @ values; None without a plan.
    bound
        No plan costs less: infinite where there is none, -infinite where nothing is proven.
    gap
        (objective - bound) / |objective|; 0 when proven, infinite without a plan.
    seconds
        How long it took.
    """

    status: Status
    values: Floats | None
    objective: float | None
    bound: float
    gap: float
    seconds: float


class Relaxation(NamedTuple):
    """Optimum of a model in which no column need be whole; infinite objective and NaN where there is none.

    A positive reduced cost belongs to a column at its lower bound, a positive row dual to a row at its low side.
    """

    objective: float
    values: Floats
    reduced_costs: Floats
    row_duals: Floats


def solve(
    model: Model,
    *,
    seconds: float | None = None,
    start: Floats | None = None,
    gap: float = 0.0,
    progress: Progress | None = None,
) -> Answer:
    """Return the best plan of a model, or the best found until it was stopped.

    Parameters
    ----------
    seconds
        Time limit.
    start
        Values of a known plan, one a column.
    gap
        Relative gap that is good enough; the answer is ``optimal`` only where none is left.
    progress
        Told of the search from time to time; an exception that it raises stops the search and is passed on.

    Raises
    ------
    ValueError
        The model is unbounded or not well formed.
    """
    begun = clock.now()
    values, bound, proven = _search(model, seconds, start, gap, progress, None)
    if values is not None and not is_feasible(model, values):
        left = None if seconds is None else max(seconds - (clock.now() - begun), 0.0)
        values, bound, proven = _search(model, left, start, gap, progress, STRICT)
        if values is not None and not is_feasible(model, values):
            values, proven = None, False
    passed = clock.now() - begun
    if values is None:
        return Answer("infeasible" if proven else "none", None, None, math.inf if proven else bound, math.inf, passed)
    objective = float(model.cost @ values)
    bound = objective if proven else min(bound, objective)
    share = relative_gap(objective, bound)
    return Answer("optimal" if share == 0 else "feasible", values, objective, bound, share, passed)


def relative_gap(objective: float, bound: float) -> float:
    """Return how far a plan may at most be from the best, relative to the plan; less than 1e-9 is none."""
    share = (objective - bound) / max(abs(objective), 1e-9)
    return share if share > 1e-9 else 0.0


def relax(model: Model) -> Relaxation:
    """Return the optimum of the linear relaxation.

    Raises
    ------
    ValueError
        The relaxation is unbounded or not well formed.
    """
    solver = _load(replace(model, integer=np.zeros(len(model.cost), bool)))
    solver.run()
    clock.count(clock.EACH_S + solver.getInfo().simplex_iteration_count * model.matrix.nnz / clock.SIMPLEX)
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        columns, rows = np.full(len(model.cost), np.nan), np.full(len(model.low), np.nan)
        return Relaxation(math.inf, columns, columns, rows)
    _check(solver)
    found = solver.getSolution()
    values, duals = np.array(found.col_value, float), np.array(found.row_dual, float)
    return Relaxation(float(model.cost @ values), values, model.cost - model.matrix.T @ duals, duals)


def is_feasible(model: Model, values: Floats) -> bool:
    """Return whether values keep to a model: exactly in columns and rows of whole numbers, closely in the others."""
    whole = model.integer
    if (values[whole] != np.round(values[whole])).any():
        return False
    matrix = csr_array(model.matrix)
    odd = (matrix.data != np.round(matrix.data)) | ~whole[matrix.indices]
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    exact = np.bincount(row[odd], minlength=matrix.shape[0]) == 0
    return _within(values, model.lower, model.upper, whole) and _within(matrix @ values, model.low, model.high, exact)


def _within(values: Floats, low: Floats, high: Floats, exact: Bools) -> bool:
    below, above = (
        np.where(exact | np.isinf(side), 0, TOLERANCE * np.maximum(1, np.abs(side))) for side in (low, high)
    )
    return bool(((values >= low - below) & (values <= high + above)).all())


def _search(
    model: Model,
    seconds: float | None,
    start: Floats | None,
    gap: float,
    progress: Progress | None,
    tolerance: float | None,
) -> tuple[Floats | None, float, bool]:
    """Return values, bound and whether all is proven: the plan optimal, or (without values) that there is none."""
    begun = time.perf_counter()
    solver = _load(model)
    solver.setOptionValue("mip_rel_gap", gap)
    if tolerance is not None:
        solver.setOptionValue("mip_feasibility_tolerance", tolerance)
    limit = math.inf if seconds is None else float(seconds)
    if not clock.counting():
        solver.setOptionValue("time_limit", limit)
        limit = math.inf
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = np.asarray(start, float)
        known.value_valid = True
        solver.setSolution(known)
    raised: list[BaseException] = []
    heard_s = max(model.matrix.nnz, 1) / clock.SEARCH
    heard = _listen(solver, progress, begun, raised, limit / heard_s)
    solver.run()
    clock.count(clock.EACH_S + heard[0] * heard_s)
    if raised:
        raise raised[0]
    status, info = solver.getModelStatus(), solver.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None, math.inf, True
    if status == highspy.HighsModelStatus.kModelEmpty:
        nothing = np.zeros(0)
        return (nothing, 0.0, True) if is_feasible(model, nothing) else (None, math.inf, True)
    stopped = status in _STOPPED
    if not stopped:
        _check(solver)
    mixed = bool(model.integer.any())
    bound = float(info.mip_dual_bound) if mixed else -math.inf
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None, bound, False
    values = _rounded(model, np.array(solver.getSolution().col_value, float))
    return values, bound, not stopped and (gap == 0 or not mixed)


def _listen(
    solver: Any, progress: Progress | None, begun: float, raised: list[BaseException], most: float
) -> list[int]:
    """Pass on what the solver tells; without progress too, so that a keyboard's interrupt reaches this process.

    The search ends when its branch and bound has told more than ``most`` times; the list holds how often it has.
    """
    told, best, bound, heard = begun, None, -math.inf, [0]

    def hear(event: Any) -> None:
        nonlocal told, best, bound
        if event.callback_type == highspy.cb.HighsCallbackType.kCallbackMipInterrupt:
            found, bound = event.data_out.mip_primal_bound, event.data_out.mip_dual_bound
            best = found if abs(found) < highspy.kHighsInf else None
            heard[0] += 1
            if heard[0] > most:
                event.interrupt()
        now = time.perf_counter()
        if progress is None or (now - told < EVERY and not raised):
            return
        told = now
        try:
            if raised or progress(best, bound, now - begun):
                event.interrupt()
        except BaseException as error:  # it must not travel through the solver's own code
            raised.append(error)
            event.interrupt()

    solver.cbMipInterrupt.subscribe(hear)
    solver.cbSimplexInterrupt.subscribe(hear)
    return heard


def _rounded(model: Model, values: Floats) -> Floats:
    """Make whole columns exactly whole; the others are found again where that moved anything."""
    whole = model.integer
    exact = np.clip(values, model.lower, model.upper)
    exact[whole] = np.round(exact[whole]) + 0.0  # no negative zero
    if whole.all() or np.array_equal(exact[whole], values[whole]):
        return exact
    fixed = replace(
        model,
        lower=np.where(whole, exact, model.lower),
        upper=np.where(whole, exact, model.upper),
        integer=np.zeros(len(whole), bool),
    )
    solver = _load(fixed)
    solver.run()
    if solver.getModelStatus() not in _DONE:
        return exact
    again = np.clip(np.array(solver.getSolution().col_value, float), model.lower, model.upper)
    return np.where(whole, exact, again)


def _load(model: Model) -> Any:
    """Hand a model to a solver that is silent and takes one thread."""
    # Some other part of the process may have woken the solver's helpers in another number.
    highspy.Highs.resetGlobalScheduler(True)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("parallel", "off")
    solver.setOptionValue("random_seed", 0)
    matrix = csr_array(model.matrix)
    rows, columns = matrix.shape
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = columns, rows
    programme.col_cost_, programme.col_lower_, programme.col_upper_ = model.cost, model.lower, model.upper
    programme.row_lower_, programme.row_upper_ = model.low, model.high
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_, programme.a_matrix_.index_ = matrix.indptr, matrix.indices
    programme.a_matrix_.value_ = matrix.data
    if model.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        programme.integrality_ = [kinds[int(one)] for one in model.integer]
    if solver.passModel(programme) == highspy.HighsStatus.kError:
        raise ValueError("the model is not well formed")
    return solver


def _check(solver: Any) -> None:
    status = solver.getModelStatus()
    if status not in _DONE:
        raise ValueError(f"no optimum: {solver.modelStatusToString(status).lower()}")

"""Mixed-integer programmes: against enumeration and SciPy's solver, stopped early, and what is always shown."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from restructure.optimise.milp import Model, is_feasible, relax, solve

NONE = np.zeros(0)


def model_of(
    cost: list[float],
    rows: list[list[float]],
    low: list[float],
    high: list[float],
    integer: list[bool] | None = None,
    upper: float = 1.0,
) -> Model:
    size = len(cost)
    matrix = csr_array(np.array(rows, float).reshape(len(rows), size))
    whole = np.ones(size, bool) if integer is None else np.array(integer)
    ends = np.array(low, float), np.array(high, float)
    return Model(np.array(cost, float), np.zeros(size), np.full(size, upper), whole, matrix, *ends)


def hard_model(size: int = 120, rows: int = 25) -> Model:
    """A knapsack of many dimensions: minutes to prove, a plan at once."""
    rng = np.random.default_rng(1)
    matrix = rng.integers(1, 100, (rows, size)).astype(float)
    cost = -rng.integers(1, 100, size).astype(float)
    return model_of(cost.tolist(), matrix.tolist(), [-math.inf] * rows, (matrix.sum(axis=1) // 3).tolist())


def test_a_programme_solved_by_hand() -> None:
    # 3a + 2b + 4c at least 5 pupils, dearest site c: a and b cost 5 together, c alone serves 4 only.
    answer = solve(model_of([3, 2, 4], [[3, 2, 4]], [5], [math.inf]))
    assert (answer.status, answer.objective, answer.bound, answer.gap) == ("optimal", 5.0, 5.0, 0.0)
    assert answer.values is not None
    assert answer.values.tolist() == [1, 1, 0]


@pytest.mark.parametrize("seed", range(40))
def test_same_objective_as_enumeration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, rows = 7, 4
    matrix = rng.integers(-5, 9, (rows, size)).astype(float)
    low = rng.integers(-4, 8, rows).astype(float)
    high = np.where(rng.random(rows) < 0.5, np.inf, low + rng.integers(0, 6, rows))
    cost = rng.integers(-9, 10, size).astype(float)
    values = np.array(list(itertools.product((0, 1), repeat=size)), float)
    sums = values @ matrix.T
    possible = ((sums >= low) & (sums <= high)).all(axis=1)
    model = model_of(cost.tolist(), matrix.tolist(), low.tolist(), high.tolist())
    answer = solve(model)
    if not possible.any():
        assert (answer.status, answer.values, answer.objective) == ("infeasible", None, None)
        assert answer.bound == math.inf
        return
    assert answer.status == "optimal"
    assert answer.objective == (values[possible] @ cost).min() == answer.bound
    assert is_feasible(model, answer.values)


@pytest.mark.parametrize("seed", range(20))
def test_relaxation_agrees_with_scipy_and_its_duals_prove_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, cost = rng.uniform(0, 5, (4, 8)), rng.uniform(1, 9, 8)
    low = rng.uniform(1, 6, 4)
    found = relax(model_of(cost.tolist(), matrix.tolist(), low.tolist(), [math.inf] * 4))
    other = linprog(cost, A_ub=-matrix, b_ub=-low, bounds=(0, 1))
    if not other.success:
        assert found.objective == math.inf
        return
    assert found.objective == pytest.approx(other.fun, abs=1e-7)
    # What the duals promise: rows at their low side, columns at 0 or 1.
    proven = found.row_duals @ low + np.minimum(found.reduced_costs, 0).sum()
    assert proven == pytest.approx(other.fun, abs=1e-6)
    assert (found.row_duals >= -1e-9).all()


def test_whole_numbers_are_whole_and_the_rest_follows() -> None:
    model = model_of(
        [-5, -4, -3], [[2, 3, 1], [4, 1, 2], [3, 4, 2]], [-math.inf] * 3, [5, 11, 8.5], [True, True, False], 9
    )
    answer = solve(model)
    # (2, 0) leaves c <= 1: -13; (1, 0) leaves c <= 2.75 by the third row: -13.25; (0, 0) 4.25: -12.75; (0, 1) 2: -10.
    assert answer.objective == pytest.approx(-13.25)
    assert answer.values is not None
    assert answer.values[:2].tolist() == [1, 0]
    assert answer.values[2] == pytest.approx(2.75)


def test_a_big_number_does_not_let_a_site_be_open_a_little() -> None:
    # With y = 1e-7 the row would hold within the solver's tolerance of whole numbers, and the site would cost nothing.
    model = model_of([-1, 1000], [[1, -1e7]], [-math.inf], [0], upper=1)
    answer = solve(dataclasses.replace(model, integer=np.array([False, True])))
    assert (answer.status, answer.objective) == ("optimal", 0.0)


def test_feasibility_is_exact_where_all_is_whole_and_close_elsewhere() -> None:
    whole = model_of([1, 1], [[1, 1]], [1], [1])
    assert is_feasible(whole, np.array([1.0, 0.0]))
    assert not is_feasible(whole, np.array([1.0, 1.0]))
    assert not is_feasible(whole, np.array([1.0, 1e-9]))
    mixed = dataclasses.replace(whole, integer=np.array([True, False]))
    assert is_feasible(mixed, np.array([1.0, 1e-9]))
    assert not is_feasible(mixed, np.array([1.0, 1e-3]))


def test_stopped_by_time_it_shows_plan_bound_and_gap() -> None:
    answer = solve(hard_model(), seconds=0.5)
    assert answer.status == "feasible"
    assert answer.objective is not None
    assert answer.bound < answer.objective
    assert answer.gap == pytest.approx((answer.objective - answer.bound) / abs(answer.objective))
    assert answer.seconds < 5
    assert is_feasible(hard_model(), answer.values)


def test_stopped_by_hand_with_what_was_told() -> None:
    told: list[tuple[float | None, float, float]] = []

    def progress(best: float | None, bound: float, seconds: float) -> bool:
        told.append((best, bound, seconds))
        return best is not None and len(told) > 2

    answer = solve(hard_model(), seconds=60, progress=progress)
    assert answer.status == "feasible"
    assert answer.seconds < 30
    assert answer.objective is not None
    assert told[-1][0] is not None
    assert answer.objective <= told[-1][0] + 1e-6
    assert answer.bound >= told[-1][1]


def test_an_error_in_progress_comes_out() -> None:
    def progress(*_: object) -> bool:
        raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        solve(hard_model(), seconds=60, progress=progress)


def test_a_known_plan_is_never_lost() -> None:
    model = hard_model()
    known = solve(model, seconds=0.5)
    again = solve(model, seconds=0.01, start=known.values)
    assert known.objective is not None
    assert again.objective is not None
    assert again.objective <= known.objective


def test_no_time_no_plan() -> None:
    rng = np.random.default_rng(0)
    matrix = rng.integers(1, 100, (20, 100)).astype(float)
    half = (matrix.sum(axis=1) // 2).tolist()  # so that sums of whole numbers must meet exactly
    answer = solve(model_of([1.0] * 100, matrix.tolist(), half, half), seconds=0.05)
    assert (answer.status, answer.values, answer.objective, answer.gap) == ("none", None, None, math.inf)


def test_same_model_same_plan() -> None:
    model = hard_model(30, 8)
    first, second = solve(model), solve(model)
    assert first.status == "optimal"
    assert first.values is not None
    assert second.values is not None
    assert first.values.tobytes() == second.values.tobytes()


def test_unbounded_is_refused() -> None:
    with pytest.raises(ValueError, match="unbounded"):
        solve(model_of([-1], [[0]], [0], [0], upper=math.inf))


def test_nothing_to_decide() -> None:
    answer = solve(Model(NONE, NONE, NONE, np.zeros(0, bool), csr_array((0, 0)), NONE, NONE))
    assert (answer.status, answer.objective, answer.gap) == ("optimal", 0.0, 0.0)


def test_nothing_to_decide_and_a_row_that_cannot_hold() -> None:
    answer = solve(Model(NONE, NONE, NONE, np.zeros(0, bool), csr_array((1, 0)), np.ones(1), np.ones(1)))
    assert answer.status == "infeasible"

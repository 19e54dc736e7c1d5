"""Location of facilities: published optima, enumeration of all subsets, and what must hold of any instance."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from conftest import SHARED
from scipy.optimize import linprog

from restructure.optimise import location
from restructure.optimise.location import Location, locate

PUBLISHED = SHARED / "optimisation"
published = pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f"no published instances at {PUBLISHED}")
INFINITE = math.inf


# -- published optima ----


def numbers(*parts: str) -> list[float]:
    return [float(word) for word in PUBLISHED.joinpath(*parts).read_text().split()]


def assert_proven(found: Location, optimum: float) -> None:
    assert (found.status, found.gap) == ("optimal", 0)
    assert found.objective == found.bound == pytest.approx(optimum, abs=1e-6)


@pytest.mark.soak
@published
def test_pmed1() -> None:
    size, edges, count, *rest = (int(number) for number in numbers("orlib", "pmed1.txt"))
    ways = np.full((size, size), np.inf)
    np.fill_diagonal(ways, 0)
    for one, other, length in np.array(rest).reshape(edges, 3):
        ways[one - 1, other - 1] = ways[other - 1, one - 1] = length  # the last one counts
    for k in range(size):
        ways = np.minimum(ways, ways[:, [k]] + ways[k])
    assert_proven(locate(ways, count=count), 5819)


@published
@pytest.mark.parametrize("number", range(1, 6))
def test_pmedcap(number: int) -> None:
    _, best, size, count, capacity, *rest = numbers("orlib", f"pmedcap1_{number}.txt")
    _, x, y, demand = np.array(rest).reshape(int(size), 4).T
    cost = np.floor(np.hypot(x[:, None] - x, y[:, None] - y))
    found = locate(cost, count=int(count), demand=demand, capacity=np.full(int(size), capacity))
    assert_proven(found, best)
    assert_kept(found, cost, demand=demand, capacity=np.full(int(size), capacity), count=int(count))


@published
@pytest.mark.parametrize(("name", "optimum"), [("cap41", 1040444.375), ("cap72", 977799.400)])
def test_capacitated_with_shares(name: str, optimum: float) -> None:
    sites, villages, *rest = numbers("orlib", f"{name}.txt")
    m, n = int(sites), int(villages)
    capacity, opening = np.array(rest[: 2 * m]).reshape(m, 2).T
    table = np.array(rest[2 * m :]).reshape(n, m + 1)
    found = locate(table[:, 1:], opening=opening, demand=table[:, 0], capacity=capacity, single_source=False)
    assert_proven(found, optimum)


@published
@pytest.mark.parametrize(("name", "optimum"), [("p1", 8848), ("p2", 7913), ("p13", 8252), ("p25", 11630)])
def test_holmberg(name: str, optimum: float) -> None:
    sites, villages, *rest = numbers("holmberg", name)
    m, n = int(sites), int(villages)
    capacity, opening = np.array(rest[: 2 * m]).reshape(m, 2).T
    demand = np.array(rest[2 * m : 2 * m + n])
    cost = np.array(rest[2 * m + n : 2 * m + n + n * m]).reshape(m, n).T
    found = locate(cost, opening=opening, demand=demand, capacity=capacity)
    assert_proven(found, optimum)
    assert_kept(found, cost, opening=opening, demand=demand, capacity=capacity)


# -- enumeration ----


def instance(seed: int) -> dict[str, Any]:
    """Return a small random instance; seeds take turns in what it limits."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 6)), int(rng.integers(1, 5))
    cost = rng.integers(0, 20, (n, m)).astype(float)
    if seed % 3 == 0:
        cost += rng.random((n, m))
    cost[rng.random((n, m)) < 0.15] = np.inf
    case: dict[str, Any] = {"cost": cost}
    if seed % 2:
        case["count"] = int(rng.integers(1, m + 1))
    if seed % 4 < 2 or seed % 5 == 0:
        case["opening"] = rng.integers(0, 15, m).astype(float)
    if seed % 8 >= 2:
        case["demand"] = rng.integers(0, 9, n).astype(float)
        case["capacity"] = rng.integers(2, 20, m).astype(float)
        case["single_source"] = seed % 8 < 6
    return case


def enumerated(case: dict[str, Any]) -> float:
    """Return the least cost over all subsets of sites, infinite where none will do."""
    cost, m = case["cost"], case["cost"].shape[1]
    opening = case.get("opening", np.zeros(m))
    sizes = [case["count"]] if "count" in case else range(m + 1)
    subsets = (list(subset) for size in sizes for subset in itertools.combinations(range(m), size))
    return min((opening[subset].sum() + served(case, cost[:, subset], subset) for subset in subsets), default=INFINITE)


def served(case: dict[str, Any], cost: np.ndarray, subset: list[int]) -> float:
    n = len(cost)
    if not subset:
        return INFINITE
    if "demand" not in case:
        return float(cost.min(axis=1).sum())
    demand, room = case["demand"], case["capacity"][subset]
    if case["single_source"]:
        plans = np.array(list(itertools.product(range(len(subset)), repeat=n)))
        loads = np.stack([(demand * (plans == site)).sum(axis=1) for site in range(len(subset))], axis=1)
        fits = (loads <= room).all(axis=1)
        return float(cost[np.arange(n), plans].sum(axis=1)[fits].min(initial=INFINITE))
    once = np.kron(np.eye(n), np.ones(len(subset)))
    filled = np.kron(demand, np.eye(len(subset)))
    ends = [(0, 1 if math.isfinite(one) else 0) for one in cost.ravel()]
    found = linprog(np.where(np.isfinite(cost), cost, 0).ravel(), filled, room, once, np.ones(n), ends)
    return float(found.fun) if found.success else INFINITE


def assert_kept(
    found: Location,
    cost: np.ndarray,
    *,
    opening: np.ndarray | None = None,
    count: int | None = None,
    demand: np.ndarray | None = None,
    capacity: np.ndarray | None = None,
    single_source: bool = True,
) -> None:
    """Hold a plan against the rules, without a word of the solver."""
    assert found.open is not None
    assert found.assigned is not None
    n, m = cost.shape
    shares = found.assigned
    if shares.ndim == 1:
        shares = np.zeros((n, m))
        shares[np.arange(n), found.assigned] = 1
    assert single_source == (found.assigned.ndim == 1) or demand is None
    assert shares.sum(axis=1) == pytest.approx(np.ones(n))
    assert not (shares[:, ~found.open] > 1e-9).any()
    assert not (shares[~np.isfinite(cost)] > 1e-9).any()
    assert count is None or found.open.sum() == count
    if demand is not None:
        assert (demand @ shares <= capacity + 1e-6).all()
    paid = (np.where(np.isfinite(cost), cost, 0) * shares).sum() + (0 if opening is None else opening[found.open].sum())
    assert found.objective == pytest.approx(paid)


@pytest.mark.parametrize("seed", range(200))
def test_same_objective_as_all_subsets(seed: int) -> None:
    case = instance(seed)
    found, least = locate(**case), enumerated(case)
    if least == INFINITE:
        assert (found.status, found.open, found.objective, found.bound) == ("infeasible", None, None, INFINITE)
        return
    assert found.status == "optimal"
    assert found.objective == pytest.approx(least, abs=1e-6)
    assert_kept(found, **case)


@pytest.mark.parametrize("seed", [2, 3, 4, 5, 10, 11, 12, 13, 18, 19])
def test_branch_and_bound_alone_finds_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What large instances go through, on instances that are small enough to enumerate."""
    monkeypatch.setattr(location, "FEW_ARCS", 0)
    case = instance(seed)
    found, least = locate(**case), enumerated(case)
    assert (INFINITE if found.objective is None else found.objective) == pytest.approx(least, abs=1e-6)
    assert found.gap == 0 or least == INFINITE


# -- what must hold ----


def office(seed: int, villages: int = 40, sites: int = 12, count: int = 5) -> dict[str, Any]:
    """Return an instance that is too large to enumerate; its best plan is the only one."""
    rng = np.random.default_rng([7, seed])
    homes, hosts = rng.uniform(0, 50, (villages, 2)), rng.uniform(0, 50, (sites, 2))
    demand = rng.integers(5, 60, villages).astype(float)
    km = np.hypot(*(homes[:, None] - hosts).transpose(2, 0, 1))
    room = np.floor(1.3 * demand.sum() / count * rng.uniform(0.8, 1.2, sites))
    return {"cost": km * demand[:, None], "count": count, "demand": demand, "capacity": room}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("limits", ["free", "whole", "split"])
def test_rules_and_labels(seed: int, limits: str) -> None:
    case = office(seed)
    if limits == "free":
        del case["demand"], case["capacity"]
    elif limits == "split":
        case["single_source"] = False
    found = locate(**case)
    assert found.status == "optimal"
    assert_kept(found, **case)
    tolerance = 1e-7 * found.objective  # type: ignore[operator]
    # A forbidden arc of the plan never makes it cheaper.
    taken = found.assigned[0] if limits != "split" else found.assigned[0].argmax()  # type: ignore[index, union-attr]
    cost = case["cost"].copy()
    cost[0, int(taken)] = np.inf
    dearer = locate(**(case | {"cost": cost}))
    assert dearer.objective is None or dearer.objective >= found.objective - tolerance  # type: ignore[operator]
    # More room never makes it dearer.
    if limits != "free":
        roomier = locate(**(case | {"capacity": case["capacity"] * 1.1}))
        assert roomier.objective <= found.objective + tolerance  # type: ignore[operator]
    # Other labels, the same plan.
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(cost)), rng.permutation(cost.shape[1])
    other = case | {"cost": case["cost"][np.ix_(rows, columns)]}
    if limits != "free":
        other |= {"demand": case["demand"][rows], "capacity": case["capacity"][columns]}
    again = locate(**other)
    assert again.objective == pytest.approx(found.objective)
    assert again.open.tolist() == found.open[columns].tolist()  # type: ignore[index, union-attr]


@pytest.mark.parametrize("count", [None, 3])
def test_equal_sites_serve_every_village_once(count: int | None) -> None:
    """With ties everywhere the relaxation may split a village between sites of equal cost."""
    cost = np.ones((12, 6))
    found = locate(cost, count=count, opening=np.full(6, 2.0))
    assert found.objective == 12 + 2 * (count or 1)
    assert_kept(found, cost, opening=np.full(6, 2.0), count=count)


def test_same_data_same_plan() -> None:
    case = office(1, 120, 30, 12)
    first, second = locate(**case), locate(**case)
    assert first.assigned.tobytes() == second.assigned.tobytes()  # type: ignore[union-attr]
    assert (first.objective, first.bound, first.gap) == (second.objective, second.bound, second.gap)


def test_time_and_hand_stop_it_with_a_bound() -> None:
    case = office(2, 300, 80, 40)
    case["capacity"] = np.floor(case["capacity"] / 1.13)
    told: list[tuple[float | None, float]] = []

    def progress(best: float | None, bound: float, _seconds: float) -> bool:
        told.append((best, bound))
        return best is not None and len(told) > 3

    found = locate(**case, seconds=30, progress=progress)
    assert found.status == "feasible"
    assert found.seconds < 25
    assert found.objective is not None
    assert 0 < found.gap < 0.1
    assert found.bound < found.objective
    assert_kept(found, **case)
    assert [best for best, _ in told] == sorted((best for best, _ in told), key=lambda best: -(best or INFINITE))
    assert locate(**case, seconds=1).seconds < 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"cost": np.ones(3)},
        {"cost": np.array([[np.nan]])},
        {"cost": np.ones((0, 2))},
        {"demand": np.ones(2)},
        {"demand": np.ones(3), "capacity": np.ones(2)},
        {"demand": -np.ones(2), "capacity": np.ones(2)},
        {"count": -1},
        {"opening": np.array([1.0, np.inf])},
    ],
    ids=["shape", "nan", "nobody", "no-capacity", "length", "negative", "count", "opening"],
)
def test_what_has_no_meaning_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must|come together|one a"):
        locate(**({"cost": np.ones((2, 2))} | wrong))

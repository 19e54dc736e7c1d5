"""Facility location with a proof: p-median and location with opening costs, with and without capacities.

A plan is found by local search, a bound by multipliers (dual.py); what no better plan can use is dropped with proof,
and the rest is settled by HiGHS, or by branch and bound over the sites where whole villages fill many sites.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from restructure.optimise import milp
from restructure.optimise.arcs import Arcs, Statuses, as_model, neighbours
from restructure.optimise.branch import Node, branch, dive, fix, openness, priced, rise, useful
from restructure.optimise.dual import FREE, SPLIT, WHOLE
from restructure.optimise.search import anneal
from restructure.roads import Bools, Floats, Ints

#: Rounds of multipliers at first; where nothing limits a site, most arcs can be dropped after few.
ROUNDS, ROUNDS_FREE = 2_000, 300
#: Rounds of search: so many a village, at most so many, in so many stretches.
SEARCH, MOST, STRETCHES = 1_000, 1_500_000, 30
#: Up to so many arcs HiGHS settles whole villages faster.
FEW_ARCS = 3_000
#: Moves of the search when the sites are settled; that is done where the bound is so far below the best plan.
LEAF, WORTH = 100_000, 2e-4


@dataclass(frozen=True, eq=False)
class Location:
    """Which sites open, which villages they serve, and how far from the best that may be.

    Parameters
    ----------
    open
        Of each site; None without a plan.
    assigned
        Site of each village; shares, villages × sites, where villages may be split.
    objective
        Costs of the arcs taken and of the sites opened; None without a plan.
    bound, gap, status, seconds
        As in milp.Answer.
    """

    open: Bools | None
    assigned: Ints | Floats | None
    objective: float | None
    bound: float
    gap: float
    status: milp.Status
    seconds: float


def locate(
    cost: Floats,
    *,
    opening: Floats | None = None,
    count: int | None = None,
    demand: Floats | None = None,
    capacity: Floats | None = None,
    single_source: bool = True,
    seconds: float | None = None,
    progress: milp.Progress | None = None,
) -> Location:
    """Return the cheapest choice of sites and of a site for every village.

    Parameters
    ----------
    cost
        Villages × sites: what it costs that the site serves the whole village; infinite where it cannot.
    opening
        What each site costs when open; nothing by default.
    count
        So many sites open, neither more nor fewer; any number by default.
    demand, capacity
        Of each village and each site; both or neither.
    single_source
        Whether a village goes whole to one site. Without capacities it does.
    seconds
        Time limit; without one the same data give the same plan, byte by byte.
    progress
        Told of the search from time to time; True asks to stop.

    Raises
    ------
    ValueError
        Shapes do not agree, or a value is negative or not a number where that has no meaning.
    """
    begun = time.perf_counter()
    work = _Work(_arcs_of(cost, opening, count, demand, capacity, single_source), begun, seconds, progress)
    work.run()
    objective, bound = work.best, work.bound
    passed = time.perf_counter() - begun
    if not math.isfinite(objective):
        status: milp.Status = "infeasible" if bound == math.inf else "none"
        return Location(None, None, None, bound, math.inf, status, passed)
    bound = min(bound, objective)
    gap = milp.relative_gap(objective, bound)
    if gap == 0:
        bound = objective
    return Location(work.open, work.assigned, objective, bound, gap, "feasible" if gap else "optimal", passed)


def _arcs_of(
    cost: Floats,
    opening: Floats | None,
    count: int | None,
    demand: Floats | None,
    capacity: Floats | None,
    single_source: bool,
) -> Arcs:
    cost = np.asarray(cost, float)
    if cost.ndim != 2 or not cost.size or np.isnan(cost).any() or np.isneginf(cost).any():
        raise ValueError("cost must be villages × sites, at least one of each, numbers or infinite")
    n, m = cost.shape
    if (demand is None) != (capacity is None):
        raise ValueError("demand and capacity come together")
    if count is not None and count < 0:
        raise ValueError("count must not be negative")
    prices = np.zeros(m) if opening is None else np.asarray(opening, float)
    weight = np.zeros(n) if demand is None else np.asarray(demand, float)
    room = np.zeros(m) if capacity is None else np.asarray(capacity, float)
    if prices.shape != (m,) or weight.shape != (n,) or room.shape != (m,):
        raise ValueError("opening and capacity are one a site, demand one a village")
    if not np.isfinite(prices).all() or not (np.isfinite(weight) & (weight >= 0)).all() or not (room >= 0).all():
        raise ValueError("opening must be finite, demand finite and not negative, capacity not negative")
    kind = FREE if demand is None else WHOLE if single_source else SPLIT
    possible = np.isfinite(cost)
    if kind == WHOLE:
        possible &= weight[:, None] <= room
    if kind == FREE and count is not None and 0 < count <= m:
        # One of the m - count + 1 nearest is always open.
        order = np.argsort(cost, axis=1, kind="stable")
        np.put_along_axis(possible, order[:, m - count + 1 :], False, axis=1)
    site, village = np.nonzero(possible.T)
    first = np.r_[0, np.cumsum(np.bincount(site, minlength=m))]
    # No room is more than all villages fill.
    room = np.minimum(room, weight.sum())
    # In one piece each, so that the loops are compiled once.
    prices, weight, room = (np.ascontiguousarray(values) for values in (prices, weight, room))
    return Arcs(first, village, cost[village, site], prices, weight, room, kind, -1 if count is None else count)


class _Work:
    """The best plan, the bound, and the steps that bring them together."""

    def __init__(self, arcs: Arcs, begun: float, seconds: float | None, progress: milp.Progress | None) -> None:
        self.arcs, self.begun, self.seconds, self.progress = arcs, begun, seconds, progress
        self.n, self.m = len(arcs.weight), len(arcs.room)
        self.best, self.bound = math.inf, -math.inf
        self.open: Bools = np.zeros(self.m, bool)
        self.assigned: Ints | Floats = np.full(self.n, -1)
        self.stopped = False
        self.told = begun
        costs = np.r_[arcs.cost, arcs.opening]
        self.whole = arcs.kind != SPLIT and bool((costs == np.round(costs)).all())
        order = np.lexsort((arcs.site, arcs.cost, arcs.village))
        self.by_village = (
            np.r_[0, np.cumsum(np.bincount(arcs.village, minlength=self.n))], arcs.site[order], arcs.cost[order]
        )  # fmt: skip
        self.near = neighbours(arcs)

    @property
    def below(self) -> float:
        """What a plan must cost less than: whole costs differ by one at least."""
        if not math.isfinite(self.best):
            return math.inf
        return self.best - 1 + self._rounding(self.best) if self.whole else self.best - 1e-10 * abs(self.best)

    @staticmethod
    def _rounding(value: float) -> float:
        """By how much a sum of this size may be off at most; less than half of what whole costs differ by."""
        return min(1e-6 + 1e-9 * abs(value), 0.4)

    def stop(self, bound: float) -> bool:
        """Take note of a bound and return whether time is up or someone asked to stop."""
        if self.whole and math.isfinite(bound):
            bound = math.ceil(bound - self._rounding(bound))
        self.bound = max(self.bound, min(bound, self.best))
        now = time.perf_counter()
        if self.seconds is not None and now - self.begun >= self.seconds:
            self.stopped = True
        elif self.progress is not None and now - self.told >= milp.EVERY:
            self.told = now
            best = self.best if math.isfinite(self.best) else None
            self.stopped |= bool(self.progress(best, self.bound, now - self.begun))
        return self.stopped

    def run(self) -> None:
        arcs = self.arcs
        status = np.zeros(self.m, np.int8)
        if self._hopeless():
            self.bound = math.inf
            return
        node = self._root(status)
        if self.stop(node.bound):
            return
        if arcs.kind != SPLIT:
            self._search(node)
        if arcs.kind == FREE and math.isfinite(self.best):
            keep = useful(arcs, node, self.below)
            arcs = arcs.only(keep)
            node = rise(arcs, node._replace(mean=node.mean[keep]), ROUNDS, self.below, stop=self.stop)
        settled = None if self.stop(node.bound) else fix(arcs, node, self.below)
        if self.stopped:
            return
        if settled is None:
            self.bound = self.best
            return
        if arcs.kind == WHOLE and len(arcs.cost) > FEW_ARCS and math.isfinite(self.best):
            self._branch(arcs, settled)
        else:
            self.stop(max(self._settle(arcs, settled, math.inf), node.bound))

    def _hopeless(self) -> bool:
        arcs = self.arcs
        served = np.bincount(arcs.village, minlength=self.n) > 0
        few = arcs.count > self.m or (arcs.count == 0 and self.n > 0)
        return few or not served.all() or (arcs.kind != FREE and arcs.weight.sum() > arcs.room.sum())

    def _root(self, status: Statuses) -> Node:
        arcs = self.arcs
        first, _, cost = self.by_village
        # Each village begins with its second cheapest arc.
        prices = cost[np.minimum(first[:-1] + 1, first[1:] - 1)].astype(float)
        found = priced(arcs, prices, status)
        node = Node(found.bound, prices, found.take * found.chosen[arcs.site], status)
        return rise(arcs, node, ROUNDS_FREE if arcs.kind == FREE else ROUNDS, math.inf, 0.1, self.stop)

    def _search(self, node: Node) -> None:
        """Look for a plan from the fractional one, ever less ready to accept a worse one."""
        share = openness(self.arcs, node.mean)
        begin = np.zeros(self.m, bool)
        size = int((share > 0.5).sum()) if self.arcs.count < 0 else self.arcs.count
        begin[np.argsort(-share, kind="stable")[: max(size, 1)]] = True
        self.open = begin
        level = float(np.abs(node.prices).mean()) + 1e-9
        moves = min((20 if self.arcs.kind == FREE else SEARCH) * self.n, MOST) // STRETCHES + 1
        hot, cold = (level / 20, level / 400) if self.arcs.kind == FREE else (level, level / 20)
        for stretch in range(STRETCHES):
            if node.bound >= self.below or self.stop(node.bound):
                break
            heat = hot * (cold / hot) ** (stretch / STRETCHES), hot * (cold / hot) ** ((stretch + 1) / STRETCHES)
            self._anneal(node.status, self.assigned.copy(), self.open.copy(), heat, moves, stretch)

    def _anneal(
        self, status: Statuses, plan: Ints | Floats, is_open: Bools, heat: tuple[float, float], moves: int, seed: int
    ) -> None:
        arcs = self.arcs
        first, site, cost = self.by_village
        found = anneal(
            first, site, cost, *self.near, arcs.opening, arcs.weight, arcs.room, arcs.count >= 0, status, plan, is_open,
            *heat, moves, seed,
        )  # fmt: skip
        if found < self.best:
            self._take(is_open, plan)

    def _take(self, is_open: Bools, plan: Ints | Floats) -> None:
        """Keep a plan if it is the best; its cost is summed anew."""
        arcs = self.arcs
        if arcs.kind == FREE:
            # Each village goes to its cheapest open site, of equal ones the first.
            _, site, _ = self.by_village
            village = np.sort(arcs.village)
            plan = np.full(self.n, -1)
            usable = is_open[site]
            served, at = np.unique(village[usable], return_index=True)
            plan[served] = site[usable][at]
        if plan.ndim == 1:
            used = arcs.site == plan[arcs.village]
            total = float(arcs.cost[used].sum() + arcs.opening[is_open].sum())
        else:
            total = float((arcs.cost * plan[arcs.village, arcs.site]).sum() + arcs.opening[is_open].sum())
        if total < self.best:
            self.best, self.open, self.assigned = total, is_open.copy(), plan.copy()

    def _branch(self, arcs: Arcs, root: Node) -> None:
        seed = STRETCHES

        def try_plan(node: Node) -> float:
            nonlocal seed
            leaf = dive(arcs, node, self.below - WORTH * abs(self.best))
            if leaf is not None:
                seed += 1
                level = float(np.abs(leaf.prices).mean())
                heat = level / 10, level / 1_000
                self._anneal(leaf.status, _rounded(arcs, leaf), leaf.status > 0, heat, LEAF, seed)
            return self.below

        def finish(node: Node) -> tuple[float, float]:
            return self.below, max(self._settle(arcs, node, self.bound), node.bound)

        bound = branch(arcs, root, self.below, try_plan, finish, self.stop)
        if bound >= self.below:
            bound = self.best
        self.stop(bound)

    def _settle(self, arcs: Arcs, node: Node, others: float) -> float:
        """Solve by HiGHS what is left of a node; return a bound of it, infinite where it holds no better plan.

        ``others`` bounds the plans of all other nodes.
        """
        status = node.status
        rest = arcs.only(useful(arcs, node, self.below))
        model = as_model(rest, status)
        start = self._start(rest, status)
        left = None if self.seconds is None else max(self.seconds - (time.perf_counter() - self.begun), 0.01)

        def tell(best: float | None, bound: float, _seconds: float) -> bool:
            if self.progress is None:
                return False
            known = min(self.best, math.inf if best is None else best)
            passed = time.perf_counter() - self.begun
            return bool(self.progress(known if known < math.inf else None, max(min(bound, others), self.bound), passed))

        answer = milp.solve(model, seconds=left, start=start, progress=tell)
        if answer.values is not None:
            shares = answer.values[: len(rest.cost)]
            is_open = answer.values[len(rest.cost) :] > 0.5
            if arcs.kind == SPLIT:
                plan: Ints | Floats = np.zeros((self.n, self.m))
                plan[rest.village, rest.site] = shares
            else:
                taken = shares > 0.5
                plan = np.full(self.n, -1)
                plan[rest.village[taken]] = rest.site[taken]
            self._take(is_open, plan)
        self.stopped |= answer.status in ("none", "feasible")
        return answer.bound

    def _start(self, rest: Arcs, status: Statuses) -> Floats | None:
        """Return the best plan as values of the model, if all of it is still there."""
        if not math.isfinite(self.best) or self.assigned.ndim != 1:
            return None
        used = rest.site == self.assigned[rest.village]
        if used.sum() < self.n or (self.open & (status < 0)).any() or (~self.open & (status > 0)).any():
            return None
        start: Floats = np.r_[used, self.open].astype(float)
        return start


def _rounded(arcs: Arcs, node: Node) -> Ints:
    """Return for each village the open site that has most of it, as long as there is room; else -1."""
    order = np.lexsort((arcs.site, -node.mean))
    order = order[(node.mean[order] > 0) & (node.status[arcs.site[order]] > 0)]
    plan, rest = np.full(len(arcs.weight), -1), arcs.room.copy()
    for village, site in zip(arcs.village[order], arcs.site[order], strict=True):
        if plan[village] < 0 and arcs.weight[village] <= rest[site]:
            plan[village] = site
            rest[site] -= arcs.weight[village]
    return plan

"""Branch and bound over which sites open, with bounds by multipliers.

Node by node the multipliers of the parent climb on for some rounds. A site to branch on is chosen by what branching on
it has brought so far, tried out where that is not known (reliability branching: Achterberg and others, Operations
Research Letters 33, 2005).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from restructure.optimise.arcs import Arcs, Statuses
from restructure.optimise.dual import climb, keep_arcs, price
from restructure.roads import Bools, Floats, Ints

#: Rounds of multipliers: at a node, and where a site is only tried out.
ROUNDS, TRIAL = 50, 20
#: After so many nodes a plan is looked for.
DIVE = 50
#: So often a site is tried out, in each direction.
RELIABLE = 3
#: So many sites are looked at for branching.
CANDIDATES = 12


class Node(NamedTuple):
    """A part of the plans: the sites that are open (1), closed (-1) or free, and how far multipliers came there.

    ``mean`` holds the share of each arc in the fractional plan.
    """

    bound: float
    prices: Floats
    mean: Floats
    status: Statuses


class Priced(NamedTuple):
    """What is left of a problem at given multipliers, solved."""

    bound: float
    value: Floats
    take: Floats
    chosen: Bools


def priced(arcs: Arcs, prices: Floats, status: Statuses) -> Priced:
    """Return bound, what each site adds when open, shares of arcs, sites chosen."""
    value, take, chosen = np.empty(len(arcs.room)), np.empty(len(arcs.cost)), np.empty(len(arcs.room), bool)
    bound = price(
        arcs.first, arcs.village, arcs.cost, arcs.opening, arcs.weight, arcs.room, arcs.kind, arcs.count, status,
        prices, value, take, chosen,
    )  # fmt: skip
    return Priced(bound, value, take, chosen)


def rise(
    arcs: Arcs,
    node: Node,
    rounds: int,
    best: float,
    step: float = 0.005,
    stop: Callable[[float], bool] = lambda _bound: False,
) -> Node:
    """Let the multipliers of a node climb, at most to the cost of the best plan."""
    # A closed site serves no one.
    prices, mean = node.prices.copy(), np.where(node.status[arcs.site] < 0, 0.0, node.mean)
    state = np.array([node.bound, step, 0.0, 0.1])
    for done in range(0, rounds, 50):
        target = best if math.isfinite(best) else state[0] + 0.05 * abs(state[0]) + 1e-6
        climb(
            arcs.first, arcs.village, arcs.cost, arcs.opening, arcs.weight, arcs.room, arcs.kind, arcs.count,
            node.status, prices, mean, state, target, min(50, rounds - done),
        )  # fmt: skip
        state[3] = max(state[3] * 0.9, 1e-4)
        if state[0] >= best or stop(float(state[0])):
            break
    return Node(float(state[0]), prices, mean, node.status)


def fix(arcs: Arcs, node: Node, best: float) -> Node | None:
    """Settle the sites that all plans cheaper than ``best`` open or close; None: there is no such plan."""
    found = priced(arcs, node.prices, node.status)
    if max(found.bound, node.bound) >= best:
        return None
    inside, outside, pushed, pulled = _edges(arcs, node, found)
    status = node.status.copy()
    # Where no place is left, or none is to be filled, the infinities settle it.
    status[outside[found.bound + found.value[outside] - pushed >= best]] = -1
    status[inside[found.bound - found.value[inside] + pulled >= best]] = 1
    return node._replace(status=status)


def useful(arcs: Arcs, node: Node, best: float) -> Bools:
    """Return the arcs that a plan cheaper than ``best`` may take."""
    found = priced(arcs, node.prices, node.status)
    keep = np.ones(len(arcs.cost), bool)
    pushed = _edges(arcs, node, found)[2]
    keep_arcs(
        arcs.first, arcs.village, arcs.cost, arcs.opening, arcs.weight, arcs.room, arcs.kind, node.prices, found.value,
        found.chosen, node.status, pushed, found.bound, best, keep,
    )  # fmt: skip
    return keep


def _edges(arcs: Arcs, node: Node, found: Priced) -> tuple[Ints, Ints, float, float]:
    """Return the free sites chosen, those not, what the dearest of the former adds and the cheapest of the latter."""
    free = node.status == 0
    inside, outside = np.flatnonzero(free & found.chosen), np.flatnonzero(free & ~found.chosen)
    if arcs.count < 0:
        return inside, outside, 0.0, 0.0
    dearest, cheapest = found.value[inside].max(initial=-math.inf), found.value[outside].min(initial=math.inf)
    return inside, outside, float(dearest), float(cheapest)


def openness(arcs: Arcs, mean: Floats) -> Floats:
    """Return how far each site is open in a fractional plan: the largest share of a village."""
    most = np.zeros(len(arcs.room))
    np.maximum.at(most, arcs.site, mean)
    return most


def branch(
    arcs: Arcs,
    root: Node,
    best: float,
    try_plan: Callable[[Node], float],
    finish: Callable[[Node], tuple[float, float]],
    stop: Callable[[float], bool],
) -> float:
    """Search all nodes, lowest bound first; return the bound that is proven.

    Parameters
    ----------
    best
        A plan must cost less than this.
    try_plan
        Looks for a plan near a node; returns the new ``best``.
    finish
        Solves a node without free sites; returns the new ``best`` and the bound of the node.
    stop
        Told the bound now and then; True ends the search.
    """
    gains, seen = np.zeros((2, len(arcs.room))), np.zeros((2, len(arcs.room)))
    heap = [(root.bound, 0, _small(root))]
    # Nodes that were left with a bound below the best plan.
    left = math.inf
    nodes = pushed = 0
    while heap:
        bound, _, small = heapq.heappop(heap)
        if bound >= best:
            break
        if stop(min(bound, left)):
            return min(bound, left)
        settled = fix(arcs, _large(small, len(arcs.cost)), best)
        status = None if settled is None else _complete(arcs, settled.status)
        if settled is None or status is None:
            continue
        node = settled._replace(status=status)
        if not (status == 0).any():
            best, bound = finish(node)
            if bound < best:
                left = min(left, bound)
            continue
        nodes += 1
        if nodes % DIVE == 1:
            best = try_plan(node)
        site = _choose(arcs, node, best, gains, seen)
        for way, sign in enumerate((1, -1)):
            child = _child(arcs, node, site, sign, ROUNDS, best)
            gains[way, site] += min(child.bound, best) - node.bound
            seen[way, site] += 1
            if child.bound < best:
                pushed += 1
                heapq.heappush(heap, (child.bound, pushed, _small(child)))
    return min(left, best)


def _complete(arcs: Arcs, status: Statuses) -> Statuses | None:
    """Settle the free sites where their number leaves no choice; None: too many or too few are settled already."""
    opened, possible = (status > 0).sum(), (status >= 0).sum()
    if arcs.count < 0 or opened < arcs.count < possible:
        return status
    if opened > arcs.count or possible < arcs.count:
        return None
    return np.where(status == 0, -1 if opened == arcs.count else 1, status).astype(np.int8)


def dive(arcs: Arcs, node: Node, best: float) -> Node | None:
    """Round the sites of a fractional plan, the clearest first, the multipliers following; None: not below ``best``."""
    while (node.status == 0).any():
        share = openness(arcs, node.mean)
        doubt = np.minimum(share, 1 - share)
        free = np.flatnonzero(node.status == 0)
        status = node.status.copy()
        for site in free[np.argsort(doubt[free], kind="stable")]:
            if status[site] == 0 and (doubt[site] < 0.1 or (status == node.status).all()):
                status[site] = 1 if share[site] > 0.5 else -1
                completed = _complete(arcs, status)
                if completed is None:
                    return None
                status = completed
        begin = priced(arcs, node.prices, status).bound
        node = rise(arcs, Node(begin, node.prices, node.mean, status), ROUNDS, best)
        if node.bound >= best:
            return None
    return node


def _small(node: Node) -> tuple[float, Any, Any, Any, Statuses]:
    """Return a node as it waits for its turn: thousands of them do."""
    taken = np.flatnonzero(node.mean > 1e-4)
    return (
        node.bound,
        node.prices.astype(np.float32),
        taken.astype(np.int32),
        node.mean[taken].astype(np.float32),
        node.status,
    )


def _large(small: tuple[float, Any, Any, Any, Statuses], arcs: int) -> Node:
    bound, prices, taken, shares, status = small
    mean = np.zeros(arcs)
    mean[taken] = shares
    return Node(bound, prices.astype(float), mean, status)


def _child(arcs: Arcs, node: Node, site: int, sign: int, rounds: int, best: float) -> Node:
    status = node.status.copy()
    status[site] = sign
    begin = priced(arcs, node.prices, status).bound
    risen = rise(arcs, Node(begin, node.prices, node.mean, status), rounds, best)
    return risen._replace(bound=max(risen.bound, node.bound))


def _choose(arcs: Arcs, node: Node, best: float, gains: Floats, seen: Floats) -> int:
    """Return the site to branch on: the product of what both ways bring is largest."""
    share = openness(arcs, node.mean)
    doubt = np.where(node.status == 0, np.minimum(share, 1 - share), -1)
    sites = np.argsort(-doubt, kind="stable")[:CANDIDATES]
    sites = sites[doubt[sites] >= 0.05 * max(doubt[sites[0]], 0)]
    sites = sites[node.status[sites] == 0]
    scores = []
    for site in sites:
        score = 1.0
        for way, sign in enumerate((1, -1)):
            if seen[way, site] < RELIABLE:
                child = _child(arcs, node, int(site), sign, TRIAL, best)
                gains[way, site] += min(child.bound, best) - node.bound
                seen[way, site] += 1
            score *= max(gains[way, site] / seen[way, site], 1e-6 * abs(node.bound))
        scores.append(score)
    return int(sites[int(np.argmax(scores))])

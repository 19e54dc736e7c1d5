"""Shortest ways between many places: junctions eliminated one by one, then two short upward walks a pair.

A customizable contraction hierarchy (Dibbelt, Strasser and Wagner, 2016). The order of elimination and the arcs that
it makes depend on which junctions are joined alone; the weights are filled in afterwards in one pass, so that a closed
road costs that pass and no more. The order is the minimum-degree order of a sparse factorisation (SuperLU, in scipy):
eliminating a junction and eliminating an unknown make the same fill. Above every place lies one path of the elimination
tree, a few hundred junctions long; the shortest way of a pair turns round at a junction that lies on both paths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from restructure.compiling import compiled
from restructure.roads import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Order:
    """Junctions by rank of elimination, with every arc from a junction to a higher one.

    Attributes
    ----------
    rank
        Of each junction.
    junction
        Of each rank.
    parent
        Of each rank the lowest higher neighbour, -1 at a root.
    depth
        Of each rank, arcs of the tree up to its root.
    first
        Arcs of rank r are ``first[r]:first[r + 1]``.
    lower, upper
        Ranks that each arc joins; ``upper`` rises within a rank.
    road, road_arc, rises
        Roads that join two junctions, of parallel ones the shortest first, then the quickest; the arc of each; and
        whether its a is the lower end.
    """

    rank: Ints
    junction: Ints
    parent: Ints
    depth: Ints
    first: Ints
    lower: Ints
    upper: Ints
    road: Ints
    road_arc: Ints
    rises: Bools


@dataclass(frozen=True, eq=False)
class Weights:
    """Metres and seconds of each arc in one direction, and what the arc is made of.

    ``made_of`` is the road's number (≥ 0), or ``~rank`` of the eliminated junction that the arc leads over.
    """

    metres: Floats
    seconds: Floats
    made_of: Ints


@dataclass(frozen=True, eq=False)
class Labels:
    """Of each place the shortest way to (or from) every junction on its path, root first.

    Place i has entries ``first[i]:first[i + 1]``; ``arc`` is the last arc of the way, -1 where it has none.
    """

    first: Ints
    rank: Ints
    metres: Floats
    seconds: Floats
    arc: Ints


def order_junctions(junctions: int, a: Ints, b: Ints, metres: Floats, seconds: Floats) -> Order:
    """Choose the order of elimination of junctions joined by roads a–b and draw every arc that it makes."""
    road = np.flatnonzero(a != b)
    a, b = a[road], b[road]
    # Any diagonally dominant matrix of this shape will do; only its order of elimination is used.
    diagonal = np.arange(junctions)
    degree = np.bincount(np.r_[a, b], minlength=junctions) + 1.0
    shape = csc_matrix(
        (np.r_[np.full(2 * len(a), -1.0), degree], (np.r_[a, b, diagonal], np.r_[b, a, diagonal])),
        shape=(junctions, junctions),
    )
    options = {"SymmetricMode": True}
    rank = splu(shape, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options).perm_c.astype(np.int64)
    key = np.minimum(rank[a], rank[b]) * junctions + np.maximum(rank[a], rank[b])
    by_length = np.lexsort((road, seconds[road], metres[road], key))
    arcs = np.unique(key)
    head = np.r_[0, np.cumsum(np.bincount(arcs // junctions, minlength=junctions))]
    first, upper, parent = _eliminate(head, arcs % junctions)
    lower = np.repeat(np.arange(junctions), np.diff(first))
    return Order(
        rank=rank,
        junction=np.argsort(rank),
        parent=parent,
        depth=_depths(parent),
        first=first,
        lower=lower,
        upper=upper,
        road=road[by_length],
        road_arc=np.searchsorted(lower * junctions + upper, key[by_length]),
        rises=(rank[a] < rank[b])[by_length],
    )


def weigh(order: Order, metres: Floats, seconds: Floats, forward: Bools, backward: Bools) -> tuple[Weights, Weights]:
    """Fill in the weights upwards and downwards from the roads and the directions, a → b and b → a, that are open."""
    size = len(order.upper)
    up, down = (Weights(np.full(size, np.inf), np.full(size, np.inf), np.full(size, -1)) for _ in range(2))
    for weights, with_rise, against in ((up, forward, backward), (down, backward, forward)):
        is_open = np.where(order.rises, with_rise[order.road], against[order.road])
        # From the last to the first, so that of parallel roads the first stays.
        road, arc = order.road[is_open][::-1], order.road_arc[is_open][::-1]
        weights.metres[arc], weights.seconds[arc], weights.made_of[arc] = metres[road], seconds[road], road
    _customise(
        order.first, order.upper,
        up.metres, up.seconds, up.made_of, down.metres, down.seconds, down.made_of,
    )  # fmt: skip
    return up, down


def label(order: Order, weights: Weights, junction: Ints, metres: Floats, seconds: Floats) -> Labels:
    """Walk up from places.

    Parameters
    ----------
    junction, metres, seconds
        Ways out of each place, shape (ways, places); infinite metres where closed. The junctions of one place must be
        joined by a road or be the same.
    """
    rank = np.where(np.isfinite(metres), order.rank[junction], len(order.rank))
    lowest = rank.min(axis=0)
    lowest[lowest == len(order.rank)] = -1
    first = np.r_[0, np.cumsum(np.where(lowest >= 0, order.depth[lowest] + 1, 0))]
    found = Labels(
        first=first,
        rank=np.empty(first[-1], np.int64),
        metres=np.full(first[-1], np.inf),
        seconds=np.full(first[-1], np.inf),
        arc=np.full(first[-1], -1),
    )
    _climb(
        order.first, order.depth[order.upper], order.parent, order.depth, weights.metres, weights.seconds,
        rank.T.copy(), metres.T.copy(), seconds.T.copy(), lowest,
        found.first, found.rank, found.metres, found.seconds, found.arc,
    )  # fmt: skip
    return found


def join(origins: Labels, goals: Labels) -> tuple[Floats, Floats]:
    """Return metres and seconds of every pair, shape (origins, goals), infinite where there is no way."""
    shape = (len(origins.first) - 1, len(goals.first) - 1)
    metres, seconds = np.empty(shape), np.empty(shape)
    _join(
        origins.first, origins.rank, origins.metres, origins.seconds,
        goals.first, goals.rank, goals.metres, goals.seconds,
        metres, seconds,
    )  # fmt: skip
    return metres, seconds


def way(
    order: Order, up: Weights, down: Weights, origins: Labels, goals: Labels, origin: int, goal: int
) -> tuple[int, list[int]]:
    """Return the junction where the way of a pair begins and the roads that it takes, in order; there must be one."""
    one, other = (slice(*labels.first[[i, i + 1]]) for labels, i in ((origins, origin), (goals, goal)))
    size = min(one.stop - one.start, other.stop - other.start)
    common = origins.rank[one][:size] == goals.rank[other][:size]
    metres = np.where(common, origins.metres[one][:size] + goals.metres[other][:size], np.inf)
    seconds = origins.seconds[one][:size] + goals.seconds[other][:size]
    turn = int(np.lexsort((seconds, metres))[0])
    arcs: list[int] = []
    at = turn
    while (arc := int(origins.arc[origins.first[origin] + at])) >= 0:
        arcs.append(arc)
        at = int(order.depth[order.lower[arc]])
    begin = int(order.junction[origins.rank[origins.first[origin] + at]])
    rises = len(arcs)
    arcs.reverse()
    at = turn
    while (arc := int(goals.arc[goals.first[goal] + at])) >= 0:
        arcs.append(arc)
        at = int(order.depth[order.lower[arc]])
    upwards = np.arange(len(arcs)) < rises
    made = _unpack(order.first, order.upper, order.lower, up.made_of, down.made_of, np.array(arcs, np.int64), upwards)
    return begin, made.tolist()


@compiled
def _eliminate(head, high):  # type: ignore[no-untyped-def]
    """Return where each rank's arcs begin, their upper ends, and the parent of each rank.

    Eliminating a junction joins its higher neighbours to one another; it is enough to hand them to the lowest of them.
    """
    n = len(head) - 1
    first = np.zeros(n + 1, np.int64)
    upper = np.empty(max(2 * len(high), 16), np.int64)
    parent = np.full(n, -1, np.int64)
    child, sibling = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    seen = np.full(n, -1, np.int64)
    size = 0
    for r in range(n):
        begin = size
        c = child[r]
        most = head[r + 1] - head[r]
        while c >= 0:
            most += first[c + 1] - first[c]
            c = sibling[c]
        if size + most > len(upper):
            larger = np.empty(2 * (size + most), np.int64)
            larger[:size] = upper[:size]
            upper = larger
        seen[r] = r
        for k in range(head[r], head[r + 1]):
            if seen[high[k]] != r:
                seen[high[k]] = r
                upper[size] = high[k]
                size += 1
        c = child[r]
        while c >= 0:
            for k in range(first[c], first[c + 1]):
                if seen[upper[k]] != r:
                    seen[upper[k]] = r
                    upper[size] = upper[k]
                    size += 1
            c = sibling[c]
        upper[begin:size] = np.sort(upper[begin:size])
        first[r + 1] = size
        if size > begin:
            parent[r] = upper[begin]
            sibling[r] = child[parent[r]]
            child[parent[r]] = r
    return first, upper[:size].copy(), parent


@compiled
def _depths(parent):  # type: ignore[no-untyped-def]
    depth = np.zeros(len(parent), np.int64)
    for r in range(len(parent) - 1, -1, -1):
        if parent[r] >= 0:
            depth[r] = depth[parent[r]] + 1
    return depth


@compiled
def _customise(first, upper, up_m, up_s, up_of, down_m, down_s, down_of):  # type: ignore[no-untyped-def]
    """Let every way over a lower junction compete with the arc between its two higher neighbours."""
    for r in range(len(first) - 1):
        for i in range(first[r], first[r + 1]):
            at = first[upper[i]]
            for j in range(i + 1, first[r + 1]):
                while upper[at] != upper[j]:
                    at += 1
                m, s = down_m[i] + up_m[j], down_s[i] + up_s[j]
                if m < up_m[at] or (m == up_m[at] and s < up_s[at]):
                    up_m[at], up_s[at], up_of[at] = m, s, ~r
                m, s = down_m[j] + up_m[i], down_s[j] + up_s[i]
                if m < down_m[at] or (m == down_m[at] and s < down_s[at]):
                    down_m[at], down_s[at], down_of[at] = m, s, ~r


@compiled
def _climb(  # type: ignore[no-untyped-def]
    arcs,
    upper_depth,
    parent,
    depth,
    arc_m,
    arc_s,
    exit_rank,
    exit_m,
    exit_s,
    lowest,
    first,
    rank,
    metres,
    seconds,
    last,
):
    for i in range(len(lowest)):
        begin, x = first[i], lowest[i]
        while x >= 0:
            rank[begin + depth[x]] = x
            x = parent[x]
        for w in range(exit_m.shape[1]):
            if exit_m[i, w] < np.inf:
                at = begin + depth[exit_rank[i, w]]
                if exit_m[i, w] < metres[at] or (exit_m[i, w] == metres[at] and exit_s[i, w] < seconds[at]):
                    metres[at], seconds[at] = exit_m[i, w], exit_s[i, w]
        x = lowest[i]
        while x >= 0:
            here_m, here_s = metres[begin + depth[x]], seconds[begin + depth[x]]
            if here_m < np.inf:
                for k in range(arcs[x], arcs[x + 1]):
                    m, at = here_m + arc_m[k], begin + upper_depth[k]
                    if m <= metres[at]:
                        s = here_s + arc_s[k]
                        if m < metres[at] or s < seconds[at]:
                            metres[at], seconds[at], last[at] = m, s, k
            x = parent[x]


@compiled
def _join(  # type: ignore[no-untyped-def]
    one_first, one_rank, one_m, one_s, other_first, other_rank, other_m, other_s, metres, seconds
):
    for i in range(len(one_first) - 1):
        a = one_first[i]
        for j in range(len(other_first) - 1):
            b = other_first[j]
            # Both paths begin at the root and part once: find where.
            low, high = 0, min(one_first[i + 1] - a, other_first[j + 1] - b)
            while low < high:
                middle = (low + high) // 2
                if one_rank[a + middle] == other_rank[b + middle]:
                    low = middle + 1
                else:
                    high = middle
            # Loops without a branch, which let the processor take several junctions at once.
            best_m = np.inf
            for k in range(low):
                best_m = min(best_m, one_m[a + k] + other_m[b + k])
            best_s = np.inf
            for k in range(low):
                s = one_s[a + k] + other_s[b + k]
                best_s = min(best_s, s if one_m[a + k] + other_m[b + k] <= best_m else np.inf)
            metres[i, j], seconds[i, j] = best_m, best_s


@compiled
def _unpack(first, upper, lower, up_of, down_of, arcs, upwards):  # type: ignore[no-untyped-def]
    """Return the roads that arcs stand for, each replaced by the two over its lower junction until none is left."""
    roads, size = np.empty(64, np.int64), 0
    stack, rising, top = np.empty(64, np.int64), np.empty(64, np.bool_), 0
    for k in range(len(arcs)):
        stack[0], rising[0], top = arcs[k], upwards[k], 1
        while top > 0:
            top -= 1
            arc, up = stack[top], rising[top]
            made_of = up_of[arc] if up else down_of[arc]
            if made_of >= 0:
                if size == len(roads):
                    roads = np.concatenate((roads, np.empty(size, np.int64)))
                roads[size] = made_of
                size += 1
                continue
            if top + 2 > len(stack):
                stack = np.concatenate((stack, np.empty(top, np.int64)))
                rising = np.concatenate((rising, np.empty(top, np.bool_)))
            via = ~made_of
            begin, end = (lower[arc], upper[arc]) if up else (upper[arc], lower[arc])
            ends = upper[first[via] : first[via + 1]]
            # What is pushed last comes first: down to the lower junction, then up from it.
            stack[top], rising[top] = first[via] + np.searchsorted(ends, end), True
            stack[top + 1], rising[top + 1] = first[via] + np.searchsorted(ends, begin), False
            top += 2
    return roads[:size].copy()

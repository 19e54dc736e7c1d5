"""Lower bounds of location problems: every village once is relaxed, each site is left with a knapsack of its own.

The multipliers climb by the volume algorithm (Barahona and Anbil, Mathematical Programming 87, 2000), which also gives
the shares of a fractional plan. Arcs are kept site by site: those of site j are first[j] … first[j + 1].
"""

from __future__ import annotations

import numpy as np

from restructure.compiling import compiled

#: What a site may carry: all, parts of villages, whole villages.
FREE, SPLIT, WHOLE = 0, 1, 2
#: A knapsack is given up after so many steps; its bound then is that of the fractional one.
STEPS = 20_000


@compiled
def _fill(gain, weight, order, size, a, value, rest):  # type: ignore[no-untyped-def]
    """Return a bound of the gain with the items from ``a`` on, and the first of them that does not fit whole."""
    while a < size and weight[order[a]] <= rest:
        rest -= weight[order[a]]
        value += gain[order[a]]
        a += 1
    if a < size:
        value += gain[order[a]] * rest / weight[order[a]]
    return value, a


@compiled
def _pack(gain, weight, room, kind, take, order, left):  # type: ignore[no-untyped-def]
    """Fill a knapsack with items of positive gain; return a bound of the gain, what was taken stands in take."""
    size = 0
    for k in range(len(gain)):
        take[k] = 0.0
        if gain[k] > 0.0 and weight[k] <= 0.0:
            take[k] = 1.0
        elif gain[k] > 0.0 and (kind == SPLIT or weight[k] <= room):
            order[size] = k
            size += 1
    base = 0.0
    for k in range(len(gain)):
        if take[k] > 0.0:
            base += gain[k]
    if size == 0:
        return base
    # In order of gain a unit of weight; insertion keeps equal ones in order of index.
    for a in range(1, size):
        k = order[a]
        b = a
        while b > 0 and gain[order[b - 1]] * weight[k] < gain[k] * weight[order[b - 1]]:
            order[b] = order[b - 1]
            b -= 1
        order[b] = k
    total = 0.0
    for a in range(size):
        total += weight[order[a]]
    if total <= room:
        for a in range(size):
            take[order[a]] = 1.0
            base += gain[order[a]]
        return base
    # The fractional knapsack, which is also the bound where the search is given up.
    rest, fractional = room, 0.0
    for a in range(size):
        k = order[a]
        share = min(1.0, rest / weight[k])
        fractional += share * gain[k]
        if kind == SPLIT:
            take[k] = share
        rest -= share * weight[k]
        if rest <= 0.0:
            break
    if kind == SPLIT:
        return base + fractional
    # Depth first, the better half first (Horowitz and Sahni 1974).
    best, value, rest, steps, a = -1.0, 0.0, room, 0, 0
    for b in range(size):
        left[b] = 0
    tiny = 1e-12 * fractional
    while True:
        # Forward: take all that fits.
        while a < size:
            if weight[order[a]] <= rest:
                # Is it worth while to go on?
                bound, b = _fill(gain, weight, order, size, a, value, rest)
                steps += 1
                if bound <= best + tiny:
                    break
                while a < b:
                    left[a] = 1
                    rest -= weight[order[a]]
                    value += gain[order[a]]
                    a += 1
            else:
                left[a] = 0
                a += 1
                if a < size:
                    bound, b = _fill(gain, weight, order, size, a, value, rest)
                    steps += 1
                    if bound <= best + tiny:
                        break
        if a >= size and value > best:
            best = value
            for b in range(size):
                take[order[b]] = left[b]
        if steps > STEPS:
            return base + fractional
        # Back: leave out the last one taken.
        b = min(a, size) - 1
        while b >= 0 and left[b] == 0:
            b -= 1
        if b < 0:
            return base + best
        left[b] = 0
        rest += weight[order[b]]
        value -= gain[order[b]]
        a = b + 1


@compiled
def price(  # type: ignore[no-untyped-def]
    first, village, cost, opening, weight, room, kind, count, status, price_of, value, take, chosen
):
    """Solve what is left at given multipliers; return the bound.

    ``value`` receives what each site adds when open, ``take`` the share of each arc at its site, ``chosen`` the sites.
    """
    m, most = len(first) - 1, 0
    for j in range(m):
        most = max(most, first[j + 1] - first[j])
    order, left = np.empty(most, np.int64), np.empty(most, np.int64)
    gain, part, load = np.empty(most), np.empty(most), np.empty(most)
    bound = 0.0
    for i in range(len(price_of)):
        bound += price_of[i]
    for j in range(m):
        a, b = first[j], first[j + 1]
        value[j] = opening[j]
        if status[j] < 0:
            value[j] = np.inf
            take[a:b] = 0.0
            continue
        if kind == FREE:
            for k in range(a, b):
                gained = price_of[village[k]] - cost[k]
                take[k] = 1.0 if gained > 0.0 else 0.0
                value[j] -= max(gained, 0.0)
        else:
            for k in range(a, b):
                gain[k - a] = price_of[village[k]] - cost[k]
                load[k - a] = weight[village[k]]
            value[j] -= _pack(gain[: b - a], load[: b - a], room[j], kind, part[: b - a], order, left)
            take[a:b] = part[: b - a]
    for j in range(m):
        chosen[j] = status[j] > 0 or (count < 0 and value[j] < 0.0)
    if count >= 0:
        # Of equal sites the first.
        missing = count
        for j in range(m):
            missing -= status[j] > 0
        rank = np.argsort(value, kind="mergesort")
        for place in range(m):
            j = rank[place]
            if missing > 0 and status[j] == 0:
                chosen[j] = True
                missing -= 1
    for j in range(m):
        if chosen[j]:
            bound += value[j]
    return bound


@compiled
def climb(  # type: ignore[no-untyped-def]
    first, village, cost, opening, weight, room, kind, count, status, best_price, mean, state, target, rounds
):
    """Improve multipliers (in place) for some rounds; return the best bound.

    ``mean`` is the fractional plan as shares of arcs. ``state`` carries on between calls: best bound, step, rounds
    without a better one, largest weight of the newest plan.
    """
    n, m, arcs = len(best_price), len(first) - 1, len(village)
    value, take, chosen = np.empty(m), np.empty(arcs), np.empty(m, np.bool_)
    trial, slack, fresh = np.empty(n), np.empty(n), np.empty(n)
    for _round in range(rounds):
        slack[:] = 1.0
        for j in range(m):
            if status[j] >= 0:
                for k in range(first[j], first[j + 1]):
                    slack[village[k]] -= mean[k]
        norm = 0.0
        for i in range(n):
            norm += slack[i] * slack[i]
        if norm < 1e-12:
            break
        far = state[1] * (target - state[0]) / norm
        for i in range(n):
            trial[i] = best_price[i] + far * slack[i]
        bound = price(first, village, cost, opening, weight, room, kind, count, status, trial, value, take, chosen)
        fresh[:] = 1.0
        for j in range(m):
            if chosen[j]:
                for k in range(first[j], first[j + 1]):
                    fresh[village[k]] -= take[k]
        # How much of the newest plan to take: as near to every village once as it can be.
        dot, square = 0.0, 0.0
        for i in range(n):
            apart = fresh[i] - slack[i]
            square += apart * apart
            dot += apart * slack[i]
        part = min(max(-dot / square, state[3] / 10), state[3]) if square > 0.0 else state[3]
        for j in range(m):
            if chosen[j]:
                for k in range(first[j], first[j + 1]):
                    mean[k] += part * (take[k] - mean[k])
            elif status[j] >= 0:
                for k in range(first[j], first[j + 1]):
                    mean[k] *= 1.0 - part
        if bound > state[0]:
            along = 0.0
            for i in range(n):
                along += fresh[i] * slack[i]
            state[0] = bound
            best_price[:] = trial
            if along >= 0.0:
                state[1] = min(state[1] * 1.1, 2.0)
            state[2] = 0.0
        else:
            state[2] += 1.0
            if state[2] >= 20.0:
                state[1] *= 0.66
                state[2] = 0.0
    return state[0]


@compiled
def keep_arcs(  # type: ignore[no-untyped-def]
    first, village, cost, opening, weight, room, kind, price_of, value, chosen, status, pushed, bound, best, keep
):
    """Unmark in ``keep`` the arcs that no plan cheaper than ``best`` can take.

    ``pushed`` is what the dearest chosen site adds: it makes place where another must open. With the village of an arc
    in it the knapsack of a site is bounded by the fractional one. A part of a village may be as small as one likes, so
    that with parts only a site as a whole can be dropped.
    """
    for j in range(len(first) - 1):
        a, b = first[j], first[j + 1]
        begin = bound if chosen[j] else bound + value[j] - pushed
        if status[j] < 0 or begin >= best:
            keep[a:b] = False
            continue
        if kind == SPLIT:
            continue
        if kind == FREE:
            for k in range(a, b):
                keep[k] = keep[k] and begin + max(cost[k] - price_of[village[k]], 0.0) < best
            continue
        gain, ratio = np.empty(b - a), np.empty(b - a)
        for k in range(a, b):
            gain[k - a] = price_of[village[k]] - cost[k]
            ratio[k - a] = -gain[k - a] / max(weight[village[k]], 1e-300)
        order = np.argsort(ratio, kind="mergesort")
        full = opening[j] - value[j]
        for k in range(a, b):
            rest = room[j] - weight[village[k]]
            gained = gain[k - a]
            for q in order:
                if gain[q] <= 0.0 or rest <= 0.0:
                    break
                if q != k - a:
                    w = weight[village[a + q]]
                    gained += gain[q] * (min(1.0, rest / w) if w > 0.0 else 1.0)
                    rest -= min(w, rest)
            fits = weight[village[k]] <= room[j]
            keep[k] = keep[k] and fits and begin + full - min(gained, full) < best

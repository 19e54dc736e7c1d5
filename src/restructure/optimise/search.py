"""Good plans of location problems in which each village goes whole to one site.

Ruin and recreate (Schrimpf and others, Journal of Computational Physics 159, 2000) under simulated annealing: the
villages of a few neighbouring sites are taken out and put back, perhaps with another of these sites open; then single
villages shift, change places or push one another on, as long as that saves anything. Arcs of village i are
first[i] … first[i + 1], cheapest first.
"""

from __future__ import annotations

import numpy as np

from restructure.compiling import compiled


@compiled
def anneal(  # type: ignore[no-untyped-def]
    first, site, cost, near_first, near, opening, weight, room, fixed, status, plan, is_open, begin, end, moves, seed
):
    """Improve a plan; return its cost, infinite where none was found.

    ``plan`` (site of each village, -1: none yet) and ``is_open`` are changed to the best found. ``fixed``: as many
    sites stay open as are. ``status`` is 1 where a site must stay open, -1 where closed. ``near`` lists the sites round
    each site, nearest first. ``begin`` and ``end`` are temperatures.
    """
    dice = np.array([seed + 1], np.uint64)
    n, m = len(first) - 1, len(room)
    dear = 1.0
    for k in range(len(cost)):
        dear = max(dear, abs(cost[k]))
    fee = 2.0 * dear
    arc = np.full(n, -1, np.int64)
    rest = room.copy()
    # Villages of each site, as chains.
    head, after, before = np.full(m, -1, np.int64), np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    now = 0.0
    homeless = 0
    for j in range(m):
        if is_open[j]:
            now += opening[j]
    for i in range(n):
        for k in range(first[i], first[i + 1]):
            if site[k] == plan[i]:
                _move(i, k, site, weight, arc, rest, head, after, before)
                now += cost[k]
        if arc[i] < 0:
            homeless += 1
            now += fee
    best = now if homeless == 0 else np.inf
    best_plan, best_open = plan.copy(), is_open.copy()
    out, ruined = np.empty(n, np.int64), np.empty(m, np.int64)
    moved, came = np.empty(50 * n, np.int64), np.empty(50 * n, np.int64)
    key = np.empty(n)
    cooling = (end / begin) ** (1.0 / moves)
    heat = begin
    for _step in range(moves):
        heat *= cooling
        # Ruin: a site and some that lie next to it.
        ruined[0] = int(_draw(dice) * m)
        size = 1
        a = near_first[ruined[0]]
        reach = min(near_first[ruined[0] + 1] - a, 24)
        for _place in range(1 + int(_draw(dice) * 4)):
            if reach > 0:
                share = _draw(dice)
                b = near[a + int(share * share * reach)]
                fresh = True
                for s in range(size):
                    fresh = fresh and ruined[s] != b
                if fresh:
                    ruined[size] = b
                    size += 1
        x, y = -1, -1
        opened = 0
        for s in range(size):
            opened += is_open[ruined[s]]
        if _draw(dice) < 0.7:
            wish = 2 if fixed else int(_draw(dice) * 3)  # close, open, both
            if wish != 1:
                x = _draw_site(dice, ruined, size, is_open, True, status)
            if wish != 0:
                y = _draw_site(dice, ruined, size, is_open, False, status)
            if fixed and (x < 0 or y < 0):
                x, y = -1, -1
        if opened == 0 and y < 0:
            continue
        size_out, log = 0, 0
        change = 0.0
        for s in range(size):
            i = head[ruined[s]]
            while i >= 0:
                out[size_out] = i
                size_out += 1
                i = after[i]
        lost = 0
        if homeless > 0:
            for i in range(n):
                if arc[i] < 0:
                    out[size_out] = i
                    size_out += 1
                    lost -= 1
                    change -= fee
        for t in range(size_out):
            i = out[t]
            moved[log], came[log] = i, arc[i]
            log += 1
            if arc[i] >= 0:
                change -= cost[arc[i]]
                _move(i, -1, site, weight, arc, rest, head, after, before)
        if x >= 0:
            is_open[x] = False
            change -= opening[x]
        if y >= 0:
            is_open[y] = True
            change += opening[y]
        # Recreate: one after the other, in an order drawn anew, to the cheapest site with room.
        way = int(_draw(dice) * 3)
        for t in range(size_out):
            i = out[t]
            noise = 0.7 + 0.6 * _draw(dice)
            if way == 0:
                key[t] = noise
            elif way == 1:
                key[t] = -weight[i] * noise
            else:
                key[t] = -_regret(i, first, site, cost, is_open, dear) * noise
        order = np.argsort(key[:size_out], kind="mergesort")
        for t in range(size_out):
            i = out[order[t]]
            to = -1
            for k in range(first[i], first[i + 1]):
                if is_open[site[k]] and weight[i] <= rest[site[k]]:
                    to = k
                    if _draw(dice) >= 0.02:
                        break
            if to < 0:
                lost += 1
                change += fee
            else:
                change += cost[to]
                _move(i, to, site, weight, arc, rest, head, after, before)
        allowed = -heat * np.log(_draw(dice))
        # Improve what was put back; what is moved on comes into the queue too.
        t = 0
        while t < size_out and log + 3 < len(moved):
            i = out[t]
            t += 1
            again = True
            while again and log + 3 < len(moved):
                again = False
                here = arc[i]
                paid = cost[here] if here >= 0 else fee
                for k in range(first[i], first[i + 1]):
                    gain = paid - cost[k]
                    if gain <= 1e-9 * dear:
                        break
                    to = site[k]
                    if not is_open[to]:
                        continue
                    if weight[i] <= rest[to]:
                        moved[log], came[log] = i, here
                        log += 1
                        _move(i, k, site, weight, arc, rest, head, after, before)
                        change -= gain
                        if here < 0:
                            lost -= 1
                        again = True
                        break
                    # Someone there goes on: to where the first came from, or to a third site.
                    most, who, where = 1e-9 * dear, -1, -1
                    o = head[to]
                    while o >= 0:
                        if weight[i] <= rest[to] + weight[o]:
                            for q in range(first[o], first[o + 1]):
                                if gain + cost[arc[o]] - cost[q] <= most:
                                    break
                                if q == arc[o] or not is_open[site[q]]:
                                    continue
                                space = rest[site[q]]
                                if here >= 0 and site[q] == site[here]:
                                    space += weight[i]
                                if weight[o] <= space and site[q] != to:
                                    most, who, where = gain + cost[arc[o]] - cost[q], o, q
                                    break
                        o = after[o]
                    if who >= 0:
                        moved[log], came[log] = i, here
                        moved[log + 1], came[log + 1] = who, arc[who]
                        log += 2
                        _move(i, -1, site, weight, arc, rest, head, after, before)
                        _move(who, where, site, weight, arc, rest, head, after, before)
                        _move(i, k, site, weight, arc, rest, head, after, before)
                        change -= most
                        if here < 0:
                            lost -= 1
                        again = True
                        break
        if change <= allowed:
            now += change
            homeless += lost
            if homeless == 0 and now < best - 1e-9 * dear:
                best = now
                for i in range(n):
                    best_plan[i] = site[arc[i]]
                best_open[:] = is_open
        else:
            for t in range(log):
                i = moved[t]
                if arc[i] >= 0:
                    _move(i, -1, site, weight, arc, rest, head, after, before)
            # What was noted first is where it came from.
            for t in range(log - 1, -1, -1):
                arc[moved[t]] = -1 - came[t] - 1
            for t in range(log):
                i = moved[t]
                if arc[i] < 0:
                    back = -arc[i] - 2
                    arc[i] = -1
                    if back >= 0:
                        _move(i, back, site, weight, arc, rest, head, after, before)
            if x >= 0:
                is_open[x] = True
            if y >= 0:
                is_open[y] = False
    plan[:] = best_plan
    is_open[:] = best_open
    return best


@compiled
def _draw(dice):  # type: ignore[no-untyped-def]
    """Return the next number above 0 and below 1 (SplitMix64: Steele and others, OOPSLA 2014), the same everywhere."""
    dice[0] += np.uint64(0x9E3779B97F4A7C15)
    z = dice[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (np.float64(z >> np.uint64(11)) + 0.5) / 9007199254740992.0


@compiled
def _draw_site(dice, ruined, size, is_open, wanted, status):  # type: ignore[no-untyped-def]
    """Return one of the ruined sites that are open (closed) and may change, or -1."""
    begin = int(_draw(dice) * size)
    for s in range(size):
        j = ruined[(begin + s) % size]
        if is_open[j] == wanted and status[j] == 0:
            return j
    return -1


@compiled
def _regret(i, first, site, cost, is_open, dear):  # type: ignore[no-untyped-def]
    """Return what a village would lose if it did not get its best open site."""
    one = -1
    for k in range(first[i], first[i + 1]):
        if is_open[site[k]]:
            if one >= 0:
                return cost[k] - cost[one]
            one = k
    return dear


@compiled
def _move(i, to, site, weight, arc, rest, head, after, before):  # type: ignore[no-untyped-def]
    """Take a village to another arc; -1 is none."""
    if arc[i] >= 0:
        j = site[arc[i]]
        rest[j] += weight[i]
        if before[i] >= 0:
            after[before[i]] = after[i]
        else:
            head[j] = after[i]
        if after[i] >= 0:
            before[after[i]] = before[i]
    arc[i] = to
    if to >= 0:
        j = site[to]
        rest[j] -= weight[i]
        after[i], before[i] = head[j], -1
        if head[j] >= 0:
            before[head[j]] = i
        head[j] = i

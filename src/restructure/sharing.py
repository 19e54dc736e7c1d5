"""How a ceiling that is less than the need is shared: four rules, all whole baht.

No source says how to share; the office chooses, and every report names the choice. Each rule puts the need into
*tiers* that are served one after the other. The tier that the money does not reach the end of is shared in proportion
to need by largest remainder; of equal remainders the line that comes first is served first. So whatever the rule,
the shares add up to the smaller of ceiling and need, and nobody gets more than the need.

``proportional``
    One tier. Needs of 6,000, 6,000 and 2,000 baht share 10,000 as 4,286, 4,286 and 1,428.
``equal-days``
    A tier a day: as many whole days for every pupil as the money buys; what does not buy one more day for all is shared
    in proportion to what that day costs. Two pupils at 10 baht and one at 20, 100 days, 3,010 baht: 75 days cost
    3,000; the 10 left are shared as 5 and 5.
``existing-first``
    Programme 1.1, then 1.2, then what has no programme yet. Needs of 3,000 (1.1), 2,000 and 2,000 (1.2) share 5,000 as
    3,000, 1,000 and 1,000.
``furthest-first``
    A tier a road distance, the longest first; pupils as far as each other are of one tier. Needs of 4,000 at 12 km and
    3,000 at 5 km share 5,000 as 4,000 and 1,000.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pandas as pd

from restructure.policy import SharingRule
from restructure.roads import Ints

RULES: tuple[SharingRule, ...] = get_args(SharingRule)
#: In the order in which ``existing-first`` serves them.
PROGRAMMES = ("existing", "second-decade", "unspecified")


def apportion(weights: Sequence[int], baht: int) -> list[int]:
    """Divide baht in proportion to weights, by largest remainder; equal weights where all are 0.

    Parameters
    ----------
    weights
        Not negative, at least one. Equal remainders are served in the order given.

    Returns
    -------
    list of int
        Adds up to ``baht``; each is within a baht of its exact share.

    Examples
    --------
    >>> apportion([100, 100, 100], 200)
    [67, 67, 66]
    """
    # Python's own whole numbers: a product of two amounts may not fit 64 bits.
    weights = [int(w) for w in weights] if any(weights) else [1] * len(weights)
    total = sum(weights)
    shares = [weight * baht // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: -(weights[i] * baht % total))
    for i in order[: baht - sum(shares)]:
        shares[i] += 1
    return shares


def share_in_tiers(tiers: Sequence[Sequence[int]], baht: int) -> list[int]:
    """Serve tiers of need one after the other; share the one that falls short by :func:`apportion`.

    Parameters
    ----------
    tiers
        Baht needed, a row a tier and a column a line; at least one tier.

    Returns
    -------
    list of int
        A share a line.
    """
    shares = [0] * len(tiers[0])
    for tier in tiers:
        wanted = sum(int(need) for need in tier)
        given = [int(need) for need in tier] if wanted <= baht else apportion(tier, baht)
        shares = [share + more for share, more in zip(shares, given, strict=True)]
        baht -= sum(given)
        if not baht:
            break
    return shares


def tiers(needed: pd.DataFrame, line: Ints, lines: int, rule: SharingRule) -> list[list[int]]:
    """Return the need of each line, tier by tier in the order in which a rule serves them.

    Parameters
    ----------
    needed
        ``programme``, ``pupils``, ``road_m``, ``baht_per_day``, ``days``, ``baht``; rows of which ``baht`` is null need
        nothing that is known.
    line
        Of each row the line that it belongs to, from 0.
    lines
        How many lines there are.
    """
    known = needed["baht"].notna().to_numpy()
    rows, line = needed[known], line[known]
    baht = rows["baht"].to_numpy(dtype=np.int64)
    if rule == "equal-days":
        days = rows["days"].to_numpy(dtype=np.int64)
        a_day = (rows["pupils"] * rows["baht_per_day"]).to_numpy(dtype=np.int64)
        return [_by_line(line, a_day * (days > day), lines) for day in range(days.max(initial=1))]
    rank = np.zeros(len(rows), np.int64)
    if rule == "existing-first":
        rank = rows["programme"].map(PROGRAMMES.index).to_numpy(dtype=np.int64)
    elif rule == "furthest-first":
        rank = -rows["road_m"].to_numpy(dtype=np.int64)
    return [_by_line(line, baht * (rank == tier), lines) for tier in sorted({0, *rank.tolist()})]


def _by_line(line: Ints, baht: Ints, lines: int) -> list[int]:
    sums = np.zeros(lines, np.int64)
    np.add.at(sums, line, baht)
    found: list[int] = sums.tolist()
    return found

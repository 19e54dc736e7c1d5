"""Location problems by their arcs: sites, villages, and which site can serve which village."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array

from restructure.optimise.dual import FREE, WHOLE
from restructure.optimise.milp import Model
from restructure.roads import Bools, Floats, Ints

Statuses = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Arcs:
    """A location problem by its arcs, site by site: those of site j are first[j] … first[j + 1].

    ``kind`` is one of dual.FREE, SPLIT, WHOLE; ``count`` is how many sites open, -1: any number.
    """

    first: Ints
    village: Ints
    cost: Floats
    opening: Floats
    weight: Floats
    room: Floats
    kind: int
    count: int

    @cached_property
    def site(self) -> Ints:
        """Site of each arc."""
        return np.repeat(np.arange(len(self.room)), np.diff(self.first))

    def only(self, keep: Bools) -> Arcs:
        """Return the problem with some of the arcs."""
        first = np.r_[0, np.cumsum(keep)][self.first]
        return replace(self, first=first, village=self.village[keep], cost=self.cost[keep])


def neighbours(arcs: Arcs) -> tuple[Ints, Ints]:
    """Return for each site those with which it shares villages, the most first, of equal ones the first."""
    m = len(arcs.room)
    reach = coo_array((np.ones(len(arcs.cost)), (arcs.village, arcs.site)), shape=(len(arcs.weight), m)).tocsr()
    shared = (reach.T @ reach).toarray()
    np.fill_diagonal(shared, 0)
    order = np.argsort(-shared, axis=1, kind="stable")
    first = np.r_[0, np.cumsum((shared > 0).sum(axis=1))]
    return first, order[np.take_along_axis(shared, order, axis=1) > 0]


def as_model(arcs: Arcs, status: Statuses) -> Model:
    """Return a location problem as a model: a column an arc, then one a site."""
    n, m, k = len(arcs.weight), len(arcs.room), len(arcs.cost)
    arc, site = np.arange(k), arcs.site
    blocks = [(arcs.village, arc, np.ones(k), np.ones(n), np.ones(n))]
    nothing = np.full(k, -np.inf)
    # An arc is taken only where its site is open.
    blocks.append((np.r_[arc, arc], np.r_[arc, k + site], np.repeat([1.0, -1.0], k), nothing, np.zeros(k)))
    if arcs.kind != FREE:
        filled = np.r_[arcs.weight[arcs.village], -arcs.room]
        blocks.append(
            (np.r_[site, np.arange(m)], np.r_[arc, k + np.arange(m)], filled, np.full(m, -np.inf), np.zeros(m))
        )
        enough = np.array([arcs.weight.sum()])
        blocks.append((np.zeros(m, int), k + np.arange(m), arcs.room, enough, np.array([np.inf])))
    if arcs.count >= 0:
        every = np.array([float(arcs.count)])
        blocks.append((np.zeros(m, int), k + np.arange(m), np.ones(m), every, every))
    above = np.cumsum([0] + [len(low) for _, _, _, low, _ in blocks])
    rows = np.concatenate([at + block[0] for at, block in zip(above, blocks, strict=False)])
    columns, entries, low, high = (np.concatenate([block[part] for block in blocks]) for part in (1, 2, 3, 4))
    return Model(
        cost=np.r_[arcs.cost, arcs.opening],
        lower=np.r_[np.zeros(k), status > 0],
        upper=np.r_[np.ones(k), status >= 0].astype(float),
        # Whole sites make the arcs whole where nothing limits them.
        integer=np.r_[np.full(k, arcs.kind == WHOLE), np.ones(m, bool)],
        matrix=coo_array((entries, (rows, columns)), shape=(above[-1], k + m)).tocsr(),
        low=low,
        high=high,
    )

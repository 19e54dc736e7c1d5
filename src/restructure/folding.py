"""Chains of nodes with two neighbours become one road each; points become places on them.

Folding changes no distance and makes the search several times smaller. A chain lets through what all its pieces let
through, so a closed piece closes its chain; a foot beside it may still leave by the other end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from restructure.compiling import compiled
from restructure.roads import Bools, Floats, Ints, RoadNetwork


@dataclass(frozen=True, eq=False)
class Folded:
    """Junctions joined by chains of pieces; chain c runs along ``node[first[c]:first[c + 1]]`` from its a to its b."""

    junction: Ints  # of each node, -1 inside a chain
    place: Ints  # node of each junction
    a: Ints
    b: Ints
    forward: Bools
    backward: Bools
    first: Ints
    node: Ints
    at_m: Floats  # of each entry of node, metres from the chain's a
    at_s: Floats
    chain_of: Ints  # of each piece
    entry_of: Ints  # of each piece, place in `node` of its end nearer to a
    piece: Ints  # of each entry, the piece to the next one, -1 at a chain's b

    @property
    def length_m(self) -> Floats:
        """Metres of each chain."""
        return self.at_m[self.first[1:] - 1]

    @property
    def seconds(self) -> Floats:
        """Seconds of each chain."""
        return self.at_s[self.first[1:] - 1]

    def closed_before(self, closed: Bools) -> Ints:
        """Return how many closed pieces lie before each entry of ``node``; differences count those in between."""
        at = np.zeros(len(self.node) + 1, np.int64)
        at[self.entry_of + 1] = closed
        return np.cumsum(at)


@dataclass(frozen=True, eq=False)
class Feet:
    """Feet as places on chains. A foot on a junction has ``junction`` ≥ 0 and its chain does not matter."""

    known: Bools
    junction: Ints
    chain: Ints
    at_m: Floats
    at_s: Floats
    # Entries of the chain's `node` on either side of the foot; the same one for a foot on a node.
    behind: Ints
    ahead: Ints


def fold(network: RoadNetwork) -> Folded:
    """Fold the chains of a network."""
    n, m = len(network.node_lon), len(network.start)
    ends = np.concatenate([network.start, network.end])
    order = np.argsort(ends, kind="stable")
    incident = (order % m).astype(np.int64)  # pieces, grouped by node
    degree = np.bincount(ends, minlength=n)
    head = np.r_[0, np.cumsum(degree)]
    # A node inside a chain has two pieces, and whoever may come by one may leave by the other.
    inner = degree == 2
    middle = np.flatnonzero(inner)
    p, q = incident[head[middle]], incident[head[middle] + 1]
    p_in, p_out = _through(network, p, middle)
    q_in, q_out = _through(network, q, middle)
    inner[middle] = (p_in == q_out) & (p_out == q_in)
    node_of, pieces, sizes = _walk_chains(network.start, network.end, incident, head, inner)

    first = np.r_[0, np.cumsum(sizes)]
    chain_of_piece = np.repeat(np.arange(len(sizes)), sizes - 1)
    entry = np.arange(m) + chain_of_piece  # a chain has one node more than pieces
    along = network.start[pieces] == node_of[entry]
    lead = first[:-1] - np.arange(len(sizes))  # place in `pieces` of each chain's first piece
    place = np.flatnonzero(~inner & (degree > 0))
    junction = np.full(n, -1)
    junction[place] = np.arange(len(place))
    chain_of, entry_of = np.empty(m, np.int64), np.empty(m, np.int64)
    chain_of[pieces], entry_of[pieces] = chain_of_piece, entry
    piece = np.full(len(node_of), -1)
    piece[entry] = pieces
    return Folded(
        junction=junction,
        place=place,
        a=junction[node_of[first[:-1]]],
        b=junction[node_of[first[1:] - 1]],
        forward=np.where(along[lead], network.forward[pieces[lead]], network.backward[pieces[lead]]),
        backward=np.where(along[lead], network.backward[pieces[lead]], network.forward[pieces[lead]]),
        first=first,
        node=node_of,
        at_m=_add_up(first, network.length_m[pieces]),
        at_s=_add_up(first, network.seconds[pieces]),
        chain_of=chain_of,
        entry_of=entry_of,
        piece=piece,
    )


def place_feet(network: RoadNetwork, folded: Folded, feet: pd.DataFrame) -> Feet:
    """Find the place of each foot (columns ``piece``, ``fraction``) on its chain."""
    piece = feet["piece"].to_numpy()
    known = piece >= 0
    piece = np.where(known, piece, 0)
    fraction = feet["fraction"].to_numpy()
    entry = folded.entry_of[piece]
    share = np.where(network.start[piece] == folded.node[entry], fraction, 1 - fraction)
    node = np.where(fraction == 0, network.start[piece], network.end[piece])
    on_node = (fraction == 0) | (fraction == 1)
    return Feet(
        known=known,
        junction=np.where(known & on_node, folded.junction[node], -1),
        chain=folded.chain_of[piece],
        at_m=folded.at_m[entry] + share * (folded.at_m[entry + 1] - folded.at_m[entry]),
        at_s=folded.at_s[entry] + share * (folded.at_s[entry + 1] - folded.at_s[entry]),
        behind=np.where(on_node & (share == 1), entry + 1, entry),
        ahead=np.where(on_node & (share == 0), entry, entry + 1),
    )


def _through(network: RoadNetwork, piece: Ints, node: Ints) -> tuple[Bools, Bools]:
    """Return whether one may come to a node by a piece, and leave by it."""
    ends = network.end[piece] == node
    ahead, back = network.forward[piece], network.backward[piece]
    return np.where(ends, ahead, back), np.where(ends, back, ahead)


@compiled
def _walk_chains(start, end, incident, head, inner):  # type: ignore[no-untyped-def]
    """Return the nodes and pieces of all chains one after the other, and the nodes of each.

    A ring without a junction gets one: ``inner`` is changed there.
    """
    m = len(start)
    seen = np.zeros(m, np.bool_)
    nodes, pieces, sizes = np.empty(2 * m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
    size = walked = chains = 0
    for rings in (False, True):
        for k in range(m if rings else len(incident)):
            piece = k if rings else incident[k]
            if seen[piece]:
                continue
            if rings:
                node = start[piece]
                inner[node] = False
            else:
                node = start[piece] if head[start[piece]] <= k < head[start[piece] + 1] else end[piece]
                if inner[node]:
                    continue
            begin = size
            nodes[size] = node
            size += 1
            while True:
                seen[piece] = True
                pieces[walked] = piece
                walked += 1
                node = start[piece] + end[piece] - node
                nodes[size] = node
                size += 1
                if not inner[node]:
                    break
                one, two = incident[head[node]], incident[head[node] + 1]
                piece = two if one == piece else one
            sizes[chains] = size - begin
            chains += 1
    return nodes[:size].copy(), pieces, sizes[:chains].copy()


@compiled
def _add_up(first, values):  # type: ignore[no-untyped-def]
    """Return sums that begin at 0 in each chain."""
    out = np.zeros(first[-1])
    k = 0
    for c in range(len(first) - 1):
        for i in range(first[c] + 1, first[c + 1]):
            out[i] = out[i - 1] + values[k]
            k += 1
    return out

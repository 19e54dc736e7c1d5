"""What an office records of ways: roads that are closed, and the distances that its schools declare."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from restructure.distance import find_ways
from restructure.roads import RoadNetwork, read_roads
from restructure.sample.land import MINOR, N_SCHOOLS, REMARK, TERTIARY, Floats, Ints, Network, Row, degrees, is_hilly
from restructure.sample.people import Pupils, Schools, Villages, moved, option_a_merges, option_b_merges
from restructure.snapping import snap
from restructure.sample.land import on_east_bank

CLOSURE_HEAD = ["รหัสการปิดถนน", "ปิดตั้งแต่", "ปิดถึง", "เหตุที่ปิด", "ละติจูด", "ลองจิจูด", "แนวที่ปิด (WKT)"]
DECLARED_HEAD = [f"ระยะทางจากบ้านถึงโรงเรียน ({way})" for way in ("ถนนลูกรัง", "ถนนลาดยาง", "ทางน้ำ")]
_WET = "ฤดูฝน"


@dataclass(frozen=True)
class Ways:
    """The roads as the workbench reads them, and the points between which people go on them."""

    network: RoadNetwork
    homes: pd.DataFrame
    schools: pd.DataFrame

    @classmethod
    def read(cls, roads: Path, villages: Villages, schools: Schools) -> Ways:
        network = read_roads(roads)
        return cls(network, *(snap(network, *degrees(points.xy).T) for points in (villages, schools)))

    @cached_property
    def metres(self) -> Floats:
        """From every village to every school, infinite where there is no way."""
        return self.without(np.empty((0, 2)))

    def without(self, places: Floats) -> Floats:
        """Measure every village to every school while the roads are closed at some places of the plane."""
        closed = np.zeros(len(self.network.start), dtype=np.bool_)
        closed[snap(self.network, *degrees(places).T)["piece"]] = True
        return find_ways(self.network, self.homes, self.schools, closed).metres


def closure_rows(
    rng: np.random.Generator, net: Network, ways: Ways, schools: Schools, students: list[Pupils]
) -> list[Row]:
    """Four closed roads, one of each kind: for good, in the wet season, for two weeks, and one that leaves no way."""
    before = ways.metres
    paid = _pairs(moved(schools.mergers, schools, students))
    planned = _pairs(moved([*option_a_merges(schools), *option_b_merges(schools)], schools, students))
    edges, kind, sites = net.land.edges, net.land.kind, net.land.sites
    laid = np.array([len(refs) > 20 for refs in net.edge_nodes])
    hilly = is_hilly(sites[edges].mean(axis=1))

    def little(after: Floats) -> bool:
        """Some few pairs take a way round; who goes to the nearest school, or moves, does not notice."""
        same = all((after[pairs] == before[pairs]).all() for pairs in (paid, planned))
        same &= bool((after.min(axis=1) == before.min(axis=1)).all())
        return same and bool((np.isinf(after) == np.isinf(before)).all()) and 10 <= (after != before).sum() <= 400

    def detour(after: Floats) -> bool:
        """Somebody who is paid for takes a way round, and nobody is left without."""
        return bool((np.isinf(after) == np.isinf(before)).all() and (after[paid] > before[paid]).any())

    def cut_off(after: Floats) -> bool:
        """A few villages reach no school, and all others every one."""
        lost = np.isinf(after) & np.isfinite(before)
        return bool((lost.any(axis=1) == lost.all(axis=1)).all()) and 2 <= lost.any(axis=1).sum() <= 6

    def pick(candidates: Iterable[Floats], fits: Callable[[Floats], bool]) -> Floats | None:
        return next((places for places in candidates if fits(ways.without(places))), None)

    def middles(chosen: np.typing.NDArray[np.bool_]) -> Iterable[Floats]:
        return (_along(net, int(e), 0.5) for e in rng.permutation(np.flatnonzero(chosen & laid)))

    def entries() -> Iterable[Floats]:
        """All roads to one place of the plain, or to two neighbours, beyond the middle."""
        for e in rng.permutation(np.flatnonzero(laid & ~hilly)):
            for inside in ([edges[e, 0]], edges[e]):
                outer = np.flatnonzero(np.isin(edges, inside).sum(axis=1) == 1)
                if len(outer) <= 3 and laid[outer].all():
                    part = np.where(np.isin(edges[outer, 0], inside), 0.8, 0.2)
                    yield np.vstack([_along(net, int(o), at) for o, at in zip(outer, part, strict=True)])

    rows = [CLOSURE_HEAD]

    def close(first: str, last: str, reason: str, places: Floats | None) -> None:
        if places is None:
            return
        points = degrees(places)
        ...

    return rows

"""What an office records of ways: roads that are closed, and the distances that its schools declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from restructure.distance import find_ways
from restructure.roads import RoadNetwork, read_roads
from restructure.sample.land import (
    MINOR,
    N_SCHOOLS,
    REMARK,
    TERTIARY,
    Bools,
    Floats,
    Ints,
    Network,
    Row,
    degrees,
    is_hilly,
    on_east_bank,
)
from restructure.sample.people import Merge, Pupils, Schools, Villages, concerned, merges_a, merges_b
from restructure.snapping import snap

CLOSURE_HEADS = ["รหัสการปิดถนน", "ปิดตั้งแต่", "ปิดถึง", "เหตุที่ปิด", "ละติจูด", "ลองจิจูด", "แนวที่ปิด (WKT)"]
DECLARED_HEADS = [f"ระยะทางจากบ้านถึงโรงเรียน ({by})" for by in ("ถนนลูกรัง", "ถนนลาดยาง", "ทางน้ำ")]


@dataclass(frozen=True, eq=False)
class Ways:
    """The roads as a van finds them, and the feet of villages and schools on them."""

    network: RoadNetwork
    villages: pd.DataFrame
    schools: pd.DataFrame

    @classmethod
    def read(cls, roads: Path, villages: Villages, schools: Schools) -> Ways:
        network = read_roads(roads)
        return cls(network, *(snap(network, *degrees(points.xy).T) for points in (villages, schools)))

    @cached_property
    def metres(self) -> Floats:
        """From every village to every school; infinite where there is no way."""
        return self.without(np.empty((0, 2)))

    def without(self, places: Floats) -> Floats:
        """Measure every village to every school when the roads are closed at some places of the plane."""
        closed = np.zeros(len(self.network.start), dtype=np.bool_)
        closed[snap(self.network, *degrees(places).T)["piece"]] = True
        return find_ways(self.network, self.villages, self.schools, closed).metres


# -- closed roads ----
def closure_rows(
    rng: np.random.Generator, net: Network, ways: Ways, schools: Schools, students: list[Pupils]
) -> list[Row]:
    """Close roads: one for good, one for two weeks, one, and all that lead to a few villages, in the wet season."""
    before = ways.metres
    paid = _pairs(schools.mergers, schools, students)
    moving = _pairs([*schools.mergers, *merges_a(schools)], schools, students)
    ever = _pairs([*schools.mergers, *merges_a(schools), *merges_b(schools)], schools, students)

    def leaves_ways(after: Floats) -> bool:
        return bool((np.isinf(after) == np.isinf(before)).all())

    def is_little(after: Floats) -> bool:
        """Whether a few take a way round, but none to the nearest school and none who moves."""
        same = (after == before)[ever].all()
        same &= (after.min(axis=1) == before.min(axis=1)).all()
        return bool(same and 10 <= np.count_nonzero(after != before) <= 400) and leaves_ways(after)

    def is_detour(after: Floats) -> bool:
        """Whether somebody who is paid for takes a way round."""
        return leaves_ways(after) and bool((after > before)[paid].any())

    def cuts_off(after: Floats) -> bool:
        """Whether a few villages reach hardly a school, and some who move from there not their host."""
        lost = np.isinf(after) & np.isfinite(before)
        return bool(2 <= np.count_nonzero(lost.mean(axis=1) > 0.5) <= 6 and lost[moving].any())

    def first(candidates: Iterator[Floats], fits: Callable[[Floats], bool]) -> Floats | None:
        return next((places for places in candidates if fits(ways.without(places))), None)

    land = net.land
    hilly = is_hilly(land.sites[land.edges].mean(axis=1))
    better, minor = land.kind <= TERTIARY, land.kind == MINOR
    wet = "ฤดูฝน"
    found = [
        ("20/8/2569", "", "สะพานข้ามลำห้วยขาด รอสร้างใหม่", first(_middles(rng, net, minor), is_little)),
        (wet, wet, "น้ำป่าล้นผ่านทาง", first(_middles(rng, net, minor), is_detour)),
        ("5/11/2569", "18/11/2569", "ดินถล่มทับถนน", first(_middles(rng, net, better & hilly, 4), is_detour)),
        (wet, wet, "น้ำท่วมถนนทุกสายเข้าหมู่บ้าน", first(_entries(rng, net, ~hilly), cuts_off)),
    ]
    rows = [CLOSURE_HEADS]
    for begin, end, reason, places in found:
        if places is None:
            continue
        points = [(f"{lat:.6f}", f"{lon:.6f}") for lat, lon in degrees(places).tolist()]
        where = ["", "", f"({', '.join(f'{lon} {lat}' for lat, lon in points)})"]
        if len(points) == 1:
            where = [*points[0], ""]
        elif begin == wet:
            where[2] = f"MULTIPOINT {where[2]}"
        else:
            where[2] = f"LINESTRING {where[2]}"
        rows.append([f"ปิด-{len(rows)}", begin, end, f"{reason} ({REMARK})", *where])
    return rows


def _pairs(merges: list[Merge], schools: Schools, students: list[Pupils]) -> tuple[Ints, Ints]:
    """Return villages and hosts of those who move."""
    village, host = np.array([(p.village, m.host) for p, m in concerned(merges, schools, students)], dtype=np.int64).T
    return village, host


def _middles(rng: np.random.Generator, net: Network, chosen: Bools, reach: int = 0) -> Iterator[Floats]:
    """Give the middle of each chosen road, or a stretch of so many pieces to either side, in any order."""
    for e in rng.permutation(np.flatnonzero(chosen)).tolist():
        if len(net.edge_nodes[e]) > 2 * reach + 3:
            yield _along(net, e, 0.5, reach)


def _entries(rng: np.random.Generator, net: Network, chosen: Bools) -> Iterator[Floats]:
    """Give points on all roads that lead to two places which a chosen road joins, where these are no more than four."""
    edges = net.land.edges
    for e in rng.permutation(np.flatnonzero(chosen)).tolist():
        inside = np.isin(edges, edges[e])
        roads = np.flatnonzero(inside.sum(axis=1) == 1).tolist()
        if len(roads) <= 4 and all(len(net.edge_nodes[r]) > 3 for r in roads):
            yield np.vstack([_along(net, r, 0.8 if inside[r, 0] else 0.2) for r in roads])


def _along(net: Network, e: int, part: float, reach: int = 0) -> Floats:
    """Return middles of neighbouring pieces of a road, so many to either side of a part of the way."""
    line = np.array([net.xy[v] for v in net.edge_nodes[e]])
    middles = (line[1:] + line[:-1]) / 2
    at = int(part * len(middles))
    return np.asarray(middles[at - reach : at + reach + 1], dtype=np.float64)


# -- declared distances ----
def declared_rows(
    rng: np.random.Generator, ways: Ways, villages: Villages, schools: Schools, students: list[Pupils]
) -> list[Row]:
    """Declare ways to school by surface as DMC holds them: each school in its own unit, with slips of the pen."""
    n = len(students)
    school = np.array([p.school for p in students])
    village = np.array([p.village for p in students])
    host = {p: m.host for p, m in concerned(schools.mergers, schools, students)}
    to_host = rng.random(n) < 0.6
    goal = np.where(to_host, [host.get(p, p.school) for p in students], school)
    straight, road = np.hypot(*(villages.xy[village] - schools.xy[goal]).T), ways.metres[village, goal]
    # Children of the other bank come by boat where the bridge is far; those of the island have no other way.
    afloat = on_east_bank(villages.xy[village]) != on_east_bank(schools.xy[goal])
    afloat &= (road > 1.5 * straight) & (rng.random(n) < 0.6)
    afloat |= np.isinf(road)
    water = np.where(np.isinf(road), 1_500.0, np.where(afloat, 100.0, 0.0))
    land = np.where(afloat, 1.2 * straight, road - water) * np.exp(rng.normal(0, 0.06, n))
    rough = ways.network.unpaved[ways.villages["piece"]] * rng.uniform(0.2, 0.8, len(villages.codes))
    parts = np.column_stack([land * rough[village], land * (1 - rough[village]), water])
    slip = rng.random(n)  # a decimal point lost or gained, or the other unit
    parts *= np.where(slip < 0.01, rng.choice([0.1, 10.0], n), 1.0)[:, None]
    in_km = (rng.random(N_SCHOOLS) < 0.7)[school] ^ (slip > 0.99)
    empty = (rng.random(n) < 0.07) | (rng.random(N_SCHOOLS) < 0.03)[school]
    return [
        ["", "", ""] if blank else [_declared(metres, km) for metres in row]
        for row, km, blank in zip(parts.tolist(), in_km.tolist(), empty.tolist(), strict=True)
    ]


def _declared(metres: float, in_km: bool) -> str:
    """Write a distance as somebody does who knows it roughly."""
    step = 100 if in_km else 50
    rounded = max(step, round(metres / step) * step)
    return "-" if metres == 0 else f"{rounded / 1_000:g}" if in_km else str(rounded)

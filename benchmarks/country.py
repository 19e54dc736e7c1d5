"""A country of offices: each office's villages to all schools within 30 km by road, on a cut of the country's roads.

    python benchmarks/country.py OFFICES
    python benchmarks/country.py check

Prints seconds, schools, pairs and memory as JSON. The country is drawn tile by tile into flat arrays: 42 bytes a node
and its piece. ``check`` holds the cut of a small country against the whole of it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass

import numpy as np
from province import Roads, length_of, network_of, to_degrees

import restructure as rs
from restructure.distance import find_ways, whole_metres
from restructure.roads import Bools, Floats, Ints
from restructure.snapping import snap

LIMIT_M = 30_000
#: Beyond the limit: a school's foot and the far end of its piece of road, and what a degree differs from its metres.
MARGIN_M = 2_000
OFFICE_SIDE_M = 53_000.0
SCHOOLS = 164
#: More than any piece of road reaches north.
PIECE_DEGREES = 0.01
GATE_EVERY_M = 6_000


@dataclass(frozen=True, eq=False)
class Country:
    """Roads, villages and schools of many offices that lie side by side in a square.

    Nodes lie in order from south to north, pieces in the order of their starts: a cut looks at a band only.
    """

    lon: Floats
    lat: Floats
    start: Ints
    end: Ints
    length_m: Floats
    one_way: Bools
    village_of: Ints  # office of each village
    villages: Floats  # longitude, latitude
    schools: Floats

    @classmethod
    def make(cls, offices: int) -> Country:
        columns = round(offices**0.5)
        drawn: dict[str, list[np.ndarray]] = {key: [] for key in cls.__annotations__}
        doors: dict[tuple[int, int, str], Ints] = {}
        size = 0
        for office in range(offices):
            rng = np.random.default_rng([1, office])
            row, column = divmod(office, columns)
            corner = np.array([column, row]) * OFFICE_SIDE_M
            # The border to the north is the southern one of the next row, and so on.
            borders = {(row, column, "south"): 0.0, (row + 1, column, "south"): (0.0, OFFICE_SIDE_M)}
            borders |= {(row, column, "west"): 0.0, (row, column + 1, "west"): (OFFICE_SIDE_M, 0.0)}
            roads = Roads.make(rng, OFFICE_SIDE_M, np.vstack([_gates(*border) + at for border, at in borders.items()]))
            lon, lat = to_degrees(corner + roads.xy)
            taught = rng.choice(len(roads.villages), SCHOOLS, replace=False)
            new = {
                "lon": lon,
                "lat": lat,
                "start": size + roads.start,
                "end": size + roads.end,
                "length_m": length_of(lon, lat, roads.start, roads.end),
                "one_way": roads.one_way,
                "village_of": np.full(len(roads.villages), office),
                "villages": np.column_stack(to_degrees(corner + _beside(rng, roads.villages))),
                "schools": np.column_stack(to_degrees(corner + _beside(rng, roads.villages[taught]))),
            }
            for border, here in zip(borders, np.split(size + roads.gates, len(borders)), strict=True):
                there = doors.setdefault(border, here)
                if there is not here:  # two offices meet at one place: a road of no length joins them
                    none = np.zeros(len(here))
                    joint = {"start": there, "end": here, "length_m": none, "one_way": none.astype(bool)}
                    new |= {key: np.r_[new[key], more] for key, more in joint.items()}
            for key, values in new.items():
                drawn[key].append(values)
            size += len(lon)
        # One after the other, so that the parts of each are gone before the next is put together.
        return cls(**_northwards({key: np.concatenate(drawn.pop(key)) for key in list(drawn)}))

    def cut(self, west: float, south: float, east: float, north: float) -> rs.RoadNetwork:
        """Return the pieces that have an end in a rectangle of degrees, with both their ends."""
        low, high = np.searchsorted(self.lat, [south - PIECE_DEGREES, north + PIECE_DEGREES])
        band = slice(*np.searchsorted(self.start, [low, high]))
        inside = _within(self.lon[low:high], self.lat[low:high], west, south, east, north)
        # A piece may leave the band, but not from inside.
        start, end = self.start[band] - low, np.clip(self.end[band] - low, 0, high - low - 1)
        piece = band.start + np.flatnonzero(inside[start] | inside[end])
        node, ends = np.unique(np.r_[self.start[piece], self.end[piece]], return_inverse=True)
        start, end = np.split(ends, 2)
        return network_of(self.lon[node], self.lat[node], start, end, self.length_m[piece], self.one_way[piece])

    def around(self, office: int) -> rs.RoadNetwork:
        """Return the roads of an office and those round it: no way of 30 km leads farther than 30 km."""
        return self.cut(*_around(self.villages[self.village_of == office], LIMIT_M + MARGIN_M))

    def table(self, office: int, network: rs.RoadNetwork) -> tuple[Ints, Ints, Ints]:
        """Return village, school and whole metres of each pair of an office that is near enough."""
        village = np.flatnonzero(self.village_of == office)
        homes = self.villages[village]
        school = np.flatnonzero(_within(*self.schools.T, *_around(homes, LIMIT_M + MARGIN_M / 2)))
        feet = [snap(network, points[:, 1], points[:, 0]) for points in (homes, self.schools[school])]
        metres = find_ways(network, *feet).metres
        near = metres <= LIMIT_M
        row, column = np.nonzero(near)
        return village[row], school[column], whole_metres(metres[near])


def _around(points: Floats, metres: float) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a rectangle that reaches at least this far beyond the points."""
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    up = metres / 110_500
    aside = metres / (111_300 * np.cos(np.radians(north + up)))
    return west - aside, south - up, east + aside, north + up


def _within(lon: Floats, lat: Floats, west: float, south: float, east: float, north: float) -> Bools:
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _gates(row: int, column: int, side: str) -> Floats:
    """Return where roads cross the southern or western border of an office."""
    count = int(OFFICE_SIDE_M / GATE_EVERY_M)
    rng = np.random.default_rng([2, row, column, side == "south"])
    along = (np.arange(count) + rng.uniform(0.1, 0.9, count)) * OFFICE_SIDE_M / count
    return np.column_stack([along, np.zeros(count)][:: 1 if side == "south" else -1])


def _beside(rng: np.random.Generator, places: Floats) -> Floats:
    return places + rng.normal(0, 80, places.shape)


def _northwards(flat: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Put nodes in order from south to north, and pieces in the order of their starts."""
    order = np.argsort(flat["lat"])
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    flat |= {key: flat[key][order] for key in ("lon", "lat")}
    order = np.argsort(rank[flat["start"]])
    flat |= {key: rank[flat[key][order]] for key in ("start", "end")}
    return flat | {key: flat[key][order] for key in ("length_m", "one_way")}


def check() -> dict[str, int]:
    """Hold every pair of the middle office of nine against the uncut country."""
    country = Country.make(9)
    cut = country.table(4, country.around(4))
    whole = country.table(4, country.cut(-180, -90, 180, 90))
    assert all(np.array_equal(*pair) for pair in zip(cut, whole, strict=True)), "the cut changes the table"
    return {"pairs": len(cut[0]), "nodes": len(country.lon)}


def run(offices: int) -> dict[str, float]:
    single = Country.make(1)
    single.table(0, single.around(0))  # the compiled code is there before the clock starts
    country = Country.make(offices)
    pairs = cut_nodes = 0
    begun = time.perf_counter()
    for office in range(offices):
        network = country.around(office)
        cut_nodes += len(network.node_lon)
        pairs += len(country.table(office, network)[0])
    return {
        "table_s": time.perf_counter() - begun,
        "schools": len(country.schools),
        "villages": len(country.villages),
        "nodes": len(country.lon),
        "cut_nodes": cut_nodes,
        "pairs": pairs,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(check() if sys.argv[1] == "check" else run(int(sys.argv[1]))))

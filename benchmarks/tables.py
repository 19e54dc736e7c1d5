"""The package's own table: the answers that the peers are held against, and its seconds.

    python benchmarks/tables.py FOLDER RUNS

Leaves the metres in FOLDER/ours.npy and prints the medians as JSON:

- ``read_s``: road file → network
- ``search_s``: feet → metres and seconds of every pair, network prepared; ``first_search_s``: not prepared
- ``matrix_s``: coordinates → metres and seconds of every pair, network prepared; ``first_matrix_s``: not prepared
- ``table_s``: coordinates → the table that the package writes, network prepared; ``first_table_s``: not prepared
- ``closed_s``: that table anew with a road closed
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from networks import Case, arcs_of
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

import restructure as rs
from restructure.distance import distance_table, find_ways, routes
from restructure.roads import Bools, Floats
from restructure.snapping import snap


def median(work: Callable[[], Any], runs: int) -> float:
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return float(np.median(times))


def matrix(case: Case, network: rs.RoadNetwork, closed: Bools | None = None) -> Floats:
    feet = [snap(network, network.node_lat[node], network.node_lon[node]) for node in (case.villages, case.schools)]
    return find_ways(network, *feet, closed).metres


def close_a_road(case: Case) -> Bools:
    """Close the piece half way along the first route that there is."""
    villages, schools = (table.head(50).reset_index(drop=True) for table in case.tables())
    pairs = villages.assign(school_lat=schools["lat"], school_lon=schools["lon"])
    line = np.array(routes(case.network, pairs).geometry.iloc[0].coords)
    middle = line[len(line) // 2 - 1 : len(line) // 2 + 1].mean(axis=0)
    closed = np.zeros(len(case.network.start), bool)
    closed[snap(case.network, middle[[1]], middle[[0]])["piece"]] = True
    return closed


def check_closure(case: Case, closed: Bools, ours: Floats) -> None:
    network = replace(case.network, forward=case.network.forward & ~closed, backward=case.network.backward & ~closed)
    tail, head, metres = arcs_of(network)
    graph = csr_array((metres, (head, tail)), shape=(len(network.node_lon),) * 2)
    assert np.allclose(dijkstra(graph, indices=case.schools)[:, case.villages].T, ours, rtol=0, atol=1e-6)


def main(folder: str, runs: int) -> dict[str, float]:
    case = Case.load(Path(folder))
    network, (villages, schools) = case.network, case.tables()
    found, closed = matrix(case, network), close_a_road(case)
    again = matrix(case, network, closed)
    np.save(case.folder / "ours.npy", found)
    check_closure(case, closed, again)
    feet = [snap(network, points["lat"].to_numpy(), points["lon"].to_numpy()) for points in (villages, schools)]
    # A copy is a network that nothing has been prepared for.
    return {
        "nodes": len(network.node_lon),
        "pairs_changed": int((again != found).sum()),
        "read_s": median(lambda: rs.read_roads(case.roads), runs),
        "search_s": median(lambda: find_ways(network, *feet), runs),
        "matrix_s": median(lambda: matrix(case, network), runs),
        "table_s": median(lambda: distance_table(network, villages, schools), runs),
        "closed_s": median(lambda: distance_table(network, villages, schools, closed=closed), runs),
        "first_search_s": median(lambda: find_ways(replace(network), *feet), runs),
        "first_matrix_s": median(lambda: matrix(case, replace(network)), runs),
        "first_table_s": median(lambda: distance_table(replace(network), villages, schools), runs),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))

"""Distances beside NetworkX in one run: the same network, the same pairs, answers compared. Prints ratios.

make bench
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

import restructure as rs
from restructure.sample import make_sample


def seconds(work: Callable[[], Any], runs: int) -> tuple[float, Any]:
    """Return the median time of some runs and the last result."""
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begun)
    return float(np.median(times)), result


def directed_graph(network: rs.RoadNetwork) -> nx.DiGraph:
    """Return the network, unfolded, as NetworkX wants it for searches against the direction of travel."""
    graph = nx.DiGraph()
    ahead, back = network.forward, network.backward
    graph.add_weighted_edges_from(zip(network.end[ahead], network.start[ahead], network.length_m[ahead], strict=True))
    graph.add_weighted_edges_from(zip(network.start[back], network.end[back], network.length_m[back], strict=True))
    return graph


def main() -> None:
    """Time the table of the sample office between road nodes, where both need no snapping."""
    with tempfile.TemporaryDirectory() as folder:
        make_sample(Path(folder), seed=2570)
        roads = Path(folder) / "inputs" / "roads.osm.pbf"
        read_s, network = seconds(lambda: rs.read_roads(roads), 5)
    graph = directed_graph(network)
    rng = np.random.default_rng(1)
    nodes = rng.choice(np.array(graph.nodes), 332 + 125, replace=False)
    points = pd.DataFrame({"lat": network.node_lat[nodes], "lon": network.node_lon[nodes]})
    names = np.array([f"{i:04d}" for i in range(len(nodes))])
    villages = points[:332].assign(village_id=names[:332])
    schools = points[332:].assign(school_id=names[332:])
    ours_s, table = seconds(lambda: rs.distance_table(network, villages, schools), 5)

    def peer() -> np.ndarray:
        found = [nx.single_source_dijkstra_path_length(graph, school) for school in nodes[332:]]
        return np.array([[lengths.get(village, np.nan) for lengths in found] for village in nodes[:332]])

    peer_s, lengths = seconds(peer, 1)
    ours = table["road_m"].to_numpy(dtype=float, na_value=np.nan).reshape(lengths.shape)
    assert np.array_equal(np.isnan(ours), np.isnan(lengths)), "reachability differs"
    assert np.nanmax(np.abs(ours - lengths)) <= 0.501, "distances differ"
    print(f"sample office: {len(network.node_lon):,} nodes, 332 x 125 pairs, every pair within 0.5 m")
    print(f"PBF -> network                         {read_s:8.3f} s")
    print(f"table, snapping and folding included   {ours_s:8.3f} s")
    print(f"NetworkX, one search a school          {peer_s:8.3f} s   ratio {peer_s / ours_s:,.0f}")


if __name__ == "__main__":
    main()

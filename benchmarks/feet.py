"""A thousand points to their nearest roads: the package, the bare index that it stands on, and OSMnx.

python benchmarks/feet.py FOLDER RUNS
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx as ox
import shapely
from networks import Case
from pyproj import Transformer
from tables import median

from restructure.snapping import snap

OFF_ROAD_DEGREES = 0.0015


def main(folder: str, runs: int) -> dict[str, float]:
    case = Case.load(Path(folder))
    network = case.network
    rng = np.random.default_rng(2)
    lon, lat = (
        at[case.villages] + rng.normal(0, OFF_ROAD_DEGREES, 1000) for at in (network.node_lon, network.node_lat)
    )
    west, south, east, north = network.bounds()
    # The plane that the package snaps in, so that all three are asked the same.
    plane = Transformer.from_crs(
        "EPSG:4326", f"+proj=tmerc +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +ellps=WGS84", always_xy=True
    )
    node_x, node_y = plane.transform(network.node_lon, network.node_lat)
    x, y = plane.transform(lon, lat)
    ends = np.column_stack([network.start, network.end])
    tree = shapely.STRtree(shapely.linestrings(np.stack([node_x[ends], node_y[ends]], axis=2)))
    points = shapely.points(x, y)
    feet = snap(network, lat, lon)

    graph = nx.MultiDiGraph(crs="EPSG:32647")  # which one does not matter: OSMnx only measures in it
    nodes = zip(node_x.tolist(), node_y.tolist(), strict=True)
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, (x, y) in enumerate(nodes))
    ahead, back = network.forward, network.backward
    graph.add_edges_from(zip(network.start[ahead].tolist(), network.end[ahead].tolist(), strict=True))
    graph.add_edges_from(zip(network.end[back].tolist(), network.start[back].tolist(), strict=True))
    begun = time.perf_counter()
    _, distance = ox.distance.nearest_edges(graph, x, y, return_dist=True)
    osmnx_s = time.perf_counter() - begun
    assert np.abs(distance - feet["snap_m"]).max() < 0.1, "OSMnx finds other roads"
    return {
        "ours_s": median(lambda: snap(network, lat, lon), runs),
        "bare_s": median(lambda: tree.query_nearest(points), runs),
        "osmnx_s": osmnx_s,
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))

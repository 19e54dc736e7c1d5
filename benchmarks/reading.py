"""From a road file to a usable network, in a fresh process each: seconds, and memory above what the imports take.

    python benchmarks/reading.py ours PBF
    python benchmarks/reading.py osmnx XML [whole]
    python benchmarks/reading.py convert PBF FOLDER

OSMnx reads XML only and cannot be told which roads to take: ``convert`` writes what is in the file, and once more with
its roads alone. ``whole`` leaves the network as it is read; otherwise OSMnx joins chains into edges, as it does by
itself.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measured(work: Callable[[], Any], size: Callable[[Any], int]) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "mb": (peak - before) / 1024, "nodes": size(made)}


def ours(path: str) -> dict[str, float]:
    import restructure as rs

    return measured(lambda: rs.read_roads(path), lambda network: len(network.node_lon))


def osmnx(path: str, whole: str = "") -> dict[str, float]:
    import osmnx as ox

    return measured(lambda: ox.graph_from_xml(path, retain_all=True, simplify=not whole), len)


def convert(path: str, folder: str) -> dict[str, float]:
    import osmium

    with osmium.SimpleWriter(str(Path(folder, "all.osm")), overwrite=True) as writer:
        for thing in osmium.FileProcessor(path):
            writer.add(thing)
    used: set[int] = set()
    for way in osmium.FileProcessor(path, osmium.osm.WAY):
        if "highway" in way.tags:
            used.update(node.ref for node in way.nodes)
    with osmium.SimpleWriter(str(Path(folder, "roads.osm")), overwrite=True) as writer:
        for thing in osmium.FileProcessor(path, osmium.osm.NODE | osmium.osm.WAY):
            if thing.id in used if thing.is_node() else "highway" in thing.tags:
                writer.add(thing)
    return {"nodes": len(used)}


if __name__ == "__main__":
    print(json.dumps({"ours": ours, "osmnx": osmnx, "convert": convert}[sys.argv[1]](*sys.argv[2:])))

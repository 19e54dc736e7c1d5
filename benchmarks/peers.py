"""The peers, each in a process of its own: the same pairs on the same network, their metres held against ours.

    python benchmarks/peers.py PEER FOLDER RUNS

Prints seconds and differences as JSON. What a peer makes of the network counts as its preparation; what turns its
answer into an array of metres does not count.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from networks import Case, arcs_of
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from restructure.folding import fold
from restructure.roads import Floats, Ints

LIMIT_M = 30_000


@dataclass
class Peer:
    """How a peer prepares the network, answers, and what makes metres of the answer, villages down, schools across."""

    prepare: Callable[[], Any]
    table: Callable[[Any], Any]
    metres: Callable[[Any], Any] = np.asarray
    #: How far an answer may be from ours: metres, and a share of the distance.
    within: tuple[float, float] = (1e-6, 0.0)
    limit: float = np.inf


def networkx(case: Case) -> Peer:
    import networkx as nx

    def prepare() -> nx.DiGraph:
        tail, head, metres = case.arcs()
        graph = nx.DiGraph()
        graph.add_weighted_edges_from(zip(head.tolist(), tail.tolist(), metres.tolist(), strict=True))
        return graph

    def table(graph: nx.DiGraph) -> list[dict[int, float]]:
        return [nx.single_source_dijkstra_path_length(graph, school) for school in case.schools.tolist()]

    def metres(found: list[dict[int, float]]) -> Floats:
        return np.array([[lengths.get(village, np.inf) for lengths in found] for village in case.villages.tolist()])

    return Peer(prepare, table, metres)


def scipy(case: Case) -> Peer:
    size = len(case.network.node_lon)
    return Peer(
        lambda: _against_traffic(size, *case.arcs()),
        lambda graph: dijkstra(graph, indices=case.schools),
        lambda found: found[:, case.villages].T,
    )


def igraph(case: Case) -> Peer:
    import igraph as ig

    def prepare() -> tuple[ig.Graph, list[float]]:
        tail, head, metres = case.arcs()
        return ig.Graph(len(case.network.node_lon), np.column_stack([head, tail]), directed=True), metres.tolist()

    def table(made: tuple[ig.Graph, list[float]]) -> list[list[float]]:
        graph, metres = made
        return graph.distances(case.schools.tolist(), case.villages.tolist(), metres)

    return Peer(prepare, table, np.transpose)


def networkit(case: Case) -> Peer:
    import networkit as nk

    def prepare() -> nk.Graph:
        tail, head, metres = case.arcs()
        return nk.GraphFromCoo((metres, (head, tail)), n=len(case.network.node_lon), weighted=True, directed=True)

    def table(graph: nk.Graph) -> list[list[float]]:
        search = nk.distance.SPSP(graph, case.schools.tolist())
        search.setTargets(case.villages.tolist())
        search.run()
        return search.getDistances()

    def metres(found: list[list[float]]) -> Floats:
        lengths = np.transpose(found)
        return np.where(lengths < np.finfo(float).max, lengths, np.inf)

    return Peer(prepare, table, metres)


def pandana(case: Case) -> Peer:
    """In whole millimetres, cut off at every piece of road."""
    import pandana as pdna
    import pandas as pd

    def prepare() -> pdna.Network:
        tail, head, metres = case.arcs()
        x, y = pd.Series(case.network.node_lon), pd.Series(case.network.node_lat)
        return pdna.Network(x, y, pd.Series(tail), pd.Series(head), pd.DataFrame({"metres": metres}), twoway=False)

    rows, columns = len(case.villages), len(case.schools)

    def table(net: pdna.Network) -> list[float]:
        return net.shortest_path_lengths(np.repeat(case.villages, columns), np.tile(case.schools, rows))

    def metres(found: list[float]) -> Floats:
        lengths = np.reshape(found, (rows, columns))
        return np.where(lengths < 4_294_967, lengths, np.inf)

    return Peer(prepare, table, metres, within=(3, 0))


def osrm_mld(case: Case) -> Peer:
    return _osrm(case, "MLD", "partition", "customize")


def osrm_ch(case: Case) -> Peer:
    return _osrm(case, "CH", "contract")


def _osrm(case: Case, algorithm: str, *steps: str) -> Peer:
    """From the road file, with a length of its own on the ellipsoid, in whole centimetres."""
    import osrm

    base = case.folder / algorithm / "roads.osrm"
    profile = Path(__file__).parent / "osrm" / "van.lua"

    def run(command: str, *arguments: object) -> None:
        line = [sys.executable, "-m", "osrm", command, "--verbosity", "ERROR", *map(str, arguments)]
        subprocess.run(line, check=True)

    def prepare() -> osrm.OSRM:
        base.parent.mkdir(exist_ok=True)
        run("extract", "--profile", profile, "--small-component-size", 1, "--output", base, case.roads)
        for step in steps:
            run(step, base)
        most = len(case.villages) + len(case.schools)
        return osrm.OSRM(
            storage_config=str(base), algorithm=algorithm, use_shared_memory=False, max_locations_distance_table=most
        )

    def table(engine: osrm.OSRM) -> Any:
        node = np.r_[case.villages, case.schools]
        places = np.column_stack([case.network.node_lon[node], case.network.node_lat[node]])
        return engine.Table(
            osrm.TableParameters(
                coordinates=[tuple(place) for place in places.tolist()],
                sources=list(range(len(case.villages))),
                destinations=list(range(len(case.villages), len(node))),
                annotations=["distance"],
                generate_hints=False,
            )
        )

    return Peer(prepare, table, lambda found: [list(row) for row in found["distances"]], within=(10, 0))


def valhalla(case: Case) -> Peer:
    """From the road file, with lengths on a sphere, in whole metres a road."""
    import valhalla as vh

    tiles = case.folder / "valhalla"

    def prepare() -> vh.Actor:
        tiles.mkdir(exist_ok=True)
        config = vh.get_config(tile_extract="", tile_dir=tiles)
        pairs = len(case.villages) * len(case.schools)
        config["service_limits"]["auto"] |= {"max_matrix_location_pairs": pairs, "max_matrix_distance": 1e6}
        config["service_limits"]["max_distance_disable_hierarchy_culling"] = 1e6
        written = tiles / "valhalla.json"
        written.write_text(json.dumps(config))
        program = vh.PYVALHALLA_DIR / "bin" / "valhalla_build_tiles"
        subprocess.run([program, "-c", written, case.roads], check=True, capture_output=True)
        return vh.Actor(config)

    def places(node: Ints) -> list[dict[str, float]]:
        pairs = zip(case.network.node_lon[node].tolist(), case.network.node_lat[node].tolist(), strict=True)
        return [{"lon": lon, "lat": lat, "minimum_reachability": 0} for lon, lat in pairs]

    def table(actor: vh.Actor) -> Any:
        options = {"auto": {"shortest": True, "disable_hierarchy_pruning": True}}
        ends = {"sources": places(case.villages), "targets": places(case.schools)}
        return actor.matrix(ends | {"costing": "auto", "costing_options": options, "verbose": False})

    def metres(found: Any) -> Floats:
        return 1000 * np.array(found["sources_to_targets"]["distances"], dtype=float)

    return Peer(prepare, table, metres, within=(50, 0.007))


def routingkit_cch(case: Case) -> Peer:
    """On the folded network, in whole millimetres."""
    import routingkit_cch as rk

    def prepare() -> tuple[rk.CCHMetric, Ints, Ints]:
        lon, lat, tail, head, metres, villages, schools = _folded(case)
        order = rk.compute_order_inertial(len(lon), tail.tolist(), head.tolist(), lat.tolist(), lon.tolist())
        hierarchy = rk.CCH(order, tail.tolist(), head.tolist(), False)
        return rk.CCHMetric(hierarchy, _millimetres(metres).tolist()), villages, schools

    def table(made: tuple[rk.CCHMetric, Ints, Ints]) -> list[list[int | None]]:
        metric, villages, schools = made
        search = rk.CCHOneToMany(metric, schools.tolist())
        return [search.distances_from(village) for village in villages.tolist()]

    return Peer(prepare, table, lambda found: np.array(found, dtype=float) / 1000, within=(1, 0))


def pyroutingkit(case: Case) -> Peer:
    """On the folded network, in whole millimetres."""
    import pyroutingkit as rk

    def prepare() -> tuple[rk.CCHMetric, Ints, Ints]:
        lon, lat, tail, head, metres, villages, schools = _folded(case)
        topology = rk.CCHTopology()
        topology.build(tail.astype(np.uint32), head.astype(np.uint32), lat.astype("f4"), lon.astype("f4"), len(lon))
        metric = rk.CCHMetric(topology)
        metric.customize(_millimetres(metres))
        return metric, villages.astype(np.uint32), schools.astype(np.uint32)

    def table(made: tuple[rk.CCHMetric, Ints, Ints]) -> Ints:
        metric, villages, schools = made
        return metric.distances_many_to_many(villages, schools)

    return Peer(prepare, table, lambda found: np.where(found < rk.INF_WEIGHT, found / 1000, np.inf), within=(1, 0))


def scipy_folded(case: Case) -> Peer:
    return _scipy_folded(case, np.inf)


def scipy_limit(case: Case) -> Peer:
    """On the folded network, and no farther than a van goes: pairs beyond the limit stay unanswered."""
    return _scipy_folded(case, LIMIT_M)


def _scipy_folded(case: Case, limit: float) -> Peer:
    def prepare() -> tuple[csr_array, Ints, Ints]:
        lon, _, tail, head, metres, villages, schools = _folded(case)
        return _against_traffic(len(lon), tail, head, metres), villages, schools

    def table(made: tuple[csr_array, Ints, Ints]) -> Floats:
        graph, villages, schools = made
        return dijkstra(graph, indices=schools, limit=limit)[:, villages]

    return Peer(prepare, table, np.transpose, limit=limit)


def _folded(case: Case) -> tuple[Floats, Floats, Ints, Ints, Floats, Ints, Ints]:
    """Fold the network as the package does, but keep villages and schools as nodes, for searches that know only nodes.

    Returns longitude and latitude of the nodes, tails, heads and metres of the arcs, villages, schools.
    """
    network, points = case.network, np.r_[case.villages, case.schools]
    # The tip of a spur of no length is a junction, wherever the point lies.
    tips = len(network.node_lon) + np.arange(len(points))
    is_open = np.ones(len(points), bool)
    more = {"node_lon": network.node_lon[points], "node_lat": network.node_lat[points], "start": points, "end": tips}
    more |= {"length_m": np.zeros(len(points)), "seconds": np.zeros(len(points))}
    more |= {"forward": is_open, "backward": is_open}
    spurred = replace(network, **{key: np.r_[getattr(network, key), value] for key, value in more.items()})
    folded = fold(spurred)
    lengths = {"length_m": folded.length_m, "forward": folded.forward, "backward": folded.backward}
    tail, head, metres = arcs_of(replace(network, start=folded.a, end=folded.b, **lengths))
    # Rings lead nowhere; of parallel roads the shortest counts.
    order = np.lexsort((metres, head, tail))
    order = order[(tail != head)[order]]
    order = order[np.r_[True, (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)]]
    villages, schools = np.split(folded.junction[tips], [len(case.villages)])
    lon, lat = spurred.node_lon[folded.place], spurred.node_lat[folded.place]
    return lon, lat, tail[order], head[order], metres[order], villages, schools


def _against_traffic(size: int, tail: Ints, head: Ints, metres: Floats) -> csr_array:
    """Return a graph for searches against the direction of travel; scipy takes a stored 0 for a road of no length."""
    return csr_array((metres, (head, tail)), shape=(size, size))


def _millimetres(metres: Floats) -> Ints:
    return np.rint(metres * 1000).astype(np.uint32)


FULL = (networkx, scipy, igraph, networkit, pandana, osrm_mld, osrm_ch, valhalla)
FOLDED = (scipy_folded, scipy_limit, routingkit_cch, pyroutingkit)


def main(name: str, folder: str, runs: int) -> dict[str, Any]:
    case = Case.load(Path(folder))
    peer = {peer.__name__: peer for peer in FULL + FOLDED}[name](case)
    fold(case.network)  # the package's compiled code is there before the clock starts
    begun = time.perf_counter()
    made = peer.prepare()
    prepare_s = time.perf_counter() - begun
    times = []
    for _ in range(runs):
        begun = time.perf_counter()
        found = peer.table(made)
        times.append(time.perf_counter() - begun)
    theirs = np.array(peer.metres(found), dtype=float)
    theirs[np.isnan(theirs)] = np.inf
    ours = np.load(case.folder / "ours.npy")
    ours[ours > peer.limit] = np.inf
    assert np.array_equal(np.isinf(ours), np.isinf(theirs)), "reachability differs"
    has_way = np.isfinite(ours)
    difference = np.abs(theirs[has_way] - ours[has_way])
    metres, share = peer.within
    agree = difference <= metres + share * ours[has_way]
    # Valhalla turns round nowhere but at dead ends, which a few pairs would have to.
    assert agree.mean() >= (0.999 if name == "valhalla" else 1), f"{(~agree).sum()} pairs differ"
    return {
        "prepare_s": prepare_s,
        "table_s": float(np.median(times)),
        "median_m": float(np.median(difference)),
        "max_m": float(difference.max()),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))

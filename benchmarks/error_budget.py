"""Measure each term of the error budget in docs/method.md on real roads. Prints one line a term and place.

.venv/bin/python benchmarks/error_budget.py
"""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
from pyproj import Geod
from scipy.interpolate import CubicSpline
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from restructure import RoadNetwork, read_roads
from restructure.distance import find_ways
from restructure.folding import fold
from restructure.roads import GEOD
from restructure.snapping import road_index, snap

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PLACES = {
    "Liechtenstein": DATA / "osm_extracts" / "liechtenstein.osm.pbf",
    "Andorra": DATA / "osm_extracts" / "andorra.osm.pbf",
    "Campo Grande": DATA / "osm_extracts" / "campo-grande.osm.gz",
    "Nakhon Ratchasima": DATA / "thai_city_roads" / "korat.simplified.graphml",
}
#: What OSMnx takes the earth for.
SPHERE = Geod(a=6_371_009, b=6_371_009)


def some_points(network: RoadNetwork, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points a little beside random nodes of the roads."""
    rng = np.random.default_rng(seed)
    node = rng.choice(np.unique(np.r_[network.start, network.end]), count, replace=False)
    return network.node_lat[node] + rng.normal(0, 5e-4, count), network.node_lon[node] + rng.normal(0, 5e-4, count)


def relative(metres: np.ndarray, truth: np.ndarray) -> str:
    """Return the spread of relative differences over pairs of at least a kilometre."""
    far = np.isfinite(truth) & np.isfinite(metres) & (truth > 1_000)
    low, middle, high = np.percentile(100 * (metres[far] / truth[far] - 1), [2.5, 50, 97.5])
    return f"{low:+.3f} … {middle:+.3f} … {high:+.3f} % (2.5, 50, 97.5 percentiles)"


def curved(network: RoadNetwork) -> RoadNetwork:
    """Return the network with each bend rounded: the length of a smooth curve through the nodes of every chain."""
    _, x, y, _ = road_index(network)
    folded = fold(network)
    length_m = network.length_m.copy()
    for first, after in zip(folded.first[:-1], folded.first[1:], strict=True):
        node = folded.node[first:after]
        at = folded.at_m[first:after]
        if len(node) < 3 or (np.diff(at) <= 0).any():
            continue
        curve = CubicSpline(at, np.column_stack([x[node], y[node]]))
        fine = np.concatenate([np.linspace(a, b, 16, endpoint=False) for a, b in itertools.pairwise(at)])
        steps = np.hypot(*np.diff(np.vstack([curve(fine), curve(at[-1:])]), axis=0).T)
        rounded = steps.reshape(-1, 16).sum(axis=1)
        # A right-angled corner is a corner: no curve adds more than what an arc over the same bend would.
        piece = folded.piece[first : after - 1]
        length_m[piece] = np.minimum(rounded, length_m[piece] * 1.1)
    return dataclasses.replace(network, length_m=length_m)


def main() -> None:
    """Print every term for every place."""
    for name, path in PLACES.items():
        if not path.exists():
            print(f"{name}: {path.name} is not on this machine")
            continue
        network = read_roads(path)
        homes, schools = (snap(network, *some_points(network, n, seed)) for n, seed in ((150, 1), (30, 2)))
        truth = find_ways(network, homes, schools).metres
        print(f"\n{name}: {len(network.start):,} pieces, {np.isfinite(truth).sum():,} pairs, "
              f"median {np.median(truth[np.isfinite(truth)]) / 1000:.1f} km")  # fmt: skip

        lon, lat = network.node_lon, network.node_lat
        on_sphere = SPHERE.inv(lon[network.start], lat[network.start], lon[network.end], lat[network.end])[2]
        sphere = find_ways(dataclasses.replace(network, length_m=np.asarray(on_sphere)), homes, schools).metres
        print("  sphere in place of ellipsoid   ", relative(sphere, truth))

        rng = np.random.default_rng(3)
        # OpenStreetMap keeps 7 decimals: a node may be half the last one off either way.
        moved = [values + rng.uniform(-5e-8, 5e-8, len(values)) for values in (lon, lat)]
        shaken_m = GEOD.inv(*(m[network.start] for m in moved), *(m[network.end] for m in moved))[2]
        shaken = find_ways(dataclasses.replace(network, length_m=np.asarray(shaken_m)), homes, schools).metres
        known = np.isfinite(truth)
        print(f"  seventh decimal of coordinates  {np.abs(shaken[known] - truth[known]).max():.3f} m at most")

        print("  bends drawn as corners          ", relative(find_ways(curved(network), homes, schools).metres, truth))

        _, x, y, _ = road_index(network)
        in_plane = np.hypot(x[network.end] - x[network.start], y[network.end] - y[network.start])
        long = network.length_m > 20
        scale = np.abs(in_plane[long] / network.length_m[long] - 1).max()
        print(f"  plane of snapping               scale off by {1e6 * scale:.1f} ppm at most")

        used = np.unique(np.r_[network.start, network.end])
        node = np.random.default_rng(4).choice(used, 60, replace=False)
        piece = np.array([np.flatnonzero((network.start == n) | (network.end == n))[0] for n in node])
        feet = homes.iloc[:0].reindex(range(60)).assign(piece=piece, fraction=(network.end[piece] == node) * 1.0)
        ahead, back = network.forward, network.backward
        start = np.r_[network.start[ahead], network.end[back]]
        end = np.r_[network.end[ahead], network.start[back]]
        metres = np.r_[network.length_m[ahead], network.length_m[back]]
        size = len(network.node_lon)
        graph = coo_array((metres, (start, end)), shape=(size, size)).tocsr()
        plain = dijkstra(graph, indices=node)[:, node]
        ours = find_ways(network, feet, feet).metres
        both = np.isfinite(plain)
        assert (both == np.isfinite(ours)).all()
        print(f"  order of sums (against SciPy)   {np.abs(ours[both] - plain[both]).max():.1e} m at most")
        middle, high = np.percentile(homes["snap_m"], [50, 97.5])
        print(f"  stretch from point to road      median {middle:.0f} m, 97.5 percentile {high:.0f} m")


if __name__ == "__main__":
    main()

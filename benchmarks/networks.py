"""The networks that all are measured on: a road file each, the arrays read from it, and the pairs that are asked for.

python benchmarks/networks.py office|province|rome FOLDER
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import osmium
import pandas as pd
import province
from pyproj import Transformer

import restructure as rs
from restructure.folding import fold
from restructure.roads import Floats, Ints
from restructure.sample import make_sample

SHARED = Path(__file__).parents[2] / "shared" / "data"
ROME = SHARED / "large_city_graph"


@dataclass(frozen=True, eq=False)
class Case:
    """A network and the nodes that stand for villages and schools, so that peers need not snap."""

    folder: Path
    network: rs.RoadNetwork
    villages: Ints
    schools: Ints

    @property
    def roads(self) -> Path:
        return self.folder / "roads.osm.pbf"

    @classmethod
    def load(cls, folder: Path) -> Case:
        with np.load(folder / "case.npz") as file:
            arrays = dict(file)
        villages, schools = arrays.pop("villages"), arrays.pop("schools")
        arrays |= {key: tuple(arrays[key].tolist()) for key in ("classes", "names")}
        return cls(folder, rs.RoadNetwork(**arrays, waters=(), osm_date=""), villages, schools)

    @classmethod
    def make(cls, folder: Path, villages: int, schools: int) -> Case:
        """Read the road file that lies in a folder, draw the pairs and keep both there as arrays."""
        network = rs.read_roads(folder / "roads.osm.pbf")
        used = np.unique(np.r_[network.start, network.end])
        points = np.random.default_rng(1).choice(used, villages + schools, replace=False)
        kept = {field.name: getattr(network, field.name) for field in fields(network)}
        del kept["waters"], kept["osm_date"]
        np.savez(folder / "case.npz", **kept, villages=points[:villages], schools=points[villages:])
        return cls.load(folder)

    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return villages and schools as the package takes them, in the order of their nodes here."""
        return self._table("village_id", self.villages), self._table("school_id", self.schools)

    def _table(self, key: str, node: Ints) -> pd.DataFrame:
        return pd.DataFrame(
            {key: np.arange(len(node)), "lat": self.network.node_lat[node], "lon": self.network.node_lon[node]}
        )

    def arcs(self) -> tuple[Ints, Ints, Floats]:
        """Return tails, heads and metres of all that may be driven."""
        return arcs_of(self.network)


def arcs_of(network: rs.RoadNetwork) -> tuple[Ints, Ints, Floats]:
    ahead, back = network.forward, network.backward
    tail = np.r_[network.start[ahead], network.end[back]]
    head = np.r_[network.end[ahead], network.start[back]]
    return tail, head, np.r_[network.length_m[ahead], network.length_m[back]]


def make_office(folder: Path) -> None:
    make_sample(folder, seed=2570)
    (folder / "inputs" / "roads.osm.pbf").rename(folder / "roads.osm.pbf")


def make_province(folder: Path) -> None:
    write_roads(folder / "roads.osm.pbf", province.make_province())


def make_rome(folder: Path) -> None:
    """Place the streets of Rome, whose position was lost, where Rome lies."""
    xy = np.fromfile(ROME / "rome-roads.co.bin", "<i4").reshape(-1, 2)
    ends = np.fromfile(ROME / "rome-roads.gr.bin", "<i4").reshape(-1, 2).astype(np.int64) - 1
    start, end = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]], axis=1), axis=0).T
    plane = Transformer.from_crs("+proj=tmerc +lat_0=41.9 +lon_0=12.5 +ellps=WGS84", "EPSG:4326", always_xy=True)
    lon, lat = np.round(plane.transform(*xy.astype(float).T), 6)
    length_m = province.length_of(lon, lat, start, end)
    streets = province.network_of(lon, lat, start, end, length_m, np.zeros(len(start), bool))
    write_roads(folder / "roads.osm.pbf", streets)


def write_roads(path: Path, network: rs.RoadNetwork) -> None:
    """Write a network as OpenStreetMap does: a way a road from junction to junction, all of them residential."""
    folded = fold(network)
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for i, place in enumerate(zip(network.node_lon.tolist(), network.node_lat.tolist(), strict=True)):
            writer.add_node(osmium.osm.mutable.Node(id=i + 1, location=place, version=1))
        for chain, (forward, backward) in enumerate(zip(folded.forward, folded.backward, strict=True)):
            refs = (folded.node[folded.first[chain] : folded.first[chain + 1]] + 1).tolist()
            tags = {"highway": "residential"} | ({} if forward and backward else {"oneway": "yes"})
            way = osmium.osm.mutable.Way(id=chain + 1, nodes=refs if forward else refs[::-1], tags=tags, version=1)
            writer.add_way(way)


if __name__ == "__main__":
    make, *size = {
        "office": (make_office, 332, 125),
        "province": (make_province, 1000, 200),
        "rome": (make_rome, 1000, 200),
    }[sys.argv[1]]
    at = Path(sys.argv[2])
    make(at)
    case = Case.make(at, *size)
    print(json.dumps({"nodes": len(case.network.node_lon), "junctions": len(fold(case.network).place)}))

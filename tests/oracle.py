"""An independent answer to what a road distance is: slow, plain, and without a line of the package.

Reads the file itself, measures every point against every piece with numpy, cuts the pieces at the feet so that each
point becomes a node of a NetworkX graph, and lets NetworkX find the shortest ways. Where a point lies equally near to
several pieces, all their answers are given: the rule does not say which piece is taken, so any of them is right.
"""

from __future__ import annotations

import itertools
import math
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpy as np
import osmium
from pyproj import Geod, Transformer

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

TIE_M = 0.001
"""Pieces farther by less than this are taken as equally near: two planes of measurement may not agree about them."""

AT_NODE_M = 0.01

_USABLE = {
    *("motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link"),
    *("tertiary", "tertiary_link", "unclassified", "residential", "living_street", "service", "road", "track"),
}
_OPENED = {"pedestrian", "footway", "path"}
_STOPPING = {
    *("bollard", "block", "jersey_barrier", "planter", "log", "debris", "chain", "cycle_barrier", "motorcycle_barrier"),
    *("bus_trap", "sump_buster", "kissing_gate", "wicket_gate", "stile", "horse_stile", "turnstile"),
    "full-height_turnstile",
}
_SHUT = {"no", "private", "agricultural", "forestry", "delivery", "emergency", "military"}


@dataclass(frozen=True)
class Pieces:
    """Straight pieces of road: longitude and latitude of each node; the directions open between two nodes."""

    lonlat: dict[Hashable, tuple[float, float]]
    directed: set[tuple[Hashable, Hashable]]


class Foot(NamedTuple):
    """Place on a piece where a point was put down: number of the piece and metres from its first end."""

    span: int
    metres: float


@dataclass(frozen=True)
class Answer:
    """For each pair (village, school) the possible distances in metres, unrounded, infinite where there is no way."""

    metres: dict[tuple[str, str], frozenset[float]]
    snap: dict[str, float]

    def agrees(self, village: str, school: str, road_m: int | None, tolerance: float) -> bool:
        """Whether a whole number of metres, or None for unreachable, is one of the possible answers."""
        possible = self.metres[village, school]
        if road_m is None:
            return math.inf in possible
        return any(abs(road_m - metres) <= tolerance for metres in possible)


def split_graph_table(roads: Path | Pieces, villages: pd.DataFrame, schools: pd.DataFrame) -> Answer:
    """Distance of every village to every school along the roads of a file."""
    pieces = roads if isinstance(roads, Pieces) else read(roads)
    homes = {f"v:{row['village_id']}": (row["lon"], row["lat"]) for row in villages.to_dict("records")}
    targets = {f"s:{row['school_id']}": (row["lon"], row["lat"]) for row in schools.to_dict("records")}
    graph, feet, snap = _split(pieces, homes | targets)
    backwards = graph.reverse(copy=False)
    metres: dict[tuple[str, str], frozenset[float]] = {}
    for target in targets:
        found = [nx.single_source_dijkstra_path_length(backwards, foot, weight="metres") for foot in feet[target]]
        for home in homes:
            ways = {lengths.get(foot, math.inf) for lengths in found for foot in feet[home]}
            # Feet that rounding alone keeps apart may be one place, also where a one-way road would ask for the loop.
            same = any(_almost_one(foot, other) for foot in feet[home] for other in feet[target])
            metres[home[2:], target[2:]] = frozenset(ways | ({0.0} if same else set()))
    return Answer(metres, snap)


def read(path: Path) -> Pieces:
    """Pieces of a road file, read anew."""
    return _read_graphml(path) if path.suffix == ".graphml" else _read_osm(path)


def open_to_van(tags: Mapping[str, str]) -> bool:
    """Whether a way may be used by the default vehicle."""
    highway = tags.get("highway")
    if tags.get("area") == "yes":
        return False
    if highway == "track" and tags.get("tracktype") in {"grade4", "grade5"}:
        return False
    if highway in _OPENED:
        said = [tags[key] for key in ("motorcar", "motor_vehicle", "vehicle") if key in tags]
        return bool(said) and said[0] in {"yes", "designated", "permissive"}
    return highway in _USABLE and not _shut(tags)


def stops_van(tags: Mapping[str, str]) -> bool:
    """Whether a node is a barrier to the default vehicle."""
    if "barrier" not in tags:
        return False
    if any(key in tags for key in ("motorcar", "motor_vehicle", "vehicle", "access")):
        return _shut(tags)
    return tags["barrier"] in _STOPPING


def _shut(tags: Mapping[str, str]) -> bool:
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return tags[key] in _SHUT
    return False


def directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether a way may be used forward and backward."""
    said = [tags[key] for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway") if key in tags]
    if said and said[0] in {"yes", "true", "1"}:
        return True, False
    if said and said[0] in {"-1", "reverse"}:
        return False, True
    if not said and (tags.get("junction") in {"roundabout", "circular"} or tags.get("highway") == "motorway"):
        return True, False
    return True, True


def _read_osm(path: Path) -> Pieces:
    ways = []
    for way in osmium.FileProcessor(str(path), osmium.osm.WAY):
        tags = {tag.k: tag.v for tag in way.tags}
        if isinstance(way, osmium.osm.Way) and open_to_van(tags):
            ways.append(([node.ref for node in way.nodes], *directions(tags)))
    wanted = {ref for refs, _, _ in ways for ref in refs}
    lonlat: dict[Hashable, tuple[float, float]] = {}
    stops: set[Hashable] = set()
    for node in osmium.FileProcessor(str(path), osmium.osm.NODE):
        if isinstance(node, osmium.osm.Node) and node.id in wanted and node.location.valid():
            lonlat[node.id] = (node.location.lon, node.location.lat)
            if stops_van({tag.k: tag.v for tag in node.tags}):
                stops.add(node.id)
    directed: set[tuple[Hashable, Hashable]] = set()
    for refs, forward, backward in ways:
        for here, there in itertools.pairwise(refs):
            if here != there and here in lonlat and there in lonlat:
                # A barrier is as many places as there are pieces that lead to it: this side of it, that side of it.
                sides = [(node, other) if node in stops else node for node, other in ((here, there), (there, here))]
                lonlat |= {side: lonlat[node] for side, node in zip(sides, (here, there), strict=True)}
                directed |= {(sides[0], sides[1])} if forward else set()
                directed |= {(sides[1], sides[0])} if backward else set()
    return Pieces(lonlat, directed)


def _read_graphml(path: Path) -> Pieces:
    space = "{http://graphml.graphdrawing.org/xmlns}"
    root = ET.parse(path).getroot()
    names = {key.get("id"): key.get("attr.name") for key in root.iter(f"{space}key")}

    def data(element: ET.Element) -> dict[str | None, str]:
        return {names[child.get("key")]: child.text or "" for child in element.iter(f"{space}data")}

    lonlat: dict[Hashable, tuple[float, float]] = {}
    for node in root.iter(f"{space}node"):
        values = data(node)
        lonlat[node.get("id")] = (float(values["x"]), float(values["y"]))
    directed: set[tuple[Hashable, Hashable]] = set()
    for edge in root.iter(f"{space}edge"):
        start, end, values = edge.get("source"), edge.get("target"), data(edge)
        chain: list[Hashable] = [start, end]
        if wkt := values.get("geometry"):
            numbers = [tuple(map(float, pair.split())) for pair in wkt[wkt.index("(") + 1 : wkt.rindex(")")].split(",")]
            # Bends are drawn once for each direction: the same bend between the same junctions is one place.
            bends = [(frozenset((start, end)), lon, lat) for lon, lat in numbers[1:-1]]
            lonlat |= {bend: bend[1:] for bend in bends}
            chain = [start, *bends, end]
        directed |= {(here, there) for here, there in itertools.pairwise(chain) if here != there}
    return Pieces(lonlat, directed)


def _split(
    pieces: Pieces, positions: Mapping[str, tuple[float, float]]
) -> tuple[nx.MultiDiGraph[Hashable], dict[str, list[Hashable]], dict[str, float]]:
    """Graph with a node for each foot; the feet of each point; its distance to the road."""
    spans = sorted({tuple(sorted(pair, key=repr)) for pair in pieces.directed}, key=repr)
    ends = np.array([[pieces.lonlat[node] for node in span] for span in spans], dtype=float).reshape(-1, 2, 2)
    geod = Geod(ellps="WGS84")
    lengths = geod.inv(ends[:, 0, 0], ends[:, 0, 1], ends[:, 1, 0], ends[:, 1, 1])[2]
    lon_0, lat_0 = (ends.reshape(-1, 2).min(axis=0) + ends.reshape(-1, 2).max(axis=0)) / 2 if spans else (0.0, 0.0)
    plane = Transformer.from_crs("EPSG:4326", f"+proj=tmerc +lon_0={lon_0} +lat_0={lat_0} +ellps=WGS84", always_xy=True)
    flat = np.stack(plane.transform(ends[..., 0], ends[..., 1]), axis=-1)

    feet: dict[str, list[Hashable]] = {}
    snap: dict[str, float] = {}
    cuts: dict[int, set[Foot]] = defaultdict(set)
    for name, lonlat in positions.items():
        away, along = _measure(np.array(plane.transform(*lonlat)), flat)
        nearest = float(away.min()) if len(away) else math.inf
        snap[name] = nearest
        found: set[Hashable] = set()
        for span in np.flatnonzero(away <= nearest + TIE_M).tolist():
            length = math.dist(*flat[span])
            here, there = spans[span]
            to_here, to_there = along[span] * length, (1 - along[span]) * length
            found |= {here} if to_here <= AT_NODE_M + TIE_M else set()
            found |= {there} if to_there <= AT_NODE_M + TIE_M else set()
            if min(to_here, to_there) > AT_NODE_M - TIE_M:
                foot = Foot(span, float(along[span] * lengths[span]))
                cuts[span].add(foot)
                found.add(foot)
        feet[name] = sorted(found, key=repr)

    graph: nx.MultiDiGraph[Hashable] = nx.MultiDiGraph()
    graph.add_nodes_from(itertools.chain.from_iterable(feet.values()))
    for span, (here, there) in enumerate(spans):
        between = [(foot.metres, foot) for foot in sorted(cuts[span])]
        for (start, one), (end, other) in itertools.pairwise([(0.0, here), *between, (float(lengths[span]), there)]):
            metres = end - start
            if (here, there) in pieces.directed:
                graph.add_edge(one, other, metres=metres)
            if (there, here) in pieces.directed:
                graph.add_edge(other, one, metres=metres)
    return graph, feet, snap


def _almost_one(foot: Hashable, other: Hashable) -> bool:
    if not (isinstance(foot, Foot) and isinstance(other, Foot)):
        return False
    return foot.span == other.span and abs(foot.metres - other.metres) <= AT_NODE_M + TIE_M


def _measure(point: NDArray[np.float64], flat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of a point to every piece, and how far along the piece the nearest place is (0 to 1)."""
    if not len(flat):
        return np.empty(0), np.empty(0)
    start, course = flat[:, 0], flat[:, 1] - flat[:, 0]
    square = (course**2).sum(axis=1)
    along = ((point - start) * course).sum(axis=1) / np.where(square == 0, 1.0, square)
    along = np.where(square == 0, 0.0, np.clip(along, 0.0, 1.0))
    foot = start + along[:, None] * course
    return np.hypot(*(point - foot).T), along

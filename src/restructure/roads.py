"""OpenStreetMap roads as one set of arrays, whatever file they come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import osmium
from pyproj import Geod

from restructure._errors import RoadsError
from restructure.policy import Vehicle, load_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx

GEOD = Geod(ellps="WGS84")
ROAD_SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".graphml")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Roads that one vehicle may use, as straight pieces between neighbouring nodes.

    Attributes
    ----------
    node_lon, node_lat
        Degrees on WGS 84, shape (nodes,).
    start, end
        Node at either end of each piece, shape (pieces,); no two pieces join the same two nodes.
    length_m
        Length of each piece on the WGS 84 ellipsoid, metres; 0 is a length like any other.
    seconds
        Time to drive each piece.
    forward, backward
        Whether the vehicle may go start → end, end → start.
    road_class, name
        Places in ``classes`` and ``names``.
    waters
        Lines of rivers and canals, each of shape (points, 2), longitude first: for maps only.
    osm_date
        Day of the OpenStreetMap data as ISO text, empty where the file does not say.
    """

    node_lon: Floats
    node_lat: Floats
    start: Ints
    end: Ints
    length_m: Floats
    seconds: Floats
    forward: Bools
    backward: Bools
    road_class: Ints
    name: Ints
    classes: tuple[str, ...]
    names: tuple[str, ...]
    waters: tuple[Floats, ...]
    osm_date: str

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees."""
        lon, lat = self.node_lon, self.node_lat
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def read_roads(path: Path | str, vehicle: Vehicle | None = None) -> RoadNetwork:
    """Read the roads that a vehicle may use.

    Parameters
    ----------
    path
        An ``.osm.pbf``, ``.osm`` or ``.osm.gz`` file, or a ``.graphml`` file written by OSMnx.
    vehicle
        Whose roads; the packaged policy's vehicle when None.

    Raises
    ------
    RoadsError
        When the file is missing, broken or holds no road that the vehicle may use.
    """
    path = Path(path)
    vehicle = vehicle or load_policy().van
    if not path.is_file():
        raise RoadsError(
            f"ไม่พบไฟล์ถนน {path.name}: วางไฟล์ roads.osm.pbf ไว้ใน inputs/ หรือใช้คำสั่ง restructure roads",
            f"Road file {path.name} is not there: put roads.osm.pbf into inputs/ or use `restructure roads`.",
        )
    try:
        raw = _from_graphml(path, vehicle) if path.suffix == ".graphml" else _from_osm(path, vehicle)
    except RoadsError:
        raise
    except Exception as error:  # the parsers raise whatever their C code meets: RuntimeError, ValueError, KeyError ...
        raise RoadsError(
            f"อ่านไฟล์ถนน {path.name} ไม่ได้ ไฟล์อาจไม่ครบหรือไม่ใช่ข้อมูลถนน: ดาวน์โหลดหรือคัดลอกใหม่",
            f"Road file {path.name} cannot be read ({type(error).__name__}); download or copy it again.",
        ) from error
    # A piece from a node to itself leads nowhere.
    if all(a == b for a, b in zip(raw.start, raw.end, strict=True)):
        raise RoadsError(
            f"ไฟล์ถนน {path.name} ไม่มีถนนที่รถใช้ได้: ตรวจว่าเป็นพื้นที่ที่ถูกต้อง",
            f"Road file {path.name} holds no road that the vehicle may use; check that it covers the area.",
        )
    return _assemble(raw)


def is_open(tags: dict[str, str], vehicle: Vehicle) -> bool:
    """Tell whether a vehicle may use a way with these OpenStreetMap tags."""
    if tags.get("highway") not in vehicle.highways or tags.get("area") == "yes":
        return False
    if tags.get("tracktype") in vehicle.closed_tracktypes and tags["highway"] == "track":
        return False
    access = next((tags[key] for key in vehicle.access_keys if key in tags), "yes")
    return access not in vehicle.closed_values


def directions(tags: dict[str, str], vehicle: Vehicle) -> tuple[bool, bool]:
    """Return whether a way may be driven along its nodes and against them."""
    one_way = tags.get("oneway", "")
    if not vehicle.one_way_binds or one_way in ("no", "false", "0"):
        return True, True
    if one_way in ("-1", "reverse"):
        return False, True
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    return True, not (one_way in ("yes", "true", "1") or (not one_way and implied))


def speed_kmh(tags: dict[str, str], vehicle: Vehicle) -> int:
    """Return the speed on a way with these tags: the class's, held down on an unpaved surface."""
    speed = vehicle.highways[tags["highway"]]
    return min(speed, vehicle.unpaved_kmh) if tags.get("surface") in vehicle.unpaved_surfaces else speed


class _Raw:
    """Pieces as they are read, before they are made into arrays."""

    def __init__(self) -> None:
        self.lon: list[float] = []
        self.lat: list[float] = []
        self.start: list[int] = []
        self.end: list[int] = []
        # Of each piece, the place of its way in `ways`: (kmh, forward, backward, class, name).
        self.way: list[int] = []
        self.ways: list[tuple[int, bool, bool, str, str]] = []
        self.waters: list[list[tuple[float, float]]] = []
        self.osm_date = ""

    def add_way(self, tags: dict[str, str], vehicle: Vehicle, *, forward: bool, backward: bool) -> None:
        self.ways.append(
            (speed_kmh(tags, vehicle), forward, backward, tags["highway"], tags.get("name") or tags.get("ref") or "")
        )


def _from_osm(path: Path, vehicle: Vehicle) -> _Raw:
    raw = _Raw()
    place_of: dict[int, int] = {}
    newest = ""
    ways = (
        osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.KeyFilter("highway", "waterway"))
    )
    for way in cast("Iterator[osmium.osm.Way]", ways):
        tags = dict(way.tags)
        if "highway" not in tags and tags.get("waterway") in ("river", "canal"):
            raw.waters.append([(n.lon, n.lat) for n in way.nodes if n.location.valid()])
            continue
        if not is_open(tags, vehicle):
            continue
        newest = max(newest, way.timestamp.date().isoformat())
        forward, backward = directions(tags, vehicle)
        raw.add_way(tags, vehicle, forward=forward, backward=backward)
        before = -1
        for node in way.nodes:
            # A clipped extract may lack nodes at its edge: the way ends there and begins anew behind the gap.
            if not node.location.valid():
                before = -1
                continue
            here = place_of.get(node.ref)
            if here is None:
                here = place_of[node.ref] = len(raw.lon)
                raw.lon.append(node.lon)
                raw.lat.append(node.lat)
            if before >= 0:
                raw.start.append(before)
                raw.end.append(here)
                raw.way.append(len(raw.ways) - 1)
            before = here
    header = osmium.io.Reader(str(path), osmium.osm.osm_entity_bits.NOTHING).header()
    stamp = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    raw.osm_date = stamp[:10] if stamp else ("" if newest.startswith("1970") else newest)
    return raw


def _from_graphml(path: Path, vehicle: Vehicle) -> _Raw:
    # Imported here: OSMnx takes a second to load and most cycles come from a PBF.
    import osmnx as ox

    return _from_graph(ox.load_graphml(path), vehicle)


def _from_graph(graph: nx.MultiDiGraph[Any], vehicle: Vehicle) -> _Raw:
    """Take each directed edge of an OSMnx graph as it stands; its reverse, if there is one, is an edge of its own."""
    raw = _Raw()
    raw.osm_date = str(graph.graph.get("osm_date", ""))
    place_of: dict[Any, int] = {}

    def place(key: Any, lon: float, lat: float) -> int:
        if key not in place_of:
            place_of[key] = len(raw.lon)
            raw.lon.append(lon)
            raw.lat.append(lat)
        return place_of[key]

    for u, v, data in graph.edges(data=True):
        tags = {k: str(x[0] if isinstance(x, list) else x) for k, x in data.items() if k not in ("geometry", "length")}
        tags.setdefault("highway", "road")
        if not is_open(tags, vehicle):
            continue
        raw.add_way(tags, vehicle, forward=True, backward=not vehicle.one_way_binds)
        inner = list(data["geometry"].coords)[1:-1] if "geometry" in data else []
        # The two directions of a street share its shape: a point between the same two junctions is one node.
        pair = (min(u, v), max(u, v))
        chain = [place(u, graph.nodes[u]["x"], graph.nodes[u]["y"])]
        chain += [place((pair, lon, lat), lon, lat) for lon, lat, *_ in inner]
        chain.append(place(v, graph.nodes[v]["x"], graph.nodes[v]["y"]))
        raw.start += chain[:-1]
        raw.end += chain[1:]
        raw.way += [len(raw.ways) - 1] * (len(chain) - 1)
    return raw


def _assemble(raw: _Raw) -> RoadNetwork:
    lon, lat = np.array(raw.lon), np.array(raw.lat)
    start, end, way = np.array(raw.start), np.array(raw.end), np.array(raw.way)
    keep = start != end
    start, end, way = start[keep], end[keep], way[keep]
    flip = start > end
    start, end = np.where(flip, end, start), np.where(flip, start, end)
    kmh, ahead, back, class_name, road_name = zip(*raw.ways, strict=True)
    forward = np.where(flip, np.array(back)[way], np.array(ahead)[way])
    backward = np.where(flip, np.array(ahead)[way], np.array(back)[way])
    # Straight pieces between the same two nodes lie on top of each other: one piece, open to all that any is open to.
    order = np.lexsort((way, end, start))
    start, end, way = start[order], end[order], way[order]
    first = np.flatnonzero(np.r_[True, (np.diff(start) != 0) | (np.diff(end) != 0)])
    forward = np.logical_or.reduceat(forward[order], first)
    backward = np.logical_or.reduceat(backward[order], first)
    start, end, way = start[first], end[first], way[first]
    length_m = np.asarray(GEOD.inv(lon[start], lat[start], lon[end], lat[end])[2])
    classes, class_of = np.unique(np.array(class_name), return_inverse=True)
    names, name_of = np.unique(np.array(road_name), return_inverse=True)
    return RoadNetwork(
        node_lon=lon,
        node_lat=lat,
        start=start,
        end=end,
        length_m=length_m,
        seconds=length_m / (np.array(kmh)[way] / 3.6),
        forward=forward,
        backward=backward,
        road_class=class_of[way],
        name=name_of[way],
        classes=tuple(classes.tolist()),
        names=tuple(names.tolist()),
        waters=tuple(np.array(line) for line in raw.waters if len(line) > 1),
        osm_date=raw.osm_date,
    )

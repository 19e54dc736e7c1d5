"""OpenStreetMap roads as one set of arrays, whatever file they come from."""

from __future__ import annotations

import hashlib
import json
import re
from array import array
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import osmium
import shapely
from pyproj import Geod

from restructure._errors import RoadsError
from restructure.files import sha256, staged
from restructure.policy import Vehicle, load_policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx

GEOD = Geod(ellps="WGS84")
ROAD_SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".graphml", ".npz")
_WATERS = ("river", "canal")
#: Goes up with every change in what reading makes of a file, so that no cache outlives it.
_CACHE_FORMAT = 3
#: Networks kept in a cache: a few vehicles, and the file before the last change.
_CACHE_KEPT = 6

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Ways that one vehicle may use, as straight pieces between neighbouring nodes.

    Where a barrier stops the vehicle each piece ends in a node of its own at that place: it leads there and no further.

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
    unpaved
        Whether its surface is unpaved, by its tag or, where there is none, by its class.
    road_class, name
        Places in ``classes`` (OpenStreetMap highway classes and ``ferry``) and ``names``.
    waters
        Lines of rivers and canals, each of shape (points, 2), longitude first: for maps only.
    osm_date
        Day of the OpenStreetMap data as ISO text, empty where the file does not say.
    middle
        Longitude and latitude of the middle of the plane in which points are put to their roads: that of the whole
        where this is a part of it, so that no foot moves. None: the middle of this network's rectangle.
    """

    node_lon: Floats
    node_lat: Floats
    start: Ints
    end: Ints
    length_m: Floats
    seconds: Floats
    forward: Bools
    backward: Bools
    unpaved: Bools
    road_class: Ints
    name: Ints
    classes: tuple[str, ...]
    names: tuple[str, ...]
    waters: tuple[Floats, ...]
    osm_date: str
    middle: tuple[float, float] | None = None

    def bounds(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees."""
        lon, lat = self.node_lon, self.node_lat
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def read_roads(path: Path | str, vehicle: Vehicle | None = None, cache: Path | None = None) -> RoadNetwork:
    """Read the roads that a vehicle may use.

    Parameters
    ----------
    path
        An ``.osm.pbf``, ``.osm`` or ``.osm.gz`` file, a ``.graphml`` file written by OSMnx, or an ``.npz`` file that
        :func:`write_network` wrote for the same vehicle.
    vehicle
        Whose roads; the packaged policy's vehicle when None.
    cache
        A folder that keeps what was read, by the file's content and the vehicle's rules; nothing is kept when None.

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
    if path.suffix == ".npz":
        return _read_arrays(path, vehicle)
    if cache is None:
        return _read(path, vehicle)
    kept = cache / f"roads-{_content_key(path, vehicle)}.npz"
    found = _load(kept)
    if found:
        return found[0]
    network = _read(path, vehicle)
    _keep(kept, network, vehicle)
    return network


def _read_arrays(path: Path, vehicle: Vehicle) -> RoadNetwork:
    found = _load(path)
    if found is None:
        raise RoadsError(
            f"อ่านไฟล์ถนน {path.name} ไม่ได้ ไฟล์ไม่ครบหรือไม่ใช่ถนนที่โปรแกรมตัดไว้: ลบไฟล์นี้แล้วตัดใหม่จากถนนของประเทศ",
            f"Road file {path.name} cannot be read; delete it and cut it anew from the country's roads.",
        )
    network, rules = found
    if rules != vehicle.model_dump_json():
        raise RoadsError(
            f"ไฟล์ถนน {path.name} ตัดไว้สำหรับพาหนะอื่น หรือก่อนเปลี่ยนถนนที่พาหนะใช้ใน policy.yaml: ตัดใหม่จากถนนของประเทศ",
            f"Road file {path.name} was cut by the rules of another vehicle; cut it anew from the country's.",
        )
    return network


def _read(path: Path, vehicle: Vehicle) -> RoadNetwork:
    try:
        raw = _from_graphml(path, vehicle) if path.suffix == ".graphml" else _from_osm(path, vehicle)
    except RoadsError:
        raise
    except Exception as error:  # the parsers raise whatever their C code meets: RuntimeError, ValueError, KeyError ...
        raise RoadsError(
            f"อ่านไฟล์ถนน {path.name} ไม่ได้ ไฟล์อาจไม่ครบหรือไม่ใช่ข้อมูลถนน: ดาวน์โหลดหรือคัดลอกใหม่",
            f"Road file {path.name} cannot be read ({type(error).__name__}); download or copy it again.",
        ) from error
    if raw.lon and max(max(map(abs, raw.lon)) / 180, max(map(abs, raw.lat)) / 90) > 1:
        raise RoadsError(
            f"พิกัดในไฟล์ถนน {path.name} ไม่ใช่องศา: บันทึกใหม่โดยไม่แปลงระบบพิกัด (ไม่ใช้ project_graph)",
            f"The coordinates of road file {path.name} are not degrees; save it anew without projecting it.",
        )
    # A piece from a node to itself leads nowhere.
    if all(a == b for a, b in zip(raw.start, raw.end, strict=True)):
        raise RoadsError(
            f"ไฟล์ถนน {path.name} ไม่มีถนนที่รถใช้ได้: ตรวจว่าเป็นพื้นที่ที่ถูกต้อง",
            f"Road file {path.name} holds no road that the vehicle may use; check that it covers the area.",
        )
    return _assemble(raw)


def way_class(tags: dict[str, str]) -> str:
    """Return the highway class of a way, ``ferry`` where it is one, empty where it is neither."""
    return tags.get("highway") or ("ferry" if tags.get("route") == "ferry" else "")


def is_open(tags: dict[str, str], vehicle: Vehicle) -> bool:
    """Tell whether a vehicle may use a way with these OpenStreetMap tags."""
    kind = way_class(tags)
    if tags.get("area") == "yes" or (kind == "track" and tags.get("tracktype") in vehicle.closed_tracktypes):
        return False
    key, said = _access(tags, vehicle)
    if kind in vehicle.highways:
        return said not in vehicle.closed_values
    # access=yes on a footway means that the public may walk there, not that it may drive.
    return kind in vehicle.opened_by_yes and key != "access" and said in vehicle.open_values


def is_stopped(tags: dict[str, str], vehicle: Vehicle) -> bool:
    """Tell whether a node with these OpenStreetMap tags is a barrier that the vehicle cannot pass."""
    if "barrier" not in tags:
        return False
    key, said = _access(tags, vehicle)
    return said in vehicle.closed_values if key else tags["barrier"] in vehicle.stopping_barriers


def directions(tags: dict[str, str], vehicle: Vehicle) -> tuple[bool, bool]:
    """Return whether the vehicle may go along the nodes of a way and against them."""
    keys = [*vehicle.one_way_keys, *(["oneway"] if vehicle.one_way_binds else [])]
    one_way = next((tags[key] for key in keys if key in tags), "")
    if one_way in ("-1", "reverse"):
        return False, True
    implied = tags.get("junction") in ("roundabout", "circular") or tags.get("highway") == "motorway"
    return True, not (one_way in ("yes", "true", "1") or (not one_way and implied and vehicle.one_way_binds))


def is_unpaved(tags: dict[str, str], vehicle: Vehicle) -> bool:
    """Tell whether a way with these tags is unpaved, by its class where nothing says its surface."""
    surface = tags.get("surface")
    return surface in vehicle.unpaved_surfaces if surface else way_class(tags) in vehicle.unpaved_classes


def speed_kmh(tags: dict[str, str], vehicle: Vehicle) -> int:
    """Return the speed on a way with these tags: its class's, held down by surface and grade of track."""
    kind, surface = way_class(tags), tags.get("surface", "")
    speeds = [vehicle.highways.get(kind) or vehicle.opened_by_yes[kind]]
    if surface in vehicle.surface_kmh:
        speeds.append(vehicle.surface_kmh[surface])
    elif surface in vehicle.unpaved_surfaces:
        speeds.append(vehicle.unpaved_kmh)
    if kind == "track" and tags.get("tracktype") in vehicle.tracktype_kmh:
        speeds.append(vehicle.tracktype_kmh[tags["tracktype"]])
    return min(speeds)


def _access(tags: dict[str, str], vehicle: Vehicle) -> tuple[str, str]:
    """Return the most specific access key that is present and what it says, empty where there is none."""
    return next(((key, tags[key]) for key in vehicle.access_keys if key in tags), ("", ""))


class _Raw:
    """Pieces as they are read, before they are made into arrays."""

    def __init__(self) -> None:
        # Not lists: a province has a million nodes, and a list holds an object for each number.
        self.lon = array("d")
        self.lat = array("d")
        self.start = array("q")
        self.end = array("q")
        # Of each piece, the place of its way in `ways`: (kmh, forward, backward, unpaved, class, name).
        self.way = array("q")
        self.ways: list[tuple[int, bool, bool, bool, str, str]] = []
        # Nodes that the vehicle cannot pass.
        self.stops: list[int] = []
        self.waters: list[Floats] = []
        self.osm_date = ""

    def add_way(self, tags: dict[str, str], vehicle: Vehicle, *, forward: bool, backward: bool) -> None:
        name = tags.get("name") or tags.get("ref") or ""
        rules = speed_kmh(tags, vehicle), forward, backward, is_unpaved(tags, vehicle)
        self.ways.append((*rules, way_class(tags), name))


def _from_osm(path: Path, vehicle: Vehicle) -> _Raw:
    # What an editor keeps of deleted objects looks like any other to the reader.
    if path.suffix == ".osm" and re.search(rb"""action=["']delete|visible=["']false""", path.read_bytes()):
        raise _unfinished(path)
    raw = _Raw()
    place_of: dict[int, int] = {}
    stopped: set[int] = set()
    newest = ""
    found = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    for kind, keys in ((osmium.osm.NODE, ["barrier"]), (osmium.osm.WAY, ["highway", "waterway", "route"])):
        wanted = osmium.filter.KeyFilter(*keys)
        wanted.enable_for(kind)
        found.with_filter(wanted)
    for thing in cast("Iterator[osmium.osm.Node | osmium.osm.Way]", found):
        tags = dict(thing.tags)
        if isinstance(thing, osmium.osm.Node):
            if is_stopped(tags, vehicle):
                stopped.add(thing.id)
            continue
        if "highway" not in tags and tags.get("waterway") in _WATERS:
            raw.waters.append(np.array([(n.lon, n.lat) for n in thing.nodes if n.location.valid()]))
            continue
        if not is_open(tags, vehicle):
            continue
        newest = max(newest, thing.timestamp.date().isoformat())
        forward, backward = directions(tags, vehicle)
        raw.add_way(tags, vehicle, forward=forward, backward=backward)
        before = -1
        if thing.id < 0 or any(node.ref < 0 for node in thing.nodes):
            raise _unfinished(path)
        for node in thing.nodes:
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
    raw.stops = [place_of[ref] for ref in stopped if ref in place_of]
    header = osmium.io.Reader(str(path), osmium.osm.osm_entity_bits.NOTHING).header()
    stamp = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    raw.osm_date = stamp[:10] if stamp else ("" if newest.startswith("1970") else newest)
    return raw


def _unfinished(path: Path) -> RoadsError:
    return RoadsError(
        f"ไฟล์ถนน {path.name} เป็นงานแก้แผนที่ที่ยังไม่เสร็จ (มีรหัสติดลบหรือรายการที่สั่งลบ): ส่งขึ้น OpenStreetMap แล้วดาวน์โหลดใหม่",
        f"Road file {path.name} holds unfinished edits (negative ids or deletions); upload them and download it again.",
    )


def _from_graphml(path: Path, vehicle: Vehicle) -> _Raw:
    # Imported here: OSMnx takes a second to load and most cycles come from a PBF.
    import osmnx as ox

    return _from_graph(ox.load_graphml(path), vehicle)


def _from_graph(graph: nx.MultiDiGraph[Any], vehicle: Vehicle) -> _Raw:
    """Take each directed edge of an OSMnx graph as it stands; its reverse, if there is one, is an edge of its own."""
    raw = _Raw()
    raw.osm_date = str(graph.graph.get("osm_date", ""))
    place_of: dict[Any, int] = {}
    waters = []

    def place(key: Any, lon: float, lat: float) -> int:
        if key not in place_of:
            place_of[key] = len(raw.lon)
            raw.lon.append(lon)
            raw.lat.append(lat)
        return place_of[key]

    for u, v, data in graph.edges(data=True):
        tags = {k: str(x[0] if isinstance(x, list) else x) for k, x in data.items() if k not in ("geometry", "length")}
        ends = [(graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in (u, v)]
        inner = [point[:2] for point in data["geometry"].coords[1:-1]] if "geometry" in data else []
        if "highway" not in tags and "waterway" in tags:
            if tags["waterway"] in _WATERS:
                waters.append([ends[0], *inner, ends[1]])
            continue
        if not way_class(tags):
            tags["highway"] = "road"
        if not is_open(tags, vehicle):
            continue
        # OSMnx makes an edge for each direction that `oneway` leaves open; only a key for this vehicle says otherwise.
        forward, backward = True, not vehicle.one_way_binds
        if any(key in tags for key in vehicle.one_way_keys):
            forward, backward = directions(tags, vehicle)[:: -1 if tags.get("reversed") == "True" else 1]
        raw.add_way(tags, vehicle, forward=forward, backward=backward)
        # The two directions of a street share its shape: a point between the same two junctions is one node.
        pair = (min(u, v), max(u, v))
        chain = [place(u, *ends[0]), *(place((pair, *point), *point) for point in inner), place(v, *ends[1])]
        raw.start.extend(chain[:-1])
        raw.end.extend(chain[1:])
        raw.way.extend([len(raw.ways) - 1] * (len(chain) - 1))
    raw.stops = [
        place_of[node]
        for node, data in graph.nodes(data=True)
        if node in place_of and is_stopped({key: str(value) for key, value in data.items()}, vehicle)
    ]
    # A river is an edge between every two of its nodes, maybe one each way: its line again.
    joined = shapely.line_merge(shapely.union_all([shapely.LineString(line) for line in waters]))
    raw.waters = [np.array(line.coords) for line in shapely.get_parts(joined)]
    return raw


def _assemble(raw: _Raw) -> RoadNetwork:
    lon, lat = np.array(raw.lon), np.array(raw.lat)
    start, end, way = np.array(raw.start), np.array(raw.end), np.array(raw.way)
    keep = start != end
    start, end, way = start[keep], end[keep], way[keep]
    flip = start > end
    start, end = np.where(flip, end, start), np.where(flip, start, end)
    kmh, ahead, back, unpaved, class_name, road_name = zip(*raw.ways, strict=True)
    forward = np.where(flip, np.array(back)[way], np.array(ahead)[way])
    backward = np.where(flip, np.array(ahead)[way], np.array(back)[way])
    # Straight pieces between the same two nodes lie on top of each other: one piece, open to all that any is open to,
    # with the speed, surface and name of the best of them.
    order = np.lexsort((way, np.array(unpaved)[way], -np.array(kmh)[way], end, start))
    start, end, way = start[order], end[order], way[order]
    first = np.flatnonzero(np.r_[True, (np.diff(start) != 0) | (np.diff(end) != 0)])
    forward = np.logical_or.reduceat(forward[order], first)
    backward = np.logical_or.reduceat(backward[order], first)
    start, end, way = start[first], end[first], way[first]
    # Whoever comes to a barrier finds a node there that no other piece has.
    ends = np.concatenate([start, end])
    stopped = np.flatnonzero(np.isin(ends, raw.stops))
    lon, lat = np.r_[lon, lon[ends[stopped]]], np.r_[lat, lat[ends[stopped]]]
    ends[stopped] = np.arange(len(lon) - len(stopped), len(lon))
    start, end = ends[: len(start)], ends[len(start) :]
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
        unpaved=np.array(unpaved)[way],
        road_class=class_of[way],
        name=name_of[way],
        classes=tuple(classes.tolist()),
        names=tuple(names.tolist()),
        waters=tuple(line for line in raw.waters if len(line) > 1),
        osm_date=raw.osm_date,
    )


def _content_key(path: Path, vehicle: Vehicle) -> str:
    parts = [sha256(path), path.suffix, vehicle.model_dump_json(), metadata.version("restructure"), _CACHE_FORMAT]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def write_network(path: Path, network: RoadNetwork, vehicle: Vehicle) -> None:
    """Write a network as arrays, with the rules of the vehicle that it holds for; same network, same bytes."""
    arrays = {key: value for key, value in vars(network).items() if isinstance(value, np.ndarray)}
    texts = {name: getattr(network, name) for name in ("classes", "names", "osm_date", "middle")}
    texts["vehicle"] = vehicle.model_dump_json()
    arrays["texts"] = np.frombuffer(json.dumps(texts).encode(), np.uint8)
    arrays["water_points"] = np.concatenate([np.empty((0, 2)), *network.waters])
    arrays["water_sizes"] = np.array([len(line) for line in network.waters], np.int64)
    np.savez(path, allow_pickle=False, **arrays)


def _load(path: Path) -> tuple[RoadNetwork, str] | None:
    """Return what :func:`write_network` wrote; None where it is not there or damaged, which its checksums tell."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        texts = json.loads(arrays.pop("texts").tobytes())
        points, sizes = arrays.pop("water_points"), arrays.pop("water_sizes")
        waters = tuple(np.split(points, np.cumsum(sizes)[:-1])) if len(sizes) else ()
        vehicle = texts.pop("vehicle")
        texts |= {name: tuple(texts[name]) for name in ("classes", "names", "middle") if texts[name] is not None}
        return RoadNetwork(**arrays, **texts, waters=waters), vehicle
    except Exception:  # zipfile and numpy raise whatever the damage makes them stumble over
        return None


def _keep(kept: Path, network: RoadNetwork, vehicle: Vehicle) -> None:
    # A full or read-only disk costs time at the next start, nothing else.
    with suppress(OSError):
        with staged(kept.parent) as stage:
            write_network(stage / kept.name, network, vehicle)
        newest_first = sorted(kept.parent.glob("roads-*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in newest_first[_CACHE_KEPT:]:
            old.unlink(missing_ok=True)

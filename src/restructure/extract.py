"""Roads from an OpenStreetMap extract of a whole country, cut down to the office's area."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import osmium
import shapely
from tqdm import tqdm

from restructure._errors import DataError, RoadsError, UsageError
from restructure.area import Bounds, find_boundary, points_rectangle, read_outline, refuse_existing_roads, widened
from restructure.files import staged
from restructure.policy import load_policy

_KEYS = ("highway", "route", "waterway")
#: What the names of villages are found by: settlements, schools, temples, halls, as points or as closed ways.
_PLACE_KEYS = ("place", "amenity")
_EARTH: Bounds = (-180.0, -90.0, 180.0, 90.0)

_Item = TypeVar("_Item")


def extract_roads(
    folder: Path, source: Path, *, boundary: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> Path:
    """Cut an extract down to the office's roads, ferries and rivers, into ``inputs/roads.osm.pbf``.

    The area is ``boundary``, else the cycle's ``inputs/boundary.*``, else the rectangle around its schools and
    villages; the policy's ``buffer_m`` is added on every side. A way that has a node in there is kept whole. The file
    is read three times as a stream: memory grows with the office, not with the country.

    Parameters
    ----------
    source
        An ``.osm.pbf`` file, or another that OpenStreetMap's tools read.
    boundary
        A file with polygons, such as GeoJSON.
    say
        Told what is being done.

    Raises
    ------
    UsageError
        When the cycle already has roads, or a named file is not there.
    DataError
        When it cannot be known where the office is.
    RoadsError
        When the extract is broken or does not cover the area.
    """
    inputs = folder / "inputs"
    refuse_existing_roads(inputs)
    if not source.is_file():
        raise UsageError(f"ไม่พบไฟล์ {source}: ตรวจชื่อไฟล์", f"File {source} is not there; check its name.")
    buffer_m = load_policy(folder / "policy.yaml").settings.buffer_m
    try:
        header = osmium.FileProcessor(str(source)).header
        outline = _office(inputs, source, header, boundary, say)
        say(f"ตัดถนนจาก {source.name} ให้เหลือพื้นที่ของสำนักงานเขตและอีก {buffer_m / 1000:g} กม. โดยรอบ")
        with staged(folder) as stage:
            (stage / "inputs").mkdir()
            _clip(source, header, widened(outline, buffer_m), stage / "inputs" / "roads.osm.pbf")
    except (RuntimeError, osmium.InvalidLocationError) as error:  # pyosmium's word for any fault of a file
        raise RoadsError(
            f"ตัดถนนจากไฟล์ {source.name} ไม่สำเร็จ ไฟล์ไม่ครบหรือไม่ใช่ .osm.pbf: ดาวน์โหลดหรือคัดลอกใหม่ และตรวจพื้นที่ว่างในเครื่อง",
            f"Roads could not be cut from {source.name} ({error}); download or copy it again, and check free space.",
        ) from error
    return inputs / "roads.osm.pbf"


def _office(
    inputs: Path, source: Path, header: osmium.io.Header, boundary: Path | None, say: Callable[[str], None]
) -> Any:
    """Return the outline of the office's area without what is added around it."""
    if path := boundary or find_boundary(inputs):
        say(f"ขอบเขต: {path.name}")
        return read_outline(path)
    box = header.box()
    bounds = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat) if box.valid() else _EARTH
    rectangle = points_rectangle(inputs, bounds)
    if rectangle is None:
        raise DataError(
            f"ไม่ทราบพื้นที่ของสำนักงานเขต ไม่มีไฟล์ inputs/boundary.* และไม่มีพิกัดโรงเรียนหรือหมู่บ้านที่อยู่ในพื้นที่ของ {source.name}: "
            "ระบุ --boundary FILE หรือเติมพิกัดใน inputs/ หรือใช้ไฟล์ของพื้นที่ที่ถูกต้อง",
            f"Where the office is is not known: no inputs/boundary.* and no school or village inside {source.name}; "
            "give --boundary FILE, fill in points, or use an extract of the right place.",
        )
    say("ขอบเขต: กรอบรอบโรงเรียนและหมู่บ้านใน inputs/")
    return rectangle


def _clip(source: Path, header: osmium.io.Header, area: Any, target: Path) -> None:
    inside = _nodes_inside(source, area)
    ways, nodes = set[int](), set[int]()
    roads = 0
    stream = osmium.FileProcessor(str(source), osmium.osm.WAY).with_filter(
        osmium.filter.KeyFilter(*_KEYS, *_PLACE_KEYS)
    )
    for way in _bar(cast("Iterator[osmium.osm.Way]", stream), "2/3 หาถนน", "เส้น"):
        refs = [node.ref for node in way.nodes]
        if _is_kept(way.tags) and not inside.isdisjoint(refs):
            ways.add(way.id)
            nodes.update(refs)
            roads += "highway" in way.tags
    if not roads:
        raise RoadsError(
            f"ไฟล์ {source.name} ไม่มีถนนในพื้นที่ของสำนักงานเขต: ใช้ไฟล์ของประเทศหรือจังหวัดที่ครอบคลุมพื้นที่ และตรวจขอบเขต",
            f"{source.name} holds no road in the office's area; use an extract that covers it, and check the boundary.",
        )
    made = osmium.io.Header()
    made.set("generator", "restructure")
    stamp = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    if stamp:
        made.set("osmosis_replication_timestamp", stamp)
    made.add_box(osmium.osm.Box(*area.bounds))
    # Who drew a way is nobody's business here; when it was drawn dates a file that does not say its own day.
    file = osmium.io.File(str(target), "pbf,add_metadata=version+timestamp")
    only_ways = osmium.filter.KeyFilter(*_KEYS, *_PLACE_KEYS)
    only_ways.enable_for(osmium.osm.WAY)
    both = osmium.FileProcessor(str(source), osmium.osm.NODE | osmium.osm.WAY).with_filter(only_ways)
    with osmium.SimpleWriter(file, header=made) as writer:
        for item in _bar(cast("Iterator[osmium.osm.Node | osmium.osm.Way]", both), "3/3 บันทึก", "จุดและเส้น"):
            kept = nodes if item.is_node() else ways
            if item.id in kept or (item.is_node() and item.id in inside and _is_place(item.tags)):
                writer.add(item)


def _nodes_inside(source: Path, area: Any) -> set[int]:
    west, south, east, north = area.bounds
    ids, lons, lats = array("q"), array("d"), array("d")
    stream = cast("Iterator[osmium.osm.Node]", osmium.FileProcessor(str(source), osmium.osm.NODE))
    for node in _bar(stream, "1/3 หาจุดในพื้นที่", "จุด"):
        lon, lat = node.lon, node.lat
        if west <= lon <= east and south <= lat <= north:
            ids.append(node.id)
            lons.append(lon)
            lats.append(lat)
    shapely.prepare(area)
    within = shapely.contains_xy(area, np.array(lons), np.array(lats))
    return set(np.array(ids)[within].tolist())


def _is_kept(tags: osmium.osm.TagList) -> bool:
    road = "highway" in tags or tags.get("route") == "ferry" or tags.get("waterway") in ("river", "canal")
    return road or _is_place(tags)


def _is_place(tags: osmium.osm.TagList) -> bool:
    return "name" in tags and any(key in tags for key in _PLACE_KEYS)


def _bar(items: Iterable[_Item], text: str, unit: str) -> Iterable[_Item]:
    return tqdm(items, desc=text, unit=unit, unit_scale=True, leave=False, disable=None)

"""Roads from OpenStreetMap's Overpass service, through OSMnx: the one part of the package that uses a network."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import osmnx as ox
import requests
import shapely

from restructure._errors import RoadsError, UsageError
from restructure.area import read_outline, refuse_existing_roads, widened
from restructure.files import staged
from restructure.policy import Policy, load_policy
from restructure.roads import GEOD

#: Waits in seconds after each failure in a row; the next failure is the last.
PAUSES_S: tuple[float, ...] = (5, 30, 120)
#: A service that wants to be left alone for longer than this is left alone.
_LONGEST_PAUSE_S = 300
#: The service is shared by the whole world: roads are fetched this far outside at most, and of an area no larger.
_MARGIN_M = 10_000
_LARGEST_KM2 = 25_000

_WAY_TAGS = {
    "area", "bridge", "duration", "highway", "junction", "layer", "name", "oneway", "ref", "route", "service",
    "surface", "tracktype", "tunnel", "waterway",
}  # fmt: skip

_T = TypeVar("_T")


def download_roads(
    folder: Path,
    *,
    place: str | None = None,
    boundary: Path | None = None,
    bbox: Sequence[float] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Download the roads, ferries and rivers of an area into ``inputs/roads.graphml``.

    Nothing but the name or outline of the area is sent: no village, school or home. Roads reach the policy's
    ``buffer_m`` beyond it, at most 10 km. What the service has answered stays in ``cache/``: a download that was
    interrupted goes on from there.

    Parameters
    ----------
    place
        A name that OpenStreetMap's search knows.
    boundary
        A file with polygons, such as GeoJSON.
    bbox
        West, south, east, north in degrees.
    say
        Told what is being fetched, and how often it was tried.

    Raises
    ------
    UsageError
        When the cycle already has roads, or the area is none or too large to ask a shared service for.
    DataError
        When the boundary cannot be read.
    RoadsError
        When the service does not answer or knows no roads there.
    """
    inputs = folder / "inputs"
    refuse_existing_roads(inputs)
    policy = load_policy(folder / "policy.yaml")
    service = _Service(say)
    if place is not None:
        outline = _find_place(service, place, folder / "cache")
    elif boundary is not None:
        outline = read_outline(boundary)
    else:
        outline = _rectangle(bbox or ())
    margin_m = min(policy.settings.buffer_m, _MARGIN_M)
    area = widened(outline, margin_m)
    km2 = abs(GEOD.geometry_area_perimeter(area)[0]) / 1e6
    if km2 > _LARGEST_KM2:
        raise UsageError(
            f"พื้นที่ {km2:,.0f} ตร.กม. กว้างเกินกว่าจะขอจากบริการสาธารณะ (ไม่เกิน {_LARGEST_KM2:,}): ตรวจชื่อพื้นที่หรือพิกัด "
            "หรือใช้ไฟล์ .osm.pbf ของประเทศกับ --pbf",
            f"{km2:,.0f} km2 is too large an area to ask a shared service for; check it, or use --pbf.",
        )
    say(f"ขอถนนจาก OpenStreetMap: พื้นที่ {km2:,.0f} ตร.กม. รวมรอบนอก {margin_m / 1000:g} กม.")
    filters = _filters(policy)
    # A folder for each request: the days of its answers are the days of these roads and no others.
    cache = folder / "cache" / hashlib.sha256(shapely.to_wkb(area) + "".join(filters).encode()).hexdigest()[:16]
    with _manners(service, cache, policy):
        graph = _persistently(service, lambda: _fetch(area, filters))
    osm_date = graph.graph["osm_date"] = _osm_date(cache)
    graph.graph["area"] = place or (boundary.name if boundary else " ".join(f"{degrees:g}" for degrees in bbox or ()))
    graph.graph["buffer_m"] = margin_m
    say(f"ข้อมูล OpenStreetMap ณ {osm_date or 'วันที่ไม่ทราบ'}")
    say(f"  ต้องการข้อมูลใหม่กว่านี้: ลบโฟลเดอร์ {folder / 'cache'} และไฟล์ถนน แล้วสั่งใหม่")
    with staged(folder) as stage:
        (stage / "inputs").mkdir()
        ox.save_graphml(graph, stage / "inputs" / "roads.graphml")
    return inputs / "roads.graphml"


class _NotNowError(Exception):
    """The service cannot answer at present; ``pause_s`` is how long it wants to be left alone."""

    def __init__(self, reason: str, pause_s: float = 0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


class _Service:
    """Looks at each answer before OSMnx does, which would wait for ever and would take half an answer for a whole."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.answers = 0

    def check(self, response: requests.Response, **_: Any) -> None:
        if response.is_redirect:
            return
        if response.status_code == 429 or response.status_code >= 500:
            asked = response.headers.get("Retry-After", "")
            raise _NotNowError(f"HTTP {response.status_code}", float(asked) if asked.isdecimal() else 0)
        if not response.ok:
            raise _refused(f"HTTP {response.status_code}")
        answer = response.json()
        # A query that ran out of time or memory is answered with what was found until then, and a remark.
        if isinstance(answer, dict) and ("elements" not in answer or "remark" in answer):
            raise _NotNowError(str(answer.get("remark", "no elements")))
        self.answers += 1
        self.say(f"  ได้รับแล้ว {self.answers} ชุด ({len(response.content) / 1e6:,.1f} MB)")


@contextmanager
def _manners(service: _Service, cache: Path, policy: Policy | None = None) -> Iterator[None]:
    """Let OSMnx say who asks, ask nobody else, and keep what it gets in the cycle."""
    cache.mkdir(parents=True, exist_ok=True)
    for path in cache.glob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError:  # a run was killed while it wrote this answer
            path.unlink()
    settings: dict[str, Any] = {
        "use_cache": True,
        "cache_folder": cache,
        "doh_url_template": None,  # no public DNS service learns which area the office looks at
        "http_user_agent": f"restructure/{metadata.version('restructure')} (school planning)",
        "http_referer": None,
        "http_accept_language": "th",
        "overpass_rate_limit": False,  # a service that is busy says 429, and then we wait
        "requests_kwargs": {"hooks": {"response": service.check}},
    }
    if policy is not None:
        access = {key for vehicle in policy.settings.vehicles.values() for key in vehicle.access_keys}
        one_way = {key for vehicle in policy.settings.vehicles.values() for key in vehicle.one_way_keys}
        settings["useful_tags_way"] = sorted(_WAY_TAGS | access | one_way)
        settings["useful_tags_node"] = sorted({"barrier"} | access)
    before = {name: getattr(ox.settings, name) for name in settings}
    look_up = socket.getaddrinfo
    try:
        for name, value in settings.items():
            setattr(ox.settings, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(ox.settings, name, value)
        socket.getaddrinfo = look_up  # OSMnx ties the service's name to one address for the rest of the process


def _persistently(service: _Service, fetch: Callable[[], _T]) -> _T:
    """Fetch, again after a pause where the service did not answer; what it has answered comes from the cache."""
    failures = 0
    while True:
        before = service.answers
        try:
            return fetch()
        except (_NotNowError, requests.RequestException) as error:
            failures = 1 if service.answers > before else failures + 1
            reason = str(error) if isinstance(error, _NotNowError) else type(error).__name__
            asked_s = error.pause_s if isinstance(error, _NotNowError) else 0
            if failures > len(PAUSES_S) or asked_s > _LONGEST_PAUSE_S:
                raise _refused(reason) from error
            pause_s = max(asked_s, PAUSES_S[failures - 1])
            tries = len(PAUSES_S) + 1
            service.say(f"  ยังไม่ได้รับคำตอบ ({reason}) รอ {pause_s:g} วินาที แล้วลองครั้งที่ {failures + 1} จาก {tries}")
            time.sleep(pause_s)


def _refused(reason: str) -> RoadsError:
    return RoadsError(
        f"ดาวน์โหลดถนนไม่สำเร็จ บริการ OpenStreetMap ไม่ตอบ ({reason}): ตรวจอินเทอร์เน็ต รอแล้วสั่งใหม่ในเวลาอื่นของวัน "
        "ส่วนที่ได้แล้วไม่ต้องขอซ้ำ หรือใช้ไฟล์ .osm.pbf ของประเทศกับ --pbf",
        f"The roads could not be downloaded ({reason}); check the connection, try again at another time of day "
        "(what has come is kept), or use a country's .osm.pbf extract with --pbf.",
    )


def _find_place(service: _Service, place: str, cache: Path) -> Any:
    try:
        with _manners(service, cache):
            found = _persistently(service, lambda: ox.geocode_to_gdf(place))
    except (ox._errors.InsufficientResponseError, TypeError) as error:  # unknown; a point, not an area
        raise RoadsError(
            f"OpenStreetMap ไม่รู้จักขอบเขตของ “{place}”: เขียนชื่อเต็มพร้อมจังหวัด หรือใช้ --boundary หรือ --bbox",
            f"OpenStreetMap knows no outline of {place!r}; write its full name with the province, or use "
            "--boundary or --bbox.",
        ) from error
    service.say(f"พบพื้นที่: {found.at[0, 'display_name']}")
    return found.union_all()


def _rectangle(bbox: Sequence[float]) -> Any:
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise UsageError(
            "กรอบพิกัด --bbox ไม่ถูกต้อง: เขียนองศาตามลำดับ ตะวันตก ใต้ ตะวันออก เหนือ เช่น 100.2 16.6 101.1 17.2",
            "--bbox is no rectangle; write degrees west, south, east, north, such as 100.2 16.6 101.1 17.2.",
        )
    return shapely.box(west, south, east, north)


def _filters(policy: Policy) -> list[str]:
    """Return Overpass filters that together find what any of the policy's vehicles, or a map, may need."""
    vehicles = policy.settings.vehicles.values()
    classes = {name for vehicle in vehicles for name in (*vehicle.highways, *vehicle.opened_by_yes)} - {"ferry"}
    return [
        f'["highway"~"^({"|".join(sorted(classes))})$"]["area"!~"yes"]',
        '["route"="ferry"]',
        '["waterway"~"^(river|canal)$"]',
    ]


def _fetch(area: Any, filters: list[str]) -> Any:
    try:
        # Every node and every part is kept: what reaches no school must be seen, not dropped.
        graph = ox.graph_from_polygon(area, custom_filter=filters, simplify=False, retain_all=True)
    except requests.RequestException:  # also an answer that does not parse, which is a ValueError too
        raise
    except (ox._errors.InsufficientResponseError, ValueError) as error:  # nothing there; nothing inside the outline
        raise _no_roads() from error
    if not any("highway" in data for _, _, data in graph.edges(data=True)):
        raise _no_roads()
    return graph


def _no_roads() -> RoadsError:
    return RoadsError(
        "OpenStreetMap ไม่มีถนนในพื้นที่นี้: ตรวจชื่อพื้นที่ ไฟล์ขอบเขต หรือลำดับพิกัด",
        "OpenStreetMap has no roads in this area; check the name, the boundary or the order of the coordinates.",
    )


def _osm_date(cache: Path) -> str:
    """Return the day of the oldest of the answers; empty where the service does not say."""
    answers = (json.loads(path.read_bytes()) for path in cache.glob("*.json"))
    return min((stamp[:10] for a in answers if (stamp := a.get("osm3s", {}).get("timestamp_osm_base"))), default="")

"""``restructure roads`` against a stand-in for Overpass and for the search of names, on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import networkx as nx
import osmnx as ox
import pytest

from restructure import download
from restructure.cli import main
from restructure.policy import load_policy
from restructure.roads import read_roads

# A two-way street of 3 nodes and a one-way track back: 4 nodes, 3 pieces for a van. A bollard at 2, a footway from 2,
# a ferry from 4 and a canal; 7 lies 5 km outside the box, where roads are still wanted, and 8 30 km outside.
NODES = {
    1: (10.000, 101.000), 2: (10.000, 101.001), 3: (10.000, 101.002), 4: (10.001, 101.001), 5: (10.002, 101.001),
    6: (10.003, 101.001), 7: (10.000, 101.055), 8: (10.000, 101.3),
}  # fmt: skip
STREETS: list[tuple[list[int], dict[str, str]]] = [
    ([1, 2, 3], {"highway": "residential", "motorcycle": "no", "oneway:motorcycle": "yes"}),
    ([3, 4], {"highway": "track", "oneway": "yes", "tracktype": "grade2", "bridge": "yes", "layer": "1"}),
    ([2, 5], {"highway": "footway", "foot": "yes"}),
    ([3, 7, 8], {"highway": "residential"}),
]
FERRIES: list[tuple[list[int], dict[str, str]]] = [([4, 6], {"route": "ferry", "motorcar": "no", "duration": "00:10"})]
CANALS: list[tuple[list[int], dict[str, str]]] = [([5, 6], {"waterway": "canal"})]
BOX = ["--bbox", "100.99", "9.99", "101.01", "10.01"]
RING = [[100.99, 9.99], [101.01, 9.99], [101.01, 10.01], [100.99, 10.01], [100.99, 9.99]]
NOT_NOW = b"<html>Not now</html>"


def found(ways: list[tuple[list[int], dict[str, str]]], day: str = "2026-10-01") -> bytes:
    used = {node for nodes, _ in ways for node in nodes}
    elements: list[dict[str, Any]] = [
        {"type": "node", "id": i, "lat": lat, "lon": lon} | ({"tags": {"barrier": "bollard"}} if i == 2 else {})
        for i, (lat, lon) in NODES.items()
        if i in used
    ]
    elements += [{"type": "way", "id": 100 * n[0] + n[1], "nodes": n, "tags": t} for n, t in ways]
    return json.dumps({"osm3s": {"timestamp_osm_base": f"{day}T06:00:00Z"}, "elements": elements}).encode()


class Overpass(BaseHTTPRequestHandler):
    """Answers with the drawn ways; before that, with each of ``faults``: a status, ``half`` or ``remark``."""

    faults: list[int | str]
    always: int | str | None = None
    retry_after = "0"
    queries: list[str]
    hosts_asked: list[str]
    agents: set[str]
    half: threading.Event

    def do_GET(self) -> None:
        place = parse_qs(urlsplit(self.path).query).get("q", [""])[0]
        self.hosts_asked.append(self.path)
        shape = (
            {"type": "Point", "coordinates": [101, 10]} if place == "จุด" else {"type": "Polygon", "coordinates": [RING]}
        )
        place_found = {
            "lat": "10", "lon": "101", "boundingbox": ["9.99", "10.01", "100.99", "101.01"], "importance": 1,
            "display_name": "อำเภอหนึ่ง จังหวัดหนึ่ง", "geojson": shape,
        }  # fmt: skip
        self._respond(json.dumps([] if place == "ไม่มี" else [place_found]).encode())

    def do_POST(self) -> None:
        query = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["data"][0]
        self.queries.append(query)
        ways = STREETS if "highway" in query else FERRIES if "ferry" in query else CANALS
        self._respond(found(ways, "2026-10-01" if ways is STREETS else "2026-10-02"))

    def _respond(self, body: bytes) -> None:
        agent = self.headers["User-Agent"]
        self.agents.add(agent)
        fault = self.always or (self.faults.pop(0) if self.faults else 200)
        if not agent.startswith("restructure/"):
            fault = 406
        if fault == "remark":
            body = json.dumps(json.loads(found(STREETS[1:])) | {"remark": "runtime error: Query timed out"}).encode()
        status = fault if isinstance(fault, int) else 200
        if status != 200:
            body = NOT_NOW
        self.send_response(status)
        self.send_header("Retry-After", self.retry_after)
        if fault != "unmeasured half":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if "half" in str(fault):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.half.set()
        elif fault == "stuck":
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.half.set()
            self.rfile.read(1)  # until the other side is gone
        else:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def overpass(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Overpass]]:
    fresh: dict[str, Any] = {"faults": [], "queries": [], "hosts_asked": [], "agents": set(), "half": threading.Event()}
    handler = type("Handler", (Overpass,), fresh)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(ox.settings, "overpass_url", f"http://127.0.0.1:{server.server_port}/api")
    monkeypatch.setattr(ox.settings, "nominatim_url", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setattr(download, "PAUSES_S", (0, 0, 0))
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def nothing_left(folder: Path) -> bool:
    """Tell whether there is neither a road file nor half of one, in the cycle or in its inputs."""
    names = [path.name for path in folder.rglob("*") if "cache" not in path.parts]
    return not [name for name in names if name.startswith(("roads", ".unfinished"))]


def roads_of(folder: Path) -> Any:
    return nx.read_graphml(folder / "inputs" / "roads.graphml")


def test_roads_of_a_box(overpass: type[Overpass], tmp_path: Path) -> None:
    assert main(["roads", str(tmp_path), *BOX]) == 0
    network = read_roads(tmp_path / "inputs" / "roads.graphml")
    # 1-2, 2-3, 3-4 and 3-7; 8 is too far outside.
    assert len(network.start) == 4
    assert network.forward.sum() + network.backward.sum() == 7
    assert network.osm_date == "2026-10-01"  # the oldest answer's
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "inputs"]
    assert [path.name for path in (tmp_path / "inputs").iterdir()] == ["roads.graphml"]
    assert all(agent.startswith("restructure/") for agent in overpass.agents)


def test_what_is_asked_for_serves_every_vehicle_and_the_map(overpass: type[Overpass], tmp_path: Path) -> None:
    assert main(["roads", str(tmp_path), *BOX]) == 0
    streets, ferries, waters = overpass.queries
    for vehicle in load_policy().settings.vehicles.values():
        for name in {*vehicle.highways, *vehicle.opened_by_yes} - {"ferry"}:
            assert name in streets
    assert 'way["route"="ferry"]' in ferries
    assert 'way["waterway"~"^(river|canal)$"]' in waters
    graph = roads_of(tmp_path)
    assert graph.nodes["2"]["barrier"] == "bollard"
    edges = {(u, v): data for u, v, data in graph.edges(data=True)}
    assert edges["1", "2"]["oneway:motorcycle"] == "yes"
    assert edges["1", "2"]["motorcycle"] == "no"
    assert {key: edges["3", "4"][key] for key in ("tracktype", "bridge", "layer")} == {
        "tracktype": "grade2", "bridge": "yes", "layer": "1",
    }  # fmt: skip
    assert edges["2", "5"]["foot"] == "yes"
    assert edges["4", "6"]["route"] == "ferry"
    assert edges["4", "6"]["motorcar"] == "no"
    assert "highway" not in edges["5", "6"]
    assert edges["5", "6"]["waterway"] == "canal"
    assert graph.graph["area"] == "100.99 9.99 101.01 10.01"
    assert graph.graph["buffer_m"] == "10000"


def test_the_policy_may_want_fewer_roads_outside(tmp_path: Path, overpass: type[Overpass]) -> None:
    (tmp_path / "policy.yaml").write_text("settings: {buffer_m: {value: 1000, source: x}}")
    assert main(["roads", str(tmp_path), *BOX]) == 0
    assert "7" not in roads_of(tmp_path)
    assert overpass.queries


@pytest.mark.usefixtures("overpass")
def test_roads_inside_a_boundary(tmp_path: Path) -> None:
    boundary = tmp_path / "office.geojson"
    boundary.write_text(json.dumps({"type": "Polygon", "coordinates": [RING]}))
    assert main(["roads", str(tmp_path), "--boundary", str(boundary)]) == 0
    assert roads_of(tmp_path).graph["area"] == "office.geojson"


def test_roads_of_a_place(overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    overpass.faults = [504]
    assert main(["roads", str(tmp_path), "--place", "อำเภอหนึ่ง"]) == 0
    assert "พบพื้นที่: อำเภอหนึ่ง จังหวัดหนึ่ง" in capsys.readouterr().err
    assert roads_of(tmp_path).graph["area"] == "อำเภอหนึ่ง"


@pytest.mark.parametrize("name", ["ไม่มี", "จุด"])
def test_a_place_without_an_outline(
    name: str, overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["roads", str(tmp_path), "--place", name]) == 1
    assert "--boundary" in capsys.readouterr().err
    assert not overpass.queries
    assert nothing_left(tmp_path)


def test_nobody_else_is_asked(overpass: type[Overpass], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where a name cannot be looked up, when OSMnx would ask a public DNS service over HTTPS."""
    asked: list[str] = []

    def no_name(host: str) -> str:
        asked.append(host)
        raise socket.gaierror(host)

    monkeypatch.setattr(socket, "gethostbyname", no_name)
    before = socket.getaddrinfo, dict(vars(ox.settings))
    assert main(["roads", str(tmp_path), *BOX]) == 0
    assert set(asked) == {"127.0.0.1"}
    assert not [path for path in overpass.hosts_asked if "resolve" in path]
    # What another program part does with OSMnx afterwards is its own affair again.
    assert (socket.getaddrinfo, dict(vars(ox.settings))) == before


@pytest.mark.parametrize("fault", [429, 504, 502, "half", "unmeasured half", "remark"])
def test_what_goes_wrong_once_is_tried_again(
    fault: int | str, overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overpass.faults = [fault, fault, 200, fault]
    assert main(["roads", str(tmp_path), *BOX]) == 0
    assert "ลองครั้งที่ 3 จาก 4" in capsys.readouterr().err
    # Three answers and three faults: what has come is not asked for again.
    assert len(overpass.queries) == 6
    assert len(read_roads(tmp_path / "inputs" / "roads.graphml").start) == 4


@pytest.mark.parametrize("fault", [429, 504, "half", "unmeasured half", "remark"])
def test_refused_for_good(
    fault: int | str, overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overpass.always = fault
    assert main(["roads", str(tmp_path), *BOX]) == 1
    thai, english = capsys.readouterr().err.splitlines()[-2:]
    assert "ดาวน์โหลดถนนไม่สำเร็จ" in thai
    assert "--pbf" in thai
    assert "--pbf" in english
    assert len(overpass.queries) == 4
    assert nothing_left(tmp_path)
    assert not list((tmp_path / "cache").rglob("*.json"))
    overpass.always = None
    assert main(["roads", str(tmp_path), *BOX]) == 0


def test_who_may_not_ask_does_not_insist(overpass: type[Overpass], tmp_path: Path) -> None:
    overpass.always = 403
    assert main(["roads", str(tmp_path), *BOX]) == 1
    assert len(overpass.queries) == 1
    assert nothing_left(tmp_path)


def test_a_service_that_wants_an_hour_is_left_alone(
    overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overpass.always, overpass.retry_after = 429, "3600"
    assert main(["roads", str(tmp_path), *BOX]) == 1
    assert len(overpass.queries) == 1
    assert "HTTP 429" in capsys.readouterr().err


def test_a_pause_that_is_asked_for_is_kept(
    overpass: type[Overpass], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(download.time, "sleep", slept.append)
    overpass.faults, overpass.retry_after = [429], "17"
    assert main(["roads", str(tmp_path), *BOX]) == 0
    assert [pause for pause in slept if pause] == [17]


def test_the_cache_lies_in_the_cycle_and_is_used(overpass: type[Overpass], tmp_path: Path) -> None:
    assert main(["roads", str(tmp_path), *BOX]) == 0
    roads = tmp_path / "inputs" / "roads.graphml"
    roads.unlink()
    answers = sorted((tmp_path / "cache").rglob("*.json"))
    assert len(answers) == 3
    # A run that was killed while it wrote an answer leaves half of it.
    answers[0].write_bytes(answers[0].read_bytes()[:-20])
    assert main(["roads", str(tmp_path), *BOX]) == 0
    assert len(overpass.queries) == 4
    assert read_roads(roads).osm_date == "2026-10-01"
    # Another area is another request.
    roads.unlink()
    assert main(["roads", str(tmp_path), "--bbox", "100.99", "9.99", "101.02", "10.01"]) == 0
    assert len(overpass.queries) == 7


def test_interrupted_while_it_writes(overpass: type[Overpass], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_: object, path: Path) -> None:
        path.write_text("<graphml>")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ox, "save_graphml", half)
        assert main(["roads", str(tmp_path), *BOX]) == 1
    assert nothing_left(tmp_path)
    assert main(["roads", str(tmp_path), *BOX]) == 0
    assert len(overpass.queries) == 3


def test_killed_in_the_middle(overpass: type[Overpass], tmp_path: Path) -> None:
    overpass.faults = [200, "stuck"]
    program = (
        "import sys, osmnx; from restructure.cli import main; "
        f"osmnx.settings.overpass_url = {ox.settings.overpass_url!r}; main({['roads', str(tmp_path), *BOX]!r})"
    )
    elsewhere = tmp_path / "elsewhere.log"
    blocked = {"PYTHONPATH": str(Path(__file__).parent / "blocked"), "RESTRUCTURE_BLOCKED": str(elsewhere)}
    run = subprocess.Popen([sys.executable, "-c", program], env=os.environ | blocked, stderr=subprocess.DEVNULL)
    try:
        assert overpass.half.wait(60)
    finally:
        run.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        run.wait()
    assert not elsewhere.exists()
    assert nothing_left(tmp_path)
    assert main(["roads", str(tmp_path), *BOX]) == 0
    assert len(overpass.queries) == 4
    assert len(read_roads(tmp_path / "inputs" / "roads.graphml").start) == 4


def test_raw_inputs_are_never_replaced(
    overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roads = tmp_path / "inputs" / "roads.osm.pbf"
    roads.parent.mkdir()
    roads.write_bytes(b"mine")
    assert main(["roads", str(tmp_path), *BOX]) == 2
    assert roads.read_bytes() == b"mine"
    assert "อยู่แล้ว" in capsys.readouterr().err
    assert not overpass.queries


@pytest.mark.parametrize("box", ["200.99 9.99 201.01 10.01", "101.3 9.99 101.2 10.01", "9.99 100.99 10.01 101.01"])
def test_a_box_that_is_none(box: str, overpass: type[Overpass], tmp_path: Path) -> None:
    assert main(["roads", str(tmp_path), "--bbox", *box.split()]) == 2
    assert not overpass.queries


def test_an_area_too_large_to_ask_for(
    overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["roads", str(tmp_path), "--bbox", "97", "6", "105", "20"]) == 2
    assert "--pbf" in capsys.readouterr().err
    assert not overpass.queries


def test_an_area_without_roads(overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roads", str(tmp_path), "--bbox", "103", "9.99", "103.01", "10.01"]) == 1
    assert "ไม่มีถนน" in capsys.readouterr().err
    assert overpass.queries
    assert nothing_left(tmp_path)


UTM = {"type": "Polygon", "coordinates": [[[x * 1e5, y * 1e5] for x, y in [(6, 18), (7, 18), (7, 19), (6, 18)]]]}


@pytest.mark.parametrize(
    ("text", "code"),
    [(None, 2), ("not a map", 1), ('{"type": "Point", "coordinates": [100, 16]}', 1), (json.dumps(UTM), 1)],
    ids=["absent", "text", "point", "metres"],
)
def test_a_boundary_that_is_none(text: str | None, code: int, tmp_path: Path, overpass: type[Overpass]) -> None:
    boundary = tmp_path / "office.geojson"
    if text:
        boundary.write_text(text)
    assert main(["roads", str(tmp_path), "--boundary", str(boundary)]) == code
    assert not overpass.queries

"""``restructure roads`` against a stand-in for Overpass on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import osmnx as ox
import pytest

from restructure.cli import main
from restructure.roads import read_roads

# A two-way street of 3 nodes and a one-way street back: 4 nodes, 3 pieces and 1.
NODES = {1: (10.000, 101.000), 2: (10.000, 101.001), 3: (10.000, 101.002), 4: (10.001, 101.001)}
WAYS = [([1, 2, 3], {"highway": "residential"}), ([3, 4], {"highway": "track", "oneway": "yes"})]


STATUS = b"Connected as: 1\nCurrent time: 2026-10-01\nAnnounced endpoint: none\nRate limit: 2\n2 slots available now.\n"


class Overpass(BaseHTTPRequestHandler):
    """Answers every query with the same two ways, or with ``status``."""

    status = 200
    queries: list[str]

    def do_GET(self) -> None:
        self._answer(200, STATUS, "text/plain")

    def do_POST(self) -> None:
        self.queries.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        elements = [{"type": "node", "id": i, "lat": lat, "lon": lon} for i, (lat, lon) in NODES.items()]
        elements += [{"type": "way", "id": 9 + i, "nodes": n, "tags": t} for i, (n, t) in enumerate(WAYS)]
        body = json.dumps({"elements": elements}).encode() if self.status == 200 else b"<html>Not now</html>"
        self._answer(self.status, body, "application/json")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def overpass(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Overpass]]:
    handler = type("Handler", (Overpass,), {"queries": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setattr(ox.settings, "overpass_url", f"http://127.0.0.1:{server.server_port}/api")
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


BOX = ["--bbox", "100.99", "9.99", "101.01", "10.01"]


def test_roads_of_a_box(overpass: type[Overpass], tmp_path: Path) -> None:
    assert main(["roads", str(tmp_path), *BOX]) == 0
    network = read_roads(tmp_path / "inputs" / "roads.graphml")
    assert len(network.start) == 3
    assert sorted(zip(network.forward, network.backward, strict=True)) == [(True, False), (True, True), (True, True)]
    assert len(network.osm_date) == 10
    assert len(overpass.queries) == 1
    assert "track" in overpass.queries[0]
    assert "footway" not in overpass.queries[0]


@pytest.mark.usefixtures("overpass")
def test_roads_inside_a_boundary(tmp_path: Path) -> None:
    ring = [[100.99, 9.99], [101.01, 9.99], [101.01, 10.01], [100.99, 10.01], [100.99, 9.99]]
    boundary = tmp_path / "office.geojson"
    boundary.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    assert main(["roads", str(tmp_path), "--boundary", str(boundary)]) == 0
    assert (tmp_path / "inputs" / "roads.graphml").exists()


@pytest.mark.usefixtures("overpass")
def test_raw_inputs_are_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roads = tmp_path / "inputs" / "roads.osm.pbf"
    roads.parent.mkdir()
    roads.write_bytes(b"mine")
    assert main(["roads", str(tmp_path), *BOX]) == 2
    assert roads.read_bytes() == b"mine"
    assert "อยู่แล้ว" in capsys.readouterr().err


def test_a_refusal_leaves_nothing_behind(
    overpass: type[Overpass], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overpass.status = 406
    assert main(["roads", str(tmp_path), *BOX]) == 1
    assert "ดาวน์โหลดถนนไม่สำเร็จ" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.graphml"))


@pytest.mark.parametrize(("text", "code"), [(None, 2), ("not a map", 1)])
def test_a_boundary_that_is_none(text: str | None, code: int, tmp_path: Path) -> None:
    boundary = tmp_path / "office.geojson"
    if text:
        boundary.write_text(text)
    assert main(["roads", str(tmp_path), "--boundary", str(boundary)]) == code

"""Whatever a file holds: it is read, or refused in two sentences, soon. Nothing else may come out.

``SEED=… pytest tests/fuzz`` replays a seed that ``tests/soak`` printed.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import biff
import geopandas as gpd
import hypothesis
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import strategies as st

from restructure._errors import DataError, PolicyError, RestructureError, RoadsError, ScenarioError, TableError
from restructure.closures import read_closures
from restructure.intake import Problem, columns_of, read_table
from restructure.intake.grids import read_sheets
from restructure.intake.schema import MAP_SUFFIXES, TABLE_SUFFIXES
from restructure.intake.sheets import MOST_CELLS, TOP_ROWS
from restructure.policy import load_policy
from restructure.roads import read_roads
from restructure.scenario import read_scenario

TABLES = ("schools", "villages", "students", "mergers", "enrolment", "ceilings", "payments")
#: Far above what any example takes on a busy machine: only what hangs is caught.
MOST_SECONDS = 20
CELLS = [
    "1065000001", "1.065E+09", "65080101.0", "๖๕๐๘๐๑๐๑", "บ้านไร่", "16.8", "100.4", "-16.8", "999",
    "1e400", "nan", "-", "–", "P4", "ป.๔", "อ.2-ป.6", "all", "P6-P1", "1/2570", "๒/๒๕๖๙", "2569-02-30",
    "9/11/2569", "may", "พ.ย.", "เลิก", "1.2", "open", "1,234", "12.5", "-5", "=1+1", "\x1f", "\u200b",
    "\xa0", "\u0e4d\u0e32", '"', "a\nb", "a\rb", "{column}", "a" * 5000, "",
]  # fmt: skip
YAML_BITS = [
    "office", "fiscal_year", "synthetic", "settings", "bands", "days_by_term", "value", "source", "date",
    "vehicles", "van", "name", "merges", "school", "host", "grades", "kind", "from_term", "programme",
    "note", "stem", "learn-together", "all", ": ", ":", "\n", "\n  ", "\n- ", "\n    ", "- ", "{", "}",
    "[", "]", ", ", "? ", "&a ", "*a", "<<: *a", "!!int ''", "!!float ''", "!!bool x", "!!timestamp x",
    "!!binary ก", "!!set", "!!omap", "!!str", "!x ", "|", ">", "#", "'", '"', "%YAML 1.1\n---\n", "---",
    "...", "\t", "null", "~", "yes", "2570", "'2570'", "0x_", "1:1:1.5", ".inf", ".nan", "1_000", "-0",
    "2026-13-13", "2026-05-01", "1/2570", "1099000001", "ทางเลือก ก", "\x07", "\ufeff", "\u2028",
    "\U0001f600", "=",
]  # fmt: skip
POLICY = """office: สพป.สมมุติ เขต 1
fiscal_year: 2570
settings:
  bands:
    value: [{up_to_m: 3000, baht_per_day: 10}, {up_to_m: null, baht_per_day: 20}]
    source: หนังสือ ก
    date: 2026-05-01
  days_by_term: {value: {1: 90, 2: 110}}
"""
SCENARIO = """name: ทางเลือก ก
note: ข้อมูลสมมุติ
merges:
  - {school: "1099000001", host: 1099000002, grades: all, kind: learn-together, from_term: "1/2570"}
  - {school: "1099000003", host: "1099000002", grades: P4-P6, kind: dissolve, from_term: 2/2570}
"""
CLOSURES = """{"type": "FeatureCollection", "features": [
{"type": "Feature", "properties": {"closure_id": "สะพาน", "from": "2026-11-01", "to": null, "reason": "ขาด"},
 "geometry": {"type": "Point", "coordinates": [100.4, 16.8]}},
{"type": "Feature", "properties": {"closure_id": "2", "from": "wet-season"},
 "geometry": {"type": "LineString", "coordinates": [[100.4, 16.8], [100.5, 16.9, 12]]}}]}
"""
KML = """<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>สะพาน</name>
<Point><coordinates>100.4,16.8,0</coordinates></Point></Placemark></Document></kml>
"""
GEO_BITS = [
    "[", "]", "{", "}", ",", ":", '"', "null", "1e400", "NaN", "-0", "100.4", "Polygon", "Point", "MultiPoint", "crs",
    "EPSG:99999", "<", "/>", "<!DOCTYPE a>",
]  # fmt: skip
PAGE = """<html><meta charset="utf-8"><table><tr><th colspan="2">จังหวัด<th rowspan=2>หญิง<br>คน</tr>
<tr><td>รหัส<td>ชื่อ<tr><td>6508<td>วังทอง &amp;&nbsp;<b>เมือง</b><td>1,234</tr></table></html>"""
PAGE_BITS = [
    "<table>", "</table>", "<tr>", "</tr>", "<td>", "<td colspan=9>", "<td rowspan='99999'>", "<th colspan=-1>", "<!--",
    "-->", "<![CDATA[", "<!DOCTYPE html [", "<script>", "<br/>", "<p>", "&#x0;", "&#1114112;", "&lt", "<svg>", "<a:b>",
    "<frameset>", "<plaintext>", "<td" * 9, "<" * 9,
]  # fmt: skip
ROADS = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="16.8" lon="100.4"/><node id="2" lat="16.9" lon="100.4"><tag k="barrier" v="bollard"/></node>
<node id="3" lat="16.9" lon="100.5"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/><tag k="oneway" v="yes"/></way>
<way id="2"><nd ref="1"/><nd ref="3"/><tag k="waterway" v="river"/></way></osm>
"""
OSM_BITS = [
    "<",
    ">",
    '"',
    "'",
    "</way>",
    "<way id='9'>",
    "<nd ref='7'/>",
    "lat='99'",
    "k='access' v='no'",
    "-1",
    "1e9",
    "&amp;",
]


# -- what a target does with one input ----
def _check(read: Callable[[], Any], error: type[RestructureError]) -> Any:
    began = time.monotonic()
    try:
        return read()
    except error as refusal:
        lines = str(refusal).split("\n")
        assert len(lines) == 2, lines
        assert re.search("[ก-๙]", lines[0]), lines
        return None
    finally:
        assert time.monotonic() - began < MOST_SECONDS


def _table(table: str, suffix: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{table}{suffix}"
        path.write_bytes(data)
        answer = _check(lambda: read_table(path, table), TableError)
        assert path.read_bytes() == data, "the raw file was changed"
    if answer is None:
        return
    frame, problems = answer
    assert isinstance(frame, pd.DataFrame)
    assert frame.index.is_unique
    assert set(frame) <= set(columns_of(table).index)
    aside = {p.row for p in problems if p.severity == "error"}
    assert not aside & set(frame.index)
    for problem in problems:
        assert isinstance(problem, Problem)
        assert problem.message
        assert problem.remedy
        if table == "students" and problem.column in ("lat", "lon", "student_key"):
            assert problem.value in ("", "(ปกปิด)")


def _sheets(suffix: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(data)

        def read() -> None:
            sheets = read_sheets(path, "inputs/a")
            assert sheets
            for sheet in sheets:
                rows = list(sheet.rows())
                assert str(rows) == str(list(sheet.rows())), "rows differ when they are read again"
                assert sum(map(len, rows)) <= MOST_CELLS
                assert len(sheet.top) == min(len(rows), TOP_ROWS)
                assert all(isinstance(text, str) for row in sheet.top for text in row)
                for problem in sheet.problems:
                    assert problem.message
                    assert problem.remedy
                    assert problem.row >= 1
                    assert problem.severity == "warning" or rows[problem.row - 1] == []

        _check(read, TableError)
        assert path.read_bytes() == data, "the raw file was changed"
        assert [one.name for one in Path(folder).iterdir()] == [path.name], "a file was put beside the raw file"


def _table_and_sheets(table: str, suffix: str, data: bytes) -> None:
    _sheets(suffix, data)
    _table(table, suffix, data)


def _policy(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.yaml"
        path.write_bytes(data)
        policy = _check(lambda: load_policy(path), PolicyError)
    if policy is not None:
        assert policy.settings.bands[-1].up_to_m is None
        assert sum(policy.settings.days_by_term.values()) == policy.settings.days_per_year


def _scenario(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "option-a.yaml"
        path.write_bytes(data)
        scenario = _check(lambda: read_scenario(path), ScenarioError)
    if scenario is not None:
        assert scenario.stem == "option-a"
        assert all(isinstance(merge.school, str) for merge in scenario.merges)


def _closures(suffix: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"closures{suffix}"
        path.write_bytes(data)
        answer = _check(lambda: read_closures(path, "inputs/closures"), DataError)
        assert path.read_bytes() == data, "the raw file was changed"
    if answer is not None:
        table, problems = answer
        assert table["closure_id"].is_unique
        assert table.geometry.notna().all()
        assert all(problem.message and problem.remedy for problem in problems)


def _roads(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roads.osm"
        path.write_bytes(data)
        network = _check(lambda: read_roads(path), RoadsError)
    if network is not None:
        assert len(network.start) > 0
        assert (network.length_m >= 0).all()
        assert (network.forward | network.backward).all()


# -- inputs ----
@st.composite
def _rows(draw: st.DrawFn) -> tuple[str, list[list[str]]]:
    """Return a table with right heads, some of them spoilt, and cells of every kind."""
    table = draw(st.sampled_from(TABLES))
    known = columns_of(table)
    heads = draw(st.permutations(draw(st.sampled_from([list(known.index), list(known["thai"])]))))
    for _ in range(draw(st.integers(0, 2))):
        heads[draw(st.integers(0, len(heads) - 1))] = draw(st.sampled_from(CELLS) | st.text(max_size=8))
    cell = st.sampled_from(CELLS) | st.text(max_size=6)
    return table, [heads, *draw(st.lists(st.lists(cell, max_size=len(heads) + 1), max_size=5))]


@st.composite
def _damaged(draw: st.DrawFn, data: bytes, bits: list[bytes]) -> bytes:
    """Return a file with pieces cut out, put in, repeated or changed."""
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        end = draw(st.integers(at, min(len(data), at + 40)))
        piece = draw(st.sampled_from([b"", data[at:end] * 2, b"\xff", b"\0", *bits]) | st.binary(max_size=4))
        data = data[:at] + piece + data[end:]
    return data


@st.composite
def _csv_files(draw: st.DrawFn) -> tuple[str, str, bytes]:
    table, rows = draw(_rows())
    out = io.StringIO()
    delimiter = draw(st.sampled_from([",", ",", ",", ";", "\t", "|"]))
    csv.writer(out, delimiter=delimiter, lineterminator=draw(st.sampled_from(["\r\n", "\n", "\r"]))).writerows(rows)
    text = out.getvalue()
    for garbled in draw(st.sampled_from([[], [], [], ["cp874"], ["cp1252"], ["cp874", "latin-1"]])):
        text = "".join(bytes([b]).decode(garbled, "ignore") or chr(b) for b in text.encode("utf-8", "replace"))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp874", "utf-16-le", "utf-16-be"]))
    data = text.encode(encoding, "replace")
    return (
        table,
        draw(st.sampled_from([".csv", ".csv", ".tsv", ".txt", ".xls"])),
        draw(_damaged(data, [b'"', b",", b"\r", b"\n\n", b"\xe0\xb8"])),
    )


def _frame_of_a_workbook() -> dict[str, bytes]:
    """Return the parts of a workbook that matter, without what differs from one moment to the next."""
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    with zipfile.ZipFile(out) as archive:
        return {n: archive.read(n) for n in sorted(archive.namelist()) if not n.startswith(("docProps", "xl/theme"))}


FRAME = _frame_of_a_workbook()
SHEET = "xl/worksheets/sheet1.xml"
XML_BITS = [
    b"<", b">", b'"', b"</row>", b"</c>", b't="s"', b't="n"', b't="d"', b't="e"', b't="b"', b"&amp;", b'r="A9"',
    b'r="XFD1"', b'r="A1048576"', b'r="a2"', b"<c><v>1</v></c>", b"<row r='99999'>", b"<f>A1</f>", b"<f/>", b"<x:c>",
    b"xmlns:x='y'", b"x='>'", b"<mergeCell ref='A1:C3'/>", b"<mergeCell ref='B9:A1'/>",
    b"<mergeCell ref='A1:XFD1048576'/>", b"<!DOCTYPE a>",
    b"<!-- <c -->", b"<![CDATA[", b"<?a?>", b"<sst uniqueCount='9999999999'>", b"s='99'", b"veryHidden", b"count='99'",
]  # fmt: skip


@st.composite
def _xlsx_files(draw: st.DrawFn) -> tuple[str, str, bytes]:
    table, rows = draw(_rows())
    lines = []
    for i, row in enumerate(rows, start=draw(st.sampled_from([1, 1, 1, 2]))):
        cells = ""
        for text in row:
            kind = draw(st.sampled_from(["inlineStr"] * 8 + ["n", "d", "b", "e", "s", "str"]))
            legal = escape(openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", text))
            number = draw(st.integers(-10, 2**60) | st.floats(allow_nan=False)) if kind == "n" else legal
            cells += (
                f"<c t='{kind}'>" + (f"<is><t>{legal}</t></is>" if kind == "inlineStr" else f"<v>{number}</v>") + "</c>"
            )
        lines.append(f"<row r='{i}'>{cells}</row>")
    size = draw(st.sampled_from(["", "<dimension ref='A1'/>", "<dimension ref='A1:ZZ99'/>", "<dimension ref='?'/>"]))
    sheet = f"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>{size}<sheetData>"
    parts = FRAME | {SHEET: f"{sheet}{''.join(lines)}</sheetData></worksheet>".encode("utf-8", "replace")}
    # Damage inside the archive gets past the check sums, damage to the whole does not.
    victim = draw(st.sampled_from([None, SHEET, SHEET, *parts]))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name), draw(_damaged(data, XML_BITS)) if name == victim else data)
    if victim is not None:
        return table, ".xlsx", out.getvalue()
    return table, ".xlsx", draw(_damaged(out.getvalue(), [b"PK\x03\x04", b"PK\x05\x06"]))


@st.composite
def _xls_files(draw: st.DrawFn) -> bytes:
    """Return an old workbook, its records or its sectors damaged."""
    values = st.sampled_from(CELLS) | st.text(max_size=6) | st.integers(-9, 2**40) | st.floats() | st.just("#N/A")
    places = st.tuples(st.integers(0, 3) | st.just(65_535), st.integers(0, 3) | st.just(255))
    area = st.tuples(st.integers(0, 70), st.integers(0, 4), st.integers(0, 70), st.integers(0, 300))
    page = st.builds(
        biff.Page, st.text("กa", min_size=1, max_size=3), st.dictionaries(places, values | st.booleans(), max_size=6),
        st.sampled_from([0, 0, 1, 2]), st.lists(area, max_size=2).map(tuple),
    )  # fmt: skip
    small = draw(st.booleans())
    records = biff.stream(draw(st.lists(page, min_size=1, max_size=3)))
    where = draw(st.sampled_from(["", "records", "records", "numbers", "sectors"]))
    if where == "records":
        records = draw(_damaged(records, XLS_BITS))
    if where == "numbers":
        # A number in its place, so that what stands behind it is still where it was.
        for at in draw(st.lists(st.integers(0, len(records) - 4), max_size=4)):
            records = records[:at] + draw(st.sampled_from(XLS_NUMBERS)) + records[at + 4 :]
    data = biff.compound(records, small=small and len(records) < 8000)
    if where == "sectors":
        for at in draw(st.lists(st.integers(0, min(len(data), 2048) - 4), max_size=4)):
            data = data[:at] + draw(st.sampled_from(XLS_NUMBERS)) + data[at + 4 :]
    return data


XLS_NUMBERS = [b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", bytes(4), b"\1\0\0\0", b"\xfe\xff\xff\xff", b"\0\0\1\0"]
XLS_BITS = [
    *XLS_NUMBERS, biff.record(0x0A), biff.record(0x2F, bytes(6)), biff.record(0x0200, b"\xff" * 14), biff.begin(0x10),
    biff.record(0x00BD, bytes(12)), biff.record(0x0006, bytes(30)), biff.record(0x00FC, b"\xff" * 8), biff.record(0x3C),
    biff.record(0x00E5, b"\2\0" + bytes(16)), biff.record(0x0085, bytes(10)), biff.record(0x00E0, bytes(20)),
    biff.record(0x0022, b"\1\0"), biff.record(0x041E, bytes(8)), biff.record(0x00D6, bytes(12)),
]  # fmt: skip


def _made_maps() -> dict[str, bytes]:
    """Return a GeoPackage and a zipped shapefile, the same at every start."""
    drawn = gpd.GeoDataFrame({"name": ["บ้าน"]}, geometry=[shapely.Point(100.4, 16.8)], crs="EPSG:4326")
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        drawn.to_file(Path(folder) / "a.gpkg")
        drawn.to_file(Path(folder) / "a.shp", encoding="utf-8")
        base = re.sub(
            rb"20\d\d-\d\d-\d\dT[\d:.]+Z", b"2026-01-01T00:00:00.000Z", (Path(folder) / "a.gpkg").read_bytes()
        )
        with zipfile.ZipFile(out, "w") as archive:
            for part in sorted(Path(folder).glob("a.[!g]*")):
                data = bytearray(part.read_bytes())
                if part.suffix == ".dbf":
                    data[1:4] = b"\x7e\1\1"  # the day on which it was written
                archive.writestr(zipfile.ZipInfo(part.name), bytes(data))
    return {".gpkg": base, ".zip": out.getvalue()}


def _maps() -> st.SearchStrategy[tuple[str, bytes]]:
    texts = [
        st.tuples(st.sampled_from([".geojson", ".json"]), _spoilt(CLOSURES, GEO_BITS)),
        st.tuples(st.just(".kml"), _spoilt(KML, GEO_BITS)),
    ]
    made = [
        st.tuples(st.just(suffix), _damaged(data, [b"\0" * 9, b"\xff" * 4])) for suffix, data in _made_maps().items()
    ]
    return st.one_of(*texts, *made, st.tuples(st.sampled_from(MAP_SUFFIXES), st.binary(max_size=99)))


def _yaml(valid: str) -> st.SearchStrategy[bytes]:
    pieces = st.lists(st.sampled_from(YAML_BITS) | st.text(max_size=4), max_size=30)
    text = pieces.map(lambda parts: "".join(parts).encode("utf-8", "replace"))
    return text | _spoilt(valid, YAML_BITS)


def _spoilt(valid: str, bits: list[str]) -> st.SearchStrategy[bytes]:
    return _damaged(valid.encode(), [bit.encode() for bit in bits]) | st.binary(max_size=60)


#: By name: what to make, and what to do with it.
TARGETS: dict[str, tuple[st.SearchStrategy[tuple[Any, ...]], Callable[..., None]]] = {
    "bytes": (
        st.tuples(st.sampled_from(TABLES), st.sampled_from(TABLE_SUFFIXES), st.binary(max_size=300)),
        _table_and_sheets,
    ),
    "csv": (_csv_files(), _table_and_sheets),
    "xlsx": (_xlsx_files(), _table_and_sheets),
    "xls": (st.tuples(st.just(".xls"), _xls_files()), _sheets),
    "page": (st.tuples(st.just(".xls"), _spoilt(PAGE, PAGE_BITS)), _sheets),
    "maps": (_maps(), _sheets),
    "policy": (st.tuples(_yaml(POLICY)), _policy),
    "scenario": (st.tuples(_yaml(SCENARIO)), _scenario),
    "closures": (
        st.tuples(st.sampled_from([".geojson", ".json"]), _spoilt(CLOSURES, GEO_BITS))
        | st.tuples(st.sampled_from([".kml", ".gpkg", ".shp", ".zip"]), _spoilt(KML, GEO_BITS)),
        _closures,
    ),
    "roads": (st.tuples(_spoilt(ROADS, OSM_BITS)), _roads),
}


def fuzz(name: str, examples: int, seed: int | None = None) -> None:
    """Run a target on examples: always the same without a seed, others with each seed."""
    strategy, target = TARGETS[name]

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=seed is None,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def run(arguments: tuple[Any, ...]) -> None:
        target(*arguments)

    if seed is not None:
        run = hypothesis.seed(seed)(run)
    run()


@pytest.mark.parametrize("name", TARGETS)
def test_only_an_answer_or_a_refusal_comes_out(name: str) -> None:
    seed = os.environ.get("SEED")
    fuzz(name, 150, int(seed) if seed else None)


def test_the_files_that_are_damaged_are_sound_before() -> None:
    for data, target in ((POLICY, _policy), (SCENARIO, _scenario)):
        target(data.encode())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "p.yaml").write_text(POLICY, "utf-8")
        assert load_policy(Path(folder) / "p.yaml").settings.days_by_term == {1: 90, 2: 110}
        (Path(folder) / "s.yaml").write_text(SCENARIO, "utf-8")
        assert [merge.host for merge in read_scenario(Path(folder) / "s.yaml").merges] == ["1099000002"] * 2
        for name, text, rows in (("a.geojson", CLOSURES, 2), ("b.kml", KML, 1)):
            (Path(folder) / name).write_text(text, "utf-8")
            assert len(read_closures(Path(folder) / name, name)[0]) == rows
        (Path(folder) / "r.osm").write_text(ROADS, "utf-8")
        assert len(read_roads(Path(folder) / "r.osm").start) == 2


@pytest.mark.parametrize(
    ("table", "data"),
    [
        ("villages", b"a," * 60_000 + b"\n1\n"),
        ("villages", b"\n" * 300_000),
        ("villages", "รหัสหมู่บ้าน".encode() * 20_000),
        ("students", b"school_id,grade,village_id,count\n" + b"1,P1,1,1\n" * 50_000),
        (
            "students",
            b"school_id,grade,village_id,count\n" + b"".join(b"%d,X%d,?,-5\n" % (i, i) for i in range(20_000)),
        ),
    ],
    ids=["heads", "lines", "one-head", "rows", "faulty-rows"],
)
def test_large_files_are_answered_soon(table: str, data: bytes) -> None:
    _table(table, ".csv", data)


@pytest.mark.parametrize("read", [_policy, _scenario])
@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b"{a: " * 20_000,
        b"- " * 20_000,
        b"a: &a [*a, *a]\n",
        b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 123)),
        b"office: [&a [x, x]" + b"".join(b", &%c [*%c, *%c]" % (c, c - 1, c - 1) for c in range(98, 123)) + b"]",
        b"name: [&a [x, x]" + b"".join(b", &%c [*%c, *%c]" % (c, c - 1, c - 1) for c in range(98, 123)) + b"]",
        b"x" * 500_000,
    ],
    ids=["flow", "maps", "dashes", "itself", "laughs", "laughing-office", "laughing-name", "one-word"],
)
def test_yaml_meant_to_hang_is_answered_soon(read: Callable[[bytes], None], data: bytes) -> None:
    read(data)

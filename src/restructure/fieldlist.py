"""The pairs to check in the field, on paper: a map of each route, codes that a phone opens, and lines to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import segno
import shapely
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from restructure.cycle import Measured
from restructure.distance import routes
from restructure.fieldbook import bounds_between
from restructure.mapdata import CREDIT, STATES, one_line, road_groups
from restructure.roads import Floats
from restructure.sheet import FAINT, INK, RED, VILLAGE, Sheet, drawing
from restructure.thai import ROUND_NAMES, ROUNDS
from restructure.words import INTERNAL, ROUTED, SYNTHETIC, spell_day

#: A4 portrait and the places on it, millimetres.
_PAGE = (210.0, 297.0)
_LEFT, _WIDTH = 12.0, 186.0
_TOP, _FLOOR = 266.0, 18.0
_ON_PAGE = 3
_BLOCK = (_TOP - _FLOOR) / _ON_PAGE
_MAP_WIDE, _TEXT_LEFT, _TEXT_WIDE = 84.0, 99.0, 66.0
_CODE_LEFT, _CODE = 170.0, 28.0
#: Where only the school is shown the map reaches so many degrees to each side.
_AROUND = 0.012
_LINES = ("ระยะทางที่วัดได้", "วิธีวัด", "วันที่วัด", "ผู้วัด", "ตำแหน่ง", "ลงชื่อ")
#: Height of a line to fill in, and how many lines of what is known fit above those.
_LINE = 6.7
_MOST_LINES = 6
_ROUTE = "#0072b2"


def write_field_list(path: Path, measured: Measured, chosen: pd.DataFrame, round_names: Sequence[str] = ROUNDS) -> None:
    """Write the list of pairs to check in the field as PDF, three a page.

    Each QR code holds the ``geo:`` address of a point, which a phone opens in its own map; nothing is sent. Of a child
    who is measured from an own home point only the school is shown. The same content gives the same bytes.

    Parameters
    ----------
    chosen
        Rows of :func:`restructure.certify.pairs`, in the order in which they shall be printed.
    round_names
        Those that the pairs were asked for.
    """
    rows = _with_places(measured, chosen)
    parts = [rows[i : i + _ON_PAGE] for i in range(0, max(len(rows), 1), _ON_PAGE)]
    with drawing(), PdfPages(path, metadata={"Title": "ใบตรวจระยะทางในพื้นที่", "CreationDate": None}) as pdf:
        for number, part in enumerate(parts, start=1):
            page = _Page(measured)
            page.head(len(rows), round_names)
            for place, row in enumerate(part):
                page.block(_TOP - place * _BLOCK, row)
            page.foot(number, len(parts))
            pdf.savefig(page.figure)


def qr_outline(text: str, left: float, bottom: float, size: float) -> Outline:
    """Return the dark squares of a QR code as one outline, of a size without the quiet zone around it."""
    matrix = segno.make_qr(text, error="m").matrix
    module = size / len(matrix)
    vertices: list[tuple[float, float]] = []
    for i, line in enumerate(matrix):
        dark = np.flatnonzero(np.diff(np.r_[0, np.frombuffer(line, np.uint8), 0]))
        y = bottom + size - (i + 1) * module
        for begin, end in dark.reshape(-1, 2):
            x0, x1 = left + begin * module, left + end * module
            vertices += [(x0, y), (x1, y), (x1, y + module), (x0, y + module), (x0, y)]
    codes = [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY] * (len(vertices) // 5)
    return Outline(vertices, codes)


def geo_address(lat: float, lon: float) -> str:
    """Return the address of a point that phones open in their own map (RFC 5870).

    Examples
    --------
    >>> geo_address(16.8, 100.3)
    'geo:16.800000,100.300000'
    """
    return f"geo:{lat:.6f},{lon:.6f}"


def _with_places(measured: Measured, chosen: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the pairs with names, points and routes; of those that are measured from home neither point nor route."""
    tables = measured.cycle.tables
    villages = tables["villages"][["village_id", "name", "lat", "lon"]].rename(columns={"name": "village"})
    hosts = tables["schools"][["school_id", "name", "lat", "lon"]]
    hosts = hosts.set_axis(["host_id", "host", "school_lat", "school_lon"], axis=1)
    rows = chosen.merge(villages, how="left", on="village_id").merge(hosts, how="left", on="host_id")
    rows = rows.fillna({"village": "ไม่ระบุหมู่บ้าน", "host": ""}).assign(number=range(1, len(rows) + 1))
    home = rows["measured_from"] == "home"
    rows = rows.assign(lat=rows["lat"].mask(home), lon=rows["lon"].mask(home))
    drawn = routes(measured.cycle.network, rows[["number", "lat", "lon", "school_lat", "school_lon"]])
    lines = drawn.set_index("number").geometry
    return [row | {"line": lines.get(row["number"])} for row in rows.to_dict("records")]


class _Page(Sheet):
    """One page."""

    def __init__(self, measured: Measured) -> None:
        super().__init__(_PAGE)
        self.policy, self.network = measured.cycle.policy, measured.cycle.network

    def head(self, pairs: int, round_names: Sequence[str]) -> None:
        rounds = "และ".join(ROUND_NAMES[name] for name in sorted(round_names, key=ROUNDS.index))
        self.text(self.page, _LEFT, 287, f"ใบตรวจระยะทางในพื้นที่ {rounds} {pairs:,} คู่", 16, bold=True)
        office = f"{one_line(self.policy.office)}  ปีงบประมาณ {self.policy.fiscal_year}"
        self.text(self.page, _LEFT, 280.5, self.fit(office, _WIDTH - 45, 12), 12)
        ask = "วัดตามถนนจากหมู่บ้านถึงโรงเรียนหลัก เที่ยวเดียว เป็นเมตรเต็ม; สแกนรหัสเพื่อเปิดจุดในแผนที่ของโทรศัพท์"
        self.text(self.page, _LEFT, 275, self.fit(ask, _WIDTH, 11), 11, color=FAINT)
        self.text(self.page, _LEFT, 269.5, f"ส่งคืนภายในวันที่ {'.' * 40} ถึง กลุ่มนโยบายและแผน", 12, bold=True)
        if self.policy.synthetic:
            self.badge(_LEFT + _WIDTH - 2, 284, SYNTHETIC, 14)

    def block(self, top: float, row: dict[Any, Any]) -> None:
        """Draw one pair: head, map, text with lines to fill in, codes."""
        self.rule(_LEFT, top, _WIDTH)
        ends = [
            f"{one_line(row[name])} ({row[code]})" for name, code in (("village", "village_id"), ("host", "host_id"))
        ]
        title = self.fit(f"{row['number']}. {' → '.join(ends)}", _WIDTH, 12, bold=True)
        self.text(self.page, _LEFT, top - 4.2, title, 12, bold=True)
        self.draw_map(row, top - 8.5, top - _BLOCK + 9)
        self.words(row, top - 11, top - _BLOCK + 5)
        bottom = top - 8.5 - _CODE
        for words, side in (("จุดหมู่บ้าน", ""), ("จุดโรงเรียน", "school_")):
            lat, lon = row[f"{side}lat"], row[f"{side}lon"]
            if not pd.isna(lat):
                code = qr_outline(geo_address(lat, lon), _CODE_LEFT, bottom, _CODE)
                self.page.add_patch(PathPatch(code, facecolor="black", linewidth=0, antialiased=False))
                self.text(self.page, _CODE_LEFT + _CODE / 2, bottom - 3, words, 10, ha="center")
            bottom -= _CODE + 9.5

    def draw_map(self, row: dict[Any, Any], top: float, bottom: float) -> None:
        school = np.array([[row["school_lon"], row["school_lat"]]], float)
        village = np.array([[row["lon"], row["lat"]]], float)
        line = np.asarray(row["line"].coords) if isinstance(row["line"], shapely.LineString) else np.empty((0, 2))
        points = np.vstack([line, school, village])
        points = points[np.isfinite(points).all(axis=1)]
        if not len(points):
            points = np.reshape(self.network.bounds(), (2, 2))
        reach = _AROUND if len(points) == 1 else 0.0
        low, high = points.min(axis=0) - reach, points.max(axis=0) + reach
        self.add_map((_LEFT, bottom, _MAP_WIDE, top - bottom))
        self.map.set_zorder(-1)
        self.frame((low[0], low[1], high[0], high[1]), margin_mm=9)
        self.ground(list(self.network.waters), road_groups(self.network, self.window()))
        self.lines([self.km(line)] if len(line) else [], _ROUTE, 2.4, 4)
        blue = STATES["host"].colour
        for at, marker, size, colour in ((village, "o", 34, VILLAGE), (school, "s", 60, blue)):
            x, y = self.km(at)[0]
            self.map.scatter(x, y, s=size, marker=marker, color=colour, edgecolor="white", linewidths=0.7, zorder=6)
        self.name(village, row["village"], INK, above=row["lat"] >= row["school_lat"])
        self.name(school, row["host"], "#004c78", above=not row["lat"] >= row["school_lat"])
        self.scale_bar(_LEFT, bottom - 7, 20)
        north = (_LEFT + _MAP_WIDE - 4, bottom + 2)
        self.straight_arrow(north, (north[0], north[1] + 8), "-|>,head_length=5,head_width=3", INK, 1.3)
        self.text(self.page, north[0] - 2, north[1] + 4, "เหนือ", 8, bold=True, ha="right")

    def name(self, at: Floats, words: str, ink: str, *, above: bool) -> None:
        """Write a name above or below its place, within the map."""
        if not np.isfinite(at).all():
            return
        x, y = self.km(at)[0] * self.mm_per_km
        side = "left" if x < -_MAP_WIDE / 6 else "right" if x > _MAP_WIDE / 6 else "center"
        y += 3.6 if above else -3.6
        x += {"left": -2.0, "center": 0.0, "right": 2.0}[side]
        shown = self.fit(words, _MAP_WIDE * 0.6, 10, bold=True)
        label = self.text(self.map, x / self.mm_per_km, y / self.mm_per_km, shown, 10, bold=True, color=ink, ha=side)
        label.set_path_effects([withStroke(linewidth=2.2, foreground="white")])

    def words(self, row: dict[Any, Any], y: float, bottom: float) -> None:
        """Write what is known of the pair and the lines to fill in."""
        way = "ยังวัดระยะทางไม่ได้"
        if not pd.isna(row["routed_m"]):
            way = f"คำนวณได้ {row['routed_m']:,} ม.  {row['minutes']:,} นาที"
        self.text(self.page, _TEXT_LEFT, y, way, 12, bold=True)
        known = f"นักเรียน {row['pupils']:,} คน"
        if bounds := bounds_between(row["low_m"], row["high_m"], self.policy.settings.bands):
            known += f"  เส้นแบ่งช่วงอัตรา {', '.join(f'{bound:,}' for bound in bounds)} ม."
        lines = self.wrap(known, _TEXT_WIDE, 10, 1)
        if row["measured_from"] == "home":
            home = f"วัดจากบ้าน ไม่แสดงจุด รหัสอ้างอิง {one_line(row['student_key'])}"
            lines += self.wrap(home, _TEXT_WIDE, 10, 2)
        lines += self.wrap(one_line(row["reason"]), _TEXT_WIDE, 10, _MOST_LINES - len(lines))
        y -= 1
        for line in lines:
            y -= 4.7
            self.text(self.page, _TEXT_LEFT, y, line, 10)
        # Where everybody finds them, whatever is said above.
        y = bottom + _LINE * len(_LINES)
        for words in _LINES:
            y -= _LINE
            unit = " เมตร" if words == _LINES[0] else ""
            written = self.text(self.page, _TEXT_LEFT, y, words, 10)
            right = written.get_window_extent(self.renderer).x1 / self.figure.dpi * 25.4
            end = _TEXT_LEFT + _TEXT_WIDE - (9 if unit else 0)
            self.rule(right + 1.5, y - 1.6, end - right - 1.5, colour=INK)
            self.text(self.page, end, y, unit, 10)

    def foot(self, number: int, pages: int) -> None:
        self.rule(_LEFT, 15.5, _WIDTH)
        self.text(self.page, _LEFT, 11.8, INTERNAL, 9, bold=True, color=RED)
        credit = "" if self.policy.synthetic else f"  {CREDIT}"
        roads = f"ข้อมูลถนน {spell_day(self.network.osm_date)}"
        version = metadata.version("restructure")
        self.text(self.page, _LEFT, 7.3, f"{ROUTED}  {roads}  restructure {version}{credit}", 9, color=FAINT)
        self.text(self.page, _LEFT + _WIDTH, 11.8, f"หน้า {number}/{pages}", 10, bold=True, ha="right")

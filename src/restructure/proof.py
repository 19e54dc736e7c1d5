"""The proof of one school's distances on paper: A4 pages for whoever checks them (internal audit)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

from restructure.bands import price
from restructure.distance import whole_metres
from restructure.mapdata import CREDIT, STATES, band_looks, one_line, road_groups
from restructure.policy import Policy
from restructure.roads import RoadNetwork
from restructure.sheet import FAINT, INK, RED, VILLAGE, Sheet, drawing, text_width
from restructure.snapping import snap
from restructure.words import CERTAINTY, FLAGS, INTERNAL, ROUTED, SYNTHETIC, spell_day, spell_value

#: A4 portrait and the places on it, millimetres.
_PAGE = (210.0, 297.0)
_LEFT, _WIDTH = 12.0, 186.0
#: Height of the map; it shrinks to the lesser where that keeps the sheet on one page.
_MAP_HIGH, _MAP_LEAST = 84.0, 48.0
_FLOOR = 19.0
_ROW, _HEAD = 8.6, 10.0
#: What the signatures take of the last page.
_SIGNS = 31.0
#: The columns: heads, width, and the side that their text stands on.
_COLUMNS = (
    (("ที่",), 7.0, "right"),
    (("หมู่บ้าน", "รหัส"), 36.0, "left"),
    (("คน",), 9.0, "right"),
    (("ระยะทาง", "(ม.)"), 18.0, "right"),
    (("ช่วง", "บาท/วัน"), 14.0, "right"),
    (("หมู่บ้านถึง", "ถนน (ม.)"), 18.0, "right"),
    (("ถนนถึง", "ร.ร. (ม.)"), 15.0, "right"),
    (("ไม่ลาด", "ยาง (%)"), 14.0, "right"),
    (("ข้อสังเกต",), 34.0, "left"),
    (("ตรวจแล้ว",), 21.0, "left"),
)
_RULES = ("bands", "distance_rule", "vehicle")


def write_proof(
    path: Path,
    *,
    policy: Policy,
    network: RoadNetwork,
    host: pd.Series,
    villages: pd.DataFrame,
    routes: gpd.GeoDataFrame,
    roads_name: str,
    roads_sha256: str,
    version: str,
    closed: Sequence[str] = (),
) -> None:
    """Write the proof sheet of one host: rule, road data, map, and a line for each village with room to sign.

    The same content gives the same bytes. Names of those who sign, and days, are left blank.

    Parameters
    ----------
    host
        ``school_id``, ``name``, ``lat``, ``lon`` of the school.
    villages
        ``village_id``, ``lat``, ``lon``.
    routes
        The ways to this host, columns as :func:`restructure.routemap.host_routes` returns them; others and those of
        other hosts are not looked at. A village without a way has its line too. Home points are not among them.
    roads_name, roads_sha256
        File of the roads and its digest.
    version
        Of the package, for the foot of each page.
    closed
        Closed roads that the distances go round.
    """
    rows = _lines(network, policy, host, villages, routes)
    with drawing():
        first = _Proof(policy, network, host, rows, version)
        top = first.opening(roads_name, roads_sha256, closed)
        pages = [(first, top, rows.iloc[: first.room(top)])]
        while (taken := sum(len(part) for *_, part in pages)) < len(rows) or not _fits(*pages[-1][1:]):
            sheet = _Proof(policy, network, host, rows, version)
            top = sheet.head(continued=True)
            pages.append((sheet, top, rows.iloc[taken : taken + sheet.room(top)]))
        with PdfPages(path, metadata={"Title": f"ใบตรวจระยะทาง {host['school_id']}", "CreationDate": None}) as pdf:
            for number, (sheet, top, part) in enumerate(pages, start=1):
                bottom = sheet.table(top, part, last=number == len(pages))
                if number == len(pages):
                    sheet.signatures(bottom)
                sheet.foot(number, len(pages))
                pdf.savefig(sheet.figure)


def _fits(top: float, part: pd.DataFrame) -> bool:
    """Tell whether the sum and the signatures have room below the rows of a page."""
    return top - _HEAD - (len(part) + 1) * _ROW - _SIGNS >= _FLOOR


def _lines(
    network: RoadNetwork, policy: Policy, host: pd.Series, villages: pd.DataFrame, routes: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return a row a village in order of code, with number, point, band, baht and both stretches to the road."""
    rows = pd.DataFrame(routes[routes["host_id"] == host["school_id"]]).sort_values("village_id", ignore_index=True)
    rows = rows.drop(columns=["lat", "lon", "band", "baht"], errors="ignore")
    rows = rows.merge(villages[["village_id", "lat", "lon"]], how="left", on="village_id")
    priced = price(rows["road_m"].astype("Int64"), policy.settings.bands)
    rows = rows.assign(number=range(1, len(rows) + 1), band=priced["band"], baht=priced["baht_per_day"])
    rows["home_gap_m"] = snap(network, rows["lat"].to_numpy(float), rows["lon"].to_numpy(float))["snap_m"]
    rows["school_gap_m"] = snap(network, np.array([host["lat"]], float), np.array([host["lon"]], float))["snap_m"].iloc[
        0
    ]
    return rows


class _Proof(Sheet):
    """One page."""

    def __init__(self, policy: Policy, network: RoadNetwork, host: pd.Series, rows: pd.DataFrame, version: str) -> None:
        super().__init__(_PAGE)
        self.policy, self.network, self.host, self.rows, self.version = policy, network, host, rows, version
        self.bands = band_looks(policy.settings.bands)

    def opening(self, roads_name: str, roads_sha256: str, closed: Sequence[str]) -> float:
        """Draw all of the first page above its table; return where that begins."""
        top = self.rule_and_roads(self.head(), roads_name, roads_sha256, closed) - 2
        # A hair more than it takes: heights are sums of fractions.
        below = 11 + _HEAD + (len(self.rows) + 1) * _ROW + _SIGNS + _FLOOR + 0.01
        high = top - below if _MAP_LEAST <= top - below < _MAP_HIGH else _MAP_HIGH
        self.draw_map(top, top - high)
        return top - high - 11

    def head(self, continued: bool = False) -> float:
        policy, right = self.policy, _LEFT + _WIDTH
        room = _WIDTH - (42 if policy.synthetic else 0)
        more = " (ต่อ)" if continued else ""
        self.text(self.page, _LEFT, 284, f"ใบตรวจระยะทางรายโรงเรียน{more}", 16, bold=True)
        school = f"โรงเรียนหลัก {one_line(self.host['name'])}  รหัส {self.host['school_id']}"
        self.text(self.page, _LEFT, 276.5, self.fit(school, room, 13, bold=True), 13, bold=True)
        office = f"{one_line(policy.office)}  ปีงบประมาณ {policy.fiscal_year}"
        self.text(self.page, _LEFT, 270, self.fit(office, room, 11), 11, color=FAINT)
        if policy.synthetic:
            self.badge(right - 2, 281, SYNTHETIC, 14)
        return 265.5

    def rule_and_roads(self, y: float, roads_name: str, roads_sha256: str, closed: Sequence[str]) -> float:
        """Write the rule that was applied and the road data; return where they end."""
        self.rule(_LEFT, y, _WIDTH)
        y -= 4.2
        for key in _RULES:
            entry = self.policy.entries[key]
            said = spell_value(key, entry, self.policy.settings)
            source = f"(ที่มา: {entry.source or 'ไม่ระบุ'} – {CERTAINTY[entry.certainty]})"
            y = self.item(y, _TERMS[key], f"{said} {source}")
        rounding = "ปัดเป็นเมตรเต็มครั้งเดียว (ครึ่งปัดขึ้น) ก่อนจัดช่วง ขอบบนของช่วงนับรวม ไปตามทิศทางเดินรถจากบ้านไปโรงเรียน เที่ยวเดียว"
        y = self.item(y, "การปัดเศษ", rounding)
        y = self.item(y, "ฐานตัวเลข", ROUTED)
        day = spell_day(self.network.osm_date)
        roads = f"ไฟล์ {one_line(roads_name)}  ข้อมูล OpenStreetMap ณ {day}  SHA-256 {roads_sha256[:12]}"
        y = self.item(y, "ข้อมูลถนน", roads)
        return self.item(y, "ถนนที่ปิด", f"{', '.join(map(one_line, closed))} (นับในระยะทางแล้ว)") if closed else y

    def item(self, y: float, term: str, words: str) -> float:
        self.text(self.page, _LEFT, y, term, 10, bold=True)
        for line in self.wrap(words, _WIDTH - 27, 10, 3):
            self.text(self.page, _LEFT + 27, y, line, 10)
            y -= 4.7
        return y

    # The map: routes in the colours of their bands, numbered as in the table.

    def draw_map(self, top: float, bottom: float) -> None:
        shapes = [shape for shape in self.rows["geometry"] if isinstance(shape, shapely.LineString)]
        places = [np.asarray(shape.coords) for shape in shapes]
        places += [self.rows[["lon", "lat"]].to_numpy(float), np.array([[self.host["lon"], self.host["lat"]]], float)]
        points = np.concatenate(places)
        points = points[np.isfinite(points).all(axis=1)]
        low, high = (
            (points.min(axis=0), points.max(axis=0)) if len(points) else np.reshape(self.network.bounds(), (2, 2))
        )
        self.add_map((_LEFT, bottom, _WIDTH, top - bottom))
        self.map.set_zorder(-1)  # the arrow to the north stands on it
        self.frame((low[0], low[1], high[0], high[1]), margin_mm=9)
        self.ground(list(self.network.waters), road_groups(self.network, self.window()))
        # The farthest lie widest and lowest: where ways share a road, each band still shows.
        for i in reversed(range(len(self.bands))):
            chosen = self.rows.loc[self.rows["band"].eq(i + 1).fillna(False), "geometry"]
            lines = [self.km(np.asarray(shape.coords)) for shape in chosen]
            self.lines(lines, self.bands[i][1], 1.6 + 0.9 * i, 4 - i * 0.1)
        self.mark_places()
        self.map_key(bottom)

    def mark_places(self) -> None:
        known = self.rows.dropna(subset=["lat", "lon"])
        homes = self.km(known[["lon", "lat"]].to_numpy(float))
        self.map.scatter(homes[:, 0], homes[:, 1], s=22, color=VILLAGE, edgecolor="white", linewidths=0.5, zorder=6)
        words = [f"{number} {one_line(name)}" for number, name in zip(known["number"], known["village"], strict=True)]
        inks = [INK] * len(words)
        if np.isfinite([self.host["lat"], self.host["lon"]]).all():
            school = self.km(np.array([[self.host["lon"], self.host["lat"]]], float))
            blue = STATES["host"].colour
            self.map.scatter(
                school[:, 0], school[:, 1], s=70, marker="s", color=blue, edgecolor="white", linewidths=0.8, zorder=7
            )
            homes = np.vstack([school, homes])
            words, inks = [one_line(self.host["name"]), *words], ["#004c78", *inks]
        self.label(homes, words, inks)

    def label(self, points: Any, words: list[str], inks: list[str]) -> None:
        """Write names beside their places; where there is no room for a name its number alone, else nothing."""
        pixels = self.map.transData.transform(points) if len(points) else np.empty((0, 2))
        taken = [Bbox([point - 3.5, point + 3.5]) for point in pixels]
        frame = self.map.get_window_extent(self.renderer).padded(-2)
        to_map = self.map.transData.inverted().transform
        for at, name, ink in zip(pixels, words, inks, strict=True):
            for text in (name, name.split(" ")[0]):
                label = self.text(self.map, 0, 0, text, 9, bold=True, color=ink, va="bottom", zorder=12)
                size = label.get_window_extent(self.renderer)
                spots = [(gap, *side) for gap in (8, 12, 18) for side in ((1, 0), (-1, 0), (0, 1), (0, -1))]
                for gap, east, north in spots:
                    x = at[0] + east * gap - (1 - east) / 2 * size.width
                    y = at[1] + north * gap - (1 - north) / 2 * size.height
                    box = Bbox.from_bounds(x, y, size.width, size.height)
                    inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
                    if inside and not box.count_overlaps(taken):
                        break
                else:
                    label.remove()
                    continue
                taken.append(box)
                label.set_position(tuple(to_map((x, y))))
                label.set_path_effects([withStroke(linewidth=2.2, foreground="white")])
                break

    def map_key(self, bottom: float) -> None:
        """Draw scale, north and the colours of the bands below the map."""
        y = bottom - 5
        self.scale_bar(_LEFT, y - 3, 22)
        x = _LEFT + 36
        for i, (words, colour) in enumerate(self.bands):
            long = 7.5 + text_width(words, 9)
            if x + long > _LEFT + _WIDTH:
                x, y = _LEFT + 36, y - 4.5
            self.page.add_line(Line2D((x, x + 6), (y, y), color=colour, linewidth=1.6 + 0.9 * i))
            self.text(self.page, x + 7.5, y, words, 9)
            x += long + 4
        self.straight_arrow(
            (_LEFT + _WIDTH - 4, bottom + 2),
            (_LEFT + _WIDTH - 4, bottom + 11),
            "-|>,head_length=6,head_width=3",
            INK,
            1.4,
        )
        north = self.text(self.page, _LEFT + _WIDTH - 6.5, bottom + 6, "เหนือ", 9, bold=True, ha="right")
        north.set_path_effects([withStroke(linewidth=2.2, foreground="white")])

    # The table.

    def room(self, top: float) -> int:
        """Return how many rows fit below a height."""
        return max(0, int((top - _HEAD - _FLOOR) / _ROW))

    def table(self, top: float, rows: pd.DataFrame, last: bool) -> float:
        """Draw head and rows, on the last page the sum too; return where the table ends."""
        self.page.add_patch(Rectangle((_LEFT, top - _HEAD), _WIDTH, _HEAD, facecolor="#eeeeee", linewidth=0))
        middle = top - _HEAD / 2
        for (heads, *_), place in zip(_COLUMNS, self.cells(), strict=True):
            for i, words in enumerate(heads):
                y = middle + (len(heads) - 1) * 2.1 - i * 4.2
                self.cell(place, y, words, 9.5, bold=True)
        y = top - _HEAD
        for row in rows.to_dict("records"):
            self.row(y, row)
            y -= _ROW
        if last:
            sums = ["", "รวม", f"{int(self.rows['pupils'].sum()):,}"]
            for place, words in zip(self.cells(), sums, strict=False):
                self.cell(place, y - _ROW / 2, words, 10.5, bold=True)
            self.text(self.page, _LEFT + 58, y - _ROW / 2, _sum(self.rows), 10.5, bold=True)
            y -= _ROW
        for edge in (top, top - _HEAD, *(top - _HEAD - _ROW * (i + 1) for i in range(len(rows) + last))):
            self.rule(_LEFT, edge, _WIDTH)
        x = _LEFT + _WIDTH - _COLUMNS[-1][1]
        for edge in (_LEFT, x, _LEFT + _WIDTH):
            self.page.add_line(Line2D((edge, edge), (top, y), color="#999999", linewidth=0.6))
        return y

    def cells(self) -> list[tuple[float, float, str]]:
        """Return left, width and side of each column."""
        ends = np.cumsum([width for _, width, _ in _COLUMNS])
        return [(_LEFT + end - width, width, side) for end, (_, width, side) in zip(ends, _COLUMNS, strict=True)]

    def cell(self, place: tuple[float, float, str], y: float, words: str, size: float, **more: Any) -> None:
        left, width, side = place
        x = left + width - 1.2 if side == "right" else left + 1.2
        self.text(self.page, x, y, words, size, ha=side, **more)

    def row(self, top: float, row: dict[Any, Any]) -> None:
        known = not pd.isna(row["road_m"])
        paved = isinstance(row["geometry"], shapely.LineString) and row["road_m"]
        gaps = [
            "–" if pd.isna(row[key]) else f"{int(whole_metres(row[key])):,}" for key in ("home_gap_m", "school_gap_m")
        ]
        cells: list[list[str]] = [
            [str(row["number"])],
            [one_line(row["village"]) or "ไม่ระบุหมู่บ้าน", str(row["village_id"])],
            [f"{row['pupils']:,}"],
            [f"{row['road_m']:,}" if known else _missing(row)],
            [str(row["band"]), f"{row['baht']} บาท"] if known else ["–"],
            [gaps[0]],
            [gaps[1]],
            [f"{100 * row['unpaved_m'] / row['road_m']:.0f}" if paved else "–"],
        ]
        middle = top - _ROW / 2
        for place, words in zip(self.cells(), cells, strict=False):
            for i, line in enumerate(words):
                y = middle + (len(words) - 1) * 1.9 - i * 3.8
                ink = RED if not known and line == _missing(row) else FAINT if i else INK
                size = 9.0 if i or ink == RED else 10.5
                self.cell(place, y, self.fit(line, place[1] - 1.5, size), size, color=ink)
        place = self.cells()[8]
        notes = self.wrap(_remarks(row), place[1] - 2, 9, 2)
        for i, line in enumerate(notes):
            self.cell(place, middle + (len(notes) - 1) * 1.9 - i * 3.8, line, 9)

    # Below the table.

    def signatures(self, y: float) -> None:
        """Draw lines that people sign on; nobody is named and no day is set."""
        dots = "." * 44
        for x, who in ((_LEFT, "ผู้จัดทำ"), (_LEFT + _WIDTH / 2 + 2, "ผู้ตรวจสอบ (ตสน.)")):
            for i, line in enumerate(
                (f"ลงชื่อ {dots}", f"( {dots} )", f"ตำแหน่ง {dots}", "วันที่ ........ / ........ / ............")
            ):
                self.text(self.page, x + 2, y - 11 - i * 6, line, 10)
            self.text(self.page, x + 2, y - 5, who, 10, bold=True)

    def foot(self, number: int, pages: int) -> None:
        self.rule(_LEFT, 15.5, _WIDTH)
        self.text(self.page, _LEFT, 11.8, INTERNAL, 9, bold=True, color=RED)
        credit = "" if self.policy.synthetic else f"  {CREDIT}"
        self.text(self.page, _LEFT, 7.3, f"{ROUTED}  restructure {self.version}{credit}", 9, color=FAINT)
        right = _LEFT + _WIDTH
        words = f"{self.host['school_id']}  หน้า {number}/{pages}"
        self.text(self.page, right, 11.8, words, 10, bold=True, ha="right")


_TERMS = {"bands": "อัตราต่อวัน", "distance_rule": "วิธีวัดระยะทาง", "vehicle": "พาหนะ"}


def _sum(rows: pd.DataFrame) -> str:
    """Return the baht a day of all villages in words, with what is not in it."""
    at_home = rows.get("home_pupils", pd.Series(0, rows.index))
    left_out = ["ที่ไม่มีระยะทาง"] if (rows["baht"].isna() & (rows["pupils"] > at_home)).any() else []
    left_out += ["ที่วัดจากจุดบ้าน"] if at_home.any() else []
    note = f" (ไม่รวม{'และ'.join(left_out)})" if left_out else ""
    return f"{int(((rows['pupils'] - at_home) * rows['baht']).sum()):,} บาทต่อวัน{note}"


def _missing(row: dict[Any, Any]) -> str:
    """Say why there is no distance."""
    return "ไม่ทราบจุด" if pd.isna(row["lat"]) or "no-village-point" in str(row.get("flags", "")) else "ไม่มีทางรถ"


def _remarks(row: dict[Any, Any]) -> str:
    """Return what is to be noted about a village's way, in words."""
    said = {"", "unreachable", "no-village-point"}  # in the column of the distance
    words = [FLAGS.get(flag, flag) for flag in str(row.get("flags", "")).split(";") if flag not in said]
    if row.get("home_pupils"):
        words.append(f"{row['home_pupils']:,} คน วัดจากจุดบ้าน ไม่แสดงรายคน")
    return ", ".join([*words, *filter(None, [row.get("note")])])

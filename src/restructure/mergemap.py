"""One merge on a map: both schools, every village, its way along roads, its distance, minutes and band."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from restructure._errors import UsageError
from restructure.bands import price
from restructure.grades import thai_grades
from restructure.labels import Name, boxes_along, boxes_around, place_names
from restructure.mapdata import SPECIAL, STATES, MapData, one_line
from restructure.plan import Plan
from restructure.plansheet import HOST_INK, LAYOUTS, MOVE_INK, OTHER, Layout, PlanSheet, road_source, save
from restructure.roads import Floats
from restructure.sheet import FAINT, INK, RED, VILLAGE, cut, drawing, school_area, text_width, village_area
from restructure.words import KINDS, PROGRAMMES, SYNTHETIC

#: The table of villages: head, the part of the width where a column stands, and the side of its text.
_COLUMNS = [
    ("ที่", 0.05, "right"),
    ("หมู่บ้าน", 0.07, "left"),
    ("คน", 0.49, "right"),
    ("เดิม กม.", 0.635, "right"),
    ("ใหม่ กม.", 0.785, "right"),
    ("นาที", 0.875, "right"),
    ("บาท/วัน", 1.0, "right"),
]
#: The picture for a sheet to parents, which stands 16 cm wide between its margins.
_PICTURE = Layout((160.0, 112.0), (0.5, 15.5, 159.0, 96.0), (2.0, 0.5, 156.0, 14.0), 9.0, 4.6)
_PICTURE_DPI = 300


def write_merge_map(plan: Plan, school_id: str, host_id: str, pdf: Path, png: Path, paper: str = "A4") -> None:
    """Write the map of one merge, as vectors and as an image of 300 dots an inch.

    Parameters
    ----------
    paper
        ``A4`` or ``A3``, landscape.

    Raises
    ------
    UsageError
        When the plan has no such merge.
    """
    with drawing():
        save(merge_page(MapData(plan), school_id, host_id, paper), _title(plan, school_id, host_id), pdf, png)


def merge_picture(plan: Plan, school_id: str, host_id: str) -> io.BytesIO:
    """Return the map of one merge as a PNG of 160 × 112 mm for a sheet to parents: it tells no number of pupils.

    Raises
    ------
    UsageError
        When the plan has no such merge.
    """
    stream = io.BytesIO()
    with drawing():
        figure = _Merge(MapData(plan), school_id, host_id, _PICTURE).picture()
        figure.savefig(stream, format="png", dpi=_PICTURE_DPI, metadata={"Software": None})
    stream.seek(0)
    return stream


def merge_page(data: MapData, school_id: str, host_id: str, paper: str, page: str = "") -> Figure:
    """Draw the map of one merge.

    Parameters
    ----------
    page
        What to write as the page's number.
    """
    # Fewer rows than on the other pages: they may be larger.
    layout = LAYOUTS[paper]._replace(text=LAYOUTS[paper].text + 1, row=LAYOUTS[paper].row + 0.5)
    return _Merge(data, school_id, host_id, layout).draw(paper, page)


def merge_villages(data: MapData, school_id: str, host_id: str) -> pd.DataFrame:
    """Return where the pupils of one merge live and how far it is to both schools.

    Returns
    -------
    DataFrame
        A row a village, the nearest to the host first, those without a way last: ``village_id``, ``village``, ``lat``,
        ``lon``, ``pupils``, of these ``home_pupils`` who are measured from a home point of their own; then from the
        village ``before_m`` to the merging school, ``road_m``, ``minutes`` and ``band`` and ``baht_per_day`` to the
        host. ``geometry`` is the way, missing where there is none or where all pupils are measured from home.
    """
    plan = data.plan
    rows = plan.outcome.subsidy
    rows = rows[(rows["school_id"] == school_id) & (rows["host_id"] == host_id)]
    columns = {"road_m": "village_m", "minutes": "minutes"}
    known = plan.distances[plan.distances["school_id"] == host_id].set_index("village_id")[list(columns)]
    before = plan.distances[plan.distances["school_id"] == school_id].set_index("village_id")["road_m"]
    rows = rows.join(known.rename(columns=columns), on="village_id")
    same = (rows["road_m"] == rows["village_m"]) | (rows["road_m"].isna() & rows["village_m"].isna())
    at_home = ~same.fillna(False).astype(bool) | (rows["village_id"].eq("") & rows["road_m"].notna())
    rows = rows.assign(home_pupils=rows["pupils"].where(at_home, 0))
    table = rows.groupby("village_id", as_index=False)[["pupils", "home_pupils"]].sum()
    table = table.join(known.rename(columns={"village_m": "road_m"}), on="village_id").join(
        before.rename("before_m"), on="village_id"
    )
    table = table.astype({"road_m": "Int64", "minutes": "Int64", "before_m": "Int64"})
    table = table.join(price(table["road_m"], plan.policy.settings.bands))
    places = plan.tables["villages"].set_index("village_id")[["name", "lat", "lon"]]
    table = table.join(places.rename(columns={"name": "village"}), on="village_id").fillna({"village": ""})
    ways = plan.ways[(plan.ways["school_id"] == school_id) & (plan.ways["host_id"] == host_id)]
    table = table.join(ways.set_index("village_id")["geometry"], on="village_id")
    return table.sort_values(["road_m", "village_id"], na_position="last", ignore_index=True)


class _Merge(PlanSheet):
    """The page."""

    def __init__(self, data: MapData, school_id: str, host_id: str, layout: Layout) -> None:
        moves = data.plan.moves
        self.moves = moves[(moves["school_id"] == school_id) & (moves["host_id"] == host_id)]
        if self.moves.empty:
            raise UsageError(
                f"แผนนี้ไม่มีการรวมโรงเรียน {one_line(school_id)} กับโรงเรียนหลัก {one_line(host_id)}: ดูรายการในตารางการย้าย",
                f"The plan has no merge of {one_line(school_id)} into {one_line(host_id)}.",
            )
        super().__init__(data, layout)
        self.school, self.host = school_id, host_id
        self.rows = merge_villages(data, school_id, host_id)
        self.rows.index += 1
        both = data.schools.set_index("school_id", drop=False)
        self.both = both.loc[[school_id, host_id]].assign(
            state_after=[self._state(both.at[school_id, "state_after"]), "host"]
        )
        self.reserved = np.empty((0, 4))
        self.unplaced: list[str] = []

    def band_width(self, i: int) -> float:
        """Return the points that ways of a band are wide: more than on a map of many."""
        return 2.2 + 2.0 * i

    @staticmethod
    def _state(state: str) -> str:
        """Return how the merging school is drawn: a host of others is still the one that is left here."""
        return state if state in ("moves", "moves-part") else "moves-part"

    def draw(self, paper: str, page: str) -> Figure:
        self._map(counts=True)
        self.head_and_foot(_title(self.plan, self.school, self.host), page)
        self._side(paper)
        return self.figure

    def picture(self) -> Figure:
        """Draw the map alone with a short key, and no number of pupils."""
        # No name may stand where the arrow to the north does, and the mark of what is not real.
        corner = np.add(self.layout.map[:2], self.layout.map[2:])
        kept = (45 if self.plan.policy.synthetic else 20, 15)
        self.reserved = self.page.transData.transform([corner - kept, corner]).reshape(1, 4)
        self._map(counts=False)
        left, bottom, width, height = self.layout.side
        self.scale_bar(left + 2, bottom + 5.5, 30)
        begin, size = left + 38, self.layout.text
        x, y = begin, bottom + height - 2.5
        school, host = (STATES[state] for state in self.both["state_after"])
        village = OTHER._replace(colour=VILLAGE)
        for look, words in ((school, "โรงเรียนเดิม"), (host, "โรงเรียนหลัก"), (village, "หมู่บ้าน")):
            self.key_of_symbols(x, y, [(look, words)])
            x += 12 + text_width(words, size)
        self.key_of_lines(x, y, [(INK, 1.5, "arrow", "ทิศการย้าย")])
        x, y = begin, y - self.layout.row
        used = set(self.rows["band"].dropna())
        for i, (words, colour) in enumerate(self.bands):
            if i + 1 in used:
                words = words.partition(" (")[0]
                self.key_of_lines(x, y, [(colour, self.band_width(i), "solid", words)])
                x += 14 + text_width(words, size)
        source = self.fit(f"ระยะทางยังไม่รับรอง  {road_source(self.data)}", width - 38, 7.5)
        self.text(self.page, begin, bottom + 1.6, source, 7.5, color=FAINT)
        self.north(corner[0] - 4, corner[1] - 13)
        if self.plan.policy.synthetic:
            self.badge(corner[0] - 20, corner[1] - 6, SYNTHETIC, 10)
        return self.figure

    def _map(self, *, counts: bool) -> None:
        drawn = self.rows.dropna(subset=["geometry"])
        places = [self.both[["lon", "lat"]].to_numpy(), self.rows[["lon", "lat"]].to_numpy()]
        places.append(shapely.get_coordinates(drawn["geometry"].to_numpy()))
        self.map.set_zorder(-1)  # the arrow to the north stands on it
        self.show(np.vstack(places).astype(float), margin_mm=12)
        self.ways(drawn)
        homes = self.rows.dropna(subset=["lat", "lon"])
        points = self.km(homes[["lon", "lat"]].to_numpy()) if len(homes) else np.empty((0, 2))
        areas = village_area(homes["pupils"].to_numpy()) + 18 if counts else np.full(len(homes), 30.0)
        style: dict[str, Any] = {"color": VILLAGE, "edgecolor": "white", "linewidths": 0.6, "zorder": 5}
        self.map.scatter(points[:, 0], points[:, 1], s=areas, **style)
        self.move_arrow(self.school, self.host, planned=True)
        others = self.others(self.both)
        sizes = {} if counts else {"roll": 0}
        self.schools(self.both.assign(**sizes))
        self._names(homes, points, areas, others)

    def _names(self, homes: pd.DataFrame, points: Floats, areas: Floats, others: pd.DataFrame) -> None:
        to_pixels = self.map.transData.transform
        names, around = [], []
        for code, ink in ((self.school, MOVE_INK), (self.host, HOST_INK)):
            if code in self.points:
                dot = self.dot(float(school_area(self.both.at[code, "roll"])))
                at = to_pixels(self.points[code])
                around.append(boxes_around(at, dot))
                names.append(Name(at, dot, (cut(one_line(self.both.at[code, "name"]), 34),), ink, self.layout.text + 2))
        for number, row, point, area in zip(homes.index, homes.to_dict("records"), points, areas, strict=True):
            at, dot = to_pixels(point), self.dot(area)
            around.append(boxes_around(at, dot))
            short = f"{number} {cut(one_line(row['village']), 24)}"
            texts = (f"{short}\n{_way(row)}", f"{short} {_way(row)}", short, str(number))
            names.append(Name(at, dot, texts, INK, self.layout.text))
        # What is near but not of this merge: named where there is room, and nobody misses it.
        near = []
        for school in others.to_dict("records"):
            at, dot = to_pixels(self.points[school["school_id"]]), self.dot(float(school_area(0)))
            around.append(boxes_around(at, dot))
            near.append(Name(at, dot, (cut(one_line(school["name"]), 24),), FAINT, 7.5, bold=False))
        shapes = [self.km(np.asarray(shape.coords)) for shape in self.rows["geometry"].dropna()]
        lines = [self.boxes_along_arrow(self.school, self.host), *(boxes_along(to_pixels(line)) for line in shapes)]
        _, left_out = place_names(self, [*names, *near], np.vstack([self.reserved, *around]), np.vstack(lines))
        own = {name.texts for name in names}
        self.unplaced = [name.texts[0].split("\n")[0] for name in left_out if name.texts in own]

    # The side: what the merge is, its villages, and the key.

    def _side(self, paper: str) -> None:
        left, bottom, width, height = self.layout.side
        top = self.lines_of(left, bottom + height, self._facts(), width)
        top = self._terms(left, top - 1)
        floor = self._key(left, bottom, paper)
        if self.rows.empty:
            self.text(self.page, left, top - 6, "ไม่มีนักเรียนที่ย้ายในการรวมนี้", self.layout.text + 2, bold=True)
        else:
            self._table(left, top - 2, floor + 2)

    def _facts(self) -> list[tuple[str, str]]:
        rows, moves = self.rows, self.moves
        settings = self.plan.policy.settings
        facts = [(f"นักเรียนย้าย {moves['pupils'].sum():,} คน  จาก {rows['village_id'].ne('').sum()} หมู่บ้าน", INK)]
        if not pd.isna(farthest := moves["max_m"].max()):
            facts.append((f"ไกลที่สุด {farthest / 1000:.2f} กม.", INK))
            long = int(rows.loc[rows["minutes"].gt(settings.long_minutes).fillna(False), "pupils"].sum())
            facts[-1] = (f"{facts[-1][0]}  เกิน {settings.long_minutes} นาที {long:,} คน", INK)
        baht = int(moves["baht"].sum())
        facts.append((f"ค่าพาหนะประมาณ {baht:,} บาทต่อปี ({self.plan.outcome.summary['days']} วัน)", INK))
        if lost := int(moves["unreachable"].sum()):
            facts.append((f"ยังวัดระยะทางไม่ได้ {lost:,} คน (ยังไม่รวมค่าพาหนะ)", RED))
        return facts

    def _terms(self, left: float, y: float) -> float:
        """Write codes of both schools and what the merge is; return where that ends."""
        school, host = (self.both.loc[code] for code in (self.school, self.host))
        lines = [
            f"มารวม {one_line(school['name'])} ({self.school}) อ.{one_line(school['amphoe'])}",
            f"หลัก {one_line(host['name'])} ({self.host}) อ.{one_line(host['amphoe'])}",
        ]
        for move in self.moves.to_dict("records"):
            kind, programme = KINDS[move["kind"]], PROGRAMMES[move["programme"]]
            lines.append(f"{kind} {thai_grades(move['grades'])} ตั้งแต่ภาคเรียน {move['from_term']} ({programme})")
        for line in lines:
            y -= self.layout.row
            self.text(self.page, left, y, self.fit(line, self.layout.side[2], self.layout.text), self.layout.text)
        return y - self.layout.row / 2

    def _table(self, left: float, top: float, floor: float) -> None:
        rows, row, width = self.rows, self.layout.row, self.layout.side[2]
        home = int(rows["home_pupils"].sum())
        room = int((top - floor) / row) - 2 - bool(home) - bool(self.unplaced)
        shown = rows if len(rows) <= room else rows.head(max(room - 1, 0))
        y = top - row / 2
        self.cells(y, _COLUMNS, [head for head, *_ in _COLUMNS], bold=True)
        self.rule(left, y - row / 2, width)
        for number, one in zip(shown.index, shown.to_dict("records"), strict=True):
            y -= row
            star = "*" if one["home_pupils"] else ""
            name = self.fit(one_line(one["village"]) or "ไม่ระบุหมู่บ้าน", width * 0.35, self.layout.text)
            figures = [_km(one["before_m"]), _km(one["road_m"])]
            figures += ["–" if pd.isna(one[key]) else f"{one[key]:,}" for key in ("minutes", "baht_per_day")]
            self.cells(y, _COLUMNS, [str(number), name, f"{one['pupils']:,}{star}", *figures])
            if not pd.isna(one["band"]):
                x = left + width * 0.89
                colour = self.bands[one["band"] - 1][1]
                self.page.add_line(Line2D((x, x + 4), (y, y), color=colour, linewidth=3))
        self.rule(left, y - row / 2, width)
        notes = [(f"และอีก {len(rows) - len(shown)} หมู่บ้าน ดูภาคผนวก annexes.xlsx", INK)] if len(shown) < len(rows) else []
        notes += [(f"* มี {home:,} คนที่วัดจากจุดบ้านของตนเอง แผนที่นี้แสดงทางจากจุดหมู่บ้าน", FAINT)] if home else []
        if self.unplaced:
            notes.append((f"ชื่อที่ไม่มีที่วางบนแผนที่ {len(self.unplaced)} แห่ง: {' · '.join(self.unplaced)}", FAINT))
        for words, ink in notes:
            y -= row
            self.text(self.page, left, y, self.fit(words, width, self.layout.text), self.layout.text, color=ink)

    def _key(self, left: float, bottom: float, paper: str) -> float:
        """Draw the key upwards from the foot and return its top."""
        width, row = self.layout.side[2], self.layout.row
        school, host = (STATES[state] for state in self.both["state_after"])
        looks = [(school, "โรงเรียนมารวม"), (host, "โรงเรียนหลัก")]
        looks += [(SPECIAL, SPECIAL.label)] if self.both["special"].any() else []
        looks.append((OTHER, OTHER.label))
        lines: list[tuple[str, float, Any, str]] = [
            (colour, self.band_width(i), "solid", words) for i, (words, colour) in enumerate(self.bands)
        ]
        lines += [(INK, 1.5, "arrow", "ทิศการย้าย ไม่ใช่เส้นทาง"), *self.ground_key()]
        top = bottom + 14 + (max(len(looks) + 2, len(lines)) + 1) * row + 2
        self.scale_and_north(left, bottom, paper)
        self.rule(left, top, width)
        middle = left + 0.43 * width
        for x, text in ((left, "สัญลักษณ์"), (middle, "เส้นทางรถที่สั้นที่สุด และถนน")):
            self.text(self.page, x, top - row * 0.7, text, self.layout.text + 1, bold=True)
        y = top - row * 1.8
        below = self.key_of_symbols(left, y, looks)
        self.page.scatter([left + 3], [below], s=30, color=VILLAGE, linewidths=0)
        self.text(self.page, left + 8, below, "หมู่บ้าน (ตามจำนวนคน)", self.layout.text)
        self.key_of_lines(middle, y, lines)
        return top


def _title(plan: Plan, school_id: str, host_id: str) -> str:
    names = plan.tables["schools"].set_index("school_id")["name"]
    return f"{one_line(names[school_id])} → {one_line(names[host_id])}"


def _km(metres: Any) -> str:
    return "–" if pd.isna(metres) else f"{metres / 1000:.2f}"


def _way(row: dict[Any, Any]) -> str:
    return "ยังวัดระยะทางไม่ได้" if pd.isna(row["road_m"]) else f"{_km(row['road_m'])} กม. {row['minutes']:,} นาที"

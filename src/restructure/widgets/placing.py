"""Placing villages one by one: which is next, what is known of it, where it is put; every step is kept at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from restructure._errors import UsageError
from restructure.corrections import (
    UNDONE,
    Correction,
    add_corrections,
    plain_text,
    read_corrections,
    set_status,
)
from restructure.cycle import Cycle
from restructure.distance import whole_metres
from restructure.intake.coordinates import READINGS, parse_point, read_points
from restructure.mapdata import one_line
from restructure.places import read_places
from restructure.placing import ROUGH, Land, candidates, moo_of
from restructure.policy import Policy, Settings
from restructure.roads import GEOD, Floats, RoadNetwork
from restructure.rolls import snapshot
from restructure.snapping import crosses_water, snap
from restructure.webpage import ground_data, point, steps
from restructure.widgets._base import Widget, action
from restructure.words import spell_road

#: The rule that corrections made here bear.
PLACING = "placing"
SOURCES = {
    "survey": "วัดในพื้นที่",
    "osm": "แผนที่ OSM",
    "digitised": "วางบนแผนที่",
    ROUGH: "กลางตำบล (หยาบ)",
}
_COLUMNS = ["lat", "lon", "point_source", "home_spread_m"]
#: How a correction names several columns, and parts their texts.
_CELLS, _BESIDE = "+".join(_COLUMNS), " | "
_Cells = tuple[str, str, str, str]
#: Beyond the roads by more than this (degrees, some 20 km) a point is a slip of the pen.
_MARGIN_DEG = 0.2
#: Two villages this close may be one point given twice.
_TWICE_M = 50
#: Where nothing has drawn a tambon, so far beyond its known places is worth a warning.
_WELL_OUTSIDE_M = 2_000
_WIDEST_M = 20_000


class Draft(NamedTuple):
    """A point that is chosen and not kept yet; ``number`` of the candidate, 0 where it is none."""

    lat: float
    lon: float
    source: str
    why: str
    number: int = 0


class Placing:
    """The villages of an office that have no point, or a rough one, on their way to one.

    All that is decided lies in the office's corrections: an object made anew goes on where the last one stopped.

    Parameters
    ----------
    folder
        The cycle folder, which holds the corrections.
    villages
        The table ``villages``, typed.
    texts
        The same as texts, corrected or not.
    pupils
        How many pupils of each village the plans are about; those with most come first.
    places, schools, polling, tambons
        As :func:`restructure.placing.candidates` takes them.
    """

    def __init__(
        self,
        folder: Path,
        villages: pd.DataFrame,
        texts: pd.DataFrame,
        network: RoadNetwork,
        settings: Settings,
        *,
        pupils: dict[str, int],
        places: pd.DataFrame | None = None,
        schools: pd.DataFrame | None = None,
        polling: pd.DataFrame | None = None,
        tambons: gpd.GeoDataFrame | None = None,
    ) -> None:
        self.folder = folder
        self.network, self.settings = network, settings
        self.villages = villages.reset_index(drop=True)
        self.pupils = pupils
        self._touched: set[str] = set()
        self._before = _before_placing(texts, self._applied())
        self.schools = schools
        self._aids: dict[str, Any] = {"places": places, "schools": schools, "polling": polling, "tambons": tambons}
        self._typed = self.villages.set_index("village_id")
        self._skipped: list[str] = []
        self._been: list[str] = []
        self._refresh()
        without = [code for code in self._typed.index if code in self.placed or not self._is_fixed(code)]
        blank = {code: not lat for code, (lat, *_) in self._before.items()}
        # All villages to place, and those that were placed here: most pupils first, then those without any point.
        self.order = sorted(without, key=lambda code: (-pupils.get(code, 0), not blank.get(code), code))
        self.current = ""
        self.found = pd.DataFrame()
        self.draft: Draft | None = None
        self.spread_m: int | None = None
        # Looked for anew when many change at once: it takes a second.
        self._sure = self.sure_matches()
        self._step()

    # -- what is shown ----
    def view(self) -> dict[str, Any]:
        """Return all that the page shows."""
        return {
            "done": len(self.placed.keys() & set(self.order)),
            "total": len(self.order),
            "current": self._current_view() if self.current else None,
            "canUndo": bool(self.placed),
            "canGoBack": bool(self._been),
            "sources": SOURCES,
            "sure": [
                {
                    "id": row.village_id,
                    "name": self._name(row.village_id),
                    "tambon": self._tambon(row.village_id),
                    "why": one_line(row.why),
                    "at": [row.lat, row.lon],
                }
                for row in self._sure.itertuples()
                if row.village_id not in self.placed
            ],
            "villages": [
                {
                    "id": code,
                    "name": self._name(code),
                    "tambon": self._tambon(code),
                    "pupils": self.pupils.get(code, 0),
                    "state": self._state(code),
                    "at": point(*self._at(code)),
                }
                for code in self.order
            ],
        }

    def _current_view(self) -> dict[str, Any]:
        code = self.current
        outline = self.land.outlines.get(self.land.label_of[code])
        rings = [] if outline is None else [self._ring(part) for part in shapely.get_parts(outline)]
        return {
            "id": code,
            "name": self._name(code),
            "moo": moo_of(self._typed.loc[code].to_dict() | {"village_id": code}),
            "tambon": self._tambon(code),
            "pupils": self.pupils.get(code, 0),
            "state": self._state(code),
            "at": point(*self._at(code)),
            "source": SOURCES.get(self.now.at[code, "point_source"], "ไม่ทราบที่มา"),
            "outline": rings,
            "candidates": [
                {"at": [row.lat, row.lon], "source": row.source, "why": one_line(row.why), "sure": bool(row.sure)}
                for row in self.found.itertuples()
            ],
            "draft": self._draft_view(self.draft) if self.draft else None,
        }

    def _ring(self, part: Any) -> list[int]:
        corners: Floats = shapely.get_coordinates(part.exterior)
        lon, lat = self.land.plane.transform(corners[:, 0], corners[:, 1], direction="INVERSE")
        return steps(np.column_stack([lon, lat]))

    def _draft_view(self, draft: Draft) -> dict[str, Any]:
        lat, lon = np.array([draft.lat]), np.array([draft.lon])
        feet = snap(self.network, lat, lon)
        piece, snap_m = int(feet["piece"][0]), int(whole_metres(feet["snap_m"])[0])
        road = spell_road(
            self.network.names[self.network.name[piece]], self.network.classes[self.network.road_class[piece]]
        )
        spread = self.spread_m if self.spread_m is not None else self.settings.home_spread_m[draft.source]
        return {
            "at": [draft.lat, draft.lon],
            "number": draft.number,
            "source": draft.source,
            "why": one_line(draft.why),
            "foot": point(feet["foot_lat"][0], feet["foot_lon"][0]),
            "snap": snap_m,
            "road": one_line(road),
            "spread": spread,
            "ownSpread": self.spread_m is not None,
            "warnings": self._warnings(draft, feet, snap_m),
        }

    def _warnings(self, draft: Draft, feet: pd.DataFrame, snap_m: int) -> list[str]:
        found = []
        label = self.land.label_of[self.current]
        here = self.land.xy(pd.DataFrame({"lat": [draft.lat], "lon": [draft.lon]}))
        outside_m = float(self.land.outside_m(label, here)[0])
        if outside_m > (0 if label in self.land.outlines else _WELL_OUTSIDE_M):
            found.append(f"อยู่นอกตำบล{self._tambon(self.current)} ราว {outside_m / 1000:.1f} กม.: ตรวจว่าเป็นหมู่บ้านนี้จริง")
        if snap_m > self.settings.snap_limit_m:
            found.append(f"ห่างถนนที่ใกล้ที่สุด {snap_m:,} ม. เกิน {self.settings.snap_limit_m:,} ม.: เลื่อนจุดไปที่กลุ่มบ้าน")
        if crosses_water(self.network, np.array([draft.lat]), np.array([draft.lon]), feet)[0]:
            found.append("มีแม่น้ำหรือคลองคั่นระหว่างจุดกับถนน: ตรวจว่าอยู่ฝั่งที่ถูก")
        if others := self._others_at(draft):
            found.append(f"จุดเดียวกับ {', '.join(others)}: ตรวจว่าไม่ได้วางซ้ำ")
        if draft.source == ROUGH:
            found.append("จุดนี้หยาบ บอกได้เพียงบริเวณ: ถ้ารู้ตำแหน่งจริงให้คลิกบนแผนที่")
        return found

    def _others_at(self, draft: Draft) -> list[str]:
        known = self.now[self.now["lat"].notna() & (self.now.index != self.current)]
        if known.empty or draft.source == ROUGH:
            return []
        size = len(known)
        ends = known["lon"].to_numpy(), known["lat"].to_numpy()
        away_m = np.asarray(GEOD.inv(*ends, np.full(size, draft.lon), np.full(size, draft.lat))[2])
        return [f"{self._name(code)} ({code})" for code in known.index[away_m < _TWICE_M]]

    # -- what is asked for ----
    @action
    def choose(self, number: int) -> None:
        """Choose a candidate by its number, from 1."""
        self._need_current()
        if not 1 <= number <= len(self.found):
            raise UsageError(f"ไม่มีตำแหน่งที่ {number}", f"There is no candidate {number}.")
        row = self.found.iloc[number - 1]
        self.draft = Draft(float(row["lat"]), float(row["lon"]), row["source"], row["why"], number)

    @action
    def click(self, lat: float, lon: float) -> None:
        """Choose a place of the map, by a click or by dragging the point there."""
        self._put(lat, lon, "คลิกบนแผนที่")

    @action
    def type_point(self, text: str) -> None:
        """Choose the place of coordinates that somebody has written down."""
        lat, lon, reading = _read_point(text, self.network.bounds())
        self._put(lat, lon, f"พิมพ์พิกัด ({reading})")

    @action
    def set_source(self, source: str) -> None:
        """Say where the chosen point comes from, such as a visit to the village."""
        if source not in SOURCES:
            raise UsageError("ไม่รู้จักที่มาของพิกัดนี้", "There is no such source of a point.")
        if self.draft:
            self.draft = self.draft._replace(source=source)

    @action
    def set_spread(self, metres: int | None) -> None:
        """Say within how many metres of the point the homes lie; None for what the policy says of the source."""
        if metres is not None and not 0 <= metres <= _WIDEST_M:
            raise UsageError(
                f"รัศมีบ้านต้องอยู่ระหว่าง 0 ถึง {_WIDEST_M:,} เมตร", f"The spread must be 0 to {_WIDEST_M} metres."
            )
        self.spread_m = None if metres is None else int(metres)

    @action
    def accept(self) -> None:
        """Keep the chosen point, and go on to the next village."""
        self._need_current()
        if not self.draft:
            raise UsageError(
                "ยังไม่ได้เลือกจุด: เลือกตำแหน่งที่เสนอ คลิกบนแผนที่ หรือพิมพ์พิกัดก่อน",
                "Choose a candidate or a place of the map first.",
            )
        self._keep({self.current: (self.draft, self.spread_m)})
        self._been.append(self.current)
        self._skipped = [code for code in self._skipped if code != self.current]
        self._step()

    @action
    def skip(self) -> None:
        """Leave the village for later: it comes again when all others are done."""
        self._need_current()
        self._been.append(self.current)
        if self.current not in self.placed:
            self._skipped = [code for code in self._skipped if code != self.current] + [self.current]
        self._step()

    @action
    def back(self) -> None:
        """Go back to the village before."""
        if self._been:
            self._open(self._been.pop())

    @action
    def go(self, village: str) -> None:
        """Go to a village of the list."""
        if village not in self.order:
            raise UsageError("ไม่มีหมู่บ้านนี้ในรายการ", "There is no such village in the list.")
        if self.current:
            self._been.append(self.current)
        self._open(village)

    @action
    def undo(self) -> None:
        """Take back what was kept last, of this sitting or an earlier one, and show the first of its villages."""
        if last := self._applied()[-1:]:
            taken = set_status(self.folder, last[0].made, PLACING, UNDONE)
            self._refresh()
            self._sure = self.sure_matches()
            codes = {c.where["village_id"] for c in taken}
            self._open(next((code for code in self.order if code in codes), self.current))

    @action
    def accept_sure(self, villages: list[str]) -> None:
        """Keep the points of several villages whose name stands once in their tambon, as one step."""
        sure = self.sure_matches().set_index("village_id")
        if missing := [code for code in villages if code not in sure.index]:
            names = ", ".join(map(self._name, missing))
            raise UsageError(
                f"{names} ไม่อยู่ในรายการชื่อตรงกันเพียงแห่งเดียวแล้ว: เลือกทีละหมู่บ้าน",
                "Some are no longer single matches of their name.",
            )
        chosen = {code: sure.loc[code] for code in villages}
        drafts = {
            code: (Draft(row["lat"], row["lon"], row["source"], row["why"]), None) for code, row in chosen.items()
        }
        if drafts:
            self._keep(drafts)
            self._sure = self.sure_matches()
            self._step()

    def sure_matches(self) -> pd.DataFrame:
        """Return the first candidate of each village, not placed yet, whose name stands exactly once in its tambon.

        Only those that nothing warns of: within the policy's limit of a road, on its bank.
        """
        left = self.villages["village_id"].isin([code for code in self.order if code not in self.placed])
        found = self._find(self.villages[left])
        found = found[found["sure"]]
        lat, lon = found["lat"].to_numpy(), found["lon"].to_numpy()
        feet = snap(self.network, lat, lon)
        close = (feet["snap_m"] <= self.settings.snap_limit_m) & ~crosses_water(self.network, lat, lon, feet)
        place = {code: i for i, code in enumerate(self.order)}
        return found[close.to_numpy()].sort_values("village_id", key=lambda c: c.map(place), ignore_index=True)

    # -- how it is done ----
    def _put(self, lat: float, lon: float, why: str) -> None:
        self._need_current()
        if not self._is_near(pd.Series([lat]), pd.Series([lon])).all():
            raise UsageError(
                f"พิกัด {lat:.5f}, {lon:.5f} อยู่นอกพื้นที่ของไฟล์ถนน: ตรวจตัวเลข และว่าละติจูดมาก่อนลองจิจูด",
                "The point lies outside the area of the road file; check the figures.",
            )
        source = self.draft.source if self.draft and not self.draft.number else "digitised"
        self.draft = Draft(round(float(lat), 6), round(float(lon), 6), source, why)

    def _is_near(self, lat: pd.Series, lon: pd.Series) -> pd.Series:
        """Tell which points may belong to the area of the roads."""
        west, south, east, north = self.network.bounds()
        return lat.between(south - _MARGIN_DEG, north + _MARGIN_DEG) & lon.between(
            west - _MARGIN_DEG, east + _MARGIN_DEG
        )

    def _keep(self, points: Mapping[str, tuple[Draft, int | None]]) -> None:
        """Write the points of villages into the corrections as one action."""
        made = []
        for code, (draft, spread_m) in points.items():
            old = self._texts.get(code, ("", "", "", ""))
            new = [f"{draft.lat:.6f}", f"{draft.lon:.6f}", draft.source, "" if spread_m is None else str(spread_m)]
            made.append(
                Correction(
                    "villages", {"village_id": code}, _CELLS, _BESIDE.join(old), _BESIDE.join(new), PLACING, draft.why
                )
            )
        add_corrections(self.folder, made)
        self._refresh()

    def _refresh(self) -> None:
        """Read anew what is decided."""
        self._texts, self.placed = dict(self._before), dict[str, Correction]()
        for c in self._applied():
            code, old, new = c.where["village_id"], *_cells_of(c)
            # As everywhere: a correction counts while the file still says what it corrects.
            if _alike(self._texts.get(code), old):
                self._texts[code], self.placed[code] = new, c
        rows = [self._texts.get(code, ("", "", "", "")) for code in self._typed.index]
        written = pd.DataFrame(rows, index=self._typed.index, columns=_COLUMNS)
        # What nobody has touched here stays as the intake read it, whatever way of writing points the file has.
        self._touched |= self.placed.keys()
        touched = pd.Series(self._typed.index.isin(self._touched), self._typed.index)
        lat, lon = (pd.to_numeric(written[name], errors="coerce").astype(float) for name in ("lat", "lon"))
        inside = self._is_near(lat, lon)
        self.now = self._typed.assign(
            lat=self._typed["lat"].where(~touched, lat.where(inside)),
            lon=self._typed["lon"].where(~touched, lon.where(inside)),
            point_source=self._typed["point_source"].where(~touched, written["point_source"]),
        )
        everything = self.now.reset_index()
        self.land = Land(self.network, everything, self.schools, self._aids["tambons"])

    def _applied(self) -> list[Correction]:
        return [c for c in read_corrections(self.folder) if c.rule == PLACING]

    def _find(self, wanted: pd.DataFrame) -> pd.DataFrame:
        return candidates(wanted, self.now.reset_index(), self.network, **self._aids)

    def _step(self) -> None:
        """Go to the next village that is not placed: after this one, from the top, at last those left for later."""
        at = self.order.index(self.current) + 1 if self.current else 0
        left = [c for c in self.order[at:] + self.order[:at] if c not in self.placed and c not in self._skipped]
        self._open(next(iter([*left, *(c for c in self._skipped if c not in self.placed and c != self.current)]), ""))

    def _open(self, code: str) -> None:
        self.current, self.draft, self.spread_m = code, None, None
        self.found = pd.DataFrame()
        if not code:
            return
        self.found = self._find(self.villages[self.villages["village_id"] == code])
        if code in self.placed:
            now = self.now.loc[code]
            self.draft = Draft(now["lat"], now["lon"], now["point_source"], self.placed[code].note)
            spread = self._texts[code][-1]
            self.spread_m = int(spread) if spread.isdecimal() else None
        elif len(self.found) and self.found["sure"].iloc[0]:
            self.choose(1)

    def _need_current(self) -> None:
        if not self.current:
            raise UsageError(
                "วางครบทุกหมู่บ้านแล้ว: เลือกหมู่บ้านจากรายการเพื่อแก้", "All villages are placed; choose one from the list."
            )

    def _is_fixed(self, code: str) -> bool:
        now = self.now.loc[code]
        return bool(pd.notna(now["lat"]) and pd.notna(now["lon"]) and now["point_source"] != ROUGH)

    def _at(self, code: str) -> tuple[float, float]:
        return self.now.at[code, "lat"], self.now.at[code, "lon"]

    def _state(self, code: str) -> str:
        if code in self.placed:
            return "rough" if self.now.at[code, "point_source"] == ROUGH else "placed"
        return "skipped" if code in self._skipped else "none" if pd.isna(self.now.at[code, "lat"]) else "to-check"

    def _name(self, code: str) -> str:
        return one_line(self._typed.at[code, "name"])

    def _tambon(self, code: str) -> str:
        return one_line(self._typed.at[code, "tambon"]) if "tambon" in self._typed else ""


def open_placing(cycle: Cycle) -> Placing:
    """Return the placing of a cycle's villages, with all that the office's files know of them."""
    students = snapshot(cycle.tables["students"])
    pupils = students.groupby("village_id")["pupils"].sum()
    return Placing(
        cycle.folder,
        cycle.tables["villages"],
        cycle.frames["villages"],
        cycle.open_network,
        cycle.policy.settings,
        pupils={code: int(count) for code, count in pupils.items()},
        places=read_places(cycle.roads),
        schools=cycle.tables["schools"],
        polling=cycle.tables.get("polling"),
        tambons=cycle.tambons,
    )


def placing_widget(state: Placing, policy: Policy) -> Widget:
    """Return the page on which villages are placed: a map over the office's own roads, that loads nothing."""
    others = state.now[~state.now.index.isin(state.order) & state.now["lat"].notna() & state.now["lon"].notna()]
    schools = pd.DataFrame() if state.schools is None else state.schools.dropna(subset=["lat", "lon"])
    around = {
        name: [[one_line(row["name"]), point(row["lat"], row["lon"])] for row in table.to_dict("records")]
        for name, table in (("others", others), ("schools", schools))
    }
    return Widget(state, "placing", ground_data(policy, state.network) | around)


def _before_placing(texts: pd.DataFrame, applied: list[Correction]) -> dict[str, _Cells]:
    """Return what the cells of each village's point said before any was placed here: what can be gone back to."""
    cells = texts.reindex(columns=["village_id", *_COLUMNS], fill_value="").fillna("").astype(str)
    before = {plain_text(code): (lat, lon, source, m) for code, lat, lon, source, m in cells.itertuples(index=False)}
    for c in reversed(applied):
        code, old, new = c.where["village_id"], *_cells_of(c)
        if _alike(before.get(code), new):
            before[code] = old
    return before


def _cells_of(c: Correction) -> tuple[_Cells, _Cells]:
    old, new = ((lat, lon, source, m) for lat, lon, source, m in (text.split(_BESIDE) for text in (c.old, c.new)))
    return old, new


def _alike(a: _Cells | None, b: _Cells) -> bool:
    return a is not None and all(plain_text(one) == plain_text(other) for one, other in zip(a, b, strict=True))


def _read_point(text: str, bounds: tuple[float, float, float, float]) -> tuple[float, float, str]:
    """Return latitude, longitude and how they were read, of a point in any way of writing that offices use."""
    try:
        pair = parse_point(text)
    except ValueError:
        pair = (np.nan, np.nan)
    read = read_points(pd.DataFrame([pair], columns=["lat", "lon"]), bounds).iloc[0]
    if pd.isna(read["lat"]):
        why = {
            "": "ไม่ใช่พิกัดสองค่า",
            "outside": "อยู่นอกพื้นที่ของไฟล์ถนน",
            "ambiguous": "เป็นเมตรที่อ่านได้สองโซน",
        }[read["reading"]]
        raise UsageError(
            f"พิกัดที่พิมพ์ใช้ไม่ได้ {why}: พิมพ์ละติจูดแล้วลองจิจูด เช่น 16.8123, 100.4567",
            "These are not coordinates within the area; write latitude, then longitude, such as 16.8123, 100.4567.",
        )
    return read["lat"], read["lon"], READINGS[read["reading"]]

"""Closed roads: a flooded bridge, a landslide, the wet season; whose way they lengthen and who is cut off.

A closure takes whole pieces of road out. Feet stay where they are without it, so that nobody is measured from another
road because the own one is closed.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from restructure.bands import price
from restructure.distance import whole_metres
from restructure.intake import MAP_SUFFIXES, TABLE_SUFFIXES, WET_SEASON, Problem, find_table
from restructure.intake.cells import type_frame
from restructure.intake.shapes import read_file
from restructure.policy import Policy, Settings
from restructure.roads import Bools, Ints, RoadNetwork
from restructure.snapping import road_index
from restructure.thai import ROUNDS, round_term
from restructure.words import CLOSURE_STATES, spell_road

CLOSURE_SUFFIXES = (*TABLE_SUFFIXES, *MAP_SUFFIXES)
#: What a closure does to a way, from the least to the worst.
STATES = tuple(CLOSURE_STATES)
#: Pieces this close to a closed point are closed with it: nobody passes a closed junction.
_AT_M = 0.5
#: A line that is drawn by hand over a picture or recorded on the way is this close to its road.
_ALONG_M = 15.0


def find_closures(inputs: Path) -> Path | None:
    """Return the office's file of closed roads in the folder of raw files, None where there is none.

    Raises
    ------
    DataError
        When there are several: it cannot be known which one counts.
    """
    return find_table(inputs, "closures", CLOSURE_SUFFIXES)


def read_closures(path: Path, file: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Read closed roads from a table or a map file.

    Parameters
    ----------
    path
        A ``.csv`` or ``.xlsx`` table with ``lat`` and ``lon``, or ``wkt``, a row; or a map file with points and lines
        in any coordinate system that it names. A Google Earth placemark's name and description stand for
        ``closure_id`` and ``reason``.
    file
        The file as messages should name it.

    Returns
    -------
    GeoDataFrame
        ``closure_id``, ``from`` and ``to`` (both days are closed: ISO text; both ``wet-season``; or empty), ``reason``
        and a geometry on WGS 84. The index is the row of the table, or the number of the feature.
    list of Problem
        Rows that cannot be used are set aside.

    Raises
    ------
    DataError
        When the file cannot be read, or lacks a required column.
    """
    frames, problems = read_file(path, "closures", file, {}, None, {})
    table, found = type_frame(frames["closures"], "closures", file)
    problems += found
    if path.suffix.lower() in MAP_SUFFIXES:  # no head stands above the first feature
        table.index -= 1
        problems = [problem._replace(row=max(1, problem.row - 1)) for problem in problems]
    drawn = (table["wkt"] != "").to_numpy()
    shapes = shapely.points(table[["lon", "lat"]].to_numpy())
    shapes[drawn] = shapely.from_wkt(table.loc[drawn, "wkt"].to_numpy(dtype=object))
    seasonal = table[["from", "to"]] == WET_SEASON
    dated = ~seasonal & (table[["from", "to"]] != "")
    table.loc[seasonal.any(axis=1), ["from", "to"]] = WET_SEASON
    usable = pd.Series(True, table.index)
    for wrong, rule, column, message, remedy in (
        (table["closure_id"] == "", "missing", "closure_id", "ไม่มีรหัสหรือชื่อของการปิดถนน", "กรอกรหัสหรือชื่อที่ไม่ซ้ำกัน"),
        (
            ~drawn & table[["lat", "lon"]].isna().any(axis=1), "no-place", "wkt", "ไม่มีจุดหรือเส้นที่ปิด",
            "ระบุละติจูดและลองจิจูด หรือวาดจุดหรือเส้นบนถนน",
        ),
        (
            seasonal.any(axis=1) & dated.any(axis=1), "mixed-season", "to", "ช่องหนึ่งเป็นฤดูฝน อีกช่องเป็นวันที่",
            "ใช้ฤดูฝนหรือวันที่อย่างใดอย่างหนึ่ง หรือแยกเป็นสองแถว",
        ),
        (
            dated.all(axis=1) & (table["to"] < table["from"]), "backwards-dates", "to", "วันสุดท้ายที่ปิดอยู่ก่อนวันแรก",
            "แก้วันที่ให้ถูกลำดับ",
        ),
    ):  # fmt: skip
        for row in table.index[wrong & usable]:
            text = "" if column == "wkt" else str(table.at[row, column])
            problems.append(Problem("error", rule, file, int(row), column, text, message, remedy))
        usable &= ~wrong
    first = table[usable].reset_index().groupby("closure_id")["row"].first()
    again = usable & (table["closure_id"].map(first) != table.index)
    for row, name in table.loc[again, "closure_id"].items():
        text = f"ซ้ำกับแถว {first[name]} จึงใช้แถวแรกและพักแถวนี้ไว้"
        remedy = "ลบแถวที่ซ้ำ หรือแก้รหัสถ้าเป็นคนละแห่ง"
        problems.append(Problem("error", "duplicate-key", file, int(str(row)), "closure_id", name, text, remedy))
    kept = table[["closure_id", "from", "to", "reason"]]
    return gpd.GeoDataFrame(kept, geometry=shapes, crs="EPSG:4326")[usable & ~again], problems


def closed_pieces(
    network: RoadNetwork, closures: gpd.GeoDataFrame, limit_m: float, file: str
) -> tuple[dict[str, Ints], list[Problem]]:
    """Find the pieces of road that each closure takes out.

    A point closes the place on a road that is nearest to it, and so every piece that comes within half a metre of that
    place. A line closes the pieces that it runs along: within 15 m of it for at least half of the piece, or of the line
    where that is the shorter one, measured along the line. A street that crosses it stays open.

    Parameters
    ----------
    closures
        As :func:`read_closures` returns them; latitude and longitude in each other's place are taken for what they are.
    limit_m
        A point farther than this from every road is on none.

    Returns
    -------
    dict of array
        Pieces by ``closure_id``, ascending; none for a closure that is on no road.
    list of Problem
        Closures that were mended, or that are, wholly or in part, on no road.
    """
    plane, _, _, tree = road_index(network)
    # A degree: what lies farther out is on no road, and may be no place on Earth.
    around = shapely.box(*network.bounds()).buffer(1)
    pieces: dict[str, Ints] = {}
    problems = []

    def warn(row: object, rule: str, name: str, message: str, remedy: str) -> None:
        problems.append(Problem("warning", rule, file, int(str(row)), "closure_id", name, message, remedy))

    for row, name, shape in closures[["closure_id", "geometry"]].itertuples():
        swapped = shapely.transform(shape, lambda lon_lat: lon_lat[:, ::-1])
        if not around.intersects(shape) and around.intersects(swapped):
            shape = swapped
            warn(row, "swapped-point", name, "ละติจูดกับลองจิจูดสลับกัน สลับให้แล้ว", "แก้ในต้นฉบับให้ถูก")
        found: list[Ints] = []
        for part in shapely.get_parts(shape):
            taken = np.empty(0, np.int64)
            if around.intersects(part):
                flat = shapely.transform(part, lambda lon_lat: np.column_stack(plane.transform(*lon_lat.T)))
                taken = _at_point(tree, flat, limit_m) if part.geom_type == "Point" else _along_line(tree, flat)
            if not len(taken):
                if part.geom_type == "Point":
                    text = f"จุดปิดถนน “{name}” ห่างถนนที่รถใช้ได้ทุกสายเกิน {limit_m:g} เมตร จึงไม่ปิดถนนสายใด"
                else:
                    text = f"เส้นปิดถนน “{name}” ไม่ทอดไปตามถนนที่รถใช้ได้สายใดในระยะ {_ALONG_M:g} เมตร จึงไม่ปิดถนนสายใด"
                warn(row, "closure-off-road", name, text, "เลื่อนจุดหรือเส้นให้อยู่บนถนนในแผนที่")
            elif part.geom_type != "Point" and 2 * shapely.length(tree.geometries[taken]).sum() < flat.length:
                text = f"เส้นปิดถนน “{name}” ทอดไปตามถนนไม่ถึงครึ่งของเส้น ปิดได้เพียงบางช่วง"
                warn(row, "closure-partly-off-road", name, text, "วาดตามแนวถนนให้ถี่ขึ้น")
            found.append(taken)
        pieces[name] = np.unique(np.concatenate(found))
    return pieces, problems


def close_roads(network: RoadNetwork, closed: Bools) -> RoadNetwork:
    """Return a network on which nobody may use some pieces (shape (pieces,)), though points still snap to them."""
    return dataclasses.replace(network, forward=network.forward & ~closed, backward=network.backward & ~closed)


def closed_roads(network: RoadNetwork, pieces: dict[str, Ints]) -> pd.DataFrame:
    """Return what each closure closes: ``closure_id``, ``roads`` (their names) and ``closed_m`` (whole metres)."""
    rows = []
    for name, closed in pieces.items():
        roads = {
            spell_road(network.names[road], network.classes[kind])
            for road, kind in zip(network.name[closed], network.road_class[closed], strict=True)
        }
        rows.append((name, ", ".join(sorted(roads)), int(whole_metres(network.length_m[closed].sum()))))
    return pd.DataFrame(rows, columns=["closure_id", "roads", "closed_m"])


def in_force(closures: pd.DataFrame, policy: Policy) -> Bools:
    """Tell which closures count in the distances of the fiscal year, shape (closures,).

    One distance pays both terms of the year, so a road that is closed for a week, or in one term alone, moves none: a
    closure counts when it closes its road on at least ``closure_min_percent`` per cent of the days of each of the two
    terms that the fiscal year pays, term 2 of the school year before and term 1 of its own, from first to last day as
    in ``term_days``. A side without a date is open; without any date a road is closed for good. The wet season is never
    among them: it is a question that is asked apart.
    """
    counts: Bools = (closures["from"] != WET_SEASON).to_numpy(bool, copy=True)
    for name in ROUNDS:
        term = round_term(policy.fiscal_year, name)
        opens, closes = policy.settings.term_days[term.number]
        year = term.year - 543
        first = datetime.date.fromisoformat(f"{year}-{opens}")
        last = datetime.date.fromisoformat(f"{year + (closes < opens)}-{closes}")
        for i, (begin, end) in enumerate(zip(closures["from"], closures["to"], strict=True)):
            if begin == WET_SEASON:
                continue
            begun = max(first, datetime.date.fromisoformat(begin) if begin else first)
            ended = min(last, datetime.date.fromisoformat(end) if end else last)
            days = (ended - begun).days + 1
            counts[i] &= days * 100 >= policy.settings.closure_min_percent * ((last - first).days + 1)
    return counts


def wet_pieces(network: RoadNetwork, wet_season_closes: Iterable[str]) -> Bools:
    """Tell which pieces the wet season takes out, shape (pieces,): of class ``track``, or all that are ``unpaved``."""
    kinds = set(wet_season_closes)
    tracks = np.array([name == "track" for name in network.classes])[network.road_class]
    return (tracks & ("track" in kinds)) | (network.unpaved & ("unpaved" in kinds))


def wet_mask(network: RoadNetwork, closures: gpd.GeoDataFrame, pieces: dict[str, Ints], settings: Settings) -> Bools:
    """Tell which pieces are closed in the wet season, shape (pieces,).

    Those of its own closures, those that count in the distance table, and the roads that the policy takes out then.

    Parameters
    ----------
    closures
        As :func:`read_closures` returns them, with ``in_force``.
    pieces
        What each closure takes out.
    """
    taken = closures.loc[(closures["from"] == WET_SEASON) | closures["in_force"].astype(bool), "closure_id"]
    return piece_mask(network, (pieces[name] for name in taken)) | wet_pieces(network, settings.wet_season_closes)


def piece_mask(network: RoadNetwork, pieces: Iterable[Ints]) -> Bools:
    """Return closed pieces as :func:`restructure.distance.distance_table` takes them, shape (pieces,)."""
    closed = np.zeros(len(network.start), dtype=bool)
    for some in pieces:
        closed[some] = True
    return closed


def closure_effects(
    before: pd.DataFrame, after: pd.DataFrame, claims: pd.DataFrame, settings: Settings, key: str = "village_id"
) -> pd.DataFrame:
    """Tell whose way, band or access closed roads change.

    Parameters
    ----------
    before, after
        Distances as :func:`restructure.distance.distance_table` returns them, without and with the closed roads.
    claims
        Who goes where: ``key``, ``host_id`` and ``pupils``, as in ``subsidy.csv``; rows of one pair are added up.
    key
        What origins are told apart by: ``village_id``, or ``student_key`` for pupils with a home point of their own.

    Returns
    -------
    DataFrame
        A row for each pair with pupils that something changes for, sorted by key: ``key``, ``host_id``, ``pupils``,
        ``road_m_before``, ``road_m_after``, ``band_before``, ``band_after``, ``baht_change`` (a school year; null where
        no way is left) and ``state``: ``longer`` in the same band; ``band-changes``; ``cut-off``, home beyond the
        closed road; ``village-on-closed-road`` and ``school-on-closed-road``, on it.
    """
    going = claims[claims["pupils"] > 0].groupby([key, "host_id"], as_index=False, sort=True)["pupils"].sum()
    pair = [key, "school_id"]
    ways = before[[*pair, "road_m"]].merge(after[[*pair, "road_m", "flags"]], on=pair, suffixes=("_before", "_after"))
    rows = going.merge(ways.rename(columns={"school_id": "host_id"}), on=[key, "host_id"])
    rows = rows[rows["road_m_before"].fillna(-1) != rows["road_m_after"].fillna(-1)].reset_index(drop=True)
    rates = {}
    for side in ("before", "after"):
        priced = price(rows[f"road_m_{side}"], settings.bands)
        rows[f"band_{side}"], rates[side] = priced["band"], priced["baht_per_day"]
    rows["baht_change"] = rows["pupils"] * settings.days_per_year * (rates["after"] - rates["before"])
    other_band = (rows["band_after"] != rows["band_before"]).fillna(value=False)
    on_closed = [rows["flags"].str.contains(word, regex=False) for word in STATES[:2:-1]]
    where = [*on_closed, rows["road_m_after"].isna(), other_band.astype(bool)]
    rows["state"] = pd.Series(np.select(where, STATES[:0:-1], STATES[0]), rows.index, dtype="str")
    sides = [f"{what}_{side}" for what in ("road_m", "band") for side in ("before", "after")]
    return rows[[key, "host_id", "pupils", *sides, "baht_change", "state"]]


def closure_summary(effects: pd.DataFrame) -> pd.DataFrame:
    """Count effects, a row for each of ``STATES``.

    Returns
    -------
    DataFrame
        ``state``, ``villages`` (or homes), ``pupils`` and ``baht_change`` (baht a school year, Int64; null where none
        of the state's can be priced). A village with ways of two states counts in both.
    """
    key = "village_id" if "village_id" in effects else "student_key"
    by_state = effects.groupby("state")
    table = pd.DataFrame(
        {
            "villages": by_state[key].nunique(),
            "pupils": by_state["pupils"].sum(),
            "baht_change": by_state["baht_change"].sum(min_count=1),
        }
    )
    missing = [state for state in STATES if state not in table.index]
    table = table.reindex(STATES).astype("Int64")
    table.loc[missing] = 0
    return table.rename_axis("state").reset_index()


def _at_point(tree: shapely.STRtree, point: Any, limit_m: float) -> Ints:
    """Return the pieces that meet at the place on a road that is nearest to a point, none beyond the limit."""
    nearest, away = tree.query_nearest(point, return_distance=True)
    if away[0] > limit_m:
        return np.empty(0, np.int64)
    place = shapely.get_point(shapely.shortest_line(tree.geometries[nearest.min()], point), 0)
    return np.asarray(tree.query(place, predicate="dwithin", distance=_AT_M), np.int64)


def _along_line(tree: shapely.STRtree, line: Any) -> Ints:
    """Return the pieces that a line runs along."""
    near = np.asarray(tree.query(line, predicate="dwithin", distance=_ALONG_M), np.int64)
    roads = tree.geometries[near]
    parts, owner = shapely.get_parts(shapely.intersection(roads, line.buffer(_ALONG_M)), return_index=True)
    ends = [shapely.line_locate_point(line, shapely.get_point(parts, place)) for place in (0, -1)]
    # Nothing runs along anything where a road only touches the zone around the line.
    run_m = np.bincount(owner, np.nan_to_num(np.abs(ends[1] - ends[0])), minlength=len(near))
    return np.asarray(near[(run_m > 0) & (2 * run_m >= np.minimum(shapely.length(roads), line.length))])

"""Whether points stand at the right road: rival roads, stretches across water, parts that lead nowhere."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from restructure.distance import find_ways, whole_metres
from restructure.policy import Settings
from restructure.roads import GEOD, Bools, Floats, Ints, RoadNetwork
from restructure.snapping import crosses_water, rival_feet, road_index, snap
from restructure.words import spell_road

#: Ways that are found at once: keeps memory bounded where every point of a town has many rival roads.
_CELLS = 4_000_000
#: A gap up to this is hardly ever one on the ground: somebody stopped drawing before the junction.
_MAP_GAP_M = 50
#: What is most often amiss where a part of the roads is cut off, and what to do about it.
REMEDIES = {
    "closed": "ถนนช่วงที่เชื่อมปิดอยู่ตามไฟล์ closures: ตรวจว่ายังปิดอยู่จริง หรือถามทางเลี่ยงจากพื้นที่",
    "one-way": "ทางเดินรถทางเดียวทำให้เข้าหรือออกไม่ได้: ตรวจทิศทางเดินรถ (oneway) ในแผนที่",
    "touching": "ถนนแตะกันแต่ไม่ต่อกันในแผนที่: ตรวจว่าเป็นทางแยกที่ยังไม่เชื่อม มีสิ่งกีดขวาง (barrier) หรือเป็นสะพานข้าม",
    "across-water": "ขาดสะพานหรือแพข้ามน้ำในแผนที่ หรือเป็นเกาะจริง: ถามพื้นที่ แล้วเพิ่มในแผนที่หรือวัดเอง",
    "map-gap": "น่าจะเป็นช่องว่างในแผนที่: เชื่อมถนนใน OpenStreetMap หรือถามพื้นที่",
    "no-road": "ไม่มีถนนที่พาหนะนี้ใช้ได้: ถามพื้นที่ว่ามีทางที่แผนที่ขาด ทางที่นโยบายปิดไว้ หรือเป็นพื้นที่ที่รถเข้าไม่ถึงจริง",
}


class _Spans(NamedTuple):
    """Ways between points over their own feet and over those on rival roads.

    ``homes`` and ``schools`` have the columns of :func:`snap` and ``point`` (place among the points), ``own``,
    ``change_m`` (largest change of any way if the point stood here; infinite where there is then a way or none) and
    ``at`` (the other end of that way). ``lowest`` and ``highest``, shape (points of homes, points of schools), are
    infinite and minus infinite where no choice of feet gives a way.
    """

    homes: pd.DataFrame
    schools: pd.DataFrame
    lowest: Floats
    highest: Floats


def snaps(
    network: RoadNetwork,
    villages: pd.DataFrame,
    schools: pd.DataFrame,
    settings: Settings,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Say of every village and school at which road it stands, and what another road hardly farther would change.

    Parameters
    ----------
    villages, schools
        ``village_id`` or ``school_id``, ``name``, ``lat``, ``lon`` (NaN where not known).

    Returns
    -------
    GeoDataFrame
        A row a point that is known, villages first, sorted by code; columns in the table ``snaps`` of ``columns.csv``.
        Of several rival roads the one that would change most is named. ``change_m`` is the largest change of any way
        to (from) a school, 0 without a rival, null where with one of the two roads there is no way at all;
        ``change_at`` is the school (village) where. ``geometry`` is the stretch from the point to its foot.
    DataFrame
        What :func:`way_ranges` returns for the same points.
    """
    villages, schools = _known(villages, "village_id"), _known(schools, "school_id")
    spans = _measure_spans(network, villages, schools, settings.snap_rival_m)
    sides = [
        _snap_rows(network, "village", villages, spans.homes, schools["school_id"], settings),
        _snap_rows(network, "school", schools, spans.schools, villages["village_id"], settings),
    ]
    table = gpd.GeoDataFrame(pd.concat(sides, ignore_index=True), geometry="geometry", crs="EPSG:4326")
    return table, _range_rows(spans, villages, schools, "village_id")


def way_ranges(
    network: RoadNetwork,
    origins: pd.DataFrame,
    schools: pd.DataFrame,
    settings: Settings,
    *,
    key: str = "village_id",
) -> pd.DataFrame:
    """Return the shortest and longest that each way would be over all choices of rival roads at both of its ends.

    Parameters
    ----------
    origins
        Columns ``key``, ``lat``, ``lon``: villages, or homes by ``student_key``.

    Returns
    -------
    DataFrame
        ``key``, ``school_id``, ``snap_m`` (from both points to their roads), ``lowest_m`` and ``highest_m``, whole
        metres, sorted; pairs that have a way by some choice.
    """
    origins, schools = _known(origins, key), _known(schools, "school_id")
    return _range_rows(_measure_spans(network, origins, schools, settings.snap_rival_m), origins, schools, key)


def missing_links(
    network: RoadNetwork, villages: pd.DataFrame, schools: pd.DataFrame, distances: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Draw for each part of the roads that is cut off the shortest link that would join it to the main part.

    The main part is that on which most schools stand, in which every place can be gone to and come back from. A part
    is cut off when a village on it reaches no school of the main part, or a school on it is reached by no village
    there; it may well have schools of its own, or be joined by a one-way road in the wrong direction.

    Parameters
    ----------
    villages, schools
        Code, ``name``, ``lat``, ``lon``.
    distances
        ``village_id``, ``school_id``, ``reachable``.

    Returns
    -------
    GeoDataFrame
        A row a part, most points first; columns in the table ``links`` of ``columns.csv``. ``geometry`` is the gap,
        from the part to the main one; for a one-way road that road.
    """
    villages, schools = _known(villages, "village_id"), _known(schools, "school_id")
    feet = {
        "village": snap(network, *_lat_lon(villages))["piece"].to_numpy(),
        "school": snap(network, *_lat_lon(schools))["piece"].to_numpy(),
    }
    main = _main_part(network, feet["school"])
    open_piece = network.forward | network.backward
    good = main[network.start] & main[network.end] & open_piece
    part = _cut_off_parts(network, main)
    ways = distances[distances["reachable"]]
    joined_schools = schools["school_id"][good[feet["school"]]]
    joined_villages = villages["village_id"][good[feet["village"]]]
    reaching = set(ways.loc[ways["school_id"].isin(joined_schools), "village_id"])
    reached = set(ways.loc[ways["village_id"].isin(joined_villages), "school_id"])
    points = pd.concat(
        [
            pd.DataFrame({"kind": kind, "code": table[f"{kind}_id"], "name": table["name"], "part": part[feet[kind]]})[
                (~good[feet[kind]]) & ~table[f"{kind}_id"].isin(served).to_numpy()
            ]
            for kind, table, served in (("village", villages, reaching), ("school", schools, reached))
        ]
    )
    plane, _, _, index = road_index(network)
    ends, lines = np.column_stack([network.start, network.end]), index.geometries
    good_piece = np.flatnonzero(good)
    tree = shapely.STRtree(lines[good_piece])
    rows, links = [], []
    for number, mine in points.groupby("part") if good.any() else ():
        pieces = np.flatnonzero(~good & (part == number))
        touching = pieces[main[network.start[pieces]] | main[network.end[pieces]]]
        if len(touching):
            here = there = int(touching[0])
            link = shapely.LineString(np.column_stack([network.node_lon[ends[here]], network.node_lat[ends[here]]]))
            gap_m = 0
            used = network.forward[touching] | network.backward[touching]
            cause = "one-way" if used.any() else "closed"
        else:
            (row, place), gaps = tree.query_nearest(lines[pieces], all_matches=False, return_distance=True)
            here, there = int(pieces[row[np.argmin(gaps)]]), int(good_piece[place[np.argmin(gaps)]])
            x, y = shapely.get_coordinates(shapely.shortest_line(lines[here], lines[there])).T
            lon, lat = plane.transform(x, y, direction="INVERSE")
            link = shapely.LineString(np.column_stack([lon, lat]))
            gap_m = int(whole_metres(GEOD.inv(lon[0], lat[0], lon[1], lat[1])[2]))
            foot = pd.DataFrame({"piece": [there], "foot_lat": lat[1:], "foot_lon": lon[1:]})
            across = bool(crosses_water(network, lat[:1], lon[:1], foot)[0])
            cause = _cause(gap_m, across)
        kinds = mine["kind"].value_counts()
        rows.append(
            {
                "gap_m": gap_m,
                "cause": cause,
                "villages": int(kinds.get("village", 0)),
                "schools": int(kinds.get("school", 0)),
                "codes": ",".join(mine["code"]),
                "points": ", ".join(f"{name} ({code})" for name, code in zip(mine["name"], mine["code"], strict=True)),
                "part_m": int(whole_metres(network.length_m[pieces].sum())),
                "road": _road_names(network, np.array([here]))[0],
                "to_road": _road_names(network, np.array([there]))[0],
                "remedy": REMEDIES[cause],
            }
        )
        links.append(link)
    columns = ["gap_m", "cause", "villages", "schools", "codes", "points", "part_m", "road", "to_road", "remedy"]
    table = gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=links, crs="EPSG:4326")
    order = (table["villages"] + table["schools"]).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _known(points: pd.DataFrame, key: str) -> pd.DataFrame:
    """Return the points that are known, in order of their codes."""
    return points.dropna(subset=["lat", "lon"]).sort_values(key, ignore_index=True)


def _lat_lon(points: pd.DataFrame) -> tuple[Floats, Floats]:
    return points["lat"].to_numpy(dtype=float), points["lon"].to_numpy(dtype=float)


def _all_feet(network: RoadNetwork, points: pd.DataFrame, within_m: int) -> pd.DataFrame:
    """Return the feet of points on their own roads and on rival ones: by point, its own first."""
    own = snap(network, *_lat_lon(points))
    rivals = rival_feet(network, *_lat_lon(points), own, within_m)
    feet = pd.concat([own.assign(point=np.arange(len(own)), own=True), rivals.assign(own=False)])
    return feet.sort_values("point", kind="stable", ignore_index=True).assign(change_m=0.0, at=0)


def _measure_spans(network: RoadNetwork, origins: pd.DataFrame, schools: pd.DataFrame, within_m: int) -> _Spans:
    homes, goals = _all_feet(network, origins, within_m), _all_feet(network, schools, within_m)
    first, column = np.flatnonzero(homes["own"]), np.flatnonzero(goals["own"])
    lowest = np.full((len(origins), len(schools)), np.inf)
    highest = -lowest
    if not len(origins) or not len(schools):
        return _Spans(homes, goals, lowest, highest)
    home_change, home_at = np.zeros(len(homes)), np.zeros(len(homes), np.int64)
    goal_change, goal_at = np.zeros(len(goals)), np.zeros(len(goals), np.int64)
    goal_point = goals["point"].to_numpy()
    # The feet of one point stay together: what is compared lies in one matrix.
    begins = np.unique(homes["point"].to_numpy()[:: max(1, _CELLS // len(goals))])
    for begin, end in zip(begins, [*begins[1:], len(origins)], strict=True):
        rows = slice(first[begin], first[end] if end < len(origins) else len(homes))
        mine = homes[rows].reset_index(drop=True)
        metres = find_ways(network, mine, goals).metres
        own, point = np.flatnonzero(mine["own"]), mine["point"].to_numpy() - begin
        lowest[begin:end] = np.minimum.reduceat(np.minimum.reduceat(metres, own, axis=0), column, axis=1)
        longest = np.where(np.isfinite(metres), metres, -np.inf)
        highest[begin:end] = np.maximum.reduceat(np.maximum.reduceat(longest, own, axis=0), column, axis=1)
        base = metres[np.ix_(own, column)]
        change = _change(metres[:, column], base[point])
        home_change[rows], home_at[rows] = change.max(axis=1), change.argmax(axis=1)
        change = _change(metres[own], base[:, goal_point])
        worse = change.max(axis=0) > goal_change
        goal_change[worse], goal_at[worse] = change.max(axis=0)[worse], begin + change.argmax(axis=0)[worse]
    return _Spans(
        homes.assign(change_m=home_change, at=home_at), goals.assign(change_m=goal_change, at=goal_at), lowest, highest
    )


def _change(metres: Floats, base: Floats) -> Floats:
    """Return by how much ways differ: infinitely where there is only one of the two, not at all without either."""
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(np.abs(metres - base), nan=0.0, posinf=np.inf)


def _range_rows(spans: _Spans, origins: pd.DataFrame, schools: pd.DataFrame, key: str) -> pd.DataFrame:
    row, column = np.nonzero(np.isfinite(spans.lowest))
    stretch = [whole_metres(feet.loc[feet["own"], "snap_m"].to_numpy()) for feet in (spans.homes, spans.schools)]
    return pd.DataFrame(
        {
            key: origins[key].array.take(row),
            "school_id": schools["school_id"].array.take(column),
            "snap_m": stretch[0][row] + stretch[1][column],
            "lowest_m": whole_metres(spans.lowest[row, column]),
            "highest_m": whole_metres(spans.highest[row, column]),
        }
    )


def _snap_rows(
    network: RoadNetwork, kind: str, points: pd.DataFrame, feet: pd.DataFrame, others: pd.Series, settings: Settings
) -> pd.DataFrame:
    own = feet[feet["own"]].reset_index(drop=True)
    rivals = feet[~feet["own"]].sort_values(["change_m", "snap_m"], ascending=[False, True], kind="stable")
    worst = rivals.drop_duplicates("point").set_index("point").reindex(range(len(points)))
    has_rival = worst["piece"].notna().to_numpy()
    change = worst["change_m"].fillna(0.0).to_numpy()
    lat, lon = _lat_lon(points)
    stretch = np.moveaxis(np.array([[lon, own["foot_lon"]], [lat, own["foot_lat"]]]), 0, 2).swapaxes(0, 1)
    rival_road, change_at = np.full(len(points), "", object), np.full(len(points), "", object)
    rival_road[has_rival] = _road_names(network, worst["piece"].to_numpy()[has_rival].astype(np.int64))
    moved = has_rival & (change > 0)
    change_at[moved] = others.to_numpy()[worst["at"].to_numpy()[moved].astype(np.int64)]
    return pd.DataFrame(
        {
            "kind": kind,
            "code": points[f"{kind}_id"],
            "name": points["name"],
            "snap_m": whole_metres(own["snap_m"].to_numpy()),
            "road": _road_names(network, own["piece"].to_numpy()),
            "far": own["snap_m"].to_numpy() > settings.snap_limit_m,
            "across_water": crosses_water(network, lat, lon, own),
            "rival_road": rival_road.astype(str),
            "rival_snap_m": _whole_or_null(worst["snap_m"].to_numpy(dtype=float)),
            "change_m": _whole_or_null(change),
            "change_at": change_at.astype(str),
            "rival": change > settings.snap_detour_m,
            "geometry": shapely.linestrings(stretch),
        }
    )


def _main_part(network: RoadNetwork, school_piece: Ints) -> Bools:
    """Return which nodes are of the main part: of those where every place is reached from every other, the schools'."""
    tail = np.r_[network.start[network.forward], network.end[network.backward]]
    head = np.r_[network.end[network.forward], network.start[network.backward]]
    strong = _components(len(network.node_lon), tail, head, strong=True)
    start, end = strong[network.start[school_piece]], strong[network.end[school_piece]]
    schools = np.bincount(start[start == end], minlength=strong.max() + 1)
    main = np.lexsort([np.bincount(strong), schools])[-1]  # of parts with as many schools the largest
    return np.asarray(strong == main)


def _cut_off_parts(network: RoadNetwork, main: Bools) -> Ints:
    """Return for each piece outside the main part the number of its part; pieces that meet outside it are of one."""
    outside = ~main[network.start] & ~main[network.end]
    joined = _components(len(network.node_lon), network.start[outside], network.end[outside], strong=False)
    return joined[np.where(main[network.start], network.end, network.start)]


def _components(size: int, tail: Ints, head: Ints, *, strong: bool) -> Ints:
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(size, size))
    connection = "strong" if strong else "weak"
    found: Ints = connected_components(graph, directed=True, connection=connection)[1]
    return found.astype(np.int64)


def _cause(gap_m: int, across: bool) -> str:
    if across:
        return "across-water"
    if gap_m == 0:
        return "touching"
    return "map-gap" if gap_m <= _MAP_GAP_M else "no-road"


def _road_names(network: RoadNetwork, piece: Ints) -> list[str]:
    """Return the name of each piece's road, its kind where it has none."""
    return [
        spell_road(network.names[name], network.classes[kind])
        for name, kind in zip(network.name[piece], network.road_class[piece], strict=True)
    ]


def _whole_or_null(values: Floats) -> pd.api.extensions.ExtensionArray:
    known = np.isfinite(values)
    return pd.arrays.IntegerArray(whole_metres(np.where(known, values, 0)), ~known)

"""The routes to look at, one by one, as one web page that loads nothing."""

from __future__ import annotations

from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from restructure.bands import price
from restructure.distance import routes, whole_metres
from restructure.mapdata import STATES, one_line
from restructure.policy import Policy
from restructure.roads import Bools, RoadNetwork
from restructure.snapping import snap
from restructure.webpage import closure_mark, plain, point, shared_data, steps, write_page
from restructure.words import FLAGS, spell_road


def host_routes(
    rows: pd.DataFrame,
    *,
    network: RoadNetwork,
    policy: Policy,
    villages: pd.DataFrame,
    schools: pd.DataFrame,
    distances: pd.DataFrame,
    closed: Bools | None = None,
) -> gpd.GeoDataFrame:
    """Return the route of every village to every host that its pupils learn at.

    Parameters
    ----------
    rows
        Columns of ``subsidy.csv``: pupils by village, host and distance.
    distances
        Villages to schools, columns of ``distances.parquet``.
    closed
        Pieces of road that nobody may use; adds ``road_m_closed`` and ``geometry_closed``.

    Returns
    -------
    GeoDataFrame
        A row for each village and host, also where there is no way: what :func:`write_route_map` and
        :func:`restructure.proof.write_proof` read. ``pupils`` is the village's total; ``home_pupils`` of these are
        measured from a home point of their own, which is not in the table.
    """
    keys = ["village_id", "host_id"]
    known = distances.rename(columns={"school_id": "host_id", "road_m": "village_m"})
    known = known[[*keys, "village_m", "minutes", "flags"]]
    rows = rows.merge(known[[*keys, "village_m"]], how="left", on=keys)
    same = (rows["road_m"] == rows["village_m"]) | (rows["road_m"].isna() & rows["village_m"].isna())
    # Pupils of no village can only have been measured from home.
    at_home = ~same.fillna(False).astype(bool) | (rows["village_id"].eq("") & rows["road_m"].notna())
    rows = rows.assign(home_pupils=rows["pupils"].where(at_home, 0))
    table = rows.groupby(keys, as_index=False)[["pupils", "home_pupils"]].sum().merge(known, how="left", on=keys)
    table = table.rename(columns={"village_m": "road_m"}).astype({"road_m": "Int64", "minutes": "Int64"})
    table["flags"] = table["flags"].fillna("")
    table = table.join(price(table["road_m"], policy.settings.bands)).rename(columns={"baht_per_day": "baht"})
    ends = villages[["village_id", "name", "lat", "lon"]].rename(columns={"name": "village"})
    table = table.merge(ends, how="left", on="village_id").fillna({"village": ""})
    ends = schools[["school_id", "name", "lat", "lon"]].set_axis(
        ["host_id", "host", "school_lat", "school_lon"], axis=1
    )
    table = table.merge(ends, how="left", on="host_id").sort_values(keys, ignore_index=True)
    points = [*keys, "lat", "lon", "school_lat", "school_lon"]
    drawn = routes(network, table[points])
    wanted = [*keys, "unpaved_m", "track_m", "roads", "geometry"]
    table = table.merge(drawn[wanted], how="left", on=keys)
    if closed is not None:
        around = routes(network, table[points], closed)[[*keys, "road_m", "geometry"]]
        around = around.rename(columns={"road_m": "road_m_closed", "geometry": "geometry_closed"})
        table = table.merge(pd.DataFrame(around), how="left", on=keys)
    table["state"] = [";".join(FLAGS.get(flag, flag) for flag in text.split(";") if flag) for text in table["flags"]]
    table["note"] = ""
    return gpd.GeoDataFrame(table.drop(columns=points[2:]), geometry="geometry", crs="EPSG:4326")


def write_route_map(
    path: Path,
    *,
    network: RoadNetwork,
    policy: Policy,
    schools: pd.DataFrame,
    villages: pd.DataFrame,
    routes: gpd.GeoDataFrame,
    title: str,
    stake: str = "",
    closures: gpd.GeoDataFrame | None = None,
    missing_links: gpd.GeoDataFrame | None = None,
) -> None:
    """Write the map of some routes as one HTML file.

    ``file.html#VILLAGE/HOST`` opens the page with that route chosen.

    Parameters
    ----------
    schools, villages
        Tables of the office, with their points.
    routes
        A row for each village and host: ``village_id``, ``village``, ``host_id``, ``host``, ``pupils``, ``road_m``,
        ``unpaved_m``, ``track_m``, ``roads`` and geometry (null where there is no way); maybe ``home_pupils``,
        ``minutes``, ``state`` (why the route is on the list, words joined by ``;``), ``note``, ``stake_baht`` (money a
        year that hangs on it; the route's own where absent), ``road_m_closed`` and ``geometry_closed``.
    title
        Head of the page.
    stake
        What ``stake_baht`` is, for the list.
    closures
        Points or lines with ``closure_id``, ``reason``, ``from`` and ``to``, as
        :func:`restructure.closures.read_closures` returns them.
    missing_links
        Lines with ``gap_m`` and ``remedy``, as :func:`restructure.points.missing_links` returns them.
    """
    points = villages.set_index("village_id")[["lat", "lon"]], schools.set_index("school_id")[["lat", "lon"]]
    ends = [
        _ends(network, table, routes[key])
        for table, key in zip(points, ("village_id", "host_id"), strict=True)
    ]  # fmt: skip
    days = policy.settings.days_per_year
    priced = price(routes["road_m"].astype("Int64"), policy.settings.bands)
    rows = routes.assign(band=priced["band"], baht=priced["baht_per_day"])
    if "stake_baht" not in rows:
        # Pupils who are measured from home are paid by a distance that is not this one.
        rows["stake_baht"] = rows["baht"] * (rows["pupils"] - rows.get("home_pupils", 0)) * days
    hosts = set(routes["host_id"])
    data = shared_data(policy, network, title, metadata.version("restructure")) | {
        "days": days,
        "stake": stake,
        "looks": {"host": STATES["host"]._asdict(), "school": STATES["stays"]._asdict()},
        "schools": [
            [one_line(row["name"]), point(row["lat"], row["lon"]), row["school_id"] in hosts]
            for row in schools.sort_values("school_id").to_dict("records")
        ],
        "routes": [_route(row, home, school) for row, home, school in zip(rows.to_dict("records"), *ends, strict=True)],
        "closures": [] if closures is None else [closure_mark(row) for row in closures.to_dict("records")],
        "links": [] if missing_links is None else [_link(row) for row in missing_links.to_dict("records")],
    }
    write_page(path, "routes", f"เส้นทาง {title}", data)


def legs(roads: list[dict[str, Any]]) -> list[tuple[str, int, str]]:
    """Return the legs of a route for people to read: name or kind of road, metres, and a mark for what it is made of.

    Parameters
    ----------
    roads
        Stretches as :func:`restructure.distance.routes` returns them; neighbours that read the same are one leg.
    """

    def spelled(road: dict[str, Any]) -> tuple[str, str]:
        mark = "ทางเกวียน" if road["road_class"] == "track" else "ลูกรัง" if road["unpaved"] else ""
        return one_line(spell_road(road["name"], road["road_class"])), mark

    return [
        (words, sum(int(road["road_m"]) for road in group), mark) for (words, mark), group in groupby(roads, spelled)
    ]


def _ends(network: RoadNetwork, points: pd.DataFrame, codes: pd.Series) -> list[dict[str, Any]]:
    """Return point, foot and the metres between them for each code; nulls where the point is not known."""
    at = points.reindex(codes)
    feet = snap(network, at["lat"].to_numpy(float), at["lon"].to_numpy(float))
    return [
        {"at": point(lat, lon), "foot": point(foot_lat, foot_lon), "m": None if pd.isna(m) else int(whole_metres(m))}
        for lat, lon, foot_lat, foot_lon, m in zip(
            at["lat"], at["lon"], feet["foot_lat"], feet["foot_lon"], feet["snap_m"], strict=True
        )
    ]


def _route(row: dict[Any, Any], home: dict[str, Any], school: dict[str, Any]) -> dict[str, Any]:
    found = isinstance(row["geometry"], shapely.LineString)
    around = row.get("geometry_closed")
    return {
        "village": row["village_id"],
        "name": one_line(row["village"]) or "ไม่ระบุหมู่บ้าน",
        "hostId": row["host_id"],
        "host": one_line(row["host"]),
        "home": home,
        "school": school,
        "states": [one_line(word) for word in str(row.get("state", "")).split(";") if word.strip()],
        "note": one_line(row.get("note", "")),
        "legs": legs(row["roads"]) if found else [],
        "line": steps(np.asarray(row["geometry"].coords)) if found else [],
        "closed": None
        if "road_m_closed" not in row
        else {
            "m": plain(row["road_m_closed"]),
            "line": steps(np.asarray(around.coords)) if isinstance(around, shapely.LineString) else [],
        },
    } | {
        name: plain(row.get(column))
        for name, column in (
            ("pupils", "pupils"),
            ("atHome", "home_pupils"),
            ("m", "road_m"),
            ("minutes", "minutes"),
            ("band", "band"),
            ("baht", "baht"),
            ("stake", "stake_baht"),
            ("unpaved", "unpaved_m"),
            ("track", "track_m"),
        )
    }


def _link(row: dict[Any, Any]) -> dict[str, Any]:
    return {"m": int(row["gap_m"]), "note": one_line(row["remedy"]), "line": steps(np.asarray(row["geometry"].coords))}

"""The ways that matter in two years: how far each is, and what has changed it, told apart by measuring.

From the last year to this one a way is measured step by step, each step taking over one thing of this year: the point
of the home, the point of the school, the rules of the vehicle, the roads, the closed roads. What a step adds is what
that thing has changed; the steps add up to the whole change. So the roads of two dates are compared between this year's
points, and before this year's closures.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from platformdirs import user_cache_dir

from restructure.bands import price
from restructure.certify import certified, pairs
from restructure.closures import closed_pieces, piece_mask
from restructure.cycle import Cycle, Measured, home_points
from restructure.distance import distance_table
from restructure.ledger import in_force, read_ledger
from restructure.moves import Moves
from restructure.roads import Bools, RoadNetwork, read_roads
from restructure.scenario import PRESENT

if TYPE_CHECKING:
    from restructure.policy import Settings

#: What a way is known by: ``origin`` is a village's code or a child's key.
WAY = ["measured_from", "origin", "school_id"]
#: The steps from the last year to this one, in their order: what has changed a way.
STEPS = {
    "home-point": "จุดหมู่บ้านหรือบ้านย้าย",
    "school-point": "จุดโรงเรียนย้าย",
    "vehicle": "เกณฑ์ของรถเปลี่ยน",
    "roads": "ข้อมูลถนนเปลี่ยน",
    "closures": "ถนนปิดหรือเปิด",
}
#: Why there is nothing to compare a way with.
PRESENCE = {
    "home-new": "หมู่บ้านหรือบ้านไม่มีในปีก่อน",
    "home-gone": "หมู่บ้านหรือบ้านไม่มีในปีนี้",
    "school-new": "โรงเรียนไม่มีในปีก่อน",
    "school-gone": "โรงเรียนไม่มีในปีนี้",
}
_SIDES = ("last", "this")
_OF_A_YEAR = ("m", "band", "pupils", "paid_pupils", "baht", "certified_m", "state")


def compare_ways(last: Measured, this: Measured) -> pd.DataFrame:
    """Return every way that somebody goes or is paid for in either year, or that is certified.

    Returns
    -------
    DataFrame
        A row a way, sorted by :data:`WAY`. Of each year, with ``_last`` or ``_this`` behind: ``pupils`` (who go it by
        the newest count), ``paid_pupils`` and ``baht`` (of both rounds, by the routed distance, null where nobody is
        paid), ``m`` (routed metres, null where there is no way or no such place), ``band``, ``certified_m`` and
        ``state`` (of :data:`restructure.certify.STATES`, empty where nobody is paid). ``change_m`` and of each of
        :data:`STEPS` its part of it, such as ``roads_m`` (null where either side has no way); ``cause`` (words of
        :data:`STEPS` or :data:`PRESENCE` joined by ``;``, empty where the way is as long as it was);
        ``band_changes``, and of the roads alone ``roads_band_changes`` and ``roads_baht`` (a school year of those who
        are paid this year; null where a way comes or goes).
    """
    table = _gather(last, "last").merge(_gather(this, "this"), how="outer", on=WAY)
    numbers = [f"{name}_{side}" for name in ("pupils", "paid_pupils") for side in _SIDES]
    table[numbers] = table[numbers].fillna(0).astype("Int64")
    table[["state_last", "state_this"]] = table[["state_last", "state_this"]].fillna("")
    table = table.sort_values(WAY, ignore_index=True)
    known = [_there(table, measured) for measured in (last, this)]
    metres = _step_by_step(table, last, this)
    compared = known[0].all(axis=1) & known[1].all(axis=1)
    for side, measured, stage, there in zip(_SIDES, (last, this), (0, -1), known, strict=True):
        table[f"m_{side}"] = metres[stage].where(there.all(axis=1))
        table[f"band_{side}"] = price(table[f"m_{side}"], measured.cycle.policy.settings.bands)["band"]
    table["change_m"] = table["m_this"] - table["m_last"]
    words = []
    for step, (before, after) in zip(STEPS, pairwise(metres), strict=True):
        table[f"{step.replace('-', '_')}_m"] = (after - before).where(compared)
        words.append(np.where(compared & _differ(before, after), step, ""))
    for side, there, word in (("last", known[0], "new"), ("this", known[1], "gone")):
        words += [np.where(~there[place] & known[side == "last"][place], f"{place}-{word}", "") for place in there]
    table["cause"] = [";".join(filter(None, row)) for row in zip(*words, strict=True)]
    table["band_changes"] = compared & _differ(table["band_last"], table["band_this"])
    at = list(STEPS).index("roads")
    table = table.assign(**_by_roads(table, metres[at], metres[at + 1], compared, this.cycle.policy.settings))
    sides = [f"{name}_{side}" for name in _OF_A_YEAR for side in _SIDES]
    parts = [f"{step.replace('-', '_')}_m" for step in STEPS]
    told = ["change_m", *parts, "cause", "band_changes", "roads_band_changes", "roads_baht"]
    return table[[*WAY, *sides[:4], *told, *sides[4:]]]


def last_roads(last: Cycle, this: Cycle) -> RoadNetwork:
    """Return the last year's roads, open, for this year's vehicle."""
    if last.policy.van == this.policy.van:
        return last.open_network
    return read_roads(last.roads, this.policy.van, Path(user_cache_dir("restructure", appauthor=False)))


def way_points(table: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """Return the points of ways as a year has them: ``lat``, ``lon``, ``school_lat``, ``school_lon``."""
    origins, schools = _origins(measured), measured.cycle.tables["schools"]
    homes = origins.reindex(pd.MultiIndex.from_frame(table[WAY[:2]]))
    at = schools.set_index("school_id")[["lat", "lon"]].reindex(table["school_id"])
    points = np.hstack([homes.to_numpy(float), at.to_numpy(float)])
    return pd.DataFrame(points, table.index, ["lat", "lon", "school_lat", "school_lon"])


def _gather(measured: Measured, side: str) -> pd.DataFrame:
    """Return the ways of one year: who goes them, who is paid for, what is certified."""
    seats = Moves.of(PRESENT, measured.office).seats_table
    seats = seats.assign(student_key=seats.get("student_key", "")).rename(columns={"sits_at": "host_id"})
    at_home = seats["student_key"].isin([] if measured.homes is None else measured.homes["student_key"])
    seats["measured_from"] = np.where(at_home, "home", "village")
    going = _named(seats[at_home | (seats["village_id"] != "")]).groupby(WAY, as_index=False)["pupils"].sum()
    paid = _named(pairs(measured)).rename(columns={"pupils": "paid_pupils"})[[*WAY, "paid_pupils", "baht", "state"]]
    sure = _named(certified(in_force(read_ledger(measured.cycle.folder))))[[*WAY, "certified_m"]]
    table = going.merge(paid[paid["origin"] != ""], how="outer", on=WAY).merge(sure, how="outer", on=WAY)
    return table.rename(columns={name: f"{name}_{side}" for name in table.columns.difference(WAY)})


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """Name the ways of rows with ``measured_from``, ``village_id``, ``student_key`` and ``host_id``."""
    origin = rows["village_id"].where(rows["measured_from"] == "village", rows["student_key"])
    return (
        rows.drop(columns="school_id", errors="ignore").assign(origin=origin).rename(columns={"host_id": "school_id"})
    )


def _origins(measured: Measured) -> pd.DataFrame:
    """Return the points of villages and homes by ``measured_from`` and ``origin``."""
    villages = measured.cycle.tables["villages"].rename(columns={"village_id": "origin"})
    found = [villages.assign(measured_from="village")]
    homes = home_points(measured.cycle.tables["students"])
    if len(homes):
        found.append(homes.rename(columns={"student_key": "origin"}).assign(measured_from="home"))
    return pd.concat([one[[*WAY[:2], "lat", "lon"]] for one in found]).set_index(WAY[:2])


def _there(table: pd.DataFrame, measured: Measured) -> pd.DataFrame:
    """Tell whether a year has the home and the school of each way."""
    homes = pd.MultiIndex.from_frame(table[WAY[:2]]).isin(_origins(measured).index)
    return pd.DataFrame(
        {"home": homes, "school": table["school_id"].isin(measured.cycle.tables["schools"]["school_id"])}
    )


def _step_by_step(table: pd.DataFrame, last: Measured, this: Measured) -> list[pd.Series]:
    """Return the metres of each way in the last year, after each of :data:`STEPS`, the last of which is this year."""
    was, now = (way_points(table, measured) for measured in (last, this))
    home, school = ["lat", "lon"], ["school_lat", "school_lon"]
    both = [pd.concat([now[home], was[school]], axis=1), now]
    old, roads, new = last.cycle.open_network, last_roads(last.cycle, this.cycle), this.cycle.open_network
    closed = [_closed(last.cycle, network) for network in (old, roads, new)]
    stages: Sequence[tuple[RoadNetwork, pd.DataFrame, Bools]] = [
        (old, was, closed[0]),
        (old, both[0], closed[0]),
        (old, both[1], closed[0]),
        (roads, now, closed[1]),
        (new, now, closed[2]),
        (new, now, _closed(this.cycle, new)),
    ]
    return [_metres(*stage) for stage in stages]


def _closed(cycle: Cycle, network: RoadNetwork) -> Bools:
    """Return which pieces of some roads a year's closures take out, those that count in its distances."""
    counting = cycle.closures[cycle.closures["in_force"].astype(bool)]
    if counting.empty:
        return np.zeros(len(network.start), dtype=bool)
    pieces, _ = closed_pieces(network, counting, cycle.policy.settings.closure_limit_m, cycle.files["closures"])
    return piece_mask(network, pieces.values())


def _metres(network: RoadNetwork, points: pd.DataFrame, closed: Bools) -> pd.Series:
    """Return the routed metres between pairs of points, Int64, null where there is no way or no point."""
    home = points[["lat", "lon"]].drop_duplicates(ignore_index=True)
    school = points[["school_lat", "school_lon"]].drop_duplicates(ignore_index=True)
    school = school.set_axis(["lat", "lon"], axis=1)
    homes = home.assign(key=np.arange(len(home)))
    schools = school.assign(school_id=np.arange(len(school)))
    ways = distance_table(network, homes, schools, key="key", closed=closed)["road_m"]
    of_home = points[["lat", "lon"]].merge(homes, how="left", on=["lat", "lon"])["key"].to_numpy()
    at = points[["school_lat", "school_lon"]].set_axis(["lat", "lon"], axis=1)
    of_school = at.merge(schools, how="left", on=["lat", "lon"])["school_id"].to_numpy()
    return ways.iloc[of_home * len(schools) + of_school].set_axis(points.index)


def _differ(before: pd.Series, after: pd.Series) -> pd.Series:
    """Tell where two numbers differ; a null is another than every number."""
    return before.astype("Int64").fillna(-1) != after.astype("Int64").fillna(-1)


def _by_roads(
    table: pd.DataFrame, before: pd.Series, after: pd.Series, compared: pd.Series, settings: Settings
) -> dict[str, pd.Series]:
    """Return what the roads alone do to bands and to a school year's baht of those who are paid."""
    was, now = (price(metres, settings.bands) for metres in (before, after))
    baht = table["paid_pupils_this"] * settings.days_per_year * (now["baht_per_day"] - was["baht_per_day"])
    return {"roads_band_changes": compared & _differ(was["band"], now["band"]), "roads_baht": baht.where(compared)}

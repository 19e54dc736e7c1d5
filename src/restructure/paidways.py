"""The pairs of origin and host that a round pays for: their ways, what speaks against these, how they are known again.

All of it follows from what was measured; what has been decided about a pair is not known here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import shapely

from restructure.audit import declared_metres, thresholds
from restructure.bands import price
from restructure.cycle import Measured, home_points
from restructure.distance import routes, whole_metres
from restructure.intake.pupils import read_salt
from restructure.moves import Moves, plain, weighted_quantile, with_distances
from restructure.points import snaps
from restructure.policy import Settings
from restructure.roads import Floats
from restructure.scenario import PRESENT, Scenario
from restructure.seating import make_office, term_key
from restructure.subsidy import claim_rows
from restructure.thai import ROUNDS, round_term
from restructure.words import FLAGS, RULES

#: What a pair is known by here: ``origin`` is a village's code or a child's key.
ORIGIN = ["measured_from", "origin", "host_id"]
#: Half of a SHA-256 for each end of a pair.
POINT_DIGITS = 32
#: A way is known by its bends: what lies within this many degrees (about a metre) of the line without it is none, so
#: that a road which somebody joins to it, a node more on a straight stretch, does not change it.
_BEND = 1e-5


#: What was worked out before, by what was measured: each click asks for it again, and it takes seconds.
_MADE: WeakKeyDictionary[Measured, dict[tuple[tuple[str, ...], str], pd.DataFrame]] = WeakKeyDictionary()


def paid_ways(measured: Measured, round_names: Sequence[str], scenario: Scenario | None = None) -> pd.DataFrame:
    """Return every pair that is paid for in some rounds; worked out once for what was measured, rounds and scenario.

    Returns
    -------
    DataFrame
        A row a pair, sorted by ``ORIGIN``, with ``village_id``, ``student_key``, ``schools``, ``pupils``, ``baht``,
        ``declared_m``, ``routed_m``, ``minutes``, ``low_m``, ``high_m``, ``reason`` (why it has to be checked, whatever
        was decided), ``points`` and ``road`` as :func:`restructure.certify.pairs` tells of them. Not to be changed.
    """
    names = tuple(sorted(round_names, key=ROUNDS.index))
    made = _MADE.setdefault(measured, {})
    key = names, scenario.model_dump_json() if scenario else ""
    if key not in made:
        made[key] = _work_out(measured, names, scenario)
    return made[key]


def _work_out(measured: Measured, round_names: Sequence[str], scenario: Scenario | None) -> pd.DataFrame:
    policy = measured.cycle.policy
    settings = [policy.at(round_term(policy.fiscal_year, name)).settings for name in round_names]
    parts = [_paid_rows(measured, name, scenario) for name in round_names]
    table = _gather(measured, pd.concat(parts, ignore_index=True))
    feet, ranges, own = _feet(measured, table, settings[0])
    spans = ranges.rename(columns={"village_id": "origin"}).assign(measured_from="village")
    if own is not None:
        spans = pd.concat([spans, own.rename(columns={"student_key": "origin"}).assign(measured_from="home")])
    spans = spans.rename(columns={"school_id": "host_id"})
    near = pd.concat(
        [
            _near_thresholds(part, measured.cycle.tables["villages"], ranges, own, spans, rules)
            for part, rules in zip(parts, settings, strict=True)
        ]
    ).groupby(ORIGIN)
    bounds = near.agg(low_m=("low_m", "min"), high_m=("high_m", "max")).astype("Int64").reset_index()
    causes = near["causes"].agg(";".join).astype("str").reset_index()
    table = table.merge(spans[[*ORIGIN, "lowest_m", "highest_m"]], how="left", on=ORIGIN)
    table = table.merge(bounds, how="left", on=ORIGIN).merge(causes, how="left", on=ORIGIN).fillna({"causes": ""})
    table["detour"] = (table["highest_m"] - table["lowest_m"] > settings[0].snap_detour_m).fillna(False)
    table["other_band"] = _other_band(table, settings)
    return table.assign(reason=_reasons(table, measured.cycle.tables["schools"], feet))


def _paid_rows(measured: Measured, round_name: str, scenario: Scenario | None) -> pd.DataFrame:
    """Return the eligible rows of pupils of a round.

    Returns
    -------
    DataFrame
        Rows of :func:`restructure.subsidy.claim_rows` with ``measured_from`` (``village``, ``home``), ``origin`` (code
        of the village, or key of the child), ``round`` and ``declared_m`` (to the host; NaN where nothing usable is
        declared); ``student_key`` only of those who are measured from an own home point.
    """
    cycle, homes = measured.cycle, measured.homes
    term = round_term(cycle.policy.fiscal_year, round_name)
    office = make_office(cycle.tables, measured.distances, cycle.policy, homes, term=term)
    rows = claim_rows(office, round_name, scenario)
    seats = Moves.of(scenario or PRESENT, office, term_key(term)).seats_table
    paid = seats["left_id"] != ""
    # A school's unit is told by all of its pupils; those of other schools say nothing of it.
    declared = declared_metres(seats[seats["school_id"].isin(seats.loc[paid, "school_id"])], measured.distances, homes)
    # The rows of both tables are the pupils whom a merger takes somewhere, in the order of the count.
    tolerance_m = cycle.policy.at(term).settings.declared_tolerance_m
    rows["declared_m"] = _declared_to_host(measured, seats[paid], declared[paid].to_numpy(), tolerance_m)
    at_home = rows["student_key"].isin([] if homes is None else homes["student_key"])
    rows = rows.assign(
        round=round_name,
        measured_from=np.where(at_home, "home", "village"),
        student_key=rows["student_key"].where(at_home, ""),
        origin=rows["student_key"].where(at_home, rows["village_id"]),
    )
    return rows[rows["reason"] == ""]


def _declared_to_host(measured: Measured, seats: pd.DataFrame, declared_m: Floats, tolerance_m: int) -> Floats:
    """Return what rows of pupils declare of the way to their host, NaN where it fits the roll's school better.

    Most records of children on the roll of the school that they left mean the way to that one.
    """
    off_host, off_roll = (
        np.abs(with_distances(rows, measured.distances, measured.homes)["road_m"].astype("float64") - declared_m)
        for rows in (seats, seats.assign(sits_at=seats["school_id"]))
    )
    # Without a way to the host a record means the roll's school where the two agree.
    fits_roll = np.where(off_host.isna(), off_roll <= tolerance_m, off_roll < off_host)
    return np.where(fits_roll, np.nan, declared_m)


def _gather(measured: Measured, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs of some rounds, sorted by ``ORIGIN``, with their ways and digests, from rows of pupils."""
    grouped = rows.groupby(ORIGIN)
    by_round = rows.groupby([*ORIGIN, "round"])["pupils"].sum()
    table = grouped.agg(
        village_id=("village_id", "last"),
        student_key=("student_key", "last"),
        schools=("school_id", lambda codes: ";".join(sorted(set(codes)))),
    )
    table["pupils"] = by_round.groupby(ORIGIN).max().astype("Int64")
    table["baht"] = grouped["baht"].sum(min_count=1).astype("Int64")
    table["declared_m"] = _declared(rows)
    return _with_digests(measured, _with_ways(measured, table.reset_index()))


def known_ways(measured: Measured, table: pd.DataFrame) -> pd.DataFrame:
    """Return pairs, paid for or not, with their ways and digests; worked out once for what was measured.

    Parameters
    ----------
    table
        ``ORIGIN``. A place that is not there any more has no point.
    """
    made = _MADE.setdefault(measured, {})
    key = tuple(">".join(pair) for pair in table[ORIGIN].itertuples(index=False)), "known"
    if key not in made:
        made[key] = _with_digests(measured, _with_ways(measured, table[ORIGIN]))
    return made[key]


def digest(text: str, salt: bytes = b"") -> str:
    """Return the SHA-256 of a text as hex."""
    return hashlib.sha256(salt + text.encode()).hexdigest()


def _declared(rows: pd.DataFrame) -> pd.Series:
    """Return the median of what the pupils of each pair declare, null where they declare nothing."""
    known = rows[rows["declared_m"].notna()]
    known = known.assign(metres=whole_metres(known["declared_m"].to_numpy()))
    medians = {
        key: weighted_quantile(plain(mine["metres"]), plain(mine["pupils"]), 1, 2)
        for key, mine in known.groupby(ORIGIN)
    }
    index = pd.MultiIndex.from_tuples(list(medians), names=ORIGIN)
    return pd.Series(list(medians.values()), index, dtype="Int64")


def _with_ways(measured: Measured, table: pd.DataFrame) -> pd.DataFrame:
    """Add routed metres, minutes and flags of each pair, and its points."""
    columns = ["road_m", "minutes", "flags"]
    ways = measured.distances.rename(columns={"village_id": "origin"}).assign(measured_from="village")
    places = measured.cycle.tables["villages"][["village_id", "lat", "lon"]].rename(columns={"village_id": "origin"})
    places = places.assign(measured_from="village")
    if measured.homes is not None:
        ways = pd.concat([ways, measured.homes.rename(columns={"student_key": "origin"}).assign(measured_from="home")])
        own = home_points(measured.cycle.tables["students"])[["student_key", "lat", "lon"]]
        places = pd.concat([places, own.rename(columns={"student_key": "origin"}).assign(measured_from="home")])
    ways = ways.rename(columns={"school_id": "host_id"})[["measured_from", "origin", "host_id", *columns]]
    hosts = measured.cycle.tables["schools"][["school_id", "lat", "lon"]]
    hosts = hosts.set_axis(["host_id", "school_lat", "school_lon"], axis=1)
    table = table.merge(ways, how="left", on=["measured_from", "origin", "host_id"]).fillna({"flags": ""})
    table = table.merge(places, how="left", on=["measured_from", "origin"]).merge(hosts, how="left", on="host_id")
    return table.rename(columns={"road_m": "routed_m"}).astype({"routed_m": "Int64", "minutes": "Int64"})


def _with_digests(measured: Measured, table: pd.DataFrame) -> pd.DataFrame:
    """Add digests of both points and of the routed way, which tell later whether either has changed.

    Those of homes are made with the cycle's secret: a place could be found again by trying all that there are.
    """
    home = table["measured_from"] == "home"
    salt = read_salt(measured.cycle.folder) if home.any() else b""
    salts = [salt if own else b"" for own in home]
    ends = ["lat", "lon", "school_lat", "school_lon"]
    drawn = routes(measured.cycle.network, table[ends].assign(pair=table.index)).set_index("pair").geometry
    points = [
        digest(f"{lat:.6f},{lon:.6f}", salt)[:POINT_DIGITS]
        + digest(f"{school_lat:.6f},{school_lon:.6f}", salt)[:POINT_DIGITS]
        for salt, (lat, lon, school_lat, school_lon) in zip(salts, table[ends].to_numpy(float), strict=True)
    ]
    road = [
        digest(_course(drawn.get(pair), metres), salt)
        for salt, (pair, metres) in zip(salts, table["routed_m"].items(), strict=True)
    ]
    return table.assign(points=points, road=road)


def _course(line: shapely.LineString | None, metres: Any) -> str:
    """Return a way as text: its metres, the places where it begins and ends, and every bend between.

    Bends are nodes of the road file to its last digit; the ends are feet that were computed, to about a metre.
    """
    if line is None:
        return ""
    feet = shapely.get_coordinates(line)[[0, -1]].round(5) + 0.0
    bends = shapely.get_coordinates(shapely.simplify(line, _BEND, preserve_topology=False))[1:-1]
    return f"{metres} {feet.tolist()} {bends.round(7).tolist()}"


# --- what speaks against a way --------------------------------------------------------------------------------------


def _feet(
    measured: Measured, table: pd.DataFrame, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    """Return at which roads both ends of pairs stand, and between which metres their ways lie over rival roads.

    Returns
    -------
    tuple of DataFrame
        ``end`` (such as ``village:65010101``), ``rival_road`` (empty for homes) and ``change_m``, as
        :func:`restructure.points.snaps` returns them; what :func:`restructure.points.way_ranges` returns of villages,
        and of homes, None without any.
    """
    tables, network = measured.cycle.tables, measured.cycle.network
    villages = tables["villages"][tables["villages"]["village_id"].isin(table["village_id"])]
    hosts = tables["schools"][tables["schools"]["school_id"].isin(table["host_id"])]
    feet, ranges = snaps(network, villages, hosts, settings)
    own = None
    if (table["measured_from"] == "home").any():
        homes = home_points(tables["students"])
        homes = homes[homes["student_key"].isin(table["student_key"])][["student_key", "lat", "lon"]]
        homes = homes.rename(columns={"student_key": "village_id"}).assign(name="")
        at_home, own = snaps(network, homes, hosts, settings)
        # The road at a home would tell where it is.
        at_home["rival_road"] = at_home["rival_road"].mask(at_home["kind"] == "village", "")
        feet = pd.concat([feet, at_home.replace({"kind": {"village": "home"}})])
        own = own.rename(columns={"village_id": "student_key"})
    return feet.assign(end=feet["kind"] + ":" + feet["code"])[["end", "rival_road", "change_m"]], ranges, own


def _near_thresholds(
    rows: pd.DataFrame,
    villages: pd.DataFrame,
    ranges: pd.DataFrame,
    own: pd.DataFrame | None,
    spans: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Return the pairs of a round whose band could be another: ``ORIGIN``, ``low_m``, ``high_m`` and ``causes``."""
    # The table of thresholds names no child; what decides about one stands in it.
    same = ["measured_from", "village_id", "host_id", "road_m", "snap_m", "lowest_m", "highest_m"]
    claims = rows.drop(columns="reason").assign(sits_at=rows["host_id"]).drop(columns="host_id")
    found = thresholds(claims, villages, ranges, settings, own)
    ways = rows[[*ORIGIN, "village_id", "road_m"]].drop_duplicates().merge(spans, on=ORIGIN)
    return ways.merge(found[[*same, "low_m", "high_m", "causes"]], on=same)[[*ORIGIN, "low_m", "high_m", "causes"]]


def _other_band(table: pd.DataFrame, settings: Sequence[Settings]) -> pd.Series:
    """Tell where what is declared is of another band than the routed way in a round, by more than a slip."""
    found = pd.Series(False, table.index)
    off = (table["declared_m"] - table["routed_m"]).abs()
    for rules in settings:
        routed, declared = (price(table[column], rules.bands)["band"] for column in ("routed_m", "declared_m"))
        found |= ((routed != declared) & (off > rules.declared_tolerance_m)).fillna(False).astype(bool)
    return found


def _reasons(table: pd.DataFrame, schools: pd.DataFrame, feet: pd.DataFrame) -> pd.Series:
    """Return in Thai why each pair should be looked at in the field; empty where nothing speaks against it."""
    special = set(schools.loc[schools["special_area"].fillna("") != "", "school_id"])
    # With one of the two roads there is no way at all.
    lost = set(feet.loc[feet["change_m"].isna(), "end"])
    rivals = feet[feet["change_m"].ne(0).fillna(True)].set_index("end")["rival_road"].to_dict()
    reasons = []
    for row in table.to_dict("records"):
        told = [spell(row["flags"].split(";"), FLAGS)]
        if row["measured_from"] == "home":
            told = [text.replace("หมู่บ้าน", "จุดบ้าน") for text in told]
        elif not row["village_id"]:
            told = ["ไม่ทราบหมู่บ้าน"]
        near = set(filter(None, row["causes"].split(";")))
        if near:
            words = spell(sorted(near - {"rival"}), RULES)
            told.append(f"ช่วงอัตราอาจเปลี่ยน {row['low_m']:,}–{row['high_m']:,} ม." + (f" ({words})" if words else ""))
        ends = [f"{row['measured_from']}:{row['origin']}", f"school:{row['host_id']}"]
        if "rival" in near or row["detour"] or lost & set(ends):
            told.append(_spell_rival(row, [rivals.get(end, "") for end in ends]))
        if row["other_band"]:
            told.append(f"แจ้งใน DMC {row['declared_m']:,} ม. ต่างช่วงอัตรา")
        if special & {row["host_id"], *row["schools"].split(";")}:
            told.append(RULES["special-area"])
        reasons.append("; ".join(filter(None, told)))
    return pd.Series(reasons, table.index, dtype="str")


def _spell_rival(row: dict[Any, Any], roads: Sequence[str]) -> str:
    """Say that another road may be meant, which at either end, and between which metres the way then lies."""
    words = RULES["rival"]
    if not pd.isna(row["lowest_m"]) and row["lowest_m"] < row["highest_m"]:
        words += f": ระหว่าง {row['lowest_m']:,}–{row['highest_m']:,} ม."
    at = [f"ใกล้{end} {road}" for end, road in zip(("หมู่บ้าน", "โรงเรียน"), roads, strict=True) if road]
    return words + (f" ({', '.join(at)})" if at else "")


def spell(words: Sequence[str], thai: dict[str, str]) -> str:
    """Return words in Thai, joined by commas."""
    return ", ".join(thai.get(word, word) for word in words if word)

"""Which distances could turn out otherwise where it costs money: at the bounds of bands, at points, against DMC."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from restructure.bands import price
from restructure.distance import routes, whole_metres
from restructure.intake import columns_of
from restructure.moves import Moves, plain, weighted_quantile, with_distances
from restructure.points import missing_links, snaps, way_ranges
from restructure.policy import Policy, Settings
from restructure.roads import Floats, RoadNetwork

#: Columns of a declared distance by the surface of the road: parts of one trip.
_SURFACES = ["declared_unpaved", "declared_paved", "declared_water"]
#: Units that DMC files are met in, and how many metres each is.
_UNITS = {"m": 1, "km": 1000}
#: So many declared distances say which unit a school writes in; fewer may all be odd ones.
_FEWEST_VALUES = 3
#: A unit is not believed when half of a school's distances are off by more than this factor.
_MOST_OFF = 10
#: Columns of a row of declared distances, and which of them are medians of its pupils.
_DECLARED = ["school_id", "host_id", "village_id", "unit", "pupils", "paid", "declared_m", "road_m", "difference_m"]
_DECLARED += ["roll_road_m", "fits_roll", "band_declared", "band_routed", "baht_change"]
_MEDIANS = ["declared_m", "road_m", "difference_m", "roll_road_m"]
_SUMS = ["pupils", "paid", "baht_change"]
_NUMBERS = [*_MEDIANS, *_SUMS, "band_declared", "band_routed"]


@dataclass(frozen=True, eq=False)
class Audit:
    """What to check before money moves; the columns of each table are in the table of its name in ``columns.csv``."""

    thresholds: pd.DataFrame
    snaps: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    declared: pd.DataFrame
    units: pd.DataFrame


def audit(
    outcome: Moves,
    tables: dict[str, pd.DataFrame],
    network: RoadNetwork,
    distances: pd.DataFrame,
    policy: Policy,
    homes: pd.DataFrame | None = None,
    home_points: pd.DataFrame | None = None,
) -> Audit:
    """Look for every distance whose uncertainty may cost money once a scenario is in force.

    Parameters
    ----------
    distances, homes
        Villages, and home points, to schools.
    home_points
        ``student_key``, ``lat``, ``lon`` of the home points that ``homes`` was measured from.
    """
    villages, schools, settings = tables["villages"], tables["schools"], policy.settings
    rows = claims(outcome, distances, homes)
    snapped, ranges = snaps(network, villages, schools, settings)
    home_ranges = None
    if home_points is not None and "student_key" in rows:
        paid = home_points[home_points["student_key"].isin(rows["student_key"])]
        hosts = schools[schools["school_id"].isin(rows["sits_at"])]
        home_ranges = way_ranges(network, paid, hosts, settings, key="student_key")
    declared, units = declared_against_routed(outcome.seats_table, distances, settings, homes)
    return Audit(
        thresholds=thresholds(rows, villages, ranges, settings, home_ranges),
        snaps=snapped,
        links=missing_links(network, villages, schools, distances),
        declared=declared,
        units=units,
    )


def claims(outcome: Moves, distances: pd.DataFrame, homes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return all pupils who are paid for once a scenario is in force: by earlier mergers and by its own.

    Returns
    -------
    DataFrame
        Rows as :func:`restructure.moves.with_distances` returns them: with these
        :func:`restructure.moves.subsidy_rows` prices a year.
    """
    seats = outcome.seats_table
    return with_distances(seats[seats["left_id"] != ""], distances, homes)


def thresholds(
    claims: pd.DataFrame,
    villages: pd.DataFrame,
    ranges: pd.DataFrame,
    settings: Settings,
    home_ranges: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List every way that is paid for and whose band could be another within the uncertainty of its distance.

    The distance lies between the shortest and the longest way over the rival roads of both ends, less and more the
    stretches from both points to their roads, the tolerance of a second measurement, and how far homes lie from the
    point that stands for them.

    Parameters
    ----------
    claims
        Rows as :func:`claims` returns them; those without a way are left out.
    villages
        ``village_id`` and ``point_source``; a source that the policy does not know counts as its worst one. Where
        ``home_spread_m`` is there and filled in, homes lie within these metres of the point whatever its source.
    ranges, home_ranges
        What :func:`restructure.points.way_ranges` returns for villages, and by ``student_key`` for home points:
        pupils who are among the latter are measured from there.

    Returns
    -------
    DataFrame
        Columns in the table ``thresholds`` of ``columns.csv``, whole metres and baht of a year; most baht at stake
        first, then by village, host, measured from and distance. A row a village and host, or for pupils who are
        measured from their own homes a row a distance; no key or point of a home is in it.
    """
    spread_m = settings.home_spread_m
    rows = claims[claims["road_m"].notna()].drop(columns="school_id").rename(columns={"sits_at": "host_id"})
    ranges = ranges.rename(columns={"school_id": "host_id"})
    spread = _village_spread(villages, spread_m)
    measured = [(rows, ranges, "village_id", "village")]
    if home_ranges is not None:
        at_home = rows["student_key"].isin(home_ranges["student_key"])
        own = home_ranges.rename(columns={"school_id": "host_id"})
        measured = [(rows[~at_home], ranges, "village_id", "village"), (rows[at_home], own, "student_key", "home")]
    keys = ["village_id", "host_id", "measured_from", "road_m", "snap_m", "spread_m", "lowest_m", "highest_m"]
    ways = pd.concat([part.merge(t, on=[key, "host_id"]).assign(measured_from=name) for part, t, key, name in measured])
    ways["spread_m"] = ways["village_id"].map(spread).where(ways["measured_from"] == "village", spread_m["home"])
    ways = ways.groupby(keys, as_index=False)["pupils"].sum()
    ways = ways.astype(dict.fromkeys((*keys[3:], "pupils"), "Int64"))
    ways["tolerance_m"] = pd.array([settings.audit_tolerance_m] * len(ways), dtype="Int64")
    ways["uncertainty_m"] = ways[["snap_m", "spread_m", "tolerance_m"]].sum(axis=1).astype("Int64")
    ways["low_m"] = (ways["lowest_m"] - ways["uncertainty_m"]).clip(lower=0)
    ways["high_m"] = ways["highest_m"] + ways["uncertainty_m"]
    ways = ways[_flips(ways["low_m"], ways["high_m"], settings)].reset_index(drop=True)
    for suffix in ("low", "", "high"):
        name = f"_{suffix}" if suffix else ""
        priced = price(ways[f"{suffix or 'road'}_m"], settings.bands)
        ways[f"band{name}"] = priced["band"]
        ways[f"baht{name}"] = ways["pupils"] * settings.days_per_year * priced["baht_per_day"]
    ways["stake_baht"] = ways["baht_high"] - ways["baht_low"]
    ways["nearest_bound_m"], ways["to_bound_m"] = _nearest_bound(ways["road_m"], settings)
    ways["causes"] = _causes(ways, settings)
    keys = ["stake_baht", "village_id", "host_id", "measured_from", "road_m", "lowest_m"]
    ways = ways.sort_values(keys, ascending=[False] + [True] * 5, ignore_index=True)
    return ways[list(columns_of("thresholds").index)]


def _village_spread(villages: pd.DataFrame, by_source: dict[str, int]) -> pd.Series:
    """Return how far homes lie from the point of each village, in metres: its own figure, else its source's."""
    places = villages.set_index("village_id")
    spread = places["point_source"].map(by_source).fillna(max(by_source.values()))
    # Only where somebody has looked at the village and said how wide it is.
    return places["home_spread_m"].astype("Float64").fillna(spread) if "home_spread_m" in places else spread


def threshold_routes(
    network: RoadNetwork, thresholds: pd.DataFrame, tables: dict[str, pd.DataFrame]
) -> gpd.GeoDataFrame:
    """Return the measured lines of the thresholds that are measured from villages, as a layer of a map."""
    rows = thresholds[thresholds["measured_from"] == "village"]
    villages = tables["villages"][["village_id", "name", "lat", "lon"]].rename(columns={"name": "village"})
    hosts = tables["schools"][["school_id", "name", "lat", "lon"]]
    hosts = hosts.set_axis(["host_id", "host_name", "school_lat", "school_lon"], axis=1)
    pairs = rows.merge(villages, on="village_id").merge(hosts, on="host_id")
    drawn = routes(network, pairs.drop(columns="road_m"))
    return drawn.drop(columns=["lat", "lon", "school_lat", "school_lon", "unpaved_m", "track_m", "roads"])


def declared_against_routed(
    seats: pd.DataFrame, distances: pd.DataFrame, settings: Settings, homes: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Hold the distances that DMC carries against those of the roads.

    A record may mean the way to the school on whose roll the child is: where the child sits elsewhere, the way there
    stands beside, and ``fits_roll`` says that the declared distance agrees with it.

    Parameters
    ----------
    seats
        Rows as :func:`restructure.scenario.seat` returns them, with the columns of :func:`declared_values`.

    Returns
    -------
    DataFrame
        Disagreements past the policy's tolerance, a row a school on the roll, school, village and pair of bands; never
        a child. Columns in the table ``declared`` of ``columns.csv``; those that fit the roll's school last, most baht
        first, then by key. ``baht_change`` is what a year of the pupils who are paid for would cost more (less) if
        the declared distance paid.
    DataFrame
        The unit that each school is taken to write in; columns in the table ``units``.
    """
    rows = _declared_rows(seats, distances, homes)
    units = _guess_units(rows)
    rows["unit"] = rows["school_id"].map(units.set_index("school_id")["unit"])
    rows = rows[rows["unit"].isin(_UNITS) & rows["road_m"].notna()].astype({"road_m": "Int64", "roll_road_m": "Int64"})
    metres = rows["value"] * rows["unit"].map(_UNITS).astype("float64")
    rows["declared_m"] = pd.array(whole_metres(metres.to_numpy()), dtype="Int64")
    rows["difference_m"] = rows["declared_m"] - rows["road_m"]
    rows = rows[rows["difference_m"].abs() > settings.declared_tolerance_m]
    routed, declared = (price(rows[column], settings.bands) for column in ("road_m", "declared_m"))
    rows["band_routed"], rows["band_declared"] = routed["band"], declared["band"]
    rows["longer"] = rows["difference_m"] > 0
    rows["paid"] = rows["pupils"].where(rows["left_id"] != "", 0)
    rows["baht_change"] = rows["paid"] * settings.days_per_year * (declared["baht_per_day"] - routed["baht_per_day"])
    rows["roll_road_m"] = rows["roll_road_m"].where(rows["school_id"] != rows["sits_at"])
    rows = rows.rename(columns={"sits_at": "host_id"})
    rows["fits_roll"] = (rows["declared_m"] - rows["roll_road_m"]).abs().le(settings.declared_tolerance_m).fillna(False)
    keys = ["school_id", "host_id", "village_id", "unit", "band_declared", "band_routed", "longer", "fits_roll"]
    found = [
        dict(zip(keys, values, strict=True))
        | {name: weighted_quantile(plain(mine[name]), plain(mine["pupils"]), 1, 2) for name in _MEDIANS}
        | {name: int(mine[name].sum()) for name in _SUMS}
        for values, mine in rows.groupby(keys)
    ]
    table = pd.DataFrame(found, columns=[*_DECLARED, "longer"]).astype(dict.fromkeys(_NUMBERS, "Int64"))
    table["size"] = -table["baht_change"].abs()
    return table.sort_values(["fits_roll", "size", *keys[:-1]], ignore_index=True)[_DECLARED], units


def declared_values(students: pd.DataFrame) -> pd.Series:
    """Return the declared distance of each row of pupils, in the unit of its file: exports of DMC do not say which.

    The surfaces are parts of one trip and are added up; a whole distance in ``declared_m`` stands before them.

    Returns
    -------
    Series
        float, NaN where nothing is declared. 0 says nothing: forms that ask for three surfaces are left at 0.
    """
    # Absent in most offices' files: then nothing is declared.
    given = students.reindex(columns=[*_SURFACES, "declared_m"]).astype("float64").replace(0.0, np.nan)
    return given["declared_m"].fillna(given[_SURFACES].sum(axis=1, min_count=1))


def declared_metres(seats: pd.DataFrame, distances: pd.DataFrame, homes: pd.DataFrame | None = None) -> pd.Series:
    """Return the declared distance of each row of pupils in metres, by the unit that its school is taken to write in.

    Parameters
    ----------
    seats
        As for :func:`declared_against_routed`; all rows of each school whose unit is wanted.

    Returns
    -------
    Series
        float by the rows of ``seats``, NaN where nothing is declared or nobody knows the unit.
    """
    units = _guess_units(_declared_rows(seats, distances, homes)).set_index("school_id")["unit"]
    return declared_values(seats) * seats["school_id"].map(units).map(_UNITS).astype("float64")


def _declared_rows(seats: pd.DataFrame, distances: pd.DataFrame, homes: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows that declare a distance, as ``value``, with those of the roads to the seat and to the roll."""
    seats = seats.assign(value=declared_values(seats))
    seats = seats[seats["value"].notna()].reset_index(drop=True)
    rows = with_distances(seats, distances, homes)
    rows["roll_road_m"] = with_distances(seats.assign(sits_at=seats["school_id"]), distances, homes)["road_m"]
    return rows


def _guess_units(rows: pd.DataFrame) -> pd.DataFrame:
    """Return for each school on the roll the unit in which its values come nearest to the roads."""
    # A record may mean the way to the roll's school or to the one where the child sits: the nearer of the two counts.
    logs = {}
    for unit, factor in _UNITS.items():
        to = rows[["roll_road_m", "road_m"]].astype("float64")
        by_road = np.log10(to.where(to > 0).rdiv(rows["value"] * factor, axis=0))
        nearer = by_road.abs().fillna(np.inf).to_numpy().argmin(axis=1)
        logs[unit] = pd.Series(by_road.to_numpy()[np.arange(len(rows)), nearer], rows.index)
    found = []
    for school, mine in rows.groupby("school_id"):
        ratios = {unit: values[mine.index].dropna() for unit, values in logs.items()}
        known = ratios["m"]
        off = {unit: float(values.abs().median()) for unit, values in ratios.items()}
        unit = min(off, key=lambda name: off[name]) if len(known) >= _FEWEST_VALUES else ""
        reason = ""
        if not unit:
            reason = f"มีระยะทางที่เทียบได้ไม่ถึง {_FEWEST_VALUES} รายการ"
        elif off[unit] > np.log10(_MOST_OFF):
            unit, reason = "", f"ต่างจากถนนเกิน {_MOST_OFF} เท่า ไม่ว่าจะเป็นหน่วยใด"
        typical = 10 ** float(ratios[unit].median()) * 100 if unit else np.nan
        found.append((school, unit or "unknown", len(known), typical, reason))
    units = pd.DataFrame(found, columns=["school_id", "unit", "values", "typical_percent", "reason"])
    return units.astype({"values": "Int64"}).assign(typical_percent=units["typical_percent"].round().astype("Int64"))


def _flips(low_m: pd.Series, high_m: pd.Series, settings: Settings) -> pd.Series:
    """Tell where a distance between two others may be of more than one band."""
    bands = [price(metres, settings.bands)["band"] for metres in (low_m, high_m)]
    return bands[0] != bands[1]


def _causes(ways: pd.DataFrame, settings: Settings) -> list[str]:
    """Return which part of the uncertainty flips the band by itself, joined by ``;``; ``together`` where none does."""
    raised = {
        word: _flips((ways["road_m"] - ways[column]).clip(lower=0), ways["road_m"] + ways[column], settings)
        for word, column in (("snap", "snap_m"), ("spread", "spread_m"), ("tolerance", "tolerance_m"))
    }
    raised["rival"] = _flips(ways["lowest_m"], ways["highest_m"], settings)
    return [";".join(word for word in raised if raised[word][row]) or "together" for row in ways.index]


def _nearest_bound(road_m: pd.Series, settings: Settings) -> tuple[Floats, Floats]:
    """Return the bound of a band nearest to each distance, and metres to the first distance beyond it."""
    bounds = np.array([band.up_to_m for band in settings.bands[:-1]], dtype=np.int64)
    metres = road_m.to_numpy(dtype=np.int64)[:, None]
    # A bound belongs to the lower band: from below one metre more is needed.
    away = np.where(metres <= bounds, bounds + 1 - metres, metres - bounds)
    if not away.size:  # one band for all, or nothing to list
        return metres[:, 0], metres[:, 0]
    nearest = away.argmin(axis=1)
    return bounds[nearest], away.min(axis=1)

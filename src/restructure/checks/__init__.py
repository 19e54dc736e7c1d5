"""Rules that tables must keep together, one function each: every problem is found, what is certain is mended.

A rule takes the office's tables and returns its problems; where a row cannot be used the problem is an ``error`` and
:func:`check_tables` sets the row aside before the next rule looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd

from restructure.checks import codes, mergers, money, points, pupils, rows
from restructure.checks.telling import Found, Office, Tables
from restructure.intake import Problem
from restructure.policy import Settings, load_policy
from restructure.roads import RoadNetwork

__all__ = ["Tables", "check_places", "check_tables"]

_Rule = Callable[[Office], Iterator[Problem]]
#: Tables whose rows belong to a school.
_OF_SCHOOLS = ("students", "mergers", "enrolment", "payments", "totals")
#: Rules that only doubt, on the rows that are left: before points are mended, and after.
_DOUBTING: tuple[_Rule, ...] = (rows.homes, pupils.newest_counts, pupils.grades, points.same_point)
_DOUBTING_PLACED: tuple[_Rule, ...] = (
    codes.village_codes,
    codes.smis_as_village,
    codes.place_names,
    codes.repeated_names,
    pupils.jumps,
    pupils.empty_grades,
    pupils.rooms,
    pupils.totals,
    pupils.people,
    mergers.gone_schools,
    money.letters,
    money.payments,
)


def check_tables(
    tables: Tables,
    files: dict[str, str],
    network: RoadNetwork,
    fiscal_year: int,
    *,
    tambons: gpd.GeoDataFrame | None = None,
    settings: Settings | None = None,
) -> tuple[Tables, list[Problem]]:
    """Apply every rule in turn.

    Parameters
    ----------
    tables
        Typed tables by name, indexed by row number.
    files
        The file of each table as messages should name it.
    network
        The roads, which say where points may lie.
    fiscal_year
        Of the cycle, Buddhist era: a count from after it is a slip of the pen.
    tambons
        As :func:`restructure.gazetteer.tambon_list` returns them; without them codes and names of places are not
        checked.
    settings
        The thresholds; without them the packaged ones.

    Returns
    -------
    dict of DataFrame
        The rows that can be used, points mended; ``students`` has a column ``pupils``.
    list of Problem
    """
    settings = settings or load_policy().settings
    tables = {name: table.copy() for name, table in tables.items()}
    tables["schools"]["status"] = tables["schools"]["status"].replace("", "open")
    found = rows.name_pupils(tables["students"], files["students"])
    found += rows.set_aside_future(tables, files["students"], fiscal_year)
    rows.complete_counts(tables["students"])
    office = Office(tables, files, settings, tambons, fiscal_year)
    found += codes.school_codes(office)
    # One file may hold several tables: an error is of the table that its rule looked at.
    setting_aside: list[tuple[str, Callable[[Office], Iterator[Found]]]] = [
        ("students", rows.counts),
        *((name, partial(rows.keys, name=name)) for name in tables),
        *((name, partial(rows.references, name=name)) for name in _OF_SCHOOLS if name in tables),
        *(("mergers", rule) for rule in (mergers.merger_schools, mergers.merger_terms) if "mergers" in tables),
    ]
    for name, look in setting_aside:
        told = list(look(office))
        aside = [place for place, problem in told if problem.severity == "error"]
        tables[name] = tables[name][~np.isin(np.arange(len(tables[name])), aside)]
        found += [problem for _, problem in told]
    for rule in _DOUBTING:
        found += rule(office)
    for name in ("schools", "villages", "students"):
        if {"lat", "lon"} <= set(tables[name]):
            tables[name], problems = points.mend_points(tables[name], files[name], network, private=name == "students")
            found += problems
    office = Office(tables, files, settings, tambons, fiscal_year)
    for rule in _DOUBTING_PLACED:
        found += rule(office)
    found += points.close_schools(office, network)
    found += points.outside_tambon(office, network)
    return tables, found


def check_places(
    distances: pd.DataFrame,
    snaps: pd.DataFrame,
    links: pd.DataFrame,
    tables: Tables,
    files: dict[str, str],
    *,
    homes: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> list[Problem]:
    """Name each village and school that no road joins to the others, each that may stand at the wrong road, far homes.

    Parameters
    ----------
    distances
        Columns of ``distances.parquet``.
    snaps, links
        As :func:`restructure.points.snaps` and :func:`restructure.points.missing_links` return them.
    homes
        Columns of ``homes.parquet``: pupils with a home point of their own, whose points no problem shows.
    settings
        The thresholds; without them the packaged ones.
    """
    settings = settings or load_policy().settings
    found = list(points.places_at_roads(distances, snaps, links, tables, files))
    found += points.far_homes(distances, homes, tables, files["students"], settings.far_home_m)
    return found

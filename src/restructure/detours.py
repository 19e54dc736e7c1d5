"""The office measured anew while other roads are closed than those that its fiscal year counts."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from restructure.closures import closed_roads, piece_mask
from restructure.cycle import Measured, home_points, wet_closed
from restructure.distance import distance_table
from restructure.seating import Office, make_office


class Detours(NamedTuple):
    """An office whose ways go around closed roads, and its villages' distances."""

    office: Office
    distances: pd.DataFrame


def usual_closures(measured: Measured) -> frozenset[str]:
    """Return the codes of the closures that count in the distances of the fiscal year."""
    closures = measured.cycle.closures
    return frozenset(closures.loc[closures["in_force"].astype(bool), "closure_id"])


def closure_list(measured: Measured) -> pd.DataFrame:
    """Return the cycle's closures as they were read, with ``roads`` and ``closed_m`` of each."""
    cycle = measured.cycle
    roads = closed_roads(cycle.open_network, cycle.closed_pieces)
    columns = ["closure_id", "from", "to", "reason", "in_force"]
    return pd.DataFrame(cycle.closures[columns]).merge(roads, on="closure_id", how="left")


def go_around(measured: Measured, closed: frozenset[str], *, wet: bool) -> Detours:
    """Measure every way anew with some closures, and only these, in force.

    Parameters
    ----------
    closed
        Codes of the closures whose roads nobody may use.
    wet
        Whether what the wet season takes out is closed too (:func:`restructure.cycle.wet_closed`).
    """
    if closed == usual_closures(measured) and not wet:
        return Detours(measured.office, measured.distances)
    cycle, usual = measured.cycle, measured.office
    tables, network = cycle.tables, cycle.open_network
    wet_too = wet_closed(cycle)
    taken = piece_mask(network, (cycle.closed_pieces[code] for code in closed))
    points = home_points(tables["students"])
    found = {}
    for season, shut in (("now", taken | wet_too if wet else taken), ("wet", taken | wet_too)):
        found[season] = distance_table(network, tables["villages"], tables["schools"], closed=shut)
        if len(points):
            homes = distance_table(network, points, tables["schools"], key="student_key", closed=shut)
            found[f"{season}_homes"] = homes
    ways = found["now"], cycle.policy, found.get("now_homes"), found["wet"], found.get("wet_homes")
    office = make_office(tables, *ways)
    return Detours(replace(office, future=usual.future, future_year=usual.future_year), found["now"])

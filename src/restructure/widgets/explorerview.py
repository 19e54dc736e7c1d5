"""What the map page shows beside the planning page's, as JSON has it: plain functions of an office and outcomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from restructure.byhand import homes_of
from restructure.cautions import planned_pairs
from restructure.closures import STATES as CLOSURE_STATE_KEYS
from restructure.closures import closure_effects, closure_summary
from restructure.comparison import paid_by_band
from restructure.cycle import Measured
from restructure.detours import Detours, closure_list
from restructure.grades import GRADES, STAGES, thai_grades
from restructure.intake import WET_SEASON
from restructure.mapdata import SPECIAL, STATES, band_looks, one_line, school_states
from restructure.projection import history, whole_pupils
from restructure.roads import Ints
from restructure.seating import NONE, Office
from restructure.simulate import Outcome
from restructure.teaching import rooms_needed
from restructure.webpage import ground_data, plain, point, steps
from restructure.widgets.planview import Name, merges_view
from restructure.words import CLOSURE_STATES, INTERNAL, SYNTHETIC, spell_day

_PLACE = {"tambon": "ต.", "amphoe": "อ."}


def ground_view(measured: Measured) -> dict[str, Any]:
    """Return what never changes while the page is open: roads, schools with their past, villages, looks and bands."""
    cycle, office = measured.cycle, measured.office
    villages = village_table(measured)
    counts = np.bincount(village_rows(office, villages) + 1, office.count, len(villages) + 1)[1:].astype(int).tolist()
    past = _past(measured)
    schools = [
        {
            "id": row["school_id"],
            "name": one_line(row["name"]),
            "place": " ".join(f"{mark}{one_line(row[key])}" for key, mark in _PLACE.items() if row[key]),
            "at": point(row["lat"], row["lon"]),
            "grades": thai_grades(row["grades"]),
            "rooms": plain(row["rooms"]),
            "teachers": plain(row["teachers"]) if "teachers" in row else None,
            "special": _said(row, "special_area"),
            "readiness": _said(row, "readiness"),
            "roll": office.on_roll[i].tolist(),
            "past": past.get(row["school_id"], []),
            "ahead": _ahead(office, i),
        }
        for i, row in enumerate(office.schools.to_dict("records"))
    ]
    return ground_data(cycle.policy, cycle.network) | {
        "offered": [f"{name} ({code})" for code, name in zip(office.codes, office.names, strict=True)],
        "schools": schools,
        "villages": [
            [one_line(row["name"]), point(row["lat"], row["lon"]), count]
            for row, count in zip(villages.to_dict("records"), counts, strict=True)
        ],
        "grades": [[grade, thai_grades(grade)] for grade in GRADES],
        "stages": [[key, list(grades)] for key, grades in STAGES.items()],
        "looks": {key: look._asdict() for key, look in STATES.items()},
        "special": SPECIAL._asdict(),
        "bands": [
            {"label": label, "colour": colour, "upTo": band.up_to_m}
            for band, (label, colour) in zip(
                cycle.policy.settings.bands, band_looks(cycle.policy.settings.bands), strict=True
            )
        ],
        "smallSchool": cycle.policy.settings.small_school_max,
        "internal": INTERNAL,
        "synthetic": SYNTHETIC if cycle.policy.synthetic else "",
        "closures": [_shape(row) for row in cycle.closures.to_dict("records")],
    }


def village_table(measured: Measured) -> pd.DataFrame:
    """Return the villages in the order of the office's ways."""
    return measured.cycle.tables["villages"].sort_values("village_id", ignore_index=True)


def village_rows(office: Office, villages: pd.DataFrame) -> Ints:
    """Return the place of each row of pupils among the villages, ``NONE`` where it is not known."""
    rows: Ints = pd.Index(villages["village_id"]).get_indexer(office.pupils["village_id"])
    return rows


def map_view(outcome: Outcome) -> dict[str, Any]:
    """Return what the map draws of a plan: each school's state and pupils, who moves where, and earlier mergers."""
    office = outcome.office
    kept = [e for e in (outcome.entries[i] for i in np.unique(outcome.held) if i != NONE) if not e.number]
    size = len(office.codes)
    moved = outcome.moved
    pairs = outcome.seats.left[moved] * size + outcome.seats.sits[moved]
    pupils = np.bincount(pairs, office.count[moved], size * size).astype(np.int64)
    return {
        "states": school_states(office.schools, outcome.merges),
        "pupils": outcome.learners.sum(axis=1).tolist(),
        "moves": [[school, host, int(pupils[school * size + host])] for school, host in planned_pairs(outcome)],
        "earlier": sorted({(entry.school, host) for entry in kept for host in entry.hosts}),
    }


def card_view(outcome: Outcome, school: str, rows_of_villages: Ints, name: Name) -> dict[str, Any]:
    """Return what the card says of a school in a plan: pupils, children's ways, merges, what happens to its children.

    Parameters
    ----------
    rows_of_villages
        As :func:`village_rows` returns them.
    name
        Gives a school's name by its code.
    """
    office, place = outcome.office, outcome.office.place[school]
    merges = merges_view(outcome.scenario, name)
    planned = outcome.scenario.merges
    warned = outcome.warnings
    here = (outcome.learners[place], outcome.learners_before[place])
    rooms = [int(n) for n in rooms_needed(np.stack(here), office.policy.settings).sum(axis=1)]
    return {
        "code": school,
        "now": here[1].tolist(),
        "plan": here[0].tolist(),
        "rooms": {"now": rooms[1], "plan": rooms[0]},
        "villages": _homes(outcome, place, rows_of_villages),
        "out": [[i, *merges[i]] for i, merge in enumerate(planned) if merge.school == school],
        "into": [[i, *merges[i]] for i, merge in enumerate(planned) if school in merge.hosts],
        "warnings": [
            text
            for left, host, text in zip(warned["school_id"], warned["host_id"], warned["message"], strict=True)
            if school in (left, host)
        ],
        "children": _children(outcome, place),
    }


def hosts_view(outcome: Outcome, school: str, grades: str, hosts: list[str], rows_of_villages: Ints) -> dict[str, Any]:
    """Return where the children of a merge live, as village and pupils, and their metres from there to each host."""
    office = outcome.office
    rows = homes_of(outcome.scenario, office, school, grades)
    village, where = np.unique(rows_of_villages[rows], return_inverse=True)
    pupils = np.bincount(where, office.count[rows], len(village)).astype(np.int64)
    known = village != NONE
    metres = {
        host: [None if m == NONE else int(m) for m in office.road_m[village[known], office.place[host]]]
        for host in hosts
    }
    return {"villages": village[known].tolist(), "pupils": pupils[known].tolist(), "metres": metres}


def effects_view(outcome: Outcome, figures: list[dict[str, Any]], heads: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the effects of a plan beside the map: the main figures, pupils of each band, warnings.

    Parameters
    ----------
    figures, heads
        As :func:`restructure.widgets.planview.main_figures` and ``main_heads`` return them.
    """
    rows = [
        {"key": head["key"], "words": head["words"], "unit": head["unit"], **figure, "least": False}
        for head, figure in zip(heads, figures, strict=True)
    ]
    for row in rows:  # what is not yet counted for some is at least what is said
        row["least"] = row["key"] == "subsidy_total_baht" and outcome.summary["subsidy_unmeasured"] > 0
    settings = outcome.office.policy.settings
    counts = zip(
        paid_by_band(outcome.office, outcome.seats),
        paid_by_band(outcome.office, outcome.seats_before),
        [*(f"ผู้ได้วันละ {band.baht_per_day} บาท" for band in settings.bands), "ผู้ได้ที่ยังวัดไม่ได้"],
        strict=True,
    )
    bands = [
        {"key": f"paid.{i}", "words": words, "unit": "คน", "value": int(after), "change": int(after - before)}
        for i, (after, before, words) in enumerate(counts, start=1)
    ]
    warnings = len(outcome.warnings)
    warned = {"key": "warnings", "words": "ข้อควรระวัง", "unit": "ข้อ", "value": warnings, "change": warnings}
    return [*rows, *bands, warned]


def closures_view(measured: Measured, closed: frozenset[str], wet: bool) -> list[dict[str, Any]]:
    """Return the cycle's closures and whether each is in force on the page."""
    return [
        {
            "id": row["closure_id"],
            "reason": one_line(row["reason"]),
            "when": _when(row["from"], row["to"]),
            "roads": f"{row['roads']} {row['closed_m'] / 1000:.1f} กม." if row["closed_m"] else "ไม่ปิดถนนสายใด",
            "on": row["closure_id"] in closed or (wet and row["from"] == WET_SEASON),
            "wet": wet and row["from"] == WET_SEASON,
            "counts": bool(row["in_force"]),
        }
        for row in closure_list(measured).to_dict("records")
    ]


def detour_view(
    usual: Outcome, around: Outcome, before: pd.DataFrame, now: Detours, heads: list[str]
) -> dict[str, Any]:
    """Return what closed roads change for a plan: whose way is longer or cut, of all pupils, and what the plan costs.

    Parameters
    ----------
    usual, around
        What the plan does over the usual ways and over those around closed roads.
    before
        The usual distances.
    heads
        The keys of the figures that are shown with both values.
    """
    office = around.office
    codes = np.array(office.codes, dtype=object)
    claims = office.pupils[["village_id", "pupils"]].assign(host_id=codes[around.seats.sits])
    effects = closure_effects(before, now.distances, claims[claims["village_id"] != ""], office.policy.settings)
    summary = closure_summary(effects).set_index("state")
    return {
        "states": [
            [CLOSURE_STATES[state], int(summary.at[state, "villages"]), int(summary.at[state, "pupils"])]
            for state in CLOSURE_STATE_KEYS
        ],
        "figures": {key: [_figure(usual, key), _figure(around, key)] for key in heads},
    }


def _figure(outcome: Outcome, key: str) -> int | None:
    value = outcome.summary[key]
    return None if value is None else int(value)


def _homes(outcome: Outcome, place: int, rows_of_villages: Ints) -> list[dict[str, Any]]:
    """Return the villages of a school's children: where they learn now and with the plan, how far from the village."""
    office = outcome.office
    before, after = outcome.seats_before.sits, outcome.seats.sits
    mine = np.flatnonzero((office.roll == place) | (before == place) | (after == place))
    table = pd.DataFrame(
        {
            "village": rows_of_villages[mine],
            "before": before[mine],
            "after": after[mine],
            "pupils": office.count[mine],
        }
    )
    rows = table.groupby(["village", "before", "after"], as_index=False)["pupils"].sum()
    found = []
    for village, now, then, pupils in rows.itertuples(index=False, name=None):
        known = village != NONE
        metres = [int(office.road_m[village, at]) if known else NONE for at in (now, then)]
        found.append(
            {
                "village": int(village) if known else None,
                "pupils": int(pupils),
                "before": int(now),
                "after": int(then),
                "before_m": None if metres[0] == NONE else metres[0],
                "after_m": None if metres[1] == NONE else metres[1],
            }
        )
    return sorted(found, key=lambda one: (-one["pupils"], one["village"] is None, one["village"] or 0, one["after"]))


def _children(outcome: Outcome, place: int) -> dict[str, Any] | None:
    """Return what the plan does to the children whom it takes from a school; None where it takes nobody."""
    rows = outcome.moved[outcome.seats.left[outcome.moved] == place]
    if not len(rows):
        return None
    subsidy = outcome.subsidy[outcome.subsidy["school_id"] == outcome.office.codes[place]]
    count, metres, before = outcome.office.count[rows], outcome.road_m[rows], outcome.road_m_before[rows]
    known = (metres != NONE) & (before != NONE)
    return {
        "pupils": int(count.sum()),
        "farther": int(count[known & (metres > before)].sum()),
        "nearer": int(count[known & (metres < before)].sum()),
        "unmeasured": int(count[metres == NONE].sum()),
        "max_m": int(metres.max()) if (metres != NONE).any() else None,
        "baht": int(subsidy["baht"].sum()),
    }


def _past(measured: Measured) -> dict[str, list[list[int]]]:
    """Return pupils on the roll of each school by year, past years and the newest count."""
    years = history(measured.cycle.tables).groupby(["school_id", "year"])["count"].sum()
    found: dict[str, list[list[int]]] = {}
    for (school, year), count in years.items():
        found.setdefault(school, []).append([int(year), int(count)])
    return found


def _ahead(office: Office, place: int) -> list[list[int]]:
    """Return the projected pupils on the roll in the years to come."""
    if not len(office.future):
        return []
    totals = whole_pupils(office.future[1:, place]).sum(axis=1)
    return [[office.future_year + 1 + i, int(total)] for i, total in enumerate(totals)]


def _said(row: dict[str, Any], column: str) -> str:
    return one_line(row[column]) if isinstance(row.get(column), str) else ""


def _when(begin: str, end: str) -> str:
    if begin == WET_SEASON:
        return "ฤดูฝน"
    parts = [f"{word} {spell_day(day)}" for word, day in (("ตั้งแต่", begin), ("ถึง", end)) if day]
    return " ".join(parts) or "ถาวร"


def _shape(row: dict[str, Any]) -> dict[str, Any]:
    """Return a closure's points and lines for the map."""
    parts = list(shapely.get_parts(row["geometry"]))
    return {
        "id": row["closure_id"],
        "reason": one_line(row["reason"]),
        "points": [point(part.y, part.x) for part in parts if part.geom_type == "Point"],
        "lines": [steps(shapely.get_coordinates(part)) for part in parts if part.geom_type != "Point"],
    }

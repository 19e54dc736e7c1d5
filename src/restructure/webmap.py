"""The map of a plan as one web page that loads nothing: for the office, and in a form that may be published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from restructure.grades import thai_grades
from restructure.mapdata import SPECIAL, STATES, MapData, one_line
from restructure.plan import Plan
from restructure.policy import Settings
from restructure.public import PublicFigures, map_data
from restructure.webpage import closure_mark, plain, point, shared_data, steps, write_page
from restructure.words import KINDS, PROGRAMMES


def write_map_html(plan: Plan, path: Path, closures: gpd.GeoDataFrame | None = None) -> None:
    """Write the map of a plan as one HTML file.

    Parameters
    ----------
    closures
        Closed roads as :func:`restructure.closures.read_closures` returns them.
    """
    write_page(path, "map", f"แผนที่ {plan.scenario.name}", page_data(plan, closures))


def write_public_map(plan: Plan, figures: PublicFigures, path: Path) -> None:
    """Write the map that may be published: its only figures are those of :func:`restructure.public.public_figures`.

    Closed roads are not on it: what the office typed as a reason is its own affair.
    """
    told = f"ฉบับเผยแพร่: ปกปิดจำนวนนักเรียนที่น้อยกว่า {figures.threshold} คน และที่ใช้คำนวณย้อนกลับได้"
    blank: dict[str, Any] = {"go": [], "before": []}
    data = _frame(plan, None) | map_data(plan, figures) | {"internal": told, "public": True}
    data["villages"] = [village | blank for village in data["villages"]]
    totals = figures.office.set_index("key")
    data["summary"] = {key: plain(totals.at[key, "value"]) for key in ("pupils_moved", "baht_per_year")}
    data["summary"]["baht_item"] = totals.at["baht_per_year", "item"]
    write_page(path, "map", f"แผนที่ {plan.scenario.name}", data)


def page_data(plan: Plan, closures: gpd.GeoDataFrame | None = None) -> dict[str, Any]:
    """Return all that the page shows; lines as steps of 1e-5 degree, other rows by their place."""
    data = MapData(plan)
    schools, villages = data.schools, data.villages
    school_at = {code: i for i, code in enumerate(schools["school_id"])}
    village_at = {code: i for i, code in enumerate(villages["village_id"])}
    warnings = plan.outcome.warnings
    messages: dict[int, list[str]] = {}
    for row in warnings.to_dict("records"):
        for code in {row["school_id"], row["host_id"]} & set(school_at):
            messages.setdefault(school_at[code], []).append(row["message"])
    outcome = plan.outcome
    before, after = (
        _learning(data.learning(seats.sits), village_at, school_at) for seats in (outcome.seats_before, outcome.seats)
    )
    summary = {k: plain(v) for k, v in plan.outcome.summary.items() if not isinstance(v, (list, dict))}
    return _frame(plan, closures) | {
        "smallSchool": plan.policy.settings.small_school_max,
        "summary": summary,
        "limits": _limits(plan.policy.settings),
        "schools": [
            {
                "id": row["school_id"],
                "name": one_line(row["name"]),
                "place": f"ต.{one_line(row['tambon'])} อ.{one_line(row['amphoe'])}",
                "at": point(row["lat"], row["lon"]),
                "grades": thai_grades(row["grades"]),
                "rooms": plain(row["rooms"]),
                "roll": row["roll"],
                "before": {"pupils": row["pupils_before"], "state": row["state_before"]},
                "after": {"pupils": row["pupils_after"], "state": row["state_after"]},
                "special": row["special"],
                "warnings": messages.get(i, []),
            }
            for i, row in enumerate(schools.to_dict("records"))
        ],
        "villages": [
            {
                "id": row["village_id"],
                "name": one_line(row["name"]),
                "at": point(row["lat"], row["lon"]),
                "pupils": row["pupils"],
                "go": after.get(i, []),
                "before": before.get(i, []),
            }
            for i, row in enumerate(villages.to_dict("records"))
        ],
        "moves": [
            {
                "school": school_at[row["school_id"]],
                "host": school_at[row["host_id"]],
                "grades": thai_grades(row["grades"]),
                "kind": KINDS[row["kind"]],
                "programme": PROGRAMMES[row["programme"]],
                "term": row["from_term"],
            }
            | {key: plain(row[key]) for key in ("pupils", "unreachable", "median_m", "max_m", "baht")}
            for row in plan.moves.to_dict("records")
        ],
        "earlier": [[school_at[a], school_at[b]] for a, b in data.earlier.itertuples(index=False)],
        "ways": [
            {
                "village": village_at[row["village_id"]],
                "school": school_at[row["school_id"]],
                "host": school_at[row["host_id"]],
                "pupils": plain(row["pupils"]),
                "m": plain(row["road_m"]),
                "band": plain(row["band"]),
                "line": steps(np.asarray(row["geometry"].coords)),
            }
            for row in plan.ways.to_dict("records")
        ],
        "former": [
            {"village": village_at[row["village_id"]], "line": steps(np.asarray(row["geometry"].coords))}
            for row in data.former_ways.to_dict("records")
        ],
    }


def _frame(plan: Plan, closures: gpd.GeoDataFrame | None) -> dict[str, Any]:
    """Return what both forms of the page show; what only the office's fills is empty."""
    return shared_data(plan.policy, plan.network, plan.scenario.name, plan.versions.get("restructure", "")) | {
        "public": False,
        "states": {state: look._asdict() for state, look in STATES.items()},
        "special": SPECIAL._asdict(),
        "closures": [] if closures is None else [closure_mark(row) for row in closures.to_dict("records")],
        "limits": [],
        "ways": [],
        "former": [],
    }


def _limits(settings: Settings) -> list[dict[str, Any]]:
    """Return the lines beyond which a child's way is far or long."""
    limits: list[dict[str, Any]] = [
        {"label": f"เกิน {metres / 1000:g} กม.", "of": "m", "over": metres} for metres in settings.far_m
    ]
    return [*limits, {"label": f"เกิน {settings.long_minutes} นาที", "of": "minutes", "over": settings.long_minutes}]


def _learning(
    rows: pd.DataFrame, village_at: dict[str, int], school_at: dict[str, int]
) -> dict[int, list[Sequence[Any]]]:
    """Return where each village's pupils learn: school of the roll, school, pupils, m, band, minutes, whether moved."""
    found: dict[int, list[Sequence[Any]]] = {}
    for row in rows.to_dict("records"):
        if row["village_id"] in village_at:
            line = [school_at.get(row["school_id"]), school_at.get(row["sits_at"])]
            line += [row["pupils"], row["road_m"], row["band"], row["minutes"], bool(row["changed"])]
            found.setdefault(village_at[row["village_id"]], []).append([plain(value) for value in line])
    return found

"""The map of a plan as one web page that loads nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from restructure.grades import thai_grades
from restructure.mapdata import SPECIAL, STATES, MapData, one_line
from restructure.plan import Plan
from restructure.webpage import plain, point, shared_data, steps, write_page
from restructure.words import KINDS, PROGRAMMES


def write_map_html(plan: Plan, path: Path) -> None:
    """Write the map of a plan as one HTML file."""
    write_page(path, "map", f"แผนที่ {plan.scenario.name}", page_data(plan))


def page_data(plan: Plan) -> dict[str, Any]:
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
    destinations: dict[int, list[list[Any]]] = {}
    for row in data.destinations.to_dict("records"):
        if row["village_id"] in village_at:
            line = [school_at.get(row["school_id"]), school_at.get(row["sits_at"])]
            line += [row["pupils"], row["road_m"], row["band"]]
            destinations.setdefault(village_at[row["village_id"]], []).append([plain(v) for v in line])
    summary = {k: plain(v) for k, v in plan.outcome.summary.items() if not isinstance(v, (list, dict))}
    return shared_data(plan.policy, plan.network, plan.scenario.name, plan.versions.get("restructure", "")) | {
        "smallSchool": plan.policy.settings.small_school_max,
        "longMinutes": plan.policy.settings.long_minutes,
        "summary": summary,
        "states": {state: look._asdict() for state, look in STATES.items()},
        "special": SPECIAL._asdict(),
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
                "go": destinations.get(i, []),
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
    }

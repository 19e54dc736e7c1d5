"""The map of a plan as one web page that loads nothing: it opens from a stick with the network cable pulled."""

from __future__ import annotations

import base64
import html
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import fontpkg_sarabun
import numpy as np
import pandas as pd

from restructure.grades import thai_grades
from restructure.mapdata import (
    CREDIT,
    ROAD_GROUPS,
    SPECIAL,
    STATES,
    WATER_COLOUR,
    MapData,
    band_looks,
    one_line,
    simplified,
)
from restructure.plan import Plan
from restructure.roads import Floats
from restructure.words import INTERNAL, KINDS, PROGRAMMES, ROUTED, SYNTHETIC, spell_day

#: Coordinates are whole numbers of this part of a degree, about a metre.
_UNIT = 1e-5


def write_map_html(plan: Plan, path: Path) -> None:
    """Write the map of a plan as one HTML file.

    Names reach the page as JSON that holds no ``<`` and from there only as text: a school named like a script is
    a strange name and no more.
    """
    assets = resources.files("restructure") / "assets"

    def read(name: str) -> str:
        return (assets / name).read_text("utf-8")

    parts = {
        "title": html.escape(f"แผนที่ {one_line(plan.scenario.name)}"),
        "leaflet-css": _without_images(read("leaflet/leaflet.css")),
        "fonts": "\n".join(_font_face(weight, name) for weight, name in ((400, "Regular"), (700, "Bold"))),
        "css": read("map.css"),
        "data": _inert_json(page_data(plan)),
        "leaflet-js": read("leaflet/leaflet.js"),
        "js": read("map.js"),
    }
    # One pass: what is filled in is never looked at again, whatever a name says.
    page = re.sub(r"\{\{([a-z-]+)\}\}", lambda match: parts[match[1]], read("map.html"))
    path.write_text(page, "utf-8", newline="\n")


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
            destinations.setdefault(village_at[row["village_id"]], []).append([_plain(v) for v in line])
    summary = {k: _plain(v) for k, v in plan.outcome.summary.items() if not isinstance(v, (list, dict))}
    return {
        "name": one_line(plan.scenario.name),
        "office": one_line(plan.policy.office),
        "year": plan.policy.fiscal_year,
        "foot": [
            ROUTED,
            f"ข้อมูลถนน ณ {spell_day(plan.network.osm_date)}",
            f"restructure {plan.versions.get('restructure', '')}",
        ],
        "internal": INTERNAL,
        "synthetic": SYNTHETIC if plan.policy.synthetic else "",
        "credit": "" if plan.policy.synthetic else CREDIT,
        "smallSchool": plan.policy.settings.small_school_max,
        "longMinutes": plan.policy.settings.long_minutes,
        "summary": summary,
        "bands": [{"label": label, "colour": colour} for label, colour in band_looks(plan.policy.settings.bands)],
        "states": {state: look._asdict() for state, look in STATES.items()},
        "special": SPECIAL._asdict(),
        "roads": [
            {"width": width, "colour": colour, "lines": [_steps(line) for line in simplified(lines, 2 * _UNIT)]}
            for lines, (_, width, colour) in zip(data.road_groups, ROAD_GROUPS, strict=True)
        ],
        "waterColour": WATER_COLOUR,
        "waters": [_steps(line) for line in simplified(list(plan.network.waters), 2 * _UNIT)],
        "schools": [
            {
                "id": row["school_id"],
                "name": one_line(row["name"]),
                "place": f"ต.{one_line(row['tambon'])} อ.{one_line(row['amphoe'])}",
                "at": _point(row),
                "grades": thai_grades(row["grades"]),
                "rooms": _plain(row["rooms"]),
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
                "at": _point(row),
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
            | {key: _plain(row[key]) for key in ("pupils", "unreachable", "median_m", "max_m", "baht")}
            for row in plan.moves.to_dict("records")
        ],
        "earlier": [[school_at[a], school_at[b]] for a, b in data.earlier.itertuples(index=False)],
        "ways": [
            {
                "village": village_at[row["village_id"]],
                "school": school_at[row["school_id"]],
                "host": school_at[row["host_id"]],
                "pupils": _plain(row["pupils"]),
                "m": _plain(row["road_m"]),
                "band": _plain(row["band"]),
                "line": _steps(np.asarray(row["geometry"].coords)),
            }
            for row in plan.ways.to_dict("records")
        ],
    }


def _plain(value: Any) -> Any:
    """Return a cell as JSON has it: a missing value is null, a whole number whole."""
    if isinstance(value, str | bool):
        return value
    return None if pd.isna(value) else int(value)


def _point(row: dict[Any, Any]) -> list[float] | None:
    return None if pd.isna(row["lat"]) or pd.isna(row["lon"]) else [round(row["lat"], 5), round(row["lon"], 5)]


def _steps(line: Floats) -> list[int]:
    """Return a line as latitude and longitude of its first point, then the step to each further one, in whole units."""
    units = np.rint(line[:, ::-1] / _UNIT).astype(np.int64)
    steps: list[int] = np.vstack([units[:1], np.diff(units, axis=0)]).ravel().tolist()
    return steps


def _inert_json(data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _without_images(css: str) -> str:
    """Return Leaflet's style without comments and without pictures, of controls and markers that this page has not."""
    return re.sub(r"/\*.*?\*/|[\w-]+:\s*url\([^)]*\);?", "", css, flags=re.DOTALL)


def _font_face(weight: int, name: str) -> str:
    font = (fontpkg_sarabun.ROOT / "files" / f"Sarabun-{name}.ttf").read_bytes()
    source = f"url(data:font/ttf;base64,{base64.b64encode(font).decode('ascii')})"
    return f'@font-face {{ font-family: "Sarabun"; font-weight: {weight}; src: {source} format("truetype"); }}'

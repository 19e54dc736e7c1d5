"""A web page that loads nothing: it opens from a stick with the network cable pulled. What every such page shares."""

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
import shapely

from restructure.intake import WET_SEASON
from restructure.mapdata import CREDIT, ROAD_GROUPS, WATER_COLOUR, band_looks, one_line, road_groups, simplified
from restructure.policy import Policy
from restructure.roads import Floats, RoadNetwork
from restructure.words import INTERNAL, ROUTED, SYNTHETIC, spell_day

#: Coordinates are whole numbers of this part of a degree, about a metre.
UNIT = 1e-5


def show_page(path: Path | str) -> Any:
    """Return a page that was written, to be looked at in a notebook: it needs neither a server nor its folder.

    Returns
    -------
    IPython.display.HTML
    """
    # Imported here: only notebooks show pages.
    from IPython.display import HTML

    page = html.escape(Path(path).read_text("utf-8"))
    frame = f'<iframe srcdoc="{page}" style="width:100%;height:720px;border:1px solid #999" title="แผนที่"></iframe>'
    return HTML(f"<div>{frame}</div>")


def write_page(path: Path, kind: str, title: str, data: dict[str, Any]) -> None:
    """Write one HTML file.

    Names reach the page as JSON that holds no ``<`` and from there only as text: a school named like a script is
    a strange name and no more.

    Parameters
    ----------
    kind
        ``map`` or ``routes``: the assets that make it.
    data
        What the page shows.
    """
    parts = {
        "title": html.escape(one_line(title)),
        "leaflet-css": leaflet_css(),
        "fonts": font_faces(),
        "css": read_asset("common.css") + read_asset(f"{kind}.css"),
        "body": read_asset(f"{kind}.html"),
        "data": inert_json(data),
        "leaflet-js": read_asset("leaflet/leaflet.js"),
        "js": read_asset("drawing.js") + read_asset("common.js") + read_asset(f"{kind}.js"),
    }
    # One pass: what is filled in is never looked at again, whatever a name says.
    page = re.sub(r"\{\{([a-z-]+)\}\}", lambda match: parts[match[1]], read_asset("common.html"))
    path.write_text(page, "utf-8", newline="\n")


def shared_data(policy: Policy, network: RoadNetwork, name: str, version: str) -> dict[str, Any]:
    """Return what every page says and draws: names, notes, bands, roads, waters."""
    return {
        "name": one_line(name),
        "office": one_line(policy.office),
        "year": policy.fiscal_year,
        "foot": [ROUTED, f"ข้อมูลถนน ณ {spell_day(network.osm_date)}", f"restructure {version}"],
        "internal": INTERNAL,
        "synthetic": SYNTHETIC if policy.synthetic else "",
        "bands": [{"label": label, "colour": colour} for label, colour in band_looks(policy.settings.bands)],
    } | ground_data(policy, network)


def ground_data(policy: Policy, network: RoadNetwork) -> dict[str, Any]:
    """Return what lies under every map: roads by class, waters, and whom to thank for them."""
    lines = road_groups(network)
    return {
        "credit": "" if policy.synthetic else CREDIT,
        "roads": [
            {"width": width, "colour": colour, "lines": [steps(line) for line in simplified(group, 2 * UNIT)]}
            for group, (_, width, colour) in zip(lines, ROAD_GROUPS, strict=True)
        ],
        "waterColour": WATER_COLOUR,
        "waters": [steps(line) for line in simplified(list(network.waters), 2 * UNIT)],
    }


def closure_mark(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a closed road as pages show it: its code, reason and days, its lines and points."""
    parts = shapely.get_parts(row["geometry"])
    days = (
        "ฤดูฝน"
        if row["from"] == WET_SEASON
        else " ".join(f"{word} {spell_day(row[key])}" for word, key in (("ตั้งแต่", "from"), ("ถึง", "to")) if row[key])
    )
    return {
        "id": str(row["closure_id"]),
        "reason": one_line(row["reason"]) or "ไม่ระบุเหตุ",
        "when": days,
        "lines": [steps(np.asarray(part.coords)) for part in parts if part.geom_type == "LineString"],
        "points": [point(part.y, part.x) for part in parts if part.geom_type == "Point"],
    }


def plain(value: Any) -> Any:
    """Return a cell as JSON has it: a missing value is null, a whole number whole."""
    if isinstance(value, str | bool):
        return value
    return None if pd.isna(value) else int(value)


def point(lat: float, lon: float) -> list[float] | None:
    """Return a point as the page has it, null where it is not known."""
    return None if pd.isna(lat) or pd.isna(lon) else [round(lat, 5), round(lon, 5)]


def steps(line: Floats) -> list[int]:
    """Return a line as latitude and longitude of its first point, then the step to each further one, in whole units."""
    units = np.rint(line[:, 1::-1] / UNIT).astype(np.int64)
    found: list[int] = np.vstack([units[:1], np.diff(units, axis=0)]).ravel().tolist()
    return found


def inert_json(data: dict[str, Any]) -> str:
    """Return data as JSON that is text wherever it stands in a page."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def read_asset(name: str) -> str:
    """Return the text of a packaged file of the pages."""
    return (resources.files("restructure") / "assets" / name).read_text("utf-8")


def leaflet_css() -> str:
    """Return Leaflet's style without comments and without pictures, of controls and markers that no page has."""
    css = read_asset("leaflet/leaflet.css")
    return re.sub(r"/\*.*?\*/|[\w-]+:\s*url\([^)]*\);?", "", css, flags=re.DOTALL)


def font_faces() -> str:
    """Return the style that carries the font of every page."""
    return "\n".join(_font_face(weight, name) for weight, name in ((400, "Regular"), (700, "Bold")))


def _font_face(weight: int, name: str) -> str:
    font = (fontpkg_sarabun.ROOT / "files" / f"Sarabun-{name}.ttf").read_bytes()
    source = f"url(data:font/ttf;base64,{base64.b64encode(font).decode('ascii')})"
    return f'@font-face {{ font-family: "Sarabun"; font-weight: {weight}; src: {source} format("truetype"); }}'

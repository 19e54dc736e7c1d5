"""Styles that QGIS opens the layers of a plan in: the looks of the printed maps, as rows of its table ``layer_styles``.

Each property is written twice, as ``Option`` for QGIS 3.26 and later and as ``prop`` for the earlier ones.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from lxml import etree

from restructure.mapdata import SPECIAL, STATES, Look, band_looks
from restructure.policy import Band
from restructure.sheet import INK, VILLAGE

#: What a shape is called in QGIS, and by how many degrees it is turned there.
_SHAPES = {
    "circle": ("circle", 0),
    "square": ("square", 0),
    "triangle": ("triangle", 180),
    "diamond": ("diamond", 0),
    "cross": ("cross_fill", 45),
    "ring": ("circle", 0),
}
#: As :func:`restructure.sheet.school_area` and :func:`restructure.sheet.village_area`, as a width in millimetres.
_SCHOOL_SIZE = 'sqrt(max(30, min(420, 26 + 0.52 * coalesce("roll", 0)))) * 0.3528'
_VILLAGE_SIZE = 'sqrt(5 + 0.22 * coalesce("pupils", 0)) * 0.3528'
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"

#: A rule: what it is called in the key, which features it draws, and its symbol.
_Rule = tuple[str, str, Any]


def layer_styles(bands: list[Band]) -> pd.DataFrame:
    """Return the rows of ``layer_styles``: the default style of each layer of :mod:`restructure.geopackage`."""
    schools = [(look.label, f"\"state_after\" = '{state}'", _school(look)) for state, look in STATES.items()]
    schools.append((SPECIAL.label, "\"special_area\" <> ''", _school(SPECIAL)))
    village = _marker("circle", 0, VILLAGE, "#ffffff", 0.2, _VILLAGE_SIZE)
    routes = [
        (words, f'"band" = {i}', _line(colour, 0.5 + 0.3 * (i - 1)))
        for i, (words, colour) in enumerate(band_looks(bands), start=1)
    ]
    # The first is drawn first: the farthest lie below, as on paper.
    styles = {
        "schools": _document(schools, "name"),
        "villages": _document([("หมู่บ้าน (ขนาดตามนักเรียน)", "", village)], "name", beyond=100_000),
        "moves": _document([("ย้ายตามแผนนี้", "", _arrow(INK, 0.5))]),
        "routes": _document(list(reversed(routes))),
    }
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": layer,
            "f_geometry_column": "geom",
            "styleName": "restructure",
            "styleQML": text,
            "styleSLD": "",
            "useAsDefault": True,
            "description": "สัญลักษณ์เดียวกับแผนที่พิมพ์",
            "owner": "",
            "ui": "",
            "update_time": pd.NaT,
        }
        for layer, text in styles.items()
    ]
    return pd.DataFrame(rows).astype({"update_time": "datetime64[ms]"})


def _document(rules: list[_Rule], label: str = "", beyond: int = 0) -> str:
    """Return a style with its rules, and names beside the features.

    Parameters
    ----------
    label
        Column of the names; none without it.
    beyond
        Names are shown on no smaller scale than 1 to this.
    """
    root = etree.Element(
        "qgis", styleCategories="Symbology|Labeling", version="3.28.0", labelsEnabled=str(int(bool(label)))
    )
    renderer = etree.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0")
    listed = etree.SubElement(renderer, "rules", key="restructure")
    symbols = etree.SubElement(renderer, "symbols")
    for i, (words, test, symbol) in enumerate(rules):
        wanted = {"filter": test} if test else {}
        etree.SubElement(listed, "rule", key=f"restructure-{i}", symbol=str(i), label=words, **wanted)
        symbol.set("name", str(i))
        symbols.append(symbol)
    if label:
        labelling = etree.SubElement(root, "labeling", type="simple")
        settings = etree.SubElement(labelling, "settings")
        ink = {"textColor": _rgba(INK), "fontFamily": "Sarabun", "fontSize": "9", "fontSizeUnit": "Point"}
        text = etree.SubElement(settings, "text-style", fieldName=label, isExpression="0", **ink)
        buffer = {"bufferDraw": "1", "bufferSize": "0.8", "bufferSizeUnits": "MM", "bufferColor": "255,255,255,255"}
        etree.SubElement(text, "text-buffer", **buffer)
        scale = {"scaleVisibility": "1", "scaleMin": str(beyond), "scaleMax": "0"} if beyond else {}
        etree.SubElement(settings, "rendering", **scale)
    body: str = etree.tostring(root, encoding="unicode", pretty_print=True)
    return f"{_DOCTYPE}\n{body}"


def _school(look: Look) -> Any:
    shape, angle = _SHAPES[look.shape]
    edge, width = ("#ffffff", 0.2) if look.filled else (look.colour, 0.45)
    fill = look.colour if look.filled else "" if look.shape == "ring" else "#ffffff"
    wider = {"ring": 1.6, "triangle": 1.2}.get(look.shape, 1.0)
    return _marker(shape, angle, fill, edge, width, f"{_SCHOOL_SIZE} * {wider:g}")


def _marker(shape: str, angle: int, fill: str, edge: str, width: float, size: str) -> Any:
    symbol = etree.Element("symbol", type="marker", alpha="1", clip_to_extent="1", force_rhr="0")
    properties = {
        "name": shape,
        "angle": str(angle),
        "color": _rgba(fill),
        "outline_color": _rgba(edge),
        "outline_style": "solid",
        "outline_width": f"{width:g}",
        "outline_width_unit": "MM",
        "size": "3",
        "size_unit": "MM",
        "scale_method": "diameter",
    }
    layer = _layer(symbol, "SimpleMarker", properties)
    if size:
        defined = etree.SubElement(etree.SubElement(layer, "data_defined_properties"), "Option", type="Map")
        etree.SubElement(defined, "Option", name="name", value="", type="QString")
        named = etree.SubElement(defined, "Option", name="properties", type="Map")
        one = etree.SubElement(named, "Option", name="size", type="Map")
        etree.SubElement(one, "Option", name="active", value="true", type="bool")
        etree.SubElement(one, "Option", name="expression", value=size, type="QString")
        etree.SubElement(one, "Option", name="type", value="3", type="int")  # an expression, not a column
        etree.SubElement(defined, "Option", name="type", value="collection", type="QString")
    return symbol


def _line(colour: str, width: float) -> Any:
    symbol = etree.Element("symbol", type="line", alpha="1", clip_to_extent="1", force_rhr="0")
    properties = {
        "line_color": _rgba(colour),
        "line_style": "solid",
        "line_width": f"{width:g}",
        "line_width_unit": "MM",
        "capstyle": "round",
        "joinstyle": "round",
    }
    _layer(symbol, "SimpleLine", properties)
    return symbol


def _arrow(colour: str, width: float) -> Any:
    symbol = _line(colour, width)
    layer = _layer(symbol, "MarkerLine", {"placement": "lastvertex", "rotate": "1"})
    head = _marker("filled_arrowhead", 0, colour, colour, 0.2, "")
    head.set("name", "@0@1")
    layer.append(head)
    return symbol


def _layer(symbol: Any, kind: str, properties: dict[str, str]) -> Any:
    layer = etree.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    options = etree.SubElement(layer, "Option", type="Map")
    for key, value in properties.items():
        etree.SubElement(options, "Option", name=key, value=value, type="QString")
    for key, value in properties.items():
        etree.SubElement(layer, "prop", k=key, v=value)
    return layer


def _rgba(colour: str) -> str:
    """Return a colour as QGIS writes it; none at all is transparent."""
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + ",255" if colour else "255,255,255,0"

"""The country on one page: how much of each office's small schools its best plan merges, and what that costs."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from restructure.national.country import Country
from restructure.sheet import FAINT, INK, RED, Sheet, drawing, families
from restructure.thai import thai_digits
from restructure.words import SYNTHETIC

MAP_MM = (180.0, 250.0)
#: Of 100 small schools so many leave altogether: lower ends of the classes, and their colours, light to dark.
CLASSES = (0.0, 5.0, 10.0, 20.0, 40.0)
COLOURS = ("#fef3e2", "#fbd9a5", "#f3ae62", "#d9772f", "#9c3f12")
_NONE = "#d9d9d9"
#: Square millimetres, in points, of a circle for each school that leaves.
_AREA = 3.0


def write_map(country: Country, png: Path, pdf: Path) -> None:
    """Draw the offices, coloured by the share of small schools that leave, with a circle for how many; no person."""
    with drawing():
        figure = _draw(country).figure
        figure.savefig(png, format="png", dpi=150, metadata={"Software": None})
        # Without a time: the same country gives the same bytes.
        figure.savefig(pdf, format="pdf", metadata={"Title": "แผนที่ทั้งประเทศ", "CreationDate": None})


def _draw(country: Country) -> Sheet:
    sheet = Sheet(MAP_MM)
    width, height = MAP_MM
    sheet.text(
        sheet.page,
        width / 2,
        height - 7,
        "แผนดีที่สุดของแต่ละสำนักงานเขต: โรงเรียนขนาดเล็กที่ย้ายทุกชั้น",
        16,
        bold=True,
        ha="center",
    )
    _write_key(sheet, height)
    sheet.add_map((2, 8, width - 4, height - 40))
    table = country.offices.set_index("office")
    outlines = {
        code: np.array(corners)
        for code, of in country.records.items()
        if (corners := of["distances"].get("figures", {}).get("outline"))
    }
    corners = np.concatenate(list(outlines.values()))
    west, south, east, north = map(float, (*corners.min(axis=0), *corners.max(axis=0)))
    sheet.frame((west, south, east, north), margin_mm=4)
    for code, outline in outlines.items():
        of = table.loc[code]
        known = of["error"] == "" and of["best"] in ("optimal", "feasible") and of["small_schools"] > 0
        share = 100 * of["schools_closed"] / of["small_schools"] if known else None
        colour = _NONE if share is None else COLOURS[int(np.searchsorted(CLASSES, share, side="right")) - 1]
        at = sheet.km(outline)
        style: dict[str, Any] = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.4, "alpha": 0.9, "zorder": 2}
        sheet.map.fill(at[:, 0], at[:, 1], **style)
        if known and of["schools_closed"] > 0:
            middle = (at.min(axis=0) + at.max(axis=0)) / 2
            sheet.map.scatter(
                middle[0], middle[1], s=_AREA * int(of["schools_closed"]), facecolors="none", edgecolors=RED, zorder=5
            )
    years = ", ".join(map(str, country.fiscal_years))
    words = f"ปีงบประมาณ พ.ศ. {years}  กรอบของสำนักงานลากรอบที่ตั้งโรงเรียน ไม่ใช่เขตปกครอง"
    sheet.text(sheet.page, width / 2, 4, thai_digits(words), 9, ha="center", color=FAINT)
    if country.synthetic:
        sheet.text(sheet.page, width - 6, MAP_MM[1] - 29, SYNTHETIC, 14, bold=True, ha="right", color=RED)
    return sheet


def _write_key(sheet: Sheet, height: float) -> None:
    names = [
        *(f"{low:.0f} ถึงต่ำกว่า {high:.0f}%" for low, high in pairwise(CLASSES)),
        f"{CLASSES[-1]:.0f}% ขึ้นไป",
        "ไม่มีผล",
    ]
    for place, (name, colour) in enumerate(zip(names, (*COLOURS, _NONE), strict=True)):
        x, y = 6 + 58 * (place % 3), height - 17 - 6 * (place // 3)
        sheet.page.add_patch(Rectangle((x, y - 1.6), 5, 3.4, facecolor=colour, edgecolor=INK, linewidth=0.6))
        sheet.text(sheet.page, x + 7, y, thai_digits(name), 10)
    sheet.text(sheet.page, 6, height - 29, "วงกลมแดง: ยิ่งใหญ่ยิ่งย้ายหลายโรงเรียน", 10, color=RED)


def curve_chart(country: Country) -> io.BytesIO:
    """Draw the country's curve, as a PNG: schools that leave against baht, and pupil-kilometres, that are added."""
    curve = country.curve
    with drawing():
        figure = Figure(figsize=(7.2, 3.2), dpi=100, layout="constrained")
        for axes, name, label, part in zip(
            figure.subplots(1, 2), ("subsidy_baht", "pupil_km"),
            ("ค่าพาหนะที่เพิ่ม (ล้านบาทต่อปี)", "คน-กม. ต่อวันที่เพิ่ม (พัน)"), (1e6, 1e3), strict=True,
        ):  # fmt: skip
            axes.plot(curve["schools_closed"], curve[name] / part, color=COLOURS[-1])
            axes.set_xlabel("โรงเรียนที่ย้ายทุกชั้นทั้งประเทศ", fontfamily=families())
            axes.set_ylabel(label, fontfamily=families())
            axes.grid(visible=True, color="#e0e0e0")
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=150, metadata={"Software": None})
    stream.seek(0)
    return stream

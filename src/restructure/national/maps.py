"""The country on one page: how much of each office's small schools its best plan merges, and what that costs."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from restructure.national.country import Country
from restructure.roads import Floats
from restructure.sheet import FAINT, INK, RED, Sheet, drawing, families, text_width
from restructure.thai import thai_digits
from restructure.words import SYNTHETIC

MAP_MM = (180.0, 250.0)
#: Of 100 small schools so many leave altogether: lower ends of the classes, and their colours, light to dark.
CLASSES = (0.0, 5.0, 10.0, 20.0, 40.0)
COLOURS = ("#fef3e2", "#fbd9a5", "#f3ae62", "#d9772f", "#9c3f12")
_NONE = "#d9d9d9"
#: Square points of a circle for each school that leaves.
_AREA = 6.0
_MM_PER_POINT = 25.4 / 72
#: Round a name, which may stand on a dark colour or a line.
_HALO = [withStroke(linewidth=1.5, foreground="#ffffffcc")]


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
    table = country.offices.set_index("office")
    _write_key(sheet, height, int(country.planned["schools_closed"].max()) if len(country.planned) else 0)
    sheet.add_map((2, 8, width - 4, height - 52))
    outlines = {
        code: np.array(corners)
        for code, of in country.records.items()
        if (corners := of["distances"].get("figures", {}).get("outline"))
    }
    corners = np.concatenate(list(outlines.values()))
    west, south, east, north = map(float, (*corners.min(axis=0), *corners.max(axis=0)))
    sheet.frame((west, south, east, north), margin_mm=4)
    labels: list[tuple[int, Floats, str, str]] = []
    for code, outline in outlines.items():
        of = table.loc[code]
        known = code in country.planned["office"].to_numpy() and of["small_schools"] > 0
        share = 100 * of["schools_closed"] / of["small_schools"] if known else None
        colour = _NONE if share is None else COLOURS[int(np.searchsorted(CLASSES, share, side="right")) - 1]
        at = sheet.km(outline)
        style: dict[str, Any] = {"facecolor": colour, "edgecolor": INK, "linewidth": 0.4, "alpha": 0.9, "zorder": 2}
        sheet.map.fill(at[:, 0], at[:, 1], **style)
        closed = int(of["schools_closed"]) if known else 0
        labels.append((closed, at, of["name"], code))
        if closed:
            x, y = (at.min(axis=0) + at.max(axis=0)) / 2
            sheet.map.scatter(x, y, s=_AREA * closed, facecolors="none", edgecolors=RED, zorder=5)
    _write_labels(sheet, labels)
    years = ", ".join(map(str, country.fiscal_years))
    words = f"ปีงบประมาณ พ.ศ. {years}  กรอบของสำนักงานลากรอบที่ตั้งโรงเรียน ไม่ใช่เขตปกครอง  ชื่อหรือรหัสเขียนเท่าที่มีที่ว่าง"
    sheet.text(sheet.page, width / 2, 4, thai_digits(words), 9, ha="center", color=FAINT)
    if country.synthetic:
        sheet.text(sheet.page, width - 6, MAP_MM[1] - 38, SYNTHETIC, 14, bold=True, ha="right", color=RED)
    return sheet


def _write_labels(sheet: Sheet, labels: list[tuple[int, Floats, str, str]]) -> None:
    """Write each office's name above its circle, else its code, where it fits; who moves most comes first."""
    # In millimetres: what lies where, to be kept clear.
    outlines = [(at.min(axis=0) * sheet.mm_per_km, at.max(axis=0) * sheet.mm_per_km) for _, at, _, _ in labels]
    middles = [(low + high) / 2 for low, high in outlines]
    radii = [_radius(closed) for closed, *_ in labels]
    taken = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(middles, radii, strict=True) if r]
    for i in sorted(range(len(labels)), key=lambda i: (-labels[i][0], labels[i][3])):
        (low, high), (x, y), (_, _, name, code) = outlines[i], middles[i], labels[i]
        for text, size, inside in ((name, 10.0, True), (code, 9.0, True), (code, 6.0, False)):
            half, tall = text_width(thai_digits(text), size) / 2, size * _MM_PER_POINT / 2
            middle = y + radii[i] + tall + 0.3
            box = (x - half, middle - tall, x + half, middle + tall)
            apart = all(box[2] <= b[0] or b[2] <= box[0] or box[3] <= b[1] or b[3] <= box[1] for b in taken)
            if text and apart and not (inside and (2 * half > high[0] - low[0] or box[3] > high[1])):
                taken.append(box)
                at = x / sheet.mm_per_km, middle / sheet.mm_per_km
                sheet.text(sheet.map, *at, thai_digits(text), size, ha="center", zorder=6, path_effects=_HALO)
                break


def _radius(schools: int) -> float:
    """Return the millimetres of the radius of the circle of so many schools."""
    return float(np.sqrt(_AREA * schools / np.pi)) * _MM_PER_POINT


def _write_key(sheet: Sheet, height: float, most: int) -> None:
    sheet.text(sheet.page, 6, height - 16, "สี: โรงเรียนที่ย้ายทุกชั้น คิดเป็นร้อยละของโรงเรียนขนาดเล็กในสำนักงานนั้น", 10)
    names = [
        *(f"{low:.0f} ถึงต่ำกว่า {high:.0f}" for low, high in pairwise(CLASSES)),
        f"{CLASSES[-1]:.0f} ขึ้นไป",
        "ไม่มีแผน หรือไม่มีโรงเรียนขนาดเล็ก",
    ]
    for place, (name, colour) in enumerate(zip(names, (*COLOURS, _NONE), strict=True)):
        x, y = 6 + 50 * (place % 3), height - 23 - 6 * (place // 3)
        sheet.page.add_patch(Rectangle((x, y - 1.6), 5, 3.4, facecolor=colour, edgecolor=INK, linewidth=0.6))
        sheet.text(sheet.page, x + 7, y, thai_digits(name), 10)
    if not most:
        return
    y, words = height - 38, "วงกลมแดง: จำนวนโรงเรียนที่ย้ายทุกชั้น"
    sheet.text(sheet.page, 6, y, words, 10, color=RED)
    left = 6 + text_width(words, 10) + 4
    for number in _round_numbers(most):
        radius = _radius(number)
        sheet.page.scatter(left + radius, y, s=_AREA * number, facecolors="none", edgecolors=RED)
        left += 2 * radius + 2
        sheet.text(sheet.page, left, y, thai_digits(number), 10, color=RED)
        left += text_width(thai_digits(number), 10) + 5


def _round_numbers(most: int) -> list[int]:
    """Return the largest round numbers up to another one, three at most."""
    rounds = (part * 10**power for power in range(6) for part in (1, 2, 5))
    return [number for number in rounds if number <= most][-3:]


def curve_chart(country: Country) -> io.BytesIO:
    """Draw the country's curve, as a PNG: the least baht for so many schools, and the pupil-kilometres of that split.

    These are dots, not a line: they are not the least, and may well be fewer for more schools.
    """
    curve = country.curve
    with drawing():
        figure = Figure(figsize=(7.2, 3.2), dpi=100, layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(curve["schools_closed"], curve["subsidy_baht"] / 1e6, color=COLOURS[-1])
        right.plot(curve["schools_closed"], curve["pupil_km"] / 1e3, ".", color=FAINT, markersize=3)
        for axes, title, label in (
            (left, "ค่าพาหนะน้อยที่สุดที่พบ", "ที่เพิ่ม (ล้านบาทต่อปี)"),
            (right, "คน-กม. ของการแบ่งนั้น (ไม่ใช่น้อยที่สุด)", "ที่เพิ่ม (พันคน-กม. ต่อวัน)"),
        ):
            axes.set_title(title, fontfamily=families(), fontsize=11)
            axes.set_xlabel("โรงเรียนที่ย้ายทุกชั้นทั้งประเทศ", fontfamily=families())
            axes.set_ylabel(label, fontfamily=families())
            axes.grid(visible=True, color="#e0e0e0")
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=150, metadata={"Software": None})
    stream.seek(0)
    return stream

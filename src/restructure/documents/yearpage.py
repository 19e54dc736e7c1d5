"""Two years on one page for the committee, from a template that the office edits."""

from __future__ import annotations

import io
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
from docx.shared import Cm, Pt

from restructure.documents.parts import Facts
from restructure.documents.smalltemplate import fine_table
from restructure.documents.tags import rows, tag
from restructure.documents.writing import BLANK_COUNT, write_filled
from restructure.filling import find_template
from restructure.filling import passage as passage_of
from restructure.paper import BLANK, CODE, COMPUTED, Cell, Mark, Paper, blank, computed, resize
from restructure.policy import UNNAMED_OFFICE
from restructure.sheet import cut
from restructure.thai import ROUND_NAMES, thai_digits
from restructure.words import ROUTED, SYNTHETIC, spell_day
from restructure.years.drawing import year_picture
from restructure.years.facts import Years
from restructure.years.telling import spell_forecast, spell_merges, spell_roads, spell_ways, summary

#: Kind of template and what it is called.
YEAR_PAPERS = {"year-compare": "เทียบปีก่อนกับปีนี้หนึ่งหน้า"}
_SENTENCES = {"merges": "การรวม", "ways": "ระยะทาง", "roads": "ถนน", "forecast": "การคาดการณ์"}
_NOTE = (
    "เส้นหนา: เขียว = ถนนใหม่ ดำประ = ถนนหายไป ชมพู = ถนนเปลี่ยน\n"
    "ลูกศร: น้ำเงิน = รวมแล้วตามแผน น้ำตาลประ = ยังไม่ได้ทำ ม่วงประ = รวมแล้วนอกแผน\n"
    "เส้นบาง: แดงส้ม = ทางไกลขึ้นจนเปลี่ยนช่วงอัตรา เหลืองประ = ทางใกล้ลงจนเปลี่ยนช่วงอัตรา"
)
#: Letters of a sentence that surely leave the page one page; the forecast has the most to tell.
_LETTERS = {"merges": 170, "ways": 170, "roads": 170, "forecast": 250}
#: Points from line to line of what is written in 12. Fonts differ in the height of their lines by a half: with a pitch
#: of its own the page is as long with each, and rows grow with their lines, so nothing is cut off.
_PITCH = 17
#: Centimetres of the map, and of a cell beside what stands in it.
_MAP_CM, _CELL_CM = 6.2, 0.6


@cache
def year_templates() -> dict[str, bytes]:
    """Return the packaged template by its kind."""
    [(kind, title)] = YEAR_PAPERS.items()
    paper = Paper(title)
    paper.running_lines(
        Mark("{{ synthetic }}", COMPUTED), "ร่างจากโปรแกรม  ถนน ", computed("{{ osm_dates }}"),
        "  รุ่น ", Mark("{{ version }}", CODE),
    )  # fmt: skip
    paper.title(["เทียบปีงบประมาณ ", tag("year_last"), " กับ ", tag("year_this"), " (ร่าง)"])
    paper.line(tag("office"))
    resize(paper.document.paragraphs[-1], 14)
    _tighten(paper)
    cell = paper.box()
    paper.write(
        cell,
        computed("สีน้ำเงิน"),
        " = โปรแกรมคำนวณ  ",
        Mark("แถบเหลือง", BLANK),
        " = คนต้องกรอก ",
        tag("blank_count"),
        f" แห่ง\n{ROUTED}",
    )
    resize(cell, 12)
    cell.paragraph_format.line_spacing = Pt(_PITCH)
    lines = rows("row in rows", [tag(f"row.{key}") for key in ("item", "last", "this", "change", "unit")])
    heads: list[Cell] = ["รายการ", "ปีก่อน", "ปีนี้", "เปลี่ยน", "หน่วย"]
    _table(paper, heads, lines, [7.9, 2.4, 2.4, 2.8, 1.5], numeric=(1, 2, 3))
    told: list[list[Cell]] = [[words, tag(key)] for key, words in _SENTENCES.items()]
    _table(paper, [], [*told, ["ข้อสังเกตและข้อเสนอ", "{{ remarks }}"]], [2.5, 14.5])
    picture = Mark("{{p year_map }}", COMPUTED)
    beside = _MAP_CM + _CELL_CM
    _table(paper, [], [[picture, tag("picture_note")]], [beside, 17.0 - beside])
    stream = io.BytesIO()
    paper.save(stream)
    return {kind: stream.getvalue()}


def write_year_page(years: Years, path: Path, templates: Path | None = None) -> pd.DataFrame:
    """Write ``committee.docx``: figures of both years, what was done of the plan, what moved the ways, a map.

    Parameters
    ----------
    templates
        Folder that may hold a template of the office's own (:func:`restructure.templates.write_templates`).

    Returns
    -------
    DataFrame
        The blanks that are left: ``document``, ``section``, ``blank``.

    Raises
    ------
    DataError
        When a template of the office's own cannot be filled in.
    """
    [kind] = YEAR_PAPERS
    codes = set(years.this.cycle.tables["schools"]["school_id"])
    picture = year_picture(years)
    made = {"year_map": passage_of(lambda paper: _in_cell(paper, picture))}
    return write_filled(find_template(templates, kind, year_templates()), year_facts(years), made, path, codes)


def year_facts(years: Years) -> Facts:
    """Return the tags of the page."""
    last, this = (measured.cycle for measured in (years.last, years.this))
    table = summary(years)
    table["group"] = table["group"].replace("", pd.NA).ffill()
    listed = [
        {"item": _short(f"{row.group}: {row.item}"), "unit": row.unit}
        | {name: _told(getattr(row, name)) for name in ("last", "this")}
        | {"change": "–" if pd.isna(row.change) else thai_digits(f"{row.change:+,}" if row.change else "0")}
        for row in table.itertuples()
    ]
    days = [spell_day(cycle.network.osm_date) for cycle in (last, this)]
    sentences = {"merges": spell_merges, "ways": spell_ways, "roads": spell_roads, "forecast": spell_forecast}
    return {
        "office": blank("ชื่อสำนักงานเขต").text
        if this.policy.office == UNNAMED_OFFICE
        else thai_digits(this.policy.office),
        "year_last": thai_digits(str(last.policy.fiscal_year)),
        "year_this": thai_digits(str(this.policy.fiscal_year)),
        "osm_last": thai_digits(days[0]),
        "osm_this": thai_digits(days[1]),
        "osm_dates": thai_digits(" และ ".join(dict.fromkeys(days))),
        "synthetic": SYNTHETIC if this.policy.synthetic else "",
        "version": metadata.version("restructure"),
        "final": False,
        "blank_count": BLANK_COUNT,
        "rows": listed,
        "picture_note": _NOTE,
        "remarks": blank("ข้อสังเกตและข้อเสนอของเจ้าหน้าที่").text,
    } | {key: thai_digits(_fitted(spell(years), _LETTERS[key])) for key, spell in sentences.items()}


def _short(item: str) -> str:
    """Return what a figure is of on one line."""
    for name, month in (("november", "พ.ย."), ("may", "พ.ค.")):
        item = item.replace(ROUND_NAMES[name], month)
    return item


def _fitted(text: str, keep: int) -> str:
    return text if len(text) <= keep else f"{cut(text, keep)} (ต่อใน compare.xlsx)"


def _told(value: Any) -> str:
    return "ไม่ทราบ" if pd.isna(value) else thai_digits(f"{value:,}")


def _table(paper: Paper, heads: list[Cell], lines: list[list[Cell]], widths: list[float], **more: Any) -> None:
    """Write a table in small letters, line by line :data:`_PITCH` apart."""
    fine_table(paper, heads, lines, widths, **more)
    for row in paper.document.tables[-1].rows:
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.line_spacing = Pt(_PITCH)


def _tighten(paper: Paper) -> None:
    """Leave the page a little more room than an official paper of many pages has."""
    section = paper.document.sections[0]
    section.left_margin, section.right_margin = Cm(2.2), Cm(1.8)
    section.top_margin, section.bottom_margin = Cm(1.9), Cm(1.5)
    section.header_distance, section.footer_distance = Cm(0.8), Cm(0.6)


def _in_cell(paper: Paper, picture: io.BytesIO) -> None:
    paper.picture(picture, Cm(_MAP_CM), "แผนที่สิ่งที่เปลี่ยน")
    # Else its white ground covers the frame.
    paper.document.paragraphs[-1].paragraph_format.space_before = Pt(4)

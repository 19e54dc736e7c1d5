"""Two years on one page for the committee, from a template that the office edits."""

from __future__ import annotations

import io
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
from docx.shared import Cm

from restructure.documents.parts import Facts
from restructure.documents.smalltemplate import fine_table
from restructure.documents.tags import passage, rows, tag
from restructure.documents.writing import BLANK_COUNT, write_filled
from restructure.filling import find_template
from restructure.filling import passage as passage_of
from restructure.paper import BLANK, CODE, COMPUTED, Cell, Mark, Paper, blank, computed, resize
from restructure.policy import UNNAMED_OFFICE
from restructure.sheet import cut
from restructure.thai import thai_digits
from restructure.words import SYNTHETIC, spell_day
from restructure.years.drawing import PICTURE_MM, year_picture
from restructure.years.facts import Years
from restructure.years.telling import spell_forecast, spell_merges, spell_roads, spell_ways, summary

#: Kind of template and what it is called.
YEAR_PAPERS = {"year-compare": "เทียบปีก่อนกับปีนี้หนึ่งหน้า"}
_SENTENCES = {"merges": "การรวม", "ways": "ระยะทาง", "roads": "ถนน", "forecast": "การคาดการณ์"}
_NOTE = "เส้นหนา เขียว = ถนนใหม่ ดำประ = ถนนหายไป ชมพู = ถนนเปลี่ยน  เส้นบาง น้ำเงิน = รวมแล้วตามแผน น้ำตาลประ = ยังไม่ได้ทำ"
#: Centimetres of a row of words, whatever stands in it: they make no second page. A figure is never cut off.
_SENTENCE, _REMARKS = 1.2, 1.6
#: Letters of a sentence that surely fit.
_LETTERS = 190


@cache
def year_templates() -> dict[str, bytes]:
    """Return the packaged template by its kind."""
    [(kind, title)] = YEAR_PAPERS.items()
    paper = Paper(title)
    paper.running_lines(
        Mark("{{ synthetic }}", COMPUTED), "ร่างจากโปรแกรม  ถนน ", computed("{{ osm_last }}"), " และ ",
        computed("{{ osm_this }}"), "  รุ่น ", Mark("{{ version }}", CODE),
    )  # fmt: skip
    paper.title(["เทียบปีงบประมาณ ", tag("year_last"), " กับ ", tag("year_this"), " (ร่าง)"])
    paper.line(tag("office"))
    _small(paper)
    cell = paper.box()
    paper.write(
        cell,
        computed("สีน้ำเงิน"),
        " = โปรแกรมคำนวณ  ",
        Mark("แถบเหลือง", BLANK),
        " = คนต้องกรอก ",
        tag("blank_count"),
        " แห่ง",
    )
    lines = rows("row in rows", [tag(f"row.{key}") for key in ("item", "last", "this", "change", "unit")])
    heads: list[Cell] = ["รายการ", "ปีก่อน", "ปีนี้", "เปลี่ยน", "หน่วย"]
    fine_table(paper, heads, lines, [6.9, 2.5, 2.5, 2.4, 1.7], numeric=(1, 2, 3))
    told: list[list[Cell]] = [[words, tag(key)] for key, words in _SENTENCES.items()]
    fine_table(paper, [], told, [2.2, 13.8], height=_SENTENCE)
    passage(paper, "year_map")
    paper.line(tag("picture_note"))
    resize(paper.document.paragraphs[-1], 12)
    fine_table(paper, [], [["ข้อสังเกตและข้อเสนอ", "{{ remarks }}"]], [2.2, 13.8], height=_REMARKS)
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
    made = {"year_map": passage_of(lambda paper: paper.picture(picture, Cm(PICTURE_MM[0] / 10), "แผนที่สิ่งที่เปลี่ยน"))}
    return write_filled(find_template(templates, kind, year_templates()), year_facts(years), made, path, codes)


def year_facts(years: Years) -> Facts:
    """Return the tags of the page."""
    last, this = (measured.cycle for measured in (years.last, years.this))
    table = summary(years)
    table["group"] = table["group"].replace("", pd.NA).ffill()
    listed = [
        {"item": f"{row.group}: {row.item}".replace("พฤศจิกายน", " พ.ย.").replace("พฤษภาคม", " พ.ค."), "unit": row.unit}
        | {name: _told(getattr(row, name)) for name in ("last", "this")}
        | {"change": "–" if pd.isna(row.change) else thai_digits(f"{row.change:+,}" if row.change else "0")}
        for row in table.itertuples()
    ]
    sentences = {"merges": spell_merges, "ways": spell_ways, "roads": spell_roads, "forecast": spell_forecast}
    return {
        "office": blank("ชื่อสำนักงานเขต").text
        if this.policy.office == UNNAMED_OFFICE
        else thai_digits(this.policy.office),
        "year_last": thai_digits(str(last.policy.fiscal_year)),
        "year_this": thai_digits(str(this.policy.fiscal_year)),
        "osm_last": thai_digits(spell_day(last.network.osm_date)),
        "osm_this": thai_digits(spell_day(this.network.osm_date)),
        "synthetic": SYNTHETIC if this.policy.synthetic else "",
        "version": metadata.version("restructure"),
        "final": False,
        "blank_count": BLANK_COUNT,
        "rows": listed,
        "picture_note": _NOTE,
        "remarks": blank("ข้อสังเกตและข้อเสนอของเจ้าหน้าที่").text,
    } | {key: thai_digits(cut(spell(years), _LETTERS)) for key, spell in sentences.items()}


def _told(value: Any) -> str:
    return "ไม่ทราบ" if pd.isna(value) else thai_digits(f"{value:,}")


def _small(paper: Paper) -> None:
    resize(paper.document.paragraphs[-1], 14)

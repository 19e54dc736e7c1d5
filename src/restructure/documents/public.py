"""The paper of a plan for everybody: all that it tells of pupils and money are the figures that may be published.

Its template has no other tags: an office that adds one of the other papers' figures to it is told that there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from docx.shared import Cm

from restructure.documents.facts import spell_terms, step_facts
from restructure.documents.parts import Facts, official
from restructure.documents.pictures import moves_map
from restructure.documents.tags import break_before, named, passage, rows, table, tag, text, when
from restructure.drafting import Draft, is_blank
from restructure.filling import passage as passage_of
from restructure.grades import thai_grades
from restructure.mapdata import MapData
from restructure.paper import BLANK_PATTERN, Cell, Paper, resize
from restructure.plan import Plan
from restructure.plansheet import road_source
from restructure.public import READ_FIRST, SUPPRESSED, PublicFigures, suppressed_words
from restructure.thai import thai_digits
from restructure.words import CERTAINTY, KINDS, PROGRAMMES, spell_value

#: What every paper's template may use and this one's too.
_SHARED = ("office", "fiscal_year", "scenario", "scenario_short", "kind", "synthetic", "final", "routed", "osm_date",
           "version")  # fmt: skip
#: Texts that the office writes for everybody, and the headings that they stand under; opinions and names are not.
_TEXTS = {
    "earlier": "ความเป็นมา",
    "purpose": "วัตถุประสงค์",
    "law": "กฎหมายและระเบียบ",
    "directives": "นโยบายและหนังสือสั่งการ",
    "follow_up": "มาตรการและการติดตาม",
}
#: Settings that the figures rest on.
_RESTS_ON = ("distance_rule", "vehicle", "bands", "days_per_year", "public_min_pupils")
#: Steps that everybody waits for.
AWAITED = {
    "propose-plan": "เสนอแผนให้ กศจ. พิจารณา",
    "meetings": "ประชุมผู้ปกครองและชุมชน",
    "propose-outcome": "เสนอผลการประชุมให้ กศจ. พิจารณา",
}
_NO_DAY = "ยังไม่กำหนด"
#: Width and height of the map, millimetres.
_MAP = (155.0, 105.0)


def public_template(paper: Paper) -> None:
    """Write the template."""
    paper.title(["แผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก\nปีงบประมาณ พ.ศ. ", tag("fiscal_year"), "\n", tag("office")])
    paper.title("{% if not final %}ร่าง{% endif %}ฉบับเผยแพร่", points=16)
    when(paper, "if not final")
    paper.write(paper.box(), "{{ read_first }}  ข้อความที่พิมพ์เอง: ", tag("typed | join(', ')"))
    when(paper, "endif")
    paper.heading("สรุป")
    when(paper, "if merges")
    paper.body(
        "แผนนี้เสนอให้นักเรียนของโรงเรียน ", tag("figure.schools"), " แห่ง ไปเรียนรวมที่โรงเรียนหลัก ", tag("figure.hosts"),
        " แห่ง ตั้งแต่ภาคเรียนที่ ", tag("terms"),
    )  # fmt: skip
    when(paper, "else")
    paper.body("ทางเลือกนี้ไม่มีการรวมเพิ่ม")
    when(paper, "endif")
    lines = rows("row in figures", [tag("row.item"), tag("row.value"), "{{ row.unit }}"])
    table(paper, ["รายการ", "จำนวน", "หน่วย"], lines, [10.6, 3.2, 2.2], numeric=(1,))
    paper.body("{{ suppressed }}  {{ routed }}")
    paper.heading("เมื่อใดมีอะไร", 2)
    dates: list[list[Cell]] = [[name, f"{{{{ dates['{key}'] }}}}"] for key, name in AWAITED.items()]
    dates.append(["เริ่มเรียนที่โรงเรียนหลัก ถ้าเห็นชอบ", "{% if merges %}ภาคเรียนที่ {{ terms }}{% else %}–{% endif %}"])
    paper.table([], dates, [8.4, 7.6])
    when(paper, "if merges")
    paper.heading("การรวม")
    break_before(paper)
    lines = rows(
        "move in merges",
        [
            tag("move.number"),
            [*named("move.school", "move.school_id"), "\nไป ", *named("move.host", "move.host_id")],
            [tag("move.grades"), " ", tag("move.kind"), " ", tag("move.programme")],
            tag("move.from_term"),
            tag("move.pupils"),
        ],
    )
    heads: list[Cell] = ["ที่", "โรงเรียนมารวม ไปโรงเรียนหลัก", "ชั้น ลักษณะ โครงการ", "ตั้งแต่ภาคเรียน", "นักเรียน (คน)"]
    paper.table(heads, lines, [1.1, 6.0, 4.0, 2.7, 2.2], numeric=(4,))
    paper.heading("โรงเรียนที่นักเรียนออกหรือเข้า")
    lines = rows(
        "school in schools",
        [named("school.name", "school.code"), tag("school.place"), tag("school.before"), tag("school.after")],
    )
    heads = ["โรงเรียน", "ที่ตั้ง", "ผู้มาเรียน ก่อนรวม (คน)", "ผู้มาเรียน หลังรวม (คน)"]
    paper.table(heads, lines, [6.2, 5.2, 2.3, 2.3], numeric=(2, 3))
    paper.heading("แผนที่")
    passage(paper, "public_map")
    when(paper, "endif")
    for key, name in _TEXTS.items():
        when(paper, f"if texts.{key}")
        paper.heading(name)
        paper.body(text(key))
        when(paper, "endif")
    paper.heading("กำหนดการ")
    paper.body("ขั้นตอนการ", tag("kind"), "ตามมาตรฐานการปฏิบัติงาน")
    lines = [
        ["{%tr for round in steps %}"],
        ["{{ round.name }}"],
        *rows("step in round.steps", ["{{ step.number }}", "{{ step.name }}", "{{ step.due }}", tag("step.state")]),
        ["{%tr endfor %}"],
    ]
    table(paper, ["ที่", "ขั้นตอน", "กำหนดวันที่", "สถานะ"], lines, [1.1, 7.4, 4.1, 3.4], bold=(1,))
    paper.heading("ค่าที่ใช้คำนวณ")
    lines = rows("row in settings", [tag(f"row.{key}") for key in ("item", "value", "source", "certainty")])
    paper.table(["ค่า", "ค่าที่ใช้", "ที่มา", "ความแน่ชัด"], lines, [3.8, 5.0, 4.8, 2.4])
    for row in paper.document.tables[-1].rows:
        for cell in row.cells:
            resize(cell.paragraphs[0], 12)
    paper.body("ค่าทั้งหมดอยู่ในไฟล์ annexes.xlsx แผ่น “ค่าที่ใช้”")


def public_facts(plan: Plan, figures: PublicFigures, shared: Facts, draft: Draft, steps: pd.DataFrame) -> Facts:
    """Return the tags of the paper: of ``shared`` only what tells nothing of pupils and nobody's name."""
    texts = {key: shared["texts"][key] if not is_blank(draft.texts.get(key, "")) else "" for key in _TEXTS}
    shown = [{"name": group["name"], "steps": [_step(step) for step in group["steps"]]} for group in step_facts(steps)]
    every = {step["key"]: step for group in shown for step in group["steps"]}
    return {key: shared[key] for key in _SHARED} | {
        "read_first": READ_FIRST,
        "typed": ["ชื่อทางเลือก", *(name for key, name in _TEXTS.items() if texts[key])],
        "suppressed": thai_digits(suppressed_words(figures.threshold)),
        "terms": spell_terms(figures.merges["from_term"]),
        "figure": {row["key"]: _told(row["value"]) for row in _rows(figures.office)},
        "figures": [
            {"item": thai_digits(row["item"]), "value": _told(row["value"]), "unit": row["unit"]}
            for row in _rows(figures.office)
        ],
        "merges": [_merge(row) | {"number": thai_digits(i)} for i, row in enumerate(_rows(figures.merges), start=1)],
        "schools": [_school(row) for row in _rows(figures.schools.merge(plan.tables["schools"], on="school_id"))],
        "texts": texts,
        "steps": shown,
        "dates": {key: every[key]["state"] if every[key]["done"] else every[key]["due"] for key in AWAITED},
        "settings": [_setting(plan, key) for key in _RESTS_ON],
    }


def map_passage(plan: Plan) -> Callable[[Any], Any]:
    """Return the map of who goes where: schools, roads and arrows, no number."""
    picture = moves_map(plan, _MAP)

    def write(paper: Paper) -> None:
        paper.line("สี่เหลี่ยม = โรงเรียนหลัก  สามเหลี่ยม = โรงเรียนมารวม  ดูทีละโรงเรียนใน map.html", style="ในตาราง")
        paper.line(road_source(MapData(plan)), style="ในตาราง")
        for line in paper.document.paragraphs[-2:]:
            line.paragraph_format.keep_with_next = True
        paper.picture(picture, Cm(_MAP[0] / 10), "แผนที่ว่านักเรียนของโรงเรียนใดไปเรียนที่ใด")

    return passage_of(write)


def _rows(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return list(table.to_dict("records"))


def _told(value: Any) -> str:
    return SUPPRESSED if pd.isna(value) else thai_digits(int(value))


def _merge(row: dict[Any, Any]) -> Facts:
    return {
        "school": thai_digits(row["school_name"]),
        "school_id": row["school_id"],
        "host": thai_digits(row["host_name"]),
        "host_id": row["host_id"],
        "grades": thai_digits(thai_grades(row["grades"])),
        "kind": KINDS[row["kind"]],
        "programme": thai_digits(PROGRAMMES[row["programme"]]),
        "from_term": thai_digits(row["from_term"]),
        "pupils": _told(row["pupils"]),
    }


def _school(row: dict[Any, Any]) -> Facts:
    return {
        "name": thai_digits(row["name"]),
        "code": row["school_id"],
        "place": thai_digits(f"ต.{row['tambon']} อ.{row['amphoe']}"),
        "before": _told(row["before"]),
        "after": _told(row["after"]),
    }


def _step(step: Facts) -> Facts:
    due = _NO_DAY if BLANK_PATTERN.fullmatch(step["due"]) else step["due"]
    return {key: step[key] for key in ("key", "number", "name", "done", "state")} | {"due": due}


def _setting(plan: Plan, key: str) -> Facts:
    entry = plan.policy.entries[key]
    return {
        "item": official(entry.name),
        "value": official(spell_value(key, entry, plan.policy.settings)),
        "source": official(entry.source or "ไม่ระบุ"),
        "certainty": CERTAINTY[entry.certainty],
    }

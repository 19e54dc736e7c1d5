"""The plan for small schools for everybody: all that it tells of pupils are the figures that may be published.

Its template has no other tags: an office that adds one of the plan's figures to it is told that there is none.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from restructure.documents.parts import Facts, kilometres, number, official
from restructure.documents.smallfacts import named_once, setting_facts
from restructure.documents.smalltemplate import fine_table, item, title
from restructure.documents.tags import break_before, named, passage, rows, table, tag, text, when
from restructure.grades import thai_grades
from restructure.paper import BLANK_PATTERN, Cell, Paper
from restructure.public import READ_FIRST, SUPPRESSED, suppressed_words
from restructure.smallpublic import PublicSmall
from restructure.smallschools import NEAREST, SmallSchools, spell_sizes
from restructure.smalltexts import SmallTexts
from restructure.thai import thai_digits

#: What the plan's template may use and this one's too.
_SHARED = ("office", "fiscal_year", "most", "synthetic", "final", "osm_date", "version", "term", "as_of", "mergers")
#: Texts that the office writes for everybody, and the headings that they stand under; opinions and names are not.
_TEXTS = {
    "purpose": "วัตถุประสงค์",
    "directives": "นโยบายและแนวทางที่ใช้",
    "measures": "แนวทางและมาตรการ",
    "quality": "การพัฒนาคุณภาพ",
    "follow_up": "การติดตาม ประเมิน และรายงาน",
}
#: Settings that the figures rest on.
_RESTS_ON = ("small_school_max", "distance_rule", "vehicle", "public_min_pupils")
_NO_DAY = "ยังไม่กำหนด"


def public_small_template(paper: Paper) -> None:
    """Write the template."""
    paper.title(title(""))
    paper.title("{% if not final %}ร่าง{% endif %}ฉบับเผยแพร่", points=16)
    when(paper, "if not final")
    read_first = "{{ read_first }}{% if typed %}  ข้อความที่พิมพ์เอง: "
    paper.write(paper.box(), read_first, tag("typed | join(', ')"), "{% endif %}")
    when(paper, "endif")
    paper.heading("สรุป")
    paper.body("จำนวนนักเรียนตามทะเบียน (DMC) ", tag("as_of"))
    lines = rows("row in sizes", [tag("row.size"), tag("row.schools"), tag("row.pupils")])
    lines.append(["รวมโรงเรียนขนาดเล็กที่มีนักเรียน", tag("small"), tag("total")])
    table(paper, ["จำนวนนักเรียน", "โรงเรียน (แห่ง)", "นักเรียน (คน)"], lines, [9, 3.5, 3.5], numeric=(1, 2), bold=(3,))
    paper.body("{{ suppressed }}")
    paper.heading("แยกตามอำเภอ (แห่ง)", 2)
    passage(paper, "amphoe_table")
    paper.heading("ย้อนหลัง (แห่ง)", 2)
    passage(paper, "years_chart")
    passage(paper, "years_table")
    for key, name in _TEXTS.items():
        when(paper, f"if texts.{key}")
        paper.heading(name)
        paper.body(text(key))
        when(paper, "endif")
    paper.heading("รายชื่อโรงเรียนขนาดเล็กและโรงเรียนที่ไม่มีนักเรียน")
    break_before(paper)
    cells: list[Cell] = [tag("row.number"), named("row.name", "row.code"), tag("row.place"), tag("row.grades")]
    cells += [tag("row.size"), tag("row.pupils"), tag("row.special_area")]
    heads: list[Cell] = ["ที่", "โรงเรียน", "ตำบล อำเภอ", "ชั้น", "ขนาด (คน)", "นักเรียน (คน)", "พื้นที่พิเศษ"]
    fine_table(paper, heads, rows("row in schools", cells), [1.2, 4.0, 2.8, 2.1, 2.2, 1.8, 1.9], numeric=(5,))
    when(paper, "if mergers")
    paper.heading("การรวมที่มีผลอยู่")
    lines = rows(
        "row in mergers",
        [
            [*named("row.school", "row.school_id"), "\nไป ", *named("row.host", "row.host_id")],
            [tag("row.grades"), " ", tag("row.kind"), " ", tag("row.programme")],
            tag("row.from_term"),
        ],
    )
    table(paper, ["โรงเรียนมารวม ไปโรงเรียนหลัก", "ชั้น ลักษณะ โครงการ", "ตั้งแต่ภาคเรียน"], lines, [7.5, 5.8, 2.7])
    when(paper, "endif")
    paper.heading("โรงเรียนในขนาดที่ใหญ่กว่า ใกล้ที่สุดทางถนน")
    paper.body("กม. และนาที เป็นทางรถจากโรงเรียนถึงโรงเรียน ไม่ใช่ระยะทางของนักเรียน  ข้อมูลถนน ", tag("osm_date"))
    near: list[Cell] = [item("row.near", rank) for rank in range(NEAREST)]
    heads = ["โรงเรียน", "ใกล้ที่สุด", *["ถัดไป"] * (NEAREST - 1)]
    cells = [named("row.name", "row.code"), *near]
    fine_table(paper, heads, rows("row in schools", cells), [3.7, *[12.3 / NEAREST] * NEAREST])
    paper.heading("แผนที่")
    break_before(paper)
    passage(paper, "sizes_map")
    paper.heading("กำหนดการ")
    cells = ["{{ step.number }}", "{{ step.name }}", "{{ step.due }}", tag("step.state")]
    table(paper, ["ที่", "ขั้นตอน", "กำหนดวันที่", "สถานะ"], rows("step in steps", cells), [1.1, 7.4, 4.1, 3.4])
    paper.heading("ค่าที่ใช้คำนวณ")
    lines = rows("row in settings", [tag(f"row.{key}") for key in ("item", "value", "source", "certainty")])
    fine_table(paper, ["ค่า", "ค่าที่ใช้", "ที่มา", "ความแน่ชัด"], lines, [3.8, 5.0, 4.8, 2.4])


def public_small_facts(small: SmallSchools, public: PublicSmall, shared: Facts, texts: SmallTexts) -> Facts:
    """Return the tags of the paper: of ``shared`` only what tells nothing of pupils and nobody's name."""
    names = spell_sizes(public.bounds)
    kept = {key: shared["texts"][key] if texts.texts.get(key, "").strip() else "" for key in _TEXTS}
    near = {code: _near(small, found) for code, found in public.nearest.groupby("school_id")}
    return {key: shared[key] for key in _SHARED} | {
        "read_first": READ_FIRST,
        "typed": [name for key, name in _TEXTS.items() if kept[key]],
        "texts": kept,
        "suppressed": thai_digits(suppressed_words(public.threshold)),
        "small": number((public.schools["size"] > 0).sum()),
        "total": told(public.total),
        "sizes": [
            {"size": thai_digits(name), "schools": number(row["schools"]), "pupils": told(row["pupils"])}
            for name, row in zip(names, public.sizes.to_dict("records"), strict=True)
        ],
        "schools": [
            {
                "number": thai_digits(place),
                "name": thai_digits(row["name"]),
                "code": row["school_id"],
                "place": thai_digits(f"{row['tambon']}\n{row['amphoe']}"),
                "grades": thai_digits(thai_grades(row["grades"])),
                "size": thai_digits(names[row["size"]].removesuffix(" คน")),
                "pupils": told(row["pupils"]),
                "special_area": official(row["special_area"]) or "–",
                "near": near.get(row["school_id"], ["ไม่มีทางรถ"]) + ["–"] * NEAREST,
            }
            for place, row in enumerate(public.schools.to_dict("records"), start=1)
        ],
        "steps": [
            {key: step[key] for key in ("number", "name", "state")}
            | {"due": _NO_DAY if BLANK_PATTERN.fullmatch(step["due"]) else step["due"]}
            for step in shared["steps"]
        ],
        "settings": [
            {key: one[key] for key in ("item", "value", "source", "certainty")}
            for one in setting_facts(small, _RESTS_ON)
        ],
    }


def told(value: Any) -> str:
    """Return a figure, or the mark of one that is suppressed."""
    return SUPPRESSED if pd.isna(value) else number(value)


def _near(small: SmallSchools, found: pd.DataFrame) -> list[str]:
    return [
        f"{named_once(small, row['larger_id'])}\n{kilometres(row['road_m'])} กม. {number(row['minutes'])} นาที"
        for row in found.to_dict("records")
    ]

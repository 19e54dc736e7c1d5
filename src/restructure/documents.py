"""The first draft of a plan as a paper in official Thai layout.

All that the program worked out or took from the office's files stands in the character style ``คำนวณ``, all that a
person still has to fill in in the style ``ต้องกรอก``, so that both can be told apart, counted and restyled in one
place. Digits are Thai but in codes and addresses (style ``รหัส``), which are searched for in other systems.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor
from PIL import Image

from restructure.grades import thai_grades
from restructure.plan import Plan, RoundBudget
from restructure.thai import ROUND_NAMES, baht_text, parse_date, thai_date, thai_digits
from restructure.workbook import (
    CERTAINTY,
    FONT,
    KINDS,
    NO_VALUE,
    PROGRAMMES,
    ROUTED,
    RULES,
    SYNTHETIC,
    TABLE_NAMES,
    budget_rows,
    data_day,
    open_schools,
    road_date,
    school_table,
    size_tiers,
    spell_band,
    spell_value,
    summary_rows,
    write_annexes,
)

__all__ = ["write_annexes", "write_plan"]

COMPUTED, BLANK, CODE = "คำนวณ", "ต้องกรอก", "รหัส"
_UNKNOWN_WAY = "ไปไม่ถึง/ไม่ทราบ"
_UNKNOWN_BAHT = "ยังคิดไม่ได้"
_UNKNOWN_CEILING = "ยังไม่ทราบวงเงิน"
_BODY_POINTS, _TABLE_POINTS = 16, 14
_TEXT_WIDTH_CM = 16.0  # A4 less the margins of the regulation: 3 cm left, 2 cm right
#: Pixels of an A4 page's long side at some 150 dpi, and bytes above which a picture is stored as JPEG.
_MAP_PIXELS, _MAP_BYTES = 1754, 2_500_000
#: Not allowed in XML at all; a cell of an office's file may hold them.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ADDRESS = re.compile(r"(https?://\S+)")
#: The steps of the office's work standard for a plan and for carrying it out, in order.
_STEPS = (
    "วิเคราะห์และตรวจสอบข้อมูลสถานศึกษาในสังกัด",
    "แต่งตั้งคณะกรรมการจัดทำแผน",
    "ประชุมคณะกรรมการเพื่อจัดทำแผน",
    "เสนอแผนต่อ กศจ. เพื่อขอความเห็นชอบ",
    "ตรวจสอบข้อมูลพื้นฐานของสถานศึกษาที่จะดำเนินการ",
    "แต่งตั้งคณะกรรมการดำเนินการ",
    "ประชุมคณะกรรมการดำเนินการ สถานศึกษา และชุมชน",
    "สรุปผลการประชุมเสนอ กศจ.",
    "ติดตาม ประเมิน และรายงานผลต่อที่ประชุมผู้บริหารเขตพื้นที่ และ กศจ.",
    "เผยแพร่ผลการดำเนินงานให้ทุกฝ่ายทราบ",
)
_SCHOOL_BLANKS = (
    "เหตุผล",
    "มติที่ประชุมชุมชน",
    "ความเห็นคณะกรรมการสถานศึกษา",
    "ความพร้อมของโรงเรียนหลัก",
    "แผนรับ-ส่งนักเรียน",
    "ทรัพย์สินและอาคาร",
)
_SIGNERS = ("ผู้จัดทำ", "ผู้อำนวยการกลุ่มนโยบายและแผน", "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา")


class _Mark(NamedTuple):
    """Text in one of the three marking styles."""

    text: str
    style: str


#: Of the template's some 160 styles; a paper of few styles is easier to restyle, and quicker to write.
_KEPT_STYLES = {"Normal", "Title", "Heading 1", "Heading 2", "Header", "Footer", "Table Grid", "Normal Table"}
_KEPT_STYLES |= {"Default Paragraph Font", "No List"}
_Part = str | _Mark
_Cell = _Part | list[_Part]


def write_plan(plan: Plan, path: Path, map_png: Path) -> None:
    """Write ``plan.docx``: what was computed filled in, everything that people decide left as marked blanks.

    Parameters
    ----------
    map_png
        The print map, put into the annex at the resolution of an A4 page.
    """
    paper = _Paper(plan)
    schools = school_table(plan)
    _memo_head(paper, plan)
    _key(paper)
    paper.title(["แผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก ปีงบประมาณ พ.ศ. ", _computed(str(plan.policy.fiscal_year))])
    _background(paper, plan, schools)
    _method(paper, plan)
    _present(paper, plan, schools)
    _option(paper, plan)
    _school_by_school(paper, plan, schools)
    _budget(paper, plan)
    _timetable(paper)
    _risks(paper, plan)
    _proposal(paper)
    _map_annex(paper, map_png)
    _settings_annex(paper, plan)
    paper.save(path)


# --- sections -------------------------------------------------------------------------------------------------------


def _memo_head(paper: _Paper, plan: Plan) -> None:
    paper.line(_blank("วางตราครุฑ สูง ๑.๕ ซม."))
    paper.title("บันทึกข้อความ", points=29)
    subject = "ร่างแผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก ปีงบประมาณ พ.ศ. "
    lines: list[list[tuple[str, list[_Part]]]] = [
        [("ส่วนราชการ", [_computed(plan.policy.office), "  กลุ่มนโยบายและแผน  ", _blank("หมายเลขโทรศัพท์")])],
        [("ที่", [_blank("เลขที่หนังสือ")]), ("วันที่", [_blank("วันที่")])],
        [("เรื่อง", [subject, _computed(str(plan.policy.fiscal_year)), " (", _computed(plan.scenario.name), ")"])],
        [("เรียน", [_blank("ผู้รับหนังสือ")])],
    ]
    for labels in lines:
        paper.labelled(labels)


def _key(paper: _Paper) -> None:
    """Write the key to the marks on page 1; the number of blanks is known when all has been written."""
    cell = paper.box()
    paper.write(cell, "ร่างแรกจากโปรแกรม ต้องตรวจและเติมให้ครบก่อนใช้  ", bold=True)
    paper.write(cell, _computed("ตัวอักษรสีน้ำเงิน"), f" = โปรแกรมคำนวณหรือนำมาจากไฟล์ของสำนักงาน (ลักษณะอักขระ “{COMPUTED}”)  ")
    paper.write(cell, _Mark("แถบสีเหลือง", BLANK), f" = คนต้องกรอก (ลักษณะอักขระ “{BLANK}”) ทั้งหมด ")
    paper.blank_count = paper.write(cell, _computed(""))
    paper.write(cell, " แห่ง  ตัวอักษรสีดำ = ข้อความต้นแบบ")
    paper.line("")


def _background(paper: _Paper, plan: Plan, schools: pd.DataFrame) -> None:
    paper.heading("๑. เรื่องเดิมและความเป็นมา")
    running = open_schools(schools)
    small = running[running["on_roll"].between(1, plan.policy.settings.small_school_max)]
    existing = plan.tables.get("mergers")
    pairs = 0 if existing is None else len(existing[["school_id", "host_id"]].drop_duplicates())
    paper.body(
        "๑.๑ ข้อเท็จจริง  ", _computed(plan.policy.office), " มีโรงเรียนที่เปิดสอน ", _computed(len(running)),
        " แห่ง นักเรียนตามทะเบียน ", _computed(running["on_roll"].sum()), " คน (ข้อมูล ", _computed(data_day(plan)),
        ") เป็นโรงเรียนขนาดเล็กที่มีนักเรียนไม่เกิน ", _computed(plan.policy.settings.small_school_max), " คน จำนวน ",
        _computed(len(small)), " แห่ง คิดเป็นร้อยละ ", _computed(f"{100 * len(small) / max(len(running), 1):.1f}"),
        " ไม่มีนักเรียน ", _computed(int((running["on_roll"] == 0).sum())), " แห่ง และมีการรวมเดิมในตารางการรวม ",
        _computed(pairs), " คู่โรงเรียน",
    )  # fmt: skip
    paper.body("๑.๒ กฎหมายและระเบียบที่เกี่ยวข้อง  ", _blank("กฎหมาย ระเบียบ คำสั่ง ที่สำนักงานเขตใช้อ้างอิง พร้อมข้อและวันที่"))
    paper.body("๑.๓ นโยบายและหนังสือสั่งการ  ", _blank("นโยบาย หนังสือสั่งการ เลขที่ และวันที่"))
    paper.body("๑.๔ มติหรือแผนเดิมที่เกี่ยวข้อง  ", _blank("มติ กศจ. หรือแผนเดิม ครั้งที่และวันที่ หากมี"))


def _method(paper: _Paper, plan: Plan) -> None:
    paper.heading("๒. ข้อมูลและวิธีการ")
    paper.body("ข้อมูลนำเข้าที่ใช้ และแถวที่พักไว้เพราะใช้ไม่ได้ (รายละเอียดในภาคผนวก annexes.xlsx แผ่น “ปัญหาข้อมูล”)")
    problems = plan.problems.assign(table=[Path(str(name)).stem for name in plan.problems["file"]])
    rows: list[list[_Cell]] = []
    for name, table in plan.tables.items():
        mine = problems.loc[problems["table"] == name, "severity"]
        counts = [len(table), int((mine == "error").sum()), int((mine == "warning").sum())]
        rows.append([TABLE_NAMES.get(name, name), *(_computed(count) for count in counts)])
    errors, warned = ((plan.problems["severity"] == severity).sum() for severity in ("error", "warning"))
    rows.append(["รวมทุกไฟล์ (ปัญหา)", "", _computed(errors), _computed(warned)])
    paper.table(["ตาราง", "แถวที่ใช้", "แถวที่พักไว้", "ข้อที่ควรตรวจ"], rows, [7, 3, 3, 3], numeric=(1, 2, 3), total=True)
    rule = plan.policy.entries["distance_rule"]
    paper.body("ข้อมูลถนน OpenStreetMap ณ วันที่ ", _computed(road_date(plan)), "  วิธีวัดระยะทาง: ", _computed(rule.value))
    paper.body("ที่มาของวิธีวัด: ", *_marked(rule.source), "  ความแน่ชัด: ", _computed(CERTAINTY[rule.certainty]))
    paper.body(ROUTED, bold=True)
    paper.body("ค่าทั้งหมดที่ใช้คำนวณ พร้อมที่มา อยู่ในภาคผนวก ข")


def _present(paper: _Paper, plan: Plan, schools: pd.DataFrame) -> None:
    paper.heading("๓. สภาพปัจจุบัน")
    running = open_schools(schools)
    now, after = size_tiers(running["on_roll"]), size_tiers(running["after"])
    paper.body("โรงเรียนที่เปิดสอน แยกตามจำนวนนักเรียน ปัจจุบันนับตามทะเบียน (DMC) หลังรวมนับตามที่เรียนจริง")
    rows: list[list[_Cell]] = [
        [tier, _computed(count), _computed(pupils), _computed(later)]
        for (tier, count, pupils), later in zip(now.itertuples(index=False), after["schools"], strict=True)
    ]
    rows.append(
        ["รวม", _computed(now["schools"].sum()), _computed(now["pupils"].sum()), _computed(after["schools"].sum())]
    )
    heads = ["ขนาด (นักเรียน)", "โรงเรียน (แห่ง)", "นักเรียน (คน)", "โรงเรียนเมื่อรวมตามแผน (แห่ง)"]
    paper.table(heads, rows, [4.5, 3.5, 3.5, 4.5], numeric=(1, 2, 3), total=True)
    past = plan.tables.get("enrolment")
    if past is not None and len(past):
        paper.body("จำนวนนักเรียนย้อนหลังตามไฟล์ของสำนักงาน")
        years = past.groupby("year")["count"].sum()
        rows = [[_computed(str(year)), _computed(count)] for year, count in years.items()]
        paper.table(["ปีการศึกษา", "นักเรียน (คน)"], rows, [4.5, 3.5], numeric=(1,))


def _option(paper: _Paper, plan: Plan) -> None:
    paper.heading("๔. ทางเลือกที่เสนอ")
    paper.body(
        "ทางเลือก: ",
        _computed(plan.scenario.name),
        *(["  ", *_marked(plan.scenario.note)] if plan.scenario.note else []),
    )
    if plan.moves.empty:
        paper.body("ทางเลือกนี้ไม่มีการรวมเพิ่ม ตัวเลขจึงเป็นสภาพตามการรวมเดิม", bold=True)
    paper.body(ROUTED)
    rows: list[list[_Cell]] = [
        [words, _computed(NO_VALUE if value is None else value), unit] for words, value, unit, _ in summary_rows(plan)
    ]
    paper.table(["รายการ", "ค่า", "หน่วย"], rows, [10.5, 3.5, 2], numeric=(1,))
    baht = plan.outcome.summary["baht_per_year"]
    paper.body("ค่าพาหนะโดยประมาณเต็มปีการศึกษา ", _computed(baht_text(baht)), " ไม่รวมนักเรียนที่ยังวัดระยะทางไม่ได้ ",
               _computed(plan.outcome.summary["unreachable"]), " คน")  # fmt: skip


def _school_by_school(paper: _Paper, plan: Plan, schools: pd.DataFrame) -> None:
    paper.heading("๕. รายโรงเรียน")
    if plan.moves.empty:
        paper.body("ไม่มีการรวมในทางเลือกนี้")
        return
    paper.body("ระยะทางเป็นเมตร ตามทางรถจากบ้านถึงโรงเรียนหลัก " + ROUTED)
    rows: list[list[_Cell]] = []
    for number, move in enumerate(plan.moves.to_dict("records"), start=1):
        kind = f"{thai_grades(move['grades'])} {KINDS[move['kind']]} {PROGRAMMES[move['programme']]}"
        leaves, joins = (_school_name(move[f"{part}_name"], move[f"{part}_id"]) for part in ("school", "host"))
        rows.append(
            [
                _computed(number),
                [*leaves, "\nไป ", *joins],
                _computed(f"{kind} ตั้งแต่ {move['from_term']}"),
                _computed(move["pupils"]),
                [_metres(move["median_m"]), "\n", _metres(move["max_m"])],
                _baht(move),
            ]
        )
    moves = plan.moves
    rows.append(["", "รวม", "", _computed(moves["pupils"].sum()), "", _computed(moves["baht"].sum())])
    heads = ["ที่", "โรงเรียนมารวม ไปโรงเรียนหลัก", "ชั้น ลักษณะ โครงการ", "นักเรียน (คน)", "มัธยฐาน ไกลสุด (ม.)",
             "ค่าพาหนะ ต่อปี (บาท)"]  # fmt: skip
    paper.table(heads, rows, [1.2, 4.5, 3.2, 2.0, 2.4, 2.7], numeric=(3, 4, 5), total=True)
    known = schools.set_index("school_id")
    for number, (school, group) in enumerate(plan.moves.groupby("school_id", sort=True), start=1):
        _one_school(paper, plan, number, known.loc[school], group, known)


def _one_school(
    paper: _Paper, plan: Plan, number: int, school: pd.Series, moves: pd.DataFrame, schools: pd.DataFrame
) -> None:
    paper.heading([f"๕.{number} โรงเรียน ", *_school_name(school["name"], str(school.name))], 2)
    rows: list[list[_Cell]] = [
        ["ที่ตั้ง", [_computed(f"ตำบล{school['tambon']} อำเภอ{school['amphoe']}")]],
        ["นักเรียนตามทะเบียน", [_computed(school["on_roll"]), " คน", *_past(plan, str(school.name))]],
        ["ครู", [_computed(school.get("teachers", pd.NA)), " คน"]],
        ["พื้นที่ลักษณะพิเศษ", _computed(school.get("special_area", "") or "ไม่มีในข้อมูล")],
    ]
    for move in moves.to_dict("records"):
        host = schools.loc[move["host_id"]]
        rows += [
            ["ย้ายไปโรงเรียนหลัก", [
                *_school_name(move["host_name"], move["host_id"]), " ชั้น ",
                _computed(f"{thai_grades(move['grades'])} {KINDS[move['kind']]}"), " ตั้งแต่ภาคเรียนที่ ",
                _computed(move["from_term"]), " ", _computed(PROGRAMMES[move["programme"]]),
            ]],
            ["นักเรียนที่ย้าย", [
                _computed(move["pupils"]), " คน มัธยฐาน ", _metres(move["median_m"], " เมตร"), " ไกลสุด ",
                _metres(move["max_m"], " เมตร"), " ยังวัดไม่ได้ ", _computed(move["unreachable"]), " คน",
            ]],
            ["ค่าพาหนะต่อปี", _baht(move, baht_text)],
            ["โรงเรียนหลักหลังรวม", [
                "นักเรียน ", _computed(host["before"]), " เป็น ", _computed(host["after"]), " คน ห้องเรียนที่ต้องใช้ ",
                _computed(host["rooms_needed"]), " มี ", _computed(host.get("rooms", pd.NA)), " ห้อง ความพร้อมตามไฟล์: ",
                _computed(host.get("readiness", "") or "ไม่ระบุ"),
            ]],
        ]  # fmt: skip
    warnings = plan.outcome.warnings
    about_host = (warnings["school_id"] == "") & warnings["host_id"].isin(moves["host_id"])
    mine = warnings.loc[(warnings["school_id"] == school.name) | about_host, "message"]
    rows.append(["ข้อควรระวัง", _lines_of([_with_codes(text, plan) for text in mine]) or "ไม่พบจากการคำนวณ"])
    rows += [[label, _blank(label)] for label in _SCHOOL_BLANKS]
    paper.table([], rows, [4.2, 11.8], together=True)


def _past(plan: Plan, school: str) -> list[_Part]:
    past = plan.tables.get("enrolment")
    if past is None or not (past["school_id"] == school).any():
        return []
    years = past[past["school_id"] == school].groupby("year")["count"].sum()
    return ["  ย้อนหลัง: ", _computed(", ".join(f"พ.ศ. {year} = {count:,}" for year, count in years.items()))]


def _budget(paper: _Paper, plan: Plan) -> None:
    paper.heading("๖. งบประมาณค่าพาหนะรับ-ส่งนักเรียน")
    settings, entries = plan.policy.settings, plan.policy.entries
    pairs = zip(settings.bands, [None, *settings.bands], strict=False)
    rows: list[list[_Cell]] = [[_computed(spell_band(b, below)), _computed(b.baht_per_day)] for b, below in pairs]
    paper.table(["ระยะทางจากบ้านถึงโรงเรียนหลัก", "บาทต่อคนต่อวัน"], rows, [9, 4], numeric=(1,))
    for key in ("bands", "days_per_year", "days_by_term"):
        value: list[_Part] = [] if key == "bands" else [": ", _computed(spell_value(key, entries[key], plan))]
        paper.body(entries[key].thai, *value, "  ที่มา: ", *_marked(entries[key].source or "ไม่ระบุ"), "  ความแน่ชัด: ",
                   _computed(CERTAINTY[entries[key].certainty]))  # fmt: skip
    paper.body(
        "ความต้องการของแต่ละรอบ แยกโครงการ (ไม่นำโครงการมารวมกัน) ตามการรวมเดิม และประมาณการเมื่อรวมทางเลือกนี้  " + ROUTED
    )
    rows = [
        [
            _computed(f"{ROUND_NAMES[row['round']]} {PROGRAMMES[row['programme']]}"),
            *(_computed(row[key]) for key in ("pupils", "baht", "pupils_with_plan", "baht_with_plan")),
            _computed(row["unreachable_with_plan"]),
        ]
        for row in budget_rows(plan).to_dict("records")
    ]
    heads = ["รอบ โครงการ", "นักเรียน (คน)", "ความต้องการ (บาท)", "นักเรียน เมื่อรวมแผน", "ความต้องการ เมื่อรวมแผน",
             "ยังวัดไม่ได้ (คน)"]  # fmt: skip
    paper.table(heads, rows, [4.0, 2.0, 2.7, 2.2, 2.7, 2.4], numeric=(1, 2, 3, 4, 5))
    for budget in plan.rounds:
        _round(paper, plan, budget)


def _round(paper: _Paper, plan: Plan, budget: RoundBudget) -> None:
    paper.heading([f"{ROUND_NAMES[budget.name]} (ภาคเรียนที่ ", _computed(str(budget.term)), ")"], 2)
    need = int(budget.allocation["need_baht"].sum())
    paper.body("ความต้องการตามการรวมเดิม ", _computed(baht_text(need)))
    if budget.ceiling_baht is None:
        paper.body("วงเงิน: ", _computed(_UNKNOWN_CEILING), " จึงยังไม่จัดสรร  ", _blank("หนังสือแจ้งวงเงินและจำนวนเงิน"))
    else:
        gap = budget.ceiling_baht - need
        allocated = int(budget.allocation["allocated_baht"].sum())
        paper.body("วงเงินที่ได้รับแจ้ง ", _computed(baht_text(budget.ceiling_baht)), *_letters(plan, budget.name))
        paper.body(
            "จัดสรรได้ ",
            _computed(baht_text(allocated)),
            " คงเหลือ " if gap >= 0 else " ขาด ",
            _computed(abs(gap)),
            " บาท",
        )
    sharing = plan.policy.entries["sharing_rule"]
    paper.body("วิธีแบ่งเมื่อวงเงินไม่พอ: ", _computed(spell_value("sharing_rule", sharing, plan)),
               " (สำนักงานเขตเป็นผู้เลือก)  ที่มา: ", *_marked(sharing.source or "ไม่ระบุ"))  # fmt: skip
    if budget.allocation.empty:
        paper.body("ไม่มีรายการในรอบนี้")
        return
    names = plan.tables["schools"].set_index("school_id")["name"]
    rows: list[list[_Cell]] = []
    for programme, group in budget.allocation.groupby("programme", sort=True):
        rows.append([_computed(PROGRAMMES[str(programme)])])
        for line in group.to_dict("records"):
            rows.append(
                [
                    _school_name(names[line["host_id"]], line["host_id"]),
                    _school_name(names[line["school_id"]], line["school_id"]),
                    _computed(line["pupils"]),
                    _computed(line["need_baht"]),
                    _allocated(line["allocated_baht"]),
                ]
            )
        sums = [_computed(group["pupils"].sum()), _computed(group["need_baht"].sum()), _allocated(_sum(group))]
        rows.append([["รวม ", _computed(PROGRAMMES[str(programme)])], "", *sums])
    heads = ["โรงเรียนหลัก", "โรงเรียนมารวม", "นักเรียน (คน)", "ความต้องการ (บาท)", "จัดสรร (บาท)"]
    paper.table(heads, rows, [4.2, 4.2, 2.0, 2.8, 2.8], numeric=(2, 3, 4))
    paper.body(ROUTED + " การจ่ายเงินใช้ได้เฉพาะระยะทางที่เจ้าหน้าที่รับรองแล้ว", bold=True)


def _sum(allocation: pd.DataFrame) -> Any:
    """Return the sum of what is allocated; unknown, not 0, where there is no ceiling."""
    return allocation["allocated_baht"].sum(min_count=1)


def _letters(plan: Plan, round_name: str) -> list[_Part]:
    letters = plan.tables.get("ceilings")
    if letters is None:
        return []
    mine = letters[letters["round"] == round_name].to_dict("records")
    texts = [f"{x['letter']} ลงวันที่ {thai_date(parse_date(x['date']))} {x['baht']:,} บาท" for x in mine]
    return [" ตามหนังสือ ", _computed("; ".join(texts))] if texts else []


def _timetable(paper: _Paper) -> None:
    paper.heading("๗. กำหนดการ")
    paper.body("ขั้นตอนตามมาตรฐานการปฏิบัติงาน วันที่และผู้รับผิดชอบให้สำนักงานเขตกำหนด")
    rows: list[list[_Cell]] = [
        [thai_digits(number), step, _blank("ผู้รับผิดชอบ"), _blank("วันที่")] for number, step in enumerate(_STEPS, start=1)
    ]
    paper.table(["ที่", "ขั้นตอน", "ผู้รับผิดชอบ", "วันที่"], rows, [1.2, 6.8, 4.3, 3.7])


def _risks(paper: _Paper, plan: Plan) -> None:
    paper.heading("๘. ความเสี่ยงและข้อควรตรวจ")
    rows: list[list[_Cell]] = [
        [_computed(RULES.get(row["rule"], row["rule"])), _with_codes(row["message"], plan)]
        for row in plan.outcome.warnings.to_dict("records")
    ]
    if rows:
        paper.table(["เรื่อง", "รายละเอียดที่พบจากการคำนวณ"], rows, [4, 12])
    else:
        paper.body("ไม่พบข้อควรระวังจากการคำนวณ")
    paper.body("ความเสี่ยงอื่นที่โปรแกรมไม่เห็น (ฤดูฝน ทางขาด ความปลอดภัยของทาง ความเห็นผู้ปกครอง)  ", _blank("ความเสี่ยงและมาตรการ"))


def _proposal(paper: _Paper) -> None:
    paper.heading("๙. ข้อพิจารณาและข้อเสนอ")
    paper.body("๙.๑ ข้อพิจารณา  ", _blank("ข้อพิจารณา"))
    paper.body("๙.๒ ข้อเสนอ  ", _blank("ข้อเสนอ"))
    for signer in _SIGNERS:
        paper.signature(signer)


def _map_annex(paper: _Paper, map_png: Path) -> None:
    picture, ratio = _shrunk(map_png)
    width, height = paper.new_section(landscape=ratio >= 1)
    paper.heading("ภาคผนวก ก แผนที่")
    # Room for the heading and a line: a picture as high as the page would fall onto the next one.
    room = height - Cm(1.8)
    width = min(width, Emu(int(room * ratio)))
    paper.picture(picture, width, "แผนที่โรงเรียนมารวม โรงเรียนหลัก และทางรถของทางเลือก")


def _settings_annex(paper: _Paper, plan: Plan) -> None:
    paper.new_section(landscape=True)
    paper.heading("ภาคผนวก ข ค่าที่ใช้คำนวณ พร้อมที่มาและความแน่ชัด")
    rows: list[list[_Cell]] = [
        [
            entry.thai,
            _marked(spell_value(key, entry, plan)),
            _marked(entry.source or "ไม่ระบุ"),
            _computed(CERTAINTY[entry.certainty]),
            _computed(thai_date(entry.date)) if entry.date else "ไม่ระบุ",
            _computed(entry.confirmed_by) if entry.confirmed_by else _blank("ผู้ยืนยัน"),
        ]
        for key, entry in plan.policy.entries.items()
    ]
    heads = ["ค่า", "ค่าที่ใช้", "ที่มา", "ความแน่ชัด", "วันที่ของที่มา", "ผู้ยืนยัน"]
    paper.table(heads, rows, [4.5, 6.2, 5.5, 3.0, 2.4, 3.1])


# --- parts of a text ------------------------------------------------------------------------------------------------


def _computed(value: Any) -> _Mark:
    """Mark a figure or a name from the data; whole numbers get separators, what is missing says so."""
    if not isinstance(value, str) and pd.isna(value):
        return _Mark("ไม่ทราบ", COMPUTED)
    return _Mark(thai_digits(int(value) if isinstance(value, Integral) else value), COMPUTED)


def _metres(value: Any, unit: str = "") -> _Mark:
    return _Mark(_UNKNOWN_WAY, COMPUTED) if pd.isna(value) else _computed(f"{value:,}{unit}")


def _allocated(value: Any) -> _Mark:
    return _Mark(_UNKNOWN_CEILING, COMPUTED) if pd.isna(value) else _computed(value)


def _blank(what: str) -> _Mark:
    """Return a visible blank that a person fills in."""
    return _Mark(f"[……… กรอก: {what} ………]", BLANK)


def _baht(move: dict[str, Any], spell: Callable[[int], str] = thai_digits) -> _Mark:
    """Return a move's baht a year: unknown, not 0, where no way of its pupils is known."""
    return _Mark(_UNKNOWN_BAHT if 0 < move["pupils"] == move["unreachable"] else spell(move["baht"]), COMPUTED)


def _school_name(name: str, code: str) -> list[_Part]:
    return [_computed(name), " (", _Mark(code, CODE), ")"]


def _marked(text: str) -> list[_Part]:
    """Mark free text as computed, its web addresses as codes."""
    parts = _ADDRESS.split(text)
    return [_Mark(part, CODE) if i % 2 else _computed(part) for i, part in enumerate(parts) if part]


def _with_codes(text: str, plan: Plan) -> list[_Part]:
    """Mark a message as computed, the school codes in it as codes."""
    codes = set(plan.tables["schools"]["school_id"])
    parts = re.split(r"(?<=\()([^()]+)(?=\))", text)
    return [_Mark(part, CODE) if part in codes else _computed(part) for part in parts if part]


def _lines_of(texts: list[list[_Part]]) -> list[_Part]:
    """Join texts with line breaks."""
    return [part for i, text in enumerate(texts) for part in ([*(["\n"] if i else []), *text])]


def _shrunk(path: Path) -> tuple[io.BytesIO, float]:
    """Return the picture at some 150 dpi of an A4 page, and its width by its height."""
    with Image.open(path) as full:
        picture = full.convert("RGB")
    picture.thumbnail((_MAP_PIXELS, _MAP_PIXELS), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=True)
    if stream.tell() > _MAP_BYTES:
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=85)
    stream.seek(0)
    return stream, picture.width / picture.height


# --- the paper ------------------------------------------------------------------------------------------------------


class _Paper:
    """A Word document in official Thai layout."""

    def __init__(self, plan: Plan) -> None:
        self.document = Document()
        self.blanks = 0
        self.blank_count: Any = None
        _set_styles(self.document)
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        _set_margins(section)
        self._running_lines(plan)
        properties = self.document.core_properties
        properties.title = f"ร่างแผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก {plan.scenario.name}"
        properties.author = properties.last_modified_by = properties.comments = properties.keywords = ""
        properties.language = "th-TH"
        # A fixed day: the same plan gives the same bytes.
        properties.created = properties.modified = datetime.datetime(2000, 1, 1)

    def write(self, paragraph: Any, *parts: _Part, bold: bool = False) -> Any:
        """Append parts to a paragraph; return the last run."""
        run = None
        for part in parts:
            text, style = part if isinstance(part, _Mark) else (thai_digits(part), None)
            run = paragraph.add_run(_CONTROLS.sub("", text), style=style)
            if style == BLANK:
                # On the run too: LibreOffice does not draw the highlight of a character style.
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW
                self.blanks += text.startswith("[")
            if bold:
                run.bold = run.font.cs_bold = True
        return run

    def line(self, *parts: _Part) -> None:
        self.write(self.document.add_paragraph(), *parts)

    def body(self, *parts: _Part, bold: bool = False) -> None:
        paragraph = self.document.add_paragraph(style="เนื้อความ")
        self.write(paragraph, *parts, bold=bold)

    def title(self, text: _Cell, points: int = 18) -> None:
        paragraph = self.document.add_paragraph(style="Title")
        self.write(paragraph, *(text if isinstance(text, list) else [text]))
        for run in paragraph.runs:
            _set_size(run._r.get_or_add_rPr(), points)

    def heading(self, text: _Cell, level: int = 1) -> None:
        self.write(self.document.add_paragraph(style=f"Heading {level}"), *(text if isinstance(text, list) else [text]))

    def labelled(self, labels: Sequence[tuple[str, list[_Part]]]) -> None:
        """Write a line of the head of a memo: bold labels of 20 points, each with its text."""
        paragraph = self.document.add_paragraph()
        for i, (label, parts) in enumerate(labels):
            run = self.write(paragraph, f"{'      ' if i else ''}{label}  ", bold=True)
            _set_size(run._r.get_or_add_rPr(), 20)
            self.write(paragraph, *parts)

    def box(self) -> Any:
        """Return the paragraph of a framed box."""
        table = self.document.add_table(1, 1, style="Table Grid")
        paragraph = table.cell(0, 0).paragraphs[0]
        paragraph.style = "ในตาราง"
        return paragraph

    def table(
        self,
        heads: list[str],
        rows: list[list[_Cell]],
        widths: Sequence[float],
        *,
        numeric: Sequence[int] = (),
        total: bool = False,
        together: bool = False,
    ) -> None:
        """Write a table: heads repeated on each page, no row broken over two; a row of one cell spans all columns.

        Parameters
        ----------
        widths
            In cm.
        numeric
            Columns that are set to the right.
        total
            Whether the last row is a total.
        together
            Whether to keep the table on one page, with the heading before it.
        """
        table = self.document.add_table(0, len(widths), style="Table Grid")
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        shown: list[list[_Cell]] = [list(heads), *rows] if heads else rows
        for number, cells in enumerate(shown):
            row = table.add_row()
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            is_head = bool(heads) and number == 0
            if is_head:
                properties.append(OxmlElement("w:tblHeader"))
            strong = is_head or (total and number == len(shown) - 1)
            spanning = len(cells) == 1 < len(widths)
            for place, (cell, content) in enumerate(zip(row.cells, cells, strict=not spanning)):
                cell.width = Cm(widths[place])
                paragraph = cell.paragraphs[0]
                paragraph.style = "ในตาราง"
                keep = is_head or spanning or (together and number < len(shown) - 1)
                paragraph.paragraph_format.keep_with_next = keep or None
                if is_head:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                    _shade(cell._tc.get_or_add_tcPr(), "D9E2F3")
                elif place in numeric:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                parts = content if isinstance(content, list) else [content]
                self.write(paragraph, *parts, bold=strong or spanning)
            if spanning:
                row.cells[0].merge(row.cells[-1])
        self.document.add_paragraph(style="ในตาราง")

    def signature(self, role: str) -> None:
        """Leave room for one person's name, post and date."""
        for parts in (["(ลงชื่อ) ", _blank("ลายมือชื่อ")], ["(", _blank("ชื่อ-สกุล"), ")"], [role], ["วันที่ ", _blank("วันที่")]):
            paragraph = self.document.add_paragraph(style="ลงนาม")
            self.write(paragraph, *parts)
        paragraph.paragraph_format.keep_with_next = False
        paragraph.paragraph_format.space_after = Pt(14)

    def picture(self, stream: io.BytesIO, width: Any, words: str) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shape = paragraph.add_run().add_picture(stream, width=width)
        shape._inline.docPr.set("descr", words)

    def new_section(self, *, landscape: bool) -> tuple[Any, Any]:
        """Begin a section on a new page; return the width and height of its text."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        long, short = Cm(29.7), Cm(21.0)
        section.page_width, section.page_height = (long, short) if landscape else (short, long)
        _set_margins(section)
        margins = section.left_margin + section.right_margin, section.top_margin + section.bottom_margin
        return Emu(section.page_width - margins[0]), Emu(section.page_height - margins[1])

    def save(self, path: Path) -> None:
        """Write the file; parts of the archive carry no time, so that the same plan gives the same bytes."""
        self.blank_count.text = thai_digits(self.blanks)
        stream = io.BytesIO()
        self.document.save(stream)
        with zipfile.ZipFile(stream) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)

    def _running_lines(self, plan: Plan) -> None:
        section = self.document.sections[0]
        header, footer = section.header.paragraphs[0], section.footer.paragraphs[0]
        header.alignment = footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self.write(header, "– ")
        _add_page_number(header.add_run()._r)
        self.write(header, " –")
        if plan.policy.synthetic:
            run = self.write(header, f"    {SYNTHETIC}", bold=True)
            run.font.color.rgb = RGBColor(0xC0, 0, 0)
        self.write(footer, _computed(plan.scenario.name), f"  {ROUTED}  ข้อมูลถนน ", _computed(road_date(plan)))
        for name, version in plan.versions.items():
            if name != "osm_date":
                self.write(footer, f"  {name} ", _Mark(version, CODE))


def _set_styles(document: Any) -> None:
    """Set the font, also for the complex script that Thai is, in every style; make the styles of this paper."""
    styles = document.styles
    for style in list(styles):
        if style.name not in _KEPT_STYLES:
            style.delete()
    for link in list(styles.element.iter(qn("w:link"))):
        link.getparent().remove(link)
    defaults = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    _set_font(defaults)
    _set_size(defaults, _BODY_POINTS)
    _set_language(defaults)
    # Single spacing, as the regulation has it; the template spreads lines and paragraphs.
    spacing = styles.element.find(f".//{qn('w:pPrDefault')}//{qn('w:spacing')}")
    spacing.set(qn("w:after"), "0")
    spacing.set(qn("w:line"), "240")
    for name in (COMPUTED, BLANK, CODE):
        styles.add_style(name, WD_STYLE_TYPE.CHARACTER)
    for name in ("เนื้อความ", "ในตาราง", "ลงนาม"):
        styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
    sizes = {"Title": 18, "Heading 1": 18, "Heading 2": 16, "ในตาราง": _TABLE_POINTS, "Header": 14, "Footer": 11}
    for style in styles:
        if style.type == WD_STYLE_TYPE.LIST:
            continue
        rpr = style.element.get_or_add_rPr()
        _set_font(rpr)
        if style.name in ("Normal", "เนื้อความ", "ลงนาม", *sizes):
            _set_size(rpr, sizes.get(style.name, _BODY_POINTS))
            _set_language(rpr)
        if style.name in ("Title", "Heading 1", "Heading 2"):
            style.font.bold = style.font.cs_bold = True
            style.font.color.rgb = RGBColor(0, 0, 0)
    for name, before in {"Title": 6, "Heading 1": 12, "Heading 2": 8}.items():
        layout = styles[name].paragraph_format
        layout.space_before, layout.space_after, layout.keep_with_next = Pt(before), Pt(2), True
    for border in list(styles["Title"].element.iter(qn("w:pBdr"))):
        border.getparent().remove(border)
    styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    body = styles["เนื้อความ"].paragraph_format
    body.first_line_indent, body.alignment = Cm(2.5), WD_ALIGN_PARAGRAPH.THAI_JUSTIFY
    signing = styles["ลงนาม"].paragraph_format
    signing.left_indent, signing.alignment, signing.keep_with_next = Cm(6), WD_ALIGN_PARAGRAPH.CENTER, True
    styles[COMPUTED].font.color.rgb = RGBColor(0x1F, 0x4E, 0x9E)
    styles[CODE].font.color.rgb = RGBColor(0x1F, 0x4E, 0x9E)
    styles[BLANK].font.highlight_color = WD_COLOR_INDEX.YELLOW


def _set_font(properties: Any) -> None:
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)


def _set_size(properties: Any, points: int) -> None:
    properties.sz_val = Pt(points)
    size = properties.find(qn("w:szCs"))
    if size is None:
        size = OxmlElement("w:szCs")
        properties.find(qn("w:sz")).addnext(size)
    size.set(qn("w:val"), str(points * 2))


def _set_language(properties: Any) -> None:
    language = properties.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        properties.append(language)
    for script, value in {"val": "en-US", "eastAsia": "en-US", "bidi": "th-TH"}.items():
        language.set(qn(f"w:{script}"), value)


def _set_margins(section: Any) -> None:
    section.left_margin, section.right_margin = Cm(3), Cm(2)
    section.top_margin, section.bottom_margin = Cm(2.5), Cm(2)
    section.header_distance, section.footer_distance = Cm(1.2), Cm(0.9)
    numbering = section._sectPr.find(qn("w:pgNumType"))
    if numbering is None:
        numbering = OxmlElement("w:pgNumType")
        section._sectPr.find(qn("w:pgMar")).addnext(numbering)
    numbering.set(qn("w:fmt"), "thaiNumbers")


def _shade(properties: Any, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in {"val": "clear", "color": "auto", "fill": colour}.items():
        shade.set(qn(f"w:{name}"), value)
    properties.append(shade)


def _add_page_number(run: Any) -> None:
    # The section says Thai digits; a switch on the field would make LibreOffice count in Thai letters.
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        piece = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            piece.set(qn("w:fldCharType"), kind)
        piece.text = text or None
        run.append(piece)

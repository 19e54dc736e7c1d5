"""The first draft of a plan as a paper in official Thai layout.

All that the program worked out or took from the office's files stands in the character style ``คำนวณ``, all that a
person still has to fill in in the style ``ต้องกรอก``, so that both can be told apart, counted and restyled in one
place. Digits are Thai but in codes and addresses (style ``รหัส``), which are searched for in other systems.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from docx.shared import Cm, Emu

from restructure.comparison import figures, spell_at_least
from restructure.documentalternatives import NET_NOTE, for_committee, write_alternatives
from restructure.documentbudget import write_budget
from restructure.documentparts import baht_of, known, lines_of, marked, metres, school_name, shrunk, with_codes
from restructure.grades import thai_grades
from restructure.paper import BLANK, CODE, COMPUTED, Cell, Mark, Paper, Part, blank, computed
from restructure.plan import Plan, open_schools, school_table, size_tiers
from restructure.policy import UNNAMED_OFFICE
from restructure.simulate import Outcome
from restructure.thai import baht_text, thai_date, thai_digits
from restructure.words import (
    CERTAINTY,
    KINDS,
    PROGRAMMES,
    ROUTED,
    RULES,
    SYNTHETIC,
    TABLE_NAMES,
    UNKNOWN_BAHT,
    spell_as_of,
    spell_day,
    spell_value,
)

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


def write_plan(plan: Plan, path: Path, map_png: Path, others: Sequence[Outcome] = ()) -> None:
    """Write ``plan.docx``: what was computed filled in, everything that people decide left as marked blanks.

    Parameters
    ----------
    map_png
        The print map, put into the annex at the resolution of an A4 page.
    others
        The office's other scenarios: where there are any, they are compared with this one and with the present state.
    """
    paper = Paper(f"ร่างแผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก {plan.scenario.name}")
    _running_lines(paper, plan)
    schools = school_table(plan)
    _memo_head(paper, plan)
    _key(paper)
    paper.title(["แผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก ปีงบประมาณ พ.ศ. ", computed(str(plan.policy.fiscal_year))])
    _background(paper, plan, schools)
    _method(paper, plan)
    _present(paper, plan, schools)
    _option(paper, plan)
    if others:
        write_alternatives(paper, [plan.outcome, *others])
    _school_by_school(paper, plan, schools)
    write_budget(paper, plan)
    _timetable(paper)
    _risks(paper, plan)
    _proposal(paper)
    _map_annex(paper, map_png)
    _settings_annex(paper, plan)
    paper.save(path)


def _running_lines(paper: Paper, plan: Plan) -> None:
    versions = [(name, version) for name, version in plan.versions.items() if name != "osm_date"]
    paper.running_lines(
        SYNTHETIC if plan.policy.synthetic else "",
        computed(plan.scenario.name),
        f"  {ROUTED}  ข้อมูลถนน ",
        computed(spell_day(plan.network.osm_date)),
        *(part for name, version in versions for part in (f"  {name} ", Mark(version, CODE))),
    )


# --- sections -------------------------------------------------------------------------------------------------------


def _memo_head(paper: Paper, plan: Plan) -> None:
    paper.line(blank("วางตราครุฑ สูง ๑.๕ ซม."))
    paper.title("บันทึกข้อความ", points=29)
    subject = "ร่างแผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก ปีงบประมาณ พ.ศ. "
    lines: list[list[tuple[str, list[Part]]]] = [
        [("ส่วนราชการ", [_office(plan), "  กลุ่มนโยบายและแผน  ", blank("หมายเลขโทรศัพท์")])],
        [("ที่", [blank("เลขที่หนังสือ")]), ("วันที่", [blank("วันที่")])],
        [("เรื่อง", [subject, computed(str(plan.policy.fiscal_year)), " (", computed(plan.scenario.name), ")"])],
        [("เรียน", [blank("ผู้รับหนังสือ")])],
    ]
    for labels in lines:
        paper.labelled(labels)


def _office(plan: Plan) -> Mark:
    return blank("ชื่อสำนักงานเขต") if plan.policy.office == UNNAMED_OFFICE else computed(plan.policy.office)


def _key(paper: Paper) -> None:
    """Write the key to the marks on page 1; the number of blanks is known when all has been written."""
    cell = paper.box()
    paper.write(cell, "ร่างแรกจากโปรแกรม ต้องตรวจและเติมให้ครบก่อนใช้  ", bold=True)
    paper.write(cell, computed("ตัวอักษรสีน้ำเงิน"), f" = โปรแกรมคำนวณหรือนำมาจากไฟล์ของสำนักงาน (ลักษณะอักขระ “{COMPUTED}”)  ")
    paper.write(cell, Mark("แถบสีเหลือง", BLANK), f" = คนต้องกรอก (ลักษณะอักขระ “{BLANK}”) ทั้งหมด ")
    paper.blank_count = paper.write(cell, computed(""))
    paper.write(cell, " แห่ง  ตัวอักษรสีดำ = ข้อความต้นแบบ")
    paper.line("")


def _background(paper: Paper, plan: Plan, schools: pd.DataFrame) -> None:
    paper.heading("๑. เรื่องเดิมและความเป็นมา")
    running = open_schools(schools)
    small = running[running["on_roll"].between(1, plan.policy.settings.small_school_max)]
    existing = plan.tables.get("mergers")
    pairs = 0 if existing is None else len(existing[["school_id", "host_id"]].drop_duplicates())
    paper.body(
        "๑.๑ ข้อเท็จจริง  ", _office(plan), " มีโรงเรียนที่เปิดสอน ", computed(len(running)),
        " แห่ง นักเรียนตามทะเบียน ", computed(running["on_roll"].sum()), " คน (ข้อมูล ",
        computed(spell_as_of(plan.tables["students"])),
        ") เป็นโรงเรียนขนาดเล็กที่มีนักเรียนไม่เกิน ", computed(plan.policy.settings.small_school_max), " คน จำนวน ",
        computed(len(small)), " แห่ง คิดเป็นร้อยละ ", computed(f"{100 * len(small) / max(len(running), 1):.1f}"),
        " ไม่มีนักเรียน ", computed(int((running["on_roll"] == 0).sum())), " แห่ง และมีการรวมเดิมในตารางการรวม ",
        computed(pairs), " คู่โรงเรียน",
    )  # fmt: skip
    paper.body("๑.๒ กฎหมายและระเบียบที่เกี่ยวข้อง  ", blank("กฎหมาย ระเบียบ คำสั่ง ที่สำนักงานเขตใช้อ้างอิง พร้อมข้อและวันที่"))
    paper.body("๑.๓ นโยบายและหนังสือสั่งการ  ", blank("นโยบาย หนังสือสั่งการ เลขที่ และวันที่"))
    paper.body("๑.๔ มติหรือแผนเดิมที่เกี่ยวข้อง  ", blank("มติ กศจ. หรือแผนเดิม ครั้งที่และวันที่ หากมี"))


def _method(paper: Paper, plan: Plan) -> None:
    paper.heading("๒. ข้อมูลและวิธีการ")
    paper.body("ข้อมูลนำเข้าที่ใช้ และแถวที่พักไว้เพราะใช้ไม่ได้ (รายละเอียดในภาคผนวก annexes.xlsx แผ่น “ปัญหาข้อมูล”)")
    problems = plan.problems.assign(table=[Path(str(name)).stem for name in plan.problems["file"]])
    rows: list[list[Cell]] = []
    for name, table in plan.tables.items():
        mine = problems.loc[problems["table"] == name, "severity"]
        counts = [len(table), int((mine == "error").sum()), int((mine == "warning").sum())]
        rows.append([TABLE_NAMES.get(name, name), *(computed(count) for count in counts)])
    errors, warned = ((plan.problems["severity"] == severity).sum() for severity in ("error", "warning"))
    rows.append(["รวมทุกไฟล์ (ปัญหา)", "", computed(errors), computed(warned)])
    paper.table(["ตาราง", "แถวที่ใช้", "แถวที่พักไว้", "ข้อที่ควรตรวจ"], rows, [7, 3, 3, 3], numeric=(1, 2, 3), total=True)
    rule = plan.policy.entries["distance_rule"]
    paper.body(
        "ข้อมูลถนน OpenStreetMap ณ วันที่ ",
        computed(spell_day(plan.network.osm_date)),
        "  วิธีวัดระยะทาง: ",
        computed(spell_value("distance_rule", rule, plan.policy.settings)),
    )
    paper.body("ที่มาของวิธีวัด: ", *marked(rule.source), "  ความแน่ชัด: ", computed(CERTAINTY[rule.certainty]))
    paper.body(ROUTED, bold=True)
    paper.body("ค่าทั้งหมดที่ใช้คำนวณ พร้อมที่มา อยู่ในภาคผนวก ข")


def _present(paper: Paper, plan: Plan, schools: pd.DataFrame) -> None:
    paper.heading("๓. สภาพปัจจุบัน")
    running = open_schools(schools)
    now, after = size_tiers(running["on_roll"]), size_tiers(running["after"])
    paper.body("โรงเรียนที่เปิดสอน แยกตามจำนวนนักเรียน ปัจจุบันนับตามทะเบียน (DMC) หลังรวมนับตามที่เรียนจริง")
    rows: list[list[Cell]] = [
        [tier, computed(count), computed(pupils), computed(later)]
        for (tier, count, pupils), later in zip(now.itertuples(index=False), after["schools"], strict=True)
    ]
    rows.append(
        ["รวม", computed(now["schools"].sum()), computed(now["pupils"].sum()), computed(after["schools"].sum())]
    )
    heads = ["ขนาด (นักเรียน)", "โรงเรียน (แห่ง)", "นักเรียน (คน)", "โรงเรียนเมื่อรวมตามแผน (แห่ง)"]
    paper.table(heads, rows, [4.5, 3.5, 3.5, 4.5], numeric=(1, 2, 3), total=True)
    past = plan.tables.get("enrolment")
    if past is not None and len(past):
        paper.body("จำนวนนักเรียนย้อนหลังตามไฟล์ของสำนักงาน")
        years = past.groupby("year")["count"].sum()
        rows = [[computed(str(year)), computed(count)] for year, count in years.items()]
        paper.table(["ปีการศึกษา", "นักเรียน (คน)"], rows, [4.5, 3.5], numeric=(1,))


def _option(paper: Paper, plan: Plan) -> None:
    paper.heading("๔. ทางเลือกที่เสนอ")
    paper.body(
        "ทางเลือก: ",
        computed(plan.scenario.name),
        *(["  ", *marked(plan.scenario.note)] if plan.scenario.note else []),
    )
    if plan.moves.empty:
        paper.body("ทางเลือกนี้ไม่มีการรวมเพิ่ม ตัวเลขจึงเป็นสภาพตามการรวมเดิม", bold=True)
    paper.body(ROUTED)
    table = figures(plan.outcome.summary)
    table = table[[for_committee(key) for key in table.index]]
    rows: list[list[Cell]] = []
    for group, mine in table.groupby("group", sort=False):
        rows.append([f"{group}"])
        for row in mine.itertuples():
            before = known(row.present, row.present_unmeasured) if row.compared else "–"
            rows.append([row.thai, before, known(row.value, row.unmeasured), row.unit])
    paper.table(["รายการ", "ถ้าไม่รวมเพิ่ม", "เมื่อรวม", "หน่วย"], rows, [6.4, 4.0, 4.0, 1.6], numeric=(1, 2))
    paper.body("ระยะทางและเวลาถ้าไม่รวมเพิ่ม เป็นของนักเรียนกลุ่มเดียวกับที่ย้าย  ตัวเลขทั้งหมดอยู่ในภาคผนวก annexes.xlsx แผ่น “สรุป”")
    paper.body("ครูและผู้บริหารคิดตาม ", computed(plan.outcome.summary["staffing_rule"]))
    summary = plan.outcome.summary
    least = spell_at_least(baht_text(summary["baht_per_year"]), summary["unreachable"])
    paper.body("ค่าพาหนะโดยประมาณเต็มปีการศึกษา ", computed(least))
    paper.body(NET_NOTE)


def _school_by_school(paper: Paper, plan: Plan, schools: pd.DataFrame) -> None:
    paper.heading("๕. รายโรงเรียน")
    if plan.moves.empty:
        paper.body("ไม่มีการรวมในทางเลือกนี้")
        return
    paper.body("ระยะทางเป็นเมตร ตามทางรถจากบ้านถึงโรงเรียนหลัก " + ROUTED)
    rows: list[list[Cell]] = []
    for number, move in enumerate(plan.moves.to_dict("records"), start=1):
        kind = f"{thai_grades(move['grades'])} {KINDS[move['kind']]} {PROGRAMMES[move['programme']]}"
        leaves, joins = (school_name(move[f"{part}_name"], move[f"{part}_id"]) for part in ("school", "host"))
        rows.append(
            [
                computed(number),
                [*leaves, "\nไป ", *joins],
                computed(f"{kind} ตั้งแต่ {move['from_term']}"),
                computed(move["pupils"]),
                [metres(move["median_m"]), "\n", metres(move["max_m"])],
                baht_of(move),
            ]
        )
    moves = plan.moves
    rows.append(
        [
            "",
            "รวม",
            "",
            computed(moves["pupils"].sum()),
            "",
            computed(UNKNOWN_BAHT if moves["baht"].isna().all() and len(moves) else moves["baht"].sum()),
        ]
    )
    heads = ["ที่", "โรงเรียนมารวม ไปโรงเรียนหลัก", "ชั้น ลักษณะ โครงการ", "นักเรียน (คน)", "มัธยฐาน ไกลสุด (ม.)",
             "ค่าพาหนะ ต่อปี (บาท)"]  # fmt: skip
    paper.table(heads, rows, [1.2, 4.5, 3.2, 2.0, 2.4, 2.7], numeric=(3, 4, 5), total=True)
    known = schools.set_index("school_id")
    for number, (school, group) in enumerate(plan.moves.groupby("school_id", sort=True), start=1):
        _one_school(paper, plan, number, known.loc[school], group, known)


def _one_school(
    paper: Paper, plan: Plan, number: int, school: pd.Series, moves: pd.DataFrame, schools: pd.DataFrame
) -> None:
    paper.heading([f"๕.{number} โรงเรียน ", *school_name(school["name"], str(school.name))], 2)
    rows: list[list[Cell]] = [
        ["ที่ตั้ง", [computed(f"ตำบล{school['tambon']} อำเภอ{school['amphoe']}")]],
        ["นักเรียนตามทะเบียน", [computed(school["on_roll"]), " คน", *_past(plan, str(school.name))]],
        ["ครู", [computed(school.get("teachers", pd.NA)), " คน"]],
        ["พื้นที่ลักษณะพิเศษ", computed(school.get("special_area", "") or "ไม่มีในข้อมูล")],
    ]
    for move in moves.to_dict("records"):
        host = schools.loc[move["host_id"]]
        rows += [
            ["ย้ายไปโรงเรียนหลัก", [
                *school_name(move["host_name"], move["host_id"]), " ชั้น ",
                computed(f"{thai_grades(move['grades'])} {KINDS[move['kind']]}"), " ตั้งแต่ภาคเรียนที่ ",
                computed(move["from_term"]), " ", computed(PROGRAMMES[move["programme"]]),
            ]],
            ["นักเรียนที่ย้าย", [
                computed(move["pupils"]), " คน มัธยฐาน ", metres(move["median_m"], " เมตร"), " ไกลสุด ",
                metres(move["max_m"], " เมตร"), " ยังวัดไม่ได้ ", computed(move["unreachable"]), " คน",
            ]],
            ["ค่าพาหนะต่อปี", baht_of(move, baht_text)],
            ["โรงเรียนหลักหลังรวม", [
                "นักเรียน ", computed(host["before"]), " เป็น ", computed(host["after"]), " คน ห้องเรียนที่ต้องใช้ ",
                computed(host["rooms_needed"]), " มี ", computed(host.get("rooms", pd.NA)), " ห้อง ความพร้อมตามไฟล์: ",
                computed(host.get("readiness", "") or "ไม่ระบุ"),
            ]],
        ]  # fmt: skip
    warnings = plan.outcome.warnings
    about_host = (warnings["school_id"] == "") & warnings["host_id"].isin(moves["host_id"])
    mine = warnings.loc[(warnings["school_id"] == school.name) | about_host, "message"]
    rows.append(["ข้อควรระวัง", lines_of([with_codes(text, plan) for text in mine]) or "ไม่พบจากการคำนวณ"])
    rows += [[label, blank(label)] for label in _SCHOOL_BLANKS]
    paper.table([], rows, [4.2, 11.8], together=True)


def _past(plan: Plan, school: str) -> list[Part]:
    past = plan.tables.get("enrolment")
    if past is None or not (past["school_id"] == school).any():
        return []
    years = past[past["school_id"] == school].groupby("year")["count"].sum()
    return ["  ย้อนหลัง: ", computed(", ".join(f"พ.ศ. {year} = {count:,}" for year, count in years.items()))]


def _timetable(paper: Paper) -> None:
    paper.heading("๗. กำหนดการ")
    paper.body("ขั้นตอนตามมาตรฐานการปฏิบัติงาน วันที่และผู้รับผิดชอบให้สำนักงานเขตกำหนด")
    rows: list[list[Cell]] = [
        [thai_digits(number), step, blank("ผู้รับผิดชอบ"), blank("วันที่")] for number, step in enumerate(_STEPS, start=1)
    ]
    paper.table(["ที่", "ขั้นตอน", "ผู้รับผิดชอบ", "วันที่"], rows, [1.2, 6.8, 4.3, 3.7])


def _risks(paper: Paper, plan: Plan) -> None:
    paper.heading("๘. ความเสี่ยงและข้อควรตรวจ")
    rows: list[list[Cell]] = [
        [computed(RULES.get(row["rule"], row["rule"])), with_codes(row["message"], plan)]
        for row in plan.outcome.warnings.to_dict("records")
    ]
    if rows:
        paper.table(["เรื่อง", "รายละเอียดที่พบจากการคำนวณ"], rows, [4, 12])
    else:
        paper.body("ไม่พบข้อควรระวังจากการคำนวณ")
    paper.body("ความเสี่ยงอื่นที่โปรแกรมไม่เห็น (ทางขาด ความปลอดภัยของทาง ความเห็นผู้ปกครอง)  ", blank("ความเสี่ยงและมาตรการ"))


def _proposal(paper: Paper) -> None:
    paper.heading("๙. ข้อพิจารณาและข้อเสนอ")
    paper.body("๙.๑ ข้อพิจารณา  ", blank("ข้อพิจารณา"))
    paper.body("๙.๒ ข้อเสนอ  ", blank("ข้อเสนอ"))
    for signer in _SIGNERS:
        paper.signature(signer)


def _map_annex(paper: Paper, map_png: Path) -> None:
    picture, ratio = shrunk(map_png)
    width, height = paper.new_section(landscape=ratio >= 1)
    paper.heading("ภาคผนวก ก แผนที่")
    # Room for the heading and a line: a picture as high as the page would fall onto the next one.
    room = height - Cm(1.8)
    width = min(width, Emu(int(room * ratio)))
    paper.picture(picture, width, "แผนที่โรงเรียนมารวม โรงเรียนหลัก และทางรถของทางเลือก")


def _settings_annex(paper: Paper, plan: Plan) -> None:
    paper.new_section(landscape=True)
    paper.heading("ภาคผนวก ข ค่าที่ใช้คำนวณ พร้อมที่มาและความแน่ชัด")
    rows: list[list[Cell]] = [
        [
            entry.name,
            marked(spell_value(key, entry, plan.policy.settings)),
            marked(entry.source or "ไม่ระบุ"),
            computed(CERTAINTY[entry.certainty]),
            computed(thai_date(entry.date)) if entry.date else "ไม่ระบุ",
            computed(entry.confirmed_by) if entry.confirmed_by else blank("ผู้ยืนยัน"),
        ]
        for key, entry in plan.policy.entries.items()
    ]
    heads = ["ค่า", "ค่าที่ใช้", "ที่มา", "ความแน่ชัด", "วันที่ของที่มา", "ผู้ยืนยัน"]
    paper.table(heads, rows, [4.4, 8.0, 5.0, 2.7, 2.0, 2.6])

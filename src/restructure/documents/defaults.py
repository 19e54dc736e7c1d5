"""The packaged templates of a plan, made in code: an office that wants another layout edits its own copy in Word."""

from __future__ import annotations

import copy
import io
from functools import cache

from docx.oxml.ns import qn

from restructure.documents.memo import DRAFT, begin_memo, end_memo
from restructure.documents.public import public_template
from restructure.documents.sheets import parents_template, summary_template
from restructure.documents.tags import break_before, named, passage, rows, table, tag, text, when
from restructure.drafting import SCHOOL_TEXTS
from restructure.paper import CODE, COMPUTED, Cell, Mark, Paper, computed, resize

#: Kinds of template and what they are called.
PAPERS = {
    "plan": "แผนและบันทึกเสนอ",
    "plan-summary": "สรุปแผนหนึ่งหน้า",
    "plan-parents": "ใบชี้แจงผู้ปกครอง",
    "plan-public": "แผนฉบับเผยแพร่",
}
_PLAN = "แผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก"


@cache
def default_templates() -> dict[str, bytes]:
    """Return the packaged templates by kind of paper."""
    made = {}
    makers = {
        "plan": _plan,
        "plan-summary": summary_template,
        "plan-parents": parents_template,
        "plan-public": public_template,
    }
    for kind, make in makers.items():
        paper = Paper(PAPERS[kind])
        paper.running_lines(
            Mark("{{ synthetic }}", COMPUTED),
            computed("{{ scenario_short }}"), "  {{ routed }}  ถนน ", computed("{{ osm_date }}"),
            "  รุ่น ", Mark("{{ version }}", CODE),
        )  # fmt: skip
        make(paper)
        _repeat_running_lines(paper)
        stream = io.BytesIO()
        paper.save(stream)
        made[kind] = stream.getvalue()
    return made


def _repeat_running_lines(paper: Paper) -> None:
    """Give every section its running lines: the first one may be left out with what stands in it."""
    first, *others = (section._sectPr for section in paper.document.sections)
    kinds = (qn("w:headerReference"), qn("w:footerReference"))
    for section in others:
        for reference in reversed([element for element in first if element.tag in kinds]):
            section.insert(0, copy.deepcopy(reference))


# --- the plan -------------------------------------------------------------------------------------------------------


def _plan(paper: Paper) -> None:
    _memo(paper)
    paper.title([DRAFT + _PLAN, "\nปีงบประมาณ พ.ศ. ", tag("fiscal_year"), "\n", tag("office")])
    break_before(paper)
    _background(paper)
    _data(paper)
    _method(paper)
    _present(paper)
    _alternatives(paper)
    _schools(paper)
    _travel(paper)
    _money(paper)
    _timetable(paper)
    _measures(paper)
    _risks(paper)
    _opinions(paper)
    _annexes(paper)


def _memo(paper: Paper) -> None:
    begin_memo(paper, [DRAFT + _PLAN + " ปีงบประมาณ พ.ศ. ", tag("fiscal_year"), " (", tag("scenario"), ")"])
    paper.body(
        tag("office"), " มีโรงเรียนที่เปิดสอน ", tag("present.schools"), " แห่ง นักเรียน ", tag("present.pupils"),
        " คน เป็นโรงเรียนขนาดเล็ก ", tag("present.small"), " แห่ง (ร้อยละ ", tag("present.small_percent"), ")",
    )  # fmt: skip
    when(paper, "if moved.any")
    paper.body(
        "แผนนี้เสนอให้นักเรียน ", tag("moved.pupils"), " คน จาก ", tag("moved.schools"), " โรงเรียน ไปเรียนรวมที่โรงเรียนหลัก ",
        tag("moved.hosts"), " แห่ง ตั้งแต่ภาคเรียนที่ ", tag("moved.terms"), " ระยะทางมัธยฐาน ", tag("moved.median"),
        " เมตร ไกลที่สุด ", tag("moved.farthest"), " เมตร ประมาณการค่าพาหนะเต็มปีการศึกษา ", tag("moved.baht_text"),
        "  (", tag("routed"), ")",
    )  # fmt: skip
    when(paper, "else")
    paper.body("ทางเลือกนี้ไม่มีการรวมเพิ่ม")
    when(paper, "endif")
    paper.heading("๓. ข้อกฎหมายและระเบียบ", 2)
    paper.body(text("law"))
    paper.heading("๔. ข้อพิจารณา", 2)
    paper.body(text("considerations"))
    paper.heading("๕. ข้อเสนอ", 2)
    end_memo(paper)


def _background(paper: Paper) -> None:
    paper.heading("๑. ความเป็นมาและวัตถุประสงค์")
    paper.body(
        "๑.๑ ข้อเท็จจริง  ", tag("office"), " มีโรงเรียนที่เปิดสอน ", tag("present.schools"), " แห่ง นักเรียนตามทะเบียน ",
        tag("present.pupils"), " คน (ข้อมูล ", tag("present.as_of"), ") เป็นโรงเรียนขนาดเล็กที่มีนักเรียนไม่เกิน ",
        tag("present.small_most"), " คน จำนวน ", tag("present.small"), " แห่ง คิดเป็นร้อยละ ", tag("present.small_percent"),
        " ไม่มีนักเรียน ", tag("present.empty"), " แห่ง และมีการรวมเดิมในตารางการรวม ", tag("present.earlier_pairs"),
        " คู่โรงเรียน",
    )  # fmt: skip
    paper.body("๑.๒ มติหรือแผนเดิม  ", text("earlier"))
    paper.body("๑.๓ วัตถุประสงค์  ", text("purpose"))
    paper.heading("๒. กฎหมาย ระเบียบ และนโยบายที่สำนักงานเขตอ้างอิง")
    paper.body("๒.๑ กฎหมายและระเบียบ  ", text("law"))
    paper.body("๒.๒ นโยบายและหนังสือสั่งการ  ", text("directives"))


def _data(paper: Paper) -> None:
    paper.heading("๓. ข้อมูลที่ใช้")
    paper.body("ข้อมูลนำเข้าที่ใช้ และแถวที่พักไว้เพราะใช้ไม่ได้ (รายละเอียดในภาคผนวก annexes.xlsx แผ่น “ปัญหาข้อมูล”)")
    lines: list[list[Cell]] = [
        *rows("one in tables", [tag("one.name"), tag("one.used"), tag("one.aside"), tag("one.check")]),
        ["รวมทุกไฟล์ (ปัญหา)", "", tag("problems.error"), tag("problems.warning")],
    ]
    heads = ["ตาราง", "แถวที่ใช้", "แถวที่พักไว้", "ข้อที่ควรตรวจ"]
    table(paper, heads, lines, [7, 3, 3, 3], numeric=(1, 2, 3), bold=(3,))


def _method(paper: Paper) -> None:
    paper.heading("๔. วิธีการ")
    paper.body("๔.๑ ระยะทาง  ", tag("distance.rule"), "  ที่มา: ", tag("distance.source"),
               "  ความแน่ชัด: ", tag("distance.certainty"), "  ข้อมูลถนน OpenStreetMap ", tag("osm_date"))  # fmt: skip
    paper.body("ทุกเส้นทางวัดจากบ้านหรือหมู่บ้านของนักเรียนถึงโรงเรียนหลัก ไม่ใช่จากโรงเรียนถึงโรงเรียน ผู้ที่ไม่มีทางรถหรือไม่ทราบบ้านนับแยกว่า"
               "ยังวัดไม่ได้ ไม่นับเป็นศูนย์")  # fmt: skip
    paper.body("๔.๒ ผลต่อนักเรียน  เทียบระยะทางและเวลาของนักเรียนคนเดียวกันก่อนและหลังรวม มัธยฐานและร้อยละ ๙๐ ถ่วงด้วยจำนวนนักเรียน")
    paper.body("๔.๓ เงิน  ค่าพาหนะ = จำนวนนักเรียน × อัตราต่อวันตามช่วงระยะทาง × จำนวนวัน ปัดเป็นบาทเต็ม ", tag("net_note"))
    paper.body("๔.๔ ครูและห้องเรียน  คิดตาม ", tag("staffing_rule"))
    paper.body("๔.๕ ทางเลือก  แต่ละทางเลือกคิดด้วยข้อมูลและเกณฑ์ชุดเดียวกัน เทียบกับสภาพปัจจุบันซึ่งไม่มีการรวมเพิ่ม")
    paper.body("ค่าทั้งหมดที่ใช้คำนวณ พร้อมที่มาและผู้ยืนยัน อยู่ในภาคผนวก ข")
    paper.body("{{ routed }}", bold=True)


def _present(paper: Paper) -> None:
    paper.heading("๕. สภาพปัจจุบัน")
    paper.body("โรงเรียนที่เปิดสอน แยกตามจำนวนนักเรียน ปัจจุบันนับตามทะเบียน (DMC) หลังรวมนับตามที่เรียนจริง")
    lines: list[list[Cell]] = [
        *rows("row in tiers.rows", [tag("row.tier"), tag("row.schools"), tag("row.pupils"), tag("row.after")]),
        ["รวม", tag("tiers.schools"), tag("tiers.pupils"), tag("tiers.after")],
    ]
    heads = ["ขนาด (นักเรียน)", "โรงเรียน (แห่ง)", "นักเรียน (คน)", "โรงเรียนเมื่อรวมตามแผน (แห่ง)"]
    table(paper, heads, lines, [4.5, 3.5, 3.5, 4.5], numeric=(1, 2, 3), bold=(3,))
    when(paper, "if past")
    paper.body("จำนวนนักเรียนย้อนหลังตามไฟล์ของสำนักงาน")
    lines = rows("row in past", [tag("row.year"), tag("row.pupils")])
    table(paper, ["ปีการศึกษา", "นักเรียน (คน)"], lines, [4.5, 3.5], numeric=(1,))
    when(paper, "endif")


def _alternatives(paper: Paper) -> None:
    paper.heading("๖. ทางเลือก")
    paper.body("ทางเลือกที่เสนอ: ", tag("scenario"), "  ", tag("note"))
    when(paper, "if not moved.any")
    paper.body("ทางเลือกนี้ไม่มีการรวมเพิ่ม ตัวเลขจึงเป็นสภาพตามการรวมเดิม", bold=True)
    when(paper, "endif")
    when(paper, "if others")
    paper.body("เทียบกับ ", tag("others | join('  ')"), " และสภาพปัจจุบันในหน้าต่อไป")
    when(paper, "endif")
    item: list[Cell] = [tag("row.item"), tag("row.before"), tag("row.after"), "{{ row.unit }}"]
    lines: list[list[Cell]] = [
        ["{%tr for group in figures %}"],
        [tag("group.name")],
        *rows("row in group.rows", item),
        ["{%tr endfor %}"],
    ]
    table(paper, ["รายการ", "ถ้าไม่รวมเพิ่ม", "เมื่อรวม", "หน่วย"], lines, [5.8, 3.5, 5.0, 1.7], numeric=(1, 2))
    paper.body("ระยะทางและเวลาถ้าไม่รวมเพิ่ม เป็นของนักเรียนกลุ่มเดียวกับที่ย้าย  ตัวเลขทั้งหมดอยู่ในภาคผนวก annexes.xlsx แผ่น “สรุป”")
    paper.body("ค่าพาหนะโดยประมาณเต็มปีการศึกษา ", tag("moved.baht_text"), "  {{ routed }}")
    when(paper, "if others")
    paper.new_section(landscape=True)
    paper.heading("ทางเลือกที่เปรียบเทียบ", 2)
    passage(paper, "alternatives")
    paper.new_section(landscape=False)
    paper.body("ในวงเล็บ = ต่างจากสภาพปัจจุบัน ระยะทางและเวลาของผู้ที่ย้ายเทียบกับของนักเรียนกลุ่มเดียวกัน  {{ net_note }}  {{ routed }}")
    when(paper, "endif")


def _schools(paper: Paper) -> None:
    paper.heading("๗. รายโรงเรียน")
    when(paper, "if not moved.any")
    paper.body("ไม่มีการรวมในทางเลือกนี้")
    when(paper, "else")
    paper.body("ระยะทางตามทางรถจากบ้านถึงโรงเรียนหลัก {{ routed }}")
    lines: list[list[Cell]] = [
        *rows(
            "move in moves.rows",
            [
                tag("move.number"),
                [*named("move.school", "move.school_id"), "\nไป ", *named("move.host", "move.host_id")],
                [tag("move.grades"), " ", tag("move.kind"), " ", tag("move.programme"),
                 "\nตั้งแต่ ", tag("move.from_term")],
                tag("move.pupils"),
                [tag("move.median_m"), "\n", tag("move.farthest_m")],
                tag("move.baht"),
            ],
        ),
        ["", "รวม", "", tag("moves.pupils"), "", tag("moves.baht")],
    ]  # fmt: skip
    heads = ["ที่", "โรงเรียนมารวม ไปโรงเรียนหลัก", "ชั้น ลักษณะ โครงการ", "นักเรียน (คน)", "มัธยฐาน ไกลสุด (ม.)",
             "ค่าพาหนะ ต่อปี (บาท)"]  # fmt: skip
    table(paper, heads, lines, [1.1, 4.4, 3.1, 2.3, 2.4, 2.7], numeric=(3, 4, 5), bold=(3,))
    when(paper, "for school in schools")
    paper.heading(["๗.", tag("school.number"), " โรงเรียน ", *named("school.name", "school.code")], 2)
    lines = [
        ["ที่ตั้ง", tag("school.place")],
        ["นักเรียนตามทะเบียน", [
            tag("school.on_roll"), " คน", "{% if school.past %}  ย้อนหลัง: ", tag("school.past"), "{% endif %}",
        ]],
        ["ครู", [tag("school.teachers"), " คน"]],
        ["พื้นที่ลักษณะพิเศษ", tag("school.special_area")],
        ["{%tr for move in school.moves %}"],
        ["ย้ายไปโรงเรียนหลัก", [
            *named("move.host", "move.host_id"), " ชั้น ", tag("move.grades"), " ", tag("move.kind"),
            " ตั้งแต่ภาคเรียนที่ ", tag("move.from_term"), " ", tag("move.programme"),
        ]],
        ["นักเรียนที่ย้าย", [
            tag("move.pupils"), " คน มัธยฐาน ", tag("move.median"), " ไกลสุด ", tag("move.farthest"), " ยังวัดไม่ได้ ",
            tag("move.unmeasured"), " คน",
        ]],
        ["ค่าพาหนะต่อปี", tag("move.baht_text")],
        ["โรงเรียนหลักหลังรวม", [
            "นักเรียน ", tag("move.host_before"), " เป็น ", tag("move.host_after"), " คน ห้องเรียนที่ต้องใช้ ",
            tag("move.rooms_needed"), " มี ", tag("move.rooms"), " ห้อง ความพร้อมตามไฟล์: ", tag("move.readiness"),
        ]],
        ["{%tr endfor %}"],
        ["ข้อควรระวัง", tag("school.warnings")],
    ]  # fmt: skip
    lines += [[label, f"{{{{ school.texts.{key} }}}}"] for key, label in SCHOOL_TEXTS.items()]
    paper.table([], lines, [4.2, 11.8])
    # What is computed of a school stands on the page of its name.
    for row in paper.document.tables[-1].rows[: -len(SCHOOL_TEXTS)]:
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.keep_with_next = True
    when(paper, "endfor")
    when(paper, "endif")


def _travel(paper: Paper) -> None:
    paper.heading("๘. การเดินทางของนักเรียนที่ย้าย")
    when(paper, "if moved.any")
    lines = rows("row in travel.ways", [tag("row.item"), tag("row.before"), tag("row.after"), "{{ row.unit }}"])
    table(paper, ["รายการ", "ก่อนรวม", "เมื่อรวม", "หน่วย"], lines, [7.0, 3.7, 3.7, 1.6], numeric=(1, 2))
    paper.body("ใกล้ขึ้น ", tag("travel.nearer"), " คน ไกลขึ้น ", tag("travel.farther"), " คน และ ", tag("travel.wet"),
               " คนไปโรงเรียนหลักไม่ได้เมื่อถนนที่ปิดในฤดูฝนใช้ไม่ได้")  # fmt: skip
    passage(paper, "travel_chart")
    paper.body("นักเรียนที่ย้ายแยกตามช่วงอัตราค่าพาหนะ")
    lines = rows("row in travel.bands", [tag("row.band"), tag("row.baht"), tag("row.pupils")])
    heads = ["ระยะทางจากบ้านถึงโรงเรียนหลัก", "บาทต่อคนต่อวัน", "นักเรียน (คน)"]
    table(paper, heads, lines, [9, 3.5, 3.5], numeric=(1, 2))
    paper.body("แยกตามโรงเรียนหลัก")
    passage(paper, "travel_hosts")
    paper.body("{{ routed }}")
    when(paper, "else")
    paper.body("ไม่มีนักเรียนย้ายในทางเลือกนี้")
    when(paper, "endif")


def _money(paper: Paper) -> None:
    paper.heading("๙. งบประมาณค่าพาหนะรับ-ส่งนักเรียน")
    lines = rows("rate in money.rates", [tag("rate.band"), tag("rate.baht")])
    table(paper, ["ระยะทางจากบ้านถึงโรงเรียนหลัก", "บาทต่อคนต่อวัน"], lines, [9, 4], numeric=(1,))
    when(paper, "for one in money.rests_on")
    paper.body(
        tag("one.name"), ": ", tag("one.value"), "  ที่มา: ", tag("one.source"), "  ความแน่ชัด: ", tag("one.certainty")
    )
    when(paper, "endfor")
    paper.body("ความต้องการของแต่ละรอบ แยกตามโครงการ ตามการรวมเดิม และประมาณการเมื่อรวมทางเลือกนี้  {{ routed }}")
    keys = ("round", "pupils", "baht", "pupils_with_plan", "baht_with_plan", "unmeasured")
    heads = ["รอบ โครงการ", "นักเรียน (คน)", "ความต้องการ (บาท)", "นักเรียน เมื่อรวมแผน", "ความต้องการ เมื่อรวมแผน",
             "ยังวัดไม่ได้ (คน)"]  # fmt: skip
    lines = rows("row in money.need", [tag(f"row.{key}") for key in keys])
    table(paper, heads, lines, [3.6, 2.3, 2.9, 2.2, 2.9, 2.1], numeric=(1, 2, 3, 4, 5))
    when(paper, "for round in money.rounds")
    paper.heading([tag("round.name"), " (ภาคเรียนที่ ", tag("round.term"), ")"], 2)
    paper.body("ความต้องการตามการรวมเดิม ", tag("round.need_text"))
    when(paper, "if round.has_ceiling")
    paper.body("วงเงินที่ได้รับแจ้ง ", tag("round.ceiling_text"), "{% if round.letters %} ตามหนังสือ ", tag("round.letters"),
               "{% endif %}")  # fmt: skip
    paper.body("จัดสรรได้ ", tag("round.allocated_text"), " ", tag("round.difference"))
    when(paper, "else")
    paper.body("วงเงิน: ", tag("round.ceiling_text"), " จึงยังไม่จัดสรร")
    when(paper, "endif")
    paper.body("วิธีแบ่งเมื่อวงเงินไม่พอ: ", tag("money.sharing"), " (สำนักงานเขตเป็นผู้เลือก)  ที่มา: ", tag("money.sharing_source"))
    when(paper, "if round.programmes")
    lines = [
        ["{%tr for programme in round.programmes %}"],
        [tag("programme.name")],
        *rows(
            "line in programme.lines",
            [
                named("line.host", "line.host_id"),
                named("line.school", "line.school_id"),
                tag("line.pupils"),
                tag("line.need"),
                tag("line.allocated"),
            ],
        ),
        [
            ["รวม ", tag("programme.name")],
            "",
            tag("programme.pupils"),
            tag("programme.need"),
            tag("programme.allocated"),
        ],
        ["{%tr endfor %}"],
    ]
    heads = ["โรงเรียนหลัก", "โรงเรียนมารวม", "นักเรียน (คน)", "ความต้องการ (บาท)", "จัดสรร (บาท)"]
    table(paper, heads, lines, [4.0, 4.0, 2.3, 2.9, 2.8], numeric=(2, 3, 4), bold=(5,))
    paper.body("{{ routed }} การจ่ายเงินใช้ได้เฉพาะระยะทางที่เจ้าหน้าที่รับรองแล้ว", bold=True)
    when(paper, "else")
    paper.body("ไม่มีรายการในรอบนี้")
    when(paper, "endif")
    when(paper, "endfor")
    paper.heading("ค่าพาหนะของปีงบประมาณต่อ ๆ ไป", 2)
    heads = ["ปีงบประมาณ", "ถ้าไม่รวมเพิ่ม (บาท)", "เมื่อรวม (บาท)", "เพิ่มหรือลด (บาท)", "ยังวัดไม่ได้ (คน)"]
    lines = rows(
        "row in money.years", [tag(f"row.{key}") for key in ("year", "present", "plan", "change", "unmeasured")]
    )
    table(paper, heads, lines, [3.3, 3.4, 3.4, 3.2, 2.7], numeric=(1, 2, 3, 4))
    paper.body("นับนักเรียนปัจจุบันทุกปี")


def _timetable(paper: Paper) -> None:
    paper.heading("๑๐. กำหนดการ")
    paper.body("ขั้นตอนการ", tag("kind"), "ตามมาตรฐานการปฏิบัติงาน วันที่และผู้รับผิดชอบสำนักงานเขตเป็นผู้กำหนด")
    lines: list[list[Cell]] = [
        ["{%tr for round in steps %}"],
        ["{{ round.name }}"],
        *rows(
            "step in round.steps",
            [*(f"{{{{ step.{key} }}}}" for key in ("number", "name", "owner", "due")), tag("step.state")],
        ),
        ["{%tr endfor %}"],
    ]
    table(paper, ["ที่", "ขั้นตอน", "ผู้รับผิดชอบ", "วันที่", "สถานะ"], lines, [1.1, 4.7, 4.2, 3.2, 2.8], bold=(1,))


def _measures(paper: Paper) -> None:
    paper.heading("๑๑. มาตรการและการติดตาม")
    paper.body("มาตรการของแต่ละโรงเรียนอยู่ในข้อ ๗")
    paper.body(text("follow_up"))


def _risks(paper: Paper) -> None:
    paper.heading("๑๒. ความเสี่ยงและข้อควรตรวจ")
    when(paper, "if warnings")
    lines = rows("one in warnings", [tag("one.topic"), tag("one.message")])
    paper.table(["เรื่อง", "รายละเอียดที่พบจากการคำนวณ"], lines, [4, 12])
    when(paper, "else")
    paper.body("ไม่พบข้อควรระวังจากการคำนวณ")
    when(paper, "endif")
    paper.body("ความเสี่ยงอื่นที่โปรแกรมไม่เห็น (ทางขาด ความปลอดภัยของทาง ความเห็นผู้ปกครอง) และมาตรการ  ", text("other_risks"))


def _opinions(paper: Paper) -> None:
    paper.heading("๑๓. ความเห็นและมติ")
    paper.body("๑๓.๑ ความเห็น  ", text("opinions"))
    paper.body("๑๓.๒ มติที่ประชุม  ", text("resolutions"))


def _annexes(paper: Paper) -> None:
    paper.new_section(landscape=True)
    paper.heading("ภาคผนวก ก แผนที่")
    passage(paper, "map")
    paper.new_section(landscape=True)
    paper.heading("ภาคผนวก ข ค่าที่ใช้คำนวณ พร้อมที่มา ความแน่ชัด และผู้ยืนยัน")
    keys = ("item", "spelled", "source", "certainty", "date", "confirmed_by")
    heads = ["ค่า", "ค่าที่ใช้", "ที่มา", "ความแน่ชัด", "วันที่ของที่มา", "ผู้ยืนยัน"]
    lines = rows("row in settings", [tag(f"row.{key}") for key in keys])
    paper.table(heads, lines, [4.6, 7.6, 5.2, 2.8, 2.0, 2.5])
    for row in paper.document.tables[-1].rows:
        for cell in row.cells:
            resize(cell.paragraphs[0], 12)
    paper.new_section(landscape=False)
    paper.heading("ภาคผนวก ค หมู่บ้านของนักเรียนที่ย้าย")
    paper.body("{{ internal }}", bold=True)
    when(paper, "if villages")
    of_village = ("village", "school", "host", "pupils", "kilometres", "rate", "baht")
    heads = ["หมู่บ้าน", "โรงเรียนมารวม", "โรงเรียนหลัก", "คน", "กม.", "บาท ต่อวัน", "บาทต่อปี"]
    lines = rows("row in villages", [tag(f"row.{key}") for key in of_village])
    table(paper, heads, lines, [3.2, 3.0, 3.0, 1.2, 1.7, 1.6, 2.3], numeric=(3, 4, 5, 6))
    when(paper, "else")
    paper.body("ไม่มีนักเรียนย้าย")
    when(paper, "endif")

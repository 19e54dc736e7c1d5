"""The packaged template of the yearly plan for small schools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from restructure.documents.memo import DRAFT, begin_memo, end_memo
from restructure.documents.tags import break_before, named, passage, rows, table, tag, text, when
from restructure.paper import COMPUTED, Cell, Mark, Paper, Part, resize
from restructure.projection import YEARS
from restructure.smallschools import NEAREST
from restructure.smalltexts import SMALL_FILE


def small_template(paper: Paper) -> None:
    """Write the template."""
    _memo(paper)
    paper.title(title(DRAFT))
    break_before(paper)
    _background(paper)
    _conditions(paper)
    _measures(paper)
    _annexes(paper)


def title(draft: str) -> list[Part]:
    """Return the plan's title, a line each of its parts."""
    return [draft + "แผนบริหารจัดการโรงเรียนขนาดเล็ก\n(โรงเรียนที่มีนักเรียน ", tag("most"), " คนลงมา)\nปีงบประมาณ พ.ศ. ",
            tag("fiscal_year"), "\n", tag("office")]  # fmt: skip


def item(name: str, place: int) -> Mark:
    """Return the tag of one of several things computed; its digit is no figure."""
    return Mark(f"{{{{ {name}[{place}] }}}}", COMPUTED)


def fine_table(
    paper: Paper, heads: list[Cell], lines: list[list[Cell]], widths: Sequence[float], points: int = 12, **more: Any
) -> None:
    """Write a table of many columns in smaller letters."""
    paper.table(heads, lines, widths, **more)
    for row in paper.document.tables[-1].rows:
        for cell in row.cells:
            resize(cell.paragraphs[0], points)


def _memo(paper: Paper) -> None:
    begin_memo(paper, [DRAFT + "แผนบริหารจัดการโรงเรียนขนาดเล็ก ปีงบประมาณ พ.ศ. ", tag("fiscal_year")], typed_in=SMALL_FILE)
    _present(paper)
    paper.heading("๓. ข้อเสนอ", 2)
    end_memo(paper)


def _present(paper: Paper, number: str = "") -> None:
    paper.body(
        number, tag("office"), " มีโรงเรียนที่เปิดสอน ", tag("present.schools"), " แห่ง นักเรียนตามทะเบียน ",
        tag("present.pupils"),
        " คน (ข้อมูล ", tag("present.as_of"), ") เป็นโรงเรียนขนาดเล็ก ", tag("present.small"), " แห่ง (ร้อยละ ",
        tag("present.small_percent"), ") มีนักเรียน ", tag("present.small_pupils"), " คน (ร้อยละ ",
        tag("present.pupils_percent"), ") และโรงเรียนที่ไม่มีนักเรียน ", tag("present.empty"), " แห่ง",
    )  # fmt: skip


def _background(paper: Paper) -> None:
    paper.heading("๑. ความเป็นมาและวัตถุประสงค์")
    _present(paper, "๑.๑ ข้อเท็จจริง  ")
    paper.body("๑.๒ แผนหรือมติเดิม  ", text("earlier"))
    paper.body("๑.๓ วัตถุประสงค์  ", text("purpose"))
    paper.heading("๒. นโยบายและแนวทางที่ใช้")
    paper.body(text("directives"))
    paper.heading("๓. ข้อมูลและวิธีคิด")
    paper.body(
        "๓.๑ ขนาดโรงเรียนนับนักเรียนตามทะเบียน (DMC) โรงเรียนขนาดเล็กมีนักเรียนตั้งแต่ ๑ ถึง ", tag("most"),
        " คน โรงเรียนที่ไม่มีนักเรียนนับแยกเป็นกลุ่มของตน",
    )  # fmt: skip
    paper.body(
        "๓.๒ ครูและห้องเรียนคิดตาม ", tag("staffing_rule"), " จากผู้มาเรียนจริงเมื่อการรวมถึงภาคเรียนที่ ", tag("term"), " มีผล"
    )
    paper.body("๓.๓ โรงเรียนใกล้เคียง วัดทางรถที่สั้นที่สุดจากโรงเรียนถึงโรงเรียน ไว้ดูว่าโรงเรียนใดอยู่ใกล้ ไม่ใช่ระยะทางจากบ้านของนักเรียน "
               "จึงใช้คิดค่าพาหนะไม่ได้  ข้อมูลถนน ", tag("osm_date"))  # fmt: skip
    paper.body("๓.๔ การคาดการณ์คิดจากนักเรียนปีที่ผ่านมาของโรงเรียนและของเขต ปีแรก ๆ แม่นกว่าปีหลัง ๆ")


def _conditions(paper: Paper) -> None:
    paper.heading("๔. สภาพปัจจุบัน")
    lines: list[list[Cell]] = [
        *rows("row in sizes", [tag("row.size"), tag("row.schools"), tag("row.percent"), tag("row.pupils")]),
        ["รวมโรงเรียนที่เปิดสอน", tag("present.schools"), "", tag("present.pupils")],
    ]
    heads = ["จำนวนนักเรียน", "โรงเรียน (แห่ง)", "ร้อยละของโรงเรียน", "นักเรียน (คน)"]
    table(paper, heads, lines, [6.4, 3.2, 3.2, 3.2], numeric=(1, 2, 3), bold=(3,))
    paper.body("แยกตามอำเภอ (แห่ง) รายตำบลอยู่ในภาคผนวก จ")
    passage(paper, "amphoe_table")
    paper.heading("๕. ย้อนหลังและแนวโน้ม")
    when(paper, "if unprojected")
    paper.body("{{ unprojected }}")
    when(paper, "endif")
    passage(paper, "years_chart")
    paper.body("จำนวนโรงเรียนแต่ละขนาด (แห่ง) ตัวเลขเหนือแท่งคือโรงเรียนขนาดเล็กที่มีนักเรียน ปีที่ผ่านมานับโรงเรียนที่เลิกภายหลังด้วย")
    passage(paper, "years_table")
    paper.heading("๖. ครูเทียบเกณฑ์")
    paper.body(
        "ในโรงเรียนขนาดเล็กที่มีผู้มาเรียน ", tag("staff.counted"), " แห่ง: ครูต่ำกว่าเกณฑ์ ", tag("staff.short"), " แห่ง รวม ",
        tag("staff.short_posts"), " คน  พอดีเกณฑ์ ", tag("staff.exact"), " แห่ง  เกินเกณฑ์ ", tag("staff.over"), " แห่ง รวม ",
        tag("staff.over_posts"), " คน  ยังคิดไม่ได้ ", tag("staff.unknown"), " แห่ง  รายโรงเรียนอยู่ในภาคผนวก ค",
    )  # fmt: skip
    paper.heading("๗. การรวมที่มีผลอยู่")
    when(paper, "if mergers")
    lines = rows(
        "row in mergers",
        [
            [*named("row.school", "row.school_id"), "\nไป ", *named("row.host", "row.host_id")],
            [tag("row.grades"), " ", tag("row.kind"), "\n", tag("row.programme")],
            tag("row.from_term"),
            tag("row.pupils"),
        ],
    )
    heads = ["โรงเรียนมารวม ไปโรงเรียนหลัก", "ชั้น ลักษณะ โครงการ", "ตั้งแต่ภาคเรียน", "นักเรียน (คน)"]
    table(paper, heads, lines, [6.6, 4.6, 2.7, 2.1], numeric=(3,))
    when(paper, "else")
    paper.body("ไม่มีการรวมของโรงเรียนขนาดเล็กที่มีผลถึงภาคเรียนที่ ", tag("term"))
    when(paper, "endif")
    paper.heading("๘. ปัญหา ความต้องการ และการเข้าถึงบริการการศึกษา")
    paper.body("๘.๑ สภาพปัญหา  ", text("problems"))
    paper.body("๘.๒ ความต้องการและการเข้าถึงบริการ  ", text("needs"))


def _measures(paper: Paper) -> None:
    paper.heading("๙. แนวทางและมาตรการ")
    paper.body("๙.๑ แนวทาง  ", text("measures"))
    paper.body("๙.๒ มาตรการตามขนาดโรงเรียน")
    lines = rows("row in size_measures", [tag("row.size"), tag("row.schools"), "{{ row.text }}"])
    paper.table(["ขนาด (นักเรียน)", "แห่ง", "มาตรการ"], lines, [3.4, 1.6, 11.0], numeric=(1,))
    when(paper, "if school_measures")
    paper.body("๙.๓ มาตรการเฉพาะโรงเรียน")
    lines = rows("row in school_measures", [named("row.name", "row.code"), "{{ row.text }}"])
    paper.table(["โรงเรียน", "มาตรการ"], lines, [5.6, 10.4])
    when(paper, "endif")
    paper.body("๙.๔ การพัฒนาคุณภาพ  ", text("quality"))
    paper.body("๙.๕ งบประมาณ  ", text("budget"))
    paper.heading("๑๐. คณะกรรมการและกำหนดการ")
    paper.body("๑๐.๑ คณะกรรมการจัดทำแผน  ", text("committee"))
    paper.body("๑๐.๒ ขั้นตอนตามมาตรฐานการปฏิบัติงาน วันที่และผู้รับผิดชอบสำนักงานเขตเป็นผู้กำหนด")
    cells: list[Cell] = [*(f"{{{{ step.{key} }}}}" for key in ("number", "name", "owner", "due")), tag("step.state")]
    lines = rows("step in steps", cells)
    table(paper, ["ที่", "ขั้นตอน", "ผู้รับผิดชอบ", "วันที่", "สถานะ"], lines, [1.1, 6.3, 3.4, 3.0, 2.2])
    paper.heading("๑๑. การติดตาม ประเมิน และรายงาน")
    paper.body(text("follow_up"))
    paper.heading("๑๒. ความเห็นและมติ")
    paper.body("๑๒.๑ ความเห็น  ", text("opinions"))
    paper.body("๑๒.๒ มติที่ประชุม  ", text("resolutions"))


def _annexes(paper: Paper) -> None:
    paper.heading("ภาคผนวก ก รายชื่อโรงเรียนขนาดเล็กและโรงเรียนที่ไม่มีนักเรียน")
    break_before(paper)
    cells: list[Cell] = [tag("row.number"), named("row.name", "row.code"), tag("row.place")]
    cells += [tag(f"row.{key}") for key in ("kindergarten", "lower", "upper", "secondary", "on_roll", "special_area")]
    heads: list[Cell] = ["ที่", "โรงเรียน", "ตำบล อำเภอ", "อ.", "ป.\n๑–๓", "ป.\n๔–๖", "ม.\n๑–๓", "รวม", "พื้นที่พิเศษ"]
    widths = [1.1, 3.5, 2.6, 1.1, 1.4, 1.4, 1.4, 1.4, 2.1]
    fine_table(paper, heads, rows("row in schools", cells), widths, numeric=range(3, 8))
    paper.heading("ภาคผนวก ข โรงเรียนที่มีนักเรียนมากกว่า และใกล้ที่สุดทางถนน")
    break_before(paper)
    paper.body("กม. และนาที เป็นทางรถจากโรงเรียนถึงโรงเรียน ไม่ใช่ระยะทางของนักเรียน  คน = นักเรียนตามทะเบียน "
               "หลังจากนั้นคือความพร้อมตามไฟล์")  # fmt: skip
    near: list[Cell] = [item("row.near", rank) for rank in range(NEAREST)]
    cells = [[*named("row.name", "row.code"), "\n", tag("row.on_roll"), " คน"], *near]
    heads = ["โรงเรียน", "ใกล้ที่สุด", *["ถัดไป"] * (NEAREST - 1)]
    fine_table(paper, heads, rows("row in schools", cells), [3.7, *[12.3 / NEAREST] * NEAREST])
    paper.heading("ภาคผนวก ค ครูและห้องเรียนเทียบเกณฑ์")
    break_before(paper)
    paper.body("ครูไม่รวมผู้บริหาร  คิดจากผู้มาเรียนจริง  + = เกินเกณฑ์  − = ต่ำกว่าเกณฑ์")
    keys = ("learners", "teachers", "teachers_needed", "over", "rooms", "rooms_needed", "together")
    heads = ["ที่", "โรงเรียน", "ผู้มาเรียน", "ครูที่มี", "ครูตามเกณฑ์", "ครูเกิน/ขาด", "ห้องที่มี", "ห้องที่ต้องใช้", "ชั้นไม่มีครูของตน"]
    cells = [tag("row.number"), named("row.name", "row.code"), *(tag(f"row.{key}") for key in keys)]
    widths = [1.2, 3.8, 1.5, 1.4, 1.6, 1.6, 1.5, 1.6, 1.8]
    fine_table(paper, heads, rows("row in schools", cells), widths, numeric=range(2, 9))
    when(paper, "if not unprojected")
    paper.heading("ภาคผนวก ง คาดการณ์นักเรียนตามทะเบียน")
    break_before(paper)
    cells = [tag("row.number"), named("row.name", "row.code"), tag("row.on_roll")]
    cells += [item("row.ahead", i) for i in range(YEARS)]
    heads = ["ที่", "โรงเรียน", tag("year"), *(item("ahead", i) for i in range(YEARS))]
    widths = [1.2, 4.0, *[10.8 / (YEARS + 1)] * (YEARS + 1)]
    fine_table(paper, heads, rows("row in schools", cells), widths, numeric=range(2, YEARS + 3))
    when(paper, "endif")
    paper.heading("ภาคผนวก จ โรงเรียนตามขนาดรายตำบล (แห่ง)")
    break_before(paper)
    passage(paper, "tambon_table")
    paper.heading("ภาคผนวก ฉ แผนที่")
    break_before(paper)
    passage(paper, "sizes_map")
    paper.heading("ภาคผนวก ช ค่าที่ใช้คำนวณ พร้อมที่มา ความแน่ชัด และผู้ยืนยัน")
    break_before(paper)
    of_setting = ("item", "value", "source", "certainty", "confirmed_by")
    lines = rows("row in settings", [tag(f"row.{key}") for key in of_setting])
    fine_table(paper, ["ค่า", "ค่าที่ใช้", "ที่มา", "ความแน่ชัด", "ผู้ยืนยัน"], lines, [3.0, 5.0, 4.0, 2.0, 2.0])

"""What every memo that brings a plan begins and ends with."""

from __future__ import annotations

from restructure.documents.tags import tag, text, when
from restructure.paper import BLANK, COMPUTED, Mark, Paper, Part, computed

#: Stands before the title of what is not final.
DRAFT = "{% if not final %}ร่าง{% endif %}"
_SIGNERS = {
    "author": "ผู้จัดทำ",
    "group_head": "ผู้อำนวยการกลุ่มนโยบายและแผน",
    "director": "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา",
}


def begin_memo(paper: Paper, subject: list[Part], *, typed_in: str = "") -> None:
    """Write the head, the key to the marks of a draft, and what went before.

    Parameters
    ----------
    typed_in
        Of which file the blanks are filled in, where it is one.
    """
    paper.line("{{ garuda }}")
    paper.title("บันทึกข้อความ", points=29)
    paper.labelled([("ส่วนราชการ", [tag("office"), "  กลุ่มนโยบายและแผน  โทร. ", text("phone")])])
    paper.labelled([("ที่", [text("letter_number")]), ("วันที่", [text("letter_date")])])
    paper.labelled([("เรื่อง", subject)])
    paper.labelled([("เรียน", [text("recipient")])])
    when(paper, "if not final")
    cell = paper.box()
    paper.write(cell, "ร่างจากโปรแกรม ต้องตรวจและเติมให้ครบก่อนใช้  ", bold=True)
    paper.write(cell, computed("ตัวอักษรสีน้ำเงิน"), f" = โปรแกรมคำนวณหรือนำมาจากไฟล์ของสำนักงาน (ลักษณะอักขระ “{COMPUTED}”)  ")
    paper.write(cell, Mark("แถบสีเหลือง", BLANK), f" = คนต้องกรอก (ลักษณะอักขระ “{BLANK}”) ทั้งหมด ", tag("blank_count"))
    where = f" พิมพ์ในไฟล์ {typed_in}" if typed_in else ""
    paper.write(cell, f" แห่ง{where}  ตัวอักษรสีดำ = ข้อความต้นแบบและข้อความที่คนกรอก")
    when(paper, "endif")
    paper.heading("๑. เรื่องเดิม", 2)
    paper.body(text("earlier"))
    paper.heading("๒. ข้อเท็จจริง", 2)


def end_memo(paper: Paper) -> None:
    """Write the proposal and who signs."""
    paper.body(text("proposal"))
    paper.body("จึงเรียนมาเพื่อโปรดพิจารณา")
    paper.document.paragraphs[-1].paragraph_format.keep_with_next = True
    for key, role in _SIGNERS.items():
        paper.signature(role, text(key))

"""The packaged templates, made in code: an office that wants another layout edits its own copy in Word."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from restructure.paper import COMPUTED, Cell, Mark, Paper, Part, blank, computed
from restructure.papers.facts import PAPERS

_SUBSIDY = "งบประมาณค่าพาหนะรับ-ส่งนักเรียน"
_ROUND: list[Part] = [" ", computed("{{ round }}"), " ภาคเรียนที่ ", computed("{{ term }}")]
_YEAR: list[Part] = [" ปีงบประมาณ พ.ศ. ", computed("{{ fiscal_year }}")]
_FINANCE = "ผู้อำนวยการกลุ่มบริหารงานการเงินและสินทรัพย์"
_DIRECTOR = "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา"
_PLANNER = "ผู้อำนวยการกลุ่มนโยบายและแผน"
#: Columns of a settlement, head and tag: who came and went, what is due and paid, carried, asked for and returned.
_MOVED: tuple[tuple[Part, str], ...] = (
    ("เพิ่ม", "added"), ("ออก", "left"), ("ย้ายเข้า", "moved"), ("ย้ายออก", "moved_away"), ("เปลี่ยนช่วง", "band_changed"),
)  # fmt: skip
_DUE: tuple[tuple[Part, str], ...] = (("ควรได้", "due"), ("จ่ายหรือจัดสรรแล้ว", "paid"))
_CARRIED: tuple[tuple[Part, str], ...] = ((computed("{{ settlement.carried_head }}"), "carried"),)
_ASKED: tuple[tuple[Part, str], ...] = (("ขอเพิ่ม", "additional"), ("ส่งคืน", "give_back"))
_SHARED = ("โรงเรียนหลัก", "โรงเรียนมารวม", "คน", "ต้องการ (บาท)", "จัดสรร (บาท)")


@cache
def default_templates() -> dict[str, bytes]:
    """Return the packaged templates by kind of paper."""
    makers = {
        "criteria": _criteria, "notice": _notice, "notice-finance": _finance, "notice-audit": _audit,
        "report-obec": _report, "additional": _additional, "summary": _summary,
    }  # fmt: skip
    made = {}
    for kind, make in makers.items():
        paper = Paper(PAPERS[kind])
        paper.running_lines(
            Mark("{{ synthetic }}", COMPUTED),
            computed("{{ basis }}"), "  สมุดการรับรอง ", computed("{{ ledger }}"),
            "  สีน้ำเงิน = จากโปรแกรม  แถบเหลือง = ต้องกรอก",
        )  # fmt: skip
        make(paper)
        stream = io.BytesIO()
        paper.save(stream)
        made[kind] = stream.getvalue()
    return made


# --- kinds ----------------------------------------------------------------------------------------------------------


def _notice(paper: Paper) -> None:
    subject: list[Part] = [f"แจ้งจัดสรร{_SUBSIDY}", *_YEAR, *_ROUND]
    memo(paper, subject, ["ผู้อำนวยการโรงเรียน", computed("{{ host }}"), " (", computed("{{ host_id }}"), ")"])
    _loop(paper, "for letter in letters")
    paper.body(
        "ตามหนังสือ ", computed("{{ letter.letter }}"), " ลงวันที่ ", computed("{{ letter.date }}"),
        " สำนักงานเขตได้รับแจ้งวงเงิน",
        f"{_SUBSIDY} จำนวน ", computed("{{ letter.baht }}"), " บาท",
    )  # fmt: skip
    _loop(paper, "endfor")
    paper.body(
        computed("{{ office }}"), f" จัดสรร{_SUBSIDY} ", computed("{{ round }}"), " ภาคเรียนที่ ", computed("{{ term }}"),
        " จำนวน ", computed("{{ days }}"), " วัน", computed("{{ days_bought }}"), " ให้โรงเรียน", computed("{{ host }}"),
        " ในฐานะโรงเรียนหลัก สำหรับนักเรียน ", computed("{{ host_total.pupils }}"), " คน รวมทั้งสิ้น ",
        computed("{{ host_total.allocated_text }}"), " จำแนกตามโครงการดังนี้",
    )  # fmt: skip
    _shared(paper, "host_programmes", hosts=False)
    _loop(paper, "for programme in host_programmes")
    paper.body(computed("{{ programme.name }}"), " เป็นเงิน ", computed("{{ programme.allocated_text }}"))
    _loop(paper, "endfor")
    paper.heading("ความต้องการ = จำนวนนักเรียน × อัตราต่อวัน × จำนวนวัน", 2)
    heads = ["โรงเรียนมารวม", "ช่วงชั้น", "ระยะทางจากบ้านถึงโรงเรียนหลัก", "คน", "บาท ต่อวัน", "วัน", "บาท"]
    cells = [
        "{{ row.school }}",
        "{{ row.stage }}",
        "{{ row.band }}",
        "{{ row.pupils }}",
        "{{ row.rate }}",
        "{{ row.days }}",
    ]
    rows: list[list[Cell]] = [
        ["{%tr for programme in details %}"],
        [computed("{{ programme.name }}")],
        ["{%tr for row in programme.rows %}"],
        [computed(cell) for cell in [*cells, "{{ row.baht }}"]],
        ["{%tr endfor %}"],
        ["รวม", "", "", computed("{{ programme.pupils }}"), "", "", computed("{{ programme.baht }}")],
        ["{%tr endfor %}"],
    ]
    _table(paper, heads, rows, [2.8, 2.4, 3.8, 1.4, 1.3, 1.6, 2.7], numeric=(3, 4, 5, 6), bold=(5,))
    _rules(paper)
    paper.body("การเบิกจ่ายและหลักฐานให้ถือปฏิบัติตาม ", blank("ระเบียบหรือหนังสือที่ใช้เบิกจ่าย"))
    close(paper, "จึงเรียนมาเพื่อทราบและดำเนินการต่อไป", _DIRECTOR)


def _finance(paper: Paper) -> None:
    memo(paper, [f"แจ้งผลการจัดสรร{_SUBSIDY}", *_YEAR, *_ROUND], [_FINANCE])
    _received(paper)
    paper.body("เพื่อโอนให้โรงเรียนหลัก ดังนี้")
    _by_host(paper)
    paper.body("รหัสงบประมาณและแหล่งของเงิน  ", blank("รหัสงบประมาณ กิจกรรม และแหล่งของเงิน"))
    _rules(paper)
    close(paper, "จึงเรียนมาเพื่อดำเนินการ", _PLANNER)


def _audit(paper: Paper) -> None:
    memo(paper, [f"แจ้งผลการจัดสรร{_SUBSIDY}", *_YEAR, *_ROUND], ["ผู้อำนวยการหน่วยตรวจสอบภายใน"])
    _received(paper)
    _shared(paper, "programmes", hosts=True)
    _rules(paper)
    _notes(paper)
    close(paper, "จึงเรียนมาเพื่อทราบและตรวจสอบ ตามเอกสารแนบ", _PLANNER)
    paper.new_section(landscape=True)
    paper.heading("เอกสารแนบ ๑ ระยะทางที่รับรองแล้ว")
    paper.body("ทุกรายการสืบย้อนได้จากลำดับในสมุดการรับรอง (ledger.sqlite)  สมุดถึง ", computed("{{ ledger }}"))
    heads = ["จุดเริ่ม", "โรงเรียนหลัก", "คน", "จากถนน (เมตร)", "รับรอง (เมตร)", "วิธี", "เหตุผล", "หลักฐาน", "ลำดับที่"]
    keys = ("place", "host", "pupils", "routed", "certified", "method", "why", "evidence", "row")
    rows: list[list[Cell]] = [
        ["{%tr for officer in certificates %}"],
        [["ผู้รับรอง ", computed("{{ officer.who }}"), "  ", computed("{{ officer.when }}")]],
        ["{%tr for one in officer.rows %}"],
        [computed(f"{{{{ one.{key} }}}}") for key in keys],
        ["{%tr endfor %}"],
        ["{%tr endfor %}"],
    ]
    _if(paper, "certificates")
    _table(paper, heads, rows, [3.2, 3.6, 1.3, 2.3, 2.3, 3.7, 3.7, 3.0, 1.6], numeric=(2, 3, 4, 8))
    _none(paper)
    paper.heading("เอกสารแนบ ๒ นักเรียนที่เดินทางแต่ไม่เข้าเกณฑ์")
    rows = [
        ["{%tr for one in refused %}"],
        [computed(f"{{{{ one.{key} }}}}") for key in ("programme", "host", "school", "reason", "pupils")],
        ["{%tr endfor %}"],
    ]
    heads = ["โครงการ", "โรงเรียนหลัก", "โรงเรียนมารวม", "เหตุผล", "คน"]
    _if(paper, "refused")
    _table(paper, heads, rows, [5.0, 5.0, 5.0, 7.7, 2.0], numeric=(4,))
    _none(paper)


def _report(paper: Paper) -> None:
    subject: list[Part] = [f"รายงานผลการจัดสรร ขอเพิ่มเติม และส่งคืน{_SUBSIDY}", *_YEAR, *_ROUND]
    memo(paper, subject, ["เลขาธิการคณะกรรมการการศึกษาขั้นพื้นฐาน"])
    _received(paper)
    paper.heading("๑. การจัดสรร")
    _by_host(paper)
    _rules(paper)
    paper.heading("๒. ขอเพิ่มเติมและส่งคืน")
    _if(paper, "settlement")
    _settled_words(paper)
    _if(paper, "settlement.carries")
    _settlement_table(paper, [*_DUE, *_CARRIED, *_ASKED], [3.1, 2.5, 2.8, 2.5, 2.5, 2.6])
    _if(paper, "")
    _settlement_table(paper, [*_DUE, *_ASKED], [4.2, 2.9, 3.2, 2.9, 2.8])
    _loop(paper, "endif")
    _if(paper, "")
    paper.body("ยังไม่ได้กระทบยอดกับจำนวนนักเรียนจริงของรอบนี้  ", blank("ผลการกระทบยอด ขอเพิ่มเติม และส่งคืน"))
    _loop(paper, "endif")
    paper.heading("๓. กระทบยอดกับวงเงินที่ได้รับแจ้ง")
    _money(paper)
    _notes(paper)
    close(paper, "จึงเรียนมาเพื่อโปรดทราบและพิจารณา", _DIRECTOR)


def _additional(paper: Paper) -> None:
    subject: list[Part] = [f"ขอรับการสนับสนุนเพิ่มเติมและส่งคืน{_SUBSIDY}", *_YEAR, *_ROUND]
    memo(paper, subject, ["เลขาธิการคณะกรรมการการศึกษาขั้นพื้นฐาน"])
    _settled_words(paper)
    _loop(paper, "for programme in settlement.programmes")
    paper.body(
        computed("{{ programme.name }}"), " ขอรับเพิ่มเติม ", computed("{{ programme.additional_text }}"), " และส่งคืน ",
        computed("{{ programme.give_back_text }}"), " มาจาก", computed("{{ programme.causes }}"),
    )  # fmt: skip
    _loop(paper, "endfor")
    _notes(paper)
    close(paper, "จึงเรียนมาเพื่อโปรดพิจารณา ตามเอกสารแนบ", _DIRECTOR)
    paper.new_section(landscape=True)
    paper.heading("เอกสารแนบ ๑ รายโรงเรียน (คน และบาท)")
    widths = [3.6, 1.3, 1.3, 1.3, 1.3, 1.8, 2.9, 3.1, 2.7, 2.7, 2.7]
    _settlement_table(paper, [*_MOVED, *_DUE, *_CARRIED, *_ASKED], widths)
    paper.heading("เอกสารแนบ ๒ รายการนักเรียนที่เปลี่ยนแปลง")
    detail_keys = ("change", "who", "pupils", "school", "host", "village", "grade", "band", "baht")
    rows: list[list[Cell]] = [
        ["{%tr for programme in changes %}"],
        [computed("{{ programme.name }}")],
        ["{%tr for one in programme.rows %}"],
        [computed(f"{{{{ one.{key} }}}}") for key in detail_keys],
        ["{%tr endfor %}"],
        ["{%tr endfor %}"],
    ]
    detail = ["รายการ", "รหัสอ้างอิง", "คน", "โรงเรียนมารวม", "โรงเรียนหลัก", "หมู่บ้าน", "ชั้น", "ช่วงระยะทาง", "บาท"]
    _if(paper, "changes")
    _table(paper, detail, rows, [2.6, 3.4, 1.2, 3.2, 3.2, 3.0, 1.7, 3.8, 2.6], numeric=(2, 8))
    _if(paper, "")
    paper.body("ไม่มีรายการที่ต่างกันระหว่างประมาณการกับจำนวนจริง")
    _loop(paper, "endif")


def _criteria(paper: Paper) -> None:
    memo(
        paper,
        [f"หลักเกณฑ์การจัดสรร{_SUBSIDY}", *_YEAR],
        [f"ผู้อำนวยการโรงเรียนหลักและโรงเรียนมารวม {_FINANCE} ผู้อำนวยการหน่วยตรวจสอบภายใน"],
    )
    paper.body(
        "สำนักงานเขตขอแจ้งหลักเกณฑ์ที่ใช้ในภาคเรียนที่ ", computed("{{ term }}"), " พร้อมที่มา ความแน่ชัด และผู้ยืนยัน ตามเอกสารแนบ",
        " ข้อที่ยังไม่แน่ชัด สำนักงานเขตเป็นผู้กำหนดและต้องมีผู้ยืนยันก่อนใช้จ่ายเงิน",
    )  # fmt: skip
    close(paper, "จึงเรียนมาเพื่อทราบและถือปฏิบัติ", _DIRECTOR)
    paper.new_section(landscape=True)
    paper.heading("เอกสารแนบ หลักเกณฑ์ที่ใช้")
    keys = ("item", "value", "source", "certainty", "date", "confirmed_by")
    rows: list[list[Cell]] = [
        ["{%tr for rule in criteria %}"],
        [computed(f"{{{{ rule.{key} }}}}") for key in keys],
        ["{%tr endfor %}"],
    ]
    heads = ["หลักเกณฑ์", "ที่ใช้", "ที่มา", "ความแน่ชัด", "วันที่ของที่มา", "ผู้ยืนยัน"]
    _table(paper, heads, rows, [4.6, 5.6, 5.6, 3.2, 2.2, 3.5])


def _summary(paper: Paper) -> None:
    memo(paper, [f"สรุปผล{_SUBSIDY}", *_YEAR, *_ROUND], ["ที่ประชุมผู้บริหาร และคณะกรรมการศึกษาธิการจังหวัด (กศจ.)"])
    paper.body(
        "รอบนี้มีนักเรียน ", computed("{{ pupils }}"), " คน ความต้องการ ", computed("{{ need_text }}"), " วงเงิน ",
        computed("{{ ceiling_text }}"), " จัดสรร ", computed("{{ allocated_text }}"), "  ", computed("{{ difference }}"),
    )  # fmt: skip
    heads = ["โครงการ", *_SHARED[2:]]
    cells = ("name", "pupils", "need", "allocated")
    rows: list[list[Cell]] = [
        ["{%tr for programme in programmes %}"],
        [computed(f"{{{{ programme.{key} }}}}") for key in cells],
        ["{%tr endfor %}"],
        ["รวมทุกโครงการ", *(computed(f"{{{{ all.{key} }}}}") for key in cells[1:])],
    ]
    _table(paper, heads, rows, [6.4, 2.6, 3.5, 3.5], numeric=(1, 2, 3), bold=(3,))
    _rules(paper)
    _if(paper, "settlement")
    _settled_words(paper)
    _loop(paper, "endif")
    paper.heading("กระทบยอดกับวงเงินที่ได้รับแจ้ง")
    _money(paper)
    paper.heading("ความต้องการและการจัดสรร รายโรงเรียนหลัก")
    paper.line(Mark("{{ chart }}", COMPUTED))
    paper.heading("โรงเรียนหลักและโรงเรียนมารวม")
    paper.line(Mark("{{ map }}", COMPUTED))
    _notes(paper)
    paper.body("ข้อพิจารณา  ", blank("ข้อพิจารณา"))
    close(paper, "จึงเรียนมาเพื่อโปรดทราบ", _DIRECTOR)


# --- parts ----------------------------------------------------------------------------------------------------------


def memo(paper: Paper, subject: list[Part], to: list[Part]) -> None:
    """Write the head of a memo; its tags are ``office`` and ``letter_code``."""
    paper.line(blank("วางตราครุฑ สูง ๑.๕ ซม."))
    paper.title("บันทึกข้อความ", points=29)
    office: list[Part] = [computed("{{ office }}"), "  กลุ่มนโยบายและแผน  ", blank("หมายเลขโทรศัพท์")]
    paper.labelled([("ส่วนราชการ", office)])
    number: list[Part] = [computed("{{ letter_code }}"), "/", blank("เลขที่หนังสือ")]
    paper.labelled([("ที่", number), ("วันที่", [blank("วันที่")])])
    paper.labelled([("เรื่อง", subject)])
    paper.line("เรียน  ", *to)


def _received(paper: Paper) -> None:
    _loop(paper, "for letter in letters")
    paper.body(
        "หนังสือ ", computed("{{ letter.letter }}"), " ลงวันที่ ", computed("{{ letter.date }}"), " แจ้งวงเงิน ",
        computed("{{ letter.baht }}"), " บาท",
    )  # fmt: skip
    _loop(paper, "endfor")
    paper.body(
        "ได้รับแจ้งวงเงินรวม ", computed("{{ ceiling_text }}"), " ความต้องการของนักเรียน ", computed("{{ pupils }}"),
        " คน เป็นเงิน ", computed("{{ need_text }}"), " จัดสรรแล้ว ", computed("{{ allocated_text }}"),
        "  ", computed("{{ difference }}"),
    )  # fmt: skip


def _rules(paper: Paper) -> None:
    paper.body("ฐานระยะทาง: ", computed("{{ basis }}"), "  วิธีวัด: ", computed("{{ distance_rule }}"))
    paper.body(
        "วิธีแบ่งเมื่อวงเงินไม่พอ (สำนักงานเขตเป็นผู้เลือก): ", computed("{{ sharing_rule }}"),
        computed("{{ days_bought }}"), "  ที่มา: ", computed("{{ sharing_source }}"),
    )  # fmt: skip
    _if(paper, "confirmation")
    paper.body(computed("{{ confirmation }}"))
    _loop(paper, "endif")


def _notes(paper: Paper) -> None:
    _loop(paper, "for note in notes")
    paper.body("หมายเหตุ  ", computed("{{ note }}"))
    _loop(paper, "endfor")


def _shared(paper: Paper, programmes: str, *, hosts: bool) -> None:
    """Write lines of an allocation under their programmes; the host is left out where the paper is one host's."""
    heads = list(_SHARED if hosts else _SHARED[1:])
    keys = ["host", "school", "pupils", "need", "allocated"][0 if hosts else 1 :]
    sums = [computed(f"{{{{ programme.{key} }}}}") for key in ("pupils", "need", "allocated")]
    rows: list[list[Cell]] = [
        [f"{{%tr for programme in {programmes} %}}"],
        [computed("{{ programme.name }}")],
        ["{%tr for line in programme.lines %}"],
        [computed(f"{{{{ line.{key} }}}}") for key in keys],
        ["{%tr endfor %}"],
        ["รวม", *([""] if hosts else []), *sums],
        ["{%tr endfor %}"],
    ]
    widths = [3.8, 3.8, 2.0, 3.2, 3.2] if hosts else [7.4, 2.4, 3.1, 3.1]
    numeric = range(len(widths) - 3, len(widths))
    _table(paper, heads, rows, widths, numeric=tuple(numeric), bold=(5,))


def _by_host(paper: Paper) -> None:
    rows: list[list[Cell]] = [
        ["{%tr for programme in programmes %}"],
        [computed("{{ programme.name }}")],
        ["{%tr for line in programme.hosts %}"],
        [computed(f"{{{{ line.{key} }}}}") for key in ("host_id", "host", "pupils", "need", "allocated")],
        ["{%tr endfor %}"],
        ["รวม", "", *(computed(f"{{{{ programme.{key} }}}}") for key in ("pupils", "need", "allocated"))],
        [["เป็นเงิน ", computed("{{ programme.allocated_text }}")]],
        ["{%tr endfor %}"],
    ]
    heads = ["รหัส", "โรงเรียนหลัก", *_SHARED[2:]]
    _table(paper, heads, rows, [3.3, 4.3, 2.0, 3.2, 3.2], numeric=(2, 3, 4), bold=(5,))


def _settled_words(paper: Paper) -> None:
    paper.body(
        "เมื่อกระทบยอดกับจำนวนนักเรียนจริง ขอรับเพิ่มเติม ", computed("{{ settlement.additional_text }}"), " และส่งคืน ",
        computed("{{ settlement.give_back_text }}"),
    )  # fmt: skip


def _settlement_table(paper: Paper, columns: Sequence[tuple[Part, str]], widths: Sequence[float]) -> None:
    """Write settled lines under their programmes, with columns of head and tag."""

    def cells(of: str) -> list[Cell]:
        return [computed(f"{{{{ {of}.{key} }}}}") for _, key in columns]

    rows: list[list[Cell]] = [
        ["{%tr for programme in settlement.programmes %}"],
        [computed("{{ programme.name }}")],
        ["{%tr for row in programme.rows %}"],
        [[computed("{{ row.school }}"), "\nไป ", computed("{{ row.host }}")], *cells("row")],
        ["{%tr endfor %}"],
        ["รวม", *cells("programme")],
        ["{%tr endfor %}"],
        ["รวมทุกโครงการ", *cells("settlement")],
    ]
    heads: list[Cell] = ["โรงเรียนมารวม ไปโรงเรียนหลัก", *(head for head, _ in columns)]
    _table(paper, heads, rows, widths, numeric=range(1, len(heads)), bold=(5, 7))
    _narrow_margins(paper)
    paper.body("* ไม่มีรายการจ่าย ถือว่าจ่ายตามที่จัดสรร   – ไม่ทราบ")
    _if(paper, "settlement.carries")
    paper.body(
        "จ่ายหรือจัดสรรแล้ว + ", _CARRIED[0][0], " + ขอเพิ่ม − ส่งคืน = ควรได้  ", computed("{{ settlement.carried_note }}")
    )
    _loop(paper, "endif")


def _narrow_margins(paper: Paper) -> None:
    """Leave a millimetre beside the texts of the last table, half of what is usual: it has many figures."""
    look = paper.document.tables[-1]._tbl.tblPr
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "57")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    look.find(qn("w:tblLook")).addprevious(margins)


def _money(paper: Paper) -> None:
    """Write the steps from the letters' money to what is due; sums are in bold."""
    cells: list[Cell] = [computed("{{ step.words }}"), computed("{{ step.baht }}")]
    rows: list[list[Cell]] = [
        ["{%tr for step in money %}"],
        ["{%tr if step.is_sum %}"],
        cells,
        ["{%tr else %}"],
        cells,
        ["{%tr endif %}"],
        ["{%tr endfor %}"],
    ]
    _table(paper, ["รายการ", "บาท"], rows, [12.2, 3.8], numeric=(1,), bold=(2,), together=True)


def _loop(paper: Paper, words: str) -> None:
    paper.line(Mark(f"{{%p {words} %}}", COMPUTED))


def _if(paper: Paper, what: str) -> None:
    """Begin what stands there only where something is known; without a name, what stands there otherwise."""
    _loop(paper, f"if {what}" if what else "else")


def close(paper: Paper, words: str, role: str) -> None:
    """Write the last words and the place to sign, which never stands alone on a page."""
    paper.body(words)
    paper.document.paragraphs[-1].paragraph_format.keep_with_next = True
    paper.signature(role)


def _none(paper: Paper) -> None:
    """Say instead of a bare table that there is nothing."""
    _if(paper, "")
    paper.body("ไม่มี")
    _loop(paper, "endif")


def _table(
    paper: Paper,
    heads: Sequence[Cell],
    rows: list[list[Cell]],
    widths: Sequence[float],
    *,
    numeric: Sequence[int] = (),
    bold: Sequence[int] = (),
    together: bool = False,
) -> None:
    """Write a table whose rows are tags; ``bold`` are rows of sums, by their place among ``rows``."""
    paper.table(heads, rows, widths, numeric=numeric, together=together)
    table = paper.document.tables[-1]
    for number in bold:
        for cell in table.rows[number + 1].cells:
            for run in cell.paragraphs[0].runs:
                run.bold = run.font.cs_bold = True

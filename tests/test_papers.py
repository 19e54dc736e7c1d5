"""Papers of a round: amounts as told by hand, templates that an office edits, forms, names at print time."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import Workbook, load_workbook
from openpyxl.workbook.defined_name import DefinedName
from PIL import Image

from restructure import DataError, UsageError
from restructure.intake.pupils import SALT_FILE, pupil_key, read_salt
from restructure.papers import (
    due_kinds,
    merge_names,
    why_no_additional,
    why_no_notices,
    write_forms,
    write_papers,
)
from restructure.papers.pictures import chart, place_names, sketch
from restructure.policy import load_policy
from restructure.rounds import Round
from restructure.sheet import text_width
from restructure.templates import write_templates
from restructure.thai import Term

HOSTS = {"1000000001": "บ้านหนึ่ง & เพื่อน", "1000000002": "โรงเรียนบ้าน <สอง>", "1000000003": "บ้านสาม"}
LEAVING = {"1000000011": "บ้านเล็กหนึ่ง", "1000000012": "บ้านเล็กสอง", "1000000013": "บ้านเล็กสาม"}
#: host, school, programme, grade, village, metres, band, baht a day, pupils; 100 days.
ROWS = [
    ("1000000001", "1000000011", "existing", "P1", "99010101", 3000, 1, 10, 2),
    ("1000000001", "1000000011", "existing", "P4", "99010102", 3001, 2, 15, 3),
    ("1000000001", "1000000012", "second-decade", "K2", "99010103", 10001, 3, 20, 1),
    ("1000000002", "1000000012", "second-decade", "M1", "99010103", 9000, 2, 15, 4),
    ("1000000003", "1000000013", "existing", "P6", "99010104", 500, 1, 10, 1),
]
#: By hand: 2×10×100 + 3×15×100 = 6,500; 1×20×100; 4×15×100; 1×10×100.
LINES = [
    ("1000000001", "1000000011", "existing", 5, 6500, 6000),
    ("1000000001", "1000000012", "second-decade", 1, 2000, 1900),
    ("1000000002", "1000000012", "second-decade", 4, 6000, 5500),
    ("1000000003", "1000000013", "existing", 1, 1000, 900),
]
KINDS = ("notice", "notice-finance", "notice-audit", "report-obec", "summary", "criteria", "additional")


def _round(**changes: Any) -> Round:
    needed = pd.DataFrame(
        ROWS,
        columns=[
            "host_id",
            "school_id",
            "programme",
            "grade",
            "village_id",
            "road_m",
            "band",
            "baht_per_day",
            "pupils",
        ],
    )
    needed = needed.assign(days=100, basis="certified").astype({"road_m": "Int64", "band": "Int64"})
    needed["baht"] = (needed["pupils"] * needed["days"] * needed["baht_per_day"]).astype("Int64")
    allocation = pd.DataFrame(
        LINES, columns=["host_id", "school_id", "programme", "pupils", "need_baht", "allocated_baht"]
    )
    allocation = allocation.assign(basis="certified").astype({"need_baht": "Int64", "allocated_baht": "Int64"})
    schools = pd.DataFrame([{"school_id": code, "name": name} for code, name in {**HOSTS, **LEAVING}.items()])
    schools = schools.assign(tambon="ในเมือง", amphoe="เมือง", grades="K2-M3", lat=16.8, lon=100.2)
    schools["lat"] += schools.index * 0.01
    settlement = pd.DataFrame(LINES, columns=["host_id", "school_id", "programme", "p", "due_baht", "allocated_baht"])
    settlement = settlement.assign(
        basis="certified", pupils_estimate=1, pupils_count=1, added=1, left=0, moved=0, moved_away=0, band_changed=0,
        estimate_baht=settlement["due_baht"], paid_baht=pd.array([None] * 4, dtype="Int64"), paid_from="allocation",
        carried_baht=0, additional_baht=settlement["due_baht"] - settlement["allocated_baht"], return_baht=0,
        state="additional",
    )  # fmt: skip
    sides = {f"{part}_{when}": None for part in ("host", "village", "grade", "band") for when in ("before", "after")}
    changes_row = sides | {
        "change": "band", "host_id": "1000000001", "school_id": "1000000011", "programme": "existing", "pupils": 1,
        "student_key": "p0123456789abcdef", "band_before": 1, "band_after": 2, "baht": 500,
    }  # fmt: skip
    pairs = needed[["village_id", "host_id", "pupils", "road_m"]].rename(columns={"road_m": "routed_m"})
    pairs = pairs.assign(
        measured_from="village", student_key="", certified_m=pairs["routed_m"], state="certified", who="เจ้าหน้าที่ ก",
        at="2026-11-20T09:00:00+07:00", seq=range(1, 6),
    )  # fmt: skip
    policy = load_policy()
    said: dict[str, Any] = {
        "name": "may",
        "term": Term(2570, 1),
        "policy": policy.model_copy(update={"office": "สพป.ทดสอบ เขต 1"}),
        "tables": {
            "schools": schools,
            "villages": pd.DataFrame({"village_id": ["99010101"], "name": ["บ้านทุ่ง"]}),
            "students": pd.DataFrame({"school_id": ["1000000011"], "as_of": [""]}),
        },
        "needed": needed,
        "refused": needed.head(1).assign(reason="boards"),
        "letters": pd.DataFrame({"letter": ["ศธ 04006/1"], "baht": [14300], "date": ["2027-05-20"]}),
        "ceiling_baht": 14300,
        "rule": "proportional",
        "rule_source": "policy.yaml",
        "allocation": allocation,
        "confirmed": allocation.drop(columns=["pupils", "need_baht", "basis"]),
        "settlement": settlement,
        "changes": pd.DataFrame([changes_row]),
        "pairs": pairs,
        "head": (5, "ab" * 32),
        "notes": ["ข้อสังเกต 1"],
    }
    return Round(**{**said, **changes})


def _papers(this: Round, cycle: Path, *more: Any) -> list[Path]:
    return write_papers(this, cycle / "outputs" / "papers" / this.name, *more, templates=cycle / "templates")


def _forms(this: Round, cycle: Path) -> list[Path]:
    return write_forms(this, cycle / "outputs" / "papers" / this.name, cycle / "templates")


def _text(path: Path) -> str:
    document = Document(str(path))
    cells = [c.text for t in document.tables for r in t.rows for c in r.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def _rows(path: Path, table: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in Document(str(path)).tables[table].rows]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cycle")
    _papers(_round(), folder)
    return folder / "outputs" / "papers" / "may"


# --- what the papers say --------------------------------------------------------------------------------------------


def test_notice_tells_one_host_its_amounts_in_figures_and_words(papers: Path) -> None:
    path = papers / "notices" / "1000000001.docx"
    text = _text(path)
    assert "ผู้อำนวยการโรงเรียนบ้านหนึ่ง & เพื่อน (1000000001)" in text
    assert "นักเรียน ๖ คน รวมทั้งสิ้น ๗,๙๐๐ บาท (เจ็ดพันเก้าร้อยบาทถ้วน)" in text
    assert "กรณี ๑.๑ รวมเดิม เป็นเงิน ๖,๐๐๐ บาท (หกพันบาทถ้วน)" in text
    assert "ศธ ๐๔๐๐๖/๑ ลงวันที่ ๒๐ พฤษภาคม ๒๕๗๐" in text
    assert "ตามสัดส่วนความต้องการ" in text
    assert _rows(path, 0)[1:] == [
        ["กรณี ๑.๑ รวมเดิม"] * 4,
        ["บ้านเล็กหนึ่ง", "๕", "๖,๕๐๐", "๖,๐๐๐"],
        ["รวม", "๕", "๖,๕๐๐", "๖,๐๐๐"],
        ["กรณี ๑.๒ ทศวรรษที่สอง"] * 4,
        ["บ้านเล็กสอง", "๑", "๒,๐๐๐", "๑,๙๐๐"],
        ["รวม", "๑", "๒,๐๐๐", "๑,๙๐๐"],
    ]
    assert ["บ้านเล็กหนึ่ง", "ป.๔–ป.๖", "มากกว่า ๓,๐๐๐ เมตร แต่ไม่เกิน ๑๐,๐๐๐ เมตร", "๓", "๑๕", "๑๐๐", "๔,๕๐๐"] in _rows(
        path, 1
    )
    assert "บ้านสาม" not in text


def test_names_with_signs_of_markup_stay_names(papers: Path) -> None:
    assert "โรงเรียนบ้าน <สอง>" in _text(papers / "notices" / "1000000002.docx")


def test_merged_print_has_every_notice_on_new_pages_counted_from_one(papers: Path) -> None:
    document = Document(str(papers / "notices-print.docx"))
    single = [_text(path) for path in sorted((papers / "notices").iterdir())]
    assert len(document.sections) == len(single) == 3
    assert all('w:start="1"' in section._sectPr.xml for section in document.sections)
    assert sum(p.text == "บันทึกข้อความ" for p in document.paragraphs) == 3
    merged = _text(papers / "notices-print.docx")
    assert all(line in merged for text in single for line in text.splitlines())


def test_finance_sees_each_host_and_programmes_apart(papers: Path) -> None:
    rows = _rows(papers / "notice-finance.docx", 0)
    assert ["1000000003", "บ้านสาม", "๑", "๑,๐๐๐", "๙๐๐"] in rows
    assert [row for row in rows if row[0] == "รวม"] == [
        ["รวม", "", "๖", "๗,๕๐๐", "๖,๙๐๐"],
        ["รวม", "", "๕", "๘,๐๐๐", "๗,๔๐๐"],
    ]
    text = _text(papers / "notice-finance.docx")
    assert "จัดสรรแล้ว ๑๔,๓๐๐ บาท (หนึ่งหมื่นสี่พันสามร้อยบาทถ้วน)" in text
    assert "วงเงินต่ำกว่าความต้องการ ๑,๒๐๐ บาท" in text


def test_audit_can_follow_a_distance_to_a_person_and_sees_who_was_refused(papers: Path) -> None:
    path = papers / "notice-audit.docx"
    certificates, refused = _rows(path, 1), _rows(path, 2)
    # Each certifier and day once; who certified does not say here how and why.
    assert certificates[1] == ["ผู้รับรอง เจ้าหน้าที่ ก  ๒๐ พฤศจิกายน ๒๕๖๙ เวลา ๐๙.๐๐ น."] * 9
    assert certificates[2] == ["บ้านทุ่ง", "บ้านหนึ่ง & เพื่อน", "๒", "๓,๐๐๐", "๓,๐๐๐", "–", "–", "–", "๑"]
    assert len(certificates) == 2 + len(ROWS)
    assert refused[1] == ["กรณี ๑.๑ รวมเดิม", "บ้านหนึ่ง & เพื่อน", "บ้านเล็กหนึ่ง", "พักนอน ไม่เดินทางไปกลับทุกวัน", "๒"]


def test_notices_refuse_distances_whose_road_has_changed_since(tmp_path: Path) -> None:
    this = _round()
    changed = dataclasses.replace(this, pairs=this.pairs.assign(state=["stale", *["certified"] * 4]))
    with pytest.raises(UsageError, match="1 คู่มีจุดหรือถนนเปลี่ยน"):
        _papers(changed, tmp_path, ["notice"])
    assert "notice" not in due_kinds(changed)


def test_papers_that_cannot_be_made_any_more_are_taken_away(tmp_path: Path) -> None:
    this = _round()
    made = set(_papers(this, tmp_path))
    left = set(_papers(dataclasses.replace(this, confirmed=None), tmp_path))
    gone = {path.name for path in made if not path.exists()}
    assert {"notices-print.docx", "notice-finance.docx", "notice-audit.docx"} < gone
    assert all(path.exists() for path in left)
    assert not list(tmp_path.rglob("notices/*.docx"))


def test_audit_sees_how_and_why_of_each_certifier(tmp_path: Path) -> None:
    this = _round()
    pairs = this.pairs.assign(
        who=["ก", "ข", "ก", "ก", "ข"],
        at=[f"2026-11-{day}:05+07:00" for day in ("20T09:00", "20T10:00", "20T14:37", "21T08:00", "20T10:00")],
        method=["accept", "enter", "enter", "accept", "accept"],
        why=["", "วัดด้วยรถ", "", "", ""],
        evidence=["", f"evidence/{'0123456789ab' + 'f' * 52}.pdf", "สมุด 3", "", ""],
    )
    (path,) = _papers(dataclasses.replace(this, pairs=pairs), tmp_path, ["notice-audit"])
    rows = _rows(path, 1)
    assert [row[0] for row in rows if len(set(row)) == 1] == [
        "ผู้รับรอง ก  ๒๐ พฤศจิกายน ๒๕๖๙ เวลา ๐๙.๐๐ น. ถึง ๑๔.๓๗ น.",
        "ผู้รับรอง ข  ๒๐ พฤศจิกายน ๒๕๖๙ เวลา ๑๐.๐๐ น.",
        "ผู้รับรอง ก  ๒๑ พฤศจิกายน ๒๕๖๙ เวลา ๐๘.๐๐ น.",
    ]
    assert [row[5:] for row in rows[1:] if len(set(row)) > 1] == [
        ["ยอมรับระยะคำนวณ", "–", "–", "๑"],
        ["วัดจริง", "–", "สมุด 3", "๓"],
        ["วัดจริง", "วัดด้วยรถ", "evidence/0123456789ab….pdf", "๒"],
        ["ยอมรับระยะคำนวณ", "–", "–", "๕"],
        ["ยอมรับระยะคำนวณ", "–", "–", "๔"],
    ]
    assert not re.search(r"\d{4}-\d\d-\d\dT", _text(path))


def test_a_bare_annex_says_that_there_is_nothing(tmp_path: Path) -> None:
    this = _round()
    this = dataclasses.replace(this, pairs=this.pairs.head(0), refused=this.refused.head(0))
    (path,) = _papers(this, tmp_path, ["notice-audit"])
    document = Document(str(path))
    assert [p.text for p in document.paragraphs].count("ไม่มี") == 2
    assert len(document.tables) == 1


def test_a_notice_by_equal_days_says_how_many_the_money_buys(tmp_path: Path, papers: Path) -> None:
    # A day of all costs 2×10 + 3×15 + 1×20 + 4×15 + 1×10 = 155 baht: 14,300 buy 92 whole days and 40 baht.
    paths = _papers(_round(rule="equal-days"), tmp_path, ["notice", "notice-finance"])
    for path in paths:
        assert "วงเงินพอจ่าย ๙๒ วันเต็มจาก ๑๐๐ วันของภาคเรียน" in _text(path)
    assert "วันเต็ม" not in _text(papers / "notices" / "1000000001.docx")


def test_additional_keeps_pupils_and_ceiling_apart(tmp_path: Path, papers: Path) -> None:
    text = _text(papers / "additional.docx")
    # Need = estimate here, so that all of 1,200 is for want of money: 600 of 1.1, 600 of 1.2.
    assert text.count("มาจากนักเรียนเพิ่ม ออก ย้าย หรือเปลี่ยนช่วงระยะทาง +๐ บาท และวงเงินที่จัดสรรต่ำกว่าประมาณการ +๖๐๐ บาท") == 2
    this = _round()
    assert this.settlement is not None
    # Of 1.1: 700 over what is due; 100 paid beyond the allocated; 50 brought forward: −700 + 1,300 − 100 − 50.
    settlement = this.settlement.assign(
        estimate_baht=[7200, 2000, 6000, 1000], paid_from=["payment", *["allocation"] * 3], carried_baht=[50, 0, 0, 0],
        paid_baht=pd.array([6100, None, None, None], dtype="Int64"), additional_baht=[350, 100, 500, 100],
    )  # fmt: skip
    (path,) = _papers(dataclasses.replace(this, settlement=settlement), tmp_path, ["additional"])
    assert (
        "ขอรับเพิ่มเติม ๔๕๐ บาท (สี่ร้อยห้าสิบบาทถ้วน) และส่งคืน ๐ บาท (ศูนย์บาทถ้วน) มาจากนักเรียนเพิ่ม ออก ย้าย หรือเปลี่ยนช่วงระยะทาง "
        "−๗๐๐ บาท และวงเงินที่จัดสรรต่ำกว่าประมาณการ +๑,๓๐๐ บาท และจ่ายไม่เท่าที่จัดสรร −๑๐๐ บาท และยอดยกมาหรือยกไป −๕๐ บาท"
    ) in _text(path)


def test_a_report_shows_the_confirmed_allocation_and_no_other(tmp_path: Path) -> None:
    (path,) = _papers(_round(), tmp_path, ["report-obec"])
    assert "ยืนยัน" not in _text(path)
    # The confirmed 5,900 of the first line, nothing for the last, and 1,500 for a school that has no pupil any more.
    this = _round()
    assert this.confirmed is not None
    confirmed = this.confirmed.head(3).assign(allocated_baht=pd.array([5900, 1900, 5000], dtype="Int64"))
    gone = confirmed.head(1).assign(school_id="1000000013", host_id="1000000002", allocated_baht=1500)
    confirmed = pd.concat([gone, confirmed], ignore_index=True)
    (path,) = _papers(dataclasses.replace(this, confirmed=confirmed), tmp_path, ["report-obec"])
    assert "จำนวนที่จัดสรรเป็นที่ยืนยันไว้ ซึ่งต่างจากที่คำนวณได้ตอนนี้" in _text(path)
    assert "ตามที่ยืนยันไว้ (ที่เลือกอยู่ตอนนี้: ตามสัดส่วน" in _text(path)
    assert [row for row in _rows(path, 0) if row[0] in {*HOSTS, "รวม"}] == [
        ["1000000001", "บ้านหนึ่ง & เพื่อน", "๕", "๖,๕๐๐", "๕,๙๐๐"],
        ["1000000002", "บ้าน <สอง>", "๐", "๐", "๑,๕๐๐"],
        ["1000000003", "บ้านสาม", "๑", "๑,๐๐๐", "๐"],
        ["รวม", "", "๖", "๗,๕๐๐", "๗,๔๐๐"],
        ["1000000001", "บ้านหนึ่ง & เพื่อน", "๑", "๒,๐๐๐", "๑,๙๐๐"],
        ["1000000002", "บ้าน <สอง>", "๔", "๖,๐๐๐", "๕,๐๐๐"],
        ["รวม", "", "๕", "๘,๐๐๐", "๖,๙๐๐"],
    ]
    (path,) = _papers(dataclasses.replace(this, confirmed=None), tmp_path, ["report-obec"])
    assert "ร่าง ยังไม่มีผู้ยืนยันการจัดสรร" in _text(path)


def test_settlement_by_allocation_is_named_so(papers: Path) -> None:
    text = _text(papers / "additional.docx")
    assert "ขอรับเพิ่มเติม ๑,๒๐๐ บาท (หนึ่งพันสองร้อยบาทถ้วน) และส่งคืน ๐ บาท (ศูนย์บาทถ้วน)" in text
    assert "๖,๐๐๐*" in text
    assert "จ่ายหรือจัดสรรแล้ว" in text
    assert "ไม่เกิน ๓,๐๐๐ เมตร → มากกว่า ๓,๐๐๐ เมตร แต่ไม่เกิน ๑๐,๐๐๐ เมตร" in text


def test_criteria_names_source_certainty_and_a_blank_for_who_confirms(papers: Path) -> None:
    rows = {row[0]: row for row in _rows(papers / "criteria.docx", 0)}
    bands = next(row for head, row in rows.items() if head.startswith("อัตราค่าพาหนะ"))
    assert "๑๐ บาท" in bands[1]
    assert "มาตรฐานการปฏิบัติงาน" in bands[2]
    assert bands[5] == "[……… กรอก: ผู้ยืนยัน ………]"


def test_summary_holds_a_chart_and_a_map(papers: Path) -> None:
    with zipfile.ZipFile(papers / "summary.docx") as packed:
        images = [packed.read(name) for name in packed.namelist() if name.startswith("word/media/")]
    assert len(images) == 2
    assert all(image.startswith(b"\x89PNG") for image in images)


def test_every_blank_is_highlighted_and_no_tag_is_left(papers: Path) -> None:
    for path in sorted(papers.rglob("*.docx")):
        document = Document(str(path))
        runs = list(document.element.body.iter(qn("w:r")))
        blanks = [r for r in runs if (r.text or "").startswith("[………")]
        assert blanks, path.name
        assert all("highlight" in r.xml for r in blanks), path.name
        assert not re.search(r"{{|{%|}}", document.element.xml), path.name


def test_synthetic_data_says_so_on_every_page(tmp_path: Path) -> None:
    this = _round()
    this = dataclasses.replace(this, policy=this.policy.model_copy(update={"synthetic": True}))
    (path,) = _papers(this, tmp_path, ["report-obec"])
    assert "ข้อมูลสมมุติ" in Document(str(path)).sections[0].header.paragraphs[0].text


def test_same_round_gives_same_bytes(papers: Path, tmp_path: Path) -> None:
    again = _papers(_round(), tmp_path)
    assert len(again) == 7 - 1 + 3 + 1 + 2 + 2 * 3  # kinds, notices and print, forms
    for path in again:
        twin = papers / path.relative_to(tmp_path / "outputs" / "papers" / "may")
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(twin.read_bytes()).digest(), path.name


# --- from the letters' money to what is due --------------------------------------------------------------------------


def _settled_otherwise(**columns: Any) -> Round:
    """Return the round with another settlement, by a policy that carries November's balance to May."""
    this = _round()
    assert this.settlement is not None
    settings = this.policy.settings.model_copy(update={"november_balance": "carry"})
    policy = this.policy.model_copy(update={"settings": settings})
    return dataclasses.replace(this, policy=policy, settlement=this.settlement.assign(**columns))


def _baht(*values: int | None) -> Any:
    return pd.array(values, dtype="Int64")


#: Paid 1,000 beyond the 6,000 of the first line, 400 less than the 1,900 of the second; no payment told of the others.
#: 6,500 − 7,050 = −550; 2,000 − 1,500 = 500; 6,000 − 5,470 = 530; 1,000 − 900 = 100.
PAID = {
    "paid_baht": _baht(7000, 1500, None, None), "paid_from": ["payment", "payment", "allocation", "allocation"],
    "carried_baht": _baht(50, 0, -30, 0),
    "additional_baht": _baht(0, 500, 530, 100), "return_baht": _baht(550, 0, 0, 0),
}  # fmt: skip


def test_steps_from_the_letter_to_what_is_due(papers: Path) -> None:
    steps = [
        ["รายการ", "บาท"],
        ["หนังสือ ศธ ๐๔๐๐๖/๑ ลงวันที่ ๒๐ พฤษภาคม ๒๕๗๐", "๑๔,๓๐๐"],
        ["วงเงินของรอบ", "๑๔,๓๐๐"],
        ["หัก วงเงินที่ยังไม่ได้จัดสรร อยู่ที่สำนักงานเขต", "๐"],
        ["จัดสรรให้โรงเรียน", "๑๔,๓๐๐"],
        ["ถือว่าจ่ายตามที่จัดสรร", "๑๔,๓๐๐"],
        ["บวก ขอเพิ่มเติม", "๑,๒๐๐"],
        ["หัก ส่งคืน", "๐"],
        ["ที่ควรได้ ตามผู้ที่นับได้", "๑๕,๕๐๐"],
    ]
    assert _rows(papers / "report-obec.docx", 2) == steps
    assert _rows(papers / "summary.docx", 1) == steps
    # Where nothing is carried no column says so.
    assert _rows(papers / "report-obec.docx", 1)[0] == [
        "โรงเรียนมารวม ไปโรงเรียนหลัก", "ควรได้", "จ่ายหรือจัดสรรแล้ว", "ขอเพิ่ม", "ส่งคืน",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["report-obec", "summary"])
def test_money_of_the_office_and_what_is_carried_stand_among_the_steps(tmp_path: Path, kind: str) -> None:
    letters = pd.DataFrame({"letter": ["ศธ 1", "ศธ 2"], "baht": [14300, 700], "date": ["2027-05-20", ""]})
    this = dataclasses.replace(_settled_otherwise(**PAID), letters=letters, ceiling_baht=15000)
    (path,) = _papers(this, tmp_path, [kind])
    # 15,000 − 700 = 14,300; − 400 + 1,000 = 14,900; + 20 + 1,130 − 550 = 15,500.
    assert _rows(path, 2 if kind == "report-obec" else 1)[1:] == [
        ["หนังสือ ศธ ๑ ลงวันที่ ๒๐ พฤษภาคม ๒๕๗๐", "๑๔,๓๐๐"],
        ["หนังสือ ศธ ๒ ลงวันที่ [……… กรอก: วันที่ของหนังสือ ………]", "๗๐๐"],
        ["วงเงินของรอบ", "๑๕,๐๐๐"],
        ["หัก วงเงินที่ยังไม่ได้จัดสรร อยู่ที่สำนักงานเขต", "−๗๐๐"],
        ["จัดสรรให้โรงเรียน", "๑๔,๓๐๐"],
        ["หัก จัดสรรแล้วยังไม่ได้จ่าย", "−๔๐๐"],
        ["บวก จ่ายเกินที่จัดสรร", "๑,๐๐๐"],
        ["จ่ายแล้ว ๘,๕๐๐ บาท และถือว่าจ่ายตามที่จัดสรร ๖,๔๐๐ บาท", "๑๔,๙๐๐"],
        ["ยกมาจากรอบพฤศจิกายน", "๒๐"],
        ["บวก ขอเพิ่มเติม", "๑,๑๓๐"],
        ["หัก ส่งคืน", "−๕๕๐"],
        ["ที่ควรได้ ตามผู้ที่นับได้", "๑๕,๕๐๐"],
    ]


def test_a_report_shows_what_is_carried_where_the_rule_is_so(tmp_path: Path) -> None:
    (path,) = _papers(_settled_otherwise(**PAID), tmp_path, ["report-obec"])
    head, *rows = _rows(path, 1)
    assert head[1:] == ["ควรได้", "จ่ายหรือจัดสรรแล้ว", "ยกมา", "ขอเพิ่ม", "ส่งคืน"]
    # Paid + carried + additional − return = due in each row.
    assert [row[1:] for row in rows if len(set(row)) > 1] == [
        ["๖,๕๐๐", "๗,๐๐๐", "๕๐", "๐", "๕๕๐"],
        ["๑,๐๐๐", "๙๐๐*", "๐", "๑๐๐", "๐"],
        ["๗,๕๐๐", "๗,๙๐๐*", "๕๐", "๑๐๐", "๕๕๐"],
        ["๒,๐๐๐", "๑,๕๐๐", "๐", "๕๐๐", "๐"],
        ["๖,๐๐๐", "๕,๕๐๐*", "−๓๐", "๕๓๐", "๐"],
        ["๘,๐๐๐", "๗,๐๐๐*", "−๓๐", "๑,๐๓๐", "๐"],
        ["๑๕,๕๐๐", "๑๔,๙๐๐*", "๒๐", "๑,๑๓๐", "๕๕๐"],
    ]
    assert "ยกมาจากรอบพฤศจิกายน: บวก = เงินเหลือ  ลบ = เงินขาด" in _text(path)


def test_what_november_carries_is_asked_for_in_may_only(tmp_path: Path) -> None:
    # Each line lacks what it was allotted too little: 500, 100, 500 and 100.
    nothing = _baht(0, 0, 0, 0)
    this = _settled_otherwise(carried_baht=_baht(500, 100, 500, 100), additional_baht=nothing, return_baht=nothing)
    this = dataclasses.replace(this, name="november", term=Term(2569, 2))
    assert "additional" not in due_kinds(this)
    assert "ไม่มีเงินที่ต้องขอเพิ่มหรือส่งคืน" in why_no_additional(this)
    (path,) = _papers(this, tmp_path, ["report-obec"])
    assert _rows(path, 1)[0][3] == "ยกไป"
    assert _rows(path, 1)[-1][1:] == ["๑๕,๕๐๐", "๑๔,๓๐๐*", "๑,๒๐๐", "๐", "๐"]
    assert ["ยกไปรอบพฤษภาคม", "๑,๒๐๐"] in _rows(path, 2)
    assert "ยกไปรอบพฤษภาคม: บวก = เงินขาด  ลบ = เงินเหลือ" in _text(path)


def test_payments_beyond_the_ceiling_are_told(tmp_path: Path) -> None:
    # 9,000 + 1,500 + 5,500 + 900 = 16,900, of a ceiling of 14,300; the first line returns 6,500 − 9,050.
    beyond = {**PAID, "paid_baht": _baht(9000, 1500, None, None), "return_baht": _baht(2550, 0, 0, 0)}
    (path,) = _papers(_settled_otherwise(**beyond), tmp_path, ["summary"])
    steps = dict(_rows(path, 1))
    words = "จ่ายแล้ว ๑๐,๕๐๐ บาท และถือว่าจ่ายตามที่จัดสรร ๖,๔๐๐ บาท (เกินวงเงินของรอบ ๒,๖๐๐ บาท)"
    assert (steps[words], steps["บวก จ่ายเกินที่จัดสรร"], steps["หัก ส่งคืน"]) == ("๑๖,๙๐๐", "๓,๐๐๐", "−๒,๕๕๐")


def test_steps_without_a_ceiling_or_a_distance_still_add_up(tmp_path: Path) -> None:
    # What the third line is due is not known: its 5,500 − 30 are taken out again. 14,900 + 20 + 600 − 550 − 5,470.
    lost = {**PAID, "due_baht": _baht(6500, 2000, None, 1000), "additional_baht": _baht(0, 500, None, 100)}
    (path,) = _papers(_settled_otherwise(**lost), tmp_path, ["summary"])
    steps = dict(_rows(path, 1))
    assert (steps["หัก ที่จ่ายในรายการซึ่งยังคิดที่ควรได้ไม่ได้"], steps["ที่ควรได้ ตามผู้ที่นับได้"]) == ("−๕,๔๗๐", "๙,๕๐๐")
    this = _round(ceiling_baht=None, confirmed=None, settlement=None, changes=None)
    this.allocation["allocated_baht"] = _baht(None, None, None, None)
    none = dataclasses.replace(this, letters=this.letters.head(0))
    (path,) = _papers(none, tmp_path, ["summary"])
    assert _rows(path, 1)[1:] == [["วงเงินของรอบ", "ยังไม่ทราบวงเงิน"], ["จัดสรรให้โรงเรียน", "ยังไม่ทราบวงเงิน"]]


def test_who_came_and_who_left_stand_on_one_side_only(tmp_path: Path) -> None:
    this = _round()
    assert this.changes is not None
    both = {
        "host_before": "1000000001", "host_after": "1000000002", "village_before": "99010101",
        "village_after": "99010101", "grade_before": "P1", "grade_after": "P2",
    }  # fmt: skip
    rows = [
        {"change": "moved", **both},
        {"change": "added", **{key: value for key, value in both.items() if key.endswith("after")}},
        {"change": "left", **{key: value for key, value in both.items() if key.endswith("before")}, "baht": -1500},
    ]
    empty = dict.fromkeys(both) | {"student_key": "", "band_before": None, "band_after": None}
    changes = pd.DataFrame([{**this.changes.iloc[0].to_dict(), **empty, **row} for row in rows])
    (path,) = _papers(dataclasses.replace(this, changes=changes), tmp_path, ["additional"])
    told = [[row[place] for place in (0, 1, 4, 5, 6, 8)] for row in _rows(path, 1)[2:]]
    assert told == [
        ["ย้าย", "–", "บ้านหนึ่ง & เพื่อน → บ้าน <สอง>", "บ้านทุ่ง", "ป.๑ → ป.๒", "๕๐๐"],
        ["เพิ่ม", "–", "บ้าน <สอง>", "บ้านทุ่ง", "ป.๒", "๕๐๐"],
        ["ออก", "–", "บ้านหนึ่ง & เพื่อน", "บ้านทุ่ง", "ป.๑", "−๑,๕๐๐"],
    ]


@pytest.mark.parametrize(
    ("kind", "table", "columns", "figure"),
    [
        ("notice", 1, (5,), "๑๐๐"),
        ("notice", 1, (6,), "๙๙๙,๙๙๙"),
        ("notice-finance", 0, (3, 4), "๙,๙๙๙,๙๙๙"),
        ("notice-audit", 0, (3, 4), "๙,๙๙๙,๙๙๙"),
        ("notice-audit", 1, (3, 4), "๙๙,๙๙๙"),
        ("report-obec", 1, (1, 3, 4, 5), "๙๙๙,๙๙๙"),
        ("report-obec", 2, (1, 2, 3, 4), "๙๙๙,๙๙๙"),
        ("additional", 0, (6, 7, 8, 9, 10), "๙๙๙,๙๙๙"),
        ("additional", 1, (8,), "−๙๙,๙๙๙"),
    ],
)  # fmt: skip
def test_no_figure_is_broken_over_two_lines(
    tmp_path: Path, kind: str, table: int, columns: tuple[int, ...], figure: str
) -> None:
    write_templates(tmp_path)
    drawn = Document(str(tmp_path / "templates" / f"{kind}.docx")).tables[table]._tbl
    widths = [column.w.mm for column in drawn.tblGrid.gridCol_lst]
    assert sum(widths) < 161 or 246 < sum(widths) < 248
    # A cell keeps 1.9 mm free on either side, 1 mm where the table says so.
    free = 2.0 if "w:tblCellMar" in drawn.tblPr.xml else 3.8
    assert min(widths[column] for column in columns) >= text_width(figure, 14) + free


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["notice", "notice-finance", "notice-audit"])
def test_notices_refuse_distances_that_nobody_certified(tmp_path: Path, kind: str) -> None:
    this = _round()
    this.allocation.loc[2, "basis"] = "routed"
    with pytest.raises(UsageError, match=r"1 จาก 4 รายการ.*บ้านเล็กสอง→บ้าน <สอง>"):
        _papers(this, tmp_path, [kind])
    assert not list(tmp_path.rglob("*.docx"))


@pytest.mark.parametrize("kind", ["notice", "notice-finance", "notice-audit"])
def test_notices_refuse_an_allocation_that_nobody_confirmed(tmp_path: Path, kind: str) -> None:
    this = _round(confirmed=None)
    with pytest.raises(UsageError, match="ยังไม่มีผู้ยืนยันการจัดสรร: สั่ง restructure allocate --confirm"):
        _papers(this, tmp_path, [kind])
    assert not list(tmp_path.rglob("*.docx"))
    assert kind not in due_kinds(this)
    assert "ยังไม่มีผู้ยืนยันการจัดสรร" in why_no_notices(this)


@pytest.mark.parametrize("change", ["baht", "less", "more"])
def test_notices_refuse_an_allocation_that_differs_from_the_confirmed(tmp_path: Path, change: str) -> None:
    this = _round()
    confirmed = this.confirmed
    assert confirmed is not None
    if change == "baht":
        confirmed.loc[[0, 1], "allocated_baht"] += [1, -1]
    elif change == "less":
        confirmed = confirmed.head(3)
    else:
        confirmed = pd.concat([confirmed, confirmed.head(1).assign(programme="unspecified")])
    this = dataclasses.replace(this, confirmed=confirmed)
    with pytest.raises(UsageError, match="ที่ยืนยันไว้ต่างจากที่คำนวณได้ตอนนี้: ยืนยันใหม่ หรือกลับไปใช้วิธีแบ่งเดิม"):
        _papers(this, tmp_path, ["notice"])
    assert "ที่ยืนยันไว้ต่างจาก" in why_no_notices(this)


def test_the_order_of_confirmed_lines_is_no_difference() -> None:
    this = _round()
    assert this.confirmed is not None
    assert not why_no_notices(dataclasses.replace(this, confirmed=this.confirmed.iloc[::-1]))


def test_additional_needs_two_counts(tmp_path: Path) -> None:
    this = _round(changes=None)
    assert "additional" not in due_kinds(this)
    assert "ครั้งเดียว" in why_no_additional(this)
    with pytest.raises(UsageError, match=r"ครั้งเดียว.*as_of"):
        _papers(this, tmp_path, ["additional"])
    assert not why_no_additional(_round())


def test_a_report_on_routed_distances_says_so(tmp_path: Path) -> None:
    this = _round()
    this.allocation["basis"] = "routed"
    (path,) = _papers(this, tmp_path, ["report-obec"])
    assert "ระยะทางคำนวณจากถนน ยังไม่รับรอง" in _text(path)


def test_notices_without_a_ceiling_are_refused(tmp_path: Path) -> None:
    this = _round(ceiling_baht=None)
    this.allocation["allocated_baht"] = pd.array([None] * 4, dtype="Int64")
    with pytest.raises(UsageError, match="ยังไม่มีหนังสือแจ้งวงเงิน"):
        _papers(this, tmp_path, ["notice"])
    assert not {"notice", "notice-finance", "notice-audit"} & set(due_kinds(this))
    assert "ยังไม่มีหนังสือแจ้งวงเงิน" in why_no_notices(this)
    (path,) = _papers(this, tmp_path, ["report-obec"])
    assert "ยังไม่ทราบวงเงิน" in _text(path)


def test_what_is_not_settled_is_left_to_fill_in(tmp_path: Path) -> None:
    this = _round(settlement=None, changes=None)
    assert "additional" not in due_kinds(this)
    with pytest.raises(UsageError, match="กระทบยอด"):
        _papers(this, tmp_path, ["additional"])
    (path,) = _papers(this, tmp_path, ["report-obec"])
    assert "[……… กรอก: ผลการกระทบยอด" in _text(path)


def test_a_settlement_on_routed_distances_asks_for_no_money(tmp_path: Path) -> None:
    this = _round()
    assert this.settlement is not None
    this.settlement.loc[0, "basis"] = "routed"
    assert "additional" not in due_kinds(this)
    with pytest.raises(UsageError, match="รับรอง"):
        _papers(this, tmp_path, ["additional"])


def test_unknown_kind_and_empty_round_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="ไม่รู้จักเอกสารชนิด “letter”"):
        _papers(_round(), tmp_path, ["letter"])
    this = _round()
    with pytest.raises(UsageError, match="ไม่มีรายการ"):
        _papers(dataclasses.replace(this, allocation=this.allocation.head(0)), tmp_path, ["notice"])


def test_a_school_that_gets_nothing_any_more_loses_its_notice(tmp_path: Path) -> None:
    this = _round()
    _papers(this, tmp_path, ["notice"])
    fewer = this.allocation[this.allocation["host_id"] != "1000000003"]
    assert this.confirmed is not None
    confirmed = this.confirmed.head(3)
    _papers(dataclasses.replace(this, allocation=fewer, confirmed=confirmed), tmp_path, ["notice"])
    assert [p.stem for p in sorted(tmp_path.rglob("notices/*"))] == ["1000000001", "1000000002"]


def test_progress_tells_each_kind(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    _papers(_round(), tmp_path, ["criteria", "report-obec"], lambda *step: told.append(step))
    assert [(done, total) for _, done, total in told] == [(0, 2), (1, 2), (2, 2)]


# --- templates that an office edits ---------------------------------------------------------------------------------


def _own(folder: Path, kind: str, *paragraphs: str, header: str = "") -> None:
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if header:
        document.sections[0].header.paragraphs[0].text = header
    (folder / "templates").mkdir(exist_ok=True)
    document.save(str(folder / "templates" / f"{kind}.docx"))


def test_templates_are_written_once_and_never_over_an_edited_one(tmp_path: Path) -> None:
    written = write_templates(tmp_path)
    kinds = {*KINDS, "plan", "plan-summary", "plan-parents", "plan-public", "small-schools", "small-schools-public"}
    kinds |= {"collection-reminder", "collection-report", "year-compare"}
    others = {f"form{n}.xlsx" for n in range(1, 5)} | {"small-schools.yaml", "issue.yaml"}
    assert {p.name for p in written} == {f"{kind}.docx" for kind in kinds} | others
    _own(tmp_path, "report-obec", "ของเรา {{ office }}")
    assert write_templates(tmp_path) == []
    (path,) = _papers(_round(), tmp_path, ["report-obec"])
    assert _text(path) == "ของเรา สพป.ทดสอบ เขต ๑"


def test_a_written_template_gives_the_packaged_paper(papers: Path, tmp_path: Path) -> None:
    write_templates(tmp_path)
    (path,) = _papers(_round(), tmp_path, ["criteria"])
    assert path.read_bytes() == (papers / "criteria.docx").read_bytes()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ offce }}", "ไม่รู้จักแท็ก “offce”"),
        ("{% for p in programmes %}{{ p.nme }}{% endfor %}", "ไม่รู้จักแท็ก “nme”"),
        ("{{ office ", "แท็กเขียนไม่ครบหรือผิดรูป"),
        ("{% for p in programmes %}", "แท็กเขียนไม่ครบหรือผิดรูป"),
        ("{{ office | shout }}", "แท็กเขียนไม่ครบหรือผิดรูป"),
        ("{{ ().__class__.__bases__ }}", "ไม่อนุญาต"),
        ("{{ office + 1 }}", "คำนวณไม่ได้"),
    ],
    ids=["unknown", "unknown-part", "open", "no-end", "filter", "unsafe", "sum"],
)
def test_a_wrong_tag_is_told_with_file_and_tag(tmp_path: Path, text: str, told: str) -> None:
    _own(tmp_path, "report-obec", "ก่อน", text, "หลัง")
    with pytest.raises(DataError) as caught:
        _papers(_round(), tmp_path, ["report-obec"])
    assert told in caught.value.thai
    assert "templates/report-obec.docx" in caught.value.thai
    assert not list((tmp_path / "outputs").rglob("*.docx"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"plain text"], ids=["empty", "broken", "text"])
def test_what_is_no_word_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "report-obec.docx").write_bytes(content)
    with pytest.raises(DataError, match=r"templates/report-obec.docx: ไม่ใช่ไฟล์ Word"):
        _papers(_round(), tmp_path, ["report-obec"])


def test_a_workbook_in_place_of_a_template_is_told(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    Workbook().save(tmp_path / "templates" / "report-obec.docx")
    with pytest.raises(DataError, match="ไม่ใช่ไฟล์ Word"):
        _papers(_round(), tmp_path, ["report-obec"])


def test_a_tag_of_one_school_in_a_running_line_is_refused_for_print(tmp_path: Path) -> None:
    _own(tmp_path, "notice", "{{ host }}", header="{{ host }}")
    with pytest.raises(DataError, match="หัวหรือท้ายกระดาษ"):
        _papers(_round(), tmp_path, ["notice"])


def test_blanks_that_an_office_types_are_marked_too(tmp_path: Path) -> None:
    _own(tmp_path, "report-obec", "ที่ {{ letter_code }}/[……… กรอก: เลข ………] ลงชื่อ")
    (path,) = _papers(_round(), tmp_path, ["report-obec"])
    runs = Document(str(path)).paragraphs[0].runs
    assert [(r.text, r.font.highlight_color is not None) for r in runs] == [
        ("ที่ ", False),
        ("[……… กรอก: รหัสหนังสือของสำนักงาน ………]", True),
        ("/", False),
        ("[……… กรอก: เลข ………]", True),
        (" ลงชื่อ", False),
    ]


# --- chart and map --------------------------------------------------------------------------------------------------


def _bars(image: io.BytesIO) -> int:
    """Return how many rows of pixels of a chart hold a bar's colour, in runs."""
    with Image.open(image) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    filled = (abs(pixels - [0x1F, 0x5F, 0xA8]).sum(axis=2) < 30).sum(axis=1) > 60
    return int((filled[1:] & ~filled[:-1]).sum())


def test_a_chart_of_many_hosts_has_the_smallest_together() -> None:
    this = _round()
    hosts = [f"20000000{number:02d}" for number in range(30)]
    lines = pd.DataFrame({"host_id": hosts, "need_baht": 1000, "allocated_baht": 900, "programme": "existing"})
    lines = lines.assign(school_id="1000000011", pupils=1, basis="certified")
    schools = pd.DataFrame({"school_id": hosts, "name": "ชื่อเดียวกัน", "lat": None, "lon": None})
    this = dataclasses.replace(this, allocation=lines, confirmed=None, tables=this.tables | {"schools": schools})
    # 23 hosts, all of one name, each by itself; the other 7 in one row.
    assert _bars(chart(this)) == 24
    assert sketch(this).getvalue().startswith(b"\x89PNG")  # no school has a point: an empty map, no failure


def test_names_on_a_map_stand_over_nothing() -> None:
    rng = np.random.default_rng(5)
    points = {f"{n:02d}": (float(x), float(y)) for n, (x, y) in enumerate(rng.uniform(-60, 60, (40, 2)))}
    widths = {code: 15.0 + number % 25 for number, code in enumerate(points)}
    reach = {code: (2.4, 6.0, 12.0, 20.0) if code < "15" else (2.4,) for code in points}
    corner = (-80.0, -80.0, -40.0, -60.0)
    boxes = place_names(points, widths, reach, (-75, -65, 75, 65), [corner])
    assert set(boxes) >= {f"{n:02d}" for n in range(15)}
    assert 15 < len(boxes) < 40  # room for some of the others only
    # Every tenth of a millimetre is covered by one thing at most.
    paper = np.zeros((1700, 1700), dtype=int)
    for code, (west, south, east, north) in boxes.items():
        assert east - west == pytest.approx(widths[code])
        assert min(west + 75, south + 65, 75 - east, 65 - north) >= 0
        paper[round(south * 10) + 850 : round(north * 10) + 850, round(west * 10) + 850 : round(east * 10) + 850] += 1
    assert paper.max() == 1
    assert paper[:250, :450].sum() == 0
    assert not any(paper[round(y * 10) + 850, round(x * 10) + 850] for x, y in points.values())


def test_the_map_shows_its_scale_and_north() -> None:
    with Image.open(sketch(_round())) as picture:
        dark = np.asarray(picture.convert("L")) < 80
    height, mm = dark.shape[0], 200 / 25.4
    # The bar is 13 to 14.6 mm above the foot, from 5 mm on; the arrow 16 to 6 mm below the head, 6 mm from the right.
    assert dark[height - round(15 * mm) : height - round(12.5 * mm), round(4.5 * mm) : round(20 * mm)].any()
    assert dark[round(6 * mm) : round(16 * mm), round(153 * mm) : round(155 * mm)].any()


def test_summary_adds_both_programmes_up(papers: Path) -> None:
    assert _rows(papers / "summary.docx", 0)[-1] == ["รวมทุกโครงการ", "๑๑", "๑๕,๕๐๐", "๑๔,๓๐๐"]


# --- the request set ------------------------------------------------------------------------------------------------


def _all_values(path: Path, first: int = 7) -> list[list[Any]]:
    sheet = load_workbook(path).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first)]


def _values(path: Path) -> list[list[Any]]:
    return [row for row in _all_values(path) if isinstance(row[0], int)]


def test_forms_say_what_the_round_says(papers: Path) -> None:
    forms = papers / "forms"
    first = _values(forms / "form1.xlsx")
    assert [(row[1], row[7], row[8], row[9]) for row in first] == [
        ("1000000001", 1, 5, 6500),
        ("1000000001", 1, 1, 2000),
        ("1000000002", 1, 4, 6000),
        ("1000000003", 1, 1, 1000),
    ]
    second = _values(forms / "form2.xlsx")
    assert sum(row[11] for row in second) == 15_500
    assert [row[0] for row in second] == [1, 2, 3, 4, 5]
    # Both forms end in the same sums: 11 pupils, 15,500 baht.
    for form, pupils, baht in (("form1", 8, 9), ("form2", 8, 11)):
        (total,) = [row for row in _all_values(forms / f"{form}.xlsx") if row[0] == "รวม"]
        assert (total[pupils], total[baht]) == (11, 15_500)
    text = "\n".join(str(c.value) for row in load_workbook(forms / "form2.xlsx").active.iter_rows() for c in row)
    assert "ไม่ใช่แบบของทางราชการ" in text
    assert "ปีงบประมาณ พ.ศ. 2570 รอบพฤษภาคม ภาคเรียนที่ 1/2570" in text


def test_pupils_with_keys_are_listed_one_by_one_and_others_by_village(tmp_path: Path) -> None:
    this = _round()
    students = pd.DataFrame(
        {
            "school_id": "1000000011", "grade": "P1", "village_id": "99010101", "as_of": "", "from_school_id": "",
            "student_key": ["k2", "k1"],
        }
    )  # fmt: skip
    _forms(dataclasses.replace(this, tables=this.tables | {"students": students}), tmp_path)
    rows = _values(tmp_path / "outputs" / "papers" / "may" / "forms" / "form4" / "1000000001.xlsx")
    told = [(row[1], row[8], row[11], row[14]) for row in rows]
    assert told == [
        ("k1", 3000, 1, 1000),
        ("k2", 3000, 1, 1000),
        # Three that the office only counts: a line each to name and sign.
        *[(None, 3001, 1, 1500)] * 3,
        (None, 10001, 1, 2000),
    ]
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_a_counted_child_whose_way_is_not_known_has_a_line_too(tmp_path: Path) -> None:
    this = _round()
    needed = this.needed.head(1).assign(road_m=pd.NA, band=pd.NA, baht_per_day=pd.NA, baht=pd.NA, pupils=12)
    _forms(dataclasses.replace(this, needed=needed), tmp_path)
    for form, places in (("form3", (0, 1, 2)), ("form4", (0, 8, 14))):
        path = tmp_path / "outputs" / "papers" / "may" / "forms" / form / "1000000001.xlsx"
        rows = _values(path)
        blank = (None, None) if form == "form3" else ("ไปไม่ถึง/ไม่ทราบ", "ยังคิดไม่ได้")
        (total,) = [row for row in _all_values(path) if row[0] == "รวม"] if form == "form4" else [None]
        assert total is None or (total[11], total[14]) == (12, "ยังคิดไม่ได้")
        assert [tuple(row[place] for place in places) for row in rows] == [(n, *blank) for n in range(1, 13)]


def test_a_childs_way_is_left_open_where_it_is_not_known_whose_is_which(tmp_path: Path) -> None:
    this = _round()
    near = this.needed.head(1).assign(road_m=2000, pupils=1, baht=1000)
    needed = pd.concat([near, near.assign(road_m=4000, band=2, baht_per_day=15, baht=1500)], ignore_index=True)
    students = pd.DataFrame(
        {
            "school_id": "1000000001", "from_school_id": "1000000011", "grade": "P1", "village_id": "99010101",
            "as_of": "", "student_key": ["k1", "k2"],
        }
    )  # fmt: skip
    _forms(dataclasses.replace(this, needed=needed, tables=this.tables | {"students": students}), tmp_path)
    rows = _values(tmp_path / "outputs" / "papers" / "may" / "forms" / "form4" / "1000000001.xlsx")
    assert [(row[1], row[8], row[14]) for row in rows] == [("k1", _OPEN, _OPEN), ("k2", _OPEN, _OPEN)]


_OPEN = "ต้องกรอกรายคน"


def _own_form(folder: Path, names: dict[str, str], *, below: str = "") -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "แบบ 2"
    sheet["B5"] = below
    if below:
        sheet.merge_cells("B5:D5")
    for name, cell in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=f"'แบบ 2'!{cell}")
    (folder / "templates").mkdir(exist_ok=True)
    book.save(folder / "templates" / "form2.xlsx")


def test_an_office_form_is_filled_by_its_named_cells(tmp_path: Path) -> None:
    names = {"form2_rows": "$B$3", "form2_school_id": "$D$3", "form2_baht": "$B$3", "form2_office": "$A$1"}
    _own_form(tmp_path, names, below="ลงชื่อ")
    _forms(_round(), tmp_path)
    sheet = load_workbook(tmp_path / "outputs" / "papers" / "may" / "forms" / "form2.xlsx").active
    assert sheet is not None
    assert sheet["A1"].value == "สพป.ทดสอบ เขต 1"
    assert [(sheet.cell(row, 2).value, sheet.cell(row, 4).value) for row in (3, 4, 5, 6, 7)] == [
        (2000, "1000000011"), (4500, "1000000011"), (1000, "1000000013"), (2000, "1000000012"), (6000, "1000000012"),
    ]  # fmt: skip
    assert sheet["B9"].value == "ลงชื่อ"
    assert [area.coord for area in sheet.merged_cells.ranges] == ["B9:D9"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"form2_rows": "$B$3", "form2_bath": "$C$3"}, "form2_bath"),
        ({"form2_baht": "$C$3"}, "form2_rows"),
    ],
    ids=["unknown", "no-rows"],
)
def test_a_wrong_name_of_a_cell_is_told(tmp_path: Path, names: dict[str, str], told: str) -> None:
    _own_form(tmp_path, names)
    with pytest.raises(DataError, match=told) as caught:
        _forms(_round(), tmp_path)
    assert "templates/form2.xlsx" in caught.value.thai


def test_what_is_no_workbook_is_told(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "form1.xlsx").write_bytes(b"no workbook")
    with pytest.raises(DataError, match=r"form1.xlsx: ไม่ใช่ไฟล์ Excel"):
        _forms(_round(), tmp_path)


def test_a_name_is_never_a_formula(tmp_path: Path) -> None:
    this = _round()
    this.tables["schools"].loc[0, "name"] = "=1+1"
    _forms(this, tmp_path)
    sheet = load_workbook(tmp_path / "outputs" / "papers" / "may" / "forms" / "form1.xlsx").active
    assert sheet is not None
    assert (sheet["C7"].value, sheet["C7"].data_type) == ("=1+1", "s")


# --- names at print time --------------------------------------------------------------------------------------------

NUMBERS = {"1100000000001": ("เด็กชาย", "หนึ่ง", "ทดสอบ"), "1100000000002": ("เด็กหญิง", "=สอง", "ทดสอบ")}


@pytest.fixture
def keyed(tmp_path: Path) -> Path:
    """Return a cycle folder whose form 3 has two pupils by key."""
    folder = tmp_path / "cycle"
    folder.mkdir()
    salt = read_salt(folder)
    this = _round()
    students = pd.DataFrame(
        {
            "school_id": "1000000011", "grade": "P1", "village_id": "99010101", "as_of": "", "from_school_id": "",
            "student_key": [pupil_key(salt, number) for number in NUMBERS],
        }
    )  # fmt: skip
    _forms(dataclasses.replace(this, tables=this.tables | {"students": students}), folder)
    return folder


def _school_file(path: Path, numbers: dict[str, tuple[str, str, str]]) -> Path:
    lines = ["รายชื่อนักเรียน,,,,", "รหัสโรงเรียน,เลขประจำตัวประชาชน,คำนำหน้าชื่อ,ชื่อ,นามสกุล,ชื่อบิดา"]
    lines += [f"1000000011,{number},{','.join(name)},บิดา" for number, name in numbers.items()]
    path.write_text("\n".join(lines), "utf-8")
    return path


def _form(folder: Path) -> Path:
    return folder / "outputs" / "papers" / "may" / "forms" / "form3" / "1000000001.xlsx"


def test_names_are_merged_into_a_copy_only(keyed: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in keyed.rglob("*") if path.is_file()}
    out = tmp_path / "print.xlsx"
    names = _school_file(tmp_path / "names.csv", NUMBERS)
    assert merge_names(keyed, _form(keyed), names, out) == (2, 0)
    sheet = load_workbook(out).active
    assert sheet is not None
    got = {sheet.cell(row, 3).value: sheet.cell(row, 3).data_type for row in (7, 8)}
    assert got == {"เด็กชายหนึ่ง ทดสอบ": "s", "เด็กหญิง=สอง ทดสอบ": "s"}
    assert {path: path.read_bytes() for path in keyed.rglob("*") if path.is_file()} == before


def test_a_pupil_without_a_name_is_counted(keyed: Path, tmp_path: Path) -> None:
    one = dict(list(NUMBERS.items())[:1])
    names = _school_file(tmp_path / "names.csv", one)
    assert merge_names(keyed, _form(keyed), names, tmp_path / "print.xlsx") == (1, 1)


@pytest.mark.parametrize("part", ["inputs", "outputs", "outputs/papers"])
def test_names_never_go_into_the_cycle(keyed: Path, tmp_path: Path, part: str) -> None:
    (keyed / part).mkdir(parents=True, exist_ok=True)
    names = _school_file(tmp_path / "names.csv", NUMBERS)
    with pytest.raises(UsageError, match="มีชื่อนักเรียน"):
        merge_names(keyed, _form(keyed), names, keyed / part / "print.xlsx")


def test_another_schools_file_and_a_file_without_names_are_told_without_names(keyed: Path, tmp_path: Path) -> None:
    other = _school_file(tmp_path / "other.csv", {"1100000000003": ("เด็กชาย", "สาม", "ลับมาก")})
    with pytest.raises(DataError, match="ไม่พบนักเรียน") as caught:
        merge_names(keyed, _form(keyed), other, tmp_path / "print.xlsx")
    assert "ลับมาก" not in str(caught.value)
    (tmp_path / "bare.csv").write_text("ก,ข\n1,2\n", "utf-8")
    with pytest.raises(DataError, match="ไม่มีหัวคอลัมน์ชื่อ"):
        merge_names(keyed, _form(keyed), tmp_path / "bare.csv", tmp_path / "print.xlsx")
    assert not (tmp_path / "print.xlsx").exists()


def test_a_form_without_names_and_another_workbook_are_told(keyed: Path, tmp_path: Path) -> None:
    names = _school_file(tmp_path / "names.csv", NUMBERS)
    with pytest.raises(UsageError, match="form2_name"):
        merge_names(keyed, _form(keyed).parents[1] / "form2.xlsx", names, tmp_path / "print.xlsx")
    Workbook().save(tmp_path / "other.xlsx")
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    for other in ("other.xlsx", "broken.xlsx"):
        with pytest.raises(UsageError, match=f"{other} ไม่ใช่แบบ 1–4"):
            merge_names(keyed, tmp_path / other, names, tmp_path / "print.xlsx")


def test_the_schools_own_file_is_never_written_over(keyed: Path, tmp_path: Path) -> None:
    names = _school_file(tmp_path / "names.csv", NUMBERS)
    before = names.read_bytes()
    with pytest.raises(UsageError, match="กำลังอ่าน"):
        merge_names(keyed, _form(keyed), names, names)
    assert names.read_bytes() == before


def test_a_child_with_two_names_gets_none(keyed: Path, tmp_path: Path) -> None:
    names = _school_file(tmp_path / "names.csv", NUMBERS)
    again = names.read_text("utf-8") + "\n1000000011,1100000000001,เด็กชาย,อื่น,ทดสอบ,บิดา\n"
    names.write_text(again, "utf-8")
    assert merge_names(keyed, _form(keyed), names, tmp_path / "print.xlsx") == (1, 1)


def test_without_the_cycles_secret_no_name_is_guessed(keyed: Path, tmp_path: Path) -> None:
    (keyed / SALT_FILE).unlink()
    names = _school_file(tmp_path / "names.csv", NUMBERS)
    with pytest.raises(DataError, match=SALT_FILE):
        merge_names(keyed, _form(keyed), names, tmp_path / "print.xlsx")
    assert not (keyed / SALT_FILE).exists()

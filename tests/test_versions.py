"""What a committee saw is kept whole, and what has changed since is told: merges, figures, texts, steps, settings."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date
from pathlib import Path

import pytest
from plan_office import BOTH, write_planned
from small_office import files_in, merge, read_rows, write_scenario

from restructure import DataError, UsageError, find_scenario, measure, open_cycle, simulate
from restructure._errors import LedgerError
from restructure.cycle import Measured
from restructure.drafting import Draft, SchoolTexts, StepPlan
from restructure.ledger import read_ledger, verify
from restructure.simulate import Outcome
from restructure.versions import changes, keep_version, read_version, versions, write_changes

WHO = "สมศรี นักวิเคราะห์"


@pytest.fixture
def measured(tmp_path: Path) -> Measured:
    folder = write_planned(tmp_path / "2570")
    document = folder / "outputs" / "plan" / "plan.docx"
    document.parent.mkdir(parents=True)
    document.write_bytes(b"what the committee sees")
    return measure(open_cycle(folder))


def outcome(measured: Measured, stem: str = "both") -> Outcome:
    return simulate(find_scenario(measured.cycle.folder, stem), measured.office)


def keep(measured: Measured, draft: Draft | None = None, why: str = "เสนอ กศจ.", who: str = WHO) -> int:
    return keep_version(measured, outcome(measured), draft or Draft(scenario="both"), why, who)


def rows(measured: Measured, draft: Draft | None = None, stem: str = "both", number: int = 1) -> list[tuple[str, ...]]:
    version = read_version(measured.cycle.folder, number)
    return list(
        changes(version, outcome(measured, stem), draft or Draft(scenario="both")).itertuples(index=False, name=None)
    )


def test_kept_with_document_name_and_hashes(measured: Measured) -> None:
    folder = measured.cycle.folder
    assert keep(measured) == 1
    assert (folder / "versions" / "1" / "plan.docx").read_bytes() == b"what the committee sees"
    row = read_ledger(folder).iloc[0]
    assert (row["who"], row["why"], row["subject"]) == (WHO, "เสนอ กศจ.", "1")
    assert sorted(json.loads(row["content"])["files"]) == ["plan.docx", "version.json"]
    assert keep(measured, why="เสนอ กศจ. ครั้งที่สอง") == 2
    table = versions(folder)
    assert table["number"].tolist() == [2, 1]
    assert table["intact"].all()
    assert verify(folder) == []


def test_a_version_that_was_changed_or_is_gone_shows(measured: Measured) -> None:
    folder = measured.cycle.folder
    keep(measured)
    keep(measured)
    (folder / "versions" / "1" / "plan.docx").write_bytes(b"something else")
    (folder / "versions" / "2" / "version.json").unlink()
    assert versions(folder)["intact"].tolist() == [False, False]
    with pytest.raises(DataError, match="ฉบับที่ 2"):
        read_version(folder, 2)


def test_refused_whole(measured: Measured) -> None:
    folder = measured.cycle.folder
    with pytest.raises(UsageError, match="ใช้ทำอะไร"):
        keep(measured, why=" ")
    with pytest.raises(LedgerError, match="ชื่อผู้ตัดสินใจ"):
        keep(measured, who=" ")
    later = (folder / "outputs" / "plan" / "plan.docx").stat().st_mtime + 10
    os.utime(folder / "plan.yaml", (later, later))
    with pytest.raises(UsageError, match="เก่ากว่าร่าง"):
        keep(measured)
    (folder / "outputs" / "plan" / "plan.docx").unlink()
    with pytest.raises(UsageError, match="ทำเอกสารใหม่ก่อน"):
        keep(measured)
    assert read_ledger(folder).empty
    assert not [name for name in files_in(folder) if name.startswith("versions/")]


def test_nothing_has_changed(measured: Measured) -> None:
    draft = Draft(scenario="both", texts={"law": "ก"}, schools={"A": SchoolTexts(reason="ข")})
    keep(measured, draft)
    assert rows(measured, draft) == []


def test_texts_and_steps(measured: Measured) -> None:
    keep(
        measured, Draft(scenario="both", texts={"law": "เดิม", "purpose": "คง"}, schools={"A": SchoolTexts(reason="ข")})
    )
    plans = {"meetings": StepPlan(owner="สมศรี", due=date(2026, 12, 15))}
    now = Draft(
        scenario="both", texts={"law": "ใหม่", "purpose": "คง"}, schools={"B": SchoolTexts(risks="ค")}, steps=plans
    )
    assert rows(measured, now) == [
        ("ข้อความ", "", "กฎหมาย ระเบียบ คำสั่งที่สำนักงานเขตใช้อ้างอิง พร้อมข้อและวันที่", "เดิม", "ใหม่"),
        ("ข้อความ", "โรงเรียนB (B)", "ความเสี่ยงและการแก้ไข", "", "ค"),
        ("ข้อความ", "โรงเรียนA (A)", "เหตุผล", "ข", ""),
        (
            "ผู้รับผิดชอบและกำหนดวัน",
            "",
            "ประชุมคณะกรรมการดำเนินการ สถานศึกษา และชุมชน",
            "",
            "สมศรี, ภายใน ๑๕ ธันวาคม ๒๕๖๙",
        ),
    ]


def test_a_merge_that_is_taken_out(measured: Measured) -> None:
    keep(measured)
    found = {row[:3]: row[3:] for row in rows(measured, stem="one")}
    pair, together = "โรงเรียนB (B) ไป โรงเรียนH (H)", "เรียนรวม ตั้งแต่ภาคเรียนที่ 1/2570 ยังไม่ระบุโครงการ"
    assert found["การรวม", pair, "ชั้น ป.1–ป.6"] == (together, "")
    assert found["ตัวเลข", pair, "ค่าพาหนะต่อปีเต็ม"] == ("16,000 บาท", "")
    assert found["ตัวเลข", "โรงเรียนH (H)", "เรียนที่โรงเรียนหลัก เมื่อรวม"] == ("15 คน", "10 คน")
    assert found["ตัวเลข", "", "นักเรียนที่ย้าย"] == ("10 คน", "5 คน")
    assert not [key for key in found if key[1].startswith("โรงเรียนA")], "what is the same is not told"
    parts = [row[0] for row in rows(measured, stem="one")]
    assert parts == sorted(parts, key=["การรวม", "ตัวเลข"].index)


def test_a_merge_of_another_kind(measured: Measured) -> None:
    folder = measured.cycle.folder
    keep(measured)
    write_scenario(folder, "both", [merge("A", "H", kind="dissolve", programme="second-decade"), BOTH[1]])
    found = {row[:3]: row[3:] for row in rows(measured)}
    then, now = found["การรวม", "โรงเรียนA (A) ไป โรงเรียนH (H)", "ชั้น ป.1–ป.6"]
    assert (then[:6], now[:4]) == ("ยุบรวม", "เลิก")


def test_a_setting(measured: Measured) -> None:
    folder = measured.cycle.folder
    keep(measured)
    text = (folder / "policy.yaml").read_text("utf-8")
    bands = "[{up_to_m: 3000, baht_per_day: 12}, {up_to_m: 10000, baht_per_day: 15}, {up_to_m: null, baht_per_day: 20}]"
    (folder / "policy.yaml").write_text(f"{text}settings: {{bands: {{value: {bands}, source: หนังสือ ศธ 9}}}}\n", "utf-8")
    found = {row[:3]: row[3:] for row in rows(measure(open_cycle(folder)))}
    [(then, now)] = [value for key, value in found.items() if key[0] == "ค่าที่ใช้คำนวณ"]
    assert "10 บาท" in then
    assert "12 บาท" in now
    assert "หนังสือ ศธ 9" in now
    # 3 × 200 × 12 + 2 × 200 × 15
    assert found["ตัวเลข", "โรงเรียนA (A) ไป โรงเรียนH (H)", "ค่าพาหนะต่อปีเต็ม"] == ("12,000 บาท", "13,200 บาท")


def test_as_a_table_for_others(measured: Measured, tmp_path: Path) -> None:
    keep(measured)
    draft = Draft(scenario="both", texts={"law": "=HYPERLINK(1)"})
    path = tmp_path / "changes.csv"
    write_changes(changes(read_version(measured.cycle.folder, 1), outcome(measured), draft), path)
    [row] = read_rows(path)
    assert row == {
        "เรื่อง": "ข้อความ",
        "โรงเรียน": "",
        "รายการ": "กฎหมาย ระเบียบ คำสั่งที่สำนักงานเขตใช้อ้างอิง พร้อมข้อและวันที่",
        "ฉบับที่เก็บไว้": "",
        "ตอนนี้": "'=HYPERLINK(1)",
    }


def test_the_number_of_a_version_that_was_lost_is_not_given_again(measured: Measured) -> None:
    keep(measured)
    keep(measured)
    shutil.rmtree(measured.cycle.folder / "versions" / "2")
    assert keep(measured) == 3
    assert versions(measured.cycle.folder)[["number", "intact"]].to_numpy().tolist() == [
        [3, True],
        [2, False],
        [1, True],
    ]

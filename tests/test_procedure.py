"""The steps of the work standard, and how far they are: certified by a name, on evidence that may not change."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from restructure import DataError, UsageError
from restructure._errors import LedgerError
from restructure.drafting import Draft, StepPlan
from restructure.files import sha256
from restructure.ledger import read_ledger, revoke, verify
from restructure.procedure import complete_step, kinds, progress, round_names, steps_of

TODAY = date(2026, 12, 1)
WHO = "สมศรี นักวิเคราะห์"
#: The standard ``งานจัดตั้ง ยุบรวม เลิก และโอนสถานศึกษา`` of the office's own text, point by point (``ม.`` its column
#: of standards), each with words that the step has to hold. 3 and 4 alone are heads of their parts.
SEED = {
    "๑": "ระเบียบ", "๒": "สภาพปัจจุบัน", "๓.๑": "ตรวจสอบข้อมูล", "๓.๒": "แต่งตั้งคณะกรรมการจัดทำแผน",
    "๓.๓ ประชุม": "ประชุมคณะกรรมการ", "๓.๓ เสนอ": "เสนอแผนต่อ กศจ.", "๔": "กศจ.", "๔.๑": "ข้อมูลพื้นฐาน",
    "๔.๒": "แต่งตั้งคณะกรรมการดำเนินการ", "๔.๓": "สถานศึกษา และชุมชน", "๔.๔": "สรุปผลการประชุม",
    "๕ ติดตาม": "ติดตามและประเมิน", "๕ ผู้บริหาร": "ผู้บริหารเขตพื้นที่", "๕ กศจ.": "กศจ.",
    "ม.๑": "แจ้งผู้เกี่ยวข้อง", "ม.๒": "สภาพปัจจุบัน", "ม.๓": "แผน", "ม.๔": "ชุมชน", "ม.๕ สพฐ.": "สพฐ.",
    "ม.๕ ผู้บริหาร": "ผู้บริหารเขตพื้นที่", "ม.๕ กศจ.": "กศจ.", "ม.๖": "เผยแพร่",
}  # fmt: skip


def table(folder: Path, draft: Draft | None = None, today: date = TODAY):  # type: ignore[no-untyped-def]
    return progress(draft or Draft(), read_ledger(folder), folder, today=today).set_index("step")


def complete(folder: Path, key: str, **more: object) -> list[int]:
    given = {"on": date(2026, 11, 20), "evidence": "ศธ 1/2569", "today": TODAY} | more
    return complete_step(folder, Draft(), read_ledger(folder), key, WHO, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_point_of_the_work_standard_is_a_step(kind: str) -> None:
    steps = steps_of(kind)
    for point, words in SEED.items():
        found = [step for step in steps if point in step.seed]
        assert len(found) == 1, point
        assert words in found[0].thai, point
    assert {point for step in steps for point in step.seed} == set(SEED)
    assert [step.round for step in steps] == sorted((step.round for step in steps), key=list(round_names()).index)


def test_the_kinds_of_the_seed_and_what_each_needs() -> None:
    assert list(kinds()) == ["establish", "merge", "dissolve", "transfer", "extend-classes", "special-classrooms"]
    assert "ขยายชั้นเรียน" in steps_of("extend-classes")[0].thai
    keys = [step.key for step in steps_of("merge")]
    assert all([step.key for step in steps_of(kind)] == keys for kind in kinds())
    for step in steps_of("dissolve"):
        assert step.needs
        assert step.evidence
        assert set(step.after) <= set(keys[: keys.index(step.key)]), "what comes before stands before"
    with pytest.raises(UsageError, match="close"):
        steps_of("close")


def test_nothing_done_yet(tmp_path: Path) -> None:
    found = table(tmp_path)
    assert found.index[found["state"] == "ready"].tolist() == ["study-rules", "study-conditions"]
    assert (found["state"] == "waiting").sum() == len(found) - 2
    missing = found.loc["propose-plan", "missing"]
    assert missing == "ยังไม่เสร็จ: ประชุมคณะกรรมการเพื่อจัดทำแผน; ยังไม่กำหนดผู้รับผิดชอบ; ยังไม่กำหนดวัน"


def test_owner_and_day_come_from_the_draft_and_the_day_may_pass(tmp_path: Path) -> None:
    plans = {
        "study-rules": StepPlan(owner="นิติกร", due=date(2026, 11, 30), note="ขอจากกลุ่มกฎหมาย"),
        "study-conditions": StepPlan(owner="สมศรี", due=TODAY),
        "tell-parties": StepPlan(due=date(2026, 11, 1)),
    }
    found = table(tmp_path, Draft(steps=plans))
    assert found["state"].head(3).tolist() == ["late", "late", "ready"]
    assert found.loc["study-rules", ["owner", "due", "note", "missing"]].tolist() == [
        "นิติกร", date(2026, 11, 30), "ขอจากกลุ่มกฎหมาย", "",
    ]  # fmt: skip
    with pytest.raises(DataError, match=r"plan\.yaml.*meating"):
        table(tmp_path, Draft(steps={"meating": StepPlan()}))


def test_certified_with_a_file_that_is_kept_and_watched(tmp_path: Path) -> None:
    paper = tmp_path / "รายงานของนาย ก.PDF"
    paper.write_bytes(b"%PDF minutes")
    [seq] = complete(tmp_path, "study-rules", evidence=paper)
    row = table(tmp_path).loc["study-rules"]
    assert (row["state"], row["who"], row["done_on"], row["seq"]) == ("done", WHO, date(2026, 11, 20), seq)
    assert row["sha256"] == sha256(paper)
    assert row["evidence"] == f"evidence/{sha256(paper)}.pdf", "the file's name may tell of a person"
    assert "นาย ก" not in read_ledger(tmp_path)["content"].iloc[0]
    assert not row["changed"]
    assert table(tmp_path).loc["tell-parties", "state"] == "ready"
    kept = tmp_path / row["evidence"]
    kept.write_bytes(b"%PDF other minutes")
    row = table(tmp_path).loc["study-rules"]
    assert row["changed"]
    assert row["missing"] == "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง"
    kept.unlink()
    assert table(tmp_path).loc["study-rules", "changed"]
    kept.write_bytes(b"%PDF minutes")
    assert not table(tmp_path).loc["study-rules", "changed"]


def test_out_of_order_takes_a_reason_that_stays(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="เพื่อขอความเห็นชอบ” ยังไม่เสร็จ"):
        complete(tmp_path, "check-school")
    with pytest.raises(UsageError, match="ไม่มีหลักฐาน"):
        complete(tmp_path, "study-rules", evidence=" ")
    assert read_ledger(tmp_path).empty
    complete(tmp_path, "check-school", why="กศจ. อนุมัติหลักการด้วยวาจา", evidence="")
    row = read_ledger(tmp_path).iloc[0]
    assert row["why"] == "กศจ. อนุมัติหลักการด้วยวาจา"
    assert json.loads(row["content"])["lacks"] == ["“เสนอแผนต่อ กศจ. เพื่อขอความเห็นชอบ” ยังไม่เสร็จ", "ไม่มีหลักฐาน"]
    assert table(tmp_path).loc["check-school", "missing"] == "ไม่มีหลักฐาน"
    assert verify(tmp_path) == []


@pytest.mark.parametrize(
    ("key", "more", "words"),
    [
        ("nope", {}, "ไม่มีขั้น nope"),
        ("study-rules", {"on": date(2026, 12, 2)}, "อนาคต"),
        ("study-rules", {"evidence": Path("/nowhere/x.pdf")}, "ไม่พบไฟล์หลักฐาน"),
    ],
)
def test_refused(tmp_path: Path, key: str, more: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        complete(tmp_path, key, **more)
    assert read_ledger(tmp_path).empty


def test_revoked_it_is_open_again_and_what_follows_is_not_lost(tmp_path: Path) -> None:
    [first] = complete(tmp_path, "study-rules")
    complete(tmp_path, "tell-parties")
    revoke(tmp_path, WHO, [first], "ระเบียบฉบับเก่า")
    found = table(tmp_path)
    assert found["state"].head(2).tolist() == ["ready", "done"]
    complete(tmp_path, "study-rules")
    assert table(tmp_path).loc["study-rules", "seq"] == 4
    assert len(read_ledger(tmp_path)) == 4


def test_another_person_s_certification_is_not_written_over(tmp_path: Path) -> None:
    complete_step(tmp_path, Draft(), read_ledger(tmp_path), "study-rules", "อีกคน", on=TODAY, evidence="x", today=TODAY)
    with pytest.raises(LedgerError, match="อีกคน"):
        complete(tmp_path, "study-rules", seen=0)

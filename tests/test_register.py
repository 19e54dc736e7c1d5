"""The register of duties: states by hand, append-only, made twice, revoked, returned, levels, days across years."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from restructure import UsageError
from restructure._errors import LedgerError
from restructure.appraisal import (
    APPRAISAL_FILE,
    Appraisal,
    Indicator,
    Person,
    appraisal_table,
    is_private,
    read_appraisal,
    write_appraisal,
)
from restructure.drafting import Draft, StepPlan, read_draft, write_draft
from restructure.duties import write_duty_templates
from restructure.dutyacts import (
    Planned,
    complete_duty_step,
    make_items,
    record_order,
    record_result,
    return_for_correction,
    set_plans,
    take_back,
    take_rows_back,
)
from restructure.dutyhistory import ITEM, ORDER, PLAN, RETURN, STEP
from restructure.files import VIEWED, VIEWER, sha256
from restructure.ledger import LEDGER_FILE, Decision, decide, read_ledger, verify
from restructure.procedure import complete_step
from restructure.register import Register, due_soon, load, overdue, register

TODAY = date(2026, 11, 23)
WHO, BOSS = "สมศรี นักวิเคราะห์", "ผอ.กลุ่ม"
ROUND = "monitoring/2570"
#: The four steps of the duty on the monitoring system.
STEPS = ["study-policies", "find-limits", "set-ways", "website"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "policy.yaml").write_text("office: สพป.ทดสอบ\nfiscal_year: 2570\n", "utf-8")
    return tmp_path


@pytest.fixture
def one(folder: Path) -> Path:
    """A register with one item of four steps."""
    make_items(folder, WHO, {"monitoring": ["2570"]})
    return folder


def item(folder: Path, subject: str = ROUND, today: date = TODAY) -> dict[str, Any]:
    items = register(folder, today=today).items
    [row] = items[items["duty"] + "/" + items["round"] == subject].to_dict("records")
    return row


def step(folder: Path, subject: str, today: date = TODAY) -> dict[str, Any]:
    steps = register(folder, today=today).steps
    [row] = steps[steps["duty"] + "/" + steps["round"] + "/" + steps["step"] == subject].to_dict("records")
    return row


def done(folder: Path, subject: str, **more: Any) -> list[int]:
    given = {"on": date(2026, 11, 20), "evidence": "ศธ 1/2569", "today": TODAY} | more
    return complete_duty_step(folder, WHO, subject, **given)


# -- making ----
def test_items_of_the_cycle_are_made_once(folder: Path) -> None:
    made = make_items(folder, WHO)
    # Those that come each cycle; inspections, e-MES and urgent policies come when they are ordered.
    assert made == [
        "lead/2570", "subsidy/november", "subsidy/may", "restructuring/2570", "small-schools/2570", "monitoring/2570",
    ]  # fmt: skip
    assert make_items(folder, WHO) == []
    assert len(read_ledger(folder)) == 6
    assert make_items(folder, WHO, {"inspection": ["รอบที่ 1", " รอบที่  1 "], "urgent": ["PM 2.5"]}) == [
        "inspection/รอบที่ 1", "urgent/PM 2.5",
    ]  # fmt: skip
    assert make_items(folder, WHO, {"inspection": ["รอบที่ 1", "รอบที่ 2"]}) == ["inspection/รอบที่ 2"]
    found = register(folder, today=TODAY)
    assert found.items["title"].tolist()[1] == "ขอและจัดสรรงบประมาณค่าพาหนะรับ-ส่งนักเรียน: รอบพฤศจิกายน ปีงบประมาณ 2570"
    assert found.items["month"].dropna().tolist() == [11, 5]
    assert set(found.items["state"]) == {"open"}
    # 16 + 11 + 11 + 16 + 9 + 4, then 10, 10 and 9.
    assert found.items["steps"].sum() == 67 + 29
    assert verify(folder) == []


def test_a_deleted_item_comes_back_only_by_name(one: Path) -> None:
    take_back(one, BOSS, ITEM, ROUND, "ปีนี้ยกให้กลุ่มอื่น")
    assert register(one, today=TODAY).items.empty
    assert ROUND not in make_items(one, WHO)
    assert make_items(one, WHO, {"monitoring": ["2570"]}) == [ROUND]


def test_months_of_the_subsidy_are_those_of_its_round(folder: Path) -> None:
    make_items(folder, WHO)
    steps = register(folder, today=TODAY).steps.set_index(["round", "step"])["months"]
    assert steps["november", "notify"] == (11,)
    assert steps["may", "notify"] == (5,)
    assert steps["november", "criteria"] == (5,), "the text has it in May alone"
    assert steps["2570", "website"] == ()


@pytest.mark.parametrize(
    ("rounds", "words"),
    [
        ({"cooking": ["1"]}, "ไม่มีงาน cooking"),
        ({"urgent": [" "]}, "ชื่อรอบ"),
        ({"urgent": ["a/b"]}, "ชื่อรอบ"),
        ({"urgent": ["ก" * 81]}, "ชื่อรอบ"),
        ({"subsidy": ["june"]}, "รอบพฤศจิกายน"),
    ],
)
def test_what_cannot_be_made(folder: Path, rounds: dict[str, list[str]], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make_items(folder, WHO, rounds)
    assert read_ledger(folder).empty


def test_an_item_keeps_the_template_that_it_was_made_from(one: Path) -> None:
    [path] = write_duty_templates(one, ["monitoring"])
    text = path.read_text("utf-8").replace("version: 1", "version: 2").replace("จัดทำเว็บไซต์", "ดูแลเว็บไซต์")
    path.write_text(text, "utf-8")
    make_items(one, WHO, {"monitoring": ["2570", "พิเศษ"]})
    assert item(one)["version"] == 1
    assert step(one, f"{ROUND}/website")["thai"].startswith("จัดทำเว็บไซต์")
    assert item(one, "monitoring/พิเศษ")["version"] == 2
    # A wrong template is left by revoking the item, as long as there is no work on it.
    take_back(one, WHO, ITEM, ROUND, "แม่แบบรุ่นเก่า")
    make_items(one, WHO, {"monitoring": ["2570"]})
    assert item(one)["version"] == 2
    assert step(one, f"{ROUND}/website")["thai"].startswith("ดูแลเว็บไซต์")


# -- states and days ----
def test_states_by_the_nearest_day_left(one: Path) -> None:
    expected = {
        TODAY - timedelta(1): "late", TODAY: "soon", TODAY + timedelta(30): "soon", TODAY + timedelta(31): "open",
        None: "open",
    }  # fmt: skip
    for due, state in expected.items():
        set_plans(one, WHO, {ROUND: Planned("สมชาย", due)})
        assert item(one)["state"] == state, due
        assert step(one, f"{ROUND}/website")["state"] == state, "a step without a day goes by the item's"
    set_plans(one, WHO, {f"{ROUND}/website": Planned("วิภา", TODAY - timedelta(3))})
    row = item(one)
    assert (row["state"], row["due"], row["next_due"]) == ("late", None, TODAY - timedelta(3))
    assert step(one, f"{ROUND}/set-ways")["state"] == "open"
    done(one, f"{ROUND}/website")
    assert item(one)["state"] == "open"
    assert item(one)["next_due"] is None


def test_overdue_and_soon_across_the_ends_of_years(folder: Path) -> None:
    make_items(folder, WHO, {"urgent": ["a", "b", "c", "d", "e"]})
    days = {"a": date(2026, 12, 31), "b": date(2027, 1, 1), "c": date(2027, 1, 29), "d": date(2027, 1, 30)}
    set_plans(folder, WHO, {f"urgent/{name}": Planned("ก", day) for name, day in days.items()})
    found = register(folder, today=date(2026, 12, 31))
    assert overdue(found).empty
    assert dict(due_soon(found)[["round", "days"]].itertuples(index=False)) == {"a": 0, "b": 1, "c": 29, "d": 30}
    found = register(folder, today=date(2027, 1, 1))
    assert overdue(found)[["round", "days"]].to_numpy().tolist() == [["a", -1]]
    assert due_soon(found)["round"].tolist() == ["b", "c", "d"]
    assert due_soon(found, 28)["round"].tolist() == ["b", "c"]
    # The fiscal year ends on 30 September; 2028 is a leap year.
    set_plans(folder, WHO, {"urgent/a": Planned("ก", date(2027, 9, 30)), "urgent/e": Planned("ก", date(2028, 2, 29))})
    found = register(folder, today=date(2027, 10, 1))
    late = dict(overdue(found)[["round", "days"]].itertuples(index=False))
    # 2027-10-01 is day 274 of its year: 1 January day 1, 29 January day 29, 30 January day 30.
    assert late == {"b": -273, "c": -245, "d": -244, "a": -1}
    assert due_soon(register(folder, today=date(2028, 1, 29))).empty
    assert due_soon(register(folder, today=date(2028, 1, 30)))["days"].tolist() == [30]
    assert overdue(register(folder, today=date(2028, 3, 1)))["days"].tolist()[-1] == -1


def test_what_is_done_is_never_overdue(one: Path) -> None:
    set_plans(
        one, WHO, {ROUND: Planned("ก", TODAY - timedelta(9)), f"{ROUND}/website": Planned("ข", TODAY - timedelta(5))}
    )
    assert overdue(register(one, today=TODAY))["step"].tolist() == ["", "website"]
    done(one, f"{ROUND}/website")
    assert overdue(register(one, today=TODAY))["step"].tolist() == [""]
    for key in STEPS[:3]:
        done(one, f"{ROUND}/{key}")
    found = register(one, today=TODAY)
    assert overdue(found).empty
    assert found.items["state"].tolist() == ["done"]
    assert len(found.dues) == 2, "the days are still known"


def test_load_ranks_and_names_no_limit(folder: Path) -> None:
    make_items(folder, WHO, {"monitoring": ["2570"], "urgent": ["a"], "e-mes": ["1"]})
    set_plans(
        folder,
        WHO,
        {
            ROUND: Planned("สมชาย", TODAY + timedelta(100)),
            f"{ROUND}/website": Planned("วิภา", TODAY - timedelta(1)),
            f"{ROUND}/set-ways": Planned("", TODAY + timedelta(2)),
            "urgent/a": Planned("วิภา", None),
        },
    )
    done(folder, f"{ROUND}/find-limits")
    return_for_correction(folder, BOSS, f"{ROUND}/study-policies", "ขาดกลยุทธ์ สพท.")
    table = load(register(folder, today=TODAY))
    assert table.to_numpy().tolist() == [
        # owner, items, open, returned, late, soon: 9 steps of the urgent policy and the web site; two of สมชาย's left
        ["วิภา", 2, 10, 0, 1, 0],
        ["สมชาย", 1, 2, 1, 0, 1],
        ["", 1, 8, 0, 0, 0],
    ]
    assert list(table) == ["owner", "items", "open", "returned", "late", "soon"]
    assert load(register(folder / "nothing", today=TODAY)).empty


# -- planning ----
def test_a_plan_is_one_act_and_what_is_the_same_is_not_recorded(one: Path) -> None:
    plans = {ROUND: Planned(" สมชาย ", date(2027, 1, 5), "รอข้อมูล"), f"{ROUND}/website": Planned("วิภา")}
    assert len(set_plans(one, WHO, plans)) == 2
    rows = read_ledger(one)
    assert rows["batch"].tolist() == [1, 2, 2]
    assert set_plans(one, WHO, plans) == []
    assert set_plans(one, WHO, {f"{ROUND}/set-ways": Planned()}) == []
    assert len(set_plans(one, WHO, plans | {ROUND: Planned()})) == 1, "empties"
    assert item(one)["owner"] == ""
    assert step(one, f"{ROUND}/website")["owner"] == "วิภา"
    take_back(one, WHO, PLAN, ROUND, "ล้างผิด")
    row = item(one)
    assert (row["owner"], row["due"], row["remark"]) == ("สมชาย", date(2027, 1, 5), "รอข้อมูล")
    assert step(one, f"{ROUND}/set-ways")["owner"] == "สมชาย"


def test_a_blank_is_shown_as_missing(one: Path) -> None:
    assert step(one, f"{ROUND}/website")["missing"] == "ยังไม่กำหนดผู้รับผิดชอบ; ยังไม่กำหนดวัน"
    set_plans(one, WHO, {ROUND: Planned("สมชาย", date(2027, 1, 5))})
    assert step(one, f"{ROUND}/website")["missing"] == ""


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("monitoring/2571", "ไม่มีเรื่อง"),
        ("cooking/1", "ไม่มีเรื่อง"),
        (f"{ROUND}/nope", "ไม่มีขั้น nope"),
        (f"{ROUND}/website/1", "ไม่มีเรื่อง"),
    ],
)
def test_what_is_not_in_the_register_takes_no_decision(one: Path, subject: str, words: str) -> None:
    for act in (
        lambda: set_plans(one, WHO, {subject: Planned("ก")}),
        lambda: done(one, subject),
        lambda: return_for_correction(one, WHO, subject, "x"),
    ):
        with pytest.raises(UsageError, match=words):
            act()
    assert len(read_ledger(one)) == 1


def test_orders_and_results_are_of_the_whole_item(one: Path) -> None:
    for act in (record_order, record_result):
        with pytest.raises(UsageError, match="ต้องเป็นทั้งเรื่อง"):
            act(one, WHO, f"{ROUND}/website", "x")
        with pytest.raises(UsageError, match="ยังไม่กรอก"):
            act(one, WHO, ROUND, " ")
    with pytest.raises(UsageError, match="ยังไม่บอกขั้น"):
        done(one, ROUND)


# -- doing ----
def test_done_on_a_file_that_is_watched(one: Path) -> None:
    paper = one / "คู่มือของนาย ก.PDF"
    paper.write_bytes(b"%PDF guide")
    [seq] = done(one, f"{ROUND}/set-ways", evidence=paper)
    row = step(one, f"{ROUND}/set-ways")
    assert (row["state"], row["done_on"], row["who"], row["seq"]) == ("done", date(2026, 11, 20), WHO, seq)
    assert (row["evidence"], row["sha256"]) == (f"evidence/{sha256(paper)}.pdf", sha256(paper))
    assert not row["changed"]
    assert row["missing"] == ""
    assert "นาย ก" not in read_ledger(one)["content"].iloc[-1], "a file's name may tell of a person"
    kept = one / row["evidence"]
    kept.write_bytes(b"%PDF other")
    row = step(one, f"{ROUND}/set-ways")
    assert row["changed"]
    assert row["missing"] == "ไฟล์หลักฐานหายหรือถูกแก้หลังรับรอง"
    kept.unlink()
    assert step(one, f"{ROUND}/set-ways")["changed"]
    kept.write_bytes(b"%PDF guide")
    assert not step(one, f"{ROUND}/set-ways")["changed"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"evidence": " "}, "ไม่มีหลักฐาน"),
        ({"on": TODAY + timedelta(1)}, "อนาคต"),
        ({"evidence": Path("/nowhere/x.pdf")}, "ไม่พบไฟล์หลักฐาน"),
        ({"skip": True, "why": "ไม่อยากทำ"}, "ต้องทำทุกครั้ง"),
    ],
)
def test_refused(one: Path, more: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        done(one, f"{ROUND}/website", **more)
    assert len(read_ledger(one)) == 1


def test_without_evidence_only_for_a_reason(one: Path) -> None:
    done(one, f"{ROUND}/website", evidence="", why="ผู้ดูแลเว็บยืนยันด้วยวาจา")
    row = step(one, f"{ROUND}/website")
    assert (row["state"], row["why"], row["missing"]) == ("done", "ผู้ดูแลเว็บยืนยันด้วยวาจา", "ไม่มีหลักฐาน")


def test_what_the_text_asks_for_in_some_cases_can_be_left_out(folder: Path) -> None:
    make_items(folder, WHO, {"inspection": ["1"]})
    with pytest.raises(UsageError, match="เหตุผล"):
        done(folder, "inspection/1/meet", skip=True)
    done(folder, "inspection/1/meet", skip=True, why="ไม่มีการสั่งการให้ประชุม")
    row = step(folder, "inspection/1/meet")
    assert (row["state"], row["skipped"], row["missing"], row["evidence"]) == ("done", True, "", "")


def test_done_anew_supersedes_and_revoked_it_is_open(one: Path) -> None:
    done(one, f"{ROUND}/website", evidence="ฉบับแรก")
    done(one, f"{ROUND}/website", evidence="ฉบับสอง")
    assert step(one, f"{ROUND}/website")["evidence"] == "ฉบับสอง"
    take_back(one, BOSS, STEP, f"{ROUND}/website", "ผิดเรื่อง")
    assert step(one, f"{ROUND}/website")["evidence"] == "ฉบับแรก"
    take_back(one, BOSS, STEP, f"{ROUND}/website", "ผิดเรื่องเหมือนกัน")
    assert step(one, f"{ROUND}/website")["state"] == "open"
    with pytest.raises(UsageError, match="เพิกถอน"):
        take_back(one, BOSS, STEP, f"{ROUND}/website", "อีก")
    told = register(one, today=TODAY).history
    assert told["kind"].tolist() == ["ตั้งเรื่อง", "รับรองขั้น", "รับรองขั้น", "เพิกถอน", "เพิกถอน"]
    assert told["revoked"].tolist() == [False, True, True, False, False]
    assert told["told"].tolist()[3] == "รายการที่ 3 รับรองขั้น: ทำเสร็จ ๒๐ พฤศจิกายน ๒๕๖๙ · ฉบับสอง"
    assert told["step"].tolist() == ["", *["website"] * 4]
    with pytest.raises(LedgerError, match="เหตุผล"):
        take_back(one, BOSS, ITEM, ROUND, " ")


# -- returning ----
def test_returned_counts_as_undone_until_certified_again(one: Path) -> None:
    for key in STEPS:
        done(one, f"{ROUND}/{key}")
    assert item(one)["state"] == "done"
    assert item(one)["standards_met"] == 4
    return_for_correction(one, BOSS, f"{ROUND}/set-ways", "ข้อมูลซ้ำซ้อนกับ e-MES")
    row = item(one)
    assert (row["state"], row["done"], row["standards_met"]) == ("returned", 3, 3)
    assert row["returned_for"] == "ข้อมูลซ้ำซ้อนกับ e-MES"
    assert step(one, f"{ROUND}/set-ways")["returned_for"] == "ข้อมูลซ้ำซ้อนกับ e-MES"
    [again] = done(one, f"{ROUND}/set-ways", evidence="ฉบับแก้ไข")
    assert item(one)["state"] == "done"
    # The correction itself was wrong: it is as it was before.
    take_back(one, WHO, STEP, f"{ROUND}/set-ways", "แนบผิด")
    assert item(one)["state"] == "returned"
    take_back(one, BOSS, RETURN, f"{ROUND}/set-ways", "อ่านผิดฉบับ")
    assert item(one)["state"] == "done"
    assert again in register(one, today=TODAY).history["seq"].tolist(), "nothing is lost"


def test_a_whole_item_is_returned_and_answered(one: Path) -> None:
    for key in STEPS:
        done(one, f"{ROUND}/{key}")
    return_for_correction(one, BOSS, ROUND, "สรุปไม่ตรงประเด็น")
    row = item(one)
    assert (row["state"], row["done"], row["returned_for"]) == ("returned", 4, "สรุปไม่ตรงประเด็น")
    record_result(one, WHO, ROUND, "ระบบใช้ได้ทุกกลุ่ม ลดรายงานซ้ำ 3 เรื่อง")
    row = item(one)
    assert (row["state"], row["result"], row["returned_for"]) == ("done", "ระบบใช้ได้ทุกกลุ่ม ลดรายงานซ้ำ 3 เรื่อง", "")
    with pytest.raises(UsageError, match="ข้อที่ต้องแก้ไข"):
        return_for_correction(one, BOSS, ROUND, " ")


def test_work_can_be_returned_before_it_was_ever_certified(one: Path) -> None:
    return_for_correction(one, BOSS, f"{ROUND}/website", "ร่างยังอ่านไม่ได้")
    assert step(one, f"{ROUND}/website")["state"] == "returned"
    done(one, f"{ROUND}/website")
    assert step(one, f"{ROUND}/website")["state"] == "done"


# -- orders ----
def test_orders_stay_letter_by_letter(one: Path) -> None:
    text = "๑. มอบ กลุ่มนิเทศฯ\n๒. รายงานภายในวันศุกร์  "
    record_order(one, WHO, ROUND, text, giver="ผอ.สพป.", on=date(2026, 11, 2))
    record_order(one, WHO, ROUND, "เร่งรัด")
    orders = register(one, today=TODAY).orders
    assert orders["text"].tolist() == [text, "เร่งรัด"]
    assert orders["number"].tolist() == [1, 2]
    assert orders["on"].tolist() == [date(2026, 11, 2), None]
    assert item(one)["orders"] == 2
    take_back(one, WHO, ORDER, f"{ROUND}/2", "บันทึกผิดเรื่อง")
    record_order(one, WHO, ROUND, "เร่งรัดภายในเดือนนี้")
    assert register(one, today=TODAY).orders["number"].tolist() == [1, 3], "a number is used once"


# -- levels ----
def test_levels_of_leading_the_group(folder: Path) -> None:
    make_items(folder, WHO, {"lead": ["2570"]})

    def found() -> tuple[list[int], str, int]:
        held = register(folder, today=TODAY)
        assert held.levels["part"].tolist() == ["๑", "๒", "๔"]
        assert held.levels["of"].tolist() == [5, 5, 5]
        row = held.items.iloc[0]
        return held.levels["level"].tolist(), row["level"], row["standards_met"]

    assert found() == ([0, 0, 0], "ส่วน ๑ ระดับ 0/5 · ส่วน ๒ ระดับ 0/5 · ส่วน ๔ ระดับ 0/5", 0)
    for key in ("group-plan", "keep-to-plan", "indicators", "screen-in-time", "before-work", "oversee"):
        done(folder, f"lead/2570/{key}")
    # ๑: 1 and 2, but 4 without 3; ๒: 2 without 1; ๔: 1; and part ๓, which has no levels.
    assert found() == ([2, 0, 1], "ส่วน ๑ ระดับ 2/5 · ส่วน ๒ ระดับ 0/5 · ส่วน ๔ ระดับ 1/5", 4)
    standards = register(folder, today=TODAY).standards.set_index("seed")
    assert standards.loc["ม.๑.๔", "missing"] == "ระดับที่ต่ำกว่ายังไม่ครบ"
    assert standards.loc["ม.๓", "met"]
    done(folder, "lead/2570/assign")
    assert found()[0] == [4, 0, 1]
    return_for_correction(folder, BOSS, "lead/2570/group-plan", "ไม่ครบกรอบภารกิจ")
    assert found()[0] == [0, 0, 1]


def test_in_time_needs_a_day_and_the_work_before_it(folder: Path) -> None:
    make_items(folder, WHO, {"e-mes": ["1"]})
    for key in ("gather", "report"):
        done(folder, f"e-mes/1/{key}", on=date(2026, 11, 20))

    def fourth() -> tuple[bool, str]:
        row = register(folder, today=TODAY).standards.set_index("seed").loc["ม.๔"]
        return bool(row["met"]), row["missing"]

    assert fourth()[0] is False
    assert "ไม่ได้กำหนดวัน จึงบอกไม่ได้ว่าทันเวลา: รายงานผลการดำเนินงานผ่านระบบ" in fourth()[1]
    set_plans(folder, WHO, {"e-mes/1": Planned("ก", date(2026, 11, 20))})
    assert fourth()[0] is False, "a day set after the fact"
    for key in ("gather", "report"):
        done(folder, f"e-mes/1/{key}", on=date(2026, 11, 20))
    assert fourth() == (True, "")
    set_plans(folder, WHO, {"e-mes/1/report": Planned("ก", date(2026, 11, 19))})
    assert fourth() == (True, "")
    done(folder, "e-mes/1/report", on=date(2026, 11, 20))
    assert fourth() == (False, "เสร็จหลังวันที่กำหนด: รายงานผลการดำเนินงานผ่านระบบ")


# -- the plan's procedure is the third duty ----
def test_what_is_certified_in_the_plan_s_procedure_counts(folder: Path) -> None:
    draft = Draft(scenario="a", kind="dissolve", steps={"study-rules": StepPlan(owner="นิติกร", due=date(2026, 12, 1))})
    write_draft(folder, draft, "")
    make_items(folder, WHO, {"restructuring": ["2570", "บ้านไร่"]})
    row = step(folder, "restructuring/2570/study-rules")
    assert (row["owner"], row["due"], row["state"]) == ("นิติกร", date(2026, 12, 1), "soon")
    assert "เลิกสถานศึกษา" in row["thai"]
    complete_step(
        folder, draft, read_ledger(folder), "study-rules", WHO, on=date(2026, 11, 3), evidence="ระเบียบ", today=TODAY
    )
    row = step(folder, "restructuring/2570/study-rules")
    assert (row["state"], row["done_on"], row["evidence"]) == ("done", date(2026, 11, 3), "ระเบียบ")
    assert step(folder, "restructuring/บ้านไร่/study-rules")["state"] == "open", "another round is another matter"
    return_for_correction(folder, BOSS, "restructuring/2570/study-rules", "ฉบับเก่า")
    assert step(folder, "restructuring/2570/study-rules")["state"] == "returned"
    done(folder, "restructuring/2570/study-rules", evidence="ระเบียบฉบับใหม่")
    assert step(folder, "restructuring/2570/study-rules")["evidence"] == "ระเบียบฉบับใหม่"
    told = register(folder, today=TODAY).history
    told = told[told["step"] == "study-rules"]
    assert told["kind"].tolist() == ["รับรองขั้น", "ส่งคืนแก้ไข", "รับรองขั้น"]
    assert set(told["round"]) == {"2570"}
    # A whole item that was returned is answered there too.
    return_for_correction(folder, BOSS, "restructuring/2570", "เร่งประชุม")
    assert item(folder, "restructuring/2570")["state"] == "returned"
    complete_step(folder, draft, read_ledger(folder), "study-conditions", WHO, on=TODAY, evidence="ศธ 2", today=TODAY)
    assert item(folder, "restructuring/2570")["state"] == "open"


# -- the ledger ----
def test_append_only_and_each_act_adds_its_rows(one: Path) -> None:
    before = read_ledger(one)
    set_plans(one, WHO, {ROUND: Planned("ก")})
    record_order(one, WHO, ROUND, "เร่ง")
    done(one, f"{ROUND}/website")
    return_for_correction(one, BOSS, f"{ROUND}/website", "แก้")
    record_result(one, WHO, ROUND, "ผล")
    take_back(one, WHO, PLAN, ROUND, "ผิดคน")
    after = read_ledger(one)
    assert len(after) == len(before) + 6
    assert after.head(len(before)).equals(before)
    assert verify(one) == []
    with sqlite3.connect(one / LEDGER_FILE) as base, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        base.execute("UPDATE decisions SET content = '{}'")
    # What was known before the last two acts.
    then = register(one, today=TODAY, rows=after[after["seq"] <= 5])
    assert then.items["result"].tolist() == [""]
    assert then.items["owner"].tolist() == ["ก"]
    assert then.head[0] == 5


def test_nobody_writes_over_what_another_has_decided_since(one: Path) -> None:
    seen, _ = register(one, today=TODAY).head
    set_plans(one, "อีกคน", {ROUND: Planned("ข")})
    with pytest.raises(LedgerError, match="อีกคน"):
        set_plans(one, WHO, {ROUND: Planned("ก")}, seen=seen)
    assert item(one)["owner"] == "ข"


def test_a_broken_chain_takes_no_decision(one: Path) -> None:
    with sqlite3.connect(one / LEDGER_FILE) as base:
        base.execute('DROP TRIGGER "no UPDATE ON decisions"')
        base.execute("UPDATE decisions SET who = 'ใคร'")
    for act in (
        lambda: make_items(one, WHO),
        lambda: set_plans(one, WHO, {ROUND: Planned("ก")}),
        lambda: done(one, f"{ROUND}/website"),
        lambda: take_back(one, WHO, ITEM, ROUND, "x"),
    ):
        with pytest.raises(LedgerError):
            act()


def test_a_citizen_s_number_never_gets_into_the_register(one: Path) -> None:
    with pytest.raises(LedgerError, match="13 หลัก"):
        record_order(one, WHO, ROUND, "ตรวจ 1-1020-03004-00-5")
    assert len(read_ledger(one)) == 1


# -- persons ----
def test_the_appraisal_is_private(one: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "ครบ 12 เรื่อง ดีเด่น"
    held = Appraisal(
        readers=(BOSS,),
        persons=(
            Person(
                name="นาย ก",
                indicators=(Indicator(indicator="รายงานทันเวลา", target="ทุกเรื่อง", result=secret, appraisal="ผ่าน"),),
                appraised_on=date(2027, 9, 30),
                appraised_by=BOSS,
            ),
            Person(name="นาง ข"),
        ),
    )
    assert read_appraisal(one) == (Appraisal(), "")
    revision = write_appraisal(one, held, "")
    path = one / "private" / APPRAISAL_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert read_appraisal(one) == (held, revision)
    table = appraisal_table(held)
    assert table["name"].tolist() == ["นาย ก", "นาง ข"]
    assert table["missing"].tolist()[0] == ""
    assert table["missing"].tolist()[1].count("ยังไม่กรอก") == 6
    with pytest.raises(UsageError, match="ถูกแก้หลังจากที่เปิดดู"):
        write_appraisal(one, Appraisal(), "")
    with pytest.raises(UsageError, match="แฟ้มส่วนตัว"):
        done(one, f"{ROUND}/website", evidence=path)
    renamed = one / "บันทึก.txt"
    renamed.write_bytes(path.read_bytes())
    with pytest.raises(UsageError, match="แฟ้มส่วนตัว"):
        done(one, f"{ROUND}/website", evidence=renamed)
    with pytest.raises(UsageError, match="ใช้ร่วมกัน"):
        read_appraisal(one, one / APPRAISAL_FILE)
    with pytest.raises(UsageError, match="ใช้ร่วมกัน"):
        read_appraisal(one, one / "outputs")
    assert write_appraisal(one, held, "", one.parent / f"{one.name}-safe")
    found = register(one, today=TODAY)
    told = " ".join(str(table.to_numpy().tolist()) for table in vars(found).values() if hasattr(table, "to_numpy"))
    assert secret not in told
    assert secret not in " ".join(read_ledger(one)["content"])
    monkeypatch.setenv(VIEWER, "1")
    monkeypatch.setenv(VIEWED, str(one))
    with pytest.raises(UsageError, match="ไม่แสดงข้อมูลรายบุคคล"):
        read_appraisal(one)


def test_a_folder_may_have_the_name_of_the_appraisal(one: Path) -> None:
    paper = one / APPRAISAL_FILE / "หนังสือ.pdf"
    paper.parent.mkdir()
    paper.write_bytes(b"%PDF")
    done(one, f"{ROUND}/website", evidence=paper)
    assert not is_private(one, paper.parent)


def test_an_appraisal_written_by_hand_is_kept(one: Path) -> None:
    path = one / "private" / APPRAISAL_FILE
    path.parent.mkdir()
    path.write_text("# ตกลงกับ ผอ.แล้ว\npersons: [{name: ก}]\n", "utf-8")
    typed = path.read_bytes()
    for name in "ขค":
        found, seen = read_appraisal(one)
        write_appraisal(one, found.model_copy(update={"persons": (*found.persons, Person(name=name))}), seen)
    [kept] = (one / "private" / "เดิม").iterdir()
    assert kept.read_bytes() == typed, "what this program wrote itself needs no copy"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [person.name for person in read_appraisal(one)[0].persons] == ["ก", "ข", "ค"]
    with pytest.raises(UsageError, match="แฟ้มส่วนตัว"):
        done(one, f"{ROUND}/website", evidence=kept)


def test_an_item_with_work_on_it_is_not_revoked(one: Path) -> None:
    seqs = done(one, f"{ROUND}/website")
    with pytest.raises(UsageError, match=f"มีงานบันทึกไว้แล้วที่ {ROUND}/website"):
        take_back(one, WHO, ITEM, ROUND, "ผิด")
    assert take_rows_back(one, WHO, seqs, "ผิด")
    with pytest.raises(LedgerError, match="เพิกถอนหรือมีรายการใหม่แทน"):
        take_rows_back(one, WHO, seqs, "ผิด")
    assert take_back(one, WHO, ITEM, ROUND, "ผิด")
    assert register(one).items.empty


def test_a_wrong_appraisal_file_is_told_without_its_words(one: Path) -> None:
    path = one / "private" / APPRAISAL_FILE
    path.parent.mkdir()
    path.write_text("persons: [{name: นาย ก, salary: ลับมาก}]\n", "utf-8")
    with pytest.raises(Exception, match=r"persons\.1\.salary") as caught:
        read_appraisal(one)
    assert "ลับมาก" not in str(caught.value)


def test_blanks_and_days_of_either_era_in_files_typed_by_hand(one: Path) -> None:
    path = one / "private" / APPRAISAL_FILE
    path.parent.mkdir()
    path.write_text(
        "persons:\n- name: ก\n  indicators:\n  - target:\n    result: ดี\n  appraised_on: 2570-09-30\n", "utf-8"
    )
    [person] = read_appraisal(one)[0].persons
    assert (person.appraised_on, person.indicators) == (date(2027, 9, 30), (Indicator(result="ดี"),))
    (one / "plan.yaml").write_text("scenario: a\nsteps: {meetings: {due: 2569-12-01}}\n", "utf-8")
    assert read_draft(one)[0].steps["meetings"].due == date(2026, 12, 1)


def test_an_item_returned_whole_weighs_on_its_owner(one: Path) -> None:
    set_plans(one, WHO, {ROUND: Planned("สมชาย"), f"{ROUND}/website": Planned("วิภา")})
    for key in STEPS:
        done(one, f"{ROUND}/{key}")
    assert load(register(one, today=TODAY)).empty
    return_for_correction(one, BOSS, ROUND, "ขาดลายมือชื่อ")
    [row] = load(register(one, today=TODAY)).to_dict("records")
    assert row == {"owner": "สมชาย", "items": 1, "open": 0, "returned": 1, "late": 0, "soon": 0}
    return_for_correction(one, BOSS, f"{ROUND}/website", "แก้")
    rows = load(register(one, today=TODAY)).set_index("owner")
    assert rows[["items", "open", "returned"]].to_numpy().tolist() == [[1, 1, 1], [1, 0, 1]]


def test_a_day_moved_after_the_step_was_certified_makes_it_no_earlier(one: Path) -> None:
    standard = "standards: [{seed: ม., thai: ทันเวลา, steps: [website], in_time: true}]"
    [path] = write_duty_templates(one, ["monitoring"])
    text = path.read_text("utf-8")
    path.write_text(text[: text.index("standards:")] + standard, "utf-8")
    make_items(one, WHO, {"monitoring": ["พิเศษ"]})
    website = "monitoring/พิเศษ/website"

    def met() -> tuple[bool, str]:
        told = register(one, today=TODAY).standards
        [row] = told[told["round"] == "พิเศษ"].to_dict("records")
        return row["met"], row["missing"]

    set_plans(one, WHO, {website: Planned("ก", date(2026, 11, 10))})
    [seq] = done(one, website)
    assert not met()[0]
    set_plans(one, WHO, {website: Planned("ก", date(2026, 12, 31))})
    assert met() == (False, f"เสร็จหลังวันที่กำหนด: {step(one, website)['thai']}")
    take_back(one, WHO, PLAN, website, "ผิด")
    take_back(one, WHO, PLAN, website, "ผิด")
    assert step(one, website)["promised"] == date(2026, 11, 10)
    # Certified anew under the day that holds now.
    set_plans(one, WHO, {"monitoring/พิเศษ": Planned("ก", date(2026, 12, 31))})
    assert not met()[0]
    take_rows_back(one, WHO, [seq], "ผิดวัน")
    done(one, website)
    assert met() == (True, "")


# -- a whole year of the sample office ----
def test_a_whole_year_of_all_eight_duties(office: Path) -> None:
    made = make_items(office, WHO)
    made += make_items(office, WHO, {"inspection": ["รอบที่ 1", "รอบที่ 2"], "e-mes": ["1", "2"], "urgent": ["PM 2.5"]})
    assert {subject.split("/")[0] for subject in made} == {
        "lead", "subsidy", "restructuring", "small-schools", "inspection", "monitoring", "e-mes", "urgent",
    }  # fmt: skip
    assert len(made) == 11
    end, after = date(2027, 9, 30), date(2027, 10, 1)
    people = ["สมศรี", "สมชาย", "วิภา"]
    set_plans(office, BOSS, {subject: Planned(people[i % 3], end) for i, subject in enumerate(made)})
    start = register(office, today=after)
    assert len(overdue(start)) == 11
    assert load(start)["open"].sum() == len(start.steps) == 16 + 2 * 11 + 16 + 9 + 2 * 10 + 4 + 2 * 8 + 9
    minutes = office / "minutes.pdf"
    minutes.write_bytes(b"%PDF minutes")
    for number, row in enumerate(start.steps.to_dict("records")):
        subject = f"{row['duty']}/{row['round']}/{row['step']}"
        how: dict[str, Any] = {"evidence": minutes if number % 10 == 0 else f"ศธ {number}/2570"}
        if row["only_if"] and number % 2:
            how = {"skip": True, "why": "ไม่มีกรณีนี้"}
        complete_duty_step(office, WHO, subject, on=date(2027, 1, 1) + timedelta(2 * number), today=after, **how)
    for subject in made:
        record_result(office, WHO, subject, "ครบทุกขั้น")
    found = register(office, today=after)
    assert set(found.items["state"]) == {"done"}
    assert (found.items["done"] == found.items["steps"]).all()
    assert (found.items["standards_met"] == found.items["standards"]).all()
    assert found.levels["level"].tolist() == [5, 5, 5]
    assert overdue(found).empty
    assert due_soon(found).empty
    assert load(found).empty
    assert len(found.history) == 11 + 11 + 112 + 11
    assert verify(office) == []


def many(folder: Path, rounds: int = 50) -> Register:
    """A register of 8 × ``rounds`` items, every second step done."""
    names = {key: [f"{key}{n}" for n in range(rounds)] for key in ("lead", "small-schools", "inspection", "monitoring")}
    names |= {key: [f"{key}{n}" for n in range(rounds)] for key in ("e-mes", "urgent", "restructuring")}
    made = make_items(folder, WHO, names)
    set_plans(folder, WHO, {subject: Planned(f"คน {n % 7}", date(2027, 1, 1)) for n, subject in enumerate(made)})
    steps = register(folder, today=TODAY).steps.to_dict("records")
    content = {"on": "2026-11-20", "evidence": "ศธ", "sha256": "", "skipped": False}
    subjects = [f"{row['duty']}/{row['round']}/{row['step']}" for row in steps[::2]]
    decide(folder, WHO, [Decision(STEP, subject, content) for subject in subjects])
    return register(folder, today=TODAY)


def test_hundreds_of_items_are_counted_right(folder: Path) -> None:
    found = many(folder, 6)
    # 16 + 9 + 10 + 4 + 8 + 9 + 16 steps, six times.
    assert len(found.steps) == 72 * 6
    assert found.items["done"].sum() == 36 * 6
    assert load(found)["open"].sum() == 36 * 6
    assert json.loads(read_ledger(folder)["content"].iloc[0])["version"] == 1

"""The page of the duties without a browser: what it shows, what is recorded, two windows, undo, viewers."""

from __future__ import annotations

import base64
import json
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from plan_office import write_planned
from small_office import files_in

from restructure import UsageError
from restructure._errors import LedgerError
from restructure.appraisal import Appraisal, Person, write_appraisal
from restructure.duties import read_duties
from restructure.dutyacts import make_items
from restructure.ledger import Decision, decide, in_force, read_ledger, verify
from restructure.widgets._base import actions_of
from restructure.widgets.duties import Duties

TODAY = date(2026, 12, 1)
WHO = "สมศรี นักวิเคราะห์"
#: One of each duty that comes each year, two of the subsidy.
RECURRING = {
    "lead/2570",
    "subsidy/november",
    "subsidy/may",
    "restructuring/2570",
    "small-schools/2570",
    "monitoring/2570",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "2570"
    (made / "inputs").mkdir(parents=True)
    (made / "policy.yaml").write_text("office: สพป.ทดสอบ\nfiscal_year: 2570\n", "utf-8")
    return made


@pytest.fixture
def window(folder: Path) -> Duties:
    """A window on a register with the year's items, made by another name."""
    made = opened(folder, "ผู้ตั้งเรื่อง")
    act(made, "make_recurring", seen=0)
    return opened(folder)


def opened(folder: Path, who: str = WHO, today: date = TODAY) -> Duties:
    page = Duties(folder, today=lambda: today)
    page.work_as(who)
    return page


def act(page: Duties, name: str, **arguments: Any) -> dict[str, Any]:
    """As the page asks; gives what it then shows."""
    actions_of(page)[name](**json.loads(json.dumps(arguments)))
    view = page.view()
    json.dumps(view, allow_nan=False)
    return view


def decide_now(page: Duties, name: str, **arguments: Any) -> dict[str, Any]:
    return act(page, name, **arguments, seen=page.view()["seen"])


def looked_at(page: Duties, subject: str) -> dict[str, Any]:
    """An item, or a step of it, opened."""
    item, step = "/".join(subject.split("/")[:2]), subject.split("/")[2:]
    found: dict[str, Any] = act(page, "open", subject=item, step=step[0] if step else "")["item"]
    return dict(found["step"]) if step else found


def texts(found: dict[str, Any]) -> dict[str, str]:
    return {one["path"].partition(":")[0]: one["text"] for one in found["texts"]}


def complete(page: Duties, subject: str, **more: Any) -> dict[str, Any]:
    return decide_now(page, "complete", **({"subject": subject, "on": "20 พ.ย. 2569", "words": "ศธ 1/2569"} | more))


# -- an empty register, and making items ----
def test_at_first(folder: Path) -> None:
    page = opened(folder, "")
    before = files_in(folder)
    view = page.view()
    assert [row["key"] for row in view["by_duty"]] == list(read_duties(folder))
    assert (view["rows"], view["count"], view["by_owner"], view["item"]) == ([], 0, [], None)
    assert "ตั้งเรื่องประจำปี" in view["next"]
    assert [name for _, name in view["months"]][:2] == ["ตุลาคม", "พฤศจิกายน"]
    assert [slot for slot, _ in view["months"]] == [f"2026-{m}" for m in (10, 11, 12)] + [
        f"2027-{m:02}" for m in range(1, 10)
    ]
    with pytest.raises(UsageError, match="ใส่ชื่อ"):
        decide_now(page, "make_recurring")
    assert files_in(folder) == before, "looking writes nothing"


def test_the_year_is_made_once_and_taken_back(folder: Path) -> None:
    page = opened(folder)
    view = decide_now(page, "make_recurring")
    assert {row["subject"] for row in view["rows"]} == RECURRING
    assert view["undo"] == "ตั้งเรื่องประจำปี 6 เรื่อง"
    assert "ครบแล้ว" in decide_now(page, "make_recurring")["said"]
    assert len(read_ledger(folder)) == 6
    assert act(page, "undo")["count"] == 0
    assert verify(folder) == []


def test_an_item_that_was_ordered(window: Duties) -> None:
    with pytest.raises(UsageError, match="ชื่อรอบ"):
        decide_now(window, "make_one", duty="inspection", round_name=" ")
    view = decide_now(window, "make_one", duty="inspection", round_name="รอบที่ 1")
    assert view["item"]["subject"] == "inspection/รอบที่ 1"
    assert [one["key"] for one in view["item"]["steps"]][:3] == ["study", "analyse", "ask-orders"]
    assert "อยู่แล้ว" in decide_now(window, "make_one", duty="inspection", round_name="รอบที่ 1")["said"]


def test_an_item_with_work_on_it_is_not_taken_back(folder: Path) -> None:
    page = opened(folder)
    decide_now(page, "make_one", duty="lead", round_name="2570")
    other = opened(folder, "อีกคน")
    act(other, "write", path="owner:lead/2570", text="ผู้อำนวยการกลุ่ม", was="")
    with pytest.raises(UsageError, match="lead/2570"):
        act(page, "undo")
    act(other, "undo")
    assert texts(looked_at(page, "lead/2570"))["owner"] == ""


# -- planning ----
def test_owner_day_and_remark(window: Duties) -> None:
    act(window, "write", path="owner:monitoring/2570", text=" นิติกร  ก ", was="")
    act(window, "write", path="due:monitoring/2570", text="๓๐ พ.ย. ๒๕๖๙", was="")
    act(window, "write", path="remark:monitoring/2570/website", text="รอโดเมน", was="")
    item = looked_at(window, "monitoring/2570")
    assert texts(item) == {"owner": "นิติกร ก", "due": "30/11/2569", "remark": ""}
    assert (item["state"], item["count"]) == ("late", "0/4")
    step = looked_at(window, "monitoring/2570/website")
    assert texts(step) == {"owner": "", "due": "", "remark": "รอโดเมน"}
    assert (step["else_owner"], step["else_due"]) == ("นิติกร ก", "๓๐ พฤศจิกายน ๒๕๖๙")
    view = window.view()
    late = next(group for group in view["urgent"] if group["key"] == "late")
    assert [(row["subject"], row["left"], row["owner"]) for row in late["rows"]] == [
        ("monitoring/2570", "เกิน 1 วัน", "นิติกร ก")
    ]
    assert view["next"].startswith("เกินกำหนด 1 รายการ")
    with pytest.raises(UsageError, match="สิ้นเดือน"):
        act(window, "write", path="due:monitoring/2570", text="สิ้นเดือน", was="30/11/2569")
    for wrong in ("steps:monitoring/2570", "owner:monitoring/9999", "owner:monitoring/2570/nope", ""):
        with pytest.raises(UsageError):
            act(window, "write", path=wrong, text="x", was="")


def test_undo_and_redo_of_a_plan(window: Duties) -> None:
    for text, was in (("หนึ่ง", ""), ("สอง", "หนึ่ง")):
        act(window, "write", path="owner:lead/2570", text=text, was=was)
    for expected, name in (("หนึ่ง", "undo"), ("", "undo"), ("หนึ่ง", "redo"), ("สอง", "redo")):
        act(window, name)
        assert texts(looked_at(window, "lead/2570"))["owner"] == expected
    assert verify(window.folder) == []


@pytest.mark.parametrize("keep_mine", [True, False])
def test_where_two_windows_write_one_is_chosen(folder: Path, window: Duties, keep_mine: bool) -> None:
    other = opened(folder, "อีกคน")
    act(other, "write", path="owner:lead/2570", text="ของอีกคน", was="")
    act(other, "write", path="remark:lead/2570", text="ข้างกัน", was="")
    with pytest.raises(UsageError, match="หน้าต่างอื่น"):
        act(window, "write", path="owner:lead/2570", text="ของฉัน", was="")
    conflict = window.view()["conflict"]
    assert (conflict["mine"], conflict["theirs"]) == ("ของฉัน", "ของอีกคน")
    act(window, "settle", mine=keep_mine)
    now = texts(looked_at(window, "lead/2570"))
    assert now == {"owner": "ของฉัน" if keep_mine else "ของอีกคน", "due": "", "remark": "ข้างกัน"}


# -- doing ----
def test_a_step_is_certified_with_its_file_returned_and_certified_again(window: Duties) -> None:
    subject = "small-schools/2570/study-guidance"
    file = ("สรุป.pdf", base64.b64encode(b"%PDF").decode())
    complete(window, subject, words="ศธ 9", file=file)
    step = looked_at(window, subject)
    assert (step["state"], step["who"], step["done_words"]) == ("done", WHO, "๒๐ พฤศจิกายน ๒๕๖๙")
    assert (window.folder / step["evidence"]).read_bytes() == b"%PDF"
    assert step["why"] == "(หลักฐาน ศธ 9)"
    with pytest.raises(UsageError, match="แก้ไข"):
        decide_now(window, "send_back", subject=subject, remark=" ")
    view = decide_now(window, "send_back", subject=subject, remark="ขาดฉบับปีนี้")
    assert view["item"]["step"]["returned_for"] == "ขาดฉบับปีนี้"
    returned = next(group for group in view["urgent"] if group["key"] == "returned")
    assert [(row["subject"], row["told"]) for row in returned["rows"]] == [("small-schools/2570", "ขาดฉบับปีนี้")]
    assert act(window, "undo")["item"]["step"]["state"] == "done"
    decide_now(window, "send_back", subject=subject, remark="ขาดฉบับปีนี้")
    assert complete(window, subject)["item"]["step"]["state"] == "done"
    (window.folder / step["evidence"]).write_bytes(b"x")
    assert verify(window.folder) == []


def test_evidence_that_was_changed_is_told(window: Duties) -> None:
    subject = "monitoring/2570/website"
    complete(window, subject, words="", file=("ก.pdf", base64.b64encode(b"%PDF").decode()))
    step = looked_at(window, subject)
    (window.folder / step["evidence"]).write_bytes(b"%PDF 2")
    assert looked_at(window, subject)["changed"]
    assert "หลักฐาน" in window.view()["next"]


def test_what_certifying_asks_for(folder: Path, window: Duties) -> None:
    subject = "small-schools/2570/study-guidance"
    with pytest.raises(UsageError, match="ใส่ชื่อ"):
        complete(opened(folder, ""), subject)
    with pytest.raises(UsageError, match="อนาคต"):
        complete(window, subject, on="2/12/2569")
    with pytest.raises(UsageError, match="หลักฐาน"):
        complete(window, subject, words="")
    with pytest.raises(UsageError, match="ทุกครั้ง"):
        complete(window, subject, skip=True)
    private = ("appraisal.yaml", base64.b64encode(b"persons: []").decode())
    with pytest.raises(UsageError, match="รายบุคคล"):
        complete(window, subject, file=private)
    assert not (folder / "evidence").exists()
    assert len(read_ledger(folder)) == len(RECURRING)


def test_a_step_that_need_not_be_done(window: Duties) -> None:
    decide_now(window, "make_one", duty="inspection", round_name="รอบที่ 1")
    complete(window, "inspection/รอบที่ 1/meet", words="", why="ไม่มีข้อสั่งการให้ประชุม", skip=True)
    step = looked_at(window, "inspection/รอบที่ 1/meet")
    assert (step["state"], step["words"], step["why"]) == ("done", "ไม่ต้องทำ", "ไม่มีข้อสั่งการให้ประชุม")


def test_two_windows_do_not_certify_one_step_twice(folder: Path, window: Duties) -> None:
    subject, seen = "lead/2570/group-plan", window.view()["seen"]
    complete(opened(folder), subject)
    with pytest.raises(LedgerError, match="หน้าต่างอื่น"):
        act(window, "complete", subject=subject, on="1/12/2569", words="x", seen=seen)


def test_undo_does_not_take_back_what_another_did_since(folder: Path, window: Duties) -> None:
    subject = "lead/2570/group-plan"
    complete(window, subject)
    other = opened(folder, "อีกคน")
    step = looked_at(other, subject)
    with pytest.raises(LedgerError, match="เหตุผล"):
        decide_now(other, "revoke", seq=step["seq"], why=" ")
    decide_now(other, "revoke", seq=step["seq"], why="ผิดวัน")
    complete(other, subject)
    with pytest.raises(LedgerError, match="รายการใหม่"):
        act(window, "undo")
    assert looked_at(window, subject)["who"] == "อีกคน"


def test_orders_results_and_their_history(window: Duties) -> None:
    item = "lead/2570"
    text = "ให้เร่งดำเนินการ\n และรายงานภายในสัปดาห์"
    decide_now(window, "order", subject=item, text=text, giver="ผอ.สพป.", on="1/12/2569")
    decide_now(window, "order", subject=item, text="ข้อสอง")
    decide_now(window, "result", subject=item, text="เสร็จตามแผน")
    found = looked_at(window, item)
    assert [(one["number"], one["text"], one["giver"]) for one in found["orders"]] == [
        (1, text, "ผอ.สพป."),
        (2, "ข้อสอง", ""),
    ]
    assert found["result"] == "เสร็จตามแผน"
    assert [one["kind"] for one in found["history"]] == ["ผล", "ข้อสั่งการ", "ข้อสั่งการ", "ตั้งเรื่อง"]
    seq = found["history"][2]["seq"]
    found = decide_now(window, "revoke", seq=seq, why="บันทึกผิดเรื่อง")["item"]
    assert [one["text"] for one in found["orders"]] == ["ข้อสอง"]
    assert [one["revoked"] for one in found["history"] if one["seq"] == seq] == [True]
    with pytest.raises(LedgerError):
        decide_now(window, "revoke", seq=seq, why="อีกครั้ง")


def test_levels_that_are_reached(window: Duties) -> None:
    """Part ๑ of duty 1: level 1 is the plan alone."""
    assert looked_at(window, "lead/2570")["levels"][0]["level"] == 0
    found = complete(window, "lead/2570/group-plan")
    assert found["item"]["levels"][0]["level"] == 1
    row = next(row for row in found["by_duty"] if row["key"] == "lead")
    assert row["levels"][0] == "ส่วน ๑ ระดับ 1/5"


def test_what_is_certified_in_the_plan_counts_and_can_be_taken_back_here(window: Duties) -> None:
    content = {"on": "2026-11-20", "evidence": "ศธ 3", "sha256": ""}
    decide(window.folder, "ผู้ร่างแผน", [Decision("step-done", "study-rules", content)])
    step = looked_at(window, "restructuring/2570/study-rules")
    assert (step["state"], step["who"]) == ("done", "ผู้ร่างแผน")
    decide_now(window, "revoke", seq=step["seq"], why="ผิดฉบับ")
    assert looked_at(window, "restructuring/2570/study-rules")["state"] != "done"
    assert in_force(read_ledger(window.folder), "step-done").empty


def test_half_a_letter_that_was_pasted_is_left_out(window: Duties) -> None:
    actions_of(window)["write"](path="remark:lead/2570", text="ก\ud83d\x00ข", was="")
    actions_of(window)["order"](subject="lead/2570", text="\udc00ด่วน", seen=window.view()["seen"])
    item = looked_at(window, "lead/2570")
    assert texts(item)["remark"] == "กข"
    assert item["orders"][0]["text"] == "ด่วน"


# -- the three views ----
def test_by_owner_the_most_pressed_first(window: Duties) -> None:
    for item, owner, day in (
        ("monitoring/2570", "ก", ""), ("lead/2570", "ข", "1/6/2570"), ("small-schools/2570", "ค", "30/11/2569"),
    ):  # fmt: skip
        act(window, "write", path=f"owner:{item}", text=owner, was="")
        act(window, "write", path=f"due:{item}", text=day, was="")
    rows = window.view()["by_owner"]
    assert [row["owner"] for row in rows] == ["ค", "ข", "ก", ""]
    steps = {"ก": 4, "ค": 9}
    assert {row["owner"]: row["open"] for row in rows if row["owner"] in steps} == steps
    view = act(window, "show", by="owner", key="ก")
    assert view["count"] == 4
    assert {row["subject"] for row in view["rows"]} == {"monitoring/2570"}
    assert act(window, "show", by="owner", key="")["rows"][0]["owner"] == ""


def test_by_month_of_the_fiscal_year(window: Duties) -> None:
    """Days that are set; without any, the month that the standard names: November and May of the subsidy alone."""
    act(window, "write", path="due:lead/2570", text="31/10/2569", was="")
    act(window, "write", path="due:lead/2570/group-plan", text="30/9/2570", was="")
    act(window, "write", path="due:monitoring/2570", text="1/10/2570", was="")
    found = window.view()["by_month"]
    assert found["lead"] == {"2026-10": {"late": 1}, "2027-09": {"open": 1}}
    assert found["subsidy"] == {"2026-11": {"named": 1}, "2027-05": {"named": 1}}
    assert found["monitoring"] == {"other": {"open": 1}}
    assert found["small-schools"] == {"none": {"open": 1}}
    view = act(window, "show", by="month", key="lead|2027-09")
    assert [(row["subject"], row["step"]) for row in view["rows"]] == [("lead/2570", "group-plan")]
    assert act(window, "show", by="month", key="|2026-11")["rows"][0]["words"] == "เดือนตามมาตรฐาน"


def test_lists_grow_by_pages_and_only_known_views_are_shown(folder: Path) -> None:
    page = opened(folder)
    make_items(folder, WHO, {"urgent": [f"เรื่องที่ {i}" for i in range(130)]})
    view = act(page, "show", by="duty", key="urgent")
    assert (view["count"], len(view["rows"])) == (130, 100)
    assert len(act(page, "more")["rows"]) == 130
    for by, key in (("x", ""), ("urgent", "x")):
        with pytest.raises(UsageError):
            act(page, "show", by=by, key=key)
    assert act(page, "show", by="urgent", key="late")["count"] == 0


# -- files ----
def test_the_calendar_is_handed_over(window: Duties) -> None:
    act(window, "write", path="due:lead/2570", text="15/12/2569", was="")
    sent = act(window, "calendar")["sent"]
    text = base64.b64decode(sent["data"]).decode()
    assert (sent["name"], sent["number"]) == ("duties-2570.ics", 1)
    assert "DTSTART;VALUE=DATE:20261215\r\n" in text
    assert "data" not in window.view()["sent"], "its content comes once: notebooks keep what they show"
    assert act(window, "calendar")["sent"]["number"] == 2


def test_the_table_of_small_schools(window: Duties) -> None:
    assert not window.view()["small"]["there"]
    with pytest.raises(UsageError, match="small-schools"):
        act(window, "small_schools")
    path = window.folder / "outputs" / "small-schools" / "small-schools.xlsx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK")
    assert base64.b64decode(act(window, "small_schools")["sent"]["data"]) == b"PK"


def test_nothing_of_an_appraisal_is_shown(window: Duties) -> None:
    write_appraisal(window.folder, Appraisal(persons=(Person(name="บุคคลลับ"),), readers=("ผู้อ่านลับ",)), "")
    act(window, "open", subject="lead/2570", step="indicators")
    assert "ลับ" not in json.dumps(window.view(), ensure_ascii=False)


# -- collections ----
def finished(page: Duties) -> list[dict[str, Any]]:
    until = time.monotonic() + 60
    while page.job.running:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert page.job.fault == ""
    rows: list[dict[str, Any]] = page.view()["collections"]["rows"]
    return rows


def test_collections_and_who_is_chased(tmp_path: Path) -> None:
    folder = write_planned(tmp_path / "2570")
    window = opened(folder)
    window.read_collections()
    assert finished(window) == []
    asked = "questions: [{key: a, thai: ถาม, kind: text}]\n"
    for name, text in (
        ("ตรวจ1", "title: เรื่อง\nduty: inspection\nround: '1'\ndue: 2026-11-30\n" + asked),
        ("ผิด", "title: เรื่อง\n"),
    ):
        (folder / "collections" / name).mkdir(parents=True)
        (folder / "collections" / name / "issue.yaml").write_text(text, "utf-8")
    window.read_collections()
    good, bad = finished(window)
    assert [good[name] for name in ("title", "asked", "answered", "partly", "not", "late")] == ["เรื่อง", 3, 0, 0, 3, 3]
    assert good["chased"] == ["โรงเรียนA (A)", "โรงเรียนB (B)", "โรงเรียนH (H)"]
    assert bad["name"] == "ผิด"
    assert "collections/ผิด/issue.yaml" in bad["fault"]


# -- only looking ----
@pytest.mark.usefixtures("window")
def test_a_viewer_writes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTRUCTURE_VIEWER", "1")
    page = opened(folder)
    before = files_in(folder)
    assert page.view()["viewer"]
    seen = page.view()["seen"]
    for name, arguments in (
        ("make_recurring", {"seen": seen}),
        ("make_one", {"duty": "urgent", "round_name": "1", "seen": seen}),
        ("write", {"path": "owner:lead/2570", "text": "x", "was": ""}),
        ("complete", {"subject": "lead/2570/group-plan", "on": "1/12/2569", "words": "x", "seen": seen}),
        ("send_back", {"subject": "lead/2570", "remark": "x", "seen": seen}),
        ("order", {"subject": "lead/2570", "text": "x", "seen": seen}),
        ("result", {"subject": "lead/2570", "text": "x", "seen": seen}),
        ("revoke", {"seq": 1, "why": "x", "seen": seen}),
        ("small_schools", {}),
    ):
        with pytest.raises(UsageError, match="ให้ดู"):
            actions_of(page)[name](**arguments)
    act(page, "show", by="month", key="subsidy|2026-11")
    act(page, "calendar")
    assert act(page, "open", subject="lead/2570", step="group-plan")["item"]["step"]
    assert files_in(folder) == before


def test_a_folder_that_is_no_cycle(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="inputs"):
        Duties(tmp_path)


def test_days_pass_while_the_page_is_open(window: Duties) -> None:
    act(window, "write", path="due:lead/2570", text="1/12/2569", was="")
    assert looked_at(window, "lead/2570")["state"] == "soon"
    window.today = lambda: TODAY + timedelta(days=1)
    assert looked_at(window, "lead/2570")["state"] == "late"

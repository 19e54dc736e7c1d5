"""The drafter without a browser: what it shows, what it writes at once, two windows, undo, certifying, versions."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from docx import Document
from plan_office import BOTH, write_planned
from small_office import files_in, merge, write_scenario

from restructure import DataError, UsageError, find_scenario, measure, open_cycle, simulate, steps
from restructure._errors import LedgerError
from restructure.cycle import Measured
from restructure.drafting import SCHOOL_TEXTS, TEXTS, Draft, read_draft
from restructure.ledger import in_force, read_ledger
from restructure.procedure import steps_of
from restructure.steps import write_outcome
from restructure.versions import keep_version
from restructure.widgets._base import actions_of
from restructure.widgets.drafter import Drafter

TODAY = date(2026, 12, 1)
WHO = "สมศรี นักวิเคราะห์"


@pytest.fixture
def measured(tmp_path: Path) -> Measured:
    return measure(open_cycle(write_planned(tmp_path / "2570")))


@pytest.fixture
def window(measured: Measured) -> Drafter:
    return opened(measured)


def opened(measured: Measured, who: str = "") -> Drafter:
    drafter = Drafter(measured, today=lambda: TODAY)
    drafter.work_as(who)
    return drafter


def act(drafter: Drafter, name: str, **arguments: Any) -> None:
    """As the page asks."""
    actions_of(drafter)[name](**json.loads(json.dumps(arguments)))


def on_disk(drafter: Drafter) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((drafter.folder / "plan.yaml").read_text("utf-8"))
    return found


def step(drafter: Drafter, key: str) -> dict[str, Any]:
    [found] = [one for part in drafter.view()["rounds"] for one in part["steps"] if one["key"] == key]
    return dict(found)


def complete(drafter: Drafter, key: str = "study-rules", **more: Any) -> None:
    given = {"on": "20 พ.ย. 2569", "words": "ศธ 1/2569", "seen": drafter.view()["seen"]} | more
    act(drafter, "complete", key=key, **given)


# -- what it shows ----
def test_at_first(window: Drafter) -> None:
    before = files_in(window.folder)
    view = window.view()
    json.dumps(view, allow_nan=False)
    assert (view["scenario"], view["kind"], view["office"]) == ("both", "merge", "สพป.ทดสอบ")
    assert view["scenarios"] == [("both", "ทางเลือก (both)"), ("one", "ทางเลือก (one)")]
    assert [(part["done"], len(part["steps"])) for part in view["rounds"]] == [(0, 7), (0, 4), (0, 5)]
    assert [one["path"] for one in view["texts"]] == [f"texts/{key}" for key in TEXTS]
    assert len(view["blanks"]) == len(TEXTS) + 2 * len(SCHOOL_TEXTS)
    assert files_in(window.folder) == before, "looking writes nothing"


def test_figures_stand_beside_texts_each_with_its_question(window: Drafter) -> None:
    view = window.view()
    school = view["schools"][0]
    assert (school["name"], school["to"]) == ("โรงเรียนA (A)", "โรงเรียนH")
    figures = {one["thai"]: (one["words"], one["question"]) for group in school["groups"] for one in group["figures"]}
    assert figures["ค่าพาหนะต่อปีเต็ม"] == ("12,000 บาท", "plan/both/A/H")
    assert figures["เรียนที่โรงเรียนหลัก เมื่อรวม"] == ("15 คน", "plan/both/H")
    assert [one["path"] for one in view["school_texts"]["A"]] == [f"schools/A/{key}" for key in SCHOOL_TEXTS]
    act(window, "trace", question="plan/both/A/H")
    trace = window.view()["trace"]
    assert "12,000 บาท" in trace["words"]
    assert trace["parts"]
    act(window, "trace", question="")
    assert window.view()["trace"] is None


# -- typing ----
def test_a_text_is_in_the_file_as_soon_as_its_field_is_left(window: Drafter) -> None:
    act(window, "write", path="texts/law", text="ระเบียบ ข้อ ๕\nข้อ ๖ ", was="")
    act(window, "write", path="schools/A/community", text="เห็นชอบ", was="")
    assert on_disk(window) == {
        "scenario": "both",
        "texts": {"law": "ระเบียบ ข้อ ๕\nข้อ ๖ "},
        "schools": {"A": {"community": "เห็นชอบ"}},
    }
    assert window.view()["said"] == "บันทึกแล้ว: มติที่ประชุมชุมชน ของโรงเรียนA (A)"
    assert not {"texts/law", "schools/A/community"} & {one["path"] for one in window.view()["blanks"]}
    act(window, "write", path="schools/A/community", text="", was="เห็นชอบ")
    assert "schools" not in on_disk(window)


def test_undo_and_redo(window: Drafter) -> None:
    for text, was in (("หนึ่ง", ""), ("สอง", "หนึ่ง")):
        act(window, "write", path="texts/purpose", text=text, was=was)
    for expected, name in (("หนึ่ง", "undo"), (None, "undo"), ("หนึ่ง", "redo"), ("สอง", "redo"), ("หนึ่ง", "undo")):
        act(window, name)
        assert on_disk(window).get("texts", {}).get("purpose") == expected
    act(window, "write", path="texts/purpose", text="สาม", was="หนึ่ง")
    assert window.view()["redo"] is None
    with pytest.raises(UsageError):
        act(window, "redo")
    act(window, "undo")
    act(window, "undo")
    with pytest.raises(UsageError):
        act(window, "undo")


def test_owner_and_day_of_a_step(window: Drafter) -> None:
    act(window, "write", path="steps/study-rules/owner", text="นิติกร", was="")
    act(window, "write", path="steps/study-rules/due", text="๓๐ พ.ย. ๒๕๖๙", was="")
    assert on_disk(window)["steps"] == {"study-rules": {"owner": "นิติกร", "due": date(2026, 11, 30)}}
    found = step(window, "study-rules")
    assert (found["state"], found["due"], found["due_words"]) == ("late", "30/11/2569", "๓๐ พฤศจิกายน ๒๕๖๙")
    assert "ใส่ชื่อ" in window.view()["next"]
    act(window, "work_as", who=WHO)
    assert window.view()["next"].startswith("เกินกำหนด 1 ขั้น: ศึกษาระเบียบ")
    with pytest.raises(UsageError, match="สิ้นเดือน"):
        act(window, "write", path="steps/study-rules/due", text="สิ้นเดือน", was="30/11/2569")
    act(window, "undo")
    assert on_disk(window)["steps"] == {"study-rules": {"owner": "นิติกร"}}


@pytest.mark.parametrize(
    "path", ["scenario", "kind", "texts/nope", "schools/X/reason", "schools/A/name", "steps/x/due", ""]
)
def test_only_places_of_the_draft_can_be_written(window: Drafter, path: str) -> None:
    before = files_in(window.folder)
    with pytest.raises(UsageError):
        act(window, "write", path=path, text="x", was="")
    assert files_in(window.folder) == before


def test_another_scenario_and_another_kind_of_work(window: Drafter) -> None:
    act(window, "write", path="schools/B/reason", text="ใกล้", was="")
    act(window, "choose_scenario", stem="one", was="both")
    act(window, "choose_kind", kind="dissolve", was="merge")
    view = window.view()
    assert [school["id"] for school in view["schools"]] == ["A"]
    assert view["rounds"][0]["steps"][0]["thai"].endswith("เลิกสถานศึกษา")
    assert on_disk(window) == {"scenario": "one", "kind": "dissolve", "schools": {"B": {"reason": "ใกล้"}}}
    act(window, "undo")
    act(window, "undo")
    assert window.view()["scenario"] == "both"
    assert window.view()["school_texts"]["B"][0]["text"] == "ใกล้", "what was written of a school stays"
    for name, wrong in (("choose_scenario", {"stem": "x"}), ("choose_kind", {"kind": "x"})):
        with pytest.raises(UsageError):
            act(window, name, was="", **wrong)


def test_the_file_names_the_scenario_that_is_shown(measured: Measured) -> None:
    (measured.cycle.folder / "plan.yaml").unlink()
    window = opened(measured)
    act(window, "write", path="texts/law", text="ก", was="")
    assert on_disk(window)["scenario"] == window.view()["scenario"] == "both"


def test_a_scenario_that_is_edited_meanwhile(window: Drafter) -> None:
    assert len(window.view()["schools"]) == 2
    write_scenario(window.folder, "both", [merge("B", "H")])
    assert [school["id"] for school in window.view()["schools"]] == ["B"]


def test_a_broken_file_is_told_and_kept(window: Drafter) -> None:
    (window.folder / "plan.yaml").write_text("scenario: both\ntexts: {law: [", "utf-8")
    with pytest.raises(DataError, match=r"plan\.yaml"):
        act(window, "write", path="texts/law", text="x", was="")
    assert (window.folder / "plan.yaml").read_text("utf-8") == "scenario: both\ntexts: {law: ["


def test_a_scenario_that_is_gone_or_wrong_keeps_no_text_out_of_reach(window: Drafter) -> None:
    write_scenario(window.folder, "both", [merge("A", "X")])
    assert "X" in window.view()["fault"]
    (window.folder / "scenarios" / "both.yaml").unlink()
    view = window.view()
    assert "ไม่พบทางเลือก both" in view["fault"]
    act(window, "write", path="texts/law", text="ก", was="")
    with pytest.raises(UsageError, match="ไม่พบทางเลือก both"):
        act(window, "make")
    act(window, "choose_scenario", stem="one", was=view["scenario"])
    assert window.view()["fault"] == ""
    assert on_disk(window) == {"scenario": "one", "texts": {"law": "ก"}}


# -- two windows ----
def test_two_windows_write_beside_each_other(measured: Measured) -> None:
    mine, other = opened(measured), opened(measured)
    act(mine, "write", path="texts/law", text="ก", was="")
    act(other, "write", path="texts/purpose", text="ข", was="")
    act(mine, "write", path="texts/law", text="ก ข", was="ก")
    assert on_disk(mine)["texts"] == {"law": "ก ข", "purpose": "ข"}


@pytest.mark.parametrize("keep_mine", [True, False])
def test_where_both_write_one_is_chosen(measured: Measured, keep_mine: bool) -> None:
    mine, other = opened(measured), opened(measured)
    act(other, "write", path="texts/law", text="ของอีกคน", was="")
    with pytest.raises(UsageError, match="หน้าต่างอื่น"):
        act(mine, "write", path="texts/law", text="ของฉัน", was="")
    assert on_disk(mine)["texts"] == {"law": "ของอีกคน"}
    conflict = mine.view()["conflict"]
    assert (conflict["mine"], conflict["theirs"]) == ("ของฉัน", "ของอีกคน")
    act(mine, "settle", mine=keep_mine)
    assert on_disk(mine)["texts"] == {"law": "ของฉัน" if keep_mine else "ของอีกคน"}
    assert mine.view()["conflict"] is None


def test_undo_does_not_take_back_what_another_window_wrote(measured: Measured) -> None:
    mine, other = opened(measured), opened(measured)
    act(mine, "write", path="texts/law", text="ก", was="")
    act(other, "write", path="texts/law", text="ข", was="ก")
    with pytest.raises(UsageError, match="หน้าต่างอื่น"):
        act(mine, "undo")
    assert on_disk(mine)["texts"] == {"law": "ข"}


# -- certifying ----
def test_a_step_is_certified_with_its_file_and_taken_back(window: Drafter) -> None:
    act(window, "work_as", who=WHO)
    file = ("รายงานการประชุม.pdf", base64.b64encode(b"%PDF").decode())
    complete(window, words="ศธ 9", file=file)
    found = step(window, "study-rules")
    assert (found["state"], found["who"], found["done_words"]) == ("done", WHO, "๒๐ พฤศจิกายน ๒๕๖๙")
    assert (window.folder / found["evidence"]).read_bytes() == b"%PDF"
    assert found["why"] == "(หลักฐาน ศธ 9)"
    (window.folder / found["evidence"]).write_bytes(b"%PDF 2")
    assert step(window, "study-rules")["changed"]
    assert "หลักฐาน" in window.view()["next"]
    act(window, "undo")
    assert step(window, "study-rules")["state"] == "ready"
    assert read_ledger(window.folder)["kind"].tolist() == ["step-done", "revoke"]
    complete(window)
    act(window, "revoke", key="study-rules", why="ผิดวัน", seen=window.view()["seen"])
    assert in_force(read_ledger(window.folder)).empty


def test_certifying_takes_a_name_and_a_reason_to_skip(window: Drafter) -> None:
    with pytest.raises(UsageError, match="ใส่ชื่อ"):
        complete(window)
    act(window, "work_as", who=WHO)
    with pytest.raises(UsageError, match="ยังไม่เสร็จ"):
        complete(window, key="meetings")
    with pytest.raises(UsageError, match="อนาคต"):
        complete(window, on="2/12/2569")
    complete(window)
    seen = window.view()["seen"]
    with pytest.raises(LedgerError, match="เหตุผล"):
        act(window, "revoke", key="study-rules", why=" ", seen=seen)
    complete(window, key="meetings", why="ประชุมก่อนแล้ว")
    assert step(window, "meetings")["why"] == "ประชุมก่อนแล้ว"


def test_two_windows_do_not_certify_one_step_twice(measured: Measured) -> None:
    mine, other = opened(measured, WHO), opened(measured, WHO)
    seen = mine.view()["seen"]
    complete(other)
    with pytest.raises(LedgerError, match="หน้าต่างอื่น"):
        complete(mine, seen=seen)
    assert len(read_ledger(mine.folder)) == 1


def test_files_that_changed_since_the_page_was_opened(window: Drafter) -> None:
    act(window, "work_as", who=WHO)
    students = window.folder / "inputs" / "students.csv"
    students.write_text(students.read_text("utf-8-sig").replace("A,P1,V1,3", "A,P1,V1,7"), "utf-8-sig")
    assert window.view()["stale"]
    with pytest.raises(UsageError, match="อ่านข้อมูลใหม่"):
        complete(window)
    act(window, "reread")
    assert not window.view()["stale"]
    words = [one["words"] for one in window.view()["schools"][0]["groups"][0]["figures"]]
    assert words[0] == "9 คน"


# -- documents and versions ----
def finished(drafter: Drafter) -> None:
    until = time.monotonic() + 120
    while drafter.job.running:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert drafter.job.fault == ""


@pytest.mark.soak
def test_documents_versions_and_what_changed_since(measured: Measured) -> None:
    window = opened(measured, WHO)
    with pytest.raises(UsageError, match="ใช้ทำอะไร"):
        act(window, "keep", why=" ")
    act(window, "make")
    finished(window)
    assert "outputs/plan/plan.docx" in window.view()["documents"]["files"]
    assert window.view()["versions"] == {"rows": [], "number": 0, "changes": [], "fault": ""}
    act(window, "keep", why="เสนอ กศจ. 1/2570")
    finished(window)
    [version] = window.view()["versions"]["rows"]
    assert (version["number"], version["who"], version["why"], version["intact"]) == (1, WHO, "เสนอ กศจ. 1/2570", True)
    assert window.view()["versions"]["changes"] == []
    act(window, "write", path="texts/law", text="ก", was="")
    write_scenario(window.folder, "both", BOTH[:1])
    parts = [(row["part"], row["now"]) for row in window.view()["versions"]["changes"]]
    assert ("ข้อความ", "ก") in parts
    assert ("การรวม", "") in parts
    (window.folder / "versions" / "1" / "version.json").rename(window.folder / "kept.json")
    assert "ฉบับที่ 1" in opened(measured).view()["versions"]["fault"]
    (window.folder / "kept.json").rename(window.folder / "versions" / "1" / "version.json")
    act(window, "make")
    finished(window)
    assert "outputs/plan/changes.csv" in window.view()["documents"]["files"]


def test_documents_are_not_made_of_files_that_have_changed(measured: Measured) -> None:
    window = opened(measured, WHO)
    students = window.folder / "inputs" / "students.csv"
    students.write_text(students.read_text("utf-8-sig").replace("V1,3", "V1,33"), "utf-8-sig")
    with pytest.raises(UsageError, match="อ่านข้อมูลใหม่"):
        act(window, "make")
    assert not (window.folder / "outputs" / "plan").exists()


def test_the_manifest_is_of_the_files_that_were_read(measured: Measured) -> None:
    students = measured.cycle.folder / "inputs" / "students.csv"
    before = hashlib.sha256(students.read_bytes()).hexdigest()
    students.write_text(students.read_text("utf-8-sig").replace("V1,3", "V1,33"), "utf-8-sig")
    write_outcome(measured, find_scenario(measured.cycle.folder, "both"))
    manifest = json.loads((measured.cycle.outputs / "manifest.json").read_text("utf-8"))
    assert manifest["inputs"]["inputs/students.csv"] == before


def test_what_is_kept_is_of_the_draft_that_its_document_is_of(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another window types while the documents are made."""
    window, other = opened(measured, WHO), opened(measured, WHO)
    really = steps.draft_plan

    def meanwhile(*arguments: Any) -> Any:
        act(other, "write", path="texts/law", text="พิมพ์ทีหลัง", was="")
        return really(*arguments)

    monkeypatch.setattr(steps, "draft_plan", meanwhile)
    act(window, "keep", why="เสนอ กศจ.")
    finished(window)
    kept = window.folder / "versions" / "1"
    assert json.loads((kept / "version.json").read_text("utf-8"))["draft"]["texts"] == {}
    assert "พิมพ์ทีหลัง" not in "".join(p.text for p in Document(str(kept / "plan.docx")).paragraphs)


def test_a_version_that_was_broken_leaves_the_page_usable(measured: Measured) -> None:
    document = measured.cycle.outputs / "plan" / "plan.docx"
    document.parent.mkdir(parents=True)
    document.write_bytes(b"what the committee saw")
    both = simulate(find_scenario(measured.cycle.folder, "both"), measured.office)
    keep_version(measured, both, Draft(scenario="both"), "เสนอ กศจ.", WHO)
    path = measured.cycle.folder / "versions" / "1" / "version.json"
    good = json.loads(path.read_text("utf-8"))
    for fault in ({"scenario": None}, {"figures": "x"}, {"draft": None}, {"merges": [{"kind": "zz"}]}):
        path.write_text(json.dumps(good | fault), "utf-8")
        assert "ฉบับที่ 1" in opened(measured).view()["versions"]["fault"]


def test_what_another_has_changed_does_not_keep_older_things_from_being_undone(measured: Measured) -> None:
    window, other = opened(measured, WHO), opened(measured, WHO)
    act(window, "write", path="texts/law", text="ก", was="")
    act(window, "write", path="texts/purpose", text="ข", was="")
    act(other, "write", path="texts/purpose", text="ค", was="ข")
    with pytest.raises(UsageError, match="หน้าต่างอื่น"):
        act(window, "undo")
    act(window, "undo")
    assert read_draft(window.folder)[0].texts == {"purpose": "ค"}


# -- only looking ----
def test_a_viewer_writes_nothing(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESTRUCTURE_VIEWER", "1")
    window = opened(measured, WHO)
    before = files_in(window.folder)
    assert window.view()["viewer"]
    for name, arguments in (
        ("write", {"path": "texts/law", "text": "x", "was": ""}),
        ("choose_scenario", {"stem": "one", "was": "both"}),
        ("complete", {"key": "study-rules", "on": "1/12/2569", "words": "x", "seen": 0}),
        ("make", {}),
        ("keep", {"why": "x"}),
    ):
        with pytest.raises(UsageError, match="ไม่บันทึก"):
            act(window, name, **arguments)
    act(window, "trace", question="plan/both/A")
    assert window.view()["trace"]
    assert files_in(window.folder) == before


def test_every_step_says_what_it_needs(window: Drafter) -> None:
    for key in (one.key for one in steps_of()):
        found = step(window, key)
        assert found["needs"]
        assert found["expected"]

"""The map page without a browser: card, hosts, closed roads, drafts and files, by hand on one straight road."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

import pytest
from drawn import place
from small_office import files_in, merge, write_rows, write_scenario, write_small_office

from restructure import steps
from restructure._errors import DataError, ScenarioError, UsageError
from restructure.cycle import measure, open_cycle, scenario_stems
from restructure.drafts import ChangedElsewhere, kept_drafts
from restructure.scenario import Scenario, read_scenario
from restructure.simulate import simulate
from restructure.widgets import filing
from restructure.widgets.explorer import Explorer
from restructure.widgets.explorerview import ground_view

if TYPE_CHECKING:
    from pathlib import Path

CLOSURE_HEAD = ["closure_id", "lat", "lon", "from", "to", "reason"]


def write_office(folder: Path) -> Path:
    """H at 0, A at 3,000, B at 10,000; N at 9,500 is a kindergarten. The road at 5,000 is under water when it rains."""
    write_small_office(
        folder,
        schools="H 0 P1-P6 rooms=20\nA 3000 P1-P6 rooms=6\nB 10000 P1-P6 special_area=highland\nN 9500 K1-K3 rooms=3",
        villages="vh 0\nva 2000\nvb 9000\nvn 9600",
        students="H P1 vh 150\nA P1 va 3\nA P5 va 1\nB P2 vb 4\nB P5 vb 1\nN K1 vn 200",
    )
    at = {east: [str(degrees) for degrees in place(east, 0)] for east in (1000, 5000)}
    rows = [
        ["น้ำ", *at[5000], "wet-season", "wet-season", "ท่วม"],
        ["สะพาน", *at[1000], "2026-12-01", "2026-12-03", "ซ่อม"],
    ]
    write_rows(folder / "inputs" / "closures.csv", CLOSURE_HEAD, rows)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_office(tmp_path / "office")


@pytest.fixture
def state(folder: Path) -> Explorer:
    return opened(folder)


def opened(folder: Path) -> Explorer:
    return Explorer(measure(open_cycle(folder)))


def effect(state: Explorer, key: str) -> tuple[int | None, int | None]:
    [row] = [row for row in state.view()["effects"] if row["key"] == key]
    return row["value"], row["change"]


def counts(by_grade: list[int]) -> list[int]:
    """Pupils of P1, P2 and P5."""
    return [by_grade[i] for i in (3, 4, 7)]


# -- the card and the map ----
def test_the_ground_says_what_never_changes(state: Explorer) -> None:
    ground = ground_view(state.measured)
    json.dumps(ground, allow_nan=False)
    schools = {school["id"]: school for school in ground["schools"]}
    assert counts(schools["A"]["roll"]) == [3, 0, 1]
    assert (schools["A"]["rooms"], schools["B"]["rooms"], schools["B"]["special"]) == (6, None, "highland")
    assert [(name, pupils) for name, _, pupils in ground["villages"]] == [
        ("บ้านva", 4),
        ("บ้านvb", 5),
        ("บ้านvh", 150),
        ("บ้านvn", 200),
    ]
    assert [band["upTo"] for band in ground["bands"]] == [3000, 10000, None]


def test_a_card_before_and_after_a_merge(state: Explorer) -> None:
    state.school("A")
    card = state.view()["card"]
    assert counts(card["now"]) == counts(card["plan"]) == [3, 0, 1]
    [home] = card["villages"]
    assert (home["pupils"], home["before_m"], home["after_m"]) == (4, 1000, 1000)
    assert (card["out"], card["children"]) == ([], None)
    state.add("H")
    view = state.view()
    assert counts(view["card"]["plan"]) == [0, 0, 0]
    [home] = view["card"]["villages"]
    assert (home["before_m"], home["after_m"]) == (1000, 2000)
    assert view["card"]["children"] == {
        "pupils": 4, "farther": 4, "nearer": 0, "unmeasured": 0, "max_m": 2000, "baht": 4 * 10 * 200,
    }  # fmt: skip
    [[number, *cells]] = view["card"]["out"]
    assert (number, cells[0], cells[2]) == (0, "โรงเรียนA (A)", "โรงเรียนH (H)")
    codes = state.office.codes
    assert view["map"]["states"] == ["moves", "stays", "host", "stays"]
    assert view["map"]["moves"] == [[codes.index("A"), codes.index("H"), 4]]
    assert dict(zip(codes, view["map"]["pupils"], strict=True)) == {"A": 0, "B": 5, "H": 154, "N": 200}
    state.school("H")
    assert [cells[1] for cells in state.view()["card"]["into"]] == ["โรงเรียนA (A)"]
    state.leave()
    assert state.view()["card"] is None


def test_the_effects_are_those_of_the_simulation(state: Explorer) -> None:
    state.school("A")
    state.add("H")
    summary = simulate(Scenario.model_validate({"name": "x", "merges": [merge("A", "H")]}), state.office).summary
    for key in ("schools_closed", "pupils_moved", "subsidy_total_baht", "median_m", "p90_m", "max_m", "teachers_freed"):
        assert effect(state, key)[0] == summary[key], key
    assert effect(state, "subsidy_total_baht") == (8000, 8000)
    assert effect(state, "median_m") == (2000, 1000), "they went 1,000 m before"
    assert [effect(state, f"paid.{i}") for i in (1, 2, 3, 4)] == [(4, 4), (0, 0), (0, 0), (0, 0)]
    state.undo()
    assert effect(state, "subsidy_total_baht") == (0, 0)
    state.redo()
    assert effect(state, "subsidy_total_baht") == (8000, 8000)


def test_hosts_with_their_rooms_and_the_childrens_ways(state: Explorer) -> None:
    """H's 153 of P1 need four rooms, as 150 did, and one of A's is the only one in P5: one more."""
    state.school("A")
    hand = state.view()["hand"]
    hosts = {host["host_id"]: host for host in hand["hosts"]}
    assert list(hosts) == ["H", "N", "B"]
    assert (hosts["H"]["rooms"], hosts["H"]["rooms_needed"], hosts["H"]["pupils"]) == (20, 5, 154)
    assert (hosts["N"]["can"], hosts["N"]["rooms_needed"]) == (False, None)
    assert hosts["B"]["rooms"] is None
    assert hand["homes"]["pupils"] == [4]
    assert hand["homes"]["metres"] == {"H": [2000], "N": [7500], "B": [8000]}


def test_single_grades_and_a_merge_that_takes_the_place_of_another(state: Explorer) -> None:
    state.school("A")
    assert state.view()["hand"]["own"] == ["P1", "P2", "P3", "P4", "P5", "P6"]
    state.grades(["P5"])
    state.add("H")
    assert (effect(state, "pupils_moved")[0], effect(state, "subsidy_total_baht")[0]) == (1, 10 * 200)
    assert state.view()["map"]["states"][0] == "moves-part"
    state.grades(["P1", "P5"])
    state.add("B")
    assert [(one.grades, one.host) for one in state.draft.scenario.merges] == [("P1,P5", "B")]
    state.grades(["P1"])
    state.add("H")
    assert [(one.grades, one.host) for one in state.draft.scenario.merges] == [("P5", "B"), ("P1", "H")]
    with pytest.raises(UsageError, match="ยังไม่ได้เลือกชั้น"):
        state.grades([])


def test_only_the_plan_by_hand_is_changed_from_the_card(state: Explorer) -> None:
    assert state.view()["edits"]
    state.school("A")
    state.add("H")
    state.save("ก")
    state.look("file:ก")
    assert not state.view()["edits"]
    state.take("file:ก")
    assert state.view()["edits"]


def test_the_card_of_a_school_whose_host_moves_on(tmp_path: Path) -> None:
    """A learns at B already; the plan sends B to H and A along. From VA at 500 it is 3,500 m to B and 9,500 to H."""
    folder = write_small_office(
        tmp_path / "office",
        schools="A 0 P1-P6\nB 4000 P1-P6\nH 10000 P1-P6 rooms=6",
        villages="VA 500\nVB 4500\nVH 9000",
        students="A P1 VA 12\nB P1 VB 11\nH P1 VH 20",
        mergers="A P1-P6 1/2568 B learn-together existing",
    )
    state = opened(folder)
    state.school("B")
    state.add("H")
    state.school("A")
    view = state.view()
    [home] = view["card"]["villages"]
    assert (home["pupils"], home["before_m"], home["after_m"]) == (12, 3500, 9500)
    assert view["hand"]["about"] == "เด็ก 12 คน ปัจจุบัน 12 คนเรียนที่ โรงเรียนB (B)"
    assert [(one["host_id"], one["can"], one["median_m"], one["pupils"]) for one in view["hand"]["hosts"]] == [
        ("B", False, 3500, None),
        ("H", True, 9500, 20 + 11 + 12),
    ]
    assert view["hand"]["hosts"][0]["against"] == ["ย้ายชั้น ป.1–ป.6 ไปที่อื่นเอง"]
    assert not any("เรียนที่นี่อยู่แล้ว" in words for words in view["hand"]["hosts"][1]["against"])
    assert view["hand"]["homes"]["pupils"] == [12]
    state.grades(["P1"])
    state.add("H")
    assert [(one.school, one.host) for one in state.draft.scenario.merges] == [("B", "H"), ("A", "H"), ("A", "H")]
    state.view()


# -- closed roads ----
def test_a_closed_road_is_measured_around_and_what_it_changes_is_told(state: Explorer) -> None:
    state.school("B")
    state.add("A")
    assert effect(state, "subsidy_total_baht") == (5 * 15 * 200, 5 * 15 * 200)
    assert state.view()["closures"]["changes"] is None
    state.wet_season(True)
    view = state.view()
    assert [(row["id"], row["on"], row["wet"]) for row in view["closures"]["rows"]] == [
        ("น้ำ", True, True),
        ("สะพาน", False, False),
    ]
    states = {words: (villages, pupils) for words, villages, pupils in view["closures"]["changes"]["states"]}
    assert states.pop("ไปไม่ถึง") == (1, 5)
    assert set(states.values()) == {(0, 0)}
    figures = view["closures"]["changes"]["figures"]
    assert (figures["subsidy_total_baht"], figures["unreachable"]) == ([15_000, 0], [0, 5])
    assert effect(state, "unreachable")[0] == 5
    [baht] = [row for row in view["effects"] if row["key"] == "subsidy_total_baht"]
    assert baht["least"], "what is not counted for five is at least what is said"
    assert {host["host_id"]: host["median_m"] for host in view["hand"]["hosts"]} == {"N": 500, "A": None, "H": None}
    state.undo()
    assert effect(state, "pupils_moved")[0] == 0, "what is taken back is measured so too"
    state.redo()
    state.usual_roads()
    assert not state.view()["closures"]["detoured"]
    assert effect(state, "subsidy_total_baht")[0] == 15_000


def test_each_closure_of_its_own_and_what_is_saved_is_of_the_fiscal_year(state: Explorer, folder: Path) -> None:
    state.school("A")
    state.add("H")
    state.close_road("สะพาน", True)
    assert effect(state, "unreachable")[0] == 4
    state.save("ก")
    saved = json.loads((folder / "outputs" / "scenarios" / "ก" / "summary.json").read_text("utf-8"))
    assert (saved["unreachable"], saved["subsidy_total_baht"]) == (0, 8000)
    state.close_road("สะพาน", False)
    assert effect(state, "unreachable")[0] == 0
    with pytest.raises(UsageError, match="ไม่มีการปิดถนน"):
        state.close_road("ไม่มี", True)


# -- drafts ----
def test_a_draft_is_kept_and_offered_again(state: Explorer, folder: Path) -> None:
    assert not (folder / "drafts").exists(), "nothing is kept before there is anything"
    state.school("A")
    state.add("H")
    state.annotate("รอฟังความเห็นผู้ปกครอง")
    assert state.view()["drafts"]["kept"] == "drafts/hand.yaml"
    assert scenario_stems(folder) == [], "a draft is no scenario"
    assert state.view()["drafts"]["offered"] == []
    again = opened(folder)
    [offered] = again.view()["drafts"]["offered"]
    assert (offered["merges"], offered["note"]) == (1, "รอฟังความเห็นผู้ปกครอง")
    again.resume("hand")
    assert [(one.school, one.host) for one in again.draft.scenario.merges] == [("A", "H")]
    assert again.view()["looked"]["key"] == "hand"
    assert again.view()["drafts"]["offered"] == []
    again.undo()
    assert kept_drafts(folder) == [], "an empty draft is not offered"


def test_two_windows_never_overwrite_each_other(state: Explorer, folder: Path) -> None:
    other = opened(folder)
    state.school("A")
    state.add("H")
    other.school("B")
    other.add("H")
    told = other.view()["drafts"]["conflict"]
    assert "หน้าต่างอื่น" in told
    other.undo()
    other.redo()
    [kept] = kept_drafts(folder)
    assert [one.school for one in kept.scenario.merges] == ["A"], "what the first has written stays"
    other.keep_apart("ของฉัน")
    assert other.view()["drafts"]["conflict"] == ""
    assert {one.stem: [m.school for m in one.scenario.merges] for one in kept_drafts(folder)} == {
        "hand": ["A"],
        "ของฉัน": ["B"],
    }
    state.school("B")
    state.add("H")
    assert state.view()["drafts"]["conflict"] == "", "the first goes on as before"


def test_what_the_other_window_wrote_can_be_taken(state: Explorer, folder: Path) -> None:
    other = opened(folder)
    state.school("A")
    state.add("H")
    other.school("B")
    other.add("H")
    other.take_theirs()
    assert [one.school for one in other.draft.scenario.merges] == ["A"]
    other.undo()
    assert [one.school for one in other.draft.scenario.merges] == ["B"], "its own is one step back"


def test_a_note_is_no_step(state: Explorer, folder: Path) -> None:
    state.school("A")
    state.add("H")
    state.annotate("รอฟังความเห็น")
    state.undo()
    assert state.draft.scenario.note == "รอฟังความเห็น"
    assert [(len(one.scenario.merges), one.scenario.note) for one in kept_drafts(folder)] == [(0, "รอฟังความเห็น")]
    state.redo()
    assert (len(state.draft.scenario.merges), state.draft.scenario.note) == (1, "รอฟังความเห็น")
    other = opened(folder)
    other.school("B")
    other.add("H")
    other.annotate("ของหน้านี้")
    other.resume("hand")
    assert other.draft.scenario.note == "รอฟังความเห็น"
    other.undo()
    assert other.draft.scenario.note == "ของหน้านี้", "each draft has its own"


def test_a_draft_that_goes_on_in_another_window_is_not_dropped(state: Explorer, folder: Path) -> None:
    state.school("A")
    state.add("H")
    one, other = opened(folder), opened(folder)
    state.school("B")
    state.add("H")
    with pytest.raises(ChangedElsewhere, match="หน้าต่างอื่น"):
        one.forget("hand")
    [offered] = one.view()["drafts"]["offered"]
    assert offered["merges"] == 2, "it is read anew"
    one.forget("hand")
    assert kept_drafts(folder) == []
    other.forget("hand")
    assert other.view()["drafts"]["offered"] == [], "it is gone already"
    assert undo_words(other) == ""
    one.put_back()
    [kept] = kept_drafts(folder)
    assert [merge.school for merge in kept.scenario.merges] == ["A", "B"]


def test_a_draft_that_is_dropped_can_be_brought_back(state: Explorer, folder: Path) -> None:
    state.school("A")
    state.add("H")
    again = opened(folder)
    again.forget("hand")
    assert kept_drafts(folder) == []
    again.put_back()
    assert [one["stem"] for one in again.view()["drafts"]["offered"]] == ["hand"]
    with pytest.raises(UsageError, match="ไม่มีร่างนี้แล้ว"):
        again.resume("hand-9")


def test_a_viewer_writes_nothing_and_sees_no_draft(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = opened(folder)
    mine.school("A")
    mine.add("H")
    mine.save("ก")
    before = files_in(folder)
    looking = opened(folder)
    monkeypatch.setenv("RESTRUCTURE_VIEWER", "1")
    for refused in (lambda: looking.resume("hand"), lambda: looking.forget("hand")):
        with pytest.raises(UsageError, match="ไม่บันทึก"):
            refused()
    viewer = opened(folder)
    viewer._mine = "hand"  # as where the page was opened before that draft was begun
    assert viewer.view()["drafts"]["offered"] == [], "not even somebody else's"
    viewer.school("B")
    viewer.add("H")
    assert viewer.view()["looked"]["key"] == "hand", "it may be tried"
    viewer.look("file:ก")
    for refused in (
        lambda: viewer.save("ข"), lambda: viewer.rename("ข"), viewer.delete, viewer.duplicate, viewer.write,
        lambda: viewer.annotate("x"), viewer.put_back, viewer.take_theirs, viewer.keep_apart,
    ):  # fmt: skip
        with pytest.raises(UsageError, match="ไม่บันทึก"):
            refused()
    assert files_in(folder) == before


# -- files of plans ----
@pytest.fixture
def saved(state: Explorer) -> Explorer:
    state.school("A")
    state.add("H")
    state.save("ทางเลือก ก", note="ที่ประชุมขอดู")
    state.look("file:ทางเลือก-ก")
    return state


def names(state: Explorer) -> dict[str, str]:
    return {key: plan.name for key, plan in state.plans().items() if key.startswith("file:")}


def undo_words(state: Explorer) -> Any:
    return state.view()["save"]["undo"]


def test_a_note_stays_with_the_plan(saved: Explorer, folder: Path) -> None:
    path = folder / "scenarios" / "ทางเลือก-ก.yaml"
    assert read_scenario(path).note == "ที่ประชุมขอดู"
    saved.annotate("เห็นชอบให้รับฟัง\nต่อ")
    assert read_scenario(path).note == "เห็นชอบให้รับฟัง\nต่อ"
    assert saved.view()["save"]["note"] == "เห็นชอบให้รับฟัง\nต่อ"
    saved.put_back()
    assert read_scenario(path).note == "ที่ประชุมขอดู"


def test_rename_copy_and_delete_and_all_of_it_back(saved: Explorer, folder: Path) -> None:
    before = files_in(folder / "scenarios")
    saved.rename("ทางเลือก ข")
    assert names(saved) == {"file:ทางเลือก-ข": "ทางเลือก ข"}
    assert saved.view()["looked"]["key"] == "file:ทางเลือก-ข"
    assert not (folder / "outputs" / "scenarios" / "ทางเลือก-ก").exists()
    saved.duplicate()
    saved.duplicate()
    assert list(names(saved).values()) == ["ทางเลือก ข", "ทางเลือก ข (สำเนา)", "ทางเลือก ข (สำเนา) (สำเนา)"]
    saved.look("file:ทางเลือก-ข")
    with pytest.raises(UsageError, match="อยู่แล้ว"):
        saved.rename("ทางเลือก ข (สำเนา)")
    saved.delete()
    assert "file:ทางเลือก-ข" not in names(saved)
    assert saved.view()["looked"]["key"] == "present"
    assert undo_words(saved) == "ลบ “ทางเลือก ข”"
    for _ in range(4):
        saved.put_back()
    assert files_in(folder / "scenarios") == before
    assert (folder / "outputs" / "scenarios" / "ทางเลือก-ก" / "summary.json").is_file()
    saved.put_back()
    assert names(saved) == {}, "saving itself is taken back too"
    assert undo_words(saved) == ""
    saved.put_back()


def test_the_file_that_the_cycles_plan_names_keeps_its_name(saved: Explorer, folder: Path) -> None:
    (folder / "plan.yaml").write_text("scenario: ทางเลือก-ก\n", "utf-8")
    with pytest.raises(UsageError, match="ใช้ทางเลือก"):
        saved.delete()
    saved.rename("ชื่อใหม่")
    assert names(saved) == {"file:ทางเลือก-ก": "ชื่อใหม่"}


def test_a_plan_that_cannot_be_read_keeps_every_scenario(saved: Explorer, folder: Path) -> None:
    (folder / "plan.yaml").write_text("scenario: [ทางเลือก-ก\n", "utf-8")
    before = files_in(folder)
    for refused in (saved.delete, lambda: saved.rename("ชื่อใหม่")):
        with pytest.raises(DataError, match=r"plan\.yaml"):
            refused()
    assert files_in(folder) == before


def test_what_was_half_saved_can_be_taken_back(saved: Explorer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "scenarios" / "ทางเลือก-ก.yaml"
    before, step = path.read_bytes(), undo_words(saved)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    saved.look("present")
    with monkeypatch.context() as patch:
        patch.setattr(steps, "write_outcome", full)
        with pytest.raises(OSError, match="No space"):
            saved.save("ทางเลือก ก", replace=True)
        assert read_scenario(path).merges == []
        assert saved.plans()["file:ทางเลือก-ก"].merges == [], "what is there now is shown"
        patch.setattr(steps, "write_scenario", full)
        with pytest.raises(OSError, match="No space"):
            saved.save("อีกชื่อ")
    assert undo_words(saved) == "บันทึก “ทางเลือก ก”"
    with monkeypatch.context() as patch:
        patch.setattr(filing, "write_outcome", full)
        with pytest.raises(OSError, match="No space"):
            saved.put_back()
    assert path.read_bytes() == before
    assert undo_words(saved) == step, "what changed nothing is no step, and what is back need not be brought back"


def test_what_rests_on_files_that_have_changed_is_not_saved(saved: Explorer, folder: Path) -> None:
    saved.delete()
    path = folder / "inputs" / "students.csv"
    path.write_text(path.read_text("utf-8-sig").replace("A,P1,va,3", "A,P1,va,33"), "utf-8-sig")
    before = files_in(folder)
    saved.look("hand")
    with pytest.raises(UsageError, match="ไฟล์ในโฟลเดอร์เปลี่ยนหลังเปิดหน้านี้"):
        saved.save("ข")
    assert files_in(folder) == before
    saved.put_back()
    assert scenario_stems(folder) == ["ทางเลือก-ก"], "what people wrote comes back"
    assert not (folder / "outputs" / "scenarios" / "ทางเลือก-ก").exists(), "but nothing worked out from what was"
    saved.look("file:ทางเลือก-ก")
    for refused in (lambda: saved.annotate("x"), lambda: saved.rename("ข"), saved.duplicate):
        with pytest.raises(UsageError, match="ไฟล์ในโฟลเดอร์เปลี่ยนหลังเปิดหน้านี้"):
            refused()


def test_a_file_that_somebody_else_changed_is_not_written_over(saved: Explorer, folder: Path) -> None:
    path = write_scenario(folder, "ทางเลือก-ก", [merge("B", "H")], name="ของคนอื่น")
    theirs = path.read_bytes()
    saved.look("hand")
    with pytest.raises(ChangedElsewhere, match="หน้าต่างอื่น"):
        saved.save("ทางเลือก ก", replace=True)
    assert path.read_bytes() == theirs
    assert names(saved) == {"file:ทางเลือก-ก": "ของคนอื่น"}, "it is read anew"
    with pytest.raises(ChangedElsewhere):
        saved.put_back()
    saved.save("ทางเลือก ก", replace=True)
    assert read_scenario(path).merges[0].school == "A", "once it was seen it may be replaced"


def test_what_is_no_file_has_no_name_to_change(state: Explorer) -> None:
    for asked in (lambda: state.rename("ก"), state.duplicate, state.delete, lambda: state.annotate("ก")):
        with pytest.raises(UsageError, match="ยังไม่ได้บันทึก"):
            asked()


def test_a_draft_that_no_longer_fits_the_office_is_refused(folder: Path) -> None:
    (folder / "drafts").mkdir()
    (folder / "drafts" / "old.yaml").write_text(
        'name: x\nmerges: [{school: "Z", host: "H", from_term: 1/2570}]\n', "utf-8"
    )
    (folder / "drafts" / "broken.yaml").write_text("merges: 1\n", "utf-8")
    state = opened(folder)
    assert [one["stem"] for one in state.view()["drafts"]["offered"]] == ["old"]
    with pytest.raises(ScenarioError, match="ไม่มีโรงเรียนรหัส Z"):
        state.resume("old")

"""The page of the subsidy year without a browser, against answers worked out by hand on one straight road."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from drawn import place
from small_office import files_in, read_rows, write_rows, write_small_office

from restructure._errors import LedgerError, UsageError
from restructure.cycle import measure, open_cycle
from restructure.ledger import in_force, read_ledger, verify
from restructure.papers import NOTICES
from restructure.rounds import make_round
from restructure.widgets.moneyview import overview
from restructure.widgets.subsidy import Subsidy

ANN, BOB = "สมศรี นักวิเคราะห์", "สมชาย ผอ.กลุ่ม"
WAIT_S = 60
#: School A: 4 pupils of va at 5,000 m and 2 of vn at 3,350 m cost 15 baht on 100 days; of vx there is no way.
#: School B: 5 pupils of vb at 2,000 m cost 10 baht.
VA, VN, VB, VX = "village:va>H", "village:vn>H", "village:vb>H", "village:vx>H"
NEED_A, NEED_B, CEILING = 9000, 5000, 12_000


def write_office(folder: Path, policy: str = "") -> Path:
    return write_small_office(
        folder,
        schools="H 0 P1-P6\nA 8000 P1-P6\nB -8000 P1-P6",
        villages="va 5000\nvn 3350\nvb -2000\nvx 3000,500",
        students="A P1 va 4\nA P2 vn 2\nA P3 vx 1\nB P1 vb 5\nH P1 va 9",
        mergers="A P1-P6 1/2565 H learn-together existing\nB P1-P6 1/2566 H merge second-decade",
        ceilings={"november": CEILING},
        policy=policy,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "2570"))


def window(folder: Path, who: str = "", today: date = date(2026, 11, 20)) -> Subsidy:
    """A page on the folder, as another window or another analyst has it."""
    state = Subsidy(measure(open_cycle(folder)), today=lambda: today)
    if who:
        state.work_as(who)
    return state


@pytest.fixture
def state(folder: Path) -> Subsidy:
    return window(folder, ANN)


def seen(state: Subsidy) -> int:
    number: int = state.view()["seen"]
    return number


def standing(state: Subsidy) -> dict[str, tuple[str, int | None]]:
    """State and certified metres of each pair that is shown."""
    return {row["key"]: (row["state"], row["certified_m"]) for row in state.view()["certify"]["rows"]}


def keys_left(state: Subsidy) -> list[str]:
    return [rule["key"] for rule in state.view()["glance"]["rules"]]


def certify_all(state: Subsidy) -> None:
    """Every pair as it is worked out, and 4,000 m for the village that no road reaches."""
    state.accept_all(seen(state), "เทียบแผนที่แล้ว")
    state.enter(VX, "4000", "วัดเลขไมล์", "", seen(state))


# -- ⓪ and ① ----
def test_nothing_is_decided_without_a_name(folder: Path) -> None:
    state = window(folder)
    before = files_in(folder)
    for decide in (
        lambda: state.accept_clear(0),
        lambda: state.accept_all(0, "เทียบแผนที่แล้ว"),
        lambda: state.accept_one(VA, 0),
        lambda: state.enter(VX, "4000", "วัดเลขไมล์", "", 0),
        lambda: state.choose_rule("equal-days", "ที่ประชุมเห็นชอบ", 0),
        lambda: state.asked(0),
        lambda: state.confirm_rule("boarders", 0),
    ):
        with pytest.raises(UsageError) as refused:
            decide()
        assert "ใส่ชื่อ" in refused.value.thai
    state.work_as("   ")
    assert state.view()["who"] == ""
    assert state.view()["next"] == "ใส่ชื่อผู้ทำงานในข้อ ⓪"
    assert files_in(folder) == before
    state.work_as(f"  {ANN} ")
    assert state.view()["who"] == ANN


def test_what_is_missing_by_hand(state: Subsidy) -> None:
    view = state.view()
    glance = view["glance"]
    told = {one["state"]: (one["pairs"], one["pupils"], one["baht"]) for one in glance["states"]}
    assert told == {
        "certified": (0, 0, 0),
        "stale": (0, 0, 0),
        "clear": (2, 9, 4 * 15 * 100 + 5 * 10 * 100),
        "check": (1, 2, 2 * 15 * 100),
        "unmeasured": (1, 1, 0),
    }
    assert (glance["pairs"], glance["pupils"], glance["need"], glance["ceiling"]) == (4, 12, 14_000, CEILING)
    assert view["rule"]["letters"] == [["ศธ 0", "9 พฤศจิกายน 2569", CEILING, False]]
    assert "sharing_rule" in keys_left(state)
    assert [there for _, there in glance["counts"]] == [False, True]
    assert view["next"] == "รับรองระยะทางที่ชัดเจน 2 คู่ ในข้อ ②"
    json.dumps(view, allow_nan=False)


@pytest.mark.parametrize(
    ("today", "state_of", "words"),
    [
        (date(2026, 11, 20), "open", "เหลือ 10 วัน"),
        (date(2026, 11, 30), "open", "เหลือ 0 วัน"),
        (date(2026, 12, 2), "late", "เลยกำหนดแล้ว 2 วัน"),
    ],
    ids=["before", "last-day", "after"],
)
def test_what_is_due_by_when(folder: Path, today: date, state_of: str, words: str) -> None:
    request, count = window(folder, today=today).view()["glance"]["due"]
    assert (request["by"], request["state"], request["words"]) == ("ภายใน 30 พฤศจิกายน 2569", state_of, words)
    assert (count["by"], count["state"]) == ("10 พฤศจิกายน 2569", "done")


def test_the_may_round_has_its_own_days_and_no_letter_yet(state: Subsidy) -> None:
    state.filter("host", "H")
    state.take_round("may")
    view = state.view()
    assert [one["by"] for one in view["glance"]["due"]] == ["ภายใน 31 พฤษภาคม 2570", "10 มิถุนายน 2570"]
    assert (view["term"], view["glance"]["ceiling"]) == ("1/2570", None)
    assert view["certify"]["filters"]["host"] == "", "another round begins with all"
    assert [one["ceiling"] for one in view["rule"]["what_ifs"]] == [11_200, 12_600, 14_000]
    assert view["settle"] is None
    with pytest.raises(UsageError):
        state.take_round("july")


def test_a_rule_that_somebody_has_confirmed_is_no_longer_missing(tmp_path: Path) -> None:
    text = "settings: {boarders: {value: pay, source: มติที่ประชุม 1/2570, date: 2026-10-15, confirmed_by: ผอ.เขต}}"
    state = window(write_office(tmp_path / "o", policy=f"fiscal_year: 2570\n{text}\n"))
    assert "boarders" not in keys_left(state)
    assert "free_transport" in keys_left(state)


def test_a_rule_is_confirmed_on_the_page_and_back(state: Subsidy, folder: Path) -> None:
    [rule] = [rule for rule in state.view()["glance"]["rules"] if rule["key"] == "boarders"]
    entry = state.measured.cycle.policy.entries["boarders"]
    [[words, value, source, _]] = rule["rows"]
    assert (words, source) == (entry.name, entry.source or "ไม่ระบุ")
    assert "pay" not in value, "in words"
    state.confirm_rule("boarders", seen(state), "มติที่ประชุม 1/2570")
    [row] = read_ledger(folder).to_dict("records")
    assert (row["kind"], row["subject"], row["why"]) == ("confirm-rule", "boarders", "มติที่ประชุม 1/2570")
    glance = state.view()["glance"]
    assert "boarders" not in keys_left(state)
    [[what, told]] = glance["confirmed"]
    assert what == "rule/boarders"
    assert entry.name in told
    assert ANN in told
    undo = state.view()["undo"]
    assert undo["words"].startswith(f"ยืนยันค่า “{entry.name}” เมื่อ ")
    state.undo(undo["batch"])
    assert "boarders" in keys_left(state)
    with pytest.raises(UsageError):
        state.confirm_rule("no_such_rule", seen(state))


def test_a_rule_that_changes_in_the_year_is_shown_with_both_values(tmp_path: Path) -> None:
    text = "terms: {1/2570: {boarders: {value: refuse, source: ประกาศ, date: 2027-05-01, certainty: U}}}"
    state = window(write_office(tmp_path / "o", policy=f"fiscal_year: 2570\n{text}\n"), ANN)
    for name in ("november", "may"):
        state.take_round(name)
        [rule] = [rule for rule in state.view()["glance"]["rules"] if rule["key"] == "boarders"]
        first, later = rule["rows"]
        assert first[1] != later[1]
        assert "1/2570" in later[0]


def test_the_money_of_pairs_adds_up_to_the_need(state: Subsidy) -> None:
    """Certified at 2,900 m the two pupils of vn are paid 10 baht a day, and at 4,000 m the one of vx is paid 15."""
    for sure in (False, True):  # it crosses a band: a person is asked
        state.enter(VN, "2900", "วัดเลขไมล์", "", seen(state), sure=sure)
    state.enter(VX, "4000", "วัดเลขไมล์", "", seen(state))
    view = state.view()
    baht = {one["state"]: one["baht"] for one in view["glance"]["states"] if one["pairs"]}
    assert baht == {"certified": 2 * 10 * 100 + 15 * 100, "clear": 11_000}
    assert sum(baht.values()) == sum(p["need_baht"] for p in view["need"]["programmes"])


def test_a_letter_of_a_day_to_come_is_flagged(folder: Path) -> None:
    [[*_, after]] = window(folder, today=date(2026, 11, 8)).view()["rule"]["letters"]
    assert after
    [[*_, after]] = window(folder, today=date(2026, 11, 9)).view()["rule"]["letters"]
    assert not after


def test_who_is_not_eligible_is_told_by_reason(tmp_path: Path) -> None:
    text = "settings: {eligible_kinds: {value: [learn-together], source: มติ, date: 2026-10-15}}"
    state = window(write_office(tmp_path / "o", policy=f"fiscal_year: 2570\n{text}\n"))
    assert state.view()["glance"]["refused"] == [["ลักษณะการรวมไม่อยู่ในกรณีที่มีสิทธิ", 5]]


# -- ② ----
def test_all_that_is_clear_in_one_act_and_back(state: Subsidy, folder: Path) -> None:
    clear = state.view()["certify"]["clear"]
    assert clear == {"pairs": 2, "pupils": 9, "baht": 11_000}
    state.accept_clear(seen(state))
    rows = read_ledger(folder)
    assert rows["batch"].tolist() == [1, 1]
    assert set(rows["subject"]) == {VA, VB}
    assert standing(state) == {
        VA: ("certified", 5000),
        VB: ("certified", 2000),
        VN: ("check", None),
        VX: ("unmeasured", None),
    }
    assert state.view()["said"] == "รับรองแล้ว 2 คู่"
    undo = state.view()["undo"]
    assert undo["words"].startswith("รับรองระยะทาง 2 คู่ เมื่อ ")
    state.undo(undo["batch"])
    assert in_force(read_ledger(folder)).empty
    assert state.view()["undo"] is None
    assert verify(folder) == []
    with pytest.raises(UsageError):
        state.undo(undo["batch"])


def test_filters_narrow_what_is_accepted(state: Subsidy, folder: Path) -> None:
    state.filter("school", "B")
    assert list(standing(state)) == [VB]
    assert state.view()["certify"]["clear"]["pairs"] == 1
    state.accept_clear(seen(state))
    assert in_force(read_ledger(folder))["subject"].tolist() == [VB]
    state.filter("school", "")
    for what, value, wanted in (("village", "vn", [VN]), ("state", "unmeasured", [VX]), ("host", "A", [])):
        state.filter(what, value)
        assert list(standing(state)) == wanted
        state.filter(what, "")
    with pytest.raises(UsageError):
        state.filter("name", "x")


def test_what_must_be_checked_takes_a_reason(state: Subsidy, folder: Path) -> None:
    for decide in (lambda: state.accept_one(VN, seen(state)), lambda: state.accept_all(seen(state), " ")):
        with pytest.raises(UsageError) as refused:
            decide()
        assert "เหตุผล" in refused.value.thai
    assert state.view()["certify"]["all"] == {"pairs": 3, "pupils": 11, "baht": 14_000}
    state.accept_one(VN, seen(state), "เทียบแผนที่แล้ว")
    state.accept_one(VA, seen(state))
    state.accept_all(seen(state), "เทียบแผนที่แล้ว")
    assert read_ledger(folder)["why"].tolist() == ["เทียบแผนที่แล้ว", "", "เทียบแผนที่แล้ว"]
    assert standing(state)[VX] == ("unmeasured", None)
    with pytest.raises(UsageError):
        state.accept_clear(seen(state))
    with pytest.raises(UsageError):
        state.accept_one(VX, seen(state), "มีทางลัด")
    with pytest.raises(UsageError):
        state.accept_one("village:no>H", seen(state))


@pytest.mark.parametrize("text", ["3.4", "3,4", "-5", "", "สามพัน", "3400 ม.", "9999999"])
def test_a_distance_that_is_none_is_refused(state: Subsidy, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        state.enter(VA, text, "วัดแล้ว", "", 0)
    assert "เมตรเต็ม" in refused.value.thai


def test_another_distance_with_reason_evidence_and_history(state: Subsidy) -> None:
    with pytest.raises(UsageError):
        state.enter(VX, "4000", " ", "", seen(state))
    state.enter(VX, "๔,๐๐๐", "วัดเลขไมล์ 12 พ.ย. 2569", "บันทึกที่ 7", seen(state))
    assert standing(state)[VX] == ("certified", 4000)
    state.open(VX)
    [told] = state.view()["certify"]["open"]["history"]
    assert (told["who"], told["words"], told["evidence"], told["holds"]) == (
        ANN,
        "กรอกระยะทางที่วัดได้ 4,000 ม.",
        "บันทึกที่ 7",
        True,
    )
    assert state.view()["glance"]["need"] == 14_000 + 15 * 100, "the pupil of vx has a distance now"
    state.undo(state.view()["undo"]["batch"], "วัดผิดหมู่บ้าน")
    undone, first = state.view()["certify"]["open"]["history"]
    assert (undone["words"], undone["why"], first["holds"]) == ("เพิกถอนแถว 1", "วัดผิดหมู่บ้าน", False)
    state.open("")
    assert state.view()["certify"]["open"] is None


def test_a_file_of_evidence_is_kept(state: Subsidy, folder: Path) -> None:
    sent = ("../../ภาพ.เลขไมล์.JPG", base64.b64encode(b"picture").decode())
    state.enter(VA, "5100", "วัดเลขไมล์", "บันทึกที่ 7", seen(state), file=sent)
    [told] = read_ledger(folder).to_dict("records")
    content = json.loads(told["content"])
    assert told["why"] == "วัดเลขไมล์ (หลักฐาน บันทึกที่ 7)"
    assert content["evidence"] == f"evidence/{hashlib.sha256(b'picture').hexdigest()}.jpg"
    assert (folder / content["evidence"]).read_bytes() == b"picture"
    with pytest.raises(UsageError):
        state.enter(VA, "5100", " ", "บันทึกที่ 7", seen(state), file=sent)


def test_an_odd_distance_is_asked_about_once(state: Subsidy, folder: Path) -> None:
    """10,001 m is more than twice 5,000 m; 10,000 m is not."""
    state.open(VA)
    state.enter(VA, "10001", "อ้อมทางขาด", "", seen(state))
    assert state.view()["certify"]["open"]["doubt"]["words"] == [
        "เกินสองเท่าของระยะทางที่คำนวณ",
        "ข้ามช่วงอัตรา 15 → 20 บาท",
    ]
    assert read_ledger(folder).empty
    state.enter(VA, "10002", "อ้อมทางขาด", "", seen(state), sure=True)
    assert state.view()["certify"]["open"]["doubt"]["metres"] == 10_002, "nobody was asked about this one yet"
    assert read_ledger(folder).empty
    state.enter(VA, "10,002", "อ้อมทางขาด", "", seen(state), sure=True)
    assert state.view()["certify"]["open"]["doubt"] is None
    assert json.loads(read_ledger(folder)["content"].iloc[0])["warnings"] == ["over-twice", "band:15>20"]
    state.enter(VA, "10000", "อ้อมทางขาด", "", seen(state))
    assert standing(state)[VA] == ("certified", 10_000)


def test_a_pair_whose_point_has_moved_is_shown_as_stale(state: Subsidy, folder: Path) -> None:
    state.accept_clear(seen(state))
    path = folder / "inputs" / "villages.csv"
    rows = read_rows(path)
    rows[0]["lon"] = str(float(rows[0]["lon"]) + 0.0005)
    write_rows(path, list(rows[0]), [list(row.values()) for row in rows])
    assert state.view()["stale"]
    with pytest.raises(UsageError) as refused:
        state.accept_one(VN, seen(state), "เทียบแล้ว")
    assert "อ่านข้อมูลใหม่" in refused.value.thai
    state.reread()
    view = state.view()
    assert not view["stale"]
    assert standing(state)[VA] == ("stale", 5000)
    assert view["next"] == "ตรวจคู่ที่จุดหรือถนนเปลี่ยนหลังรับรอง 1 คู่ ในข้อ ②"


def test_a_child_measured_from_home_is_shown_without_its_place(tmp_path: Path) -> None:
    lat, lon = place(3600, 0)
    folder = write_small_office(
        tmp_path / "o",
        schools="H 0 P1-P6\nA 8000 P1-P6",
        villages="va 5000",
        student_head="student_key school_id grade village_id lat lon",
        students=f"k1 A P1 va . .\nk2 A P1 va {lat} {lon}",
        mergers="A P1-P6 1/2565 H learn-together existing",
    )
    state = window(folder, ANN)
    state.accept_one("home:k2>H", seen(state), "เทียบแผนที่แล้ว")
    state.open("home:k2>H")
    assert state.view()["certify"]["open"]["from"] == "home/k2/H"
    state.trace("home/k2/H")
    told = state.view()["trace"]
    assert told["words"] == "จากบ้านของนักเรียน รหัสอ้างอิง k2 ถึงโรงเรียน H"
    assert told["parts"][0]["words"] == "ระยะทางคำนวณ 3,600 ม."
    assert ANN in told["parts"][1]["words"]
    assert told["map"] is None, "a home is on no map"
    with pytest.raises(UsageError):
        state.trace("home/k1/H")
    state.trace("allocation/november/H/A/existing")
    told = {row["key"]: (row["village"], row["certified_m"]) for row in state.view()["certify"]["rows"]}
    assert told == {VA: ("บ้านva (va)", None), "home:k2>H": ("บ้านva (va) จากจุดบ้าน รหัสอ้างอิง k2", 3600)}
    page = json.dumps(state.view(), ensure_ascii=False)
    assert not [digits for digits in (str(lat)[:8], str(lon)[:8]) if digits in page]


# -- two windows ----
@pytest.mark.parametrize("other", [ANN, BOB], ids=["same-person", "another-person"])
def test_what_another_window_has_measured_is_not_overwritten(folder: Path, other: str) -> None:
    mine, theirs = window(folder, ANN), window(folder, other)
    looked_at = seen(mine)
    theirs.enter(VA, "5200", "วัดเลขไมล์", "", seen(theirs))
    with pytest.raises(UsageError) as refused:
        mine.accept_clear(looked_at)
    assert "หน้าต่างอื่น" in refused.value.thai
    assert standing(mine)[VA] == ("certified", 5200), "the page shows what holds now"
    mine.accept_clear(seen(mine))
    assert standing(mine) == standing(theirs)
    assert standing(mine)[VB] == ("certified", 2000)


def test_what_another_window_does_elsewhere_does_not_stand_in_the_way(folder: Path) -> None:
    mine, theirs = window(folder, ANN), window(folder, BOB)
    looked_at = seen(mine)
    theirs.enter(VX, "4000", "วัดเลขไมล์", "", seen(theirs))
    mine.accept_one(VA, looked_at)
    assert mine.view()["undo"]["words"].startswith("รับรองระยะทาง 1 คู่")
    mine.undo(mine.view()["undo"]["batch"])
    assert standing(mine)[VX] == ("certified", 4000), "nobody takes back what another has decided"
    assert mine.view()["undo"] is None


def test_a_button_pressed_twice_decides_once(state: Subsidy, folder: Path) -> None:
    looked_at = seen(state)
    state.accept_one(VA, looked_at)
    with pytest.raises(UsageError):
        state.accept_one(VA, looked_at)
    assert len(read_ledger(folder)) == 1


def test_what_the_ledger_refuses_is_told_and_the_page_goes_on(state: Subsidy) -> None:
    state.work_as("1 2345 67890 12 3")
    with pytest.raises(LedgerError):
        state.accept_clear(seen(state))
    state.work_as(ANN)
    state.accept_clear(seen(state))
    assert standing(state)[VA] == ("certified", 5000)


# -- to the field and back ----
def fill(path: Path, wanted: dict[str, int | float]) -> bytes:
    """The workbook with metres, way, day and person filled in for some villages."""
    book = openpyxl.load_workbook(path)
    sheet = book.active
    for row in sheet.iter_rows():
        if row[0].value in wanted:
            metres = wanted[str(row[0].value)]
            for cell, value in zip(row[12:16], [metres, "เลขไมล์รถ", datetime(2026, 11, 12), "ครูผู้ช่วย"], strict=True):
                cell.value = value
    book.save(path)
    return path.read_bytes()


def test_a_workbook_goes_to_the_field_and_comes_back(state: Subsidy, folder: Path) -> None:
    assert state.view()["certify"]["field"] == 2
    state.write_field()
    state.job.wait(WAIT_S)
    assert state.job.fault == ""
    files = state.view()["certify"]["files"]
    assert files == [f"outputs/certify/{name}" for name in ("field-book.xlsx", "field-list.pdf", "pairs.csv")]
    assert "outputs/certify" in state.view()["said"]
    data = fill(folder / files[0], {VN: 2900, VX: 3.5})
    state.read_book("../สมุด.xlsx", base64.b64encode(data).decode())
    assert read_ledger(folder).empty, "nothing is decided by reading"
    book = state.view()["certify"]["book"]
    [row] = book["rows"]
    assert (row["metres"], row["routed_m"], row["doubts"]) == (2900, 3350, ["ข้ามช่วงอัตรา 15 → 10 บาท"])
    [fault] = book["faults"]
    assert (fault["file"], "กิโลเมตร" in fault["message"]) == ("../สมุด.xlsx", True)
    with pytest.raises(UsageError):
        state.take_book([], seen(state))
    state.take_book([row["row"]], seen(state))
    assert standing(state)[VN] == ("certified", 2900)
    assert state.view()["certify"]["book"] is None
    [told] = read_ledger(folder).to_dict("records")
    content = json.loads(told["content"])
    assert told["why"] == "วัดเมื่อ 12 พฤศจิกายน 2569 โดย ครูผู้ช่วย วิธี เลขไมล์รถ"
    assert (folder / content["evidence"]).read_bytes() == data
    with pytest.raises(UsageError):
        state.take_book([row["row"]], seen(state))


def test_what_is_no_workbook_is_told(state: Subsidy) -> None:
    with pytest.raises(UsageError):
        state.read_book("a.xlsx", "ไม่ใช่ base64")
    state.read_book("a.xlsx", base64.b64encode(b"PK nothing").decode())
    book = state.view()["certify"]["book"]
    assert (book["rows"], len(book["faults"])) == ([], 1)
    state.drop_book()
    assert state.view()["certify"]["book"] is None


# -- ③ to ⑤ ----
def lines(rows: list[dict[str, Any]], *names: str) -> dict[str, tuple[Any, ...]]:
    return {row["school_id"]: tuple(row[name] for name in names) for row in rows}


def test_need_by_programme_school_and_band(state: Subsidy) -> None:
    need = state.view()["need"]
    assert len(need["bands"]) == 4
    assert [programme["name"] for programme in need["programmes"]] == ["กรณี 1.1 รวมเดิม", "กรณี 1.2 ทศวรรษที่สอง"]
    assert [(p["pupils"], p["need_baht"], p["allocated_baht"]) for p in need["programmes"]] == [
        (7, NEED_A, 7714),
        (5, NEED_B, 4286),
    ]
    rows = [row for programme in need["programmes"] for row in programme["rows"]]
    assert lines(rows, "bands", "certified") == {"A": ([0, 6, 0, 1], False), "B": ([5, 0, 0, 0], False)}


# -- where a figure comes from ----
def traced(state: Subsidy, what: str) -> dict[str, Any]:
    """What the panel shows once a figure was clicked."""
    state.trace(what)
    told: dict[str, Any] = state.view()["trace"]
    assert told["what"] == what
    return told


def texts(step: dict[str, Any]) -> list[str]:
    return [f"{step['words']} ← {step['source']}", *(text for part in step["parts"] for text in texts(part))]


@pytest.mark.parametrize(
    ("what", "first", "parts"),
    [
        ("round/november", "จัดสรรรวม 12,000 บาท", ["ความต้องการรวม 14,000 บาท", "วงเงิน 12,000 บาท", "วิธีแบ่งที่ใช้: "]),
        ("ceiling/november", "วงเงิน 12,000 บาท", ["ศธ 0 ลงวันที่ 2026-11-09: 12,000 บาท ← inputs/ceilings.csv แถว 2"]),
        (
            "allocation/november/H/B/second-decade",
            "โรงเรียนB (B) ไป โรงเรียนH (H) กรณี 1.2 ทศวรรษที่สอง: จัดสรร 4,286 บาท",
            [
                "5 คน × 100 วัน × 10 บาท = 5,000 บาท ← inputs/students.csv 1 แถว (แถว 5)",
                "วิธีแบ่งที่ใช้: ตามสัดส่วน",
                "ระยะทางคำนวณ 2,000 ม. ← inputs/roads.osm",
                "inputs/mergers.csv แถว 3",
            ],
        ),
        (
            "settlement/november/H/B/second-decade",
            "โรงเรียนB (B) ไป โรงเรียนH (H) กรณี 1.2 ทศวรรษที่สอง: ขอเพิ่มเติม 714 บาท ส่งคืน 0 บาท",
            ["ที่ควรได้ 5,000 บาท: นับได้ 5 คน ← inputs/students.csv", "จัดสรรให้ 4,286 บาท"],
        ),
        ("settlement/november", "ที่ควรได้รวม 5,000 บาท ขอเพิ่มเติมรวม 714 บาท", ["โรงเรียนA (A) ไป", "โรงเรียนB (B) ไป"]),
        ("distance/va/H", "จากบ้านva (va) ถึงโรงเรียน H", ["ระยะทางคำนวณ 5,000 ม. ← inputs/roads.osm", "ยังไม่มีผู้รับรอง"]),
        ("rule/days_by_term", "จำนวนวันที่จ่ายต่อภาคเรียน: ภาคเรียนที่ 1 100 วัน", []),
    ],
    ids=["round", "ceiling", "allocation", "settlement", "settlement-sum", "distance", "rule"],
)  # fmt: skip
def test_every_kind_of_figure_says_where_it_comes_from(state: Subsidy, what: str, first: str, parts: list[str]) -> None:
    """B needs 5,000 of 14,000 baht and gets 4,286 of 12,000; vx has no distance, so nobody knows what is due to A."""
    head, *rest = texts(traced(state, what))
    assert head.startswith(first)
    for part in parts:
        assert [text for text in rest if part in text], part


def test_a_distance_is_drawn_on_the_map(state: Subsidy) -> None:
    """One straight road east: the line ends at both points, 5,000 m apart."""
    [row] = [row for row in state.view()["certify"]["rows"] if row["key"] == VA]
    way = traced(state, row["from"])["map"]
    assert way["names"] == ["บ้านva", "โรงเรียนH"]
    lat, lon, *moves = way["line"]
    end = [lat + sum(moves[::2]), lon + sum(moves[1::2])]
    assert np.allclose([[lat, lon], end], [[degree * 1e5 for degree in point] for point in way["ends"]], atol=1)
    for point, metres in zip(way["ends"], (5000, 0), strict=True):
        assert np.allclose(point, place(metres, 0), atol=2e-5)
    assert traced(state, "distance/vx/H")["map"] is None, "no road leads there"
    assert traced(state, "allocation/november/H/A/existing")["map"] is None
    ways = [step["way"] for step in _steps(state.view()["trace"]) if step["way"]]
    assert ways == ["distance/va/H", "distance/vn/H"], "each opens its own map"


def _steps(step: dict[str, Any]) -> list[dict[str, Any]]:
    return [step, *(more for part in step["parts"] for more in _steps(part))]


def test_the_page_names_the_question_of_what_it_shows(state: Subsidy) -> None:
    certify_all(state)
    state.confirm_rule("boarders", seen(state))
    state.choose_rule("existing-first", "มติที่ประชุม 3/2569", seen(state))
    state.asked(seen(state))
    state.confirm(seen(state))
    state.open(VX)
    view = state.view()
    assert [one["from"] for one in view["glance"]["due"]] == ["decision/7", "rule/count_days"]
    assert [what for what, _ in view["glance"]["confirmed"]] == ["rule/boarders"]
    assert (view["rule"]["from"], view["rule"]["confirmed_from"]) == ("decision/6", "decision/8")
    assert [row["seq"] for row in view["certify"]["open"]["history"]] == [4]
    for what, words in (
        ("decision/4", "รับรองระยะทาง"),
        ("decision/6", "วิธี existing-first"),
        ("decision/7", "บันทึกว่ายื่นขอ"),
        ("decision/8", "ยืนยันการจัดสรร"),
        ("rule/boarders", "ยืนยันโดย"),
        ("rule/count_days", "ปฏิทิน DMC"),
    ):
        head = texts(traced(state, what))[0]
        assert words in head
        assert what == "rule/count_days" or ANN in head


def test_the_panel_follows_decisions_and_closes(state: Subsidy) -> None:
    traced(state, "allocation/november/H/B/second-decade")
    state.accept_clear(seen(state))
    assert ANN in " ".join(texts(state.view()["trace"])), "it is made anew after a decision"
    traced(state, "decision/1")
    state.take_round("may")
    assert state.view()["trace"] is None
    assert traced(state, "ceiling/november")["words"] == "วงเงิน 12,000 บาท", "also while another round is looked at"
    with pytest.raises(UsageError):
        state.trace("settlement/may")
    assert state.view()["trace"]["what"] == "ceiling/november", "what was shown stays"
    state.trace("")
    assert state.view()["trace"] is None


def test_four_rules_side_by_side_by_hand(state: Subsidy) -> None:
    """90 and 50 baht a day: 12,000 buy 85 days, 7,650 and 4,250; of the 100 left 64.29 and 35.71."""
    rule = state.view()["rule"]
    assert lines(rule["lines"], "need_baht", "baht") == {
        "A": (NEED_A, [7714, 7714, 9000, 9000]),
        "B": (NEED_B, [4286, 4286, 3000, 3000]),
    }
    told = {one["rule"]: (one["baht"], one["least"], one["nothing"], one["days"]) for one in rule["rules"]}
    assert told == {
        "proportional": (CEILING, 85, 0, None),
        "equal-days": (CEILING, 85, 0, 85),
        "existing-first": (CEILING, 60, 0, None),
        "furthest-first": (CEILING, 60, 0, None),
    }
    assert (rule["ceiling"], rule["known"], rule["enough"], rule["chosen"]) == (CEILING, True, False, False)
    assert [baht for _, _, baht in rule["day"]] == [90, 50, 140]
    assert [one["ceiling"] for one in rule["what_ifs"]] == [10_800, 12_000, 13_200]


def test_three_other_ceilings(state: Subsidy) -> None:
    state.what_if(["7,000", "๑๔๐๐๐", "20000"])
    rule = state.view()["rule"]
    assert [(one["baht"], one["lacks"]) for one in rule["what_ifs"]] == [(7000, 7000), (14_000, 0), (14_000, 0)]
    assert lines(rule["under"], "baht") == {"A": ([4500, 9000, 9000],), "B": ([2500, 5000, 5000],)}
    with pytest.raises(UsageError):
        state.what_if(["มาก", "1", "2"])


def test_a_rule_is_chosen_with_its_reason(state: Subsidy, folder: Path) -> None:
    for rule, why in (("existing-first", " "), ("lottery", "สนุกดี")):
        with pytest.raises(UsageError):
            state.choose_rule(rule, why, seen(state))
    state.choose_rule("existing-first", "มติที่ประชุม 3/2569", seen(state))
    [row] = read_ledger(folder).to_dict("records")
    assert (row["kind"], row["subject"], json.loads(row["content"])) == (
        "sharing",
        "november",
        {"rule": "existing-first"},
    )
    view = state.view()
    assert (view["rule"]["rule"], view["rule"]["chosen"]) == ("existing-first", True)
    assert ANN in view["rule"]["source"]
    assert [p["allocated_baht"] for p in view["need"]["programmes"]] == [9000, 3000]
    assert view["undo"]["words"].startswith("เลือกวิธีแบ่ง รอบพฤศจิกายน")
    state.take_round("may")
    assert not state.view()["rule"]["chosen"], "each round has its own"


def test_an_allocation_is_confirmed_once_all_is_certified(state: Subsidy, folder: Path) -> None:
    assert state.view()["rule"]["lacks"]
    with pytest.raises(UsageError):
        state.confirm(seen(state))
    looked_at = seen(state)
    certify_all(state)
    with pytest.raises(UsageError) as refused:
        state.confirm(looked_at)
    assert "ยอดอาจเปลี่ยน" in refused.value.thai, "other figures were looked at"
    state.choose_rule("proportional", "มติที่ประชุม 3/2569", seen(state))
    state.asked(seen(state))
    assert state.view()["next"] == "ยืนยันการจัดสรรในข้อ ④"
    state.confirm(seen(state))
    last = read_ledger(folder).iloc[-1]
    assert (last["kind"], last["subject"]) == ("allocation", "november")
    assert json.loads(last["content"])["lines"] == [["H", "A", "existing", 8129], ["H", "B", "second-decade", 3871]]
    view = state.view()
    assert view["rule"]["confirmed"].startswith(f"ยืนยันแล้วโดย {ANN} เมื่อ ")
    assert (view["rule"]["allocated"], view["next"]) == (CEILING, "ทำเอกสารในข้อ ⑥")
    state.undo(view["undo"]["batch"])
    assert state.view()["rule"]["confirmed"] == ""


def given(folder: Path, table: str) -> dict[str, str]:
    return {row["school_id"]: row["allocated_baht"] for row in read_rows(folder / "outputs" / table)}


def test_what_is_confirmed_is_in_the_files_too(state: Subsidy, folder: Path) -> None:
    certify_all(state)
    state.confirm(seen(state))
    tables = ("allocation/november/allocation.csv", "settlement/november/settlement.csv")
    assert [given(folder, table) for table in tables] == [{"A": "8129", "B": "3871"}] * 2
    assert (state.view()["rule"]["differs"], state.view()["settle"]["differs"]) == ("", "")
    # 10,500 for programme 1.1 in full, 1,500 are left: the settlement goes on with what was confirmed.
    state.choose_rule("existing-first", "มติที่ประชุม 3/2569", seen(state))
    view = state.view()
    told = "ที่ยืนยันไว้รวม 12,000 บาท แต่ที่คำนวณได้ตอนนี้รวม 12,000 บาท ต่างกัน 2 จาก 2 รายการ"
    assert (view["rule"]["differs"], view["settle"]["differs"]) == (told, told)
    assert lines(view["settle"]["rows"], "allocated_baht") == {"A": (8129,), "B": (3871,)}
    state.asked(seen(state))
    assert state.view()["next"].startswith("ยืนยันการจัดสรรใหม่ในข้อ ④")
    state.confirm(seen(state))
    assert state.view()["rule"]["differs"] == ""
    assert [given(folder, table) for table in tables] == [{"A": "10500", "B": "1500"}] * 2
    state.undo(state.view()["undo"]["batch"])
    assert given(folder, tables[1]) == {"A": "8129", "B": "3871"}, "what was confirmed before holds again"


def test_both_rounds_at_a_glance_in_words(state: Subsidy) -> None:
    rounds = [make_round(state.measured, name) for name in ("november", "may")]
    table = overview(rounds)
    assert list(table) == ["รอบ", "โครงการ", "โรงเรียนหลัก", "นักเรียน (คน)", "ต้องการ (บาท)", "จัดสรร (บาท)"]
    told = table.astype(object).where(table.notna(), None).to_numpy().tolist()
    assert told[:2] == [
        ["รอบพฤศจิกายน (ภาคเรียนที่ 2/2569)", "กรณี 1.1 รวมเดิม", "โรงเรียนH (H)", 7, NEED_A, 7714],
        ["รอบพฤศจิกายน (ภาคเรียนที่ 2/2569)", "กรณี 1.2 ทศวรรษที่สอง", "โรงเรียนH (H)", 5, NEED_B, 4286],
    ]
    assert [row[-1] for row in told[2:]] == [None, None], "nobody knows yet what May gets"


@pytest.mark.parametrize("balance", ["carry", "settle"])
def test_the_settlement_is_a_draft_until_all_is_certified(tmp_path: Path, balance: str) -> None:
    text = f"settings: {{november_balance: {{value: {balance}, source: มติที่ประชุม, date: 2026-10-15}}}}"
    state = window(write_office(tmp_path / "o", policy=f"fiscal_year: 2570\n{text}\n"), ANN)
    settle = state.view()["settle"]
    assert settle["draft"]
    assert lines(settle["rows"], "due_baht", "draft") == {"A": (None, True), "B": (NEED_B, True)}
    state.accept_all(seen(state), "เทียบแผนที่แล้ว")
    state.enter(VX, "4000", "วัดเลขไมล์", "", seen(state))
    settle = state.view()["settle"]
    assert not settle["draft"]
    # 10,500 and 5,000 baht are due, 12,000 are there: 8,129.03 and 3,870.97. The rest is carried or asked for.
    lacks_of = {"A": (10_500, 8129, 2371), "B": (5000, 3871, 1129)}
    where = "carried_baht" if balance == "carry" else "additional_baht"
    assert lines(settle["rows"], "due_baht", "allocated_baht", where) == lacks_of
    assert settle["sums"]["additional_baht"] == (0 if balance == "carry" else 3500)


def test_the_count_is_compared_with_the_estimate(tmp_path: Path) -> None:
    """One pupil of va has left, one of vb has come: 15 and 10 baht on 100 days."""
    folder = write_small_office(
        tmp_path / "o",
        schools="H 0 P1-P6\nA 8000 P1-P6",
        villages="va 5000\nvb 2000",
        student_head="school_id grade village_id count as_of",
        students="""
            A P1 va 4 2026-11-02
            A P1 vb 5 2026-11-02
            A P1 va 3 2026-11-10
            A P1 vb 6 2026-11-10
        """,
        mergers="A P1-P6 1/2565 H learn-together existing",
        ceilings={"november": 11_000},
    )
    state = window(folder, ANN)
    assert [there for _, there in state.view()["glance"]["counts"]] == [True, True]
    settle = state.view()["settle"]
    assert settle["changed"] == [["เพิ่ม", 1], ["ออก", 1]]
    told = [
        (one["words"], one["pupils"], one["village"], one["before"], one["after"], one["baht"])
        for one in settle["changes"]
    ]
    assert told == [
        ("เพิ่ม", 1, "บ้านvb", "–", "โรงเรียนH (H) ป.1 ช่วง 1", 1000),
        ("ออก", 1, "บ้านva", "โรงเรียนH (H) ป.1 ช่วง 2", "–", -1500),
    ]
    assert lines(settle["rows"], "pupils_estimate", "pupils_count", "added", "left", "due_baht", "paid_baht") == {
        "A": (9, 9, 1, 1, 10_500, None)
    }


# -- ⑥ ----
def lacks(state: Subsidy) -> dict[str, bool]:
    return {one["kind"]: bool(one["lacks"]) for one in state.view()["papers"]["kinds"]}


def test_papers_are_made_and_what_cannot_be_is_said_why(state: Subsidy, folder: Path) -> None:
    assert [kind for kind, lack in lacks(state).items() if not lack] == ["forms", "report-obec", "summary"]
    with pytest.raises(UsageError):
        state.write_papers([])
    state.write_papers(["notice"])
    state.job.wait(WAIT_S)
    assert "รับรอง" in state.view()["papers"]["fault"]
    assert state.view()["papers"]["files"] == []
    certify_all(state)
    early = ["criteria", "additional"]  # criteria come in May; the pupils were counted only once
    assert [kind for kind, lack in lacks(state).items() if lack and kind not in early] == list(NOTICES)
    state.write_papers(["report-obec"])
    state.job.wait(WAIT_S)
    [why] = {one["lacks"] for one in state.view()["papers"]["kinds"] if one["kind"] in NOTICES}
    assert state.view()["said"] == f"เขียนเอกสาร 1 ไฟล์ ไว้ใน outputs/papers/november แล้ว {why}"
    state.confirm(seen(state))
    assert [kind for kind, lack in lacks(state).items() if lack] == early
    shown: list[list[int]] = []
    state.changed = lambda: shown.append(state.view()["papers"]["progress"])
    state.write_papers(["notice", "report-obec"])
    state.job.wait(WAIT_S)
    assert state.job.fault == ""
    assert shown[-1] == [2, 2]
    assert "outputs/papers/november/report-obec.docx" in state.view()["papers"]["files"]
    # The notices of H and of all for print, and the report.
    assert state.view()["said"] == "เขียนเอกสาร 3 ไฟล์ ไว้ใน outputs/papers/november แล้ว"
    state.choose_rule("existing-first", "มติที่ประชุม 3/2569", seen(state))
    assert all(lacks(state)[kind] for kind in NOTICES), "another allocation than the confirmed one"
    state.write_templates()
    assert (folder / "templates" / "notice.docx").is_file()


def test_that_the_round_was_asked_for_is_recorded(state: Subsidy, folder: Path) -> None:
    state.asked(seen(state), "ศธ 04/1")
    [row] = read_ledger(folder).to_dict("records")
    assert (row["kind"], row["subject"], row["why"]) == ("request", "november", "ศธ 04/1")
    assert json.loads(row["content"]) == {"pupils": 12, "need_baht": 14_000}
    due = state.view()["glance"]["due"][0]
    assert due["state"] == "done"
    assert due["words"].startswith(f"บันทึกแล้วโดย {ANN} เมื่อ ")
    assert due["words"].endswith(": 12 คน 14,000 บาท")
    certify_all(state)
    assert "ยื่นขอ" not in state.view()["next"]


def test_an_office_without_mergers(tmp_path: Path) -> None:
    folder = write_small_office(tmp_path / "o", schools="1 0 P1-P6", villages="10 100", students="1 P1 10 3")
    view = window(folder, ANN).view()
    assert view["certify"]["rows"] == []
    assert view["glance"]["need"] == 0
    assert all(one["lacks"] for one in view["papers"]["kinds"])


def test_a_lock_file_of_a_spreadsheet_is_no_change(state: Subsidy, folder: Path) -> None:
    (folder / "inputs" / "~$schools.xlsx").write_bytes(b"x")
    assert not state.view()["stale"]
    os.utime(folder / "inputs" / "schools.csv", ns=(1, 1))
    assert state.view()["stale"]

"""Planning without a browser: what the page shows, against answers worked out by hand on one straight road."""

from __future__ import annotations

import base64
import errno
import io
import json
import math
import signal
from typing import TYPE_CHECKING

import pytest
import yaml
from drawn import place
from PIL import Image, ImageColor
from small_office import files_in, merge, read_rows, write_rows, write_scenario, write_small_office

from restructure._errors import ScenarioError, UsageError
from restructure.byhand import ranked_hosts, standing
from restructure.cli import main
from restructure.cycle import measure, open_cycle
from restructure.interrupting import interrupts
from restructure.mapdata import band_looks
from restructure.optimise.finding import find
from restructure.optimise.rules import Rules, read_rules, settle
from restructure.optimise.telling import spell_limits, spell_progress
from restructure.scenario import NEAREST, PRESENT, Merge, Scenario, read_scenario
from restructure.simulate import simulate
from restructure.widgets.planning import Planning
from restructure.widgets.searching import Job
from restructure.widgets.shelf import COMPARED
from restructure.widgets.typed import file_stem

if TYPE_CHECKING:
    from pathlib import Path

#: A closes to H: 4 pupils, 2,000 m, 10 baht on 200 days. B could close to A only: 5 pupils, 6,000 m, 15 baht.
A_TO_H, B_TO_A, B_TO_H = 4 * 10 * 200, 5 * 15 * 200, 5 * 15 * 200
WAIT_S = 60


def write_office(folder: Path, mergers: str = "") -> Path:
    """H at 0 is no small school; A at 3,000 and B at 10,000 are; N at 9,500 has no primary grade."""
    return write_small_office(
        folder,
        schools="H 0 P1-P6 rooms=20\nA 3000 P1-P6 rooms=6\nB 10000 P1-P6\nN 9500 K1-K3 rooms=3",
        villages="vh 0\nva 2000\nvb 9000\nvn 9600",
        students="H P1 vh 150\nA P1 va 3\nA P5 va 1\nB P2 vb 4\nB P5 vb 1\nN K1 vn 200",
        mergers=mergers,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_office(tmp_path / "office")


@pytest.fixture
def state(folder: Path) -> Planning:
    return Planning(measure(open_cycle(folder)))


def merge_of(school: str) -> Merge:
    return Merge.model_validate(merge(school, NEAREST))


def searched(state: Planning) -> Planning:
    state.search()
    state.job.wait(WAIT_S)
    assert state.job.fault == ""
    return state


def row(state: Planning, key: str) -> dict[str, int | None]:
    """The main figures of a plan that is shown."""
    view = state.view()
    [plan] = [plan for plan in view["plans"] if plan["key"] == key]
    return {
        head["key"]: figure["value"] for head, figure in zip(view["heads"], plan["figures"], strict=True)
    }  # fmt: skip


def shown_merges(state: Planning) -> list[tuple[str, str]]:
    return [(cells[0], cells[2]) for cells in state.view()["hand"]["merges"]]


# -- rules ----
def test_rules_are_set_and_only_what_is_not_as_usual_is_written(state: Planning, folder: Path) -> None:
    state.set_rule("ceiling_baht", "1,250,000")
    state.set_rule("longest_m", "")
    state.set_rule("rooms", False)
    state.set_rule("from_term", "2/2570")
    state.move("subsidy", -1)
    state.count("longest", False)
    state.pin("must_stay", "โรงเรียนA (A)")
    state.pin("hosts", "B", "โรงเรียนA")
    assert not state.view()["rules"]["written"]
    state.write()
    assert yaml.safe_load((folder / "optimise.yaml").read_text("utf-8")) == {
        "order": ["subsidy", "small_schools", "pupil_km"],
        "longest_m": None,
        "rooms": False,
        "ceiling_baht": 1_250_000,
        "must_stay": ["A"],
        "hosts": {"B": "A"},
        "from_term": "2/2570",
    }
    assert state.view()["rules"]["written"]
    assert settle(read_rules(folder), state.office) == state.rules
    state.unpin("hosts", "B")
    state.unpin("must_stay", "A")
    assert (state.rules.hosts, state.rules.must_stay) == ({}, [])
    state.usual()
    assert state.rules == settle(Rules(), state.office)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("close_at_most", "ห้า"),
        ("close_at_most", "-1"),
        ("from_term", "3/2570"),
        ("seconds", "0"),
        ("kind", "sell"),
        ("no", "1"),
    ],
)
def test_what_no_rule_can_be_is_refused(state: Planning, name: str, value: str) -> None:
    before = state.rules
    with pytest.raises(UsageError):
        state.set_rule(name, value)
    assert state.rules == before


def test_the_last_objective_stays(state: Planning) -> None:
    for objective in state.rules.order[1:]:
        state.count(objective, False)
    with pytest.raises(UsageError, match="เป้าหมาย"):
        state.count(state.rules.order[0], False)
    first = state.rules.order[0]
    state.move(first, -1)
    assert state.rules.order == [first]


def test_a_part_of_a_schools_name_is_enough_where_no_other_has_it(state: Planning) -> None:
    state.pin("must_stay", "เรียนA")
    assert state.rules.must_stay == ["A"]
    with pytest.raises(UsageError, match=r"โรงเรียนA \(A\), โรงเรียนB \(B\), โรงเรียนH \(H\), โรงเรียนN \(N\)"):
        state.pin("must_stay", "เรียน")


@pytest.mark.parametrize("text", ["", "C", "โรงเรียนZ (A)"])
def test_a_school_that_nobody_knows(state: Planning, text: str) -> None:
    with pytest.raises(UsageError, match="ไม่พบโรงเรียน"):
        state.pin("must_stay", text)


# -- search ----
def test_the_best_plan_the_curve_and_the_present_state(state: Planning) -> None:
    searched(state)
    view = state.view()
    assert view["search"]["status"] == "optimal"
    assert view["search"]["closes"] == ["โรงเรียนA (A)"]
    assert [level["value"] for level in view["search"]["levels"][:2]] == ["1 แห่ง", f"{A_TO_H:,} บาท"]
    assert {level["gap"] for level in view["search"]["levels"]} == {"0"}
    assert [(p["schools_closed"], p["subsidy_baht"], p["p90_m"]) for p in view["curve"]] == [
        (0, 0, None),
        (1, A_TO_H, 2000),
    ]
    by_hand = simulate(
        Scenario.model_validate({"name": "x", "merges": [merge("A", "H")], "stem": "x"}), state.office
    ).summary
    best = row(state, "best")
    assert best == {key: by_hand[key] for key in best}
    assert (best["subsidy_total_baht"], best["pupils_moved"], best["median_m"]) == (A_TO_H, 4, 2000)
    assert row(state, "present")["subsidy_total_baht"] == 0
    assert row(state, "present")["median_m"] is None
    json.dumps(view, allow_nan=False)


def test_a_changed_rule_makes_what_was_found_stale(state: Planning) -> None:
    searched(state)
    assert not state.view()["search"]["stale"]
    state.set_rule("close_at_most", "1")
    assert state.view()["search"]["stale"]


def test_rules_that_stand_in_each_others_way_and_giving_way(state: Planning) -> None:
    """A and B can both close only where B's children may travel 9,000 m to H."""
    state.pin("must_close", "A")
    state.pin("must_close", "B")
    searched(state)
    view = state.view()["search"]
    assert view["status"] == "infeasible"
    assert {one["rule"] for one in view["clash"]} == {"longest_m", "must_close"}
    [far] = [one for one in view["clash"] if one["rule"] == "longest_m"]
    assert far["gives"] == "จะมีแผน ถ้าเปลี่ยนเป็น 9,000 เมตร (เดิม 6,000)"
    state.relax("longest_m")
    state.job.wait(WAIT_S)
    assert state.rules.longest_m == 9000
    assert state.view()["search"]["closes"] == ["โรงเรียนA (A)", "โรงเรียนB (B)"]
    assert row(state, "best")["subsidy_total_baht"] == A_TO_H + B_TO_H


def test_giving_way_for_the_fewest_schools(state: Planning) -> None:
    state.pin("must_close", "A")
    state.pin("must_close", "B")
    searched(state)
    state.relax("must_close")
    state.job.wait(WAIT_S)
    assert len(state.rules.must_close) == 1
    assert len(state.view()["search"]["closes"]) == 1


def test_nothing_to_relax(state: Planning) -> None:
    searched(state)
    with pytest.raises(UsageError, match="ผ่อน"):
        state.relax("rooms")


def test_a_search_that_is_stopped_keeps_the_best_plan(state: Planning) -> None:
    found = find(state.office, state.rules, progress=lambda *_: True)
    assert found.best.levels, "the present state at least"
    assert (found.points, found.reasons) == ([], [])
    assert found.others == [found.best]
    json.dumps(found.record(), allow_nan=False)


# -- plans ----
def test_a_dot_is_looked_at_and_joins_the_plans(state: Planning) -> None:
    searched(state)
    assert "curve-1" not in state.plans()
    state.look("curve-1")
    view = state.view()
    assert view["looked"]["name"] == "ย้ายทุกชั้น 1 โรงเรียน ค่าพาหนะต่ำสุด"
    assert row(state, "curve-1")["subsidy_total_baht"] == A_TO_H
    with pytest.raises(UsageError, match="ไม่มีแผนนี้"):
        state.look("curve-9")
    searched(state)
    assert state.view()["looked"]["key"] == "present", "the dots are others now"


def test_a_new_search_keeps_the_best_plan_before_and_what_is_compared(state: Planning) -> None:
    searched(state)
    first = state.plans()["best"].merges
    state.look("curve-1")
    state.choose("curve-1", True)
    state.set_rule("longest_m", "9000")
    state.set_rule("close_only_small", False)
    searched(state)
    kept = {plan.name: key for key, plan in state.plans().items() if key.startswith("kept-")}
    assert list(kept) == ["ดีที่สุด 6 กม.", "ย้ายทุกชั้น 1 โรงเรียน ค่าพาหนะต่ำสุด 6 กม."]
    assert state.plans()[kept["ดีที่สุด 6 กม."]].merges == first
    assert state.plans()["best"].merges != first
    assert set(kept.values()) <= set(state.compared())
    state.drop(kept["ดีที่สุด 6 กม."])
    assert "ดีที่สุด 6 กม." not in {plan.name for plan in state.plans().values()}
    searched(state)
    names = [plan.name for key, plan in state.plans().items() if key.startswith("kept-")]
    assert names[-1] == "ดีที่สุด 9 กม. · ไม่บังคับย้ายทุกชั้นได้เฉพาะโรงเรียนขนาดเล็ก"


def test_who_travels_beyond_the_limit_as_before_is_told(tmp_path: Path) -> None:
    """Two children of A live at 11,000 m: 8,000 m to A, 7,000 m to H at 4,000 m. The home of one more is not known."""
    folder = write_small_office(
        tmp_path / "office",
        schools="H 4000 P1-P6 rooms=20\nA 3000 P1-P6 rooms=6",
        villages="vh 4000\nva 3500\nvf 11000",
        students="H P1 vh 150\nA P1 va 3\nA P2 vf 2\nA P3 . 1",
    )
    state = searched(Planning(measure(open_cycle(folder))))
    search = state.view()["search"]
    assert search["closes"] == ["โรงเรียนA (A)"]
    assert search["beyond"] == [
        "เด็กที่ย้าย 2 คนเดินทางเกิน 6 กม. เพราะเดิมไกลกว่านี้และไม่ไกลขึ้น ไกลสุด 7.0 กม.",
        "ผู้ที่ย้ายซึ่งยังวัดระยะทางไม่ได้ 1 คน ไม่นับในเป้าหมาย และไม่ถือว่าเกินขีดจำกัด",
    ]
    limits = {name: words for name, words, *_ in state.view()["rules"]["limits"]}
    assert limits["longest_m"] == "ระยะทางไม่เกิน (ยกเว้นเด็กที่เดิมไกลกว่านี้และไม่ไกลขึ้น)"


@pytest.mark.parametrize(
    ("value", "bound", "said"),
    [
        (None, 0.0, "กำลังค้นหา"),
        (70, 0.0, "กำลังค้นหา ดีที่สุดที่พบ 70 แห่ง"),
        (70, -math.inf, "กำลังค้นหา ดีที่สุดที่พบ 70 แห่ง"),
        (70, 35.0, "ดีที่สุดที่พบ 70 แห่ง ขอบเขต 35 แห่ง ช่องว่าง 50.00%"),
        (0, 0.0, "ดีที่สุดที่พบ 0 แห่ง ขอบเขต 0 แห่ง ช่องว่าง 0"),
    ],
)
def test_a_bound_that_says_nothing_is_not_shown(value: int | None, bound: float, said: str) -> None:
    assert spell_progress("small_schools", value, bound) == said


def test_a_plan_that_is_no_more_leaves_the_present_state(state: Planning) -> None:
    searched(state)
    state.look("best")
    state.pin("must_close", "A")
    state.pin("must_close", "B")
    searched(state)
    assert state.view()["looked"]["key"] == "present"
    state.school("A")
    state.add("H")
    state.look("hand")
    assert state.view()["looked"]["key"] == "hand"
    state.undo()
    assert state.view()["looked"]["key"] == "present"
    state.redo()
    assert state.view()["looked"]["key"] == "hand"


def test_up_to_three_are_compared_beside_the_present_state(folder: Path) -> None:
    for stem in "abcd":
        write_scenario(folder, stem, [merge("A", "H")], name=f"ทาง {stem}")
    state = Planning(measure(open_cycle(folder)))
    assert state.compared() == ["file:a", "file:b", "file:c"]
    assert len(state.compared()) == COMPARED
    with pytest.raises(UsageError, match="เทียบได้"):
        state.choose("file:d", True)
    state.choose("file:a", False)
    state.choose("file:d", True)
    assert [plan.name for plan in state.scenarios()] == ["ทาง b", "ทาง c", "ทาง d"]
    compared = state.view()["compare"]
    assert compared["heads"] == [PRESENT.name, "ทาง b", "ทาง c", "ทาง d"]
    [baht] = [cells for cells in compared["rows"] if cells[1] == "ค่าพาหนะทั้งสำนักงานเขตต่อปี"]
    assert baht[3:] == ["0", *[f"{A_TO_H:,} (+{A_TO_H:,})"] * 3]


def test_a_scenario_file_that_cannot_be_is_told_and_left_aside(folder: Path) -> None:
    write_scenario(folder, "bad", [merge("A", "Z")])
    (folder / "scenarios" / "worse.yaml").write_text("merges: 1\n", "utf-8")
    write_scenario(folder, "good", [merge("A", "H")])
    state = Planning(measure(open_cycle(folder)))
    assert list(state.plans()) == ["present", "file:good"]
    faults = " ".join(state.view()["looked"]["faults"])
    assert "bad.yaml" in faults
    assert "worse.yaml" in faults


def test_the_drawn_map_keeps_the_colours_of_its_bands(state: Planning) -> None:
    searched(state)
    state.look("best")
    state.draw()
    state.job.wait(WAIT_S)
    assert state.job.fault == ""
    data = base64.b64decode(state.view()["looked"]["map"].partition(",")[2])
    with Image.open(io.BytesIO(data)) as drawn:
        colours = [colour for _, colour in drawn.convert("RGB").getcolors(1 << 24)]
    for _, band in band_looks(state.office.policy.settings.bands):
        wanted = ImageColor.getrgb(band)
        assert min(max(abs(a - b) for a, b in zip(one, wanted, strict=True)) for one in colours) < 16, band


# -- by hand ----
def test_hosts_are_ranked_for_the_schools_own_children(folder: Path) -> None:
    point = [str(degrees) for degrees in place(5000, 0)]
    head = ["closure_id", "lat", "lon", "from", "to", "reason"]
    write_rows(folder / "inputs" / "closures.csv", head, [["น้ำ", *point, "wet-season", "wet-season", "ท่วม"]])
    office = measure(open_cycle(folder)).office
    hosts = ranked_hosts(PRESENT, office, merge_of("B"))
    shown = hosts.set_index("host_id")
    # From vb at 9,000: N is 500 m away, A 6,000, H 9,000; the way over 5,000 is under water in the wet season.
    assert hosts["host_id"].tolist() == ["N", "A", "H"]
    assert shown["median_m"].tolist() == [500, 6000, 9000]
    assert shown["can"].tolist() == [False, True, True]
    assert shown.at["N", "against"][0] == "ไม่ได้เปิดชั้น ป.1–ป.6"
    wet = "นักเรียนของ โรงเรียนB (B) 5 คน ไปโรงเรียนหลักไม่ได้ในฤดูฝน"
    assert shown.at["A", "against"] == [wet]
    assert shown.at["H", "against"] == ["นักเรียนของ โรงเรียนB (B) 5 คน ต้องเดินทางเกิน 6 กม.", wet]


def test_special_area_and_readiness_speak_against_a_host_before_as_they_warn_after(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path / "office",
        schools="H 0 P1-P6 rooms=9 readiness=รอซ่อมอาคาร\nA 3000 P1-P6 special_area=highland\nC 9000 P1-P6",
        villages="v 1000",
        students="A P1 v 4\nH P1 v 20\nC P1 v 9",
    )
    state = Planning(measure(open_cycle(folder)))
    state.school("A")
    near = state.view()["hand"]["hosts"][0]
    # 1,000 m at the speed of the road, whatever that is: the minutes are the office's own.
    minutes = int(state.office.minutes[state.office.origin[0], state.office.place["H"]])
    assert (near["host_id"], near["median_m"], near["median_minutes"]) == ("H", 1000, minutes)
    assert near["against"] == [
        "โรงเรียนA (A) อยู่ในพื้นที่ลักษณะพิเศษ",
        "โรงเรียนH (H) ยังไม่พร้อมรับนักเรียน: รอซ่อมอาคาร",
    ]
    state.add("H")
    assert sorted(state.draft.outcome.warnings["message"]) == sorted(near["against"])


def test_who_learns_elsewhere_already_still_belongs_to_the_school(tmp_path: Path) -> None:
    folder = write_office(tmp_path / "office", mergers="B P1-P6 1/2569 A learn-together existing")
    state = Planning(measure(open_cycle(folder)))
    state.school("B")
    hand = state.view()["hand"]
    assert hand["about"] == "เด็ก 5 คน ปัจจุบัน 5 คนเรียนที่ โรงเรียนA (A)"
    assert [(one["host_id"], one["median_m"]) for one in hand["hosts"]] == [("N", 500), ("A", 6000), ("H", 9000)]
    assert hand["hosts"][1]["against"][0] == "5 คนเรียนที่นี่อยู่แล้ว"
    state.add("H")
    assert row(state, "hand")["pupils_moved"] == 5
    state.school("A")  # its own four, and the five of B unless the draft sends them on
    assert state.view()["hand"]["about"] == "เด็ก 4 คน"
    state.undo()
    assert state.view()["hand"]["about"] == "เด็ก 9 คน"


@pytest.mark.parametrize(
    ("mergers", "more", "said"),
    [
        ("X P1-P6 1/2565 H dissolve existing", "", "เลิกแล้ว รวมกับ โรงเรียนH ตั้งแต่ 1/2565"),
        ("", "status=closed", "เลิกแล้ว ตามตารางโรงเรียน"),
        ("", "", "ไม่มีนักเรียน"),
    ],
)
def test_a_school_with_nothing_to_merge_says_so(tmp_path: Path, mergers: str, more: str, said: str) -> None:
    folder = write_small_office(
        tmp_path / "office",
        schools=f"H 0 P1-P6\nX 3000 P1-P6 {more}",
        villages="v 1000",
        students="H P1 v 20",
        mergers=mergers,
    )
    state = Planning(measure(open_cycle(folder)))
    state.school("X")
    hand = state.view()["hand"]
    assert (hand["about"], hand["can"], hand["hosts"]) == (said, False, [])
    with pytest.raises(UsageError, match=said):
        state.add("H")
    assert shown_merges(state) == []


def test_rooms_and_what_a_host_gives_away_speak_against_it(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path / "office",
        schools="H 0 P1-P6 rooms=1\nA 3000 P1-P6\nB 4000 P1-P6\nC 5000 P1-P6 status=closed",
        villages="v 1000",
        students="H P1 v 20\nA P1 v 4\nB P2 v 5",
    )
    office = measure(open_cycle(folder)).office
    drafted = Scenario.model_validate({"name": "x", "merges": [merge("A", "H")], "stem": "x"})
    shown = ranked_hosts(drafted, office, merge_of("B")).set_index("host_id")
    assert list(shown.index) == ["H", "A"], "a closed school is no host"
    # H has one room; it needs one for P1 (24 pupils) and one for P2 (5).
    assert shown.at["H", "against"] == ["โรงเรียนH (H) ต้องใช้ 2 ห้อง แต่มี 1 ห้อง"]
    assert shown.at["H", "can"]
    assert shown.at["A", "against"] == ["ย้ายชั้น ป.1–ป.6 ไปที่อื่นเอง"]
    assert not shown.at["A", "can"]
    # What the draft says of the school itself is left aside: hosts are shown as if it were still to be decided.
    assert standing(drafted, office, "A").pupils == 4
    assert ranked_hosts(drafted, office, merge_of("A"))["host_id"].tolist() == ["H", "B"]


def test_merges_by_hand_with_undo_and_redo(state: Planning) -> None:
    with pytest.raises(UsageError, match="ยังไม่ได้เลือกโรงเรียน"):
        state.add("H")
    state.school("A")
    state.of_merge("kind", "merge")
    state.add("H")
    assert shown_merges(state) == [("โรงเรียนA (A)", "โรงเรียนH (H)")]
    figures = row(state, "hand")
    assert (figures["schools_closed"], figures["subsidy_total_baht"], figures["median_m"]) == (1, A_TO_H, 2000)
    state.school("B")
    with pytest.raises(ScenarioError, match=r"^โรงเรียน[AB] \([AB]\) ตั้งแต่ 1/2570: .*ย้ายชั้น"):
        state.add("A")  # A itself has moved away
    assert len(shown_merges(state)) == 1, "what is refused changes nothing"
    state.of_merge("grades", "P1-P3")
    state.add("nearest")
    assert shown_merges(state)[1] == ("โรงเรียนB (B)", "โรงเรียนที่ใกล้บ้านที่สุด")
    # Of B only the four of P2, who go 9,000 m to H: A gives these grades away.
    assert row(state, "hand")["subsidy_total_baht"] == A_TO_H + 4 * 15 * 200
    state.undo()
    state.undo()
    assert shown_merges(state) == []
    state.undo()  # nothing before
    state.redo()
    state.redo()
    assert len(shown_merges(state)) == 2
    state.remove(0)
    assert [school for school, _ in shown_merges(state)] == ["โรงเรียนB (B)"]
    assert not state.draft.can_redo
    with pytest.raises(UsageError, match="ไม่มีรายการ"):
        state.remove(7)


NO_MERGES = [("grades", "X"), ("kind", "sell"), ("programme", "none"), ("note", "H")]


@pytest.mark.parametrize(("name", "value"), NO_MERGES)
def test_what_no_merge_can_be_is_refused(state: Planning, name: str, value: str) -> None:
    state.school("A")
    before = state.view()["hand"]
    with pytest.raises(UsageError, match=r"ใช้ไม่ได้|ไม่มีช่อง"):
        state.of_merge(name, value)
    assert state.view()["hand"] == before


@pytest.mark.parametrize("text", ["2570", "1/70", "3/2570", ""])
def test_what_is_no_term_is_refused_at_its_field(state: Planning, text: str) -> None:
    state.school("A")
    held = state.view()["hand"]["from_term"]
    for field, put in (("hand", state.of_merge), ("rules", state.set_rule)):
        with pytest.raises(UsageError, match="ไม่ใช่ภาคเรียน"):
            put("from_term", text)
        view = state.view()[field]
        assert view["from_term"] == held
        assert view["term_fault"].startswith(f"“{text}” ไม่ใช่ภาคเรียน")
        put("from_term", "2/2571")
        view = state.view()[field]
        assert (view["from_term"], view["term_fault"]) == ("2/2571", "")


def test_a_term_before_the_newest_count_is_warned_of(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path / "office",
        schools="H 0 P1-P6\nA 3000 P1-P6",
        villages="v 1000",
        student_head="school_id grade village_id count as_of",
        students="H P1 v 20 1/2569\nA P1 v 4 1/2569",
    )
    state = Planning(measure(open_cycle(folder)))
    state.of_merge("from_term", "2/2568")
    assert "การนับนักเรียนครั้งล่าสุด (1/2569)" in state.view()["hand"]["term_warning"]
    state.of_merge("from_term", "1/2569")
    assert state.view()["hand"]["term_warning"] == ""


def test_what_stands_in_a_field_goes_along_with_the_next_action(state: Planning) -> None:
    state.school("A")
    state.in_turn([["of_merge", {"name": "from_term", "value": "2/2571"}], ["add", {"host": "H"}]])
    assert [one.from_term for one in state.draft.scenario.merges] == ["2/2571"]
    state.undo()
    with pytest.raises(UsageError, match="ไม่ใช่ภาคเรียน"):
        state.in_turn([["of_merge", {"name": "from_term", "value": "2570"}], ["add", {"host": "H"}]])
    assert shown_merges(state) == [], "what is refused keeps the button from being done"


def test_a_school_that_moves_takes_along_who_came_to_it(tmp_path: Path) -> None:
    """X learns at A already; when A goes to H, X goes there too, in one step."""
    folder = write_office(tmp_path / "office", mergers="B P1-P6 1/2569 A merge existing")
    state = Planning(measure(open_cycle(folder)))
    assert row(state, "present")["subsidy_total_baht"] == B_TO_A
    state.school("A")
    state.add("H")
    assert shown_merges(state) == [("โรงเรียนA (A)", "โรงเรียนH (H)"), ("โรงเรียนB (B)", "โรงเรียนH (H)")]
    assert state.draft.scenario.merges[1].kind == "merge"
    assert "โรงเรียนB (B)" in state.view()["save"]["said"]
    assert row(state, "hand")["subsidy_total_baht"] == A_TO_H + B_TO_H
    state.undo()
    assert shown_merges(state) == []


def test_each_village_goes_to_the_nearest_of_the_hosts_that_are_chosen(tmp_path: Path) -> None:
    """From vw at 4,000 it is 1,000 m to A and 4,000 to H; from vx at 1,000 2,000 m and 1,000."""
    folder = write_small_office(
        tmp_path / "office",
        schools="H 0 P1-P6 rooms=20\nA 3000 P1-P6 rooms=6\nX 2000 P1-P6\nN 1500 K1-K3",
        villages="vw 4000\nvx 1000",
        students="X P1 vw 3\nX P2 vx 2\nH P1 vx 9\nA P1 vw 9\nN K1 vx 9",
    )
    state = Planning(measure(open_cycle(folder)))
    state.school("X")
    with pytest.raises(UsageError, match="ยังไม่ได้เลือกโรงเรียนหลัก"):
        state.add([])
    with pytest.raises(ScenarioError, match="ไม่ได้เปิดชั้น"):
        state.add(["A", "N"])
    state.add(["A", "H"])
    assert shown_merges(state) == [("โรงเรียนX (X)", "โรงเรียนA (A) หรือ โรงเรียนH (H)")]
    state.save("ก")
    [saved] = read_scenario(folder / "scenarios" / "ก.yaml").merges
    assert saved.host == ["A", "H"]
    paid = read_rows(folder / "outputs" / "scenarios" / "ก" / "subsidy.csv")
    assert {(one["village_id"], one["host_id"], one["pupils"]) for one in paid} == {("vw", "A", "3"), ("vx", "H", "2")}


def test_who_came_to_a_school_goes_along_to_hosts_that_are_chosen(tmp_path: Path) -> None:
    folder = write_office(tmp_path / "office", mergers="B P1-P6 1/2569 A merge existing")
    state = Planning(measure(open_cycle(folder)))
    state.school("A")
    state.add(["H"])
    assert [(one.school, one.host) for one in state.draft.scenario.merges] == [("A", ["H"]), ("B", ["H"])]
    state.undo()
    with pytest.raises(ScenarioError, match="โรงเรียนหลัก B ย้ายชั้น"):
        state.add(["B", "H"])  # B came to A itself: where it goes is not for us to write


def test_words_are_those_of_the_kind_of_merge(state: Planning) -> None:
    for kind, leave in (("learn-together", "ย้ายทุกชั้น"), ("merge", "ปิด"), ("dissolve", "ปิด")):
        state.set_rule("kind", kind)
        rules = state.view()["rules"]
        assert dict(rules["pinnable"])["must_close"] == f"ต้อง{leave}"
        limits = {name: words for name, words, *_ in rules["limits"]}
        assert limits["close_at_least"] == f"{leave}อย่างน้อย"
        assert dict(rules["unused"])["closures"] == f"โรงเรียนที่{leave}"
        assert "{" not in json.dumps([rules["switches"], rules["order"], rules["limits"]])
        state.pin("must_close", "A")
        assert f"โรงเรียนที่ต้อง{leave}: โรงเรียนA (A)" in spell_limits(state.rules, state.office)


def test_a_found_plan_is_gone_on_with_by_hand(state: Planning) -> None:
    searched(state)
    state.take("best")
    assert shown_merges(state) == [("โรงเรียนA (A)", "โรงเรียนH (H)")]
    state.undo()
    assert shown_merges(state) == []


def test_the_save_button_and_what_it_says_name_the_plan(state: Planning, folder: Path) -> None:
    searched(state)
    state.look("best")
    state.school("B")
    state.add("H")
    assert state.view()["save"]["plan"] == "แผนด้วยมือ (1 รายการ)", "who works by hand saves what is made by hand"
    state.save("ก")
    assert state.view()["save"]["said"].startswith("บันทึกแผนด้วยมือ (1 รายการ) แล้วที่ scenarios/ก.yaml")
    assert [one.school for one in read_scenario(folder / "scenarios" / "ก.yaml").merges] == ["B"]


# -- why ----
def test_why_a_school_closes_and_another_stays(state: Planning) -> None:
    with pytest.raises(UsageError, match="กดค้นหาก่อน"):
        state.ask("A")
    searched(state)
    state.ask("A")
    state.job.wait(WAIT_S)
    why = state.view()["why"]
    assert why["closes"]
    assert {(one["host"], one["instead"]) for one in why["hosts"]} == {("โรงเรียนH (H)", "ไม่มีที่อื่นตามเกณฑ์")}
    # The best plan in which A stays closes B to A: as many small schools.
    assert f"ค่าพาหนะทั้งเขตต่อปี +{B_TO_A - A_TO_H:,} บาท" in why["opposite"]
    assert "โรงเรียนขนาดเล็ก" not in why["opposite"]
    state.ask("B")
    state.job.wait(WAIT_S)
    why = state.view()["why"]
    assert not why["closes"]
    # Without the first A and B both close to H, without the second H and B to A: no small school is left.
    assert why["binding"] == ["ระยะทางไกลสุด 6,000 เมตร", "ย้ายทุกชั้นได้เฉพาะโรงเรียนขนาดเล็ก"]


# -- saving ----
def test_a_plan_is_saved_with_its_warnings_and_never_over_another_unasked(state: Planning, folder: Path) -> None:
    state.school("B")
    state.add("H")
    state.look("hand")
    state.save(" ทาง/เลือก: ค ")
    path = folder / "scenarios" / "ทาง-เลือก-ค.yaml"
    saved = read_scenario(path)
    assert saved.name == "ทาง/เลือก: ค"
    assert [(one.school, one.host) for one in saved.merges] == [("B", "H")]
    warned = read_rows(folder / "outputs" / "scenarios" / "ทาง-เลือก-ค" / "warnings.csv")
    assert [one["rule"] for one in warned] == ["far-road_m"]
    assert "ข้อควรระวัง 1 ข้อ" in state.view()["save"]["said"]
    assert "file:ทาง-เลือก-ค" in state.plans()
    before = path.read_bytes()
    state.look("present")
    state.save("ทาง/เลือก: ค")
    shown = state.view()["save"]
    assert (shown["said"], shown["exists"], shown["plan"]) == ("", "ทาง/เลือก: ค", PRESENT.name)
    assert path.read_bytes() == before
    state.save("ทาง/เลือก: ค", replace=True)
    assert read_scenario(path).merges == []
    assert state.plans()["file:ทาง-เลือก-ค"].merges == []


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a", "a"), ("../../x", "x"), ("ก" * 200, "ก" * 80), ("แผน ๑ (ใหม่)", "แผน-๑-(ใหม่)"), ("a\\b|c\n", "a-b-c")],
)
def test_file_stem(name: str, stem: str) -> None:
    assert file_stem(name) == stem


@pytest.mark.parametrize("name", ["", "  ", "///", "...", "con", "NUL", "present", "Present"])
def test_what_no_file_can_be_called(name: str) -> None:
    with pytest.raises(UsageError):
        file_stem(name)


# -- work behind ----
def test_one_job_at_a_time_told_and_stopped() -> None:
    shown: list[str] = []
    job = Job(lambda: shown.append(job.told))

    def work() -> None:
        while not job.tell("กำลังนับ"):
            pass

    job.start(work, "เริ่ม")
    with pytest.raises(UsageError, match="กำลังทำงานอื่น"):
        job.start(work, "อีกงาน")
    job.wait(0.05)
    assert not job.running
    assert shown[0] == "กำลังนับ"
    assert shown[-1] == "", "that it is done is shown too"


def test_a_job_that_fails_says_why() -> None:
    job = Job(lambda: None)

    def work() -> None:
        raise UsageError("ทำไม่ได้: เหตุผล", "It cannot be done.")

    job.start(work, "เริ่ม")
    job.wait(WAIT_S)
    assert (job.running, job.fault) == (False, "ทำไม่ได้: เหตุผล")

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/somewhere/plan.docx")

    job.start(full, "เขียน")
    job.wait(WAIT_S)
    assert job.fault.startswith("เขียนหรืออ่านไฟล์ plan.docx ไม่ได้ (No space left on device)")
    job.start(lambda: None, "อีกครั้ง")
    job.wait(WAIT_S)
    assert job.fault == ""


# -- restructure optimise ----
def test_optimise_writes_the_plan_and_what_is_asked_beside_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["optimise", str(folder), "--seconds", "30"]) == 0
    out = capsys.readouterr().out
    assert "พิสูจน์แล้วว่าดีที่สุด ย้ายทุกชั้น 1 โรงเรียน" in out
    assert f"ค่าพาหนะทั้งเขตต่อปี {A_TO_H:,} บาท (ขอบเขต {A_TO_H:,} บาท ช่องว่าง 0)" in out
    saved = read_scenario(folder / "scenarios" / "optimised.yaml")
    assert [(one.school, one.host, one.grades) for one in saved.merges] == [("A", "H", "all")]
    made = folder / "outputs" / "optimise"
    best = json.loads((made / "best.json").read_text("utf-8"))
    assert (best["status"], best["closes"], best["scenario"], best["conflict"]) == ("optimal", ["A"], "optimised", None)
    assert best["levels"][1] == {"objective": "subsidy", "value": A_TO_H, "bound": A_TO_H, "gap": 0.0}
    assert best["rules"]["longest_m"] == 6000
    curve = read_rows(made / "curve.csv")
    assert [(one["schools_closed"], one["subsidy_baht"]) for one in curve] == [("0", "0"), ("1", str(A_TO_H))]
    plans = read_rows(made / "alternatives.csv")
    # Plans differ in two schools: B closes in place of A.
    assert [(one["plan"], one["closes"], one["subsidy_baht"]) for one in plans] == [
        ("0", "", "0"), ("1", "A", str(A_TO_H)), ("2", "B", str(B_TO_A)),
    ]  # fmt: skip
    why = read_rows(made / "why.csv")
    assert (why[0]["school_id"], why[0]["decision"], why[0]["host_id"]) == ("A", "closes", "H")
    assert {one["opposite_subsidy_baht"] for one in why} == {str(B_TO_A - A_TO_H)}
    assert why[-1]["school_id"] == "B"
    assert why[-1]["binding"] == "longest_m close_only_small"
    manifest = json.loads((folder / "outputs" / "manifest.json").read_text("utf-8"))
    assert manifest["steps"]["optimise"]["parameters"]["rules"]["seconds"] == 30.0


def test_optimise_again_gives_the_same_bytes_and_spares_what_a_person_changed(folder: Path) -> None:
    assert main(["optimise", str(folder)]) == 0
    first = {name: data for name, data in files_in(folder).items() if not name.endswith("manifest.json")}
    assert main(["optimise", str(folder)]) == 0
    assert {name: data for name, data in files_in(folder).items() if not name.endswith("manifest.json")} == first
    path = folder / "scenarios" / "optimised.yaml"
    path.write_text(path.read_text("utf-8").replace("learn-together", "dissolve"), "utf-8")
    changed = path.read_bytes()
    assert main(["optimise", str(folder)]) == 0
    assert path.read_bytes() == changed
    assert (folder / "scenarios" / "optimised-2.yaml").read_bytes() == first["scenarios/optimised.yaml"]
    (folder / "scenarios" / "optimised-2.yaml").write_text("name: [", "utf-8")
    assert main(["optimise", str(folder)]) == 0
    assert (folder / "scenarios" / "optimised-3.yaml").is_file()


def test_optimise_what_cannot_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "optimise.yaml").write_text("must_close: [A, B]\n", "utf-8")
    assert main(["optimise", str(folder)]) == 1
    said = capsys.readouterr()
    assert "2 ข้อนี้อยู่ด้วยกันไม่ได้" in said.err
    assert "ระยะทางไกลสุด 6,000 เมตร → จะมีแผน ถ้าเปลี่ยนเป็น 9,000 เมตร (เดิม 6,000)" in said.err
    assert said.err.splitlines()[-1] == "No plan keeps the rules."
    assert not (folder / "scenarios").exists()
    best = json.loads((folder / "outputs" / "optimise" / "best.json").read_text("utf-8"))
    assert (best["status"], best["levels"], best["scenario"]) == ("infeasible", [], None)
    assert {one["rule"]: one["instead"] for one in best["conflict"]["relaxed"]}["longest_m"] == 9000


@pytest.mark.parametrize("text", ["must_close: [Z]", "order: []", "longest: 3", "must_close: A"])
def test_optimise_with_rules_that_cannot_be_read(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "optimise.yaml").write_text(text, "utf-8")
    assert main(["optimise", str(folder)]) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert "optimise.yaml" in first
    assert second.startswith("optimise.yaml")


@pytest.mark.parametrize("seconds", ["0", "x", "-1", "1.5", "100000"])
def test_optimise_in_no_time(folder: Path, seconds: str) -> None:
    assert main(["optimise", str(folder), f"--seconds={seconds}"]) == 2


def test_an_interrupt_is_asked_about_and_the_second_one_ends() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts() as interrupted:
        assert not interrupted()
        signal.raise_signal(signal.SIGINT)
        assert interrupted()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before

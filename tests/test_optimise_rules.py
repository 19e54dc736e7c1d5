"""What single rules do, on offices of a few schools whose best plan can be told by hand; rules as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from towns import (
    Plans,
    Pupils,
    Town,
    empty_school,
    office_of,
    pair,
    plan_of,
    random_town,
)

from restructure._errors import RulesError
from restructure.optimise.asking import alternatives, curve, why
from restructure.optimise.conflicts import conflict
from restructure.optimise.finding import search
from restructure.optimise.plans import best_plan, present_values, to_scenario
from restructure.optimise.rules import Rules, read_rules, settle
from restructure.scenario import PRESENT
from restructure.simulate import simulate


@pytest.mark.parametrize(("here", "small"), [(99, 1), (100, 1), (101, 0)])
def test_a_school_of_120_is_small(here: int, small: int) -> None:
    best = best_plan(office_of(pair(here, 20, 3_000)), Rules(must_close=["S2"]))
    assert (best.values["small_schools"], best.status) == (small, "optimal")


@pytest.mark.parametrize(
    ("town", "closes"),
    [
        (pair(200, 9, 6_000), ["S2"]),
        (pair(200, 9, 6_001), []),
        (pair(200, 9, 6_001, now=6_001), ["S2"]),
        (pair(200, 9, 6_002, now=6_001), []),
        (pair(200, 9, 3_000, minutes=30), ["S2"]),
        (pair(200, 9, 3_000, minutes=31), []),
        (pair(200, 9, 3_000, minutes=31, now=15_500), ["S2"]),
    ],
)
def test_limits_are_inclusive_and_spare_who_travels_far_already(town: Town, closes: list[str]) -> None:
    assert best_plan(office_of(town), Rules()).closes == closes


@pytest.mark.parametrize(("rooms", "closes"), [(5, []), (6, ["S2"]), (None, ["S2"])])
def test_rooms_count_a_remainder_of_ten(rooms: int | None, closes: list[str]) -> None:
    """200 pupils of a grade need 5 rooms, 209 too, 210 need 6; unknown rooms never bind."""
    for there, expected in ((9, ["S2"]), (10, closes)):
        town = pair(200, there, 100)._replace(rooms={"S1": rooms, "S2": 1})
        assert best_plan(office_of(town), Rules()).closes == expected


def test_an_office_without_schools_that_teach() -> None:
    town = pair(200, 9, 100)._replace(closed={"S1", "S2"})
    best = best_plan(office_of(town), Rules())
    assert (best.status, best.closes, best.values["small_schools"]) == ("optimal", [], 0)


def test_of_equal_plans_the_host_of_the_first_code() -> None:
    """S3 has one pupil at V0, as far from S1 as from S2."""
    town = Town(
        grades={name: ["P1"] for name in ["S1", "S2", "S3"]},
        rooms=dict.fromkeys(["S1", "S2", "S3"]),
        special=set(),
        closed=set(),
        pupils=[Pupils("S1", "P1", "V1", "", 200), Pupils("S2", "P1", "V2", "", 200), Pupils("S3", "P1", "V0", "", 1)],
        mergers={},
        ways={
            ("V0", "S1"): (900, 2),
            ("V0", "S2"): (900, 2),
            ("V0", "S3"): (0, 0),
            ("V1", "S1"): (0, 0),
            ("V2", "S2"): (0, 0),
        },
    )
    assert best_plan(office_of(town), Rules()).hosts == {("S3", "P1-P3"): "S1"}
    assert best_plan(office_of(town, {"S1": "S2", "S2": "S1"}), Rules()).hosts == {("S3", "P1-P3"): "S1"}


def test_a_stage_without_pupils_goes_with_its_school() -> None:
    """B offers the empty stage and comes before H; F takes the empty stage of A only if H lacks it."""
    stages = ["P1", "P4"]
    town = Town(
        grades={"A": stages, "B": stages, "F": ["K2", "P4"], "H": stages},
        rooms={"A": None, "B": None, "F": None, "H": 5},
        special=set(),
        closed=set(),
        pupils=[
            Pupils("A", "P1", "V", "", 5),
            Pupils("B", "P1", "W", "", 200),
            Pupils("F", "P4", "W", "", 200),
            Pupils("H", "P1", "V", "", 180),
        ],
        mergers={},
        ways={("V", "A"): (0, 0), ("V", "B"): (900, 2), ("V", "H"): (400, 1), ("W", "B"): (0, 0), ("W", "F"): (0, 0)},
    )
    rules = Rules(must_close=["A"], one_host=False)
    best = best_plan(office_of(town), rules)
    assert (best.status, best.hosts) == ("optimal", {("A", "P1-P3"): "H", ("A", "P4-P6"): "H"})
    assert Plans(town).score(plan_of(best), rules) == best.values
    lacking = town._replace(grades=town.grades | {"H": ["P1"]})
    assert best_plan(office_of(lacking), rules).hosts == {("A", "P1-P3"): "H", ("A", "P4-P6"): "B"}
    # A school without any pupil keeps together where one host offers all: F comes first for kindergarten alone.
    empty = town._replace(
        grades={"A": ["K2", "P1"], "B": ["P1"], "F": ["K2"], "H": ["K2", "P1"]},
        pupils=[one for one in town.pupils if one.roll in ("B", "H")],
    )
    assert set(best_plan(office_of(empty), rules).hosts.values()) == {"H"}


def test_an_empty_stage_stays_where_a_sibling_host_would_be_paid_more() -> None:
    """A child on H's roll came from A in the empty stage: paid for as soon as that stage goes to H."""
    town = Town(
        grades={name: ["P1", "P4"] for name in ("A", "B", "H")},
        rooms=dict.fromkeys(["A", "B", "H"]),
        special=set(),
        closed=set(),
        pupils=[
            Pupils("A", "P1", "V", "", 5),
            Pupils("B", "P1", "W", "", 200),
            Pupils("H", "P1", "V", "", 200),
            Pupils("H", "P4", "V", "A", 1),
        ],
        mergers={},
        ways={("V", "A"): (0, 0), ("V", "H"): (400, 1), ("W", "B"): (0, 0)},
    )
    best = best_plan(office_of(town), Rules(must_close=["A"], one_host=False))
    assert best.hosts == {("A", "P1-P3"): "H", ("A", "P4-P6"): "B"}
    assert best.values["subsidy"] == 5 * 10 * 200


def test_a_school_without_pupils_stays_and_is_not_counted() -> None:
    office = office_of(empty_school(5))
    best = best_plan(office, Rules(must_stay=["A"]))
    assert (best.closes, best.values["small_schools"]) == ([], 1)
    assert present_values(office, Rules())["small_schools"] == 1
    summary = simulate(PRESENT, office).summary
    assert (summary["schools_teaching"], summary["small_schools"]) == (3, 1)
    found = conflict(office, Rules(close_at_least=2))
    assert found is not None
    # Nobody at F or G has a way elsewhere.
    assert [(one.rule, one.instead) for one in found.relaxed] == [("close_at_least", 1)]


@pytest.mark.parametrize(("here", "small"), [(5, 1), (120, 1), (121, 0)])
def test_a_school_without_pupils_may_be_a_host_and_is_counted_then(here: int, small: int) -> None:
    office = office_of(empty_school(here))
    rules = Rules(must_close=["A"], hosts={"A": "E"}, close_only_small=False)
    best = best_plan(office, rules)
    assert (set(best.hosts.values()), best.values["small_schools"]) == ({"E"}, small)
    summary = simulate(to_scenario(best, rules, office, "ก", "a"), office).summary
    keys = ("small_schools", "schools_teaching", "schools_closed")
    assert [summary[key] for key in keys] == [small, 3, 1]


def test_a_school_without_pupils_closes_where_it_must_and_goes_to_one_host() -> None:
    """G takes all of E; F comes first by code, but has no kindergarten."""
    for one_host in (True, False):
        rules = Rules(must_close=["E"], must_stay=["A"], one_host=one_host)
        best = best_plan(office_of(empty_school(5)), rules)
        assert (best.closes, set(best.hosts.values()), best.values["small_schools"]) == (["E"], {"G"}, 1)
        assert len(best.hosts) == 4


def test_brothers_and_sisters_go_to_one_host() -> None:
    """A's primary is nearer to B, its kindergarten to C, which alone takes both; B and C both take lower secondary."""
    town = Town(
        grades={"A": ["K2", "P1", "P4", "M1"], "B": ["P1", "P4", "M1"], "C": ["K2", "P1", "P4", "M1"]},
        rooms=dict.fromkeys(["A", "B", "C"]),
        special=set(),
        closed=set(),
        pupils=[
            *(Pupils("A", grade, "V", "", 5) for grade in ("K2", "P1", "P4", "M1")),
            *(Pupils(name, "P1", f"V{name}", "", 200) for name in ("B", "C")),
        ],
        mergers={},
        ways={("V", "A"): (0, 0), ("V", "B"): (500, 1), ("V", "C"): (900, 2), ("VB", "B"): (0, 0), ("VC", "C"): (0, 0)},
    )
    apart = {("A", "K"): "C", ("A", "P1-P3"): "B", ("A", "P4-P6"): "B", ("A", "M"): "B"}
    together = apart | {("A", "P1-P3"): "C", ("A", "P4-P6"): "C"}
    office = office_of(town)
    parted = best_plan(office, Rules(one_host=False))
    assert parted.hosts == apart
    # A known plan that parts them is left aside.
    assert best_plan(office, Rules(seconds=1e-9), start=parted).closes == []
    best = best_plan(office, Rules())
    assert best.hosts == together
    assert best.values["pupil_km"] == 15 * 900 + 5 * 500
    # The stages of one host are asked about together; lower secondary for itself.
    reasons = why(office, Rules(), best, "A")
    assert [(one.stage, one.instead) for one in reasons.hosts] == [
        ("K", None), ("P1-P3", None), ("P4-P6", None), ("M", "C"),
    ]  # fmt: skip
    assert "one_host" in reasons.binding
    lacking = office_of(town._replace(grades=town.grades | {"C": ["K2", "P1", "M1"]}))
    assert best_plan(lacking, Rules()).closes == []
    found = conflict(lacking, Rules(must_close=["A"]))
    assert found is not None
    assert [tuple(one) for one in found.relaxed] == [("must_close", True, ["A"]), ("one_host", True, None)]
    # Units are not stages: the school that gives way is the right one wherever it stands among the codes.
    found = conflict(office_of(town, {"A": "Z"}), Rules(must_close=["Z"], hosts={"Z": "B"}))
    assert found is not None
    assert [tuple(one) for one in found.relaxed] == [("must_close", True, ["Z"]), ("hosts", True, ["Z"])]


@pytest.mark.parametrize(
    ("flooded", "closes"),
    [((), ["S2"]), (("S1",), []), (("S1", "S2"), ["S2"]), (("S2",), ["S2"])],
)
def test_a_host_can_be_reached_in_the_wet_season(flooded: tuple[str, ...], closes: list[str]) -> None:
    """Who is cut off from S2 already does not bind; without the rule nobody does."""
    town = pair(200, 9, 3_000)._replace(flooded=frozenset(("V2", school) for school in flooded))
    office = office_of(town)
    best = best_plan(office, Rules())
    assert best.closes == closes
    assert best_plan(office, Rules(wet_season=False)).closes == ["S2"]
    found = conflict(office, Rules(must_close=["S2"]))
    if closes:
        assert found is None
        summary = simulate(to_scenario(best, Rules(), office, "ก", "a"), office).summary
        assert summary["cut_off_in_wet_season"] == 9 * ("S1" in flooded)
    else:
        assert found is not None
        assert [tuple(one) for one in found.relaxed] == [("must_close", True, ["S2"]), ("wet_season", True, None)]


def hidden_school(stages: Sequence[str] = ("P1",), at: dict[str, tuple[float, float]] | None = None) -> Town:
    """Nobody's home is known at X; A, B, C have room for all, and pupils who have no way elsewhere."""
    return Town(
        grades={name: ["K2", "P1", "P4", "M1"] for name in ("A", "B", "C")} | {"X": list(stages)},
        rooms=dict.fromkeys("ABCX"),
        special=set(),
        closed=set(),
        pupils=[
            *(Pupils("X", grade, "V9", "", 9) for grade in stages),
            *(Pupils(name, "P1", f"V{name}", "", 200) for name in "ABC"),
        ],
        mergers={},
        ways={(f"V{name}", name): (0, 0) for name in "ABC"},
        at=at or {},
    )


def test_a_school_of_which_nobody_is_measured_stays_unless_it_must_close() -> None:
    """It is small and would cost nothing anywhere."""
    office = office_of(hidden_school())
    assert best_plan(office, Rules()).closes == []
    assert best_plan(office, Rules(order=["small_schools"], hosts={"X": "B"})).closes == []
    best = best_plan(office, Rules(must_close=["X"]))
    assert (best.closes, best.unmeasured, best.values["subsidy"]) == (["X"], 9, 0)
    found = conflict(office, Rules(close_at_least=1))
    assert found is not None
    assert [tuple(one) for one in found.relaxed] == [("close_at_least", True, 0)]
    assert conflict(office, Rules(close_at_least=1, must_close=["X"])) is None
    for rules, codes in (
        (Rules(), ["X"]),
        (Rules(one_host=False), ["X"]),
        (Rules(must_close=["X"]), []),
        (Rules(must_stay=["X"]), []),
    ):
        *_, asked = search(office, rules, sought=())
        assert (asked.unmeasured_schools, asked.record()["unmeasured_schools"]) == (codes, codes)
    # One child whose home is known is enough to weigh it.
    seen = hidden_school()
    seen = seen._replace(
        pupils=[*seen.pupils, Pupils("X", "P1", "VX", "", 1)],
        ways=seen.ways | {("VX", "X"): (0, 0), ("VX", "C"): (900, 2)},
    )
    assert best_plan(office_of(seen), Rules()).hosts == {("X", "P1-P3"): "C"}


@pytest.mark.parametrize(
    ("at", "host"),
    [
        ({"X": (100, 16), "A": (100.2, 16), "B": (100, 16.1), "C": (100.101, 16)}, "C"),  # a degree north is longer
        ({"X": (100, 16), "A": (100.1, 16), "B": (100, 16.1), "C": (99.9, 16)}, "A"),
        ({"X": (100, 16), "B": (100.2, 16)}, "B"),
        ({"A": (100.2, 16), "B": (100, 16), "C": (100, 16)}, "A"),
        ({}, "A"),
    ],
)
@pytest.mark.parametrize("one_host", [True, False])
def test_a_school_of_which_nobody_is_measured_goes_to_the_nearest_in_a_straight_line(
    at: dict[str, tuple[float, float]], host: str, one_host: bool
) -> None:
    office = office_of(hidden_school(("K2", "P1", "M1"), at))
    best = best_plan(office, Rules(must_close=["X"], one_host=one_host))
    assert (best.status, set(best.hosts.values()), len(best.hosts)) == ("optimal", {host}, 3)


def test_the_nearest_in_a_straight_line_goes_before_the_order_of_code() -> None:
    """210 pupils of a grade need 6 rooms, 209 need 5: B takes W or X. For W, first by code, C is as good."""
    town = hidden_school(at={"A": (101, 16), "B": (100, 16), "C": (101, 16), "X": (100, 16)})
    counts = {"X": 4, "A": 200, "B": 205, "C": 200}
    town = town._replace(
        grades=town.grades | {"W": ["P1"]},
        rooms=town.rooms | {"B": 5, "W": None},
        pupils=[one._replace(count=counts[one.roll]) for one in town.pupils] + [Pupils("W", "P1", "VW", "", 4)],
        ways=town.ways | {("VW", "W"): (0, 0), ("VW", "B"): (500, 1), ("VW", "C"): (500, 1)},
    )
    best = best_plan(office_of(town), Rules(must_close=["W", "X"]))
    assert best.hosts == {("W", "P1-P3"): "C", ("X", "P1-P3"): "B"}


@pytest.mark.parametrize("one_host", [True, False])
def test_a_stage_of_which_nobody_is_measured_goes_with_the_others_of_its_school(one_host: bool) -> None:
    """Of X only kindergarten is measured, and goes to C; A comes first by code, and X alone would make it large."""
    town = hidden_school(("K2", "P1", "M1"))
    town = town._replace(
        pupils=[*(one._replace(village="VX") if one.grade == "K2" else one for one in town.pupils)],
        ways=town.ways | {("VX", "X"): (0, 0), ("VX", "C"): (900, 2)},
    )
    few = town._replace(pupils=[one._replace(count=110) if one.roll == "A" else one for one in town.pupils])
    for one in (town, few):
        best = best_plan(office_of(one), Rules(must_stay=["A"], one_host=one_host))
        assert (best.status, set(best.hosts.values()), len(best.hosts)) == ("optimal", {"C"}, 3)
        assert best.unmeasured == 18
    # Where C cannot take lower secondary, nobody leads it: the school stays unless it must close.
    lacking = office_of(town._replace(grades=town.grades | {"C": ["K2", "P1", "P4"]}))
    assert best_plan(lacking, Rules(one_host=one_host)).closes == []
    forced = best_plan(lacking, Rules(must_close=["X"], one_host=one_host))
    assert forced.hosts == {("X", "K"): "C", ("X", "P1-P3"): "C", ("X", "M"): "A"}


def test_who_has_no_way_now_goes_where_a_way_is_known() -> None:
    """No way leads to X itself: A would cost nothing, B is measured."""
    town = hidden_school()
    town = town._replace(
        pupils=[one._replace(village="VX") if one.roll == "X" else one for one in town.pupils],
        ways=town.ways | {("VX", "B"): (4_000, 8)},
    )
    best = best_plan(office_of(town), Rules())
    assert (best.hosts, best.unmeasured) == ({("X", "P1-P3"): "B"}, 0)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"hosts": {"S1": "S1"}}, "hosts.S1: โรงเรียนเป็นโรงเรียนหลักของตัวเองไม่ได้ ระบุโรงเรียนอื่น"),
        ({"hosts": {"S2": "S1"}, "must_close": ["S1"]}, "hosts.S2: โรงเรียนหลัก S1 อยู่ใน must_close ด้วย"),
        ({"hosts": {"S1": "X9"}}, "hosts: ไม่มีโรงเรียนรหัส X9"),
    ],
)
def test_a_host_that_cannot_be_one_is_refused(rules: dict[str, Any], words: str) -> None:
    office = office_of(pair(200, 9, 3_000))
    for ask in (best_plan, conflict, alternatives, curve):
        with pytest.raises(RulesError) as error:
            ask(office, Rules(**rules))
        assert words in error.value.thai
    # What may still close, but need not, may be named.
    assert best_plan(office, Rules(hosts={"S2": "S1", "S1": "S2"})).hosts == {("S2", "P1-P3"): "S1"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("order: [cheap]", "order.0: ใช้ได้เฉพาะ"),
        ("order: [subsidy, subsidy]", "order: เป้าหมายหนึ่งเขียนได้ครั้งเดียว"),
        ("order: []", "order: ต้องมีเป้าหมายอย่างน้อยหนึ่งข้อ"),
        ("far: 3", "far: ไม่รู้จักหัวข้อนี้"),
        ("longest_m: 5.5", "longest_m: ต้องเป็นจำนวนเต็ม"),
        ("must_stay: S1", "must_stay: ต้องเป็นรายการ"),
        ("seconds: true", "seconds: ต้องเป็นจำนวนวินาที เช่น 60"),
        ("seconds: '5'", "seconds: ต้องเป็นจำนวนวินาที เช่น 60"),
        ("seconds: 0", "seconds: ต้องมากกว่า 0 วินาที"),
        ("seconds: 86401", "seconds: ต้องไม่เกิน 86400 วินาที"),
        ("seconds: .inf", "seconds: ต้องไม่เกิน 86400 วินาที"),
        ("from_term: soon", "from_term: ไม่เข้าใจภาคเรียน"),
        ("- 1", "ต้องเป็นรายการ ชื่อ: ค่า"),
        ("a: [", "ต้องเป็น YAML"),
    ],
)
def test_rules_that_are_not_understood_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "optimise.yaml").write_text(text, "utf-8")
    with pytest.raises(RulesError) as error:
        read_rules(tmp_path)
    assert "optimise.yaml" in error.value.thai
    assert words in error.value.thai


def test_rules_of_a_folder(tmp_path: Path) -> None:
    assert read_rules(tmp_path) == Rules()
    text = (
        "order: [pupil_km]\nlongest_m: null\nmust_close: [1099000001]\nhosts: {1099000001: '1099000002'}\nseconds: 5\n"
    )
    (tmp_path / "optimise.yaml").write_text(text, "utf-8")
    rules = read_rules(tmp_path)
    assert (rules.order, rules.must_close, rules.hosts) == (["pupil_km"], ["1099000001"], {"1099000001": "1099000002"})
    assert rules.seconds == 5


def test_what_rules_leave_unsaid_the_policy_says() -> None:
    office = office_of(random_town(0))
    settled = settle(Rules(), office)
    assert (settled.longest_m, settled.longest_minutes, settled.from_term) == (6_000, 30, "1/2570")
    assert settle(Rules(longest_m=None, longest_minutes=7), office).longest_m is None
    with pytest.raises(RulesError, match="must_stay: ไม่มีโรงเรียนรหัส X9"):
        settle(Rules(must_stay=["X9"]), office)
    with pytest.raises(RulesError, match="hosts: ไม่มีโรงเรียนรหัส X9"):
        settle(Rules(hosts={"S0": "X9"}), office)

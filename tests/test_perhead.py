"""Per-head money and the top-up of small schools: by hand, and all schools at once against one pupil after another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from restructure._errors import PolicyError
from restructure.grades import GRADES
from restructure.perhead import per_head, registered_at, spell_per_head, spell_top_ups
from restructure.policy import Settings, load_policy
from restructure.roads import Ints

SETTINGS = load_policy().settings
SEAT = SETTINGS.model_copy(update={"top_up_follows": "seat"})


def own(tmp_path: Path, **values: object) -> Settings:
    """Return the settings of an office that changes some."""
    text = yaml.safe_dump({"settings": {key: {"value": value} for key, value in values.items()}})
    (tmp_path / "policy.yaml").write_text(text, "utf-8")
    return load_policy(tmp_path / "policy.yaml").settings


def school(**pupils: int) -> list[int]:
    return [pupils.get(grade, 0) for grade in GRADES]


def baht(*schools: list[int], settings: Settings = SETTINGS) -> list[list[int]]:
    table = per_head(np.array(schools), settings)
    assert table.columns.tolist() == ["per_head_baht", "top_up_baht"]
    return table.to_numpy().tolist()


SMALL = school(K2=10, K3=10, P1=10, P2=10, P3=10, P4=10, P5=10, P6=10)


# -- by hand ----
@pytest.mark.parametrize(
    ("pupils", "per_head_baht", "top_up_baht"),
    [
        (school(), 0, 0),
        (school(K1=1), 1_836, 0),
        (school(P1=1), 2_052, 500),
        (school(M1=1), 3_780, 1_000),
        # 20 × 1,836 + 60 × 2,052; 60 × 500
        (SMALL, 36_720 + 123_120, 30_000),
        (school(P1=120), 246_240, 60_000),
        (school(P1=121), 248_292, 0),
        # One child of kindergarten makes the school larger than 120.
        (school(K2=1, P1=120), 248_076, 0),
        # Learning together up to M3: 60 × 500 + 30 × 1,000; above 120 only for M; above 300 nothing.
        (school(P1=60, M1=30), 123_120 + 113_400, 60_000),
        (school(P1=270, M1=30), 554_040 + 113_400, 30_000),
        (school(P1=270, M1=31), 554_040 + 117_180, 0),
    ],
)
def test_baht_of_a_school(pupils: list[int], per_head_baht: int, top_up_baht: int) -> None:
    assert baht(pupils) == [[per_head_baht, top_up_baht]]


# -- what a merge does to it ----
def after_move(learn_together: bool, settings: Settings) -> Ints:
    """Return pupils by registration when the first of three schools learns at the second."""
    roll, host = np.array([0, 1, 2]), np.array([1, 1, 2])
    at = registered_at(roll, host, np.array([learn_together, False, False]), settings)
    pupils = np.zeros((3, 12), dtype=np.int64)
    for place, row in zip(at, [SMALL, SMALL, school(P1=121)], strict=True):
        pupils[place] += row
    return pupils


@pytest.mark.parametrize(
    ("learn_together", "settings", "lost"),
    [(True, SETTINGS, 0), (True, SEAT, 60_000), (False, SETTINGS, 60_000), (False, SEAT, 60_000)],
    ids=["together-roll", "together-seat", "merged-roll", "merged-seat"],
)
def test_top_up_is_lost_where_two_small_schools_become_a_larger_one(
    learn_together: bool, settings: Settings, lost: int
) -> None:
    before = per_head(np.array([SMALL, SMALL, school(P1=121)]), settings)
    after = per_head(after_move(learn_together, settings), settings)
    assert before["top_up_baht"].sum() - after["top_up_baht"].sum() == lost
    assert before["per_head_baht"].sum() == after["per_head_baht"].sum(), "per-head money follows the pupil"


def test_registration_by_code() -> None:
    roll, host = np.array(["a", "b", "c"], dtype=object), np.array(["x", "x", "c"], dtype=object)
    kinds = np.array([True, False, False])
    assert registered_at(roll, host, kinds, SETTINGS).tolist() == ["a", "x", "c"]
    assert registered_at(roll, host, kinds, SEAT).tolist() == ["x", "x", "c"]


# -- all at once against one after another ----
@pytest.mark.parametrize("most", [3, 15, 40, 80])
def test_all_schools_at_once_are_pupils_counted_singly(most: int) -> None:
    drawn = np.random.default_rng(most)
    pupils = drawn.integers(0, most, (200, 12)) * drawn.integers(0, 2, (200, 12))
    expected = []
    for row in pupils.tolist():
        children = [grade for grade, count in zip(GRADES, row, strict=True) for _ in range(count)]
        head = top_up = 0
        for grade in children:
            head += {"K": 1836, "P": 2052, "M": 3780}[grade[0]]
            if grade[0] == "P" and len(children) <= 120:
                top_up += 500
            if grade[0] == "M" and len(children) <= 300:
                top_up += 1000
        expected.append([head, top_up])
    assert baht(*pupils.tolist()) == expected


# -- settings and words ----
def test_office_that_knows_better_says_so(tmp_path: Path) -> None:
    rows = [{"stages": ["K", "P"], "up_to_pupils": 60, "baht": 700}]
    settings = own(tmp_path, small_school_top_up=rows, per_head_baht={"K": 1, "P": 10, "M": 100})
    assert baht(school(K2=30, P1=29, M1=1), school(K2=30, P1=31), settings=settings) == [[420, 59 * 700], [340, 0]]
    assert spell_top_ups(settings) == "อนุบาล ประถม ในโรงเรียนไม่เกิน 60 คน เพิ่ม 700 บาท"
    nothing = own(tmp_path, small_school_top_up=[])
    assert baht(SMALL, settings=nothing) == [[159_840, 0]]
    assert spell_top_ups(nothing) == "ไม่มี"


def test_rates_in_use_are_named() -> None:
    words = spell_per_head(SETTINGS)
    for text in (
        "อนุบาล 1,836",
        "ประถม 2,052",
        "มัธยมต้น 3,780",
        "ไม่เกิน 120 คน เพิ่ม 500",
        "ไม่เกิน 300 คน เพิ่ม 1,000",
        "ทะเบียน",
    ):
        assert text in words
    assert "โรงเรียนที่ไปเรียน" in spell_per_head(SEAT)
    assert "ทะเบียน" not in spell_per_head(SEAT)


def test_how_sure_the_rates_are() -> None:
    entries = load_policy().entries
    certainty = {key: entries[key].certainty for key in ("per_head_baht", "small_school_top_up", "top_up_follows")}
    assert certainty == {"per_head_baht": "G", "small_school_top_up": "G", "top_up_follows": "U"}
    assert SETTINGS.top_up_follows == "roll"


TOP_UP = {"stages": ["P"], "up_to_pupils": 120, "baht": 500}


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("per_head_baht", {"K": 1836, "P": 2052}, "per_head_baht"),
        ("per_head_baht", {"K": 1836, "P": 2052, "M": -1}, "settings.per_head_baht.M"),
        ("per_head_baht", {"K": 1836, "P": 2052, "M": 3780.5}, "settings.per_head_baht.M"),
        ("small_school_top_up", [TOP_UP, TOP_UP | {"up_to_pupils": 60}], "small_school_top_up"),
        ("small_school_top_up", [TOP_UP | {"stages": ["P", "P"]}], "small_school_top_up"),
        ("small_school_top_up", [TOP_UP | {"stages": []}], "settings.small_school_top_up.0.stages"),
        ("small_school_top_up", [TOP_UP | {"stages": ["X"]}], "settings.small_school_top_up.0.stages"),
        ("small_school_top_up", [TOP_UP | {"up_to_pupils": None}], "settings.small_school_top_up.0.up_to_pupils"),
        ("top_up_follows", "host", "settings.top_up_follows"),
    ],
)
def test_rates_that_cannot_hold_are_refused(tmp_path: Path, key: str, value: Any, named: str) -> None:
    with pytest.raises(PolicyError) as caught:
        own(tmp_path, **{key: value})
    thai = str(caught.value).split("\n")[0]
    assert named in thai
    assert "แก้ไข" in thai

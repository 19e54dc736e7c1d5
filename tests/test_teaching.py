"""Rooms and teachers: the tables of the criteria by hand, and all schools at once against one after another."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from restructure._errors import PolicyError
from restructure.grades import GRADES
from restructure.policy import Settings, load_policy
from restructure.roads import Ints
from restructure.teaching import (
    classes_together,
    pupils_a_room,
    rooms_needed,
    spell_posts,
    spell_staffing,
    teacher_need,
    teachers_freed,
)

SETTINGS = load_policy().settings
BY_GRADE = SETTINGS.model_copy(update={"staffing_rounding": "grade"})
NEWER = SETTINGS.model_copy(update={"staffing": "newer"})


def own(tmp_path: Path, **values: object) -> Settings:
    """Return the settings of an office that changes some."""
    text = yaml.safe_dump({"settings": {key: {"value": value} for key, value in values.items()}})
    (tmp_path / "policy.yaml").write_text(text, "utf-8")
    return load_policy(tmp_path / "policy.yaml").settings


def school(**pupils: int) -> Ints:
    return np.array([[pupils.get(grade, 0) for grade in GRADES]])


def of_size(*sizes: int) -> Ints:
    """Return schools of so many pupils, spread over six primary grades."""
    return np.array([[0, 0, 0, *(size // 6 + (grade < size % 6) for grade in range(6)), 0, 0, 0] for size in sizes])


def whole(column: pd.Series) -> list[int | None]:
    return [None if pd.isna(value) else int(value) for value in column]


def primary(pupils: int) -> dict[str, int]:
    return {f"P{number}": pupils for number in range(1, 7)}


# -- rooms ----
@pytest.mark.parametrize(
    ("grade", "pupils", "rooms"),
    [
        ("K1", 0, 0), ("K1", 1, 1), ("K2", 30, 1), ("K2", 39, 1), ("K3", 40, 2), ("K3", 60, 2), ("K2", 70, 3),
        ("P1", 9, 1), ("P1", 40, 1), ("P6", 49, 1), ("P1", 50, 2), ("M3", 49, 1), ("M1", 50, 2), ("M3", 90, 3),
    ],
)  # fmt: skip
def test_rooms_of_a_grade(grade: str, pupils: int, rooms: int) -> None:
    """30, 40, 40 a room; a rest of 10 opens another; any pupil needs one."""
    needed = rooms_needed(school(**{grade: pupils}), SETTINGS)
    assert needed.tolist() == school(**{grade: rooms}).tolist()


# -- the old criteria by hand ----
@pytest.mark.parametrize(
    ("pupils", "teachers"),
    [
        (0, 0), (1, 1), (20, 1), (21, 2), (40, 2), (41, 3), (60, 3), (61, 4), (64, 4), (80, 4), (81, 5), (100, 5),
        (101, 6), (120, 6),
    ],
)  # fmt: skip
@pytest.mark.parametrize("settings", [SETTINGS, BY_GRADE], ids=["sum", "grade"])
def test_table_of_small_schools(settings: Settings, pupils: int, teachers: int) -> None:
    """64 pupils: 1 director and 4 teachers is also what a real office's table shows."""
    need = teacher_need(of_size(pupils), settings).iloc[0]
    assert (need["directors"], need["deputies"], need["teachers"]) == (int(pupils > 0), 0, teachers)


@pytest.mark.parametrize(
    ("pupils", "in_sum", "by_grade"),
    [
        # (30 + 21)/50 + (30 + 20)/50 + 6 × (40 + 20)/50 = 1.02 + 1 + 6 × 1.2 = 9.22; by grade 1 + 1 + 6 × 1
        (school(K2=21, K3=20, **primary(20)), 9, 8),
        # 6 × (40 + 36)/50 = 6 × 1.52 = 9.12; by grade 6 × 2
        (school(**primary(36)), 9, 12),
        # 6 × 1.2 + 2 rooms × 40/20 + 1 room × 40/20 + 1 room × 40/20 = 7.2 + 4 + 2 + 2; by grade 6 + 8
        (school(**primary(20), M1=50, M2=49, M3=9), 15, 14),
        # 121 in one grade: 3 rooms, (120 + 121)/50 = 4.82
        (school(P1=121), 5, 5),
        # 6 × 40 + 185 = 425, by 50 = 8.5: a half goes up; by grade 1.42 × 5 + 1.4 → 6 × 1
        (school(P1=31, P2=31, P3=31, P4=31, P5=31, P6=30), 9, 6),
        # (40 + 35)/50 = 1.5 in each grade, 9 in all
        (school(**primary(35)), 9, 12),
    ],
    ids=["161", "216", "228", "121", "half-in-sum", "half-by-grade"],
)
def test_larger_schools_in_sum_and_by_grade(pupils: Ints, in_sum: int, by_grade: int) -> None:
    assert pupils.sum() > 120
    assert whole(teacher_need(pupils, SETTINGS)["teachers"]) == [in_sum]
    assert whole(teacher_need(pupils, BY_GRADE)["teachers"]) == [by_grade]


def test_deputies_at_each_bound() -> None:
    sizes = [0, 1, 359, 360, 719, 720, 1079, 1080, 1679, 1680, 5000]
    need = teacher_need(of_size(*sizes), SETTINGS)
    assert whole(need["deputies"]) == [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert whole(need["directors"]) == [0] + [1] * 10


def test_rooms_by_grade_stand_beside_the_teachers() -> None:
    need = teacher_need(np.vstack([school(K2=40, P1=9, M3=90), school()]), SETTINGS)
    rooms = need[[f"rooms_{grade}" for grade in GRADES]].to_numpy()
    assert rooms.tolist() == [[0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3], [0] * 12]
    assert need["rooms"].tolist() == [6, 0]
    assert not need.loc[1].any(), "a school without pupils needs nothing"


# -- the newer criteria, of which little is known ----
def test_newer_criteria_say_only_what_is_known() -> None:
    need = teacher_need(of_size(0, 1, 40, 41, 80, 81, 119, 120, 500), NEWER)
    assert whole(need["teachers"]) == [0, None, None, 6, 6, 8, 8, None, None]
    assert whole(need["directors"]) == whole(need["deputies"]) == [0, *[None] * 8]
    assert (
        need["rooms"].tolist() == teacher_need(of_size(0, 1, 40, 41, 80, 81, 119, 120, 500), SETTINGS)["rooms"].tolist()
    )


def test_an_office_that_has_the_circular_writes_its_table(tmp_path: Path) -> None:
    table = [{"up_to_pupils": 40, "teachers": 4}, {"up_to_pupils": 100, "teachers": 7, "teachers_most": 7}]
    settings = own(tmp_path, staffing="newer", teachers_newer=table)
    assert whole(teacher_need(of_size(1, 40, 41, 100, 101), settings)["teachers"]) == [4, 4, 7, 7, None]


def test_formula_holds_above_the_table_that_an_office_writes(tmp_path: Path) -> None:
    settings = own(
        tmp_path, teachers_old=[{"up_to_pupils": 20, "teachers": 2}], pupils_per_teacher={"K": 25, "P": 20, "M": 20}
    )
    # 21 in P1: (40 + 21)/40 = 1.525
    assert whole(teacher_need(np.vstack([school(P1=20), school(P1=21)]), settings)["teachers"]) == [2, 2]
    # 30 in K3 and in P1, 1 room each: (30 + 30)/50 + (40 + 30)/40 = 1.2 + 1.75 = 2.95
    assert whole(teacher_need(school(K3=30, P1=30), settings)["teachers"]) == [3]


# -- all at once against one after another ----
def one_school(pupils: list[int], settings: Settings) -> tuple[list[int], list[int | None]]:
    """Return rooms by grade, and director, deputies and teachers, of a school as one reads the criteria aloud."""
    rooms = []
    for grade, count in zip(GRADES, pupils, strict=True):
        size = {"K": 30, "P": 40, "M": 40}[grade[0]]
        number = 0
        while count >= size:
            number, count = number + 1, count - size
        rooms.append(number + 1 if count >= 10 or (count and not number) else number)
    total = sum(pupils)
    if total == 0:
        return rooms, [0, 0, 0]
    if settings.staffing == "newer":
        return rooms, [None, None, 6 if 41 <= total <= 80 else 8 if 81 <= total <= 119 else None]
    deputies = (total >= 360) + (total >= 720) + (total >= 1080) + (total >= 1680)
    if total <= 120:
        return rooms, [1, deputies, -(-total // 20)]
    parts = []
    for grade, count, number in zip(GRADES, pupils, rooms, strict=True):
        if grade[0] == "M":
            parts.append(Fraction(number * 40, 20))
        else:
            parts.append((Fraction(number * (30 if grade[0] == "K" else 40), 25) + Fraction(count, 25)) / 2)
    if settings.staffing_rounding == "grade":
        return rooms, [1, deputies, sum(half_up(part) for part in parts)]
    return rooms, [1, deputies, half_up(sum(parts, Fraction(0)))]


def half_up(value: Fraction) -> int:
    # Fiftieths are exact in decimals.
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("most", [4, 25, 90, 400])
@pytest.mark.parametrize("settings", [SETTINGS, BY_GRADE, NEWER], ids=["sum", "grade", "newer"])
def test_all_schools_at_once_are_each_school_alone(settings: Settings, most: int) -> None:
    drawn = np.random.default_rng(most)
    pupils = drawn.integers(0, most, (300, 12)) * drawn.integers(0, 2, (300, 12))
    pupils[::20] = 0
    need = teacher_need(pupils, settings)
    rooms = need[[f"rooms_{grade}" for grade in GRADES]].to_numpy()
    staff = [whole(need[column]) for column in ("directors", "deputies", "teachers")]
    for place, row in enumerate(pupils.tolist()):
        expected_rooms, expected_staff = one_school(row, settings)
        assert rooms[place].tolist() == expected_rooms, row
        assert [column[place] for column in staff] == expected_staff, row


# -- together, in a room, freed ----
def test_classes_without_a_teacher_of_their_own() -> None:
    teachers = pd.Series([5, 8, 10, 0, None, None], dtype="Int64", index=list("abcdef"))
    together = classes_together(np.array([8, 8, 8, 6, 8, 0]), teachers)
    assert together.index.tolist() == list("abcdef")
    assert whole(together) == [3, 0, 0, 6, None, 0]


def test_pupils_a_room() -> None:
    rooms = pd.Series([4, 3, 0, None, 2], dtype="Int64")
    shown = pupils_a_room(np.array([50, 0, 20, 20, 5]), rooms)
    assert [None if pd.isna(value) else float(value) for value in shown] == [12.5, 0.0, None, None, 2.5]


@pytest.mark.parametrize(
    ("present", "involved", "posts"),
    [
        ([2, 5, 9], [True, True, False], 3),
        ([2, 5, None], [True, True, False], 3),
        ([0, 3, 9], [True, True, False], -1),
        ([None, 5, 9], [True, True, False], None),
    ],
)
def test_what_a_merge_frees(present: list[int | None], involved: list[bool], posts: int | None) -> None:
    """16 pupils (1 teacher) go to a school of 64 (4 teachers): 80 pupils need 4."""
    before = teacher_need(of_size(16, 64, 300), SETTINGS)
    after = teacher_need(of_size(0, 80, 300), SETTINGS)
    freed = teachers_freed(before, after, pd.Series(present, dtype="Int64"), np.array(involved))
    assert freed == {"directors_freed": 1, "deputies_freed": 0, "teachers_freed": 1, "posts_beyond_need": posts}


def test_what_is_freed_is_unknown_where_a_need_is() -> None:
    before, after = teacher_need(of_size(16, 64), NEWER), teacher_need(of_size(0, 80), NEWER)
    present = pd.Series([2, 7], dtype="Int64")
    freed = teachers_freed(before, after, present, np.array([True, True]))
    # 16 pupils may have one to four; what is needed after, none and 6, is known.
    assert freed == {
        "directors_freed": None,
        "deputies_freed": None,
        "teachers_freed": None,
        "posts_beyond_need": 2 + 7 - 6,
    }


def test_a_merge_that_needs_more_frees_less_than_nothing() -> None:
    """Two schools of 20 in P1–P6, 6 teachers each, become one of 40 in a grade: 6 × (40 + 40)/50 = 9.6, less 2 × 6."""
    before, after = teacher_need(of_size(120, 120), SETTINGS), teacher_need(of_size(0, 240), SETTINGS)
    both, present = np.array([True, True]), pd.Series([6, 6], dtype="Int64")
    assert teachers_freed(before, after, present, both)["teachers_freed"] == 12 - 10
    assert teachers_freed(after, before, present, both)["teachers_freed"] == 10 - 12


# -- settings and words ----
def test_how_sure_the_criteria_are() -> None:
    entries = load_policy().entries
    sure = {"teachers_old": "S", "pupils_per_teacher": "S", "deputies_from": "S"}
    unsure = {"staffing": "U", "staffing_rounding": "U", "teachers_newer": "U"}
    assert {key: entries[key].certainty for key in sure | unsure} == sure | unsure
    assert (SETTINGS.staffing, SETTINGS.staffing_rounding) == ("old", "sum")
    assert "1–4" in entries["teachers_newer"].source


def test_criteria_in_use_are_named() -> None:
    names = [spell_staffing(settings) for settings in (SETTINGS, BY_GRADE, NEWER)]
    assert len(set(names)) == 3
    assert ["AMSS++)" in name and "ผลรวม" in name for name in names] == [True, False, False]
    assert ["CMSS)" in name and "ทีละชั้น" in name for name in names] == [False, True, False]
    assert "ว 23/2563 เท่าที่ทราบ" in names[2]
    assert "ปัดเศษ" not in names[2], "the newer criteria have nothing to round"


def test_tables_of_teachers_are_spelled() -> None:
    assert spell_posts(SETTINGS.teachers_old).startswith("นักเรียนไม่เกิน 20 คน ครู 1 คน; นักเรียนไม่เกิน 40 คน ครู 2 คน; ")
    assert spell_posts(SETTINGS.teachers_newer) == (
        "นักเรียนไม่เกิน 40 คน ครู 1–4 คน; นักเรียนไม่เกิน 80 คน ครู 6 คน; นักเรียนไม่เกิน 119 คน ครู 8 คน"
    )


ROW = {"up_to_pupils": 20, "teachers": 1}


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("staffing", "new", "settings.staffing"),
        ("staffing_rounding", "room", "settings.staffing_rounding"),
        ("teachers_old", [], "settings.teachers_old"),
        ("teachers_old", [ROW, ROW], "teachers_old"),
        ("teachers_newer", [ROW | {"up_to_pupils": 40}, ROW], "teachers_newer"),
        ("teachers_newer", [ROW | {"teachers": 4, "teachers_most": 1}], "teachers_newer"),
        ("teachers_newer", [ROW | {"teachers": 0}], "settings.teachers_newer.0.teachers"),
        ("pupils_per_teacher", {"K": 25, "P": 25}, "pupils_per_teacher"),
        ("pupils_per_teacher", {"K": 25, "P": 25, "M": 0}, "settings.pupils_per_teacher.M"),
        ("deputies_from", [720, 360], "deputies_from"),
        ("deputies_from", [360, 360], "deputies_from"),
    ],
)
def test_criteria_that_cannot_hold_are_refused(tmp_path: Path, key: str, value: Any, named: str) -> None:
    with pytest.raises(PolicyError) as caught:
        own(tmp_path, **{key: value})
    thai = str(caught.value).split("\n")[0]
    assert named in thai
    assert re.search("แก้ไข", thai)

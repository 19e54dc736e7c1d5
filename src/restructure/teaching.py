"""Rooms and teachers that pupils need, and what a merge frees, by the staffing criteria that the policy names."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from restructure.grades import GRADES
from restructure.policy import Posts, Settings
from restructure.roads import Bools, Ints

STAFFING = {
    "old": "เกณฑ์อัตรากำลังเดิม (AMSS++, CMSS)",
    "newer": "เกณฑ์อัตรากำลังใหม่ ว 23/2563 เท่าที่ทราบ",
}
ROUNDING = {
    "sum": "ปัดเศษครูจากผลรวมทั้งโรงเรียน (แบบ AMSS++)",
    "grade": "ปัดเศษครูทีละชั้นแล้วจึงรวม (แบบ CMSS)",
}


def rooms_needed(pupils: Ints, settings: Settings) -> Ints:
    """Return the rooms that pupils need: a room for each full class, one more for a remainder from the policy's size.

    Any pupil at all needs a room (criteria of AMSS++ and CMSS).

    Parameters
    ----------
    pupils
        Schools × grades in the order of ``GRADES``.

    Returns
    -------
    Ints
        Rooms, schools × grades.
    """
    full, rest = np.divmod(pupils, _each_grade(settings.pupils_per_room))
    return np.where(full > 0, full + (rest >= settings.room_remainder), pupils > 0)


def teacher_need(pupils: Ints, settings: Settings) -> pd.DataFrame:
    """Return the rooms, directors, deputies and teachers that schools need by the criteria of ``settings.staffing``.

    Old criteria (AMSS++ and CMSS): a table for small schools; above it, for a grade of kindergarten or primary the
    mean of rooms × pupils a room and pupils, each by pupils a teacher, and for a grade of secondary rooms × pupils a
    room by pupils a teacher, rounded by ``settings.staffing_rounding``. That a half is rounded up is our reading: the
    sources only say that they round. A director each; deputies by the pupils of the school.

    Newer criteria: only what ``settings.teachers_newer`` lists; all else is unknown.

    Parameters
    ----------
    pupils
        Pupils where they learn, schools × grades in the order of ``GRADES``.

    Returns
    -------
    DataFrame
        A row a school: ``rooms_K1`` … ``rooms_M3``, their sum ``rooms``, and ``directors``, ``deputies``, ``teachers``
        (Int64, null where the criteria found do not say). All are 0 for a school without pupils.
    """
    size = pupils.sum(axis=1)
    by_grade = rooms_needed(pupils, settings)
    old = settings.staffing == "old"
    table = settings.teachers_old if old else settings.teachers_newer
    place = np.searchsorted(np.array([row.up_to_pupils for row in table]), size)
    # Past the table's end stands what its rows do not say.
    listed = np.array([row.teachers for row in table] + [0])[place]
    span = np.array([row.teachers_most not in (None, row.teachers) for row in table] + [not old])[place]
    above = _by_formula(pupils, by_grade, settings) if old else 0
    teachers = np.where(size > 0, np.where(place < len(table), listed, above), 0)
    unsaid = (size > 0) & (not old)
    return pd.DataFrame(
        {
            **{f"rooms_{grade}": rooms for grade, rooms in zip(GRADES, by_grade.T, strict=True)},
            "rooms": by_grade.sum(axis=1),
            "directors": pd.arrays.IntegerArray((size > 0).astype(np.int64), unsaid),
            "deputies": pd.arrays.IntegerArray(np.searchsorted(settings.deputies_from, size, side="right"), unsaid),
            "teachers": pd.arrays.IntegerArray(teachers, span & (size > 0)),
        }
    )


def _by_formula(pupils: Ints, rooms: Ints, settings: Settings) -> Ints:
    """Return the teachers of schools above the table, in whole numbers throughout: a half must not hang on a float."""
    secondary = _each_grade({"K": 0, "P": 0, "M": 1}) == 1
    # A grade's teachers are parts / of: for the mean of two the divisor is doubled.
    parts = rooms * _each_grade(settings.pupils_per_room) + np.where(secondary, 0, pupils)
    of: Ints = _each_grade(settings.pupils_per_teacher) * np.where(secondary, 1, 2)
    if settings.staffing_rounding == "grade":
        teachers: Ints = ((2 * parts + of) // (2 * of)).sum(axis=1)
    else:
        common = math.lcm(*of.tolist())
        teachers = (2 * (parts * (common // of)).sum(axis=1) + common) // (2 * common)
    return teachers


def _each_grade(by_stage: dict[str, int]) -> Ints:
    return np.array([by_stage[grade[0]] for grade in GRADES])


def classes_together(classes: Ints, teachers: pd.Series) -> pd.Series:
    """Return how many classes of each school have no teacher of their own (ชั้นที่ต้องเรียนรวมกัน).

    Each teacher leads one class; the classes beyond that must learn together with another, 8 classes and 5 teachers
    leave 3. Which classes are put together is the school's to say.

    Parameters
    ----------
    classes
        Classes of each school, such as ``rooms`` of :func:`teacher_need`.
    teachers
        Teachers present at each school, in the same order; null where unknown.

    Returns
    -------
    Series
        Int64, index of ``teachers``; null where the teachers are unknown, 0 where there is no class.
    """
    short = (classes - teachers.astype("Int64")).clip(lower=0)
    return short.mask(classes == 0, 0)


def pupils_a_room(pupils: Ints, rooms: pd.Series) -> pd.Series:
    """Return each school's pupils by room (Float64); null where the rooms are unknown or none.

    Parameters
    ----------
    pupils
        Pupils of each school.
    rooms
        Its rooms, in the same order: those it has (``schools.rooms``), or those it needs.
    """
    rooms = rooms.astype("Int64")
    return pupils / rooms.mask(rooms == 0)


def teachers_freed(
    before: pd.DataFrame, after: pd.DataFrame, present: pd.Series, involved: Bools
) -> dict[str, int | None]:
    """Return what a scenario frees over the schools that it involves.

    Parameters
    ----------
    before, after
        What schools need without and with it, as :func:`teacher_need` returns it, in the same order.
    present
        Teachers at each school now, without director and deputies, in the same order; null where unknown.
    involved
        Which schools take part: those that pupils leave and those that they go to.

    Returns
    -------
    dict
        ``directors_freed``, ``deputies_freed`` and ``teachers_freed``, need before less need after, and
        ``posts_beyond_need``, teachers present less teachers needed after. Negative where more are needed; None where
        a figure of one of the schools is unknown.
    """
    staff = ("directors", "deputies", "teachers")
    figures = {f"{column}_freed": before[column].array - after[column].array for column in staff}
    figures["posts_beyond_need"] = present.astype("Int64").array - after["teachers"].array
    return {
        key: None if values[involved].isna().any() else int(values[involved].sum()) for key, values in figures.items()
    }


def spell_staffing(settings: Settings) -> str:
    """Return in Thai the criteria by which teachers are counted."""
    words = STAFFING[settings.staffing]
    return f"{words} {ROUNDING[settings.staffing_rounding]}" if settings.staffing == "old" else words


def spell_posts(rows: list[Posts]) -> str:
    """Return a table of teachers by pupils in Thai, e.g. ``นักเรียนไม่เกิน 20 คน ครู 1 คน; …``."""
    return "; ".join(
        f"นักเรียนไม่เกิน {row.up_to_pupils:,} คน ครู {row.teachers:,}"
        + (f"–{row.teachers_most:,} คน" if row.teachers_most else " คน")
        for row in rows
    )

"""Who learns where: pupils, merges and ways as arrays, so that a scenario is worked out in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from restructure.grades import GRADES, parse_grades
from restructure.policy import Policy
from restructure.roads import Bools, Floats, Ints
from restructure.rolls import snapshot
from restructure.thai import Term, parse_term

#: Stands in arrays of positions, metres and minutes for "none".
NONE = -1
_GRADE = {grade: i for i, grade in enumerate(GRADES)}


class Entry(NamedTuple):
    """One grade that leaves one school: positions of school, grade and hosts, and what the merge says of it.

    With several ``hosts`` each pupil goes to the nearest of them. ``number`` is the merge of the scenario, from 1;
    0 for one that is in force already. ``begins`` orders terms (:func:`term_key`).
    """

    school: int
    grade: int
    hosts: tuple[int, ...]
    kind: str
    programme: str
    from_term: str
    number: int
    begins: int


@dataclass(frozen=True, eq=False)
class Office:
    """The pupils, schools and ways of one count, as arrays; made once and read by every scenario.

    Attributes
    ----------
    schools
        In order of code; a school's place in it stands for the school in every array.
    pupils
        The rows of the count that have pupils.
    count, roll, grade, past
        Of each row: pupils, places of the school on whose roll they are, of the grade among ``GRADES``, and of the
        school they came from (``NONE``).
    origin
        Of each row: the row of ``road_m`` that it is measured by; the last one is of pupils whose home is unknown.
    villages
        How many rows of ``road_m`` are villages: they come first, homes after them.
    road_m, minutes, wet_m
        Origins × schools, ``NONE`` where there is no way; ``wet_m`` in the wet season.
    existing
        The mergers that are there already.
    future, future_year
        Projected pupils on the roll, years × schools × grades, from the newest count's school year on; no year where
        the past is too short (:mod:`restructure.projection`).
    """

    policy: Policy
    schools: pd.DataFrame
    pupils: pd.DataFrame
    count: Ints
    roll: Ints
    grade: Ints
    past: Ints
    origin: Ints
    road_m: Ints
    minutes: Ints
    wet_m: Ints
    existing: list[Entry]
    future: Floats
    future_year: int = 0
    villages: int = 0

    @cached_property
    def codes(self) -> list[str]:
        """Codes of the schools, by place."""
        return list(self.schools["school_id"])

    @cached_property
    def place(self) -> dict[str, int]:
        """Places of the schools, by code."""
        return {code: i for i, code in enumerate(self.codes)}

    @cached_property
    def names(self) -> list[str]:
        """Names of the schools, by place."""
        return list(self.schools["name"])

    @cached_property
    def rooms(self) -> Ints:
        """Usable classrooms of each school, ``NONE`` where unknown."""
        rooms: Ints = self.schools["rooms"].fillna(NONE).to_numpy(dtype=np.int64)
        return rooms

    @cached_property
    def offered(self) -> Bools:
        """Schools × grades: what each school offers."""
        offered = np.zeros((len(self.schools), len(GRADES)), bool)
        for school, text in enumerate(self.schools["grades"]):
            offered[school, [_GRADE[grade] for grade in parse_grades(text)]] = True
        return offered

    @cached_property
    def present(self) -> Bools:
        """Schools × grades: where there is anybody on the roll."""
        return self.on_roll > 0

    @cached_property
    def on_roll(self) -> Ints:
        """Schools × grades: pupils in the register."""
        return self.table(self.roll)

    @cached_property
    def closed(self) -> Bools:
        """Which schools are closed."""
        closed: Bools = (self.schools["status"] == "closed").to_numpy(dtype=bool)
        return closed

    def table(self, where: Ints) -> Ints:
        """Return pupils by school and grade, given the place where each row of pupils is."""
        cells = np.bincount(where * len(GRADES) + self.grade, self.count, len(self.schools) * len(GRADES))
        return cells.astype(np.int64).reshape(-1, len(GRADES))


@dataclass(frozen=True, eq=False)
class Seats:
    """Where each row of pupils learns in a term.

    Attributes
    ----------
    sits, left
        Places of the school where the row learns, and of the school that a merge takes it from (``NONE``). A child on
        the host's roll since a dissolution counts as merged when it came from a school merged into it.
    entry
        Which merge takes the row (``NONE``).
    """

    sits: Ints
    left: Ints
    entry: Ints


def make_office(
    tables: dict[str, pd.DataFrame],
    distances: pd.DataFrame,
    policy: Policy,
    homes: pd.DataFrame | None = None,
    wet: pd.DataFrame | None = None,
    wet_homes: pd.DataFrame | None = None,
    term: Term | None = None,
) -> Office:
    """Return the arrays that scenarios are worked out over.

    Parameters
    ----------
    tables
        Checked tables, as :func:`restructure.checks.check_tables` returns them.
    distances, homes
        Villages, and home points by ``student_key``, to schools; a child with a home point is measured from there.
    wet, wet_homes
        The same in the wet season; without them ``wet_m`` is ``road_m``.
    term
        Whose count of pupils is wanted; the newest without it.
    """
    schools = tables["schools"].sort_values("school_id", ignore_index=True)
    place = pd.Series(range(len(schools)), index=schools["school_id"])
    pupils = snapshot(tables["students"], term)
    pupils = pupils[pupils["pupils"] > 0].reset_index(drop=True)
    pupils = pupils.assign(**{name: "" for name in ("boards", "mode") if name not in pupils})
    origins = pd.Index(distances["village_id"].unique())
    ways = [_matrix(distances, "village_id", origins, place)]
    origin = origins.get_indexer(pupils["village_id"])
    if homes is not None and len(homes):
        keys = pd.Index(homes["student_key"].unique())
        ways.append(_matrix(homes, "student_key", keys, place))
        at_home = keys.get_indexer(pupils["student_key"])
        origin = np.where(at_home >= 0, at_home + len(origins), origin)
    unknown = np.full((2, 1, len(schools)), NONE)
    road_m, minutes = np.concatenate([*ways, unknown], axis=1)
    wet_m = road_m.copy()
    if wet is not None:
        wet_m[: len(origins)] = _matrix(wet, "village_id", origins, place)[0]
    if wet_homes is not None and homes is not None:
        wet_m[len(origins) : -1] = _matrix(wet_homes, "student_key", keys, place)[0]
    grades = pd.Index(GRADES)
    return Office(
        policy=policy,
        schools=schools,
        pupils=pupils,
        count=pupils["pupils"].to_numpy(dtype=np.int64),
        roll=place.index.get_indexer(pupils["school_id"]),
        grade=grades.get_indexer(pupils["grade"]),
        past=place.index.get_indexer(pupils["from_school_id"]),
        origin=np.where(origin >= 0, origin, len(road_m) - 1),
        road_m=road_m,
        minutes=minutes,
        wet_m=wet_m,
        existing=existing_merges(tables.get("mergers"), place.index.tolist()),
        future=np.zeros((0, len(schools), len(GRADES))),
        villages=len(origins),
    )


def existing_merges(mergers: pd.DataFrame | None, codes: list[str]) -> list[Entry]:
    """Return the table of mergers as entries; those of schools that are not among ``codes`` are left out."""
    place = {code: i for i, code in enumerate(codes)}
    entries = []
    for row in () if mergers is None else mergers.itertuples():
        if {row.school_id, row.host_id} <= set(place):
            school, hosts, term = place[row.school_id], (place[row.host_id],), parse_term(row.from_term)
            for grade in parse_grades(row.grades):
                grade_place, begins = _GRADE[grade], term_key(term)
                entries.append(Entry(school, grade_place, hosts, row.kind, row.programme, str(term), 0, begins))
    return entries


def term_key(term: Term) -> int:
    """Return a number that orders terms."""
    return term.year * 10 + term.number


def in_force(entries: Iterable[Entry], term: int, schools: int) -> Ints:
    """Return which of some merges holds for each school and grade in a term: the last that began, ``NONE`` without one.

    What is listed later holds where two begin in one term, and a scenario's merge over one that is there already,
    whenever that began.
    """
    held = np.full((schools, len(GRADES)), NONE)
    order = sorted(((e.number > 0, e.begins, i, e) for i, e in enumerate(entries)), key=lambda row: row[:3])
    for _, begins, i, entry in order:
        if begins <= term:
            held[entry.school, entry.grade] = i
    return held


def seat(office: Office, entries: list[Entry], held: Ints, before: Ints) -> Seats:
    """Say for each row of pupils where they learn.

    Parameters
    ----------
    entries
        The office's mergers, then those of a scenario.
    held, before
        Which of them hold, with the scenario and without it: a child whom an earlier merger brought to its roll stays
        merged, wherever the scenario sends those who are still to come from its old school.
    """
    first = np.array([e.hosts[0] for e in entries] + [NONE])
    host = first[held]
    own = host[office.roll, office.grade]
    moved = own != NONE
    sits = np.where(moved, own, office.roll)
    entry = held[office.roll, office.grade]
    chosen = host[office.past, office.grade]
    since = ~moved & (office.past != NONE) & (chosen == office.roll)
    for i in np.unique(held):
        if i == NONE or len(entries[i].hosts) == 1:
            continue
        one = entries[i]
        rows = np.flatnonzero(entry == i)
        sits[rows] = nearest(office, rows, one.hosts)
        came = (office.past == one.school) & (office.grade == one.grade) & ~moved
        since |= came & np.isin(office.roll, one.hosts)
    entry = np.where(since, held[office.past, office.grade], entry)
    brought = ~moved & ~since & (office.past != NONE) & (first[before][office.past, office.grade] == office.roll)
    since |= brought
    entry = np.where(brought, before[office.past, office.grade], entry)
    return Seats(sits, np.where(moved, office.roll, np.where(since, office.past, NONE)), entry)


def nearest(office: Office, rows: Ints, hosts: tuple[int, ...]) -> Ints:
    """Return for some rows of pupils the nearest of some schools, of two as near the first code.

    Where no way leads to any of them it is the first host.
    """
    choices = np.array(sorted(hosts))
    metres = office.road_m[office.origin[rows]][:, choices]
    metres = np.where(metres == NONE, np.iinfo(metres.dtype).max, metres)
    best = choices[metres.argmin(axis=1)]
    return np.where((metres == np.iinfo(metres.dtype).max).all(axis=1), hosts[0], best)


def seat_frame(office: Office, entries: list[Entry], seats: Seats) -> pd.DataFrame:
    """Return the rows of pupils with where they learn.

    Returns
    -------
    DataFrame
        ``office.pupils`` with ``sits_at`` (school code), ``left_id`` (the school that a merge takes them from; empty
        where they learn at their own), and of that merge ``programme``, ``kind`` and ``planned``.
    """
    codes = np.array([*office.codes, ""], dtype=object)
    merged = seats.left != NONE
    where = np.where(merged, seats.entry, NONE)
    described = np.array([(e.programme, e.kind, e.number > 0) for e in entries] + [(None, None, None)], dtype=object)
    described = described.reshape(-1, 3)[where]
    return office.pupils.assign(
        left_id=codes[seats.left],
        programme=described[:, 0],
        kind=described[:, 1],
        planned=described[:, 2],
        sits_at=codes[seats.sits],
    )


def _matrix(distances: pd.DataFrame, key: str, origins: pd.Index, place: pd.Series) -> Ints:
    """Return metres and minutes, 2 × origins × schools."""
    out = np.full((2, len(origins), len(place)), NONE)
    rows, columns = origins.get_indexer(distances[key]), place.index.get_indexer(distances["school_id"])
    for i, column in enumerate(("road_m", "minutes")):
        out[i, rows, columns] = distances[column].fillna(NONE).to_numpy(dtype=np.int64)
    return out

"""Which units of schools can learn where, and at what cost.

A unit is a school and a stage (ช่วงชั้น) with the pupils who learn there now; those whom an earlier merger brought there
move on with it; :func:`bundle` makes one unit of all stages that go to one host. A host may take a unit when

- it offers every grade that the school teaches or has pupils in, and keeps these itself;
- every pupil with a known home has a way, no longer than the limit or than the pupil's way now (a rule of ours: that
  somebody travels far already stops no plan that makes it no worse);
- nobody whom the dry season's way leads there is cut off in the wet season, but for who is now, too;
- rooms suffice for all whom it takes, grade by grade; a host without room today takes nobody new, unknown rooms never
  bind.

Pupils whose home is unknown, and those who have no way even now, bind nothing. But some pupil of the unit must have a
known way to the host: what cannot be measured would cost nothing anywhere. A unit of which nobody has one to any host
goes with another of its school that has. Where there is none the school stays unless the rules name it, and goes to the
host that is nearest in a straight line. A school without pupils may be a host, but there is nothing to gain from
closing it: it stays unless the rules name it, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from restructure.bands import band_places
from restructure.grades import GRADES, STAGES, stage_of
from restructure.optimise.rules import Rules
from restructure.roads import Bools, Ints
from restructure.seating import NONE, Entry, Office, Seats, in_force, seat, term_key
from restructure.thai import parse_term, round_term

_STAGE = np.array([list(STAGES).index(stage_of(grade)) for grade in GRADES])
#: Stands in metres and minutes for "no limit is long enough".
NEVER = np.iinfo(np.int64).max


class Carried(NamedTuple):
    """An earlier merger whose pupils move on with a unit: places of unit, school and grade, and the merger."""

    unit: int
    school: int
    grade: int
    entry: Entry


@dataclass(frozen=True, eq=False)
class Choices:
    """Units and hosts, with what each choice costs; what depends on the office and the term alone.

    Attributes
    ----------
    teaching
        Which schools teach now.
    learners
        Schools × grades: pupils who learn there now.
    school, stage
        Of each unit, the places of its school and of its stage, of several the first, among ``STAGES``.
    part
        Of each stage of a school, in order of both: its unit.
    leaving
        Units × grades: what the unit's own school sends away when it closes.
    carried
        Earlier mergers into units.
    pupils
        Units × grades.
    baht, metres
        Units × schools: subsidy of a full school year, and metres from home, of all pupils of the unit, each pupil
        counted; where they are now at the unit's own school.
    longest
        Units × schools: the longest way.
    needs_m, needs_minutes
        Units × schools: the shortest limit under which the unit may go there; ``NEVER`` where no limit is enough.
    cut_off
        Units × schools: whether the wet season would cut off a pupil who gets to school now.
    unmeasured
        Units × schools: pupils without a known way.
    other_baht, other_metres
        Of pupils who learn at schools that do not teach by the tables: no plan changes them.
    bound_to_stay
        Schools that a merger still to come sends pupils to, and those without pupils that ``must_close`` does not name.
    named
        Schools that ``must_close`` names: they may close though nothing of them is measured.
    """

    office: Office
    teaching: Bools
    learners: Ints
    school: Ints
    stage: Ints
    part: Ints
    leaving: Bools
    carried: list[Carried]
    pupils: Ints
    baht: Ints
    metres: Ints
    longest: Ints
    needs_m: Ints
    needs_minutes: Ints
    cut_off: Bools
    unmeasured: Ints
    other_baht: int
    other_metres: int
    bound_to_stay: Bools
    named: Bools

    @cached_property
    def possible(self) -> Bools:
        """Units × schools: which hosts may take the unit under some limits."""
        possible: Bools = (self.needs_m < NEVER) & (self.needs_minutes < NEVER)
        possible[self.own] = False
        return possible

    @cached_property
    def measured(self) -> Bools:
        """Units × schools: which of these some pupil of the unit has a known way to."""
        measured: Bools = self.possible & (self.unmeasured < self.pupils.sum(axis=1)[:, None])
        return measured

    @cached_property
    def blind(self) -> Bools:
        """Which units have pupils of whom nobody has a known way to any host."""
        return np.asarray(self.pupils.any(axis=1) & ~self.measured.any(axis=1))

    @cached_property
    def lone(self) -> Bools:
        """Which of these cannot go with a unit of their school that has one."""
        reached = np.zeros((len(self.office.codes), len(self.office.codes)), bool)
        np.logical_or.at(reached, self.school, self.measured)
        return np.asarray(self.blind & ~(self.possible & reached[self.school]).any(axis=1))

    @property
    def small_max(self) -> int:
        """Most pupils of a small school."""
        return self.office.policy.settings.small_school_max

    @property
    def small(self) -> Bools:
        """Which schools teach now and are small: with pupils, but few."""
        pupils = self.learners.sum(axis=1)
        few: Bools = (pupils > 0) & (pupils <= self.small_max)
        return self.teaching & few

    @property
    def large(self) -> Bools:
        """Which schools teach now and have more pupils than a small one."""
        many: Bools = self.learners.sum(axis=1) > self.small_max
        return self.teaching & many

    @property
    def special(self) -> Bools:
        """Which schools are in a special area (highland, island)."""
        special: Bools = (self.office.schools["special_area"].fillna("") != "").to_numpy(dtype=bool)
        return special

    def seat(self, hosts: Ints) -> Ints:
        """Return pupils by school and grade once each unit is at its host."""
        learners = self.learners.copy()
        np.subtract.at(learners, self.school, self.pupils)
        np.add.at(learners, hosts, self.pupils)
        return learners

    @property
    def own(self) -> tuple[Ints, Ints]:
        """Index of each unit's own school in arrays of units × schools."""
        return np.arange(len(self.school)), self.school


def list_choices(office: Office, rules: Rules) -> Choices:
    """Return units, a stage each, and hosts of an office for merges from the term of settled rules on."""
    size, grades = len(office.codes), len(GRADES)
    begins = term_key(parse_term(rules.from_term))
    last = max(begins, term_key(round_term(office.policy.fiscal_year, "may")))
    held = in_force(office.existing, last, size)
    seats = seat(office, office.existing, held, held)
    keeps = office.offered & (held == NONE) & ~office.closed[:, None]
    teaching = keeps.any(axis=1)
    learners = office.table(seats.sits)

    # A school teaches a stage of which it keeps a grade or has pupils.
    needed = (keeps | (learners > 0)) & teaching[:, None]
    taught = np.zeros((size, len(STAGES)), bool)
    np.logical_or.at(taught.T, _STAGE, needed.T)
    school, stage = np.nonzero(taught)
    unit_at = np.full((size, len(STAGES)), NONE)
    unit_at[school, stage] = np.arange(len(school))
    in_stage = _STAGE[None, :] == stage[:, None]
    needed = needed[school] & in_stage
    own_grades = office.offered | office.present
    leaving = needed & own_grades[school] & (held[school] == NONE)
    carried = []
    for place, grade in np.argwhere((held != NONE) & own_grades):
        entry = office.existing[held[place, grade]]
        unit = unit_at[entry.hosts[0], _STAGE[grade]]
        if unit != NONE and needed[unit, grade]:
            carried.append(Carried(int(unit), int(place), int(grade), entry))

    # Pupils, row by row of the count, at every school.
    unit = unit_at[seats.sits, _STAGE[office.grade]]
    rows = np.flatnonzero(unit != NONE)
    u, count = unit[rows], office.count[rows]
    ways, times = office.road_m[office.origin], office.minutes[office.origin]
    rate = _daily_baht(office, ways) * office.policy.settings.days_per_year
    walked = np.where(ways == NONE, 0, ways)
    now_m, now_minutes = ways[rows, seats.sits[rows]], times[rows, seats.sits[rows]]
    needs_m = _limits(ways[rows], now_m)
    needs_minutes = _limits(times[rows], now_minutes)

    shape = (len(school), size)
    paid_now = np.where(seats.left != NONE, rate[np.arange(len(unit)), seats.sits], 0) * office.count
    walked_now = walked[np.arange(len(unit)), seats.sits] * office.count
    baht, metres, unmeasured = (_sums(u, count[:, None] * table[rows], shape) for table in (rate, walked, ways == NONE))
    baht += _joined(office, school, leaving, carried, seats, rate, shape)
    baht[np.arange(len(school)), school] = np.bincount(u, paid_now[rows], len(school)).astype(np.int64)
    pupils = np.zeros((len(school), grades), np.int64)
    np.add.at(pupils, (u, office.grade[rows]), count)

    # Hosts that cannot take a unit, whatever the limits are.
    later = _later_entries(office, begins, last, held)
    named = np.zeros(size, bool)
    named[[office.place[code] for code in rules.must_close]] = True
    stays = (learners.sum(axis=1) == 0) & ~named
    for entry in later:
        stays[entry.hosts[0]] = True
        keeps[entry.school, entry.grade] = False
    cannot = (needed.astype(int) @ (~keeps).T.astype(int)) > 0
    tables = []
    for table in (needs_m, needs_minutes):
        most = _most(u, table, shape)
        most[cannot] = NEVER
        tables.append(most)
    wet = office.wet_m[office.origin[rows]]
    lost = (ways[rows] != NONE) & (wet == NONE) & (wet[np.arange(len(rows)), seats.sits[rows]] != NONE)[:, None]
    outside = unit == NONE
    return Choices(
        office=office,
        teaching=teaching,
        learners=learners,
        school=school,
        stage=stage,
        part=np.arange(len(school)),
        leaving=leaving,
        carried=carried,
        pupils=pupils,
        baht=baht,
        metres=metres,
        longest=_most(u, ways[rows], shape),
        needs_m=tables[0],
        needs_minutes=tables[1],
        cut_off=_most(u, lost, shape) > 0,
        unmeasured=unmeasured,
        other_baht=int(paid_now[outside].sum()),
        other_metres=int(walked_now[outside].sum()),
        bound_to_stay=stays,
        named=named,
    )


def bundle(choices: Choices) -> Choices:
    """Return choices in which kindergarten and primary of a school are one unit; ``leaving``, ``carried`` are empty."""
    older = choices.stage == list(STAGES).index("M")
    _, first, part = np.unique(choices.school * 2 + older, return_index=True, return_inverse=True)

    def summed(table: Ints) -> Ints:
        return _sums(part, table, (len(first), table.shape[1]))

    def most(table: Ints | Bools) -> Ints:
        return _most(part, table, (len(first), table.shape[1]))

    return replace(
        choices,
        school=choices.school[first],
        stage=choices.stage[first],
        part=part,
        leaving=np.zeros((0, len(GRADES)), bool),
        carried=[],
        pupils=summed(choices.pupils),
        baht=summed(choices.baht),
        metres=summed(choices.metres),
        longest=most(choices.longest),
        needs_m=most(choices.needs_m),
        needs_minutes=most(choices.needs_minutes),
        cut_off=most(choices.cut_off) > 0,
        unmeasured=summed(choices.unmeasured),
    )


def _daily_baht(office: Office, ways: Ints) -> Ints:
    bands = office.policy.settings.bands
    rates = np.array([band.baht_per_day for band in bands])
    return np.where(ways == NONE, 0, rates[band_places(ways, bands)])


def _limits(ways: Ints, now: Ints) -> Ints:
    """Return the shortest limit under which each pupil may go to each school; who has no way now binds nothing."""
    limits = np.where(ways == NONE, NEVER, np.where(ways <= now[:, None], 0, ways))
    return np.where(now[:, None] == NONE, 0, limits)


def _sums(unit: Ints, table: Ints, shape: tuple[int, int]) -> Ints:
    out = np.zeros(shape, np.int64)
    np.add.at(out, unit, table)
    return out


def _most(unit: Ints, table: Ints | Bools, shape: tuple[int, int]) -> Ints:
    out = np.zeros(shape, np.int64)
    np.maximum.at(out, unit, table)
    return out


def _joined(
    office: Office,
    school: Ints,
    leaving: Bools,
    carried: list[Carried],
    seats: Seats,
    rate: Ints,
    shape: tuple[int, int],
) -> Ints:
    """Return what is paid for children who are at a host already and came from a school that would be merged into it.

    :func:`restructure.seating.seat` counts a child on the host's roll as merged when it came from such a school.
    """
    out = np.zeros(shape, np.int64)
    moves_with = {(one.school, one.grade): one.unit for one in carried}
    moves_with |= {(int(school[unit]), int(grade)): int(unit) for unit, grade in np.argwhere(leaving)}
    for row in np.flatnonzero((office.past != NONE) & (seats.left == NONE) & (seats.sits == office.roll)):
        unit, host = moves_with.get((int(office.past[row]), int(office.grade[row]))), seats.sits[row]
        if unit is not None and host != school[unit]:
            out[unit, host] += office.count[row] * rate[row, host]
    return out


def _later_entries(office: Office, begins: int, last: int, held: Ints) -> list[Entry]:
    """Return the mergers that hold in some term from the plan's first on, but not in the one that it is counted for."""
    terms = {begins, *(entry.begins for entry in office.existing if entry.begins > begins)} - {last}
    others = [in_force(office.existing, term, len(office.codes)) for term in sorted(terms)]
    found = {int(i) for other in others for i in np.unique(other[other != held]) if i != NONE}
    return [office.existing[i] for i in sorted(found)]

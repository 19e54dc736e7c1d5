"""The mixed-integer programme of an office: what its columns mean, and the rows that the rules make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array

from restructure.grades import GRADES
from restructure.optimise.milp import Model
from restructure.optimise.rules import Rules
from restructure.optimise.schools import NEVER, Choices, bundle
from restructure.roads import Bools, Floats, Ints
from restructure.seating import NONE
from restructure.teaching import rooms_needed


class Rooms(NamedTuple):
    """Rooms that a grade of a host needs: places, the column of their number, and the one that says whether any."""

    place: int
    grade: int
    number: int
    some: int


@dataclass(frozen=True, eq=False)
class Programme:
    """A programme over the choices that some rules leave; its units are bundled where the rules ask for one host.

    Columns, all whole: whether each teaching school stays open; whether an arc's unit goes to the arc's host; whether a
    school stays open and small; how many small schools grow out of it; rooms of hosts.

    Attributes
    ----------
    choices, by_stage
        Its units, and the same choices stage by stage.
    model
        Its cost is 0: see ``costs``.
    nodes
        Places of the teaching schools; the first columns in this order.
    unit, host
        Of each arc, the next columns.
    filled
        Columns that say that a school that is not large stays open with pupils, by its place.
    small
        Columns that say that such a school stays small, by its place; those that cannot grow have none.
    grown
        Column of how many of these stay open and are not small; None where there are none.
    rooms
        Rooms that the model counts.
    costs, constants
        Of each objective but ``longest``: cost of each column, and what no plan changes.
    """

    choices: Choices
    by_stage: Choices
    model: Model
    nodes: Ints
    unit: Ints
    host: Ints
    filled: dict[int, int]
    small: dict[int, int]
    grown: int | None
    rooms: list[Rooms]
    costs: dict[str, Floats]
    constants: dict[str, int]

    @property
    def arcs(self) -> slice:
        """Columns of the arcs."""
        return slice(len(self.nodes), len(self.nodes) + len(self.unit))

    @cached_property
    def lengths(self) -> Ints:
        """Longest way of each arc."""
        return self.choices.longest[self.unit, self.host]

    def value(self, objective: str, values: Floats) -> int:
        """Return an objective of a plan, given the values of the columns."""
        if objective == "longest":
            return int(self.lengths[values[self.arcs] > 0].max(initial=0))
        return self.constants[objective] + round(float(self.costs[objective] @ values))

    def hosts_of(self, values: Floats) -> Ints:
        """Return where each stage of each school goes in a plan; its own school where it stays."""
        return self.units_of(values)[self.choices.part]

    def units_of(self, values: Floats) -> Ints:
        """Return where each unit goes in a plan; its own school where it stays."""
        hosts = self.choices.school.copy()
        taken = values[self.arcs] > 0
        hosts[self.unit[taken]] = self.host[taken]
        return hosts

    def settled(self, values: Floats) -> Floats:
        """Return a plan with the least of what follows from its hosts: an objective that nobody asked for is loose."""
        again = self.values_of(self.hosts_of(values))
        return values if again is None else again

    def values_of(self, hosts: Ints) -> Floats | None:
        """Return the values of the columns for a plan by stages, None where one of its arcs is not among those left."""
        choices, settings = self.choices, self.choices.office.policy.settings
        stages, first = hosts, np.unique(choices.part, return_index=True)[1]
        hosts = stages[first]
        if (hosts[choices.part] != stages).any():
            return None
        values = np.zeros(len(self.model.cost))
        going = hosts[self.unit] == self.host
        if going.sum() < (hosts != choices.school).sum():
            return None
        closed = np.unique(choices.school[hosts != choices.school])
        values[: len(self.nodes)] = ~np.isin(self.nodes, closed)
        values[self.arcs] = going
        learners = choices.seat(hosts)
        size = learners.sum(axis=1)
        for place, column in self.filled.items():
            values[column] = place not in closed and size[place] > 0
        for place, column in self.small.items():
            values[column] = values[self.filled[place]] and size[place] <= settings.small_school_max
        if self.grown is not None:
            stay = values[[self.filled[place] for place in self.small]]
            values[self.grown] = stay.sum() - values[list(self.small.values())].sum()
        needed = rooms_needed(learners, settings)
        for one in self.rooms:
            values[[one.number, one.some]] = needed[one.place, one.grade], needed[one.place, one.grade] > 0
        return values


class _Writer:
    """Columns and rows of a model as they are written."""

    def __init__(self) -> None:
        self.upper: list[int] = []
        none = np.zeros(0, np.int64)
        self.cells: list[tuple[Ints, Ints, Ints]] = [(none, none, none)]
        self.low: list[float] = []
        self.high: list[float] = []

    def columns(self, upper: Sequence[int] | Ints) -> Ints:
        """Add columns from 0 to a bound each, and return which they are."""
        first = len(self.upper)
        self.upper += [int(bound) for bound in upper]
        return np.arange(first, len(self.upper))

    def row(
        self, columns: Iterable[int], values: Iterable[int] | int, low: float = -np.inf, high: float = np.inf
    ) -> None:
        """Add a row: low <= values @ columns <= high."""
        at = np.array(list(columns), np.int64)
        each = values if isinstance(values, int) else list(values)
        self.rows(at[None, :], each, low, high)

    def rows(self, columns: Ints, values: list[int] | int, low: float = -np.inf, high: float = np.inf) -> None:
        """Add rows that have the same values and bounds: a row of ``columns`` each."""
        count, width = columns.shape
        number = np.repeat(np.arange(len(self.low), len(self.low) + count), width)
        each = np.broadcast_to(np.array(values, np.int64), columns.shape)
        self.cells.append((number, columns.ravel(), each.ravel()))
        self.low += [low] * count
        self.high += [high] * count

    def model(self) -> Model:
        """Return what was written, without a cost."""
        row, column, value = (np.concatenate(part) for part in zip(*self.cells, strict=True))
        size = len(self.upper)
        return Model(
            cost=np.zeros(size),
            lower=np.zeros(size),
            upper=np.array(self.upper, float),
            integer=np.ones(size, bool),
            matrix=coo_array((value.astype(float), (row, column)), shape=(len(self.low), size)).tocsr(),
            low=np.array(self.low, float),
            high=np.array(self.high, float),
        )


def build(choices: Choices, rules: Rules) -> Programme:
    """Return the programme of some settled rules."""
    office, by_stage = choices.office, choices
    choices = bundle(choices) if rules.one_host else choices
    nodes = np.flatnonzero(choices.teaching)
    stay = staying(choices, rules)
    unit, host = np.nonzero(_allowed(choices, rules, stay))
    writer = _Writer()
    open_ = np.full(len(office.codes), NONE)
    open_[nodes] = writer.columns(np.ones(len(nodes), int))
    arc = writer.columns(np.ones(len(unit), int))

    # All units of a school leave together, each to one host that stays.
    ends = np.searchsorted(unit, np.arange(len(choices.school) + 1))
    for u, place in enumerate(choices.school):
        writer.row([*arc[ends[u] : ends[u + 1]], open_[place]], 1, 1, 1)
    _write_followers(writer, choices, unit, host, arc)
    may_close = ~stay[host]
    writer.rows(np.column_stack([arc[may_close], open_[host[may_close]]]), [1, -1], high=0)
    for place in np.flatnonzero(stay):
        # A school that must stay and does not teach now has no column: an empty row that cannot hold.
        writer.row([open_[place]] if choices.teaching[place] else [], 1, 1, 1)
    for code in rules.must_close:
        if choices.teaching[office.place[code]]:
            writer.row([open_[office.place[code]]], 1, 0, 0)
    least, most = rules.close_at_least, rules.close_at_most
    if least is not None or most is not None:
        writer.row(
            open_[nodes], 1,
            -np.inf if most is None else len(nodes) - most, np.inf if least is None else len(nodes) - least,
        )  # fmt: skip

    by_host = np.argsort(host, kind="stable")
    starts = np.searchsorted(host[by_host], np.arange(len(office.codes) + 1))
    incoming = [by_host[starts[place] : starts[place + 1]] for place in range(len(office.codes))]
    filled, small = _write_small(writer, choices, unit, incoming, open_, arc)
    grown = _write_grown(writer, choices, unit, filled, small) if small else None
    rooms = _write_rooms(writer, choices, unit, incoming, open_, arc) if rules.rooms else []

    costs = {name: np.zeros(len(writer.upper)) for name in ("small_schools", "closures", "subsidy", "pupil_km")}
    costs["small_schools"][[small.get(place, column) for place, column in filled.items()]] = 1
    costs["closures"][open_[nodes]] = -1
    constants = {"small_schools": 0, "closures": len(nodes)}
    for name, table, other in (
        ("subsidy", choices.baht, choices.other_baht),
        ("pupil_km", choices.metres, choices.other_metres),
    ):
        now = table[choices.own]
        costs[name][arc] = table[unit, host] - now[unit]
        constants[name] = other + int(now.sum())
    if rules.ceiling_baht is not None:
        extra = costs["subsidy"][arc].astype(np.int64)
        writer.row(arc, extra, high=rules.ceiling_baht - constants["subsidy"])
    return Programme(
        choices, by_stage, writer.model(), nodes, unit, host, filled, small, grown, rooms, costs, constants
    )  # fmt: skip


def staying(choices: Choices, rules: Rules) -> Bools:
    """Return which schools may not close."""
    office = choices.office
    stay = choices.bound_to_stay & choices.teaching
    if rules.close_only_small:
        stay |= choices.large
    if rules.protect_special:
        stay |= choices.teaching & choices.special
    stay[[office.place[code] for code in rules.must_stay]] = True
    return stay


def _allowed(choices: Choices, rules: Rules, stay: Bools) -> Bools:
    """Return units × schools: the arcs that no rule forbids by itself."""
    office = choices.office
    # A unit without pupils needs no way; one of which nobody is measured follows, or its school must be named.
    allowed = choices.measured | (choices.blind | ~choices.pupils.any(axis=1))[:, None]
    allowed[choices.lone & ~choices.named[choices.school]] = False
    for needs, limit in ((choices.needs_m, rules.longest_m), (choices.needs_minutes, rules.longest_minutes)):
        allowed &= needs < NEVER if limit is None else needs <= limit
    if rules.wet_season:
        allowed &= ~choices.cut_off
    allowed[choices.own] = False
    allowed[stay[choices.school]] = False
    for code, host in rules.hosts.items():
        elsewhere = np.arange(len(office.codes)) != office.place[host]
        allowed[np.ix_(choices.school == office.place[code], elsewhere)] = False
    if rules.rooms:
        allowed &= _fits_alone(choices)
    return allowed


def _fits_alone(choices: Choices) -> Bools:
    """Return units × schools: where the unit finds room beside those who are there; an overfull school takes nobody."""
    rooms, settings = choices.office.rooms, choices.office.policy.settings
    fits = np.ones(choices.baht.shape, bool)
    for u, pupils in enumerate(choices.pupils):
        if pupils.any():
            fits[u] = (rooms == NONE) | (rooms_needed(choices.learners + pupils, settings).sum(axis=1) <= rooms)
    return fits


def _write_followers(writer: _Writer, choices: Choices, unit: Ints, host: Ints, arc: Ints) -> None:
    """Write that a unit of which nobody is measured goes where one of its school goes that is."""
    followers = choices.blind & ~choices.lone
    guides = np.asarray(choices.measured.any(axis=1))
    for at in np.flatnonzero(followers[unit]):
        led = (host == host[at]) & (choices.school[unit] == choices.school[unit[at]]) & guides[unit]
        writer.row([arc[at], *arc[led]], [1, *[-1] * int(led.sum())], high=0)


def _write_small(
    writer: _Writer, choices: Choices, unit: Ints, incoming: list[Ints], open_: Ints, arc: Ints
) -> tuple[dict[int, int], dict[int, int]]:
    """Write that a school that stays open with pupils is small unless enough come; return ``filled`` and ``small``."""
    limit, size, people = choices.small_max, choices.learners.sum(axis=1), choices.pupils.sum(axis=1)
    filled, small = {}, {}
    for place in np.flatnonzero(choices.teaching & ~choices.large):
        need = limit + 1 - size[place]
        came = incoming[place][people[unit[incoming[place]]] > 0]
        heads = people[unit[came]]
        filled[int(place)] = int(open_[place])
        if not size[place]:
            # Where nobody learns now, whoever comes fills the school.
            (column,) = writer.columns([1])
            writer.rows(np.column_stack([arc[came], np.full(len(came), column)]), [1, -1], high=0)
            filled[int(place)] = int(column)
        if heads.sum() < need:
            continue
        (column,) = writer.columns([1])
        # Whoever fills the school alone counts no more than is needed: a stronger row for the same plans.
        writer.row([*arc[came], filled[int(place)], column], [*np.minimum(heads, need), -need, need], low=0)
        small[int(place)] = int(column)
    return filled, small


def _write_grown(writer: _Writer, choices: Choices, unit: Ints, filled: dict[int, int], small: dict[int, int]) -> int:
    """Write how many small schools grow; return the column.

    All their pupils are their own and those of schools that may close: these suffice for so many. No plan is forbidden,
    but the number is a fraction in the relaxation, and one more or less costs a lot.
    """
    places = np.union1d(list(small), choices.school[unit])
    (column,) = writer.columns([choices.learners[places].sum() // (choices.small_max + 1)])
    signs = [1] * len(small) + [-1] * (len(small) + 1)
    writer.row([*(filled[place] for place in small), *small.values(), column], signs, 0, 0)
    return int(column)


def _write_rooms(
    writer: _Writer, choices: Choices, unit: Ints, incoming: list[Ints], open_: Ints, arc: Ints
) -> list[Rooms]:
    """Write that hosts keep within their rooms.

    A grade of p pupils needs at most k rooms where p = 0, or k >= 1 and p <= size * k + remainder - 1
    (:func:`restructure.teaching.rooms_needed`).
    """
    office, settings = choices.office, choices.office.policy.settings
    written = []
    for place in np.flatnonzero(choices.teaching & (office.rooms != NONE)):
        came = incoming[place][choices.pupils[unit[incoming[place]]].any(axis=1)]
        coming, here = choices.pupils[unit[came]], choices.learners[place]
        now, most = (rooms_needed(pupils, settings) for pupils in (here, here + coming.sum(axis=0)))
        if not len(came) or most.sum() <= office.rooms[place]:
            continue
        grades = np.flatnonzero(most > now)
        counted = []
        for grade in grades:
            size = settings.pupils_per_room[GRADES[grade][0]]
            spare = min(settings.room_remainder, size) - 1
            who = coming[:, grade] > 0
            count, some = writer.columns([most[grade], 1])
            writer.row(
                [*arc[came[who]], open_[place], count, some],
                [*coming[who, grade], here[grade], -size, -spare], high=0,
            )  # fmt: skip
            writer.row([some, count], [1, -1], high=0)
            counted.append(Rooms(int(place), int(grade), int(count), int(some)))
        others = now.sum() - now[grades].sum()
        writer.row([one.number for one in counted], 1, high=int(office.rooms[place] - others))
        written += counted
    return written

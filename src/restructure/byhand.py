"""A plan by hand: which hosts could take a school's children and what speaks against each, and merges step by step."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from restructure._errors import ScenarioError, UsageError
from restructure.grades import GRADES, STAGES, format_grades, parse_grades, thai_grades
from restructure.moves import nullable
from restructure.roads import Ints
from restructure.scenario import Merge, Scenario
from restructure.seating import NONE, Office, in_force, term_key
from restructure.simulate import Outcome, simulate
from restructure.teaching import rooms_needed
from restructure.thai import parse_term, round_term


@dataclass
class Draft:
    """A scenario that is being made, with all that it was before.

    Every step is checked by the simulation: what is structurally wrong is refused, and nothing changes.
    """

    office: Office
    outcome: Outcome
    _before: list[Outcome] = field(default_factory=list)
    _after: list[Outcome] = field(default_factory=list)

    @property
    def scenario(self) -> Scenario:
        """What is drafted now."""
        return self.outcome.scenario

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back last."""
        return bool(self._after)

    def put(self, scenario: Scenario) -> None:
        """Make a step to another scenario.

        Raises
        ------
        ScenarioError
            When it is structurally wrong.
        """
        outcome = _checked(scenario, self.office)
        self._before, self._after = [*self._before, self.outcome], []
        self.outcome = outcome

    def add(self, merge: Merge) -> list[str]:
        """Add a merge, and with it the earlier mergers whose host it takes away; return the schools that move on so.

        What the draft said before of these grades of the school no longer holds.

        Raises
        ------
        ScenarioError
            When it cannot be.
        """
        scenario, carried = _joined(self.scenario, merge, self.office)
        self.put(scenario)
        return carried

    def remove(self, number: int) -> None:
        """Take a merge out, counted from 0.

        Raises
        ------
        UsageError
            When there is none of that number.
        """
        merges = self.scenario.merges
        if not 0 <= number < len(merges):
            raise UsageError("ไม่มีรายการนี้แล้ว: เลือกใหม่จากตาราง", "There is no such merge; choose again.")
        left = [merge for i, merge in enumerate(merges) if i != number]
        self.put(self.scenario.model_copy(update={"merges": left}))

    def write_note(self, note: str) -> None:
        """Write what is noted of the draft, which is no step of it: no step takes it back."""
        self._before, self._after, [self.outcome] = (
            [replace(one, scenario=one.scenario.model_copy(update={"note": note})) for one in outcomes]
            for outcomes in (self._before, self._after, [self.outcome])
        )

    def measure_by(self, office: Office) -> None:
        """Work out the draft, and all that it was, over other ways."""
        self.office = office
        self._before, self._after = (
            [_checked(outcome.scenario, office) for outcome in outcomes] for outcomes in (self._before, self._after)
        )
        self.outcome = _checked(self.scenario, office)

    def undo(self) -> None:
        """Take the last step back, if there is one."""
        if self._before:
            self._after.append(self.outcome)
            self.outcome = self._before.pop()

    def redo(self) -> None:
        """Make the step again that was taken back last, if there is one."""
        if self._after:
            self._before.append(self.outcome)
            self.outcome = self._after.pop()


def carried_on(scenario: Scenario, merge: Merge, office: Office) -> list[Merge]:
    """Return merges for the schools that earlier mergers brought to a school that now leaves itself.

    A host that moves its grades away takes along those who came to it; what the scenario says of them already holds.
    """
    school, grades = office.place.get(merge.school, NONE), parse_grades(merge.grades)
    last = max(term_key(parse_term(merge.from_term)), term_key(round_term(office.policy.fiscal_year, "may")))
    held = in_force(office.existing, last, len(office.codes))
    said = {(one.school, grade) for one in scenario.merges for grade in parse_grades(one.grades)}
    found: dict[tuple[str, str, str], list[str]] = {}
    for place, grade in np.argwhere(held != NONE):
        entry, code = office.existing[held[place, grade]], office.codes[place]
        if entry.hosts == (school,) and GRADES[grade] in grades and (code, GRADES[grade]) not in said:
            if code in merge.hosts:  # it goes back to where it came from: its own rule is not ours to write
                continue
            found.setdefault((code, entry.kind, entry.programme), []).append(GRADES[grade])
    same = {"host": merge.host, "from_term": merge.from_term}
    return [
        Merge.model_validate(
            {"school": code, "grades": format_grades(moved), "kind": kind, "programme": programme, **same}
        )
        for (code, kind, programme), moved in sorted(found.items())
    ]


def _joined(scenario: Scenario, merge: Merge, office: Office) -> tuple[Scenario, list[str]]:
    """Return a scenario with one merge more, and the schools that move on with it.

    What it said before of these grades of the school no longer holds.
    """
    kept = [left for one in scenario.merges if (left := _without_grades(one, merge, office))]
    carried = carried_on(scenario.model_copy(update={"merges": kept}), merge, office)
    joined = scenario.model_copy(update={"merges": [*kept, merge, *carried]})
    return joined, [one.school for one in carried]


def _without_grades(said: Merge, merge: Merge, office: Office) -> Merge | None:
    """Return what is left of a merge when another one takes some of its school's grades, None where nothing is."""
    taken = set(parse_grades(merge.grades))
    named = parse_grades(said.grades)
    if said.school != merge.school or not taken & set(named):
        return said
    own = (office.offered | office.present)[office.place[said.school]]
    left = [grade for grade in named if grade not in taken and own[GRADES.index(grade)]]
    return said.model_copy(update={"grades": format_grades(left)}) if left else None


def stages_of(school: str, office: Office) -> list[str]:
    """Return the stages that a school offers or has pupils in."""
    own = (office.offered | office.present)[office.place[school]]
    return [stage for stage, grades in STAGES.items() if any(own[GRADES.index(grade)] for grade in grades)]


class Standing(NamedTuple):
    """Whose children a merge would be about.

    Attributes
    ----------
    pupils
        Who belongs to the school: on its roll wherever they learn, and who learns there.
    elsewhere
        Where those on its roll learn already because of earlier mergers: host and pupils.
    cannot
        Why the school has nothing to merge, a Thai sentence; empty where it has.
    """

    pupils: int
    elsewhere: list[tuple[str, int]]
    cannot: str


def standing(draft: Scenario, office: Office, school: str, grades: str = "all") -> Standing:
    """Say whose children a merge of some grades of a school would be about, without what the draft says of these."""
    base, rows, _ = _children(draft, office, school, grades)
    place, pupils = office.place[school], int(office.count[rows].sum())
    own = (office.offered | office.present)[place]
    ended = [base.entries[i] for i in base.held_before[place, own] if i != NONE]
    cannot = ""
    if ended and len(ended) == own.sum() and all(entry.kind == "dissolve" for entry in ended):
        hosts = sorted({office.names[host] for entry in ended for host in entry.hosts})
        cannot = f"เลิกแล้ว รวมกับ {', '.join(hosts)} ตั้งแต่ {ended[0].from_term}"
    elif office.closed[place]:
        cannot = "เลิกแล้ว ตามตารางโรงเรียน"
    elif not pupils:
        cannot = "ไม่มีนักเรียน"
    return Standing(pupils, list(_elsewhere(base, rows, school).items()), cannot)


def ranked_hosts(draft: Scenario, office: Office, merge: Merge, most: int = 12) -> pd.DataFrame:
    """Return the nearest schools for the children of a merge's school by their ways, and what is against each.

    The children are those of :func:`standing`. What speaks against a host is what the simulation would warn of.

    Parameters
    ----------
    merge
        What would be added; its host is left aside.

    Returns
    -------
    DataFrame
        A row a school, the shortest median way first: ``host_id``, ``name``, ``median_m``, ``max_m``,
        ``median_minutes``, ``max_minutes`` (null where no way is known), ``can`` (whether the merge would be accepted),
        ``against`` (a list of Thai sentences), ``rooms`` there are (null where unknown), ``pupils`` and
        ``rooms_needed`` once the children are there (null where the merge cannot be).
    """
    base, rows, needed = _children(draft, office, merge.school, merge.grades)
    # Children of one home travel alike: hundreds of rows become some homes.
    origin, home = np.unique(office.origin[rows], return_inverse=True)
    count = np.bincount(home, office.count[rows], len(origin)).astype(np.int64)
    columns = {}
    for unit, table in (("m", office.road_m[origin]), ("minutes", office.minutes[origin])):
        for part, share in (("median", (1, 2)), ("max", (1, 1))):
            columns[f"{part}_{unit}"] = nullable(_by_host(table, count, *share))
    ranked = pd.DataFrame({"host_id": office.codes, "name": office.names, **columns, "rooms": nullable(office.rooms)})
    place = office.place[merge.school]
    possible = ~office.closed | base.learners.any(axis=1)
    possible[place] = False
    ranked = ranked[possible].sort_values(["median_m", "max_m", "host_id"], ignore_index=True).head(most)
    already = _elsewhere(base, rows, merge.school)
    found = [
        _against(base, already.get(host, 0), needed, merge.model_copy(update={"host": host}))
        for host in ranked["host_id"]
    ]
    able = np.array([outcome is not None for outcome, _ in found], bool)
    places = [office.place[host] for host in ranked["host_id"]]
    outcomes = [outcome or base for outcome, _ in found]
    there = np.array([outcome.learners[i] for i, outcome in zip(places, outcomes, strict=True)]).reshape(
        -1, len(GRADES)
    )
    needed_rooms = rooms_needed(there, office.policy.settings).sum(axis=1)
    return ranked.assign(
        can=able,
        against=[against for _, against in found],
        pupils=nullable(np.where(able, there.sum(axis=1), NONE)),
        rooms_needed=nullable(np.where(able, needed_rooms, NONE)),
    )


def homes_of(draft: Scenario, office: Office, school: str, grades: str = "all") -> Ints:
    """Return the rows of ``office.pupils`` whose children a merge of some grades of a school would be about."""
    return _children(draft, office, school, grades)[1]


def _by_host(table: Ints, weights: Ints, part: int, whole: int) -> Ints:
    """Return for each column the smallest value that at least part/whole of the known weight does not exceed.

    As :func:`restructure.moves.weighted_quantile` does it for one, ``NONE`` for a column without any known value.
    """
    known = table != NONE
    order = np.argsort(np.where(known, table, np.iinfo(table.dtype).max), axis=0, kind="stable")
    reached = np.take_along_axis(np.where(known, weights[:, None], 0), order, 0).cumsum(axis=0)
    if not len(reached):
        return np.full(table.shape[1], NONE)
    place = (reached * whole >= part * reached[-1]).argmax(axis=0)
    columns = np.arange(table.shape[1])
    return np.where(reached[-1] > 0, table[order[place, columns], columns], NONE)


def _children(draft: Scenario, office: Office, school: str, grades: str) -> tuple[Outcome, Ints, list[int]]:
    """Return the draft without what it says of a school's grades, the rows of its children, and these grades.

    Where the draft cannot be without it, because the school's host of today moves on, it is the whole draft.
    """
    named, place = parse_grades(grades), office.place[school]
    merges = [m for m in draft.merges if m.school != school or not set(parse_grades(m.grades)) & set(named)]
    try:
        base = _checked(draft.model_copy(update={"merges": merges}), office)
    except ScenarioError:
        base = _checked(draft, office)
    here = [i for i, grade in enumerate(GRADES) if grade in named]
    belongs = (base.seats.sits == place) | (office.roll == place)
    needed = [i for i in here if (office.offered | office.present)[place, i]]
    return base, np.flatnonzero(belongs & np.isin(office.grade, here)), needed


def _elsewhere(base: Outcome, rows: Ints, school: str) -> dict[str, int]:
    """Return by host how many of some rows' pupils on a school's roll learn there because of earlier mergers."""
    office, place = base.office, base.office.place[school]
    rows = rows[office.roll[rows] == place]
    sits, count = base.seats_before.sits[rows], office.count[rows]
    return {office.codes[host]: int(count[sits == host].sum()) for host in np.unique(sits) if host != place}


def _against(base: Outcome, already: int, needed: list[int], merge: Merge) -> tuple[Outcome | None, list[str]]:
    """Return what a merge would do, None where it cannot be, and why it cannot or what an officer must look at.

    Parameters
    ----------
    already
        The children who learn at the host today.
    """
    office, host = base.office, base.office.place[merge.hosts[0]]
    cannot = []
    if office.closed[host]:
        cannot.append("ปิดแล้ว")
    if lacking := [GRADES[i] for i in needed if not office.offered[host, i]]:
        cannot.append(f"ไม่ได้เปิดชั้น {thai_grades(format_grades(lacking))}")
    if leaving := [GRADES[i] for i in needed if base.held[host, i] != NONE]:
        cannot.append(f"ย้ายชั้น {thai_grades(format_grades(leaving))} ไปที่อื่นเอง")
    if cannot:
        return None, cannot
    try:
        outcome = _checked(_joined(base.scenario, merge, office)[0], office)
    except ScenarioError as error:
        return None, [error.thai]
    here = [f"{already:,} คนเรียนที่นี่อยู่แล้ว"] if already else []
    warned = outcome.warnings
    about = zip(warned["school_id"], warned["host_id"], warned["message"], strict=True)
    return outcome, [*here, *(said for left, host, said in about if host == merge.host or left == merge.school)]


def _checked(scenario: Scenario, office: Office) -> Outcome:
    """Return what a scenario does; a refusal names the school and the term, for the draft has no file to look into."""
    try:
        return simulate(scenario, office)
    except ScenarioError as error:
        if error.merge is None:
            raise
        merge = scenario.merges[error.merge - 1]
        if merge.school not in office.place:
            raise
        name = f"{office.names[office.place[merge.school]]} ({merge.school})"
        raise ScenarioError(f"{name} ตั้งแต่ {merge.from_term}: {error.fault}", error.english) from None

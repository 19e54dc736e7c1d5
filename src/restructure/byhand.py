"""A plan by hand: which hosts could take a school's children and what speaks against each, and merges step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from restructure._errors import UsageError
from restructure.grades import GRADES, STAGES, format_grades, parse_grades, thai_grades
from restructure.moves import Moves, weighted_quantile
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
        outcome = simulate(scenario, self.office)
        self._before, self._after = [*self._before, self.outcome], []
        self.outcome = outcome

    def add(self, merge: Merge) -> list[str]:
        """Add a merge, and with it the earlier mergers whose host it takes away; return the schools that move on so.

        Raises
        ------
        ScenarioError
            When it cannot be.
        """
        carried = carried_on(self.scenario, merge, self.office)
        self.put(self.scenario.model_copy(update={"merges": [*self.scenario.merges, merge, *carried]}))
        return [one.school for one in carried]

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
            if merge.host == code:  # it goes back to where it came from: its own rule is not ours to write
                continue
            found.setdefault((code, entry.kind, entry.programme), []).append(GRADES[grade])
    same = {"host": merge.host, "from_term": merge.from_term}
    return [
        Merge.model_validate(
            {"school": code, "grades": format_grades(moved), "kind": kind, "programme": programme, **same}
        )
        for (code, kind, programme), moved in sorted(found.items())
    ]


def stages_of(school: str, office: Office) -> list[str]:
    """Return the stages that a school offers or has pupils in."""
    own = (office.offered | office.present)[office.place[school]]
    return [stage for stage, grades in STAGES.items() if any(own[GRADES.index(grade)] for grade in grades)]


def ranked_hosts(draft: Scenario, office: Office, school: str, grades: str = "all", most: int = 12) -> pd.DataFrame:
    """Return the nearest schools for a school's children by their ways from home, and what speaks against each.

    The children are those who learn at the school without what the draft says of these grades of it, with those whom
    an earlier merger brought there.

    Returns
    -------
    DataFrame
        A row a school, the shortest median way first: ``host_id``, ``name``, ``median_m``, ``max_m`` (null where no way
        is known), ``pupils``, ``can`` (whether the merge would be accepted), ``against`` (a list of Thai sentences).
    """
    named = parse_grades(grades)
    merges = [m for m in draft.merges if m.school != school or not set(parse_grades(m.grades)) & set(named)]
    base = simulate(draft.model_copy(update={"merges": merges}), office)
    place = office.place[school]
    here = [i for i, grade in enumerate(GRADES) if grade in named]
    rows = np.flatnonzero((base.seats.sits == place) & np.isin(office.grade, here))
    needed = [i for i in here if (office.offered | office.present)[place, i]]
    ways, count = office.road_m[office.origin[rows]], office.count[rows]
    table = []
    for host in range(len(office.codes)):
        if host == place or (office.closed[host] and not base.learners[host].any()):
            continue
        metres = ways[:, host]
        reasons = _against(base, rows, needed, host)
        table.append(
            {
                "host_id": office.codes[host],
                "name": office.names[host],
                "median_m": weighted_quantile(metres, count, 1, 2),
                "max_m": weighted_quantile(metres, count, 1, 1),
                "pupils": int(count.sum()),
                "can": not reasons[0],
                "against": reasons[0] + reasons[1],
            }
        )
    columns = ["host_id", "name", "median_m", "max_m", "pupils", "can", "against"]
    ranked = pd.DataFrame(table, columns=columns).astype({"median_m": "Int64", "max_m": "Int64"})
    return ranked.sort_values(["median_m", "max_m", "host_id"], ignore_index=True).head(most)


def _against(base: Moves, rows: Ints, needed: list[int], host: int) -> tuple[list[str], list[str]]:
    """Return what makes a merge impossible, and what an officer must look at."""
    office, settings = base.office, base.office.policy.settings
    origin, count = office.origin[rows], office.count[rows]
    metres, minutes, wet = (table[origin, host] for table in (office.road_m, office.minutes, office.wet_m))
    cannot = []
    if office.closed[host]:
        cannot.append("ปิดแล้ว")
    if lacking := [GRADES[i] for i in needed if not office.offered[host, i]]:
        cannot.append(f"ไม่ได้เปิดชั้น {thai_grades(format_grades(lacking))}")
    if leaving := [GRADES[i] for i in needed if base.held[host, i] != NONE]:
        cannot.append(f"ย้ายชั้น {thai_grades(format_grades(leaving))} ไปที่อื่นเอง")
    learners = base.learners[host].copy()
    np.add.at(learners, office.grade[rows], count)
    most, rooms = int(rooms_needed(learners[None], settings).sum()), office.rooms[host]
    beside = []
    if rooms == NONE:
        beside.append("ไม่ทราบจำนวนห้องเรียน")
    elif most > rooms:
        beside.append(f"ห้องเรียนไม่พอ: ต้องใช้ {most} ห้อง มี {rooms} ห้อง")
    for where, text in (
        (metres == NONE, "ไม่มีทางรถหรือไม่ทราบบ้าน"),
        (metres > settings.far_m[0], f"ไกลเกิน {settings.far_m[0] / 1000:g} กม."),
        (minutes > settings.long_minutes, f"เดินทางเกิน {settings.long_minutes} นาที"),
        ((metres != NONE) & (wet == NONE), "ไปไม่ได้ในฤดูฝน"),
    ):
        if pupils := int(count[where].sum()):
            beside.append(f"{text} {pupils:,} คน")
    return cannot, beside

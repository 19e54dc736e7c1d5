"""The best plan under the analyst's rules, objective by objective, and the scenario that it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, cast

import numpy as np

from restructure.grades import GRADES, STAGES, format_grades
from restructure.optimise import clock
from restructure.optimise.levels import first_by_code, keep_together, known_plan, least, shortest
from restructure.optimise.milp import Status, relative_gap, solve
from restructure.optimise.programme import Programme, build
from restructure.optimise.rules import Rules, settle
from restructure.optimise.schools import list_choices
from restructure.roads import Floats, Ints
from restructure.scenario import Merge, Scenario
from restructure.seating import Office

#: Takes the objective that is sought, its value in the best plan (None: no plan yet), what is proven of it and seconds;
#: True asks to stop. After the last objective, while codes decide, the objective is empty.
Progress = Callable[[str, float | None, float, float], bool | None]
_Kind = Literal["learn-together", "merge", "dissolve"]
_Programme = Literal["existing", "second-decade", "unspecified"]
OBJECTIVES = ("small_schools", "subsidy", "pupil_km", "longest", "closures")


class Level(NamedTuple):
    """An objective of a plan: no plan that is as good in all objectives before it has less than ``bound``.

    ``small_schools`` and ``closures`` are schools, ``subsidy`` baht, ``pupil_km`` metres of all pupils together (exact:
    the kilometres that are shown are rounded), ``longest`` metres. ``gap`` is relative to the value, 0 when proven.
    """

    objective: str
    value: int
    bound: float
    gap: float


@dataclass(frozen=True, eq=False)
class Best:
    """The best plan found, and what is proven of it.

    Attributes
    ----------
    status
        ``optimal``: every objective is proven; ``feasible``: a plan, what is left open stands in ``levels``;
        ``infeasible``: proven that no plan keeps the rules; ``none``: stopped before there was one.
    levels
        The objectives in the analyst's order; empty without a plan.
    values
        All ``OBJECTIVES`` of the plan; empty without one.
    closes
        Codes of the schools that close, in order.
    hosts
        Where each stage of these goes: (school, stage) → host, by code.
    unmeasured
        Pupils who move and have no known way to their new school; they bind nothing and cost nothing.
    seconds
        How long it took.
    """

    status: Status
    levels: list[Level]
    values: dict[str, int]
    closes: list[str]
    hosts: dict[tuple[str, str], str]
    unmeasured: int
    seconds: float

    @property
    def gap(self) -> float:
        """The gap of the first objective that is not proven, 0 where all are; infinite without a plan."""
        return next((level.gap for level in self.levels if level.gap), 0.0 if self.levels else math.inf)


def best_plan(office: Office, rules: Rules, *, progress: Progress | None = None, start: Best | None = None) -> Best:
    """Return the best plan: the first objective as small as can be, then the next among all plans as good, and so on.

    Of plans equal in all objectives it is the first by code (:func:`restructure.optimise.levels.first_by_code`): the
    same inputs give the same plan in whatever order their rows stand, unless time or a hand stopped the search.

    Parameters
    ----------
    progress
        Told of the search from time to time.
    start
        A known plan; one that the rules do not allow is left aside.

    Raises
    ------
    RulesError
        When a rule names a school that is not in the table.
    """
    rules = settle(rules, office)
    return best_of(build(list_choices(office, rules), rules), rules, progress=progress, start=start)


def present_values(office: Office, rules: Rules) -> dict[str, int]:
    """Return the objectives of the present state in the term of the rules, on the scale of plans."""
    choices = list_choices(office, settle(rules, office))
    now = choices.own
    return {
        "small_schools": int(choices.small.sum()),
        "subsidy": choices.other_baht + int(choices.baht[now].sum()),
        "pupil_km": choices.other_metres + int(choices.metres[now].sum()),
        "longest": 0,
        "closures": 0,
    }


def best_of(programme: Programme, rules: Rules, *, progress: Progress | None = None, start: Best | None = None) -> Best:
    """Return the best plan of a programme; parameters as of :func:`best_plan`, rules settled."""
    begun = clock.now()
    stopped = False

    def hear(objective: str, value: float | None, bound: float) -> bool:
        nonlocal stopped
        stopped = stopped or bool(progress and progress(objective, value, bound, clock.now() - begun))
        return stopped

    model, proven = programme.model, []
    values = known_plan(programme, {} if start is None else start.hosts)
    for place, objective in enumerate(rules.order):
        left = rules.seconds - (clock.now() - begun)
        if place < len(rules.order) - 1:
            left /= 2  # what is found late in one objective is worth less than a plan that is good in the next, too
        if stopped or left <= 0:
            if values is None:
                break
            proven.append(-math.inf)
            continue
        find = shortest if objective == "longest" else least
        status, found, bound, model = find(programme, model, objective, left, values, hear)
        if found is None:
            return Best(status, [], {}, [], {}, 0, clock.now() - begun)
        values = programme.settled(found)
        proven.append(bound)
    if values is None:
        return Best("none", [], {}, [], {}, 0, clock.now() - begun)
    left = rules.seconds - (clock.now() - begun)
    if not stopped and left > 0:
        values = programme.settled(first_by_code(programme, model, left, values, hear))
    values = keep_together(programme, values)
    # By chance a search may have bettered an objective that time had left open.
    levels = [
        Level(objective, value := programme.value(objective, values), bound, relative_gap(value, bound))
        for objective, bound in zip(rules.order, proven, strict=True)
    ]
    return _spell(programme, values, levels, clock.now() - begun)


class Extreme(NamedTuple):
    """The least or the most of an objective, 0 without a plan; proven where ``status`` is ``optimal``."""

    status: Status
    value: int


def extreme(programme: Programme, objective: str, seconds: float, *, most: bool = False) -> Extreme:
    """Return the least or the most of an objective but ``longest``, as far as found in time."""
    cost = programme.costs[objective] * (-1 if most else 1)
    answer = solve(replace(programme.model, cost=cost), seconds=seconds)
    return Extreme(answer.status, 0 if answer.values is None else programme.value(objective, answer.values))


def to_scenario(best: Best, rules: Rules, office: Office, name: str, stem: str) -> Scenario:
    """Return a plan as a scenario: its merges, and the earlier mergers that go on with a school that closes.

    Raises
    ------
    ValueError
        When there is no plan.
    """
    if not best.levels:
        raise ValueError("there is no plan")
    rules = settle(rules, office)
    choices = list_choices(office, rules)
    stages = list(STAGES)
    grades: dict[tuple[int, str, _Kind, _Programme], set[str]] = {}
    for u, (school, stage) in enumerate(zip(choices.school, choices.stage, strict=True)):
        host = best.hosts.get((office.codes[school], stages[stage]))
        if host is None:
            continue
        for grade in np.flatnonzero(choices.leaving[u]):
            grades.setdefault((school, host, rules.kind, rules.programme), set()).add(GRADES[grade])
        for one in choices.carried:
            if one.unit == u:
                key = (one.school, host, cast(_Kind, one.entry.kind), cast(_Programme, one.entry.programme))
                grades.setdefault(key, set()).add(GRADES[one.grade])
    merges = []
    for school, host, kind, programme in sorted(grades):
        moved = grades[school, host, kind, programme]
        everything = {GRADES[i] for i in np.flatnonzero(office.offered[school] | office.present[school])}
        merges.append(
            Merge(
                school=office.codes[school],
                host=host,
                grades="all" if moved == everything else format_grades(moved),
                kind=kind,
                from_term=rules.from_term,
                programme=programme,
            )
        )
    return Scenario(name=name, merges=merges, stem=stem)


def _spell(programme: Programme, values: Floats, levels: list[Level], seconds: float) -> Best:
    choices, codes = programme.by_stage, programme.choices.office.codes
    stages = list(STAGES)
    hosts: Ints = programme.hosts_of(values)
    moving = np.flatnonzero(hosts != choices.school)
    return Best(
        status="feasible" if any(level.gap for level in levels) else "optimal",
        levels=levels,
        values={name: programme.value(name, values) for name in OBJECTIVES},
        closes=[codes[place] for place in np.unique(choices.school[moving])],
        hosts={(codes[choices.school[u]], stages[choices.stage[u]]): codes[hosts[u]] for u in moving},
        unmeasured=int(choices.unmeasured[moving, hosts[moving]].sum()),
        seconds=seconds,
    )

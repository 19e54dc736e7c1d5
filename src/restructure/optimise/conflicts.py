"""Rules that cannot hold together: the smallest set of them, and what leaving one out would give."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

import numpy as np

from restructure.optimise import clock
from restructure.optimise.milp import Answer, Model, is_feasible, solve
from restructure.optimise.programme import Programme, build
from restructure.optimise.rules import Rules, in_effect, only, settle, without
from restructure.optimise.schools import NEVER, Choices, list_choices
from restructure.roads import Ints
from restructure.seating import NONE, Office


class Relaxed(NamedTuple):
    """What leaving out one rule would give, all others kept.

    ``possible`` is None where time ran out. ``instead`` is the value nearest to the rule's that would do: the shortest
    limit, the least ceiling, the most or the fewest closures, and of rules that name schools the fewest that must give
    way. It is the nearest that was found in time, None for rules that name nothing and where there is none.
    """

    rule: str
    possible: bool | None
    instead: int | list[str] | None


class Conflict(NamedTuple):
    """A smallest set of rules that cannot hold together; ``proven`` where no smaller one can be, for lack of time."""

    rules: list[str]
    proven: bool
    relaxed: list[Relaxed]


def conflict(office: Office, rules: Rules) -> Conflict | None:
    """Return the smallest set of rules that stand in each other's way, None where all can hold together.

    It takes about ``rules.seconds`` at most. A rule that is left out binds nobody; that a host offers and keeps the
    grades, and that there is a way, always holds.

    Raises
    ------
    RulesError
        When a rule names a school that is not in the table.
    TimeoutError
        When that is too short to tell whether all can hold together.
    """
    rules = settle(rules, office)
    search = _Search(list_choices(office, rules), rules)
    named = in_effect(rules)
    if search.possible(named) is None:
        raise TimeoutError("the time limit is too short to tell whether the rules can hold together")
    if search.possible(named):
        return None
    core = named
    for name in named:
        rest = [other for other in core if other != name]
        if search.possible(rest) is False:
            core = rest
    smaller = (set_ for size in range(1, len(core)) for set_ in combinations(named, size))
    core = next((list(set_) for set_ in smaller if search.possible(set_) is False), core)
    return Conflict(core, search.certain, [_relaxed(search, name) for name in core])


class _Search:
    """Asks whether rules can hold together; a plan that is found answers for every set of rules that it keeps."""

    def __init__(self, choices: Choices, rules: Rules) -> None:
        self.choices, self.rules = choices, rules
        self.kept: list[set[str]] = []
        self.broken: list[set[str]] = []
        self.certain = True
        self.begun = clock.now()
        self._learn(choices.school)

    def solve(self, model: Model) -> Answer:
        """Solve a model in the time that is left."""
        return solve(model, seconds=max(self.rules.seconds - (clock.now() - self.begun), 0.0))

    def possible(self, names: tuple[str, ...] | list[str]) -> bool | None:
        """Return whether some rules can hold together; None where time ran out."""
        if any(set(names) <= kept for kept in self.kept):
            return True
        if any(broken <= set(names) for broken in self.broken):
            return False
        programme = build(self.choices, only(self.rules, set(names)))
        answer = self.solve(programme.model)
        if answer.values is not None:
            self._learn(programme.hosts_of(answer.values))
            return True
        if answer.status == "infeasible":
            self.broken.append(set(names))
            return False
        self.certain = False
        return None

    def _learn(self, hosts: Ints) -> None:
        kept = set()
        for name in in_effect(self.rules):
            programme = build(self.choices, only(self.rules, {name}))
            values = programme.values_of(hosts)
            if values is not None and is_feasible(programme.model, values):
                kept.add(name)
        self.kept.append(kept)


def _relaxed(search: _Search, name: str) -> Relaxed:
    rules = without(search.rules, name)
    programme = build(search.choices, rules)
    answer = search.solve(programme.model)
    if answer.values is None:
        return Relaxed(name, False if answer.status == "infeasible" else None, None)
    instead: int | list[str] | None = None
    if name in ("longest_m", "longest_minutes"):
        instead = _shortest_limit(search, name)
    elif name in ("close_at_least", "close_at_most", "ceiling_baht"):
        objective = "subsidy" if name == "ceiling_baht" else "closures"
        cost = programme.costs[objective] * (-1 if name == "close_at_least" else 1)
        values = search.solve(replace(programme.model, cost=cost)).values
        instead = None if values is None else programme.value(objective, values)
    elif name not in ("rooms", "one_host", "wet_season"):
        instead = _fewest(search, programme, name)
    return Relaxed(name, True, instead)


def _shortest_limit(search: _Search, name: str) -> int:
    """Return the shortest of the limits that occur under which the other rules can hold."""
    needs = search.choices.needs_m if name == "longest_m" else search.choices.needs_minutes
    limits = np.unique(needs[(needs > getattr(search.rules, name)) & (needs < NEVER)])
    low, high = 0, len(limits) - 1
    while low < high:
        middle = (low + high) // 2
        programme = build(search.choices, search.rules.model_copy(update={name: int(limits[middle])}))
        if search.solve(programme.model).values is None:
            low = middle + 1
        else:
            high = middle
    return int(limits[high])


def _fewest(search: _Search, programme: Programme, name: str) -> list[str] | None:
    """Return the fewest schools for which a rule that names schools, or a kind of them, must give way."""
    choices, office, rules = programme.choices, search.choices.office, search.rules
    cost = np.zeros(len(programme.model.cost))
    if name == "hosts":
        wanted = {office.place[school]: office.place[host] for school, host in rules.hosts.items()}
        named = np.array([wanted.get(place, NONE) for place in choices.school])[programme.unit]
        cost[programme.arcs] = (named != NONE) & (named != programme.host)
        owner = choices.school[programme.unit]
    else:
        owner = programme.nodes
        group = {
            "must_stay": np.isin(owner, [office.place[code] for code in rules.must_stay]),
            "must_close": np.isin(owner, [office.place[code] for code in rules.must_close]),
            "protect_special": choices.special[owner],
            "close_only_small": choices.large[owner],
        }[name]
        cost[: len(owner)] = np.where(group, 1 if name == "must_close" else -1, 0)
    values = search.solve(replace(programme.model, cost=cost)).values
    if values is None:
        return None
    given_way = cost * values > 0 if name in ("hosts", "must_close") else (cost < 0) & (values == 0)
    given_way = given_way[programme.arcs] if name == "hosts" else given_way[: len(owner)]
    codes = {office.codes[place] for place in owner[given_way]}
    # A school that does not teach cannot stay either.
    codes |= {code for code in rules.must_stay if name == "must_stay" and not choices.teaching[office.place[code]]}
    return sorted(codes)

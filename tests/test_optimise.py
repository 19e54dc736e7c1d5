"""Best plans of schools, held against all plans there are and a count of every pupil in plain Python."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from restructure._errors import RulesError
from restructure.optimise import conflicts, core
from restructure.optimise.asking import alternatives, curve, why, without_each
from restructure.optimise.conflicts import conflict
from restructure.optimise.core import narrow
from restructure.optimise.covers import tighten
from restructure.optimise.milp import Answer, is_feasible, relax
from restructure.optimise.plans import Best, best_plan, present_values, to_scenario
from restructure.optimise.programme import build
from restructure.optimise.rules import LEFT_OUT, Rules, read_rules, settle
from restructure.optimise.schools import list_choices
from restructure.policy import load_policy
from restructure.scenario import PRESENT
from restructure.seating import NONE, Office, make_office
from restructure.simulate import simulate

STAGES = {"K": "K1 K2 K3", "P1-P3": "P1 P2 P3", "P4-P6": "P4 P5 P6", "M": "M1 M2 M3"}
STAGE = {grade: stage for stage, grades in STAGES.items() for grade in grades.split()}
GRADES = list(STAGE)
#: Limits of every plan that is checked here, beside the rules' own.
SMALL, SECONDS = 120, 20.0


class Pupils(NamedTuple):
    roll: str
    grade: str
    village: str
    past: str
    count: int


class Town(NamedTuple):
    """A small office as plain Python; ``ways`` are metres and minutes, ``flooded`` those without a wet season."""

    grades: dict[str, list[str]]
    rooms: dict[str, int | None]
    special: set[str]
    closed: set[str]
    pupils: list[Pupils]
    mergers: dict[tuple[str, str], str]
    ways: dict[tuple[str, str], tuple[int, int]]
    flooded: frozenset[tuple[str, str]] = frozenset()


def random_town(seed: int) -> Town:
    rng = random.Random(seed)
    names = [f"S{i}" for i in range(rng.choice([3, 4, 4, 4]))]
    rng.shuffle(names)
    spans = [("K3", "P4"), ("K3", "P2"), ("P1", "P4"), ("P3", "P4"), ("P1", "P2")]
    grades = {}
    for name in names:
        first, last = rng.choice(spans[:2] if seed % 3 else spans)
        grades[name] = GRADES[GRADES.index(first) : GRADES.index(last) + 1]
    old = [f"M{i}" for i in range(rng.choice([0, 1, 2]))]
    mergers = {}
    for name in old:
        grades[name] = ["P1", "P2", "P3", "P4"]
        for part in rng.choice([["P1 P2 P3 P4"], ["P1 P2 P3", "P4"], ["P4"]]):
            # A merger may name one grade of the host's that it lacks.
            hosts = [host for host in names if set(part.split()) <= set(grades[host])]
            if hosts:
                host = rng.choice(hosts)
                mergers |= {(name, grade): host for grade in part.split()}
    everyone = names + old
    villages = [f"V{i}" for i in range(5)]
    ways = {}
    for village, school in itertools.product(villages, everyone):
        if rng.random() < 0.95:
            metres = rng.choice([rng.randrange(0, 4_000), rng.randrange(2_500, 12_000)])
            ways[village, school] = metres, metres // 400 + rng.randrange(4)
    rows: dict[tuple[str, str, str, str], int] = {}
    for _ in range(rng.randrange(8, 26)):
        school = rng.choice(everyone)
        # Some in a grade that the school does not list; some of unknown home; some who came from another school.
        grade = rng.choice(grades[school]) if rng.random() < 0.97 else "P5"
        past = rng.choice(everyone) if rng.random() < 0.25 else ""
        village = rng.choice(villages) if rng.random() < 0.95 else "V9"
        rows[school, grade, village, past if past != school else ""] = rng.choice([1, 5, 9, 10, 20, 39, 41, 70])
    more = random.Random(f"older {seed}")
    if seed % 4 == 1:
        for school in more.sample(names, len(names) - 1):
            grades[school].append("M1")
            rows[school, "M1", more.choice(villages), ""] = more.choice([5, 9, 20])
    return Town(
        grades,
        {name: rng.choice([None, 3, 5, 6, 8, 12]) for name in everyone},
        {name for name in names if rng.random() < 0.1},
        {name for name in names if rng.random() < 0.05},
        [Pupils(*key, count) for key, count in rows.items()],
        mergers,
        ways,
        frozenset(more.sample(sorted(ways), len(ways) // 8)),
    )


def office_of(
    town: Town, rename: dict[str, str] | None = None, mergers: list[tuple[str, str, str, str, str, str]] | None = None
) -> Office:
    rename = rename or {}
    named = {name: rename.get(name, name) for name in town.grades} | {"": ""}
    schools = [
        {
            "school_id": named[name],
            "name": name,
            "amphoe": "กลาง",
            "grades": ",".join(grades),
            "rooms": town.rooms[name],
            "special_area": "highland" if name in town.special else "",
            "status": "closed" if name in town.closed else "",
        }
        for name, grades in town.grades.items()
    ]
    students = [
        (named[one.roll], one.grade, one.village, named[one.past], one.count, one.count, "") for one in town.pupils
    ]
    heads = ["school_id", "grade", "village_id", "from_school_id", "count", "pupils", "as_of"]
    if mergers is None:
        pairs = town.mergers.items()
        mergers = [(named[s], g, "1/2560", named[h], "learn-together", "existing") for (s, g), h in pairs]
    ways = [(v, named[s], m, t) for (v, s), (m, t) in town.ways.items()]
    tables = {
        "schools": pd.DataFrame(schools).astype({"rooms": "Int64"}),
        "students": pd.DataFrame(students, columns=heads),
        "mergers": pd.DataFrame(mergers, columns=["school_id", "grades", "from_term", "host_id", "kind", "programme"]),
    }
    distances = pd.DataFrame(ways, columns=["village_id", "school_id", "road_m", "minutes"])
    distances = distances.astype({"road_m": "Int64", "minutes": "Int64"})
    flooded = [way in town.flooded for way in town.ways]
    return make_office(tables, distances, policy(), wet=distances[~np.array(flooded, dtype=bool)])


@cache
def policy() -> Any:
    return load_policy()


def seats_of(town: Town, where: dict[tuple[str, str], str]) -> Iterator[tuple[Pupils, str, bool]]:
    """Where all pupils learn given what is merged into what, and whether they are paid for."""
    for one in town.pupils:
        if host := where.get((one.roll, one.grade)):
            yield one, host, True
        else:
            yield one, one.roll, bool(one.past) and where.get((one.past, one.grade)) == one.roll


def rate(metres: int) -> int:
    return 10 if metres <= 3_000 else 15 if metres <= 10_000 else 20


def rooms_of(pupils: int, grade: str) -> int:
    size = 30 if grade[0] == "K" else 40
    if pupils < size:
        return int(pupils > 0)
    return pupils // size + (pupils % size >= 10)


class Plans:
    """All plans of a town: which schools can close, which hosts can take their stages, and what each plan gives."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.before = list(seats_of(town, town.mergers))
        own = {
            (name, grade)
            for name, grades in town.grades.items()
            for grade in [*grades, *(one.grade for one in town.pupils if one.roll == name)]
        }
        self.keeps = {
            (name, grade)
            for name, grades in town.grades.items()
            for grade in grades
            if (name, grade) not in town.mergers and name not in town.closed
        }
        self.teaching = sorted({name for name, _ in self.keeps})
        sits = {(place, one.grade) for one, place, _ in self.before}
        self.needed: dict[tuple[str, str], set[str]] = {}
        for name, grade in self.keeps | {key for key in sits if key[0] in self.teaching}:
            self.needed.setdefault((name, STAGE[grade]), set()).add(grade)
        self.moves = {
            (name, stage): [(name, g) for g in grades if (name, g) in own and (name, g) not in town.mergers]
            + [key for key, host in town.mergers.items() if host == name and key[1] in grades and key in own]
            for (name, stage), grades in self.needed.items()
        }
        self.size = Counter[str]()
        for one, place, _ in self.before:
            self.size[place] += one.count

    def hosts(self, unit: tuple[str, str], rules: Rules) -> list[str]:
        found = []
        for host in self.teaching:
            if host == unit[0] or not all((host, grade) in self.keeps for grade in self.needed[unit]):
                continue
            if rules.hosts.get(unit[0], host) == host and self.near(unit, host, rules):
                found.append(host)
        return found

    def near(self, unit: tuple[str, str], host: str, rules: Rules) -> bool:
        for one, place, _ in self.before:
            if place != unit[0] or STAGE[one.grade] != unit[1] or (one.village, place) not in self.town.ways:
                continue
            way, now = self.town.ways.get((one.village, host)), self.town.ways[one.village, place]
            if way is None:
                return False
            flooded = [(one.village, school) in self.town.flooded for school in (place, host)]
            if rules.wet_season and flooded == [False, True]:
                return False
            for metres, present, limit in zip(way, now, (rules.longest_m, rules.longest_minutes), strict=True):
                if limit is not None and metres > max(limit, present):
                    return False
        return True

    def all(self, rules: Rules, named: Sequence[str] = ()) -> Iterator[dict[tuple[str, str], str]]:
        """Every plan that keeps the rules for single schools; hosts by unit. Some may close though nobody is there."""
        town = self.town
        may = [
            name
            for name in self.teaching
            if name not in rules.must_stay
            and (self.size[name] or name in rules.must_close or name in named)
            and not (rules.protect_special and name in town.special)
            and not (rules.close_only_small and self.size[name] > SMALL)
        ]
        if any(code not in self.teaching for code in rules.must_stay):
            return
        choice = {unit: self.hosts(unit, rules) for unit in self.needed}
        for count in range(len(may) + 1):
            if count < (rules.close_at_least or 0):
                continue
            if rules.close_at_most is not None and count > rules.close_at_most:
                continue
            for closes in itertools.combinations(may, count):
                if any(code in self.teaching and code not in closes for code in rules.must_close):
                    continue
                units = [unit for unit in self.needed if unit[0] in closes]
                options = [[host for host in choice[unit] if host not in closes] for unit in units]
                for hosts in itertools.product(*options):
                    pairs = {(school, host) for (school, stage), host in zip(units, hosts, strict=True) if stage != "M"}
                    if not rules.one_host or len(pairs) == len({school for school, _ in pairs}):
                        yield dict(zip(units, hosts, strict=True))

    def score(self, plan: dict[tuple[str, str], str], rules: Rules) -> dict[str, int] | None:
        """The objectives of a plan; None where it breaks the rules for rooms or money."""
        where = dict(self.town.mergers)
        for unit, host in plan.items():
            where |= dict.fromkeys(self.moves[unit], host)
        closes = {school for school, _ in plan}
        learners, baht, metres, longest = Counter[tuple[str, str]](), 0, 0, 0
        came = set()
        for (one, place, paid), (_, before, _) in zip(seats_of(self.town, where), self.before, strict=True):
            learners[place, one.grade] += one.count
            way = self.town.ways.get((one.village, place))
            if place != before:
                came.add(place)
                longest = max(longest, way[0] if way else 0)
            if way:
                metres += one.count * way[0]
                baht += one.count * rate(way[0]) * 200 * paid
        for place in came if rules.rooms else ():
            rooms = self.town.rooms[place]
            needed = sum(rooms_of(count, grade) for (school, grade), count in learners.items() if school == place)
            if rooms is not None and needed > rooms:
                return None
        if rules.ceiling_baht is not None and baht > rules.ceiling_baht:
            return None
        size = Counter[str]()
        for (school, _), count in learners.items():
            size[school] += count
        return {
            "small_schools": sum(1 <= size[school] <= SMALL for school in self.teaching if school not in closes),
            "subsidy": baht,
            "pupil_km": metres,
            "longest": longest,
            "closures": len(closes),
        }

    def best(self, rules: Rules) -> list[int] | None:
        scores = (self.score(plan, rules) for plan in self.all(rules))
        return min(([score[name] for name in rules.order] for score in scores if score), default=None)


def random_rules(seed: int, town: Town) -> Rules:
    rng = random.Random(seed)
    order = rng.sample(["subsidy", "pupil_km", "longest", "closures"], rng.randrange(1, 5))
    # Most others are least where nobody closes.
    order = ["small_schools", *order] if rng.random() < 0.7 else order
    names = [name for name in town.grades if name.startswith("S")]
    possible = {
        "longest_m": rng.choice([None, 4_000, 8_000]),
        "longest_minutes": rng.choice([None, 15]),
        "close_at_least": rng.choice([1, 1, 2]),
        "close_at_most": rng.choice([0, 1, 2]),
        "ceiling_baht": rng.choice([100_000, 300_000, 800_000]),
        "rooms": False,
        "must_stay": rng.sample(names, 1),
        "must_close": rng.sample(names, 1),
        "hosts": dict([rng.sample(names, 2)]),
        "protect_special": False,
        "close_only_small": False,
        "one_host": False,
        "wet_season": False,
    }
    often = ("longest_m", "close_only_small", "one_host")
    more: dict[str, Any] = {
        key: value for key, value in possible.items() if rng.random() < (0.6 if key in often else 0.25)
    }
    return Rules(order=order, seconds=SECONDS, **({"longest_m": 6_000, "longest_minutes": 30} | more))


def plan_of(best: Best) -> dict[tuple[str, str], str]:
    return dict(best.hosts)


def vector(best: Best) -> list[int]:
    return [level.value for level in best.levels]


def pupil_metres(outcome: Any) -> int:
    ways, count = outcome.road_m, outcome.office.count
    return int((np.where(ways == NONE, 0, ways) * count).sum())


TOWNS = 200


@pytest.mark.parametrize("block", range(10))
def test_no_plan_of_all_is_better(block: int) -> None:
    closing = 0
    for seed in range(block * TOWNS // 10, (block + 1) * TOWNS // 10):
        town = random_town(seed)
        rules, office, plans = random_rules(seed, town), office_of(town), Plans(town)
        best, expected = best_plan(office, rules), plans.best(rules)
        if expected is None:
            assert (best.status, best.levels) == ("infeasible", []), seed
            continue
        assert best.status == "optimal", seed
        assert [level.value for level in best.levels] == expected, seed
        assert all(level.bound == level.value for level in best.levels), seed
        assert plan_of(best) in list(plans.all(rules)), seed
        assert plans.score(plan_of(best), rules) == best.values, seed
        assert sorted({school for school, _ in best.hosts}) == best.closes
        closing += bool(best.closes)
        # The scenario gives what the plan says, by the simulation's own count.
        outcome = simulate(to_scenario(best, rules, office, "ก", "a"), office)
        summary = outcome.summary
        simulated = [summary[key] for key in ("small_schools", "subsidy_total_baht", "schools_closed")]
        assert simulated == [best.values[key] for key in ("small_schools", "subsidy", "closures")], seed
        assert (pupil_metres(outcome), summary["max_m"] or 0) == (best.values["pupil_km"], best.values["longest"]), seed
        assert summary["unreachable"] == best.unmeasured, seed
        assert outcome.learners.sum() == outcome.learners_before.sum() == sum(one.count for one in town.pupils)
        if rules.rooms:
            crowded = set(outcome.warnings.query("rule == 'over-capacity'")["host_id"])
            now = simulate(PRESENT, office).learners
            grown = {
                code for code, more in zip(office.codes, (outcome.learners > now).any(axis=1), strict=True) if more
            }
            assert not crowded & grown, seed
    assert closing >= 3, "draws that show something"


@pytest.mark.parametrize("seed", range(300, 320))
def test_closing_nothing_costs_what_is_paid_today(seed: int) -> None:
    office = office_of(random_town(seed))
    best = best_plan(office, Rules(close_at_most=0, seconds=SECONDS))
    outcome = simulate(PRESENT, office)
    assert (best.status, best.closes, best.hosts) == ("optimal", [], {})
    assert best.values == {
        "small_schools": outcome.summary["small_schools_before"],
        "subsidy": outcome.summary["subsidy_present_baht"],
        "pupil_km": pupil_metres(outcome),
        "longest": 0,
        "closures": 0,
    }
    assert present_values(office, Rules()) == best.values
    assert to_scenario(best, Rules(), office, "ก", "a").merges == []


@pytest.mark.parametrize("seed", range(320, 345))
def test_leaving_a_rule_out_never_worsens_and_more_rooms_never_do(seed: int) -> None:
    town = random_town(seed)
    office, rules = office_of(town), random_rules(seed, town)
    best = best_plan(office, rules)
    found = without_each(office, rules)
    assert set(found) <= set(LEFT_OUT)
    if not best.levels:
        return
    assert all(vector(other) <= vector(best) for other in found.values())
    more = town._replace(rooms={name: rooms and rooms + seed % 3 + 1 for name, rooms in town.rooms.items()})
    assert vector(best_plan(office_of(more), rules)) <= vector(best)


@pytest.mark.parametrize("seed", range(345, 365))
def test_other_codes_change_no_objective(seed: int) -> None:
    town = random_town(seed)
    rules = random_rules(seed, town)
    names = list(town.grades)
    new = dict(zip(names, random.Random(seed).sample([f"X{i}" for i in range(9)], len(names)), strict=True))
    renamed = rules.model_copy(
        update={
            "must_stay": [new[code] for code in rules.must_stay],
            "must_close": [new[code] for code in rules.must_close],
            "hosts": {new[school]: new[host] for school, host in rules.hosts.items()},
        }
    )
    one, other = best_plan(office_of(town), rules), best_plan(office_of(town, new), renamed)
    assert (one.status, vector(one)) == (other.status, vector(other))


def test_the_same_question_has_the_same_answer() -> None:
    for seed in range(365, 375):
        town = random_town(seed)
        rules = random_rules(seed, town)
        one, other = (best_plan(office_of(town), rules) for _ in range(2))
        assert (one.hosts, one.levels) == (other.hosts, other.levels)


def pair(here: int, there: int, metres: int, now: int = 0, minutes: int = 10) -> Town:
    """S1 with some pupils, and S2 whose pupils would have so far to S1."""
    return Town(
        grades={"S1": ["P1"], "S2": ["P1"]},
        rooms={"S1": None, "S2": None},
        special=set(),
        closed=set(),
        pupils=[Pupils("S1", "P1", "V1", "", here), Pupils("S2", "P1", "V2", "", there)],
        mergers={},
        ways={("V1", "S1"): (0, 0), ("V2", "S1"): (metres, minutes), ("V2", "S2"): (now, now // 500)},
    )


@pytest.mark.parametrize(("here", "small"), [(99, 1), (100, 1), (101, 0)])
def test_a_school_of_120_is_small(here: int, small: int) -> None:
    best = best_plan(office_of(pair(here, 20, 3_000)), Rules(must_close=["S2"]))
    assert (best.values["small_schools"], best.status) == (small, "optimal")


@pytest.mark.parametrize(
    ("town", "closes"),
    [
        (pair(200, 9, 6_000), ["S2"]),
        (pair(200, 9, 6_001), []),
        (pair(200, 9, 6_001, now=6_001), ["S2"]),
        (pair(200, 9, 6_002, now=6_001), []),
        (pair(200, 9, 3_000, minutes=30), ["S2"]),
        (pair(200, 9, 3_000, minutes=31), []),
        (pair(200, 9, 3_000, minutes=31, now=15_500), ["S2"]),
    ],
)
def test_limits_are_inclusive_and_spare_who_travels_far_already(town: Town, closes: list[str]) -> None:
    assert best_plan(office_of(town), Rules()).closes == closes


@pytest.mark.parametrize(("rooms", "closes"), [(5, []), (6, ["S2"]), (None, ["S2"])])
def test_rooms_count_a_remainder_of_ten(rooms: int | None, closes: list[str]) -> None:
    """200 pupils of a grade need 5 rooms, 209 too, 210 need 6; unknown rooms never bind."""
    for there, expected in ((9, ["S2"]), (10, closes)):
        town = pair(200, there, 100)._replace(rooms={"S1": rooms, "S2": 1})
        assert best_plan(office_of(town), Rules()).closes == expected


def test_an_office_without_schools_that_teach() -> None:
    town = pair(200, 9, 100)._replace(closed={"S1", "S2"})
    best = best_plan(office_of(town), Rules())
    assert (best.status, best.closes, best.values["small_schools"]) == ("optimal", [], 0)


def test_of_equal_plans_the_host_of_the_first_code() -> None:
    """S3 has one pupil at V0, as far from S1 as from S2."""
    town = Town(
        grades={name: ["P1"] for name in ["S1", "S2", "S3"]},
        rooms=dict.fromkeys(["S1", "S2", "S3"]),
        special=set(),
        closed=set(),
        pupils=[Pupils("S1", "P1", "V1", "", 200), Pupils("S2", "P1", "V2", "", 200), Pupils("S3", "P1", "V0", "", 1)],
        mergers={},
        ways={
            ("V0", "S1"): (900, 2),
            ("V0", "S2"): (900, 2),
            ("V0", "S3"): (0, 0),
            ("V1", "S1"): (0, 0),
            ("V2", "S2"): (0, 0),
        },
    )
    assert best_plan(office_of(town), Rules()).hosts == {("S3", "P1-P3"): "S1"}
    assert best_plan(office_of(town, {"S1": "S2", "S2": "S1"}), Rules()).hosts == {("S3", "P1-P3"): "S1"}


def test_a_stage_without_pupils_goes_with_its_school() -> None:
    """B offers the empty stage and comes before H; F takes the empty stage of A only if H lacks it."""
    stages = ["P1", "P4"]
    town = Town(
        grades={"A": stages, "B": stages, "F": ["K2", "P4"], "H": stages},
        rooms={"A": None, "B": None, "F": None, "H": 5},
        special=set(),
        closed=set(),
        pupils=[
            Pupils("A", "P1", "V", "", 5),
            Pupils("B", "P1", "W", "", 200),
            Pupils("F", "P4", "W", "", 200),
            Pupils("H", "P1", "V", "", 180),
        ],
        mergers={},
        ways={("V", "A"): (0, 0), ("V", "B"): (900, 2), ("V", "H"): (400, 1), ("W", "B"): (0, 0), ("W", "F"): (0, 0)},
    )
    rules = Rules(must_close=["A"], one_host=False)
    best = best_plan(office_of(town), rules)
    assert (best.status, best.hosts) == ("optimal", {("A", "P1-P3"): "H", ("A", "P4-P6"): "H"})
    assert Plans(town).score(plan_of(best), rules) == best.values
    lacking = town._replace(grades=town.grades | {"H": ["P1"]})
    assert best_plan(office_of(lacking), rules).hosts == {("A", "P1-P3"): "H", ("A", "P4-P6"): "B"}
    # A school without any pupil keeps together where one host offers all: F comes first for kindergarten alone.
    empty = town._replace(
        grades={"A": ["K2", "P1"], "B": ["P1"], "F": ["K2"], "H": ["K2", "P1"]},
        pupils=[one for one in town.pupils if one.roll in ("B", "H")],
    )
    assert set(best_plan(office_of(empty), rules).hosts.values()) == {"H"}


def test_an_empty_stage_stays_where_a_sibling_host_would_be_paid_more() -> None:
    """A child on H's roll came from A in the empty stage: paid for as soon as that stage goes to H."""
    town = Town(
        grades={name: ["P1", "P4"] for name in ("A", "B", "H")},
        rooms=dict.fromkeys(["A", "B", "H"]),
        special=set(),
        closed=set(),
        pupils=[
            Pupils("A", "P1", "V", "", 5),
            Pupils("B", "P1", "W", "", 200),
            Pupils("H", "P1", "V", "", 200),
            Pupils("H", "P4", "V", "A", 1),
        ],
        mergers={},
        ways={("V", "A"): (0, 0), ("V", "H"): (400, 1), ("W", "B"): (0, 0)},
    )
    best = best_plan(office_of(town), Rules(must_close=["A"], one_host=False))
    assert best.hosts == {("A", "P1-P3"): "H", ("A", "P4-P6"): "B"}
    assert best.values["subsidy"] == 5 * 10 * 200


def empty_school(here: int) -> Town:
    """E has no pupil; A has some, 1 km from E and 2 km from G. E and G take all stages, F no kindergarten."""
    every = ["K2", "P1", "P4", "M1"]
    return Town(
        grades={"A": ["K2", "P1"], "E": every, "F": ["P1", "P4", "M1"], "G": every},
        rooms=dict.fromkeys(["A", "E", "F", "G"]),
        special=set(),
        closed=set(),
        pupils=[
            Pupils("A", "P1", "V", "", here),
            *(Pupils(name, "P1", f"V{name}", "", 200) for name in ("F", "G")),
        ],
        mergers={},
        ways={
            ("V", "A"): (0, 0),
            ("V", "E"): (1_000, 2),
            ("V", "G"): (2_000, 4),
            ("VF", "F"): (0, 0),
            ("VG", "G"): (0, 0),
        },
    )


def test_a_school_without_pupils_stays_and_is_not_counted() -> None:
    office = office_of(empty_school(5))
    best = best_plan(office, Rules(must_stay=["A"]))
    assert (best.closes, best.values["small_schools"]) == ([], 1)
    assert present_values(office, Rules())["small_schools"] == 1
    summary = simulate(PRESENT, office).summary
    assert (summary["schools_teaching"], summary["small_schools"]) == (3, 1)
    found = conflict(office, Rules(close_at_least=2))
    assert found is not None
    # Nobody at F or G has a way elsewhere.
    assert [(one.rule, one.instead) for one in found.relaxed] == [("close_at_least", 1)]


@pytest.mark.parametrize(("here", "small"), [(5, 1), (120, 1), (121, 0)])
def test_a_school_without_pupils_may_be_a_host_and_is_counted_then(here: int, small: int) -> None:
    office = office_of(empty_school(here))
    rules = Rules(must_close=["A"], hosts={"A": "E"}, close_only_small=False)
    best = best_plan(office, rules)
    assert (set(best.hosts.values()), best.values["small_schools"]) == ({"E"}, small)
    summary = simulate(to_scenario(best, rules, office, "ก", "a"), office).summary
    keys = ("small_schools", "schools_teaching", "schools_closed")
    assert [summary[key] for key in keys] == [small, 3, 1]


def test_a_school_without_pupils_closes_where_it_must_and_goes_to_one_host() -> None:
    """G takes all of E; F comes first by code, but has no kindergarten."""
    for one_host in (True, False):
        rules = Rules(must_close=["E"], must_stay=["A"], one_host=one_host)
        best = best_plan(office_of(empty_school(5)), rules)
        assert (best.closes, set(best.hosts.values()), best.values["small_schools"]) == (["E"], {"G"}, 1)
        assert len(best.hosts) == 4


def test_brothers_and_sisters_go_to_one_host() -> None:
    """A's primary is nearer to B, its kindergarten to C, which alone takes both; B and C both take lower secondary."""
    town = Town(
        grades={"A": ["K2", "P1", "P4", "M1"], "B": ["P1", "P4", "M1"], "C": ["K2", "P1", "P4", "M1"]},
        rooms=dict.fromkeys(["A", "B", "C"]),
        special=set(),
        closed=set(),
        pupils=[
            *(Pupils("A", grade, "V", "", 5) for grade in ("K2", "P1", "P4", "M1")),
            *(Pupils(name, "P1", f"V{name}", "", 200) for name in ("B", "C")),
        ],
        mergers={},
        ways={("V", "A"): (0, 0), ("V", "B"): (500, 1), ("V", "C"): (900, 2), ("VB", "B"): (0, 0), ("VC", "C"): (0, 0)},
    )
    apart = {("A", "K"): "C", ("A", "P1-P3"): "B", ("A", "P4-P6"): "B", ("A", "M"): "B"}
    together = apart | {("A", "P1-P3"): "C", ("A", "P4-P6"): "C"}
    office = office_of(town)
    parted = best_plan(office, Rules(one_host=False))
    assert parted.hosts == apart
    # A known plan that parts them is left aside.
    assert best_plan(office, Rules(seconds=1e-9), start=parted).closes == []
    best = best_plan(office, Rules())
    assert best.hosts == together
    assert best.values["pupil_km"] == 15 * 900 + 5 * 500
    # The stages of one host are asked about together; lower secondary for itself.
    reasons = why(office, Rules(), best, "A")
    assert [(one.stage, one.instead) for one in reasons.hosts] == [
        ("K", None), ("P1-P3", None), ("P4-P6", None), ("M", "C"),
    ]  # fmt: skip
    assert "one_host" in reasons.binding
    lacking = office_of(town._replace(grades=town.grades | {"C": ["K2", "P1", "M1"]}))
    assert best_plan(lacking, Rules()).closes == []
    found = conflict(lacking, Rules(must_close=["A"]))
    assert found is not None
    assert [tuple(one) for one in found.relaxed] == [("must_close", True, ["A"]), ("one_host", True, None)]
    # Units are not stages: the school that gives way is the right one wherever it stands among the codes.
    found = conflict(office_of(town, {"A": "Z"}), Rules(must_close=["Z"], hosts={"Z": "B"}))
    assert found is not None
    assert [tuple(one) for one in found.relaxed] == [("must_close", True, ["Z"]), ("hosts", True, ["Z"])]


@pytest.mark.parametrize(
    ("flooded", "closes"),
    [((), ["S2"]), (("S1",), []), (("S1", "S2"), ["S2"]), (("S2",), ["S2"])],
)
def test_a_host_can_be_reached_in_the_wet_season(flooded: tuple[str, ...], closes: list[str]) -> None:
    """Who is cut off from S2 already does not bind; without the rule nobody does."""
    town = pair(200, 9, 3_000)._replace(flooded=frozenset(("V2", school) for school in flooded))
    office = office_of(town)
    best = best_plan(office, Rules())
    assert best.closes == closes
    assert best_plan(office, Rules(wet_season=False)).closes == ["S2"]
    found = conflict(office, Rules(must_close=["S2"]))
    if closes:
        assert found is None
        summary = simulate(to_scenario(best, Rules(), office, "ก", "a"), office).summary
        assert summary["cut_off_in_wet_season"] == 9 * ("S1" in flooded)
    else:
        assert found is not None
        assert [tuple(one) for one in found.relaxed] == [("must_close", True, ["S2"]), ("wet_season", True, None)]


@pytest.mark.parametrize("seed", range(530, 550))
def test_rows_that_tighten_and_columns_that_are_shut_forbid_no_plan(seed: int) -> None:
    """Every plan of towns whose small schools may grow stays, with its cost; the bound only rises."""
    rng = random.Random(seed)
    town = random_town(seed)
    rules = Rules(longest_m=None, longest_minutes=None, rooms=False, protect_special=False, close_only_small=False)
    settled, plans = settle(rules, office := office_of(town)), Plans(town)
    choices = list_choices(office, settled)
    programme = build(choices, settled)
    model = replace(programme.model, cost=programme.costs[rng.choice(["subsidy", "pupil_km", "small_schools"])])
    tight = tighten(programme, model, SECONDS)
    assert relax(tight).objective >= relax(model).objective - 1e-6
    every = []
    for plan in itertools.islice(plans.all(rules), 3_000):
        places = [
            office.place[plan.get((office.codes[s], list(STAGES)[g]), office.codes[s])]
            for s, g in zip(choices.school, choices.stage, strict=True)
        ]
        values = programme.values_of(np.array(places))
        assert values is not None
        assert is_feasible(programme.model, values)
        assert is_feasible(tight, values)
        every.append(values)
    costs = [float(model.cost @ values) for values in every]
    most = sorted(costs)[len(costs) // 4]
    narrowed = narrow(programme, tight, most)
    for values, cost in zip(every, costs, strict=True):
        if cost <= most:
            assert is_feasible(narrowed, values)


def test_the_core_finds_what_the_whole_programme_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one arc a unit in the core, and with all: the same objectives, proven."""
    grown = 0
    for seed in range(3):
        office = office_of(many_schools(seed, 12))
        rules = Rules(longest_m=None, longest_minutes=None, order=["small_schools", "subsidy"], seconds=60)
        found = []
        for size in (1, 1_000):
            monkeypatch.setattr(core, "CORE", size)
            found.append(best_plan(office, rules))
        assert {one.status for one in found} == {"optimal"}
        assert len({tuple(vector(one)) for one in found}) == 1
        grown += found[0].values["small_schools"] < 12 - found[0].values["closures"]
    assert grown, "towns in which small schools grow"


@pytest.mark.parametrize("seed", range(375, 395))
def test_alternatives_are_the_best_that_differ(seed: int) -> None:
    town = random_town(seed)
    rules = random_rules(seed, town).model_copy(update={"close_only_small": False, "close_at_least": None})
    plans = Plans(town)
    scored = [({s for s, _ in plan}, score) for plan in plans.all(rules) if (score := plans.score(plan, rules))]
    expected: list[list[int]] = []
    taken: list[set[str]] = []
    for best in alternatives(office_of(town), rules, k=3, apart=2):
        left = [score for closes, score in scored if all(len(closes ^ other) >= 2 for other in taken)]
        expected.append(min([score[name] for name in rules.order] for score in left))
        assert vector(best) == expected[-1]
        taken.append(set(best.closes))
    if len(taken) < 3:
        assert not any(all(len(closes ^ other) >= 2 for other in taken) for closes, _ in scored)


@pytest.mark.parametrize("seed", range(395, 415))
def test_the_curve_is_the_least_subsidy_of_each_number(seed: int) -> None:
    town = random_town(seed)
    rules = random_rules(seed, town).model_copy(update={"must_close": [], "ceiling_baht": None})
    plans = Plans(town)
    free = rules.model_copy(update={"close_at_least": None, "close_at_most": None})
    least: dict[int, int] = {}
    for plan in plans.all(free):
        if score := plans.score(plan, free):
            least[score["closures"]] = min(least.get(score["closures"], score["subsidy"]), score["subsidy"])
    if rules.must_stay and not set(rules.must_stay) <= set(plans.teaching):
        least = {
            0: sum(
                one.count * rate(town.ways.get((one.village, place), (0,))[0]) * 200
                for one, place, paid in plans.before
                if paid and (one.village, place) in town.ways
            )
        }
    points = curve(office_of(town), rules)
    assert points[0].scenario == PRESENT
    assert {point.schools_closed: point.subsidy_baht for point in points} == least
    assert all(point.status == "optimal" for point in points)


def conflicting(seed: int) -> tuple[Town, Rules, list[str]]:
    town = random_town(seed)
    rules = random_rules(seed, town)
    rng = random.Random(seed)
    names = [name for name in town.grades if name.startswith("S")]
    rules = rules.model_copy(
        update={"close_at_least": rng.choice([1, 2]), "must_stay": rng.sample(names, 2), "longest_m": 3_000}
    )
    return town, rules, [name for name, out in LEFT_OUT.items() if getattr(rules, name) != out]


def possible(plans: Plans, rules: Rules, names: tuple[str, ...] | list[str] | set[str]) -> bool:
    some = rules.model_copy(update={name: out for name, out in LEFT_OUT.items() if name not in names})
    return any(plans.score(plan, some) for plan in plans.all(some, rules.must_close))


def test_a_conflict_is_the_smallest_there_is() -> None:
    sizes = Counter[int]()
    for seed in range(415, 445):
        town, rules, named = conflicting(seed)
        plans, found = Plans(town), conflict(office_of(town), rules)
        if possible(plans, rules, named):
            assert found is None, seed
            continue
        assert found is not None, seed
        assert found.proven
        assert set(found.rules) <= set(named)
        assert not possible(plans, rules, found.rules), seed
        smaller = itertools.combinations(named, len(found.rules) - 1)
        assert all(possible(plans, rules, names) for names in smaller), seed
        sizes[len(found.rules)] += 1
        for relaxed in found.relaxed:
            assert relaxed.rule in found.rules
            others = set(named) - {relaxed.rule}
            assert relaxed.possible == possible(plans, rules, others), (seed, relaxed)
            check_instead(plans, rules, relaxed)
    assert len(sizes) >= 2, sizes


def test_what_gives_way_to_a_conflict() -> None:
    """S2 is small and may close to S1; S1 has too many pupils, S3 is closed already."""
    town = pair(200, 9, 3_000)
    closed = town._replace(grades=town.grades | {"S3": ["P1"]}, rooms=town.rooms | {"S3": None}, closed={"S3"})
    for rules, expected in (
        (Rules(must_stay=["S2"], must_close=["S2"]), {"must_stay": ["S2"], "must_close": ["S2"]}),
        (Rules(must_stay=["S3"]), {"must_stay": ["S3"]}),
        (Rules(must_close=["S1"], close_only_small=False), {"must_close": ["S1"]}),  # nobody there has a way to S2
        (Rules(hosts={"S2": "S3"}, must_close=["S2"]), {"hosts": ["S2"], "must_close": ["S2"]}),
        (Rules(longest_m=2_000, must_close=["S2"]), {"longest_m": 3_000, "must_close": ["S2"]}),
        (Rules(longest_minutes=9, must_close=["S2"]), {"longest_minutes": 10, "must_close": ["S2"]}),
        (Rules(ceiling_baht=17_999, must_close=["S2"]), {"ceiling_baht": 18_000, "must_close": ["S2"]}),
        (Rules(close_at_least=2), {"close_at_least": 1}),
    ):
        found = conflict(office_of(closed), rules)
        assert found is not None
        assert {one.rule: one.instead for one in found.relaxed} == expected


@pytest.mark.parametrize("least", range(1, 9))
def test_the_shortest_limit_that_would_do(least: int) -> None:
    office = office_of(many_schools(3, 12))
    rules = Rules(longest_m=500, longest_minutes=None, close_at_least=least)
    found = conflict(office, rules)
    assert found is not None
    assert found.rules == ["longest_m", "close_at_least"]
    limit = found.relaxed[0].instead
    assert best_plan(office, rules.model_copy(update={"longest_m": limit})).levels
    assert best_plan(office, rules.model_copy(update={"longest_m": limit - 1})).status == "infeasible"


def test_a_conflict_that_time_leaves_open_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = Answer("none", None, None, -np.inf, np.inf, 0.0)
    monkeypatch.setattr(conflicts, "solve", lambda *_, **__: stopped)
    with pytest.raises(TimeoutError):
        conflict(office_of(pair(200, 9, 3_000)), Rules(close_at_least=2))


def check_instead(plans: Plans, rules: Rules, relaxed: Any) -> None:
    """What is offered instead of a rule is possible, and nothing nearer to the rule is."""
    name, value = relaxed.rule, relaxed.instead
    if not relaxed.possible or name in ("rooms", "one_host", "wet_season"):
        assert value is None
        return

    def holds(update: Any) -> bool:
        changed = rules.model_copy(update={name: update})
        return any(plans.score(plan, changed) for plan in plans.all(changed))

    if name in ("longest_m", "longest_minutes", "ceiling_baht", "close_at_most"):
        assert value > getattr(rules, name)
        assert holds(value)
        assert not holds(value - 1)
    elif name == "close_at_least":
        assert value < rules.close_at_least
        assert holds(value)
        assert not holds(value + 1)
    elif name == "must_stay":
        assert holds([code for code in rules.must_stay if code not in value])
        assert not any(
            holds([code for code in rules.must_stay if code not in fewer])
            for fewer in itertools.combinations(value, len(value) - 1)
        )
    elif name == "must_close":
        assert holds([code for code in rules.must_close if code not in value])
    elif name == "hosts":
        assert holds({school: host for school, host in rules.hosts.items() if school not in value})
    elif name == "protect_special":
        assert set(value) <= plans.town.special
    else:
        assert all(plans.size[code] > SMALL for code in value)


def optimal_decisions(plans: Plans, rules: Rules, left_out: str, school: str) -> list[dict[str, str]]:
    """What the best plans without a rule do with a school."""
    free = rules.model_copy(update={left_out: LEFT_OUT[left_out]})
    scored = [(score, plan) for plan in plans.all(free) if (score := plans.score(plan, free))]
    keys = [[score[name] for name in rules.order] for score, _ in scored]
    found: list[dict[str, str]] = []
    for key, (_, plan) in zip(keys, scored, strict=True):
        decision = {stage: host for (code, stage), host in plan.items() if code == school}
        if key == min(keys) and decision not in found:
            found.append(decision)
    return found


@pytest.mark.parametrize("seed", range(445, 460))
def test_why_is_solved(seed: int) -> None:
    town = random_town(seed)
    rules = random_rules(seed, town).model_copy(update={"close_only_small": False})
    office, plans = office_of(town), Plans(town)
    best = best_plan(office, rules)
    if not best.levels:
        return
    scored = [(plan, score) for plan in plans.all(rules) if (score := plans.score(plan, rules))]

    def least(wanted: Any) -> list[int] | None:
        return min(([score[name] for name in rules.order] for plan, score in scored if wanted(plan)), default=None)

    def added(costs: dict[str, int] | None) -> list[int] | None:
        return costs and [best.values[name] + costs[name] for name in rules.order]

    others = without_each(office, rules)
    for school in plans.teaching:
        reasons = why(office, rules, best, school, others=others)
        assert reasons.closes == (school in best.closes)
        opposite = least(lambda plan: (school in {s for s, _ in plan}) != reasons.closes)  # noqa: B023
        assert added(reasons.costs) == opposite
        assert [(one.stage, one.host) for one in reasons.hosts] == [
            (stage, host) for (code, stage), host in best.hosts.items() if code == school
        ]
        for one in reasons.hosts:
            unit = school, one.stage
            assert added(one.costs) == least(lambda plan: plan.get(unit, one.host) != one.host)  # noqa: B023
        for name, other in others.items():
            decisions = optimal_decisions(plans, rules, name, school)
            mine = {stage: host for (code, stage), host in best.hosts.items() if code == school}
            if vector(other) == vector(best) or decisions == [mine]:
                assert name not in reasons.binding
            elif mine not in decisions:
                assert name in reasons.binding


def test_a_time_limit_returns_the_best_so_far() -> None:
    town = random_town(1)
    office, rules = office_of(town), Rules(seconds=1e-9)
    best = best_plan(office, rules)
    assert best.status == "feasible"
    assert [level.objective for level in best.levels] == rules.order
    assert best.gap > 0
    assert best.closes == []


def many_schools(seed: int, size: int = 40) -> Town:
    """Schools and a village at each, strewn over a square of 40 km."""
    rng = random.Random(seed)
    names = [f"S{i:02}" for i in range(size)]
    at = {name: (rng.uniform(0, 40_000), rng.uniform(0, 40_000)) for name in names}
    ways = {}
    for village, school in itertools.product(names, names):
        metres = round(1.3 * float(np.hypot(*np.subtract(at[village], at[school]))))
        ways[f"V{village}", school] = metres, metres // 600
    pupils = [
        Pupils(name, grade, f"V{name}", "", rng.randrange(3, 18)) for name in names for grade in ["K2", "P1", "P5"]
    ]
    grades = {name: ["K2", "P1", "P2", "P3", "P4", "P5", "P6"] for name in names}
    return Town(grades, dict.fromkeys(names, 9), set(), set(), pupils, {}, ways)


def test_progress_is_told_and_stops() -> None:
    office = office_of(many_schools(1))
    rules = Rules(longest_m=None, longest_minutes=None, seconds=60)
    heard: list[tuple[str, float | None, float, float]] = []

    def stop(*told: Any) -> bool:
        heard.append(told)
        return len(heard) == 3

    best = best_plan(office, rules, progress=stop)
    assert len(heard) == 3
    assert {told[0] for told in heard} <= {*rules.order, "code"}
    assert [told[3] for told in heard] == sorted(told[3] for told in heard)
    assert best.status == "feasible"
    assert best.seconds < 50
    assert [level.objective for level in best.levels] == rules.order
    assert all(level.bound <= level.value for level in best.levels)
    assert (
        simulate(to_scenario(best, rules, office, "ก", "a"), office).summary["subsidy_total_baht"]
        == best.values["subsidy"]
    )


def test_plans_without_each_rule_are_told_of_and_stop() -> None:
    office = office_of(many_schools(1))
    rules = Rules(longest_m=9_000, longest_minutes=None, close_only_small=False, seconds=60)
    start, heard = best_plan(office, rules.model_copy(update={"close_at_most": 0})), []

    def stop(*told: Any) -> bool:
        heard.append(told)
        return True

    found = without_each(office, rules, start=start, progress=stop)
    assert set(found) == {"longest_m", "rooms", "protect_special", "one_host", "wet_season"}
    # Each is stopped when it is told of first, and has the start's plan at least.
    assert len(heard) == 5
    assert all(best.levels for best in found.values())


def test_a_known_plan_is_never_worsened() -> None:
    office = office_of(many_schools(2))
    asked = Rules(longest_m=None, longest_minutes=None, close_at_least=5, order=["pupil_km", "subsidy"], seconds=5)
    known = best_plan(office, asked)
    again = best_plan(office, asked.model_copy(update={"seconds": 1e-6}), start=known)
    assert known.levels
    assert vector(again) == vector(known)
    assert again.hosts == known.hosts


@pytest.mark.parametrize("seed", range(500, 530))
def test_mergers_of_other_terms_make_no_plan_that_is_refused(seed: int) -> None:
    """Hosts that move on later, schools that merge later or have moved twice: the plan is still a sound scenario."""
    town, rng = random_town(seed), random.Random(seed)
    names = [name for name in town.grades if name.startswith("S")]
    grades = {name: ["P1", "P2", "P3", "P4"] for name in names} | {name: ["P1", "P4"] for name in ("M0", "M1")}
    rows = []
    for name in ("M0", "M1", names[0]):
        for grade in ("P1", "P4"):
            for term in rng.sample(["1/2560", "2/2569", "1/2570", "1/2572"], rng.randrange(1, 4)):
                if name != names[0] or term == "1/2572":
                    rows.append((name, grade, term, rng.choice(names[1:]), "learn-together", "existing"))
    base = town._replace(grades=grades, mergers={}, pupils=town.pupils, ways=town.ways | {("V0", "M1"): (1, 1)})
    base = base._replace(rooms=dict.fromkeys(grades))
    known = [one for one in town.pupils if one.roll in grades and one.past in {*grades, ""}]
    office = office_of(base._replace(pupils=known), mergers=rows)
    for term in ("2/2569", "1/2570", "1/2571", "1/2573"):
        rules = Rules(longest_m=None, longest_minutes=None, close_only_small=False, from_term=term, seconds=SECONDS)
        best = best_plan(office, rules)
        if not best.closes:
            continue  # a scenario of no merges is worked out for the fiscal year's own term
        outcome = simulate(to_scenario(best, rules, office, "ก", "a"), office)
        assert outcome.summary["subsidy_total_baht"] == best.values["subsidy"]
        assert (pupil_metres(outcome), outcome.summary["small_schools"]) == (
            best.values["pupil_km"],
            best.values["small_schools"],
        )
        assert outcome.summary["schools_closed"] == len(best.closes)


def test_what_the_scenario_says() -> None:
    town = Town(
        grades={"S1": ["P1", "P4"], "S2": ["P1"], "S3": ["P1", "P4"], "M0": ["P1"]},
        rooms=dict.fromkeys(["S1", "S2", "S3", "M0"]),
        special=set(),
        closed=set(),
        pupils=[Pupils("S1", "P1", "V", "", 200), Pupils("S2", "P1", "V", "", 150), Pupils("S3", "P4", "V", "", 9)],
        mergers={("M0", "P1"): "S3"},
        ways={("V", "S1"): (200, 1), ("V", "S2"): (100, 1), ("V", "S3"): (0, 0)},
    )
    rules = Rules(hosts={"S3": "S1"}, kind="merge", programme="second-decade", from_term="2/2570")
    office = office_of(town)
    scenario = to_scenario(best_plan(office, rules), rules, office, "ทางเลือก", "best")
    assert (scenario.name, scenario.stem) == ("ทางเลือก", "best")
    merges = [(m.school, m.host, m.grades, m.kind, m.programme, m.from_term) for m in scenario.merges]
    # The pupils of M0 learn at S3 since an earlier merger, whose kind and programme stay.
    assert merges == [
        ("M0", "S1", "all", "learn-together", "existing", "2/2570"),
        ("S3", "S1", "all", "merge", "second-decade", "2/2570"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("order: [cheap]", "order.0: ใช้ได้เฉพาะ"),
        ("order: [subsidy, subsidy]", "order: เป้าหมายหนึ่งเขียนได้ครั้งเดียว"),
        ("order: []", "order: ต้องมีเป้าหมายอย่างน้อยหนึ่งข้อ"),
        ("far: 3", "far: ไม่รู้จักหัวข้อนี้"),
        ("longest_m: 5.5", "longest_m: ต้องเป็นจำนวนเต็ม"),
        ("must_stay: S1", "must_stay: ต้องเป็นรายการ"),
        ("from_term: soon", "from_term: ไม่เข้าใจภาคเรียน"),
        ("- 1", "ต้องเป็นรายการ ชื่อ: ค่า"),
        ("a: [", "ต้องเป็น YAML"),
    ],
)
def test_rules_that_are_not_understood_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "optimise.yaml").write_text(text, "utf-8")
    with pytest.raises(RulesError) as error:
        read_rules(tmp_path)
    assert "optimise.yaml" in error.value.thai
    assert words in error.value.thai


def test_rules_of_a_folder(tmp_path: Path) -> None:
    assert read_rules(tmp_path) == Rules()
    text = (
        "order: [pupil_km]\nlongest_m: null\nmust_close: [1099000001]\nhosts: {1099000001: '1099000002'}\nseconds: 5\n"
    )
    (tmp_path / "optimise.yaml").write_text(text, "utf-8")
    rules = read_rules(tmp_path)
    assert (rules.order, rules.must_close, rules.hosts) == (["pupil_km"], ["1099000001"], {"1099000001": "1099000002"})
    assert rules.seconds == 5


def test_what_rules_leave_unsaid_the_policy_says() -> None:
    office = office_of(random_town(0))
    settled = settle(Rules(), office)
    assert (settled.longest_m, settled.longest_minutes, settled.from_term) == (6_000, 30, "1/2570")
    assert settle(Rules(longest_m=None, longest_minutes=7), office).longest_m is None
    with pytest.raises(RulesError, match="must_stay: ไม่มีโรงเรียนรหัส X9"):
        settle(Rules(must_stay=["X9"]), office)
    with pytest.raises(RulesError, match="hosts: ไม่มีโรงเรียนรหัส X9"):
        settle(Rules(hosts={"S0": "X9"}), office)

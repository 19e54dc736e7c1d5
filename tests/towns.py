"""Small offices as plain Python, all the plans that they have, and what each gives: counted pupil by pupil."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from restructure.optimise.plans import Best
from restructure.optimise.rules import Rules
from restructure.policy import load_policy
from restructure.seating import NONE, Office, make_office

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
    """A small office as plain Python.

    ``ways`` are metres and minutes, ``flooded`` those without a wet season, ``at`` longitude and latitude of schools.
    """

    grades: dict[str, list[str]]
    rooms: dict[str, int | None]
    special: set[str]
    closed: set[str]
    pupils: list[Pupils]
    mergers: dict[tuple[str, str], str]
    ways: dict[tuple[str, str], tuple[int, int]]
    flooded: frozenset[tuple[str, str]] = frozenset()
    at: dict[str, tuple[float, float]] = {}  # noqa: RUF012


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
    if seed % 5 == 2:
        # A school, or one of its stages, of which no home is known.
        school, stages = more.choice(everyone), more.choice([["K"], ["P1-P3"], ["P1-P3", "P4-P6", "M"], list(STAGES)])
        hidden = {key: count for key, count in rows.items() if key[0] == school and STAGE[key[1]] in stages}
        rows = {key: count for key, count in rows.items() if key not in hidden}
        for (_, grade, _, past), count in hidden.items():
            rows[school, grade, "V9", past] = count
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
            **dict(zip(("lon", "lat"), town.at.get(name, (None, None)), strict=True)),
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
        "schools": pd.DataFrame(schools).astype({"rooms": "Int64", "lon": float, "lat": float}),
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


class Group(NamedTuple):
    """Stages that go together: whether anybody learns there, hosts under some rules, and those a way is known to."""

    units: list[tuple[str, str]]
    pupils: bool
    hosts: set[str]
    known: set[str]


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

    @cache  # noqa: B019
    def groups(self, one_host: bool) -> list[Group]:
        """What goes to one host, school by school."""
        free = Rules(longest_m=None, longest_minutes=None, wet_season=False)
        together: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for school, stage in sorted(self.needed, key=lambda unit: (unit[0], list(STAGES).index(unit[1]))):
            part = stage if stage == "M" or not one_host else "K-P6"
            together.setdefault((school, part), []).append((school, stage))
        found = []
        for units in together.values():
            hosts = set.intersection(*(set(self.hosts(unit, free)) for unit in units))
            homes = {one.village for one, place, _ in self.before if (place, STAGE[one.grade]) in units}
            known = {host for host in hosts if any((home, host) in self.town.ways for home in homes)}
            found.append(Group(units, bool(homes), hosts, known))
        return found

    def leaders(self, group: Group, one_host: bool) -> list[Group]:
        """Groups of the same school of which somebody's way is known, to a host that both could go to."""
        others = [other for other in self.groups(one_host) if other.units[0][0] == group.units[0][0] and other.known]
        return others if any(group.hosts & other.known for other in others) else []

    def led(self, plan: dict[tuple[str, str], str], rules: Rules, named: Sequence[str]) -> bool:
        """Whether everybody goes where somebody's way is known, or with others of the school who do.

        Where neither can be, the school must be named.
        """
        for group in self.groups(rules.one_host):
            host = plan.get(group.units[0])
            if host is None or not group.pupils or host in group.known:
                continue
            leaders = self.leaders(group, rules.one_host)
            if group.known or (leaders and host not in {plan[other.units[0]] for other in leaders}):
                return False
            if not leaders and group.units[0][0] not in {*rules.must_close, *named}:
                return False
        return True

    def order(self, plan: dict[tuple[str, str], str], rules: Rules) -> list[tuple[str, bool]]:
        """Where all groups go, and whether there are pupils; first those of whom nobody is led; nowhere comes first."""
        groups = self.groups(rules.one_host)
        lone = [bool(g.pupils and not g.known and not self.leaders(g, rules.one_host)) for g in groups]
        first = [g for g, one in zip(groups, lone, strict=True) if one]
        return [(plan.get(g.units[0], ""), g.pupils) for g in [*first, *(g for g in groups if g not in first)]]

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
                        plan = dict(zip(units, hosts, strict=True))
                        if self.led(plan, rules, named):
                            yield plan

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

    def best(self, rules: Rules) -> tuple[list[int], list[tuple[str, bool]]] | None:
        """The objectives of the best plan, and the first of those that have them."""
        scored = ((self.score(plan, rules), plan) for plan in self.all(rules))
        found = (([score[name] for name in rules.order], self.order(plan, rules)) for score, plan in scored if score)
        return min(found, default=None)


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
    if {*more.get("hosts", {}).values()} & {*more.get("must_close", [])}:
        del more["hosts"]  # refused: a host that must close
    return Rules(order=order, seconds=SECONDS, **({"longest_m": 6_000, "longest_minutes": 30} | more))


def plan_of(best: Best) -> dict[tuple[str, str], str]:
    return dict(best.hosts)


def vector(best: Best) -> list[int]:
    return [level.value for level in best.levels]


def pupil_metres(outcome: Any) -> int:
    ways, count = outcome.road_m, outcome.office.count
    return int((np.where(ways == NONE, 0, ways) * count).sum())

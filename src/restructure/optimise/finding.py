"""All that one search finds: the best plan, or what stands in its way; other plans, the curve, and why each school."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from restructure._errors import ScenarioError
from restructure.optimise import clock
from restructure.optimise.asking import Curve, Point, Reasons, alternatives, curve, why, without_each
from restructure.optimise.conflicts import Conflict, conflict
from restructure.optimise.plans import Best, Progress, best_plan, present_values, to_scenario
from restructure.optimise.programme import staying
from restructure.optimise.rules import Rules, settle
from restructure.optimise.schools import bundle, list_choices
from restructure.scenario import Scenario, read_scenario, scenario_text
from restructure.seating import Office

#: Takes one of ``SOUGHT``, then what :data:`restructure.optimise.plans.Progress` takes; True asks to stop.
Telling = Callable[[str, str, float | None, float, float], bool | None]
SOUGHT = ("best", "alternatives", "curve", "why")
#: How many plans are shown that differ clearly, the best among them.
PLANS = 3
#: Of the time for the reasons of all schools, the part that one solved question may take.
_SHARE = 20
_NOTE = "แผนดีที่สุดที่โปรแกรมค้นพบ เขียนใหม่ทุกครั้งที่สั่ง ถ้าแก้ไฟล์นี้แล้วจะไม่ถูกเขียนทับ"


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found until it was done or stopped.

    Attributes
    ----------
    rules
        As they were searched under: settled.
    clash
        What stands in each other's way where there is no plan; None where there is, or time ran out before it was told.
    others
        The best plan and others that differ clearly from it.
    present
        The present state on the scale of plans' ``values``.
    curve
        None where it was not asked for or the search was stopped before.
    reasons
        Of the first of ``asked``, the schools that close or could; the rest found no time.
    unmeasured_schools
        Those that could close but stay, because nothing measures where their pupils would go: ``must_close`` alone
        closes them.
    """

    rules: Rules
    best: Best
    clash: Conflict | None
    others: list[Best]
    curve: Curve | None
    present: dict[str, int]
    reasons: list[Reasons]
    asked: list[str]
    unmeasured_schools: list[str]

    @property
    def points(self) -> list[Point]:
        """The points of the curve; none without one."""
        return self.curve.points if self.curve else []

    def record(self) -> dict[str, Any]:
        """Return the keys of ``best.json``; what is infinite or unknown is null."""
        clash = self.clash and {
            "rules": self.clash.rules,
            "proven": self.clash.proven,
            "relaxed": [one._asdict() for one in self.clash.relaxed],
        }
        levels = [
            {
                key: None if isinstance(value, float) and not math.isfinite(value) else value
                for key, value in one.items()
            }
            for one in (level._asdict() for level in self.best.levels)
        ]
        hosts = [
            {"school_id": school, "stage": stage, "host_id": host}
            for (school, stage), host in sorted(self.best.hosts.items())
        ]
        return {
            "status": self.best.status,
            "levels": levels,
            "values": self.best.values,
            "present": self.present,
            "unmeasured": self.best.unmeasured,
            "unmeasured_schools": self.unmeasured_schools,
            "closes": self.best.closes,
            "hosts": hosts,
            "curve": self.curve and {key: getattr(self.curve, key) for key in ("asked", "reached", "stopped")},
            "conflict": clash,
            "rules": self.rules.model_dump(),
        }


def find(office: Office, rules: Rules, *, progress: Telling | None = None) -> Found:
    """Search the best plan and all that is asked beside it; parameters as of :func:`search`."""
    *_, found = search(office, rules, progress=progress)
    return found


def search(
    office: Office, rules: Rules, *, sought: Sequence[str] = SOUGHT, progress: Telling | None = None
) -> Iterator[Found]:
    """Search the best plan, then what is asked beside it, and give after each what is found so far.

    Each of ``sought`` takes ``rules.seconds`` at most; what is not among them and what follows a stop is left out.

    Raises
    ------
    RulesError
        When a rule names a school that is not in the table.
    """
    rules = settle(rules, office)
    stopped = False

    def tell(what: str) -> Progress:
        def hear(*told: Any) -> bool:
            nonlocal stopped
            stopped = stopped or bool(progress and progress(what, *told))
            return stopped

        return hear

    best = best_plan(office, rules, progress=tell("best"))
    clash = None
    if best.status == "infeasible":
        with suppress(TimeoutError):
            clash = conflict(office, rules)
    present = present_values(office, rules)
    found = Found(
        rules, best, clash, [best] if best.levels else [], None, present, [], [], unmeasured_schools(office, rules)
    )
    yield found
    if not best.levels:
        return
    if not stopped and "alternatives" in sought:
        shared = rules.model_copy(update={"seconds": rules.seconds / PLANS})
        # Without a plan of its own, a search that ran out of time leaves the best.
        plans = alternatives(office, shared, PLANS, progress=tell("alternatives"))
        found = replace(found, others=plans or found.others)
        yield found
    if not stopped and "curve" in sought:
        found = replace(found, curve=curve(office, rules, progress=tell("curve")))
        yield found
    if "why" in sought:
        found = replace(found, asked=candidates(office, rules, best))
        yield found if stopped else _explained(found, office, tell("why"))


def _explained(found: Found, office: Office, hear: Progress) -> Found:
    rules, best, reasons = found.rules, found.best, []
    others = without_each(office, rules, start=best, progress=hear)
    begun = clock.now()
    for school in found.asked:
        seconds = clock.now() - begun
        if hear("", None, -math.inf, seconds) or seconds > rules.seconds:
            break
        reasons.append(reason(office, rules, best, school, others))
    return replace(found, reasons=reasons)


def candidates(office: Office, rules: Rules, best: Best) -> list[str]:
    """Return the codes of the schools that a plan closes or that, by the rules, could close, in order."""
    choices = list_choices(office, rules)
    could = choices.small if rules.close_only_small else choices.small | choices.large
    return [code for i, code in enumerate(office.codes) if could[i] or code in best.closes]


def unmeasured_schools(office: Office, rules: Rules) -> list[str]:
    """Return the codes of the schools that, by the rules, could close but for pupils who cannot be measured, in order.

    See :attr:`restructure.optimise.schools.Choices.lone`.
    """
    choices = list_choices(office, rules)
    could = ~staying(choices, rules)
    choices = bundle(choices) if rules.one_host else choices
    lone = choices.school[choices.lone]
    return [office.codes[place] for place in np.unique(lone[could[lone] & ~choices.named[lone]])]


def reason(office: Office, rules: Rules, best: Best, school: str, others: Mapping[str, Best]) -> Reasons:
    """Return why a school closes or stays, each question solved in a part of the time; parameters as of :func:`why`."""
    shared = rules.model_copy(update={"seconds": rules.seconds / _SHARE})
    return why(office, shared, best, school, others=dict(others))


def best_scenario(found: Found, office: Office, stem: str) -> Scenario:
    """Return the best plan as a scenario whose note tells :func:`free_stem` that nobody has changed it since."""
    proven = found.best.status == "optimal"
    name = "แผนดีที่สุดตามเกณฑ์" if proven else "แผนตามเกณฑ์ที่พบ ยังไม่พิสูจน์ว่าดีที่สุด"
    scenario = to_scenario(found.best, found.rules, office, name, stem)
    return scenario.model_copy(update={"note": _note(scenario)})


def free_stem(files: Mapping[str, Path]) -> str:
    """Return the first of ``optimised``, ``optimised-2`` … that no file has, or one that is ours to replace.

    To many file systems ``Optimised`` is the same file.
    """
    taken = {stem.casefold() for stem in files}
    for number in itertools.count(1):
        stem = "optimised" if number == 1 else f"optimised-{number}"
        if stem not in taken:
            return stem
        if stem not in files:
            continue
        with suppress(ScenarioError):  # one that cannot be read is somebody else's
            written = read_scenario(files[stem])
            # A comment is somebody's, too.
            untouched = files[stem].read_bytes() == scenario_text(written).encode()
            if untouched and written.note == _note(written) and files[stem].suffix == ".yaml":
                return stem
    raise AssertionError("numbers do not end")


def _note(scenario: Scenario) -> str:
    told = "\n".join([scenario.name, *(merge.model_dump_json() for merge in scenario.merges)])
    return f"{_NOTE} ({hashlib.sha256(told.encode()).hexdigest()[:8]})"

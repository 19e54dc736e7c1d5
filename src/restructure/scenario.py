"""Scenarios: which grades of which schools learn where from which term, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from restructure._errors import ScenarioError
from restructure.files import read_yaml, staged, thai_fault
from restructure.grades import GRADES, format_grades, parse_grades, thai_grades
from restructure.roads import Ints
from restructure.seating import NONE, Entry, Office, in_force, term_key
from restructure.thai import parse_term

_Code = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)]
#: As host: each pupil goes to the nearest school that is open, offers the grade and keeps it.
NEAREST = "nearest"


class Merge(BaseModel):
    """One merge of a scenario: (school, grades) → host, from a term, of a kind.

    ``host`` is the code of one school, the legal unit; of several, of which each pupil goes to the nearest from home;
    or ``nearest``, any school that is open, offers the grade and keeps it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    school: _Code
    host: _Code | Annotated[list[_Code], Field(min_length=1)]
    grades: str = "all"
    kind: Literal["learn-together", "merge", "dissolve"] = "learn-together"
    from_term: str
    programme: Literal["existing", "second-decade", "unspecified"] = "unspecified"
    note: str = ""

    @property
    def hosts(self) -> list[str]:
        """The schools that ``host`` names."""
        return [self.host] if isinstance(self.host, str) else self.host


class Scenario(BaseModel):
    """A named list of merges; ``stem`` is the name of its file without the ending."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    merges: list[Merge]
    note: str = ""
    stem: str = ""


#: What every scenario is compared with.
PRESENT = Scenario(name="สภาพปัจจุบัน (ไม่รวมเพิ่ม)", merges=[], stem="present")


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises
    ------
    ScenarioError
        When the file is not YAML or does not hold what a scenario holds, or has the name of the present state.
    """
    if path.stem.casefold() == PRESENT.stem:  # some systems' file names do not tell capitals apart
        raise ScenarioError(
            f"ไฟล์ scenarios/{path.name} ใช้ชื่อของสภาพปัจจุบัน ผลจะทับกัน: เปลี่ยนชื่อไฟล์ เช่น scenarios/option-a.yaml แล้วสั่งใหม่",
            f"scenarios/{path.name} has the name of the present state; rename the file.",
        )
    data = read_yaml(path, f"scenarios/{path.name}", ScenarioError)
    try:
        return Scenario.model_validate({**data, "stem": path.stem})
    except ValidationError as error:
        first = error.errors()[0]
        where = _place([str(part) for part in first["loc"]])
        raise _refused(path.name, where, thai_fault(first), str(first["msg"])) from None


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as its file has it; what is as usual is left out."""
    lines = [_yaml_line("name", scenario.name)]
    if scenario.note:
        lines.append(_yaml_line("note", scenario.note))
    lines.append("merges:" if scenario.merges else "merges: []")
    for merge in scenario.merges:
        cells = merge.model_dump(include={"school", "host", "grades", "kind", "from_term"})
        cells |= merge.model_dump(include={"programme", "note"}, exclude_defaults=True)
        text = yaml.safe_dump(cells, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10_000)
        lines.append(f"  - {text.strip()}")
    return "\n".join(lines) + "\n"


def write_scenario(scenario: Scenario, path: Path) -> None:
    """Write a scenario file that :func:`read_scenario` reads back."""
    with staged(path.parent) as stage:
        (stage / path.name).write_bytes(scenario_text(scenario).encode())


def spell_scenario(scenario: Scenario, office: Office) -> list[Entry]:
    """Return a scenario's merges with an entry a grade, after refusing what is structurally wrong.

    Raises
    ------
    ScenarioError
        For an unknown code, a host that is closed or itself moves those grades away (also by an earlier merger, or
        in a circle), a grade that the host does not have, or one grade sent to two hosts at once.
    """
    planned: list[Entry] = []
    taken: set[tuple[int, int, int]] = set()
    for number, merge in enumerate(scenario.merges, start=1):
        for entry in _spell_merge(scenario, number, merge, office):
            if (key := (entry.school, entry.grade, entry.begins)) in taken:
                raise _refused_merge(
                    scenario, number,
                    f"ชั้น {thai_grades(GRADES[entry.grade])} ของโรงเรียน {merge.school} ถูกย้ายสองครั้งในภาคเรียนเดียวกัน",
                    "one grade is moved twice in one term",
                )  # fmt: skip
            taken.add(key)
            planned.append(entry)
    entries = [*office.existing, *_choose_nearest(scenario, planned, office)]
    first = min((entry.begins for entry in planned), default=0)
    for term in sorted({entry.begins for entry in entries if entry.begins >= first}):
        _refuse_chains(scenario, office, entries, in_force(entries, term, len(office.codes)))
    return entries[len(office.existing) :]


def _spell_merge(scenario: Scenario, number: int, merge: Merge, office: Office) -> list[Entry]:
    hosts = [] if merge.host == NEAREST else merge.hosts
    for code in (merge.school, *hosts):
        if code not in office.place:
            raise _refused_merge(scenario, number, f"ไม่มีโรงเรียนรหัส {code} ในตารางโรงเรียน", f"no school {code}")
    school, places = office.place[merge.school], tuple(office.place[code] for code in hosts)
    if school in places:
        raise _refused_merge(scenario, number, f"โรงเรียน {merge.school} รวมกับตัวเอง", "a school is its own host")
    for code, host in zip(hosts, places, strict=True):
        if office.closed[host]:
            raise _refused_merge(scenario, number, f"โรงเรียนหลัก {code} ปิดแล้ว", f"host {code} is closed")
    try:
        named = parse_grades(merge.grades)
    except ValueError:
        raise _refused_merge(
            scenario, number, f"ไม่เข้าใจชั้น “{merge.grades}” เขียนเช่น all หรือ P4-P6", "grades not understood"
        ) from None
    try:
        term = parse_term(merge.from_term)
    except ValueError:
        raise _refused_merge(
            scenario, number, f"ไม่เข้าใจภาคเรียน “{merge.from_term}” เขียนเช่น 1/2570", "term not understood"
        ) from None
    own = office.offered[school] | office.present[school]
    grades = [i for i, grade in enumerate(GRADES) if grade in named and own[i]]
    if not grades:
        raise _refused_merge(
            scenario, number, f"โรงเรียน {merge.school} ไม่มีชั้น {thai_grades(merge.grades)}", "the school lacks the grade"
        )
    for code, host in zip(hosts, places, strict=True):
        if lacking := [GRADES[i] for i in grades if not office.offered[host, i]]:
            shown = format_grades(lacking)
            raise _refused_merge(
                scenario, number, f"โรงเรียนหลัก {code} ไม่ได้เปิดชั้น {thai_grades(shown)}", f"host {code} lacks {shown}"
            )
    return [Entry(school, i, places, merge.kind, merge.programme, str(term), number, term_key(term)) for i in grades]


def _choose_nearest(scenario: Scenario, planned: list[Entry], office: Office) -> list[Entry]:
    """Return the entries with the hosts that ``nearest`` stands for: all open schools that keep the grade."""
    leaving = {(entry.school, entry.grade) for entry in (*office.existing, *planned)}
    chosen = []
    for entry in planned:
        if not entry.hosts:
            hosts = tuple(
                school
                for school in range(len(office.codes))
                if office.offered[school, entry.grade]
                and not office.closed[school]
                and (school, entry.grade) not in leaving
            )
            if not hosts:
                grade = GRADES[entry.grade]
                raise _refused_merge(
                    scenario, entry.number, f"ไม่มีโรงเรียนที่รับชั้น {thai_grades(grade)} ได้", f"no school can take {grade}"
                )
            entry = entry._replace(hosts=_by_way(office, entry.school, hosts))
        chosen.append(entry)
    return chosen


def _by_way(office: Office, school: int, hosts: tuple[int, ...]) -> tuple[int, ...]:
    """Order hosts by the ways of a school's pupils: the first takes those whose home is not known."""
    rows = office.roll == school
    road_m, count = office.road_m[office.origin[rows]], office.count[rows]
    lost, metres = count @ (road_m == NONE), count @ np.maximum(road_m, 0)
    return tuple(sorted(hosts, key=lambda host: (lost[host], metres[host], host)))


def _refuse_chains(scenario: Scenario, office: Office, entries: list[Entry], held: Ints) -> None:
    """Refuse a host that itself moves the grade away, where the scenario has a part in it."""
    own = office.offered | office.present
    # A merger of "all" names grades, too, that its school neither offers nor has pupils in.
    for i in held[(held != NONE) & own]:
        entry = entries[i]
        for host in entry.hosts:
            onward = held[host, entry.grade]
            if onward == NONE or not (entry.number or entries[onward].number):
                continue
            school, earlier = office.codes[entry.school], ""
            if not entry.number:
                earlier = f" โรงเรียน {school} รวมอยู่ที่นั่นแล้วตามตาราง mergers ต้องระบุที่ใหม่ให้ด้วย"
            grade = GRADES[entry.grade]
            raise _refused_merge(
                scenario, entry.number or entries[onward].number,
                f"โรงเรียนหลัก {office.codes[host]} ย้ายชั้น {thai_grades(grade)} ไปที่อื่นเอง{earlier}",
                f"host {office.codes[host]} itself moves {grade} away",
            )  # fmt: skip


def _yaml_line(key: str, text: str) -> str:
    return yaml.safe_dump({key: text}, allow_unicode=True, width=10_000).strip()


def _place(parts: list[str]) -> str:
    if len(parts) > 1 and parts[0] == "merges" and parts[1].isdigit():
        return f"merges รายการที่ {int(parts[1]) + 1}" + (f" ({parts[2]})" if len(parts) > 2 else "")
    return ".".join(parts)


def _refused(name: str, where: str, thai: str, english: str, merge: int | None = None) -> ScenarioError:
    return ScenarioError(
        f"ไฟล์ scenarios/{name} ที่ {where}: {thai} แก้ไขแล้วสั่งใหม่",
        f"scenarios/{name}, {where}: {english}; mend it.",
        merge,
        thai,
    )


def _refused_merge(scenario: Scenario, number: int, thai: str, english: str) -> ScenarioError:
    return _refused(f"{scenario.stem}.yaml", f"merges รายการที่ {number}", thai, english, number)

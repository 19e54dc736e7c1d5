"""What an officer must look at before a scenario is decided: warnings that stay with the result."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from restructure.grades import GRADES, format_grades, thai_grades
from restructure.moves import Moves
from restructure.projection import whole_pupils
from restructure.roads import Bools, Ints
from restructure.seating import NONE
from restructure.teaching import rooms_needed
from restructure.tomorrow import learners_ahead

#: What offices write of a host that is ready; any other text is shown as it is.
_READY = {"พร้อม", "พร้อมรับ", "มีความพร้อม", "ready", "yes", "ใช่"}


def cautions(moves: Moves) -> pd.DataFrame:
    """Return a row a warning, those of one school and host together, in order of code.

    Returns
    -------
    DataFrame
        ``rule``, ``school_id``, ``host_id`` (empty where it is not about one), ``message``.
    """
    found = [*_of_pairs(moves), *_of_hosts(moves), *_of_emptied(moves), *_of_amphoes(moves), *_of_tomorrow(moves)]
    said = {row[:3] for row in found}
    # What a first phase does, before the plan's last term, counts as well.
    for term in sorted({entry.begins for entry in moves.entries if entry.number and entry.begins < moves.term}):
        phase = Moves.of(moves.scenario, moves.office, term)
        for row in (*_of_pairs(phase), *_of_hosts(phase)):
            if row[:3] not in said:
                said.add(row[:3])
                found.append((*row[:3], f"{row[3]} (ช่วงตั้งแต่ภาคเรียน {term % 10}/{term // 10})"))
    return pd.DataFrame(found, columns=["rule", "school_id", "host_id", "message"])


def planned_pairs(moves: Moves) -> list[tuple[int, int]]:
    """Return places of the schools and hosts that the scenario joins in its last term, in order."""
    pairs = set()
    for i in np.unique(moves.held):
        if i == NONE or not moves.entries[i].number:
            continue
        entry = moves.entries[i]
        hosts: Ints | tuple[int, ...] = entry.hosts
        if len(hosts) > 1:  # only where pupils go
            rows = (moves.seats.entry == i) & (moves.seats.left == entry.school)
            hosts = np.unique(moves.seats.sits[rows])
        pairs |= {(entry.school, int(host)) for host in hosts}
    return sorted(pairs)


def _of_pairs(moves: Moves) -> Iterator[tuple[str, str, str, str]]:
    office, settings = moves.office, moves.office.policy.settings
    pairs = planned_pairs(moves)
    if not pairs:
        return
    rows, size = moves.moved, len(office.codes)
    keys = np.array([school * size + host for school, host in pairs])
    place = np.searchsorted(keys, moves.seats.left[rows] * size + moves.seats.sits[rows])
    road_m, minutes = moves.road_m[rows], moves.minutes[rows]
    wet_m = office.wet_m[office.origin[rows], moves.seats.sits[rows]]

    def pupils(where: Bools) -> list[int]:
        counts: list[int] = np.bincount(place, office.count[rows] * where, len(pairs)).astype(np.int64).tolist()
        return counts

    movers = pupils(np.ones(len(rows), bool))
    near, far, long = settings.far_m[0], f"{settings.far_m[0] / 1000:g}", settings.long_minutes
    limits = (
        ("unreachable", pupils(road_m == NONE), "ไม่มีทางรถหรือไม่ทราบบ้าน จึงยังคิดค่าพาหนะไม่ได้"),
        ("far-road_m", pupils(road_m > near), f"ต้องเดินทางเกิน {far} กม."),
        ("far-minutes", pupils(minutes > long), f"ต้องเดินทางเกิน {long} นาที"),
        ("wet-season", pupils((road_m != NONE) & (wet_m == NONE)), "ไปโรงเรียนหลักไม่ได้ในฤดูฝน"),
    )
    special = office.schools["special_area"].fillna("").tolist()
    for i, (school, host) in enumerate(pairs):
        codes = office.codes[school], office.codes[host]
        if not movers[i] and not _goes_with_host(moves, school, host):
            where = "เลิกหรือยุบแล้ว" if office.closed[school] else "ไม่มีนักเรียนในชั้นที่ย้าย หรือเรียนที่นั่นอยู่แล้ว"
            yield ("nobody-moves", *codes, f"ไม่มีนักเรียนของ {label(moves, school)} ที่ย้าย: {where}")
        if special[school]:
            yield ("special-area", *codes, f"{label(moves, school)} อยู่ในพื้นที่ลักษณะพิเศษ")
        for rule, counts, text in limits:
            if counts[i]:
                yield (rule, *codes, f"นักเรียนของ {label(moves, school)} {counts[i]:,} คน {text}")


def _goes_with_host(moves: Moves, school: int, host: int) -> bool:
    """Say whether a school that is merged already is only sent on with the host that took it."""
    earlier = [moves.entries[i].hosts[0] for i in np.unique(moves.held_before[school]) if i != NONE]
    onward = {h for i in np.unique(moves.held[earlier]) if i != NONE for h in moves.entries[i].hosts}
    return bool(earlier) and host in onward


def _of_hosts(moves: Moves) -> Iterator[tuple[str, str, str, str]]:
    office = moves.office
    hosts = sorted({host for _, host in planned_pairs(moves)})
    needed = rooms_needed(moves.learners[hosts], office.policy.settings).sum(axis=1)
    ready = (
        office.schools["readiness"].fillna("").tolist() if "readiness" in office.schools else [""] * len(office.codes)
    )
    for host, most in zip(hosts, needed.tolist(), strict=True):
        rooms, code = office.rooms[host], office.codes[host]
        if rooms == NONE:
            yield "capacity-unknown", "", code, f"ไม่ทราบจำนวนห้องเรียนของ {label(moves, host)}"
        elif most > rooms:
            yield "over-capacity", "", code, f"{label(moves, host)} ต้องใช้ {most} ห้อง แต่มี {rooms} ห้อง"
        if (said := str(ready[host]).strip()) and said.lower() not in _READY:
            yield "host-not-ready", "", code, f"{label(moves, host)} ยังไม่พร้อมรับนักเรียน: {said}"


def _of_emptied(moves: Moves) -> Iterator[tuple[str, str, str, str]]:
    """Name the schools that lose all pupils but not all grades: they count as teaching still."""
    gone = moves.teaching & (moves.learners.sum(axis=1) == 0) & (moves.learners_before.sum(axis=1) > 0)
    for school in np.flatnonzero(gone).tolist():
        kept = moves.office.offered[school] & (moves.held[school] == NONE)
        grades = thai_grades(format_grades([GRADES[i] for i in np.flatnonzero(kept)]))
        text = f"{label(moves, school)} ไม่เหลือนักเรียน แต่ยังเปิดชั้น {grades} ที่ไม่ได้อยู่ในทางเลือก"
        yield "emptied", moves.office.codes[school], "", text


def _of_amphoes(moves: Moves) -> Iterator[tuple[str, str, str, str]]:
    amphoe = moves.office.schools["amphoe"].to_numpy(dtype=object)
    closed = moves.teaching_before & ~moves.teaching
    for name in sorted(set(amphoe[closed]) - set(amphoe[moves.teaching]) - {""}):
        yield "amphoe-empty", "", "", f"อำเภอ {name} ไม่เหลือโรงเรียนที่มีการเรียนการสอน"


def _of_tomorrow(moves: Moves) -> Iterator[tuple[str, str, str, str]]:
    """Name the schools that the scenario concerns and that overflow or empty later, with the first year in which."""
    office = moves.office
    if not len(office.future):
        return
    rooms, taught = office.rooms, moves.teaching
    pupils = whole_pupils(learners_ahead(moves))
    over = (rooms_needed(pupils, office.policy.settings).sum(axis=2) > rooms) & (rooms != NONE) & taught
    empty = (pupils.sum(axis=2) == 0) & taught
    concerned = (moves.learners != moves.learners_before).any(axis=1)
    for rule, when, text in (
        ("overflow-later", over, "จะมีห้องเรียนไม่พอตั้งแต่ปีการศึกษา"),
        ("empty-later", empty, "จะไม่มีนักเรียนตั้งแต่ปีการศึกษา"),
    ):
        # What is so today is said elsewhere.
        for school in np.flatnonzero(when[1:].any(axis=0) & ~when[0] & concerned):
            year = office.future_year + int(when[:, school].argmax())
            yield rule, "", office.codes[school], f"{label(moves, int(school))} {text} {year} (คาดการณ์)"


def label(moves: Moves, school: int) -> str:
    """Return a school's name with its code."""
    return f"{moves.office.names[school]} ({moves.office.codes[school]})"

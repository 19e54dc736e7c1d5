"""What a scenario does to children, money and teaching: each a plain table, all of them in one summary."""

from __future__ import annotations

import bisect
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from restructure.bands import band_places
from restructure.cautions import planned_pairs
from restructure.grades import GRADES, stage_of
from restructure.moves import Moves, weighted_quantiles
from restructure.perhead import per_head, registered_at, spell_per_head
from restructure.policy import Settings
from restructure.roads import Bools, Ints
from restructure.seating import NONE, Entry, Office, Seats, in_force, seat, term_key
from restructure.teaching import (
    classes_together,
    pupils_a_room,
    spell_staffing,
    teacher_need,
    teachers_freed,
)
from restructure.thai import ROUNDS, Term, round_term

#: School years that the plan's money is shown for.
YEARS = 5
_STAFF = ["directors", "deputies", "teachers"]
#: What children can be told apart by.
GROUPS = ("village", "grade", "stage", "amphoe", "school", "host")


class _InTerm(NamedTuple):
    """Money and posts of a term: the subsidy of one day, grants of a year, posts needed."""

    day_baht: int
    unmeasured: int
    per_head_baht: int
    top_up_baht: int
    posts: int | None


def children(moves: Moves, by: str) -> pd.DataFrame:
    """Return the way to school, before and after, of the children who move.

    Parameters
    ----------
    by
        One of ``GROUPS``: ``school`` is the school that they leave, ``host`` the one they go to, ``amphoe`` that of
        the school they leave.

    Returns
    -------
    DataFrame
        A row a group, sorted: ``key``, ``pupils``, ``unreachable``, ``nearer``, ``farther`` (pupils), then
        ``median_m``, ``p90_m``, ``max_m``, ``median_minutes``, ``max_minutes``, each also ``…_before``, and pupils
        beyond the policy's distances and minutes, also ``…_before``. Null where no way is known.
    """
    office, rows = moves.office, moves.moved
    keys = _keys(moves, by)
    ways = {
        "": (moves.road_m[rows], moves.minutes[rows]),
        "_before": (moves.road_m_before[rows], moves.minutes_before[rows]),
    }
    table = []
    for key in sorted(set(keys)):
        here = keys == key
        count = office.count[rows][here]
        metres, before = ways[""][0][here], ways["_before"][0][here]
        known = (metres != NONE) & (before != NONE)
        row: dict[str, Any] = {
            "key": key,
            "pupils": int(count.sum()),
            "unreachable": int(count[metres == NONE].sum()),
            "nearer": int(count[known & (metres < before)].sum()),
            "farther": int(count[known & (metres > before)].sum()),
        }
        for suffix, (road_m, minutes) in ways.items():
            row |= _way(road_m[here], minutes[here], count, office.policy.settings, suffix)
        table.append(row)
    columns = ["key", "pupils", "unreachable", "nearer", "farther"]
    none = np.zeros(0, np.int64)
    columns += [name for s in ways for name in _way(none, none, none, office.policy.settings, s)]
    return pd.DataFrame(table, columns=columns).astype(dict.fromkeys(columns[1:], "Int64"))


def paid_baht(office: Office, seats: Seats, days: int) -> int:
    """Return the subsidy of all who sit at a host because of a merge, for some days, as far as a way is known."""
    rows = np.flatnonzero(seats.left != NONE)
    road_m = office.road_m[office.origin[rows], seats.sits[rows]]
    return int((office.count[rows] * _rates(road_m, office.policy.settings)).sum()) * days


def paid_without_way(office: Office, seats: Seats) -> int:
    """Return how many who sit at a host because of a merge have no known way: the subsidy is at least what is said."""
    rows = np.flatnonzero(seats.left != NONE)
    return int(office.count[rows][office.road_m[office.origin[rows], seats.sits[rows]] == NONE].sum())


def plan_years(moves: Moves) -> list[dict[str, int | None]]:
    """Return the money and posts of each of the fiscal years from the plan's first, with today's pupils.

    Returns
    -------
    list
        Of each year ``fiscal_year``; ``subsidy_baht`` with the scenario and ``subsidy_present_baht`` without it (a
        fiscal year pays term 2 of the school year before and term 1 of its own); ``subsidy_unmeasured``, how many it is
        not yet counted for (of two terms the larger number), also ``…_before``; ``per_head_change_baht`` and
        ``top_up_change_baht``, what per-head money and the small schools' top-up gain or lose; ``net_change_baht``, the
        sum of the changes that are known, more than 0 where more is paid; ``posts_freed``, directors, deputies and
        teachers needed less, None where the criteria do not say. Grants and posts as term 1 has them. What a post costs
        is in no source, and so in no sum.
    """
    office, settings = moves.office, moves.office.policy.settings
    begins = sorted({entry.begins for entry in moves.entries})
    done: dict[tuple[int, int], _InTerm] = {}

    def found(entries: list[Entry], term: Term) -> _InTerm:
        # Nothing changes between two terms in which no merge begins.
        key = (len(entries), bisect.bisect(begins, term_key(term)))
        if key not in done:
            held, before = (in_force(e, term_key(term), len(office.codes)) for e in (entries, office.existing))
            seats = seat(office, entries, held, before)
            need = teacher_need(office.table(seats.sits), settings)[_STAFF].sum(skipna=False).sum(skipna=False)
            done[key] = _InTerm(
                paid_baht(office, seats, 1),
                paid_without_way(office, seats),
                **_per_head(office, entries, seats),
                posts=None if pd.isna(need) else int(need),
            )
        return done[key]

    years = []
    for year in range(office.policy.fiscal_year, office.policy.fiscal_year + YEARS):
        terms = {name: round_term(year, name) for name in ROUNDS}
        days = {name: settings.days_by_term[term.number] for name, term in terms.items()}
        plan, present = (
            {name: found(entries, term) for name, term in terms.items()} for entries in (moves.entries, office.existing)
        )
        subsidy, subsidy_present = (sum(one[name].day_baht * days[name] for name in ROUNDS) for one in (plan, present))
        now, before = plan["may"], present["may"]
        per_head_change, top_up_change = now.per_head_baht - before.per_head_baht, now.top_up_baht - before.top_up_baht
        years.append(
            {
                "fiscal_year": year,
                "subsidy_baht": subsidy,
                "subsidy_present_baht": subsidy_present,
                "subsidy_unmeasured": max(plan[name].unmeasured for name in ROUNDS),
                "subsidy_unmeasured_before": max(present[name].unmeasured for name in ROUNDS),
                "per_head_change_baht": per_head_change,
                "top_up_change_baht": top_up_change,
                "net_change_baht": subsidy - subsidy_present + per_head_change + top_up_change,
                "posts_freed": None if now.posts is None or before.posts is None else before.posts - now.posts,
            }
        )
    return years


def money(moves: Moves) -> dict[str, Any]:
    """Return per-head money and the small schools' top-up of a year, without and with the scenario.

    Returns
    -------
    dict
        ``per_head_baht`` and ``top_up_baht``, each also ``…_before``; ``top_up_change_baht``, negative where it is
        lost; the rule by which they are counted in ``per_head_rule``.
    """
    office = moves.office
    after = _per_head(office, moves.entries, moves.seats)
    before = _per_head(office, moves.entries, moves.seats_before)
    return {
        **after,
        **{f"{name}_before": baht for name, baht in before.items()},
        "top_up_change_baht": after["top_up_baht"] - before["top_up_baht"],
        "per_head_rule": spell_per_head(office.policy.settings),
    }


def teaching(moves: Moves) -> pd.DataFrame:
    """Return rooms and teachers of every school, without and with the scenario.

    Returns
    -------
    DataFrame
        A row a school in order of code: ``school_id``, ``pupils``, ``rooms_needed``, ``teachers_needed``,
        ``directors_needed``, ``deputies_needed``, ``classes_together``, each also ``…_before``; ``rooms`` and
        ``teachers`` that are there, ``pupils_a_room``, ``involved``. Null where it is not known.
    """
    office, settings = moves.office, moves.office.policy.settings
    present = _counts(office, "teachers")
    table = {"school_id": office.codes, "involved": _involved(moves), "rooms": _counts(office, "rooms")}
    table["teachers"] = present
    for suffix, learners in (("", moves.learners), ("_before", moves.learners_before)):
        need = teacher_need(learners, settings)
        table[f"pupils{suffix}"] = learners.sum(axis=1)
        table[f"rooms_needed{suffix}"] = need["rooms"]
        table |= {f"{name}_needed{suffix}": need[name] for name in ("teachers", "directors", "deputies")}
        table[f"classes_together{suffix}"] = classes_together(need["rooms"].to_numpy(), present)
    table["pupils_a_room"] = pupils_a_room(table["pupils"], table["rooms"])
    return pd.DataFrame(table)


def posts(moves: Moves) -> dict[str, Any]:
    """Return what the scenario frees over the schools that it involves, and the criteria by which.

    Returns
    -------
    dict
        As :func:`restructure.teaching.teachers_freed`, and ``staffing_rule``.
    """
    office, settings = moves.office, moves.office.policy.settings
    before, after = teacher_need(moves.learners_before, settings), teacher_need(moves.learners, settings)
    freed = teachers_freed(before, after, _counts(office, "teachers"), _involved(moves))
    return {**freed, "staffing_rule": spell_staffing(settings)}


def small_schools(moves: Moves, learners: Ints, teaching: Bools) -> int:
    """Return how many schools that teach have pupils, but no more than the policy's small school."""
    pupils = learners.sum(axis=1)
    return int((teaching & (pupils > 0) & (pupils <= moves.office.policy.settings.small_school_max)).sum())


def summarise(moves: Moves) -> dict[str, Any]:
    """Return the keys of ``summary.json`` but the warnings."""
    office, rows = moves.office, moves.moved
    settings, count = office.policy.settings, office.count[rows]
    road_m, minutes = moves.road_m[rows], moves.minutes[rows]
    road_before, minutes_before = moves.road_m_before[rows], moves.minutes_before[rows]
    wet_m = office.wet_m[office.origin[rows], moves.seats.sits[rows]]
    rates, known = _rates(road_m, settings), road_m != NONE
    both = known & (road_before != NONE)
    hosts = sorted({host for _, host in planned_pairs(moves)})
    closed = moves.teaching_before & ~moves.teaching
    planned = [moves.entries[i] for i in np.unique(moves.held) if i != NONE and moves.entries[i].number]
    before = [moves.entries[i] for i in np.unique(moves.held_before) if i != NONE]
    ended, had_ended = ({e.school for e in held if e.kind != "learn-together"} for held in (planned, before))
    ended = {school for school in ended - had_ended if not moves.teaching[school] and not office.closed[school]}
    days, grants = settings.days_per_year, money(moves)
    subsidy = {
        "subsidy_total_baht": paid_baht(office, moves.seats, days),
        "subsidy_present_baht": paid_baht(office, moves.seats_before, days),
        "subsidy_unmeasured": paid_without_way(office, moves.seats),
        "subsidy_unmeasured_before": paid_without_way(office, moves.seats_before),
    }
    return {
        "scenario": moves.scenario.stem,
        "name": moves.scenario.name,
        "basis": "routed",
        "synthetic": office.policy.synthetic,
        "days": days,
        "pupils_moved": int(count.sum()),
        "unreachable": int(count[~known].sum()),
        "unreachable_before": int(count[road_before == NONE].sum()),
        "cut_off_in_wet_season": int(count[known & (wet_m == NONE)].sum()),
        "nearer": int(count[both & (road_m < road_before)].sum()),
        "farther": int(count[both & (road_m > road_before)].sum()),
        "baht_per_year": int((count * rates).sum()) * days,
        "pupils_by_band": {
            str(rate): int(count[known & (rates == rate)].sum())
            for rate in dict.fromkeys(band.baht_per_day for band in settings.bands)
        },
        **_way(road_m, minutes, count, settings, ""),
        **_way(road_before, minutes_before, count, settings, "_before"),
        "pupil_km": _kilometres(road_m, count),
        "pupil_km_before": _kilometres(road_before, count),
        **_all_ways(moves),
        **subsidy,
        "schools_teaching": int((moves.teaching & moves.learners.any(axis=1)).sum()),
        "schools_teaching_before": int((moves.teaching_before & moves.learners_before.any(axis=1)).sum()),
        "schools_closed": int(closed.sum()),
        "schools_dissolved": len(ended),
        "small_schools": small_schools(moves, moves.learners, moves.teaching),
        "small_schools_before": small_schools(moves, moves.learners_before, moves.teaching_before),
        "hosts": len(hosts),
        **grants,
        "net_change_baht": subsidy["subsidy_total_baht"]
        - subsidy["subsidy_present_baht"]
        + grants["per_head_baht"]
        - grants["per_head_baht_before"]
        + grants["top_up_change_baht"],
        **posts(moves),
        "years": plan_years(moves),
    }


def _per_head(office: Office, entries: list[Entry], seats: Seats) -> dict[str, int]:
    kept = np.array([entry.kind == "learn-together" for entry in entries] + [True])
    # Where nobody has moved, or has been on the host's roll since, the roll is where they learn.
    own = np.where(seats.left == office.roll, kept[seats.entry], seats.left == NONE)
    where = registered_at(office.roll, seats.sits, own, office.policy.settings)
    sums = per_head(office.table(where), office.policy.settings).sum()
    return {name: int(sums[name]) for name in ("per_head_baht", "top_up_baht")}


def _involved(moves: Moves) -> Bools:
    """Return the schools that pupils leave or come to."""
    involved: Bools = (moves.learners != moves.learners_before).any(axis=1)
    return involved


def _counts(office: Office, column: str) -> pd.Series:
    """Return whole numbers of each school, null where unknown."""
    none = pd.Series(pd.NA, office.schools.index, dtype="Int64")
    return office.schools[column].astype("Int64") if column in office.schools else none


def _keys(moves: Moves, by: str) -> npt.NDArray[np.object_]:
    office, rows = moves.office, moves.moved
    left, sits, grade = moves.seats.left[rows], moves.seats.sits[rows], office.grade[rows]
    words, place = {
        "village": (office.pupils["village_id"], rows),
        "grade": (GRADES, grade),
        "stage": ([stage_of(name) for name in GRADES], grade),
        "amphoe": (office.schools["amphoe"], left),
        "school": (office.codes, left),
        "host": (office.codes, sits),
    }[by]
    keys: npt.NDArray[np.object_] = np.array(words, dtype=object)[place]
    return keys


def _way(road_m: Ints, minutes: Ints, count: Ints, settings: Settings, suffix: str) -> dict[str, int | None]:
    """Return the figures of a way to school, pupils as weights."""
    names, shares = ("median", "p90", "max"), [(1, 2), (9, 10), (1, 1)]
    metres, times = (weighted_quantiles(values, count, shares) for values in (road_m, minutes))
    return {
        **{f"{name}_m{suffix}": value for name, value in zip(names, metres, strict=True)},
        **{f"{name}_minutes{suffix}": value for name, value in zip(names, times, strict=True)},
        **{f"over_{m / 1000:g}_km{suffix}": int(count[road_m > m].sum()) for m in settings.far_m},
        f"over_{settings.long_minutes}_min{suffix}": int(count[minutes > settings.long_minutes].sum()),
    }


def _all_ways(moves: Moves) -> dict[str, int | None]:
    """Return the way to school of all pupils of the office, without and with the scenario: one scale for every plan.

    Keys as of those who move with ``all_`` before them; ``all_unmeasured``, pupils without a way or a known home.
    """
    settings, count = moves.office.policy.settings, moves.office.count
    ways = {"": (moves.road_m, moves.minutes), "_before": (moves.road_m_before, moves.minutes_before)}
    found: dict[str, int | None] = {}
    for suffix, (road_m, minutes) in ways.items():
        found |= {f"all_{key}": value for key, value in _way(road_m, minutes, count, settings, suffix).items()}
        found[f"all_unmeasured{suffix}"] = int(count[road_m == NONE].sum())
    return found


def _kilometres(road_m: Ints, count: Ints) -> int:
    """Return the kilometres that pupils travel to school on a day, one way, rounded half up."""
    metres = int((np.where(road_m == NONE, 0, road_m) * count).sum())
    return (metres + 500) // 1000


def _rates(road_m: Ints, settings: Settings) -> Ints:
    """Return baht a day of each distance, 0 where there is no way."""
    rates = np.array([band.baht_per_day for band in settings.bands])
    return np.where(road_m == NONE, 0, rates[band_places(road_m, settings.bands)])

"""Cohort projection: how many pupils each school will have, by grade, some years ahead.

Pupils are projected on the roll of the school that counts them; a scenario seats the result at its hosts afterwards.

Within a stage a grade is the grade before it, a year earlier, times the school's grade progression ratio: the pupils
who went on in all the years known, over those who could. A small school's own ratio is noise, so that each is shrunk to
the office's, as if :data:`SHRINKING` more pupils had gone on as the office's do; the office's in the same way to 1.

A school's first grade, and the first grade of a stage where the stage before is offered too (and K2 above K1), takes
newcomers: the mean of its last :data:`ENTRY_YEARS` years. Before K2, P1 and M1 they are what is over and above the
grade before, which goes on whole: a K1 that few attend, a child-care centre or the primary schools around would make a
ratio without meaning. The newcomers follow the office's yearly change of the first grades, damped by
:data:`DAMPING`: one change cannot be told from chance in so few years.

Not in the model, because it did not help: the village population, as entry per 1,000 people of the villages that a
school draws from (each village shared out by today's pupils), mixed with the school's own entry. On two sample offices
it changed the error a school one year ahead, 2.0 pupils, by at most 0.02 at light weights and worsened it by 0.16 at
the heaviest, and bettered that of the office's total by at most 0.06 of its 0.4 per cent; on simulated offices the best
weight won less than 2 % though it was given the level of all years. The register holds no ages: it tells a level, which
the school's own entry tells as well, and no births. Neither did fewer years for the ratios, one ratio for a whole
school, or newer years weighing more.

Mean error a school, pupils, one, three and five years ahead, on six simulated offices of 125 schools with eight years
behind them (births 3 % fewer each year, chance in every step), and on six more whose schools also draw pupils from
child-care centres and from other schools:

==========================  ====  ====  ====  =====  ====  ====
this model                   3.9   8.6  13.9    4.6  10.8  17.7
with ratios at every grade   4.0   9.2  14.9    5.7  14.3  23.9
as last year                 7.3  18.0  28.0    9.0  23.7  37.6
==========================  ====  ====  ====  =====  ====  ====

On the sample offices, whose past is made from today's classes, ratios at every grade do a little better: 1.9 against
2.0 one year ahead, 2.4 against 2.6 two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from restructure.grades import GRADES
from restructure.roads import Bools, Floats, Ints
from restructure.rolls import as_of_term, offered_grades, snapshot
from restructure.seating import NONE, Office, existing_merges, in_force, term_key

#: Pupils who go on as the office's do, added to a school's own. From 10 to 50 the simulated errors differ by 3 %.
SHRINKING = 30.0
#: Years whose newcomers are averaged.
ENTRY_YEARS = 3
#: The power of the office's yearly change of entry that newcomers follow: 0 none of it, 1 all of it. More is better
#: where births go on falling, less where they do not.
DAMPING = 0.5

#: Years ahead that a scenario is looked at in.
YEARS = 5

_KEYS = ["school_id", "year", "grade"]
#: Grades that take newcomers on top of the grade before.
_DRAWING = np.isin(GRADES, ["K2", "P1", "M1"])


class Progression(NamedTuple):
    """What is projected from and with; arrays are school × grade, in the order of ``schools`` and ``GRADES``.

    Attributes
    ----------
    schools
        Codes, sorted.
    year
        The last year of the history, Buddhist era.
    newest
        Pupils of that year.
    offered
        Grades that the school offers: those with a row in that year, be it of 0 pupils.
    ratio
        Pupils of the grade for each of the grade before, a year earlier; 0 where nobody comes from there.
    newcomers
        Pupils who come from outside, at the level of that year; below 0 where more leave than come.
    growth
        By what the newcomers are multiplied each year.
    office
        The office's ratio by grade, shrunk to 1; 1 where the history shows none.
    """

    schools: list[str]
    year: int
    newest: Floats
    offered: Bools
    ratio: Floats
    newcomers: Floats
    growth: float
    office: Floats


def history(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the pupils of past years and of the newest count, by the school on whose roll they are.

    The past rolls of a school and grade that was dissolved by the newest count stand at its host, in the years in which
    that is known too: the two are counted together throughout, and no ratio takes those who moved for newcomers or for
    lost. A school that learns together keeps its roll, and so its row.

    Parameters
    ----------
    tables
        Checked tables, as :func:`restructure.checks.check_tables` returns them.

    Returns
    -------
    DataFrame
        ``school_id``, ``year``, ``grade``, ``count``, a row each, sorted. Grades that an open school offers have a row
        in the newest year also where they are empty, and in a past year where grades on both sides have one. The newest
        count replaces ``enrolment`` of its year. Without ``as_of`` its year is not known, and there are no rows.
    """
    pupils = snapshot(tables["students"])
    if pupils.empty or (pupils["as_of"] == "").any():
        return pd.DataFrame({"school_id": [], "year": [], "grade": [], "count": []}).astype({"year": int, "count": int})
    term = as_of_term(pupils["as_of"].iloc[0])
    newest = pupils[["school_id", "grade"]].assign(year=term.year, count=pupils["pupils"])
    parts = [newest]
    schools = tables["schools"]
    open_schools = offered_grades(schools[schools["status"] != "closed"])
    pairs = [(school, grade) for school, grades in open_schools.items() for grade in grades]
    offered = pd.DataFrame(pairs, columns=["school_id", "grade"])
    parts.append(offered.assign(year=term.year, count=0))
    if "enrolment" in tables:
        past = tables["enrolment"][[*_KEYS, "count"]].dropna()
        past = past[past["year"] < term.year]
        codes = schools["school_id"].tolist()
        merges = existing_merges(tables.get("mergers"), codes)
        held = in_force(merges, term_key(term), len(codes))
        ended = [merges[i] for i in held[held != NONE] if merges[i].kind == "dissolve"]
        hosts = {(codes[entry.school], GRADES[entry.grade]): codes[entry.hosts[0]] for entry in ended}
        host = pd.Series([hosts.get(pair) for pair in zip(past["school_id"], past["grade"], strict=True)], past.index)
        known = pd.MultiIndex.from_frame(past[["school_id", "year"]])
        known_host = pd.MultiIndex.from_arrays([host, past["year"]]).isin(known)
        past = past.assign(school_id=host.where(known_host, past["school_id"]))
        parts += [past, _empty_between(past, offered)]
    rows = pd.concat(parts).astype({"school_id": object, "grade": object, "year": int, "count": int})
    counted = rows.groupby(_KEYS, as_index=False)["count"].sum()
    return _sorted(counted)


def progression(past: pd.DataFrame) -> Progression | None:
    """Return the ratios and newcomers of a history.

    Parameters
    ----------
    past
        ``school_id``, ``year``, ``grade``, ``count``: a row each, as :func:`history` returns them. A row of 0 says that
        the grade is offered and empty; without a row it is not offered, or not known.

    Returns
    -------
    Progression or None
        None where no school shows how a grade went on; :func:`too_short` says so in a sentence.
    """
    if past.empty:
        return None
    schools, first, counts = _grid(past)
    return _fit(schools, first, counts)


def project_array(known: Progression, years: int) -> Floats:
    """Return pupils by year × school × grade, not rounded; year 0 is the newest count.

    A grade that is not offered, and a school without any pupil in the newest year, stay at zero. The sum of the arrays
    of several schools is what they have together: a scenario seats its schools' rows at their hosts and adds them up.
    """
    out = np.empty((years + 1, *known.newest.shape))
    out[0] = known.newest
    for ahead in range(1, years + 1):
        new = known.newcomers * known.growth**ahead
        out[ahead] = np.maximum(_grade_before(out[ahead - 1], 0.0) * known.ratio + new, 0.0)
    return out


def whole_pupils(pupils: Floats) -> Ints:
    """Round pupils by grade (last axis) so that a school's total is its own total rounded, half up.

    What is rounded is the running total from the lowest grade on; a grade is the step between two of them, less than
    one pupil from what it was. Whole numbers stay, and so does zero.
    """
    # Sums of the same numbers in another order differ in their last digits, which must not decide a half.
    running = np.floor(np.round(np.cumsum(pupils, axis=-1), 9) + 0.5)
    whole: Ints = np.diff(running, axis=-1, prepend=0.0).astype(np.int64)
    return whole


def project(past: pd.DataFrame, years: int = 5) -> pd.DataFrame | None:
    """Project each school's pupils by grade.

    Parameters
    ----------
    past
        As for :func:`progression`.
    years
        How many years ahead.

    Returns
    -------
    DataFrame or None
        ``school_id``, ``year``, ``grade``, ``pupils``, sorted: from the last year of the history, as it is counted, on;
        whole pupils by the rule of :func:`whole_pupils`. Schools and grades that have a row in that year. None where
        the history is too short (:func:`too_short`).
    """
    known = progression(past)
    if known is None:
        return None
    pupils = whole_pupils(project_array(known, years)).transpose(1, 0, 2)
    school, year, grade = np.nonzero(np.broadcast_to(known.offered[:, None], pupils.shape))
    return pd.DataFrame(
        {
            "school_id": np.array(known.schools, dtype=object)[school],
            "year": known.year + year,
            "grade": np.array(GRADES, dtype=object)[grade],
            "pupils": pupils[school, year, grade],
        }
    )


def with_future(office: Office, tables: dict[str, pd.DataFrame]) -> Office:
    """Return an office with its rolls of the next :data:`YEARS` years, or as it is where the past is too short."""
    known = progression(history(tables))
    if known is None:
        return office
    pupils = np.zeros((YEARS + 1, len(office.codes), len(GRADES)))
    kept = [i for i, code in enumerate(known.schools) if code in office.place]
    pupils[:, [office.place[known.schools[i]] for i in kept]] = project_array(known, YEARS)[:, kept]
    return replace(office, future=pupils, future_year=known.year)


def too_short(past: pd.DataFrame) -> str:
    """Return the sentence that says why nothing can be projected from a history, empty where it can."""
    return "" if progression(past) is not None else _sentence(past, 0)


def back_test(past: pd.DataFrame, horizons: Sequence[int] = (1, 2, 3)) -> pd.DataFrame:
    """Project known years from those before them, and say how far off it was.

    As many of the last years as each horizon says are left out in turn; a horizon's error is that of all projections
    that reach it. Compared are schools with pupils in the last year that was left and rows in the projected one.
    Mergers are an exception to what was known then: :func:`history` has put dissolved schools' past to their hosts.

    Parameters
    ----------
    past
        As for :func:`progression`.

    Returns
    -------
    DataFrame
        A row each ``horizon`` (years) and ``method``: ``cohort`` or, to compare with, ``last-year`` (every school stays
        as it was). ``schools``: how many were compared; ``mae_pupils``: mean absolute error a school, pupils;
        ``office_error_percent``: mean absolute error of their total, per cent of it; ``within_10_percent``: schools
        within ±10 %, per cent of them. Where the history is too short there are no figures (null), and ``note`` says so
        in a sentence.
    """
    found: dict[tuple[int, str], list[tuple[Bools, Floats, Floats]]] = {}
    schools, first, counts = _grid(past) if len(past) else ([], 0, np.empty((0, 0, len(GRADES))))
    for left_out in sorted(set(horizons)):
        train = counts[: len(counts) - left_out] if left_out < len(counts) else counts[:0]
        known = _fit(schools, first, train)
        if known is None:
            continue
        ahead = project_array(known, left_out).sum(axis=2)
        for horizon in (h for h in set(horizons) if h <= left_out):
            truth = counts[len(train) - 1 + horizon]
            compared = (ahead[0] > 0) & ~np.isnan(truth).all(axis=1)
            actual = np.nansum(truth[compared], axis=1)
            for method, guess in (("cohort", ahead[horizon]), ("last-year", ahead[0])):
                if compared.any():
                    found.setdefault((horizon, method), []).append((compared, guess[compared], actual))
    rows = []
    for horizon in horizons:
        for method in ("cohort", "last-year"):
            tests = found.get((horizon, method))
            note = "" if tests else _sentence(past, horizon)
            rows.append((horizon, method, *(_errors(tests) if tests else (0, None, None, None)), note))
    names = ["horizon", "method", "schools", "mae_pupils", "office_error_percent", "within_10_percent", "note"]
    return pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[3:6], "Float64"))


def _errors(tests: list[tuple[Bools, Floats, Floats]]) -> tuple[int, float, float | None, float]:
    schools = int(np.any([compared for compared, _, _ in tests], axis=0).sum())
    guess, actual = (np.concatenate([test[k] for test in tests]) for k in (1, 2))
    away = np.abs(guess - actual)
    office = [100 * abs(g.sum() - a.sum()) / a.sum() for _, g, a in tests if a.sum()]
    # A tenth as it is stored is a little more than a tenth: compared in whole multiples of the count.
    within = 100 * float(np.mean(10 * away <= actual + 1e-9))
    return schools, float(away.mean()), float(np.mean(office)) if office else None, within


def _grid(past: pd.DataFrame) -> tuple[list[str], int, Floats]:
    """Return the schools, the first year, and pupils by year × school × grade: NaN where there is no row."""
    codes, schools = pd.factorize(past["school_id"], sort=True)
    years = past["year"].to_numpy(dtype=np.int64)
    first = int(years.min())
    grades = past["grade"].map({grade: g for g, grade in enumerate(GRADES)}).to_numpy(dtype=np.int64)
    counts = np.full((int(years.max()) - first + 1, len(schools), len(GRADES)), np.nan)
    counts[years - first, codes, grades] = past["count"].to_numpy(dtype=np.float64)
    return [str(code) for code in schools], first, counts


def _fit(schools: list[str], first: int, counts: Floats) -> Progression | None:
    """Return what the years of an array show; None without a last year or two years running."""
    if len(counts) < 2 or np.isnan(counts[-1]).all():
        return None
    offered = ~np.isnan(counts[-1])
    fed = offered & _grade_before(offered, False)
    drawing, rising = fed & _DRAWING, fed & ~_DRAWING
    before, after = _grade_before(counts[:-1], np.nan), counts[1:]
    gain = after - before  # known where both are
    if np.isnan(gain).all():
        return None
    going = ~np.isnan(gain) & rising
    could, went = (np.where(going, part, 0.0).sum(axis=0) for part in (before, after))
    office = _shrunk(went.sum(axis=0), could.sum(axis=0), 1.0)
    ratio = np.where(rising, _shrunk(went, could, office), drawing.astype(np.float64))

    entry = np.where(offered & ~fed, counts, np.nan)
    both = ~np.isnan(entry[1:] - entry[:-1])
    growth = float(_shrunk(entry[1:][both].sum(), entry[:-1][both].sum(), 1.0)) ** DAMPING
    entry[1:] = np.where(drawing, gain, entry[1:])
    recent = entry[-ENTRY_YEARS:]
    number = (~np.isnan(recent)).sum(axis=0)
    to_now = growth ** np.arange(len(recent) - 1, -1, -1.0)
    newcomers = np.nansum(recent * to_now[:, None, None], axis=0) / np.maximum(number, 1)
    # A stage that is new, or whose years have gaps: what is over and above the grade before in the one year known.
    alone = drawing & (number == 0)
    newest = np.nan_to_num(counts[-1])
    newcomers = np.where(alone, newest - _grade_before(newest, 0.0), newcomers)
    newcomers[newest.sum(axis=1) == 0] = 0.0
    return Progression(schools, first + len(counts) - 1, newest, offered, ratio, newcomers, growth, office)


def _shrunk(went: Floats, could: Floats, towards: Floats | float) -> Floats:
    """Return ratios as if :data:`SHRINKING` more pupils had gone on as ``towards`` says."""
    return (went + SHRINKING * towards) / (could + SHRINKING)


def _grade_before(by_grade: npt.NDArray[Any], lowest: float) -> npt.NDArray[Any]:
    """Return an array with each grade's place taken by the grade before it."""
    out = np.empty_like(by_grade)
    out[..., 0], out[..., 1:] = lowest, by_grade[..., :-1]
    return out


def _empty_between(past: pd.DataFrame, offered: pd.DataFrame) -> pd.DataFrame:
    """Return rows of 0 for offered grades that lie between grades with a row in the same school and year."""
    place = {grade: g for g, grade in enumerate(GRADES)}
    span = past.assign(place=past["grade"].map(place)).groupby(["school_id", "year"])["place"].agg(["min", "max"])
    rows = span.reset_index().merge(offered, on="school_id")
    at = rows["grade"].map(place)
    return rows.loc[(at > rows["min"]) & (at < rows["max"]), _KEYS].assign(count=0)


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    place = rows["grade"].map({grade: g for g, grade in enumerate(GRADES)})
    return rows.assign(place=place).sort_values(["school_id", "year", "place"], ignore_index=True).drop(columns="place")


def _sentence(past: pd.DataFrame, ahead: int) -> str:
    purpose = f"ทดสอบการคาดการณ์ล่วงหน้า {ahead} ปี" if ahead else "คาดการณ์จำนวนนักเรียน"
    return (
        f"ต้องมีจำนวนนักเรียนอย่างน้อย {ahead + 2} ปีการศึกษาติดกันจึง{purpose}ได้ มี {past['year'].nunique()} ปี "
        "เพิ่มปีที่ผ่านมาในตาราง enrolment และตรวจว่าตาราง students มี as_of"
    )

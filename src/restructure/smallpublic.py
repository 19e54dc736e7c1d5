"""What of an office's small schools may leave it: which they are, where, of what size, and few figures of pupils.

Every figure of pupils is a roll or a sum of rolls. Rolls below the policy's ``public_min_pupils`` are suppressed, and
what would tell them (:mod:`restructure.suppression`); the reader who must not find them out has the size of each school
too, and those of past years, for they are printed. Whoever looks up the rolls that the ministry publishes finds out no
more here than there. Not published at all: stages and grades, who learns where, rooms and teachers (by the criteria
these tell counts), projections, readiness, and the pupils of mergers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from restructure._errors import PolicyError
from restructure.smallschools import SmallSchools, count_sizes, nearest_larger
from restructure.suppression import Table, suppressed

_NEAREST = ["school_id", "rank", "larger_id", "road_m", "minutes"]


@dataclass(frozen=True, eq=False)
class PublicSmall:
    """The figures of small schools that may be published; null is suppressed.

    Attributes
    ----------
    bounds
        Upper bounds of the sizes that are told: the lower ones of the office's put together until a school's size says
        no more of it than may be told (:func:`public_bounds`).
    total
        Pupils of all small schools.
    schools
        A row a school as in :class:`restructure.smallschools.SmallSchools`: ``school_id``, ``name``, ``tambon``,
        ``amphoe``, ``grades``, ``special_area``, ``size`` (place among ``bounds``) and ``pupils``.
    sizes
        ``size``, ``schools``, ``pupils``.
    amphoes, tambons, years
        Schools by size (:func:`restructure.smallschools.count_sizes`); by amphoe and year with ``pupils`` of the small
        ones. Years as counted, none projected.
    nearest
        ``school_id``, ``rank``, ``larger_id``, ``road_m``, ``minutes``: the nearest schools of a larger size.
    mergers
        As of the office, without ``pupils``.
    """

    threshold: int
    bounds: tuple[int, ...]
    total: int | None
    schools: pd.DataFrame
    sizes: pd.DataFrame
    amphoes: pd.DataFrame
    tambons: pd.DataFrame
    years: pd.DataFrame
    nearest: pd.DataFrame
    mergers: pd.DataFrame


def public_small(small: SmallSchools) -> PublicSmall:
    """Work out what may be published of an office's small schools.

    Raises
    ------
    PolicyError
        When being a small school tells more of a count than the policy lets be told.
    """
    threshold = small.cycle.policy.settings.public_min_pupils
    if threshold >= small.bounds[-1]:
        raise PolicyError(
            f"policy.yaml: public_min_pupils ({threshold}) ต้องน้อยกว่า small_school_max ({small.bounds[-1]}) เพราะการมีชื่อ"
            "ในรายการโรงเรียนขนาดเล็กบอกจำนวนนักเรียนเกินเกณฑ์ปกปิดแล้ว แก้ค่าแล้วสั่งใหม่",
            f"policy.yaml: public_min_pupils ({threshold}) must be below small_school_max ({small.bounds[-1]}).",
        )
    bounds = public_bounds(small.bounds, threshold)
    schools = small.schools.assign(size=np.searchsorted(bounds, small.schools["on_roll"]))
    everyone = np.ones(len(schools), bool)
    found = suppressed(
        _groups(schools, bounds),
        {
            "total": Table((), everyone),
            "sizes": Table(("size",), everyone),
            "amphoes": Table(("amphoe",), everyone),
            "schools": Table(("school_id",), everyone),
            # Sums of what is printed.
            "places": Table(("amphoe", "size"), everyone, "derived"),
            "tambons": Table(("amphoe", "tambon"), everyone, "derived"),
            "tambon sizes": Table(("amphoe", "tambon", "size"), everyone, "derived"),
        },
        threshold,
    )
    every = small.every.assign(size=np.searchsorted(bounds, small.every["on_roll"]))
    total = found["total"]["value"].iloc[0] if len(found["total"]) else 0
    sizes = pd.DataFrame({"size": range(len(bounds))})
    sizes["schools"] = schools["size"].value_counts().reindex(sizes["size"], fill_value=0).to_numpy()
    amphoes = count_sizes(every, ["amphoe"], bounds).drop(columns="small_pupils")
    told = ["school_id", "name", "tambon", "amphoe", "grades", "special_area", "size"]
    return PublicSmall(
        threshold=threshold,
        bounds=bounds,
        total=None if pd.isna(total) else int(total),
        schools=schools[told].assign(pupils=_values(schools["school_id"], found["schools"])),
        sizes=sizes.assign(pupils=_values(sizes["size"], found["sizes"])),
        amphoes=amphoes.assign(pupils=_values(amphoes["amphoe"], found["amphoes"])),
        tambons=count_sizes(every, ["amphoe", "tambon"], bounds).drop(columns="small_pupils"),
        years=_years(small, bounds, threshold, total),
        # Larger by size: that one school has more pupils than another would tell of the one that is suppressed.
        nearest=nearest_larger(small.cycle, every, schools["school_id"], by="size")[_NEAREST],
        mergers=small.mergers.drop(columns="pupils"),
    )


def public_bounds(bounds: tuple[int, ...], threshold: int) -> tuple[int, ...]:
    """Return the sizes of which the lowest does not tell a small count: it reaches to above the threshold.

    Of a school of 1 to ``high`` pupils the reader knows that many less one; a size above holds no small count.
    """
    return 0, *(high for high in bounds[1:] if high > threshold)


def _groups(schools: pd.DataFrame, bounds: tuple[int, ...]) -> pd.DataFrame:
    """Return schools as groups of pupils, each between the bounds of its size."""
    size = schools["size"].to_numpy()
    upper = np.array(bounds)
    groups = schools.assign(
        pupils=schools["on_roll"].to_numpy(np.int64),
        least=np.where(size > 0, upper[size - 1] + 1, 0),
        most=upper[size],
    )
    columns = ["school_id", "amphoe", "tambon", "size", "pupils", "least", "most"]
    return groups[[column for column in columns if column in groups]]


def _years(small: SmallSchools, bounds: tuple[int, ...], threshold: int, newest: Any) -> pd.DataFrame:
    """Return the sizes of each counted year, and the pupils of its small schools: each year is a system of its own."""
    rolls = small.rolls[~small.rolls["projected"]]
    years = count_sizes(rolls, ["year"], bounds).drop(columns="small_pupils")
    pupils = []
    for year in years["year"]:
        then = rolls[rolls["year"].isna() if pd.isna(year) else rolls["year"] == year].dropna(subset="on_roll")
        if pd.isna(year) or year == small.year:
            pupils.append(newest)
            continue
        then = then.assign(size=np.searchsorted(bounds, then["on_roll"].to_numpy(np.int64)))
        then = then[then["size"].between(1, len(bounds) - 1)].reset_index(drop=True)
        everyone = np.ones(len(then), bool)
        tables = {"total": Table((), everyone), "schools": Table(("school_id",), everyone, "derived")}
        found = suppressed(_groups(then, bounds), tables, threshold)["total"]["value"]
        pupils.append(found.iloc[0] if len(found) else 0)
    return years.assign(pupils=pd.array(pupils, dtype="Int64"))


def _values(keys: pd.Series, found: pd.DataFrame) -> pd.array:
    """Return the values of a table's cells for some keys; of whom nobody is counted there are none."""
    values = dict(zip(found[found.columns[0]], found["value"], strict=True))
    return pd.array([values.get(key, 0) for key in keys], dtype="Int64")

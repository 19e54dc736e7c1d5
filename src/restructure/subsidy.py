"""The transport subsidy of a round: who may claim it, the need, and its allocation under a ceiling."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from restructure.bands import price
from restructure.eligibility import judge
from restructure.moves import nullable
from restructure.policy import SharingRule
from restructure.roads import Bools, Ints
from restructure.scenario import Scenario, spell_scenario
from restructure.seating import NONE, Office, in_force, seat, seat_frame, term_key
from restructure.sharing import RULES, share_in_tiers, tiers
from restructure.thai import round_term

#: What one line of an allocation is for; programmes are never added together.
LINE = ["host_id", "school_id", "programme"]
#: Columns of a priced row of pupils.
ROW = [
    "student_key", "school_id", "host_id", "grade", "village_id", "programme", "pupils", "road_m", "band",
    "baht_per_day", "days", "baht", "basis", "reason",
]  # fmt: skip
#: What stands for all programmes where a table ends with a sum.
ALL = "all"


def claim_rows(
    office: Office, round_name: str, scenario: Scenario | None = None, certified: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return everybody who sits at a host because of a merger in a round's term, priced, a row of pupils each.

    Parameters
    ----------
    office
        With the pupils of the round's term, or of another count that is to be priced by the term's rules.
    round_name
        ``november`` (term 2 of the school year before) or ``may`` (term 1 of the fiscal year).
    scenario
        For a plan's estimate: its merges come on top of the mergers.
    certified
        ``measured_from`` (``village`` or ``home``), ``village_id``, ``student_key``, ``host_id``, ``certified_m``. A
        certified distance takes the place of the routed one, that of the child's own home before that of the village.
        A child who is measured from an own home point does not take the village's.

    Returns
    -------
    DataFrame
        ``student_key``, ``school_id``, ``host_id``, ``grade``, ``village_id``, ``programme``, ``pupils``, ``road_m``
        (the one that pays), ``band``, ``baht_per_day``, ``days``, ``baht``, ``basis`` (``certified``, ``routed``),
        ``reason`` (empty for who is eligible, else as :func:`restructure.eligibility.judge` says).
    """
    term = round_term(office.policy.fiscal_year, round_name)
    settings = office.policy.at(term).settings
    entries = office.existing + (spell_scenario(scenario, office) if scenario else [])
    held, before = (in_force(e, term_key(term), len(office.codes)) for e in (entries, office.existing))
    seats = seat(office, entries, held, before)
    paid = np.flatnonzero(seats.left != NONE)
    rows = seat_frame(office, entries, seats).iloc[paid]
    rows = rows.assign(
        student_key=rows.get("student_key", ""),
        reason=judge(rows, office, entries, settings, term),
        days=settings.days_by_term[term.number],
    )
    rows = rows.drop(columns="school_id").rename(columns={"left_id": "school_id", "sits_at": "host_id"})
    origin = office.origin[paid]
    at_home = (office.villages <= origin) & (origin < len(office.road_m) - 1)
    routed = pd.Series(nullable(office.road_m[origin, seats.sits[paid]]), rows.index)
    sure = _certified_m(rows, at_home, certified)
    rows["road_m"], rows["basis"] = sure.fillna(routed), np.where(sure.notna(), "certified", "routed")
    rows = rows.join(price(rows["road_m"], settings.bands))
    rows["baht"] = rows["pupils"] * rows["days"] * rows["baht_per_day"]
    return rows[ROW].reset_index(drop=True)


def _certified_m(rows: pd.DataFrame, at_home: Bools, certified: pd.DataFrame | None) -> pd.Series:
    """Return the certified metres of each row, null where nobody has certified them."""
    found = pd.Series(pd.NA, rows.index, dtype="Int64")
    if certified is None:
        return found
    for kind, key, of_kind in (("home", "student_key", at_home), ("village", "village_id", ~at_home)):
        told = certified[certified["measured_from"] == kind].set_index([key, "host_id"])["certified_m"]
        metres = told.reindex(pd.MultiIndex.from_frame(rows[[key, "host_id"]])).set_axis(rows.index).astype("Int64")
        found = found.fillna(metres.where(of_kind))
    return found


def claims(
    office: Office, round_name: str, scenario: Scenario | None = None, certified: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return who sits at a host because of a merger, by school, host, grade, village, programme and distance.

    Parameters
    ----------
    office, round_name, scenario, certified
        As for :func:`claim_rows`.

    Returns
    -------
    DataFrame
        The columns of ``subsidy.csv``, with the days of the round's term, ``basis`` and ``reason``.
    """
    return gather(claim_rows(office, round_name, scenario, certified))


def gather(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up rows of :func:`claim_rows` that differ in pupils only; sorted by key."""
    sums = ["pupils", "baht"]
    keys = [column for column in ROW[1:] if column not in sums]
    # Where no way is known the need is unknown, not 0.
    found = rows.groupby(keys, dropna=False, as_index=False, sort=True)[sums].sum(min_count=1)
    found["baht"] = found["baht"].astype("Int64")
    return found[ROW[1:]]


def need(
    office: Office, round_name: str, scenario: Scenario | None = None, certified: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return what a round needs: the rows of :func:`claims` that are eligible, without ``reason``."""
    rows = claims(office, round_name, scenario, certified)
    return rows[rows["reason"] == ""].drop(columns="reason").reset_index(drop=True)


def not_eligible(
    office: Office, round_name: str, scenario: Scenario | None = None, certified: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the rows of :func:`claims` that are not eligible, with the reason of each."""
    rows = claims(office, round_name, scenario, certified)
    return rows[rows["reason"] != ""].reset_index(drop=True)


def ceiling(tables: dict[str, pd.DataFrame], round_name: str) -> int | None:
    """Return the sum of a round's letters, None where there is no letter."""
    letters = tables.get("ceilings")
    if letters is None:
        return None
    baht = letters.loc[letters["round"] == round_name, "baht"]
    return int(baht.sum()) if len(baht) else None


def allocate(needed: pd.DataFrame, ceiling_baht: int | None, *, rule: SharingRule = "proportional") -> pd.DataFrame:
    """Share a ceiling among hosts, schools and programmes.

    Parameters
    ----------
    needed
        Rows as :func:`need` returns them.
    ceiling_baht
        Baht received; None when it is not known yet, which leaves ``allocated_baht`` null.
    rule
        How to share when money is short (:mod:`restructure.sharing`): in no source, the office's choice.

    Returns
    -------
    DataFrame
        A row a host, school and programme, sorted: ``basis`` (``certified`` where the distance of every pupil is),
        ``pupils``, ``need_baht`` (null where no distance of its pupils is known), ``allocated_baht``. The allocated
        baht add up to the smaller of need and ceiling; nobody gets more than the need.
    """
    lines, line = _lines(needed)
    shares: list[int] | list[None] = [None] * len(lines)
    if ceiling_baht is not None:
        shares = share_in_tiers(tiers(needed, line, len(lines), rule), ceiling_baht)
    lines["allocated_baht"] = pd.array(shares, dtype="Int64")
    lines["allocated_baht"] = lines["allocated_baht"].mask(lines["need_baht"].isna())
    return lines


def compare_rules(needed: pd.DataFrame, ceiling_baht: int) -> pd.DataFrame:
    """Return the lines of :func:`allocate` with a column of baht for each rule of sharing, named by the rule."""
    return _side_by_side({rule: allocate(needed, ceiling_baht, rule=rule) for rule in RULES})


def under_ceilings(needed: pd.DataFrame, ceilings: Iterable[int], rule: SharingRule = "proportional") -> pd.DataFrame:
    """Return the lines of :func:`allocate` with a column of baht for each ceiling, named by its baht."""
    return _side_by_side({str(baht): allocate(needed, baht, rule=rule) for baht in ceilings})


def days_for_all(needed: pd.DataFrame, ceiling_baht: int) -> int:
    """Return how many whole days for every pupil a ceiling buys, at most the days of the term."""
    lines, line = _lines(needed)
    a_day = [sum(tier) for tier in tiers(needed, line, len(lines), "equal-days")]
    return int((np.cumsum(a_day) <= ceiling_baht).sum())


def one_more_day(needed: pd.DataFrame) -> pd.DataFrame:
    """Return what one more day of travel costs.

    Returns
    -------
    DataFrame
        ``programme``, ``pupils`` (whose distance is known), ``baht``; last a row ``all``.
    """
    known = needed[needed["baht"].notna()]
    rows = known.assign(baht=known["pupils"] * known["baht_per_day"]).groupby("programme")[["pupils", "baht"]].sum()
    rows.loc[ALL] = rows.sum()
    return rows.astype("int64").rename_axis("programme").reset_index()


def _lines(needed: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    """Return the lines of an allocation with their need, and of each row the line that it belongs to."""
    groups = needed.groupby(LINE, sort=True)
    # Where no way is known the need is unknown, not 0.
    lines = groups[["pupils", "baht"]].sum(min_count=1).reset_index().rename(columns={"baht": "need_baht"})
    lines["need_baht"] = lines["need_baht"].astype("Int64")
    routed = needed.loc[needed["basis"] != "certified", LINE].drop_duplicates().assign(basis="routed")
    lines["basis"] = lines[LINE].merge(routed, how="left", on=LINE)["basis"].fillna("certified")
    return lines[[*LINE, "basis", "pupils", "need_baht"]], groups.ngroup().to_numpy(dtype=np.int64)


def _side_by_side(allocations: dict[str, pd.DataFrame]) -> pd.DataFrame:
    first = next(iter(allocations.values())).drop(columns="allocated_baht")
    return first.assign(**{name: allocation["allocated_baht"] for name, allocation in allocations.items()})

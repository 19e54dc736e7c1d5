"""The transport subsidy of a round: need by the mergers in force, and its allocation under a ceiling."""

from __future__ import annotations

import numpy as np
import pandas as pd

from restructure.moves import nullable, subsidy_rows
from restructure.scenario import Scenario, spell_scenario
from restructure.seating import NONE, Office, in_force, seat, seat_frame, term_key
from restructure.thai import round_term

#: What one line of an allocation is for; programmes are never added together.
LINE = ["host_id", "school_id", "programme"]


def need(office: Office, round_name: str, scenario: Scenario | None = None) -> pd.DataFrame:
    """Return what a round needs, by school, host, grade, village and programme.

    Parameters
    ----------
    office
        With the pupils of the round's term.
    round_name
        ``november`` (term 2 of the school year before) or ``may`` (term 1 of the fiscal year).
    scenario
        For a plan's estimate: its merges come on top of the mergers.

    Returns
    -------
    DataFrame
        The columns of ``subsidy.csv``, with the days of the round's term.
    """
    settings = office.policy.settings
    term = round_term(office.policy.fiscal_year, round_name)
    entries = office.existing + (spell_scenario(scenario, office) if scenario else [])
    held, before = (in_force(e, term_key(term), len(office.codes)) for e in (entries, office.existing))
    seats = seat(office, entries, held, before)
    paid = np.flatnonzero(seats.left != NONE)
    road_m = office.road_m[office.origin[paid], seats.sits[paid]]
    rows = seat_frame(office, entries, seats).iloc[paid].assign(road_m=nullable(road_m))
    return subsidy_rows(rows, settings, settings.days_by_term[term.number])


def ceiling(tables: dict[str, pd.DataFrame], round_name: str) -> int | None:
    """Return the sum of a round's letters, None where there is no letter."""
    letters = tables.get("ceilings")
    if letters is None:
        return None
    baht = letters.loc[letters["round"] == round_name, "baht"]
    return int(baht.sum()) if len(baht) else None


def allocate(needed: pd.DataFrame, ceiling_baht: int | None, *, basis: str = "routed") -> pd.DataFrame:
    """Share a ceiling in proportion to need, by largest remainder.

    How to share when money is short is in no source: the packaged rule is a choice that every report names.

    Parameters
    ----------
    needed
        Rows as :func:`need` returns them.
    ceiling_baht
        Baht received; None when it is not known yet, which leaves ``allocated_baht`` null.

    Returns
    -------
    DataFrame
        A row a host, school and programme, sorted: ``basis``, ``pupils``, ``need_baht`` (null where no distance of
        its pupils is known), ``allocated_baht``. The allocated
        baht add up to the smaller of need and ceiling; nobody gets more than the need.
    """
    # Where no way is known the need is unknown, not 0.
    lines = needed.groupby(LINE, as_index=False, sort=True)[["pupils", "baht"]].sum(min_count=1)
    lines = lines.rename(columns={"baht": "need_baht"}).assign(basis=basis)
    lines["need_baht"] = lines["need_baht"].astype("Int64")
    shares = share_proportionally(lines["need_baht"].fillna(0).astype(int).tolist(), ceiling_baht)
    lines["allocated_baht"] = pd.array(shares, dtype="Int64")
    lines["allocated_baht"] = lines["allocated_baht"].mask(lines["need_baht"].isna())
    return lines[[*LINE, "basis", "pupils", "need_baht", "allocated_baht"]]


def share_proportionally(needs: list[int], ceiling_baht: int | None) -> list[int | None]:
    """Return whole-baht shares of a ceiling in proportion to needs; what is left over by largest remainder.

    Equal remainders are served in the order given.

    Examples
    --------
    >>> share_proportionally([100, 100, 100], 200)
    [67, 67, 66]
    """
    if ceiling_baht is None:
        return [None] * len(needs)
    total = sum(needs)
    if ceiling_baht >= total:
        return list(needs)
    shares = [baht * ceiling_baht // total for baht in needs]
    remainders = [baht * ceiling_baht % total for baht in needs]
    left = ceiling_baht - sum(shares)
    for i in sorted(range(len(needs)), key=lambda i: -remainders[i])[:left]:
        shares[i] += 1
    return list(shares)

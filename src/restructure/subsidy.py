"""The transport subsidy of a round: need by the mergers in force, and its allocation under a ceiling."""

from __future__ import annotations

import pandas as pd

from restructure.policy import Policy
from restructure.rolls import snapshot
from restructure.scenario import in_force, overlay, seat, spell_out, subsidy_rows, with_distances
from restructure.thai import round_term

#: What one line of an allocation is for; programmes are never added together.
LINE = ["host_id", "school_id", "programme"]


def need(
    tables: dict[str, pd.DataFrame],
    distances: pd.DataFrame,
    policy: Policy,
    round_name: str,
    homes: pd.DataFrame | None = None,
    planned: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what a round needs, by school, host, grade, village and programme.

    Parameters
    ----------
    round_name
        ``november`` (term 2 of the school year before) or ``may`` (term 1 of the fiscal year).
    planned
        A scenario's merges (:func:`restructure.scenario.spell_scenario`) for a plan's estimate, on top of the mergers.

    Returns
    -------
    DataFrame
        The columns of ``subsidy.csv``, with the days of the round's term.
    """
    term = round_term(policy.fiscal_year, round_name)
    merges = in_force(spell_out(tables.get("mergers")), term)
    if planned is not None:
        merges = overlay(merges, in_force(planned, term))
    pupils = snapshot(tables["students"], term)
    seated = seat(pupils[pupils["pupils"] > 0].reset_index(drop=True), merges)
    moved = with_distances(seated[seated["left_id"] != ""], distances, homes)
    return subsidy_rows(moved, policy.settings, policy.settings.days_by_term[term.number])


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

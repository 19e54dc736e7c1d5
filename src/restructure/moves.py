"""Who learns elsewhere because of a scenario: the arrays and tables that every consequence is read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from restructure.bands import price
from restructure.grades import GRADES
from restructure.policy import Settings
from restructure.roads import Bools, Ints
from restructure.scenario import Scenario, spell_scenario
from restructure.seating import NONE, Entry, Office, Seats, in_force, seat, seat_frame, term_key
from restructure.thai import round_term


@dataclass(frozen=True, eq=False)
class Moves:
    """A scenario in a term, its last unless another is asked for, beside the same term without the scenario.

    Attributes
    ----------
    term
        As :func:`restructure.seating.term_key` numbers it.
    entries
        The mergers that are there and the scenario's, a grade each.
    held_before, held
        Schools × grades: which entry holds, without and with the scenario (``NONE``).
    seats_before, seats
        Where each row of ``office.pupils`` learns.
    moved
        The rows that learn elsewhere because of the scenario.
    """

    office: Office
    scenario: Scenario
    term: int
    entries: list[Entry]
    held_before: Ints
    held: Ints
    seats_before: Seats
    seats: Seats
    moved: Ints

    @classmethod
    def of(cls, scenario: Scenario, office: Office, term: int | None = None) -> Self:
        """Say who learns where once all of a scenario's merges are in force, or in another term.

        Raises
        ------
        ScenarioError
            When the scenario is structurally wrong.
        """
        planned = spell_scenario(scenario, office)
        entries = [*office.existing, *planned]
        if term is None:
            term = max([term_key(round_term(office.policy.fiscal_year, "may")), *(entry.begins for entry in planned)])
        held_before = in_force(office.existing, term, len(office.codes))
        held = in_force(entries, term, len(office.codes))
        seats_before = seat(office, office.existing, held_before, held_before)
        seats = seat(office, entries, held, held_before)
        new = np.array([entry.number > 0 for entry in entries] + [False])
        by_plan = (seats.left != NONE) & new[seats.entry]
        moved = np.flatnonzero(by_plan & (seats.sits != seats_before.sits))
        return cls(office, scenario, term, entries, held_before, held, seats_before, seats, moved)

    @cached_property
    def road_m(self) -> Ints:
        """Metres from home to where each row learns with the scenario, ``NONE`` where no way is known."""
        return self.office.road_m[self.office.origin, self.seats.sits]

    @cached_property
    def road_m_before(self) -> Ints:
        """The same without the scenario."""
        return self.office.road_m[self.office.origin, self.seats_before.sits]

    @cached_property
    def minutes(self) -> Ints:
        """Minutes from home to where each row learns with the scenario, ``NONE`` where no way is known."""
        return self.office.minutes[self.office.origin, self.seats.sits]

    @cached_property
    def minutes_before(self) -> Ints:
        """The same without the scenario."""
        return self.office.minutes[self.office.origin, self.seats_before.sits]

    @cached_property
    def learners(self) -> Ints:
        """Schools × grades: pupils who learn there with the scenario."""
        return self.office.table(self.seats.sits)

    @cached_property
    def learners_before(self) -> Ints:
        """The same without the scenario."""
        return self.office.table(self.seats_before.sits)

    @cached_property
    def teaching(self) -> Bools:
        """The open schools of which at least one grade learns at the school itself, with the scenario."""
        return _teaching(self.office, self.held)

    @cached_property
    def teaching_before(self) -> Bools:
        """The same without the scenario."""
        return _teaching(self.office, self.held_before)

    @cached_property
    def seats_table(self) -> pd.DataFrame:
        """All pupils with where they learn with the scenario (:func:`restructure.seating.seat_frame`)."""
        return seat_frame(self.office, self.entries, self.seats)

    @cached_property
    def subsidy(self) -> pd.DataFrame:
        """The columns of ``subsidy.csv`` for who moves, a full school year."""
        settings = self.office.policy.settings
        rows = self.seats_table.iloc[self.moved].assign(road_m=nullable(self.road_m[self.moved]))
        return subsidy_rows(rows, settings, settings.days_per_year)

    @cached_property
    def merges(self) -> pd.DataFrame:
        """The merges in force with the scenario: a row a school, grade and host, ordered by these."""
        return merge_table(self.office, [self.entries[i] for i in self.held[self.held != NONE]])

    @cached_property
    def merges_before(self) -> pd.DataFrame:
        """The merges in force without the scenario; rows as in :attr:`merges`."""
        return merge_table(self.office, [self.entries[i] for i in self.held_before[self.held_before != NONE]])

    @cached_property
    def planned(self) -> pd.DataFrame:
        """The scenario's own merges, of all its terms; rows as in :attr:`merges`."""
        return merge_table(self.office, [entry for entry in self.entries if entry.number])


def merge_table(office: Office, entries: list[Entry]) -> pd.DataFrame:
    """Return merges as a table.

    Returns
    -------
    DataFrame
        ``school_id``, ``grade``, ``host_id``, ``kind``, ``programme``, ``from_term``, ``planned``; sorted.
    """
    rows = [
        (office.codes[e.school], GRADES[e.grade], office.codes[host], e.kind, e.programme, e.from_term, e.number > 0)
        for e in sorted(entries, key=lambda e: (e.school, e.grade, e.begins))
        for host in e.hosts
    ]
    table = pd.DataFrame(rows, columns=["school_id", "grade", "host_id", "kind", "programme", "from_term", "planned"])
    return table.astype({"planned": bool})


def with_distances(seated: pd.DataFrame, distances: pd.DataFrame, homes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Add ``road_m`` and ``minutes`` from home to where each row of pupils sits, by other distances than the office's.

    Parameters
    ----------
    seated
        Rows as :func:`restructure.seating.seat_frame` returns them.
    distances
        Villages to schools.
    homes
        Home points to schools, by ``student_key``; a child with a home point is measured from there.
    """
    columns = ["road_m", "minutes"]
    table = distances.rename(columns={"school_id": "sits_at"})[["village_id", "sits_at", *columns]]
    out = seated.merge(table, how="left", on=["village_id", "sits_at"])
    if homes is not None and not homes.empty:
        own = homes.rename(columns={"school_id": "sits_at"})[["student_key", "sits_at", *columns]]
        at_home = out[["student_key", "sits_at"]].merge(own, how="left", on=["student_key", "sits_at"])
        has_home = out["student_key"].isin(homes["student_key"]).to_numpy()
        for column in columns:
            out[column] = out[column].where(~has_home, at_home[column])
    return out


def subsidy_rows(moved: pd.DataFrame, settings: Settings, days: int) -> pd.DataFrame:
    """Price pupils who sit at a host because of a merge.

    Parameters
    ----------
    moved
        Rows as :func:`restructure.seating.seat_frame` returns them, with ``left_id`` filled, and ``road_m``.
    days
        Days that are paid.

    Returns
    -------
    DataFrame
        The columns of ``subsidy.csv``, sorted by key; ``band``, ``baht_per_day`` and ``baht`` are null where there
        is no way.
    """
    keys = ["school_id", "host_id", "grade", "village_id", "programme", "road_m"]
    rows = moved.drop(columns="school_id").rename(columns={"left_id": "school_id", "sits_at": "host_id"})
    rows["road_m"] = rows["road_m"].astype("Int64")
    rows = rows.groupby(keys, dropna=False, as_index=False, sort=True)["pupils"].sum()
    rows = rows.join(price(rows["road_m"], settings.bands)).assign(days=days)
    rows["baht"] = rows["pupils"] * rows["days"] * rows["baht_per_day"]
    return rows[[*keys[:5], "pupils", "road_m", "band", "baht_per_day", "days", "baht"]]


def without_way(rows: pd.DataFrame) -> int:
    """Return how many pupils of some rows have no distance: no way, or no known home."""
    return int(rows.loc[rows["road_m"].isna(), "pupils"].sum())


def weighted_quantile(values: Ints, weights: Ints, part: int, whole: int) -> int | None:
    """Return the smallest value that at least part/whole of the weight does not exceed, None without any.

    Values that are ``NONE`` are left out.
    """
    return weighted_quantiles(values, weights, [(part, whole)])[0]


def weighted_quantiles(values: Ints, weights: Ints, shares: Sequence[tuple[int, int]]) -> list[int | None]:
    """Return several quantiles, each as :func:`weighted_quantile`; the values are sorted once."""
    known = values != NONE
    values, weights = values[known], weights[known]
    if not len(values):
        return [None] * len(shares)
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return [
        int(values[order[np.searchsorted(reached * whole, part * reached[-1], side="left")]]) for part, whole in shares
    ]


def plain(values: pd.Series) -> Ints:
    """Return whole numbers of a table as an array, ``NONE`` where null."""
    whole: Ints = values.fillna(NONE).to_numpy(dtype=np.int64)
    return whole


def nullable(values: Ints) -> pd.api.extensions.ExtensionArray:
    """Return whole numbers for a table, null where ``NONE``."""
    return pd.arrays.IntegerArray(values.astype(np.int64), values == NONE)


def _teaching(office: Office, held: Ints) -> Bools:
    taught: Bools = (office.offered & (held == NONE)).any(axis=1)
    return taught & ~office.closed

"""Who may claim the subsidy: rule by rule as the office has set it, the first reason that holds for who may not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from restructure.grades import GRADES, parse_grades
from restructure.policy import Settings
from restructure.roads import Bools
from restructure.seating import NONE, Entry, Office, in_force, term_key
from restructure.thai import Term

#: In the order in which they are looked at; words of each in :data:`restructure.words.NOT_ELIGIBLE`.
REASONS = ("grade", "kind", "new-entrant", "boards", "free-transport")


def judge(rows: pd.DataFrame, office: Office, entries: list[Entry], settings: Settings, term: Term) -> pd.Series:
    """Return why each row of pupils may not claim, empty where it may.

    Parameters
    ----------
    rows
        As :func:`restructure.seating.seat_frame` returns them, with ``left_id`` filled.
    entries
        The mergers that the rows were seated by.
    settings
        Of the term.

    Returns
    -------
    Series
        One of :data:`REASONS`: the grade or the kind of the merge is not paid for; the pupil began school after the
        merge and never went to the school that was merged; boards; travels free of charge. What is not known of
        boarding and travel speaks for the pupil: the office sets these rules, no source says them.
    """
    refused = {
        "grade": ~rows["grade"].isin(parse_grades(settings.eligible_grades)).to_numpy(),
        "kind": ~rows["kind"].isin(settings.eligible_kinds).to_numpy(),
        "new-entrant": (settings.new_entrants == "refuse") & _new_entrants(rows, office, entries, term),
        "boards": (settings.boarders == "refuse") & (rows["boards"] == "yes").to_numpy(),
        "free-transport": (settings.free_transport == "refuse") & (rows["mode"] == "free").to_numpy(),
    }
    return pd.Series(np.select(list(refused.values()), list(refused), ""), rows.index, dtype=object)


def unknowns(rows: pd.DataFrame, settings: Settings) -> dict[str, int]:
    """Return how many pupils are taken as eligible because nothing is known of them, by reason; only rules in force.

    Parameters
    ----------
    rows
        Rows of pupils with ``boards``, ``mode`` and ``pupils``.
    """
    asked = {"boards": (settings.boarders, "boards"), "free-transport": (settings.free_transport, "mode")}
    counted = {
        reason: int(rows.loc[rows[column] == "", "pupils"].sum())
        for reason, (rule, column) in asked.items()
        if rule == "refuse"
    }
    return {reason: pupils for reason, pupils in counted.items() if pupils}


def _new_entrants(rows: pd.DataFrame, office: Office, entries: list[Entry], term: Term) -> Bools:
    """Tell who cannot ever have been on the roll of the school that was merged.

    A pupil on the host's roll rose a grade a year from the lowest grade of the old school. Where each grade on that way
    that the old school offers had been merged by the term in which the pupil began, the pupil began at the host.
    """
    held = in_force(entries, term_key(term), len(office.codes))
    found = np.zeros(len(rows), bool)
    listed = rows[["school_id", "left_id", "grade"]].itertuples(index=False, name=None)
    for i, (roll, left, grade) in enumerate(listed):
        school, last = office.place[left], GRADES.index(grade)
        offered = np.flatnonzero(office.offered[school])
        if roll == left:
            continue
        began = term_key(Term(term.year - max(last - offered[0], 0), 1))
        way = held[school, offered[offered <= max(last, offered[0])]]
        found[i] = (way != NONE).all() and max(entries[e].begins for e in way) <= began
    return found

"""A scenario in the years to come: the projected rolls, seated as today's pupils are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from restructure.grades import GRADES
from restructure.moves import Moves
from restructure.projection import whole_pupils
from restructure.roads import Floats, Ints
from restructure.seating import NONE
from restructure.teaching import rooms_needed


def learners_ahead(moves: Moves) -> Floats:
    """Return who learns where in each year of ``office.future``: years × schools × grades, not rounded.

    Each school's grade goes to its host as in the scenario's last term; where it is shared out between several hosts,
    in today's shares, and to the first of them where it is empty today.
    """
    office = moves.office
    first = np.array([entry.hosts[0] for entry in moves.entries] + [NONE])[moves.held]
    where = np.where(first == NONE, np.arange(len(office.codes))[:, None], first)
    ahead = np.stack([_seat(roll, where) for roll in office.future])
    for i in np.unique(moves.held):
        if i != NONE and len(moves.entries[i].hosts) > 1:
            entry = moves.entries[i]
            rows = (office.roll == entry.school) & (office.grade == entry.grade)
            today = np.bincount(moves.seats.sits[rows], office.count[rows], len(office.codes))
            if today.any():
                rolls = office.future[:, entry.school, entry.grade]
                ahead[:, entry.hosts[0], entry.grade] -= rolls
                ahead[:, :, entry.grade] += np.outer(rolls, today / today.sum())
    return ahead


def tomorrow(moves: Moves) -> pd.DataFrame:
    """Return the pupils of each teaching school, and whether its rooms will do, in the years to come.

    Returns
    -------
    DataFrame
        A row a school and school year, from the newest count on, by these: ``school_id``, ``year``, ``pupils``,
        ``rooms_needed``, ``rooms`` (null where unknown), ``overflows`` (more rooms needed than there are) and
        ``empties`` (no pupil left). Empty where the office's past is too short to project.
    """
    office = moves.office
    columns = ["school_id", "year", "pupils", "rooms_needed", "rooms", "overflows", "empties"]
    if not len(office.future):
        return pd.DataFrame(columns=columns)
    taught = np.flatnonzero(moves.teaching)
    pupils = whole_pupils(learners_ahead(moves)[:, taught])
    needed = rooms_needed(pupils, office.policy.settings).sum(axis=2)
    total, rooms = pupils.sum(axis=2), office.rooms[taught]
    years = len(total)
    return pd.DataFrame(
        {
            "school_id": np.repeat(np.array(office.codes, dtype=object)[taught], years),
            "year": np.tile(office.future_year + np.arange(years), len(taught)),
            "pupils": total.T.ravel(),
            "rooms_needed": needed.T.ravel(),
            "rooms": pd.arrays.IntegerArray(np.repeat(rooms, years), np.repeat(rooms == NONE, years)),
            "overflows": ((needed > rooms) & (rooms != NONE)).T.ravel(),
            "empties": (total == 0).T.ravel(),
        },
        columns=columns,
    )


def _seat(roll: Floats, where: Ints) -> Floats:
    """Return pupils by the school where they learn, given the place of each school and grade."""
    cells = where * len(GRADES) + np.arange(len(GRADES))
    pupils: Floats = np.bincount(cells.ravel(), roll.ravel(), roll.size).astype(np.float64)
    return pupils.reshape(roll.shape)

"""The country's curve: the least burden of closing so many schools in all, out of the offices' own curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Ints = npt.NDArray[np.int64]
_FAR = np.iinfo(np.int64).max // 4


def country_curve(curves: Sequence[pd.DataFrame]) -> tuple[pd.DataFrame, Ints]:
    """Combine offices' curves, exactly: of all ways to share so many closures out, the cheapest (min-plus convolution).

    Parameters
    ----------
    curves
        One an office: ``schools_closed`` (different), ``subsidy_baht``, ``pupil_km``, each over and above today; a
        point a row. Between an office's points nothing is known, and none is made up.

    Returns
    -------
    tuple
        The same columns, a row for each sum that can be made, in order: the least baht, and of the ways as cheap the
        least pupil-kilometres. And which point of its curve each office takes there: rows × offices.
    """
    baht, km = np.zeros(1, np.int64), np.zeros(1, np.int64)
    taken: list[npt.NDArray[np.int16]] = []
    for curve in curves:
        closed, own_baht, own_km = (curve[name].to_numpy(np.int64) for name in _COLUMNS)
        size = len(baht) + int(closed.max(initial=0))
        next_baht, next_km = np.full(size, _FAR), np.full(size, _FAR)
        choice = np.full(size, -1, np.int16)
        for place, number in enumerate(closed):
            there = slice(int(number), int(number) + len(baht))
            sum_baht, sum_km = np.where(baht < _FAR, baht + own_baht[place], _FAR), km + own_km[place]
            better = sum_baht < next_baht[there]
            better |= (sum_baht == next_baht[there]) & (sum_baht < _FAR) & (sum_km < next_km[there])
            for whole, part in ((next_baht, sum_baht), (next_km, sum_km), (choice, place)):
                whole[there] = np.where(better, part, whole[there])
        baht, km = next_baht, next_km
        taken.append(choice)
    numbers = np.flatnonzero(baht < _FAR)
    choices = np.zeros((len(numbers), len(curves)), np.int64)
    left = numbers.copy()
    for office in reversed(range(len(curves))):
        choices[:, office] = taken[office][left]
        left = left - curves[office]["schools_closed"].to_numpy(np.int64)[choices[:, office]]
    table = pd.DataFrame({"schools_closed": numbers, "subsidy_baht": baht[numbers], "pupil_km": km[numbers]})
    return table, choices


_COLUMNS = ("schools_closed", "subsidy_baht", "pupil_km")


def shares(curves: Sequence[pd.DataFrame], choices: Ints) -> Ints:
    """Return how many schools each office closes in each row of the country's curve: rows × offices."""
    closed = [curve["schools_closed"].to_numpy(np.int64)[choices[:, i]] for i, curve in enumerate(curves)]
    return np.stack(closed, axis=1) if closed else np.zeros((len(choices), 0), np.int64)

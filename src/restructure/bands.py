"""From whole metres to the band and its baht a day: the one function that decides money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from restructure.policy import Band
from restructure.roads import Ints


def band_places(road_m: Ints, bands: Sequence[Band]) -> Ints:
    """Return which band, from 0, each distance in whole metres falls into.

    Upper bounds are inclusive: 3,000 m is the first band and 3,001 m the second, after the wording "ไม่เกิน 3",
    "มากกว่า 3 กิโลเมตรแต่ไม่เกิน 10" (สพป.เลย เขต 1, term 1/2560).
    """
    bounds = np.array([band.up_to_m for band in bands[:-1]], dtype=np.int64)
    return np.searchsorted(bounds, road_m, side="left")


def price(road_m: pd.Series, bands: Sequence[Band]) -> pd.DataFrame:
    """Return the band (1, 2, …) and the baht a day of each distance.

    Parameters
    ----------
    road_m
        Whole metres, Int64; null where there is no way.

    Returns
    -------
    DataFrame
        ``band`` and ``baht_per_day``, Int64, null where ``road_m`` is.
    """
    place = band_places(road_m.fillna(0).to_numpy(dtype=np.int64), bands)
    rates = np.array([band.baht_per_day for band in bands])
    unknown = road_m.isna().to_numpy()
    return pd.DataFrame(
        {
            "band": pd.arrays.IntegerArray(place + 1, unknown),
            "baht_per_day": pd.arrays.IntegerArray(rates[place], unknown.copy()),
        },
        index=road_m.index,
    )

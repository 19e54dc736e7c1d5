"""Bands: upper bounds are inclusive and decided on whole metres."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_office import write_small_office

from restructure import measure, open_cycle
from restructure.bands import price
from restructure.distance import whole_metres
from restructure.policy import Band, load_policy

BANDS = load_policy().settings.bands


@pytest.mark.parametrize(
    ("road_m", "band", "baht"),
    [
        (0, 1, 10),
        (1, 1, 10),
        (2_999, 1, 10),
        (3_000, 1, 10),
        (3_001, 2, 15),
        (9_999, 2, 15),
        (10_000, 2, 15),
        (10_001, 3, 20),
        (250_000, 3, 20),
        (None, None, None),
    ],
)
def test_the_packaged_bands(road_m: int | None, band: int | None, baht: int | None) -> None:
    row = price(pd.Series([road_m], dtype="Int64"), BANDS).iloc[0]
    assert (row["band"] is pd.NA, row["baht_per_day"] is pd.NA) == (band is None, baht is None)
    if band is not None:
        assert (int(row["band"]), int(row["baht_per_day"])) == (band, baht)


@pytest.mark.parametrize(
    ("metres", "whole", "baht"),
    [
        (2_999.4999, 2_999, 10),
        (2_999.5, 3_000, 10),
        (3_000.0, 3_000, 10),
        (3_000.4999, 3_000, 10),
        (3_000.5, 3_001, 15),  # half up: to the even number it would be 3,000 and 10 baht
        (3_001.5, 3_002, 15),
        (10_000.4999, 10_000, 15),
        (10_000.5, 10_001, 20),
        (0.0, 0, 10),
        (0.5, 1, 10),
        (0.49999, 0, 10),
    ],
)
def test_metres_are_rounded_half_up_before_the_band_is_chosen(metres: float, whole: int, baht: int) -> None:
    rounded = whole_metres(metres)
    assert int(rounded) == whole
    assert price(pd.Series([int(rounded)], dtype="Int64"), BANDS)["baht_per_day"].tolist() == [baht]


@given(st.floats(0, 1e6, allow_nan=False))
def test_rounding_agrees_with_decimal_arithmetic(metres: float) -> None:
    exact = Decimal(metres).quantize(Decimal(1), ROUND_HALF_UP)
    # The float nearest below a half may not be told from the half once 0.5 has been added.
    near_half = abs(Decimal(metres) % 1 - Decimal("0.5")) < Decimal("1e-9")
    assert int(whole_metres(metres)) == int(exact) or near_half


@given(
    st.lists(st.none() | st.integers(0, 30_000), max_size=30),
    st.lists(st.integers(1, 20_000), max_size=4, unique=True).map(sorted),
)
def test_any_bands_against_a_plain_loop(road_m: list[int | None], bounds: list[int]) -> None:
    bands = [Band(up_to_m=bound, baht_per_day=7 * i + 1) for i, bound in enumerate([*bounds, None])]
    index = pd.Index([f"row {i}" for i in range(len(road_m))])
    out = price(pd.Series(road_m, index=index, dtype="Int64"), bands)
    assert out.index.equals(index)
    assert list(out) == ["band", "baht_per_day"]
    assert (out.dtypes == "Int64").all()
    expected = []
    for metres in road_m:
        place = next((i for i, b in enumerate(bands) if metres is not None and metres <= (b.up_to_m or math.inf)), None)
        expected.append((None, None) if place is None else (place + 1, bands[place].baht_per_day))
    got = [tuple(None if x is pd.NA else int(x) for x in row) for row in out.itertuples(index=False)]
    assert got == expected


def test_bounds_hold_from_the_road_to_the_band(tmp_path: Path) -> None:
    """One host at 0 and villages at the bounds along the road: the distance is their place."""
    write_small_office(
        tmp_path,
        schools="H 0 P1-P6",
        villages="A 2999\nB 3000\nC 3001\nD 10000\nE 10001\nF -3000\nG 0\nI 500,4000",
        students="H P1 A 1",
    )
    table = measure(open_cycle(tmp_path)).distances.set_index("village_id")
    assert table["road_m"].drop("I").to_dict() == {
        "A": 2_999, "B": 3_000, "C": 3_001, "D": 10_000, "E": 10_001, "F": 3_000, "G": 0,
    }  # fmt: skip
    assert table.at["I", "road_m"] is pd.NA
    baht = price(table["road_m"], BANDS)["baht_per_day"].drop("I")
    assert baht.to_dict() == {"A": 10, "B": 10, "C": 15, "D": 15, "E": 20, "F": 10, "G": 10}

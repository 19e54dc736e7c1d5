"""Small counts that no arithmetic brings back, against answers worked by hand and found by trying every table."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from restructure import suppression
from restructure.suppression import Table, suppressed


def groups(text: str, columns: str) -> pd.DataFrame:
    rows = [line.split() for line in text.strip().splitlines()]
    return pd.DataFrame(rows, columns=columns.split()).astype({"pupils": int})


def everyone(table: pd.DataFrame) -> np.ndarray:
    return np.ones(len(table), bool)


def shown(frame: pd.DataFrame) -> dict[object, int | None]:
    values = [None if pd.isna(value) else int(value) for value in frame["value"]]
    keys = frame.drop(columns="value").itertuples(index=False, name=None)
    return {key[0] if len(key) == 1 else key: value for key, value in zip(keys, values, strict=True)}


SQUARE = groups("x p 3\nx q 20\ny p 30\ny q 40\nz p 25\nz q 17", "school stage pupils")


def square_tables(table: pd.DataFrame) -> dict[str, Table]:
    by = {"cells": ("school", "stage"), "schools": ("school",), "stages": ("stage",), "total": ()}
    return {name: Table(columns, everyone(table)) for name, columns in by.items()}


def test_a_table_with_both_margins_loses_the_cheapest_square() -> None:
    found = {name: shown(frame) for name, frame in suppressed(SQUARE, square_tables(SQUARE), 10).items()}
    # Only a square around the 3 can hide it while all margins stay; 3 + 20 + 25 + 17 is the one about fewest pupils.
    assert found["cells"] == {
        ("x", "p"): None, ("x", "q"): None, ("y", "p"): 30, ("y", "q"): 40, ("z", "p"): None, ("z", "q"): None
    }  # fmt: skip
    assert found["schools"] == {"x": 23, "y": 70, "z": 42}
    assert found["stages"] == {"p": 58, "q": 77}
    assert found["total"] == {(): 135}


def test_nothing_small_and_nothing_is_suppressed() -> None:
    table = SQUARE.assign(pupils=SQUARE["pupils"] + 7)
    found = suppressed(table, square_tables(table), 10)
    assert not any(frame["value"].isna().any() for frame in found.values())
    assert shown(found["cells"])["x", "p"] == 10, "the threshold itself may be told"


def test_nought_is_about_no_child_and_has_no_cell() -> None:
    table = SQUARE.assign(pupils=[0, 20, 30, 40, 25, 17])
    found = suppressed(table, square_tables(table), 10)
    assert ("x", "p") not in shown(found["cells"])
    assert not any(frame["value"].isna().any() for frame in found.values())


def test_a_lone_small_cell_takes_its_sum_with_it() -> None:
    table = groups("x 4\ny 50", "school pupils")
    tables = {"schools": Table(("school",), everyone(table)), "total": Table((), everyone(table))}
    found = {name: shown(frame) for name, frame in suppressed(table, tables, 10).items()}
    # 4 = 54 - 50: one of both must go, and the 50 are fewer than the 54.
    assert found == {"schools": {"x": None, "y": None}, "total": {(): 54}}


def test_two_small_cells_do_not_hide_each_other_in_a_small_sum() -> None:
    table = groups("x 5\ny 6", "school pupils")
    tables = {"schools": Table(("school",), everyone(table)), "total": Table((), everyone(table))}
    # Of 11 each is 1 to 10, narrower than ten: the sum goes too.
    assert shown(suppressed(table, tables, 10)["total"]) == {(): None}
    table = table.assign(pupils=[5, 9])
    assert shown(suppressed(table, tables, 10)["total"]) == {(): 14}


def test_before_and_after_do_not_tell_who_moved() -> None:
    table = groups("host host 80\nsmall host 8", "before after pupils")
    moved = (table["before"] != table["after"]).to_numpy()
    tables = {
        "before": Table(("before",), everyone(table)),
        "after": Table(("after",), everyone(table)),
        "moved": Table((), moved, "derived"),
    }
    found = {name: shown(frame) for name, frame in suppressed(table, tables, 10).items()}
    assert found == {"before": {"host": None, "small": None}, "after": {"host": 88}}
    # Without the difference in mind both would stand.
    assert shown(suppressed(table[:1], {"after": Table(("after",), everyone(table[:1]))}, 10)["after"]) == {"host": 80}


def test_money_tells_of_pupils_and_is_suppressed_with_them() -> None:
    table = groups("near 30 2000\nfar 4 4000", "band pupils baht").astype({"baht": int})
    tables = {
        "baht": Table((), everyone(table), per_pupil="baht"),
        "total": Table((), everyone(table)),
        "bands": Table(("band",), everyone(table)),
    }
    found = {name: shown(frame) for name, frame in suppressed(table, tables, 10).items()}
    assert found["bands"] == {"far": None, "near": None}
    # 34 pupils and 76,000 baht leave 4 as the only answer: 2,000 × 30 + 4,000 × 4. One of both goes.
    assert [found["total"][()], found["baht"][()]].count(None) == 1
    # Money about four children goes by itself, though it is a large number.
    few = {"baht": Table(("band",), everyone(table), per_pupil="baht")}
    assert shown(suppressed(table, few, 10)["baht"])["far"] is None


def test_what_the_reader_knows_of_each_group_counts() -> None:
    table = groups("small 7 1 20\nlarger 41 41 60", "school pupils least most").astype({"least": int, "most": int})
    tables = {"schools": Table(("school",), everyone(table)), "total": Table((), everyone(table))}
    # Of 48, 41 to 60 at the larger one leave 1 to 7: the total goes. Of 48 alone they would leave 1 to 47.
    found = {name: shown(frame) for name, frame in suppressed(table, tables, 10).items()}
    assert found == {"schools": {"larger": 41, "small": None}, "total": {(): None}}
    unbounded = {
        name: shown(frame) for name, frame in suppressed(table.drop(columns=["least", "most"]), tables, 10).items()
    }
    assert unbounded == {"schools": {"larger": None, "small": None}, "total": {(): 48}}


def test_whole_pupils_are_counted_not_parts_of_them() -> None:
    # 10 a + 21 b + 32 c of a + b + c = 60 pupils: in parts of pupils b may be 0 to 22, in whole ones few are left.
    table = groups("a 40 10\nb 11 21\nc 9 32", "band pupils baht").astype({"baht": int})
    tables = {"total": Table((), everyone(table)), "baht": Table((), everyone(table), per_pupil="baht")}
    tables["c"] = Table((), table["band"].eq("c").to_numpy(), "derived")
    found = suppressed(table, tables, 10)
    answers = [
        c
        for b, c in itertools.product(range(61), repeat=2)
        if b + c <= 60
        and (pd.isna(found["baht"]["value"][0]) or 10 * (60 - b - c) + 21 * b + 32 * c == 400 + 231 + 288)
    ]
    assert max(answers) - min(answers) >= 10


def test_what_is_listed_leaves_no_mark_and_goes_before_larger_sums() -> None:
    table = groups("v1 a 25\nv2 a 4\nv3 b 30", "village school pupils")
    tables = {
        "schools": Table(("school",), everyone(table)),
        "villages": Table(("village",), everyone(table), "listed"),
    }
    found = suppressed(table, tables, 10)
    assert shown(found["schools"]) == {"a": 29, "b": 30}
    assert shown(found["villages"]) == {"v1": None, "v2": None, "v3": 30}


def test_what_is_public_elsewhere_helps_the_reader() -> None:
    table = groups("v1 a 25\nv2 a 4", "village school pupils")
    villages = Table(("village",), everyone(table), "listed")
    roll = Table(("school",), everyone(table), "known")
    assert shown(suppressed(table, {"villages": villages}, 10)["villages"]) == {"v1": 25, "v2": None}
    assert shown(suppressed(table, {"villages": villages, "roll": roll}, 10)["villages"]) == {"v1": None, "v2": None}
    # What is public by itself cannot be hidden, and what is printed keeps it no less than without.
    lone = groups("a 4\nb 50", "school pupils")
    tables = {"schools": Table(("school",), everyone(lone)), "total": Table((), everyone(lone))}
    tables["roll"] = Table(("school",), everyone(lone), "known")
    assert shown(suppressed(lone, tables, 10)["schools"]) == {"a": None, "b": None}


def test_the_order_of_rows_decides_nothing() -> None:
    first = suppressed(SQUARE, square_tables(SQUARE), 10)
    turned = SQUARE[::-1].reset_index(drop=True)
    second = suppressed(turned, square_tables(turned), 10)
    for name, frame in first.items():
        pd.testing.assert_frame_equal(frame, second[name])


def small_tables() -> list[pd.DataFrame]:
    rng = np.random.default_rng(7)
    keys = pd.MultiIndex.from_product([list("abc"), list("pq")], names=["school", "stage"]).to_frame(index=False)
    return [keys.assign(pupils=rng.integers(0, 9, 6)) for _ in range(25)]


def narrowest(table: pd.DataFrame, threshold: int) -> int:
    """Return the width of the narrowest interval of a small cell, by trying every table of whole numbers."""
    found = suppressed(table, square_tables(table), threshold)
    told = [(by, key, value) for by, name in (("school", "schools"), ("stage", "stages"))
            for key, value in shown(found[name]).items()]  # fmt: skip
    cells = shown(found["cells"])
    places = [tuple(key) for key in table[["school", "stage"]].itertuples(index=False, name=None)]
    values = [cells.get(place, 0) for place in places]
    total = shown(found["total"]).get(())
    # No sum shown bounds a cell: it may be as large as one likes.
    reach = 2 * threshold + 9
    low, high = np.full(6, reach), np.zeros(6, int)
    for candidate in itertools.product(*(range(1, reach, 1) if v is None else [v] for v in values)):
        if total is not None and sum(candidate) != total:
            continue
        sums = {"school": {}, "stage": {}}
        for (school, stage), value in zip(places, candidate, strict=True):
            sums["school"][school] = sums["school"].get(school, 0) + value
            sums["stage"][stage] = sums["stage"].get(stage, 0) + value
        if all(sums[by][key] == value if value is not None else sums[by][key] > 0 for by, key, value in told):
            low, high = np.minimum(low, candidate), np.maximum(high, candidate)
    small = table["pupils"].between(1, threshold - 1).to_numpy()
    return int((high - low)[small].min(initial=reach))


@pytest.mark.parametrize("number", range(25))
def test_every_table_that_agrees_was_tried(number: int) -> None:
    assert narrowest(small_tables()[number], 3) >= 3


def test_without_the_complementary_step_small_cells_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "_complement", lambda system, *_: np.zeros_like(system.shown))
    widths = [narrowest(table, 3) for table in small_tables()]
    assert min(widths) == 0
    assert sum(width < 3 for width in widths) > 5

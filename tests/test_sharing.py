"""Sharing a ceiling: each rule worked by hand, and what must hold of any of them against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restructure.sharing import PROGRAMMES, RULES, apportion, share_in_tiers
from restructure.subsidy import LINE, allocate, compare_rules, days_for_all, one_more_day, under_ceilings


def share(needs: list[int], baht: int) -> list[int]:
    """One tier: in proportion to need."""
    return share_in_tiers([needs], baht)


# -- in proportion, on plain numbers ----
NEEDS = st.lists(st.integers(0, 10**7), max_size=25)


@given(NEEDS, st.integers(0, 10**9))
def test_shares_add_up_and_nobody_gets_more_than_the_need(needs: list[int], baht: int) -> None:
    shares = share(needs, baht)
    assert all(type(one) is int for one in shares)
    assert sum(shares) == min(baht, sum(needs))
    assert all(0 <= one <= wanted for one, wanted in zip(shares, needs, strict=True))


@given(NEEDS, st.integers(0, 10**8))
def test_shares_are_within_a_baht_of_the_exact_share(needs: list[int], baht: int) -> None:
    total = sum(needs)
    if baht < total:
        for one, wanted in zip(share(needs, baht), needs, strict=True):
            assert abs(one - Fraction(wanted * baht, total)) < 1


@given(st.lists(st.integers(0, 12), max_size=6), st.integers(0, 60))
def test_no_whole_sharing_lies_nearer_to_the_exact_one(needs: list[int], baht: int) -> None:
    """Largest remainder makes the sum of squared differences least: against every single baht given to another."""
    total = sum(needs)
    if baht >= total:
        return
    shares = share(needs, baht)

    def off(parts: list[int]) -> int:
        return sum((part * total - wanted * baht) ** 2 for part, wanted in zip(parts, needs, strict=True))

    for i, one in enumerate(shares):
        for j in range(len(shares)):
            if i != j and one:
                other = list(shares)
                other[i], other[j] = other[i] - 1, other[j] + 1
                assert off(other) >= off(shares)


@given(NEEDS, st.integers(0, 10**7), st.randoms(use_true_random=False))
def test_the_order_of_lines_matters_only_among_equals(needs: list[int], baht: int, random: object) -> None:
    order = list(range(len(needs)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = [needs[i] for i in order]
    assert sorted(zip(needs, share(needs, baht), strict=True)) == sorted(
        zip(shuffled, share(shuffled, baht), strict=True)
    )


@given(NEEDS, st.integers(0, 10**7))
def test_equal_needs_differ_by_a_baht_at_most_and_the_first_is_served_first(needs: list[int], baht: int) -> None:
    shares = share(needs, baht)
    for wanted in set(needs):
        theirs = [one for one, other in zip(shares, needs, strict=True) if other == wanted]
        assert theirs == sorted(theirs, reverse=True)
        assert theirs[0] - theirs[-1] <= 1


@pytest.mark.parametrize(
    ("needs", "baht", "shares"),
    [
        ([100, 100, 100], 200, [67, 67, 66]),
        ([1, 1, 1], 2, [1, 1, 0]),
        ([], 0, []),
        ([], 10, []),
        ([0, 0], 10, [0, 0]),
        ([0, 5, 0], 3, [0, 3, 0]),
        ([10, 20], 0, [0, 0]),
        ([10, 20], 30, [10, 20]),
        # Three hundred million baht and more: no 64-bit or floating-point arithmetic is near enough.
        ([3 * 10**17, 10**17 + 1, 1], 4 * 10**17 + 1, [3 * 10**17 - 1, 10**17 + 1, 1]),
    ],
)
def test_shares_at_the_edges(needs: list[int], baht: int, shares: list[int]) -> None:
    assert share(needs, baht) == shares


def test_an_amount_is_divided_whole_also_above_the_weights_or_without_any() -> None:
    """10,001 by 4,000 : 6,000 is 4,000.4 and 6,000.6; without weights everybody's part is the same."""
    assert apportion([4_000, 6_000], 10_001) == [4_000, 6_001]
    assert apportion([0, 0, 0], 100) == [34, 33, 33]


# -- the Alabama paradox ----
def test_a_baht_more_for_all_may_be_a_baht_less_for_one() -> None:
    """Of 14,000: a ceiling of 9,999 gives 4,285.29, 4,285.29, 1,428.43; one of 10,000 gives 4,285.71 twice, 1,428.57.

    The one baht left over at 9,999 goes to the third, the two at 10,000 to the first and the second.
    """
    needs = [6_000, 6_000, 2_000]
    assert share(needs, 9_999) == [4_285, 4_285, 1_429]
    assert share(needs, 10_000) == [4_286, 4_286, 1_428]


@given(NEEDS, st.integers(0, 10**8), st.integers(1, 10**6))
def test_nobody_loses_more_than_the_one_baht_of_the_paradox(needs: list[int], baht: int, more: int) -> None:
    assert all(after >= before - 1 for before, after in zip(share(needs, baht), share(needs, baht + more), strict=True))


# -- the four rules by hand ----
#     line            pupils × rate × 100 days                                   need
#     H1 A existing   2 × 10 at 2,000 m, 1 × 15 at 9,000 m              2,000 + 1,500 =  3,500
#     H1 B second     1 × 20 at 12,000 m                                                 2,000
#     H2 C second     4 × 15 at 5,000 m, 1 × 20 at 12,000 m             6,000 + 2,000 =  8,000
#     H2 D unspec.    1 × 15 at 9,000 m, 1 of whom no way is known                       1,500
#                                                                                       15,000
HAND = [
    ("H1", "A", "existing", 2, 2_000, 10),
    ("H1", "A", "existing", 1, 9_000, 15),
    ("H1", "B", "second-decade", 1, 12_000, 20),
    ("H2", "C", "second-decade", 4, 5_000, 15),
    ("H2", "C", "second-decade", 1, 12_000, 20),
    ("H2", "D", "unspecified", 1, 9_000, 15),
    ("H2", "D", "unspecified", 1, None, None),
]


def needed(rows: list[tuple[object, ...]], days: int = 100) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*LINE, "pupils", "road_m", "baht_per_day"]).assign(days=days, basis="routed")
    table = table.astype({"pupils": "int64", "road_m": "Int64", "baht_per_day": "Int64"})
    return table.assign(baht=table["pupils"] * table["days"] * table["baht_per_day"])


@pytest.mark.parametrize(
    ("rule", "baht", "given"),
    [
        # 7,000 of 15,000: 1,633.33, 933.33, 3,733.33, 700. The baht left over goes to the first of three equals.
        ("proportional", 7_000, [1_634, 933, 3_733, 700]),
        # A day costs 35 + 20 + 80 + 15 = 150: 46 days are 6,900; the last 100 is shared 23.33, 13.33, 53.33, 10.
        ("equal-days", 7_000, [1_610 + 24, 920 + 13, 3_680 + 53, 690 + 10]),
        # 3,500 to 1.1; the other 3,500 shared 2,000 : 8,000.
        ("existing-first", 7_000, [3_500, 700, 2_800, 0]),
        # Less than 1.1 needs.
        ("existing-first", 3_000, [3_000, 0, 0, 0]),
        # 1.1 and 1.2 in full, the rest to who has no programme.
        ("existing-first", 14_000, [3_500, 2_000, 8_000, 500]),
        # 12 km: 2,000 + 2,000; 9 km: 1,500 + 1,500.
        ("furthest-first", 7_000, [1_500, 2_000, 2_000, 1_500]),
        # ... and 1,001 left at 5 km, where only C has pupils.
        ("furthest-first", 8_001, [1_500, 2_000, 3_001, 1_500]),
        # Not enough for those at 12 km, who are as far as each other.
        ("furthest-first", 3_001, [0, 1_501, 1_500, 0]),
        *((rule, 15_000, [3_500, 2_000, 8_000, 1_500]) for rule in RULES),
        *((rule, 99_999, [3_500, 2_000, 8_000, 1_500]) for rule in RULES),
        *((rule, 0, [0, 0, 0, 0]) for rule in RULES),
    ],
)
def test_each_rule_by_hand(rule: str, baht: int, given: list[int]) -> None:
    assert allocate(needed(HAND), baht, rule=rule)["allocated_baht"].tolist() == given  # type: ignore[arg-type]


def test_whole_days_for_everybody() -> None:
    assert [days_for_all(needed(HAND), baht) for baht in (0, 149, 150, 7_000, 15_000, 10**9)] == [0, 0, 1, 46, 100, 100]


def test_equal_days_where_remainders_differ_from_those_of_the_whole() -> None:
    """Two pupils at 10 baht and one at 20, 3,010 baht: 75 days cost 40 × 75 = 3,000, the last 10 shared 5 and 5."""
    rows = [("H", "A", "existing", 2, 1_000, 10), ("H", "B", "existing", 1, 11_000, 20)]
    assert allocate(needed(rows), 3_010, rule="equal-days")["allocated_baht"].tolist() == [1_505, 1_505]
    assert days_for_all(needed(rows), 3_010) == 75


def test_a_row_of_fewer_days_takes_part_in_its_own_days_only() -> None:
    """A day of A costs 10, of B 20, but B travels on the first two days only: 30, 30, 10, …; 65 buys two and a half."""
    rows = [("H", "A", "existing", 1, 1_000, 10), ("H", "B", "existing", 1, 11_000, 20)]
    table = needed(rows)
    table["days"] = [100, 2]
    table["baht"] = table["pupils"] * table["days"] * table["baht_per_day"]
    assert allocate(table, 65, rule="equal-days")["allocated_baht"].tolist() == [25, 40]
    assert [days_for_all(table, baht) for baht in (59, 60, 65, 70)] == [1, 2, 2, 3]


def test_one_more_day_by_programme_and_in_all() -> None:
    assert list(one_more_day(needed(HAND)).itertuples(index=False, name=None)) == [
        ("existing", 3, 35),
        ("second-decade", 6, 100),
        ("unspecified", 1, 15),
        ("all", 10, 150),
    ]


def test_rules_side_by_side() -> None:
    table = compare_rules(needed(HAND), 7_000)
    assert list(table) == [*LINE, "basis", "pupils", "need_baht", *RULES]
    assert table["need_baht"].tolist() == [3_500, 2_000, 8_000, 1_500]
    assert table["pupils"].tolist() == [3, 1, 5, 2]
    assert {rule: table[rule].tolist() for rule in RULES} == {
        "proportional": [1_634, 933, 3_733, 700],
        "equal-days": [1_634, 933, 3_733, 700],
        "existing-first": [3_500, 700, 2_800, 0],
        "furthest-first": [1_500, 2_000, 2_000, 1_500],
    }


def test_ceilings_side_by_side() -> None:
    table = under_ceilings(needed(HAND), [0, 7_000, 20_000], rule="existing-first")
    assert table[["0", "7000", "20000"]].to_numpy().tolist() == [
        [0, 3_500, 3_500], [0, 700, 2_000], [0, 2_800, 8_000], [0, 0, 1_500],
    ]  # fmt: skip


# -- what must hold of every rule ----
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["H1", "H2"]),
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(PROGRAMMES),
        st.integers(1, 5),
        st.sampled_from([(1_000, 10), (3_000, 10), (3_001, 15), (9_000, 15), (12_000, 20), (0, 10), (None, None)]),
    ),
    max_size=10,
)
Row = tuple[str, str, str, int, tuple[int | None, int | None]]
DAYS = st.sampled_from([1, 7, 100])


def table_of(rows: list[Row], days: int) -> pd.DataFrame:
    return needed([(*row[:4], *row[4]) for row in rows], days)


def exact_shares(rows: list[Row], days: int, baht: int, rule: str) -> dict[tuple[str, ...], Fraction]:
    """What each line would get if baht had fractions, worked out pupil by pupil."""
    total: dict[tuple[str, ...], Fraction] = {row[:3]: Fraction(0) for row in rows}
    pupils = [(row[:3], row[4][0], row[4][1]) for row in rows for _ in range(row[3]) if row[4][1] is not None]
    if rule == "equal-days":  # whoever is known gets a day each, then the next, the last one in part
        claims = [(-day, line, rate) for (line, _, rate), day in product(pupils, range(days))]
    elif rule == "furthest-first":
        claims = [(metres, line, rate * days) for line, metres, rate in pupils]
    elif rule == "existing-first":
        claims = [(-PROGRAMMES.index(line[2]), line, rate * days) for line, _, rate in pupils]
    else:
        claims = [(0, line, rate * days) for line, _, rate in pupils]
    left = Fraction(baht)
    for rank in sorted({claim[0] for claim in claims}, reverse=True):
        these = [(line, money) for place, line, money in claims if place == rank]
        part = min(Fraction(1), left / sum(money for _, money in these))
        for line, money in these:
            total[line] += part * money
            left -= part * money
    return total


@pytest.mark.parametrize("rule", RULES)
@given(rows=ROWS, days=DAYS, baht=st.integers(0, 60_000))
def test_every_rule_is_within_a_baht_of_exact_fractions(rule: str, rows: list[Row], days: int, baht: int) -> None:
    found = allocate(table_of(rows, days), baht, rule=rule)  # type: ignore[arg-type]
    exact = exact_shares(rows, days, baht, rule)
    need = dict.fromkeys(exact, 0)
    for row in rows:
        need[row[:3]] += row[3] * days * (row[4][1] or 0)
    lines = list(found[LINE].itertuples(index=False, name=None))
    assert lines == sorted(exact)
    shares = found["allocated_baht"].fillna(0).tolist()
    assert all(isinstance(one, int) and 0 <= one <= need[line] for one, line in zip(shares, lines, strict=True))
    assert sum(shares) == min(baht, sum(need.values()))
    assert all(abs(one - exact[line]) < 1 for one, line in zip(shares, lines, strict=True))
    unknown = {line for line in exact if not any(row[4][1] for row in rows if row[:3] == line)}
    assert {line for line, null in zip(lines, found["allocated_baht"].isna(), strict=True) if null} == unknown


@pytest.mark.parametrize("rule", RULES)
@given(rows=ROWS, days=DAYS, baht=st.integers(0, 60_000), random=st.randoms(use_true_random=False))
def test_neither_order_nor_splitting_of_rows_matters(
    rule: str, rows: list[Row], days: int, baht: int, random: object
) -> None:
    split = [(*row[:3], 1, row[4]) for row in rows for _ in range(row[3])]
    random.shuffle(split)  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(
        allocate(table_of(rows, days), baht, rule=rule),  # type: ignore[arg-type]
        allocate(table_of(split, days), baht, rule=rule),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("rule", RULES)
@given(rows=ROWS, days=DAYS, baht=st.integers(0, 60_000), more=st.integers(1, 5_000))
def test_a_larger_ceiling_takes_a_baht_at_most_from_anybody(
    rule: str, rows: list[Row], days: int, baht: int, more: int
) -> None:
    before, after = (
        allocate(table_of(rows, days), c, rule=rule)["allocated_baht"].fillna(0)  # type: ignore[arg-type]
        for c in (baht, baht + more)
    )
    assert (after >= before - 1).all()


def test_the_manual_shows_what_the_rules_give() -> None:
    """The example of docs/subsidy.md is the one above."""
    text = (Path(__file__).parents[1] / "docs" / "subsidy.md").read_text("utf-8")
    table = compare_rules(needed(HAND), 7_000)
    for rule in RULES:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{rule}`"))
        assert [int(cell.replace(",", "")) for cell in row.split("|")[3:-1]] == table[rule].tolist()

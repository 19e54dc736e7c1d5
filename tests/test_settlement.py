"""Settlement: a round worked by hand, the two counts of a term, and what must hold of any of them to the baht."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restructure import UsageError
from restructure.policy import load_policy
from restructure.settlement import carry_over, changes, settle, snapshots_for
from restructure.subsidy import LINE, ROW, allocate
from restructure.thai import Term

SETTINGS = load_policy().settings
RATES = {1: 10, 2: 15, 3: 20}


def priced(*rows: tuple[object, ...], basis: str = "certified", reason: str = "") -> pd.DataFrame:
    """Rows ``key host school programme grade village band pupils`` for 100 days."""
    names = ["student_key", "host_id", "school_id", "programme", "grade", "village_id", "band", "pupils"]
    table = pd.DataFrame(rows, columns=names).assign(days=100, basis=basis, reason=reason)
    table["baht_per_day"] = table["band"].map(RATES)
    table["road_m"] = table["band"].map({1: 1_000, 2: 5_000, 3: 12_000})
    table = table.astype(dict.fromkeys(("band", "baht_per_day", "road_m"), "Int64") | {"pupils": "int64"})
    return table.assign(baht=(table["pupils"] * 100 * table["baht_per_day"]).astype("Int64"))[ROW]


def one(key: str, line: str, grade: str, village: str, band: int) -> tuple[object, ...]:
    """One listed pupil; the line as ``host school programme``."""
    host, school, programme = line.split()
    return key, host, school, programme, grade, village, band, 1


# -- a round by hand ----
#     A → H existing       May: a1, a2 of 10 baht, a3 of 15     June: a1 10; a2 moved house, now 20; a3 gone; a4 new 15
#     B → H second-decade  May: b1, b2 of 15                    June: b1 15; b2 moved from B to A's programme 1.1 (15)
#     C → G existing       May: c1 of 20                        June: the same
#                          estimate                             due
#     A     1,000 + 1,000 + 1,500 = 3,500                       1,000 + 2,000 + 1,500 + 1,500 = 6,000
#     B     3,000                                               1,500
#     C     2,000                                               2,000
A, B, C = "H A existing", "H B second-decade", "G C existing"
MAY = priced(
    one("a1", A, "P1", "V1", 1), one("a2", A, "P1", "V1", 1), one("a3", A, "P2", "V2", 2),
    one("b1", B, "P1", "V3", 2), one("b2", B, "P4", "V3", 2), one("c1", C, "P6", "V4", 3),
)  # fmt: skip
JUNE = priced(
    one("a1", A, "P1", "V1", 1), one("a2", A, "P1", "V5", 3), one("a4", A, "P3", "V2", 2),
    one("b1", B, "P1", "V3", 2), one("b2", A, "P4", "V3", 2), one("c1", C, "P6", "V4", 3),
)  # fmt: skip


def payments(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["host_id", "school_id", "baht"])


def cells(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    plain = table[list(columns)].astype(object)
    return list(plain.where(plain.notna(), None).itertuples(index=False, name=None))


def test_a_round_by_hand() -> None:
    """The ceiling of 8,000 is shared 2,000 : 3,500 : 3,000 of 8,500; only A's money has been paid out, in two parts."""
    allocated = allocate(MAY, 8_000)
    assert allocated["allocated_baht"].tolist() == [1_882, 3_294, 2_824]
    found = settle(MAY, JUNE, allocated, payments(("H", "A", 3_000), ("H", "A", 294)))
    assert cells(found, *LINE) == [tuple(line.split()) for line in (C, A, B)]
    columns = ["pupils_estimate", "pupils_count", "added", "left", "moved", "moved_away", "band_changed"]
    assert cells(found, *columns) == [(1, 1, 0, 0, 0, 0, 0), (3, 4, 1, 1, 1, 0, 1), (2, 1, 0, 0, 0, 1, 0)]
    money = ["estimate_baht", "due_baht", "allocated_baht", "paid_baht", "paid_from", "carried_baht"]
    assert cells(found, *money) == [
        (2_000, 2_000, 1_882, None, "allocation", 0),
        (3_500, 6_000, 3_294, 3_294, "payment", 0),
        (3_000, 1_500, 2_824, None, "allocation", 0),
    ]
    assert cells(found, "additional_baht", "return_baht", "state", "basis") == [
        (118, 0, "additional", "certified"),
        (2_706, 0, "additional", "certified"),
        (0, 1_324, "return", "certified"),
    ]


def test_the_changes_of_the_round_by_hand() -> None:
    found = changes(MAY, JUNE)
    assert cells(found, "change", "student_key", *LINE, "pupils", "baht_before", "baht_after", "baht") == [
        ("added", "a4", *A.split(), 1, None, 1_500, 1_500),
        ("band", "a2", *A.split(), 1, 1_000, 2_000, 1_000),
        ("left", "a3", *A.split(), 1, 1_500, None, -1_500),
        ("moved", "b2", *A.split(), 1, 1_500, 1_500, 0),
    ]
    assert cells(
        found, "village_before", "village_after", "grade_before", "grade_after", "band_before", "band_after"
    ) == [
        (None, "V2", None, "P3", None, 2),
        ("V1", "V5", "P1", "P1", 1, 3),
        ("V2", None, "P2", None, 2, None),
        ("V3", "V3", "P4", "P4", 2, 2),
    ]
    assert cells(found, "school_before", "school_after", "programme_before", "programme_after")[3] == (
        "B", "A", "second-decade", "existing",
    )  # fmt: skip


def test_counts_without_keys_differ_by_cells() -> None:
    """Of P1 at V1 three at 10 and one at 15 became one at 10 and four at 20; P2 is new; P3 at V1 is gone.

    Four in P1 before, five now: three of them pay another rate than before, in order of band, and one is new.
    """
    line = A.split()
    before = priced(("", *line, "P1", "V1", 1, 3), ("", *line, "P1", "V1", 2, 1), ("", *line, "P3", "V1", 1, 2))
    after = priced(("", *line, "P1", "V1", 1, 1), ("", *line, "P1", "V1", 3, 4), ("", *line, "P2", "V2", 1, 5))
    sides = ["grade_before", "grade_after", "band_before", "band_after"]
    assert cells(changes(before, after), "change", *sides, "pupils", "baht") == [
        ("added", None, "P1", None, 3, 1, 2_000),
        ("added", None, "P2", None, 1, 5, 5_000),
        ("band", "P1", "P1", 1, 3, 2, 2_000),
        ("band", "P1", "P1", 2, 3, 1, 500),
        ("left", "P3", None, 1, None, 2, -2_000),
    ]  # fmt: skip


def test_a_survey_by_cells_against_a_list_is_compared_by_cells() -> None:
    """Otherwise every pupil of the list would be new."""
    line = A.split()
    survey = priced(("", *line, "P1", "V1", 1, 2))
    listed = priced(one("a1", A, "P1", "V1", 1), one("a2", A, "P1", "V1", 1), one("a3", A, "P1", "V1", 1))
    assert cells(changes(survey, listed), "change", "student_key", "pupils", "baht") == [("added", "", 1, 1_000)]


def test_a_payment_of_two_programmes_is_shared_by_what_is_due() -> None:
    """One school with both programmes at one host: 4,000 and 2,000 due, 4,500 paid: 3,000 and 1,500."""
    count = priced(("", "H", "A", "existing", "P1", "V", 3, 2), ("", "H", "A", "second-decade", "P4", "V", 3, 1))
    found = settle(count, count, None, payments(("H", "A", 4_500)))
    assert cells(found, "programme", "paid_baht", "paid_from", "additional_baht", "return_baht") == [
        ("existing", 3_000, "payment-shared", 1_000, 0),
        ("second-decade", 1_500, "payment-shared", 500, 0),
    ]
    # More than both are due: the surplus too, and it goes back.
    found = settle(count, count, None, payments(("H", "A", 6_300)))
    assert cells(found, "paid_baht", "return_baht") == [(4_200, 200), (2_100, 100)]


def test_money_for_whom_nobody_counted_goes_back_and_nothing_received_is_asked_for() -> None:
    found = settle(None, priced(one("c1", C, "P6", "V4", 3)), None, payments(("H", "Z", 700)))
    columns = ["pupils_estimate", "pupils_count", "added", "estimate_baht", "due_baht", "allocated_baht", "paid_from"]
    assert cells(found, *LINE, *columns, "additional_baht", "return_baht", "state") == [
        (*C.split(), None, 1, None, None, 2_000, None, "none", 2_000, 0, "additional"),
        ("H", "Z", "unspecified", None, 0, None, None, 0, None, "payment", 0, 700, "return"),
    ]


def test_novembers_balance_is_carried_to_may() -> None:
    """November: A was paid 500 too much, B 300 too little; May pays B's 300 too and keeps A's 500 from its due."""
    line_a, line_b = A.split(), B.split()
    november = priced(("", *line_a, "P1", "V1", 1, 2), ("", *line_b, "P1", "V1", 1, 3))
    paid = payments(("H", "A", 2_500), ("H", "B", 2_700))
    first, carried = carry_over(settle(november, november, None, paid))
    assert cells(first, "due_baht", "paid_baht", "carried_baht", "additional_baht", "return_baht", "state") == [
        (2_000, 2_500, -500, 0, 0, "carried"),
        (3_000, 2_700, 300, 0, 0, "carried"),
    ]
    assert cells(carried, *LINE, "carried_baht") == [(*line_a, 500), (*line_b, -300)]
    # By May A has nobody left: what November left over goes back.
    may = priced(("", *line_b, "P1", "V1", 1, 3))
    second = settle(may, may, allocate(may, 10_000), None, carried)
    assert cells(second, "due_baht", "paid_from", "carried_baht", "additional_baht", "return_baht", "state") == [
        (0, "allocation", 500, 0, 500, "return"),
        (3_000, "allocation", -300, 300, 0, "additional"),
    ]


def test_who_is_not_eligible_is_not_settled() -> None:
    count = pd.concat([priced(one("a1", A, "P1", "V1", 1)), priced(one("a2", A, "P1", "V1", 3), reason="boards")])
    assert cells(settle(MAY[:1], count, None, None), "pupils_count", "due_baht", "added") == [(1, 1_000, 0)]


def test_distances_that_nobody_has_certified_are_not_settled_by_but_in_a_draft() -> None:
    routed = priced(one("a1", A, "P1", "V1", 1), one("c1", C, "P6", "", 3), basis="routed")
    with pytest.raises(UsageError, match="V1 → H") as refusal:
        settle(MAY, pd.concat([JUNE[1:], routed]), None, None)
    assert "2 คน (2 คู่" in refusal.value.thai
    assert "a1" not in refusal.value.thai + refusal.value.english
    unknown = routed.assign(band=pd.NA, baht=pd.NA, baht_per_day=pd.NA).astype(routed.dtypes.to_dict())
    draft = settle(MAY, pd.concat([routed[:1], unknown[1:]]), None, None, estimate=True)
    assert cells(draft, "school_id", "basis", "due_baht", "additional_baht", "return_baht", "state") == [
        ("C", "routed", None, None, None, "unknown"),
        ("A", "routed", 1_000, 1_000, 0, "additional"),
        ("B", "certified", 0, 0, 0, "settled"),
    ]
    assert cells(changes(MAY, unknown), "change", "student_key", "baht_after", "baht")[1:2] == [
        ("band", "a1", None, None)
    ]
    here, carried = carry_over(draft)
    assert cells(here, "additional_baht", "state") == [(None, "unknown"), (0, "carried"), (0, "settled")]
    assert cells(carried, "school_id", "carried_baht") == [("A", -1_000)]
    many = pd.concat([priced(one(f"p{i}", A, "P1", f"V{i}", 1), basis="routed") for i in range(7)])
    with pytest.raises(UsageError, match="V4 → H …"):
        settle(None, many, None, None)


# -- what must hold of every settlement ----
LINES = ["H A existing", "H A second-decade", "H B existing", "G B unspecified"]
PUPILS = st.dictionaries(
    st.sampled_from([f"p{i}" for i in range(12)]),
    st.tuples(st.sampled_from(LINES), st.sampled_from(["P1", "P2"]), st.sampled_from(["V1", "V2"]), st.integers(1, 3)),
)
MONEY = st.integers(0, 20_000)
Pupils = dict[str, tuple[str, str, str, int]]


def rows_of(pupils: Pupils, *, keys: bool) -> pd.DataFrame:
    return priced(*(one(key if keys else "", *what) for key, what in pupils.items()))


@given(
    before=PUPILS,
    after=PUPILS,
    keys=st.booleans(),
    ceiling=st.none() | MONEY,
    paid=st.dictionaries(st.sampled_from([("H", "A"), ("H", "B"), ("G", "B"), ("G", "Z")]), MONEY),
    carried=st.dictionaries(st.sampled_from(LINES), st.integers(-5_000, 5_000)),
)
def test_every_baht_and_every_pupil_is_accounted_for(
    before: Pupils,
    after: Pupils,
    keys: bool,
    ceiling: int | None,
    paid: dict[tuple[str, str], int],
    carried: dict[str, int],
) -> None:
    estimate, count = rows_of(before, keys=keys), rows_of(after, keys=keys)
    told = pd.DataFrame([(*line.split(), baht) for line, baht in carried.items()], columns=[*LINE, "carried_baht"])
    money = payments(*((*pair, baht) for pair, baht in paid.items()))
    found = settle(estimate, count, allocate(estimate, ceiling), money, told)
    effective = found["paid_baht"].fillna(found["allocated_baht"]).fillna(0)
    balance = effective + found["carried_baht"] + found["additional_baht"] - found["return_baht"]
    assert (balance == found["due_baht"]).all()
    assert ((found["additional_baht"] == 0) | (found["return_baht"] == 0)).all()
    assert (found[["additional_baht", "return_baht"]] >= 0).all(axis=None)
    came = found["added"] - found["left"] + found["moved"] - found["moved_away"]
    assert (found["pupils_estimate"] + came == found["pupils_count"]).all()
    # Against the pupils themselves, one by one.
    lines = [" ".join(line) for line in found[LINE].itertuples(index=False, name=None)]
    assert lines == sorted(set(lines))
    for pupils, number, baht in ((before, "pupils_estimate", "estimate_baht"), (after, "pupils_count", "due_baht")):
        heads = Counter(what[0] for what in pupils.values())
        assert dict(zip(lines, found[number], strict=True)) == {line: heads[line] for line in lines}
        assert found[baht].sum() == sum(RATES[what[3]] * 100 for what in pupils.values())
    assert int(found["paid_baht"].sum()) == sum(paid.values())
    assert int(found["carried_baht"].sum()) == sum(carried.values())
    # The detailed list adds up to the same difference, line by line.
    listed = changes(estimate, count)
    difference = dict.fromkeys(lines, 0)
    for when, sign in (("after", 1), ("before", -1)):
        for line, rows in listed.groupby([f"{part}_{when}" for part in ("host", "school", "programme")]):
            difference[" ".join(line)] += sign * int(rows[f"baht_{when}"].sum())
    assert list(difference.values()) == (found["due_baht"] - found["estimate_baht"]).tolist()
    assert int(listed["baht"].sum()) == sum(difference.values())
    if keys:
        same = {key for key in before.keys() & after.keys() if before[key][0] == after[key][0]}
        assert set(listed.loc[listed["change"] == "added", "student_key"]) == after.keys() - before.keys()
        assert set(listed.loc[listed["change"] == "left", "student_key"]) == before.keys() - after.keys()
        assert set(listed.loc[listed["change"] == "moved", "student_key"]) == before.keys() & after.keys() - same
        assert set(listed.loc[listed["change"] == "band", "student_key"]) == {
            key for key in same if before[key][3] != after[key][3]
        }


@settings(max_examples=30)
@given(before=PUPILS, after=PUPILS, keys=st.booleans(), random=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(before: Pupils, after: Pupils, keys: bool, random: object) -> None:
    estimate, count = rows_of(before, keys=keys), rows_of(after, keys=keys)
    shuffled = [table.iloc[random.sample(range(len(table)), len(table))] for table in (estimate, count)]  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(changes(estimate, count), changes(*shuffled))
    pd.testing.assert_frame_equal(settle(estimate, count, None, None), settle(*shuffled, None, None))


# -- the two counts of a term ----
def students(*days: str) -> pd.DataFrame:
    return pd.DataFrame({"school_id": "A", "as_of": list(days), "pupils": range(1, len(days) + 1)})


@pytest.mark.parametrize(
    ("term", "days", "estimate", "count"),
    [
        # Term 1/2570 is counted on 10 June 2027, term 2/2569 on 10 November 2026.
        (Term(2570, 1), ["2027-05-20", "2027-06-10"], ["2027-05-20"], ["2027-06-10"]),
        (Term(2570, 1), ["2027-06-09", "2027-06-11"], ["2027-06-09"], ["2027-06-11"]),
        (Term(2570, 1), ["2027-05-20", "1/2570"], ["2027-05-20"], ["1/2570"]),
        # A survey of before the school year, and the count of the term before where there is none.
        (Term(2570, 1), ["2/2569", "2027-05-02", "1/2570"], ["2027-05-02"], ["1/2570"]),
        (Term(2570, 1), ["2/2569", "1/2570"], ["2/2569"], ["1/2570"]),
        (Term(2570, 1), ["1/2570"], None, ["1/2570"]),
        (Term(2570, 1), ["2027-05-20"], ["2027-05-20"], None),
        # What is counted in a later term says nothing of this one.
        (Term(2570, 1), ["2027-06-10", "2027-11-10", "2/2570"], None, ["2027-06-10"]),
        (Term(2569, 2), ["1/2569", "2026-11-05", "2026-11-10", "2027-03-01"], ["2026-11-05"], ["2027-03-01"]),
        (Term(2569, 2), ["2027-05-16", "1/2570"], None, None),
        (Term(2570, 1), ["", ""], None, ["", ""]),
    ],
)  # fmt: skip
def test_the_count_before_the_day_and_the_count_of_the_day(
    term: Term, days: list[str], estimate: list[str] | None, count: list[str] | None
) -> None:
    found = snapshots_for(students(*days), term, SETTINGS)
    assert [None if table is None else table["as_of"].tolist() for table in found] == [estimate, count]


def test_the_count_day_is_a_setting() -> None:
    later = SETTINGS.model_copy(update={"count_days": {1: "07-01", 2: "11-10"}})
    estimate, count = snapshots_for(students("2027-06-30", "2027-07-01"), Term(2570, 1), later)
    assert estimate is not None
    assert count is not None
    assert [*estimate["as_of"], *count["as_of"]] == ["2027-06-30", "2027-07-01"]

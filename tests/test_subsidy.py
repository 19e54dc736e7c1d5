"""Need of a round and its allocation: to the baht by hand, and what must hold of any sharing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from drawn import place
from hypothesis import given
from hypothesis import strategies as st
from small_office import merge, write_scenario, write_small_office

from restructure import Measured, find_scenario, measure, open_cycle
from restructure.seating import Office, make_office
from restructure.subsidy import LINE, allocate, ceiling, claim_rows, claims, need, not_eligible
from restructure.thai import round_term

# -- one office by hand ----
#     place on the road:   H1 0   V1 2,500   A 2,900   V2 3,001   B 9,000   V4 9,500   V3 10,000   C 15,000
#                          V5 15,500   H2 20,000          VI: an island
#
#     A → H1 existing (1.1) since 1/2560; B P1–P3 → H1 and P4–P6 → H2 second-decade (1.2) since 1/2566;
#     C dissolved into H2 existing from 1/2570: its children are on its own roll in November, on H2's in May.
#
#     November: term 2/2569, the count of 2/2569, 100 days          May: term 1/2570, the count of 1/2570, 100 days
#     A  P1 V1 → H1   2,500  10 baht  4 pupils  4,000               5 pupils  5,000
#     A  P2 V2 → H1   3,001  15       2         3,000               2         3,000
#     B  P1 V3 → H1  10,000  15       3         4,500               3         4,500
#     B  P4 V3 → H2  10,000  15       2         3,000               1         1,500
#     B  P5 V4 → H2  10,500  20       1         2,000               1         2,000
#     C  P1 V5 → H2   4,500  15       – (5 learn at C)              5         7,500
#     C  P1 VI → H2       –   –       –                             1             –
#                                              16,500                        23,500
OFFICE = {
    "schools": "H1 0 P1-P6\nA 2900 P1-P6\nB 9000 P1-P6\nC 15000 P1-P6\nH2 20000 P1-P6",
    "villages": "V1 2500\nV2 3001\nV3 10000\nV4 9500\nV5 15500\nVI 9500,6000",
    "student_head": "school_id grade village_id count as_of from_school_id",
    "students": """
        A  P1 V1 4 2/2569 .
        A  P2 V2 2 2/2569 .
        B  P1 V3 3 2/2569 .
        B  P4 V3 2 2/2569 .
        B  P5 V4 1 2/2569 .
        C  P1 V5 5 2/2569 .
        H2 P1 V5 7 2/2569 .
        A  P1 V1 5 1/2570 .
        A  P2 V2 2 1/2570 .
        B  P1 V3 3 1/2570 .
        B  P4 V3 1 1/2570 .
        B  P5 V4 1 1/2570 .
        H2 P1 V5 5 1/2570 C
        H2 P1 VI 1 1/2570 C
        H2 P1 V5 7 1/2570 .
        A  P1 V1 9 1/2569 .
    """,
    "mergers": """
        A P1-P6 1/2560 H1 learn-together existing
        B P1-P3 1/2566 H1 learn-together second-decade
        B P4-P6 1/2566 H2 learn-together second-decade
        C P1-P6 1/2570 H2 dissolve existing
    """,
}
NOVEMBER = [
    ("H1", "A", "existing", 6, 7_000),
    ("H1", "B", "second-decade", 3, 4_500),
    ("H2", "B", "second-decade", 3, 5_000),
]
MAY = [
    ("H1", "A", "existing", 7, 8_000),
    ("H1", "B", "second-decade", 3, 4_500),
    ("H2", "B", "second-decade", 2, 3_500),
    ("H2", "C", "existing", 6, 7_500),
]


def need_of(measured: Measured, round_name: str, scenario: str | None = None) -> pd.DataFrame:
    tables, policy = measured.cycle.tables, measured.cycle.policy
    office = make_office(
        tables, measured.distances, policy, measured.homes, term=round_term(policy.fiscal_year, round_name)
    )
    return need(office, round_name, find_scenario(measured.cycle.folder, scenario) if scenario else None)


def lines_of(allocation: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(allocation[[*LINE, *columns]].itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    folder = write_small_office(
        tmp_path_factory.mktemp("subsidy"), **OFFICE, ceilings={"november": 6_000, "may": 30_000}
    )
    measured = measure(open_cycle(folder))
    assert not (measured.problems["severity"] == "error").any()
    return measured


@pytest.mark.parametrize(("round_name", "expected"), [("november", NOVEMBER), ("may", MAY)])
def test_need_of_a_round_to_the_baht(measured: Measured, round_name: str, expected: list[tuple[object, ...]]) -> None:
    needed = need_of(measured, round_name)
    assert set(needed["days"]) == {100}
    assert int(needed["baht"].sum()) == sum(line[4] for line in expected)
    assert lines_of(allocate(needed, None), "pupils", "need_baht") == expected


def test_need_names_every_village_and_grade(measured: Measured) -> None:
    needed = need_of(measured, "may").astype(object)
    assert list(needed.where(needed.notna(), None).itertuples(index=False, name=None)) == [
        ("A", "H1", "P1", "V1", "existing", 5, 2_500, 1, 10, 100, 5_000, "routed"),
        ("A", "H1", "P2", "V2", "existing", 2, 3_001, 2, 15, 100, 3_000, "routed"),
        ("B", "H1", "P1", "V3", "second-decade", 3, 10_000, 2, 15, 100, 4_500, "routed"),
        ("B", "H2", "P4", "V3", "second-decade", 1, 10_000, 2, 15, 100, 1_500, "routed"),
        ("B", "H2", "P5", "V4", "second-decade", 1, 10_500, 3, 20, 100, 2_000, "routed"),
        ("C", "H2", "P1", "V5", "existing", 5, 4_500, 2, 15, 100, 7_500, "routed"),
        ("C", "H2", "P1", "VI", "existing", 1, None, None, None, 100, None, "routed"),
    ]


@pytest.mark.parametrize(
    ("days", "november", "may"), [("1: 110, 2: 90", 14_850, 25_850), ("1: 80, 2: 120", 19_800, 18_800)]
)
def test_each_round_pays_the_days_of_its_term(tmp_path: Path, days: str, november: int, may: int) -> None:
    """16,500 × 90/100 and 23,500 × 110/100; November pays term 2."""
    policy = f"fiscal_year: 2570\nsettings:\n  days_by_term: {{value: {{{days}}}, source: ทดสอบ}}\n"
    measured = measure(open_cycle(write_small_office(tmp_path, **OFFICE, policy=policy)))
    assert [int(need_of(measured, name)["baht"].sum()) for name in ("november", "may")] == [november, may]


@pytest.mark.parametrize(("year", "rounds"), [(2569, (16_000, 9_000)), (2571, (23_500, 23_500)), (2560, (0, 8_000))])
def test_the_fiscal_year_names_the_terms(tmp_path: Path, year: int, rounds: tuple[int, int]) -> None:
    """Other years rest on the counts that they may.

    2569 pays 2/2568 and 1/2569. No count is as old as 2/2568: the newest one stands in, without C, 16,000. 1/2569 has
    only A's 9 pupils. 2571 pays 2/2570 and 1/2571 with the newest count. 2560 pays 2/2559, before any merger, and
    1/2560, when only A had merged: 8,000 of the newest count.
    """
    measured = measure(open_cycle(write_small_office(tmp_path, **OFFICE, policy=f"fiscal_year: {year}\n")))
    assert tuple(int(need_of(measured, name)["baht"].sum()) for name in ("november", "may")) == rounds


def test_a_plan_comes_on_top(tmp_path: Path) -> None:
    """C → H1 instead of H2, and H2's own P1 (7 at V5, 15,500 m, 20 baht) → H1 from 1/2570: only May changes.

    C's children on H2's roll learn at H1 too now, and they left H2: 5 × 15,500 m × 20 × 100 = 10,000 in place of 7,500.
    """
    folder = write_small_office(tmp_path, **OFFICE)
    write_scenario(folder, "x", [merge("H2", "H1", grades="P1"), merge("C", "H1", grades="P1", programme="existing")])
    measured = measure(open_cycle(folder))
    assert lines_of(allocate(need_of(measured, "november", "x"), None), "pupils", "need_baht") == NOVEMBER
    assert lines_of(allocate(need_of(measured, "may", "x"), None), "pupils", "need_baht") == [
        *MAY[:2],
        ("H1", "H2", "unspecified", 13, 24_000),
        MAY[2],
    ]


@pytest.mark.parametrize(
    ("row", "pupils"),
    [
        ("H2 P1 V5 5 1/2570 C", 5),
        ("H2 P1 V5 5 1/2570 .", 0),  # H2's own
        ("H1 P1 V5 5 1/2570 C", 0),  # C was dissolved into H2, not into H1
        ("H2 P1 V5 5 1/2570 B", 0),  # P1 of B learns at H1
        ("H2 P4 V5 5 1/2570 B", 5),
        ("C P1 V5 5 1/2570 .", 5),  # still on C's roll
        ("C P1 V5 5 1/2570 A", 5),  # came from A before, moves because of C
        ("H2 P1 V5 0 1/2570 C", 0),
    ],
)
def test_who_counts_after_a_dissolution(tmp_path: Path, row: str, pupils: int) -> None:
    measured = measure(open_cycle(write_small_office(tmp_path, **OFFICE | {"students": row})))
    assert int(need_of(measured, "may")["pupils"].sum()) == pupils


@pytest.mark.parametrize("mergers", ["", "A P1-P6 1/2571 H1 learn-together existing"], ids=["none", "later"])
def test_an_office_without_mergers_in_force_needs_nothing(tmp_path: Path, mergers: str) -> None:
    measured = measure(open_cycle(write_small_office(tmp_path, **OFFICE | {"mergers": mergers})))
    for name in ("november", "may"):
        allocation = allocate(need_of(measured, name), 5_000)
        assert allocation.empty
        assert list(allocation) == [*LINE, "basis", "pupils", "need_baht", "allocated_baht"]


# -- allocation ----
@pytest.mark.parametrize(
    ("name", "baht", "given"),
    [
        # Of 16,500: 4,242.42 + 2,727.27 + 3,030.30; the baht left over goes to the largest remainder.
        ("november", 10_000, [4_243, 2_727, 3_030]),
        # 424.24 + 272.73 + 303.03
        ("november", 1_000, [424, 273, 303]),
        ("november", 16_500, [7_000, 4_500, 5_000]),
        ("november", 16_499, [6_999, 4_500, 5_000]),  # 6,999.58 + 4,499.73 + 4,999.70, two left over
        ("november", 99_999, [7_000, 4_500, 5_000]),
        ("november", 1, [1, 0, 0]),
        ("november", 0, [0, 0, 0]),
        # Of 23,500: 3,404.26 + 1,914.89 + 1,489.36 + 3,191.49, two left over
        ("may", 10_000, [3_404, 1_915, 1_489, 3_192]),
        ("may", None, [None] * 4),
    ],
)
def test_largest_remainder_by_hand(measured: Measured, name: str, baht: int | None, given: list[int | None]) -> None:
    allocation = allocate(need_of(measured, name), baht)
    assert [None if x is pd.NA else int(x) for x in allocation["allocated_baht"]] == given
    assert set(allocation["basis"]) == {"routed"}
    assert allocation["allocated_baht"].dtype == "Int64"


def test_ceilings_are_the_sum_of_a_rounds_letters() -> None:
    letters = pd.DataFrame({"round": ["november", "may", "november"], "baht": [5, 100, 7]}).astype({"baht": "Int64"})
    assert ceiling({"ceilings": letters}, "november") == 12
    assert ceiling({"ceilings": letters}, "may") == 100
    assert ceiling({"ceilings": letters[:1]}, "may") is None
    assert ceiling({}, "may") is None


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["H1", "H2"]),
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["existing", "second-decade", "unspecified"]),
        st.integers(1, 9),
        st.sampled_from([10, 15, 20, None]),
    ),
    max_size=12,
)


def needed_table(rows: list[tuple[str, str, str, int, int | None]]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[*LINE, "pupils", "rate"])
    table["baht"] = (table["pupils"] * table.pop("rate").astype("Int64") * 100).astype("Int64")
    return table.astype({"pupils": "int64"}).assign(basis="routed")


@given(ROWS, st.none() | st.integers(0, 200_000), st.randoms(use_true_random=False))
def test_splitting_the_source_rows_of_a_line_changes_nothing(
    rows: list[tuple[str, str, str, int, int | None]], baht: int | None, random: object
) -> None:
    split = [(*row[:3], 1, row[4]) for row in rows for _ in range(row[3])]
    random.shuffle(split)  # type: ignore[attr-defined]
    whole, parts = allocate(needed_table(rows), baht), allocate(needed_table(split), baht)
    pd.testing.assert_frame_equal(whole, parts)
    needed = sum(row[3] * (row[4] or 0) * 100 for row in rows)
    assert int(whole["need_baht"].sum()) == needed
    assert int(whole["pupils"].sum()) == sum(row[3] for row in rows)
    if baht is not None:
        assert int(whole["allocated_baht"].sum()) == min(baht, needed)
    elif rows:
        assert whole["allocated_baht"].isna().all()
    keys = lines_of(whole)
    assert keys == sorted(set(keys)), "programmes are never added together"


# -- a certified distance takes the place of the routed one ----
CERTIFIED_HEAD = ["measured_from", "village_id", "student_key", "host_id", "certified_m"]


def certified(*rows: tuple[str, str, str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=CERTIFIED_HEAD).astype({"certified_m": "Int64"})


def office_of(measured: Measured, round_name: str) -> Office:
    tables, policy = measured.cycle.tables, measured.cycle.policy
    term = round_term(policy.fiscal_year, round_name)
    return make_office(tables, measured.distances, policy, measured.homes, term=term)


def test_certified_villages_pay_by_what_was_certified(measured: Measured) -> None:
    """V2 → H1 at 3,000 m is 10 baht; VI → H2, to which no road leads, 12,000 m; V3 → H1 is not V3 → H2.

    May: A 5,000 + 2 × 10 × 100; B at H1 3 × 20 × 100; C 7,500 + 1 × 20 × 100.
    """
    told = certified(
        ("village", "V2", "", "H1", 3_000),
        ("village", "VI", "", "H2", 12_000),
        ("village", "V3", "", "H1", 10_001),
    )
    office = office_of(measured, "may")
    found = allocate(need(office, "may", certified=told), 100_000)
    assert lines_of(found, "basis", "pupils", "need_baht") == [
        ("H1", "A", "existing", "routed", 7, 7_000),
        ("H1", "B", "second-decade", "certified", 3, 6_000),
        ("H2", "B", "second-decade", "routed", 2, 3_500),
        ("H2", "C", "existing", "routed", 6, 9_500),
    ]
    rows = claim_rows(office, "may", certified=told)
    assert set(rows.loc[rows["basis"] == "certified", "village_id"]) == {"V2", "VI", "V3"}
    # The last way of A's that was routed only.
    told = pd.concat([told, certified(("village", "V1", "", "H1", 2_500))])
    assert lines_of(allocate(need(office, "may", certified=told), 1), "basis")[0] == (
        "H1",
        "A",
        "existing",
        "certified",
    )


def test_an_own_home_is_certified_for_itself(tmp_path: Path) -> None:
    """h1 lives at 4,000 m, h2 at 9,000 m, both of V1 (2,500 m); h3 has no point. Each is one P1 pupil, 100 days."""
    homes = "\n".join(
        f"A P1 V1 {key} {lat} {lon} 1/2570"
        for key, (lat, lon) in {"h1": place(4_000, 0), "h2": place(9_000, 0), "h3": (".", ".")}.items()
    )
    office = OFFICE | {"student_head": "school_id grade village_id student_key lat lon as_of", "students": homes}
    measured = measure(open_cycle(write_small_office(tmp_path, **office)))

    def paid(*rows: tuple[str, str, str, str, int]) -> list[tuple[object, ...]]:
        found = claim_rows(office_of(measured, "may"), "may", certified=certified(*rows)).sort_values("student_key")
        return list(found[["student_key", "road_m", "baht", "basis"]].itertuples(index=False, name=None))

    assert paid() == [("h1", 4_000, 1_500, "routed"), ("h2", 9_000, 1_500, "routed"), ("h3", 2_500, 1_000, "routed")]
    # A village's distance is not that of who lives elsewhere.
    assert paid(("village", "V1", "", "H1", 3_500)) == [
        ("h1", 4_000, 1_500, "routed"),
        ("h2", 9_000, 1_500, "routed"),
        ("h3", 3_500, 1_500, "certified"),
    ]
    # A decision of the child comes before that of the village, but not once the point is gone from the file.
    assert paid(
        ("village", "V1", "", "H1", 3_500), ("home", "", "h2", "H1", 10_001), ("home", "", "h3", "H1", 2_000)
    ) == [("h1", 4_000, 1_500, "routed"), ("h2", 10_001, 2_000, "certified"), ("h3", 3_500, 1_500, "certified")]


def test_a_rule_that_changes_in_the_middle_of_the_year_prices_its_own_term(tmp_path: Path) -> None:
    """From 1/2570 12 baht up to 3,000 m and 20 above: 5 × 12, 2 × 20, 3 × 20, 1 × 20, 1 × 20, 5 × 20 a day.

    90 days: 5,400 + 3,600 + 5,400 + 1,800 + 1,800 + 9,000 = 27,000. November stays 16,500.
    """
    change = """
terms:
  1/2570:
    bands: {value: [{up_to_m: 3000, baht_per_day: 12}, {up_to_m: null, baht_per_day: 20}], source: ทดสอบ}
    days_by_term: {value: {1: 90, 2: 110}, source: ทดสอบ}
"""
    measured = measure(open_cycle(write_small_office(tmp_path, **OFFICE, policy=f"fiscal_year: 2570{change}")))
    assert [int(need_of(measured, name)["baht"].sum()) for name in ("november", "may")] == [16_500, 27_000]


def test_who_is_not_eligible_is_listed_with_the_reason_and_not_needed(tmp_path: Path) -> None:
    """Without dissolutions: C's 5 pupils and the one from the island are told and not paid."""
    policy = "settings:\n  eligible_kinds: {value: [learn-together], source: ทดสอบ}\n"
    measured = measure(open_cycle(write_small_office(tmp_path, **OFFICE, policy=policy)))
    office = office_of(measured, "may")
    refused = not_eligible(office, "may")
    assert list(refused[["school_id", "village_id", "pupils", "reason"]].itertuples(index=False, name=None)) == [
        ("C", "V5", 5, "kind"),
        ("C", "VI", 1, "kind"),
    ]
    needed = need(office, "may")
    assert int(needed["baht"].sum()) == 16_000
    assert list(claims(office, "may")) == [*needed, "reason"]
    assert len(claims(office, "may")) == len(needed) + len(refused)

"""Cohort projection: by hand, against a model of loops, and what must hold of any projection."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restructure import open_cycle
from restructure.grades import GRADES
from restructure.projection import back_test, history, progression, project, project_array, too_short, whole_pupils

Counts = dict[tuple[str, int, str], int]


def frame(rows: Counts) -> pd.DataFrame:
    return pd.DataFrame([(*key, n) for key, n in rows.items()], columns=["school_id", "year", "grade", "count"])


def table(text: str) -> pd.DataFrame:
    """Lines ``school year grade=count …``."""
    rows: Counts = {}
    for line in text.strip().splitlines():
        school, year, *cells = line.split()
        rows |= {(school, int(year), g): int(n) for g, n in (cell.split("=") for cell in cells)}
    return frame(rows)


def cells(projected: pd.DataFrame | None) -> Counts:
    assert projected is not None
    return {(s, y, g): n for s, y, g, n in projected[["school_id", "year", "grade", "pupils"]].itertuples(index=False)}


# -- by hand ----
#     P4 → P5: A 44 of 50, B 6 of 20, the office 50 of 70; with 30 more of whom all go on: 80/100 = 0.8
#     A (44 + 30 · 0.8) / 80 = 0.85          B (6 + 24) / 50 = 0.6
#     entry (P4): 70, then 51; with 30 unchanged 81/100, its root 0.9
#     newcomers at the level of 2568: A (50 · 0.9 + 36) / 2 = 40.5          B (20 · 0.9 + 15) / 2 = 16.5
BY_HAND = """
    A 2567 P4=50 P5=7
    A 2568 P4=36 P5=44
    B 2567 P4=20 P5=9
    B 2568 P4=15 P5=6
"""


def test_by_hand() -> None:
    known = progression(table(BY_HAND))
    assert known is not None
    p4, p5 = GRADES.index("P4"), GRADES.index("P5")
    assert (known.schools, known.year, known.growth) == (["A", "B"], 2568, pytest.approx(0.9))
    assert known.office[p5] == pytest.approx(0.8)
    assert known.ratio[:, p5] == pytest.approx([0.85, 0.6])
    assert known.newcomers[:, p4] == pytest.approx([40.5, 16.5])
    expected = [
        [[36, 44], [15, 6]],
        [[36.45, 30.6], [14.85, 9]],
        [[32.805, 30.9825], [13.365, 8.91]],
    ]
    out = project_array(known, 2)
    assert out[:, :, [p4, p5]] == pytest.approx(np.array(expected))
    assert np.delete(out, [p4, p5], axis=2).max() == 0


def test_whole_pupils_by_hand() -> None:
    # A 36.45, in sum 67.05: 36 and 31; B 14.85, in sum 23.85: 15 and 9; then 32.805, 63.7875 and 13.365, 22.275
    assert cells(project(table(BY_HAND), 2)) == {
        ("A", 2568, "P4"): 36, ("A", 2568, "P5"): 44, ("B", 2568, "P4"): 15, ("B", 2568, "P5"): 6,
        ("A", 2569, "P4"): 36, ("A", 2569, "P5"): 31, ("B", 2569, "P4"): 15, ("B", 2569, "P5"): 9,
        ("A", 2570, "P4"): 33, ("A", 2570, "P5"): 31, ("B", 2570, "P4"): 13, ("B", 2570, "P5"): 9,
    }  # fmt: skip


def test_newcomers_above_the_grade_before_by_hand() -> None:
    # Entry stays 4 + 30 of 4 + 30. K2 had 9 after a K1 of 4, M1 had 3 after a P6 of 5: 5 more and 2 fewer.
    past = table("A 2567 K1=4 K2=10\nA 2568 K1=4 K2=9\nB 2567 P6=5 M1=4\nB 2568 P6=5 M1=3")
    known = progression(past)
    assert known is not None
    assert project_array(known, 1)[1][:, [0, 1, 8, 9]].tolist() == [[4, 9, 0, 0], [0, 0, 5, 3]]
    # More leave than there are: nobody, not fewer than nobody.
    few = progression(table("B 2567 P6=9 M1=0\nB 2568 P6=1 M1=0"))
    assert few is not None
    assert project_array(few, 1)[1, 0, 9] == 0


def test_kindergarten_that_opened_this_year_leaves_only_the_one_year_to_tell() -> None:
    known = progression(table("A 2567 K2=10 K3=9\nA 2568 K1=4 K2=10 K3=10"))
    assert known is not None
    assert (known.newcomers[0, :3].tolist(), known.growth) == ([4, 6, 0], 1)


def test_rounding_keeps_the_total() -> None:
    pupils = np.array([[0.4, 0.4, 0.4, 0.0, 0.4], [2.5, 0.5, 3.0, 0.0, 0.0], [1.0, 2.0, 3.0, 4.0, 5.0]])
    assert whole_pupils(pupils).tolist() == [[0, 1, 0, 0, 1], [3, 0, 3, 0, 0], [1, 2, 3, 4, 5]]


@given(st.lists(st.lists(st.floats(0, 500), min_size=12, max_size=12), min_size=1, max_size=5))
def test_rounding_is_less_than_a_pupil_off(rows: list[list[float]]) -> None:
    pupils = np.array(rows)
    whole = whole_pupils(pupils)
    assert (whole >= 0).all()
    assert np.abs(whole - pupils).max() <= 1 + 1e-6
    assert np.abs(whole.sum(axis=1) - pupils.sum(axis=1)).max() <= 0.5 + 1e-6


# -- what must hold ----
@st.composite
def offices(draw: st.DrawFn) -> pd.DataFrame:
    """Several schools over two to six years, some of which a school has no rows for."""
    years = range(2569 - draw(st.integers(1, 5)), 2570)
    rows: Counts = {}
    for s in range(draw(st.integers(1, 5))):
        first = draw(st.sampled_from([0, 1, 3, 9]))
        last = draw(st.integers(first, 11))
        for year in years:
            if year < 2568 and draw(st.booleans()):
                continue
            for g in range(first, last + 1):
                rows[f"S{s}", year, GRADES[g]] = draw(st.integers(0, 40))
    return frame(rows)


@given(offices())
def test_year_zero_is_the_newest_count(past: pd.DataFrame) -> None:
    projected = project(past, 3)
    if projected is None:
        assert too_short(past)
        return
    newest = past[past["year"] == 2569].set_index(["school_id", "grade"])["count"].to_dict()
    zero = projected[projected["year"] == 2569].set_index(["school_id", "grade"])["pupils"].to_dict()
    assert zero == newest
    assert sorted(set(projected["year"])) == [2569, 2570, 2571, 2572]
    assert projected["pupils"].min() >= 0


@given(offices(), st.randoms(use_true_random=False))
def test_permuting_schools_permutes_the_answer(past: pd.DataFrame, random: Any) -> None:
    codes = sorted(set(past["school_id"]))
    other = codes.copy()
    random.shuffle(other)
    names = dict(zip(codes, other, strict=True))
    shuffled = past.assign(school_id=past["school_id"].map(names)).sample(frac=1, random_state=1)
    before, after = project(past, 4), project(shuffled, 4)
    if before is None:
        assert after is None
        return
    assert cells(after) == {(names[s], y, g): n for (s, y, g), n in cells(before).items()}


@given(st.lists(st.tuples(*[st.integers(0, 200)] * 4), min_size=1, max_size=6), st.integers(2, 5))
def test_stationary_history_gives_itself_back(levels: list[tuple[int, ...]], years: int) -> None:
    # Everyone goes on within a stage; K1, the rest of the kindergarten, primary and secondary differ.
    levels_of = {f"S{s}": [k1, k2, k2, *[p] * 6, *[m] * 3] for s, (k1, k2, p, m) in enumerate(levels)}
    rows = {
        (s, 2560 + y, g): n
        for s, row in levels_of.items()
        for y in range(years)
        for g, n in zip(GRADES, row, strict=True)
    }
    projected = cells(project(frame(rows), 5))
    assert projected == {
        (s, 2559 + years + ahead, g): n
        for s, row in levels_of.items()
        for ahead in range(6)
        for g, n in zip(GRADES, row, strict=True)
    }


@given(st.lists(st.lists(st.integers(0, 60), min_size=8, max_size=8), min_size=1, max_size=4))
def test_cohorts_are_conserved_where_everybody_goes_on(intakes: list[list[int]]) -> None:
    primary = GRADES[3:9]
    rows = {
        (f"S{s}", 2560 + y, g): intake[y + 5 - k]
        for s, intake in enumerate(intakes)
        for y in range(3)
        for k, g in enumerate(primary)
    }
    projected = cells(project(frame(rows), 5))
    for s, ahead, k in product(range(len(intakes)), range(6), range(6)):
        if k >= ahead:
            was = rows[f"S{s}", 2562, primary[k - ahead]]
            assert abs(projected[f"S{s}", 2562 + ahead, primary[k]] - was) <= (ahead > 0)
    known = progression(frame(rows))
    assert known is not None
    exact = project_array(known, 5)
    for ahead in range(6):
        assert exact[ahead, :, 3 + ahead : 9] == pytest.approx(exact[0, :, 3 : 9 - ahead])


def test_grade_not_offered_and_empty_school_stay_at_zero() -> None:
    past = table("""
        A 2567 P1=5 P2=6 P3=7 P4=3
        A 2568 P1=5 P2=5 P3=6
        B 2567 P1=3 P2=2
        B 2568 P1=0 P2=0
        C 2567 P1=4 P2=4
    """)
    known = progression(past)
    assert known is not None
    out = project_array(known, 5)
    assert out[:, 0, 6].max() == 0  # P4, which A no longer offers
    assert out[:, 0, 3:6].min() > 0
    assert out[:, 1].max() == 0
    assert out[:, 2].max() == 0
    projected = project(past, 5)
    assert projected is not None
    assert set(zip(projected["school_id"], projected["grade"], strict=True)) == {
        *product("A", ["P1", "P2", "P3"]), *product("B", ["P1", "P2"])
    }  # fmt: skip


def test_small_school_is_drawn_to_the_office_and_a_large_one_is_not() -> None:
    small, large = "small {} P1={} P2={}", "large {} P1={} P2={}"
    past = table("\n".join([small.format(2567, 2, 2), small.format(2568, 2, 0), large.format(2567, 970, 970),
                            large.format(2568, 970, 873)]))  # fmt: skip
    known = progression(past)
    assert known is not None
    p2 = GRADES.index("P2")
    office = (873 + 0 + 30) / (970 + 2 + 30)
    assert known.office[p2] == pytest.approx(office)
    big, tiny = known.ratio[:, p2]
    assert abs(tiny - office) < 0.06  # its own ratio is 0
    assert abs(big - 0.9) < 0.001


# -- against loops ----
def fitted_by_loops(rows: Counts, last: int) -> tuple[dict[tuple[str, str], float], ...] | None:
    """The model as it is described, one school and grade at a time; None where it cannot be."""
    rows = {key: n for key, n in rows.items() if key[1] <= last}
    schools, years = sorted({s for s, _, _ in rows}), sorted({y for _, y, _ in rows})
    before = dict(zip(GRADES[1:], GRADES, strict=False))
    steps = [(s, y, g) for s, y, g in rows if g in before and (s, y - 1, before[g]) in rows]
    if not years or years[-1] != last or not steps:
        return None
    offered = {(s, g) for s, y, g in rows if y == last}
    fed = {(s, g) for s, g in offered if (s, before.get(g, "")) in offered}
    ratio, new = {}, {}
    for g in GRADES[1:]:
        mine = [key for key in steps if key[2] == g and (key[0], g) in fed]
        could = {s: sum(rows[s, y - 1, before[g]] for t, y, _ in mine if t == s) for s in schools}
        went = {s: sum(rows[s, y, g] for t, y, _ in mine if t == s) for s in schools}
        office = (sum(went.values()) + 30) / (sum(could.values()) + 30)
        for s in schools:
            if (s, g) in fed:
                ratio[s, g] = 1.0 if g in ("K2", "P1", "M1") else (went[s] + 30 * office) / (could[s] + 30)
    entries = [(s, y, g) for s, y, g in rows if (s, g) in offered - fed and (s, y - 1, g) in rows]
    growth = (sum(rows[key] for key in entries) + 30) / (sum(rows[s, y - 1, g] for s, y, g in entries) + 30)
    growth **= 0.5
    for s, g in sorted(offered):
        if (s, g) in fed and g not in ("K2", "P1", "M1"):
            continue
        came = []
        for y in (last - 2, last - 1, last):
            if (s, g) not in fed and (s, y, g) in rows:
                came.append(rows[s, y, g] * growth ** (last - y))
            elif (s, g) in fed and (s, y, g) in rows and (s, y - 1, before[g]) in rows:
                came.append((rows[s, y, g] - rows[s, y - 1, before[g]]) * growth ** (last - y))
        if not came:
            came = [rows[s, last, g] - rows[s, last, before[g]]]
        if any(n for (t, y, _), n in rows.items() if t == s and y == last):
            new[s, g] = sum(came) / len(came)
    return ratio, new, {("", ""): growth}


def projected_by_loops(rows: Counts, last: int, ahead: int) -> dict[tuple[str, str], float] | None:
    fit = fitted_by_loops(rows, last)
    if fit is None:
        return None
    ratio, new, growth = fit
    now: dict[tuple[str, str], float] = {(s, g): n for (s, y, g), n in rows.items() if y == last}
    for year in range(1, ahead + 1):
        then = {}
        for s, g in now:
            below = now.get((s, GRADES[GRADES.index(g) - 1]), 0.0) if g != "K1" else 0.0
            arrived = new.get((s, g), 0.0) * growth["", ""] ** year
            then[s, g] = max(0.0, below * ratio.get((s, g), 0.0) + arrived)
        now = then
    return now


def random_rows(seed: int, years: int = 6) -> Counts:
    rng = np.random.default_rng(seed)
    rows: Counts = {}
    for s in range(7):
        first, last = int(rng.choice([0, 1, 3])), int(rng.choice([8, 11]))
        for year in range(2570 - years, 2570):
            there = year >= 2568 or rng.random() < 0.8
            for g in range(first if year > 2566 else max(first, 1), last + 1):
                if there:
                    rows[f"S{s}", year, GRADES[g]] = 0 if s == 6 and year == 2569 else int(rng.integers(0, 30))
    return rows


@pytest.mark.parametrize("seed", range(8))
def test_projection_against_loops(seed: int) -> None:
    rows = random_rows(seed)
    known = progression(frame(rows))
    assert known is not None
    out = project_array(known, 4)
    for ahead in range(5):
        expected = projected_by_loops(rows, 2569, ahead)
        assert expected is not None
        full = [[expected.get((s, g), 0.0) for g in GRADES] for s in known.schools]
        assert out[ahead] == pytest.approx(np.array(full))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("horizons", [(1, 2, 3), (2,), (3, 1)])
def test_back_test_against_loops(seed: int, horizons: tuple[int, ...]) -> None:
    rows = random_rows(seed)
    told = back_test(frame(rows), horizons)
    assert told[["horizon", "method"]].to_numpy().tolist() == [
        [h, m] for h in horizons for m in ("cohort", "last-year")
    ]
    for horizon, method, *figures, note in told.itertuples(index=False):
        errors, within, office, names = [], [], [], set()
        for left_out in horizons:
            last = 2569 - left_out
            if left_out < horizon:
                continue
            guess = projected_by_loops(rows, last, horizon if method == "cohort" else 0)
            assert guess is not None
            sums = [0.0, 0.0]
            for s in sorted({s for s, _, _ in rows}):
                was = sum(n for (t, y, _), n in rows.items() if (t, y) == (s, last))
                actual = [n for (t, y, _), n in rows.items() if (t, y) == (s, last + horizon)]
                if was == 0 or not actual:
                    continue
                mine = sum(n for (t, _), n in guess.items() if t == s)
                names.add(s)
                errors.append(abs(mine - sum(actual)))
                within.append(abs(mine - sum(actual)) <= 0.1 * sum(actual) + 1e-9)
                sums = [sums[0] + mine, sums[1] + sum(actual)]
            office.append(100 * abs(sums[0] - sums[1]) / sums[1])
        assert note == ""
        assert figures == pytest.approx([len(names), np.mean(errors), np.mean(office), 100 * np.mean(within)])


def test_a_tenth_off_is_within_ten_percent() -> None:
    rows = {
        (s, y, "P1"): n for s, pair in {"A": (10, 9, 10), "B": (10, 8, 10)}.items() for y, n in enumerate(pair, 2567)
    }
    rows |= {(s, y, "P2"): 0 for s in "AB" for y in (2567, 2568, 2569)}
    told = back_test(frame(rows), (1,)).set_index("method")
    assert told.loc["last-year", "within_10_percent"] == 50  # 9 against 10, 8 against 10
    assert told.loc["last-year", "mae_pupils"] == 1.5
    assert told.loc["last-year", "office_error_percent"] == 15


# -- too short ----
def test_one_year_gives_none_and_a_sentence() -> None:
    past = table("A 2568 P1=5 P2=6")
    assert (progression(past), project(past)) == (None, None)
    assert "2 ปีการศึกษาติดกัน" in too_short(past)
    assert "มี 1 ปี" in too_short(past)
    assert too_short(table(BY_HAND)) == ""


def test_years_with_a_gap_between_show_no_ratio() -> None:
    past = table("A 2565 P1=5 P2=6\nA 2567 P1=5 P2=6")
    assert project(past) is None
    assert too_short(past)


def test_back_test_says_what_is_too_short() -> None:
    told = back_test(table(BY_HAND + "A 2569 P4=30 P5=30\nB 2569 P4=15 P5=9"))
    assert told["schools"].tolist() == [2, 2, 0, 0, 0, 0]
    figures = ["mae_pupils", "office_error_percent", "within_10_percent"]
    assert told[figures].notna().all(axis=1).tolist() == [True, True, False, False, False, False]
    assert told[figures].isna().all(axis=1).tolist() == [False, False, True, True, True, True]
    assert told["note"].iloc[0] == ""
    assert "4 ปีการศึกษาติดกัน" in told["note"].iloc[2]
    assert "ล่วงหน้า 3 ปี" in told["note"].iloc[4]
    # 2569 from 2567 and 2568: A 67.05 against 60, B 23.85 against 24
    assert told["mae_pupils"].iloc[0] == pytest.approx((7.05 + 0.15) / 2)


def test_no_history_at_all() -> None:
    none = table(BY_HAND).iloc[:0]
    assert project(none) is None
    assert back_test(none)["mae_pupils"].isna().all()


# -- the tables of an office ----
def office(**more: pd.DataFrame) -> dict[str, pd.DataFrame]:
    def rows(head: str, text: str) -> pd.DataFrame:
        lines = [["" if cell == "." else cell for cell in line.split()] for line in text.strip().splitlines()]
        return pd.DataFrame(lines, columns=head.split())

    students = rows(
        "school_id grade village_id as_of pupils",
        """
        H P1 V1 2/2569 9
        H P1 V2 2/2569 3
        H P2 V1 2/2569 8
        L P1 V1 2/2569 2
        H P1 V1 1/2569 99
        """,
    )
    return {
        "schools": rows("school_id grades status", "H P1-P3 open\nL P1-P2 open\nD P1-P3 closed\nE P1 open"),
        "students": students.assign(pupils=students["pupils"].astype("Int64")),
        "mergers": rows(
            "school_id grades from_term host_id kind programme",
            """
            D P1-P3 1/2568 H learn-together existing
            D P1-P3 1/2569 H dissolve existing
            L P1-P2 1/2568 H learn-together existing
            E P1 1/2570 H dissolve existing
            """,
        ),
        "enrolment": table("""
            H 2568 P1=10 P3=11
            D 2568 P1=4 P2=3
            L 2568 P1=1 P2=1
            D 2567 P1=2
            E 2567 P1=1
            H 2569 P1=77
        """),
    } | more


def test_history_of_an_office() -> None:
    # In 2568 H's empty P2 has D's three; nothing is known of H in 2567, so that D's stand where they were.
    assert history(office()).to_numpy().tolist() == [
        ["D", 2567, "P1", 2],
        ["E", 2567, "P1", 1], ["E", 2569, "P1", 0],
        ["H", 2568, "P1", 14], ["H", 2568, "P2", 3], ["H", 2568, "P3", 11],
        ["H", 2569, "P1", 12], ["H", 2569, "P2", 8], ["H", 2569, "P3", 0],
        ["L", 2568, "P1", 1], ["L", 2568, "P2", 1], ["L", 2569, "P1", 2], ["L", 2569, "P2", 0],
    ]  # fmt: skip


def test_grade_that_was_empty_between_others_is_told_as_empty() -> None:
    past = history(office(mergers=office()["mergers"].iloc[:0]))
    rows = past[(past["school_id"] == "H") & (past["year"] == 2568)]
    assert rows[["grade", "count"]].to_numpy().tolist() == [["P1", 10], ["P2", 0], ["P3", 11]]


def test_history_without_past_years_or_without_a_known_year() -> None:
    tables = office()
    del tables["enrolment"]
    past = history(tables)
    assert set(past["year"]) == {2569}
    assert project(past) is None
    undated = history(office(students=office()["students"].assign(as_of="")))
    assert len(undated) == 0
    assert "as_of" in too_short(undated)


def test_merger_is_no_newcomer() -> None:
    # D's six move up with H's ten: everybody goes on, and that is what the ratios say.
    schools = pd.DataFrame(
        [("H", "P1-P2", "open"), ("D", "P1-P2", "closed")], columns=["school_id", "grades", "status"]
    )
    students = pd.DataFrame([("H", "P1", "2/2569", 16), ("H", "P2", "2/2569", 16)],
                            columns=["school_id", "grade", "as_of", "pupils"])  # fmt: skip
    past = table("H 2568 P1=10 P2=10\nD 2568 P1=6 P2=6\nH 2567 P1=10 P2=10\nD 2567 P1=6 P2=6")
    merger = ("D", "P1-P2", "1/2569", "H", "dissolve", "existing")
    mergers = pd.DataFrame([merger], columns=["school_id", "grades", "from_term", "host_id", "kind", "programme"])
    tables = {"schools": schools, "students": students, "enrolment": past, "mergers": mergers}
    known = progression(history(tables))
    assert known is not None
    assert known.ratio[known.schools.index("H"), GRADES.index("P2")] == 1
    assert set(cells(project(history(tables))).values()) == {16}


def test_sample_office(sample: Path) -> None:
    tables = open_cycle(sample).tables
    past = history(tables)
    newest = past[past["year"] == 2569]
    assert not past.duplicated(["school_id", "year", "grade"]).any()
    assert newest["count"].sum() == tables["students"]["pupils"].sum()
    assert past[past["year"] < 2569]["count"].sum() == tables["enrolment"]["count"].sum()
    told = back_test(past).set_index(["horizon", "method"])
    for horizon in (1, 2):
        cohort, naive = told.loc[(horizon, "cohort")], told.loc[(horizon, "last-year")]
        assert cohort["mae_pupils"] < naive["mae_pupils"] / 2
        assert cohort["office_error_percent"] < naive["office_error_percent"] / 2
        assert cohort["within_10_percent"] >= naive["within_10_percent"]
    assert told.loc[(3, "cohort"), "note"] != ""

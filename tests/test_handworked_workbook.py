"""The hand-worked year agrees with itself: every step made anew from its inputs, in plain numbers and fractions."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import handworked
import pandas as pd
import pytest
from handworked import BALANCES, DAYS, LINE, RULES, TERMS
from openpyxl import load_workbook

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

GRADES = ["K1", "K2", "K3", "P1", "P2", "P3", "P4", "P5", "P6"]
ROUNDS = ["november", "may"]
INPUT_SHEETS = range(1, 10)
STEP_SHEETS = range(10, 24)
WHAT_IF = [10_000, 30_935, 40_000]
Line = tuple[str, str, str]


class Claim(NamedTuple):
    """A pupil whom a merger takes to a host."""

    line: Line
    village: str
    grade: str
    metres: int
    band: int
    per_day: int
    days: int

    @property
    def baht(self) -> int:
        return self.per_day * self.days


def rows_of(table: pd.DataFrame) -> list[dict[str, object]]:
    return table.to_dict("records")


def work_claims(round_name: str, day: str) -> dict[str, Claim]:
    """Who sits where on a day and what it pays, by pupil."""
    tables = handworked.tables()
    (rule,) = (row for row in rows_of(handworked.sheet(5)) if row["round"] == round_name)
    metres = {
        (row["village_id"], row["host_id"]): row["certified_m"]
        for row in rows_of(handworked.sheet(4))
        if row["date"] <= day
    }
    claims = {}
    for pupil in rows_of(tables["students"]):
        if pupil["as_of"] != day:
            continue
        school = pupil["from_school_id"] or pupil["school_id"]
        merges = [
            merge
            for merge in rows_of(tables["mergers"])
            if merge["school_id"] == school
            and pupil["grade"] in spell(merge["grades"])
            and merge["from_term"].split("/")[::-1] <= TERMS[round_name].split("/")[::-1]
        ]
        if merges:
            (merge,) = merges
            assert pupil["school_id"] in (school, merge["host_id"])
            far = int(metres[pupil["village_id"], merge["host_id"]])
            band = 1 if far <= rule["band1_up_to_m"] else 2 if far <= rule["band2_up_to_m"] else 3
            line = (merge["host_id"], school, merge["programme"])
            at = pupil["village_id"], pupil["grade"]
            claims[pupil["student_key"]] = Claim(line, *at, far, band, int(rule[f"band{band}_baht"]), int(rule["days"]))
    return claims


def spell(grades: str) -> list[str]:
    if grades == "all":
        return GRADES
    first, last = grades.split("-")
    return GRADES[GRADES.index(first) : GRADES.index(last) + 1]


def share(money: int, weights: Mapping[Hashable, int]) -> dict[Hashable, int]:
    """Whole baht in proportion; what is over goes to the largest fractions, equal ones by code."""
    whole = sum(weights.values())
    exact = {key: Fraction(money * weight, whole) for key, weight in weights.items()}
    given = {key: int(part) for key, part in exact.items()}
    for key in sorted(exact, key=lambda key: (given[key] - exact[key], key))[: money - sum(given.values())]:
        given[key] += 1
    return given


def share_by(rule: str, money: int, claims: list[Claim]) -> dict[Line, int]:
    """Baht by line under a rule, from its description."""
    need = baht_by_line(claims)
    if rule == "proportional":
        return share(money, need)
    if rule == "equal-days":
        day: Counter[Line] = Counter()
        for claim in claims:
            day[claim.line] += claim.per_day
        days = max(d for d in range(claims[0].days + 1) if d * sum(day.values()) <= money)
        rest = share(money - days * sum(day.values()), day)
        return {line: days * day[line] + rest[line] for line in day}
    tiers: defaultdict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        tiers[-claim.metres if rule == "furthest-first" else claim.line[2] != "existing"].append(claim)
    given = Counter(dict.fromkeys(need, 0))
    for _, tier in sorted(tiers.items()):
        wanted = baht_by_line(tier)
        part = min(money, sum(wanted.values()))
        money -= part
        given.update(share(part, wanted))
    return dict(given)


def baht_by_line(claims: list[Claim]) -> dict[Line, int]:
    sums: Counter[Line] = Counter()
    for claim in claims:
        sums[claim.line] += claim.baht
    return dict(sums)


def by_line(rows: pd.DataFrame, column: str) -> dict[Line, int]:
    """A column of expected results by line; nothing may be there twice."""
    assert not rows.duplicated(LINE).any()
    return {tuple(row[name] for name in LINE): int(row[column]) for row in rows_of(rows)}


def ceiling(round_name: str) -> int:
    letters = handworked.tables()["ceilings"]
    return int(letters.loc[letters["round"] == round_name, "baht"].sum())


def test_the_year_holds_every_case_that_it_must() -> None:
    tables = handworked.tables()
    assert set(handworked.sheet(1)["role"].value_counts().items()) == {("โรงเรียนหลัก", 3), ("โรงเรียนมารวม", 7)}
    assert set(tables["mergers"]["host_id"]) | set(tables["mergers"]["school_id"]) == set(
        tables["schools"]["school_id"]
    )
    assert {3000, 3001, 10000, 10001} <= set(handworked.sheet(4)["certified_m"])
    assert set(tables["students"]["grade"]) == set(GRADES[1:])
    assert tables["ceilings"].groupby("round")["letter"].nunique().to_dict() == {"november": 2, "may": 2}
    assert ceiling("november") < handworked.need("november")["need_baht"].sum()
    assert ceiling("may") > handworked.need("may")["need_baht"].sum()
    changed = Counter(pd.concat([handworked.changes(name) for name in ROUNDS])["change"])
    assert changed == {"added": 4, "left": 3, "band": 3, "moved": 1}
    hosts = tables["mergers"].groupby("school_id")["host_id"].nunique()
    assert sorted(hosts) == [1, 1, 1, 1, 1, 1, 2]
    dissolved = tables["mergers"].loc[tables["mergers"]["kind"] == "dissolve", ["school_id", "host_id"]]
    came = tables["students"].loc[tables["students"]["from_school_id"] != "", ["from_school_id", "school_id"]]
    assert set(came.itertuples(index=False, name=None)) == set(dissolved.itertuples(index=False, name=None))


def test_results_are_formulas_and_inputs_are_not() -> None:
    shown = {int(ws.title.split()[0]): ws for ws in load_workbook(handworked.BOOK).worksheets}
    for ws in shown.values():
        assert str(ws["A1"].value).endswith("(ข้อมูลสมมุติ)")
    keys = {"round", *LINE, "stage", "grade", "band", "road_m", "student_key"}
    helpers = {"number", "first_grade", "last_grade", "term_number"}
    for number in (*INPUT_SHEETS, *STEP_SHEETS):
        rows = list(shown[number].iter_rows(min_row=handworked.HEAD_ROW, values_only=True))
        for name, *cells in zip(*rows, strict=True):
            made = [isinstance(cell, str) and cell.startswith("=") for cell in cells]
            if number in INPUT_SHEETS:
                assert name in helpers or not any(made), (number, name)
            elif (number, name) == (23, "ceiling_baht"):
                assert not any(made)
            elif number in (10, 11) or name not in keys:
                empty = number == 22 and name in ("ceiling_baht", "unallocated_baht", "one_more_day_baht")
                assert empty or all(made), (number, name)


def test_every_number_has_been_computed_without_fault() -> None:
    for number in STEP_SHEETS:
        table = handworked.sheet(number)
        texts = table.select_dtypes(object).to_numpy().ravel()
        assert not [text for text in texts if str(text).startswith(("#", "Err:"))], number
        money = [name for name in table if name.endswith("_baht") and number != 19]
        assert all(table[name].dtype == "Int64" for name in money), number
        for name in table.columns[table.columns.str.contains("check|identity")]:
            assert table[name].eq(0).all(), (number, name)


@pytest.mark.parametrize("round_name", ROUNDS)
@pytest.mark.parametrize("counted", [False, True], ids=["survey", "count"])
def test_each_pupil(round_name: str, counted: bool) -> None:
    claims = work_claims(round_name, DAYS[round_name][counted])
    shown = {
        row["student_key"]: Claim(
            tuple(row[name] for name in LINE),
            row["village_id"],
            row["grade"],
            row["road_m"],
            row["band"],
            row["baht_per_day"],
            row["days"],
        )
        for row in rows_of(handworked.claims(round_name, counted=counted))
    }
    assert shown == claims
    baht = handworked.claims(round_name, counted=counted).set_index("student_key")["baht"]
    assert baht.to_dict() == {key: claim.baht for key, claim in claims.items()}


@pytest.mark.parametrize("round_name", ROUNDS)
def test_need(round_name: str) -> None:
    claims = list(work_claims(round_name, DAYS[round_name][0]).values())
    need = handworked.need(round_name)
    assert by_line(need, "need_baht") == baht_by_line(claims)
    assert by_line(need, "pupils") == Counter(claim.line for claim in claims)
    detail = handworked.need_detail(round_name)
    shown = {tuple(row[name] for name in (*LINE, "grade", "band")): row["pupils"] for row in rows_of(detail)}
    assert shown == Counter((*claim.line, claim.grade, claim.band) for claim in claims)
    assert (detail["baht"] == detail["pupils"] * detail["days"] * detail["baht_per_day"]).all()
    assert detail["baht"].sum() == need["need_baht"].sum()
    stages = detail.groupby("stage")["grade"].agg(set).to_dict()
    assert stages["P4-P6"] == {"P4", "P5", "P6"}
    assert stages["P1-P3"] <= {"P1", "P2", "P3"}
    assert stages["K"] <= {"K2", "K3"}


@pytest.mark.parametrize("round_name", ROUNDS)
@pytest.mark.parametrize("rule", RULES)
def test_each_way_of_sharing(round_name: str, rule: str) -> None:
    claims = list(work_claims(round_name, DAYS[round_name][0]).values())
    shown = handworked.allocation(round_name, rule)
    money = min(ceiling(round_name), sum(claim.baht for claim in claims))
    assert by_line(shown, "allocated_baht") == share_by(rule, money, claims)
    assert shown["allocated_baht"].sum() == money
    assert (shown["allocated_baht"] <= shown["need_baht"]).all()


def test_equal_fractions_stand_at_the_cut() -> None:
    shares = handworked.sheet(14)[lambda rows: rows["round"] == "november"]
    tied = shares[shares.duplicated("remainder", keep=False)].sort_values("host_id")
    assert tied["extra_baht"].tolist() == [1, 0]
    exact = [Fraction(int(n) * ceiling("november"), 37_050) for n in shares["need_baht"]]
    assert [part - int(part) for part in exact] == [Fraction(int(r), 37_050) for r in shares["remainder"]]


# Of each sheet that shares: within which rows, what is shared, by what, of what sum, on top of what.
SHARED = {
    14: (["round"], "money_baht", "need_baht", "total_need_baht", None),
    15: (["round"], "rest_baht", "day_baht", "total_day_baht", "base_baht"),
    16: (["round", "tier"], "tier_money_baht", "need_baht", "tier_need_baht", None),
    17: (["round", "road_m"], "same_money_baht", "need_baht", "same_baht", None),
    23: (["ceiling_baht"], "money_baht", "need_baht", "total_need_baht", None),
}


@pytest.mark.parametrize("number", SHARED)
def test_remainders_shown(number: int) -> None:
    within, money, weight, whole, base = SHARED[number]
    table = handworked.sheet(number)
    for key, group in table.groupby(within):
        (amount,) = group[money].unique()
        assert group[whole].eq(group[weight].sum()).all(), key
        parts = [divmod(int(amount) * int(w), int(group[weight].sum())) for w in group[weight]]
        assert list(zip(group["quotient_baht"], group["remainder"], strict=True)) == parts
        over = int(amount) - sum(quotient for quotient, _ in parts)
        assert group["left_baht"].eq(over).all()
        codes = group[LINE].agg("|".join, axis=1)
        order = sorted(group.index, key=lambda i: (-group["remainder"][i], codes[i]))
        assert group["place"].to_dict() == {i: place for place, i in enumerate(order, start=1)}
        assert group["extra_baht"].to_dict() == {i: int(i in order[:over]) for i in group.index}
    given = table["quotient_baht"] + table["extra_baht"] + (0 if base is None else table[base])
    assert table["allocated_baht"].equals(given)


@pytest.mark.parametrize("number", range(14, 18))
def test_each_way_is_carried_to_the_comparison(number: int) -> None:
    table = handworked.sheet(number)
    for round_name in ROUNDS:
        rows = table[table["round"] == round_name].groupby(LINE, as_index=False)[["need_baht", "allocated_baht"]].sum()
        chosen = handworked.allocation(round_name, RULES[number - 14])
        for column in ("need_baht", "allocated_baht"):
            assert by_line(rows, column) == by_line(chosen, column)


@pytest.mark.parametrize("money", WHAT_IF)
def test_november_under_another_ceiling(money: int) -> None:
    claims = list(work_claims("november", DAYS["november"][0]).values())
    need = baht_by_line(claims)
    given = min(money, sum(need.values()))
    shown = handworked.what_if(money)
    assert by_line(shown, "need_baht") == need
    assert by_line(shown, "allocated_baht") == share(given, need)
    sheet = handworked.sheet(23)[lambda rows: rows["ceiling_baht"] == money]
    assert by_line(sheet, "short_baht") == {line: baht - share(given, need)[line] for line, baht in need.items()}
    assert sheet["unallocated_baht"].unique().tolist() == [money - given]


def test_the_ceilings_compared_hold_the_one_in_force() -> None:
    assert sorted(set(handworked.sheet(23)["ceiling_baht"])) == WHAT_IF
    pd.testing.assert_frame_equal(handworked.what_if(ceiling("november")), handworked.allocation("november"))


def test_need_is_days_times_what_one_day_costs() -> None:
    # Hence whole days for everybody and largest remainders come to the same.
    for round_name in ROUNDS:
        need = handworked.need(round_name)
        (days,) = handworked.need_detail(round_name)["days"].unique()
        assert (need["need_baht"] == need["day_baht"] * days).all()
        ways = [handworked.allocation(round_name, rule) for rule in ("proportional", "equal-days")]
        pd.testing.assert_frame_equal(*ways)
    shares = handworked.sheet(15)[["round", "whole_days"]].drop_duplicates()
    assert dict(shares.itertuples(index=False, name=None)) == {"november": 30_935 // 390, "may": 105}


@pytest.mark.parametrize("round_name", ROUNDS)
def test_changes(round_name: str) -> None:
    before, after = (work_claims(round_name, day) for day in DAYS[round_name])
    worked = {}
    for key in {*before, *after}:
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            worked[key] = "added" if old is None else "left"
        elif old.line != new.line:
            worked[key] = "moved"
        elif old.band != new.band:
            worked[key] = "band"
    shown = handworked.changes(round_name)
    assert shown.set_index("student_key")["change"].to_dict() == worked
    everybody = handworked.sheet(19)[lambda rows: rows["round"] == round_name]
    assert {*before, *after} <= set(everybody["student_key"])
    for row in rows_of(everybody):
        for side, claims in (("before", before), ("after", after)):
            claim = claims.get(row["student_key"])
            cells = tuple(
                row[f"{side}_{name}"]
                for name in ("host", "school", "programme", "village", "grade", "road_m", "band", "baht")
            )
            if claim is None:
                assert all(pd.isna(cell) or cell == "" for cell in cells)
            else:
                assert cells == (*claim.line, claim.village, claim.grade, claim.metres, claim.band, claim.baht)
    moved = sum(claim.baht for claim in after.values()) - sum(claim.baht for claim in before.values())
    assert shown["change_baht"].sum() == moved


@pytest.mark.parametrize("balance", BALANCES)
def test_settlement(balance: str) -> None:
    carried: dict[Line, int] = {}
    for round_name in ROUNDS:
        due = baht_by_line(list(work_claims(round_name, DAYS[round_name][1]).values()))
        allocated = by_line(handworked.allocation(round_name), "allocated_baht")
        lines = {*due, *allocated, *carried}
        paid = pay(round_name, lines, allocated, due)
        shown = handworked.settlement(round_name, balance)
        assert {tuple(row[name] for name in LINE) for row in rows_of(shown)} == lines
        assert by_line(shown, "weight") == weights(lines, allocated, due)
        out = {}
        for row in rows_of(shown):
            line = tuple(row[name] for name in LINE)
            assert (row["due_baht"], row["allocated_baht"]) == (due.get(line, 0), allocated.get(line, 0))
            assert row["paid_baht"] == paid[line] if line in paid else pd.isna(row["paid_baht"])
            left = paid.get(line, allocated.get(line, 0)) - due.get(line, 0)
            if round_name == "may":
                kept = carried.get(line, 0)
            else:
                out[line] = {"carry": left, "settle": 0, "surplus": max(0, left)}[balance]
                kept = -out[line]
            money = kept, max(0, -left - kept), max(0, left + kept)
            assert (row["carried_baht"], row["additional_baht"], row["return_baht"]) == money
            assert row["counted_paid_baht"] + money[0] + money[1] - money[2] == row["due_baht"]
        assert (shown["balance_baht"] == shown["counted_paid_baht"] - shown["due_baht"]).all()
        carried = out


def test_settlement_in_force_carries() -> None:
    shown = pd.concat([handworked.settlement(name, "carry") for name in ROUNDS], ignore_index=True)
    pd.testing.assert_frame_equal(shown, handworked.sheet(20))
    pd.testing.assert_series_equal(handworked.sheet(20)["balance_baht"], handworked.sheet(21)["balance_baht"])


def weights(lines: set[Line], *choices: dict[Line, int]) -> dict[Line, int]:
    """What the lines of a pair of schools share by: the first choice that gives any of them a baht, or equally."""
    shared: dict[Line, int] = {}
    for pair in {line[:2] for line in lines}:
        mine = [line for line in lines if line[:2] == pair]
        whole = [{line: choice.get(line, 0) for line in mine} for choice in choices]
        shared |= next((choice for choice in whole if any(choice.values())), dict.fromkeys(mine, 1))
    return shared


def pay(round_name: str, lines: set[Line], allocated: dict[Line, int], due: dict[Line, int]) -> dict[Line, int]:
    """What was paid to a pair of schools, by line: two programmes of a pair share it by what was allocated."""
    payments = handworked.tables()["payments"]
    weight = weights(lines, allocated, due)
    given: dict[Line, int] = {}
    for pair, rows in payments[payments["round"] == round_name].groupby(["host_id", "school_id"]):
        given |= share(int(rows["baht"].sum()), {line: baht for line, baht in weight.items() if line[:2] == pair})
    return given


def test_a_pair_with_two_programmes_on_paper() -> None:
    # 6 345 of November is what the two were allocated, 2 776 + 3 569; of May's 8 085 all was the second's.
    wanted = {"november": [2_776, 3_569], "may": [0, 8_085]}
    for round_name, baht in wanted.items():
        pair = handworked.settlement(round_name)[lambda rows: rows["school_id"] == "1099000206"]
        assert pair["programme"].tolist() == ["existing", "second-decade"]
        assert pair["paid_baht"].tolist() == baht


def test_settlement_counts_pupils() -> None:
    for round_name in ROUNDS:
        before, after = (work_claims(round_name, day) for day in DAYS[round_name])
        shown = handworked.settlement(round_name)
        for column, claims in (("pupils_estimate", before), ("pupils_count", after)):
            wanted = Counter(claim.line for claim in claims.values())
            assert {line: n for line, n in by_line(shown, column).items() if n} == wanted
        kinds = handworked.changes(round_name)
        for column, side, kind in (
            ("added", "after", "added"),
            ("left", "before", "left"),
            ("moved_in", "after", "moved"),
            ("moved_out", "before", "moved"),
            ("band_changed", "after", "band"),
        ):
            rows = kinds[kinds["change"] == kind]
            wanted = Counter(zip(*(rows[f"{side}_{name}"] for name in ("host", "school", "programme")), strict=True))
            assert {line: n for line, n in by_line(shown, column).items() if n} == wanted


def test_totals_add_up() -> None:
    totals = handworked.totals().set_index(["round", "programme"])
    rounds = pd.concat([handworked.settlement(name) for name in ROUNDS])
    summed = [name for name in totals if name in rounds]
    assert len(summed) == 15
    for (round_name, programme), row in totals[summed].iterrows():
        lines = rounds[rounds["round"].isin(ROUNDS if round_name == "year" else [round_name])]
        lines = lines[lines["programme"].isin(["existing", "second-decade"] if programme == "all" else [programme])]
        assert row.to_dict() == lines[summed].sum().to_dict(), (round_name, programme)
    assert totals["not_paid_baht"].equals(totals["allocated_baht"] - totals["counted_paid_baht"])
    for round_name in ROUNDS:
        row = totals.loc[round_name, "all"]
        assert row["ceiling_baht"] == ceiling(round_name) == row["allocated_baht"] + row["unallocated_baht"]
        claims = work_claims(round_name, DAYS[round_name][0]).values()
        assert row["one_more_day_baht"] == sum(claim.per_day for claim in claims)


def test_totals_added_on_paper() -> None:
    # 39 × 950 of the November survey; the rest added up with a pencil from the pupils' lists.
    totals = handworked.totals().set_index(["round", "programme"])
    names = ["estimate_baht", "allocated_baht", "due_baht", "counted_paid_baht", "additional_baht", "return_baht"]
    shown = {name: totals.loc[(name, "all"), names].tolist() for name in (*ROUNDS, "year")}
    parts = {(name, key): row["additional_baht"] for (name, key), row in totals.iterrows() if name == "may"}
    assert parts == {("may", "existing"): 8_634, ("may", "second-decade"): 4_684, ("may", "all"): 13_318}
    assert shown == {
        "november": [37_050, 30_935, 39_425, 30_935, 0, 0],
        "may": [49_140, 49_140, 50_505, 48_840, 13_318, 3_163],
        "year": [86_190, 80_075, 89_930, 79_775, 13_318, 3_163],
    }


def test_the_tables_can_be_read_as_an_office_has_them() -> None:
    tables = handworked.tables()
    students = tables["students"]
    assert not students.duplicated(["student_key", "as_of"]).any()
    assert set(students["as_of"]) == {day for days in DAYS.values() for day in days}
    assert set(students["school_id"]) <= set(tables["schools"]["school_id"])
    assert set(students["village_id"]) <= set(tables["villages"]["village_id"])
    assert tables["schools"]["school_id"].str.fullmatch(r"1099\d{6}").all()
    superseded = handworked.sheet(4)["supersedes"].dropna().tolist()
    assert superseded == [8]
    assert superseded[0] in set(handworked.certified("2026-11-02")["seq"])
    assert superseded[0] not in set(handworked.certified("2026-11-10")["seq"])

"""The hand-worked year of ``data/handworked-year.xlsx``, to the baht."""

from __future__ import annotations

import handworked as book
import pandas as pd
import pytest

from restructure.policy import Policy, load_policy
from restructure.seating import make_office
from restructure.settlement import carry_over, changes, settle, snapshots_for
from restructure.subsidy import LINE, allocate, ceiling, claim_rows, compare_rules, gather, one_more_day, under_ceilings
from restructure.thai import ROUNDS, round_term

SETTLED = {
    "moved": "moved_in",
    "moved_away": "moved_out",
    **{
        name: name
        for name in (
            "pupils_estimate", "pupils_count", "added", "left", "band_changed", "estimate_baht", "due_baht",
            "allocated_baht", "paid_baht", "carried_baht", "additional_baht", "return_baht",
        )
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    path = tmp_path_factory.mktemp("office") / "policy.yaml"
    path.write_text(book.policy_text(), "utf-8")
    return load_policy(path)


def priced(policy: Policy, round_name: str, *, counted: bool) -> pd.DataFrame:
    """The pupils of a round by the package: those that its own rule takes for the estimate or for the count."""
    tables, term = book.tables(), round_term(2570, round_name)
    students = tables["students"].assign(pupils=1, boards="", mode="")
    chosen = snapshots_for(students, term, policy.at(term).settings)[counted]
    assert chosen is not None
    known = book.certified(book.DAYS[round_name][counted])
    ways = known.rename(columns={"host_id": "school_id", "routed_m": "road_m"})
    office = make_office(tables | {"students": chosen}, ways.assign(minutes=1), policy)
    certified = known.assign(measured_from="village", student_key="")
    return claim_rows(office, round_name, certified=certified)


def same(got: pd.DataFrame, expected: pd.DataFrame, columns: dict[str, str]) -> None:
    """Hold columns of ours against the book's, line by line; ours leaves out lines in which there is nothing."""
    ours = got.set_index(LINE)[list(columns)].astype("Int64")
    theirs = expected.set_index(LINE)[list(columns.values())].astype("Int64").set_axis(list(columns), axis=1)
    theirs = theirs[theirs.fillna(0).any(axis=1) | theirs.index.isin(ours.index)]
    pd.testing.assert_frame_equal(ours.sort_index(), theirs.sort_index(), check_index_type=False)


@pytest.mark.parametrize("round_name", ROUNDS)
def test_need(policy: Policy, round_name: str) -> None:
    rows = gather(priced(policy, round_name, counted=False))
    assert (rows["reason"] == "").all()
    lines = rows.groupby(LINE, as_index=False)[["pupils", "baht"]].sum()
    same(lines, book.need(round_name), {"pupils": "pupils", "baht": "need_baht"})
    by_band = rows.groupby([*LINE, "grade", "band"])[["pupils", "days", "baht_per_day", "baht"]]
    got = by_band.agg({"pupils": "sum", "days": "first", "baht_per_day": "first", "baht": "sum"}).reset_index()
    detail = book.need_detail(round_name)[got.columns]
    keys = [*LINE, "grade", "band"]
    got, detail = (frame.sort_values(keys, ignore_index=True) for frame in (got, detail))
    pd.testing.assert_frame_equal(got, detail, check_dtype=False)


@pytest.mark.parametrize("round_name", ROUNDS)
@pytest.mark.parametrize("rule", book.RULES)
def test_allocation(policy: Policy, round_name: str, rule: str) -> None:
    needed = gather(priced(policy, round_name, counted=False))
    baht = ceiling(book.tables(), round_name)
    assert baht is not None
    same(allocate(needed, baht, rule=rule), book.allocation(round_name, rule), {"allocated_baht": "allocated_baht"})  # type: ignore[arg-type]
    side_by_side = compare_rules(needed, baht).rename(columns={rule: "one"})
    same(side_by_side, book.allocation(round_name, rule), {"one": "allocated_baht"})


@pytest.mark.parametrize("baht", [10_000, 30_935, 40_000])
def test_three_ceilings(policy: Policy, baht: int) -> None:
    needed = gather(priced(policy, "november", counted=False))
    got = under_ceilings(needed, [10_000, 30_935, 40_000]).rename(columns={str(baht): "one"})
    same(got, book.what_if(baht), {"one": "allocated_baht"})


@pytest.mark.parametrize("balance", ["carry", "settle"])
def test_settlement(policy: Policy, balance: str) -> None:
    payments, carried = book.tables()["payments"], None
    for round_name in ROUNDS:
        estimate, count = (priced(policy, round_name, counted=counted) for counted in (False, True))
        allocated = allocate(gather(estimate), ceiling(book.tables(), round_name))
        mine = payments[payments["round"] == round_name]
        lines = settle(estimate, count, allocated, mine, carried)
        if balance == "carry" and round_name == "november":
            lines, carried = carry_over(lines)
        same(lines, book.settlement(round_name, balance), SETTLED)


@pytest.mark.parametrize("round_name", ROUNDS)
def test_changes(policy: Policy, round_name: str) -> None:
    found = changes(*(priced(policy, round_name, counted=counted) for counted in (False, True)))
    expected = book.changes(round_name)
    got = found.set_index("student_key")[["change", "baht"]].sort_index()
    theirs = expected.set_index("student_key")[["change", "change_baht"]].sort_index()
    assert got["change"].to_dict() == theirs["change"].to_dict()
    assert got["baht"].astype(int).to_dict() == theirs["change_baht"].astype(int).to_dict()


@pytest.mark.parametrize("round_name", ROUNDS)
def test_one_more_day(policy: Policy, round_name: str) -> None:
    got = one_more_day(gather(priced(policy, round_name, counted=False))).set_index("programme")["baht"].to_dict()
    totals = book.totals()
    expected = totals[totals["round"] == round_name].set_index("programme")["one_more_day_baht"].to_dict()
    assert got == {name: int(baht) for name, baht in expected.items()}

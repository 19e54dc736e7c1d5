"""A round of the year gathered: what was asked for, what was confirmed, what is carried, each term by its own rule."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from small_office import read_rows
from year_office import COUNTS, NEED, OFFICER, PAYMENTS, certify_all, run, write_pupils, write_year

from restructure import UsageError
from restructure.budget import SHARING_DECISION
from restructure.cycle import Measured, measure, open_cycle
from restructure.ledger import head, in_force, read_ledger, revoke
from restructure.rounds import ALLOCATED, REQUEST, compare, confirm_allocation, make_round, record_request
from restructure.thai import Term

CARRY = "settings: {november_balance: {value: carry, source: ทดสอบ}}\n"
SETTLE = CARRY.replace("carry", "settle")
DIFFERS = "การจัดสรรที่ยืนยันไว้ต่างจากที่คำนวณได้ตอนนี้"


@pytest.fixture(scope="module")
def certified_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_year(tmp_path_factory.mktemp("year") / "2570")
    certify_all(folder)
    return folder


@pytest.fixture
def folder(certified_year: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(certified_year, tmp_path / "2570"))


def opened(folder: Path) -> Measured:
    return measure(open_cycle(folder))


def by_school(table: pd.DataFrame | None, *columns: str) -> dict[str, tuple[object, ...]]:
    assert table is not None
    rows = table.set_index("school_id")[list(columns)].astype(object)
    return {school: tuple(None if pd.isna(v) else v for v in row) for school, row in rows.iterrows()}


def confirm(folder: Path, name: str, **choices: object) -> list[int]:
    measured = opened(folder)
    made = make_round(measured, name, **choices)  # type: ignore[arg-type]
    return confirm_allocation(measured, made, OFFICER, why="ประชุม")


# -- need and allocation ----
@pytest.mark.parametrize(("name", "term"), [("november", Term(2569, 2)), ("may", Term(2570, 1))])
def test_a_round_on_certified_distances(folder: Path, name: str, term: Term) -> None:
    """The letters are 80 % of the need: 6,800 and 4,800, 7,600 and 4,800."""
    made = make_round(opened(folder), name)
    assert (made.term, made.basis, made.rule) == (term, "certified", "proportional")
    assert made.ceiling_baht == {"november": 11_600, "may": 12_400}[name]
    needs = NEED[name]
    assert by_school(made.allocation, "need_baht", "allocated_baht") == {
        school: (baht, baht * 8 // 10) for school, baht in needs.items()
    }
    assert (made.confirmed, made.settlement, made.changes) == (None, None, None)
    assert made.head == head(folder)
    assert set(made.pairs["state"]) == {"certified"}
    assert any("ยังไม่มีข้อมูลนักเรียน ณ วันนับ" in note for note in made.notes)


def test_routed_leaves_certified_distances_aside(folder: Path) -> None:
    """Nobody knows how far VI is then: 1,500 baht less, and no line of A is certified."""
    made = make_round(opened(folder), "november", routed=True)
    assert made.basis == "routed"
    assert by_school(made.allocation, "basis", "need_baht") == {"A": ("routed", 7_000), "B": ("routed", 6_000)}
    assert any("10 คนยังใช้ระยะทางที่ไม่รับรอง" in note for note in made.notes)
    assert any("1 คนยังวัดระยะทางไม่ได้" in note for note in made.notes)


def test_each_term_is_priced_by_its_own_rule(tmp_path: Path) -> None:
    """From 1/2570 12 and 20 baht: in May 5 × 12 + 2 × 20 + 1 × 20 and 3 × 20 a day, of 90 days."""
    terms = """terms:
  1/2570:
    bands: {value: [{up_to_m: 3000, baht_per_day: 12}, {up_to_m: null, baht_per_day: 20}], source: ทดสอบ}
    days_by_term: {value: {1: 90, 2: 110}, source: ทดสอบ}
"""
    folder = write_year(tmp_path / "2570", policy=terms)
    certify_all(folder)
    for name, needs in (("november", NEED["november"]), ("may", {"A": 10_800, "B": 5_400})):
        assert run("allocate", folder, "--round", name) == 0
        rows = read_rows(folder / "outputs" / "allocation" / name / "allocation.csv")
        assert {row["school_id"]: int(row["need_baht"]) for row in rows} == needs


# -- decisions ----
def test_a_confirmed_allocation_is_what_the_round_is_settled_by(folder: Path) -> None:
    """After the count A needs 10,500 and B 4,000: 8,400 and 3,200 of 11,600. 6,800 and 4,800 were confirmed."""
    confirm(folder, "november")
    made = make_round(opened(folder), "november")
    assert by_school(made.confirmed, "allocated_baht") == {"A": (6_800,), "B": (4_800,)}
    assert not any(DIFFERS in note for note in made.notes), "nothing has changed yet"
    write_pupils(folder)
    made = make_round(opened(folder), "november")
    assert by_school(made.allocation, "allocated_baht") == {"A": (8_400,), "B": (3_200,)}
    assert by_school(made.settlement, "allocated_baht") == {"A": (6_800,), "B": (4_800,)}
    assert any(DIFFERS in note for note in made.notes)
    (seq,) = in_force(read_ledger(folder), ALLOCATED)["seq"]
    revoke(folder, OFFICER, [seq], "เลือกผิด")
    made = make_round(opened(folder), "november")
    assert made.confirmed is None
    assert by_school(made.settlement, "allocated_baht") == {"A": (8_400,), "B": (3_200,)}
    assert not any(DIFFERS in note for note in made.notes)


def test_what_was_confirmed_beside_what_would_be_allocated_now() -> None:
    """A is the same, B has 100 less, C is gone, D is new; nobody has given E an amount yet."""
    confirmed, now = (
        pd.DataFrame(
            [["H", school, "existing", baht] for school, baht in lines],
            columns=["host_id", "school_id", "programme", "allocated_baht"],
        ).astype({"allocated_baht": "Int64"})
        for lines in ([("A", 500), ("B", 400), ("C", 0)], [("A", 500), ("B", 300), ("D", 0), ("E", None)])
    )
    both = by_school(compare(confirmed, now), "confirmed_baht", "allocated_baht", "differs")
    assert both == {"A": (500, 500, False), "B": (400, 300, True), "C": (0, None, True), "D": (None, 0, True)}
    assert compare(None, now).empty
    assert not compare(confirmed, confirmed)["differs"].any()
    assert compare(confirmed, now.iloc[3:])["differs"].tolist() == [True] * 3, "no ceiling any more"


def test_the_rule_that_an_allocation_was_confirmed_by_stays(folder: Path) -> None:
    """11,600 of 14,500 by the furthest first: B at 12,000 m in full, 5,600 left; VI 1,500, V2 3,000, V1 1,100."""
    seqs = confirm(folder, "november", rule="furthest-first")
    rows = read_ledger(folder).set_index("seq").loc[seqs]
    assert rows["kind"].tolist() == [SHARING_DECISION, ALLOCATED]
    made = make_round(opened(folder), "november")
    assert made.rule == "furthest-first"
    assert OFFICER in made.rule_source
    assert by_school(made.allocation, "allocated_baht") == {"A": (5_600,), "B": (6_000,)}
    assert not any(DIFFERS in note for note in made.notes)
    assert make_round(opened(folder), "may").rule == "proportional", "each round has its own"


@pytest.mark.parametrize(
    ("choices", "why", "lacks"),
    [
        ({"ceiling_baht": 11_601}, "ประชุม", "วงเงินไม่ตรงกับหนังสือแจ้ง"),
        ({"routed": True}, "ประชุม", "ยังมีระยะทางที่ไม่รับรอง"),
        ({"rule": "equal-days"}, " ", "ยังไม่บอกเหตุผล"),
    ],
)
def test_what_does_not_move_money_is_not_confirmed(
    folder: Path, choices: dict[str, object], why: str, lacks: str
) -> None:
    measured, before = opened(folder), head(folder)
    made = make_round(measured, "november", **choices)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=lacks):
        confirm_allocation(measured, made, OFFICER, why=why)
    assert head(folder) == before


def test_without_a_letter_nothing_is_confirmed(folder: Path) -> None:
    (folder / "inputs" / "ceilings.csv").unlink()
    measured = opened(folder)
    with pytest.raises(UsageError, match="ยังไม่ทราบวงเงิน"):
        confirm_allocation(measured, make_round(measured, "may", ceiling_baht=1), OFFICER)


def test_a_request_freezes_the_distances_that_its_estimate_is_priced_by(folder: Path) -> None:
    """V1 is measured anew after the request, 3,500 m: 15 in place of 10 baht. Asked for: 4 × 10 + 2 × 15 + 15.

    Due: 6 × 15 + 2 × 15 + 15. Of V1's, four have changed their band and two have come. Without the record the estimate
    would be priced by what is certified now.
    """
    measured = opened(folder)
    (asked,) = record_request(measured, make_round(measured, "november"), OFFICER)
    row = read_ledger(folder).set_index("seq").loc[asked]
    assert (row["kind"], row["subject"]) == (REQUEST, "november")
    assert json.loads(row["content"]) == {"need_baht": 14_500, "pupils": 10}
    again = ["--village", "V1", "--again", "--metres", "3500", "--why", "ทางเดิมปิด"]
    assert run("certify", folder, "--by", OFFICER, *again) == 0
    write_pupils(folder)
    columns = ("estimate_baht", "due_baht", "added", "band_changed")
    settled = make_round(opened(folder), "november").settlement
    assert by_school(settled, *columns)["A"] == (8_500, 13_500, 2, 4)
    revoke(folder, OFFICER, [asked], "ยังไม่ได้ยื่น")
    settled = make_round(opened(folder), "november").settlement
    assert by_school(settled, *columns)["A"] == (10_500, 13_500, 2, 0)


# -- settlement ----
def test_what_november_leaves_goes_to_may(folder: Path) -> None:
    """November: A is paid 6,800 of 10,500, B 4,800 of 4,000. May: A 7,600 − 3,700 of 8,000, B 4,800 + 800 of 8,000."""
    for name in ("november", "may"):
        confirm(folder, name)
    write_pupils(folder)
    with (folder / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(CARRY)
    columns = ("due_baht", "paid_baht", "carried_baht", "additional_baht", "return_baht", "state")
    made = make_round(opened(folder), "november")
    assert by_school(made.settlement, *columns) == {
        "A": (10_500, 6_800, 3_700, 0, 0, "carried"),
        "B": (4_000, 4_800, -800, 0, 0, "carried"),
    }
    assert any("ยกไปรวมกับรอบถัดไป" in note for note in made.notes)
    made = make_round(opened(folder), "may")
    assert by_school(made.settlement, *columns) == {
        "A": (8_000, 7_600, -3_700, 4_100, 0, "additional"),
        "B": (8_000, None, 800, 2_400, 0, "additional"),
    }
    assert not any("ยอดยกมา" in note or "ยังไม่ได้กระทบยอด" in note for note in made.notes)


def test_each_round_may_be_settled_for_itself(folder: Path) -> None:
    for name in ("november", "may"):
        confirm(folder, name)
    write_pupils(folder)
    with (folder / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(SETTLE)
    columns = ("carried_baht", "additional_baht", "return_baht")
    settled = {name: by_school(make_round(opened(folder), name).settlement, *columns) for name in ("november", "may")}
    assert settled == {
        "november": {"A": (0, 3_700, 0), "B": (0, 0, 800)},
        "may": {"A": (0, 400, 0), "B": (0, 3_200, 0)},
    }


def test_may_says_where_november_could_not_be_settled(folder: Path) -> None:
    write_pupils(folder, tuple(day for day in COUNTS if day != "2026-11-10"))
    with (folder / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(CARRY)
    made = make_round(opened(folder), "may")
    assert by_school(made.settlement, "carried_baht") == {"A": (0,), "B": (0,)}
    assert any("รอบพฤศจิกายนยังไม่ได้กระทบยอด" in note for note in made.notes)


def test_what_is_carried_on_uncertified_distances_is_told(folder: Path) -> None:
    """V2 is certified no more, and has nobody in May: that round is no draft, but what November carries is."""
    (row,) = in_force(read_ledger(folder)).query("subject == 'village:V2>H1'").to_dict("records")
    revoke(folder, OFFICER, [row["seq"]], "วัดผิด")
    write_pupils(folder)
    students = folder / "inputs" / "students.csv"
    kept = [line for line in students.read_text("utf-8-sig").splitlines() if not ("V2" in line and "2027" in line)]
    students.write_text("\n".join(kept), "utf-8-sig")
    with (folder / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write(CARRY)
    made = make_round(opened(folder), "may")
    assert made.settlement is not None
    assert set(made.settlement["basis"]) == {"certified"}
    assert [note for note in made.notes if "เป็นร่าง" in note] == ["ยอดยกมาจากรอบพฤศจิกายนเป็นร่าง เพราะยังมีระยะทางที่ไม่รับรอง"]


def test_a_settlement_without_an_estimate(folder: Path) -> None:
    write_pupils(folder, ("2026-11-10",))
    made = make_round(opened(folder), "november")
    assert made.changes is None
    assert by_school(made.settlement, "pupils_estimate", "added", "due_baht")["A"] == (None, None, 10_500)
    assert any("ไม่มีข้อมูลนักเรียนก่อนวันนับ" in note for note in made.notes)


def test_payments_alone_can_be_settled(folder: Path) -> None:
    (folder / "inputs" / "ceilings.csv").unlink()
    write_pupils(folder)
    made = make_round(opened(folder), "november")
    assert made.ceiling_baht is None
    assert by_school(made.settlement, "allocated_baht", "paid_baht", "additional_baht", "return_baht") == {
        "A": (None, int(PAYMENTS[0][3]), 3_700, 0),
        "B": (None, int(PAYMENTS[1][3]), 0, 800),
    }


def test_a_moved_point_is_told(folder: Path) -> None:
    villages = folder / "inputs" / "villages.csv"
    text = villages.read_text("utf-8-sig")
    old = next(line for line in text.splitlines() if line.startswith("V1,")).split(",")
    moved = [*old[:3], str(float(old[3]) + 0.001), *old[4:]]
    villages.write_text(text.replace(",".join(old), ",".join(moved)), "utf-8-sig")
    made = make_round(opened(folder), "november")
    assert made.pairs.set_index("village_id")["state"].to_dict()["V1"] == "stale"
    assert any("ที่รับรองไว้ 1 คู่ มีจุดหรือถนนเปลี่ยน" in note for note in made.notes)


def test_who_is_not_eligible_is_told(folder: Path) -> None:
    with (folder / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write("settings: {eligible_grades: {value: P1-P2, source: ทดสอบ}}\n")
    made = make_round(opened(folder), "november")
    assert by_school(made.refused, "grade", "pupils", "reason") == {"A": ("P3", 1, "grade")}
    assert by_school(made.allocation, "need_baht") == {"A": (7_000,), "B": (6_000,)}
    assert any("ผู้ที่ไม่มีสิทธิ: ชั้นที่เรียนไม่อยู่ในชั้นที่มีสิทธิ 1 คน" in note for note in made.notes)

"""A plan's figures, worked by hand, and where each comes from: files and rows, roads, rules."""

from __future__ import annotations

import pandas as pd
import pytest
from plan_office import write_planned

from restructure import PRESENT, UsageError, find_scenario, measure, open_cycle, simulate
from restructure.cycle import Measured
from restructure.planfigures import merge_rows, plan_figures, spell_figure
from restructure.trace import trace


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measure(open_cycle(write_planned(tmp_path_factory.mktemp("plan") / "2570")))


@pytest.fixture(scope="module")
def figures(measured: Measured) -> pd.DataFrame:
    return plan_figures(simulate(find_scenario(measured.cycle.folder), measured.office))


def of(figures: pd.DataFrame, school: str, host: str) -> dict[str, object]:
    mine = figures[(figures["school_id"] == school) & (figures["host_id"] == host)]
    return dict(zip(mine["key"], mine["value"].astype(object).where(mine["value"].notna(), None), strict=True))


def test_by_hand(figures: pd.DataFrame) -> None:
    assert of(figures, "A", "") == {"on_roll": 5, "teachers": 2}
    assert of(figures, "B", "") == {"on_roll": 5, "teachers": None}
    assert of(figures, "A", "H") == {"pupils": 5, "unreachable": 0, "median_m": 2000, "max_m": 4000, "baht": 12_000}
    assert of(figures, "B", "H") == {"pupils": 5, "unreachable": 1, "median_m": 12_000, "max_m": 12_000, "baht": 16_000}
    # Grades P1 (3 + 5 + 5) and P2 (2) at H: a room each.
    assert of(figures, "", "H") == {"before": 5, "after": 15, "rooms_needed": 2, "rooms": 6}
    whole = of(figures, "", "")
    assert [whole[key] for key in ("pupils_moved", "unreachable", "baht_per_year")] == [10, 1, 28_000]


def test_each_figure_is_known_by_one_key(figures: pd.DataFrame) -> None:
    assert not figures.duplicated(["school_id", "host_id", "key"]).any()
    assert not figures.duplicated(["school_id", "host_id", "thai"]).any(), "versions tell them apart by their words"


def test_unknown_is_said_not_nought() -> None:
    assert spell_figure("baht", pd.NA, "บาท") == "ยังคิดไม่ได้"
    assert spell_figure("max_m", None, "เมตร") == "ไปไม่ถึง/ไม่ทราบ"
    assert spell_figure("teachers", pd.NA, "คน") == "ไม่ทราบ"
    assert spell_figure("baht", 12_000, "บาท") == "12,000 บาท"


def test_merges(measured: Measured) -> None:
    rows = merge_rows(simulate(find_scenario(measured.cycle.folder), measured.office))
    assert rows.to_numpy().tolist() == [
        ["A", "H", "merge", "second-decade", "1/2570", "P1-P6"],
        ["B", "H", "learn-together", "unspecified", "1/2570", "P1-P6"],
    ]
    assert merge_rows(simulate(PRESENT, measured.office)).empty
    assert set(plan_figures(simulate(PRESENT, measured.office))["school_id"]) == {""}


def line(lines: list[str], *words: str) -> str:
    [found] = [text for text in lines if all(word in text for word in words)]
    return found


def test_every_figure_can_be_traced(measured: Measured, figures: pd.DataFrame) -> None:
    for question in figures["question"].unique():
        assert list(trace(measured, question).lines())


def test_a_pair_leads_to_rows_roads_and_rules(measured: Measured) -> None:
    lines = list(trace(measured, "plan/both/A/H").lines())
    assert "12,000 บาท" in lines[0]
    assert "outputs/scenarios/both/subsidy.csv" in lines[0]
    line(lines, "ยุบรวม ชั้น P1-P6 ตั้งแต่ภาคเรียนที่ 1/2570 กรณี 1.2")
    line(lines, "ชั้น P1 2,000 ม.: 3 คน × 200 วัน × 10 บาท = 6,000 บาท", "inputs/students.csv 1 แถว (แถว 2)")
    line(lines, "ชั้น P2 4,000 ม.: 2 คน × 200 วัน × 15 บาท = 6,000 บาท", "(แถว 3)")
    line(lines, "ระยะทางคำนวณ 4,000 ม.", "inputs/roads.osm", "map.html#V2/H")
    line(lines, "อัตราค่าพาหนะ", "10 บาท")
    line(lines, "นักเรียนตามทะเบียน 5 คน", "inputs/students.csv 2 แถว (แถว 2, 3)")
    line(lines, "ครู 2 คน", "inputs/schools.csv แถว 2")
    line(lines, "นักเรียนย้อนหลัง 2568 = 9", "inputs/enrolment.csv 1 แถว (แถว 2)")
    line(lines, "เรียนที่นี่ ถ้าไม่รวมเพิ่ม 5 คน เมื่อรวม 15 คน ใช้ 2 ห้อง")
    assert not any("โรงเรียนB" in text for text in lines), "nothing of other pairs"


def test_a_host_leads_to_all_that_join_it_and_the_plan_to_all(measured: Measured) -> None:
    lines = list(trace(measured, "plan/both/H").lines())
    assert "นักเรียนที่ย้าย 10 คน 28,000 บาท" in lines[0]
    line(lines, "ชั้น P1: 1 คน ยังคิดไม่ได้", "(แถว 5)")
    assert "28,000 บาท" in trace(measured, "plan both").words


def test_a_scenario_whose_file_has_blanks_in_its_name(measured: Measured) -> None:
    folder = measured.cycle.folder
    (folder / "scenarios" / "ทางเลือก ก.yaml").write_bytes((folder / "scenarios" / "one.yaml").read_bytes())
    assert "12,000 บาท" in trace(measured, "plan/ทางเลือก ก/A/H").words


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("plan/nope", "ไม่พบทางเลือก"),
        ("plan/both/X", "ไม่มีโรงเรียน X"),
        ("plan/one/B", "ไม่มีการรวมของ B"),
        ("plan/a/b/c/d", "ไม่เข้าใจ"),
    ],
)
def test_what_cannot_be_traced(measured: Measured, what: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        trace(measured, what)

"""Scenarios side by side: the table against figures by hand, the drawings read back from what was drawn."""

from __future__ import annotations

import random
import shutil
from itertools import combinations, product
from pathlib import Path
from statistics import median_low
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image
from small_office import merge, read_rows, write_scenario, write_small_office

from restructure import Outcome, find_scenario, measure, open_cycle, simulate, write_outcome
from restructure.comparison import (
    FIGURES,
    children_table,
    compare,
    comparison,
    figures,
    over_words,
    paid_by_band,
    with_present,
    years_table,
)
from restructure.comparisonbook import write_comparison_book
from restructure.comparisonprint import _BeforeAfter, _Chart, _Years
from restructure.cycle import Measured
from restructure.intake import columns_of
from restructure.plan import Plan, draft
from restructure.scenario import PRESENT, Merge, Scenario
from restructure.steps import write_comparison

# place on the road:   H 0   V1 2,000   E 2,500   V2 7,000   S 8,000   V3 8,500;  VI: an island
#
# In force: E → H since 1/2560. The plan: S → H from 1/2570.
#
#     who          to S     to H     baht a day at H
#     E P1 V1 ×6            2,000    10               12,000 a year, paid already
#     S P1 V2 ×4   1,000    7,000    15               12,000
#     S P2 V3 ×1     500    8,500    15                3,000
#     S P3 V1 ×1   6,000    2,000    10                2,000 (nearer)
#     S P2 VI ×2       –        –     –
OFFICE: dict[str, Any] = {
    "schools": "H 0 P1-P6 rooms=6 teachers=4\nE 2500 P1-P6\nS 8000 P1-P6 rooms=5",
    "villages": "V1 2000\nV2 7000\nV3 8500\nVI 7000,5000",
    "students": "E P1 V1 6\nS P1 V2 4\nS P2 V3 1\nS P3 V1 1\nS P2 VI 2",
    "mergers": "E P1-P6 1/2560 H learn-together existing",
}
PRESENT_NAME = PRESENT.name
BY_HAND = {
    "นักเรียนที่ย้าย": ("0", "8"),
    "ไกลขึ้น": ("0", "5"),
    "ใกล้ขึ้น": ("0", "1"),
    "ยังวัดระยะทางไม่ได้": ("–", "2 (เท่าเดิม)"),
    # After 2,000 7,000 ×4 8,500; the same six before 500 1,000 ×4 6,000.
    "ระยะทางมัธยฐาน": ("–", "7,000 (+6,000)"),
    "ระยะทางร้อยละ 90": ("–", "8,500 (+2,500)"),
    "ระยะทางไกลสุด": ("–", "8,500 (+2,500)"),
    "เดินทางเกิน 6 กม.": ("–", "5 (+5)"),
    "เดินทางเกิน 10 กม.": ("–", "0 (เท่าเดิม)"),
    "ระยะทางรวมเที่ยวไปต่อวันของผู้ที่ย้าย": ("–", "39 (+28)"),  # 38.5 and 10.5, halves upwards
    # All: 500 1,000 ×4 2,000 ×6 6,000, and two whose way nobody knows; with the plan 2,000 ×7 7,000 ×4 8,500.
    "ทุกคน: ระยะทางมัธยฐาน": ("2,000", "2,000 (เท่าเดิม)"),
    "ทุกคน: ระยะทางร้อยละ 90": ("2,000", "7,000 (+5,000)"),
    "ทุกคน: ระยะทางไกลสุด": ("6,000", "8,500 (+2,500)"),
    "ทุกคน: เดินทางเกิน 6 กม.": ("0", "5 (+5)"),
    "ทุกคน: เดินทางเกิน 20 กม.": ("0", "0 (เท่าเดิม)"),
    "ทุกคน: ยังวัดระยะทางไม่ได้": ("2", "2 (เท่าเดิม)"),
    "ค่าพาหนะทั้งสำนักงานเขตต่อปี": ("12,000", "อย่างน้อย 29,000 (+17,000, ยังวัดไม่ได้ 2 คน)"),
    "ค่าพาหนะต่อปีการศึกษาของผู้ที่ย้าย": ("0", "อย่างน้อย 17,000 (ยังวัดไม่ได้ 2 คน)"),
    "เงินเปลี่ยนไปสุทธิเท่าที่ทราบต่อปี (ไม่รวมค่าอัตรากำลัง)": ("0", "+17,000 (ยังวัดไม่ได้ 2 คน)"),
    "เรียนที่โรงเรียนหลัก ไม่เกิน 3 กม. (10 บาท/วัน)": ("6", "7 (+1)"),
    "เรียนที่โรงเรียนหลัก เกิน 3 แต่ไม่เกิน 10 กม. (15 บาท/วัน)": ("0", "5 (+5)"),
    "เรียนที่โรงเรียนหลัก เกิน 10 กม. (20 บาท/วัน)": ("0", "0 (เท่าเดิม)"),
    "เรียนที่โรงเรียนหลัก ยังวัดระยะทางไม่ได้": ("0", "2 (+2)"),
    "เงินรายหัวต่อปี": ("28,728", "28,728 (เท่าเดิม)"),  # 14 × 2,052
    "เงินเพิ่มโรงเรียนขนาดเล็กต่อปี": ("7,000", "7,000 (เท่าเดิม)"),  # 14 × 500
    "ความต้องการผู้อำนวยการลดลง": ("0", "1"),
    "ความต้องการครูลดลง": ("0", "1"),
    "ครูเกินเกณฑ์หลังรวม": ("–", "ไม่ทราบ"),  # nobody knows how many teachers S has
    "โรงเรียนที่ยังมีการเรียนการสอน": ("2", "1 (−1)"),
    "โรงเรียนขนาดเล็กที่ยังมีการเรียนการสอน": ("2", "1 (−1)"),
    "โรงเรียนที่ไม่เหลือการเรียนการสอน": ("0", "1"),
    "ค่าพาหนะปีงบประมาณ 2570": ("12,000", "อย่างน้อย 20,500 (+8,500, ยังวัดไม่ได้ 2 คน)"),  # term 1/2570 alone
    "ค่าพาหนะปีงบประมาณ 2571": ("12,000", "อย่างน้อย 29,000 (+17,000, ยังวัดไม่ได้ 2 คน)"),
}


def measured_of(folder: Path, **changed: Any) -> Measured:
    return measure(open_cycle(write_small_office(folder, **OFFICE | changed)))


def outcome_of(measured: Measured, merges: list[dict[str, str]], name: str = "ทางเลือก", stem: str = "x") -> Outcome:
    scenario = Scenario(name=name, stem=stem, merges=[Merge(**one) for one in merges])
    return simulate(scenario, measured.office)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measured_of(tmp_path_factory.mktemp("comparison"))


@pytest.fixture(scope="module")
def outcome(measured: Measured) -> Outcome:
    return outcome_of(measured, [merge("S", "H")])


# -- the table ----
@pytest.mark.parametrize(("item", "cells"), BY_HAND.items())
def test_table_by_hand(outcome: Outcome, item: str, cells: tuple[str, str]) -> None:
    table = compare([outcome]).set_index("item")
    assert tuple(table.loc[item, [PRESENT_NAME, "ทางเลือก"]]) == cells


def test_rows_stand_in_groups_each_named_once(outcome: Outcome) -> None:
    table = compare([outcome])
    assert [group for group in table["group"] if group] == list(FIGURES)
    assert table["item"].is_unique
    assert len(table) < 55


def test_the_present_is_first_once_whatever_is_given(measured: Measured, outcome: Outcome) -> None:
    other = outcome_of(measured, [merge("S", "H", grades="P1")], name="ทางเลือกสอง", stem="y")
    present = simulate(PRESENT, measured.office)
    for given in ([outcome, other], [outcome, present, other], [present, outcome, other]):
        assert [one.scenario.stem for one in with_present(given)] == ["present", "x", "y"]
        assert list(compare(given).columns[3:]) == [PRESENT_NAME, "ทางเลือก", "ทางเลือกสอง"]
    assert list(compare([present]).columns[3:]) == [PRESENT_NAME]
    assert compare([]).empty
    assert comparison([]).empty


def test_a_scenario_in_a_file_called_present_is_not_the_present(measured: Measured) -> None:
    own = outcome_of(measured, [merge("S", "H")], stem="present")
    assert [len(one.scenario.merges) for one in with_present([own])] == [0, 1]


def test_scenarios_of_one_name_are_told_apart(measured: Measured, outcome: Outcome) -> None:
    again = outcome_of(measured, [merge("S", "H", grades="P1")], stem="copy")
    odd = outcome_of(measured, [merge("S", "H", grades="P2")], name="unit", stem="odd")
    table = compare([outcome, again, odd])
    assert list(table.columns) == [
        *("group", "item", "unit"), PRESENT_NAME, "ทางเลือก (x)", "ทางเลือก (copy)", "unit (odd)"
    ]  # fmt: skip
    moved = table.loc[table["item"] == "นักเรียนที่ย้าย"].iloc[0]
    assert moved.tolist() == ["เด็ก", "นักเรียนที่ย้าย", "คน", "0", "8", "4", "3"]


def test_numbers_for_other_programs(outcome: Outcome) -> None:
    rows = comparison([outcome])
    assert rows["scenario"].unique().tolist() == ["present", "x"]
    assert set(rows.columns) <= set(columns_of("comparison").index)
    mine = rows[rows["scenario"] == "x"].set_index("key")
    assert mine.loc["median_m", ["present", "value", "change"]].tolist() == [1_000, 7_000, 6_000]
    assert mine.loc["small_schools", ["present", "value", "change"]].tolist() == [2, 1, -1]
    assert mine.loc["posts_beyond_need", ["present", "value", "change"]].isna().all()
    present = rows[rows["scenario"] == "present"].set_index("key")
    assert present.loc[["median_m", "over_6_km", "pupil_km"], "value"].isna().all()
    assert not present["change"].fillna(0).any()


def test_ways_of_all_pupils_child_by_child(tmp_path: Path) -> None:
    rng = random.Random(2570)
    kinds = list(product("HES", range(1, 7), ("V1", "V2", "V3", "VI")))
    lines = [f"{school} P{grade} {village} {rng.randint(1, 30)}" for school, grade, village in rng.sample(kinds, 30)]
    measured = measured_of(tmp_path, students="\n".join(lines))
    outcome = outcome_of(measured, [merge("S", "H", grades="P1-P3")])
    ways = measured.distances.set_index(["village_id", "school_id"])
    for suffix in ("", "_before"):
        metres, minutes, unknown = [], [], 0
        for line in lines:
            school, grade, village, count = line.split()
            # E learns at H already; of S the lower three grades go there.
            leaves = school == "E" or (school == "S" and grade in ("P1", "P2", "P3") and not suffix)
            way = ways.loc[(village, "H" if leaves else school)]
            if pd.isna(way["road_m"]):
                unknown += int(count)
                continue
            metres += [int(way["road_m"])] * int(count)
            minutes += [int(way["minutes"])] * int(count)
        found = {key: outcome.summary[f"all_{key}{suffix}"] for key in ("median_m", "median_minutes", "max_m", "p90_m")}
        assert found == {
            "median_m": median_low(metres),
            "median_minutes": median_low(minutes),
            "max_m": max(metres),
            "p90_m": sorted(metres)[-(-9 * len(metres) // 10) - 1],
        }
        assert outcome.summary[f"all_over_6_km{suffix}"] == sum(metre > 6_000 for metre in metres)
        assert outcome.summary[f"all_over_30_min{suffix}"] == sum(minute > 30 for minute in minutes)
        assert outcome.summary[f"all_unmeasured{suffix}"] == unknown > 0


def test_net_of_what_is_known(tmp_path: Path) -> None:
    """Four children go 7 km, 15 baht a day; with them the top-up of 500 baht each is lost, H being no small school."""
    measured = measured_of(tmp_path, students="H P1 V1 130\nS P1 V2 4", mergers="")
    outcome = outcome_of(measured, [merge("S", "H", kind="merge")])
    summary = outcome.summary
    assert (summary["subsidy_total_baht"], summary["top_up_change_baht"]) == (12_000, -2_000)
    assert summary["net_change_baht"] == 10_000
    # In the first year term 1 alone, 100 days; the top-up of the year follows term 1.
    years = years_table(outcome)
    assert years["net_change_baht"].tolist() == [4_000, *[10_000] * 4]
    assert (years["change_baht"] + years["per_head_change_baht"] + years["top_up_change_baht"]).equals(
        years["net_change_baht"]
    )
    cells = compare([outcome]).set_index("item")["ทางเลือก"]
    assert cells["เงินเปลี่ยนไปสุทธิเท่าที่ทราบต่อปี (ไม่รวมค่าอัตรากำลัง)"] == "+10,000"
    assert cells["ค่าพาหนะทั้งสำนักงานเขตต่อปี"] == "12,000 (+12,000)", "every way is known"


def test_ways_that_nobody_knows_are_not_those_of_nobody(tmp_path: Path) -> None:
    measured = measured_of(tmp_path, students="S P1 VI 3", mergers="")
    table = compare([outcome_of(measured, [merge("S", "H")])]).set_index("item")
    assert table.loc["ระยะทางมัธยฐาน"].tolist()[2:] == ["–", "ไม่ทราบ"]
    assert table.loc["ยังวัดระยะทางไม่ได้"].tolist()[2:] == ["–", "3 (เท่าเดิม)"]


def test_bounds_are_those_of_the_policy(tmp_path: Path) -> None:
    policy = "settings:\n  far_m: {value: [1500, 7000], source: test}\n  long_minutes: {value: 5, source: test}\n"
    measured = measured_of(tmp_path, policy=policy)
    table = compare([outcome_of(measured, [merge("S", "H")])]).set_index("item")["ทางเลือก"]
    # 2,000 is over 1.5 km, only 8,500 over 7; before only the child at 6,000 is over 1.5.
    assert table["เดินทางเกิน 1.5 กม."] == "6 (+5)"
    assert table["เดินทางเกิน 7 กม."] == "1 (+1)"
    assert "เดินทางเกิน 5 นาที" in table.index


def test_every_figure_of_a_summary_has_its_place(outcome: Outcome) -> None:
    table = figures(outcome.summary)
    described = [key for key in columns_of("summary").index if key in outcome.summary]
    wanted = {key for key in described if not key.endswith("_before") and key != "subsidy_present_baht"}
    assert wanted <= set(table.index)
    assert {key for key in outcome.summary if key.startswith("over_")} == {
        *(key for key in table.index if key.startswith("over_")),
        *(f"{key}_before" for key in table.index if key.startswith("over_")),
    }
    assert set(table["group"]) == set(FIGURES)
    assert table.index.is_unique
    assert (table["thai"].str.len() > 2).all()
    assert table.at["subsidy_total_baht", "present"] == outcome.summary["subsidy_present_baht"] == 12_000


def test_pupils_by_band_pupil_by_pupil(outcome: Outcome) -> None:
    assert paid_by_band(outcome.office, outcome.seats_before).tolist() == [6, 0, 0, 0]
    assert paid_by_band(outcome.office, outcome.seats).tolist() == [7, 5, 0, 2]


# -- files ----
@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_office(tmp_path_factory.mktemp("written"), **OFFICE)
    write_scenario(folder, "x", [merge("S", "H")])
    write_outcome(measure(open_cycle(folder)), find_scenario(folder, "x"))
    return folder / "outputs" / "scenarios" / "x"


def test_consequence_tables_by_hand(written: Path) -> None:
    children = read_rows(written / "children.csv")
    wanted = ("by", "key", "pupils", "unreachable", "nearer", "farther", "median_m", "median_m_before", "max_m")
    assert [tuple(row[key] for key in wanted) for row in children] == [
        ("village", "V1", "1", "0", "1", "0", "2000", "6000", "2000"),
        ("village", "V2", "4", "0", "0", "4", "7000", "1000", "7000"),
        ("village", "V3", "1", "0", "0", "1", "8500", "500", "8500"),
        ("village", "VI", "2", "2", "0", "0", "", "", ""),
        ("grade", "P1", "4", "0", "0", "4", "7000", "1000", "7000"),
        ("grade", "P2", "3", "2", "0", "1", "8500", "500", "8500"),
        ("grade", "P3", "1", "0", "1", "0", "2000", "6000", "2000"),
        ("stage", "P1-P3", "8", "2", "1", "5", "7000", "1000", "8500"),
        ("amphoe", "กลาง", "8", "2", "1", "5", "7000", "1000", "8500"),
        ("school", "S", "8", "2", "1", "5", "7000", "1000", "8500"),
        ("host", "H", "8", "2", "1", "5", "7000", "1000", "8500"),
    ]
    teaching = {row["school_id"]: row for row in read_rows(written / "teaching.csv")}
    assert list(teaching) == ["H", "S"], "E takes no part in it"
    # P1 10 and P2 3 and P3 1 make three classes; H has 4 teachers, of S nobody knows.
    shown = ("pupils_before", "pupils", "rooms_needed", "teachers", "classes_together", "pupils_a_room")
    assert [teaching["H"][key] for key in shown] == ["6", "14", "3", "4", "0", "2.3"]
    assert [teaching["S"][key] for key in shown] == ["8", "0", "0", "", "0", "0.0"]
    years = read_rows(written / "years.csv")
    assert [(row["fiscal_year"], row["subsidy_baht"], row["change_baht"]) for row in years] == [
        ("2570", "20500", "8500"), *((str(year), "29000", "17000") for year in range(2571, 2575))
    ]  # fmt: skip


@pytest.mark.parametrize("table", ["children", "teaching", "years"])
def test_columns_are_described(written: Path, table: str) -> None:
    columns = list(read_rows(written / f"{table}.csv")[0])
    described = columns_of(table)
    assert [name for name in columns if name not in described.index and not over_words(name)] == []
    assert described.loc[[name for name in columns if name in described.index], "thai"].is_unique
    assert (described["description"].str.len() > 2).all()


def test_a_scenario_that_moves_nobody_leaves_heads(measured: Measured) -> None:
    table = children_table(simulate(PRESENT, measured.office))
    assert table.empty
    assert list(table.columns[:3]) == ["by", "key", "pupils"]


def test_a_comparison_on_disk(tmp_path: Path) -> None:
    folder = write_small_office(tmp_path / "office", **OFFICE, scenarios={"x": [merge("S", "H")]})
    other = Path(shutil.copytree(folder, tmp_path / "other"))
    for one in (folder, other):
        measured = measure(open_cycle(one))
        table = write_comparison(measured, [find_scenario(one, "x")])
        assert list(table.columns[3:]) == [PRESENT_NAME, "ทางเลือก"]
    made = folder / "outputs" / "comparison"
    drawings = {f"{name}.{kind}" for name in ("chart", "years", "map-x") for kind in ("pdf", "png")}
    assert {path.name for path in made.iterdir()} == {"comparison.csv", "comparison.xlsx", *drawings}
    assert (made / "comparison.csv").read_bytes() == (other / "outputs/comparison/comparison.csv").read_bytes()
    for name in ("comparison.xlsx", *drawings):
        assert (made / name).read_bytes() == (other / "outputs" / "comparison" / name).read_bytes(), name
    with Image.open(made / "map-x.png") as picture:
        assert picture.size == (3307, 2338)  # A3 at 200 dots an inch
    rows = {(row["scenario"], row["key"]): row["value"] for row in read_rows(made / "comparison.csv")}
    assert rows["present", "subsidy_total_baht"] == "12000"
    assert rows["x", "subsidy_total_baht"] == "29000"
    assert rows["x", "posts_beyond_need"] == ""


def test_maps_of_scenarios_no_longer_compared_are_taken_away(tmp_path: Path) -> None:
    folder = write_small_office(tmp_path, **OFFICE, scenarios={name: [merge("S", "H")] for name in ("x", "y")})
    measured = measure(open_cycle(folder))
    write_comparison(measured, [find_scenario(folder, name) for name in ("x", "y")])
    made = folder / "outputs" / "comparison"
    (made / "map-notes.txt").write_text("ของสำนักงานเขต", "utf-8")
    write_comparison(measured, [find_scenario(folder, "y")])
    assert sorted(path.name for path in made.glob("map-*")) == ["map-notes.txt", "map-y.pdf", "map-y.png"]


def test_comparison_as_a_workbook(measured: Measured, outcome: Outcome, tmp_path: Path) -> None:
    other = outcome_of(measured, [merge("S", "H", grades="P1")], name="=ทางเลือกสอง", stem="y")
    write_comparison_book([outcome, other], measured.cycle.tables, "2026-10-01", tmp_path / "c.xlsx")
    book = openpyxl.load_workbook(tmp_path / "c.xlsx")
    assert book.sheetnames == ["สารบัญ", "เปรียบเทียบ", "รายปี", "ผลต่อเด็ก", "การสอน", "พจนานุกรมข้อมูล"]
    rows = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}
    head = next(i for i, row in enumerate(rows["เปรียบเทียบ"]) if row[1] == "รายการ")
    assert rows["เปรียบเทียบ"][head][:6] == ["หมวด", "รายการ", "หน่วย", PRESENT_NAME, "ทางเลือก", "=ทางเลือกสอง"]
    cells = {row[1]: row[3:6] for row in rows["เปรียบเทียบ"][head + 2 :]}
    assert cells["นักเรียนที่ย้าย"] == ["0", "8", "4"]
    assert cells["ทุกคน: เดินทางเกิน 6 กม."] == ["0", "5 (+5)", "4 (+4)"]
    assert {row[0] for row in rows["เปรียบเทียบ"][head + 2 :]} == set(FIGURES), "each row can be filtered by its group"
    years = [row for row in rows["รายปี"] if row[1] == "2571"]
    assert [row[:3] for row in years] == [
        [PRESENT_NAME, "2571", 12_000], ["ทางเลือก", "2571", 29_000], ["=ทางเลือกสอง", "2571", 24_000]
    ]  # fmt: skip
    ways = [row[:5] for row in rows["ผลต่อเด็ก"] if row[1] == "โรงเรียนมารวม"]
    assert ways == [
        ["ทางเลือก", "โรงเรียนมารวม", "S", "โรงเรียนS", 8],
        ["=ทางเลือกสอง", "โรงเรียนมารวม", "S", "โรงเรียนS", 4],
    ]
    taught = [row[:5] for row in rows["การสอน"] if row[1] in ("H", "S")]
    assert [(row[0], row[1], row[4]) for row in taught] == [
        ("ทางเลือก", "H", 14), ("ทางเลือก", "S", 0), ("=ทางเลือกสอง", "H", 10), ("=ทางเลือกสอง", "S", 4)
    ]  # fmt: skip
    write_comparison_book(
        [simulate(PRESENT, measured.office)], measured.cycle.tables, "2026-10-01", tmp_path / "p.xlsx"
    )
    assert openpyxl.load_workbook(tmp_path / "p.xlsx").sheetnames == book.sheetnames


# -- drawings ----
def texts_of(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def refuse_lost_texts(figure: Figure) -> None:
    """Refuse a text that is cut off by the page's edge or covers another one."""
    renderer = figure.canvas.get_renderer()
    boxes = []
    for axes in figure.axes:
        for text in axes.texts:
            box = text.get_window_extent(renderer)
            assert box.x0 >= 0, text.get_text()
            assert box.y0 >= 0, text.get_text()
            assert box.x1 <= figure.bbox.width, text.get_text()
            assert box.y1 <= figure.bbox.height, text.get_text()
            # Room above and below a line of Thai is not ink.
            boxes.append((text.get_text(), box.x0, box.y0 + box.height * 0.2, box.x1, box.y1 - box.height * 0.2))
    for (one, a0, b0, a1, b1), (two, c0, d0, c1, d1) in combinations(boxes, 2):
        assert a1 <= c0 or c1 <= a0 or b1 <= d0 or d1 <= b0, (one, two)


def many(measured: Measured, number: int) -> list[Outcome]:
    long = "ทางเลือกที่มีชื่อยาวมากซึ่งคณะกรรมการตั้งขึ้นในการประชุมครั้งที่"
    return [outcome_of(measured, [merge("S", "H")], f"{long} {i} $x$", str(i)) for i in range(number)]


@pytest.mark.parametrize("number", [0, 1, 2, 5, 9])
@pytest.mark.parametrize("kind", [_Chart, _Years])
def test_nothing_is_cut_off_or_covered(measured: Measured, kind: Any, number: int) -> None:
    present = simulate(PRESENT, measured.office)
    refuse_lost_texts(kind([present, *many(measured, number)]).draw())


def test_chart_shows_the_figures_by_hand(outcome: Outcome) -> None:
    figure = _Chart(with_present([outcome])).draw()
    bars = [[patch.get_width() for patch in axes.patches] for axes in figure.axes[1:4]]
    # Band after band, the present before the plan.
    assert bars[0] == [6, 7, 0, 5, 0, 0, 0, 2]
    assert [patch.get_x() for patch in figure.axes[1].patches] == [0, 0, 6, 7, 6, 12, 6, 12]
    assert bars[1:] == [[12_000, 29_000], [2, 1]]
    everyone = [[patch.get_width() for patch in axes.patches] for axes in figure.axes[4:7]]
    assert everyone == [[2_000, 2_000], [2_000, 7_000], [0, 5]]
    shown = texts_of(figure)
    for text in (
        "12,000",
        "อย่างน้อย 29,000",
        "0 (วัดไม่ได้ 2)",
        "5 (วัดไม่ได้ 2)",
        "2 (เล็ก 2)",
        "1 (เล็ก 1)",
        "1.0 → 7.0",
        "6.0 → 8.5",
        "ไม่มีผู้ย้าย",
    ):
        assert text in shown, text
    assert shown.count("ไม่มีผู้ย้าย") == 3


def test_chart_of_ways_that_nobody_knows(tmp_path: Path) -> None:
    measured = measured_of(tmp_path, students="S P1 VI 3", mergers="")
    shown = texts_of(_Chart(with_present([outcome_of(measured, [merge("S", "H")])])).draw())
    assert shown.count("ไม่ทราบ") == 3 + 2 * 2, (
        "of who moves three, of all pupils median and 90th percentile in each row"
    )


def test_years_are_bars_from_nought(outcome: Outcome) -> None:
    figure = _Years(with_present([outcome])).draw()
    present, plan = ([bar.get_height() for bar in axes.patches] for axes in figure.axes[1:3])
    assert present == [12_000] * 5
    assert plan == [20_500, *[29_000] * 4]
    assert {axes.get_ylim() for axes in figure.axes[1:3]} == {figure.axes[1].get_ylim()}
    assert figure.axes[1].get_ylim()[0] == 0
    assert "ค่าพาหนะทั้งสำนักงานเขตแต่ละปีงบประมาณ (พันบาท)" in texts_of(figure)


@pytest.fixture(scope="module")
def plan(measured: Measured) -> Plan:
    cycle = measured.cycle
    scenario = Scenario(name="ทางเลือก", stem="x", merges=[Merge(**merge("S", "H"))])
    return draft(
        scenario, cycle.tables, cycle.network, measured.distances, measured.homes, cycle.policy, measured.problems, {}
    )


def joined(plan: Plan, sits: Any) -> list[tuple[Any, ...]]:
    table = _BeforeAfter(plan).data.joins(sits).astype(object)
    return list(table.where(table.notna(), None)[["village_id", "sits_at", "changed", "pupils", "band"]].itertuples(
        index=False, name=None
    ))  # fmt: skip


def test_villages_are_joined_to_where_their_children_learn(plan: Plan) -> None:
    assert joined(plan, plan.outcome.seats_before.sits) == [
        ("V1", "H", False, 6, 1), ("V1", "S", True, 1, 2), ("V2", "S", True, 4, 1), ("V3", "S", True, 1, 1),
        ("VI", "S", True, 2, None),
    ]  # fmt: skip
    assert joined(plan, plan.outcome.seats.sits) == [
        ("V1", "H", False, 6, 1), ("V1", "H", True, 1, 1), ("V2", "H", True, 4, 2), ("V3", "H", True, 1, 2),
        ("VI", "H", True, 2, None),
    ]  # fmt: skip


def test_two_maps_of_one_extent_stress_what_changes(plan: Plan) -> None:
    figure = _BeforeAfter(plan).draw()
    refuse_lost_texts(figure)
    before, after = figure.axes[1:3]
    assert (before.get_xlim(), before.get_ylim()) == (after.get_xlim(), after.get_ylim())
    colours = []
    for axes in (before, after):
        thick = [c for c in axes.collections if isinstance(c, LineCollection) and c.get_linewidth()[0] == 2.4]
        colours.append(sorted((to_hex(c.get_color()[0]), len(c.get_segments())) for c in thick))
        ends = np.vstack([segment[1] for c in thick for segment in c.get_segments()])
        assert len(np.unique(ends.round(6), axis=0)) == 1, "all of them to one school"
    # Green up to 3 km, orange up to 10, black where nobody knows.
    assert colours[0] == sorted([("#009e73", 2), ("#e69f00", 1), ("#1a1a1a", 1)])
    assert colours[1] == sorted([("#009e73", 1), ("#e69f00", 2), ("#1a1a1a", 1)])
    shown = texts_of(figure)
    assert [[text.get_text() for text in axes.texts] for axes in (before, after)] == [["1"], ["1"]]
    assert any("โรงเรียนS → โรงเรียนH" in text for text in shown)


def test_the_map_is_measured_from_villages_not_from_homes(tmp_path: Path) -> None:
    """The child's home lies 12 km east of its village: a line of the third band would tell of it."""
    measured = measured_of(
        tmp_path,
        students="S P1 V2 16.8 100.48 k1",
        student_head="school_id grade village_id lat lon student_key",
    )
    cycle = measured.cycle
    scenario = Scenario(name="x", stem="x", merges=[Merge(**merge("S", "H"))])
    drawn = draft(
        scenario, cycle.tables, cycle.network, measured.distances, measured.homes, cycle.policy, measured.problems, {}
    )
    assert drawn.outcome.summary["max_m"] > 10_000
    assert joined(drawn, drawn.outcome.seats.sits) == [("V2", "H", True, 1, 2)]


def test_a_map_of_many_moves_and_none(measured: Measured, tmp_path: Path) -> None:
    codes = [f"S{i}" for i in range(40)]
    crowd = measured_of(
        tmp_path,
        schools="H 0 P1-P6\n" + "\n".join(f"{code} {600 * (i + 1)} P1-P6" for i, code in enumerate(codes)),
        students="\n".join(f"{code} P1 V1 1" for code in codes),
        mergers="",
    )
    for one, merges, words in (
        (crowd, [merge(code, "H") for code in codes], "และอีก 8 รายการ ดูภาคผนวก annexes.xlsx"),
        (measured, [], "ทางเลือกนี้ไม่มีการย้าย"),
    ):
        cycle = one.cycle
        scenario = Scenario(name="x", stem="x", merges=[Merge(**m) for m in merges])
        drawn = draft(scenario, cycle.tables, cycle.network, one.distances, None, cycle.policy, pd.DataFrame(), {})
        assert words in texts_of(_BeforeAfter(drawn).draw())

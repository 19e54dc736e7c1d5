"""What the annexes say of their making, and the lists of villages that each host gets; by hand on a small office."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from plan_office import write_planned

from restructure.book import Cover, Sheet, write_book
from restructure.cycle import Measured, find_scenario, measure, open_cycle
from restructure.manifest import read_files
from restructure.scenario import PRESENT
from restructure.steps import draft_plan
from restructure.villagelists import write_village_lists
from restructure.words import INTERNAL
from restructure.workbook import write_annexes

BLANKS = pd.DataFrame(
    [("plan.docx", "๑ เรื่องเดิม", "=มติ"), ("parents.docx", "โรงเรียนA", "วันที่")], columns=["document", "section", "blank"]
)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    folder = write_planned(tmp_path_factory.mktemp("planned"))
    schools = folder / "inputs" / "schools.csv"
    # A host of a name that no sheet may have, and that a program might take for a formula.
    schools.write_text(
        schools.read_text("utf-8-sig").replace("โรงเรียนH", "=1+1[วัด]/บ้าน:ยาวมากมากมากมากมากมาก"), "utf-8-sig"
    )
    return measure(open_cycle(folder))


def rows(path: Path, name: str) -> list[dict[str, Any]]:
    cells = list(openpyxl.load_workbook(path, data_only=True)[name].iter_rows(values_only=True))
    head = next(i for i, row in enumerate(cells) if row[0] and re.fullmatch("[a-z_]+", str(row[0])))
    return [dict(zip(cells[head], row, strict=True)) for row in cells[head + 1 :]]


@pytest.fixture(scope="module")
def annexes(measured: Measured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "annexes.xlsx"
    plan = draft_plan(measured, find_scenario(measured.cycle.folder, "both"))
    write_annexes(plan, path, read_files(measured), BLANKS)
    return path


@pytest.fixture(scope="module")
def lists(measured: Measured, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lists") / "villages-by-host.xlsx"
    write_village_lists(draft_plan(measured, find_scenario(measured.cycle.folder, "both")), path)
    return path


def test_each_file_behind_the_plan_is_named_with_its_hash(measured: Measured, annexes: Path) -> None:
    found = {row["file"]: (row["content"], row["sha256"]) for row in rows(annexes, "ที่มา")}
    words = {
        "inputs/enrolment.csv": "นักเรียนย้อนหลัง",
        "inputs/roads.osm": "ถนน (OpenStreetMap)",
        "inputs/schools.csv": "โรงเรียน",
        "inputs/students.csv": "นักเรียน",
        "inputs/villages.csv": "หมู่บ้าน",
        "plan.yaml": "ร่างแผน",
        "policy.yaml": "ค่าที่สำนักงานเขตเปลี่ยน",
        "scenarios/both.yaml": "ทางเลือก",
        "scenarios/one.yaml": "ทางเลือก",
    }
    for name, content in words.items():
        bytes_of = (measured.cycle.folder / name).read_bytes()
        assert found[name] == (content, hashlib.sha256(bytes_of).hexdigest())
    assert list(found) == sorted(words)


def test_what_is_left_to_fill_in_is_listed_as_text(annexes: Path) -> None:
    assert [tuple(row.values()) for row in rows(annexes, "ที่ยังไม่กรอก")] == list(
        BLANKS.itertuples(index=False, name=None)
    )
    sheet = openpyxl.load_workbook(annexes)["ที่ยังไม่กรอก"]
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_no_page_is_shrunk_until_it_cannot_be_read(annexes: Path) -> None:
    """Half the size makes 7 points of the 14 that the tables are written in."""
    for sheet in openpyxl.load_workbook(annexes).worksheets:
        area = sheet.print_area.split("!")[1].replace("$", "")
        last = re.fullmatch("A1:([A-Z]+)[0-9]+", area)
        assert last, area
        places = range(1, openpyxl.utils.column_index_from_string(last[1]) + 1)
        width = sum(sheet.column_dimensions[openpyxl.utils.get_column_letter(i)].width for i in places)
        assert width < 260, (sheet.title, width)


def test_villages_are_listed_by_host_with_the_pupils_of_each_stage(lists: Path) -> None:
    name = "H =1+1วัดบ้านยาวมากมากมากมากมาก"
    assert openpyxl.load_workbook(lists).sheetnames == [name[:31]]
    *found, total = rows(lists, name[:31])
    stages = [f"pupils_{stage}" for stage in ("K", "P1-P3", "P4-P6", "M")]
    keys = ["village_id", "school_id", *stages, "pupils", "road_m", "band"]
    # 2,000 m is the first band, 4,000 the second, 12,000 the third; VI has no way.
    assert [[row[key] for key in keys] for row in found] == [
        ["V1", "A", 0, 3, 0, 0, 3, 2000, 1],
        ["V2", "A", 0, 2, 0, 0, 2, 4000, 2],
        ["V3", "B", 0, 4, 0, 0, 4, 12_000, 3],
        ["VI", "B", 0, 1, 0, 0, 1, "ไปไม่ถึง/ไม่ทราบ", "ยังคิดไม่ได้"],
    ]
    assert (total["pupils"], total["pupils_P1-P3"]) == (10, 10)
    assert [row["baht_per_day"] for row in found] == [10, 15, 20, "ยังคิดไม่ได้"]


def test_lists_of_villages_say_on_each_page_that_they_are_not_to_be_published(lists: Path) -> None:
    for sheet in openpyxl.load_workbook(lists).worksheets:
        assert INTERNAL in sheet["A4"].value


def test_each_host_of_a_larger_office_has_its_list(sample: Path, tmp_path: Path) -> None:
    plan = draft_plan(measure(open_cycle(sample)), find_scenario(sample, "option-a"))
    write_village_lists(plan, tmp_path / "lists.xlsx")
    book = openpyxl.load_workbook(tmp_path / "lists.xlsx")
    links = [cell.hyperlink.location for (cell,) in book["สารบัญ"].iter_rows(max_col=1) if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]
    hosts = plan.outcome.subsidy.groupby("host_id")["pupils"].sum()
    lists = {name[:10]: rows(tmp_path / "lists.xlsx", name) for name in book.sheetnames[1:-1]}
    assert {host: table[-1]["pupils"] for host, table in lists.items()} == hosts.to_dict()
    assert {row["sheet"] for row in rows(tmp_path / "lists.xlsx", "พจนานุกรมข้อมูล")} == {"ทุกแผ่น"}
    formulas = [c.value for sheet in book.worksheets for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert formulas
    assert all(text.startswith("=SUM(") for text in formulas)


def test_without_moves_there_is_one_empty_list(measured: Measured, tmp_path: Path) -> None:
    write_village_lists(draft_plan(measured, PRESENT), tmp_path / "lists.xlsx")
    book = openpyxl.load_workbook(tmp_path / "lists.xlsx")
    assert book.sheetnames == ["ไม่มีการย้าย"]
    assert book["ไม่มีการย้าย"]["A7"].value == "ไม่มีรายการ"


def test_an_empty_sheet_and_one_too_wide_for_a_page(measured: Measured, tmp_path: Path) -> None:
    cover = Cover("เล่ม", "", "เล่ม", measured.cycle.policy, measured.cycle.tables["students"], "", "", dates="สองวันที่")
    names = [f"column_{number}" for number in range(40)]
    heads = dict.fromkeys(names, ("หัว", "คำอธิบาย"))
    wide = pd.DataFrame([range(40)], columns=names)
    sheets = [
        Sheet("ว่าง", "ว่าง", pd.DataFrame(columns=names[:2]), heads=heads, units={"column_0": "คน"}),
        Sheet("กว้าง", "กว้าง", wide, heads=heads, frozen_columns=2),
    ]
    paths = [tmp_path / "one.xlsx", tmp_path / "two.xlsx"]
    for path in paths:
        write_book(cover, sheets, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    book = openpyxl.load_workbook(paths[0])
    [said] = [cell for row in book["ว่าง"].iter_rows() for cell in row if cell.value == "ไม่มีรายการ"]
    assert not said.alignment.wrap_text, "a narrow column would show its last line alone"
    assert book["ว่าง"].row_dimensions[said.row].height >= 21
    assert book["ว่าง"].page_setup.fitToWidth in {None, 1}
    assert book["กว้าง"].page_setup.fitToWidth > 1
    assert book["กว้าง"].print_title_cols == "$A:$B"
    assert book["กว้าง"]["A3"].value == "สองวันที่"
    assert [cell.value for cell in book["พจนานุกรมข้อมูล"]["D"]][-42] == "คน"

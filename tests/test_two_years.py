"""Two years of the sample office, from start to finish: this year, its certificates, the next year with older rolls, a
new bridge, one merge carried out and one refused, the comparison, and the new year's allocation.

Every figure is held against a recount of the raw files by plain pandas.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import nbformat
import openpyxl
import osmium
import pandas as pd
import pytest
from docx import Document
from docx.enum.table import WD_ROW_HEIGHT_RULE
from pypdf import PdfReader
from pyproj import Geod
from small_office import files_in
from two_years import DONE, ENDS, REFUSED, ROAD, read_rolls, write_next_year

from restructure import UsageError
from restructure import years as package
from restructure.certify import accept, certified, choose, pairs
from restructure.cli import main
from restructure.cycle import measure, open_cycle
from restructure.documents import yearpage
from restructure.grades import parse_grades
from restructure.ledger import in_force, read_ledger, verify
from restructure.notebooks import notebooks_folder
from restructure.projection import history, project
from restructure.words import ROUTED
from restructure.years import Years, open_years, spell_forecast, write_years
from restructure.years.telling import UNMEASURED, summary

if TYPE_CHECKING:
    from pathlib import Path

    from restructure.cycle import Measured

OFFICER = "สมศรี นักวิเคราะห์"
KEYS = ["school_id", "grade"]


class Story(NamedTuple):
    last: Path
    this: Path
    years: Years
    #: Of the last year's folder, when the new one had not been made.
    before: dict[str, bytes]


@pytest.fixture(scope="module")
def story(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("years")
    last = shutil.copytree(sample, folder / "2570")
    measured = measure(open_cycle(last))
    accept(measured, choose(pairs(measured), states=["clear"]), OFFICER)
    before = files_in(last)
    this = write_next_year(last, folder / "2571")
    years = Years(measured, measure(open_cycle(this)))
    write_years(years)
    return Story(last, this, years, before)


def table(story: Story, name: str) -> pd.DataFrame:
    """A table as it was written."""
    path = story.this / "outputs" / "compare" / f"{name}.csv"
    return pd.read_csv(path, dtype={"school_id": str, "origin": str, "code": str}, encoding="utf-8-sig")


def rolls(folder: Path) -> pd.Series:
    """Pupils by school and grade as the raw file has them."""
    rows = read_rolls(folder / "inputs" / "students.csv").astype({"count": int})
    known = read_rolls(folder / "inputs" / "schools.csv")["school_id"]
    return rows[rows["school_id"].isin(known)].groupby(KEYS)["count"].sum()


def routed(measured: Measured) -> pd.Series:
    """Metres from each village to each school, as ``distances`` writes them."""
    return measured.distances.set_index(["village_id", "school_id"])["road_m"]


def rate(metres: int) -> int:
    return 10 if metres <= 3_000 else 15 if metres <= 10_000 else 20


def claims(folder: Path) -> pd.DataFrame:
    """Who sits at a host in term 2/2570, by the raw files: village, host, pupils."""
    hosts = {}
    for row in read_rolls(folder / "inputs" / "mergers.csv").to_dict("records"):
        for grade in parse_grades(row["grades"]):
            hosts[row["school_id"], grade] = row["host_id"]
    rows = read_rolls(folder / "inputs" / "students.csv").astype({"count": int})
    own = [hosts.get(pair) for pair in zip(rows["school_id"], rows["grade"], strict=True)]
    came = [hosts.get(pair) for pair in zip(rows["from_school_id"], rows["grade"], strict=True)]
    host = [
        one or (other if other == school else None)
        for one, other, school in zip(own, came, rows["school_id"], strict=True)
    ]
    rows = rows.assign(host_id=host).dropna(subset=["host_id"])
    return rows.groupby(["village_id", "host_id"], as_index=False)["count"].sum()


# -- the new folder ----
def test_nothing_of_the_last_year_has_changed(story: Story) -> None:
    assert files_in(story.last) == story.before


def test_what_lasts_was_carried_over(story: Story) -> None:
    for name in ("schools.csv", "villages.csv", "tambons.geojson", "closures.csv"):
        assert (story.this / "inputs" / name).read_bytes() == (story.last / "inputs" / name).read_bytes()
    assert not {"totals.csv", "ceilings.csv", "population.csv"} & {p.name for p in (story.this / "inputs").iterdir()}
    assert "fiscal_year: 2571" in (story.this / "policy.yaml").read_text("utf-8")
    listed = read_rolls(story.this / "carried.csv")
    assert set(listed["ผล"]) == {"ยกมาแล้ว", "ต้องทำหรือขอใหม่", "ไม่ยกมา"}
    asked = listed[listed["ผล"] == "ต้องทำหรือขอใหม่"].set_index("ไฟล์")["หมายเหตุ"]
    assert {"inputs/students.*", "inputs/ceilings.*", "inputs/payments.*", "inputs/mergers.*"} <= set(asked.index)
    assert asked["inputs/mergers.*"].count("→") == 7
    assert "option-a" in asked["scenarios/option-a.yaml"]


def test_the_last_rolls_are_a_past_year(story: Story) -> None:
    got = read_rolls(story.this / "inputs" / "enrolment.csv").set_axis(["school_id", "year", "grade", "count"], axis=1)
    old = read_rolls(story.last / "inputs" / "enrolment.csv")[["school_id", "year", "grade", "count"]]
    new = rolls(story.last).reset_index().assign(year="2569").astype({"count": str})
    expected = pd.concat([old, new[list(old)]])
    both = [rows.set_index(["school_id", "year", "grade"])["count"].sort_index() for rows in (got, expected)]
    pd.testing.assert_series_equal(*both)


def test_each_certificate_says_where_it_comes_from(story: Story) -> None:
    with closing(sqlite3.connect(story.last / "ledger.sqlite")) as base:
        rows = base.execute("SELECT subject, seq, hash, who, at, content FROM decisions").fetchall()
    carried = read_ledger(story.this).set_index("subject")
    assert verify(story.this) == []
    assert len(rows) == len(carried) > 30
    for subject, seq, digest, who, at, content in rows:
        told = json.loads(carried.at[subject, "content"])
        assert told.pop("carried") == {"fiscal_year": 2570, "seq": seq, "hash": digest, "who": who, "at": at}
        assert told == json.loads(content)
    found = certified(in_force(read_ledger(story.this)))
    assert set(found["who"]) == {OFFICER}


# -- the comparison ----
def test_pupils(story: Story) -> None:
    got = table(story, "pupils").set_index(KEYS)
    for side, folder in (("last", story.last), ("this", story.this)):
        expected = rolls(folder)
        mine = got[f"pupils_{side}"]
        assert mine[mine > 0].to_dict() == expected[expected > 0].to_dict()
        schools = table(story, "schools").set_index("school_id")[f"roll_{side}"]
        assert schools[schools > 0].to_dict() == expected.groupby("school_id").sum().to_dict()


def test_only_the_bridge_moves_ways_and_bands(story: Story) -> None:
    was, now = routed(story.years.last), routed(story.years.this)
    ways = story.years.ways.set_index(["origin", "school_id"])
    for side, expected in (("last", was), ("this", now)):
        assert (
            ways[f"m_{side}"].astype("Int64").equals(expected.reindex(ways.index).astype("Int64").set_axis(ways.index))
        )
    differing = ways[(was.reindex(ways.index) != now.reindex(ways.index)).fillna(False).to_numpy()]
    assert set(ways.index[ways["cause"] != ""]) == set(differing.index)
    assert len(differing) == 4
    assert set(differing["cause"]) == {"roads"}
    assert (differing["roads_m"] == differing["change_m"]).all()
    assert (differing["change_m"] < 0).all()
    known = ways[ways["m_last"].notna()]
    other_band = known[known["m_last"].map(rate) != known["m_this"].map(rate)]
    assert set(ways.index[ways["band_changes"]]) == set(other_band.index)
    assert len(other_band) == 1
    [row] = other_band.to_dict("records")
    assert row["roads_baht"] == 200 * row["paid_pupils_this"] * (rate(row["m_this"]) - rate(row["m_last"])) < 0
    # Nobody else's way has changed either, but for those who now take the bridge.
    assert (now.dropna() <= was.reindex(now.dropna().index)).all()


def test_the_new_road_is_found_where_it_is(story: Story) -> None:
    places = {}
    for node in osmium.FileProcessor(str(story.last / "inputs" / "roads.osm.pbf"), osmium.osm.NODE):
        if node.id in ENDS:
            places[node.id] = (node.lon, node.lat)
    metres = Geod(ellps="WGS84").inv(*places[ENDS[0]], *places[ENDS[1]])[2]
    [road] = table(story, "roads").to_dict("records")
    assert (road["change"], road["name"], road["class_this"]) == ("new", ROAD, "tertiary")
    assert road["length_m"] == round(metres)
    ways = story.years.ways
    moved = ways[ways["cause"] == "roads"]
    assert road["ways"] == len(moved)
    assert road["pupils"] == moved["pupils_this"].sum()
    near = table(story, "near").set_index("code")
    assert set(moved["origin"]) | set(moved["school_id"]) <= set(near.index)
    by_village = moved.groupby("origin")["pupils_this"].sum()
    assert near.loc[by_village.index, "pupils"].tolist() == by_village.tolist()


def test_merges_done_against_planned(story: Story) -> None:
    merges = table(story, "merges").set_index("school_id")
    assert len(merges) == 7
    assert merges["state"].value_counts().to_dict() == {"done": 1, "not-done": 6}
    assert merges.loc[DONE[0], "state"] == "done"
    assert merges.loc[REFUSED[0], "state"] == "not-done"
    assert merges.loc[DONE[0], "pupils"] == rolls(story.this)[DONE[0]].sum()
    assert merges.loc[DONE[0], "planned_pupils"] == rolls(story.last)[DONE[0]].sum()
    mine = claims(story.this)
    mine = mine[mine["village_id"].isin(read_village_of(story.this, DONE[0])) & (mine["host_id"] == DONE[1])]
    metres = routed(story.years.this)
    due = sum(200 * row["count"] * rate(metres[row["village_id"], row["host_id"]]) for row in mine.to_dict("records"))
    assert merges.loc[DONE[0], "baht"] == due


def read_village_of(folder: Path, school: str) -> set[str]:
    rows = read_rolls(folder / "inputs" / "students.csv")
    return set(rows.loc[rows["school_id"] == school, "village_id"])


def test_forecast_against_fact(story: Story) -> None:
    ahead = project(history(story.years.last.cycle.tables))
    assert ahead is not None
    expected = ahead[ahead["year"] == 2570].groupby("school_id")["pupils"].sum()
    fact = rolls(story.this).groupby("school_id").sum()
    got = table(story, "forecast").set_index("school_id")
    assert got["forecast"].sum() == expected.sum()
    assert got["fact"].sum() == fact.sum()
    for code, row in got.iterrows():
        assert row["fact"] == fact.get(code, 0), code
        assert row["error"] == row["forecast"] - row["fact"]
    then = rolls(story.last).groupby("school_id").sum()
    assert got["last"].sum() == then.sum()
    assert got["error"].abs().mean() < got["error_as_last"].abs().mean(), "the rolls did grow older"


# -- money ----
def test_a_certificate_whose_way_changed_does_not_pay_and_the_rest_does(story: Story) -> None:
    ways = story.years.ways
    stale = ways[ways["state_this"] == "stale"].set_index(["origin", "school_id"])
    moved = ways[(ways["cause"] == "roads") & (ways["paid_pupils_this"] > 0)].set_index(["origin", "school_id"])
    assert set(stale.index) == set(moved.index)
    assert (stale["certified_m_this"] != stale["m_this"]).all()
    november = story.years.rounds["november"][1]
    sure = certified(in_force(read_ledger(story.this))).set_index(["village_id", "host_id"])["certified_m"].to_dict()
    lapsed = set(stale.index)
    metres, need, basis = routed(story.years.this).dropna().to_dict(), 0, {}
    for row in claims(story.this).to_dict("records"):
        pair = row["village_id"], row["host_id"]
        pays = pair in sure and pair not in lapsed
        basis[pair] = "certified" if pays else "routed"
        if (way := sure[pair] if pays else metres.get(pair)) is not None:
            need += 100 * row["count"] * rate(way)
    assert need == november.needed["baht"].sum()
    got = november.needed.groupby(["village_id", "host_id"])["basis"].agg(set).to_dict()
    assert got == {pair: {word} for pair, word in basis.items()}
    assert any("มีจุดหรือถนนเปลี่ยน" in note for note in november.notes)


def test_the_year_goes_on_to_an_allocation(story: Story, tmp_path: Path) -> None:
    this = shutil.copytree(story.this, tmp_path / "2571")
    measured = measure(open_cycle(this))
    again = choose(pairs(measured), states=["stale"])
    accept(measured, again, OFFICER, why="วัดใหม่ทางสะพาน")
    assert "stale" not in set(pairs(measured)["state"])
    assert main(["allocate", str(this), "--round", "november", "--ceiling", "600000"]) == 0
    lines = pd.read_csv(this / "outputs" / "allocation" / "november" / "allocation.csv", dtype={"host_id": str})
    assert lines["allocated_baht"].sum() == 600_000
    assert lines["pupils"].sum() == claims(this)["count"].sum()
    needed = pd.read_csv(
        this / "outputs" / "allocation" / "november" / "need.csv", dtype={"village_id": str, "host_id": str}
    )
    mine = needed.merge(again[["village_id", "host_id", "routed_m"]], on=["village_id", "host_id"])
    assert set(mine["basis"]) == {"certified"}
    assert (mine["road_m"] == mine["routed_m"]).all()


# -- what people read ----
def test_files_for_people_are_the_same_twice(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = story.this / "outputs" / "compare"
    made = files_in(folder)
    assert {"compare.xlsx", "map.pdf", "map.png", "committee.docx", "blanks.csv", "summary.csv"} <= set(made)
    monkeypatch.setattr(package, "open_years", lambda *_: story.years)
    names: dict[str, object] = {}
    for cell in nbformat.read(notebooks_folder() / "07-compare.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    assert files_in(folder) == made
    assert json.loads((story.this / "outputs" / "manifest.json").read_text("utf-8"))["steps"]["compare-years"]


def test_the_page_for_the_committee(story: Story) -> None:
    document = Document(str(story.this / "outputs" / "compare" / "committee.docx"))
    cells = [[cell.text for cell in row.cells] for one in document.tables for row in one.rows]
    thai = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
    totals = [f"{rolls(folder).sum():,}".translate(thai) for folder in (story.last, story.this)]
    assert [row[1:3] for row in cells if "นักเรียนตามทะเบียน" in row[0]] == [totals]
    blanks = read_rolls(story.this / "outputs" / "compare" / "blanks.csv")
    assert len(blanks) == 1
    assert sum("กรอก:" in text for row in cells for text in row) == 1
    assert ROUTED in cells[0][0]
    assert [row[1:3] for row in cells if UNMEASURED in row[0]] == [
        [f"{int(made.needed.loc[made.needed['road_m'].isna(), 'pupils'].sum())}".translate(thai) for made in both]
        for both in story.years.rounds.values()
    ]
    heights = [row.height_rule for one in document.tables for row in one.rows]
    assert WD_ROW_HEIGHT_RULE.EXACTLY not in heights, "such a row cuts what it has no room for"


def test_who_has_no_distance_is_told_beside_the_baht(story: Story) -> None:
    needed = story.years.rounds["november"][1].needed
    needed = needed.assign(road_m=needed["road_m"].where(needed["road_m"] > needed["road_m"].min()))
    last, this = story.years.rounds["november"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(story.years.__dict__, "rounds", {"november": (last, replace(this, needed=needed))})
        row = summary(story.years).set_index("item").loc[UNMEASURED]
    assert row["this"] == needed.loc[needed["road_m"].isna(), "pupils"].sum() > row["last"]


def test_a_merge_that_moved_a_roll_is_told_with_the_forecast(story: Story) -> None:
    assert "การรวมที่ทำแล้วย้ายทะเบียน" not in spell_forecast(story.years), "its pupils stayed on the roll of their school"
    counts = story.years.pupils.copy()
    counts.loc[counts["school_id"] == DONE[0], "pupils_this"] = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(story.years.__dict__, "pupils", counts)
        assert "ย้ายทะเบียน 1 โรงเรียนไปโรงเรียนหลัก 1 แห่ง" in spell_forecast(story.years)
    table = story.years.forecast
    by = int(table["forecast"].sum() - table["fact"].sum())
    assert f"คาด{'มาก' if by > 0 else 'น้อย'}กว่าจริง {abs(by):,} คน" in spell_forecast(story.years)


def test_a_folder_that_is_not_there_is_told_in_words(tmp_path: Path, story: Story) -> None:
    with pytest.raises(UsageError) as caught:
        open_years(tmp_path / "2569", story.this)
    assert "แก้ LAST ในช่องแรก" in caught.value.thai
    assert caught.value._render_traceback_() == [caught.value.thai, caught.value.english]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice: apt-get install libreoffice-writer")
def test_the_page_is_one_page(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where each sentence has as much to tell as there is room for."""
    shutil.copyfile(story.this / "outputs" / "compare" / "committee.docx", tmp_path / "committee.docx")
    for name in ("merges", "ways", "roads", "forecast"):
        monkeypatch.setattr(yearpage, f"spell_{name}", lambda _: "ระยะทางเปลี่ยน 1,234 คู่ " * 40)
    yearpage.write_year_page(story.years, tmp_path / "full.docx")
    command = [
        "soffice",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
    ]
    papers = [str(tmp_path / name) for name in ("committee.docx", "full.docx")]
    subprocess.run([*command, "--outdir", str(tmp_path), *papers], check=True, capture_output=True, timeout=120)
    for name in ("committee.pdf", "full.pdf"):
        assert len(PdfReader(tmp_path / name).pages) == 1, name


def test_the_workbook_has_every_table(story: Story) -> None:
    book = openpyxl.load_workbook(story.this / "outputs" / "compare" / "compare.xlsx")
    assert {"สรุป", "โรงเรียน", "ระยะทาง", "เงิน", "การรวม", "คาดการณ์", "ถนน", "ใกล้ใคร"} <= set(book.sheetnames)
    texts = {str(cell.value) for row in book["การรวม"].iter_rows() for cell in row}
    assert {"ทำแล้วตามแผน", "ยังไม่ได้ทำ"} <= texts
    every = [[str(cell.value) for cell in row] for row in book["รายชั้น"].iter_rows()]
    assert re.search(r"ปีก่อน \(2570\).*ปีนี้ \(2571\)", every[2][0]), "the dates of both years"
    shown = [row for row in every if row[0].startswith("1099")]
    assert len(shown) == (table(story, "pupils")["change"] != 0).sum() < len(table(story, "pupils"))
    assert all(row[-1] != "0" for row in shown)
    ways = book["ระยะทาง"]
    assert ways.print_title_cols == "$A:$E"
    assert ways.page_setup.fitToWidth == 3
    assert "ระยะเท่าเดิม" in str(ways["A4"].value) or (table(story, "distances")["cause"].fillna("") != "").all()
    told = {(row[0], row[2]): (row[3], row[4]) for row in book["พจนานุกรมข้อมูล"].iter_rows(values_only=True)}
    assert told["คาดการณ์", "last"] == ("คน", "นักเรียนที่นับในปีก่อน")
    assert "ตามหน่วยของแถว" in str(told["สรุป", "last"][1])
    assert told["เงิน", "change"][0] == "บาท"
    assert "ลบ" not in str(told["ถนน", "change"][1])
    assert "เพราะการรวม" in str(told["การรวม", "pupils"][1])

"""Many offices: each stage recorded and resumed, the country's table and curve against counts of their own."""

from __future__ import annotations

import itertools
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from docx import Document
from small_office import files_in
from test_milp import hard_model
from tiny_country import CODES, GRADES, made_in, write_country, write_tiny

from restructure.cli import main
from restructure.national import looking, stages
from restructure.national.country import read_country
from restructure.national.stages import STAGES, fresh_records, run_stage
from restructure.national.tradeoff import country_curve, shares
from restructure.notebooks import notebooks_folder
from restructure.optimise import clock
from restructure.optimise.milp import solve
from restructure.policy import load_policy
from restructure.thai import thai_digits


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a country that has been run; tests must not write into it."""
    root = write_country(tmp_path_factory.mktemp("country") / "root")
    before = files_in(root)
    assert main(["national", str(root), "--workers", "1"]) == 0
    assert before == {path: content for path, content in files_in(root).items() if path in before}
    return root


@pytest.fixture
def country(done: Path, tmp_path: Path) -> Path:
    """Return a copy of it to work in; copied so that times stay."""
    return Path(shutil.copytree(done, tmp_path / "root"))


def run(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["national", str(root), "--workers", "1"])
    out, err = capsys.readouterr()
    return code, out, err


def record(root: Path, office: str, stage: str) -> dict[str, Any]:
    path = root / office / "outputs" / "national" / f"{stage}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def times(root: Path) -> dict[str, int]:
    return {
        f"{path.parents[2].name} {path.stem}": path.stat().st_mtime_ns
        for path in root.glob("*/outputs/national/*.json")
    }


# -- counted work ----
def test_counted_work_stops_at_the_same_plan_however_slow_the_machine() -> None:
    model, found = hard_model(), []
    for wait_s in (0.0, 0.02):
        with clock.counted():
            answer = solve(model, seconds=0.1, progress=lambda *_, wait_s=wait_s: time.sleep(wait_s))  # type: ignore[misc]
            assert answer.values is not None
            found.append((answer.status, answer.bound, answer.seconds, clock.now(), answer.values.tolist()))
    assert found[0] == found[1]
    assert found[0][0] == "feasible"
    assert 0.1 <= found[0][2] < 0.3


def test_more_work_finds_no_worse() -> None:
    model, objectives = hard_model(), []
    for seconds in (0.05, 0.5):
        with clock.counted():
            objectives.append(solve(model, seconds=seconds).objective)
    assert objectives[0] is not None
    assert objectives[1] is not None
    assert objectives[1] <= objectives[0]


def test_the_wall_holds_again_afterwards() -> None:
    with clock.counted():
        clock.count(5.0)
        assert clock.now() == 5.0
        assert clock.counting()
    assert not clock.counting()
    begun = clock.now()
    clock.count(1e6)
    assert clock.now() - begun < 60


# -- the country's curve ----
def random_curve(rng: np.random.Generator) -> pd.DataFrame:
    numbers = np.unique(np.append(rng.choice(9, rng.integers(1, 5), replace=False), 0))
    size = len(numbers)
    return pd.DataFrame(
        {
            "schools_closed": numbers,
            "subsidy_baht": rng.integers(-5, 30, size) * (numbers > 0),
            "pupil_km": rng.integers(-3, 9, size) * (numbers > 0),
        }
    )


@pytest.mark.parametrize("seed", range(25))
def test_curve_of_the_country_against_every_combination(seed: int) -> None:
    rng = np.random.default_rng(seed)
    curves = [random_curve(rng) for _ in range(4)]
    least: dict[int, tuple[int, int]] = {}
    for points in itertools.product(*(curve.itertuples(index=False, name=None) for curve in curves)):
        closed, baht, km = (sum(parts) for parts in zip(*points, strict=True))
        least[closed] = min(least.get(closed, (10**9, 0)), (baht, km))
    table, choices = country_curve(curves)
    found = {closed: (baht, km) for closed, baht, km in table.itertuples(index=False, name=None)}
    assert found == least
    assert list(found) == sorted(found)
    # What the offices take there is that sum.
    assert shares(curves, choices).sum(axis=1).tolist() == table["schools_closed"].tolist()
    for name in table.columns:
        taken = sum(curve[name].to_numpy()[choices[:, i]] for i, curve in enumerate(curves))
        assert taken.tolist() == table[name].tolist()  # type: ignore[union-attr]


def test_no_office_no_curve() -> None:
    table, choices = country_curve([])
    assert table.to_numpy().tolist() == [[0, 0, 0]]
    assert shares([], choices).shape == (1, 0)


# -- what is made ----
def test_need_by_hand(done: Path) -> None:
    # P4-P6 of the first school go to the third, 2 km from one village and 1.5 km from the other: 18 pupils, 10 baht a
    # day, 100 days a term.
    for code in CODES:
        figures = record(done, code, "need")["figures"]
        assert [figures[name]["baht"] for name in ("november", "may")] == [18_000, 18_000]
        assert figures["may"]["pupils"] == 18


def test_best_plan_closes_what_is_small_and_near(done: Path) -> None:
    # Every small school lies within 3 km of a large one; the two in the middle of theirs may take what they like.
    table = read_country(done).offices
    assert table["best"].tolist() == ["optimal"] * 3
    assert table["gap_percent"].tolist() == [0.0] * 3
    assert (table["moved_longest_m"] <= 6000).all()
    assert (table["small_schools_left"] + table["schools_closed"] <= table["small_schools"]).all()
    summary = json.loads((done / "1001/outputs/national/best/summary.json").read_text("utf-8"))
    row = table.set_index("office").loc["1001"]
    assert row["schools_closed"] == summary["schools_closed"] > 0
    assert row["subsidy_baht"] == summary["subsidy_total_baht"] - summary["subsidy_present_baht"]
    subsidy = pd.read_csv(done / "1001/outputs/national/best/subsidy.csv")
    assert row["pupils_moved"] == subsidy["pupils"].sum()


def test_table_of_offices_against_a_recount(done: Path) -> None:
    table = pd.read_csv(done / "outputs" / "offices.csv", dtype={"office": "str"}, keep_default_na=False)
    assert table["office"].tolist() == list(CODES)
    assert table["error"].tolist() == [""] * 3
    for row in table.itertuples():
        students = pd.read_csv(done / row.office / "inputs" / "students.csv")
        by_school = students.groupby("school_id")["count"].sum()
        assert row.pupils == by_school.sum()
        assert row.schools == len(by_school)
        future = pd.read_csv(done / row.office / "outputs/national/projection/projection.csv")
        assert row.pupils_in_5_years == future.loc[future["year"] == 2574, "pupils"].sum()
    curve = pd.read_csv(done / "outputs" / "curve.csv")
    assert curve.iloc[0].tolist() == [0, 0, 0, 0]
    assert curve["schools_closed"].max() == sum(
        max(point["schools_closed"] for point in record(done, code, "best")["figures"]["curve"]) for code in CODES
    )


def test_nothing_of_a_person_and_no_village_in_what_is_the_countrys(done: Path) -> None:
    told = (done / "outputs" / "offices.csv").read_text("utf-8-sig") + (done / "outputs" / "curve.csv").read_text()
    manifest = json.loads((done / "outputs" / "manifest.json").read_text("utf-8"))
    told += json.dumps([of["figures"] for offices in manifest["offices"].values() for of in offices.values()])
    for code in CODES:
        for i in range(14):
            assert f"{code}1{i}" not in told
    assert not any(word in told for word in GRADES)


def test_workbook_report_and_map(done: Path) -> None:
    book = openpyxl.load_workbook(done / "outputs" / "national.xlsx")
    assert book.sheetnames[:5] == ["สารบัญ", "สำนักงานเขต", "แผนดีที่สุด", "คาดการณ์และข้อควรตรวจ", "เส้นแลกเปลี่ยน"]
    values = {cell.value for row in book["สำนักงานเขต"].iter_rows() for cell in row}
    assert {"1001", "1002", "1003", "สพป.สมมุติ 1002", "ข้อมูลสมมุติ"} <= values
    assert not any("ข้อมูลนักเรียน" in str(value) for value in values)  # offices count on days of their own
    assert {cell.value for cell in book["แผนดีที่สุด"]["C"]} >= {"พิสูจน์แล้วว่าดีที่สุด"}
    totals = dict(
        zip(*([cell.value for cell in row] for row in (list(book["สำนักงานเขต"].rows)[i] for i in (6, -1))), strict=True)
    )
    assert str(totals["pupils"]).startswith("=SUM(")
    assert not totals["villages"]  # one village may be in the tables of several offices
    document = Document(str(done / "outputs" / "report.docx"))
    cells = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert ["โรงเรียนที่เปิดสอน (แห่ง)", "๒๑"] in cells
    assert ["ความต้องการค่าพาหนะรอบพฤศจิกายน (บาท)", "๕๔,๐๐๐"] in cells
    assert len(document.inline_shapes) == 2
    assert (done / "outputs" / "map.png").read_bytes()[:4] == b"\x89PNG"


def test_where_not_every_office_has_a_plan_the_sums_say_of_which(
    country: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (country / "1003" / "optimise.yaml").write_text("close_at_least: 20\n", "utf-8")
    code, out, _ = run(country, capsys)
    assert code == 0
    table = pd.read_csv(country / "outputs" / "offices.csv")
    assert table["best"].tolist() == ["optimal", "optimal", "infeasible"]
    closed = int(table["schools_closed"].sum())
    assert f"แผนดีที่สุดของ 2 จาก 3 สำนักงานที่มีแผน: ย้ายทุกชั้น {closed} แห่ง" in out
    assert "ไม่มีแผนใดทำได้ตามเกณฑ์ที่ตั้ง 1 สำนักงาน" in out
    told = words_of(country)
    assert f"แผนดีที่สุดของ ๒ จาก ๓ สำนักงานที่มีแผน: โรงเรียนที่ย้ายทุกชั้น (แห่ง)\t{thai_digits(closed)}" in told
    assert "ไม่มีแผนใดทำได้ตามเกณฑ์ที่ตั้ง ๑ สำนักงาน" in told


def test_where_no_office_has_a_plan_there_are_no_sums_of_plans(
    country: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (country / "optimise.yaml").write_text("close_at_least: 20\n", "utf-8")
    code, out, _ = run(country, capsys)
    assert code == 0
    assert "ย้ายทุกชั้น" not in out
    assert "ไม่มีผลรวมของแผน เพราะไม่มีสำนักงานใดมีแผน · ไม่มีแผนใดทำได้ตามเกณฑ์ที่ตั้ง 3 สำนักงาน" in out
    totals = read_country(country).totals()
    assert totals["pupils"] is not None
    assert {totals[name] for name in ("schools_closed", "subsidy_baht", "net_baht", "directors_freed")} == {None}
    told = words_of(country)
    assert "แผนดีที่สุดของ" not in told
    assert "ไม่มีผลรวมของแผน" in told
    book = openpyxl.load_workbook(country / "outputs" / "national.xlsx")
    assert [row[4].value for row in book["แผนดีที่สุด"].rows][-1] == "ไม่ทราบ"
    # What shows the country still does.
    found = read_country(country)
    for show in (looking.ranking, looking.cheapest):
        assert "<table" in show(found).to_html()
    assert looking.shared_out(found, 0).data.empty  # type: ignore[attr-defined]


def words_of(root: Path) -> str:
    """Return what the country's report says, a row of a table a line."""
    document = Document(str(root / "outputs" / "report.docx"))
    rows = ["\t".join(cell.text for cell in row.cells) for table in document.tables for row in table.rows]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *rows])


def test_an_office_on_its_page(done: Path) -> None:
    page = looking.office_page(read_country(done), done, "1001")
    assert "พิสูจน์แล้วว่าดีที่สุด" in page
    assert "optimal" not in page
    assert page.index("<li>") > page.rindex("</table>")
    assert looking.broken(read_country(done)) == "ทำได้ครบทุกสำนักงาน"


# -- again ----
def test_nothing_changed_nothing_done(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, made = times(country), made_in(country)
    code, out, _ = run(country, capsys)
    assert code == 0
    assert "คำนวณใหม่ 0 ขั้น" in out
    assert times(country) == before
    assert made_in(country) == made


def test_one_office_changed_only_it_is_done_again(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = times(country)
    write_tiny(country, "1002", 500)
    assert run(country, capsys)[0] == 0
    changed = {name for name, when in times(country).items() if before[name] != when}
    assert changed == {f"1002 {stage}" for stage in STAGES}


def test_rules_of_the_country_and_an_offices_own(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (country / "optimise.yaml").write_text("close_at_most: 1\n", "utf-8")
    (country / "1003" / "optimise.yaml").write_text("close_at_most: 0\n", "utf-8")
    before = times(country)
    assert run(country, capsys)[0] == 0
    changed = {name for name, when in times(country).items() if before[name] != when}
    assert changed == {f"{code} best" for code in CODES}
    closed = pd.read_csv(country / "outputs" / "offices.csv")["schools_closed"].tolist()
    assert closed == [1, 1, 0]


def test_settings_of_the_country_and_an_offices_own(tmp_path: Path) -> None:
    shared, own = tmp_path / "country.yaml", tmp_path / "policy.yaml"
    shared.write_text(
        "fiscal_year: 2570\nsettings:\n  small_school_max: {value: 60}\n  long_minutes: {value: 45}\n", "utf-8"
    )
    own.write_text("office: ก\nsettings:\n  small_school_max: {value: 80}\n", "utf-8")
    policy = load_policy(own, country=shared)
    assert (policy.office, policy.settings.small_school_max, policy.settings.long_minutes) == ("ก", 80, 45)
    assert load_policy(tmp_path / "none.yaml", country=shared).settings.small_school_max == 60
    assert load_policy(own, country=tmp_path / "none.yaml").settings.long_minutes != 45


def test_settings_of_the_country_reach_its_offices(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (country / "policy.yaml").write_text("settings:\n  small_school_max: {value: 20}\n", "utf-8")
    assert run(country, capsys)[0] == 0
    table = pd.read_csv(country / "outputs" / "offices.csv")
    # Pupils who sit at each school of 1001: 36 - 18, 24, 360 + 18, 48, 24, 300, 36.
    assert table["small_schools"].tolist()[0] == 1


def test_a_file_that_was_touched_is_made_again(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = made_in(country)
    (country / "1001/outputs/national/best/curve.csv").write_text("oops", "utf-8")
    (country / "1002/outputs/national/need.json").write_text("{", "utf-8")
    (country / "1003/outputs/distances.parquet").unlink()
    (country / "outputs" / "curve.csv").unlink()
    assert run(country, capsys)[1].startswith("ทำแล้ว 3 จาก 3 สำนักงาน (คำนวณใหม่ 3 ขั้น)")
    assert made_in(country) == made


def test_a_broken_office_is_named_and_the_others_go_on(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = made_in(country)
    (country / "1002" / "inputs" / "students.csv").write_text("school_id,grade,village_id,count\nไม่มี,P1,x,1\n", "utf-8")
    code, out, err = run(country, capsys)
    assert code == 0
    assert "ทำแล้ว 2 จาก 3 สำนักงาน" in out
    assert "✗ 1002 สพป.สมมุติ 1002: " in err
    assert "inputs/students.csv" in err
    assert "แถว 2" in err
    assert "Traceback" not in err
    table = pd.read_csv(country / "outputs" / "offices.csv", keep_default_na=False).set_index("office")
    assert "inputs/students.csv" in table.loc[1002, "error"]
    assert table.loc[[1001, 1003], "error"].tolist() == ["", ""]
    assert table.loc[1002, "schools"] == ""
    noted = record(country, "1002", "distances")
    assert "students.csv" in noted["error"]["thai"]
    assert "figures" not in noted
    # The last good files of the broken one stay, those of the others are as they were.
    now = made_in(country)
    assert now["1002/outputs/distances.parquet"] == good["1002/outputs/distances.parquet"]
    kept = [path for path in good if not path.startswith(("outputs/", "1002/"))]
    assert all(now[path] == good[path] for path in kept)
    write_tiny(country, "1002", 7)
    assert run(country, capsys)[0] == 0
    assert made_in(country) == good


def test_all_broken_nothing_produced(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_in(country / "outputs")
    for office in CODES:
        (country / office / "inputs" / "schools.csv").write_text("nothing\n", "utf-8")
    code, _, err = run(country, capsys)
    assert code == 1
    assert files_in(country / "outputs") == before
    assert err.count("✗") == 3


def test_a_stage_after_a_failed_one_is_not_tried(country: Path) -> None:
    failed = {"office": "1001", "stage": "distances", "error": {"thai": "ก", "english": "a"}}
    before = times(country)
    assert run_stage(country, "1001", "need", failed) == failed | {"stage": "need"}
    assert times(country) == before


def test_a_record_of_other_inputs_does_not_hold(country: Path) -> None:
    assert set(fresh_records(country, "1001")) == set(STAGES)
    with (country / "1001" / "inputs" / "enrolment.csv").open("a", encoding="utf-8") as file:
        file.write("1001001,2566,P1,4\n")
    assert fresh_records(country, "1001") == {}


def test_a_figure_that_was_changed_by_hand_does_not_hold(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = made_in(country)
    path = country / "1001" / "outputs" / "national" / "need.json"
    for text in (path.read_text("utf-8").replace('"baht": ', '"baht": 9'), "{}", "[]", '{"sha256": 1}'):
        path.write_text(text, "utf-8")
        assert set(fresh_records(country, "1001")) == set(STAGES) - {"need"}
        assert run(country, capsys)[0] == 0
        assert made_in(country) == made


def test_what_is_in_no_office_is_told_wherever_the_country_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "country"
    (root / "inputs").mkdir(parents=True)
    folders = [write_tiny(tmp_path / "offices", code, place) for place, code in enumerate(CODES[:2])]
    for name in ("schools", "villages", "students"):
        paths = [folder / "inputs" / f"{name}.csv" for folder in folders]
        tables = [pd.read_csv(path, dtype="str", encoding="utf-8-sig") for path in paths]
        table = pd.concat([table.assign(office=code) for table, code in zip(tables, CODES, strict=False)])
        if name == "students":
            table = table.drop(columns="office")
            table = pd.concat([table, table.tail(1).assign(school_id="9999999999")])
        table.to_csv(root / "inputs" / f"{name}.csv", index=False)
    shutil.copy(folders[0] / "inputs" / "roads.osm", root / "inputs" / "roads.osm")
    code, out, _ = run(root, capsys)
    assert code == 0
    assert "ไม่ได้นับ: inputs/students.csv" in out
    assert any("ไม่ได้นับ: inputs/students.csv" in line for line in read_country(root).lines())
    document = Document(str(root / "outputs" / "report.docx"))
    assert any("ไม่ได้นับ: inputs/students.csv" in paragraph.text for paragraph in document.paragraphs)


def test_records_of_another_program_do_not_hold(country: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one of the same version: its files have changed."""
    before = stages._programs()
    monkeypatch.setattr(stages, "_programs", lambda: before | {"restructure": "another"})
    assert fresh_records(country, "1001") == {}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "0"], "--workers 0"),
        (["--workers", "x"], "--workers x"),
        (["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], "อย่างใดอย่างหนึ่ง"),
    ],
)
def test_wrong_use(options: list[str], words: str, done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["national", str(done), *options]) == 2
    assert words in capsys.readouterr().err


def test_rules_of_the_country_that_cannot_be_read(country: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = made_in(country)
    (country / "optimise.yaml").write_text("order: [beauty]\n", "utf-8")
    code, _, err = run(country, capsys)
    assert code == 1
    assert "optimise.yaml" in err
    assert made_in(country) == made


# -- the notebook ----
def test_notebook_of_the_country(done: Path, tmp_path: Path) -> None:
    import papermill

    target = tmp_path / "08.ipynb"
    papermill.execute_notebook(
        notebooks_folder() / "08-national.ipynb", target, parameters={"ROOT": str(done)}, kernel_name="python3",
        progress_bar=False, extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
    )  # fmt: skip
    shown = target.read_text("utf-8")
    assert "สพป.สมมุติ 1003" in shown
    assert "image/png" in shown

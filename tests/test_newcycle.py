"""The next cycle's folder: what goes on, what is asked for, what is left; small offices, figures by hand."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import year_office
from small_office import files_in, merge, read_rows, write_rows, write_scenario
from year_office import OFFICER, write_year

from restructure import newcycle
from restructure.certify import accept, certified, choose, enter, pairs
from restructure.cli import main
from restructure.cycle import measure, open_cycle
from restructure.ledger import in_force, read_ledger, revoke, verify
from restructure.newcycle import Line, new_cycle
from restructure.policy import load_policy, packaged_settings
from restructure.rounds import make_round
from restructure.templates import write_templates

if TYPE_CHECKING:
    from pathlib import Path

    from restructure.cycle import Measured

POLICY = """\
settings:
  far_m:
    value: [10000, 15000]
    source: มติ กพท. ที่ 1/2570  # ความเห็นของสำนักงาน
    date: 2026-11-01
terms: {"1/2570": {days_by_term: {value: {1: 110, 2: 90}, source: หนังสือที่ 2}}}
"""


@pytest.fixture
def last(tmp_path: Path) -> Path:
    return write_year(tmp_path / "2570")


def lines(folder: Path, before: Path) -> dict[str, list[Line]]:
    made = new_cycle(folder, before)
    return {state: [line for line in made if line.state == state] for state in newcycle.STATES}


def next_pupils(this: Path, last: Path) -> Measured:
    """Put last year's pupils into the new folder as this year's, and measure it."""
    rows = read_rows(last / "inputs" / "students.csv")
    cells = [[*list(row.values())[:4], "2/2570"] for row in rows if row["as_of"] == year_office.ESTIMATES[1]]
    write_rows(this / "inputs" / "students.csv", list(rows[0]), cells)
    return measure(open_cycle(this))


def certify_clear(folder: Path) -> Measured:
    measured = measure(open_cycle(folder))
    accept(measured, choose(pairs(measured), villages=["V1", "V2", "V3"]), OFFICER)
    return measured


# -- policy ----
def test_the_policy_goes_on_with_its_sources(tmp_path: Path) -> None:
    last = write_year(tmp_path / "2570", policy=POLICY)
    found = lines(tmp_path / "2571", last)
    was, now = ((tmp_path / name / "policy.yaml").read_text("utf-8") for name in ("2570", "2571"))
    assert now == was.replace("fiscal_year: 2570", "fiscal_year: 2571")
    notes = {line.what: line.note for line in found["carried"] if line.file == "policy.yaml"}
    assert notes["ปีงบประมาณ"] == "2570 → 2571"
    assert any("มติ กพท. ที่ 1/2570" in note and "1 พฤศจิกายน 2569" in note for note in notes.values())
    assert any("1/2570" in what for what in notes)
    assert load_policy(tmp_path / "2571" / "policy.yaml").settings.far_m == [10_000, 15_000]


def test_a_policy_in_braces_and_one_that_is_not_there(tmp_path: Path) -> None:
    last = write_year(tmp_path / "2570")
    (last / "policy.yaml").write_text("{office: สพป.ทดสอบ, fiscal_year: 2570}\n", "utf-8")
    new_cycle(tmp_path / "a", last)
    assert load_policy(tmp_path / "a" / "policy.yaml").office == "สพป.ทดสอบ"
    (last / "policy.yaml").unlink()
    new_cycle(tmp_path / "b", last)
    assert [load_policy(tmp_path / name / "policy.yaml").fiscal_year for name in "ab"] == [2571, 2571]


def test_a_setting_that_is_packaged_anew_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = write_year(tmp_path / "2570", policy=POLICY)

    def packaged(year: int) -> object:
        entries = packaged_settings(year)
        if year == 2571:
            for key in ("far_m", "small_school_max"):
                entries[key] = entries[key].model_copy(update={"value": 0, "source": f"หนังสือใหม่ {key}"})
        return entries

    monkeypatch.setattr(newcycle, "packaged_settings", packaged)
    monkeypatch.setattr(newcycle, "packaged_years", lambda: [2570, 2571])
    asked = [line.note for line in lines(tmp_path / "2571", last)["ask"] if line.file == "policy.yaml"]
    assert len(asked) == 2
    [own] = [note for note in asked if "far_m" in note]
    [other] = [note for note in asked if "small_school_max" in note]
    assert "สำนักงานกำหนดค่าของตน" in own
    assert "สำนักงานกำหนดค่าของตน" not in other


# -- inputs ----
def test_past_rolls_are_those_of_each_school_year(tmp_path: Path, last: Path) -> None:
    write_rows(last / "inputs" / "enrolment.csv", ["school_id", "year", "grade", "count"], [["A", "2568", "P1", "9"]])
    new_cycle(tmp_path / "2571", last)
    rows = [tuple(row.values()) for row in read_rows(tmp_path / "2571" / "inputs" / "enrolment.csv")]
    assert rows == [
        ("A", "2568", "P1", "9"), ("A", "2569", "P1", "4"), ("A", "2569", "P2", "2"), ("A", "2569", "P3", "1"),
        ("A", "2570", "P1", "5"), ("A", "2570", "P2", "2"), ("A", "2570", "P3", "1"),
        ("B", "2569", "P1", "3"), ("B", "2570", "P1", "3"),
    ]  # fmt: skip
    year = open_cycle_tables(tmp_path / "2571", last)["enrolment"]
    assert len(year) == len(rows), "the new file is read as it was written"


def open_cycle_tables(this: Path, last: Path) -> dict[str, object]:
    return dict(next_pupils(this, last).cycle.tables)


def test_years_that_the_office_has_told_stay_as_it_told_them(tmp_path: Path, last: Path) -> None:
    told = [["A", year, "P1", "9"] for year in ("2569", "2570")]
    write_rows(last / "inputs" / "enrolment.csv", ["school_id", "year", "grade", "count"], told)
    new_cycle(tmp_path / "2571", last)
    rows = [tuple(row.values()) for row in read_rows(tmp_path / "2571" / "inputs" / "enrolment.csv")]
    # But for the newest year, of which the count of all schools is what last year's forecast rested on.
    assert rows == [
        ("A", "2569", "P1", "9"), ("A", "2570", "P1", "5"), ("A", "2570", "P2", "2"), ("A", "2570", "P3", "1"),
        ("B", "2570", "P1", "3"),
    ]  # fmt: skip


def test_rolls_without_a_day_are_asked_for(tmp_path: Path, last: Path) -> None:
    rows = read_rows(last / "inputs" / "students.csv")
    cells = [list(row.values())[:4] for row in rows if row["as_of"] == year_office.ESTIMATES[1]]
    write_rows(last / "inputs" / "students.csv", list(rows[0])[:4], cells)
    found = lines(tmp_path / "2571", last)
    assert not (tmp_path / "2571" / "inputs" / "enrolment.csv").exists()
    assert any("as_of" in line.note or "ไม่บอกวันนับ" in line.note for line in found["ask"])


@pytest.mark.parametrize(("ends", "kept"), [("2027-10-31", False), ("2027-11-01", True), ("", True)])
def test_closures_that_are_over_stay_behind(tmp_path: Path, last: Path, ends: str, kept: bool) -> None:
    head = ["closure_id", "from", "to", "reason", "lat", "lon"]
    write_rows(last / "inputs" / "closures.csv", head, [["สะพาน", "2026-11-01", ends, "ขาด", "16.8", "100.3"]])
    found = lines(tmp_path / "2571", last)
    assert (tmp_path / "2571" / "inputs" / "closures.csv").exists() == kept
    assert any(line.file == "inputs/closures.csv" for line in found["carried" if kept else "left"])


def test_decided_files_go_on_and_those_of_the_year_stay(tmp_path: Path, last: Path) -> None:
    write_templates(last)
    (last / "templates" / "notice.docx").unlink(missing_ok=True)
    edited = sorted((last / "templates").glob("*.docx"))[0]
    edited.write_bytes(edited.read_bytes() + b"edited")
    (last / "templates" / "garuda.png").write_bytes(b"picture")
    for name in ("mapping.yaml", "optimise.yaml", "site.yaml"):
        (last / name).write_text("{}\n", "utf-8")
    shutil.copy(last / "policy.yaml", last / "mapping.yaml")
    (last / "mapping.yaml").write_text("files: {}\n", "utf-8")
    (last / "pupil-keys.salt").write_text("ab" * 32 + "\n", "ascii")
    for name in ("drafts", "private", "collections", "duties"):
        (last / name).mkdir()
        (last / name / "x.yaml").write_text("a: 1\n", "utf-8")
    before = files_in(last)
    new_cycle(tmp_path / "2571", last)
    made = files_in(tmp_path / "2571")
    carried = {f"templates/{edited.name}", "templates/garuda.png", "mapping.yaml", "optimise.yaml", "site.yaml"}
    carried |= {"pupil-keys.salt", "duties/x.yaml"}
    assert {name: made[name] for name in carried} == {name: before[name] for name in carried}
    assert [name for name in made if name.endswith(".docx")] == [f"templates/{edited.name}"]
    assert not [name for name in made if name.split("/")[0] in ("drafts", "private", "collections", "outputs")]
    assert files_in(last) == before


def test_the_plans_merges_are_asked_for(tmp_path: Path, last: Path) -> None:
    write_scenario(last, "plan-b", [merge("A", "nearest"), merge("B", "H1", grades="P1-P3")], name="แผน ข")
    asked = {line.file: line.note for line in lines(tmp_path / "2571", last)["ask"]}
    assert "โรงเรียนA → ที่ใกล้ที่สุด (ทุกชั้น" in asked["inputs/mergers.*"]
    assert "โรงเรียนB → โรงเรียนH1 (ป.1–ป.3" in asked["inputs/mergers.*"]
    assert "scenarios/plan-b.yaml" in asked


# -- what is certified ----
def test_certificates_pay_while_they_hold(tmp_path: Path, last: Path) -> None:
    certify_clear(last)
    this = tmp_path / "2571"
    new_cycle(this, last)
    villages = this / "inputs" / "villages.csv"
    rows = read_rows(villages)
    for row in rows:
        if row["village_id"] == "V2":
            row["lon"] = str(float(row["lon"]) + 0.003)
    write_rows(villages, list(rows[0]), [list(row.values()) for row in rows])
    measured = next_pupils(this, last)
    made = make_round(measured, "november")
    basis = made.needed.set_index("village_id")["basis"].to_dict()
    assert basis == {"V1": "certified", "V2": "routed", "V3": "certified", "VI": "routed"}
    states = made.pairs.set_index("village_id")[["state", "who"]].T.to_dict("list")
    assert states == {
        "V1": ["certified", OFFICER], "V2": ["stale", OFFICER], "V3": ["certified", OFFICER], "VI": ["unmeasured", ""],
    }  # fmt: skip
    accept(measured, choose(pairs(measured), states=["stale"]), "คนใหม่", why="จุดใหม่")
    assert make_round(measured, "november").needed.set_index("village_id")["basis"]["V2"] == "certified"


def test_who_certified_first_stays_known_for_years(tmp_path: Path, last: Path) -> None:
    certify_clear(last)
    first = read_ledger(last).set_index("subject")
    folders = [last]
    for year in ("2571", "2572"):
        new_cycle(tmp_path / year, folders[-1])
        next_pupils(tmp_path / year, last)
        folders.append(tmp_path / year)
    rows, before = read_ledger(folders[2]), read_ledger(folders[1]).set_index("subject")
    assert verify(folders[2]) == []
    for row in rows.to_dict("records"):
        told = json.loads(row["content"])["carried"]
        was = before.loc[row["subject"]]
        assert (told["fiscal_year"], told["seq"], told["hash"]) == (2571, was["seq"], was["hash"])
        assert (told["who"], told["at"]) == (OFFICER, first.at[row["subject"], "at"])
    assert set(certified(in_force(rows))["who"]) == {OFFICER}


def test_only_what_holds_is_carried(tmp_path: Path, last: Path) -> None:
    certify_clear(last)
    rows = read_ledger(last)
    revoke(last, OFFICER, [int(rows.loc[rows["subject"].str.contains("V1>"), "seq"].iloc[0])], "ผิด")
    new_cycle(tmp_path / "2571", last)
    assert {s.split(">")[0] for s in read_ledger(tmp_path / "2571")["subject"]} == {"village:V2", "village:V3"}


def test_what_rests_on_evidence_goes_with_it(tmp_path: Path, last: Path) -> None:
    measured = certify_clear(last)
    proof = tmp_path / "proof.txt"
    proof.write_text("เลขไมล์", "utf-8")
    enter(
        measured,
        choose(pairs(measured), villages=["VI"], states=["unmeasured"]),
        4_500,
        OFFICER,
        why="วัด",
        evidence=proof,
    )
    new_cycle(tmp_path / "a", last)
    [kept] = (last / "evidence").iterdir()
    assert (tmp_path / "a" / "evidence" / kept.name).read_bytes() == kept.read_bytes()
    assert len(read_ledger(tmp_path / "a")) == 4
    kept.write_text("อื่น", "utf-8")
    found = lines(tmp_path / "b", last)
    assert len(read_ledger(tmp_path / "b")) == 3
    assert any("หลักฐานหายหรือเปลี่ยน" in line.what for line in found["ask"])


def test_a_broken_ledger_is_told_and_left(tmp_path: Path, last: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certify_clear(last)
    ledger = last / "ledger.sqlite"
    ledger.write_bytes(
        ledger.read_bytes().replace(OFFICER.encode(), OFFICER.replace("ศรี", "หมาย").encode()[: len(OFFICER.encode())])
    )
    before = files_in(last)
    assert main(["new", str(tmp_path / "2571"), "--from", str(last)]) == 0
    out = capsys.readouterr().out
    assert "ระยะทางที่รับรอง: ยกมาไม่ได้" in out
    assert "ledger.sqlite" in out
    assert not (tmp_path / "2571" / "ledger.sqlite").exists()
    assert (tmp_path / "2571" / "inputs" / "schools.csv").exists()
    assert files_in(last) == before


def test_undo_does_not_take_back_what_was_carried(tmp_path: Path, last: Path) -> None:
    certify_clear(last)
    this = tmp_path / "2571"
    new_cycle(this, last)
    next_pupils(this, last)
    assert main(["certify", str(this), "--undo", "--by", OFFICER, "--why", "ลอง"]) == 2
    assert len(in_force(read_ledger(this))) == 3


# -- refusals ----
def test_what_cannot_be_is_refused_and_nothing_is_made(
    tmp_path: Path, last: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", str(tmp_path / "x"), "--from", str(tmp_path / "nowhere")]) == 2
    for folder in (last, last / "2571", last / "inputs" / "x"):
        assert main(["new", str(folder), "--from", str(last)]) == 2
    assert not (last / "2571").exists()
    (last / "inputs" / "villages.csv").unlink()
    assert main(["new", str(tmp_path / "y"), "--from", str(last)]) == 1
    assert "villages" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "y").exists()

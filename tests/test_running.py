"""A run does again what has changed and no more, says why, and leaves the last good outputs however it ends."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from small_office import files_in, merge, write_rows, write_small_office

from restructure import files, running
from restructure._errors import DataError, UsageError
from restructure.cli import main
from restructure.cycle import find_scenario, measure, open_cycle
from restructure.files import RUN_FOLDER, finish_left, put_in_place, write_json
from restructure.ledger import Decision, decide
from restructure.notebooks import YEAR
from restructure.replay import replay
from restructure.running import is_unfinished, run_year, stale
from restructure.steps import write_comparison, write_distances, write_outcome
from restructure.waysteps import write_audit, write_closures, write_proofs
from restructure.yearsteps import write_allocation

#: Tables that some notebook leaves alone, with the notebooks that read them.
READ_BY = {
    "ceilings": {"00-start", "01-data", "04-subsidy", "05-plan", "06-duties"},
    "payments": {"00-start", "01-data", "04-subsidy", "05-plan", "06-duties"},
    "enrolment": {"00-start", "01-data", "03-scenarios", "05-plan", "06-duties"},
    "totals": {"00-start", "01-data", "05-plan", "06-duties"},
    "population": {"00-start", "01-data", "05-plan", "06-duties"},
    "polling": {"00-start", "01-data", "05-plan", "06-duties"},
}


def write_office(folder: Path) -> Path:
    """An office of two schools with every table that a notebook may leave alone."""
    write_small_office(
        folder,
        schools="H 0 P1-P6\nA 3000 P1-P6",
        villages="v1 1000\nv2 2950",
        students="H P1 v1 40\nA P1 v1 4\nA P2 v2 10",
        scenarios={"x": [merge("A", "H")]},
    )
    inputs = folder / "inputs"
    write_rows(inputs / "mergers.csv", ["school_id", "grades", "from_term", "host_id", "kind", "programme"],
               [["A", "P2", "1/2560", "H", "learn-together", "existing"]])  # fmt: skip
    write_rows(inputs / "ceilings.csv", ["round", "letter", "baht", "date"], [["may", "1", "1000", "2027-05-25"]])
    write_rows(inputs / "payments.csv", ["round", "host_id", "school_id", "baht", "date"],
               [["may", "H", "A", "900", "2027-06-15"]])  # fmt: skip
    write_rows(inputs / "enrolment.csv", ["school_id", "year", "grade", "count"],
               [[school, str(year), "P1", str(count + year - 2566)]
                for school, count in (("H", 40), ("A", 6)) for year in range(2566, 2569)])  # fmt: skip
    write_rows(inputs / "totals.csv", ["school_id", "grade", "count"], [["A", "P1", "4"]])
    write_rows(inputs / "population.csv", ["village_id", "name", "population"], [["v1", "ก", "300"]])
    write_rows(inputs / "polling.csv", ["name", "tambon", "lat", "lon"], [["ศาลา", "ต", "16.8", "100.5"]])
    return folder


def work(notebook: Path, target: Path, folder: Path) -> None:
    """Stand in for a notebook: some files that say what the first table says, one of them gone where it is new."""
    target.mkdir(exist_ok=True)
    text = (folder / "inputs" / "schools.csv").read_text("utf-8-sig")
    made = files.outputs_folder(folder)
    assert made.name == RUN_FOLDER
    for number in range(3):
        with files.staged(made) as stage:
            (stage / f"{notebook.stem}-{number}.csv").write_text(text, "utf-8")
            (stage / f"{notebook.stem}-{number}b.csv").write_text(text, "utf-8")
    if text == "new":
        (made / f"{notebook.stem}-0.csv").unlink()
    (target / notebook.name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office after a run; tests must not write into it."""
    folder = write_office(tmp_path_factory.mktemp("run") / "office")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "execute", work)
        run_year(folder)
    return folder


@pytest.fixture
def done(run_once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run_once, tmp_path / "office", copy_function=shutil.copy2))


# -- what is done again ----
def test_nothing_is_done_again_where_nothing_has_changed(done: Path) -> None:
    before = files_in(done)
    assert stale(done) == {}
    run_year(done)  # with real notebooks it would take long and change much
    assert files_in(done) == before


@pytest.mark.parametrize("table", sorted(READ_BY))
def test_a_table_concerns_those_that_read_it(done: Path, table: str) -> None:
    path = done / "inputs" / f"{table}.csv"
    path.write_bytes(path.read_bytes() + b"\r\n")
    assert stale(done) == {name: [f"inputs/{table}.csv"] for name in YEAR if name in READ_BY[table]}


@pytest.mark.parametrize("path", ["inputs/students.csv", "inputs/villages.csv", "policy.yaml", "scenarios/x.yaml"])
def test_what_all_rests_on_concerns_all(done: Path, path: str) -> None:
    with (done / path).open("a", encoding="utf-8") as file:
        file.write("\n")
    found = stale(done)
    assert set(found) == {*YEAR} - ({"04-subsidy"} if path.startswith("scenarios") else set())
    assert all(reasons == [path] for reasons in found.values())


def test_a_decision_concerns_the_money_and_the_papers(done: Path) -> None:
    decide(done, "ก", [Decision("confirm", "van", {"value": 1})])
    assert set(stale(done)) == {"01-data", "04-subsidy", "05-plan", "06-duties"}
    assert "ทะเบียนการตัดสินใจเปลี่ยน" in running.spell_reasons(stale(done)["04-subsidy"])


def test_a_ledger_that_was_tampered_with_concerns_them_too(done: Path) -> None:
    decide(done, "ก", [Decision("confirm", "van", {"value": 1}), Decision("confirm", "bus", {"value": 2})])
    before = running.what_it_reads(done, "04-subsidy")
    with closing(sqlite3.connect(done / "ledger.sqlite")) as ledger:
        for name, sql in ledger.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall():
            ledger.execute(f'DROP TRIGGER "{name}"')
            if name == "no UPDATE ON decisions":
                ledger.execute("UPDATE decisions SET who = 'ข' WHERE seq = 1")
            ledger.execute(sql)
        ledger.commit()
    assert running.differences(before, running.what_it_reads(done, "04-subsidy")) == ["ledger.sqlite"]


def test_what_lies_behind_a_link_counts(done: Path) -> None:
    (done / "inputs").rename(done.parent / "elsewhere")
    (done / "inputs").symlink_to(done.parent / "elsewhere")
    (done / "inputs" / "around").symlink_to(done)
    assert stale(done) == {}
    with (done.parent / "elsewhere" / "totals.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert set(stale(done)) == READ_BY["totals"]


def test_a_new_day_concerns_papers_that_say_what_is_late(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Tomorrow(running.date):
        @classmethod
        def today(cls) -> Tomorrow:
            return cls(2999, 1, 1)

    monkeypatch.setattr(running, "date", Tomorrow)
    assert stale(done) == {"05-plan": ["today"], "06-duties": ["today"]}


def test_another_program_concerns_all(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "package_digest", lambda: "another")
    assert stale(done) == {name: ["program"] for name in YEAR}


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_an_output_that_is_not_as_it_was_made_is_made_again(done: Path, how: str) -> None:
    path = done / "outputs" / "02-distances-1.csv"
    path.unlink() if how == "gone" else path.write_bytes(b"x")
    assert stale(done) == {"02-distances": ["touched:02-distances-1.csv"]}
    assert "02-distances-1.csv หาย" in running.spell_reasons(stale(done)["02-distances"])


def test_a_manifest_that_is_not_ours_makes_all_anew(done: Path) -> None:
    manifest = done / "outputs" / "manifest.json"
    for text in ("", "[]", '{"run": 1}', '{"run": {"notebooks": []}}', '{"run": {"notebooks": {"00-start": 3}}}'):
        manifest.write_text(text, "utf-8")
        assert set(stale(done)) == {*YEAR}


@pytest.mark.parametrize("notebook", ["02-distances", "03-scenarios", "04-subsidy"])
def test_what_a_notebook_leaves_alone_changes_nothing_that_it_makes(tmp_path: Path, notebook: str) -> None:
    """The tables are taken away, and what the notebook's steps make stays the same, byte for byte."""
    aside = [table for table, readers in READ_BY.items() if notebook not in readers]

    def make(without: list[str]) -> dict[str, bytes]:
        folder = write_office(tmp_path / str(len(without)) / "office")
        for table in without:
            (folder / "inputs" / f"{table}.csv").unlink()
        measured = measure(open_cycle(folder))
        scenario = find_scenario(folder)
        if notebook == "02-distances":
            write_distances(measured)
            write_audit(measured, scenario)
            write_closures(measured, scenario, wet=True)
            write_proofs(measured, scenario)
        elif notebook == "03-scenarios":
            write_comparison(measured, [scenario])
            write_outcome(measured, scenario)
        else:
            write_allocation(measured, "november")
            write_allocation(measured, "may")
        return {
            path: data
            for path, data in files_in(folder / "outputs").items()
            if path.endswith((".csv", ".json", ".parquet")) and path not in ("problems.csv", "manifest.json")
        }

    whole = make([])
    assert whole
    assert make(aside) == whole


# -- replay ----
def test_a_replay_makes_every_table_again(done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another machine: another folder, where nothing has been made yet."""
    monkeypatch.setattr(running, "execute", work)
    before = files_in(done / "outputs")
    manifest = Path(shutil.copy(done / "outputs" / "manifest.json", tmp_path / "manifest.json"))
    shutil.rmtree(done / "outputs")
    assert replay(done, manifest) == len(YEAR) * 6
    assert {path: files_in(done / "outputs")[path] for path in before} == before
    assert stale(done) == {}


def test_a_replay_that_comes_out_otherwise_is_refused(done: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def otherwise(notebook: Path, target: Path, folder: Path) -> None:
        work(notebook, target, folder)
        if notebook.stem == "05-plan":
            (files.outputs_folder(folder) / "05-plan-2.csv").write_bytes(b"another")

    monkeypatch.setattr(running, "execute", otherwise)
    before = files_in(done / "outputs")
    with pytest.raises(DataError, match=r"1 ตารางจาก 42: 05-plan-2\.csv"):
        replay(done, done / "outputs" / "manifest.json")
    after = files_in(done / "outputs")
    assert after.pop("replay/05-plan-2.csv") == b"another"
    assert after == before


def test_a_replay_refuses_other_inputs_and_names_them(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = files_in(done / "outputs")
    (done / "inputs" / "payments.csv").unlink()
    (done / "inputs" / "boundary.geojson").write_text("{}", "utf-8")
    with (done / "inputs" / "students.csv").open("a", encoding="utf-8") as file:
        file.write("A,P1,v1,1\n")
    assert main(["run", "--replay", str(done / "outputs" / "manifest.json")]) == 1
    said = capsys.readouterr().err
    assert "inputs/payments.csv (ไม่มีแล้ว)" in said
    assert "inputs/boundary.geojson (เพิ่มเข้ามา)" in said
    assert "inputs/students.csv (เนื้อหาเปลี่ยน)" in said
    assert "villages" not in said
    assert files_in(done / "outputs") == before


@pytest.mark.parametrize("path", ["../../evil.csv", "/evil.csv", "a/../../b.csv", "C:/evil.csv", "a\\b.csv"])
def test_a_manifest_that_names_files_elsewhere_is_refused(done: Path, path: str) -> None:
    manifest = done / "outputs" / "manifest.json"
    record = json.loads(manifest.read_text("utf-8"))
    record["run"]["notebooks"]["04-subsidy"]["made"][path] = "0" * 64
    write_json(done.parent / "handed.json", record)
    with pytest.raises(DataError, match="ไม่มีบันทึกของ run"):
        replay(done, done.parent / "handed.json")


def test_a_replay_of_a_damaged_record_and_of_none(
    done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = json.loads((done / "outputs" / "manifest.json").read_text("utf-8"))
    for read in (None, ["a"], "a"):
        record["run"]["notebooks"]["03-scenarios"]["read"] = read
        (tmp_path / "m.json").write_text(json.dumps(record), "utf-8")
        assert main(["run", str(done), "--replay", str(tmp_path / "m.json")]) == 1
        assert "ไม่มีบันทึกของ run" in capsys.readouterr().err
    for path in (tmp_path / "nowhere.json", tmp_path):
        assert main(["run", str(done), "--replay", str(path)]) == 2
        assert "ไม่พบไฟล์" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", '{"run": {}}', '{"run": {"notebooks": {"00-start": {}}}}'])
def test_a_replay_needs_the_record_of_a_whole_run(
    done: Path, tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.json").write_text(text, "utf-8")
    assert main(["run", str(done), "--replay", str(tmp_path / "m.json")]) == 1
    assert "ไม่มีบันทึกของ run" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--replay", "m.json"], ["--replay", "outputs/manifest.json"]])
def test_a_run_needs_a_folder(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", *arguments]) == 2


# -- runs that are stopped ----
@pytest.fixture
def worked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of which all was made from "old", and the input says "new" now."""
    folder = tmp_path / "cycle"
    (folder / "inputs").mkdir(parents=True)
    (folder / "inputs" / "schools.csv").write_text("old", "ascii")
    monkeypatch.setattr(running, "execute", work)
    run_year(folder)
    (folder / "inputs" / "schools.csv").write_text("new", "ascii")
    return folder


def outputs(folder: Path) -> dict[str, bytes]:
    return {
        path: data
        for path, data in files_in(folder / "outputs").items()
        if not path.startswith(".") and path != "manifest.json"
    }


EXPECTED = {
    text: {f"{name}-{n}{b}.csv": text.encode() for name in YEAR for n in range(3) for b in ("", "b")}
    | {f"notebooks/{name}.ipynb": text.encode() for name in YEAR}
    for text in ("old", "new")
}
for _name in YEAR:
    del EXPECTED["new"][f"{_name}-0.csv"]


def test_a_run_replaces_all_at_its_end(worked: Path) -> None:
    assert outputs(worked) == EXPECTED["old"]
    run_year(worked)
    assert outputs(worked) == EXPECTED["new"]
    assert not list((worked / "outputs").glob(".*"))


def _die_after(count: int, folder: Path) -> None:
    """Let this process be killed while a run puts its files in place, which takes but a moment."""
    really, journal = Path.replace, folder / "outputs" / RUN_FOLDER / ".complete.json"
    left = [count]

    def replace(path: Path, target: Path) -> Path:
        if journal.is_file():
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1
        return really(path, target)

    Path.replace = replace  # type: ignore[method-assign]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills need a system with fork")
def test_a_hundred_kills_leave_the_last_good_outputs(worked: Path) -> None:
    """Whatever moment: what is seen by the next command is all of the run before or all of the new one."""
    chance = random.Random(2570)
    begun = time.perf_counter()
    run_year(Path(shutil.copytree(worked, worked.parent / "timed")))
    whole_s = time.perf_counter() - begun
    seen = {"old": 0, "new": 0}
    went_on = 0
    for number in range(100):
        folder = Path(shutil.copytree(worked, worked.parent / str(number)))
        files_put = chance.randrange(40) if number % 3 == 0 else None
        child = os.fork()
        if not child:
            try:
                if files_put is not None:
                    _die_after(files_put, folder)
                run_year(folder)
            finally:
                os._exit(0)
        if files_put is None:
            time.sleep(chance.uniform(0, whole_s))
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        finish_left(folder / "outputs")
        made = outputs(folder)
        text = "new" if made.get("00-start-1.csv") == b"new" else "old"
        seen[text] += 1
        assert made == EXPECTED[text], number
        went_on += is_unfinished(folder)
        run_year(folder)
        assert outputs(folder) == EXPECTED["new"]
        assert not list((folder / "outputs").glob(".*"))
        shutil.rmtree(folder)
    assert seen["old"] > 20
    assert seen["new"] > 20, "what was being put in its place is finished by the next command"
    assert went_on > 20, "runs that were stopped after a notebook go on there"


def test_a_stopped_run_goes_on_where_it_was(worked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    did: list[str] = []

    def stopping(notebook: Path, target: Path, folder: Path) -> None:
        did.append(notebook.stem)
        if len(did) == 4:
            raise KeyboardInterrupt
        work(notebook, target, folder)

    monkeypatch.setattr(running, "execute", stopping)
    with pytest.raises(KeyboardInterrupt):
        run_year(worked)
    assert outputs(worked) == EXPECTED["old"]
    assert is_unfinished(worked)
    assert list(stale(worked)) == list(YEAR[3:])
    run_year(worked)
    assert did == [*YEAR[:4], *YEAR[3:]]
    assert outputs(worked) == EXPECTED["new"]


def test_what_was_done_is_done_again_where_its_input_changed_since(
    worked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopping(notebook: Path, target: Path, folder: Path) -> None:
        if notebook.stem == YEAR[2]:
            raise DataError("ก", "a")
        work(notebook, target, folder)

    monkeypatch.setattr(running, "execute", stopping)
    with pytest.raises(DataError):
        run_year(worked)
    (worked / "inputs" / "schools.csv").write_text("old", "ascii")
    monkeypatch.setattr(running, "execute", work)
    run_year(worked)
    assert outputs(worked) == EXPECTED["old"]


def test_what_others_write_meanwhile_stays(worked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command beside the run, of another step: its file and its note in the manifest."""
    beside = {"steps": {"simulate b": {"made": "2570"}}, "ledger": [7, "f" * 64]}

    def meanwhile(notebook: Path, target: Path, folder: Path) -> None:
        work(notebook, target, folder)
        write_json(folder / "outputs" / "b.json", {})
        write_json(folder / "outputs" / "manifest.json", beside)

    monkeypatch.setattr(running, "execute", meanwhile)
    run_year(worked)
    assert (worked / "outputs" / "b.json").is_file()
    manifest = json.loads((worked / "outputs" / "manifest.json").read_text("utf-8"))
    assert manifest["steps"] == beside["steps"]
    assert manifest["ledger"] == beside["ledger"]
    assert set(manifest["run"]["notebooks"]) == {*YEAR}


def test_what_a_notebook_makes_no_longer_goes(worked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the results of a scenario that was taken away; what a command beside made stays."""
    write_json(worked / "outputs" / "beside.json", {})

    def less(notebook: Path, target: Path, _: Path) -> None:
        target.mkdir(exist_ok=True)
        (target / notebook.name).write_text("less", "utf-8")

    monkeypatch.setattr(running, "execute", less)
    run_year(worked)
    assert set(outputs(worked)) == {"beside.json", *(f"notebooks/{name}.ipynb" for name in YEAR)}
    assert stale(worked) == {}


def test_two_runs_at_once_are_refused(worked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def second(notebook: Path, target: Path, folder: Path) -> None:
        with pytest.raises(UsageError, match="หน้าต่างอื่น"):
            run_year(folder)
        work(notebook, target, folder)

    monkeypatch.setattr(running, "execute", second)
    run_year(worked)
    assert outputs(worked) == EXPECTED["new"]


@pytest.mark.parametrize("last", range(7))
def test_what_was_killed_while_files_were_put_in_place_is_finished(tmp_path: Path, last: int) -> None:
    """Killed after each of six steps: three files put in place, one taken away, and before and after."""
    target = tmp_path / "outputs"
    for name in ("a", "deep/b", "old"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(b"old")
    program = """
import os, pathlib, sys
from restructure.files import put_in_place
target, last, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]), 0
def counted(really):
    def act(*arguments, **more):
        global count
        if count == last:
            os._exit(9)
        count += 1
        return really(*arguments, **more)
    return act
stage = target / ".unfinished-x"
for name in ("a", "deep/b", "c"):
    (stage / name).parent.mkdir(parents=True, exist_ok=True)
    (stage / name).write_bytes(b"new")
pathlib.Path.replace, pathlib.Path.unlink = counted(pathlib.Path.replace), counted(pathlib.Path.unlink)
put_in_place(stage, ["a", "c", "deep/b"], ["old", "never-there"])
"""
    done = subprocess.run([sys.executable, "-c", program, str(target), str(last)], check=False)
    assert done.returncode == (9 if last < 5 else 0)
    finish_left(target)
    made = {path: data for path, data in files_in(target).items() if not path.startswith(".")}
    if last == 0:  # not all had been made yet
        assert made == {"a": b"old", "deep/b": b"old", "old": b"old"}
    else:
        assert made == {"a": b"new", "c": b"new", "deep/b": b"new"}
    assert bool(list(target.glob(".unfinished-*/.complete.json"))) is False


def test_a_journal_that_leads_outside_is_left_alone(tmp_path: Path) -> None:
    stage = tmp_path / "outputs" / ".unfinished-x"
    stage.mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"kept")
    (stage / "x").write_bytes(b"new")
    write_json(stage / ".complete.json", {"made": ["x", "../secret"], "gone": ["../secret"]})
    finish_left(tmp_path / "outputs")
    assert (tmp_path / "secret").read_bytes() == b"kept"


def test_one_that_is_at_it_is_left_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens the cycle meanwhile does not meddle."""
    stage = tmp_path / ".unfinished-x"
    stage.mkdir()
    for name in ("a", "b"):
        (stage / name).write_bytes(b"new")
    really = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if path.name == "a":
            finish_left(tmp_path)
            assert (stage / "b").is_file()
        return really(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    put_in_place(stage, ["a", "b"])
    assert (tmp_path / "b").read_bytes() == b"new"

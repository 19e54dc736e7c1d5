"""A cycle as one file: what comes back is what went in, nothing else opens, and one edition names no child."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
import unicodedata
import zipfile
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import docx
import pandas as pd
import pytest
import yaml
from drawn import place
from messy import SECRET, write_messy_office
from small_office import files_in, merge, read_rows, write_rows, write_small_office
from year_office import NEED, certify_all, write_year

from restructure import backup as backups
from restructure._errors import DataError, RestructureError, UsageError
from restructure.backup import BACKUP_FILE, read_through, restore, write_backup
from restructure.cli import main
from restructure.cycle import ledger_faults, open_cycle
from restructure.ledger import Decision, decide, head, read_ledger, verify
from restructure.portable import refuse_names
from restructure.templates import write_templates

DAY = date(2026, 11, 23)
WHO = "สมศรี นักวิเคราะห์"
#: What must not be in the edition without persons, wherever it stood.
CITIZENS = ["1102003004005", "1-2345-67890-12-1", "G650000000017"]
NAMES = ["ทองดีลับเฉพาะ", "ทองคำลับเฉพาะ", "ครูใหญ่ลับเฉพาะ", "ผู้ถูกประเมินลับเฉพาะ", "ผู้ตอบลับเฉพาะ"]
PHONES = ["081-234-5678", "0812345678", "0987654321"]
HOMES = [(4_100.0, 30.0), (5_200.0, -40.0)]


def write_office(folder: Path) -> Path:
    """Pupils one by one: three of V1, one of V2 who is listed by two schools, two with a home point of their own."""
    write_small_office(
        folder,
        schools="A 2500 P1-P6\nB 9000 P1-P6\nH 0 P1-P6",
        villages="V1 2000\nV2 4000\nV3 12000",
        students="",
        scenarios={"one": [merge("A", "H")]},
        policy="office: สพป.ทดสอบ\nfiscal_year: 2570\n",
    )
    heads = ["เลขประจำตัวประชาชน", "ชื่อ", "นามสกุล", "โทรศัพท์มือถือ"]
    heads += ["school_id", "grade", "village_id", "lat", "lon", "as_of", "declared_m"]
    rows = [
        [CITIZENS[0], "เด็กชายก", NAMES[0], PHONES[0], "A", "P1", "V1", "", "", "2026-11-02", "2.1"],
        [CITIZENS[1], "เด็กชายข", NAMES[0], PHONES[1], "A", "P1", "V1", "", "", "2026-11-02", "2.2"],
        [CITIZENS[2], "เด็กชายค", NAMES[1], "", "A", "P2", "V1", "", "", "2026-11-02", ""],
        ["1102003004013", "เด็กชายง", NAMES[1], "", "A", "P2", "V2", "", "", "2026-11-02", ""],
        ["1102003004013", "เด็กชายง", NAMES[1], "", "B", "P2", "V2", "", "", "2026-11-05", ""],
        ["1102003004021", "เด็กชายจ", NAMES[1], "", "A", "P1", "V2", *map(str, place(*HOMES[0])), "2026-11-02", ""],
        ["1102003004030", "เด็กชายฉ", NAMES[1], "", "A", "P1", "V2", *map(str, place(*HOMES[1])), "2026-11-02", ""],
    ]
    write_rows(folder / "inputs" / "students.csv", heads, rows)
    schools = folder / "inputs" / "schools.csv"
    told = read_rows(schools)
    told = [{**row, "ชื่อผู้อำนวยการ": NAMES[2], "โทรศัพท์": PHONES[2], "หมายเหตุ": f"โทร {PHONES[2]}"} for row in told]
    write_rows(schools, list(told[0]), [list(row.values()) for row in told])
    for name, text in {
        "private/appraisal.yaml": NAMES[3],
        "collections/a/returned/1.csv": NAMES[4],
        "evidence/0123.txt": NAMES[0],
        f"{NAMES[0]}.txt": CITIZENS[0],
        "collections/a/issue.yaml": "title: ประเด็น\n",
        "duties/own.yaml": "key: own\n",
        "templates/plan.docx": "ต้นแบบ",
        "versions/1/version.json": "{}",
        "drafts/hand.yaml": "name: ร่าง\nmerges: []\n",
        "optimise.yaml": "seconds: 5\n",
        "plan.yaml": "scenario: one\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    (folder / "private" / "appraisal.yaml").chmod(0o600)
    decide(folder, WHO, [Decision("confirm-rule", "bands", {"value": 1})])
    return folder


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an office with outputs; tests must not write into it."""
    folder = write_office(tmp_path_factory.mktemp("worked") / "2570")
    assert main(["distances", str(folder)]) == 0
    assert main(["simulate", str(folder), "one"]) == 0
    assert (folder / "outputs" / "homes.parquet").is_file()
    return folder


@pytest.fixture(scope="module")
def whole(worked: Path) -> Path:
    path = worked.parent / "whole.zip"
    write_backup(worked, path, made=DAY)
    return path


@pytest.fixture(scope="module")
def handed(worked: Path) -> Path:
    path = worked.parent / "handed.zip"
    write_backup(worked, path, persons=False, made=DAY)
    return path


def ours(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but the locks; of the ledger its rows: SQLite counts in it how often it was written."""
    found = {name: data for name, data in files_in(folder).items() if not name.endswith(".lock")}
    return found | {"ledger.sqlite": read_ledger(folder).to_csv().encode()}


# -- there and back ----
def test_what_comes_back_is_what_went_in(worked: Path, whole: Path, tmp_path: Path) -> None:
    target = tmp_path / "พิษณุโลก" / "2570"
    made = restore(whole, target)
    before = ours(worked)
    assert ours(target) == before
    assert set(made.files) == set(before)
    assert not ledger_faults(target)
    assert (made.persons, made.ledger, made.made) == (True, list(head(worked)), "2026-11-23")
    for name in ("private/appraisal.yaml", "pupil-keys.salt"):
        assert stat.S_IMODE((target / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(whole.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["พิษณุโลก"]
    assert [path.name for path in target.parent.iterdir()] == ["2570"]


def test_steps_give_the_same_bytes_after_coming_back(worked: Path, whole: Path, tmp_path: Path) -> None:
    target = tmp_path / "a"
    restore(whole, target)
    wanted = {name: data for name, data in files_in(worked / "outputs").items() if name != "manifest.json"}
    shutil.rmtree(target / "outputs")
    assert main(["distances", str(target)]) == 0
    assert main(["simulate", str(target), "one"]) == 0
    assert {n: data for n, data in files_in(target / "outputs").items() if n != "manifest.json"} == wanted


def test_the_same_content_is_the_same_bytes(worked: Path, whole: Path, tmp_path: Path) -> None:
    write_backup(worked, tmp_path / "again.zip", made=DAY)
    assert (tmp_path / "again.zip").read_bytes() == whole.read_bytes()
    restore(whole, tmp_path / "r")
    write_backup(tmp_path / "r", tmp_path / "r.zip", made=DAY)
    assert (tmp_path / "r.zip").read_bytes() == whole.read_bytes()


def test_evidence_goes_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, paper = write_office(tmp_path / "here" / "c"), tmp_path / "here" / "มติ.pdf"
    paper.write_text("มติ")
    what = ["study-rules", "--by", WHO, "--on", "1/11/2569", "--evidence", str(paper)]
    assert main(["step", str(folder), *what]) == 0
    before = capsys.readouterr().out
    assert "ทำเมื่อ" in before
    here = str(folder).encode()
    assert [name for name, data in files_in(folder).items() if here in data] == []
    write_backup(folder, tmp_path / "b.zip")
    shutil.rmtree(tmp_path / "here")
    restore(tmp_path / "b.zip", tmp_path / "elsewhere")
    assert main(["step", str(tmp_path / "elsewhere")]) == 0
    assert capsys.readouterr().out == before


def test_without_outputs_only_their_manifest_goes_along(worked: Path, tmp_path: Path) -> None:
    made = write_backup(worked, tmp_path / "b.zip", outputs=False)
    assert [name for name in made.files if name.startswith("outputs/")] == ["outputs/manifest.json"]
    restore(tmp_path / "b.zip", tmp_path / "r")
    assert not ledger_faults(tmp_path / "r")


def test_outputs_that_come_back_are_older_than_what_they_were_made_from(whole: Path, tmp_path: Path) -> None:
    """Else a document of an earlier draft would pass for one of this draft."""
    restore(whole, tmp_path / "r")
    newest = max(path.stat().st_mtime for path in (tmp_path / "r" / "outputs").rglob("*") if path.is_file())
    assert newest < (tmp_path / "r" / "plan.yaml").stat().st_mtime


def test_a_zip_program_opens_it_too(worked: Path, whole: Path) -> None:
    with zipfile.ZipFile(whole) as archive:
        assert archive.testzip() is None
        assert archive.read("cycle/inputs/students.csv") == (worked / "inputs" / "students.csv").read_bytes()
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_backup_of_a_cycle_that_cannot_be_read_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", str(tmp_path / "n")]) == 0
    assert main(["backup", str(tmp_path / "n"), str(tmp_path / "n.zip")]) == 0
    assert main(["restore", str(tmp_path / "n.zip"), str(tmp_path / "r")]) == 0
    assert "ยังเปิดรอบปีนี้ไม่ได้" in capsys.readouterr().err
    assert files_in(tmp_path / "r") == files_in(tmp_path / "n")
    assert main(["backup", str(tmp_path / "n"), str(tmp_path / "p.zip"), "--without-persons"]) == 1
    assert not (tmp_path / "p.zip").exists()


def test_the_ledger_is_whole_while_others_write(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    (folder / "inputs").mkdir(parents=True)
    decide(folder, WHO, [Decision("confirm-rule", "0", {})])
    ended = threading.Event()

    def work() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            decide(folder, WHO, [Decision("confirm-rule", str(number), {"n": i}) for i in range(1)])

    writer = threading.Thread(target=work)
    writer.start()
    try:
        for number in range(5):
            made = write_backup(folder, tmp_path / f"{number}.zip")
            restore(tmp_path / f"{number}.zip", tmp_path / str(number))
            assert verify(tmp_path / str(number), (int(made.ledger[0]), str(made.ledger[1]))) == []
            assert head(tmp_path / str(number)) == tuple(made.ledger)
    finally:
        ended.set()
        writer.join()


def test_the_ledger_goes_as_far_as_the_manifest_that_goes_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody decides, and a step notes it, in the middle of a backup."""
    folder = tmp_path / "c"
    (folder / "inputs").mkdir(parents=True)
    decide(folder, WHO, [Decision("confirm-rule", "0", {})])
    listed = backups._all_files

    def decided_meanwhile(folder: Path) -> dict[str, Path]:
        decide(folder, WHO, [Decision("confirm-rule", "1", {})])
        (folder / "outputs").mkdir()
        (folder / "outputs" / "manifest.json").write_text(json.dumps({"ledger": head(folder)}), "utf-8")
        return listed(folder)

    monkeypatch.setattr(backups, "_all_files", decided_meanwhile)
    write_backup(folder, tmp_path / "b.zip")
    restore(tmp_path / "b.zip", tmp_path / "r")
    assert ledger_faults(tmp_path / "r") == []


# -- without persons ----
def everything_in(data: bytes) -> bytes:
    """The bytes of a zip and of all that it holds, zips in it too."""
    found = data
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                found += b"\n" + entry.filename.encode() + b"\n" + everything_in(archive.read(entry))
    return found


def test_the_edition_names_no_child(worked: Path, handed: Path, whole: Path) -> None:
    coordinates = [str(degrees)[:8] for home in HOMES for degrees in place(*home)]
    keys = set(pd.read_parquet(worked / "outputs" / "homes.parquet")["student_key"])
    assert len(keys) == 2
    secrets = [*CITIZENS, *NAMES, *PHONES, *(number.replace("-", "") for number in [*CITIZENS, *PHONES]), *keys]
    told, known = everything_in(handed.read_bytes()), everything_in(whole.read_bytes())
    for secret in [*secrets, *coordinates]:
        assert secret.encode() not in told
    assert all(secret.encode() in known for secret in [*CITIZENS, *NAMES, *PHONES, *coordinates])
    assert b"pupil-keys" not in told


def test_the_edition_of_an_office_with_every_trap_tells_none_of_its_secrets(sample: Path, tmp_path: Path) -> None:
    told = write_messy_office(sample, tmp_path / "c", 0, students="dmc-long")
    assert len(told.secrets) > 1000
    write_backup(tmp_path / "c", tmp_path / "p.zip", persons=False)
    known = everything_in((tmp_path / "p.zip").read_bytes()).decode("utf-8", "replace")
    assert SECRET not in known
    assert [secret for secret in told.secrets if secret in known] == []
    restore(tmp_path / "p.zip", tmp_path / "r")
    mine, theirs = (open_cycle(tmp_path / name).tables for name in ("c", "r"))
    assert set(mine) == set(theirs)
    for name in set(mine) - {"students"}:
        columns = [column for column in mine[name] if column in theirs[name]]
        pd.testing.assert_frame_equal(*(tables[name][columns].reset_index(drop=True) for tables in (mine, theirs)))
    by = ["school_id", "grade", "village_id", "as_of", "from_school_id"]
    counts = [tables["students"].groupby(by)["pupils"].sum().to_dict() for tables in (mine, theirs)]
    assert counts[0] == counts[1]


def test_the_edition_counts_pupils(handed: Path, tmp_path: Path) -> None:
    restore(handed, tmp_path / "r")
    rows = read_rows(tmp_path / "r" / "inputs" / "students.csv")
    counts = {(row["school_id"], row["grade"], row["village_id"], row["as_of"]): row["count"] for row in rows}
    # The child whom A and B list is at B, who listed it later.
    assert counts == {
        ("A", "P1", "V1", "2026-11-02"): "2",
        ("A", "P2", "V1", "2026-11-02"): "1",
        ("B", "P2", "V2", "2026-11-05"): "1",
        ("A", "P1", "V2", "2026-11-02"): "2",
    }
    assert {"student_key", "lat", "lon", "declared_m"}.isdisjoint(rows[0])


def test_the_edition_gives_the_same_distances_and_says_what_differs(
    worked: Path, handed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "r"
    assert main(["restore", str(handed), str(target)]) == 0
    said = capsys.readouterr().out
    assert "นักเรียน 2 คนที่เคยวัดจากจุดบ้าน" in said
    assert said == said.replace("outputs/homes", "")
    assert main(["distances", str(target)]) == 0
    mine, theirs = (pd.read_parquet(folder / "outputs" / "distances.parquet") for folder in (worked, target))
    pd.testing.assert_frame_equal(mine, theirs)
    assert not (target / "outputs" / "homes.parquet").exists()
    assert head(target) == head(worked)


def test_without_home_points_the_edition_gives_the_same_outcome(tmp_path: Path) -> None:
    folder = write_office(tmp_path / "c")
    rows = [{**row, "lat": "", "lon": ""} for row in read_rows(folder / "inputs" / "students.csv")]
    write_rows(folder / "inputs" / "students.csv", list(rows[0]), [list(row.values()) for row in rows])
    write_backup(folder, tmp_path / "p.zip", persons=False)
    restore(tmp_path / "p.zip", tmp_path / "r")
    for one in (folder, tmp_path / "r"):
        assert main(["simulate", str(one), "one"]) == 0
    mine, theirs = (files_in(one / "outputs" / "scenarios") for one in (folder, tmp_path / "r"))
    assert mine == theirs
    summary = json.loads(mine["one/summary.json"])
    assert summary["pupils_moved"] == 5  # three of V1, two of V2 who are on A's roll


def test_a_table_of_counts_keeps_its_rows_without_what_homes_declared(tmp_path: Path) -> None:
    folder = write_office(tmp_path / "c")
    write_rows(
        folder / "inputs" / "students.csv",
        ["school_id", "grade", "village_id", "count", "declared_m", "boards"],
        [["A", "P1", "V1", "3", "2.5", "no"], ["A", "P1", "V2", "0", "", "yes"]],
    )
    write_backup(folder, tmp_path / "p.zip", persons=False)
    restore(tmp_path / "p.zip", tmp_path / "r")
    rows = read_rows(tmp_path / "r" / "inputs" / "students.csv")
    assert [(row["count"], row["boards"]) for row in rows] == [("3", "no"), ("0", "yes")]
    assert not [name for name in rows[0] if "declared" in name], "many a count is of one child"


def test_a_ledger_that_certifies_a_home_stays_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_office(tmp_path / "c")
    decide(folder, WHO, [Decision("certify", "home:p0123456789abcdef>H", {"certified_m": 4100})])
    made = write_backup(folder, tmp_path / "p.zip", persons=False)
    assert "ledger.sqlite" not in made.files
    assert b"p0123456789abcdef" not in everything_in((tmp_path / "p.zip").read_bytes())
    assert main(["restore", str(tmp_path / "p.zip"), str(tmp_path / "r")]) == 0
    assert "ไม่ได้ใส่ ledger.sqlite" in capsys.readouterr().out


def test_what_is_certified_of_villages_pays_in_the_edition_too(tmp_path: Path) -> None:
    folder = write_year(tmp_path / "c")
    certify_all(folder)
    write_backup(folder, tmp_path / "p.zip", persons=False)
    restore(tmp_path / "p.zip", tmp_path / "r")
    for one in (folder, tmp_path / "r"):
        assert main(["allocate", str(one), "--round", "november"]) == 0
    mine, theirs = (files_in(one / "outputs" / "allocation") for one in (folder, tmp_path / "r"))
    assert mine == theirs
    rows = read_rows(tmp_path / "r" / "outputs" / "allocation" / "november" / "allocation.csv")
    assert {(row["school_id"], row["basis"], row["need_baht"]) for row in rows} == {
        ("A", "certified", str(NEED["november"]["A"])),
        ("B", "certified", str(NEED["november"]["B"])),
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plan.yaml", "scenario: one\ntexts: {purpose: เด็ก ๑ ๑๐๒๐ ๐๓๐๐๔ ๐๐ ๕}\n"),
        ("inputs/closures.csv", "closure_id,lat,lon,reason\nc,16.8,100.0,แจ้ง 081-234-5678\n"),
    ],
    ids=["citizen", "phone"],
)
def test_a_number_of_a_person_in_what_goes_along_is_refused(tmp_path: Path, name: str, text: str) -> None:
    folder = write_office(tmp_path / "c")
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"plan\.yaml|closures") as caught:
        write_backup(folder, tmp_path / "p.zip", persons=False)
    assert "5678" not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    write_backup(folder, tmp_path / "whole.zip")


def test_of_the_templates_only_those_that_the_program_fills_in_go_along(tmp_path: Path) -> None:
    folder = write_office(tmp_path / "c")
    write_templates(folder)
    (folder / "templates" / "students.csv").write_text("ชื่อ\nเด็กชายสมชาย ใจดี\n", "utf-8")
    (folder / "templates" / "ครู.docx").write_bytes(b"x")
    write_backup(folder, tmp_path / "p.zip", persons=False)
    with zipfile.ZipFile(tmp_path / "p.zip") as made:
        names = {name.removeprefix("cycle/templates/") for name in made.namelist() if "/templates/" in name}
    assert "plan.docx" in names
    assert not names & {"students.csv", "ครู.docx"}


def test_a_number_within_a_word_file_is_refused_however_it_is_formatted(tmp_path: Path) -> None:
    folder = write_office(tmp_path / "c")
    write_templates(folder)
    path = folder / "templates" / "plan-summary.docx"
    document = docx.Document(str(path))
    line = document.add_paragraph("เด็ก 1-1020-")
    line.add_run("03004-").bold = True
    line.add_run("00-5")
    document.save(str(path))
    with pytest.raises(DataError, match=r"plan-summary\.docx"):
        write_backup(folder, tmp_path / "p.zip", persons=False)


# -- refused ----
def refused(path: Path, place: Path) -> str:
    """Try to restore a file into a new folder of an empty place: nothing may be left there."""
    target = place / "new" / "2570"
    with pytest.raises(RestructureError) as caught:
        restore(path, target)
    assert list(place.iterdir()) == []
    thai, english = str(caught.value).split("\n")
    assert thai
    assert english
    return thai


@pytest.fixture
def place_to_be(tmp_path: Path) -> Path:
    place = tmp_path / "place"
    place.mkdir()
    return place


def remade(whole: Path, path: Path, change: Any) -> Path:
    """Write a backup anew with entries changed: `change` takes names, bytes and headers and returns them."""
    with zipfile.ZipFile(whole) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for entry, data in change(entries):
            out.writestr(entry, data)
    return path


def noted(entries: list[tuple[zipfile.ZipInfo, bytes]], change: Any) -> list[tuple[zipfile.ZipInfo, bytes]]:
    *files, (entry, data) = entries
    manifest = json.loads(data)
    change(manifest)
    return [*files, (entry, json.dumps(manifest).encode())]


def entry_of(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


EMPTY = {"bytes": 0, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
BAD_NAMES = [
    "../out.txt", "a/../../out.txt", "/etc/passwd", "C:/x.txt", "C:x.txt", "a\\b.txt", "..\\x.txt", "a//b", "./a", "a/",
    "con", "CON.txt", "inputs/aux.csv", "nul .txt", "COM1", "lpt\u00b9.txt", "a.", "a ", "a:b", 'a"b', "a?", "a*",
    "a|b", "a\x01b", "a\x7fb", "a\u202eb", "INPUTS/students.csv", "inputs", "inputs/schools.csv/x", "Policy.yaml",
    "x" * 300,
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES, ids=[f"name{i}" for i in range(len(BAD_NAMES))])
def test_a_name_that_leads_out_or_fits_no_other_machine_is_refused(
    whole: Path, tmp_path: Path, place_to_be: Path, name: str
) -> None:
    def add(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> list[tuple[zipfile.ZipInfo, bytes]]:
        entries = noted(entries, lambda manifest: manifest["files"].update({name: EMPTY}))
        return [*entries, (entry_of(f"cycle/{name}"), b"")]

    path = remade(whole, tmp_path / "bad.zip", add)
    assert "คืน" in refused(path, place_to_be)
    assert not (tmp_path / "out.txt").exists()


def test_accents_that_another_machine_writes_otherwise_are_one_name() -> None:
    refuse_names(["é.txt", "ก/ข.txt", "ก/ค.txt"])
    with pytest.raises(DataError):
        refuse_names([unicodedata.normalize(form, "é.txt") for form in ("NFC", "NFD")])


def test_links_and_folders_in_the_zip_are_refused(whole: Path, tmp_path: Path, place_to_be: Path) -> None:
    link = entry_of("cycle/x", stat.S_IFLNK | 0o777)
    target = b"../../../etc/passwd"
    kept = {"bytes": len(target), "sha256": sha256(target).hexdigest()}
    for entry, data, more in (
        (link, target, {"x": kept}),
        (entry_of("cycle/empty/"), b"", {}),
        (entry_of("cycle/x"), b"", {}),
        (entry_of("other"), b"", {}),
    ):
        path = remade(
            whole,
            tmp_path / "bad.zip",
            lambda entries, e=entry, d=data, m=more: [
                *noted(entries, lambda manifest: manifest["files"].update(m)),
                (e, d),
            ],
        )
        assert "รายการไฟล์" in refused(path, place_to_be)


def test_the_same_name_twice_is_refused(whole: Path, tmp_path: Path, place_to_be: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        path = remade(whole, tmp_path / "bad.zip", lambda entries: [*entries, (entry_of("cycle/policy.yaml"), b"x")])
    refused(path, place_to_be)
    with pytest.warns(UserWarning, match="Duplicate"):
        path = remade(whole, tmp_path / "bad.zip", lambda entries: [*entries, entries[-1]])
    refused(path, place_to_be)


def test_changed_or_missing_content_is_refused(whole: Path, tmp_path: Path, place_to_be: Path) -> None:
    def other(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> list[tuple[zipfile.ZipInfo, bytes]]:
        return [(e, data[:-1] + b"!" if e.filename == "cycle/policy.yaml" else data) for e, data in entries]

    assert "policy.yaml ไม่ตรงกับที่จดไว้" in refused(remade(whole, tmp_path / "a.zip", other), place_to_be)
    refused(remade(whole, tmp_path / "b.zip", lambda entries: entries[1:]), place_to_be)
    longer = remade(
        whole, tmp_path / "c.zip", lambda es: [(e, d + b"x" if "policy" in e.filename else d) for e, d in es]
    )
    refused(longer, place_to_be)
    ledger = remade(
        whole, tmp_path / "d.zip", lambda es: noted(es, lambda manifest: manifest.update(ledger=[7, "0" * 64]))
    )
    assert "ledger.sqlite ไม่ตรงกับที่จดไว้" in refused(ledger, place_to_be)


def test_what_unpacks_too_large_is_refused(
    whole: Path, tmp_path: Path, place_to_be: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_LEAST_LIMIT", 1_000_000)
    zeros = bytes(80_000_000)
    kept = {"bytes": len(zeros), "sha256": sha256(zeros).hexdigest()}

    def bomb(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> list[tuple[zipfile.ZipInfo, bytes]]:
        entry = entry_of("cycle/zeros")
        entry.compress_type = zipfile.ZIP_DEFLATED
        return [*noted(entries, lambda manifest: manifest["files"].update(zeros=kept)), (entry, zeros)]

    assert "ใหญ่ผิดปกติ" in refused(remade(whole, tmp_path / "bomb.zip", bomb), place_to_be)
    # One whose list says that it is small is read no further than that.
    kept["bytes"] = 10
    assert "เสียหาย" in refused(remade(whole, tmp_path / "liar.zip", bomb), place_to_be)


def test_a_file_cut_off_is_refused(whole: Path, tmp_path: Path, place_to_be: Path) -> None:
    data = whole.read_bytes()
    for length in (0, 10, len(data) // 2, len(data) - 30, len(data) - 1):
        (tmp_path / "cut.zip").write_bytes(data[:length])
        assert "เสียหาย" in refused(tmp_path / "cut.zip", place_to_be)


def test_what_is_no_backup_or_of_a_newer_program_says_so(whole: Path, tmp_path: Path, place_to_be: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "y")
    assert "ไม่ใช่ไฟล์สำรอง" in refused(tmp_path / "a.zip", place_to_be)
    newer = remade(
        whole, tmp_path / "b.zip", lambda es: noted(es, lambda m: m.update(format=2, restructure="9.0", more={}))
    )
    assert "ปรับปรุงโปรแกรม" in refused(newer, place_to_be)
    assert "ไม่พบไฟล์สำรอง" in refused(tmp_path / "none.zip", place_to_be)
    odd = remade(whole, tmp_path / "c.zip", lambda es: noted(es, lambda m: m.update(made="2026-13-45")))
    refused(odd, place_to_be)


def test_a_folder_that_holds_anything_stays_as_it_is(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "mine.txt").write_text("x")
    with pytest.raises(UsageError, match="มีของอยู่แล้ว"):
        restore(whole, tmp_path / "r")
    assert files_in(tmp_path / "r") == {"mine.txt": b"x"}
    (tmp_path / "e").mkdir()
    restore(whole, tmp_path / "e")
    assert (tmp_path / "e" / "policy.yaml").is_file()


def test_what_would_not_come_back_elsewhere_is_not_backed_up(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    (folder / "inputs").mkdir(parents=True)
    target = tmp_path / "b.zip"
    (folder / "inputs" / "a:b.csv").touch()
    with pytest.raises(DataError, match=r"a:b\.csv"):
        write_backup(folder, target)
    (folder / "inputs" / "a:b.csv").unlink()
    (folder / "linked").symlink_to(tmp_path)
    with pytest.raises(DataError, match="ทางลัด"):
        write_backup(folder, target)
    (folder / "linked").unlink()
    with pytest.raises(UsageError, match="อยู่ในโฟลเดอร์ที่จะสำรอง"):
        write_backup(folder, folder / "b.zip")
    assert not target.exists()
    (tmp_path / "roads.osm").write_text("<osm/>")
    (folder / "inputs" / "roads.osm").symlink_to(tmp_path / "roads.osm")  # one file elsewhere is read as it is
    write_backup(folder, target)
    assert read_through(target).files["inputs/roads.osm"].bytes == 6
    with pytest.raises(UsageError, match="อยู่แล้ว"):
        write_backup(folder, target)


def test_a_backup_that_fails_leaves_nothing(worked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "b.zip")

    monkeypatch.setattr(backups, "read_through", full)
    assert main(["backup", str(worked), str(tmp_path / "b.zip")]) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_restore_that_fails_leaves_nothing(
    whole: Path, place_to_be: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["restore", str(whole), str(place_to_be / "r")]) == 1
    assert list(place_to_be.iterdir()) == []
    assert "พื้นที่ว่าง" in capsys.readouterr().err


def test_a_restore_that_is_killed_leaves_the_whole_folder_or_none(worked: Path, whole: Path, tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from restructure.backup import restore; print(1, flush=True);"
    program += " restore(*map(Path, sys.argv[1:]))"
    for number, wait_s in enumerate((0.0, 0.005, 0.02, 0.05)):
        target = tmp_path / str(number)
        command = [sys.executable, "-c", program, str(whole), str(target)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            run.stdout.readline()
            time.sleep(wait_s)
            run.kill()
        if not target.exists():
            restore(whole, target)
        assert ours(target) == ours(worked)


def test_a_broken_ledger_comes_along_and_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its rows are all that there is: a backup keeps them, and says each time that they are not what they were."""
    folder = tmp_path / "c"
    (folder / "inputs").mkdir(parents=True)
    decide(folder, WHO, [Decision("confirm-rule", "0", {}), Decision("confirm-rule", "1", {})])
    base = sqlite3.connect(folder / "ledger.sqlite")
    base.execute('DROP TRIGGER "no UPDATE ON decisions"')
    base.execute("UPDATE decisions SET why = 'x' WHERE seq = 1")
    base.execute(
        'CREATE TRIGGER "no UPDATE ON decisions" BEFORE UPDATE ON decisions'
        " BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    )
    base.commit()
    base.close()
    assert main(["backup", str(folder), str(tmp_path / "b.zip")]) == 0
    assert "ledger.sqlite แถว 1" in capsys.readouterr().err
    assert main(["restore", str(tmp_path / "b.zip"), str(tmp_path / "r")]) == 0
    assert "ledger.sqlite แถว 1" in capsys.readouterr().err
    (folder / "ledger.sqlite").write_bytes(b"no ledger")
    assert main(["backup", str(folder), str(tmp_path / "no.zip")]) == 1
    assert not (tmp_path / "no.zip").exists()


def test_the_manifest_is_as_it_is_described(worked: Path, whole: Path) -> None:
    with zipfile.ZipFile(whole) as archive:
        told = yaml.safe_load(archive.read(BACKUP_FILE))
    assert list(told) == ["format", "made", "restructure", "persons", "ledger", "files"]
    assert told["files"]["policy.yaml"]["bytes"] == (worked / "policy.yaml").stat().st_size

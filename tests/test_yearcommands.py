"""The year through the command line, as an officer goes: certify, allocate, settle, papers, names; and the chain."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import shutil
import sqlite3
from pathlib import Path

import openpyxl
import pytest
from docx import Document
from drawn import place
from small_office import files_in, read_rows, write_small_office
from year_office import OFFICER, certify_all, run, write_pupils, write_year

from restructure.certify import CERTIFY
from restructure.intake import columns_of
from restructure.ledger import LEDGER_FILE, in_force, read_ledger
from restructure.words import BASIS

BY = ("--by", OFFICER)
VI = ("--village", "VI", "--metres", "4500", "--why", "วัดเลขไมล์")


@pytest.fixture(scope="module")
def bare_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_year(tmp_path_factory.mktemp("bare") / "2570")


@pytest.fixture(scope="module")
def certified_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_year(tmp_path_factory.mktemp("certified") / "2570")
    certify_all(folder)
    return folder


@pytest.fixture
def bare(bare_year: Path, tmp_path: Path) -> Path:
    """An office in which nothing is decided."""
    return Path(shutil.copytree(bare_year, tmp_path / "2570"))


@pytest.fixture
def ready(certified_year: Path, tmp_path: Path) -> Path:
    """An office in which all four distances are certified."""
    return Path(shutil.copytree(certified_year, tmp_path / "2570"))


def pairs(folder: Path) -> dict[str, tuple[str, str]]:
    """State and certified metres of each pair by its village."""
    rows = read_rows(folder / "outputs" / "certify" / "pairs.csv")
    return {row["village_id"]: (row["state"], row["certified_m"]) for row in rows}


def allocated(folder: Path, name: str = "november") -> dict[str, str]:
    rows = read_rows(folder / "outputs" / "allocation" / name / "allocation.csv")
    return {row["school_id"]: row["allocated_baht"] for row in rows}


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> None:
    """The last two lines of stderr are one sentence in Thai, with these words, and one in English."""
    thai, english = capsys.readouterr().err.splitlines()[-2:]
    assert all(word in thai for word in words), thai
    assert re.search("[ก-๛]", thai)
    assert not re.search("[ก-๛]", english)


# -- certify ----
def test_without_options_certify_says_what_is_to_be_done(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("certify", bare) == 0
    out = capsys.readouterr().out
    assert "รับรองได้: 2 คู่ 8 คน" in out
    assert "ต้องตรวจในพื้นที่: 1 คู่ 2 คน" in out
    assert "ยังวัดไม่ได้: 1 คู่ 1 คน" in out
    assert pairs(bare) == {"V1": ("clear", ""), "V2": ("check", ""), "V3": ("clear", ""), "VI": ("unmeasured", "")}
    assert {path for path in files_in(bare / "outputs") if path.startswith("certify/")} == {
        "certify/pairs.csv", "certify/field-book.xlsx", "certify/field-list.pdf",
    }  # fmt: skip
    assert not (bare / LEDGER_FILE).exists(), "looking decides nothing"


def test_columns_of_pairs(certified_year: Path) -> None:
    rows = read_rows(certified_year / "outputs" / "certify" / "pairs.csv")
    assert list(rows[0]) == list(columns_of("pairs").index)


def test_all_that_is_clear(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("certify", bare, "--clear", *BY) == 0
    assert "รับรองแล้ว 2 คู่ นักเรียน 8 คน" in capsys.readouterr().out
    assert pairs(bare) == {
        "V1": ("certified", "2000"), "V2": ("check", ""), "V3": ("certified", "12000"), "VI": ("unmeasured", ""),
    }  # fmt: skip
    assert set(read_ledger(bare)["who"]) == {OFFICER}


def test_by_host_what_has_no_way_is_left(bare: Path) -> None:
    assert run("certify", bare, "--host", "H1", *BY) == 0
    assert {village for village, (state, _) in pairs(bare).items() if state == "certified"} == {"V1", "V2"}


def test_by_merging_school(bare: Path) -> None:
    assert run("certify", bare, "--school", "B", *BY) == 0
    assert {village for village, (state, _) in pairs(bare).items() if state == "certified"} == {"V3"}


def test_one_pair_measured_with_reason_and_evidence(
    bare: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evidence = tmp_path / "ภาพเลขไมล์.JPG"
    evidence.write_bytes(b"picture")
    more = ("--village", "V2", "--host", "H1", "--metres", "6201", "--why", "อ้อมสะพานขาด", "--evidence", str(evidence))
    assert run("certify", bare, *more, *BY) == 0
    assert "เกินสองเท่าของระยะทางที่คำนวณ" in capsys.readouterr().out
    assert pairs(bare)["V2"] == ("certified", "6201")
    (row,) = read_ledger(bare).to_dict("records")
    content = json.loads(row["content"])
    assert (row["subject"], row["why"], content["method"]) == ("village:V2>H1", "อ้อมสะพานขาด", "enter")
    assert content["evidence"] == f"evidence/{hashlib.sha256(b'picture').hexdigest()}.jpg"
    assert (bare / content["evidence"]).read_bytes() == b"picture"


def test_a_measurement_supersedes_only_where_it_is_said(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--village", "V1", "--metres", "2500", "--why", "วัดใหม่", *BY)
    assert run("certify", ready, *more) == 2
    refused(capsys, "0 คู่", "--again")
    assert run("certify", ready, *more, "--again") == 0
    assert pairs(ready)["V1"] == ("certified", "2500")
    assert len(read_ledger(ready)) == 5
    assert len(in_force(read_ledger(ready), CERTIFY)) == 4


def test_a_villages_measurement_is_not_that_of_a_home(tmp_path: Path) -> None:
    lat, lon = place(3500, 0)
    folder = write_small_office(
        tmp_path / "2570",
        schools="H 0 P1-P6\nA 8000 P1-P6",
        villages="V 2000",
        student_head="student_key school_id grade village_id lat lon",
        students=f"k1 A P1 V . .\nk3 A P1 V {lat} {lon}",
        mergers="A P1-P6 1/2560 H learn-together existing",
        policy="office: สพป.ทดสอบ\nfiscal_year: 2570\n",
    )
    assert run("certify", folder, "--village", "V", "--metres", "2500", "--why", "วัด", *BY) == 0
    assert read_ledger(folder)["subject"].tolist() == ["village:V>H"]


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--clear"], 1, ["ชื่อ"]),
        (["--village", "V2", "--metres", "3100", *BY], 2, ["เหตุผล"]),
        (["--metres", "3100", "--why", "วัด", *BY], 2, ["ทีละคู่", "4 คู่"]),
        (["--host", "H1", "--metres", "3100", "--why", "วัด", *BY], 2, ["ทีละคู่", "3 คู่"]),
        (["--village", "V2", "--metres", "0", "--why", "วัด", *BY], 2, ["เมตรเต็ม"]),
        (["--village", "V2", "--metres", "3.1", "--why", "วัด", *BY], 2, ["จำนวนเต็ม"]),
        (["--village", "V2", "--metres", "3100", "--why", "วัด", "--evidence", "none.jpg", *BY], 2, ["none.jpg"]),
        (["--village", "V2", "--evidence", "none.jpg", *BY], 2, ["--metres"]),
        (["--clear", "--metres", "3100", *BY], 2, ["คำสั่งไม่ถูกต้อง"]),
        (["--clear", "--again", *BY], 2, ["--again"]),
        (["--again", *BY], 2, ["--again"]),
        (["--village", "V9", *BY], 2, ["ไม่มีคู่ใด"]),
        (["--village", "VI", *BY], 2, ["ไม่มีคู่ใด", "--metres"]),
        (["--undo", "--why", "ผิด", *BY], 2, ["ยังไม่มีการรับรอง"]),
        (["--book", "none.xlsx", *BY], 1, ["none.xlsx"]),
    ],
)
def test_certify_refuses(
    bare: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: int, words: list[str]
) -> None:
    assert run("certify", bare, *more) == code
    assert read_ledger(bare).empty
    refused(capsys, *words) if more[0] != "--book" else None


def test_undo_takes_the_last_act_back(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("certify", bare, "--village", "V2", *BY) == 0
    assert run("certify", bare, "--clear", *BY) == 0
    for more, code in ((["--why", "เร็วไป"], 1), ([*BY], 1)):
        assert run("certify", bare, "--undo", *more) == code, "who and why are asked for"
    assert len(read_ledger(bare)) == 3
    assert run("certify", bare, "--undo", "--why", "เร็วไป", "--by", "ผอ.กลุ่ม") == 0
    assert f"เพิกถอนแล้ว 2 คู่ ซึ่ง {OFFICER}" in capsys.readouterr().out
    assert {village: state for village, (state, _) in pairs(bare).items()} == {
        "V1": "clear", "V2": "certified", "V3": "clear", "VI": "unmeasured",
    }  # fmt: skip
    assert run("certify", bare, "--undo", "--why", "เร็วไป", *BY) == 0
    assert pairs(bare)["V2"] == ("check", "")


def filled(folder: Path, rows: dict[str, float]) -> Path:
    """The workbook for the field as it comes back: metres by village, measured yesterday."""
    book = openpyxl.load_workbook(folder / "outputs" / "certify" / "field-book.xlsx")
    sheet = book.worksheets[0]
    yesterday = datetime.datetime.combine(datetime.date.today() - datetime.timedelta(1), datetime.time())
    for row in sheet.iter_rows(min_row=2):
        village = row[5].value
        if village in rows:
            for place, value in enumerate((rows[str(village)], "เลขไมล์รถ", yesterday, "หัวหน้าหมวด"), start=12):
                row[place].value = value
    path = folder.parent / "กลับมา.xlsx"
    book.save(path)
    return path


def test_the_book_goes_out_and_comes_back(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("certify", bare) == 0
    back = filled(bare, {"V2": 6500, "VI": 4500})
    assert run("certify", bare, "--book", str(back)) == 0
    out = capsys.readouterr().out
    assert "V2 → H1: คำนวณ 3,100 ม. วัดได้ 6,500 ม." in out
    assert "เกินสองเท่าของระยะทางที่คำนวณ" in out
    assert "VI → H1: คำนวณ ไม่ทราบ ม. วัดได้ 4,500 ม." in out
    assert "ใช้ได้ 2 คู่ ยังไม่บันทึก" in out
    assert read_ledger(bare).empty, "an analyst looks first"
    assert run("certify", bare, "--book", str(back), *BY) == 0
    assert {village: pair for village, pair in pairs(bare).items() if village in ("V2", "VI")} == {
        "V2": ("certified", "6500"), "VI": ("certified", "4500"),
    }  # fmt: skip
    content = json.loads(read_ledger(bare)["content"].iloc[0])
    assert content["evidence_sha256"] == hashlib.sha256(back.read_bytes()).hexdigest()
    assert run("certify", bare, "--book", str(back), *BY) == 1, "decided since"
    assert len(read_ledger(bare)) == 2


def test_what_is_wrong_in_the_book_is_told_by_row_and_the_rest_is_taken(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("certify", bare) == 0
    back = filled(bare, {"V2": 3.4, "VI": 4500})
    assert run("certify", bare, "--book", str(back), *BY) == 1
    assert re.search(r"✗ กลับมา\.xlsx แถว \d+: .*→ ", capsys.readouterr().err)
    assert pairs(bare)["VI"] == ("certified", "4500")
    assert pairs(bare)["V2"] == ("check", "")


def test_an_empty_book_decides_nothing(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("certify", bare) == 0
    assert run("certify", bare, "--book", str(filled(bare, {})), *BY) == 0
    assert "ใช้ได้ 0 คู่ ยังไม่บันทึก: เติมระยะที่วัดได้" in capsys.readouterr().out
    assert read_ledger(bare).empty


# -- allocate ----
def test_the_basis_is_told_line_by_line(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only B's one pair is clear for all of its pupils: V2 and VI of A are not certified."""
    assert run("certify", bare, "--clear", *BY) == 0
    capsys.readouterr()
    assert run("allocate", bare, "--round", "november") == 0
    out = capsys.readouterr().out
    rows = read_rows(bare / "outputs" / "allocation" / "november" / "allocation.csv")
    assert {row["school_id"]: row["basis"] for row in rows} == {"A": "routed", "B": "certified"}
    assert f"ระยะทาง: {BASIS['routed']}" in out
    assert "นักเรียน 3 คนยังใช้ระยะทางที่ไม่รับรอง" in out
    record = json.loads((bare / "outputs" / "allocation" / "november" / "allocation.json").read_text("utf-8"))
    assert (record["basis"], record["pupils_without_distance"], record["ledger"]["seq"]) == ("routed", 1, 2)


def test_a_draft_on_routed_distances(ready: Path) -> None:
    """VI is not reached: A needs 7,000 of 13,000, and 11,600 × 7/13 = 6,246.2."""
    assert run("allocate", ready, "--round", "november", "--basis", "routed") == 0
    rows = read_rows(ready / "outputs" / "allocation" / "november" / "allocation.csv")
    assert {row["basis"] for row in rows} == {"routed"}
    assert allocated(ready) == {"A": "6246", "B": "5354"}


@pytest.mark.parametrize(
    ("more", "shares", "days"),
    [
        ([], {"A": "6800", "B": "4800"}, 80),
        (["--ceiling", "99999"], {"A": "8500", "B": "6000"}, 100),
        # 11,600: B at 12,000 m in full, 5,600 for A.
        (["--rule", "furthest-first"], {"A": "5600", "B": "6000"}, 80),
        (["--rule", "existing-first"], {"A": "8500", "B": "3100"}, 80),
        # A day of all costs 85 and 60: 7 days of 1,015 and 1 baht, whose larger remainder is A's (85/145).
        (["--rule", "equal-days", "--ceiling", "1016"], {"A": "596", "B": "420"}, 7),
    ],
)
def test_ceiling_and_rule(ready: Path, more: list[str], shares: dict[str, str], days: int) -> None:
    assert run("allocate", ready, "--round", "november", *more) == 0
    assert allocated(ready) == shares
    folder = ready / "outputs" / "allocation" / "november"
    record = json.loads((folder / "allocation.json").read_text("utf-8"))
    assert (record["need_baht"], record["days_for_all"]) == (14_500, days)
    assert record["sharing_rule"] == (more[1] if "--rule" in more else "proportional")
    assert {row["programme"]: row["baht"] for row in read_rows(folder / "one-more-day.csv")} == {
        "existing": "85", "second-decade": "60", "all": "145",
    }  # fmt: skip


def test_the_rules_side_by_side_go_with_the_ceiling(ready: Path) -> None:
    table = ready / "outputs" / "allocation" / "may" / "rules.csv"
    assert run("allocate", ready, "--round", "may") == 0
    assert [row["existing-first"] for row in read_rows(table)] == ["9500", "2900"]
    (ready / "inputs" / "ceilings.csv").unlink()
    assert run("allocate", ready, "--round", "may") == 0
    assert not table.exists()


def test_confirmed_once_all_is_certified(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("allocate", ready, "--round", "november", "--confirm", *BY) == 0
    assert "ยืนยันการจัดสรรนี้ลงบันทึกแล้ว" in capsys.readouterr().out
    row = read_ledger(ready).iloc[-1]
    assert (row["kind"], row["subject"], row["who"]) == ("allocation", "november", OFFICER)
    assert json.loads(row["content"])["lines"] == [
        ["H1", "A", "existing", 6_800], ["H2", "B", "second-decade", 4_800],
    ]  # fmt: skip


def test_what_was_chosen_and_confirmed_is_what_the_next_command_shares_by(ready: Path) -> None:
    more = ("--rule", "existing-first", "--confirm", "--why", "มติที่ประชุม")
    assert run("allocate", ready, "--round", "november", *more, *BY) == 0
    assert allocated(ready) == {"A": "8500", "B": "3100"}
    assert run("allocate", ready, "--round", "november") == 0
    assert allocated(ready) == {"A": "8500", "B": "3100"}


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--basis", "routed", *BY], 2, ["ระยะทางที่ไม่รับรอง"]),
        (["--ceiling", "99999", *BY], 2, ["หนังสือแจ้ง"]),
        (["--rule", "equal-days", *BY], 2, ["เหตุผล"]),
        ([], 1, ["ชื่อ"]),
    ],
)
def test_confirm_is_refused(
    ready: Path, capsys: pytest.CaptureFixture[str], more: list[str], code: int, words: list[str]
) -> None:
    before = read_ledger(ready)
    assert run("allocate", ready, "--round", "november", "--confirm", *more) == code
    refused(capsys, *words)
    assert len(read_ledger(ready)) == len(before)
    assert not (ready / "outputs" / "allocation").exists(), "what was to be confirmed is not left as if it were"


def test_confirm_is_refused_while_a_distance_is_routed(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("allocate", bare, "--round", "november", "--confirm", *BY) == 2
    refused(capsys, "รอบพฤศจิกายน", "ยังมีระยะทางที่ไม่รับรอง")


# -- settle and papers ----
def test_settle_from_november_to_may(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By hand in ``test_rounds``: A lacks 3,700 in November, B has 800 left; both go to May."""
    with (ready / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write("settings: {november_balance: {value: carry, source: ทดสอบ}}\n")
    for name in ("november", "may"):
        assert run("allocate", ready, "--round", name, "--confirm", *BY) == 0
    write_pupils(ready)
    capsys.readouterr()
    assert run("settle", ready, "--round", "november") == 0
    out = capsys.readouterr().out
    assert "พึงจ่าย 14,500 บาท ขอเพิ่มเติม 0 บาท ส่งคืน 0 บาท" in out
    assert "การจัดสรรที่ยืนยันไว้ต่างจากที่คำนวณได้ตอนนี้" in out
    assert run("settle", ready, "--round", "may") == 0
    assert "พึงจ่าย 16,000 บาท ขอเพิ่มเติม 6,500 บาท ส่งคืน 0 บาท" in capsys.readouterr().out
    folder = ready / "outputs" / "settlement"
    rows = [row for name in ("november", "may") for row in read_rows(folder / name / "settlement.csv")]
    assert list(rows[0]) == list(columns_of("settlement").index)
    told = ("school_id", "allocated_baht", "carried_baht", "additional_baht", "state")
    assert [tuple(row[name] for name in told) for row in rows] == [
        ("A", "6800", "3700", "0", "carried"),
        ("B", "4800", "-800", "0", "carried"),
        ("A", "7600", "-3700", "4100", "additional"),
        ("B", "4800", "800", "2400", "additional"),
    ]
    changes = read_rows(folder / "november" / "changes.csv")
    assert list(changes[0]) == list(columns_of("changes").index)
    assert [(row["change"], row["school_id"], row["pupils"], row["baht"]) for row in changes] == [
        ("added", "A", "2", "2000"), ("left", "B", "1", "-2000"),
    ]  # fmt: skip


def test_what_cannot_be_settled_is_said_and_leaves_no_file(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pupils(ready)
    assert run("settle", ready, "--round", "november") == 0
    table = ready / "outputs" / "settlement" / "november" / "settlement.csv"
    assert table.exists()
    write_pupils(ready, ("2026-11-02",))
    capsys.readouterr()
    assert run("settle", ready, "--round", "november") == 1
    refused(capsys, "ยังกระทบยอดรอบนี้ไม่ได้")
    assert not table.exists(), "that of another count"


def test_only_certified_distances_settle(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pupils(bare)
    assert run("settle", bare, "--round", "november") == 1
    refused(capsys, "ระยะทางที่ไม่รับรอง")
    table = bare / "outputs" / "settlement" / "november" / "settlement.csv"
    assert not table.exists()
    assert run("settle", bare, "--round", "november", "--draft") == 0
    assert "routed" in {row["basis"] for row in read_rows(table)}
    assert run("settle", bare, "--round", "november") == 1
    assert not table.exists(), "a draft does not stay as if it were settled"


def test_notices_wait_for_certified_distances(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("papers", bare, "--round", "november") == 0
    out = capsys.readouterr().out
    assert "ยังออกหนังสือแจ้งจัดสรรรอบพฤศจิกายนไม่ได้" in out
    assert "เหลือระยะทางที่ต้องรับรอง 4 คู่" in out
    files = files_in(bare / "outputs" / "papers" / "november")
    assert "report-obec.docx" in files
    assert not any(name.startswith("notice") for name in files)
    assert run("papers", bare, "--round", "november", "--kind", "notice") == 2
    refused(capsys, "ยังออกหนังสือแจ้งจัดสรร")
    assert run("papers", bare, "--round", "november", "--kind", "letter") == 2
    refused(capsys, "letter")


def test_papers_of_a_confirmed_round(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("allocate", ready, "--round", "november", "--confirm", "--by", "ผอ.กลุ่ม") == 0
    assert run("papers", ready, "--round", "november") == 0
    assert "ยังออก" not in capsys.readouterr().out
    folder = ready / "outputs" / "papers" / "november"
    notices = {"notices/H1.docx", "notices/H2.docx", "notices-print.docx", "notice-finance.docx", "notice-audit.docx"}
    assert notices <= set(files_in(folder))
    document = Document(str(folder / "notices" / "H1.docx"))
    words = " ".join(
        [p.text for p in document.paragraphs] + [c.text for t in document.tables for r in t.rows for c in r.cells]
    )
    assert "๖,๘๐๐" in words
    assert "๔,๘๐๐" not in words, "another school's"
    assert "papers november" in json.loads((ready / "outputs" / "manifest.json").read_text("utf-8"))["steps"]


def test_templates_of_the_office_are_used(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("templates", ready) == 0
    assert (ready / "templates" / "notice.docx").is_file()
    path = ready / "templates" / "notice-finance.docx"
    document = Document(str(path))
    document.add_paragraph("ข้อความของสำนักงาน")
    document.save(str(path))
    assert run("templates", ready) == 0
    assert "วางต้นแบบ 0 ไฟล์" in capsys.readouterr().out, "what the office has edited stays"
    assert run("allocate", ready, "--round", "november", "--confirm", "--by", "ผอ.กลุ่ม") == 0
    assert run("papers", ready, "--round", "november", "--kind", "notice-finance") == 0
    made = Document(str(ready / "outputs" / "papers" / "november" / "notice-finance.docx"))
    assert made.paragraphs[-1].text == "ข้อความของสำนักงาน"


NAMES = {"1100000000006": "หนึ่ง", "1100000000014": "สอง"}


def test_names_are_put_in_on_paper_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = NAMES
    folder = write_small_office(
        tmp_path / "2570",
        schools="H 0 P1-P6\nA 8000 P1-P6",
        villages="V 2000",
        student_head="national_id school_id grade village_id",
        students=f"{first} A P1 V\n{second} A P2 V",
        mergers="A P1-P6 1/2560 H learn-together existing",
        policy="office: สพป.ทดสอบ\nfiscal_year: 2570\n",
    )
    assert run("papers", folder, "--round", "may", "--kind", "forms") == 0
    names = tmp_path / "รายชื่อ.csv"
    names.write_text(f"เลขประจำตัวประชาชน,ชื่อ,นามสกุล\n{first},{NAMES[first]},ทดสอบ\n", "utf-8")
    form = folder / "outputs" / "papers" / "may" / "forms" / "form3" / "H.xlsx"
    before = files_in(folder)
    assert run("names", folder, str(form), str(names), str(tmp_path / "print.xlsx")) == 0
    assert "เติมชื่อแล้ว 1 คน ไม่พบชื่อ 1 คน" in capsys.readouterr().out
    cells = {
        cell.value for row in openpyxl.load_workbook(tmp_path / "print.xlsx").worksheets[0].iter_rows() for cell in row
    }
    assert "หนึ่ง ทดสอบ" in cells
    assert run("names", folder, str(form), str(names), str(folder / "outputs" / "print.xlsx")) == 2
    refused(capsys, "มีชื่อนักเรียน")
    assert files_in(folder) == before, "nothing of it is kept"


# -- the chain, at every step ----
def altered(folder: Path, change: str) -> None:
    """Change the ledger as somebody with another program would who puts its triggers back afterwards."""
    base = sqlite3.connect(folder / LEDGER_FILE)
    triggers = base.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    assert triggers
    for name, _ in triggers:
        base.execute(f'DROP TRIGGER "{name}"')
    assert base.execute(change).rowcount == 1
    for _, sql in triggers:
        base.execute(sql)
    base.commit()
    base.close()


TAMPERED = "UPDATE decisions SET content = replace(content, '12000', '12001') WHERE seq = 2"
CUT = "DELETE FROM decisions WHERE seq = (SELECT max(seq) FROM decisions)"


@pytest.mark.soak
def test_a_good_ledger_stays_good_after_each_step(bare: Path) -> None:
    steps: list[list[str]] = [
        ["certify"],
        ["certify", "--clear", *BY],
        ["certify", "--village", "V2", *BY],
        ["certify", "--undo", "--why", "ผิด", *BY],
        ["certify", "--village", "V2", *BY],
        ["certify", *VI, *BY],
        ["allocate", "--round", "november", "--confirm", *BY],
        ["allocate", "--round", "may", "--rule", "existing-first", "--why", "มติ", "--confirm", *BY],
        ["papers", "--round", "november", "--kind", "notice"],
    ]
    for command, *more in steps:
        assert run(command, bare, *more) == 0
        assert run("check", bare) == 0, command
    write_pupils(bare)
    assert run("settle", bare, "--round", "november") == 0
    assert run("check", bare) == 0
    seq, digest = json.loads((bare / "outputs" / "manifest.json").read_text("utf-8"))["ledger"]
    last = read_ledger(bare).iloc[-1]
    assert (seq, digest) == (last["seq"], last["hash"])


@pytest.mark.parametrize(
    ("change", "words"), [(TAMPERED, "แถว 2"), (CUT, "มีถึงแถว 3 แต่เคยมีถึงแถว 4")], ids=["tampered", "cut-off"]
)
def test_check_finds_what_was_done_to_the_ledger(
    ready: Path, capsys: pytest.CaptureFixture[str], change: str, words: str
) -> None:
    altered(ready, change)
    for _ in range(2):  # looking must not make it good
        capsys.readouterr()
        assert run("check", ready) == 1
        assert re.search(rf"✗ {LEDGER_FILE} .*{words}", capsys.readouterr().out)
        (problem,) = (row for row in read_rows(ready / "outputs" / "problems.csv") if row["rule"] == "ledger")
        assert problem["severity"] == "error"
        assert words in problem["message"]


def test_decisions_that_are_lost_for_good_are_made_again(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of four rows the last is lost: the message says what it means and what to do, and doing that helps."""
    altered(ready, CUT)
    manifest, kept = ready / "outputs" / "manifest.json", ready / "manifest-lost.json"
    capsys.readouterr()
    assert run("certify", ready, *VI, *BY) == 1
    *_, thai, english = capsys.readouterr().err.splitlines()
    told = (
        "หาฉบับที่มีถึงแถว 4",
        "การตัดสินใจแถว 4 หายไปและต้องตัดสินใหม่",
        "ตสน.",
        "ย้าย outputs/manifest.json",
        "ต่อจากแถว 3",
    )
    assert [words for words in told if words not in thai] == []
    assert "outputs/manifest.json" in english
    manifest.rename(kept)
    assert run("check", ready) == 0
    assert json.loads(manifest.read_text("utf-8"))["ledger"][0] == 3
    assert run("certify", ready, *VI, *BY) == 0
    assert (len(read_ledger(ready)), run("check", ready)) == (4, 0)


def test_a_ledger_that_is_whole_but_altered_is_not_told_to_begin_anew(
    ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    altered(ready, TAMPERED)
    capsys.readouterr()
    assert run("certify", ready, "--village", "V1", "--again", *BY) == 1
    assert "outputs/manifest.json" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "confirmed", [["--confirm", *BY], ["--rule", "existing-first", "--why", "มติ", "--confirm", *BY]]
)
def test_a_confirmation_cannot_be_cut_off_either(ready: Path, confirmed: list[str]) -> None:
    assert run("allocate", ready, "--round", "november", *confirmed) == 0
    altered(ready, CUT)
    assert run("check", ready) == 1


def test_a_ledger_that_was_never_noted_and_is_broken_is_not_noted_as_good(ready: Path) -> None:
    (ready / "outputs" / "manifest.json").unlink()
    altered(ready, TAMPERED)
    assert run("check", ready) == 1
    assert json.loads((ready / "outputs" / "manifest.json").read_text("utf-8"))["ledger"] == [0, "0" * 64]


def test_a_file_that_is_no_ledger_is_told_by_check(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (ready / LEDGER_FILE).write_bytes(b"no ledger")
    assert run("check", ready) == 1
    assert f"{LEDGER_FILE} เสียหาย" in capsys.readouterr().out


def test_a_broken_ledger_moves_no_money(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    altered(ready, TAMPERED)
    assert run("allocate", ready, "--round", "november") == 0
    out = capsys.readouterr().out
    assert f"ระยะทาง: {BASIS['routed']}" in out
    assert f"{LEDGER_FILE} แถว 2" in out
    for command, *more in (
        ["allocate", "--round", "november", "--confirm", *BY],
        ["papers", "--round", "november", "--kind", "notice"],
        ["certify", "--village", "V1", "--again", *BY],
    ):
        assert run(command, ready, *more) in (1, 2), command
    assert len(read_ledger(ready)) == 4


def _all_text(folder: Path) -> str:
    return "".join(path.read_text("utf-8-sig", "ignore") for path in (folder / "outputs").rglob("*.csv"))


def test_no_key_of_a_number_reaches_a_file(tmp_path: Path) -> None:
    """A child's national number is in no file of the year, nor in the ledger."""
    first = next(iter(NAMES))
    lat, lon = place(3500, 0)
    folder = write_small_office(
        tmp_path / "2570",
        schools="H 0 P1-P6\nA 8000 P1-P6",
        villages="V 2000",
        student_head="national_id school_id grade village_id lat lon",
        students=f"{first} A P1 V {lat} {lon}",
        mergers="A P1-P6 1/2560 H learn-together existing",
        ceilings={"may": 1_000},
        policy="office: สพป.ทดสอบ\nfiscal_year: 2570\n",
    )
    assert run("certify", folder, "--host", "H", *BY) == 0
    assert run("allocate", folder, "--round", "may", "--confirm", *BY) == 0
    assert run("settle", folder, "--round", "may") == 0
    assert first not in _all_text(folder)
    assert first.encode() not in (folder / LEDGER_FILE).read_bytes()

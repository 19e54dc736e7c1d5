"""The command ``step``: all steps, one certified with a file, out of order only for a reason, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from plan_office import write_planned

from restructure.cli import main
from restructure.ledger import in_force, read_ledger


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_planned(tmp_path / "2570")


def test_list_certify_and_take_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    step = ["step", str(folder)]
    assert main(step) == 0
    assert capsys.readouterr().out.count("รอขั้นก่อนหน้า:") == 14
    paper = folder.parent / "ระเบียบ.pdf"
    paper.write_bytes(b"%PDF")
    done = [*step, "study-rules", "--by", "สมศรี", "--on", "2/11/2569"]
    assert main([*done, "--evidence", str(paper)]) == 0
    assert "ทำเมื่อ ๒ พฤศจิกายน ๒๕๖๙ รับรองโดย สมศรี" in capsys.readouterr().out
    assert [path.read_bytes() for path in (folder / "evidence").iterdir()] == [b"%PDF"]
    assert main([*step, "study-rules", "--undo", "--by", "สมศรี", "--why", "ผิดฉบับ"]) == 0
    assert in_force(read_ledger(folder)).empty


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["meetings", "--by", "ก", "--on", "2/11/2569", "--evidence", "ศธ 1/2569"], 2, "ยังไม่เสร็จ"),
        (["study-rules", "--by", "ก", "--on", "2/11/2569"], 2, "ไม่มีหลักฐาน"),
        (["study-rules", "--by", "ก", "--evidence", "x"], 2, "--on"),
        (["study-rules", "--by", "ก", "--on", "เมื่อวาน"], 2, "อ่านวันที่"),
        (["study-rules", "--on", "2/11/2569", "--evidence", "x"], 1, "ชื่อผู้ตัดสินใจ"),
        (["study-rules", "--by", "ก", "--on", "2/11/2569", "--evidence", "no.pdf"], 2, "ไม่พบไฟล์หลักฐาน no.pdf"),
        (["study-rules", "--undo", "--by", "ก", "--why", "x"], 2, "ยังไม่มีการรับรอง"),
    ],
)
def test_refused(folder: Path, more: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", str(folder), *more]) == code
    thai, english = capsys.readouterr().err.splitlines()
    assert words in thai
    assert english
    assert read_ledger(folder).empty


def test_what_is_private_is_no_evidence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    private = folder / "private" / "appraisal.yaml"
    private.parent.mkdir()
    private.write_text("persons: [{name: ก}]\n", "utf-8")
    step = ["step", str(folder), "study-rules", "--by", "ก", "--on", "2/11/2569", "--evidence"]
    assert main([*step, str(private)]) == 2
    assert "แฟ้มส่วนตัว" in capsys.readouterr().err
    assert not (folder / "evidence").exists()


def test_what_the_register_has_sent_back_is_not_done(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by, subject = ("--by", "ก"), "restructuring/2570/study-rules"
    assert main(["duties", str(folder), "--make", "restructuring/2570", *by]) == 0
    assert main(["step", str(folder), "study-rules", *by, "--on", "2/11/2569", "--evidence", "ศธ 1"]) == 0
    assert "study-rules          เสร็จแล้ว:" in capsys.readouterr().out
    assert main(["duty", str(folder), subject, "--return", "ขาดระเบียบใหม่", *by]) == 0
    capsys.readouterr()
    assert main(["step", str(folder)]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if "study-rules  " in line]
    assert "ส่งคืนแก้ไข:" in line
    assert "ขาดระเบียบใหม่" in line


def test_a_long_letter_is_words_and_no_file(folder: Path) -> None:
    letter = "หนังสือสำนักงานเขตพื้นที่การศึกษา " * 12
    assert main(["step", str(folder), "study-rules", "--by", "ก", "--on", "2/11/2569", "--evidence", letter]) == 0
    assert letter.strip() in read_ledger(folder)["content"].iloc[0]

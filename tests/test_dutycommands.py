"""The commands of the duties, as an officer gives them: board, one item, private appraisal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from restructure.cli import main
from restructure.ledger import read_ledger
from restructure.register import register
from restructure.thai import thai_date

BY = ("--by", "สมศรี")
ITEM = "inspection/รอบที่ 1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "2570" / "inputs").mkdir(parents=True)
    (tmp_path / "2570" / "policy.yaml").write_text("office: สพป.ทดสอบ\nfiscal_year: 2570\n", "utf-8")
    return tmp_path / "2570"


@pytest.fixture
def one(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["duties", str(folder), "--make", ITEM, *BY]) == 0
    capsys.readouterr()
    return folder


def test_the_board_before_and_after_items_are_made(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["duties", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "ยังไม่มีเรื่องในทะเบียน" in out
    assert out.count(": ยังไม่มีเรื่อง\n") == 8
    assert not (folder / "ledger.sqlite").exists(), "looking decides nothing"
    assert main(["duties", str(folder), "--make", *BY]) == 0
    out = capsys.readouterr().out
    assert "ตั้งเรื่องแล้ว 6 เรื่อง" in out
    assert "lead/2570  ยังไม่เสร็จ: 0/16 ขั้น · มาตรฐาน 0/16 · ส่วน ๑ ระดับ 0/5" in out
    assert "ยังไม่กำหนดผู้รับผิดชอบ: 6 เรื่อง 67 ขั้น" in out
    assert main(["duties", str(folder), "--make", *BY]) == 0
    assert "ตั้งเรื่องแล้ว 0 เรื่อง" in capsys.readouterr().out


def test_one_item_from_order_to_result(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def duty(subject: str, *more: str) -> str:
        assert main(["duty", str(one), subject, *more, *BY]) == 0
        return capsys.readouterr().out

    assert "ข้อสั่งการ 1: มอบกลุ่มนิเทศ (ผอ.สพป.)" in duty(
        ITEM, "--order", "มอบกลุ่มนิเทศ", "--giver", "ผอ.สพป.", "--on", "2/11/2569"
    )
    late = date.today() - timedelta(2)
    assert "เกินกำหนด · แม่แบบรุ่น 1" in duty(ITEM, "--owner", "สมชาย", "--due", late.isoformat())
    assert f"สมชาย · ภายใน {thai_date(late)} · เร่ง" in duty(ITEM, "--remark", "เร่ง")
    assert main(["duties", str(one)]) == 0
    out = capsys.readouterr().out
    assert f"{thai_date(late)} (เกิน 2 วัน) {ITEM}: " in out
    assert "สมชาย: 1 เรื่อง 10 ขั้น เกินกำหนด 10" in out
    paper = one.parent / "บันทึก.pdf"
    paper.write_bytes(b"%PDF")
    assert "โดย สมศรี" in duty(f"{ITEM}/study", "--on", "20/11/2569", "--evidence", str(paper))
    assert [path.read_bytes() for path in (one / "evidence").iterdir()] == [b"%PDF"]
    assert "ไม่ต้องทำ" in duty(f"{ITEM}/meet", "--on", "20/11/2569", "--skip", "--why", "ไม่มีการสั่งการ")
    assert "ส่งคืนแก้ไข: ศึกษาประเด็น" in duty(f"{ITEM}/study", "--return", "ขาดประเด็นที่ 3")
    assert main(["duties", str(one)]) == 0
    assert "แก้ไข: ขาดประเด็นที่ 3" in capsys.readouterr().out
    assert "ผล: ครบทุกประเด็น" in duty(ITEM, "--result", "ครบทุกประเด็น")
    assert "(เพิกถอนแล้ว)" in duty(f"{ITEM}/study", "--undo", "return", "--why", "อ่านผิด")
    # The day is taken away, the owner stays.
    duty(ITEM, "--due", "")
    row = register(one).items.iloc[0]
    assert (row["owner"], row["due"], row["remark"], row["done"]) == ("สมชาย", None, "เร่ง", 2)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["duties", "--make", "inspection", *BY], 2, "ไม่มีชื่อรอบ"),
        (["duties", "--make", "cooking/1", *BY], 2, "ไม่มีงาน cooking"),
        (["duties", "--make", "urgent/1"], 2, "--by"),
        (["duty", ITEM, "--owner", "ก"], 2, "--by"),
        (["duty", f"{ITEM}/study", "--why", "x", *BY], 2, "ยังไม่บอกว่าจะทำอะไร"),
        (["duty", f"{ITEM}/no-such"], 2, "ไม่มีขั้น no-such"),
        (["duty", f"{ITEM}/study/x"], 2, "ไม่มีเรื่อง"),
        (["duty", ITEM, "--order", "abc\udcff", *BY], 2, "อักขระที่อ่านไม่ได้"),
        (["duty", "urgent/1"], 2, "ไม่มีเรื่อง urgent/1"),
        (["duty", ITEM, "--owner", "ก", "--result", "ข", *BY], 2, "ทีละอย่าง"),
        (["duty", f"{ITEM}/study", "--evidence", "ศธ 1", *BY], 2, "--on"),
        (["duty", f"{ITEM}/study", "--on", "เมื่อวาน", *BY], 2, "อ่านวันที่"),
        (["duty", ITEM, "--due", "พรุ่งนี้", *BY], 2, "อ่านวันที่"),
        (["duty", f"{ITEM}/study", "--on", "20/11/2569", *BY], 2, "ไม่มีหลักฐาน"),
        (["duty", ITEM, "--undo", "everything", "--why", "x", *BY], 2, "--undo"),
        (["duty", ITEM, "--undo", "result", "--why", "x", *BY], 2, "ไม่มีรายการ “ผล” ให้เพิกถอน"),
        (["duty", ITEM, "--undo", "item", *BY], 1, "เหตุผล"),
    ],
)
def test_refused(one: Path, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([arguments[0], str(one), *arguments[1:]]) == code
    thai, english = capsys.readouterr().err.splitlines()
    assert words in thai
    assert english
    assert len(read_ledger(one)) == 1


def test_an_item_is_taken_back_only_without_work(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    undo = ["duty", str(one), ITEM, "--undo", "item", "--why", "ผิดรอบ", *BY]
    assert main(["duty", str(one), ITEM, "--order", "มอบ", *BY]) == 0
    assert main(undo) == 2
    assert f"มีงานบันทึกไว้แล้วที่ {ITEM}/1" in capsys.readouterr().err
    assert main(["duty", str(one), f"{ITEM}/1", "--undo", "order", "--why", "ผิด", *BY]) == 0
    assert "เพิกถอน “ข้อสั่งการ”" in capsys.readouterr().out
    assert main(undo) == 0
    assert f"เพิกถอน “ตั้งเรื่อง” ของ {ITEM} แล้ว" in capsys.readouterr().out
    assert register(one).items.empty


def test_a_broken_ledger_is_said_and_shown(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["duty", str(one), ITEM, "--due", "1/12/2569", *BY]) == 0
    path = one / "ledger.sqlite"
    path.write_bytes(path.read_bytes().replace("สมศรี".encode(), "สมศรา".encode()))
    capsys.readouterr()
    for command in (["duties", str(one)], ["duty", str(one), ITEM], ["duties", str(one), "--ics", str(one / "x.ics")]):
        assert main(command) == 0
        out, err = capsys.readouterr()
        assert "อย่าใช้อ้างอิง: ledger.sqlite แถว 1" in err
        assert "The ledger is not what it was" in err
        assert out


def test_an_address_is_words_and_no_file(one: Path) -> None:
    link = "https://example.invalid/คำสั่ง.pdf"
    assert main(["duty", str(one), f"{ITEM}/study", "--on", "20/11/2569", "--evidence", link, *BY]) == 0
    assert register(one).steps["evidence"].tolist()[0] == link


def test_a_wrong_folder_begins_no_ledger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["duties"], ["duty", ITEM], ["appraisal"]):
        assert main([command[0], str(tmp_path / "x"), *command[1:]]) == 2
        assert "ไม่พบโฟลเดอร์" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_templates_and_calendar(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["duties", str(one), "--templates"]) == 0
    assert "วางแม่แบบ 8 ไฟล์" in capsys.readouterr().out
    assert len(list((one / "duties").iterdir())) == 8
    assert main(["duty", str(one), ITEM, "--due", "1/12/2569", *BY]) == 0
    path = one.parent / "งาน.ics"
    assert main(["duties", str(one), "--ics", str(path)]) == 0
    assert "ปฏิทิน 1 รายการ" in capsys.readouterr().out
    assert b"DTSTART;VALUE=DATE:20261201\r\n" in path.read_bytes()


@pytest.mark.parametrize("name", ["", ".", "policy.yaml"])
def test_a_calendar_is_not_written_over_a_file(one: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (one / "policy.yaml").read_bytes()
    assert main(["duties", str(one), "--ics", str(one / name) if name else ""]) == 2
    assert ".ics" in capsys.readouterr().err
    assert (one / "policy.yaml").read_bytes() == before


def test_a_calendar_without_events_is_not_written(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["duties", str(one), "--ics", str(one / "x.ics")]) == 0
    assert "ไม่เขียนปฏิทิน" in capsys.readouterr().out
    assert not (one / "x.ics").exists()


def test_the_board_tells_of_a_newer_template(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["duties", str(one), "--templates"]) == 0
    path = one / "duties" / "05-inspection.yaml"
    path.write_text(path.read_text("utf-8").replace("version: 1", "version: 2"), "utf-8")
    assert main(["duties", str(one)]) == 0
    assert "แม่แบบรุ่น 1 ปัจจุบันรุ่น 2" in capsys.readouterr().out


def test_the_appraisal_is_made_shown_and_kept_apart(one: Path, capsys: pytest.CaptureFixture[str]) -> None:
    appraisal = ["appraisal", str(one)]
    assert main(appraisal) == 0
    out = capsys.readouterr().out
    assert "อ่านไฟล์นี้ได้ทุกคน" in out
    assert "ยังไม่มีไฟล์" in out
    assert not (one / "private").exists()
    assert main([*appraisal, "--person", "นาย ก", "--person", "นาง ข", "--reader", "ผอ.กลุ่ม"]) == 0
    out = capsys.readouterr().out
    assert "ผู้อ่านตามที่สำนักงานกำหนด: ผอ.กลุ่ม" in out
    assert "นาย ก: ยังไม่กรอกตัวชี้วัด" in out
    text = (one / "private" / "appraisal.yaml").read_text("utf-8")
    assert main([*appraisal, "--person", "นาย ก"]) == 0
    assert (one / "private" / "appraisal.yaml").read_text("utf-8") == text
    assert len(read_ledger(one)) == 1
    elsewhere = one.parent / "safe"
    assert main([*appraisal, "--person", "นาย ค", "--private", str(elsewhere)]) == 0
    assert (elsewhere / "appraisal.yaml").is_file()
    assert "นาย ค" not in (one / "private" / "appraisal.yaml").read_text("utf-8")

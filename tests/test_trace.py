"""Any baht back to a child's road, any decision back to a person; what cannot be asked is refused in one sentence."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from drawn import place
from small_office import write_small_office
from year_office import COUNTS, OFFICER, certify_all, run, write_pupils, write_year

from restructure import UsageError
from restructure.cycle import measure, open_cycle
from restructure.ledger import head
from restructure.rounds import make_round
from restructure.trace import QUESTIONS, trace

LATER_BANDS = """terms:
  1/2570:
    bands: {value: [{up_to_m: 3000, baht_per_day: 12}, {up_to_m: null, baht_per_day: 20}], source: ทดสอบ}
"""


@pytest.fixture(scope="module")
def traced_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pairs certified in rows 1 to 4, November confirmed in row 5."""
    folder = write_year(tmp_path_factory.mktemp("year") / "2570", policy=LATER_BANDS)
    certify_all(folder)
    assert run("allocate", folder, "--round", "november", "--confirm", "--by", OFFICER) == 0
    return folder


@pytest.fixture
def folder(traced_year: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(traced_year, tmp_path / "2570"))


def told(folder: Path, what: str) -> list[str]:
    return list(trace(measure(open_cycle(folder)), what).lines())


def line(lines: list[str], *words: str) -> str:
    """The one line that holds all of these words."""
    found = [text for text in lines if all(word in text for word in words)]
    assert len(found) == 1, (words, found)
    return found[0]


def test_a_line_leads_to_letters_rule_roads_rows_and_people(traced_year: Path) -> None:
    """A of November: 4 × 100 × 10 + 2 × 100 × 15 + 1 × 100 × 15 = 8,500 baht, of which 80 %."""
    lines = told(traced_year, "allocation/november/H1/A")
    assert "จัดสรร 6,800 บาท" in lines[0]
    assert "outputs/allocation/november/allocation.csv" in lines[0]
    line(lines, "ศธ 1 ", "6,000 บาท", "inputs/ceilings.csv แถว 2")
    line(lines, "ศธ 2 ", "5,600 บาท", "inputs/ceilings.csv แถว 3")
    line(lines, "วงเงิน 11,600 บาท")
    line(lines, "วิธีแบ่งที่ใช้", "proportional", "ค่าตั้งต้นของโปรแกรม")
    line(lines, "ยืนยันให้ 6,800 บาท", OFFICER, "ledger.sqlite แถว 5")
    line(lines, "ความต้องการ 8,500 บาท", "7 คน")
    line(lines, "ชั้น P1 2,000 ม. รับรองแล้ว: 4 คน × 100 วัน × 10 บาท = 4,000 บาท", "inputs/students.csv", "แถว 2)")
    line(lines, "ชั้น P2 3,100 ม. รับรองแล้ว: 2 คน × 100 วัน × 15 บาท = 3,000 บาท", "แถว 3)")
    line(lines, "ชั้น P3 4,500 ม. รับรองแล้ว: 1 คน × 100 วัน × 15 บาท = 1,500 บาท", "แถว 4)")
    line(lines, "ระยะทางคำนวณ 2,000 ม.", "inputs/roads.osm", "map.html#V1/H1")
    line(lines, OFFICER, "รับรองระยะทาง", "village:VI>H1", "4,500 ม.", "วัดเลขไมล์", "ledger.sqlite แถว 4")
    line(lines, "ตั้งแต่ภาคเรียนที่ 1/2560", "inputs/mergers.csv แถว 2")
    line(lines, "อัตราค่าพาหนะ", "10 บาท", "15 บาท")
    assert not any("โรงเรียนH2" in text or "V3" in text for text in lines), "nothing of other lines"


def test_the_programme_may_be_said(traced_year: Path) -> None:
    both = told(traced_year, "allocation/november/H2/B/second-decade")
    assert both == told(traced_year, "allocation november H2 B")
    line(both, "12,000 ม. รับรองแล้ว: 3 คน × 100 วัน × 20 บาท = 6,000 บาท")


def test_a_line_of_two_programmes_is_told_for_each(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path / "2570",
        schools="H 0 P1-P6\nA 3000 P1-P6",
        villages="V 2000",
        students="A P1 V 4\nA P4 V 3",
        mergers="A P1-P3 1/2560 H learn-together existing\nA P4-P6 1/2566 H learn-together second-decade",
        policy="fiscal_year: 2570\n",
    )
    lines = told(folder, "allocation/november/H/A")
    assert lines[0].startswith("2 รายการ")
    line(lines, "กรณี 1.1", "ยังไม่ทราบวงเงิน")
    line(lines, "ความต้องการ 4,000 บาท")
    line(lines, "ความต้องการ 3,000 บาท")
    assert sum("ยังไม่มีผู้รับรองระยะทางนี้" in text for text in lines) == 2


def test_a_round_says_its_ceiling_and_its_rules_once(traced_year: Path) -> None:
    lines = told(traced_year, "round/november")
    assert lines[0].startswith("จัดสรรรวม 11,600 บาท")
    line(lines, "วงเงิน 11,600 บาท")
    line(lines, "ความต้องการรวม 14,500 บาท")
    line(lines, "ยืนยันให้ 11,600 บาท", "แถว 5")
    line(lines, "วิธีแบ่งที่ใช้")
    line(lines, "กฎที่ใช้")
    line(lines, "(A) ไป", "จัดสรร 6,800 บาท")
    line(lines, "(B) ไป", "จัดสรร 4,800 บาท")


def test_a_round_after_the_count_names_both_what_is_confirmed_and_what_would_be(folder: Path) -> None:
    write_pupils(folder, tuple(COUNTS))
    lines = told(folder, "allocation/november/H1/A")
    assert "จัดสรร 8,400 บาท" in lines[0]
    line(lines, "ยืนยันให้ 6,800 บาท")
    line(lines, "6 คน × 100 วัน × 10 บาท", "แถว 6)")


def test_a_settlement_leads_to_counts_payments_and_confirmation(folder: Path) -> None:
    """A of November: 10,500 due of 9 counted, 6,800 confirmed and paid, so 3,700 more."""
    write_pupils(folder)
    lines = told(folder, "settlement/november/H1/A")
    assert "ขอเพิ่มเติม 3,700 บาท ส่งคืน 0 บาท" in lines[0]
    line(lines, "ที่ควรได้ 10,500 บาท", "นับได้ 9 คน", "จากประมาณการ 7 คน 8,500 บาท", "เพิ่ม 2 ออก 0", "inputs/students.csv")
    line(lines, "ตามการจ่ายจริง 6,800 บาท")
    line(lines, "จ่ายเมื่อ 2026-12-01: 6,800 บาท", "inputs/payments.csv แถว 2")
    line(lines, "ยืนยันให้ 6,800 บาท", OFFICER, "ledger.sqlite แถว 5")
    line(lines, "ยกมา 0 บาท")
    line(lines, "ชั้น P1 2,000 ม. รับรองแล้ว: 6 คน × 100 วัน × 10 บาท = 6,000 บาท", "inputs/students.csv", "แถว 6)")
    line(lines, OFFICER, "รับรองระยะทาง", "village:VI>H1", "ledger.sqlite แถว 4")
    line(lines, "ระยะทางคำนวณ 2,000 ม.", "inputs/roads.osm", "map.html#V1/H1")
    line(lines, "วิธีแบ่งที่ใช้", "proportional")
    line(lines, "อัตราค่าพาหนะ", "10 บาท", "15 บาท")


def test_a_settlement_of_a_round_adds_up(folder: Path) -> None:
    """B of November: 4,000 due of 2 counted, 4,800 paid, so 800 back; with A 14,500 due and 3,700 more."""
    write_pupils(folder)
    lines = told(folder, "settlement/november")
    assert lines[0].startswith("ที่ควรได้รวม 14,500 บาท ขอเพิ่มเติมรวม 3,700 บาท ส่งคืนรวม 800 บาท")
    assert "outputs/settlement/november/settlement.csv" in lines[0]
    line(lines, "(A) ไป", "ขอเพิ่มเติม 3,700 บาท ส่งคืน 0 บาท")
    line(lines, "(B) ไป", "ขอเพิ่มเติม 0 บาท ส่งคืน 800 บาท")


@pytest.mark.parametrize("what", ["settlement/november/H1/A", "settlement/november"])
def test_a_round_that_is_not_settled_has_no_settlement_to_trace(traced_year: Path, what: str) -> None:
    with pytest.raises(UsageError, match="ยังไม่ได้กระทบยอด"):
        told(traced_year, what)


def test_a_ceiling_leads_to_its_letters(traced_year: Path, tmp_path: Path) -> None:
    lines = told(traced_year, "ceiling/november")
    assert lines[0].startswith("วงเงิน 11,600 บาท")
    line(lines, "ศธ 1 ", "6,000 บาท", "inputs/ceilings.csv แถว 2")
    line(lines, "ศธ 2 ", "5,600 บาท", "inputs/ceilings.csv แถว 3")
    folder = write_year(tmp_path / "2570")
    (folder / "inputs" / "ceilings.csv").unlink()
    assert told(folder, "ceiling/november") == ["ยังไม่ทราบวงเงิน"]


def test_a_round_at_hand_answers_only_for_itself(traced_year: Path) -> None:
    measured = measure(open_cycle(traced_year))
    november = make_round(measured, "november")
    assert trace(measured, "ceiling/november", november) == trace(measured, "ceiling/november")
    assert trace(measured, "ceiling/may", november).words == "วงเงิน 12,400 บาท"


def test_a_child_with_an_own_home_is_told_by_its_own_way(tmp_path: Path) -> None:
    """Two live in V at 2,000 m; one has a home at 3,500 m."""
    lat, lon = place(3500, 0)
    folder = write_small_office(
        tmp_path / "2570",
        schools="H 0 P1-P6\nA 8000 P1-P6",
        villages="V 2000",
        student_head="student_key school_id grade village_id lat lon",
        students=f"k1 A P1 V . .\nk2 A P1 V . .\nk3 A P1 V {lat} {lon}",
        mergers="A P1-P6 1/2560 H learn-together existing",
        policy="fiscal_year: 2570\n",
    )
    lines = told(folder, "allocation/may/H/A")
    line(lines, "ชั้น P1 2,000 ม. คำนวณจากถนน", "2 คน × 100 วัน × 10 บาท")
    line(lines, "ชั้น P1 3,500 ม. คำนวณจากถนน", "1 คน × 100 วัน × 15 บาท")
    own = told(folder, "home/k3/H")
    line(own, "รหัสอ้างอิง k3 ถึงโรงเรียน H")
    line(own, "ระยะทางคำนวณ 3,500 ม.", "roads.osm SHA-256")
    line(own, "ยังไม่มีผู้รับรองระยะทางนี้")
    assert not [text for text in own if "map.html" in text or str(lat)[:6] in text], "no place of a home"
    for what in ("home/k1/H", "home/k3/X", "home/k3"):
        with pytest.raises(UsageError):
            told(folder, what)


def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    folder = write_year(tmp_path / "2570")
    (folder / "inputs" / "ceilings.csv").unlink()
    assert told(folder, "round/may")[0].startswith("ยังไม่ทราบวงเงิน")
    lines = told(folder, "allocation/may/H1/A")
    line(lines, "ชั้น P3: 1 คน ยังคิดไม่ได้")


def test_a_distance(traced_year: Path) -> None:
    lines = told(traced_year, "distance/V2/H1")
    line(lines, "ระยะทางคำนวณ 3,100 ม.", "roads.osm SHA-256")
    line(lines, OFFICER, "แถว 3")
    line(told(traced_year, "distance/VI/H1"), "ไปไม่ถึง")
    line(told(traced_year, "distance/V2/H2"), "ยังไม่มีผู้รับรองระยะทางนี้")


def test_a_rule_says_its_source_and_each_term_where_it_changes(traced_year: Path) -> None:
    (days,) = told(traced_year, "rule/days_by_term")
    assert "ยังไม่มีผู้ยืนยัน" in days
    lines = told(traced_year, "rule/bands")
    first, second = (i for i, text in enumerate(lines) if "ภาคเรียนที่ 2/2569" in text or "ภาคเรียนที่ 1/2570" in text)
    assert "15 บาท" in lines[first + 1]
    assert "12 บาท" in lines[second + 1]
    assert "ทดสอบ" in lines[second + 1]


def test_a_decision_and_whether_it_holds(folder: Path) -> None:
    (one,) = told(folder, "decision/1")
    assert all(words in one for words in (OFFICER, "village:V1>H1", "2,000 ม.", "ledger.sqlite แถว 1"))
    assert run("certify", folder, "--undo", "--by", OFFICER, "--why", "ผิดหมู่บ้าน") == 0
    assert "ไม่มีผลแล้ว" in told(folder, "decision/4")[1]
    assert "ผิดหมู่บ้าน" in told(folder, f"decision/{head(folder)[0]}")[0]
    assert len(told(folder, "decision/5")) == 1


# -- what cannot be asked ----
WRONG = [
    "", "rounds/november", "round", "round/june", "round/november/H1",
    "allocation/november/H1", "allocation/june/H1/A", "allocation/november/H1/B", "allocation/november/H1/A/extra",
    "allocation/november/H1/A/existing/more",
    "ceiling", "ceiling/june", "ceiling/november/H1", "settlement", "settlement/june", "home/k1/H1", "home/k1",
    "distance/V1", "distance/V9/H1", "distance/V1/H9", "distance/V1/H1/more",
    "rule", "rule/nothing", "decision", "decision/0", "decision/99", "decision/-1", "decision/x",
]  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_asked_is_refused(traced_year: Path, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        told(traced_year, what)
    assert re.search("[ก-๛]", caught.value.thai)
    assert ":" in caught.value.thai, "with a remedy"
    assert not re.search("[ก-๛]", caught.value.english.replace(what, "")), "the English sentence is English"


def test_every_question_is_named_where_one_is_not_understood(traced_year: Path) -> None:
    with pytest.raises(UsageError) as caught:
        told(traced_year, "why")
    assert all(question in caught.value.thai for question in QUESTIONS)


def test_the_command(traced_year: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("trace", traced_year, "distance", "V1", "H1") == 0
    assert "ระยะทางคำนวณ 2,000 ม." in capsys.readouterr().out
    assert run("trace", traced_year, "distance/V9/H1") == 2
    thai, english = capsys.readouterr().err.splitlines()
    assert "ไม่มีหมู่บ้าน V9" in thai
    assert "V9" in english

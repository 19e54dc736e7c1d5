"""The templates of the eight duties against the office's own text, typed here from that and not from the templates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from restructure import DataError, UsageError
from restructure.duties import Standard, levels, reached, read_duties, write_duty_templates
from restructure.procedure import steps_of

#: Each headed text of the work standard: the duty, its heading, and each number with words that its step has to hold.
#: The first heading stands over two pages, of parts ๑–๒ and ๓–๔; a number within a part is told as ``part.number``.
SEED = {
    "lead": (
        "การบริหารงานของผู้อำนวยการกลุ่มนโยบายและแผน",
        {
            "๑.๑": "แผนการดำเนินงานตามกรอบภารกิจ", "๑.๒": "ตามระยะเวลาที่กำหนดในแผน", "๑.๓": "มอบหมายงาน",
            "๑.๔": "ตัวชี้วัดและเป้าหมายระดับบุคคล", "๒.๑": "กลั่นกรองงาน", "๒.๒": "ตามระยะเวลาที่กำหนด",
            "๒.๓": "แก้ไขเมื่อพบข้อผิดพลาด", "๒.๔": "ประโยชน์ต่อทางราชการ", "๒.๕": "ความคิดเห็น", "๓": "ให้คำปรึกษา",
            "๔.๑": "ก่อนปฏิบัติงาน", "๔.๒": "ระหว่างปฏิบัติงาน", "๔.๓": "หลังเสร็จสิ้นการปฏิบัติงาน",
            "๔.๔": "อย่างสม่ำเสมอ", "๔.๕": "ประเมินผลการปฏิบัติงาน",
        },
    ),
    "subsidy": (
        "การของบประมาณและจัดสรรงบประมาณรายการค่าพาหนะรับ - ส่งนักเรียน",
        {
            "๑": "นักเรียนทุกช่วงชั้น", "๑.๑": "เดิม", "๑.๒": "ทศวรรษที่สอง", "๒": "200 วัน/คน/ปีการศึกษา",
            "๒.๑": "ไม่เกิน 3 กม. วันละ 10 บาท", "๒.๒": "มากกว่า 3–10 กม. 15 บาท", "๒.๓": "มากกว่า 10 กม. 20 บาท",
            "๓": "จัดสรร", "๓.๑": "วงเงิน", "๓.๒": "จัดสรรงบประมาณ", "๓.๓": "แจ้งผลการจัดสรร", "๔": "",
            "๔.๑": "รายละเอียดนักเรียนที่เพิ่มขึ้น", "๔.๒": "เพิ่มเติม", "๔.๓": "ส่งคืน", "๕": "แบบที่ สพฐ. กำหนด", "๖": "กศจ.",
        },
    ),
    "restructuring": (
        "งานจัดตั้ง ยุบรวม เลิก และโอนสถานศึกษา",
        {
            "๑": "ระเบียบ", "๒": "สภาพปัจจุบัน", "๓.๑": "ตรวจสอบข้อมูล", "๓.๒": "แต่งตั้งคณะกรรมการ", "๓.๓ ประชุม": "ประชุม",
            "๓.๓ เสนอ": "กศจ.", "๔": "กศจ.", "๔.๑": "ข้อมูลพื้นฐาน", "๔.๒": "คณะกรรมการดำเนินการ", "๔.๓": "ชุมชน",
            "๔.๔": "สรุปผลการประชุม", "๕ ติดตาม": "ติดตาม", "๕ ผู้บริหาร": "ผู้บริหาร", "๕ กศจ.": "กศจ.",
        },
    ),
    "small-schools": (
        "การบริหารจัดการโรงเรียนขนาดเล็ก",
        {
            "๑": "แนวทาง", "๒": "ประชากรวัยเรียน", "๓": "ให้เป็นปัจจุบัน", "๔": "จัดทำแผน", "๔.๑": "แต่งตั้งคณะกรรมการ",
            "๔.๒": "กศจ.", "๔.๓": "เผยแพร่", "๕": "รายงานผล",
        },
    ),
    "inspection": (
        "งานติดตาม และรายงานการตรวจราชการตามนโยบายการตรวจราชการกระทรวงศึกษาธิการ "
        "และการตรวจราชการแบบบูรณาการของผู้ตรวจราชการสำนักนายกรัฐมนตรี",
        {
            "๑": "ศึกษาประเด็น", "๒": "วิเคราะห์และสรุป", "๓": "สั่งการ", "๔": "แจ้งผู้รับผิดชอบ", "๕": "ประชุม", "๖": "ติดตาม",
            "๗": "รวบรวมและสรุปผล", "๘": "รายงานประเด็น", "๙": "หลังการตรวจราชการ",
        },
    ),
    "monitoring": (
        "งานพัฒนาระบบการติดตาม ประเมินผล และรายงานผลของสำนักงานเขตพื้นที่การศึกษา",
        {"๑": "กลยุทธ์ จุดเน้น และตัวชี้วัด", "๒": "ข้อจำกัด", "๓": "ไม่ซ้ำซ้อน", "๔": "เว็บไซต์"},
    ),
    "e-mes": (
        "งานติดตามประเมินผลและรายงาน ตามระบบติดตามการดำเนินงานตามนโยบาย",
        {
            "๑": "ศึกษาโครงการ", "๒": "ศึกษารายละเอียดนโยบาย", "๓": "ออกแบบฟอร์ม", "๔": "ผู้บังคับบัญชาสั่งการ",
            "๕": "ประสาน", "๖": "รวบรวมและตรวจสอบ", "๗": "ผ่านระบบ", "๘": "รายงานผู้บังคับบัญชา",
        },
    ),
    "urgent": (
        "รายงานติดตามประเมินผลและรายงานตามนโยบายสำคัญ เร่งด่วน",
        {
            "๑": "ศึกษาประเด็น", "๒": "วิเคราะห์และสรุป", "๓": "มอบหมายสั่งการ", "๔": "แจ้งผู้รับผิดชอบ", "๕": "ประชุม",
            "๖": "ติดตามผล", "๗": "รวบรวมและสรุปผล", "๘": "ข้อมูลผลการดำเนินงาน", "๙": "เสนอผู้บังคับบัญชาทราบ",
        },
    ),
}  # fmt: skip
#: Its column of standards. Of duty 3 a standard is told in parts, as tests/test_procedure.py has them.
STANDARDS = {
    "lead": [*(f"ม.๑.{n}" for n in "๑๒๓๔๕"), *(f"ม.๒.{n}" for n in "๑๒๓๔๕"), "ม.๓", *(f"ม.๔.{n}" for n in "๑๒๓๔๕")],
    "subsidy": [f"ม.{n}" for n in "๑๒๓๔"],
    "restructuring": [f"ม.{n}" for n in "๑๒๓๔๕๖"],
    "small-schools": ["ม.๑", "ม.๒", "ม.๓ ข้อมูล", "ม.๓ แผน", "ม.๔"],
    "inspection": [f"ม.{n}" for n in "๑๒๓๔๕๖๗๘"],
    "monitoring": [f"ม.{n}" for n in "๑๒๓๔"],
    "e-mes": [f"ม.{n}" for n in "๑๒๓๔๕"],
    "urgent": [f"ม.{n}" for n in "๑๒๓๔๕๖๗"],
}
OWN = """\
key: monitoring
number: 6
thai: ระบบติดตามของเรา
version: 3
date: 2026-12-01
rounds: {recurs: year}
steps:
  - {key: only, seed: ["๑"], thai: ขั้นเดียว}
standards:
  - {seed: "ม.๑", thai: ครบ, steps: [only]}
"""


@pytest.fixture(scope="module")
def packaged() -> dict:  # type: ignore[type-arg]
    return read_duties(Path("/nowhere"))


def write_own(folder: Path, text: str, name: str = "06-monitoring.yaml") -> Path:
    (folder / "duties").mkdir(exist_ok=True)
    (folder / "duties" / name).write_text(text, "utf-8")
    return folder


def test_the_eight_duties_in_their_order(packaged: dict) -> None:  # type: ignore[type-arg]
    assert list(packaged) == list(SEED)
    assert [duty.number for duty in packaged.values()] == list(range(1, 9))
    assert all(duty.version == 1 and duty.date.year == 2026 and not duty.office_made for duty in packaged.values())


@pytest.mark.parametrize("key", list(SEED))
def test_every_step_of_the_seed_text_can_be_pointed_to(packaged: dict, key: str) -> None:  # type: ignore[type-arg]
    duty = packaged[key]
    for number, words in SEED[key][1].items():
        found = [step for step in duty.steps if number in step.seed]
        assert found, (key, number)
        assert any(words in step.thai for step in found), (key, number, words)
    numbers = {number for step in duty.steps for number in step.seed if not number.startswith("ม.")}
    assert numbers == set(SEED[key][1]), "nothing that the text does not have"
    assert [one.seed for one in duty.standards] == STANDARDS[key]
    used = {step for one in duty.standards for step in one.steps}
    others = {"meet"} if key in ("inspection", "urgent") else set()
    assert used == {step.key for step in duty.steps} - others, "no standard speaks of the meeting"
    for number in (number for step in duty.steps for number in step.seed if number.startswith("ม.")):
        assert any(number.startswith(one.seed.split(" ")[0]) for one in duty.standards)


def test_the_headings_are_in_the_office_s_text() -> None:
    text = Path(__file__).parents[2] / "shared" / "work-standards.md"
    if not text.is_file():
        pytest.skip("the office's text is not beside the project")
    plain = " ".join(text.read_text("utf-8").split())
    for heading, _ in SEED.values():
        assert heading in plain
    # Two pages of the first duty, one of each other.
    assert plain.count("มาตรฐานการปฏิบัติงาน เรื่อง") + plain.count("มาตรฐานการปฏิบัติงาน รายงาน") == 9


def test_steps_are_worded_here_and_short(packaged: dict) -> None:  # type: ignore[type-arg]
    for duty in packaged.values():
        for step in duty.steps:
            assert len(step.thai) <= 200, step.key
            assert step.evidence
            assert step.needs
            assert not set(step.thai) & set("\n\t")


def test_months_are_named_for_the_subsidy_alone(packaged: dict) -> None:  # type: ignore[type-arg]
    months = {step.key: step.months for step in packaged["subsidy"].steps}
    assert months.pop("criteria") == (5,), "หลักเกณฑ์: เดือนพฤษภาคม"
    assert set(months.values()) == {(5, 11)}
    assert {name: named.month for name, named in packaged["subsidy"].rounds.names.items()} == {"november": 11, "may": 5}
    assert not any(step.months for key, duty in packaged.items() if key != "subsidy" for step in duty.steps)


def test_levels_are_where_the_text_has_them(packaged: dict) -> None:  # type: ignore[type-arg]
    found = {
        (key, one.part, one.level) for key, duty in packaged.items() for one in duty.standards if one.level is not None
    }
    assert found == {("lead", part, level) for part in "๑๒๔" for level in range(1, 6)}
    # The work standard speaks of time in four of the other standards.
    assert {(key, one.seed) for key, duty in packaged.items() for one in duty.standards if one.in_time} == {
        ("subsidy", "ม.๓"), ("inspection", "ม.๖"), ("e-mes", "ม.๔"), ("urgent", "ม.๖"),
    }  # fmt: skip


def test_recipients_that_the_text_names(packaged: dict) -> None:  # type: ignore[type-arg]
    named = {(key, step.key): step.recipients for key, duty in packaged.items() for step in duty.steps}
    assert named["subsidy", "notify"] == ("สถานศึกษา", "กลุ่มบริหารการเงินและสินทรัพย์", "ตสน.")
    assert named["subsidy", "report-office"] == ("ผู้บริหารเขตพื้นที่", "กศจ.")
    assert named["restructuring", "report-obec"] == ("สพฐ.",)
    assert named["small-schools", "propose"] == ("กศจ.",)


def test_what_is_done_in_some_cases_only(packaged: dict) -> None:  # type: ignore[type-arg]
    assert {(key, step.key) for key, duty in packaged.items() for step in duty.steps if step.only_if} == {
        ("subsidy", "data-existing"), ("subsidy", "data-second-decade"), ("subsidy", "added-pupils"),
        ("subsidy", "ask-more"), ("subsidy", "give-back"), ("inspection", "meet"), ("urgent", "meet"),
    }  # fmt: skip


def test_the_restructuring_duty_has_the_steps_of_the_procedure(packaged: dict) -> None:  # type: ignore[type-arg]
    duty = packaged["restructuring"]
    assert [(step.key, step.thai, step.evidence) for step in duty.steps] == [
        (step.key, step.thai, step.evidence) for step in steps_of()
    ]
    assert duty.procedure


# -- levels ----
def laddered() -> list[Standard]:
    ladder = [Standard(seed=f"ม.{n}", thai="x", steps=(f"s{n}",), part="๑", level=n) for n in range(1, 6)]
    return [
        *ladder,
        Standard(seed="ม.๓", thai="x", steps=("a", "b")),
        Standard(seed="ม.๔", thai="x", steps=("a",), in_time=True),
    ]


@pytest.mark.parametrize(
    ("done", "level"),
    [("", 0), ("s1", 1), ("s2 s3 s4 s5", 0), ("s1 s2 s4 s5", 2), ("s1 s2 s3 s4 s5", 5), ("s1 s2 s3 s4", 4)],
)
def test_a_level_stands_on_those_below(done: str, level: int) -> None:
    met = reached(laddered(), done.split())
    assert levels(laddered(), met) == {"๑": level}
    assert met[:5] == [n <= level for n in range(1, 6)]


def test_a_standard_without_level_asks_for_its_own_steps() -> None:
    assert reached(laddered(), ["a"])[5:] == [False, False]
    assert reached(laddered(), ["a", "b"])[5:] == [True, False]
    assert reached(laddered(), ["a", "b"], ["a"])[5:] == [True, True], "by its day"


# -- an office's own ----
def test_an_office_s_own_takes_the_place_whole(tmp_path: Path) -> None:
    found = read_duties(write_own(tmp_path, OWN))
    duty = found["monitoring"]
    assert list(found) == list(SEED)
    assert (duty.thai, duty.version, duty.date, duty.office_made) == ("ระบบติดตามของเรา", 3, date(2026, 12, 1), True)
    assert [step.key for step in duty.steps] == ["only"]
    assert read_duties(tmp_path / "elsewhere")["monitoring"].version == 1


def test_an_office_can_take_the_steps_of_duty_3_into_its_own_hands(tmp_path: Path) -> None:
    text = OWN.replace("monitoring", "restructuring").replace("number: 6", "number: 3")
    duty = read_duties(write_own(tmp_path, text, "03-restructuring.yaml"))["restructuring"]
    assert not duty.procedure
    assert len(duty.steps) == 1


def test_templates_for_editing_are_the_packaged_ones_and_never_written_over(tmp_path: Path) -> None:
    write_own(tmp_path, OWN)
    written = write_duty_templates(tmp_path)
    assert len(written) == 7
    assert (tmp_path / "duties" / "06-monitoring.yaml").read_text("utf-8") == OWN
    packaged, found = read_duties(Path("/nowhere")), read_duties(tmp_path)
    for key in set(SEED) - {"monitoring"}:
        assert found[key] == packaged[key].model_copy(update={"office_made": True})
    assert write_duty_templates(tmp_path) == []
    assert [p.name for p in write_duty_templates(tmp_path / "other", ["lead"])] == ["01-lead.yaml"]
    (tmp_path / "other" / "duties" / "01-lead.yaml").rename(tmp_path / "other" / "duties" / "01-lead.yml")
    assert write_duty_templates(tmp_path / "other", ["lead"]) == []
    with pytest.raises(UsageError, match="ไม่มีงาน ledd"):
        write_duty_templates(tmp_path, ["ledd"])


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("thai: ระบบ", "thai: [ระบบ", 3, "YAML"),
        ("version: 3", "version: three", 4, "จำนวนเต็ม"),
        ("version: 3", "version: 0", 4, "ไม่น้อยกว่า 1"),
        ("date: 2026-12-01\n", "", 1, "date: ขาดหัวข้อนี้"),
        ("recurs: year", "recurs: weekly", 6, "'year', 'named', 'ordered'"),
        ("recurs: year", "recurs: named", 6, "names"),
        ("key: only", "key: Only One", 8, "steps.1.key"),
        ('seed: ["๑"], ', "", 8, "seed"),
        ("thai: ขั้นเดียว", "thai: ''", 8, "ต้องไม่ว่าง"),
        ("thai: ขั้นเดียว", "thai: x, months: [13]", 8, "ไม่เกิน 12"),
        ("thai: ขั้นเดียว", "thai: x, part: ๑", 8, "ไม่มีส่วน ๑"),
        ("steps: [only]", "steps: [onyl]", 10, "ไม่มีขั้น onyl"),
        ("standards:", "  - {key: only, seed: [๒], thai: อีกครั้ง}\nstandards:", 9, "สองครั้ง"),
        ("number: 6", "number: 6\nprocedure: restructuring", 3, "procedure"),
        ("number: 6", "number: 6\noffice_made: true", 3, "office_made"),
        ("number: 6", "number: 6\ncolour: red", 3, "ไม่รู้จักหัวข้อนี้"),
        ("number: 6", "number: 7", 1, "07-monitoring.yaml"),
    ],
)
def test_a_bad_template_is_told_with_file_line_and_remedy(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    assert old in OWN
    with pytest.raises(DataError) as caught:
        read_duties(write_own(tmp_path, OWN.replace(old, new, 1)))
    thai, english = str(caught.value).splitlines()
    assert f"duties/06-monitoring.yaml บรรทัด {line} " in thai or words == "YAML"
    assert words in thai
    assert "แก้ไข" in thai
    assert "mend it" in english


def test_two_files_of_one_duty_are_refused(tmp_path: Path) -> None:
    write_own(tmp_path, OWN)
    with pytest.raises(DataError, match="เก็บไว้ไฟล์เดียว"):
        read_duties(write_own(tmp_path, OWN, "06-monitoring.yml"))

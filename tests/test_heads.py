"""Heads of office files: which row is the head, which column is which, and what is never taken for something else."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restructure.intake import heads
from restructure.intake.heads import (
    INPUT_TABLES,
    Head,
    fields_of,
    find_head,
    head_key,
    likely_tables,
    match_heads,
    needed_fields,
)
from restructure.intake.schema import columns_of

Top = list[list[str]]
DATA = Path(__file__).parent / "data"
PRIVATE = "private"


def read_variants() -> list[tuple[str, str, str]]:
    """Return table, head and field as a person would read them; "" = none of the table's fields."""
    with (DATA / "heads.csv").open(encoding="utf-8", newline="") as file:
        return [(row["table"], row["head"], row["field"]) for row in csv.DictReader(file)]


VARIANTS = read_variants()
VOCABULARY = Path(__file__).parents[1] / "src" / "restructure" / "intake" / "vocabulary.csv"


def field(table: str, head: str) -> str:
    return match_heads([head], table)[0].field


def fields(head: Head | None) -> list[str]:
    assert head is not None
    return [match.field for match in head.matches]


# -- words ----
@pytest.mark.parametrize("table", INPUT_TABLES)
def test_heads_as_people_write_them(table: str) -> None:
    found = {head: field(table, head) for of, head, _ in VARIANTS if of == table}
    assert found == {head: meant for of, head, meant in VARIANTS if of == table}


@pytest.mark.parametrize("table", INPUT_TABLES)
def test_own_names_and_thai_names_are_known(table: str) -> None:
    schema = columns_of(table)
    assert [field(table, str(name)) for name in schema.index] == list(schema.index)
    assert [field(table, thai) for thai in schema["thai"]] == list(schema.index)


#: Heads of the national register of pupils, long family, and what each is to us.
LONG = [
    ("รหัสโรงเรียน", "school_id"), ("ชื่อโรงเรียน", "school_name"), ("เลขประจำตัวประชาชน", "national_id"), ("ชั้น", "grade"),
    ("ห้อง", "room"), ("รหัสนักเรียน", "student_code"), ("เพศ", "sex"), ("คำนำหน้าชื่อ", PRIVATE), ("ชื่อ", PRIVATE),
    ("นามสกุล", PRIVATE), ("วันเกิด", PRIVATE), ("อายุ(ปี)", PRIVATE), ("หมู่โลหิต", PRIVATE), ("สัญชาติ", PRIVATE),
    ("เชื้อชาติ", PRIVATE), ("ศาสนา", PRIVATE), ("เลขประจำตัวประชาชนบิดา", PRIVATE), ("ชื่อบิดา", PRIVATE),
    ("รายได้บิดา", PRIVATE),
    ("เบอร์โทรศัพท์มารดา", PRIVATE), ("อาชีพผู้ปกครอง", PRIVATE), ("รหัสประจำบ้าน (ทะเบียนบ้าน)", PRIVATE),
    ("เลขที่บ้าน (ทะเบียนบ้าน)", PRIVATE), ("หมู่ (ทะเบียนบ้าน)", "reg_moo"), ("ถนน (ทะเบียนบ้าน)", PRIVATE),
    ("ตำบล (ทะเบียนบ้าน)", "reg_tambon"), ("อำเภอ (ทะเบียนบ้าน)", "reg_amphoe"), ("จังหวัด (ทะเบียนบ้าน)", "reg_province"),
    ("รหัสไปรษณีย์ (ทะเบียนบ้าน)", ""), ("รหัสประจำบ้าน (ที่อยู่ปัจจุบัน)", PRIVATE), ("เลขที่บ้าน (ที่อยู่ปัจจุบัน)", PRIVATE),
    ("หมู่ (ที่อยู่ปัจจุบัน)", "moo"), ("ถนน (ที่อยู่ปัจจุบัน)", PRIVATE), ("ตำบล (ที่อยู่ปัจจุบัน)", "tambon"),
    ("อำเภอ (ที่อยู่ปัจจุบัน)", "amphoe"), ("จังหวัด (ที่อยู่ปัจจุบัน)", "province"), ("รหัสไปรษณีย์ (ที่อยู่ปัจจุบัน)", ""),
    ("น้ำหนัก", PRIVATE), ("ส่วนสูง", PRIVATE), ("ความด้อยโอกาส", PRIVATE), ("การพักนอนประจำ", "boarding"),
    ("ขาดแคลนแบบเรียน", PRIVATE), ("ความพิการ", PRIVATE), ("ระยะทางจากบ้านถึงโรงเรียน (ถนนลูกรัง)", "declared_unpaved"),
    ("ระยะทางจากบ้านถึงโรงเรียน (ถนนลาดยาง)", "declared_paved"), ("ระยะทางจากบ้านถึงโรงเรียน (ทางน้ำ)", "declared_water"),
    ("ระยะเวลาจากบ้านถึงโรงเรียน", ""), ("ลักษณะการเดินทางมาโรงเรียน", "mode"), ("ประเภทนักเรียน", ""), ("GPA", PRIVATE),
    ("GPAX", PRIVATE), ("รหัสโรงเรียนห้องสาขา", ""), ("ชื่อโรงเรียนห้องสาขา", ""), ("จำนวนพี่ชาย", PRIVATE),
    ("จำนวนน้องสาว", PRIVATE),
]  # fmt: skip
SHORT = [
    ("เลขประจำตัวนักเรียน(13 หลัก)", "national_id"), ("ชั้น", "grade"), ("เลขที่/รหัสนักเรียน", "student_code"),
    ("บ้านเลขที่", PRIVATE),
    ("หมู่", "moo"), ("ถนน/ซอย", PRIVATE), ("ตำบล", "tambon"), ("อำเภอ", "amphoe"), ("จังหวัด", "province"),
    ("ความด้อยโอกาส", PRIVATE),
]  # fmt: skip
REGISTER = [
    ("ปีเดือน", "month"), ("รหัสจังหวัด", "province_code"), ("ชื่อจังหวัด", "province"), ("รหัสสำนักทะเบียน", "registrar_code"),
    ("ชื่อสำนักทะเบียน", "registrar"), ("รหัสตำบล", "tambon_code"), ("ชื่อตำบล", "tambon"), ("รหัสหมู่บ้าน", "village_id"),
    ("ชื่อหมู่บ้าน", "name"), ("ชาย", "men"), ("หญิง", "women"), ("ทั้งหมด", "population"), ("บ้าน", "houses"),
]  # fmt: skip
POLLING = [
    ("province", "province"), ("registrar", "registrar"), ("subdistrict", "tambon"), ("location", "name"),
    ("latitude", "lat"), ("longitude", "lon"),
]  # fmt: skip
BASICS = [
    ("รหัสโรงเรียน", "school_id"), ("ชื่อโรงเรียน", "name"), ("ตำบล", "tambon"), ("อำเภอ", "amphoe"),
    ("ชั้นที่เปิดสอน", "grades"),
    ("โรงเรียนสาขา", ""), ("ถ้าเป็นโรงเรียนมาเรียนรวม ระดับชั้นที่มาเรียนรวมคือ", "merged_grade"),
    ("จำนวนนักเรียน ชาย", "merged_pupils_male"), ("หญิง", "merged_pupils_female"), ("ชื่อโรงเรียนหลัก", "merged_host_name"),
    ("พื้นที่จุดบอดทางการศึกษา", ""),
]  # fmt: skip
FORMS = {
    "long": ("students", LONG), "short": ("students", SHORT), "register": ("population", REGISTER),
    "polling": ("polling", POLLING), "basics": ("schools", BASICS),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "dress",
    ["{}", "{} ต้องกรอก", " {}\n", "{} *", "{}\u200b", "\xa0{}"],
    ids=["plain", "asked", "lines", "star", "zero-width", "hard-space"],
)
def test_heads_of_known_exports(form: str, dress: str) -> None:
    table, heads = FORMS[form]
    found = match_heads([dress.format(head) for head, _ in heads], table)
    assert [match.field for match in found] == [meant for _, meant in heads]


@pytest.mark.parametrize("space", ["", " ", "  "])
def test_spaces_before_brackets_do_not_matter(space: str) -> None:
    heads = [head.replace(" (", f"{space}(") for head, _ in LONG]
    assert [match.field for match in match_heads(heads, "students")] == [meant for _, meant in LONG]


def test_heads_that_stand_twice_are_repeated_but_for_private_ones() -> None:
    found = match_heads(["รหัสโรงเรียน", "ชั้น", "จำนวนพี่ชาย", "ชั้น", "จำนวนพี่ชาย"], "students")
    assert [(match.field, match.how) for match in found] == [
        ("school_id", "vocabulary"), ("grade", "vocabulary"), (PRIVATE, "vocabulary"), ("", "repeated"),
        (PRIVATE, "vocabulary"),
    ]  # fmt: skip


def test_a_column_without_a_head_is_no_match() -> None:
    found = match_heads(["", "ชั้น", " ", "(กม.)"], "students")
    assert [(match.place, match.field) for match in found] == [(1, "grade"), (3, "")]


GRADES = [
    ("อ.1", "K1.pupils"), ("อ.2 ชาย", "K2.male"), ("รวมอ.3", "K3.pupils"), ("อ.3 ห้อง", "K3.rooms"),
    ("อนุบาล 2", "K2.pupils"),
    ("อนุบาลปีที่ 3", "K3.pupils"), ("อนุบาล 1 (3 ขวบ)", "K1.pupils"), ("อนุบาล 3 ขวบ", "K1.pupils"), ("อนุบาล 2 (3 ขวบ)", ""),
    ("ป.1", "P1.pupils"), ("ป.๖ หญิง", "P6.female"), ("ป.1 ห้อง", "P1.rooms"), ("ห้อง ป.1", "P1.rooms"),
    ("รวมป.1", "P1.pupils"),
    ("ประถมศึกษาปีที่ 1", "P1.pupils"), ("ชั้นประถมศึกษาปีที่ 5 (หญิง)", "P5.female"), ("จำนวนนักเรียน ป.2", "P2.pupils"),
    ("จำนวนห้องเรียน ม.1", "M1.rooms"), ("มัธยมศึกษาปีที่ 3", "M3.pupils"), ("P4", "P4.pupils"), ("p4 rooms", "P4.rooms"),
    ("K2.male", "K2.male"), ("ม.4", ""), ("ม.6 ห้อง", ""), ("รวมประถม", ""), ("รวมห้องประถม", ""), ("รวมม.ต้น ชาย", ""),
    ("ปวช.1", ""),
    ("ป.1-ป.6", ""), ("ป.1-6", ""), ("ม.1/2", ""), ("ป.1 ห้อง 2", ""), ("ป.7", ""), ("ห้อง ป.1 ชาย", ""),
]  # fmt: skip


@pytest.mark.parametrize(("head", "meant"), GRADES)
@pytest.mark.parametrize("table", ["students", "enrolment", "totals"])
def test_columns_of_grades(table: str, head: str, meant: str) -> None:
    assert field(table, head) == meant


def test_columns_of_grades_are_of_tables_by_grade_only() -> None:
    assert field("schools", "ป.1") == ""
    assert not any("." in name for name in fields_of("schools"))
    assert {"K1.pupils", "M3.rooms", "total.pupils", "P6.female"} <= set(fields_of("totals"))


def test_sums_are_sums_beside_grades_and_counts_alone() -> None:
    beside = ["รหัสโรงเรียน", "ป.1", "ป.2", "รวม", "รวมทั้งหมด ชาย", "รวมห้องทั้งหมด"]
    assert [m.field for m in match_heads(beside, "totals")] == [
        "school_id", "P1.pupils", "P2.pupils", "total.pupils", "total.male", "total.rooms",
    ]  # fmt: skip
    assert [m.field for m in match_heads(["รหัสโรงเรียน", "ชั้น", "รวม"], "totals")] == ["school_id", "grade", "count"]


def test_a_term_is_a_number_beside_its_year() -> None:
    assert field("students", "ภาคเรียน") == "as_of"
    found = match_heads(["ปีการศึกษา", "ภาคเรียน"], "students")
    assert [match.field for match in found] == ["term_year", "term_number"]


def test_boys_and_girls_are_those_of_a_merged_grade_only_where_there_is_a_host() -> None:
    heads = ["รหัสโรงเรียน", "ชั้นที่เปิดสอน", "ชั้น", "จำนวนนักเรียน ชาย", "หญิง"]
    alone = [match.field for match in match_heads(heads, "schools")]
    assert alone == ["school_id", "grades", "", "", ""]
    beside = [match.field for match in match_heads([*heads, "ชื่อโรงเรียนหลัก"], "schools")]
    assert beside == [
        "school_id", "grades", "merged_grade", "merged_pupils_male", "merged_pupils_female", "merged_host_name",
    ]  # fmt: skip


@pytest.mark.parametrize("heads", [["ตำบล", "ตำบล (ที่อยู่ปัจจุบัน)"], ["ตำบล (ที่อยู่ปัจจุบัน)", "ตำบล"]])
def test_the_present_address_is_chosen_before_one_that_does_not_say(heads: list[str]) -> None:
    found = {match.head: (match.field, match.how) for match in match_heads(heads, "students")}
    assert found == {"ตำบล (ที่อยู่ปัจจุบัน)": ("tambon", "vocabulary"), "ตำบล": ("", "repeated")}


def test_exact_words_are_chosen_before_a_near_spelling() -> None:
    found = match_heads(["ชื่อโรงเรียร", "ชื่อโรงเรียน"], "schools")
    assert [(match.field, match.how) for match in found] == [("", "repeated"), ("name", "vocabulary")]


# -- spelling ----
@pytest.mark.parametrize(
    ("table", "head", "meant"),
    [
        ("schools", "ตํา\u200bบล", "tambon"),
        ("schools", "เเขวง", "tambon"),
        ("schools", "ตำบน", "tambon"),
        ("schools", "อำเถอ", "amphoe"),
        ("schools", "ชือโรงเรียน", "name"),
        ("schools", "ชี่อโรงเรียน", "name"),
        ("schools", "ชื่่อโรงเรียน", "name"),
        ("schools", "รหสโรงเรียน", "school_id"),
        ("schools", "ละติจูต", "lat"),
        ("schools", "ลองติจุด", "lon"),
        ("schools", "lattitude", "lat"),
        ("schools", "Longitute", "lon"),
        ("schools", "Schol Name", "name"),
        ("schools", "จำนวนห้องเรีบน", "rooms"),
        ("villages", "จำนวนประชากรร", "population"),
        ("villages", "รหัสหมูบ้าน", "village_id"),
        ("students", "ระยทางจากบ้านถึงโรงเรียน (ถนนลาดยาง)", "declared_paved"),
        ("students", "จังหวดั", "province"),
        ("mergers", "รหัสโรงเรียนหลกั", "host_id"),
        ("totals", "ประถมศีกษาปีที่ 1", "P1.pupils"),
        ("totals", "ชั้นประถมมศึกษาปีที่ ๖ (หญิง)", "P6.female"),
    ],
)
def test_near_spellings(table: str, head: str, meant: str) -> None:
    assert field(table, head) == meant


def _slip(rng: random.Random, text: str) -> str:
    """Return a text with one slip of the fingers: a letter missing, doubled, or another in its place."""
    at = rng.choice([i for i, letter in enumerate(text) if letter.isalpha()])
    others = "กขคงจดตนบปพมยรลวสหอาเแไ" if text[at] >= "ก" else "abcdefghijklmnopqrstuvwxyz"
    return text[:at] + rng.choice(["", text[at] * 2, rng.choice(others)]) + text[at + 1 :]


def test_slips_are_mostly_seen_through_and_never_taken_for_another_field() -> None:
    rng = random.Random(6502)
    terms = [(t, head, meant) for t, head, meant in VARIANTS if meant not in ("", PRIVATE) and len(head) >= 8]
    told = [(t, head, meant, _slip(rng, head)) for t, head, meant in terms for _ in range(3)]
    found = [(t, head, meant, slipped, field(t, slipped)) for t, head, meant, slipped in told]
    wrong = [row for row in found if row[4] not in (row[2], "", PRIVATE) and not any(c.isdigit() for c in row[1])]
    assert wrong == []
    assert sum(row[4] == row[2] for row in found) >= 0.7 * len(found)


@pytest.mark.parametrize(
    ("table", "head"),
    [
        ("students", "นามสกุน"),
        ("students", "ศาสนนา"),
        ("students", "เบอร์โทศัพท์ผู้ปกครอง"),
        ("students", "ตำบนของบิดา"),
        ("students", "ชื่อมารดร"),
        ("students", "fathers tambon"),
        ("schools", "โทรศัพโรงเรียน"),
    ],
)
def test_what_may_be_a_persons_is_no_field_however_it_is_spelled(table: str, head: str) -> None:
    assert field(table, head) in ("", PRIVATE)


@given(
    st.sampled_from([(t, h) for t, h, meant in VARIANTS if meant == PRIVATE]),
    st.sampled_from(["ของ{}", "{}นักเรียน", "{} (ปัจจุบัน)", "{} 1", "ข้อมูล{}", "{}/บิดา"]),
)
def test_private_heads_stay_private_or_unknown(variant: tuple[str, str], dress: str) -> None:
    table, head = variant
    assert field(table, dress.format(head)) in ("", PRIVATE)


@given(
    st.sampled_from([variant for variant in VARIANTS if variant[2] not in ("", PRIVATE)]),
    st.sampled_from(["", " ", "  ", "\n", "\xa0", "\u200b"]),
    st.sampled_from(
        ["", " ต้องกรอก", " *", " (ถ้ามี)", " (โปรดระบุ)", ":", " (ทะเบียนบ้าน)", " (บิดา)", "เดิม", " 2", " (คน)", "เวลา"]
    ),
    st.sampled_from(["", "1. ", "2) ", "กรุณากรอก", "ไม่มี"]),
)
def test_dress_never_makes_another_field_of_a_head(
    variant: tuple[str, str, str], space: str, behind: str, before: str
) -> None:
    table, head, meant = variant
    dressed = before + head.replace(" ", space or " ").replace("(", f"{space}(") + behind
    found = field(table, dressed)
    # A word that says whose or which may make the field of that name of it, never one of another kind.
    allowed = {meant, "", PRIVATE} | ({f"reg_{meant}"} if behind == " (ทะเบียนบ้าน)" else set())
    allowed |= {"from_school_id"} if behind == "เดิม" and meant.startswith("school") else set()
    assert found in allowed


@given(st.text(max_size=40) | st.text("กขรนชื่อโรงเรียน ตำบล().-123", max_size=20))
def test_the_key_of_a_key_is_the_key(text: str) -> None:
    assert head_key(head_key(text)) == head_key(text)


@given(st.lists(st.text(max_size=30) | st.sampled_from([head for _, head, _ in VARIANTS]), max_size=8))
def test_any_heads_are_matched_to_known_fields_once_each(heads: list[str]) -> None:
    found = match_heads(heads, "students")
    named = [match.field for match in found if match.field not in ("", PRIVATE) and "." not in match.field]
    assert len(named) == len(set(named))
    assert set(named) <= set(fields_of("students"))
    assert [match.place for match in found] == sorted(match.place for match in found)


@pytest.mark.parametrize(
    ("table", "head", "meant"),
    [
        ("students", "ภาคเรียน (1 หรือ 2)", "term_number"),
        ("students", "ภาคเรียน", "as_of"),
        ("schools", "โซน (47 หรือ 48)", "zone"),
        ("totals", "ปีการศึกษา (25xx)", "term_year"),
        # A code as an example is of the length of the codes; a lone year says of which year the column is.
        ("schools", "รหัส รร. (1065xxxxxx)", "school_id"),
        ("schools", "รหัส รร. (650101)", "obec_id"),
        ("villages", "รหัสหมู่บ้าน (65080101)", "village_id"),
        ("schools", "รหัสโรงเรียน (8)", "smis_id"),
        ("population", "จำนวนประชากร (2568)", ""),
        ("population", "จำนวนประชากร (พ.ศ. 2568)", ""),
    ],
)
def test_values_in_brackets_do_not_change_what_a_head_is(table: str, head: str, meant: str) -> None:
    assert field(table, head) == meant


@pytest.mark.parametrize(
    ("table", "head", "meant"),
    [
        ("students", "รหัสอ้างอิง นร. (ไม่ใช่เลขบัตรประชาชน)", "student_key"),
        ("students", "ตำบล (ที่อยู่จริง ไม่ใช่ตามทะเบียน)", "tambon"),
        ("schools", "ชื่อสถานศึกษา (ไม่ใช่ชื่อย่อ)", "name"),
        ("crosswalk", "รหัส ร.ร. (ไม่ใช่ 8 หลัก)", "school_id"),
        # Just what the column would be without the brackets.
        ("crosswalk", "รหัส ร.ร. (ไม่ใช่ 10 หลัก)", ""),
        ("schools", "จำนวนนักเรียน (ไม่ใช่สัญชาติไทย)", PRIVATE),
        ("students", "ชื่อ (ไม่ใช่ชื่อเล่น)", PRIVATE),
        ("schools", "โทร. ผอ. (ไม่ใช่เบอร์ รร.)", PRIVATE),
    ],
)
def test_which_other_number_or_name_a_column_is_not(table: str, head: str, meant: str) -> None:
    assert field(table, head) == meant


# -- what the office said ----
def test_what_is_remembered_goes_before_the_vocabulary() -> None:
    remembered = {head_key("โรงเรียน (เก่า)"): "name", head_key("ตำบล"): ""}
    found = match_heads(["โรงเรียน(เก่า)", "ชื่อโรงเรียน", "ตำบล"], "schools", remembered)
    assert [(match.field, match.how) for match in found] == [
        ("name", "remembered"),
        ("", "repeated"),
        ("", "remembered"),
    ]


def test_what_is_private_cannot_be_remembered_as_a_field() -> None:
    remembered = {head_key("ตำบลบิดา"): "tambon", head_key("ชื่อ"): "school_name"}
    found = match_heads(["ตำบลบิดา", "ชื่อ"], "students", remembered)
    assert [match.field for match in found] == [PRIVATE, PRIVATE]


#: Who fills in, tells, is paid or leads: a person in whatever table, but never a school, a village or a place.
ROLES = {
    "schools": "ชื่อรอง ผอ.|LINE ผอ.|ชื่อครูใหญ่|เลขประจำตัวครู|Principal name|ชื่อประธานกรรมการสถานศึกษา",
    "enrolment": "โทร.ครูผู้กรอก|ผู้นับ|ชื่อผู้ส่งข้อมูล|Reporter name",
    "totals": "จนท.DMC (ชื่อ)|ชื่อผู้รับรองข้อมูล",
    "villages": "ชื่อ ผญบ.|โทร.ผู้นำชุมชน|Headman name",
    "population": "ชื่อเจ้าบ้าน|เลข ปชช. เจ้าบ้าน|ชื่อนายทะเบียน|householder name",
    "polling": "ชื่อประธาน กปน.|เบอร์ประธาน|ชื่อ ผอ.หน่วย",
    "closures": "ชื่อผู้แจ้งเหตุ|เบอร์คนแจ้ง|contact name",
    "payments": "ผู้รับเงิน (ลงชื่อ)|ชื่อครูการเงิน|Payee name",
    "students": "ชื่อคนขับรถรับส่ง|เลขบัตรตา|ตำบลแม่|อาศัยอยู่กับใคร",
}


@pytest.mark.parametrize("table", sorted(ROLES))
def test_what_is_of_a_person_with_a_role_is_private_in_every_table(table: str) -> None:
    assert {head: field(table, head) for head in ROLES[table].split("|")} == dict.fromkeys(
        ROLES[table].split("|"), PRIVATE
    )


@pytest.mark.parametrize("table", INPUT_TABLES)
def test_names_and_numbers_of_places_are_never_taken_for_a_persons(table: str) -> None:
    named = "ชื่อโรงเรียน|ชื่อหมู่บ้าน|ชื่ออำเภอ|รหัสโรงเรียน|จำนวนครู|ชื่อสถานที่เลือกตั้ง|เลขที่หนังสือ|School name|จำนวนผู้เรียน"
    assert [head for head in named.split("|") if field(table, head) == PRIVATE] == []


@pytest.mark.parametrize("head", ["เปิดสอนตั้งแต่ชั้น", "เปิดสอนถึงชั้น", "Lowest grade", "Highest grade"])
def test_one_end_of_the_grades_is_not_the_grades(head: str) -> None:
    assert field("schools", head) == ""


def test_whose_code_a_payment_is_under_is_not_guessed() -> None:
    assert field("payments", "รหัส รร. ที่รับเงิน") == ""
    assert field("payments", "รหัส รร.หลัก ที่รับเงิน") == "host_id"


# -- which row ----
def as_top(*rows: str) -> Top:
    """Return rows of cells set apart by ``|``."""
    return [row.split("|") if row else [] for row in rows]


VILLAGE = "65080101|บ้านไร่|16.8|100.4|survey"


@pytest.mark.parametrize(
    ("above", "first"),
    [
        ([], 1),
        (["ทะเบียนหมู่บ้าน อำเภอวังทอง||||", ""], 3),
        (["ทะเบียนหมู่บ้าน|ทะเบียนหมู่บ้าน|ทะเบียนหมู่บ้าน|ทะเบียนหมู่บ้าน|ทะเบียนหมู่บ้าน"], 2),
        (
            [
                "โรงเรียนบ้านแม่ระกา|โรงเรียนบ้านแม่ระกา|โรงเรียนบ้านแม่ระกา||",
                "ข้อมูล ณ วันที่ 10 มิถุนายน 2569||||",
                "ตำบล|วังทอง|||",
                "",
                "",
            ],
            6,
        ),
        (["อำเภอ|วังทอง||ผู้จัดทำ|", "รายชื่อหมู่บ้าน|||หน้า 1|"], 3),
        (["65080101|บ้านเก่า|16.8|100.4|survey"], 2),
    ],
    ids=["none", "title", "merged-title", "titles", "pairs", "data"],
)
def test_head_under_titles(above: list[str], first: int) -> None:
    head = find_head(as_top(*above, "รหัสหมู่บ้าน|ชื่อหมู่บ้าน|ละติจูด|ลองจิจูด|ที่มาของพิกัด", VILLAGE, VILLAGE), "villages")
    assert head is not None
    assert (head.first, head.last) == (first, first)
    assert fields(head) == ["village_id", "name", "lat", "lon", "point_source"]


def test_first_of_repeated_heads() -> None:
    row = "รหัสหมู่บ้าน|ชื่อหมู่บ้าน|ละติจูด|ลองจิจูด|ที่มาของพิกัด"
    head = find_head(as_top("บัญชีหมู่บ้าน", row, VILLAGE, row, VILLAGE), "villages")
    assert head is not None
    assert (head.first, head.last) == (2, 2)


GRID = [
    ("ลำดับ|รหัสโรงเรียน|ชื่อโรงเรียน|อ.2|อ.2|ป.1|ป.1|รวม|รวม", "ลำดับ|รหัสโรงเรียน|ชื่อโรงเรียน|นร.|ห้อง|นร.|ห้อง|นร.|ห้อง"),
    ("ลำดับ|รหัสโรงเรียน|ชื่อโรงเรียน|อ.2|อ.2|ป.1|ป.1|รวม|รวม", "|||นร.|ห้อง|นร.|ห้อง|นร.|ห้อง"),
    ("ลำดับ|รหัสโรงเรียน|ชื่อโรงเรียน|อ.2||ป.1||รวม|", "|||นร.|ห้อง|นร.|ห้อง|นร.|ห้อง"),
]


@pytest.mark.parametrize("rows", GRID, ids=["spread-down", "spread", "csv"])
def test_grid_of_two_rows(rows: tuple[str, str]) -> None:
    head = find_head(as_top("จำนวนนักเรียน 10 มิ.ย. 2569", *rows, "1|1065000001|บ้านน้ำ|3|1|12|1|15|2"), "totals")
    assert head is not None
    assert (head.first, head.last) == (2, 3)
    assert fields(head) == [
        "", "school_id", "school_name", "K2.pupils", "K2.rooms", "P1.pupils", "P1.rooms", "total.pupils", "total.rooms",
    ]  # fmt: skip


def test_grid_of_three_rows() -> None:
    rows = as_top(
        "รหัสโรงเรียน|ระดับประถมศึกษา|ระดับประถมศึกษา|ระดับประถมศึกษา|ระดับประถมศึกษา",
        "รหัสโรงเรียน|ป.1|ป.1|ป.2|ป.2",
        "รหัสโรงเรียน|ชาย|หญิง|ชาย|หญิง",
        "1065000001|3|1|12|1",
    )
    head = find_head(rows, "totals")
    assert head is not None
    assert (head.first, head.last) == (1, 3)
    assert fields(head) == ["school_id", "P1.male", "P1.female", "P2.male", "P2.female"]


@pytest.mark.parametrize(
    ("group", "below", "meant"),
    [
        ("พิกัด|พิกัด", "ละติจูด|ลองจิจูด", ["lat", "lon"]),
        ("พิกัด|พิกัด", "X|Y", ["x", "y"]),
        ("ที่ตั้ง|ที่ตั้ง", "ตำบล|อำเภอ", ["tambon", "amphoe"]),
        ("โรงเรียนหลัก|โรงเรียนหลัก", "รหัส|ชื่อ", ["merged_host_id", "merged_host_name"]),
        ("โรงเรียนสาขา|โรงเรียนสาขา", "รหัส|ชื่อ", ["", ""]),
        ("โรงเรียนเดิม|โรงเรียนเดิม", "ตำบล|อำเภอ", ["", ""]),
    ],
)
def test_groups_over_heads_of_schools(group: str, below: str, meant: list[str]) -> None:
    rows = as_top(f"รหัสโรงเรียน|ชื่อโรงเรียน|{group}", f"รหัสโรงเรียน|ชื่อโรงเรียน|{below}", "1065000001|บ้านน้ำ|1|2")
    assert fields(find_head(rows, "schools")) == ["school_id", "name", *meant]


@pytest.mark.parametrize("spread", [True, False], ids=["workbook", "csv"])
def test_what_stands_under_a_parent_is_private_whatever_it_is(spread: bool) -> None:
    groups = ["นักเรียน", "นักเรียน", "นักเรียน", "บิดา", "บิดา", "ที่อยู่ตามทะเบียนบ้าน", "ที่อยู่ตามทะเบียนบ้าน"]
    if not spread:
        groups = [text if text not in groups[:i] else "" for i, text in enumerate(groups)]
    heads = ["เลขประจำตัวประชาชน", "ชั้น", "ตำบล", "เลขประจำตัวประชาชน", "ตำบล", "หมู่", "ตำบล"]
    head = find_head([groups, heads, ["1100000000008", "ป.1", "ก", "1100000000009", "ข", "1", "ค"]], "students")
    assert fields(head) == ["national_id", "grade", "tambon", PRIVATE, PRIVATE, "reg_moo", "reg_tambon"]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[]],
        [[""]],
        as_top(VILLAGE, VILLAGE),
        as_top("บ้านไร่|วังทอง|วังทอง", "บ้านน้ำ|แม่ระกา|บ้านแม่เทียบ"),
        as_top("บันทึกข้อความ", "เรียน ผู้อำนวยการโรงเรียน", "ด้วยสำนักงานเขต"),
        as_top("หมู่บ้าน", "บ้านไร่"),
        as_top("a|b|c", "1|2|3"),
        [["x" * 100_000, "ชื่อหมู่บ้าน" * 5000]],
        [[f"{i}"] * 30 for i in range(60)],
    ],
    ids=["nothing", "empty", "blank", "data", "names", "letter", "one-head", "unknown", "large", "numbers"],
)
def test_no_head_rather_than_a_guess(rows: Top) -> None:
    assert find_head(rows, "villages") is None
    assert dict(likely_tables(rows)).get("villages") is None


def test_a_head_of_which_nothing_may_be_read_is_found() -> None:
    head = find_head(as_top("รายชื่อ", "ชื่อ|นามสกุล|เบอร์โทร|ศาสนา", "สมชาย|ใจดี|081|พุทธ"), "students")
    assert fields(head) == [PRIVATE] * 4


def test_a_row_of_names_is_no_head_though_names_have_private_words() -> None:
    rows = as_top("รหัสหมู่บ้าน|ชื่อหมู่บ้าน|ตำบล", "65080101|บ้านแม่ระกา|แม่ระกา", "ก|บ้านแม่เทียบ|พ่อขุน|แม่สอด|ซอยเก้า")
    head = find_head(rows, "villages")
    assert head is not None
    assert head.first == 1


#: A row of the national register of pupils, and what else a row of data is made of.
PUPIL = "1065000001|บ้านไร่|1100000000008|ป.3|1|4711|ช|เด็กชาย|สมชาย|แม่สอด|12/05/2558|พุทธ|12/3|4|ซอย 5|วังทอง|รถโรงเรียน"


@pytest.mark.parametrize(
    "row",
    [
        PUPIL,
        PUPIL.replace("1100000000008", "1-1000-00000-00-8").replace("1065000001", "").replace("12/05/2558", ""),
        PUPIL.replace("1100000000008", "").replace("1065000001", "'1065000001").replace("12/05/2558", ""),
        PUPIL.replace("1100000000008", "").replace("1065000001", "๑๐๖๕๐๐๐๐๐๑").replace("12/05/2558", ""),
        PUPIL.replace("1100000000008", "").replace("1065000001", ""),
        PUPIL.replace("1100000000008", "").replace("1065000001", "").replace("12/05/2558", "12 พ.ค. 2558"),
        PUPIL.replace("1100000000008", "").replace("1065000001", "").replace("12/05/2558", "12 พฤษภาคม 2558"),
        PUPIL.replace("1100000000008", "").replace("1065000001", "").replace("12/05/2558", "2015-05-12T00:00:00"),
    ],
    ids=["codes", "dashes", "text", "thai-digits", "day", "month", "long-month", "iso"],
)
def test_a_row_of_data_is_no_head_where_the_head_is_missing(row: str) -> None:
    named = "โรงเรียน|ชั้น|ตำบล|หมู่ที่"  # were they no data, these would make a head of two rows
    assert fields(find_head(as_top(named), "students"))[1:] == ["grade", "tambon", "moo"]
    assert find_head(as_top(row, row, row), "students") is None
    head = find_head(as_top(named, row), "students")
    assert head is not None
    assert (head.first, head.last) == (1, 1)


@pytest.mark.parametrize("length", [60, 130], ids=["sentences", "too-long"])
def test_a_file_of_long_texts_is_given_up_after_a_bounded_search(length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    spelled: list[str] = []
    looked_at: list[str] = []
    nearest, exact = heads.nearest_field, heads._exact
    monkeypatch.setattr(heads, "nearest_field", lambda text, table: spelled.append(text) or nearest(text, table))
    monkeypatch.setattr(heads, "_exact", lambda text, table: looked_at.append(text) or exact(text, table))
    rows = [[f"{i} ข้อความ {j} ยาว".ljust(length, "ก") for j in range(200)] for i in range(60)]
    assert find_head(rows, "villages") is None
    # Each of 12,000 cells would be asked, alone and with those above and below it.
    assert len(set(spelled)) <= 1_000
    assert len(set(looked_at)) <= 12_000
    if length == 130:
        assert spelled == looked_at == []


def test_a_head_of_long_questions_is_found_all_the_same() -> None:
    asked = ["โรงเรียนของท่านมีความคิดเห็นอย่างไรต่อการเดินทางของนักเรียนในพื้นที่ " + "และอื่น ๆ " * 10] * 2
    row = [*asked, "รหัสหมู่บ้าน", "ชื่อหมู่บ้าน", "ละติจูด", "ลองจิจูด", "ที่มาของพิกัด"]
    assert fields(find_head([row, ["", "", *VILLAGE.split("|")]], "villages"))[2:] == [
        "village_id", "name", "lat", "lon", "point_source",
    ]  # fmt: skip


# -- which table ----
@pytest.mark.parametrize("table", INPUT_TABLES)
@pytest.mark.parametrize("names", ["english", "thai"])
def test_a_file_with_all_own_heads_is_of_its_table(table: str, names: str) -> None:
    schema = columns_of(table)
    schema = schema[schema["required"].isin(["yes", ""])]
    heads = list(schema.index) if names == "english" else list(schema["thai"])
    assert likely_tables([heads])[0][0] == table


@pytest.mark.parametrize("form", FORMS)
def test_known_exports_are_of_their_tables(form: str) -> None:
    table, heads = FORMS[form]
    assert likely_tables([["รายงาน"], [head for head, _ in heads]])[0][0] == table


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("schools_area6502.csv", "schools"),
        ("villages_area6502.csv", "villages"),
        ("tambons_area6502.csv", "tambons"),
    ],
)
def test_lists_of_a_real_office_are_of_their_tables(file: str, table: str) -> None:
    path = Path(__file__).parents[2] / "shared" / "data" / "phitsanulok2" / file
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with path.open(encoding="utf-8-sig", newline="") as rows:
        top = list(csv.reader(rows))[:60]
    assert likely_tables(top)[0][0] == table
    head = find_head(top, table)
    assert head is not None
    assert (head.first, head.last) == (1, 1)


def test_likelihoods_are_figures_in_order() -> None:
    found = likely_tables([["รหัสโรงเรียน", "ชื่อโรงเรียน", "ตำบล", "อำเภอ"]])
    shares = [share for _, share in found]
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= 1 for share in shares)


def test_what_a_table_must_have_names_its_stand_ins() -> None:
    assert {"lat", "y", "point"} in needed_fields("schools")
    assert needed_fields("villages") == [{"village_id"}, {"name"}]
    assert any({"village_id", "moo"} <= choices for choices in needed_fields("students"))
    assert all(choices <= set(fields_of(table)) for table in INPUT_TABLES for choices in needed_fields(table))


# -- the vocabulary itself ----
def read_terms() -> list[tuple[str, str, str]]:
    with VOCABULARY.open(encoding="utf-8", newline="") as file:
        return [(row["table"], row["field"], row["term"]) for row in csv.DictReader(file)]


def test_the_vocabulary_names_tables_and_fields_that_are_there() -> None:
    every = {str(name) for table in INPUT_TABLES for name in columns_of(table).index}
    for table, name, term in read_terms():
        assert table in ("*", *INPUT_TABLES), term
        known = every if table == "*" else set(columns_of(table).index)
        assert name in known | {PRIVATE, "other", "group"}, (table, name, term)
        assert head_key(term), term


def test_no_term_stands_for_two_fields() -> None:
    meant: dict[tuple[str, str, bool], str] = {}
    for table, name, term in read_terms():
        key = (table, head_key(term), name == "group")
        assert meant.setdefault(key, name) == name, (table, term)


def test_no_private_term_of_all_tables_is_a_field_but_where_a_table_says_so() -> None:
    own = {(table, head_key(term)) for table, _, term in read_terms() if table != "*"}
    for table, name, term in read_terms():
        if table == "*" and name == PRIVATE:
            for of in INPUT_TABLES:
                assert (of, head_key(term)) in own or field(of, term) in (PRIVATE, ""), (of, term)

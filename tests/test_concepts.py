"""Heads that nobody has listed: what their words say, and heads that look like a field and are none."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from restructure.intake import heads
from restructure.intake.concepts import concept_field
from restructure.intake.heads import GUESSED, PRIVATE, fields_of, head_key, match_heads
from restructure.intake.schema import columns_of

DATA = Path(__file__).parent / "data"
INTAKE = Path(heads.__file__).parent
#: Heads that people wrote who had not seen the vocabulary, with the field that each means.
BLIND = tuple(f"head-variants{number}.csv" for number in ("", "-2", "-3", "-4", "-5"))


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def matched(table: str, head: str) -> str:
    return match_heads([head], table)[0].field


@pytest.mark.parametrize("name", BLIND)
def test_heads_of_people_who_have_not_seen_the_vocabulary(name: str) -> None:
    rows = read_rows(DATA / name)
    found = [matched(row["table"], row["head"]) for row in rows]
    wrong = [
        (row["table"], row["head"], field) for row, field in zip(rows, found, strict=True) if field != row["field"]
    ]
    assert [entry for entry in wrong if entry[2]] == []
    assert len(wrong) <= 0.01 * len(rows), wrong


@pytest.mark.parametrize("name", BLIND)
def test_most_of_them_by_their_words_alone(name: str) -> None:
    ruled = {
        (table, row["field"]) for row in read_rows(INTAKE / "concept_rules.csv") for table in row["tables"].split()
    }
    rows = [row for row in read_rows(DATA / name) if (row["table"], row["field"]) in ruled]
    found = [concept_field(row["head"], row["table"]) for row in rows]
    assert len(rows) > 150
    assert [row for row, field in zip(rows, found, strict=True) if field not in ("", row["field"])] == []
    assert found.count("") <= 0.03 * len(rows)


def test_heads_of_what_is_no_field() -> None:
    rows = read_rows(DATA / "head-decoys.csv")
    assert {row["head"]: field for row in rows if (field := concept_field(row["head"], row["table"]))} == {}
    found = [match_heads([row["head"]], row["table"])[0] for row in rows]
    assert [match for match in found if match.how in GUESSED and match.field not in ("", PRIVATE)] == []


def test_words_never_say_another_field_than_the_vocabulary() -> None:
    terms = read_rows(INTAKE / "vocabulary.csv")
    tables = {table for row in read_rows(INTAKE / "concept_rules.csv") for table in row["tables"].split()}
    own = {(row["table"], head_key(row["term"])) for row in terms}
    said = [(row, concept_field(row["term"], row["table"])) for row in terms if row["table"] in tables]
    # What is of all tables is asked of that with persons in it, where the table itself does not say otherwise.
    said += [
        (row, concept_field(row["term"], "students"))
        for row in terms
        if row["table"] == "*" and ("students", head_key(row["term"])) not in own
    ]
    assert sum(field == row["field"] for row, field in said) > 500
    assert [(row, field) for row, field in said if field not in ("", row["field"])] == []


# Read by a person, none of them taken from the lists above.
@pytest.mark.parametrize(
    ("table", "field", "head"),
    [
        ("schools", "school_id", "รหัสสถานศึกาา ๑๐ หลัก"),
        ("schools", "name", "SCH_NAME"),
        ("schools", "tambon", "โรงเรียนตั้งอยู่ที่ตำบล"),
        ("schools", "amphoe", "อำเภอที่ตั้งสถานศึกษา"),
        ("schools", "lat", "พิกัดที่ตั้ง รร. ละติจูด (N)"),
        ("schools", "lon", "GPS Longitude"),
        ("schools", "grades", "จัดการเรียนการสอนระดับชั้น (อ.1 - ม.3)"),
        ("schools", "smis_id", "หมายเลข SMIS (8 ตัว)"),
        ("schools", "rooms", "จน.ห้องที่ใช้เรียนจริง"),
        ("schools", "teachers", "จำนวนข้าราชการครู + ลูกจ้าง"),
        ("schools", "status", "ยังเปิดสอน/ยุบเลิก"),
        ("schools", "special_area", "เป็นโรงเรียนพื้นที่สูง/เกาะ"),
        ("schools", "village_id", "หมู่บ้านที่ตั้ง (รหัส)"),
        ("villages", "village_id", "เลขรหัสหมู่บ้าน ๘ หลัก"),
        ("villages", "lat", "จุดกลางหมู่บ้าน - ละติจูด"),
        ("villages", "point_source", "พิกัดได้มาโดยวิธีใด"),
        ("villages", "population", "จน.คนในหมู่บ้าน"),
        ("students", "grade", "ระดับชั้นที่กำลังศึกษา"),
        ("students", "village_id", "รหัสหมู่บ้านที่พักอาศัย"),
        ("students", "moo", "หมู่ที่อาศัยอยู่"),
        ("students", "amphoe", "อำเภอ/เขต (ปัจจุบัน)"),
        ("students", "declared_paved", "ถนนลาดยางจากบ้านถึง รร. กี่ กม."),
        ("students", "declared_unpaved", "ระยะทางที่เป็นลูกรัง (ม.)"),
        ("students", "declared_water", "boat distance (km)"),
        ("students", "mode", "เดินทางมาเรียนโดยวิธีใด"),
        ("students", "as_of", "เทอม/ปีการศึกษา"),
        ("students", "from_school_id", "ย้ายมาจากโรงเรียน (รหัส)"),
        ("mergers", "school_id", "รหัส รร.ที่มารวมกับ รร.หลัก"),
        ("mergers", "host_id", "รหัส รร.หลัก ที่ไปเรียนรวม"),
        ("mergers", "host_id", "รหัสโรงเรียนที่รับนักเรียน"),
        ("mergers", "grades", "ชั้นที่นำนักเรียนมาเรียนรวม"),
        ("mergers", "from_term", "ภาคเรียนที่เริ่มมารวม"),
        ("mergers", "kind", "รวมแบบใด"),
        ("mergers", "programme", "โครงการ (กรณี 1.1/1.2)"),
        ("enrolment", "year", "Academic Year (B.E.)"),
        ("enrolment", "count", "จำนวน นร.รวมทุกห้อง"),
        ("ceilings", "round", "โอนจัดสรรครั้งที่"),
        ("ceilings", "letter", "ref. letter no."),
        ("ceilings", "baht", "เงินที่ สพฐ. โอนให้"),
        ("ceilings", "date", "หนังสือลงวันที่"),
        ("population", "population", "ประชากร (ชาย+หญิง)"),
        ("population", "houses", "บ้าน (หลังคาเรือน)"),
        ("population", "men", "จน.ราษฎรชาย"),
        ("schools", "school_id", "รหัสสถานศึกษา (DMC)"),
        ("schools", "lat", "ค่าพิกัดละติจูด (ทศนิยม 6 ตำแหน่ง)"),
        ("schools", "lon", "พิกัดจาก Google Maps (ลองจิจูด)"),
        ("schools", "grades", "เปิดสอนตั้งแต่ชั้นใดถึงชั้นใด"),
        ("schools", "grades", "ชั้นเรียนที่เปิดสอน (อนุบาล/ประถม/มัธยม)"),
        ("schools", "status", "สถานะของโรงเรียน (เปิดสอน/ไม่เปิดสอน/ยุบ)"),
        ("schools", "special_area", "พื้นที่พิเศษ (ภูเขา เกาะ ชายแดน)"),
        ("schools", "teachers", "TEACHER_NUM"),
        ("villages", "tambon", "TB_TN"),
        ("villages", "amphoe", "tbl_AMP_NAM_T"),
        ("villages", "name", "ชื่อหมู่บ้าน (ไม่ต้องใส่ ม.)"),
        ("villages", "population", "ประชากรทั้งหมด (ช+ญ)"),
        ("students", "count", "นักเรียนทั้งหมด (ชาย+หญิง)"),
        ("students", "mode", "การเดินทาง (เดิน/รถ/เรือ)"),
        ("students", "as_of", "เทอมที่สำรวจ (เช่น 1/2567)"),
        ("students", "moo", "อยู่หมู่ที่เท่าใด"),
        ("students", "declared_water", "ระยะทางจากที่พักถึงโรงเรียน ทางน้ำ"),
        ("students", "from_school_id", "รหัสโรงเรียนก่อนเลิก/ยุบ"),
        ("mergers", "school_id", "รหัสโรงเรียนขนาดเล็กที่มาเรียนรวม"),
        ("mergers", "host_id", "ไปเรียนรวมกับโรงเรียน (รหัส)"),
        ("mergers", "grades", "นำชั้นใดมาเรียนรวมบ้าง"),
        ("mergers", "kind", "การรวม (เรียนรวม/ยุบรวม/เลิก)"),
        ("mergers", "programme", "ชื่อโครงการที่รวม (ถ้ามี)"),
        ("enrolment", "grade", "GRADE_LEVEL_NAME"),
        ("enrolment", "count", "จำนวนนักเรียนในแต่ละชั้น"),
        ("enrolment", "year", "EDU_YEAR"),
        ("ceilings", "round", "รอบ (พ.ย./พ.ค.)"),
        ("ceilings", "date", "หนังสือลงวันที่ (วัน/เดือน/ปี)"),
        ("population", "name", "ชื่อบ้าน (ตามทะเบียนบ้าน)"),
        ("polling", "lat", "Latitude (หน่วย ลต.)"),
        ("polling", "name", "ที่ตั้งหน่วยเลือกตั้ง (ชื่อสถานที่)"),
        ("polling", "tambon", "Tambon of polling station"),
        ("polling", "lon", "station_longitude"),
        ("students", "national_id", "หมายเลข ปชช. ผู้เรียน (13 หลัก)"),
        ("students", "school_id", "รหัสโรงเรียนที่นักเรียนเรียนอยู่"),
        ("students", "school_name", "เรียนอยู่โรงเรียนใดคะ"),
        ("students", "grade", "น.ร. เรียนอยู่ชั้นไหนครับ"),
        ("students", "grade", "ระดับชั้น (อนุบาล-ม.3)"),
        ("students", "moo", "อาศัยอยู่หมู่ที่เท่าไหร่คะ"),
        ("students", "village_name", "อาศัยอยู่หมู่บ้านอะไร"),
        ("students", "lat", "ละติจูดของที่พัก"),
        ("students", "mode", "ไป รร. โดยพาหนะใด"),
        ("students", "declared_m", "บ้านอยู่ห่างจากโรงเรียนกี่กิโลเมตรคะ"),
        ("students", "term_year", "ปีการศึกษาที่กรอก"),
        ("schools", "pupils", "จำนวนนักเรียนทั้ง รร."),
        ("schools", "pupils", "Enrolment (total)"),
        ("schools", "province", "โรงเรียนตั้งอยู่จังหวัดใด"),
        ("schools", "school_id", "รหัส 10 หลัก (กระทรวง)"),
        ("enrolment", "school_id", "รหัส รร.ที่ส่งข้อมูล"),
        ("enrolment", "grade", "ชั้นที่นับ"),
        ("enrolment", "count", "ชายหญิงรวม (คน)"),
        ("enrolment", "count", "total (boys + girls)"),
        ("totals", "school_id", "รหัสสถานศึกษาตามระบบ DMC"),
        ("totals", "grade", "ชั้นตาม DMC"),
        ("totals", "count", "ยอดนักเรียน ณ วันที่ 10 มิถุนายน 2569"),
        ("totals", "count", "ยอดยืนยัน DMC"),
        ("totals", "term_year", "ปี กศ. (DMC)"),
        ("population", "village_id", "รหัสหมู่บ้านตามสำนักทะเบียน"),
        ("population", "tambon", "ตำบลตามทะเบียนราษฎร"),
        ("population", "men", "ปชก.ช"),
        ("polling", "tambon", "ตำบล/อบต. ที่ตั้งหน่วย"),
        ("polling", "moo", "หมู่ที่ในหน่วยเลือกตั้ง"),
        ("closures", "from", "รถผ่านไม่ได้ตั้งแต่วันที่"),
        ("closures", "to", "คาดว่าจะเปิดใช้เส้นทางวันที่"),
        ("closures", "to", "expected reopening date"),
        ("closures", "reason", "ผ่านไม่ได้เพราะเหตุใด"),
        ("payments", "baht", "เงินที่โอนให้โรงเรียน (บาท)"),
        ("payments", "date", "เบิกจ่ายเมื่อวันที่"),
        ("ceilings", "baht", "เพดานงบประมาณ (บาท)"),
        ("tambons", "tambon_code", "รหัสตำบล (กรมการปกครอง)"),
        ("crosswalk", "school_id", "เลข 10 หลัก"),
        ("crosswalk", "smis_id", "รหัส 8 หลัก (สพฐ.)"),
        ("crosswalk", "obec_id", "รหัส 6 หลัก (Smis)"),
        ("students", "village_id", "รหัสหมู่บ้านที่เด็กพักอยู่ (8 หลัก)"),
        ("students", "boarding", "พักนอนที่โรงเรียนหรือไม่"),
        ("students", "boarding", "เป็นเด็กหอพักหรือเปล่า"),
        ("students", "boarding", "เด็กพักนอน หรือ ไป-กลับ"),
        ("students", "boarding", "พักนอนประจำ (ใช่=1)"),
        ("students", "declared_m", "จากบ้านถึง ร.ร. รวม (กม.)"),
        ("students", "declared_m", "ที่พัก-สถานศึกษา ห่างกี่ กม."),
        ("students", "declared_water", "ทางน้ำ บ้าน→รร. (กม.)"),
        ("students", "declared_paved", "ถนนลาดยาง บ้าน-รร. (กม.)"),
        ("students", "student_code", "เลข ปจต. น.ร."),
        ("students", "reg_amphoe", "อำเภอที่มีชื่อในทะเบียนบ้าน"),
        ("students", "reg_province", "จ. (ทบ.บ้าน)"),
        ("students", "term_year", "ปี กศ. (พ.ศ. 25XX)"),
        ("students", "as_of", "ข้อมูล ณ (10 มิ.ย. หรือ 10 พ.ย.)"),
        ("students", "grade", "ชั้น (อ.2 หรือ ป.1)"),
        ("schools", "school_id", "รหัส ร.ร. (10xxxxxxxx)"),
        ("schools", "smis_id", "รหัส Smis 8 หลัก (6501xxxx)"),
        ("schools", "village_id", "รหัสหมู่บ้านที่ รร. ตั้งอยู่ (ปค.)"),
        ("schools", "rooms", "ห้องเรียนที่ใช้ได้ (ไม่รวมห้องพิเศษ)"),
        ("schools", "status", "ปัจจุบันเปิดเรียนหรือไม่"),
        ("schools", "merged_grade", "ชั้นที่นำเด็กไปเรียนรวม"),
        ("schools", "merged_from_term", "ไปเรียนรวมตั้งแต่เทอม"),
        ("schools", "merged_host_id", "รหัส รร.หลัก (ที่ไปเรียนรวม)"),
        ("schools", "merged_host_name", "เรียนรวมกับ รร. (ชื่อ)"),
        ("schools", "merged_kind", "ลักษณะการไปเรียนรวม (ทุกชั้น/บางชั้น)"),
        ("schools", "lat", "Lat ที่ตั้ง รร. (16.xxxx)"),
        ("villages", "point_source", "วัดพิกัดด้วยวิธีใด"),
        ("villages", "registrar", "สนท.ที่หมู่บ้านขึ้นกับ"),
        ("villages", "amphoe", "อำเภอที่หมู่บ้านขึ้นอยู่"),
        ("villages", "home_spread_m", "บ้านกระจายไกลสุด (เมตร)"),
        ("mergers", "school_id", "รหัสโรงเรียนที่เอาเด็กไปรวม"),
        ("mergers", "school_name", "ชื่อ รร. ที่นำเด็กไปเรียนรวม"),
        ("mergers", "grades", "ชั้นที่นำไปเรียนรวม (ป.1-3)"),
        ("ceilings", "letter", "เลขที่ นส. (ศธ 04xxx/…)"),
        ("ceilings", "baht", "วงเงิน (ไม่มีทศนิยม)"),
        ("payments", "school_id", "รหัส รร.ที่มาเรียนรวม (10 หลัก)"),
        ("closures", "reason", "เพราะอะไรจึงปิด"),
        ("closures", "to", "ใช้ได้อีกครั้งวันที่"),
        ("population", "registrar", "สำนักทะเบียน (อ./ท้องถิ่น)"),
        ("polling", "name", "ที่ตั้งหน่วย ลต. (วัด/โรงเรียน/ศาลา)"),
        ("polling", "moo", "หน่วยอยู่หมู่ที่"),
        ("tambons", "amphoe", "อ.ที่ตำบลตั้งอยู่"),
    ],
)
def test_words_that_mean_a_field(table: str, field: str, head: str) -> None:
    assert concept_field(head, table) == field


# Each is a word, a number, a mark or an order of words away from a field.
LOOK_ALIKES = {
    "schools": "ครูชาย|จำนวนครูอัตราจ้าง|จำนวนครู (%)|ห้องเรียนที่ใช้งานไม่ได้|จำนวนห้องน้ำที่ใช้ได้"
    "|รหัสโรงเรียนสาขา|ชื่อโรงเรียนเดิม|รหัสโรงเรียน 6 หลัก|เขต|เขตพื้นที่การศึกษา|School district"
    "|Altitude (m)|วันที่เปิดสอน|จำนวนชั้นที่เปิดสอน|เปิดสอนถึงชั้น|School name (EN)|รหัสอำเภอ"
    "|TAM_CODE|Special school|สภาพโรงเรียน|เปิด-ปิดภาคเรียน|ละติจูดหมู่บ้าน|ละติจูด/ลองจิจูด"
    "|โรงเรียนในตำบล (แห่ง)|ครูต่อห้อง|บ้านพักครู (หลัง)|สถานะโครงการ|ระยะทางถึงอำเภอ (กม.)"
    "|หมู่บ้าน/ตำบล|校长",
    "villages": "ละติจูดโรงเรียน|ชื่อหมู่บ้านเดิม|ชื่อชุมชน|รหัสอำเภอ|ประชากรชาย|ประชากร/ครัวเรือน"
    "|ประชากร ปี 2568|วันที่วัดพิกัด|แหล่งน้ำ|โรงเรียนในหมู่บ้าน",
    "students": "รหัสประจำบ้าน|รหัสบ้าน|เลขที่บ้าน|เลขที่/หมู่ที่|จังหวัดที่เกิด|ตำบลของโรงเรียน"
    "|หมู่ที่อยู่จริง (ตามทะเบียนบ้าน)|รหัสหมู่บ้าน (ทะเบียนบ้าน)|รหัสนักเรียนในโรงเรียน"
    "|Student code (school)|ค่าพาหนะนักเรียน|ค่าเดินทาง|เวลาเดินทาง (นาที)"
    "|ระยะทางถึงโรงเรียนหลัก ทางลาดยาง|ระยะทางทางลาดยาง/ลูกรัง|เดินทางทางน้ำหรือไม่|เดินทางโดยรถ"
    "|ชั้นเดิม|ชั้น/ห้อง|รหัสโรงเรียนที่ย้ายไป|รหัสนักเรียนเดิม|อำเภอของบิดา|father's amphoe"
    "|ปัจจุบันอาศัยอยู่กับ|จำนวนนักเรียนชาย|จำนวนพี่น้องที่เรียน",
    "mergers": "จำนวนนักเรียนที่มารวม|ประเภทโรงเรียนที่มารวม|ชั้นที่ไม่ได้มารวม|จำนวนชั้นที่มารวม"
    "|รหัส/ชื่อ โรงเรียนหลัก|วันที่เริ่มรวม|รวมถึงภาคเรียน|งบประมาณโครงการ"
    "|รหัสโรงเรียนที่ไปรวม|รหัสโรงเรียนเรียนรวม|merged_host_name|Merged into (school code)"
    "|merge school code",
    "enrolment": "จำนวนนักเรียนทั้งโรงเรียน|จำนวนนักเรียน (อ.1-ป.6)|จำนวนห้อง/นักเรียน|ปีงบประมาณ|จำนวนชั้น|ปีที่เรียน",
    "ceilings": "ปีงบประมาณ|แหล่งงบประมาณ|วันที่โอนเงิน|เลขรับหนังสือ|จำนวนครั้ง|จำนวนหนังสือเรียน|ค่าหนังสือเรียน (บาท)|เงินต่อคน",
    "population": "บ้านว่าง|เลขที่บ้าน|จำนวนหมู่บ้าน|หัวหน้าครัวเรือน|ชายหญิง|ประชากรชายอายุ 6-12",
    "totals": "ชาย (DMC)|รวมหญิง|ยอดห้องเรียน DMC|วันที่ยืนยัน DMC|รหัสผ่าน DMC|ต่างจาก DMC",
    "closures": "ปิดกี่วัน|เปิด-ปิดวันที่|วันที่แจ้ง|ชื่อถนน|ถนนที่ปิด|ระยะเวลาปิด|รถผ่านได้หรือไม่|ปิดตั้งแต่-ถึง",
    "payments": "รหัส รร. ที่รับเงิน|ค้างจ่าย (บาท)|จำนวนวันที่จ่าย|จ่ายแล้วหรือไม่|วันที่ขออนุมัติ|อัตราจ่ายต่อวัน (บาท)|เดือนที่จ่าย",
    "crosswalk": "รหัส 7 หลัก|รหัสหมู่บ้าน 8 หลัก|รหัสหน่วยเบิก 10 หลัก|เลขผู้เสียภาษี 13 หลัก|EMIS",
    "tambons": "รหัสอำเภอ|รหัส อปท. 8 หลัก|ชื่อเทศบาล|จำนวนหมู่บ้าน",
    "polling": "หน่วยเลือกตั้งที่|จำนวนหน่วยเลือกตั้ง|เขตเลือกตั้ง|Polling station no.|สถานที่|วันที่เลือกตั้ง|Polling district",
}


@pytest.mark.parametrize("table", sorted(LOOK_ALIKES))
def test_look_alikes_are_no_field(table: str) -> None:
    assert {head: field for head in LOOK_ALIKES[table].split("|") if (field := concept_field(head, table))} == {}


@pytest.mark.parametrize("name", BLIND)
@pytest.mark.parametrize(
    "word", ["บิดา", "มารดา", "ผู้ปกครอง", "พ่อ", "แม่", "ผอ.", "โทร.", "เกิด", "ทะเบียนบ้าน", "mother", "phone"]
)
def test_a_word_of_persons_makes_no_head_a_field(name: str, word: str) -> None:
    rows = read_rows(DATA / name)
    heads_with = [(table, form.format(head)) for form in ("{} " + word, word + "{}", "{}(" + word + ")")
                  for table, head in ((row["table"], row["head"]) for row in rows)]  # fmt: skip
    # Where a person is registered has fields of its own.
    registered = {"reg_moo", "reg_tambon", "reg_amphoe", "reg_province"} if word == "ทะเบียนบ้าน" else set()
    allowed = {"population"} if registered else set()
    assert [
        (table, head)
        for table, head in heads_with
        if table not in allowed and concept_field(head, table) not in {"", *registered}
    ] == []


@pytest.mark.parametrize("head", ["", " ", "()", "*", "1", "รหัส", "the", "ที่", "x" * 500, "(" * 100, "โรงเรียน" * 30])
def test_what_says_nothing(head: str) -> None:
    assert {concept_field(head, table) for table in LOOK_ALIKES} == {""}


def test_one_slip_in_a_long_word_and_no_more() -> None:
    assert concept_field("รหัสโรงเรีน", "schools") == "school_id"
    assert concept_field("รหัสโงเรีน", "schools") == ""
    assert concept_field("รหัสโรงเรีน หมู่บ้าานก", "schools") == ""


def test_rules_name_fields_and_concepts_that_are_there() -> None:
    concepts = {concept for row in read_rows(INTAKE / "concepts.csv") for concept in row["concept"].split()}
    for row in read_rows(INTAKE / "concept_rules.csv"):
        for table in row["tables"].split():
            assert row["field"] in fields_of(table)
            assert row["field"] in columns_of(table).index
        named = set(re.split(r"[ |(<^]+", f"{row['needed']} {row['beside']}")) - {"", "choices"}
        assert named <= concepts, row


def test_no_word_stands_twice() -> None:
    words = Counter(word for row in read_rows(INTAKE / "concepts.csv") for word in row["words"].split())
    assert [word for word, count in words.items() if count > 1] == []

"""Keys that hide pupils' numbers, and villages found from their addresses."""

from __future__ import annotations

import hashlib
import hmac
import re
import stat
import threading
from pathlib import Path

import pandas as pd
import pytest

from restructure._errors import DataError
from restructure.intake.pupils import (
    SALT_FILE,
    find_villages,
    hide_keys,
    parse_moo,
    pupil_key,
    pupil_keys,
    read_salt,
)

SALT = bytes(range(32))
#: Two tambons of one name in two amphoes; a capital's amphoe; a village name that two moo bear.
VILLAGES = pd.DataFrame(
    [
        ("99080101", "บ้านไร่", "ชัยนาม", "วังทองสมมุติ"),
        ("99080102", "บ้านเหนือ", "ชัยนาม", "วังทองสมมุติ"),
        ("99080105", "บ้านเหนือ", "ชัยนาม", "วังทองสมมุติ"),
        ("99090101", "บ้านน้ำริน", "ชัยนาม", "เนินสมมุติ"),
        ("99010103", "วัดใหม่", "หัวรอ", "เมืองสมมุติ"),
        ("99010112", "", "หัวรอ", "เมืองสมมุติ"),
    ],
    columns=["village_id", "name", "tambon", "amphoe"],
)


def register(**columns: list[str]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.RangeIndex(4, 4 + rows, name="row"), dtype=object)


# -- the secret ----
def test_the_secret_is_drawn_once_for_the_owner_only(tmp_path: Path) -> None:
    first = read_salt(tmp_path)
    path = tmp_path / SALT_FILE
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert read_salt(tmp_path) == first
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [SALT_FILE]
    assert read_salt(_folder(tmp_path, "other")) != first


def _folder(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


def test_runs_at_the_same_moment_agree_on_the_secret(tmp_path: Path) -> None:
    found: list[bytes] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        found.append(read_salt(tmp_path))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("text", ["", "00ff", "g" * 64, "ลับ"])
def test_a_damaged_secret_is_refused_and_never_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / SALT_FILE
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match=r"pupil-keys\.salt"):
        read_salt(tmp_path)
    assert path.read_text("utf-8") == text


def test_a_secret_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError) as caught:
        read_salt(tmp_path / "file")
    assert "pupil-keys.salt" in caught.value.thai
    assert "สิทธิ์" in caught.value.thai
    assert "permissions" in caught.value.english


# -- keys ----
def test_a_key_is_the_keyed_hash_of_the_number() -> None:
    digest = hmac.new(SALT, b"1100000000008", hashlib.sha256).hexdigest()
    assert pupil_key(SALT, "1100000000008") == "p" + digest[:16]
    assert pupil_key(b"\1" * 32, "1100000000008") != pupil_key(SALT, "1100000000008")


@pytest.mark.parametrize(
    "text",
    [
        "1100000000008", "1-1000-00000-00-8", "1 1000 00000 00 8", "๑๑๐๐๐๐๐๐๐๐๐๐๘", "1100000000008.0",
        '="1100000000008"', "'1100000000008", "’1100000000008", "1–1000–00000–00–8", "\u200b1100000000008\xa0",
        '="1-1000-00000-00-8"',
    ],
)  # fmt: skip
def test_one_number_however_it_is_written_is_one_key(text: str) -> None:
    key = "p" + hmac.new(SALT, b"1100000000008", hashlib.sha256).hexdigest()[:16]
    keys, problems = pupil_keys(register(national_id=[text]), lambda: SALT, "f")
    assert (keys.tolist(), problems) == ([key], [])
    keys, problems = hide_keys(register(student_key=[text])["student_key"], lambda: SALT, "f")
    assert keys.tolist() == [key]
    assert [(p.rule, p.row, p.column, p.value) for p in problems] == [("citizen-number", 4, "student_key", "(ปกปิด)")]


@pytest.mark.parametrize(
    "text",
    [
        "G6500001", "g650000123456", "G-65-00001", "081-234-5678", "0812345678", "+66812345678", "021234567",
        "เด็กชายสมมุติ ใจดี", "ด.ช.ก1", "ก1", "Somchai", "somchai99", "Ann", "A B", "123456789", "65-12345-6789",
        "7f9c2ba4e88f827d", "k1@x",
    ],
)  # fmt: skip
def test_a_key_that_may_tell_who_a_child_is_is_replaced(text: str) -> None:
    own = register(student_key=["k1", text, "", f" {text} "])["student_key"]
    keys, problems = hide_keys(own, lambda: SALT, "inputs/students.csv")
    assert keys.tolist() == ["k1", keys.iloc[1], "", keys.iloc[1]], "one child, however it is written"
    assert re.fullmatch("p[0-9a-f]{16}", keys.iloc[1])
    assert keys.index.tolist() == [4, 5, 6, 7]
    (problem,) = problems
    assert (problem.severity, problem.row, problem.column, problem.value) == ("warning", 5, "student_key", "(ปกปิด)")
    assert "2 แถว (แถว 5, 7)" in problem.message
    assert text not in str(problem)


@pytest.mark.parametrize(
    "text",
    [
        "k1",
        "a-1",
        "1",
        "12345678",
        "ST-00012",
        "s.1",
        "65/001",
        "๑๒",
        '="k1"',
        "p0123456789abcdef",
        "",
        "-",
        "1.23E+12",
    ],
)
def test_a_key_that_tells_nothing_stays_as_the_office_has_it(text: str) -> None:
    def never() -> bytes:
        raise AssertionError

    keys, problems = hide_keys(register(student_key=[text])["student_key"], never, "f")
    assert (keys.tolist(), problems) == ([text], [])


def test_children_of_different_keys_stay_different() -> None:
    own = [f"{prefix}{number}" for prefix in ("G65000", "08123456", "นักเรียน") for number in range(10, 60)]
    keys, _ = hide_keys(register(student_key=own)["student_key"], lambda: SALT, "f")
    assert keys.nunique() == 150
    assert not set(keys) & set(own)


def test_a_number_of_a_child_without_citizenship_is_a_number_too() -> None:
    keys, problems = pupil_keys(register(national_id=["G640100001234", "g640100001234"]), lambda: SALT, "f")
    assert keys.tolist() == [pupil_key(SALT, "G640100001234")] * 2
    assert problems == []


def test_destroyed_numbers_fall_back_to_the_number_within_the_school() -> None:
    fields = register(
        national_id=["1.10E+12", "1.1000000E12", "12345", "-", "1100000000008"],
        student_code=["77", "", "77", "78", "79"],
        school_id=["S1", "S1", "S2", "S2", "S1"],
    )
    keys, problems = pupil_keys(fields, lambda: SALT, "f")
    assert keys.tolist() == [
        pupil_key(SALT, "S1/77"), "", pupil_key(SALT, "S2/77"), pupil_key(SALT, "S2/78"),
        pupil_key(SALT, "1100000000008"),
    ]  # fmt: skip
    assert [(p.severity, p.rule, p.row, p.column, p.value) for p in problems] == [
        ("warning", "number-lost", 4, "national_id", "(ปกปิด)"),
        ("warning", "number-odd", 6, "national_id", "(ปกปิด)"),
    ]
    assert "2 แถว (แถว 4, 5)" in problems[0].message
    assert "12345" not in str(problems)


def test_the_secret_is_not_asked_for_where_there_is_no_number() -> None:
    def never() -> bytes:
        raise AssertionError

    keys, problems = pupil_keys(register(national_id=["", "-", "–"]), never, "f")
    assert keys.tolist() == ["", "", ""]
    assert problems == []


# -- addresses ----
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5", 5), ("05", 5), ("๑๒", 12), ("5.0", 5), ("หมู่ 5", 5), ("หมู่ที่ ๕", 5), ("ม.5", 5), ("ม. 5", 5),
        ("หมู่ที่5 บ้านไร่", 5), ("", 0), ("-", 0), ("0", 0), ("00", 0), ("บ้านไร่", 0), ("1234", 0), ("ซอย 5", 0),
        ("5 บ้านไร่", 5), ("moo 5", 5), ("Moo.5", 5), ("ม 5", 5), ("หมู่บ้านที่ 5", 5),
        # A house's number is no moo.
        ("2/15", 0), ("๒/๑๕", 0), ("15/3 บ้านไร่", 0), ("2 / 15", 0), ("99 ถ.สุขสมมุติ", 0), ("3 ซอย 1", 0),
        ("3 หมู่ 1", 1), ("4 หมู่ 7", 7), ("2/15 หมู่ 3", 3), ("15/3ม.2", 2), ("๔ หมู่ที่ ๗", 7), ("123 ม.4 ซอย 5", 4),
        ("หมู่ 7 4/1", 7), ("1234 หมู่ 5", 5), ("หมู่ 1234", 0), ("กม.5", 0), ("1 2", 0), ("หมู่ 1 หมู่ 2", 0), ("5-6", 0),
    ],
)  # fmt: skip
def test_moo_is_read_from_what_people_write(text: str, number: int) -> None:
    assert parse_moo(text) == number


@pytest.mark.parametrize(
    ("address", "village"),
    [
        ({"moo": "1", "tambon": "ชัยนาม", "amphoe": "วังทองสมมุติ"}, "99080101"),
        ({"moo": "1", "tambon": "ต.ชัยนาม", "amphoe": "อ.วังทองสมมุติ"}, "99080101"),
        ({"moo": "หมู่ที่ ๑", "tambon": "ตำบล ชัยนาม", "amphoe": "อำเภอ เนินสมมุติ"}, "99090101"),
        ({"moo": "1", "tambon": " ชัย นาม\u200b", "amphoe": "กิ่งอำเภอวังทองสมมุติ"}, "99080101"),
        ({"moo": "2", "tambon": "ชัยนาม"}, "99080102"),  # only one of the two tambons has a moo 2
        ({"moo": "3", "tambon": "หัวรอ", "amphoe": "เมือง"}, "99010103"),
        ({"moo": "3", "tambon": "หัวรอ", "amphoe": "เมือง", "province": "สมมุติ"}, "99010103"),
        ({"moo": "", "village_name": "บ้าน น้ำริน", "tambon": "ชัยนาม"}, "99090101"),
        ({"moo": "0", "village_name": "ไร่", "tambon": "ชัยนาม", "amphoe": "วังทองสมมุติ"}, "99080101"),
        ({"moo": "", "village_name": "ไร่ หมู่ 1", "tambon": "ชัยนาม"}, "99080101"),
        ({"moo": "1", "village_name": "คุ้มสมมุติ", "tambon": "ชัยนาม", "amphoe": "วังทองสมมุติ"}, "99080101"),
        ({"moo": "2", "village_name": "เหนือ", "tambon": "ชัยนาม"}, "99080102"),  # of two villages of the name
        ({"moo": "1", "village_name": "น้ำริน", "tambon": "ชัยนาม"}, "99090101"),  # both tambons have a moo 1
        ({"moo": "", "tambon": "-", "reg_moo": "12", "reg_tambon": "หัวรอ"}, "99010112"),
        ({"moo": "1", "tambon": "ชัยนาม", "amphoe": "เนินสมมุติ", "reg_moo": "3", "reg_tambon": "หัวรอ"}, "99090101"),
    ],
)
def test_village_of_an_address(address: dict[str, str], village: str) -> None:
    codes, problems = find_villages(register(**{name: [text] for name, text in address.items()}), VILLAGES, "f")
    assert codes.tolist() == [village]
    registered = ["registered-address"] if village == "99010112" else []
    assert [p.rule for p in problems] == registered


@pytest.mark.parametrize(
    ("address", "rule", "value"),
    [
        ({"moo": "1", "tambon": "ชัยนาม"}, "village-ambiguous", "หมู่ 1 ตำบลชัยนาม"),
        ({"moo": "", "village_name": "เหนือ", "tambon": "ชัยนาม"}, "village-ambiguous", "ตำบลชัยนาม"),
        ({"moo": "7", "tambon": "ชัยนาม", "amphoe": "เนินสมมุติ"}, "village-unknown", "หมู่ 7 ตำบลชัยนาม"),
        ({"moo": "7", "tambon": "ชัยนาม", "amphoe": "ที่อื่น"}, "village-elsewhere", "หมู่ 7 ตำบลชัยนาม"),
        ({"moo": "7", "tambon": "แม่ปะ", "amphoe": "แม่สอด"}, "village-elsewhere", "หมู่ 7 ตำบลแม่ปะ"),
        ({"moo": "", "tambon": ""}, "no-address", ""),
        ({"moo": "", "tambon": "ชัยนาม"}, "no-address", ""),
        ({"moo": "5", "tambon": "สมชายใจดี"}, "address-odd", "(ปกปิด)"),
    ],
)
def test_address_that_is_no_village(address: dict[str, str], rule: str, value: str) -> None:
    codes, problems = find_villages(register(**{name: [text] for name, text in address.items()}), VILLAGES, "f")
    assert codes.tolist() == [""]
    assert [(p.severity, p.rule, p.row, p.column, p.value) for p in problems] == [
        ("warning", rule, 4, "village_id", value)
    ]
    assert "สมชาย" not in str(problems)
    assert problems[0].remedy


@pytest.mark.parametrize(
    ("moo", "name", "village", "place", "said"),
    [
        ("9", "ไร่ หมู่ 1", "99080101", "หมู่ 9 ตำบลชัยนาม", "ตรงกับ บ้านไร่ (99080101) จึงใช้หมู่บ้านตามชื่อ"),
        ("1", "บ้านน้ำริน", "99080101", "หมู่ 1 ตำบลชัยนาม", ""),
        ("2", "ไร่", "99080102", "หมู่ 2 ตำบลชัยนาม", "เป็นของ บ้านไร่ (99080101) จึงใช้หมู่บ้านตามหมู่ที่"),
        ("1", "เหนือ", "99080101", "หมู่ 1 ตำบลชัยนาม", "เป็นของ บ้านเหนือ (99080102), บ้านเหนือ (99080105) จึงใช้"),
        ("9", "เหนือ", "", "หมู่ 9 ตำบลชัยนาม", "หลายหมู่บ้าน"),
        ("9", "คุ้มสมมุติ", "", "หมู่ 9 ตำบลชัยนาม", "ไม่พบ"),
    ],
)
def test_moo_and_name_of_different_villages_are_told(moo: str, name: str, village: str, place: str, said: str) -> None:
    fields = register(moo=[moo] * 2, village_name=[name] * 2, tambon=["ชัยนาม"] * 2, amphoe=["วังทองสมมุติ"] * 2)
    codes, problems = find_villages(fields, VILLAGES, "f")
    assert codes.tolist() == [village] * 2
    if not said:  # no village of that name in the amphoe
        assert problems == []
        return
    (problem,) = problems
    assert (problem.severity, problem.row, problem.column, problem.value) == ("warning", 4, "village_id", place)
    assert (problem.rule == "village-doubtful") == bool(village)
    assert said in problem.message
    assert "2 แถว (แถว 4, 5)" in problem.message
    assert problem.remedy
    assert "คุ้ม" not in str(problem), "what stands in an address is not quoted"


def test_no_pupils_have_no_villages() -> None:
    codes, problems = find_villages(register(moo=[], tambon=[]), VILLAGES, "f")
    assert (codes.tolist(), problems) == ([], [])


def test_pupils_of_one_unknown_place_are_one_warning() -> None:
    fields = register(moo=["7", "1", "7", "8", "07"], tambon=["ชัยนาม"] * 5, amphoe=["วังทองสมมุติ"] * 5)
    codes, problems = find_villages(fields, VILLAGES, "inputs/students.xlsx")
    assert codes.tolist() == ["", "99080101", "", "", ""]
    assert [(p.row, p.value) for p in problems] == [(4, "หมู่ 7 ตำบลชัยนาม"), (7, "หมู่ 8 ตำบลชัยนาม")]
    assert "3 แถว (แถว 4, 6, 8)" in problems[0].message
    assert {p.file for p in problems} == {"inputs/students.xlsx"}


def test_official_names_stand_for_those_that_the_table_of_villages_lacks() -> None:
    # 650801 is Wang Thong in Wang Thong, Phitsanulok (list of the Department of Provincial Administration).
    villages = pd.DataFrame({"village_id": ["65080103"], "name": ["บ้านไร่"]})
    fields = register(
        moo=["3", "3", "3"],
        tambon=["วังทอง", "วังทอง", "วังทอง"],
        amphoe=["วังทอง", "วังทอง", ""],
        province=["พิษณุโลก", "เชียงใหม่", "จ.พิษณุโลก"],
    )
    codes, problems = find_villages(fields, villages, "f")
    assert codes.tolist() == ["65080103", "", "65080103"]
    assert [(p.rule, p.row) for p in problems] == [("village-elsewhere", 5)]

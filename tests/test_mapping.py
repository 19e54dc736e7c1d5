"""What an office has confirmed about its heads: written and read again, faults refused, nothing of a person in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from restructure._errors import DataError
from restructure.intake.heads import INPUT_TABLES, fields_of, head_key, match_heads
from restructure.intake.mapping import MAPPING_FILE, Mapping, read_mapping, write_mapping

MAPPING = Mapping(
    {"studentInSchoolList.xlsx": "students", "แบบสำรวจ.xlsx": ""},
    {
        "students": {"โรงเรียนของเด็ก": "school_id", "เบอร์": "", "ป1": "P1.pupils", "คุณพ่อ": "private"},
        "schools": {"ชื่อรรนะ": "name"},
    },
)


def test_nothing_is_known_before_anything_is_written(tmp_path: Path) -> None:
    assert read_mapping(tmp_path) == Mapping({}, {})


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    write_mapping(tmp_path, MAPPING)
    assert read_mapping(tmp_path) == MAPPING
    assert [path.name for path in tmp_path.iterdir()] == [MAPPING_FILE]


def test_the_file_is_the_same_in_whatever_order_it_came_about(tmp_path: Path) -> None:
    write_mapping(tmp_path / "a", MAPPING)
    turned = {table: dict(reversed(heads.items())) for table, heads in reversed(MAPPING.columns.items())}
    write_mapping(tmp_path / "b", Mapping(dict(reversed(MAPPING.files.items())), turned))
    assert (tmp_path / "a" / MAPPING_FILE).read_bytes() == (tmp_path / "b" / MAPPING_FILE).read_bytes()


def test_people_can_read_it(tmp_path: Path) -> None:
    write_mapping(tmp_path, MAPPING)
    text = (tmp_path / MAPPING_FILE).read_text("utf-8")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert all(re.search("[ก-๙]{3}", line) for line in comments)
    assert "    โรงเรียนของเด็ก: school_id\n" in text
    # Any other reader of YAML finds the same.
    assert yaml.safe_load(text) == {"files": MAPPING.files, "columns": MAPPING.columns}


def test_a_head_written_by_hand_is_known_in_any_dress(tmp_path: Path) -> None:
    (tmp_path / MAPPING_FILE).write_text("columns:\n  schools:\n    ' ชื่อ รร. นะ (ถ้ามี)': name\n    รหัส: \n", "utf-8")
    remembered = read_mapping(tmp_path).columns["schools"]
    found = match_heads(["ชื่อ รร.นะ ต้องกรอก", "รหัส"], "schools", remembered)
    assert [(match.field, match.how) for match in found] == [("name", "remembered"), ("", "remembered")]


@pytest.mark.parametrize("text", ["", "# ยังไม่มี\n", "files:\ncolumns:\n", "files: {}\n", "columns:\n  schools:\n"])
def test_a_file_that_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / MAPPING_FILE).write_text(text, "utf-8")
    mapping = read_mapping(tmp_path)
    assert mapping.files == {}
    assert not any(mapping.columns.values())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a: [", "บรรทัด"),
        ("- schools\n", "ชื่อ: ค่า"),
        ("file: {}\n", "file"),
        ("files: [a.csv]\n", "files"),
        ("files: {a.csv: school}\n", "school"),
        ("files: {a.csv: 1}\n", "a.csv"),
        ("files: {นักเรียน/a.csv: students}\n", "นักเรียน/a.csv"),
        ("files: {'..\\a.csv': students}\n", "..\\a.csv"),
        ("columns: {school: {a: name}}\n", "school"),
        ("columns: {schools: [a]}\n", "schools"),
        ("columns: {schools: {a: nam}}\n", "nam"),
        ("columns: {schools: {a: P1.pupils}}\n", "P1.pupils"),
        ("columns: {schools: {a: {b: c}}}\n", "schools: a"),
        ("columns: {schools: {ชื่อ รร.: name, ชื่อโรงเรียน: amphoe}}\n", "สองคอลัมน์"),
        ("columns: {students: {1100000000008: national_id}}\n", "ไม่ใช่หัวตาราง"),
        ("columns: {students: {'()': grade}}\n", "ไม่ใช่หัวตาราง"),
    ],
)
def test_faults_are_refused_in_one_sentence(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / MAPPING_FILE).write_text(text, "utf-8")
    with pytest.raises(DataError) as caught:
        read_mapping(tmp_path)
    thai, english = str(caught.value).split("\n")
    assert MAPPING_FILE in thai
    assert MAPPING_FILE in english
    assert named in thai
    assert "1100000000008" not in str(caught.value)


@pytest.mark.parametrize(
    "mapping",
    [
        Mapping({}, {"schools": {"ชื่อ": "nam"}}),
        Mapping({}, {"school": {"ชื่อ": "name"}}),
        Mapping({}, {"students": {"1100000000008": "national_id"}}),
        Mapping({"a.csv": "school"}, {}),
        Mapping({"../a.csv": "schools"}, {}),
    ],
)
def test_what_could_not_be_read_again_is_not_written(tmp_path: Path, mapping: Mapping) -> None:
    write_mapping(tmp_path, MAPPING)
    with pytest.raises(DataError):
        write_mapping(tmp_path, mapping)
    assert read_mapping(tmp_path) == MAPPING


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="/\\"), min_size=1, max_size=12),
        st.sampled_from(["", *INPUT_TABLES]),
        max_size=4,
    ),
    st.dictionaries(
        st.text(max_size=12).map(head_key).filter(lambda key: key and not re.search(r"\d{9}", key)),
        st.sampled_from(["", "private", *fields_of("students")]),
        max_size=6,
    ),
)
def test_any_names_survive(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], heads: dict[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("mapping")
    mapping = Mapping(files, {"students": heads} if heads else {})
    write_mapping(folder, mapping)
    assert read_mapping(folder) == mapping

"""Widgets without a browser: what their pages are told, and what the pages can ask for."""

from __future__ import annotations

import csv
import errno
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from restructure._errors import DataError, UsageError
from restructure.corrections import CORRECTIONS_FILE, apply_corrections, read_corrections
from restructure.intake import Problem, as_problem_table
from restructure.intake.heads import INPUT_TABLES, fields_of
from restructure.mends import Examined
from restructure.widgets._base import Widget, action, actions_of
from restructure.widgets.doctor import DoctorState
from restructure.widgets.mapping import MappingState

SECRET = "ลับเฉพาะ"


# -- what all share ----
class Purse:
    def __init__(self) -> None:
        self.baht = 10

    def view(self) -> dict[str, Any]:
        return {"baht": self.baht}

    @action
    def pay(self, baht: int) -> None:
        if baht > self.baht:
            raise UsageError("เงินไม่พอ", "Not enough.")
        self.baht -= baht

    def lose(self) -> None:
        self.baht = 0


def ask(widget: Widget, name: str, **arguments: Any) -> dict[str, Any]:
    """Send what a page would send."""
    sent: list[Any] = []
    shown = dict(widget.view)
    widget.send = sent.append
    widget._handle_custom_msg({"id": "7", "action": name, "arguments": arguments}, [])
    *changes, done = sent
    assert done == {"done": "7"}, "the page waits until it is told"
    for one in changes:  # what the page puts together is what Python holds
        shown = {key: part for key, part in {**shown, **one["changed"]}.items() if key not in one["gone"]}
    assert shown == widget.view
    return dict(widget.view)


@pytest.fixture
def purse() -> Widget:
    return Widget(Purse(), "mapping")


def test_an_action_changes_the_view(purse: Widget) -> None:
    assert purse.view == {"baht": 10, "error": ""}
    assert ask(purse, "pay", baht=3) == {"baht": 7, "error": ""}


def test_only_what_has_changed_is_sent(purse: Widget) -> None:
    sent: list[Any] = []
    purse.send = sent.append
    purse._handle_custom_msg({"id": "1", "action": "pay", "arguments": {"baht": 0}}, [])
    purse._handle_custom_msg({"id": "2", "action": "pay", "arguments": {"baht": 4}}, [])
    assert sent == [{"done": "1"}, {"changed": {"baht": 6}, "gone": []}, {"done": "2"}]
    assert purse.get_state("view") == {"view": {"baht": 6, "error": ""}}, "who opens the page anew gets all of it"


def test_an_error_of_ours_is_a_sentence_until_the_next_action(purse: Widget) -> None:
    assert ask(purse, "pay", baht=30) == {"baht": 10, "error": "เงินไม่พอ"}
    assert ask(purse, "pay", baht=1) == {"baht": 9, "error": ""}


@pytest.mark.parametrize("name", ["lose", "view", "__init__", "nothing"])
def test_only_marked_methods_can_be_asked_for(purse: Widget, name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert list(actions_of(Purse())) == ["pay"]
    with caplog.at_level(logging.CRITICAL):
        seen = ask(purse, name)
    assert seen["baht"] == 10
    assert "โปรแกรมขัดข้อง" in seen["error"]


def test_a_view_that_fails_leaves_what_was_seen(purse: Widget) -> None:
    def spoilt() -> dict[str, Any]:
        raise DataError("ไฟล์เสีย", "Spoilt.")

    purse.state.view = spoilt
    seen = ask(purse, "pay", baht=2)
    assert seen == {"baht": 10, "error": "หน้านี้ยังแสดงค่าเดิม แต่สิ่งที่เพิ่งสั่งอาจทำไปแล้ว: ไฟล์เสีย"}
    assert ask(purse, "pay", baht=30)["error"] == "เงินไม่พอ", "8 are left"


def test_a_view_with_a_fault_of_the_program_is_told(purse: Widget, caplog: pytest.LogCaptureFixture) -> None:
    purse.state.view = lambda: {}[SECRET]
    with caplog.at_level(logging.CRITICAL):
        seen = ask(purse, "pay", baht=2)
    assert (seen["baht"], "โปรแกรมขัดข้อง" in seen["error"], SECRET in seen["error"]) == (10, True, False)


def test_a_file_that_cannot_be_written_is_named(purse: Widget) -> None:
    def held(**_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", f"/home/{SECRET}/plan.docx")

    purse.state.pay = held
    assert ask(purse, "pay", baht=2)["error"] == (
        "เขียนหรืออ่านไฟล์ plan.docx ไม่ได้ (Permission denied): ตรวจพื้นที่ว่าง สิทธิ์ และปิดไฟล์ที่เปิดค้างใน Excel"
    )


def test_a_fault_of_the_program_tells_nothing_of_the_data(purse: Widget, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        seen = ask(purse, "pay", baht=SECRET)  # a comparison that fails with the value in its words
    assert "โปรแกรมขัดข้อง" in seen["error"]
    assert SECRET not in seen["error"]


# -- the mapping ----
def write(path: Path, *rows: list[str]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


DMC_HEAD = ["รหัสโรงเรียน", "ชื่อโรงเรียน", "เลขประจำตัวประชาชน", "ชั้น", "ห้อง", "ชื่อ", "นามสกุล", "หมู่ที่", "ตำบล",
            "อำเภอ", "ชื่อหมู่บ้าน", "ศาสนา", "ชื่อบิดา", "เขียนโดย"]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    write(
        inputs / "schools.csv",
        ["รหัสโรงเรียน", "นามสถานศึกษา", "ตำบล", "อำเภอ", "ละติจูด", "ลองจิจูด", "ชั้นที่เปิดสอน", "หมายเหตุ"],
        ["1099000001", "วัดป่าช้าที่น้ำผึ้ง", "ดงพลวง", "บางกระทุ่ม", "16.5", "100.3", "อ.2-ป.6", SECRET],
        ["1099000002", "บ้านไร่", "ดงพลวง", "บางกระทุ่ม", "16.6", "100.4", "อ.2-ม.3", SECRET],
    )
    pupils = [
        ["1099000001", "วัดป่าช้าที่น้ำผึ้ง", f"{SECRET}{i}", f"ป.{i}", SECRET, SECRET, SECRET, "5", "ดงพลวง", "บางกระทุ่ม",
         "บ้านดงพลวง", SECRET, SECRET, SECRET]
        for i in range(1, 7)
    ]  # fmt: skip
    write(inputs / "studentInSchoolList.csv", ["รายชื่อนักเรียน ภาคเรียนที่ 2/2569"], [], DMC_HEAD, *pupils)
    (inputs / "villages.xlsx").write_bytes(b"%PDF-1.7 renamed")
    (inputs / "roads.osm.pbf").touch()
    (inputs / "~$schools.xlsx").touch()
    return tmp_path


def column(state: MappingState, head: str) -> dict[str, Any]:
    return next(c for c in state.view()["chosen"]["columns"] if c["head"] == head)


def test_files_with_their_tables(folder: Path) -> None:
    state = MappingState(folder)
    rows = {row["file"]: row for row in state.view()["files"]}
    assert list(rows) == ["schools.csv", "studentInSchoolList.csv", "villages.xlsx"]
    assert "(schools)" in rows["schools.csv"]["words"]
    assert "(students)" in rows["studentInSchoolList.csv"]["words"]
    assert [row["state"] for row in rows.values()] == ["", "ยังไม่ยืนยัน จึงยังไม่อ่าน", "อ่านไม่ได้"]
    assert state.view()["absent"] == ["นักเรียน (students)"]
    state.choose("villages.xlsx")
    assert "PDF" in state.view()["chosen"]["fault"]
    state.choose("studentInSchoolList.csv")
    chosen = state.view()["chosen"]
    assert chosen["rows"] == [3, 3]
    assert chosen["tables"][0][0] == "students"
    assert chosen["tables"][-1][0] == ""
    assert not chosen["sure"]
    state.set_table("studentInSchoolList.csv", "students")
    assert state.view()["chosen"]["sure"]
    assert state.view()["absent"] == []


def test_a_column_is_corrected_remembered_and_taken_back(folder: Path) -> None:
    state = MappingState(folder)
    before = column(state, "นามสถานศึกษา")
    if before["field"]:  # whatever it is known as, it is let go of first
        state.set_field("schools.csv", before["place"], "")
    assert state.view()["chosen"]["missing"] == ["ชื่อโรงเรียน (name)"]
    assert state.view()["files"][0]["state"] == "ขาด 1 ช่อง"
    state.set_field("schools.csv", before["place"], "name")
    assert column(state, "นามสถานศึกษา")["samples"] == ["วัดป่าช้าที่น้ำผึ้ง", "บ้านไร่"]
    assert state.view()["chosen"]["missing"] == []
    assert state.view()["unsaved"]
    assert not (folder / "mapping.yaml").exists()
    state.remember()
    assert not state.view()["unsaved"]
    again = MappingState(folder)
    assert column(again, "นามสถานศึกษา")["how"] == "จำไว้แล้ว"
    assert column(again, "นามสถานศึกษา")["field"] == "name"
    assert state.view()["undo"] == "จำไว้"
    state.undo()
    assert state.view()["unsaved"]
    assert not column(MappingState(folder), "นามสถานศึกษา")["told"]
    while state.view()["undo"]:
        state.undo()
    assert column(state, "นามสถานศึกษา") == before
    assert not state.view()["unsaved"]


def test_a_field_is_of_one_column(folder: Path) -> None:
    state = MappingState(folder)
    tambon, amphoe = column(state, "ตำบล"), column(state, "อำเภอ")
    state.set_field("schools.csv", amphoe["place"], "tambon")
    assert column(state, "ตำบล")["field"] == ""
    assert column(state, "อำเภอ")["field"] == "tambon"
    state.undo()
    assert [column(state, "ตำบล"), column(state, "อำเภอ")] == [tambon, amphoe]
    state.set_field("schools.csv", amphoe["place"], "")
    state.forget("schools.csv", amphoe["place"])
    assert column(state, "อำเภอ") == amphoe


def test_a_file_is_left_out_and_given_another_table(folder: Path) -> None:
    state = MappingState(folder)
    file = "studentInSchoolList.csv"
    state.choose(file)
    state.set_table(file, "")
    assert state.view()["chosen"]["columns"] == []
    state.remember()
    again = MappingState(folder)
    assert "ไม่ใช้" in next(row["words"] for row in again.view()["files"] if row["file"] == file)
    again.set_table(file, "schools")
    states = {row["file"]: row["state"] for row in again.view()["files"]}
    assert states["schools.csv"] == f"ซ้ำกับ {file}"
    assert states[file] == "ซ้ำกับ schools.csv"


def test_nothing_of_a_child_is_shown_whatever_is_said_of_the_file(folder: Path) -> None:
    file = "studentInSchoolList.csv"
    state = MappingState(folder)
    state.choose(file)
    shown = {c["head"]: c["samples"] for c in state.view()["chosen"]["columns"] if c["samples"]}
    assert shown == {
        "รหัสโรงเรียน": ["1099000001"],
        "ชื่อโรงเรียน": ["วัดป่าช้าที่น้ำผึ้ง"],
        "ชั้น": ["ป.1", "ป.2", "ป.3", "ป.4", "ป.5"],
        "หมู่ที่": ["5"],
        "ตำบล": ["ดงพลวง"],
        "อำเภอ": ["บางกระทุ่ม"],
        "ชื่อหมู่บ้าน": ["บ้านดงพลวง"],
    }
    for table in INPUT_TABLES:
        state.set_table(file, table)
        for one in state.view()["chosen"]["columns"]:
            if one["private"]:
                with pytest.raises(UsageError, match="ไม่ได้"):
                    state.set_field(file, one["place"], fields_of(table)[0])
            elif one["head"] in ("ชื่อ", "ห้อง", "เขียนโดย"):
                for field in sorted({"name", "village_name", "school_name", "grade", "tambon"} & set(fields_of(table))):
                    state.set_field(file, one["place"], field)
                    assert SECRET not in json.dumps(state.view(), ensure_ascii=False), (table, one["head"], field)


def test_columns_that_no_step_needs_show_no_values(folder: Path) -> None:
    note = column(MappingState(folder), "หมายเหตุ")
    assert note["samples"] is None
    assert not note["read"]


def test_what_is_not_there_is_refused(folder: Path) -> None:
    state = MappingState(folder)
    before = state.view()
    for wrong in (
        lambda: state.choose("../policy.yaml"),
        lambda: state.choose("roads.osm.pbf"),
        lambda: state.set_table("schools.csv", "secrets"),
        lambda: state.set_field("schools.csv", 99, "name"),
        lambda: state.set_field("schools.csv", 0, "salary"),
    ):
        with pytest.raises(UsageError):
            wrong()
    assert state.view() == before
    with pytest.raises(UsageError, match="restructure new"):
        MappingState(folder / "nowhere")


def test_a_file_that_goes_away_is_not_shown_any_more(folder: Path) -> None:
    state = MappingState(folder)
    (folder / "inputs" / "schools.csv").unlink()
    assert state.view()["chosen"]["file"] == "studentInSchoolList.csv"
    for path in (folder / "inputs").iterdir():
        path.unlink()
    assert state.view() == {
        "files": [],
        "absent": ["โรงเรียน (schools)", "หมู่บ้าน (villages)", "นักเรียน (students)"],
        "chosen": None,
        "unsaved": False,
        "undo": "",
    }


# -- the doctor ----
SCHOOLS = {"1099000001": "วัดป่าช้าที่น้ำผึ้ง", "1099000002": "บ้านไร่"}
PUPILS = [
    ["school_id", "grade", "village_id", "count", "as_of"],
    ["1099000O01", "P1", "99010101", "5", "2/2569"],
    ["1099000O01", "P2", "99010101", "4", "2/2569"],
    ["1099000001", "P3", "99010101", "๓", "2/2569"],
    ["1099000002", "P4", "99010102", "๔", "2/2569"],
]


def examiner(folder: Path) -> Callable[[], Examined]:
    """Read the pupils anew with the corrections in force; codes that are no school's, and Thai digits, are problems."""
    points = pd.DataFrame({"lat": [16.5, 16.6], "lon": [100.4, 100.41]})
    schools = points.assign(school_id=list(SCHOOLS), name=list(SCHOOLS.values()))
    villages = points.assign(village_id=["99010101", "99010102"], name=["บ้านหนึ่ง", "บ้านสอง"])
    file = "inputs/students.csv"

    def examine() -> Examined:
        if not (folder / file).exists():
            raise DataError("ไม่พบไฟล์ students.csv", "There is no students.csv.")
        with (folder / file).open(encoding="utf-8-sig", newline="") as lines:
            head, *rows = csv.reader(lines)
        frame = pd.DataFrame(rows, columns=head, index=pd.RangeIndex(2, 2 + len(rows), name="row"))
        frames = {
            "students": frame,
            "schools": schools[["school_id", "name"]].set_axis(pd.RangeIndex(2, 4, name="row")),
            "villages": villages[["village_id", "name"]].set_axis(pd.RangeIndex(2, 4, name="row")),
        }
        frames, problems = apply_corrections(frames, read_corrections(folder))
        for row, (code, count) in zip(frame.index, frames["students"][["school_id", "count"]].to_numpy(), strict=True):
            if code not in SCHOOLS:
                problems.append(Problem("error", "unknown-code", file, row, "school_id", code, "ไม่มี", "แก้"))
            elif not count.isascii():
                problems.append(Problem("warning", "thai-digits", file, row, "count", count, "เลขไทย", "ไม่ต้องทำ"))
        files = {name: f"inputs/{name}.csv" for name in frames}
        tables = {"students": frame, "schools": schools, "villages": villages}
        return Examined(as_problem_table(problems), tables, frames, files)

    return examine


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    (tmp_path / "inputs").mkdir()
    write(tmp_path / "inputs" / "students.csv", *PUPILS)
    return tmp_path


def labels(state: DoctorState) -> list[str]:
    return [mend["label"] for mend in state.view()["chosen"]["mends"]]


def test_the_worst_first_with_its_rows_and_places(clinic: Path) -> None:
    view = DoctorState(clinic, examiner(clinic)).view()
    json.dumps(view, allow_nan=False)
    assert view["counts"] == {"errors": 2, "warnings": 2, "aside": 2}
    assert [(group["severity"], group["count"]) for group in view["groups"]] == [("error", 2), ("warning", 2)]
    chosen = view["chosen"]
    assert [(p["row"], p["head"], p["value"]) for p in chosen["problems"]] == [
        (2, "รหัสโรงเรียน", "1099000O01"),
        (3, "รหัสโรงเรียน", "1099000O01"),
    ]
    assert [(point["kind"], point["code"]) for point in chosen["points"]] == [("village", "99010101")]
    assert view["schools"] == [["1099000001", "วัดป่าช้าที่น้ำผึ้ง 1099000001"], ["1099000002", "บ้านไร่ 1099000002"]]


def test_all_are_mended_by_one_click_and_taken_back(clinic: Path) -> None:
    raw = (clinic / "inputs" / "students.csv").read_bytes()
    state = DoctorState(clinic, examiner(clinic))
    before = state.view()
    label = next(text for text in labels(state) if "1099000001" in text)
    state.mend(labels(state).index(label), label)
    view = state.view()
    assert view["counts"] == {"errors": 0, "warnings": 2, "aside": 0}
    assert view["said"].startswith("แก้แล้ว")
    assert [entry["status"] for entry in view["log"]] == ["applied"]
    assert (clinic / "inputs" / "students.csv").read_bytes() == raw
    state.undo()
    assert state.view()["counts"] == before["counts"]
    state.redo()
    assert state.view()["counts"]["errors"] == 0
    entry = state.view()["log"][0]
    state.switch(entry["made"], entry["rule"], applied=False)
    assert state.view()["counts"] == before["counts"]


def test_a_button_that_no_longer_means_the_same_does_nothing(clinic: Path) -> None:
    state = DoctorState(clinic, examiner(clinic))
    label = labels(state)[0]
    state.mend(0, label)
    with pytest.raises(UsageError, match="เปลี่ยนไปแล้ว"):
        state.mend(0, label)  # the second half of a double click
    assert len(read_corrections(clinic)) == 1


def test_filters_narrow_groups_and_rows(clinic: Path) -> None:
    state = DoctorState(clinic, examiner(clinic))
    state.filter("school", "1099000002")
    view = state.view()
    assert [group["severity"] for group in view["groups"]] == ["warning"]
    assert view["chosen"] is None, "the chosen group has nothing of this school"
    state.choose(view["groups"][0]["group"])
    assert [problem["row"] for problem in state.view()["chosen"]["problems"]] == [5]
    state.filter("school", "")
    assert [problem["row"] for problem in state.view()["chosen"]["problems"]] == [4, 5]
    state.filter("severity", "error")
    assert [group["severity"] for group in state.view()["groups"]] == ["error"]
    with pytest.raises(UsageError):
        state.filter("salary", "1")


def test_one_row_alone(clinic: Path) -> None:
    state = DoctorState(clinic, examiner(clinic))
    state.choose(state.view()["groups"][1]["group"])
    state.narrow(5)
    view = state.view()
    assert view["row"] == 5
    assert [problem["row"] for problem in view["chosen"]["problems"]] == [5]
    assert {point["code"] for point in view["chosen"]["points"]} == {"1099000002", "99010102"}
    state.narrow(None)
    assert len(state.view()["chosen"]["problems"]) == 2
    state.narrow(999)
    assert len(state.view()["chosen"]["problems"]) == 2, "a row that is not there narrows nothing"


def test_a_cycle_that_cannot_be_read_is_a_sentence(clinic: Path) -> None:
    students = clinic / "inputs" / "students.csv"
    kept = students.read_bytes()
    students.unlink()
    state = DoctorState(clinic, examiner(clinic))
    assert state.view() == {"fault": "ไม่พบไฟล์ students.csv"}
    with pytest.raises(UsageError, match="ไม่พบไฟล์"):
        state.undo()
    students.write_bytes(kept)
    state.examine()
    assert state.view()["counts"]["errors"] == 2
    (clinic / CORRECTIONS_FILE).write_text("nonsense", "utf-8")
    state.examine()
    assert CORRECTIONS_FILE in state.view()["fault"]


def test_books_for_the_schools(clinic: Path) -> None:
    state = DoctorState(clinic, examiner(clinic))
    state.write_books()
    written = sorted(path.relative_to(clinic).as_posix() for path in clinic.rglob("*.xlsx"))
    assert written[0] == "outputs/check/office.xlsx"
    assert f"{len(written) - 1} แห่ง" in state.view()["books"]

"""The data doctor: groups by one action, mends that the files speak for, workbooks for office and schools."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from restructure._errors import TableError
from restructure.corrections import (
    Correction,
    add_corrections,
    apply_corrections,
    point_readings,
    read_corrections,
    read_log,
)
from restructure.doctor import Doctor, group_problems, located_problems, rule_words
from restructure.doctorbook import write_doctor_books
from restructure.intake import Problem, as_problem_table
from restructure.mends import Examined, Mend, suggest
from restructure.policy import load_policy

S1, S2, S3 = "1065000001", "1065000002", "1065000003"
V1, V2, V3 = "65080101", "65080201", "65080901"
KEYS = {"a": "p0123456789abcdef", "b": "pfedcba9876543210"}
FILES = {name: f"inputs/{name}.csv" for name in ("schools", "villages", "students", "mergers", "crosswalk", "payments")}
#: V1 and V2 share a name; V1 is 40 km north of S1, V2 beside it.
TABLES = {
    "schools": f"""school_id name tambon amphoe lat lon grades status smis_id
        {S1} วัดหนึ่ง วังทอง วังทอง 16.80 100.30 K2-P6 open 65020001
        {S2} บ้านสอง ชัยนาม วังทอง 16.85 100.35 P1-P6 open 65020002
        {S3} บ้านสาม ชัยนาม วังทอง 16.90 100.40 P1-M3 closed .""",
    "villages": f"""village_id name tambon amphoe lat lon
        {V1} บ้านหนองน้ำ วังทอง วังทอง 17.16 100.30
        {V2} หนองน้ำ ชัยนาม วังทอง 16.81 100.31
        {V3} บ้านดง บ้านกลาง วังทอง 16.95 100.45""",
    "students": f"""school_id grade village_id count as_of
        {S1} P1 {V1} 3 2/2569
        {S1} P2 {V2} 4 2/2569
        {S2} P1 {V3} 5 2/2569
        {S2} P2 {V3} 5 2/2569""",
    "mergers": f"""school_id grades from_term host_id kind programme
        {S2} P1-P6 1/2570 {S1} learn-together existing""",
}
RULES = "severity rule file row column value"


def frame(text: str) -> pd.DataFrame:
    head, *rows = [line.split() for line in text.splitlines()]
    cells = [["" if cell == "." else cell for cell in row] for row in rows]
    return pd.DataFrame(cells, columns=head, index=pd.RangeIndex(2, 2 + len(rows), name="row"), dtype=object)


def examined(*problems: str, tambons: gpd.GeoDataFrame | None = None, **tables: str) -> Examined:
    """Frames of the office above with other tables in place of its own; a line a problem: ``rule table row column``."""
    frames = {name: frame(text) for name, text in (TABLES | tables).items()}
    typed = {name: table.copy() for name, table in frames.items()}
    for name in ("schools", "villages"):
        typed[name][["lat", "lon"]] = typed[name][["lat", "lon"]].astype(float)
    listed = []
    for line in problems:
        rule, table, row, column, *more = line.split()
        value = frames[table].at[int(row), column] if table in frames and column in frames[table] else ""
        severity = more[1] if len(more) > 1 else "warning"
        file = FILES.get(table, table)
        text = more[0] if more else value
        listed.append(Problem(severity, rule, file, int(row), column, text, "ข้อความ", "วิธีแก้"))
    return Examined(as_problem_table(listed), typed, frames, {name: FILES[name] for name in frames}, tambons)


def mends(office: Examined) -> list[Mend]:
    located = located_problems(office)
    assert len(set(located["group"])) == 1, "one group at a time"
    found = suggest(located, office)
    assert all(mend.label and mend.preview and mend.rows for mend in found)
    assert all(c.rule == located["rule"].iloc[0] for mend in found for c in mend.corrections)
    return found


def after(office: Examined, mend: Mend, table: str) -> list[str]:
    fixed, problems = apply_corrections(office.frames, mend.corrections)
    assert problems == []
    untouched = [name for name in office.frames if name != table]
    assert all(fixed[name].equals(office.frames[name]) for name in untouched)
    return [" ".join(cell or "." for cell in row) for row in fixed[table].itertuples(index=False)]


def students(*rows: str, head: str = "school_id grade village_id count as_of") -> str:
    return "\n".join([head, *rows])


# -- groups ----
def test_groups_are_what_one_action_mends() -> None:
    office = examined(
        *(f"unknown-code students {row} village_id 65080199 error" for row in (2, 3, 4)),
        "unknown-code students 5 village_id 65080877 error",
        *(f"no-home students {row} village_id" for row in (2, 3, 4, 5)),
        "grade-not-offered students 2 grade M1",
        "grade-not-offered students 4 grade M1",
        "grade-not-offered students 5 grade M1",
        "no-office policy.yaml 1 office",
    )
    located = located_problems(office)
    assert located["school_id"].ne("").sum() == 11
    groups = group_problems(located)
    shown = groups[["severity", "rule", "value", "count", "schools", "rows"]].to_numpy().tolist()
    assert shown[:2] == [
        ["error", "unknown-code", "65080199", 3, 2, "2, 3, 4"],
        ["error", "unknown-code", "65080877", 1, 1, "5"],
    ]
    assert shown[2] == ["warning", "no-home", "", 4, 2, "2, 3, 4, 5"]
    assert [row[1:5] for row in shown[3:]] == [
        ["grade-not-offered", "M1", 2, 1],
        ["grade-not-offered", "M1", 1, 1],
        ["no-office", "", 1, 0],
    ]
    assert groups["group"].is_unique
    assert groups["label"].tolist()[0] == "รหัสไม่มีในตาราง"


def test_no_problems_are_no_groups() -> None:
    office = examined()
    assert group_problems(located_problems(office)).empty


def test_a_problem_of_rows_of_many_schools_is_no_schools_own() -> None:
    office = examined(
        "village-unknown students 2 village_id x", "no-home students 2 village_id", "rooms schools 2 rooms"
    )
    told = office.problems["message"].where(office.problems["rule"] != "village-unknown", "รวม 9 แถว (แถว 3, 4 ด้วย)")
    located = located_problems(office._replace(problems=office.problems.assign(message=told)))
    assert dict(zip(located["rule"], located["school_id"], strict=True)) == {
        "village-unknown": "", "no-home": S1, "rooms": S1,
    }  # fmt: skip


def test_every_rule_of_the_package_has_words() -> None:
    """Whatever stands where a rule stands in the sources: a new rule without words is named here."""
    package = Path(group_problems.__code__.co_filename).parent
    said = set()
    for path in package.rglob("*.py"):
        text = path.read_text("utf-8")
        said |= set(re.findall(r'(?:Problem|counted)\(\s*(?:"(?:warning|error)",\s*)?"([a-z]+(?:-[a-z]+)+)"', text))
        if "checks" in path.parts[-2:] or path.name == "checks.py":
            said |= set(re.findall(r'_?(?:warning|error)\(\s*[^"]*?"([a-z]+(?:-[a-z]+)+)"', text))
    assert {"duplicate-key", "no-office", "correction-not-used"} <= said
    assert said - set(rule_words().index) == set()
    assert rule_words()[["thai", "meaning"]].ne("").all(axis=None)


# -- codes ----
def test_a_code_one_slip_away() -> None:
    office = examined("unknown-code students 2 village_id", students=students(f"{S1} P1 65080910 3 2/2569"))
    (mend,) = mends(office)
    assert (V3 in mend.label, mend.rows) == (True, 1)
    assert mend.preview == [{"row": 2, "before": "65080910", "after": f"{V3} บ้านดง"}]
    assert after(office, mend, "students") == [f"{S1} P1 {V3} 3 2/2569"]


@pytest.mark.parametrize(
    ("code", "found"),
    [("6508090", [V3]), ("650809011", [V3]), ("65080903", [V3]), ("56080901", [V3]), ("65080777", []), ("V9", [])],
)
def test_what_one_slip_is(code: str, found: list[str]) -> None:
    office = examined("unknown-code students 2 village_id", students=students(f"{S2} P1 {code} 3 2/2569"))
    assert [mend.corrections[0].new for mend in mends(office)] == found


def test_of_many_near_codes_those_that_the_school_has() -> None:
    rows = [f"650801{moo:02} บ{moo} วังทอง วังทอง 16.8 100.3" for moo in range(1, 10)]
    villages = "\n".join(["village_id name tambon amphoe lat lon", *rows])
    here = [f"{S1} P1 65080100 3 2/2569", f"{S1} P2 65080104 3 2/2569", f"{S2} P2 65080107 3 2/2569"]
    office = examined("unknown-code students 2 village_id", villages=villages, students=students(*here))
    assert [mend.corrections[0].new for mend in mends(office)] == ["65080104"]
    alone = examined("unknown-code students 2 village_id", villages=villages, students=students(here[0], here[2]))
    assert mends(alone) == []


def test_only_the_school_that_slipped_is_corrected() -> None:
    rows = f"{S1} P1 65080902 3 2/2569", f"{S2} P1 65080902 3 2/2569", f"{S1} P3 65080902.0 3 2/2569"
    office = examined(*(f"unknown-code students {row} village_id 65080902" for row in (2, 4)), students=students(*rows))
    (mend,) = mends(office)
    assert mend.rows == 2
    assert after(office, mend, "students") == [
        f"{S1} P1 {V3} 3 2/2569", f"{S2} P1 65080902 3 2/2569", f"{S1} P3 {V3} 3 2/2569",
    ]  # fmt: skip


def test_a_school_code_by_the_crosswalk_not_by_looks() -> None:
    crosswalk = f"school_id smis_id obec_id\n{S2} 65020001 480305\n{S1} 65020009 480306"
    rows = [f"{code} P1 {V3} 3 2/2569" for code in ("65020001", "480306", "1065020001", "1065000009")]
    found = []
    for row in range(2, 6):
        office = examined(f"unknown-code students {row} school_id", students=students(*rows), crosswalk=crosswalk)
        found.append([mend.corrections[0].new for mend in mends(office)])
    # The last is one slip away from all three.
    assert found == [[S2], [S1], [S2], [S1, S2, S3]]


def test_a_school_code_by_the_name_beside_it() -> None:
    head = "school_id school_name grade village_id"
    office = examined("unknown-code students 2 school_id", students=students(f"9 โรงเรียนบ้านสอง P1 {V3}", head=head))
    assert [mend.corrections[0].new for mend in mends(office)] == [S2]


def test_all_codes_of_another_kind_at_once() -> None:
    rows = (
        f"65020001 P1 {V3} 3 2/2569",
        f"{S1} P1 {V3} 3 2/2569",
        f"65020002 P1 {V3} 3 2/2569",
        f"65029999 P1 {V3} 3 .",
        "65020001.0 P2 . 3 .",
    )
    office = examined("code-kind students 2 school_id", students=students(*rows))
    (mend,) = mends(office)
    assert [row.split()[0] for row in after(office, mend, "students")] == [S1, S1, S2, "65029999", S1]


def test_the_other_village_of_the_same_name() -> None:
    office = examined("far-home students 2 village_id")
    (mend,) = mends(office)
    assert V2 in mend.label
    assert "ชัยนาม" in mend.label
    assert after(office, mend, "students")[:2] == [f"{S1} P1 {V2} 3 2/2569", f"{S1} P2 {V2} 4 2/2569"]
    assert mends(examined("far-home students 4 village_id")) == [], "no other village has its name"
    hidden = examined("far-home students 2 lat (ปกปิด)")
    assert mends(hidden) == []


# -- points ----
def test_a_file_on_the_old_datum_is_read_so_as_long_as_it_says_the_same() -> None:
    villages = f"""village_id name lat lon datum
        {V1} ก 16.80 100.30 .
        {V2} ข 16.81 100.31 WGS84
        {V3} ค . . .
        65080902 ง 16.83 100.33 ."""
    office = examined("likely-indian-datum villages 2 lat", villages=villages.replace(" . .", " nan nan", 1))
    office.frames["villages"].replace("nan", "", inplace=True)
    (mend,) = mends(office)
    assert mend.rows == 2
    raw = office.frames["villages"]
    assert point_readings(raw, "villages", mend.corrections).tolist() == ["indian-1975", "", "", "indian-1975"]
    mended = raw.assign(lat=raw["lat"].replace("16.80", "16.7999"))
    assert point_readings(mended, "villages", mend.corrections).tolist() == ["", "", "", "indian-1975"]
    (said,) = apply_corrections({"villages": mended}, mend.corrections)[1]
    assert said.rule == "correction-not-used"


def test_metres_of_two_zones() -> None:
    office = examined("ambiguous-point schools 2 lat", "ambiguous-point schools 4 lat")
    found = {mend.corrections[0].new: mend for mend in mends(office)}
    assert {name: mend.rows for name, mend in found.items()} == {"utm47": 2, "utm48": 2}
    readings = point_readings(office.frames["schools"], "schools", found["utm48"].corrections)
    assert readings.tolist() == ["utm48", "", "utm48"]


def test_homes_are_not_written_down() -> None:
    text = students(f"{S1} P1 {V1} 16.8 100.3", head="school_id grade village_id lat lon")
    assert mends(examined("likely-indian-datum students 2 lat (ปกปิด)", students=text)) == []


# -- rows that are there twice ----
def test_rows_alike_in_every_cell_are_dropped_but_one() -> None:
    rows = f"{S1} P1 {V1} 3 2/2569", f"{S1} P1 {V1} 3.0 2/2569", f"{S1} P1 {V1} ๓ 2/2569", f"{S2} P1 {V1} 3 2/2569"
    office = examined(*(f"duplicate-key students {row} school_id" for row in (3, 4)), students=students(*rows))
    (mend,) = mends(office)
    assert mend.rows == 2
    assert after(office, mend, "students") == [rows[0], rows[3]]


def test_of_rows_that_differ_a_person_chooses() -> None:
    rows = f"{S1} P1 {V1} 3 2/2569", f"{S1} P1 {V1} 9 2/2569"
    office = examined("duplicate-key students 3 school_id", students=students(*rows))
    found = {mend.label: after(office, mend, "students") for mend in mends(office)}
    assert found == {"ใช้แถว 2 และลบแถว 3": [rows[0]], "ใช้แถว 3 และลบแถว 2": [rows[1]]}


def test_a_pupil_in_two_schools_belongs_to_either() -> None:
    head = "student_key school_id grade village_id"
    rows = f"{KEYS['a']} {S1} P1 {V1}", f"{KEYS['b']} {S1} P1 {V1}", f"{KEYS['a']} {S2} P1 {V1}"
    office = examined("duplicate-key students 4 student_key (ปกปิด)", students=students(*rows, head=head))
    found = {mend.label: after(office, mend, "students") for mend in mends(office)}
    assert found == {"ใช้แถว 2 และลบแถว 4": list(rows[:2]), "ใช้แถว 4 และลบแถว 2": list(rows[1:])}


@pytest.mark.parametrize("key", ["k1", "เด็กชายสมมุติ", "1101700203451"])
def test_a_pupil_whose_key_is_not_salted_is_not_written_down(key: str) -> None:
    rows = f"{key} {S1} P1 {V1}", f"{key} {S2} P1 {V1}"
    text = students(*rows, head="student_key school_id grade village_id")
    assert mends(examined("duplicate-key students 3 student_key (ปกปิด)", students=text)) == []


# -- words ----
@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("ปอ.4", "P4"), ("ประถมปีที่๔", "P4"), ("ป.4/2", "P4"), ("p-6", "P6"), ("อนุบาลปีที่2", "K2"), ("ม-3", "M3"),
        ("4", None), ("ป.7", None), ("อ.4", None), ("ป.4-5", None), ("ปวช.1x", None), ("สมมุติ1", None),
    ],
)  # fmt: skip
def test_a_grade_that_can_only_be_one(text: str, grade: str | None) -> None:
    office = examined("bad-grade students 2 grade x error", students=students(f"{S1} {text} {V1} 3 2/2569"))
    assert [c.new for mend in mends(office) for c in mend.corrections] == ([grade] if grade else [])


@pytest.mark.parametrize(
    ("rule", "table", "column", "text", "words"),
    [
        ("bad-status", "schools", "status", "เปด", ["open", "closed"]),
        ("bad-status", "schools", "status", "closd", ["closed", "open"]),
        ("bad-kind", "mergers", "kind", "ยุบรวมม", ["merge", "learn-together", "dissolve"]),
        ("bad-programme", "mergers", "programme", "exsting", ["existing", "second-decade", "unspecified"]),
    ],
)
def test_of_few_words_each_is_offered_the_nearest_first(
    rule: str, table: str, column: str, text: str, words: list[str]
) -> None:
    before = frame(TABLES[table])
    before.loc[2, column] = text
    lines = [" ".join(before.columns), *(" ".join(cell or "." for cell in row) for row in before.to_numpy())]
    office = examined(f"{rule} {table} 2 {column}", **{table: "\n".join(lines)})
    found = mends(office)
    assert next(mend.corrections[0].new for mend in found) == words[0]
    assert sorted(mend.corrections[0].new for mend in found) == sorted(words)
    assert words[0] in after(office, found[0], table)[0].split()


def test_a_slip_in_the_term_and_days_of_one_count() -> None:
    rows = f"{S1} P1 {V1} 3 2/2596", f"{S1} P2 {V1} 3 2/2569", f"{S2} P2 {V1} 3 2/2569"
    office = examined("future-count students 2 as_of x error", students=students(*rows))
    office = office._replace(problems=office.problems.assign(value="2/2596"))
    (mend,) = mends(office)
    assert after(office, mend, "students")[0] == f"{S1} P1 {V1} 3 2/2569"
    rows = f"{S1} P1 {V1} 3 2026-11-09", f"{S1} P2 {V1} 3 2026-11-10", f"{S2} P2 {V1} 3 2026-11-09"
    office = examined("older-count students 2 as_of", students=students(*rows))
    (mend,) = mends(office)
    assert [row.split()[-1] for row in after(office, mend, "students")] == ["2026-11-10", "2026-11-10", "2026-11-09"]


# -- what a school is said to be ----
def test_grades_that_a_school_offers() -> None:
    office = examined("grade-not-offered students 2 grade M1")
    assert after(office, mends(office)[0], "schools")[0].split()[6] == "K2-M1"
    office = examined("empty-grade students 2 grade K2-K3")
    assert after(office, mends(office)[0], "schools")[0].split()[6] == "P1-P6"
    merger = f"school_id grades from_term host_id kind programme\n{S3} all 1/2570 {S2} merge existing"
    office = examined("host-lacks-grade mergers 2 grades", mergers=merger)
    (mend,) = mends(office)
    assert after(office, mend, "schools")[1].split()[6] == "P1-M3"


def test_a_closed_host_may_be_open() -> None:
    office = examined(f"host-closed mergers 2 host_id {S3} error")
    (mend,) = mends(office)
    assert after(office, mend, "schools")[2].split()[7] == "open"
    assert mends(examined(f"host-closed mergers 2 host_id {S1} error")) == []


TAMBONS = gpd.GeoDataFrame(
    {"tambon_code": ["650801", "650802", "650809"], "tambon": ["วังทอง", "ชัยนาม", "บ้านกลาง"], "amphoe": "วังทอง"},
    geometry=[None] * 3,
    crs="EPSG:4326",
)


def test_tambon_and_amphoe_in_the_wrong_columns() -> None:
    villages = f"""village_id name tambon amphoe lat lon
        {V1} ก วังทอง วังทอง 16.8 100.3
        {V2} ข วังทอง ชัยนาม 16.8 100.3
        {V3} ค บ้านกลาง วังทอง 16.8 100.3
        65080902 ง อ.วังทอง ต.บ้านกลาง 16.8 100.3
        65080203 จ วังทอง ชัยนาม 16.8 100.3
        65089901 ฉ วังทอง ไม่มี 16.8 100.3"""
    office = examined("swapped-tambon-amphoe villages 3 tambon", villages=villages, tambons=TAMBONS)
    (mend,) = mends(office)
    assert (len(mend.corrections), mend.rows) == (2, 3)
    assert [row.split()[2:4] for row in after(office, mend, "villages")] == [
        ["วังทอง", "วังทอง"], ["ชัยนาม", "วังทอง"], ["บ้านกลาง", "วังทอง"], ["ต.บ้านกลาง", "อ.วังทอง"],
        ["ชัยนาม", "วังทอง"], ["วังทอง", "ไม่มี"],
    ]  # fmt: skip
    assert mends(office._replace(tambons=None)) == []


def test_the_name_that_the_code_says() -> None:
    office = examined("name-not-of-code villages 4 tambon", tambons=TAMBONS)
    office.frames["villages"].loc[4, "tambon"] = "บานกลาง"
    (mend,) = mends(office)
    assert after(office, mend, "villages")[2].split()[2] == "บ้านกลาง"


@pytest.mark.parametrize(
    "rule", ["no-point", "same-point", "rival-road", "count-jump", "self-merger", "host-moves", "closure"]
)
def test_what_cannot_be_known_is_not_suggested(rule: str) -> None:
    assert mends(examined(f"{rule} schools 2 lat")) == []


# -- the doctor ----
class Office:
    """A cycle folder whose raw file never changes; examining it finds unknown villages in what corrections leave."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = students(f"{S1} P1 65080902 3 2/2569", f"{S2} P2 65080903 3 2/2569")
        self.refuse = ""

    def examine(self) -> Examined:
        office = examined(students=self.raw)
        frames, useless = apply_corrections(office.frames, read_corrections(self.folder))
        if self.refuse in set(frames["students"]["village_id"]):
            raise TableError("ใช้ไม่ได้", "of no use")
        codes = frames["students"]["village_id"]
        found = [
            Problem("warning", "unknown-code", FILES["students"], row, "village_id", code, "ไม่มี", "แก้")
            for row, code in codes.items()
            if code not in (V1, V2, V3)
        ]
        tables = {**office.tables, "students": frames["students"]}
        return Examined(as_problem_table(found + useless), tables, frames, office.files)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def first_group(doctor: Doctor) -> dict[str, Any]:
    doctor.choose(doctor.state()["groups"][0]["group"])
    chosen = doctor.state()["chosen"]
    assert isinstance(chosen, dict)
    return chosen


def test_a_mend_is_made_taken_back_and_made_again(office: Office) -> None:
    doctor = Doctor(office.folder, office.examine)
    state = doctor.state()
    assert json.loads(json.dumps(state)) == state, "plain values"
    assert (state["counts"], state["log"], state["chosen"]) == ({"errors": 0, "warnings": 2, "aside": 0}, [], None)
    assert (state["can_undo"], state["can_redo"]) == (False, False)
    chosen = first_group(doctor)
    assert (chosen["value"], chosen["mends"][0]["rows"], chosen["more"]) == ("65080902", 1, 0)
    doctor.mend(0)
    state = doctor.state()
    assert json.loads(json.dumps(state)) == state
    assert (state["counts"]["warnings"], state["chosen"]) == (1, None)
    assert "แก้แล้ว" in state["said"]
    (action,) = state["log"]
    assert (action["status"], action["changes"]) == (
        "applied",
        [{"where": {"school_id": S1}, "column": "village_id", "old": "65080902", "new": V3}],
    )
    doctor.undo()
    state = doctor.state()
    assert (state["counts"]["warnings"], state["can_undo"], state["can_redo"]) == (2, False, True)
    doctor.redo()
    assert doctor.state()["counts"]["warnings"] == 1
    doctor.switch(action["made"], action["rule"], applied=False)
    assert doctor.state()["counts"]["warnings"] == 2
    doctor.redo()
    doctor.redo()
    assert doctor.state()["said"] == "ไม่มีอะไรเปลี่ยน"


def test_a_correction_of_no_use_is_withdrawn(office: Office) -> None:
    change = Correction("students", {"school_id": S1}, "grade", "P9", "P6", "bad-grade", "n")
    useful = change._replace(column="village_id", old="65080902", new=V3)
    add_corrections(office.folder, [change, useful, change._replace(old="P8")])
    doctor = Doctor(office.folder, office.examine)
    useless = next(g["group"] for g in doctor.state()["groups"] if g["rule"] == "correction-not-used")
    doctor.choose(useless)
    assert doctor.state()["chosen"]["withdraw"] is True
    doctor.withdraw()
    assert [status for status, _ in read_log(office.folder)] == ["undone", "applied", "undone"]
    assert doctor.state()["log"][0]["status"] == "applied"
    assert "correction-not-used" not in {g["rule"] for g in doctor.state()["groups"]}
    doctor.withdraw()


def test_a_mend_that_spoils_the_cycle_is_taken_back(office: Office) -> None:
    office.refuse = V3
    doctor = Doctor(office.folder, office.examine)
    first_group(doctor)
    doctor.mend(0)
    state = doctor.state()
    assert state["said"] == "ทำไม่ได้: ใช้ไม่ได้"
    assert [action["status"] for action in state["log"]] == ["undone"]
    assert state["counts"]["warnings"] == 2


def test_what_is_no_longer_there_is_said(office: Office) -> None:
    doctor = Doctor(office.folder, office.examine)
    doctor.choose("nothing")
    doctor.mend(0)
    assert doctor.state()["said"]
    assert read_log(office.folder) == []


def test_points_are_of_schools_and_villages_never_of_homes(office: Office) -> None:
    office.raw = f"school_id grade village_id lat lon\n{S1} P1 65080902 16.123451 100.123451\n{S1} P1 {V1} 16.1 100.1"
    doctor = Doctor(office.folder, office.examine)
    chosen = first_group(doctor)
    assert [(p["kind"], p["code"], p["lat"], p["lon"]) for p in chosen["points"]] == [("school", S1, 16.8, 100.3)]
    assert "123451" not in json.dumps(doctor.state())


# -- workbooks ----
@pytest.fixture
def books(tmp_path: Path) -> Iterator[dict[str, Path]]:
    office = examined(
        "bad-count students 2 count =1+1 error",
        "grade-not-offered students 4 grade M1",
        "thai-digits students 5 count",
        "village-unknown students 5 village_id หมู่9",
        "no-point villages 2 lat",
        "duplicate-key students 3 student_key (ปกปิด) error",
        students=students(
            f"{KEYS['a']} {S1} เด็กชายสมมุติ {V1} 3", f"{KEYS['a']} {S1} P2 {V2} 4", f"{KEYS['b']} {S2} P1 {V3} 5",
            f"k {S2} P2 {V3} 5", head="student_key school_id grade village_id count",
        ),
    )  # fmt: skip
    office.tables["students"]["as_of"] = "2/2569"
    add_corrections(tmp_path, [Correction("schools", {"school_id": S1}, "name", "=x", "วัดหนึ่ง", "r", "แก้ชื่อ")])
    (tmp_path / "check" / "schools").mkdir(parents=True)
    (tmp_path / "check" / "schools" / "gone.xlsx").write_bytes(b"of last time")
    policy = load_policy(tmp_path / "policy.yaml")
    written = write_doctor_books(office, read_log(tmp_path), tmp_path / "check", policy)
    assert sorted(written) == sorted(p for p in (tmp_path / "check").rglob("*") if p.is_file())
    return {path.stem: path for path in written}


def cells(path: Path, name: str | None = None) -> list[list[str]]:
    book = openpyxl.load_workbook(path)
    sheet = book[name] if name else book.worksheets[0]
    assert not [c.coordinate for row in sheet.iter_rows() for c in row if c.data_type == "f"], "a formula"
    return [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def test_only_schools_with_something_to_answer_get_a_workbook(books: dict[str, Path]) -> None:
    assert list(books) == ["office", S1, S2]


def test_a_school_sees_only_its_own_rows_and_no_child(books: dict[str, Path]) -> None:
    first, second = cells(books[S1]), cells(books[S2])
    said = " ".join(cell for row in first for cell in row)
    assert "วัดหนึ่ง" in said
    assert S2 not in said
    assert not re.search(r"สมมุติ|p[0-9a-f]{16}", said)
    head = next(i for i, row in enumerate(first) if row[0] == "ที่")
    place = first[head + 1].index("answer")
    assert [row[place] for row in first[head + 2 :]] == ["", ""]
    assert [row[first[head + 1].index("row")] for row in first[head + 2 :]] == ["2", "3"]
    assert [row[second[head + 1].index("found")] for row in second[head + 2 :]] == ["ข้อความ → วิธีแก้"] * 2
    assert second[head + 2][2] == f"นักเรียน ชั้น ป.1 หมู่บ้าน {V3} บ้านดง"


def test_pages_are_set_for_print(books: dict[str, Path]) -> None:
    for path in books.values():
        for sheet in openpyxl.load_workbook(path).worksheets:
            assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (9, "landscape")
            assert sheet.print_title_rows
            assert sheet["A1"].font.name == "TH SarabunPSK"
    assert openpyxl.load_workbook(books[S1]).worksheets[0].freeze_panes


def test_the_office_has_all(books: dict[str, Path]) -> None:
    book = openpyxl.load_workbook(books["office"])
    assert book.sheetnames == ["สารบัญ", "กลุ่มปัญหา", "ปัญหาทั้งหมด", "บันทึกการแก้ไข", "ความหมายของกฎ", "พจนานุกรมข้อมูล"]
    every = cells(books["office"], "ปัญหาทั้งหมด")
    assert sum(row[0] in ("พักแถวไว้", "ควรตรวจ") for row in every) == 6
    log = cells(books["office"], "บันทึกการแก้ไข")
    assert log[-1][1:8] == ["ใช้อยู่", "แก้ชื่อ", "โรงเรียน", f"school_id = {S1}", "name", "=x", "วัดหนึ่ง"]
    assert not re.search(r"สมมุติ|p[0-9a-f]{16}", str(every))


def test_codes_that_are_no_file_names(tmp_path: Path) -> None:
    odd = ["../x", "a/b", "a.b", "A_b"]
    rows = [f"{code} ชื่อ ต อ 16.8 100.3 P1 open ." for code in odd]
    schools = "\n".join(["school_id name tambon amphoe lat lon grades status smis_id", *rows])
    office = examined(*(f"rooms schools {row} rooms" for row in range(2, 6)), schools=schools)
    written = write_doctor_books(office, [], tmp_path / "check", load_policy(tmp_path / "policy.yaml"))
    assert len(written) == 5
    assert sorted(p.name for p in (tmp_path / "check" / "schools").iterdir()) == sorted(p.name for p in written[1:])
    assert all(zipfile.is_zipfile(path) for path in written)
    assert len({path.name.lower() for path in written}) == 5

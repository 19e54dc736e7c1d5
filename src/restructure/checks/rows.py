"""Rules of single rows: what was counted when, keys that repeat, codes that are nowhere, pupils without a home."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from restructure.checks.telling import HIDDEN, Found, Office, Tables, error, warning
from restructure.intake import KEYS, Problem
from restructure.roads import Ints
from restructure.rolls import as_of_day, as_of_term
from restructure.thai import Term


def set_aside_future(tables: Tables, file: str, fiscal_year: int) -> list[Problem]:
    """Set aside counts from long after the fiscal year: one of them would make every other count an old one."""
    as_of = tables["students"]["as_of"]
    latest = Term(fiscal_year + 1, 2)
    future = as_of[as_of.isin([text for text in as_of.unique() if text and as_of_term(text) > latest])]
    if len(future) == len(as_of):  # an old year priced with what is known today
        return []
    tables["students"] = tables["students"].drop(index=future.index)
    remedy = "แก้ภาคเรียนหรือวันที่ หรือแก้ fiscal_year ใน policy.yaml"
    return [
        error(file, row, "future-count", "as_of", text, f"ข้อมูลของ {text} อยู่หลังปีงบประมาณ {fiscal_year}", remedy)
        for row, text in future.items()
    ]


def complete_counts(students: pd.DataFrame) -> None:
    """Give each row its ``pupils``, and the newest ``as_of`` of all where it does not say."""
    students["pupils"] = students["count"] if "count" in students else pd.Series(1, students.index, dtype="Int64")
    said = [text for text in students["as_of"].unique() if text]
    if not said:
        return
    students["as_of"] = students["as_of"].replace("", max(said, key=as_of_day))
    # A school that names the term in some rows and a day of it in others means one count.
    terms = students["as_of"].map({text: str(as_of_term(text)) for text in said})
    named = terms[students["as_of"] == terms]
    pairs = students["school_id"] + " " + terms
    students["as_of"] = students["as_of"].where(~pairs.isin(pairs[named.index]), terms)


def name_pupils(students: pd.DataFrame, file: str) -> list[Problem]:
    """Name by its row each pupil with a home point but no key, or with a citizen number, which must stay inside."""
    if "student_key" not in students:
        if "lat" not in students:
            return []
        students["student_key"] = ""
    digits = students["student_key"].str.replace("-", "", regex=False)
    hidden = students.index[digits.str.fullmatch(r"\d{13}")]
    # The same number twice is one child: its first row stands for both.
    first = pd.Series(hidden, index=hidden).groupby(digits[hidden]).transform("first")
    students.loc[hidden, "student_key"] = "row-" + first.astype("str")
    if {"lat", "lon"} <= set(students):
        unnamed = students.index[(students["student_key"] == "") & students["lat"].notna()]
        students.loc[unnamed, "student_key"] = [f"row-{row}" for row in unnamed]
    remedy = "ใช้รหัสอ้างอิงอื่นแทน หรือปล่อยไว้: โปรแกรมใช้เลขแถวแทนให้แล้ว"
    return [
        warning(file, row, "citizen-number", "student_key", HIDDEN, "รหัสมี 13 หลักเหมือนเลขประจำตัวประชาชน", remedy)
        for row in hidden
    ]


def counts(office: Office) -> Iterator[Found]:
    """Set aside pupils without a number."""
    students, file = office.tables["students"], office.files["students"]
    for place in np.flatnonzero(students["pupils"].isna()):
        row = students.index[place]
        yield int(place), error(file, row, "bad-count", "count", "", "ไม่มีจำนวนนักเรียน", "กรอกจำนวน หรือ 0 ถ้าไม่มี")


def keys(office: Office, name: str) -> Iterator[Found]:
    """Set aside what a table has a second time; the same pupil in two schools is told as such."""
    table, file = office.tables[name], office.files[name]
    counted = np.ones(len(table), dtype=bool)
    if name == "students" and "student_key" in table:
        counted = (table["student_key"] == "").to_numpy()
        yield from _repeated_pupils(table, np.flatnonzero(~counted), file)
    # Pupils listed one by one without a key may well be alike.
    if name not in KEYS or (name == "students" and "count" not in table):
        return
    columns = [key for key in KEYS[name] if key in table]
    for place, first in _repeated(table, np.flatnonzero(counted), columns):
        shown = " / ".join(str(v) for v in table[columns].iloc[place] if v)
        yield place, error(
            file, table.index[place], "duplicate-key", columns[0], shown,
            f"ซ้ำกับแถว {table.index[first]} จึงใช้แถวแรกและพักแถวนี้ไว้", "ลบแถวที่ซ้ำ หรือแก้รหัสถ้าเป็นคนละรายการ",
        )  # fmt: skip


def _repeated_pupils(students: pd.DataFrame, named: Ints, file: str) -> Iterator[Found]:
    schools, rows = students["school_id"].to_numpy(), students.index
    for place, first in _repeated(students, named, ["student_key", "as_of"]):
        text = f"ซ้ำกับแถว {rows[first]} จึงใช้แถวแรกและพักแถวนี้ไว้"
        remedy = "ลบแถวที่ซ้ำ หรือแก้รหัสถ้าเป็นคนละรายการ"
        if schools[place] != schools[first]:
            text += (
                f": นักเรียนคนเดียวกันอยู่สองโรงเรียน คือ {schools[first]} (แถว {rows[first]}) "
                f"กับ {schools[place]} (แถว {rows[place]})"
            )
            remedy = "ถามทั้งสองโรงเรียนว่านักเรียนเรียนอยู่ที่ใด แล้วลบแถวของอีกโรงเรียน"
        yield place, error(file, rows[place], "duplicate-key", "student_key", HIDDEN, text, remedy)


def _repeated(table: pd.DataFrame, places: Ints, columns: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the place of each row that repeats another's key, of those given, and that of the first such row."""
    part = table[columns].iloc[places].set_axis(places)
    again = part[part.duplicated(columns)]
    if len(again):
        first = part.drop_duplicates().reset_index(names="first")
        yield from zip(again.index, again.merge(first, how="left", on=columns)["first"], strict=True)


def references(office: Office, name: str) -> Iterator[Found]:
    """Set aside what belongs to a school that is not in the table of schools."""
    table, schools = office.tables[name], office.files["schools"]
    known = office.tables["schools"]["school_id"]
    for column in ("school_id", "host_id"):
        if column in table:
            codes = table[column]
            for place in np.flatnonzero((codes != "") & ~codes.isin(known)):
                code = _shown(codes.iloc[place]) if name == "students" else codes.iloc[place]
                yield int(place), error(
                    office.files[name], table.index[place], "unknown-code", column, code,
                    f"รหัสโรงเรียน {code} ไม่มีใน {schools}", f"แก้รหัส หรือเพิ่มโรงเรียนนี้ใน {schools}",
                )  # fmt: skip


def _shown(code: str) -> str:
    """Return a code of pupils' rows as it may be shown: in a shifted row it may be a name or a telephone."""
    return HIDDEN if re.search(r"[ก-๙]|[A-Za-z]{4}|^0\d{8}", re.sub(r"[\s-]", "", code)) else code


def homes(office: Office) -> Iterator[Problem]:
    """Name pupils whose home or former school is not known; they still count, so no row is set aside."""
    tables, files = office.tables, office.files
    students, file = tables["students"], files["students"]
    for column, table, kind, remedy in (
        ("village_id", "villages", "หมู่บ้าน", "ระยะทางของนักเรียนแถวนี้ยังวัดไม่ได้"),
        ("from_school_id", "schools", "โรงเรียนเดิม", "นักเรียนแถวนี้ยังไม่นับว่ามาจากการรวม"),
    ):
        key = "village_id" if column == "village_id" else "school_id"
        unknown = (students[column] != "") & ~students[column].isin(tables[table][key])
        for row, code in students.loc[unknown, column].map(_shown).items():
            yield warning(
                file, row, "unknown-code", column, code, f"รหัส{kind} {code} ไม่มีใน {files[table]} {remedy}",
                f"แก้รหัส หรือเพิ่มใน {files[table]}",
            )  # fmt: skip
    placed = students["village_id"] != ""
    if {"lat", "lon"} <= set(students):
        placed |= students["lat"].notna() & students["lon"].notna()
    for row in students.index[~placed]:
        yield warning(
            file, row, "no-home", "village_id", "",
            "ไม่มีรหัสหมู่บ้านหรือพิกัดบ้าน จึงวัดระยะทางไม่ได้ นักเรียนยังนับอยู่", "กรอกรหัสหมู่บ้าน 8 หลัก",
        )  # fmt: skip

"""Rules of numbers of pupils: against last year, grades, rooms, DMC's totals and the people of the village."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from restructure.checks.telling import Office, warning
from restructure.grades import GRADES, format_grades, thai_grades
from restructure.intake import Problem
from restructure.rolls import as_of_term, offered_grades
from restructure.thai import Term


def newest_counts(office: Office) -> Iterator[Problem]:
    """Name each school that has pupils, but none in the newest term of all, or several days in it."""
    students, file = office.tables["students"], office.files["students"]
    newest = office.newest
    if len(newest):
        term = _newest_term(newest)
        this_term = [text for text in students["as_of"].unique() if text and as_of_term(text) == term]
        same = students[students["as_of"].isin(this_term)]
        for school, rows in same[~same.index.isin(newest.index)].groupby("school_id"):
            yield warning(
                file, rows.index[0], "older-count", "as_of", rows["as_of"].iloc[0],
                f"โรงเรียน {school} มีข้อมูลหลายวันในภาคเรียนเดียวกัน ใช้เฉพาะวันล่าสุด ไม่ใช้ {len(rows)} แถว",
                "เก็บไว้ได้ถ้าเป็นข้อมูลสำรวจก่อนวันนับ (ใช้กระทบยอด) ถ้าเป็นชุดเดียวกันให้ทุกแถวเป็นวันเดียวกัน",
            )  # fmt: skip
    older = students[~students["school_id"].isin(set(newest["school_id"]))].drop_duplicates("school_id", keep="last")
    for row, school, as_of in older[["school_id", "as_of"]].itertuples():
        yield warning(
            file, row, "older-count", "as_of", as_of,
            f"โรงเรียน {school} ไม่มีข้อมูลในภาคเรียนล่าสุดของสำนักงานเขต จึงนับว่าไม่มีนักเรียน",
            "เพิ่มข้อมูลภาคเรียนล่าสุดของโรงเรียนนี้ หรือปล่อยไว้ถ้าไม่มีนักเรียนแล้วจริง",
        )  # fmt: skip


def _newest_term(newest: pd.DataFrame) -> Term | None:
    return max((as_of_term(text) for text in newest["as_of"].unique() if text), default=None)


def grades(office: Office) -> Iterator[Problem]:
    """Doubt pupils of a grade that the school does not offer."""
    offered = offered_grades(office.tables["schools"])
    pairs = office.tables["students"][["school_id", "grade"]].drop_duplicates()
    for row, school, grade in pairs.itertuples():
        if grade not in offered[school]:
            yield warning(
                office.files["students"], row, "grade-not-offered", "grade", grade,
                f"โรงเรียน {school} ไม่ได้เปิดชั้น {thai_grades(grade)} แต่มีนักเรียน",
                f"แก้ชั้นของนักเรียน หรือแก้ชั้นที่เปิดสอนใน {office.files['schools']}",
            )  # fmt: skip


def empty_grades(office: Office) -> Iterator[Problem]:
    """Doubt offered grades without pupils where the school's other grades are full enough to make that odd.

    Where only a few of the offered grades have pupils the file rather holds a part of the school: nothing is said.
    """
    newest = office.newest
    newest = newest[newest["pupils"] > 0]
    offered = offered_grades(office.tables["schools"])
    for school, rows in newest.groupby("school_id", sort=True):
        filled = set(rows["grade"])
        empty = [grade for grade in GRADES if grade in offered[school] - filled]
        usual = int(rows["pupils"].sum()) / len(filled)
        if not empty or 2 * len(filled & offered[school]) <= len(offered[school]):
            continue
        if usual >= office.settings.empty_grade_pupils:
            yield warning(
                office.files["students"], rows.index[0], "empty-grade", "grade", format_grades(empty),
                f"โรงเรียน {school} เปิดชั้น {thai_grades(format_grades(empty))} แต่ไม่มีนักเรียน ทั้งที่ชั้นอื่นมีเฉลี่ย {usual:.0f} คน",
                f"ตรวจว่าข้อมูลขาดชั้นใด หรือแก้ชั้นที่เปิดสอนใน {office.files['schools']}",
            )  # fmt: skip


def jumps(office: Office) -> Iterator[Problem]:
    """Doubt a school whose pupils are far more or far fewer than a year before."""
    if "enrolment" not in office.tables:
        return
    newest, past = office.newest, office.tables["enrolment"]
    term = _newest_term(newest)
    if term is None:
        return
    past = past[past["year"] == term.year - 1]
    status = office.tables["schools"].set_index("school_id")["status"]
    pupils = newest.groupby("school_id")["pupils"].sum()
    first = {name: table.drop_duplicates("school_id") for name, table in (("students", newest), ("enrolment", past))}
    rows = {name: pd.Series(table.index, index=table["school_id"]) for name, table in first.items()}
    for school, then in past.groupby("school_id", sort=True)["count"].sum().items():
        now, then = int(pupils.get(school, 0)), int(then)
        change = abs(now - then)
        sudden = change >= office.settings.jump_pupils and 100 * change > office.settings.jump_percent * then
        if sudden and status[school] != "closed":
            # A school of which the file holds nothing is named where it was counted last.
            name = "students" if school in rows["students"] else "enrolment"
            yield warning(
                office.files[name], rows[name][school], "count-jump", "count", now,
                f"โรงเรียน {school} มีนักเรียน {now:,} คน ปีการศึกษา {term.year - 1} มี {then:,} คน ต่างกัน {change:,} คน",
                "ตรวจจำนวนในไฟล์ทั้งสอง หรือปล่อยไว้ถ้าเปลี่ยนจริง เช่น รับนักเรียนจากโรงเรียนที่เลิก",
            )  # fmt: skip


def rooms(office: Office) -> Iterator[Problem]:
    """Doubt a number of rooms that leaves too many pupils in each, is 0, or is more than a school can have."""
    schools, file = office.tables["schools"], office.files["schools"]
    if "rooms" not in schools:
        return
    offered, settings = offered_grades(schools), office.settings
    pupils = office.newest.groupby("school_id")["pupils"].sum()
    remedy = "ตรวจจำนวนห้องเรียนที่ใช้ได้และจำนวนนักเรียน"
    for row, school, number in schools.dropna(subset="rooms")[["school_id", "rooms"]].itertuples():
        on_roll, most = int(pupils.get(school, 0)), settings.rooms_per_grade_max * len(offered[school])
        if number == 0 and on_roll:
            text = f"โรงเรียน {school} มีนักเรียน {on_roll:,} คน แต่ไม่มีห้องเรียน"
        elif number > most:
            text = f"โรงเรียน {school} มี {number:,} ห้อง สำหรับ {len(offered[school])} ชั้น เกินที่เป็นได้ ({most:,} ห้อง)"
        elif on_roll > settings.class_size_max * number:
            text = f"โรงเรียน {school} มีนักเรียน {on_roll:,} คน ใน {number:,} ห้อง เฉลี่ยห้องละ {on_roll / number:.0f} คน"
        else:
            continue
        yield warning(file, row, "rooms", "rooms", number, text, remedy)


def totals(office: Office) -> Iterator[Problem]:
    """Compare the pupils of each school and grade with the totals that DMC shows for the same term."""
    if "totals" not in office.tables:
        return
    told, file = office.tables["totals"], office.files["totals"]
    newest = office.newest
    term = _newest_term(newest)
    if "as_of" in told:
        of_term = {text: not text or term is None or as_of_term(text) == term for text in told["as_of"].unique()}
        told = told[told["as_of"].map(of_term).astype(bool)]
    counted = newest.groupby(["school_id", "grade"])["pupils"].sum()
    remedy = f"ตรวจว่า {office.files['students']} กับ DMC เป็นข้อมูลวันเดียวกัน แล้วแก้จำนวนที่ผิด"
    told = told.dropna(subset="count")
    for row, school, grade, count in told[["school_id", "grade", "count"]].itertuples():
        here = int(counted.get((school, grade), 0))
        if here != count:
            yield warning(
                file, row, "total-differs", "count", count,
                f"โรงเรียน {school} ชั้น {thai_grades(grade)} มี {here:,} คนในตารางนักเรียน แต่ DMC รวม {count:,} คน", remedy,
            )  # fmt: skip
    known, schools = set(zip(told["school_id"], told["grade"], strict=True)), set(told["school_id"])
    for school, grade in counted[counted > 0].index:
        if (school, grade) not in known and school in schools:
            rows = newest.index[(newest["school_id"] == school) & (newest["grade"] == grade)]
            yield warning(
                office.files["students"], rows[0], "total-differs", "grade", grade,
                f"โรงเรียน {school} ชั้น {thai_grades(grade)} มี {counted[school, grade]:,} คน แต่ไม่มีใน {file}", remedy,
            )  # fmt: skip


def people(office: Office) -> Iterator[Problem]:
    """Doubt villages with more pupils than people: often a wrong code, or one that the register has given up."""
    villages, file = office.tables["villages"], office.files["villages"]
    if "population" in office.tables:  # the register itself, a row a village and registrar
        register, file = office.tables["population"], office.files["population"]
        number = register.groupby("village_id")["population"].sum(min_count=1)
        rows = pd.Series(register.index, index=register["village_id"]).groupby(level=0).first()
    elif "population" in villages:
        number = villages.set_index("village_id")["population"]
        rows = pd.Series(villages.index, index=villages["village_id"])
    else:
        return
    pupils = office.newest.groupby("village_id")["pupils"].sum()
    number = number.dropna()
    for code in number.index[number < pupils.reindex(number.index).fillna(0)]:
        there = int(number[code])
        words = "ไม่มีคนอยู่ตามทะเบียน" if there == 0 else f"มีคนตามทะเบียนเพียง {there:,} คน"
        yield warning(
            file, rows[code], "more-pupils-than-people", "population", there,
            f"หมู่บ้าน {code} {words} แต่มีนักเรียน {int(pupils[code]):,} คน",
            "ตรวจรหัสหมู่บ้านของนักเรียน หรือจำนวนประชากร",
        )  # fmt: skip

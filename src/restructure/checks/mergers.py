"""Rules of mergers: hosts that cannot be, chains and circles, schools that are gone and still have pupils."""

from __future__ import annotations

from collections.abc import Iterator

from restructure.checks.telling import Found, Office, error, warning
from restructure.grades import format_grades, parse_grades, thai_grades
from restructure.intake import Problem
from restructure.rolls import as_of_term, offered_grades
from restructure.thai import Term, parse_term

_NEVER = Term(9999, 2)


def merger_schools(office: Office) -> Iterator[Found]:
    """Set aside a school that joins itself or one that is closed."""
    tables, files = office.tables, office.files
    status = tables["schools"].set_index("school_id")["status"]
    for place, (row, school, host) in enumerate(tables["mergers"][["school_id", "host_id"]].itertuples()):
        if school == host:
            yield place, error(
                files["mergers"], row, "self-merger", "host_id", host,
                "โรงเรียนมารวมกับตัวเอง", "แก้รหัสโรงเรียนหลัก",
            )  # fmt: skip
        elif status[host] == "closed":
            yield place, error(
                files["mergers"], row, "host-closed", "host_id", host, f"โรงเรียนหลัก {host} ปิดแล้ว",
                f"แก้รหัสโรงเรียนหลัก หรือแก้สถานะใน {files['schools']}",
            )  # fmt: skip


def merger_terms(office: Office) -> Iterator[Found]:
    """Refuse a second merger of one grade in one term, and a host that itself moves the grade away."""
    tables, files = office.tables, office.files
    file, offered = files["mergers"], offered_grades(tables["schools"])
    begins: dict[tuple[str, str], list[tuple[Term, int, str]]] = {}
    mergers = tables["mergers"][["school_id", "host_id", "grades", "from_term"]]
    for place, (_, school, host, grades, term) in enumerate(mergers.itertuples()):
        for grade in parse_grades(grades):
            begins.setdefault((school, grade), []).append((parse_term(term), place, host))

    def onward(school: str, host: str, grade: str, term: Term) -> str:
        """Return where the host itself sends the grade while these pupils are there, empty where nowhere."""
        # A host that moves on once these pupils have gone elsewhere is history, not a chain.
        until = min((t for t, _, _ in begins[school, grade] if t > term), default=_NEVER)
        return next((to for t, _, to in begins.get((host, grade), []) if t < until), "")

    def chain(school: str, host: str, grade: str, term: Term) -> str:
        path = [school, host]
        while path[-1] not in path[:-1] and (after := onward(path[-2], path[-1], grade, term)):
            path.append(after)
        return " → ".join(path) + (" วนเป็นวงกลม" if path[-1] in path[:-1] else "")

    for place, (row, school, host, text, term_text) in enumerate(mergers.itertuples()):
        term, grades = parse_term(term_text), parse_grades(text)
        chained = [grade for grade in grades if onward(school, host, grade, term)]
        if chained:
            yield place, error(
                file, row, "host-moves", "host_id", host,
                f"โรงเรียนหลัก {host} ย้ายชั้น {thai_grades(format_grades(chained))} ไปที่อื่นเอง "
                f"({chain(school, host, chained[0], term)})",
                "แก้ให้ชี้ไปยังโรงเรียนที่นักเรียนเรียนจริง",
            )  # fmt: skip
        elif any(t == term and other < place for grade in grades for t, other, _ in begins[school, grade]):
            yield place, error(
                file, row, "overlapping-merger", "grades", text,
                "ชั้นซ้อนกับแถวก่อนหน้าของโรงเรียนและภาคเรียนเดียวกัน", "เหลือแถวเดียวต่อชั้น",
            )  # fmt: skip
        elif lacking := [grade for grade in grades if grade in offered[school] - offered[host]]:
            yield place, warning(
                file, row, "host-lacks-grade", "grades", text,
                f"โรงเรียนหลัก {host} ไม่ได้เปิดชั้น {thai_grades(format_grades(lacking))}",
                f"ตรวจชั้นที่เปิดสอนใน {files['schools']}",
            )  # fmt: skip


def gone_schools(office: Office) -> Iterator[Problem]:
    """Doubt pupils on the roll of a school that is closed, or that was dissolved by the term they are counted in."""
    tables = office.tables
    newest = office.newest[office.newest["pupils"] > 0]
    status = tables["schools"].set_index("school_id")["status"]
    dissolved: dict[tuple[str, str], Term] = {}
    if "mergers" in tables:
        of_kind = tables["mergers"].query("kind == 'dissolve'")
        for school, grades, term in of_kind[["school_id", "grades", "from_term"]].itertuples(index=False):
            for grade in parse_grades(grades):
                dissolved[school, grade] = min(parse_term(term), dissolved.get((school, grade), _NEVER))
    over = {
        (school, grade, text)
        for school, grade, text in newest[["school_id", "grade", "as_of"]].drop_duplicates().itertuples(index=False)
        if status[school] == "closed" or (text and dissolved.get((school, grade), _NEVER) <= as_of_term(text))
    }
    if not over:
        return
    gone = [key in over for key in zip(newest["school_id"], newest["grade"], newest["as_of"], strict=True)]
    for school, rows in newest[gone].groupby("school_id", sort=True):
        yield warning(
            office.files["students"], rows.index[0], "gone-school", "school_id", school,
            f"โรงเรียน {school} {'ปิด' if status[school] == 'closed' else 'เลิก'}แล้ว แต่ยังมีนักเรียน "
            f"{int(rows['pupils'].sum()):,} คนในทะเบียน ({len(rows):,} แถว)",
            "ย้ายนักเรียนไปอยู่ทะเบียนของโรงเรียนหลัก โดยใส่โรงเรียนเดิมใน from_school_id หรือแก้สถานะโรงเรียน",
        )  # fmt: skip

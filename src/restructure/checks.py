"""Rules that tables must keep together, one function each: every problem is found, what is certain is mended.

A rule takes the tables and returns its problems; where a row cannot be used the problem is an ``error`` and
:func:`check_tables` sets the row aside before the next rule looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from restructure.grades import format_grades, parse_grades, thai_grades
from restructure.intake import KEYS, Problem
from restructure.roads import RoadNetwork
from restructure.rolls import as_of_day, as_of_term, offered_grades, snapshot
from restructure.thai import Term, parse_term

Tables = dict[str, pd.DataFrame]
#: A point may lie this far outside the roads' own rectangle, in degrees (some 20 km), before it cannot belong to it.
_MARGIN_DEG = 0.2
_NEVER = Term(9999, 2)


def check_tables(
    tables: Tables, files: dict[str, str], network: RoadNetwork, fiscal_year: int
) -> tuple[Tables, list[Problem]]:
    """Apply every rule in turn.

    Parameters
    ----------
    tables
        Typed tables by name, indexed by row number.
    files
        The file of each table as messages should name it.
    network
        The roads, which say where points may lie.
    fiscal_year
        Of the cycle, Buddhist era: a count from after it is a slip of the pen.

    Returns
    -------
    dict of DataFrame
        The rows that can be used, points mended; ``students`` has a column ``pupils``.
    list of Problem
    """
    tables = {name: table.copy() for name, table in tables.items()}
    tables["schools"]["status"] = tables["schools"]["status"].replace("", "open")
    found = _name_pupils(tables["students"], files["students"])
    found += _set_aside_future(tables, files["students"], fiscal_year)
    _complete_counts(tables["students"])
    for rule in _RULES:
        problems = list(rule(tables, files))
        for name, table in tables.items():
            aside = {p.row for p in problems if p.severity == "error" and p.file == files[name]}
            tables[name] = table[~table.index.isin(aside)]
        found += problems
    for name in ("schools", "villages", "students"):
        if {"lat", "lon"} <= set(tables[name]):
            tables[name], problems = _mend_points(tables[name], files[name], network, private=name == "students")
            found += problems
    return tables, found


def check_places(
    distances: pd.DataFrame, snaps: pd.DataFrame, links: pd.DataFrame, tables: Tables, files: dict[str, str]
) -> list[Problem]:
    """Name each village and school that no road joins to the others, and each that may stand at the wrong road.

    Parameters
    ----------
    distances
        Columns of ``distances.parquet``.
    snaps, links
        As :func:`restructure.points.snaps` and :func:`restructure.points.missing_links` return them.
    """
    problems = []
    snaps = snaps.set_index(["kind", "code"])
    for name, key in (("villages", "village_id"), ("schools", "school_id")):
        kind = name[:-1]
        reached = distances.groupby(key)["reachable"].any()
        thai = "หมู่บ้าน" if name == "villages" else "โรงเรียน"
        table = tables[name]
        for row, place in table[key].items():
            if (kind, place) not in snaps.index:  # its point is not known, which has been said
                continue
            label = f"{thai} {table.at[row, 'name']} ({place})"
            at = snaps.loc[kind, place]
            found = []
            if not reached.get(place, False):
                text = f"{label} ไม่มีถนนเชื่อมกับ{'โรงเรียนใดเลย' if name == 'villages' else 'หมู่บ้านใดเลย'}"
                remedy = "ตรวจแผนที่ว่าขาดถนนช่วงใด หรือเป็นพื้นที่ที่รถเข้าไม่ถึงจริง แล้วแก้ข้อมูลถนนหรือพิกัด"
                for link in links[[place in codes.split(",") for codes in links["codes"]]].itertuples():
                    lon, lat = link.geometry.coords[0]
                    text += f" ขาดช่วงสั้นที่สุด {link.gap_m:,} เมตร ที่ละติจูด {lat:.5f} ลองจิจูด {lon:.5f}"
                    remedy = link.remedy
                found.append(("unreachable", text, remedy))
            if at["far"]:
                text = f"จุดของ{label} ห่างถนนที่รถใช้ได้ {at['snap_m']:,} เมตร"
                found.append(("far-from-road", text, "ตรวจพิกัดหรือเพิ่มถนนที่ขาดในแผนที่"))
            if at["across_water"]:
                text = f"ช่วง {at['snap_m']:,} เมตร จากจุดของ{label} ถึงถนนที่ใกล้ที่สุดข้ามแม่น้ำหรือคลอง"
                found.append(("across-water", text, "ตรวจว่าจุดจริงอยู่ฝั่งใด แล้วย้ายไปไว้ฝั่งนั้น"))
            if at["rival"]:
                known = pd.notna(at["change_m"])
                change = f"ระยะทางต่างไปถึง {at['change_m']:,} เมตร" if known else "การไปถึงหรือไปไม่ถึงจะต่างกัน"
                text = f"จุดของ{label} ใกล้ถนนสองสายพอกัน ถ้าใช้อีกสาย {change}"
                found.append(("rival-road", text, "ตรวจว่าเข้าออกทางถนนสายใด แล้วย้ายจุดไปชิดสายนั้น"))
            problems += [_warning(files[name], row, rule, key, place, text, remedy) for rule, text, remedy in found]
    return problems


def _set_aside_future(tables: Tables, file: str, fiscal_year: int) -> list[Problem]:
    """Set aside counts from long after the fiscal year: one of them would make every other count an old one."""
    as_of = tables["students"]["as_of"]
    latest = Term(fiscal_year + 1, 2)
    future = as_of[[bool(text) and as_of_term(text) > latest for text in as_of]]
    if len(future) == len(as_of):  # an old year priced with what is known today
        return []
    tables["students"] = tables["students"].drop(index=future.index)
    remedy = "แก้ภาคเรียนหรือวันที่ หรือแก้ fiscal_year ใน policy.yaml"
    return [
        _error(file, row, "future-count", "as_of", text, f"ข้อมูลของ {text} อยู่หลังปีงบประมาณ {fiscal_year}", remedy)
        for row, text in future.items()
    ]


def _complete_counts(students: pd.DataFrame) -> None:
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


def _name_pupils(students: pd.DataFrame, file: str) -> list[Problem]:
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
        _warning(file, row, "citizen-number", "student_key", "(ปกปิด)", "รหัสมี 13 หลักเหมือนเลขประจำตัวประชาชน", remedy)
        for row in hidden
    ]


def _check_counts(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    students = tables["students"]
    for row in students.index[students["pupils"].isna()]:
        yield _error(files["students"], row, "bad-count", "count", "", "ไม่มีจำนวนนักเรียน", "กรอกจำนวน หรือ 0 ถ้าไม่มี")


def _check_keys(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    for name, table in tables.items():
        if name == "students" and "student_key" in table:
            named = table["student_key"] != ""
            yield from _repeated(table[named], ["student_key", "as_of"], files[name], private=True)
            table = table[~named]
        # Pupils listed one by one without a key may well be alike.
        if name != "students" or "count" in table:
            yield from _repeated(table, KEYS[name], files[name])


def _repeated(table: pd.DataFrame, keys: list[str], file: str, *, private: bool = False) -> Iterable[Problem]:
    keys = [key for key in keys if key in table]
    first = table[keys].drop_duplicates().reset_index(names="first_row")
    again = table[table.duplicated(keys)]
    earlier = again[keys].merge(first, how="left", on=keys)["first_row"].to_numpy()
    for (row, values), first_row in zip(again[keys].iterrows(), earlier, strict=True):
        shown = "(ปกปิด)" if private else " / ".join(str(v) for v in values if v)
        yield _error(
            file, row, "duplicate-key", keys[0], shown,
            f"ซ้ำกับแถว {first_row} จึงใช้แถวแรกและพักแถวนี้ไว้",
            "ลบแถวที่ซ้ำ หรือแก้รหัสถ้าเป็นคนละรายการ",
        )  # fmt: skip


def _check_references(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    known = tables["schools"]["school_id"]
    for name in ("students", "mergers", "enrolment", "payments"):
        for column in ("school_id", "host_id"):
            if name not in tables or column not in tables[name]:
                continue
            codes = tables[name][column]
            for row, code in codes[(codes != "") & ~codes.isin(known)].items():
                yield _error(
                    files[name], row, "unknown-code", column, code, f"รหัสโรงเรียน {code} ไม่มีใน {files['schools']}",
                    f"แก้รหัส หรือเพิ่มโรงเรียนนี้ใน {files['schools']}",
                )  # fmt: skip


def _check_homes(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    """Name pupils whose home or former school is not known; they still count, so no row is set aside."""
    students, file = tables["students"], files["students"]
    for column, table, kind, remedy in (
        ("village_id", "villages", "หมู่บ้าน", "ระยะทางของนักเรียนแถวนี้ยังวัดไม่ได้"),
        ("from_school_id", "schools", "โรงเรียนเดิม", "นักเรียนแถวนี้ยังไม่นับว่ามาจากการรวม"),
    ):
        key = "village_id" if column == "village_id" else "school_id"
        unknown = (students[column] != "") & ~students[column].isin(tables[table][key])
        for row, code in students.loc[unknown, column].items():
            yield _warning(
                file, row, "unknown-code", column, code, f"รหัส{kind} {code} ไม่มีใน {files[table]} {remedy}",
                f"แก้รหัส หรือเพิ่มใน {files[table]}",
            )  # fmt: skip
    placed = students["village_id"] != ""
    if {"lat", "lon"} <= set(students):
        placed |= students["lat"].notna() & students["lon"].notna()
    for row in students.index[~placed]:
        yield _warning(
            file, row, "no-home", "village_id", "",
            "ไม่มีรหัสหมู่บ้านหรือพิกัดบ้าน จึงวัดระยะทางไม่ได้ นักเรียนยังนับอยู่", "กรอกรหัสหมู่บ้าน 8 หลัก",
        )  # fmt: skip


def _check_newest_counts(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    """Name each school that has pupils, but none in the newest term of all, or several days in it."""
    students = tables["students"]
    newest = snapshot(students)
    counted = set(newest["school_id"])
    if len(newest):
        term = max(map(as_of_term, filter(None, newest["as_of"])), default=None)
        same = students[[bool(text) and as_of_term(text) == term for text in students["as_of"]]]
        for school, rows in same[~same.index.isin(newest.index)].groupby("school_id"):
            yield _warning(
                files["students"], rows.index[0], "older-count", "as_of", rows["as_of"].iloc[0],
                f"โรงเรียน {school} มีข้อมูลหลายวันในภาคเรียนเดียวกัน ใช้เฉพาะวันล่าสุด ไม่ใช้ {len(rows)} แถว",
                "ให้ทุกแถวของโรงเรียนเป็นวันเดียวกัน ถ้าเป็นข้อมูลชุดเดียวกัน",
            )  # fmt: skip
    older = students[~students["school_id"].isin(counted)].drop_duplicates("school_id", keep="last")
    for row, school, as_of in older[["school_id", "as_of"]].itertuples():
        yield _warning(
            files["students"], row, "older-count", "as_of", as_of,
            f"โรงเรียน {school} ไม่มีข้อมูลในภาคเรียนล่าสุดของสำนักงานเขต จึงนับว่าไม่มีนักเรียน",
            "เพิ่มข้อมูลภาคเรียนล่าสุดของโรงเรียนนี้ หรือปล่อยไว้ถ้าไม่มีนักเรียนแล้วจริง",
        )  # fmt: skip


def _check_grades(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    offered = offered_grades(tables["schools"])
    students = tables["students"]
    pairs = students[["school_id", "grade"]].drop_duplicates()
    for row, school, grade in pairs.itertuples():
        if grade not in offered[school]:
            yield _warning(
                files["students"], row, "grade-not-offered", "grade", grade,
                f"โรงเรียน {school} ไม่ได้เปิดชั้น {thai_grades(grade)} แต่มีนักเรียน",
                f"แก้ชั้นของนักเรียน หรือแก้ชั้นที่เปิดสอนใน {files['schools']}",
            )  # fmt: skip


def _check_merger_schools(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    if "mergers" not in tables:
        return
    status = tables["schools"].set_index("school_id")["status"]
    for row, school, host in tables["mergers"][["school_id", "host_id"]].itertuples():
        if school == host:
            yield _error(
                files["mergers"], row, "self-merger", "host_id", host, "โรงเรียนมารวมกับตัวเอง", "แก้รหัสโรงเรียนหลัก"
            )
        elif status[host] == "closed":
            yield _error(
                files["mergers"], row, "host-closed", "host_id", host, f"โรงเรียนหลัก {host} ปิดแล้ว",
                f"แก้รหัสโรงเรียนหลัก หรือแก้สถานะใน {files['schools']}",
            )  # fmt: skip


def _check_merger_terms(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    """Refuse a second merger of one grade in one term, and a host that itself moves the grade away."""
    if "mergers" not in tables:
        return
    file, offered = files["mergers"], offered_grades(tables["schools"])
    begins: dict[tuple[str, str], list[tuple[Term, int]]] = {}
    mergers = tables["mergers"][["school_id", "host_id", "grades", "from_term"]]
    for row, school, _, grades, term in mergers.itertuples():
        for grade in parse_grades(grades):
            begins.setdefault((school, grade), []).append((parse_term(term), row))

    def moves_on(school: str, host: str, grade: str, term: Term) -> bool:
        # A host that moves on once these pupils have gone elsewhere is history, not a chain.
        until = min((t for t, _ in begins[school, grade] if t > term), default=_NEVER)
        return any(t < until for t, _ in begins.get((host, grade), []))

    for row, school, host, text, term_text in mergers.itertuples():
        term, grades = parse_term(term_text), parse_grades(text)
        chained = [grade for grade in grades if moves_on(school, host, grade, term)]
        if chained:
            yield _error(
                file, row, "host-moves", "host_id", host,
                f"โรงเรียนหลัก {host} ย้ายชั้น {thai_grades(format_grades(chained))} ไปที่อื่นเอง",
                "แก้ให้ชี้ไปยังโรงเรียนที่นักเรียนเรียนจริง",
            )  # fmt: skip
        elif any(t == term and other < row for grade in grades for t, other in begins[school, grade]):
            yield _error(
                file, row, "overlapping-merger", "grades", text,
                "ชั้นซ้อนกับแถวก่อนหน้าของโรงเรียนและภาคเรียนเดียวกัน", "เหลือแถวเดียวต่อชั้น",
            )  # fmt: skip
        elif lacking := [grade for grade in grades if grade in offered[school] - offered[host]]:
            yield _warning(
                file, row, "host-lacks-grade", "grades", text,
                f"โรงเรียนหลัก {host} ไม่ได้เปิดชั้น {thai_grades(format_grades(lacking))}",
                f"ตรวจชั้นที่เปิดสอนใน {files['schools']}",
            )  # fmt: skip


def _check_same_point(tables: Tables, files: dict[str, str]) -> Iterable[Problem]:
    schools = tables["schools"].dropna(subset=["lat", "lon"])
    for row in schools.index[schools.duplicated(["lat", "lon"])]:
        yield _warning(
            files["schools"], row, "same-point", "lat", f"{schools.at[row, 'lat']}, {schools.at[row, 'lon']}",
            "พิกัดตรงกับโรงเรียนอื่นทุกหลัก", "ตรวจพิกัดของโรงเรียนทั้งสอง",
        )  # fmt: skip


_RULES: tuple[Callable[[Tables, dict[str, str]], Iterable[Problem]], ...] = (
    _check_counts,
    _check_keys,
    _check_references,
    _check_homes,
    _check_newest_counts,
    _check_grades,
    _check_merger_schools,
    _check_merger_terms,
    _check_same_point,
)


def _mend_points(
    table: pd.DataFrame, file: str, network: RoadNetwork, *, private: bool
) -> tuple[pd.DataFrame, list[Problem]]:
    """Swap latitude and longitude where only that makes sense; forget a point that cannot belong to the area."""
    west, south, east, north = network.bounds()

    def inside(lat: pd.Series, lon: pd.Series) -> pd.Series:
        return lat.between(south - _MARGIN_DEG, north + _MARGIN_DEG) & lon.between(
            west - _MARGIN_DEG, east + _MARGIN_DEG
        )

    lat, lon = table["lat"], table["lon"]
    missing = lat.isna() | lon.isna()
    swapped = ~missing & ~inside(lat, lon) & inside(lon, lat)
    outside = ~missing & ~inside(lat, lon) & ~swapped
    problems = []
    # A pupil without a home point of its own is measured from the village: nothing is amiss.
    for row in table.index[swapped | outside | (missing & (not private))]:
        shown = "(ปกปิด)" if private else f"{lat[row]}, {lon[row]}"
        if swapped[row]:
            text = ("swapped-point", shown, "ละติจูดกับลองจิจูดสลับช่องกัน สลับให้แล้ว", "แก้ในต้นฉบับให้ถูกช่อง")
        elif outside[row]:
            text = ("point-outside", shown, "พิกัดอยู่นอกพื้นที่ของข้อมูลถนน จึงถือว่าไม่ทราบพิกัด", "ตรวจและแก้พิกัด")
        else:
            text = ("no-point", "", "ไม่มีพิกัด จึงวัดระยะทางไม่ได้", "ระบุพิกัดเป็นองศาทศนิยม")
        problems.append(_warning(file, row, text[0], "lat", *text[1:]))
    lat, lon = lat.where(~swapped, lon), lon.where(~swapped, lat)
    known = ~(outside | missing)
    return table.assign(lat=lat.where(known, np.nan), lon=lon.where(known, np.nan)), problems


def _error(file: str, row: object, rule: str, column: str, value: object, message: str, remedy: str) -> Problem:
    return Problem("error", rule, file, int(str(row)), column, str(value), message, remedy)


def _warning(file: str, row: object, rule: str, column: str, value: object, message: str, remedy: str) -> Problem:
    return Problem("warning", rule, file, int(str(row)), column, str(value), message, remedy)

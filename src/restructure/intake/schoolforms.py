"""Forms that have a row a school: grids of grades, and basics with the grades that learn at another school."""

from __future__ import annotations

import re

import pandas as pd

from restructure.grades import GRADES, format_grades, parse_grades
from restructure.intake.bodies import NOTHING, Body, missing_columns
from restructure.intake.codes import Frames, codes_by_name, codes_of_names, plain_code, school_key
from restructure.intake.pupils import counted
from restructure.intake.schema import Problem
from restructure.thai import arabic_digits

#: Columns that say which grades of a school learn where.
MERGED = ("merged_grade", "merged_host_id", "merged_host_name")
_SUMS = {"pupils": "นักเรียน", "rooms": "ห้องเรียน", "male": "ชาย", "female": "หญิง"}


# -- grids ----
def unroll(body: Body, fields: pd.DataFrame, table: str, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Make a row a grade out of a row a school, and hold the file's own sums against what they add up."""
    grid = [name for name in fields if "." in name]
    numbers = fields[grid].map(whole_number)
    problems = _check_row_sums(numbers, file) + _check_column_sums(numbers, body.totals[grid].map(whole_number), file)
    parts = []
    for grade in GRADES:
        texts = _pupils_of(fields, grade)
        if texts is None:
            continue
        # What a school does not offer stands empty, or as 0 where a program has written the file.
        there = ~texts.isin(NOTHING)
        if table == "students":
            there &= texts.map(whole_number) != 0
        parts.append(fields.drop(columns=grid).assign(grade=grade, count=texts)[there])
    if not parts:
        raise missing_columns(file, body.row, table, ["count"], body.unread)
    order = pd.concat(parts).sort_index(kind="stable")
    if table == "students" and "village_id" not in order:
        order["village_id"] = ""
        text = "ตารางนี้นับนักเรียนรายชั้น ไม่บอกหมู่บ้าน จึงวัดระยะทางจากบ้านไม่ได้"
        remedy = "ใช้ข้อมูลนักเรียนรายบุคคลของ DMC แทน และเก็บตารางนี้ในชื่อ totals เพื่อใช้ตรวจยอด"
        problems.append(Problem("warning", "no-villages", file, body.row, "village_id", "", text, remedy))
    return order, problems


def _pupils_of(fields: pd.DataFrame, grade: str) -> pd.Series | None:
    """Return the texts of a grade's pupils, girls and boys added up where only they are counted."""
    texts = fields.get(f"{grade}.pupils")
    halves = [fields[name] for name in (f"{grade}.male", f"{grade}.female") if name in fields]
    if not halves:
        return texts
    both = pd.concat(halves, axis=1)
    values = both.map(whole_number).astype("Int64")
    # A half that is no number must be seen as what it is.
    odd = (values.isna() & ~both.isin(NOTHING)).any(axis=1)
    added = values.sum(axis=1, min_count=1).astype("string").fillna("").astype(object)
    spelled = pd.Series(
        [" + ".join(texts) for texts in both.itertuples(index=False, name=None)], both.index, dtype=object
    )
    added = added.mask(odd, spelled)
    return added if texts is None else texts.mask(texts.isin(NOTHING), added)


def _check_row_sums(numbers: pd.DataFrame, file: str) -> list[Problem]:
    """Hold each school's total, and each grade's, against its parts; a part that is not there adds nothing."""
    problems = []
    checks = [
        (f"total.{kind}", [f"{grade}.{kind}" for grade in GRADES if f"{grade}.{kind}" in numbers], f"รวม{thai}")
        for kind, thai in _SUMS.items()
    ]
    checks += [(f"{of}.pupils", [f"{of}.male", f"{of}.female"], f"{of} ชายกับหญิง") for of in (*GRADES, "total")]
    for whole, parts, label in checks:
        if whole not in numbers or not parts or not set(parts) <= set(numbers):
            continue
        added = numbers[parts].sum(axis=1)
        off = numbers[whole].notna() & numbers[parts].notna().any(axis=1) & (numbers[whole] != added)
        for row in numbers.index[off]:
            problems.append(sum_differs(file, row, whole, label, numbers.at[row, whole], added[row]))
    return problems


def _check_column_sums(numbers: pd.DataFrame, totals: pd.DataFrame, file: str) -> list[Problem]:
    """Hold each row of totals against the rows since the one before, else against all rows above."""
    problems = []
    before = 0
    for row, sums in totals.iterrows():
        above = numbers[numbers.index < row]
        since = above[above.index > before]
        before = int(str(row))
        for name, total in sums.dropna().items():
            parts = [int(part[name].sum()) for part in (since, above)]
            if total not in parts and above[name].notna().any():
                problems.append(sum_differs(file, before, str(name), "รวมทุกแถว", total, parts[1]))
    return problems


def sum_differs(file: str, row: int, column: str, label: str, total: float, added: float) -> Problem:
    """Return the warning that a sum in a file is not what its parts add up to."""
    text = f"{label} ในไฟล์เป็น {int(total):,} แต่บวกได้ {int(added):,}"
    return Problem("warning", "sum-differs", file, int(row), column, str(int(total)), text, "ตรวจตัวเลขกับต้นฉบับ")


def whole_number(text: str) -> float | None:
    """Return the number that a count's text says; None where it says none."""
    text = arabic_digits(text).replace(",", "").strip()
    return float(text) if re.fullmatch(r"\d{1,12}(\.0+)?", text) else None


# -- schools that send grades elsewhere ----
def part_mergers(fields: pd.DataFrame, file: str) -> tuple[Frames, list[Problem]]:
    """Part school basics with a row for each grade that learns elsewhere into schools and mergers.

    Such a form is filled in only by schools that learn together at another (มาเรียนรวม): unless a column says otherwise
    that is the kind. Since when is not in it: where no column says so the term stays empty. A host that
    is not found by its name keeps the name in place of the code, so that the row can be corrected.
    """
    merged = [name for name in fields if name.startswith("merged_")]
    says = ~fields[[name for name in MERGED if name in fields]].isin(NOTHING).all(axis=1)
    own, problems = _fill_codes(fields, says, file)
    fields = fields.assign(school_id=own)
    basics = fields.drop(columns=merged)
    schools, found = _one_row_each(basics, file)
    problems += found
    rows = fields[says]
    host = rows.get("merged_host_id", pd.Series("", rows.index, dtype=object))
    names = rows.get("merged_host_name", pd.Series("", rows.index, dtype=object))
    silent = host.isin(NOTHING) & ~names.isin(NOTHING)
    codes, found = codes_of_names(names[silent], codes_by_name(schools), file, "host_id")
    problems += [p._replace(value=names[p.row]) for p in found]  # hosts are schools: their names may be shown
    host = host.mask(silent, codes.mask(codes == "", names[silent]).reindex(rows.index))
    mergers = pd.DataFrame(
        {
            "school_id": rows["school_id"],
            "grades": rows.get("merged_grade", ""),
            "from_term": rows.get("merged_from_term", ""),
            "host_id": host,
            "kind": rows.get("merged_kind", ""),
            "programme": rows.get("merged_programme", ""),
        },
        dtype=object,
    )
    for column, value, text in (
        ("kind", "learn-together", "แบบข้อมูลนี้มีเฉพาะการมาเรียนรวม จึงอ่านเป็นเรียนรวม (learn-together)"),
        ("programme", "unspecified", "ไม่ได้บอกโครงการ จึงเป็นยังไม่ระบุ (unspecified)"),
    ):
        silent = mergers[column].isin(NOTHING)
        mergers[column] = mergers[column].mask(silent, value)
        problems += counted(
            "merger-assumed", file, mergers.index[silent], column, value, text, "ถ้าไม่ใช่ ให้ใช้ไฟล์ mergers แทน"
        )
    problems += counted(
        "no-from-term", file, mergers.index[mergers["from_term"].isin(NOTHING)], "from_term", "",
        "ไม่บอกว่าเรียนรวมตั้งแต่ภาคเรียนใด จึงยังใช้ไม่ได้", "เพิ่มคอลัมน์ ตั้งแต่ภาคเรียน เช่น 1/2565 ในต้นฉบับ หรือใช้ไฟล์ mergers",
    )  # fmt: skip
    keys = [name for name in mergers if name != "grades"]
    numbered = mergers.reset_index()
    joined = numbered.groupby(keys, sort=False).agg({"row": "first", "grades": _join_grades}).reset_index()
    return {"schools": schools, "mergers": joined.set_index("row").sort_index()[list(mergers)]}, problems


def _fill_codes(fields: pd.DataFrame, says: pd.Series, file: str) -> tuple[pd.Series, list[Problem]]:
    """Give rows without a code that of the school they name, or that of the row above where they name none.

    Cells that are merged over a school's rows hold their text in the first of them. A row that names another school
    than the one above is that school's: without exactly one of its name, nobody's.
    """
    empty = pd.Series("", fields.index, dtype=object)
    own = fields.get("school_id", empty)
    names = fields.get("name", empty).mask(lambda texts: texts.isin(NOTHING), "")
    by_name = codes_by_name(pd.DataFrame({"school_id": own, "name": names}))
    filled, unknown = own.copy(), []
    code = key = ""
    for row in fields.index:
        its_key = school_key(names[row])
        if own[row]:
            code, key = own[row], its_key
        elif its_key not in ("", key):
            found = by_name.get(its_key, set())
            code, key = (next(iter(found)) if len(found) == 1 else ""), its_key
            if not code:
                unknown.append(row)
        elif not says[row]:
            continue
        filled[row] = code
    _, problems = codes_of_names(names[unknown], by_name, file, "school_id")
    return filled, problems


def _join_grades(texts: pd.Series) -> str:
    """Return the grades of several rows as one text of ranges; as they are where one of them is no grade."""
    try:
        return format_grades({grade for text in texts for grade in parse_grades(text)})
    except ValueError:
        return ", ".join(texts)


def _one_row_each(basics: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the first row of each school, filled up from its others; name what they contradict."""
    problems = []
    coded = basics[basics["school_id"] != ""]
    first = coded.replace("", None).groupby(coded["school_id"].map(plain_code), sort=False).first()
    for column in basics.columns.drop("school_id"):
        chosen = coded["school_id"].map(plain_code).map(first[column].fillna(""))
        for row in coded.index[(coded[column] != "") & (coded[column] != chosen)]:
            text = f"โรงเรียนเดียวกันมีสองค่า “{chosen[row]}” กับ “{coded.at[row, column]}” ใช้ค่าแรก"
            remedy = "แก้ให้ตรงกันทุกแถวของโรงเรียน"
            problems.append(
                Problem("warning", "conflicting-basics", file, int(row), column, coded.at[row, column], text, remedy)
            )
    numbers = coded.reset_index().groupby(coded["school_id"].map(plain_code).to_numpy(), sort=False)["row"].first()
    first.index = pd.Index(numbers.reindex(first.index), name="row")
    rest = basics[basics["school_id"] == ""]
    return pd.concat([first.fillna("").astype(object)[list(basics)], rest]).sort_index(), problems

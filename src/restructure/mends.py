"""What one click would mend: suggestions for a group of problems, none that cannot be known from the office's files.

A mend is a list of corrections that are made together. Where only a person can choose, each choice is a mend of its
own; where nothing speaks for any, there is none.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from restructure.corrections import DROP, POINT, REPEATED, ROW, Correction, may_be_kept, plain_text, point_text
from restructure.gazetteer import plain_name
from restructure.grades import format_grades, parse_grades, thai_grades
from restructure.intake import KEYS
from restructure.intake.codes import school_key
from restructure.intake.pupils import village_key
from restructure.roads import GEOD
from restructure.rolls import as_of_term, snapshot
from restructure.thai import arabic_digits

_MOST_MENDS = 12
_MOST_CHOICES = 3
_PREVIEWED = 5
#: Shorter codes differ by one letter all the time.
_SHORTEST_CODE = 6
#: A village this near a school, in a straight line, lies in its tambon or one beside it.
_NEAR_M = 10_000
#: What names the rows of a table, where it is not the school.
_OWNER = {"villages": "village_id"}
#: What a status, a kind and the like may be; a person knows which.
_CHOICES = {
    "bad-status": {"open": "เปิดสอน", "closed": "เลิกหรือยุบแล้ว"},
    "bad-kind": {"learn-together": "เรียนรวม", "merge": "ยุบรวม", "dissolve": "เลิก"},
    "bad-programme": {
        "existing": "กรณี 1.1 รวมเดิม",
        "second-decade": "กรณี 1.2 ทศวรรษที่สอง",
        "unspecified": "ยังไม่ระบุโครงการ",
    },
    "bad-round": {"november": "รอบพฤศจิกายน", "may": "รอบพฤษภาคม"},
    "bad-zone": {"47": "โซน 47", "48": "โซน 48"},
    "bad-datum": {"WGS 84": "พื้นหลักฐาน WGS 84", "Indian 1975": "พื้นหลักฐาน Indian 1975"},
    "bad-source": {
        "survey": "สำรวจในพื้นที่",
        "osm": "จาก OpenStreetMap",
        "digitised": "วาดเองบนแผนที่",
        "tambon-centroid": "กลางตำบล",
    },
}
_GRADE = re.compile(r"^(?:ชั้น)?(อนุบาล|อ|ประถม|ป|มัธยม|ม|k|p|m)[^\d]{0,12}?(\d)(?:\s*/\s*\d{1,2})?$", re.IGNORECASE)


class Examined(NamedTuple):
    """What the doctor works on.

    Attributes
    ----------
    problems
        As :func:`restructure.intake.as_problem_table` returns them.
    tables
        Typed tables without the rows that were set aside.
    frames
        Texts of the same tables, corrected by what is in force; the index is the row in the file.
    files
        The file of each table as problems name it.
    tambons
        As :func:`restructure.gazetteer.tambon_list` returns them, None where there is no list.
    """

    problems: pd.DataFrame
    tables: Mapping[str, pd.DataFrame]
    frames: Mapping[str, pd.DataFrame]
    files: Mapping[str, str]
    tambons: gpd.GeoDataFrame | None = None


class Mend(NamedTuple):
    """One suggestion.

    Attributes
    ----------
    label
        What it does, for the button.
    corrections
        To be made together.
    preview
        Up to five of its changes: ``row``, ``before``, ``after``.
    rows
        How many rows it changes.
    """

    label: str
    corrections: list[Correction]
    preview: list[dict[str, Any]]
    rows: int


class _Change(NamedTuple):
    """A new text for a column of a row, and what the preview says of it where that is more."""

    row: int
    column: str
    new: str
    shown: str = ""


def suggest(group: pd.DataFrame, examined: Examined) -> list[Mend]:
    """Return what would mend a group of problems in one click, the likeliest first.

    Parameters
    ----------
    group
        Rows of :func:`restructure.doctor.located_problems` that one action would mend.
    """
    rule = str(group["rule"].iloc[0])
    maker = _MAKERS.get(rule)
    if maker is None or not group["table"].iloc[0]:
        return []
    made = [mend for mend in maker(group, examined) if mend.corrections and all(map(may_be_kept, mend.corrections))]
    return made[:_MOST_MENDS]


# -- codes ----
def _codes(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest known codes for one that is not: by the crosswalk, by the school's name, by one slip of the pen."""
    column, code = str(group["column"].iloc[0]), str(group["value"].iloc[0])
    of_villages = column == "village_id"
    known = examined.tables["villages" if of_villages else "schools"]
    names = dict(zip(known["village_id" if of_villages else "school_id"], known["name"], strict=True))
    found: dict[str, str] = {}
    if not of_villages:
        if (same := _crosswalk(examined).get(code)) in names:
            found[str(same)] = "ตามตารางเทียบรหัส"
        named = _by_name(group, examined, column, names)
        found |= {named: "ชื่อโรงเรียนตรงกัน"} if named and named not in found else {}
    if not found:
        near = [other for other in names if len(code) >= _SHORTEST_CODE and _one_slip(code, other)]
        if len(near) > _MOST_CHOICES and of_villages:
            students = examined.tables["students"]
            usual = set(students.loc[students["school_id"].isin(group["school_id"]), "village_id"])
            near = [other for other in near if other in usual]
        if len(near) <= _MOST_CHOICES:
            found = dict.fromkeys(sorted(near), "ต่างกันตัวเดียว")
    for new, why in found.items():
        label = f"แก้รหัส {code} เป็น {new} {names[new]} ({why})"
        changes = [_Change(row, column, new, f"{new} {names[new]}") for row in group["row"]]
        yield _replace(group, examined, label, changes)


def _code_kinds(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest the crosswalk's codes for all of another kind in a column."""
    column = str(group["column"].iloc[0])
    texts = examined.frames[str(group["table"].iloc[0])][column].map(plain_text)
    crosswalk = _crosswalk(examined)
    changes = [_Change(int(row), column, crosswalk[code]) for row, code in texts.items() if code in crosswalk]
    if changes:
        schools = len({change.new for change in changes})
        label = f"เปลี่ยนรหัสโรงเรียนในคอลัมน์นี้ตามตารางเทียบรหัส ({schools:,} โรงเรียน)"
        yield _replace(group, examined, label, changes)


def _crosswalk(examined: Examined) -> dict[str, str]:
    """Return the ten-digit code by every other code that is of one school only; the crosswalk's word is the last."""
    result: dict[str, str] = {}
    for name in ("schools", "crosswalk"):
        table = examined.frames.get(name)
        if table is None or "school_id" not in table:
            continue
        schools: dict[str, set[str]] = {}
        for column in {"smis_id", "obec_id"} & set(table):
            for other, school in zip(table[column].map(plain_text), table["school_id"].map(plain_text), strict=True):
                # 10 put before SMIS is a slip that offices make.
                for code in (other, f"10{other}") if len(other) == 8 else (other,):
                    schools.setdefault(code, set()).add(school)
        result |= {code: next(iter(own)) for code, own in schools.items() if code and len(own) == 1}
    return {code: school for code, school in result.items() if school and code != school}


def _by_name(group: pd.DataFrame, examined: Examined, column: str, names: Mapping[str, str]) -> str:
    """Return the one school whose name stands beside the code in every row; empty where there is none."""
    beside = {"school_id": "school_name", "host_id": "host_name"}.get(column, "")
    frame = examined.frames[str(group["table"].iloc[0])]
    rows = [row for row in group["row"] if row in frame.index]
    if beside not in frame or not rows:
        return ""
    said = {school_key(text) for text in frame.loc[rows, beside]}
    fitting = [code for code, name in names.items() if said == {school_key(name)} != {""}]
    return fitting[0] if len(fitting) == 1 else ""


def _one_slip(a: str, b: str) -> bool:
    """Say whether one typing slip makes one text of the other: a sign changed, left out, put in, or two exchanged."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    if len(a) == len(b):
        differ = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        if len(differ) == 2 and differ[1] == differ[0] + 1:
            i, j = differ
            return a[i] == b[j] and a[j] == b[i]
        return len(differ) == 1
    short, long = sorted((a, b), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _far_homes(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest a village of the same name near the school for one that is far from it."""
    if group["column"].iloc[0] != "village_id":
        return
    school, village = str(group["school_id"].iloc[0]), str(group["value"].iloc[0])
    villages = examined.tables["villages"].set_index("village_id", drop=False)
    schools = examined.tables["schools"].set_index("school_id")
    if village not in villages.index or school not in schools.index:
        return
    wanted = village_key(villages.at[village, "name"])
    others = villages[villages["name"].map(village_key) == wanted].drop(index=village).dropna(subset=["lat", "lon"])
    at = schools.loc[school]
    if not wanted or pd.isna(at["lat"]) or others.empty:
        return
    lon, lat = (np.full(len(others), at[name]) for name in ("lon", "lat"))
    metres = GEOD.inv(others["lon"].to_numpy(), others["lat"].to_numpy(), lon, lat)[2]
    for code, away in sorted(zip(others.index, metres, strict=True), key=lambda pair: pair[1])[:_MOST_CHOICES]:
        if away > _NEAR_M:
            break
        place = f"{others.at[code, 'name']} {_tambon(others.loc[code])}".strip()
        label = f"ใช้หมู่บ้านชื่อเดียวกันใกล้โรงเรียน: {place} ({code}) ห่าง {away / 1000:.1f} กม."
        students = examined.frames["students"]
        its = (students["school_id"].map(plain_text) == school) & (students["village_id"].map(plain_text) == village)
        changes = [_Change(int(row), "village_id", code, f"{code} {place}") for row in students.index[its]]
        yield _replace(group, examined, label, changes)


def _tambon(village: pd.Series) -> str:
    tambon = village.get("tambon", "")
    return f"ต.{tambon}" if tambon else ""


# -- points ----
def _readings(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest how the coordinates of a file are to be read: on the old datum, or in one zone or the other."""
    table, rule = str(group["table"].iloc[0]), str(group["rule"].iloc[0])
    frame, owner = examined.frames[table], _OWNER.get(table, "school_id")
    # Where a pupil lives is not written down, so that nothing could say next year whether the file is still as it was.
    if table == "students" or owner not in frame or not {"lat", "lon"} <= set(frame):
        return
    rows = frame.loc[[row for row in group["row"] if row in frame.index]]
    choices = {"utm47": "อ่านพิกัดเป็น UTM โซน 47", "utm48": "อ่านพิกัดเป็น UTM โซน 48"}
    if rule == "likely-indian-datum":
        said = frame["datum"].map(plain_text) if "datum" in frame else pd.Series("", frame.index)
        rows = frame[said.eq("") & frame["lat"].ne("") & frame["lon"].ne("")]
        choices = {"indian-1975": "อ่านพิกัดทั้งไฟล์เป็นพื้นหลักฐาน Indian 1975"}
    for reading, thai in choices.items():
        label = f"{thai} {len(rows):,} แถว"
        made, preview = [], []
        for row, code, lat, lon in rows[[owner, "lat", "lon"]].itertuples():
            old = point_text(lat, lon)
            made.append(Correction(table, {owner: code}, POINT, old, reading, rule, label))
            preview.append({"row": int(row), "before": old, "after": thai})
        yield Mend(label, made, preview[:_PREVIEWED], len(rows))


# -- rows that are there twice ----
def _repeats(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest to drop rows that repeat another in every cell; of pupils with a key, either of two schools' rows."""
    table = str(group["table"].iloc[0])
    frame = examined.frames[table]
    cells = pd.DataFrame({column: frame[column].map(plain_text) for column in frame.columns}, frame.index)
    again = cells.duplicated()
    alike = [row for row in group["row"] if row in frame.index and again[row]]
    if alike:
        drops = [_drop(examined, table, row, REPEATED, list(frame.columns)) for row in alike]
        label = f"ลบแถวที่ซ้ำกันทุกช่อง {len(alike):,} แถว เหลือแถวแรกไว้"
        yield _drops(group, label, [d for d in drops if d], alike)
    others = [row for row in group["row"] if row in frame.index and not again[row]]
    for row in others[:_MOST_CHOICES]:
        key = ["student_key"] if group["column"].iloc[0] == "student_key" else KEYS.get(table, [])
        key = [column for column in key if column in cells]
        twins = cells.index[(cells[key] == cells.loc[row, key]).all(axis=1)] if key else cells.index[:0]
        for kept, dropped in ((row, twin) for twin in twins if twin != row):
            for stays, goes in ((dropped, kept), (kept, dropped)):
                differing = [column for column in cells if cells.at[stays, column] != cells.at[goes, column]]
                drop = _drop(examined, table, int(goes), "", list(dict.fromkeys([*key, *differing])))
                mend = _drops(group, f"ใช้แถว {stays} และลบแถว {goes}", [drop] if drop else [], [int(goes)])
                before, after = (
                    ", ".join(f"{column} = {cells.at[one, column] or '(ว่าง)'}" for column in differing)
                    for one in (goes, stays)
                )
                yield mend._replace(preview=[{"row": int(goes), "before": before, "after": f"แถว {stays}: {after}"}])


def _drop(examined: Examined, table: str, row: int, old: str, columns: list[str]) -> Correction | None:
    """Return the correction that drops a row, None where what would name it must not be written down."""
    cells = examined.frames[table].loc[row, columns]
    where = {str(column): str(text) for column, text in cells.items() if text != "" or old != REPEATED}
    drop = Correction(table, where, ROW, old, DROP, "-")
    return drop if where and may_be_kept(drop) else None


def _drops(group: pd.DataFrame, label: str, drops: list[Correction], rows: list[int]) -> Mend:
    if len(drops) < len(rows):
        return Mend(label, [], [], 0)
    unique = {str(sorted(drop.where.items())): drop for drop in drops}
    rule = str(group["rule"].iloc[0])
    made = [drop._replace(rule=rule, note=label) for drop in unique.values()]
    preview = [{"row": int(row), "before": f"แถว {row}", "after": "ลบ"} for row in rows[:_PREVIEWED]]
    return Mend(label, made, preview, len(rows))


# -- words ----
def _words(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest each word that a status, kind, programme or round may be, the nearest in spelling first."""
    choices, text = _CHOICES[str(group["rule"].iloc[0])], str(group["value"].iloc[0])
    column = str(group["column"].iloc[0])

    def likeness(item: tuple[str, str]) -> float:
        return -max(difflib.SequenceMatcher(None, text.lower(), word).ratio() for word in item)

    for word, thai in sorted(choices.items(), key=likeness):
        changes = [_Change(row, column, word, thai) for row in group["row"]]
        yield _replace(group, examined, f"“{text}” คือ {thai} ({word})", changes)


def _grades(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest the one grade that a spelling with a stage and a digit can mean."""
    frame, column = examined.frames[str(group["table"].iloc[0])], str(group["column"].iloc[0])
    changes = []
    for row in group["row"]:
        match = _GRADE.match(arabic_digits(_text(frame, row, column)).strip())
        grade = ""
        if match:
            letter = {"อ": "K", "ป": "P", "ม": "M"}.get(match[1][0], match[1][0].upper())
            grade = _known_grade(letter + match[2])
        changes += [_Change(row, column, grade, thai_grades(grade))] if grade else []
    if changes:
        named = ", ".join(sorted({thai_grades(change.new) for change in changes}))
        yield _replace(group, examined, f"แก้เป็น {named}", changes)


def _known_grade(text: str) -> str:
    try:
        return format_grades(parse_grades(text))
    except ValueError:
        return ""


def _dates(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest the term or day that most rows have for one that is a slip away from it."""
    column, text = str(group["column"].iloc[0]), str(group["value"].iloc[0])
    usual = examined.tables["students"]["as_of"].mode()
    if len(usual) and _one_slip(plain_text(text), str(usual[0])):
        changes = [_Change(row, column, str(usual[0])) for row in group["row"]]
        yield _replace(group, examined, f"แก้ {text} เป็น {usual[0]} เหมือนแถวส่วนใหญ่", changes)


def _older_days(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest the newest day of a school's count for all of its rows in that term."""
    school = str(group["school_id"].iloc[0])
    students = examined.tables["students"]
    its = students[students["school_id"] == school]
    newest = snapshot(students)["as_of"][lambda texts: texts.index.isin(its.index)]
    if len(set(newest)) != 1:
        return
    day = str(newest.iloc[0])
    rows = [row for row, text in its["as_of"].items() if text and text != day and as_of_term(text) == as_of_term(day)]
    if rows:
        label = f"ให้ทุกแถวของโรงเรียนในภาคเรียนนี้เป็น {day} (ข้อมูลชุดเดียวกัน)"
        yield _replace(group, examined, label, [_Change(row, "as_of", day) for row in rows])


# -- what a school is said to be ----
def _offers(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest to change the grades that schools offer to those that their pupils are in, or that they are sent."""
    rule = str(group["rule"].iloc[0])
    schools = examined.tables["schools"]
    rows = dict(zip(schools["school_id"], schools.index, strict=True))
    offered = {code: set(parse_grades(schools.at[row, "grades"])) for code, row in rows.items()}
    wanted: dict[str, set[str]] = {}
    for row, school, text in group[["row", "school_id", "value"]].itertuples(index=False):
        target, grades = school, set(parse_grades(text))
        if rule == "host-lacks-grade":
            target, grades = examined.tables["mergers"].at[row, "host_id"], grades & offered.get(school, set())
        if target in offered:
            now = wanted.setdefault(target, set(offered[target]))
            wanted[target] = now - grades if rule == "empty-grade" else now | grades
    for school, grades in wanted.items():
        if grades and grades != offered[school]:
            named = thai_grades(format_grades(grades))
            label = f"แก้ชั้นที่เปิดสอนของ {school} {schools.at[rows[school], 'name']} เป็น {named}"
            yield _of_school(group, examined, label, rows[school], "grades", format_grades(grades))


def _still_open(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest that a school which is said to be closed is open."""
    rows = examined.tables["schools"]
    for code in dict.fromkeys(group["value"]):
        at = rows.index[rows["school_id"] == code]
        if len(at) == 1 and rows.at[at[0], "status"] == "closed":
            label = f"โรงเรียน {code} {rows.at[at[0], 'name']} ยังเปิดสอน"
            yield _of_school(group, examined, label, int(at[0]), "status", "open")


def _of_school(group: pd.DataFrame, examined: Examined, label: str, row: int, column: str, new: str) -> Mend:
    return _replace(group.assign(table="schools"), examined, label, [_Change(row, column, new)])


# -- names of places ----
def _swapped_names(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest to exchange the names of tambon and amphoe in the rows where only that gives a tambon of the list."""
    table = str(group["table"].iloc[0])
    frame = examined.frames[table]
    if examined.tambons is None or not {"tambon", "amphoe"} <= set(frame):
        return
    names = zip(examined.tambons["tambon"], examined.tambons["amphoe"], strict=True)
    listed = {(plain_name(tambon), plain_name(amphoe)) for tambon, amphoe in names}
    pairs: dict[tuple[str, str], list[int]] = {}
    for row, tambon, amphoe in frame[["tambon", "amphoe"]].itertuples():
        here = plain_name(tambon), plain_name(amphoe)
        if all(here) and here not in listed and here[::-1] in listed:
            pairs.setdefault((tambon, amphoe), []).append(int(row))
    label = "สลับชื่อตำบลกับชื่ออำเภอให้ถูกช่อง"
    rule = str(group["rule"].iloc[0])
    made = [
        Correction(table, {}, "tambon+amphoe", f"{tambon} | {amphoe}", f"{amphoe} | {tambon}", rule, label)
        for tambon, amphoe in pairs
    ]
    preview = [
        {"row": rows[0], "before": f"ต.{tambon} อ.{amphoe}", "after": f"ต.{amphoe} อ.{tambon}"}
        for (tambon, amphoe), rows in list(pairs.items())[:_PREVIEWED]
    ]
    yield Mend(f"{label} {sum(map(len, pairs.values())):,} แถว", made, preview, sum(map(len, pairs.values())))


def _names_of_code(group: pd.DataFrame, examined: Examined) -> Iterator[Mend]:
    """Suggest the official name of the tambon or amphoe that the village's code says."""
    table, column = str(group["table"].iloc[0]), str(group["column"].iloc[0])
    if examined.tambons is None:
        return
    official = examined.tambons.set_index("tambon_code")[column].to_dict()
    codes = examined.tables[table]["village_id"].str[:6]
    changes = [_Change(row, column, official[codes[row]]) for row in group["row"] if codes.get(row) in official]
    if changes:
        thai = {"tambon": "ตำบล", "amphoe": "อำเภอ"}[column]
        yield _replace(group, examined, f"ใช้ชื่อ{thai}ตามรหัสหมู่บ้าน {len(changes):,} แถว", changes)


# -- corrections of cells ----
def _replace(group: pd.DataFrame, examined: Examined, label: str, changes: Iterable[_Change]) -> Mend:
    """Return a mend of cells: one correction for all rows of an owner that have the same text."""
    table, rule = str(group["table"].iloc[0]), str(group["rule"].iloc[0])
    frame, owner = examined.frames[table], _OWNER.get(table, "school_id")
    made: dict[tuple[str, ...], Correction] = {}
    preview: list[dict[str, Any]] = []
    changes = [change for change in changes if change.row in frame.index]
    for change in changes:
        old = _text(frame, change.row, change.column)
        names = owner if owner in frame and owner != change.column else ""
        where = {names: str(frame.at[change.row, names])} if names else {}
        key = (change.column, *where.values(), plain_text(old))
        if key not in made:
            made[key] = Correction(table, where, change.column, old, change.new, rule, label)
            if len(preview) < _PREVIEWED:
                preview.append({"row": int(change.row), "before": old, "after": change.shown or change.new})
    return Mend(label, list(made.values()), preview, len(changes))


def _text(frame: pd.DataFrame, row: int, column: str) -> str:
    return str(frame.at[row, column]) if column in frame and row in frame.index else ""


_MAKERS: dict[str, Callable[[pd.DataFrame, Examined], Iterator[Mend]]] = {
    "unknown-code": _codes,
    "code-kind": _code_kinds,
    "far-home": _far_homes,
    "likely-indian-datum": _readings,
    "ambiguous-point": _readings,
    "duplicate-key": _repeats,
    "letter-twice": _repeats,
    "overlapping-merger": _repeats,
    **dict.fromkeys(_CHOICES, _words),
    "bad-grade": _grades,
    "future-count": _dates,
    "older-count": _older_days,
    "grade-not-offered": _offers,
    "empty-grade": _offers,
    "host-lacks-grade": _offers,
    "host-closed": _still_open,
    "swapped-tambon-amphoe": _swapped_names,
    "name-not-of-code": _names_of_code,
}

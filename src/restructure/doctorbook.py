"""Workbooks of the data doctor: one for the office, and one to send to each school with what only it can answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from restructure.book import Cover, Sheet, write_book
from restructure.corrections import UNDONE, Logged, plain_text, tells_of_child
from restructure.doctor import group_problems, located_problems, rule_words
from restructure.files import staged
from restructure.grades import thai_grades
from restructure.intake import columns_of
from restructure.mends import Examined, suggest
from restructure.policy import Policy
from restructure.words import INTERNAL, TABLE_NAMES

#: What the program has mended itself or what lies in the map: a school has nothing to answer.
_NOT_ASKED = {"thai-digits", "code-decimals", "excel-term", "swapped-point", "rival-road", "near-column"}
_MOST_MENDS = 3  # of a group: all of them are to be seen where one can be chosen
_HEADS = {
    "number": ("ที่", "ลำดับ"),
    "label": ("เรื่อง", "กฎที่ตรวจพบ"),
    "rows": ("แถวแรก ๆ", "แถวแรก ๆ ในไฟล์"),
    "mends": ("แก้ได้ทันทีด้วย", "วิธีแก้ที่เลือกได้ในหน้าตรวจข้อมูล"),
    "school_id": ("รหัสโรงเรียน", "โรงเรียนของแถวนั้น ว่าง = ไม่ใช่ของโรงเรียนใด"),
    "school_name": ("โรงเรียน", "ชื่อโรงเรียนของแถวนั้น"),
    "table_name": ("ข้อมูล", "ตารางที่พบ"),
    "about": ("รายการ", "แถวที่พบ"),
    "found": ("สิ่งที่พบและวิธีแก้", "สิ่งที่พบ และสิ่งที่ควรทำ"),
    "column_name": ("ช่อง", "คอลัมน์ที่พบ"),
    "answer": ("คำตอบของโรงเรียน (ค่าที่ถูกต้อง หรือเขียนว่า ถูกต้องแล้ว พร้อมเหตุผล)", "ให้โรงเรียนกรอก"),
    "made": ("เมื่อ (UTC)", "เวลาที่แก้"),
    "applied": ("ใช้อยู่หรือไม่", "ใช้อยู่ หรือ ย้อนกลับแล้ว"),
    "note": ("การแก้ไข", "สิ่งที่แก้"),
    "where": ("แถวที่แก้", "แถวที่มีค่าเหล่านี้ ว่าง = ทุกแถว"),
    "changed": ("ช่อง", "คอลัมน์ที่แก้"),
    "old": ("จาก", "ค่าเดิมในไฟล์"),
    "new": ("เป็น", "ค่าที่ใช้แทน"),
    "rule": ("กฎ", "ชื่อกฎในระบบ"),
    "meaning": ("ความหมาย", "ความหมายของกฎ"),
}


def write_doctor_books(examined: Examined, log: Sequence[Logged], folder: Path, policy: Policy) -> list[Path]:
    """Write ``office.xlsx`` and, for each school that has something to answer, ``schools/SCHOOL.xlsx``.

    Workbooks of schools with nothing left to answer are taken away. No pupil can be told by any of them.

    Parameters
    ----------
    log
        Every correction that was made, as :func:`restructure.corrections.read_log` returns them.
    folder
        Where the workbooks go, such as ``outputs/check``.

    Returns
    -------
    list of Path
        What was written, the office's first.
    """
    located = located_problems(examined)
    names = examined.tables["schools"].set_index("school_id")["name"]
    asked = located[(located["school_id"] != "") & ~located["rule"].isin(_NOT_ASKED)]
    written = [Path("office.xlsx")]
    with staged(folder) as stage:
        _write_office(examined, located, log, policy, stage / written[0])
        taken: set[str] = set()
        for school, rows in asked.groupby("school_id", sort=True):
            path = Path("schools") / f"{_file_stem(str(school), taken)}.xlsx"
            (stage / path).parent.mkdir(exist_ok=True)
            _write_school(examined, rows, f"{names[school]} ({school})", policy, stage / path)
            written.append(path)
    for left in set((folder / "schools").glob("*.xlsx")) - {folder / path for path in written}:
        left.unlink()
    return [folder / path for path in written]


def _file_stem(school: str, taken: set[str]) -> str:
    """Return a file name for a code: what has a meaning in paths is left out, and none is given twice."""
    stem = plain = re.sub(r"[^\w-]", "_", school)
    number = 1
    while stem.lower() in taken:
        number += 1
        stem = f"{plain}-{number}"
    taken.add(stem.lower())
    return stem


def _write_office(examined: Examined, located: pd.DataFrame, log: Sequence[Logged], policy: Policy, path: Path) -> None:
    groups, rows = group_problems(located), dict(iter(located.groupby("group")))
    mends = [
        "\n".join(mend.label for mend in suggest(rows[group], examined)[:_MOST_MENDS]) for group in groups["group"]
    ]
    groups = groups.assign(mends=mends)
    shown = ["severity", "label", "file", "column", "value", "count", "schools", "message", "remedy", "rows", "mends"]
    groups = groups.astype({"count": "Int64", "schools": "Int64"})[shown]
    names = examined.tables["schools"].set_index("school_id")["name"]
    every = located[["severity", "rule", "file", "row", "column", "value", "school_id", "message", "remedy"]]
    every = every.assign(school_name=every["school_id"].map(names).fillna(""))
    every = every.assign(rule=_labels(every["rule"])).rename(columns={"rule": "label"})
    words = rule_words().loc[lambda table: table.index.isin(located["rule"])].reset_index()
    cover = Cover(
        title="ผลตรวจข้อมูลและการแก้ไข",
        note=INTERNAL,
        property_title="ผลตรวจข้อมูล",
        policy=policy,
        students=examined.tables["students"],
        osm_date="",
        scenario="",
    )
    sheets = [
        Sheet("กลุ่มปัญหา", "ปัญหาที่แก้ได้ด้วยการกระทำเดียว เรียงจากที่ต้องแก้ก่อน", groups, "problems",
              "แถวที่พักไว้ไม่ได้นำมาคำนวณ; คอลัมน์หลัง “สิ่งที่พบ” ไม่พิมพ์", heads=_HEADS, frozen_columns=2,
              printed_columns=shown.index("message") + 1),
        Sheet("ปัญหาทั้งหมด", "ปัญหาทุกรายการในไฟล์นำเข้า", every, "problems", INTERNAL, heads=_HEADS, frozen_columns=2),
        Sheet("บันทึกการแก้ไข", "การแก้ไขที่ใช้กับไฟล์ดิบทุกครั้ง (ไฟล์ดิบไม่เปลี่ยน)", _log_table(log), note=INTERNAL, heads=_HEADS),
        Sheet("ความหมายของกฎ", "กฎที่พบในรอบนี้", words[["thai", "meaning", "rule"]].rename(columns={"thai": "label"}),
              heads=_HEADS),
    ]  # fmt: skip
    write_book(cover, sheets, path)


def _log_table(log: Sequence[Logged]) -> pd.DataFrame:
    rows = [
        {
            "made": c.made,
            "applied": "ย้อนกลับแล้ว" if status == UNDONE else "ใช้อยู่",
            "note": c.note,
            "table_name": TABLE_NAMES.get(c.table, c.table),
            "where": ", ".join(f"{column} = {text}" for column, text in c.where.items()),
            "changed": c.column,
            "old": c.old,
            "new": c.new,
            "label": c.rule,
        }
        for status, c in log
    ]
    columns = ["made", "applied", "note", "table_name", "where", "changed", "old", "new", "label"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(label=_labels(table["label"]))


def _labels(rules: Iterable[str]) -> list[str]:
    words = rule_words()["thai"]
    return [str(words.get(rule, rule)) for rule in rules]


def _write_school(examined: Examined, rows: pd.DataFrame, school: str, policy: Policy, path: Path) -> None:
    table = pd.DataFrame(
        {
            "number": [str(number) for number in range(1, len(rows) + 1)],
            "label": _labels(rows["rule"]),
            "about": [_about(examined, name, row) for name, row in zip(rows["table"], rows["row"], strict=True)],
            "column_name": [_head(name, column) for name, column in zip(rows["table"], rows["column"], strict=True)],
            "value": rows["value"].tolist(),
            "found": [f"{text} → {remedy}" for text, remedy in zip(rows["message"], rows["remedy"], strict=True)],
            "answer": "",
            "file": rows["file"].tolist(),
            "row": rows["row"].tolist(),
        }
    )
    title = f"ข้อมูลที่ขอให้โรงเรียนตรวจ: {school}"
    note = "ตรวจกับต้นฉบับของโรงเรียน กรอกช่องคำตอบทุกแถว แล้วส่งไฟล์นี้กลับสำนักงานเขต อย่าใส่ชื่อหรือเลขประจำตัวนักเรียน"
    cover = Cover(title, note, title, policy, examined.tables["students"], osm_date="", scenario="")
    printed = table.columns.get_loc("answer") + 1
    sheet = Sheet("ข้อมูลที่ขอให้ตรวจ", title, table, "problems", note, heads=_HEADS, frozen_columns=2,
                  printed_columns=printed)  # fmt: skip
    write_book(cover, [sheet], path)


def _about(examined: Examined, table: str, row: int) -> str:
    """Return what a school knows a row by; nothing that stands for a single child."""
    frame = examined.frames[table]
    if row not in frame.index:
        return TABLE_NAMES.get(table, table)
    cells = {
        column: plain_text(text) for column, text in frame.loc[row].items() if not tells_of_child(table, column, text)
    }
    villages = examined.tables["villages"].set_index("village_id")["name"]
    parts = [TABLE_NAMES.get(table, table)]
    for column, word in (("grade", "ชั้น"), ("grades", "ชั้น"), ("year", "ปี"), ("from_term", "ภาคเรียน"), ("as_of", "ข้อมูล")):
        if text := cells.get(column, ""):
            parts.append(f"{word} {thai_grades(text) if word == 'ชั้น' else text}")
    if table == "students" and (village := cells.get("village_id", "")):
        parts.append(f"หมู่บ้าน {village} {villages.get(village, '')}".strip())
    if table != "students" and (host := cells.get("host_id", "")):
        parts.append(f"โรงเรียนหลัก {host}")
    return " ".join(parts)


def _head(table: str, column: str) -> str:
    columns = columns_of(table)
    return str(columns.at[column, "thai"]) if column in columns.index else column

"""Which column of a file is which of ours."""

from __future__ import annotations

import difflib
import re
import unicodedata

import pandas as pd

from restructure._errors import TableError
from restructure.intake.schema import Problem


def _head_key(head: str) -> str:
    head = unicodedata.normalize("NFC", head).lower().replace("\u0e4d\u0e32", "\u0e33")
    # DMC marks some heads as ones that must be filled in.
    return re.sub(r"[\s_\-./()]+", "", head).removesuffix("ต้องกรอก")


def match_heads(heads: list[str], schema: pd.DataFrame, where: str, problems: list[Problem]) -> dict[str, int]:
    known: dict[str, str] = {}
    for level in ("aliases", "thai", "name"):  # a later level wins where two columns share a word
        for name, row in schema.iterrows():
            words = [str(name)] if level == "name" else str(row[level]).split(";")
            known.update({_head_key(word): str(name) for word in words if word})
    place_of: dict[str, int] = {}
    for i, head in enumerate(heads):
        name = known.get(_head_key(head))
        if name is not None and name not in place_of:
            place_of[name] = i
        elif head:
            near = difflib.get_close_matches(_head_key(head), known, 1, 0.75)
            hint = f" หมายถึง “{schema.loc[known[near[0]], 'thai']}” ({known[near[0]]}) หรือไม่" if near else ""
            again = "ซ้ำกับคอลัมน์ก่อนหน้า" if name else "ไม่รู้จัก"
            problems.append(
                Problem(
                    "warning", "repeated-column" if name else "unknown-column", where, 1, head, "",
                    f"คอลัมน์ “{head}” {again}{hint} จึงไม่ได้อ่าน",
                    "แก้ชื่อหัวตารางให้ตรง หรือปล่อยไว้หากไม่ต้องใช้",
                )
            )  # fmt: skip
    return place_of


def require_columns(place_of: dict[str, int], schema: pd.DataFrame, table: str, heads: list[str], where: str) -> None:
    missing = [name for name in schema.index[schema["required"] == "yes"] if name not in place_of]
    if table == "students" and not {"count", "student_key"} & set(place_of):
        missing.append("count")
    if table == "students" and "village_id" not in place_of and not {"lat", "lon"} <= set(place_of):
        missing.append("village_id")
    if missing:
        names = ", ".join(f"{schema.loc[name, 'thai']} ({name})" for name in missing)
        unread = [head for i, head in enumerate(heads) if head and i not in place_of.values()]
        found = f" หัวตารางที่ไม่รู้จัก: {', '.join(unread[:8])}" if unread else ""
        raise TableError(
            f"ไฟล์ {where} แถว 1 ขาดคอลัมน์ {names}: เพิ่มหรือแก้ชื่อหัวตาราง{found}",
            f"{where}, row 1, lacks the column(s) {', '.join(missing)}; add them or mend the head.",
        )

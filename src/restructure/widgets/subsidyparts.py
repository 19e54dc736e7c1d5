"""What the sections of the subsidy page name and count alike: schools, origins, lines, moments, figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from restructure.mapdata import one_line
from restructure.subsidy import LINE
from restructure.words import PROGRAMMES, spell_day

#: Names of villages and of schools by code.
Names = Mapping[str, Mapping[str, str]]


def names_of(tables: dict[str, pd.DataFrame]) -> Names:
    """Return the names of villages and schools by code."""
    return {
        table: dict(zip(tables[table][key], map(one_line, tables[table]["name"]), strict=True))
        for table, key in (("villages", "village_id"), ("schools", "school_id"))
    }


def line_words(row: dict[Any, Any], names: Names) -> dict[str, str]:
    """Return a line of money by its codes and in words."""
    return {name: row[name] for name in LINE} | {
        "host": school(row["host_id"], names),
        "school": school(row["school_id"], names),
        "programme_words": PROGRAMMES[row["programme"]],
    }


def origin(row: dict[Any, Any], names: Names) -> str:
    """Return in words where a pair begins."""
    village = f"{names['villages'].get(row['village_id'], '')} ({row['village_id']})" if row["village_id"] else ""
    if row["measured_from"] == "home":
        return f"{village} จากจุดบ้าน รหัสอ้างอิง {row['student_key']}".strip()
    return village or "ไม่ทราบหมู่บ้าน"


def school(code: str, names: Names) -> str:
    """Return a school's name with its code."""
    return f"{names['schools'].get(code, '')} ({code})".strip()


def moment(at: str) -> str:
    """Return a time of the ledger in words: ``16 พฤษภาคม 2570 เวลา 09:30``."""
    return f"{spell_day(at[:10])} เวลา {at[11:16]}"


def plain(value: Any) -> int | None:
    """Return a whole number as JSON has it; None where it is not known."""
    return None if pd.isna(value) else int(value)


def total(values: pd.Series) -> int | None:
    """Return the sum of what is known; None where nothing is."""
    return plain(values.sum(min_count=1))

"""What the plan for small schools says, as texts: the tags of its templates, and its tables of many columns."""

from __future__ import annotations

from typing import Any

import pandas as pd

from restructure.documents.parts import Facts, kilometres, number, official, typed
from restructure.documents.smalltemplate import fine_table
from restructure.documents.writing import BLANK_COUNT
from restructure.grades import STAGES, thai_grades
from restructure.paper import Cell, Paper, blank, computed
from restructure.policy import UNNAMED_OFFICE
from restructure.smallschools import AHEAD, NEAREST, STAGE_COLUMNS, SmallSchools, size_columns, spell_sizes
from restructure.smalltexts import SMALL_TEXTS, SmallTexts
from restructure.teaching import spell_staffing
from restructure.thai import thai_date, thai_digits
from restructure.words import CERTAINTY, KINDS, PROGRAMMES, ROUTED, SYNTHETIC, spell_as_of, spell_day, spell_value

#: Settings that the figures rest on.
_RESTS_ON = ("small_school_max", "staffing", "staffing_rounding", "teachers_old", "distance_rule", "vehicle")
_NONE = "–"


def shared_facts(small: SmallSchools, texts: SmallTexts, steps: pd.DataFrame, version: str, *, final: bool) -> Facts:
    """Return the tags that every template of small schools may use; none of pupils."""
    cycle = small.cycle
    office = cycle.policy.office
    return {
        "office": blank("ชื่อสำนักงานเขต").text if office == UNNAMED_OFFICE else thai_digits(office),
        "fiscal_year": thai_digits(str(cycle.policy.fiscal_year)),
        "most": number(small.bounds[-1]),
        "synthetic": SYNTHETIC if cycle.policy.synthetic else "",
        "final": final,
        "routed": ROUTED,
        "osm_date": thai_digits(spell_day(cycle.network.osm_date)),
        "version": version,
        "term": thai_digits(small.term),
        "as_of": thai_digits(spell_as_of(cycle.tables["students"])),
        "texts": {key: typed(texts.texts.get(key, ""), label) for key, label in SMALL_TEXTS.items()},
        "mergers": merger_facts(small),
        "steps": [
            {
                "number": thai_digits(place),
                "name": official(row["thai"]),
                "owner": typed(row["owner"], "ผู้รับผิดชอบ"),
                "due": blank("วันที่").text if pd.isna(row["due"]) else thai_date(row["due"]),
                "state": "ยังไม่ทำ" if pd.isna(row["done_on"]) else f"เสร็จแล้ว {thai_date(row['done_on'])}",
            }
            for place, row in enumerate(steps.to_dict("records"), start=1)
        ],
    }


def plan_facts(small: SmallSchools, texts: SmallTexts) -> Facts:
    """Return the tags of the plan's own template."""
    return {
        "present": _present(small),
        "sizes": _sizes(small),
        "staff": _staff(small.small[small.small["learners"] > 0]),
        "staffing_rule": official(spell_staffing(small.cycle.policy.settings)),
        "mergers": [
            {**told, "pupils": number(pupils)}
            for told, pupils in zip(merger_facts(small), small.mergers["pupils"], strict=True)
        ],
        "unprojected": official(small.unprojected),
        "year": _NONE if small.year is None else thai_digits(str(small.year)),
        "ahead": [_NONE if small.year is None else thai_digits(str(small.year + i)) for i in range(1, len(AHEAD) + 1)],
        "size_measures": [
            {
                "size": thai_digits(name),
                "schools": number(count),
                "text": typed(texts.sizes.get(high, ""), thai_digits(f"มาตรการ {name}")),
            }
            for name, high, count in zip(spell_sizes(small.bounds), small.bounds, small.sizes["schools"], strict=True)
            if count
        ],
        "school_measures": [
            {
                "name": thai_digits(row["name"]),
                "code": row["school_id"],
                "text": typed(texts.schools[row["school_id"]], ""),
            }
            for row in small.schools.to_dict("records")
            if texts.schools.get(row["school_id"], "").strip()
        ],
        "schools": _schools(small),
        "settings": setting_facts(small, _RESTS_ON),
        "blank_count": BLANK_COUNT,
        "garuda": blank("ตราครุฑ สูง ๑.๕ ซม. (ไฟล์ templates/garuda.png)").text,
    }


def merger_facts(small: SmallSchools) -> list[Facts]:
    """Return the mergers in force, without their pupils."""
    names = small.cycle.tables["schools"].set_index("school_id")["name"]
    return [
        {
            "school": thai_digits(names[row["school_id"]]),
            "school_id": row["school_id"],
            "host": thai_digits(names[row["host_id"]]),
            "host_id": row["host_id"],
            "grades": thai_digits(thai_grades(row["grades"])),
            "kind": KINDS[row["kind"]],
            "programme": thai_digits(PROGRAMMES[row["programme"]]),
            "from_term": thai_digits(row["from_term"]),
        }
        for row in small.mergers.to_dict("records")
    ]


def setting_facts(small: SmallSchools, keys: tuple[str, ...]) -> list[Facts]:
    """Return settings with their values, sources and who confirmed them."""
    policy = small.cycle.policy
    return [
        {
            "item": official(entry.name),
            "value": official(spell_value(key, entry, policy.settings)),
            "source": official(entry.source or "ไม่ระบุ"),
            "certainty": CERTAINTY[entry.certainty],
            "confirmed_by": official(entry.confirmed_by) or "ยังไม่มีผู้ยืนยัน",
        }
        for key in keys
        for entry in [policy.entries[key]]
    ]


def write_counts(
    paper: Paper, table: pd.DataFrame, by: str, head: str, bounds: tuple[int, ...], last: str, under: str = ""
) -> None:
    """Write the number of schools of each size, a row a place or year.

    Parameters
    ----------
    table
        As :func:`restructure.smallschools.count_sizes` counts; its column ``by`` is told under ``head``.
    last
        The column of pupils, or of what stands for them.
    under
        The column whose values stand on lines of their own, each above its rows.
    """
    names = [name.removesuffix(" คน").replace("นักเรียน", "").replace("–", "–\n") for name in spell_sizes(bounds)]
    shown: list[Cell] = [head, *map(thai_digits, names), "รวม\nขนาดเล็ก", "นักเรียน\n(คน)"]
    columns = [by, *size_columns(bounds), "small", last]
    lines: list[list[Cell]] = []
    above = ""
    for row in table.to_dict("records"):
        if under and row[under] != above:
            above = row[under]
            lines.append([computed(above)])
        lines.append([computed(row[key]) for key in columns])
    wide = (16.0 - 2.8 - 1.6 - 1.9) / len(bounds)
    fine_table(paper, shown, lines, [2.8, *[wide] * len(bounds), 1.6, 1.9], numeric=range(1, len(shown)))


def _present(small: SmallSchools) -> Facts:
    every, few = small.every, small.small
    pupils = int(every["on_roll"].sum())
    return {
        "schools": number(len(every)),
        "pupils": number(pupils),
        "as_of": thai_digits(spell_as_of(small.cycle.tables["students"])),
        "small": number(len(few)),
        "small_percent": _percent(len(few), len(every)),
        "small_pupils": number(few["on_roll"].sum()),
        "pupils_percent": _percent(int(few["on_roll"].sum()), pupils),
        "empty": number((every["on_roll"] == 0).sum()),
    }


def _sizes(small: SmallSchools) -> list[Facts]:
    every = small.every
    larger = every[every["size"] == len(small.bounds)]
    rows = [
        *zip(spell_sizes(small.bounds), small.sizes["schools"], small.sizes["pupils"], strict=True),
        (f"มากกว่า {small.bounds[-1]} คน", len(larger), larger["on_roll"].sum()),
    ]
    return [
        {
            "size": thai_digits(name),
            "schools": number(count),
            "percent": _percent(count, len(every)),
            "pupils": number(sum_),
        }
        for name, count, sum_ in rows
    ]


def _percent(part: int, whole: int) -> str:
    return thai_digits(f"{100 * part / max(whole, 1):.1f}")


def _staff(schools: pd.DataFrame) -> Facts:
    over = schools["teachers_over"]
    known = over.dropna()
    return {
        "counted": number(len(schools)),
        "short": number((known < 0).sum()),
        "short_posts": number(-known[known < 0].sum()),
        "exact": number((known == 0).sum()),
        "over": number((known > 0).sum()),
        "over_posts": number(known[known > 0].sum()),
        "unknown": number(over.isna().sum()),
    }


def _schools(small: SmallSchools) -> list[Facts]:
    near = {code: _near(small, rows) for code, rows in small.nearest.groupby("school_id")}
    stages = dict(zip(("kindergarten", "lower", "upper", "secondary"), (STAGE_COLUMNS[s] for s in STAGES), strict=True))
    return [
        {
            "number": thai_digits(place),
            "name": thai_digits(row["name"]),
            "code": row["school_id"],
            "place": thai_digits(f"{row['tambon']}\n{row['amphoe']}"),
            "grades": thai_digits(thai_grades(row["grades"])),
            "special_area": official(row["special_area"]) or _NONE,
            **{key: number(row[column]) for key, column in {**stages, "on_roll": "on_roll"}.items()},
            **{key: number(row[key]) for key in ("learners", "teachers", "teachers_needed", "rooms", "rooms_needed")},
            "over": _signed(row["teachers_over"]),
            "together": number(row["classes_together"]),
            "ahead": [number(row[column]) for column in AHEAD],
            "near": near.get(row["school_id"], ["ไม่มีทางรถไปโรงเรียนที่ใหญ่กว่า"]) + [_NONE] * NEAREST,
        }
        for place, row in enumerate(small.schools.to_dict("records"), start=1)
    ]


def _near(small: SmallSchools, rows: pd.DataFrame) -> list[str]:
    told = []
    for row in rows.to_dict("records"):
        lacks = f"\nไม่เปิด {thai_digits(thai_grades(row['lacks']))}" if row["lacks"] else ""
        way = f"{kilometres(row['road_m'])} กม. {number(row['minutes'])} นาที"
        size = f"{number(row['larger_pupils'])} คน {official(row['larger_readiness'])}".rstrip()
        told.append(f"{named_once(small, row['larger_id'])}\n{way}\n{size}{lacks}")
    return told


def named_once(small: SmallSchools, code: str) -> str:
    """Return a school's name, with its code only where another school of the office has the same name."""
    schools = small.cycle.tables["schools"]
    name = schools.loc[schools["school_id"] == code, "name"].iloc[0]
    return thai_digits(name) + (f" ({code})" if (schools["name"] == name).sum() > 1 else "")


def _signed(value: Any) -> str:
    if pd.isna(value) or not value:
        return number(value)
    return thai_digits(f"{int(value):+,}".replace("-", "−"))

"""What a plan says of each school in it: computed, and typed in by people."""

from __future__ import annotations

from typing import Any

import pandas as pd

from restructure.documents.facts import codes
from restructure.documents.parts import Facts, baht, baht_words, metres, number, official, typed
from restructure.drafting import SCHOOL_TEXTS, Draft, SchoolTexts
from restructure.filling import PARAGRAPH
from restructure.grades import thai_grades
from restructure.plan import Plan, school_table
from restructure.thai import thai_digits
from restructure.words import KINDS, PROGRAMMES, UNKNOWN_BAHT


def move_facts(plan: Plan) -> Facts:
    """Return the moves of a plan, a row a merge, and their sums."""
    moves, unknown = plan.moves, plan.moves["baht"].isna().all() and len(plan.moves)
    return {
        "rows": [{"number": thai_digits(i), **_move(move)} for i, move in enumerate(moves.to_dict("records"), start=1)],
        "pupils": number(moves["pupils"].sum()),
        "baht": UNKNOWN_BAHT if unknown else number(moves["baht"].sum()),
    }


def school_facts(plan: Plan, draft: Draft) -> list[Facts]:
    """Return each school that pupils leave, with its hosts, its warnings and what people typed of it."""
    schools = school_table(plan).set_index("school_id")
    warnings, known = plan.outcome.warnings, codes(plan)
    found = []
    for place, (code, moves) in enumerate(plan.moves.groupby("school_id", sort=True), start=1):
        school = schools.loc[code]
        about_host = (warnings["school_id"] == "") & warnings["host_id"].isin(moves["host_id"])
        mine = warnings.loc[(warnings["school_id"] == code) | about_host, "message"]
        texts = draft.schools.get(str(code), SchoolTexts())
        found.append(
            {
                "number": thai_digits(place),
                "name": thai_digits(school["name"]),
                "code": code,
                "place": thai_digits(f"ตำบล{school['tambon']} อำเภอ{school['amphoe']}"),
                "on_roll": number(school["on_roll"]),
                "past": _past(plan, str(code)),
                "teachers": number(school.get("teachers", pd.NA)),
                "special_area": official(school.get("special_area", "") or "ไม่มีในข้อมูล"),
                "moves": [_move(move) | _host(schools.loc[move["host_id"]]) for move in moves.to_dict("records")],
                "warnings": PARAGRAPH.join(official(text, known) for text in mine) or "ไม่พบจากการคำนวณ",
                "texts": {key: typed(getattr(texts, key), label) for key, label in SCHOOL_TEXTS.items()},
            }
        )
    return found


def _move(move: dict[Any, Any]) -> Facts:
    # Where nobody moves, no way is unknown.
    way = metres if move["pupils"] else lambda *_: "–"
    return {
        "school": thai_digits(move["school_name"]),
        "school_id": move["school_id"],
        "host": thai_digits(move["host_name"]),
        "host_id": move["host_id"],
        "grades": thai_digits(thai_grades(move["grades"])),
        "kind": KINDS[move["kind"]],
        "programme": thai_digits(PROGRAMMES[move["programme"]]),
        "from_term": thai_digits(move["from_term"]),
        "pupils": number(move["pupils"]),
        "unmeasured": number(move["unreachable"]),
        "median_m": way(move["median_m"], ""),
        "farthest_m": way(move["max_m"], ""),
        "median": way(move["median_m"]),
        "farthest": way(move["max_m"]),
        "baht": baht(move["baht"]),
        "baht_text": baht_words(move["baht"]),
    }


def _host(host: pd.Series) -> Facts:
    return {
        "host_before": number(host["before"]),
        "host_after": number(host["after"]),
        "rooms_needed": number(host["rooms_needed"]),
        "rooms": number(host.get("rooms", pd.NA)),
        "readiness": official(host.get("readiness", "") or "ไม่ระบุ"),
    }


def _past(plan: Plan, school: str) -> str:
    past = plan.tables.get("enrolment")
    if past is None or not (past["school_id"] == school).any():
        return ""
    years = past[past["school_id"] == school].groupby("year")["count"].sum()
    return thai_digits(", ".join(f"พ.ศ. {year} = {count:,}" for year, count in years.items()))

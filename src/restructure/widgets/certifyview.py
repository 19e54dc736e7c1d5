"""What the page of the subsidy year shows of certifying: pairs, what was decided on them, workbooks that came back."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import pandas as pd
import shapely

from restructure.certify import STATES, spell_doubt, subject_of
from restructure.cycle import Measured
from restructure.distance import routes
from restructure.fieldbook import Fault
from restructure.ledger import in_force
from restructure.mapdata import one_line
from restructure.rounds import Round
from restructure.webpage import point, steps
from restructure.widgets.subsidyparts import Names, moment, origin, plain, school

_METHODS = {"accept": "รับรองตามที่คำนวณ", "enter": "กรอกระยะทางที่วัดได้"}


def pair_rows(table: pd.DataFrame, made: Round, names: Names) -> list[dict[str, Any]]:
    """Return pairs as the page lists them; what is not known is None."""
    rates = [band.baht_per_day for band in made.policy.settings.bands]
    return [
        {
            "key": subject_of(row),
            "from": _question(row),
            "village": origin(row, names),
            "host": school(row["host_id"], names),
            "schools": [school(code, names) for code in row["schools"].split(";")],
            **{name: plain(row[name]) for name in ("pupils", "baht", "routed_m", "declared_m", "certified_m")},
            "band": None if pd.isna(row["band"]) else f"{row['band']} · {rates[row['band'] - 1]:,} บาท",
            "state": row["state"],
            "words": STATES[row["state"]],
            "why": row["reason"],
        }
        for row in table.to_dict("records")
    ]


def _question(row: dict[Any, Any]) -> str:
    """Return what the figures of a pair are traced by; empty for pupils of whom not even the village is known."""
    if row["measured_from"] == "home":
        return f"home/{row['student_key']}/{row['host_id']}"
    return f"distance/{row['village_id']}/{row['host_id']}" if row["village_id"] else ""


def way_view(measured: Measured, question: str) -> dict[str, Any]:
    """Return the way from a village to a school, asked as ``distance/VILLAGE/HOST``, as a map draws it."""
    _, village, host = question.split("/")
    cycle = measured.cycle
    ends = [
        cycle.tables[table].set_index(key).loc[code]
        for table, key, code in (("villages", "village_id", village), ("schools", "school_id", host))
    ]
    places = [end[["lat", "lon"]].astype(float).tolist() for end in ends]
    columns = ["lat", "lon", "school_lat", "school_lon"]
    [line] = routes(cycle.network, pd.DataFrame([[*places[0], *places[1]]], columns=columns)).geometry
    names = [one_line(end["name"]) for end in ends]
    return {"line": steps(shapely.get_coordinates(line)), "ends": [point(*place) for place in places], "names": names}


def filter_options(table: pd.DataFrame, names: Names) -> dict[str, list[list[str]]]:
    """Return what a list of pairs can be narrowed to: pairs of value and words."""
    left = sorted({code for codes in table["schools"] for code in codes.split(";")})
    villages = sorted(set(table["village_id"]) - {""})
    return {
        "state": [[state, words] for state, words in STATES.items() if (table["state"] == state).any()],
        "host": [[code, school(code, names)] for code in sorted(set(table["host_id"]))],
        "school": [[code, school(code, names)] for code in left],
        "village": [[code, f"{names['villages'].get(code, '')} ({code})"] for code in villages],
    }


def totals(table: pd.DataFrame) -> dict[str, int]:
    """Return how many pairs a decision is on, and their pupils and baht of the round."""
    return {"pairs": len(table), "pupils": int(table["pupils"].sum()), "baht": int(table["baht"].sum())}


def history(rows: pd.DataFrame, subject: str) -> list[dict[str, Any]]:
    """Return all that was ever decided on a pair, the newest first."""
    mine = rows[(rows["kind"] == "certify") & (rows["subject"] == subject)]
    undone = rows[(rows["kind"] == "revoke") & rows["subject"].isin(mine["seq"].astype(str))]
    held = set(in_force(rows, "certify")["seq"])
    told = []
    for row in pd.concat([mine, undone]).sort_values("seq", ascending=False).to_dict("records"):
        content = json.loads(row["content"])
        words = f"เพิกถอนแถว {row['subject']}"
        if row["kind"] == "certify":
            words = f"{_METHODS[content['method']]} {content['certified_m']:,} ม."
            if content["method"] == "enter" and content["routed_m"] is not None:
                words += f" (คำนวณได้ {content['routed_m']:,} ม.)"
        doubts = [spell_doubt(word) for word in content.get("warnings", [])]
        told.append(
            {"seq": row["seq"], "at": moment(row["at"]), "who": row["who"], "words": words, "why": row["why"]}
            | {"evidence": content.get("evidence", ""), "doubts": doubts, "holds": row["seq"] in held}
        )
    return told


def book_view(file: str, proposals: pd.DataFrame, faults: Collection[Fault], names: Names) -> dict[str, Any]:
    """Return what a field workbook that came back proposes, and what of it was not taken over."""
    return {
        "file": one_line(file),
        "rows": [
            {
                "row": int(row["row"]),
                "village": origin(row, names),
                "host": school(row["host_id"], names),
                "routed_m": plain(row["routed_m"]),
                "certified_m": plain(row["certified_m"]),
                "metres": int(row["metres"]),
                "why": row["why"],
                "doubts": [spell_doubt(word) for word in row["doubts"].split(";") if word],
            }
            for row in proposals.to_dict("records")
        ],
        "faults": [fault._asdict() for fault in faults],
    }

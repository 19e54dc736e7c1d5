"""What the rows of the request set แบบ 1–4 say of a round."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from restructure.grades import GRADES, STAGES, parse_grades, stage_of, thai_grades
from restructure.paper import blank
from restructure.papers.facts import STAGE_WORDS, basis, host_ids, school_names, spell_bands
from restructure.papers.forms import Form, file_stem, find_form
from restructure.policy import UNNAMED_OFFICE
from restructure.rolls import snapshot
from restructure.rounds import Round
from restructure.thai import ROUND_NAMES
from restructure.words import BASIS, KINDS, PROGRAMMES, SYNTHETIC, UNKNOWN_BAHT, UNKNOWN_WAY

_CELL = ["school_id", "grade", "village_id"]
#: A pupil's way where the pupils of a village and grade have several and it is not known whose is which.
_WHOSE = "ต้องกรอกรายคน"

Row = dict[str, Any]


def write_forms(this: Round, folder: Path, templates: Path | None = None) -> list[Path]:
    """Write the request set of a round: แบบ 1 and 2 for the office, แบบ 3 and 4 one for each host school.

    Names of pupils are not in them: :func:`restructure.papers.names.merge_names` puts them in when they are printed.

    Parameters
    ----------
    folder
        Where to write: into ``forms`` in it.
    templates
        Folder that may hold the office's own forms (:func:`restructure.templates.write_templates`).

    Returns
    -------
    list of Path

    Raises
    ------
    DataError
        When a form of the office's own cannot be filled in.
    """
    target = folder / "forms"
    single = _single(this)
    pupils = pupil_rows(this)
    written = []
    for form, rows in {"form1": _hosts(this), "form2": _priced(this)}.items():
        written.append(_filled(find_form(templates, form), single, rows).save(target / f"{form}.xlsx"))
    for form in ("form3", "form4"):
        for host in host_ids(this):
            rows = _numbered([row for row in pupils if row["host_id"] == host])
            path = target / form / f"{file_stem(host)}.xlsx"
            written.append(_filled(find_form(templates, form), single, rows).save(path))
    return written


def pupil_rows(this: Round) -> list[Row]:
    """Return the pupils of a round, a row a child: by key where the office lists them one by one, else to be named.

    Where the children of one village and grade have ways of different lengths and the table does not say whose is
    which, each child's row leaves the way open rather than guess.
    """
    names, villages = school_names(this), this.tables["villages"].set_index("village_id")["name"].to_dict()
    kinds = _kinds(this)
    keys = _keys(this)
    found: list[Row] = []
    columns = ["programme", "host_id", *_CELL]
    for cell, rows in this.needed.groupby(columns, sort=True, dropna=False):
        programme, host, school, grade, village = cell
        shared: Row = {
            "host_id": host, "host": names[host], "school": names[school], "school_id": school,
            "programme": PROGRAMMES[programme], "grade": thai_grades(grade), "village": villages.get(village, village),
            "kind": kinds.get((school, grade), ""), "order": GRADES.index(grade),
        }  # fmt: skip
        whose = keys.get((school, grade, village), [])
        if len(whose) != rows["pupils"].sum():
            for row in rows.to_dict("records"):
                found += [{**shared, "student_key": "", **_way(row)} for _ in range(int(row["pupils"]))]
        elif len(rows) == 1:
            way = _way(rows.iloc[0].to_dict())
            found += [{**shared, "student_key": key, **way} for key in whose]
        else:
            open_way = dict.fromkeys(("road_m", "rate", "baht", "certified"), _WHOSE)
            days = int(rows["days"].iloc[0])
            found += [{**shared, "student_key": key, "pupils": 1, "days": days, **open_way} for key in whose]
    return sorted(found, key=lambda row: (row["host_id"], row["programme"], row["school_id"], row["order"]))


def _single(this: Round) -> dict[str, str]:
    office = this.policy.office
    return {
        "office": blank("ชื่อสำนักงานเขต").text if office == UNNAMED_OFFICE else office,
        "heading": f"ปีงบประมาณ พ.ศ. {this.policy.fiscal_year} {ROUND_NAMES[this.name]} ภาคเรียนที่ {this.term}",
        "fiscal_year": str(this.policy.fiscal_year),
        "round": ROUND_NAMES[this.name],
        "term": str(this.term),
        "basis": basis(this.allocation),
        "synthetic": SYNTHETIC if this.policy.synthetic else "",
    }


def _filled(form: Form, single: Mapping[str, str], rows: list[Row]) -> Form:
    form.fill({**single, **{f"total_{key}": _total(rows, key) for key in ("pupils", "baht")}}, rows)
    return form


def _total(rows: list[Row], key: str) -> int | str:
    """Return the sum of a column; where a row of it is not known yet neither is the sum."""
    values = [row.get(key, 0) for row in rows]
    return sum(values) if all(isinstance(value, int) for value in values) else UNKNOWN_BAHT


def _hosts(this: Round) -> list[Row]:
    schools = this.tables["schools"].set_index("school_id")
    names = school_names(this)
    rows = []
    for (host, programme), lines in this.allocation.groupby(["host_id", "programme"], sort=True):
        school = schools.loc[host].fillna("")
        rows.append(
            {
                "host_id": host,
                "host": names[host],
                "tambon": school["tambon"],
                "amphoe": school["amphoe"],
                "grades": thai_grades(school["grades"]),
                "programme": PROGRAMMES[programme],
                "schools": int(lines["school_id"].nunique()),
                "pupils": int(lines["pupils"].sum()),
                "baht": _known(lines["need_baht"].sum(min_count=1), UNKNOWN_BAHT),
            }
        )
    return _numbered(rows)


def _priced(this: Round) -> list[Row]:
    names, words = school_names(this), spell_bands(this)
    stages = {stage: place for place, stage in enumerate(STAGES)}
    needed = this.needed.assign(stage=this.needed["grade"].map(stage_of))
    needed = needed.assign(order=needed["stage"].map(stages))
    keys = ["programme", "host_id", "school_id", "order", "stage", "band", "baht_per_day", "days"]
    parts = needed.groupby(keys, dropna=False, as_index=False, sort=True)[["pupils", "baht"]].sum(min_count=1)
    return _numbered(
        [
            {
                "programme": PROGRAMMES[row["programme"]],
                "host_id": row["host_id"],
                "host": names[row["host_id"]],
                "school_id": row["school_id"],
                "school": names[row["school_id"]],
                "stage": STAGE_WORDS[row["stage"]],
                "band": words.get(row["band"], UNKNOWN_WAY),
                "pupils": int(row["pupils"]),
                "rate": _known(row["baht_per_day"], "–"),
                "days": int(row["days"]),
                "baht": _known(row["baht"], UNKNOWN_BAHT),
            }
            for row in parts.to_dict("records")
        ]
    )


def _way(row: Mapping[Any, Any]) -> Row:
    """Return the way of one of a row's children."""
    known = not pd.isna(row["baht"])
    return {
        "road_m": _known(row["road_m"], UNKNOWN_WAY),
        "certified": BASIS[row["basis"]],
        "pupils": 1,
        "rate": _known(row["baht_per_day"], "–"),
        "days": int(row["days"]),
        "baht": int(row["baht_per_day"]) * int(row["days"]) if known else UNKNOWN_BAHT,
    }


def _kinds(this: Round) -> dict[tuple[str, str], str]:
    """Return the kind of each merger by school and grade, where the office has a table of them."""
    mergers = this.tables.get("mergers")
    if mergers is None:
        return {}
    return {
        (row["school_id"], grade): KINDS.get(row["kind"], row["kind"])
        for row in mergers.to_dict("records")
        for grade in parse_grades(row["grades"])
    }


def _keys(this: Round) -> dict[tuple[str, str, str], list[str]]:
    """Return the keys of the pupils that the office lists one by one, by school left, grade and village."""
    students = this.tables["students"]
    if "student_key" not in students:
        return {}
    listed = snapshot(students, this.term)
    listed = listed[listed["student_key"] != ""]
    left = listed["school_id"]
    if "from_school_id" in listed:
        left = listed["from_school_id"].where(listed["from_school_id"] != "", left)
    groups = listed.assign(school_id=left).groupby(_CELL)["student_key"]
    return {key: sorted(keys) for key, keys in groups}


def _known(value: Any, unknown: str) -> int | str:
    return unknown if pd.isna(value) else int(value)


def _numbered(rows: list[Row]) -> list[Row]:
    return [{"number": number, **row} for number, row in enumerate(rows, start=1)]

"""What of a plan may leave the office: few figures, and of these none that tells of few children.

Published are the school that goes to which host with its pupils, the schools concerned before and after, the villages
from which enough children move, the pupils in each band of distances, and one sum of money. All of it is one system of
cells (:mod:`restructure.suppression`). Not published at all, because each is of a child or two or tells a count by
rules that everybody knows: grades and stages, medians and longest ways, ways of villages, rooms and posts, money by
school, village or round, warnings, and officers' names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from restructure.bands import band_places
from restructure.book import Cover, Sheet, with_names, write_book
from restructure.grades import thai_grades
from restructure.mapdata import MapData, band_looks, one_line
from restructure.plan import Plan
from restructure.seating import NONE
from restructure.suppression import Table, suppressed
from restructure.words import KINDS, PROGRAMMES, ROUTED, settings_table

#: Stands where a figure is suppressed; it does not say why, which would tell that the count is small.
SUPPRESSED = "ปกปิด"
#: What the program cannot see to.
READ_FIRST = "ก่อนเผยแพร่ ต้องมีคนอ่านข้อความที่พิมพ์เองในฉบับเผยแพร่ ว่าไม่มีจำนวนนักเรียนหรือชื่อบุคคล โปรแกรมปกปิดเฉพาะตัวเลขที่คำนวณ"
_MERGE = ["school_id", "host_id", "kind", "programme", "from_term"]
_PUBLISHED = ["school_id", "school_name", "host_id", "host_name", "grades", "kind", "programme", "from_term"]


@dataclass(frozen=True, eq=False)
class PublicFigures:
    """The figures of a plan that may be published; null is suppressed.

    Attributes
    ----------
    office
        ``key``, ``item``, ``value``, ``unit``: ``merges``, ``schools`` and ``hosts``; ``pupils_moved``; pupils by band,
        ``band_1``, …, ``unmeasured``; ``baht_per_year``, whose ``item`` says where it is "at least".
    merges
        As ``Plan.moves``, of the columns those that are published: ``pupils`` is the only figure.
    schools
        ``school_id``, ``before``, ``after``: who learns at the schools that pupils leave or join.
    villages
        ``village_id``, ``school_id``, ``host_id``, ``pupils``: only rows that may be told. That a village is not there
        says nothing: it may have no pupils who move, a few, or more that would tell of others.
    """

    threshold: int
    office: pd.DataFrame
    merges: pd.DataFrame
    schools: pd.DataFrame
    villages: pd.DataFrame


def public_figures(plan: Plan) -> PublicFigures:
    """Work out what may be published of a plan."""
    groups = _groups(plan)
    moved = groups["moved"].to_numpy(bool)
    threshold = plan.policy.settings.public_min_pupils
    known = groups["village_id"].ne("").to_numpy(bool)
    concerned = {*groups.loc[moved, "before"], *groups.loc[moved, "after"]}
    found = suppressed(
        groups,
        {
            "pupils_moved": Table((), moved),
            "baht_per_year": Table((), moved, per_pupil="baht"),
            "bands": Table(("band",), moved),
            "merges": Table(tuple(_MERGE), moved),
            "before": Table(("before",), groups["before"].isin(concerned).to_numpy(bool)),
            "after": Table(("after",), groups["after"].isin(concerned).to_numpy(bool)),
            "villages": Table(("village_id", "school_id", "host_id"), moved & known, "listed"),
            # Differences of what is printed, and sums of it.
            "village": Table(("village_id",), moved & known, "derived"),
            "pair": Table(("school_id", "host_id"), moved, "derived"),
            "left": Table(("before",), moved, "derived"),
            "joined": Table(("after",), moved, "derived"),
            "stayed": Table(("before",), ~moved, "derived"),
            # The ministry publishes the roll of every school.
            "roll": Table(("roll",), groups["roll"].isin(concerned).to_numpy(bool), "known"),
        },
        threshold,
    )
    schools = pd.DataFrame({"school_id": sorted(concerned)})
    for when in ("before", "after"):
        schools[when] = _looked_up(schools[["school_id"]].set_axis([when], axis=1), found[when])
    merges = plan.moves[_PUBLISHED]
    return PublicFigures(
        threshold=threshold,
        office=_office(plan, found),
        merges=merges.assign(pupils=_looked_up(merges[_MERGE], found["merges"])),
        schools=schools,
        villages=found["villages"].dropna(subset="value").rename(columns={"value": "pupils"}).reset_index(drop=True),
    )


def map_data(plan: Plan, figures: PublicFigures) -> dict[str, Any]:
    """Return what a map of these figures shows besides the ground: as a page has it, null where nothing is told.

    Returns
    -------
    dict
        ``schools`` (all; pupils before and after null where suppressed or not concerned), ``villages`` (all look alike
        but those of which something is told), ``moves``, ``earlier``; points as degrees, north first, null where they
        are not known.
    """
    data = MapData(plan)
    places = {code: i for i, code in enumerate(data.schools["school_id"])}
    told = figures.schools.set_index("school_id")
    pupils = figures.villages.groupby("village_id")["pupils"].sum()
    return {
        "schools": [
            {
                "id": row["school_id"],
                "name": one_line(row["name"]),
                "place": f"ต.{one_line(row['tambon'])} อ.{one_line(row['amphoe'])}",
                "at": _point(row),
                "grades": thai_grades(row["grades"]),
                "special": row["special"],
                "concerned": row["school_id"] in told.index,
            }
            | {
                when: {"pupils": _plain(told[when].get(row["school_id"])), "state": row[f"state_{when}"]}
                for when in ("before", "after")
            }
            for row in data.schools.to_dict("records")
        ],
        "villages": [
            {
                "id": row["village_id"],
                "name": one_line(row["name"]),
                "at": _point(row),
                "pupils": _plain(pupils.get(row["village_id"])),
            }
            for row in data.villages.to_dict("records")
        ],
        "moves": [
            {
                "school": places[row["school_id"]],
                "host": places[row["host_id"]],
                "grades": thai_grades(row["grades"]),
                "kind": KINDS[row["kind"]],
                "programme": PROGRAMMES[row["programme"]],
                "term": row["from_term"],
                "pupils": _plain(row["pupils"]),
            }
            for row in figures.merges.to_dict("records")
        ],
        "earlier": [[places[a], places[b]] for a, b in data.earlier.itertuples(index=False)],
    }


def suppressed_words(threshold: int) -> str:
    """Return what the mark of a suppressed figure means."""
    few = f"จำนวนนักเรียนที่น้อยกว่า {threshold} คน"
    return f"“{SUPPRESSED}” = ไม่เผยแพร่ เพราะเป็น{few} หรือใช้คำนวณย้อนกลับไปหาจำนวนเช่นนั้นได้"


def write_public_annexes(plan: Plan, figures: PublicFigures, path: Path) -> None:
    """Write the public ``annexes.xlsx``."""
    told = suppressed_words(figures.threshold)
    cover = Cover(
        title="ภาคผนวกฉบับเผยแพร่ แผนการจัดการเรียนรวมโรงเรียนขนาดเล็ก",
        note=f"{told}; {ROUTED}",
        property_title=f"ภาคผนวกฉบับเผยแพร่ {plan.scenario.name}",
        policy=plan.policy,
        students=plan.tables["students"],
        osm_date=plan.network.osm_date,
        scenario=plan.scenario.name,
    )
    places = plan.tables["schools"][["school_id", "name", "tambon", "amphoe"]]
    villages = with_names(plan.tables, figures.villages)
    settings = settings_table(plan.policy).drop(columns="confirmed_by")
    sheets = [
        Sheet("สรุป", "สรุปผลของทางเลือก", figures.office[["item", "value", "unit", "key"]], note=f"{told}; {ROUTED}"),
        Sheet("การรวม", "การรวมตามทางเลือก", figures.merges, "moves", told),
        Sheet("โรงเรียน", "โรงเรียนที่นักเรียนออกหรือเข้า ก่อนและหลังการรวม",
              figures.schools.merge(places)[[*places.columns, "before", "after"]], "schools", told),
        Sheet("หมู่บ้าน", "หมู่บ้านที่มีนักเรียนย้าย เท่าที่เผยแพร่ได้", villages, "subsidy",
              "หมู่บ้านที่ไม่อยู่ในรายการ อาจไม่มีนักเรียนย้าย มีน้อย หรือบอกไม่ได้โดยไม่เปิดเผยหมู่บ้านอื่น"),
        Sheet("ค่าที่ใช้", "ค่าที่ใช้คำนวณ พร้อมที่มา", settings),
    ]  # fmt: skip
    write_book(cover, sheets, path, null=SUPPRESSED)


def _groups(plan: Plan) -> pd.DataFrame:
    """Return the pupils of the schools concerned as the groups that the tables tell apart."""
    outcome, settings = plan.outcome, plan.policy.settings
    office = outcome.office
    codes = np.array([*office.codes, ""], dtype=object)
    moved = np.zeros(len(office.pupils), bool)
    moved[outcome.moved] = True
    merges = np.array([(e.kind, e.programme, e.from_term) for e in outcome.entries] + [("", "", "")], dtype=object)
    kinds = merges[np.where(moved, outcome.seats.entry, NONE)]
    road_m = outcome.road_m
    band = np.where(road_m == NONE, len(settings.bands), band_places(road_m, settings.bands))
    rates = np.array([*(row.baht_per_day for row in settings.bands), 0]) * settings.days_per_year
    rows = pd.DataFrame(
        {
            "roll": codes[office.roll],
            "before": codes[outcome.seats_before.sits],
            "after": codes[outcome.seats.sits],
            "moved": moved,
            "school_id": np.where(moved, codes[outcome.seats.left], ""),
            "host_id": np.where(moved, codes[outcome.seats.sits], ""),
            "kind": kinds[:, 0],
            "programme": kinds[:, 1],
            "from_term": kinds[:, 2],
            # Of who stays nothing is told by village or distance.
            "village_id": office.pupils["village_id"].where(moved, "").to_numpy(),
            "band": np.where(moved, band, NONE),
            "baht": np.where(moved, rates[band], 0),
            "pupils": office.count,
        }
    )
    concerned = {*rows.loc[moved, "before"], *rows.loc[moved, "after"]}
    rows = rows[rows[["roll", "before", "after"]].isin(concerned).any(axis=1)]
    return rows.groupby([*rows.columns.drop("pupils")], as_index=False)["pupils"].sum()


def _office(plan: Plan, found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    looks = band_looks(plan.policy.settings.bands)
    rows: list[tuple[str, str, Any, str]] = [
        ("merges", "การรวม", len(plan.moves), "รายการ"),
        ("schools", "โรงเรียนมารวม", plan.moves["school_id"].nunique(), "แห่ง"),
        ("hosts", "โรงเรียนหลัก", plan.moves["host_id"].nunique(), "แห่ง"),
        ("pupils_moved", "นักเรียนที่ย้าย", _only(found["pupils_moved"]), "คน"),
    ]
    bands = found["bands"].set_index("band")["value"]
    for i, (words, _) in enumerate(looks):
        rows.append((f"band_{i + 1}", f"บ้านถึงโรงเรียนหลัก {words}", bands.get(i, 0), "คน"))
    rows.append(("unmeasured", "ยังวัดระยะทางไม่ได้", bands.get(len(looks), 0), "คน"))
    least = " อย่างน้อย (บางคนยังวัดระยะทางไม่ได้)" if len(looks) in bands.index else ""
    rows.append(("baht_per_year", f"ค่าพาหนะต่อปีการศึกษาของผู้ที่ย้าย{least}", _only(found["baht_per_year"]), "บาท"))
    return pd.DataFrame(rows, columns=["key", "item", "value", "unit"]).astype({"value": "Int64"})


def _looked_up(keys: pd.DataFrame, found: pd.DataFrame) -> pd.Series:
    """Return the values of a table's cells for some keys; of whom nobody is counted there are none."""
    values = dict(zip(found[list(keys)].itertuples(index=False, name=None), found["value"], strict=True))
    return pd.Series([values.get(key, 0) for key in keys.itertuples(index=False, name=None)], keys.index, "Int64")


def _only(found: pd.DataFrame) -> Any:
    return found["value"].iloc[0] if len(found) else 0


def _point(row: dict[str, Any]) -> list[float] | None:
    return None if pd.isna(row["lat"]) or pd.isna(row["lon"]) else [round(row["lat"], 5), round(row["lon"], 5)]


def _plain(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)

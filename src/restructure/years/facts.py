"""Tables of two years: pupils, schools, villages, money, merges done against planned, forecast against fact."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from restructure._errors import UsageError
from restructure.cycle import Measured, measure, open_cycle, refuse_broken_ledger
from restructure.grades import GRADES
from restructure.moves import Moves
from restructure.roads import GEOD
from restructure.rolls import snapshot
from restructure.rounds import Round, make_round
from restructure.scenario import PRESENT
from restructure.thai import ROUNDS
from restructure.years.forecast import compare_forecast
from restructure.years.merges import LastPlan, compare_merges, last_plan
from restructure.years.near import changes_near, changes_with_effect, places_near
from restructure.years.roads import road_changes
from restructure.years.ways import compare_ways, last_roads

#: A point that is this many metres from where it was has moved.
MOVED_M = 1
#: What has become of a school or a village.
PLACE_CHANGES = {
    "new": "ใหม่ในไฟล์",
    "gone": "ไม่มีในไฟล์แล้ว",
    "closed": "เลิกหรือยุบ",
    "opened": "กลับมาเปิด",
    "renamed": "เปลี่ยนชื่อ",
    "moved": "พิกัดย้าย",
    "grades": "ชั้นที่เปิดเปลี่ยน",
}
_SIDES = ("last", "this")


@dataclass(frozen=True, eq=False)
class Years:
    """The last cycle and this one, each read and measured."""

    last: Measured
    this: Measured

    @cached_property
    def ways(self) -> pd.DataFrame:
        """As :func:`restructure.years.ways.compare_ways` returns them."""
        return compare_ways(self.last, self.this)

    @cached_property
    def roads(self) -> gpd.GeoDataFrame:
        """As :func:`restructure.years.near.changes_with_effect` returns them."""
        return changes_with_effect(self._changes, self.ways, self._near)

    @cached_property
    def places(self) -> pd.DataFrame:
        """As :func:`restructure.years.near.places_near` returns them."""
        return places_near(self._changes, self.ways, self._near, self.this)

    @cached_property
    def _changes(self) -> gpd.GeoDataFrame:
        return road_changes(last_roads(self.last.cycle, self.this.cycle), self.this.cycle.open_network)

    @cached_property
    def _near(self) -> pd.DataFrame:
        before = last_roads(self.last.cycle, self.this.cycle)
        return changes_near(self._changes, self.ways, self.last, self.this, before)

    @cached_property
    def rounds(self) -> dict[str, tuple[Round, Round]]:
        """Each round of both years."""
        return {name: (make_round(self.last, name), make_round(self.this, name)) for name in ROUNDS}

    @cached_property
    def plan(self) -> LastPlan:
        """As :func:`restructure.years.merges.last_plan` returns it."""
        return last_plan(self.last)

    @cached_property
    def pupils(self) -> pd.DataFrame:
        """As :func:`compare_pupils` returns them."""
        return compare_pupils(self)

    @cached_property
    def schools(self) -> pd.DataFrame:
        """As :func:`compare_places` returns them, with the pupils of the roll and who learns there."""
        return compare_schools(self)

    @cached_property
    def villages(self) -> pd.DataFrame:
        """As :func:`compare_places` returns them."""
        return compare_places(self, "village")

    @cached_property
    def money(self) -> pd.DataFrame:
        """As :func:`compare_money` returns it."""
        return compare_money(self)

    @cached_property
    def merges(self) -> pd.DataFrame:
        """As :func:`restructure.years.merges.compare_merges` returns them."""
        needed = pd.concat([both[1].needed for both in self.rounds.values()])
        return compare_merges(self.last, self.this, self.plan, needed)

    @cached_property
    def forecast(self) -> pd.DataFrame:
        """As :func:`restructure.years.forecast.compare_forecast` returns it."""
        return compare_forecast(self.last, self.this, self.pupils)


def open_years(last: Path | str, this: Path | str) -> Years:
    """Read, check and measure two cycles of one office.

    Raises
    ------
    UsageError
        When one of them is not there, they are one folder, in the wrong order or of two offices.
    DataError
        When one of them cannot be read, or its ledger is not what it was.
    """
    last, this = Path(last), Path(this)
    if last.resolve() == this.resolve():
        raise UsageError(
            f"{last} และ {this} เป็นโฟลเดอร์เดียวกัน: ใส่ปีก่อนแล้วปีนี้", "Both are one folder; give last year's, then this."
        )
    for folder, words, name in ((last, "ปีก่อน", "LAST"), (this, "ปีนี้", "DIR")):
        if not folder.is_dir():
            raise UsageError(
                f"ไม่พบโฟลเดอร์ของ{words} {folder}: ในสมุดงาน 07-compare แก้ {name} ในช่องแรกแล้วสั่งทำใหม่ทุกช่อง "
                "ในคำสั่ง compare ใส่โฟลเดอร์ปีก่อนแล้วปีนี้",
                f"There is no folder {folder}; set {name} in the first cell, or give last year's folder, then this.",
            )
        refuse_broken_ledger(folder)
    cycles = [open_cycle(last, untouched=True), open_cycle(this)]
    years = [cycle.policy.fiscal_year for cycle in cycles]
    if years[0] >= years[1]:
        raise UsageError(
            f"{last} เป็นปีงบประมาณ {years[0]} และ {this} เป็นปี {years[1]}: "
            "ใส่ปีก่อนไว้หน้าปีนี้ และตรวจ fiscal_year ใน policy.yaml",
            f"{last} is of fiscal year {years[0]} and {this} of {years[1]}; the earlier one comes first.",
        )
    if not set(cycles[0].tables["schools"]["school_id"]) & set(cycles[1].tables["schools"]["school_id"]):
        raise UsageError(
            f"{last} และ {this} ไม่มีโรงเรียนรหัสเดียวกันเลย: ตรวจว่าเป็นสำนักงานเขตเดียวกัน",
            f"{last} and {this} share no school; are they of one office?",
        )
    return Years(*(measure(cycle) for cycle in cycles))


def compare_pupils(years: Years) -> pd.DataFrame:
    """Return the rolls: ``school_id``, ``grade``, ``pupils_last``, ``pupils_this``, ``change``; sorted by key."""
    counts = [
        snapshot(measured.cycle.tables["students"])
        .groupby(["school_id", "grade"])["pupils"]
        .sum()
        .rename(f"pupils_{side}")
        for side, measured in zip(_SIDES, (years.last, years.this), strict=True)
    ]
    table = pd.concat(counts, axis=1).fillna(0).astype("int64")
    table = table[(table != 0).any(axis=1)].reset_index()
    order = {grade: place for place, grade in enumerate(GRADES)}
    table = table.assign(change=table["pupils_this"] - table["pupils_last"], order=table["grade"].map(order))
    return table.sort_values(["school_id", "order"], ignore_index=True).drop(columns="order")


def compare_places(years: Years, kind: str) -> pd.DataFrame:
    """Return schools or villages as both years have them.

    Parameters
    ----------
    kind
        ``school`` or ``village``.

    Returns
    -------
    DataFrame
        A row a code, sorted: ``school_id`` or ``village_id``, ``name`` (this year's), ``name_last`` (where it differs),
        ``moved_m`` (metres between both points, null where one is not known), ``changes`` (words of
        :data:`PLACE_CHANGES` joined by ``;``).
    """
    key, columns = f"{kind}_id", ["name", "lat", "lon", *(["status", "grades"] if kind == "school" else [])]
    tables = [measured.cycle.tables[f"{kind}s"][[key, *columns]] for measured in (years.last, years.this)]
    table = tables[0].merge(tables[1], how="outer", on=key, suffixes=("_last", "_this"), indicator=True)
    table = table.sort_values(key, ignore_index=True)
    both = table["_merge"] == "both"
    ends = [table[f"{name}_{side}"].to_numpy(float) for side in _SIDES for name in ("lon", "lat")]
    moved = np.full(len(table), np.nan)
    known = np.isfinite(ends).all(axis=0)
    moved[known] = GEOD.inv(*(one[known] for one in ends))[2]
    words = {
        "new": table["_merge"] == "right_only",
        "gone": table["_merge"] == "left_only",
        "renamed": both & (table["name_last"] != table["name_this"]),
        "moved": pd.Series(moved >= MOVED_M) | (both & pd.Series(np.isfinite(ends[0]) != np.isfinite(ends[2]))),
    }
    if kind == "school":
        shut = [table[f"status_{side}"] == "closed" for side in _SIDES]
        words |= {"closed": both & ~shut[0] & shut[1], "opened": both & shut[0] & ~shut[1]}
        words["grades"] = both & (table["grades_last"] != table["grades_this"])
    told = [";".join(word for word in PLACE_CHANGES if word in words and words[word][row]) for row in table.index]
    metres = pd.array(np.where(known, np.floor(np.where(known, moved, 0) + 0.5), 0).astype(np.int64), dtype="Int64")
    return pd.DataFrame(
        {
            key: table[key],
            "name": table["name_this"].fillna(table["name_last"]),
            "name_last": table["name_last"].where(words["renamed"], ""),
            "moved_m": pd.Series(metres).where(known),
            "changes": told,
        }
    )


def compare_schools(years: Years) -> pd.DataFrame:
    """Return schools with their pupils.

    Returns
    -------
    DataFrame
        :func:`compare_places` of schools with ``roll_last``, ``roll_this`` (pupils in the register) and
        ``learners_last``, ``learners_this`` (who learn there), null in a year that does not have the school.
    """
    table = compare_places(years, "school")
    for side, measured in zip(_SIDES, (years.last, years.this), strict=True):
        seats = Moves.of(PRESENT, measured.office).seats_table
        there = table["school_id"].isin(measured.cycle.tables["schools"]["school_id"])
        for name, column in (("roll", "school_id"), ("learners", "sits_at")):
            counts = table["school_id"].map(seats.groupby(column)["pupils"].sum()).fillna(0).astype("Int64")
            table[f"{name}_{side}"] = counts.where(there)
    return table


def compare_money(years: Years) -> pd.DataFrame:
    """Return the need of each round by programme and band.

    Returns
    -------
    DataFrame
        ``round``, ``programme``, ``band`` (null where the distance is not known), ``pupils_last``, ``pupils_this``,
        ``need_last``, ``need_this`` (baht; null where nothing is known of it), ``change`` (baht).
    """
    keys, parts = ["round", "programme", "band"], []
    for name, both in years.rounds.items():
        sums = []
        for side, made in zip(_SIDES, both, strict=True):
            rows = made.needed.groupby(["programme", "band"], dropna=False)[["pupils", "baht"]].sum(min_count=1)
            sums.append(rows.rename(columns={"pupils": f"pupils_{side}", "baht": f"need_{side}"}).reset_index())
        parts.append(sums[0].merge(sums[1], how="outer", on=keys[1:]).assign(round=name))
    table = pd.concat(parts, ignore_index=True)
    for name in ("pupils", "need"):
        for side in _SIDES:
            # Nobody in a band needs nothing; who has no distance needs what is not known.
            known = table[f"{name}_{side}"].astype("Int64")
            table[f"{name}_{side}"] = (
                known.fillna(0) if name == "pupils" else known.mask(table["band"].notna() & known.isna(), 0)
            )
    table["change"] = table["need_this"] - table["need_last"]
    order = [*keys, "pupils_last", "pupils_this", "need_last", "need_this", "change"]
    table["place"] = table["round"].map(ROUNDS.index)
    return table.sort_values(["place", "programme", "band"], ignore_index=True)[order].astype({"band": "Int64"})

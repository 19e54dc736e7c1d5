"""Figures of a scenario beside the present state, and scenarios side by side, the present state always among them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from restructure.bands import band_places
from restructure.consequences import GROUPS, children, teaching
from restructure.intake import columns_of
from restructure.mapdata import band_looks
from restructure.moves import Moves
from restructure.roads import Ints
from restructure.scenario import PRESENT
from restructure.seating import NONE, Office, Seats
from restructure.simulate import Outcome, simulate

UNKNOWN = "ไม่ทราบ"
#: Stands where there is nobody whom a figure could be about.
NOBODY = "–"
#: What figures are about, in the order shown; ``over`` stands for all bounds of the policy.
FIGURES = {
    "เด็ก": ("pupils_moved", "farther", "nearer", "unreachable", "cut_off_in_wet_season"),
    "การเดินทางของนักเรียนทุกคน": (
        *("all_median_m", "all_p90_m", "all_max_m", "all_median_minutes", "all_p90_minutes", "all_max_minutes"),
        *("all_over", "all_unmeasured"),
    ),
    "การเดินทางของผู้ที่ย้าย": (
        *("median_m", "p90_m", "max_m", "median_minutes", "p90_minutes", "max_minutes"),
        *("over", "pupil_km"),
    ),
    "เงิน": (
        *("subsidy_total_baht", "subsidy_unmeasured", "baht_per_year", "pupils_by_band", "paid"),
        *("per_head_baht", "top_up_baht", "top_up_change_baht", "net_change_baht"),
    ),
    "การสอน": ("directors_freed", "deputies_freed", "teachers_freed", "posts_beyond_need"),
    "โรงเรียน": (
        *("schools_teaching", "small_schools", "schools_closed", "schools_dissolved"),
        *("hosts", "hosts_over_capacity", "hosts_capacity_unknown"),
    ),
    "ปีต่อ ๆ ไป": ("years",),
}
_PLACES = {stem: (i, j, group) for i, (group, stems) in enumerate(FIGURES.items()) for j, stem in enumerate(stems)}
_OTHERS = (len(FIGURES), 0, "อื่น ๆ")
#: About the children who move and the schools that they leave and join.
_OF_MOVED = {*FIGURES["การเดินทางของผู้ที่ย้าย"], "unreachable", "posts_beyond_need"}
_HEADS = ("group", "item", "unit")
#: Said by other rows of a comparison.
_LEFT_OUT = ("pupils_by_band", "top_up_change_baht", "subsidy_unmeasured")


def figures(summary: dict[str, Any]) -> pd.DataFrame:
    """Return the figures of a summary, each with what it is without the scenario.

    Returns
    -------
    DataFrame
        By key, in the order of ``FIGURES``: ``group``, ``thai`` name, ``unit``, ``description``; ``compared``, whether
        there is a present to compare with; ``present`` (Int64; of the children who move, the same children's) and
        ``value`` (Int64); of baht, for how many pupils each of both is not yet counted in ``present_unmeasured`` and
        ``unmeasured`` (:func:`spell_at_least`), 0 of all else. The parts of a key are keys of their own:
        ``years.2570``, ``pupils_by_band.10``.
    """
    flat, unmeasured = _flat(summary), _unmeasured(summary)
    rows = []
    for key, value in flat.items():
        before = f"{key}_before"
        if not key.endswith("_before") and (words := _words(key)):
            rows.append((key, *words, before in flat, flat.get(before), value, *unmeasured.get(key, (0, 0))))
    return _table(rows)


def spell_at_least(text: str, unmeasured: int) -> str:
    """Return baht in words, marked where it is not yet counted for some pupils, whose way is not known."""
    return f"อย่างน้อย {text} (ยังวัดไม่ได้ {unmeasured:,} คน)" if unmeasured else text


def paid_by_band(office: Office, seats: Seats) -> Ints:
    """Return how many pupils who sit at a host because of a merge have each band's way; at last, an unknown one."""
    bands = office.policy.settings.bands
    rows = np.flatnonzero(seats.left != NONE)
    road_m = office.road_m[office.origin[rows], seats.sits[rows]]
    place = np.where(road_m == NONE, len(bands), band_places(road_m, bands))
    return np.bincount(place, office.count[rows], len(bands) + 1).astype(np.int64)


def with_present(outcomes: list[Outcome]) -> list[Outcome]:
    """Return outcomes of one office with the present state first, worked out where it is not among them."""
    present = [outcome for outcome in outcomes if outcome.scenario == PRESENT]
    others = [outcome for outcome in outcomes if outcome.scenario != PRESENT]
    # All in one term: an earlier merger may begin between the last terms of two scenarios.
    last = max((outcome.term for outcome in outcomes), default=0)
    shown = [*(present[:1] or [simulate(PRESENT, one.office) for one in others[:1]]), *others]
    return [one if one.term == last else simulate(one.scenario, one.office, last) for one in shown]


def outcome_names(outcomes: list[Outcome]) -> list[str]:
    """Return the names of the scenarios, those of one name told apart by their files'."""
    # A copied scenario often keeps its name; and one must not take the place of another column of the comparison.
    taken = [*(outcome.scenario.name for outcome in outcomes), *_HEADS]
    return [
        f"{one.scenario.name} ({one.scenario.stem})" if taken.count(one.scenario.name) > 1 else one.scenario.name
        for one in outcomes
    ]


def comparison(outcomes: list[Outcome]) -> pd.DataFrame:
    """Return the figures of several outcomes of one office, the present state first.

    Returns
    -------
    DataFrame
        A row an outcome and figure: ``scenario`` (stem), ``key``, ``group``, ``item``, ``unit``, ``present``, ``value``
        and ``change``, which is value less present. ``value`` is null where it is not known, and where nobody moves
        for figures of those who move; ``present`` and ``change`` also where there is nothing to compare with.
    """
    columns = ["scenario", "key", "group", "item", "unit", "present", "value", "change"]
    if not outcomes:
        return pd.DataFrame(columns=columns)
    rows = pd.concat([_rows_of(outcome) for outcome in with_present(outcomes)], ignore_index=True)
    return rows[columns]


def compare(outcomes: list[Outcome]) -> pd.DataFrame:
    """Return several outcomes of one office side by side in words, the present state first.

    Returns
    -------
    DataFrame
        A row a figure: ``group`` (empty where it is that of the row above), ``item``, ``unit``, then a column an
        outcome: the value and, in brackets, its difference from the present; where a figure is about the children who
        move, from these children's present. What is not known says so.
    """
    return side_by_side(with_present(outcomes)).reset_index(drop=True)


def side_by_side(outcomes: list[Outcome]) -> pd.DataFrame:
    """Return the table of :func:`compare` by key, the present state being the first of the outcomes."""
    columns: dict[str, Any] = {}
    for outcome, name in zip(outcomes, outcome_names(outcomes), strict=True):
        rows = _rows_of(outcome).set_index("key")
        if outcome.scenario == PRESENT:  # it differs from itself by nothing
            columns = {head: rows[head] for head in _HEADS}
            columns["group"] = rows["group"].mask(rows["group"].duplicated(), "")
            rows["change"] = pd.NA
        columns[name] = [_spell(row) for row in rows.itertuples()]
    return pd.DataFrame(columns)


def children_table(moves: Moves) -> pd.DataFrame:
    """Return the rows of ``children.csv``: the children who move by each of ``GROUPS``, named in ``by``."""
    tables = [children(moves, by) for by in GROUPS]
    return pd.concat([table.assign(by=by) for by, table in zip(GROUPS, tables, strict=True)], ignore_index=True)[
        ["by", *tables[0].columns]
    ]


def teaching_table(moves: Moves) -> pd.DataFrame:
    """Return the rows of ``teaching.csv``: rooms and teachers of the schools that pupils leave or come to."""
    table = teaching(moves)
    table = table[table["involved"]].drop(columns="involved")
    return table.assign(pupils_a_room=table["pupils_a_room"].round(1))


def years_table(outcome: Outcome) -> pd.DataFrame:
    """Return the rows of ``years.csv``: money and posts of each of the plan's fiscal years."""
    table = pd.DataFrame(outcome.summary["years"]).astype({"fiscal_year": "str", "posts_freed": "Int64"})
    change = table["subsidy_baht"] - table["subsidy_present_baht"]
    table.insert(table.columns.get_loc("per_head_change_baht"), "change_baht", change)
    return table


def over_words(key: str) -> tuple[str, str, str] | None:
    """Return Thai name, unit and description of a count of pupils beyond a bound of the policy.

    Parameters
    ----------
    key
        Such as ``over_6_km``, ``over_30_min``, ``over_6_km_before`` or ``all_over_6_km``; None for any other.
    """
    match = re.fullmatch(r"(all_)?over_(.+)_(km|min)(_before)?", key)
    if not match:
        return None
    words = f"{match[2]} {'กม.' if match[3] == 'km' else 'นาที'}"
    when = " (เดิม)" if match[4] else ""
    if match[1]:
        return f"ทุกคน: เดินทางเกิน {words}{when}", "คน", f"นักเรียนทั้งสำนักงานเขตซึ่งเดินทางจากบ้านเกิน {words}{when}"
    return f"เดินทางเกิน {words}{when}", "คน", f"นักเรียนที่ย้ายซึ่งเดินทางจากบ้านเกิน {words}{when}"


def _flat(summary: dict[str, Any]) -> dict[str, int | None]:
    """Return the figures of a summary by key, those without the scenario as ``…_before``."""
    flat = {key: value for key, value in summary.items() if not isinstance(value, (str, list, dict))}
    flat["subsidy_total_baht_before"] = flat.pop("subsidy_present_baht")
    flat |= {f"pupils_by_band.{baht}": pupils for baht, pupils in summary["pupils_by_band"].items()}
    for year in summary["years"]:
        key = f"years.{year['fiscal_year']}"
        flat |= {key: year["subsidy_baht"], f"{key}_before": year["subsidy_present_baht"]}
    return flat


def _unmeasured(summary: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return for how many pupils baht are not yet counted, without and with the scenario, by key."""
    total = summary["subsidy_unmeasured_before"], summary["subsidy_unmeasured"]
    of_years = {
        f"years.{year['fiscal_year']}": (year["subsidy_unmeasured_before"], year["subsidy_unmeasured"])
        for year in summary["years"]
    }
    # A difference may lack pupils of either side.
    net = {"net_change_baht": (0, max(total))}
    return {"subsidy_total_baht": total, "baht_per_year": (0, summary["unreachable"]), **net, **of_years}


def _words(key: str) -> tuple[str, str, str] | None:
    """Return Thai name, unit and description of a figure, None for what is none."""
    stem, _, part = key.partition(".")
    if stem == "pupils_by_band":
        return f"ย้ายและได้ {part} บาทต่อวัน", "คน", "นักเรียนที่ย้าย ตามอัตราค่าพาหนะ"
    if stem == "years":
        return f"ค่าพาหนะปีงบประมาณ {part}", "บาท", "ของทุกคนที่เรียนรวม นับนักเรียนปัจจุบันทุกปี"
    described = columns_of("summary")
    if key in described.index:
        thai, unit, description = described.loc[key, ["thai", "unit", "description"]]
        return str(thai), str(unit), str(description)
    return over_words(key)


def _stem(key: str) -> str:
    return re.sub(r"^((all_)?over)_.*", r"\1", key.partition(".")[0])


def _table(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    columns = ["key", "thai", "unit", "description", "compared", "present", "value", "present_unmeasured", "unmeasured"]
    table = pd.DataFrame(rows, columns=columns).set_index("key").astype({"present": "Int64", "value": "Int64"})
    places = [_PLACES.get(_stem(key), _OTHERS) for key in table.index]
    table.insert(0, "group", [group for *_, group in places])
    # Of one place, as they come.
    return table.iloc[sorted(range(len(table)), key=lambda i: places[i])]


def _rows_of(outcome: Outcome) -> pd.DataFrame:
    """Return an outcome's rows of a comparison; ``nobody`` says where a figure is about nobody."""
    office = outcome.office
    counts = zip(paid_by_band(office, outcome.seats_before), paid_by_band(office, outcome.seats), strict=True)
    looks = [words for words, _ in band_looks(office.policy.settings.bands)]
    words = [f"เรียนที่โรงเรียนหลัก {band}" for band in looks] + ["เรียนที่โรงเรียนหลัก ยังวัดระยะทางไม่ได้"]
    paid = [
        (f"paid.{place}", text, "คน", "", True, before, after, 0, 0)
        for place, (text, (before, after)) in enumerate(zip(words, counts, strict=True), start=1)
    ]
    listed = figures(outcome.summary).drop(columns="group").reset_index()
    table = _table([*listed.itertuples(index=False, name=None), *paid])
    stems = pd.Series(table.index, table.index).map(_stem)
    nobody = stems.isin(_OF_MOVED) & (outcome.summary["pupils_moved"] == 0)
    table[["present", "value"]] = table[["present", "value"]].mask(nobody)
    table = table.assign(scenario=outcome.scenario.stem, change=table["value"] - table["present"], nobody=nobody)
    return table[~stems.isin(_LEFT_OUT)].reset_index().rename(columns={"thai": "item"})


def _spell(row: Any) -> str:
    if pd.isna(row.value):
        return NOBODY if row.nobody else UNKNOWN
    # A difference by itself bears its sign, the one from the present stands in brackets.
    text = f"{row.value:+,}" if row.Index == "net_change_baht" and row.value else f"{row.value:,}"
    notes = [] if pd.isna(row.change) else [f"{row.change:+,}" if row.change else "เท่าเดิม"]
    if row.unmeasured:
        notes.append(f"ยังวัดไม่ได้ {row.unmeasured:,} คน")
        text = text if row.Index == "net_change_baht" else f"อย่างน้อย {text}"
    return f"{text} ({', '.join(notes)})".replace("-", "−") if notes else text.replace("-", "−")

"""Merges: who learns where in a term, and what a scenario does to every child's way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from restructure._errors import ScenarioError
from restructure.bands import price
from restructure.files import read_yaml, thai_fault
from restructure.grades import format_grades, parse_grades, thai_grades
from restructure.intake import columns_of
from restructure.policy import Policy, Settings
from restructure.rolls import offered_grades, snapshot
from restructure.thai import Term, parse_term, round_term

_Code = Annotated[str, BeforeValidator(lambda v: str(v) if isinstance(v, int) else v)]
#: Columns of a table of merges spelled out by grade.
_SPELLED = ["school_id", "grade", "host_id", "kind", "programme", "from_term"]


class Merge(BaseModel):
    """One merge of a scenario: (school, grades) → host, from a term, of a kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    school: _Code
    host: _Code
    grades: str = "all"
    kind: Literal["learn-together", "merge", "dissolve"] = "learn-together"
    from_term: str
    programme: Literal["existing", "second-decade", "unspecified"] = "unspecified"
    note: str = ""


class Scenario(BaseModel):
    """A named list of merges; ``stem`` is the name of its file without the ending."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    merges: list[Merge]
    note: str = ""
    stem: str = ""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a scenario does.

    Attributes
    ----------
    summary
        The keys of ``summary.json``.
    subsidy
        The columns of ``subsidy.csv``: a row for each school, host, grade, village, programme and distance.
    warnings
        A row a warning: ``rule``, ``school_id``, ``host_id``, ``message``.
    before, after
        Merges in force in the scenario's last term without and with it, as :func:`overlay` returns them.
    seats_before, seats_after
        Where each row of the newest pupils learns then, as :func:`seat` returns it.
    planned
        The scenario's merges with a row a grade.
    """

    summary: dict[str, Any]
    subsidy: pd.DataFrame
    warnings: pd.DataFrame
    before: pd.DataFrame
    after: pd.DataFrame
    seats_before: pd.DataFrame
    seats_after: pd.DataFrame
    planned: pd.DataFrame


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises
    ------
    ScenarioError
        When the file is not YAML or does not hold what a scenario holds.
    """
    data = read_yaml(path, f"scenarios/{path.name}", ScenarioError)
    try:
        return Scenario.model_validate({**data, "stem": path.stem})
    except ValidationError as error:
        first = error.errors()[0]
        where = _place([str(part) for part in first["loc"]])
        raise _refused(path.name, where, thai_fault(first), str(first["msg"])) from None


def spell_out(mergers: pd.DataFrame | None) -> pd.DataFrame:
    """Return mergers with a row a grade, columns as ``_SPELLED``."""
    if mergers is None or mergers.empty:
        return pd.DataFrame(columns=_SPELLED)
    spelled = mergers.assign(grade=[list(parse_grades(text)) for text in mergers["grades"]]).explode("grade")
    return spelled[_SPELLED]


def in_force(spelled: pd.DataFrame, term: Term) -> pd.DataFrame:
    """Return for each school and grade the last merge that began by a term, indexed by (school_id, grade)."""
    begins = pd.Series([parse_term(text) for text in spelled["from_term"]], index=spelled.index, dtype=object)
    begun = spelled.assign(begins=begins.map(lambda t: t.year * 10 + t.number))
    begun = begun[begun["begins"] <= term.year * 10 + term.number].sort_values("begins", kind="stable")
    return begun.drop_duplicates(["school_id", "grade"], keep="last").set_index(["school_id", "grade"])


def overlay(existing: pd.DataFrame, planned: pd.DataFrame) -> pd.DataFrame:
    """Return merges in force with a scenario's on top: for a school and grade that both name, the scenario's holds."""
    kept = existing[~existing.index.isin(planned.index)].assign(planned=False)
    return pd.concat([kept, planned.assign(planned=True)])


def seat(pupils: pd.DataFrame, merges: pd.DataFrame) -> pd.DataFrame:
    """Say for each row of pupils where they learn.

    Parameters
    ----------
    pupils
        Rows of ``students``.
    merges
        Merges in force, as :func:`in_force` or :func:`overlay` return them.

    Returns
    -------
    DataFrame
        The rows with ``sits_at`` (school code), ``left_id`` (the school that a merge takes them from; empty where
        they learn at their own), ``programme``, ``kind`` and, after :func:`overlay`, ``planned``. A child on the
        host's roll since a dissolution counts as merged when ``from_school_id`` names a school merged into it.
    """
    columns = [c for c in ("host_id", "programme", "kind", "planned") if c in merges]
    lookup = merges[columns].reset_index()
    out = pupils.merge(lookup, how="left", on=["school_id", "grade"])
    moved = out["host_id"].notna()
    out["left_id"] = out["school_id"].where(moved, "")
    before = out[["from_school_id", "grade"]].merge(
        lookup.rename(columns={"school_id": "from_school_id"}), how="left", on=["from_school_id", "grade"]
    )
    since = ~moved & (before["host_id"] == out["school_id"])
    for column in columns:
        out[column] = out[column].astype(object).where(~since, before[column])
    out["left_id"] = out["left_id"].where(~since, out["from_school_id"])
    out["sits_at"] = out["host_id"].fillna(out["school_id"])
    return out.drop(columns="host_id")


def with_distances(seated: pd.DataFrame, distances: pd.DataFrame, homes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Add ``road_m`` and ``minutes`` from home to where each row of pupils sits.

    Parameters
    ----------
    seated
        Rows as :func:`seat` returns them.
    distances
        Villages to schools.
    homes
        Home points to schools, by ``student_key``; a child with a home point is measured from there.
    """
    columns = ["road_m", "minutes"]
    table = distances.rename(columns={"school_id": "sits_at"})[["village_id", "sits_at", *columns]]
    out = seated.merge(table, how="left", on=["village_id", "sits_at"])
    if homes is not None and not homes.empty:
        own = homes.rename(columns={"school_id": "sits_at"})[["student_key", "sits_at", *columns]]
        at_home = out[["student_key", "sits_at"]].merge(own, how="left", on=["student_key", "sits_at"])
        has_home = out["student_key"].isin(homes["student_key"]).to_numpy()
        for column in columns:
            out[column] = out[column].where(~has_home, at_home[column])
    return out


def spell_scenario(scenario: Scenario, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a scenario's merges with a row a grade, after refusing what is structurally wrong.

    Raises
    ------
    ScenarioError
        For an unknown code, a host that is closed or itself moves those grades away (also by an earlier merger, or
        in a circle), a grade that the host does not have, or one grade sent to two hosts at once.
    """
    offered = offered_grades(tables["schools"])
    closed = set(tables["schools"].loc[tables["schools"]["status"] == "closed", "school_id"])
    present = tables["students"].groupby("school_id")["grade"].agg(set).to_dict()
    rows = []
    for number, merge in enumerate(scenario.merges, start=1):
        rows += _spell_merge(scenario, number, merge, closed, offered, present)
    planned = pd.DataFrame(rows, columns=[*_SPELLED, "number"])
    twice = planned[planned.duplicated(["school_id", "grade", "from_term"])]
    if len(twice):
        row = twice.iloc[0]
        raise _refused_merge(
            scenario, row["number"],
            f"ชั้น {thai_grades(row['grade'])} ของโรงเรียน {row['school_id']} ถูกย้ายสองครั้งในภาคเรียนเดียวกัน",
            "one grade is moved twice in one term",
        )  # fmt: skip
    existing = spell_out(tables.get("mergers"))
    for term in sorted({parse_term(text) for text in [*planned["from_term"], *existing["from_term"]]}):
        _refuse_chains(scenario, overlay(in_force(existing, term), in_force(planned, term)))
    return planned


def simulate(
    scenario: Scenario,
    tables: dict[str, pd.DataFrame],
    distances: pd.DataFrame,
    policy: Policy,
    homes: pd.DataFrame | None = None,
) -> Outcome:
    """Work out what a scenario does once all of its merges are in force.

    Parameters
    ----------
    tables
        Checked tables, as :func:`restructure.checks.check_tables` returns them.
    distances, homes
        Villages, and home points, to schools.

    Raises
    ------
    ScenarioError
        When the scenario is structurally wrong.
    """
    settings = policy.settings
    planned = spell_scenario(scenario, tables)
    last = max([round_term(policy.fiscal_year, "may"), *(parse_term(text) for text in planned["from_term"])])
    before = in_force(spell_out(tables.get("mergers")), last).assign(planned=False)
    after = overlay(before, in_force(planned, last))
    pupils = snapshot(tables["students"])
    pupils = pupils[pupils["pupils"] > 0].reset_index(drop=True)
    seats_before, seats_after = seat(pupils, before), seat(pupils, after)
    changed = seats_after["planned"].eq(True) & (seats_after["sits_at"] != seats_before["sits_at"])
    moved = with_distances(seats_after[changed], distances, homes)
    subsidy = subsidy_rows(moved, settings, settings.days_per_year)
    warnings, numbers = _warnings(moved, seats_after, before, after, tables, settings)
    by_band = subsidy.groupby("baht_per_day")["pupils"].sum()
    summary: dict[str, Any] = {
        "scenario": scenario.stem,
        "name": scenario.name,
        "basis": "routed",
        "synthetic": policy.synthetic,
        "days": settings.days_per_year,
        "pupils_moved": int(moved["pupils"].sum()),
        "unreachable": without_way(moved),
        "baht_per_year": int(subsidy["baht"].sum()),
        "pupils_by_band": {str(b.baht_per_day): int(by_band.get(b.baht_per_day, 0)) for b in settings.bands},
        "median_m": weighted_quantile(moved["road_m"], moved["pupils"], 1, 2),
        "p90_m": weighted_quantile(moved["road_m"], moved["pupils"], 9, 10),
        "max_m": weighted_quantile(moved["road_m"], moved["pupils"], 1, 1),
        **{f"over_{_km(m)}_km": _pupils_over(moved, "road_m", m) for m in settings.far_m},
        f"over_{settings.long_minutes}_min": _pupils_over(moved, "minutes", settings.long_minutes),
        **numbers,
        "warnings": warnings["message"].tolist(),
    }
    return Outcome(summary, subsidy, warnings, before, after, seats_before, seats_after, planned)


def figures(summary: dict[str, Any]) -> pd.DataFrame:
    """Return the figures of a summary by key: ``thai`` name, ``unit``, ``description`` and ``value`` (Int64)."""
    described = columns_of("summary")
    rows = []
    for key, value in summary.items():
        if key in described.index:
            row = described.loc[key]
            rows.append((key, row["thai"], row["unit"], row["description"], value))
        elif match := re.fullmatch(r"over_(.+)_(km|min)", key):
            words = f"{match[1]} {'กม.' if match[2] == 'km' else 'นาที'}"
            rows.append((key, f"เดินทางเกิน {words}", "คน", f"นักเรียนที่เดินทางจากบ้านเกิน {words}", value))
        elif key == "pupils_by_band":
            for baht, pupils in value.items():
                rows.append((f"{key}.{baht}", f"ได้ {baht} บาทต่อวัน", "คน", "นักเรียนตามอัตราค่าพาหนะ", pupils))
    table = pd.DataFrame(rows, columns=["key", "thai", "unit", "description", "value"]).set_index("key")
    return table.astype({"value": "Int64"})


def compare(outcomes: list[Outcome]) -> pd.DataFrame:
    """Return the figures of several outcomes side by side: a row a figure with its Thai name, a column an outcome."""
    names = [outcome.summary["name"] for outcome in outcomes]
    columns = {}
    for name, outcome in zip(names, outcomes, strict=True):
        shown = figures(outcome.summary)
        # A copied scenario often keeps its name: the name of the file tells the two apart.
        head = name if names.count(name) == 1 else f"{name} ({outcome.summary['scenario']})"
        columns[head] = shown["value"].set_axis(shown["thai"] + " (" + shown["unit"] + ")")
    return pd.DataFrame(columns)


def subsidy_rows(moved: pd.DataFrame, settings: Settings, days: int) -> pd.DataFrame:
    """Price pupils who sit at a host because of a merge.

    Parameters
    ----------
    moved
        Rows as :func:`with_distances` returns them, with ``left_id`` filled.
    days
        Days that are paid.

    Returns
    -------
    DataFrame
        The columns of ``subsidy.csv``, sorted by key; ``band``, ``baht_per_day`` and ``baht`` are null where there
        is no way.
    """
    keys = ["school_id", "host_id", "grade", "village_id", "programme", "road_m"]
    rows = moved.drop(columns="school_id").rename(columns={"left_id": "school_id", "sits_at": "host_id"})
    rows["road_m"] = rows["road_m"].astype("Int64")
    rows = rows.groupby(keys, dropna=False, as_index=False, sort=True)["pupils"].sum()
    rows = rows.join(price(rows["road_m"], settings.bands)).assign(days=days)
    rows["baht"] = rows["pupils"] * rows["days"] * rows["baht_per_day"]
    return rows[[*keys[:5], "pupils", "road_m", "band", "baht_per_day", "days", "baht"]]


def without_way(rows: pd.DataFrame) -> int:
    """Return how many pupils of some rows have no distance: no way, or no known home."""
    return int(rows.loc[rows["road_m"].isna(), "pupils"].sum())


def rooms_needed(pupils_by_grade: pd.Series, settings: Settings) -> int:
    """Return the rooms that pupils need: a room for each full class, one more for a remainder from the policy's size.

    Any pupil at all needs a room (criteria of AMSS++ and CMSS).
    """
    total = 0
    for grade, pupils in pupils_by_grade.items():
        full, rest = divmod(int(pupils), settings.pupils_per_room[str(grade)[0]])
        total += full + (rest >= settings.room_remainder) if full else int(pupils > 0)
    return total


def _spell_merge(
    scenario: Scenario,
    number: int,
    merge: Merge,
    closed: set[str],
    offered: dict[str, set[str]],
    present: dict[str, set[str]],
) -> list[tuple[Any, ...]]:
    for code in (merge.school, merge.host):
        if code not in offered:
            raise _refused_merge(scenario, number, f"ไม่มีโรงเรียนรหัส {code} ในตารางโรงเรียน", f"no school {code}")
    if merge.school == merge.host:
        raise _refused_merge(scenario, number, f"โรงเรียน {merge.school} รวมกับตัวเอง", "a school is its own host")
    if merge.host in closed:
        raise _refused_merge(scenario, number, f"โรงเรียนหลัก {merge.host} ปิดแล้ว", f"host {merge.host} is closed")
    try:
        named = parse_grades(merge.grades)
    except ValueError:
        raise _refused_merge(
            scenario, number, f"ไม่เข้าใจชั้น “{merge.grades}” เขียนเช่น all หรือ P4-P6", "grades not understood"
        ) from None
    try:
        parse_term(merge.from_term)
    except ValueError:
        raise _refused_merge(
            scenario, number, f"ไม่เข้าใจภาคเรียน “{merge.from_term}” เขียนเช่น 1/2570", "term not understood"
        ) from None
    own = offered[merge.school] | present.get(merge.school, set())
    grades = [grade for grade in named if grade in own]
    if not grades:
        raise _refused_merge(
            scenario, number, f"โรงเรียน {merge.school} ไม่มีชั้น {thai_grades(merge.grades)}", "the school lacks the grade"
        )
    lacking = [grade for grade in grades if grade not in offered[merge.host]]
    if lacking:
        shown = format_grades(lacking)
        raise _refused_merge(
            scenario, number, f"โรงเรียนหลัก {merge.host} ไม่ได้เปิดชั้น {thai_grades(shown)}",
            f"host {merge.host} lacks {shown}",
        )  # fmt: skip
    term = str(parse_term(merge.from_term))
    return [(merge.school, g, merge.host, merge.kind, merge.programme, term, number) for g in grades]


def _refuse_chains(scenario: Scenario, merges: pd.DataFrame) -> None:
    """Refuse a host that itself moves the grade away, where the scenario has a part in it."""
    for (school, grade), row in merges.iterrows():
        onward = (row["host_id"], grade)
        if onward not in merges.index or not (row["planned"] or merges.at[onward, "planned"]):
            continue
        number = row["number"] if row["planned"] else merges.at[onward, "number"]
        earlier = "" if row["planned"] else f" โรงเรียน {school} รวมอยู่ที่นั่นแล้วตามตาราง mergers ต้องระบุที่ใหม่ให้ด้วย"
        raise _refused_merge(
            scenario, int(number),
            f"โรงเรียนหลัก {row['host_id']} ย้ายชั้น {thai_grades(grade)} ไปที่อื่นเอง{earlier}",
            f"host {row['host_id']} itself moves {grade} away",
        )  # fmt: skip


def _warnings(
    moved: pd.DataFrame,
    seats: pd.DataFrame,
    before: pd.DataFrame,
    after: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    settings: Settings,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the warnings that stay with a result, and the numbers of schools and hosts."""
    schools = tables["schools"].set_index("school_id")
    found: list[tuple[str, str, str, str]] = []

    def label(code: str) -> str:
        return f"{schools.at[code, 'name']} ({code})"

    final = after[after["planned"]].reset_index()
    pairs = final[["school_id", "host_id"]].drop_duplicates().sort_values(["school_id", "host_id"])
    for school, host in pairs.itertuples(index=False):
        if schools.at[school, "special_area"]:
            found.append(("special-area", school, host, f"{label(school)} อยู่ในพื้นที่ลักษณะพิเศษ"))
        mine = moved[(moved["left_id"] == school) & (moved["sits_at"] == host)]
        if lost := without_way(mine):
            text = f"นักเรียนของ {label(school)} {lost:,} คน ไม่มีทางรถหรือไม่ทราบบ้าน จึงยังคิดค่าพาหนะไม่ได้"
            found.append(("unreachable", school, host, text))
        for column, limit, text in (
            ("road_m", settings.far_m[0], f"ต้องเดินทางเกิน {settings.far_m[0] / 1000:g} กม."),
            ("minutes", settings.long_minutes, f"ต้องเดินทางเกิน {settings.long_minutes} นาที"),
        ):
            if far := _pupils_over(mine, column, limit):
                found.append((f"far-{column}", school, host, f"นักเรียนของ {label(school)} {far:,} คน {text}"))

    over = unknown = 0
    seated = seats.groupby(["sits_at", "grade"])["pupils"].sum()
    for host in sorted(pairs["host_id"].unique()):
        rooms = schools.at[host, "rooms"]
        needed = rooms_needed(seated.loc[host], settings) if host in seated.index.levels[0] else 0
        if pd.isna(rooms):
            unknown += 1
            found.append(("capacity-unknown", "", host, f"ไม่ทราบจำนวนห้องเรียนของ {label(host)}"))
        elif needed > rooms:
            over += 1
            found.append(("over-capacity", "", host, f"{label(host)} ต้องใช้ {needed} ห้อง แต่มี {rooms} ห้อง"))

    still_teaching = _teaching(schools, after)
    closed = _teaching(schools, before) - still_teaching
    dissolved = set(final.loc[final["kind"] != "learn-together", "school_id"]) - still_teaching
    amphoe = schools["amphoe"]
    for name in sorted(set(amphoe[sorted(closed)]) - set(amphoe[sorted(still_teaching)])):
        found.append(("amphoe-empty", "", "", f"อำเภอ {name} ไม่เหลือโรงเรียนที่มีการเรียนการสอน"))
    numbers = {
        "schools_closed": len(closed),
        "schools_dissolved": len(dissolved),
        "hosts": int(pairs["host_id"].nunique()),
        "hosts_over_capacity": over,
        "hosts_capacity_unknown": unknown,
    }
    return pd.DataFrame(found, columns=["rule", "school_id", "host_id", "message"]), numbers


def _teaching(schools: pd.DataFrame, merges: pd.DataFrame) -> set[str]:
    """Return the open schools of which at least one grade learns at the school itself."""
    offered = schools.loc[schools["status"] != "closed", "grades"]
    return {s for s, text in offered.items() if any((s, grade) not in merges.index for grade in parse_grades(text))}


def weighted_quantile(values: pd.Series, weights: pd.Series, part: int, whole: int) -> int | None:
    """Return the smallest value that at least part/whole of the weight does not exceed, None without any."""
    known = values.notna()
    if not known.any():
        return None
    order = values[known].astype("int64").sort_values(kind="stable")
    reached = weights.loc[order.index].astype("int64").cumsum()
    return int(order[reached * whole >= part * int(reached.iloc[-1])].iloc[0])


def _pupils_over(rows: pd.DataFrame, column: str, limit: int) -> int:
    return int(rows.loc[(rows[column] > limit).fillna(False), "pupils"].sum())


def _km(metres: int) -> str:
    return f"{metres / 1000:g}"


def _place(parts: list[str]) -> str:
    if len(parts) > 1 and parts[0] == "merges" and parts[1].isdigit():
        return f"merges รายการที่ {int(parts[1]) + 1}" + (f" ({parts[2]})" if len(parts) > 2 else "")
    return ".".join(parts)


def _refused(name: str, where: str, thai: str, english: str) -> ScenarioError:
    return ScenarioError(
        f"ไฟล์ scenarios/{name} ที่ {where}: {thai} แก้ไขแล้วสั่งใหม่", f"scenarios/{name}, {where}: {english}; mend it."
    )


def _refused_merge(scenario: Scenario, number: int, thai: str, english: str) -> ScenarioError:
    return _refused(f"{scenario.stem}.yaml", f"merges รายการที่ {number}", thai, english)

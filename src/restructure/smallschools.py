"""The office's small schools: by size, place and year, each with what a plan for it rests on.

A school's size is that of its roll (DMC), as offices tabulate it (สพป.น่าน เขต 2): no pupils, 1–20, 21–40, …, up to
the policy's ``small_school_max`` (OBEC: 120). A school without pupils is a size of its own and no small school.
Teachers and rooms follow from who learns at a school, whatever roll they are on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from restructure._errors import DataError
from restructure.cycle import Cycle, Measured
from restructure.distance import distance_table
from restructure.duties import read_duties
from restructure.files import staged, write_csv
from restructure.grades import GRADES, STAGES, format_grades, parse_grades, stage_of
from restructure.ledger import read_ledger
from restructure.manifest import write_record
from restructure.plan import SIZES, open_schools, spell_size
from restructure.projection import YEARS, history, too_short, whole_pupils
from restructure.register import register
from restructure.roads import Ints
from restructure.rolls import as_of_term, snapshot
from restructure.rounds import with_confirmations
from restructure.scenario import PRESENT
from restructure.simulate import Outcome, simulate
from restructure.teaching import classes_together, rooms_needed, teacher_need

if TYPE_CHECKING:
    from restructure.smallpublic import PublicSmall

#: The key of the duty whose plan this is.
DUTY = "small-schools"
#: How many larger schools are named for each small one.
NEAREST = 3
#: The column of a stage's pupils.
STAGE_COLUMNS = {stage: f"pupils_{stage}" for stage in STAGES}
#: The columns of the projected rolls, a year ahead each.
AHEAD = [f"in_{ahead}" for ahead in range(1, YEARS + 1)]


@dataclass(frozen=True, eq=False)
class SmallSchools:
    """What is known of an office's small schools; every table is in order of its key.

    Attributes
    ----------
    bounds
        Upper bounds of the sizes, 0 the first.
    year
        School year of the newest count, None where the count does not say when it was.
    term
        The term whose mergers count as in force.
    every
        A row an open school, of whatever size, as :func:`nearest_larger` takes them.
    schools
        A row an open school of at most ``bounds[-1]`` pupils: ``school_id``, ``name``, ``tambon``, ``amphoe``,
        ``grades``, ``special_area``, ``readiness`` (texts, empty where the file has none), ``size`` (place of its size
        among ``bounds``), ``on_roll``, :data:`STAGE_COLUMNS`, ``learners``, ``rooms``, ``rooms_needed``, ``teachers``,
        ``teachers_needed``, ``teachers_over`` (those beyond need, below 0 too few), ``classes_together``, :data:`AHEAD`
        (the roll in so many years). Whole numbers, null where unknown.
    rolls
        Every school's roll by year, as counted then and as projected: ``year`` (null where the newest is not known),
        ``projected``, ``school_id``, ``on_roll`` (null where a school that is open now has no row in a past year).
    sizes
        ``size``, ``schools``, ``pupils``; also of sizes that no school has.
    amphoes, tambons, years
        As :func:`count_sizes` counts: by ``amphoe``; by ``amphoe`` and ``tambon``; by ``year`` and
        ``projected``.
    nearest
        As :func:`nearest_larger` returns it.
    mergers
        Mergers in force that a small school is in: ``school_id``, ``host_id``, ``kind``, ``programme``, ``from_term``,
        ``grades``, ``pupils`` (who learn at the host because of it).
    unprojected
        Why nothing is projected; empty where it is.
    """

    cycle: Cycle
    bounds: tuple[int, ...]
    year: int | None
    term: str
    every: pd.DataFrame
    schools: pd.DataFrame
    rolls: pd.DataFrame
    sizes: pd.DataFrame
    amphoes: pd.DataFrame
    tambons: pd.DataFrame
    years: pd.DataFrame
    nearest: pd.DataFrame
    mergers: pd.DataFrame
    unprojected: str

    @property
    def small(self) -> pd.DataFrame:
        """The small schools: those of ``schools`` that have pupils."""
        return self.schools[self.schools["on_roll"] > 0]


def small_schools(measured: Measured) -> SmallSchools:
    """Put together what is known of an office's small schools."""
    cycle, office = measured.cycle, measured.office
    bounds = size_bounds(office.policy.settings.small_school_max)
    outcome = simulate(PRESENT, office)
    every = _open_table(outcome, bounds)
    schools = every[every["size"] < len(bounds)].reset_index(drop=True)
    rolls = _rolls(cycle.tables, every)
    columns = ["school_id", "name", "tambon", "amphoe", "grades", "special_area", "readiness", "size", "on_roll"]
    columns += [*STAGE_COLUMNS.values(), "learners", "rooms", "rooms_needed", "teachers", "teachers_needed"]
    confirmed = with_confirmations(cycle.policy, cycle.policy, read_ledger(cycle.folder))
    return SmallSchools(
        cycle=replace(cycle, policy=confirmed),
        bounds=bounds,
        year=_newest_year(cycle.tables["students"]),
        term=f"{outcome.term % 10}/{outcome.term // 10}",
        every=every,
        schools=schools[[*columns, "teachers_over", "classes_together", *AHEAD]],
        rolls=rolls,
        sizes=_sizes(every, bounds),
        amphoes=count_sizes(every, ["amphoe"], bounds),
        tambons=count_sizes(every, ["amphoe", "tambon"], bounds),
        years=count_sizes(rolls, ["year", "projected"], bounds),
        nearest=nearest_larger(cycle, every, schools["school_id"]),
        mergers=_mergers(outcome, set(schools["school_id"])),
        unprojected=too_short(history(cycle.tables)),
    )


def size_bounds(most: int) -> tuple[int, ...]:
    """Return the upper bounds of the sizes of small schools, where small is at most so many pupils."""
    return *(size for size in SIZES if size < most), most


def spell_sizes(bounds: tuple[int, ...]) -> list[str]:
    """Return the words of each size."""
    return [spell_size(low, high) for low, high in zip((-1, *bounds), bounds, strict=False)]


def size_columns(bounds: tuple[int, ...]) -> list[str]:
    """Return the columns that count the schools of each size."""
    return [f"size_{high}" for high in bounds]


def count_sizes(schools: pd.DataFrame, by: list[str], bounds: tuple[int, ...]) -> pd.DataFrame:
    """Count schools by size.

    Parameters
    ----------
    schools
        A row a school: ``on_roll`` (null where unknown) and the columns of ``by``.

    Returns
    -------
    DataFrame
        ``by``, ``schools`` (all), ``unknown`` (whose roll is), a column a size (:func:`size_columns`), ``small`` (with
        pupils, at most the last bound) and ``small_pupils``.
    """
    place = schools["on_roll"].map(lambda pupils: -1 if pd.isna(pupils) else np.searchsorted(bounds, pupils))
    counted = {"schools": 1, "unknown": place == -1}
    counted |= {column: place == i for i, column in enumerate(size_columns(bounds))}
    small = place.between(1, len(bounds) - 1)
    counted |= {"small": small, "small_pupils": schools["on_roll"].where(small, 0)}
    table = schools[by].assign(**counted).astype(dict.fromkeys(counted, "int64"))
    return table.groupby(by, as_index=False, dropna=False, sort=True).sum()


def nearest_larger(cycle: Cycle, schools: pd.DataFrame, wanted: pd.Series, by: str = "on_roll") -> pd.DataFrame:
    """Return the nearest schools by road that are larger than a school.

    Measured from school to school: it says who is near, not how far any child has to go.

    Parameters
    ----------
    schools
        A row an open school: ``school_id``, ``lat``, ``lon``, ``grades``, ``readiness``, ``on_roll``, ``present``
        (the grades that have pupils) and ``teaching``, whether any grade learns there.
    wanted
        Codes of the schools that are asked about.
    by
        The column in which a larger school has more: by default pupils on its roll.

    Returns
    -------
    DataFrame
        ``school_id``, ``rank`` (1 is the nearest, at most :data:`NEAREST`), ``larger_id``, ``road_m``, ``minutes``,
        ``larger_pupils`` (on its roll), ``lacks`` (grades with pupils of the school that the larger one does not
        offer) and ``larger_readiness``. No row where no road leads to a larger school.
    """
    origins = schools.loc[schools["school_id"].isin(wanted), ["school_id", "lat", "lon"]]
    limit = cycle.policy.settings.snap_limit_m
    origins = origins.rename(columns={"school_id": "from_id"})
    ways = distance_table(cycle.network, origins, schools, key="from_id", snap_limit_m=limit)
    ways = ways.rename(columns={"from_id": "school_id", "school_id": "larger_id"})
    own = schools.set_index("school_id")
    larger = own[by].reindex(ways["larger_id"]).to_numpy() > own[by].reindex(ways["school_id"]).to_numpy()
    there = own["teaching"].reindex(ways["larger_id"]).to_numpy(bool) & ways["reachable"].to_numpy(bool)
    ways = ways[larger & there].sort_values(["school_id", "road_m", "larger_id"], ignore_index=True)
    ways["rank"] = ways.groupby("school_id").cumcount() + 1
    ways = ways[ways["rank"] <= NEAREST].reset_index(drop=True)
    lacking = [
        set(own.loc[row.school_id, "present"]) - set(parse_grades(own.loc[row.larger_id, "grades"]))
        for row in ways[["school_id", "larger_id"]].itertuples(index=False)
    ]
    return ways[["school_id", "rank", "larger_id", "road_m", "minutes"]].assign(
        larger_pupils=own["on_roll"].reindex(ways["larger_id"]).to_numpy(),
        lacks=[format_grades(grades) if grades else "" for grades in lacking],
        larger_readiness=own["readiness"].reindex(ways["larger_id"]).to_numpy(),
    )


def _open_table(outcome: Outcome, bounds: tuple[int, ...]) -> pd.DataFrame:
    """Return every open school, in order of code: the columns of ``schools`` and those of :func:`nearest_larger`."""
    office, settings = outcome.office, outcome.office.policy.settings
    roll, learning = office.on_roll, outcome.learners_before
    table = office.schools.assign(
        **{name: office.schools[name].fillna("") for name in ("special_area", "readiness")},
        on_roll=roll.sum(axis=1),
        **{column: _of_stage(roll, stage) for stage, column in STAGE_COLUMNS.items()},
        learners=learning.sum(axis=1),
        rooms=office.schools["rooms"].astype("Int64"),
        teachers=office.schools["teachers"].astype("Int64"),
        rooms_needed=rooms_needed(learning, settings).sum(axis=1),
        present=[[grade for grade, here in zip(GRADES, row, strict=True) if here] for row in office.present],
        teaching=outcome.teaching_before,
    )
    need = teacher_need(learning, settings)
    table["teachers_needed"] = need["teachers"].array
    table["teachers_over"] = table["teachers"] - table["teachers_needed"]
    table["classes_together"] = classes_together(table["rooms_needed"].to_numpy(), table["teachers"])
    table["size"] = np.searchsorted(bounds, table["on_roll"])
    ahead = whole_pupils(office.future[1:]).sum(axis=2) if len(office.future) else None
    for i, column in enumerate(AHEAD):
        table[column] = pd.array([pd.NA] * len(table) if ahead is None else ahead[i], dtype="Int64")
    return open_schools(table).reset_index(drop=True)


def _of_stage(pupils: Ints, stage: str) -> Ints:
    mine = [i for i, grade in enumerate(GRADES) if stage_of(grade) == stage]
    of_stage: Ints = pupils[:, mine].sum(axis=1)
    return of_stage


def _sizes(schools: pd.DataFrame, bounds: tuple[int, ...]) -> pd.DataFrame:
    """Return ``size``, ``schools``, ``pupils``, also of sizes that no school has."""
    sums = schools.groupby("size")["on_roll"].agg(["size", "sum"]).reindex(range(len(bounds)), fill_value=0)
    return sums.rename(columns={"size": "schools", "sum": "pupils"}).rename_axis("size").reset_index()


def _rolls(tables: dict[str, pd.DataFrame], schools: pd.DataFrame) -> pd.DataFrame:
    """Return the rolls of each year: as counted then, of schools that are closed now too, and as projected.

    A school that is open now and has no row in a past year is unknown in it, not empty.
    """
    newest = _newest_year(tables["students"])
    now = schools[["school_id", "on_roll"]]
    parts = [now.assign(year=newest, projected=False)]
    if "enrolment" in tables:
        past = tables["enrolment"][["school_id", "year", "count"]].dropna()
        past = past if newest is None else past[past["year"] < newest]
        for year, rows in past.groupby("year"):
            then = rows.groupby("school_id")["count"].sum()
            codes = sorted({*then.index, *now["school_id"]})
            on_roll = then.reindex(codes).astype("Int64").to_numpy()
            parts.append(pd.DataFrame({"school_id": codes, "on_roll": on_roll, "year": year, "projected": False}))
    if newest is not None and schools[AHEAD[-1]].notna().all():
        for ahead, column in enumerate(AHEAD, start=1):
            parts.append(now.assign(on_roll=schools[column], year=newest + ahead, projected=True))
    rows = pd.concat([part.astype({"on_roll": "Int64", "year": "Int64"}) for part in parts], ignore_index=True)
    return rows[["year", "projected", "school_id", "on_roll"]].sort_values(["year", "school_id"], ignore_index=True)


def _newest_year(students: pd.DataFrame) -> int | None:
    day = snapshot(students)["as_of"]
    return as_of_term(day.iloc[0]).year if len(day) and (day != "").all() else None


def _mergers(outcome: Outcome, small: set[str]) -> pd.DataFrame:
    keys = ["school_id", "host_id", "kind", "programme", "from_term"]
    office, seats = outcome.office, outcome.seats_before
    rows = outcome.merges_before
    rows = rows[rows["school_id"].isin(small) | rows["host_id"].isin(small)]
    table = rows.groupby(keys, as_index=False)["grade"].agg(list)
    codes = np.array([*office.codes, ""], dtype=object)
    left, sits, grade = codes[seats.left], codes[seats.sits], np.array(GRADES, dtype=object)[office.grade]
    counts = [
        int(office.count[(left == row.school_id) & (sits == row.host_id) & np.isin(grade, row.grade)].sum())
        for row in table.itertuples()
    ]
    return table.assign(grades=table["grade"].map(format_grades), pupils=counts).drop(columns="grade")


def write_small_schools(measured: Measured, *, final: bool = False) -> SmallSchools:
    """Write the small schools as a workbook and as the yearly plan, and the public versions, in ``small-schools/``.

    What is left to fill in stands in ``small-schools/blanks.csv``; it is typed in ``small-schools.yaml``.

    Parameters
    ----------
    final
        Whether this is what goes to the committee: the documents without the marks of a draft.

    Raises
    ------
    DataError
        When it shall be final and there are blanks left, of which only the list is written; when
        ``small-schools.yaml`` or a template of the office's own cannot be used.
    """
    # Imported here: matplotlib and the document writers take a second to load, and all of them rest on this module.
    from restructure.documents.smallschools import write_small_plan
    from restructure.smallbook import write_public_small_book, write_small_book
    from restructure.smallpublic import public_small
    from restructure.smalltexts import read_small_texts

    folder, outputs = measured.cycle.folder, measured.cycle.outputs
    small = small_schools(measured)
    public, texts, steps = public_small(small), read_small_texts(folder), duty_steps(folder)
    how: dict[str, Any] = {"templates": folder / "templates", "final": final}
    version = metadata.version("restructure")
    with staged(outputs) as stage:
        write_record(measured, stage, "small-schools")
        made = stage / "small-schools"
        found = [
            write_small_plan(small, texts, steps, version, made / "plan.docx", **how),
            write_public_small_paper(small, public, made / "public" / "plan.docx", final=final),
        ]
        blanks = pd.concat(found, ignore_index=True)
        write_csv(made / "blanks.csv", blanks)
        if final and len(blanks):
            with staged(outputs / "small-schools") as listed:
                write_csv(listed / "blanks.csv", blanks)
            first = "; ".join(f"{row.document} {row.section}: {row.blank}" for row in blanks.head(3).itertuples())
            raise DataError(
                f"ยังออกฉบับสมบูรณ์ไม่ได้ เหลือช่องที่ต้องกรอก {len(blanks)} แห่ง เช่น {first} "
                "ดูทั้งหมดใน outputs/small-schools/blanks.csv กรอกใน small-schools.yaml แล้วสั่งใหม่",
                f"Not final yet: {len(blanks)} blanks are left, see outputs/small-schools/blanks.csv; fill them in.",
            )
        write_small_book(small, made / "small-schools.xlsx")
        write_public_small_book(small, public, made / "public" / "small-schools.xlsx")
    return small


def write_public_small_paper(small: SmallSchools, public: PublicSmall, path: Path, *, final: bool) -> pd.DataFrame:
    """Write the plan of a cycle as it may be published; return the blanks that are left.

    Raises
    ------
    DataError
        When ``small-schools.yaml`` or a template of the office's own cannot be used.
    """
    from restructure.documents.smallschools import write_public_small_plan
    from restructure.smalltexts import read_small_texts

    folder = small.cycle.folder
    return write_public_small_plan(
        small, public, read_small_texts(folder), duty_steps(folder), metadata.version("restructure"), path,
        templates=folder / "templates", final=final,
    )  # fmt: skip


def duty_steps(folder: Path) -> pd.DataFrame:
    """Return the steps of the duty as the register has them, where it has none as its template has.

    Returns
    -------
    DataFrame
        ``thai``, ``owner`` (empty where nobody is named), ``due``, ``done_on`` (dates, null where there is none).
    """
    registered = register(folder).steps
    mine = registered[registered["duty"] == DUTY]
    if len(mine):
        mine = mine[mine["round"] == mine["round"].iloc[-1]]
        return mine[["thai", "owner", "by", "done_on"]].rename(columns={"by": "due"}).reset_index(drop=True)
    steps = read_duties(folder)[DUTY].steps
    return pd.DataFrame({"thai": [step.thai for step in steps], "owner": "", "due": None, "done_on": None})

"""What is done for one office of the country: one stage after the other, each written whole and recorded.

A stage that has a record of the same inputs, settings and programs, and whose files are as they were made, is not done
again. Nothing that an office has made itself is written over: but for the distances, which are the same whoever
measures them, all lies in ``outputs/national/``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from restructure import steps
from restructure._errors import DataError, RestructureError, file_fault
from restructure.budget import round_budget
from restructure.corrections import CORRECTIONS_FILE
from restructure.cycle import Measured, measure, open_cycle
from restructure.files import sha256, staged, write_csv, write_json
from restructure.intake import rows_aside
from restructure.intake.mapping import MAPPING_FILE
from restructure.moves import without_way
from restructure.optimise import clock
from restructure.optimise.asking import Point, curve
from restructure.optimise.finding import best_scenario, search
from restructure.optimise.rules import RULES_FILE, read_rules
from restructure.optimise.telling import curve_table
from restructure.policy import load_policy
from restructure.program import package_digest, versions
from restructure.projection import YEARS, history, project, too_short
from restructure.scenario import PRESENT, write_scenario
from restructure.seating import Office
from restructure.simulate import simulate
from restructure.thai import ROUNDS

#: What an office leaves, under its ``outputs/``.
FOLDER = "national"
POLICY_FILE = "policy.yaml"
#: Counted seconds (:mod:`restructure.optimise.clock`) for the best plan, and again for its curve, where
#: ``optimise.yaml`` says nothing.
SECONDS = 5.0
#: Numbers of closures at which an office's curve is asked about.
POINTS = 12

#: ``office``, ``stage``, ``read`` (what it rests on), ``files`` (SHA-256 by path), ``figures``; or ``error`` in two
#: languages in place of the last two.
Record = dict[str, Any]


def run_stage(root: Path | str, office: str, stage: str, before: Record | None = None) -> Record:
    """Do one stage of an office, unless it is done, and return its record.

    What is wrong with the office is said there, not raised.

    Parameters
    ----------
    root
        The country's folder, the same on every machine that works on it.
    office
        Its folder under ``root``.
    before
        The record of the stage before it where that was done just now: a broken office is not tried again.
    """
    if before and "error" in before:
        return before | {"stage": stage}
    root = Path(root)
    folder = root / office
    target = folder / "outputs" / FOLDER
    record: Record = {"office": office, "stage": stage}
    try:
        digests = _digests(root, office)
        if done := _fresh(root, office, stage, digests):  # by a worker that was lost before it could tell
            return done
        record["read"] = _what_it_reads(stage, digests)
        measured = _measured(folder, _what_it_reads("distances", digests)["inputs"])
        figures, made = _STAGES[stage](measured, target / stage)
        digests = {path.relative_to(folder).as_posix(): sha256(path) for path in made}
        record |= {"files": dict(sorted(digests.items())), "figures": figures}
        _write_record(target, record)
    except Exception as error:  # whatever it is, the other offices go on
        record = note_error(root, record, _told(error))
    return record


def note_error(root: Path | str, record: Record, error: RestructureError) -> Record:
    """Return a record that says what is wrong with its office; write it as far as that can be."""
    folder = Path(root) / record["office"]
    with suppress(RestructureError):  # what is wrong may be the policy itself
        record["name"] = load_policy(folder / POLICY_FILE, country=Path(root) / POLICY_FILE).office
    record |= {"error": {"thai": error.thai, "english": error.english}}
    with suppress(OSError):  # the disk is full, or the folder is not ours: what is returned says so
        _write_record(folder / "outputs" / FOLDER, record)
    return record


def fresh_records(root: Path, office: str) -> dict[str, Record]:
    """Return the records of the stages of an office that need not be done again, by stage."""
    try:
        digests = _digests(root, office)
    except OSError:  # a file that cannot be read: opening the office says which
        return {}
    found = ((stage, _fresh(root, office, stage, digests)) for stage in STAGES)
    return {stage: record for stage, record in found if record}


def _fresh(root: Path, office: str, stage: str, digests: dict[str, str]) -> Record | None:
    folder = root / office
    try:
        record: Record = json.loads((folder / "outputs" / FOLDER / f"{stage}.json").read_text("utf-8"))
        if record.pop("sha256") != digest_of(record) or "error" in record:
            return None
        if record["read"] != _what_it_reads(stage, digests):
            return None
        if all(sha256(folder / name) == digest for name, digest in record["files"].items()):
            return record
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none yet, or no longer whole
        pass
    return None


def _what_it_reads(stage: str, digests: dict[str, str]) -> Record:
    """Return all that a stage rests on: files and programs; only plans rest on their rules."""
    inputs = {path: digest for path, digest in digests.items() if stage == "best" or Path(path).name != RULES_FILE}
    return {"inputs": inputs, "programs": _programs()}


def _programs() -> dict[str, str]:
    return versions() | {"restructure": package_digest()}


def _digests(root: Path, office: str) -> dict[str, str]:
    """Return the SHA-256 of what an office reads, its own files and the country's, by their path in the country."""
    folder = root / office
    paths = [path for path in sorted((folder / "inputs").rglob("*")) if path.is_file() and path.name[0] not in ".~"]
    paths += [root / POLICY_FILE, *(folder / name for name in (POLICY_FILE, MAPPING_FILE, CORRECTIONS_FILE))]
    paths.append(_rules_file(folder))
    return {path.relative_to(root).as_posix(): sha256(path) for path in paths if path.is_file()}


def _rules_file(folder: Path) -> Path:
    """Return the file of rules that holds for an office: its own, else the country's."""
    own = folder / RULES_FILE
    return own if own.is_file() else folder.parent / RULES_FILE


def _told(error: Exception) -> RestructureError:
    if isinstance(error, RestructureError):
        return error
    if isinstance(error, OSError):
        return file_fault(error, whole=True)
    what = f"{type(error).__name__}: {error}"
    return DataError(
        f"คำนวณสำนักงานนี้ไม่ได้เพราะเหตุที่โปรแกรมไม่รู้จัก ({what}): ตรวจด้วยคำสั่ง restructure check แล้วแจ้งผู้ดูแลโปรแกรม",
        f"This office stopped for a reason that the program does not know ({what}); try `restructure check`.",
    )


def _write_record(target: Path, record: Record) -> None:
    with staged(target) as stage:
        write_json(stage / f"{record['stage']}.json", record | {"sha256": digest_of(record)})


def digest_of(data: Record) -> str:
    """Return a digest of what can be written as JSON."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


#: The office that this process opened last, by what it read: its stages follow each other.
_opened: tuple[tuple[Path, dict[str, str]], Measured] | None = None


def _measured(folder: Path, inputs: dict[str, str]) -> Measured:
    """Return an office read and measured; one at a time is kept."""
    global _opened
    held = _opened
    if held is None or held[0] != (folder, inputs):
        _opened = held = None  # the largest office bounds the memory, not the largest two
        measured = measure(open_cycle(folder, country_policy=folder.parent / POLICY_FILE))
        _opened = held = ((folder, inputs), measured)
    return held[1]


_Done = tuple[dict[str, Any], list[Path]]


def _distances(measured: Measured, target: Path) -> _Done:
    steps.write_distances(measured)
    cycle, office, outputs = measured.cycle, measured.office, target.parents[1]
    today = simulate(PRESENT, office).summary
    points = cycle.tables["schools"][["lon", "lat"]].dropna().to_numpy(float)
    figures = {
        "name": cycle.policy.office,
        "fiscal_year": cycle.policy.fiscal_year,
        "synthetic": cycle.policy.synthetic,
        "osm_date": cycle.network.osm_date,
        "schools": today["schools_teaching"],
        "small_schools": today["small_schools"],
        "villages": len(cycle.tables["villages"]),
        "pupils": int(office.count.sum()),
        "median_m": today["all_median_m"],
        "longest_m": today["all_max_m"],
        "over_30_min": today["all_over_30_min"],
        "unmeasured": today["all_unmeasured"],
        "rows_aside": rows_aside(measured.problems),
        "warnings": int((measured.problems["severity"] == "warning").sum()),
        "outline": _outline(points),
    }
    return figures, [path for name in ("distances", "homes") if (path := outputs / f"{name}.parquet").is_file()]


def _outline(points: Any) -> list[list[float]]:
    """Return the corners round the schools, longitude and latitude."""
    from shapely import MultiPoint

    hull = MultiPoint(np.round(points, 4)).buffer(0.01, quad_segs=2).convex_hull
    return [[round(x, 4), round(y, 4)] for x, y in hull.exterior.coords] if len(points) else []


def _need(measured: Measured, target: Path) -> _Done:
    cycle, figures, tables = measured.cycle, {}, {}
    for name in ROUNDS:
        budget = round_budget(cycle.tables, measured.distances, measured.homes, cycle.policy, name, routed=True)
        tables[f"{name}.csv"] = budget.allocation.drop(columns="allocated_baht")
        figures[name] = {
            "term": str(budget.term),
            "baht": int(budget.needed["baht"].sum()),
            "pupils": int(budget.needed["pupils"].sum()),
            "unmeasured": without_way(budget.needed),
            "not_eligible": int(budget.refused["pupils"].sum()),
        }

    def write(stage: Path) -> None:
        for file, table in tables.items():
            write_csv(stage / file, table)

    return figures, _write(target, write)


def _best(measured: Measured, target: Path) -> _Done:
    office = measured.office
    rules = read_rules(_rules_file(measured.cycle.folder).parent)
    if "seconds" not in rules.model_fields_set:
        rules = rules.model_copy(update={"seconds": SECONDS})
    with clock.counted():
        *_, found = search(office, rules, sought=())
        work_s = clock.now()
    with clock.counted():
        drawn = curve(office, rules, POINTS)
        curve_s = clock.now()
    best, points = found.best, [_point(office, point) for point in drawn.points]
    outcome = simulate(best_scenario(found, office, "national"), office) if best.levels else None
    figures: dict[str, Any] = {
        "status": best.status,
        "gap": _finite(best.gap),
        "levels": [[one.objective, one.value, _finite(one.gap)] for one in best.levels],
        "against": found.clash.rules if found.clash else [],
        "work_s": [round(work_s, 3), round(curve_s, 3)],
        "curve": points,
        "curve_asked": drawn.asked,
        "curve_reached": drawn.reached,
    }
    if outcome:
        figures |= {key: outcome.summary[key] for key in _OF_PLAN}

    def write(stage: Path) -> None:
        write_json(stage / "best.json", found.record())
        write_csv(stage / "curve.csv", curve_table(drawn.points))
        if outcome:
            write_scenario(outcome.scenario, stage / "scenario.yaml")
            write_json(stage / "summary.json", outcome.summary)
            write_csv(stage / "subsidy.csv", outcome.subsidy)

    return figures, _write(target, write)


_OF_PLAN = (
    "schools_closed", "pupils_moved", "unreachable", "median_m", "max_m", "over_30_min", "baht_per_year",
    "subsidy_total_baht", "subsidy_present_baht", "net_change_baht", "directors_freed", "small_schools",
)  # fmt: skip


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _point(office: Office, point: Point) -> dict[str, Any]:
    """Return what a point of the curve adds to the burden of today."""
    summary = simulate(point.scenario, office).summary
    return {
        "schools_closed": point.schools_closed,
        "subsidy_baht": summary["subsidy_total_baht"] - summary["subsidy_present_baht"],
        "pupil_km": summary["pupil_km"] - summary["pupil_km_before"],
        "gap": _finite(point.gap),
    }


def _projection(measured: Measured, target: Path) -> _Done:
    tables, settings = measured.cycle.tables, measured.cycle.policy.settings
    past = history(tables)
    future = project(past, YEARS)
    if future is None:
        return {"too_short": too_short(past), "years": []}, _write(target, lambda _: None)
    rolls = future.groupby(["year", "school_id"])["pupils"].sum()
    rolls = rolls[rolls > 0]
    years = [
        {"year": int(year), "pupils": int(of.sum()), "small_schools": int((of <= settings.small_school_max).sum())}
        for year, of in rolls.groupby(level="year")
    ]
    return {"years": years}, _write(target, lambda stage: write_csv(stage / "projection.csv", future))


def _write(target: Path, write: Callable[[Path], object]) -> list[Path]:
    """Write a stage's files in place of those of the run before, and return them."""
    with staged(target) as stage:
        write(stage)
        made = [target / path.relative_to(stage) for path in sorted(stage.rglob("*")) if path.is_file()]
    for left in target.iterdir():
        if left.is_file() and left not in made:
            left.unlink()
    return made


_STAGES: dict[str, Callable[[Measured, Path], _Done]] = {
    "distances": _distances,
    "need": _need,
    "best": _best,
    "projection": _projection,
}
#: In their order, with what they are called.
STAGE_WORDS = {"distances": "ระยะทาง", "need": "ความต้องการ", "best": "แผนดีที่สุด", "projection": "คาดการณ์"}
STAGES = tuple(STAGE_WORDS)

"""The steps of a cycle: each makes its files, whole or not at all, and records from what."""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from restructure._errors import UsageError
from restructure.audit import Audit, audit, claims, threshold_routes
from restructure.book import with_names
from restructure.closures import closed_roads, closure_effects, closure_summary, piece_mask, wet_pieces
from restructure.comparison import (
    children_table,
    compare,
    comparison,
    teaching_table,
    with_present,
    years_table,
)
from restructure.corrections import CORRECTIONS_FILE, read_log
from restructure.cycle import Cycle, Measured, home_points, known_round, scenario_files
from restructure.distance import distance_table
from restructure.files import sha256, staged, write_csv, write_json
from restructure.intake import WET_SEASON, columns_of
from restructure.intake.mapping import MAPPING_FILE
from restructure.mends import Examined
from restructure.moves import subsidy_rows, without_way
from restructure.optimise.finding import Found, Telling, best_scenario, find, free_stem
from restructure.optimise.rules import RULES_FILE, Rules
from restructure.optimise.telling import alternatives_table, curve_table, why_table
from restructure.plan import Plan, RoundBudget, draft, round_budget
from restructure.roads import Bools
from restructure.routemap import host_routes, write_route_map
from restructure.scenario import PRESENT, Scenario, spell_scenario, write_scenario
from restructure.simulate import Outcome, simulate
from restructure.words import CLOSURE_STATES, SYNTHETIC

#: Stands among closures for the roads that the policy takes out in the wet season.
_WET = "ฤดูฝน (ค่าในนโยบาย)"


def examined(measured: Measured) -> Examined:
    """Return a cycle as the data doctor wants it."""
    cycle = measured.cycle
    frames = {name: _one_of_each_row(frame) for name, frame in cycle.frames.items()}
    return Examined(measured.problems, cycle.tables, frames, cycle.files, cycle.tambons)


def _one_of_each_row(frame: pd.DataFrame) -> pd.DataFrame:
    """Return each row of the file once: where it is several of the table, only what these have in common is said."""
    if not frame.index.has_duplicates:
        return frame
    first = frame[~frame.index.duplicated()]
    return first.where(frame.groupby(level=0).nunique().eq(1).reindex(first.index), "")


def write_check(measured: Measured) -> list[Path]:
    """Write ``problems.csv``, and workbooks of it for the office and for each school, in ``check/``; return these."""
    from restructure.doctorbook import write_doctor_books

    cycle = measured.cycle
    with staged(cycle.outputs) as stage:
        _write_record(measured, stage, "check")
    return write_doctor_books(examined(measured), read_log(cycle.folder), cycle.outputs / "check", cycle.policy)


def write_distances(measured: Measured) -> None:
    """Write ``distances.parquet`` and, for home points, ``homes.parquet``."""
    with staged(measured.cycle.outputs) as stage:
        _write_record(measured, stage, "distances")
        measured.distances.to_parquet(stage / "distances.parquet", index=False)
        if measured.homes is not None:
            measured.homes.to_parquet(stage / "homes.parquet", index=False)
    if measured.homes is None:  # those of pupils who are no longer in the inputs must not stay
        (measured.cycle.outputs / "homes.parquet").unlink(missing_ok=True)


def write_outcome(measured: Measured, scenario: Scenario) -> Outcome:
    """Simulate a scenario and write ``summary.json``, ``subsidy.csv``, ``warnings.csv`` and its consequence tables."""
    cycle = measured.cycle
    outcome = simulate(scenario, measured.office)
    with staged(cycle.outputs) as stage:
        _write_record(measured, stage, f"simulate {scenario.stem}", scenario=scenario.model_dump())
        _write_outcome(outcome, stage / "scenarios" / scenario.stem)
    return outcome


def write_comparison(measured: Measured, scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Write scenarios side by side in ``comparison/``, the present state first; return the table in words.

    A table of figures, a chart, a chart of the plan's years, and of each scenario a map before and after.
    """
    # Imported here: matplotlib takes a second to load.
    from restructure import comparisonprint

    outcomes = with_present([simulate(scenario, measured.office) for scenario in (PRESENT, *scenarios)])
    with staged(measured.cycle.outputs) as stage:
        _write_record(measured, stage, "compare", scenarios=[scenario.model_dump() for scenario in scenarios])
        folder = stage / "comparison"
        write_csv(folder / "comparison.csv", comparison(outcomes))
        comparisonprint.write_chart(outcomes, folder / "chart.pdf", folder / "chart.png")
        comparisonprint.write_years_chart(outcomes, folder / "years.pdf", folder / "years.png")
        for scenario in scenarios:
            name = f"map-{scenario.stem}"
            plan = draft_plan(measured, scenario)
            comparisonprint.write_before_after(plan, folder / f"{name}.pdf", folder / f"{name}.png")
    return compare(outcomes)


def save_scenario(measured: Measured, scenario: Scenario, *, replace: bool = False) -> Outcome:
    """Write a scenario into ``scenarios/``, and what it does, its warnings among that, as :func:`write_outcome`.

    Parameters
    ----------
    replace
        Whether a file of that name may be written over.

    Raises
    ------
    ScenarioError
        When the scenario is structurally wrong.
    UsageError
        When there is such a file and it shall not be replaced.
    """
    folder = measured.cycle.folder
    path = scenario_files(folder).get(scenario.stem, folder / "scenarios" / f"{scenario.stem}.yaml")
    spell_scenario(scenario, measured.office)
    if path.exists() and not replace:
        raise UsageError(
            f"มีทางเลือก scenarios/{path.name} อยู่แล้ว: ใช้ชื่ออื่น หรือสั่งเขียนทับ",
            f"scenarios/{path.name} exists already; use another name or replace it.",
        )
    write_scenario(scenario, path)
    return write_outcome(measured, scenario)


def write_best(measured: Measured, rules: Rules, progress: Telling | None = None) -> tuple[Found, Path | None]:
    """Search the best plan and write what is found, in ``optimise/``, and the plan as a scenario, ``optimised``.

    Parameters
    ----------
    progress
        As :func:`restructure.optimise.finding.find` takes it.

    Returns
    -------
    tuple
        What was found, and the file of the scenario; None without a plan.
    """
    office, cycle = measured.office, measured.cycle
    found = find(office, rules, progress=progress)
    scenario = None
    if found.best.levels:
        scenario = best_scenario(found, office, free_stem(scenario_files(cycle.folder)))
    with staged(cycle.outputs) as stage:
        _write_record(measured, stage, "optimise", rules=found.rules.model_dump())
        folder = stage / "optimise"
        saved = {"scenario": scenario.stem if scenario else None, "synthetic": cycle.policy.synthetic}
        write_json(folder / "best.json", found.record() | saved)
        write_csv(folder / "curve.csv", curve_table(found.points))
        write_csv(folder / "alternatives.csv", alternatives_table(found.others, found.present))
        write_csv(folder / "why.csv", why_table(found.reasons))
    if scenario is None:
        return found, None
    path = cycle.folder / "scenarios" / f"{scenario.stem}.yaml"
    write_scenario(scenario, path)
    return found, path


def write_allocation(measured: Measured, round_name: str, ceiling_baht: int | None = None) -> RoundBudget:
    """Work out a round and write its ``allocation.csv`` and, by village and grade, ``need.csv``."""
    cycle = measured.cycle
    round_name = known_round(round_name)
    budget = round_budget(
        cycle.tables, measured.distances, measured.homes, cycle.policy, round_name, ceiling_baht=ceiling_baht
    )
    with staged(cycle.outputs) as stage:
        _write_record(measured, stage, f"allocate {round_name}", ceiling_baht=budget.ceiling_baht)
        folder = stage / "allocation" / round_name
        write_csv(folder / "allocation.csv", budget.allocation)
        write_csv(folder / "need.csv", budget.needed)
        write_json(
            folder / "allocation.json",
            {
                "round": round_name,
                "term": str(budget.term),
                "basis": "routed",
                "sharing_rule": cycle.policy.settings.sharing_rule,
                "ceiling_baht": budget.ceiling_baht,
                "need_baht": int(budget.allocation["need_baht"].sum()),
                "allocated_baht": None
                if budget.ceiling_baht is None
                else int(budget.allocation["allocated_baht"].sum()),
                "pupils": int(budget.allocation["pupils"].sum()),
                "pupils_without_distance": without_way(budget.needed),
                "synthetic": cycle.policy.synthetic,
            },
        )
    return budget


def write_plan(measured: Measured, scenario: Scenario) -> Plan:
    """Draft the plan of a scenario and write its documents, maps and layers."""
    # Imported here: matplotlib and the document writers take a second to load and only this step needs them.
    from restructure import documents, geopackage, printmap, webmap, workbook

    cycle = measured.cycle
    plan = draft_plan(measured, scenario)
    with staged(cycle.outputs) as stage:
        _write_record(measured, stage, "plan", scenario=scenario.model_dump())
        _write_outcome(plan.outcome, stage / "scenarios" / scenario.stem)
        folder = stage / "plan"
        folder.mkdir()
        printmap.write_print_map(plan, folder / "map-a3.pdf", folder / "map-a3.png")
        webmap.write_map_html(plan, folder / "map.html")
        geopackage.write_geopackage(plan, stage / "cycle.gpkg")
        workbook.write_annexes(plan, folder / "annexes.xlsx")
        documents.write_plan(plan, folder / "plan.docx", folder / "map-a3.png")
    return plan


def draft_plan(measured: Measured, scenario: Scenario) -> Plan:
    """Work out the content of a scenario's plan."""
    cycle = measured.cycle
    return draft(
        scenario,
        cycle.tables,
        cycle.network,
        measured.distances,
        measured.homes,
        cycle.policy,
        measured.problems,
        {"restructure": metadata.version("restructure"), "osm_date": cycle.network.osm_date},
        measured.office,
    )


def write_audit(measured: Measured, scenario: Scenario) -> Audit:
    """Write what to check before money moves: tables, workbook, route map and layers, in ``audit/``."""
    from restructure import auditbook

    cycle = measured.cycle
    outcome, found = _audit(measured, scenario)
    routes = _at_stake(paid_routes(measured, outcome), found.thresholds)
    with staged(cycle.outputs) as stage:
        _write_record(measured, stage, f"audit {scenario.stem}", scenario=scenario.model_dump())
        folder = stage / "audit"
        for name in ("thresholds", "snaps", "links", "declared", "units"):
            write_csv(
                folder / f"{name}.csv", pd.DataFrame(getattr(found, name)).drop(columns="geometry", errors="ignore")
            )
        write_route_map(
            folder / "map.html",
            network=cycle.network,
            policy=cycle.policy,
            schools=cycle.tables["schools"],
            villages=cycle.tables["villages"],
            routes=routes,
            title=f"ตรวจระยะทาง {scenario.name}",
            stake="ขึ้นกับการตรวจ",
            closures=cycle.closures,
            missing_links=found.links,
        )
        auditbook.write_audit(
            found,
            folder / "audit.xlsx",
            policy=cycle.policy,
            tables=cycle.tables,
            scenario=scenario.name,
            osm_date=cycle.network.osm_date,
        )
        shares = pd.DataFrame(routes.drop(columns=["geometry", "roads", "baht", "band", "note", "stake_baht", "state"]))
        write_csv(folder / "routes.csv", shares.astype({"unpaved_m": "Int64", "track_m": "Int64"}))
        layers = {
            "thresholds": threshold_routes(cycle.network, found.thresholds, cycle.tables),
            "snaps": found.snaps,
            "missing-links": found.links,
        }
        for layer, table in layers.items():
            mark = {"remark": SYNTHETIC} if cycle.policy.synthetic else {}
            table.assign(**mark).to_file(folder / "audit.gpkg", layer=layer, driver="GPKG")
    return found


def _audit(measured: Measured, scenario: Scenario) -> tuple[Outcome, Audit]:
    cycle = measured.cycle
    outcome = simulate(scenario, measured.office)
    points = home_points(cycle.tables["students"])
    found = audit(
        outcome, cycle.tables, cycle.network, measured.distances, cycle.policy, measured.homes,
        points if len(points) else None,
    )  # fmt: skip
    return outcome, found


def write_proofs(
    measured: Measured, scenario: Scenario, schools: Sequence[str] = (), progress: Callable[[], object] | None = None
) -> list[str]:
    """Write a proof sheet for each host, or for some schools, in ``proof/SCENARIO/``; return their codes.

    Parameters
    ----------
    progress
        Called after each sheet.

    Raises
    ------
    UsageError
        When a school hosts nobody.
    """
    from restructure import proof

    cycle = measured.cycle
    outcome, found = _audit(measured, scenario)
    routes = _at_stake(paid_routes(measured, outcome), found.thresholds)
    hosts = sorted(set(routes["host_id"]))
    if strange := sorted(set(schools) - set(hosts)):
        raise UsageError(
            f"ไม่มีนักเรียนจากการรวมไปเรียนที่โรงเรียน {', '.join(strange)}: โรงเรียนหลักมี {', '.join(hosts) or 'ไม่มีเลย'}",
            f"No pupils go to {', '.join(strange)} because of a merge; hosts are {', '.join(hosts) or 'none'}.",
        )
    hosts = sorted(set(schools)) or hosts
    by_code = cycle.tables["schools"].set_index("school_id", drop=False)
    with staged(cycle.outputs) as stage:
        _write_record(measured, stage, f"proof {scenario.stem}", scenario=scenario.model_dump(), schools=hosts)
        folder, digest = stage / "proof" / scenario.stem, sha256(cycle.roads)
        folder.mkdir(parents=True)
        for host in hosts:
            proof.write_proof(
                folder / f"{host}.pdf",
                policy=cycle.policy,
                network=cycle.network,
                host=by_code.loc[host],
                villages=cycle.tables["villages"],
                routes=routes,
                roads_name=cycle.roads.name,
                roads_sha256=digest,
                version=metadata.version("restructure"),
                closed=cycle.closures.loc[cycle.closures["in_force"].astype(bool), "closure_id"].tolist(),
            )
            if progress:
                progress()
    return hosts


def write_closures(measured: Measured, scenario: Scenario, *, wet: bool = False) -> pd.DataFrame:
    """Write whose way closed roads change, in ``closures/``, and return the effects of all of them together.

    Parameters
    ----------
    wet
        The wet season: its closures, and the roads that the policy takes out then, beside those that count in the
        distance table. Otherwise every dated closure is taken, short ones too.
    """
    cycle, tables, settings = measured.cycle, measured.cycle.tables, measured.cycle.policy.settings
    network, closures = cycle.open_network, cycle.closures
    seasonal = closures["from"] == WET_SEASON
    wanted = closures[seasonal | closures["in_force"].astype(bool)] if wet else closures[~seasonal]
    pieces = {name: cycle.closed_pieces[name] for name in wanted["closure_id"]}
    if wet:
        pieces[_WET] = np.flatnonzero(wet_pieces(network, settings.wet_season_closes))
        ends = np.column_stack([network.start, network.end])[pieces[_WET]]
        lines = np.stack([network.node_lon[ends], network.node_lat[ends]], axis=2)
        row = {"closure_id": _WET, "from": WET_SEASON, "to": WET_SEASON, "reason": "ถนนที่นโยบายถือว่าใช้ไม่ได้ในฤดูฝน"}
        season = gpd.GeoDataFrame(
            [row | {"in_force": False}], geometry=[shapely.multilinestrings(lines)], crs=closures.crs
        )
        wanted = gpd.GeoDataFrame(pd.concat([wanted, season], ignore_index=True), crs=closures.crs)
    closed = piece_mask(network, pieces.values())
    outcome = simulate(scenario, measured.office)
    seats = claims(outcome, measured.distances, measured.homes)
    together = _closure_effects(cycle, seats, closed)
    alone = [
        _closure_effects(cycle, seats, piece_mask(network, [taken])).assign(closure_id=name)
        for name, taken in pieces.items()
    ]
    paid = measured.distances[["village_id", "school_id", "road_m"]]
    paid = paid.set_axis(["village_id", "host_id", "road_m_table"], axis=1)
    effects = with_names(tables, together.merge(paid, how="left", on=["village_id", "host_id"]))
    usual = distance_table(network, tables["villages"], tables["schools"])
    routes = host_routes(
        subsidy_rows(claims(outcome, usual, measured.homes), settings, settings.days_per_year),
        network=network,
        policy=cycle.policy,
        villages=tables["villages"],
        schools=tables["schools"],
        distances=usual,
        closed=closed,
    )
    with staged(cycle.outputs) as stage:
        _write_record(measured, stage, f"closures {scenario.stem}", scenario=scenario.model_dump(), wet=wet)
        folder = stage / "closures" / ("wet-season" if wet else "dated")
        write_csv(folder / "effects.csv", effects)
        write_csv(folder / "summary.csv", closure_summary(effects))
        write_csv(folder / "by-closure.csv", with_names(tables, pd.concat(alone)) if alone else effects.iloc[:0])
        listed = pd.DataFrame(wanted.drop(columns="geometry")).merge(closed_roads(network, pieces), on="closure_id")
        write_csv(folder / "closures.csv", listed)
        changed = together.drop_duplicates(["village_id", "host_id"])[["village_id", "host_id", "state", "baht_change"]]
        changed = changed.assign(state=changed["state"].map(CLOSURE_STATES), stake_baht=changed["baht_change"].abs())
        routes = routes.drop(columns="state").merge(changed, how="left", on=["village_id", "host_id"])
        write_route_map(
            folder / "map.html",
            network=network,
            policy=cycle.policy,
            schools=tables["schools"],
            villages=tables["villages"],
            routes=routes.fillna({"state": "ไม่เปลี่ยน"}),
            title=f"ถนนที่ปิด{'ในฤดูฝน' if wet else ''} {scenario.name}",
            stake="ค่าพาหนะเปลี่ยน",
            closures=wanted,
        )
    return effects


def _closure_effects(cycle: Cycle, seats: pd.DataFrame, closed: Bools) -> pd.DataFrame:
    """Return the effects of closed pieces on pupils, measured from their villages and from homes of their own."""
    network, schools, settings = cycle.open_network, cycle.tables["schools"], cycle.policy.settings
    points = home_points(cycle.tables["students"])
    going = seats.rename(columns={"sits_at": "host_id"})
    at_home = going["student_key"].isin(points["student_key"]) if len(points) else pd.Series(False, going.index)
    parts = []
    for key, origins, rows in (
        ("village_id", cycle.tables["villages"], going[~at_home]),
        ("student_key", points, going[at_home]),
    ):
        before, after = (distance_table(network, origins, schools, key=key, closed=c) for c in (None, closed))
        found = closure_effects(before, after, rows, settings, key).assign(measured_from="village")
        if key == "student_key":
            village = points.set_index("student_key")["village_id"]
            found = found.assign(village_id=found.pop(key).map(village), measured_from="home")
        parts.append(found)
        if not at_home.any():
            break
    effects = pd.concat(parts, ignore_index=True)
    # Pupils of one village whose homes fare alike are one row: no home can be told by it.
    keys = [column for column in effects.columns if column not in ("pupils", "baht_change")]
    effects = effects.groupby(keys, as_index=False, dropna=False)[["pupils", "baht_change"]].sum(min_count=1)
    return effects[[name for name in columns_of("closure_effects").index if name in effects]]


def paid_routes(measured: Measured, outcome: Outcome) -> gpd.GeoDataFrame:
    """Return the route of every village to every host that its pupils are paid for, once a scenario is in force."""
    cycle, settings = measured.cycle, measured.cycle.policy.settings
    return host_routes(
        subsidy_rows(claims(outcome, measured.distances, measured.homes), settings, settings.days_per_year),
        network=cycle.network,
        policy=cycle.policy,
        villages=cycle.tables["villages"],
        schools=cycle.tables["schools"],
        distances=measured.distances,
    )


def _at_stake(routes: gpd.GeoDataFrame, thresholds: pd.DataFrame) -> gpd.GeoDataFrame:
    """Say on each route what hangs on checking it."""
    listed = thresholds[thresholds["measured_from"] == "village"]
    span = [f"อาจเป็น {low:,}–{high:,} ม." for low, high in zip(listed["low_m"], listed["high_m"], strict=True)]
    listed = listed[["village_id", "host_id", "stake_baht"]].assign(note=span)
    listed = listed.astype({"note": "str"})
    routes = routes.drop(columns="note").merge(listed, how="left", on=["village_id", "host_id"]).fillna({"note": ""})
    words = [
        [*(["อาจเปลี่ยนช่วงอัตรา"] if note else []), state]
        for note, state in zip(routes["note"], routes["state"], strict=True)
    ]
    return routes.assign(state=[";".join(filter(None, both)) for both in words])


def _write_record(measured: Measured, stage: Path, step: str, **parameters: object) -> None:
    """Write what every step leaves: the problems, and the manifest with what was read and asked for.

    The manifest keeps the newest run of each step, with a digest of all that it read: two steps of one digest were
    made from the same inputs.
    """
    cycle = measured.cycle
    write_csv(stage / "problems.csv", measured.problems)
    read = [cycle.roads, *(cycle.folder / name for name in cycle.files.values())]
    # A shapefile is several files of one name.
    read += [part for path in read if path.suffix == ".shp" for part in path.parent.glob(f"{path.stem}.*")]
    decided = ("policy.yaml", "plan.yaml", RULES_FILE, MAPPING_FILE, CORRECTIONS_FILE)
    read += [p for name in decided if (p := cycle.folder / name).is_file()]
    read += scenario_files(cycle.folder).values()
    packages = ("restructure", "numpy", "pandas", "scipy", "shapely", "pyproj", "osmium", "pyarrow")
    manifest: dict[str, Any] = {
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "synthetic": cycle.policy.synthetic,
        "office": cycle.policy.office,
        "fiscal_year": cycle.policy.fiscal_year,
        "osm_date": cycle.network.osm_date,
        "inputs": {p.relative_to(cycle.folder).as_posix(): sha256(p) for p in sorted(set(read))},
        "policy": {key: entry.model_dump(mode="json") for key, entry in cycle.policy.entries.items()},
        "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in packages},
    }
    manifest["parameters"] = {"step": step, **parameters}
    digest = hashlib.sha256(json.dumps(manifest["inputs"], sort_keys=True).encode()).hexdigest()
    try:
        steps = json.loads((cycle.outputs / "manifest.json").read_text("utf-8"))["steps"]
    except (OSError, ValueError, KeyError, TypeError):  # none yet, or not ours: the record begins anew
        steps = {}
    steps[step] = {"made": manifest["made"], "inputs_sha256": digest, "parameters": parameters}
    write_json(stage / "manifest.json", manifest | {"steps": dict(sorted(steps.items()))})


def _write_outcome(outcome: Outcome, folder: Path) -> None:
    write_csv(folder / "subsidy.csv", outcome.subsidy)
    write_csv(folder / "warnings.csv", outcome.warnings)
    write_csv(folder / "children.csv", children_table(outcome))
    write_csv(folder / "teaching.csv", teaching_table(outcome))
    write_csv(folder / "years.csv", years_table(outcome))
    write_json(folder / "summary.json", outcome.summary)

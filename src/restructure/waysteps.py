"""The steps that look at the ways themselves: the audit, proof sheets and closed roads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import metadata

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from restructure._errors import UsageError
from restructure.audit import Audit, audit, claims, threshold_routes
from restructure.book import with_names
from restructure.closures import closed_roads, closure_effects, closure_summary, piece_mask, wet_pieces
from restructure.cycle import Cycle, Measured, home_points
from restructure.distance import distance_table
from restructure.files import sha256, staged, write_csv
from restructure.geopackage import tell_no_time
from restructure.intake import WET_SEASON, columns_of
from restructure.manifest import write_record
from restructure.moves import subsidy_rows
from restructure.roads import Bools
from restructure.routemap import host_routes, write_route_map
from restructure.scenario import Scenario
from restructure.simulate import Outcome, simulate
from restructure.words import CLOSURE_STATES, SYNTHETIC

#: Stands among closures for the roads that the policy takes out in the wet season.
_WET = "ฤดูฝน (ค่าในนโยบาย)"


def write_audit(measured: Measured, scenario: Scenario) -> Audit:
    """Write what to check before money moves: tables, workbook, route map and layers, in ``audit/``."""
    from restructure import auditbook

    cycle = measured.cycle
    outcome, found = _audit(measured, scenario)
    routes = _at_stake(paid_routes(measured, outcome), found.thresholds)
    with staged(cycle.outputs) as stage:
        write_record(measured, stage, f"audit {scenario.stem}", scenario=scenario.model_dump())
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
        tell_no_time()
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
        write_record(measured, stage, f"proof {scenario.stem}", scenario=scenario.model_dump(), schools=hosts)
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
        write_record(measured, stage, f"closures {scenario.stem}", scenario=scenario.model_dump(), wet=wet)
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

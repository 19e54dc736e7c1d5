"""What goes before the committee: the content that documents and maps are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from restructure.bands import price
from restructure.budget import RoundBudget, round_budget
from restructure.distance import routes
from restructure.grades import format_grades
from restructure.intake import columns_of
from restructure.moves import plain, weighted_quantile, without_way
from restructure.policy import Policy, Settings
from restructure.roads import RoadNetwork
from restructure.scenario import Scenario
from restructure.seating import Office, make_office
from restructure.simulate import Outcome, simulate
from restructure.teaching import rooms_needed
from restructure.thai import ROUNDS

Tables = dict[str, pd.DataFrame]
#: Upper bounds of the sizes that offices tabulate; a school without pupils is a size of its own (สพป.น่าน เขต 2).
SIZES = (0, 20, 40, 60, 80, 100, 120)


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that a document or map of one scenario shows.

    Attributes
    ----------
    moves
        A row for each school, host, kind, programme and term of the scenario; columns in the table ``moves`` of
        ``columns.csv``.
    ways
        A row for each village, school and host with the road that was measured: ``village_id``, ``village``,
        ``school_id``, ``host_id``, ``pupils``, ``road_m``, ``band``, ``geometry``.
    versions
        Of the package and of the road data, for the foot of every page.
    """

    policy: Policy
    tables: Tables
    network: RoadNetwork
    distances: pd.DataFrame
    scenario: Scenario
    outcome: Outcome
    moves: pd.DataFrame
    ways: gpd.GeoDataFrame
    rounds: list[RoundBudget]
    problems: pd.DataFrame
    versions: dict[str, str]


def draft(
    scenario: Scenario,
    tables: Tables,
    network: RoadNetwork,
    distances: pd.DataFrame,
    homes: pd.DataFrame | None,
    policy: Policy,
    problems: pd.DataFrame,
    versions: dict[str, str],
    office: Office | None = None,
    decisions: pd.DataFrame | None = None,
) -> Plan:
    """Work out the content of a plan.

    Parameters
    ----------
    office
        The arrays that the other tables make, where they are there already.
    decisions
        Rows of the ledger: certified distances and the sharing rule that the rounds' money rests on.

    Raises
    ------
    ScenarioError
        When the scenario is structurally wrong.
    """
    outcome = simulate(scenario, office or make_office(tables, distances, policy, homes))
    return Plan(
        policy=policy,
        tables=tables,
        network=network,
        distances=distances,
        scenario=scenario,
        outcome=outcome,
        moves=_moves(outcome, tables["schools"]),
        ways=_ways(outcome, tables, network, distances, policy.settings),
        rounds=[round_budget(tables, distances, homes, policy, name, decisions, scenario=scenario) for name in ROUNDS],
        problems=problems,
        versions=versions,
    )


def school_table(plan: Plan) -> pd.DataFrame:
    """Return every school with its pupils on the roll, learning there before the plan, and after it.

    Returns
    -------
    DataFrame
        ``schools`` with ``on_roll``, ``before``, ``after`` and ``rooms_needed`` (null where nobody learns after), in
        order of code.
    """
    outcome, settings = plan.outcome, plan.policy.settings
    counts = {
        "on_roll": outcome.office.on_roll,
        "before": outcome.learners_before,
        "after": outcome.learners,
    }
    sums = {name: pd.array(pupils.sum(axis=1), dtype="Int64") for name, pupils in counts.items()}
    rooms = pd.array(rooms_needed(outcome.learners, settings).sum(axis=1), dtype="Int64")
    schools = plan.tables["schools"].sort_values("school_id", ignore_index=True).assign(**sums, rooms_needed=rooms)
    return schools.assign(rooms_needed=schools["rooms_needed"].mask(schools["after"] == 0))


def open_schools(schools: pd.DataFrame) -> pd.DataFrame:
    """Return the schools that are not closed."""
    return schools[schools["status"] != "closed"]


def size_tiers(pupils: pd.Series) -> pd.DataFrame:
    """Return the number of schools and pupils in each size: ``tier``, ``schools``, ``pupils``."""
    rows = []
    for low, high in zip((-1, *SIZES), (*SIZES, None), strict=True):
        inside = pupils[(pupils > low) & ((pupils <= high) if high is not None else True)]
        rows.append((spell_size(low, high), len(inside), int(inside.sum())))
    return pd.DataFrame(rows, columns=["tier", "schools", "pupils"])


def spell_size(low: int, high: int | None) -> str:
    """Return the words of a size: more pupils than ``low``, at most ``high``; None is no upper bound."""
    return "ไม่มีนักเรียน" if high == 0 else f"มากกว่า {low} คน" if high is None else f"{low + 1}–{high} คน"


def budget_rows(plan: Plan) -> pd.DataFrame:
    """Return each round's need by programme: by the mergers in force, and with the plan on top.

    Returns
    -------
    DataFrame
        ``round``, ``programme``, ``pupils``, ``unreachable``, ``baht``; then the same three ``…_with_plan``.
    """
    rows = []
    for budget in plan.rounds:
        frames = {"": budget.needed, "_with_plan": budget.needed_with_plan}
        present = set().union(*(frame["programme"] for frame in frames.values()))
        for programme in sorted(present):
            row: dict[str, Any] = {"round": budget.name, "programme": programme}
            for suffix, frame in frames.items():
                mine = frame[frame["programme"] == programme]
                row[f"pupils{suffix}"] = int(mine["pupils"].sum())
                row[f"unreachable{suffix}"] = without_way(mine)
                row[f"baht{suffix}"] = mine["baht"].sum(min_count=1) if len(mine) else 0
            rows.append(row)
    columns = [f"{name}{suffix}" for suffix in ("", "_with_plan") for name in ("pupils", "unreachable", "baht")]
    return pd.DataFrame(rows, columns=["round", "programme", *columns]).astype(dict.fromkeys(columns, "Int64"))


def _moves(outcome: Outcome, schools: pd.DataFrame) -> pd.DataFrame:
    names = schools.set_index("school_id")["name"]
    keys = ["school_id", "host_id", "kind", "programme", "from_term"]
    final = set(outcome.merges[[*keys, "grade"]].itertuples(index=False, name=None))
    rows = []
    for values, grades in outcome.planned.groupby(keys, sort=True)["grade"]:
        row = dict(zip(keys, values, strict=True))
        # Pupils are counted where they end up: a merge that a later one of the plan replaces has none of its own.
        held = [grade for grade in grades if (*values, grade) in final]
        paid = outcome.subsidy
        paid = paid[(paid["school_id"] == row["school_id"]) & (paid["host_id"] == row["host_id"])]
        paid = paid[paid["grade"].isin(held)]
        metres, pupils = plain(paid["road_m"]), plain(paid["pupils"])
        rows.append(
            row
            | {
                "school_name": names[row["school_id"]],
                "host_name": names[row["host_id"]],
                "grades": format_grades(grades.tolist()),
                "pupils": int(paid["pupils"].sum()),
                "unreachable": without_way(paid),
                "median_m": weighted_quantile(metres, pupils, 1, 2),
                "max_m": weighted_quantile(metres, pupils, 1, 1),
                # Unknown, not 0, where no way is known.
                "baht": paid["baht"].sum(min_count=1) if len(paid) else 0,
            }
        )
    table = pd.DataFrame(rows, columns=columns_of("moves").index)
    return table.astype({"median_m": "Int64", "max_m": "Int64", "baht": "Int64"})


def _ways(
    outcome: Outcome, tables: Tables, network: RoadNetwork, distances: pd.DataFrame, settings: Settings
) -> gpd.GeoDataFrame:
    keys = ["village_id", "school_id", "host_id"]
    # A home's own way leads to its door: only pupils who are measured from their village are drawn.
    rows = outcome.subsidy[outcome.subsidy["village_id"] != ""]
    of_village = distances.rename(columns={"school_id": "host_id"})[["village_id", "host_id", "road_m"]]
    pairs = rows.merge(of_village, on=["village_id", "host_id", "road_m"]).groupby(keys, as_index=False)["pupils"].sum()
    villages = tables["villages"][["village_id", "name", "lat", "lon"]].rename(columns={"name": "village"})
    hosts = tables["schools"][["school_id", "lat", "lon"]].set_axis(["host_id", "school_lat", "school_lon"], axis=1)
    pairs = pairs.merge(villages, on="village_id").merge(hosts, on="host_id")
    ways = routes(network, pairs)[[*keys, "village", "pupils", "road_m", "geometry"]]
    ways["band"] = price(ways["road_m"].astype("Int64"), settings.bands)["band"]
    return ways

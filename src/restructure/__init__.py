"""Workbench for planning which small schools learn together, what it does to each child's way and what it costs.

The way of the data: :func:`open_cycle` reads and checks an office's folder, :func:`measure` gives every village's road
distance to every school, ``write_…`` make the outputs of one step each.
"""

from restructure._errors import DataError, RestructureError, UsageError
from restructure.comparison import compare
from restructure.cycle import (
    Cycle,
    Measured,
    find_scenario,
    measure,
    open_cycle,
    scenario_stems,
)
from restructure.distance import distance_table, routes
from restructure.plan import size_tiers
from restructure.policy import load_policy
from restructure.projection import back_test, history
from restructure.roads import RoadNetwork, read_roads
from restructure.rolls import snapshot
from restructure.scenario import PRESENT, Merge, Scenario, read_scenario
from restructure.simulate import Outcome, simulate
from restructure.snapping import snap
from restructure.steps import write_check, write_comparison, write_distances, write_outcome, write_plan
from restructure.tomorrow import tomorrow
from restructure.waysteps import paid_routes, write_audit, write_closures, write_proofs
from restructure.webpage import show_page
from restructure.words import CLOSURE_STATES, settings_table, show, spell_value
from restructure.yearsteps import write_allocation, write_certification, write_round_papers, write_settlement

__all__ = [
    "CLOSURE_STATES",
    "PRESENT",
    "Cycle",
    "DataError",
    "Measured",
    "Merge",
    "Outcome",
    "RestructureError",
    "RoadNetwork",
    "Scenario",
    "UsageError",
    "back_test",
    "compare",
    "distance_table",
    "find_scenario",
    "history",
    "load_policy",
    "measure",
    "open_cycle",
    "paid_routes",
    "read_roads",
    "read_scenario",
    "routes",
    "scenario_stems",
    "settings_table",
    "show",
    "show_page",
    "simulate",
    "size_tiers",
    "snap",
    "snapshot",
    "spell_value",
    "tomorrow",
    "write_allocation",
    "write_audit",
    "write_certification",
    "write_check",
    "write_closures",
    "write_comparison",
    "write_distances",
    "write_outcome",
    "write_plan",
    "write_proofs",
    "write_round_papers",
    "write_settlement",
]

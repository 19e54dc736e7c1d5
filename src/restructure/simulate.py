"""A scenario worked out: who learns where, and all that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from restructure.cautions import cautions
from restructure.consequences import summarise
from restructure.moves import Moves
from restructure.scenario import Scenario
from restructure.seating import Office


@dataclass(frozen=True, eq=False)
class Outcome(Moves):
    """What a scenario does: who learns where, every consequence, and what to look at before it is decided."""

    @cached_property
    def warnings(self) -> pd.DataFrame:
        """As :func:`restructure.cautions.cautions` returns them."""
        return cautions(self)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The keys of ``summary.json``."""
        rules = self.warnings["rule"]
        return summarise(self) | {
            "hosts_over_capacity": int((rules == "over-capacity").sum()),
            "hosts_capacity_unknown": int((rules == "capacity-unknown").sum()),
            "warnings": self.warnings["message"].tolist(),
        }


def simulate(scenario: Scenario, office: Office, term: int | None = None) -> Outcome:
    """Work out what a scenario does once all of its merges are in force, or in another term (its key).

    Raises
    ------
    ScenarioError
        When the scenario is structurally wrong.
    """
    return Outcome.of(scenario, office, term)

"""The planning page with the office's map on top: a school's card, hosts for its children, closed roads, one state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from restructure._errors import UsageError
from restructure.cycle import Measured, measure, open_cycle
from restructure.detours import Detours, go_around, usual_closures
from restructure.scenario import Scenario
from restructure.simulate import Outcome, simulate
from restructure.widgets import explorerview, planview
from restructure.widgets._base import LiveWidget, action
from restructure.widgets.planning import Planning

#: How many sets of closed roads are kept measured.
_KEPT = 4


class Explorer(Planning):
    """All that is asked on the page of the map and the plans.

    Parameters
    ----------
    measured
        The cycle.
    changed
        Called when the work behind has something new to show.
    """

    def __init__(self, measured: Measured, changed: Callable[[], None] = lambda: None) -> None:
        super().__init__(measured, changed)
        self._villages = explorerview.village_rows(self.office, explorerview.village_table(measured))
        self._usual = usual_closures(measured)
        self._closed, self._wet = self._usual, False
        self._around = Detours(measured.office, measured.distances)
        # What takes long to work out, by what it was worked out from.
        self._measured_around = {(self._closed, False): self._around}
        self._drawn: dict[str, tuple[tuple[Any, ...], Any]] = {}

    def view(self) -> dict[str, Any]:
        """Return all that the page shows."""
        key = self.looked
        outcome = self._outcome(key, self._known(key))
        return super().view() | {
            "edits": self.edits,
            "map": self._once("map", (outcome,), lambda: explorerview.map_view(outcome)),
            "effects": self._once("effects", (outcome,), lambda: self._effects(outcome)),
            "card": self._once("card", (outcome, self._school), lambda: self._card(outcome)) if self._school else None,
            "closures": self._closures_view(key, outcome),
        }

    @property
    def edits(self) -> bool:
        """Whether the plan on the map is the one by hand, which the card changes; so is the present before any step."""
        return self.looked == "hand" or (self.looked == "present" and not self.draft.scenario.merges)

    @action
    def leave(self) -> None:
        """Close the card."""
        self._school = ""

    @action
    def close_road(self, closure: str, closed: bool) -> None:
        """Close the road of one of the cycle's closures, or open it, and measure the office anew."""
        if closure not in set(self.measured.cycle.closures["closure_id"]):
            raise UsageError(f"ไม่มีการปิดถนน “{closure}”: เลือกจากรายการ", f"There is no closure {closure}.")
        self._go_around(self._closed - {closure} | ({closure} if closed else set()), self._wet)

    @action
    def wet_season(self, wet: bool) -> None:
        """Close what the wet season closes, or no longer, and measure the office anew."""
        self._go_around(self._closed, wet)

    @action
    def usual_roads(self) -> None:
        """Go back to the roads that the fiscal year counts."""
        self._go_around(self._usual, False)

    def _go_around(self, closed: frozenset[str], wet: bool) -> None:
        if self.job.running:
            raise UsageError("กำลังทำงานอื่นอยู่: รอให้เสร็จ หรือกดหยุดก่อน", "Other work is being done; wait or stop it.")
        key = closed, wet
        if key not in self._measured_around:
            while len(self._measured_around) >= _KEPT:  # the usual ways, the first, stay
                del self._measured_around[list(self._measured_around)[1]]
            self._measured_around[key] = go_around(self.measured, closed, wet=wet)
        self._closed, self._wet = closed, wet
        self._around = self._measured_around[key]
        self.office = self._around.office
        self.draft.measure_by(self.office)

    @property
    def detoured(self) -> bool:
        """Whether the ways on the page are others than those that the fiscal year counts."""
        return (self._closed, self._wet) != (self._usual, False)

    def _once(self, what: str, made_from: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return a part of the view, worked out again only when what it is made from is another."""
        known = self._drawn.get(what)
        if (
            known is None
            or len(known[0]) != len(made_from)
            or any(a is not b and a != b for a, b in zip(known[0], made_from, strict=True))
        ):
            known = self._drawn[what] = made_from, make()
        return known[1]

    def _effects(self, outcome: Outcome) -> list[dict[str, Any]]:
        return explorerview.effects_view(outcome, planview.main_figures(outcome, self._heads), self._heads)

    def _card(self, outcome: Outcome) -> dict[str, Any]:
        return explorerview.card_view(outcome, self._school, self._villages, self._name)

    def _closures_view(self, key: str, outcome: Outcome) -> dict[str, Any]:
        roads = (self._closed, self._wet)
        rows = self._once("roads", roads, lambda: explorerview.closures_view(self.measured, *roads))
        changes = None
        if self.detoured:
            changes = self._once("changes", (outcome, *roads), lambda: self._changes(self._known(key), outcome))
        return {"rows": rows, "wet": self._wet, "detoured": self.detoured, "changes": changes}

    def _changes(self, scenario: Scenario, outcome: Outcome) -> dict[str, Any]:
        usual = simulate(scenario, self.measured.office)
        keys = [head["key"] for head in self._heads]
        return explorerview.detour_view(usual, outcome, self.measured.distances, self._around, keys)

    def _hand_view(self) -> dict[str, Any]:
        shown = super()._hand_view()
        made_from = (self.draft.outcome, self._school, self._of_merge["grades"])
        homes = self._once("homes", made_from, lambda: self._homes(shown["hosts"])) if self._school else None
        return shown | {"homes": homes}

    def _homes(self, hosts: list[dict[str, Any]]) -> dict[str, Any]:
        outcome, grades, codes = self.draft.outcome, self._of_merge["grades"], [host["host_id"] for host in hosts]
        return explorerview.hosts_view(outcome, self._school, grades, codes, self._villages)


class ExplorerWidget(LiveWidget):
    """The page of an :class:`Explorer`, which also shows what the work behind it finds meanwhile."""

    def __init__(self, state: Explorer) -> None:
        super().__init__(state, ("planning", "explorer"), explorerview.ground_view(state.measured))
        state.changed = self.refresh


def explorer_widget(folder: Path | str) -> ExplorerWidget:
    """Return the page on which a cycle's plans are made on the map, found, compared and saved."""
    return ExplorerWidget(Explorer(measure(open_cycle(folder))))

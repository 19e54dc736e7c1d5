"""The plans of a planning page: found, kept, saved or made by hand, and which are compared and looked at."""

from __future__ import annotations

from restructure._errors import RestructureError, UsageError
from restructure.byhand import Draft
from restructure.cycle import Measured, scenario_files
from restructure.drafts import file_revision
from restructure.optimise import telling
from restructure.optimise.finding import Found
from restructure.optimise.plans import to_scenario
from restructure.scenario import PRESENT, Scenario, read_scenario, spell_scenario
from restructure.simulate import Outcome, simulate
from restructure.widgets import planview as view
from restructure.widgets._base import action
from restructure.widgets.typed import spell_school

#: How many plans are compared at once, beside the present state.
COMPARED = 3


class Shelf:
    """All plans of one cycle, by key, and which of them are compared and looked at.

    Parameters
    ----------
    measured
        The cycle.
    """

    def __init__(self, measured: Measured) -> None:
        self.measured, self.office = measured, measured.office
        self.folder = measured.cycle.folder
        self.found: Found | None = None
        by_hand = PRESENT.model_copy(update={"name": "แผนด้วยมือ", "stem": "hand"})
        self.draft = Draft(self.office, simulate(by_hand, self.office))
        self._best_plans: dict[str, Scenario] = {}
        self._kept: dict[str, Scenario] = {}
        self._keeps = 0
        self._points: list[Scenario] = []
        self._picked: list[int] = []
        self._chosen: list[str] | None = None
        self._looked = "present"
        self._said = self._exists = ""
        # What takes long to work out, with what it was worked out from.
        self._outcomes: dict[str, Outcome] = {}
        # Saved plans by key, and what their files were when they were read.
        self._files: dict[str, Scenario] = {}
        self._revisions: dict[str, str] = {}
        self._faults: list[str] = []
        self._read_files()

    def plans(self) -> dict[str, Scenario]:
        """Return the plans that are shown, by key: the present state, found ones, saved ones, the one by hand."""
        picked = {f"curve-{i}": self._points[i] for i in self._picked if i < len(self._points)}
        by_hand = {"hand": self.draft.scenario} if self.draft.scenario.merges else {}
        return {"present": PRESENT, **self._best_plans, **picked, **self._kept, **self._files, **by_hand}

    @property
    def looked(self) -> str:
        """The key of the plan that is looked at; the present state where that plan is no more."""
        return self._looked if self._looked in self.plans() else "present"

    def compared(self) -> list[str]:
        """Return the keys of the plans to compare with the present state; without a choice the best and saved ones."""
        plans = self.plans()
        if self._chosen is not None:
            return [key for key in self._chosen if key in plans]
        return [key for key in plans if key == "best" or key.startswith(("kept-", "file:"))][:COMPARED]

    def scenarios(self) -> list[Scenario]:
        """Return the plans to compare."""
        return [self._known(key) for key in self.compared()]

    @action
    def look(self, key: str) -> None:
        """Look at a plan; that of a point of the curve joins the plans."""
        place = key.removeprefix("curve-")
        if key != place and place.isdecimal() and int(place) < len(self._points):
            self._picked = sorted({*self._picked, int(place)})
        self._known(key)
        self._looked, self._exists, self._said = key, "", ""

    @action
    def choose(self, key: str, compared: bool) -> None:
        """Compare a plan with the others chosen, or no longer."""
        self._known(key)
        chosen = [one for one in self.compared() if one != key]
        if compared and len(chosen) == COMPARED:
            raise UsageError(
                f"เทียบได้ครั้งละ {COMPARED} แผน: เอาแผนอื่นออกก่อน", f"{COMPARED} plans can be compared; take one out first."
            )
        self._chosen = [*chosen, key] if compared else chosen

    @action
    def drop(self, key: str) -> None:
        """Take a plan that was found out of the table; what is saved or made by hand stays."""
        for plans in (self._best_plans, self._kept):
            plans.pop(key, None)
        self._picked = [place for place in self._picked if f"curve-{place}" != key]

    def _take(self, found: Found) -> bool:
        """Keep what was found, with its plans as scenarios; of another search the best and what is compared stay.

        Returns whether it is of another search.
        """
        other = self.found is None or found.best is not self.found.best
        if self.found is not None and other:
            self._keep_plans(self.found)
        if other:
            self._picked, self._points = [], []
        plans = {}
        for number, best in enumerate(found.others, start=1):
            name, stem = ("แผนดีที่สุด", "best") if number == 1 else (f"แผนอื่น {number}", f"other-{number}")
            plans[stem] = to_scenario(best, found.rules, self.office, name, stem)
        # What is shown already stays the same plan, so that nothing is worked out again.
        self._best_plans = {
            key: known if (known := self._best_plans.get(key)) == plan else plan for key, plan in plans.items()
        }
        self._points = [view.name_point(point, found.rules) for point in found.points]
        self.found = found
        return other

    def _keep_plans(self, before: Found) -> None:
        """Keep the best plan of the search before and those that are compared, named by its rules."""
        plans, compared, chosen = self.plans(), self.compared(), self._chosen
        for key in [
            key for key in plans if key == "best" or (key in compared and key.startswith(("other-", "curve-")))
        ]:
            what = "ดีที่สุด" if key == "best" else plans[key].name
            name = f"{what} {telling.spell_limits(before.rules, self.office)}"
            if any(kept.name == name and kept.merges == plans[key].merges for kept in self._kept.values()):
                continue
            alike = sum(kept.name.partition(" (ครั้งที่")[0] == name for kept in self._kept.values())
            self._keeps += 1
            stem = f"kept-{self._keeps}"
            named = {"name": f"{name} (ครั้งที่ {alike + 1})" if alike else name, "stem": stem}
            self._kept[stem] = plans[key].model_copy(update=named)
            if chosen is not None:
                chosen = [stem if one == key else one for one in chosen]
        if chosen is not None:
            self._chosen = ["best", *chosen][:COMPARED] if "best" in compared and len(chosen) < COMPARED else chosen

    def _read_files(self) -> None:
        """Read the saved plans; one whose file is as it was stays the same, so that nothing is worked out again."""
        files, faults, revisions = {}, [], {}
        for stem, path in scenario_files(self.folder).items():
            key = f"file:{stem}"
            revisions[key] = file_revision(path)
            try:
                if key in self._files and revisions[key] == self._revisions.get(key):
                    files[key] = self._files[key]
                    continue
                scenario = read_scenario(path)
                spell_scenario(scenario, self.office)
                files[key] = scenario
            except RestructureError as error:
                faults.append(error.thai)
        self._files, self._faults, self._revisions = files, faults, revisions

    def _known(self, key: str) -> Scenario:
        plans = self.plans()
        if key not in plans:
            raise UsageError("ไม่มีแผนนี้แล้ว: เลือกแผนอื่นจากตาราง", "There is no such plan any more; choose another.")
        return plans[key]

    def _outcome(self, key: str, scenario: Scenario) -> Outcome:
        """Return what a plan does, worked out once."""
        known = self._outcomes.get(key)
        if known is None or known.scenario is not scenario or known.office is not self.office:
            self._outcomes[key] = self.draft.outcome if key == "hand" else simulate(scenario, self.office)
        return self._outcomes[key]

    def _look_at_hand(self) -> None:
        """Look at the plan by hand, which is the one to save now."""
        self._looked, self._exists, self._said = "hand", "", ""

    def _spell_plan(self, key: str) -> str:
        scenario = self._known(key)
        return f"{scenario.name} ({len(scenario.merges)} รายการ)" if scenario.merges else scenario.name

    def _name(self, code: str) -> str:
        return spell_school(code, self.office)

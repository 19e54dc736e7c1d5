"""Planning as a page: rules, search, the curve, plans side by side, a plan by hand, why, and saving."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import RLock
from typing import Any

import yaml
from pydantic import ValidationError

from restructure._errors import RestructureError, UsageError
from restructure.byhand import Draft, standing
from restructure.cycle import Measured, measure, open_cycle, scenario_files
from restructure.files import staged
from restructure.grades import parse_grades
from restructure.optimise import telling
from restructure.optimise.asking import Reasons, without_each
from restructure.optimise.finding import Found, reason, search
from restructure.optimise.plans import Best, to_scenario
from restructure.optimise.rules import RULES_FILE, Rules, read_rules, settle
from restructure.scenario import NEAREST, PRESENT, Merge, Scenario, read_scenario, spell_scenario
from restructure.simulate import Outcome, simulate
from restructure.steps import draft_plan, save_scenario
from restructure.thai import parse_term
from restructure.widgets import planview as view
from restructure.widgets._base import Widget, action, actions_of
from restructure.widgets.searching import Job
from restructure.widgets.typed import file_stem, find_school, spell_school

#: How many plans are compared at once, beside the present state.
COMPARED = 3
_MAP_PIXELS = 1500
_REMEDIES = {
    "order": "ต้องมีเป้าหมายอย่างน้อยหนึ่งข้อ",
    "seconds": "เขียนเวลาค้นหาเป็นวินาที ตั้งแต่ 1 ถึง 86400",
}
_DROPPED = ("best", "other-", "curve-", "kept-")
_SOURCES = {
    "present": "",
    "best": "ค้นพบ",
    "other": "ค้นพบ",
    "kept": "ค้นพบก่อนหน้า",
    "curve": "จากเส้นแลกเปลี่ยน",
    "file": "บันทึกไว้",
    "hand": "กำลังทำ",
}


class Planning:
    """All that is asked of plans of one cycle, and what was found.

    Parameters
    ----------
    measured
        The cycle.
    changed
        Called when the work behind has something new to show.
    """

    def __init__(self, measured: Measured, changed: Callable[[], None] = lambda: None) -> None:
        self.measured, self.office = measured, measured.office
        self.folder = measured.cycle.folder
        self.changed = changed
        self.job = Job(lambda: self.changed())
        self.rules = self._written = settle(read_rules(self.folder), self.office)
        self.found: Found | None = None
        by_hand = PRESENT.model_copy(update={"name": "แผนด้วยมือ", "stem": "hand"})
        self.draft = Draft(self.office, simulate(by_hand, self.office))
        self._heads = view.main_heads(self.office.policy.settings)
        self._best_plans: dict[str, Scenario] = {}
        self._kept: dict[str, Scenario] = {}
        self._keeps = 0
        self._points: list[Scenario] = []
        self._picked: list[int] = []
        self._chosen: list[str] | None = None
        self._looked = "present"
        self._others: dict[str, Best] | None = None
        self._reasons: Reasons | None = None
        rules = self.rules
        self._of_merge = {
            "grades": "all",
            "kind": rules.kind,
            "from_term": rules.from_term,
            "programme": rules.programme,
        }
        self._school = self._said = self._exists = ""
        # What was refused in a field for a term, by the field.
        self._term_faults: dict[str, str] = {}
        self._newest = view.newest_count(self.office)
        # What takes long to work out, with what it was worked out from.
        self._outcomes: dict[str, Outcome] = {}
        self._table: tuple[list[Outcome], dict[str, Any]] | None = None
        self._hand: tuple[Any, dict[str, Any]] | None = None
        self._map: tuple[Scenario, str] | None = None
        self._read_files()

    def view(self) -> dict[str, Any]:
        """Return all that the page shows."""
        found, name, job = self.found, self._name, self.job
        return {
            "rules": view.rules_view(self.rules, name, written=self.rules == self._written)
            | self._term_view("rules", self.rules.from_term),
            "job": {"running": job.running, "told": job.told, "fault": job.fault, "seconds": job.seconds},
            "search": self._search_view(found) if found else None,
            "curve": view.curve_view(found) if found else [],
            "heads": self._heads,
            "plans": self._plans_view(),
            "looked": self._looked_view(),
            "compare": self._compare_view(),
            "hand": self._hand_view(),
            "why": view.why_view(self._reasons, found, self.office, name) if found and self._reasons else None,
            "save": {"said": self._said, "exists": self._exists, "plan": self._spell_plan(self.looked)},
        }

    def _search_view(self, found: Found) -> dict[str, Any]:
        best = self._best_plans.get("best")
        outcome = self._outcome("best", best) if best else None
        return view.search_view(found, self.rules, self.office, self._name, outcome)

    def _term_view(self, field: str, term: str) -> dict[str, str]:
        """Return what is wrong with what was typed for a term, or odd about the term that holds."""
        old = self._newest and parse_term(term) < self._newest
        warning = f"ภาคเรียน {term} อยู่ก่อนการนับนักเรียนครั้งล่าสุด ({self._newest}): ตรวจว่าต้องการเช่นนั้น" if old else ""
        return {"term_fault": self._term_faults.get(field, ""), "term_warning": warning}

    def _spell_plan(self, key: str) -> str:
        scenario = self._known(key)
        return f"{scenario.name} ({len(scenario.merges)} รายการ)" if scenario.merges else scenario.name

    def _plans_view(self) -> list[dict[str, Any]]:
        rows = []
        for key, scenario in self.plans().items():
            outcome, (kind, _, file) = self._outcome(key, scenario), key.partition(":")
            source = _SOURCES[kind.partition("-")[0]] + (f" {file}" if file else "")
            figures = view.main_figures(outcome, self._heads)
            row = {
                "key": key,
                "name": scenario.name,
                "source": source,
                "figures": figures,
                "found": kind.startswith(_DROPPED),
            }
            rows.append(row | {"chosen": key in self.compared(), "warnings": len(outcome.warnings)})
        return rows

    def _looked_view(self) -> dict[str, Any]:
        scenario = self._known(self.looked)
        return {
            "key": self.looked,
            "name": scenario.name,
            "merges": view.merges_view(scenario, self._name),
            "warnings": view.warnings_view(self._outcome(self.looked, scenario)),
            "map": self._map[1] if self._map and self._map[0] is scenario else "",
            "faults": self._faults,
        }

    def _compare_view(self) -> dict[str, Any]:
        outcomes = [self._outcome(key, self._known(key)) for key in ("present", *self.compared())]
        if self._table is None or self._table[0] != outcomes:
            self._table = outcomes, view.compare_view(outcomes)
        return self._table[1]

    def _hand_view(self) -> dict[str, Any]:
        seen = (self.draft.outcome, self._school, dict(self._of_merge))
        if self._hand is None or self._hand[0] != seen:
            self._hand = seen, view.hand_view(*seen, self._heads, self._name)
        term = self._term_view("hand", self._of_merge["from_term"])
        return self._hand[1] | term | {"can_undo": self.draft.can_undo, "can_redo": self.draft.can_redo}

    @action
    def in_turn(self, actions: list[tuple[str, dict[str, Any]]]) -> None:
        """Do several actions, what stands in fields before what a button asks for; one that is refused is the last."""
        known = actions_of(self)
        for name, arguments in actions:
            known[name](**arguments)

    # -- rules ----
    @action
    def set_rule(self, name: str, value: str | bool) -> None:
        """Set a limit, a number, a switch or what the merges say; an empty text leaves a limit out."""
        if name == "from_term":
            value = self._read_term("rules", str(value), self.rules.from_term)
        if isinstance(value, bool) or name in ("kind", "programme", "from_term"):
            self._put_rules({name: value})
            return
        text = value.replace(",", "").strip()
        if text and not text.isdecimal():
            raise UsageError(f"“{value}” ไม่ใช่จำนวนเต็ม: เขียนตัวเลขล้วน", f"{value} is not a whole number.")
        self._put_rules({name: int(text) if text else None})

    @action
    def move(self, objective: str, by: int) -> None:
        """Let an objective count earlier (−1) or later (1)."""
        order: list[str] = list(self.rules.order)
        place = order.index(objective)
        if 0 <= place + by < len(order):
            order.insert(place + by, order.pop(place))
            self._put_rules({"order": order})

    @action
    def count(self, objective: str, counts: bool) -> None:
        """Let an objective count, after all others, or not."""
        order = [one for one in self.rules.order if one != objective]
        self._put_rules({"order": [*order, objective] if counts else order})

    @action
    def pin(self, rule: str, school: str, host: str = "") -> None:
        """Say that a school must stay, must close, or where it goes if it closes."""
        code = find_school(school, self.office)
        if rule == "hosts":
            self._put_rules({rule: self.rules.hosts | {code: find_school(host, self.office)}})
        else:
            codes: list[str] = getattr(self.rules, rule)
            self._put_rules({rule: sorted({*codes, code})})

    @action
    def unpin(self, rule: str, school: str) -> None:
        """Take back what was said of a school."""
        value = getattr(self.rules, rule)
        kept = [code for code in value if code != school]
        self._put_rules({rule: {code: value[code] for code in kept} if rule == "hosts" else kept})

    @action
    def usual(self) -> None:
        """Go back to the usual rules."""
        self.rules = settle(Rules.model_validate({}), self.office)

    @action
    def write(self) -> None:
        """Write the rules that are not as usual into ``optimise.yaml``."""
        usual = settle(Rules.model_validate({}), self.office).model_dump()
        said = {name: value for name, value in self.rules.model_dump().items() if value != usual[name]}
        text = "# เกณฑ์ของแผนดีที่สุด ข้อที่ไม่เขียนเป็นไปตามปกติ\n"
        text += yaml.safe_dump(said, allow_unicode=True, sort_keys=False) if said else ""
        with staged(self.folder) as stage:
            (stage / RULES_FILE).write_text(text, "utf-8", newline="\n")
        self._written = self.rules

    # -- search ----
    @action
    def search(self) -> None:
        """Search the best plan, others and the curve, behind; see :attr:`job`."""
        rules = self.rules

        def progress(sought: str, objective: str, value: float | None, bound: float, _: float) -> bool:
            words = [telling.SOUGHT_WORDS[sought]]
            if objective:
                words += [telling.OBJECTIVE_WORDS[objective][0], telling.spell_progress(objective, value, bound)]
            return self.job.tell(" · ".join(words))

        def work() -> None:
            for found in search(self.office, rules, sought=("alternatives", "curve"), progress=progress):
                self._take(found)
                self.job.show()

        self.job.start(work, telling.SOUGHT_WORDS["best"])

    @action
    def stop(self) -> None:
        """Stop the work behind; what was found stays."""
        self.job.stop()

    @action
    def relax(self, rule: str) -> None:
        """Give way in one of the rules that stand in each other's way, as little as will do, and search again."""
        clash = self.found.clash if self.found else None
        one = next((one for one in clash.relaxed if one.rule == rule), None) if clash else None
        if self.found is None or one is None or not one.possible:
            raise UsageError("ผ่อนข้อนี้ไม่ได้: ค้นหาใหม่ก่อน", "This rule cannot be relaxed; search again first.")
        self.rules = telling.relax_rule(self.found.rules, one)
        self.search()

    # -- plans ----
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

    @action
    def draw(self) -> None:
        """Draw the plan that is looked at before and after, behind."""
        scenario = self._known(self.looked)
        self.job.start(lambda: self._draw(scenario), "วาดแผนที่ก่อนและหลัง")

    # -- by hand ----
    @action
    def take(self, key: str) -> None:
        """Go on by hand from a plan."""
        scenario = self._known(key)
        if key != "hand":
            merges = {"merges": scenario.merges}
            self.draft.put(self.draft.scenario.model_copy(update=merges))
        self._look_at_hand()

    @action
    def school(self, school: str) -> None:
        """Look for hosts of a school."""
        self._school = find_school(school, self.office)
        self._of_merge["grades"] = "all"

    @action
    def of_merge(self, name: str, value: str) -> None:
        """Say what the next merge is: its ``grades`` (a stage or ``all``), ``kind``, ``from_term`` or ``programme``."""
        if name not in self._of_merge:
            raise UsageError(f"ไม่มีช่อง {name}", f"There is no field {name}.")
        if name == "from_term":
            self._of_merge["from_term"] = self._read_term("hand", value, self._of_merge["from_term"])
            return
        said = self._of_merge | {name: value}
        try:
            Merge.model_validate({"school": "", "host": NEAREST, **said})
            parse_grades(said["grades"])
        except ValueError:  # pydantic's is one, too
            raise UsageError(f"“{value}” ใช้ไม่ได้: เลือกจากรายการ", f"{name} cannot be {value}.") from None
        self._of_merge = said

    @action
    def add(self, host: str) -> None:
        """Add a merge of the school that hosts are looked for to a host, or each child to the nearest."""
        if not self._school:
            raise UsageError("ยังไม่ได้เลือกโรงเรียน: พิมพ์ชื่อหรือรหัสก่อน", "No school is chosen; choose one first.")
        if cannot := standing(self.draft.scenario, self.office, self._school, self._of_merge["grades"]).cannot:
            raise UsageError(
                f"{self._name(self._school)} {cannot}: เลือกโรงเรียนอื่น", f"{self._school} has nobody to move."
            )
        merge = Merge.model_validate({"school": self._school, "host": host, **self._of_merge})
        moved_on = self.draft.add(merge)
        self._look_at_hand()
        names = ", ".join(self._name(code) for code in sorted(set(moved_on)))
        self._said = f"โรงเรียนที่มารวมอยู่แล้วย้ายตามไปด้วย: {names}" if names else ""

    @action
    def remove(self, number: int) -> None:
        """Take a merge out of the plan by hand."""
        self.draft.remove(number)
        self._look_at_hand()

    @action
    def undo(self) -> None:
        """Take the last step by hand back."""
        self.draft.undo()
        self._look_at_hand()

    @action
    def redo(self) -> None:
        """Make it again."""
        self.draft.redo()
        self._look_at_hand()

    # -- why and saving ----
    @action
    def ask(self, school: str) -> None:
        """Ask why a school closes or stays in the best plan, behind."""
        code, found = find_school(school, self.office), self.found
        if found is None or not found.best.levels:
            raise UsageError("ยังไม่มีแผนดีที่สุดให้ถาม: กดค้นหาก่อน", "There is no best plan to ask about; search first.")

        def work() -> None:
            if self._others is None:
                self._others = without_each(self.office, found.rules, start=found.best, progress=tell)
            self.job.tell(words)
            try:
                self._reasons = reason(self.office, found.rules, found.best, code, self._others)
            except ValueError:
                raise UsageError(
                    f"{self._name(code)} ไม่มีการเรียนการสอนอยู่แล้ว: เลือกโรงเรียนอื่น",
                    f"{code} does not teach; choose another.",
                ) from None

        def tell(objective: str, *_: Any) -> bool:
            aim = telling.OBJECTIVE_WORDS.get(objective, ("ลำดับรหัส",))[0]
            return self.job.tell(f"{words} · {aim}")

        words = f"กำลังคิด: เหตุผลของ {self._name(code)}"
        self._reasons = None
        self.job.start(work, words)

    @action
    def save(self, name: str, replace: bool = False) -> None:
        """Save the plan that is looked at as a scenario of a name; over a file of that name only when told to."""
        scenario, stem = self._known(self.looked), file_stem(name)
        self._said = self._exists = ""
        if not replace and stem in scenario_files(self.folder):
            self._exists = name
            return
        outcome = save_scenario(
            self.measured, scenario.model_copy(update={"name": name.strip(), "stem": stem, "note": ""}), replace=replace
        )
        self._read_files()
        warnings = f" พร้อมข้อควรระวัง {len(outcome.warnings)} ข้อ" if len(outcome.warnings) else ""
        self._said = (
            f"บันทึก{self._spell_plan(self.looked)} แล้วที่ scenarios/{stem}.yaml และผล{warnings} ที่ outputs/scenarios/{stem}"
        )

    # -- what is behind ----
    def _put_rules(self, changed: dict[str, Any]) -> None:
        try:
            self.rules = settle(Rules.model_validate(self.rules.model_dump() | changed), self.office)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            remedy = _REMEDIES.get(name, "เขียนจำนวนเต็มไม่ติดลบ")
            raise UsageError(f"เกณฑ์ใช้ไม่ได้: {remedy}", f"The rule {name} cannot be so.") from None

    def _take(self, found: Found) -> None:
        """Keep what was found, with its plans as scenarios; of another search the best and what is compared stay."""
        if self.found is None or found.best is not self.found.best:
            if self.found is not None:
                self._keep_plans(self.found)
            self._picked, self._points, self._others, self._reasons = [], [], None, None
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
        files, faults = {}, []
        for stem, path in scenario_files(self.folder).items():
            try:
                scenario = read_scenario(path)
                spell_scenario(scenario, self.office)
                files[f"file:{stem}"] = scenario
            except RestructureError as error:
                faults.append(error.thai)
        self._files, self._faults = files, faults

    def _known(self, key: str) -> Scenario:
        plans = self.plans()
        if key not in plans:
            raise UsageError("ไม่มีแผนนี้แล้ว: เลือกแผนอื่นจากตาราง", "There is no such plan any more; choose another.")
        return plans[key]

    def _outcome(self, key: str, scenario: Scenario) -> Outcome:
        """Return what a plan does, worked out once."""
        if key not in self._outcomes or self._outcomes[key].scenario is not scenario:
            self._outcomes[key] = self.draft.outcome if key == "hand" else simulate(scenario, self.office)
        return self._outcomes[key]

    def _name(self, code: str) -> str:
        return spell_school(code, self.office)

    def _read_term(self, field: str, text: str, held: str) -> str:
        """Return the term that a field holds, as terms are written; what is wrong with it stays beside the field."""
        self._term_faults.pop(field, None)
        try:
            return str(parse_term(text))
        except ValueError:
            fault = f"“{text}” ไม่ใช่ภาคเรียน: เขียนภาคเรียน 1 หรือ 2 และปี พ.ศ. สี่หลัก เช่น 1/2570 ระหว่างนี้ยังใช้ {held}"
            self._term_faults[field] = fault
            raise UsageError(fault, f"{text} is no term.") from None

    def _look_at_hand(self) -> None:
        """Look at the plan by hand, which is the one to save now."""
        self._looked, self._exists, self._said = "hand", "", ""

    def _draw(self, scenario: Scenario) -> None:
        # Imported here: matplotlib takes a second to load.
        from PIL import Image

        from restructure import comparisonprint

        with TemporaryDirectory() as folder:
            png = Path(folder) / "map.png"
            comparisonprint.write_before_after(draft_plan(self.measured, scenario), png.with_suffix(".pdf"), png)
            with Image.open(png) as drawn:
                small = drawn.convert("RGB")
        small.thumbnail((_MAP_PIXELS, _MAP_PIXELS), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.quantize(128).save(out, "PNG", optimize=True)
        self._map = scenario, "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


class PlanningWidget(Widget):
    """The page of a :class:`Planning`, which also shows what the work behind it finds meanwhile."""

    def __init__(self, state: Planning) -> None:
        self._turn = RLock()
        offered = [
            [code, f"{name} ({code})"] for code, name in zip(state.office.codes, state.office.names, strict=True)
        ]
        super().__init__(state, "planning", {"schools": offered})
        state.changed = self._refresh

    def _receive(self, widget: Any, message: Any, buffers: Any) -> None:
        with self._turn:
            super()._receive(widget, message, buffers)

    def _refresh(self) -> None:
        with self._turn:
            self.view = self._seen(self.view["error"])


def planning_widget(folder: Path | str) -> PlanningWidget:
    """Return the widget on which a cycle's plans are made, found, compared and saved."""
    return PlanningWidget(Planning(measure(open_cycle(folder))))

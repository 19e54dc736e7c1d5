"""Planning as a page: rules, search, the curve, plans side by side, a plan by hand, why, and saving."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from pydantic import ValidationError

from restructure._errors import UsageError
from restructure.byhand import standing
from restructure.cycle import Measured
from restructure.files import staged
from restructure.grades import format_grades, parse_grades
from restructure.optimise import telling
from restructure.optimise.asking import Reasons, without_each
from restructure.optimise.finding import Found, reason, search
from restructure.optimise.plans import Best
from restructure.optimise.rules import RULES_FILE, Rules, read_rules, settle
from restructure.scenario import NEAREST, Merge, Scenario
from restructure.simulate import Outcome
from restructure.steps import draft_plan
from restructure.thai import parse_term
from restructure.widgets import planview as view
from restructure.widgets._base import action, actions_of, refuse_viewer
from restructure.widgets.keeping import Keeping
from restructure.widgets.searching import Job
from restructure.widgets.typed import find_school

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


class Planning(Keeping):
    """All that is asked of plans of one cycle, and what was found.

    Parameters
    ----------
    measured
        The cycle.
    changed
        Called when the work behind has something new to show.
    """

    def __init__(self, measured: Measured, changed: Callable[[], None] = lambda: None) -> None:
        super().__init__(measured)
        self.changed = changed
        self.job = Job(lambda: self.changed())
        self.rules = self._written = settle(read_rules(self.folder), self.office)
        self._heads = view.main_heads(self.office.policy.settings)
        self._others: dict[str, Best] | None = None
        self._reasons: Reasons | None = None
        rules = self.rules
        self._of_merge = {
            "grades": "all",
            "kind": rules.kind,
            "from_term": rules.from_term,
            "programme": rules.programme,
        }
        self._school = ""
        # What was refused in a field for a term, by the field.
        self._term_faults: dict[str, str] = {}
        self._newest = view.newest_count(self.office)
        # What takes long to work out, with what it was worked out from.
        self._table: tuple[list[Outcome], dict[str, Any]] | None = None
        self._hand: tuple[Any, dict[str, Any]] | None = None
        self._map: tuple[Scenario, str] | None = None

    def view(self) -> dict[str, Any]:
        """Return all that the page shows."""
        found, name, job = self.found, self._name, self.job
        return {
            "rules": view.rules_view(self.rules, name, written=self.rules == self._written)
            | self._term_view("rules", self.rules.from_term),
            "job": {"running": job.running, "told": job.told, "fault": job.fault, "seconds": job.seconds},
            "search": self._search_view(found) if found else None,
            "curve": view.curve_view(found) if found else [],
            "curve_end": telling.spell_curve_end(found.curve, found.rules.kind) if found else "",
            "heads": self._heads,
            "plans": self._plans_view(),
            "looked": self._looked_view(),
            "compare": self._compare_view(),
            "hand": self._hand_view(),
            "why": view.why_view(self._reasons, found, self.office, name) if found and self._reasons else None,
            "save": self.filing_view(),
            "drafts": self.keeping_view(),
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
        if self._hand is None or self._hand[0] != seen:  # outcomes are equal where they are one
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
        refuse_viewer()
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
            return self.job.tell(telling.spell_work(sought, objective, rules.kind, value, bound))

        def work() -> None:
            for found in search(self.office, rules, sought=("alternatives", "curve"), progress=progress):
                if self._take(found):
                    self._others = self._reasons = None
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
    def grades(self, chosen: list[str]) -> None:
        """Say which single grades the next merge is about."""
        if not chosen:
            raise UsageError("ยังไม่ได้เลือกชั้น: เลือกอย่างน้อยหนึ่งชั้น", "No grade is chosen; choose one.")
        self.of_merge("grades", format_grades(chosen))

    @action
    def add(self, host: str | list[str]) -> None:
        """Add a merge of the school that hosts are looked for: to a host, to the nearest of some, or of all schools."""
        if not self._school:
            raise UsageError("ยังไม่ได้เลือกโรงเรียน: พิมพ์ชื่อหรือรหัสก่อน", "No school is chosen; choose one first.")
        if cannot := standing(self.draft.scenario, self.office, self._school, self._of_merge["grades"]).cannot:
            raise UsageError(
                f"{self._name(self._school)} {cannot}: เลือกโรงเรียนอื่น", f"{self._school} has nobody to move."
            )
        if not host:
            raise UsageError("ยังไม่ได้เลือกโรงเรียนหลัก: เลือกจากตารางก่อน", "No host is chosen; choose one first.")
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
            known = objective in telling.OBJECTIVE_WORDS
            aim = telling.name_objective(objective, found.rules.kind) if known else "ลำดับรหัส"
            return self.job.tell(f"{words} · {aim}")

        words = f"กำลังคิด: เหตุผลของ {self._name(code)}"
        self._reasons = None
        self.job.start(work, words)

    # -- what is behind ----
    def _put_rules(self, changed: dict[str, Any]) -> None:
        try:
            self.rules = settle(Rules.model_validate(self.rules.model_dump() | changed), self.office)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            remedy = _REMEDIES.get(name, "เขียนจำนวนเต็มไม่ติดลบ")
            raise UsageError(f"เกณฑ์ใช้ไม่ได้: {remedy}", f"The rule {name} cannot be so.") from None

    def _read_term(self, field: str, text: str, held: str) -> str:
        """Return the term that a field holds, as terms are written; what is wrong with it stays beside the field."""
        self._term_faults.pop(field, None)
        try:
            return str(parse_term(text))
        except ValueError:
            fault = f"“{text}” ไม่ใช่ภาคเรียน: เขียนภาคเรียน 1 หรือ 2 และปี พ.ศ. สี่หลัก เช่น 1/2570 ระหว่างนี้ยังใช้ {held}"
            self._term_faults[field] = fault
            raise UsageError(fault, f"{text} is no term.") from None

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
        # Of all ways to fewer colours this one keeps those of thin lines, which mean something.
        small.quantize(256, Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
        self._map = scenario, "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()

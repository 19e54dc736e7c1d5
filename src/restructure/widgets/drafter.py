"""Drafting the plan as a page: steps of the work standard, texts, schools with their figures, versions, documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from restructure._errors import DataError, RestructureError, UsageError
from restructure.cycle import Measured, find_scenario, measure, open_cycle, scenario_files
from restructure.drafting import Draft, read_draft, write_draft
from restructure.ledger import in_force, read_ledger, revoke
from restructure.planfigures import plan_figures
from restructure.procedure import STEP_DONE, complete_step, kinds, progress, steps_of
from restructure.scenario import PRESENT, Scenario, read_scenario, spell_scenario
from restructure.simulate import Outcome, simulate
from restructure.trace import trace
from restructure.versions import changes, keep_version, read_version, versions
from restructure.widgets import drafterview as view
from restructure.widgets._base import LiveWidget, action, refuse_viewer
from restructure.widgets.desk import (
    TRIES,
    Act,
    Desk,
    refuse_decided_since,
    sent_evidence,
    spell_due,
    typed_day,
    written_elsewhere,
)
from restructure.widgets.reading import signature
from restructure.widgets.searching import Job
from restructure.widgets.typed import storable


class Drafter(Desk):
    """One cycle's draft: what people type lies in ``plan.yaml``, what they certify in the ledger.

    Every text is written as soon as its field is left; nothing else of the file is touched.

    Parameters
    ----------
    measured
        The cycle.
    today
        The day that is taken for today.
    changed
        Called when the work behind has something new to show.
    """

    _fault: str
    _figures: pd.DataFrame
    _shown: dict[str, Any]

    def __init__(
        self,
        measured: Measured,
        *,
        today: Callable[[], date] = date.today,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(measured.cycle.folder)
        self.changed, self.today = changed, today
        self.job = Job(lambda: self.changed())
        self._trace: dict[str, Any] | None = None
        self._number = 0
        self._progress = (0, 0)
        self._take(measured)

    def view(self) -> dict[str, Any]:
        """Return all that the page shows."""
        draft, revision = read_draft(self.folder)
        rows = read_ledger(self.folder)
        outcome = self._outcome_of(draft)
        rounds = view.rounds_view(draft, progress(draft, rows, self.folder, today=self.today()))
        schools = self._shown
        codes = [school["id"] for school in schools["schools"]]
        left = view.blanks_view(draft, codes, outcome)
        return self.desk_view() | {
            "office": self.measured.cycle.policy.office,
            "synthetic": self.measured.cycle.policy.synthetic,
            "seen": int(rows["seq"].max()) if len(rows) else 0,
            "stale": signature(self.folder) != self._read,
            "next": view.next_step(rounds, len(left), self.who),
            "fault": self._fault,
            "scenario": draft.scenario or outcome.scenario.stem,
            "scenarios": self._scenarios(),
            "kind": draft.kind,
            "kinds": list(kinds().items()),
            "rounds": rounds,
            "texts": view.texts_view(draft),
            **schools,
            "school_texts": view.school_texts_view(draft, codes),
            "blanks": left,
            "versions": self._versions(rows, outcome, draft, revision),
            "trace": self._trace,
            "documents": {
                "running": self.job.running,
                "told": self.job.told,
                "fault": self.job.fault,
                "progress": list(self._progress),
                "files": self._files(),
            },
        }

    # -- ⓪ who and what ----
    @action
    def reread(self) -> None:
        """Read the folder anew, as after a file was replaced."""
        self._take(measure(open_cycle(self.folder)))
        self._trace, self.said = None, "อ่านข้อมูลในโฟลเดอร์ใหม่แล้ว"

    @action
    def choose_scenario(self, stem: str, was: str) -> None:
        """Draft the plan of another scenario; what was written of schools stays in the file."""
        if stem not in scenario_files(self.folder):
            raise UsageError(f"ไม่มีทางเลือก {stem}: เลือกจากรายการ", f"There is no scenario {stem}.")
        # What the page shows without a draft is what would be taken: choosing just that writes it down.
        shown = read_draft(self.folder)[0].scenario
        self.write_text("scenario", stem, was if shown else "")
        self._trace = None

    @action
    def choose_kind(self, kind: str, was: str) -> None:
        """Say what the procedure is about."""
        if kind not in kinds():
            raise UsageError(f"ไม่มีงานแบบ {kind}: เลือกจากรายการ", f"There is no procedure {kind}.")
        self.write_text("kind", kind, was)

    # -- ① steps ----
    @action
    def complete(
        self,
        key: str,
        on: str,
        seen: int,
        words: str = "",
        why: str = "",
        file: tuple[str, str] | None = None,
    ) -> None:
        """Certify that a step was done.

        Parameters
        ----------
        on
            The day, as it is typed.
        words
            What shows it, such as the number of a letter, where there is no file.
        file
            Name and content, as base64, of a file of evidence; ``words`` then join the reason.
        """
        self.named()
        rows = self._unseen(key, seen)
        day = typed_day(on)
        draft = read_draft(self.folder)[0]
        with sent_evidence(file, words, why) as (evidence, told):
            seqs = complete_step(
                self.folder,
                draft,
                rows,
                key,
                self.who,
                on=day,
                evidence=evidence,
                why=told,
                today=self.today(),
                seen=seen,
            )
        thai = view.spell_place(draft, f"steps/{key}/owner", self._outcome_of(draft)).partition("“")[2].rstrip("”")
        self.did(Act(f"รับรองขั้น “{thai}”", rows=tuple(seqs)))

    @action
    def revoke(self, key: str, why: str, seen: int) -> None:
        """Take a certification back, for a reason; the ledger keeps both."""
        self.named()
        held = in_force(self._unseen(key, seen), STEP_DONE)
        seqs = held.loc[held["subject"] == key, "seq"].tolist()
        if not seqs:
            raise UsageError("ขั้นนี้ยังไม่มีการรับรอง: ดูสถานะใหม่", "This step is not certified.")
        revoke(self.folder, self.who, seqs, why)
        self.said = "เพิกถอนการรับรองแล้ว"

    # -- ② ③ texts ----
    @action
    def write(self, path: str, text: str, was: str) -> None:
        """Write a text that was typed; ``was`` is what stood there when it was begun.

        Where something else stands there by now, nothing is written: both texts are shown until one is chosen.
        """
        kind, _, name = path.partition("/")
        draft = read_draft(self.folder)[0]
        places = {"schools": self._outcome_of(draft).office.place, "steps": [step.key for step in steps_of(draft.kind)]}
        if kind not in ("texts", *places) or (kind in places and name.partition("/")[0] not in places[kind]):
            raise UsageError(f"ไม่มีช่อง {path} ในร่าง: เปิดหน้านี้ใหม่", f"There is no place {path}.")
        text = storable(text)
        if path.endswith("/due") and text.strip():
            text = spell_due(typed_day(text))
        self.write_text(path, text, was)

    @action
    def trace(self, question: str) -> None:
        """Show where a figure comes from; an empty question closes it."""
        self._trace = asdict(trace(self.measured, question)) | {"question": question} if question else None

    # -- ⑤ ⑥ versions and documents ----
    @action
    def compare_with(self, number: int) -> None:
        """Show what has changed since a version."""
        self._number = number

    @action
    def make(self, final: bool = False) -> None:
        """Make the documents of the plan, behind; see :attr:`job`. ``final`` is refused while there are blanks."""
        refuse_viewer()
        self._refuse_stale()
        self._start(None, final=final)

    @action
    def keep(self, why: str) -> None:
        """Make the documents and keep them as what the committee saw, behind."""
        self.named()
        if not why.strip():
            raise UsageError("ยังไม่บอกว่าฉบับนี้ใช้ทำอะไร: กรอก เช่น เสนอ กศจ. ครั้งที่เท่าใด", "Say what this version is for.")
        self._start(why)

    # -- parts ----
    def _take(self, measured: Measured) -> None:
        self.measured = measured
        self._read = signature(self.folder)
        self._worked: tuple[Scenario, Outcome] | None = None
        self._compared: tuple[Any, list[dict[str, Any]]] | None = None

    def _outcome_of(self, draft: Draft) -> Outcome:
        """Return what the draft's scenario does; worked out anew where its file was written since."""
        self._fault = ""
        try:
            scenario = find_scenario(self.folder, draft.scenario or None)
            spell_scenario(scenario, self.measured.office)
        except RestructureError as error:  # another can still be chosen, and no text is out of reach
            self._fault, scenario = error.thai, PRESENT
        if self._worked is None or self._worked[0] != scenario:
            outcome = simulate(scenario, self.measured.office)
            figures = plan_figures(outcome)
            self._worked, self._figures = (scenario, outcome), figures
            self._shown = view.schools_view(outcome, figures)
        return self._worked[1]

    def _scenarios(self) -> list[tuple[str, str]]:
        """Return the scenarios to choose from; one that cannot be read is told by its file alone."""
        found = []
        for stem, path in scenario_files(self.folder).items():
            try:
                found.append((stem, f"{read_scenario(path).name} ({stem})"))
            except RestructureError:
                found.append((stem, f"{stem} (อ่านไม่ได้)"))
        return found

    def _versions(self, rows: pd.DataFrame, outcome: Outcome, draft: Draft, revision: str) -> dict[str, Any]:
        table = versions(self.folder, rows)
        numbers = table["number"].tolist()
        number = self._number if self._number in numbers else max(numbers, default=0)
        differing, fault = [], ""
        if number and not table.loc[table["number"] == number, "intact"].iloc[0]:
            fault = f"ฉบับที่ {number} ถูกแก้หรือหายไปหลังเก็บ จึงเทียบไม่ได้: นำไฟล์ใน versions/{number} จากไฟล์สำรองกลับมา"
        elif number:
            key = (number, outcome, revision)
            try:
                if self._compared is None or self._compared[0] != key:
                    found = changes(read_version(self.folder, number), outcome, draft, self._figures)
                    self._compared = key, found.to_dict("records")
                differing = self._compared[1]
            except DataError as error:
                fault = error.thai
        return {"rows": view.versions_view(table), "number": number, "changes": differing, "fault": fault}

    def text_at(self, path: str) -> str:
        """Return what stands at a place of the draft."""
        return self._in(read_draft(self.folder)[0], path)

    def spell(self, path: str) -> str:
        """Return in Thai which place of the draft is meant."""
        draft = read_draft(self.folder)[0]
        return view.spell_place(draft, path, self._outcome_of(draft))

    def put(self, path: str, text: str, was: str) -> None:
        """Write a text where another stands; what others write elsewhere in the draft meanwhile stays."""
        refuse_viewer()
        value: Any = text
        if path.startswith("steps/") and path.endswith("/due"):
            value = typed_day(text) if text.strip() else None
        for left in reversed(range(TRIES)):
            draft, revision = read_draft(self.folder)
            if self._in(draft, path) != was:
                raise written_elsewhere(path)
            changed = view.with_text(draft, path, value)
            if not changed.scenario:  # the file names the scenario that the page shows
                changed = view.with_text(changed, "scenario", self._stem())
            try:
                write_draft(self.folder, changed, revision)
            except UsageError:
                if not left:
                    raise
            else:
                return

    def _stem(self) -> str:
        return next(iter(scenario_files(self.folder)), "")

    def _in(self, draft: Draft, path: str) -> str:
        try:
            return view.text_at(draft, path)
        except KeyError:
            raise UsageError(f"ไม่มีช่อง {path} ในร่าง: เปิดหน้านี้ใหม่", f"There is no place {path}.") from None

    def named(self) -> None:
        """Refuse to decide for a viewer, for nobody, and on files that have changed since."""
        super().named()
        self._refuse_stale()

    def _refuse_stale(self) -> None:
        if signature(self.folder) != self._read:
            raise UsageError(
                "ไฟล์ในโฟลเดอร์เปลี่ยนหลังเปิดหน้านี้: กด “อ่านข้อมูลใหม่” แล้วทำจากค่าใหม่", "Files have changed; read them anew."
            )

    def _unseen(self, key: str, seen: int) -> pd.DataFrame:
        """Return the ledger, after refusing where a step was decided on since the page was shown."""
        rows = read_ledger(self.folder)
        refuse_decided_since(rows, {(STEP_DONE, key)}, seen)
        return rows

    def _start(self, why: str | None, *, final: bool = False) -> None:
        """Make the documents; keep them where ``why`` says so."""
        from restructure.steps import write_pdfs, write_plan

        measured, who = self.measured, self.who
        draft = read_draft(self.folder)[0]
        outcome = self._outcome_of(draft)
        if self._fault:
            raise UsageError(self._fault, "The scenario of the plan cannot be worked out; mend it or choose another.")

        def pages(done: int, total: int) -> None:
            self._progress = done, total
            self.job.tell(f"กำลังทำสมุดแผนที่ หน้า {done} จาก {total}")

        def work() -> None:
            # The same draft for the documents and for what is kept: others write on meanwhile.
            write_plan(measured, outcome.scenario, pages, final=final, typed=draft)
            if why is not None:
                self.job.tell("กำลังเก็บฉบับ")
                number = keep_version(measured, outcome, draft, why, who)
                self._number = number
                self.said = f"เก็บฉบับที่ {number} แล้ว ไว้ใน versions/{number}"
            else:
                self.job.tell("กำลังทำ PDF")
                _, lacking = write_pdfs(measured)
                self.said = f"ทำเอกสารเสร็จแล้ว ไว้ใน outputs/plan {lacking}".strip()

        self.said, self._progress = "", (0, 0)
        self.job.start(work, "กำลังทำเอกสาร ภาคผนวก และแผนที่")

    def _files(self) -> list[str]:
        folder = self.measured.cycle.outputs / "plan"
        return [f"outputs/plan/{p.relative_to(folder).as_posix()}" for p in sorted(folder.rglob("*.*")) if p.is_file()]


class DrafterWidget(LiveWidget):
    """The page of a :class:`Drafter`."""

    def __init__(self, state: Drafter) -> None:
        super().__init__(state, ("desk", "drafter"))
        state.changed = self.refresh


def drafter_widget(folder: Path | str) -> DrafterWidget:
    """Return the widget that leads through a cycle's draft of the plan."""
    return DrafterWidget(Drafter(measure(open_cycle(folder))))

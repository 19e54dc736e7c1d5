"""The subsidy year as a page: what is missing, certifying, need, ceiling and rule, settlement, papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from restructure._errors import UsageError
from restructure.budget import SHARING_DECISION
from restructure.certify import inputs_digest
from restructure.cycle import measure, open_cycle
from restructure.ledger import Decision, decide, head
from restructure.policy import SharingRule
from restructure.rounds import ALLOCATED, REQUEST, confirm_allocation, record_request
from restructure.webpage import ground_data
from restructure.widgets import subsidyview as view
from restructure.widgets._base import LiveWidget, action
from restructure.widgets.certifying import Certifying
from restructure.widgets.typed import whole_number
from restructure.yearsteps import write_round_papers

_MOST_BAHT = 10_000_000_000


class Subsidy(Certifying):
    """One cycle's subsidy year: a round that is looked at, and everything that is decided on it.

    All that is decided lies in the ledger: an object made anew goes on where the last one stopped, and another window
    on the same folder is seen as soon as anything is asked for.
    """

    def view(self) -> dict[str, Any]:
        """Return all that the page shows."""
        if head(self.folder) != self.made.head:  # another window has decided something
            self._load()
        made, figures = self.made, self._figures
        glance, rule = figures.glance, figures.rule(self._what_ifs)
        return self.round_view() | {
            "next": view.next_step(made, glance, self.who, chosen=rule["chosen"]),
            "glance": glance,
            "certify": self.certify_view(),
            "need": figures.need,
            "rule": rule,
            "settle": figures.settlement,
            "papers": {
                "kinds": figures.papers,
                "running": self.job.running,
                "told": self.job.told,
                "fault": self.job.fault,
                "progress": list(self._progress),
                "files": self._files(f"papers/{made.name}"),
            },
        }

    @action
    def what_if(self, baht: list[str]) -> None:
        """Look at other ceilings."""
        self._what_ifs = tuple(whole_number(text, "วงเงิน", "บาท", _MOST_BAHT) for text in baht)

    @action
    def choose_rule(self, rule: str, why: str, seen: int) -> None:
        """Decide how the round's ceiling is shared; that takes a reason, which every report can name."""
        if rule not in get_args(SharingRule):
            raise UsageError(f"ไม่มีวิธีแบ่ง {rule}: เลือกจากรายการ", f"There is no rule {rule}.")
        if not why.strip():
            raise UsageError("ยังไม่บอกเหตุผลที่เลือกวิธีแบ่งนี้: กรอกเหตุผลแล้วทำใหม่", "Give a reason for this rule.")
        self._ready(SHARING_DECISION, [self.round], seen)
        made = Decision(SHARING_DECISION, self.round, {"rule": rule}, why.strip(), inputs_digest(self.measured.cycle))
        self._decided(lambda: decide(self.folder, self.who, [made], seen=seen), "บันทึกวิธีแบ่งแล้ว")

    @action
    def confirm(self, seen: int, why: str = "") -> None:
        """Record what each line of the round is given, as it is shown, and write its files anew."""
        said = f"ยืนยันการจัดสรรแล้ว ไฟล์อยู่ใน outputs/allocation/{self.round} และ outputs/settlement/{self.round}"
        self._on_round(ALLOCATED, confirm_allocation, seen, why, said)
        self._write_money(self.round)

    @action
    def asked(self, seen: int, why: str = "") -> None:
        """Record that the round has been asked for on what is shown."""
        self._on_round(REQUEST, record_request, seen, why, "บันทึกว่ายื่นขอแล้ว")

    @action
    def write_papers(self, kinds: list[str]) -> None:
        """Write papers of the round, behind; see :attr:`job`."""
        if not kinds:
            raise UsageError("ยังไม่เลือกเอกสาร: ทำเครื่องหมายหน้าเอกสารก่อน", "No paper is chosen.")
        measured, name, lacks = self.measured, self.round, self._figures.why_no_notices

        def progress(words: str, done: int, total: int) -> None:
            self._progress = done, total
            self.job.tell(words)

        def work() -> None:
            files, _ = write_round_papers(measured, name, kinds, progress)
            self.said = f"เขียนเอกสาร {len(files):,} ไฟล์ ไว้ใน outputs/papers/{name} แล้ว {lacks}".strip()

        self._progress = (0, len(kinds))
        self.job.start(work, "เริ่มเขียนเอกสาร")

    @action
    def write_templates(self) -> None:
        """Write the templates that the office can edit; what is there already stays as it is."""
        from restructure.templates import write_templates

        written = write_templates(self.folder)
        self.said = f"เขียนแม่แบบใหม่ {len(written):,} ไฟล์ ไว้ใน templates แก้ได้ใน Word และ Excel ที่มีอยู่เดิมไม่เปลี่ยน"


class SubsidyWidget(LiveWidget):
    """The page of a :class:`Subsidy`."""

    def __init__(self, state: Subsidy) -> None:
        cycle = state.measured.cycle
        super().__init__(state, "subsidy", ground_data(cycle.policy, cycle.network))
        state.changed = self.refresh


def subsidy_widget(folder: Path | str) -> SubsidyWidget:
    """Return the widget that leads through a cycle's subsidy year."""
    return SubsidyWidget(Subsidy(measure(open_cycle(folder))))

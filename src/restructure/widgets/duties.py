"""The office's eight duties as a page: what comes first, the year by duty, owner and month, each item."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from restructure._errors import LedgerError, RestructureError, UsageError
from restructure.calendar_ics import NO_EVENTS, calendar_text
from restructure.chain import one_line
from restructure.duties import read_duties
from restructure.dutyacts import (
    complete_duty_step,
    make_items,
    planned,
    record_order,
    record_result,
    return_for_correction,
    set_plans,
    take_rows_back,
)
from restructure.dutyhistory import ITEM, KINDS, PLAN, RESULT, RETURN, STEP
from restructure.ledger import head, in_force, read_ledger
from restructure.policy import load_policy
from restructure.procedure import STEP_DONE
from restructure.register import Register, register
from restructure.stepcommand import a_cycle
from restructure.widgets import dutiesview as view
from restructure.widgets._base import LiveWidget, action, is_viewer, refuse_viewer
from restructure.widgets.desk import (
    TRIES,
    UNDONE,
    Act,
    Desk,
    refuse_decided_since,
    sent_evidence,
    spell_due,
    typed_day,
    written_elsewhere,
)
from restructure.widgets.reading import register_signature
from restructure.widgets.searching import Job
from restructure.widgets.typed import storable

#: How many rows a list shows at first, and how many more each time.
_PAGE = 100
_FIELDS = {"owner": "ผู้รับผิดชอบ", "due": "กำหนดเสร็จ", "remark": "หมายเหตุ"}
_SMALL = "small-schools/small-schools.xlsx"


class Duties(Desk):
    """One cycle's register of duties; all that people do on it are decisions in the ledger.

    Appraisals of persons are no part of it: see :mod:`restructure.appraisal`.

    Parameters
    ----------
    folder
        The cycle.
    today
        The day that is taken for today.
    changed
        Called when the work behind has something new to show.
    """

    def __init__(
        self,
        folder: Path,
        *,
        today: Callable[[], date] = date.today,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(a_cycle(folder))
        self.today, self.changed = today, changed
        self.policy = load_policy(folder / "policy.yaml")
        self.job = Job(lambda: self.changed())
        self._by, self._key, self._most = "duty", "", _PAGE
        self._subject = self._step = ""
        self._sent: dict[str, Any] = {"number": 0}
        self._collections: list[dict[str, Any]] = []
        self._known: Any = None

    def view(self) -> dict[str, Any]:
        """Return all that the page shows."""
        found = self._read()
        rows = view.chosen_rows(found, self._by, self._key, self._others)
        looked = (self._subject, f"{self._subject}/{self._step}")
        plans = {subject: planned(self.folder, subject, self._plans) for subject in looked}
        viewer = is_viewer()
        return self.desk_view() | {
            "frozen": viewer or not self.who,
            "office": self.policy.office,
            "synthetic": self.policy.synthetic,
            "year": self.policy.fiscal_year,
            "seen": found.head[0],
            "next": view.next_line(found, self._others, self.who, viewer=viewer),
            "duties": view.duties_view(self._duties, self.policy.fiscal_year),
            "months": view.months(self.policy.fiscal_year),
            **self._tables,
            "by": self._by,
            "key": self._key,
            "rows": view.entries(rows.head(self._most)),
            "count": len(rows),
            "item": view.item_view(found, self._subject, self._step, plans, self._held) if self._subject else None,
            "collections": {
                "rows": self._collections, "running": self.job.running, "fault": self.job.fault,
                "there": (self.folder / "collections").is_dir(),
            },
            "small": {"path": f"outputs/{_SMALL}", "there": (self.folder / "outputs" / _SMALL).is_file()},
            "sent": self._handed(),
        }  # fmt: skip

    # -- looking ----
    @action
    def show(self, by: str, key: str) -> None:
        """List what a choice on one of the tables stands for; see :func:`dutiesview.chosen_rows`."""
        if by not in ("duty", "owner", "month", "urgent") or (
            by == "urgent" and key not in ("returned", "late", "soon")
        ):
            raise UsageError(f"ไม่มีมุมมอง {by} {key}: เลือกจากหน้า", f"There is no view {by} {key}.")
        self._by, self._key, self._most = by, key, _PAGE

    @action
    def more(self) -> None:
        """Show more rows of the list."""
        self._most += _PAGE

    @action
    def open(self, subject: str, step: str = "") -> None:
        """Open an item, and a step of it; nothing closes it."""
        self._subject, self._step = subject, step

    @action
    def calendar(self) -> None:
        """Hand the days of the register to the browser as a calendar file."""
        text = calendar_text(self._read())
        if not text:
            raise UsageError(NO_EVENTS, "No item has a day or a month; set one.")
        self._send(f"duties-{self.policy.fiscal_year}.ics", "text/calendar", text.encode())

    @action
    def small_schools(self) -> None:
        """Hand the office's table of small schools to the browser."""
        refuse_viewer()
        path = self.folder / "outputs" / _SMALL
        if not path.is_file():
            raise UsageError(
                f"ยังไม่มี outputs/{_SMALL}: ทำด้วยคำสั่ง restructure small-schools",
                f"There is no outputs/{_SMALL}; make it with `restructure small-schools`.",
            )
        self._send(path.name, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", path.read_bytes())

    @action
    def read_collections(self) -> None:
        """Read what schools have sent back, behind; see :attr:`job`."""
        if not (self.folder / "collections").is_dir():
            return
        # Imported here: it takes a moment to load, and an office without any has no need of it.
        from restructure.collection.chasing import status
        from restructure.collection.issue import issue_names, office_schools
        from restructure.collection.steps import follow

        def one(name: str, schools: pd.DataFrame) -> dict[str, Any]:
            try:
                followed = follow(self.folder, name, schools)
                found = status(followed.returns, followed.schools, today=self.today())
                return view.collection_view(name, followed.issue, found)
            except RestructureError as error:
                return {"name": name, "fault": error.thai}

        def work() -> None:
            schools = office_schools(self.folder)
            self._collections = [one(name, schools) for name in issue_names(self.folder)]

        self.job.start(work, "กำลังอ่านแบบที่ส่งกลับ")

    # -- making items ----
    @action
    def make_recurring(self, seen: int) -> None:
        """Make the items that come each cycle, of which some may be there already."""
        self.named()
        self._made(make_items(self.folder, self.who, seen=seen), "ประจำปี")

    @action
    def make_one(self, duty: str, round_name: str, seen: int) -> None:
        """Make one item of a duty."""
        self.named()
        made = make_items(self.folder, self.who, {duty: [round_name]}, seen=seen)
        self._made(made, "")
        if made:
            self._subject, self._step = made[0], ""

    def _made(self, subjects: list[str], which: str) -> None:
        if not subjects:
            self.said = "มีเรื่องนี้ในทะเบียนอยู่แล้ว" if not which else "เรื่องประจำปีมีครบแล้ว (เรื่องที่เพิกถอนไป ตั้งใหม่ได้ทีละเรื่อง)"
            return
        rows = in_force(read_ledger(self.folder), ITEM)
        seqs = rows.loc[rows["subject"].isin(subjects), "seq"].tolist()
        self.did(Act(f"ตั้งเรื่อง{which} {len(subjects):,} เรื่อง", rows=tuple(seqs)))

    # -- planning ----
    @action
    def write(self, path: str, text: str, was: str) -> None:
        """Write who shall do an item or a step, until when, or a remark; see :meth:`Desk.write_text`."""
        name, _ = self._place(path)
        text = storable(text).strip()
        if name == "owner":
            text = one_line(text)
        elif name == "due" and text:
            text = spell_due(typed_day(text))
        self.write_text(path, text, was)

    def text_at(self, path: str) -> str:
        """Return what is planned of an item or a step itself."""
        name, subject = self._place(path)
        self._read()
        return view.text_of(planned(self.folder, subject, self._plans), name)

    def spell(self, path: str) -> str:
        """Return in Thai which place is meant."""
        name, subject = self._place(path)
        return f"{_FIELDS[name]} ของ “{self._thai(subject)}”"

    def put(self, path: str, text: str, was: str) -> None:
        """Record one thing of a plan where another holds; what others record beside it meanwhile stays."""
        self.named()
        name, subject = self._place(path)
        value: Any = (typed_day(text) if text else None) if name == "due" else text
        for left in reversed(range(TRIES)):
            seen = self._read().head[0]
            now = planned(self.folder, subject, self._plans)
            if view.text_of(now, name) != was:
                raise written_elsewhere(path)
            try:
                set_plans(self.folder, self.who, {subject: now._replace(**{name: value})}, seen=seen)
            except LedgerError:
                if not left:
                    raise
            else:
                return

    # -- doing ----
    @action
    def complete(
        self,
        subject: str,
        on: str,
        seen: int,
        words: str = "",
        why: str = "",
        file: tuple[str, str] | None = None,
        skip: bool = False,
    ) -> None:
        """Certify that a step was done, as :meth:`restructure.widgets.drafter.Drafter.complete`.

        Parameters
        ----------
        skip
            That it need not be done.
        """
        self.named()
        self._unseen(subject, seen, STEP, RETURN)
        with sent_evidence(None if skip else file, words, why) as (evidence, told):
            seqs = complete_duty_step(
                self.folder, self.who, subject, on=typed_day(on), evidence=evidence, why=told, skip=skip,
                today=self.today(), seen=seen,
            )  # fmt: skip
        self.did(Act(f"รับรองขั้น “{self._thai(subject)}”", rows=tuple(seqs)))

    @action
    def send_back(self, subject: str, remark: str, seen: int) -> None:
        """Return an item or a step for correction, with what has to be mended."""
        self.named()
        self._unseen(subject, seen, STEP, RETURN)
        seqs = return_for_correction(self.folder, self.who, subject, storable(remark), seen=seen)
        self.did(Act(f"ส่งคืนแก้ไข “{self._thai(subject)}”", rows=tuple(seqs)))

    @action
    def order(self, subject: str, text: str, seen: int, giver: str = "", on: str = "") -> None:
        """Record what the superior ordered on an item, letter by letter."""
        self.named()
        day = typed_day(on) if on.strip() else None
        seqs = record_order(self.folder, self.who, subject, storable(text), giver=giver, on=day, seen=seen)
        self.did(Act("ข้อสั่งการ", rows=tuple(seqs)))

    @action
    def result(self, subject: str, text: str, seen: int) -> None:
        """Record what came of an item."""
        self.named()
        self._unseen(subject, seen, RESULT)
        seqs = record_result(self.folder, self.who, subject, storable(text), seen=seen)
        self.did(Act(f"ผลของ “{self._thai(subject)}”", rows=tuple(seqs)))

    @action
    def revoke(self, seq: int, why: str, seen: int) -> None:
        """Take a decision back, for a reason; the ledger keeps both."""
        self.named()
        rows = read_ledger(self.folder)
        row = rows[(rows["seq"] == seq) & rows["kind"].isin([*KINDS, STEP_DONE])]
        about = set(zip(row["kind"], row["subject"], strict=True))
        refuse_decided_since(rows, about, seen)
        take_rows_back(self.folder, self.who, [seq] if about else [], why)
        self.said = "เพิกถอนแล้ว"

    def take_back(self, act: Act) -> None:
        """Revoke what was decided here last, unless another has decided on it since."""
        take_rows_back(self.folder, self.who, act.rows, UNDONE)

    # -- parts ----
    def _read(self) -> Register:
        """Return the register, read anew where anything that it rests on has changed."""
        known = (head(self.folder), self.today(), register_signature(self.folder))
        if known != self._known:
            rows = read_ledger(self.folder)
            year = self.policy.fiscal_year
            found = self._register = register(self.folder, today=self.today(), rows=rows)
            self._duties = read_duties(self.folder)
            held = in_force(rows[rows["kind"].isin([*KINDS, STEP_DONE, "revoke"])])
            self._held = set(held["seq"].tolist())
            self._plans = held[held["kind"] == PLAN]
            self._others = view.urgent_rows(found) | {"month": view.month_rows(found, year)}
            self._tables = {
                "urgent": view.urgent_view(self._others),
                "by_duty": view.by_duty(found, self._duties),
                "by_owner": view.by_owner(found),
                "by_month": view.by_month(self._others["month"], self._duties),
            }
            self._known = known
        return self._register

    def _place(self, path: str) -> tuple[str, str]:
        name, _, subject = path.partition(":")
        if name not in _FIELDS:
            raise UsageError(f"ไม่มีช่อง {path} ในทะเบียน: เปิดหน้านี้ใหม่", f"There is no place {path}.")
        return name, subject

    def _thai(self, subject: str) -> str:
        found = self._read()
        duty, round_, step = [*subject.split("/"), "", ""][:3]
        table, column = (found.steps, "thai") if step else (found.items, "title")
        mine = table[(table["duty"] == duty) & (table["round"] == round_)]
        texts = (mine[mine["step"] == step] if step else mine)[column].tolist()
        return texts[0] if texts else subject

    def _unseen(self, subject: str, seen: int, *kinds: str) -> None:
        item, step = "/".join(subject.split("/")[:2]), subject.split("/")[2:]
        about = {(ITEM, item), *((kind, subject) for kind in kinds), *((STEP_DONE, key) for key in step)}
        refuse_decided_since(read_ledger(self.folder), about, seen)

    def _handed(self) -> dict[str, Any]:
        """Return the file that is handed over, with its content once."""
        sent, self._sent = self._sent, {"number": self._sent["number"]}
        return sent

    def _send(self, name: str, kind: str, content: bytes) -> None:
        number = self._sent["number"] + 1
        data = base64.b64encode(content).decode("ascii")
        self._sent = {"number": number, "name": name, "kind": kind, "data": data}


class DutiesWidget(LiveWidget):
    """The page of :class:`Duties`."""

    def __init__(self, state: Duties) -> None:
        super().__init__(state, ("desk", "duties"))
        state.changed = self.refresh
        state.read_collections()
        self.refresh()


def duties_widget(folder: Path | str) -> DutiesWidget:
    """Return the widget that shows a cycle's register of duties."""
    return DutiesWidget(Duties(Path(folder)))

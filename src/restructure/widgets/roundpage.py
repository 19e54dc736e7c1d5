"""What every section of the subsidy page rests on: the round looked at, who decides, where a figure comes from."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from typing import Any

import pandas as pd

from restructure._errors import LedgerError, UsageError
from restructure.budget import SHARING_DECISION
from restructure.cycle import Measured, known_round, measure, open_cycle
from restructure.ledger import head, in_force, read_ledger, revoke
from restructure.rounds import ALLOCATED, REQUEST, RULE_CONFIRMED, Round, confirm_rule, make_round
from restructure.thai import ROUNDS
from restructure.trace import trace
from restructure.widgets import subsidyview as view
from restructure.widgets._base import action
from restructure.widgets.certifyview import way_view
from restructure.widgets.reading import signature
from restructure.widgets.searching import Job
from restructure.widgets.subsidyparts import names_of
from restructure.yearsteps import write_allocation, write_settlement

#: What can be taken back, by whom it was decided.
_ACTS = ("certify", SHARING_DECISION, REQUEST, ALLOCATED, RULE_CONFIRMED)
_UNDONE = "เลิกทำรายการล่าสุดของตนเอง"


class RoundPage:
    """A round of one cycle that is looked at, who looks, and the rules of every decision.

    Parameters
    ----------
    measured
        The cycle.
    today
        The day that is taken for today.
    changed
        Called when the work behind has something new to show.
    """

    made: Round
    _rows: pd.DataFrame
    _trace: dict[str, Any] | None
    _what_ifs: tuple[int, ...]

    def __init__(
        self,
        measured: Measured,
        *,
        today: Callable[[], date] = date.today,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = measured.cycle.folder
        self.changed, self.today = changed, today
        self.job = Job(lambda: self.changed())
        self.who = self.said = ""
        self.round = ROUNDS[0]
        self._progress = (0, 0)
        self._forget()
        self._take(measured)

    def round_view(self) -> dict[str, Any]:
        """Return what stands above all sections, and where the figure that was asked for comes from."""
        made, act = self.made, self._last_act()
        undo = {"batch": int(act["batch"].iloc[0]), "words": view.spell_act(act, made.policy)} if len(act) else None
        return {
            "who": self.who,
            "round": made.name,
            "rounds": view.round_list(),
            "term": str(made.term),
            "office": made.policy.office,
            "synthetic": made.policy.synthetic,
            "seen": made.head[0],
            "said": self.said,
            "stale": signature(self.folder) != self._read,
            "undo": undo,
            "trace": self._trace,
        }

    # -- ⓪ who and which round ----
    @action
    def work_as(self, who: str) -> None:
        """Say who decides from now on."""
        self.who, self.said = " ".join(who.split()), ""

    @action
    def take_round(self, name: str) -> None:
        """Look at another round."""
        self.round = known_round(name)
        self._forget()
        self._load()

    @action
    def reread(self) -> None:
        """Read the folder anew, as after a file was replaced."""
        self._forget()
        self._take(measure(open_cycle(self.folder)))
        self.said = "อ่านข้อมูลในโฟลเดอร์ใหม่แล้ว"

    # -- ① what is missing ----
    @action
    def confirm_rule(self, key: str, seen: int, why: str = "") -> None:
        """Record that a setting is right as it stands."""
        self._ready(RULE_CONFIRMED, [key], seen)
        self._decided(
            lambda: confirm_rule(self.measured, key, self.who, why=why.strip(), seen=seen), "ยืนยันค่าตามที่แสดงแล้ว"
        )

    # -- all sections ----
    @action
    def undo(self, batch: int, why: str = "") -> None:
        """Revoke the last act of the person at work; ``batch`` says that it is still the one that was meant."""
        act = self._last_act()
        if act.empty or int(act["batch"].iloc[0]) != batch:
            self._load()
            raise UsageError("รายการล่าสุดเปลี่ยนไปแล้ว: ดูรายการใหม่แล้วกดอีกครั้ง", "The last act has changed; look again.")
        words = view.spell_act(act, self.made.policy)
        self._decided(
            lambda: revoke(self.folder, self.who, act["seq"].tolist(), why.strip() or _UNDONE), f"เลิกทำแล้ว: {words}"
        )
        for name in act.loc[act["kind"] == ALLOCATED, "subject"]:
            self._write_money(name)

    @action
    def trace(self, what: str) -> None:
        """Show where a figure comes from, asked as :data:`restructure.trace.QUESTIONS` says; ``""`` closes it."""
        if what and what not in self._traced:
            step = trace(self.measured, what, self.made)
            way = way_view(self.measured, what) if step.way == what else None
            self._traced[what] = {"what": what, "map": way} | asdict(step)
        self._trace = self._traced[what] if what else None

    # -- parts ----
    def _take(self, measured: Measured) -> None:
        self.measured = measured
        self._names = names_of(measured.cycle.tables)
        self._read = signature(self.folder)
        self._gathered: dict[str, tuple[Round, view.Figures]] = {}
        self._load()

    def _load(self) -> None:
        """Gather the round anew where anything was decided since it was gathered last."""
        self._rows = read_ledger(self.folder)
        at = int(self._rows["seq"].max()) if len(self._rows) else 0
        held = self._gathered.get(self.round)
        if held is None or held[0].head[0] != at:
            made = make_round(self.measured, self.round)
            policy = self.measured.cycle.policy
            held = made, view.Figures(made, policy, self._rows, self._names, self.today())
            self._gathered[self.round] = held
        self.made, self._figures = held
        self._traced: dict[str, dict[str, Any]] = {}
        shown, self._trace = self._trace, None
        if shown:
            with suppress(UsageError):  # what it was of may be gone
                self.trace(shown["what"])

    def _forget(self) -> None:
        """Go back to what the page shows of a round at first."""
        self.said = ""
        self._trace = None
        self._what_ifs = ()

    def _last_act(self) -> pd.DataFrame:
        """Return what holds of the newest act of the person at work; rows of the ledger."""
        rows = in_force(self._rows)
        mine = rows[(rows["who"] == self.who) & rows["kind"].isin(_ACTS)]
        return mine[mine["batch"] == mine["batch"].max()]

    def _on_round(self, kind: str, act: Callable[..., list[int]], seen: int, why: str, said: str) -> None:
        # What is shown may be older than what another window has decided on other things of this round since.
        if head(self.folder)[0] != seen:
            self._load()
            raise UsageError(
                "มีการบันทึกใหม่หลังจากที่หน้านี้แสดง ยอดอาจเปลี่ยน จึงยังไม่บันทึก: ดูยอดใหม่แล้วกดอีกครั้ง",
                "Something was recorded since; the figures may have changed. Look again.",
            )
        self._ready(kind, [self.round], seen)
        self._decided(lambda: act(self.measured, self.made, self.who, why=why.strip(), seen=seen), said)

    def _ready(self, kind: str, subjects: Collection[str], seen: int) -> None:
        """Refuse a decision without a name, on files that have changed, or on something else than what was seen.

        The ledger refuses what somebody else has decided since; here what the same person has in another window is
        refused too.
        """
        if not self.who:
            raise UsageError("ยังไม่ใส่ชื่อผู้ทำงาน: ใส่ชื่อในข้อ ⓪ ก่อนตัดสินใจ", "Give your name before you decide.")
        if signature(self.folder) != self._read:
            raise UsageError(
                "ไฟล์ในโฟลเดอร์เปลี่ยนหลังเปิดหน้านี้: กด “อ่านข้อมูลใหม่” แล้วตัดสินใจจากค่าใหม่", "Files have changed; read them anew."
            )
        rows = read_ledger(self.folder)
        now, then = (
            held.loc[held["subject"].isin(subjects), "seq"].tolist()
            for held in (in_force(rows, kind), in_force(rows[rows["seq"] <= seen], kind))
        )
        if now != then:
            self._load()
            raise UsageError(
                "มีการตัดสินใจเรื่องเดียวกันจากหน้าต่างอื่นหลังจากที่หน้านี้แสดง จึงยังไม่บันทึก: ดูค่าใหม่แล้วตัดสินใจอีกครั้ง",
                "This was decided in another window meanwhile; nothing was recorded. Look again.",
            )

    def _decided(self, act: Callable[[], list[int]], said: str) -> None:
        """Record a decision and show what holds now, also where it was refused."""
        try:
            act()
        except LedgerError:
            self._load()
            raise
        self._load()
        self.said = said

    def _write_money(self, name: str) -> None:
        """Write the files of a round's money, so that they say what the ledger and the page say."""
        write_allocation(self.measured, name)
        write_settlement(self.measured, name)

    def _files(self, of: str) -> list[str]:
        folder = self.folder / "outputs" / of
        return [path.relative_to(self.folder).as_posix() for path in sorted(folder.rglob("*.*")) if path.is_file()]

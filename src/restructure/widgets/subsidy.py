"""The subsidy year as a page: what is missing, certifying, need, ceiling and rule, settlement, papers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pandas as pd

from restructure._errors import LedgerError, UsageError
from restructure.budget import SHARING_DECISION
from restructure.certify import MOST_METRES, accept, choose, doubts, enter, inputs_digest, spell_doubt, subject_of
from restructure.cycle import Measured, known_round, measure, open_cycle
from restructure.fieldbook import read_field_book
from restructure.ledger import Decision, decide, head, in_force, read_ledger, revoke
from restructure.policy import SharingRule
from restructure.rounds import (
    ALLOCATED,
    REQUEST,
    RULE_CONFIRMED,
    Round,
    confirm_allocation,
    confirm_rule,
    make_round,
    record_request,
)
from restructure.thai import ROUNDS
from restructure.trace import trace
from restructure.widgets import subsidyview as view
from restructure.widgets._base import LiveWidget, action
from restructure.widgets.reading import put_sent, signature
from restructure.widgets.searching import Job
from restructure.widgets.typed import whole_number
from restructure.yearsteps import write_allocation, write_certification, write_round_papers, write_settlement

#: What a list of pairs is narrowed by.
_FILTERS = ("state", "host", "school", "village")
#: What can be taken back, by whom it was decided.
_ACTS = ("certify", SHARING_DECISION, REQUEST, ALLOCATED, RULE_CONFIRMED)
#: Pairs that somebody has to go and look at.
_TO_FIELD = ("check", "unmeasured", "stale")
_UNDONE = "เลิกทำรายการล่าสุดของตนเอง"
_MOST_BAHT = 10_000_000_000


class Subsidy:
    """One cycle's subsidy year: a round that is looked at, and everything that is decided on it.

    All that is decided lies in the ledger: an object made anew goes on where the last one stopped, and another window
    on the same folder is seen as soon as anything is asked for.

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
    _opened: str
    _doubt: dict[str, Any] | None
    _trace: dict[str, Any] | None
    _what_ifs: tuple[int, ...]
    _filters: dict[str, str]
    _kept: TemporaryDirectory[str] | None = None
    _book: tuple[Path, pd.DataFrame] | None
    _book_view: dict[str, Any] | None

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

    def view(self) -> dict[str, Any]:
        """Return all that the page shows."""
        if head(self.folder) != self.made.head:  # another window has decided something
            self._load()
        made, shown, figures = self.made, self.shown(), self._figures
        glance, rule = figures.glance, figures.rule(self._what_ifs)
        act = self._last_act()
        clear = choose(shown, states=["clear"])
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
            "next": view.next_step(made, glance, self.who, chosen=rule["chosen"]),
            "undo": None
            if act.empty
            else {"batch": int(act["batch"].iloc[0]), "words": view.spell_act(act, made.policy)},
            "glance": glance,
            "certify": {
                "filters": self._filters,
                "options": figures.options,
                "rows": view.pair_rows(shown, made, self._names),
                "clear": view.totals(clear),
                "all": view.totals(self._all_shown()),
                "field": len(choose(made.pairs, states=_TO_FIELD)),
                "open": self._open_view(),
                "book": self._book_view,
                "files": self._files("certify"),
            },
            "need": figures.need | {"trace": self._trace},
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

    # -- ② certify ----
    def shown(self) -> pd.DataFrame:
        """Return the pairs that pass the filters."""
        table, wanted = self.made.pairs, self._filters
        if wanted["state"]:
            table = table[table["state"] == wanted["state"]]
        for column, key in (("host_id", "host"), ("village_id", "village")):
            table = table[table[column] == wanted[key]] if wanted[key] else table
        if wanted["school"]:
            table = table[[wanted["school"] in codes.split(";") for codes in table["schools"]]]
        return table

    @action
    def filter(self, what: str, value: str) -> None:
        """Show only pairs of one ``state``, ``host``, ``school`` or ``village``; ``""`` shows all."""
        if what not in _FILTERS:
            raise UsageError(f"กรองด้วย {what} ไม่ได้", f"There is no filter {what}.")
        self._filters = self._filters | {what: value}

    @action
    def open(self, key: str) -> None:
        """Look at one pair closely; ``""`` closes it."""
        if key:
            self._pair(key)
        self._opened, self._doubt = key, None

    @action
    def accept_clear(self, seen: int) -> None:
        """Certify the routed distance of every pair shown that is clear."""
        self._accept(choose(self.shown(), states=["clear"]), seen)

    @action
    def accept_all(self, seen: int, why: str) -> None:
        """Certify the routed distance of every pair shown that has one and is not certified: that takes a reason."""
        if not why.strip():
            raise UsageError(
                "ยังไม่บอกเหตุผล: คู่ที่ต้องตรวจจะรับรองตามที่คำนวณได้เมื่อบอกเหตุผล เช่น เทียบแผนที่แล้ว", "Give a reason for these pairs."
            )
        self._accept(self._all_shown(), seen, why)

    @action
    def accept_one(self, key: str, seen: int, why: str = "") -> None:
        """Certify the routed distance of one pair; one that has to be checked takes a reason."""
        pair = self._pair(key)
        if pair["state"].iloc[0] != "clear" and not why.strip():
            raise UsageError("ยังไม่บอกเหตุผลที่รับรองคู่นี้ตามที่คำนวณ: กรอกเหตุผลแล้วทำใหม่", "Give a reason for this pair.")
        self._accept(pair, seen, why)

    @action
    def enter(
        self,
        key: str,
        metres: str,
        why: str,
        evidence: str,
        seen: int,
        sure: bool = False,
        file: tuple[str, str] | None = None,
    ) -> None:
        """Certify another distance of a pair; one that is odd only when a person is sure of just that.

        Parameters
        ----------
        evidence
            Words, such as the number of a letter.
        file
            Name and content, as base64, of a file of evidence.
        """
        pair, distance = self._pair(key), whole_number(metres, "ระยะทาง", "เมตร", MOST_METRES)
        routed = pair["routed_m"].iloc[0]
        words = doubts(None if pd.isna(routed) else int(routed), distance, self.made.policy.settings)
        self._ready("certify", [key], seen)
        doubt = {"key": key, "metres": distance, "words": [spell_doubt(word) for word in words]}
        if words and why.strip() and not (sure and doubt == self._doubt):
            self._doubt = doubt
            return
        self._doubt = None
        with TemporaryDirectory() as kept:
            proof: Path | str = evidence
            if file:
                proof = put_sent(Path(kept), *file)
                why += f" (หลักฐาน {evidence.strip()})" if evidence.strip() and why.strip() else ""
            self._decided(
                lambda: enter(self.measured, pair, distance, self.who, why=why, evidence=proof, seen=seen),
                f"รับรอง {distance:,} ม. แล้ว",
            )

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
    def write_field(self) -> None:
        """Write what goes to the field, of all pairs of the year that somebody has to look at, behind."""
        measured = self.measured

        def work() -> None:
            pairs = choose(write_certification(measured), states=_TO_FIELD)
            self.said = f"เขียนใบตรวจและสมุดกรอก {len(pairs):,} คู่ของทั้งปี ไว้ใน outputs/certify แล้ว"

        self._progress = (0, 0)
        self.job.start(work, "เขียนใบตรวจในพื้นที่")

    @action
    def read_book(self, name: str, content: str) -> None:
        """Read a field workbook that came back, given as base64: what it proposes waits until a person takes it."""
        self._drop_book()
        self._kept = TemporaryDirectory()
        path = put_sent(Path(self._kept.name), name, content)
        proposals, faults = read_field_book(path, self.measured, today=self.today())
        faults = [fault._replace(file=name) for fault in faults]
        self._book = path, proposals
        self._book_view = view.book_view(name, proposals, faults, self._names)

    @action
    def take_book(self, rows: list[int], seen: int) -> None:
        """Certify what some rows of the workbook say, with the workbook as evidence."""
        path, proposals = self._book or (Path(), pd.DataFrame({"row": []}))
        chosen = proposals[proposals["row"].isin(rows)]
        if chosen.empty:
            raise UsageError("ยังไม่เลือกแถวที่จะรับ: ทำเครื่องหมายหน้าแถวก่อน", "No row is chosen.")
        self._ready("certify", [subject_of(row) for row in chosen.to_dict("records")], seen)
        metres, why = chosen["metres"].astype(int).tolist(), chosen["why"].tolist()
        self._decided(
            lambda: enter(self.measured, chosen, metres, self.who, why=why, evidence=path, seen=seen),
            f"รับรองตามสมุดที่วัดมา {len(chosen):,} คู่แล้ว",
        )
        self._drop_book()

    @action
    def drop_book(self) -> None:
        """Leave the workbook aside."""
        self._drop_book()

    # -- ③ to ⑥ ----
    @action
    def trace(self, host: str, school: str, programme: str) -> None:
        """Show where the figures of a line come from; an empty host closes it."""
        if not host:
            self._trace = None
            return
        what = f"allocation/{self.round}/{host}/{school}/{programme}"
        if what not in self._traced:
            self._traced[what] = view.step_view(trace(self.measured, what, self.made))
        self._trace = self._traced[what] | {"line": [host, school, programme]}

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

    # -- parts ----
    def _take(self, measured: Measured) -> None:
        self.measured = measured
        self._names = view.names_of(measured.cycle.tables)
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
        if line := (self._trace or {}).get("line"):
            known = self.made.allocation[["host_id", "school_id", "programme"]].to_numpy().tolist()
            self._trace = None
            if line in known:
                self.trace(*line)

    def _forget(self) -> None:
        """Go back to what the page shows of a round at first."""
        self._filters = dict.fromkeys(_FILTERS, "")
        self._opened = self.said = ""
        self._doubt = None
        self._trace = None
        self._what_ifs = ()
        self._drop_book()

    def _drop_book(self) -> None:
        if self._kept:
            self._kept.cleanup()
        self._kept = None
        self._book = None
        self._book_view = None

    def _open_view(self) -> dict[str, Any] | None:
        table = self.made.pairs
        mine = table[_keys(table) == self._opened] if self._opened else table.iloc[:0]
        if mine.empty:
            return None
        [told] = view.pair_rows(mine, self.made, self._names)
        return told | {"history": view.history(self._rows, self._opened), "doubt": self._doubt}

    def _pair(self, key: str) -> pd.DataFrame:
        found = self.made.pairs[_keys(self.made.pairs) == key]
        if found.empty:
            raise UsageError("ไม่มีคู่นี้ในรอบนี้: เลือกจากตาราง", "There is no such pair in this round; choose from the table.")
        return found

    def _all_shown(self) -> pd.DataFrame:
        shown = choose(self.shown(), states=["clear", "check", "stale"])
        return shown[shown["routed_m"].notna()]

    def _last_act(self) -> pd.DataFrame:
        """Return what holds of the newest act of the person at work; rows of the ledger."""
        rows = in_force(self._rows)
        mine = rows[(rows["who"] == self.who) & rows["kind"].isin(_ACTS)]
        return mine[mine["batch"] == mine["batch"].max()]

    def _accept(self, chosen: pd.DataFrame, seen: int, why: str = "") -> None:
        if chosen.empty:
            raise UsageError("ไม่มีคู่ที่จะรับรองในรายการที่แสดง: เปลี่ยนตัวกรอง", "No pair that is shown can be accepted.")
        self._ready("certify", _keys(chosen), seen)
        self._decided(
            lambda: accept(self.measured, chosen, self.who, why=why, seen=seen), f"รับรองแล้ว {len(chosen):,} คู่"
        )

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


class SubsidyWidget(LiveWidget):
    """The page of a :class:`Subsidy`."""

    def __init__(self, state: Subsidy) -> None:
        super().__init__(state, "subsidy")
        state.changed = self.refresh


def subsidy_widget(folder: Path | str) -> SubsidyWidget:
    """Return the widget that leads through a cycle's subsidy year."""
    return SubsidyWidget(Subsidy(measure(open_cycle(folder))))


def _keys(table: pd.DataFrame) -> pd.Series:
    """Return what the ledger calls each pair."""
    return pd.Series([subject_of(row) for row in table.to_dict("records")], table.index, dtype="str")

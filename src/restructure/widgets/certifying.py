"""Section ② of the subsidy page: pairs, what is certified of them, and the workbook that goes to the field."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.certify import MOST_METRES, accept, choose, doubts, enter, spell_doubt, subject_of
from restructure.fieldbook import read_field_book
from restructure.widgets import certifyview as view
from restructure.widgets._base import action
from restructure.widgets.reading import put_sent
from restructure.widgets.roundpage import RoundPage
from restructure.widgets.typed import whole_number
from restructure.yearsteps import write_certification

#: What a list of pairs is narrowed by.
_FILTERS = ("state", "host", "school", "village")
#: Pairs that somebody has to go and look at.
_TO_FIELD = ("check", "unmeasured", "stale")


class Certifying(RoundPage):
    """The pairs of the round: filters, the one that is looked at closely, a workbook that came back."""

    _opened: str
    _doubt: dict[str, Any] | None
    _filters: dict[str, str]
    _kept: TemporaryDirectory[str] | None = None
    _book: tuple[Path, pd.DataFrame] | None
    _book_view: dict[str, Any] | None

    def certify_view(self) -> dict[str, Any]:
        """Return what the section shows."""
        shown = self.shown()
        return {
            "filters": self._filters,
            "options": self._figures.options,
            "rows": view.pair_rows(shown, self.made, self._names),
            "clear": view.totals(choose(shown, states=["clear"])),
            "all": view.totals(self._all_shown()),
            "field": len(choose(self.made.pairs, states=_TO_FIELD)),
            "open": self._open_view(),
            "book": self._book_view,
            "files": self._files("certify"),
        }

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

    # -- parts ----
    def _forget(self) -> None:
        super()._forget()
        self._filters = dict.fromkeys(_FILTERS, "")
        self._opened = ""
        self._doubt = None
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

    def _accept(self, chosen: pd.DataFrame, seen: int, why: str = "") -> None:
        if chosen.empty:
            raise UsageError("ไม่มีคู่ที่จะรับรองในรายการที่แสดง: เปลี่ยนตัวกรอง", "No pair that is shown can be accepted.")
        self._ready("certify", _keys(chosen), seen)
        self._decided(
            lambda: accept(self.measured, chosen, self.who, why=why, seen=seen), f"รับรองแล้ว {len(chosen):,} คู่"
        )


def _keys(table: pd.DataFrame) -> pd.Series:
    """Return what the ledger calls each pair."""
    return pd.Series([subject_of(row) for row in table.to_dict("records")], table.index, dtype="str")

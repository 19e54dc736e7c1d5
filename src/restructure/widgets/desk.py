"""What pages share on which people type, sign and take back: who works, text against text, undo and redo."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pandas as pd

from restructure._errors import LedgerError, RestructureError, UsageError
from restructure.appraisal import refuse_private_name
from restructure.ledger import in_force, revoke
from restructure.thai import parse_date
from restructure.widgets._base import action, is_viewer, refuse_viewer
from restructure.widgets.reading import put_sent

UNDONE = "เลิกทำรายการล่าสุดของตนเอง"
#: How often a write is tried again on what another window has just written elsewhere.
TRIES = 5


class Act(NamedTuple):
    """What was done in this window and can be taken back: a text in its place, or rows of the ledger."""

    words: str
    path: str = ""
    before: str = ""
    after: str = ""
    rows: tuple[int, ...] = ()


class Desk(ABC):
    """A page on a folder: texts are written as soon as their field is left, decisions lie in the ledger.

    Windows on one folder work beside each other. Where two write in the same place, both texts are shown and one is
    chosen.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.who = self.said = ""
        self._conflict: dict[str, str] | None = None
        self._done: list[Act] = []
        self._undone: list[Act] = []

    def desk_view(self) -> dict[str, Any]:
        """Return what the page shows of who works here and of what was done last."""
        return {
            "who": self.who,
            "viewer": is_viewer(),
            "frozen": is_viewer(),
            "said": self.said,
            "conflict": self._conflict,
            "undo": self._done[-1].words if self._done else None,
            "redo": self._undone[-1].words if self._undone else None,
        }

    @abstractmethod
    def text_at(self, path: str) -> str:
        """Return what stands at a place now; refuse a place that there is not."""

    @abstractmethod
    def put(self, path: str, text: str, was: str) -> None:
        """Write a text where another stands, and refuse where that is no longer so."""

    @abstractmethod
    def spell(self, path: str) -> str:
        """Return in Thai which place is meant."""

    @action
    def work_as(self, who: str) -> None:
        """Say who decides from now on."""
        self.who, self.said = " ".join(who.split()), ""

    @action
    def settle(self, mine: bool) -> None:
        """Choose between a text of this window and the one that stands there."""
        if (found := self._conflict) is None:
            return
        self._conflict = None
        if mine:
            self.write_text(found["path"], found["mine"], found["theirs"])
        else:
            self.said = "ใช้ข้อความของอีกหน้าต่าง"

    @action
    def undo(self) -> None:
        """Take back the last thing that was done in this window."""
        if not self._done:
            raise UsageError("ไม่มีอะไรให้เลิกทำ", "There is nothing to undo.")
        act = self._done[-1]
        try:
            if act.rows:
                self.take_back(act)
            else:
                self.put(act.path, act.before, act.after)
                self._undone.append(act)
        except RestructureError:  # another has decided since: the one before it can still be taken back
            self._done.pop()
            raise
        self._done.pop()
        self.said = f"เลิกทำแล้ว: {act.words}"

    @action
    def redo(self) -> None:
        """Do again what was taken back last; a decision is not, for it needs its evidence anew."""
        if not self._undone:
            raise UsageError("ไม่มีอะไรให้ทำซ้ำ", "There is nothing to redo.")
        act = self._undone[-1]
        try:
            self.put(act.path, act.after, act.before)
        except RestructureError:
            self._undone.pop()
            raise
        self._done.append(self._undone.pop())
        self.said = f"ทำซ้ำแล้ว: {act.words}"

    def take_back(self, act: Act) -> None:
        """Revoke what was decided."""
        revoke(self.folder, self.who, act.rows, UNDONE)

    def write_text(self, path: str, text: str, was: str) -> None:
        """Write a text that was typed; ``was`` is what stood there when it was begun.

        Where something else stands there by now, nothing is written: both texts are shown until one is chosen.
        """
        now, words = self.text_at(path), self.spell(path)
        if self._conflict and self._conflict["path"] == path:
            self._conflict = None
        if text == now:
            return
        if now != was:
            self._conflict = {"path": path, "thai": words, "mine": text, "theirs": now}
            raise UsageError(
                f"{words} ถูกแก้จากหน้าต่างอื่นหลังจากที่หน้านี้แสดง จึงยังไม่บันทึก: เลือกข้อความที่จะใช้",
                f"{path} was written in another window meanwhile; choose a text.",
            )
        self.put(path, text, was)
        self.did(Act(words, path, was, text))

    def did(self, act: Act) -> None:
        """Remember what was done, and say so."""
        self._done.append(act)
        self._undone.clear()
        self.said = f"บันทึกแล้ว: {act.words}"

    def named(self) -> None:
        """Refuse to decide for a viewer, and for nobody."""
        refuse_viewer()
        if not self.who:
            raise UsageError("ยังไม่ใส่ชื่อผู้ทำงาน: ใส่ชื่อในข้อ ⓪ ก่อน", "Give your name first.")


def spell_due(day: date | None) -> str:
    """Return a day as it is typed, such as ``15/12/2569``."""
    return f"{day.day}/{day.month}/{day.year + 543}" if day else ""


def typed_day(text: str) -> date:
    """Return the day that somebody typed.

    Raises
    ------
    UsageError
        When it is none.
    """
    try:
        return parse_date(text)
    except ValueError:
        raise UsageError(
            f"อ่านวันที่ “{text}” ไม่ได้: พิมพ์ เช่น 15/12/2569 หรือ 15 ธ.ค. 2569", f"{text} is no date; such as 15/12/2569."
        ) from None


@contextmanager
def sent_evidence(file: tuple[str, str] | None, words: str, why: str) -> Iterator[tuple[Path | str, str]]:
    """Give what shows that a step was done, and the reason: where a file was sent, ``words`` join the reason."""
    if not file:
        yield words, why
        return
    # The file that is written loses its name.
    refuse_private_name(file[0])
    with TemporaryDirectory() as kept:
        told = f"(หลักฐาน {words.strip()})" if words.strip() else ""
        yield put_sent(Path(kept), *file), " ".join(filter(None, (why.strip(), told)))


def written_elsewhere(path: str) -> UsageError:
    """Return the error of a place where another window has written meanwhile."""
    return UsageError(
        "ช่องนี้ถูกแก้จากหน้าต่างอื่นแล้ว จึงยังไม่เปลี่ยน: ดูข้อความใหม่แล้วแก้เอง",
        f"{path} was written in another window; look again.",
    )


def refuse_decided_since(rows: pd.DataFrame, about: Collection[tuple[str, str]], seen: int) -> None:
    """Refuse where something was decided on since the page was shown, by whomever.

    Parameters
    ----------
    rows
        The ledger.
    about
        Kinds and subjects.
    seen
        The last row that the page has shown.
    """
    now, then = (
        {seq for seq, *what in zip(held["seq"], held["kind"], held["subject"], strict=True) if tuple(what) in about}
        for held in (in_force(rows), in_force(rows[rows["seq"] <= seen]))
    )
    if now != then:
        raise LedgerError(
            "มีการบันทึกหรือเพิกถอนเรื่องนี้จากหน้าต่างอื่นหลังจากที่หน้านี้แสดง จึงยังไม่บันทึก: ดูสถานะใหม่แล้วทำอีกครั้ง",
            "This was decided on in another window meanwhile; look again.",
        )

"""The plan by hand kept while it is made, and offered again: each window a file of its own, none over another's."""

from __future__ import annotations

from typing import Any

from restructure._errors import UsageError
from restructure.cycle import Measured
from restructure.drafts import DRAFTS, ChangedElsewhere, KeptDraft, drop_draft, free_draft, keep_draft, kept_drafts
from restructure.thai import arabic_digits, thai_moment
from restructure.widgets._base import action, is_viewer, refuse_viewer
from restructure.widgets.filing import Filing
from restructure.widgets.typed import file_stem


class Keeping(Filing):
    """The plans of a page, whose plan by hand is never lost.

    Parameters
    ----------
    measured
        The cycle.
    """

    def __init__(self, measured: Measured) -> None:
        super().__init__(measured)
        self._mine = free_draft(self.folder)
        self._revision = self._conflict = ""
        self._offered = self._other_drafts()

    def keeping_view(self) -> dict[str, Any]:
        """Return what the page shows of drafts: those of before that are offered, and how this one is kept."""
        return {
            "offered": [
                {
                    "stem": kept.stem,
                    "merges": len(kept.scenario.merges),
                    "note": kept.scenario.note,
                    "at": arabic_digits(thai_moment(kept.at.isoformat())),
                }
                for kept in self._offered.values()
            ],
            "conflict": self._conflict,
            "kept": f"{DRAFTS}/{self._mine}.yaml" if self._revision and not self._conflict else "",
        }

    @action
    def resume(self, stem: str) -> None:
        """Go on with a draft of before; what was drafted here until now stays in its own file."""
        refuse_viewer()
        kept = self._offered.get(stem)
        if kept is None:
            raise UsageError("ไม่มีร่างนี้แล้ว: เลือกร่างอื่น", "There is no such draft any more.")
        self.draft.put(kept.scenario.model_copy(update={"name": self.draft.scenario.name, "stem": "hand"}))
        self._mine, self._revision, self._conflict = stem, kept.revision, ""
        del self._offered[stem]
        super()._look_at_hand()

    @action
    def forget(self, stem: str) -> None:
        """Take a draft of before away; :meth:`put_back` brings its file back."""
        kept = self._offered.get(stem)
        if kept is None:
            return
        path = self.folder / DRAFTS / f"{stem}.yaml"
        try:
            self._file(f"ทิ้งร่าง “{stem}”", [path], lambda: drop_draft(self.folder, stem, kept.revision))
        finally:
            self._offered = self._other_drafts()

    @action
    def put_back(self) -> None:
        """Take back what was done to files last, drafts among them."""
        super().put_back()
        self._offered = self._other_drafts()

    @action
    def keep_apart(self, name: str = "") -> None:
        """Keep the draft of this window under another name than the one that another window has written to."""
        refuse_viewer()
        self._mine = free_draft(self.folder, file_stem(name) if name.strip() else self._mine)
        self._revision = self._conflict = ""
        self._keep()

    @action
    def take_theirs(self) -> None:
        """Go on with what the other window has written; the draft of this window is one step back."""
        refuse_viewer()
        theirs = next((kept for kept in kept_drafts(self.folder) if kept.stem == self._mine), None)
        if theirs is None:
            raise UsageError("ไม่มีร่างของหน้าต่างอื่นแล้ว: เก็บของหน้านี้เป็นอีกฉบับ", "The other draft is no more.")
        self.draft.put(theirs.scenario.model_copy(update={"name": self.draft.scenario.name, "stem": "hand"}))
        self._revision, self._conflict = theirs.revision, ""
        super()._look_at_hand()

    def _other_drafts(self) -> dict[str, KeptDraft]:
        """Return the drafts to offer, by file; a viewer neither writes a draft nor sees anybody's."""
        kept = [] if is_viewer() else kept_drafts(self.folder)
        return {one.stem: one for one in kept if one.stem != self._mine}

    def _look_at_hand(self) -> None:
        super()._look_at_hand()
        self._keep()

    def _keep(self) -> None:
        """Write the draft, unless there was never anything in it; where another window has written, say so instead."""
        scenario = self.draft.scenario
        if is_viewer() or self._conflict or not (self._revision or scenario.merges or scenario.note):
            return
        try:
            self._revision = keep_draft(self.folder, self._mine, scenario, self._revision)
        except ChangedElsewhere as error:
            self._conflict = error.thai

"""Saved plans as files: save, name, note, copy, delete; each can be taken back, none goes over another's work."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from restructure._errors import RestructureError, UsageError
from restructure.cycle import Measured, scenario_files
from restructure.drafting import read_draft
from restructure.drafts import ChangedElsewhere, file_revision
from restructure.files import staged
from restructure.scenario import Scenario, read_scenario
from restructure.steps import save_scenario, write_outcome
from restructure.widgets._base import action, is_viewer, refuse_viewer
from restructure.widgets.reading import signature
from restructure.widgets.shelf import Shelf
from restructure.widgets.typed import file_stem


class _Step(NamedTuple):
    """What was done to files: in words; what each held before, by its place in the folder; and its revision after."""

    words: str
    before: dict[str, bytes]
    after: dict[str, str]


class Filing(Shelf):
    """The plans of a page, and their files.

    Parameters
    ----------
    measured
        The cycle.
    """

    def __init__(self, measured: Measured) -> None:
        super().__init__(measured)
        self._filed: list[_Step] = []
        self._read = signature(self.folder)

    def filing_view(self) -> dict[str, Any]:
        """Return what the page shows of the file of the plan that is looked at."""
        key = self.looked
        return {
            "said": self._said,
            "exists": self._exists,
            "plan": self._spell_plan(key),
            "name": self._files[key].name if key in self._files else "",
            "note": self._note_of(key),
            "can_note": key in self._files or key == "hand",
            "undo": self._filed[-1].words if self._filed else "",
            "viewer": is_viewer(),
        }

    @action
    def save(self, name: str, replace: bool = False, note: str | None = None) -> None:
        """Save the plan that is looked at as a scenario of a name; over a file of that name only when told to."""
        refuse_viewer()
        self._refuse_stale()
        scenario, stem, plan = self._known(self.looked), file_stem(name), self._spell_plan(self.looked)
        self._said = self._exists = ""
        if not replace and stem in scenario_files(self.folder):
            self._exists = name
            return
        self._refuse_changed(stem)
        kept = self._note_of(self.looked) if note is None else note
        named = scenario.model_copy(update={"name": name.strip(), "stem": stem, "note": kept.strip()})
        warned = 0

        def work() -> None:
            nonlocal warned
            warned = len(save_scenario(self.measured, named, replace=replace).warnings)

        self._file(f"บันทึก “{named.name}”", [self._path(stem)], work)
        warnings = f" พร้อมข้อควรระวัง {warned} ข้อ" if warned else ""
        self._said = f"บันทึก{plan} แล้วที่ scenarios/{stem}.yaml และผล{warnings} ที่ outputs/scenarios/{stem}"

    @action
    def annotate(self, note: str) -> None:
        """Write a note to the plan by hand or the saved plan that is looked at."""
        key = self.looked
        if key == "hand":
            self.draft.write_note(note.strip())
            self._look_at_hand()
            return
        stem, scenario = self._looked_file()
        noted = scenario.model_copy(update={"note": note.strip()})
        self._file(f"หมายเหตุของ “{scenario.name}”", [self._path(stem)], lambda: self._write(noted))
        self._said = f"เก็บหมายเหตุของ “{scenario.name}” แล้ว"

    @action
    def rename(self, name: str) -> None:
        """Give the saved plan that is looked at another name, and its file, unless the cycle's plan names that file."""
        stem, scenario = self._looked_file()
        new = stem if self._is_planned(stem) else file_stem(name)
        if new != stem and new in scenario_files(self.folder):
            raise UsageError(f"มีทางเลือก “{name}” อยู่แล้ว: ใช้ชื่ออื่น", f"There is a scenario {name} already.")
        named = scenario.model_copy(update={"name": name.strip(), "stem": new})

        def work() -> None:
            self._write(named)
            if new != stem:
                self._take_away(self._path(stem))

        words = f"เปลี่ยนชื่อ “{scenario.name}” เป็น “{named.name}”"
        self._file(words, list(dict.fromkeys([self._path(stem), self._path(new)])), work)
        old, key = f"file:{stem}", f"file:{new}"
        if self._chosen is not None:
            self._chosen = [key if one == old else one for one in self._chosen]
        self._looked, self._said = key, f"{words} แล้ว"

    @action
    def duplicate(self) -> None:
        """Copy the saved plan that is looked at, under a name of its own."""
        _, scenario = self._looked_file()
        number, name = 1, f"{scenario.name} (สำเนา)"
        while (stem := file_stem(name)) in scenario_files(self.folder):
            number += 1
            name = f"{scenario.name} (สำเนา {number})"
        copy = scenario.model_copy(update={"name": name, "stem": stem})
        self._file(f"ทำสำเนา “{name}”", [self._path(stem)], lambda: self._write(copy))
        self._looked, self._said = f"file:{stem}", f"ทำสำเนาแล้วชื่อ “{name}”"

    @action
    def delete(self) -> None:
        """Delete the saved plan that is looked at; :meth:`put_back` brings it back."""
        stem, scenario = self._looked_file()
        if self._is_planned(stem):
            raise UsageError(
                f"แผนของรอบปีนี้ใช้ทางเลือก “{scenario.name}” อยู่ (plan.yaml) จึงไม่ลบ: ให้แผนใช้ทางเลือกอื่นก่อน",
                f"The cycle's plan is about {stem}; let it be about another scenario first.",
            )
        self._file(f"ลบ “{scenario.name}”", [self._path(stem)], lambda: self._take_away(self._path(stem)))
        self._looked, self._said = "present", f"ลบ “{scenario.name}” แล้ว กดเลิกทำถ้าต้องการคืน"

    @action
    def put_back(self) -> None:
        """Take back what was done to files last."""
        refuse_viewer()
        if not self._filed:
            return
        step = self._filed[-1]
        if any(file_revision(self.folder / name) != revision for name, revision in step.after.items()):
            raise ChangedElsewhere(
                f"เลิกทำ “{step.words}” ไม่ได้ เพราะไฟล์ถูกแก้จากหน้าต่างอื่นหลังจากนั้น: ตรวจไฟล์ใน scenarios/ ก่อน",
                f"The files of {list(step.after)} were changed since.",
            )
        with staged(self.folder) as stage:
            for name, content in step.before.items():
                (stage / name).parent.mkdir(exist_ok=True)
                (stage / name).write_bytes(content)
        for name in step.after.keys() - step.before.keys():
            self._take_away(self.folder / name)
        self._filed.pop()
        self._read_files()
        self._said, self._exists = f"เลิกทำแล้ว: {step.words}", ""
        for path in (self.folder / name for name in step.before):
            if path.parent.name == "scenarios":
                self._drop_outcome(path)
                # What it held before may have been no scenario, or inputs have changed.
                with suppress(RestructureError):
                    self._refuse_stale()
                    write_outcome(self.measured, read_scenario(path))

    def _file(self, words: str, paths: list[Path], work: Callable[[], None]) -> None:
        """Do something to files, and remember what they held; what fails half-way can be taken back, too."""
        refuse_viewer()
        names = {path: path.relative_to(self.folder).as_posix() for path in paths}
        before = {name: path.read_bytes() for path, name in names.items() if path.exists()}
        seen = {name: file_revision(path) for path, name in names.items()}
        try:
            work()
        finally:
            after = {name: file_revision(path) for path, name in names.items()}
            if after != seen:
                self._filed.append(_Step(words, before, after))
            self._read_files()
            self._exists = ""

    def _write(self, scenario: Scenario) -> None:
        self._refuse_stale()
        save_scenario(self.measured, scenario, replace=True)

    def _path(self, stem: str) -> Path:
        return scenario_files(self.folder).get(stem, self.folder / "scenarios" / f"{stem}.yaml")

    def _take_away(self, path: Path) -> None:
        """Delete a file, and what was worked out of a scenario."""
        path.unlink(missing_ok=True)
        if path.parent.name == "scenarios":
            self._drop_outcome(path)

    def _drop_outcome(self, path: Path) -> None:
        """Delete what was worked out of a scenario: it can be worked out again."""
        shutil.rmtree(self.measured.cycle.outputs / "scenarios" / path.stem, ignore_errors=True)

    def _looked_file(self) -> tuple[str, Scenario]:
        """Return the saved plan that is looked at, for who is about to change its file."""
        refuse_viewer()
        key = self.looked
        if key not in self._files:
            raise UsageError("แผนนี้ยังไม่ได้บันทึกเป็นทางเลือก: บันทึกก่อน", "This plan is no scenario yet; save it first.")
        stem = key.removeprefix("file:")
        self._refuse_changed(stem)
        return stem, self._files[key]

    def _refuse_stale(self) -> None:
        """Refuse to write what would be worked out from other files than the folder now holds."""
        if signature(self.folder) != self._read:
            raise UsageError(
                "ไฟล์ในโฟลเดอร์เปลี่ยนหลังเปิดหน้านี้: เปิดหน้านี้ใหม่ แล้วทำจากค่าใหม่ แผนด้วยมือเก็บไว้ให้ทำต่อ",
                "Files have changed; open this page anew. The plan by hand is kept.",
            )

    def _refuse_changed(self, stem: str) -> None:
        """Refuse to go on from a file that is another than was read, and read it anew."""
        if file_revision(self._path(stem)) == self._revisions.get(f"file:{stem}", ""):
            return
        self._read_files()
        raise ChangedElsewhere(
            f"ทางเลือก scenarios/{stem}.yaml ถูกแก้จากหน้าต่างอื่นหลังจากที่หน้านี้อ่าน จึงยังไม่ทำอะไร: "
            "อ่านใหม่แล้ว ดูแผนนั้นก่อน แล้วสั่งอีกครั้งหรือใช้ชื่ออื่น",
            f"The scenario {stem} was changed by another window; it was read anew: look at it first.",
        )

    def _is_planned(self, stem: str) -> bool:
        return read_draft(self.folder)[0].scenario == stem

    def _note_of(self, key: str) -> str:
        return self._known(key).note if key in self._files or key == "hand" else ""

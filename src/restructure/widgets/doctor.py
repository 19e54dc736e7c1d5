"""The data doctor as a page: problems by what one action mends, a map, each mend before it is made, and the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from restructure._errors import RestructureError, UsageError
from restructure.corrections import read_log
from restructure.cycle import Cycle, measure, open_cycle
from restructure.doctor import Doctor
from restructure.doctorbook import write_doctor_books
from restructure.intake import columns_of
from restructure.mends import Examined
from restructure.policy import load_policy
from restructure.steps import examined
from restructure.webpage import ground_data
from restructure.widgets._base import Widget, action
from restructure.words import TABLE_NAMES


class DoctorState:
    """The doctor's walk through one cycle, narrowed to what somebody wants to see.

    A cycle that cannot be read at all is shown as the sentence that says why, until it can.

    Parameters
    ----------
    folder
        The cycle.
    examine
        Reads and checks the cycle anew, with the corrections in force.
    """

    def __init__(self, folder: Path | str, examine: Callable[[], Examined]) -> None:
        self._folder = Path(folder)
        self._examine = examine
        self._doctor: _Narrowed | None = None
        self._fault = self._books = ""
        self._filters = {"severity": "", "table": "", "school": ""}
        self.examine()

    def view(self) -> dict[str, Any]:
        """Return the groups that pass the filters, the chosen one, the log, and what can be asked for."""
        if self._doctor is None:
            return {"fault": self._fault}
        located, names = self._doctor.located, self._names()
        state = self._doctor.state()
        shown = self._shown()
        for problem in state["chosen"]["problems"] if state["chosen"] else []:
            problem["school"] = names.get(problem["school_id"], "")
            problem["head"] = self._head(state["chosen"]["table"], problem["column"])
        return state | {
            "fault": "",
            "groups": [
                {
                    key: group[key]
                    for key in ("group", "severity", "label", "table", "file", "value", "count", "schools")
                }
                for group in state["groups"]
                if group["group"] in shown
            ],
            "filters": self._filters,
            "tables": [[name, TABLE_NAMES.get(name, name)] for name in sorted(set(located["table"]) - {""})],
            "schools": [[code, f"{names[code]} {code}"] for code in sorted(set(located["school_id"]) - {""})],
            "row": self._doctor.row,
            "books": self._books,
        }

    @action
    def examine(self) -> None:
        """Read and check the cycle anew, as after a file was replaced."""
        try:
            self._doctor = _Narrowed(self._folder, self._examine)
            self._fault = self._books = ""
        except RestructureError as error:
            self._doctor, self._fault = None, error.thai
            return
        self._narrow()
        self._doctor.choose(next((group for group in self._doctor.groups["group"] if group in self._shown()), ""))

    @action
    def filter(self, what: str, value: str) -> None:
        """Show only problems of one ``severity``, ``table`` or ``school``; ``""`` shows all."""
        if what not in self._filters:
            raise UsageError(f"กรองด้วย {what} ไม่ได้", f"There is no filter {what}.")
        self._filters = self._filters | {what: value}
        self._narrow()

    @action
    def choose(self, group: str) -> None:
        """Look at a group."""
        doctor = self._known()
        doctor.row = None
        doctor.choose(group)

    @action
    def narrow(self, row: int | None) -> None:
        """Look at one row of the chosen group, so that a mend is of that row alone; None looks at all of them."""
        doctor = self._known()
        doctor.row = row
        doctor.suggest_again()

    @action
    def mend(self, number: int, label: str) -> None:
        """Make one of the mends that are shown; its label says that it is still the one that was meant."""
        doctor = self._known()
        labels = doctor.labels()
        if labels[number : number + 1] != [label]:
            raise UsageError("รายการนี้เปลี่ยนไปแล้ว: ดูข้อเสนอใหม่แล้วเลือกอีกครั้ง", "The suggestions have changed; choose again.")
        doctor.mend(number)
        self._narrow()

    @action
    def undo(self) -> None:
        """Take back the newest action."""
        self._known().undo()
        self._narrow()

    @action
    def redo(self) -> None:
        """Make again what was taken back last."""
        self._known().redo()
        self._narrow()

    @action
    def switch(self, made: str, rule: str, applied: bool) -> None:
        """Take one action of the log back, or put it into force again."""
        self._known().switch(made, rule, applied=applied)
        self._narrow()

    @action
    def withdraw(self) -> None:
        """Take back the correction that the chosen group says is of no use any more."""
        self._known().withdraw()
        self._narrow()

    @action
    def write_books(self) -> None:
        """Write the workbooks of the office and of each school that has something to answer."""
        doctor = self._known()
        policy = load_policy(self._folder / "policy.yaml")
        paths = write_doctor_books(doctor.examined, read_log(self._folder), self._folder / "outputs" / "check", policy)
        self._books = f"เขียนสมุดของสำนักงาน 1 เล่ม และของโรงเรียน {len(paths) - 1} แห่ง ไว้ใน outputs/check แล้ว"

    def _known(self) -> _Narrowed:
        if self._doctor is None:
            raise UsageError(self._fault, "The cycle cannot be read.")
        return self._doctor

    def _names(self) -> dict[str, str]:
        schools = self._known().examined.tables["schools"]
        return dict(zip(schools["school_id"], schools["name"], strict=True))

    @staticmethod
    def _head(table: str, column: str) -> str:
        described = columns_of(table)
        return str(described.at[column, "thai"]) if column in described.index else column

    def _shown(self) -> set[str]:
        """Return the groups that hold a problem which passes the filters."""
        located = self._known().located
        for column, key in (("severity", "severity"), ("table", "table"), ("school_id", "school")):
            if self._filters[key]:
                located = located[located[column] == self._filters[key]]
        return set(located["group"])

    def _narrow(self) -> None:
        """Let the chosen group, if it still passes the filters, hold only what does."""
        doctor = self._known()
        self._books = ""
        doctor.school, doctor.row = self._filters["school"], None
        if doctor.chosen() in self._shown():
            doctor.suggest_again()
        elif doctor.chosen():
            doctor.choose("")


class _Narrowed(Doctor):
    """A doctor who looks at one school's rows of a group, or at one row, where there are such."""

    school = ""
    row: int | None = None

    def _rows(self) -> pd.DataFrame:
        rows = super()._rows()
        for column, wanted in (("school_id", self.school or None), ("row", self.row)):
            if wanted is not None and rows[column].eq(wanted).any():
                rows = rows[rows[column] == wanted]
        return rows

    def chosen(self) -> str:
        return self._chosen

    def labels(self) -> list[str]:
        return [mend.label for mend in self._suggested]

    def suggest_again(self) -> None:
        self._suggested = self._suggest()


def doctor_widget(folder: Path | str) -> Widget:
    """Return the widget that shows what is wrong with a cycle's data and mends it.

    A cycle that cannot be read gives a widget that says why; its map is there once it is made anew.
    """
    opened: list[Cycle] = []

    def examine() -> Examined:
        measured = measure(open_cycle(folder))
        opened[:] = [measured.cycle]
        return examined(measured)

    state = DoctorState(folder, examine)
    # Roads are the same after every mend: they are sent once.
    ground = ground_data(opened[0].policy, opened[0].open_network) if opened else {}
    return Widget(state, "doctor", ground)

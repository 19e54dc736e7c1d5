"""The data doctor: problems by what one action would mend, the mends, and the log of what was done.

A plain object, with no browser in it: the widget, the notebook and the command line show what it says.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from restructure._errors import RestructureError
from restructure.corrections import (
    APPLIED,
    CORRECTIONS_FILE,
    UNDONE,
    Correction,
    Logged,
    add_corrections,
    mark,
    plain_text,
    read_log,
    redo,
    set_status,
    undo,
)
from restructure.intake import rows_aside
from restructure.mends import Examined, Mend, suggest

_ROWS_NAMED = 5
_MOST_ROWS = 200
#: What one action mends: all that a school has, or all of one value, or both; all of a rule and column elsewhere.
_BY_SCHOOL = {"grade-not-offered", "empty-grade", "older-count", "count-jump", "gone-school", "total-differs"}
_BY_VALUE = {"unknown-code", "host-closed", "host-lacks-grade", "future-count"}
_BY_BOTH = {"far-home"}
#: One problem stands for rows of many schools: it is nobody's own.
_OF_MANY = {"code-kind", "swapped-tambon-amphoe"}
#: How a sentence names the rows that it stands for.
_ROWS_TOLD = "แถว (แถว "


@cache
def rule_words() -> pd.DataFrame:
    """Return what each rule is called and means in Thai (``thai``, ``meaning``), by rule."""
    text = (resources.files("restructure") / "rules.csv").read_text("utf-8")
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).set_index("rule")


def located_problems(examined: Examined) -> pd.DataFrame:
    """Return the problems with the table, the known school and the group of each.

    Returns
    -------
    DataFrame
        The columns of the problems, ``table`` (empty for a file that is no table), ``school_id`` (of the row; empty
        where it is of no school in the table of schools) and ``group``.
    """
    problems = examined.problems.reset_index(drop=True)
    by_file: dict[str, list[str]] = {}
    for name, file in examined.files.items():
        if name in examined.frames:
            by_file.setdefault(file, []).append(name)
    known = set(examined.tables["schools"]["school_id"])
    owners = {
        name: {row: code for row, text in frame["school_id"].items() if (code := plain_text(text)) in known}
        for name, frame in examined.frames.items()
        if "school_id" in frame
    }
    tables, schools, groups = [], [], []
    for problem in problems.itertuples(index=False):
        names = by_file.get(problem.file, [])
        # Several tables may come from one file: the one that has such a column is meant.
        table = next((name for name in names if problem.column in examined.frames[name]), next(iter(names), ""))
        school = next((owners[name][problem.row] for name in names if problem.row in owners.get(name, {})), "")
        tables.append(table)
        school = "" if problem.rule in _OF_MANY or _ROWS_TOLD in problem.message else school
        schools.append(school)
        groups.append(_group(problem, school))
    return problems.assign(table=tables, school_id=schools, group=groups)


def _group(problem: Any, school: str) -> str:
    parts = [problem.severity, problem.rule, problem.file, problem.column]
    rule = problem.rule
    if rule in _BY_VALUE | _BY_BOTH or rule.startswith("bad-"):
        parts.append(problem.value)
    if rule in _BY_SCHOOL | _BY_BOTH:
        parts.append(school)
    return "|".join(parts)


def group_problems(located: pd.DataFrame) -> pd.DataFrame:
    """Group problems by what one action would mend.

    Parameters
    ----------
    located
        As :func:`located_problems` returns them.

    Returns
    -------
    DataFrame
        Worst and largest first: ``group``, ``severity``, ``rule``, ``label``, ``file``, ``table``, ``column``,
        ``value`` (empty where it differs), ``count``, ``schools`` (how many have such rows), ``rows`` (the first five),
        ``message`` (of the first), ``remedy``.
    """
    words = rule_words()["thai"]
    by_group = located.sort_values("row", kind="stable").groupby("group", sort=True)
    table = by_group[["severity", "rule", "file", "table", "column", "message", "remedy"]].first()
    values = by_group["value"].agg(["first", "nunique"])
    schools = located[located["school_id"] != ""].groupby("group")["school_id"].nunique()
    table = table.assign(
        label=table["rule"].map(words).fillna(table["message"]),
        value=values["first"].where(values["nunique"] == 1, ""),
        count=by_group.size(),
        schools=schools.reindex(table.index, fill_value=0),
        rows=by_group["row"].agg(_name_rows) if len(table) else "",
    ).reset_index()
    columns = ["group", "severity", "rule", "label", "file", "table", "column", "value", "count", "schools", "rows"]
    order = ["severity", "count", "group"]
    table = table.sort_values(order, ascending=[True, False, True], kind="stable", ignore_index=True)
    return table[[*columns, "message", "remedy"]]


def _name_rows(rows: pd.Series) -> str:
    numbers = list(dict.fromkeys(rows))
    return ", ".join(map(str, numbers[:_ROWS_NAMED])) + (" …" if len(numbers) > _ROWS_NAMED else "")


def log_actions(log: list[Logged]) -> list[dict[str, Any]]:
    """Return the actions of a log, newest first, each with its corrections; one in force in part is in force."""
    actions: dict[tuple[str, str], dict[str, Any]] = {}
    for status, c in log:
        action = actions.setdefault(
            (c.made, c.rule),
            {"made": c.made, "rule": c.rule, "note": c.note, "table": c.table, "status": UNDONE, "changes": []},
        )
        if status == APPLIED:
            action["status"] = APPLIED
        action["changes"].append({"where": c.where, "column": c.column, "old": c.old, "new": c.new})
    return list(actions.values())[::-1]


def map_points(rows: pd.DataFrame, examined: Examined) -> list[dict[str, Any]]:
    """Return the schools and villages that rows of problems are about, as points; never a home.

    Returns
    -------
    list of dict
        ``kind`` (``school``, ``village``), ``code``, ``name``, ``lat``, ``lon``, ``row`` (of the first problem).
    """
    wanted: dict[tuple[str, str], int] = {}
    for table, row, school in rows[["table", "row", "school_id"]].itertuples(index=False):
        frame = examined.frames.get(table)
        for kind, columns in (("school", ("school_id", "host_id", "from_school_id")), ("village", ("village_id",))):
            for column in columns:
                if frame is not None and column in frame and row in frame.index and (code := frame.at[row, column]):
                    wanted.setdefault((kind, plain_text(code)), int(row))
        if school:
            wanted.setdefault(("school", school), int(row))
    points = []
    for kind, name, key in (("school", "schools", "school_id"), ("village", "villages", "village_id")):
        for place in examined.tables[name].dropna(subset=["lat", "lon"]).to_dict("records"):
            if (kind, place[key]) in wanted:
                at = {"code": place[key], "name": place["name"], "lat": float(place["lat"]), "lon": float(place["lon"])}
                points.append({"kind": kind, **at, "row": wanted[kind, place[key]]})
    return points


class Doctor:
    """Walks through the problems of a cycle.

    Parameters
    ----------
    folder
        The cycle.
    examine
        Reads and checks the cycle anew, with the corrections in force.
    """

    def __init__(self, folder: Path, examine: Callable[[], Examined]) -> None:
        self.folder = folder
        self._examine = examine
        self._chosen = ""
        self._said = ""
        self._look()

    def _look(self) -> None:
        self.examined = self._examine()
        self.located = located_problems(self.examined)
        self.groups = group_problems(self.located)
        if self._chosen not in set(self.groups["group"]):
            self._chosen = ""
        self._suggested = self._suggest()

    def _suggest(self) -> list[Mend]:
        return suggest(self._rows(), self.examined) if self._chosen else []

    def _rows(self) -> pd.DataFrame:
        return self.located[self.located["group"] == self._chosen]

    def choose(self, group: str) -> None:
        """Show a group, or none for an empty text or one that is no longer there."""
        self._chosen = group if group in set(self.groups["group"]) else ""
        self._suggested, self._said = self._suggest(), ""

    def mend(self, number: int) -> None:
        """Make one of the suggested mends of the chosen group; the raw file stays as it is."""
        if not 0 <= number < len(self._suggested):
            self._said = "ข้อเสนอนี้ไม่มีแล้ว เลือกกลุ่มใหม่"
            return
        mend = self._suggested[number]
        self._change(lambda: add_corrections(self.folder, mend.corrections), f"แก้แล้ว: {mend.label}")

    def undo(self) -> None:
        """Take back the newest action."""
        self._change(lambda: undo(self.folder), "ย้อนกลับแล้ว")

    def redo(self) -> None:
        """Make again what was taken back last."""
        self._change(lambda: redo(self.folder), "ทำซ้ำแล้ว")

    def switch(self, made: str, rule: str, *, applied: bool) -> None:
        """Take one action of the log back, or put it into force again."""
        status = APPLIED if applied else UNDONE
        self._change(lambda: set_status(self.folder, made, rule, status), "ใช้อีกครั้งแล้ว" if applied else "เลิกใช้แล้ว")

    def withdraw(self) -> None:
        """Take back the corrections that the chosen group says are of no use any more."""
        self._change(lambda: mark(self.folder, self._useless(), UNDONE), "เลิกใช้แล้ว")

    def _useless(self) -> list[Correction]:
        rows = self._rows()
        lost = set(rows.loc[rows["rule"] == "correction-not-used", "row"])
        return [c for status, c in read_log(self.folder) if status == APPLIED and c.row in lost] if lost else []

    def _change(self, act: Callable[[], list[Correction]], done: str) -> None:
        before = {c.row: status for status, c in read_log(self.folder)}
        try:
            changed = act()
            if not changed:
                self._said = "ไม่มีอะไรเปลี่ยน"
                return
            self._look()
            self._said = done
        except RestructureError as error:
            # A change with which the cycle cannot be read any more would lock the doctor out.
            after = read_log(self.folder)
            for was in (APPLIED, UNDONE):
                mark(self.folder, [c for status, c in after if status != was == before.get(c.row, UNDONE)], was)
            self._said = f"ทำไม่ได้: {error.thai}"

    def state(self) -> dict[str, Any]:
        """Return all that is to be shown, as plain values.

        Returns
        -------
        dict
            ``counts`` (``errors``, ``warnings``, ``aside``: rows set aside), ``groups`` (rows of
            :func:`group_problems` with ``meaning``), ``chosen`` (None, or the group with up to 200 of its ``problems``,
            ``more``, ``points`` for a map, ``mends``: ``label``, ``rows``, ``preview``, and ``withdraw``: whether the
            correction can be taken back), ``log`` (as :func:`log_actions`), ``can_undo``, ``can_redo``, ``said``.
        """
        meaning = rule_words()["meaning"]
        log = read_log(self.folder)
        statuses = [status for status, _ in log]
        groups = [{**row, "meaning": meaning.get(row["rule"], "")} for row in self.groups.to_dict("records")]
        severity = self.located["severity"]
        return {
            "counts": {
                "errors": int((severity == "error").sum()),
                "warnings": int((severity == "warning").sum()),
                "aside": rows_aside(self.located),
            },
            "groups": groups,
            "chosen": next((self._detail(group) for group in groups if group["group"] == self._chosen), None),
            "log": log_actions(log),
            "can_undo": APPLIED in statuses,
            "can_redo": bool(statuses) and statuses[-1] == UNDONE,
            "said": self._said,
        }

    def _detail(self, group: dict[str, Any]) -> dict[str, Any]:
        rows = self._rows()
        shown = rows.head(_MOST_ROWS)
        return {
            **group,
            "problems": shown[["file", "row", "column", "value", "school_id", "message", "remedy"]].to_dict("records"),
            "more": len(rows) - len(shown),
            "points": map_points(shown, self.examined),
            "mends": [{"label": m.label, "rows": m.rows, "preview": m.preview} for m in self._suggested],
            "withdraw": group["file"] == CORRECTIONS_FILE and bool(self._useless()),
        }

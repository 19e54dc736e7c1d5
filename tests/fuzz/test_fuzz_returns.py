"""Whatever schools send back and whatever stands in an issue: it is read, listed or refused, soon, and kept as it came.

``SEED=… pytest tests/fuzz`` replays a seed that ``tests/soak`` printed.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import openpyxl
import pandas as pd
import pytest
from hypothesis import strategies as st

from restructure._errors import DataError
from restructure.collection.form import FORM_SHEET, LIST_SHEET, write_forms
from restructure.collection.formreader import RULES
from restructure.collection.issue import ISSUE_TEMPLATE, read_issue
from restructure.collection.returns import RETURNED, read_returns, take_returns
from restructure.policy import load_policy

SCHOOLS = pd.DataFrame(
    [("1001", "บ้านไร่", "เหนือ", "open"), ("1002", "บ้านนา", "ใต้", "open")],
    columns=["school_id", "name", "amphoe", "status"],
)
SEED = int(os.environ["SEED"]) if os.environ.get("SEED") else None
MOST_SECONDS = 20
EXAMPLES = int(os.environ.get("EXAMPLES", "30"))
VALUES = [
    "ใช่", "ไม่ใช่", "กำลังทำ", "๑๒", "1,000", "-1", "1e400", "nan", "=1+1", '=HYPERLINK("x")', "16/5/2570", "\u200b",
    "1001", "1002", "key", "plan", "1 2345 67890 12 3", "ก" * 3000, "", None, True, 0, -0.0, 1e300, 46000, 12.5,
]  # fmt: skip
XML_BITS = [
    b"<", b">", b'"', b"</row>", b"</c>", b't="s"', b't="n"', b't="d"', b't="e"', b't="b"', b"&amp;", b'r="A9"',
    b'r="XFD1"', b'r="A1048576"', b"<row r='99999999999'>", b"<f>A1</f>", b"<f/>", b"<mergeCell ref='A1:XFD1048576'/>",
    b"<!DOCTYPE a>", b"<?a?>", b"s='99'", b"<dimension ref='A1'/>", b"<v>1</v>",
]  # fmt: skip
ISSUE_BITS = [
    "title", "duty", "questions", "schools", "all", "{amphoe: [", "]}", "kind", "choice", "choices", "least", "most",
    "unit", ": ", "\n", "\n  - ", "{", "}", "[", "]", ", ", ".inf", ".nan", "2026-13-13", "2026-05-01", "yes", "null",
    "&a ", "*a", "!!binary ก", "\x07", "'", '"', "0x_", "name: x",
]  # fmt: skip


class Came(bytes):
    """A file that came back; whole workbooks would be printed otherwise."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@cache
def _sent() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as place:
        folder = _cycle(Path(place))
        return {
            path.name: path.read_bytes()
            for path in write_forms(folder / "forms", read_issue(folder, "a"), SCHOOLS, load_policy())
        }


def _cycle(folder: Path, text: str = ISSUE_TEMPLATE) -> Path:
    (folder / "collections" / "a").mkdir(parents=True)
    (folder / "collections" / "a" / "issue.yaml").write_text(text, "utf-8", errors="replace")
    return folder


@st.composite
def _filled(draw: st.DrawFn) -> bytes:
    """Return a form with anything typed anywhere, and rows and columns taken away or put in."""
    name, sheet_name = draw(st.sampled_from([("1001.xlsx", FORM_SHEET), ("all.xlsx", LIST_SHEET)]))
    book = openpyxl.load_workbook(io.BytesIO(_sent()[name]))
    sheet = book[sheet_name]
    places = st.tuples(st.integers(1, 16), st.integers(1, 10))
    for (row, column), value in draw(
        st.lists(st.tuples(places, st.sampled_from(VALUES) | st.text("กa=1 ", max_size=5)), max_size=8)
    ):
        if not isinstance(sheet.cell(row, column), openpyxl.cell.MergedCell):
            sheet.cell(row, column).value = value
    change = draw(st.sampled_from(["", "", "", "rows", "columns", "sheet"]))
    if change == "rows":
        draw(st.sampled_from([sheet.delete_rows, sheet.insert_rows]))(draw(st.integers(1, 16)))
    elif change == "columns":
        draw(st.sampled_from([sheet.delete_cols, sheet.insert_cols]))(draw(st.integers(1, 6)))
    elif change == "sheet":
        sheet.title = "แผ่นอื่น"
    out = io.BytesIO()
    book.save(out)
    return Came(out.getvalue())


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """Return a form whose parts or whole are damaged."""
    data = _sent()[draw(st.sampled_from(["1001.xlsx", "all.xlsx"]))]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    victim = draw(st.sampled_from([None, sheet, sheet, sheet, *parts]))
    if victim:
        parts[victim] = _spoilt(draw, parts[victim])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part)
    return Came(out.getvalue() if victim else _spoilt(draw, out.getvalue()))


def _spoilt(draw: st.DrawFn, data: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = draw(st.integers(at, min(len(data), at + 40)))
        data = data[:at] + draw(st.sampled_from([b"", data[at:end] * 2, b"\xff", b"\0", *XML_BITS])) + data[end:]
    return data


def _read(data: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = _cycle(Path(place))
        issue = read_issue(folder, "a")
        came = folder / f"ตอบ{suffix}"
        came.write_bytes(data)
        (kept,) = take_returns(folder, issue, [came])
        began = time.monotonic()
        returns = read_returns(folder, issue, SCHOOLS)
        assert time.monotonic() - began < MOST_SECONDS
        assert kept.read_bytes() == came.read_bytes() == data
        assert [path.name for path in (folder / "collections" / "a" / RETURNED).iterdir()] == [kept.name]
        assert list(returns.files["file"].unique()) == [kept.name], "a file that came back is always listed"
        for problem in returns.problems.itertuples():
            assert problem.rule in RULES
            assert problem.message
            assert problem.remedy
        assert set(returns.answers["school_id"]) <= set(SCHOOLS["school_id"])
        assert not returns.counted.duplicated(["school_id", "question"]).any()
        if returns.answers.empty:
            assert len(returns.problems), "nothing is passed over in silence"
        # What is read from the notes is what was read from the file.
        again = read_returns(folder, issue, SCHOOLS)
        pd.testing.assert_frame_equal(again.answers, returns.answers)
        pd.testing.assert_frame_equal(again.problems, returns.problems)


def _issue(text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = _cycle(Path(place), text)
        try:
            issue = read_issue(folder, "a")
            write_forms(folder / "forms", issue, SCHOOLS, load_policy())
        except DataError as refusal:
            lines = str(refusal).split("\n")
        else:
            assert (folder / "forms" / "all.xlsx").is_file()
            return
        assert len(lines) == 2


@st.composite
def _issues(draw: st.DrawFn) -> str:
    text = ISSUE_TEMPLATE
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text = (
            text[:at] + draw(st.sampled_from(ISSUE_BITS) | st.text(max_size=3)) + text[at + draw(st.integers(0, 9)) :]
        )
    return text


TARGETS: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "filled": (st.tuples(_filled(), st.just(".xlsx")), lambda one: _read(*one)),
    "damaged": (st.tuples(_damaged(), st.just(".xlsx")), lambda one: _read(*one)),
    "bytes": (
        st.tuples(st.binary(max_size=200), st.sampled_from([".xlsx", ".xls", "", ".pdf"])),
        lambda one: _read(*one),
    ),
    "issue": (_issues(), _issue),
}


@pytest.mark.parametrize("name", TARGETS)
def test_only_answers_and_problems_come_out(name: str) -> None:
    strategy, target = TARGETS[name]

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=SEED is None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def run(one: Any) -> None:
        target(one)

    (run if SEED is None else hypothesis.seed(SEED)(run))()

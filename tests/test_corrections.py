"""Corrections of raw files: kept whole, applied anew to every file, taken back without a trace."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from restructure import DataError, UsageError
from restructure.corrections import (
    Correction,
    add_corrections,
    apply_corrections,
    mark,
    point_readings,
    read_corrections,
    read_log,
    redo,
    set_status,
    undo,
)

HEAD = "status,made,table,where,column,old,new,rule,note"
MADE = "2026-11-20T03:00:00+00:00"
KEY = "p0123456789abcdef"


def fix(column: str, old: str, new: str, *, table: str = "schools", rule: str = "r", **where: str) -> Correction:
    return Correction(table, where, column, old, new, rule, "หมายเหตุ")


def frame(text: str, *rows: str) -> pd.DataFrame:
    """Columns in `text`, a row a line, ``.`` for an empty cell; numbered from 2."""
    cells = [["" if cell == "." else cell for cell in row.split()] for row in rows]
    index = pd.RangeIndex(2, 2 + len(cells), name="row")
    return pd.DataFrame(cells, columns=text.split(), index=index, dtype=object)


def rows_of(table: pd.DataFrame) -> list[str]:
    return [" ".join(cell or "." for cell in row) for row in table.itertuples(index=False)]


def applied(table: pd.DataFrame, *corrections: Correction, name: str = "schools") -> list[str]:
    fixed, problems = apply_corrections({name: table}, corrections)
    assert problems == []
    return rows_of(fixed[name])


def named(table: pd.DataFrame, *corrections: Correction) -> list[tuple[str, str, int, str]]:
    _, problems = apply_corrections({"schools": table}, corrections)
    assert all(p.severity == "warning" and p.message and p.remedy for p in problems)
    return [(p.rule, p.file, p.row, p.column) for p in problems]


SCHOOLS = frame("school_id name grades", "A1 ก P1-P6", "A2 ข ป1ป6", "A3 ค .")


# -- what a correction does ----
def test_a_cell_is_corrected_and_nothing_else() -> None:
    before = SCHOOLS.copy()
    fixed, problems = apply_corrections({"schools": SCHOOLS}, [fix("grades", "ป1ป6", "P1-P6", school_id="A2")])
    assert problems == []
    assert rows_of(fixed["schools"]) == ["A1 ก P1-P6", "A2 ข P1-P6", "A3 ค ."]
    assert fixed["schools"].index.tolist() == [2, 3, 4]
    assert fixed["schools"].index.name == "row"
    assert_frame_equal(SCHOOLS, before)


def test_an_empty_cell_and_a_column_that_is_not_there_are_filled() -> None:
    fixes = fix("grades", "", "P1-P3", school_id="A3"), fix("lat", "", "16.8", school_id="A1")
    assert applied(SCHOOLS, *fixes) == ["A1 ก P1-P6 16.8", "A2 ข ป1ป6 .", "A3 ค P1-P3 ."]


@pytest.mark.parametrize(
    ("raw", "said"), [("65.0", "65"), ("๖๕", "65"), (" 65 ", "65"), ("65", "๖๕"), ("65", "65.00"), ("ก  ข", "ก ข")]
)
def test_texts_that_mean_the_same_are_the_same(raw: str, said: str) -> None:
    table = pd.DataFrame({"school_id": [raw], "rooms": [raw]}, index=pd.Index([2], name="row"), dtype=object)
    fixed, problems = apply_corrections({"schools": table}, [fix("rooms", said, "7", school_id=said)])
    assert (fixed["schools"]["rooms"].tolist(), problems) == (["7"], [])


@pytest.mark.parametrize(("raw", "said"), [("6.50", "6.5"), ("065", "65"), ("A", "a"), ("65.01", "65"), ("", "-")])
def test_texts_that_differ_are_not_the_same(raw: str, said: str) -> None:
    table = pd.DataFrame({"school_id": ["A"], "rooms": [raw]}, dtype=object)
    fixed, problems = apply_corrections({"schools": table}, [fix("rooms", said, "7", school_id="A")])
    assert (fixed["schools"]["rooms"].tolist(), len(problems)) == ([raw], 1)


def test_every_row_that_fits_is_corrected() -> None:
    students = frame("school_id village_id", "A1 V9", "A1 V1", "A2 V9", "A1 V9")
    change = fix("village_id", "V9", "V2", table="students", school_id="A1")
    assert applied(students, change, name="students") == ["A1 V2", "A1 V1", "A2 V9", "A1 V2"]


def test_cells_of_one_row_change_together() -> None:
    table = frame("school_id tambon amphoe", "A1 วังทอง ชัยนาม", "A2 ชัยนาม วังทอง", "A3 วังทอง ดินทอง")
    change = fix("tambon+amphoe", "วังทอง | ชัยนาม", "ชัยนาม | วังทอง")
    assert applied(table, change) == ["A1 ชัยนาม วังทอง", "A2 ชัยนาม วังทอง", "A3 วังทอง ดินทอง"]


def test_a_row_is_dropped_and_of_rows_alike_one_stays() -> None:
    table = frame("school_id grades", "A1 P1", "A2 P1", "A2 P1", "A2 P2", "A2 P1")
    assert applied(table, fix("row", "", "drop", school_id="A2", grades="P2")) == ["A1 P1", "A2 P1", "A2 P1", "A2 P1"]
    repeated = fix("row", "repeated", "drop", school_id="A2", grades="P1")
    assert applied(table, repeated) == ["A1 P1", "A2 P1", "A2 P2"]
    assert applied(table.iloc[:2], repeated) == ["A1 P1", "A2 P1"], "once the school has mended it nothing is dropped"


# -- next cycle's file ----
def test_rows_that_moved_and_new_rows_get_the_same_corrections() -> None:
    fixes = (
        fix("grades", "ป1ป6", "P1-P6", school_id="A2"),
        fix("school_id", "A3", "A7"),
        fix("name", "ก", "กก", school_id="A1"),
    )
    later = frame("grades name school_id", "K1 ง A9", ". ค A3", "ป1ป6 ข A2", "P1-P6 ก A1", "ป1ป6 จ A8")
    assert applied(later, *fixes) == ["K1 ง A9", ". ค A7", "P1-P6 ข A2", "P1-P6 กก A1", "ป1ป6 จ A8"]


def test_what_the_school_has_mended_is_satisfied() -> None:
    assert applied(SCHOOLS, fix("grades", "wrong", "P1-P6", school_id="A1")) == rows_of(SCHOOLS)


def test_a_chain_whose_end_is_in_the_file_already_is_satisfied() -> None:
    chain = fix("grades", "x", "y", school_id="A1"), fix("grades", "y", "P1-P6", school_id="A1")
    assert applied(SCHOOLS, *chain) == rows_of(SCHOOLS)
    assert applied(SCHOOLS.replace("P1-P6", "x"), *chain)[0] == "A1 ก P1-P6"


@pytest.mark.parametrize(
    "change",
    [
        fix("grades", "x", "y", school_id="A1"),
        fix("grades", "P1-P6", "y", school_id="A9"),
        fix("grades", "P1-P6", "y", colour="red"),
        fix("grades", "P1-P6", "y", table="mergers"),
        fix("tambon+amphoe", "x | y", "y | x"),
        fix("point", "", "indian", school_id="A9"),
        fix("point", "1, 2", "indian", school_id="A1"),
    ],
    ids=["other text", "no row", "no column", "no table", "no pair", "no point row", "other point"],
)
def test_what_no_longer_fits_is_named(change: Correction) -> None:
    fits = fix("grades", "ป1ป6", "P1-P6", school_id="A2", rule="other")
    assert named(SCHOOLS, fits, change._replace(row=7)) == [
        ("correction-not-used", "corrections.csv", 7, change.column)
    ]
    fixed, _ = apply_corrections({"schools": SCHOOLS}, [fits, change])
    assert rows_of(fixed["schools"]) == ["A1 ก P1-P6", "A2 ข P1-P6", "A3 ค ."]


def test_a_later_correction_brings_a_text_back() -> None:
    there, back = fix("grades", "P1-P6", "P1-P3", school_id="A1"), fix("grades", "P1-P3", "P1-P6", school_id="A1")
    assert applied(SCHOOLS, there, back) == rows_of(SCHOOLS)
    assert applied(SCHOOLS, there, back, there)[0] == "A1 ก P1-P3"


def test_a_later_correction_does_not_touch_an_earlier_one() -> None:
    """Two villages of a school were mistaken for their neighbours; each child moves once."""
    students = frame("school_id village_id", "A1 02", "A1 02", "A1 01", "A1 04", "A2 02")
    moves = [fix("village_id", old, new, table="students", school_id="A1") for old, new in (("02", "03"), ("01", "02"))]
    assert applied(students, *moves, name="students") == ["A1 03", "A1 03", "A1 02", "A1 04", "A2 02"]
    assert applied(students, *moves[::-1], name="students") == ["A1 03", "A1 03", "A1 03", "A1 04", "A2 02"]


def test_a_row_that_becomes_another_later_is_not_corrected_as_that_one() -> None:
    table = frame("school_id name grades", "A1 ก P1", "A2 ก P1")
    changes = fix("grades", "P1", "P6", school_id="A1"), fix("school_id", "A2", "A1", name="ก")
    assert applied(table, *changes) == ["A1 ก P6", "A1 ก P1"]


# -- how points are read ----
def test_readings_of_points() -> None:
    table = frame("school_id lat lon", "A1 100.4 16.8", "A2 16.9 100.5", "A3 16.7 100.6")
    fixes = (
        fix("point", "100.4, 16.8", "swapped", school_id="A1"),
        fix("point", "", "indian"),
        fix("point", "0, 0", "utm47", school_id="A2"),
        fix("point", "", "utm48", table="villages"),
    )
    assert point_readings(table, "schools", fixes).tolist() == ["swapped", "indian", "indian"]
    assert point_readings(table, "schools", fixes).index.tolist() == [2, 3, 4]
    assert rows_of(apply_corrections({"schools": table}, fixes)[0]["schools"]) == rows_of(table)


# -- properties ----
TEXTS = st.sampled_from(["", "a", "b", "c"])
TABLES = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=6).map(
    lambda rows: pd.DataFrame(rows, columns=["k", "x", "y"], dtype=object).rename_axis("row")
)
FIXES = st.builds(
    lambda where, column, old, new: Correction("t", where, column, old, new, "r"),
    st.dictionaries(st.just("k"), TEXTS),
    st.sampled_from(["x", "y"]),
    TEXTS,
    TEXTS,
)


@st.composite
def changes(draw: st.DrawFn) -> Correction:
    """Any column, also the one that names rows of other corrections; rows named by any other columns."""
    column, *others = draw(st.permutations(["k", "x", "y"]))
    where = {name: draw(TEXTS) for name in others[: draw(st.integers(0, 2))]}
    return Correction("t", where, column, draw(TEXTS), draw(TEXTS), "r")


def walked(table: pd.DataFrame, fixes: list[Correction]) -> list[dict[str, str]]:
    """The rows after one walk through the corrections, cell by cell."""
    rows = [dict(row) for row in table.to_dict("records")]
    for c in fixes:
        for row in rows:
            if all(row[name] == text for name, text in c.where.items()) and row[c.column] == c.old:
                row[c.column] = c.new
    return rows


@given(TABLES, st.lists(changes(), max_size=6))
def test_each_correction_is_applied_once_in_order(table: pd.DataFrame, fixes: list[Correction]) -> None:
    fixed, _ = apply_corrections({"t": table}, fixes)
    assert fixed["t"].to_dict("records") == walked(table, fixes)


@given(st.lists(changes(), max_size=6), TABLES)
def test_what_is_added_does_at_once_all_that_it_says(
    tmp_path_factory: pytest.TempPathFactory, fixes: list[Correction], table: pd.DataFrame
) -> None:
    """Whether it is kept anew or in force already: the cells are as if it were applied to what was seen."""
    folder = tmp_path_factory.mktemp("cycle")
    for number, change in enumerate(fixes, start=1):
        add_corrections(folder, [change])
        fixed, _ = apply_corrections({"t": table}, read_corrections(folder))
        assert fixed["t"].to_dict("records") == walked(table, fixes[:number])


@given(TABLES, st.lists(FIXES, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_corrections_of_other_cells_says_nothing(
    table: pd.DataFrame, fixes: list[Correction], random
) -> None:  # type: ignore[no-untyped-def]
    alone = list({(c.where.get("k"), c.column): c for c in fixes if "k" in c.where}.values())
    shuffled = random.sample(alone, len(alone))
    results = [apply_corrections({"t": table}, order) for order in (alone, shuffled)]
    assert_frame_equal(results[0][0]["t"], results[1][0]["t"])
    assert sorted(map(str, results[0][1])) == sorted(map(str, results[1][1]))


@given(TABLES, st.lists(FIXES, max_size=6))
def test_each_cell_is_what_a_plain_walk_makes_of_it(table: pd.DataFrame, fixes: list[Correction]) -> None:
    """One correction a cell: the answer is a look-up."""
    alone = {(c.where["k"], c.column): c for c in fixes if "k" in c.where}
    fixed, _ = apply_corrections({"t": table}, list(alone.values()))
    for row, cells in table.iterrows():
        for column in ("x", "y"):
            c = alone.get((cells["k"], column))
            expected = c.new if c is not None and c.old == cells[column] else cells[column]
            assert fixed["t"].at[row, column] == expected


# -- the file ----
def test_what_is_added_is_read_back(tmp_path: Path) -> None:
    odd = ["=1+1", "-", "'x", "''", 'a"b,c', "สอง\nบรรทัด", " | ", "+66", "@", "\t", ""]
    fixes = [fix("name", old, f"{old}!", school_id=str(i)) for i, old in enumerate(odd)]
    added = add_corrections(tmp_path, fixes)
    assert [c._replace(made="") for c in added] == fixes
    assert [c._replace(row=0) for c in read_corrections(tmp_path)] == added
    assert [c.row for c in read_corrections(tmp_path)] == list(range(2, 2 + len(odd)))
    data = (tmp_path / "corrections.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert ",".join(rows[0]) == HEAD
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert json.loads(rows[1][3]) == {"school_id": "0"}


def test_no_file_is_no_corrections(tmp_path: Path) -> None:
    assert read_corrections(tmp_path) == []
    assert undo(tmp_path) == redo(tmp_path) == []
    assert not (tmp_path / "corrections.csv").exists()


def statuses(folder: Path) -> str:
    return " ".join(status[0] for status, _ in read_log(folder))


def test_an_action_is_taken_back_and_made_again_as_one(tmp_path: Path) -> None:
    placing = [fix(c, "", "1", table="villages", village_id="V1", rule="placing") for c in ("lat", "lon")]
    add_corrections(tmp_path, [fix("name", "ก", "ข", school_id="A1")])
    add_corrections(tmp_path, placing)
    assert statuses(tmp_path) == "a a a"
    assert [c.column for c in undo(tmp_path)] == ["lat", "lon"]
    assert statuses(tmp_path) == "a u u"
    assert len(read_corrections(tmp_path)) == 1
    assert [c.column for c in undo(tmp_path)] == ["name"]
    assert statuses(tmp_path) == "u u u"
    assert [c.column for c in redo(tmp_path)] == ["name"]
    assert [c.column for c in redo(tmp_path)] == ["lat", "lon"]
    assert statuses(tmp_path) == "a a a"
    assert undo(tmp_path, 2)
    assert statuses(tmp_path) == "u u u"
    assert undo(tmp_path) == []


def test_after_something_new_what_was_taken_back_stays_so(tmp_path: Path) -> None:
    add_corrections(tmp_path, [fix("name", "ก", "ข")])
    undo(tmp_path)
    add_corrections(tmp_path, [fix("name", "ก", "ค")])
    assert redo(tmp_path) == []
    assert statuses(tmp_path) == "u a"


def test_one_action_of_the_log_is_switched(tmp_path: Path) -> None:
    (first,) = add_corrections(tmp_path, [fix("name", "ก", "ข")])
    add_corrections(tmp_path, [fix("name", "ค", "ง")])
    assert len(set_status(tmp_path, first.made, first.rule, "undone")) == 1
    assert statuses(tmp_path) == "u a"
    assert set_status(tmp_path, first.made, first.rule, "undone") == []
    set_status(tmp_path, first.made, first.rule, "applied")
    assert statuses(tmp_path) == "a a"


def test_single_corrections_of_an_action_are_taken_back(tmp_path: Path) -> None:
    add_corrections(tmp_path, [fix("name", "ก", "ข"), fix("name", "ค", "ง")])
    (_, second) = read_corrections(tmp_path)
    assert mark(tmp_path, [second], "undone") == [second]
    assert mark(tmp_path, [second], "undone") == []
    assert statuses(tmp_path) == "a u"
    assert mark(tmp_path, [second._replace(row=0)], "applied") == [second]
    assert statuses(tmp_path) == "a a"


def test_two_actions_of_one_second_are_two(tmp_path: Path) -> None:
    for i in range(3):
        add_corrections(tmp_path, [fix("name", str(i), "x")._replace(made=MADE)])
    assert len({c.made for c in read_corrections(tmp_path)}) == 3
    undo(tmp_path)
    assert statuses(tmp_path) == "a a u"


def test_the_same_correction_is_not_kept_twice(tmp_path: Path) -> None:
    change = fix("name", "ก", "ข", school_id="A1")
    assert len(add_corrections(tmp_path, [change, change])) == 1
    assert add_corrections(tmp_path, [change]) == []
    undo(tmp_path)
    assert len(add_corrections(tmp_path, [change])) == 1
    assert statuses(tmp_path) == "u a"


def test_a_correction_that_was_brought_back_may_be_made_again(tmp_path: Path) -> None:
    there, back = fix("grades", "P1-P6", "P1-P3", school_id="A1"), fix("grades", "P1-P3", "P1-P6", school_id="A1")
    for change in (there, back, there):
        assert len(add_corrections(tmp_path, [change])) == 1
    assert applied(SCHOOLS, *read_corrections(tmp_path))[0] == "A1 ก P1-P3"


@pytest.mark.parametrize(
    ("change", "between"),
    [
        (fix("grades", "x", "y", school_id="A1"), fix("school_id", "A2", "A1")),
        (fix("grades", "x", "y", school_id="A1"), fix("name+grades", "ก | z", "ข | x")),
        (fix("row", "", "drop", school_id="A1"), fix("school_id", "A2", "A1")),
        (fix("point", "", "utm47"), fix("point", "", "utm48")),
    ],
    ids=["row", "cell", "drop", "point"],
)
def test_a_correction_with_something_new_to_do_may_be_made_again(
    tmp_path: Path, change: Correction, between: Correction
) -> None:
    for one in (change, between, change):
        assert len(add_corrections(tmp_path, [one])) == 1
    assert add_corrections(tmp_path, [change]) == []
    other = fix("name", "a", "b", school_id="A1")
    assert len(add_corrections(tmp_path, [other])) == 1
    assert add_corrections(tmp_path, [change, other]) == [], "of other cells"


@given(st.lists(st.lists(FIXES, min_size=1, max_size=3), max_size=3), st.lists(FIXES, min_size=1, max_size=3), TABLES)
def test_taken_back_is_as_if_never_made(
    tmp_path_factory: pytest.TempPathFactory,
    earlier: list[list[Correction]],
    fixes: list[Correction],
    table: pd.DataFrame,
) -> None:
    folder = tmp_path_factory.mktemp("cycle")
    for action in earlier:
        add_corrections(folder, action)
    before = apply_corrections({"t": table}, read_corrections(folder))[0]["t"]
    added = add_corrections(folder, fixes)
    after = apply_corrections({"t": table}, read_corrections(folder))[0]["t"]
    if added:
        assert undo(folder)
        assert_frame_equal(apply_corrections({"t": table}, read_corrections(folder))[0]["t"], before)
        redo(folder)
    assert_frame_equal(apply_corrections({"t": table}, read_corrections(folder))[0]["t"], after)


# -- a faulty file ----
GOOD = f'applied,{MADE},schools,"{{""school_id"": ""A1""}}",name,ก,ข,r,n'


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("", 1),
        ("status,made\n", 1),
        (f"{HEAD}\n{GOOD}\ndone{GOOD[7:]}", 3),
        (f"{HEAD}\n{GOOD.replace(MADE, 'yesterday')}", 2),
        (f"{HEAD}\n{GOOD.replace(MADE, '2026-11-20T03:00:00')}", 2),
        (f"{HEAD}\n{GOOD.replace(MADE, '')}", 2),
        (f"{HEAD}\n{GOOD.replace('schools', '')}", 2),
        (f"{HEAD}\n{GOOD.replace('A1', '{')[:-20]}", 2),
        (f"{HEAD}\napplied,{MADE},schools,school_id=A1,name,ก,ข,r,n", 2),
        (f"{HEAD}\napplied,{MADE},schools,[1],name,ก,ข,r,n", 2),
        (f'{HEAD}\napplied,{MADE},schools,"{{""a"": 1}}",name,ก,ข,r,n', 2),
        (f"{HEAD}\napplied,{MADE},schools,{'[' * 3000},name,ก,ข,r,n", 2),
        (f"{HEAD}\n{GOOD},more", 2),
        (f"{HEAD}\n{GOOD}\n\n{GOOD.replace('name', 'row')}", 4),
        (f"{HEAD}\napplied,{MADE},schools,{{}},row,,drop,r,n", 2),
        (f"{HEAD}\napplied,{MADE},schools,{{}},a+b,ก,ข,r,n", 2),
        (f'{HEAD}\n"{GOOD}', 2),
    ],
    ids=[
        "empty", "head", "status", "made", "no zone", "no time", "no table", "cut", "no json", "list", "number", "deep",
        "ragged", "row", "whole table", "pair", "quote",
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_with_its_row(tmp_path: Path, text: str, row: int) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(text, "utf-8-sig")
    before = path.read_bytes()
    with pytest.raises(DataError) as refused:
        read_corrections(tmp_path)
    assert f"corrections.csv แถว {row}" in refused.value.thai
    assert "แก้" in refused.value.thai
    assert refused.value.english[0].isascii()
    with pytest.raises(DataError):
        add_corrections(tmp_path, [fix("name", "ก", "ข")])
    assert path.read_bytes() == before


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "corrections.csv").write_bytes(HEAD.encode() + b"\n\xff\xfe\x00")
    with pytest.raises(DataError, match=r"corrections\.csv"):
        read_corrections(tmp_path)


# -- no child can be told by it ----
CITIZEN = "1101700203451"


@pytest.mark.parametrize(
    "change",
    [
        fix("grade", "เด็กชายสมมุติ", "P1", table="students"),
        fix("grade", "ป.9", "P1", table="students", village_id="Somchai"),
        fix("student_key", "k1", KEY, table="students"),
        fix("grade", "ป.9", "P1", table="students", student_key="k1"),
        fix("lat", "", "16.8", table="students", student_key=KEY),
        fix("grade", "ป.9", "P1", table="students", lat="16.8"),
        fix("point", "16.8, 100.4", "swapped", table="students"),
        fix("national_id", "1", "2", table="students"),
        fix("grade", "081 234 5678", "P1", table="students"),
        fix("grade", "1 1017 00203 45 1", "P1", table="students"),
        fix("name", CITIZEN, "x"),
        fix("name", "1-1017-00203-45-1", "x"),
        fix("name", "๑๑๐๑๗๐๐๒๐๓๔๕๑", "x"),
        fix("name", "x", "y", school_id=CITIZEN),
        fix("name", "x", "y")._replace(note=f"ของ {CITIZEN}"),
    ],
    ids=lambda change: f"{change.column}-{'-'.join(change.where)}-{len(change.old)}",
)
def test_what_tells_of_a_child_is_not_kept(tmp_path: Path, change: Correction) -> None:
    with pytest.raises(UsageError) as refused:
        add_corrections(tmp_path, [fix("name", "ก", "ข"), change])
    assert not (tmp_path / "corrections.csv").exists()
    where = json.dumps(change.where).replace('"', '""')
    row = f'applied,{MADE},{change.table},"{where}",{change.column},"{change.old}","{change.new}",r,{change.note}'
    (tmp_path / "corrections.csv").write_text(f"{HEAD}\n{row}\n", "utf-8")
    with pytest.raises(DataError, match="แถว 2") as read:
        read_corrections(tmp_path)
    for secret in (CITIZEN, "สมมุติ", "Somchai", "16.8"):
        assert secret not in str(refused.value) + str(read.value)


@pytest.mark.parametrize(
    "change",
    [
        fix("grade", "ประถมศึกษาปีที่ 4/1", "P4", table="students", school_id="1099000001"),
        fix("village_id", "65080199", "65080109", table="students", school_id="1099000001", student_key=KEY),
        fix("as_of", "10 พฤศจิกายน 2569", "2/2569", table="students"),
        fix("as_of", "01-11-2579", "2026-11-10", table="students"),
        fix("as_of", "2026-11-10 00:00:00", "2/2569", table="students"),
        fix("row", "repeated", "drop", table="students", student_key=KEY, as_of="2026-11-10"),
        fix("point", "", "indian", table="students"),
        fix("name", "บ้านหนองสมมุติ", "บ้านหนองสมมติ", school_id="1099000001"),
        fix("lat+lon", "16.8123456 | 100.4123456", "16.9123456 | 100.5123456", school_id="1099000001"),
    ],
    ids=lambda change: change.column,
)
def test_what_tells_nothing_is_kept(tmp_path: Path, change: Correction) -> None:
    assert len(add_corrections(tmp_path, [change])) == 1
    assert read_corrections(tmp_path)[0]._replace(row=0, made="") == change


# -- writers at once, writers that are killed ----
def _write_many(folder: str, worker: int, count: int) -> None:
    for i in range(count):
        add_corrections(Path(folder), [fix("name", f"{worker}-{i}", "x")])


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        for done in [pool.submit(_write_many, str(tmp_path), worker, 10) for worker in range(3)]:
            done.result()
    kept = read_corrections(tmp_path)
    assert sorted(c.old for c in kept) == sorted(f"{w}-{i}" for w in range(3) for i in range(10))
    assert len({c.made for c in kept}) == 30, "each was an action of its own"


@pytest.mark.parametrize("moment", ["write_text", "replace"])
def test_a_writer_that_is_killed_leaves_the_old_file_and_no_lock(tmp_path: Path, moment: str) -> None:
    add_corrections(tmp_path, [fix("name", "ก", "ข")])
    before = (tmp_path / "corrections.csv").read_bytes()
    killed = (
        "import os, sys, pathlib\n"
        "from restructure.corrections import Correction, add_corrections\n"
        f"pathlib.Path.{moment} = lambda *a, **k: os._exit(9)\n"
        "add_corrections(pathlib.Path(sys.argv[1]), [Correction('schools', {}, 'name', 'x', 'y', 'r')])\n"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(tmp_path)], check=False).returncode == 9
    assert (tmp_path / "corrections.csv").read_bytes() == before
    assert len(add_corrections(tmp_path, [fix("name", "ค", "ง")])) == 1
    assert len(read_corrections(tmp_path)) == 2


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        add_corrections(tmp_path / "none", [fix("name", "ก", "ข")])

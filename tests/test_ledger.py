"""The ledger: nothing lost, nothing half, nothing changed without being told."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restructure import ledger
from restructure._errors import DataError, LedgerError
from restructure.ledger import LEDGER_FILE, Decision, decide, head, in_force, read_ledger, revoke, verify

SOMCHAI, SOMYING = "สมชาย", "สมหญิง"
COLUMNS = ["seq", "batch", "at", "who", "kind", "subject", "content", "why", "inputs", "supersedes", "prev", "hash"]
ZEROS = "0" * 64
BANGKOK = timezone(timedelta(hours=7))


def certified(subject: str, metres: int = 3200, why: str = "") -> Decision:
    return Decision("certify", subject, {"certified_m": metres, "evidence": "เดินวัด"}, why, "ab12")


def some(folder: Path) -> Path:
    """Four rows: two decisions, one of them superseded by somebody else, and that revoked."""
    assert decide(folder, SOMCHAI, [certified("village:1>2"), certified("village:3>2")]) == [1, 2]
    assert decide(folder, SOMYING, [certified("village:1>2", 3400, "วัดซ้ำ")]) == [3]
    assert revoke(folder, SOMCHAI, [3], "วัดผิดเส้นทาง") == [4]
    return folder / LEDGER_FILE


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=0.1, isolation_level=None)) as base:
        yield base


def cheat(path: Path, *statements: str, put_back: bool = True) -> None:
    """Run statements with the triggers taken away, then put these back as they were."""
    with raw(path) as base:
        base.execute("PRAGMA synchronous = OFF")
        base.execute("BEGIN")
        triggers = base.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            base.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            base.execute(statement)
        for _, sql in triggers if put_back else []:
            base.execute(sql)
        base.execute("COMMIT")


def digest(row: tuple[Any, ...]) -> str:
    """Recompute a hash as the module's docstring says, by hand."""
    parts = [json.dumps(value, ensure_ascii=False) for value in row]
    return hashlib.sha256(f"[{','.join(parts)}]".encode()).hexdigest()


def refusal(act: Callable[[], object]) -> str:
    """Return the Thai sentence of a refusal, which is one line in Thai and one in English."""
    with pytest.raises(LedgerError) as error:
        act()
    assert str(error.value).count("\n") == 1
    assert ":" in error.value.thai, "no remedy"
    return error.value.thai


# -- what is written and read ----
def test_without_a_file_there_is_nothing_and_reading_makes_none(tmp_path: Path) -> None:
    rows = read_ledger(tmp_path)
    assert list(rows) == COLUMNS
    assert len(rows) == 0
    assert head(tmp_path) == (0, ZEROS)
    assert verify(tmp_path) == []
    assert len(in_force(rows)) == 0
    assert decide(tmp_path, SOMCHAI, []) == []
    assert list(tmp_path.iterdir()) == []
    some(tmp_path)
    assert read_ledger(tmp_path).dtypes.equals(rows.dtypes)


def test_rows_say_who_what_when_why_and_on_what(tmp_path: Path) -> None:
    before = datetime.now(BANGKOK).replace(microsecond=0)
    some(tmp_path)
    rows = read_ledger(tmp_path)
    assert rows["seq"].tolist() == [1, 2, 3, 4]
    assert rows["batch"].tolist() == [1, 1, 3, 4]
    assert rows["who"].tolist() == [SOMCHAI, SOMCHAI, SOMYING, SOMCHAI]
    assert rows["kind"].tolist() == ["certify", "certify", "certify", "revoke"]
    assert rows["subject"].tolist() == ["village:1>2", "village:3>2", "village:1>2", "3"]
    assert rows["content"].tolist()[2:] == ['{"certified_m":3400,"evidence":"เดินวัด"}', "{}"]
    assert rows["why"].tolist() == ["", "", "วัดซ้ำ", "วัดผิดเส้นทาง"]
    assert rows["inputs"].tolist() == ["ab12", "ab12", "ab12", ""]
    assert rows["supersedes"].astype(object).where(rows["supersedes"].notna(), None).tolist() == [None, None, 1, None]
    assert rows["at"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00").all()
    assert before <= datetime.fromisoformat(rows["at"][0]) <= datetime.now(BANGKOK)
    assert verify(tmp_path) == []


def test_the_chain_is_the_documented_one(tmp_path: Path) -> None:
    path = some(tmp_path)
    with raw(path) as base:
        rows = base.execute(f"SELECT {', '.join(COLUMNS)} FROM decisions ORDER BY seq").fetchall()
        assert base.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert [row[-2] for row in rows] == [ZEROS, *(digest(row[:-1]) for row in rows[:-1])]
    assert head(tmp_path) == (4, digest(rows[-1][:-1]))


def test_what_is_in_force_is_the_newest_that_is_not_revoked(tmp_path: Path) -> None:
    some(tmp_path)
    decide(tmp_path, SOMYING, [Decision("ceiling", "november/1", {"baht": 120000})])
    rows = read_ledger(tmp_path)
    assert in_force(rows)["seq"].tolist() == [1, 2, 5]
    assert in_force(rows, "ceiling")["seq"].tolist() == [5]
    assert in_force(rows[rows["seq"] <= 3])["seq"].tolist() == [2, 3], "what held before the revocation"
    revoke(tmp_path, SOMYING, [1, 5], "เริ่มใหม่")
    assert in_force(read_ledger(tmp_path))["seq"].tolist() == [2]
    assert decide(tmp_path, SOMYING, [certified("village:1>2")]) == [8]
    assert pd.isna(read_ledger(tmp_path)["supersedes"].iloc[-1]), "a revoked decision is none that is superseded"


@pytest.mark.parametrize("seq", [4, 9, 0, 3])
def test_only_a_decision_that_is_not_revoked_can_be_revoked(tmp_path: Path, seq: int) -> None:
    some(tmp_path)
    assert f"แถว {seq} " in refusal(lambda: revoke(tmp_path, SOMYING, [1, seq], "ผิด"))
    assert head(tmp_path)[0] == 4, "all or none"


REFUSED: list[tuple[str, Callable[[Path], object], str]] = [
    ("nobody", lambda f: decide(f, " \u200b\n", [certified("a")]), "ชื่อผู้ตัดสินใจ"),
    ("no-kind", lambda f: decide(f, SOMCHAI, [Decision("", "a", {})]), "ประเภท"),
    ("no-subject", lambda f: decide(f, SOMCHAI, [certified(" ")]), "ประเภท"),
    ("unseen", lambda f: decide(f, SOMCHAI, [certified("a\u200bb")]), "มองไม่เห็น"),
    ("inputs", lambda f: decide(f, SOMCHAI, [Decision("k", "a", {}, "", "a\nb")]), "มองไม่เห็น"),
    ("twice", lambda f: decide(f, SOMCHAI, [certified("a"), certified("a", 5)]), "สองครั้ง"),
    ("revoke", lambda f: decide(f, SOMCHAI, [Decision("revoke", "1", {}, "ผิด")]), "เพิกถอน"),
    ("no-why", lambda f: revoke(f, SOMCHAI, [1], " "), "เหตุผล"),
    ("revoked-twice", lambda f: revoke(f, SOMCHAI, [1, 1], "ผิด"), "สองครั้ง"),
    ("citizen-why", lambda f: decide(f, SOMCHAI, [certified("a", why="เลข ๑-๒๓๔๕-๖๗๘๙๐-๑๒-๓")]), "13 หลัก"),
    ("citizen-who", lambda f: decide(f, "สมชาย 1234567890123", [certified("a")]), "13 หลัก"),
    ("citizen-content", lambda f: decide(f, SOMCHAI, [Decision("k", "a", {"x": ["1234567890123"]})]), "13 หลัก"),
]


@pytest.mark.parametrize(("act", "words"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refusals_write_nothing(tmp_path: Path, act: Callable[[Path], object], words: str) -> None:
    thai = refusal(lambda: act(tmp_path))
    assert words in thai
    assert "1234567890123" not in thai
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_tell_of_nobody_are_recorded(tmp_path: Path) -> None:
    hashed = "a1234567890123b" + "0" * 49
    content = {"points": hashed, "lat": 13.1234567890123, "way": 123456789012, "host": "1010720001"}
    decide(tmp_path, SOMCHAI, [Decision("certify", "home:p0123456789012345>1010720001", content, "", hashed)])
    assert json.loads(read_ledger(tmp_path)["content"][0]) == content


@pytest.mark.parametrize("content", [{"a": float("nan")}, {"a": {1, 2}}, {"a": "\ud800"}], ids=["nan", "set", "half"])
def test_content_that_is_no_json_is_a_fault_of_the_caller(tmp_path: Path, content: dict[str, Any]) -> None:
    decide(tmp_path, SOMCHAI, [certified("a")])
    with pytest.raises((TypeError, ValueError)):
        decide(tmp_path, SOMCHAI, [certified("b"), Decision("k", "c", content)])
    assert head(tmp_path)[0] == 1
    assert verify(tmp_path) == []


def test_names_and_reasons_are_kept_as_one_line(tmp_path: Path) -> None:
    decide(tmp_path, "  สมชาย\u00a0\u200b ใจดี\n", [certified("a", why="น้ำท่วม\r\nสะพานขาด")])
    rows = read_ledger(tmp_path)
    assert rows["who"].tolist() == ["สมชาย ใจดี"]
    assert rows["why"].tolist() == ["น้ำท่วม สะพานขาด"]


# -- two analysts ----
def test_what_somebody_else_decided_meanwhile_is_not_overwritten_unseen(tmp_path: Path) -> None:
    decide(tmp_path, SOMCHAI, [certified("a"), certified("b"), certified("c")], seen=0)
    seen = head(tmp_path)[0]
    decide(tmp_path, SOMYING, [certified("a", 5)], seen=seen)
    assert "a" in (thai := refusal(lambda: decide(tmp_path, SOMCHAI, [certified("c"), certified("a")], seen=seen)))
    assert f"แถว 4: {SOMYING}" in thai
    assert head(tmp_path)[0] == 4, "all or none"
    assert decide(tmp_path, SOMCHAI, [certified("c")], seen=seen) == [5], "another subject"
    assert decide(tmp_path, SOMYING, [certified("a", 6)], seen=seen) == [6], "her own decision"
    assert decide(tmp_path, SOMCHAI, [Decision("letter", "a", {})], seen=seen) == [7], "another kind"
    assert decide(tmp_path, SOMCHAI, [certified("a", 7)], seen=6) == [8], "seen"
    revoke(tmp_path, SOMYING, [2], "ผิด")
    assert "แถว 9" in refusal(lambda: decide(tmp_path, SOMCHAI, [certified("b")], seen=8))
    assert decide(tmp_path, SOMCHAI, [certified("b")]) == [10], "nothing said of what was seen"


def test_a_ledger_shorter_than_what_was_seen_is_refused(tmp_path: Path) -> None:
    decide(tmp_path, SOMCHAI, [certified("a")])
    assert "ฉบับเก่า" in refusal(lambda: decide(tmp_path, SOMCHAI, [certified("a")], seen=2))


TOGETHER = """
import sys
from pathlib import Path
from restructure.ledger import Decision, decide
folder, who = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for act in range(10):
    for seq in decide(folder, who, [Decision("k", f"{act}-{part}", {"who": who}) for part in range(3)]):
        print(seq, flush=True)
"""


def test_of_two_programs_at_once_neither_loses_anything(tmp_path: Path) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    runs = [subprocess.Popen([sys.executable, "-c", TOGETHER, str(tmp_path), who], **pipes) for who in ("A", "B")]
    for run in runs:
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    told = {who: [int(line) for line in run.communicate()[0].split()] for who, run in zip("AB", runs, strict=True)}
    assert [run.returncode for run in runs] == [0, 0]
    rows = read_ledger(tmp_path)
    assert {who: rows.loc[rows["who"] == who, "seq"].tolist() for who in "AB"} == told
    assert rows["seq"].tolist() == list(range(1, 61))
    assert (rows.groupby("batch")["seq"].agg(["size", "min", "max"]).eval("size == 3 and max - min == 2")).all()
    assert verify(tmp_path) == []
    last = rows.groupby("subject")["seq"].max()
    assert sorted(in_force(rows)["seq"]) == sorted(last)


def test_who_comes_second_to_an_empty_folder_makes_no_second_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ledger.only_writer

    @contextmanager
    def other_first(path: Path) -> Iterator[None]:
        monkeypatch.setattr(ledger, "only_writer", real)
        decide(tmp_path, SOMYING, [certified("a")])
        with real(path):
            yield

    monkeypatch.setattr(ledger, "only_writer", other_first)
    assert decide(tmp_path, SOMCHAI, [certified("b")]) == [2]
    assert verify(tmp_path) == []


# -- the database refuses ----
NEXT = "SELECT {0}, 1, at, who, kind, subject, content, why, inputs, NULL, {1}, 'x' FROM decisions WHERE seq = 1"
LAST = "(SELECT hash FROM decisions WHERE seq = 4)"
FORBIDDEN = {
    "update": "UPDATE decisions SET content = '{}' WHERE seq = 1",
    "update-or-replace": "UPDATE OR REPLACE decisions SET seq = 2 WHERE seq = 1",
    "update-or-ignore": "UPDATE OR IGNORE decisions SET who = 'x'",
    "update-rowid": "UPDATE decisions SET rowid = 9 WHERE rowid = 4",
    "update-from": "UPDATE decisions SET why = m.version FROM meta m",
    "delete": "DELETE FROM decisions WHERE seq = 4",
    "delete-all": "DELETE FROM decisions",
    "replace": f"REPLACE INTO decisions {NEXT.format(1, repr(ZEROS))}",
    "insert-or-replace": f"INSERT OR REPLACE INTO decisions {NEXT.format(4, LAST)}",
    "insert-or-ignore": f"INSERT OR IGNORE INTO decisions {NEXT.format(7, LAST)}",
    "upsert": f"INSERT INTO decisions {NEXT.format(4, LAST)} ON CONFLICT (seq) DO UPDATE SET who = 'x'",
    "gap": f"INSERT INTO decisions {NEXT.format(6, LAST)}",
    "below": f"INSERT INTO decisions {NEXT.format(0, LAST)}",
    "no-seq": f"INSERT INTO decisions {NEXT.format('NULL', LAST)}",
    "other-prev": f"INSERT INTO decisions {NEXT.format(5, repr(ZEROS))}",
    "no-prev": f"INSERT INTO decisions {NEXT.format(5, 'NULL')}",
    "blob": f"INSERT INTO decisions {NEXT.format(5, f'CAST({LAST} AS BLOB)')}",
    "meta-update": "UPDATE meta SET version = 2",
    "meta-delete": "DELETE FROM meta",
    "meta-insert": "INSERT INTO meta VALUES (2)",
    "meta-replace": "INSERT OR REPLACE INTO meta (rowid, version) VALUES (1, 2)",
}


@pytest.mark.parametrize("attached", [False, True], ids=["open", "attached"])
@pytest.mark.parametrize("statement", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_database_itself_refuses(tmp_path: Path, statement: str, attached: bool) -> None:
    path = some(tmp_path)
    before = read_ledger(tmp_path)
    with raw(Path(":memory:") if attached else path) as base:
        if attached:
            base.execute("ATTACH ? AS l", (str(path),))
        base.execute("PRAGMA recursive_triggers = OFF")
        with pytest.raises(sqlite3.IntegrityError, match=r"append-only|follow the last|cannot store BLOB"):
            base.execute(statement)
    pd.testing.assert_frame_equal(read_ledger(tmp_path), before)
    assert verify(tmp_path) == []


def put(path: Path, **changed: Any) -> None:
    """Put a row in by a raw connection that follows the triggers, its hash right unless given."""
    with raw(path) as base:
        seq, prev = base.execute("SELECT seq, hash FROM decisions ORDER BY seq DESC LIMIT 1").fetchone()
        row = {"seq": seq + 1, "batch": seq + 1, "at": datetime.now(BANGKOK).isoformat(timespec="seconds")}
        row |= {"who": "x", "kind": "k", "subject": "s", "content": "{}", "why": "", "inputs": "", "supersedes": None}
        row |= {"prev": prev} | changed
        values = [row[name] for name in COLUMNS[:-1]]
        base.execute(
            f"INSERT INTO decisions VALUES ({', '.join('?' * 12)})", [*values, changed.get("hash", digest(values))]
        )


def test_a_sound_row_put_in_from_outside_is_sound(tmp_path: Path) -> None:
    path = some(tmp_path)
    put(path)
    assert verify(tmp_path) == [], "or the tests of unsound ones prove nothing"


UNSOUND: dict[str, dict[str, Any]] = {
    "wrong-hash": {"hash": "f" * 64},
    "empty-hash": {"hash": ""},
    "nobody": {"who": ""},
    "no-kind": {"kind": ""},
    "no-subject": {"subject": " "},
    "unseen": {"subject": "a\nb"},
    "no-json": {"content": "{"},
    "deep": {"content": "[" * 100_000},
    "list": {"content": "[]"},
    "not-canonical": {"content": '{"b": 1}'},
    "other-batch": {"batch": 2},
    "batch-of-somebody-else": {"batch": 4},
    "no-time": {"at": ""},
    "other-zone": {"at": "2026-11-23T01:00:00+00:00"},
    "no-zone": {"at": "2026-11-23T01:00:00"},
    "supersedes-nothing": {"supersedes": 1},
    "supersedes-hidden": {"kind": "certify", "subject": "village:1>2"},
    "revokes-nothing": {"kind": "revoke", "subject": "9"},
    "revokes-twice": {"kind": "revoke", "subject": "3"},
}


@pytest.mark.parametrize("changed", UNSOUND.values(), ids=UNSOUND)
def test_a_row_put_in_from_outside_is_told(tmp_path: Path, changed: dict[str, Any]) -> None:
    put(some(tmp_path), **changed)
    (told,) = verify(tmp_path)
    assert told.startswith(f"{LEDGER_FILE} แถว 5 ")
    if changed.get("kind") == "revoke":
        assert decide(tmp_path, SOMCHAI, [certified("z")], seen=4) == [6], "it is told, and revokes nothing"
        assert in_force(read_ledger(tmp_path))["seq"].tolist() == [1, 2, 6]


@pytest.mark.parametrize(("at", "faults"), [("2020-01-01T00:00:00+07:00", 1), (None, 0)], ids=["years", "minutes"])
def test_a_clock_that_went_backwards_is_told_but_not_that_of_the_next_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str | None, faults: int
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.fromisoformat(at) if at else datetime.now(tz) - timedelta(minutes=9)

    some(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "datetime", Clock)
        assert decide(tmp_path, SOMCHAI, [certified("x"), certified("y")]) == [5, 6]
    told = verify(tmp_path)
    assert len(told) == faults
    assert all("แถว 5 " in text and "นาฬิกา" in text for text in told)


# -- what was changed is told ----
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_a_past_row_is_told(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / LEDGER_FILE
    if not path.exists():
        some(tmp_path)
        shutil.copy(path, tmp_path / "kept")
    shutil.copy(tmp_path / "kept", path)
    seq, column = data.draw(st.integers(1, 4)), data.draw(st.sampled_from(COLUMNS[1:]))
    with raw(path) as base:
        before = base.execute(f'SELECT "{column}" FROM decisions WHERE seq = {seq}').fetchone()[0]
    if isinstance(before, str):
        content = before.encode()
        place = data.draw(st.integers(0, len(content)))
        byte = data.draw(st.binary(min_size=1, max_size=1))
        # A byte put in, taken out or changed; what is no UTF-8 any more is put in as it is.
        changed = content[:place] + byte + content[place + data.draw(st.integers(0, 1)) :]
        value = f"CAST(x'{changed.hex()}' AS TEXT)"
        if changed == content:
            return
    else:
        number = data.draw(st.integers(-(2**63) + 1, 2**63 - 1).filter(lambda drawn: drawn != before))
        value = str(number)
    cheat(path, f"UPDATE decisions SET {column} = {value} WHERE seq = {seq}")
    told = verify(tmp_path)
    assert any(f"แถว {seq} " in text for text in told)
    assert len(told) <= 2, "the row and the one after it"


def cells_of_rows(path: Path) -> list[int]:
    """Return where the bytes of the rows stand in the file, by SQLite's file format (sqlite.org/fileformat2)."""
    with raw(path) as base:
        (root,) = base.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'decisions'").fetchone()
        (size,) = base.execute("PRAGMA page_size").fetchone()
    page = path.read_bytes()[(root - 1) * size : root * size]
    assert page[0] == 13, "a leaf of a table"
    places = []
    for cell in range(int.from_bytes(page[3:5], "big")):
        start = int.from_bytes(page[8 + 2 * cell : 10 + 2 * cell], "big")
        assert page[start] >= 128 > page[start + 1], "a payload of two bytes' length, all in this page"
        payload = (page[start] - 128) * 128 + page[start + 1]
        places += range(start, start + 3 + payload)
    return [(root - 1) * size + place for place in places]


def test_any_byte_of_a_row_flipped_in_the_file_is_told(tmp_path: Path) -> None:
    decide(tmp_path, SOMCHAI, [certified("ก>2")])
    decide(tmp_path, SOMYING, [certified("ก>2", 3400, "วัดซ้ำ")])
    path = tmp_path / LEDGER_FILE
    content = path.read_bytes()
    places = cells_of_rows(path)
    assert len(places) > 500
    before = read_ledger(tmp_path)
    untold = set()
    with path.open("r+b", buffering=0) as file:
        for number, place in enumerate(places):
            in_a_head = not content[place : place + 1].isalnum()
            for flip in (1, 2, 4, 8, 10, 11, 16, 32, 64, 128) if in_a_head else (1, 1 << number % 7 + 1):
                file.seek(place)
                file.write(bytes([content[place] ^ flip]))
                if not verify(tmp_path):
                    pd.testing.assert_frame_equal(read_ledger(tmp_path), before)
                    untold.add(place)
            file.seek(place)
            file.write(content[place : place + 1])
    # Codes of a column's type that say NULL: SQLite looks at none for seq, which stands elsewhere in the row, and takes
    # 10 and 11 for NULL too. Such a byte says nothing: the rows read the same.
    assert {content[place] for place in untold} == {0}
    assert len(untold) <= 2 * 2
    assert verify(tmp_path) == []


def test_nothing_is_added_to_a_broken_chain(tmp_path: Path) -> None:
    path = some(tmp_path)
    cheat(path, "UPDATE decisions SET why = 'x' WHERE seq = 1")
    told = [refusal(lambda: decide(tmp_path, SOMCHAI, [certified("z")]))]
    assert told == [refusal(lambda: revoke(tmp_path, SOMCHAI, [2], "ผิด"))] == verify(tmp_path)
    assert read_ledger(tmp_path)["why"][0] == "x", "who looks into it can read it"


def test_rows_taken_out_are_told(tmp_path: Path) -> None:
    path = some(tmp_path)
    cheat(path, "DELETE FROM decisions WHERE seq = 2")
    (told,) = verify(tmp_path)
    assert "แถว 3 อยู่ถัดจากแถว 1" in told
    cheat(path, "DELETE FROM decisions WHERE seq = 1")
    assert "แถว 3 อยู่ถัดจากแถว 0" in verify(tmp_path)[0]


def test_a_row_made_anew_with_its_hash_is_told_by_the_next(tmp_path: Path) -> None:
    path = some(tmp_path)
    with raw(path) as base:
        row = list(base.execute("SELECT * FROM decisions WHERE seq = 2").fetchone())
    row[6] = '{"certified_m":9900}'
    cheat(path, f"UPDATE decisions SET content = '{row[6]}', hash = '{digest(tuple(row[:-1]))}' WHERE seq = 2")
    (told,) = verify(tmp_path)
    assert "แถว 3 ไม่ต่อจากแถว 2" in told


def test_an_anchor_tells_what_the_chain_cannot(tmp_path: Path) -> None:
    path = some(tmp_path)
    anchor = head(tmp_path)
    decide(tmp_path, SOMYING, [certified("z")])
    assert verify(tmp_path, anchor) == [], "a ledger that has grown"
    assert verify(tmp_path, (0, ZEROS)) == []
    assert verify(tmp_path, json.loads(json.dumps(anchor))) == [], "as a manifest gives it back"
    cheat(path, "DELETE FROM decisions WHERE seq > 3")
    assert verify(tmp_path) == []
    (told,) = verify(tmp_path, anchor)
    assert "ถึงแถว 3 แต่เคยมีถึงแถว 4" in told
    decide(tmp_path, SOMCHAI, [certified("z")])
    assert verify(tmp_path) == []
    (told,) = verify(tmp_path, anchor)
    assert "แถว 4 ไม่ตรง" in told
    path.unlink()
    (told,) = verify(tmp_path, anchor)
    assert "ถึงแถว 0 แต่เคยมีถึงแถว 4" in told


ALTERED = {
    "trigger-gone": 'DROP TRIGGER "no UPDATE ON decisions"',
    "trigger-more": "CREATE TRIGGER t AFTER INSERT ON decisions BEGIN SELECT 1; END",
    "table-more": "CREATE TABLE t (x)",
    "index": "CREATE UNIQUE INDEX i ON decisions (hash)",
    "column-more": "ALTER TABLE decisions ADD COLUMN x TEXT",
}


@pytest.mark.parametrize("statement", ALTERED.values(), ids=ALTERED)
def test_a_ledger_without_its_guards_is_told_and_not_used(tmp_path: Path, statement: str) -> None:
    path = some(tmp_path)
    with raw(path) as base:
        base.execute(statement)
        if statement == ALTERED["trigger-gone"]:
            base.execute("UPDATE decisions SET who = 'x' WHERE seq = 2")
    told = verify(tmp_path)
    assert "ทริกเกอร์" in told[0]
    assert ["แถว 2 " in text for text in told[1:]] == ([True] if statement == ALTERED["trigger-gone"] else [])
    for act in (
        lambda: read_ledger(tmp_path),
        lambda: head(tmp_path),
        lambda: decide(tmp_path, SOMCHAI, [certified("z")]),
    ):
        assert "ทริกเกอร์" in refusal(act)


def test_another_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = some(tmp_path)
    cheat(path, "UPDATE meta SET version = 2", "ALTER TABLE decisions RENAME TO rows", put_back=False)
    told = verify(tmp_path)
    assert (
        told
        == [refusal(lambda: read_ledger(tmp_path))]
        == [refusal(lambda: decide(tmp_path, SOMCHAI, [certified("z")]))]
    )
    assert "รุ่น 2 แต่โปรแกรมนี้ใช้ได้กับรุ่น 1" in told[0]
    cheat(path, "DELETE FROM meta")
    assert "รุ่น - " in refusal(lambda: head(tmp_path))


# -- files that are no ledgers ----
def damaged_empty(path: Path) -> None:
    path.write_bytes(b"")


def damaged_other(path: Path) -> None:
    path.write_text("ไม่ใช่ฐานข้อมูล" * 500, "utf-8")


def damaged_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 4096)


def damaged_odd(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 2 // 3 + 7)


def damaged_database(path: Path) -> None:
    path.unlink()
    with raw(path) as base:
        base.execute("CREATE TABLE x (y)")


def damaged_text(path: Path) -> None:
    """Break the text of a message of SQLite's own, which Python cannot even read then."""
    content = path.read_bytes()
    path.write_bytes(content.replace(b"CREATE TABLE meta", b"CREATE TABL\xff meta"))


DAMAGES = [damaged_empty, damaged_other, damaged_short, damaged_odd, damaged_database, damaged_text]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_file_that_is_no_ledger_is_told_and_left_as_it_is(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = some(tmp_path)
    damage(path)
    content = path.read_bytes()
    for act in (
        lambda: read_ledger(tmp_path),
        lambda: head(tmp_path),
        lambda: decide(tmp_path, SOMCHAI, [certified("z")]),
        lambda: revoke(tmp_path, SOMCHAI, [1], "ผิด"),
    ):
        assert "เสียหาย" in refusal(act)
    assert "เสียหาย" in verify(tmp_path)[0]
    assert path.read_bytes() == content


def test_cells_of_another_sort_are_not_read_as_texts(tmp_path: Path) -> None:
    path = some(tmp_path)
    with raw(path) as base:
        base.execute("PRAGMA writable_schema = ON")
        base.execute("UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'decisions'")
    cheat(path, "UPDATE decisions SET kind = CAST(kind AS BLOB) WHERE seq = 2")
    with raw(path) as base:
        base.execute("PRAGMA writable_schema = ON")
        base.execute("UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE name = 'decisions'")
    assert "เสียหาย" in refusal(lambda: read_ledger(tmp_path))
    assert any("แถว 2 " in text for text in verify(tmp_path))


def test_a_text_that_is_no_utf8_is_not_read(tmp_path: Path) -> None:
    cheat(some(tmp_path), "UPDATE decisions SET who = CAST(x'ff' AS TEXT) WHERE seq = 2")
    assert "เสียหาย" in refusal(lambda: read_ledger(tmp_path))
    (told,) = verify(tmp_path)
    assert "แถว 2 " in told


def test_a_fault_of_the_file_beside_sound_rows_is_told(tmp_path: Path) -> None:
    """A page that belongs to nothing: rows and chain are sound, the file is not."""
    path = some(tmp_path)
    content = bytearray(path.read_bytes() + bytes(4096))
    content[28:32] = (len(content) // 4096).to_bytes(4, "big")
    path.write_bytes(content)
    (told,) = verify(tmp_path)
    assert "เสียหาย" in told


# -- locks, rights, journals ----
def test_a_ledger_in_use_is_told_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = some(tmp_path)
    monkeypatch.setattr(ledger, "_WAIT_S", 0.05)
    with raw(path) as base:
        base.execute("BEGIN IMMEDIATE")
        assert "ปิดโปรแกรมนั้น" in refusal(lambda: decide(tmp_path, SOMCHAI, [certified("z")]))
        assert len(read_ledger(tmp_path)) == 4, "who only reads need not wait for a writer"
        base.execute("COMMIT")
        base.execute("BEGIN EXCLUSIVE")
        assert "ปิดโปรแกรมนั้น" in refusal(lambda: head(tmp_path))
        assert "ปิดโปรแกรมนั้น" in verify(tmp_path)[0]
    with raw(path) as base:
        base.execute("BEGIN")
        assert base.execute("SELECT count(*) FROM decisions").fetchone() == (4,)
        assert "ปิดโปรแกรมนั้น" in refusal(lambda: decide(tmp_path, SOMCHAI, [certified("z")])), "a reader keeps it"
    assert decide(tmp_path, SOMCHAI, [certified("z")]) == [5]


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """Return a folder that may be made read-only for whoever runs the test, root included."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    uid = os.geteuid() if hasattr(os, "geteuid") else None
    if uid is None:
        pytest.skip("rights are kept otherwise on this system")
    yield folder
    os.seteuid(uid)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def close(folder: Path, rights: int = 0o555) -> None:
    folder.chmod(rights)
    if os.geteuid() == 0:
        os.seteuid(65534)


def test_a_folder_without_the_right_to_write_can_be_read(closed_folder: Path) -> None:
    some(closed_folder)
    close(closed_folder)
    assert "สิทธิ์เขียน" in refusal(lambda: decide(closed_folder, SOMCHAI, [certified("z")]))
    assert len(read_ledger(closed_folder)) == 4
    assert verify(closed_folder) == []


def test_a_folder_without_the_right_to_write_gets_no_ledger(closed_folder: Path) -> None:
    close(closed_folder)
    assert "สิทธิ์เขียน" in refusal(lambda: decide(closed_folder, SOMCHAI, [certified("z")]))
    assert head(closed_folder) == (0, ZEROS)


def test_a_folder_that_cannot_be_looked_into_is_not_taken_for_an_empty_one(closed_folder: Path) -> None:
    some(closed_folder)
    close(closed_folder, 0)
    assert "สิทธิ์" in refusal(lambda: head(closed_folder))
    assert "สิทธิ์" in verify(closed_folder)[0]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "โฟลเดอร์" in refusal(lambda: decide(tmp_path / "2571", SOMCHAI, [certified("z")]))
    (tmp_path / LEDGER_FILE).mkdir()
    assert "โฟลเดอร์" in refusal(lambda: read_ledger(tmp_path))


def crashed(folder: Path) -> Path:
    """Leave a ledger as a crash in the middle of a commit leaves it: half written, its journal beside it."""
    path = some(folder)
    with raw(path) as base:
        base.execute("PRAGMA cache_size = 1")
        base.execute("PRAGMA cache_spill = 1")
        base.execute("BEGIN IMMEDIATE")
        for name in ("no UPDATE ON decisions", "follows"):
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("UPDATE decisions SET who = 'half'")
        base.executemany(f"INSERT INTO decisions {NEXT.format('?', LAST)}", [(seq,) for seq in range(5, 400)])
        copy = folder / "crashed"
        copy.mkdir()
        for name in (LEDGER_FILE, f"{LEDGER_FILE}-journal"):
            shutil.copy(folder / name, copy / name)
    assert (copy / LEDGER_FILE).read_bytes() != path.read_bytes(), "nothing was half written"
    return copy


def test_a_crash_in_the_middle_of_writing_leaves_the_old_state(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    assert head(folder) == head(tmp_path)
    assert verify(folder, head(tmp_path)) == []
    assert decide(folder, SOMCHAI, [certified("z")]) == [5]


def test_what_a_crash_left_is_not_read_half_where_it_cannot_be_mended(tmp_path: Path, closed_folder: Path) -> None:
    for path in crashed(tmp_path).iterdir():
        shutil.copy(path, closed_folder)
        (closed_folder / path.name).chmod(0o644)
    close(closed_folder)
    assert "สิทธิ์เขียน" in refusal(lambda: read_ledger(closed_folder))
    assert "สิทธิ์เขียน" in verify(closed_folder)[0]


def test_a_journal_without_its_ledger_is_not_put_on_another(tmp_path: Path) -> None:
    folder = crashed(tmp_path)
    (folder / LEDGER_FILE).unlink()
    for act in (lambda: decide(folder, SOMCHAI, [certified("z")]), lambda: head(folder), lambda: read_ledger(folder)):
        assert "journal" in refusal(act)
    assert "journal" in verify(folder)[0]
    assert [path.name for path in folder.iterdir()] == [f"{LEDGER_FILE}-journal"]


KILLED = """
import os, signal, sys, time
from pathlib import Path
from restructure.ledger import Decision, decide
for run in range(50):
    folder = Path(sys.argv[1]) / str(run)
    folder.mkdir()
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        for first in range(0, 500, 100):
            villages = [Decision("certify", f"village:{v}>2", {"certified_m": v}) for v in range(first, first + 100)]
            os.write(tell, f"{decide(folder, 'A', villages)[-1]} ".encode())
        os._exit(0)
    os.close(tell)
    confirmed = b""
    while confirmed.count(b" ") < run % 5:
        confirmed += os.read(told, 100)
    time.sleep(0.001 * (run // 5))  # within what comes next: at its begin, in its middle, at its end
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(told, 100):
        confirmed += more
    os.close(told)
    print(run, confirmed.decode().split()[-1] if confirmed else 0, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL") or not hasattr(os, "fork"), reason="kill -9 is POSIX's")
def test_killed_fifty_times_while_certifying_nothing_is_lost_and_nothing_half(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, check=True)
    runs = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert [run for run, _ in runs] == list(range(50))
    in_the_middle = 0
    for run, confirmed in runs:
        folder = tmp_path / str(run)
        in_the_middle += (folder / f"{LEDGER_FILE}-journal").exists()
        rows = read_ledger(folder)
        assert verify(folder) == []
        assert len(rows) in (confirmed, confirmed + 100), "lost or half"
        assert rows["subject"].tolist() == [f"village:{village}>2" for village in range(len(rows))]
        if run % 10 == 0:  # go on as if nothing had been
            decide(folder, "B", [certified(f"village:{village}>2") for village in range(len(rows), 500)])
            assert len(in_force(read_ledger(folder))) == 500
            assert verify(folder) == []
    assert in_the_middle, "no kill struck while a journal was there: the test proves nothing"
    assert len({confirmed for _, confirmed in runs}) >= 5


# -- replay ----
def held_by_pointers(rows: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Say what holds another way: from the newest of a subject back along ``supersedes`` past what is revoked."""
    revoked = {int(row["subject"]) for row in rows if row["kind"] == "revoke"}
    by_seq = {row["seq"]: row for row in rows}
    held = {}
    for row in rows:
        if row["kind"] != "revoke":
            seq: Any = row["seq"]
            while seq is not None and seq in revoked:
                seq = by_seq[seq]["supersedes"]
            held[row["kind"], row["subject"]] = seq
    return {subject: seq for subject, seq in held.items() if seq is not None}


ACTS = st.lists(
    st.one_of(
        st.lists(st.tuples(st.sampled_from("kl"), st.sampled_from("abc"), st.integers(0, 9)), min_size=1, max_size=3),
        st.integers(0, 30),
    ),
    max_size=12,
)


@settings(max_examples=40)
@given(acts=ACTS)
def test_replay_gives_the_state_that_was(acts: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        state: dict[tuple[str, str], list[tuple[int, int]]] = {}  # what each subject's decisions are, newest last
        for act in acts:
            if isinstance(act, int):
                there = [seq for pairs in state.values() for seq, _ in pairs]
                if act in there:
                    revoke(folder, SOMYING, [act], "ผิด")
                    state = {key: [pair for pair in pairs if pair[0] != act] for key, pairs in state.items()}
                else:
                    with pytest.raises(LedgerError):
                        revoke(folder, SOMYING, [act], "ผิด")
                continue
            entries = [Decision(kind, subject, {"x": number}) for kind, subject, number in act]
            if len({entry[:2] for entry in entries}) < len(entries):
                with pytest.raises(LedgerError):
                    decide(folder, SOMCHAI, entries)
                continue
            for seq, entry in zip(decide(folder, SOMCHAI, entries), entries, strict=True):
                state.setdefault(entry[:2], []).append((seq, entry.content["x"]))
        rows = read_ledger(folder)
        held = in_force(rows)
        found = {
            (row.kind, row.subject): (row.seq, json.loads(row.content)["x"]) for row in held.itertuples(index=False)
        }
        assert found == {key: pairs[-1] for key, pairs in state.items() if pairs}
        plain = rows.astype(object).where(rows.notna(), None).to_dict("records")
        assert {key: seq for key, (seq, _) in found.items()} == held_by_pointers(plain)
        assert held["seq"].is_monotonic_increasing
        assert in_force(rows, "k")["seq"].tolist() == held.loc[held["kind"] == "k", "seq"].tolist()
        assert verify(folder) == []


def test_errors_are_of_the_data() -> None:
    assert issubclass(LedgerError, DataError)

"""Whatever is done to a backup on its way: it comes back as it was, or is refused in a sentence and leaves nothing.

``SEED=… EXAMPLES=… pytest tests/fuzz`` draws other ones.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import warnings
import zipfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from restructure._errors import RestructureError
from restructure.backup import BACKUP_FILE, restore, write_backup
from restructure.ledger import Decision, decide
from restructure.portable import refuse_names

SEED = int(os.environ["SEED"]) if os.environ.get("SEED") else None
EXAMPLES = int(os.environ.get("EXAMPLES", "60"))
FILES = {"policy.yaml": b"office: x\n", "inputs/a.csv": b"a,b\n1,2\n" * 50, "evidence/0.pdf": bytes(range(256)) * 8}
NAME_BITS = [
    "a",
    "A",
    "é",
    "e\u0301",
    "ก",
    "..",
    ".",
    "",
    "/",
    "\\",
    "con",
    "nul.txt",
    " ",
    ":",
    "\x00",
    "\u202e",
    "~",
    "C:",
]
STRANGE = [None, True, -1, 0, 2, 10**30, 1.5, "", "x", [], {}, [[]], "2026-11-23", "0" * 64, float("nan")]


@cache
def _packed() -> bytes:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "c"
        for name, data in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
        decide(folder, "ก", [Decision("confirm-rule", "bands", {})])
        write_backup(folder, Path(place) / "b.zip", made=date(2026, 11, 23))
        return (Path(place) / "b.zip").read_bytes()


class Sent(bytes):
    """A file that came; whole zips would be printed otherwise."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


@st.composite
def _damaged(draw: st.DrawFn) -> Sent:
    """Return a backup with bytes changed, put in, taken out or doubled."""
    data = bytearray(_packed())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.one_of(st.integers(0, len(data)), st.integers(max(0, len(data) - 700), len(data))))
        what, more = draw(st.sampled_from("=+-2")), draw(st.binary(min_size=1, max_size=8))
        if what == "=":
            data[at : at + len(more)] = more
        elif what == "+":
            data[at:at] = more
        elif what == "-":
            del data[at : at + draw(st.integers(1, 300))]
        else:
            data[at:at] = data[at : at + draw(st.integers(1, 300))]
    return Sent(data)


@st.composite
def _remade(draw: st.DrawFn) -> Sent:
    """Return a sound zip that somebody has put together: other names, sizes, digests, kinds of entries."""
    with zipfile.ZipFile(io.BytesIO(_packed())) as archive:
        entries = [(entry, archive.read(entry)) for entry in archive.infolist()]
    told: dict[str, Any] = json.loads(entries.pop()[1])
    for _ in range(draw(st.integers(0, 2))):
        name = "".join(draw(st.lists(st.sampled_from(NAME_BITS), min_size=1, max_size=5)))
        data = draw(st.binary(max_size=9))
        entry = zipfile.ZipInfo(f"cycle/{name}")
        entry.external_attr = draw(st.sampled_from([0, 0o100644 << 16, 0o120777 << 16, 0o040755 << 16]))
        entries.append((entry, data))
        if draw(st.booleans()):
            told["files"][name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if draw(st.booleans()):
        place = draw(st.sampled_from([told, told["files"], told["files"]["policy.yaml"]]))
        place[draw(st.sampled_from([*place, "more"]))] = draw(st.sampled_from(STRANGE))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the same name twice
        for entry, data in [*entries, (zipfile.ZipInfo(BACKUP_FILE), json.dumps(told).encode())]:
            archive.writestr(entry, data)
    return Sent(out.getvalue())


def _try(data: bytes, wanted: dict[str, bytes]) -> None:
    """Restore a file: `wanted` are the files that it must give, if any."""
    with tempfile.TemporaryDirectory() as place:
        path, target = Path(place) / "b.zip", Path(place) / "to" / "2570"
        path.write_bytes(data)
        try:
            made, refusal = restore(path, target), ""
        except RestructureError as error:
            refusal = str(error)
        left = sorted(p.name for p in Path(place).iterdir())
        if refusal:
            assert (refusal.count("\n"), left) == (1, ["b.zip"])
            return
        assert left == ["b.zip", "to"]
        found = {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()}
        assert set(found) == set(made.files)
        assert wanted.items() <= found.items()
        refuse_names(found)
        for name, content in found.items():
            assert hashlib.sha256(content).hexdigest() == made.files[name].sha256


TARGETS: dict[str, Any] = {"damaged": (_damaged(), FILES), "put together": (_remade(), {})}


@pytest.mark.parametrize("name", TARGETS)
def test_what_comes_back_is_what_it_names_or_nothing_comes_out(name: str) -> None:
    strategy, wanted = TARGETS[name]

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=SEED is None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def run(data: Sent) -> None:
        _try(data, wanted)

    (run if SEED is None else hypothesis.seed(SEED)(run))()

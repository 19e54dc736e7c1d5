"""``run``: the notebooks of a year's work, each done again only where something that it reads has changed.

All of a run goes into a folder of its own, and into its place when the last notebook is done: until then, and however
the run ends, the outputs are those of the run before. A run that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from restructure._errors import UsageError
from restructure.chain import START
from restructure.cycle import MANIFEST_FILE
from restructure.files import (
    RUN_FOLDER,
    RUNNING,
    finish_left,
    locked,
    put_in_place,
    refuse_viewed,
    sha256,
    write_json,
)
from restructure.ledger import LEDGER_FILE, head, verify
from restructure.manifest import merged_manifest
from restructure.notebooks import YEAR, execute, notebooks_folder
from restructure.program import notebooks_digest, package_digest, versions

#: Named by whether something is read beside files of the folder.
PROGRAM, LIBRARIES, TODAY = "program", "libraries", "today"
#: In a reason: the notebook has not been done yet, or a file that it made is not as it left it.
NEVER, TOUCHED = "never", "touched:"

#: Beside the tables that the office gave: settings that every notebook reads.
_SETTINGS = ("policy.yaml", "mapping.yaml", "corrections.csv")
#: Tables that nothing but the checks of the data and the papers of the plan read.
_ASIDE = ("totals", "population", "polling", "ceilings", "payments")
#: Of a notebook that does not read the whole folder: what beside inputs and settings it reads, and which tables it does
#: not. The tests take each of those tables away and look for a change in what the notebook makes.
_READS = {
    "00-start": (("scenarios/",), ()),
    "01-data": (("scenarios/", LEDGER_FILE), ()),
    "02-distances": (("scenarios/", "plan.yaml"), (*_ASIDE, "enrolment")),
    "03-scenarios": (("scenarios/", "optimise.yaml", "drafts/"), _ASIDE),
    "04-subsidy": ((LEDGER_FILE, "evidence/", "templates/"), ("totals", "population", "polling", "enrolment")),
}
#: Never read by a notebook: what is made, and what is nobody's but the persons' it is about.
_NEVER_READ = ("outputs", "private", "cache")
_RECORD = ".record.json"
_REASONS = {
    NEVER: "ยังไม่เคยทำ",
    PROGRAM: "โปรแกรมเปลี่ยน",
    LIBRARIES: "รุ่นของ Python หรือไลบรารีเปลี่ยน",
    TODAY: "ขึ้นวันใหม่ เอกสารบอกว่าสิ่งใดเกินกำหนด",
    LEDGER_FILE: "ทะเบียนการตัดสินใจเปลี่ยน",
}
_SHOWN = 3


def run_year(
    folder: Path,
    progress: Callable[[str, int, int], None] | None = None,
    *,
    anew: bool = False,
    approve: Callable[[Path], None] | None = None,
) -> None:
    """Do again the notebooks of which something has changed (:func:`stale`), or all.

    Parameters
    ----------
    progress
        Called with the name of the notebook about to run, how many are done and how many there are to do.
    anew
        Whether all are done again.
    approve
        Called with the folder of the run when all is done and nothing is in its place yet; may refuse by raising.

    Raises
    ------
    UsageError
        When another run of this folder goes on, or the folder is only being looked at.
    DataError
        When a notebook stops; the outputs stay as they were, and what is done already is kept for the next run.
    """
    outputs = folder / "outputs"
    refuse_viewed(outputs)
    finish_left(outputs)
    run = outputs / RUN_FOLDER
    if not (anew or is_unfinished(folder) or stale(folder)):
        return
    run.mkdir(parents=True, exist_ok=True)
    free = False
    try:
        with locked(run / ".run.lock", 0.0) as free:
            if not free:
                raise UsageError(
                    f"กำลังทำ {folder} อยู่ในหน้าต่างอื่น: รอให้เสร็จก่อน",
                    f"Another run of {folder} goes on; wait until it ends.",
                )
            if anew:
                (run / _RECORD).unlink(missing_ok=True)
            record = _run(folder, run, list(YEAR) if anew else None, progress)
            if approve:
                approve(run)
            _take(run, record)
    except BaseException:
        if free and anew:  # it is no run to go on with
            shutil.rmtree(run, ignore_errors=True)
        raise
    shutil.rmtree(run, ignore_errors=True)


def is_unfinished(folder: Path) -> bool:
    """Return whether a run of a cycle was stopped and can go on."""
    return (folder / "outputs" / RUN_FOLDER / _RECORD).is_file()


def _run(
    folder: Path, run: Path, names: list[str] | None, progress: Callable[[str, int, int], None] | None
) -> dict[str, Any]:
    """Execute notebooks with a copy of the outputs for theirs; return the record of what each read and made.

    Without names, those of which something has changed.
    """
    record = _record(folder)
    if not is_unfinished(folder):
        for left in run.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
        shutil.copytree(folder / "outputs", run, ignore=_hidden, dirs_exist_ok=True)
        record |= {"made": [], "before": sorted(_listing(run))}
        _note(run, record)
    names = list(stale(folder)) if names is None else names
    with _running(folder):
        for number, name in enumerate(names):
            if progress:
                progress(name, number, len(names))
            read, before = what_it_reads(folder, name), _listing(run)
            execute(notebooks_folder() / f"{name}.ipynb", run / "notebooks", folder)
            after = _listing(run)
            made = [path for path, state in after.items() if before.get(path) != state and path != MANIFEST_FILE]
            # What it made before and makes no longer, such as the results of a scenario that is gone, is nobody's.
            held = {path for of, done in record["notebooks"].items() if of != name for path in done["made"]}
            for path in record["notebooks"].get(name, {"made": {}})["made"].keys() - held - {*made}:
                (run / path).unlink(missing_ok=True)
                after.pop(path, None)
            for other in record["notebooks"].values():  # a file of two notebooks is that one's which wrote it last
                for path in {*made, *before} - (after.keys() - {*made}):
                    other["made"].pop(path, None)
            record["notebooks"][name] = {"read": read, "made": {path: sha256(run / path) for path in sorted(made)}}
            record["made"] = sorted({*record["made"], *made} & after.keys())
            _note(run, record)
    if progress:
        progress("", len(names), len(names))
    return record


def _take(run: Path, record: dict[str, Any]) -> None:
    """Put what a run made in its place, the manifest with it."""
    notebooks = {name: record["notebooks"][name] for name in YEAR if name in record["notebooks"]}
    write_json(run / MANIFEST_FILE, merged_manifest(run.parent, run) | {"run": {"notebooks": notebooks}})
    put_in_place(run, [*record["made"], MANIFEST_FILE], sorted({*record["before"]} - _listing(run).keys()))


def _note(run: Path, record: dict[str, Any]) -> None:
    write_json(run / f"{_RECORD}.part", record)
    (run / f"{_RECORD}.part").replace(run / _RECORD)


def stale(folder: Path) -> dict[str, list[str]]:
    """Return the notebooks that are to be done again, in order, each with the reasons.

    A reason is the path of a file that has changed, come or gone, ``ledger.sqlite`` where something was decided, one of
    ``program``, ``libraries`` and ``today``, ``never``, or ``touched:`` with the path of an output that is not as made.
    """
    record = _record(folder)
    base = folder / "outputs"
    if (base / RUN_FOLDER / _RECORD).is_file():
        base /= RUN_FOLDER
    found, files = {}, _files(folder)
    for name in YEAR:
        done = record["notebooks"].get(name)
        if done is None:
            found[name] = [NEVER]
            continue
        changed = differences(done["read"], _read_of(files, name))
        for path, digest in done["made"].items():
            if not (base / path).is_file() or sha256(base / path) != digest:
                changed.append(TOUCHED + path)
        if changed:
            found[name] = changed
    return found


def differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Return what is in one of two records of what was read and not the same in the other, in order."""
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))


def what_it_reads(folder: Path, notebook: str) -> dict[str, str]:
    """Return the digest of all that a notebook's results rest on: files by their path, the program, libraries."""
    return _read_of(_files(folder), notebook)


def _read_of(files: dict[str, str], notebook: str) -> dict[str, str]:
    found = {PROGRAM: package_digest() + notebooks_digest(), LIBRARIES: _digest(versions())}
    parts, aside = _READS.get(notebook, (None, ()))
    if parts is None:  # its papers say what is overdue
        found[TODAY] = date.today().isoformat()
    for path, digest in files.items():
        table = path.removeprefix("inputs/").split(".")[0] if path.startswith("inputs/") else ""
        wanted = parts is None or path.startswith(("inputs/", *parts)) or path in _SETTINGS
        if wanted and table not in aside:
            found[path] = digest
    return found


def _files(folder: Path) -> dict[str, str]:
    found, seen = {}, set()
    for place, folders, names in os.walk(folder, followlinks=True):  # the cycle is read through links too
        at = Path(place).relative_to(folder)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (at / name).as_posix() not in _NEVER_READ
        )
        if (real := os.path.realpath(place)) in seen:  # a link to a folder around it
            folders.clear()
            continue
        seen.add(real)
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith((".", "~$", LEDGER_FILE)) and path.is_file():
                state = path.stat()
                found[(at / name).as_posix()] = _known_sha256(path, state.st_mtime_ns, state.st_size)
    if (folder / LEDGER_FILE).is_file():  # by what was decided: the bytes of the file change when it is only read
        faults = verify(folder)
        last = START if faults else head(folder)
        if faults or last != START:
            found[LEDGER_FILE] = _digest({"faults": faults}) if faults else last[1]
    return found


@cache
def _known_sha256(path: Path, _changed_ns: int, _size: int) -> str:
    return sha256(path)


def _digest(data: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _record(folder: Path) -> dict[str, Any]:
    """Return what the runs of a folder have noted of themselves: of the one that was stopped, else of the last."""
    outputs = folder / "outputs"
    for path, key in ((outputs / RUN_FOLDER / _RECORD, None), (outputs / MANIFEST_FILE, "run")):
        # One that is not ours is none: all is done anew.
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            record = json.loads(path.read_text("utf-8"))
            record = dict(record[key] if key else record)
            if all({*done["read"].values(), *done["made"].values()} for done in record["notebooks"].values()):
                return record
    return {"notebooks": {}}


def _listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Return when each file under a folder was written, and its size, by its path."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            state = path.stat()
            found[name.as_posix()] = (state.st_mtime_ns, state.st_size)
    return found


def _hidden(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(".")]


@contextmanager
def _running(folder: Path) -> Iterator[None]:
    """Let the outputs of a cycle be those of its run, in this program and those that it starts."""
    before = os.environ.get(RUNNING)
    os.environ[RUNNING] = str(folder.resolve())
    try:
        yield
    finally:
        if before is None:
            del os.environ[RUNNING]
        else:
            os.environ[RUNNING] = before


def spell_reasons(reasons: list[str]) -> str:
    """Return in Thai why a notebook is done again."""
    shown = [spell(reason) for reason in reasons[:_SHOWN]]
    more = f" และอีก {len(reasons) - _SHOWN} อย่าง" if len(reasons) > _SHOWN else ""
    return ", ".join(shown) + more


def spell(reason: str) -> str:
    """Return one reason in Thai."""
    if reason.startswith(TOUCHED):
        return f"outputs/{reason.removeprefix(TOUCHED)} หายหรือไม่ใช่อย่างที่ทำไว้"
    return _REASONS.get(reason, f"{reason} เปลี่ยน")

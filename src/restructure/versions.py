"""Versions of a plan: what a committee saw is kept with its figures, texts and document, and compared with what is now.

``versions/N/`` holds ``version.json`` and the documents as they were; the ledger holds who kept it, why, and the hash
of each file (kind :data:`VERSION_KEPT`), so that a version that was changed afterwards shows.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from restructure._errors import DataError, UsageError
from restructure.cycle import Measured, refuse_broken_ledger
from restructure.drafting import SCHOOL_TEXTS, TEXTS, Draft
from restructure.files import sha256, staged, write_csv, write_json
from restructure.grades import thai_grades
from restructure.ledger import Decision, decide, in_force, read_ledger
from restructure.planfigures import merge_rows, plan_figures, spell_figure
from restructure.policy import Policy
from restructure.procedure import steps_of
from restructure.scenario import Scenario
from restructure.sharedlist import only_writer
from restructure.simulate import Outcome
from restructure.thai import thai_date
from restructure.words import KINDS, PROGRAMMES, spell_value

VERSIONS_FOLDER = "versions"
VERSION_KEPT = "version-kept"
#: The documents that are kept, of those that there are; the first there has to be.
_DOCUMENTS = ("plan.docx", "summary.docx")
_FORMAT = 1
#: What a change is about, in the order shown.
PARTS = {"merge": "การรวม", "figure": "ตัวเลข", "text": "ข้อความ", "step": "ผู้รับผิดชอบและกำหนดวัน", "setting": "ค่าที่ใช้คำนวณ"}
_COLUMNS = ["part", "where", "item", "then", "now"]


def keep_version(measured: Measured, outcome: Outcome, draft: Draft, why: str, who: str) -> int:
    """Keep what a committee sees, under the next number, as a decision in the ledger; return the number.

    Raises
    ------
    UsageError
        When there is no name of it, or its document is not there or older than the draft or the scenario.
    LedgerError
        When the ledger refuses; nothing is kept then.
    """
    cycle = measured.cycle
    if not why.strip():
        raise UsageError(
            "ยังไม่บอกว่าฉบับนี้ใช้ทำอะไร: กรอก เช่น ฉบับเสนอที่ประชุม กศจ. ครั้งที่เท่าใด", "Say what this version is for."
        )
    plan = cycle.outputs / "plan"
    _refuse_old(cycle.folder, plan / _DOCUMENTS[0], outcome.scenario)
    refuse_broken_ledger(cycle.folder)
    with only_writer(cycle.folder / VERSIONS_FOLDER):
        # One that was lost keeps its number: the ledger still says that it was kept.
        rows = read_ledger(cycle.folder)
        told = map(int, rows.loc[rows["kind"] == VERSION_KEPT, "subject"])
        number = max([*_numbers(cycle.folder), *told], default=0) + 1
        kept = cycle.folder / VERSIONS_FOLDER / str(number)
        with staged(cycle.folder / VERSIONS_FOLDER) as stage:
            write_json(stage / str(number) / "version.json", _content(outcome, draft) | {"why": why.strip()})
            for name in _DOCUMENTS:
                if (plan / name).is_file():
                    shutil.copyfile(plan / name, stage / str(number) / name)
        try:
            content = {"scenario": outcome.scenario.stem, "files": {p.name: sha256(p) for p in sorted(kept.iterdir())}}
            decide(cycle.folder, who, [Decision(VERSION_KEPT, str(number), content, why)])
        except BaseException:
            shutil.rmtree(kept)
            raise
    return number


def versions(folder: Path, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the versions that were kept, the newest first.

    Returns
    -------
    DataFrame
        ``number``, ``at``, ``who``, ``why``, ``scenario`` (stem), ``intact`` (its files are still what was kept).
    """
    rows = read_ledger(folder) if rows is None else rows
    found = []
    for row in in_force(rows, VERSION_KEPT).to_dict("records"):
        content, kept = json.loads(row["content"]), folder / VERSIONS_FOLDER / row["subject"]
        intact = all((kept / n).is_file() and sha256(kept / n) == digest for n, digest in content["files"].items())
        found.append((int(row["subject"]), row["at"], row["who"], row["why"], content["scenario"], intact))
    table = pd.DataFrame(found, columns=["number", "at", "who", "why", "scenario", "intact"])
    return table.sort_values("number", ascending=False, ignore_index=True)


def read_version(folder: Path, number: int) -> dict[str, Any]:
    """Return what was kept of a version: ``scenario``, ``figures``, ``merges``, ``draft`` and ``settings``.

    Raises
    ------
    DataError
        When it is not there or cannot be read.
    """
    path = folder / VERSIONS_FOLDER / str(number) / "version.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if data["format"] == _FORMAT:
            return data
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise DataError(
        f"อ่านฉบับที่ {number} ใน {VERSIONS_FOLDER}/ ไม่ได้: นำไฟล์ {path.name} จากไฟล์สำรองกลับมา",
        f"Version {number} cannot be read; bring back {path.name} from a copy.",
    )


def changes(
    version: dict[str, Any], outcome: Outcome, draft: Draft, figures: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return what differs from a version: what is no longer there has an empty ``now``, what is new an empty ``then``.

    Parameters
    ----------
    version
        As :func:`read_version` returns it.
    figures
        As :func:`restructure.planfigures.plan_figures` returns them, where they are there already.

    Returns
    -------
    DataFrame
        ``part`` (of :data:`PARTS`), ``where`` (a school, a pair, or empty), ``item``, ``then``, ``now``; all in Thai
        words. No row where nothing differs.
    """
    then, now = _spelled(version, outcome), _spelled(_content(outcome, draft, figures), outcome)
    order = list(dict.fromkeys([*now, *then]))
    rows = [(*key, then.get(key, ""), now.get(key, "")) for key in order if then.get(key, "") != now.get(key, "")]
    places = {part: place for place, part in enumerate(PARTS.values())}
    table = pd.DataFrame(rows, columns=_COLUMNS)
    return table.sort_values("part", key=lambda parts: parts.map(places), kind="stable", ignore_index=True)


def changes_since_newest(folder: Path, outcome: Outcome, draft: Draft) -> pd.DataFrame | None:
    """Return what differs from the newest version, as :func:`changes`; None without one that is as it was kept."""
    kept = versions(folder)
    if kept.empty or not kept["intact"].iloc[0]:
        return None
    return changes(read_version(folder, int(kept["number"].iloc[0])), outcome, draft)


def write_changes(table: pd.DataFrame, path: Path) -> None:
    """Write what :func:`changes` returns, for people to read."""
    heads = dict(zip(_COLUMNS, ("เรื่อง", "โรงเรียน", "รายการ", "ฉบับที่เก็บไว้", "ตอนนี้"), strict=True))
    write_csv(path, table.rename(columns=heads))


# -- parts ----
def _content(outcome: Outcome, draft: Draft, figures: pd.DataFrame | None = None) -> dict[str, Any]:
    figures = (plan_figures(outcome) if figures is None else figures).drop(columns="question").astype(object)
    return {
        "format": _FORMAT,
        "scenario": outcome.scenario.model_dump(mode="json"),
        "figures": figures.where(figures.notna(), None).to_dict("records"),
        "merges": merge_rows(outcome).to_dict("records"),
        "draft": draft.model_dump(mode="json"),
        "settings": _settings(outcome.office.policy),
    }


def _settings(policy: Policy) -> dict[str, list[str]]:
    return {
        key: [entry.name, spell_value(key, entry, policy.settings), entry.source]
        for key, entry in policy.entries.items()
    }


def _spelled(version: dict[str, Any], outcome: Outcome) -> dict[tuple[str, str, str], str]:
    """Return what a version holds in words, by part, where and item."""
    said = {
        (PARTS["setting"], "", name): f"{value} (ที่มา: {source or 'ไม่ระบุ'})"
        for name, value, source in version["settings"].values()
    }
    parts = (_spelled_merges, _spelled_figures, _spelled_draft)
    return dict(row for spelled in parts for row in spelled(version, outcome)) | said


_Spelled = Iterator[tuple[tuple[str, str, str], str]]


def _spelled_merges(version: dict[str, Any], outcome: Outcome) -> _Spelled:
    yield (PARTS["merge"], "", "ทางเลือก"), version["scenario"]["name"]
    for merge in version["merges"]:
        words = f"{KINDS[merge['kind']]} ตั้งแต่ภาคเรียนที่ {merge['from_term']} {PROGRAMMES[merge['programme']]}"
        where = _where(outcome, merge["school_id"], merge["host_id"])
        yield (PARTS["merge"], where, f"ชั้น {thai_grades(merge['grades'])}"), words


def _spelled_figures(version: dict[str, Any], outcome: Outcome) -> _Spelled:
    for figure in version["figures"]:
        where = _where(outcome, figure["school_id"], figure["host_id"])
        words = spell_figure(figure["key"], figure["value"], figure["unit"])
        yield (PARTS["figure"], where, figure["thai"]), words


def _spelled_draft(version: dict[str, Any], outcome: Outcome) -> _Spelled:
    draft = version["draft"]
    for key, thai in TEXTS.items():
        yield (PARTS["text"], "", thai), draft["texts"].get(key, "")
    for code, texts in sorted(draft["schools"].items()):
        for key, thai in SCHOOL_TEXTS.items():
            yield (PARTS["text"], _where(outcome, code, ""), thai), texts.get(key, "")
    for step in steps_of(draft["kind"]):
        planned = draft["steps"].get(step.key, {"owner": "", "due": None, "note": ""})
        due = f"ภายใน {thai_date(date.fromisoformat(planned['due']))}" if planned["due"] else ""
        yield (PARTS["step"], "", step.thai), ", ".join(filter(None, (planned["owner"], due, planned["note"])))


def _where(outcome: Outcome, school: str, host: str) -> str:
    place, names = outcome.office.place, outcome.office.names
    named = [f"{names[place[code]]} ({code})" if code in place else code for code in (school, host) if code]
    return " ไป ".join(named)


def _numbers(folder: Path) -> list[int]:
    return [int(path.name) for path in (folder / VERSIONS_FOLDER).glob("*") if path.name.isdecimal()]


def _refuse_old(folder: Path, document: Path, scenario: Scenario) -> None:
    made_from = [folder / "plan.yaml", folder / "scenarios" / f"{scenario.stem}.yaml"]
    newest = max((path.stat().st_mtime_ns for path in made_from if path.is_file()), default=0)
    if not document.is_file() or document.stat().st_mtime_ns < newest:
        raise UsageError(
            f"ยังไม่มี {document.name} ของร่างนี้ หรือเก่ากว่าร่าง: ทำเอกสารใหม่ก่อน แล้วเก็บฉบับ",
            f"{document.name} is not there or older than the draft; make the documents first.",
        )

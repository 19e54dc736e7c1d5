"""What schools sent back: kept as it came, read, and everything that is wrong with it said."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.appraisal import refuse_private
from restructure.chain import one_line
from restructure.collection.formreader import Reader
from restructure.collection.issue import Issue, issue_folder
from restructure.collection.reading import read_all
from restructure.files import outputs_folder, sha256, staged
from restructure.ledger import Decision, decide, in_force, read_ledger

RETURNED = "returned"
CHOSEN = "answer-chosen"
ANSWERS = ("school_id", "question", "value", "file", "row", "entry", "state")
PROBLEMS = ("rule", "file", "row", "school_id", "question", "value", "message", "remedy")
#: What has become of an answer: ``counted`` alone goes into figures.
STATES = {
    "counted": "นับแล้ว",
    "same": "ซ้ำกับที่นับแล้ว",
    "waiting": "ตอบไม่ตรงกัน รอเลือก",
    "not-chosen": "ไม่ได้เลือก",
}
#: What stands before the command in the remedy of a double answer.
CHOOSE = " แล้วเลือกด้วย"
_LETTERS = re.compile(r"[^\w\u0e00-\u0e7f.()-]")


@dataclass(frozen=True, eq=False)
class Returns:
    """What came back of an issue.

    Attributes
    ----------
    answers
        Every answer that could be read: ``school_id``, ``question`` (key), ``value`` (text: a choice, a number, a day
        in ISO, words), ``file``, ``row``, ``entry`` (which of the school's answers it belongs to: the file, of the
        workbook for all schools also the row) and ``state`` (of :data:`STATES`); by school, question, file and row.
    problems
        ``rule``, ``file``, ``row`` (0 is the file itself), ``school_id`` and ``question`` as far as known, ``value`` as
        it stands in the file, ``message``, ``remedy``; by file and row. No answer that is named here is counted.
    files
        ``file`` (within ``returned/``), ``sha256`` and ``school_id`` of each school that a file speaks for; one row
        with an empty ``school_id`` where it speaks for none.
    """

    issue: Issue
    answers: pd.DataFrame
    problems: pd.DataFrame
    files: pd.DataFrame

    @property
    def counted(self) -> pd.DataFrame:
        """The answers that go into figures, one a school and question."""
        return self.answers[self.answers["state"] == "counted"]


def take_returns(folder: Path, issue: Issue, paths: Iterable[Path]) -> list[Path]:
    """Copy files that came back into the issue's ``returned/``, byte for byte; none there is ever written over.

    Parameters
    ----------
    folder
        The cycle.
    paths
        Files, or folders with such; what is hidden and what Excel keeps while a file is open is passed over.

    Returns
    -------
    list of Path
        The copies that are new; what is there already, under whatever name, is not copied again.

    Raises
    ------
    UsageError
        When a path is not there, or holds a private file.
    """
    target = issue_folder(folder, issue.name) / RETURNED
    there = {sha256(path) for path in _files(target)}
    new = []
    with staged(target) as stage:
        for path in paths:
            if not path.exists():
                raise UsageError(f"ไม่พบ {path}: ตรวจชื่อและที่เก็บไฟล์", f"{path} is not there; check its name.")
            for file in _files(path) if path.is_dir() else [path]:
                refuse_private(folder, file)
                if (digest := sha256(file)) in there:
                    continue
                there.add(digest)
                # Schools send files of one name: the digest tells them apart.
                stem = _LETTERS.sub("_", file.stem).lstrip(".")[:50]
                new.append(f"{stem}.{digest[:16]}{_LETTERS.sub('_', file.suffix)[:9]}")
                shutil.copyfile(file, stage / new[-1])
    return [target / name for name in new]


def read_returns(folder: Path, issue: Issue, schools: pd.DataFrame, ledger: pd.DataFrame | None = None) -> Returns:
    """Read all that has come back of an issue; nothing is written but notes of what was read, under ``outputs/``.

    Parameters
    ----------
    folder
        The cycle.
    schools
        As :func:`restructure.collection.issue.office_schools` returns them.
    ledger
        Its rows, which say what a person has chosen where a school answered twice; read if none is given.
    """
    target = issue_folder(folder, issue.name) / RETURNED
    paths = _files(target)
    notes = outputs_folder(folder) / "collections" / issue.name
    raws = read_all(paths, notes) if paths else {}
    reader = Reader(folder, issue, schools)
    digests = {}
    for path in paths:
        name = path.relative_to(target).as_posix()
        reader.read(name, raws[path])
        digests[name] = sha256(path)
    answers = pd.DataFrame(reader.answers, columns=list(ANSWERS[:-1]))
    rows = read_ledger(folder) if ledger is None else ledger
    answers, doubles = _settle(answers, issue, rows, digests)
    problems = pd.DataFrame([*reader.problems, *doubles], columns=list(PROBLEMS))
    files = [
        (name, digest, school) for name, digest in digests.items() for school in sorted(reader.speaks_for[name] or {""})
    ]
    return Returns(
        issue,
        answers.astype({"row": "int64"}),
        problems.astype({"row": "int64"}).sort_values(["file", "row"], kind="stable", ignore_index=True),
        pd.DataFrame(files, columns=["file", "sha256", "school_id"]),
    )


def choose_answer(
    folder: Path, returns: Returns, school_id: str, entry: str, who: str, why: str, *, seen: int | None = None
) -> list[int]:
    """Say which of a school's answers hold where they disagree, as one decision in the ledger.

    The answers themselves are not written there, for what is in the ledger can never be taken out.

    Parameters
    ----------
    entry
        Of the answers that hold.
    seen
        As for :func:`restructure.ledger.decide`.

    Raises
    ------
    UsageError
        When the school has not answered twice, or never so; or the reason is missing.
    LedgerError
        When the ledger refuses.
    """
    mine = returns.answers[(returns.answers["school_id"] == school_id) & (returns.answers["state"] != "same")]
    rivals = mine[mine.duplicated("question", keep=False) | (mine["state"] == "waiting")]
    if rivals.empty:
        raise UsageError(
            f"โรงเรียน {school_id} ไม่มีคำตอบที่ไม่ตรงกัน: ดูรายการก่อน", f"{school_id} has no answers that disagree."
        )
    among = sorted(set(rivals["entry"]))
    if entry not in among:
        raise UsageError(
            f"โรงเรียน {school_id} ไม่มีฉบับ {entry} ที่ตอบไม่ตรงกัน: เลือกจาก {', '.join(among)}",
            f"{school_id} has no such answers; choose one of {', '.join(among)}.",
        )
    if not why.strip():
        raise UsageError("การเลือกคำตอบต้องมีเหตุผล: ใส่ --why", "Choosing needs a reason; give it by --why.")
    digests = dict(zip(returns.files["file"], returns.files["sha256"], strict=True))
    files = dict(zip(rivals["entry"], rivals["file"], strict=True))
    content = {
        "entry": entry,
        "among": among,
        "sha256": {one: digests[files[one]] for one in among},
        "round": returns.issue.round,
    }
    return decide(folder, who, [Decision(CHOSEN, f"{returns.issue.name}/{school_id}", content, why)], seen=seen)


def _files(folder: Path) -> list[Path]:
    found = folder.rglob("*") if folder.is_dir() else ()
    return sorted(
        path
        for path in found
        if path.is_file() and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
    )


def _settle(
    answers: pd.DataFrame, issue: Issue, ledger: pd.DataFrame, digests: Mapping[str, str]
) -> tuple[pd.DataFrame, list[tuple[Any, ...]]]:
    """Say what has become of each answer, and which wait for a person; ``digests`` are those of the files by name."""
    order = {question.key: place for place, question in enumerate(issue.questions)}
    answers = answers.assign(place=answers["question"].map(order))
    answers = answers.sort_values(["school_id", "place", "file", "row"], kind="stable", ignore_index=True)
    now = {entry: digests[file] for entry, file in zip(answers["entry"], answers["file"], strict=True)}
    held, about = in_force(ledger, CHOSEN), f"{issue.name}/"
    choices = {
        subject.removeprefix(about): json.loads(content)
        for subject, content in zip(held["subject"], held["content"], strict=True)
        if subject.startswith(about)
    }
    lapsed = {school: gone for school, choice in choices.items() if (gone := _altered(choice, now))}
    remedy = f"restructure collect DIR {issue.name} --choose {{}} ฉบับ --by ชื่อ --why เหตุผล"
    problems: list[tuple[Any, ...]] = [
        ("lapsed-choice", gone[0].split("#")[0], 0, school, "", "; ".join(gone), "ฉบับที่เคยเลือกหรือเทียบถูกแก้หรือหาย "
         "จึงไม่ใช้การเลือกนั้น", f"นำไฟล์เดิมกลับมา หรือตรวจ{CHOOSE} {remedy.format(school)}")
        for school, gone in lapsed.items()
    ]  # fmt: skip
    states = ["counted"] * len(answers)
    for (school, key), group in _groups(answers):
        values, entries = answers["value"].to_numpy()[group], answers["entry"].to_numpy()[group]
        choice = choices.get(school, {})
        if school in lapsed and choice["entry"] not in now and set(entries) <= set(choice["among"]):
            # Of these a person has said that they do not hold.
            for at in group:
                states[at] = "waiting"
        if len(group) == 1:
            continue
        # What came after the choice was not chosen among: it waits for a new one. So does what the chosen one lacks.
        among = set(entries) <= set(choice.get("among", ())) and school not in lapsed
        holds = among and choice["entry"] in entries
        seen: set[str] = set()
        for at, value, entry in zip(group, values, entries, strict=True):
            if states[at] == "waiting":
                continue
            if len(set(values)) == 1:
                states[at] = "same" if seen else "counted"
            elif holds:
                first = entry == choice["entry"] and entry not in seen
                states[at] = "counted" if first else "not-chosen"
            else:
                states[at] = "waiting"
            seen |= {entry, value}
        if states[group[0]] == "waiting" and len(set(values)) > 1:
            said = "; ".join(f"{entry}: {one_line(value)}" for entry, value in zip(entries, values, strict=True))
            which = "ฉบับที่เลือกไม่มีคำตอบข้อนี้ ฉบับอื่น" if among else ""
            problems.append(
                ("double-answer", answers["file"][group[0]], answers["row"][group[0]], school, key, said,
                 f"{which}ตอบไม่ตรงกัน {len(set(values))} อย่าง จาก {len(set(entries))} ฉบับ ยังไม่นับ",
                 f"ถามโรงเรียน{' ให้ส่งฉบับใหม่' if among else ''}{CHOOSE} {remedy.format(school)}")
            )  # fmt: skip
    return answers.assign(state=pd.Series(states, dtype="object"))[list(ANSWERS)], problems


def _altered(choice: Mapping[str, Any], now: Mapping[str, str]) -> list[str]:
    """Return what a choice rests on and is another by now: what was chosen, where it is gone too, and its rivals."""
    return [
        entry
        for entry, digest in choice["sha256"].items()
        if now.get(entry, digest if entry != choice["entry"] else "") != digest
    ]


def _groups(answers: pd.DataFrame) -> Iterator[tuple[tuple[str, str], list[int]]]:
    """Yield the rows of each school and question."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, key in enumerate(zip(answers["school_id"], answers["question"], strict=True)):
        found[key].append(at)
    yield from found.items()

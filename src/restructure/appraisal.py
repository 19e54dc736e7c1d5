"""Indicators and targets of each person in the group, and the appraisal at the cycle's end (duty 1, part ๑, 4 and 5).

They are about persons, so they lie in one file apart from all that is shared, ``private/appraisal.yaml`` of the cycle
or in a folder that the office names, which only its owner's account may read (file mode 600, where the system has
modes). Nothing of it is in the ledger, the outputs, a dashboard or a manifest. The file names its readers; that is the
office's agreement and no lock: whoever can open the folder can read it (:data:`NOTICE`).

::

    readers: [ผู้อำนวยการกลุ่ม]
    persons:
      - name: …
        indicators:
          - {indicator: …, target: …, result: …, appraisal: …}
        appraised_on: 2027-09-30
        appraised_by: …

The work standard sets no scale and no form: every text is the office's own, and empty until somebody writes it.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from restructure._errors import DataError, UsageError
from restructure.files import VIEWER, Day, filled, keep_former, read_yaml, staged, thai_fault
from restructure.sharedlist import only_writer

PRIVATE_FOLDER, APPRAISAL_FILE = "private", "appraisal.yaml"
#: What every view of it has to say.
NOTICE = (
    "ข้อมูลรายบุคคล: ผู้ที่เปิดโฟลเดอร์นี้ได้อ่านไฟล์นี้ได้ทุกคน รายชื่อผู้อ่านเป็นข้อตกลงของสำนักงาน โปรแกรมไม่ได้ล็อกไฟล์ "
    "เก็บโฟลเดอร์ไว้ในที่ที่เฉพาะผู้มีชื่อเข้าถึงได้"
)


#: The file, and copies of it that were kept, wherever they lie.
_NAMES = re.compile(r"appraisal(\.[0-9a-f]{16})?\.yaml", re.IGNORECASE)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Indicator(_Strict):
    """One indicator of a person: its target, what came of it and how that is appraised."""

    indicator: str = ""
    target: str = ""
    result: str = ""
    appraisal: str = ""


class Person(_Strict):
    """A person of the group."""

    name: str = Field(min_length=1)
    indicators: tuple[Indicator, ...] = ()
    appraised_on: Day | None = None
    appraised_by: str = ""


class Appraisal(_Strict):
    """What the file holds: who may read it by the office's word, and the persons."""

    readers: tuple[str, ...] = ()
    persons: tuple[Person, ...] = ()


def appraisal_path(folder: Path, private: Path | None = None) -> Path:
    """Return where a cycle's appraisal lies: ``private/`` of the cycle, or a folder that the office names.

    Raises
    ------
    UsageError
        When the folder is one whose files are shared, or this page is only for looking.
    """
    if os.environ.get(VIEWER) == "1":
        raise UsageError(
            "หน้าสำหรับดูไม่แสดงข้อมูลรายบุคคล: เปิดด้วยคำสั่ง restructure appraisal บนเครื่องของผู้มีสิทธิ์",
            "A page for looking shows nothing of persons; use `restructure appraisal`.",
        )
    place = folder / PRIVATE_FOLDER if private is None else private
    if private is not None and place.resolve().is_relative_to(folder.resolve()) and not _is_within(folder, place):
        raise UsageError(
            f"โฟลเดอร์ {place} เป็นที่เก็บไฟล์ที่ใช้ร่วมกัน: ใช้ {folder / PRIVATE_FOLDER} หรือโฟลเดอร์นอกรอบปีงบประมาณ",
            f"Files in {place} are shared; use {folder / PRIVATE_FOLDER} or a folder outside of the cycle.",
        )
    return place / APPRAISAL_FILE


def is_private(folder: Path, path: Path) -> bool:
    """Say whether a file or folder is of what must not be copied into the cycle's shared folders, whatever its name."""
    if _is_within(folder, path) or path.is_dir():
        return _is_within(folder, path)
    if _NAMES.fullmatch(path.name):
        return True
    kept = [file for file in (folder / PRIVATE_FOLDER).rglob("*") if _NAMES.fullmatch(file.name) and file.is_file()]
    return path.is_file() and bool(kept) and _revision(path) in map(_revision, kept)


def _is_within(folder: Path, path: Path) -> bool:
    return path.resolve().is_relative_to((folder / PRIVATE_FOLDER).resolve())


def refuse_private(folder: Path, path: Path) -> None:
    """Refuse to copy a private file into a cycle's shared folders.

    Raises
    ------
    UsageError
        When it is one.
    """
    if is_private(folder, path):
        raise _private(path.name)


def refuse_private_name(name: str) -> None:
    """Refuse a file that was sent and is no path of this machine, by its name; as :func:`refuse_private`."""
    if _NAMES.fullmatch(name):
        raise _private(name)


def _private(name: str) -> UsageError:
    return UsageError(
        f"{name} เป็นข้อมูลรายบุคคลในแฟ้มส่วนตัว จึงไม่คัดลอกไปยังโฟลเดอร์ที่ทุกคนเปิดได้: ใช้ไฟล์อื่น หรือเขียนเป็นข้อความแทน "
        "เช่น ประเมินครบทุกคนแล้ว",
        f"{name} is private, and its copy would lie open in a shared folder; use another file, or words in its place.",
    )


def read_appraisal(folder: Path, private: Path | None = None) -> tuple[Appraisal, str]:
    """Return the appraisal, an empty one where there is no file, and its revision for :func:`write_appraisal`.

    Raises
    ------
    UsageError
        As :func:`appraisal_path`.
    DataError
        When the file does not hold what it should; with the place and the remedy, and no word of a person.
    """
    path = appraisal_path(folder, private)
    if not path.is_file():
        return Appraisal(), ""
    try:
        found = Appraisal.model_validate(filled(read_yaml(path, APPRAISAL_FILE, DataError)))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        raise DataError(
            f"ไฟล์ {APPRAISAL_FILE} ใช้ไม่ได้ที่ {where}: {thai_fault(first)} แก้ไขแล้วสั่งใหม่",
            f"{APPRAISAL_FILE}, {where}: {first['type']}; mend it.",
        ) from None
    return found, _revision(path)


def write_appraisal(folder: Path, appraisal: Appraisal, seen: str, private: Path | None = None) -> str:
    """Write the appraisal whole, for its owner's account alone, and return its new revision.

    A file that somebody has written by hand stays beside it, in ``เดิม/``.

    Parameters
    ----------
    seen
        The revision that it was made from. Where the file has another by now, nothing is written.

    Raises
    ------
    UsageError
        When the file has changed since it was seen, and as :func:`appraisal_path`.
    """
    path = appraisal_path(folder, private)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_writer(path):
        if (_revision(path) if path.is_file() else "") != seen:
            raise UsageError(
                f"{APPRAISAL_FILE} ถูกแก้หลังจากที่เปิดดู จึงยังไม่บันทึก: อ่านใหม่แล้วทำอีกครั้ง",
                f"{APPRAISAL_FILE} has been changed since it was read; read it anew.",
            )
        if path.is_file() and path.read_bytes() != _text(read_appraisal(folder, private)[0]).encode():
            # Written by hand: its comments would be lost.
            path.chmod(0o600)
            keep_former(path)
        text = _text(appraisal)
        with staged(path.parent) as stage:
            made = stage / APPRAISAL_FILE
            made.touch(mode=0o600)
            made.write_bytes(text.encode())
    return _revision(path)


def appraisal_table(appraisal: Appraisal) -> pd.DataFrame:
    """Return a row an indicator, and one for a person without any.

    Returns
    -------
    DataFrame
        ``name``, ``indicator``, ``target``, ``result``, ``appraisal``, ``appraised_on`` (null), ``appraised_by``,
        ``missing`` (Thai, parted by ``; ``).
    """
    rows = []
    for person in appraisal.persons:
        for one in person.indicators or (Indicator(),):
            lacks = {
                "ตัวชี้วัด": one.indicator, "เป้าหมาย": one.target, "ผล": one.result, "การประเมิน": one.appraisal,
                "ผู้ประเมิน": person.appraised_by, "วันที่ประเมิน": person.appraised_on,
            }  # fmt: skip
            missing = "; ".join(f"ยังไม่กรอก{words}" for words, value in lacks.items() if not value)
            rows.append([person.name, *one.model_dump().values(), person.appraised_on, person.appraised_by, missing])
    columns = ["name", *Indicator.model_fields, "appraised_on", "appraised_by", "missing"]
    return pd.DataFrame(rows, columns=columns).astype({"appraised_on": "object"})


def _text(appraisal: Appraisal) -> str:
    return yaml.safe_dump(_lists(appraisal), allow_unicode=True, sort_keys=False)


def _lists(appraisal: Appraisal) -> dict[str, object]:
    """Return an appraisal's tuples as the lists that YAML has."""
    persons = [
        person.model_dump() | {"indicators": [i.model_dump() for i in person.indicators]}
        for person in appraisal.persons
    ]
    return {"readers": list(appraisal.readers), "persons": persons}


def _revision(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

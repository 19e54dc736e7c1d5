"""An issue to follow: what the office asks which schools, by when; one ``collections/NAME/issue.yaml`` a round."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from restructure._errors import DataError, UsageError
from restructure.corrections import read_corrections
from restructure.files import Day, filled, read_yaml, thai_fault
from restructure.inputs import read_inputs
from restructure.intake.mapping import read_mapping

FOLDER, ISSUE_FILE = "collections", "issue.yaml"
#: The duties of the work standard that collect from schools: "งานติดตาม และรายงานการตรวจราชการ", "e-MES",
#: "นโยบายสำคัญ เร่งด่วน", "การบริหารจัดการโรงเรียนขนาดเล็ก".
DUTIES = {
    "inspection": "ติดตามและรายงานการตรวจราชการ",
    "e-mes": "ติดตามและรายงานตามระบบ e-MES",
    "urgent": "ติดตามและรายงานตามนโยบายสำคัญ เร่งด่วน",
    "small-schools": "การบริหารจัดการโรงเรียนขนาดเล็ก",
}
YES_NO = ("ใช่", "ไม่ใช่")
ISSUE_TEMPLATE = """\
# คัดลอกไฟล์นี้ไปไว้ที่ collections/ชื่อ/issue.yaml (หนึ่งรอบหนึ่งโฟลเดอร์) แล้วแก้ค่า
# รอบถัดไปของเรื่องเดียวกัน: โฟลเดอร์ใหม่ duty และ title เดิม key ของคำถามเดิม แล้วโปรแกรมเทียบกับรอบก่อนให้
title: ชื่อเรื่องที่ติดตาม
duty: inspection        # inspection (ตรวจราชการ) e-mes urgent (นโยบายเร่งด่วน) small-schools
round: "1/2570"
asked_on:               # วันที่แจ้งโรงเรียน เช่น 2026-12-01 หรือ 1/12/2569
due:                    # วันที่ต้องส่งกลับ ไม่กรอกก็ได้
schools: all            # all = ทุกโรงเรียนที่เปิดสอน หรือ ["รหัส", "รหัส"] หรือ {amphoe: [ชื่ออำเภอ]}
source:                 # หนังสือที่ให้ติดตาม ตามที่สำนักงานพิมพ์
questions:
  # kind: choice (เลือกหนึ่ง) number (ตัวเลข) text (ข้อความ) date (วันที่) yes-no (ใช่/ไม่ใช่)
  # needed: false = เว้นได้    least, most = ค่าน้อยสุด มากสุด (number หรือ date)    unit = หน่วย
  - {key: plan, thai: มีแผนดำเนินงานหรือไม่, kind: yes-no}
  - {key: state, thai: ดำเนินการถึงขั้นใด, kind: choice, choices: [ยังไม่เริ่ม, กำลังทำ, เสร็จแล้ว]}
  - {key: people, thai: จำนวนผู้เข้าร่วม, kind: number, least: 0, unit: คน}
  - {key: problem, thai: ปัญหาและข้อเสนอแนะ, kind: text, needed: false}
"""

_NAME = re.compile(r"[^\s./\\:*?\"<>|~][^/\\:*?\"<>|\x00-\x1f\x7f]{0,79}")
_Text = Annotated[str, BeforeValidator(lambda value: str(value) if type(value) is int else value)]
_Codes = Annotated[tuple[_Text, ...], Field(min_length=1)]
_Number = int | Annotated[float, Field(allow_inf_nan=False)]


class Question(BaseModel):
    """One question of an issue.

    Attributes
    ----------
    least, most
        Bounds, inclusive, of a number or a day.
    needed
        Whether a school has answered only once it has answered this.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    thai: str = Field(min_length=1, max_length=500)
    kind: Literal["choice", "number", "text", "date", "yes-no"]
    choices: tuple[_Text, ...] = ()
    least: Day | _Number | None = None
    most: Day | _Number | None = None
    needed: bool = True
    unit: str = Field("", max_length=40)

    @model_validator(mode="after")
    def _fits(self) -> Question:
        spelled = [" ".join(choice.split()) for choice in self.choices]
        if (self.kind == "choice") != bool(spelled):
            raise ValueError("choices ใช้กับ kind: choice และต้องมี")
        if self.choices and (len(spelled) < 2 or len(set(spelled)) < len(spelled) or not all(spelled)):
            raise ValueError("choices ต้องมีอย่างน้อยสองข้อ ไม่ซ้ำ ไม่ว่าง")
        kinds = {"number": (int, float), "date": (date,)}.get(self.kind, ())
        bounds = [bound for bound in (self.least, self.most) if bound is not None]
        if any(not isinstance(bound, kinds) for bound in bounds):
            raise ValueError("least และ most ใช้กับ number (ตัวเลข) หรือ date (วันที่)")
        if len(bounds) == 2 and bounds[0] > bounds[1]:  # type: ignore[operator]
            raise ValueError("least มากกว่า most")
        return self

    @property
    def answers(self) -> tuple[str, ...]:
        """What may be chosen; nothing where the answer is free."""
        return YES_NO if self.kind == "yes-no" else tuple(" ".join(choice.split()) for choice in self.choices)


class Issue(BaseModel):
    """An issue to follow in one round.

    Attributes
    ----------
    name
        Of its folder under ``collections/``.
    due
        The day on which forms are to be back; None until a person has said it.
    schools
        All that are open, the codes of some, or those of some amphoe.
    source
        The letter that asks for it, as the office has typed it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str = Field(min_length=1, max_length=300)
    duty: Literal["inspection", "e-mes", "urgent", "small-schools"]
    round: _Text = Field(min_length=1, max_length=60)
    asked_on: Day | None = None
    due: Day | None = None
    schools: Literal["all"] | _Codes | dict[Literal["amphoe"], tuple[str, ...]] = "all"
    questions: tuple[Question, ...] = Field(min_length=1, max_length=200)
    source: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Issue:
        for what in ("key", "thai"):
            counted = Counter(" ".join(getattr(question, what).split()) for question in self.questions)
            if repeated := [text for text, count in counted.items() if count > 1]:
                raise ValueError(f"คำถามซ้ำ {what}: {repeated[0]}")
        return self

    @cached_property
    def form_id(self) -> str:
        """What a form of this issue and round is known by; a new day or a mended word does not change it."""
        return digest(self.name, self.duty, self.round)


def digest(*parts: str) -> str:
    """Return what tells texts apart, short enough for a cell."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]


def issue_folder(folder: Path, name: str) -> Path:
    """Return where an issue of a cycle lies.

    Raises
    ------
    UsageError
        When the name cannot be that of a folder.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'ชื่อประเด็น {name} ใช้เป็นชื่อโฟลเดอร์ไม่ได้: ไม่ขึ้นต้นด้วยจุด และไม่มี / \\ : * ? " < > |',
            f"{name} cannot be the name of a folder.",
        )
    return folder / FOLDER / name


def issue_names(folder: Path) -> list[str]:
    """Return the names of a cycle's issues, in order."""
    paths = (folder / FOLDER).glob(f"*/{ISSUE_FILE}")
    return sorted(path.parent.name for path in paths if _NAME.fullmatch(path.parent.name))


def read_issue(folder: Path, name: str) -> Issue:
    """Read an issue of a cycle.

    Raises
    ------
    UsageError
        When there is no such issue.
    DataError
        When its file does not hold what an issue holds; with the place and the remedy.
    """
    path = issue_folder(folder, name) / ISSUE_FILE
    file = f"{FOLDER}/{name}/{ISSUE_FILE}"
    if not path.is_file():
        raise UsageError(
            f"ไม่พบ {file}: มี {', '.join(issue_names(folder)) or 'ไม่มีประเด็นเลย'} "
            f"คัดลอกตัวอย่างจาก templates/{ISSUE_FILE} (ทำด้วย restructure templates {folder})",
            f"There is no {file}; copy templates/{ISSUE_FILE} there, which `restructure templates` makes.",
        )
    data = filled(read_yaml(path, file, DataError))
    try:
        if "name" in data:
            raise DataError(f"ไฟล์ {file} ใช้ไม่ได้ที่ name: ไม่รู้จักหัวข้อนี้ ลบออก", f"{file}: unknown key name; mend it.")
        return Issue.model_validate({**data, "name": name})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in first["loc"])
        said = str(first["ctx"]["error"]) if first["type"] == "value_error" else thai_fault(first)
        if where.startswith("schools"):
            empty = "" if data["schools"] else "รายการว่าง "
            where, said = "schools", f'{empty}ใช้ all หรือ ["รหัส"] หรือ {{amphoe: [ชื่ออำเภอ]}}'
        raise DataError(
            f"ไฟล์ {file} ใช้ไม่ได้ที่ {where or 'questions'}: {said} แก้ไขแล้วสั่งใหม่",
            f"{file}, {where}: {first['msg']}; mend it.",
        ) from None


def read_issues(folder: Path) -> tuple[dict[str, Issue], list[DataError]]:
    """Return the issues of a cycle by name, and what is wrong with those whose file cannot be used."""
    found, faults = {}, []
    for name in issue_names(folder):
        try:
            found[name] = read_issue(folder, name)
        except DataError as error:
            faults.append(error)
    return found, faults


def issue_before(folder: Path, issue: Issue) -> Issue | None:
    """Return the round before of the same issue: of its duty and title, asked last before it.

    Those whose file cannot be used are passed over; see :func:`read_issues`.
    """
    if issue.asked_on is None:
        return None
    others = (other for name, other in read_issues(folder)[0].items() if name != issue.name)
    same = [
        (other.asked_on, other.name, other)
        for other in others
        if (other.duty, other.title) == (issue.duty, issue.title) and other.asked_on and other.asked_on < issue.asked_on
    ]
    return max(same, key=lambda one: one[:2])[2] if same else None


def office_schools(folder: Path) -> pd.DataFrame:
    """Return the office's schools by code, without reading its pupils and roads: ``status`` is ``open`` where unsaid.

    Raises
    ------
    TableError
        When the table is missing or cannot be read.
    """
    read = read_inputs(folder, read_mapping(folder), read_corrections(folder), only=("crosswalk", "schools"))
    schools = read.tables["schools"]
    schools = schools[schools["school_id"] != ""].drop_duplicates("school_id")
    status = schools["status"].replace("", "open") if "status" in schools else "open"
    return schools.assign(status=status).sort_values("school_id", ignore_index=True)


def asked_schools(issue: Issue, schools: pd.DataFrame) -> pd.DataFrame:
    """Return the schools that are asked, in order of amphoe and code.

    Raises
    ------
    DataError
        When the issue names a school or an amphoe that the office does not have, or nobody is asked.
    """
    asked = schools[schools["status"] != "closed"]
    if issue.schools != "all":
        column, named = ("school_id", issue.schools) if isinstance(issue.schools, tuple) else _amphoes(issue.schools)
        if unknown := sorted(set(named) - set(schools[column])):
            raise _not_there(issue, f"ไม่มี {unknown[0]} ในตารางโรงเรียน", f"{unknown[0]} is not among the schools")
        asked = asked[asked[column].isin(named)]
    if asked.empty:
        raise _not_there(issue, "ไม่มีโรงเรียนที่เปิดสอนให้ถาม", "no open school is asked")
    return asked.sort_values(["amphoe", "school_id"], ignore_index=True)


def _amphoes(schools: Any) -> tuple[str, Sequence[str]]:
    return "amphoe", schools.get("amphoe", ())


def _not_there(issue: Issue, thai: str, english: str) -> DataError:
    file = f"{FOLDER}/{issue.name}/{ISSUE_FILE}"
    return DataError(f"ไฟล์ {file} ใช้ไม่ได้ที่ schools: {thai} แก้ไขแล้วสั่งใหม่", f"{file}, schools: {english}; mend it.")

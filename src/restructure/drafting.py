"""The draft of a plan on disk: ``plan.yaml`` holds its scenario and all that people type in; nothing in it is computed.

::

    scenario: option-a
    kind: merge                            # of which procedure its steps are; see restructure.procedure
    texts: {recipient: …}                  # keys of TEXTS
    schools: {"1065010001": {reason: …}}   # keys of SCHOOL_TEXTS
    steps: {plan-committee: {owner: …, due: 2026-12-01, note: …}}

What nobody has typed is not there; a document shows it as a blank. A text stays as it was typed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from restructure._errors import DataError, UsageError
from restructure.files import Day, as_model, read_yaml, staged
from restructure.sharedlist import only_writer

PLAN_FILE = "plan.yaml"

#: Every free text of the documents, in the order in which they are asked for. What is asked for is no law, vote or
#: name of ours: the office writes its own.
TEXTS = {
    "recipient": "เรียน (ผู้รับหนังสือ)",
    "phone": "หมายเลขโทรศัพท์ของส่วนราชการ",
    "letter_number": "เลขที่หนังสือ",
    "letter_date": "วันที่ในหนังสือ",
    "law": "กฎหมาย ระเบียบ คำสั่งที่สำนักงานเขตใช้อ้างอิง พร้อมข้อและวันที่",
    "directives": "นโยบายและหนังสือสั่งการ เลขที่ และวันที่",
    "earlier": "มติหรือแผนเดิมที่เกี่ยวข้อง ครั้งที่และวันที่",
    "purpose": "วัตถุประสงค์ของแผน",
    "other_risks": "ความเสี่ยงที่โปรแกรมไม่เห็น และมาตรการ",
    "follow_up": "การติดตาม ประเมิน และรายงานผล",
    "considerations": "ข้อพิจารณา",
    "proposal": "ข้อเสนอ",
    "opinions": "ความเห็นของผู้บังคับบัญชาและคณะกรรมการ",
    "resolutions": "มติที่ประชุม ครั้งที่และวันที่",
    "contact": "ผู้ที่ผู้ปกครองสอบถามได้ และหมายเลขโทรศัพท์",
    "author": "ผู้จัดทำ ชื่อและตำแหน่ง",
    "group_head": "ผู้อำนวยการกลุ่มนโยบายและแผน ชื่อ",
    "director": "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา ชื่อ",
}


#: Letters of Hangul that are drawn as nothing; Unicode does not call them blanks.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")


class SchoolTexts(BaseModel):
    """What people write of one school of the plan; empty where nobody has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = ""
    community: str = ""
    board: str = ""
    readiness: str = ""
    transport: str = ""
    staff: str = ""
    assets: str = ""
    risks: str = ""
    measures: str = ""


SCHOOL_TEXTS = {
    "reason": "เหตุผล",
    "community": "มติที่ประชุมชุมชน",
    "board": "ความเห็นคณะกรรมการสถานศึกษา",
    "readiness": "ความพร้อมของโรงเรียนหลัก",
    "transport": "แผนรับ-ส่งนักเรียนและค่าใช้จ่าย",
    "staff": "ข้าราชการครูและบุคลากร",
    "assets": "ทรัพย์สินและอาคารสถานที่",
    "risks": "ความเสี่ยงและการแก้ไข",
    "measures": "มาตรการติดตามหลังดำเนินการ",
}


class StepPlan(BaseModel):
    """Who shall do a step, until when, and a note."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    owner: str = ""
    due: Day | None = None
    note: str = ""


#: Codes are text, also where somebody wrote them by hand without quotes.
_Code = Annotated[str, BeforeValidator(lambda key: str(key) if isinstance(key, int) else key)]


class Draft(BaseModel):
    """The draft of a plan, as ``plan.yaml`` has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: str = ""
    kind: str = "merge"
    texts: dict[str, str] = Field(default_factory=dict)
    schools: dict[_Code, SchoolTexts] = Field(default_factory=dict)
    steps: dict[str, StepPlan] = Field(default_factory=dict)

    @field_validator("texts")
    @classmethod
    def _known(cls, texts: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(texts) - set(TEXTS)):
            raise ValueError(f"ไม่รู้จักหัวข้อ {unknown[0]}")
        return texts


class Blank(NamedTuple):
    """A text that nobody has written yet: of the plan, or of a school where ``school_id`` is not empty."""

    school_id: str
    key: str
    thai: str


def is_blank(text: str) -> bool:
    """Say whether a text shows nothing on paper: empty, or of characters alone that nobody sees."""
    return all(unicodedata.category(letter)[0] in "ZC" or letter in _UNSEEN for letter in text)


def blanks(draft: Draft, schools: Collection[str]) -> list[Blank]:
    """Return each text that is still empty, of the plan and of the schools in it."""
    found = [Blank("", key, thai) for key, thai in TEXTS.items() if is_blank(draft.texts.get(key, ""))]
    for school in schools:
        written = draft.schools.get(school, SchoolTexts())
        found += [Blank(school, key, thai) for key, thai in SCHOOL_TEXTS.items() if is_blank(getattr(written, key))]
    return found


def read_draft(folder: Path) -> tuple[Draft, str]:
    """Return the draft of a cycle, an empty one where there is no file, and its revision for :func:`write_draft`.

    Raises
    ------
    DataError
        When the file does not name a scenario, be it an empty one, or holds what a draft does not; with the place and
        the remedy.
    """
    path = folder / PLAN_FILE
    if not path.is_file():
        return Draft(), ""
    revision = _revision(path)
    data = read_yaml(path, PLAN_FILE, DataError)
    if not isinstance(data.get("scenario"), str):
        raise DataError(
            f"ไฟล์ {PLAN_FILE} ต้องมีบรรทัด scenario: ชื่อไฟล์ทางเลือก แก้ไขแล้วสั่งใหม่",
            f"{PLAN_FILE} needs a line `scenario: NAME`; mend it and run again.",
        )
    # A head with nothing below it is as good as none.
    told = {key: value for key, value in data.items() if value not in (None, [])}
    return as_model(Draft, told, PLAN_FILE), revision


def write_draft(folder: Path, draft: Draft, seen: str) -> str:
    """Write the draft of a cycle, whole or not at all, and return its new revision.

    Comments at the head of a file written by hand stay.

    Parameters
    ----------
    seen
        The revision that the draft was made from. Where the file has another by now, nothing is written.

    Raises
    ------
    UsageError
        When the file has changed since it was seen.
    """
    path = folder / PLAN_FILE
    with only_writer(path):
        if (_revision(path) if path.is_file() else "") != seen:
            raise UsageError(
                f"{PLAN_FILE} ถูกแก้จากหน้าต่างหรือโปรแกรมอื่นหลังจากที่เปิดดู จึงยังไม่บันทึก: อ่านใหม่แล้วทำอีกครั้ง",
                f"{PLAN_FILE} has been changed since it was read; read it anew.",
            )
        text = _head_comment(path) + draft_text(draft)
        with staged(folder) as stage:
            (stage / PLAN_FILE).write_bytes(text.encode())
    return hashlib.sha256(text.encode()).hexdigest()


def draft_text(draft: Draft) -> str:
    """Return a draft as its file has it; what nobody has typed is left out."""
    data = draft.model_dump(exclude_defaults=True)
    data["scenario"] = draft.scenario
    data["schools"] = {code: texts for code, texts in sorted(data.get("schools", {}).items()) if texts}
    data["steps"] = {key: step for key, step in data.get("steps", {}).items() if step}
    data["texts"] = {key: data.get("texts", {})[key] for key in TEXTS if data.get("texts", {}).get(key)}
    order = [key for key in Draft.model_fields if key == "scenario" or data.get(key)]
    return yaml.dump({key: data[key] for key in order}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """YAML that people can read too: a text of several lines stays several lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> Any:
    # Breaks that YAML reads as its own stay only between quotes.
    style = '"' if re.search("[\x85\u2028\u2029]", text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _head_comment(path: Path) -> str:
    lines = path.read_text("utf-8-sig").splitlines(keepends=True) if path.is_file() else []
    count = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    return "".join(lines[:count])


def _revision(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()

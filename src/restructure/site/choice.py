"""What the office has chosen to publish: ``site.yaml`` of a cycle; without it nothing is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from restructure._errors import DataError
from restructure.files import Day, as_model, filled, read_yaml, staged

SITE_FILE = "site.yaml"
SITE_TEMPLATE = """\
# เว็บไซต์รายงานผล: เผยแพร่เฉพาะที่เลือกไว้ในไฟล์นี้ แล้วสั่ง restructure site DIR (ได้ outputs/site)
# ข้อความที่พิมพ์เองต้องมีคนอ่านก่อนเผยแพร่ ว่าไม่มีชื่อบุคคลหรือจำนวนนักเรียนน้อย โปรแกรมปกปิดเฉพาะตัวเลขที่คำนวณ
date:                   # วันที่เผยแพร่ เช่น 2027-09-30 หรือ 30/9/2570
about:                  # ข้อความแนะนำบนหน้าแรก หลายบรรทัดใช้ | แล้วขึ้นบรรทัดใหม่ที่ย่อหน้าเข้าไป
indicators:             # ตัวชี้วัดและผล ตามที่สำนักงานพิมพ์ ไม่กรอก target result source ก็ได้
  # - {level: สพฐ., thai: ชื่อตัวชี้วัด, target: ค่าเป้าหมาย, result: ผล, source: ที่มา}
duties:                 # ผลงานตามหน้าที่: งาน/รอบ ตามที่ restructure duties DIR แสดง
  # - inspection/รอบที่ 1
collections:            # ผลการติดตาม: ชื่อโฟลเดอร์ใน collections/ และระดับ (กระทรวง สพฐ. สพท. …)
  # - {name: ชื่อโฟลเดอร์, level: ระดับ}
plan:                   # แผนการจัดการเรียนรวม: ชื่อทางเลือกใน scenarios/ (เผยแพร่ทางเลือกเดียว)
small_schools: false    # true = แผนโรงเรียนขนาดเล็ก (ถ้าเผยแพร่ plan ด้วย จะมีเพียงรายชื่อ ไม่มีจำนวนนักเรียน)
"""

_Text = Annotated[str, BeforeValidator(lambda value: str(value) if type(value) is int else value)]
_Needed = Annotated[_Text, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Indicator(_Strict):
    """An indicator with its result, every word as the office has typed it."""

    thai: _Needed
    level: _Text = ""
    target: _Text = ""
    result: _Text = ""
    source: _Text = ""


class Chosen(_Strict):
    """A collection to publish, and of which level the inspection is, in the office's words."""

    name: _Needed
    level: _Text = ""


class Choice(_Strict):
    """What is published.

    Attributes
    ----------
    duties
        Items of the register, ``DUTY/ROUND``.
    plan
        Stem of the scenario; one alone, for the differences of two tell more than each.
    """

    date: Day | None = None
    about: _Text = ""
    indicators: tuple[Indicator, ...] = ()
    duties: tuple[_Needed, ...] = ()
    collections: tuple[Chosen, ...] = ()
    plan: _Text = ""
    small_schools: bool = False

    @model_validator(mode="after")
    def _each_once(self) -> Choice:
        for names in (self.duties, [one.name for one in self.collections]):
            if repeated := [name for place, name in enumerate(names) if name in names[:place]]:
                raise ValueError(f"มี {repeated[0]} สองครั้ง")
        return self


def read_choice(folder: Path) -> Choice:
    """Return what a cycle's office has chosen, nothing where there is no file.

    Raises
    ------
    DataError
        When the file holds what it should not; with the place and the remedy.
    """
    path = folder / SITE_FILE
    if not path.is_file():
        return Choice()
    return as_model(Choice, filled(read_yaml(path, SITE_FILE, DataError)), SITE_FILE)


def write_site_template(folder: Path) -> Path | None:
    """Write an empty ``site.yaml`` into a cycle; None where there is one: it may have been edited."""
    if (folder / SITE_FILE).exists():
        return None
    with staged(folder) as stage:
        (stage / SITE_FILE).write_text(SITE_TEMPLATE, "utf-8", newline="\n")
    return folder / SITE_FILE

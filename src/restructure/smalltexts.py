"""What people type for the yearly plan of small schools: ``small-schools.yaml`` of a cycle; nothing in it is computed.

::

    texts: {purpose: …}                    # keys of SMALL_TEXTS
    sizes: {20: …, 40: …}                  # measures for the schools of a size, by its upper bound
    schools: {"1065010001": …}             # measures for one school

What nobody has typed is not there; the plan shows it as a blank. A text stays as it was typed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from restructure._errors import DataError
from restructure.files import as_model, filled, read_yaml

SMALL_FILE = "small-schools.yaml"

#: Every free text of the plan, in the order in which it stands there; no law, vote or name in it is ours.
SMALL_TEXTS = {
    "recipient": "เรียน (ผู้รับหนังสือ)",
    "phone": "หมายเลขโทรศัพท์ของส่วนราชการ",
    "letter_number": "เลขที่หนังสือ",
    "letter_date": "วันที่ในหนังสือ",
    "earlier": "แผนหรือมติเดิมที่เกี่ยวข้อง ครั้งที่และวันที่",
    "proposal": "ข้อเสนอ",
    "author": "ผู้จัดทำ ชื่อและตำแหน่ง",
    "group_head": "ผู้อำนวยการกลุ่มนโยบายและแผน ชื่อ",
    "director": "ผู้อำนวยการสำนักงานเขตพื้นที่การศึกษา ชื่อ",
    "purpose": "วัตถุประสงค์ของแผน",
    "directives": "นโยบายและแนวทางของกระทรวงศึกษาธิการและ สพฐ. ที่ใช้ เลขที่ และวันที่",
    "problems": "สภาพปัญหาของโรงเรียนขนาดเล็ก จากการสำรวจ",
    "needs": "ความต้องการและการเข้าถึงบริการการศึกษาของประชากรวัยเรียน จากการสำรวจ",
    "measures": "แนวทางยกระดับคุณภาพและเพิ่มประสิทธิภาพการบริหารจัดการ",
    "quality": "การพัฒนาโรงเรียนขนาดเล็กสู่ศูนย์การเรียนรู้คุณภาพ",
    "budget": "งบประมาณที่ใช้ และแหล่งเงิน",
    "committee": "คณะกรรมการจัดทำแผน คำสั่งที่ วันที่ และการมีส่วนร่วมของทุกฝ่าย",
    "follow_up": "การติดตาม ประเมิน และรายงานผลต่อผู้บริหารเขตพื้นที่และ กศจ.",
    "opinions": "ความเห็นของผู้บังคับบัญชาและคณะกรรมการ",
    "resolutions": "มติที่ประชุม กศจ. ครั้งที่และวันที่",
}

#: Codes are text, also where somebody wrote them by hand without quotes.
_Code = Annotated[str, BeforeValidator(lambda key: str(key) if isinstance(key, int) else key)]
#: Names of a mapping are read as text.
_Bound = Annotated[int, BeforeValidator(lambda key: int(key) if str(key).isdecimal() else key)]


class SmallTexts(BaseModel):
    """What has been typed, as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    texts: dict[str, str] = Field(default_factory=dict)
    sizes: dict[_Bound, str] = Field(default_factory=dict)
    schools: dict[_Code, str] = Field(default_factory=dict)

    @field_validator("texts")
    @classmethod
    def _known(cls, texts: dict[str, str]) -> dict[str, str]:
        if unknown := sorted(set(texts) - set(SMALL_TEXTS)):
            raise ValueError(f"ไม่รู้จักหัวข้อ {unknown[0]}")
        return texts


def read_small_texts(folder: Path) -> SmallTexts:
    """Return what people have typed for the plan of a cycle, nothing where there is no file.

    Raises
    ------
    DataError
        When the file holds what it should not; with the place and the remedy.
    """
    path = folder / SMALL_FILE
    if not path.is_file():
        return SmallTexts()
    return as_model(SmallTexts, filled(read_yaml(path, SMALL_FILE, DataError)), SMALL_FILE)


def small_texts_template() -> str:
    """Return an empty file for an office to fill in: what each text is stands beside it."""
    lines = [
        "# คัดลอกไฟล์นี้ไปไว้ในโฟลเดอร์ของรอบปีงบประมาณ แล้วพิมพ์ข้อความหลังเครื่องหมาย :",
        "# หลายบรรทัดใช้ | แล้วขึ้นบรรทัดใหม่ที่ย่อหน้าเข้าไป",
        "texts:",
    ]
    for key, thai in SMALL_TEXTS.items():
        lines += [f"  # {thai}", f"  {key}:"]
    lines += [
        "sizes:",
        "  # มาตรการของโรงเรียนแต่ละขนาด: จำนวนนักเรียนสูงสุดของขนาด (0 = ไม่มีนักเรียน) แล้วข้อความ",
        *(f"  {high}:" for high in (0, 20, 40, 60, 80, 100, 120)),
        "schools:",
        "  # มาตรการเฉพาะโรงเรียน: รหัส 10 หลักในเครื่องหมายคำพูด แล้วข้อความ",
        '  # "รหัสโรงเรียน": ข้อความ',
    ]
    return "\n".join(lines) + "\n"

"""The eight duties of the office's group, as the work standard has them: templates of steps and standards.

The packaged templates (``duties/NN-key.yaml``) are the office's to change: a file of that name in the cycle's
``duties/`` takes the place of the packaged one, whole. Each has a version and a date; an item of the register
(:mod:`restructure.register`) keeps the template that it was made from.

Source of every step, standard and month: มาตรฐานการปฏิบัติงาน กลุ่มนโยบายและแผน สพป.พิษณุโลก เขต 2; ``seed`` names the
number there. It names months for the subsidy alone, and no days and no owners at all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from restructure._errors import DataError, UsageError
from restructure.files import Day, read_yaml, staged, thai_fault
from restructure.procedure import steps_of

DUTIES_FOLDER = "duties"
#: Levels of a part that is measured in levels, beside 0: none reached.
LEVELS = 5

_Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
_Text = Annotated[str, Field(min_length=1)]
_Month = Annotated[int, Field(ge=1, le=12)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DutyStep(_Strict):
    """One step of a duty.

    Attributes
    ----------
    seed
        Where the work standard has it; ``ม.`` is its column of standards.
    needs, evidence
        What has to be there, and what may show that it was done; what such files usually hold, which no rule says.
    months
        Months that the standard names for it.
    part
        Of a duty in parts, the part.
    only_if
        When the step is to be done at all; empty where it always is.
    where
        What of this program does it.
    """

    key: _Key
    thai: _Text
    seed: tuple[_Text, ...] = Field(min_length=1)
    needs: tuple[_Text, ...] = ()
    evidence: str = ""
    recipients: tuple[_Text, ...] = ()
    months: tuple[_Month, ...] = ()
    part: str = ""
    only_if: str = ""
    where: str = ""


class Standard(_Strict):
    """One standard of work: met when its steps are done.

    Attributes
    ----------
    level
        Its level where the standard has levels, each on top of the one before; ``part`` says of which part.
    in_time
        Whether the standard says that its steps have to be done by their day.
    """

    seed: _Text
    thai: _Text
    steps: tuple[_Key, ...] = Field(min_length=1)
    part: str = ""
    level: Annotated[int, Field(ge=1, le=LEVELS)] | None = None
    in_time: bool = False


class NamedRound(_Strict):
    """A round that comes each cycle, with the month that the work standard names."""

    thai: _Text
    month: _Month


class Rounds(_Strict):
    """When items are made: one a ``year``, one for each of ``names``, or each time that one is ``ordered``."""

    recurs: Literal["year", "named", "ordered"]
    names: dict[_Key, NamedRound] = {}


class Duty(_Strict):
    """A duty's template.

    Attributes
    ----------
    procedure
        Whether its steps are those of :mod:`restructure.procedure`, so that what is certified there counts.
    office_made
        Whether the office's own file took the place of the packaged one.
    """

    key: _Key
    number: int = Field(ge=1, le=99)
    thai: _Text
    version: int = Field(ge=1)
    date: Day
    rounds: Rounds
    steps: tuple[DutyStep, ...] = Field(min_length=1)
    standards: tuple[Standard, ...] = ()
    parts: dict[str, _Text] = {}
    procedure: bool = False
    office_made: bool = False

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.number:02}-{self.key}.yaml"


def read_duties(folder: Path) -> dict[str, Duty]:
    """Return the templates by key, in the order of their numbers; an office's own in place of the packaged one.

    Raises
    ------
    DataError
        When a file of the office's own does not hold what a template holds; with file, line and remedy.
    """
    found = dict(_packaged())
    own: dict[str, str] = {}
    for path in sorted((folder / DUTIES_FOLDER).glob("*.y*ml")):
        if not path.is_file() or path.name.startswith((".", "~")):
            continue
        name = f"{DUTIES_FOLDER}/{path.name}"
        duty = _parse(read_yaml(path, name, DataError), name, path.read_text("utf-8"), office_made=True)
        if duty.key in own:
            raise _wrong(name, 1, f"งาน {duty.key} มีอยู่แล้วใน {own[duty.key]} เก็บไว้ไฟล์เดียว", "keep one file of a duty")
        if path.stem != Path(duty.file).stem:
            raise _wrong(name, 1, f"ชื่อไฟล์ต้องเป็น {duty.file} ตาม number และ key", f"its name must be {duty.file}")
        own[duty.key] = name
        found[duty.key] = duty
    return dict(sorted(found.items(), key=lambda item: (item[1].number, item[0])))


def write_duty_templates(folder: Path, keys: Collection[str] = ()) -> list[Path]:
    """Write the packaged templates into the cycle's ``duties/``, for the office to edit; return what was written.

    A file that is there already is left as it is: it may have been edited.

    Parameters
    ----------
    keys
        Which duties; all of them where none is named.

    Raises
    ------
    UsageError
        When there is no such duty.
    """
    packaged = _packaged()
    if unknown := sorted(set(keys) - set(packaged)):
        raise no_duty(unknown[0], packaged)
    target = folder / DUTIES_FOLDER
    names = [duty.file for key, duty in packaged.items() if not keys or key in keys]
    there = {path.stem for path in target.glob("*.y*ml")}
    wanted = [name for name in names if Path(name).stem not in there]
    with staged(target) as stage:
        for name in wanted:
            (stage / name).write_bytes((resources.files("restructure") / DUTIES_FOLDER / name).read_bytes())
    return [target / name for name in wanted]


def reached(standards: Sequence[Standard], done: Collection[str], in_time: Collection[str] = ()) -> list[bool]:
    """Say of each standard whether it is met.

    One that has a level is met only when those below it are: "มีการดำเนินการตามข้อ ๑-๓ และ…" (work standard, parts ๑, ๒
    and ๔ of the first duty).

    Parameters
    ----------
    done, in_time
        Keys of the steps that are done, and of those that were done by their day.
    """
    own = [set(one.steps) <= set(in_time if one.in_time else done) for one in standards]
    lacking = {(one.part, one.level) for one, met in zip(standards, own, strict=True) if one.level and not met}
    return [
        met and not any(part == one.part and (level or 0) < (one.level or 0) for part, level in lacking)
        for one, met in zip(standards, own, strict=True)
    ]


def levels(standards: Sequence[Standard], met: Sequence[bool]) -> dict[str, int]:
    """Return the level, 0 to 5, of each part that is measured in levels."""
    found: dict[str, int] = {}
    for one, is_met in zip(standards, met, strict=True):
        if one.level is not None:
            found[one.part] = max(found.get(one.part, 0), one.level if is_met else 0)
    return found


def procedure_steps(kind: str = "merge") -> tuple[DutyStep, ...]:
    """Return the steps of the plan's procedure of a kind (:func:`restructure.procedure.steps_of`) as a duty's."""
    return tuple(
        DutyStep(
            key=step.key,
            thai=step.thai,
            seed=step.seed,
            needs=step.needs,
            evidence=step.evidence,
            recipients=step.recipients,
            where="สมุดงาน 05; restructure step",
        )
        for step in steps_of(kind)
    )


def no_duty(key: str, duties: Collection[str]) -> UsageError:
    """Return the error that names a duty that there is not."""
    return UsageError(f"ไม่มีงาน {key}: ใช้ได้ {', '.join(duties)}", f"There is no duty {key}.")


@cache
def _packaged() -> dict[str, Duty]:
    files = sorted(
        (file for file in (resources.files("restructure") / DUTIES_FOLDER).iterdir() if file.name.endswith(".yaml")),
        key=lambda file: file.name,
    )
    found = (_parse(yaml.safe_load(text := file.read_text("utf-8")), file.name, text) for file in files)
    return {duty.key: duty for duty in found}


def _parse(data: dict[str, Any], name: str, text: str, *, office_made: bool = False) -> Duty:
    data = dict(data)
    if "procedure" in data:
        if data["procedure"] != "restructuring" or "steps" in data:
            raise _wrong(
                name, _line(text, ("procedure",)), "procedure ใช้ได้เฉพาะ restructuring โดยไม่มี steps",
                "procedure can only be restructuring, without steps",
            )  # fmt: skip
        data |= {"procedure": True, "steps": procedure_steps()}
    if "office_made" in data:
        raise _wrong(name, _line(text, ("office_made",)), "ไม่รู้จักหัวข้อ office_made", "unknown head office_made")
    try:
        duty = Duty.model_validate(data | {"office_made": office_made})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        line = _line(text, first["loc"])
        raise _wrong(name, line, f"ที่ {where}: {thai_fault(first)}", f"{where}: {first['msg']}") from None
    for place, told, english in _faults(duty):
        raise _wrong(name, _line(text, place), told, english)
    return duty


def _faults(duty: Duty) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Yield what does not fit together in a template: where, in Thai and in English."""
    seen: set[str] = set()
    for i, step in enumerate(duty.steps):
        if step.key in seen:
            yield ("steps", i, "key"), f"มีขั้น {step.key} สองครั้ง", f"step {step.key} is there twice"
        if step.part and step.part not in duty.parts:
            yield ("steps", i, "part"), f"ไม่มีส่วน {step.part} ใน parts", f"there is no part {step.part}"
        seen.add(step.key)
    for i, one in enumerate(duty.standards):
        for key in one.steps:
            if key not in seen:
                yield ("standards", i, "steps"), f"ไม่มีขั้น {key} ใน steps", f"there is no step {key}"
        if one.part and one.part not in duty.parts:
            yield ("standards", i, "part"), f"ไม่มีส่วน {one.part} ใน parts", f"there is no part {one.part}"
    if (duty.rounds.recurs == "named") != bool(duty.rounds.names):
        yield ("rounds",), "names ใช้กับ recurs: named และต้องมีอย่างน้อยหนึ่งรอบ", "names go with recurs: named"


def _line(text: str, place: Sequence[str | int]) -> int:
    """Return the line of a place in a YAML text; of what it stands in where it is missing."""
    node = yaml.compose(text)
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if part not in pairs:
                break
            key, node = pairs[part]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _wrong(name: str, line: int, thai: str, english: str) -> DataError:
    return DataError(
        f"ไฟล์ {name} บรรทัด {line} ใช้ไม่ได้ {re.sub('[ :]+$', '', thai)}: แก้ไข หรือลบไฟล์เพื่อกลับไปใช้แม่แบบของโปรแกรม",
        f"{name}, line {line}: {english}; mend it, or delete the file to have the packaged one again.",
    )

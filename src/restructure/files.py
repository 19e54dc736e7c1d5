"""Files: YAML in; out whole or not at all, also where the machine stops; the same bytes for the same content."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pandas as pd
import yaml
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from restructure._errors import DataError, UsageError
from restructure.thai import BUDDHIST_YEARS, parse_date

_Model = TypeVar("_Model", bound=BaseModel)

#: A cell that begins with one of these would be a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

#: Set for the pages of a dashboard that only shows: ``1``, and the folder into which nothing may be written.
VIEWER, VIEWED = "RESTRUCTURE_VIEWER", "RESTRUCTURE_VIEWED"

#: Files that a new run would have replaced though somebody has worked in them.
FORMER = "เดิม"
#: Set while the notebooks of a cycle run: the folder of that cycle.
RUNNING = "RESTRUCTURE_RUNNING"
#: Where a run puts what it makes, under ``outputs/``, until all of it is made.
RUN_FOLDER = ".run"

#: What the folders are called that hold what is not yet whole.
STAGE = ".unfinished-"
#: Stands in a stage from the moment that all is made until all is in its place: what is to go where.
_JOURNAL, _LOCK = ".complete.json", ".lock"
_STALE_S = 3600
_WAIT_S = 30.0


class _Loader(yaml.SafeLoader):
    """YAML with the whole numbers of 1.2: to 1.1 ``0123`` is octal, ``1_0`` ten and ``1:30`` ninety; codes are text."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:int"]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _day_or_text(loader: _Loader, node: yaml.ScalarNode) -> Any:
    """Return a day, or as text one that the common calendar does not have: 29 February 2567 of the Buddhist era."""
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        parse_date(node.value)
        return node.value


_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _day_or_text)


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Give a folder to write into whose files replace those under ``target`` only when all have been written."""
    refuse_viewed(target)
    target.mkdir(parents=True, exist_ok=True)
    for left in target.glob(f"{STAGE}*"):
        with suppress(FileNotFoundError):  # another run may clear it away, or end, at the same moment
            if (left / _JOURNAL).is_file():
                _finish(left)
                continue
            newest = max(path.stat().st_mtime for path in (left, *left.rglob("*")))
            if time.time() - newest > _STALE_S:  # nothing written for so long: its run was killed
                shutil.rmtree(left, ignore_errors=True)
    stage = Path(tempfile.mkdtemp(prefix=STAGE, dir=target))
    try:
        yield stage
        put_in_place(stage, sorted(path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file()))
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def keep_former(path: Path) -> None:
    """Move a file that somebody may have worked in, and that is to be replaced, into ``เดิม/`` beside it.

    It gets its content's digest into its name, so that none there is replaced.
    """
    refuse_viewed(path)
    folder = path.parent / FORMER
    folder.mkdir(exist_ok=True)
    path.replace(folder / f"{path.stem}.{sha256(path)[:16]}{path.suffix}")


def put_in_place(stage: Path, made: list[str], gone: Iterable[str] = ()) -> None:
    """Put files of a stage in their places in the folder around it, and take others away: all, or none.

    Where one cannot be put, be it open elsewhere, all stay as they were. What is stopped in between is finished by
    whoever comes next (:func:`finish_left`).
    """
    target, aside = stage.parent, stage / ".aside"
    taken = [name for name in gone if (target / name).is_file()]
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    replaced: list[tuple[Path, Path]] = []
    with locked(stage / _LOCK, _WAIT_S):
        # One file is replaced in one moment and needs no journal.
        if len(made) + len(taken) > 1:
            write_json(stage / f"{_JOURNAL}.part", {"made": made, "gone": taken})
            (stage / f"{_JOURNAL}.part").replace(stage / _JOURNAL)
        try:
            for number, name in enumerate(made + taken):
                final, old = target / name, aside / str(number)
                final.parent.mkdir(parents=True, exist_ok=True)
                if final.is_file():
                    try:
                        os.link(final, old)  # so that the file is in its place at every moment
                    except OSError:  # a USB stick knows no links
                        shutil.copy2(final, old)
                if number < len(made):
                    (stage / name).replace(final)
                else:
                    final.unlink()
                replaced.append((final, old))
        except BaseException:
            (stage / _JOURNAL).unlink(missing_ok=True)
            for final, old in replaced:
                if old.is_file():
                    old.replace(final)
                else:
                    final.unlink()
            raise


def finish_left(folder: Path) -> None:
    """Put in place what killed runs had made whole under a folder, and had begun to put in place."""
    for journal in sorted(folder.rglob(_JOURNAL)):
        # Open elsewhere, or another program is at it: the next one tries again. Or it is no journal of ours.
        with suppress(OSError, ValueError, KeyError, TypeError):
            _finish(journal.parent)


def _finish(stage: Path) -> None:
    with locked(stage / _LOCK, 0.0) as free:
        if not free or not (stage / _JOURNAL).is_file():
            return
        plan = json.loads((stage / _JOURNAL).read_text("utf-8"))
        for name in (*plan["made"], *plan["gone"]):
            final = stage.parent / name
            if not final.resolve().is_relative_to(stage.parent.resolve()):  # not written by us
                return
        for name in plan["made"]:
            if (stage / name).is_file():
                (stage.parent / name).parent.mkdir(parents=True, exist_ok=True)
                (stage / name).replace(stage.parent / name)
        for name in plan["gone"]:
            (stage.parent / name).unlink(missing_ok=True)
        (stage / _JOURNAL).unlink()
    shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def locked(lock: Path, wait_s: float) -> Iterator[bool]:
    """Hold a lock that no other program holds; gives False, and nothing is held, where one still does after a while.

    SQLite locks a file on every system in the system's own way, which also frees the lock of a program that was
    killed: nothing has to be guessed from the age of a file.
    """
    lock.touch()
    with closing(sqlite3.connect(lock, timeout=wait_s, isolation_level=None)) as held:
        try:
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error:
            yield False
        else:
            yield True


def refuse_viewed(target: Path) -> None:
    """Refuse to write into a folder that is only being looked at; whoever writes without :func:`staged` asks here.

    Raises
    ------
    UsageError
        When ``target`` lies there.
    """
    viewed = os.environ.get(VIEWED)
    if viewed and target.resolve().is_relative_to(viewed):
        raise UsageError(
            "หน้านี้ดูอย่างเดียว บันทึกไม่ได้: ให้เจ้าหน้าที่ทำใน JupyterLab หรือเปิดด้วย restructure dashboard --full",
            "This page is for looking only; work in JupyterLab, or in a dashboard opened with --full.",
        )


@cache
def viewer_outputs() -> Path | None:
    """Return where a page that is only for looking puts what it makes: a folder of its own; None elsewhere."""
    return Path(tempfile.mkdtemp(prefix="outputs-")) if os.environ.get(VIEWED) else None


def outputs_folder(folder: Path) -> Path:
    """Return where everything lies that is rebuilt from a cycle folder."""
    if viewer := viewer_outputs():
        return viewer
    outputs = folder / "outputs"
    return outputs / RUN_FOLDER if os.environ.get(RUNNING) == str(folder.resolve()) else outputs


def read_yaml(path: Path, name: str, error: type[DataError]) -> dict[str, Any]:
    """Read a YAML file that maps names to values; an empty one maps none. A plain ``0123`` is text.

    Parameters
    ----------
    name
        How messages should name the file.
    error
        What to raise when the file is something else.
    """
    try:
        data = yaml.load(path.read_text("utf-8"), _Loader)
    except OSError:
        raise
    except Exception as fault:  # PyYAML lets through whatever a faulty scalar makes its constructors raise
        mark = getattr(fault, "problem_mark", None)
        where = f" บรรทัด {mark.line + 1}" if mark else ""
        raise error(
            f"ไฟล์ {name}{where} อ่านไม่ได้: ต้องเป็น YAML แบบ UTF-8 แก้ไขแล้วสั่งใหม่",
            f"{name}{f', line {mark.line + 1},' if mark else ''} is not YAML in UTF-8; mend it.",
        ) from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise error(f"ไฟล์ {name} ต้องเป็นรายการ ชื่อ: ค่า แก้ไขแล้วสั่งใหม่", f"{name} must map names to values; mend it.")
    return {str(key): value for key, value in data.items()}


def _read_day(value: Any) -> Any:
    """Return the day that a text, or a day with a year of the Buddhist era, means."""
    if not isinstance(value, str) and not (isinstance(value, date) and value.year >= BUDDHIST_YEARS):
        return value
    try:
        return parse_date(value if isinstance(value, str) else value.isoformat())
    except ValueError:
        raise PydanticCustomError("date_type", "Input should be a valid date") from None


#: A day that a person typed, of either era, as :func:`restructure.thai.parse_date` reads it.
Day = Annotated[date, BeforeValidator(_read_day)]


def filled(value: Any) -> Any:
    """Leave out heads with nothing behind them: they are as good as none."""
    if isinstance(value, dict):
        return {key: filled(one) for key, one in value.items() if one is not None}
    return [filled(one) for one in value] if isinstance(value, list) else value


def as_model(model: type[_Model], data: Mapping[str, Any], name: str) -> _Model:
    """Return what a file of names and values holds as its model.

    Parameters
    ----------
    name
        How messages should name the file.

    Raises
    ------
    DataError
        When the file holds what it should not; with the place and the remedy.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        said = str(first["ctx"]["error"]) if first["type"] == "value_error" else thai_fault(first)
        raise DataError(
            f"ไฟล์ {name} ใช้ไม่ได้{where and f'ที่ {where}'}: {said} แก้ไขแล้วสั่งใหม่",
            f"{name}, {where}: {first['msg']}; mend it.",
        ) from None


def thai_fault(fault: Mapping[str, Any]) -> str:
    """Return in Thai what pydantic found wrong with a value."""
    expected = str(fault.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
    words = {
        "extra_forbidden": "ไม่รู้จักหัวข้อนี้",
        "missing": "ขาดหัวข้อนี้",
        "literal_error": f"ใช้ได้เฉพาะ {expected}",
        "string_type": "ต้องเป็นข้อความ",
        "int_type": "ต้องเป็นจำนวนเต็ม",
        "int_parsing": "ต้องเป็นจำนวนเต็ม",
        "list_type": "ต้องเป็นรายการ",
        "tuple_type": "ต้องเป็นรายการ",
        "too_short": "ต้องมีอย่างน้อยหนึ่งรายการ",
        "string_too_short": "ต้องไม่ว่าง",
        "string_pattern_mismatch": "รูปแบบไม่ถูกต้อง",
        "greater_than_equal": f"ต้องไม่น้อยกว่า {fault.get('ctx', {}).get('ge')}",
        "less_than_equal": f"ต้องไม่เกิน {fault.get('ctx', {}).get('le')}",
        "dict_type": "ต้องเป็นรายการ ชื่อ: ค่า",
        "model_type": "ต้องเป็นรายการ ชื่อ: ค่า",
        "date_type": "ต้องเป็นวันที่ เช่น 2026-10-01 หรือ 1/10/2569",
        "date_from_datetime_inexact": "ต้องเป็นวันที่ เช่น 2026-10-01 หรือ 1/10/2569",
    }
    return words.get(fault["type"], f"ค่าไม่ถูกต้อง ({fault['msg']})")


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write CSV in UTF-8 with BOM; text that a spreadsheet would take for a formula gets a ``'`` before it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = table.copy()
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column]):
            text = table[column].astype("str")
            text = text.where(~text.str.startswith(FORMULA_STARTS, na=False), "'" + text)
            # A lone carriage return would end the row for many a reader.
            table[column] = text.str.replace("\r\n?", "\n", regex=True)
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write JSON that people can read too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8", newline="\n")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

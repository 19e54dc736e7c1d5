"""A cycle as one file: a zip of its folder with the SHA-256 of each file, that opens on another machine.

::

    cycle/…         the files of the folder
    backup.json     what they are: format, day, program, edition, head of the ledger, bytes and SHA-256 of each

The same content backed up on the same day by the same program gives the same bytes. What speaks against restoring a
file elsewhere is refused while it is made, and a file that has been written is read back before it gets its name.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from errno import EINVAL
from importlib import metadata
from pathlib import Path
from typing import IO, Annotated

from pydantic import BaseModel, ConfigDict, Field

from restructure._errors import DataError, LedgerError, RestructureError, UsageError
from restructure.appraisal import PRIVATE_FOLDER
from restructure.chain import BANGKOK, START
from restructure.cycle import MANIFEST_FILE
from restructure.edition import files_without_persons
from restructure.files import RUN_FOLDER, STAGE, refuse_viewed, staged
from restructure.intake.pupils import SALT_FILE
from restructure.ledger import LEDGER_FILE, head
from restructure.portable import refuse_names

BACKUP_FILE = "backup.json"
OUTPUTS = "outputs"
_FORMAT = 1
_CYCLE = "cycle/"
#: The first moment that a zip can name: files have no time of their own there, so that the same content is the same.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20
#: Locks of ours and of Office.
_PASSING = re.compile(r"\..+\.lock(-journal)?|~\$.*", re.DOTALL)
#: What unpacks to far more than any table of an office does was made to fill a disk.
_MOST_MANIFEST, _MOST_FILES, _MOST_RATIO, _LEAST_LIMIT = 100_000_000, 200_000, 200, 1_000_000_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Kept(_Strict):
    """A file as it was backed up."""

    bytes: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Backup(_Strict):
    """What ``backup.json`` holds.

    Attributes
    ----------
    made
        The day, ISO.
    persons
        Whether rows of persons are among the files; without them it is the edition of :mod:`restructure.edition`.
    ledger
        ``seq`` and hash of the last row, as :func:`restructure.ledger.head` returns them.
    files
        By path in the folder.
    """

    format: int
    made: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    restructure: str
    persons: bool
    ledger: Annotated[list[int | str], Field(min_length=2, max_length=2)]
    files: dict[str, Kept]


# -- making ----
def write_backup(
    folder: Path, target: Path, *, persons: bool = True, outputs: bool = True, made: datetime.date | None = None
) -> Backup:
    """Write a cycle into one new file, readable by its owner only, while others may go on working in the folder.

    Files keep their bytes; of the ledger it is a copy that SQLite makes, the same but for its own counters.

    Parameters
    ----------
    persons
        Without them nothing goes in that holds a row of a person.
    outputs
        Without them only the outputs' manifest goes in, which notes the end of the ledger.
    made
        The day to note; today without it.

    Raises
    ------
    UsageError
        When the target is there already or lies in the cycle.
    DataError
        When a file could not be restored elsewhere by its name, a folder is a link, or (without persons) the cycle
        cannot be read.
    """
    if os.path.lexists(target):
        raise UsageError(
            f"มีไฟล์ {target} อยู่แล้ว: ตั้งชื่ออื่น เช่น ใส่วันที่ ไฟล์สำรองเดิมไม่ถูกเขียนทับ",
            f"{target} is there already; choose another name.",
        )
    if target.resolve().is_relative_to(folder.resolve()):
        raise UsageError(
            f"ไฟล์สำรอง {target} อยู่ในโฟลเดอร์ที่จะสำรอง: เก็บไว้นอกโฟลเดอร์นี้ เช่น ในไดรฟ์อื่น",
            f"{target} lies in the folder that it backs up; put it elsewhere.",
        )
    made = made or datetime.datetime.now(BANGKOK).date()
    with tempfile.TemporaryDirectory(prefix="backup-") as scratch, staged(target.parent) as stage:
        # The manifest first, the ledger next, all else after them: whatever others write meanwhile, the ledger goes as
        # far as the manifest notes, and each file of evidence or version that a row names is there.
        apart = Path(scratch)
        with suppress(FileNotFoundError):
            shutil.copyfile(folder / OUTPUTS / MANIFEST_FILE, apart / MANIFEST_FILE)
        _copy_ledger(folder, apart)
        files = _whole_folder(folder, apart, outputs=outputs) if persons else files_without_persons(folder, apart)
        refuse_names(files)
        last = head(apart) if LEDGER_FILE in files else START
        draft = stage / target.name
        draft.touch(mode=0o600)
        backup = _write_zip(draft, files, made.isoformat(), persons=persons, ledger=list(last))
        read_through(draft)
    return backup


def _whole_folder(folder: Path, apart: Path, *, outputs: bool) -> dict[str, Path]:
    files = _all_files(folder)
    if not outputs:
        files = {name: path for name, path in files.items() if not name.startswith(f"{OUTPUTS}/")}
    for name, copy in ((LEDGER_FILE, apart / LEDGER_FILE), (f"{OUTPUTS}/{MANIFEST_FILE}", apart / MANIFEST_FILE)):
        files.pop(name, None)
        if copy.is_file():
            files[name] = copy
    return files


def _all_files(folder: Path) -> dict[str, Path]:
    """Return every file of a folder by its path in it, without what programs keep there only while they write."""
    found = {}
    for place, folders, names in os.walk(folder, onerror=_raise):
        for path in (Path(place, name) for name in folders):
            if path.is_symlink() or getattr(path, "is_junction", path.is_symlink)():  # Python 3.12 knows junctions
                raise DataError(
                    f"โฟลเดอร์ {path} เป็นทางลัดไปที่อื่น จึงสำรองไม่ครบ: คัดลอกโฟลเดอร์จริงมาวางแทน แล้วสั่งใหม่",
                    f"{path} is a link to another place; put the folder itself there.",
                )
        folders[:] = [name for name in folders if not name.startswith(STAGE) and name != RUN_FOLDER]
        for name in names:
            path = Path(place, name)
            if path.is_file() and not _PASSING.fullmatch(name):
                found[path.relative_to(folder).as_posix()] = path
    found.pop(f"{LEDGER_FILE}-journal", None)  # its rows are in the copy of the ledger
    return found


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # a folder may be gone since it was listed
        raise error


def _copy_ledger(folder: Path, apart: Path) -> None:
    """Copy the ledger, if any, as it is at one moment, whoever writes to it."""
    if head(folder) == START:
        return
    try:
        with (
            closing(sqlite3.connect(folder / LEDGER_FILE, timeout=30)) as base,
            closing(sqlite3.connect(apart / LEDGER_FILE)) as copy,
        ):
            base.backup(copy)
    except sqlite3.Error:
        raise LedgerError(
            f"คัดลอก {LEDGER_FILE} ไม่ได้: ปิดโปรแกรมอื่นที่ใช้อยู่ ตรวจพื้นที่ว่าง แล้วสั่งใหม่",
            f"{LEDGER_FILE} cannot be copied; close other programs that use it, check the free space.",
        ) from None


def _write_zip(path: Path, files: Mapping[str, Path], made: str, *, persons: bool, ledger: list[int | str]) -> Backup:
    kept = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in sorted(files.items()):
            with suppress(FileNotFoundError), source.open("rb") as file:  # gone since it was listed: it is deleted
                kept[name] = _add(archive, _CYCLE + name, file)
        backup = Backup(
            format=_FORMAT,
            made=made,
            restructure=metadata.version("restructure"),
            persons=persons,
            ledger=ledger,
            files=kept,
        )
        with archive.open(_entry(BACKUP_FILE), "w") as out:
            out.write(f"{backup.model_dump_json(indent=1)}\n".encode())
    return backup


def _add(archive: zipfile.ZipFile, name: str, file: IO[bytes]) -> Kept:
    digest, size = hashlib.sha256(), 0
    large = os.fstat(file.fileno()).st_size > zipfile.ZIP64_LIMIT // 2
    with archive.open(_entry(name), "w", force_zip64=large) as out:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return Kept(bytes=size, sha256=digest.hexdigest())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    return entry


# -- reading ----
def read_through(path: Path) -> Backup:
    """Read a backup to its end, each file against its SHA-256, and return what it says of itself.

    Raises
    ------
    UsageError
        When there is no such file.
    DataError
        When it is no backup, of a newer program, damaged, changed, or holds what must not be restored.
    """
    with _opened(path) as (archive, backup):
        for name, kept in backup.files.items():
            for _ in _chunks(archive, name, kept):
                pass
    return backup


def restore(path: Path, folder: Path) -> Backup:
    """Restore a backup into a folder that is new or empty, whole or not at all; return what it says of itself.

    Documents under ``outputs/`` count as older than what they were made from: a version for a committee is kept only of
    documents made anew.

    Raises
    ------
    UsageError
        When the folder holds anything, or there is no such file.
    DataError
        As :func:`read_through`.
    """
    folder = folder.resolve()
    refuse_viewed(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"โฟลเดอร์ {folder} มีของอยู่แล้ว: เลือกโฟลเดอร์ใหม่หรือโฟลเดอร์ว่าง จะไม่มีอะไรถูกเขียนทับ",
            f"{folder} holds something already; choose a new or empty folder.",
        )
    with _opened(path) as (archive, backup):
        beside = next(parent for parent in folder.parents if parent.is_dir())
        if sum(kept.bytes for kept in backup.files.values()) > shutil.disk_usage(beside).free:
            raise DataError(
                f"ดิสก์ของ {beside} มีที่ว่างไม่พอสำหรับ {path.name}: ลบไฟล์ที่ไม่ใช้ หรือเลือกไดรฟ์อื่น",
                f"There is not enough space in {beside} for {path.name}.",
            )
        with staged(beside) as stage:
            made = stage / folder.name
            made.mkdir()
            for name, kept in backup.files.items():
                _extract(archive, name, kept, made / name, datetime.date.fromisoformat(backup.made))
            (made / "inputs").mkdir(exist_ok=True)
            if head(made) != tuple(backup.ledger):
                raise _broken(path, f"{LEDGER_FILE} ไม่ตรงกับที่จดไว้", "its ledger does not end as noted")
            folder.parent.mkdir(parents=True, exist_ok=True)
            if folder.exists():
                folder.rmdir()
            made.rename(folder)  # the whole folder at once: a crash leaves it or nothing
    return backup


def _extract(archive: zipfile.ZipFile, name: str, kept: Kept, target: Path, made: datetime.date) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if name.startswith(f"{PRIVATE_FOLDER}/") or name == SALT_FILE:
        target.touch(mode=0o600)
    with target.open("wb") as out:
        for chunk in _chunks(archive, name, kept):
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if name.startswith(f"{OUTPUTS}/"):
        day = datetime.datetime.combine(made, datetime.time(), BANGKOK).timestamp()
        os.utime(target, (day, day))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Backup]]:
    """Open a backup of which every name and size is as it should be; what it holds is checked while it is read."""
    if not path.is_file():
        raise UsageError(f"ไม่พบไฟล์สำรอง {path}: ตรวจชื่อไฟล์", f"There is no file {path}; check its name.")
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _manifest(archive, path)
    except RestructureError:
        raise
    except OSError as error:
        if error.errno != EINVAL:  # a place before the file's begin, which only a damaged zip names
            raise
        raise _damaged(path) from None
    except Exception:  # zipfile, zlib and JSON let through whatever a faulty byte makes them raise
        raise _damaged(path) from None


def _manifest(archive: zipfile.ZipFile, path: Path) -> Backup:
    entries = {entry.filename: entry for entry in archive.infolist()}
    noted = entries.pop(BACKUP_FILE, None)
    if noted is None:
        raise DataError(
            f"{path.name} ไม่ใช่ไฟล์สำรองของโปรแกรมนี้: เลือกไฟล์ที่ทำด้วย restructure backup",
            f"{path.name} is no backup of ours.",
        )
    if noted.file_size > _MOST_MANIFEST or len(entries) > _MOST_FILES:
        raise _broken(path, "มีไฟล์มากผิดปกติ", "it holds too many files")
    told = json.loads(b"".join(_read(archive, noted)))
    if told["format"] > _FORMAT:
        raise DataError(
            f"{path.name} ทำด้วยโปรแกรมรุ่นใหม่กว่าโปรแกรมนี้: ปรับปรุงโปรแกรมก่อน แล้วสั่งใหม่",
            f"{path.name} was made by a newer program than this; update the program, then restore it.",
        )
    backup = Backup.model_validate(told)
    refuse_names(backup.files)
    strange = [entry for entry in [noted, *entries.values()] if not _is_plain(entry)]
    if strange or len(archive.infolist()) != len(entries) + 1 or set(entries) != {_CYCLE + n for n in backup.files}:
        raise _broken(path, "รายการไฟล์ไม่ตรงกับที่จดไว้", "its list of files is not what was noted")
    if any(entries[_CYCLE + name].file_size != kept.bytes for name, kept in backup.files.items()):
        raise _damaged(path)
    if sum(kept.bytes for kept in backup.files.values()) > max(_LEAST_LIMIT, _MOST_RATIO * path.stat().st_size):
        raise _broken(path, "คลายแล้วใหญ่ผิดปกติ", "it unpacks to far more than a cycle does")
    return backup


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    """Say whether an entry is a plain file, told by one name, packed as ours are."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return (
        kind in (0, stat.S_IFREG)
        and entry.orig_filename == entry.filename
        and not entry.flag_bits & 0x1
        and entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Read an entry, no further than the size that it names."""
    with archive.open(entry) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _chunks(archive: zipfile.ZipFile, name: str, kept: Kept) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for chunk in _read(archive, archive.getinfo(_CYCLE + name)):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != kept.sha256:
        raise _broken(Path(archive.filename or ""), f"ไฟล์ {name} ไม่ตรงกับที่จดไว้", f"{name} is not what was noted")


def _damaged(path: Path) -> DataError:
    return _broken(path, "ไฟล์ไม่ครบหรือเสียหาย", "the file is cut off or damaged")


def _broken(path: Path, thai: str, english: str) -> DataError:
    return DataError(
        f"คืนจาก {path.name} ไม่ได้ {thai}: ใช้ไฟล์สำรองอีกชุด หรือขอไฟล์นี้ใหม่จากผู้ส่ง ยังไม่มีอะไรถูกเขียน",
        f"{path.name} cannot be restored: {english}; take another copy. Nothing has been written.",
    )

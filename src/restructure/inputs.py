"""All files of an office's folder into its tables, in the order in which they explain each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from restructure._errors import TableError
from restructure.corrections import Correction, apply_corrections, point_readings
from restructure.intake.cells import type_frame
from restructure.intake.codes import translate_codes
from restructure.intake.mapping import Mapping
from restructure.intake.pupils import read_salt
from restructure.intake.schema import (
    MAP_SUFFIXES,
    OPTIONAL_TABLES,
    REQUIRED_TABLES,
    TABLE_SUFFIXES,
    Problem,
    find_table,
)
from restructure.intake.shapes import read_file

#: Codes first, then the places and schools by which other files name things.
_ORDER = ("crosswalk", "schools", "villages", *(n for n in (*REQUIRED_TABLES, *OPTIONAL_TABLES) if n != "crosswalk"))


class Inputs(NamedTuple):
    """What an office's files hold.

    Attributes
    ----------
    frames
        Texts by table, corrected, indexed by the row in the file.
    tables
        The same as typed values, without rows that cannot be used.
    files
        The file of each table, relative to the folder.
    """

    frames: dict[str, pd.DataFrame]
    tables: dict[str, pd.DataFrame]
    files: dict[str, str]
    problems: list[Problem]


def read_inputs(
    folder: Path, mapping: Mapping, corrections: Sequence[Correction], *, only: Collection[str] = _ORDER
) -> Inputs:
    """Read the tables of a cycle folder.

    Parameters
    ----------
    folder
        The cycle; its files lie in ``inputs/``.
    mapping
        What the office has confirmed of files and heads.
    corrections
        Those in force; they change the texts that were read, never the files.
    only
        The tables to read.

    Raises
    ------
    TableError
        When a required table is missing, or a file cannot be read.
    """
    frames: dict[str, pd.DataFrame] = {}
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for table, path in find_files(folder / "inputs", mapping).items():
        if table not in only:
            continue
        file = f"inputs/{path.name}"
        remembered = mapping.columns.get(table, {})
        read, found = read_file(path, table, file, remembered, lambda: read_salt(folder), frames)
        problems += found
        for name, frame in read.items():
            if name in frames or (name != table and find_table(folder / "inputs", name)):
                text = f"ไฟล์ {file} มีข้อมูลการรวมด้วย แต่ใช้ไฟล์ {name} แทน"
                problems.append(Problem("warning", "not-read", file, 1, "", "", text, "เก็บข้อมูลการรวมไว้ที่เดียว"))
                continue
            frames[name], files[name] = frame, file
    frames, found = translate_codes(frames, frames.get("crosswalk"), files)
    problems += found
    frames, found = apply_corrections(frames, corrections)
    problems += found
    tables = {}
    for name, frame in frames.items():
        frames[name] = _as_wished(frame, point_readings(frame, name, corrections))
        tables[name], found = type_frame(frames[name], name, files[name])
        problems += found
    return Inputs(frames, tables, files, problems)


def find_files(inputs: Path, mapping: Mapping) -> dict[str, Path]:
    """Return the file of each table, in the order of reading: named after it, or confirmed for it by the office.

    Raises
    ------
    TableError
        When a required table has no file, or a table has two.
    """
    found: dict[str, Path] = {}
    for table in dict.fromkeys(_ORDER):
        confirmed = [inputs / name for name, use in mapping.files.items() if use == table and (inputs / name).is_file()]
        named = find_table(inputs, table, (*TABLE_SUFFIXES, *MAP_SUFFIXES))
        paths = sorted({*confirmed, *([named] if named and mapping.files.get(named.name, table) == table else [])})
        if len(paths) > 1:
            names = " และ ".join(path.name for path in paths)
            raise TableError(
                f"มีไฟล์ {names} สำหรับตาราง {table} พร้อมกันใน inputs/: เก็บไว้เพียงไฟล์เดียว",
                f"inputs/ holds {' and '.join(path.name for path in paths)} for {table}; keep one.",
            )
        if paths:
            found[table] = paths[0]
        elif table in REQUIRED_TABLES:
            raise TableError(
                f"ไม่พบไฟล์ inputs/{table}.csv หรือ inputs/{table}.xlsx: วางไฟล์นี้ในโฟลเดอร์ {inputs}",
                f"Neither inputs/{table}.csv nor inputs/{table}.xlsx is there; put the file into {inputs}.",
            )
    return found


def _as_wished(frame: pd.DataFrame, readings: pd.Series) -> pd.DataFrame:
    """Turn points, or say their zone or datum, as somebody has decided."""
    if not {"lat", "lon"} <= set(frame) or not readings.ne("").any():
        return frame
    swap = readings == "swap"
    turned = {"lat": frame["lat"].mask(swap, frame["lon"]), "lon": frame["lon"].mask(swap, frame["lat"])}
    empty = pd.Series("", frame.index, dtype=object)
    datum = frame.get("datum", empty).mask(readings == "indian-1975", "Indian 1975").mask(readings == "wgs84", "WGS 84")
    zone = frame.get("zone", empty)
    for number in ("47", "48"):
        zone = zone.mask(readings == f"utm{number}", number)
    return frame.assign(**turned, datum=datum, zone=zone)

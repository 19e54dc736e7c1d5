"""One budget cycle on disk: its inputs read, checked and measured."""

from __future__ import annotations

import difflib
import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import pandas as pd
from platformdirs import user_cache_dir

from restructure._errors import DataError, LedgerError, TableError, UsageError
from restructure.area import find_boundary
from restructure.checks import check_places, check_tables
from restructure.closures import (
    close_roads,
    closed_pieces,
    find_closures,
    in_force,
    piece_mask,
    read_closures,
    wet_mask,
)
from restructure.corrections import CORRECTIONS_FILE, read_corrections
from restructure.distance import distance_table
from restructure.drafting import read_draft
from restructure.files import finish_left, outputs_folder, sha256, viewer_outputs
from restructure.gazetteer import tambon_list
from restructure.inputs import read_inputs
from restructure.intake import (
    MAP_SUFFIXES,
    OPTIONAL_TABLES,
    REQUIRED_TABLES,
    TABLE_SUFFIXES,
    Problem,
    as_problem_table,
    find_table,
    parse_round,
)
from restructure.intake.grids import read_sheets
from restructure.intake.heads import likely_tables
from restructure.intake.mapping import MAPPING_FILE, Mapping, read_mapping
from restructure.ledger import LEDGER_FILE, head, verify
from restructure.migration import bring_up_to_date, policy_as_meant
from restructure.points import missing_links, snaps
from restructure.policy import UNNAMED_OFFICE, Policy, load_policy
from restructure.projection import with_future
from restructure.roads import ROAD_SUFFIXES, Bools, Ints, RoadNetwork, read_roads
from restructure.rolls import as_of_day
from restructure.scenario import PRESENT, Scenario, read_scenario
from restructure.seating import Office, make_office
from restructure.words import TABLE_NAMES

#: What each step notes of itself, under ``outputs/``.
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, eq=False)
class Cycle:
    """A cycle folder that has been read and checked.

    Attributes
    ----------
    frames
        The texts of each table as they were read and corrected, indexed by the row in the file.
    files
        Of each table that was read, relative to the folder; also of ``closures`` and ``boundary``.
    tambons
        As :func:`restructure.gazetteer.tambon_list` returns them.
    network
        The roads, without those whose closure counts in the fiscal year.
    open_network
        The roads as the file has them.
    closures
        As :func:`restructure.closures.read_closures` returns them, with ``in_force``.
    closed_pieces
        What each closure takes out, by its code.
    digests
        The SHA-256 of each file that was read, by its path in the folder: files may change while the cycle is open.
    """

    folder: Path
    policy: Policy
    frames: dict[str, pd.DataFrame]
    tables: dict[str, pd.DataFrame]
    files: dict[str, str]
    tambons: gpd.GeoDataFrame
    network: RoadNetwork
    open_network: RoadNetwork
    closures: gpd.GeoDataFrame
    closed_pieces: dict[str, Ints]
    roads: Path
    problems: list[Problem]
    digests: dict[str, str]

    @property
    def outputs(self) -> Path:
        """Where everything that is rebuilt lies."""
        return outputs_folder(self.folder)


@dataclass(frozen=True, eq=False)
class Measured:
    """A cycle with its distances: villages to schools, and home points to schools where there are any.

    ``wet`` and ``wet_homes`` are the same while the roads are closed that the wet season closes.
    """

    cycle: Cycle
    distances: pd.DataFrame
    homes: pd.DataFrame | None
    wet: pd.DataFrame
    wet_homes: pd.DataFrame | None
    problems: pd.DataFrame

    @cached_property
    def office(self) -> Office:
        """The newest pupils, schools and ways, as scenarios are worked out over them."""
        tables = self.cycle.tables
        ways = (self.homes, self.wet, self.wet_homes)
        return with_future(make_office(tables, self.distances, self.cycle.policy, *ways), tables)


def open_cycle(folder: Path | str, *, country_policy: Path | None = None, untouched: bool = False) -> Cycle:
    """Read and check a cycle folder.

    Nothing is written but the roads as arrays in the user's cache folder, so that a second start loads in a moment, and
    what a command that was killed had begun to put in its place, and what
    :func:`restructure.migration.bring_up_to_date` mends in a folder of an older version.

    Parameters
    ----------
    country_policy
        As :func:`restructure.policy.load_policy` takes it.
    untouched
        Whether nothing at all is written in the folder: one of an older version is then read as it was meant.

    Raises
    ------
    UsageError
        When the folder is not there.
    DataError
        When a required file is missing, empty or broken.
    """
    folder = Path(folder)
    inputs = folder / "inputs"
    if not inputs.is_dir():
        raise UsageError(
            f"ไม่พบโฟลเดอร์ {inputs}: สร้างด้วยคำสั่ง restructure new {folder} แล้ววางไฟล์ไว้ใน inputs/",
            f"There is no folder {inputs}; make one with `restructure new {folder}` and put your files there.",
        )
    problems: list[Problem] = []
    if not untouched:
        if not viewer_outputs():
            finish_left(folder / "outputs")
        if mended := bring_up_to_date(folder):
            remedy = f"ตรวจ policy.yaml โฟลเดอร์ก่อนปรับอยู่ใน {mended.backup.name} ข้างโฟลเดอร์นี้"
            problems.append(_of_older("ปรับแล้ว", mended.told, remedy))
    with policy_as_meant(folder) as (own_policy, told):
        policy = load_policy(own_policy, country=country_policy)
    if told:
        problems.append(_of_older("อ่านตามความหมายเดิม", told, "ไฟล์ในโฟลเดอร์นั้นไม่ถูกแก้"))
    mapping = read_mapping(folder)
    frames, tables, files, found = read_inputs(folder, mapping, read_corrections(folder))
    problems += found
    _refuse_empty(tables, files, problems)
    roads = find_roads(inputs)
    network = read_roads(roads, policy.van, Path(user_cache_dir("restructure", appauthor=False)))
    tambons = tambon_list(inputs, problems)
    if path := find_table(inputs, "tambons", (*TABLE_SUFFIXES, *MAP_SUFFIXES)):
        files["tambons"] = f"inputs/{path.name}"
    tables, found = check_tables(tables, files, network, policy.fiscal_year, tambons=tambons, settings=policy.settings)
    _refuse_empty(tables, files, found)
    problems += found
    open_network = network
    closures = gpd.GeoDataFrame(
        columns=["closure_id", "from", "to", "reason", "in_force"], geometry=[], crs="EPSG:4326"
    )
    pieces: dict[str, Ints] = {}
    if path := find_closures(inputs):
        files["closures"] = f"inputs/{path.name}"
        closures, found = read_closures(path, files["closures"])
        pieces, not_found = closed_pieces(network, closures, policy.settings.closure_limit_m, files["closures"])
        closures = closures.assign(in_force=in_force(closures, policy))
        problems += found + not_found
        for row, name, counts in closures[["closure_id", "in_force"]].itertuples():
            text = "นับในตารางระยะทาง" if counts else "ไม่นับในตารางระยะทาง: ไม่ได้ปิดในทั้งสองภาคเรียนที่จ่าย หรือปิดเฉพาะฤดูฝน"
            message, remedy = f"ถนนปิด “{name}” {text}", "ดูผลด้วยคำสั่ง restructure closures (ฤดูฝนใส่ --wet)"
            problems.append(Problem("warning", "closure", files["closures"], row, "closure_id", name, message, remedy))
        counting = closures.loc[closures["in_force"], "closure_id"]
        network = close_roads(network, piece_mask(network, (pieces[name] for name in counting)))
    problems += [
        Problem("error", "ledger", LEDGER_FILE, 0, "", "", fault, "ยังไม่ใช้ระยะที่รับรองจนกว่าจะแก้แล้ว")
        for fault in ledger_faults(folder)
    ]
    if path := find_boundary(inputs):
        files["boundary"] = f"inputs/{path.name}"
    scenarios = (f"scenarios/{path.name}" for path in scenario_files(folder).values())
    problems += _unread_files(folder, {*files.values(), f"inputs/{roads.name}", *scenarios}, mapping)
    if policy.office == UNNAMED_OFFICE:
        text = "ยังไม่ระบุชื่อสำนักงานเขต เอกสารและแผนที่จะเว้นไว้"
        problems.append(
            Problem("warning", "no-office", "policy.yaml", 1, "office", "", text, "เติมบรรทัด office: ชื่อสำนักงานเขต")
        )
    problems += [
        Problem(
            "warning",
            "no-source",
            "policy.yaml",
            1,
            key,
            "",
            f"ค่า {key} เปลี่ยนโดยไม่ระบุแหล่งที่มา",
            "เติม source และ date",
        )
        for key in policy.changed
        if not policy.entries[key].source
    ]
    return Cycle(
        folder,
        policy,
        frames,
        tables,
        files,
        tambons,
        network,
        open_network,
        closures,
        pieces,
        roads,
        problems,
        _digests(folder, [roads, *(folder / name for name in files.values())]),
    )


def _of_older(done: str, told: list[str], remedy: str) -> Problem:
    text = f"โฟลเดอร์ของโปรแกรมรุ่นเก่า {done}: {'; '.join(told)}"
    return Problem("warning", "older-version", "policy.yaml", 1, "settings", "", text, remedy)


def _digests(folder: Path, read: list[Path]) -> dict[str, str]:
    # A shapefile is several files of one name.
    read = read + [part for path in read if path.suffix == ".shp" for part in path.parent.glob(f"{path.stem}.*")]
    read += [path for name in ("policy.yaml", MAPPING_FILE, CORRECTIONS_FILE) if (path := folder / name).is_file()]
    return {path.relative_to(folder).as_posix(): sha256(path) for path in set(read)}


def noted_head(folder: Path) -> tuple[int, str] | None:
    """Return the ledger's last row and its hash as ``manifest.json`` has noted them; None where it has not."""
    try:
        seq, digest = json.loads((folder / "outputs" / MANIFEST_FILE).read_text("utf-8"))["ledger"]
        return int(seq), str(digest)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def ledger_faults(folder: Path) -> list[str]:
    """Return what is wrong with the ledger, also against what a step has noted of it, with the remedy; in Thai."""
    noted = noted_head(folder)
    if not (faults := verify(folder, noted)) or noted is None:
        return faults
    with suppress(LedgerError):  # one that cannot be read is told by its faults
        last, _ = head(folder)
        if last < noted[0]:
            lost = f"{last + 1} ถึง {noted[0]}" if last + 1 < noted[0] else str(noted[0])
            faults[-1] += (
                f" หาฉบับที่มีถึงแถว {noted[0]} จากที่สำรองไว้หรือเครื่องอื่นที่ใช้โฟลเดอร์นี้ แล้ววาง {LEDGER_FILE} แทนฉบับนี้ "
                f"ถ้าไม่มีจริง การตัดสินใจแถว {lost} หายไปและต้องตัดสินใหม่: ให้ ตสน. ทราบก่อน แล้วย้าย "
                f"outputs/{MANIFEST_FILE} ไปเก็บนอกโฟลเดอร์ outputs เป็นหลักฐาน โปรแกรมจะเริ่มนับต่อจากแถว {last}"
            )
    return faults


def refuse_broken_ledger(folder: Path) -> None:
    """Refuse to decide on a ledger that is not what it was.

    Raises
    ------
    LedgerError
        When its chain is broken, or its last row is not the one that a step has noted.
    """
    if faults := ledger_faults(folder):
        english = f"{folder / LEDGER_FILE} is not what it was; bring back a copy and tell internal audit."
        if MANIFEST_FILE in faults[0]:
            english += f" If there is none, move outputs/{MANIFEST_FILE} aside and decide anew what the lost rows held."
        raise LedgerError(faults[0], english)


def measure(cycle: Cycle) -> Measured:
    """Measure every village, and every home point, to every school."""
    tables, network = cycle.tables, cycle.network
    limit = cycle.policy.settings.snap_limit_m
    distances = distance_table(network, tables["villages"], tables["schools"], snap_limit_m=limit)
    points, homes = home_points(tables["students"]), None
    if len(points):
        homes = distance_table(network, points, tables["schools"], key="student_key", snap_limit_m=limit)
    distances = _name_detours(cycle, distances)
    snapped, _ = snaps(network, tables["villages"], tables["schools"], cycle.policy.settings)
    links = missing_links(network, tables["villages"], tables["schools"], distances)
    found = check_places(distances, snapped, links, tables, cycle.files, homes=homes, settings=cycle.policy.settings)
    closed, wet_homes = wet_closed(cycle), None
    wet = distance_table(cycle.open_network, tables["villages"], tables["schools"], closed=closed)
    if len(points):
        wet_homes = distance_table(cycle.open_network, points, tables["schools"], key="student_key", closed=closed)
    return Measured(cycle, distances, homes, wet, wet_homes, as_problem_table(cycle.problems + found))


def wet_closed(cycle: Cycle) -> Bools:
    """Return which pieces of ``open_network`` are closed in the wet season.

    Those of its own closures, those that count in the distance table, and the roads that the policy takes out then.
    """
    return wet_mask(cycle.open_network, cycle.closures, cycle.closed_pieces, cycle.policy.settings)


def _name_detours(cycle: Cycle, distances: pd.DataFrame) -> pd.DataFrame:
    """Flag each way that a closed road lengthens or cuts: nobody takes it for an error of measuring."""
    if not cycle.closures["in_force"].any():
        return distances
    usual_m = distance_table(cycle.open_network, cycle.tables["villages"], cycle.tables["schools"])["road_m"]
    for word, where in (
        ("around-closed-road", distances["road_m"] > usual_m),
        ("cut-off-by-closed-road", distances["road_m"].isna() & usual_m.notna()),
    ):
        raised = (distances["flags"] + ";" + word).str.strip(";")
        distances = distances.assign(flags=raised.where(where.fillna(value=False), distances["flags"]))
    return distances


def home_points(students: pd.DataFrame) -> pd.DataFrame:
    """Return the newest home point of each pupil who has one: rows of ``students``, ``student_key`` without repeats."""
    if not {"student_key", "lat", "lon"} <= set(students):
        return students.iloc[:0]
    by_day = students.sort_values("as_of", key=lambda texts: texts.map(lambda t: t and as_of_day(t)), kind="stable")
    return by_day.drop_duplicates("student_key", keep="last").dropna(subset=["lat", "lon"])


def known_round(text: str) -> str:
    """Return ``november`` or ``may`` for what an office calls a round.

    Raises
    ------
    UsageError
        When there is no such round.
    """
    try:
        return parse_round(text)
    except ValueError:
        raise UsageError(
            f"ไม่มีรอบ {text}: ใช้ november (พฤศจิกายน) หรือ may (พฤษภาคม)", f"There is no round {text}; november or may."
        ) from None


def scenario_stems(folder: Path | str) -> list[str]:
    """Return the names of the cycle's scenario files, in order."""
    return list(scenario_files(Path(folder)))


def find_scenario(folder: Path | str, wanted: str | None = None) -> Scenario:
    """Return a scenario: a file, the stem of one in ``scenarios/``, or the one that the plan is about.

    Without ``wanted`` that is ``plan.yaml``'s, else the first in ``scenarios/``, else the present state.

    Raises
    ------
    UsageError
        When there is no such scenario.
    ScenarioError
        When its file does not hold what a scenario holds.
    DataError
        When ``plan.yaml`` does not hold what a draft holds.
    """
    folder = Path(folder)
    files = scenario_files(folder)
    wanted = wanted or read_draft(folder)[0].scenario or next(iter(files), None)
    if wanted is None:
        return PRESENT
    path = files.get(wanted, Path(wanted))
    if not path.is_file() or path.stem.startswith("."):
        raise UsageError(
            f"ไม่พบทางเลือก {wanted} ใน scenarios/: มี {', '.join(files) or 'ไม่มีไฟล์เลย'}",
            f"There is no scenario {wanted} in scenarios/; there are: {', '.join(files) or 'none'}.",
        )
    return read_scenario(path)


def refuse_other_data(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier sample.

    Raises
    ------
    UsageError
        When there is something to lose.
    """
    marker = folder / "policy.yaml"
    earlier_sample = marker.is_file() and load_policy(marker).synthetic
    if folder.exists() and any(folder.iterdir()) and not earlier_sample:
        raise UsageError(
            f"โฟลเดอร์ {folder} มีข้อมูลอื่นอยู่: เลือกโฟลเดอร์ว่าง",
            f"{folder} holds other data; choose an empty folder.",
        )


def scenario_files(folder: Path) -> dict[str, Path]:
    """Return the cycle's scenario files by stem, in order; of two of one stem the ``.yaml``."""
    found: dict[str, Path] = {}
    for suffix in (".yml", ".yaml"):
        for path in (folder / "scenarios").glob(f"*{suffix}"):
            if path.is_file() and not path.name.startswith("."):
                found[path.stem] = path
    return dict(sorted(found.items()))


def _unread_files(folder: Path, read: set[str], mapping: Mapping) -> list[Problem]:
    """Name each file that lies in the cycle's inputs and scenarios and is not read, with what it may be meant for."""
    problems = []
    known = [*REQUIRED_TABLES, *OPTIONAL_TABLES, "roads", "closures", "boundary", "tambons"]
    # A shapefile's other parts are read with it.
    parts = {name.removesuffix(".shp") for name in read if name.endswith(".shp")}
    for path in sorted((folder / "inputs").iterdir()) + sorted((folder / "scenarios").glob("*")):
        name = path.relative_to(folder).as_posix()
        if name in read or name.split(".")[0] in parts or path.name.startswith((".", "~$")):
            continue
        if mapping.files.get(path.name) == "":  # the office has said that it is not for us
            continue
        near = difflib.get_close_matches(path.name.split(".")[0].lower(), known, 1, 0.7) or _likely_tables(path)
        text = f"ไฟล์ {name} ไม่ได้อ่าน"
        remedy = "ตรวจชื่อไฟล์ หรือปล่อยไว้"
        if near:
            table = f"{TABLE_NAMES.get(near[0], near[0])} ({near[0]})"
            suffix = path.suffix if path.suffix in TABLE_SUFFIXES else ".csv"
            remedy = f"ถ้าเป็นตาราง{table} ให้ตั้งชื่อ {near[0]}{suffix} หรือเลือกตารางในสมุดงาน 01-data"
        problems.append(Problem("warning", "not-read", name, 1, "", "", text, remedy))
    return problems


def _likely_tables(path: Path) -> list[str]:
    """Return the table that a file of a strange name may be, by its heads."""
    if path.suffix not in (*TABLE_SUFFIXES, *MAP_SUFFIXES) or not path.is_file():
        return []
    try:
        sheets = read_sheets(path, path.name)
    except TableError:
        return []
    return [table for sheet in sheets for table, _ in likely_tables(sheet.top)[:1]]


def _refuse_empty(tables: dict[str, pd.DataFrame], files: dict[str, str], problems: list[Problem]) -> None:
    """Refuse a required table of which no row can be used, with the reason for its first row."""
    for name in REQUIRED_TABLES:
        if tables[name].empty:
            first = next(p for p in problems if p.file == files[name] and p.severity == "error")
            raise TableError(
                f"ไฟล์ {files[name]} ไม่มีแถวที่ใช้ได้เลย เช่น แถว {first.row} ช่อง {first.column}: "
                f"{first.message} {first.remedy}",
                f"No row of {files[name]} can be used, such as row {first.row}, column {first.column} ({first.rule}).",
            )


def find_roads(inputs: Path) -> Path:
    """Return the one file of roads in a folder of raw files.

    Raises
    ------
    DataError
        When there is none, or more than one.
    """
    found = [p for suffix in ROAD_SUFFIXES if (p := inputs / f"roads{suffix}").is_file()]
    if not found:
        raise DataError(
            f"ไม่พบไฟล์ถนน roads.osm.pbf (หรือ .osm, .osm.gz, .graphml) ใน {inputs}: วางไฟล์ หรือใช้คำสั่ง restructure roads",
            f"There is no road file roads.osm.pbf (.osm, .osm.gz, .graphml) in {inputs}; put it there.",
        )
    if len(found) > 1:
        names = ", ".join(p.name for p in found)
        raise DataError(
            f"มีไฟล์ถนนหลายไฟล์ใน inputs/ ({names}): เก็บไว้เพียงไฟล์เดียว",
            f"inputs/ holds several road files ({names}); keep one.",
        )
    return found[0]

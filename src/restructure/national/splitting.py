"""A national set of tables and the country's roads into one folder an office, each with all that its cycle reads.

Nothing that an office has put into its folder is touched: ``split.json`` notes what was made here, by its digest.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import yaml

from restructure._errors import DataError, PolicyError, RestructureError, RoadsError, TableError
from restructure.checks.points import mend_points
from restructure.closures import closed_pieces, find_closures, in_force, piece_mask, read_closures, wet_mask
from restructure.corrections import CORRECTIONS_FILE, read_corrections
from restructure.cycle import find_roads
from restructure.files import read_yaml, sha256, staged, write_csv
from restructure.inputs import find_files, read_inputs
from restructure.intake import MAP_SUFFIXES, TABLE_SUFFIXES, Problem, as_problem_table, find_table
from restructure.intake.codes import plain_code
from restructure.intake.grids import cell_text, read_sheets
from restructure.intake.heads import match_heads
from restructure.intake.mapping import MAPPING_FILE, read_mapping
from restructure.national.cutting import Country, Cut, cut, index_country, is_exact
from restructure.policy import Policy, Vehicle, load_policy
from restructure.portable import fault_of
from restructure.roads import ROAD_SUFFIXES, Bools, Floats, RoadNetwork, read_roads, write_network
from restructure.snapping import snap

#: What was made of an office's folder here, and from what.
SPLIT_FILE = "split.json"
#: Rows of the national set that are no office's.
PROBLEMS_FILE = "split-problems.csv"
#: Fields of the national set that no office's table has, by head.
_OFFICE_FIELDS = {"office": "office", "สำนักงานเขต": "office", "name": "name", "ชื่อสำนักงานเขต": "name"}
_TABLES = ("schools", "villages", "students", "mergers", "enrolment")
_RESERVED = ("inputs", "outputs", "cache", "policy.yaml", "optimise.yaml")
_CUT = "inputs/roads.npz"
#: Goes up with every change in what a cut is, so that no older one outlives it.
_FORMAT = 1
#: Settings that a cut depends on, beside the vehicle's.
_OF_CUTS = {"buffer_m", "snap_rival_m", "closure_limit_m", "closure_min_percent", "term_days", "wet_season_closes"}
_WIDER, _MOST_READINGS = 1.5, 5
#: A plane and the Earth may disagree by this share about which of two roads is nearer to a point.
_PLANE_SHARE = 0.01


def split(root: Path | str, progress: Callable[[int, int], None] | None = None) -> list[Path]:
    """Make or bring up to date the folder of every office of a country.

    A national set in ``ROOT/inputs`` is split by office: each gets its schools, its villages and those that its pupils
    live in, their rows of the other tables, and a ``policy.yaml`` with the country's settings. Every office without
    roads of its own gets those of the country around its places, as far as they can matter to a distance. What stands
    there already, and would be the same, is left as it is; what an office has put there itself is never written over.

    Parameters
    ----------
    root
        The country's folder.
    progress
        Told how many offices of how many have their roads.

    Returns
    -------
    list of Path
        The offices' folders in the order of their codes. One whose files cannot be read is among them, without roads:
        opening it says what is wrong.

    Raises
    ------
    DataError
        When there is no office, a national table lacks a column, or the country's roads cannot be read.
    """
    root = Path(root)
    _split_tables(root)
    folders = sorted(
        path
        for path in root.iterdir()
        if (path / "inputs").is_dir() and path.name not in _RESERVED and not _state(path).get("left_out")
    )
    if not folders:
        raise DataError(
            f"ไม่พบสำนักงานเขตใน {root}: วางตารางของประเทศใน inputs/ หรือโฟลเดอร์ของแต่ละสำนักงานเขตที่มี inputs/",
            f"There is no office in {root}; put national tables into inputs/, or a folder with inputs/ an office.",
        )
    roads = _Roads(root)
    for number, folder in enumerate(folders, 1):
        try:
            if roads.path is not None:
                _bring_roads(folder, roads)
        except RoadsError:  # the country's own
            raise
        except RestructureError:  # opening the office says the same
            pass
        if progress:
            progress(number, len(folders))
    return folders


# -- tables ----
def _split_tables(root: Path) -> None:
    """Write the tables of every office, if the national set is not the one that they were made from."""
    inputs = root / "inputs"
    paths = {name: path for name in (*_TABLES, "offices") if (path := find_table(inputs, name))}
    if not paths:
        return
    if missing := [name for name in _TABLES[:3] if name not in paths]:
        raise TableError(
            f"ตารางของประเทศใน {inputs} ไม่ครบ ขาด {', '.join(missing)}: วางให้ครบ หรือย้ายออกถ้าแต่ละสำนักงานเขตมีของตนเอง",
            f"The national set in {inputs} lacks {', '.join(missing)}; add them, or take the others away.",
        )
    policy = root / "policy.yaml"
    made_from = {path.name: sha256(path) for path in [*paths.values(), *([policy] if policy.is_file() else [])]}
    unread = _unread(inputs, paths)
    made_from |= dict.fromkeys(unread, "")
    states = {path.parent: _state(path.parent) for path in root.glob(f"*/{SPLIT_FILE}")}
    split_before = {
        folder: state for folder, state in states.items() if "tables" in state and not state.get("left_out")
    }
    if split_before and all(
        state["tables"] == made_from
        and state.get("offices") == len(split_before)
        and all((folder / file).is_file() for file in state["files"])
        for folder, state in split_before.items()
    ):
        return
    problems = [
        Problem("warning", "not-read", f"inputs/{name}", 1, "", "", "ไม่ได้ใช้ ชุดของประเทศมีเฉพาะตาราง "
                f"{', '.join((*_TABLES, 'offices'))} และถนน", f"วางใน inputs/ ของแต่ละสำนักงานเขต หรือย้าย {name} ออก")
        for name in unread
    ]  # fmt: skip
    for code, count, files in _office_files(root, paths, problems):
        _remove_untaken(root / code, files)
        _write_made(root / code, files, tables=made_from, offices=count, left_out=False)
        split_before.pop(root / code, None)
    for folder in split_before:  # the national set has it no more; nobody's files are deleted
        _write_made(folder, {}, left_out=True)
    with staged(root / "outputs") as stage:
        write_csv(stage / PROBLEMS_FILE, as_problem_table(problems))


def _unread(inputs: Path, paths: dict[str, Path]) -> list[str]:
    """Return the names of files in the national set that nobody reads."""
    roads = {f"roads{suffix}" for suffix in ROAD_SUFFIXES}
    names = {path.name for path in inputs.iterdir() if path.is_file() and not path.name.startswith((".", "~$"))}
    return sorted(names - roads - {path.name for path in paths.values()})


def left_out(root: Path) -> list[str]:
    """Return in Thai what of the national set is in no office, a line each."""
    try:
        found = pd.read_csv(root / "outputs" / PROBLEMS_FILE, dtype="str", keep_default_na=False)
    except (OSError, ValueError):  # no national set was split
        return []
    rows = (f" แถว {int(row):,}" if int(row) > 1 else "" for row in found["row"])
    return [
        f"{one.file}{row}{one.value and f' {one.value}'}: {one.message}"
        for one, row in zip(found.itertuples(), rows, strict=True)
    ]


def _office_files(
    root: Path, paths: dict[str, Path], problems: list[Problem]
) -> Iterator[tuple[str, int, dict[str, bytes]]]:
    """Yield each office's code, how many there are, and its files."""
    tables = {name: _read_texts(path) for name, path in paths.items()}
    fields = {name: _fields(table, name, paths[name]) for name, table in tables.items()}
    codes, ids = {}, {}
    for name, field in (("schools", "school_id"), ("villages", "village_id")):
        ids[name] = _plain(tables[name][fields[name][field]])
        owner = _plain(tables[name][fields[name]["office"]])
        codes[name] = owner.mask(_elsewhere(ids[name], owner, f"inputs/{paths[name].name}", field, problems), "")
    placed = ~ids["schools"].duplicated() & (codes["schools"] != "")
    of_school = codes["schools"].set_axis(ids["schools"])[placed.to_numpy()]
    for name in _TABLES[2:]:
        if name in tables:
            codes[name] = _plain(tables[name][fields[name]["school_id"]]).map(of_school).fillna("")
    known = sorted(set(of_school))
    for code in known:
        if code in _RESERVED or code.startswith(".") or "/" in code or fault_of(code):
            raise TableError(
                f"ไฟล์ {paths['schools'].name}: รหัสสำนักงานเขต “{code}” ใช้เป็นชื่อโฟลเดอร์ไม่ได้ แก้เป็นรหัสตัวเลข",
                f"{paths['schools'].name}: office “{code}” cannot be the name of a folder; use its code.",
            )
    for name, owner in codes.items():
        if (strange := ~owner.isin(known)).any():
            row = int(np.argmax(strange.to_numpy()))
            text = f"{strange.sum():,} แถวไม่เป็นของสำนักงานเขตใดที่มีโรงเรียน เริ่มที่แถวนี้ จึงไม่อยู่ในสำนักงานเขตใด"
            file = f"inputs/{paths[name].name}"
            problems.append(
                Problem(
                    "error", "row-of-no-office", file, row + 2, "office", "", text, "ตรวจรหัสสำนักงานเขตและรหัสโรงเรียน"
                )
            )
    rows = {name: owner.groupby(owner).indices for name, owner in codes.items()}
    place_of_village = pd.Series(np.arange(len(ids["villages"])), ids["villages"]).groupby(level=0).first()
    lives = fields["students"].get("village_id")
    names = _office_names(tables.get("offices"), fields.get("offices"))
    for code in known:
        files = {"policy.yaml": _policy_text(root / "policy.yaml", names.get(code, f"สำนักงานเขต {code}"))}
        for name in codes:
            mine = rows[name].get(code, np.empty(0, np.int64))
            if name == "villages" and lives:  # pupils come from other offices' villages too
                pupils = rows["students"].get(code, np.empty(0, np.int64))
                used = _plain(tables["students"][lives].iloc[pupils]).unique()
                mine = np.union1d(mine, place_of_village.reindex(used).dropna().to_numpy(np.int64))
            part = tables[name].iloc[mine]
            if office := fields[name].get("office"):
                part = part.drop(columns=office)
            files[f"inputs/{name}.csv"] = _csv_bytes(part)
        yield code, len(known), files


def _plain(texts: pd.Series) -> pd.Series:
    """Return codes as an office would read them."""
    return texts.map({text: plain_code(text) for text in texts.unique()}).astype("str")


def _elsewhere(ids: pd.Series, owner: pd.Series, file: str, field: str, problems: list[Problem]) -> pd.Series:
    """Tell which rows repeat a school or village that a row above gives to another office, each named."""
    first = owner.set_axis(ids)[~ids.duplicated().to_numpy()]
    there = ids.map(first)
    twice = (owner != there) & (ids != "") & (there != "")
    for row in np.flatnonzero(twice.to_numpy()):
        text = f"อยู่ในสำนักงานเขต {there[row]} ตามแถวข้างบนแล้ว แถวนี้ของ {owner[row]} ไม่ได้ใช้"
        problems.append(
            Problem("error", "two-offices", file, int(row) + 2, field, ids[row], text, "เก็บไว้สำนักงานเขตเดียว แล้วสั่งใหม่")
        )
    return twice


def _read_texts(path: Path) -> pd.DataFrame:
    """Return a national table as its cells are written; the first row has the heads."""
    file = f"inputs/{path.name}"
    if path.suffix.lower() == ".csv":
        try:
            return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig", index_col=False)
        except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):  # in an old code page, …
            pass
    head, *body = [[cell_text(cell) for cell in row] for row in read_sheets(path, file)[0].rows()] or [[]]
    body = [(row + [""] * len(head))[: len(head)] for row in body]
    return pd.DataFrame(body, columns=head, dtype="str")


def _fields(table: pd.DataFrame, name: str, path: Path) -> dict[str, str]:
    """Return the head of each field of a national table."""
    heads = list(table.columns)
    found = {_OFFICE_FIELDS[head.strip()]: head for head in heads if head.strip() in _OFFICE_FIELDS}
    if name == "offices":
        needed = ["office", "name"]
    else:
        found.pop("name", None)
        rest = [head for head in heads if head not in found.values()]
        found |= {match.field: head for head, match in zip(rest, match_heads(rest, name), strict=True) if match.field}
        needed = {"schools": ["office", "school_id"], "villages": ["office", "village_id"]}.get(name, ["school_id"])
    if missing := [field for field in needed if field not in found]:
        words = {"office": "สำนักงานเขต", "school_id": "รหัสโรงเรียน", "village_id": "รหัสหมู่บ้าน", "name": "ชื่อสำนักงานเขต"}
        raise TableError(
            f"ตารางของประเทศ {path.name} ขาดคอลัมน์ {', '.join(words[field] for field in missing)}: "
            "เติมคอลัมน์นี้ หัวตารางต้องอยู่แถวแรก",
            f"National table {path.name} lacks {', '.join(missing)}; add it, with the heads in the first row.",
        )
    return found


def _office_names(table: pd.DataFrame | None, fields: dict[str, str] | None) -> dict[str, str]:
    if table is None or fields is None:
        return {}
    return dict(zip(_plain(table[fields["office"]]), table[fields["name"]].str.strip(), strict=True))


def _policy_text(path: Path, office: str) -> bytes:
    country = read_yaml(path, path.name, PolicyError) if path.is_file() else {}
    text = "# แบ่งจากชุดข้อมูลของประเทศ เมื่อแก้ไฟล์นี้แล้ว โปรแกรมจะไม่เขียนทับ\n"
    return (text + yaml.safe_dump(country | {"office": office}, allow_unicode=True, sort_keys=False)).encode()


def _csv_bytes(table: pd.DataFrame) -> bytes:
    out = io.StringIO()
    table.to_csv(out, index=False, lineterminator="\r\n")
    return out.getvalue().encode("utf-8-sig")


# -- what was made ----
def _state(folder: Path) -> dict[str, Any]:
    """Return what ``split.json`` notes of a folder; nothing where it is not ours or damaged."""
    try:
        state = json.loads((folder / SPLIT_FILE).read_text("utf-8"))
        return state if isinstance(state.get("files"), dict) else {"files": {}}
    except (OSError, ValueError, AttributeError):
        return {"files": {}}


def _is_ours(folder: Path, file: str, state: dict[str, Any]) -> bool:
    """Tell whether a file is the one that was made here."""
    return (folder / file).is_file() and state["files"].get(file) == sha256(folder / file)


def _has_own(folder: Path, file: str) -> bool:
    """Tell whether the office has put a file of another kind where one would be made, such as ``students.xlsx``."""
    name = Path(file).name
    stem = name.split(".")[0]
    names = (f"{stem}{suffix}" for suffix in (*TABLE_SUFFIXES, *MAP_SUFFIXES, *ROAD_SUFFIXES))
    return any((folder / "inputs" / other).is_file() for other in names if other != name)


def _remove_untaken(folder: Path, files: Collection[str]) -> None:
    """Remove tables that were made of a national table that is no more; what an office has changed stays."""
    state = _state(folder)
    for file in state["files"].keys() - {*files, _CUT}:
        if _is_ours(folder, file, state):
            (folder / file).unlink()


def _write_made(folder: Path, files: dict[str, bytes], **made_from: Any) -> None:
    """Write the files that differ, and note what was made; leave those that the office has put there itself."""
    before = _state(folder)
    there_still = {file: digest for file, digest in before["files"].items() if (folder / file).is_file()}
    state = before | made_from | {"files": there_still}
    changed = {}
    for file, content in files.items():
        path, digest = folder / file, hashlib.sha256(content).hexdigest()
        there = sha256(path) if path.is_file() else None
        state["files"].pop(file, None)
        if _has_own(folder, file):
            if there and there == before["files"].get(file):  # two files of a table would be one too many
                path.unlink()
        elif there == digest:
            state["files"][file] = digest
        elif there in (None, before["files"].get(file)):
            changed[file], state["files"][file] = content, digest
    text = json.dumps(state, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if (folder / SPLIT_FILE).is_file() and (folder / SPLIT_FILE).read_text("utf-8") == text and not changed:
        return
    with staged(folder) as stage:
        for file, content in changed.items():
            (stage / file).parent.mkdir(exist_ok=True)
            (stage / file).write_bytes(content)
        (stage / SPLIT_FILE).write_text(text, "utf-8", newline="\n")


# -- roads ----
class _Roads:
    """The country's roads, read when the first office asks for them, by the rules of its vehicle."""

    def __init__(self, root: Path) -> None:
        inputs = root / "inputs"
        there = inputs.is_dir() and any((inputs / f"roads{suffix}").is_file() for suffix in ROAD_SUFFIXES)
        self.path = find_roads(inputs) if there else None
        self._of: dict[str, Country] = {}

    @cached_property
    def digest(self) -> str:
        assert self.path is not None
        return sha256(self.path)

    def of(self, vehicle: Vehicle) -> Country:
        assert self.path is not None
        rules = vehicle.model_dump_json()
        if rules not in self._of:
            # Kept beside the country: among the user's other networks they would be the first to go.
            network = read_roads(self.path, vehicle, self.path.parents[1] / "cache")
            self._of = {rules: index_country(network)}  # two countries fit no memory
        return self._of[rules]


def _bring_roads(folder: Path, roads: _Roads) -> None:
    """Cut an office's roads, unless it has its own or they are there."""
    state = _state(folder)
    if _has_own(folder, _CUT):
        if _is_ours(folder, _CUT, state):  # two files of roads would be one too many
            (folder / _CUT).unlink()
        return
    policy = load_policy(folder / "policy.yaml", country=folder.parent / "policy.yaml")
    key = _cut_key(folder, roads, policy)
    ours = _is_ours(folder, _CUT, state)
    if ours and state.get("roads") == key:
        return
    network = office_roads(folder, roads.of(policy.van), policy)
    with TemporaryDirectory() as scratch:
        write_network(Path(scratch) / "roads.npz", network, policy.van)
        if not ours:  # a cut is nobody's own: this one is another office's, or damaged
            (folder / _CUT).unlink(missing_ok=True)
        _write_made(folder, {_CUT: (Path(scratch) / "roads.npz").read_bytes()}, roads=key)


def _cut_key(folder: Path, roads: _Roads, policy: Policy) -> str:
    """Return a digest of all that an office's cut is made from."""
    used = sorted(path for path in (folder / "inputs").iterdir() if path.is_file() and path != folder / _CUT)
    used += [path for name in (MAPPING_FILE, CORRECTIONS_FILE) if (path := folder / name).is_file()]
    settings = [policy.settings.model_dump(mode="json", include=_OF_CUTS), policy.van.model_dump(mode="json")]
    parts = [_FORMAT, roads.digest, policy.fiscal_year, *settings, [(path.name, sha256(path)) for path in used]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def office_roads(folder: Path, country: Country, policy: Policy) -> RoadNetwork:
    """Return the roads of an office, wide enough that each of its distances is the country's.

    Also while roads are closed, by its own closures or in the wet season.

    Raises
    ------
    DataError
        When its places cannot be read.
    """
    tables, files = _place_tables(folder)
    buffer_m = float(policy.settings.buffer_m)
    points = _within(_positions(tables), country.network.bounds())
    if not points.size:  # not in degrees: the country tells what they are
        points = _positions(_mended(tables, files, country.network))
    if not points.size:
        raise DataError(
            f"โรงเรียนและหมู่บ้านของ {folder.name} ไม่อยู่ในพื้นที่ของไฟล์ถนนของประเทศ: ตรวจพิกัด หรือวางไฟล์ถนนของสำนักงานเขตเอง",
            f"No school or village of {folder.name} lies where the country's roads are; check the points.",
        )
    readings = 0
    while True:
        readings += 1
        made = cut(country, points[0], points[1], buffer_m)
        settled = False
        if len(made.piece):
            read = _mended(tables, files, made.network)
            before, points = points, _positions(read)
            settled = np.array_equal(points, before)
            if settled and _holds(country, made, read, folder, policy, buffer_m):
                return made.network
        if settled or not len(made.piece) or readings > _MOST_READINGS:
            buffer_m *= _WIDER


def _holds(
    country: Country, made: Cut, tables: dict[str, pd.DataFrame], folder: Path, policy: Policy, buffer_m: float
) -> bool:
    """Tell whether points stand at the country's nearest roads and every distance is the country's."""
    network, settings = made.network, policy.settings
    homes = {name: table for name, table in tables.items() if name != "schools"}
    feet = [snap(network, *_positions(side)) for side in (homes, {"schools": tables["schools"]})]
    reach_m = max(float(np.nanmax(side["snap_m"], initial=0.0)) for side in feet) + settings.snap_rival_m
    if len(made.gates) and reach_m > buffer_m * (1 - _PLANE_SHARE):
        return False
    return is_exact(country, made, feet[0], feet[1], _closures(network, folder / "inputs", policy))


def _closures(network: RoadNetwork, inputs: Path, policy: Policy) -> list[Bools | None]:
    """Return what may be closed as an office measures: nothing, what counts in the year, what the wet season takes."""
    limit_m = policy.settings.closure_limit_m
    closures = gpd.GeoDataFrame(columns=["closure_id", "from", "in_force"], geometry=[], crs="EPSG:4326")
    pieces: dict[str, Any] = {}
    if path := find_closures(inputs):
        closures, _ = read_closures(path, path.name)
        pieces, _ = closed_pieces(network, closures, limit_m, path.name)
        closures = closures.assign(in_force=in_force(closures, policy))
    counting = closures.loc[closures["in_force"].astype(bool), "closure_id"]
    masks = [
        piece_mask(network, (pieces[name] for name in counting)),
        wet_mask(network, closures, pieces, policy.settings),
    ]
    return [None, *(mask for mask in masks if mask.any())]


def _place_tables(folder: Path) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Read the tables with the office's places; of pupils only where they have home points of their own."""
    mapping = read_mapping(folder)
    wanted: Collection[str] = ("crosswalk", "schools", "villages", "students")
    students = find_files(folder / "inputs", mapping)["students"]
    if students.suffix.lower() == ".csv" and not _has_points(students):
        wanted = ("crosswalk", "schools", "villages")
    read = read_inputs(folder, mapping, read_corrections(folder), only=wanted)
    tables = {name: table for name, table in read.tables.items() if {"lat", "lon"} <= set(table)}
    return tables, read.files


def _has_points(students: Path) -> bool:
    """Tell whether a plain table of pupils may hold home points, by its heads; it may where one is not understood."""
    try:
        heads = list(pd.read_csv(students, nrows=0, encoding="utf-8-sig").columns)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        return True
    matches = match_heads(heads, "students")
    return any(match.field in ("lat", "lon", "point", "x", "y") or match.how == "" for match in matches)


def _mended(tables: dict[str, pd.DataFrame], files: dict[str, str], network: RoadNetwork) -> dict[str, pd.DataFrame]:
    """Return tables with their points as an office on these roads reads them."""
    return {
        name: mend_points(table, files[name], network, private=name == "students")[0] for name, table in tables.items()
    }


def _positions(tables: dict[str, pd.DataFrame]) -> Floats:
    """Return latitude and longitude of all known points, shape (2, points)."""
    points = np.concatenate([table[["lat", "lon"]].to_numpy(dtype=float, na_value=np.nan) for table in tables.values()])
    return np.asarray(points[np.isfinite(points).all(axis=1)].T)


def _within(points: Floats, bounds: tuple[float, float, float, float]) -> Floats:
    west, south, east, north = bounds
    return points[:, (points[0] >= south) & (points[0] <= north) & (points[1] >= west) & (points[1] <= east)]

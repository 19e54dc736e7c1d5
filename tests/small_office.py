"""Small offices along one straight road, so that every distance is the difference of two numbers.

Places are metres east of an origin on a geodesic through it; each is a junction of the road, so that a road distance is
exact to the metre. Whatever lies north of the road has a road of its own that joins nothing: an island.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import yaml
from drawn import place, write_osm_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

SCHOOL_HEAD = ["school_id", "name", "tambon", "amphoe", "lat", "lon", "grades"]
VILLAGE_HEAD = ["village_id", "name", "lat", "lon", "point_source"]
STUDENT_HEAD = "school_id grade village_id count"
MERGER_HEAD = "school_id grades from_term host_id kind programme"


def write_small_office(
    folder: Path,
    *,
    schools: str,
    villages: str,
    students: str,
    student_head: str = STUDENT_HEAD,
    mergers: str = "",
    ceilings: Mapping[str, int] | None = None,
    scenarios: Mapping[str, list[dict[str, str]]] | None = None,
    policy: str = "",
) -> Path:
    """Write a cycle folder.

    `schools` has lines ``code east grades [column=value …]``, `villages` lines ``code east``; ``east`` may be
    ``east,north``. `students` and `mergers` have a line a row in the order of their heads, ``.`` for an empty cell.
    """
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    at: dict[str, tuple[float, float]] = {}
    school_rows, extra = [], {}
    for code, where, grades, *more in _lines(schools):
        at[f"s{code}"] = _point(where)
        extra[code] = {"amphoe": "กลาง", **dict(cell.split("=", 1) for cell in more)}
        lat, lon = place(*at[f"s{code}"])
        school_rows.append([code, f"โรงเรียน{code}", "ตำบล", extra[code]["amphoe"], str(lat), str(lon), grades])
    columns = sorted({column for cells in extra.values() for column in cells} - {"amphoe"})
    for row in school_rows:
        row += [extra[row[0]].get(column, "") for column in columns]
    write_rows(inputs / "schools.csv", [*SCHOOL_HEAD, *columns], school_rows)
    village_rows = []
    for code, where in _lines(villages):
        at[f"v{code}"] = _point(where)
        lat, lon = place(*at[f"v{code}"])
        village_rows.append([code, f"บ้าน{code}", str(lat), str(lon), "survey"])
    write_rows(inputs / "villages.csv", VILLAGE_HEAD, village_rows)
    write_rows(inputs / "students.csv", student_head.split(), _cells(students))
    if mergers:
        write_rows(inputs / "mergers.csv", MERGER_HEAD.split(), _cells(mergers))
    if ceilings is not None:
        rows = [[name, f"ศธ {i}", str(baht), "2026-11-09"] for i, (name, baht) in enumerate(ceilings.items())]
        write_rows(inputs / "ceilings.csv", ["round", "letter", "baht", "date"], rows)
    _write_line(inputs / "roads.osm", at)
    for stem, merges in (scenarios or {}).items():
        write_scenario(folder, stem, merges)
    if policy:
        (folder / "policy.yaml").write_text(policy, "utf-8")
    return folder


def write_scenario(folder: Path, stem: str, merges: list[dict[str, str]], name: str = "ทางเลือก") -> Path:
    path = folder / "scenarios" / f"{stem}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump({"name": name, "merges": merges}, allow_unicode=True), "utf-8")
    return path


def merge(school: str, host: str, **more: str) -> dict[str, str]:
    """An entry of a scenario."""
    return {"school": school, "host": host, "grades": "all", "kind": "learn-together", "from_term": "1/2570", **more}


def write_rows(path: Path, head: list[str], rows: Iterable[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    path.write_text(out.getvalue(), "utf-8-sig")


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file as its cells are written."""
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its bytes."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _write_line(path: Path, at: Mapping[str, tuple[float, float]]) -> None:
    road = sorted({point for point in at.values() if point[1] == 0} | {(-30_000.0, 0.0), (30_000.0, 0.0)})
    islands = sorted({point for point in at.values() if point[1] != 0})
    nodes = {str(point): place(*point) for point in road}
    ways = [([str(point) for point in road], {})]
    for east, north in islands:
        ends = (east, north), (east, north + 200)
        nodes |= {str(point): place(*point) for point in ends}
        ways.append(([str(point) for point in ends], {}))
    write_osm_tables(path, nodes, ways)


def _point(where: str) -> tuple[float, float]:
    east, _, north = where.partition(",")
    return float(east), float(north or 0)


def _lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def _cells(text: str) -> list[list[str]]:
    return [["" if cell == "." else cell for cell in line] for line in _lines(text)]

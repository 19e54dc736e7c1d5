"""The sample office as an office's own programs would have written it: every shape, with all traps mixed.

`write_messy_office` draws, from a seed, a form for each table and dirt for its cells. What it writes means what the
sample means; `Told` says what cannot be known from it any more.
"""

from __future__ import annotations

import csv
import html
import io
import json
import random
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

Row = dict[str, str]
Grid = list[list[Any]]
THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
ARABIC_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
GRADES = ("K1", "K2", "K3", "P1", "P2", "P3", "P4", "P5", "P6", "M1", "M2", "M3")
SHORT = {grade: {"K": "อ.", "P": "ป.", "M": "ม."}[grade[0]] + grade[1] for grade in GRADES}
LONG = {grade: {"K": "อนุบาล ", "P": "ประถมศึกษาปีที่ ", "M": "มัธยมศึกษาปีที่ "}[grade[0]] + grade[1] for grade in GRADES}
#: EPSG 24047 → 4326 by the Helmert shift alone, as offices' GPS and land papers have it.
INDIAN = "+proj=utm +zone=47 +a=6377276.345 +rf=300.8017 +towgs84=210,814,289,0,0,0,0 +units=m +no_defs"
#: Every value that must not outlive the reading holds this word.
SECRET = "ลับเฉพาะ"
#: Of the sample's counts, so many become pupils one by one: enough for every trap.
MOST_DMC_ROWS = 800


@dataclass
class Told:
    """What the test needs beside the sample."""

    forms: dict[str, str] = field(default_factory=dict)
    #: Tables that say nothing of these columns any more.
    lost: dict[str, set[str]] = field(default_factory=dict)
    #: Degrees that a point may be off.
    tolerance_deg: float = 2e-6
    secrets: list[str] = field(default_factory=list)
    #: Rows of the sample that were written, where not all were.
    kept: dict[str, list[Row]] = field(default_factory=dict)


def sample_rows(folder: Path, table: str) -> list[Row]:
    """What a table of the sample means: without the slips that the sample itself has."""
    text = (folder / "inputs" / f"{table}.csv").read_text("utf-8-sig")
    rows: dict[str, Row] = {}
    for i, row in enumerate(csv.DictReader(io.StringIO(text, newline=""))):
        for name in ("school_id", "village_id", "count"):
            if name in row:
                row[name] = row[name].translate(ARABIC_DIGITS)
        if row.get("lat") and float(row["lat"]) > 50:
            row["lat"], row["lon"] = row["lon"], row["lat"]
        # Of a school that stands there twice the first row counts.
        rows.setdefault(row["school_id"] if table == "schools" else str(i), row)
    return list(rows.values())


def write_messy_office(sample: Path, folder: Path, seed: int, **wanted: str) -> Told:
    """Write the office; ``wanted`` names the form of a table instead of drawing it."""
    rng, told = random.Random(seed), Told()
    inputs = folder / "inputs"
    inputs.mkdir(parents=True)
    for name in ("roads.osm.pbf", "closures.csv", "tambons.geojson"):
        if (sample / "inputs" / name).exists():
            shutil.copy(sample / "inputs" / name, inputs)
    shutil.copy(sample / "policy.yaml", folder)
    for table, forms in FORMS.items():
        form = wanted.get(table) or rng.choice(sorted(forms))
        told.forms[table] = form
        if table == "mergers" and told.forms["schools"] == "basics":
            told.forms[table] = "in-schools"
            continue
        forms[form](sample, inputs, rng, told)
    return told


# -- files ----
def write_csv(path: Path, grid: Grid, rng: random.Random, encoding: str | None = None) -> None:
    encoding = encoding or rng.choice(["utf-8", "utf-8-sig", "utf-16", "cp874"])
    out = io.StringIO()
    delimiter = "\t" if path.suffix == ".tsv" else rng.choice([",", ",", ";"])
    csv.writer(out, delimiter=delimiter, lineterminator=rng.choice(["\r\n", "\n"])).writerows(grid)
    # What the code page lacks was lost before the file was saved.
    text = out.getvalue() if encoding != "cp874" else out.getvalue().replace("\u200b", "")
    path.write_bytes(text.encode(encoding))


def write_xlsx(path: Path, grid: Grid, rng: random.Random, merged: Iterable[str] = ()) -> None:
    def fill(sheet: Any, rows: Grid) -> None:
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if value != "":
                    sheet.write(i, j, value)

    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        decoy = rng.random() < 0.7
        first = decoy and rng.random() < 0.5
        if first:
            fill(
                book.add_worksheet("ก่อน"),
                [["9" if str(v).isdigit() else v for v in row] for row in grid[: len(grid) // 2]],
            )
        sheet = book.add_worksheet("ข้อมูล")
        for area in merged:
            sheet.merge_range(area, "")
        fill(sheet, grid)
        sheet.activate()
        sheet.set_first_sheet()
        if first:
            book.worksheets()[0].hide()
        elif decoy:
            hidden = book.add_worksheet("สำเนาเก่า")
            fill(hidden, grid[: len(grid) // 2])
            hidden.very_hidden()
        if rng.random() < 0.5:
            book.add_worksheet("คำอธิบาย").write(0, 0, "แบบฟอร์มนี้ใช้รายงานข้อมูล ณ วันที่กำหนด")


def write_html(path: Path, grid: Grid, rng: random.Random) -> None:
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(str(value))}</td>' for value in row)}</tr>\n" for row in grid)
    page = f"<html><head><meta charset='utf-8'></head><body><table border=1>{rows}</table></body></html>"
    path.write_bytes(page.encode(rng.choice(["utf-8-sig", "utf-8"])))


def write_grid(inputs: Path, table: str, grid: Grid, rng: random.Random, suffix: str | None = None) -> None:
    suffix = suffix or rng.choice([".csv", ".tsv", ".txt", ".xlsx", ".xlsx", ".xls"])
    path = inputs / f"{table}{suffix}"
    if suffix == ".xlsx":
        write_xlsx(path, grid, rng)
    elif suffix == ".xls":
        write_html(path, grid, rng)
    else:
        write_csv(path, grid, rng)


# -- dirt ----
def head_dirt(head: str, rng: random.Random) -> str:
    kind = rng.randrange(7)
    if kind == 0:
        return f"{head} ต้องกรอก"
    if kind == 1:
        return head.replace("(", " (").replace("  ", " ")
    if kind == 2:
        return head.replace(" (", "(")
    if kind == 3:
        return f" {head}\u200b"
    if kind == 4:
        return head.replace(" ", "\xa0")
    if kind == 5 and "ำ" in head:
        return head.replace("ำ", "\u0e4d\u0e32")
    return head


def code_dirt(code: str, rng: random.Random) -> Any:
    kind = rng.randrange(12)
    if not code.isdigit():
        return code
    if kind == 0:
        return code.translate(THAI_DIGITS)
    if kind == 1:
        return f"{code}.0"
    if kind == 2:
        return f"{code}\xa0"
    if kind == 3:
        return int(code)
    if kind == 4:
        return f"\u200b{code} "
    return code


def count_dirt(text: str, rng: random.Random, zero: str = "0") -> Any:
    kind = rng.randrange(8)
    if text == "":
        return rng.choice(["", "-", "–", " "])
    if kind == 0:
        return text.translate(THAI_DIGITS)
    if kind == 1 and len(text) > 3:
        return f"{int(text):,}"
    if kind == 2:
        return int(text)
    if kind == 3:
        return f"{text}.0"
    if kind == 4 and text == "0":
        return zero
    return text


def grade_dirt(grade: str, rng: random.Random) -> str:
    word = rng.choice([SHORT[grade], SHORT[grade].replace(".", ""), LONG[grade], SHORT[grade].translate(THAI_DIGITS)])
    return word.replace(".", ". ") if rng.random() < 0.1 else word


def junk_above(rng: random.Random, width: int) -> Grid:
    titles = ["แบบรายงานข้อมูล (ข้อมูลสมมุติ)", "สำนักงานเขตพื้นที่การศึกษาประถมศึกษาสมมุติ เขต 1", ""]
    chosen = titles[: rng.randrange(4)]
    return [[title, *[""] * (width - 1)] for title in chosen]


def totals_below(heads: list[str], rng: random.Random, sums: dict[int, int]) -> Grid:
    if rng.random() < 0.5 or not sums:
        return []
    row: list[Any] = ["" for _ in heads]
    row[0] = rng.choice(["รวม", "รวมทั้งสิ้น", "รวมทั้งหมด"])
    for place, total in sums.items():
        row[place] = total
    return [row]


def thai_date(iso: str, rng: random.Random) -> str:
    year, month, day = (int(part) for part in iso.split("-"))
    months = ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."]
    spelled = rng.choice(
        [
            f"{day}/{month}/{year + 543}",
            f"{day:02}/{month:02}/{year + 543}",
            f"{day} {months[month - 1]} {year + 543}",
            iso,
        ]
    )
    return spelled.translate(THAI_DIGITS) if rng.random() < 0.3 else spelled


# -- points ----
def dms(value: float, letters: str) -> str:
    whole = int(value)
    minutes = int((value - whole) * 60)
    seconds = (value - whole - minutes / 60) * 3600
    return f"{whole}°{minutes:02}'{seconds:07.4f}\"{letters}"


def point_form(rng: random.Random, table: str) -> tuple[str, list[str], Callable[[float, float], list[Any]]]:
    """Draw how a file writes its points: name, heads, and the cells of one."""
    utm = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32647", always_xy=True)
    indian = pyproj.Transformer.from_crs("EPSG:4326", INDIAN, always_xy=True)

    def metres(transformer: Any, lat: float, lon: float) -> list[Any]:
        east, north = transformer.transform(lon, lat)
        return [f"{east:.2f}", f"{north:.2f}"]

    forms: dict[str, tuple[list[str], Callable[[float, float], list[Any]]]] = {
        "degrees": (["ละติจูด", "ลองจิจูด"], lambda lat, lon: [f"{lat:.6f}", f"{lon:.6f}"]),
        "numbers": (["Latitude", "Longitude"], lambda lat, lon: [lat, lon]),
        "commas": (
            ["ละติจูด", "ลองจิจูด"],
            lambda lat, lon: [f"{lat:.6f}".replace(".", ","), f"{lon:.6f}".replace(".", ",")],
        ),
        "dms": (["Lat", "Long"], lambda lat, lon: [dms(lat, "N"), dms(lon, "E")]),
        "swapped": (["ละติจูด", "ลองจิจูด"], lambda lat, lon: [f"{lon:.6f}", f"{lat:.6f}"]),
        "utm": (["พิกัด X", "พิกัด Y"], lambda lat, lon: metres(utm, lat, lon)),
        "indian": (["พิกัด X", "พิกัด Y", "datum"], lambda lat, lon: [*metres(indian, lat, lon), "Indian 1975"]),
        "one-cell": (["พิกัด"], lambda lat, lon: [f"{lat:.6f}, {lon:.6f}"]),
    }
    name = rng.choice(sorted(forms))
    heads, cells = forms[name]
    return f"{table}:{name}", heads, cells


def point_cells(cells: Callable[[float, float], list[Any]], row: Row, width: int) -> list[Any]:
    if row["lat"] == "" or row["lon"] == "":
        return [""] * width
    return cells(float(row["lat"]), float(row["lon"]))


# -- schools ----
SCHOOL_HEADS = {
    "school_id": "รหัสโรงเรียน (10 หลัก)",
    "name": "ชื่อโรงเรียน",
    "tambon": "ตำบล",
    "amphoe": "อำเภอ",
    "grades": "ชั้นที่เปิดสอน",
    "smis_id": "รหัส SMIS",
    "village_id": "รหัสหมู่บ้าน",
    "rooms": "จำนวนห้องเรียน",
    "teachers": "จำนวนครู",
    "special_area": "พื้นที่ลักษณะพิเศษ",
    "status": "สถานะ",
    "readiness": "ความพร้อมรับนักเรียน",
}


def _school_cells(row: Row, rng: random.Random) -> list[Any]:
    cells: list[Any] = []
    for name in SCHOOL_HEADS:
        text = row[name]
        if name in ("school_id", "smis_id", "village_id"):
            cells.append(code_dirt(text, rng))
        elif name in ("rooms", "teachers"):
            cells.append(count_dirt(text, rng))
        elif name == "grades":
            first, last = text.split("-")
            cells.append(
                f"{SHORT[first]}{rng.choice(['-', ' - ', '–', ' ถึง '])}{SHORT[last]}" if "," not in text else text
            )
        elif name == "status":
            cells.append({"open": "เปิดสอน", "closed": "เลิกแล้ว", "": ""}[text])
        else:
            cells.append(f" {text}\xa0" if text and rng.random() < 0.1 else text)
    return cells


def schools_table(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    rows = sample_rows(sample, "schools")
    form, point_heads, cells = point_form(rng, "schools")
    told.forms["schools points"] = form
    heads = [*SCHOOL_HEADS.values(), *point_heads]
    grid: Grid = [*junk_above(rng, len(heads)), [head_dirt(head, rng) for head in heads]]
    for row in rows:
        grid.append([*_school_cells(row, rng), *point_cells(cells, row, len(point_heads))])
        if rng.random() < 0.02:
            grid.append(["" for _ in heads])
    write_grid(inputs, "schools", grid, rng)


def schools_basics(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    """Write school basics with merged grades and hosts: a row for each merged grade, in a workbook of two-row heads."""
    del told
    mergers = sample_rows(sample, "mergers")
    schools = sample_rows(sample, "schools")
    names = {row["school_id"]: row["name"] for row in schools}
    heads = [*SCHOOL_HEADS.values(), "ละติจูด", "ลองจิจูด"]
    extra = ["ชั้น", "รหัสโรงเรียนหลัก", "ชื่อโรงเรียนหลัก", "ตั้งแต่ภาคเรียน", "ลักษณะการรวม", "โครงการ"]
    over = "ถ้าเป็นโรงเรียนมาเรียนรวม ระดับชั้นที่มาเรียนรวมคือ"
    grid: Grid = [[*heads, *[over, *[""] * (len(extra) - 1)]], [*["" for _ in heads], *extra]]
    kinds = {"learn-together": "เรียนรวม", "merge": "ยุบรวม", "dissolve": "เลิก"}
    programmes = {"existing": "กรณี 1.1", "second-decade": "กรณี 1.2", "unspecified": "ไม่ระบุ"}
    for row in schools:
        cells = [*_school_cells(row, rng), row["lat"], row["lon"]]
        merged = [
            [
                SHORT[grade],
                m["host_id"],
                names[m["host_id"]],
                m["from_term"],
                kinds[m["kind"]],
                programmes[m["programme"]],
            ]
            for m in mergers
            if m["school_id"] == row["school_id"]
            for grade in grades_between(m["grades"])
        ]
        for line in merged or [[""] * len(extra)]:
            grid.append([*cells, *line])
    first, last = xl_col_to_name(len(heads)), xl_col_to_name(len(heads) + len(extra) - 1)
    down = [f"{xl_col_to_name(i)}1:{xl_col_to_name(i)}2" for i in range(len(heads))]
    write_xlsx(inputs / "schools.xlsx", grid, rng, merged=[f"{first}1:{last}1", *down])


def schools_map(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    del told
    _write_points(sample, inputs, rng, "schools", SCHOOL_HEADS)


def grades_between(text: str) -> list[str]:
    found: list[str] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found += GRADES[GRADES.index(first) : GRADES.index(last or first) + 1]
    return found


def _write_points(sample: Path, inputs: Path, rng: random.Random, table: str, heads: dict[str, str]) -> None:
    rows = sample_rows(sample, table)
    frame = gpd.GeoDataFrame(
        {head: [row[name] for row in rows] for name, head in heads.items()},
        geometry=gpd.points_from_xy(
            [float(row["lon"]) if row["lon"] else float("nan") for row in rows],
            [float(row["lat"]) if row["lat"] else float("nan") for row in rows],
        ),
        crs="EPSG:4326",
    )
    # An empty point is a way to say that none is known, but not every format has one.
    frame.loc[[row["lat"] == "" for row in rows], "geometry"] = None
    suffix, crs = rng.choice([(".geojson", "EPSG:4326"), (".gpkg", "EPSG:32647"), (".gpkg", "EPSG:4326")])
    frame.to_crs(crs).to_file(inputs / f"{table}{suffix}", driver={".geojson": "GeoJSON", ".gpkg": "GPKG"}[suffix])


# -- villages ----
VILLAGE_HEADS = {
    "village_id": "รหัสหมู่บ้าน",
    "name": "ชื่อหมู่บ้าน",
    "tambon": "ตำบล",
    "amphoe": "อำเภอ",
    "population": "ประชากร",
    "point_source": "ที่มาของพิกัด",
}
SOURCES = {"survey": "สำรวจ", "osm": "OSM", "digitised": "วาดเอง", "tambon-centroid": "กลางตำบล"}


def villages_table(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    rows = sample_rows(sample, "villages")
    form, point_heads, cells = point_form(rng, "villages")
    told.forms["villages points"] = form
    heads = [*VILLAGE_HEADS.values(), *point_heads]
    grid: Grid = [*junk_above(rng, len(heads)), [head_dirt(head, rng) for head in heads]]
    for i, row in enumerate(rows):
        line = [
            code_dirt(row["village_id"], rng), row["name"], row["tambon"], row["amphoe"],
            count_dirt(row["population"], rng), rng.choice([row["point_source"], SOURCES[row["point_source"]]]),
        ]  # fmt: skip
        grid.append([*line, *point_cells(cells, row, len(point_heads))])
        if i == len(rows) // 2 and rng.random() < 0.5:  # a page break of the printed list
            grid.append(list(heads))
    write_grid(inputs, "villages", grid, rng)


def villages_map(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    del told
    _write_points(sample, inputs, rng, "villages", VILLAGE_HEADS)


def villages_register(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    """Write the population register: HTML that calls itself .xls, totals between, no coordinates."""
    told.lost["villages"] = {"lat", "lon", "point_source"}
    heads = [
        "ปีเดือน", "รหัสจังหวัด", "ชื่อจังหวัด", "รหัสสำนักทะเบียน", "ชื่อสำนักทะเบียน", "รหัสตำบล", "ชื่อตำบล",
        "รหัสหมู่บ้าน", "ชื่อหมู่บ้าน", "ชาย", "หญิง", "ทั้งหมด", "บ้าน",
    ]  # fmt: skip
    grid: Grid = [heads]
    for row in sample_rows(sample, "villages"):
        people = int(row["population"] or 0)
        men = people // 2
        code = row["village_id"]
        line = [
            "6912",
            "99",
            "สมมุติ",
            code[:4],
            f"ท้องถิ่นอำเภอ{row['amphoe']}",
            code[:6] + "00",
            row["tambon"],
            code,
            row["name"],
        ]
        line = [*line, f"{men:,}", f"{people - men:,}", f"{people:,}", str(people // 3)]
        line[4] = f"อำเภอ{row['amphoe']}"
        if row["population"] == "":
            line[9:13] = ["-"] * 4
        grid.append(line)
    write_html(inputs / "villages.xls", grid, rng)


# -- pupils ----
def students_counts(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    del told
    rows = sample_rows(sample, "students")
    distances = [name for name in rows[0] if name.startswith("ระยะทาง")]
    heads = ["รหัสโรงเรียน", "ชั้น", "รหัสหมู่บ้าน", "ภาคเรียน", "จำนวนนักเรียน", "รหัสโรงเรียนเดิม", *distances]
    grid: Grid = [*junk_above(rng, len(heads)), [head_dirt(head, rng) for head in heads]]
    for row in rows:
        cells = [code_dirt(row["school_id"], rng), grade_dirt(row["grade"], rng), code_dirt(row["village_id"], rng)]
        cells += [
            row["as_of"],
            count_dirt(row["count"], rng, zero="-"),
            row["from_school_id"],
            *(row[name] for name in distances),
        ]
        grid.append(cells)
    grid += totals_below(heads, rng, {4: sum(int(row["count"]) for row in rows)})
    write_grid(inputs, "students", grid, rng)


PRIVATE = [
    "เลขประจำตัวประชาชน", "คำนำหน้าชื่อ", "ชื่อ", "นามสกุล", "วันเกิด", "อายุ(ปี)", "หมู่โลหิต", "สัญชาติ", "เชื้อชาติ", "ศาสนา",
    "เลขประจำตัวประชาชนบิดา", "ชื่อบิดา", "นามสกุลบิดา", "รายได้บิดา", "เบอร์โทรศัพท์บิดา", "อาชีพบิดา",
    "เลขประจำตัวประชาชนมารดา", "ชื่อมารดา", "นามสกุลมารดา", "รายได้มารดา", "เบอร์โทรศัพท์มารดา",
    "เลขประจำตัวประชาชนผู้ปกครอง", "ชื่อผู้ปกครอง", "นามสกุลผู้ปกครอง", "รายได้ผู้ปกครอง", "เบอร์โทรศัพท์ผู้ปกครอง",
    "รหัสประจำบ้าน (ทะเบียนบ้าน)", "เลขที่บ้าน (ทะเบียนบ้าน)", "ถนน (ทะเบียนบ้าน)", "รหัสประจำบ้าน (ที่อยู่ปัจจุบัน)",
    "เลขที่บ้าน(ที่อยู่ปัจจุบัน)", "ถนน (ที่อยู่ปัจจุบัน)", "น้ำหนัก", "ส่วนสูง", "ความด้อยโอกาส", "ความพิการ", "GPA", "GPAX",
]  # fmt: skip


def students_dmc(sample: Path, inputs: Path, rng: random.Random, told: Told, *, long: bool = True) -> None:
    """Write the individual export: a row a pupil, addresses in words, everything that must be dropped."""
    villages = {row["village_id"]: row for row in sample_rows(sample, "villages")}
    rows = told.kept["students"] = sample_rows(sample, "students")[:MOST_DMC_ROWS]
    distances = [name for name in rows[0] if name.startswith("ระยะทาง")]
    number = "เลขประจำตัวประชาชน" if long else "เลขประจำตัวนักเรียน(13 หลัก)"
    private = [head for head in PRIVATE if head != "เลขประจำตัวประชาชน"]
    present = " (ที่อยู่ปัจจุบัน)" if long else ""
    address = [f"หมู่{present}", f"ตำบล{present}", f"อำเภอ{present}", f"จังหวัด{present}"]
    registered = [f"{head} (ทะเบียนบ้าน)" for head in ("หมู่", "ตำบล", "อำเภอ", "จังหวัด")] if long else []
    heads = ["รหัสโรงเรียน", "ชื่อโรงเรียน", number, "ชั้น", "ห้อง", "รหัสนักเรียน", "เพศ", *private, *registered, *address]
    heads += ["การพักนอนประจำ", *distances, "ระยะเวลาจากบ้านถึงโรงเรียน", "ลักษณะการเดินทางมาโรงเรียน", "รหัสโรงเรียนเดิม"]
    heads += ["รหัสโรงเรียนห้องสาขา", "ชื่อโรงเรียนห้องสาขา", "จำนวนพี่ชาย", "จำนวนน้องชาย", "จำนวนพี่ชาย"]
    title = [["รายงานนักเรียนรายบุคคล"], ["ภาคเรียนที่ 2 ปีการศึกษา 2569"]]
    grid: Grid = [row + [""] * (len(heads) - 1) for row in title]
    grid.append([head_dirt(head, rng) for head in heads])
    serial = 0
    for row in rows:
        village = villages.get(row["village_id"])
        for _ in range(int(row["count"])):
            serial += 1
            secret = f"{SECRET}{serial}"
            citizen = f"1{serial * 7919 % 10**11:011d}{serial % 10}"
            cells: list[Any] = [
                row["school_id"],
                "",
                citizen,
                grade_dirt(row["grade"], rng),
                "1",
                str(10000 + serial),
                rng.choice("ชญ"),
            ]
            cells += [secret for _ in private]
            if long:
                cells += ["9", "ที่อื่น", "ที่อื่น", "สมมุติ"]
            if village:
                cells += [code_dirt(str(int(row["village_id"][6:])), rng), village["tambon"], village["amphoe"], "สมมุติ"]
            else:
                cells += ["", "", "", ""]
            cells += ["ไม่พักนอน", *(row[name] for name in distances), "20", rng.choice(["เดินเท้า", "จักรยานยืมเรียน"])]
            cells += [row["from_school_id"], "", "", "1", "0", "2"]
            grid.append(cells)
    told.secrets += [SECRET, *(str(line[2]) for line in grid[3:])]
    write_xlsx(inputs / "students.xlsx", grid, rng)


def students_dmc_short(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    students_dmc(sample, inputs, rng, told, long=False)


# -- the others ----
def mergers_table(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    del told
    heads = ["รหัสโรงเรียนมารวม", "ชั้นที่มารวม", "ตั้งแต่ภาคเรียน", "รหัสโรงเรียนหลัก", "ลักษณะการรวม", "โครงการ"]
    words = {"learn-together": "มาเรียนรวม", "merge": "ยุบรวม", "dissolve": "เลิก"}
    grid: Grid = [*junk_above(rng, len(heads)), [head_dirt(head, rng) for head in heads]]
    for row in sample_rows(sample, "mergers"):
        term = row["from_term"].translate(THAI_DIGITS) if rng.random() < 0.3 else row["from_term"]
        cells = [code_dirt(row["school_id"], rng), row["grades"], term, code_dirt(row["host_id"], rng)]
        grid.append(
            [*cells, words[row["kind"]], {"existing": "1.1", "second-decade": "1.2"}.get(row["programme"], "ไม่ระบุ")]
        )
    write_grid(inputs, "mergers", grid, rng)


def enrolment_table(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    del told
    heads = ["รหัสโรงเรียน", "ปีการศึกษา", "ชั้น", "จำนวนนักเรียน"]
    grid: Grid = [*junk_above(rng, len(heads)), [head_dirt(head, rng) for head in heads]]
    for row in sample_rows(sample, "enrolment"):
        year = row["year"].translate(THAI_DIGITS) if rng.random() < 0.2 else row["year"]
        grid.append(
            [
                code_dirt(row["school_id"], rng),
                year,
                grade_dirt(row["grade"], rng),
                count_dirt(row["count"], rng, zero="-"),
            ]
        )
    write_grid(inputs, "enrolment", grid, rng)


def enrolment_grid(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    """Write a row a school and year, a column a grade: two-row heads over pairs of pupils and rooms."""
    del told
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for row in sample_rows(sample, "enrolment"):
        counts.setdefault((row["school_id"], row["year"]), {})[row["grade"]] = int(row["count"])
    upper: list[Any] = ["รหัสโรงเรียน", "ปีการศึกษา"]
    lower: list[Any] = ["", ""]
    for grade in GRADES:
        upper += [SHORT[grade], ""]
        lower += ["นร.", "ห้อง"]
    upper += ["รวมทั้งหมด", ""]
    lower += ["นร.", "ห้อง"]
    grid: Grid = [["จำนวนนักเรียนรายชั้น", *[""] * (len(upper) - 1)], upper, lower]
    for (school, year), by_grade in counts.items():
        cells: list[Any] = [code_dirt(school, rng), year]
        for grade in GRADES:
            cells += [by_grade[grade], 1] if grade in by_grade else ["-", "-"]
        grid.append([*cells, sum(by_grade.values()), len(by_grade)])
    areas = [f"{xl_col_to_name(i)}2:{xl_col_to_name(i + 1)}2" for i in range(2, len(upper), 2)] + ["A2:A3", "B2:B3"]
    write_xlsx(inputs / "enrolment.xlsx", grid, rng, merged=areas)


def ceilings_table(sample: Path, inputs: Path, rng: random.Random, told: Told) -> None:
    del told
    heads = ["รอบ", "เลขที่หนังสือ", "วงเงิน (บาท)", "ลงวันที่"]
    words = {"november": "พฤศจิกายน", "may": "พ.ค."}
    grid: Grid = [*junk_above(rng, len(heads)), [head_dirt(head, rng) for head in heads]]
    for row in sample_rows(sample, "ceilings"):
        baht = f"{int(row['baht']):,}"
        grid.append(
            [
                words[row["round"]],
                row["letter"],
                rng.choice([baht, baht.translate(THAI_DIGITS)]),
                thai_date(row["date"], rng),
            ]
        )
    write_grid(inputs, "ceilings", grid, rng)


Form = Callable[[Path, Path, random.Random, Told], None]
FORMS: dict[str, dict[str, Form]] = {
    "schools": {"table": schools_table, "basics": schools_basics, "map": schools_map},
    "villages": {"table": villages_table, "map": villages_map, "register": villages_register},
    "students": {"counts": students_counts, "dmc-long": students_dmc, "dmc-short": students_dmc_short},
    "mergers": {"table": mergers_table},
    "enrolment": {"table": enrolment_table, "grid": enrolment_grid},
    "ceilings": {"table": ceilings_table},
}


def polling_places(sample: Path, path: Path) -> None:
    """Write polling places at every third village's point."""
    rows = [row for row in sample_rows(sample, "villages") if row["lat"]][::3]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["province", "registrar", "subdistrict", "location", "latitude", "longitude"])
    for row in rows:
        writer.writerow(
            [
                "สมมุติ",
                f"อำเภอ{row['amphoe']}",
                row["tambon"],
                f"ศาลาหมู่ที่ {int(row['village_id'][6:])} {row['name']}",
                row["lat"],
                row["lon"],
            ]
        )
    path.write_text(out.getvalue(), "utf-8")


def as_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))

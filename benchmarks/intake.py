"""A pupils' export of 20,000 rows and 90 columns, invented: read by intake and by pandas, in a process of its own each.

    python benchmarks/intake.py            make the files, read each, print the tables for README.md
    python benchmarks/intake.py READER FILE

Twelve columns are wanted, as of an export of DMC. Every reader's cells are held against those of the first. Then the
export stands in a sample office for its pupils, and the whole office is read, matched, typed and checked.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROWS, COLUMNS, WANTED = 20_000, 90, 12
RUNS = 3
PLACES = range(3, 3 + 7 * WANTED, 7)
#: What a long export of DMC says of a pupil and this job reads; the other columns are of persons and are dropped.
READ = [
    "รหัสโรงเรียน", "เลขประจำตัวประชาชน", "ชั้น", "หมู่ (ที่อยู่ปัจจุบัน)", "ตำบล (ที่อยู่ปัจจุบัน)", "อำเภอ (ที่อยู่ปัจจุบัน)",
    "จังหวัด (ที่อยู่ปัจจุบัน)", "ระยะทางจากบ้านถึงโรงเรียน (ถนนลูกรัง)", "ระยะทางจากบ้านถึงโรงเรียน (ถนนลาดยาง)",
    "ระยะทางจากบ้านถึงโรงเรียน (ทางน้ำ)", "รหัสโรงเรียนเดิม", "การพักนอนประจำ",
]  # fmt: skip
READERS = {
    "office": "restructure `open_cycle`: all tables read and checked",
    "ours": "restructure `read_sheets`",
    "openpyxl": "pandas `read_excel`, openpyxl",
    "calamine": "pandas `read_excel`, calamine",
    "csv": "pandas `read_csv`",
}


def table() -> Iterator[list[Any]]:
    """Yield the head, and rows of words, numbers and 13-digit codes; every tenth cell is empty."""
    draw = random.Random(4)
    words = [f"บ้าน{draw.choice('กขคงจ')}{i}" for i in range(5_000)]
    yield [f"หัวคอลัมน์ที่ {i} ต้องกรอก" for i in range(COLUMNS)]
    for _ in range(ROWS):
        row: list[Any] = []
        for i in range(COLUMNS):
            value = draw.choice(words) if i % 3 else draw.randrange(1, 10**13 if i % 2 else 100)
            row.append("" if draw.random() < 0.1 else value)
        yield row


def make(*paths: Path) -> None:
    import csv

    import xlsxwriter

    for path, inline in zip(paths, (False, True), strict=False):
        book = xlsxwriter.Workbook(path, {"constant_memory": inline})
        sheet = book.add_worksheet("ข้อมูล")
        for i, row in enumerate(table()):
            for j, value in enumerate(row):
                if value != "":
                    sheet.write(i, j, value)
        book.close()
    with paths[2].open("w", encoding="cp874", newline="") as stream:
        csv.writer(stream).writerows(table())


def make_office(folder: Path) -> None:
    """Make a sample office whose pupils are an export of 20,000 rows, a child each, and 90 columns."""
    import pandas as pd

    from restructure.sample import make_sample

    make_sample(folder, 2570)
    inputs = folder / "inputs"
    counts = pd.read_csv(inputs / "students.csv", dtype=str, keep_default_na=False)
    villages = pd.read_csv(inputs / "villages.csv", dtype=str).set_index("village_id")
    pupils = counts.loc[counts.index.repeat(counts["count"].astype(int))]
    pupils = pd.concat([pupils, pupils.iloc[: ROWS - len(pupils)]], ignore_index=True)
    home = villages.reindex(pupils["village_id"]).fillna("")
    number = pd.Series([f"1{serial * 7919 % 10**11:011d}{serial % 10}" for serial in range(ROWS)])
    moo = pupils["village_id"].str[6:].str.lstrip("0")
    of_pupil = [pupils["school_id"], number, pupils["grade"], moo, *(home[c].to_numpy() for c in ("tambon", "amphoe"))]
    of_pupil += [["สมมุติ"] * ROWS, *(pupils[name] for name in READ[7:10]), pupils["from_school_id"], ["ไม่พักนอน"] * ROWS]
    export = pd.DataFrame(dict(zip(READ, of_pupil, strict=True)))
    draw = random.Random(4)
    for i in range(COLUMNS - len(READ)):
        export[f"{draw.choice(['ชื่อ', 'อาชีพ', 'รายได้', 'โทรศัพท์'])}ของ{draw.choice(['บิดา', 'มารดา', 'ผู้ปกครอง'])} {i}"] = [
            draw.choice(["", f"คำ{draw.randrange(5_000)}", draw.randrange(10**9)]) for _ in range(ROWS)
        ]
    (inputs / "students.csv").unlink()
    (inputs / "totals.csv").unlink()
    export.to_excel(inputs / "students.xlsx", index=False)


def office(folder: Path) -> list[list[Any]]:
    from restructure.cycle import open_cycle

    cycle = open_cycle(folder)
    return [[len(cycle.tables["students"]), len(cycle.problems)]]


def ours(path: Path) -> list[list[Any]]:
    from restructure.intake.grids import read_sheets

    return [[row[i] for i in PLACES] for row in read_sheets(path, path.name)[0].rows()]


def openpyxl(path: Path) -> list[list[Any]]:
    return excel(path, "openpyxl")


def calamine(path: Path) -> list[list[Any]]:
    return excel(path, "calamine")


def excel(path: Path, engine: Any) -> list[list[Any]]:
    import pandas as pd

    return pd.read_excel(path, header=None, dtype=object, engine=engine)[list(PLACES)].fillna("").to_numpy().tolist()


def csv(path: Path) -> list[list[Any]]:
    import pandas as pd

    read = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, encoding="cp874")
    return read[list(PLACES)].to_numpy().tolist()


def measure(reader: str, path: str) -> dict[str, Any]:
    import pandas as pd  # noqa: F401

    if reader in ("ours", "office"):
        import restructure.cycle  # noqa: F401
    warnings.simplefilter("ignore")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    rows = globals()[reader](Path(path))
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = "\n".join("\t".join(f"{v:.0f}" if isinstance(v, int | float) else str(v) for v in row) for row in rows)
    return {"seconds": seconds, "mb": (peak - before) / 1024, "peak": peak / 1024, "answer": zlib.crc32(told.encode())}


def child(reader: str, path: Path) -> dict[str, Any]:
    found = []
    for _ in range(RUNS):
        line = [sys.executable, __file__, reader, str(path)]
        found.append(json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout))
    assert len({one["answer"] for one in found}) == 1
    return min(found, key=lambda one: one["seconds"])


def main() -> None:
    print(f"{ROWS:,} rows × {COLUMNS} columns, {WANTED} of them wanted; best of {RUNS}, {os.cpu_count()} cores.\n")
    print("|  | time | memory above imports | whole process | faster |")
    print("| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("shared.xlsx", "inline.xlsx", "a.csv")]
        # This process stays small: what a process has used at most is counted from what its parent used when it began.
        subprocess.run([sys.executable, __file__, "make", *paths], check=True)
        for path in paths:
            peers = ["csv"] if path.suffix == ".csv" else ["openpyxl", "calamine"]
            mine = child("ours", path)
            for reader, found in [("ours", mine), *((peer, child(peer, path)) for peer in peers)]:
                assert found["answer"] == mine["answer"], f"{reader} reads other cells"
                faster = "" if reader == "ours" else f"{found['seconds'] / mine['seconds']:.1f} ×"
                size = f"{path.name}, {path.stat().st_size / 1e6:.0f} MB"
                times = f"{found['seconds']:.2f} s | {found['mb']:.0f} MB | {found['peak']:.0f} MB"
                print(f"| {size}: {READERS[reader]} | {times} | {faster} |")
        whole = Path(folder) / "office"
        subprocess.run([sys.executable, __file__, "make-office", whole], check=True)
        print("\n|  | time | memory above imports | whole process | times as long |")
        print("| --- | ---: | ---: | ---: | ---: |")
        mine = child("office", whole)
        export = whole / "inputs" / "students.xlsx"
        for reader, found in [("office", mine), *((peer, child(peer, export)) for peer in ("openpyxl", "calamine"))]:
            longer = "" if reader == "office" else f"{found['seconds'] / mine['seconds']:.1f} ×"
            times = f"{found['seconds']:.2f} s | {found['mb']:.0f} MB | {found['peak']:.0f} MB"
            print(f"| {READERS[reader]} | {times} | {longer} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make(*map(Path, sys.argv[2:]))
    elif sys.argv[1:2] == ["make-office"]:
        make_office(Path(sys.argv[2]))
    elif sys.argv[1:]:
        print(json.dumps(measure(*sys.argv[1:])))
    else:
        main()

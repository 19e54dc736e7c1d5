"""A small office through the subsidy year, for tests of its commands: figures by hand.

::

    place on the road, m:  H1 0   V1 2,000   A 2,900   V2 3,100   V3 8,000   B 9,000   H2 20,000   VI: an island
    A → H1 existing (1.1), B → H2 second-decade (1.2); 100 days a term; 10 baht to 3,000 m, 15 to 10,000, 20 beyond

                                     November            May
                                  2 Nov   10 Nov    20 May   10 June
    A  P1 V1   2,000 m  10 baht     4       6         5        5
    A  P2 V2   3,100    15          2       2         2        1
    A  P3 VI   4,500 ¹  15          1       1         1        1
    B  P1 V3  12,000    20          3       2         3        4
    need of A, baht               8,500  10,500     9,500    8,000
    need of B                     6,000   4,000     6,000    8,000
    letters (80 % of the estimate)   11,600             12,400

¹ No road leads there: measured in the field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from small_office import write_rows, write_small_office

from restructure.cli import main

if TYPE_CHECKING:
    from pathlib import Path

OFFICER = "สมศรี นักวิเคราะห์"
#: Pupils of V1, V2, VI and V3 by the day that they were listed on.
COUNTS = {
    "2026-11-02": (4, 2, 1, 3),
    "2026-11-10": (6, 2, 1, 2),
    "2027-05-20": (5, 2, 1, 3),
    "2027-06-10": (5, 1, 1, 4),
}
NEED = {"november": {"A": 8_500, "B": 6_000}, "may": {"A": 9_500, "B": 6_000}}
LETTERS = [
    ["november", "ศธ 1", "6000", "2026-11-01"],
    ["november", "ศธ 2", "5600", "2026-11-20"],
    ["may", "ศธ 3", "12400", "2027-05-25"],
]
#: Host and school of each; what A and B were allocated, but B nothing in May.
PAYMENTS = [
    ["november", "H1", "A", "6800", "2026-12-01"],
    ["november", "H2", "B", "4800", "2026-12-01"],
    ["may", "H1", "A", "7600", "2027-06-15"],
]
ESTIMATES = ("2026-11-02", "2027-05-20")


def write_year(folder: Path, days: tuple[str, ...] = ESTIMATES, policy: str = "") -> Path:
    """Write the office with the pupils of some days."""
    write_small_office(
        folder,
        schools="H1 0 P1-P6\nA 2900 P1-P6\nB 9000 P1-P6\nH2 20000 P1-P6",
        villages="V1 2000\nV2 3100\nV3 8000\nVI 9500,6000",
        students="",
        mergers="A P1-P6 1/2560 H1 learn-together existing\nB P1-P6 1/2566 H2 learn-together second-decade",
        policy=f"office: สพป.ทดสอบ\nfiscal_year: 2570\n{policy}",
    )
    write_pupils(folder, days)
    write_rows(folder / "inputs" / "ceilings.csv", ["round", "letter", "baht", "date"], LETTERS)
    write_rows(folder / "inputs" / "payments.csv", ["round", "host_id", "school_id", "baht", "date"], PAYMENTS)
    return folder


def write_pupils(folder: Path, days: tuple[str, ...] = tuple(COUNTS)) -> None:
    """Write the pupils of some days."""
    rolls = [("A", "P1", "V1"), ("A", "P2", "V2"), ("A", "P3", "VI"), ("B", "P1", "V3")]
    rows = [[*roll, str(pupils), day] for day in days for roll, pupils in zip(rolls, COUNTS[day], strict=True)]
    write_rows(folder / "inputs" / "students.csv", ["school_id", "grade", "village_id", "count", "as_of"], rows)


def run(command: str, folder: Path, *more: str) -> int:
    return main([command, str(folder), *more])


def certify_all(folder: Path) -> None:
    """Certify the four pairs: V1 and V3 are clear of every bound, V2 is near one, to VI there is no way."""
    for more in (["--clear"], ["--village", "V2"], ["--village", "VI", "--metres", "4500", "--why", "วัดเลขไมล์"]):
        assert run("certify", folder, "--by", OFFICER, *more) == 0

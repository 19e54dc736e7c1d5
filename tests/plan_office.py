"""A small office with a plan of two merges, for tests of the draft: figures by hand.

::

    place on the road, m:  H 0   V1 2,000   A 2,500   V2 4,000   B 9,000   V3 12,000   VI: an island
    A P1 V1 3, A P2 V2 2, B P1 V3 4, B P1 VI 1, H P1 V1 5; 200 days; 10 baht to 3,000 m, 15 to 10,000, 20 beyond
    A → H: 3 × 200 × 10 + 2 × 200 × 15 = 12,000 baht, ways of 2,000 (3) and 4,000 m (2): median 2,000
    B → H: 4 × 200 × 20 = 16,000 baht, 12,000 m, one child without a way
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from small_office import merge, write_rows, write_small_office

if TYPE_CHECKING:
    from pathlib import Path

BOTH = [merge("A", "H", kind="merge", programme="second-decade"), merge("B", "H")]


def write_planned(folder: Path) -> Path:
    """Write the office with the scenarios ``both`` and ``one``, the draft being of the first."""
    write_small_office(
        folder,
        schools="A 2500 P1-P6 teachers=2\nB 9000 P1-P6\nH 0 P1-P6 rooms=6",
        villages="V1 2000\nV2 4000\nV3 12000\nVI 9500,6000",
        students="A P1 V1 3\nA P2 V2 2\nB P1 V3 4\nB P1 VI 1\nH P1 V1 5",
        scenarios={"both": BOTH, "one": BOTH[:1]},
        policy="office: สพป.ทดสอบ\nfiscal_year: 2570\n",
    )
    write_rows(folder / "inputs" / "enrolment.csv", ["school_id", "year", "grade", "count"], [["A", "2568", "P1", "9"]])
    (folder / "plan.yaml").write_text("scenario: both\n", "utf-8")
    return folder

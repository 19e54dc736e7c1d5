"""The step that writes the comparison of two years, in this year's ``outputs/compare/``."""

from __future__ import annotations

from pathlib import Path

from restructure.files import staged, write_csv
from restructure.manifest import read_files, write_record
from restructure.years.facts import Years

FOLDER = "compare"


def write_years(years: Years) -> Path:
    """Write the comparison: ``compare.xlsx`` and its tables as CSV, a map, a page for the committee; return the folder.

    What is left to fill in on the page stands in ``blanks.csv``.
    """
    # Imported here, as in other steps: drawing and documents take a second to load.
    from restructure.documents.yearpage import write_year_page
    from restructure.years.book import write_year_book, year_tables
    from restructure.years.drawing import write_year_map

    last, cycle = years.last.cycle, years.this.cycle
    with staged(cycle.outputs) as stage:
        before = {"folder": last.folder.name, "fiscal_year": last.policy.fiscal_year, "inputs": read_files(years.last)}
        write_record(years.this, stage, "compare-years", last=before)
        folder = stage / FOLDER
        for name, table in year_tables(years).items():
            write_csv(folder / f"{name}.csv", table)
        write_year_book(years, folder / "compare.xlsx")
        write_year_map(years, folder / "map.pdf", folder / "map.png")
        blanks = write_year_page(years, folder / "committee.docx", cycle.folder / "templates")
        write_csv(folder / "blanks.csv", blanks)
    return cycle.outputs / FOLDER

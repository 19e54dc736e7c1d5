"""What the notebook of the country shows: offices in order, where merging saves most, the curve, one office."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pandas as pd

from restructure.national.country import COLUMNS, Country

_RANKED = (
    "office", "name", "schools", "small_schools", "schools_closed", "pupils_moved", "moved_longest_m",
    "moved_over_30_min", "subsidy_baht", "net_baht", "gap_percent",
)  # fmt: skip
#: What one more school that leaves costs, Thai heads.
_EACH = {"baht_each": "ค่าพาหนะต่อโรงเรียน (บาทต่อปี)", "pupils_each": "นักเรียนต่อโรงเรียน"}


def ranking(country: Country) -> pd.DataFrame:
    """Return the offices whose best plans take most schools together first, under Thai heads."""
    table = country.done[list(_RANKED)]
    ordered = table.sort_values(["schools_closed", "office"], ascending=[False, True], na_position="last")
    return _thai(ordered)


def cheapest(country: Country) -> pd.DataFrame:
    """Return the offices whose best plans burden least for each school that leaves first, under Thai heads."""
    table = country.done[country.done["schools_closed"].fillna(0) > 0]
    table = table.assign(
        baht_each=(table["subsidy_baht"] / table["schools_closed"]).round().astype("Int64"),
        pupils_each=(table["pupils_moved"] / table["schools_closed"]).round(1),
    )
    ordered = table.sort_values(["baht_each", "office"])
    columns = ["office", "name", "schools_closed", *_EACH, "moved_median_m", "moved_over_30_min", "directors_freed"]
    return _thai(ordered[columns])


def shared_out(country: Country, schools: int) -> pd.DataFrame:
    """Return how many schools each office closes where the country closes so many, or the next fewer that it can."""
    at = country.shares.loc[:schools].iloc[-1]
    names = country.offices.set_index("office")["name"]
    table = pd.DataFrame({"office": at.index, "name": names[at.index].to_numpy(), "schools_closed": at.to_numpy()})
    table = table[table["schools_closed"] > 0].sort_values(["schools_closed", "office"], ascending=[False, True])
    return _thai(table)


def broken(country: Country) -> pd.DataFrame:
    """Return the offices that could not be done, and why."""
    return _thai(country.offices.loc[country.offices["error"] != "", ["office", "name", "error"]])


def office_page(country: Country, root: Path | str, office: str) -> str:
    """Return one office as HTML: its figures, its own curve, and where its files lie."""
    row = country.offices.set_index("office").loc[office]
    figures = "".join(
        f"<tr><td>{escape(COLUMNS[name][0])}</td><td style='text-align:right'>{_shown(value)}</td></tr>"
        for name, value in row.items()
        if name != "name"
    )
    curve = country.curves.get(office)
    own = "" if curve is None else _thai(curve[["schools_closed", "subsidy_baht", "pupil_km"]]).to_html(index=False)
    outputs = (Path(root) / office / "outputs").resolve()
    links = "".join(
        f"<li><a href='{path.as_uri()}'>{escape(path.relative_to(outputs.parent).as_posix())}</a></li>"
        for name in ("national/best/scenario.yaml", "national/best/summary.json", "problems.csv", "")
        if (path := outputs / name).exists()
    )
    return f"<h3>{escape(row['name'] or office)}</h3><ul>{links}</ul><table>{figures}</table>{own}"


def _shown(value: object) -> str:
    return "" if pd.isna(value) else escape(f"{value:,}" if isinstance(value, (int, float)) else str(value))


def _thai(table: pd.DataFrame) -> pd.DataFrame:
    heads = {name: head for name, (head, _) in COLUMNS.items()} | _EACH | {"pupil_km": "คน-กม. ต่อวันที่เพิ่ม"}
    return table.rename(columns=heads).reset_index(drop=True)

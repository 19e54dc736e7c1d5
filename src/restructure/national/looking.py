"""What the notebook of the country shows: offices in order, where merging saves most, the curve, one office."""

from __future__ import annotations

from html import escape
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.io.formats.style import Styler

from restructure.national.country import COLUMNS, CURVE_COLUMNS, Country, baht_each
from restructure.optimise.telling import STATUS_WORDS

_RANKED = (
    "office", "name", "schools", "small_schools", "schools_closed", "pupils_moved", "moved_longest_m",
    "moved_over_30_min", "subsidy_baht", "net_baht", "gap_percent",
)  # fmt: skip
_OF_CURVE = {
    "schools_closed": CURVE_COLUMNS["schools_closed"][0],
    "subsidy_baht": CURVE_COLUMNS["subsidy_baht"][0],
    "pupil_km": "คน-กม. ต่อวันที่เพิ่ม (ของแผนนั้น ไม่ใช่น้อยที่สุด)",
}
#: The files of an office and what they are.
_FILES = {
    "national/best/scenario.yaml": "แผนที่พบ",
    "national/best/summary.json": "สรุปของแผน",
    "problems.csv": "ข้อควรตรวจและแถวที่พักไว้",
    "": "โฟลเดอร์ผลทั้งหมด",
}
#: What one more school that leaves costs, Thai heads.
_EACH = {"baht_each": "ค่าพาหนะต่อโรงเรียน (บาทต่อปี)", "pupils_each": "นักเรียนต่อโรงเรียน"}


def ranking(country: Country) -> Styler:
    """Return the offices whose best plans take most schools together first, under Thai heads."""
    table = country.done[list(_RANKED)]
    ordered = table.sort_values(["schools_closed", "office"], ascending=[False, True], na_position="last")
    return _thai(ordered)


def cheapest(country: Country) -> Styler:
    """Return the offices whose best plans burden least for each school that leaves first, under Thai heads."""
    table = country.done[country.done["schools_closed"].fillna(0) > 0]
    table = table.assign(
        baht_each=baht_each(table),
        pupils_each=(table["pupils_moved"] / table["schools_closed"]).round(1),
    )
    ordered = table.sort_values(["baht_each", "office"])
    columns = ["office", "name", "schools_closed", *_EACH, "moved_median_m", "moved_over_30_min", "directors_freed"]
    return _thai(ordered[columns])


def shared_out(country: Country, schools: int) -> Styler:
    """Return how many schools each office closes where the country closes so many, or the next fewer that it can."""
    at = country.shares.loc[:schools].iloc[-1]
    names = country.offices.set_index("office")["name"]
    table = pd.DataFrame({"office": at.index, "name": names[at.index].to_numpy(), "schools_closed": at.to_numpy()})
    table = table[table["schools_closed"] > 0].sort_values(["schools_closed", "office"], ascending=[False, True])
    return _thai(table)


def broken(country: Country) -> str:
    """Return as HTML the offices that could not be done, and why."""
    table = country.offices.loc[country.offices["error"] != "", ["office", "name", "error"]]
    return "ทำได้ครบทุกสำนักงาน" if table.empty else _thai(table).to_html()


def office_page(country: Country, root: Path | str, office: str) -> str:
    """Return one office as HTML: its figures, its own curve, and where its files lie."""
    row = country.offices.set_index("office").loc[office]
    figures = "".join(
        f"<tr><td style='text-align:left'>{escape(COLUMNS[name][0])}</td>"
        f"<td style='text-align:right'>{_shown(name, value)}</td></tr>"
        for name, value in row.items()
        if name not in ("name", "error") or (name == "error" and value)
    )
    curve = country.curves.get(office)
    own = ""
    if curve is not None:
        own = f"<h4>เส้นแลกเปลี่ยนของสำนักงาน</h4>{_thai(curve[['schools_closed', 'subsidy_baht', 'pupil_km']]).to_html()}"
    outputs = (Path(root) / office / "outputs").resolve()
    links = "".join(
        f"<li><a href='{path.as_uri()}'>{words}</a> "
        f"<code>{escape(path.relative_to(outputs.parent).as_posix())}</code></li>"
        for name, words in _FILES.items()
        if (path := outputs / name).exists()
    )
    return f"<h3>{escape(row['name'] or office)}</h3><table>{figures}</table>{own}<h4>ไฟล์</h4><ul>{links}</ul>"


def _shown(name: str, value: Any) -> str:
    if pd.isna(value):
        return "–"
    if name == "best":
        return STATUS_WORDS.get(value, "")
    return escape(f"{value:,}" if isinstance(value, Real) else str(value))


def _thai(table: pd.DataFrame) -> Styler:
    """Return a table for people to read: Thai heads, thousands apart, words to the left and figures to the right."""
    heads = {name: head for name, (head, _) in COLUMNS.items()} | _EACH
    if "pupil_km" in table:  # an office's own curve
        heads |= _OF_CURVE
    # A head breaks where its parts end: Thai has no spaces between words, and a browser breaks where it likes.
    heads = {name: head.replace(": ", ":<br>").replace(" (", "<br>(") for name, head in heads.items()}
    names = [heads[name] for name in table if name in ("office", "name")]
    errors = [heads["error"]] if "error" in table else []
    style = table.rename(columns=heads).style.hide(axis="index")
    style = style.format(thousands=",", precision=1, na_rep="–", escape="html")
    if heads["gap_percent"] in style.columns:  # what is left unproven may be little, but is not nothing
        style = style.format("{:g}", subset=[heads["gap_percent"]], na_rep="–")
    return (
        style.set_properties(**{"text-align": "right"})
        .set_properties(subset=[*names, *errors], **{"text-align": "left"})
        .set_properties(subset=names, **{"white-space": "nowrap"})
        .set_table_styles([{"selector": "th", "props": "text-align: center; white-space: nowrap"}])
    )

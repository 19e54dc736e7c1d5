"""Workbooks of one look: tables under their Thai heads, ready to print, with contents and a data dictionary."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_integer_dtype
from xlsxwriter.url import Url
from xlsxwriter.utility import xl_rowcol_to_cell

from restructure.grades import thai_grades
from restructure.intake import columns_of
from restructure.policy import Policy
from restructure.thai import ROUND_NAMES
from restructure.words import (
    FLAGS,
    FONT,
    KINDS,
    NO_VALUE,
    PROGRAMMES,
    RULES,
    SYNTHETIC,
    UNKNOWN_BAHT,
    UNKNOWN_CEILING,
    UNKNOWN_WAY,
    spell_as_of,
    spell_day,
)
from restructure.xlsx import new_workbook

#: What an empty cell means, by column: an unknown must never look like nothing or like 0.
_NULLS = {
    **dict.fromkeys(("road_m", "old_road_m"), UNKNOWN_WAY),
    **{
        f"{part}_{unit}{when}": UNKNOWN_WAY
        for part in ("median", "p90", "max")
        for unit in ("m", "minutes")
        for when in ("", "_before")
    },
    **dict.fromkeys(("rooms", "rooms_needed", "teachers", "snap_village_m", "snap_school_m"), "ไม่ทราบ"),
    **{f"{post}_needed{when}": "ไม่ทราบ" for post in ("teachers", "directors", "deputies") for when in ("", "_before")},
    **dict.fromkeys(("classes_together", "classes_together_before", "pupils_a_room"), "ไม่ทราบ"),
    **dict.fromkeys(("rival_snap_m", "typical_percent"), "ไม่มี"),
    "roll_road_m": "โรงเรียนเดียวกัน",
    "change_m": "สายหนึ่งไปไม่ถึง",
    **dict.fromkeys(("present", "value"), NO_VALUE),
    "posts_freed": "เกณฑ์ไม่บอก",
    "allocated_baht": UNKNOWN_CEILING,
}
_LETTER = 0.93  # a letter of the font at 14 points, in units of column width
_LINE_POINTS = 21.0
_TITLE = 18 / 14  # letters of a title by those of a table
_PAGE = 140.0  # the width of a landscape page of A4, and what no column is narrowed below for its sake
_NARROWED = 26.0
_WIDEST, _READABLE = 260.0, 220.0  # more than the first goes onto several pages, each of no more than the second
_MOST_CHARACTERS = 32_000  # of a cell; the format's own limit is 32,767

#: Words of values that are stored as English keywords, by column.
_WORDS = {
    "kind": KINDS | {"village": "หมู่บ้าน", "school": "โรงเรียน"},
    "programme": PROGRAMMES,
    "basis": {"routed": "คำนวณจากถนน ยังไม่รับรอง", "certified": "รับรองแล้ว"},
    "severity": {"error": "พักแถวไว้", "warning": "ควรตรวจ"},
    "status": {"open": "เปิดสอน", "closed": "เลิกหรือยุบแล้ว"},
    "reachable": {"True": "ไปถึง", "False": "ไปไม่ถึง"},
    "round": ROUND_NAMES,
    "warning": RULES,
    "flags": FLAGS,
    "measured_from": {"village": "จุดหมู่บ้าน", "home": "พิกัดบ้าน"},
    "unit": {"m": "เมตร", "km": "กิโลเมตร", "unknown": "เดาไม่ได้"},
    **{column: {"True": "ใช่", "False": ""} for column in ("far", "across_water", "rival", "fits_roll")},
    **dict.fromkeys(("causes", "cause"), RULES),
}


@dataclass(frozen=True, eq=False)
class Sheet:
    """One sheet.

    Attributes
    ----------
    described
        The table of columns.csv whose words its columns take.
    totals
        Columns that are summed below the table, each programme by itself where ``by_programme``.
    links
        By column the address that each row's cell leads to, relative to the workbook; empty for none.
    printed_columns
        How many columns fit on paper where not all do; the others are read on the screen.
    heads
        Thai head and description of columns that stand in no file but this workbook.
    units
        Units of such columns.
    """

    name: str
    title: str
    table: pd.DataFrame
    described: str = ""
    note: str = ""
    totals: list[str] = field(default_factory=list)
    by_programme: bool = False
    frozen_columns: int = 0
    links: dict[str, list[str]] = field(default_factory=dict)
    printed_columns: int | None = None
    heads: dict[str, tuple[str, str]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Column:
    head: str
    unit: str
    description: str
    kind: str


@dataclass(frozen=True, eq=False)
class Cover:
    """What every sheet of a workbook says above its table.

    Attributes
    ----------
    title, note
        Of the workbook, on its first sheet.
    property_title
        Of the file, as programs list it.
    students, osm_date
        The counts and the roads behind the tables, whose dates are named; no date where no road is behind them.
    scenario
        Name of the scenario that the tables are about; empty where they are about none.
    dates
        What is said of the dates of counts and roads in place of those two, where more than one year is behind the
        tables.
    """

    title: str
    note: str
    property_title: str
    policy: Policy
    students: pd.DataFrame
    osm_date: str
    scenario: str
    dates: str = ""


def write_book(cover: Cover, sheets: list[Sheet], path: Path, null: str = "") -> None:
    """Write sheets as a workbook; several with contents before them and the dictionary of their columns behind.

    Parameters
    ----------
    null
        What a figure that is not there says, where it is not what its column says.
    """
    if several := len(sheets) > 1:
        sheets = [*sheets, Sheet("พจนานุกรมข้อมูล", "พจนานุกรมข้อมูลของทุกแผ่น", _dictionary(sheets))]
    with new_workbook(path, cover.property_title) as book:
        writer = _Writer(book, cover, null)
        if several:
            writer.write_contents(sheets)
        for sheet in sheets:
            writer.write(sheet)


def with_names(tables: dict[str, pd.DataFrame], table: pd.DataFrame) -> pd.DataFrame:
    """Put the names of schools and villages beside their codes."""
    schools = tables["schools"].set_index("school_id")["name"]
    villages = tables["villages"].set_index("village_id")["name"]
    table = table.copy()
    for column, code, names in (
        ("school_name", "school_id", schools),
        ("host_name", "host_id", schools),
        ("village", "village_id", villages),
    ):
        if code in table:
            table.insert(table.columns.get_loc(code) + 1, column, [names.get(one, "") for one in table[code]])
    return table


def _dictionary(sheets: list[Sheet]) -> pd.DataFrame:
    alike = len(sheets) > 1 and len({tuple(sheet.table.columns) for sheet in sheets}) == 1
    rows = []
    for sheet in sheets[:1] if alike else sheets:
        for name in sheet.table.columns:
            column = _column(sheet, name)
            rows.append(("ทุกแผ่น" if alike else sheet.name, column.head, name, column.unit, column.description))
    return pd.DataFrame(rows, columns=["sheet", "head", "english", "unit", "description"])


def _column(sheet: Sheet, name: str) -> _Column:
    if name in sheet.heads:
        head, description = sheet.heads[name]
        kind = "count" if is_integer_dtype(sheet.table[name]) else "text"
        return _Column(head, sheet.units.get(name, ""), description, kind)
    described = next(t for t in map(columns_of, (sheet.described, "annexes", "moves")) if name in t.index)
    row = described.loc[name]
    # A code and the name beside it often share their Thai head: the code says that it is one.
    prefix = "รหัส" if row["type"] == "code" and not row["thai"].startswith("รหัส") else ""
    return _Column(prefix + row["thai"], row["unit"], row["description"], row["type"])


class _Writer:
    """Writes sheets of one look."""

    def __init__(self, book: Any, cover: Cover, null: str) -> None:
        self.book, self.cover, self.null = book, cover, null
        self.top = 5 if cover.policy.synthetic else 4  # the row of the heads
        thin = {"border": 1, "border_color": "#808080", "valign": "top"}
        looks: dict[str, dict[str, Any]] = {
            "title": {"bold": True, "font_size": 18, "text_wrap": True},
            "plain": {"text_wrap": True},
            "synthetic": {"bold": True, "font_color": "#C00000", "font_size": 16},
            "note": {"italic": True, "text_wrap": True, "font_color": "#404040"},
            # Not wrapped: it flows over the empty cells beside it, however narrow its own is.
            "empty": {"italic": True, "font_color": "#404040"},
            "link": {"font_color": "#1F4E9E", "underline": 1, **thin},
            "head": {
                **thin,
                "bold": True,
                "bg_color": "#D9E2F3",
                "align": "center",
                "valign": "vcenter",
                "text_wrap": True,
            },
            "english": {**thin, "font_size": 10, "font_color": "#606060", "bg_color": "#F2F2F2"},
            "text": {**thin, "num_format": "@", "text_wrap": True},
            "count": {**thin, "num_format": "#,##0", "align": "right", "indent": 1},
            "number": {**thin, "num_format": "#,##0.0", "align": "right", "indent": 1},
            "null": {**thin, "font_color": "#7F6000", "align": "right"},
            "total": {**thin, "bold": True, "num_format": "#,##0", "bg_color": "#F2F2F2", "top": 2},
        }
        self.looks = {name: book.add_format(look) for name, look in looks.items()}

    def write_contents(self, sheets: list[Sheet]) -> None:
        """Write the first sheet: what this is, and a link to each other one."""
        page = self.book.add_worksheet("สารบัญ")
        for column, (text, width) in enumerate({"แผ่น": 26.0, "เนื้อหา": 80.0, "จำนวนแถว": 14.0}.items()):
            page.write_string(self.top, column, text, self.looks["head"])
            page.set_column(column, column, width)
        self._heights(page, [1] * (len(sheets) + 1), self.top)
        for row, sheet in enumerate(sheets, start=self.top + 1):
            page.write_url(row, 0, f"internal:'{sheet.name}'!A1", self.looks["link"], string=sheet.name)
            page.write_string(row, 1, sheet.title, self.looks["text"])
            page.write_number(row, 2, len(sheet.table), self.looks["count"])
        self._write_top(page, self.cover.title, self.cover.note, [26.0, 80.0, 14.0])
        page.print_area(0, 0, self.top + len(sheets), 2)
        self._print(page, 3)

    def write(self, sheet: Sheet) -> None:
        """Write one table with its heads, totals and page setting."""
        page = self.book.add_worksheet(sheet.name)
        names = list(sheet.table.columns)
        first = self.top + 2
        heads, shown = [], []
        for place, name in enumerate(names):
            column = _column(sheet, name)
            head = f"{column.head} ({column.unit})" if column.unit else column.head
            page.write_string(self.top, place, head, self.looks["head"])
            page.write_string(self.top + 1, place, name, self.looks["english"])
            texts = [self._cell(page, first + i, place, name, column, v) for i, v in enumerate(sheet.table[name])]
            for row, address in enumerate(sheet.links.get(name, []), start=first):
                if address:
                    page.write_url(row, place, _link(address, texts[row - first]), self.looks["link"])
            heads.append(head)
            shown.append(texts)
        fitting = [_fitting(*column) for column in zip(heads, names, shown, strict=True)]
        widths = _on_a_page(fitting, sheet.printed_columns or len(names))
        lines = [1] * len(sheet.table)
        for place, (width, texts) in enumerate(zip(widths, shown, strict=True)):
            page.set_column(place, place, width)
            lines = [max(n, _lines(text, width)) for n, text in zip(lines, texts, strict=True)]
        head_lines = max(map(_lines, heads, widths))
        printed = widths[: sheet.printed_columns]
        pages, top = 1, printed
        if sum(printed) > _WIDEST:
            # What is shrunk onto one page until it cannot be read goes onto several, its first columns on each.
            top = printed[: max(1, sheet.frozen_columns)]
            pages = math.ceil(sum(printed[len(top) :]) / max(_NARROWED, _READABLE - sum(top)))
            page.repeat_columns(0, len(top) - 1)
        self._write_top(page, sheet.title, sheet.note, top)
        self._heights(page, [head_lines, 1, *(lines or [1])], self.top)
        end = last = first + len(sheet.table)
        if sheet.table.empty:
            page.write_string(first, 0, "ไม่มีรายการ", self.looks["empty"])
            last += 1
        else:
            page.autofilter(self.top + 1, 0, end - 1, len(names) - 1)
            if sheet.totals:
                last += self._totals(page, sheet, first, end)
        page.print_area(0, 0, last - 1, (sheet.printed_columns or len(names)) - 1)
        page.freeze_panes(first, sheet.frozen_columns)
        self._print(page, len(names), pages)

    def _write_top(self, page: Any, title: str, note: str, widths: list[float]) -> None:
        """Write what stands above every table, across all of its columns."""
        cover = self.cover
        scenario = f"  ทางเลือก: {cover.scenario}" if cover.scenario else ""
        roads = f"  ข้อมูลถนน {spell_day(cover.osm_date)} (OpenStreetMap)" if cover.osm_date else ""
        dates = cover.dates or f"ข้อมูลนักเรียน {spell_as_of(cover.students)}{roads}"
        rows = [
            (title, "title"),
            (f"{cover.policy.office}  ปีงบประมาณ พ.ศ. {cover.policy.fiscal_year}{scenario}", "plain"),
            (dates, "plain"),
            (note, "note"),
            (SYNTHETIC, "synthetic"),
        ]
        for row, (text, look) in enumerate(rows[: self.top]):
            # Merged and wrapped: what only flows over its cell is cut off in print.
            if len(widths) > 1:
                page.merge_range(row, 0, row, len(widths) - 1, "", self.looks[look])
            page.write_string(row, 0, text, self.looks[look])
            points, size = (27.0, _TITLE) if row == 0 else (_LINE_POINTS, 1.0)
            page.set_row(row, points * _lines(text, sum(widths) / size))

    def _cell(self, page: Any, row: int, place: int, name: str, column: _Column, value: Any) -> str:
        """Write a value as its column wants it and return what a reader sees."""
        if column.kind in ("count", "number"):
            if pd.isna(value):
                text = self.null or _NULLS.get(name, UNKNOWN_BAHT)
                page.write_string(row, place, text, self.looks["null"])
                return text
            number = int(value) if column.kind == "count" else float(value)
            page.write_number(row, place, number, self.looks[column.kind])
            return f"{number:,}"
        text = "" if pd.isna(value) else str(value)
        if column.kind in ("grade", "grades"):
            text = thai_grades(text)
        elif name in _WORDS:
            text = ", ".join(_WORDS[name].get(part, part) for part in text.split(";"))
        text = text[:_MOST_CHARACTERS]
        # Always as a string: text from the office's files must never become a formula or a link.
        page.write_string(row, place, text, self.looks["text"])
        return text

    def _heights(self, page: Any, lines: list[int], first: int) -> None:
        """Set row heights: programs do not agree on the height of Thai lines, with marks above and below."""
        for row, count in enumerate(lines, start=first):
            page.set_row(row, _LINE_POINTS * count)

    def _totals(self, page: Any, sheet: Sheet, first: int, end: int) -> int:
        """Write sums as formulas with their values, each programme's by itself, then all; return how many rows."""
        names = list(sheet.table.columns)
        groups: list[tuple[str, Any]] = []
        if sheet.by_programme:
            groups = [(PROGRAMMES[p], sheet.table["programme"] == p) for p in PROGRAMMES]
            groups = [(words, mask) for words, mask in groups if mask.any()]
        everything = pd.Series(True, index=sheet.table.index)
        self._heights(page, [1] * (len(groups) + 1), end)
        for row, (words, mask) in enumerate([*groups, ("รวม", everything)], start=end):
            for place, name in enumerate(names):
                total = self.looks["total"]
                if name not in sheet.totals:
                    page.write_string(row, place, f"รวม {words}" if words != "รวม" and not place else "", total)
                    continue
                values = sheet.table.loc[mask, name]
                if len(values) and values.isna().all():
                    # Nothing is known: a sum of 0 would be a lie.
                    page.write_string(row, place, self.null or _NULLS.get(name, UNKNOWN_BAHT), total)
                    continue
                cells = f"{xl_rowcol_to_cell(first, place)}:{xl_rowcol_to_cell(end - 1, place)}"
                formula = f"=SUM({cells})"
                if words != "รวม":
                    place_of = names.index("programme")
                    keys = f"{xl_rowcol_to_cell(first, place_of)}:{xl_rowcol_to_cell(end - 1, place_of)}"
                    formula = f'=SUMIF({keys},"{words}",{cells})'
                page.write_formula(row, place, formula, total, int(values.sum()))
            if words == "รวม":
                page.write_string(row, 0, "รวมทั้งหมด", self.looks["total"])
        return len(groups) + 1

    def _print(self, page: Any, width: int, pages: int = 1) -> None:
        page.set_landscape()
        page.set_paper(9)  # A4
        page.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.6)
        page.fit_to_pages(pages, 0)
        page.repeat_rows(self.top, self.top + 1)
        office = self.cover.policy.office.replace("&", "&&")[:80]
        mark = f'&R&"{FONT},Bold"&14&KC00000{SYNTHETIC}' if self.cover.policy.synthetic else ""
        page.set_header(f'&L&"{FONT},Regular"&12{office}{mark}')
        page.set_footer(f'&L&"{FONT},Regular"&12&A&R&"{FONT},Regular"&12หน้า &P จาก &N')
        page.hide_gridlines(2)
        page.set_column(width, width, 2)


def _link(address: str, text: str) -> Url:
    """Return a link to a file beside the workbook."""
    path, _, anchor = address.partition("#")
    link = Url(f"external:{path}#{anchor}")
    link.text = text
    # A path's slashes are turned into those of Windows, and with them the ones behind the #, which are no path.
    link._anchor = anchor
    return link


def _fitting(head: str, name: str, texts: list[str]) -> float:
    """Return a column width that fits its texts, up to where they wrap."""
    longest = max((_breadth(text) for text in texts), default=0)
    # A head may break into two lines; Thai has no spaces to break at, so a little more than half is asked for.
    return min(48.0, max(7.0, longest * _LETTER + 2.0, len(name) * 0.65 + 3.5, _breadth(head) * 0.6 + 2.0))


def _on_a_page(widths: list[float], printed: int) -> list[float]:
    """Narrow the widest columns as far as a page asks for: what is shrunk to fit it can hardly be read."""
    most = max(widths)
    while most > _NARROWED and sum(min(width, most) for width in widths[:printed]) > _PAGE:
        most -= 1
    return [min(width, most) for width in widths]


def _lines(text: str, width: float) -> int:
    """Return the lines that a text takes in a column; one that wraps leaves some of each line empty."""
    shares = [_breadth(part) * _LETTER / (width - 1.0) for part in text.split("\n")]
    return sum(1 if share <= 1 else math.ceil(share * 1.1) for share in shares)


def _breadth(text: str) -> int:
    # Marks above and below a Thai letter take no room of their own.
    return sum(unicodedata.category(letter) != "Mn" for letter in text)

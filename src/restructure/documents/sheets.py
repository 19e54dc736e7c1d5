"""Papers of exactly one page: the summary for a busy member of the committee, a sheet a merge for the parents.

Lines and rows have fixed heights, and names are cut to their room, so that neither data nor another font can make a
second page.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.shared import Cm, Pt

from restructure.bands import price
from restructure.comparison import figures
from restructure.documents.facts import spell_terms
from restructure.documents.parts import Facts, baht, kilometres, known, number, official, shrunk
from restructure.documents.pictures import moves_map, travel_chart
from restructure.documents.tags import break_before, passage, rows, table, tag, when
from restructure.filling import PARAGRAPH
from restructure.filling import passage as passage_of
from restructure.grades import thai_grades
from restructure.mapdata import one_line
from restructure.mergemap import merge_picture
from restructure.paper import BLANK_PATTERN, COMPUTED, Cell, Mark, Paper, Part, resize
from restructure.plan import Plan
from restructure.sheet import cut, text_width
from restructure.thai import thai_digits
from restructure.words import KINDS

#: Figures of the summary in few words, before and behind those of the policy's distances and minutes.
_FIRST = {
    "pupils_moved": "นักเรียนที่ย้าย",
    "schools_teaching": "โรงเรียนที่มีการเรียนการสอน",
    "small_schools": "โรงเรียนขนาดเล็ก",
    "median_m": "ระยะทางมัธยฐานของผู้ย้าย",
    "max_m": "ระยะทางไกลสุดของผู้ย้าย",
}
_LAST = {
    "subsidy_total_baht": "ค่าพาหนะทั้งเขตต่อปี",
    "net_change_baht": "เงินเปลี่ยนสุทธิเท่าที่ทราบ",
    "teachers_freed": "ครูที่ต้องใช้ลดลง",
}
#: Centimetres of a row; of a page of the parents' sheet that villages and map share, and villages shown at most.
_ROW, _VILLAGE_ROW, _HEADS = 0.7, 0.67, 1.2
_ROOM, _MOST_VILLAGES = 10.4, 8
#: Width and height of the pictures of the summary, millimetres.
_PICTURE = (78.0, 63.0)
#: Letters of what people typed that surely fit.
_REQUEST, _CONTACT = 260, 100


def summary_template(paper: Paper) -> None:
    """Write the template of the summary."""
    draft = "{% if not final %} (ร่าง){% endif %}"
    _fixed(paper, ["สรุปแผนการเรียนรวม ปีงบประมาณ พ.ศ. ", tag("fiscal_year"), draft], 26, style="Title")
    _fixed(paper, [tag("sheet_office")], 20, points=14, centred=True)
    _fixed(paper, ["ทางเลือก: ", tag("summary.scenario")], 22, centred=True)
    lines = rows("row in summary.rows", [tag("row.item"), tag("row.before"), tag("row.after"), "{{ row.unit }}"])
    heads = ["รายการ", "ถ้าไม่รวมเพิ่ม", "เมื่อรวม", "หน่วย"]
    table(paper, heads, lines, [7.2, 3.5, 3.5, 1.8], numeric=(1, 2), height=_ROW)
    _fixed(paper, [tag("summary.note")], 18, points=12)
    pictures: list[list[Cell]] = [[Mark("{{p summary_chart }}", COMPUTED), Mark("{{p summary_map }}", COMPUTED)]]
    paper.table([], pictures, [8.0, 8.0], height=_PICTURE[1] / 10 + 0.3)
    _fixed(paper, ["สิ่งที่ขอให้พิจารณา"], 24, style="Heading 2")
    paper.table([], [["{{ summary.request }}"]], [16.0], height=3.2)
    _fixed(paper, ["ระยะทางคำนวณจากถนน ยังไม่รับรอง รายละเอียดอยู่ในแผนและภาคผนวก"], 18, points=12)


def parents_template(paper: Paper) -> None:
    """Write the template of the parents' sheets: a page a merge."""
    when(paper, "for sheet in sheets")
    _fixed(paper, ["การเรียนรวมของโรงเรียน ", tag("sheet.school")], 26, style="Title")
    break_before(paper)
    _fixed(paper, ["ไปเรียนที่โรงเรียน ", tag("sheet.host")], 26, points=18, centred=True)
    _fixed(paper, [tag("sheet_office")], 20, points=14, centred=True)
    draft = "{% if not final %}  (ร่าง ยังไม่เป็นมติ){% endif %}"
    _fixed(paper, ["ชั้น ", tag("sheet.what"), "  นักเรียน ", tag("sheet.pupils"), " คน", draft], 24)
    _fixed(paper, ["ทางจากหมู่บ้านของท่าน และค่าพาหนะต่อนักเรียนหนึ่งคน"], 24, style="Heading 2")
    keys = ("village", "before", "after", "minutes", "rate", "year")
    heads = ["หมู่บ้าน", "ไปโรงเรียนเดิม (กม.)", "ไปโรงเรียนใหม่ (กม.)", "นั่งรถ (นาที)", "ค่าพาหนะ บาทต่อวัน", "บาทต่อปี"]
    lines = rows("row in sheet.villages", [tag(f"row.{key}") for key in keys])
    table(paper, heads, lines, [4.4, 2.7, 2.7, 1.8, 2.3, 2.1], numeric=(1, 2, 3, 4, 5), height=_VILLAGE_ROW)
    top = paper.document.tables[-1].rows[0]
    top.height = Cm(_HEADS)
    for cell in top.cells:
        resize(cell.paragraphs[0], 12)
    _fixed(paper, ["{{ sheet.note }}"], 17, points=12)
    _fixed(paper, ["ระยะทางคำนวณจากถนน ยังไม่รับรอง จ่ายเงินได้เฉพาะระยะทางที่เจ้าหน้าที่รับรองแล้ว"], 17, points=12)
    passage(paper, "maps[loop.index0]")
    _fixed(paper, ["เมื่อใดมีอะไร"], 24, style="Heading 2")
    dates: list[list[Cell]] = [
        ["เสนอแผนให้ กศจ. พิจารณา", "{{ dates['propose-plan'] }}"],
        ["ประชุมผู้ปกครองและชุมชน", "{{ dates['meetings'] }}"],
        ["เสนอผลการประชุมให้ กศจ. พิจารณา", "{{ dates['propose-outcome'] }}"],
        ["เริ่มเรียนที่โรงเรียนใหม่ ถ้าเห็นชอบ", ["ภาคเรียนที่ ", tag("sheet.terms")]],
    ]
    paper.table([], dates, [8.4, 7.6], height=_ROW)
    _fixed(paper, ["สอบถามได้ที่"], 24, style="Heading 2")
    paper.table([], [["{{ sheet.contact }}"]], [16.0], height=1.3)
    when(paper, "endfor")


def summary_facts(plan: Plan, shared: Facts) -> Facts:
    """Return the tags of the summary, the shared ones among them."""
    settings = plan.policy.settings
    over = {f"over_{far / 1000:g}_km": f"ผู้ย้ายเดินทางเกิน {far / 1000:g} กม." for far in settings.far_m[:2]}
    over |= {f"over_{settings.long_minutes}_min": f"ผู้ย้ายเดินทางเกิน {settings.long_minutes} นาที"}
    shown = figures(plan.outcome.summary)
    listed, lost = [], 0
    for key, item in (_FIRST | over | _LAST).items():
        row: Any = shown.loc[key]
        lost = max(lost, row["unmeasured"], row["present_unmeasured"])
        before = f"{known(row['present'])}{'*' * bool(row['present_unmeasured'])}" if row["compared"] else "–"
        after = f"{known(row['value'])}{'*' * bool(row['unmeasured'])}"
        listed.append({"item": thai_digits(item), "before": before, "after": after, "unit": row["unit"]})
    request = " ".join(shared["texts"]["proposal"].split(PARAGRAPH))
    summary = {
        "scenario": _fitted(shared["scenario"], 130, 16),
        "rows": listed,
        "note": f"* อย่างน้อย ยังวัดระยะทางไม่ได้ {number(lost)} คน" if lost else "",
        "request": request if len(request) <= _REQUEST else f"{cut(request, _REQUEST)} (ต่อในแผน)",
    }
    return shared | {"sheet_office": _office(shared), "summary": summary}


def summary_passages(plan: Plan) -> dict[str, Callable[[Any], Any]]:
    """Return the pictures of the summary."""
    chart, drawn = travel_chart(plan, _PICTURE, 9), moves_map(plan, _PICTURE)
    return {
        "summary_chart": passage_of(lambda paper: _in_cell(paper, chart, "นักเรียนที่ย้ายตามระยะทาง")),
        "summary_map": passage_of(lambda paper: _in_cell(paper, drawn, "แผนที่ว่าใครไปเรียนที่ใด")),
    }


def _in_cell(paper: Paper, picture: io.BytesIO, words: str) -> None:
    paper.picture(picture, Cm(7.2), words)
    # Else its white ground covers the frame.
    paper.document.paragraphs[-1].paragraph_format.space_before = Pt(4)


def parents_facts(plan: Plan, shared: Facts, steps: Sequence[Facts]) -> Facts:
    """Return the tags of the parents' sheets, the shared ones among them: no number of a single village is told."""
    every = {step["key"]: step for group in steps for step in group["steps"]}
    return shared | {
        "sheet_office": _office(shared),
        "dates": {key: step["state"] if step["done"] else step["due"] for key, step in every.items()},
        "sheets": [_sheet(plan, shared, *pair) for pair in pairs(plan)],
    }


def pairs(plan: Plan) -> list[tuple[str, str]]:
    """Return the school and host of each sheet."""
    found: pd.DataFrame = plan.moves[["school_id", "host_id"]].drop_duplicates()
    return list(found.itertuples(index=False, name=None))


def maps(plan: Plan, shown: Sequence[Facts]) -> list[Callable[[Any], Any]]:
    """Return the map of each sheet, as large as its villages leave room for."""
    return [
        passage_of(_map_writer(merge_picture(plan, *pair), len(sheet["villages"])))
        for pair, sheet in zip(pairs(plan), shown, strict=True)
    ]


def _map_writer(picture: io.BytesIO, villages: int) -> Callable[[Paper], object]:
    # A plan has many merges: each map has no more points and colours than its print needs.
    stream, ratio = shrunk(picture, pixels=1300, colours=128)
    height = min(_ROOM - _VILLAGE_ROW * villages, 16.0 / ratio)
    return lambda paper: paper.picture(stream, Cm(height * ratio), "แผนที่ทางจากหมู่บ้านถึงโรงเรียน")


def _sheet(plan: Plan, shared: Facts, school: str, host: str) -> Facts:
    moves = plan.moves[(plan.moves["school_id"] == school) & (plan.moves["host_id"] == host)]
    names = plan.tables["schools"].set_index("school_id")["name"]
    what = [f"{thai_grades(move['grades'])} {KINDS[move['kind']]}" for move in moves.to_dict("records")]
    villages = _village_rows(plan, school, host)
    paid = plan.outcome.subsidy
    mine = paid[(paid["school_id"] == school) & (paid["host_id"] == host)]
    shown, more = villages[:_MOST_VILLAGES], len(villages) - _MOST_VILLAGES
    notes = [f"อีก {thai_digits(more)} หมู่บ้าน ถามเจ้าหน้าที่"] if more > 0 else []
    if set(mine["village_id"]) - {row["village_id"] for row in villages} or mine["road_m"].isna().any():
        notes.append("บ้านที่ไม่อยู่ในตาราง วัดจากพิกัดบ้าน หรือยังวัดไม่ได้ ถามเจ้าหน้าที่")
    contact = shared["texts"]["contact"]
    return {
        "school": _fitted(official(names[school]), 90, 18, bold=True),
        "host": _fitted(official(names[host]), 110, 18, bold=True),
        "what": _fitted(thai_digits(", ".join(what)), 70, 16),
        "terms": spell_terms(moves["from_term"]),
        "pupils": number(moves["pupils"].sum()),
        "villages": shown,
        "note": "  ".join(notes),
        "contact": contact if BLANK_PATTERN.fullmatch(contact) else cut(" ".join(contact.split(PARAGRAPH)), _CONTACT),
    }


def _village_rows(plan: Plan, school: str, host: str) -> list[Facts]:
    """Return the way of each village of a merge, the farthest last: as it is measured from the village."""
    paid = plan.outcome.subsidy
    mine = paid[(paid["school_id"] == school) & (paid["host_id"] == host) & (paid["village_id"] != "")]
    ways = plan.distances.set_index(["village_id", "school_id"])
    names = plan.tables["villages"].set_index("village_id")["name"]
    codes = [code for code in mine["village_id"].unique() if (code, host) in ways.index]
    after = ways.loc[[(code, host) for code in codes]]
    priced = price(after["road_m"].astype("Int64").reset_index(drop=True), plan.policy.settings.bands)
    sat = _sat_before(plan, school, host)
    before = ways["road_m"].reindex([(code, sat.get(code, "")) for code in codes])
    found = pd.DataFrame({"village_id": codes, "name": names.reindex(codes).to_numpy()})
    found = found.assign(
        after=after["road_m"].to_numpy(),
        minutes=after["minutes"].to_numpy(),
        before=before.to_numpy(),
        rate=priced["baht_per_day"].to_numpy(),
    )
    days = plan.policy.settings.days_per_year
    return [
        {
            "village_id": row["village_id"],
            "village": _fitted(official(str(row["name"])), 39),
            "before": _short(kilometres(row["before"])) if sat.get(row["village_id"]) else "หลายแห่ง",
            "after": _short(kilometres(row["after"])),
            "minutes": "–" if pd.isna(row["minutes"]) else number(row["minutes"]),
            "rate": "–" if pd.isna(row["rate"]) else number(row["rate"]),
            "year": "–" if pd.isna(row["rate"]) else baht(row["rate"] * days),
        }
        for row in found.sort_values(["after", "village_id"], na_position="last").to_dict("records")
    ]


def _sat_before(plan: Plan, school: str, host: str) -> dict[str, str]:
    """Return at which school each village's children of a merge sit today; empty where they sit at several.

    That is not always the school on whose roll they are: an earlier merger may have moved them already.
    """
    outcome = plan.outcome
    codes = np.array(outcome.office.codes)
    moved, seats = outcome.moved, outcome.seats
    mine = moved[(codes[seats.left[moved]] == school) & (codes[seats.sits[moved]] == host)]
    sat = pd.Series(codes[outcome.seats_before.sits[mine]], outcome.office.pupils["village_id"].to_numpy()[mine])
    return {
        str(village): places.iloc[0] if places.eq(places.iloc[0]).all() else ""
        for village, places in sat.groupby(level=0)
    }


def _short(text: str) -> str:
    """Return a distance that fits a narrow column."""
    return text if text[:1] in "๐๑๒๓๔๕๖๗๘๙" else "ไม่ทราบ"


def _office(shared: Facts) -> str:
    """Return the office's name for a line of its own."""
    return _fitted(shared["office"], 158)


def _fitted(text: str, width_mm: float, points: float = 14, *, bold: bool = False) -> str:
    """Return text cut so that it fits a width in the widest font that may stand in for ours; blanks stay whole."""
    if BLANK_PATTERN.search(text):
        return text
    text = one_line(text)
    keep = len(text)
    while keep > 1 and text_width(shown := cut(text, keep), points, bold) > width_mm:
        keep -= 1
    return shown if keep < len(text) else text


def _fixed(
    paper: Paper, parts: Sequence[Part], high: float, *, points: int = 0, style: str = "Normal", centred: bool = False
) -> None:
    """Write a line of a height in points that nothing can change."""
    paper.line(*parts, style=style)
    paragraph = paper.document.paragraphs[-1]
    layout = paragraph.paragraph_format
    layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(high)
    layout.space_before = layout.space_after = Pt(0)
    if centred:
        layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if points:
        resize(paragraph, points)


def _smaller(paper: Paper, points: int) -> None:
    """Write the heads of the last table smaller."""
    for cell in paper.document.tables[-1].rows[0].cells:
        resize(cell.paragraphs[0], points)

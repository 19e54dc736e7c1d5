"""The papers of a plan in Word, from templates that the office edits: plan, summary, parents' sheets, public version.

All that the program worked out or took from the office's files stands in the character style ``คำนวณ``, all that a
person still has to fill in in the style ``ต้องกรอก``, so that both can be told apart, counted and restyled in one
place; what a person has typed stands as typed. Digits are Thai but in codes and addresses (style ``รหัส``), which are
searched for in other systems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Mm
from docx.text.paragraph import Paragraph
from docxtpl import InlineImage

from restructure.documents import facts, public, sheets
from restructure.documents.alternatives import ACROSS, write_alternatives
from restructure.documents.defaults import default_templates
from restructure.documents.money import money_facts
from restructure.documents.parts import Facts, shrunk
from restructure.documents.pictures import travel_chart
from restructure.documents.schools import move_facts, school_facts
from restructure.documents.writing import BLANK_COUNT, write_filled
from restructure.drafting import Draft
from restructure.filling import find_template, passage
from restructure.paper import COMPUTED, Cell, Mark, Paper, blank, resize
from restructure.plan import Plan
from restructure.public import PublicFigures
from restructure.simulate import Outcome

_GARUDA_MM = 15


def write_plan(
    plan: Plan,
    path: Path,
    map_png: Path,
    draft: Draft,
    steps: pd.DataFrame,
    others: Sequence[Outcome] = (),
    *,
    templates: Path | None = None,
    final: bool = False,
) -> pd.DataFrame:
    """Write memo and plan: what was computed and typed filled in, everything else left as marked blanks.

    Parameters
    ----------
    map_png
        The print map, put into the annex at the resolution of an A4 page.
    draft
        What people have typed.
    steps
        How far the procedure is, as :func:`restructure.procedure.progress` returns it.
    others
        The office's other scenarios: where there are any, they are compared with this one and with the present state.
    templates
        Folder that may hold templates of the office's own (:func:`restructure.templates.write_templates`).
    final
        Whether the paper shall be without the key to the marks, and black.

    Returns
    -------
    DataFrame
        The blanks that are left: ``document``, ``section``, ``blank``.

    Raises
    ------
    DataError
        When a template of the office's own cannot be filled in.
    """
    told = facts.shared_facts(plan, draft, final=final) | {
        **facts.plan_facts(plan, others, steps),
        "moves": move_facts(plan),
        "schools": school_facts(plan, draft),
        "money": money_facts(plan),
        "blank_count": BLANK_COUNT,
        "garuda": blank("ตราครุฑ สูง ๑.๕ ซม. (ไฟล์ templates/garuda.png)").text,
    }
    made = {
        "travel_chart": passage(
            lambda paper: paper.picture(travel_chart(plan), Cm(14), "นักเรียนที่ย้าย ตามระยะทางก่อนและหลังรวม")
        ),
        "travel_hosts": passage(lambda paper: _hosts(paper, plan)),
        "alternatives": passage(lambda paper: write_alternatives(paper, [plan.outcome, *others])),
        "map": passage(lambda paper: _map(paper, map_png)),
    }
    if garuda := facts.garuda_file(templates):
        made["garuda"] = lambda template: InlineImage(template, str(garuda), height=Mm(_GARUDA_MM))
    return _write("plan", plan, told, made, path, templates)


def write_summary(
    plan: Plan, path: Path, draft: Draft, *, templates: Path | None = None, final: bool = False
) -> pd.DataFrame:
    """Write the plan on one page; parameters and blanks as of :func:`write_plan`."""
    told = facts.shared_facts(plan, draft, final=final)
    return _write(
        "plan-summary", plan, sheets.summary_facts(plan, told), sheets.summary_passages(plan), path, templates
    )


def write_parents(
    plan: Plan, path: Path, draft: Draft, steps: pd.DataFrame, *, templates: Path | None = None, final: bool = False
) -> pd.DataFrame:
    """Write a page a merge for the meeting with its parents; parameters and blanks as of :func:`write_plan`."""
    told = sheets.parents_facts(plan, facts.shared_facts(plan, draft, final=final), facts.step_facts(steps))
    return _write("plan-parents", plan, told, {"maps": sheets.maps(plan, told["sheets"])}, path, templates)


def write_public(
    plan: Plan,
    figures: PublicFigures,
    path: Path,
    draft: Draft,
    steps: pd.DataFrame,
    *,
    templates: Path | None = None,
    final: bool = False,
) -> pd.DataFrame:
    """Write the plan as it may be published; parameters and blanks as of :func:`write_plan`.

    Parameters
    ----------
    figures
        All that it tells of pupils and money.
    """
    told = public.public_facts(plan, figures, facts.shared_facts(plan, draft, final=final), draft, steps)
    blanks = _write("plan-public", plan, told, {"public_map": public.map_passage(plan)}, path, templates)
    return blanks.assign(document=f"{path.parent.name}/{path.name}")


def _write(
    kind: str, plan: Plan, told: Facts, made: Mapping[str, Any], path: Path, templates: Path | None
) -> pd.DataFrame:
    return write_filled(find_template(templates, kind, default_templates()), told, made, path, facts.codes(plan))


def _hosts(paper: Paper, plan: Plan) -> None:
    heads, rows = facts.host_rows(plan)
    width = (16.0 - 2.8 - 1.2 - 3 * 1.8) / (len(heads) - 5)
    cells: list[list[Cell]] = [[Mark(text, COMPUTED) for text in row] for row in rows]
    paper.table(heads, cells, [2.8, 1.2, 1.8, 1.8, 1.8, *[width] * (len(heads) - 5)], numeric=range(1, len(heads)))
    for paragraph in paper.document.element.body.tbl_lst[-1].iter(qn("w:p")):
        resize(Paragraph(paragraph, paper.document), 10)


def _map(paper: Paper, png: Path) -> None:
    picture, ratio = shrunk(png)
    width = min(ACROSS[0], Emu(int(ACROSS[1] * ratio)))
    paper.picture(picture, width, "แผนที่โรงเรียนมารวม โรงเรียนหลัก และทางรถของทางเลือก")

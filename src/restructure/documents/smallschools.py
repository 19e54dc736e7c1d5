"""The yearly plan for small schools in Word, for กศจ., from a template that the office edits.

Marks as of every paper of ours: computed, typed and still to be filled in can be told apart. Its sections follow the
work standard on managing small schools: guidance, conditions and problems, analysis, plan, committee, approval by กศจ.,
publication, follow-up.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from docx.shared import Cm, Mm
from docxtpl import InlineImage

from restructure.documents.facts import garuda_file
from restructure.documents.parts import Facts
from restructure.documents.smallfacts import plan_facts, shared_facts, write_counts
from restructure.documents.smallpictures import MAP_MM, map_source, sizes_map, years_chart
from restructure.documents.smallpublic import public_small_facts, public_small_template
from restructure.documents.smalltemplate import small_template
from restructure.documents.writing import write_filled
from restructure.filling import find_template, passage
from restructure.paper import CODE, COMPUTED, Mark, Paper, computed
from restructure.public import SUPPRESSED
from restructure.smallpublic import PublicSmall
from restructure.smallschools import SmallSchools
from restructure.smalltexts import SmallTexts
from restructure.thai import thai_digits

#: Kinds of template and what they are called.
SMALL_PAPERS = {
    "small-schools": "แผนบริหารจัดการโรงเรียนขนาดเล็ก",
    "small-schools-public": "แผนบริหารจัดการโรงเรียนขนาดเล็ก ฉบับเผยแพร่",
}
_GARUDA_MM = 15


@cache
def small_templates() -> dict[str, bytes]:
    """Return the packaged templates by kind of paper."""
    made = {}
    for kind, make in {"small-schools": small_template, "small-schools-public": public_small_template}.items():
        paper = Paper(SMALL_PAPERS[kind])
        paper.running_lines(
            Mark("{{ synthetic }}", COMPUTED),
            "โรงเรียนขนาดเล็ก ปีงบประมาณ ", computed("{{ fiscal_year }}"), "  ถนน ", computed("{{ osm_date }}"),
            "  รุ่น ", Mark("{{ version }}", CODE),
        )  # fmt: skip
        make(paper)
        stream = io.BytesIO()
        paper.save(stream)
        made[kind] = stream.getvalue()
    return made


def write_small_plan(
    small: SmallSchools,
    texts: SmallTexts,
    steps: pd.DataFrame,
    version: str,
    path: Path,
    *,
    templates: Path | None = None,
    final: bool = False,
) -> pd.DataFrame:
    """Write the plan for small schools: computed and typed filled in, everything else left as marked blanks.

    Parameters
    ----------
    texts
        What people have typed.
    steps
        The steps of the duty: ``thai``, ``owner`` (empty where nobody is named), ``due`` and ``done_on`` (dates, null
        where there is none).
    version
        Of this program, for the foot of each page.
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
    told = shared_facts(small, texts, steps, version, final=final) | plan_facts(small, texts)
    made = _pictures(small, small.years, small.every, small.bounds) | {
        "amphoe_table": passage(
            lambda paper: write_counts(paper, small.amphoes, "amphoe", "อำเภอ", small.bounds, "small_pupils")
        ),
        "tambon_table": passage(
            lambda paper: write_counts(
                paper, small.tambons, "tambon", "ตำบล", small.bounds, "small_pupils", under="amphoe"
            )
        ),
        "years_table": passage(
            lambda paper: write_counts(paper, _spelled(small.years), "year", "ปีการศึกษา", small.bounds, "small_pupils")
        ),
    }
    if garuda := garuda_file(templates):
        made["garuda"] = lambda template: InlineImage(template, str(garuda), height=Mm(_GARUDA_MM))
    return _write("small-schools", small, told, made, path, templates)


def write_public_small_plan(
    small: SmallSchools,
    public: PublicSmall,
    texts: SmallTexts,
    steps: pd.DataFrame,
    version: str,
    path: Path,
    *,
    templates: Path | None = None,
    final: bool = False,
) -> pd.DataFrame:
    """Write the plan as it may be published; parameters and blanks as of :func:`write_small_plan`.

    Parameters
    ----------
    public
        All that it tells of pupils.
    """
    told = public_small_facts(small, public, shared_facts(small, texts, steps, version, final=final), texts)
    every = small.every.assign(size=np.searchsorted(public.bounds, small.every["on_roll"]))
    made = _pictures(small, public.years, every, public.bounds) | {
        "amphoe_table": passage(
            lambda paper: write_counts(paper, _marked(public.amphoes), "amphoe", "อำเภอ", public.bounds, "pupils")
        ),
        "years_table": passage(
            lambda paper: write_counts(
                paper, _marked(_spelled(public.years)), "year", "ปีการศึกษา", public.bounds, "pupils"
            )
        ),
    }
    blanks = _write("small-schools-public", small, told, made, path, templates)
    return blanks.assign(document=f"{path.parent.name}/{path.name}")


def _write(
    kind: str, small: SmallSchools, told: Facts, made: dict[str, Any], path: Path, templates: Path | None
) -> pd.DataFrame:
    codes = set(small.cycle.tables["schools"]["school_id"])
    return write_filled(find_template(templates, kind, small_templates()), told, made, path, codes)


def _pictures(
    small: SmallSchools, years: pd.DataFrame, schools: pd.DataFrame, bounds: tuple[int, ...]
) -> dict[str, Callable[[Any], Any]]:
    chart, drawn = years_chart(years, bounds), sizes_map(small.cycle, schools, bounds)

    def write_map(paper: Paper) -> None:
        paper.line(map_source(small.cycle), style="ในตาราง")
        paper.document.paragraphs[-1].paragraph_format.keep_with_next = True
        paper.picture(drawn, Cm(MAP_MM[0] / 10), "แผนที่โรงเรียนตามขนาด")

    return {
        "years_chart": passage(lambda paper: paper.picture(chart, Cm(15.5), "จำนวนโรงเรียนแต่ละขนาดรายปี")),
        "sizes_map": passage(write_map),
    }


def _spelled(years: pd.DataFrame) -> pd.DataFrame:
    """Return counts of years with the years as texts: no figure is made of them, and projected ones say so."""
    ahead = years.get("projected", pd.Series(False, index=years.index))
    names = [
        "ปัจจุบัน" if pd.isna(year) else thai_digits(str(year)) + (" คาดการณ์" if one else "")
        for year, one in zip(years["year"], ahead, strict=True)
    ]
    return years.assign(year=names)


def _marked(counts: pd.DataFrame) -> pd.DataFrame:
    """Return counts with the mark of what is suppressed."""
    return counts.assign(pupils=[SUPPRESSED if pd.isna(value) else int(value) for value in counts["pupils"]])

"""The papers of the subsidy year: letters and memos in Word, the request set in Excel, from templates of the office."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from docx.shared import Mm
from docxtpl import InlineImage

from restructure._errors import UsageError
from restructure.files import staged
from restructure.filling import find_template, save
from restructure.papers import facts, money
from restructure.papers.defaults import default_templates
from restructure.papers.facts import PAPERS
from restructure.papers.formrows import write_forms
from restructure.papers.forms import file_stem
from restructure.papers.names import merge_names
from restructure.papers.pictures import chart, sketch
from restructure.rounds import Round

__all__ = [
    "PAPERS",
    "due_kinds",
    "merge_names",
    "why_no_additional",
    "why_no_notices",
    "write_forms",
    "write_papers",
]

#: Papers that move money: only by certified distances, within a ceiling that a letter says, as somebody has confirmed.
NOTICES = ("notice", "notice-finance", "notice-audit")
_PICTURE_MM = 160


def write_papers(
    this: Round,
    folder: Path,
    kinds: Collection[str] | None = None,
    progress: Callable[[str, int, int], object] | None = None,
    *,
    templates: Path | None = None,
) -> list[Path]:
    """Write papers of a round, all of them or none.

    Parameters
    ----------
    folder
        Where to write. Notices and forms of schools that have none any more are taken away there; with all papers so
        are those that the round has no matter for now.
    kinds
        Of :data:`PAPERS`; every paper that the round has matter for if none is said (:func:`due_kinds`).
    templates
        Folder that may hold templates of the office's own (:func:`restructure.templates.write_templates`).
    progress
        Called with the name of a paper, how many are done, and how many there are.

    Returns
    -------
    list of Path

    Raises
    ------
    UsageError
        When a kind is not known or has no matter, or notices are asked for that rest on uncertified distances or on an
        allocation that nobody has confirmed.
    DataError
        When a template of the office's own cannot be filled in.
    """
    chosen = due_kinds(this) if kinds is None else [kind for kind in PAPERS if kind in kinds]
    if unknown := sorted(set(kinds or ()) - set(PAPERS)):
        raise UsageError(
            f"ไม่รู้จักเอกสารชนิด “{unknown[0]}” ใช้ได้ {', '.join(PAPERS)}", f"Unknown kind of paper: {unknown[0]}."
        )
    if this.allocation.empty:
        raise UsageError(
            "รอบนี้ไม่มีรายการค่าพาหนะ จึงไม่มีเอกสารที่ต้องออก ตรวจตารางการรวม", "The round has no line: no paper is due."
        )
    if "additional" in chosen:
        facts.refuse_unsettled(this)
    if set(NOTICES) & set(chosen):
        facts.refuse_uncertified(this)
    written: list[Path] = []
    with staged(folder) as stage:
        shared = facts.round_facts(this) | money.round_money(this)
        for done, kind in enumerate(chosen):
            if progress:
                progress(PAPERS[kind], done, len(chosen))
            if kind == "forms":
                written += write_forms(this, stage, templates)
            elif kind == "notice":
                written += _write_notices(this, templates, stage, shared)
            else:
                written.append(_write_one(this, templates, stage, kind, shared))
        if progress:
            progress("", len(chosen), len(chosen))
        paths = [folder / path.relative_to(stage) for path in written]
    # A school that gets nothing any more must not keep the notice of an earlier run.
    for folder_of_many in {path.parent for path in paths} - {folder}:
        for path in set(folder_of_many.glob("*.*")) - set(paths):
            path.unlink()
    if kinds is None:
        # Nor may a paper lie there that cannot be made any more: it would look as if it were in force.
        for kind in set(PAPERS) - set(chosen):
            many = [folder / "notices-print.docx", *folder.glob("notices/*.docx")] if kind == "notice" else []
            for path in [folder / f"{kind}.docx", *many]:
                path.unlink(missing_ok=True)
    return paths


def due_kinds(this: Round) -> list[str]:
    """Return the papers that a round has matter for.

    Criteria in May, additional where two counts are settled for good, notices where money may move.
    """
    lacking = {"criteria": this.name != "may", "additional": bool(why_no_additional(this))}
    lacking |= dict.fromkeys(NOTICES, bool(why_no_notices(this)))
    return [kind for kind in PAPERS if not lacking.get(kind)]


def why_no_notices(this: Round) -> str:
    """Return in Thai why the papers that move money cannot be made; empty where they can."""
    return _refusal(facts.refuse_uncertified, this)


def why_no_additional(this: Round) -> str:
    """Return in Thai why the list of what is asked for and returned cannot be made; empty where it can."""
    return _refusal(facts.refuse_unsettled, this)


def _refusal(refuse: Callable[[Round], None], this: Round) -> str:
    try:
        refuse(this)
    except UsageError as error:
        return error.thai
    return ""


def _write_one(this: Round, templates: Path | None, stage: Path, kind: str, shared: facts.Facts) -> Path:
    more: facts.Facts = {}
    pictures: dict[str, Callable[[Any], Any]] = {}
    if kind == "criteria":
        more = {"criteria": facts.criteria(this)}
    elif kind == "notice-audit":
        more = {
            "certificates": facts.certificates(this),
            "refused": facts.refused(this),
        }
    elif kind == "additional":
        more = {"changes": money.changed(this)}
    elif kind == "summary":
        pictures = {"chart": _picture(chart(this)), "map": _picture(sketch(this))}
    document = find_template(templates, kind, default_templates()).fill({**shared, **more}, pictures)
    return save(document, stage / f"{kind}.docx")


def _picture(image: io.BytesIO) -> Callable[[Any], Any]:
    """Return what puts a picture of the text's width into a template."""
    return lambda template: InlineImage(template, image, width=Mm(_PICTURE_MM))


def _write_notices(this: Round, templates: Path | None, stage: Path, shared: facts.Facts) -> list[Path]:
    """Write the notice of each host school, and all of them as one file for print."""
    template = find_template(templates, "notice", default_templates())
    paths, documents = [], []
    for host in facts.host_ids(this):
        document = template.fill({**shared, **facts.host_facts(this, host)})
        paths.append(save(document, stage / "notices" / f"{file_stem(host)}.docx"))
        documents.append(document)
    return [*paths, save(template.join(documents), stage / "notices-print.docx")]

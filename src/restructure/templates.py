"""Every template that an office may edit: the letters and forms of the subsidy year, the papers of the plan."""

from __future__ import annotations

from pathlib import Path

from restructure.collection import papers as collection_papers
from restructure.collection.issue import ISSUE_FILE, ISSUE_TEMPLATE
from restructure.documents import defaults as plan_papers
from restructure.documents.smallschools import small_templates
from restructure.documents.yearpage import year_templates
from restructure.papers import defaults as year_papers
from restructure.papers.forms import default_forms
from restructure.smalltexts import SMALL_FILE, small_texts_template


def packaged_templates() -> dict[str, bytes]:
    """Return the packaged templates by the name of their file in ``templates/``."""
    papers = year_papers.default_templates() | plan_papers.default_templates() | collection_papers.default_templates()
    papers |= small_templates() | year_templates()
    files = {f"{kind}.docx": content for kind, content in papers.items()}
    files |= {f"{form}.xlsx": content for form, content in default_forms().items()}
    return files | {SMALL_FILE: small_texts_template().encode(), ISSUE_FILE: ISSUE_TEMPLATE.encode()}


def write_templates(folder: Path) -> list[Path]:
    """Write the packaged templates into ``templates/`` of a cycle folder, for the office to edit in Word and Excel.

    A template that is there already is left as it is: it may have been edited.

    Returns
    -------
    list of Path
        The files that were written.
    """
    target = folder / "templates"
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in packaged_templates().items():
        path = target / name
        if not path.exists():
            path.write_bytes(content)
            written.append(path)
    return written

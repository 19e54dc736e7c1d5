"""Templates that an office edits in Word: filled in, or refused with the file and the tag that is wrong."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from docx.enum.text import WD_COLOR_INDEX
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.run import Run
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError, TemplateError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import XMLSyntaxError

from restructure._errors import DataError
from restructure.paper import BLANK, CONTROLS, repack

_BLANK = re.compile(r"(\[……… กรอก: .*?………\])")
_QUOTED = re.compile(r"'([^']+)'")


class Template:
    """A Word file with tags such as ``{{ office }}`` and ``{%tr for line in lines %}``.

    Parameters
    ----------
    content
        Bytes of the file.
    name
        How messages should name it.
    """

    def __init__(self, content: bytes, name: str) -> None:
        self.content, self.name = content, name

    def fill(self, facts: Mapping[str, Any], pictures: Mapping[str, Any] | None = None) -> Any:
        """Return the document with its tags filled in and its blanks marked.

        A template may hold anything: it is run without access to the program, and what it names must be there.

        Parameters
        ----------
        facts
            Texts are escaped: a name with ``&`` or ``<`` stays a name.
        pictures
            By tag a function that makes a picture of the template it is given.

        Raises
        ------
        DataError
            When the file is no Word file, or a tag of it is unknown, broken, or parts a row or paragraph.
        """
        environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
        try:
            template = DocxTemplate(io.BytesIO(self.content))
            template.init_docx()
        except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError) as error:
            raise self._wrong("ไม่ใช่ไฟล์ Word (.docx)", "it is no Word file") from error
        try:
            shown = {tag: make(template) for tag, make in (pictures or {}).items()}
            template.render({**_clean(facts), **shown}, environment)
        except UndefinedError as error:
            tag = (_QUOTED.findall(str(error)) or ["?"])[-1]
            raise self._wrong(f"ไม่รู้จักแท็ก “{tag}”", f"unknown tag {tag}") from error
        except SecurityError as error:
            raise self._wrong("มีแท็กที่ไม่อนุญาต", "a tag is not allowed") from error
        except TemplateError as error:
            raise self._wrong(f"แท็กเขียนไม่ครบหรือผิดรูป{_where(error)}", f"a tag is broken ({error})") from error
        except XMLSyntaxError as error:
            raise self._wrong("แท็กคร่อมแถวหรือย่อหน้า", "a tag parts a row or paragraph") from error
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as error:
            raise self._wrong(f"แท็กคำนวณไม่ได้ ({error})", f"a tag cannot be worked out ({error})") from error
        _mark_blanks(template.docx)
        properties = template.docx.core_properties
        properties.author = properties.last_modified_by = ""
        return template.docx

    def _wrong(self, thai: str, english: str) -> DataError:
        return DataError(
            f"แม่แบบ {self.name}: {thai} แก้ใน Word แล้วสั่งใหม่ หรือลบไฟล์เพื่อใช้แม่แบบของโปรแกรม",
            f"Template {self.name}: {english}; mend it in Word, or delete it to use the packaged one.",
        )

    def join(self, documents: Sequence[Any]) -> Any:
        """Return documents of this template as one for print: each begins on a new page, counted from 1.

        Raises
        ------
        DataError
            When a running line of the template differs from document to document: one file has but one.
        """
        first, *others = documents
        lines = [[part.blob for part in _running_parts(document)] for document in documents]
        if any(one != lines[0] for one in lines):
            raise self._wrong(
                "มีแท็กของแต่ละโรงเรียนในหัวหรือท้ายกระดาษ ย้ายลงในเนื้อความ", "a running line has a tag of one school"
            )
        body = first.element.body
        final = body.sectPr
        for document in others:
            # The section of what stands before ends here; the last one ends with the file.
            paragraph, properties = OxmlElement("w:p"), OxmlElement("w:pPr")
            properties.append(_from_one(copy.deepcopy(final)))
            paragraph.append(properties)
            final.addprevious(paragraph)
            for element in document.element.body:
                if element.tag != qn("w:sectPr"):
                    final.addprevious(element)
        _from_one(final)
        for number, shape in enumerate(body.iter(qn("wp:docPr")), start=1):
            shape.set("id", str(number))
        return first


@cache
def _known_files() -> dict[str, bytes]:
    """Return the packaged templates by kind; they are made once."""
    from restructure.papers.defaults import default_templates

    return default_templates()


def find_template(folder: Path | None, kind: str) -> Template:
    """Return the office's template of a kind in a folder, the packaged one where there is none."""
    name = f"{kind}.docx"
    if folder and (folder / name).exists():
        return Template((folder / name).read_bytes(), f"{folder.name}/{name}")
    return Template(_known_files()[kind], f"{name} ของโปรแกรม")


def write_templates(folder: Path) -> list[Path]:
    """Write the packaged templates into ``templates/`` of a cycle folder, for the office to edit in Word and Excel.

    A template that is there already is left as it is: it may have been edited.

    Returns
    -------
    list of Path
        The files that were written.
    """
    from restructure.papers.forms import default_forms

    target = folder / "templates"
    target.mkdir(parents=True, exist_ok=True)
    files = {f"{kind}.docx": content for kind, content in _known_files().items()}
    files |= {f"{form}.xlsx": content for form, content in default_forms().items()}
    written = []
    for name, content in files.items():
        path = target / name
        if not path.exists():
            path.write_bytes(content)
            written.append(path)
    return written


def save(document: Any, path: Path) -> Path:
    """Write a document; the same content gives the same bytes."""
    stream = io.BytesIO()
    document.save(stream)
    path.parent.mkdir(parents=True, exist_ok=True)
    repack(stream, path)
    return path


def _clean(value: Any) -> Any:
    """Return facts without the characters that no Word file may hold."""
    if isinstance(value, str):
        return CONTROLS.sub("", value)
    if isinstance(value, Mapping):
        return {key: _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value


def _where(error: TemplateError) -> str:
    """Return the line of the template that is broken, as far as it says."""
    lines = [line.strip() for line in getattr(error, "docx_context", ()) if "{%" in line or "{{" in line]
    return f" ใกล้ “{lines[min(len(lines) // 2, len(lines) - 1)][:80]}”" if lines else ""


def _running_parts(document: Any) -> list[Any]:
    kinds = ("/header", "/footer")
    found = [rel.target_part for _, rel in sorted(document.part.rels.items()) if rel.reltype.endswith(kinds)]
    return list(found)


def _from_one(section: Any) -> Any:
    numbering = section.find(qn("w:pgNumType"))
    if numbering is None:
        numbering = OxmlElement("w:pgNumType")
        section.append(numbering)
    numbering.set(qn("w:start"), "1")
    return section


def _mark_blanks(document: Any) -> None:
    """Mark what a person has to fill in, wherever it stands, in a run of its own."""
    styles = {style.name: style for style in document.styles}
    for run in list(document.element.body.iter(qn("w:r"))):
        if not any(_BLANK.search(text.text or "") for text in run.findall(qn("w:t"))):
            continue
        for child in run:
            texts = _BLANK.split(child.text or "") if child.tag == qn("w:t") else [""]
            for text in filter(None, texts) if child.tag == qn("w:t") else texts:
                piece = OxmlElement("w:r")
                if run.rPr is not None:
                    piece.append(copy.deepcopy(run.rPr))
                if child.tag == qn("w:t"):
                    piece.text = text
                elif child.tag != qn("w:rPr"):
                    piece.append(copy.deepcopy(child))
                else:
                    continue
                run.addprevious(piece)
                if _BLANK.fullmatch(text):
                    marked = Run(piece, None)  # type: ignore[arg-type]
                    if BLANK in styles:  # an office may have taken the style out
                        piece.get_or_add_rPr().style = styles[BLANK].style_id
                    # On the run too: LibreOffice does not draw the highlight of a character style.
                    marked.font.highlight_color = WD_COLOR_INDEX.YELLOW
        run.getparent().remove(run)

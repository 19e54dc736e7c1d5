"""Templates that an office edits in Word: filled in, or refused with the file and the tag that is wrong."""

from __future__ import annotations

import copy
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
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
from lxml import etree
from lxml.etree import XMLSyntaxError

from restructure._errors import DataError
from restructure.paper import BLANK, BLANK_PATTERN, CONTROLS, Paper, loosen, repack

#: Between paragraphs of a text that people typed: what stands after it begins a paragraph of its own.
PARAGRAPH = "\u2029"
_QUOTED = re.compile(r"'([^']+)'")


class Passage(str):
    """Paragraphs and tables as XML, which goes into a template as it is."""

    def __html__(self) -> str:
        return self


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
            By tag a function that makes a picture, or paragraphs (:func:`passage`), of the template it is given.

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
            shown = {tag: _made(make, template) for tag, make in (pictures or {}).items()}
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
        mark(template.docx, BLANK_PATTERN, BLANK)
        loosen(template.docx.element.body)
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


def find_template(folder: Path | None, kind: str, packaged: Mapping[str, bytes]) -> Template:
    """Return the office's template of a kind in a folder, the packaged one where there is none."""
    name = f"{kind}.docx"
    if folder and (folder / name).exists():
        return Template((folder / name).read_bytes(), f"{folder.name}/{name}")
    return Template(packaged[kind], f"{name} ของโปรแกรม")


def passage(write: Callable[[Paper], object]) -> Callable[[Any], Passage]:
    """Return what puts paragraphs, tables and pictures that are written in code into a template: ``{{p tag }}``."""

    def make(template: Any) -> Passage:
        # Written at the end of the template itself, for its styles and so that pictures become parts of its file.
        body = template.docx.element.body
        there = set(body)
        write(Paper.over(template.docx))
        written = [element for element in body if element not in there]
        for element in written:
            body.remove(element)
        return Passage("".join(etree.tostring(element, encoding="unicode") for element in written))

    return make


def _made(make: Any, template: Any) -> Any:
    """Return pictures of a template, of which there may be several in lists and maps as in the facts."""
    if isinstance(make, list):
        return [_made(one, template) for one in make]
    return make(template)


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
        # The bell is how docxtpl writes the end of a paragraph.
        return CONTROLS.sub("", value).replace(PARAGRAPH, "\a")
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


def mark(document: Any, pattern: re.Pattern[str], style: str, within: str = "") -> None:
    """Give what matches a pattern a run of its own in a marking style, wherever it stands in the text.

    Parameters
    ----------
    pattern
        Without groups.
    within
        Only in runs of this style.
    """
    # An office may have taken a style out.
    ids = {one.name: one.style_id for one in document.styles}
    cut = re.compile(f"({pattern.pattern})")
    for run in list(document.element.body.iter(qn("w:r"))):
        if within and (run.style is None or run.style != ids.get(within)):
            continue
        if not any(cut.search(text.text or "") for text in run.findall(qn("w:t"))):
            continue
        for child in run:
            texts = cut.split(child.text or "") if child.tag == qn("w:t") else [""]
            for number, text in enumerate(texts):
                piece = OxmlElement("w:r")
                if run.rPr is not None:
                    piece.append(copy.deepcopy(run.rPr))
                if child.tag == qn("w:t"):
                    if not text:
                        continue
                    piece.text = text
                elif child.tag != qn("w:rPr"):
                    piece.append(copy.deepcopy(child))
                else:
                    continue
                run.addprevious(piece)
                if number % 2:
                    if style in ids:
                        piece.get_or_add_rPr().style = ids[style]
                    if style == BLANK:
                        # On the run too: LibreOffice does not draw the highlight of a character style.
                        Run(piece, None).font.highlight_color = WD_COLOR_INDEX.YELLOW  # type: ignore[arg-type]
        run.getparent().remove(run)

"""A Word document in official Thai layout: styles right for Thai, marks for what was computed and what is blank."""

from __future__ import annotations

import copy
import datetime
import io
import re
import zipfile
from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import IO, Any, NamedTuple

import pandas as pd
from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor

from restructure.thai import thai_digits
from restructure.words import FONT

COMPUTED, BLANK, CODE = "คำนวณ", "ต้องกรอก", "รหัส"
#: How a blank looks, with what belongs there.
BLANK_PATTERN = re.compile(r"\[……… กรอก: .*? ………\]")
_BODY_POINTS, _TABLE_POINTS = 16, 14
#: The style of lines that must stand behind tables and sections but say nothing.
_NO_LINE = "หลังตาราง"
#: Paragraph styles of our own and their points.
_OWN_STYLES = {"เนื้อความ": _BODY_POINTS, "ในตาราง": _TABLE_POINTS, "ลงนาม": _BODY_POINTS, _NO_LINE: 1}
#: Letters of a table on a centimetre, and lines that surely fit on a page of either orientation.
_LETTERS, _LINES = 5.0, 18
#: Not allowed in XML at all; a cell of an office's file may hold them.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


class Mark(NamedTuple):
    """Text in one of the three marking styles."""

    text: str
    style: str


#: Of the template's some 160 styles; a paper of few styles is easier to restyle, and quicker to write.
_KEPT_STYLES = {"Normal", "Title", "Heading 1", "Heading 2", "Header", "Footer", "Table Grid", "Normal Table"}
_KEPT_STYLES |= {"Default Paragraph Font", "No List"}
Part = str | Mark
Cell = Part | list[Part]


def computed(value: Any) -> Mark:
    """Mark a figure or a name from the data; whole numbers get separators, what is missing says so."""
    if not isinstance(value, str) and pd.isna(value):
        return Mark("ไม่ทราบ", COMPUTED)
    return Mark(thai_digits(int(value) if isinstance(value, Integral) else value), COMPUTED)


def blank(what: str) -> Mark:
    """Return a visible blank that a person fills in."""
    return Mark(f"[……… กรอก: {what} ………]", BLANK)


class Paper:
    """A Word document in official Thai layout."""

    def __init__(self, title: str) -> None:
        self.document = Document()
        _set_styles(self.document)
        section = self.document.sections[0]
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        _set_margins(section)
        properties = self.document.core_properties
        properties.title = title[:255]  # what Word takes
        properties.author = properties.last_modified_by = properties.comments = properties.keywords = ""
        properties.language = "th-TH"
        # A fixed day: the same plan gives the same bytes.
        properties.created = properties.modified = datetime.datetime(2000, 1, 1)

    @classmethod
    def over(cls, document: Any) -> Paper:
        """Return a paper that writes at the end of a document that is there, with the styles that it lacks."""
        paper = cls.__new__(cls)
        paper.document = document
        _add_styles(document)
        return paper

    def write(self, paragraph: Any, *parts: Part, bold: bool = False) -> Any:
        """Append parts to a paragraph; return the last run."""
        run = None
        for part in parts:
            text, style = part if isinstance(part, Mark) else (thai_digits(part), None)
            run = paragraph.add_run(CONTROLS.sub("", text), style=style)
            if style == BLANK:
                # On the run too: LibreOffice does not draw the highlight of a character style.
                run.font.highlight_color = WD_COLOR_INDEX.YELLOW
            if bold:
                run.bold = run.font.cs_bold = True
        return run

    def line(self, *parts: Part, style: str | None = None) -> None:
        self.write(self.document.add_paragraph(style=style), *parts)

    def body(self, *parts: Part, bold: bool = False) -> None:
        paragraph = self.document.add_paragraph(style="เนื้อความ")
        self.write(paragraph, *parts, bold=bold)

    def title(self, text: Cell, points: int = 18) -> None:
        paragraph = self.document.add_paragraph(style="Title")
        self.write(paragraph, *(text if isinstance(text, list) else [text]))
        resize(paragraph, points)

    def heading(self, text: Cell, level: int = 1) -> None:
        self.write(self.document.add_paragraph(style=f"Heading {level}"), *(text if isinstance(text, list) else [text]))

    def labelled(self, labels: Sequence[tuple[str, list[Part]]]) -> None:
        """Write a line of the head of a memo: bold labels of 20 points, each with its text."""
        paragraph = self.document.add_paragraph()
        for i, (label, parts) in enumerate(labels):
            run = self.write(paragraph, f"{'      ' if i else ''}{label}  ", bold=True)
            _set_size(run._r.get_or_add_rPr(), 20)
            self.write(paragraph, *parts)

    def box(self) -> Any:
        """Return the paragraph of a framed box."""
        table = self.document.add_table(1, 1, style="Table Grid")
        paragraph = table.cell(0, 0).paragraphs[0]
        paragraph.style = "ในตาราง"
        return paragraph

    def table(
        self,
        heads: Sequence[Cell],
        rows: list[list[Cell]],
        widths: Sequence[float],
        *,
        numeric: Sequence[int] = (),
        total: bool = False,
        together: bool = False,
        height: float = 0.0,
    ) -> None:
        """Write a table: heads repeated on each page; a row of one cell spans all columns.

        No row is broken over two pages but one that may be higher than a page (:func:`loosen`).

        Parameters
        ----------
        widths
            In cm.
        numeric
            Columns that are set to the right.
        total
            Whether the last row is a total.
        together
            Whether to keep the table on one page, with the heading before it.
        height
            Of every row in cm, whatever stands in it; 0 as high as that needs.
        """
        table = self.document.add_table(0, len(widths), style="Table Grid")
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        shown: list[list[Cell]] = [list(heads), *rows] if heads else rows
        for number, cells in enumerate(shown):
            row = table.add_row()
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if height:
                row.height, row.height_rule = Cm(height), WD_ROW_HEIGHT_RULE.EXACTLY
            is_head = bool(heads) and number == 0
            if is_head:
                properties.append(OxmlElement("w:tblHeader"))
            strong = is_head or (total and number == len(shown) - 1)
            spanning = len(cells) == 1 < len(widths)
            for place, (cell, content) in enumerate(zip(row.cells, cells, strict=not spanning)):
                cell.width = Cm(widths[place])
                paragraph = cell.paragraphs[0]
                paragraph.style = "ในตาราง"
                keep = is_head or spanning or (together and number < len(shown) - 1)
                paragraph.paragraph_format.keep_with_next = keep or None
                if is_head:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                    _shade(cell._tc.get_or_add_tcPr(), "D9E2F3")
                elif place in numeric:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                parts = content if isinstance(content, list) else [content]
                self.write(paragraph, *parts, bold=strong or spanning)
            if spanning:
                row.cells[0].merge(row.cells[-1])
        loosen(table._tbl)
        self.document.add_paragraph(style=_NO_LINE)

    def signature(self, role: str, name: Part | None = None) -> None:
        """Leave room for one person's signature, name, post and date.

        Parameters
        ----------
        name
            Who signs; then signature and day are lines to be written on by hand, not blanks to be filled in.
        """
        by_hand: list[list[Part]] = [["(ลงชื่อ) ", blank("ลายมือชื่อ")], ["วันที่ ", blank("วันที่")]]
        if name:
            by_hand = [["(ลงชื่อ) …………………………………"], ["วันที่ ……… / ……… / ………"]]
        for parts in (by_hand[0], ["(", name or blank("ชื่อ-สกุล"), ")"], [role], by_hand[1]):
            paragraph = self.document.add_paragraph(style="ลงนาม")
            self.write(paragraph, *parts)
        paragraph.paragraph_format.keep_with_next = False
        paragraph.paragraph_format.space_after = Pt(14)

    def picture(self, stream: io.BytesIO, width: Any, words: str) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        shape = paragraph.add_run().add_picture(stream, width=width)
        shape._inline.docPr.set("descr", words)

    def new_section(self, *, landscape: bool) -> tuple[Any, Any]:
        """Begin a section on a new page; return the width and height of its text."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        # The line that ends a section takes no room: behind a full page it would make an empty one.
        self.document.paragraphs[-1].style = _NO_LINE
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        long, short = Cm(29.7), Cm(21.0)
        section.page_width, section.page_height = (long, short) if landscape else (short, long)
        _set_margins(section)
        margins = section.left_margin + section.right_margin, section.top_margin + section.bottom_margin
        return Emu(section.page_width - margins[0]), Emu(section.page_height - margins[1])

    def running_lines(self, warning: Part, *footer: Part) -> None:
        """Write the page number and a warning in red at the top of each page, and a line at its bottom."""
        section = self.document.sections[0]
        top, bottom = section.header.paragraphs[0], section.footer.paragraphs[0]
        top.alignment = bottom.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self.write(top, "– ")
        _add_page_number(top.add_run()._r)
        self.write(top, " –")
        run = self.write(top, "    ", warning, bold=True)
        run.font.color.rgb = RGBColor(0xC0, 0, 0)
        self.write(bottom, *footer)

    def save(self, target: Path | IO[bytes]) -> None:
        """Write the file; the same plan gives the same bytes."""
        stream = io.BytesIO()
        self.document.save(stream)
        repack(stream, target)


def repack(stream: IO[bytes], target: Path | IO[bytes]) -> None:
    """Write an Office file anew without the times of its parts and of itself: same content, same bytes."""
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            part = source.read(name)
            if name == "docProps/core.xml":
                part = _TIMES.sub(rb"\g<1>2000-01-01T00:00:00Z", part)
            packed.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)


def resize(paragraph: Any, points: int) -> None:
    """Set the size of the text that stands in a paragraph, of Thai too."""
    for run in paragraph.runs:
        _set_size(run._r.get_or_add_rPr(), points)


def loosen(element: Any) -> None:
    """Let the rows under an element be broken that may be higher than a page: what is kept whole is cut off then."""
    for row in element.iter(qn("w:tr")):
        whole = None if row.trPr is None else row.trPr.find(qn("w:cantSplit"))
        if whole is not None and max(map(_lines_of, row.tc_lst), default=0) > _LINES:
            row.trPr.remove(whole)


def _lines_of(cell: Any) -> float:
    """Return about how many lines a cell of a table takes."""
    width = cell.width
    if not width:
        return 0
    breaks = sum(1 for _ in cell.iter(qn("w:br"))) + len(cell.p_lst) - 1
    return float(sum(len(text.text or "") for text in cell.iter(qn("w:t"))) / _LETTERS / Emu(width).cm + breaks)


def _set_styles(document: Any) -> None:
    """Set the font, also for the complex script that Thai is, in every style; make the styles of this paper."""
    styles = document.styles
    for style in list(styles):
        if style.name not in _KEPT_STYLES:
            style.delete()
    for link in list(styles.element.iter(qn("w:link"))):
        link.getparent().remove(link)
    defaults = styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    _set_font(defaults)
    _set_size(defaults, _BODY_POINTS)
    _set_language(defaults)
    # Single spacing, as the regulation has it; the template spreads lines and paragraphs.
    spacing = styles.element.find(f".//{qn('w:pPrDefault')}//{qn('w:spacing')}")
    spacing.set(qn("w:after"), "0")
    spacing.set(qn("w:line"), "240")
    _add_styles(document)
    sizes = {
        "Title": 18,
        "Heading 1": 18,
        "Heading 2": 16,
        "Header": 14,
        "Footer": 10,
    }
    for style in styles:
        if style.type == WD_STYLE_TYPE.LIST or style.name in _OWN_STYLES:
            continue
        rpr = style.element.get_or_add_rPr()
        _set_font(rpr)
        if style.name in ("Normal", *sizes):
            _set_size(rpr, sizes.get(style.name, _BODY_POINTS))
            _set_language(rpr)
        if style.name in ("Title", "Heading 1", "Heading 2"):
            style.font.bold = style.font.cs_bold = True
            style.font.color.rgb = RGBColor(0, 0, 0)
    for name, before in {"Title": 6, "Heading 1": 12, "Heading 2": 8}.items():
        layout = styles[name].paragraph_format
        layout.space_before, layout.space_after, layout.keep_with_next = Pt(before), Pt(2), True
    for border in list(styles["Title"].element.iter(qn("w:pBdr"))):
        border.getparent().remove(border)
    styles["Title"].paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _add_styles(document: Any) -> None:
    """Add the styles of our own that a document lacks: an office may have taken them out of a template."""
    styles = document.styles
    known = {style.name for style in styles}
    if "Table Grid" not in known:
        styles.element.append(copy.deepcopy(Document().styles["Table Grid"].element))
    for name in (COMPUTED, BLANK, CODE):
        if name not in known:
            font = styles.add_style(name, WD_STYLE_TYPE.CHARACTER).font
            if name == BLANK:
                font.highlight_color = WD_COLOR_INDEX.YELLOW
            else:
                font.color.rgb = RGBColor(0x1F, 0x4E, 0x9E)
            _set_font(styles[name].element.get_or_add_rPr())
    for name, points in _OWN_STYLES.items():
        if name in known:
            continue
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = styles["Normal"]
        properties = style.element.get_or_add_rPr()
        _set_font(properties)
        _set_size(properties, points)
        _set_language(properties)
        layout = style.paragraph_format
        if name == "เนื้อความ":
            layout.first_line_indent, layout.alignment = Cm(2.5), WD_ALIGN_PARAGRAPH.THAI_JUSTIFY
        elif name == "ลงนาม":
            layout.left_indent, layout.alignment, layout.keep_with_next = Cm(6), WD_ALIGN_PARAGRAPH.CENTER, True
        elif name == _NO_LINE:
            # A gap, but none at the end of a page.
            layout.space_after = Pt(12)


def plain(document: Any) -> None:
    """Take the colours out of the marks: a paper that is final is black."""
    for name in (COMPUTED, CODE):
        if name in {style.name for style in document.styles}:
            document.styles[name].font.color.rgb = RGBColor(0, 0, 0)


def _set_font(properties: Any) -> None:
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), FONT)


def _set_size(properties: Any, points: int) -> None:
    properties.sz_val = Pt(points)
    size = properties.find(qn("w:szCs"))
    if size is None:
        size = OxmlElement("w:szCs")
        properties.find(qn("w:sz")).addnext(size)
    size.set(qn("w:val"), str(points * 2))


def _set_language(properties: Any) -> None:
    language = properties.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        properties.append(language)
    for script, value in {"val": "en-US", "eastAsia": "en-US", "bidi": "th-TH"}.items():
        language.set(qn(f"w:{script}"), value)


def _set_margins(section: Any) -> None:
    section.left_margin, section.right_margin = Cm(3), Cm(2)
    section.top_margin, section.bottom_margin = Cm(2.5), Cm(2)
    section.header_distance, section.footer_distance = Cm(1.2), Cm(0.9)
    numbering = section._sectPr.find(qn("w:pgNumType"))
    if numbering is None:
        numbering = OxmlElement("w:pgNumType")
        section._sectPr.find(qn("w:pgMar")).addnext(numbering)
    numbering.set(qn("w:fmt"), "thaiNumbers")


def _shade(properties: Any, colour: str) -> None:
    shade = OxmlElement("w:shd")
    for name, value in {"val": "clear", "color": "auto", "fill": colour}.items():
        shade.set(qn(f"w:{name}"), value)
    properties.append(shade)


def _add_page_number(run: Any) -> None:
    # The section says Thai digits; a switch on the field would make LibreOffice count in Thai letters.
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        piece = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            piece.set(qn("w:fldCharType"), kind)
        piece.text = text or None
        run.append(piece)

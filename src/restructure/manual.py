"""The analyst's manual: chapters in Markdown, built into one web page that loads nothing from outside."""

from __future__ import annotations

import base64
import re
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import jinja2
import mistune
from lxml import html
from platformdirs import user_cache_dir

from restructure.files import staged
from restructure.webpage import font_faces, read_asset

MANUAL_FILE = "manual.html"
#: A button of a page, written ``[[as on the page]]``.
BUTTON = re.compile(r"\[\[(.+?)\]\]")


class Chapter(NamedTuple):
    """A chapter as HTML; ``anchor`` is the stem of its file."""

    anchor: str
    title: str
    body: str


def manual_folder() -> Path:
    """Return where the chapters lie: in the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "docs" / "manual"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "docs" / "manual"


def user_manual() -> Path:
    """Return where the built manual of this user lies; nothing else is in its folder."""
    return Path(user_cache_dir("restructure", appauthor=False)) / "manual" / MANUAL_FILE


def write_manual(path: Path) -> None:
    """Build the manual and write it as one file."""
    page = build_manual(manual_folder())
    with staged(path.parent) as stage:
        (stage / path.name).write_text(page, "utf-8", newline="\n")


def build_manual(folder: Path) -> str:
    """Return the chapters of a folder as one page.

    Raises
    ------
    ValueError
        When a link leads anywhere but to a chapter.
    FileNotFoundError
        When a picture is missing.
    """
    chapters = [_read_chapter(path) for path in sorted(folder.glob("[0-9][0-9]-*.md"))]
    template = jinja2.Environment(autoescape=True).from_string(read_asset("manual.html"))
    style = font_faces() + read_asset("manual.css")
    return template.render(chapters=chapters, style=style, version=version("restructure"))


def _read_chapter(path: Path) -> Chapter:
    markdown = mistune.create_markdown(escape=False, plugins=["table"])
    body = html.fragment_fromstring(str(markdown(BUTTON.sub(r"<kbd>\1</kbd>", path.read_text("utf-8")))), "div")
    for link in body.iter("a"):
        target = path.parent / link.get("href")
        if target.parent != path.parent or target.suffix != ".md" or not target.is_file():
            raise ValueError(f"{path.name} leads to {link.get('href')}, which is no chapter")
        link.set("href", f"#{target.stem}")
    for picture in body.xpath(".//img"):
        inlined = base64.b64encode((path.parent / picture.get("src")).read_bytes()).decode("ascii")
        picture.set("src", f"data:image/png;base64,{inlined}")
        figure = picture.getparent()
        figure.tag = "figure"
        html.etree.SubElement(figure, "figcaption").text = picture.get("alt")
    title = body.find("h1")
    body.remove(title)
    _list_sections(body, path.stem)
    return Chapter(path.stem, title.text_content(), html.tostring(body, encoding="unicode"))


def _list_sections(body: html.HtmlElement, anchor: str) -> None:
    """Give each section an anchor, and the chapter a list of them before the first."""
    listed = html.Element("ul", {"class": "sections"})
    heads = body.findall("h2")
    for number, head in enumerate(heads, start=1):
        head.set("id", f"{anchor}-{number}")
        link = html.etree.SubElement(html.etree.SubElement(listed, "li"), "a", href=f"#{anchor}-{number}")
        link.text = head.text_content()
    if heads:
        heads[0].addprevious(listed)

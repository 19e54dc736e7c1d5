"""The manual: built whole, with nothing from outside; what it tells people to press and to type is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import nbformat
import pytest
from lxml import html

import restructure
from restructure.cli import _parser, main
from restructure.manual import BUTTON, build_manual, manual_folder

ROOT = Path(__file__).parents[1]
FOLDER = manual_folder()
CHAPTERS = sorted(FOLDER.glob("*.md"))
TEXTS = {path.stem: path.read_text("utf-8") for path in CHAPTERS}
PICTURES = {path.name for path in (FOLDER / "pictures").glob("*")}
MOST_BYTES = 6_000_000


@pytest.fixture(scope="module")
def built() -> str:
    return build_manual(FOLDER)


@pytest.fixture(scope="module")
def page(built: str) -> html.HtmlElement:
    return html.document_fromstring(built)


def test_every_chapter_stands_in_its_order(page: html.HtmlElement) -> None:
    assert page.xpath("//main/section/@id") == list(TEXTS)
    assert page.xpath("//nav//li/a/@href") == [f"#{stem}" for stem in TEXTS]
    assert [int(stem[:2]) for stem in TEXTS] == list(range(1, len(TEXTS) + 1))
    for stem, title in zip(TEXTS, page.xpath("//main/section/h1"), strict=True):
        assert re.match(rf"{int(stem[:2])} [ก-๛]", title.text_content())


def test_every_link_leads_somewhere(page: html.HtmlElement) -> None:
    links = page.xpath("//@href[not(starts-with(., 'data:'))]")
    assert {link[1:] for link in links} <= set(page.xpath("//@id"))
    assert all(link.startswith("#") for link in links)


def test_nothing_is_loaded_from_outside(built: str, page: html.HtmlElement) -> None:
    assert len(built.encode()) < MOST_BYTES
    assert not page.xpath("//script | //link[not(starts-with(@href, 'data:'))] | //iframe | //@srcset | //@style")
    assert all(source.startswith("data:image/png;base64,") for source in page.xpath("//@src"))
    assert not re.search(r"url\((?!data:)|@import", built)
    assert "//" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", built).replace("<!DOCTYPE", "")


def test_every_picture_is_used_and_small() -> None:
    used = re.findall(r"!\[[^]]*[ก-๛][^]]*\]\(pictures/(.+?)\)", "".join(TEXTS.values()))
    assert set(used) == PICTURES
    assert len(used) == len(PICTURES)
    assert max((FOLDER / "pictures" / name).stat().st_size for name in used) < 150_000


def typed() -> list[str]:
    """What people are told to type: lines of code that begin with our command."""
    code = [part for text in TEXTS.values() for part in re.findall(r"```\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)]
    lines = [line.strip().removeprefix(".venv\\Scripts\\") for part in code for line in "".join(part).splitlines()]
    return sorted({line for line in lines if re.match(r"restructure [a-z]", line)})


@pytest.mark.parametrize("line", typed())
def test_what_people_are_told_to_type_is_a_command(line: str) -> None:
    words = shlex.split(line.replace("\\", "/"))[1:]
    if len(words) == 1:
        assert words[0] in _parser().format_help()
    else:
        assert callable(_parser().parse_args(words).command)


def test_every_command_is_in_the_manual() -> None:
    named = {line.split()[1] for line in typed()}
    commands = set(re.findall(r"^    ([a-z]+) ", _parser().format_help(), re.MULTILINE))
    assert len(commands) > 20
    assert commands - named <= {"national"}


def test_every_button_is_on_a_page() -> None:
    """``…`` in a button of the manual stands for what changes."""
    package = Path(restructure.__file__).parent
    files = [path for suffix in ("py", "js", "html") for path in package.rglob(f"*.{suffix}")]
    sources = "".join(path.read_text("utf-8") for path in files if path.name != "manual.py")
    buttons = {button for text in TEXTS.values() for button in BUTTON.findall(text)}
    assert len(buttons) > 60
    parts = {part.strip() for button in buttons for part in button.split("…")}
    assert {part for part in parts if part not in sources} == set()


def test_every_notebook_leads_to_its_chapter() -> None:
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        first = nbformat.read(path, as_version=4).cells[0].source
        [anchor] = re.findall(r'<a href="/static/manual\.html#(.+?)" target="_blank">คู่มือ', first)
        assert anchor in TEXTS


def test_a_lost_page_and_a_lost_picture_are_refused(tmp_path: Path) -> None:
    chapter = tmp_path / "01-one.md"
    chapter.write_text("# 1 ก\n\n[ไป](02-two.md)\n", "utf-8")
    with pytest.raises(ValueError, match=r"02-two\.md"):
        build_manual(tmp_path)
    chapter.write_text("# 1 ก\n\n![ภาพ](pictures/lost.png)\n", "utf-8")
    with pytest.raises(FileNotFoundError):
        build_manual(tmp_path)


def test_the_command_writes_and_opens_it(
    built: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    path = tmp_path / "คู่มือ.html"
    assert main(["manual", str(path)]) == 0
    assert opened == [path.as_uri()]
    assert path.read_text("utf-8") == built
    assert str(path) in capsys.readouterr().out
    assert [one.name for one in tmp_path.iterdir()] == [path.name]

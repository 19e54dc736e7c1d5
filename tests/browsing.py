"""Pages opened with the network cut, and what is seen on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page


@contextmanager
def opened(browser: Browser, path: Path, width: int = 1366, height: int = 768, at: str = "") -> Iterator[Page]:
    """Open a page; any error in its console or request for another file fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page = context.new_page()
    errors: list[str] = []
    own = path.as_uri()
    page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append("dialog"), dialog.dismiss()))
    page.on("request", lambda r: None if r.url.startswith((own, "data:")) else errors.append(r.url))
    page.goto(own + at)
    yield page
    context.close()
    assert errors == []


def smallest_text(page: Page) -> float:
    """Return the size in pixels of the smallest text that is seen."""
    sizes = page.evaluate(
        """() => [...document.querySelectorAll("body *:not(script):not(style)")]
            .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
            .map((e) => parseFloat(getComputedStyle(e).fontSize))"""
    )
    return float(min(sizes))

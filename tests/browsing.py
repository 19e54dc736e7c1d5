"""Pages opened with the network cut, and what is seen on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

#: Text that is too small for a meeting room, or cut off by its own box; what has no name for those who do not see it.
UNREADABLE = """() => {
  const all = [...document.querySelector(".restructure").shadowRoot.querySelectorAll("#widget *:not(option)")];
  const cut = all.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
    .filter((e) => {
      const style = getComputedStyle(e);
      const over = e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1;
      return parseFloat(style.fontSize) < 16 || (over && style.overflow !== "visible" && style.display !== "inline");
    });
  const unnamed = all.filter((e) => e.matches("button, select, input, textarea, progress, [role=button]"))
    .filter((e) => !(e.textContent.trim() || e.labels?.length || e.getAttribute("aria-label")));
  return [...cut, ...unnamed].map((e) => e.outerHTML.slice(0, 120));
}"""
#: Text that stands out too little from what is behind it (WCAG AA), or is too small to be read when projected.
FAINT = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v <= 10.31 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => rgb.slice(0, 3).reduce((sum, v, i) => sum + linear(v) * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement ?? at.getRootNode().host) {
      const style = getComputedStyle(at), [r, g, b, a = 1] = numbers(style.backgroundColor);
      if (style.backgroundImage !== "none") return null;
      if (a === 1) return [r, g, b];
      if (a > 0) return null;
    }
    return [255, 255, 255];
  };
  const told = [];
  for (const e of document.querySelector(".restructure").shadowRoot.querySelectorAll("#widget *:not(option)")) {
    if (e.ownerSVGElement || e.closest(".leaflet-container") || !e.checkVisibility() || e.disabled) continue;
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
    const style = getComputedStyle(e), back = behind(e), size = parseFloat(style.fontSize);
    if (size < 16) told.push(`${size} px: ${e.outerHTML.slice(0, 100)}`);
    if (!back) continue;
    const [a, b] = [light(numbers(style.color)), light(back)].sort((x, y) => y - x);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) told.push(`${ratio.toFixed(2)}: ${e.outerHTML.slice(0, 100)}`);
  }
  return told;
}"""
#: Chooses a file in a field for files that is hidden: its id, the file's name and its content as base64.
CHOOSE = """([id, name, data]) => {
  const input = document.querySelector(".restructure").shadowRoot.getElementById(id);
  const files = new DataTransfer();
  files.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
  input.files = files.files;
  input.dispatchEvent(new Event("change"));
}"""


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

"""How long a click on the map page takes until the card and the figures are there, in real Chromium, and nothing else.

    python benchmarks/explorer.py OFFICE [SCHOOLS]

OFFICE is a cycle folder, such as ``restructure sample /tmp/office --seed 2570`` makes; a copy is worked in. Printed
are the median and the worst of as many schools, in milliseconds from the click to the frame in which the page shows the
answer: the card of a school, a merge to its nearest host with the figures of the office, and taking it back; and how
much processor time of that the package takes. Run on an idle machine: in the browser other programs' work is measured
along with ours, which the load average tells.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from restructure.cycle import measure, open_cycle
from restructure.widgets.explorer import Explorer

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import serving

STARTED_MS = 180_000
#: Click something, wait until what is watched is another, return the milliseconds until that frame.
CLICK = """async ([click, watched]) => {
  const root = document.querySelector(".restructure").shadowRoot;
  const seen = () => watched.map((one) => root.querySelector(one)?.textContent).join();
  const before = seen(), begun = performance.now();
  root.querySelector(click).click();
  while (seen() === before) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""
CARD, FIGURES = ["#card-name"], ["#figures", "#card-merges"]


def main() -> None:
    office, schools = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20
    print(f"load average {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(office, Path(place) / "office"))
        codes = by_package(folder, schools)
        by_browser(folder, codes, Path(place))


def by_package(folder: Path, schools: int) -> list[str]:
    """Print what the state alone takes; return the schools that were asked for, each with a host that can take it."""
    state = Explorer(measure(open_cycle(folder)))
    state.view()
    took: dict[str, list[float]] = {"card": [], "merge": [], "undo": []}
    codes = []
    for code in state.office.codes:
        if len(codes) == schools:
            break
        took["card"].append(timed(lambda code=code: (state.school(code), state.view())))
        hosts = [host["host_id"] for host in state.view()["hand"]["hosts"] if host["can"]]
        if not hosts or state.view()["hand"]["hosts"][0]["host_id"] != hosts[0]:
            continue
        codes.append(code)
        took["merge"].append(timed(lambda hosts=hosts: (state.add(hosts[0]), state.view())))
        took["undo"].append(timed(lambda: (state.undo(), state.view())))
    tell("package", took)
    shutil.rmtree(folder / "drafts", ignore_errors=True)
    return codes


def by_browser(folder: Path, codes: list[str], place: Path) -> None:
    cell = f"from restructure.widgets import explorer_widget\nexplorer_widget({str(folder)!r})"
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright, serving.voila(serving.notebook(place / "n.ipynb", cell)) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        with serving.opened(browser, address) as page:
            expect(page.locator("#office-map .school").first).to_be_visible(timeout=STARTED_MS)
            took: dict[str, list[float]] = {"card": [], "merge": [], "undo": []}
            click(page, f'[data-school="{codes[-1]}"]', CARD)
            page.locator("#tab-merge").click()
            for code in codes[:-1]:
                took["card"].append(click(page, f'[data-school="{code}"]', CARD))
                took["merge"].append(click(page, "#hosts button[id^=add-]:not([disabled])", FIGURES))
                took["undo"].append(click(page, "#undo", FIGURES))
            tell("browser", took)


def click(page: Page, wanted: str, watched: list[str]) -> float:
    return float(page.evaluate(CLICK, [wanted, watched]))


def timed(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def tell(where: str, took: dict[str, list[float]]) -> None:
    for what, times in took.items():
        middle, worst = statistics.median(times), max(times)
        print(f"{where}  {what:6} median {middle:6.0f} ms   worst {worst:6.0f} ms   of {len(times)}")


if __name__ == "__main__":
    main()

"""Eight people look at one dashboard on this machine and each merges another school at the same moment.

``python benchmarks/viewers.py`` makes a sample office, serves it as ``restructure dashboard`` does, opens the planning
page eight times in Chromium, lets each viewer choose a school of their own and then all of them press the button at
once, several times over; it prints how long each waited, whether anybody saw another's draft, and the memory used.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil
from playwright.async_api import Page, async_playwright, expect

import restructure
from restructure.byhand import ranked_hosts, standing
from restructure.cycle import measure, open_cycle
from restructure.sample import make_sample
from restructure.scenario import NEAREST, PRESENT, Merge

PAGE = "voila/render/03-scenarios.ipynb"
GOAL_S = 3.0
_OPEN_MS = 600_000
_WORK_MS = 120_000
#: The page is idle again and the table of merges shows what it should: checked at every frame, from the click on.
CLICK = """([button, rows]) => new Promise((resolve, reject) => {
  const shadow = document.querySelector(".restructure").shadowRoot;
  const start = performance.now();
  shadow.getElementById(button).click();
  const look = () => {
    const done = shadow.querySelectorAll("#hand-merges tbody tr").length === rows
      && shadow.getElementById("root").getAttribute("aria-busy") === "false";
    if (done) requestAnimationFrame(() => resolve((performance.now() - start) / 1000));
    else if (performance.now() - start > 120_000) reject(new Error("no answer in two minutes"));
    else requestAnimationFrame(look);
  };
  look();
})"""


def main() -> int:
    """Measure; 1 when somebody waited longer than the goal, or saw another's draft."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--viewers", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5, help="how often all of them merge at once")
    parser.add_argument("--searching", action="store_true", help="do not wait until the searches behind are done")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "office"
        make_sample(folder, 2570)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        arguments = [sys.executable, "-m", "restructure.cli", "dashboard", str(folder), "--port", str(port)]
        # The kernels start elsewhere: a relative PYTHONPATH would lead them to another copy of the package.
        env = os.environ | {"BROWSER": "true", "PYTHONPATH": str(Path(restructure.__file__).parents[1])}
        server = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=env)
        try:
            server.stdout.readline()
            return asyncio.run(_measure(f"http://127.0.0.1:{port}/", choices(folder, options.viewers), options, server))
        finally:
            server.terminate()
            server.wait()


class Choice(NamedTuple):
    """What a viewer merges: a school, and the nearest host that can take its children."""

    school: str
    name: str
    host: str


def choices(folder: Path, count: int) -> list[Choice]:
    """Return merges that could be, of schools far apart in the list."""
    office = measure(open_cycle(folder)).office
    able = [code for code in office.codes if not standing(PRESENT, office, code).cannot]
    found = []
    for code in able[:: len(able) // (2 * count)]:
        merge = {"school": code, "host": NEAREST, "grades": "all", "kind": "learn-together", "from_term": "1/2570"}
        hosts = ranked_hosts(PRESENT, office, Merge.model_validate(merge))
        if hosts["can"].any():
            host = str(hosts.loc[hosts["can"], "host_id"].iloc[0])
            found.append(Choice(code, office.names[office.place[code]], host))
    return found[::2][:count] if len(found) >= 2 * count else found[:count]


async def _measure(
    address: str, chosen: list[Choice], options: argparse.Namespace, server: subprocess.Popen[str]
) -> int:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        pages = [await (await browser.new_context(viewport={"width": 1366, "height": 768})).new_page() for _ in chosen]
        print(f"{len(pages)} viewers, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before", flush=True)
        turn = asyncio.Semaphore(os.cpu_count() or 1)
        _tell("a page is shown after", await asyncio.gather(*(_open(page, address, turn) for page in pages)))
        if not options.searching:
            for page in pages:
                await expect(page.locator("#start")).to_be_enabled(timeout=_OPEN_MS)
        await asyncio.gather(*(_choose(page, one.school) for page, one in zip(pages, chosen, strict=True)))
        waits: list[float] = []
        for number in range(options.rounds):
            load, before = os.getloadavg()[0], _worked(server)
            added = await asyncio.gather(
                *(page.evaluate(CLICK, [f"add-{choice.host}", 1]) for page, choice in zip(pages, chosen, strict=True))
            )
            _tell(f"round {number + 1}, load {load:.1f}: a merge is shown after", added)
            if number == 0:
                seen = [await page.locator("#hand-merges tbody tr :first-child").first.inner_text() for page in pages]
            undone = await asyncio.gather(*(page.evaluate(CLICK, ["undo", 0]) for page in pages))
            _tell("                       undone after", undone)
            waits += [*added, *undone]
            print(f"                       work of all kernels for both {_worked(server) - before:.2f} s", flush=True)
        own = all(
            (name in text) == (one == other)
            for one, (_, name, _) in enumerate(chosen)
            for other, text in enumerate(seen)
        )
        _tell_memory(server)
        await browser.close()
    print(
        f"longest wait {max(waits):.2f} s (goal {GOAL_S} s); each sees their own draft alone: {'yes' if own else 'NO'}"
    )
    return int(max(waits) > GOAL_S or not own)


async def _open(page: Page, address: str, turn: asyncio.Semaphore) -> float:
    """Open the page, as many at once as there are cores, and wait until it can be worked with."""
    async with turn:
        start = time.perf_counter()
        await page.goto(address + PAGE, timeout=_OPEN_MS)
        await expect(page.locator("#hand-school")).to_be_visible(timeout=_OPEN_MS)
        return time.perf_counter() - start


async def _choose(page: Page, code: str) -> None:
    """Look at the hosts of a school."""
    await page.locator("#hand-school").fill(code)
    await page.locator("#hand-school").press("Enter")
    await page.locator("#tab-merge").click(timeout=_WORK_MS)
    await expect(page.locator("#hosts")).to_be_visible(timeout=_WORK_MS)


def _tell(what: str, seconds: list[float]) -> None:
    print(f"{what} {' '.join(f'{one:.2f}' for one in sorted(seconds))} s", flush=True)


def _worked(server: subprocess.Popen[str]) -> float:
    """Return the processor time that the kernels have used: unlike a wait it does not depend on the load."""
    kernels = psutil.Process(server.pid).children(recursive=True)
    return sum(sum(kernel.cpu_times()[:2]) for kernel in kernels)


def _tell_memory(server: subprocess.Popen[str]) -> None:
    """Say what the server and the kernels take, shared pages counted once among those who share them."""
    parent = psutil.Process(server.pid)
    taken = [process.memory_full_info() for process in (parent, *parent.children(recursive=True))]
    server_mb, *kernels = [getattr(one, "pss", one.uss) / 2**20 for one in taken]
    each = f"{min(kernels):,.0f}–{max(kernels):,.0f} MB"
    print(f"memory: server {server_mb:,.0f} MB, {len(kernels)} kernels {each}, all {server_mb + sum(kernels):,.0f} MB")


if __name__ == "__main__":
    sys.exit(main())

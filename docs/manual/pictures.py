"""Take the pictures of the manual anew from the running product: ``make pictures``.

A sample office is made in a folder of its own, served as the commands do, and worked with in Chromium.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect, sync_playwright

import restructure
from restructure.cli import main as command

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
WIDTH, HEIGHT = 1180, 900
MOST_BYTES = 150_000
#: A page reads and measures before it is there.
LONG_MS = 300_000
WHO = "สมศรี ใจดี นักวิเคราะห์นโยบายและแผน"
#: A school of the sample, and a host near its children.
SCHOOL, HOST = "1099000022", "1099000021"


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as own, sync_playwright() as playwright:
        fill_gaps()
        folder = Path(own) / "office"
        command(["sample", str(folder)])
        for step in ("check", "audit", "plan"):
            command([step, str(folder)])
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--headless", "--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(LONG_MS)
        expect.set_options(timeout=LONG_MS)
        files(page, folder / "outputs")
        with served(["dashboard", str(folder), "--full"], Path(own)) as address:
            page.goto(address)
            shoot("01-list", page.locator("html"))
            at = f"{address}voila/render"
            settings(page, at)
            data(page, at)
            scenarios(page, at)
            subsidy(page, at)
            drafting(page, at)
            duties(page, at)
        with served(["dashboard", str(folder)], Path(own)) as address:
            page.goto(f"{address}voila/render/03-scenarios.ipynb")
            expect(page.locator("#office-map .school").first).to_be_visible()
            page.wait_for_timeout(2000)
            shoot("12-viewer", page.locator("html"), height=700)
        with served(["lab"], Path(own)) as address:
            page.goto(f"{address}lab/tree/00-start.ipynb")
            expect(page.locator(".jp-Notebook h1")).to_be_visible()
            page.wait_for_timeout(3000)
            shoot("01-lab", page.locator("#main"), height=700)
        browser.close()


def fill_gaps() -> None:
    """Put an empty picture where one is missing: what is served builds the manual with them."""
    PICTURES.mkdir(exist_ok=True)
    for chapter in Path(__file__).parent.glob("*.md"):
        for name in re.findall(r"\(pictures/(.+?)\)", chapter.read_text("utf-8")):
            if not (PICTURES / name).exists():
                Image.new("P", (1, 1)).save(PICTURES / name)


def files(page: Page, outputs: Path) -> None:
    """Look at the maps that are files, each as high as its window."""
    page.set_viewport_size({"width": WIDTH, "height": 760})
    for name, path in (
        ("05-routes", outputs / "audit" / "map.html"),
        ("11-map", outputs / "plan" / "map.html"),
        ("11-public", outputs / "plan" / "public" / "map.html"),
    ):
        page.goto(path.as_uri())
        page.wait_for_timeout(1500)
        shoot(name, page.locator("html"), height=760)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def settings(page: Page, at: str) -> None:
    """Look at the settings and their sources."""
    page.goto(f"{at}/00-start.ipynb")
    head = page.get_by_role("heading", name="ค่าที่ใช้ในรอบนี้และที่มา")
    expect(page.get_by_role("cell", name="วิธีวัดระยะทาง", exact=True)).to_be_visible()
    page.wait_for_timeout(1000)
    shoot("14-settings", head, height=640, onwards=True)


def data(page: Page, at: str) -> None:
    """Look at heads, problems and villages."""
    page.goto(f"{at}/01-data.ipynb")
    expect(page.locator("#accept")).to_be_visible()
    page.wait_for_timeout(2000)
    widgets = page.locator(".restructure")
    shoot("03-mapping", widgets.nth(0), height=620)
    page.locator("#groups button").first.click()
    page.wait_for_timeout(1500)
    shoot("03-doctor", widgets.nth(1), height=700)
    shoot("04-placing", widgets.nth(2), height=760)


def scenarios(page: Page, at: str) -> None:
    """Look at a school, merge it, search, compare and save."""
    page.goto(f"{at}/03-scenarios.ipynb")
    expect(page.locator("#office-map .school").first).to_be_visible()
    expect(page.locator("#start")).to_be_enabled()
    page.wait_for_timeout(1500)
    explore = page.locator("#explore")
    shoot("06-map", explore, height=760)
    page.locator("#hand-school").fill(SCHOOL)
    page.locator("#hand-school").press("Enter")
    expect(page.locator("#card-name")).to_contain_text(SCHOOL)
    page.wait_for_timeout(1500)
    shoot("06-card", explore, height=760)
    page.locator("#tab-merge").click()
    page.locator(f'[data-host="{HOST}"]').hover()
    page.wait_for_timeout(1500)
    shoot("06-merge", explore, height=760)
    page.locator(f"#add-{HOST}").click()
    expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
    page.wait_for_timeout(1500)
    shoot("06-effects", page.locator("#effects-head"), height=420, onwards=True)
    shoot("06-search", page.locator("#search"), height=860, onwards=True)
    shoot("06-compare", page.locator("#plans"), height=760)
    page.locator("#save-name").fill("ทางเลือก ค")
    page.locator("#save-it").click()
    expect(page.locator("#said")).to_be_visible()
    page.wait_for_timeout(1000)
    shoot("06-save", page.locator("#looked"), height=612, onwards=True)


def subsidy(page: Page, at: str) -> None:
    """Certify what is clear, look at a pair, and at the rest of the round."""
    page.goto(f"{at}/04-subsidy.ipynb")
    page.locator("#who-name").fill(WHO)
    page.locator("#work").click()
    expect(page.locator("#working")).to_contain_text(WHO)
    shoot("07-pairs", page.locator("#certify"), height=700)
    page.locator("#accept-clear").click()
    expect(page.locator("#toast")).to_contain_text("รับรองแล้ว")
    page.locator("#filter-state").select_option("check")
    page.locator("#pairs button[id^=look-]").first.click()
    expect(page.locator("#pair")).to_be_visible()
    page.wait_for_timeout(1000)
    page.locator("#hide").click()
    shoot("07-pair", page.locator("#pair"), height=700)
    page.locator("#close-pair").click()
    shoot("08-glance", page.locator("#glance"), height=760)
    shoot("08-rules", page.locator("#rule"), height=800)
    shoot("08-settle", page.locator("#settle"), height=700)
    shoot("08-papers", page.locator("#papers"), height=640)


def drafting(page: Page, at: str) -> None:
    """Look at the steps, the texts and the versions of the plan."""
    page.goto(f"{at}/05-plan.ipynb")
    page.locator("#who-name").fill(WHO)
    page.locator("#work").click()
    page.locator("#step-study-rules").click()
    expect(page.locator("#step")).to_be_visible()
    shoot("10-steps", page.locator("#steps"), height=620)
    shoot("10-step", page.locator("#step"), height=760)
    page.locator("#close-step").click()
    law = page.locator("[id='at-texts/purpose']")
    law.fill("ให้เด็กทุกคนได้เรียนครบชั้นกับครูครบวิชา")
    law.press("Tab")
    expect(page.locator("#toast")).to_contain_text("บันทึกแล้ว")
    page.locator("#hide").click()
    shoot("10-texts", page.locator("#texts"), height=700)
    page.locator("#keep-why").fill("ตัวอย่าง: เสนอที่ประชุม")
    page.locator("#keep").click()
    expect(page.locator("#kept tbody tr")).to_have_count(1)
    law.fill("ให้เด็กทุกคนได้เรียนครบชั้น กับครูครบวิชา และเดินทางปลอดภัย")
    law.press("Tab")
    expect(page.locator("#changes tbody tr").first).to_be_visible()
    page.wait_for_timeout(1000)
    shoot("10-versions", page.locator("#versions"), height=560)


def duties(page: Page, at: str) -> None:
    """Make the year's items, plan some of them, and look at what comes first, the months and a step."""
    page.goto(f"{at}/06-duties.ipynb")
    page.locator("#who-name").fill(WHO)
    page.locator("#work").click()
    expect(page.locator("#working")).to_contain_text(WHO)
    page.locator("#make").click()
    expect(page.locator("#rows tbody tr")).to_have_count(6)
    today = date.today()
    for duty, days in (("lead", -3), ("small-schools", 12), ("monitoring", 75), ("restructuring", 160)):
        page.locator(f"[id^='row-{duty}/']").click()
        expect(page.locator("#item-name")).to_be_visible()
        day = today + timedelta(days=days)
        for field, text in (("owner", WHO), ("due", f"{day.day}/{day.month}/{day.year + 543}")):
            place = page.locator(f"#item-head [id^='at-{field}:{duty}/']")
            place.fill(text)
            place.press("Tab")
            expect(page.locator("#toast")).to_contain_text("บันทึกแล้ว")
            page.locator("#hide").click()
    page.locator("[id^='row-lead/']").click()
    page.locator("#step-group-plan").click()
    expect(page.locator("#step")).to_be_visible()
    page.wait_for_timeout(1000)
    shoot("15-step", page.locator("#item-work"), height=620)
    shoot("15-first", page.locator("#urgent"), height=420)
    page.locator("#by-month").click()
    page.locator("#months button").first.click()
    page.wait_for_timeout(1000)
    shoot("15-months", page.locator("#tables"), height=760)


def shoot(name: str, target: Locator, *, height: int = HEIGHT, onwards: bool = False) -> None:
    """Take what is seen of an element, and of what follows it if told so, and write it with few colours."""
    target.evaluate("(element) => { element.scrollIntoView(); window.scrollBy(0, -8); }")
    target.page.wait_for_timeout(500)
    box = target.bounding_box()
    assert box is not None, name
    left, top = max(0.0, box["x"] - 8), max(0.0, box["y"] - 8)
    wide, tall = (WIDTH - 24 - left, HEIGHT) if onwards else (box["width"] + 16, box["height"] + 16)
    shown = {"x": left, "y": top, "width": min(wide, WIDTH - left), "height": min(tall, height, HEIGHT - top)}
    taken = target.page.screenshot(clip=shown, animations="disabled")
    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    for colours in (128, 64, 32):
        few = picture.quantize(colours, dither=Image.Dither.NONE)
        stream = io.BytesIO()
        few.save(stream, "PNG", optimize=True)
        if stream.tell() < MOST_BYTES:
            break
    (PICTURES / f"{name}.png").write_bytes(stream.getvalue())
    print(f"{name} {picture.width}×{picture.height} {stream.tell() / 1000:.0f} kB, {colours} colours", flush=True)


@contextmanager
def served(arguments: list[str], own: Path) -> Iterator[str]:
    """Serve as a command does, with nothing of this user's own settings; gives the address."""
    config = own / "config"
    config.mkdir(exist_ok=True)
    quiet = {"ServerApp": {"allow_root": True}, "IdentityProvider": {"token": ""}}
    (config / "jupyter_server_config.json").write_text(json.dumps(quiet))
    news = own / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    news.parent.mkdir(parents=True, exist_ok=True)
    news.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    env = os.environ | {
        "BROWSER": "true",  # which opens nothing
        "PYTHONPATH": str(Path(restructure.__file__).parents[1]),
        "JUPYTERLAB_SETTINGS_DIR": str(own / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(own / "workspaces"),
        **{f"JUPYTER_{name}_DIR": str(own / name.lower()) for name in ("CONFIG", "RUNTIME", "DATA")},
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "restructure.cli", *arguments],
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        yield next(found[1] for line in server.stdout if (found := re.search(r"(http://127\.0\.0\.1:\d+/)", line)))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()

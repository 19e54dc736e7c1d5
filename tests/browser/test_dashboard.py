"""The dashboard in real Chromium with the network cut: what a committee member sees, and what they cannot do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import serving
from playwright.sync_api import Browser, Page, expect
from small_office import files_in

PASSWORD = "มะม่วงสุกเจ็ดลูก"
OPEN_MS = 300_000
SCHOOLS = ("1099000022", "1099000104")
SMALLEST = """() => Math.min(...[...document.querySelectorAll("body *:not(script):not(style)")]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
  .map((e) => parseFloat(getComputedStyle(e).fontSize)))"""


@pytest.fixture(scope="module")
def served(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, int]]:
    folder = Path(shutil.copytree(sample, tmp_path_factory.mktemp("viewed") / "office"))
    before = files_in(folder)
    with serving.dashboard(folder) as (address, pid):
        yield address, folder, pid
    assert files_in(folder) == before, "who looks writes nothing"


def shown(page: Page) -> None:
    expect(page.locator("#where")).to_be_visible(timeout=OPEN_MS)


def kernels(pid: int) -> int:
    return len(psutil.Process(pid).children())


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_index(browser: Browser, served: tuple[str, Path, int], width: int, height: int) -> None:
    address, *_ = served
    with serving.opened(browser, address, width, height) as page:
        expect(page.locator("h1")).to_have_text("สำนักงานเขตพื้นที่การศึกษาประถมศึกษาสมมุติ เขต 1 (ข้อมูลสมมุติ)")
        expect(page.locator("html")).to_have_attribute("lang", "th")
        expect(page.locator("#mode")).to_contain_text("บันทึกไม่ได้")
        links = page.get_by_role("list").get_by_role("link")
        expect(links).to_have_count(7)
        assert page.evaluate(SMALLEST) >= 16
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for link in links.all():
            name = str(link.get_attribute("href")).rpartition("/")[2]
            assert (Path(__file__).parents[2] / "notebooks" / name).is_file()


def test_a_page_and_the_way_back(browser: Browser, served: tuple[str, Path, int]) -> None:
    address, _, pid = served
    with serving.opened(browser, address) as page:
        page.get_by_role("link", name="รอบปีงบประมาณนี้").click()
        shown(page)
        expect(page.locator("#where")).to_contain_text("ดูอย่างเดียว")
        expect(page.get_by_role("cell", name="option-a")).to_be_visible(timeout=OPEN_MS)
        expect(page.locator("body")).not_to_contain_text("show_faults")
        assert kernels(pid) == 1
        page.get_by_role("link", name="หน้ารวม").click()
        expect(page.locator("h1")).to_be_visible()
        # Who leaves a page leaves no kernel behind.
        for _ in range(100):
            if not kernels(pid):
                break
            page.wait_for_timeout(200)
        assert kernels(pid) == 0


@pytest.mark.soak
def test_a_page_that_has_ended_says_so(browser: Browser, served: tuple[str, Path, int]) -> None:
    address, *_ = served
    page = browser.new_page()
    page.goto(f"{address}voila/render/00-start.ipynb", timeout=OPEN_MS)
    shown(page)
    status = page.evaluate(
        """() => {
          const { kernelId } = JSON.parse(document.getElementById("jupyter-config-data").textContent);
          const token = document.cookie.match(/_xsrf=([^;]*)/)[1];
          const asked = { method: "DELETE", headers: { "X-XSRFToken": token } };
          return fetch(`/api/kernels/${kernelId}`, asked).then((answer) => answer.status);
        }"""
    )
    assert status == 204
    expect(page.locator("#ended")).to_contain_text("เปิดหน้านี้ใหม่", timeout=40_000)
    page.close()


def test_no_traceback_from_a_broken_folder(browser: Browser, sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    with serving.dashboard(folder) as (address, _):
        (folder / "inputs" / "schools.csv").unlink()
        with serving.opened(browser, f"{address}voila/render/00-start.ipynb") as page:
            shown(page)
            expect(page.get_by_role("alert").filter(has_text="schools")).to_be_visible(timeout=OPEN_MS)
            page.wait_for_timeout(3000)  # for what comes after it
            expect(page.locator(".restructure-fault")).to_have_count(1)
            for word in ("Traceback", "TableError", "cycle.py", "site-packages", "There was an error"):
                assert word not in page.content()
        page = browser.new_page()  # which may log what is not found
        assert page.goto(f"{address}voila/render/nothing.ipynb").status == 404  # type: ignore[union-attr]
        expect(page.locator("h1")).to_have_text("ไม่มีหน้านี้")
        page.close()


def test_signing_in(browser: Browser, sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    with serving.dashboard(folder, "--ip=0.0.0.0", password=PASSWORD) as (address, _):
        page = browser.new_page()
        for path in ("", "voila/render/00-start.ipynb", "voila/tree/"):
            page.goto(address + path)
            expect(page.get_by_label("รหัสผ่าน")).to_be_visible()
        assert page.request.get(f"{address}voila/api/contents").status == 403
        page.get_by_label("รหัสผ่าน").fill("มะม่วงดิบ")
        page.get_by_role("button", name="เข้าดู").click()
        expect(page.get_by_role("alert")).to_contain_text("รหัสผ่านไม่ถูกต้อง")
        assert page.evaluate(SMALLEST) >= 16
        page.get_by_label("รหัสผ่าน").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#mode")).to_be_visible()
        page.goto(f"{address}voila/render/00-start.ipynb", timeout=OPEN_MS)
        shown(page)
        page.close()


@pytest.mark.soak
def test_two_viewers_do_not_see_each_other(browser: Browser, served: tuple[str, Path, int]) -> None:
    """Each merges a school of their own; neither can save."""
    address, *_ = served
    url = f"{address}voila/render/03-scenarios.ipynb"
    with serving.opened(browser, url) as one, serving.opened(browser, url) as other:
        for page, school in ((one, SCHOOLS[0]), (other, SCHOOLS[1])):
            expect(page.locator("#hand-school")).to_be_visible(timeout=OPEN_MS)
            page.locator("#hand-school").fill(school)
            page.locator("#hand-school").press("Enter")
            page.locator("#tab-merge").click(timeout=OPEN_MS)
            page.locator("#hosts button[id^=add-]:enabled").first.click(timeout=OPEN_MS)
            expect(page.locator("#hand-merges tbody tr")).to_have_count(1, timeout=OPEN_MS)
            expect(page.locator("#hand-merges tbody")).to_contain_text(school)
        expect(one.locator("#hand-merges")).not_to_contain_text(SCHOOLS[1])
        one.locator("#save-name").fill("ของฉัน")
        one.locator("#save-it").click()
        expect(one.locator("#error")).to_contain_text("JupyterLab")

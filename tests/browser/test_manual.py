"""The manual in real Chromium: as a file, and by a click from a notebook in JupyterLab and from the dashboard."""

from __future__ import annotations

from pathlib import Path

import browsing
import pytest
import serving
from playwright.sync_api import Browser, Page, expect

from restructure.manual import write_manual

OPEN_MS = 120_000


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_as_a_file(browser: Browser, tmp_path: Path, width: int, height: int) -> None:
    path = tmp_path / "manual.html"
    write_manual(path)
    with browsing.opened(browser, path, width, height) as page:
        expect(page.locator("html")).to_have_attribute("lang", "th")
        assert browsing.smallest_text(page) >= 16
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("[...document.images].every((i) => i.complete && i.naturalWidth > 100)")
        page.get_by_role("navigation").get_by_role("link", name="ระยะทาง: อ่าน").click()
        expect(page.locator("[id='05-distances'] h1")).to_be_in_viewport()


def leads_to(page: Page, name: str, anchor: str) -> None:
    """A click opens the chapter beside the page, which stays as it is."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name=name).first.click(timeout=OPEN_MS)
    chapter = opened.value
    assert chapter.url.endswith(f"/static/manual.html#{anchor}")
    expect(chapter.locator(f"[id='{anchor}'] h1")).to_be_in_viewport()
    chapter.close()


def test_from_the_dashboard(browser: Browser, sample: Path) -> None:
    with serving.dashboard(sample) as (address, _), serving.opened(browser, address) as page:
        with page.expect_popup() as opened:
            page.get_by_role("link", name="คู่มือผู้ใช้").click()
        expect(opened.value.get_by_role("navigation")).to_contain_text("ทางเลือกและแผนที่")
        page.get_by_role("link", name="รอบปีงบประมาณนี้").click()
        leads_to(page, "คู่มือ: ติดตั้งและเปิดโปรแกรม", "01-install")


def test_from_jupyterlab(browser: Browser, tmp_path: Path) -> None:
    with (
        serving.own_lab(tmp_path) as address,
        serving.opened(browser, f"{address}lab/tree/03-scenarios.ipynb") as page,
    ):
        leads_to(page, "คู่มือ: ทางเลือกและแผนที่", "06-scenarios")

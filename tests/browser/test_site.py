"""The report site in real Chromium, from its folder and with the network cut: search, links, sizes, print."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import browsing
import pytest
from playwright.sync_api import Browser, Page, expect
from small_office import write_small_office
from test_site import ISSUE, POLICY, choose
from test_smallpublic import publish

from restructure.cycle import measure, open_cycle
from restructure.dutyacts import make_items, record_result
from restructure.site.writing import write_site
from restructure.smallschools import small_schools

#: Text that stands out too little (WCAG AA): as the one for widgets, of a whole page.
FAINT = browsing.FAINT.replace(
    'document.querySelector(".restructure").shadowRoot.querySelectorAll("#widget *:not(option)")',
    'document.querySelectorAll("body *:not(option):not(script)")',
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_office(
        tmp_path_factory.mktemp("site") / "2570", villages="V 1000", policy=POLICY,
        schools="\n".join(f"{code} {900 * place} P1-P6" for place, code in enumerate("ABCDEFGH")),
        students="\n".join(f"{code} P1 V {9 + 12 * place}" for place, code in enumerate("ABCDEFGH")),
    )  # fmt: skip
    path = folder / "collections" / "plan-1" / "issue.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(ISSUE, "utf-8")
    make_items(folder, "สมศรี ใจดี", {"inspection": ["รอบที่ 1"]})
    record_result(folder, "สมศรี ใจดี", "inspection/รอบที่ 1", "ตรวจนํ้าดื่มครบทุกโรงเรียน ๑๒๕ แห่ง")
    public = folder / "outputs" / "small-schools" / "public"
    public.parent.mkdir(parents=True)
    publish(small_schools(measure(open_cycle(folder))), public)
    choose(folder, """\
about: แนะนำ
indicators: [{level: สพฐ., thai: ตัวชี้วัดหนึ่ง, result: ผล}]
duties: [inspection/รอบที่ 1]
collections: [{name: plan-1, level: กระทรวง}]
small_schools: true
""")  # fmt: skip
    return write_site(folder, lambda one: measure(open_cycle(one))).folder


@contextmanager
def opened(
    browser: Browser, site: Path, file: str = "index.html", width: int = 1366, height: int = 768
) -> Iterator[Page]:
    """Open a page of the site; an error in its console or a request for what is not in the folder fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: (errors.append("dialog"), dialog.dismiss()))
    page.on("request", lambda r: None if r.url.startswith((site.as_uri(), "data:")) else errors.append(r.url))
    page.goto((site / file).as_uri())
    yield page
    context.close()
    assert errors == []


def test_search_finds_a_school_and_a_duty(browser: Browser, site: Path) -> None:
    with opened(browser, site) as page:
        box, found = page.get_by_label("ค้นหาในเว็บไซต์นี้"), page.locator("#found li")
        expect(found).to_have_count(0)
        box.fill("โรงเรียนc")
        expect(found).to_have_count(1)
        expect(page.get_by_role("status")).to_have_text("พบ 1 แห่ง")
        found.get_by_role("link").click()
        assert page.url.startswith((site / "small-schools.html").as_uri() + "#")
        expect(page.locator(":target")).to_contain_text("โรงเรียนC (C)")
        expect(page.locator(":target")).to_be_in_viewport()
        # Of words each has to be there; a run of letters within a word is enough.
        box.fill("ตรวจราช รอบที่ 1 ผล")
        assert "ผลงานตามหน้าที่" in " ".join(found.all_inner_texts())
        box.fill("ไม่มีคำนี้")
        expect(page.get_by_role("status")).to_contain_text("ไม่พบ")
        # SARA AM typed in one letter, Arabic digits: the page has it otherwise.
        for typed in ("น้ำดื่ม", "125 แห่ง", "๑๒๕"):
            box.fill(typed)
            expect(found).to_have_count(1)
        box.fill("<img src=x")
        expect(found.first).to_be_visible()
        assert page.locator("img").count() == 0
        found.get_by_role("link").first.click()
        expect(page.locator(":target")).to_be_visible()


def test_every_menu_entry_opens(browser: Browser, site: Path) -> None:
    with opened(browser, site) as page:
        menu = page.get_by_role("navigation").get_by_role("link")
        names = menu.all_inner_texts()
        assert names == ["หน้าแรก", "ตัวชี้วัด", "ผลงานตามหน้าที่", "ผลการติดตาม", "โรงเรียนขนาดเล็ก"]
        for name in names:
            page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
            expect(page.get_by_role("navigation").locator("[aria-current]")).to_have_text(name)
            assert page.evaluate("document.fonts.check('16px Sarabun', 'ก') && document.fonts.size") == 2
        page.goto((site / "collections.html").as_uri())
        page.locator("main").get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("ติดตามแผน")


@pytest.mark.parametrize("width", [390, 1366])
def test_readable_on_a_telephone_and_a_projector(browser: Browser, site: Path, width: int) -> None:
    for path in sorted(site.glob("*.html")):
        with opened(browser, site, path.name, width) as page:
            page.get_by_label("ค้นหาในเว็บไซต์นี้").fill("แห่ง")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path.name
            assert browsing.smallest_text(page) >= 16, path.name
            assert page.evaluate(FAINT) == [], path.name
            expect(page.locator(".badge")).to_have_text("ข้อมูลสมมุติ")


def test_on_paper_there_is_no_search(browser: Browser, site: Path) -> None:
    with opened(browser, site, "small-schools.html") as page:
        page.emulate_media(media="print")
        expect(page.locator("search")).to_be_hidden()
        expect(page.get_by_role("navigation")).to_have_count(0)
        expect(page.locator(".badge")).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_be_visible()

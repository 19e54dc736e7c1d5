"""The page of routes in real Chromium with the network cut: what a person chooses, reads and prints."""

from __future__ import annotations

import io
from pathlib import Path

import pypdf
import pytest
from browsing import opened, smallest_text
from playwright.sync_api import Browser, expect
from test_maps import HOSTILE
from test_routemap import Office, drawn_office, sample_routes, shapes, write  # noqa: F401

#: Text that is cut off by its own box, or too faint for its ground (WCAG AA).
UNREADABLE = """() => {
  const parse = (css) => css.match(/[\\d.]+/g).map(Number);
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (colour) => colour.slice(0, 3).map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *:not(script):not(style):not(option)")]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .filter((e) => e.checkVisibility() && !e.disabled)
    .filter((e) => {
      const style = getComputedStyle(e);
      const [a, b] = [light(parse(style.color)), light(ground(e))].sort((x, y) => y - x);
      const over = e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1;
      const cut = over && style.overflow !== "visible";
      return (a + 0.05) / (b + 0.05) < 4.5 || cut || parseFloat(style.lineHeight) < 1.3 * parseFloat(style.fontSize);
    }).map((e) => e.outerHTML.slice(0, 120));
}"""


@pytest.fixture(scope="module")
def sample_page(sample_routes: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    return write(sample_routes, tmp_path_factory.mktemp("routes") / "routes.html")


@pytest.fixture(scope="module")
def drawn_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    return write(drawn_office(folder), folder / "routes.html", **shapes())


def test_a_link_opens_its_route(browser: Browser, drawn_page: Path) -> None:
    with opened(browser, drawn_page, at="#1/2") as page:
        card = page.locator("#card")
        expect(card.locator("h2")).to_have_text("บ้านหนึ่ง → ร.ร.วัดป่าช้าที่น้ำผึ้ง")
        for part in (
            "5.000 กม.",
            "ช่วงที่ 2 · 15 บาท/วัน",
            "9 คน",
            "60.0%",
            "20.0%",
            "40 ม.",
            "30 ม.",
            "7.162 กม. (+2,162 ม.)",
        ):
            expect(card).to_contain_text(part)
        legs = page.locator("#legs li")
        expect(legs).to_have_text(["ถนนสายหนึ่ง2,000 ม.", "ทางเกวียนทางเกวียน1,000 ม.", "ถนนเชื่อมตำบลลูกรัง2,000 ม."])
        for part, count in ((".chosen", 1), (".around", 1), (".stretch", 2), (".foot", 2)):
            expect(page.locator(f".leaflet-strong-pane {part}")).to_have_count(count)
        expect(page.locator(".leaflet-tooltip.place")).to_have_count(2)
        page.evaluate("location.hash = '#2/1'")
        expect(card.locator(".total")).to_have_text("2.000 กม.")
        page.locator("#next").click()
        assert page.evaluate("location.hash") != "#2/1"


def test_a_village_without_a_way(browser: Browser, drawn_page: Path) -> None:
    with opened(browser, drawn_page, at="#4/2") as page:
        expect(page.locator("#card .total")).to_have_text("ไม่มีทางรถ")
        expect(page.locator(".leaflet-strong-pane .chosen")).to_have_count(0)
    with opened(browser, drawn_page, at="#5/2") as page:
        expect(page.locator("#card")).to_contain_text("ไม่ทราบ")


def test_a_link_beats_a_filter(browser: Browser, drawn_page: Path) -> None:
    with opened(browser, drawn_page) as page:
        page.locator("#query").fill("ไม่มีชื่อนี้")
        expect(page.locator("#count")).to_have_text("ไม่พบ")
        page.evaluate("location.hash = '#2/1'")
        expect(page.locator("#card .total")).to_have_text("2.000 กม.")
        expect(page.locator("#query")).to_have_value("")


def test_search_sort_and_filter(browser: Browser, sample_page: Path, sample_routes: Office) -> None:  # noqa: F811
    routes = sample_routes.routes
    with opened(browser, sample_page) as page:
        rows = page.locator("#list li")
        expect(rows).to_have_count(len(routes))
        row = routes.iloc[0]
        page.locator("#query").fill(row["village_id"])
        expect(rows).to_have_count(int((routes["village_id"] == row["village_id"]).sum()))
        page.keyboard.press("Enter")
        expect(page.locator("#card h2")).to_contain_text(row["village"])
        page.locator("#query").fill("")
        page.locator("#sort").select_option("pupils")
        expect(rows.first).to_contain_text(f"{routes['pupils'].max()} คน")
        page.locator("#sort").select_option("near")
        expect(rows.first).to_contain_text(f"{routes['road_m'].min() / 1000:.3f} กม.")
        lost = routes["state"].str.contains("ไม่มีทางรถ").sum()
        page.get_by_role("button", name="ไม่มีทางรถ").click()
        expect(rows).to_have_count(int(lost))
        page.get_by_role("button", name="ไม่มีทางรถ").click()
        expect(rows).to_have_count(len(routes))


def test_by_keyboard(browser: Browser, sample_page: Path) -> None:
    with opened(browser, sample_page) as page:
        page.locator("#query").focus()
        page.keyboard.press("ArrowDown")
        expect(page.locator("#list")).to_be_focused()
        for keys, number in (("ArrowDown ArrowDown", 3), ("ArrowUp", 2), ("End", 0), ("Home", 1)):
            for key in keys.split():
                page.keyboard.press(key)
            if number:
                expect(page.locator("#place")).to_contain_text(f"{number} /")
            chosen = page.locator('#list li[aria-selected="true"]')
            expect(chosen).to_have_count(1)
            expect(chosen).to_be_in_viewport()
            assert page.locator("#list").get_attribute("aria-activedescendant") == chosen.get_attribute("id")
        page.keyboard.press("Enter")
        expect(page.locator("#card")).to_be_focused()
        page.locator("#next").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#next")).to_be_focused()
        expect(page.locator("#place")).to_contain_text("2 /")


def test_a_thin_route_is_chosen_on_the_map(browser: Browser, drawn_page: Path) -> None:
    with opened(browser, drawn_page, at="#1/2") as page:
        box = page.locator(".leaflet-strong-pane .chosen").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2)
        expect(page.locator("#card h2")).not_to_have_text("")


def test_closures_and_links_switch(browser: Browser, drawn_page: Path) -> None:
    with opened(browser, drawn_page, at="#1/2") as page:
        page.locator("#key summary").click()
        closures = page.locator(".leaflet-closures-pane .closure")
        expect(closures).to_have_count(1)
        page.locator(".end.leaflet-interactive").last.focus()
        expect(page.locator(".leaflet-tooltip", has_text="ปิด:")).to_have_count(1)
        page.get_by_label("ทางปิด", exact=True).uncheck()
        expect(closures).to_have_count(0)
        expect(page.locator(".leaflet-tooltip.gap")).to_have_text("42 ม.")
        page.get_by_label("ถนนที่อาจขาด").uncheck()
        expect(page.locator(".link")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (390, 844)])
def test_it_is_read_from_the_back_of_the_room(browser: Browser, sample_page: Path, width: int, height: int) -> None:
    with opened(browser, sample_page, width, height) as page:
        expect(page.locator("#synthetic")).to_have_text("ข้อมูลสมมุติ")
        for part in ("ยังไม่รับรอง", "ข้อมูลถนน ณ 1 ตุลาคม 2569", "ห้ามเผยแพร่"):
            expect(page.locator("footer")).to_contain_text(part)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert smallest_text(page) >= 16
        assert page.evaluate("document.fonts.check('16px Sarabun')")
        assert page.evaluate(UNREADABLE) == []
        drawn = page.evaluate(
            """() => [...document.querySelectorAll("canvas")].map((canvas) =>
                canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0))"""
        )
        assert drawn == [True, True]
        for label in page.locator(".leaflet-tooltip.place").all():
            box, stage = label.bounding_box(), page.locator("#map").bounding_box()
            assert box is not None
            assert stage is not None
            assert box["x"] >= stage["x"]
            assert box["x"] + box["width"] <= stage["x"] + stage["width"]


@pytest.mark.parametrize("count", [1, 24, 40, 90])
def test_a_route_prints_on_one_page(browser: Browser, tmp_path: Path, count: int) -> None:
    office = drawn_office(tmp_path)
    place = office.routes.index[office.routes["village_id"].eq("1")][0]
    office.routes.at[place, "roads"] = [
        {"name": f"ถนนสายที่ {i}", "road_class": "tertiary", "unpaved": i % 2 == 0, "road_m": 55} for i in range(count)
    ]
    office.routes["note"] = "อาจเปลี่ยนช่วง 4,900–5,100 ม."
    path = write(office, tmp_path / "routes.html", **shapes())
    for width, height in ((1366, 768), (1920, 1080)):
        with opened(browser, path, width, height, at="#1/2") as page:
            pdf = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
        assert len(pdf.pages) == 1
        assert float(pdf.pages[0].mediabox[3]) == pytest.approx(842, abs=1)
        assert "5.000" in pdf.pages[0].extract_text()


def test_hostile_names_stay_text(browser: Browser, tmp_path: Path) -> None:
    path = write(drawn_office(tmp_path, HOSTILE), tmp_path / "routes.html", title=HOSTILE, **shapes())
    with opened(browser, path, at="#2/1") as page:
        expect(page.locator("h1")).to_contain_text("</script><img src=x onerror=alert(1)>")
        expect(page.locator("#card h2")).to_contain_text("<img src=x onerror=alert(1)>")
        page.locator("#query").fill("<img")
        expect(page.locator("#list li")).to_have_count(2)
        for mark in page.locator(".end.leaflet-interactive").all():
            mark.dispatch_event("mouseover")
        assert page.locator("img").count() == 0
        expect(page.get_by_role("link", name="© OpenStreetMap contributors")).to_have_attribute(
            "href", "https://www.openstreetmap.org/copyright"
        )


def test_no_routes(browser: Browser, tmp_path: Path) -> None:
    office = drawn_office(tmp_path)
    office.routes = office.routes.iloc[:0]
    with opened(browser, write(office, tmp_path / "routes.html")) as page:
        expect(page.locator("#card")).to_have_text("ไม่มีเส้นทางให้แสดง")
        page.evaluate("location.hash = '#1/2'")

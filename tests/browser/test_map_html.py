"""The web map in real Chromium with the network cut: what a person clicks, reads and sees."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from browsing import opened, smallest_text
from drawn import place
from playwright.sync_api import Browser, expect
from test_maps import HOSTILE, SMALL, drawn_plan, sample_plan  # noqa: F401

from restructure.plan import Plan
from restructure.public import public_figures
from restructure.webmap import write_map_html, write_public_map


@pytest.fixture(scope="module")
def sample_page(sample_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    path = tmp_path_factory.mktemp("map") / "map.html"
    write_map_html(sample_plan, path)
    return path


def test_a_school_shows_its_numbers(browser: Browser, sample_page: Path, sample_plan: Plan) -> None:  # noqa: F811
    move = sample_plan.moves.loc[sample_plan.moves["max_m"].idxmax()]
    with opened(browser, sample_page) as page:
        page.locator(f'.school[data-school="{move["school_id"]}"]').click()
        card = page.locator("#card")
        expect(card.locator("h2")).to_have_text(move["school_name"])
        for part in (
            move["host_name"],
            f"{move['pupils']} คน",
            f"{move['max_m'] / 1000:.3f} กม.",
            f"{move['baht']:,} บาทต่อปี",
        ):
            expect(card).to_contain_text(part)
        messages = sample_plan.outcome.warnings.query("school_id == @move.school_id")["message"]
        expect(card.locator(".warn")).to_have_text(messages.tolist())


def test_a_host_by_keyboard(browser: Browser, sample_page: Path, sample_plan: Plan) -> None:  # noqa: F811
    host = sample_plan.moves["host_id"].iloc[0]
    with opened(browser, sample_page) as page:
        page.locator(f'.school[data-school="{host}"]').focus()
        page.keyboard.press("Enter")
        expect(page.locator("#card")).to_contain_text(sample_plan.moves["school_name"].iloc[0])


def test_search_finds_schools_and_villages(browser: Browser, sample_page: Path, sample_plan: Plan) -> None:  # noqa: F811
    way = sample_plan.ways.iloc[0]
    with opened(browser, sample_page) as page:
        page.locator("#query").fill(way["village_id"])
        page.locator("#found button").first.click()
        card = page.locator("#card")
        expect(card.locator("h2")).to_have_text(f"หมู่บ้าน {way['village']}")
        expect(card).to_contain_text(f"{way['road_m'] / 1000:.3f} กม.")
        page.locator("#query").fill(sample_plan.tables["schools"]["name"].iloc[0])
        page.keyboard.press("Enter")
        expect(card.locator("h2")).to_have_text(sample_plan.tables["schools"]["name"].iloc[0])
        page.locator("#query").fill("ไม่มีชื่อนี้")
        expect(page.locator("#found")).to_have_text("ไม่พบ")


def test_layers_and_states_switch(browser: Browser, sample_page: Path, sample_plan: Plan) -> None:  # noqa: F811
    schools = len(sample_plan.tables["schools"])
    with opened(browser, sample_page) as page:
        marks = page.locator(".school")
        expect(marks).to_have_count(schools)
        box = page.get_by_label("โรงเรียน", exact=True)
        box.focus()
        page.keyboard.press("Space")
        expect(marks).to_have_count(0)
        page.get_by_label("ก่อนแผนนี้").check()
        box.check()
        expect(marks).to_have_count(schools)
        expect(page.locator("#legend")).not_to_contain_text("โรงเรียนหลักตามแผนนี้")
        page.get_by_label("หลังแผนนี้").check()
        expect(page.locator("#legend")).to_contain_text("โรงเรียนหลักตามแผนนี้")
        expect(page.locator(".move")).to_have_count(len(sample_plan.moves))
        page.get_by_label("การย้าย", exact=True).uncheck()
        expect(page.locator(".move")).to_have_count(0)


def test_a_move_lights_its_ways(browser: Browser, sample_page: Path, sample_plan: Plan) -> None:  # noqa: F811
    move = sample_plan.moves[sample_plan.moves["unreachable"] == 0].iloc[0]
    count = len(sample_plan.ways.query("school_id == @move.school_id and host_id == @move.host_id"))
    with opened(browser, sample_page) as page:
        button = page.locator("#moves button").nth(int(move.name))
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        lit = page.locator('.leaflet-ways-pane path[stroke-opacity="1"]')
        expect(lit).to_have_count(count)
        page.locator("#clear").click()
        expect(lit).to_have_count(0)


def test_before_the_plan_those_who_move_go_their_former_ways(browser: Browser, sample_page: Path) -> None:
    with opened(browser, sample_page) as page:
        former, ways, moves = (page.locator(path) for path in (".former", ".leaflet-ways-pane path", ".move"))
        expect(former).to_have_count(0)
        assert ways.count() > 0
        page.get_by_label("ก่อนแผนนี้").check()
        expect(ways).to_have_count(0)
        expect(moves).to_have_count(0)
        assert former.count() > 0
        page.get_by_label("เส้นทางก่อนย้าย").uncheck()
        expect(former).to_have_count(0)


def test_far_children_are_counted_before_and_after(
    browser: Browser,
    sample_page: Path,
    sample_plan: Plan,  # noqa: F811
) -> None:
    # By another way than the map's: each row of the subsidy, to its host and to the school that it leaves.
    paid = sample_plan.outcome.subsidy
    metres = sample_plan.distances.set_index(["village_id", "school_id"])[["road_m", "minutes"]]

    def beyond(school: str, column: str, over: int) -> tuple[int, int]:
        rows = paid.join(metres[column].rename("way"), on=["village_id", school])
        rows = rows[rows["way"].gt(over).fillna(False)]
        return int(rows["pupils"].sum()), rows["village_id"].nunique()

    with opened(browser, sample_page) as page:
        told = page.locator("#beyond")
        for label, column, over in (("เกิน 6 กม.", "road_m", 6000), ("เกิน 30 นาที", "minutes", 30)):
            page.get_by_label("วงสีแดง").select_option(label)
            expect(page.get_by_label("เดินทางไกล", exact=True)).to_be_checked()
            for word, school in (("ก่อน", "school_id"), ("หลัง", "host_id")):
                pupils, villages = beyond(school, column, over)
                expect(told).to_contain_text(f"{word} {pupils:,} คน จาก {villages:,} หมู่บ้าน")
        movers = told.inner_text()
        page.get_by_label("เฉพาะผู้ที่ย้ายตามแผนนี้").uncheck()
        assert told.inner_text() != movers


def test_a_village_lights_its_own_ways(browser: Browser, sample_page: Path, sample_plan: Plan) -> None:  # noqa: F811
    village = sample_plan.ways["village_id"].iloc[0]
    count = int((sample_plan.ways["village_id"] == village).sum())
    with opened(browser, sample_page) as page:
        page.locator("#query").fill(village)
        page.keyboard.press("Enter")
        lit = page.locator('.leaflet-ways-pane path[stroke-opacity="1"]')
        expect(lit).to_have_count(count)
        page.locator("#card .close").click()
        expect(lit).to_have_count(0)


def test_closed_roads_say_why_and_when(browser: Browser, tmp_path: Path) -> None:
    lat, lon = place(2000, 0)
    closures = gpd.GeoDataFrame(
        {
            "closure_id": ["ปิด-1"],
            "from": ["2026-11-05"],
            "to": ["2026-11-18"],
            "reason": ["<img src=x onerror=alert(1)>"],
        },
        geometry=[shapely.LineString([(lon, lat), (lon + 0.01, lat)])],
        crs="EPSG:4326",
    )
    path = tmp_path / "map.html"
    write_map_html(drawn_plan(tmp_path, [SMALL], '=HYPERLINK("http://x.example","y")'), path, closures)
    with opened(browser, path) as page:
        mark = page.locator(".closure-mark")
        mark.focus()
        page.keyboard.press("Enter")
        for text in ("ถนนปิด ปิด-1", "<img src=x onerror=alert(1)>", "ตั้งแต่ 5 พฤศจิกายน 2569 ถึง 18 พฤศจิกายน 2569"):
            expect(page.locator("#card")).to_contain_text(text)
        page.locator("#query").fill("=hyper")
        page.locator("#found button").first.click()
        expect(page.locator("#card h2")).to_have_text('=HYPERLINK("http://x.example","y")')
        assert page.locator("img").count() == page.locator("a[href*='x.example']").count() == 0
        page.get_by_label("ถนนปิด", exact=True).uncheck()
        expect(mark).to_have_count(0)


def test_the_public_page(browser: Browser, sample_plan: Plan, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "map.html"
    figures = public_figures(sample_plan)
    write_public_map(sample_plan, figures, path)
    told = figures.merges["pupils"]
    assert told.isna().any()
    assert told.notna().any()
    with opened(browser, path) as page:
        expect(page.locator("footer")).to_contain_text("ฉบับเผยแพร่")
        expect(page.locator("footer")).not_to_contain_text("ห้ามเผยแพร่")
        expect(page.locator("#far")).to_be_hidden()
        baht = figures.office.set_index("key").loc["baht_per_year"]
        money = "ปกปิด" if pd.isna(baht["value"]) else f"{baht['value']:,} บาท"
        expect(page.locator("#summary")).to_contain_text(f"· {baht['item']} {money}")
        expect(page.locator("#moves li")).to_have_count(len(told))
        for i, pupils in enumerate(told):
            said = "ปกปิด" if pd.isna(pupils) else f"{pupils:,} คน"
            expect(page.locator("#moves li").nth(i)).to_contain_text(f"· {said}")
            expect(page.locator("#moves li").nth(i)).not_to_contain_text("บาท")
        page.locator("#moves button").first.click()
        page.locator(f'.school[data-school="{figures.merges["host_id"].iloc[0]}"]').click()
        expect(page.locator("#card")).to_contain_text("นักเรียนที่มาเรียน")
        village = set(sample_plan.ways["village_id"]) - set(figures.villages["village_id"])
        page.locator("#query").fill(min(village))
        page.keyboard.press("Enter")
        expect(page.locator("#card h2")).to_contain_text("หมู่บ้าน")
        expect(page.locator("#card")).not_to_contain_text("คน")
        page.get_by_label("ก่อนแผนนี้").check()
        expect(page.locator(".move")).to_have_count(0)
        assert smallest_text(page) >= 16


def test_what_every_page_says(browser: Browser, sample_page: Path) -> None:
    with opened(browser, sample_page) as page:
        expect(page.locator("html")).to_have_attribute("lang", "th")
        expect(page.locator("#synthetic")).to_have_text("ข้อมูลสมมุติ")
        for part in ("ยังไม่รับรอง", "ข้อมูลถนน ณ 1 ตุลาคม 2569", "ห้ามเผยแพร่"):
            expect(page.locator("footer")).to_contain_text(part)
        drawn = page.evaluate(
            """() => [...document.querySelectorAll("canvas")].map((canvas) =>
                canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0))"""
        )
        assert drawn == [True, True]
        assert page.evaluate("document.fonts.check('16px Sarabun')")
        assert smallest_text(page) >= 16


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (390, 844)])
def test_nothing_sticks_out(browser: Browser, sample_page: Path, width: int, height: int) -> None:
    with opened(browser, sample_page, width, height) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        box = page.locator("#map").bounding_box()
        assert box is not None
        assert box["width"] > 0.65 * width
        assert box["height"] > 0.55 * height


def test_hostile_names_stay_text(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    write_map_html(drawn_plan(tmp_path, [SMALL], HOSTILE), path)
    with opened(browser, path) as page:
        expect(page.locator("h1")).to_contain_text("</script><img src=x onerror=alert(1)>")
        page.locator('.school[data-school="1"]').hover()
        expect(page.locator(".leaflet-tooltip")).to_contain_text("<img src=x")
        page.locator('.school[data-school="1"]').click()
        expect(page.locator("#card h2")).to_contain_text("<img src=x onerror=alert(1)>")
        page.locator("#query").fill("<img")
        expect(page.locator("#found button")).to_have_count(2)
        assert page.locator("img").count() == 0
        expect(page.get_by_role("link", name="© OpenStreetMap contributors")).to_have_attribute(
            "href", "https://www.openstreetmap.org/copyright"
        )


def test_nothing_moves(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    write_map_html(drawn_plan(tmp_path, []), path)
    with opened(browser, path) as page:
        expect(page.locator("#none")).to_be_visible()
        expect(page.locator(".school")).to_have_count(3)

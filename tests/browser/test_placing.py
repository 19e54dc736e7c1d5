"""Villages are placed in the real page: by keys, by the mouse, by typing; what is kept is read from the folder."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from serving import lab, notebook, opened, run_cell, voila

from restructure.corrections import read_corrections
from restructure.roads import GEOD

#: Of the sample's villages, every third has no point; the road file names those of an even number only.
CELL = """
from pathlib import Path
import pandas as pd
from restructure.cycle import open_cycle
from restructure.places import read_places
from restructure.widgets.placing import Placing, placing_widget

folder, kept = Path({folder!r}), Path({kept!r})
cycle = open_cycle(folder)
villages, raw = cycle.tables["villages"].copy(), cycle.tables["villages"]
hidden = villages.index % 3 == 0
villages.loc[hidden, ["lat", "lon"]] = float("nan")
texts = villages[["village_id", "lat", "lon", "point_source"]].astype("str").replace("nan", "")
places = read_places(cycle.roads)
places = places[(places["kind"] == "village") & (places.index % 2 == 0)]
state = Placing(
    kept, villages, texts, cycle.network, cycle.policy.settings, places=places, schools=cycle.tables["schools"],
    pupils=cycle.tables["students"].groupby("village_id")["count"].sum().astype(int).to_dict(),
)
placing_widget(state, cycle.policy)
"""

#: Words of the widget that are wider than their place.
CUT_OFF = """() => [...document.querySelector(".restructure").shadowRoot.querySelectorAll("button, p, label")]
    .filter((e) => e.checkVisibility() && getComputedStyle(e).display !== "inline" && e.scrollWidth > e.clientWidth + 1)
    .map((e) => e.id || e.textContent)"""


def cell(sample: Path, kept: Path) -> str:
    kept.mkdir(exist_ok=True)
    return CELL.format(folder=str(sample), kept=str(kept))


@pytest.fixture(scope="module")
def served(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("placing")
    with voila(notebook(folder / "place.ipynb", cell(sample, folder / "kept"))) as address:
        yield address, folder / "kept"


@pytest.fixture
def truth(sample: Path) -> dict[str, tuple[float, float]]:
    with (sample / "inputs" / "villages.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return {row[0]: (float(row[2]), float(row[3])) for row in rows}


def ready(page: Page) -> Locator:
    widget = page.locator(".restructure #placing")
    expect(widget.locator("#village")).to_be_visible(timeout=60_000)
    return widget


def idle(page: Page) -> None:
    expect(page.locator(".restructure #root")).to_have_attribute("aria-busy", "false", timeout=20_000)


def kept(folder: Path) -> dict[str, list[str]]:
    """Return what is in force of each village: latitude, longitude, source, spread."""
    return {c.where["village_id"]: c.new.split(" | ") for c in read_corrections(folder)}


def test_villages_are_placed_by_keys_mouse_and_typing(
    browser: Browser, served: tuple[str, Path], truth: dict[str, tuple[float, float]]
) -> None:
    address, folder = served
    with opened(browser, address) as page:
        widget = ready(page)
        count = widget.locator("#count")
        expect(count).to_have_text("วางแล้ว 0 จาก 118 หมู่บ้าน")
        expect(page.locator(".restructure .map canvas").first).to_be_visible()
        # A single match of its name is chosen already: Enter keeps it.
        expect(widget.locator("#choose-1")).to_have_attribute("aria-pressed", "true")
        first = widget.locator('#list [aria-pressed="true"]').get_attribute("id")
        assert first
        code = first.removeprefix("village-")
        widget.locator("#village").click()
        page.keyboard.press("Enter")
        expect(count).to_have_text("วางแล้ว 1 จาก 118 หมู่บ้าน")
        lat, lon, source, spread = kept(folder)[code]
        assert GEOD.inv(float(lon), float(lat), *truth[code][::-1])[2] < 1
        assert (source, spread) == ("osm", "")
        # The next has no such match: nothing is chosen, and Enter keeps nothing.
        expect(widget.locator("#accept")).to_be_disabled()
        page.keyboard.press("Enter")
        idle(page)
        expect(count).to_have_text("วางแล้ว 1 จาก 118 หมู่บ้าน")
        name = widget.locator("#village").inner_text()
        # A click on the map, dragged 60 pixels to the east: it lies there and not where it was clicked.
        spot = widget.locator("#map").bounding_box()
        assert spot
        x, y = spot["x"] + 200, spot["y"] + 300
        page.mouse.click(x, y)
        idle(page)
        clicked = widget.locator("#where").inner_text()
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 30, y, steps=4)
        page.mouse.move(x + 60, y, steps=4)
        page.mouse.up()
        idle(page)
        expect(widget.locator("#where")).not_to_have_text(clicked)
        dragged = widget.locator("#where").inner_text()
        west, east = (float(text.split(" · ")[0].split(", ")[1]) for text in (clicked, dragged))
        assert east > west
        # Homes lie within 800 m: by the slider's keys, 50 m each.
        slider = widget.locator("#spread")
        slider.focus()
        for _ in range(6):
            slider.press("ArrowRight")
        idle(page)
        expect(widget.locator("#spread-words")).to_have_text("800 ม.")
        widget.locator("#accept").click()
        expect(count).to_have_text("วางแล้ว 2 จาก 118 หมู่บ้าน")
        (second,) = kept(folder).keys() - {code}
        assert kept(folder)[second][2:] == ["digitised", "800"]
        assert abs(float(kept(folder)[second][1]) - east) < 1e-5
        # Z takes it back and shows it again, S leaves it for later, B goes back to it.
        page.keyboard.press("z")
        expect(count).to_have_text("วางแล้ว 1 จาก 118 หมู่บ้าน")
        expect(widget.locator("#village")).to_have_text(name)
        page.keyboard.press("s")
        expect(widget.locator("#village")).not_to_have_text(name)
        expect(widget.locator(f"#village-{second}")).to_contain_text("ข้ามไว้")
        page.keyboard.press("b")
        expect(widget.locator("#village")).to_have_text(name)
        # What cannot be a point is a sentence; what can, in degrees and minutes too, is one.
        widget.locator("#typed").fill("สี่แยก")
        widget.locator("#use-typed").click()
        expect(page.locator(".restructure #error")).to_contain_text("พิกัดที่พิมพ์ใช้ไม่ได้")
        lat, lon = truth[second]
        widget.locator("#typed").fill(f"{int(lat)}°{lat % 1 * 60:.4f}' {int(lon)}°{lon % 1 * 60:.4f}'")
        widget.locator("#typed").press("Enter")
        idle(page)
        expect(page.locator(".restructure #error")).to_be_hidden()
        widget.locator("#source").select_option("survey")
        idle(page)
        widget.locator("#accept").click()
        expect(count).to_have_text("วางแล้ว 2 จาก 118 หมู่บ้าน")
        placed = kept(folder)[second]
        assert GEOD.inv(float(placed[1]), float(placed[0]), lon, lat)[2] < 1
        assert placed[2] == "survey"


def test_single_matches_are_looked_through_before_all_are_taken(
    browser: Browser, sample: Path, tmp_path: Path, truth: dict[str, tuple[float, float]]
) -> None:
    folder = tmp_path / "kept"
    with voila(notebook(tmp_path / "place.ipynb", cell(sample, folder))) as address:
        with opened(browser, address) as page:
            widget = ready(page)
            widget.locator("#review").click()
            boxes = widget.locator("#sure input")
            total = boxes.count()
            assert total > 40
            boxes.nth(2).uncheck()
            unwanted = (boxes.nth(2).get_attribute("id") or "").removeprefix("sure-")
            widget.locator("#accept-sure").click()
            expect(widget.locator("#count")).to_have_text(f"วางแล้ว {total - 1} จาก 118 หมู่บ้าน", timeout=20_000)
        found = kept(folder)
        assert len(found) == total - 1
        assert unwanted not in found
        for code, (lat, lon, *_) in found.items():
            assert GEOD.inv(float(lon), float(lat), *truth[code][::-1])[2] < 500
        # Opened anew it goes on where it stopped, and all of it is one step to take back.
        with opened(browser, address) as page:
            widget = ready(page)
            expect(widget.locator("#count")).to_have_text(f"วางแล้ว {total - 1} จาก 118 หมู่บ้าน")
            widget.locator("#undo").click()
            expect(widget.locator("#count")).to_have_text("วางแล้ว 0 จาก 118 หมู่บ้าน", timeout=20_000)
            assert kept(folder) == {}


def test_it_works_in_jupyterlab_and_all_of_it_is_seen(browser: Browser, sample: Path, tmp_path: Path) -> None:
    with (
        lab(notebook(tmp_path / "place.ipynb", cell(sample, tmp_path / "kept"))) as address,
        opened(browser, address) as page,
    ):
        run_cell(page)
        widget = ready(page)
        widget.locator("#accept").click()
        expect(widget.locator("#count")).to_contain_text("วางแล้ว 1 จาก")
        # A digit chooses; the notebook's own keys stay out of it, so no cell is added by B.
        cells = page.locator(".jp-CodeCell").count()
        widget.locator("#village").click()
        page.keyboard.press("1")
        expect(widget.locator("#choose-1")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("b")
        expect(widget.locator("#count")).to_contain_text("วางแล้ว 1 จาก")
        idle(page)
        assert page.locator(".jp-CodeCell").count() == cells
        assert page.evaluate(CUT_OFF) == []

"""The whole story in real Chromium with the network cut: from a click on a school to the plan's documents.

Told once in the dashboard and once in JupyterLab, on the notebooks as they are committed. Pictures of each stop at two
sizes are left in ``build/story/`` to be looked at.
"""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest
import serving
import yaml
from browsing import CHOOSE, FAINT
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect
from small_office import merge

from restructure.cycle import Measured, find_scenario, measure, open_cycle
from restructure.files import sha256
from restructure.ledger import read_ledger, verify
from restructure.notebooks import prepare_notebooks
from restructure.scenario import PRESENT, Scenario
from restructure.simulate import simulate

pytestmark = pytest.mark.soak
PICTURES = Path(__file__).parents[2] / "build" / "story"
OPEN_MS = 300_000
WORK_MS = 300_000
SIZES = ((1366, 768), (1920, 1080))
#: A school of the sample, and the host that is nearest to its children.
SCHOOL, HOST = "1099000022", "1099000021"
WHO = "สมศรี นักวิเคราะห์"


#: Opens a notebook by name, with all its cells run.
Opens = Callable[[str], AbstractContextManager[Page]]


@contextmanager
def in_dashboard(browser: Browser, folder: Path) -> Iterator[Opens]:
    with serving.dashboard(folder, "--full") as (address, _):

        @contextmanager
        def opened(name: str) -> Iterator[Page]:
            with serving.opened(browser, address) as page:
                page.locator(f'a[href$="{name}.ipynb"]').click()
                yield page

        yield opened


@contextmanager
def in_lab(browser: Browser, folder: Path) -> Iterator[Opens]:
    notebooks = folder.parent / "notebooks"
    notebooks.mkdir()
    prepare_notebooks(folder, notebooks)
    with serving.lab(notebooks / "00-start.ipynb") as address:

        @contextmanager
        def opened(name: str) -> Iterator[Page]:
            with serving.opened(browser, address.replace("00-start", name)) as page:
                expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle", timeout=OPEN_MS)
                page.get_by_role("menuitem", name="Run", exact=True).click()
                page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
                expect(page.locator("#jp-main-statusbar")).to_contain_text("Busy")
                expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle", timeout=OPEN_MS)
                yield page

        yield opened


def photographed(page: Page, place: str, stop: str, at: str) -> None:
    """Leave a picture of what is around a part of the page, at both sizes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, height in reversed(SIZES):
        page.set_viewport_size({"width": width, "height": height})
        page.locator(at).evaluate("e => e.scrollIntoView({ block: 'start' })")
        page.wait_for_timeout(400)  # the map is drawn anew
        page.screenshot(path=PICTURES / f"{place}-{stop}-{width}.png")
        assert page.locator(at).evaluate("e => e.getBoundingClientRect().right") <= width


def figures(page: Page) -> dict[str, str]:
    """The effects beside the map, without units and changes; JupyterLab hides what is out of sight."""
    page.locator("#figures").scroll_into_view_if_needed()
    keys = ("schools_closed", "small_schools", "pupils_moved", "subsidy_total_baht", "median_m", "p90_m", "max_m")
    return {key: page.locator(f'#figures [data-key="{key}"] dd').text_content().split()[0] for key in keys}


def computed(scenario: Scenario, measured: Measured) -> dict[str, str]:
    summary = simulate(scenario, measured.office).summary
    unknown = {} if scenario.merges else dict.fromkeys(("median_m", "p90_m", "max_m"), "–")
    keys = ("schools_closed", "small_schools", "pupils_moved", "subsidy_total_baht", "median_m", "p90_m", "max_m")
    return {key: unknown.get(key) or f"{summary[key]:,}" for key in keys}


def explore(page: Page, shot: Callable[..., None], measured: Measured) -> None:
    """A school is clicked and merged, the numbers change to what the package computes, and it is taken back."""
    expect(page.locator("#office-map .school").first).to_be_visible(timeout=OPEN_MS)
    expect(page.locator("#start")).to_be_enabled(timeout=WORK_MS)
    page.locator("#plan-shown").select_option("present")
    assert figures(page) == computed(PRESENT, measured)
    page.locator(f'[data-school="{SCHOOL}"]').click()
    expect(page.locator("#card-name")).to_contain_text(SCHOOL)
    page.locator("#tab-merge").click()
    page.locator(f"#add-{HOST}").hover()
    shot("hosts", "#office-map")
    page.locator(f"#add-{HOST}").click()
    expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
    plan = Scenario.model_validate({"name": "x", "merges": [merge(SCHOOL, HOST)]})
    assert figures(page) == computed(plan, measured)
    shot("merged", "#office-map")
    assert page.evaluate(FAINT) == []
    page.locator("#undo").click()
    expect(page.locator("#hand-merges")).to_have_count(0)
    assert figures(page) == computed(PRESENT, measured)


def optimise_and_save(page: Page, shot: Callable[..., None], measured: Measured) -> str:
    """The best plan is searched for, looked at and saved; returns its stem."""
    page.locator("#start").click()
    expect(page.locator("#levels")).to_be_visible(timeout=WORK_MS)
    expect(page.locator("#start")).to_be_enabled(timeout=WORK_MS)
    page.locator("#look-best").click()
    expect(page.locator("#looked-name")).to_have_text("แผนดีที่สุด")
    shot("best", "#levels")
    page.locator("#save-name").fill("แผนเสนอ")
    page.locator("#save-it").click()
    expect(page.locator("#said")).to_contain_text("scenarios/แผนเสนอ.yaml", timeout=WORK_MS)
    saved = find_scenario(measured.cycle.folder, "แผนเสนอ")
    assert len(saved.merges) > 0
    assert figures(page) == computed(saved, measured)
    shot("saved", "#office-map")
    return saved.stem


def certify_a_step(page: Page, shot: Callable[..., None], folder: Path, stem: str) -> None:
    expect(page.locator("#next")).to_be_visible(timeout=OPEN_MS)
    page.locator("#scenario").select_option(stem)
    expect(page.locator("#toast")).to_contain_text("บันทึกแล้ว", timeout=WORK_MS)
    assert yaml.safe_load((folder / "plan.yaml").read_text("utf-8"))["scenario"] == stem
    page.locator("#who-name").fill(WHO)
    page.locator("#who-name").press("Enter")
    expect(page.locator("#working")).to_contain_text(WHO, timeout=WORK_MS)
    page.locator("#step-study-rules").click()
    page.locator("#done-on").fill("2/11/2569")
    page.evaluate(CHOOSE, ["evidence-file", "ระเบียบ.pdf", base64.b64encode(b"%PDF rules").decode()])
    page.locator("#complete").click()
    expect(page.locator("#step-study-rules")).to_have_class(re.compile("done"), timeout=WORK_MS)
    [row] = read_ledger(folder).to_dict("records")
    assert (row["kind"], row["who"]) == ("step-done", WHO)
    [kept] = (folder / "evidence").iterdir()
    expect(page.locator("#done")).to_contain_text(sha256(kept))
    shot("step", "#steps")
    assert page.evaluate(FAINT) == []


def export(page: Page, shot: Callable[..., None], measured: Measured, stem: str) -> None:
    """The documents are of the plan that was saved; the annexes hold what the package computes."""
    plan = measured.cycle.outputs / "plan"
    page.locator("#make").click()
    expect(page.locator("progress")).to_be_visible(timeout=WORK_MS)
    expect(page.locator("#make")).to_be_enabled(timeout=WORK_MS)
    expect(page.locator("#files")).to_contain_text("outputs/plan/plan.docx")
    shot("documents", "#files")
    outcome = simulate(find_scenario(measured.cycle.folder, stem), measured.office)
    book = load_workbook(plan / "annexes.xlsx", read_only=True)
    cells = {cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {outcome.summary["pupils_moved"], outcome.summary["baht_per_year"]} <= cells
    assert any("แผนเสนอ" in str(cell) for cell in cells)


@pytest.fixture(autouse=True)
def _patience() -> Iterator[None]:
    """The cells below a page run on for a while after it is there, and the page is answered between them."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.mark.parametrize("place", ["dashboard", "lab"])
def test_story(browser: Browser, sample: Path, tmp_path: Path, place: str) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    measured = measure(open_cycle(folder))
    shot = partial(photographed, place=place)

    def picture(stop: str, at: str) -> None:
        shot(page, stop=stop, at=at)

    with (in_dashboard if place == "dashboard" else in_lab)(browser, folder) as opened:
        with opened("03-scenarios") as page:
            explore(page, picture, measured)
            stem = optimise_and_save(page, picture, measured)
        with opened("05-plan") as page:
            certify_a_step(page, picture, folder, stem)
            export(page, picture, measured, stem)
    assert verify(folder) == []

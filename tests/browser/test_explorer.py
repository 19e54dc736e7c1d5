"""The map page in real Chromium with the network cut: click, merge, figures, undo, keyboard alone, two windows."""

from __future__ import annotations

import shutil
from pathlib import Path

import serving
from playwright.sync_api import Browser, Page, expect
from small_office import merge, write_small_office

from restructure.cycle import measure, open_cycle
from restructure.scenario import PRESENT, Scenario
from restructure.simulate import simulate

STARTED_MS = 120_000
WORK_MS = 60_000
#: A school of the sample, and the host that is nearest to its children.
SCHOOL, HOST = "1099000022", "1099000021"
SIZES = ((1366, 768), (1920, 1080))
TABS = 60


def page_of(folder: Path) -> str:
    return f"from restructure.widgets import explorer_widget\nexplorer_widget({str(folder)!r})"


def started(page: Page) -> None:
    expect(page.locator("#office-map .school").first).to_be_visible(timeout=STARTED_MS)
    expect(page.locator("#figures")).to_be_visible()


def figure(page: Page, key: str) -> str:
    """The text of an effect beside the map without its unit and its change."""
    return page.locator(f'#figures [data-key="{key}"] dd').inner_text().split()[0]


def same_figures(page: Page, merges: list[dict[str, str]], folder: Path) -> None:
    """What the page shows is what the package works out."""
    office = measure(open_cycle(folder)).office
    plan = Scenario.model_validate({"name": "x", "merges": merges}) if merges else PRESENT
    summary = simulate(plan, office).summary
    for key in ("schools_closed", "small_schools", "pupils_moved", "subsidy_total_baht", "teachers_freed"):
        assert figure(page, key) == f"{summary[key]:,}", key
    for key in ("median_m", "p90_m", "max_m"):
        assert figure(page, key) == (f"{summary[key]:,}" if merges else "–"), key


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until something has the focus."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.querySelector('.restructure').shadowRoot.activeElement?.id") == wanted:
            return
    raise AssertionError(f"Tab does not reach {wanted}")


def test_click_merge_and_undo_in_voila(browser: Browser, sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    with serving.voila(serving.notebook(tmp_path / "n.ipynb", page_of(folder))) as address:
        with serving.opened(browser, address) as page:
            started(page)
            same_figures(page, [], folder)
            page.locator("#hand-school").fill("บ้านสระใหญ่")
            page.locator("#find").click()
            expect(page.locator("#card-name")).to_contain_text(SCHOOL)
            expect(page.locator("#trend rect")).to_have_count(9)
            page.locator("#tab-merge").click()
            # The map now shows the hosts that are offered, by number, and a click on one opens its card.
            expect(page.locator("#office-map .school b")).to_have_count(12)
            page.locator(f'[data-host="{HOST}"]').hover()
            expect(page.locator("#told-map")).to_contain_text("ถ้าไปชุมชนบ้านห้วยมะม่วง")
            assert page.locator("#office-map .leaflet-joins-pane path").count() >= 2
            page.locator(f"#add-{HOST}").click()
            expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
            same_figures(page, [merge(SCHOOL, HOST)], folder)
            expect(page.locator("#office-map .leaflet-moves-pane path[marker-end]")).to_have_count(1)
            page.locator("#undo").click()
            expect(page.locator("#hand-merges")).to_have_count(0)
            same_figures(page, [], folder)
            page.locator("#redo").click()
            expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
            page.locator(f'[data-school="{HOST}"]').click()
            expect(page.locator("#card-name")).to_contain_text(HOST)
            expect(page.locator("#card-merges")).to_contain_text("รับ ทั้งโรงเรียน จาก บ้านสระใหญ่")
            page.locator("#closures-box summary").click()
            page.locator("#wet").click()
            expect(page.locator("#detoured")).to_be_visible()
            expect(page.locator("#detours tbody tr")).to_have_count(5)
            page.locator("#usual-roads").click()
            expect(page.locator("#detoured")).to_have_count(0)
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[0][0]
        # Another window is offered what the first has made.
        with serving.opened(browser, address, *SIZES[1]) as page:
            started(page)
            page.locator("#resume-hand").click()
            expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
            same_figures(page, [merge(SCHOOL, HOST)], folder)


def small(folder: Path) -> Path:
    return write_small_office(
        folder,
        schools="H 0 P1-P6 rooms=20\nA 3000 P1-P6 rooms=6\nB 10000 P1-P6",
        villages="vh 0\nva 2000\nvb 9000",
        students="H P1 vh 150\nA P1 va 3\nA P5 va 1\nB P2 vb 5",
    )


def test_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    folder = small(tmp_path / "office")
    with (
        serving.voila(serving.notebook(tmp_path / "n.ipynb", page_of(folder))) as address,
        serving.opened(browser, address) as page,
    ):
        started(page)
        tab_to(page, "hand-school")
        page.keyboard.type("A")
        page.keyboard.press("Enter")
        expect(page.locator("#card-name")).to_contain_text("โรงเรียนA (A)")
        tab_to(page, "tab-merge")
        page.keyboard.press("Space")
        expect(page.locator("#hosts")).to_be_visible()
        assert page.evaluate("document.querySelector('.restructure').shadowRoot.activeElement.id") == "tab-merge"
        tab_to(page, "add-H")
        expect(page.locator("#told-map")).to_contain_text("ถ้าไปโรงเรียนH: 4 คน")
        page.keyboard.press("Enter")
        expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
        same_figures(page, [merge("A", "H")], folder)
        assert page.evaluate("document.querySelector('.restructure').shadowRoot.activeElement.id") == "add-H"
        # A press that is held while the search behind draws the page anew is not lost.
        page.locator("#start").focus()
        page.keyboard.press("Enter")
        page.locator("#undo").focus()
        page.keyboard.down("Space")
        page.wait_for_timeout(800)
        page.keyboard.up("Space")
        expect(page.locator("#hand-merges")).to_have_count(0)
        expect(page.locator("#start")).to_be_enabled(timeout=WORK_MS)


def test_two_windows_on_one_folder(browser: Browser, tmp_path: Path) -> None:
    folder = small(tmp_path / "office")
    with (
        serving.voila(serving.notebook(tmp_path / "n.ipynb", page_of(folder))) as address,
        serving.opened(browser, address) as first,
        serving.opened(browser, address) as second,
    ):
        for page, school in ((first, "A"), (second, "B")):
            started(page)
            page.locator("#hand-school").fill(school)
            page.locator("#hand-school").press("Enter")
            page.locator("#tab-merge").click()
        for page in (first, second):
            page.locator("#add-H").click()
            expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
        expect(first.locator("#conflict")).to_have_count(0)
        expect(second.locator("#conflict")).to_contain_text("ถูกแก้จากหน้าต่างอื่น")
        second.locator("#apart-name").fill("ร่างสอง")
        second.locator("#keep-apart").click()
        expect(second.locator("#conflict")).to_have_count(0)
        assert {path.stem for path in (folder / "drafts").glob("*.yaml")} == {"hand", "ร่างสอง"}


def test_in_jupyterlab(browser: Browser, tmp_path: Path) -> None:
    folder = small(tmp_path / "office")
    with (
        serving.lab(serving.notebook(tmp_path / "n.ipynb", page_of(folder))) as address,
        serving.opened(browser, address) as page,
    ):
        serving.run_cell(page)
        started(page)
        page.locator('[data-school="A"]').click()
        expect(page.locator("#card-name")).to_contain_text("โรงเรียนA (A)")
        page.locator("#tab-merge").click()
        page.locator("#add-H").click()
        expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
        assert figure(page, "subsidy_total_baht") == "8,000"
        page.locator("#undo").click()
        expect(page.locator("#hand-merges")).to_have_count(0)

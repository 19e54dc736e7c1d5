"""The page of the duties in real Chromium with no network: items, owners and days, evidence, returns, views, undo."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest
import serving
from browsing import CHOOSE, FAINT, UNREADABLE
from playwright.sync_api import Browser, Page, expect
from small_office import files_in

from restructure.appraisal import Appraisal, Person, write_appraisal
from restructure.dutyacts import Planned, make_items, set_plans
from restructure.files import sha256
from restructure.ledger import read_ledger, verify

STARTED_MS = 60_000
SIZES = ((1366, 768), (1920, 1080))
PICTURES = Path(__file__).parents[2] / "build" / "duties"
WHO = "สมศรี นักวิเคราะห์"
TODAY = date.today()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "2570"
    (made / "inputs").mkdir(parents=True)
    (made / "policy.yaml").write_text(
        f"office: สพป.ทดสอบ\nfiscal_year: {TODAY.year + 543 + (TODAY.month >= 10)}\n", "utf-8"
    )
    return made


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    cell = f"from restructure.widgets import duties_widget\nduties_widget({str(folder)!r})"
    with serving.voila(serving.notebook(folder.parent / "page.ipynb", cell)) as served:
        yield served


def started(page: Page, who: str = WHO) -> Page:
    expect(page.locator("#next")).to_be_visible(timeout=STARTED_MS)
    page.locator("#who-name").fill(who)
    page.locator("#who-name").press("Enter")
    expect(page.locator("#working")).to_contain_text(who)
    return page


def at(page: Page, path: str):  # type: ignore[no-untyped-def]
    return page.locator(f"[id='at-{path}']")


def said(page: Page, words: str) -> None:
    expect(page.locator("#toast")).to_contain_text(words)
    expect(page.locator("#toast")).to_be_in_viewport()


def typed(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year + 543}"


def readable(page: Page, stop: str) -> None:
    """Nothing is too small, cut off, faint or nameless, or wider than the window; pictures are left to be looked at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width, height in reversed(SIZES):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(200)
        page.screenshot(path=PICTURES / f"{stop}-{width}.png")
        assert page.evaluate(UNREADABLE) == []
        assert page.evaluate(FAINT) == []
        assert page.locator("#widget").evaluate("e => e.getBoundingClientRect().right") <= width


def test_the_year_of_an_office(browser: Browser, address: str, folder: Path) -> None:
    with serving.opened(browser, address) as page:
        started(page)
        make(page)
        plan(page)
        certify(page, folder)
        send_back(page)
        months(page)
        orders_and_results(page)
        calendar(page)
    assert verify(folder) == []


def make(page: Page) -> None:
    """The year's items are made, taken back and, as they were taken back, made one by one."""
    expect(page.locator("#next")).to_contain_text("ตั้งเรื่องประจำปี")
    page.locator("#make").click()
    said(page, "ตั้งเรื่องประจำปี 6 เรื่อง")
    expect(page.locator("#rows tbody tr")).to_have_count(6)
    readable(page, "duties")
    page.locator("#more-items summary").click()
    page.locator("#duty").select_option("inspection")
    page.locator("#round-name").fill("รอบที่ 1")
    page.locator("#round-name").press("Enter")
    said(page, "ตั้งเรื่อง 1 เรื่อง")
    expect(page.locator("#item-name")).to_contain_text("รอบที่ 1")
    page.locator("#undo").click()
    said(page, "เลิกทำแล้ว")
    expect(page.locator("#rows tbody tr")).to_have_count(6)
    expect(page.locator("#item-name")).to_have_count(0)


def plan(page: Page) -> None:
    """An owner and a day that has passed stand at the top, with the person's desk; undone, they are gone."""
    page.locator("[id^='row-small-schools/']").click()
    expect(page.locator("#item-name")).to_be_in_viewport()
    page.locator("#step-tell-parties").click()
    prefix = page.locator("#step input[id^='at-owner:']").get_attribute("id") or ""
    subject = prefix.removeprefix("at-owner:")
    at(page, f"owner:{subject}").fill("นิติกร")
    at(page, f"owner:{subject}").press("Tab")
    page.keyboard.type(typed(TODAY - timedelta(days=2)))
    said(page, "ผู้รับผิดชอบ ของ")
    expect(at(page, f"due:{subject}")).to_have_value(typed(TODAY - timedelta(days=2)))
    at(page, f"due:{subject}").press("Enter")
    said(page, "กำหนดเสร็จ ของ")
    expect(page.locator("#step-tell-parties")).to_have_class(re.compile("late"))
    expect(page.locator("#first-late")).to_contain_text("เกิน 2 วัน")
    expect(page.locator("#next")).to_contain_text("เกินกำหนด 1 รายการ")
    page.locator("#by-owner").click()
    expect(page.locator("#owners tbody tr").first).to_contain_text("นิติกร")
    page.locator("[id='owner-นิติกร']").click()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    readable(page, "owners")
    page.locator("#tables h2").click()
    page.locator("#by-owner").focus()
    page.keyboard.press("Control+z")
    expect(page.locator("#first-late")).to_contain_text("ไม่มี")
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator("#first-late")).to_contain_text("เกิน 2 วัน")


def certify(page: Page, folder: Path) -> None:
    """A step takes its file, which is kept with its hash; undone it is open again."""
    before = len(read_ledger(folder))
    page.locator("#complete").click()
    said(page, "อ่านวันที่")
    page.locator("#done-on").fill(typed(TODAY))
    page.locator("#complete").click()
    said(page, "ไม่มีหลักฐาน")
    assert len(read_ledger(folder)) == before
    page.evaluate(CHOOSE, ["evidence-file", "หนังสือแจ้ง.pdf", base64.b64encode(b"%PDF letter").decode()])
    expect(page.locator("#attach")).to_contain_text("หนังสือแจ้ง.pdf")
    expect(page.locator("#done-on")).to_have_value(typed(TODAY))
    page.locator("#complete").click()
    expect(page.locator("#step-tell-parties")).to_have_class(re.compile("done"))
    expect(page.locator("#done")).to_contain_text(f"รับรองโดย {WHO}")
    [kept] = (folder / "evidence").iterdir()
    assert kept.read_bytes() == b"%PDF letter"
    expect(page.locator("#done")).to_contain_text(sha256(kept))
    readable(page, "step")
    page.locator("#undo").click()
    expect(page.locator("#step-tell-parties")).not_to_have_class(re.compile("done"))
    page.locator("#done-on").fill(typed(TODAY))
    page.locator("#done-words").fill("ศธ 04006/9")
    page.locator("#complete").click()
    expect(page.locator("#done")).to_contain_text("ศธ 04006/9")


def send_back(page: Page) -> None:
    """What is returned for correction stands first, with the remark, until it is certified again."""
    page.locator("#back-step-text").fill("ขาดรายชื่อผู้รับ")
    page.locator("#send-back-step").click()
    said(page, "ส่งคืนแก้ไข")
    expect(page.locator("#step-returned")).to_have_text("ส่งคืนแก้ไข: ขาดรายชื่อผู้รับ")
    expect(page.locator("#first-returned")).to_contain_text("ขาดรายชื่อผู้รับ")
    expect(page.locator("#step-tell-parties")).to_have_class(re.compile("returned"))
    expect(page.locator("#back-step-text")).to_have_value("")
    readable(page, "returned")
    page.locator("#done-on").fill(typed(TODAY))
    page.locator("#done-words").fill("ศธ 04006/10")
    page.locator("#complete").click()
    expect(page.locator("#first-returned")).to_contain_text("ไม่มี")


def months(page: Page) -> None:
    """Twelve months from October on; a cell lists what lies in it."""
    page.locator("#by-month").click()
    heads = page.locator("#months thead th").all_inner_texts()
    assert heads[:3] == ["งาน", "ตุลาคม", "พฤศจิกายน"]
    assert heads[12] == "กันยายน"
    named = page.locator("#months button[id^='month-subsidy']")
    expect(named).to_have_count(2)
    named.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("เดือนตามมาตรฐาน")
    expect(page.locator("#rows-name")).to_contain_text("พฤศจิกายน")
    readable(page, "months")


def orders_and_results(page: Page) -> None:
    page.locator("#order-text").fill("ให้แจ้งทุกโรงเรียน\nภายในวันศุกร์")
    page.locator("#order-giver").fill("ผอ.สพป.")
    page.locator("#order").click()
    expect(page.locator("#orders pre")).to_have_text("ให้แจ้งทุกโรงเรียน\nภายในวันศุกร์")
    page.locator("#result-text").fill("แจ้งครบ")
    page.locator("#result").click()
    expect(page.locator("#result-now")).to_have_text("แจ้งครบ")
    page.locator("#history summary").click()
    expect(page.locator("#history tbody tr").first).to_contain_text("ผล: แจ้งครบ")
    page.locator("#history-why").fill("บันทึกผิด")
    page.locator("#history tbody tr").first.get_by_role("button").click()
    expect(page.locator("#result-now")).to_contain_text("ยังไม่บันทึกผล")
    readable(page, "history")


def calendar(page: Page) -> None:
    with page.expect_download() as download:
        page.locator("#calendar").click()
    assert re.fullmatch(r"duties-\d{4}\.ics", download.value.suggested_filename)
    text = Path(download.value.path()).read_bytes()
    assert text.startswith(b"BEGIN:VCALENDAR\r\n")
    assert f"DTSTART;VALUE=DATE:{TODAY - timedelta(days=2):%Y%m%d}".encode() in text


def test_two_windows_and_names_that_are_text(browser: Browser, address: str, folder: Path) -> None:
    """One text against another's; what people type reaches the page as text only."""
    name = "<img src=x onerror=alert(1)>"
    make_items(folder, WHO, {"urgent": [name]})
    subject = f"urgent/{name}"
    set_plans(folder, WHO, {subject: Planned(name, TODAY, name)})

    def begun(page: Page, who: str) -> Page:
        started(page, who)
        expect(page.locator("#first-soon")).to_contain_text(name)
        page.locator("#first-soon button").first.click()
        expect(page.locator("#item-name")).to_contain_text(name)
        return page

    # One after the other: two kernels that start at once answer too late on a busy machine.
    with ExitStack() as windows:
        mine, other = (begun(windows.enter_context(serving.opened(browser, address)), who) for who in (WHO, "อีกคน"))
        at(other, f"owner:{subject}").fill("ของอีกคน")
        at(other, f"owner:{subject}").press("Tab")
        said(other, "บันทึกแล้ว")
        at(mine, f"owner:{subject}").fill("ของฉัน")
        at(mine, f"owner:{subject}").press("Tab")
        said(mine, "ถูกแก้จากหน้าต่างอื่น")
        expect(mine.locator("#conflict")).to_contain_text("ของอีกคน")
        readable(mine, "conflict")
        mine.locator("#take-mine").click()
        expect(mine.locator("#conflict")).to_have_count(0)
        expect(at(mine, f"owner:{subject}")).to_have_value("ของฉัน")
        assert mine.locator("#widget img").count() == 0


def test_who_only_looks(browser: Browser, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be written, and nothing of a person's appraisal is on the page."""
    write_appraisal(folder, Appraisal(persons=(Person(name="บุคคลลับ"),), readers=("ผู้อ่านลับ",)), "")
    monkeypatch.setenv("RESTRUCTURE_VIEWER", "1")
    make_items(folder, WHO)
    year = read_ledger(folder)["subject"].str.extract(r"^lead/(\d+)$").dropna().iloc[0, 0]
    cell = f"from restructure.widgets import duties_widget\nduties_widget({str(folder)!r})"
    with (
        serving.voila(serving.notebook(folder.parent / "look.ipynb", cell)) as served,
        serving.opened(browser, served) as page,
    ):
        expect(page.locator("#next")).to_be_visible(timeout=STARTED_MS)
        before = files_in(folder)
        page.locator(f"[id='row-lead/{year}/']").click()
        page.locator("#step-indicators").click()
        expect(page.locator("#step")).to_be_visible()
        for name in ("make", "complete", "order", "result", "undo", "small", "send-back"):
            expect(page.locator(f"#{name}")).to_have_count(0)
        assert not re.search("ลับ|appraisal", page.locator("#widget").inner_text())
        expect(at(page, f"owner:lead/{year}")).not_to_be_editable()
        readable(page, "viewer")
        assert files_in(folder) == before


def test_in_jupyterlab(browser: Browser, folder: Path) -> None:
    """The page stands in JupyterLab too, and keeps its keys to itself."""
    make_items(folder, WHO)
    cell = f"from restructure.widgets import duties_widget\nduties_widget({str(folder)!r})"
    with (
        serving.lab(serving.notebook(folder.parent / "page.ipynb", cell)) as served,
        serving.opened(browser, served) as page,
    ):
        serving.run_cell(page)
        started(page)
        page.locator("[id^='row-monitoring/']").click()
        field = page.locator("#item-head input").first
        field.fill("ผู้ดูแลระบบ")
        field.press("Tab")
        said(page, "บันทึกแล้ว: ผู้รับผิดชอบ")
        page.locator("#by-month").click()
        expect(page.locator("#months")).to_be_visible()
        readable(page, "lab")
    held = read_ledger(folder)
    assert json.loads(held["content"].iloc[-1])["owner"] == "ผู้ดูแลระบบ"

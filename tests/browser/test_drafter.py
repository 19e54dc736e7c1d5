"""The drafter in real Chromium, served by Voilà with no network: a text, a step and its evidence, undo, two windows."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import serving
import yaml
from browsing import CHOOSE, UNREADABLE
from plan_office import write_planned
from playwright.sync_api import Browser, Page, expect

from restructure.files import sha256
from restructure.ledger import read_ledger, verify

STARTED_MS = 60_000
WHO = "สมศรี นักวิเคราะห์"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_planned(tmp_path / "2570")


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    cell = f"from restructure.widgets import drafter_widget\ndrafter_widget({str(folder)!r})"
    with serving.voila(serving.notebook(folder.parent / "page.ipynb", cell)) as served:
        yield served


def started(page: Page) -> Page:
    expect(page.locator("#next")).to_be_visible(timeout=STARTED_MS)
    return page


def at(page: Page, path: str):  # type: ignore[no-untyped-def]
    return page.locator(f"[id='at-{path}']")


def texts(folder: Path) -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((folder / "plan.yaml").read_text("utf-8")).get("texts", {})
    return found


def said(page: Page, words: str) -> None:
    expect(page.locator("#toast")).to_contain_text(words)
    expect(page.locator("#toast")).to_be_in_viewport()


def test_a_text_a_step_and_both_taken_back(browser: Browser, address: str, folder: Path) -> None:
    with serving.opened(browser, address) as page:
        started(page)
        type_and_leave(page, folder)
        certify(page, folder)
        schools(page, folder)
        assert page.evaluate(UNREADABLE) == []
    assert verify(folder) == []


def type_and_leave(page: Page, folder: Path) -> None:
    """What was typed is in the file once the field is left; the next field keeps what is typed in it meanwhile."""
    field = at(page, "texts/law")
    field.fill("ระเบียบ ข้อ ๕\nข้อ ๖")
    field.press("Tab")
    page.keyboard.type("นโยบาย")
    said(page, "บันทึกแล้ว: กฎหมาย")
    assert texts(folder) == {"law": "ระเบียบ ข้อ ๕\nข้อ ๖"}
    expect(at(page, "texts/directives")).to_have_value("นโยบาย")
    expect(at(page, "texts/directives")).to_be_focused()
    page.keyboard.press("Tab")
    said(page, "บันทึกแล้ว: นโยบาย")
    assert set(texts(folder)) == {"law", "directives"}
    expect(field).not_to_have_class(re.compile("blank"))
    expect(page.locator("#left")).to_contain_text("ยังว่าง")
    page.locator("#undo").click()
    expect(at(page, "texts/directives")).to_have_value("")
    page.locator("#steps h2").click()
    page.locator("#step-study-rules").focus()
    page.keyboard.press("Control+z")
    expect(field).to_have_value("")
    assert texts(folder) == {}
    page.keyboard.press("Control+Shift+Z")
    expect(field).to_have_value("ระเบียบ ข้อ ๕\nข้อ ๖")
    # A field is left by the press of a button: neither the text nor the press is lost.
    at(page, "texts/purpose").fill("ให้เด็กได้เรียนครบชั้น")
    page.locator("#step-study-rules").click()
    expect(page.locator("#step")).to_be_visible()
    said(page, "วัตถุประสงค์")
    assert texts(folder)["purpose"] == "ให้เด็กได้เรียนครบชั้น"


def certify(page: Page, folder: Path) -> None:
    """A step is certified by a name, with its file, which is kept with its hash; undone it is open again."""
    at(page, "steps/study-rules/owner").fill("นิติกร")
    at(page, "steps/study-rules/due").fill("1/11/2569")
    at(page, "steps/study-rules/due").press("Enter")
    expect(page.locator("#step-study-rules")).to_have_class(re.compile("late"))
    expect(page.locator("#step-study-rules")).to_contain_text("นิติกร · ภายใน ๑ พฤศจิกายน ๒๕๖๙")
    page.locator("#done-on").fill("2/11/2569")
    page.locator("#complete").click()
    said(page, "ยังไม่ใส่ชื่อผู้ทำงาน")
    page.locator("#who-name").fill(WHO)
    page.locator("#who-name").press("Enter")
    expect(page.locator("#working")).to_contain_text(WHO)
    page.locator("#complete").click()
    said(page, "ไม่มีหลักฐาน")
    assert read_ledger(folder).empty
    page.evaluate(CHOOSE, ["evidence-file", "ระเบียบ.pdf", base64.b64encode(b"%PDF rules").decode()])
    expect(page.locator("#attach")).to_contain_text("ระเบียบ.pdf")
    expect(page.locator("#done-on")).to_have_value("2/11/2569")
    page.locator("#complete").click()
    expect(page.locator("#step-study-rules")).to_have_class(re.compile("done"))
    expect(page.locator("#done")).to_contain_text(f"ทำเมื่อ ๒ พฤศจิกายน ๒๕๖๙ รับรองโดย {WHO}")
    [kept] = (folder / "evidence").iterdir()
    assert kept.read_bytes() == b"%PDF rules"
    expect(page.locator("#done")).to_contain_text(sha256(kept))
    page.locator("#undo").click()
    expect(page.locator("#step-study-rules")).not_to_have_class(re.compile("done"))
    assert read_ledger(folder)["kind"].tolist() == ["step-done", "revoke"]
    page.locator("#close-step").click()


def schools(page: Page, folder: Path) -> None:
    """Figures stand locked beside a school's texts, and lead to rows, roads and rules; a blank leads to its field."""
    page.locator("#blanks-schools-A summary").click()
    page.locator("[id='go-schools/A/reason']").click()
    expect(at(page, "schools/A/reason")).to_be_focused()
    page.keyboard.type("เหลือ ๕ คน")
    page.keyboard.press("Tab")
    said(page, "เหตุผล ของโรงเรียนA (A)")
    assert yaml.safe_load((folder / "plan.yaml").read_text("utf-8"))["schools"] == {"A": {"reason": "เหลือ ๕ คน"}}
    expect(page.locator("#left-A")).to_have_text("ยังว่าง 8 ช่อง")
    row = page.locator("#school-A tr").filter(has=page.locator("#trace-A-H-baht"))
    expect(row).to_contain_text("12,000 บาท")
    page.locator("#trace-A-H-baht").click()
    expect(page.locator("#school-A #trace")).to_contain_text("3 คน × 200 วัน × 10 บาท = 6,000 บาท")
    page.locator("#close-trace").click()
    expect(page.locator("#trace")).to_have_count(0)


def test_two_windows(browser: Browser, address: str, folder: Path) -> None:
    """Each writes in its own place; in one place both texts are shown, and one is chosen."""
    with serving.opened(browser, address) as mine, serving.opened(browser, address) as other:
        for page in (mine, other):
            started(page)
        at(other, "texts/law").fill("ของอีกคน")
        at(other, "texts/law").press("Tab")
        said(other, "บันทึกแล้ว")
        at(mine, "texts/purpose").fill("ของฉัน")
        at(mine, "texts/purpose").press("Tab")
        said(mine, "บันทึกแล้ว")
        assert texts(folder) == {"law": "ของอีกคน", "purpose": "ของฉัน"}
        expect(at(mine, "texts/law")).to_have_value("ของอีกคน")
        at(other, "texts/purpose").fill("อีกคนเขียนทับ")
        at(other, "texts/purpose").press("Tab")
        said(other, "ถูกแก้จากหน้าต่างอื่น")
        expect(other.locator("#conflict")).to_contain_text("อีกคนเขียนทับ")
        expect(other.locator("#conflict")).to_contain_text("ของฉัน")
        assert texts(folder)["purpose"] == "ของฉัน"
        other.locator("#take-theirs").click()
        expect(at(other, "texts/purpose")).to_have_value("ของฉัน")
        expect(other.locator("#conflict")).to_have_count(0)
        at(mine, "texts/purpose").fill("ฉันแก้")
        at(mine, "texts/purpose").press("Tab")
        said(mine, "บันทึกแล้ว: วัตถุประสงค์")
        at(other, "texts/purpose").fill("เลือกของฉัน")
        at(other, "texts/purpose").press("Tab")
        other.locator("#take-mine").click()
        expect(other.locator("#conflict")).to_have_count(0)
        assert texts(folder)["purpose"] == "เลือกของฉัน"


def test_names_are_text(browser: Browser, folder: Path) -> None:
    path = folder / "inputs" / "schools.csv"
    path.write_text(path.read_text("utf-8-sig").replace("โรงเรียนA", "<img src=x onerror=alert(1)>"), "utf-8-sig")
    cell = f"from restructure.widgets import drafter_widget\ndrafter_widget({str(folder)!r})"
    with (
        serving.voila(serving.notebook(folder.parent / "page.ipynb", cell)) as served,
        serving.opened(browser, served) as page,
    ):
        started(page)
        expect(page.locator("#school-A summary")).to_contain_text("<img src=x onerror=alert(1)> (A)")
        assert page.locator("#widget img").count() == 0

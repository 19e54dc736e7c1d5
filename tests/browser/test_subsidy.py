"""The subsidy year in real Chromium, its notebook served by Voilà with no network: from a name to papers, no code."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import openpyxl
import pytest
import serving
from playwright.sync_api import Browser, Page, expect
from year_office import certify_all, write_pupils, write_year

from restructure.ledger import in_force, read_ledger, verify
from restructure.notebooks import prepare_notebooks

STARTED_MS = 60_000
WORK_MS = 60_000
#: A screen of 768 px must show the page itself, not what is said of it.
INTRO_PX = 240
WHO = "สมศรี นักวิเคราะห์"
#: Text that is too small for a meeting room, or cut off by its own box; what has no name for those who do not see it.
UNREADABLE = """() => {
  const all = [...document.querySelector(".restructure").shadowRoot.querySelectorAll("#widget *:not(option)")];
  const cut = all.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
    .filter((e) => {
      const style = getComputedStyle(e);
      const over = e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1;
      return parseFloat(style.fontSize) < 16 || (over && style.overflow !== "visible" && style.display !== "inline");
    });
  const unnamed = all.filter((e) => e.matches("button, select, input, progress, [role=button]"))
    .filter((e) => !(e.textContent.trim() || e.labels?.length || e.getAttribute("aria-label")));
  return [...cut, ...unnamed].map((e) => e.outerHTML.slice(0, 120));
}"""
#: A field workbook that comes back, as a file that is chosen in the page.
CHOOSE = """([name, data]) => {
  const input = document.querySelector(".restructure").shadowRoot.getElementById("book-file");
  const files = new DataTransfer();
  files.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
  input.files = files.files;
  input.dispatchEvent(new Event("change"));
}"""


def said(page: Page, words: str) -> None:
    """The page says it above everything else, and again where one comes back to."""
    expect(page.locator("#toast")).to_contain_text(words, timeout=WORK_MS)
    expect(page.locator("#toast")).to_be_in_viewport()


def name(page: Page) -> None:
    """Nothing is decided without a name; Enter takes it, and the browser keeps it when asked to."""
    page.locator("#accept-clear").click()
    said(page, "ยังไม่ใส่ชื่อผู้ทำงาน")
    page.locator("#remember").check()
    page.locator("#who-name").fill(WHO)
    page.locator("#who-name").press("Enter")
    expect(page.locator("#working")).to_contain_text(f"กำลังทำงานในชื่อ {WHO}")
    expect(page.locator("#toast")).to_be_hidden()
    assert page.evaluate("localStorage.getItem('restructure-who')") == WHO


def intro(page: Page) -> None:
    """Little stands above the page, and what stands below is in words."""
    top = page.locator(".restructure").first.bounding_box()
    assert top is not None
    assert top["y"] <= INTRO_PX
    words = page.locator("body").inner_text()
    assert "ภาพรวมสองรอบ" in words
    assert not re.findall(r"second-decade|\bexisting\b|\brouted\b|host_id", words)


def rule(page: Page, folder: Path) -> None:
    """A rule is confirmed where it is missing, with its value and source beside."""
    page.locator("#rules-left summary").click()
    expect(page.locator("#rules-table tr").filter(has=page.locator("#confirm-boarders"))).to_contain_text("สำนักงานเขต")
    page.locator("#confirm-why").fill("มติที่ประชุม 1/2570")
    page.locator("#confirm-boarders").click()
    said(page, "ยืนยันค่าตามที่แสดงแล้ว")
    expect(page.locator("#confirm-boarders")).to_have_count(0)
    expect(page.locator("#rules-confirmed")).to_contain_text(WHO)
    page.locator("#undo-now").click()
    expect(page.locator("#confirm-boarders")).to_have_count(1)
    assert in_force(read_ledger(folder)).empty


def certify(page: Page, folder: Path) -> str:
    """All that is clear in one act, by keyboard; one by hand; returns what the ledger calls the latter."""
    button = page.locator("#accept-clear")
    pairs = int(button.inner_text().split()[1])
    assert pairs > 10
    button.focus()
    page.keyboard.press("Enter")
    said(page, f"รับรองแล้ว {pairs} คู่")
    rows = read_ledger(folder)
    rows = rows[rows["kind"] == "certify"]
    assert (len(rows), rows["batch"].nunique(), set(rows["who"])) == (pairs, 1, {WHO})
    page.locator("#filter-state").select_option("check")
    expect(page.locator("#pairs tbody tr").first).to_contain_text("ต้องตรวจในพื้นที่")
    first = page.locator("#pairs tbody button").first
    subject = str(first.get_attribute("id")).removeprefix("look-")
    first.click()
    expect(page.locator("#pair")).to_contain_text("ยังไม่เคยมีการตัดสินใจ")
    page.locator("#enter-metres").fill("3.4")
    page.locator("#enter-why").fill("วัดเลขไมล์ 12 พ.ย. 2569")
    page.locator("#enter").click()
    said(page, "กรอกเป็นเมตรเต็ม")
    expect(page.locator("#enter-why")).to_have_value("วัดเลขไมล์ 12 พ.ย. 2569")
    page.locator("#enter-metres").fill("45000")
    page.locator("#enter").click()
    expect(page.locator("#doubt")).to_contain_text("เกินสองเท่าของระยะทางที่คำนวณ")
    assert len(in_force(read_ledger(folder))) == pairs
    page.locator("#enter-metres").fill("4,700")
    page.locator("#enter").click()
    said(page, "รับรอง 4,700 ม. แล้ว")
    expect(page.locator("#history tbody tr")).to_have_count(1)
    expect(page.locator("#enter-metres")).to_have_value("")
    return subject


def undo(page: Page, folder: Path, subject: str) -> None:
    assert subject in set(in_force(read_ledger(folder))["subject"])
    page.locator("#undo-now").click()
    said(page, "เลิกทำแล้ว: รับรองระยะทาง 1 คู่")
    expect(page.locator("#history tbody tr")).to_have_count(2)
    assert subject not in set(in_force(read_ledger(folder))["subject"])


def by_workbook(page: Page, folder: Path) -> None:
    """What is left goes to the field as a workbook, which comes back with a distance for every pair."""
    page.locator("#filter-state").select_option("")
    page.locator("#write-field").click()
    said(page, "เขียนใบตรวจและสมุดกรอก")
    path = folder / "outputs" / "certify" / "field-book.xlsx"
    assert path.with_name("field-list.pdf").is_file()
    book = openpyxl.load_workbook(path)
    rows = [row for row in book.active.iter_rows() if str(row[0].value).startswith("village:")]
    for row in rows:
        for cell, value in zip(row[12:16], [row[9].value, "เลขไมล์รถ", "12/11/2569", "ครู"], strict=True):
            cell.value = value
    book.save(path)
    page.evaluate(CHOOSE, ["สมุดจากโรงเรียน.xlsx", base64.b64encode(path.read_bytes()).decode()])
    expect(page.locator("#proposals tbody tr")).to_have_count(len(rows))
    page.locator("#take-book").click()
    said(page, f"รับรองตามสมุดที่วัดมา {len(rows)} คู่แล้ว")
    expect(page.locator("#progress .part")).to_have_count(1)


def money(page: Page, folder: Path) -> None:
    """A figure is traced, a rule chosen with its reason, the allocation confirmed."""
    page.locator("#need").get_by_role("button", name=" ไป ").first.click()
    expect(page.locator("#trace")).to_contain_text("inputs/students.csv")
    expect(page.locator("#trace")).to_contain_text(f"{WHO} รับรองระยะทาง")
    page.keyboard.press("Escape")
    page.locator("#asked").click()
    expect(page.locator("#asked-words")).to_contain_text(f"บันทึกแล้วโดย {WHO}")
    expect(page.locator("#next")).not_to_contain_text("ยื่นขอ")
    page.locator("#rule-existing-first").check()
    page.locator("#choose-rule").click()
    said(page, "ยังไม่บอกเหตุผล")
    expect(page.locator("#rule-existing-first")).to_be_checked()
    page.locator("#rule-why").fill("มติที่ประชุม 3/2569")
    page.locator("#rule-why").press("Enter")
    said(page, "บันทึกวิธีแบ่งแล้ว")
    expect(page.locator("#rule-now")).to_contain_text("กรณี 1.1 เต็มจำนวนก่อน")
    page.locator("#ceiling-0").fill("100000")
    page.locator("#ceiling-0").press("Enter")
    expect(page.locator("#what-ifs li").first).to_contain_text("100,000 บาท: จัดสรร 100,000 บาท")
    page.locator("#confirm").click()
    said(page, "ยืนยันการจัดสรรแล้ว")
    expect(page.locator("#confirm")).to_have_count(0)
    assert (folder / "outputs" / "settlement" / "november" / "settlement.csv").is_file()
    expect(page.locator("#settled tr.sum")).to_be_visible()
    expect(page.locator("#draft")).to_have_count(0)
    [row] = in_force(read_ledger(folder), "sharing").to_dict("records")
    assert json.loads(row["content"]) == {"rule": "existing-first"}
    page.locator("#rule-proportional").check()
    page.locator("#rule-why").fill("มติที่ประชุม 4/2569")
    page.locator("#choose-rule").click()
    expect(page.locator("#confirm")).to_contain_text("ยืนยันใหม่")
    expect(page.locator("#differs")).to_contain_text("ที่ยืนยันไว้รวม")
    expect(page.locator("#settle-differs")).to_contain_text("ใช้ยอดที่ยืนยันไว้")
    expect(page.locator("#refusals")).to_contain_text("หนังสือแจ้งจัดสรร")
    page.locator("#confirm").click()
    expect(page.locator("#differs")).to_have_count(0)


def papers(page: Page, folder: Path) -> None:
    expect(page.locator("#refusals")).to_contain_text("ออกในรอบพฤษภาคม")
    expect(page.locator("#refusals")).not_to_contain_text("หนังสือแจ้งจัดสรร")
    page.locator("#paper-summary").uncheck()
    page.locator("#write-papers").click()
    expect(page.locator("#running progress")).to_be_visible()
    expect(page.locator("#running")).to_have_count(0, timeout=WORK_MS)
    said(page, "ไว้ใน outputs/papers/november แล้ว")
    made = folder / "outputs" / "papers" / "november"
    assert (made / "notices-print.docx").is_file()
    assert not (made / "summary.docx").exists()
    page.locator("#files summary").click()
    expect(page.locator("#files")).to_contain_text("outputs/papers/november/notices-print.docx")


@pytest.mark.soak
def test_the_year_in_voila(browser: Browser, sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    prepare_notebooks(folder, tmp_path)
    with (
        serving.voila(tmp_path / "04-subsidy.ipynb") as address,
        serving.opened(browser, address) as page,
    ):
        expect(page.locator("#work")).to_be_visible(timeout=STARTED_MS)
        intro(page)
        name(page)
        rule(page, folder)
        subject = certify(page, folder)
        undo(page, folder, subject)
        by_workbook(page, folder)
        money(page, folder)
        papers(page, folder)
        for details in page.locator("details").all():
            details.evaluate("details => { details.open = true; }")
        assert page.evaluate("document.fonts.check('16px Sarabun', 'ก')")
        assert page.evaluate(UNREADABLE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    assert verify(folder) == []


# -- where a figure comes from ----
def focused(page: Page) -> str:
    """What has the focus inside the widget, by its id."""
    return str(page.evaluate("document.querySelector('.restructure').shadowRoot.activeElement?.id ?? ''"))


def by_mouse(page: Page) -> None:
    """A of November, of section ⑤: 10,500 due of 9 counted, 6,800 paid, so 3,700 more."""
    figure = page.locator("#settled tbody tr").first.get_by_role("button", name="3,700")
    figure.click()
    panel = page.locator("#trace")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("ขอเพิ่มเติม 3,700 บาท ส่งคืน 0 บาท")
    expect(panel).to_contain_text("inputs/payments.csv แถว 2")
    expect(figure).to_have_attribute("aria-expanded", "true")
    boxes = [one.bounding_box() for one in (panel, figure)]
    assert all(boxes)
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"], "what was clicked stays in sight"
    assert focused(page) == "trace"
    assert page.evaluate(UNREADABLE) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert focused(page) == figure.get_attribute("id")
    expect(figure).to_have_attribute("aria-expanded", "false")


def by_keyboard(page: Page) -> None:
    """The distance of a pair, on the map; one figure of each source is reached by Tab."""
    figure = page.locator("#pairs").get_by_role("button", name="2,000 ระยะทาง").first
    figure.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#trace")
    expect(panel).to_contain_text("ระยะทางคำนวณ 2,000 ม.")
    expect(panel.locator(".leaflet-tooltip")).to_have_text(["บ้านV1", "โรงเรียนH1"])
    expect(panel.locator(".map path")).to_have_count(4)
    page.keyboard.press("Tab")
    assert focused(page) == "close-trace"
    page.keyboard.press("Enter")
    expect(panel).to_be_hidden()
    assert focused(page) == figure.get_attribute("id")


def from_within(page: Page) -> None:
    """A total leads to its lines and from there to the map, and back; another figure may be clicked beside."""
    page.locator("#glance").get_by_role("button", name="ความต้องการของรอบ").click()
    panel = page.locator("#trace")
    expect(panel).to_contain_text("จัดสรรรวม 11,600 บาท")
    panel.locator("details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    panel.get_by_role("button", name="ดูเส้นทางบนแผนที่").first.click()
    expect(panel.locator(".leaflet-tooltip").first).to_be_visible()
    panel.get_by_role("button", name="ย้อนกลับ").click()
    expect(panel).to_contain_text("จัดสรรรวม 11,600 บาท")
    expect(panel.locator(".map")).to_be_hidden()
    page.locator("#glance").get_by_role("button", name="วงเงินของรอบ").click()
    expect(panel).to_contain_text("inputs/ceilings.csv แถว 2")
    expect(panel).not_to_contain_text("จัดสรรรวม")
    page.keyboard.press("Escape")
    page.locator("#rules-left summary").click()
    page.locator("#rules-table").get_by_role("button", name="ดูที่มา").first.click()
    expect(panel).to_contain_text("ยังไม่มีผู้ยืนยัน")
    page.locator("#close-trace").click()
    expect(panel).to_be_hidden()


def test_a_click_on_a_figure(browser: Browser, tmp_path: Path) -> None:
    folder = write_year(tmp_path / "2570")
    certify_all(folder)
    write_pupils(folder)
    cell = f"from restructure.widgets import subsidy_widget\nsubsidy_widget({json.dumps(str(folder))})"
    with (
        serving.voila(serving.notebook(tmp_path / "page.ipynb", cell)) as address,
        serving.opened(browser, address) as page,
    ):
        expect(page.locator("#settled")).to_be_visible(timeout=STARTED_MS)
        by_mouse(page)
        by_keyboard(page)
        from_within(page)

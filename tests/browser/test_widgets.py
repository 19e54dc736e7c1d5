"""The widgets in real Chromium, served by Voilà and JupyterLab with the network cut: what a person sees and does."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
import serving
from playwright.sync_api import Browser, Page, expect

SECRET = "ลับเฉพาะ"
#: Text that is too small for a meeting room, or cut off by its own box, inside the widget.
UNREADABLE = """() => [...document.querySelector(".restructure").shadowRoot.querySelectorAll("#widget *:not(option)")]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
  .filter((e) => {
    const style = getComputedStyle(e);
    const over = e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1;
    return parseFloat(style.fontSize) < 16 || (over && style.overflow !== "visible" && style.display !== "inline");
  }).map((e) => e.outerHTML.slice(0, 120))"""
STARTED_MS = 60_000


def look_at(page: Page) -> None:
    """All of a widget can be read: large enough, in the carried font, nothing cut or beside the page."""
    assert page.evaluate("document.fonts.check('16px Sarabun', 'ก')")
    assert page.evaluate(UNREADABLE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    shadow = "document.querySelector('.restructure').shadowRoot"
    unnamed = f"""[...{shadow}.querySelectorAll("button, select, input")].filter((e) =>
        !(e.textContent.trim() || e.labels?.length || e.getAttribute("aria-label"))).length"""
    assert page.evaluate(unnamed) == 0


def write(path: Path, *rows: list[str]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def messy(sample: Path, tmp_path: Path) -> Path:
    """Return an office with a register of pupils under a name of its own, and a head that is nobody's word."""
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    head = ["รหัสโรงเรียน", "เลขประจำตัวประชาชน", "ชั้น", "ชื่อ", "นามสกุล", "หมู่ที่", "ตำบล", "อำเภอ", "กขคง"]
    rows = [["1099000001", SECRET, "ป.1", SECRET, SECRET, "5", "ดงพลวง", "บางกระทุ่ม", SECRET]] * 3
    write(folder / "inputs" / "studentInSchoolList.csv", ["รายชื่อนักเรียน"], head, *rows)
    path = folder / "inputs" / "villages.csv"
    path.write_text(path.read_text("utf-8-sig").replace("name,", "ฮฮฮ<img src=x onerror=alert(1)>,", 1), "utf-8-sig")
    return folder


def tables_in(folder: Path) -> int:
    return len([path for path in (folder / "inputs").iterdir() if not path.name.startswith(("roads", "boundary"))])


def correct_a_column(page: Page, folder: Path) -> None:
    """What the office does with a head that nobody knows: by keyboard, remembered, and taken back."""
    page.locator("#files button").filter(has_text="villages.csv").click()
    expect(page.locator("#missing")).to_contain_text("ชื่อหมู่บ้าน (name)")
    row = page.locator("#columns tbody tr").filter(has_text="ฮฮฮ<img src=x onerror=alert(1)>")
    expect(row).to_contain_text("ไม่รู้จัก")
    expect(row).to_contain_text("ไม่อ่าน")
    row.get_by_role("combobox").select_option("name")
    expect(row).to_contain_text("แก้แล้ว ยังไม่จำ")
    expect(row).to_contain_text("บ้านคลองมะขาม")
    expect(page.locator("#missing")).to_have_count(0)
    page.locator("#remember").focus()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("จำไว้แล้ว")
    assert "name" in (folder / "mapping.yaml").read_text("utf-8")
    expect(page.locator("#undo")).to_have_text("เลิกทำ: จำไว้")
    page.locator("#undo").click()
    page.locator("#undo").click()
    expect(row).to_contain_text("ไม่รู้จัก")
    assert page.locator("img").count() == 0


def test_mapping_in_voila(browser: Browser, messy: Path, tmp_path: Path) -> None:
    count = tables_in(messy)
    cell = f"from restructure.widgets.mapping import mapping_widget\nmapping_widget({str(messy)!r})"
    with (
        serving.voila(serving.notebook(tmp_path / "n.ipynb", cell)) as address,
        serving.opened(browser, address) as page,
    ):
        expect(page.locator("#files button")).to_have_count(count, timeout=STARTED_MS)
        correct_a_column(page, messy)
        page.locator("#files button").filter(has_text="studentInSchoolList.csv").click()
        rows = page.locator("#columns tbody tr")
        expect(rows).to_have_count(9)
        expect(rows.filter(has_text="นามสกุล")).to_contain_text("ข้อมูลส่วนบุคคล")
        expect(rows.first).to_contain_text("1099000001")
        assert SECRET not in page.locator("#widget").inner_text()
        assert SECRET not in page.content()
        look_at(page)
        page.locator("#leave-out").click()
        expect(page.locator("#files button").filter(has_text="studentInSchoolList.csv")).to_contain_text("ไม่ใช้ไฟล์นี้")


def test_mapping_in_jupyterlab(browser: Browser, messy: Path, tmp_path: Path) -> None:
    count = tables_in(messy)
    cell = f"from restructure.widgets.mapping import mapping_widget\nmapping_widget({str(messy)!r})"
    with (
        serving.lab(serving.notebook(tmp_path / "n.ipynb", cell)) as address,
        serving.opened(browser, address) as page,
    ):
        serving.run_cell(page)
        expect(page.locator("#files button")).to_have_count(count, timeout=STARTED_MS)
        correct_a_column(page, messy)
        # Keys that are commands of the notebook elsewhere (dd deletes a cell) stay in the widget.
        page.locator("#files button").first.focus()
        page.keyboard.type("ddaa")
        expect(page.locator("#files button")).to_have_count(count)
        expect(page.locator(".jp-Cell")).to_have_count(2)


def test_doctor_in_voila(browser: Browser, sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    path = folder / "inputs" / "students.csv"
    lines = path.read_text("utf-8-sig").splitlines()
    lines[4:6] = [line.replace("1099000001", "1099000O01") for line in lines[4:6]]
    path.write_text("\n".join(lines), "utf-8-sig")
    raw = path.read_bytes()
    cell = f"from restructure.widgets.doctor import doctor_widget\ndoctor_widget({str(folder)!r})"
    with (
        serving.voila(serving.notebook(tmp_path / "n.ipynb", cell)) as address,
        serving.opened(browser, address) as page,
    ):
        group = page.locator("#groups button").filter(has_text="1099000O01")
        expect(group).to_be_visible(timeout=STARTED_MS)
        group.click()
        errors = page.locator("#top .errors").inner_text()
        expect(page.locator("#rows tbody tr")).to_have_count(2)
        expect(page.locator("#rows tbody tr").first).to_contain_text("1099000O01")
        expect(page.locator(".point")).not_to_have_count(0)
        drawn = page.evaluate(
            """() => { const canvas = document.querySelector(".restructure").shadowRoot.querySelector("canvas");
            return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((v) => v > 0); }"""
        )
        assert drawn, "the roads lie under the points"
        look_at(page)
        page.locator("#rows tbody button").first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#rows tbody tr")).to_have_count(1)
        page.locator("#all-rows").click()
        expect(page.locator("#rows tbody tr")).to_have_count(2)
        mend = page.locator(".mend").filter(has_text="1099000001").first
        expect(mend).to_contain_text("1099000O01")
        mend.get_by_role("button").click()
        expect(page.locator("#said")).to_contain_text("แก้แล้ว", timeout=STARTED_MS)
        expect(group).to_have_count(0)
        expect(page.locator("#top .errors")).not_to_have_text(errors)
        assert path.read_bytes() == raw
        page.locator("#done summary").click()
        expect(page.locator("#log tbody tr")).to_have_count(1)
        page.locator("#undo").click()
        expect(group).to_be_visible(timeout=STARTED_MS)
        expect(page.locator("#top .errors")).to_have_text(errors)
        page.get_by_label("ตาราง").select_option("students")
        expect(page.locator("#groups button").filter(has_text="inputs/villages")).to_have_count(0)
        page.locator("#books").click()
        expect(page.locator("#said")).to_contain_text("outputs/check", timeout=STARTED_MS)
        assert (folder / "outputs" / "check" / "office.xlsx").is_file()

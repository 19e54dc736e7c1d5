"""Planning in real Chromium, served by Voilà with the network cut: from a rule to a saved scenario, without code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import serving
import yaml
from playwright.sync_api import Browser, Page, expect
from small_office import read_rows, write_small_office

STARTED_MS = 60_000
WORK_MS = 120_000
#: Text of the page around the widgets, by size in pixels.
SMALLEST = """() => Math.min(...[...document.querySelectorAll("body *:not(script):not(style)")]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
  .map((e) => parseFloat(getComputedStyle(e).fontSize)))"""
#: Text that is too small for a meeting room, or cut off by its own box; what has no name for those who do not see it.
UNREADABLE = """() => {
  const all = [...document.querySelector(".restructure").shadowRoot.querySelectorAll("#widget *:not(option)")];
  const cut = all.filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility())
    .filter((e) => {
      const style = getComputedStyle(e);
      const over = e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1;
      return parseFloat(style.fontSize) < 16 || (over && style.overflow !== "visible" && style.display !== "inline");
    });
  const unnamed = all.filter((e) => e.matches("button, select, input, [role=button]"))
    .filter((e) => !(e.textContent.trim() || e.labels?.length || e.getAttribute("aria-label")));
  return [...cut, ...unnamed].map((e) => e.outerHTML.slice(0, 120));
}"""
#: A school that the best plan of the sample closes, and the only host that its children reach within the limit.
SCHOOL, HOST = "1099000022", "1099000021"


def found(page: Page) -> None:
    """The search behind is done: all of it, not only the best plan."""
    expect(page.locator("#start")).to_be_enabled(timeout=WORK_MS)
    expect(page.locator("#told")).to_have_count(0)


def figure(page: Page, plan: str, row: str) -> str:
    """A plan's figure in the table of all plans."""
    heads = page.locator("#plan-table thead th").all_inner_texts()
    column = next(i for i, text in enumerate(heads) if text.startswith(plan))
    line = page.locator("#plan-table tbody tr").filter(has=page.get_by_role("rowheader", name=row)).first
    return line.locator("td").nth(column).inner_text().split()[0]


def set_rules(page: Page, folder: Path) -> None:
    """Limits and pins by keyboard; what is no number is refused and the field shows what holds."""
    limit = page.locator("#rule-close_at_most")
    limit.fill("หลายแห่ง")
    limit.press("Enter")
    expect(page.locator("#error")).to_contain_text("ไม่ใช่จำนวนเต็ม")
    expect(page.locator("#rule-close_at_most")).to_have_value("")
    limit.fill("4")
    limit.press("Enter")
    expect(page.locator("#error")).to_be_hidden()
    expect(page.locator("#rule-close_at_most")).to_have_value("4")
    page.locator("#pin-school").fill(SCHOOL)
    page.locator("#pin-school").press("Enter")
    expect(page.locator("#pins")).to_contain_text(f"ต้องคงอยู่: บ้านสระใหญ่ ({SCHOOL})")
    page.locator(f"#unpin-must_stay-{SCHOOL}").click()
    expect(page.locator("#pins li")).to_have_count(0)
    page.locator("#down-small_schools").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#order li").first).to_contain_text("ค่าพาหนะ")
    page.locator("#up-small_schools").click()
    expect(page.locator("#order li").first).to_contain_text("โรงเรียนขนาดเล็กที่เหลือ")
    page.locator("#write").click()
    expect(page.locator("#write")).to_be_disabled()
    assert yaml.safe_load((folder / "optimise.yaml").read_text("utf-8")) == {"close_at_most": 4}


def impossible(page: Page) -> None:
    """Rules that stand in each other's way are named; giving way in one finds a plan."""
    page.locator("#rule-close_at_least").fill("60")
    page.locator("#rule-close_at_least").press("Tab")
    page.locator("#start").click()
    expect(page.locator("#clash li")).to_have_count(2, timeout=WORK_MS)
    expect(page.locator("#clash")).to_contain_text("ย้ายทุกชั้นอย่างน้อย 60 แห่ง → จะมีแผน ถ้าเปลี่ยนเป็น 4 แห่ง (เดิม 60)")
    page.locator("#relax-close_at_least").click()
    expect(page.locator("#levels")).to_be_visible(timeout=WORK_MS)
    found(page)
    expect(page.locator("#rule-close_at_least")).to_have_value("4")
    expect(page.locator("#status-words")).to_contain_text("ย้ายทุกชั้น 4 โรงเรียน")


def look_at_a_dot(page: Page) -> None:
    dots = page.locator("#chart .dot")
    count = dots.count()
    assert count > 4
    dots.nth(2).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#looked-name")).to_have_text("ย้ายทุกชั้น 2 โรงเรียน ค่าพาหนะต่ำสุด")
    expect(dots.nth(2)).to_have_attribute("aria-pressed", "true")
    dots.nth(3).click()
    expect(page.locator("#looked-name")).to_have_text("ย้ายทุกชั้น 3 โรงเรียน ค่าพาหนะต่ำสุด")
    assert figure(page, "ย้ายทุกชั้น 3 โรงเรียน", "โรงเรียนที่ไม่เหลือ") == "3"


def by_hand(page: Page) -> None:
    """A merge is added at a host with nothing against it, taken back, and made again."""
    page.locator("#plan-shown").select_option("present")
    page.locator("#hand-school").fill(SCHOOL)
    page.locator("#hand-school").press("Enter")
    page.locator("#tab-merge").click()
    first = page.locator("#hosts > li").first
    expect(first).to_contain_text(HOST)
    expect(first).to_contain_text("ไม่พบข้อขัดข้อง")
    expect(page.locator("#hosts > li").nth(1)).to_contain_text("ต้องเดินทางเกิน 6 กม.")
    # The first click on a button lands although a field was just typed into, and what is no term stops it.
    page.locator("#hand-term").fill("2570")
    page.locator(f"#add-{HOST}").click()
    expect(page.locator("#hand-term-said")).to_contain_text("“2570” ไม่ใช่ภาคเรียน")
    expect(page.locator("#hand-merges")).to_have_count(0)
    page.locator("#hand-term").fill("2/2571")
    page.locator(f"#add-{HOST}").click()
    expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
    closed = page.locator("#figures > div").filter(has_text="โรงเรียนที่ไม่เหลือการเรียนการสอน").locator("dd")
    expect(closed).to_contain_text("1 แห่ง")
    page.locator("#undo").click()
    expect(page.locator("#hand-merges")).to_have_count(0)
    expect(closed).to_contain_text("0 แห่ง")
    page.locator("#redo").click()
    expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
    expect(page.locator("#hand-merges tbody")).to_contain_text("2/2571")


def ask_why(page: Page) -> None:
    page.locator("#why-school").fill(SCHOOL)
    page.locator("#ask").click()
    expect(page.locator("#reasons")).to_be_visible(timeout=WORK_MS)
    expect(page.locator("#reasons")).to_contain_text("แผนดีที่สุดให้ย้ายทุกชั้น")
    expect(page.locator("#opposite")).to_contain_text("ถ้าไม่ย้ายทุกชั้น")


def save(page: Page, folder: Path) -> None:
    expect(page.locator("#looked-name")).to_have_text("แผนด้วยมือ")
    page.locator("#save-name").fill("ทางเลือก ค")
    expect(page.locator("#save-it")).to_have_text("บันทึก: แผนด้วยมือ (1 รายการ)")
    page.locator("#save-it").click()
    expect(page.locator("#said")).to_contain_text("บันทึกแผนด้วยมือ (1 รายการ) แล้วที่ scenarios/ทางเลือก-ค.yaml")
    path = folder / "scenarios" / "ทางเลือก-ค.yaml"
    [merge] = yaml.safe_load(path.read_text("utf-8"))["merges"]
    assert (merge["school"], merge["host"]) == (SCHOOL, HOST)
    assert (folder / "outputs" / "scenarios" / "ทางเลือก-ค" / "warnings.csv").is_file()
    before = path.read_bytes()
    page.locator("#look-present").click()
    page.locator("#save-it").click()
    expect(page.locator("#replace")).to_be_visible()
    assert path.read_bytes() == before, "never written over unasked"
    expect(page.locator("#plan-table thead")).to_contain_text("ทางเลือก ค")


@pytest.mark.soak
def test_planning_in_voila(browser: Browser, sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "office"))
    cell = f"from restructure.widgets import explorer_widget\nexplorer_widget({str(folder)!r})"
    with (
        serving.voila(serving.notebook(tmp_path / "n.ipynb", cell)) as address,
        serving.opened(browser, address) as page,
    ):
        expect(page.locator("#start")).to_be_visible(timeout=STARTED_MS)
        set_rules(page, folder)
        impossible(page)
        look_at_a_dot(page)
        page.locator("#look-best").click()
        expect(page.locator("#looked-name")).to_have_text("แผนดีที่สุด")
        by_hand(page)
        ask_why(page)
        save(page, folder)
        for details in page.locator("details").all():
            details.evaluate("details => { details.open = true; }")
        assert page.evaluate("document.fonts.check('16px Sarabun', 'ก')")
        assert page.evaluate(UNREADABLE) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 1366
        page.locator("#look-best").click()
        page.locator("#draw").click()
        expect(page.locator("#map")).to_be_visible(timeout=WORK_MS)
        assert page.locator("#map").evaluate("image => image.naturalWidth") > 1000


def search_again(page: Page) -> list[str]:
    """Search; return where each school goes that the best plan takes, as ``A → H``, in order of their codes."""
    page.locator("#start").click()
    expect(page.locator("#root")).to_have_attribute("aria-busy", "false")
    found(page)
    page.locator("#look-best").click()
    expect(page.locator("#looked-name")).to_have_text("แผนดีที่สุด")
    rows = [row.locator("td").all_inner_texts() for row in page.locator("#looked-merges tbody tr").all()]
    return sorted(f"{cells[0].split()[0]} → {cells[2].split()[0]}".replace("โรงเรียน", "") for cells in rows)


def fill(page: Page, rule: str, value: str) -> None:
    field = page.locator(f"#rule-{rule}")
    field.fill(value)
    field.press("Enter")
    expect(page.locator(f"#rule-{rule}")).to_have_value(value)


def pin(page: Page, rule: str, school: str, host: str = "") -> None:
    page.locator("#pin-rule").select_option(rule)
    page.locator("#pin-school").fill(school)
    if host:
        page.locator("#pin-host").fill(host)
    page.locator("#pin").click()
    expect(page.locator(f"#unpin-{rule}-{school}")).to_be_visible()


def unpin(page: Page, rule: str, school: str) -> None:
    page.locator(f"#unpin-{rule}-{school}").click()
    expect(page.locator(f"#unpin-{rule}-{school}")).to_have_count(0)


def obeyed_rules(page: Page) -> None:
    """What is clicked and typed for rules is kept by the plan that is found."""
    assert search_again(page) == ["A → H"], "P is protected"
    expect(page.locator("#status-words")).to_contain_text("ย้ายทุกชั้น 1 โรงเรียน")
    pin(page, "must_close", "P")
    page.locator("#start").click()
    expect(page.locator("#clash")).to_contain_text("คงโรงเรียนในพื้นที่ลักษณะพิเศษ")
    expect(page.locator("#clash")).to_contain_text("โรงเรียนที่ต้องย้ายทุกชั้น: โรงเรียนP (P)")
    found(page)
    page.locator("#rule-protect_special").click()
    expect(page.locator("#rule-protect_special")).not_to_be_checked()
    assert search_again(page) == ["A → H", "P → K"]
    pin(page, "must_stay", "A")
    assert search_again(page) == ["P → A"], "A stays, and is nearer than K"
    unpin(page, "must_stay", "A")
    pin(page, "hosts", "P", "H")
    assert search_again(page) == ["A → H", "P → H"]
    unpin(page, "hosts", "P")
    unpin(page, "must_close", "P")
    # 200 days: four of A 10 baht to H, three of P 15 baht to K, or 10 baht to A.
    fill(page, "ceiling_baht", "17,000")
    assert search_again(page) == ["A → H", "P → K"]
    fill(page, "ceiling_baht", "16,999")
    assert search_again(page) == ["P → A"], "6,000 baht where A alone costs 8,000"
    fill(page, "ceiling_baht", "")
    # Where money counts first nobody moves, unless somebody must.
    page.locator("#up-subsidy").click()
    expect(page.locator("#order li").first).to_contain_text("ค่าพาหนะ")
    assert search_again(page) == []
    fill(page, "close_at_least", "1")
    assert search_again(page) == ["P → A"]
    fill(page, "close_at_least", "2")
    assert search_again(page) == ["A → H", "P → K"]
    # Schools that are merged do close, and are said to.
    page.locator("#rule-kind").select_option("merge")
    expect(page.locator("label").filter(has=page.locator("#rule-close_at_least"))).to_contain_text("ปิดอย่างน้อย")
    expect(page.locator("#pin-rule")).to_contain_text("ต้องปิด")


def hosts_by_hand(page: Page, folder: Path) -> None:
    """The children of one school go to the nearer of two hosts that are chosen from the ranked ones."""
    page.locator("#plan-shown").select_option("present")
    page.locator("#hand-school").fill("P")
    page.locator("#hand-school").press("Enter")
    page.locator("#tab-merge").click()
    near = page.locator("#hosts .host-head b")
    expect(near).to_have_text([f"โรงเรียน{code} ({code})" for code in "NAKH"])
    page.locator("#hand-way").select_option("nearest")
    expect(page.locator("#hosts")).to_have_count(0)
    expect(page.locator("#add-nearest")).to_be_enabled()
    page.locator("#hand-way").select_option("some")
    expect(page.locator("#add-some")).to_be_disabled()
    expect(page.locator("#pick-N")).to_be_disabled()
    page.locator("#pick-H").click()
    expect(page.locator("#add-some")).to_contain_text("1 แห่งที่เลือก")
    page.locator("#pick-K").focus()
    page.keyboard.press("Space")
    expect(page.locator("#add-some")).to_contain_text("2 แห่งที่เลือก")
    page.locator("#add-some").click()
    expect(page.locator("#hand-merges tbody tr")).to_have_count(1)
    expect(page.locator("#hand-merges tbody")).to_contain_text("โรงเรียนK (K) หรือ โรงเรียนH (H)")
    page.locator("#save-name").fill("หลายแห่ง")
    page.locator("#save-it").click()
    expect(page.locator("#said")).to_contain_text("หลายแห่ง.yaml")
    [merge] = yaml.safe_load((folder / "scenarios" / "หลายแห่ง.yaml").read_text("utf-8"))["merges"]
    assert (merge["school"], merge["host"]) == ("P", ["K", "H"]), "the nearest first"
    paid = read_rows(folder / "outputs" / "scenarios" / "หลายแห่ง" / "subsidy.csv")
    assert {(row["village_id"], row["host_id"], row["road_m"]) for row in paid} == {
        ("vp", "K", "3500"), ("vq", "H", "3400"),
    }  # fmt: skip


def test_rules_and_hosts_that_are_chosen_on_the_page_are_kept(browser: Browser, tmp_path: Path) -> None:
    """H at 0 and K at 8,000 are no small schools; A and P are, P in a special area; N has no primary grade."""
    folder = write_small_office(
        tmp_path / "office",
        schools="H 0 P1-P6 rooms=20\nA 3000 P1-P6 rooms=9\nP 5000 P1-P6 special_area=highland\n"
        "N 5500 K1-K3 rooms=9\nK 8000 P1-P6 rooms=20",
        villages="vh 0\nva 2000\nvq 3400\nvp 4500\nvn 5600\nvk 8000",
        students="H P1 vh 150\nA P1 va 3\nA P5 va 1\nP P1 vp 2\nP P2 vq 1\nN K1 vn 200\nK P1 vk 150",
    )
    cell = f"from restructure.widgets import explorer_widget\nexplorer_widget({str(folder)!r})"
    with (
        serving.voila(serving.notebook(tmp_path / "n.ipynb", cell)) as address,
        serving.opened(browser, address) as page,
    ):
        expect(page.locator("#start")).to_be_visible(timeout=STARTED_MS)
        obeyed_rules(page)
        hosts_by_hand(page, folder)
        for details in page.locator("details").all():
            details.evaluate("details => { details.open = true; }")
        assert page.evaluate(UNREADABLE) == []


def test_what_stands_around_the_widgets_is_large_enough(browser: Browser, tmp_path: Path) -> None:
    cell = """import pandas as pd
from IPython.display import Markdown
display(Markdown("# หัวเรื่อง\\n\\nข้อความ `คำสั่ง`\\n\\n* ข้อ\\n\\n| ก | ข |\\n|-|-|\\n| 1 | 2 |"))
print("พิมพ์")
pd.DataFrame({"ก": [1]})"""
    with (
        serving.voila(serving.notebook(tmp_path / "n.ipynb", cell)) as address,
        serving.opened(browser, address) as page,
    ):
        expect(page.get_by_role("heading", name="หัวเรื่อง")).to_be_visible(timeout=STARTED_MS)
        expect(page.locator("table")).to_have_count(2)
        assert page.evaluate(SMALLEST) >= 16

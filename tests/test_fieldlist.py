"""The list of pairs to check in the field, on paper: what stands on it, its codes, and what never does."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import segno
from drawn import place
from pypdf import PdfReader
from small_office import write_small_office

from restructure import fieldlist
from restructure.certify import choose, pairs
from restructure.cycle import Measured, measure, open_cycle
from restructure.fieldlist import geo_address, qr_outline, write_field_list
from restructure.words import INTERNAL, SYNTHETIC

HOME = place(3040, 0)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """Return an office with two villages, an island, a village without a point and a child at a home of its own."""
    lat, lon = HOME
    folder = write_small_office(
        tmp_path_factory.mktemp("office"),
        schools="1 0 K2-P6\n2 8000 K2-P6",
        villages="10 3350\n11 5000\n14 3000,500\n15 9000",
        student_head="student_key school_id grade village_id lat lon",
        students=f"k1 2 P1 10 . .\nk2 2 P1 11 . .\nk4 2 P1 14 . .\nk5 2 P1 11 {lat} {lon}\nk6 2 P1 15 . .",
        mergers="2 K2-P6 1/2565 1 learn-together existing",
    )
    villages = folder / "inputs/villages.csv"
    lat, lon = place(9000, 0)
    villages.write_text(villages.read_text("utf-8-sig").replace(f"{lat},{lon}", ","), "utf-8-sig")
    return measure(open_cycle(folder))


def told(path: Path) -> list[str]:
    return [bare(page.extract_text()) for page in PdfReader(path).pages]


def bare(text: str) -> str:
    """Return text without spaces, a letter with its marks once: matplotlib names the whole cluster for each glyph."""
    return re.sub("([ก-ฮ][ัำิ-ฺ็-๎]+)\\1+", "\\1", "".join(text.split()))


def test_pages_and_figures(measured: Measured, tmp_path: Path) -> None:
    path = tmp_path / "list.pdf"
    table = pairs(measured)
    assert len(table) == 5
    write_field_list(path, measured, table)
    pages = told(path)
    assert len(pages) == 2  # three a page
    assert ["3,350" in page for page in pages] == [True, False]
    assert "5,000" in pages[0]
    assert "3,040" in pages[0]
    assert "2/2" in pages[1]
    assert "k5" in pages[0]
    for page in pages:
        assert bare("รอบพฤศจิกายนและรอบพฤษภาคม 5 คู่") in page
        assert re.search(bare("ส่งคืนภายในวันที่") + r"\.{20,}" + bare("ถึง กลุ่มนโยบายและแผน"), page)
    for page in PdfReader(path).pages:
        assert [round(float(side) / 72 * 25.4) for side in page.mediabox[2:]] == [210, 297]


def test_the_list_of_one_round_says_so(measured: Measured, tmp_path: Path) -> None:
    write_field_list(tmp_path / "list.pdf", measured, pairs(measured, ["may"]), ["may"])
    page = told(tmp_path / "list.pdf")[0]
    assert bare("รอบพฤษภาคม 5 คู่") in page
    assert bare("รอบพฤศจิกายน") not in page


def test_a_long_reason_stays_above_the_lines_to_fill_in(
    measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[int] = []
    wrap = fieldlist._Page.wrap
    monkeypatch.setattr(fieldlist._Page, "wrap", lambda *args: wanted.append(len(wrap(*args))) or wrap(*args))
    table = pairs(measured)
    table = table[table["student_key"].eq("k5") | table["village_id"].eq("10")].assign(reason="ถนน " * 300)
    write_field_list(tmp_path / "list.pdf", measured, table)
    # What is known, of the child also its reference, and as much of the reason as six lines leave.
    assert wanted in ([1, 5, 1, 1, 4], [1, 5, 1, 2, 3])


def test_same_pairs_same_bytes(measured: Measured, tmp_path: Path) -> None:
    table = pairs(measured).head(2)
    for name in ("a.pdf", "b.pdf"):
        write_field_list(tmp_path / name, measured, table)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_an_empty_list_is_a_page(measured: Measured, tmp_path: Path) -> None:
    write_field_list(tmp_path / "none.pdf", measured, pairs(measured).head(0))
    assert len(told(tmp_path / "none.pdf")) == 1


def test_codes_lead_to_known_points_but_never_home(
    measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(fieldlist, "qr_outline", lambda text, *at: made.append(text) or qr_outline(text, *at))
    lines: list[object] = []
    monkeypatch.setattr(fieldlist._Page, "lines", lambda _, lines_, colour, *__, **___: lines.append((colour, lines_)))
    write_field_list(tmp_path / "list.pdf", measured, pairs(measured))
    school = geo_address(*place(0, 0))
    known = [geo_address(*place(*at)) for at in ((3350, 0), (5000, 0), (3000, 500))]
    # Villages 10 and 11 with the school; of the child and of the village without a point the school alone.
    assert made == [known[0], school, known[1], school, school, known[2], school, school]
    routes = [drawn for colour, drawn in lines if colour == fieldlist._ROUTE]  # type: ignore[misc]
    assert [len(drawn) for drawn in routes] == [1, 1, 0, 0, 0]
    content = b"".join(page.get_contents().get_data() for page in PdfReader(tmp_path / "list.pdf").pages)
    assert f"{HOME[1]:.4f}".encode() not in content


def test_a_child_at_home_gets_a_map_of_the_school_alone(
    measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    framed: list[tuple[float, ...]] = []
    frame = fieldlist._Page.frame
    monkeypatch.setattr(
        fieldlist._Page,
        "frame",
        lambda self, bounds, margin_mm: framed.append(bounds) or frame(self, bounds, margin_mm),
    )
    table = pairs(measured)
    write_field_list(tmp_path / "list.pdf", measured, table[table["student_key"] == "k5"])
    lat, lon = place(0, 0)
    assert framed == [pytest.approx((lon - 0.012, lat - 0.012, lon + 0.012, lat + 0.012))]


def test_a_code_is_the_library_s_code() -> None:
    text = "geo:16.800000,100.300000"
    # Segno's own drawing of it, read as a picture: dark is 1.
    wanted = np.array([list(line) for line in segno.make_qr(text, error="m").matrix_iter(border=0)])
    size = len(wanted)
    outline = qr_outline(text, 10.0, 20.0, 28.0)
    centres = (np.arange(size) + 0.5) * 28.0 / size
    found = [[outline.contains_point((10 + x, 48 - y)) for x in centres] for y in centres]
    assert np.array_equal(np.array(found, int), wanted)
    assert outline.get_extents().bounds == pytest.approx((10, 20, 28, 28))


def test_negative_and_long_points() -> None:
    assert geo_address(-0.12345678, 100.3) == "geo:-0.123457,100.300000"


def test_the_sample_office_says_that_it_is_synthetic(sample: Path, tmp_path: Path) -> None:
    measured = measure(open_cycle(sample))
    table = choose(pairs(measured), states=["check"])
    assert 0 < len(table) < 20
    write_field_list(tmp_path / "list.pdf", measured, table)
    pages = told(tmp_path / "list.pdf")
    assert len(pages) == -(-len(table) // 3)
    for page in pages:
        assert bare(SYNTHETIC) in page
        assert bare(INTERNAL) in page
    for code in table["village_id"]:
        assert code in "".join(pages)

"""Printed maps measured on the paper: scale, extent, names, fonts, pages; answers worked by hand on a small office."""

from __future__ import annotations

import io
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdf
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from plan_office import write_planned
from small_office import merge, write_small_office
from test_maps import HOSTILE, SMALL, drawn_plan, sample_plan  # noqa: F401

from restructure import UsageError
from restructure.atlas import write_atlas
from restructure.cycle import find_scenario, measure, open_cycle
from restructure.labels import Name, boxes_along, boxes_around, place_names
from restructure.mapdata import MapData
from restructure.mergemap import merge_page, merge_picture, merge_villages, write_merge_map
from restructure.plan import Plan
from restructure.printmap import area_page, write_amphoe_map, write_print_map
from restructure.scenario import Merge
from restructure.sheet import Sheet, drawing
from restructure.steps import draft_plan

Image.MAX_IMAGE_PIXELS = 20_000_000


def planned(folder: Path) -> Plan:
    measured = measure(open_cycle(folder))
    return draft_plan(measured, find_scenario(folder))


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planned(write_planned(tmp_path_factory.mktemp("plan") / "2570"))


def on_map(figure: Figure) -> tuple[Axes, list[Any]]:
    """Return the map of a page and the boxes of the names on it, in pixels."""
    page, drawn = figure.axes
    del page
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    return drawn, [text.get_window_extent(renderer) for text in drawn.texts]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_scale_bar_is_as_long_as_it_says(plan: Plan, paper: str) -> None:
    # A stands 2,500 m from H on a straight road: that many millimetres on the paper are 2.5 km.
    with drawing():
        figure = merge_page(MapData(plan), "A", "H", paper)
    page, drawn = figure.axes
    schools = [path.get_offsets()[0] for path in drawn.collections if path.get_zorder() == 8]
    ends = drawn.transData.transform(np.array(schools, dtype=float))
    mm_per_km = np.hypot(*(ends[0] - ends[1])) / figure.dpi * 25.4 / 2.5
    bar = [patch for patch in page.patches if isinstance(patch, Rectangle)]
    long = sum(patch.get_width() for patch in bar)
    (said,) = [
        float(text[:-4]) for text in words(figure) if text.endswith(" กม.") and text[:-4].replace(".", "").isdigit()
    ]
    assert long == pytest.approx(said * mm_per_km, rel=1e-3)
    # The bar is drawn in millimetres of the page.
    start, end = page.transData.transform([(0, 0), (long, 0)])
    assert (end - start)[0] / figure.dpi * 25.4 == pytest.approx(long, rel=1e-3)
    (ratio,) = [text for text in words(figure) if text.startswith("1:")]
    assert int(ratio[2:].split()[0].replace(",", "")) == pytest.approx(1e6 / mm_per_km, abs=500)
    assert paper in ratio


def test_merge_villages_by_hand(plan: Plan) -> None:
    # A P1 V1 3 and P2 V2 2: V1 at 2,000 m, V2 at 4,000 m, A at 2,500 m, H at 0.
    rows = merge_villages(MapData(plan), "A", "H")
    columns = ["village_id", "pupils", "home_pupils", "before_m", "road_m", "band", "baht_per_day"]
    assert rows[columns].to_numpy().tolist() == [["V1", 3, 0, 500, 2000, 1, 10], ["V2", 2, 0, 1500, 4000, 2, 15]]
    # B P1 V3 4 from 12,000 m, and one child on an island.
    rows = merge_villages(MapData(plan), "B", "H")
    assert rows["village_id"].tolist() == ["V3", "VI"]
    assert rows["road_m"].fillna(-1).tolist() == [12000, -1]
    assert rows["before_m"].fillna(-1).tolist() == [3000, -1]
    assert rows["geometry"].isna().tolist() == [False, True]


def test_merge_page_says_what_was_worked_out(plan: Plan) -> None:
    with drawing():
        said = words(merge_page(MapData(plan), "A", "H", "A4", "หน้า 3/4"))
    for text in (
        "โรงเรียนA → โรงเรียนH",
        "นักเรียนย้าย 5 คน จาก 2 หมู่บ้าน",
        "ค่าพาหนะประมาณ 12,000 บาทต่อปี (200 วัน)",
        "2.00",
        "4.00",
        "0.50",
        "1.50",
        "หน้า 3/4",
        "เหนือ",
    ):
        assert text in said, text
    assert any("OpenStreetMap" in text for text in said)
    assert "ข้อมูลสมมุติ" not in said


def test_a_child_measured_from_home_is_counted_and_not_drawn(tmp_path: Path) -> None:
    from drawn import place

    lat, lon = place(7000, 0)
    folder = write_small_office(
        tmp_path / "2570",
        schools="A 2500 P1-P6\nH 0 P1-P6",
        villages="V1 2000\nV2 4000",
        students=f"k1 A P1 V1 . .\nk2 A P1 V1 {lat} {lon}\nk3 A P2 V2 {lat} {lon}",
        student_head="student_key school_id grade village_id lat lon",
        scenarios={"x": [merge("A", "H")]},
        policy="fiscal_year: 2570\n",
    )
    rows = merge_villages(MapData(planned(folder)), "A", "H")
    assert rows[["village_id", "pupils", "home_pupils", "road_m"]].to_numpy().tolist() == [
        ["V1", 2, 1, 2000],
        ["V2", 1, 1, 4000],
    ]
    # No way of V2 was measured for anybody.
    assert rows["geometry"].isna().tolist() == [False, True]


def test_picture_for_parents_tells_no_counts(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    drawn: list[Figure] = []
    save = Figure.savefig

    def listen(figure: Figure, *args: Any, **more: Any) -> None:
        said.extend(words(figure))
        drawn.append(figure)
        save(figure, *args, **more)

    monkeypatch.setattr(Figure, "savefig", listen)
    stream = merge_picture(plan, "A", "H")
    with Image.open(stream) as image:
        assert image.format == "PNG"
        assert [round(side / 300 * 25.4) for side in image.size] == [160, 112]
    # 2 km at 40 km/h.
    assert "1 บ้านV1\n2.00 กม. 3 นาที" in said
    assert not [text for text in said if "คน" in text]
    (figure,) = drawn
    _, boxes = on_map(figure)
    (north,) = [text for text in figure.axes[0].texts if text.get_text() == "เหนือ"]
    assert not [1 for box in boxes if box.overlaps(north.get_window_extent())]
    assert merge_picture(plan, "A", "H").getvalue() == stream.getvalue()


@pytest.mark.parametrize("kind", ["A3", "A4", "amphoe", "merge"])
def test_names_cover_neither_each_other_nor_the_edge(sample_plan: Plan, kind: str) -> None:  # noqa: F811
    data = MapData(sample_plan)
    with drawing():
        if kind == "merge":
            pairs = dict.fromkeys(sample_plan.moves[["school_id", "host_id"]].itertuples(index=False, name=None))
            figures = [merge_page(data, *pair, "A4") for pair in pairs]
        elif kind == "amphoe":
            figures = [area_page(data, amphoe, "A4") for amphoe in sorted(set(data.schools["amphoe"]))]
        else:
            figures = [area_page(data, "", kind)]
        for figure in figures:
            drawn, boxes = on_map(figure)
            assert boxes
            frame = drawn.get_window_extent()
            for box in boxes:
                assert frame.x0 < box.x0
                assert box.x1 < frame.x1
                assert frame.y0 < box.y0
                assert box.y1 < frame.y1
            assert not [1 for one, two in combinations(boxes, 2) if one.overlaps(two)]


def test_a_name_without_room_is_told(sample_plan: Plan) -> None:  # noqa: F811
    data = MapData(sample_plan)
    with drawing():
        figure = area_page(data, "", "A4")
    drawn, _ = on_map(figure)
    written = {text.get_text().split(" ", 1)[-1] for text in drawn.texts}
    moves = sample_plan.moves
    missing = {*moves["school_name"], *moves["host_name"]} - written
    note = [text for text in words(figure) if text.startswith("ชื่อที่ไม่มีที่วางบนแผนที่")]
    if missing:
        assert f"{len(missing)} แห่ง" in note[0]
    else:
        assert note == []


def test_names_of_a_crowd() -> None:
    sheet = Sheet((200.0, 200.0))
    sheet.add_map((0, 0, 200, 200))
    places = np.random.default_rng(7).uniform(60, 700, (150, 2))
    names = [Name(place, 4, (f"โรงเรียนบ้านหนองน้ำใสที่ {i}", str(i)), "#000000") for i, place in enumerate(places)]
    written, left_out = place_names(sheet, names, boxes_around(places, 4), np.empty((0, 4)))
    assert len(written) + len(left_out) == 150
    assert len(written) > 75
    boxes = [text.get_window_extent(sheet.renderer) for text in written]
    assert not [1 for one, two in combinations(boxes, 2) if one.overlaps(two)]
    for box in boxes:
        assert not [1 for x, y in places if box.x0 < x < box.x1 and box.y0 < y < box.y1]


def test_boxes_lie_along_a_line() -> None:
    boxes = boxes_along(np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 30.0]]), every=10.0)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    assert middles.tolist() == [[0, 0], [12, 0], [24, 0], [30, 6], [30, 18], [30, 30]]


def test_amphoe_map_shows_its_schools_and_moves(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path / "2570",
        schools="A 2500 P1-P6 amphoe=เหนือ\nB 9000 P1-P6 amphoe=ใต้\nC 20000 P1-P6 amphoe=ไกล\nH 0 P1-P6 amphoe=เหนือ",
        villages="V1 2000\nV2 9500",
        students="A P1 V1 3\nB P1 V2 4\nC P1 V2 1",
        scenarios={"x": [merge("A", "H"), merge("B", "H")]},
        policy="fiscal_year: 2570\n",
    )
    plan = planned(folder)
    with drawing():
        figure = area_page(MapData(plan), "ใต้", "A4")
    drawn, _ = on_map(figure)
    # The move of B keeps its number in the plan; its host, of another amphoe, is on the map; C, 10 km away, is not.
    assert [text.get_text() for text in drawn.texts] == ["2 โรงเรียนB", "โรงเรียนH"]
    assert drawn.get_xlim()[1] * 2 < 15
    assert drawn.get_xlim()[1] * 2 > 9.5
    assert "นักเรียนย้าย 4 คน จาก 1 โรงเรียน ไป 1 โรงเรียนหลัก" in words(figure)
    with drawing():
        assert "อำเภอนี้ไม่มีการย้ายตามแผนนี้" in words(area_page(MapData(plan), "ไกล", "A4"))
    with pytest.raises(UsageError, match="เหนือ, ใต้, ไกล"):
        write_amphoe_map(plan, "ไม่มี", tmp_path / "a.pdf", tmp_path / "a.png")


def test_atlas_pages_index_bookmarks_and_fonts(plan: Plan, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = tmp_path / "atlas.pdf"
    # An index, the office, one amphoe, two merges.
    assert write_atlas(plan, path, lambda *done: told.append(done)) == 5
    assert told == [(i, 5) for i in range(1, 6)]
    with path.open("rb") as stream:
        reader = pypdf.PdfReader(stream, strict=True)
        assert len(reader.pages) == 5
        for i, page in enumerate(reader.pages, start=1):
            assert [float(side) for side in page.mediabox[2:]] == pytest.approx([841.9, 595.3], abs=0.5)
            assert f"{i}/5" in page.extract_text()
            fonts: Any = page["/Resources"]["/Font"]  # type: ignore[index]
            for font in fonts.values():
                (child,) = font.get_object()["/DescendantFonts"]
                assert "/FontFile2" in child.get_object()["/FontDescriptor"].get_object()
        index = reader.pages[0].extract_text()
        # Both merges: 9 children move, one more without a way; 12,000 + 16,000 baht.
        for figure in ("28,000", "12,000", "16,000", "12.00", "4.00"):
            assert figure in index
        *tops, merges = reader.outline
        assert isinstance(merges, list)
        found = [(one["/Title"], reader.get_destination_page_number(one)) for one in [*tops, *merges]]  # type: ignore[index,arg-type]
        assert found == [
            ("สารบัญแผนที่", 0),
            ("ทั้งสำนักงานเขต", 1),
            ("อำเภอกลาง", 2),
            ("1. โรงเรียนA → โรงเรียนH", 3),
            ("2. โรงเรียนB → โรงเรียนH", 4),
        ]
        assert "/CreationDate" not in (reader.metadata or {})
    first = path.read_bytes()
    write_atlas(plan, path)
    assert path.read_bytes() == first


def test_atlas_of_a_plan_without_moves(tmp_path: Path) -> None:
    assert write_atlas(drawn_plan(tmp_path, []), tmp_path / "atlas.pdf") == 2
    assert len(pypdf.PdfReader(tmp_path / "atlas.pdf").pages) == 2


def test_index_goes_on_to_a_second_page(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restructure.atlas._ON_PAGE", 2)
    # Four maps are listed on two pages of two.
    assert write_atlas(plan, tmp_path / "atlas.pdf") == 6
    outline = pypdf.PdfReader(tmp_path / "atlas.pdf")
    assert outline.get_destination_page_number(outline.outline[1]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("paper", ["A3", "A4"])
def test_merge_map_has_the_size_of_its_paper_and_the_same_bytes(plan: Plan, tmp_path: Path, paper: str) -> None:
    for name in ("one", "two"):
        write_merge_map(plan, "A", "H", tmp_path / f"{name}.pdf", tmp_path / f"{name}.png", paper)
    for suffix in ("pdf", "png"):
        assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    with Image.open(tmp_path / "one.png") as image:
        assert image.size == {"A3": (4961, 3508), "A4": (3508, 2480)}[paper]
    assert b"/CreationDate" not in (tmp_path / "one.pdf").read_bytes()


def test_no_such_merge(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="H"):
        write_merge_map(plan, "H", "A", tmp_path / "a.pdf", tmp_path / "a.png")


@pytest.mark.parametrize("name", [HOSTILE, '=HYPERLINK("http://x.example","y")'])
def test_strange_names_are_drawn_as_text(tmp_path: Path, name: str) -> None:
    plan = drawn_plan(tmp_path, [SMALL], name)
    with drawing():
        said = words(merge_page(MapData(plan), "1", "2", "A4"))
    assert any("=HYPERLINK" in text or "<img src=x" in text for text in said)
    assert isinstance(merge_picture(plan, "1", "2"), io.BytesIO)
    write_atlas(plan, tmp_path / "atlas.pdf")
    titles = pypdf.PdfReader(tmp_path / "atlas.pdf").outline
    assert len(titles) == 4


def test_a_merge_of_nobody(tmp_path: Path) -> None:
    plan = drawn_plan(tmp_path, [Merge(school="3", host="2", grades="all", kind="dissolve", from_term="1/2570")])
    with drawing():
        said = words(merge_page(MapData(plan), "3", "2", "A4"))
    assert "ไม่มีนักเรียนที่ย้ายในการรวมนี้" in said


def test_office_map_on_a4(plan: Plan, tmp_path: Path) -> None:
    write_print_map(plan, tmp_path / "map.pdf", tmp_path / "map.png", "A4")
    with Image.open(tmp_path / "map.png") as image:
        assert image.size == (3508, 2480)
    text = pypdf.PdfReader(tmp_path / "map.pdf").pages[0].extract_text()
    assert "28,000" in text
    assert pd.Series(plan.moves["baht"]).sum() == 28_000

"""Proof sheets read back: what each page says, what it never says."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pypdf
import pytest
from test_maps import HOSTILE
from test_routemap import Office, drawn_office, sample_routes  # noqa: F401

from restructure.proof import write_proof

SHA = "0123456789abcdef" * 4


def write(office: Office, path: Path, host: str = "2") -> list[str]:
    """Write the sheet of a host and return the bare text of each page."""
    school = office.schools.set_index("school_id", drop=False).loc[host]
    write_proof(
        path,
        policy=office.policy,
        network=office.network,
        host=school,
        villages=office.villages,
        routes=office.routes,
        roads_name="roads.osm.pbf",
        roads_sha256=SHA,
        version="0",
    )
    return [bare(page.extract_text()) for page in pypdf.PdfReader(path).pages]


def bare(text: str) -> str:
    """Return text without spaces, a letter with its marks once: matplotlib names the whole cluster for each glyph."""
    return re.sub("([ก-ฮ][ัำิ-ฺ็-๎]+)\\1+", "\\1", "".join(text.split()))


def test_one_school_on_paper(tmp_path: Path) -> None:
    office = drawn_office(tmp_path)
    pages = write(office, tmp_path / "proof.pdf")
    text = "".join(pages)
    for part in ("วัดป่าช้าที่น้ำผึ้ง", "2570", "roads.osm.pbf", SHA[:12], "ยังไม่รับรอง", "มากกว่า 3,000 เมตร", "พบในแหล่งอ้างอิง"):
        assert bare(part) in text, part
    for part in (
        "5,000",
        "3,000",
        "ไม่มีทางรถ",
        "ไม่ทราบจุด",
        "2 คน วัดจากจุดบ้าน",
        "ไม่ระบุหมู่บ้าน",
        "ห้ามเผยแพร่",
    ):
        assert bare(part) in text, part
    assert bare(f"{7 * 15 + 3 * 10} บาทต่อวัน (ไม่รวมที่ไม่มีระยะทางและที่วัดจากจุดบ้าน)") in text
    assert SHA[:13] not in text
    assert "4,321" not in text, "a distance of a home of its own"
    assert "2,000" not in text, "a way to another school"
    assert "ข้อมูลสมมุติ" not in text
    assert "©OpenStreetMapcontributors" in text
    for number, page in enumerate(pages, start=1):
        assert f"2หน้า{number}/{len(pages)}" in page
    assert pages[-1].count("ลงชื่อ..") == 2
    assert sum(page.count("ลงชื่อ") for page in pages) == 2


def test_it_is_a4_with_its_own_fonts(tmp_path: Path) -> None:
    write(drawn_office(tmp_path), tmp_path / "proof.pdf")
    reader = pypdf.PdfReader(tmp_path / "proof.pdf")
    for page in reader.pages:
        assert [float(side) for side in page.mediabox[2:]] == pytest.approx([210 / 25.4 * 72, 297 / 25.4 * 72], abs=0.5)
        names = {font.get_object()["/BaseFont"].partition("+")[2] for font in page["/Resources"]["/Font"].values()}
        assert names <= {"Sarabun-Regular", "Sarabun-Bold"}
    assert "/CreationDate" not in (reader.metadata or {})


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    office = drawn_office(tmp_path)
    for name in ("one", "two"):
        write(office, tmp_path / f"{name}.pdf")
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


@pytest.mark.parametrize("count", [1, 4, 5, 9, 10, 11, 37, 70])
def test_every_village_has_one_line(tmp_path: Path, count: int) -> None:
    office = drawn_office(tmp_path)
    one = office.routes.query("village_id == '1'")
    rows = gpd.GeoDataFrame(pd.concat([one] * count, ignore_index=True), crs=4326)
    office.routes = rows.assign(village=[f"หมู่บ้านที่{i:03}จบ" for i in range(count)])
    pages = write(office, tmp_path / "proof.pdf")
    tables = "".join(pages)
    for i in range(count):
        assert bare(f"หมู่บ้านที่{i:03}จบ") in tables
    assert f"หน้า{len(pages)}/{len(pages)}" in pages[-1]
    assert "ลงชื่อ" in pages[-1]
    assert all("ลงชื่อ" not in page for page in pages[:-1])
    assert len(pages) == (1 if count <= 8 else 2 if count <= 30 else 3 if count < 60 else 4)


def test_hostile_and_long_names(tmp_path: Path) -> None:
    office = drawn_office(tmp_path, HOSTILE + " ชื่อยาวมาก" * 20)
    pages = write(office, tmp_path / "proof.pdf", host="1")
    assert len(pages) == 1
    assert "<imgsrc=x" in pages[0]


def test_the_sample_office(sample_routes: Office, tmp_path: Path) -> None:  # noqa: F811
    host = sample_routes.routes["host_id"].value_counts().index[0]
    pages = write(sample_routes, tmp_path / "proof.pdf", host)
    text = "".join(pages)
    assert all("ข้อมูลสมมุติ" in page and host in page for page in pages)
    mine = sample_routes.routes.query("host_id == @host")
    for code, metres in zip(mine["village_id"], mine["road_m"], strict=True):
        assert code in text
        assert pd.isna(metres) or f"{metres:,}" in text

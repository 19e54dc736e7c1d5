"""What audit, closures and proof write for small offices whose every distance is the difference of two numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
import pytest
from drawn import place, write_osm
from pypdf import PdfReader
from small_office import files_in, merge, read_rows, write_rows, write_small_office

from restructure.cli import main

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """
settings:
  home_spread_m: {value: {survey: 100, osm: 500, digitised: 500, tambon-centroid: 3000, home: 0}, source: test}
  audit_tolerance_m: {value: 20, source: test}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two schools move to H at 0. Their villages, by metres from H: 1,000, 2,950, 3,100, 3,130 and 9,990.

    The uncertainty of each is 120 m: 100 m of homes around a surveyed point and 20 m of measuring again.
    """
    return write_small_office(
        tmp_path / "small",
        schools="H 0 P1-P6\nA 3000 P1-P6\nB 10000 P1-P6",
        villages="v1 1000\nv2 2950\nv3 3100\nv4 3130\nv5 9990",
        students="A P1 v1 4\nA P2 v2 10\nA P3 v3 1\nA P3 v4 50\nB P1 v5 7\nB P1 v2 1",
        scenarios={"x": [merge("A", "H"), merge("B", "H")]},
        policy=POLICY,
    )


def close(folder: Path, *rows: tuple[str, float, str, str]) -> None:
    cells = [[name, *map(str, place(east, 0)), begin, end, "ทดสอบ"] for name, east, begin, end in rows]
    write_rows(folder / "inputs" / "closures.csv", ["closure_id", "lat", "lon", "from", "to", "reason"], cells)


# -- audit ----
def test_layers_are_the_same_bytes_whenever_they_are_written(small: Path) -> None:
    paths = [small / "outputs" / name for name in ("audit/audit.gpkg", "cycle.gpkg")]
    made = []
    for _ in range(2):
        assert main(["audit", str(small), "x"]) == 0
        assert main(["plan", str(small), "x"]) == 0
        made.append([path.read_bytes() for path in paths])
    assert made[0] == made[1]


def test_audit_lists_the_ways_near_a_threshold_and_no_other(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(small), "x"]) == 0
    rows = read_rows(small / "outputs" / "audit" / "thresholds.csv")
    shown = [(r["village_id"], r["pupils"], r["low_m"], r["high_m"], r["band"], r["stake_baht"]) for r in rows]
    # 5 baht × 200 days × pupils. v4 is at least 3,010 m away; v1 is far from every threshold.
    assert shown == [
        ("v2", "11", "2830", "3070", "1", "11000"),
        ("v5", "7", "9870", "10110", "2", "7000"),
        ("v3", "1", "2980", "3220", "2", "1000"),
    ]
    assert {row["host_id"] for row in rows} == {"H"}
    said = capsys.readouterr().out
    assert "3 เส้นทาง" in said
    assert "19,000 บาทต่อปี" in said


def test_audit_leaves_a_workbook_a_map_and_layers(small: Path) -> None:
    assert main(["audit", str(small)]) == 0
    folder = small / "outputs" / "audit"
    assert {p.name for p in folder.iterdir()} == {
        *("thresholds.csv", "snaps.csv", "links.csv", "declared.csv", "units.csv", "routes.csv"),
        *("audit.xlsx", "map.html", "audit.gpkg"),
    }
    layers = {name for name, _ in pyogrio.list_layers(folder / "audit.gpkg")}
    assert layers == {"thresholds", "snaps", "missing-links"}
    lines = pyogrio.read_dataframe(folder / "audit.gpkg", layer="thresholds")
    assert sorted(lines["village_id"]) == ["v2", "v3", "v5"]
    assert "อาจเปลี่ยนช่วงอัตรา" in (folder / "map.html").read_text("utf-8")
    first = files_in(folder)
    assert main(["audit", str(small)]) == 0
    again = files_in(folder)
    assert {name for name in first if first[name] != again[name]} <= {"audit.gpkg"}


def test_audit_of_declared_distances(tmp_path: Path) -> None:
    students = ["A P1 v1 4 1.0 0.1", "A P1 v2 6 2.0 2.0", "A P2 v3 1 . 3.1", "A P2 v4 5 3.1 ."]
    folder = write_small_office(
        tmp_path / "small",
        schools="H 0 P1-P6\nA 3000 P1-P6",
        villages="v1 1000\nv2 2950\nv3 3100\nv4 3130",
        students="\n".join(students),
        student_head="school_id grade village_id count declared_paved declared_unpaved",
        scenarios={"x": [merge("A", "H")]},
    )
    assert main(["audit", str(folder), "x"]) == 0
    (unit,) = read_rows(folder / "outputs" / "audit" / "units.csv")
    assert (unit["school_id"], unit["unit"]) == ("A", "km")
    (row,) = read_rows(folder / "outputs" / "audit" / "declared.csv")
    # 2.0 km of asphalt and 2.0 of laterite are 4,000 m: the dearer band, where 2,950 m were measured.
    assert (row["village_id"], row["declared_m"], row["road_m"], row["baht_change"]) == ("v2", "4000", "2950", "6000")


# -- closures ----
def distances_of(folder: Path) -> dict[tuple[str, str], int | None]:
    assert main(["distances", str(folder)]) == 0
    table = pd.read_parquet(folder / "outputs" / "distances.parquet")
    metres = [None if pd.isna(m) else int(m) for m in table["road_m"]]
    return dict(zip(zip(table["village_id"], table["school_id"], strict=True), metres, strict=True))


@pytest.mark.parametrize(
    ("begin", "end", "counts"),
    [
        ("", "", True),
        ("2026-01-01", "", True),
        ("2026-11-01", "2027-10-11", True),  # all of terms 2/2569 and 1/2570, which FY 2570 pays
        ("2026-11-01", "2027-04-01", False),  # one of them only
        ("2026-12-01", "2026-12-14", False),
        ("wet-season", "wet-season", False),
        ("2024-05-16", "2024-10-11", False),
    ],
)
def test_a_closure_counts_in_the_table_when_it_closes_most_of_both_terms(
    small: Path, begin: str, end: str, counts: bool
) -> None:
    before = distances_of(small)
    close(small, ("สะพาน", 5_000, begin, end))
    after = distances_of(small)
    changed = {pair for pair in before if before[pair] != after[pair]}
    beyond = {(v, s) for v, s in before if (v == "v5") != (s == "B")}
    assert changed == (beyond if counts else set())
    assert all(after[pair] is None for pair in changed)


def test_a_home_on_the_closed_piece_is_told_apart_from_one_beyond_it(small: Path) -> None:
    # Junctions stand at every village: v3–v4 is one piece of road, closed at 3,115. v2 lies before it, v5 beyond.
    close(small, ("น้ำท่วม", 3_115, "wet-season", ""))
    rows = read_rows(small / "inputs" / "villages.csv")
    lat, lon = place(3_112, 0)
    write_rows(
        small / "inputs" / "villages.csv",
        list(rows[0]),
        [[*r.values()] if r["village_id"] != "v4" else ["v4", "บ้านv4", str(lat), str(lon), "survey"] for r in rows],
    )
    assert main(["closures", str(small), "x"]) == 0
    assert read_rows(small / "outputs" / "closures" / "dated" / "effects.csv") == []
    assert main(["closures", str(small), "x", "--wet"]) == 0
    folder = small / "outputs" / "closures" / "wet-season"
    effects = {row["village_id"]: (row["pupils"], row["state"]) for row in read_rows(folder / "effects.csv")}
    assert effects == {
        "v4": ("50", "village-on-closed-road"),
        "v5": ("7", "cut-off"),
    }
    assert {row["state"]: row["pupils"] for row in read_rows(folder / "summary.csv")} == {
        "longer": "0",
        "band-changes": "0",
        "cut-off": "7",
        "village-on-closed-road": "50",
        "school-on-closed-road": "0",
    }
    page = (folder / "map.html").read_text("utf-8")
    assert "อยู่บนถนนที่ปิด" in page
    assert "น้ำท่วม" in page


def test_a_village_cut_off_by_a_closure_is_named_with_the_reason(small: Path) -> None:
    close(small, ("สะพาน", 9_000, "", ""), ("ดินถล่ม", 20_000, "", ""), ("ไกล", 90_000, "", ""))
    close_b = read_rows(small / "inputs" / "schools.csv")
    write_rows(
        small / "inputs" / "schools.csv",
        list(close_b[0]),
        [[*row.values()] for row in close_b if row["school_id"] != "B"],
    )
    students = [row for row in read_rows(small / "inputs" / "students.csv") if row["school_id"] != "B"]
    write_rows(small / "inputs" / "students.csv", list(students[0]), [[*row.values()] for row in students])
    main(["check", str(small)])
    problems = read_rows(small / "outputs" / "problems.csv")
    (lost,) = [row for row in problems if row["rule"] == "unreachable"]
    assert "v5" in lost["message"]
    assert "closures" in lost["remedy"]
    assert any(row["file"] == "inputs/closures.csv" and row["severity"] == "warning" for row in problems)


# -- proof ----
def test_a_proof_sheet_for_each_host(small: Path) -> None:
    assert main(["proof", str(small), "x"]) == 0
    (sheet,) = (small / "outputs" / "proof" / "x").iterdir()
    assert sheet.name == "H.pdf"
    text = PdfReader(sheet).pages[0].extract_text()
    for metres in ("1,000", "2,950", "3,100", "3,130", "9,990"):
        assert metres in text


def test_a_proof_sheet_of_a_school_that_hosts_nobody_is_wrong_use(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["proof", str(small), "x", "--school", "A"]) == 2
    assert "H" in capsys.readouterr().err
    assert not (small / "outputs" / "proof").exists()


def test_audit_where_nothing_is_near_a_threshold(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path / "calm",
        schools="H 0 P1-P6\nA 6000 P1-P6",
        villages="v1 6000",
        students="A P1 v1 4",
        scenarios={"x": [merge("A", "H")]},
    )
    assert main(["audit", str(folder), "x"]) == 0
    assert read_rows(folder / "outputs" / "audit" / "thresholds.csv") == []
    assert main(["closures", str(folder), "x", "--wet"]) == 0
    assert main(["proof", str(folder), "x"]) == 0


def test_a_detour_round_a_closed_road_says_so(tmp_path: Path) -> None:
    nodes = "H 0 0\nW 2000 0\nE 4000 0\nA 6000 0\nN 3000 3000"
    folder = write_small_office(
        tmp_path / "round", schools="H 0 P1-P6\nA 6000 P1-P6", villages="v1 6000", students="A P1 v1 4",
        scenarios={"x": [merge("A", "H")]},
    )  # fmt: skip
    write_osm(folder / "inputs" / "roads.osm", nodes, "H-W-E-A\nW-N-E")
    close(folder, ("สะพาน", 3_000, "", ""))
    distances_of(folder)
    table = pd.read_parquet(folder / "outputs" / "distances.parquet").set_index("school_id")
    # 2,000 + √(1,000² + 3,000²) × 2 + 2,000 metres round, 6,000 straight on.
    assert int(table.at["H", "road_m"]) == pytest.approx(10_325, abs=1)
    assert table.at["H", "flags"] == "around-closed-road"
    assert main(["proof", str(folder), "x"]) == 0
    text = PdfReader(folder / "outputs" / "proof" / "x" / "H.pdf").pages[0].extract_text()
    assert "สะพาน" in text.replace("\n", "")
    assert main(["closures", str(folder), "x"]) == 0
    (effect,) = read_rows(folder / "outputs" / "closures" / "dated" / "effects.csv")
    assert (effect["road_m_before"], effect["band_before"], effect["band_after"]) == ("6000", "2", "3")
    assert "4 คน วัดจากจุดบ้าน" not in (folder / "outputs" / "closures" / "dated" / "map.html").read_text("utf-8")
    assert effect["road_m_table"] == effect["road_m_after"]
    assert effect["baht_change"] == str(4 * 200 * (20 - 15))
    (alone,) = read_rows(folder / "outputs" / "closures" / "dated" / "by-closure.csv")
    assert (alone["closure_id"], alone["state"]) == ("สะพาน", "band-changes")


def test_a_village_on_a_closed_side_of_a_ring_is_told_the_road_is_closed(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path / "ring", schools="H 0 P1-P6", villages="v1 3000\nv2 1000", students="H P1 v1 4\nH P1 v2 4",
    )  # fmt: skip
    write_osm(folder / "inputs" / "roads.osm", "H 0 0\nW 2000 0\nE 4000 0\nN 3000 3000", "H-W-E-N-W")
    close(folder, ("น้ำท่วม", 3_100, "", ""))
    main(["check", str(folder)])
    (lost,) = [row for row in read_rows(folder / "outputs" / "problems.csv") if row["rule"] == "unreachable"]
    assert "v1" in lost["message"]
    assert "closures" in lost["remedy"]

"""Two years of small offices along one road: each cause of a change measured apart, by hand."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from drawn import place, write_osm
from small_office import merge, write_rows, write_small_office

from restructure import certify
from restructure.cli import main
from restructure.cycle import measure, open_cycle
from restructure.ledger import LEDGER_FILE
from restructure.years import Years, open_years, spell_merges
from restructure.years.facts import compare_places
from restructure.years.forecast import why_no_forecast

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SCHOOLS = "H 0 P1-P6\nA 5000 P1-P6"
VILLAGES = "V1 2000\nV2 2900\nV3 -4000"
STUDENTS = "A P1 V1 4 2/{year}\nA P2 V2 2 2/{year}\nH P1 V3 5 2/{year}"
MERGERS = "A P1-P6 1/2560 H learn-together existing"


def write(folder: Path, year: int, **changed: Any) -> Path:
    parts: dict[str, Any] = {
        "schools": SCHOOLS,
        "villages": VILLAGES,
        "students": STUDENTS,
        "mergers": MERGERS,
    } | changed
    parts["students"] = parts["students"].format(year=year - 1)
    policy = f"office: สพป.ทดสอบ\nfiscal_year: {year}\n{parts.pop('policy', '')}"
    return write_small_office(folder, **parts, student_head="school_id grade village_id count as_of", policy=policy)


def years(tmp_path: Path, last: dict[str, Any] | None = None, **this: Any) -> Years:
    return open_years(write(tmp_path / "last", 2570, **(last or {})), write(tmp_path / "this", 2571, **this))


def way(found: Years, origin: str, school: str = "H") -> pd.Series:
    return found.ways.set_index(["origin", "school_id"]).loc[(origin, school)]


def test_nothing_has_changed(tmp_path: Path) -> None:
    found = years(tmp_path)
    assert set(found.ways["cause"]) == {""}
    assert found.roads.empty
    assert found.places.empty
    assert set(found.schools["changes"]) == {""}


def test_points_that_moved_are_told_apart(tmp_path: Path) -> None:
    """V2 moves 200 m out, over the bound of 3,000 m; the host 50 m towards it."""
    found = years(tmp_path, schools="H 50 P1-P6\nA 5000 P1-P6", villages="V1 2000\nV2 3100\nV3 -4000")
    row = way(found, "V2")
    assert row[["m_last", "m_this", "change_m", "home_point_m", "school_point_m", "roads_m"]].tolist() == [
        2900, 3050, 150, 200, -50, 0,
    ]  # fmt: skip
    assert row["cause"] == "home-point;school-point"
    assert bool(row["band_changes"])
    assert not row["roads_band_changes"]
    assert way(found, "V1")["cause"] == "school-point"
    assert way(found, "V3")["change_m"] == 50
    villages = compare_places(found, "village").set_index("village_id")
    assert villages.loc["V2", ["moved_m", "changes"]].tolist() == [200, "moved"]
    assert found.schools.set_index("school_id").loc["H", ["moved_m", "changes"]].tolist() == [50, "moved"]


def test_a_closed_road_cuts_off(tmp_path: Path) -> None:
    last, this = write(tmp_path / "last", 2570), write(tmp_path / "this", 2571)
    lat, lon = place(1000, 0)
    write_rows(
        this / "inputs" / "closures.csv",
        ["closure_id", "from", "to", "lat", "lon"],
        [["ปิด", "", "", str(lat), str(lon)]],
    )
    found = open_years(last, this)
    for origin in ("V1", "V2"):
        row = way(found, origin)
        assert row["cause"] == "closures"
        assert row["m_this"] is None or row.isna()["m_this"]
        assert row.isna()[["change_m", "closures_m"]].all()
        assert bool(row["band_changes"])
    assert way(found, "V3")["cause"] == ""
    back = Years(found.this, found.last)
    assert way(back, "V1")["cause"] == "closures", "opened again"


def test_places_that_come_and_go(tmp_path: Path) -> None:
    found = years(
        tmp_path,
        schools="H 0 P1-P6\nA 5000 P1-P3 status=closed\nN 8000 P1-P6",
        villages="V1 2000\nV3 -4000\nV9 7000",
        students="A P1 V1 4 2/{year}\nH P1 V3 5 2/{year}\nN P1 V9 3 2/{year}",
    )
    assert way(found, "V2")["cause"] == "home-gone"
    assert way(found, "V9", "N")["cause"] == "home-new;school-new"
    schools = found.schools.set_index("school_id")
    assert schools["changes"].to_dict() == {"A": "closed;grades", "H": "", "N": "new"}
    assert schools.loc["N", ["roll_this", "learners_this"]].tolist() == [3, 3]
    assert schools.isna().loc["N", ["roll_last", "learners_last"]].all()
    assert found.villages.set_index("village_id")["changes"].to_dict() == {
        "V1": "",
        "V2": "gone",
        "V3": "",
        "V9": "new",
    }


def test_the_rules_of_the_vehicle_are_no_change_of_roads(tmp_path: Path) -> None:
    """A track of 2,000 m, and a road around it; this year the van may not use tracks."""
    closed = "settings: {vehicles: {value: {van: {highways: {track: null}}}, source: ทดสอบ}}\n"
    folders = [write(tmp_path / "last", 2570), write(tmp_path / "this", 2571, policy=closed)]
    nodes = "H 0 0\nV1 2000 0\nN 1000 1000\nV2 2900 0\nA 5000 0\nV3 -4000 0"
    for folder in folders:
        write_osm(folder / "inputs" / "roads.osm", nodes, "H-V1 highway=track\nH-N-V1\nV1-V2-A\nV3-H")
    found = open_years(*folders)
    row = way(found, "V1")
    assert row["cause"] == "vehicle"
    assert row["m_last"] == 2000
    assert row["vehicle_m"] == pytest.approx(828, abs=2)
    assert found.roads.empty


def test_a_road_that_is_gone_moves_who_took_it(tmp_path: Path) -> None:
    folders = [write(tmp_path / "last", 2570), write(tmp_path / "this", 2571)]
    nodes = "H 0 0\nV1 2000 0\nN 1000 3000\nV2 2900 0\nA 5000 0\nV3 -4000 0"
    for folder, ways in zip(folders, ("H-V1\nH-N-V1\nV1-V2-A\nV3-H", "H-N-V1\nV1-V2-A\nV3-H"), strict=True):
        write_osm(folder / "inputs" / "roads.osm", nodes, ways)
    found = open_years(*folders)
    longer = 2 * (1000**2 + 3000**2) ** 0.5
    row = way(found, "V1")
    assert row["roads_m"] == pytest.approx(longer - 2000, abs=2)
    assert bool(row["roads_band_changes"])
    assert row["roads_baht"] == 4 * 200 * (15 - 10)
    [road] = found.roads.to_dict("records")
    assert (road["change"], road["length_m"], road["ways"], road["pupils"]) == ("gone", 2000, 2, 6)
    assert (road["band_pupils"], road["baht"]) == (6, (4 + 2) * 200 * (15 - 10))
    near = found.places.set_index("code")
    assert near.loc["H", ["gone_m", "pupils", "band_pupils", "baht"]].tolist() == [2000, 6, 6, 6000]
    assert near.loc["V2", ["kind", "pupils"]].tolist() == ["village", 2]
    assert near.loc["V3", ["gone_m", "ways"]].tolist() == [2000, 0], "its way ends where the road did"


def test_a_child_is_followed_by_its_own_home(tmp_path: Path) -> None:
    """The home of k1 is 300 m farther out; k2 stays where it was, and so does what is certified of it."""
    folders = [tmp_path / "last", tmp_path / "this"]
    head = ["student_key", "school_id", "grade", "village_id", "lat", "lon", "as_of"]
    for folder, year, east in zip(folders, (2570, 2571), (1500, 1800), strict=True):
        write(folder, year)
        rows = [
            [key, "A", "P1", "V1", *map(str, place(at, 0)), f"2/{year - 1}"] for key, at in (("k1", east), ("k2", 1200))
        ]
        write_rows(folder / "inputs" / "students.csv", head, rows)
    found = open_years(*folders)
    assert way(found, "k1")[["measured_from", "m_last", "m_this", "home_point_m", "cause"]].tolist() == [
        "home", 1500, 1800, 300, "home-point",
    ]  # fmt: skip
    certify.accept(found.last, certify.choose(certify.pairs(found.last)), "สมศรี")
    new = tmp_path / "new"
    assert main(["new", str(new), "--from", str(folders[0])]) == 0
    (new / "inputs" / "students.csv").write_bytes((folders[1] / "inputs" / "students.csv").read_bytes())
    states = certify.pairs(measure(open_cycle(new))).set_index("student_key")["state"]
    assert states.to_dict() == {"k1": "stale", "k2": "certified"}


def test_certified_metres_stand_beside_the_routed_ones(tmp_path: Path) -> None:
    folders = [write(tmp_path / "last", 2570), write(tmp_path / "this", 2571)]
    found = open_years(*folders)
    certify.accept(found.last, certify.choose(certify.pairs(found.last), villages=["V1"]), "สมศรี")
    row = way(Years(found.last, found.this), "V1")
    assert row[["certified_m_last", "state_last", "state_this"]].tolist() == [2000, "certified", "clear"]


def test_what_has_become_of_each_merge(tmp_path: Path) -> None:
    schools = "\n".join(f"{code} {1000 * place} P1-P6" for place, code in enumerate("HIABCDEFG"))
    students = "\n".join(f"{code} {grade} V1 2 2/{{year}}" for code in "HIABCDEFG" for grade in ("P1", "P4"))
    plan = [merge(code, "H") for code in "ABCD"] + [merge("E", "H", from_term="1/2572")]
    shared = {"schools": schools, "villages": "V1 500", "students": students}
    now = [
        "A P1-P6 1/2570 H learn-together existing",
        "B P1-P3 1/2570 H learn-together existing",
        "C P1-P6 1/2570 I learn-together existing",
        "F P1-P6 1/2570 H learn-together existing",
    ]
    found = years(
        tmp_path,
        last=shared | {"mergers": "G P1-P6 1/2560 H learn-together existing", "scenarios": {"plan": plan}},
        **shared, mergers="\n".join(now),
    )  # fmt: skip
    merges = found.merges.set_index("school_id")
    assert merges["state"].to_dict() == {
        "A": "done", "B": "part", "C": "other-host", "D": "not-done", "E": "not-due", "F": "unplanned", "G": "ended",
    }  # fmt: skip
    assert merges["host_now"].to_dict() == {"A": "H", "B": "H", "C": "I", "D": "", "E": "", "F": "H", "G": ""}
    assert merges["pupils"].to_dict() == {"A": 4, "B": 2, "C": 4, "D": 0, "E": 0, "F": 4, "G": 0}
    # 500 m to H, 500 m to I: 10 baht, 200 days.
    assert merges["baht"].to_dict() == {"A": 8000, "B": 4000, "C": 8000, "D": 0, "E": 0, "F": 8000, "G": 0}
    assert merges.loc["A", ["planned_pupils", "planned_baht"]].tolist() == [4, 8000]
    assert "มี 5 โรงเรียน" in spell_merges(found)


def test_a_plan_that_cannot_be_read_is_not_no_plan(tmp_path: Path) -> None:
    last = write(tmp_path / "last", 2570, mergers="", scenarios={"plan": [merge("A", "H")]})
    this = write(tmp_path / "this", 2571)
    scenario = last / "scenarios" / "plan.yaml"
    for text in ("merges: [", scenario.read_text("utf-8").replace("H", "ไม่มี")):
        scenario.write_text(text, "utf-8")
        found = open_years(last, this)
        assert found.merges["state"].tolist() == ["unknown"]
        said = spell_merges(found)
        assert said.startswith("อ่านแผนของปีก่อนไม่ได้")
        assert "ไม่มีแผนการรวม" not in said
        assert "plan.yaml" in said
    scenario.unlink()
    assert spell_merges(open_years(last, this)).startswith("ปีก่อนไม่มีแผนการรวม")


def test_a_ledger_that_was_tampered_with_is_not_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last, this = write(tmp_path / "last", 2570), write(tmp_path / "this", 2571)
    measured = measure(open_cycle(last))
    certify.accept(measured, certify.choose(certify.pairs(measured), villages=["V1"]), "สมศรี")
    with sqlite3.connect(last / LEDGER_FILE) as base:
        base.execute('DROP TRIGGER "no UPDATE ON decisions"')
        base.execute("UPDATE decisions SET content = replace(content, '2000', '9000')")
    assert main(["compare", str(last), str(this)]) == 1
    said = capsys.readouterr().err
    assert str(last / LEDGER_FILE) in said
    assert not (this / "outputs" / "compare").exists()


def test_money_of_both_years(tmp_path: Path) -> None:
    found = years(tmp_path, villages="V1 2000\nV2 3100\nV3 -4000")
    money = found.money[found.money["round"] == "november"].set_index("band")
    assert money["pupils_last"].to_dict() == {1: 6, 2: 0}
    assert money["need_last"].to_dict() == {1: 6000, 2: 0}
    assert money["need_this"].to_dict() == {1: 4000, 2: 3000}
    assert money["change"].to_dict() == {1: -2000, 2: 3000}


@pytest.mark.parametrize("year", ["2569", ""])
def test_without_a_new_school_year_there_is_no_fact(tmp_path: Path, year: str) -> None:
    text = STUDENTS.replace("2/{year}", f"2/{year}" if year else ".")
    found = years(tmp_path, students=text)
    assert found.forecast.empty
    assert why_no_forecast(found.last, found.this)


def test_two_offices_and_the_wrong_order_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last, this = write(tmp_path / "last", 2570), write(tmp_path / "this", 2571)
    other = write(
        tmp_path / "other", 2571, schools="X 0 P1-P6\nY 5000 P1-P6", students="X P1 V1 4 2/{year}", mergers=""
    )
    for pair in ((this, last), (last, last), (last, other)):
        assert main(["compare", *map(str, pair)]) == 2
        said = capsys.readouterr().err
        assert "Traceback" not in said
        assert len(said.strip().splitlines()) == 2
    assert main(["compare", str(last), str(tmp_path / "nowhere")]) == 2
    assert not (this / "outputs").exists()

"""A country's tables and roads by office: nothing lost, nothing altered, no distance changed, nobody's file touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn import place
from pyproj import Transformer
from small_office import files_in, read_rows, write_rows, write_small_office

import restructure as rs
from restructure._errors import DataError, RoadsError, TableError
from restructure.closures import wet_pieces
from restructure.distance import distance_table
from restructure.national import splitting
from restructure.national.splitting import left_out, split
from restructure.roads import read_roads
from restructure.sample.country import make_country

TABLES = ("schools", "villages", "students", "mergers", "enrolment")
WAYS = ["village_id", "school_id", "road_m", "minutes", "reachable"]
NARROW = "settings: {buffer_m: {value: 1000, source: ทดสอบ, date: 2026-01-01}}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("country")
    make_country(root, 0.008)
    # So narrow that cuts leave most of the country out, and have to be widened.
    text = (root / "policy.yaml").read_text("utf-8") + NARROW.replace("1000", "4000")
    (root / "policy.yaml").write_text(text, "utf-8")
    split(root)
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the country that has been split; its files are as old as the original's."""
    return Path(shutil.copytree(made, tmp_path / "country"))


@pytest.fixture(scope="module")
def cycles(made: Path) -> dict[str, rs.Measured]:
    return {code: rs.measure(rs.open_cycle(made / code)) for code in codes_of(made)}


def codes_of(root: Path) -> list[str]:
    return sorted({row["office"] for row in read_rows(root / "inputs" / "schools.csv")})


def texts(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def times(root: Path) -> dict[str, int]:
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def changed(root: Path, before: dict[str, int]) -> set[str]:
    return {name for name, time in times(root).items() if before.get(name) != time}


def refuse_to_read(*_: object) -> None:
    raise AssertionError("the country's roads are read though nothing asks for them")


# -- tables --
def test_every_row_goes_to_its_office_as_it_stands(made: Path) -> None:
    national = {name: texts(made / "inputs" / f"{name}.csv") for name in TABLES}
    office_of = dict(national["schools"][["school_id", "office"]].itertuples(index=False))
    for code in codes_of(made):
        for name in ("schools", "students", "mergers", "enrolment"):
            whole = national[name]
            mine = whole[whole["school_id"].map(office_of) == code].drop(columns="office", errors="ignore")
            pd.testing.assert_frame_equal(texts(made / code / "inputs" / f"{name}.csv"), mine.reset_index(drop=True))
        whole = national["villages"]
        students = texts(made / code / "inputs" / "students.csv")
        mine = whole[(whole["office"] == code) | whole["village_id"].isin(students["village_id"])].drop(
            columns="office"
        )
        pd.testing.assert_frame_equal(texts(made / code / "inputs" / "villages.csv"), mine.reset_index(drop=True))
        assert len(mine) > (whole["office"] == code).sum()
    assert texts(made / "outputs" / "split-problems.csv").empty


def test_every_office_opens_without_an_error_and_has_something_to_do(cycles: dict[str, rs.Measured]) -> None:
    assert len(cycles) == 2
    for code, measured in cycles.items():
        policy, problems = measured.cycle.policy, measured.problems
        assert (problems["severity"] != "error").all()
        assert policy.office == f"สำนักงานเขต {code}"
        assert policy.synthetic
        assert policy.settings.buffer_m == 4_000
        size = measured.cycle.tables["students"].groupby("school_id")["pupils"].sum()
        small, large = size.index[size <= 60], size.index[size > 120]
        ways = measured.distances[measured.distances["school_id"].isin(large)]
        assert len(small) > 10
        assert (ways.groupby("village_id")["road_m"].min() < 8_000).mean() > 0.8


# -- distances --
def test_every_distance_is_that_of_the_uncut_country(made: Path, cycles: dict[str, rs.Measured]) -> None:
    whole = read_roads(made / "inputs" / "roads.osm.pbf")
    for measured in cycles.values():
        cycle = measured.cycle
        assert len(cycle.network.start) < 0.9 * len(whole.start)
        villages, schools = cycle.tables["villages"], cycle.tables["schools"]
        pd.testing.assert_frame_equal(measured.distances[WAYS], distance_table(whole, villages, schools)[WAYS])
        wet = distance_table(
            whole, villages, schools, closed=wet_pieces(whole, cycle.policy.settings.wet_season_closes)
        )
        pd.testing.assert_frame_equal(measured.wet[WAYS], wet[WAYS])
        assert not measured.distances["reachable"].all()
        assert (measured.wet["road_m"].fillna(10**9) > measured.distances["road_m"].fillna(10**9)).any()


def test_closed_roads_of_an_office_are_reckoned_with(root: Path, cycles: dict[str, rs.Measured]) -> None:
    code = codes_of(root)[0]
    network = cycles[code].cycle.network
    # The busiest place that is no village: close the middle of twenty long stretches of better roads.
    better = np.isin(np.array(network.classes)[network.road_class], ["primary", "secondary"])
    pieces = np.flatnonzero(better)[:: max(1, better.sum() // 20)]
    ends = [
        [side[end[pieces]] for end in (network.start, network.end)] for side in (network.node_lat, network.node_lon)
    ]
    lat, lon = (np.mean(side, axis=0) for side in ends)
    rows = [[f"ปิด-{i}", f"{a:.6f}", f"{b:.6f}", "", ""] for i, (a, b) in enumerate(zip(lat, lon, strict=True))]
    write_rows(root / code / "inputs" / "closures.csv", ["closure_id", "lat", "lon", "from", "to"], rows)
    before = times(root)
    split(root)
    assert changed(root, before) <= {f"{code}/inputs/roads.npz", f"{code}/split.json"}
    measured = rs.measure(rs.open_cycle(root / code))
    assert (measured.distances["road_m"].fillna(10**9) > cycles[code].distances["road_m"].fillna(10**9)).any()
    whole = read_roads(root / "inputs" / "roads.osm.pbf")
    shutil.copytree(root / code, root / "whole")
    (root / "whole" / "inputs" / "roads.npz").unlink()
    shutil.copy(root / "inputs" / "roads.osm.pbf", root / "whole" / "inputs")
    uncut = rs.measure(rs.open_cycle(root / "whole"))
    assert len(uncut.cycle.network.start) == len(whole.start)
    for name in ("distances", "wet"):
        pd.testing.assert_frame_equal(getattr(measured, name)[WAYS], getattr(uncut, name)[WAYS])


# -- again --
def test_nothing_is_written_or_read_anew_where_nothing_has_changed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = times(root)
    monkeypatch.setattr(splitting, "read_roads", refuse_to_read)
    monkeypatch.setattr(splitting, "_read_texts", refuse_to_read)
    seen: list[tuple[int, int]] = []
    folders = split(root, lambda done, all_: seen.append((done, all_)))
    assert [path.name for path in folders] == codes_of(root)
    assert seen == [(1, 2), (2, 2)]
    assert changed(root, before) == set()


def test_two_splits_make_the_same_bytes(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(root / "inputs", other / "inputs")
    shutil.copy(root / "policy.yaml", other)
    split(other)
    assert files_in(other) == {name: content for name, content in files_in(root).items() if name != "README.txt"}


def test_a_changed_row_changes_its_office_alone(root: Path) -> None:
    path = root / "inputs" / "students.csv"
    rows = texts(path)
    rows.loc[0, "count"] = "77"
    rows.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    code, other = codes_of(root)
    before = times(root)
    split(root)
    assert {name for name in changed(root, before) if not name.startswith("outputs/")} == {
        f"{code}/inputs/students.csv", f"{code}/split.json", f"{other}/split.json",
    }  # fmt: skip
    assert texts(root / code / "inputs" / "students.csv")["count"][0] == "77"


def test_what_an_office_has_put_there_itself_stays(root: Path) -> None:
    code, other = codes_of(root)
    own = {
        f"{code}/inputs/students.csv": (root / code / "inputs" / "students.csv").read_bytes() + b"\r\n",
        f"{code}/policy.yaml": "office: ของเราเอง\n".encode(),
        f"{other}/inputs/roads.osm": b"<osm/>",
    }
    for name, content in own.items():
        (root / name).write_bytes(content)
    mergers = texts(root / other / "inputs" / "mergers.csv")
    mergers.to_excel(root / other / "inputs" / "mergers.xlsx", index=False)
    (root / other / "inputs" / "mergers.csv").unlink()
    (root / "policy.yaml").write_text("fiscal_year: 2570\n", "utf-8")
    for _ in range(2):
        split(root)
        assert {name: (root / name).read_bytes() for name in own} == own
        assert not (root / other / "inputs" / "mergers.csv").exists()
        assert not (root / other / "inputs" / "roads.npz").exists()
    # What is the country's still goes on.
    assert "synthetic" not in (root / other / "policy.yaml").read_text("utf-8")
    noted = json.loads((root / code / "split.json").read_text("utf-8"))["files"]
    assert set(noted) == {f"inputs/{name}.csv" for name in TABLES if name != "students"} | {"inputs/roads.npz"}


def test_what_was_lost_is_made_again_and_an_office_that_is_gone_is_left_out(root: Path) -> None:
    code, other = codes_of(root)
    whole = files_in(root / code)
    (root / code / "inputs" / "villages.csv").unlink()
    (root / code / "inputs" / "roads.npz").unlink()
    split(root)
    assert files_in(root / code) == whole
    for name in ("schools", "villages"):
        rows = texts(root / "inputs" / f"{name}.csv")
        rows[rows["office"] == code].to_csv(root / "inputs" / f"{name}.csv", index=False)
    files = set(files_in(root / other))
    for _ in range(2):
        assert [path.name for path in split(root)] == [code]
    assert set(files_in(root / other)) == files
    problems = read_rows(root / "outputs" / "split-problems.csv")
    assert {(row["rule"], row["file"]) for row in problems} == {
        ("row-of-no-office", f"inputs/{name}.csv") for name in ("students", "mergers", "enrolment")
    }


def test_a_national_table_that_is_no_more_leaves_its_offices(root: Path) -> None:
    code, other = codes_of(root)
    own = (root / other / "inputs" / "mergers.csv").read_bytes() + b"\r\n"
    (root / other / "inputs" / "mergers.csv").write_bytes(own)
    (root / "inputs" / "mergers.csv").unlink()
    for _ in range(2):
        split(root)
        assert not (root / code / "inputs" / "mergers.csv").exists()
        assert (root / other / "inputs" / "mergers.csv").read_bytes() == own, "what an office has changed is its own"
    assert (root / code / "inputs" / "enrolment.csv").is_file()


def test_codes_are_understood_as_an_office_reads_them(root: Path) -> None:
    offices = codes_of(root)
    before = [len(texts(root / code / "inputs" / f"{name}.csv")) for code in offices for name in TABLES]
    thai = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
    rows = texts(root / "inputs" / "students.csv")
    rows.loc[::2, "school_id"] = rows.loc[::2, "school_id"].str.translate(thai)
    rows.loc[::3, "village_id"] = rows.loc[::3, "village_id"].str.translate(thai) + " "
    rows.to_csv(root / "inputs" / "students.csv", index=False)
    rows = texts(root / "inputs" / "schools.csv")
    rows.loc[::2, "office"] = rows.loc[::2, "office"] + ".0"
    rows.to_csv(root / "inputs" / "schools.csv", index=False)
    split(root)
    assert texts(root / "outputs" / "split-problems.csv").empty
    assert before == [len(texts(root / code / "inputs" / f"{name}.csv")) for code in offices for name in TABLES]


def test_a_school_of_two_offices_is_told_and_stays_in_one(root: Path) -> None:
    code, other = codes_of(root)
    rows = texts(root / "inputs" / "schools.csv")
    twice = rows[rows["office"] == code].head(1)
    pd.concat([rows, twice.assign(office=other)]).to_csv(root / "inputs" / "schools.csv", index=False)
    before = {name: texts(root / name / "inputs" / "students.csv") for name in (code, other)}
    split(root)
    for name, table in before.items():
        assert texts(root / name / "inputs" / "students.csv").equals(table)
    assert twice["school_id"].item() not in set(texts(root / other / "inputs" / "schools.csv")["school_id"])
    [told] = [row for row in read_rows(root / "outputs" / "split-problems.csv") if row["rule"] == "two-offices"]
    assert (told["file"], told["row"]) == ("inputs/schools.csv", str(len(rows) + 2))
    assert (told["value"], told["column"]) == (twice["school_id"].item(), "school_id")


def test_what_the_country_cannot_share_out_is_told(root: Path) -> None:
    (root / "inputs" / "closures.csv").write_text("closure_id\nก\n", "utf-8")
    split(root)
    [told] = read_rows(root / "outputs" / "split-problems.csv")
    assert (told["rule"], told["file"]) == ("not-read", "inputs/closures.csv")
    [line] = left_out(root)
    assert line.startswith("inputs/closures.csv: ไม่ได้ใช้")


def test_an_offices_own_workbook_takes_the_place_of_the_countrys_table(root: Path) -> None:
    code, _ = codes_of(root)
    path = root / code / "inputs" / "mergers.csv"
    whole = path.read_bytes()
    texts(path).to_excel(path.with_suffix(".xlsx"), index=False)
    split(root)
    assert path.exists(), "nothing of the country has changed: nobody looks"
    (root / "policy.yaml").write_text("fiscal_year: 2570\nsynthetic: true\n", "utf-8")
    split(root)
    assert not path.exists()
    path.with_suffix(".xlsx").unlink()
    split(root)
    (root / "policy.yaml").write_text("fiscal_year: 2570\n", "utf-8")
    split(root)
    assert path.read_bytes() == whole


def test_roads_of_another_office_are_cut_anew(root: Path) -> None:
    code, other = codes_of(root)
    own = (root / code / "inputs" / "roads.npz").read_bytes()
    for content in ((root / other / "inputs" / "roads.npz").read_bytes(), b"damaged"):
        (root / code / "inputs" / "roads.npz").write_bytes(content)
        split(root)
        assert (root / code / "inputs" / "roads.npz").read_bytes() == own


def test_an_office_with_another_vehicle_gets_its_roads(root: Path) -> None:
    code = codes_of(root)[0]
    path = root / code / "policy.yaml"
    text = "settings: {vehicle: {value: motorcycle, source: ทดสอบ, date: 2026-01-01}}\n"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match="ตัดใหม่"):
        rs.open_cycle(root / code)
    split(root)
    assert rs.open_cycle(root / code).policy.settings.vehicle == "motorcycle"


# -- a national set of another shape --
def test_thai_heads_workbooks_and_names_of_offices(root: Path, tmp_path: Path) -> None:
    thai = {"office": "สำนักงานเขต", "school_id": "รหัสโรงเรียน", "village_id": "รหัสหมู่บ้าน", "count": "จำนวนนักเรียน"}
    code = codes_of(root)[0]
    inputs = tmp_path / "other" / "inputs"
    inputs.mkdir(parents=True)
    for name in TABLES[:3]:
        rows = texts(root / "inputs" / f"{name}.csv").rename(columns=thai)
        if name == "students":
            rows.to_csv(inputs / f"{name}.csv", index=False, encoding="cp874")
        else:
            rows.to_excel(inputs / f"{name}.xlsx", index=False)
    write_rows(inputs / "offices.csv", ["สำนักงานเขต", "ชื่อสำนักงานเขต"], [[code, "สพป. สมมุติ เขต 1"]])
    split(tmp_path / "other")
    for name in TABLES[:3]:
        one, two = (texts(folder / code / "inputs" / f"{name}.csv") for folder in (root, tmp_path / "other"))
        assert one.to_numpy().tolist() == two.to_numpy().tolist()
    assert "office: สพป. สมมุติ เขต 1" in (tmp_path / "other" / code / "policy.yaml").read_text("utf-8")
    assert not (tmp_path / "other" / code / "inputs" / "roads.npz").exists()  # there are no roads of the country


def small_set(root: Path, office: str = "1234", head: str = "office") -> Path:
    write_rows(root / "inputs" / "schools.csv", [head, "school_id", "name"], [[office, "1", "ก"]])
    write_rows(root / "inputs" / "villages.csv", ["office", "village_id", "name"], [["1234", "11010101", "ก"]])
    write_rows(root / "inputs" / "students.csv", ["school_id", "grade", "count"], [["1", "P1", "3"]])
    return root


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"office": "../x"}, "ใช้เป็นชื่อโฟลเดอร์ไม่ได้"),
        ({"office": "inputs"}, "ใช้เป็นชื่อโฟลเดอร์ไม่ได้"),
        ({"office": "policy.yaml"}, "ใช้เป็นชื่อโฟลเดอร์ไม่ได้"),
        ({"office": "CON"}, "ใช้เป็นชื่อโฟลเดอร์ไม่ได้"),
        ({"office": "28\n01"}, "ใช้เป็นชื่อโฟลเดอร์ไม่ได้"),
        ({"head": "area"}, "ขาดคอลัมน์ สำนักงานเขต"),
    ],
)
def test_a_set_that_cannot_be_split_is_refused(tmp_path: Path, wrong: dict[str, str], text: str) -> None:
    (tmp_path / "inputs").mkdir()
    small_set(tmp_path, **wrong)
    with pytest.raises(TableError, match=text):
        split(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["inputs"]


def test_a_set_without_a_table_and_a_country_without_an_office_are_refused(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    with pytest.raises(DataError, match="ไม่พบสำนักงานเขต"):
        split(tmp_path)
    small_set(tmp_path)
    (tmp_path / "inputs" / "villages.csv").unlink()
    with pytest.raises(TableError, match="ขาด villages"):
        split(tmp_path)


# -- offices' own folders, along one straight road of 60 km --
def own_folders(root: Path, **office: str) -> Path:
    """Two offices on one road; the country has the roads of the first."""
    schools, villages = "11 0 K2-P6\n12 4000 K2-P6", "11010101 1000\n11010102 5000"
    given = {"schools": schools, "villages": villages, "students": "11 P1 11010101 9\n12 P1 11010102 30"} | office
    write_small_office(root / "01", policy=f"office: หนึ่ง\n{NARROW}", **given)
    given = {"schools": "21 9000 K2-P6", "villages": "12010101 9500", "students": "21 P1 12010101 9"}
    write_small_office(root / "02", policy=f"office: สอง\n{NARROW}", **given)
    (root / "inputs").mkdir()
    shutil.move(root / "01" / "inputs" / "roads.osm", root / "inputs" / "roads.osm")
    (root / "02" / "inputs" / "roads.osm").unlink()
    return root


def distances(folder: Path, of: str = "distances") -> dict[tuple[str, str], int | None]:
    table = getattr(rs.measure(rs.open_cycle(folder)), of)
    found = table[["village_id" if of == "distances" else "student_key", "school_id", "road_m"]].astype(object)
    return {(one, two): None if pd.isna(metres) else int(metres) for one, two, metres in found.itertuples(index=False)}


def test_offices_of_their_own_get_roads_and_a_broken_one_is_left_for_its_opening(tmp_path: Path) -> None:
    own_folders(tmp_path)
    (tmp_path / "00" / "inputs").mkdir(parents=True)
    assert [path.name for path in split(tmp_path)] == ["00", "01", "02"]
    assert not (tmp_path / "00" / "inputs" / "roads.npz").exists()
    with pytest.raises(TableError):
        rs.open_cycle(tmp_path / "00")
    assert distances(tmp_path / "01") == {
        ("11010101", "11"): 1_000, ("11010101", "12"): 3_000, ("11010102", "11"): 5_000, ("11010102", "12"): 1_000,
    }  # fmt: skip
    assert distances(tmp_path / "02") == {("12010101", "21"): 500}


def test_a_pupil_who_lives_far_away_is_measured_exactly(tmp_path: Path) -> None:
    office = tmp_path / "01" / "inputs"
    own_folders(tmp_path)
    lat = read_rows(office / "schools.csv")[0]["lat"]
    east = place(25_000, 0)[1]
    head = ["student_key", "school_id", "grade", "lat", "lon"]
    write_rows(office / "students.csv", head, [["a", "11", "P1", lat, f"{east:.6f}"], ["b", "12", "P1", "", ""]])
    split(tmp_path)
    homes = {school: metres for (_, school), metres in distances(tmp_path / "01", "homes").items()}
    assert homes["11"] == pytest.approx(25_000, abs=1)
    assert homes["12"] == homes["11"] - 4_000


@pytest.mark.parametrize("how", ["metres", "swapped"])
def test_points_that_are_no_plain_degrees(tmp_path: Path, how: str) -> None:
    office = own_folders(tmp_path) / "01" / "inputs"
    for name in ("schools", "villages"):
        rows = texts(office / f"{name}.csv")
        lat, lon = rows["lat"].astype(float), rows["lon"].astype(float)
        x, y = (lat, lon) if how == "swapped" else Transformer.from_crs(4326, 32647, always_xy=True).transform(lon, lat)
        rows["lat"], rows["lon"] = (pd.Series(y).map("{:.6f}".format), pd.Series(x).map("{:.6f}".format))
        rows.to_csv(office / f"{name}.csv", index=False)
    split(tmp_path)
    assert distances(tmp_path / "01")["11010102", "11"] == 5_000


def test_an_office_outside_the_country_gets_no_roads_and_the_others_do(tmp_path: Path) -> None:
    own_folders(tmp_path)
    for name in ("schools", "villages"):
        path = tmp_path / "02" / "inputs" / f"{name}.csv"
        rows = texts(path).assign(lat="6.5", lon="101.2")
        rows.to_csv(path, index=False)
    assert [path.name for path in split(tmp_path)] == ["01", "02"]
    assert (tmp_path / "01" / "inputs" / "roads.npz").exists()
    assert not (tmp_path / "02" / "inputs" / "roads.npz").exists()


def test_a_place_far_from_any_road_widens_its_cut(tmp_path: Path) -> None:
    own_folders(tmp_path)
    for name, north in (("schools", 7_000), ("villages", 8_000)):
        path = tmp_path / "02" / "inputs" / f"{name}.csv"
        lat, lon = place(9_000, north)
        texts(path).assign(lat=str(lat), lon=str(lon)).to_csv(path, index=False)
    # A road so far north that they lie within the country's rectangle.
    roads = tmp_path / "inputs" / "roads.osm"
    ends = "".join(f'<node id="{i}" version="1" lat="{17.5 + i / 1e6}" lon="100.3"/>' for i in (900_001, 900_002))
    way = '<way id="900" version="1"><nd ref="900001"/><nd ref="900002"/><tag k="highway" v="service"/></way>'
    text = roads.read_text("utf-8").replace("<way", f"{ends}<way", 1).replace("</osm>", f"{way}</osm>")
    roads.write_text(text, "utf-8")
    split(tmp_path)
    assert distances(tmp_path / "02")["12010101", "21"] == 0


def test_roads_of_the_country_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    own_folders(tmp_path)
    (tmp_path / "inputs" / "roads.osm").write_text("<osm>", "utf-8")
    with pytest.raises(RoadsError, match=r"อ่านไฟล์ถนน roads\.osm ไม่ได้"):
        split(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\n\n", "รหัส\n".encode("cp874")])
def test_a_national_table_without_content_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "inputs").mkdir()
    (small_set(tmp_path) / "inputs" / "students.csv").write_bytes(content)
    with pytest.raises(TableError, match=r"students\.csv"):
        split(tmp_path)

"""Three distances of small drawn offices: what each pair is, how it is certified, and what makes it stale."""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from drawn import place, write_osm
from small_office import read_rows, write_rows, write_small_office

from restructure import paidways
from restructure._errors import LedgerError, UsageError
from restructure.certify import PAIR, accept, certified, choose, doubts, enter, inputs_digest, pairs, spell_doubt
from restructure.cycle import Measured, measure, open_cycle
from restructure.ledger import head, in_force, read_ledger, revoke, verify
from restructure.policy import load_policy

WHO = "ผอ.กลุ่มนโยบายและแผน"
HOME = place(3040, 0)
#: The road bends 400 m north between the host and village 11; 13 lies on the straight arm west of the host.
NODES = "W -30000 0\nX -8000 0\nU -5000 0\nO 0 0\nB 2500 400\nH 3040 0\nV 5000 0\nS 8000 0\nE 30000 0"
WAYS = "W-X-U-O\nO-B-V-S-E\nH-V"


def write_office(folder: Path, special: str = "") -> Path:
    """Schools 2 (east) and 3 (west) learn at 1: villages 10 to 14, and one child with a home point of its own."""
    lat, lon = HOME
    return write_small_office(
        folder,
        schools=f"1 0 K2-P6 {special}\n2 8000 K2-P6\n3 -8000 K2-P6",
        villages="10 3350\n11 5000\n12 3351\n13 -5000\n14 3000,500",
        student_head="student_key school_id grade village_id lat lon declared_m",
        students=f"""
            k1 2 P1 10 . . 3.3
            k2 2 P1 11 . . 5.2
            k3 2 P2 11 . . 4.8
            k4 2 P1 14 . . .
            k5 2 P1 11 {lat} {lon} 3.1
            k6 3 P1 13 . . 5.0
            k7 1 P1 11 . . .
            k8 2 P3 12 . . .
        """,
        mergers="2 K2-P6 1/2565 1 learn-together existing\n3 K2-P6 1/2565 1 learn-together second-decade",
    )


def measured_of(folder: Path) -> Measured:
    return measure(open_cycle(folder))


@pytest.fixture(scope="module")
def drawn_office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def folder(drawn_office: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(drawn_office, tmp_path / "2570"))


def plain(table: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return [tuple(None if pd.isna(v) else v for v in row) for row in table[list(columns)].itertuples(index=False)]


def states(folder: Path) -> dict[str, tuple[str, str]]:
    """State and change of each pair by its village, a child's by its key."""
    table = pairs(measured_of(folder))
    return {row["student_key"] or row["village_id"]: (row["state"], row["changed"]) for row in table.to_dict("records")}


# --- what a pair is -------------------------------------------------------------------------------------------------


def test_pairs_by_hand(folder: Path) -> None:
    table = pairs(measured_of(folder))
    wanted = ("village_id", "student_key", "pupils", "baht", "routed_m", "declared_m", "band", "state")
    # 15 baht a day beyond 3,000 m, 200 days. Of 10 and of the home at 3,040 the bound lies within 300 + 50 (50) metres.
    assert plain(table, *wanted) == [
        ("10", "", 1, 3000, 3350, 3300, 2, "check"),
        ("11", "", 2, 6000, 5000, 4800, 2, "clear"),
        ("11", "k5", 1, 3000, 3040, 3100, 2, "check"),
        ("12", "", 1, 3000, 3351, None, 2, "clear"),
        ("13", "", 1, 3000, 5000, None, 2, "clear"),
        ("14", "", 1, None, None, None, None, "unmeasured"),
    ]
    assert plain(table, "low_m", "high_m")[0] == (3000, 3700)
    assert plain(table, "low_m", "high_m")[1] == (None, None)
    assert table["schools"].tolist() == ["2", "2", "2", "2", "3", "2"]
    reasons = table["reason"].tolist()
    assert reasons[0].startswith("ช่วงอัตราอาจเปลี่ยน 3,000–3,700 ม.")
    assert reasons[1] == reasons[3] == reasons[4] == ""
    assert "ไม่มีทางรถ" in reasons[5]
    assert not (folder / "ledger.sqlite").exists()


def test_one_round_is_half_of_the_year(folder: Path) -> None:
    table = pairs(measured_of(folder), ["may"])
    assert plain(table, "pupils", "baht")[1] == (2, 3000)


def test_an_office_without_mergers_has_no_pairs(tmp_path: Path) -> None:
    folder = write_small_office(tmp_path, schools="1 0 P1-P6", villages="10 100", students="1 P1 10 3")
    table = pairs(measured_of(folder))
    assert table.empty
    assert list(table.columns)[:4] == PAIR
    assert choose(table).empty
    assert accept(measured_of(folder), table, WHO) == []


def test_whose_village_nobody_knows_cannot_be_certified(tmp_path: Path) -> None:
    folder = write_small_office(
        tmp_path, schools="1 0 P1-P6\n2 8000 P1-P6", villages="10 100", students="2 P1 10 3\n2 P1 . 2",
        mergers="2 P1-P6 1/2565 1 merge existing",
    )  # fmt: skip
    measured = measured_of(folder)
    unknown = pairs(measured).query("village_id == ''")
    assert plain(unknown, "pupils", "state", "reason") == [(2, "unmeasured", "ไม่ทราบหมู่บ้าน")]
    with pytest.raises(UsageError, match="ไม่รู้ว่านักเรียนอยู่หมู่บ้านใด"):
        enter(measured, unknown, 4000, WHO, why="ถามครู")


def test_a_special_area_and_a_flag_are_looked_at(tmp_path: Path) -> None:
    folder = write_office(tmp_path, special="special_area=พื้นที่สูง")
    found = pairs(measured_of(folder)).set_index("village_id")
    assert found.loc["13", ["state", "reason"]].tolist() == ["check", "พื้นที่ลักษณะพิเศษ"]
    plain_folder = write_office(tmp_path / "other")
    lat, lon = place(-5000, 900)
    edit(plain_folder / "inputs/villages.csv", {"village_id": "13"}, lat=lat, lon=lon)
    found = pairs(measured_of(plain_folder)).set_index("village_id")
    assert found.loc["13", "state"] == "check"
    assert "หมู่บ้านห่างถนนเกินเกณฑ์" in found.loc["13", "reason"]


def test_a_rival_road_is_looked_at_whatever_the_band(tmp_path: Path) -> None:
    # A second road 60 m north of the village at -5,000 leads nowhere near it: 1,400 m more, and the band stays.
    folder = write_office(tmp_path)
    lat, lon = place(-5000, 20)
    edit(folder / "inputs/villages.csv", {"village_id": "13"}, lat=lat, lon=lon)
    road = "\nN -5000 60\nM -5700 60\nK -5700 0"
    write_osm(folder / "inputs/roads.osm", NODES + road, "W-X-K-U-O\nO-B-V-S-E\nH-V\nN-M-K name=ซอยวัด")
    found = pairs(measured_of(folder)).set_index("village_id")
    # 5,700 m to the junction, 60 m up and 700 m back.
    reason = "อาจเป็นถนนอีกสาย: ระหว่าง 5,000–6,460 ม. (ใกล้หมู่บ้าน ซอยวัด)"
    assert found.loc["13", ["state", "reason", "routed_m"]].tolist() == ["check", reason, 5000]
    # The same road, joined to nothing, gives no way at all: that too is to be looked at.
    write_osm(folder / "inputs/roads.osm", NODES + road, "W-X-K-U-O\nO-B-V-S-E\nH-V\nN-M name=ซอยวัด")
    found = pairs(measured_of(folder)).set_index("village_id")
    assert found.loc["13", ["state", "reason"]].tolist() == ["check", "อาจเป็นถนนอีกสาย (ใกล้หมู่บ้าน ซอยวัด)"]


def test_a_rival_road_at_a_home_is_not_named(tmp_path: Path) -> None:
    lat, lon = place(-5000, 20)
    folder = write_office(tmp_path)
    edit(folder / "inputs/students.csv", {"student_key": "k6"}, lat=lat, lon=lon)
    road = "\nN -5000 60\nM -5700 60\nK -5700 0"
    write_osm(folder / "inputs/roads.osm", NODES + road, "W-X-K-U-O\nO-B-V-S-E\nH-V\nN-M-K name=ซอยวัด")
    found = pairs(measured_of(folder)).set_index("student_key")
    assert found.loc["k6", ["state", "reason"]].tolist() == ["check", "อาจเป็นถนนอีกสาย: ระหว่าง 5,000–6,460 ม."]


def test_a_rival_road_that_alone_may_change_the_band(tmp_path: Path) -> None:
    # Village 13 is 2,500 m west, where a road 60 m north of it is 2,500 + 300 + 60 + 300 m: beyond the 3,000.
    folder = write_office(tmp_path)
    lat, lon = place(-2500, 20)
    edit(folder / "inputs/villages.csv", {"village_id": "13"}, lat=lat, lon=lon)
    road = "\nN -2500 60\nM -2800 60\nK -2800 0"
    write_osm(folder / "inputs/roads.osm", NODES + road, "W-X-U-K-O\nO-B-V-S-E\nH-V\nN-M-K name=ซอยวัด")
    row = pairs(measured_of(folder)).set_index("village_id").loc["13"]
    # 300 m of homes, 50 m of measuring and 20 m to the road on either side.
    assert row["reason"] == ("ช่วงอัตราอาจเปลี่ยน 2,130–3,530 ม.; อาจเป็นถนนอีกสาย: ระหว่าง 2,500–3,160 ม. (ใกล้หมู่บ้าน ซอยวัด)")


# --- what is declared -----------------------------------------------------------------------------------------------


def declared_office(folder: Path, host: str) -> pd.DataFrame:
    """Pairs by village: all on the roll of school 2, 8 km east of the host (or on roads that never meet its own)."""
    write_small_office(
        folder,
        schools=f"1 {host} P1-P6\n2 8000 P1-P6",
        villages="10 7700\n11 7600\n12 12000\n13 10400\n14 10450",
        student_head="student_key school_id grade village_id declared_m",
        students="""
            k1 2 P1 10 0.3
            k2 2 P1 10 0.4
            k3 2 P1 10 6.3
            k4 2 P2 11 0.4
            k5 2 P1 12 8.5
            k6 2 P1 13 9.95
            k7 2 P1 14 9.9
        """,
        mergers="2 P1-P6 1/2565 1 merge existing",
    )
    return pairs(measured_of(folder)).set_index("village_id")


def test_what_is_declared_of_the_way_to_the_roll_is_not_of_the_pair(tmp_path: Path) -> None:
    table = declared_office(tmp_path, "0")
    # 10 is 300 m from the school on the roll and 7,700 m from the host, 11 400 m and 7,600 m: 6,300 m is nearer 7,700.
    assert plain(table, "routed_m", "declared_m", "state") == [
        (7700, 6300, "clear"),  # the same band
        (7600, None, "clear"),
        (12_000, 8500, "check"),  # 4,000 m from the roll's school: nearer the host's 12,000 m
        (10_400, 9950, "clear"),  # across 10,000 m, but by 450 m only
        (10_450, 9900, "check"),
    ]
    assert table.loc["12", "reason"] == "แจ้งใน DMC 8,500 ม. ต่างช่วงอัตรา"
    assert table.loc["14", "reason"] == "แจ้งใน DMC 9,900 ม. ต่างช่วงอัตรา"


def test_what_is_declared_where_there_is_no_way_to_the_host(tmp_path: Path) -> None:
    table = declared_office(tmp_path, "0,500")
    # Within 500 m of the 300 (10), 400 (11), 4,000 (12), 2,400 and 2,450 m to the roll's school: those mean that one.
    assert set(table["state"]) == {"unmeasured"}
    assert plain(table, "declared_m") == [(6300,), (None,), (8500,), (9950,), (9900,)]
    assert not table["reason"].str.contains("DMC").any()


# --- certifying -----------------------------------------------------------------------------------------------------


def test_choosing(folder: Path) -> None:
    measured = measured_of(folder)
    table = pairs(measured)
    assert choose(table)["village_id"].tolist() == ["10", "11", "11", "12", "13"]
    assert choose(table, states=["clear"])["village_id"].tolist() == ["11", "12", "13"]
    assert choose(table, villages=["11"])["student_key"].tolist() == ["", "k5"]
    assert choose(table, hosts=["1"], schools=["3"])["village_id"].tolist() == ["13"]
    assert choose(table, hosts=["2"]).empty
    accept(measured, choose(table, villages=["13"]), WHO)
    assert choose(pairs(measured), schools=["3"]).empty


def test_a_pair_goes_through_its_states(folder: Path) -> None:
    measured = measured_of(folder)
    made = accept(measured, choose(pairs(measured), states=["clear"]), WHO, why="ตรวจแล้ว")
    assert made == [1, 2, 3]
    table = pairs(measured)
    assert table.set_index("village_id")["state"].loc[["12", "13", "14"]].tolist() == [
        "certified", "certified", "unmeasured",
    ]  # fmt: skip
    row = table[table["village_id"] == "12"].iloc[0]
    assert (row["certified_m"], row["who"], row["seq"], row["reason"]) == (3351, WHO, 2, "")
    assert row["at"].endswith("+07:00")
    assert plain(table.set_index("village_id").loc[["12", "14"]], "method", "why", "evidence") == [
        ("accept", "ตรวจแล้ว", ""), ("", "", ""),
    ]  # fmt: skip
    # What a person measured takes the place of what was accepted, and pays.
    enter(measured, table[table["village_id"] == "12"], 2900, WHO, why="วัดด้วยเลขไมล์", evidence="ศธ 9")
    table = pairs(measured)
    row = table[table["village_id"] == "12"].iloc[0]
    assert (row["method"], row["why"], row["evidence"]) == ("enter", "วัดด้วยเลขไมล์", "ศธ 9")
    assert (row["certified_m"], row["routed_m"], row["band"], row["state"], row["seq"]) == (
        2900,
        3351,
        1,
        "certified",
        4,
    )
    # Taken back, the former holds again, then none.
    revoke(folder, WHO, [4], "วัดผิดเส้นทาง")
    assert pairs(measured).set_index("village_id").loc["12", ["certified_m", "seq"]].tolist() == [3351, 2]
    revoke(folder, WHO, [2], "ยังไม่ควรรับรอง")
    assert pairs(measured).set_index("village_id").loc["12", "state"] == "clear"
    enter(measured, pairs(measured).query("state == 'unmeasured'"), 2800, WHO, why="ทางเรือ")
    assert pairs(measured).set_index("village_id").loc["14", ["state", "certified_m"]].tolist() == ["certified", 2800]
    assert verify(folder) == []


def test_ways_are_worked_out_once_for_what_was_measured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, ...]] = []
    work_out = paidways._work_out
    monkeypatch.setattr(paidways, "_work_out", lambda *args: made.append(args[1]) or work_out(*args))
    measured = measured_of(folder)
    before = pairs(measured)
    chosen = before.copy()
    before["reason"] = before["routed_m"] = pd.NA  # nobody's else
    accept(measured, choose(chosen, villages=["13"]), WHO)
    after = pairs(measured, ["may", "november"])
    assert made == [("november", "may")]
    assert after["routed_m"].equals(chosen["routed_m"])
    assert after.set_index("village_id").loc["13", "state"] == "certified"
    pairs(measured, ["may"])
    pairs(measured_of(folder), ["may"])
    assert made == [("november", "may"), ("may",), ("may",)]
    gc.collect()
    kept = len(paidways._MADE)
    del measured
    gc.collect()
    assert len(paidways._MADE) == kept - 1, "what was measured is not held for it"


def test_what_subsidy_reads(folder: Path) -> None:
    measured = measured_of(folder)
    table = pairs(measured)
    accept(measured, table[table["student_key"] == "k5"], WHO)
    enter(measured, table[table["village_id"] == "14"], 2800, WHO, why="ทางเรือ", evidence="ศธ 04000/12")
    found = certified(in_force(read_ledger(folder)))
    columns = ("measured_from", "village_id", "student_key", "host_id", "certified_m", "method", "evidence", "why")
    assert plain(found, *columns) == [
        ("home", "", "k5", "1", 3040, "accept", "", ""),
        ("village", "14", "", "1", 2800, "enter", "ศธ 04000/12", "ทางเรือ"),
    ]
    assert plain(found, "routed_m", "seq", "who") == [(3040, 1, WHO), (None, 2, WHO)]
    assert certified(in_force(read_ledger(folder / "nothing"))).empty


def test_what_cannot_be_accepted_or_entered(folder: Path) -> None:
    measured = measured_of(folder)
    table = pairs(measured)
    clear = choose(table, states=["clear"])
    with pytest.raises(UsageError, match="14 → 1"):
        accept(measured, table, WHO)
    with pytest.raises(UsageError, match="ซ้ำ"):
        accept(measured, pd.concat([clear, clear]), WHO)
    for metres in (0, -5, 3.5, True, 1_000_001):
        with pytest.raises(UsageError, match="เมตรเต็ม"):
            enter(measured, clear.head(1), [metres], WHO, why="วัด")
    with pytest.raises(UsageError, match="เหตุผล"):
        enter(measured, clear, [5000, 3400, 5000], WHO, why=["วัด", "  ", "วัด"])
    with pytest.raises(UsageError, match="หลักฐาน"):
        enter(measured, clear, 5000, WHO, why="วัด", evidence=folder / "nothing.pdf")
    with pytest.raises(LedgerError):
        accept(measured, clear, "  ")
    assert enter(measured, clear.head(0), 5000, WHO, why="วัด") == []
    assert head(folder)[0] == 0


def test_somebody_else_has_decided_since(folder: Path) -> None:
    measured = measured_of(folder)
    table, seen = choose(pairs(measured), states=["clear"]), head(folder)[0]
    accept(measured, table[table["village_id"] == "12"], "นักวิเคราะห์อีกคน")
    with pytest.raises(LedgerError):
        accept(measured, table, WHO, seen=seen)
    assert pairs(measured).set_index("village_id").loc["13", "state"] == "clear"


def test_evidence_cannot_be_lost(folder: Path, tmp_path: Path) -> None:
    measured = measured_of(folder)
    photo = tmp_path / "ไมล์รถ.JPG"
    photo.write_bytes(b"mile")
    digest = hashlib.sha256(b"mile").hexdigest()
    enter(measured, choose(pairs(measured), schools=["3"]), 5100, WHO, why="วัดด้วยเลขไมล์", evidence=photo)
    photo.unlink()
    assert (folder / "evidence" / f"{digest}.jpg").read_bytes() == b"mile"
    content = json.loads(read_ledger(folder)["content"].iloc[0])
    assert (content["evidence"], content["evidence_sha256"]) == (f"evidence/{digest}.jpg", digest)
    odd = tmp_path / "file.a b"
    odd.write_bytes(b"odd")
    enter(measured, choose(pairs(measured), villages=["12"]), 3300, WHO, why="วัด", evidence=odd)
    assert [path.name for path in (folder / "evidence").iterdir() if "." not in path.name] == [
        hashlib.sha256(b"odd").hexdigest()
    ]


def test_doubts_are_told_and_kept(folder: Path) -> None:
    settings = load_policy().settings
    assert settings.far_m[-1] == 20_000
    assert [band.baht_per_day for band in settings.bands] == [10, 15, 20]
    assert doubts(5000, 10_000, settings) == doubts(9000, 4500, settings) == []
    assert doubts(5000, 10_001, settings) == ["over-twice", "band:15>20"]
    assert doubts(9001, 4500, settings) == ["under-half"]
    # 3,000 m is of the first band, 3,001 m of the second.
    assert doubts(3001, 3000, settings) == ["band:15>10"]
    assert doubts(2000, 3000, settings) == []
    assert doubts(None, 20_000, settings) == []
    assert doubts(None, 20_001, settings) == ["far"]
    assert spell_doubt("band:15>10") == "ข้ามช่วงอัตรา 15 → 10 บาท"
    assert spell_doubt("far") == "ไกลเกินเส้นระยะทางไกลสุดที่ต้องรายงาน"
    measured = measured_of(folder)
    enter(measured, choose(pairs(measured), schools=["3"]), 20_500, WHO, why="สะพานขาด")
    assert json.loads(read_ledger(folder)["content"].iloc[0])["warnings"] == ["far", "over-twice", "band:15>20"]


def test_inputs_of_a_decision(folder: Path) -> None:
    measured = measured_of(folder)
    accept(measured, choose(pairs(measured), schools=["3"]), WHO)
    before = inputs_digest(measured.cycle)
    assert read_ledger(folder)["inputs"].tolist() == [before]
    (folder / "scenarios").mkdir(exist_ok=True)
    (folder / "scenarios/a.yaml").write_text("name: ก\nmerges: []\n", "utf-8")
    assert inputs_digest(measured.cycle) == before
    digests = {before}
    for name in ("roads.osm", "schools.csv", "villages.csv", "students.csv"):
        with (folder / "inputs" / name).open("ab") as file:
            file.write(b"\n")
        digests.add(inputs_digest(measured.cycle))
    (folder / "policy.yaml").write_text("settings: {audit_tolerance_m: {value: 60, source: ทดสอบ}}\n", "utf-8")
    digests.add(inputs_digest(measured_of(folder).cycle))
    text = "terms: {1/2570: {days_per_year: {value: 200, source: ทดสอบ}}}\n"
    (folder / "policy.yaml").write_text(text, "utf-8")
    digests.add(inputs_digest(measured_of(folder).cycle))
    assert len(digests) == 7


# --- stale ----------------------------------------------------------------------------------------------------------


def edit(path: Path, where: dict[str, str], **values: object) -> None:
    rows = read_rows(path)
    for row in rows:
        if where.items() <= row.items():
            row |= {name: str(value) for name, value in values.items()}
    write_rows(path, list(rows[0]), [list(row.values()) for row in rows])


@pytest.fixture
def certified_folder(folder: Path) -> Path:
    """Return an office with a bend in its road, of which everything that has a way is certified."""
    write_osm(folder / "inputs/roads.osm", NODES, WAYS)
    measured = measured_of(folder)
    accept(measured, choose(pairs(measured)), WHO)
    assert set(states(folder).values()) == {("certified", "")}  # the island of 14 is gone, and with it no way
    return folder


def test_a_change_elsewhere_flags_nothing(certified_folder: Path) -> None:
    # Farther out in every direction, a road that joins the way in the middle of a piece, and one that crosses unjoined.
    nodes = f"{NODES}\nP 3750 200\nQ 3750 900\nF 45000 9000\nG 45000 60000\nR -2500 300\nT -2500 -300\nZ -60000 -40000"
    write_osm(certified_folder / "inputs/roads.osm", nodes, "W-X-U-O\nO-B-P-V-S-E\nH-V\nP-Q\nF-G\nR-T\nW-Z")
    assert set(states(certified_folder).values()) == {("certified", "")}
    # Nor does another village, another school or another pupil.
    edit(certified_folder / "inputs/schools.csv", {"school_id": "3"}, lat=place(-8000, 50)[0])
    edit(certified_folder / "inputs/students.csv", {"student_key": "k2"}, grade="P4")
    assert set(states(certified_folder).values()) == {("certified", "")}


def test_the_measured_way_has_changed(certified_folder: Path) -> None:
    write_osm(certified_folder / "inputs/roads.osm", NODES.replace("B 2500 400", "B 2500 430"), WAYS)
    found = states(certified_folder)
    assert found["13"] == ("certified", "")
    assert {found[origin] for origin in ("10", "11", "12", "14", "k5")} == {("stale", "way")}
    # Back as it was, nothing has changed.
    write_osm(certified_folder / "inputs/roads.osm", NODES, WAYS)
    assert set(states(certified_folder).values()) == {("certified", "")}


def test_a_way_of_as_many_metres_on_another_road_is_another(certified_folder: Path) -> None:
    """The bend mirrored to the south: not a metre more or less."""
    before = pairs(measured_of(certified_folder)).set_index(["village_id", "student_key"])
    write_osm(certified_folder / "inputs/roads.osm", NODES.replace("B 2500 400", "B 2500 -400"), WAYS)
    after = pairs(measured_of(certified_folder)).set_index(["village_id", "student_key"])
    assert before.loc[("11", ""), "routed_m"] == after.loc[("11", ""), "routed_m"]
    assert after.loc[("11", ""), ["state", "changed"]].tolist() == ["stale", "way"]
    assert after.loc[("11", ""), "reason"] == "ทางที่วัดเปลี่ยน"


def test_a_way_that_is_gone_is_stale_and_its_certified_distance_stays(certified_folder: Path) -> None:
    write_osm(certified_folder / "inputs/roads.osm", NODES, "W-X-U\nO-B-V-S-E\nH-V")
    row = pairs(measured_of(certified_folder)).set_index("village_id").loc["13"]
    assert (row["state"], row["changed"], row["certified_m"]) == ("stale", "way", 5000)
    assert pd.isna(row["routed_m"])


def test_a_point_has_changed(certified_folder: Path) -> None:
    lat, lon = place(-5000, 40)
    edit(certified_folder / "inputs/villages.csv", {"village_id": "13"}, lat=lat, lon=lon)
    found = states(certified_folder)
    assert found.pop("13") == ("stale", "village-point")  # its foot is where the point was
    assert set(found.values()) == {("certified", "")}
    edit(certified_folder / "inputs/villages.csv", {"village_id": "13"}, lat=place(-5000, 0)[0], lon=place(-5000, 0)[1])
    lat, lon = place(3040, 1)
    edit(certified_folder / "inputs/students.csv", {"student_key": "k5"}, lat=lat, lon=lon)
    found = states(certified_folder)
    state, changed = found.pop("k5")
    assert (state, changed.split(";")[0]) == ("stale", "home-point")
    assert set(found.values()) == {("certified", "")}


def test_the_schools_point_has_changed(certified_folder: Path) -> None:
    edit(certified_folder / "inputs/schools.csv", {"school_id": "1"}, lat=place(0, 25)[0])
    found = states(certified_folder)
    assert {state for state, _ in found.values()} == {"stale"}
    assert all("school-point" in changed and "village-point" not in changed for _, changed in found.values())


def test_a_stale_pair_is_certified_anew(certified_folder: Path) -> None:
    write_osm(certified_folder / "inputs/roads.osm", NODES.replace("B 2500 400", "B 2500 900"), WAYS)
    measured = measured_of(certified_folder)
    table = pairs(measured)
    assert choose(table).empty  # nobody's decision is replaced unless asked for
    accept(measured, choose(table, states=["stale"]), WHO, why="ถนนตัดใหม่")
    assert set(states(certified_folder).values()) == {("certified", "")}
    assert verify(certified_folder) == []


# --- privacy --------------------------------------------------------------------------------------------------------


def test_no_home_can_be_found_by_the_ledger(folder: Path) -> None:
    measured = measured_of(folder)
    table = pairs(measured)
    accept(measured, table[table["student_key"] == "k5"], WHO)
    row = table[table["student_key"] == "k5"].iloc[0]
    stored = (folder / "ledger.sqlite").read_bytes()
    for degrees in HOME:
        assert f"{degrees:.4f}".encode() not in stored
    # Whoever tries every place cannot tell that it is this one: the digest is made with the office's own secret.
    text = f"{HOME[0]:.6f},{HOME[1]:.6f}"
    assert hashlib.sha256(text.encode()).hexdigest()[:32] not in row["points"]
    village = table[(table["village_id"] == "11") & (table["student_key"] == "")].iloc[0]
    lat, lon = place(5000, 0)
    assert village["points"][:32] == hashlib.sha256(f"{lat:.6f},{lon:.6f}".encode()).hexdigest()[:32]

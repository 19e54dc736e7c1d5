"""The packaged rules, and what an office may change in them."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from restructure import cycle, steps
from restructure._errors import PolicyError
from restructure.policy import Policy, Vehicle, load_policy, packaged_years
from restructure.thai import Term
from restructure.words import settings_table


def write(tmp_path: Path, content: dict[Any, Any] | str | bytes) -> Path:
    path = tmp_path / "policy.yaml"
    if isinstance(content, dict):
        content = yaml.safe_dump(content, allow_unicode=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def change(tmp_path: Path, key: str, value: object, **more: object) -> Policy:
    return load_policy(write(tmp_path, {"settings": {key: {"value": value} | more}}))


def assert_refusal(error: Exception, *named: str) -> None:
    thai, english = str(error).split("\n")
    assert re.search("[ก-๙]", thai)
    assert re.search("[A-Za-z]{3}", english)
    for text in ("policy.yaml", *named):
        assert text in thai, thai
    assert "แก้ไข" in thai, "no remedy"
    assert "policy.yaml" in english


# -- as packaged ----
def test_packaged_bands_are_those_of_the_work_standards() -> None:
    policy = load_policy()
    assert [(b.up_to_m, b.baht_per_day) for b in policy.settings.bands] == [(3000, 10), (10000, 15), (None, 20)]
    assert policy.settings.days_per_year == 200
    assert sum(policy.settings.days_by_term[term] for term in (1, 2)) == 200


def test_packaged_settings_say_where_they_come_from_and_what_is_not_known() -> None:
    entries = load_policy().entries
    assert all(entry.thai and entry.source for entry in entries.values())
    # The work standards state these; nothing found states how the days are split, the distance taken, money shared.
    certain = {key: entries[key].certainty for key in ("bands", "days_per_year")}
    assert certain == {"bands": "S", "days_per_year": "S"}
    assert {entries[key].certainty for key in ("days_by_term", "distance_rule", "sharing_rule")} == {"U"}


def test_without_a_file_the_newest_packaged_year_holds(tmp_path: Path) -> None:
    for policy in (load_policy(), load_policy(tmp_path / "absent.yaml"), load_policy(write(tmp_path, ""))):
        assert policy.fiscal_year == 2570
        assert policy.changed == []
        assert policy.synthetic is False
        assert "ยังไม่ระบุชื่อ" in policy.office
    assert packaged_years()[-1] == 2570


def test_van_is_the_vehicle_unless_the_policy_says_otherwise(tmp_path: Path) -> None:
    packaged = load_policy()
    assert packaged.van == packaged.settings.vehicles["van"]
    assert packaged.van.closed_tracktypes == ["grade4", "grade5"]
    walker = {
        "highways": {"path": 4},
        "unpaved_kmh": 4,
        "unpaved_surfaces": [],
        "closed_tracktypes": [],
        "access_keys": ["foot"],
        "closed_values": ["no"],
        "one_way_binds": False,
    }
    own = {"vehicle": {"value": "foot"}, "vehicles": {"value": {"foot": walker}}}
    policy = load_policy(write(tmp_path, {"settings": own}))
    assert policy.van.highways == {"path": 4}
    assert policy.van.one_way_binds is False


# -- changed by an office ----
def test_override_replaces_the_value_keeps_the_thai_text_and_is_uncertain(tmp_path: Path) -> None:
    bands = [{"up_to_m": 5000, "baht_per_day": 12}, {"up_to_m": None, "baht_per_day": 25}]
    policy = change(tmp_path, "bands", bands)
    assert [(b.up_to_m, b.baht_per_day) for b in policy.settings.bands] == [(5000, 12), (None, 25)]
    entry = policy.entries["bands"]
    assert entry.thai == "อัตราค่าพาหนะต่อคนต่อวัน ตามระยะทางจากบ้านถึงโรงเรียนหลัก (ขอบบนนับรวม)"
    assert (entry.certainty, entry.source, entry.date, entry.confirmed_by) == ("U", "", None, "")
    assert policy.changed == ["bands"]
    assert policy.settings.days_per_year == 200


def test_override_carries_its_source_date_and_who_confirmed(tmp_path: Path) -> None:
    more = {"source": "ศธ ๐๔๐๐๖/ว๑", "date": date(2026, 5, 1), "certainty": "S", "confirmed_by": "ผอ. กลุ่ม"}
    entry = change(tmp_path, "long_minutes", 45, **more).entries["long_minutes"]
    assert (entry.value, entry.source, entry.date) == (45, "ศธ ๐๔๐๐๖/ว๑", date(2026, 5, 1))
    assert (entry.certainty, entry.confirmed_by) == ("S", "ผอ. กลุ่ม")


def test_office_year_and_mark_of_the_sample(tmp_path: Path) -> None:
    content = {"office": "สพป.สมมุติ เขต 1", "fiscal_year": 2571, "synthetic": True}
    policy = load_policy(write(tmp_path, content))
    assert (policy.office, policy.fiscal_year, policy.synthetic) == ("สพป.สมมุติ เขต 1", 2571, True)
    # 2571 has no settings of its own: those of 2570 go on. The same before the first packaged year.
    assert policy.settings == load_policy().settings
    assert load_policy(write(tmp_path, {"fiscal_year": 2560})).settings == policy.settings


def test_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    assert load_policy(write(tmp_path, b"\xef\xbb\xbfoffice: A\r\nfiscal_year: 2571\r\n")).fiscal_year == 2571


def test_change_without_source_is_a_warning_that_stays(office: Path) -> None:
    settings = {
        "long_minutes": {"value": 45},
        "room_remainder": {"value": 15, "source": "หนังสือ ก", "date": date(2026, 5, 1)},
    }
    (office / "policy.yaml").write_text(yaml.safe_dump({"office": "ก", "settings": settings}), "utf-8")
    measured = cycle.measure(cycle.open_cycle(office))
    found = measured.problems[measured.problems["file"] == "policy.yaml"]
    assert found[["severity", "rule", "column"]].values.tolist() == [["warning", "no-source", "long_minutes"]]
    assert "long_minutes" in found["message"].iloc[0]
    assert "source" in found["remedy"].iloc[0]
    steps.write_distances(measured)
    manifest = json.loads((office / "outputs" / "manifest.json").read_text("utf-8"))
    assert manifest["policy"]["long_minutes"]["value"] == 45
    assert manifest["policy"]["long_minutes"]["certainty"] == "U"
    assert manifest["policy"]["room_remainder"]["date"] == "2026-05-01"


# -- vehicles ----
def vehicles(tmp_path: Path, value: object) -> dict[str, Vehicle]:
    return change(tmp_path, "vehicles", value).settings.vehicles


def test_one_thing_of_a_vehicle_is_changed_and_the_rest_stays(tmp_path: Path) -> None:
    packaged = load_policy().settings.vehicles
    now = vehicles(tmp_path, {"van": {"highways": {"track": None, "primary": 65}, "closed_tracktypes": ["grade5"]}})
    van = packaged["van"]
    highways = {kind: kmh for kind, kmh in van.highways.items() if kind != "track"} | {"primary": 65}
    assert now["van"] == van.model_copy(update={"highways": highways, "closed_tracktypes": ["grade5"]})
    assert (now["motorcycle"], now["walk"]) == (packaged["motorcycle"], packaged["walk"])
    assert load_policy().settings.vehicles == packaged


def test_changed_vehicle_is_told_whole(tmp_path: Path) -> None:
    entry = change(tmp_path, "vehicles", {"van": {"highways": {"ferry": 5}}}, source="มติ").entries["vehicles"]
    assert entry.value["van"]["highways"]["ferry"] == 5
    assert entry.value["van"]["highways"]["track"] == 20
    assert (entry.source, entry.certainty) == ("มติ", "U")


def test_empty_names_none_and_a_whole_vehicle_can_go(tmp_path: Path) -> None:
    now = vehicles(tmp_path, {"van": {"opened_by_yes": {}}, "motorcycle": None})
    assert now["van"].opened_by_yes == {}
    assert set(now) == {"van", "walk"}


def test_packaged_vehicles_and_what_tells_them_apart() -> None:
    van, motorcycle, walk = (load_policy().settings.vehicles[name] for name in ("van", "motorcycle", "walk"))
    assert [v.one_way_binds for v in (van, motorcycle, walk)] == [True, True, False]
    assert [v.access_keys[0] for v in (van, motorcycle, walk)] == ["motorcar", "motorcycle", "foot"]
    assert ["ferry" in v.highways for v in (van, motorcycle, walk)] == [False, False, True]
    assert set(walk.highways.values()) == {2, 4, 5}
    assert all("gate" not in v.stopping_barriers for v in (van, motorcycle, walk))


@pytest.mark.parametrize("name", ["van", "motorcycle", "walk"])
def test_settings_are_spelled_for_each_vehicle(tmp_path: Path, name: str) -> None:
    table = settings_table(change(tmp_path, "vehicle", name)).set_index("key")["spelled"]
    assert not table.str.contains(r"[\[\]{}]|None").any()
    assert f"({name})" in table["vehicle"]
    assert f"({name}): trunk" in table["vehicles"].replace("motorway 80, motorway_link 50, ", "")
    assert table["term_days"] == "ภาคเรียนที่ 1 16 พฤษภาคม ถึง 11 ตุลาคม; ภาคเรียนที่ 2 1 พฤศจิกายน ถึง 1 เมษายน"


# -- refused ----
BAND = {"up_to_m": 3000, "baht_per_day": 10}
LAST = {"up_to_m": None, "baht_per_day": 20}
HOMES = {"home": 0, "survey": 300, "osm": 500, "digitised": 500, "tambon-centroid": 3000}


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("bands", [], ["bands"]),
        ("bands", [BAND], ["bands"]),
        ("bands", [BAND, BAND, LAST], ["bands"]),
        ("bands", [{"up_to_m": 10000, "baht_per_day": 15}, BAND, LAST], ["bands"]),
        ("bands", [LAST, LAST], ["bands"]),
        ("bands", [{"up_to_m": 0, "baht_per_day": 10}, LAST], ["settings.bands.0.up_to_m"]),
        ("bands", [{"up_to_m": 3000.5, "baht_per_day": 10}, LAST], ["settings.bands.0.up_to_m"]),
        ("bands", [BAND, {"up_to_m": None, "baht_per_day": -1}], ["settings.bands.1.baht_per_day"]),
        ("bands", [BAND, {"up_to_m": None, "baht_per_day": "20"}], ["settings.bands.1.baht_per_day"]),
        ("bands", [BAND | {"bath_per_day": 1}, LAST], ["settings.bands.0.bath_per_day"]),
        ("bands", None, ["settings.bands"]),
        ("days_by_term", {1: 100, 2: 99}, ["days_by_term"]),
        ("days_by_term", {1: 200}, ["days_by_term"]),
        ("days_by_term", {1: 100, 2: 50, 3: 50}, ["days_by_term"]),
        ("days_per_year", 180, ["days_by_term"]),
        ("days_per_year", "200", ["settings.days_per_year"]),
        ("days_per_year", True, ["settings.days_per_year"]),
        ("vehicle", "boat", ["boat"]),
        ("vehicles", {}, ["van"]),
        ("vehicles", {"van": None}, ["van"]),
        ("vehicles", ["van"], ["settings.vehicles"]),
        ("vehicles", {"van": {"highways": {"trakc": None}}}, ["settings.vehicles.van.highways.trakc"]),
        ("vehicles", {"van": {"highways": {"track": "20"}}}, ["settings.vehicles.van.highways.track"]),
        ("vehicles", {"van": {"unpaved_kmh": None}}, ["settings.vehicles.van.unpaved_kmh"]),
        ("vehicles", {"van": {"speed": 20}}, ["settings.vehicles.van.speed"]),
        ("vehicles", {"songthaew": {"unpaved_kmh": 20}}, ["settings.vehicles.songthaew.highways"]),
        ("home_spread_m", {"survey": None}, ["home_spread_m"]),
        ("home_spread_m", {"survey": 10**20}, ["settings.home_spread_m.survey"]),
        ("home_spread_m", HOMES | {"guess": 1}, ["home_spread_m"]),
        ("home_spread_m", HOMES | {"osm": -1}, ["settings.home_spread_m.osm"]),
        ("term_days", {1: ["05-16", "10-11"]}, ["term_days"]),
        ("term_days", {1: ["05-16"], 2: ["11-01", "04-01"]}, ["settings.term_days.1"]),
        ("term_days", {1: ["05-16", "10-32"], 2: ["11-01", "04-01"]}, ["settings.term_days.1.1"]),
        ("term_days", {1: ["05-16", "02-29"], 2: ["11-01", "04-01"]}, ["settings.term_days.1.1"]),
        ("term_days", {1: ["W20", "10-11"], 2: ["11-01", "04-01"]}, ["settings.term_days.1.0"]),
        ("term_days", {1: ["๐๕-๑๖", "10-11"], 2: ["11-01", "04-01"]}, ["settings.term_days.1.0"]),
        ("wet_season_closes", ["path"], ["settings.wet_season_closes.0"]),
        ("closure_min_percent", 101, ["settings.closure_min_percent"]),
        ("buffer_m", 0, ["settings.buffer_m"]),
        ("pupils_per_room", {"K": 30, "P": 40}, ["pupils_per_room"]),
        ("sharing_rule", "lottery", ["settings.sharing_rule"]),
        ("far_m", [0], ["settings.far_m.0"]),
    ],
)
def test_value_that_cannot_hold_is_refused(tmp_path: Path, key: str, value: object, named: list[str]) -> None:
    with pytest.raises(PolicyError) as caught:
        change(tmp_path, key, value)
    assert_refusal(caught.value, *named)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("office: [", ["บรรทัด 1", "YAML"]),
        ("office: ก\n\tfiscal_year: 2570\n", ["บรรทัด 2", "YAML"]),
        ("office: !!python/name:os.system x", ["บรรทัด 1", "YAML"]),
        ("office: สพป.".encode("cp874"), ["UTF-8"]),
        ("office: A".encode("utf-16"), ["UTF-8"]),
        (b"office: \x00", ["YAML"]),
        ("[" * 5000, ["YAML"]),
        ("office: 2026-13-13", ["YAML"]),
        ("office: !!int ''", ["YAML"]),
        ("office: !!float ''", ["YAML"]),
        ("office: !!bool maybe", ["YAML"]),
        ("office: !!timestamp soon", ["YAML"]),
        ("office: 1" + ":1" * 200 + ".5", ["YAML"]),
        ("- office\n- fiscal_year\n", ["ชื่อ: ค่า"]),
        ("2570", ["ชื่อ: ค่า"]),
        ("false", ["ชื่อ: ค่า"]),
        ("ofice: ก", ["ofice", "office"]),
        ("1: ก\nzone: ข", ["fiscal_year"]),
        ("office: [ก, ข]", ["office"]),
        ("synthetic: 'no'", ["synthetic"]),
        ("fiscal_year: 2026", ["fiscal_year", "2570"]),
        ("fiscal_year: 2549", ["fiscal_year"]),
        ("fiscal_year: 2700", ["fiscal_year"]),
        ("fiscal_year: '2570'", ["fiscal_year"]),
        ("fiscal_year: 2570.0", ["fiscal_year"]),
        ("fiscal_year: true", ["fiscal_year"]),
        ("fiscal_year:", ["fiscal_year"]),
        ("settings: [bands]", ["settings"]),
        ("settings: {band: {value: 1}}", ["settings.band", "หมายถึง bands"]),
        ("settings: {days_per_yr: {value: 1}}", ["settings.days_per_yr", "หมายถึง days_per_year"]),
        ("settings: {ไม่มี: {value: 1}}", ["settings.ไม่มี", "bands", "snap_limit_m"]),
        ("settings: {2570: {value: 1}}", ["settings.2570", "bands"]),
        ("settings: {days_per_year: 200}", ["settings.days_per_year", "value"]),
        ("settings: {days_per_year: {source: ก}}", ["settings.days_per_year", "value"]),
        ("settings: {days_per_year: {value: 200, sauce: ก}}", ["settings.days_per_year.sauce"]),
        ("settings: {days_per_year: {value: 200, certainty: X}}", ["settings.days_per_year.certainty"]),
        ("settings: {days_per_year: {value: 200, date: May}}", ["settings.days_per_year.date"]),
        ("settings: {days_per_year: {value: 200, 1: 2}}", ["settings.days_per_year.1"]),
    ],
)
def test_file_that_is_not_understood_is_refused(tmp_path: Path, content: str | bytes, named: list[str]) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write(tmp_path, content))
    assert_refusal(caught.value, *named)
    assert caught.value.exit_code == 1


def test_file_that_the_system_does_not_give_is_no_fault_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").mkdir()
    with pytest.raises((IsADirectoryError, PermissionError)):
        load_policy(tmp_path / "policy.yaml")


def test_a_key_with_a_line_break_stays_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as refusal:
        load_policy(write(tmp_path, '"office\\noffice": 1'))
    assert_refusal(refusal.value, "office office")


# -- who may claim, and what changes in the middle of the year ----
def test_what_no_source_decides_pays_until_the_office_decides() -> None:
    policy = load_policy()
    settings, entries = policy.settings, policy.entries
    for key in ("new_entrants", "boarders", "free_transport"):
        assert getattr(settings, key) == "pay"
        assert entries[key].certainty == "U"
        assert "สำนักงานเขตเป็นผู้ตัดสิน" in entries[key].source
    assert settings.eligible_kinds == ["learn-together", "merge", "dissolve"]
    assert (settings.eligible_grades, settings.count_days) == ("all", {1: "06-10", 2: "11-10"})
    assert (settings.letter_code, settings.november_balance) == ("", "settle")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("eligible_grades", "all", "ทุกชั้น"),
        ("eligible_grades", "K1-M3", "ทุกชั้น"),
        ("eligible_grades", "P1-P6, M1", "ป.1–ม.1"),
        ("eligible_kinds", ["merge", "dissolve"], "ยุบรวม, เลิก"),
        ("boarders", "refuse", "ไม่จ่าย"),
        ("sharing_rule", "furthest-first", "ไกลที่สุด"),
        ("count_days", {1: "06-15", 2: "11-10"}, "ภาคเรียนที่ 1 15 มิถุนายน; ภาคเรียนที่ 2 10 พฤศจิกายน"),
        ("november_balance", "carry", "ยกไป"),
        ("letter_code", "", "ยังไม่กรอก"),
        ("letter_code", "ศธ 04000", "ศธ 04000"),
    ],
)
def test_rules_of_the_subsidy_are_spelled_in_thai(tmp_path: Path, key: str, value: object, words: str) -> None:
    table = settings_table(change(tmp_path, key, value)).set_index("key")
    assert words in table.at[key, "spelled"]


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("eligible_grades", "P7", "settings.eligible_grades"),
        ("eligible_grades", ["P1"], "settings.eligible_grades"),
        ("eligible_kinds", [], "settings.eligible_kinds"),
        ("eligible_kinds", ["close"], "settings.eligible_kinds.0"),
        ("boarders", True, "settings.boarders"),
        ("count_days", {1: "06-10"}, "count_days"),
        ("count_days", {1: "06-31", 2: "11-10"}, "settings.count_days.1"),
        ("november_balance", "keep", "settings.november_balance"),
        ("letter_code", 4000, "settings.letter_code"),
    ],
)
def test_rules_of_the_subsidy_that_cannot_hold_are_refused(tmp_path: Path, key: str, value: object, named: str) -> None:
    with pytest.raises(PolicyError) as caught:
        change(tmp_path, key, value)
    assert_refusal(caught.value, named)


def test_each_term_has_the_rules_that_hold_in_it(tmp_path: Path) -> None:
    flat, dearer = ([{"up_to_m": None, "baht_per_day": baht}] for baht in (12, 13))
    rules = {
        "settings": {"boarders": {"value": "refuse", "source": "มติ 1"}},
        "terms": {
            "1/2571": {"days_by_term": {"value": {1: 90, 2: 110}}, "bands": {"value": dearer}},
            "1/2570": {"bands": {"value": flat, "source": "มติ 2", "date": date(2027, 5, 1), "confirmed_by": "ผอ."}},
        },
    }
    policy = load_policy(write(tmp_path, rules))
    assert policy.at(Term(2569, 2)) is policy
    assert policy.settings.bands == load_policy().settings.bands
    for term in (Term(2570, 1), Term(2570, 2)):
        then = policy.at(term)
        assert [(band.up_to_m, band.baht_per_day) for band in then.settings.bands] == [(None, 12)]
        assert then.settings.days_by_term == {1: 100, 2: 100}
        assert then.settings.boarders == "refuse"
        assert then.changed == ["bands", "boarders"]
        entry = then.entries["bands"]
        assert (entry.source, entry.confirmed_by, entry.thai) == ("มติ 2", "ผอ.", policy.entries["bands"].thai)
    later = policy.at(Term(2571, 1))
    assert (later.settings.bands[0].baht_per_day, later.settings.days_by_term) == (13, {1: 90, 2: 110})
    table = settings_table(policy)
    changes = table[table["item"].str.contains("ตั้งแต่ภาคเรียนที่")]
    assert changes[["key", "spelled"]].to_numpy().tolist() == [
        ["bands", "ทุกระยะทาง 12 บาท"],
        ["bands", "ทุกระยะทาง 13 บาท"],
        ["days_by_term", "ภาคเรียนที่ 1 90 วัน; ภาคเรียนที่ 2 110 วัน"],
    ]
    assert table.set_index("key").loc["bands", "spelled"].iloc[0].startswith("ไม่เกิน 3,000 เมตร 10 บาท")
    assert later == policy.at(Term(2570, 1)).at(Term(2571, 1))
    assert load_policy(write(tmp_path, {"terms": None})).at(Term(2600, 1)) == load_policy()


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        (["1/2570"], ["terms"]),
        ({"2570": {}}, ["terms.2570", "1/2570"]),
        ({"3/2570": {}}, ["terms.3/2570"]),
        ({"1/2570": ["bands"]}, ["terms.1/2570"]),
        ({"1/2570": {"bands": [1]}}, ["terms.1/2570.bands", "value"]),
        ({"1/2570": {"band": {"value": 1}}}, ["terms.1/2570.band", "หมายถึง bands"]),
        # Distances are measured once for the whole year: what they rest on cannot change within it.
        ({"1/2570": {"vehicle": {"value": "walk"}}}, ["terms.1/2570.vehicle"]),
        ({"1/2570": {"days_by_term": {"value": {1: 90, 2: 100}}}}, ["terms.1/2570.days_by_term", "days_per_year"]),
        ({"1/2570": {"boarders": {"value": "maybe"}}}, ["terms.1/2570.boarders"]),
        ({"1/2570": {"boarders": {"value": "pay", "sauce": 1}}}, ["terms.1/2570.boarders.sauce"]),
        ({"1/2570": {}, "2570/1": {}}, ["terms.2570/1"]),
    ],
)
def test_a_change_of_a_term_that_is_not_understood_is_refused(tmp_path: Path, terms: Any, named: list[str]) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write(tmp_path, {"terms": terms}))
    assert_refusal(caught.value, *named)

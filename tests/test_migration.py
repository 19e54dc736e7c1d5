"""Folders of older versions open as they were meant, after a backup; those of newer ones are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from drawn import write_osm
from small_office import files_in, write_small_office

from restructure._errors import DataError, PolicyError
from restructure.backup import restore
from restructure.cli import main
from restructure.cycle import measure, open_cycle
from restructure.migration import _FIRST_DISTANCE_RULE, CYCLE_FILE, bring_up_to_date
from restructure.policy import load_policy

#: As the first version wanted it: all of a vehicle, and what is not named is closed.
VAN: dict[str, Any] = {
    "highways": {"tertiary": 50, "unclassified": 40},
    "unpaved_kmh": 25,
    "unpaved_surfaces": ["unpaved", "dirt"],
    "closed_tracktypes": ["grade5"],
    "access_keys": ["motor_vehicle", "access"],
    "closed_values": ["no", "private"],
    "one_way_binds": True,
}


def write_old(folder: Path, settings: dict[str, Any], noted: dict[str, Any] | None = None, head: str = "") -> Path:
    """Write an office whose village and school are joined by 2,000 m of track and 6,000 m of road.

    ::

        A ──2,000── B ──2,000── C
        │2,000  (road)          │2,000… C is H
        V ──────2,000 track──── H
    """
    write_small_office(folder, schools="H 2000 P1-P6", villages="V 0", students="H P1 V 3")
    (folder / "inputs" / "roads.osm").unlink()
    write_osm(
        folder / "inputs" / "roads.osm",
        "V 0 0\nH 2000 0\nA 0 2000\nB 2000 2000",
        "V-H highway=track\nV-A-B-H highway=tertiary",
    )
    policy = {"office": "สพป.ทดสอบ", "fiscal_year": 2570, "settings": settings}
    (folder / "policy.yaml").write_text(head + yaml.safe_dump(policy, allow_unicode=True), "utf-8")
    if noted is not None:
        (folder / "outputs").mkdir()
        (folder / "outputs" / "manifest.json").write_text(json.dumps({"policy": noted}), "utf-8")
    return folder


def vehicles(value: dict[str, Any]) -> dict[str, Any]:
    return {"vehicles": {"value": value, "source": "มติที่ประชุม", "certainty": "U"}}


def metres(folder: Path) -> int:
    [row] = measure(open_cycle(folder)).distances.to_dict("records")
    return int(row["road_m"])


def test_roads_that_an_old_list_left_out_stay_closed(tmp_path: Path) -> None:
    settings = vehicles({"van": VAN})
    folder = write_old(tmp_path / "2570", settings, settings, head="# ปิดทางลูกรัง ตามมติ\n")
    before = files_in(folder)
    assert load_policy(folder / "policy.yaml").van.highways["track"], "read as it is, the track would be open again"
    assert metres(folder) == 6000
    van = load_policy(folder / "policy.yaml").van
    assert van.highways == VAN["highways"]
    assert van.opened_by_yes == {}
    assert load_policy(folder / "policy.yaml").entries["vehicles"].source == "มติที่ประชุม"
    [backup] = tmp_path.glob("*.zip")
    assert backup.name == "2570-before-update.zip"
    restore(backup, tmp_path / "was")
    assert files_in(tmp_path / "was") == before
    assert metres(folder) == 6000
    assert len(list(tmp_path.glob("*.zip"))) == 1, "it is done once"


def test_a_list_that_was_laid_over_stays_as_it_is(tmp_path: Path) -> None:
    """Since then an office writes only what it changes; the manifest has the whole of it."""
    settings = vehicles({"van": VAN})
    laid_over = load_policy(write_old(tmp_path / "a", settings) / "policy.yaml").entries["vehicles"]
    whole = {"vehicles": laid_over.model_dump(mode="json")}
    for name, own, noted in (
        ("b", settings, whole),
        ("c", vehicles({"van": {"highways": {"track": None}}}), whole),
        ("d", vehicles(laid_over.value), whole),
        ("e", settings, None),
        ("f", {}, whole),
    ):
        folder = write_old(tmp_path / name, own, noted)
        before = files_in(folder)
        assert bring_up_to_date(folder) is None
        assert files_in(folder) == before
    assert list(tmp_path.glob("*.zip")) == []


def test_the_first_words_for_the_distance_rule_are_understood(tmp_path: Path) -> None:
    folder = write_old(tmp_path / "2570", {"distance_rule": {"value": _FIRST_DISTANCE_RULE, "source": "ศธ 1"}})
    with pytest.raises(PolicyError):
        load_policy(folder / "policy.yaml")
    assert main(["check", str(folder)]) == 0
    policy = load_policy(folder / "policy.yaml")
    assert (policy.settings.distance_rule, policy.entries["distance_rule"].source) == ("shortest-road", "ศธ 1")
    problems = pd.read_csv(folder / "outputs" / "problems.csv")
    [told] = problems[problems["rule"] == "older-version"].to_dict("records")
    assert "2570-before-update.zip" in told["remedy"]
    # Words of the office's own nobody can translate.
    other = write_old(tmp_path / "other", {"distance_rule": {"value": "ทางตรง"}})
    with pytest.raises(PolicyError, match="shortest-road"):
        open_cycle(other)
    assert not list(tmp_path.glob("other*.zip"))


def test_what_is_wrong_besides_is_said_before_anything_is_written(tmp_path: Path) -> None:
    folder = write_old(tmp_path / "2570", {"distance_rule": {"value": _FIRST_DISTANCE_RULE}, "far_m": {"value": "x"}})
    before = files_in(folder)
    with pytest.raises(PolicyError, match="far_m"):
        open_cycle(folder)
    assert {n: data for n, data in files_in(folder).items() if not n.endswith(".lock")} == before
    assert list(tmp_path.glob("*.zip")) == []


def test_without_a_backup_nothing_is_changed(tmp_path: Path) -> None:
    folder = write_old(tmp_path / "2570", {"distance_rule": {"value": _FIRST_DISTANCE_RULE}})
    (folder / "inputs" / "a:b.txt").touch()
    text = (folder / "policy.yaml").read_bytes()
    with pytest.raises(DataError, match=r"a:b\.txt"):
        open_cycle(folder)
    assert (folder / "policy.yaml").read_bytes() == text
    (folder / "inputs" / "a:b.txt").unlink()
    (tmp_path / "2570-before-update.zip").write_text("mine")
    assert metres(folder) == 2000
    assert (tmp_path / "2570-before-update.zip").read_text() == "mine"
    assert (tmp_path / "2570-before-update-2.zip").is_file()


@pytest.mark.parametrize("command", ["check", "distances", "step", "duties", "collect"])
def test_a_folder_of_a_newer_program_is_refused(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_old(tmp_path / "2570", {})
    for text, words in (
        ('{"format": 2, "more": 1}', "ปรับปรุงโปรแกรม"),
        ("{", "อ่านไฟล์ cycle.json ไม่ได้"),
        ("[]", "cycle.json"),
    ):
        (folder / CYCLE_FILE).write_text(text, "utf-8")
        before = files_in(folder)
        assert main([command, str(folder)]) == 1
        assert words in capsys.readouterr().err
        assert files_in(folder) == before
    (folder / CYCLE_FILE).write_text('{"format": 1}', "utf-8")
    assert metres(folder) == 2000


def test_last_year_is_read_as_it_was_meant_and_stays_as_it_is(tmp_path: Path) -> None:
    settings = vehicles({"van": VAN})
    last = write_old(tmp_path / "2570", settings, settings)
    before = files_in(last)
    assert main(["new", str(tmp_path / "2571"), "--from", str(last)]) == 0
    assert load_policy(tmp_path / "2571" / "policy.yaml").van.highways == VAN["highways"]
    (tmp_path / "2571" / "inputs" / "students.csv").write_bytes((last / "inputs" / "students.csv").read_bytes())
    assert main(["compare", str(last), str(tmp_path / "2571")]) == 0
    assert main(["backup", str(last), str(tmp_path / "kept.zip")]) == 0
    assert main(["restore", str(tmp_path / "kept.zip"), str(tmp_path / "again")]) == 0
    assert files_in(last) == before == files_in(tmp_path / "again")
    assert not list(tmp_path.glob("*before-update*"))
    measured = measure(open_cycle(last, untouched=True))
    assert measured.distances["road_m"].tolist() == [6000]
    assert "older-version" in measured.problems["rule"].tolist()

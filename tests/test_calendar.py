"""The calendar file, read back by a reader written from RFC 5545 and not from what writes it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from restructure import UsageError
from restructure.calendar_ics import calendar_text, write_calendar
from restructure.dutyacts import Planned, complete_duty_step, make_items, return_for_correction, set_plans, take_back
from restructure.dutyhistory import PLAN
from restructure.files import VIEWED
from restructure.register import register

TODAY = date(2026, 11, 23)
WHO = "สมศรี"
ROUND = "urgent/PM 2.5"
#: RFC 5545, 3.1: contentline = name *(";" param) ":" value; names are letters, digits and hyphens.
LINE = re.compile(r"(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[A-Za-z0-9-]+=[^;:,\"]+)*):(?P<value>.*)", re.DOTALL)
#: 3.3.11: within TEXT a backslash stands before \ ; , n N and nothing else; bare ; and , may not stand there.
TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")


def unfolded(content: bytes) -> list[str]:
    """The content lines of a file: every line ends with CRLF, is at most 75 octets, and whole letters on its own."""
    assert content.endswith(b"\r\n")
    lines: list[str] = []
    for raw in content[:-2].split(b"\r\n"):
        assert len(raw) <= 75
        assert b"\n" not in raw
        assert b"\r" not in raw
        text = raw.decode("utf-8")  # a letter cut in two would not decode
        if text.startswith((" ", "\t")):
            lines[-1] += text[1:]
        else:
            lines.append(text)
    return lines


def plain(text: str) -> str:
    assert TEXT.fullmatch(text), text
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text)


def events(content: bytes) -> list[dict[str, str]]:
    """The events of a calendar, by property name with its parameters; each once, as 3.6.1 asks."""
    lines = unfolded(content)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    assert lines.count("BEGIN:VCALENDAR") == 1
    found: list[dict[str, str]] = []
    head: dict[str, str] = {}
    now = head
    for line in lines[1:-1]:
        match = LINE.fullmatch(line)
        assert match, line
        if line == "BEGIN:VEVENT":
            assert now is head, "an event does not stand within another"
            now = {}
        elif line == "END:VEVENT":
            found.append(now)
            now = head
        else:
            name = match["name"].upper() + match["params"].upper()
            assert name not in now, name
            now[name] = match["value"]
    assert now is head
    assert head["VERSION"] == "2.0"
    assert head["PRODID"]
    for event in found:
        assert {"UID", "DTSTAMP", "DTSTART;VALUE=DATE"} <= set(event)
        assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTAMP"])
        assert event["SEQUENCE"].isdecimal()
        event |= {name: plain(event[name]) for name in ("SUMMARY", "DESCRIPTION")}
    assert len({event["UID"] for event in found}) == len(found)
    return found


def read(folder: Path, today: date = TODAY) -> list[dict[str, str]]:
    text = calendar_text(register(folder, today=today))
    return events(text.encode()) if text else []


def day(event: dict[str, str]) -> date:
    return datetime.strptime(event["DTSTART;VALUE=DATE"], "%Y%m%d").date()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_text("office: สพป.ทดสอบ\nfiscal_year: 2570\n", "utf-8")
    make_items(tmp_path, WHO, {"urgent": ["PM 2.5"]})
    return tmp_path


def test_a_day_that_was_set_is_an_event_of_that_whole_day(folder: Path) -> None:
    assert read(folder) == []
    set_plans(
        folder, WHO, {ROUND: Planned("สมชาย", date(2026, 12, 31)), f"{ROUND}/report": Planned("", date(2028, 2, 29))}
    )
    whole, report = read(folder)
    assert (day(whole), day(report)) == (date(2026, 12, 31), date(2028, 2, 29))
    assert "DTEND;VALUE=DATE" not in whole, "3.6.1: without an end an event of a DATE is of one day"
    assert whole["SUMMARY"].endswith("PM 2.5")
    assert whole["DESCRIPTION"] == "ผู้รับผิดชอบ สมชาย"
    assert report["SUMMARY"] == "จัดทำข้อมูลผลการดำเนินงานเพื่อรายงานตามที่ สพฐ. หรือหน่วยงานอื่นกำหนด"
    assert report["DESCRIPTION"].endswith("\nผู้รับผิดชอบ สมชาย")
    # A DATE has no hour: it is the same day in Bangkok, and there no clock is ever turned.
    zone = ZoneInfo("Asia/Bangkok")
    for at in (date(2026, 12, 31), date(2028, 2, 29)):
        assert datetime(at.year, at.month, at.day, tzinfo=zone).utcoffset() == timedelta(hours=7)


def test_the_stamp_is_the_ledger_s_time_in_utc(folder: Path) -> None:
    set_plans(folder, WHO, {ROUND: Planned("", date(2026, 12, 31))})
    found = register(folder, today=TODAY)
    at = datetime.fromisoformat(found.head[1])
    assert at.utcoffset() == ZoneInfo("Asia/Bangkok").utcoffset(at.replace(tzinfo=None))
    stamp = datetime.strptime(read(folder)[0]["DTSTAMP"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    assert stamp == at


def test_months_of_the_standard_until_somebody_sets_a_day(folder: Path) -> None:
    make_items(folder, WHO, {"subsidy": ["november", "may"]})
    november, may = read(folder)
    # Fiscal year 2570: 1 October 2026 to 30 September 2027.
    assert (november["DTSTART;VALUE=DATE"], november["DTEND;VALUE=DATE"]) == ("20261101", "20261201")
    assert (may["DTSTART;VALUE=DATE"], may["DTEND;VALUE=DATE"]) == ("20270501", "20270601")
    assert november["SUMMARY"].startswith("เดือนตามมาตรฐาน (พฤศจิกายน): ")
    assert "ยังไม่มีผู้กำหนดวัน" in november["DESCRIPTION"]
    set_plans(folder, WHO, {"subsidy/november": Planned("ก", date(2026, 11, 25))})
    found = {event["DTSTART;VALUE=DATE"]: event.get("DTEND;VALUE=DATE") for event in read(folder)}
    assert found == {"20261125": None, "20270501": "20270601"}


def test_december_ends_in_the_next_year(folder: Path) -> None:
    own = (
        "key: monitoring\nnumber: 6\nthai: x\nversion: 1\ndate: 2026-12-01\n"
        "rounds: {recurs: named, names: {q1: {thai: ไตรมาส 1, month: 12}, q2: {thai: ไตรมาส 2, month: 1}}}\n"
        "steps: [{key: a, seed: [๑], thai: ก}]\n"
    )
    (folder / "duties").mkdir()
    (folder / "duties" / "06-monitoring.yaml").write_text(own, "utf-8")
    make_items(folder, WHO, {"monitoring": ["q1", "q2"]})
    found = [(event["DTSTART;VALUE=DATE"], event["DTEND;VALUE=DATE"]) for event in read(folder)]
    assert found == [("20261201", "20270101"), ("20270101", "20270201")]


def test_an_event_keeps_its_name_and_its_number_only_grows(folder: Path) -> None:
    set_plans(folder, WHO, {ROUND: Planned("", date(2026, 12, 31))})
    [first] = read(folder)
    set_plans(folder, WHO, {ROUND: Planned("", date(2027, 1, 4))})
    [moved] = read(folder)
    take_back(folder, WHO, PLAN, ROUND, "ผิดวัน")
    [back] = read(folder)
    assert first["UID"] == moved["UID"] == back["UID"]
    assert day(back) == day(first)
    numbers = [int(event["SEQUENCE"]) for event in (first, moved, back)]
    assert numbers == sorted(set(numbers))


def test_uids_of_two_years_differ(folder: Path, tmp_path: Path) -> None:
    set_plans(folder, WHO, {ROUND: Planned("", date(2026, 12, 31))})
    other = tmp_path / "2571"
    other.mkdir()
    (other / "policy.yaml").write_text("fiscal_year: 2571\n", "utf-8")
    make_items(other, WHO, {"urgent": ["PM 2.5"]})
    set_plans(other, WHO, {ROUND: Planned("", date(2026, 12, 31))})
    assert read(folder)[0]["UID"] != read(other)[0]["UID"]


def test_done_and_returned_are_told(folder: Path) -> None:
    set_plans(folder, WHO, {f"{ROUND}/study": Planned("ก", date(2026, 12, 1)), f"{ROUND}/notify": Planned("ก", TODAY)})
    complete_duty_step(folder, WHO, f"{ROUND}/study", on=TODAY, evidence="x", today=TODAY)
    return_for_correction(folder, WHO, f"{ROUND}/notify", "แก้")
    study, notify = read(folder)
    assert study["SUMMARY"].startswith("✓ เสร็จแล้ว: ")
    assert notify["DESCRIPTION"].endswith("ส่งคืนแก้ไข")


def test_signs_that_mean_something_come_back_as_they_were(folder: Path) -> None:
    owner = r"ก, ข; ค\ง : BEGIN:VEVENT"
    set_plans(folder, WHO, {ROUND: Planned(owner, date(2026, 12, 31))})
    [event] = read(folder)
    assert event["DESCRIPTION"] == f"ผู้รับผิดชอบ {owner}"


def test_the_same_register_gives_the_same_file_on_any_day(folder: Path, tmp_path: Path) -> None:
    set_plans(folder, WHO, {ROUND: Planned("ก", date(2026, 12, 31))})
    assert calendar_text(register(folder, today=TODAY)) == calendar_text(register(folder, today=date(2027, 6, 1)))
    path = tmp_path / "งาน.ics"
    assert write_calendar(register(folder, today=TODAY), path) == 1
    assert events(path.read_bytes()) == read(folder)


def test_without_events_nothing_is_written(tmp_path: Path) -> None:
    """RFC 5545, 3.6: a calendar object has at least one component."""
    assert write_calendar(register(tmp_path, today=TODAY), tmp_path / "x.ics") == 0
    assert not (tmp_path / "x.ics").exists()


@pytest.mark.parametrize("name", ["policy.yaml", "ledger.sqlite", "notes.ics", "folder.ics", "new.txt", "", "."])
def test_nothing_but_a_calendar_is_written_over(folder: Path, name: str) -> None:
    set_plans(folder, WHO, {ROUND: Planned("ก", date(2026, 12, 31))})
    (folder / "notes.ics").write_text("บันทึก", "utf-8")
    (folder / "folder.ics").mkdir()
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(UsageError, match="ไฟล์ปฏิทินเดิม"):
        write_calendar(register(folder, today=TODAY), folder / name)
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_calendar_is_written_over(folder: Path) -> None:
    set_plans(folder, WHO, {ROUND: Planned("ก", date(2026, 12, 31))})
    path = folder / "x.ics"
    for _ in range(2):
        assert write_calendar(register(folder, today=TODAY), path) == 1
    assert len(events(path.read_bytes())) == 1


def test_a_page_for_looking_writes_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_plans(folder, WHO, {ROUND: Planned("ก", date(2026, 12, 31))})
    found = register(folder, today=TODAY)
    monkeypatch.setenv(VIEWED, str(folder))
    with pytest.raises(UsageError, match="ดูอย่างเดียว"):
        write_calendar(found, folder / "x.ics")

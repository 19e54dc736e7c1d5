"""The days of the register as a calendar file (iCalendar, RFC 5545), for the calendar program of each officer.

A day that somebody set becomes an event of that whole day: such events have no hour and so no zone, and fall on the
same day in Bangkok and everywhere. A month that the work standard names, where nobody has set a day yet, becomes an
event of that whole month, and says so. An event keeps its name (UID), so that a newer file moves it, not doubles it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from restructure._errors import UsageError
from restructure.files import staged
from restructure.register import STATES, Register
from restructure.thai import MONTHS

#: What is said in place of a calendar without any event.
NO_EVENTS = "ยังไม่มีวันหรือเดือนกำหนดในทะเบียน จึงไม่เขียนปฏิทิน: กำหนดวันด้วย restructure duty DIR เรื่อง --due"
_OCTETS = 75
_BEGIN = "BEGIN:VCALENDAR"


def write_calendar(register: Register, path: Path) -> int:
    """Write the calendar; return how many events it has. Where there are none, nothing is written.

    Raises
    ------
    UsageError
        When the file is not to be named ``.ics``, or something else than a calendar is there.
    """
    if path.suffix.lower() != ".ics" or (path.exists() and not _is_calendar(path)):
        raise UsageError(
            f"เขียนปฏิทินที่ {path} ไม่ได้: ต้องเป็นไฟล์ใหม่หรือไฟล์ปฏิทินเดิม ชื่อลงท้ายด้วย .ics เช่น งาน.ics",
            f"{path} is neither a new .ics file nor a calendar; name another.",
        )
    if text := calendar_text(register):
        with staged(path.parent) as stage:
            (stage / path.name).write_bytes(text.encode())
    return text.count("BEGIN:VEVENT")


def _is_calendar(path: Path) -> bool:
    """Say whether a file may be replaced by a calendar: it is one."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_BEGIN)).upper() == _BEGIN.encode()


def calendar_text(register: Register) -> str:
    """Return the calendar of a register, nothing where it has no event: the same register gives the same text."""
    # A calendar holds at least one component (RFC 5545, 3.6).
    if not (events := [*_day_events(register), *_month_events(register)]):
        return ""
    lines = [
        _BEGIN,
        "VERSION:2.0",
        "PRODID:-//restructure//duties//TH",
        "CALSCALE:GREGORIAN",
        "X-WR-CALNAME:งานตามมาตรฐานการปฏิบัติงาน กลุ่มนโยบายและแผน",
        "X-WR-TIMEZONE:Asia/Bangkok",
        *events,
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) for line in lines)


def _day_events(register: Register) -> Iterator[str]:
    years = {(row["duty"], row["round"]): row["fiscal_year"] for row in register.items.to_dict("records")}
    for row in register.dues.to_dict("records"):
        name = "/".join(filter(None, [row["duty"], row["round"], row["step"]]))
        done = row["state"] == "done"
        told = [
            row["title"] if row["step"] else "",
            f"ผู้รับผิดชอบ {row['owner']}" if row["owner"] else "ยังไม่กำหนดผู้รับผิดชอบ",
        ]
        yield from _event(
            register,
            f"{years[row['duty'], row['round']]}/{name}",
            f"DTSTART;VALUE=DATE:{row['due']:%Y%m%d}",
            summary=f"{'✓ เสร็จแล้ว: ' if done else ''}{row['thai']}",
            # What depends on the day that the file is made on would differ from file to file.
            told=[*told, STATES[row["state"]] if row["state"] in ("done", "returned") else ""],
        )


def _month_events(register: Register) -> Iterator[str]:
    dated = set(zip(register.dues["duty"], register.dues["round"], strict=True))
    for row in register.items.to_dict("records"):
        named = row["month"]
        if named is None or named != named or row["state"] == "done" or (row["duty"], row["round"]) in dated:
            continue
        # A fiscal year begins in October of the year before.
        month = int(named)
        first = date(row["fiscal_year"] - 543 - (month >= 10), month, 1)
        after = date(first.year + month // 12, month % 12 + 1, 1)
        yield from _event(
            register,
            f"{row['fiscal_year']}/{row['duty']}/{row['round']}/month",
            f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
            f"DTEND;VALUE=DATE:{after:%Y%m%d}",
            summary=f"เดือนตามมาตรฐาน ({MONTHS[month - 1]}): {row['title']}",
            told=["มาตรฐานการปฏิบัติงานบอกเพียงเดือน ยังไม่มีผู้กำหนดวัน", f"ผู้รับผิดชอบ {row['owner']}" if row["owner"] else ""],
        )


def _event(register: Register, name: str, *days: str, summary: str, told: list[str]) -> Iterator[str]:
    last, at = register.head
    stamp = datetime.fromisoformat(at).astimezone(UTC)
    yield "BEGIN:VEVENT"
    yield f"UID:{hashlib.sha256(name.encode()).hexdigest()[:32]}@restructure"
    yield f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}"
    # It has to grow with each change of an event, also when a decision is revoked: the ledger's last row does.
    yield f"SEQUENCE:{last}"
    yield from days
    yield f"SUMMARY:{_escaped(summary)}"
    yield f"DESCRIPTION:{_escaped(chr(10).join(filter(None, told)))}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _escaped(text: str) -> str:
    """Return a text as a value of type TEXT (RFC 5545, 3.3.11)."""
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return "\\n".join(text.splitlines())


def _folded(line: str) -> str:
    """Return a line in pieces of at most 75 octets, none within a letter (RFC 5545, 3.1), with its end."""
    pieces, piece, size = [], "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > _OCTETS:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + letter, size + octets
    return "\r\n".join([*pieces, piece]) + "\r\n"

"""Rules of money: letters of the ceiling, and payments that a round cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from restructure.checks.telling import Office, warning
from restructure.intake import Problem
from restructure.rolls import snapshot
from restructure.thai import ROUND_NAMES, arabic_digits, round_term


def letters(office: Office) -> Iterator[Problem]:
    """Doubt a ceiling without the number of a letter, and a letter that is there twice in another spelling."""
    if "ceilings" not in office.tables:
        return
    ceilings, file = office.tables["ceilings"], office.files["ceilings"]
    first: dict[str, int] = {}
    for row, letter in ceilings["letter"].items():
        # Spaces, dots and Thai digits are written as one likes; a note in brackets is no part of the number.
        key = re.sub(r"\(.*?\)|[\s.]", "", arabic_digits(letter))
        if not re.search(r"\d", key):
            text, remedy = f"“{letter}” ไม่มีเลขที่หนังสือ วงเงินนี้จึงไม่มีหลักฐาน", "กรอกเลขที่หนังสือแจ้งวงเงิน เช่น ศธ 04006/ว123"
            yield warning(file, row, "no-letter", "letter", letter, text, remedy)
        elif key in first:
            yield warning(
                file, row, "letter-twice", "letter", letter,
                f"หนังสือ {letter} มีอยู่แล้วในแถว {first[key]} วงเงินอาจถูกนับสองครั้ง",
                "ลบแถวที่ซ้ำ หรือปล่อยไว้ถ้าหนังสือฉบับเดียวแจ้งวงเงินหลายส่วน",
            )  # fmt: skip
        else:
            first[key] = int(str(row))


def payments(office: Office) -> Iterator[Problem]:
    """Doubt payments above the round's ceiling, or above what all pupils would get at the highest rate."""
    if "payments" not in office.tables:
        return
    paid, file = office.tables["payments"], office.files["payments"]
    given = office.tables["ceilings"].groupby("round")["baht"].sum() if "ceilings" in office.tables else {}
    for name, rows in paid.groupby("round", sort=True):
        total = rows["baht"].cumsum()
        if name in given and total.iloc[-1] > given[name]:
            row = total.index[total > given[name]][0]
            yield warning(
                file, row, "paid-over-ceiling", "baht", rows.at[row, "baht"],
                f"{ROUND_NAMES[name]} จ่ายแล้วรวม {total.iloc[-1]:,} บาท เกินวงเงิน {given[name]:,} บาท เกินตั้งแต่แถวนี้",
                f"ตรวจจำนวนเงินของรอบนี้ หรือเพิ่มหนังสือแจ้งวงเงินใน {office.files['ceilings']}",
            )  # fmt: skip
        yield from _most_that_can_be(office, str(name), rows)


def _most_that_can_be(office: Office, name: str, rows: pd.DataFrame) -> Iterator[Problem]:
    term = round_term(office.fiscal_year, name)
    students = snapshot(office.tables["students"], term)
    on_roll = students.groupby("school_id")["pupils"].sum()
    came = students.groupby(["school_id", "from_school_id"])["pupils"].sum()
    days, rate = office.settings.days_by_term[term.number], max(band.baht_per_day for band in office.settings.bands)
    for (host, school), part in rows.groupby(["host_id", "school_id"], sort=True):
        pupils = int(on_roll.get(school, 0)) + int(came.get((host, school), 0))
        if not pupils:  # they are on the host's roll and no row says where they came from
            pupils = int(on_roll.get(host, 0))
        baht, most = int(part["baht"].sum()), pupils * days * rate
        if baht > most:
            yield warning(
                office.files["payments"], part.index[-1], "paid-too-much", "baht", part["baht"].iloc[-1],
                f"{ROUND_NAMES[name]} จ่ายให้ {host} สำหรับนักเรียนจาก {school} รวม {baht:,} บาท เกินที่เป็นได้ "
                f"{most:,} บาท (นักเรียน {pupils:,} คน × {days} วัน × {rate} บาท)",
                "ตรวจจำนวนเงินและจำนวนนักเรียน",
            )  # fmt: skip

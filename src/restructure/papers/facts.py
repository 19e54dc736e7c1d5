"""What a round says, as texts: the tags of the templates.

Every value is text in Thai digits as it stands on paper, a list of such, or true and false. Where a person has to fill
in what is not known the value is a blank, which :mod:`restructure.filling` marks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.grades import STAGES, stage_of
from restructure.paper import blank
from restructure.policy import UNNAMED_OFFICE
from restructure.rounds import Round
from restructure.subsidy import LINE, days_for_all
from restructure.thai import ROUND_NAMES, baht_text, parse_date, thai_date, thai_digits, thai_moment
from restructure.words import (
    BASIS,
    CERTAINTY,
    NOT_ELIGIBLE,
    PROGRAMMES,
    ROUTED,
    SHARING,
    SYNTHETIC,
    UNKNOWN_BAHT,
    UNKNOWN_CEILING,
    UNKNOWN_WAY,
    spell_band,
    spell_value,
)

CERTIFIED = "ระยะทางที่เจ้าหน้าที่รับรองแล้ว"
#: Kinds of paper and what they are called.
PAPERS = {
    "criteria": "หลักเกณฑ์ของปี",
    "forms": "ชุดคำขอ แบบ 1–4",
    "notice": "หนังสือแจ้งจัดสรรถึงโรงเรียน",
    "notice-finance": "แจ้งกลุ่มบริหารงานการเงินและสินทรัพย์",
    "notice-audit": "แจ้งหน่วยตรวจสอบภายใน",
    "report-obec": "รายงาน สพฐ.",
    "additional": "รายละเอียดขอเพิ่มเติมและส่งคืน",
    "summary": "สรุปต่อผู้บริหารและ กศจ.",
}
#: The settings that decide who is paid how much, in the order of the criteria paper.
CRITERIA = (
    "bands", "days_per_year", "days_by_term", "distance_rule", "vehicle", "eligible_grades", "eligible_kinds",
    "new_entrants", "boarders", "free_transport", "sharing_rule", "count_days", "november_balance",
)  # fmt: skip
STAGE_WORDS = {"K": "อนุบาล", "P1-P3": "ป.๑–ป.๓", "P4-P6": "ป.๔–ป.๖", "M": "ม.ต้น"}
#: The name of a kept file is its digest: so much of it tells which.
_DIGEST = re.compile(r"([0-9a-f]{12})[0-9a-f]{52}")
_METHODS = {"accept": "ยอมรับระยะคำนวณ", "enter": "วัดจริง"}

Facts = dict[str, Any]


def round_facts(this: Round) -> Facts:
    """Return the tags that every template may use."""
    policy, lines = this.policy, told_lines(this)
    need, allocated = sum_known(lines["need_baht"]), sum_known(lines["allocated_baht"])
    sharing, days = SHARING[this.rule], policy.settings.days_by_term[this.term.number]
    return {
        "office": blank("ชื่อสำนักงานเขต").text if policy.office == UNNAMED_OFFICE else thai_digits(policy.office),
        "letter_code": policy.settings.letter_code or blank("รหัสหนังสือของสำนักงาน").text,
        "synthetic": SYNTHETIC if policy.synthetic else "",
        "fiscal_year": thai_digits(str(policy.fiscal_year)),
        "round": ROUND_NAMES[this.name],
        "term": thai_digits(str(this.term)),
        "days": thai_digits(days),
        "days_bought": _days_bought(this, days),
        "letters": [spell_letter(row) for row in this.letters.to_dict("records")],
        "ceiling": spell_baht(this.ceiling_baht, UNKNOWN_CEILING),
        "ceiling_text": spell_baht_text(this.ceiling_baht, UNKNOWN_CEILING),
        "need": spell_baht(need, UNKNOWN_BAHT),
        "need_text": spell_baht_text(need, UNKNOWN_BAHT),
        "allocated": spell_baht(allocated, UNKNOWN_CEILING),
        "allocated_text": spell_baht_text(allocated, UNKNOWN_CEILING),
        "difference": _difference(this.ceiling_baht, need),
        "pupils": thai_digits(int(lines["pupils"].sum())),
        "programmes": programmes(this, lines),
        "all": _sums(lines),
        "basis": basis(lines),
        "confirmation": _confirmation(this, allocated),
        # The rule is that of now, and what stands there then was not shared by it.
        "sharing_rule": thai_digits(f"ตามที่ยืนยันไว้ (ที่เลือกอยู่ตอนนี้: {sharing})" if this.has_changed else sharing),
        "sharing_source": thai_digits(this.rule_source or "ไม่ระบุ"),
        "distance_rule": thai_digits(spell_value("distance_rule", policy.entries["distance_rule"], policy.settings)),
        "ledger": _ledger(this.head),
        "notes": [thai_digits(note) for note in this.notes],
    }


def programmes(this: Round, lines: pd.DataFrame) -> list[Facts]:
    """Return lines of an allocation under their programme, which are never mixed; sums by programme and by host."""
    names = school_names(this)
    found = []
    for programme, rows in lines.groupby("programme", sort=True):
        hosts = [
            {"host": names[str(host)], "host_id": str(host), **_sums(mine)}
            for host, mine in rows.groupby("host_id", sort=True)
        ]
        found.append(
            {
                "name": thai_digits(PROGRAMMES[str(programme)]),
                "hosts": hosts,
                "lines": [_line(row, names) for row in rows.sort_values(["host_id", "school_id"]).to_dict("records")],
                **_sums(rows),
            }
        )
    return found


def host_facts(this: Round, host: str) -> Facts:
    """Return the tags of one host school's notice, above those of the round."""
    mine = this.allocation[this.allocation["host_id"] == host]
    needed = this.needed[this.needed["host_id"] == host]
    return {
        "host": school_names(this)[host],
        "host_id": host,
        "host_programmes": programmes(this, mine),
        "host_total": _sums(mine),
        "details": priced(this, needed),
    }


def priced(this: Round, needed: pd.DataFrame) -> list[Facts]:
    """Return how a need comes about: pupils of a programme, school, stage and band, with rate and days."""
    names, words = school_names(this), spell_bands(this)
    stages = {stage: place for place, stage in enumerate(STAGES)}
    rows = needed.assign(stage=needed["grade"].map(stage_of)).assign(order=lambda t: t["stage"].map(stages))
    keys = ["programme", "school_id", "order", "stage", "band", "baht_per_day", "days"]
    found = []
    for programme, group in rows.groupby("programme", sort=True):
        parts = group.groupby(keys[1:], dropna=False, as_index=False, sort=True)[["pupils", "baht"]].sum(min_count=1)
        found.append(
            {
                "name": thai_digits(PROGRAMMES[str(programme)]),
                "rows": [
                    {
                        "school": names[row["school_id"]],
                        "stage": STAGE_WORDS[row["stage"]],
                        "band": words.get(row["band"], UNKNOWN_WAY),
                        "pupils": thai_digits(int(row["pupils"])),
                        "rate": spell_baht(row["baht_per_day"], "–"),
                        "days": thai_digits(int(row["days"])),
                        "baht": spell_baht(row["baht"], UNKNOWN_BAHT),
                    }
                    for row in parts.to_dict("records")
                ],
                "pupils": thai_digits(int(group["pupils"].sum())),
                "baht": spell_baht(sum_known(group["baht"]), UNKNOWN_BAHT),
            }
        )
    return found


def criteria(this: Round) -> list[Facts]:
    """Return the settings in force that decide who is paid how much, with source, certainty and who confirmed them."""
    policy = this.policy
    return [
        {
            "item": thai_digits(entry.name),
            "value": thai_digits(spell_value(key, entry, policy.settings)),
            "source": thai_digits(entry.source or "ไม่ระบุ"),
            "certainty": CERTAINTY[entry.certainty],
            "date": thai_date(entry.date) if entry.date else "ไม่ระบุ",
            "confirmed_by": entry.confirmed_by or blank("ผู้ยืนยัน").text,
        }
        for key in CRITERIA
        if (entry := policy.entries.get(key))
    ]


def certificates(this: Round) -> list[Facts]:
    """Return the certified distances of the round by who certified them and on which day, with the ledger's row."""
    names = school_names(this)
    villages = this.tables["villages"].set_index("village_id")["name"].to_dict()
    rows = this.pairs[this.pairs["state"].isin(["certified", "stale"])]
    rows = rows.assign(day=rows["at"].str[:10]).sort_values("seq", kind="stable")
    found = []
    for (who, _), group in rows.groupby(["who", "day"], sort=False):
        first, last = (thai_moment(at) for at in (group["at"].min(), group["at"].max()))
        found.append(
            {
                "who": who,
                "when": first if first == last else f"{first} ถึง {last.partition('เวลา ')[2]}",
                "rows": [_certificate(row, names, villages) for row in group.to_dict("records")],
            }
        )
    return found


def _certificate(row: Mapping[Any, Any], names: Mapping[str, str], villages: Mapping[str, str]) -> Facts:
    said = {key: "" if is_missing(row.get(key)) else str(row[key]) for key in ("method", "why", "evidence")}
    return {
        "place": villages.get(row["village_id"], row["village_id"]) or f"บ้านของนักเรียน {row['student_key']}",
        "host": names[row["host_id"]],
        "pupils": thai_digits(int(row["pupils"])),
        "routed": UNKNOWN_WAY if is_missing(row["routed_m"]) else thai_digits(int(row["routed_m"])),
        "certified": thai_digits(int(row["certified_m"])),
        "method": _METHODS.get(said["method"], "–"),
        "why": said["why"] or "–",
        "evidence": _DIGEST.sub(r"\1…", said["evidence"]) or "–",
        "row": thai_digits(int(row["seq"])),
    }


def refused(this: Round) -> list[Facts]:
    """Return who travels but is not eligible, by school and reason."""
    names = school_names(this)
    keys = ["host_id", "school_id", "programme", "reason"]
    rows = this.refused.groupby(keys, as_index=False, sort=True)["pupils"].sum()
    return [
        {
            "host": names[row["host_id"]],
            "school": names[row["school_id"]],
            "programme": thai_digits(PROGRAMMES[row["programme"]]),
            "reason": NOT_ELIGIBLE[row["reason"]],
            "pupils": thai_digits(int(row["pupils"])),
        }
        for row in rows.to_dict("records")
    ]


def basis(lines: pd.DataFrame) -> str:
    """Return what the distances of some lines rest on."""
    routed = int((lines["basis"] == "routed").sum())
    if not routed:
        return CERTIFIED
    return ROUTED if routed == len(lines) else thai_digits(f"{ROUTED} (เฉพาะ {routed} จาก {len(lines)} รายการ)")


def refuse_uncertified(this: Round) -> None:
    """Refuse to move money by uncertified distances, without a letter of how much there is, or as nobody has confirmed.

    Raises
    ------
    UsageError
        With what lacks.
    """
    lines = this.allocation
    routed = lines[lines["basis"] != "certified"]
    if len(routed):
        names = school_names(this)
        first = [f"{names[row['school_id']]}→{names[row['host_id']]}" for row in routed.head(3).to_dict("records")]
        left = int((~this.pairs["state"].isin(["certified", "stale"])).sum())
        more = " …" if len(routed) > 3 else ""
        raise UsageError(
            f"ยังออกหนังสือแจ้งจัดสรร{ROUND_NAMES[this.name]}ไม่ได้: {len(routed)} จาก {len(lines)} รายการยังใช้ระยะทางที่ไม่รับรอง "
            f"({', '.join(first)}{more}) เหลือระยะทางที่ต้องรับรอง {left} คู่ รับรองให้ครบแล้วสั่งใหม่ หรือเลือกเอกสารชนิดอื่น",
            f"{len(routed)} of {len(lines)} lines rest on distances that nobody has certified; certify {left} pairs.",
        )
    if stale := int((this.pairs["state"] == "stale").sum()):
        raise UsageError(
            f"ยังออกหนังสือแจ้งจัดสรร{ROUND_NAMES[this.name]}ไม่ได้: ระยะทาง {stale} คู่มีจุดหรือถนนเปลี่ยนตั้งแต่รับรอง ตรวจแล้วรับรองใหม่",
            f"Points or roads of {stale} pairs have changed since they were certified; certify them anew.",
        )
    if this.ceiling_baht is None:
        raise UsageError(
            f"ยังออกหนังสือแจ้งจัดสรร{ROUND_NAMES[this.name]}ไม่ได้: ยังไม่มีหนังสือแจ้งวงเงินของรอบนี้ เติมใน ceilings แล้วสั่งใหม่",
            "There is no letter with the ceiling of this round; add it to ceilings.",
        )
    if this.confirmed is None:
        raise UsageError(
            f"ยังออกหนังสือแจ้งจัดสรร{ROUND_NAMES[this.name]}ไม่ได้ ยังไม่มีผู้ยืนยันการจัดสรร: สั่ง restructure allocate --confirm "
            "หรือยืนยันในหน้า 04-subsidy",
            "Nobody has confirmed the allocation; run restructure allocate --confirm, or use page 04-subsidy.",
        )
    if this.has_changed:
        raise UsageError(
            f"ยังออกหนังสือแจ้งจัดสรร{ROUND_NAMES[this.name]}ไม่ได้ ที่ยืนยันไว้ต่างจากที่คำนวณได้ตอนนี้: ยืนยันใหม่ หรือกลับไปใช้วิธีแบ่งเดิม",
            "What was confirmed differs from what is worked out now; confirm it anew, or return to the former rule.",
        )


def refuse_unsettled(this: Round) -> None:
    """Refuse to ask for money or to return it before two counts are compared by certified distances.

    Raises
    ------
    UsageError
        With what lacks.
    """
    if this.settlement is None or (this.settlement["basis"] != "certified").any():
        raise UsageError(
            "ยังออกรายละเอียดขอเพิ่มเติมและส่งคืนไม่ได้: รอบนี้ยังไม่ได้กระทบยอดด้วยระยะทางที่รับรองแล้วทุกรายการ รับรองและกระทบยอดแล้วสั่งใหม่",
            "The round is not settled by certified distances yet; certify and settle it first.",
        )
    if this.changes is None:
        raise UsageError(
            "ยังออกรายละเอียดขอเพิ่มเติมและส่งคืนไม่ได้: มีข้อมูลนักเรียนครั้งเดียว จึงแยกไม่ได้ว่าต่างเพราะนักเรียนหรือเพราะวงเงิน "
            "เติมข้อมูลนักเรียนทั้งก่อนวันนับและ ณ วันนับ (as_of) แล้วสั่งใหม่",
            "Pupils were counted only once; add the list before the count day and the one of it (as_of).",
        )
    if (this.settlement[["additional_baht", "return_baht"]] == 0).all(axis=None):
        raise UsageError(
            "ไม่ต้องออกรายละเอียดขอเพิ่มเติมและส่งคืน: รอบนี้ไม่มีเงินที่ต้องขอเพิ่มหรือส่งคืน (ยอดที่ยกไปรอบถัดไป ดูในรายงาน สพฐ.)",
            "Nothing is asked for or returned in this round; what is carried over stands in the report.",
        )


def told_lines(this: Round) -> pd.DataFrame:
    """Return the lines that papers tell: with the amounts that were confirmed, where somebody has confirmed any."""
    if this.confirmed is None or not this.has_changed:
        return this.allocation
    lines = this.allocation.drop(columns="allocated_baht").merge(this.confirmed, how="outer", on=LINE, sort=True)
    # Who has gone since needs nothing any more, and who came since was given nothing.
    gone = lines["pupils"].isna()
    lines["need_baht"] = lines["need_baht"].mask(gone, 0).astype("Int64")
    lines["pupils"], lines["basis"] = lines["pupils"].fillna(0).astype(int), lines["basis"].fillna("certified")
    return lines.assign(allocated_baht=lines["allocated_baht"].fillna(0).astype("Int64"))


# --- parts ----------------------------------------------------------------------------------------------------------


class _Names(dict[str, str]):
    """Names by code; a school that stands in no table goes by its code."""

    def __missing__(self, code: str) -> str:
        return code


def school_names(this: Round) -> dict[str, str]:
    """Return the names of schools by code, without the word that papers write before them."""
    schools = this.tables["schools"]
    names = schools["name"].astype(str).str.removeprefix("โรงเรียน")
    return _Names(zip(schools["school_id"], names, strict=True))


def spell_bands(this: Round) -> dict[int, str]:
    """Return the words of each band of distances by its number."""
    bands = this.policy.settings.bands
    pairs = zip(bands, [None, *bands], strict=False)
    return {number: thai_digits(spell_band(band, below)) for number, (band, below) in enumerate(pairs, start=1)}


def _line(row: Mapping[str, Any], names: Mapping[str, str]) -> Facts:
    return {
        "host": names[row["host_id"]],
        "host_id": row["host_id"],
        "school": names[row["school_id"]],
        "school_id": row["school_id"],
        "basis": BASIS[row["basis"]],
        **_sums(pd.DataFrame([row])),
    }


def _sums(lines: pd.DataFrame) -> Facts:
    need, allocated = sum_known(lines["need_baht"]), sum_known(lines["allocated_baht"])
    return {
        "pupils": thai_digits(int(lines["pupils"].sum())),
        "need": spell_baht(need, UNKNOWN_BAHT),
        "allocated": spell_baht(allocated, UNKNOWN_CEILING if need is not None else UNKNOWN_BAHT),
        "allocated_text": spell_baht_text(allocated, UNKNOWN_CEILING),
    }


def _days_bought(this: Round, days: int) -> str:
    """Return how many whole days the money buys where the rule gives all pupils the same."""
    if this.rule != "equal-days" or this.ceiling_baht is None:
        return ""
    bought = days_for_all(this.needed, this.ceiling_baht)
    return thai_digits(f" (วงเงินพอจ่าย {bought} วันเต็มจาก {days} วันของภาคเรียน)")


def _confirmation(this: Round, allocated: int | None) -> str:
    """Return what a reader must know of who stands for the allocation that a paper tells."""
    if allocated is not None and this.confirmed is None:
        return "ร่าง ยังไม่มีผู้ยืนยันการจัดสรร"
    return "จำนวนที่จัดสรรเป็นที่ยืนยันไว้ ซึ่งต่างจากที่คำนวณได้ตอนนี้" if this.has_changed else ""


def spell_letter(row: Mapping[Any, Any]) -> Facts:
    """Return the number, the day and the money of a letter."""
    day = blank("วันที่ของหนังสือ").text if not row["date"] else thai_date(parse_date(str(row["date"])))
    return {"letter": thai_digits(row["letter"]), "date": day, "baht": thai_digits(int(row["baht"]))}


def _difference(ceiling: int | None, need: int | None) -> str:
    if ceiling is None or need is None:
        return UNKNOWN_CEILING if ceiling is None else UNKNOWN_BAHT
    words = "วงเงินต่ำกว่าความต้องการ" if ceiling < need else "วงเงินเหลือจากความต้องการ"
    return f"{words} {baht_text(abs(ceiling - need))}" if ceiling != need else "วงเงินเท่ากับความต้องการ"


def _ledger(head: tuple[int, str]) -> str:
    seq, digest = head
    return f"ลำดับที่ {thai_digits(seq)} รหัสตรวจ {digest[:12]}" if seq else "ยังไม่มีการรับรอง"


def is_missing(value: Any) -> bool:
    """Return whether nothing is known of a value."""
    return value is None or bool(pd.isna(value)) or value == ""


def sum_known(values: pd.Series) -> int | None:
    """Return a sum, None where nothing of it is known."""
    known = values.dropna()
    return int(known.sum()) if len(known) or not len(values) else None


def spell_baht(value: Any, unknown: str) -> str:
    """Return an amount in Thai digits; below 0 with a minus sign, not with a hyphen that lines break behind."""
    return unknown if is_missing(value) else thai_digits(int(value)).replace("-", "−")


def spell_baht_text(value: int | None, unknown: str) -> str:
    """Return an amount in figures and in words."""
    return unknown if value is None else baht_text(value)


def host_ids(this: Round) -> Sequence[str]:
    """Return the host schools of a round, in order."""
    hosts: list[str] = sorted(this.allocation["host_id"].unique())
    return hosts

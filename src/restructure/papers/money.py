"""What a round's settlement says, as texts, and the steps from the letters' money to what is due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from restructure.grades import thai_grades
from restructure.papers.facts import (
    Facts,
    is_missing,
    school_names,
    spell_baht,
    spell_baht_text,
    spell_bands,
    spell_letter,
    sum_known,
    told_lines,
)
from restructure.rounds import Round
from restructure.thai import thai_digits
from restructure.words import CHANGES, PROGRAMMES, UNKNOWN_BAHT, UNKNOWN_CEILING, UNKNOWN_WAY

_SETTLED = {
    "estimate": "estimate_baht", "due": "due_baht", "allocated": "allocated_baht", "paid": "paid_baht",
    "carried": "carried_baht", "additional": "additional_baht", "give_back": "return_baht",
}  # fmt: skip
_MOVED = ("added", "left", "moved", "moved_away", "band_changed")
#: Where what is asked for or returned comes from: what is told, a column less another. Together they make the balance.
_CAUSES = {
    "นักเรียนเพิ่ม ออก ย้าย หรือเปลี่ยนช่วงระยะทาง": ("due_baht", "estimate_baht"),
    "วงเงินที่จัดสรรต่ำกว่าประมาณการ": ("estimate_baht", "allocated_baht"),
    "จ่ายไม่เท่าที่จัดสรร": ("allocated_baht", "paid_baht"),
}
#: What a balance that goes from November to May is called in each round.
CARRIED = {"november": "ยกไปรอบพฤษภาคม", "may": "ยกมาจากรอบพฤศจิกายน"}


def round_money(this: Round) -> Facts:
    """Return the tags of settlement and steps that every template may use."""
    return {"settlement": settled(this, this.settlement), "money": money_steps(this)}


def settled(this: Round, settlement: pd.DataFrame | None) -> Facts | None:
    """Return a settlement under its programmes with its sums, None where the round is not settled."""
    if settlement is None:
        return None
    names = school_names(this)
    groups = [
        {
            "name": thai_digits(PROGRAMMES[str(programme)]),
            "rows": [
                {"host": names[row["host_id"]], "school": names[row["school_id"]], **_settled_row(pd.DataFrame([row]))}
                for row in rows.sort_values(["host_id", "school_id"]).to_dict("records")
            ],
            **_settled_row(rows),
        }
        for programme, rows in settlement.groupby("programme", sort=True)
    ]
    carries = this.policy.settings.november_balance == "carry" or bool(settlement["carried_baht"].any())
    kinds = ("บวก = เงินขาด", "ลบ = เงินเหลือ") if this.name == "november" else ("บวก = เงินเหลือ", "ลบ = เงินขาด")
    return {
        "programmes": groups,
        "carries": carries,
        "carried_head": "ยกไป" if carries and this.name == "november" else "ยกมา",
        "carried_note": f"{CARRIED[this.name]}: {'  '.join(kinds)}" if carries else "",
        **_settled_row(settlement),
    }


def changed(this: Round) -> list[Facts]:
    """Return by programme the pupils, or cells of pupils, who came, left, moved or are now of another band."""
    if this.changes is None:
        return []
    names, words = school_names(this), spell_bands(this)
    villages = this.tables["villages"].set_index("village_id")["name"].to_dict()
    spell: Mapping[str, Any] = {
        "host": lambda code: names[code],
        "village": lambda code: villages.get(code, code),
        "grade": lambda grade: thai_digits(thai_grades(grade)),
        "band": lambda band: words.get(band, UNKNOWN_WAY),
    }
    found: dict[str, list[Facts]] = {}
    for row in this.changes.to_dict("records"):
        texts: Facts = {"change": CHANGES[row["change"]], "who": row["student_key"] or "–"}
        texts["pupils"], texts["school"] = thai_digits(int(row["pupils"])), names[row["school_id"]]
        # Who came was not there before, and who left is not there now.
        sides = {"added": ["after"], "left": ["before"]}.get(row["change"], ["before", "after"])
        for part, words_of in spell.items():
            values = [row[f"{part}_{when}"] for when in sides]
            told = ["–" if is_missing(value) else words_of(value) for value in values]
            texts[part] = " → ".join(dict.fromkeys(told))
        texts["baht"] = spell_baht(row["baht"], UNKNOWN_BAHT)
        found.setdefault(row["programme"], []).append(texts)
    return [{"name": thai_digits(PROGRAMMES[programme]), "rows": rows} for programme, rows in sorted(found.items())]


class _Step(NamedTuple):
    words: str
    baht: int | None
    is_sum: bool = False
    unknown: str = UNKNOWN_BAHT


def money_steps(this: Round) -> list[Facts]:
    """Return the steps from the letters' money to the allocation and, once settled, to what is due.

    Each step that is no sum is added to the sum before it, or taken from it where it is negative, and so makes the next
    one. Money that stays with the office and payments beyond the ceiling belong to no school: they stand here only.
    """
    steps = [*_granted(this), *_settled(this.settlement, this)]
    return [
        {"words": thai_digits(step.words), "baht": spell_baht(step.baht, step.unknown), "is_sum": step.is_sum}
        for step in steps
    ]


def _granted(this: Round) -> list[_Step]:
    letters, ceiling = this.letters.to_dict("records"), this.ceiling_baht
    given = sum_known(told_lines(this)["allocated_baht"])
    steps = [
        _Step(f"หนังสือ {told['letter']} ลงวันที่ {told['date']}", int(row["baht"]))
        for row, told in ((row, spell_letter(row)) for row in letters)
    ]
    if ceiling is not None and (other := ceiling - sum(int(row["baht"]) for row in letters)):
        steps.append(_Step("วงเงินที่ระบุเองต่างจากหนังสือ", other))
    steps.append(_Step("วงเงินของรอบ", ceiling, is_sum=True, unknown=UNKNOWN_CEILING))
    if ceiling is not None and given is not None:
        words = "บวก จัดสรรเกินวงเงิน" if given > ceiling else "หัก วงเงินที่ยังไม่ได้จัดสรร อยู่ที่สำนักงานเขต"
        steps.append(_Step(words, given - ceiling))
    return [*steps, _Step("จัดสรรให้โรงเรียน", given, is_sum=True, unknown=UNKNOWN_CEILING)]


def _settled(settlement: pd.DataFrame | None, this: Round) -> list[_Step]:
    if settlement is None:
        return []
    given = settlement["allocated_baht"].fillna(0)
    paid = settlement["paid_baht"].fillna(given)
    unknown = settlement["due_baht"].isna()
    carried, more, less = (settlement[f"{name}_baht"].fillna(0) for name in ("carried", "additional", "return"))
    ceiling = this.ceiling_baht
    beyond = 0 if ceiling is None else int(paid.sum()) - ceiling
    told = _paid_words(int(settlement["paid_baht"].sum()), int(paid.sum()))
    told += f" (เกินวงเงินของรอบ {beyond:,} บาท)" if beyond > 0 else ""
    seldom = [
        _Step("หัก จัดสรรแล้วยังไม่ได้จ่าย", -int((given - paid).clip(lower=0).sum())),
        _Step("บวก จ่ายเกินที่จัดสรร", int((paid - given).clip(lower=0).sum())),
    ]
    balances = [
        _Step(CARRIED[this.name], int(carried.sum())),
        _Step("หัก ที่จ่ายในรายการซึ่งยังคิดที่ควรได้ไม่ได้", -int((paid + carried)[unknown].sum())),
    ]
    return [
        *(step for step in seldom if step.baht),
        _Step(told, int(paid.sum()), is_sum=True),
        *(step for step in balances if step.baht),
        _Step("บวก ขอเพิ่มเติม", int(more.sum())),
        _Step("หัก ส่งคืน", -int(less.sum())),
        _Step("ที่ควรได้ ตามผู้ที่นับได้", int(settlement["due_baht"].fillna(0).sum()), is_sum=True),
    ]


def _paid_words(paid: int, counted: int) -> str:
    """Return what an amount is made of that counts as paid: payments, and allocations that no payment is told of."""
    if not paid:
        return "ถือว่าจ่ายตามที่จัดสรร"
    return "จ่ายแล้ว" + (f" {paid:,} บาท และถือว่าจ่ายตามที่จัดสรร {counted - paid:,} บาท" if counted > paid else "")


def _settled_row(rows: pd.DataFrame) -> Facts:
    by_allocation = rows["paid_from"] == "allocation"
    rows = rows.assign(paid_baht=rows["paid_baht"].mask(by_allocation, rows["allocated_baht"]))
    facts = {key: spell_baht(sum_known(rows[column]), "–") for key, column in _SETTLED.items()}
    if by_allocation.any():
        facts["paid"] += "*"
    for key in ("additional", "give_back"):
        facts[f"{key}_text"] = spell_baht_text(sum_known(rows[_SETTLED[key]]), UNKNOWN_BAHT)
    facts["causes"] = _causes(rows)
    return facts | {key: spell_baht(sum_known(rows[key]), "–") for key in _MOVED}


def _causes(rows: pd.DataFrame) -> str:
    """Return where the balance of settled lines comes from, in baht; what is 0 and rarely happens is left out."""
    carried = -rows["carried_baht"].sum()
    parts = {words: (rows[whole] - rows[less]).sum(skipna=False) for words, (whole, less) in _CAUSES.items()}
    told = [words for place, words in enumerate(parts) if place < 2 or is_missing(parts[words]) or parts[words]]
    texts = [f"{words} {_signed(parts[words])}" for words in told]
    return " และ".join([*texts, *([f"ยอดยกมาหรือยกไป {_signed(carried)}"] if carried else [])])


def _signed(baht: Any) -> str:
    return UNKNOWN_BAHT if is_missing(baht) else thai_digits(f"{int(baht):+,} บาท").replace("-", "−")

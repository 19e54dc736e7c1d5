"""What the page of the subsidy year shows of money: need, ceiling and rule of sharing, settlement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from restructure.budget import SHARING_DECISION
from restructure.grades import thai_grades
from restructure.ledger import in_force
from restructure.mapdata import one_line
from restructure.rounds import ALLOCATED, Round
from restructure.sharing import RULES
from restructure.subsidy import LINE, compare_rules, days_for_all, one_more_day, under_ceilings
from restructure.thai import ROUND_NAMES, arabic_digits, parse_date
from restructure.widgets.subsidyparts import Names, line_words, moment, names_of, plain, school, total
from restructure.words import BASIS, CHANGES, PAID_FROM, PROGRAMMES, SETTLED, SHARING, spell_band, spell_day

#: The rules of sharing as heads of columns.
_SHORT = {
    "proportional": "ตามสัดส่วน",
    "equal-days": "วันเท่ากัน",
    "existing-first": "กรณี 1.1 ก่อน",
    "furthest-first": "ไกลสุดก่อน",
}
_NO_BAND = 0


def need_view(made: Round, names: Names) -> dict[str, Any]:
    """Return the need by programme, host, school and band, and what was allocated."""
    bands = made.policy.settings.bands
    cells = made.needed.assign(band=made.needed["band"].fillna(_NO_BAND))
    by_band = cells.groupby([*LINE, "band"])["pupils"].sum()
    columns = [*range(1, len(bands) + 1), *([_NO_BAND] if (cells["band"] == _NO_BAND).any() else [])]
    heads = [spell_band(band, below) for band, below in zip(bands, [None, *bands], strict=False)]
    programmes = []
    for programme, lines in made.allocation.groupby("programme", sort=True):
        rows = []
        for row in lines.to_dict("records"):
            line = tuple(row[name] for name in LINE)
            told = line_words(row, names) | {"basis": BASIS[row["basis"]], "certified": row["basis"] == "certified"}
            told["bands"] = [int(by_band.get((*line, column), 0)) for column in columns]
            rows.append(told | {name: plain(row[name]) for name in ("pupils", "need_baht", "allocated_baht")})
        sums = {name: total(lines[name]) for name in ("pupils", "need_baht", "allocated_baht")}
        programmes.append({"name": PROGRAMMES[str(programme)], "rows": rows, **sums})
    return {"bands": [*heads, *(["ยังวัดไม่ได้"] if _NO_BAND in columns else [])], "programmes": programmes}


def overview(rounds: Sequence[Round]) -> pd.DataFrame:
    """Return what rounds need and give, by programme and host, with Thai heads and names of schools."""
    parts = []
    for made in rounds:
        names, lines = names_of(made.tables), made.allocation.sort_values(["programme", "host_id"])
        lines = lines.assign(
            รอบ=f"{ROUND_NAMES[made.name]} (ภาคเรียนที่ {made.term})",
            โครงการ=lines["programme"].map(PROGRAMMES),
            โรงเรียนหลัก=[school(code, names) for code in lines["host_id"]],
        )
        parts.append(lines)
    money = {"pupils": "นักเรียน (คน)", "need_baht": "ต้องการ (บาท)", "allocated_baht": "จัดสรร (บาท)"}
    grouped = pd.concat(parts).groupby(["รอบ", "โครงการ", "โรงเรียนหลัก"], sort=False)[list(money)]
    return grouped.sum(min_count=1).rename(columns=money).reset_index()


def spell_difference(made: Round) -> str:
    """Return in words how what was confirmed differs from what is worked out now; empty where it does not."""
    both = made.compared
    if not both["differs"].any():
        return ""
    return (
        f"ที่ยืนยันไว้รวม {both['confirmed_baht'].sum():,} บาท แต่ที่คำนวณได้ตอนนี้รวม {both['allocated_baht'].sum():,} บาท "
        f"ต่างกัน {both['differs'].sum():,} จาก {len(both):,} รายการ"
    )


def rule_view(made: Round, what_ifs: list[int], names: Names, rows: pd.DataFrame, today: date) -> dict[str, Any]:
    """Return the rules of sharing side by side, this round under other ceilings, and what one more day costs.

    Parameters
    ----------
    rows
        The ledger, which says who has chosen and who has confirmed.
    """
    needed, need = made.needed, int(made.allocation["need_baht"].sum())
    ceiling = made.ceiling_baht if made.ceiling_baht is not None else what_ifs[0]
    side, under = compare_rules(needed, ceiling), under_ceilings(needed, what_ifs, made.rule)
    known = side["need_baht"].fillna(0) > 0
    rules = []
    for rule in RULES:
        shares = side.loc[known, rule] * 100 // side.loc[known, "need_baht"]
        told = {"rule": rule, "words": SHARING[rule], "short": _SHORT[rule], "baht": total(side[rule])}
        told["least"] = None if shares.empty else int(shares.min())
        told["nothing"] = int((side.loc[known, rule] == 0).sum())
        rules.append(told | {"days": days_for_all(needed, ceiling) if rule == "equal-days" else None})
    day = one_more_day(needed)
    held = in_force(rows)
    held = held[held["subject"] == made.name]
    chosen, confirmed = (held[held["kind"] == kind].to_dict("records") for kind in (SHARING_DECISION, ALLOCATED))
    can_confirm = made.ceiling_baht is not None and made.basis == "certified"
    return {
        "rule": made.rule,
        "words": SHARING[made.rule],
        "source": arabic_digits(made.rule_source),
        "chosen": bool(chosen),
        "from": "".join(f"decision/{row['seq']}" for row in chosen) or "rule/sharing_rule",
        "letters": [
            [one_line(row["letter"]), spell_day(str(row["date"])), int(row["baht"]), _is_after(str(row["date"]), today)]
            for row in made.letters.to_dict("records")
        ],
        "confirmed": "".join(f"ยืนยันแล้วโดย {row['who']} เมื่อ {moment(row['at'])}" for row in confirmed),
        "confirmed_from": "".join(f"decision/{row['seq']}" for row in confirmed),
        "differs": spell_difference(made),
        "lacks": "" if can_confirm else "ต้องมีวงเงินและรับรองระยะทางครบก่อน",
        "ceiling": ceiling,
        "known": made.ceiling_baht is not None,
        "need": need,
        "allocated": total(made.allocation["allocated_baht"]),
        "enough": ceiling >= need,
        "rules": rules,
        "lines": [
            line_words(row, names)
            | {"need_baht": plain(row["need_baht"]), "baht": [plain(row[rule]) for rule in RULES]}
            for row in side.to_dict("records")
        ],
        "what_ifs": [
            {"ceiling": baht, "baht": total(under[str(baht)]), "lacks": max(need - baht, 0)} for baht in what_ifs
        ],
        "under": [
            line_words(row, names) | {"baht": [plain(row[str(baht)]) for baht in what_ifs]}
            for row in under.to_dict("records")
        ],
        "day": [
            [PROGRAMMES.get(row["programme"], "รวมทุกโครงการ"), int(row["pupils"]), int(row["baht"])]
            for row in day.to_dict("records")
        ],
        "days": int(made.policy.settings.days_by_term[made.term.number]),
    }


def settle_view(made: Round, names: Names) -> dict[str, Any] | None:
    """Return the settlement by line and what has changed since the estimate, None where it cannot be made yet."""
    if made.settlement is None:
        return None
    counts = ["pupils_estimate", "pupils_count", "added", "left", "moved", "moved_away", "band_changed"]
    money = ["estimate_baht", "due_baht", "allocated_baht", "paid_baht", "carried_baht"]
    sums = ["additional_baht", "return_baht"]
    rows = [
        line_words(row, names)
        | {name: plain(row[name]) for name in (*counts, *money, *sums)}
        | {"state": row["state"], "words": SETTLED[row["state"]], "paid_from": PAID_FROM[row["paid_from"]]}
        | {"draft": row["basis"] != "certified"}
        for row in made.settlement.to_dict("records")
    ]
    differing = pd.DataFrame({"change": [], "pupils": []}) if made.changes is None else made.changes
    return {
        "rows": rows,
        "draft": any(row["draft"] for row in rows),
        "differs": spell_difference(made),
        "sums": {name: total(made.settlement[name]) for name in (*money, *sums)},
        "changed": [
            [CHANGES[str(change)], int(pupils)]
            for change, pupils in differing.groupby("change")["pupils"].sum().items()
        ],
        "changes": [_change(row, names) for row in differing.to_dict("records")],
    }


def _change(row: dict[Any, Any], names: Names) -> dict[str, Any]:
    """Return what differs of some pupils; nobody is told by an own reference."""
    village = row["village_before"] if pd.isna(row["village_after"]) else row["village_after"]
    sides = {}
    for side in ("before", "after"):
        there = not pd.isna(row[f"host_{side}"])
        band = "ยังวัดไม่ได้" if pd.isna(row[f"band_{side}"]) else f"ช่วง {row[f'band_{side}']}"
        sides[side] = (
            f"{school(row[f'host_{side}'], names)} {thai_grades(row[f'grade_{side}'])} {band}" if there else "–"
        )
    told = {"words": CHANGES[row["change"]], "pupils": int(row["pupils"]), "baht": plain(row["baht"])}
    return told | {"village": names["villages"].get(village, "") or "ไม่ทราบหมู่บ้าน"} | sides


def _is_after(text: str, today: date) -> bool:
    try:
        return parse_date(text) > today
    except ValueError:
        return False

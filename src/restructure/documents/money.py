"""What a plan says of money: rates, the need of each round and what is shared out, the plan's years."""

from __future__ import annotations

import pandas as pd

from restructure.budget import RoundBudget
from restructure.comparison import years_table
from restructure.documents.parts import Facts, allocated, number, official
from restructure.plan import Plan, budget_rows
from restructure.thai import ROUND_NAMES, baht_text, parse_date, thai_date, thai_digits
from restructure.words import CERTAINTY, PROGRAMMES, spell_band, spell_value

#: Settings that the money of a plan rests on, beside the bands themselves.
_RESTS_ON = ("bands", "days_per_year", "days_by_term")


def money_facts(plan: Plan) -> Facts:
    """Return the tags of the section on money."""
    settings, entries = plan.policy.settings, plan.policy.entries
    sharing = entries["sharing_rule"]
    return {
        "rates": [
            {"band": thai_digits(spell_band(band, below)), "baht": number(band.baht_per_day)}
            for band, below in zip(settings.bands, [None, *settings.bands], strict=False)
        ],
        "rests_on": [
            {
                "name": official(entries[key].name),
                "value": official(spell_value(key, entries[key], settings)),
                "source": official(entries[key].source or "ไม่ระบุ"),
                "certainty": CERTAINTY[entries[key].certainty],
            }
            for key in _RESTS_ON
        ],
        "need": [
            {
                "round": thai_digits(f"{ROUND_NAMES[row['round']]} {PROGRAMMES[row['programme']]}"),
                **{key: number(row[key]) for key in ("pupils", "baht", "pupils_with_plan", "baht_with_plan")},
                "unmeasured": number(row["unreachable_with_plan"]),
            }
            for row in budget_rows(plan).to_dict("records")
        ],
        "sharing": official(spell_value("sharing_rule", sharing, settings)),
        "sharing_source": official(sharing.source or "ไม่ระบุ"),
        "rounds": [_round(plan, budget) for budget in plan.rounds],
        "years": [
            {
                "year": thai_digits(row["fiscal_year"]),
                "present": number(row["subsidy_present_baht"]),
                "plan": number(row["subsidy_baht"]),
                "change": thai_digits(f"{row['change_baht']:+,}".replace("-", "−")),
                "unmeasured": number(row["subsidy_unmeasured"]),
            }
            for row in years_table(plan.outcome).to_dict("records")
        ],
    }


def _round(plan: Plan, budget: RoundBudget) -> Facts:
    rows, names = budget.allocation, plan.tables["schools"].set_index("school_id")["name"]
    need, ceiling = int(rows["need_baht"].sum()), budget.ceiling_baht
    facts: Facts = {
        "name": ROUND_NAMES[budget.name],
        "term": thai_digits(str(budget.term)),
        "need_text": baht_text(need),
        "has_ceiling": ceiling is not None,
        "ceiling_text": allocated(None) if ceiling is None else baht_text(ceiling),
        "letters": _letters(plan, budget.name),
        "allocated_text": allocated(None),
        "difference": "",
        "programmes": [],
    }
    if ceiling is not None:
        gap = ceiling - need
        facts["allocated_text"] = baht_text(int(rows["allocated_baht"].sum()))
        facts["difference"] = f"{'คงเหลือ' if gap >= 0 else 'ขาด'} {thai_digits(abs(gap))} บาท"
    for programme, group in rows.groupby("programme", sort=True):
        facts["programmes"].append(
            {
                "name": thai_digits(PROGRAMMES[str(programme)]),
                "lines": [
                    {
                        "host": thai_digits(names[line["host_id"]]),
                        "host_id": line["host_id"],
                        "school": thai_digits(names[line["school_id"]]),
                        "school_id": line["school_id"],
                        "pupils": number(line["pupils"]),
                        "need": number(line["need_baht"]),
                        "allocated": allocated(line["allocated_baht"]),
                    }
                    for line in group.to_dict("records")
                ],
                "pupils": number(group["pupils"].sum()),
                "need": number(group["need_baht"].sum()),
                # Unknown, not 0, where there is no ceiling.
                "allocated": allocated(group["allocated_baht"].sum(min_count=1)),
            }
        )
    return facts


def _letters(plan: Plan, round_name: str) -> str:
    letters: pd.DataFrame | None = plan.tables.get("ceilings")
    if letters is None:
        return ""
    mine = letters[letters["round"] == round_name].to_dict("records")
    texts = [f"{x['letter']} ลงวันที่ {thai_date(parse_date(x['date']))} {x['baht']:,} บาท" for x in mine]
    return thai_digits("; ".join(texts))

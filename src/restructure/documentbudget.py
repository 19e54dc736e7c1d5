"""The section of a plan about money: rates, the need of each round and what is shared out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from restructure.budget import RoundBudget
from restructure.documentparts import marked, school_name
from restructure.paper import COMPUTED, Cell, Mark, Paper, Part, blank, computed
from restructure.plan import Plan, budget_rows
from restructure.thai import ROUND_NAMES, baht_text, parse_date, thai_date
from restructure.words import CERTAINTY, PROGRAMMES, ROUTED, UNKNOWN_CEILING, spell_band, spell_value


def write_budget(paper: Paper, plan: Plan) -> None:
    """Write the section of the budget."""
    paper.heading("๖. งบประมาณค่าพาหนะรับ-ส่งนักเรียน")
    settings, entries = plan.policy.settings, plan.policy.entries
    pairs = zip(settings.bands, [None, *settings.bands], strict=False)
    rows: list[list[Cell]] = [[computed(spell_band(b, below)), computed(b.baht_per_day)] for b, below in pairs]
    paper.table(["ระยะทางจากบ้านถึงโรงเรียนหลัก", "บาทต่อคนต่อวัน"], rows, [9, 4], numeric=(1,))
    for key in ("bands", "days_per_year", "days_by_term"):
        value: list[Part] = [] if key == "bands" else [": ", computed(spell_value(key, entries[key], settings))]
        paper.body(entries[key].name, *value, "  ที่มา: ", *marked(entries[key].source or "ไม่ระบุ"), "  ความแน่ชัด: ",
                   computed(CERTAINTY[entries[key].certainty]))  # fmt: skip
    paper.body("ความต้องการของแต่ละรอบ แยกตามโครงการ ตามการรวมเดิม และประมาณการเมื่อรวมทางเลือกนี้  " + ROUTED)
    rows = [
        [
            computed(f"{ROUND_NAMES[row['round']]} {PROGRAMMES[row['programme']]}"),
            *(computed(row[key]) for key in ("pupils", "baht", "pupils_with_plan", "baht_with_plan")),
            computed(row["unreachable_with_plan"]),
        ]
        for row in budget_rows(plan).to_dict("records")
    ]
    heads = ["รอบ โครงการ", "นักเรียน (คน)", "ความต้องการ (บาท)", "นักเรียน เมื่อรวมแผน", "ความต้องการ เมื่อรวมแผน",
             "ยังวัดไม่ได้ (คน)"]  # fmt: skip
    paper.table(heads, rows, [4.0, 2.0, 2.7, 2.2, 2.7, 2.4], numeric=(1, 2, 3, 4, 5))
    for budget in plan.rounds:
        _round(paper, plan, budget)


def _round(paper: Paper, plan: Plan, budget: RoundBudget) -> None:
    paper.heading([f"{ROUND_NAMES[budget.name]} (ภาคเรียนที่ ", computed(str(budget.term)), ")"], 2)
    need = int(budget.allocation["need_baht"].sum())
    paper.body("ความต้องการตามการรวมเดิม ", computed(baht_text(need)))
    if budget.ceiling_baht is None:
        paper.body("วงเงิน: ", computed(UNKNOWN_CEILING), " จึงยังไม่จัดสรร  ", blank("หนังสือแจ้งวงเงินและจำนวนเงิน"))
    else:
        gap = budget.ceiling_baht - need
        allocated = int(budget.allocation["allocated_baht"].sum())
        paper.body("วงเงินที่ได้รับแจ้ง ", computed(baht_text(budget.ceiling_baht)), *_letters(plan, budget.name))
        paper.body(
            "จัดสรรได้ ",
            computed(baht_text(allocated)),
            " คงเหลือ " if gap >= 0 else " ขาด ",
            computed(abs(gap)),
            " บาท",
        )
    sharing = plan.policy.entries["sharing_rule"]
    paper.body("วิธีแบ่งเมื่อวงเงินไม่พอ: ", computed(spell_value("sharing_rule", sharing, plan.policy.settings)),
               " (สำนักงานเขตเป็นผู้เลือก)  ที่มา: ", *marked(sharing.source or "ไม่ระบุ"))  # fmt: skip
    if budget.allocation.empty:
        paper.body("ไม่มีรายการในรอบนี้")
        return
    names = plan.tables["schools"].set_index("school_id")["name"]
    rows: list[list[Cell]] = []
    for programme, group in budget.allocation.groupby("programme", sort=True):
        rows.append([computed(PROGRAMMES[str(programme)])])
        for line in group.to_dict("records"):
            rows.append(
                [
                    school_name(names[line["host_id"]], line["host_id"]),
                    school_name(names[line["school_id"]], line["school_id"]),
                    computed(line["pupils"]),
                    computed(line["need_baht"]),
                    _allocated(line["allocated_baht"]),
                ]
            )
        sums = [computed(group["pupils"].sum()), computed(group["need_baht"].sum()), _allocated(_sum(group))]
        rows.append([["รวม ", computed(PROGRAMMES[str(programme)])], "", *sums])
    heads = ["โรงเรียนหลัก", "โรงเรียนมารวม", "นักเรียน (คน)", "ความต้องการ (บาท)", "จัดสรร (บาท)"]
    paper.table(heads, rows, [4.2, 4.2, 2.0, 2.8, 2.8], numeric=(2, 3, 4))
    paper.body(ROUTED + " การจ่ายเงินใช้ได้เฉพาะระยะทางที่เจ้าหน้าที่รับรองแล้ว", bold=True)


def _sum(allocation: pd.DataFrame) -> Any:
    """Return the sum of what is allocated; unknown, not 0, where there is no ceiling."""
    return allocation["allocated_baht"].sum(min_count=1)


def _letters(plan: Plan, round_name: str) -> list[Part]:
    letters = plan.tables.get("ceilings")
    if letters is None:
        return []
    mine = letters[letters["round"] == round_name].to_dict("records")
    texts = [f"{x['letter']} ลงวันที่ {thai_date(parse_date(x['date']))} {x['baht']:,} บาท" for x in mine]
    return [" ตามหนังสือ ", computed("; ".join(texts))] if texts else []


def _allocated(value: Any) -> Mark:
    return Mark(UNKNOWN_CEILING, COMPUTED) if pd.isna(value) else computed(value)

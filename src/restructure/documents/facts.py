"""What a plan says, as texts: the tags of the templates.

Every value is text in Thai digits as it stands on paper, a list of such, or true and false. What nobody has typed yet
is a blank. Codes and web addresses keep their digits, for they are looked up in other systems.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from PIL import Image

from restructure._errors import DataError
from restructure.comparison import children_table, figures, spell_at_least
from restructure.documents.alternatives import NET_NOTE, for_committee
from restructure.documents.parts import Facts, baht, kilometres, known, number, official, typed
from restructure.drafting import TEXTS, Draft
from restructure.mapdata import one_line
from restructure.paper import blank
from restructure.plan import Plan, open_schools, school_table, size_tiers
from restructure.policy import UNNAMED_OFFICE
from restructure.procedure import kinds, round_names
from restructure.sheet import cut
from restructure.simulate import Outcome
from restructure.thai import baht_text, thai_date, thai_digits
from restructure.words import (
    CERTAINTY,
    INTERNAL,
    ROUTED,
    RULES,
    SYNTHETIC,
    TABLE_NAMES,
    settings_table,
    spell_as_of,
    spell_band,
    spell_day,
    spell_value,
)


def shared_facts(plan: Plan, draft: Draft, *, final: bool) -> Facts:
    """Return the tags that every template of the plan may use."""
    policy = plan.policy
    return {
        "office": blank("ชื่อสำนักงานเขต").text if policy.office == UNNAMED_OFFICE else thai_digits(policy.office),
        "fiscal_year": thai_digits(str(policy.fiscal_year)),
        "scenario": official(plan.scenario.name),
        # In a running line, which must not grow into the text.
        "scenario_short": cut(one_line(official(plan.scenario.name)), 60),
        "note": official(plan.scenario.note),
        "kind": kinds()[draft.kind],
        "synthetic": SYNTHETIC if policy.synthetic else "",
        "final": final,
        "routed": ROUTED,
        "internal": INTERNAL,
        "osm_date": thai_digits(spell_day(plan.network.osm_date)),
        "version": plan.versions.get("restructure", ""),
        "texts": {key: typed(draft.texts.get(key, ""), label) for key, label in TEXTS.items()},
        "moved": _moved(plan),
    }


def plan_facts(plan: Plan, others: Sequence[Outcome], steps: pd.DataFrame) -> Facts:
    """Return the tags of the plan's own template, but for its schools and money."""
    schools = school_table(plan)
    rule = plan.policy.entries["distance_rule"]
    return {
        "present": _present(plan, schools),
        "tables": _tables(plan),
        "problems": {s: number((plan.problems["severity"] == s).sum()) for s in ("error", "warning")},
        "distance": {
            "rule": official(spell_value("distance_rule", rule, plan.policy.settings)),
            "source": official(rule.source or "ไม่ระบุ"),
            "certainty": CERTAINTY[rule.certainty],
        },
        "tiers": _tiers(schools),
        "past": _past(plan),
        "figures": _figures(plan),
        "staffing_rule": official(plan.outcome.summary["staffing_rule"]),
        "net_note": NET_NOTE,
        "others": [official(outcome.scenario.name) for outcome in others],
        "travel": _travel(plan),
        "steps": step_facts(steps),
        "warnings": [
            {"topic": official(RULES.get(row["rule"], row["rule"])), "message": official(row["message"], codes(plan))}
            for row in plan.outcome.warnings.to_dict("records")
        ],
        "settings": [
            {key: official(str(row[key])) for key in ("item", "spelled", "source", "certainty", "date")}
            | {"confirmed_by": official(row["confirmed_by"]) or "ยังไม่มีผู้ยืนยัน"}
            for row in settings_table(plan.policy).to_dict("records")
        ],
        "villages": _villages(plan),
    }


def codes(plan: Plan) -> set[str]:
    """Return the codes of the office's schools."""
    return set(plan.tables["schools"]["school_id"])


def step_facts(steps: pd.DataFrame) -> list[Facts]:
    """Return the steps of the procedure under their rounds, with owner, day and state."""
    numbered = steps.assign(number=range(1, len(steps) + 1))
    return [
        {
            "name": name,
            "steps": [
                {
                    "key": row["step"],
                    "number": thai_digits(row["number"]),
                    "name": official(row["thai"]),
                    "owner": typed(row["owner"], "ผู้รับผิดชอบ"),
                    "due": blank("วันที่").text if pd.isna(row["due"]) else thai_date(row["due"]),
                    "note": row["note"],
                    "done": not pd.isna(row["done_on"]),
                    "state": "ยังไม่รับรอง" if pd.isna(row["done_on"]) else f"เสร็จแล้ว {thai_date(row['done_on'])}",
                }
                for row in numbered[numbered["round"] == key].to_dict("records")
            ],
        }
        for key, name in round_names().items()
    ]


def ways(plan: Plan) -> list[Facts]:
    """Return how far the children who move travel, before and after."""
    summary, settings = plan.outcome.summary, plan.policy.settings
    names = {
        "median_m": ("ระยะทางมัธยฐาน", "เมตร"),
        "p90_m": ("ร้อยละ 90 เดินทางไม่เกิน", "เมตร"),
        "max_m": ("ไกลที่สุด", "เมตร"),
        "median_minutes": ("เวลามัธยฐาน", "นาที"),
        "max_minutes": ("นานที่สุด", "นาที"),
        **{f"over_{far / 1000:g}_km": (f"เดินทางเกิน {far / 1000:g} กม.", "คน") for far in settings.far_m},
        f"over_{settings.long_minutes}_min": (f"เดินทางเกิน {settings.long_minutes} นาที", "คน"),
        "unreachable": ("ยังวัดระยะทางไม่ได้", "คน"),
    }
    return [
        {
            "item": official(item),
            "before": known(summary[f"{key}_before"]),
            "after": known(summary[key]),
            "unit": unit,
        }
        for key, (item, unit) in names.items()
    ]


def spell_terms(terms: pd.Series) -> str:
    """Return the terms from which merges hold, each once, in order of time."""
    return official(", ".join(sorted(terms.unique(), key=lambda term: term.split("/")[::-1])))


def garuda_file(templates: Path | None) -> Path | None:
    """Return the office's picture of the garuda, None where it has put none beside its templates."""
    names = ("garuda.png", "garuda.jpg", "garuda.jpeg")
    path = next((path for name in names if templates and (path := templates / name).is_file()), None)
    if path:
        try:
            with Image.open(path, formats=("PNG", "JPEG")) as picture:
                picture.verify()
        except (OSError, SyntaxError) as fault:
            raise DataError(
                f"ไฟล์ templates/{path.name} ไม่ใช่รูป PNG หรือ JPEG ที่อ่านได้: เปลี่ยนรูป หรือนำไฟล์ออกแล้วสั่งใหม่",
                f"templates/{path.name} is no PNG or JPEG that can be read; replace it or take it away.",
            ) from fault
    return path


def _moved(plan: Plan) -> Facts:
    summary, moves = plan.outcome.summary, plan.moves
    least = spell_at_least(baht_text(summary["baht_per_year"]), summary["unreachable"])
    return {
        "any": not moves.empty,
        "pupils": number(summary["pupils_moved"]),
        "schools": number(moves["school_id"].nunique()),
        "hosts": number(moves["host_id"].nunique()),
        "terms": spell_terms(moves["from_term"]),
        "closed": number(summary["schools_closed"]),
        "unmeasured": number(summary["unreachable"]),
        "any_unmeasured": summary["unreachable"] > 0,
        "median": known(summary["median_m"]),
        "farthest": known(summary["max_m"]),
        "days": number(summary["days"]),
        "baht_text": thai_digits(least),
    }


def _present(plan: Plan, schools: pd.DataFrame) -> Facts:
    running, most = open_schools(schools), plan.policy.settings.small_school_max
    small = running[running["on_roll"].between(1, most)]
    existing = plan.tables.get("mergers")
    pairs = 0 if existing is None else len(existing[["school_id", "host_id"]].drop_duplicates())
    return {
        "schools": number(len(running)),
        "pupils": number(running["on_roll"].sum()),
        "as_of": thai_digits(spell_as_of(plan.tables["students"])),
        "small_most": number(most),
        "small": number(len(small)),
        "small_percent": thai_digits(f"{100 * len(small) / max(len(running), 1):.1f}"),
        "empty": number((running["on_roll"] == 0).sum()),
        "earlier_pairs": number(pairs),
    }


def _tables(plan: Plan) -> list[Facts]:
    problems = plan.problems.assign(table=[Path(str(name)).stem for name in plan.problems["file"]])
    rows = []
    for name, table in plan.tables.items():
        mine = problems.loc[problems["table"] == name, "severity"]
        counts = {"used": len(table), "aside": (mine == "error").sum(), "check": (mine == "warning").sum()}
        rows.append({"name": TABLE_NAMES.get(name, name)} | {key: number(count) for key, count in counts.items()})
    return rows


def _tiers(schools: pd.DataFrame) -> Facts:
    running = open_schools(schools)
    now, after = size_tiers(running["on_roll"]), size_tiers(running["after"])
    rows = [
        {"tier": thai_digits(tier), "schools": number(count), "pupils": number(pupils), "after": number(later)}
        for (tier, count, pupils), later in zip(now.itertuples(index=False), after["schools"], strict=True)
    ]
    sums = {"schools": now["schools"].sum(), "pupils": now["pupils"].sum(), "after": after["schools"].sum()}
    return {"rows": rows, **{key: number(value) for key, value in sums.items()}}


def _past(plan: Plan) -> list[Facts]:
    past = plan.tables.get("enrolment")
    if past is None:
        return []
    years = past.groupby("year")["count"].sum()
    return [{"year": thai_digits(str(year)), "pupils": number(count)} for year, count in years.items()]


def _figures(plan: Plan) -> list[Facts]:
    table = figures(plan.outcome.summary)
    table = table[[for_committee(key) for key in table.index]]
    return [
        {
            "name": group,
            "rows": [
                {
                    "item": thai_digits(row.thai),
                    "before": known(row.present, row.present_unmeasured) if row.compared else "–",
                    "after": known(row.value, row.unmeasured),
                    "unit": row.unit,
                }
                for row in mine.itertuples()
            ],
        }
        for group, mine in table.groupby("group", sort=False)
    ]


def _travel(plan: Plan) -> Facts:
    summary, bands = plan.outcome.summary, plan.policy.settings.bands
    pairs = zip(bands, [None, *bands], strict=False)
    return {
        "bands": [
            {
                "band": thai_digits(spell_band(band, below)),
                "baht": number(band.baht_per_day),
                "pupils": number(summary["pupils_by_band"][str(band.baht_per_day)]),
            }
            for band, below in pairs
        ],
        "ways": ways(plan),
        "nearer": number(summary["nearer"]),
        "farther": number(summary["farther"]),
        "wet": number(summary["cut_off_in_wet_season"]),
    }


def host_rows(plan: Plan) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows of the children's ways by the host that they go to; bounds are the policy's."""
    settings = plan.policy.settings
    counts = {f"over_{far / 1000:g}_km": f"เกิน {far / 1000:g} กม." for far in settings.far_m}
    counts |= {f"over_{settings.long_minutes}_min": f"เกิน {settings.long_minutes} นาที", "unreachable": "ยังวัด ไม่ได้"}
    heads = ["โรงเรียนหลัก", "คน", "มัธยฐาน กม.", "ร้อยละ 90 กม.", "ไกลสุด กม.", *counts.values()]
    table = children_table(plan.outcome)
    names = plan.tables["schools"].set_index("school_id")["name"]
    rows = [
        [
            f"{thai_digits(names[row['key']])} ({row['key']})",
            number(row["pupils"]),
            *("–" if pd.isna(far := row[f"{key}_m"]) else kilometres(far) for key in ("median", "p90", "max")),
            *(number(row[key]) for key in counts),
        ]
        for row in table[table["by"] == "host"].to_dict("records")
    ]
    return [thai_digits(head) for head in heads], rows


def _villages(plan: Plan) -> list[Facts]:
    names = plan.tables["schools"].set_index("school_id")["name"]
    villages = plan.tables["villages"].set_index("village_id")["name"]
    paid = plan.outcome.subsidy
    keys = ["host_id", "school_id", "village_id", "road_m", "baht_per_day"]
    rows = paid.groupby(keys, as_index=False, dropna=False)[["pupils", "baht"]].sum(min_count=1)
    return [
        {
            "village": thai_digits(villages.get(row["village_id"], row["village_id"]) or "ไม่ทราบหมู่บ้าน"),
            "school": thai_digits(names[row["school_id"]]),
            "host": thai_digits(names[row["host_id"]]),
            "pupils": number(row["pupils"]),
            "kilometres": "ไม่ทราบ" if pd.isna(row["road_m"]) else kilometres(row["road_m"]),
            "rate": "–" if pd.isna(row["baht_per_day"]) else number(row["baht_per_day"]),
            "baht": baht(row["baht"]),
        }
        for row in rows.to_dict("records")
    ]

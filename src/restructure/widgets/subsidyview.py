"""What the page of the subsidy year shows, as JSON has it: plain functions of a round, its pairs and the ledger."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from restructure.budget import SHARING_DECISION
from restructure.certify import STATES, spell_doubt, subject_of
from restructure.fieldbook import Fault
from restructure.grades import thai_grades
from restructure.ledger import in_force
from restructure.mapdata import one_line
from restructure.policy import Entry, Policy
from restructure.rounds import ALLOCATED, REQUEST, RULE_CONFIRMED, Round
from restructure.settlement import snapshots_for
from restructure.sharing import RULES
from restructure.subsidy import LINE, compare_rules, days_for_all, one_more_day, under_ceilings
from restructure.thai import ROUND_NAMES, ROUNDS, arabic_digits, parse_date
from restructure.trace import Step
from restructure.words import (
    BASIS,
    CHANGES,
    NOT_ELIGIBLE,
    PAID_FROM,
    PROGRAMMES,
    SETTLED,
    SHARING,
    settings_table,
    spell_band,
    spell_day,
)

#: The month in which a round is asked for, as the work standard names it.
_MONTHS = {"november": 11, "may": 5}
_KINDS = {
    "certify": "รับรองระยะทาง",
    SHARING_DECISION: "เลือกวิธีแบ่ง",
    REQUEST: "บันทึกว่ายื่นขอ",
    ALLOCATED: "ยืนยันการจัดสรร",
    RULE_CONFIRMED: "ยืนยันค่า",
}
_METHODS = {"accept": "รับรองตามที่คำนวณ", "enter": "กรอกระยะทางที่วัดได้"}
#: The rules of sharing as heads of columns.
_SHORT = {
    "proportional": "ตามสัดส่วน",
    "equal-days": "วันเท่ากัน",
    "existing-first": "กรณี 1.1 ก่อน",
    "furthest-first": "ไกลสุดก่อน",
}
_NO_BAND = 0

Names = Mapping[str, Mapping[str, str]]


class Figures:
    """What the page shows of a round and takes time to work out, each when it is first shown.

    Parameters
    ----------
    policy
        Of the whole year; what is confirmed of a setting is its values of all terms.
    rows
        The ledger, as :func:`restructure.ledger.read_ledger` returns it.
    """

    def __init__(self, made: Round, policy: Policy, rows: pd.DataFrame, names: Names, today: date) -> None:
        self._made, self._policy, self._rows, self._names, self._today = made, policy, rows, names, today
        self._rules: dict[tuple[int, ...], dict[str, Any]] = {}

    @cached_property
    def glance(self) -> dict[str, Any]:
        """Progress, and what is missing."""
        return glance_view(self._made, self._policy, self._rows, self._today)

    @cached_property
    def options(self) -> dict[str, list[list[str]]]:
        """What the list of pairs can be narrowed to."""
        return filter_options(self._made.pairs, self._names)

    @cached_property
    def need(self) -> dict[str, Any]:
        """The need and its allocation by line."""
        return need_view(self._made, self._names)

    @cached_property
    def settlement(self) -> dict[str, Any] | None:
        """The settlement by line."""
        return settle_view(self._made, self._names)

    @cached_property
    def papers(self) -> list[dict[str, str]]:
        """Kinds of paper and why they cannot be made."""
        return papers_view(self._made, self.why_no_notices)

    @cached_property
    def why_no_notices(self) -> str:
        """Why the papers that move money cannot be made; empty where they can."""
        # Imported here: what writes Word takes a second to load.
        from restructure.papers import why_no_notices

        return why_no_notices(self._made)

    def rule(self, what_ifs: tuple[int, ...]) -> dict[str, Any]:
        """Return the rules of sharing side by side, and other ceilings; without any, three around the usual one."""
        if what_ifs not in self._rules:
            baht, shares = self._made.ceiling_baht, (90, 100, 110)
            if baht is None:
                baht, shares = int(self._made.allocation["need_baht"].sum()), (80, 90, 100)
            tried = list(what_ifs) or [baht * share // 100 for share in shares]
            self._rules[what_ifs] = rule_view(self._made, tried, self._names, self._rows, self._today)
        return self._rules[what_ifs]


def names_of(tables: dict[str, pd.DataFrame]) -> Names:
    """Return the names of villages and schools by code."""
    return {
        table: dict(zip(tables[table][key], map(one_line, tables[table]["name"]), strict=True))
        for table, key in (("villages", "village_id"), ("schools", "school_id"))
    }


# -- progress ----
def glance_view(made: Round, policy: Policy, rows: pd.DataFrame, today: date) -> dict[str, Any]:
    """Return what is there and what is missing before a round can be asked for.

    Parameters
    ----------
    policy
        Of the whole year.
    rows
        The ledger, as :func:`restructure.ledger.read_ledger` returns it.
    """
    table = made.pairs.assign(baht=_paid(made))
    states = []
    for state, words in STATES.items():
        mine = table[table["state"] == state]
        told = {"state": state, "words": words, "pairs": len(mine), "pupils": int(mine["pupils"].sum())}
        states.append(told | {"baht": int(mine["baht"].sum())})
    asked = in_force(rows, REQUEST)
    asked = asked[asked["subject"] == made.name]
    estimate, count = snapshots_for(made.tables["students"], made.term, made.policy.settings)
    return {
        "states": states,
        "pairs": len(table),
        "rules": rules_left(made, policy),
        "confirmed": [
            f"{entry.name}: {arabic_digits(entry.confirmed_by)}"
            for entry in _criteria(made).values()
            if entry.confirmed_by
        ],
        "refused": [
            [NOT_ELIGIBLE[str(reason)], int(pupils)]
            for reason, pupils in made.refused.groupby("reason")["pupils"].sum().items()
        ],
        "ceiling": made.ceiling_baht,
        "need": int(made.allocation["need_baht"].sum()),
        "pupils": int(made.allocation["pupils"].sum()),
        "counts": [
            ["ข้อมูลนักเรียนก่อนวันนับ (ประมาณการ)", estimate is not None],
            ["ข้อมูลนักเรียน ณ วันนับ DMC", count is not None],
        ],
        "due": _due(made, asked, today, counted=count is not None),
        "notes": made.notes,
    }


def rules_left(made: Round, policy: Policy) -> list[dict[str, Any]]:
    """Return the rules of the subsidy that are not found in a source and that nobody has confirmed.

    Each with a row for its value, and for each term that changes it: words, value, source, certainty.
    """
    left = [key for key, entry in _criteria(made).items() if entry.certainty != "S" and not entry.confirmed_by]
    told = settings_table(policy).set_index("key")[["item", "spelled", "source", "certainty"]]
    return [{"key": key, "rows": told.loc[[key]].to_numpy().tolist()} for key in left]


def _due(made: Round, asked: pd.DataFrame, today: date, *, counted: bool) -> list[dict[str, str]]:
    year, month = made.term.year - 543, _MONTHS[made.name]
    request_by = date(year, month, monthrange(year, month)[1])
    count_on = date.fromisoformat(f"{year}-{made.policy.settings.count_days[made.term.number]}")
    recorded = [
        f"บันทึกแล้วโดย {row['who']} เมื่อ {_moment(row['at'])}: {what['pupils']:,} คน {what['need_baht']:,} บาท"
        for row in asked.to_dict("records")
        for what in [json.loads(row["content"])]
    ]
    return [
        {"what": f"ยื่นขอ{ROUND_NAMES[made.name]}", "by": f"ภายใน {spell_day(request_by.isoformat())}"}
        | _stands("".join(recorded), request_by, today),
        {"what": "ข้อมูลนักเรียน ณ วันนับ DMC", "by": spell_day(count_on.isoformat())}
        | _stands("มีแล้ว" if counted else "", count_on, today),
    ]


def _stands(done: str, by: date, today: date) -> dict[str, str]:
    days = (by - today).days
    if done:
        return {"state": "done", "words": done}
    if days < 0:
        return {"state": "late", "words": f"เลยกำหนดแล้ว {-days:,} วัน"}
    return {"state": "open", "words": f"เหลือ {days:,} วัน"}


def next_step(made: Round, glance: dict[str, Any], who: str, *, chosen: bool) -> str:
    """Return in one sentence what to do next; ``chosen`` is whether somebody has decided how to share."""
    pairs = {one["state"]: one["pairs"] for one in glance["states"]}
    steps = [
        (not who, "ใส่ชื่อผู้ทำงานในข้อ ⓪"),
        (pairs["clear"], f"รับรองระยะทางที่ชัดเจน {pairs['clear']:,} คู่ ในข้อ ②"),
        (pairs["stale"], f"ตรวจคู่ที่จุดหรือถนนเปลี่ยนหลังรับรอง {pairs['stale']:,} คู่ ในข้อ ②"),
        (pairs["check"], f"ตรวจ {pairs['check']:,} คู่ ที่ต้องตรวจในพื้นที่ ในข้อ ② (พิมพ์ใบตรวจได้)"),
        (pairs["unmeasured"], f"แก้จุดหรือกรอกระยะทาง {pairs['unmeasured']:,} คู่ ที่ยังวัดไม่ได้ ในข้อ ②"),
        (glance["due"][0]["state"] != "done", "ยื่นขอตามยอดในข้อ ③ (ชุดคำขออยู่ในข้อ ⑥) แล้วบันทึกว่ายื่นขอแล้ว"),
        (made.ceiling_baht is None, "เติมหนังสือแจ้งวงเงินในตาราง ceilings แล้วอ่านข้อมูลใหม่"),
        (not chosen, "เลือกวิธีแบ่งวงเงินในข้อ ④"),
        (made.confirmed is None, "ยืนยันการจัดสรรในข้อ ④"),
        (spell_difference(made), "ยืนยันการจัดสรรใหม่ในข้อ ④ เพราะยอดเปลี่ยนหลังยืนยัน"),
        (True, "ทำเอกสารในข้อ ⑥"),
    ]
    return next(words for holds, words in steps if holds)


# -- pairs ----
def pair_rows(table: pd.DataFrame, made: Round, names: Names) -> list[dict[str, Any]]:
    """Return pairs as the page lists them; what is not known is None."""
    rates = [band.baht_per_day for band in made.policy.settings.bands]
    return [
        {
            "key": subject_of(row),
            "village": _origin(row, names),
            "host": _school(row["host_id"], names),
            "schools": [_school(code, names) for code in row["schools"].split(";")],
            **{name: _plain(row[name]) for name in ("pupils", "baht", "routed_m", "declared_m", "certified_m")},
            "band": None if pd.isna(row["band"]) else f"{row['band']} · {rates[row['band'] - 1]:,} บาท",
            "state": row["state"],
            "words": STATES[row["state"]],
            "why": row["reason"],
        }
        for row in table.to_dict("records")
    ]


def filter_options(table: pd.DataFrame, names: Names) -> dict[str, list[list[str]]]:
    """Return what a list of pairs can be narrowed to: pairs of value and words."""
    left = sorted({code for codes in table["schools"] for code in codes.split(";")})
    villages = sorted(set(table["village_id"]) - {""})
    return {
        "state": [[state, words] for state, words in STATES.items() if (table["state"] == state).any()],
        "host": [[code, _school(code, names)] for code in sorted(set(table["host_id"]))],
        "school": [[code, _school(code, names)] for code in left],
        "village": [[code, f"{names['villages'].get(code, '')} ({code})"] for code in villages],
    }


def totals(table: pd.DataFrame) -> dict[str, int]:
    """Return how many pairs a decision is on, and their pupils and baht of the round."""
    return {"pairs": len(table), "pupils": int(table["pupils"].sum()), "baht": int(table["baht"].sum())}


def history(rows: pd.DataFrame, subject: str) -> list[dict[str, Any]]:
    """Return all that was ever decided on a pair, the newest first."""
    mine = rows[(rows["kind"] == "certify") & (rows["subject"] == subject)]
    undone = rows[(rows["kind"] == "revoke") & rows["subject"].isin(mine["seq"].astype(str))]
    held = set(in_force(rows, "certify")["seq"])
    told = []
    for row in pd.concat([mine, undone]).sort_values("seq", ascending=False).to_dict("records"):
        content = json.loads(row["content"])
        words = f"เพิกถอนแถว {row['subject']}"
        if row["kind"] == "certify":
            words = f"{_METHODS[content['method']]} {content['certified_m']:,} ม."
            if content["method"] == "enter" and content["routed_m"] is not None:
                words += f" (คำนวณได้ {content['routed_m']:,} ม.)"
        doubts = [spell_doubt(word) for word in content.get("warnings", [])]
        told.append(
            {"seq": row["seq"], "at": _moment(row["at"]), "who": row["who"], "words": words, "why": row["why"]}
            | {"evidence": content.get("evidence", ""), "doubts": doubts, "holds": row["seq"] in held}
        )
    return told


def spell_act(act: pd.DataFrame, policy: Policy) -> str:
    """Return in words what one person did at once; rows of the ledger."""
    first = act.iloc[0]
    if first["kind"] == "certify":
        on = f"{len(act):,} คู่"
    elif first["kind"] == RULE_CONFIRMED:
        on = f"“{policy.entries[first['subject']].name}”"
    else:
        on = ROUND_NAMES[first["subject"]]
    return f"{_KINDS[first['kind']]} {on} เมื่อ {_moment(first['at'])}"


def book_view(file: str, proposals: pd.DataFrame, faults: Collection[Fault], names: Names) -> dict[str, Any]:
    """Return what a field workbook that came back proposes, and what of it was not taken over."""
    return {
        "file": one_line(file),
        "rows": [
            {
                "row": int(row["row"]),
                "village": _origin(row, names),
                "host": _school(row["host_id"], names),
                "routed_m": _plain(row["routed_m"]),
                "certified_m": _plain(row["certified_m"]),
                "metres": int(row["metres"]),
                "why": row["why"],
                "doubts": [spell_doubt(word) for word in row["doubts"].split(";") if word],
            }
            for row in proposals.to_dict("records")
        ],
        "faults": [fault._asdict() for fault in faults],
    }


# -- money ----
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
            told = _line(row, names) | {"basis": BASIS[row["basis"]], "certified": row["basis"] == "certified"}
            told["bands"] = [int(by_band.get((*line, column), 0)) for column in columns]
            rows.append(told | {name: _plain(row[name]) for name in ("pupils", "need_baht", "allocated_baht")})
        sums = {name: _sum(lines[name]) for name in ("pupils", "need_baht", "allocated_baht")}
        programmes.append({"name": PROGRAMMES[str(programme)], "rows": rows, **sums})
    return {"bands": [*heads, *(["ยังวัดไม่ได้"] if _NO_BAND in columns else [])], "programmes": programmes}


def step_view(step: Step) -> dict[str, Any]:
    """Return where a figure comes from as a tree."""
    return asdict(step)


def overview(rounds: Sequence[Round]) -> pd.DataFrame:
    """Return what rounds need and give, by programme and host, with Thai heads and names of schools."""
    parts = []
    for made in rounds:
        names, lines = names_of(made.tables), made.allocation.sort_values(["programme", "host_id"])
        lines = lines.assign(
            รอบ=f"{ROUND_NAMES[made.name]} (ภาคเรียนที่ {made.term})",
            โครงการ=lines["programme"].map(PROGRAMMES),
            โรงเรียนหลัก=[_school(code, names) for code in lines["host_id"]],
        )
        parts.append(lines)
    money = {"pupils": "นักเรียน (คน)", "need_baht": "ต้องการ (บาท)", "allocated_baht": "จัดสรร (บาท)"}
    grouped = pd.concat(parts).groupby(["รอบ", "โครงการ", "โรงเรียนหลัก"], sort=False)[list(money)]
    return grouped.sum(min_count=1).rename(columns=money).reset_index()


def spell_difference(made: Round) -> str:
    """Return in words how what was confirmed differs from what is worked out now; empty where it does not."""
    if made.confirmed is None:
        return ""
    held, now = (
        {tuple(line): int(baht) for *line, baht in table[[*LINE, "allocated_baht"]].dropna().itertuples(index=False)}
        for table in (made.confirmed, made.allocation)
    )
    lines = {line for line, _ in held.items() ^ now.items()}
    if not lines:
        return ""
    return (
        f"ที่ยืนยันไว้รวม {sum(held.values()):,} บาท แต่ที่คำนวณได้ตอนนี้รวม {sum(now.values()):,} บาท "
        f"ต่างกัน {len(lines):,} จาก {len(held.keys() | now.keys()):,} รายการ"
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
        told = {"rule": rule, "words": SHARING[rule], "short": _SHORT[rule], "baht": _sum(side[rule])}
        told["least"] = None if shares.empty else int(shares.min())
        told["nothing"] = int((side.loc[known, rule] == 0).sum())
        rules.append(told | {"days": days_for_all(needed, ceiling) if rule == "equal-days" else None})
    day = one_more_day(needed)
    held = in_force(rows)
    held = held[held["subject"] == made.name]
    confirmed = held[held["kind"] == ALLOCATED].to_dict("records")
    can_confirm = made.ceiling_baht is not None and made.basis == "certified"
    return {
        "rule": made.rule,
        "words": SHARING[made.rule],
        "source": arabic_digits(made.rule_source),
        "chosen": bool((held["kind"] == SHARING_DECISION).any()),
        "letters": [
            [one_line(row["letter"]), spell_day(str(row["date"])), int(row["baht"]), _is_after(str(row["date"]), today)]
            for row in made.letters.to_dict("records")
        ],
        "confirmed": "".join(f"ยืนยันแล้วโดย {row['who']} เมื่อ {_moment(row['at'])}" for row in confirmed),
        "differs": spell_difference(made),
        "lacks": "" if can_confirm else "ต้องมีวงเงินและรับรองระยะทางครบก่อน",
        "ceiling": ceiling,
        "known": made.ceiling_baht is not None,
        "need": need,
        "allocated": _sum(made.allocation["allocated_baht"]),
        "enough": ceiling >= need,
        "rules": rules,
        "lines": [
            _line(row, names) | {"need_baht": _plain(row["need_baht"]), "baht": [_plain(row[rule]) for rule in RULES]}
            for row in side.to_dict("records")
        ],
        "what_ifs": [
            {"ceiling": baht, "baht": _sum(under[str(baht)]), "lacks": max(need - baht, 0)} for baht in what_ifs
        ],
        "under": [
            _line(row, names) | {"baht": [_plain(row[str(baht)]) for baht in what_ifs]}
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
        _line(row, names)
        | {name: _plain(row[name]) for name in (*counts, *money, *sums)}
        | {"state": row["state"], "words": SETTLED[row["state"]], "paid_from": PAID_FROM[row["paid_from"]]}
        | {"draft": row["basis"] != "certified"}
        for row in made.settlement.to_dict("records")
    ]
    differing = pd.DataFrame({"change": [], "pupils": []}) if made.changes is None else made.changes
    return {
        "rows": rows,
        "draft": any(row["draft"] for row in rows),
        "differs": spell_difference(made),
        "sums": {name: _sum(made.settlement[name]) for name in (*money, *sums)},
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
            f"{_school(row[f'host_{side}'], names)} {thai_grades(row[f'grade_{side}'])} {band}" if there else "–"
        )
    told = {"words": CHANGES[row["change"]], "pupils": int(row["pupils"]), "baht": _plain(row["baht"])}
    return told | {"village": names["villages"].get(village, "") or "ไม่ทราบหมู่บ้าน"} | sides


def papers_view(made: Round, why_no_notices: str) -> list[dict[str, str]]:
    """Return each kind of paper and why it cannot be made now; empty where it can."""
    # Imported here: what writes Word takes a second to load.
    from restructure.papers import NOTICES, PAPERS, due_kinds, why_no_additional

    due = due_kinds(made)
    lacks = {"criteria": "ออกในรอบพฤษภาคม", "additional": why_no_additional(made)}
    lacks |= dict.fromkeys(NOTICES, why_no_notices)
    told = {kind: "" if kind in due else lacks[kind] for kind in PAPERS}
    if made.allocation.empty:
        told = dict.fromkeys(PAPERS, "รอบนี้ไม่มีรายการค่าพาหนะ")
    return [{"kind": kind, "words": PAPERS[kind], "lacks": lack} for kind, lack in told.items()]


def round_list() -> list[list[str]]:
    """Return the rounds to choose from."""
    return [[name, ROUND_NAMES[name]] for name in ROUNDS]


# -- parts ----
def _criteria(made: Round) -> dict[str, Entry]:
    """Return the settings that decide who is paid how much, as they hold in a round."""
    # Imported here: what writes Word takes a second to load.
    from restructure.papers.facts import CRITERIA

    return {key: made.policy.entries[key] for key in CRITERIA}


def _paid(made: Round) -> pd.Series:
    """Return the baht of each pair by the distance that pays: the certified one where there is one."""
    table, settings = made.pairs, made.policy.settings
    if not (made.needed["basis"] == "certified").any():  # nothing is, or the ledger is broken and certifies nothing
        return table["baht"]
    rates = dict(enumerate((band.baht_per_day for band in settings.bands), start=1))
    return table["pupils"] * table["band"].map(rates).astype("Int64") * settings.days_by_term[made.term.number]


def _is_after(text: str, today: date) -> bool:
    try:
        return parse_date(text) > today
    except ValueError:
        return False


def _line(row: dict[Any, Any], names: Names) -> dict[str, str]:
    return {name: row[name] for name in LINE} | {
        "host": _school(row["host_id"], names),
        "school": _school(row["school_id"], names),
        "programme_words": PROGRAMMES[row["programme"]],
    }


def _origin(row: dict[Any, Any], names: Names) -> str:
    village = f"{names['villages'].get(row['village_id'], '')} ({row['village_id']})" if row["village_id"] else ""
    if row["measured_from"] == "home":
        return f"{village} จากจุดบ้าน รหัสอ้างอิง {row['student_key']}".strip()
    return village or "ไม่ทราบหมู่บ้าน"


def _school(code: str, names: Names) -> str:
    return f"{names['schools'].get(code, '')} ({code})".strip()


def _moment(at: str) -> str:
    """Return a time of the ledger in words: ``16 พฤษภาคม 2570 เวลา 09:30``."""
    return f"{spell_day(at[:10])} เวลา {at[11:16]}"


def _plain(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _sum(values: pd.Series) -> int | None:
    total = values.sum(min_count=1)
    return None if pd.isna(total) else int(total)

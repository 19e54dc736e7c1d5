"""What the page of the subsidy year shows beside pairs and money: progress, what comes next, papers, the last act."""

from __future__ import annotations

import json
from calendar import monthrange
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from restructure.budget import SHARING_DECISION
from restructure.certify import STATES
from restructure.ledger import in_force
from restructure.policy import Entry, Policy
from restructure.rounds import ALLOCATED, REQUEST, RULE_CONFIRMED, Round
from restructure.settlement import snapshots_for
from restructure.thai import ROUND_NAMES, ROUNDS, arabic_digits
from restructure.widgets.certifyview import filter_options
from restructure.widgets.moneyview import need_view, rule_view, settle_view
from restructure.widgets.subsidyparts import Names, moment
from restructure.words import NOT_ELIGIBLE, settings_table, spell_day

#: The month in which a round is asked for, as the work standard names it.
_MONTHS = {"november": 11, "may": 5}
_KINDS = {
    "certify": "รับรองระยะทาง",
    SHARING_DECISION: "เลือกวิธีแบ่ง",
    REQUEST: "บันทึกว่ายื่นขอ",
    ALLOCATED: "ยืนยันการจัดสรร",
    RULE_CONFIRMED: "ยืนยันค่า",
}


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
            [f"rule/{key}", f"{entry.name}: {arabic_digits(entry.confirmed_by)}"]
            for key, entry in _criteria(made).items()
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
    recorded, source = "", ""
    for row in asked.to_dict("records"):  # one at most
        what, source = json.loads(row["content"]), f"decision/{row['seq']}"
        recorded = f"บันทึกแล้วโดย {row['who']} เมื่อ {moment(row['at'])}: {what['pupils']:,} คน {what['need_baht']:,} บาท"
    return [
        {"what": f"ยื่นขอ{ROUND_NAMES[made.name]}", "by": f"ภายใน {spell_day(request_by.isoformat())}", "from": source}
        | _stands(recorded, request_by, today),
        {"what": "ข้อมูลนักเรียน ณ วันนับ DMC", "by": spell_day(count_on.isoformat()), "from": "rule/count_days"}
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
        (made.has_changed, "ยืนยันการจัดสรรใหม่ในข้อ ④ เพราะยอดเปลี่ยนหลังยืนยัน"),
        (True, "ทำเอกสารในข้อ ⑥"),
    ]
    return next(words for holds, words in steps if holds)


def spell_act(act: pd.DataFrame, policy: Policy) -> str:
    """Return in words what one person did at once; rows of the ledger."""
    first = act.iloc[0]
    if first["kind"] == "certify":
        on = f"{len(act):,} คู่"
    elif first["kind"] == RULE_CONFIRMED:
        on = f"“{policy.entries[first['subject']].name}”"
    else:
        on = ROUND_NAMES[first["subject"]]
    return f"{_KINDS[first['kind']]} {on} เมื่อ {moment(first['at'])}"


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

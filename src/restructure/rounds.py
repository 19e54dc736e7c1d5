"""A round of the subsidy year gathered: need, who is not eligible, ceiling, allocation, settlement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from restructure._errors import UsageError
from restructure.budget import ORDERED, SHARING_DECISION, RoundBudget, round_budget
from restructure.certify import certified, pairs, paying
from restructure.cycle import Measured, ledger_faults, refuse_broken_ledger
from restructure.ledger import Decision, decide, in_force, read_ledger, verify
from restructure.policy import Policy, SharingRule
from restructure.seating import make_office
from restructure.settlement import carry_over, changes, settle, snapshots_for
from restructure.subsidy import LINE, claim_rows
from restructure.thai import ROUND_NAMES, ROUNDS, Term, thai_moment
from restructure.words import NOT_ELIGIBLE

#: Decisions on a round: what was asked for, what each line was given. Their subject is the round.
REQUEST, ALLOCATED = "request", "allocation"
#: The decision that a setting of the policy is right as it stands; its subject is the setting.
RULE_CONFIRMED = "confirm-rule"


@dataclass(frozen=True, eq=False)
class Round:
    """Everything that papers and pages say of one round.

    Attributes
    ----------
    policy
        As it holds in the round's term.
    needed, refused
        Rows of :func:`restructure.subsidy.claims`: who is eligible, and who is not with the reason.
    letters
        The round's rows of ``ceilings``.
    rule, rule_source
        How the money is shared, and who says so.
    allocation
        Columns of ``allocation.csv``.
    confirmed
        ``host_id``, ``school_id``, ``programme``, ``allocated_baht`` that somebody has confirmed and that the round is
        settled by; None where nobody has.
    settlement, changes
        As :mod:`restructure.settlement` returns them; None where the round cannot be settled yet.
    pairs
        As :func:`restructure.certify.pairs` returns them, of this round.
    head
        Last row of the ledger that this rests on, and its hash.
    notes
        What a reader must know, in Thai.
    """

    name: str
    term: Term
    policy: Policy
    tables: dict[str, pd.DataFrame]
    needed: pd.DataFrame
    refused: pd.DataFrame
    letters: pd.DataFrame
    ceiling_baht: int | None
    rule: SharingRule
    rule_source: str
    allocation: pd.DataFrame
    confirmed: pd.DataFrame | None
    settlement: pd.DataFrame | None
    changes: pd.DataFrame | None
    pairs: pd.DataFrame
    head: tuple[int, str]
    notes: list[str]

    @property
    def basis(self) -> str:
        """``certified`` where the distance of every pupil is, else ``routed``."""
        return "certified" if (self.allocation["basis"] == "certified").all() else "routed"

    @property
    def compared(self) -> pd.DataFrame:
        """What was confirmed beside what would be allocated now, as :func:`compare` returns it."""
        return compare(self.confirmed, self.allocation)

    @property
    def has_changed(self) -> bool:
        """Whether somebody has confirmed another allocation than would be made now."""
        return bool(self.compared["differs"].any())

    @property
    def settles_by_routed(self) -> bool:
        """Whether the settlement is a draft: somebody counted has a distance that nobody has certified."""
        return self.settlement is not None and bool((self.settlement["basis"] != "certified").any())


def make_round(
    measured: Measured,
    name: str,
    *,
    ceiling_baht: int | None = None,
    rule: SharingRule | None = None,
    routed: bool = False,
) -> Round:
    """Gather a round from the cycle's tables, distances, policy and ledger.

    A ledger whose chain is broken certifies nothing: the round is a draft on routed distances then.

    Parameters
    ----------
    ceiling_baht
        In place of the sum of the round's letters.
    rule
        In place of the sharing rule that was decided on, or else the policy's.
    routed
        Whether to leave certified distances aside and draft on the routed ones alone.
    """
    tables, folder = measured.cycle.tables, measured.cycle.folder
    rows, routed = read_ledger(folder), routed or bool(verify(folder))
    held = rows if routed else paying(measured, rows)
    known = None if routed else certified(in_force(held))
    budget = _budget(measured, name, held, ceiling_baht=ceiling_baht, rule=rule, routed=routed)
    settled = _settle(measured, name, held, known, budget)
    letters = tables.get("ceilings", pd.DataFrame(columns=["round", "letter", "baht", "date"]))
    mine = pairs(measured, [name])
    return Round(
        name=name,
        term=budget.term,
        policy=with_confirmations(budget.policy, measured.cycle.policy, rows),
        tables=tables,
        needed=budget.needed,
        refused=budget.refused,
        letters=letters[letters["round"] == name],
        ceiling_baht=budget.ceiling_baht,
        rule=budget.rule,
        rule_source=budget.rule_source,
        allocation=budget.allocation,
        confirmed=_confirmed(rows, name),
        settlement=settled.lines,
        changes=settled.changes,
        pairs=mine,
        head=(int(rows["seq"].iloc[-1]), str(rows["hash"].iloc[-1])) if len(rows) else (0, "0" * 64),
        notes=[*ledger_faults(folder), *_notes(budget, mine, _confirmed(rows, name)), *settled.notes],
    )


def record_request(measured: Measured, made: Round, who: str, *, why: str = "", seen: int | None = None) -> list[int]:
    """Record that a round was asked for as it stands: by what is certified now its estimate stays."""
    refuse_broken_ledger(measured.cycle.folder)
    content = {"pupils": int(made.allocation["pupils"].sum()), "need_baht": int(made.allocation["need_baht"].sum())}
    return decide(measured.cycle.folder, who, [Decision(REQUEST, made.name, content, why)], seen=seen)


def confirm_allocation(
    measured: Measured, made: Round, who: str, *, why: str = "", seen: int | None = None
) -> list[int]:
    """Record what each line of a round is given; the settlement rests on it.

    A sharing rule that was ordered for this round is decided on at the same time.

    Raises
    ------
    UsageError
        When the ceiling is not that of the letters, a distance is not certified, or a rule has no reason: only
        certified distances and money that was granted move.
    """
    refuse_broken_ledger(measured.cycle.folder)
    chosen = made.rule_source == ORDERED
    lacks = ""
    if made.letters.empty:
        lacks = "ยังไม่ทราบวงเงิน: เติมหนังสือแจ้งวงเงิน"
    elif made.ceiling_baht != int(made.letters["baht"].sum()):
        lacks = "วงเงินไม่ตรงกับหนังสือแจ้ง: เติมหนังสือแจ้งวงเงินให้ครบแทนการระบุวงเงินเอง"
    elif made.basis != "certified":
        lacks = "ยังมีระยะทางที่ไม่รับรอง: รับรองให้ครบ"
    elif (made.pairs["state"] == "stale").any():
        lacks = "มีระยะทางที่จุดหรือถนนเปลี่ยนตั้งแต่รับรอง: ตรวจแล้วรับรองใหม่"
    elif chosen and not why.strip():
        lacks = "ยังไม่บอกเหตุผลที่เลือกวิธีแบ่งนี้: ระบุเหตุผล"
    if lacks:
        raise UsageError(
            f"ยืนยันการจัดสรร{ROUND_NAMES[made.name]}ไม่ได้ เพราะ{lacks} แล้วสั่งใหม่",
            f"The allocation of {made.name} needs letters of its ceiling, certified distances, a reason for its rule.",
        )
    lines = made.allocation[[*LINE, "allocated_baht"]]
    content = {
        "rule": made.rule,
        "ceiling_baht": made.ceiling_baht,
        "lines": [[*line, int(baht)] for *line, baht in lines.itertuples(index=False, name=None)],
    }
    rule = [Decision(SHARING_DECISION, made.name, {"rule": made.rule}, why)] if chosen else []
    return decide(measured.cycle.folder, who, [*rule, Decision(ALLOCATED, made.name, content, why)], seen=seen)


def confirm_rule(measured: Measured, key: str, who: str, *, why: str = "", seen: int | None = None) -> list[int]:
    """Record that somebody vouches for a setting; it holds as long as the setting has the value that it has now.

    Raises
    ------
    UsageError
        When there is no such setting.
    """
    refuse_broken_ledger(measured.cycle.folder)
    policy = measured.cycle.policy
    if key not in policy.entries:
        raise UsageError(f"ไม่มีค่า {key} ในนโยบาย: ใช้ได้ {', '.join(policy.entries)}", f"The policy has no setting {key}.")
    content = {"value": _values(policy, key)}
    return decide(measured.cycle.folder, who, [Decision(RULE_CONFIRMED, key, content, why)], seen=seen)


def _values(policy: Policy, key: str) -> dict[str, str]:
    """Return the value of a setting as text, of the beginning of the year and of each term that changes it."""
    later = {term: entries[key] for term, entries in policy.terms.items() if key in entries}
    return {term: str(entry.value) for term, entry in {"": policy.entries[key], **later}.items()}


def with_confirmations(policy: Policy, whole: Policy, rows: pd.DataFrame) -> Policy:
    """Return a policy whose settings say who has confirmed them in the ledger, as far as they are still the same."""
    entries = dict(policy.entries)
    for row in in_force(rows, RULE_CONFIRMED).to_dict("records"):
        key = row["subject"]
        if key in entries and json.loads(row["content"])["value"] == _values(whole, key):
            who = f"{row['who']} ({thai_moment(row['at'])})"
            entries[key] = entries[key].model_copy(update={"confirmed_by": who})
    return policy.model_copy(update={"entries": entries})


def _confirmed(rows: pd.DataFrame, name: str) -> pd.DataFrame | None:
    held = in_force(rows, ALLOCATED)
    for content in held.loc[held["subject"] == name, "content"]:
        lines = pd.DataFrame(json.loads(content)["lines"], columns=[*LINE, "allocated_baht"])
        return lines.astype({"allocated_baht": "Int64"})
    return None


def compare(confirmed: pd.DataFrame | None, allocation: pd.DataFrame) -> pd.DataFrame:
    """Set what was confirmed beside what would be allocated now.

    Returns
    -------
    DataFrame
        A row a line, none where nobody has confirmed: ``host_id``, ``school_id``, ``programme``, ``confirmed_baht``,
        ``allocated_baht`` (each null where a line has no such amount) and ``differs``.
    """
    now = allocation[[*LINE, "allocated_baht"]].dropna().astype({"allocated_baht": "Int64"})
    if confirmed is None:
        confirmed, now = now.head(0), now.head(0)
    both = confirmed.rename(columns={"allocated_baht": "confirmed_baht"}).merge(now, how="outer", on=LINE)
    return both.assign(differs=~(both["confirmed_baht"] == both["allocated_baht"]).fillna(False).astype(bool))


class _Settled(NamedTuple):
    lines: pd.DataFrame | None = None
    changes: pd.DataFrame | None = None
    carried: pd.DataFrame | None = None
    notes: Sequence[str] = ()


def _budget(measured: Measured, name: str, rows: pd.DataFrame, **choices: Any) -> RoundBudget:
    cycle = measured.cycle
    return round_budget(cycle.tables, measured.distances, measured.homes, cycle.policy, name, rows, **choices)


def _priced(measured: Measured, students: pd.DataFrame, name: str, known: pd.DataFrame | None) -> pd.DataFrame:
    tables = measured.cycle.tables | {"students": students}
    office = make_office(tables, measured.distances, measured.cycle.policy, measured.homes)
    return claim_rows(office, name, certified=known)


def _settle(
    measured: Measured, name: str, rows: pd.DataFrame, known: pd.DataFrame | None, budget: RoundBudget
) -> _Settled:
    tables, carries = measured.cycle.tables, budget.policy.settings.november_balance == "carry"
    payments = tables.get("payments")
    payments = payments[payments["round"] == name] if payments is not None else None
    if budget.ceiling_baht is None and (payments is None or payments.empty):
        return _Settled()  # the round has not been given anything yet
    estimated, counted = snapshots_for(tables["students"], budget.term, budget.policy.settings)
    if counted is None:
        return _Settled(notes=["ยังไม่มีข้อมูลนักเรียน ณ วันนับ (DMC) ของภาคเรียนนี้ จึงยังกระทบยอดไม่ได้"])
    notes: list[str] = []
    estimate_rows, differing, over = None, None, None
    count_rows = _priced(measured, counted, name, known)
    if estimated is None:
        notes.append("ไม่มีข้อมูลนักเรียนก่อนวันนับ จึงเทียบประมาณการกับผู้ที่นับได้จริงไม่ได้")
    else:
        estimate_rows = _priced(measured, estimated, name, _as_requested(rows, name, known))
        differing = changes(estimate_rows, count_rows)
    before = None
    if carries and name != ROUNDS[0]:
        first = _settle(measured, ROUNDS[0], rows, known, _budget(measured, ROUNDS[0], rows, routed=known is None))
        before = first.carried
        if before is None:
            notes.append(f"{ROUND_NAMES[ROUNDS[0]]}ยังไม่ได้กระทบยอด จึงไม่มียอดยกมา")
        elif first.lines is not None and (first.lines["basis"] != "certified").any():
            notes.append(f"ยอดยกมาจาก{ROUND_NAMES[ROUNDS[0]]}เป็นร่าง เพราะยังมีระยะทางที่ไม่รับรอง")
    draft = bool((count_rows.loc[count_rows["reason"] == "", "basis"] != "certified").any())
    if draft:
        notes.append("การกระทบยอดนี้เป็นร่าง เพราะยังมีระยะทางที่ไม่รับรอง")
    given = _confirmed(rows, name)
    if payments is not None and budget.ceiling_baht is not None and int(payments["baht"].sum()) > budget.ceiling_baht:
        notes.append(f"จ่ายไปแล้ว {payments['baht'].sum():,} บาท เกินวงเงินของรอบ ตรวจตารางการจ่าย")
    lines = settle(
        estimate_rows, count_rows, budget.allocation if given is None else given, payments, before, estimate=draft
    )
    if carries and name == ROUNDS[0]:
        lines, over = carry_over(lines)
        notes.append(f"ยอดที่เหลือหรือขาดของ{ROUND_NAMES[name]}ยกไปรวมกับรอบถัดไป")
    return _Settled(lines, differing, over, notes)


def _as_requested(rows: pd.DataFrame, name: str, known: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return what was certified when the round was asked for; what is now where nobody has recorded that."""
    asked = in_force(rows, REQUEST)
    asked = asked[asked["subject"] == name]
    if known is None or asked.empty:
        return known
    return certified(in_force(rows[rows["seq"] <= int(asked["seq"].iloc[0])]))


def _notes(budget: RoundBudget, mine: pd.DataFrame, confirmed: pd.DataFrame | None) -> list[str]:
    """Return what a reader of a round must know."""
    notes = []
    if routed := int(budget.needed.loc[budget.needed["basis"] != "certified", "pupils"].sum()):
        notes.append(f"นักเรียน {routed:,} คนยังใช้ระยะทางที่ไม่รับรอง เป็นประมาณการเท่านั้น")
    if lost := int(budget.needed.loc[budget.needed["road_m"].isna(), "pupils"].sum()):
        notes.append(f"นักเรียน {lost:,} คนยังวัดระยะทางไม่ได้ ไม่อยู่ในยอดเงิน")
    if stale := int((mine["state"] == "stale").sum()):
        notes.append(f"ระยะทางที่รับรองไว้ {stale:,} คู่ มีจุดหรือถนนเปลี่ยนตั้งแต่รับรอง ต้องตรวจใหม่")
    if compare(confirmed, budget.allocation)["differs"].any():
        notes.append("การจัดสรรที่ยืนยันไว้ต่างจากที่คำนวณได้ตอนนี้ การกระทบยอดใช้ที่ยืนยันไว้")
    if budget.ceiling_baht is not None:
        given = budget.allocation if confirmed is None else confirmed
        if left := budget.ceiling_baht - int(given["allocated_baht"].sum()):
            sign = "เหลือซึ่งยังไม่ได้จัดสรร" if left > 0 else "ไม่พอกับที่ยืนยันจัดสรรไว้ ขาด"
            notes.append(f"วงเงินของรอบ{sign} {abs(left):,} บาท ไม่อยู่ในยอดส่งคืนรายโรงเรียน")
    if len(budget.refused):
        sums = budget.refused.groupby("reason")["pupils"].sum()
        told = ", ".join(f"{NOT_ELIGIBLE[reason]} {pupils:,} คน" for reason, pupils in sums.items())
        notes.append(f"ผู้ที่ไม่มีสิทธิ: {told}")
    notes += [
        f"ไม่มีข้อมูลว่า{NOT_ELIGIBLE[reason]}หรือไม่ {pupils:,} คน ถือว่ามีสิทธิ" for reason, pupils in budget.unknown.items()
    ]
    return notes

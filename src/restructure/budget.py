"""A round's money: who may claim and what is needed, and how the ceiling is shared, by whose choice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from restructure.certify import certified
from restructure.eligibility import unknowns
from restructure.ledger import LEDGER_FILE, in_force
from restructure.policy import Policy, SharingRule
from restructure.scenario import Scenario
from restructure.seating import Office, make_office
from restructure.sharing import RULES
from restructure.subsidy import allocate, ceiling, claims, need
from restructure.thai import Term, round_term, thai_moment

Tables = dict[str, pd.DataFrame]
#: A decision on how the money of a round is shared; its subject is the round.
SHARING_DECISION = "sharing"
#: Where a sharing rule comes from that nobody has decided on yet.
ORDERED = "ระบุในคำสั่ง"


@dataclass(frozen=True, eq=False)
class RoundBudget:
    """A round's need and its allocation.

    Attributes
    ----------
    policy
        As it holds in the round's term.
    office
        With the pupils of the round's term.
    needed, refused
        Rows of :func:`restructure.subsidy.claims`: who is eligible, and who is not with the reason.
    needed_with_plan
        The need with a scenario on top, an estimate.
    unknown
        Pupils who count as eligible because nothing is known of them, by reason.
    rule, rule_source
        How the money is shared, and who says so.
    allocation
        Columns of ``allocation.csv``.
    """

    name: str
    term: Term
    policy: Policy
    office: Office
    needed: pd.DataFrame
    refused: pd.DataFrame
    needed_with_plan: pd.DataFrame
    unknown: dict[str, int]
    ceiling_baht: int | None
    rule: SharingRule
    rule_source: str
    allocation: pd.DataFrame


def round_budget(
    tables: Tables,
    distances: pd.DataFrame,
    homes: pd.DataFrame | None,
    policy: Policy,
    name: str,
    decisions: pd.DataFrame | None = None,
    *,
    scenario: Scenario | None = None,
    ceiling_baht: int | None = None,
    rule: SharingRule | None = None,
    routed: bool = False,
) -> RoundBudget:
    """Work out a round's need and allocation.

    Parameters
    ----------
    decisions
        Rows of the ledger; certified distances take the place of routed ones.
    scenario
        For ``needed_with_plan``.
    ceiling_baht
        In place of the sum of the round's letters.
    rule
        In place of the sharing rule that was decided on, or else the policy's.
    routed
        Whether to leave certified distances aside and draft on the routed ones alone.
    """
    term = round_term(policy.fiscal_year, name)
    known = None if routed or decisions is None else certified(in_force(decisions))
    office = make_office(tables, distances, policy, homes, term=term)
    policy = policy.at(term)
    claimed = claims(office, name, certified=known)
    eligible = claimed["reason"] == ""
    needed = claimed[eligible].drop(columns="reason").reset_index(drop=True)
    if ceiling_baht is None:
        ceiling_baht = ceiling(tables, name)
    rule, source = (rule, ORDERED) if rule else _sharing_rule(policy, decisions, name)
    students = office.pupils
    merged = students[students[["school_id", "from_school_id"]].isin(set(claimed["school_id"])).any(axis=1)]
    return RoundBudget(
        name=name,
        term=term,
        policy=policy,
        office=office,
        needed=needed,
        refused=claimed[~eligible].reset_index(drop=True),
        needed_with_plan=needed if scenario is None else need(office, name, scenario, known),
        unknown=unknowns(merged, policy.settings),
        ceiling_baht=ceiling_baht,
        rule=rule,
        rule_source=source,
        allocation=allocate(needed, ceiling_baht, rule=rule),
    )


def _sharing_rule(policy: Policy, decisions: pd.DataFrame | None, name: str) -> tuple[SharingRule, str]:
    held = pd.DataFrame() if decisions is None else in_force(decisions, SHARING_DECISION)
    for row in held.to_dict("records"):
        rule: Any = json.loads(row["content"]).get("rule")
        if row["subject"] == name and rule in RULES:
            why = f" เหตุผล: {row['why']}" if row["why"] else ""
            return rule, f"{row['who']} เลือกเมื่อ {thai_moment(row['at'])} ({LEDGER_FILE} แถว {row['seq']}){why}"
    return policy.settings.sharing_rule, "policy.yaml" if "sharing_rule" in policy.changed else "ค่าตั้งต้นของโปรแกรม"

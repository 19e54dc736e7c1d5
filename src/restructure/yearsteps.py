"""The steps of the subsidy year: each makes its files, whole or not at all, and records from what."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pandas as pd

from restructure import certify
from restructure.cycle import Measured, known_round
from restructure.files import staged, write_csv, write_json
from restructure.manifest import write_record
from restructure.moves import without_way
from restructure.policy import SharingRule
from restructure.rounds import Round, make_round
from restructure.subsidy import compare_rules, days_for_all, one_more_day


def write_certification(measured: Measured) -> pd.DataFrame:
    """Write what is certified and what is to be checked in the field, in ``certify/``; return the pairs.

    ``pairs.csv``; for the pairs that have to be checked ``field-list.pdf`` to print and ``field-book.xlsx`` to send.
    """
    # Imported here, as in other steps: drawing and documents take a second to load.
    from restructure.fieldbook import write_field_book
    from restructure.fieldlist import write_field_list

    pairs = certify.pairs(measured)
    to_check = pairs[pairs["state"].isin(["check", "stale", "unmeasured"])]
    with staged(measured.cycle.outputs) as stage:
        write_record(measured, stage, "certify")
        folder = stage / "certify"
        write_csv(folder / "pairs.csv", pairs.drop(columns=["points", "road"]))
        write_field_book(folder / "field-book.xlsx", measured, to_check)
        write_field_list(folder / "field-list.pdf", measured, to_check)
    return pairs


def write_allocation(
    measured: Measured,
    round_name: str,
    ceiling_baht: int | None = None,
    rule: SharingRule | None = None,
    *,
    routed: bool = False,
) -> Round:
    """Work out a round and write its ``allocation.csv``, its need by village and grade, and who is not eligible.

    Parameters
    ----------
    ceiling_baht, rule, routed
        As :func:`restructure.rounds.make_round` takes them.
    """
    made = make_round(measured, known_round(round_name), ceiling_baht=ceiling_baht, rule=rule, routed=routed)
    needed, ceiling = made.needed, made.ceiling_baht
    with staged(measured.cycle.outputs) as stage:
        write_record(measured, stage, f"allocate {made.name}", ceiling_baht=ceiling, sharing_rule=made.rule)
        folder = stage / "allocation" / made.name
        write_csv(folder / "allocation.csv", made.allocation)
        write_csv(folder / "need.csv", needed)
        write_csv(folder / "not-eligible.csv", made.refused)
        write_csv(folder / "one-more-day.csv", one_more_day(needed))
        if ceiling is not None:
            write_csv(folder / "rules.csv", compare_rules(needed, ceiling))
        write_json(folder / "allocation.json", round_record(made))
    if ceiling is None:  # what an earlier run shared must not stay
        (measured.cycle.outputs / "allocation" / made.name / "rules.csv").unlink(missing_ok=True)
    return made


def round_record(made: Round) -> dict[str, Any]:
    """Return the keys of ``allocation.json``."""
    allocation, ceiling = made.allocation, made.ceiling_baht
    return {
        "round": made.name,
        "term": str(made.term),
        "basis": made.basis,
        "sharing_rule": made.rule,
        "sharing_rule_from": made.rule_source,
        "ceiling_baht": ceiling,
        "need_baht": int(allocation["need_baht"].sum()),
        "allocated_baht": None if ceiling is None else int(allocation["allocated_baht"].sum()),
        "days_for_all": None if ceiling is None else days_for_all(made.needed, ceiling),
        "pupils": int(allocation["pupils"].sum()),
        "pupils_without_distance": without_way(made.needed),
        "pupils_not_eligible": int(made.refused["pupils"].sum()),
        "ledger": {"seq": made.head[0], "hash": made.head[1]},
        "notes": made.notes,
        "synthetic": made.policy.synthetic,
    }


def write_settlement(measured: Measured, round_name: str, *, draft: bool = False) -> Round:
    """Reconcile a round and write ``settlement.csv`` and the detailed list, ``changes.csv``, in ``settlement/ROUND/``.

    Where the round cannot be settled yet its ``settlement`` is None, its notes say why, and no file stays.

    Parameters
    ----------
    draft
        Whether to write a settlement that rests on distances which nobody has certified, too: only certified ones pay.
    """
    made = make_round(measured, known_round(round_name))
    tables = {"settlement.csv": made.settlement, "changes.csv": made.changes}
    if made.settles_by_routed and not draft:
        tables = dict.fromkeys(tables)
    with staged(measured.cycle.outputs) as stage:
        write_record(measured, stage, f"settle {made.name}")
        for name, table in tables.items():
            if table is not None:
                write_csv(stage / "settlement" / made.name / name, table)
    for name, table in tables.items():
        if table is None:  # that of an earlier run must not stay
            (measured.cycle.outputs / "settlement" / made.name / name).unlink(missing_ok=True)
    return made


def write_round_papers(
    measured: Measured,
    round_name: str,
    kinds: Collection[str] | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> tuple[list[Path], str]:
    """Write a round's papers and request forms in ``papers/ROUND/``.

    Returns
    -------
    tuple
        The files; and in Thai why those that move money are not among them, empty where they are or were not asked for.

    Parameters
    ----------
    kinds, progress
        As :func:`restructure.papers.write_papers` takes them.
    """
    from restructure.papers import why_no_notices, write_papers

    made = make_round(measured, known_round(round_name))
    target = measured.cycle.outputs / "papers" / made.name
    files = write_papers(made, target, kinds, progress, templates=measured.cycle.folder / "templates")
    with staged(measured.cycle.outputs) as stage:
        write_record(measured, stage, f"papers {made.name}")
    return files, "" if kinds else why_no_notices(made)

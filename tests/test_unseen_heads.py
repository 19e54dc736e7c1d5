"""Heads by somebody who had not seen the vocabulary, and on which it was not developed: how well it generalises."""

from __future__ import annotations

import csv
from pathlib import Path

from restructure.intake.heads import PRIVATE, match_heads

UNSEEN = Path(__file__).parent / "data" / "head-variants-6.csv"


def test_heads_nobody_has_listed_are_known_or_left_alone() -> None:
    rows = list(csv.DictReader(UNSEEN.read_text("utf-8-sig").splitlines(keepends=True)))
    found = [match_heads([row["head"]], row["table"])[0].field for row in rows]
    wanted = [(field, row["field"]) for field, row in zip(found, rows, strict=True) if row["field"]]
    assert len(wanted) >= 150
    # A row without a field is a head of nothing that is read.
    assert all(field in ("", PRIVATE, row["field"]) for field, row in zip(found, rows, strict=True))
    assert sum(field == meant for field, meant in wanted) >= 0.95 * len(wanted)

"""Heads by somebody who had not seen the vocabulary, and on which it was not developed: how well it generalises."""

from __future__ import annotations

import csv
from pathlib import Path

from restructure.intake.heads import PRIVATE, match_heads


def test_heads_nobody_has_listed_are_known_or_left_alone() -> None:
    text = (Path(__file__).parent / "data" / "head-variants-3.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    found = [match_heads([row["head"]], row["table"])[0].field for row in rows]
    assert len(rows) == 200
    assert all(field in ("", PRIVATE, row["field"]) for field, row in zip(found, rows, strict=True))
    assert sum(field == row["field"] for field, row in zip(found, rows, strict=True)) >= 0.9 * len(rows)

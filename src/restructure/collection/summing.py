"""What the schools' answers say together, and what has changed since the round before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median_low
from typing import Any

import pandas as pd

from restructure.collection.issue import Question, asked_schools
from restructure.collection.returns import Returns

SUMMARY = ("question", "thai", "kind", "unit", "amphoe", "item", "value", "answered", "asked")
CHANGES = ("question", "thai", "school_id", "before", "now", "difference", "change")
#: What is worked out of numbers and days; the median is the lower of two middles: a value that a school has given.
ITEMS = {
    "sum": "รวม", "median": "มัธยฐาน", "least": "น้อยที่สุด", "most": "มากที่สุด", "first": "วันแรกสุด", "last": "วันหลังสุด",
    "texts": "คำตอบเป็นข้อความ",
}  # fmt: skip
CHANGED = {"same": "เท่าเดิม", "changed": "เปลี่ยน", "new": "รอบก่อนไม่ได้ตอบ", "gone": "รอบนี้ยังไม่ตอบ"}


def summarise(returns: Returns, schools: pd.DataFrame) -> pd.DataFrame:
    """Return the figures of each question, of all schools and by amphoe.

    Returns
    -------
    DataFrame
        ``question``, ``thai``, ``kind``, ``unit``, ``amphoe`` (empty: all schools), ``item`` (a choice, or of
        :data:`ITEMS`), ``value`` (a count, an exact decimal number, or a day; None where nobody has answered),
        ``answered`` and ``asked`` (schools); in order of the questions, all schools before the amphoe.
    """
    asked = asked_schools(returns.issue, schools)
    amphoe = dict(zip(asked["school_id"], asked["amphoe"], strict=True))
    groups = {"": len(asked), **asked["amphoe"].value_counts().sort_index().to_dict()}
    by_question = dict(list(returns.counted.groupby("question")))
    rows = []
    for question in returns.issue.questions:
        answers = by_question.get(question.key, returns.counted.iloc[:0])
        where = answers["school_id"].map(amphoe).to_numpy()
        for group, count in groups.items():
            values = answers["value"][(where == group) | (group == "")].tolist()
            for item, value in _items(question, values):
                rows.append((question.key, question.thai, question.kind, question.unit, group, item, value,
                             len(values), count))  # fmt: skip
    # As objects: a number that is exact stays so, and one that there is not stays None.
    return pd.DataFrame(rows, columns=list(SUMMARY), dtype="object").astype({"answered": "int64", "asked": "int64"})


def _items(question: Question, values: Sequence[str]) -> Iterator[tuple[str, Any]]:
    if question.answers:
        counts = Counter(values)
        yield from ((answer, counts[answer]) for answer in question.answers)
    elif question.kind == "number":
        numbers = [Decimal(value) for value in values]
        yield "sum", sum(numbers, Decimal(0)) if numbers else None
        for item, of in (("median", median_low), ("least", min), ("most", max)):
            yield item, of(numbers) if numbers else None
    elif question.kind == "date":
        yield "first", min(values, default=None)
        yield "last", max(values, default=None)
    else:
        yield "texts", len(values)


def changes(now: Returns, before: Returns | None) -> pd.DataFrame:
    """Return each school's answers of two rounds side by side, of the questions that both rounds ask alike.

    Parameters
    ----------
    before
        None where there was no round before: no row then.

    Returns
    -------
    DataFrame
        ``question``, ``thai``, ``school_id``, ``before`` and ``now`` (empty where there is none), ``difference`` (of
        numbers; None otherwise) and ``change`` (of :data:`CHANGED`); in order of the questions and schools.
    """
    kinds = {question.key: question.kind for question in before.issue.questions} if before else {}
    held = [
        {(school, key): value for school, key, value in part.counted[["school_id", "question", "value"]].to_numpy()}
        for part in (before or now, now)
    ]
    rows = []
    for question in now.issue.questions:
        if kinds.get(question.key) != question.kind:
            continue
        for school in sorted({school for one in held for school, key in one if key == question.key}):
            old, new = (one.get((school, question.key), "") for one in held)
            change = "new" if not old else "gone" if not new else "same" if old == new else "changed"
            number = question.kind == "number" and bool(old and new)
            difference = Decimal(new) - Decimal(old) if number else None
            rows.append((question.key, question.thai, school, old, new, difference, change))
    return pd.DataFrame(rows, columns=list(CHANGES), dtype="object")

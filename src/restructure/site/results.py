"""Of a collection what everybody may read: figures of all schools together, small ones suppressed.

Not published: answers in words, the figures of an amphoe, who has answered and what; of numbers the median, the least
and the most, of days the first and the last, for each is the answer of one school.

The policy's ``public_min_pupils`` is the least count of schools that is told, as it is of pupils, and a question that
fewer schools have answered is not told at all. No rule names another number for schools.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

import pandas as pd

from restructure.collection.issue import Question, asked_schools
from restructure.collection.returns import Returns
from restructure.suppression import Table, suppressed


@dataclass(frozen=True)
class Result:
    """What is told of a question.

    Attributes
    ----------
    counts
        Of a choice, each answer with its schools; None is suppressed. Empty for other questions.
    total
        The sum of a number's answers; None where it is suppressed or there is none.
    answered
        Schools whose answer counts; None is suppressed.
    """

    question: Question
    asked: int
    answered: int | None
    counts: tuple[tuple[str, int | None], ...] = ()
    total: Decimal | None = None


def public_results(returns: Returns, schools: pd.DataFrame, threshold: int) -> list[Result]:
    """Return what may be told of each question of an issue, in order."""
    everyone = asked_schools(returns.issue, schools)["school_id"]
    asked = len(everyone)
    # Answers of a school that has closed since are of nobody who is asked.
    counted = returns.counted[returns.counted["school_id"].isin(everyone)]
    by_question = dict(list(counted.groupby("question")["value"]))
    numbers = {
        question: [Decimal(value) for value in by_question.get(question.key, ())]
        for question in returns.issue.questions
        if question.kind == "number"
    }
    sums = _sums(numbers, threshold)
    found = []
    for question in returns.issue.questions:
        values = list(by_question.get(question.key, ()))
        if question.answers:
            found.append(_choice(question, Counter(values), asked, threshold))
            continue
        answered = None if 0 < len(values) < threshold else len(values)
        found.append(Result(question, asked, answered, total=sums.get(question)))
    return found


def _choice(question: Question, counts: Counter[str], asked: int, threshold: int) -> Result:
    """Suppress the answers that few schools gave, and what would tell them together with the number of the asked."""
    answered = counts.total()
    if 0 < answered < threshold:
        # That nobody gave an answer tells what these few gave.
        return Result(question, asked, None, tuple((answer, None) for answer in question.answers))
    groups = pd.DataFrame(
        {"answer": [*question.answers, ""], "pupils": [*(counts[one] for one in question.answers), asked - answered]}
    )
    given = groups["answer"].ne("").to_numpy()
    tables = {
        "answered": Table((), given),
        "answers": Table(("answer",), given),
        "asked": Table((), given | True, "known"),
    }
    found = suppressed(groups, tables, threshold)
    told = {answer: None if pd.isna(value) else int(value) for answer, value in found["answers"].to_numpy()}
    total = found["answered"]["value"]
    return Result(
        question,
        asked,
        (None if pd.isna(total.iloc[0]) else int(total.iloc[0])) if len(total) else 0,
        tuple((answer, told.get(answer, 0)) for answer in question.answers),
    )


def _sums(numbers: Mapping[Question, list[Decimal]], threshold: int) -> dict[Question, Decimal | None]:
    """Return the sums that may be told.

    Questions of one unit may be parts of each other, such as the boys of all pupils, which no form says: where one
    sum is hidden, or two differ by less than may be told, none of that unit is told.
    """
    sums: dict[Question, Decimal | None] = {}
    for unit in dict.fromkeys(question.unit for question in numbers):
        mine = {question: values for question, values in numbers.items() if question.unit == unit}
        totals = {question: sum(values, Decimal(0)) for question, values in mine.items()}
        hidden = any(_tells(question, values, totals[question], threshold) for question, values in mine.items())
        hidden |= any(0 < abs(one - other) < threshold for one, other in combinations(totals.values(), 2))
        sums |= {question: None if hidden or not mine[question] else total for question, total in totals.items()}
    return sums


def _tells(question: Question, values: list[Decimal], total: Decimal, threshold: int) -> bool:
    """Say whether a sum tells of few: schools, or what is counted, from the least that each may answer or the most."""
    if not values or (not total and min(values) == 0):
        return 0 < len(values) < threshold
    least, most = (None if isinstance(bound, datetime.date) else bound for bound in (question.least, question.most))
    # Without a least answer some may be below 0, and a small sum of either sign may be of one school.
    low = abs(total) if least is None else total - len(values) * Decimal(str(least))
    high = threshold if most is None else len(values) * Decimal(str(most)) - total
    return len(values) < threshold or 0 < low < threshold or 0 < high < threshold

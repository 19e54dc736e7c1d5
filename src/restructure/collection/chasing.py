"""Who has answered, who has not, and what is still missing."""

from __future__ import annotations

from datetime import date

import pandas as pd

from restructure.collection.issue import asked_schools
from restructure.collection.returns import Returns

#: The states of a school.
STATES = {"answered": "ตอบครบ", "partly": "ตอบบางส่วน", "not": "ยังไม่ตอบ"}


def status(returns: Returns, schools: pd.DataFrame, *, today: date) -> pd.DataFrame:
    """Return how far each school that is asked has answered.

    Returns
    -------
    DataFrame
        ``school_id``, ``name``, ``amphoe``, ``state`` (of :data:`STATES`: a school has answered when each needed
        question has an answer that counts), ``late`` (the day has passed and it has not), ``answered`` (questions with
        an answer that counts), ``missing`` (keys of needed questions without, parted by ``;``), ``waiting`` (questions
        with answers that disagree), ``problems``, ``files``; in order of amphoe and code.
    """
    issue = returns.issue
    needed = [question.key for question in issue.questions if question.needed]
    asked = asked_schools(issue, schools)[["school_id", "name", "amphoe"]]
    counted = returns.counted.groupby("school_id")["question"].agg(set).to_dict()
    waits = returns.answers[returns.answers["state"] == "waiting"]
    waiting = waits.drop_duplicates(["school_id", "question"])["school_id"].value_counts()
    problems = returns.problems["school_id"].value_counts()
    files = returns.files["school_id"].value_counts()
    rows = []
    for school in asked["school_id"]:
        has = counted.get(school, set())
        missing = [key for key in needed if key not in has]
        state = "answered" if has and not missing and not waiting.get(school, 0) else "partly" if has else "not"
        if school in waiting and state == "not":
            state = "partly"
        rows.append(
            {
                "state": state,
                "late": issue.due is not None and issue.due < today and state != "answered",
                "answered": len(has),
                "missing": ";".join(missing),
                "waiting": int(waiting.get(school, 0)),
                "problems": int(problems.get(school, 0)),
                "files": int(files.get(school, 0)),
            }
        )
    return pd.concat([asked.reset_index(drop=True), pd.DataFrame(rows)], axis=1)

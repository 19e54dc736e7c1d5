"""Per-head subsidy and its top-up for small schools: what a school gets a year for the pupils registered at it."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from restructure.grades import GRADES
from restructure.policy import Settings
from restructure.roads import Bools, Ints

STAGES = {"K": "อนุบาล", "P": "ประถม", "M": "มัธยมต้น"}
TOP_UP_FOLLOWS = {"roll": "ตามขนาดโรงเรียนที่มีชื่อในทะเบียน", "seat": "ตามขนาดโรงเรียนที่ไปเรียน"}
_Schools = TypeVar("_Schools", bound=np.generic)


def registered_at(
    roll: npt.NDArray[_Schools], host: npt.NDArray[_Schools], learn_together: Bools, settings: Settings
) -> npt.NDArray[_Schools]:
    """Return the school whose size counts for the top-up of pupils who learn at a host.

    A school that learns together keeps its status, and with ``top_up_follows: roll`` its pupils; after a merger or a
    dissolution only the host is left. Which of the two holds while learning together is not known.

    Parameters
    ----------
    roll, host
        The school whose roll pupils come from and the one where they learn (codes or places), the same where they
        stay.
    learn_together
        Whether they are moved by a merge of that kind.
    """
    return np.where(learn_together & (settings.top_up_follows == "roll"), roll, host)


def per_head(pupils: Ints, settings: Settings) -> pd.DataFrame:
    """Return the baht a year that each school gets for teaching and learning (ค่าจัดการเรียนการสอน).

    The per-head money follows the pupil: moved pupils bring the same sum elsewhere. The top-up hangs on the size of the
    school, all its grades together, so that it is lost when two small schools become one that is over the bound.

    Parameters
    ----------
    pupils
        Pupils by the school that :func:`registered_at` names, schools × grades in the order of ``GRADES``.

    Returns
    -------
    DataFrame
        A row a school: ``per_head_baht`` and ``top_up_baht``, whole baht.
    """
    size = pupils.sum(axis=1)
    top_up = np.zeros_like(size)
    for row in settings.small_school_top_up:
        of_stages = np.array([grade[0] in row.stages for grade in GRADES])
        top_up += np.where(size <= row.up_to_pupils, pupils @ of_stages.astype(np.int64) * row.baht, 0)
    rates = np.array([settings.per_head_baht[grade[0]] for grade in GRADES])
    return pd.DataFrame({"per_head_baht": pupils @ rates, "top_up_baht": top_up})


def spell_per_head(settings: Settings) -> str:
    """Return in Thai the rates, top-ups and rule by which per-head money is counted."""
    rates = " ".join(f"{words} {settings.per_head_baht[stage]:,}" for stage, words in STAGES.items())
    top_ups, follows = spell_top_ups(settings), TOP_UP_FOLLOWS[settings.top_up_follows]
    return f"รายหัว {rates} บาทต่อคนต่อปี; เงินเพิ่มโรงเรียนขนาดเล็กต่อคนต่อปี: {top_ups}; เมื่อเรียนรวมคิด{follows}"


def spell_top_ups(settings: Settings) -> str:
    """Return in Thai who gets the top-up of small schools."""
    rows = [
        f"{' '.join(STAGES[stage] for stage in row.stages)} ในโรงเรียนไม่เกิน {row.up_to_pupils:,} คน เพิ่ม {row.baht:,} บาท"
        for row in settings.small_school_top_up
    ]
    return "; ".join(rows) or "ไม่มี"

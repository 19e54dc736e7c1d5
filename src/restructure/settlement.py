"""Settlement of a round: what was asked for on an estimate against who was counted, and what was paid against the due.

Requests precede the counts (10 June, 10 November): pupils come, leave, move and change their band in between.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from restructure._errors import UsageError
from restructure.policy import Settings
from restructure.rolls import as_of_day, as_of_term, snapshot
from restructure.sharing import apportion
from restructure.subsidy import LINE
from restructure.thai import Term

#: Where pupils stand beside each other who are not listed one by one.
_CELL = [*LINE, "grade", "village_id"]
#: What a change tells of before and after, by the column of a priced row.
_TOLD = {
    "host_id": "host", "school_id": "school", "programme": "programme", "village_id": "village", "grade": "grade",
    "band": "band", "baht": "baht",
}  # fmt: skip
_CHANGE = [
    "change", *LINE, "student_key", "pupils",
    *(f"{part}_{when}" for part in _TOLD.values() for when in ("before", "after")), "baht",
]  # fmt: skip
_SETTLED = [
    *LINE, "basis", "pupils_estimate", "pupils_count", "added", "left", "moved", "moved_away", "band_changed",
    "estimate_baht", "due_baht", "allocated_baht", "paid_baht", "paid_from", "carried_baht", "additional_baht",
    "return_baht", "state",
]  # fmt: skip


def snapshots_for(
    students: pd.DataFrame, term: Term, settings: Settings
) -> tuple[pd.DataFrame | None, pd.DataFrame | None]:
    """Return the pupils that a term was estimated by, and those that were counted.

    Parameters
    ----------
    students
        The checked table.
    settings
        Of the term: ``count_days``.

    Returns
    -------
    estimate, count
        The newest count of before the term's count day, of this term or an earlier one; and the newest within the term
        of that day or after it. A count of which only the term is known is of its end, so it is the count itself; so
        is a table that says no day or term at all. Each None where there is none.
    """
    texts = students["as_of"].unique()
    if not any(texts):
        return None, students
    counted_on = date.fromisoformat(f"{term.year - 543}-{settings.count_days[term.number]}")
    before = {text: as_of_day(text) < counted_on for text in texts}
    since = {text: not early and as_of_term(text) == term for text, early in before.items()}
    found = [students[students["as_of"].map(chosen).astype(bool)] for chosen in (before, since)]
    estimate, count = (snapshot(rows) if len(rows) else None for rows in found)
    return estimate, count


def changes(estimate_rows: pd.DataFrame, count_rows: pd.DataFrame) -> pd.DataFrame:
    """Return in detail what differs between two counts.

    Where both list every pupil by key it is told of each. Otherwise by cells of line, grade and village: of so many
    more or fewer pupils it is not known who they are, so nobody is told to have moved from one cell to another.

    Parameters
    ----------
    estimate_rows, count_rows
        Rows of :func:`restructure.subsidy.claim_rows`; who is not eligible is left out.

    Returns
    -------
    DataFrame
        ``change``: ``added``, ``left``, ``moved`` (to another host, from another school or programme), ``band`` (the
        same line at another rate); the line after it (before it where the pupils left); ``student_key``; ``pupils``;
        ``host``, ``school``, ``programme``, ``village``, ``grade``, ``band`` and ``baht``, each ``_before`` and
        ``_after``, null on the side where the pupils are not; ``baht``, the difference, as far as it is known. Sorted.
    """
    before, after = _eligible(estimate_rows), _eligible(count_rows)
    listed = (before["student_key"] != "").all() and (after["student_key"] != "").all()
    pairs = _by_pupil(before, after) if listed else _by_cell(before, after)
    found = pd.DataFrame([_told(*pair) for pair in pairs], columns=_CHANGE)
    counts = [f"{part}_{when}" for part in ("band", "baht") for when in ("before", "after")]
    found = found.astype({"pupils": "int64"} | dict.fromkeys(counts, "Int64"))
    # Nobody costs nothing; a pupil whose distance is not known costs nobody knows what.
    now, was = (
        found[f"baht_{when}"].mask(found["change"] == gone, 0)
        for when, gone in (("after", "left"), ("before", "added"))
    )
    found["baht"] = now - was
    order = [*LINE, "change", "grade_after", "grade_before", "village_after", "village_before", "student_key"]
    return found.sort_values([*order, "band_before", "band_after"], kind="stable", ignore_index=True)


def settle(
    estimate_rows: pd.DataFrame | None,
    count_rows: pd.DataFrame,
    allocated: pd.DataFrame | None,
    payments: pd.DataFrame | None,
    carried: pd.DataFrame | None = None,
    *,
    estimate: bool = False,
) -> pd.DataFrame:
    """Reconcile the estimate with the count and what was paid with what is due, a row a host, school and programme.

    Parameters
    ----------
    estimate_rows, count_rows
        Rows of :func:`restructure.subsidy.claim_rows` by the two counts of :func:`snapshots_for`; no estimate leaves
        what is compared with it null.
    allocated
        Lines as :func:`restructure.subsidy.allocate` returns them.
    payments
        ``host_id``, ``school_id``, ``baht`` of the round. They do not name programmes: where a school has two at one
        host they are divided by what was allocated to each, by what is due where nothing was.
    carried
        As :func:`carry_over` returns it: baht by line that an earlier round has left (negative where it lacked).
    estimate
        Whether distances that nobody has certified may be settled by, as a draft that moves no money.

    Returns
    -------
    DataFrame
        Sorted by line: ``basis``; ``pupils_estimate``, ``pupils_count``, ``added``, ``left``, ``moved`` (here from
        another line), ``moved_away``, ``band_changed``; ``estimate_baht``, ``due_baht`` (null where a distance is not
        known), ``allocated_baht``, ``paid_baht`` (null where no payment is told), ``paid_from`` (``payment``,
        ``payment-shared``, ``allocation``: it counts as paid, ``none``), ``carried_baht``, ``additional_baht``,
        ``return_baht``, ``state`` (``settled``, ``additional``, ``return``, ``unknown``). Of each line what was paid +
        carried + additional − return = due, and count = estimate + added − left + moved − moved away.

    Raises
    ------
    UsageError
        When a counted pupil's distance is not certified and this is no draft.
    """
    counted = _eligible(count_rows)
    if not estimate:
        _refuse_routed(counted)
    sums = {"count": _sums(counted), "estimate": _sums(_eligible(estimate_rows)) if estimate_rows is not None else None}
    paid = _paid(payments)
    sources = [*sums.values(), *(t.set_index(LINE) for t in (allocated, carried) if t is not None)]
    lines = pd.MultiIndex.from_tuples(
        sorted({line for source in sources if source is not None for line in source.index}), names=LINE
    )
    known = {line[:2] for line in lines}
    lines = lines.append(
        pd.MultiIndex.from_tuples([(*pair, "unspecified") for pair in paid if pair not in known], names=LINE)
    ).sort_values()
    found = pd.DataFrame(index=lines)
    found["basis"] = sums["count"]["basis"].reindex(lines).fillna("certified")
    for name, table in sums.items():
        for column in ("pupils", "baht"):
            cells = pd.Series(pd.NA, lines) if table is None else table[column].reindex(lines, fill_value=0)
            found[f"{column}_{name}"] = cells.astype("Int64")
    found = found.rename(columns={"baht_estimate": "estimate_baht", "baht_count": "due_baht"})
    differing = None if estimate_rows is None else changes(estimate_rows, count_rows)
    for column, change, when in (
        ("added", "added", "after"),
        ("left", "left", "before"),
        ("moved", "moved", "after"),
        ("moved_away", "moved", "before"),
        ("band_changed", "band", "after"),
    ):
        found[column] = _count(differing, change, when, lines)
    found["allocated_baht"] = _column(allocated, "allocated_baht", lines)
    if allocated is not None and allocated["allocated_baht"].notna().any():
        # The money was shared, and not to lines that were not there then.
        absent = ~lines.isin(pd.MultiIndex.from_frame(allocated[LINE]))
        found["allocated_baht"] = found["allocated_baht"].mask(absent, 0)
    found["carried_baht"] = _column(carried, "carried_baht", lines).fillna(0)
    _put_payments(found, paid)
    received = found["paid_baht"].fillna(found["allocated_baht"]).fillna(0) + found["carried_baht"]
    lacking = found["due_baht"] - received
    found["additional_baht"], found["return_baht"] = lacking.clip(lower=0), (-lacking).clip(lower=0)
    found["state"] = "settled"
    for state, mask in (("additional", lacking > 0), ("return", lacking < 0), ("unknown", lacking.isna())):
        found.loc[mask.fillna(False).to_numpy(dtype=bool), "state"] = state
    return found.reset_index()[_SETTLED]


def carry_over(settlement: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Carry a round's balance to the next one instead of asking for it or returning it (``november_balance``).

    Returns
    -------
    DataFrame
        The settlement with nothing additional or to return; its ``state`` is ``carried`` where something is.
    DataFrame
        For the next round: ``host_id``, ``school_id``, ``programme``, ``carried_baht``, positive where money is left.
        What is not known is not carried.
    """
    balance = settlement["return_baht"] - settlement["additional_baht"]
    known, carries = balance.notna(), balance.fillna(0) != 0
    here = settlement.assign(carried_baht=settlement["carried_baht"] - balance.fillna(0))
    for column in ("additional_baht", "return_baht"):
        here[column] = here[column].mask(known, 0)
    here["state"] = here["state"].mask(carries, "carried")
    return here, settlement[LINE].assign(carried_baht=balance)[carries.to_numpy(dtype=bool)].reset_index(drop=True)


# -- who came and went ----
def _eligible(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["reason"] == ""]


_Pair = tuple[str, dict[str, Any] | None, dict[str, Any] | None]


def _by_pupil(before: pd.DataFrame, after: pd.DataFrame) -> list[_Pair]:
    was, now = ({row["student_key"]: row for row in rows.to_dict("records")} for rows in (before, after))
    pairs: list[_Pair] = [("left", row, None) for key, row in was.items() if key not in now]
    for key, row in now.items():
        old = was.get(key)
        if old is None:
            pairs.append(("added", None, row))
        elif [old[name] for name in LINE] != [row[name] for name in LINE]:
            pairs.append(("moved", old, row))
        elif _rate(old) != _rate(row):
            pairs.append(("band", old, row))
    return pairs


def _by_cell(before: pd.DataFrame, after: pd.DataFrame) -> list[_Pair]:
    was, now = (_cells(rows) for rows in (before, after))
    pairs: list[_Pair] = []
    for cell in sorted(was.keys() | now.keys()):
        old, new = was.get(cell, {}), now.get(cell, {})
        more = {rate: new.get(rate, 0) - old.get(rate, 0) for rate in sorted(old.keys() | new.keys())}
        gone = [_row(cell, rate) for rate, pupils in more.items() for _ in range(-pupils)]
        come = [_row(cell, rate) for rate, pupils in more.items() for _ in range(pupils)]
        both = min(len(gone), len(come))
        pairs += [("band", *pair) for pair in zip(gone[:both], come[:both], strict=True)]
        pairs += [("left", row, None) for row in gone[both:]] + [("added", None, row) for row in come[both:]]
    return _add_up(pairs)


def _cells(rows: pd.DataFrame) -> dict[tuple[str, ...], dict[tuple[int, int], int]]:
    """Return pupils by cell and rate."""
    found: dict[tuple[str, ...], dict[tuple[int, int], int]] = {}
    for row in rows.to_dict("records"):
        cell = found.setdefault(tuple(row[name] for name in _CELL), {})
        cell[_rate(row)] = cell.get(_rate(row), 0) + row["pupils"]
    return found


def _rate(row: dict[str, Any]) -> tuple[int, int]:
    """Return the band and the baht of one pupil, -1 where the distance is not known."""
    if pd.isna(row["band"]):
        return (-1, -1)
    return int(row["band"]), int(row["baht_per_day"]) * int(row["days"])


def _row(cell: tuple[str, ...], rate: tuple[int, int]) -> dict[str, Any]:
    """Return one pupil of a cell as a priced row."""
    band, baht = (pd.NA if part < 0 else part for part in rate)
    return dict(zip(_CELL, cell, strict=True)) | {"student_key": "", "pupils": 1, "band": band, "baht": baht}


def _add_up(pairs: list[_Pair]) -> list[_Pair]:
    """Make one change of all pupils of a cell that fare alike."""
    alike: dict[str, tuple[str, list[_Pair]]] = {}
    for pair in pairs:
        alike.setdefault(repr(pair), (pair[0], []))[1].append(pair)

    def times(row: dict[str, Any] | None, number: int) -> dict[str, Any] | None:
        return None if row is None else row | {"pupils": number, "baht": row["baht"] * number}

    return [(kind, *(times(row, len(same)) for row in same[0][1:])) for kind, same in alike.values()]  # type: ignore[misc]


def _told(change: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    row = after or before or {}
    told = {"change": change, **{name: row[name] for name in [*LINE, "student_key", "pupils"]}}
    for name, part in _TOLD.items():
        for when, side in (("before", before), ("after", after)):
            told[f"{part}_{when}"] = None if side is None else side[name]
    return told


# -- sums by line ----
def _refuse_routed(counted: pd.DataFrame) -> None:
    routed = counted[counted["basis"] != "certified"]
    if routed.empty:
        return
    pairs = routed[["village_id", "host_id"]].drop_duplicates().sort_values(["village_id", "host_id"])
    named = [f"{village or 'ไม่ทราบหมู่บ้าน'} → {host}" for village, host in pairs.itertuples(index=False, name=None)]
    shown = ", ".join(named[:5]) + (" …" if len(named) > 5 else "")
    pupils = int(routed["pupils"].sum())
    raise UsageError(
        f"ยังกระทบยอดไม่ได้: นักเรียน {pupils:,} คน ({len(named)} คู่ หมู่บ้าน → โรงเรียนหลัก) ยังใช้ระยะทางที่ไม่รับรอง ได้แก่ {shown} "
        "รับรองระยะทางให้ครบ หรือสั่งเป็นร่างประมาณการ",
        f"The distances of {pupils:,} pupils ({len(named)} pairs) are not certified; certify them or make a draft.",
    )


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    """Return pupils and baht by line; baht null where that of a row is not known."""
    groups = rows.assign(unknown=rows["baht"].isna(), routed=rows["basis"] != "certified").groupby(LINE)
    found = groups.agg(
        pupils=("pupils", "sum"), baht=("baht", "sum"), unknown=("unknown", "any"), routed=("routed", "any")
    )
    found["baht"] = found["baht"].astype("Int64").mask(found["unknown"])
    return found.assign(basis=found["routed"].map({True: "routed", False: "certified"}))


def _count(differing: pd.DataFrame | None, change: str, when: str, lines: pd.MultiIndex) -> pd.Series:
    if differing is None:
        return pd.Series(pd.NA, lines, dtype="Int64")
    sides = [f"{part}_{when}" for part in ("host", "school", "programme")]
    pupils = differing[differing["change"] == change].groupby(sides)["pupils"].sum()
    return pupils.rename_axis(LINE).reindex(lines, fill_value=0).astype("Int64")


def _column(table: pd.DataFrame | None, column: str, lines: pd.MultiIndex) -> pd.Series:
    if table is None:
        return pd.Series(pd.NA, lines, dtype="Int64")
    return table.set_index(LINE)[column].reindex(lines).astype("Int64")


def _paid(payments: pd.DataFrame | None) -> dict[tuple[str, str], int]:
    """Return what was paid by host and school."""
    if payments is None:
        return {}
    sums = payments.groupby(["host_id", "school_id"])["baht"].sum()
    return {(str(host), str(school)): int(baht) for (host, school), baht in sums.items()}


def _put_payments(found: pd.DataFrame, paid: dict[tuple[str, str], int]) -> None:
    """Write ``paid_baht`` and ``paid_from``; a payment of two programmes is divided by what each was allocated."""
    found["paid_baht"] = pd.Series(pd.NA, found.index, dtype="Int64")
    found["paid_from"] = found["allocated_baht"].isna().map({True: "none", False: "allocation"})
    for pair, baht in paid.items():
        lines = [line for line in found.index if line[:2] == pair]
        known = found.loc[lines, ["allocated_baht", "due_baht"]].fillna(0)
        # Money of one programme must not land on the other; only where nothing was allocated is it by what is due.
        weights = known["allocated_baht" if known["allocated_baht"].any() else "due_baht"].tolist()
        found.loc[lines, "paid_baht"] = apportion(weights, baht)
        found.loc[lines, "paid_from"] = "payment" if len(lines) == 1 else "payment-shared"

"""Tables that may leave the office: small counts of children are left out so that no arithmetic brings them back.

The terms are those of statistical disclosure control. A count from 1 up to the threshold, itself not among them, is
*sensitive*; a cell that prints one is suppressed for its own sake (*primary suppression*). What all other cells, sums
and money among them, still say of a count is its *feasibility interval*: from the least to the most whole pupils that
it could be. While one is narrower than the threshold, further cells are suppressed (*complementary* or secondary
suppression), those that hide the fewest pupils; what turns out to be suppressed in vain is shown again. All tables that
are published together are one system, so that none of them tells what another one hides.

The reader who must not find out is a strong one: who knows which groups of pupils there are, such as the villages whose
children go to a school, but not how many they are, and who knows what is public elsewhere. A count of 0 is shown: it is
about no child.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from restructure.optimise.milp import Model, solve
from restructure.roads import Bools, Floats, Ints


class Table(NamedTuple):
    """A table of counts over groups of pupils.

    Attributes
    ----------
    by
        The columns of the groups that tell its cells apart; none for a grand total.
    of
        Which groups are in it.
    use
        ``printed``: every cell is there, a suppressed one as a mark. ``listed``: a suppressed cell is not there at all.
        ``derived``: nobody prints it, but its counts must not come out either. ``known``: public from elsewhere; it
        cannot be hidden, and it helps the reader.
    per_pupil
        The column that says what each pupil adds, such as baht; without it each is one.
    """

    by: tuple[str, ...]
    of: Bools
    use: Literal["printed", "listed", "derived", "known"] = "printed"
    per_pupil: str = ""


@dataclass(eq=False)
class _System:
    """What all cells say: ``parts @ pupils = values``, a row for all cells that are the same sum of the same groups.

    Attributes
    ----------
    behind
        How many pupils the cells of each row are about.
    sensitive
        The rows that count pupils and must not come out.
    shown, marked, known
        The rows that are to be read somewhere; that leave a mark where they are suppressed, which says that they are
        not 0; that are public anyway.
    least, most
        Between what bounds a group is tried: those that the reader knows of, else farther beyond the truth than any
        interval must be wide.
    reach
        How far that is.
    found
        Numbers of pupils that an answer was once made of: often one of them answers the next question too.
    """

    pupils: Ints
    parts: Ints
    behind: Ints
    sensitive: Bools
    shown: Bools
    marked: Bools
    known: Bools
    least: Ints
    most: Ints
    reach: int
    found: Ints

    @property
    def truth(self) -> Ints:
        """What the cells of each row say where they are shown."""
        return self.parts @ self.pupils


def suppressed(groups: pd.DataFrame, tables: dict[str, Table], threshold: int) -> dict[str, pd.DataFrame]:
    """Suppress what tells small counts in tables that are published together.

    Parameters
    ----------
    groups
        A row a group of pupils, as fine as any table tells them apart: ``pupils`` and the tables' columns; ``least``
        and ``most`` where the reader knows between what bounds each lies, such as those of a school's size. The bounds
        of a count below the threshold must be at least that far apart: no suppression widens them.
    threshold
        The smallest count that may be told.

    Returns
    -------
    dict
        Of each table that is printed or listed the cells of at least one pupil: its columns, sorted, and ``value``,
        null where it is suppressed.
    """
    cells = {name: _cells(groups, table) for name, table in tables.items()}
    system = _system(groups, tables, cells, threshold)
    _suppress(system, threshold)
    return {
        name: frame[list(tables[name].by)].assign(
            value=frame["value"].mask(~system.shown[frame["row"].to_numpy(np.int64)])
        )
        for name, (frame, _) in cells.items()
        if tables[name].use in ("printed", "listed")
    }


def _cells(groups: pd.DataFrame, table: Table) -> tuple[pd.DataFrame, Ints]:
    """Return the cells of a table with their ``value``, and what a pupil of each group adds to each."""
    weights = np.where(table.of, groups[table.per_pupil] if table.per_pupil else 1, 0).astype(np.int64)
    weights[groups["pupils"].to_numpy() == 0] = 0
    here = groups[weights > 0]
    keys = here[list(table.by)].drop_duplicates().sort_values(list(table.by)) if table.by else here[[]].iloc[:1]
    parts = np.zeros((len(keys), len(groups)), np.int64)
    for place, key in enumerate(keys.itertuples(index=False)):
        parts[place] = weights
        for column, value in zip(table.by, key, strict=True):
            parts[place, (groups[column] != value).to_numpy()] = 0
    values = pd.array(parts @ groups["pupils"].to_numpy(np.int64), dtype="Int64")
    return keys.reset_index(drop=True).assign(value=values), parts


def _system(
    groups: pd.DataFrame, tables: dict[str, Table], cells: dict[str, tuple[pd.DataFrame, Ints]], threshold: int
) -> _System:
    """Put the cells of all tables into one system, and into each table the ``row`` of each of its cells."""
    pupils = groups["pupils"].to_numpy(np.int64)
    place: dict[bytes, int] = {}
    uses: list[set[str]] = []
    distinct: list[Ints] = []

    def row_of(part: Ints, use: str) -> int:
        part = part // np.gcd.reduce(part)
        row = place.setdefault(part.tobytes(), len(place))
        if row == len(uses):
            uses.append(set())
            distinct.append(part)
        uses[row].add(use)
        return row

    for name, (frame, parts) in cells.items():
        use = tables[name].use
        frame["row"] = [row_of(part, use) for part in parts]
        if use != "known":
            # Money is about pupils: how many they are must not come out either.
            for part in parts:
                row_of((part > 0).astype(np.int64), "counted")
    parts = np.array(distinct, np.int64).reshape(len(distinct), len(pupils))
    behind = (parts > 0) @ pupils

    def used(*names: str) -> Bools:
        return np.array([bool(use & set(names)) for use in uses], bool)

    small = behind < threshold
    far = pupils + 2 * threshold
    return _System(
        pupils=pupils,
        parts=parts,
        behind=behind,
        sensitive=used("counted") & small,
        shown=used("printed", "listed") & ~small,  # primary suppression
        marked=used("printed"),
        known=used("known"),
        least=groups["least"].to_numpy(np.int64) if "least" in groups else np.zeros_like(pupils),
        most=np.minimum(far, groups["most"].to_numpy(np.int64)) if "most" in groups else far,
        reach=2 * threshold,
        found=pupils[np.newaxis],
    )


def _suppress(system: _System, threshold: int) -> None:
    """Suppress until every sensitive count has an interval at least as wide as the threshold."""
    allowed = system.shown.copy()
    readers = {}
    for row in np.flatnonzero(system.sensitive).tolist():
        # What is public elsewhere tells some counts by itself: those are kept from a reader who does not know it.
        hidden = _width(system, row, system.known, system.marked & ~system.known, threshold) >= threshold
        readers[row] = system.known & hidden
        if not _is_safe(system, row, readers[row], threshold):
            system.shown &= ~_complement(system, row, readers[row], threshold)
    for row in sorted(np.flatnonzero(allowed & ~system.shown).tolist(), key=lambda row: (-system.behind[row], row)):
        system.shown[row] = True
        system.shown[row] = all(_is_safe(system, one, reader, threshold) for one, reader in readers.items())


def _is_safe(system: _System, row: int, known: Bools, threshold: int) -> bool:
    return _width(system, row, system.shown | known, system.marked & ~system.shown, threshold) >= threshold


def _width(system: _System, row: int, told: Bools, marked: Bools, threshold: int) -> int:
    """Return how wide the feasibility interval of a row is, or the threshold where it is at least that.

    Parameters
    ----------
    told
        The rows whose values the reader has.
    marked
        The rows of which the reader knows that they are not 0.
    """
    values = system.truth
    agrees = (system.found @ system.parts[told].T == values[told]).all(axis=1)
    agrees &= (system.found @ system.parts[marked].T >= 1).all(axis=1)
    reached = system.found[agrees] @ system.parts[row]
    if np.ptp(reached) >= threshold:
        return threshold
    ends = []
    for sign in (1, -1):
        lowest = np.concatenate([values[told], np.ones(marked.sum())])
        highest = np.concatenate([values[told], np.full(marked.sum(), np.inf)])
        rows = np.concatenate([system.parts[told], system.parts[marked]])
        answer = _solve(sign * system.parts[row], rows, lowest, highest, system.least, system.most)
        system.found = np.concatenate([system.found, answer[np.newaxis]])
        ends.append(int(answer @ system.parts[row]))
    return min(ends[1] - ends[0], threshold)


def _complement(system: _System, row: int, known: Bools, threshold: int) -> Bools:
    """Return the rows to suppress, about the fewest pupils, that make a row's interval as wide as the threshold.

    Two answers are sought that differ by the threshold in this row and agree with all that stays shown; a row in which
    one of them differs from the truth must be suppressed.
    """
    choice = np.flatnonzero(system.shown & ~known)
    marked = np.flatnonzero(system.marked & ~system.shown & ~known)
    fixed = np.flatnonzero(known)
    values, count, free = system.truth, len(system.pupils), len(choice)
    none = np.zeros((len(system.parts), count), np.int64)
    rows, lowest, highest = [], [], []

    def require(part: Ints, low: Ints | float, high: Ints | float) -> None:
        rows.append(part)
        lowest.append(np.broadcast_to(low, len(part)))
        highest.append(np.broadcast_to(high, len(part)))

    down = np.diag(values[choice] - system.marked[choice])
    up = np.diag(system.parts[choice].sum(axis=1) * system.reach)
    for first, second in ((system.parts, none), (none, system.parts)):
        both = np.hstack([first, second])
        require(np.hstack([both[choice], down]), values[choice], np.inf)
        require(np.hstack([both[choice], -up]), -np.inf, values[choice])
        require(np.hstack([both[marked], np.zeros((len(marked), free), np.int64)]), 1, np.inf)
        require(np.hstack([both[fixed], np.zeros((len(fixed), free), np.int64)]), values[fixed], values[fixed])
    apart = np.concatenate([system.parts[row], -system.parts[row], np.zeros(free, np.int64)])
    require(apart[np.newaxis], threshold, np.inf)
    cost = np.concatenate([np.zeros(2 * count, np.int64), system.behind[choice]])
    least = np.concatenate([np.tile(system.least, 2), np.zeros(free, np.int64)])
    most = np.concatenate([np.tile(system.most, 2), np.ones(free, np.int64)])
    answer = _solve(cost, np.concatenate(rows), np.concatenate(lowest), np.concatenate(highest), least, most)
    system.found = np.concatenate([system.found, answer[: 2 * count].reshape(2, count)])
    differs = answer[: 2 * count].reshape(2, count) @ system.parts.T != values
    gone: Bools = differs.any(axis=0) & system.shown
    return gone


def _solve(cost: Ints, rows: Ints, lowest: Floats, highest: Floats, least: Ints, most: Ints) -> Ints:
    """Return the whole numbers from ``least`` to ``most`` of least cost for which rows lie between bounds."""
    model = Model(
        cost=cost.astype(float),
        lower=least.astype(float),
        upper=most.astype(float),
        integer=np.ones(len(cost), bool),
        matrix=csr_array(rows.astype(float)),
        low=lowest,
        high=highest,
    )
    answer = solve(model)
    if answer.values is None:  # noqa: PD011
        raise RuntimeError("the truth itself does not agree with what is told")
    return answer.values.astype(np.int64)  # noqa: PD011

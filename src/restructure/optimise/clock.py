"""What a search's seconds are: those of the wall, or those of work that is counted.

A search that ends by the wall's clock finds more on a faster or idler machine. Where work is counted its seconds pass
by what the solver has done, so that the same question has the same answer everywhere; they come near the seconds of an
ordinary machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Nonzeros times iterations of the simplex in a second, and nonzeros times calls back of the branch and bound: measured
#: on programmes of 1,000 to 50,000 nonzeros.
SIMPLEX, SEARCH = 2e8, 1.5e6
#: Of every programme that is handed to the solver, however soon it is solved.
EACH_S = 0.004

_counted_s: ContextVar[float | None] = ContextVar("counted_s", default=None)


def now() -> float:
    """Return the seconds that have passed; only differences mean something."""
    passed = _counted_s.get()
    return time.perf_counter() if passed is None else passed


def counting() -> bool:
    """Return whether work is counted."""
    return _counted_s.get() is not None


def count(seconds: float) -> None:
    """Let seconds of work pass where work is counted."""
    passed = _counted_s.get()
    if passed is not None:
        _counted_s.set(passed + seconds)


@contextmanager
def counted() -> Iterator[None]:
    """Count work in place of the wall's seconds, from 0 on."""
    before = _counted_s.set(0.0)
    try:
        yield
    finally:
        _counted_s.reset(before)

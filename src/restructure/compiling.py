"""Compiled loops, kept on disk where that can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(loop: Callable[..., Any]) -> Any:
    """Compile a loop at its first call; a read-only disk costs that time at each start, nothing else."""
    # No sum of ours is NaN or minds the sign of a zero: the processor may then take several entries at once.
    fastmath = {"nnan", "nsz", "reassoc"}
    try:
        return njit(cache=True, fastmath=fastmath)(loop)
    except RuntimeError:  # numba finds no folder that it may write to
        return njit(fastmath=fastmath)(loop)

"""What a worker process of this machine loads before its first task."""

from __future__ import annotations

import signal


def dask_setup(_: object) -> None:
    """Leave Ctrl-C, which a terminal sends to every process, to the one that the workers work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

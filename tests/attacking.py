"""Arithmetic against suppressed figures: what a reader who agrees with every printed one can still find out.

It shares no code with the package. A sum is a list of parts, one for each unknown count; what is said of a sum is that
it lies between two numbers.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

Said = tuple[list[float], float, float]


def widths(
    targets: dict[str, list[float]], said: list[Said], most: list[float] | float, least: list[float] | float = 0
) -> dict[str, float]:
    """Return how many whole pupils each target could be, less one: unknown counts lie between least and most."""
    rows = [part for part, _, _ in said]
    constraint = LinearConstraint(np.array(rows), [low for _, low, _ in said], [high for _, _, high in said])

    def end(part: list[float], sign: int) -> float:
        answer = milp(sign * np.array(part), integrality=np.ones(len(part)), bounds=Bounds(least, most),
                      constraints=constraint, options={"mip_rel_gap": 0})  # fmt: skip
        assert answer.success, answer.message
        return float(np.rint(answer.x) @ part)

    return {name: end(part, -1) - end(part, 1) for name, part in targets.items()}


def exactly_told(targets: dict[str, list[float]], said: list[Said]) -> set[str]:
    """Return the targets that additions and subtractions of printed figures give, found without any solver."""
    equal = [part for part, low, high in said if low == high and any(part)]
    rank = np.linalg.matrix_rank(np.array(equal)) if equal else 0
    return {name for name, part in targets.items() if np.linalg.matrix_rank(np.array([*equal, part])) == rank}

"""How unusual a figure is: a comparison with the same figure in other periods."""

from collections.abc import Sequence
from statistics import median

LEAST_OTHERS = 3
"""The least number of other periods needed to say what is usual."""


def times_the_usual(value: float, others: Sequence[float]) -> float | None:
    """Return a figure as a multiple of the median of others; None if they are too few or their median is not positive."""
    if len(others) < LEAST_OTHERS or (middle := median(others)) <= 0:
        return None
    return value / middle

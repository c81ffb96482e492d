"""What is usual: a figure beside the same figure of other periods."""

from collections.abc import Sequence
from statistics import median

LEAST_OTHERS = 3
"""Other periods: fewer say nothing about what is usual."""


def times_the_usual(value: float, others: Sequence[float]) -> float | None:
    """Return a figure as a multiple of the median of others; None where they are too few or not above zero."""
    if len(others) < LEAST_OTHERS or (middle := median(others)) <= 0:
        return None
    return value / middle

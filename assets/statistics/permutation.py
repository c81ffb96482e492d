"""Intervals for few bodies: those differences that a permutation test would not reject.

A permutation test assumes that any body could as well have been in the other cohort, and needs no large numbers. Under
an assumed difference d, d is taken from the cohort, the bodies are shuffled, and the difference is estimated anew; the
interval holds every d whose estimate is not among the 5 % most extreme. With a baseline, outcome and cohort are first
freed of it: Freedman, D. and Lane, D. (1983), "A nonstochastic interpretation of reported significance levels", Journal
of Business and Economic Statistics 1, 292-298. For the change of one cohort, signs are flipped instead of bodies
shuffled: Fisher, R. A. (1935), "The Design of Experiments", section 21.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assets.statistics.intervals import LEVEL, Numbers

Ends = tuple[float, float] | None
"""Both ends of an interval; None where so few bodies can be shuffled that nothing is ever rejected."""
SEED = 20161
DRAWS = 1999


def difference(outcome: ArrayLike, in_cohort: ArrayLike, *baseline: ArrayLike) -> Ends:
    """Return the interval of the difference that the cohort makes to `outcome`, given baselines if any.

    `in_cohort` is 1 for a body of the cohort and 0 for another, a body per value.
    """
    y, cohort = np.asarray(outcome, dtype=float), np.asarray(in_cohort, dtype=float)
    x = np.column_stack([np.ones(len(y)), *(np.asarray(each, dtype=float) for each in baseline)])
    freed_y, freed_cohort = _freed(y, x), _freed(cohort, x)
    shuffled = freed_cohort[_orders(len(y))] / float(freed_cohort @ freed_cohort)
    return _not_rejected(
        float(freed_y @ freed_cohort / (freed_cohort @ freed_cohort)),
        shuffled @ freed_y,
        shuffled @ freed_cohort,
    )


def change(changes: ArrayLike) -> Ends:
    """Return the interval of the mean of `changes`, a body per value."""
    given = np.asarray(changes, dtype=float)
    signs = np.random.default_rng(SEED).choice([-1.0, 1.0], (DRAWS, len(given)))
    return _not_rejected(float(given.mean()), signs @ given / len(given), signs.mean(axis=1))


@lru_cache(maxsize=32)
def _orders(count: int) -> NDArray[np.int64]:
    """Return the same DRAWS orders of `count` bodies each time."""
    in_order = np.tile(np.arange(count), (DRAWS, 1))
    return np.random.default_rng(SEED).permuted(in_order, axis=1)


def _freed(values: Numbers, x: Numbers) -> Numbers:
    """Return what a regression on `x` leaves of `values`."""
    freed: Numbers = values - x @ np.linalg.lstsq(x, values, rcond=None)[0]
    return freed


def _not_rejected(found: float, of_outcome: Numbers, of_unit: Numbers) -> Ends:
    """Return the lowest and highest d for which |found - d| is not extreme among |of_outcome - d * of_unit|.

    Each shuffle is at least as extreme as what was found within an interval around `found`, bounded by where the two
    lines cross; of those bounds the quantiles on either side bound the result.
    """
    keep = np.abs(of_unit) < 1 - 1e-9  # a shuffle that changes nothing is as extreme whatever d is
    near, far = of_outcome[keep], of_unit[keep]
    rejected = int(np.ceil((1 - LEVEL) * (len(of_unit) + 1))) - int((~keep).sum()) - 1
    if rejected < 1:
        return None
    crossings = np.stack([(found - near) / (1 - far), (found + near) / (1 + far)])
    lower, upper = np.sort(crossings.min(axis=0)), np.sort(crossings.max(axis=0))
    return float(lower[rejected - 1]), float(upper[-rejected])

"""Intervals that a referee would accept: of means, and of the coefficients of a regression.

Plain functions over numbers. Every interval is a 95 % interval from Student's t, unless it says otherwise:

- one mean: s / sqrt(n), n - 1 degrees of freedom;
- two means: Welch, B. L. (1947), "The generalization of Student's problem", Biometrika 34, 28-35;
- a regression with one row per body: HC3, MacKinnon, J. G. and White, H. (1985), "Some heteroskedasticity-consistent
  covariance matrix estimators", Journal of Econometrics 29, 305-325;
- a regression with several rows per body: CR1, Cameron, A. C. and Miller, D. L. (2015), "A practitioner's guide to
  cluster-robust inference", Journal of Human Resources 50, 317-372, equations 10 to 12.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """An estimate, its standard error and its interval; all but `value` are None where too few values have none."""

    value: float
    standard_error: float | None = None
    lower: float | None = None
    upper: float | None = None

    @classmethod
    def with_t(cls, value: float, standard_error: float, freedom: float) -> "Estimate":
        """Return an estimate with the interval of Student's t; without one where the error or its degrees tell nothing."""
        if not (freedom > 0 and np.isfinite(freedom) and np.isfinite(standard_error)):
            return cls(value)
        from scipy.special import stdtrit  # only a release needs it

        reach = float(stdtrit(freedom, (1 + LEVEL) / 2)) * standard_error
        return cls(value, standard_error, value - reach, value + reach)


def mean(values: ArrayLike) -> Estimate:
    """Return the mean of values that do not depend on each other; without an interval for fewer than two."""
    given = np.asarray(values, dtype=float)
    if len(given) < 2:
        return Estimate(float(given.mean()))
    return Estimate.with_t(
        float(given.mean()), float(given.std(ddof=1)) / len(given) ** 0.5, float(len(given) - 1)
    )


def difference_of_means(first: ArrayLike, second: ArrayLike) -> Estimate:
    """Return the mean of `first` minus that of `second`, with Welch's interval; both need two values or more."""
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    shares = np.array([one.var(ddof=1) / len(one) for one in (a, b)])
    freedom = shares.sum() ** 2 / (shares**2 / np.array([len(a) - 1, len(b) - 1])).sum()
    return Estimate.with_t(float(a.mean() - b.mean()), float(shares.sum() ** 0.5), float(freedom))


def regression(
    outcome: ArrayLike, *regressors: ArrayLike, clusters: Sequence[Any] | NDArray[Any] | None = None
) -> list[Estimate]:
    """Return the coefficients of a regression of `outcome` on a constant and `regressors`, the constant first.

    With `clusters` (the body of each row) CR1 and t with one degree less than there are clusters, else HC3 and t with
    n - k degrees. Raises ValueError where the regressors do not tell their coefficients apart.
    """
    y = np.asarray(outcome, dtype=float)
    x = np.column_stack([np.ones(len(y)), *(np.asarray(each, dtype=float) for each in regressors)])
    rows, columns = x.shape
    if np.linalg.matrix_rank(x) < columns:
        raise ValueError(
            f"expected {columns} coefficients that differ, found regressors that repeat each other"
        )
    bread = np.linalg.inv(x.T @ x)
    coefficients = bread @ x.T @ y
    left = y - x @ coefficients
    if clusters is None:
        leverage = np.einsum("ij,jk,ik->i", x, bread, x)
        with np.errstate(
            invalid="ignore", divide="ignore"
        ):  # a row that alone decides a coefficient has no error
            meat = (x.T * (left / (1 - leverage)) ** 2) @ x
        freedom = rows - columns
    else:
        names, places = np.unique(np.asarray(clusters), return_inverse=True)
        scores = np.zeros((len(names), columns))
        np.add.at(scores, places, x * left[:, None])
        freedom = len(names) - 1
        meat = scores.T @ scores * (len(names) / freedom) * ((rows - 1) / (rows - columns))
    errors = np.sqrt(np.diag(bread @ meat @ bread))
    return [
        Estimate.with_t(float(value), float(error), float(freedom))
        for value, error in zip(coefficients, errors, strict=True)
    ]


def intraclass_correlation(values: ArrayLike, bodies: Sequence[Any] | NDArray[Any]) -> float:
    """Return how alike the values of one body are: ICC(1) of a one-way analysis of variance, unequal sizes allowed.

    Source: Donner, A. (1986), "A review of inference procedures for the intraclass correlation coefficient in the
    one-way random effects model", International Statistical Review 54, 67-82. Bodies with one value count as well.
    """
    given = np.asarray(values, dtype=float)
    names, places = np.unique(np.asarray(bodies), return_inverse=True)
    sizes = np.bincount(places).astype(float)
    means = np.bincount(places, weights=given) / sizes
    between = (sizes * (means - given.mean()) ** 2).sum() / (len(names) - 1)
    within = ((given - means[places]) ** 2).sum() / (len(given) - len(names))
    size = (len(given) - (sizes**2).sum() / len(given)) / (len(names) - 1)
    return float((between - within) / (between + (size - 1) * within))

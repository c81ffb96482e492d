"""Intervals against statsmodels, which shares no code with ours, and against cases worked out by hand.

It takes seconds to import, so only the tests that compare with it do so, not every process that collects this file.
"""

from types import ModuleType

import numpy as np
import pytest

from assets.statistics import intervals

NEAR = 1e-6


@pytest.fixture(scope="module", name="sm")
def statsmodels() -> ModuleType:
    """Return what statsmodels offers."""
    import statsmodels.api as sm

    return sm


def sample(seed: int, bodies: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return outcome, cohort, baseline and body of made-up scores: one to four scores per body."""
    random = np.random.default_rng(seed)
    body = np.repeat(np.arange(bodies), random.integers(1, 5, bodies))
    cohort = (body % 3 == 0).astype(float)
    baseline = random.normal(2.4, 0.4, len(body)) + random.normal(0, 0.3, bodies)[body]
    outcome = (
        0.1 * cohort - 0.2 * baseline + random.normal(0, 0.2, bodies)[body] + random.normal(0, 0.1, len(body))
    )
    return outcome, cohort, baseline, body


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("clustered", [False, True])
def test_a_regression_agrees_with_statsmodels(
    sm: ModuleType, seed: int, adjusted: bool, clustered: bool
) -> None:
    outcome, cohort, baseline, body = sample(seed)
    regressors = (cohort, baseline) if adjusted else (cohort,)
    x = sm.add_constant(np.column_stack(regressors))
    if clustered:
        fitted = sm.OLS(outcome, x).fit(cov_type="cluster", cov_kwds={"groups": body}, use_t=True)
    else:
        fitted = sm.OLS(outcome, x).fit(cov_type="HC3", use_t=True)
    found = intervals.regression(outcome, *regressors, clusters=body if clustered else None)
    expected = zip(fitted.params, fitted.bse, *fitted.conf_int().T, strict=True)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours.value, ours.standard_error, ours.lower, ours.upper) == pytest.approx(theirs, abs=NEAR)


def test_clusters_make_the_interval_of_a_mean_wider_where_scores_of_a_body_are_alike(sm: ModuleType) -> None:
    outcome, *_, body = sample(4)
    (clustered,) = intervals.regression(outcome, clusters=body)
    fitted = sm.OLS(outcome, np.ones(len(outcome))).fit(
        cov_type="cluster", cov_kwds={"groups": body}, use_t=True
    )
    assert (clustered.lower, clustered.upper) == pytest.approx(tuple(fitted.conf_int()[0]), abs=NEAR)
    assert clustered.standard_error > intervals.mean(outcome).standard_error


def test_a_mean_and_a_difference_of_means_agree_with_statsmodels(sm: ModuleType) -> None:
    outcome, cohort, *_ = sample(5)
    one = intervals.mean(outcome)
    assert (one.lower, one.upper) == pytest.approx(sm.stats.DescrStatsW(outcome).tconfint_mean(), abs=NEAR)
    sides = outcome[cohort == 1], outcome[cohort == 0]
    both = intervals.difference_of_means(*sides)
    theirs = sm.stats.CompareMeans(*map(sm.stats.DescrStatsW, sides)).tconfint_diff(usevar="unequal")
    assert (both.lower, both.upper) == pytest.approx(theirs, abs=NEAR)


def test_one_value_has_a_mean_and_no_interval() -> None:
    assert intervals.mean([2.0]) == intervals.Estimate(2.0)


def test_regressors_that_repeat_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="regressors that repeat each other"):
        intervals.regression([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])


def test_scores_that_are_the_same_within_each_body_are_wholly_alike() -> None:
    assert intervals.intraclass_correlation([1, 1, 2, 2, 5, 5], list("aabbcc")) == 1
    assert intervals.intraclass_correlation([1, 3, 1, 3, 1, 3], list("aabbcc")) == pytest.approx(-1)


def test_likeness_is_that_of_the_analysis_of_variance(sm: ModuleType) -> None:
    outcome, *_, body = sample(6)
    groups = sm.add_constant(np.equal.outer(body, np.unique(body)[1:]).astype(float))
    fitted = sm.OLS(outcome, groups).fit()
    sizes = np.bincount(body)
    size = (len(body) - (sizes**2).sum() / len(body)) / (len(sizes) - 1)
    between, within = fitted.ess / (len(sizes) - 1), fitted.mse_resid
    expected = (between - within) / (between + (size - 1) * within)
    assert intervals.intraclass_correlation(outcome, body) == pytest.approx(expected, abs=NEAR)


def test_what_tells_nothing_of_its_error_has_no_interval() -> None:
    (_, found) = intervals.regression([1.0, 3.0], [0.0, 1.0])
    assert (found.value, found.lower, found.upper) == (pytest.approx(2), None, None)

"""Permutation intervals: against every shuffle of a small case, against known spreads, and always the same."""

from itertools import combinations, product

import numpy as np
import pytest

from assets.statistics import intervals, permutation


def share_as_extreme(outcome: np.ndarray, cohort: np.ndarray, difference: float) -> float:
    """Return the share of all ways to choose the cohort in which the difference is at least as extreme."""
    left = outcome - difference * cohort
    size = int(cohort.sum())

    def apart(chosen: list[int]) -> float:
        mask = np.zeros(len(left), dtype=bool)
        mask[chosen] = True
        return abs(left[mask].mean() - left[~mask].mean())

    seen = apart([int(i) for i in np.flatnonzero(cohort)])
    every = [apart(list(chosen)) for chosen in combinations(range(len(left)), size)]
    return float(np.mean([one >= seen - 1e-12 for one in every]))


def test_the_ends_are_where_a_test_over_every_shuffle_begins_to_reject() -> None:
    random = np.random.default_rng(7)
    cohort = np.array([1.0] * 5 + [0.0] * 9)
    outcome = random.normal(0, 1, 14) + 2 * cohort
    lower, upper = permutation.difference(outcome, cohort)
    reach = (upper - lower) / 10
    for end, inwards in ((lower, reach), (upper, -reach)):
        assert share_as_extreme(outcome, cohort, end + inwards) > 0.05
        assert share_as_extreme(outcome, cohort, end - inwards) < 0.05


def test_the_ends_of_a_change_are_where_a_test_over_every_sign_begins_to_reject() -> None:
    changes = np.array([0.4, 1.1, -0.2, 0.9, 0.6, 1.4, 0.3, 0.8])

    def share(mean: float) -> float:
        left = changes - mean
        every = [abs((left * signs).mean()) for signs in product((-1, 1), repeat=len(left))]
        return float(np.mean([one >= abs(left.mean()) - 1e-12 for one in every]))

    lower, upper = permutation.change(changes)
    reach = (upper - lower) / 10
    for end, inwards in ((lower, reach), (upper, -reach)):
        assert share(end + inwards) > 0.05 > share(end - inwards)


def test_with_many_bodies_of_the_same_spread_it_is_the_interval_of_students_t() -> None:
    random = np.random.default_rng(8)
    cohort = np.array([1.0, 0.0] * 60)
    baseline = random.normal(50, 10, 120)
    outcome = 0.3 * baseline + 4 * cohort + random.normal(0, 5, 120)
    adjusted = intervals.regression(outcome, cohort, baseline)[1]
    assert permutation.difference(outcome, cohort, baseline) == pytest.approx(
        (adjusted.lower, adjusted.upper), abs=0.4
    )


def test_the_same_scores_give_the_same_interval() -> None:
    outcome, cohort = np.arange(12.0) ** 1.5, np.array([1.0, 0.0, 0.0] * 4)
    first = permutation.difference(outcome, cohort)
    permutation.difference(outcome[:9], cohort[:9])
    assert permutation.difference(outcome, cohort) == first


def test_too_few_bodies_have_no_interval() -> None:
    assert permutation.change([1.0, 2.0, 3.0, 4.0, 5.0]) is None
    assert permutation.difference([1.0, 2.0, 4.0], [1.0, 0.0, 0.0]) is None

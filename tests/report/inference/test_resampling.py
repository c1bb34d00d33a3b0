"""McNemar's exact test and the BCa bootstrap: known values, and how often an interval holds the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from report.inference.resampling import bootstrap_intervals, mcnemar_p


@pytest.mark.parametrize(("first", "second", "expected"), [(5, 0, 2 / 32), (1, 5, 14 / 64), (4, 4, 1.0), (0, 0, 1.0)])
def test_mcnemar_p_is_counted_by_hand(first: int, second: int, expected: float) -> None:
    """Five to nothing is 2 of 32 outcomes, one to five 2 x (1 + 6) of 64; equal counts and none at all say nothing."""
    assert mcnemar_p(first, second) == pytest.approx(expected)
    assert mcnemar_p(second, first) == mcnemar_p(first, second)


def test_mcnemar_p_is_the_binomial_test() -> None:
    """Also where the counts are those of real classifiers, which agree on most of 10,000 images."""
    for first, second in ((300, 350), (612, 480), (1, 0), (900, 10)):
        assert mcnemar_p(first, second) == pytest.approx(stats.binomtest(first, first + second).pvalue, rel=1e-9)


def test_intervals_are_those_of_scipy() -> None:
    """On skewed differences both BCa intervals agree to a tenth of their width; a plain symmetric one would not."""
    values = np.random.default_rng(3).exponential(1.0, 60)
    (found,) = bootstrap_intervals(values[:, None])
    other = stats.bootstrap((values,), np.mean, n_resamples=9999, rng=np.random.default_rng(4)).confidence_interval
    width = other.high - other.low
    assert (found.low, found.high) == (pytest.approx(other.low, abs=width / 10), pytest.approx(other.high, abs=width / 10))
    mean = values.mean()
    assert found.high - mean > 1.1 * (mean - found.low)
    assert found.basis == "images"


def test_a_column_does_not_depend_on_its_neighbours() -> None:
    """The draws are the same for every column and every call, whatever else is resampled with it."""
    values = np.random.default_rng(5).normal(0.0, 1.0, (200, 3))
    together = bootstrap_intervals(values)
    (alone,) = bootstrap_intervals(values[:, 1:2])
    assert (alone.low, alone.high) == (pytest.approx(together[1].low), pytest.approx(together[1].high))


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Over 400 samples of skewed differences with mean 0 the share stays within 4.5 standard errors of 95 %."""
    studies = 400
    values = np.random.default_rng(6).exponential(1.0, (150, studies)) - 1.0
    held = sum(interval.low <= 0.0 <= interval.high for interval in bootstrap_intervals(values)) / studies
    assert abs(held - 0.95) <= 4.5 * math.sqrt(0.95 * 0.05 / studies)


def test_equal_differences_have_an_interval_without_width() -> None:
    """Nothing varies from image to image, so nothing is made up."""
    (found,) = bootstrap_intervals(np.full((50, 1), 0.25))
    assert (found.low, found.high) == (pytest.approx(0.25), pytest.approx(0.25))

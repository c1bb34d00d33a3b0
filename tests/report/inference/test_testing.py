"""The tests of a mean against a region: known values; error rates stand in ``claims/test_error_rates.py``."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from report.inference.testing import ALPHA, Region, Sample, holm, inside_p, outside_p, seeds_needed

REGION = Region(-1.0, 1.0)
SAMPLE = Sample((0.2, -0.1, 0.4, 0.15, 0.3), REGION)


def test_p_values_are_those_of_scipy() -> None:
    """Equivalence is the larger of two one-sided t tests, refutation twice the smaller of their complements."""
    low = stats.ttest_1samp(SAMPLE.values, -1.0, alternative="greater").pvalue
    high = stats.ttest_1samp(SAMPLE.values, 1.0, alternative="less").pvalue
    assert inside_p(SAMPLE) == pytest.approx(max(low, high))
    far = Sample((1.8, 2.1, 2.4), REGION)
    assert outside_p(far) == pytest.approx(2 * stats.ttest_1samp(far.values, 1.0, alternative="greater").pvalue)
    assert outside_p(Sample(far.values, Region(high=1.0))) == pytest.approx(outside_p(far) / 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    """Adjusted values are at least the raw ones, at most 1, in the same order; the smallest is multiplied by their number."""
    adjusted = holm(p_values)
    assert all(raw <= new <= 1 for raw, new in zip(p_values, adjusted, strict=True))
    assert min(adjusted) == pytest.approx(min(1, len(p_values) * min(p_values)))
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    assert all(adjusted[a] <= adjusted[b] for a, b in pairwise(order))


def test_projected_seeds_decide_and_one_fewer_does_not() -> None:
    """The projection is the first n whose tests, with mean and spread as observed, reach the level."""
    wide = Sample((0.9, -0.7, 0.5, 1.3), REGION)
    needed = seeds_needed([wide])
    assert needed is not None
    mean, sd = float(np.mean(wide.values)), float(np.std(wide.values, ddof=1))

    def shown(n: int) -> bool:
        return mean + stats.t.ppf(1 - ALPHA, n - 1) * sd / math.sqrt(n) <= 1.0

    assert (shown(needed), shown(needed - 1)) == (True, False)
    at_bound = Sample((0.9, 1.1), REGION)
    assert seeds_needed([at_bound]) is None

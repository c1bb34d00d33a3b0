"""The tests of a mean against a region, and of a published value against one more run: known values by other means."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from report.inference.projection import seeds_needed
from report.inference.statistics import summarise
from report.inference.testing import (
    ALPHA,
    Draw,
    Region,
    Sample,
    against_p,
    all_inside_p,
    any_outside_p,
    difference_p,
    holm,
    inside_p,
    mcnemar_p,
    one_more_p,
    outside_p,
    prediction_reach,
)

REGION = Region(-1.0, 1.0)
SAMPLE = Sample((0.2, -0.1, 0.4, 0.15, 0.3), REGION)
FAR = Sample((1.8, 2.1, 2.4), REGION)


def test_p_values_are_those_of_scipy() -> None:
    """Equivalence is the larger of two one-sided t tests, refutation twice the smaller of their complements."""
    low = stats.ttest_1samp(SAMPLE.values, -1.0, alternative="greater").pvalue
    high = stats.ttest_1samp(SAMPLE.values, 1.0, alternative="less").pvalue
    assert inside_p(SAMPLE.moments) == pytest.approx(max(low, high))
    assert outside_p(FAR.moments) == pytest.approx(2 * stats.ttest_1samp(FAR.values, 1.0, alternative="greater").pvalue)
    below = Sample((-1.8, -2.1, -2.4), REGION)
    assert outside_p(below.moments) == pytest.approx(outside_p(FAR.moments))
    half = Sample(FAR.values, Region(high=1.0))
    assert outside_p(half.moments) == pytest.approx(outside_p(FAR.moments) / 2)
    assert outside_p(Sample(FAR.values, Region()).moments) == 1.0
    assert outside_p(SAMPLE.moments) == 1.0


def test_all_parts_are_needed_for_and_one_is_enough_against() -> None:
    """The largest P value speaks for all, the smallest times their number against one of them."""
    parts = [SAMPLE.moments, FAR.moments]
    assert all_inside_p(parts) == inside_p(FAR.moments)
    assert any_outside_p(parts) == pytest.approx(2 * outside_p(FAR.moments))
    assert any_outside_p([SAMPLE.moments] * 3) == 1.0


def test_a_published_value_is_predicted_with_the_spread_of_runs() -> None:
    """Three seeds 1, 2, 3 and one run: t(0.975; 2) x sqrt(1 + 1/3) = 4.968; five runs behind the value narrow it."""
    sample = Sample((1.0, 2.0, 3.0), REGION, Draw(5.0, 0.0))
    one = sample.moments
    assert prediction_reach(one) == pytest.approx(4.302653 * math.sqrt(4 / 3), rel=1e-6)
    assert one_more_p(one) == pytest.approx(2 * stats.t.sf(3 / math.sqrt(4 / 3), 2))
    five = replace(one, draw=Draw(5.0, 0.0, 5))
    assert prediction_reach(five) == pytest.approx(4.302653 * math.sqrt(1 / 5 + 1 / 3), rel=1e-6)
    assert prediction_reach(SAMPLE.moments) is None
    assert one_more_p(SAMPLE.moments) is None


@pytest.mark.parametrize("side", [-1, 1])
def test_a_value_on_the_edge_of_the_prediction_interval_is_at_the_level(side: int) -> None:
    """Interval and P value are one: at the reach p is 0.05, and rounding moves both alike."""
    for half_unit in (0.0, 0.25):
        free = Sample((1.0, 2.0, 4.0, 3.0), REGION, Draw(0.0, half_unit)).moments
        reach = prediction_reach(free)
        assert reach is not None
        assert one_more_p(replace(free, draw=Draw(2.5 + side * reach, half_unit))) == pytest.approx(0.05)
    near = replace(free, draw=Draw(2.5 + side * 0.2, 0.25))
    assert one_more_p(near) == 1.0


def test_against_takes_both_tests() -> None:
    """Far outside the tolerance but one more run: not refuted; the larger P value counts, whichever it is."""
    wide = Sample((3.0, 5.0, 7.0, 4.0), REGION, Draw(0.0, 0.0)).moments
    assert against_p([wide]) == one_more_p(wide) > outside_p(wide)
    narrow = Sample((1.2, 1.3, 1.1, 1.25), REGION, Draw(0.0, 0.0)).moments
    assert against_p([narrow]) == outside_p(narrow) > one_more_p(narrow)
    assert against_p([FAR.moments]) == outside_p(FAR.moments)


@pytest.mark.parametrize("values", [(1.0,), (1.0, 1.0), (1.0, 1.0 + 1e-14)])
def test_a_test_needs_values_that_differ(values: tuple[float, ...]) -> None:
    """One value, or equal ones up to rounding, have no spread to test with; two others have."""
    sample = Sample(values, REGION)
    assert not sample.testable
    assert Sample((1.0, 1.1), REGION).testable
    if len(set(values)) == 1:
        with pytest.raises(ValueError, match="differ"):
            _ = sample.moments
        with pytest.raises(ValueError, match="spread"):
            seeds_needed([sample])


def test_bounds_belong_to_the_region() -> None:
    """A mean on its bound keeps it."""
    assert [REGION.holds(value) for value in (-1.0, 1.0, 1.0 + 1e-9, -1.1)] == [True, True, False, False]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    """Adjusted values are at least the raw ones, at most 1, in the same order; the smallest is multiplied by their number."""
    adjusted = holm(p_values)
    assert all(raw <= new <= 1 for raw, new in zip(p_values, adjusted, strict=True))
    assert min(adjusted) == pytest.approx(min(1, len(p_values) * min(p_values)))
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    assert all(adjusted[a] <= adjusted[b] for a, b in pairwise(order))


def test_holm_of_known_values() -> None:
    """Four P values, the third of which is carried over the fourth; none at all are none."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()


def test_projected_seeds_decide_and_one_fewer_does_not() -> None:
    """The projection is the first n whose tests, with mean and spread as observed, reach the level."""
    wide = Sample((0.9, -0.7, 0.5, 1.3), REGION)
    needed = seeds_needed([wide])
    assert needed is not None
    mean, sd = float(np.mean(wide.values)), float(np.std(wide.values, ddof=1))

    def enough(n: int) -> bool:
        return mean + stats.t.ppf(1 - ALPHA, n - 1) * sd / math.sqrt(n) <= 1.0

    assert (enough(needed), enough(needed - 1)) == (True, False)
    at_bound = Sample((0.9, 1.1), REGION)
    assert seeds_needed([at_bound]) is None


def test_no_number_of_seeds_refutes_what_one_more_run_could_give() -> None:
    """A published value 1.5 standard deviations off, outside its tolerance: the spread of single runs does not shrink."""
    values = (0.0, 1.0, 2.0, 1.0)
    near = Sample(values, Region(2.2, 2.4), Draw(2.3, 0.0))
    assert seeds_needed([near]) is None
    assert seeds_needed([replace(near, draw=None)]) is not None
    far = Sample(values, Region(4.2, 4.4), Draw(4.3, 0.0))
    assert seeds_needed([far]) is not None
    assert seeds_needed([far]) >= seeds_needed([replace(far, draw=None)])


def test_parts_of_a_claim_share_the_level_in_a_projection() -> None:
    """Against one of two parts takes more seeds than against it alone, for both of them as many as for the harder one."""
    below, above = Sample((-0.9, 0.3, -0.8, -0.4), Region(low=0.0)), Sample((9.0, 9.5, 9.2, 8.9), Region(low=0.0))
    alone, both = seeds_needed([below]), seeds_needed([below, above])
    assert alone is not None
    assert both is not None
    assert both > alone
    small = Sample((0.9, -0.3, 0.8, 0.4), Region(low=0.0))
    assert seeds_needed([small, above]) == seeds_needed([small])


@pytest.mark.parametrize(("first", "second", "expected"), [(5, 0, 2 / 32), (1, 5, 14 / 64), (4, 4, 1.0), (0, 0, 1.0)])
def test_mcnemar_p_is_counted_by_hand(first: int, second: int, expected: float) -> None:
    """Five to nothing is 2 of 32 outcomes, one to five 2 x (1 + 6) of 64; equal counts and none at all say nothing."""
    assert mcnemar_p(first, second) == pytest.approx(expected)
    assert mcnemar_p(second, first) == mcnemar_p(first, second)


def test_mcnemar_p_is_the_binomial_test() -> None:
    """Also where the counts are those of real classifiers, which agree on most of 10,000 images."""
    for first, second in ((300, 350), (612, 480), (1, 0), (900, 10)):
        assert mcnemar_p(first, second) == pytest.approx(stats.binomtest(first, first + second).pvalue, rel=1e-9)


def test_a_difference_over_seeds_is_a_paired_t_test() -> None:
    """Two-sided; one seed, or the same difference in all, allows none."""
    values = [0.3, 0.1, 0.4, 0.25]
    assert difference_p(summarise(values)) == pytest.approx(stats.ttest_1samp(values, 0.0).pvalue)
    assert difference_p(summarise([-value for value in values])) == difference_p(summarise(values))
    assert difference_p(summarise([0.3])) is None
    assert difference_p(summarise([0.3, 0.3])) is None


def test_two_seeds_are_the_fewest_that_are_projected() -> None:
    """Where the spread is next to nothing they are enough: t with one degree of freedom is beyond 6.31 by far."""
    assert seeds_needed([Sample((1.0, 1.0001, 1.0002), Region(0.0, 2.0))]) == 2

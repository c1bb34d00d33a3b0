"""Means and intervals against values from textbooks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.inference.statistics import Interval, summarise, t_interval, wilson_interval


def test_interval_of_three_values_uses_students_t() -> None:
    """t(0.975; 2) = 4.302653: mean 2, sd 1 gives 2 plus or minus 2.48414."""
    summary = summarise([1.0, 2.0, 3.0])
    assert (summary.mean, summary.sd, summary.n) == (2.0, 1.0, 3)
    assert summary.interval is not None
    assert summary.interval.low == pytest.approx(2 - 2.484138, abs=1e-5)
    assert summary.interval.basis == "seeds"


def test_one_value_has_no_interval() -> None:
    """One seed says nothing about spread."""
    summary = summarise([0.5])
    assert (summary.sd, summary.interval) == (None, None)


def test_no_value_is_refused() -> None:
    """A mean of nothing does not exist."""
    with pytest.raises(ValueError, match="at least one"):
        summarise([])


def test_wilson_interval_matches_a_known_value() -> None:
    """81 of 263: Wilson's 95 % interval is 0.2553 to 0.3662 (Newcombe 1998)."""
    interval = wilson_interval(81 / 263, 263)
    assert (interval.low, interval.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_interval_stays_within_zero_and_one(hits: int, images: int) -> None:
    """Even where all or no images are right."""
    share = min(hits, images) / images
    interval = wilson_interval(share, images)
    assert -1e-12 <= interval.low <= share + 1e-12
    assert share - 1e-12 <= interval.high <= 1 + 1e-12


def test_large_samples_approach_the_normal_interval() -> None:
    """Over 10,000 images the t interval is 1.96 standard errors wide to each side."""
    interval = t_interval(0.0, 1.0, 10_000, "images")
    assert interval.high == pytest.approx(0.019602, abs=2e-6)


def test_two_values_have_a_spread_and_one_has_none() -> None:
    """Two are the fewest with an interval: their mean, plus or minus 12.7062 standard errors."""
    one, two = summarise([3.0]), summarise([1.0, 3.0])
    assert (one.mean, one.n, one.sd, one.interval) == (3.0, 1, None, None)
    assert (two.mean, two.n, two.sd) == (2.0, 2, pytest.approx(2**0.5))
    assert two.interval is not None
    assert (two.interval.low, two.interval.high) == (pytest.approx(2 - 12.7062, abs=1e-4), pytest.approx(2 + 12.7062, abs=1e-4))


@pytest.mark.parametrize(
    ("bounds", "shown"),
    [
        ((None, None), (0.79, 1.08)),
        ((0, 1), (0.79, 1)),
        ((None, 0.5), (0.5, 0.5)),
        ((0.9, None), (0.9, 1.08)),
        ((2, 3), (2, 2)),
    ],
)
def test_an_interval_is_cut_at_the_ends_of_a_range(
    bounds: tuple[float | None, float | None], shown: tuple[float, float]
) -> None:
    """What lies beyond is left out, and what lies all beyond becomes the nearest end."""
    found = Interval(0.79, 1.08, "seeds").within(*bounds)
    assert (found.low, found.high, found.basis) == (*shown, "seeds")

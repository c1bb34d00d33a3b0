"""Tests of a mean over seeds against a region: shown inside, shown outside, corrected for many claims, and the seeds needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

from report.inference.statistics import summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from report.inference.statistics import Summary

ALPHA = 0.05
MOST_SEEDS = 1000  # a study that would need more is not one that anybody repeats
_FEWEST = 2  # values without which no spread is known
_ROUNDING = 1e-12  # relative: what is left of a difference of equal numbers


@dataclass(frozen=True, slots=True)
class Region:
    """Where a mean has to lie, bounds included; an infinite bound is none."""

    low: float = -math.inf
    high: float = math.inf

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies in the region."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Sample:
    """One value a seed, independent and about normal, and the region that their mean is claimed to lie in."""

    values: tuple[float, ...]
    region: Region

    @property
    def testable(self) -> bool:
        """Whether there is a spread to test with: two values at least, and not all the same."""
        width = max(self.values) - min(self.values)
        return len(self.values) >= _FEWEST and width > _ROUNDING * max(abs(value) for value in self.values)


def inside_p(sample: Sample) -> float:
    """P value of "the mean is not in the region": two one-sided t tests, the larger of both (Schuirmann 1987)."""
    below, above = _one_sided(sample)
    return max(below, above)


def outside_p(sample: Sample) -> float:
    """P value of "the mean is in the region": the smaller of the one-sided t tests, times the number of finite bounds."""
    below, above = _one_sided(sample)
    found = [1 - p for p, bound in ((below, sample.region.low), (above, sample.region.high)) if math.isfinite(bound)]
    return min(1.0, len(found) * min(found)) if found else 1.0


def all_inside_p(samples: Sequence[Sample]) -> float:
    """P value of "some mean is not in its region": all have to be shown (intersection-union test, Berger 1982)."""
    return max(inside_p(sample) for sample in samples)


def any_outside_p(samples: Sequence[Sample]) -> float:
    """P value of "every mean is in its region", Bonferroni over the samples."""
    return min(1.0, len(samples) * min(outside_p(sample) for sample in samples))


def difference_p(summary: Summary) -> float | None:
    """P value of "the mean difference is 0", two-sided paired t test; None where one seed, or no spread, allows no test."""
    if summary.sd is None or summary.sd <= _ROUNDING * abs(summary.mean):
        return None
    return 2 * float(stdtr(summary.n - 1, -abs(summary.mean) * math.sqrt(summary.n) / summary.sd))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P values adjusted for testing all of them, in the order given (Holm 1979)."""
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda one: p_values[one])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return tuple(adjusted)


def seeds_needed(samples: Sequence[Sample]) -> int | None:
    """The fewest seeds with which means and spreads as observed would decide, for or against; None beyond ``MOST_SEEDS``.

    A projection from the samples at hand, without correction for other claims. Raises ValueError where one has no spread.
    """
    if not all(sample.testable for sample in samples):
        raise ValueError("without a spread no number of seeds can be projected")
    seeds, one_sided, two_sided = _reaches()
    inside, outside = np.ones(len(seeds), dtype=bool), np.zeros(len(seeds), dtype=bool)
    for sample in samples:
        found, region = summarise(sample.values), sample.region
        reach = one_sided * (found.sd or 0.0)
        inside &= (region.low <= found.mean - reach) & (found.mean + reach <= region.high)
        reach = two_sided * (found.sd or 0.0)
        outside |= (found.mean + reach < region.low) | (found.mean - reach > region.high)
    deciding = seeds[inside | outside]
    return int(deciding[0]) if len(deciding) else None


@cache
def _reaches() -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Every number of seeds, and how many standard deviations its one- and two-sided bound lies from the mean."""
    seeds = np.arange(_FEWEST, MOST_SEEDS + 1)
    one_sided, two_sided = (stdtrit(seeds - 1, 1 - part) / np.sqrt(seeds) for part in (ALPHA, ALPHA / 2))
    return seeds, one_sided, two_sided


def _one_sided(sample: Sample) -> tuple[float, float]:
    """P values of "the mean is at most the low bound" and of "the mean is at least the high bound"; 0 without a bound."""
    found = summarise(sample.values)
    if found.sd is None or found.sd == 0:
        raise ValueError("a test needs values that differ")
    error = found.sd / math.sqrt(found.n)
    region = sample.region
    below = float(stdtr(found.n - 1, (region.low - found.mean) / error)) if math.isfinite(region.low) else 0.0
    above = float(stdtr(found.n - 1, (found.mean - region.high) / error)) if math.isfinite(region.high) else 0.0
    return below, above

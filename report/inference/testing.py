"""Tests of a mean over seeds: within a region, outside it, one more run; corrected for many claims. All take arrays, too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy.special import bdtr, stdtr, stdtrit

from report.inference.statistics import LEVEL, summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from report.inference.statistics import Summary

ALPHA = 0.05
_FEWEST = 2  # values without which no spread is known
_ROUNDING = 1e-12  # relative: what is left of a difference of equal numbers
Numbers: TypeAlias = "float | NDArray[np.float64]"
Counts: TypeAlias = "int | NDArray[np.int64]"


@dataclass(frozen=True, slots=True)
class Region:
    """Where a mean has to lie, bounds included; an infinite bound is none."""

    low: float = -math.inf
    high: float = math.inf

    def holds(self, value: float) -> bool:
        """Whether ``value`` lies in the region."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Draw:
    """A published value as a draw: the mean of ``runs`` runs, rounded by up to ``half_unit``."""

    value: Numbers
    half_unit: float
    runs: int = 1


@dataclass(frozen=True, slots=True)
class Moments:
    """What a test needs of a sample: mean, standard deviation and number of seeds, the bounds claimed, and a published draw."""

    mean: Numbers
    sd: Numbers
    n: Counts
    low: Numbers
    high: Numbers
    draw: Draw | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One value a seed, independent and about normal, and the region that their mean is claimed to lie in.

    ``draw`` is the published value where the claim says that both are the same.
    """

    values: tuple[float, ...]
    region: Region
    draw: Draw | None = None

    @property
    def testable(self) -> bool:
        """Whether there is a spread to test with: two values at least, and not all the same."""
        width = max(self.values) - min(self.values)
        return len(self.values) >= _FEWEST and width > _ROUNDING * max(abs(value) for value in self.values)

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return summarise(self.values).mean

    @property
    def moments(self) -> Moments:
        """What the tests take of it; raises ValueError where there is no spread."""
        found = summarise(self.values)
        if found.sd is None or found.sd == 0:
            raise ValueError("a test needs values that differ")
        return Moments(found.mean, found.sd, found.n, self.region.low, self.region.high, self.draw)


def inside_p(of: Moments) -> Numbers:
    """P value of "the mean is not between the bounds": two one-sided t tests, the larger of both (Schuirmann 1987)."""
    error = of.sd / np.sqrt(of.n)
    found: Numbers = np.maximum(stdtr(of.n - 1, (of.low - of.mean) / error), stdtr(of.n - 1, (of.mean - of.high) / error))
    return found


def outside_p(of: Moments) -> Numbers:
    """P value of "the mean is between the bounds": the smaller of both one-sided t tests, times the number of finite bounds."""
    error = of.sd / np.sqrt(of.n)
    smaller = np.minimum(stdtr(of.n - 1, (of.mean - of.low) / error), stdtr(of.n - 1, (of.high - of.mean) / error))
    count = np.isfinite(of.low).astype(int) + np.isfinite(of.high)
    found: Numbers = np.where(count > 0, np.minimum(1.0, count * smaller), 1.0)
    return found


def one_more_p(of: Moments) -> Numbers | None:
    """P value of "the published value is one more draw of what the seeds are drawn from", two-sided, its rounding allowed for.

    None where the claim is not about a published value. The prediction interval at 1 - p just reaches the value.
    """
    if of.draw is None:
        return None
    beyond = np.maximum(0.0, np.abs(of.draw.value - of.mean) - of.draw.half_unit)
    return 2 * np.asarray(stdtr(of.n - 1, -beyond / (of.sd * _prediction_error(of.n, of.draw))), dtype=np.float64)


def prediction_reach(of: Moments) -> Numbers | None:
    """Half the width of the 95 % prediction interval around the mean, widened by what rounding may hide; None as above."""
    if of.draw is None:
        return None
    quantile = np.asarray(stdtrit(of.n - 1, 0.5 + LEVEL / 2), dtype=np.float64)
    return quantile * of.sd * _prediction_error(of.n, of.draw) + of.draw.half_unit


def all_inside_p(parts: Sequence[Moments]) -> Numbers:
    """P value of "some mean is not in its region": all have to be shown (intersection-union test, Berger 1982)."""
    return reduce(np.maximum, map(inside_p, parts))


def any_outside_p(parts: Sequence[Moments]) -> Numbers:
    """P value of "every mean is in its region", Bonferroni over the parts."""
    found: Numbers = np.minimum(1.0, len(parts) * reduce(np.minimum, map(outside_p, parts)))
    return found


def against_p(parts: Sequence[Moments]) -> Numbers:
    """P value against a claim: of its means, and where it is about a published value of that being one more run, the larger."""
    one_more = [p for p in map(one_more_p, parts) if p is not None]
    return reduce(np.maximum, one_more, any_outside_p(parts))


def difference_p(summary: Summary) -> float | None:
    """P value of "the mean difference is 0", two-sided paired t test; None where one seed, or no spread, allows no test."""
    if summary.sd is None or summary.sd <= _ROUNDING * abs(summary.mean):
        return None
    return 2 * float(stdtr(summary.n - 1, -abs(summary.mean) * math.sqrt(summary.n) / summary.sd))


def mcnemar_p(first_only: int, second_only: int) -> float:
    """Exact two-sided P value of "both models err equally often", from the images that one of them alone gets right.

    Each such image falls to either side with probability 1/2 (McNemar 1947); without any, nothing speaks against it.
    """
    discordant = first_only + second_only
    if discordant == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(first_only, second_only), discordant, 0.5)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P values adjusted for testing all of them, in the order given (Holm 1979)."""
    return tuple(float(p) for p in holm_each(np.asarray(p_values, dtype=np.float64)))


def holm_each(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for many families at once: the last axis of ``p_values`` is a family."""
    order = np.argsort(p_values, axis=-1, kind="stable")
    family = p_values.shape[-1]
    scaled = np.minimum(1.0, np.take_along_axis(p_values, order, axis=-1) * np.arange(family, 0, -1))
    adjusted = np.empty_like(scaled)
    np.put_along_axis(adjusted, order, np.maximum.accumulate(scaled, axis=-1), axis=-1)
    return adjusted


def _prediction_error(n: Counts, draw: Draw) -> Numbers:
    """Standard error of the difference of both means, in standard deviations of one run."""
    found: Numbers = np.sqrt(1 / draw.runs + 1 / n)
    return found

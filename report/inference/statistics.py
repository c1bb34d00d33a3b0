"""Mean, spread and 95 % intervals: Student's t over seeds or images, Wilson for one run's proportion."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from scipy.special import ndtri, stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95
Basis = Literal["seeds", "images", "none"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval and what it varies over: seeds, or the test images of one run."""

    low: float
    high: float
    basis: Basis

    def within(self, least: float | None, most: float | None) -> Interval:
        """The part of it between two bounds, of which None is none: no share is above 1, whatever a t interval reaches."""
        low, high = (-math.inf if least is None else least, math.inf if most is None else most)
        return replace(self, low=min(max(self.low, low), high), high=max(min(self.high, high), low))


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean over ``n`` seeds, sample standard deviation (None for one seed) and interval (None where unknown)."""

    mean: float
    n: int
    sd: float | None = None
    interval: Interval | None = None


def summarise(values: Sequence[float]) -> Summary:
    """Mean, standard deviation and t interval over seeds; one value has neither spread nor interval.

    Raises ValueError without a value.
    """
    if not values:
        raise ValueError("a summary needs at least one value")
    n = len(values)
    mean = math.fsum(values) / n
    if n == 1:
        return Summary(mean, 1)
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    return Summary(mean, n, sd, t_interval(mean, sd, n, "seeds"))


def t_interval(mean: float, sd: float, n: int, basis: Basis) -> Interval:
    """Student's t interval of a mean from its sample standard deviation over ``n`` at least 2 values."""
    half = float(stdtrit(n - 1, 0.5 + LEVEL / 2)) * sd / math.sqrt(n)
    return Interval(mean - half, mean + half, basis)


def wilson_interval(proportion: float, n: int) -> Interval:
    """Wilson score interval of a proportion in [0, 1] counted on ``n`` images (Wilson 1927)."""
    z = float(ndtri(0.5 + LEVEL / 2))
    scale = 1 + z * z / n
    centre = (proportion + z * z / (2 * n)) / scale
    half = z * math.sqrt(proportion * (1 - proportion) / n + z * z / (4 * n * n)) / scale
    return Interval(centre - half, centre + half, "images")

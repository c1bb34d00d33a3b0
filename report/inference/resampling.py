"""Exact and resampled statistics of paired test images: McNemar's test, and BCa bootstrap intervals of mean differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import bdtr, ndtr, ndtri

from report.inference.statistics import LEVEL, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 2000  # a bound then scatters by 6 % of the mean's standard error
_BATCH = 50  # resamples at a time: 4 MB of counts for 10,000 images
_SEED = 0  # the resamples are part of the method: the same records give the same report


def mcnemar_p(first_only: int, second_only: int) -> float:
    """Exact two-sided P value of "both models err equally often", from the images that one of them alone gets right.

    Each such image falls to either side with probability 1/2 (McNemar 1947); without any, nothing speaks against it.
    """
    discordant = first_only + second_only
    if discordant == 0:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(first_only, second_only), discordant, 0.5)))


def bootstrap_intervals(differences: NDArray[np.float64]) -> tuple[Interval, ...]:
    """95 % BCa interval (Efron 1987) of the mean of each column of ``differences``, (images, columns), over images.

    All columns are resampled with the same draws of images, so that a column more costs next to nothing.
    """
    means = differences.mean(axis=0)
    replicates = _resampled_means(differences)
    below = ((replicates < means).sum(axis=0) + (replicates <= means).sum(axis=0)) / (2 * RESAMPLES)
    bias = ndtri(np.clip(below, 0.5 / RESAMPLES, 1 - 0.5 / RESAMPLES))
    acceleration = _acceleration(differences - means)
    bounds = []
    for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        shifted = bias + ndtri(tail)
        shares = ndtr(bias + shifted / (1 - acceleration * shifted))
        bounds.append([float(np.quantile(column, share)) for column, share in zip(replicates.T, shares, strict=True)])
    return tuple(Interval(low, high, "images") for low, high in zip(*bounds, strict=True))


def _resampled_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of the columns over ``RESAMPLES`` draws of the rows with replacement, (resamples, columns)."""
    rows = len(values)
    random = np.random.default_rng(_SEED)
    means = []
    for start in range(0, RESAMPLES, _BATCH):
        batch = min(_BATCH, RESAMPLES - start)
        drawn = random.integers(0, rows, (batch, rows)) + rows * np.arange(batch)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=batch * rows).reshape(batch, rows)
        means.append(counts.astype(np.float64) @ values / rows)
    return np.concatenate(means)


def _acceleration(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Skewness of the jackknife means over 6; 0 for a column whose values are all the same."""
    spread = (centred**2).sum(axis=0) ** 1.5
    found: NDArray[np.float64] = (centred**3).sum(axis=0) / (6 * np.where(spread > 0, spread, 1.0))
    return found

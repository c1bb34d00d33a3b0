"""How many seeds a claim that is still open would take, were mean and spread to stay as observed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from report.inference.testing import ALPHA, inside_p, one_more_p, outside_p

if TYPE_CHECKING:
    from collections.abc import Sequence

    from report.inference.testing import Moments, Numbers, Sample

MOST_SEEDS = 1000  # a study that would need more is not one that anybody repeats
_FEWEST = 2  # values without which no spread is known


def seeds_needed(samples: Sequence[Sample]) -> int | None:
    """The fewest seeds with which means and spreads as observed would decide, for or against; None beyond ``MOST_SEEDS``.

    A projection from the samples at hand, without correction for other claims. Raises ValueError where one has no spread.
    """
    if not all(sample.testable for sample in samples):
        raise ValueError("without a spread no number of seeds can be projected")
    seeds = np.arange(_FEWEST, MOST_SEEDS + 1)
    inside, outside = np.ones(len(seeds), dtype=bool), np.zeros(len(seeds), dtype=bool)
    for sample in samples:
        projected = replace(sample.moments, n=seeds)
        inside &= np.asarray(inside_p(projected)) <= ALPHA
        outside |= np.maximum(len(samples) * outside_p(projected), _one_more(projected)) <= ALPHA
    deciding = seeds[inside | outside]
    return int(deciding[0]) if len(deciding) else None


def _one_more(projected: Moments) -> Numbers:
    found = one_more_p(projected)
    return 0.0 if found is None else found

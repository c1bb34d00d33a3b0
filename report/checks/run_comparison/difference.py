"""One metric of one cell in two runs: its difference, an interval, and the test of whether seeds alone explain it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from scipy import stats

from report.inference.statistics import LEVEL
from report.inference.testing import holm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

Test = Literal["same", "paired", "welch", "one_seed", "no_spread"]
_FEWEST = 2
_ROUNDING = 1e-12  # relative: what is left of a difference of equal numbers


@dataclass(frozen=True, slots=True)
class Difference:
    """Second run less first. ``test`` says how ``p`` was had: paired by seed, Welch's, or why there is none.

    ``interval`` is the 95 % one of the difference; ``p_adjusted`` is Holm's over the metrics of the experiment.
    """

    cell: tuple[str, str, str]
    n: tuple[int, int]
    means: tuple[float, float]
    test: Test
    interval: tuple[float, float] | None = None
    p: float | None = None
    p_adjusted: float | None = None

    @property
    def amount(self) -> float:
        """Mean of the second run less that of the first."""
        return self.means[1] - self.means[0]

    def facts(self) -> dict[str, JsonValue]:
        """The difference as JSON."""
        experiment, variant, metric = self.cell
        return {
            "experiment": experiment,
            "variant": variant,
            "metric": metric,
            "n": list(self.n),
            "means": list(self.means),
            "difference": self.amount,
            "interval": None if self.interval is None else list(self.interval),
            "test": self.test,
            "p": self.p,
            "p_adjusted": self.p_adjusted,
        }


def difference_of(
    cell: tuple[str, str, str], first: Mapping[int | None, float], second: Mapping[int | None, float]
) -> Difference:
    """Compare values by seed: over the seeds that both have where these are two at least, else with Welch's t test."""
    shared = [seed for seed in first if seed in second]
    if len(shared) >= _FEWEST:
        first, second = {seed: first[seed] for seed in shared}, {seed: second[seed] for seed in shared}
    a, b = list(first.values()), list(second.values())
    found = Difference(cell, (len(a), len(b)), (math.fsum(a) / len(a), math.fsum(b) / len(b)), "same")
    if first == second:
        return found
    if min(len(a), len(b)) < _FEWEST:
        return replace(found, test="one_seed")
    paired = len(shared) >= _FEWEST
    if not _spreads([y - x for x, y in zip(a, b, strict=True)] if paired else [*a, *b], a, b):
        return replace(found, test="no_spread")
    result = stats.ttest_rel(b, a) if paired else stats.ttest_ind(b, a, equal_var=False)
    interval = result.confidence_interval(LEVEL)
    bounds = (float(interval.low), float(interval.high))
    return replace(found, test="paired" if paired else "welch", interval=bounds, p=float(result.pvalue))


def adjusted(differences: Sequence[Difference]) -> list[Difference]:
    """The same with Holm's p values, each experiment a family."""
    families: dict[str, list[int]] = {}
    for index, one in enumerate(differences):
        if one.p is not None:
            families.setdefault(one.cell[0], []).append(index)
    found = list(differences)
    for indices in families.values():
        p_values = holm([differences[index].p or 0.0 for index in indices])
        for index, p in zip(indices, p_values, strict=True):
            found[index] = replace(differences[index], p_adjusted=p)
    return found


def _spreads(values: Sequence[float], first: Sequence[float], second: Sequence[float]) -> bool:
    """Whether the values differ by more than rounding leaves."""
    return max(values) - min(values) > _ROUNDING * max(abs(value) for value in (*first, *second))

"""Over thousands of simulated studies of known truth a verdict is wrong as often as allowed, and no more with more seeds.

Where a claim is about a published number, that number is drawn like one more seed: this is what a true replication is. Where it
is about means, the truths are put where an error is most likely: on a bound, with a tie where an order is claimed. A rate may
exceed its level by three binomial standard errors.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from report.inference.testing import ALPHA, Draw, Moments, against_p, all_inside_p, holm_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STUDIES = 4000
SEEDS = (3, 5, 10, 30)
TOLERANCES = (0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)  # standard deviations of a run
FAMILY = 10
DIGIT = 0.2  # a unit of the last printed digit, in standard deviations
FAR = 30.0  # shown by three seeds already, so that the other comparison alone decides
Family = "Callable[[Sequence[Moments]], NDArray[np.float64]]"


def scatter(level: float, studies: int = STUDIES) -> float:
    """Three binomial standard errors of a rate."""
    return 3 * math.sqrt(level * (1 - level) / studies)


def moments(values: NDArray[np.float64], low: object, high: object, draw: Draw | None = None) -> Moments:
    """What the tests take of values whose last axis is the seeds."""
    n = values.shape[-1]
    return Moments(values.mean(axis=-1), values.std(axis=-1, ddof=1), n, low, high, draw)  # type: ignore[arg-type]


def shown(parts: Sequence[Moments], test: object = all_inside_p) -> NDArray[np.bool_]:
    """Whether each claim is shown (or, with ``against_p``, refuted) within its family, the last axis."""
    found = test(parts)  # type: ignore[operator]
    return holm_each(np.asarray(found)) <= ALPHA


def published(rng: np.random.Generator, runs: int) -> NDArray[np.float64]:
    """Printed means of ``runs`` runs of the same protocol whose true mean is 0."""
    drawn = rng.normal(0.0, 1.0, (STUDIES, FAMILY, runs)).mean(axis=-1)
    return np.round(drawn / DIGIT) * DIGIT


def replications(seeds: int, tolerance: float, runs: int = 1, assumed: int = 1) -> tuple[Moments, NDArray[np.float64]]:
    """Families of ten true replications, and what was published of each; ``assumed`` runs are thought to be behind it."""
    rng = np.random.default_rng([seeds, round(10 * tolerance), runs])
    printed = published(rng, runs)
    draw = Draw(printed, DIGIT / 2, assumed)
    values = rng.normal(0.0, 1.0, (STUDIES, FAMILY, seeds))
    return moments(values, printed - tolerance, printed + tolerance, draw), printed


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_a_true_replication_is_seldom_refuted_or_taken_for_closer_than_it_is(seeds: int, tolerance: float) -> None:
    """In at most ALPHA of the families one of ten is refuted, and in at most ALPHA one outside its tolerance is reproduced."""
    found, printed = replications(seeds, tolerance)
    refuted = shown([found], against_p).any(axis=-1).mean()
    false = (shown([found]) & (np.abs(printed) > tolerance)).any(axis=-1).mean()
    assert refuted <= ALPHA + scatter(ALPHA)
    assert false <= ALPHA + scatter(ALPHA)


@pytest.mark.parametrize("tolerance", [0.3, 0.5, 0.7])
def test_more_seeds_refute_no_more_true_replications(tolerance: float) -> None:
    """A mean known better and better does not turn a spread of runs into a difference: 30 seeds refute as seldom as three."""
    rates = [shown([replications(seeds, tolerance)[0]], against_p).any(axis=-1).mean() for seeds in SEEDS]
    assert max(rates) - rates[0] <= 2**0.5 * scatter(ALPHA)


@pytest.mark.parametrize(("runs", "assumed"), [(5, 5), (5, 1), (2, 2)])
@pytest.mark.parametrize("seeds", SEEDS)
def test_the_runs_behind_a_published_mean_count(seeds: int, runs: int, assumed: int) -> None:
    """The mean of five runs is held to its own spread; where their number is not known, one is the careful guess."""
    found, _ = replications(seeds, 0.3, runs, assumed)
    refuted = shown([found], against_p).any(axis=-1).mean()
    assert refuted <= ALPHA + scatter(ALPHA)
    if assumed < runs:
        assert refuted < ALPHA / 2


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("seeds", SEEDS)
def test_a_mean_on_the_bound_of_its_tolerance_is_seldom_reproduced(seeds: int, side: int) -> None:
    """The worst truth for equivalence: alone it errs at ALPHA (its other bound is far), ten together no more often."""
    values = np.random.default_rng([seeds, side + 1]).normal(side, 0.02, (STUDIES, FAMILY, seeds))
    found = moments(values, -1.0, 1.0, Draw(0.0, 0.0))
    alone = np.asarray(all_inside_p([found]))[:, 0] <= ALPHA
    assert abs(alone.mean() - ALPHA) <= scatter(ALPHA)
    family = shown([found]).any(axis=-1).mean()
    least = 1 - (1 - ALPHA / FAMILY) ** FAMILY  # Bonferroni's rate: Holm is never below it
    assert least - scatter(least) <= family <= ALPHA + scatter(ALPHA)


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("true", [0, 5], ids=["all on the bound", "half on the bound"])
@pytest.mark.parametrize("test", [all_inside_p, against_p], ids=["reproduced", "refuted"])
def test_a_family_of_bounds_errs_as_rarely_as_one(seeds: int, true: int, test: object) -> None:
    """Of ten claims on a bound none is misjudged in all but ALPHA of the families, also where others are rightly shown (Holm).

    Ten independent tests at ALPHA each would err in 40 % of them.
    """
    rng = np.random.default_rng([seeds, true, test is against_p])
    clear = FAR if test is all_inside_p else -FAR
    means = np.array([clear] * true + [0.0] * (FAMILY - true))
    values = rng.normal(0.0, 1.0, (STUDIES, FAMILY, seeds)) + means[None, :, None]
    found = shown([moments(values, 0.0, math.inf)], test)
    rate = found[:, true:].any(axis=-1).mean()
    least = 1 - (1 - ALPHA / FAMILY) ** (FAMILY - true)
    assert least - scatter(least) <= rate <= ALPHA + scatter(ALPHA)
    if true and seeds > SEEDS[0]:
        assert found[:, :true].mean() > 0.99


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(
    ("means", "pairs", "test", "level"),
    [
        ((0.0, 0.0), ((0, 1),), all_inside_p, ALPHA),
        ((0.0, 0.0), ((0, 1),), against_p, ALPHA),
        ((FAR, 0.0, 0.0), ((0, 1), (1, 2)), all_inside_p, ALPHA),
        ((0.0, 0.0, 0.0), ((0, 1), (1, 2)), against_p, None),
        ((0.0, 0.0, -FAR), ((0, 1), (0, 2)), all_inside_p, ALPHA),
        ((0.0, 0.0, 0.0), ((0, 1), (0, 2)), against_p, None),
    ],
    ids=["tie", "tie refuted", "one tie of three", "three tied refuted", "first of three", "first of three refuted"],
)
def test_an_order_is_paired_by_seed_and_errs_as_allowed(
    seeds: int, means: tuple[float, ...], pairs: tuple[tuple[int, int], ...], test: object, level: float | None
) -> None:
    """An effect of the seed five times as large as the spread, common to all models, changes no rate."""
    rng = np.random.default_rng([seeds, len(means), len(pairs), test is against_p])
    values = rng.normal(0.0, 1.0, (STUDIES, len(means), seeds)) + np.array(means)[None, :, None]
    values += rng.normal(0.0, 5.0, (STUDIES, 1, seeds))
    parts = [moments((values[:, a] - values[:, b])[:, None], 0.0, math.inf) for a, b in pairs]
    rate = shown(parts, test).mean()
    assert rate <= ALPHA + scatter(ALPHA)
    if level is not None:
        assert abs(rate - level) <= scatter(level)


def test_ten_seeds_find_what_is_there() -> None:
    """A mean well within its tolerance is reproduced, one far outside it and outside the spread of runs refuted."""
    rng = np.random.default_rng(7)
    near = moments(rng.normal(0.0, 0.3, (STUDIES, 1, 10)), -1.0, 1.0, Draw(0.0, 0.0))
    far = moments(rng.normal(5.0, 0.5, (STUDIES, 1, 10)), -1.0, 1.0, Draw(0.0, 0.0))
    assert shown([near]).mean() > 0.99
    assert shown([far], against_p).mean() > 0.99
    assert shown([near], against_p).sum() == shown([far]).sum() == 0

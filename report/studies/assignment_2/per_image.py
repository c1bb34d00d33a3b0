"""AE, VAE and DAE compared two by two, seed by seed, on the test images that both have seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from report.evidence.measure import metric_reader, paired
from report.evidence.records import frame
from report.inference.statistics import t_interval
from report.inference.testing import holm, mcnemar_p
from report.studies.assignment_2.models import STUDY
from store.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from report.evidence.measure import Measurement
    from report.evidence.records import Evidence
    from report.inference.statistics import Interval
    from store.records import Stored

PAIRS = STUDY.vocabulary.model_pairs()
INPUTS = ("clean", "noisy")


@dataclass(frozen=True, slots=True)
class Duel:
    """Two models with one seed; a side is None where the run has no such task, and may have failed."""

    pair: tuple[str, str]
    seed: int
    first: Stored | None
    second: Stored | None

    @property
    def sides(self) -> tuple[Stored, ...]:
        """The records that there are, whatever their status."""
        return tuple(stored for stored in (self.first, self.second) if stored is not None)

    @property
    def complete(self) -> bool:
        """Whether both sides have a result."""
        return [stored.record.status for stored in self.sides] == ["ok", "ok"]


@dataclass(frozen=True, slots=True)
class Discordance:
    """On how many test images one classifier alone is right; P value of McNemar's exact test, alone and within its family."""

    images: int
    first_only: int
    second_only: int
    p: float
    adjusted: float

    @property
    def gap(self) -> float:
        """Accuracy of the first less that of the second, a fraction."""
        return (self.first_only - self.second_only) / self.images


@dataclass(frozen=True, slots=True)
class ErrorGap:
    """Mean over test images of the first model's error less the second's, and its interval over images."""

    mean: float
    interval: Interval


def duels(evidence: Evidence, experiment: str) -> tuple[Duel, ...]:
    """Every pair of models with every seed that either of them was run with; empty where the run has none."""
    found = []
    for pair in PAIRS:
        first, second = ({one.record.task.seed: one for one in evidence.records(experiment, model)} for model in pair)
        seeds = sorted(seed for seed in first.keys() | second.keys() if seed is not None)
        found += [Duel(pair, seed, first.get(seed), second.get(seed)) for seed in seeds]
    return tuple(found)


def accuracy_gap(evidence: Evidence, pair: tuple[str, str]) -> Measurement:
    """Test accuracy of the first model less that of the second, seed by seed, as fractions."""
    accuracy = metric_reader("test_accuracy")
    return paired(evidence, "classifier", pair, lambda first, second: accuracy(first) - accuracy(second))


def error_gap(evidence: Evidence, pair: tuple[str, str], which: str) -> Measurement:
    """Mean test error of the first model less that of the second, seed by seed, on ``clean`` or ``noisy`` input."""
    error = metric_reader(f"test_mse_per_pixel_{which}_input")
    return paired(evidence, "reconstruction", pair, lambda first, second: error(first) - error(second))


def discordances(evidence: Evidence) -> tuple[tuple[Duel, Discordance | None], ...]:
    """McNemar's test of every duel of classifiers, None where it has no result; all of them are one family."""
    fought = duels(evidence, "classifier")
    counted = [_counts(*sides) for sides in _sides(fought)]
    p_values = [mcnemar_p(first, second) for _, first, second in counted]
    tests = (Discordance(*counts, p, adjusted) for counts, p, adjusted in zip(counted, p_values, holm(p_values), strict=True))
    return tuple((duel, next(tests) if duel.complete else None) for duel in fought)


def error_gaps(evidence: Evidence) -> tuple[tuple[Duel, Mapping[str, ErrorGap]], ...]:
    """The gap of every duel with its t interval over test images, by input; empty where the duel has no result.

    Raises IntegrityError where two records are not about the same test images.
    """
    fought = duels(evidence, "reconstruction")
    found = iter([_gap(_differences(*sides, which)) for sides in _sides(fought) for which in INPUTS])
    return tuple((duel, {which: next(found) for which in INPUTS} if duel.complete else {}) for duel in fought)


def _gap(differences: NDArray[np.float64]) -> ErrorGap:
    """Mean of the differences over test images; with thousands of them the t interval is as wide as a bootstrap's."""
    mean, sd = float(differences.mean()), float(differences.std(ddof=1))
    return ErrorGap(mean, t_interval(mean, sd, len(differences), "images"))


def _sides(fought: Sequence[Duel]) -> list[tuple[Stored, Stored]]:
    """Both records of every duel that has a result."""
    return [(first, second) for first, second in (duel.sides for duel in fought if duel.complete)]


def _counts(first: Stored, second: Stored) -> tuple[int, int, int]:
    """Images in all, right by the first alone, right by the second alone."""
    predicted, label = (_columns(first, second, "predictions.parquet", name) for name in ("predicted", "label"))
    mine, other = predicted[0] == label[0], predicted[1] == label[1]
    return len(mine), int((mine & ~other).sum()), int((other & ~mine).sum())


def _differences(first: Stored, second: Stored, which: str) -> NDArray[np.float64]:
    mine, other = _columns(first, second, "errors.parquet", f"mse_per_pixel_{which}_input")
    return mine - other


def _columns(first: Stored, second: Stored, file: str, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A column of both records, image by image; raises IntegrityError where the images are not the same."""
    mine, other = frame(first, file), frame(second, file)
    if not np.array_equal(mine["index"], other["index"]):
        message = f"{first.record.task.id} and {second.record.task.id} are not about the same test images"
        raise IntegrityError(message, where=file, cure="run: python -m bench verify")
    return mine[name].to_numpy(), other[name].to_numpy()

"""One measured quantity of the run: its summary over seeds, an interval where one can be had, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from report.evidence import columns, reference
from report.statistics import Summary, summarise, t_interval, wilson_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence import Evidence
    from report.statistics import Interval
    from store.records import Stored


@dataclass(frozen=True, slots=True)
class Measurement:
    """A quantity over seeds. ``summary`` is None where no seed succeeded; ``incomplete`` are the seeds that did not."""

    summary: Summary | None
    records: tuple[Stored, ...]
    incomplete: tuple[Stored, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """The records that the summary is made of."""
        return tuple(reference(stored) for stored in self.records)

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval, over seeds or (one seed) over test images; None where there is none."""
        return self.summary.interval if self.summary else None


def measure(
    evidence: Evidence,
    experiment: str,
    variant: str,
    value: Callable[[Stored], float],
    alone: Callable[[Stored], Interval] | None = None,
) -> Measurement:
    """``value`` of every successful record; ``alone`` gives one seed's interval over test images."""
    records = evidence.complete(experiment, variant)
    incomplete = evidence.incomplete(experiment, variant)
    if not records:
        return Measurement(None, (), incomplete)
    summary = summarise([value(stored) for stored in records])
    if summary.n == 1 and alone is not None:
        summary = replace(summary, interval=alone(records[0]))
    return Measurement(summary, records, incomplete)


def metric(evidence: Evidence, experiment: str, variant: str, name: str) -> Measurement:
    """A metric of the records, with an interval over seeds only."""
    return measure(evidence, experiment, variant, metric_reader(name))


def metric_reader(name: str) -> Callable[[Stored], float]:
    """Reads one metric of a record."""
    return lambda stored: float(stored.record.result.metrics[name])


def accuracy(evidence: Evidence, variant: str, name: str = "test_accuracy") -> Measurement:
    """A classifier's share of right answers; one seed has the Wilson interval over its test images."""
    return measure(evidence, "classifier", variant, metric_reader(name), lambda stored: _wilson(stored, name, "test_images"))


def neighbours(evidence: Evidence, variant: str) -> Measurement:
    """Accuracy of nearest neighbours in latent space; one seed has the Wilson interval over its images."""
    name = "knn_accuracy_latent"
    return measure(evidence, "latent", variant, metric_reader(name), lambda stored: _wilson(stored, name, "images"))


def error(evidence: Evidence, variant: str, which: str) -> Measurement:
    """Test MSE per pixel for ``clean`` or ``noisy`` input; one seed has a t interval over its test images."""
    name = f"test_mse_per_pixel_{which}_input"

    def over_images(stored: Stored) -> Interval:
        errors = columns(stored, "errors.parquet")[f"mse_per_pixel_{which}_input"].astype(np.float64)
        return t_interval(float(errors.mean()), float(errors.std(ddof=1)), len(errors), "images")

    return measure(evidence, "reconstruction", variant, metric_reader(name), over_images)


def _wilson(stored: Stored, name: str, count: str) -> Interval:
    metrics = stored.record.result.metrics
    return wilson_interval(float(metrics[name]), int(metrics[count]))

"""The measured quantities of Part I that have an interval even with one seed: it is one over the test images of that run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import measure, metric_reader
from report.evidence.records import frame
from report.inference.statistics import t_interval, wilson_interval

if TYPE_CHECKING:
    from report.evidence.measure import Measurement
    from report.evidence.records import Evidence
    from report.inference.statistics import Interval
    from store.records import Stored


def accuracy(evidence: Evidence, variant: str, name: str = "test_accuracy") -> Measurement:
    """A classifier's share of right answers; one seed has the Wilson interval over its test images."""
    return measure(
        evidence, "classifier", variant, metric_reader(name), lambda stored: _wilson(stored, name, "test_images"), name
    )


def neighbours(evidence: Evidence, variant: str) -> Measurement:
    """Accuracy of nearest neighbours in latent space; one seed has the Wilson interval over its images."""
    name = "knn_accuracy_latent"
    return measure(evidence, "latent", variant, metric_reader(name), lambda stored: _wilson(stored, name, "images"), name)


def error(evidence: Evidence, variant: str, which: str) -> Measurement:
    """Test MSE per pixel for ``clean`` or ``noisy`` input; one seed has a t interval over its test images."""
    name = f"test_mse_per_pixel_{which}_input"

    def over_images(stored: Stored) -> Interval:
        errors = frame(stored, "errors.parquet")[f"mse_per_pixel_{which}_input"]
        return t_interval(float(errors.mean()), float(errors.std()), len(errors), "images")

    return measure(evidence, "reconstruction", variant, metric_reader(name), over_images, name)


def _wilson(stored: Stored, name: str, count: str) -> Interval:
    metrics = stored.record.result.metrics
    return wilson_interval(float(metrics[name]), int(metrics[count]))

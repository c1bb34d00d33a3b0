"""Measured quantities: over seeds, and over the test images of one run, each with the interval that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from scipy import stats

from report.evidence.measure import metric
from report.evidence.records import frame
from report.studies.assignment_2.measures import accuracy, error, neighbours

if TYPE_CHECKING:
    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject


def share_of(measured: Measurement, images: int) -> None:
    """The interval is Wilson's of that many images, and stands for them."""
    assert measured.summary is not None
    assert measured.interval is not None
    right = round(measured.summary.mean * images)
    wilson = stats.binomtest(right, images).proportion_ci(method="wilson")
    assert (measured.interval.low, measured.interval.high) == (pytest.approx(wilson.low), pytest.approx(wilson.high))
    assert measured.interval.basis == "images"


def test_one_run_s_share_has_wilson_s_interval_over_its_images(single: Subject) -> None:
    """Right answers of a classifier, and of nearest neighbours, each over the images that it was counted on."""
    found = accuracy(single.evidence, "ae")
    share_of(found, int(found.records[0].record.result.metrics["test_images"]))
    near = neighbours(single.evidence, "vae")
    share_of(near, int(near.records[0].record.result.metrics["images"]))


@pytest.mark.parametrize("which", ["clean", "noisy"])
def test_one_run_s_error_has_student_s_interval_over_its_images(single: Subject, which: str) -> None:
    """The mean error of the test images varies by their standard error."""
    found = error(single.evidence, "dae", which)
    values = frame(found.records[0], "errors.parquet")[f"mse_per_pixel_{which}_input"]
    low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), values.sem())
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == (pytest.approx(low), pytest.approx(high))
    assert found.interval.basis == "images"


def test_several_seeds_have_an_interval_over_seeds(whole: Subject, single: Subject) -> None:
    """Whatever images say of one run: another seed is another draw. A metric of one seed has none."""
    found = accuracy(whole.evidence, "ae")
    low, high = stats.t.interval(0.95, len(found.values) - 1, found.summary.mean, stats.sem(found.values))  # type: ignore[union-attr]
    assert found.interval is not None
    assert (found.interval.low, found.interval.high, found.interval.basis) == (pytest.approx(low), pytest.approx(high), "seeds")
    assert metric(single.evidence, "latent", "ae", "silhouette_latent").interval is None


def test_what_has_no_result_is_counted_apart(broken: Subject) -> None:
    """Failed seeds are named and give no value; without any there is no summary."""
    found = accuracy(broken.evidence, "dae")
    assert (found.summary, found.records, found.values, len(found.incomplete)) == (None, (), (), 3)
    other = metric(broken.evidence, "autoencoder", "vae", "validation_loss_per_image")
    assert (len(other.records), len(other.incomplete)) == (2, 1)
    assert len(other.references) == other.summary.n == 2  # type: ignore[union-attr]

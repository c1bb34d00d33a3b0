"""The quantities of claims on known records, computed here by other means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from report.claims.reading import Reading
from report.claims.schema import Selector
from report.evidence.records import arrays, frame
from report.studies.assignment_2 import quantities

if TYPE_CHECKING:
    from report.evidence.subject import Subject


def reading(subject: Subject, experiment: str, variant: str, **fields: object) -> Reading:
    """The first seed's record of a cell with a selector of these fields."""
    selector = Selector.model_validate({"experiment": experiment, "variant": variant, "metric": "unused", **fields})
    return Reading(subject.evidence.complete(experiment, variant)[0], selector, subject.evidence, subject.published, "claim")


def test_a_curve_deviates_relative_to_what_was_published(whole: Subject) -> None:
    """|run - published| over the published value, not over the run's: a run of twice the loss is 100 % off, not 50."""
    found = reading(whole, "autoencoder", "ae", history="train_mse_per_pixel", curve="figure-1.ae.train")
    run = frame(found.stored, "history.parquet").set_index("epoch")["train_mse_per_pixel"]
    published = whole.published.curve("figure-1.ae.train")
    both = [(float(run[epoch]), value) for epoch, value in zip(published.x, published.y, strict=True) if epoch in run.index]
    assert len(both) == 25
    expected = sum(abs(mine - theirs) / theirs for mine, theirs in both) / len(both)
    assert quantities.curve_deviation(found) == pytest.approx(expected)
    assert expected != pytest.approx(sum(abs(mine - theirs) / mine for mine, theirs in both) / len(both))


def test_a_curve_on_the_printed_scale_shrinks_before_it_is_compared(whole: Subject) -> None:
    """The VAE's validation loss is divided by four, and only the epochs that the source shows count."""
    found = reading(whole, "autoencoder", "vae", history="validation_loss_per_image", curve="figure-1.vae.validation")
    run = frame(found.stored, "history.parquet").set_index("epoch")["validation_loss_per_image"]
    published = whole.published.curve("figure-1.vae.validation")
    shown = [abs(float(run[x]) / 4 - y) / y for x, y in zip(published.x, published.y, strict=True)]
    assert quantities.curve_deviation_as_printed(found) == pytest.approx(sum(shown) / len(shown))


def test_accuracies_differ_in_points(whole: Subject) -> None:
    """The run's fractions become percent before the difference is taken."""
    found = reading(whole, "classifier", "dae", history="validation_accuracy", curve="figure-6.dae.validation_accuracy")
    run = frame(found.stored, "history.parquet").set_index("epoch")["validation_accuracy"]
    published = whole.published.curve("figure-6.dae.validation_accuracy")
    points = [abs(100 * float(run[x]) - y) for x, y in zip(published.x, published.y, strict=True)]
    assert quantities.curve_difference_points(found) == pytest.approx(sum(points) / len(points))


def test_shares_means_and_ratios_are_those_of_the_record(whole: Subject) -> None:
    """Right answers of one class, errors of the ten images shown, the gap of losses, the share below a bound."""
    counts = arrays(reading(whole, "classifier", "ae").stored, "confusion.npz")["counts"]
    assert quantities.confusion_diagonal(reading(whole, "classifier", "ae", index=3)) == counts[3, 3]
    assert quantities.confusion_trace(reading(whole, "classifier", "ae")) == sum(counts[i, i] for i in range(10))
    errors = frame(reading(whole, "reconstruction", "ae").stored, "errors.parquet").set_index("index")
    shown = errors["mse_per_pixel_clean_input"].loc[list(range(10))]
    assert quantities.shown_errors_mean(reading(whole, "reconstruction", "ae")) == pytest.approx(shown.mean())
    metrics = reading(whole, "autoencoder", "ae").stored.record.result.metrics
    gap = metrics["validation_mse_per_pixel"] / metrics["train_mse_per_pixel"] - 1
    assert quantities.relative_gap(reading(whole, "autoencoder", "ae")) == pytest.approx(gap)
    noisy = frame(reading(whole, "reconstruction", "dae").stored, "errors.parquet")["mse_per_pixel_noisy_input"]
    share = np.mean([value <= 0.0141 for value in noisy])
    assert quantities.share_at_published_validation_loss(reading(whole, "reconstruction", "dae")) == pytest.approx(share)

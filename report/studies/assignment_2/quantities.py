"""The quantities that the claims of this study select, beyond the metrics and histories that records have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.claims.reading import unresolved
from report.evidence.records import arrays, frame
from report.studies.assignment_2 import slip, transfer

if TYPE_CHECKING:
    from report.claims.reading import Quantity, Reading

_IMAGES, _CLASS_IMAGES = 10_000, 1_000  # FashionMNIST's test images, in all and of a class


def validation_loss_as_printed(reading: Reading) -> float:
    """The summed validation loss over the number of training images: the scale on which Table 4 prints the VAE's."""
    return slip.as_printed(reading.stored)


def parameters_over_ae(reading: Reading) -> float | None:
    """The network's parameters over those of the AE."""
    other = reading.beside("ae")
    return None if other is None else reading.metric("parameters") / float(other.record.result.metrics["parameters"])


def confusion_trace(reading: Reading) -> float:
    """Right answers among 10,000 test images: the sum of the confusion matrix's diagonal, for as many as the source has."""
    counts = arrays(reading.stored, "confusion.npz")["counts"]
    return float(np.trace(counts)) * _IMAGES / float(counts.sum())


def confusion_diagonal(reading: Reading) -> float:
    """Right answers among 1,000 test images of the class ``index``, as many as the source has."""
    index = reading.selector.index
    if index is None:
        raise unresolved(reading, "quantity confusion_diagonal without an index")
    row = arrays(reading.stored, "confusion.npz")["counts"][index]
    return float(row[index]) * _CLASS_IMAGES / float(row.sum())


def curve_deviation(reading: Reading) -> float:
    """Mean over the published epochs of |run - published| / published."""
    return _deviation(reading, 1.0)


def curve_deviation_as_printed(reading: Reading) -> float:
    """The same for the VAE's validation loss, with the run's put on the scale on which the source prints it."""
    return _deviation(reading, slip.shrinkage(reading.stored))


def curve_difference_points(reading: Reading) -> float:
    """Mean over the epochs of |run - published|, in percentage points; the run's column is a fraction."""
    run, published = _shared(reading)
    return float(np.mean(np.abs(100 * run - published)))


def shown_errors_mean(reading: Reading) -> float:
    """Mean error per pixel of the test images that Figure 2 shows."""
    table = frame(reading.stored, "errors.parquet").set_index("index")
    shown = table.index.isin([int(name) for name in reading.published.group("figure-2.ae")])
    return float(table["mse_per_pixel_clean_input"][shown].mean())


def ssim_clean(reading: Reading) -> float | None:
    """Structural similarity on clean input; None where the sweep has no factor 0."""
    table = frame(reading.stored, "robustness.parquet")
    clean = table.loc[table["noise_factor"] == 0, "ssim"]
    return float(clean.iloc[0]) if len(clean) else None


def relative_gap(reading: Reading) -> float:
    """Validation over training loss of the last epoch, less 1."""
    return reading.metric("validation_mse_per_pixel") / reading.metric("train_mse_per_pixel") - 1


def share_at_published_validation_loss(reading: Reading) -> float:
    """Share of noisy test images restored to at most the DAE's published validation loss."""
    limit = reading.published.number("table-4.dae.validation_loss").value
    return float((frame(reading.stored, "errors.parquet")["mse_per_pixel_noisy_input"] <= limit).mean())


def shown_diversity(reading: Reading) -> float | None:
    """Mean squared difference between the shown reconstructions, over that between their originals; None for one pair."""
    pairs = arrays(reading.stored, "pairs.npz")
    spread = float(pairs["original"].astype(np.float64).var(axis=0).mean())
    return float(pairs["reconstruction"].astype(np.float64).var(axis=0).mean()) / spread if spread > 0 else None


def encoder_unchanged(reading: Reading) -> float:
    """1 where the encoder's digest after training the classifier is the one before, else 0."""
    facts = reading.stored.record.result.facts
    return float(facts["encoder_digest_before"] == facts["encoder_digest_after"])


def epochs_to_converge(reading: Reading) -> float | None:
    """First epoch near the arm's own highest mAP@0.5, as ``report/studies/assignment_2/transfer.py`` defines it."""
    return transfer.epochs_to_converge(reading.stored)


def mean_matched_iou(reading: Reading) -> float | None:
    """Mean IoU of the last epoch's matched detections at confidence 0.25."""
    return transfer.mean_iou("last")(reading.stored)


def early_precision(reading: Reading) -> float:
    """Mean precision over the first fifth of the epochs."""
    return transfer.early_precision_of(reading.stored)


def last_training_loss(reading: Reading) -> float:
    """Sum of the training-loss terms in the last epoch."""
    return transfer.last_loss("train")(reading.stored)


def share_of_epochs_ahead(reading: Reading) -> float | None:
    """Share of the epochs in which the history column lies above that of the ``other`` arm; None where both stay at 0."""
    other = reading.beside(reading.selector.other)
    if other is None:
        return None
    mine, theirs = reading.column(), reading._replace(stored=other).column()
    if not any(mine.values()) and not any(theirs.values()):
        return None
    return float(np.mean([mine[epoch] > theirs[epoch] for epoch in mine.keys() & theirs.keys()]))


QUANTITIES: dict[str, Quantity] = {
    function.__name__: function
    for function in (
        validation_loss_as_printed, parameters_over_ae, confusion_trace, confusion_diagonal, curve_deviation,
        curve_deviation_as_printed, curve_difference_points, shown_errors_mean, ssim_clean, relative_gap,
        share_at_published_validation_loss, shown_diversity, encoder_unchanged, epochs_to_converge, mean_matched_iou,
        early_precision, last_training_loss, share_of_epochs_ahead,
    )
}  # fmt: skip


def _deviation(reading: Reading, scale: float) -> float:
    run, published = _shared(reading)
    return float(np.mean(np.abs(scale * run - published) / np.abs(published)))


def _shared(reading: Reading) -> tuple[np.ndarray, np.ndarray]:
    """Run and published values of the epochs that both have."""
    run, published = reading.column(), reading.curve()
    epochs = sorted(run.keys() & published.keys())
    return np.array([run[epoch] for epoch in epochs]), np.array([published[epoch] for epoch in epochs])

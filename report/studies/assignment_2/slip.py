"""The one place that knows the source's slip: the VAE's validation loss is a sum over 12,000 images divided by 48,000.

Table 4 and Figure 1 print it so. To compare, either the published value is put on the scale of one image, or the run's on
the scale on which the source prints it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import measure

if TYPE_CHECKING:
    from report.evidence.measure import Measurement
    from report.evidence.published import Printed, Published
    from report.evidence.records import Evidence
    from store.records import Stored

MODEL = "vae"
PATH = f"table-4.{MODEL}.validation_loss"


def factor(published: Published) -> float:
    """By how much the printed value is too small: training over validation images."""
    return published.count("train_images") / published.count("validation_images")


def per_image(published: Published) -> Printed:
    """Table 4's value on the scale of its training loss."""
    train, validation = published.count("train_images"), published.count("validation_images")
    printed = published.number(PATH)
    return printed.with_value(printed.value * train / validation, f"{printed.place} times {train}/{validation}")


def as_printed(stored: Stored) -> float:
    """A record's validation loss as the source would have printed it: its sum over the number of training images."""
    metrics = stored.record.result.metrics
    return float(metrics["validation_loss_sum"]) / float(metrics["train_images"])


def shrinkage(stored: Stored) -> float:
    """What a loss per validation image of the record is multiplied with to stand on the printed scale."""
    metrics = stored.record.result.metrics
    return float(metrics["validation_images"]) / float(metrics["train_images"])


def measured_as_printed(evidence: Evidence) -> Measurement:
    """The run's own validation loss on the printed scale, over seeds."""
    return measure(evidence, "autoencoder", MODEL, as_printed)

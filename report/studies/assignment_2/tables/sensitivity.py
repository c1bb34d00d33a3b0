"""The results that a sensitivity study sets side by side: validation losses and accuracies, as Tables 4 and 5 have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from report.evidence.measure import metric_reader
from report.studies.assignment_2 import slip
from report.studies.assignment_2.models import MODELS
from report.studies.assignment_2.tables.training import loss_label, loss_names
from report.tables.sensitivity import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from report.evidence.subject import Subject


def results(subject: Subject) -> Iterator[Result]:
    """Validation loss and test accuracy of each network."""
    s, published = subject.strings, subject.published
    for model in MODELS:
        printed = slip.per_image(published) if model == slip.MODEL else published.find(f"table-4.{model}.validation_loss")
        name = loss_names(model)[1]
        yield Result("autoencoder", model, loss_label(subject, model, name), printed, 4, metric_reader(name))
    for model in MODELS:
        label, printed = s("quantities.accuracy", model=subject.model(model)), published.find(f"table-5.{model}.accuracy")
        yield Result("classifier", model, label, printed, 2, metric_reader("test_accuracy"), 100, "test_accuracy")

"""The statements of sections 2.3.6 and 2.4: which claims each stands for, and which numbers of this run stand beside it.

The verdicts are those of the claims; the words stand in the strings file under ``statements``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from report.evidence.measure import Measurement, measure, metric
from report.evidence.records import frame
from report.printing import cells
from report.printing.markdown import cell
from report.printing.markup import joined
from report.sections.statements import Statement
from report.studies.assignment_2.measures import accuracy, error, neighbours
from report.studies.assignment_2.models import MODELS
from report.studies.assignment_2.tables.classification import SCORES, score
from report.studies.assignment_2.tables.reconstruction import at_noise, sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.evidence.subject import Subject
    from report.printing.markup import Markup
    from store.records import Stored

    Numbers = Mapping[str, object]


def _fidelity(subject: Subject) -> Numbers:
    swept = sweep(subject)
    ssim = at_noise(subject, "ae", "ssim", 0) if swept and swept[0] == 0 else Measurement(None, (), ())
    return {"ssim": _print(subject, ssim, 3), "mse": _print(subject, error(subject.evidence, "ae", "clean"), 4)}


def _errors(subject: Subject, which: str) -> Numbers:
    return _each(subject, {model: error(subject.evidence, model, which) for model in MODELS}, 4)


def _noise(subject: Subject) -> Numbers:
    return {**_errors(subject, "noisy"), **_removed(subject, "ae")}


def _removed(subject: Subject, model: str) -> Numbers:
    found = metric(subject.evidence, "reconstruction", model, "noise_removed_fraction")
    return {"removed": _print(subject, found, 1, 100)}


def _gap(subject: Subject) -> Numbers:
    """Relative gap between the last validation and training loss."""

    def gap(stored: Stored) -> float:
        metrics = stored.record.result.metrics
        return float(metrics["validation_mse_per_pixel"]) / float(metrics["train_mse_per_pixel"]) - 1

    return {"gap": _print(subject, measure(subject.evidence, "autoencoder", "ae", gap), 1, 100)}


def _separation(subject: Subject) -> Numbers:
    return {space: _print(subject, neighbours(subject.evidence, space), 1, 100) for space in ("ae", "pixels")}


def _sharpness(subject: Subject) -> Numbers:
    found = {model: metric(subject.evidence, "reconstruction", model, "sharpness_ratio") for model in MODELS}
    return _each(subject, found, 2)


def _low_errors(subject: Subject) -> Numbers:
    """Share of noisy test images restored at or below the published validation loss."""
    limit = subject.published.number("table-4.dae.validation_loss")

    def share(stored: Stored) -> float:
        return float((frame(stored, "errors.parquet")["mse_per_pixel_noisy_input"] <= limit.value).mean())

    found = measure(subject.evidence, "reconstruction", "dae", share, name="share_at_published_validation_loss")
    return {"share": _print(subject, found, 1, 100), "limit": cell(cells.printed(subject, limit))}


def _silhouettes(subject: Subject, space: str) -> Numbers:
    return _each(subject, {model: metric(subject.evidence, "latent", model, f"silhouette_{space}") for model in MODELS}, 3)


def _scores(subject: Subject) -> Numbers:
    found: dict[str, object] = {}
    for printed, name in SCORES:
        each = _each(subject, {model: score(subject, model, name) for model in MODELS}, 2, 100)
        found |= {f"{model}_{printed}": text for model, text in each.items()}
    return found


def _accuracies(subject: Subject) -> Numbers:
    return _each(subject, {model: accuracy(subject.evidence, model) for model in MODELS}, 2, 100)


TRAINING = (
    Statement("ae_fidelity", ("text.ae.fidelity",), _fidelity),
    Statement("ae_noise", ("text.ae.reproduces-noise",), _noise),
    Statement("small_gap", ("text.ae.no-overfitting",), _gap),
    Statement("class_separation", ("text.ae.class-separation",), _separation),
    Statement("vae_blur", ("text.vae.blur",), _sharpness),
    Statement("vae_removes_part", ("text.vae.removes-part",), partial(_removed, model="vae")),
    Statement("vae_organised", ("text.vae.organised",), partial(_silhouettes, space="plane")),
    Statement("vae_errors_higher", ("text.vae.errors-higher",), partial(_errors, which="clean")),
    Statement("vae_wrong_class", ("text.vae.wrong-class",)),
    Statement("dae_filters_best", ("text.dae.filters-best",), partial(_errors, which="noisy")),
    Statement("dae_restores", ("text.dae.restores",), partial(_removed, model="dae")),
    Statement("dae_errors_low", ("text.dae.errors-low",), _low_errors),
    Statement("dae_classes_apart", ("text.dae.classes-apart",), partial(_silhouettes, space="latent")),
    Statement("exact_without_noise", ("text.exact-without-noise",), partial(_errors, which="clean")),
)
"""Section 2.3.6."""

CLASSIFICATION = (
    Statement(
        "ae_best_everywhere",
        tuple(f"text.classifier.ae-best-{name}" for name in ("accuracy", "precision", "recall", "f1")),
        _scores,
    ),
    Statement("accuracy_order", ("text.classifier.order",), _accuracies),
)
"""Section 2.4."""


def _each(subject: Subject, found: Mapping[str, Measurement], decimals: int, scale: float = 1.0) -> Numbers:
    return {model: _print(subject, measured, decimals, scale) for model, measured in found.items()}


def _print(subject: Subject, measured: Measurement, decimals: int, scale: float = 1.0) -> Markup:
    """The mean with its interval, as spans that carry their records; the word for its absence where there is none."""
    number = cell(cells.value(subject, measured, decimals, scale))
    if measured.interval is None:
        return number
    return joined(" ", (number, cell(cells.interval(subject, measured, decimals, scale))))

"""What the data say about the published statements: one rule a statement, each giving a verdict and the numbers behind it.

A rule that compares models asks whether their difference excludes zero: paired by seed where there are several, image by image
where there is one. The sentences stand in the strings file under ``observations``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from report.evidence.measure import accuracy, error, measure, metric, neighbours
from report.evidence.records import frame
from report.printing import cells
from report.printing.markdown import cell
from report.printing.markup import joined
from report.studies.assignment_2.models import MODELS
from report.studies.assignment_2.ordering import above, all_of
from report.studies.assignment_2.per_image import PAIRS, error_order
from report.studies.assignment_2.per_image import accuracy_order as by_image
from report.studies.assignment_2.tables.classification import SCORES, score
from report.studies.assignment_2.tables.reconstruction import at_noise, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject
    from report.studies.assignment_2.ordering import Alone, Verdict
    from store.records import Stored

FAITHFUL = (0.75, 0.90)  # structural similarity below which a reconstruction is not called faithful, and from which it is
SMALL_GAP = 0.05  # relative gap of validation to training loss that is called small (the published AE: 0.018)
PART = (0.10, 0.90)  # share of the noise between which "a part" of it is removed


@dataclass(frozen=True, slots=True)
class Observation:
    """A published statement's key, the verdict of this run, and the printed numbers that its sentence takes."""

    key: str
    verdict: Verdict
    values: Mapping[str, str] = field(default_factory=dict)


def training_observations(subject: Subject) -> tuple[Observation, ...]:
    """The statements of section 2.3.6."""
    rules: tuple[Callable[[Subject], Observation], ...] = (
        ae_fidelity, ae_noise, small_gap, class_separation, vae_blur, vae_removes_part, vae_errors_higher,
        vae_wrong_class, dae_filters_best, dae_errors_low, dae_classes_apart, exact_without_noise,
    )  # fmt: skip
    return tuple(rule(subject) for rule in rules)


def classifier_observations(subject: Subject) -> tuple[Observation, ...]:
    """The statements of section 2.4."""
    return ae_best_everywhere(subject), accuracy_order(subject)


def ae_fidelity(subject: Subject) -> Observation:
    """AE: high fidelity. Structural similarity on clean input against the bounds of ``FAITHFUL``."""
    if not sweep(subject) or sweep(subject)[0] != 0:
        return Observation("ae_fidelity", "not_measured")
    ssim = at_noise(subject, "ae", "ssim", 0)
    mean = error(subject.evidence, "ae", "clean")
    if ssim.summary is None or mean.summary is None:
        return Observation("ae_fidelity", "not_measured")
    low, high = FAITHFUL
    verdict: Verdict = (
        "supported" if ssim.summary.mean >= high else "undecided" if ssim.summary.mean >= low else "not_supported"
    )
    bounds = {"low": subject.numbers.fixed(low, 2), "high": subject.numbers.fixed(high, 2)}
    return Observation("ae_fidelity", verdict, {"ssim": _print(subject, ssim, 3), "mse": _print(subject, mean, 4), **bounds})


def ae_noise(subject: Subject) -> Observation:
    """AE: reproduces the noise. The share that it removes, below or above what ``PART`` calls a part."""
    found = {model: error(subject.evidence, model, "noisy") for model in MODELS}
    removed = metric(subject.evidence, "reconstruction", "ae", "noise_removed_fraction")
    if removed.summary is None:
        return Observation("ae_noise", "not_measured")
    low, high = PART
    share = removed.summary.mean
    verdict: Verdict = "supported" if share < low else "not_supported" if share > high else "undecided"
    bounds = {"low": subject.numbers.percent(low, 0), "high": subject.numbers.percent(high, 0)}
    values = {**_each(subject, found, 4), "removed": _print(subject, removed, 1, 100), **bounds}
    return Observation("ae_noise", verdict, values)


def small_gap(subject: Subject) -> Observation:
    """AE: no overfitting. Relative gap between the last validation and training loss against ``SMALL_GAP``."""

    def gap(stored: Stored) -> float:
        metrics = stored.record.result.metrics
        return float(metrics["validation_mse_per_pixel"]) / float(metrics["train_mse_per_pixel"]) - 1

    found = measure(subject.evidence, "autoencoder", "ae", gap)
    if found.summary is None:
        return Observation("small_gap", "not_measured")
    verdict: Verdict = "supported" if found.summary.mean <= SMALL_GAP else "not_supported"
    limit = subject.numbers.percent(SMALL_GAP, 0)
    return Observation("small_gap", verdict, {"gap": _print(subject, found, 1, 100), "limit": limit})


def class_separation(subject: Subject) -> Observation:
    """AE: classes clearly separated. kNN accuracy of its latent space against that of raw pixels."""
    mine, pixels = neighbours(subject.evidence, "ae"), neighbours(subject.evidence, "pixels")
    values = {"ae": _print(subject, mine, 1, 100), "pixels": _print(subject, pixels, 1, 100)}
    return Observation("class_separation", above(mine, pixels), values)


def vae_blur(subject: Subject) -> Observation:
    """VAE: less defined lines. Its sharpness ratio against the AE's."""
    mine, other = (metric(subject.evidence, "reconstruction", model, "sharpness_ratio") for model in ("vae", "ae"))
    return Observation("vae_blur", above(other, mine), {"vae": _print(subject, mine, 2), "ae": _print(subject, other, 2)})


def vae_removes_part(subject: Subject) -> Observation:
    """VAE: removes a part of the noise. Its removed share between the bounds of ``PART``."""
    found = metric(subject.evidence, "reconstruction", "vae", "noise_removed_fraction")
    if found.summary is None:
        return Observation("vae_removes_part", "not_measured")
    low, high = PART
    verdict: Verdict = "supported" if low <= found.summary.mean <= high else "not_supported"
    bounds = {"low": subject.numbers.percent(low, 0), "high": subject.numbers.percent(high, 0)}
    return Observation("vae_removes_part", verdict, {"vae": _print(subject, found, 1, 100), **bounds})


def vae_errors_higher(subject: Subject) -> Observation:
    """VAE: higher reconstruction errors. Its error on clean input against the AE's, with which the source compares it."""
    found = {model: error(subject.evidence, model, "clean") for model in MODELS}
    return Observation("vae_errors_higher", above(found["vae"], found["ae"], error_order("clean")), _each(subject, found, 4))


def vae_wrong_class(_: Subject) -> Observation:
    """VAE: reconstructs another class from noisy input. No record classifies reconstructions, so nothing is claimed."""
    return Observation("vae_wrong_class", "not_measured")


def dae_filters_best(subject: Subject) -> Observation:
    """DAE: filters noise best. Its error on noisy input against the AE's and the VAE's."""
    found = {model: error(subject.evidence, model, "noisy") for model in MODELS}
    return Observation("dae_filters_best", _lowest(found, "dae", error_order("noisy")), _each(subject, found, 4))


def dae_errors_low(subject: Subject) -> Observation:
    """DAE: most errors low. Share of noisy test images restored at or below the published validation loss, against one half."""
    printed = subject.published.number("table-4.dae.validation_loss")

    def share(stored: Stored) -> float:
        return float((frame(stored, "errors.parquet")["mse_per_pixel_noisy_input"] <= printed.value).mean())

    found = measure(subject.evidence, "reconstruction", "dae", share)
    if found.summary is None:
        return Observation("dae_errors_low", "not_measured")
    verdict: Verdict = "supported" if found.summary.mean > 0.5 else "not_supported"  # noqa: PLR2004  # "most": more than half
    values = {"share": _print(subject, found, 1, 100), "limit": cell(cells.printed(subject, printed))}
    return Observation("dae_errors_low", verdict, values)


def dae_classes_apart(subject: Subject) -> Observation:
    """DAE: classes further apart. Silhouette of its latent space against the AE's and the VAE's."""
    found = {model: metric(subject.evidence, "latent", model, "silhouette_latent") for model in MODELS}
    return Observation("dae_classes_apart", _highest(found, "dae"), _each(subject, found, 3))


def exact_without_noise(subject: Subject) -> Observation:
    """AE and DAE most exact without noise, the AE first. Errors on clean input."""
    found = {model: error(subject.evidence, model, "clean") for model in MODELS}
    falling: tuple[tuple[str, str], ...] = (("vae", "dae"), ("dae", "ae"), ("vae", "ae"))
    verdict = all_of(tuple(above(found[worse], found[better], error_order("clean")) for worse, better in falling))
    return Observation("exact_without_noise", verdict, _each(subject, found, 4))


def ae_best_everywhere(subject: Subject) -> Observation:
    """AE best on all four scores of Table 5."""
    verdicts = []
    values: dict[str, str] = {}
    for printed, name in SCORES:
        found = {model: score(subject, model, name) for model in MODELS}
        verdicts.append(_highest(found, "ae", by_image if name == "test_accuracy" else None))
        values |= {f"{model}_{printed}": text for model, text in _each(subject, found, 2, 100).items()}
    return Observation("ae_best_everywhere", all_of(tuple(verdicts)), values)


def accuracy_order(subject: Subject) -> Observation:
    """Accuracy falls from AE over VAE to DAE."""
    found = {model: accuracy(subject.evidence, model) for model in MODELS}
    verdict = all_of(tuple(above(found[a], found[b], by_image) for a, b in PAIRS[:2]))
    return Observation("accuracy_order", verdict, _each(subject, found, 2, 100))


def _highest(found: Mapping[str, Measurement], model: str, alone: Alone | None = None) -> Verdict:
    return all_of(tuple(above(found[model], found[other], alone) for other in MODELS if other != model))


def _lowest(found: Mapping[str, Measurement], model: str, alone: Alone | None = None) -> Verdict:
    return all_of(tuple(above(found[other], found[model], alone) for other in MODELS if other != model))


def _each(subject: Subject, found: Mapping[str, Measurement], decimals: int, scale: float = 1.0) -> dict[str, str]:
    return {str(model): _print(subject, measured, decimals, scale) for model, measured in found.items()}


def _print(subject: Subject, measured: Measurement, decimals: int, scale: float = 1.0) -> str:
    """The mean with its interval, as spans that carry their records."""
    shown = [cells.value(subject, measured, decimals, scale)]
    shown += [] if measured.interval is None else [cells.interval(subject, measured, decimals, scale)]
    return joined(" ", map(cell, shown))

"""Figures 2 and 3 and the noise sweep: pairs, error distributions, robustness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from report.evidence.records import frames, reference
from report.printing.figure_style import (
    WIDTH_IN,
    Drawing,
    abreast,
    bare,
    canvas,
    key,
    single_seeds,
)
from report.studies.assignment_2.figures.curves import missing_words
from report.studies.assignment_2.measures import error
from report.studies.assignment_2.models import MODELS, look_of
from report.studies.assignment_2.tables.reconstruction import shown_pairs, sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from report.evidence.subject import Subject
    from store.records import Stored

_ROWS = ("original", "reconstruction", "noisy", "reconstruction_of_noisy")
_SIDE, _GAP, _ZOOM = 28, 2, 6  # pixels of an image, white between two, and the factor that keeps them crisp when scaled
_BINS = 60
_SWEEP = (("mse_per_pixel", "input_mse_per_pixel"), ("psnr_db", "input_psnr_db"), ("ssim", "input_ssim"))


def pairs(subject: Subject, model: str) -> Drawing | None:
    """Figure 2, one model: original, reconstruction, noisy input and its reconstruction, errors printed above each image.

    None where the model has no result.
    """
    records = subject.evidence.complete("reconstruction", model)
    if not records:
        return None
    shown = shown_pairs(records[0])
    figure, axes = canvas(4, 1, 4 * (WIDTH_IN / 10 + 0.56))
    for axis, row in zip(axes, _ROWS, strict=True):
        _strip(subject, axis, shown, row)
    return Drawing(figure, _pairs_alt(subject, model, records[0], shown))


def squared_errors(shown: dict[str, NDArray[np.float32]], row: str) -> NDArray[np.float64]:
    """MSE per pixel of each shown image of ``row`` against its original, (P,)."""
    gap = shown[row].astype(np.float64) - shown["original"].astype(np.float64)
    return np.asarray(np.mean(gap**2, axis=(1, 2)))


def distributions(subject: Subject) -> Drawing | None:
    """Figure 3: distribution of the test error per image, clean input above and noisy input below; None without a result."""
    alt = subject.strings("alt.distributions", clean=_means(subject, "clean"), noisy=_means(subject, "noisy"))
    if not any(subject.evidence.complete("reconstruction", model) for model in MODELS):
        return None
    figure, axes = canvas(2, 1, 5.0)
    for axis, which in zip(axes, ("clean", "noisy"), strict=True):
        found = {model: _pooled(subject, model, which) for model in MODELS}
        known = [values for values in found.values() if values is not None]
        edges = np.linspace(0, float(np.quantile(np.concatenate(known), 0.995)), _BINS + 1)
        for model, values in found.items():
            if values is not None:
                look: dict[str, Any] = {"color": look_of(model).colour, "linestyle": look_of(model).line}
                share, _ = np.histogram(values, edges)
                axis.stairs(100 * share / len(values), edges, **look, linewidth=1.6, label=subject.model(model))
                axis.axvline(float(np.median(values)), **look, linewidth=0.8, alpha=0.7)
        axis.set_title(subject.strings(f"figures.errors_{which}"))
        axis.set_xlabel(subject.strings("figures.mse_per_pixel"))
        axis.set_ylabel(subject.strings("figures.share"))
        axis.legend()
    return Drawing(figure, alt)


def robustness(subject: Subject) -> Drawing | None:
    """MSE, PSNR and SSIM of the output against the clean image as the noise grows; None where no model has a result.

    The noisy input is drawn as a reference.
    """
    factors = np.array(sweep(subject))
    if not factors.size:
        return None
    figure, axes, spare = abreast(len(_SWEEP), 1.95)
    for axis, (name, reference_name) in zip(axes, _SWEEP, strict=True):
        axis.set_ylabel(subject.strings(f"figures.{name}"))
        drawn = False
        for model in MODELS:
            records = subject.evidence.complete("reconstruction", model)
            if not records:
                continue
            if not drawn:
                _line(axis, factors, records, reference_name, ("input", subject.strings("columns.input")))
                drawn = True
            _line(axis, factors, records, name, (model, subject.model(model)))
        axis.set_xlabel(subject.strings("figures.noise_factor"))
    key(figure, spare, axes[0])
    return Drawing(figure, _sweep_alt(subject, factors))


def _line(axis: Axes, factors: NDArray[np.float64], records: tuple[Stored, ...], name: str, who: tuple[str, str]) -> None:
    seeds = frames(records, "robustness.parquet").pivot_table(name, "noise_factor", "seed", dropna=False)
    kind, label = who
    look = look_of(kind)
    single_seeds(axis, seeds, look.colour)
    values = seeds.mean(axis=1).to_numpy(np.float64)
    axis.plot(factors, values, color=look.colour, linestyle=look.line, marker=look.marker, label=label)


def _pooled(subject: Subject, model: str, which: str) -> NDArray[np.float64] | None:
    records = subject.evidence.complete("reconstruction", model)
    if not records:
        return None
    return frames(records, "errors.parquet")[f"mse_per_pixel_{which}_input"].to_numpy(np.float64)


def _over_noise(records: tuple[Stored, ...], name: str) -> NDArray[np.float64]:
    """Mean over seeds of a column of the noise sweep, by noise factor."""
    return frames(records, "robustness.parquet").groupby("noise_factor")[name].mean().to_numpy(np.float64)


def _strip(subject: Subject, axis: Axes, shown: dict[str, NDArray[np.float32]], row: str) -> None:
    images = shown[row]
    count = len(images)
    step = _SIDE + _GAP
    strip = np.ones((_SIDE, count * step - _GAP), dtype=np.float32)
    for position, image in enumerate(images):
        strip[:, position * step : position * step + _SIDE] = 1 - image  # dark garments on white, as print wants them
    enlarged = np.kron(strip, np.ones((_ZOOM, _ZOOM), dtype=np.float32))
    axis.imshow(
        enlarged, cmap="gray", vmin=0, vmax=1, interpolation="none", extent=(0, strip.shape[1], _SIDE, 0), aspect="equal"
    )
    bare(axis)
    axis.set_title(subject.strings(f"figures.row_{row}"), pad=15 if row != "original" else 4, fontsize=9)
    if row != "original":
        for position, value in enumerate(squared_errors(shown, row)):
            text = subject.numbers.fixed(float(value), 4)
            axis.text(position * step + _SIDE / 2, -2, text.removeprefix("0"), ha="center", va="bottom", fontsize=9)


def _pairs_alt(subject: Subject, model: str, stored: Stored, shown: dict[str, NDArray[np.float32]]) -> str:
    names = ", ".join(subject.published.words("classes")[int(label)] for label in shown["label"])
    means = {row: subject.numbers.fixed(float(squared_errors(shown, row).mean()), 4) for row in _ROWS[1:]}
    return subject.strings(
        "alt.pairs",
        model=subject.model(model),
        count=len(shown["label"]),
        classes=names,
        clean=means["reconstruction"],
        noisy=means["noisy"],
        denoised=means["reconstruction_of_noisy"],
        record=reference(stored),
    )


def _means(subject: Subject, which: str) -> str:
    parts = []
    for model in MODELS:
        summary = error(subject.evidence, model, which).summary
        words = subject.numbers.fixed(summary.mean, 4) if summary else missing_words(subject, "reconstruction", model)
        parts.append(f"{subject.model(model)} {words}")
    return ", ".join(parts)


def _sweep_alt(subject: Subject, factors: NDArray[np.float64]) -> str:
    parts = []
    for model in MODELS:
        records = subject.evidence.complete("reconstruction", model)
        if not records:
            parts.append(
                subject.strings(
                    "alt.missing", model=subject.model(model), words=missing_words(subject, "reconstruction", model)
                )
            )
            continue
        ssim = _over_noise(records, "ssim")
        values = {"low": subject.numbers.fixed(float(ssim[0]), 2), "high": subject.numbers.fixed(float(ssim[-1]), 2)}
        ends = {"first": subject.numbers.fixed(float(factors[0]), 1), "last": subject.numbers.fixed(float(factors[-1]), 1)}
        parts.append(subject.strings("alt.robustness", model=subject.model(model), **values, **ends))
    return " ".join(parts)

"""Test reconstruction: Figure 2's printed errors, error summaries, the noise sweep, and Table 3 beside what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.evidence.measure import measure, metric
from report.evidence.records import arrays, frame
from report.printing import cells
from report.printing.cells import Comparison
from report.printing.table import Cell, Column, Table
from report.studies.assignment_2.measures import error
from report.studies.assignment_2.models import MODELS

if TYPE_CHECKING:
    from report.evidence.measure import Measurement
    from report.evidence.subject import Subject
    from store.records import Stored

_TRAITS = ("objective", "noise", "cost", "latent_space", "robustness")
# Columns of the noise sweep, with the metric whose range they have.
_SWEPT = {"ssim": "ssim_clean", "mse": "test_mse_per_pixel_noisy_input"}
_ERRORS = ("test_mse_per_pixel", "median_mse_per_pixel", "p95_mse_per_pixel")


def traits(subject: Subject) -> Table:
    """Table 3: the published words, and below the last one the measured side of "robustness to noise"."""
    s = subject.strings
    rows = [(cells.text(s(f"traits.{trait}")), *(_trait(subject, model, trait) for model in MODELS)) for trait in _TRAITS]
    removed = {model: metric(subject.evidence, "reconstruction", model, "noise_removed_fraction") for model in MODELS}
    noisy = {model: error(subject.evidence, model, "noisy") for model in MODELS}
    rows.append((cells.text(s("traits.measured_removed")), *(cells.value(subject, removed[model], 1, 100) for model in MODELS)))
    rows.append((cells.text(s("traits.measured_noisy")), *(cells.value(subject, noisy[model], 4) for model in MODELS)))
    heads = (Column(s("columns.trait")), *(Column(subject.model(model)) for model in MODELS))
    missing = [measured for measured in removed.values() if measured.incomplete]
    return Table("traits", s("captions.traits"), heads, tuple(rows), cells.notes(subject, missing))


def pair_errors(subject: Subject) -> Table:
    """The errors that Figure 2 prints above the AE's reconstructions, image by image."""
    s = subject.strings
    rows = []
    for name, number in subject.published.group("figure-2.ae").items():
        index = int(name)
        measured = measure(subject.evidence, "reconstruction", "ae", lambda stored, index=index: image_error(stored, index))  # type: ignore[misc]
        label = cells.text(s("tables.image", index=index))
        rows.append((label, Comparison(number, measured, 4)))
    body = tuple((label, *cells.compared(subject, row)) for label, row in rows)
    heads = (Column(s("columns.image")), *cells.compared_columns(subject))
    return Table("pair-errors", s("captions.pair-errors"), heads, body, cells.notes(subject, [row.measured for _, row in rows]))


def image_error(stored: Stored, index: int) -> float:
    """MSE per pixel of one test image's reconstruction from clean input."""
    return float(frame(stored, "errors.parquet").set_index("index")["mse_per_pixel_clean_input"].loc[index])


def errors(subject: Subject) -> Table:
    """Mean, median and 95th percentile of the test error, clean and noisy input."""
    s = subject.strings
    rows: list[tuple[Cell, ...]] = []
    everything: list[Measurement] = []
    for model in MODELS:
        for which in ("clean", "noisy"):
            measured = [error(subject.evidence, model, which)]
            measured += [metric(subject.evidence, "reconstruction", model, f"{name}_{which}_input") for name in _ERRORS[1:]]
            everything += measured
            label = cells.text(s(f"tables.{which}_input", model=subject.model(model)))
            mean = measured[0]
            rows.append(
                (
                    label,
                    cells.value(subject, mean, 5),
                    cells.interval(subject, mean, 5),
                    *(cells.value(subject, one, 5) for one in measured[1:]),
                    cells.seeds(subject, mean),
                )
            )
    heads = (
        Column(s("columns.model_input")),
        *(Column(s(f"columns.{name}"), "right") for name in ("mean_mse", "interval", "median_mse", "p95_mse", "seeds")),
    )
    return Table("errors", s("captions.errors"), heads, tuple(rows), cells.notes(subject, everything))


def robustness(subject: Subject) -> Table:
    """MSE and SSIM of the output against the clean image by noise factor, beside the noisy input itself."""
    s = subject.strings
    factors = sweep(subject)
    rows = []
    for position, factor in enumerate(factors):
        row = [Cell(subject.numbers.fixed(factor, 1))]
        for name, decimals in (("mse_per_pixel", 4), ("ssim", 3)):
            row.append(cells.value(subject, _input(subject, f"input_{name}", position), decimals))
            row += [cells.value(subject, at_noise(subject, model, name, position), decimals) for model in MODELS]
        rows.append(tuple(row))
    groups = [(name, who) for name in ("mse", "ssim") for who in ("input", *MODELS)]
    titles = [
        s("columns.of", quantity=s(f"columns.{name}"), who=s(f"columns.{who}") if who == "input" else subject.model(who))
        for name, who in groups
    ]
    heads = (Column(s("columns.noise"), "right"), *(Column(title, "right") for title in titles))
    missing = [measured for model in MODELS if (measured := at_noise(subject, model, "ssim", 0)).incomplete]
    return Table("robustness", s("captions.robustness"), heads, tuple(rows), cells.notes(subject, missing))


def sweep(subject: Subject) -> tuple[float, ...]:
    """The noise factors that the run evaluated; empty where no model has a record."""
    for model in MODELS:
        for stored in subject.evidence.complete("reconstruction", model):
            return tuple(float(factor) for factor in frame(stored, "robustness.parquet")["noise_factor"])
    return ()


def at_noise(subject: Subject, model: str, name: str, position: int) -> Measurement:
    """A column of the noise sweep at one of its rows, over seeds."""
    return measure(
        subject.evidence,
        "reconstruction",
        model,
        lambda stored: float(frame(stored, "robustness.parquet")[name].iloc[position]),
        name=_SWEPT.get(name, ""),
    )


def shown_pairs(stored: Stored) -> dict[str, np.ndarray]:
    """The record's example images, as docs/records.md describes ``pairs.npz``."""
    return {name: np.asarray(array) for name, array in arrays(stored, "pairs.npz").items()}


def _input(subject: Subject, name: str, position: int) -> Measurement:
    present = next((model for model in MODELS if subject.evidence.complete("reconstruction", model)), MODELS[0])
    return at_noise(subject, present, name, position)


def _trait(subject: Subject, model: str, trait: str) -> Cell:
    word = subject.published.find_fact(f"table-3.{model}.{trait}")
    if word is None:
        return cells.nothing()
    return Cell(subject.strings(f"trait_words.{word}"), "published", (), "table-3")

"""Figure 5: one matrix a model, the re-run's count above the published one in every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from report.evidence.records import arrays
from report.printing.figure_style import PUBLISHED, Drawing, canvas, placeholder
from report.studies.assignment_2.figures.curves import missing_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from report.evidence.subject import Subject

_DARK = 0.5  # share of a row above which a cell is dark enough for white letters


def matrix(subject: Subject, model: str) -> Drawing:
    """Shade and upper number: the re-run's mean count per 1,000 images of the true class; lower number: published."""
    published = np.array(subject.published.matrix(f"figure-5.{model}"), dtype=np.float64)
    counts = mean_counts(subject, model)
    if counts is None:
        words = missing_words(subject, "classifier", model)
        return Drawing(placeholder(words), subject.strings("alt.missing", model=subject.model(model), words=words))
    figure, axes = canvas(1, 1, 4.4)
    _draw(subject, axes[0], per_thousand(counts), per_thousand(published))
    return Drawing(figure, _alt(subject, model, per_thousand(counts), per_thousand(published)))


def mean_counts(subject: Subject, model: str) -> NDArray[np.float64] | None:
    """Mean confusion matrix over seeds, (10, 10), rows true class; None without a record."""
    records = subject.evidence.complete("classifier", model)
    if not records:
        return None
    return np.asarray(np.mean([arrays(stored, "confusion.npz")["counts"].astype(np.float64) for stored in records], axis=0))


def per_thousand(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows scaled to 1,000 images of the true class; a class without images stays 0."""
    totals = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(1000 * counts, totals, out=np.zeros_like(counts), where=totals > 0))


def _draw(subject: Subject, axis: Axes, mine: NDArray[np.float64], published: NDArray[np.float64]) -> None:
    classes = subject.published.words("classes")
    axis.imshow(mine / 1000, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="none")
    for row, column in np.ndindex(*mine.shape):
        value, printed = round(float(mine[row, column])), round(float(published[row, column]))
        if value == 0 and printed == 0:
            continue
        dark = mine[row, column] / 1000 > _DARK
        axis.text(column, row - 0.04, str(value), ha="center", va="bottom", fontsize=9, color="white" if dark else "black")
        axis.text(
            column,
            row + 0.06,
            str(printed),
            ha="center",
            va="top",
            fontsize=7.5,
            color="#E8EEF5" if dark else PUBLISHED,
            style="italic",
        )
    ticks = range(len(classes))
    axis.set_xticks(ticks, classes, rotation=40, ha="right", rotation_mode="anchor")
    axis.set_yticks(ticks, classes)
    axis.set_xlabel(subject.strings("figures.predicted"))
    axis.set_ylabel(subject.strings("figures.true"))
    axis.grid(visible=False)
    axis.tick_params(length=0)


def _alt(subject: Subject, model: str, mine: NDArray[np.float64], published: NDArray[np.float64]) -> str:
    classes = subject.published.words("classes")
    off = mine.copy()
    np.fill_diagonal(off, -1)
    row, column = (int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
    worst = int(np.diag(mine).argmin())
    return subject.strings(
        "alt.confusion",
        model=subject.model(model),
        worst=classes[worst],
        worst_mine=subject.numbers.integer(float(mine[worst, worst])),
        worst_published=subject.numbers.integer(float(published[worst, worst])),
        truth=classes[row],
        predicted=classes[column],
        mine=subject.numbers.integer(float(mine[row, column])),
        published=subject.numbers.integer(float(published[row, column])),
    )

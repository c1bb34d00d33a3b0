"""Figure 5: one matrix a model, the re-run's count above the published one in every cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from report.evidence.records import arrays
from report.printing.figure_style import PUBLISHED, Drawing, canvas
from report.studies.assignment_2.figures.curves import missing_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from report.evidence.subject import Subject

_DARK = 0.5  # share of a row above which a cell is dark enough for white letters


def matrix(subject: Subject, model: str) -> Drawing | None:
    """Shade and upper number: the re-run's mean count per 1,000 images of the true class; lower number: published.

    Where there is one side only it is drawn alone, and shades the cells; None where there is neither.
    """
    printed, counts = subject.published.find_matrix(f"figure-5.{model}"), mean_counts(subject, model)
    published = None if printed is None else per_thousand(np.array(printed, dtype=np.float64))
    mine = None if counts is None else per_thousand(counts)
    if mine is None and published is None:
        return None
    figure, axes = canvas(1, 1, 4.4)
    _draw(subject, axes[0], mine, published)
    return Drawing(figure, _alt(subject, model, mine, published))


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


def _draw(subject: Subject, axis: Axes, mine: NDArray[np.float64] | None, published: NDArray[np.float64] | None) -> None:
    classes = subject.published.words("classes")
    shade = np.zeros((len(classes), len(classes))) if published is None else published
    shade = shade if mine is None else mine
    axis.imshow(shade / 1000, cmap="Blues", vmin=0, vmax=1, aspect="auto", interpolation="none")
    for row, column in np.ndindex(*shade.shape):
        shown = [None if side is None else round(float(side[row, column])) for side in (mine, published)]
        if not any(shown):
            continue
        dark = shade[row, column] / 1000 > _DARK
        look: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": 9, "color": "white" if dark else "black"}
        if shown[0] is not None:
            axis.text(column, row - 0.04, str(shown[0]), **look)
        if shown[1] is not None:
            look |= {"va": "top", "fontsize": 7.5, "color": "#E8EEF5" if dark else PUBLISHED, "style": "italic"}
            axis.text(column, row + 0.06, str(shown[1]), **look)
    ticks = range(len(classes))
    axis.set_xticks(ticks, classes, rotation=40, ha="right", rotation_mode="anchor")
    axis.set_yticks(ticks, classes)
    axis.set_xlabel(subject.strings("figures.predicted"))
    axis.set_ylabel(subject.strings("figures.true"))
    axis.grid(visible=False)
    axis.tick_params(length=0)


def _alt(subject: Subject, model: str, mine: NDArray[np.float64] | None, published: NDArray[np.float64] | None) -> str:
    classes, integer = subject.published.words("classes"), subject.numbers.integer
    name, words = subject.model(model), missing_words(subject, "classifier", model)
    if mine is None:
        return subject.strings("alt.missing", model=name, words=words)
    off = mine.copy()
    np.fill_diagonal(off, -1)
    row, column = (int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
    worst = int(np.diag(mine).argmin())
    values = {"worst_mine": mine[worst, worst], "mine": mine[row, column]}
    if published is not None:
        values |= {"worst_published": published[worst, worst], "published": published[row, column]}
    return subject.strings(
        "alt.confusion" if published is not None else "alt.confusion_own",
        model=name,
        worst=classes[worst],
        truth=classes[row],
        predicted=classes[column],
        **{key: integer(float(value)) for key, value in values.items()},
    )

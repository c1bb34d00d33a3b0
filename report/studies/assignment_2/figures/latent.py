"""Figure 4: t-SNE of the latent spaces, and of the pixels as a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import patheffects

from report.evidence.records import frame
from report.printing.figure_style import CLASS_COLOUR, CLASS_MARKER, Drawing, absent, bare, canvas
from report.studies.assignment_2.figures.curves import missing_words
from report.studies.assignment_2.measures import neighbours
from report.studies.assignment_2.tables.latent import SPACES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from report.evidence.subject import Subject

_INK = 500.0  # marker area in square points times the root of the count: 10,000 points fill a panel, 500 stay visible
_LEGEND = 24.0  # marker area in the legend, square points
_NAME = (0.28, 0.06)  # room that a class name needs, as a share of the panel's width and height


def projections(subject: Subject) -> Drawing | None:
    """One panel a space, points coloured and marked by class, each class named at its median; the first seed is shown.

    None where no space has a result.
    """
    if not any(subject.evidence.complete("latent", space) for space in SPACES):
        return None
    rows = -(-len(SPACES) // 2)
    figure, axes = canvas(rows, 2, 0.3 + 3.0 * rows)
    handles: list[Artist] = []
    for axis, space in zip(axes, SPACES, strict=False):
        records = subject.evidence.complete("latent", space)
        title = subject.strings(f"models.{space}")
        if not records:
            absent(axis, missing_words(subject, "latent", space))
        else:
            handles = _scatter(subject, axis, frame(records[0], "coordinates.parquet"))
        axis.set_title(title)
    if handles:
        figure.legend(
            handles,
            subject.published.words("classes"),
            loc="outside lower center",
            ncols=4,
            columnspacing=1.0,
            handletextpad=0.2,
        )
    return Drawing(figure, _alt(subject))


def _scatter(subject: Subject, axis: Axes, table: pd.DataFrame) -> list[Artist]:
    points: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    handles: list[Artist] = []
    for label, name in enumerate(subject.published.words("classes")):
        mine = table[table["label"] == label]
        points[name] = (mine["x"].to_numpy(np.float64), mine["y"].to_numpy(np.float64))
        look: dict[str, Any] = {
            "s": _INK / np.sqrt(len(table)),
            "c": CLASS_COLOUR[label],
            "marker": CLASS_MARKER[label],
            "linewidths": 0,
            "alpha": 0.55,
            "rasterized": True,
        }
        axis.scatter(*points[name], **look)
        handles.append(axis.scatter([], [], **(look | {"s": _LEGEND, "alpha": 1.0, "rasterized": False})))
    _label(axis, points)
    bare(axis)
    return handles


def _label(axis: Axes, points: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]) -> None:
    """Name every class at its median; a name that would cover the one below it moves up."""
    width, height = (limits[1] - limits[0] for limits in (axis.get_xlim(), axis.get_ylim()))
    places = sorted((float(np.median(y)), float(np.median(x)), name) for name, (x, y) in points.items() if len(x))
    taken: list[tuple[float, float]] = []
    for middle, centre, name in places:
        line = middle
        for left, below in taken:
            if abs(left - centre) < _NAME[0] * width and line - below < _NAME[1] * height:
                line = below + _NAME[1] * height
        taken.append((centre, line))
        halo = [patheffects.withStroke(linewidth=2.5, foreground="white")]
        axis.text(centre, line, name, ha="center", va="center", fontsize=8, path_effects=halo)


def _alt(subject: Subject) -> str:
    parts = []
    for space in SPACES:
        summary = neighbours(subject.evidence, space).summary
        name = subject.strings(f"models.{space}")
        if summary is None:
            parts.append(subject.strings("alt.missing", model=name, words=missing_words(subject, "latent", space)))
        else:
            parts.append(subject.strings("alt.latent_space", space=name, accuracy=subject.numbers.percent(summary.mean, 1)))
    return subject.strings("alt.latent", spaces=" ".join(parts))

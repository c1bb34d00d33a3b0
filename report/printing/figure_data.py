"""The numbers behind a drawn figure, as rows for a spreadsheet: each line, step curve and bar of each panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.container import BarContainer
from matplotlib.patches import StepPatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike
    from pydantic import JsonValue

MOST_ROWS = 4000
"""A page takes no more of one figure; the records have all."""
_DIGITS = 6


def rows_of(figure: Figure) -> list[JsonValue]:
    """A heading and one row a point: panel, series, x, y. Empty for a figure that has neither lines nor bars."""
    rows: list[JsonValue] = []
    for number, axes in enumerate(figure.axes, start=1):
        panel = axes.get_title(loc="left") or axes.get_title() or axes.get_ylabel() or str(number)
        rows += [[panel, series, x, y] for series, x, y in _points(axes)]
    return [["panel", "series", "x", "y"], *rows[:MOST_ROWS]] if rows else []


def _points(axes: Axes) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    for place, line in enumerate(axes.get_lines(), start=1):
        label = str(line.get_label())
        name = f"line {place}" if label.startswith("_") else label
        yield from _pairs(name, line.get_xdata(), line.get_ydata())
    for patch in axes.patches:
        if isinstance(patch, StepPatch):
            values, edges, _ = patch.get_data()
            yield from _pairs(str(patch.get_label()), np.asarray(edges)[:-1], values)
    for bars in axes.containers:
        if isinstance(bars, BarContainer):
            centres = [bar.get_x() + bar.get_width() / 2 for bar in bars.patches]
            yield from _pairs(str(bars.get_label()), centres, [bar.get_height() for bar in bars.patches])


def _pairs(name: str, x: ArrayLike, y: ArrayLike) -> Iterator[tuple[str, JsonValue, JsonValue]]:
    for one, other in zip(np.asarray(x, dtype=object).ravel(), np.asarray(y, dtype=object).ravel(), strict=False):
        yield name, _plain(one), _plain(other)


def _plain(value: object) -> JsonValue:
    """A number with six significant digits; empty where there is none."""
    if not isinstance(value, int | float | np.number):
        return str(value)
    number = float(value)
    return float(f"{number:.{_DIGITS}g}") if np.isfinite(number) else ""

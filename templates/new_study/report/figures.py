"""The figures of this study: each a function that returns a drawing and what it shows in words, or None for nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from report.evidence.records import frame
from report.printing.figure_style import PUBLISHED, RERUN_TRAIN, Drawing, canvas

if TYPE_CHECKING:
    from report.evidence.subject import Subject


def convergence(subject: Subject) -> Drawing | None:
    """The estimate by the number of points, a line a seed; None where no seed has a result."""
    records = subject.evidence.complete("estimate", "square")
    if not records:
        return None
    s = subject.strings
    figure, axes = canvas(1, 1, 2.6)
    for stored in records:
        history = frame(stored, "history.parquet")
        axes[0].plot(history["points"], history["estimate"], color=RERUN_TRAIN, linewidth=1.0)
    axes[0].axhline(math.pi, color=PUBLISHED, linestyle="--", linewidth=1.2)
    axes[0].set_xlabel(s("figures.points"))
    axes[0].set_ylabel(s("figures.estimate"))
    last = [float(frame(stored, "history.parquet")["estimate"].iloc[-1]) for stored in records]
    ends = {"low": subject.numbers.fixed(min(last), 3), "high": subject.numbers.fixed(max(last), 3)}
    return Drawing(figure, s("alt.convergence", seeds=len(records), **ends))

"""A claim as a strip: the published value with its tolerance, the seeds of the re-run and their interval, on one small axis.

The strip's numbers are places on the axis, from 0 to 100; the page's style draws them. They repeat what stands beside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.printing.markup import drawn, escaped
from report.printing.table import Cell
from report.tables.claim_numbers import interval_in_range

if TYPE_CHECKING:
    from report.evidence.subject import Subject
    from report.inference.statistics import Interval
    from report.inference.verdicts import Judged

_REACHES = 2.5  # tolerances to each side of the published value that are always on the axis
_FARTHEST = 6.0  # tolerances beyond which the axis does not go: what lies there becomes an arrow
_ROOM = 1.15  # of the farthest point, so that it does not lie on the edge
_PART = 0.1  # of a value, the reach of an axis on which nothing else lies
_LOW, _HIGH = 3.0, 97.0  # where the outermost marks stand


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float

    def place(self, value: float) -> float:
        """The place of a value, inside the edges."""
        share = (value - self.low) / (self.high - self.low)
        return min(_HIGH, max(_LOW, _LOW + (_HIGH - _LOW) * share))

    def holds(self, value: float) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high


def strip(subject: Subject, judged: Judged) -> Cell | None:
    """The strip of a claim on one quantity; None for an order, and where nothing was measured."""
    if len(judged.measured) != 1 or not judged.runs or judged.claim.kind in {"order", "first"}:
        return None
    low, high = _accepted(judged)
    if low == high == math.inf:
        return None
    span = interval_in_range(subject, judged)
    axis = _axis(judged, span, low, high)
    marks = _marks(judged, span, axis, low, high)
    words = subject.strings(f"claims.strip_{_side(judged.measured[0].mean, low, high)}")
    return Cell(words, records=judged.records, markup=drawn(escaped(words), "strip", " ".join(marks)))


def _accepted(judged: Judged) -> tuple[float, float]:
    """From where to where a value bears the claim out; both infinite where the claim names neither value nor bound."""
    claim, said = judged.claim, judged.published
    if said is not None:
        reach = 0.0 if claim.tolerance is None else claim.tolerance.around(said)  # none: no such run can tell
        return said - reach, said + reach
    if claim.at_least is None and claim.at_most is None:
        return math.inf, math.inf
    return (
        -math.inf if claim.at_least is None else claim.at_least,
        math.inf if claim.at_most is None else claim.at_most,
    )


def _axis(judged: Judged, span: Interval | None, low: float, high: float) -> _Axis:
    """Around the published value or between the bounds, with all seeds on it unless they are far away."""
    bounds = [bound for bound in (low, high) if math.isfinite(bound)]
    centre = math.fsum(bounds) / len(bounds)
    unit = (high - low) / 2 if math.isfinite(high - low) and high > low else 0.0
    points = [*judged.runs, *([] if span is None else [span.low, span.high])]
    farthest = _ROOM * max(abs(point - centre) for point in points)
    least = _REACHES * unit
    reach = max(least, min(farthest, _FARTHEST * unit)) if unit else farthest or _PART * abs(centre) or 1.0
    return _Axis(centre - reach, centre + reach)


def _marks(judged: Judged, span: Interval | None, axis: _Axis, low: float, high: float) -> list[str]:
    """``b`` band, ``p`` published, ``i`` interval, ``d`` a seed; ``l`` and ``r`` a seed beyond the left and the right edge."""
    found = []
    if high > low:
        left = 0.0 if low == -math.inf else axis.place(low)
        right = 100.0 if high == math.inf else axis.place(high)
        found.append(f"b{left:.1f}-{right:.1f}")
    if judged.published is not None:
        found.append(f"p{axis.place(judged.published):.1f}")
    if span is not None and (axis.holds(span.low) or axis.holds(span.high)):
        found.append(f"i{axis.place(span.low):.1f}-{axis.place(span.high):.1f}")
    for value in judged.runs:
        kind = "d" if axis.holds(value) else "l" if value < axis.low else "r"
        found.append(f"{kind}{axis.place(value):.1f}")
    return list(dict.fromkeys(found))


def _side(mean: float, low: float, high: float) -> str:
    if low <= mean <= high or math.isclose(mean, low) or math.isclose(mean, high):
        return "inside"
    return "below" if mean < low else "above"

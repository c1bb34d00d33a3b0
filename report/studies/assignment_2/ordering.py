"""Which of two measured quantities is the larger: seed by seed where there are several, image by image where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from report.inference.statistics import summarise

if TYPE_CHECKING:
    from collections.abc import Callable

    from report.evidence.measure import Measurement
    from store.records import Stored

    Alone = Callable[[Stored, Stored], int]

Verdict = Literal["supported", "not_supported", "undecided", "not_measured"]


def above(first: Measurement, second: Measurement, alone: Alone | None = None) -> Verdict:
    """Whether the first quantity is the larger: decided where the 95 % interval of the difference excludes zero.

    With several seeds that is the t interval of the differences paired by seed. With one, ``alone`` compares the two records
    image by image and gives 1, -1, or 0 where it shows nothing; without it the intervals over images must be disjoint.
    """
    if first.summary is None or second.summary is None:
        return "not_measured"
    pairs = _pairs(first, second)
    if len(pairs) > 1:
        interval = summarise([a - b for _, a, _, b in pairs]).interval
        return "undecided" if interval is None else _verdict(interval.low, interval.high)
    if pairs and alone is not None:
        shown = alone(pairs[0][0], pairs[0][2])
        return _verdict(shown, shown)
    upper, lower = _bounds(first), _bounds(second)
    if upper is None or lower is None:
        return "undecided"
    return _verdict(upper[0] - lower[1], upper[1] - lower[0])


def all_of(verdicts: tuple[Verdict, ...]) -> Verdict:
    """All parts hold: supported; one part refuted: not supported; else the weakest of what is known."""
    for verdict in ("not_measured", "not_supported", "undecided"):
        if verdict in verdicts:
            return verdict
    return "supported"


def _verdict(low: float, high: float) -> Verdict:
    return "supported" if low > 0 else "not_supported" if high < 0 else "undecided"


def _pairs(first: Measurement, second: Measurement) -> list[tuple[Stored, float, Stored, float]]:
    """Records and values of the same seed; a record without a seed stands beside every one of the other side."""
    mine, other = (list(zip(side.records, side.values, strict=True)) for side in (first, second))
    return [
        (a, x, b, y)
        for a, x in mine
        for b, y in other
        if a.record.task.seed == b.record.task.seed or None in {a.record.task.seed, b.record.task.seed}
    ]


def _bounds(measured: Measurement) -> tuple[float, float] | None:
    """Interval of a quantity; a quantity without randomness (raw pixels) is its own interval; None where unknown."""
    if measured.interval is not None:
        return measured.interval.low, measured.interval.high
    fixed = all(stored.record.task.seed is None for stored in measured.records)
    return (measured.summary.mean, measured.summary.mean) if fixed and measured.summary else None

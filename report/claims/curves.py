"""How near combinations of unstated values come to the published training and validation curves; test results have no part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from report.claims.sensitivity import trials
from report.evidence.measure import Measurement
from report.evidence.records import frame
from report.inference.statistics import summarise
from report.inference.testing import ALPHA, difference_p, holm

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from report.claims.sensitivity import Trial
    from report.evidence.published import Curve
    from report.evidence.subject import Subject
    from report.evidence.vocabulary import ShownCurve
    from store.records import Stored

QUESTION = "inference"


@dataclass(frozen=True, slots=True)
class Fit:
    """How far a combination is from the curves that the source shows at one ``place``.

    ``trial`` is None for the run's own values. ``distance`` is the mean over the curves of each one's mean distance, as a part
    of its mean height; ``curves`` has these distances one by one, in the printed unit. ``behind`` is by how much more than the
    nearest combination, seed by seed (None for that one), and ``apart`` whether that is shown (None: no test is possible).
    """

    trial: Trial | None
    place: str
    distance: Measurement
    curves: tuple[tuple[ShownCurve, Measurement], ...]
    behind: Measurement | None = None
    apart: bool | None = None


def fits(subject: Subject) -> tuple[Fit, ...]:
    """For each place with curves that an alternative touches, the combinations from the nearest to the farthest."""
    found = trials(subject, QUESTION)
    shown = subject.study.vocabulary.curves
    places = dict.fromkeys(curve.place for curve in shown)
    return tuple(fit for place in places for fit in _at(place, [c for c in shown if c.place == place], found))


def _at(place: str, curves: Sequence[ShownCurve], found: Iterable[Trial]) -> tuple[Fit, ...]:
    cells = {(curve.experiment, curve.variant) for curve in curves}
    touching = [trial for trial in found if trial.touched & cells]
    if not touching:
        return ()
    longest = max(touching, key=lambda trial: len(trial.seeds))
    candidates = [(None, longest.own), *((trial, trial.other) for trial in touching)]
    every = [_fit(trial, place, curves, other) for trial, other in candidates]
    measured = sorted((fit for fit, _ in every if fit.distance.summary is not None), key=_mean)
    rest = tuple(fit for fit, _ in every if fit.distance.summary is None)
    if not measured:
        return rest
    by_seed = {id(fit): scores for fit, scores in every}
    return (*_held_against(measured, by_seed), *rest)


def _mean(fit: Fit) -> float:
    return math.inf if fit.distance.summary is None else fit.distance.summary.mean


def _held_against(ordered: Sequence[Fit], by_seed: dict[int, dict[int, float]]) -> tuple[Fit, ...]:
    """Each fit with its distance beyond the first one's, tested as one family (Holm)."""
    nearest, *others = ordered
    least = by_seed[id(nearest)]
    pairs = [
        [scores[seed] - least[seed] for seed in scores if seed in least] for scores in (by_seed[id(fit)] for fit in others)
    ]
    summaries = [summarise(values) if values else None for values in pairs]
    tested = [None if summary is None else difference_p(summary) for summary in summaries]
    adjusted = iter(holm([p for p in tested if p is not None]))
    held = [nearest]
    for fit, summary, p in zip(others, summaries, tested, strict=True):
        apart = None if p is None else next(adjusted) < ALPHA
        records = (*nearest.distance.records, *fit.distance.records)
        behind = Measurement(summary, records, fit.distance.incomplete)
        held.append(Fit(fit.trial, fit.place, fit.distance, fit.curves, behind, apart))
    return tuple(held)


def _fit(trial: Trial | None, place: str, curves: Sequence[ShownCurve], subject: Subject) -> tuple[Fit, dict[int, float]]:
    """The fit and its distance by seed: of the seeds for which every curve is there."""
    gaps = [_gaps(curve, subject) for curve in curves]
    seeds = sorted(set.intersection(*({*by_seed} for by_seed in gaps)))
    scores = {seed: math.fsum(by_seed[seed].relative for by_seed in gaps) / len(gaps) for seed in seeds}
    cells = dict.fromkeys((curve.experiment, curve.variant) for curve in curves)
    records = tuple(
        stored for cell in cells for stored in subject.evidence.complete(*cell) if stored.record.task.seed in scores
    )
    lost = tuple(stored for cell in cells for stored in subject.evidence.incomplete(*cell))
    distance = Measurement(summarise([*scores.values()]) if scores else None, records, lost, values=tuple(scores.values()))
    each = tuple((curve, _measured(by_seed, lost)) for curve, by_seed in zip(curves, gaps, strict=True))
    return Fit(trial, place, distance, each), scores


@dataclass(frozen=True, slots=True)
class _Gap:
    """Mean distance of one record's curve from the published one: in the printed unit, and as a part of its mean height."""

    stored: Stored
    absolute: float
    relative: float


def _measured(by_seed: dict[int, _Gap], lost: tuple[Stored, ...]) -> Measurement:
    gaps = [*by_seed.values()]
    summary = summarise([gap.absolute for gap in gaps]) if gaps else None
    return Measurement(summary, tuple(gap.stored for gap in gaps), () if gaps else lost)


def _gaps(curve: ShownCurve, subject: Subject) -> dict[int, _Gap]:
    published = subject.published.curve(curve.published)
    records = subject.evidence.complete(curve.experiment, curve.variant)
    found = ((stored, _gap(stored, curve, published)) for stored in records)
    return {stored.record.task.seed or 0: gap for stored, gap in found if gap is not None}


def _gap(stored: Stored, curve: ShownCurve, published: Curve) -> _Gap | None:
    """Over the epochs that both have; None where they share none."""
    history = frame(stored, "history.parquet")
    own = dict(zip(history["epoch"].tolist(), (history[curve.column] * curve.scale).tolist(), strict=True))
    pairs = [(own[epoch], height) for epoch, height in zip(published.x, published.y, strict=True) if epoch in own]
    distances = [abs(ours - height) for ours, height in pairs]
    total = math.fsum(height for _, height in pairs)
    if not pairs or not math.isfinite(math.fsum(distances)):
        return None
    return _Gap(stored, math.fsum(distances) / len(pairs), math.fsum(distances) / total)

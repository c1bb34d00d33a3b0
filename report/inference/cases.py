"""What a run gives a claim to be judged by: its quantities by seed, the samples that they make, or why there are none."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from report.claims.comparability import blocking, departures_of
from report.claims.reading import Reading, read
from report.claims.schema import unpublished
from report.evidence.records import reference
from report.inference.statistics import summarise
from report.inference.testing import Draw, Region, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from report.claims.schema import Claim, Selector
    from report.evidence.published import Printed
    from report.evidence.subject import Subject
    from report.inference.statistics import Summary
    from store.records import Stored

_EXACT = 1e-9  # relative: an exact quantity is a whole number or a ratio of two
_PAIR = {"order", "first"}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a claim cannot be held against a run: the key of the reason, and its values."""

    why: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A claim and what a run gives it: its quantities by seed (None: no seed), and the samples that they make.

    ``samples`` is empty where there is an ``obstacle``.
    """

    claim: Claim
    found: tuple[Mapping[int | None, float], ...]
    records: tuple[str, ...]
    published: Printed | None
    samples: tuple[Sample, ...] = ()
    obstacle: Obstacle | None = None

    @property
    def measured(self) -> tuple[Summary, ...]:
        """Each quantity over seeds; empty where one of them has no value."""
        return tuple(summarise(tuple(one.values())) for one in self.found) if all(self.found) else ()

    @property
    def value(self) -> float | None:
        """What the claim says the quantity is: the published value, or the claim's own."""
        return self.claim.value if self.published is None else self.published.value

    @property
    def seeds(self) -> int:
        """How many seeds the weakest part of the claim rests on."""
        counts = [len(sample.values) for sample in self.samples] or [summary.n for summary in self.measured]
        return min(counts, default=0)

    @property
    def fixed(self) -> bool:
        """Whether nothing random is in it."""
        return self.claim.kind == "exact" or all(set(values) == {None} for values in self.found)

    @property
    def within(self) -> bool:
        """Whether every mean lies where the claim puts it, as far as seen."""
        return all(sample.region.holds(sample.mean) for sample in self.samples)


def case_of(subject: Subject, claim: Claim) -> Case:
    """Measure the claim in the run; raises UsageError for a selector or a published value that leads nowhere."""
    published = None if claim.published is None else subject.published.find(claim.published)
    if published is None and claim.published is not None:
        raise unpublished(claim.id, claim.published)
    readings = [_values(subject, claim, selector) for selector in claim.select]
    found = tuple(values for values, _ in readings)
    records = tuple(dict.fromkeys(reference(stored) for _, used in readings for stored in used))
    case = Case(claim, found, records, published)
    obstacle = _obstacle(subject, claim)
    if obstacle is None:
        samples = _samples(case)
        if all(sample.values for sample in samples):
            return Case(claim, found, records, published, samples)
        obstacle = Obstacle("undefined")
    return Case(claim, found, records, published, obstacle=obstacle)


def _obstacle(subject: Subject, claim: Claim) -> Obstacle | None:
    if claim.kind == "not_comparable":
        return Obstacle(f"stated_{claim.reason}")
    vocabulary = subject.study.vocabulary
    keys = blocking(claim, departures_of(claim, subject.deviations, vocabulary), vocabulary)
    if keys:
        return Obstacle("departs", {"keys": ", ".join(keys[:2]) + (", ..." if keys[2:] else "")})
    lacking = [s for s in claim.select if not subject.evidence.complete(s.experiment, s.variant)]
    names = ", ".join(dict.fromkeys(f"{one.experiment}/{one.variant}" for one in lacking))
    return Obstacle("no_result", {"tasks": names}) if lacking else None


def _values(subject: Subject, claim: Claim, selector: Selector) -> tuple[dict[int | None, float], list[Stored]]:
    """The quantity by seed, and its records; a seed whose record leaves it undefined is left out."""
    values: dict[int | None, float] = {}
    used, quantities = [], subject.study.declared().quantities
    columns = subject.study.vocabulary.columns
    for stored in subject.evidence.complete(selector.experiment, selector.variant):
        number = read(Reading(stored, selector, subject.evidence, subject.published, claim.id, columns), quantities)
        if number is not None:
            values[stored.record.task.seed] = number
            used.append(stored)
    return values, used


def _samples(case: Case) -> tuple[Sample, ...]:
    claim, found = case.claim, case.found
    if claim.kind in _PAIR:
        sign = 1 if claim.order == "falling" else -1
        last = len(found)
        pairs = [(0, other) for other in range(1, last)] if claim.kind == "first" else [(i - 1, i) for i in range(1, last)]
        above = Region(low=math.ulp(0.0))  # a tie is no order
        return tuple(Sample(tuple(sign * (a - b) for a, b in _paired(found[i], found[j])), above) for i, j in pairs)
    values = tuple(found[0].values())
    if claim.kind == "range":
        low, high = claim.at_least, claim.at_most
        return (Sample(values, Region(-math.inf if low is None else low, math.inf if high is None else high)),)
    return (_of_value(case, values),)


def _of_value(case: Case, values: tuple[float, ...]) -> Sample:
    """A value with its tolerance; without randomness it has to be the printed digits, and an exact claim the number itself."""
    claim, said = case.claim, case.value
    if said is None:
        raise ValueError(f"claim {claim.id} has no published value")
    slack = _EXACT * max(1.0, abs(said))
    if claim.kind == "exact" or claim.tolerance is None or case.published is None:
        return Sample(values, Region(said - slack, said + slack))
    reach = case.published.half_unit + slack if case.fixed else claim.tolerance.around(said)
    draw = Draw(said, case.published.half_unit, case.published.draws or 1)
    return Sample(values, Region(said - reach, said + reach), draw)


def _paired(first: Mapping[int | None, float], second: Mapping[int | None, float]) -> list[tuple[float, float]]:
    """Values of the same seed; a quantity without a seed stands beside every seed of the other."""
    if set(first) == {None}:
        return [(first[None], value) for value in second.values()]
    if set(second) == {None}:
        return [(value, second[None]) for value in first.values()]
    return [(value, second[seed]) for seed, value in first.items() if seed in second]

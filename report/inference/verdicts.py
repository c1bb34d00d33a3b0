"""Holds the published claims against a run: one verdict a claim, with the statistics that it rests on.

``reproduced``: shown within the tolerance (equivalence tests over seeds). ``refuted``: shown outside. ``consistent``: within it
as far as seen, but too few seeds to show it. ``inconclusive``: none of these. ``not_comparable``: no such run could tell, or
this one departs from the protocol in what the claim depends on, or gave no result. Both errors are kept to ``ALPHA`` over each
family (Holm).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from report.claims.comparability import blocking, departures_of
from report.claims.reading import Reading, read
from report.claims.schema import load_claims, unpublished
from report.evidence.records import reference
from report.inference.statistics import Summary, summarise
from report.inference.testing import ALPHA, Region, Sample, all_inside_p, any_outside_p, holm, seeds_needed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from report.claims.schema import Claim, Selector
    from report.evidence.subject import Subject
    from store.records import Stored

ClaimVerdict = Literal["reproduced", "consistent", "refuted", "inconclusive", "not_comparable"]
VERDICTS: tuple[ClaimVerdict, ...] = ("reproduced", "consistent", "refuted", "inconclusive", "not_comparable")
_EXACT = 1e-9  # relative: an exact quantity is a whole number or a ratio of two


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim and what the run says of it.

    ``measured`` is the summary of each selected quantity over seeds, ``seeds`` how many the verdict rests on, ``why`` the key
    of the reason with its ``values``; ``p`` belongs to the verdict and is adjusted within the family.
    """

    claim: Claim
    verdict: ClaimVerdict
    why: str
    values: Mapping[str, object] = field(default_factory=dict)
    measured: tuple[Summary, ...] = ()
    seeds: int = 0
    p: float | None = None
    records: tuple[str, ...] = ()
    published: float | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """A claim that can be tried: its quantities by seed (None: no seed), and the samples that they give."""

    claim: Claim
    found: tuple[Mapping[int | None, float], ...]
    samples: tuple[Sample, ...]
    records: tuple[str, ...]
    published: float | None

    @property
    def fixed(self) -> bool:
        """Whether nothing random is in it."""
        return self.claim.kind == "exact" or all(set(values) == {None} for values in self.found)

    @property
    def within(self) -> bool:
        """Whether every mean lies where the claim puts it, as far as seen."""
        return all(sample.region.holds(math.fsum(sample.values) / len(sample.values)) for sample in self.samples)


def judge_all(subject: Subject, claims: Sequence[Claim] | None = None) -> tuple[Judged, ...]:
    """A verdict on each claim, in the order of the file; raises UsageError for a selector that leads nowhere."""
    chosen = load_claims(subject.study.data).claims if claims is None else tuple(claims)
    tried = {claim.id: _prepare(subject, claim) for claim in chosen}
    cases = [case for case in tried.values() if isinstance(case, _Case)]
    ended = {case.claim.id: _without_test(case) for case in cases}
    testable = [case for case in cases if ended[case.claim.id] is None]
    by_family: dict[str, list[_Case]] = {}
    for case in testable:
        by_family.setdefault(case.claim.family, []).append(case)
    tested = {judged.claim.id: judged for family in by_family.values() for judged in judge_family(family)}
    return tuple(case if isinstance(case, Judged) else ended[name] or tested[name] for name, case in tried.items())


def judge_family(cases: Sequence[_Case]) -> tuple[Judged, ...]:
    """Verdicts on claims that share one family, every sample of which has a spread."""
    inside = holm([all_inside_p(case.samples) for case in cases])
    outside = holm([any_outside_p(case.samples) for case in cases])
    return tuple(_tested(case, *p_values) for case, *p_values in zip(cases, inside, outside, strict=True))


def counts(judged: Sequence[Judged]) -> dict[ClaimVerdict, int]:
    """How many claims have each verdict."""
    return {verdict: sum(one.verdict == verdict for one in judged) for verdict in VERDICTS}


def _prepare(subject: Subject, claim: Claim) -> _Case | Judged:
    published = None if claim.value is None else float(claim.value)
    if claim.published is not None:
        printed = subject.published.find(claim.published)
        if printed is None:
            raise unpublished(claim.id, claim.published)
        published = printed.value
    readings = [_values(subject, claim, selector) for selector in claim.select]
    found = tuple(values for values, _ in readings)
    measured = tuple(summarise(tuple(one.values())) for one in found) if all(found) else ()
    records = tuple(dict.fromkeys(reference(stored) for _, used in readings for stored in used))
    why, values = _obstacle(subject, claim)
    if why:
        seeds = min((summary.n for summary in measured), default=0)
        return Judged(claim, "not_comparable", why, values, measured, seeds, None, records, published)
    samples = _samples(claim, found, published)
    if not all(sample.values for sample in samples):
        return Judged(claim, "not_comparable", "undefined", records=records, published=published)
    return _Case(claim, found, samples, records, published)


def _obstacle(subject: Subject, claim: Claim) -> tuple[str, dict[str, object]]:
    """Why the run cannot be held against the claim: the key of the reason and its values; empty where it can."""
    if claim.kind == "not_comparable":
        return f"stated_{claim.reason}", {}
    keys = blocking(claim, departures_of(claim, subject.deviations))
    if keys:
        return "departs", {"keys": ", ".join(keys[:2]) + (", ..." if keys[2:] else "")}
    lacking = [s for s in claim.select if not subject.evidence.complete(s.experiment, s.variant)]
    names = ", ".join(dict.fromkeys(f"{one.experiment}/{one.variant}" for one in lacking))
    return ("no_result", {"tasks": names}) if lacking else ("", {})


def _values(subject: Subject, claim: Claim, selector: Selector) -> tuple[dict[int | None, float], list[Stored]]:
    """The quantity by seed, and its records; a seed whose record leaves it undefined is left out."""
    values: dict[int | None, float] = {}
    used, quantities = [], subject.study.declared().quantities
    for stored in subject.evidence.complete(selector.experiment, selector.variant):
        number = read(Reading(stored, selector, subject.evidence, subject.published, claim.id), quantities)
        if number is not None:
            values[stored.record.task.seed] = number
            used.append(stored)
    return values, used


def _samples(claim: Claim, found: Sequence[Mapping[int | None, float]], published: float | None) -> tuple[Sample, ...]:
    if claim.kind in {"order", "first"}:
        sign = 1 if claim.order == "falling" else -1
        last = len(found)
        pairs = [(0, other) for other in range(1, last)] if claim.kind == "first" else [(i - 1, i) for i in range(1, last)]
        above = Region(low=0.0)
        return tuple(Sample(tuple(sign * (a - b) for a, b in _paired(found[i], found[j])), above) for i, j in pairs)
    if claim.kind == "range":
        low, high = claim.at_least, claim.at_most
        region = Region(-math.inf if low is None else low, math.inf if high is None else high)
    elif published is None:
        raise ValueError(f"claim {claim.id} has no published value")
    else:
        reach = claim.tolerance.around(published) if claim.tolerance else _EXACT * max(1.0, abs(published))
        region = Region(published - reach, published + reach)
    return (Sample(tuple(found[0].values()), region),)


def _paired(first: Mapping[int | None, float], second: Mapping[int | None, float]) -> list[tuple[float, float]]:
    """Values of the same seed; a quantity without a seed stands beside every seed of the other."""
    if set(first) == {None}:
        return [(first[None], value) for value in second.values()]
    if set(second) == {None}:
        return [(value, second[None]) for value in first.values()]
    return [(value, second[seed]) for seed, value in first.items() if seed in second]


def _without_test(case: _Case) -> Judged | None:
    """The verdict where there is nothing to test: nothing random, one seed, or the same value in all; None elsewhere."""
    if case.fixed:
        same = all(sample.region.holds(value) for sample in case.samples for value in sample.values)
        return _judged(case, "reproduced" if same else "refuted", "exact_equal" if same else "exact_other")
    if all(sample.testable for sample in case.samples):
        return None
    why = "one_seed" if min(len(sample.values) for sample in case.samples) == 1 else "no_spread"
    return _judged(case, "consistent" if case.within else "inconclusive", f"{why}_{'inside' if case.within else 'outside'}")


def _tested(case: _Case, inside: float, outside: float) -> Judged:
    if inside <= ALPHA:
        return _judged(case, "reproduced", "shown_inside", p=inside)
    if outside <= ALPHA:
        return _judged(case, "refuted", "shown_outside", p=outside)
    needed = seeds_needed(case.samples)
    verdict: ClaimVerdict = "consistent" if case.within or _covers(case) else "inconclusive"
    why = f"{verdict}_{'far' if needed is None else 'needed'}"
    return _judged(case, verdict, why, {} if needed is None else {"needed": max(needed, case_seeds(case) + 1)})


def _covers(case: _Case) -> bool:
    """Whether the 95 % interval over seeds covers the published value itself."""
    interval = summarise(case.samples[0].values).interval
    if case.claim.kind != "value" or case.published is None or interval is None:
        return False
    return interval.low <= case.published <= interval.high


def case_seeds(case: _Case) -> int:
    """How many seeds the weakest of the claim's samples has."""
    return min(len(sample.values) for sample in case.samples)


def _judged(
    case: _Case, verdict: ClaimVerdict, why: str, values: Mapping[str, object] | None = None, p: float | None = None
) -> Judged:
    measured = tuple(summarise(tuple(one.values())) for one in case.found)
    return Judged(case.claim, verdict, why, values or {}, measured, case_seeds(case), p, case.records, case.published)

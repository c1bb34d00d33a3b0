"""The one judge: a verdict on each claim of a study, with the statistics that it rests on.

A published number is a draw of the same kind as the seeds'. ``reproduced``: the mean is shown within the tolerance of it.
``consistent``: one more run could give it, and no more is shown. ``refuted``: shown outside the tolerance, and shown to be no
further run. Orders and bounds are statements about means: ``reproduced`` and ``refuted`` where shown, ``consistent`` where they
hold as far as seen. ``inconclusive``: none of these. ``not_comparable``: no such run could tell, or this one departs from the
protocol in what the claim depends on, or gave no result. Errors are kept to ``ALPHA`` over each family (Holm).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from report.claims.schema import load_claims
from report.inference.cases import case_of
from report.inference.projection import seeds_needed
from report.inference.testing import ALPHA, against_p, all_inside_p, any_outside_p, holm, one_more_p, prediction_reach

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from report.claims.schema import Cause, Claim
    from report.evidence.subject import Subject
    from report.inference.cases import Case
    from report.inference.statistics import Summary
    from report.inference.testing import Moments

ClaimVerdict = Literal["reproduced", "consistent", "refuted", "inconclusive", "not_comparable"]
VERDICTS: tuple[ClaimVerdict, ...] = ("reproduced", "consistent", "refuted", "inconclusive", "not_comparable")
_UNEXPLAINED = frozenset({"reproduced", "consistent"})  # where there is nothing that a cause would explain


@dataclass(frozen=True, slots=True)
class Tests:
    """What the tests of a claim gave: P values adjusted within its family, and half-widths in the claim's unit.

    ``inside`` and ``outside`` speak of the mean, ``one_more`` of the published value as one more run; ``against`` is what a
    refutation rests on. ``tolerance`` reaches around the published value, ``prediction`` around the mean. The last three are
    None in a claim that is not about a published value.
    """

    inside: float
    outside: float
    against: float
    one_more: float | None = None
    tolerance: float | None = None
    prediction: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim and what the run says of it.

    ``measured`` is the summary of each selected quantity over seeds, ``runs`` the values of the first one by seed, ``seeds``
    how many the verdict rests on, ``why`` the key of the reason with its ``values``; ``p`` belongs to the verdict. ``cause`` is
    what the study's authors take for the reason of a difference.
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
    tests: Tests | None = None
    runs: tuple[float, ...] = ()

    @property
    def cause(self) -> Cause | None:
        """The declared cause, where there is a difference to explain."""
        return None if self.verdict in _UNEXPLAINED else self.claim.cause


def judge_all(subject: Subject, claims: Sequence[Claim] | None = None) -> tuple[Judged, ...]:
    """A verdict on each claim, in the order of the file; raises UsageError for a selector that leads nowhere."""
    if claims is not None:
        return _judged_together(subject, claims)
    return subject.once("judged", lambda: _judged_together(subject, load_claims(subject.study.data).claims))


def _judged_together(subject: Subject, claims: Sequence[Claim]) -> tuple[Judged, ...]:
    cases = [case_of(subject, claim) for claim in claims]
    found = {case.claim.id: _without_test(case) for case in cases}
    families: dict[str, list[Case]] = {}
    for case in cases:
        if found[case.claim.id] is None:
            families.setdefault(case.claim.family, []).append(case)
    tested = {judged.claim.id: judged for family in families.values() for judged in judge_family(family)}
    return tuple(found[case.claim.id] or tested[case.claim.id] for case in cases)


def judge_family(cases: Sequence[Case]) -> tuple[Judged, ...]:
    """Verdicts on claims that share one family, every sample of which has a spread."""
    parts = [[sample.moments for sample in case.samples] for case in cases]
    inside, outside, against = (holm([float(p(one)) for one in parts]) for p in (all_inside_p, any_outside_p, against_p))
    one_more = _one_more(parts)
    tests = []
    for index, case in enumerate(cases):
        tolerance, prediction = _reaches(case)
        tests.append(Tests(inside[index], outside[index], against[index], one_more[index], tolerance, prediction))
    return tuple(_tested(case, found) for case, found in zip(cases, tests, strict=True))


def counts(judged: Sequence[Judged]) -> dict[ClaimVerdict, int]:
    """How many claims have each verdict."""
    return {verdict: sum(one.verdict == verdict for one in judged) for verdict in VERDICTS}


def _without_test(case: Case) -> Judged | None:
    """The verdict where there is nothing to test: no result, nothing random, one seed, or the same value in all; else None."""
    if case.obstacle is not None:
        return _judged(case, "not_comparable", case.obstacle.why, case.obstacle.values)
    if case.fixed:
        same = all(sample.region.holds(value) for sample in case.samples for value in sample.values)
        kind = "digits" if case.claim.kind == "value" else "exact"
        return _judged(case, "reproduced" if same else "refuted", f"{kind}_{'equal' if same else 'other'}")
    if all(sample.testable for sample in case.samples):
        return None
    why = "one_seed" if case.seeds == 1 else "no_spread"
    return _judged(case, "consistent" if case.within else "inconclusive", f"{why}_{'inside' if case.within else 'outside'}")


def _tested(case: Case, tests: Tests) -> Judged:
    if tests.inside <= ALPHA:
        apart = tests.one_more is not None and tests.one_more <= ALPHA
        return _judged(case, "reproduced", "shown_inside_apart" if apart else "shown_inside", p=tests.inside, tests=tests)
    if tests.against <= ALPHA:
        why = "shown_outside" if tests.one_more is None else "shown_no_run"
        return _judged(case, "refuted", why, p=tests.against, tests=tests)
    needed = seeds_needed(case.samples)
    values = {} if needed is None else {"needed": max(needed, case.seeds + 1)}
    verdict: ClaimVerdict = "consistent" if _could_be(case, tests) else "inconclusive"
    why = "possible" if tests.one_more is not None and verdict == "consistent" else verdict
    return _judged(case, verdict, f"{why}_{'far' if needed is None else 'needed'}", values, tests=tests)


def _could_be(case: Case, tests: Tests) -> bool:
    """Whether one more run could give the published value; for a statement about means, whether it holds as far as seen."""
    if tests.prediction is None or case.value is None:
        return case.within
    return abs(case.value - case.samples[0].mean) <= tests.prediction


def _one_more(parts: Sequence[Sequence[Moments]]) -> list[float | None]:
    """P value of each published value as one more run, adjusted for all of them; None for a claim about means."""
    raw = [one_more_p(one[0]) for one in parts]
    adjusted = iter(holm([float(p) for p in raw if p is not None]))
    return [None if p is None else next(adjusted) for p in raw]


def _reaches(case: Case) -> tuple[float | None, float | None]:
    """Half-widths of the tolerance around a published value and of the prediction interval around the mean."""
    sample = case.samples[0]
    reach = prediction_reach(sample.moments)
    return (None, None) if reach is None else ((sample.region.high - sample.region.low) / 2, float(reach))


def _judged(
    case: Case,
    verdict: ClaimVerdict,
    why: str,
    values: Mapping[str, object] | None = None,
    p: float | None = None,
    tests: Tests | None = None,
) -> Judged:
    return Judged(
        claim=case.claim,
        verdict=verdict,
        why=why,
        values=values or {},
        measured=case.measured,
        seeds=case.seeds,
        p=p,
        records=case.records,
        published=case.value,
        tests=tests,
        runs=tuple(case.found[0].values()) if case.found else (),
    )

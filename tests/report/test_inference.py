"""The tests of a mean against a region: known values, and error rates over simulated studies of known truth."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from report.claims.schema import Claim
from report.claims.verdicts import _Case, _without_test, judge_family
from report.inference import ALPHA, Region, Sample, holm, inside_p, outside_p, seeds_needed

STUDIES = 1000
REGION = Region(-1.0, 1.0)
SAMPLE = Sample((0.2, -0.1, 0.4, 0.15, 0.3), REGION)
# Rates over 1,000 studies scatter around theirs: five times in a million they lie further above it than this.
SCATTER = 4.5 * math.sqrt(ALPHA * (1 - ALPHA) / STUDIES)


def test_p_values_are_those_of_scipy() -> None:
    """Equivalence is the larger of two one-sided t tests, refutation twice the smaller of their complements."""
    low = stats.ttest_1samp(SAMPLE.values, -1.0, alternative="greater").pvalue
    high = stats.ttest_1samp(SAMPLE.values, 1.0, alternative="less").pvalue
    assert inside_p(SAMPLE) == pytest.approx(max(low, high))
    far = Sample((1.8, 2.1, 2.4), REGION)
    assert outside_p(far) == pytest.approx(2 * stats.ttest_1samp(far.values, 1.0, alternative="greater").pvalue)
    assert outside_p(Sample(far.values, Region(high=1.0))) == pytest.approx(outside_p(far) / 2)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    """Adjusted values are at least the raw ones, at most 1, in the same order; the smallest is multiplied by their number."""
    adjusted = holm(p_values)
    assert all(raw <= new <= 1 for raw, new in zip(p_values, adjusted, strict=True))
    assert min(adjusted) == pytest.approx(min(1, len(p_values) * min(p_values)))
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    assert all(adjusted[a] <= adjusted[b] for a, b in pairwise(order))


def test_projected_seeds_decide_and_one_fewer_does_not() -> None:
    """The projection is the first n whose tests, with mean and spread as observed, reach the level."""
    wide = Sample((0.9, -0.7, 0.5, 1.3), REGION)
    needed = seeds_needed([wide])
    assert needed is not None
    mean, sd = float(np.mean(wide.values)), float(np.std(wide.values, ddof=1))

    def shown(n: int) -> bool:
        return mean + stats.t.ppf(1 - ALPHA, n - 1) * sd / math.sqrt(n) <= 1.0

    assert (shown(needed), shown(needed - 1)) == (True, False)
    at_bound = Sample((0.9, 1.1), REGION)
    assert seeds_needed([at_bound]) is None


def study(rng: np.random.Generator, truth: float, seeds: int, claims: int) -> dict[str, int]:
    """Verdicts of one simulated study whose quantities all have the mean ``truth``."""
    cases = []
    for index in range(claims):
        values = tuple(float(value) for value in rng.normal(truth, 1.0, seeds))
        claim = Claim.model_validate(
            {
                "id": f"simulated.{index}",
                "source": "",
                "quote": "",
                "english": "",
                "family": "one",
                "kind": "range",
                "why": "x",
                "at_least": -1.0,
                "at_most": 1.0,
                "select": {"experiment": "e", "variant": "v", "metric": "m"},
            }
        )
        cases.append(_Case(claim, (dict(enumerate(values)),), (Sample(values, REGION),), (), None))
    ended = [_without_test(case) for case in cases]
    judged = [one for one in ended if one is not None] or list(judge_family(cases))
    return {verdict: sum(one.verdict == verdict for one in judged) for verdict in ("reproduced", "refuted")}


@pytest.mark.parametrize("seeds", [1, 3, 5, 10])
@pytest.mark.parametrize("claims", [1, 4])
def test_error_rates_over_simulated_studies(seeds: int, claims: int) -> None:
    """At a tolerance's bound, the least favourable truth for both, at most alpha of the studies err, in either direction."""
    rng = np.random.default_rng(1000 * seeds + claims)
    found = [study(rng, 1.0, seeds, claims) for _ in range(STUDIES)]
    for verdict in ("reproduced", "refuted"):
        rate = sum(one[verdict] > 0 for one in found) / STUDIES
        assert rate <= ALPHA + SCATTER, (verdict, rate)
    if seeds == 1:
        assert all(one == {"reproduced": 0, "refuted": 0} for one in found)


def test_the_rule_has_power() -> None:
    """With ten seeds a mean in the middle is mostly shown inside, and one far outside is mostly refuted."""
    rng = np.random.default_rng(5)
    inside = sum(study(rng, 0.0, 10, 1)["reproduced"] for _ in range(200))
    outside = sum(study(rng, 3.0, 10, 1)["refuted"] for _ in range(200))
    assert (inside > 150, outside > 195) == (True, True)

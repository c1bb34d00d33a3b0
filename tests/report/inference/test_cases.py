"""What a claim is tested on: the regions, the pairs by seed, and the number itself where nothing is random."""

from __future__ import annotations

import math

import pytest

from report.evidence.published import Printed
from report.inference import cases
from report.inference.cases import Case
from report.inference.testing import Draw, Region
from tests.report.claims.test_schema import made

SEEDS = {0: 1.0, 1: 2.0, 2: 4.0}
OTHER = {1: 1.5, 2: 1.0, 3: 9.0}
PRINTED = Printed(10.0, 0, None, "t.a", "t")


def regions(case: Case) -> list[tuple[tuple[float, ...], Region, Draw | None]]:
    """Values, region and draw of each sample."""
    return [(sample.values, sample.region, sample.draw) for sample in cases._samples(case)]


def test_a_value_has_its_tolerance_around_the_published_one() -> None:
    """As one draw where the source does not say of how many runs it is."""
    case = Case(made("value"), (SEEDS,), (), PRINTED)
    assert regions(case) == [((1.0, 2.0, 4.0), Region(9.0, 11.0), Draw(10.0, 0.5, 1))]
    of_three = Case(made("value"), (SEEDS,), (), Printed(10.0, 0, 3, "t.a", "t"))
    assert regions(of_three)[0][2] == Draw(10.0, 0.5, 3)


@pytest.mark.parametrize(("measured", "inside"), [(10.5, True), (9.5, True), (10.5 + 1e-6, False), (9.5 - 1e-6, False)])
def test_what_is_not_random_has_to_be_the_printed_digits(measured: float, inside: bool) -> None:  # noqa: FBT001
    """Half a unit of the last one is the same number, at its very end too."""
    (sample,) = cases._samples(Case(made("value"), ({None: measured},), (), PRINTED))
    assert sample.region.holds(measured) is inside


@pytest.mark.parametrize("published", [True, False])
def test_an_exact_claim_is_about_the_number_and_not_its_digits(published: bool) -> None:  # noqa: FBT001
    """Published or its own; what the rounding of a ratio may leave is allowed for, half a unit is not."""
    claim = made("exact", value=None, published="t.a") if published else made("exact", value=10.0)
    case = Case(claim, ({0: 10.0, 1: 10.0},), (), PRINTED if published else None)
    (sample,) = cases._samples(case)
    assert (case.fixed, case.value, sample.draw) == (True, 10.0, None)
    assert sample.region.holds(10.0 + 5e-9)
    assert sample.region.holds(10.0 - 5e-9)
    assert not sample.region.holds(10.0 + 2e-8)
    assert not sample.region.holds(10.0 - 2e-8)
    small = Case(made("exact", value=0.0), ({0: 0.0},), (), None)
    assert cases._samples(small)[0].region == Region(-1e-9, 1e-9)


def test_a_range_has_the_bounds_that_are_given() -> None:
    """A bound of zero is one."""
    below = Case(made("range", at_least=None, at_most=0), (SEEDS,), (), None)
    above = Case(made("range", at_least=0), (SEEDS,), (), None)
    assert regions(below)[0][1] == Region(-math.inf, 0)
    assert regions(above)[0][1] == Region(0, math.inf)


@pytest.mark.parametrize(("order", "sign"), [("falling", 1), ("rising", -1)])
def test_an_order_is_each_against_the_next_and_first_each_against_the_first(order: str, sign: int) -> None:
    """By seeds that both have, in the direction that is claimed; a tie is no order."""
    found = (SEEDS, OTHER, {0: 0.0, 1: 0.5})
    between = [tuple(sign * one for one in values) for values in ((0.5, 3.0), (1.0,))]
    against = [tuple(sign * one for one in values) for values in ((0.5, 3.0), (1.0, 1.5))]
    for kind, expected in (("order", between), ("first", against)):
        samples = cases._samples(Case(made(kind, order=order), found, (), None))
        assert [sample.values for sample in samples] == expected
        assert not any(sample.region.holds(0.0) for sample in samples)
        assert all(sample.region.holds(1e-300) for sample in samples)


def test_what_has_no_seed_stands_beside_every_seed_of_the_other() -> None:
    """On either side."""
    assert cases._paired({None: 5.0}, {0: 1.0, 1: 2.0}) == [(5.0, 1.0), (5.0, 2.0)]
    assert cases._paired({0: 1.0, 1: 2.0}, {None: 5.0}) == [(1.0, 5.0), (2.0, 5.0)]
    assert cases._paired({None: 5.0}, {None: 4.0}) == [(5.0, 4.0)]


def test_a_case_rests_on_its_weakest_part() -> None:
    """Seeds are those of the pairs, or of the quantities where nothing was paired; one without a value leaves nothing."""
    claim = made("order", order="falling")
    assert Case(claim, (SEEDS, OTHER), (), None, tuple(cases._samples(Case(claim, (SEEDS, OTHER), (), None)))).seeds == 2
    assert Case(claim, (SEEDS, {0: 1.0}), (), None).seeds == 1
    assert Case(claim, (SEEDS, {}), (), None).measured == ()
    assert Case(claim, (SEEDS, {}), (), None).seeds == 0
    assert [summary.n for summary in Case(claim, (SEEDS, OTHER), (), None).measured] == [3, 3]


def test_a_value_without_anything_to_be_is_a_slip() -> None:
    """The claim is named."""
    with pytest.raises(ValueError, match="claim c has no published value"):
        cases._samples(Case(made("value"), (SEEDS,), (), None))

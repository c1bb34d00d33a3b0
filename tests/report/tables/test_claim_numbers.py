"""The numbers of a claim have the unit and the digits that the source gives them, and a name where there are several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from report.claims.schema import load_claims
from report.inference.statistics import summarise
from report.inference.verdicts import judge_all
from report.tables import claim_numbers

if TYPE_CHECKING:
    from report.evidence.subject import Subject
    from report.inference.verdicts import Judged


def judged(subject: Subject, name: str) -> Judged:
    """One claim as this run has it."""
    return next(one for one in judge_all(subject) if one.claim.id == name)


def test_numbers_have_the_digits_of_the_source(whole: Subject) -> None:
    """The published loss as it is printed, the run's with one digit more; a count has none."""
    loss = judged(whole, "table-4.dae.train-loss")
    assert claim_numbers.published(whole, loss).text == "0.0140"
    number = claim_numbers.measured(whole, loss).number
    assert number is not None
    assert (number.decimals, number.value) == (5, loss.measured[0].mean)
    assert claim_numbers.published(whole, judged(whole, "architecture.ae.bottleneck")).text == "1,152"


def test_shares_are_percentages_everywhere(whole: Subject) -> None:
    """A fraction and a percentage of the records are printed alike: times 100, with the sign behind them."""
    accuracy = claim_numbers.measured(whole, judged(whole, "table-5.ae.accuracy"))
    assert accuracy.text == "88.15\N{NARROW NO-BREAK SPACE}%"
    curve = judged(whole, "figure-1.ae.train")
    found = claim_numbers.measured(whole, curve).number
    assert found is not None
    assert found.unit == "%"
    assert found.value == 100 * curve.measured[0].mean
    assert claim_numbers.limit(whole, curve) == "at most 10\N{NARROW NO-BREAK SPACE}%"


def test_several_values_carry_the_names_of_what_they_belong_to(whole: Subject) -> None:
    """Each mean stands behind its model or its arm, in the order of the claim; one value alone needs no name."""
    for one in judge_all(whole):
        if len(one.measured) > 1:
            text = claim_numbers.measured(whole, one).text
            names = claim_numbers.labels(whole, one.claim)
            assert len(set(names)) == len(names), one.claim.id
            assert all(part.startswith(f"{name} ") for part, name in zip(text.split("; "), names, strict=True)), one.claim.id


def test_a_question_is_answered_in_words(whole: Subject) -> None:
    """1 of a quantity that asks whether something holds is yes, 0 no, and a share of the seeds a percentage."""
    asked = judged(whole, next(c.id for c in load_claims(whole.study.data).claims if "encoder unchanged" in c.english))
    answers = [
        claim_numbers.measured(whole, replace(asked, measured=(summarise(values),))).text for values in ([1, 1], [0, 0], [1, 0])
    ]
    assert answers == ["yes", "no", "50\N{NARROW NO-BREAK SPACE}%"]
    assert claim_numbers.interval(whole, asked).number is None


def test_every_quantity_of_a_claim_says_how_it_is_printed(whole: Subject) -> None:
    """Where neither the source prints a number nor study.toml names the quantity, its digits would be a guess."""
    guessed = {
        selector.quantity or selector.metric or selector.history
        for claim in load_claims(whole.study.data).claims
        for selector in claim.select
        if claim.value is None and claim_numbers.form_of(whole, claim, selector).decimals is None
    }
    assert guessed == set()


def spread(subject: Subject, name: str, *values: float) -> Judged:
    """A claim of one quantity with other values of the seeds, its verdict and P value as they were."""
    return replace(judged(subject, name), measured=(summarise(values),), runs=values)


def test_an_interval_of_a_share_ends_with_its_range(whole: Subject) -> None:
    """Student's interval of 93 to 100 % passes 100 %: what is shown does not, and the judge's own does."""
    one = spread(whole, "table-5.ae.accuracy", 93.0, 99.0, 100.0)
    exact = one.measured[0].interval
    assert exact is not None
    assert exact.high > 100
    mean, span = claim_numbers.measured_with_interval(whole, one)
    assert mean.text == "97.33"
    assert span.text == f"[{exact.low:.2f},\N{NO-BREAK SPACE}100.00]\N{NARROW NO-BREAK SPACE}%"
    counted = spread(whole, "figure-5.ae.trace", 9900.0, 9990.0, 10000.0)
    found = claim_numbers.interval_in_range(whole, counted)
    assert found is not None
    assert found.high == 10_000


def test_a_quantity_without_a_range_keeps_its_interval(whole: Subject) -> None:
    """The gap of the losses may lie on either side of nothing."""
    one = spread(whole, "text.ae.no-overfitting", -0.5, 0.1, 2.0)
    assert claim_numbers.interval_in_range(whole, one) == one.measured[0].interval


def test_one_point_is_no_points(whole: Subject) -> None:
    """A bound of exactly one has the singular of its unit."""
    limits = {claim_numbers.limit(whole, one) for one in judge_all(whole)}
    assert "at most 1\N{NARROW NO-BREAK SPACE}point" in limits
    assert not {one for one in limits if one.endswith(" 1\N{NARROW NO-BREAK SPACE}points")}

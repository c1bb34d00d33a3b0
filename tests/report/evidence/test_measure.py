"""A quantity over seeds: what has a value, what has none, and what there is no record of."""

from __future__ import annotations

from math import sqrt

import pytest

from report.evidence.measure import measure, metric, metric_reader, paired
from report.inference.statistics import Interval
from tests.report.evidence.small_run import evidence, stored

ONE, TWO = stored("a", 0, 0.25), stored("a", 1, 0.75)
FAILED = stored("a", 2, status="failed")
UNDEFINED = stored("a", 3, undefined=("score",))
read = metric_reader("score")


def test_a_metric_is_summarised_over_the_seeds_that_have_it() -> None:
    """A failed task and an undefined value are kept apart, and neither is counted as zero."""
    found = metric(evidence(ONE, TWO, FAILED, UNDEFINED), "fit", "a", "score")
    assert found.summary is not None
    assert (found.summary.mean, found.summary.n, found.summary.sd) == (0.5, 2, pytest.approx(0.5 / sqrt(2)))
    assert (found.records, found.values) == ((ONE, TWO), (0.25, 0.75))
    assert (found.incomplete, found.undefined) == ((FAILED,), (UNDEFINED,))
    assert found.references == ("fit/a/seed-0@abababababab", "fit/a/seed-1@abababababab")
    assert found.interval is not None
    assert found.interval.basis == "seeds"


def test_no_value_gives_no_summary() -> None:
    """What failed and what is undefined still stand beside the dash; an unknown cell has neither."""
    found = metric(evidence(FAILED, UNDEFINED), "fit", "a", "score")
    assert (found.summary, found.records, found.interval, found.references) == (None, (), None, ())
    assert (found.incomplete, found.undefined) == ((FAILED,), (UNDEFINED,))
    assert metric(evidence(ONE), "fit", "b", "score").incomplete == ()


def test_a_metric_that_is_there_is_no_undefined_one() -> None:
    """The fact names metrics that a record lacks; another name in it touches nothing."""
    there, other = stored("a", 0, 0.5, undefined=("score",)), stored("a", 1, 1.0, undefined=("recall",))
    assert metric(evidence(there, other), "fit", "a", "score").values == (0.5, 1.0)
    with pytest.raises(KeyError):
        metric(evidence(stored("a", 0, undefined=("recall",))), "fit", "a", "score")


def test_one_seed_alone_has_the_interval_of_its_images() -> None:
    """With a second seed it is the seeds that vary, whatever one run's images say."""
    images = Interval(0.1, 0.4, "images")
    alone = measure(evidence(ONE), "fit", "a", read, lambda one: images if one is ONE else Interval(0, 0, "none"))
    assert alone.interval == images
    assert measure(evidence(ONE), "fit", "a", read).interval is None
    both = measure(evidence(ONE, TWO), "fit", "a", read, lambda _: images)
    assert both.interval is not None
    assert both.interval.basis == "seeds"


def test_variants_are_compared_seed_by_seed() -> None:
    """Only seeds that both have make a pair; records of both stand behind the difference."""
    left = (stored("a", 0, 0.5), stored("a", 1, 0.75), stored("a", 2, 1.0), stored("a", 4, status="diverged"))
    right = (stored("b", 1, 0.5), stored("b", 0, 0.0), stored("b", 3, 9.0), stored("b", 2, 0.125))
    found = paired(evidence(*left, *right), "fit", ("a", "b"), lambda a, b: None if read(a) == 1.0 else read(a) - read(b))
    assert found.summary is not None
    assert (found.summary.mean, found.summary.n) == (0.375, 2)
    assert found.records == (left[0], right[1], left[1], right[0])
    assert found.undefined == (left[2], right[3])
    assert (found.incomplete, found.values) == ((left[3],), ())


def test_variants_without_a_common_seed_have_no_comparison() -> None:
    """Nothing is paired with another seed's record."""
    found = paired(evidence(stored("a", 0, 1.0), stored("b", 1, 1.0)), "fit", ("a", "b"), lambda _a, _b: 0.0)
    assert (found.summary, found.records, found.undefined) == (None, (), ())

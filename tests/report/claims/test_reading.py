"""A selector reads one number of a record, in the printed unit, or says that there is none."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from report.claims import reading as module
from report.claims.reading import Reading, read
from report.claims.schema import Selector
from report.evidence.published import Place, Published, Source
from store.errors import IntegrityError, UsageError
from tests.report.evidence.small_run import evidence, stored

HISTORY = pd.DataFrame({"epoch": [1, 3, 2], "train_loss": [0.5, 0.25, 0.125], "train_accuracy": [0.5, 0.75, 0.9]})
SOURCE = Source(authors="A", title="T", date="D", language="en")
PUBLISHED = Published(
    source=SOURCE, places={"figure-1": Place(source="Figure 1", curves={"a": {"x": [2, 4], "y": [1.5, 0.5]}})}
)
RECORDS = (stored("a", 0, 0.5), stored("b", 1, 0.75), stored("b", 0, 0.25), stored("c", 0, status="failed"))


def reading(record: int = 0, **selector: object) -> Reading:
    """Of one of the records, with a selector."""
    fields = {"experiment": "fit", "variant": "a", **selector}
    return Reading(RECORDS[record], Selector.model_validate(fields), evidence(*RECORDS), PUBLISHED, "claim-1")


def test_a_metric_is_read_in_the_printed_unit() -> None:
    """Times its scale; the name of the claim stands where there is none such."""
    assert read(reading(metric="score"), {}) == 0.5
    assert read(reading(metric="score", scale=100), {}) == 50.0
    with pytest.raises(UsageError, match=r"claim claim-1 names a quantity .* metric recall"):
        read(reading(metric="recall"), {})


def test_a_column_that_the_study_declares_is_missing_from_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is not what a task writes; a column that only the claim names is a slip of the claim."""
    monkeypatch.setattr(module, "frame", lambda *_: HISTORY)
    lost = reading(history="loss", epoch="last")
    with pytest.raises(UsageError, match=r"claim claim-1 names a quantity .* history column loss"):
        read(lost, {})
    with pytest.raises(IntegrityError, match=r"history\.parquet of fit/a/seed-0 has no column loss"):
        read(lost._replace(declared=frozenset({"loss"})), {})
    assert read(reading(history="train_loss", epoch="last")._replace(declared=frozenset({"train_loss"})), {}) == 0.25


def test_a_metric_that_a_record_calls_undefined_is_none() -> None:
    """Whatever else is undefined in it touches nothing; a fact of another shape says nothing."""
    undefined = stored("a", 0, undefined=("score",))
    other = stored("a", 0, 0.5, undefined=("recall",))
    result = other.record.result.model_copy(update={"facts": {"undefined_metrics": "score"}})
    odd = type(other)(other.record.model_copy(update={"result": result}), other.folder)
    assert read(reading(metric="score")._replace(stored=undefined), {}) is None
    assert read(reading(metric="score")._replace(stored=other), {}) == 0.5
    assert read(reading(metric="score")._replace(stored=odd), {}) == 0.5


def test_an_epoch_is_the_last_or_the_highest_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last by its number, in whatever row it stands; the highest of any epoch."""
    monkeypatch.setattr(module, "frame", lambda _stored, _name: HISTORY)
    assert read(reading(history="train_loss", epoch="last"), {}) == 0.25
    assert read(reading(history="train_loss", epoch="highest"), {}) == 0.5
    assert read(reading(history="train_accuracy", epoch="highest", scale=100), {}) == pytest.approx(90.0)
    with pytest.raises(UsageError, match="history column test_loss"):
        read(reading(history="test_loss", epoch="last"), {})


def test_a_quantity_of_the_study_is_asked_and_may_have_no_answer() -> None:
    """None and NaN are none; an unknown name is an error of the claim."""
    quantities = {"none": lambda _: None, "nan": lambda _: math.nan, "two": lambda _: 2.0}
    assert read(reading(quantity="none"), quantities) is None
    assert read(reading(quantity="nan"), quantities) is None
    assert read(reading(quantity="two", scale=3), quantities) == 6.0
    with pytest.raises(UsageError, match="quantity three"):
        read(reading(quantity="three"), quantities)


def test_a_quantity_may_look_at_the_published_curve_and_at_the_other_variant() -> None:
    """The record of the same seed that has a result; a curve that is not published is an error of the claim."""
    assert reading(quantity="q", curve="figure-1.a").curve() == {2: 1.5, 4: 0.5}
    for wrong in ("figure-1.b", "figure-2.a", None):
        with pytest.raises(UsageError, match="claim claim-1 names a published value that is not there"):
            reading(quantity="q", curve=wrong).curve()
    assert reading(quantity="q").beside("b") is not None
    assert reading(quantity="q").beside("b") == RECORDS[2]
    assert reading(1, quantity="q").beside("b") == RECORDS[1]
    assert reading(1, quantity="q").beside("a") is None
    assert reading(quantity="q").beside("c") is None
    assert reading(quantity="q").beside(None) is None

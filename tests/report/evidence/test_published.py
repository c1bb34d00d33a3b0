"""The published values agree with each other and with what the source says about them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from report.evidence.declarations import read_toml
from report.evidence.published import Published, load_published
from report.evidence.studies import study_of
from report.studies.assignment_2 import slip
from report.studies.assignment_2.models import MODELS
from report.studies.assignment_2.tables.classification import f1_of
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

SMALL = """
[source]
authors = "A"
title = "T"
date = "2020"
language = "en"

[facts]
year = 2020

[places.table-1]
source = "Table 1"
values.a = { x = "1.50", y = "2.0" }
values.b = "-3"
curves.c = { x = [2, 4], y = [0.1, 0.2] }
curves.d.train = [0.3, 0.2, 0.1]
matrices.m = [[5, 1], [2, 7]]
facts.words = ["one", "two"]
facts.note = "text"
facts.size = 3
"""


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    """One of the three models."""
    return str(request.param)


@pytest.fixture
def small(tmp_path: Path) -> Published:
    """A few values of every kind."""
    path = tmp_path / "published.toml"
    path.write_text(SMALL, encoding="utf-8")
    return load_published(tmp_path)


def study() -> Published:
    """The first study's results."""
    return load_published(study_of().data)


def counts(model: str) -> np.ndarray:
    """A published confusion matrix."""
    return np.array(study().matrix(f"figure-5.{model}"))


def test_matrix_holds_a_thousand_images_of_each_class(model: str) -> None:
    """Every row of Figure 5 sums to 1,000."""
    assert counts(model).sum(axis=1).tolist() == [1000] * 10


def test_trace_of_the_matrix_is_the_published_accuracy(model: str) -> None:
    """Figure 5 and Table 5 come from the same run."""
    trace = study().number(f"figure-5.{model}.trace").value
    assert trace == np.trace(counts(model))
    assert trace / 100 == pytest.approx(study().number(f"table-5.{model}.accuracy").value, abs=1e-9)


def test_macro_scores_of_the_matrix_are_the_published_ones(model: str) -> None:
    """Precision, recall and F1 averaged over classes round to Table 5's values."""
    matrix, printed = counts(model), study().group(f"table-5.{model}")
    hits = np.diag(matrix)
    found = ((hits / matrix.sum(axis=0)).mean(), (hits / matrix.sum(axis=1)).mean(), f1_of(matrix).mean())
    assert [round(100 * value, 2) for value in found] == [printed[name].value for name in ("precision", "recall", "f1")]


def test_curves_end_at_the_losses_of_table_4(model: str) -> None:
    """The digitised last epoch agrees with the printed loss to about two digits."""
    for part in ("train", "validation"):
        curve = study().curve(f"figure-1.{model}.{part}")
        assert curve.x[-1] == 25
        assert curve.y[-1] == pytest.approx(study().number(f"table-4.{model}.{part}_loss").value, rel=0.01)


def test_classifier_curves_have_ten_epochs(model: str) -> None:
    """Figure 6 runs from epoch 1 to 10 in all four panels."""
    names = ("train_accuracy", "validation_accuracy", "train_loss", "validation_loss")
    assert {study().curve(f"figure-6.{model}.{name}").x for name in names} == {tuple(range(1, 11))}


def test_vae_validation_loss_returns_to_the_scale_of_training() -> None:
    """5.1369 times 48,000 / 12,000 lies within one percent of the training loss, and says how it came about."""
    found = slip.per_image(study())
    assert found.value == pytest.approx(20.5476)
    assert found.value == pytest.approx(study().number("table-4.vae.train_loss").value, rel=0.01)
    assert (found.place, slip.factor(study())) == ("table-4 times 48000/12000", 4)


def test_numbers_keep_the_digits_that_are_printed(small: Published) -> None:
    """1.50 has two decimals and may be half a hundredth off; a path, a group and its mean lead to numbers."""
    found = small.number("table-1.a.x")
    assert (found.value, found.decimals, found.half_unit, found.draws) == (1.5, 2, pytest.approx(0.005), None)
    assert (found.path, found.place) == ("table-1.a.x", "table-1")
    assert found.with_value(2.0) == replace(found, value=2.0)
    assert found.with_value(2.0, "elsewhere").place == "elsewhere"
    assert {name: one.value for name, one in small.group("table-1.a").items()} == {"x": 1.5, "y": 2.0}
    assert small.number("table-1.a.mean").value == pytest.approx(1.75)
    assert small.number("table-1.b").value == -3
    assert (small.number("table-1.m.trace").value, small.number("table-1.m.1.0").value) == (12, 2)
    assert (small.curve("table-1.c").x, small.curve("table-1.d.train").x) == ((2, 4), (1, 2, 3))
    assert small.words("table-1.words") == ("one", "two")


def test_what_is_of_another_kind_or_not_there_is_an_error_with_its_path(small: Published) -> None:
    """A curve is no matrix, a list no count, and a place that is missing holds nothing; find says None to all of them."""
    for path in ("table-1.a", "table-2.c", "c"):
        assert small.find_curve(path) is small.find_matrix(path) is small.find_fact(path) is None
        for find in (small.curve, small.matrix, small.fact, small.words, small.count):
            with pytest.raises(UsageError, match=path):
                find(path)
    with pytest.raises(UsageError, match=r"table-1\.words"):
        small.count("table-1.words")
    with pytest.raises(UsageError, match=r"table-1\.note"):
        small.words("table-1.note")
    assert small.matrix("table-1.m") == ((5, 1), (2, 7))
    assert (small.count("table-1.size"), small.fact("year"), small.count("year")) == (3, 2020, 2020)


def test_a_whole_place_is_a_group(small: Published) -> None:
    """Every number of the place by the rest of its path; a group that is not there is empty."""
    assert list(small.group("table-1")) == ["a.x", "a.y", "b"]
    assert small.group("table-1.c") == small.group("table-9") == {}


@pytest.mark.parametrize("path", ["table-1.a", "table-1.m.2.0", "table-1.m.0.2", "table-1.c", "table-2.a.x", "a"])
def test_a_path_that_leads_nowhere_is_an_error_or_none(small: Published, path: str) -> None:
    """What may be missing is asked for with find, what has to be there with number."""
    assert small.find(path) is None
    with pytest.raises(UsageError, match=path):
        small.number(path)


@pytest.mark.parametrize(
    ("right", "wrong", "where"),
    [
        ('values.b = "-3"', "values.b = -3", "places.table-1.values.b"),
        ('values.b = "-3"', 'values.b = "\N{ARABIC-INDIC DIGIT THREE}"', "places.table-1.values.b"),
        ('values.b = "-3"', f'values.b = "{"9" * 18}"', "places.table-1.values.b"),
        ('values.b = "-3"', f'values.b = "0.{"9" * 18}"', "places.table-1.values.b"),
        ("y = [0.1, 0.2] }", "y = [0.1] }", "places.table-1.curves.c"),
        ("facts.words", "fact.words", "places.table-1.fact"),
    ],
)
def test_wrong_entry_is_named_with_its_file(tmp_path: Path, right: str, wrong: str, where: str) -> None:
    """A number without its digits, in others or with too many, half a curve, a misspelt key: which entry of which file."""
    path = tmp_path / "published.toml"
    path.write_text(SMALL.replace(right, wrong), encoding="utf-8")
    with pytest.raises(UsageError, match=r"published\.toml") as caught:
        read_toml(path, Published)
    assert where in caught.value.where

"""Fitting a row on the embedded sample: standardisation, shuffling, and settings that stand for what was renamed since."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.linear_model import PassiveAggressiveClassifier

from bench.datasets.fashion.dataset import FashionMnist, load
from bench.datasets.fashion.manifest import SAMPLE_FOLDER
from bench.studies.fashion_benchmark.config import BenchmarkConfig
from bench.studies.fashion_benchmark.fitting import build, fit, pixels
from bench.studies.fashion_benchmark.rows import ROWS

if TYPE_CHECKING:
    from bench.studies.fashion_benchmark.rows import Row


@pytest.fixture(scope="module")
def sample() -> FashionMnist:
    """The first 300 training and 100 test images of the sample: enough for every kind of classifier."""
    whole = load(SAMPLE_FOLDER)
    train, test = slice(300), slice(100)
    return FashionMnist(whole.train_images[train], whole.train_labels[train], whole.test_images[test], whole.test_labels[test])


def one_of_each() -> list[Row]:
    """The first row of every estimator and kind of settings."""
    kinds = {
        row.estimator + ",".join(row.stated): row for row in reversed(ROWS) if row.estimator != "GradientBoostingClassifier"
    }
    return list(kinds.values())


@pytest.mark.parametrize("row", one_of_each(), ids=lambda row: row.key)
def test_every_kind_of_row_learns_something(row: Row, sample: FashionMnist) -> None:
    """Each estimator accepts its settings in the library of today and beats a guess by far."""
    found = fit(row.settings(BenchmarkConfig()), sample, 0, standardise=True)
    assert (found.predicted == sample.test_labels).mean() > 0.3  # ten classes: chance is 0.1
    assert not [text for text in found.warnings if text.startswith(("FutureWarning", "DeprecationWarning"))]


def test_the_same_seed_gives_the_same_predictions(sample: FashionMnist) -> None:
    """Order of the images and the classifier's own draws come from the seed."""
    (row,) = (each for each in ROWS if each.key == "extra-tree-gini-10-random")
    first, again, other = (fit(row.settings(BenchmarkConfig()), sample, seed, standardise=True).predicted for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_pixels_are_standardised_by_the_training_images(sample: FashionMnist) -> None:
    """Training pixels have mean 0 and deviation 1, or 0 where they never change; the test images keep their own offset."""
    train, test = pixels(sample, standardise=True)
    assert np.allclose(train.mean(axis=0), 0, atol=1e-9)
    assert set(np.round(train.std(axis=0), 6)) <= {0.0, 1.0}
    assert abs(test.mean()) > 1e-4
    raw, _ = pixels(sample, standardise=False)
    assert raw.max() == 255


def test_passive_aggressive_is_what_the_library_says_it_is(sample: FashionMnist) -> None:
    """The settings in its place give the predictions of the class that the source used, which will be gone."""
    (row,) = (each for each in ROWS if each.key == "passive-aggressive-1")
    train, test = pixels(sample, standardise=True)
    labels = sample.train_labels.astype(np.int64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        original = PassiveAggressiveClassifier(C=1.0, max_iter=5, tol=None, random_state=0).fit(train, labels)
    ours = build(row.settings(BenchmarkConfig()), 0).fit(train, labels)
    assert np.array_equal(original.predict(test), ours.predict(test))

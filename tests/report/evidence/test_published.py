"""The published values agree with each other and with what the source says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from report.evidence.published import MODELS, Model, PublishedPairs, load_published, read_toml
from report.studies.assignment_2.tables.classification import f1_of
from store.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> Model:
    """One of the three models."""
    return request.param


def counts(model: Model) -> np.ndarray:
    """A published confusion matrix."""
    return np.array(load_published().figure_5.of(model).counts)


def test_matrix_holds_a_thousand_images_of_each_class(model: Model) -> None:
    """Every row of Figure 5 sums to 1,000."""
    assert counts(model).sum(axis=1).tolist() == [1000] * 10


def test_trace_of_the_matrix_is_the_published_accuracy(model: Model) -> None:
    """Figure 5 and Table 5 come from the same run."""
    assert np.trace(counts(model)) / 100 == pytest.approx(load_published().table_5.of(model).accuracy, abs=1e-9)


def test_macro_scores_of_the_matrix_are_the_published_ones(model: Model) -> None:
    """Precision, recall and F1 averaged over classes round to Table 5's values."""
    matrix, printed = counts(model), load_published().table_5.of(model)
    hits = np.diag(matrix)
    found = ((hits / matrix.sum(axis=0)).mean(), (hits / matrix.sum(axis=1)).mean(), f1_of(matrix).mean())
    assert [round(100 * value, 2) for value in found] == [printed.precision, printed.recall, printed.f1]


def test_curves_end_at_the_losses_of_table_4(model: Model) -> None:
    """The digitised last epoch agrees with the printed loss to about two digits."""
    curves, printed = load_published().figure_1.of(model), load_published().table_4.of(model)
    assert curves.train.x[-1] == curves.validation.x[-1] == 25
    assert curves.train.values[-1] == pytest.approx(printed.train_loss, rel=0.01)
    assert curves.validation.values[-1] == pytest.approx(printed.validation_loss, rel=0.01)


def test_classifier_curves_have_ten_epochs(model: Model) -> None:
    """Figure 6 runs from epoch 1 to 10 in all four panels."""
    curves = load_published().figure_6.of(model)
    lengths = {
        len(getattr(curves, name)) for name in ("train_accuracy", "validation_accuracy", "train_loss", "validation_loss")
    }
    assert lengths == {10}


def test_vae_validation_loss_returns_to_the_scale_of_training() -> None:
    """5.1369 times 48,000 / 12,000 lies within one percent of the training loss."""
    published = load_published()
    assert published.vae_validation_per_image() == pytest.approx(20.5476)
    assert published.vae_validation_per_image() == pytest.approx(published.table_4.vae.train_loss, rel=0.01)


def test_wrong_entry_is_named_with_its_file(tmp_path: Path) -> None:
    """A misspelt key in a data file says which entry of which file is wrong."""
    path = tmp_path / "published.toml"
    path.write_text('source = "Figure 2"\n[ae]\nindex = [0]\nmse = [0.1]\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"published\.toml") as caught:
        read_toml(path, PublishedPairs)
    assert "ae.mse" in caught.value.where

"""Scores follow from the predictions as the definitions say, also for classes that nobody predicts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from bench.models.classifier.network import build_head
from bench.models.classifier.objective import classification
from bench.scoring.classification import Predictions, confusion, per_class, predict, table_metrics
from bench.training.determinism import stream


def predictions() -> Predictions:
    """Classes 0 to 9 twice; every 1 is called 0, the rest is right."""
    labels = np.tile(np.arange(10), 2)
    predicted = np.where(labels == 1, 0, labels)
    return Predictions(labels, predicted, np.full(20, 0.9, dtype=np.float32))


def test_scores_by_hand() -> None:
    """18 of 20 right; class 0 has precision 1/2 and F1 2/3, class 1 nothing, and the macro means count each class once."""
    metrics = table_metrics(predictions())
    assert metrics["test_accuracy"] == 0.9
    assert metrics["macro_precision"] == pytest.approx((0.5 + 0.0 + 8) / 10)
    assert metrics["macro_recall"] == pytest.approx((1.0 + 0.0 + 8) / 10)
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 0.0 + 8) / 10)
    assert metrics["test_images"] == 20
    table = per_class(predictions())
    assert table["label"].tolist() == list(range(10))
    assert table["precision"][:3].tolist() == [0.5, 0.0, 1.0]
    assert table["support"].tolist() == [2] * 10


def test_rows_of_the_confusion_matrix_are_true_classes() -> None:
    """The two ones lie in row 1, column 0."""
    counts = confusion(predictions())
    assert counts.shape == (10, 10)
    assert counts.dtype == np.int64
    assert counts[1, 0] == 2
    assert counts[0, 1] == 0
    assert counts.sum() == 20


def test_predictions_carry_the_probability_of_the_predicted_class() -> None:
    """The class is the highest logit and the probability its softmax."""
    features = torch.rand(12, 7)
    head = build_head(7, (16,), seed=0)
    found = predict(head, features, np.zeros(12, dtype=np.uint8))
    with torch.no_grad():
        probabilities = head(features).softmax(1).numpy()
    assert np.array_equal(found.predicted, probabilities.argmax(1))
    np.testing.assert_allclose(found.probability, probabilities.max(1), rtol=1e-6)
    assert found.labels.dtype == np.int64


def test_the_objective_is_cross_entropy_with_accuracy() -> None:
    """A head that shifts by one class is always wrong; an identity is always right."""
    labels = torch.arange(10)
    features = torch.eye(10) * 50
    right, wrong = nn.Identity(), nn.Linear(10, 10, bias=False)
    with torch.no_grad():
        wrong.weight.copy_(torch.eye(10).roll(1, 0))
    for head, accuracy, loss in ((right, 1.0, 0.0), (wrong, 0.0, 50.0)):
        objective = classification(head)
        found, terms = objective.evaluate((features, labels), stream(0, "unused"))
        assert terms[1].item() == accuracy
        assert found.item() == pytest.approx(loss, abs=1e-5)
    assert objective.terms == ("cross_entropy", "accuracy")

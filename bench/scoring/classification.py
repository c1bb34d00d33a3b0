"""Predictions on the test images and what they are worth: accuracy, macro averages, per class, confusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from bench.models.classifier.network import CLASSES

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Labels, predicted classes (N,) int64, and the probability (N,) float32 of each predicted class."""

    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probability: NDArray[np.float32]


def predict(head: nn.Module, features: Tensor, labels: NDArray[np.uint8]) -> Predictions:
    """Classify features (N, L) float32."""
    with torch.inference_mode():
        probability, predicted = head(features).softmax(1).max(1)
    return Predictions(labels.astype(np.int64), predicted.cpu().numpy(), probability.cpu().numpy())


def table_metrics(predictions: Predictions) -> dict[str, float | int]:
    """Accuracy and the unweighted means over classes of precision, recall and F1, as Table 5 has them."""
    precision, recall, f1, _ = _per_class(predictions)
    return {
        "test_accuracy": float((predictions.predicted == predictions.labels).mean()),
        "macro_precision": float(precision.mean()),
        "macro_recall": float(recall.mean()),
        "macro_f1": float(f1.mean()),
        "test_images": len(predictions.labels),
    }


def per_class(predictions: Predictions) -> dict[str, NDArray[np.generic]]:
    """Label, precision, recall, F1 and number of test images of each class, by column."""
    precision, recall, f1, support = _per_class(predictions)
    return {"label": np.arange(CLASSES), "precision": precision, "recall": recall, "f1": f1, "support": support}


def confusion(predictions: Predictions) -> NDArray[np.int64]:
    """(10, 10) int64 counts, rows true class, columns predicted."""
    counts: NDArray[np.int64] = confusion_matrix(predictions.labels, predictions.predicted, labels=np.arange(CLASSES))
    return counts.astype(np.int64)


def _per_class(predictions: Predictions) -> tuple[NDArray[np.float64], ...]:
    scores: tuple[NDArray[np.float64], ...] = precision_recall_fscore_support(
        predictions.labels,
        predictions.predicted,
        labels=np.arange(CLASSES),
        average=None,
        zero_division=0.0,  # a class that is never predicted has precision 0, not undefined: macro means stay comparable
    )
    return scores

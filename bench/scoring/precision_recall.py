"""Precision against recall of one class: the interpolated curve, its average, and single confidences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# COCO's expressions: where a recall equals a grid point, the last bit decides which precision is read there.
RECALL_GRID: NDArray[np.float64] = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, slots=True)
class Rates:
    """Precision, recall and F1 by confidence, each (K,) float64; precision is NaN where nothing is predicted."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]


def interpolated_precision(hit: NDArray[np.bool_], objects: int) -> NDArray[np.float64]:
    """COCO's curve: the highest precision at any recall >= r, for r = 0, 0.01 .. 1, and 0 where no such recall is reached.

    ``hit`` (T, N): true positives of a class at T thresholds by descending score; ``objects`` > 0: its ground truth. Gives
    (T, 101), whose mean over the last axis is the average precision. The trainer's own validation integrates the same
    envelope with the trapezoidal rule over linearly interpolated points, and so differs by a few thousandths.
    """
    thresholds, predicted = hit.shape
    true_positives = np.cumsum(hit, axis=1)
    precision = true_positives / np.arange(1, predicted + 1)
    reached = np.zeros((thresholds, predicted + 1))  # the last column answers for recalls that are never reached
    reached[:, :predicted] = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = true_positives / objects
    at = np.stack([np.searchsorted(row, RECALL_GRID, side="left") for row in recall])
    return np.take_along_axis(reached, at, axis=1)


def rates_at(hit: NDArray[np.bool_], score: NDArray[np.float64], objects: int, confidence: NDArray[np.float64]) -> Rates:
    """Count the detections of a class with score >= confidence, without interpolation between scores.

    ``hit`` (N,) and ``score`` (N,) by descending score, ``objects`` > 0, ``confidence`` (K,). F1 is 2 TP / (predicted +
    objects): 0, not undefined, where nothing is predicted.
    """
    predicted = np.searchsorted(-score, -confidence, side="right")
    true_positives = np.r_[0, np.cumsum(hit)][predicted]
    precision = np.full(len(confidence), np.nan)
    np.divide(true_positives, predicted, out=precision, where=predicted > 0)
    return Rates(precision, true_positives / objects, 2 * true_positives / (predicted + objects))

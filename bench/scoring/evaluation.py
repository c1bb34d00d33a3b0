"""Everything that one set of detections is scored by: AP, operating points, matched IoU, confusion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.scoring.confusion import confusion_matrix
from bench.scoring.matching import IOU_THRESHOLDS, Matches, match
from bench.scoring.precision_recall import RECALL_GRID, Rates, interpolated_precision, rates_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.scoring.boxes import Detections, Objects

CONFIDENCE = 0.25  # the fixed operating point: what the trainer's own predict and confusion matrix use by default
CONFIDENCE_GRID: NDArray[np.float64] = np.linspace(0.0, 1.0, 1000)  # the trainer's grid
_LOOSEST = 0  # index of IoU 0.5 among the thresholds: precision, recall, curves and matched IoU are taken there


@dataclass(frozen=True, slots=True)
class MatchedIou:
    """Every true positive at IoU 0.5 and confidence 0.25: ``class_index``, ``score`` and ``iou``, each (M,)."""

    class_index: NDArray[np.int64]
    score: NDArray[np.float64]
    iou: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores by class, C of them; NaN where undefined: a class without objects, precision without predictions.

    ``objects`` (C,) int64; ``curve`` (C, 101): interpolated precision at IoU 0.5; ``average_precision`` (C, 10) by IoU
    threshold; ``at_best`` at ``confidence_best_f1`` and ``at_25`` at confidence 0.25, each array of them (C,);
    ``confusion`` (C+1, C+1). ``confidence_best_f1`` is None where no class has objects.
    """

    objects: NDArray[np.int64]
    curve: NDArray[np.float64]
    average_precision: NDArray[np.float64]
    confidence_best_f1: float | None
    at_best: Rates
    at_25: Rates
    matched_iou: MatchedIou
    confusion: NDArray[np.int64]


def evaluate(objects: Objects, detections: Detections, class_count: int) -> Evaluation:
    """Score ``detections`` against ``objects``; class indices lie in 0 .. ``class_count`` - 1.

    All detections count: COCO's cut at the 100 best of an image and class is not made. Detections of a class without
    objects lower no score (COCO and the trainer leave such a class out); the confusion matrix shows them.
    """
    matches = match(objects, detections, IOU_THRESHOLDS)
    counts = np.bincount(objects.class_index, minlength=class_count)
    curves = _curves(matches, detections, counts)
    over_grid = _rates(matches, detections, counts, CONFIDENCE_GRID)
    best = best_confidence(over_grid.f1)
    confident = detections.score >= CONFIDENCE
    kept = confident & matches.hit[_LOOSEST]
    return Evaluation(
        objects=counts,
        curve=curves[:, _LOOSEST],
        average_precision=curves.mean(axis=2),
        confidence_best_f1=None if best is None else float(CONFIDENCE_GRID[best]),
        at_best=_column(over_grid, best or 0),
        at_25=_column(_rates(matches, detections, counts, np.array([CONFIDENCE])), 0),
        matched_iou=MatchedIou(detections.class_index[kept], detections.score[kept], matches.iou[_LOOSEST, kept]),
        confusion=confusion_matrix(objects, detections.take(confident), class_count, float(IOU_THRESHOLDS[_LOOSEST])),
    )


def best_confidence(f1: NDArray[np.float64]) -> int | None:
    """Index of the confidence with the highest F1, mean over classes; the lowest of equals; None without any class.

    ``f1`` (C, K), rows of NaN left out. The trainer interpolates between scores and smooths the mean over a tenth of the
    grid before it takes the highest; here the highest value itself counts.
    """
    defined = f1[~np.isnan(f1).any(axis=1)]
    return int(defined.mean(axis=0).argmax()) if len(defined) else None


def mean_defined(values: NDArray[np.float64]) -> float | None:
    """Mean of the values that are not NaN; None where there are none."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else None


def _curves(matches: Matches, detections: Detections, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    curves = np.full((len(counts), len(IOU_THRESHOLDS), len(RECALL_GRID)), np.nan)
    for class_index in np.flatnonzero(counts):
        own = detections.class_index == class_index
        curves[class_index] = interpolated_precision(matches.hit[:, own], int(counts[class_index]))
    return curves


def _rates(matches: Matches, detections: Detections, counts: NDArray[np.int64], confidence: NDArray[np.float64]) -> Rates:
    """Rates of each class at each confidence, (C, K), at IoU 0.5; rows of NaN for classes without objects."""
    precision, recall, f1 = (np.full((len(counts), len(confidence)), np.nan) for _ in range(3))
    for class_index in np.flatnonzero(counts):
        own = detections.class_index == class_index
        rates = rates_at(matches.hit[_LOOSEST, own], detections.score[own], int(counts[class_index]), confidence)
        precision[class_index], recall[class_index], f1[class_index] = rates.precision, rates.recall, rates.f1
    return Rates(precision, recall, f1)


def _column(rates: Rates, index: int) -> Rates:
    return Rates(rates.precision[:, index], rates.recall[:, index], rates.f1[:, index])

"""The confusion matrix of detections, with background for what was missed and what was made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.scoring.matching import match

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.scoring.boxes import Detections, Objects


def confusion_matrix(objects: Objects, detections: Detections, class_count: int, iou: float) -> NDArray[np.int64]:
    """(C+1, C+1) int64, rows true class, columns predicted class, the last of each background.

    First detections are matched within their class, as for precision and recall; only what is left, on both sides, is
    matched across classes. So the diagonal holds the true positives, a row sums to its class's objects and a column to
    its detections. The trainer matches in one step regardless of class, by IoU > 0.45; there the diagonal need not agree
    with its own precision and recall.
    """
    threshold = np.array([iou])
    own = match(objects, detections, threshold).object_index[0]
    missed = np.ones(len(objects.image), np.bool_)
    missed[own[own >= 0]] = False
    left = objects.take(missed)
    other = match(left, detections.take(own < 0), threshold, across_classes=True).object_index[0]
    missed[np.flatnonzero(missed)[other[other >= 0]]] = False

    background = class_count
    true = np.where(own >= 0, detections.class_index, background)
    true[own < 0] = np.r_[left.class_index, background][other]  # -1, unmatched, reads the background at the end
    counts = np.zeros((class_count + 1, class_count + 1), np.int64)
    np.add.at(counts, (true, detections.class_index), 1)
    counts[:class_count, background] = np.bincount(objects.class_index[missed], minlength=class_count)
    return counts

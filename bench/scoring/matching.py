"""Assigns detections to ground truth one to one, greedily by descending score, at several IoU thresholds at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.scoring.boxes import iou_of_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.scoring.boxes import Detections, Objects

# COCO's expression: whether an IoU that equals a threshold counts hangs on the last bit, so it must be the same.
IOU_THRESHOLDS: NDArray[np.float64] = np.linspace(0.5, 0.95, 10)


@dataclass(frozen=True, slots=True)
class Matches:
    """For T thresholds and N detections: ``object_index`` (T, N) int64, -1 where unmatched, and ``iou`` (T, N), 0 there."""

    object_index: NDArray[np.int64]
    iou: NDArray[np.float64]

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Whether each detection is a true positive at each threshold, (T, N)."""
        hit: NDArray[np.bool_] = self.object_index >= 0
        return hit


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Detections and objects that overlap enough, by detection, then descending IoU, then descending object index."""

    detection: NDArray[np.int64]
    target: NDArray[np.int64]
    iou: NDArray[np.float64]

    def take(self, rows: NDArray[np.bool_]) -> _Pairs:
        return _Pairs(self.detection[rows], self.target[rows], self.iou[rows])


def match(
    objects: Objects, detections: Detections, thresholds: NDArray[np.float64], *, across_classes: bool = False
) -> Matches:
    """Give each detection, best score first, the free object of its image and class with the highest IoU >= threshold.

    The rules are COCO's: a detection whose best object is taken gets the next best, equal scores go in the canonical
    order of ``Detections``, and of objects with equal IoU the last in the canonical order of ``Objects`` wins.
    ``across_classes`` drops the condition on the class. ``thresholds`` (T,) must be positive.
    """
    pairs = _pairs(objects, detections, float(thresholds.min()), across_classes=across_classes)
    shape = (len(thresholds), len(detections.score))
    found, overlap = np.full(shape, -1, np.int64), np.zeros(shape)
    level, row = np.nonzero(pairs.iou >= thresholds[:, None])
    # Number the detections and objects of each threshold apart: all thresholds are then one assignment problem.
    apart = _Pairs(
        level * len(detections.score) + pairs.detection[row], level * len(objects.image) + pairs.target[row], pairs.iou[row]
    )
    taken = _assign(apart, found.size, len(thresholds) * len(objects.image))
    found.flat[taken.detection] = taken.target % max(len(objects.image), 1)
    overlap.flat[taken.detection] = taken.iou
    return Matches(found, overlap)


def _assign(pairs: _Pairs, detections: int, objects: int) -> _Pairs:
    """The pairs that going through the detections one by one would choose, found in a few passes over all of them.

    A pair is certain once it is the best left to its detection and no better-scored detection has its object left. The
    best-scored detection left always has such a pair, so every pass settles at least one.
    """
    settled = []
    while len(pairs.iou):
        number = np.arange(len(pairs.iou))
        first_of_object = np.empty(objects, np.int64)
        first_of_object[pairs.target[::-1]] = number[::-1]  # of repeated indices the last assignment, the first pair, stays
        best = np.r_[True, pairs.detection[1:] != pairs.detection[:-1]]
        certain = pairs.take(best & (first_of_object[pairs.target] == number))
        settled.append(certain)
        free_detection, free_object = np.ones(detections, np.bool_), np.ones(objects, np.bool_)
        free_detection[certain.detection] = False
        free_object[certain.target] = False
        pairs = pairs.take(free_detection[pairs.detection] & free_object[pairs.target])
    return _joined(settled)


def _joined(parts: list[_Pairs]) -> _Pairs:
    if not parts:
        return _Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    return _Pairs(
        np.concatenate([part.detection for part in parts]),
        np.concatenate([part.target for part in parts]),
        np.concatenate([part.iou for part in parts]),
    )


def _pairs(objects: Objects, detections: Detections, lowest_iou: float, *, across_classes: bool) -> _Pairs:
    """All pairs of one image (and class) with at least ``lowest_iou``; only such pairs are ever formed."""
    classes = 1 + max(objects.class_index.max(initial=0), detections.class_index.max(initial=0))
    cell = objects.image if across_classes else objects.image * classes + objects.class_index
    wanted = detections.image if across_classes else detections.image * classes + detections.class_index
    start = np.searchsorted(cell, wanted, side="left")  # canonical order: cells ascend
    count = np.searchsorted(cell, wanted, side="right") - start
    detection = np.repeat(np.arange(len(wanted)), count)
    target = np.arange(len(detection)) + np.repeat(start - np.cumsum(count) + count, count)
    iou = iou_of_pairs(detections.box[detection], objects.box[target])
    pairs = _Pairs(detection, target, iou).take(iou >= lowest_iou)
    order = np.lexsort((-pairs.target, -pairs.iou, pairs.detection))
    return _Pairs(pairs.detection[order], pairs.target[order], pairs.iou[order])

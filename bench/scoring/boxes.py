"""Ground truth and detections as arrays in one canonical order, and the overlap of their boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Objects:
    """Ground truth: ``image`` and ``class_index`` (G,) int64, ``box`` (G, 4) float64 as x1, y1, x2, y2.

    Made by ``order_objects``: sorted by image, class and box.
    """

    image: NDArray[np.int64]
    class_index: NDArray[np.int64]
    box: NDArray[np.float64]

    def take(self, rows: NDArray[np.bool_]) -> Objects:
        """The objects where ``rows`` (G,) is true, still in order."""
        return Objects(self.image[rows], self.class_index[rows], self.box[rows])


@dataclass(frozen=True, slots=True)
class Detections:
    """Predictions: ``image`` and ``class_index`` (N,) int64, ``score`` (N,) float64, ``box`` (N, 4) float64.

    Made by ``order_detections``: sorted by descending score; equal scores by image, class and box.
    """

    image: NDArray[np.int64]
    class_index: NDArray[np.int64]
    score: NDArray[np.float64]
    box: NDArray[np.float64]

    def take(self, rows: NDArray[np.bool_]) -> Detections:
        """The detections where ``rows`` (N,) is true, still in order."""
        return Detections(self.image[rows], self.class_index[rows], self.score[rows], self.box[rows])


def order_objects(image: ArrayLike, class_index: ArrayLike, box: ArrayLike) -> Objects:
    """Bring ground truth of any row order into the canonical one; raises ValueError on boxes that are none."""
    images, classes = np.asarray(image, np.int64), np.asarray(class_index, np.int64)
    boxes = _checked_boxes(box)
    order = np.lexsort((*boxes.T[::-1], classes, images))
    return Objects(images[order], classes[order], boxes[order])


def order_detections(image: ArrayLike, class_index: ArrayLike, score: ArrayLike, box: ArrayLike) -> Detections:
    """Bring predictions of any row order into the canonical one.

    COCO's reference leaves equal scores in the order of the file; here their order follows from the rows themselves, so
    that no number depends on how the file is sorted. Raises ValueError on boxes or scores that are none.
    """
    images, classes = np.asarray(image, np.int64), np.asarray(class_index, np.int64)
    scores, boxes = np.asarray(score, np.float64), _checked_boxes(box)
    if not np.all((scores >= 0) & (scores <= 1)):
        raise ValueError("a score lies outside [0, 1]")
    order = np.lexsort((*boxes.T[::-1], classes, images, -scores))
    return Detections(images[order], classes[order], scores[order], boxes[order])


def iou_of_pairs(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of box i with box i, (P, 4) and (P, 4) to (P,); 0 for two boxes without area.

    Corners are points of the plane, not pixels: a width is x2 - x1, as in COCO.
    """
    side = np.maximum(np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2]), 0.0)
    intersection = side[:, 0] * side[:, 1]
    union = _area(first) + _area(second) - intersection
    iou = np.zeros(len(union))
    np.divide(intersection, union, out=iou, where=union > 0)
    return iou


def _area(box: NDArray[np.float64]) -> NDArray[np.float64]:
    area: NDArray[np.float64] = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    return area


def _checked_boxes(box: ArrayLike) -> NDArray[np.float64]:
    boxes = np.asarray(box, np.float64).reshape(-1, 4)
    if not np.all(np.isfinite(boxes)):
        raise ValueError("a box has a coordinate that is no finite number")
    if np.any(boxes[:, 2:] < boxes[:, :2]):
        raise ValueError("a box ends before it begins (x2 < x1 or y2 < y1)")
    return boxes

"""Random ground truth and detections for the tests: coarse ones full of ties, and fine ones without any."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.scoring.boxes import Detections, Objects, order_detections, order_objects

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Scene:
    """Unordered rows; the numbers of images and classes count those without any box too."""

    images: int
    classes: int
    object_image: NDArray[np.int64]
    object_class: NDArray[np.int64]
    object_box: NDArray[np.float64]
    image: NDArray[np.int64]
    class_index: NDArray[np.int64]
    score: NDArray[np.float64]
    box: NDArray[np.float64]

    def objects(self) -> Objects:
        """The ground truth in canonical order."""
        return order_objects(self.object_image, self.object_class, self.object_box)

    def detections(self) -> Detections:
        """The predictions in canonical order."""
        return order_detections(self.image, self.class_index, self.score, self.box)


def fine_scene(seed: int, *, images: int = 6, classes: int = 3, objects: int = 30, detections: int = 90) -> Scene:
    """Detections are objects moved a little, or noise; scores, corners and so IoU are all different."""
    random = np.random.default_rng(seed)
    object_box = _boxes(random.uniform(0, 300, (objects, 2)), random.uniform(8, 80, (objects, 2)))
    object_image, object_class = random.integers(0, images, objects), random.integers(0, classes, objects)
    near = random.integers(0, objects, detections)
    box = object_box[near] + random.normal(0, 3, (detections, 4))
    box[:, 2:] = np.maximum(box[:, 2:], box[:, :2] + 1)
    relabelled = np.where(random.uniform(size=detections) < 0.15, random.integers(0, classes, detections), object_class[near])
    score = random.permutation(np.linspace(0.001, 0.999, detections))
    return Scene(images, classes, object_image, object_class, object_box, object_image[near], relabelled, score, box)


def coarse_scene(seed: int) -> Scene:
    """Corners on a grid of 4 px and scores in tenths: equal scores, equal IoU, equal boxes, IoU right at a threshold.

    Sizes are drawn too, from nothing at all up, so that empty images, absent classes and empty sets occur.
    """
    random = np.random.default_rng(seed)
    images, classes = int(random.integers(1, 5)), int(random.integers(1, 4))
    objects, detections = int(random.integers(0, 13)), int(random.integers(0, 40))
    return Scene(
        images,
        classes,
        random.integers(0, images, objects),
        random.integers(0, classes, objects),
        _grid_boxes(random, objects),
        random.integers(0, images, detections),
        random.integers(0, classes, detections),
        random.integers(0, 11, detections) / 10,
        _grid_boxes(random, detections),
    )


def _grid_boxes(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    return _boxes(4.0 * random.integers(0, 4, (count, 2)), 4.0 * random.integers(1, 6, (count, 2)))


def _boxes(corner: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([corner, corner + size])

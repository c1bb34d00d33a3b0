"""The vectorised matching does what going through the detections one by one does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring.boxes import Detections, Objects, iou_of_pairs, order_detections, order_objects
from bench.scoring.matching import IOU_THRESHOLDS, match
from tests.bench.scoring.scenes import coarse_scene, fine_scene


def match_one_by_one(objects: Objects, detections: Detections, threshold: float, *, across_classes: bool) -> list[int]:
    """The rule in words, as a loop: the free object with the highest IoU >= threshold, the last of equals."""
    taken: set[int] = set()
    found = []
    for row in range(len(detections.score)):
        best, best_iou = -1, threshold
        for candidate in range(len(objects.image)):
            same_class = across_classes or objects.class_index[candidate] == detections.class_index[row]
            if candidate in taken or objects.image[candidate] != detections.image[row] or not same_class:
                continue
            iou = iou_of_pairs(detections.box[row : row + 1], objects.box[candidate : candidate + 1])[0]
            if iou >= best_iou:
                best, best_iou = candidate, iou
        found.append(best)
        taken.add(best)
    return found


@given(seed=st.integers(0, 10_000), across_classes=st.booleans())
def test_matching_equals_the_loop_on_ties(seed: int, *, across_classes: bool) -> None:
    """On boxes that overlap and tie at every turn, each threshold's matches are those of the loop."""
    scene = coarse_scene(seed)
    objects, detections = scene.objects(), scene.detections()
    found = match(objects, detections, IOU_THRESHOLDS, across_classes=across_classes)
    for level, threshold in enumerate(IOU_THRESHOLDS):
        expected = match_one_by_one(objects, detections, threshold, across_classes=across_classes)
        assert found.object_index[level].tolist() == expected


def test_matched_iou_is_the_overlap_of_the_pair() -> None:
    """The recorded IoU is that of the detection with its object, and 0 where there is none."""
    scene = fine_scene(3)
    objects, detections = scene.objects(), scene.detections()
    found = match(objects, detections, IOU_THRESHOLDS)
    for index, iou in zip(found.object_index, found.iou, strict=True):
        overlap = iou_of_pairs(detections.box, objects.box[index])
        np.testing.assert_array_equal(iou, np.where(index >= 0, overlap, 0.0))


def test_a_detection_takes_its_second_choice() -> None:
    """When the better-scored detection has taken the best object, the other one that overlaps enough is taken."""
    objects = order_objects([0, 0], [0, 0], [[0, 0, 10, 10], [2, 0, 12, 10]])
    detections = order_detections([0, 0], [0, 0], [0.9, 0.8], [[0, 0, 10, 10], [0, 0, 10, 10]])
    assert match(objects, detections, np.array([0.5])).object_index.tolist() == [[0, 1]]


def test_objects_of_other_images_and_classes_are_out_of_reach() -> None:
    """The same box in another image, or of another class, is no match."""
    objects = order_objects([0, 1], [0, 1], [[0, 0, 10, 10], [0, 0, 10, 10]])
    detections = order_detections([0, 1], [1, 0], [0.9, 0.8], [[0, 0, 10, 10], [0, 0, 10, 10]])
    assert not match(objects, detections, np.array([0.5])).hit.any()
    assert match(objects, detections, np.array([0.5]), across_classes=True).hit.all()


def test_iou_of_known_boxes() -> None:
    """Equal boxes 1, half-covered 0.5, touching 0, and two points 0 rather than undefined."""
    first = np.array([[0, 0, 4, 4], [0, 0, 4, 4], [0, 0, 4, 4], [1, 1, 1, 1]], np.float64)
    second = np.array([[0, 0, 4, 4], [0, 0, 4, 2], [4, 0, 8, 4], [1, 1, 1, 1]], np.float64)
    assert iou_of_pairs(first, second).tolist() == [1.0, 0.5, 0.0, 0.0]


@pytest.mark.parametrize(
    ("score", "box", "problem"),
    [
        (1.5, [0, 0, 1, 1], "score"),
        (float("nan"), [0, 0, 1, 1], "score"),
        (0.5, [0, 0, float("inf"), 1], "finite"),
        (0.5, [2, 0, 1, 1], "before it begins"),
    ],
)
def test_rows_that_are_no_detections_are_refused(score: float, box: list[float], problem: str) -> None:
    """A score outside [0, 1], an infinite corner and an inverted box each raise ValueError."""
    with pytest.raises(ValueError, match=problem):
        order_detections([0], [0], [score], [box])

"""The confusion matrix adds up to objects and detections and agrees with precision and recall."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring.boxes import order_detections, order_objects
from bench.scoring.confusion import confusion_matrix
from bench.scoring.evaluation import CONFIDENCE, evaluate
from tests.bench.scoring.scenes import coarse_scene


@given(seed=st.integers(0, 10_000))
def test_rows_sum_to_objects_and_columns_to_detections(seed: int) -> None:
    """Each object and each detection at confidence 0.25 is counted once, and the corner is empty."""
    scene = coarse_scene(seed)
    detections = scene.detections()
    counts = evaluate(scene.objects(), detections, scene.classes).confusion
    confident = detections.class_index[detections.score >= CONFIDENCE]
    assert counts.min() >= 0
    assert counts[-1, -1] == 0
    assert counts.sum(axis=1)[:-1].tolist() == np.bincount(scene.object_class, minlength=scene.classes).tolist()
    assert counts.sum(axis=0)[:-1].tolist() == np.bincount(confident, minlength=scene.classes).tolist()


@given(seed=st.integers(0, 10_000))
def test_the_diagonal_agrees_with_precision_and_recall(seed: int) -> None:
    """Diagonal over row sum is the recall at 0.25, diagonal over column sum the precision, wherever they are defined."""
    scene = coarse_scene(seed)
    found = evaluate(scene.objects(), scene.detections(), scene.classes)
    right, objects, predicted = (
        values[: scene.classes] for values in (np.diag(found.confusion), found.confusion.sum(1), found.confusion.sum(0))
    )
    recall, precision = ~np.isnan(found.at_25.recall), ~np.isnan(found.at_25.precision)
    np.testing.assert_allclose(found.at_25.recall[recall], right[recall] / objects[recall], rtol=1e-12)
    np.testing.assert_allclose(found.at_25.precision[precision], right[precision] / predicted[precision], rtol=1e-12)


def test_a_wrong_class_is_a_confusion_only_where_the_right_one_is_missing() -> None:
    """A better-scored box of the wrong class does not take an object away from a box of the right one."""
    objects = order_objects([0, 1], [0, 0], [[0, 0, 10, 10], [0, 0, 10, 10]])
    detections = order_detections([0, 0, 1, 1], [1, 0, 1, 1], [0.9, 0.5, 0.8, 0.7], [[0, 0, 10, 10]] * 4)
    assert confusion_matrix(objects, detections, 2, 0.5).tolist() == [[1, 1, 0], [0, 0, 0], [0, 2, 0]]


def test_equal_detections_of_two_classes_are_told_apart_by_class() -> None:
    """Of two wrong classes with one box and one score, the lower class takes the object, whatever the order of rows."""
    objects = order_objects([0], [0], [[0, 0, 10, 10]])
    for classes in ([1, 2], [2, 1]):
        detections = order_detections([0, 0], classes, [0.9, 0.9], [[0, 0, 10, 10]] * 2)
        assert confusion_matrix(objects, detections, 3, 0.5)[:, 1:3].tolist() == [[1, 0], [0, 0], [0, 0], [0, 1]]

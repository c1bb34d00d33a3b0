"""What evaluation must keep to whatever the boxes: invariants, hand-computed cases, and what is undefined."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring.boxes import Detections, Objects, order_detections, order_objects
from bench.scoring.evaluation import Evaluation, best_confidence, evaluate
from bench.scoring.matching import IOU_THRESHOLDS, match
from bench.scoring.results import files_of, metrics_of
from tests.bench.scoring.scenes import coarse_scene, fine_scene

SEEDS = st.integers(0, 10_000)
BOX = [0.0, 0.0, 10.0, 10.0]
NO_OBJECTS = order_objects([], [], [])
NO_DETECTIONS = order_detections([], [], [], [])


def one_image(classes: list[int], boxes: list[list[float]]) -> Objects:
    """Ground truth of a single image."""
    return order_objects([0] * len(classes), classes, boxes)


def scored(classes: list[int], scores: list[float], boxes: list[list[float]]) -> Detections:
    """Predictions on a single image."""
    return order_detections([0] * len(classes), classes, scores, boxes)


def content(evaluation: Evaluation) -> dict[str, bytes]:
    """All that a record would hold of an evaluation."""
    return files_of({"last": evaluation}) | {"metrics": repr(metrics_of(evaluation)).encode()}


@given(seed=SEEDS)
def test_perfect_predictions_score_one(seed: int) -> None:
    """The ground truth itself as prediction has AP, precision, recall and F1 of exactly 1 for every class with objects."""
    scene = coarse_scene(seed)
    objects = scene.objects()
    detections = order_detections(objects.image, objects.class_index, np.ones(len(objects.image)), objects.box)
    found = evaluate(objects, detections, scene.classes)
    present = found.objects > 0
    for values in (found.average_precision, found.at_best.precision, found.at_best.recall, found.at_25.f1):
        assert (values[present] == 1.0).all()
        assert np.isnan(values[~present]).all()


@given(seed=SEEDS)
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    """Any order of objects and detections gives the same bytes, equal scores and all."""
    scene = coarse_scene(seed)
    random = np.random.default_rng(seed)
    objects, rows = random.permutation(len(scene.object_image)), random.permutation(len(scene.score))
    shuffled = evaluate(
        order_objects(scene.object_image[objects], scene.object_class[objects], scene.object_box[objects]),
        order_detections(scene.image[rows], scene.class_index[rows], scene.score[rows], scene.box[rows]),
        scene.classes,
    )
    assert content(shuffled) == content(evaluate(scene.objects(), scene.detections(), scene.classes))


@given(seed=SEEDS, coarse=st.booleans())
def test_removing_a_false_positive_never_lowers_ap(seed: int, *, coarse: bool) -> None:
    """At every threshold, AP without one unmatched detection is at least the AP with it."""
    scene = coarse_scene(seed) if coarse else fine_scene(seed)
    objects, detections = scene.objects(), scene.detections()
    before = evaluate(objects, detections, scene.classes).average_precision
    hit = match(objects, detections, IOU_THRESHOLDS).hit
    for level in range(len(IOU_THRESHOLDS)):
        false = np.flatnonzero(~hit[level])
        if not len(false):
            continue
        kept = np.arange(len(detections.score)) != false[seed % len(false)]
        after = evaluate(objects, detections.take(kept), scene.classes).average_precision
        defined = ~np.isnan(before[:, level])
        assert (after[defined, level] >= before[defined, level] - 1e-12).all()


@given(seed=SEEDS)
def test_a_certain_miss_never_raises_ap(seed: int) -> None:
    """A detection far from everything, scored above all others, lowers AP or leaves it."""
    scene = fine_scene(seed)
    detections = scene.detections()
    far = order_detections(
        np.r_[0, detections.image],
        np.r_[0, detections.class_index],
        np.r_[1.0, detections.score],
        np.vstack([[5000, 5000, 5010, 5010], detections.box]),
    )
    before = evaluate(scene.objects(), detections, scene.classes).average_precision
    after = evaluate(scene.objects(), far, scene.classes).average_precision
    assert (after[0] <= before[0]).all()
    np.testing.assert_array_equal(after[1:], before[1:])


@given(seed=SEEDS)
def test_moving_and_scaling_everything_changes_no_score(seed: int) -> None:
    """Doubling all corners and moving them by whole pixels keeps every number: only overlaps count."""
    scene = coarse_scene(seed)
    objects, detections = scene.objects(), scene.detections()
    moved = evaluate(
        Objects(objects.image, objects.class_index, objects.box * 2 + 16),
        Detections(detections.image, detections.class_index, detections.score, detections.box * 2 + 16),
        scene.classes,
    )
    assert content(moved) == content(evaluate(objects, detections, scene.classes))


@given(seed=SEEDS)
def test_values_lie_in_their_ranges(seed: int) -> None:
    """Everything defined is a fraction, AP falls with the IoU threshold, curves fall with recall, matched IoU is >= 0.5."""
    scene = coarse_scene(seed)
    found = evaluate(scene.objects(), scene.detections(), scene.classes)
    present = found.objects > 0
    precision = found.average_precision[present]
    assert ((precision >= 0) & (precision <= 1)).all()
    assert (np.diff(found.curve[present], axis=1) <= 0).all()
    assert (found.matched_iou.iou >= 0.5).all()
    assert (found.matched_iou.score >= 0.25).all()


def test_ap_of_a_case_worked_out_by_hand() -> None:
    """Two objects, hit, miss, hit: precision 1 up to recall 0.5, then 2/3: AP50 is (51 + 50 * 2/3) / 101."""
    objects = one_image([0, 0], [BOX, [100, 0, 110, 10]])
    detections = scored([0, 0, 0], [0.9, 0.8, 0.7], [BOX, [50, 0, 60, 10], [100, 0, 110, 10]])
    found = evaluate(objects, detections, 1)
    assert found.average_precision[0] == pytest.approx(np.full(10, (51 + 50 * 2 / 3) / 101), abs=1e-12)
    assert found.curve[0, [0, 50, 51, 100]].tolist() == [1.0, 1.0, 2 / 3, 2 / 3]


def test_thresholds_of_iou_count_from_the_left() -> None:
    """A detection with an IoU of 0.8 is right at 0.5 to 0.8 and wrong above."""
    found = evaluate(one_image([0], [BOX]), scored([0], [0.9], [[0, 0, 10, 8]]), 1)
    assert found.average_precision[0].tolist() == [1.0] * 7 + [0.0] * 3


def test_the_confidence_of_best_mean_f1() -> None:
    """Two hits at 0.6, a miss at 0.4: the first grid point above the miss is taken, where F1 is 1; at 0.25 it is 0.8."""
    objects = one_image([0, 0], [BOX, [100, 0, 110, 10]])
    detections = scored([0, 0, 0], [0.6, 0.6, 0.4], [BOX, [100, 0, 110, 10], [50, 0, 60, 10]])
    metrics = metrics_of(evaluate(objects, detections, 1))
    assert metrics["confidence_best_f1"] == pytest.approx(400 / 999, abs=1e-15)
    assert (metrics["precision"], metrics["recall"], metrics["f1"]) == (1.0, 1.0, 1.0)
    assert (metrics["precision_at_25"], metrics["recall_at_25"], metrics["f1_at_25"]) == (2 / 3, 1.0, 0.8)


@pytest.mark.parametrize(("score", "counted"), [(0.25, 1), (float(np.nextafter(0.25, 0)), 0)])
def test_a_score_equal_to_the_confidence_counts(score: float, counted: int) -> None:
    """A detection scored exactly 0.25 is in recall, matched IoU and confusion at confidence 0.25, one just below in none."""
    found = evaluate(one_image([0], [BOX]), scored([0], [score], [BOX]), 1)
    assert found.at_25.recall.tolist() == [counted]
    assert len(found.matched_iou.iou) == counted
    assert found.confusion.tolist() == [[counted, 1 - counted], [0, 0]]


def test_best_confidence_is_plain_argmax_over_the_mean() -> None:
    """A lone peak wins over a broad hump that smoothing would favour; of equal values the lowest confidence."""
    curve = np.array([[0.0, 0.8, 0.8, 0.8, 0.0, 0.9, 0.0, 0.9]])
    assert best_confidence(curve) == 5
    assert best_confidence(np.vstack([curve, np.full(8, np.nan)])) == 5
    assert best_confidence(np.full((2, 8), np.nan)) is None


def test_means_leave_out_a_class_without_objects() -> None:
    """False alarms of a class that has no objects lower no mean, and the class's own values are undefined."""
    objects = one_image([0], [BOX])
    found = evaluate(objects, scored([0, 1], [0.9, 0.8], [BOX, BOX]), 2)
    metrics = metrics_of(found)
    assert metrics["map50"] == metrics["map50_95"] == metrics["precision"] == 1.0
    assert np.isnan(found.average_precision[1]).all()
    assert np.isnan([found.at_best.precision[1], found.at_best.recall[1], found.at_25.f1[1]]).all()
    assert found.confusion.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_no_predictions_are_a_recall_of_zero_and_no_precision() -> None:
    """Objects that nothing was predicted for: AP, recall and F1 are 0, precision is undefined, all objects are missed."""
    found = evaluate(one_image([0, 1], [BOX, BOX]), NO_DETECTIONS, 2)
    metrics = metrics_of(found)
    assert metrics["map50"] == metrics["recall"] == metrics["f1"] == metrics["f1_at_25"] == 0.0
    assert metrics["precision"] is metrics["precision_at_25"] is None
    assert metrics["confidence_best_f1"] == 0.0
    assert found.confusion.tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize("detections", [NO_DETECTIONS, scored([0], [0.9], [BOX])], ids=["nothing", "a false alarm"])
def test_without_ground_truth_every_metric_is_undefined(detections: Detections) -> None:
    """Zero images or images without objects give no number at all, only the count of false alarms."""
    found = evaluate(NO_OBJECTS, detections, 2)
    assert set(metrics_of(found).values()) == {None}
    assert found.confusion.sum() == len(detections.score)

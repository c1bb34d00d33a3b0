"""Average precision agrees with an independent evaluator, ties included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.scoring.evaluation import evaluate
from bench.scoring.matching import IOU_THRESHOLDS
from bench.scoring.precision_recall import RECALL_GRID
from tests.bench.scoring.coco_reference import coco_evaluator, coco_precision
from tests.bench.scoring.scenes import Scene, coarse_scene, fine_scene

if TYPE_CHECKING:
    from bench.scoring.boxes import Detections

TOLERANCE = 1e-9  # COCO adds 2.2e-16 to the denominator of a precision; nothing else differs


def assert_agreement(scene: Scene, rows: Detections) -> None:
    """Our curves at IoU 0.5 and AP at all thresholds are those of the reference, given ``rows`` as its file order."""
    objects = scene.objects()
    ours = evaluate(objects, scene.detections(), scene.classes)
    theirs = coco_precision(coco_evaluator(objects, rows, scene.images, scene.classes))
    absent = theirs[:, 0, 0] < 0
    np.testing.assert_array_equal(np.isnan(ours.average_precision).any(axis=1), absent)
    np.testing.assert_allclose(ours.average_precision[~absent], theirs[~absent].mean(axis=2), rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(ours.curve[~absent], theirs[~absent, 0], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("seed", range(25))
def test_ap_agrees_where_nothing_is_tied(seed: int) -> None:
    """Without equal scores the reference gives our numbers for rows in any order."""
    scene = fine_scene(seed)
    rows = scene.detections()
    shuffled = np.random.default_rng(seed).permutation(len(rows.score))
    assert_agreement(
        scene, type(rows)(rows.image[shuffled], rows.class_index[shuffled], rows.score[shuffled], rows.box[shuffled])
    )


@pytest.mark.parametrize("seed", range(150))
def test_ap_agrees_on_ties_in_canonical_order(seed: int) -> None:
    """With equal scores, boxes and IoU the reference gives our numbers for rows in our canonical order."""
    scene = coarse_scene(seed)
    assert_agreement(scene, scene.detections())


def test_ap_agrees_beyond_a_hundred_detections_of_an_image() -> None:
    """Where COCO would cut at the 100 best, all count on both sides once the reference's cut is raised."""
    scene = fine_scene(1, images=1, classes=1, objects=20, detections=400)
    assert_agreement(scene, scene.detections())


def test_thresholds_and_recall_grid_are_the_references_to_the_last_bit() -> None:
    """An overlap or a recall right at a grid point falls on the same side in both."""
    scene = fine_scene(0)
    parameters = coco_evaluator(scene.objects(), scene.detections(), scene.images, scene.classes).params
    np.testing.assert_array_equal(IOU_THRESHOLDS, parameters.iouThrs)
    np.testing.assert_array_equal(RECALL_GRID, parameters.recThrs)


def test_the_coarse_scenes_hold_the_awkward_cases() -> None:
    """Among the scenes compared are empty sets, absent classes, equal scores and overlaps right at a threshold."""
    scenes = [coarse_scene(seed) for seed in range(150)]
    assert any(not len(scene.score) for scene in scenes)
    assert any(not len(scene.object_image) for scene in scenes)
    assert any(len(set(scene.object_class)) < scene.classes for scene in scenes)
    assert any(len(set(scene.score)) < len(scene.score) for scene in scenes)
    assert any((evaluate(s.objects(), s.detections(), s.classes).matched_iou.iou == 0.5).any() for s in scenes)

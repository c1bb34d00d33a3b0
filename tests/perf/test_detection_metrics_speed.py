"""How long 1,000 predictions take to evaluate, beside faster-coco-eval on the same boxes in the same run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bench.scoring.evaluation import evaluate
from tests.bench.scoring.coco_reference import coco_evaluator, coco_precision
from tests.bench.scoring.scenes import fine_scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

ROUNDS = 20


def fastest_s(action: Callable[[], object]) -> float:
    """Seconds of the fastest of a few calls, after one that warms up."""
    action()
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


# The published validation part has 100 images; a detector keeps from tens to 300 boxes an image at score 0.001.
@pytest.mark.parametrize("predictions", [1_000, 30_000])
def test_evaluation_time(benchmark: BenchmarkFixture, predictions: int) -> None:
    """Ours does AP, operating points, curves and confusion from unordered rows; the reference matches and does AP alone."""
    scene = fine_scene(0, images=100, objects=500, detections=predictions)

    def ours() -> object:
        return evaluate(scene.objects(), scene.detections(), scene.classes)

    evaluator = coco_evaluator(scene.objects(), scene.detections(), scene.images, scene.classes)
    reference_s = fastest_s(lambda: coco_precision(evaluator))
    loading_s = fastest_s(lambda: coco_evaluator(scene.objects(), scene.detections(), scene.images, scene.classes))
    found = benchmark.pedantic(ours, rounds=ROUNDS, warmup_rounds=1)

    ours_s = benchmark.stats.stats.min
    benchmark.extra_info["predictions"] = predictions
    benchmark.extra_info["ms_per_1000_predictions"] = ours_s * 1e6 / predictions
    benchmark.extra_info["reference_ms_per_1000_predictions"] = reference_s * 1e6 / predictions
    benchmark.extra_info["other_over_here"] = reference_s / ours_s
    benchmark.extra_info["ratio_to_reference_with_loading"] = ours_s / (reference_s + loading_s)
    np.testing.assert_allclose(found.average_precision, coco_precision(evaluator).mean(axis=2), rtol=0, atol=1e-9)

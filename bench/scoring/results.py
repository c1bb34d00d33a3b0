"""Turns evaluations of an arm's epochs into the metrics and files of its record; undefined numbers become nulls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from bench.scoring.evaluation import mean_defined
from bench.scoring.matching import IOU_THRESHOLDS
from bench.scoring.precision_recall import RECALL_GRID
from store.formats import array_bytes, table_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bench.scoring.evaluation import Evaluation


def metrics_of(evaluation: Evaluation) -> dict[str, float | None]:
    """Means over the classes with objects, by name; None where no class has a value."""
    best, fixed, precision = evaluation.at_best, evaluation.at_25, evaluation.average_precision
    map50 = mean_defined(precision[:, 0])
    return {
        "precision": mean_defined(best.precision),
        "recall": mean_defined(best.recall),
        "f1": mean_defined(best.f1),
        "confidence_best_f1": evaluation.confidence_best_f1,
        "precision_at_25": mean_defined(fixed.precision),
        "recall_at_25": mean_defined(fixed.recall),
        "f1_at_25": mean_defined(fixed.f1),
        "ap50": map50,
        "map50": map50,
        "map50_95": mean_defined(precision.mean(axis=1)),
    }


def files_of(evaluations: Mapping[str, Evaluation]) -> dict[str, bytes]:
    """The record's files from the evaluation of each epoch (``last``, ``best``)."""
    return {
        "per_class.parquet": table_bytes(_per_class(evaluations)),
        "curves.parquet": table_bytes(_curves(evaluations)),
        "matched_iou.parquet": table_bytes(_matched_iou(evaluations)),
        "confusion.npz": array_bytes({epoch: found.confusion for epoch, found in evaluations.items()}),
    }


def _per_class(evaluations: Mapping[str, Evaluation]) -> dict[str, pa.Array]:
    found = evaluations.values()
    return {
        "epoch": _epochs(evaluations, [len(each.objects) for each in found]),
        "class_index": _integers([np.arange(len(each.objects)) for each in found]),
        "objects": _integers([each.objects for each in found]),
        "precision": _numbers([each.at_best.precision for each in found]),
        "recall": _numbers([each.at_best.recall for each in found]),
        "f1": _numbers([each.at_best.f1 for each in found]),
        "precision_at_25": _numbers([each.at_25.precision for each in found]),
        "recall_at_25": _numbers([each.at_25.recall for each in found]),
        "f1_at_25": _numbers([each.at_25.f1 for each in found]),
        "ap50": _numbers([each.average_precision[:, 0] for each in found]),
        "ap50_95": _numbers([each.average_precision.mean(axis=1) for each in found]),
    }


def _curves(evaluations: Mapping[str, Evaluation]) -> dict[str, pa.Array]:
    """One curve of 101 points for each class with objects."""
    classes = [np.flatnonzero(each.objects) for each in evaluations.values()]
    points = [len(RECALL_GRID) * len(each) for each in classes]
    precision = [each.curve[kept].ravel() for each, kept in zip(evaluations.values(), classes, strict=True)]
    return {
        "epoch": _epochs(evaluations, points),
        "class_index": _integers([np.repeat(each, len(RECALL_GRID)) for each in classes]),
        "recall": _numbers([np.tile(RECALL_GRID, len(each)) for each in classes]),
        "precision": _numbers(precision),
        "iou": _numbers([np.full(count, IOU_THRESHOLDS[0]) for count in points]),
    }


def _matched_iou(evaluations: Mapping[str, Evaluation]) -> dict[str, pa.Array]:
    found = [each.matched_iou for each in evaluations.values()]
    return {
        "epoch": _epochs(evaluations, [len(each.iou) for each in found]),
        "class_index": _integers([each.class_index for each in found]),
        "score": _numbers([each.score for each in found]),
        "iou": _numbers([each.iou for each in found]),
    }


def _epochs(evaluations: Mapping[str, Evaluation], rows: list[int]) -> pa.Array:
    names = [name for name, count in zip(evaluations, rows, strict=True) for _ in range(count)]
    return pa.array(names, pa.string())  # an explicit type, since a table may be empty


def _integers(parts: list[NDArray[np.int64]]) -> pa.Array:
    return pa.array(np.concatenate(parts), pa.int64())


def _numbers(parts: list[NDArray[np.float64]]) -> pa.Array:
    return pa.array(np.concatenate(parts), pa.float64(), from_pandas=True)  # NaN becomes null

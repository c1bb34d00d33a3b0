"""Recomputes what baseline and data records say, and compares the labels of all records of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.rechecking.verification.comparison import RELATIVE, Comparison, holds, metrics_against
from store.formats import read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.rechecking.verification.standing import Standing
    from store.records import Stored

_CLASSES = range(10)
_PREDICTIONS = "predictions.parquet"


def baseline(stored: Stored, _upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Predictions to accuracy and number of test images."""
    table = read_table(stored.file(_PREDICTIONS))
    labels, predicted = (table.column(name).to_pylist() for name in ("label", "predicted"))
    yield Comparison(f"column index of {_PREDICTIONS}", table.column("index").to_pylist(), [*range(len(table))])
    yield holds(f"every class of {_PREDICTIONS} is one of ten", (value in _CLASSES for value in (*labels, *predicted)))
    right = sum(one == other for one, other in zip(labels, predicted, strict=True))
    yield from metrics_against(stored.record, {"test_accuracy": right / len(table), "test_images": len(table)}, RELATIVE)


def data_version(stored: Stored, _upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """What the counts allow: nothing stands again more often than there are images."""
    metrics = stored.record.result.metrics
    pairs = (
        ("train_images_that_stand_again", "train_images"),
        ("test_images_that_stand_again", "test_images"),
        ("test_images_in_train", "test_images"),
        ("label_changes", "train_images"),
    )
    yield holds(
        "counts of equal images lie below those of images", (0 <= metrics[part] < metrics[whole] for part, whole in pairs)
    )


RECORDS = {"baseline": baseline, "data_version": data_version}
FIELDS: Mapping[str, Mapping[str, Standing]] = {
    "baseline": {
        "metrics.train_images": "cross-checked",
        "metrics.iterations": "trusted",
        "metrics.*": "recomputed",
        "facts.*": "trusted",
        "predictions.parquet:label": "cross-checked",
        "predictions.parquet:*": "recomputed",
    },
    "data_version": {"metrics.*": "trusted"},
}
"""On what each field of a record stands: docs/records.md has the same list."""


def agreeing(records: Mapping[str, Stored]) -> Iterator[tuple[str, Comparison]]:
    """Task id and comparison: all records of one data set have the same test labels and as many training images."""
    known: dict[str, tuple[list[int], object]] = {}
    for name, stored in records.items():
        if stored.record.task.experiment == "baseline" and stored.record.status == "ok":
            labels = read_table(stored.file(_PREDICTIONS)).column("label").to_pylist()
            images = stored.record.result.metrics.get("train_images")
            for source in stored.record.ingredients.inputs.values():
                first = known.setdefault(source, (labels, images))
                yield name, Comparison(f"column label of {_PREDICTIONS}", labels, first[0])
                yield name, Comparison("metric train_images", images, first[1])

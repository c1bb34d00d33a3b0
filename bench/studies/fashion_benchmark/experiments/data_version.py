"""What tells today's FashionMNIST from the one that Table 3 was made on: sizes of the label files, order, equal images.

Source: Table 1 of the paper lists label files of 140 and 92 bytes, which only labels in order give. No counterpart in Table 3.
Command: ``nox -s bench -- --study fashion_benchmark``; about a second. Expected today: 29,515 and 5,148 bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.harness.task import ON_CPU, Outcome, Task
from store.schema import TaskKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.harness.task import Context
    from bench.studies.fashion_benchmark.config import BenchmarkConfig

PART = "benchmark"
EXPERIMENT = "data_version"
DATA = "fashion-mnist"


def plan(config: BenchmarkConfig) -> tuple[Task, ...]:
    """One task: nothing in it is random."""
    section = {"dataset": config.dataset.model_dump(mode="json", include={"source"})}
    return (Task(TaskKey(experiment=EXPERIMENT, variant="files"), __name__, section, (DATA,), needs=ON_CPU),)


def run(context: Context) -> Outcome:
    """Measure the label files, count changes of label along the training file, and images that stand more than once."""
    from bench.datasets.fashion.dataset import TEST_LABELS, TRAIN_LABELS, load

    folder = context.data[DATA]
    data = load(folder)
    train, test = _distinct(data.train_images), _distinct(data.test_images)
    labels = data.train_labels
    metrics: dict[str, float | int] = {
        "train_labels_size_bytes": (folder / TRAIN_LABELS).stat().st_size,
        "test_labels_size_bytes": (folder / TEST_LABELS).stat().st_size,
        "train_images": len(data.train_images),
        "test_images": len(data.test_images),
        "label_changes": int((labels[1:] != labels[:-1]).sum()),
        "train_images_that_stand_again": len(data.train_images) - len(train),
        "test_images_that_stand_again": len(data.test_images) - len(test),
        "test_images_in_train": len(train & test),
    }
    return Outcome(metrics)


def _distinct(images: NDArray[np.uint8]) -> set[bytes]:
    return {image.tobytes() for image in images}

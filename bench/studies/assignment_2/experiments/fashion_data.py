"""How FashionMNIST is cut into training, validation and test images, and which images stand in two of these parts.

Source: Table 4 and section 2.4 for the parts; no counterpart in the source for the copies. Command: ``nox -s bench --
--profile paper``; about 10 s a seed. Expected on the full data: no equal images across parts, a few near-copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bench.harness.task import ON_CPU, Outcome, Task
from store.schema import TaskKey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.datasets.fashion.copies import Copies
    from bench.harness.task import Context
    from bench.studies.assignment_2.config import StudyConfig

PART = "autoencoders"
QUESTIONS = ("main", "sensitivity")
DATA = "fashion-mnist"
VARIANT = "parts"
SHOWN = 1000  # 0.8 MB of pixels; a report carries a third of that as one sheet
PAIRS = (("train", "validation"), ("train", "test"), ("validation", "test"))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Numbers (N,) int64 of the images in their file, images (N, 28, 28) and labels (N,) uint8."""

    index: NDArray[np.int64]
    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task a seed: the cut depends on it."""
    section = config.dataset.model_dump(mode="json")
    return tuple(
        Task(
            TaskKey(experiment="fashion_data", variant=VARIANT, seed=seed),
            __name__,
            {"dataset": section},
            (DATA,),
            needs=ON_CPU,
        )
        for seed in config.seeds
    )


def run(context: Context) -> Outcome:
    """Cut the images as the trainings of this seed do, and compare every two parts."""
    import numpy as np

    from bench.datasets.fashion.copies import NEAR_RMS_GREY_LEVELS, near_copies
    from bench.datasets.fashion.dataset import load
    from bench.models.autoencoders.images import split
    from store.formats import array_bytes, table_bytes

    data = load(context.data[DATA])
    section = context.task.config["dataset"]
    fraction = TypeAdapter(float).validate_python(section["validation_fraction"] if isinstance(section, dict) else None)
    cut = split(len(data.train_images), fraction, context.task.key.seed or 0)
    train, validation = cut.train.numpy(), cut.validation.numpy()
    parts = {
        "train": _Part(train, data.train_images[train], data.train_labels[train]),
        "validation": _Part(validation, data.train_images[validation], data.train_labels[validation]),
        "test": _Part(np.arange(len(data.test_images)), data.test_images, data.test_labels),
    }
    metrics: dict[str, float | int] = {f"images_{name}": len(part.index) for name, part in parts.items()}
    tables = []
    for step, (one, other) in enumerate(PAIRS, start=1):
        found = near_copies(parts[one].images, parts[other].images)
        metrics[f"equal_images_{one}_{other}"] = len(set(found.copy[found.rms_grey_levels == 0].tolist()))
        metrics[f"near_copies_{one}_{other}"] = len(set(found.copy.tolist()))
        tables.append(_rows((one, parts[one]), (other, parts[other]), found))
        context.progress(step, len(PAIRS))
    files = {
        "copies.parquet": table_bytes({name: np.concatenate([rows[name] for rows in tables]) for name in tables[0]}),
        "test_images.npz": array_bytes(_shown(parts["test"])),
    }
    return Outcome(metrics, {"split_digest": cut.digest, "near_rms_grey_levels": NEAR_RMS_GREY_LEVELS}, files)


def _shown(part: _Part) -> dict[str, NDArray[np.generic]]:
    """The test images that a report may show."""
    chosen = shown_of(len(part.index))
    return {"index": part.index[chosen], "pixels": part.images[chosen]}


def shown_of(images: int) -> NDArray[np.intp]:
    """Which of so many test images are kept with the record, in ascending order: the same for every seed, at most ``SHOWN``."""
    import numpy as np

    return np.sort(np.random.default_rng(0).permutation(images)[:SHOWN])


def _rows(one: tuple[str, _Part], other: tuple[str, _Part], found: Copies) -> dict[str, NDArray[np.generic]]:
    """The pairs by part and by number in the official file; validation images have the numbers of the training file."""
    import numpy as np

    (first_name, first), (second_name, second) = one, other
    count = len(found.copy)
    return {
        "original_part": np.full(count, first_name, "U10"),
        "original_index": first.index[found.original],
        "copy_part": np.full(count, second_name, "U10"),
        "copy_index": second.index[found.copy],
        "rms_grey_levels": found.rms_grey_levels,
        "same_label": first.labels[found.original] == second.labels[found.copy],
    }

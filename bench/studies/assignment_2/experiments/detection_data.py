"""The labelled images of each detection task and how they are cut into training and validation part (section 3).

Command: ``python -m bench run``; about 1 s a task for 500 images. Expected with 500 images cut at random: 400 training and
100 validation images; most validation images have a training neighbour from the same drive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.datasets.kitti.classes import TASK_CLASSES
from bench.harness.task import ON_CPU, Outcome, Task
from bench.studies.assignment_2.cells import cells_of
from bench.studies.assignment_2.config import DetectionConfig
from store.schema import TaskKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from bench.datasets.kitti.entries import LabelledImage
    from bench.datasets.kitti.reader import LabelledSet
    from bench.datasets.kitti.split import Split
    from bench.harness.task import Context
    from bench.studies.assignment_2.config import StudyConfig

# What nobody can count where drives are not known.
_NEIGHBOURS = ("validation_images_with_train_neighbour", "validation_images_within_10_frames")
PART = "detection"
QUESTIONS = ("main", "leakage")
EXPERIMENT = "detection_data"
# The keys that decide over images, labels and cut; a change of the training leaves these records alone.
KEYS = {"dataset", "images", "ids", "split", "validation_fraction", "car", "person", "cyclist", "strict_labels"}


def plan(config: StudyConfig) -> tuple[Task, ...]:
    """One task for each class task and split that an arm needs, and each seed."""
    section = config.detection.model_dump(mode="json", include=KEYS)
    cells = cells_of(config)
    needed = {cell.data: cell.split for task in TASK_CLASSES for cell in cells if cell.data.partition(".")[0] == task}
    return tuple(
        Task(
            key=TaskKey(experiment=EXPERIMENT, variant=data, seed=seed),
            module=__name__,
            config={"detection": {**section, "split": split}},
            inputs=(config.detection.dataset,),
            needs=ON_CPU,
        )
        for seed in config.seeds
        for data, split in needed.items()
    )


def run(context: Context) -> Outcome:
    """Read and cut the data set; raises DataError or UsageError with the cure."""
    detection = DetectionConfig.model_validate(context.task.config["detection"])
    seed = context.task.key.seed
    if seed is None:
        raise ValueError("detection_data has a seed: the cut depends on it")
    return cut_outcome(context, context.data[detection.dataset], seed)


def cut_outcome(context: Context, folder: Path, seed: int) -> Outcome:
    """What the images in ``folder`` give, cut with ``seed``; the task's variant names the classes."""
    from bench.datasets.kitti.notes import notes_of, refuse_empty
    from bench.datasets.kitti.reader import read_dataset
    from bench.datasets.kitti.split import split_images

    detection = DetectionConfig.model_validate(context.task.config["detection"])
    task = next(name for name in TASK_CLASSES if name == context.task.key.base_variant)
    found = read_dataset(folder, detection, task)
    split = split_images(found.images, detection, seed)
    refuse_empty(found, split, folder)
    metrics, files = _metrics(found, split), _files(found, split)
    return Outcome(metrics=metrics, facts=_facts(found, split, detection), files=files, notes=notes_of(found, split))


def _metrics(found: LabelledSet, split: Split) -> dict[str, float | int]:
    from bench.datasets.kitti.perceptual import near_copies
    from bench.datasets.kitti.split import drives_of, leakage_of

    metrics: dict[str, float | int] = {
        "images_train": len(split.train),
        "images_validation": len(split.validation),
        "objects_train": _objects(split.train),
        "objects_validation": _objects(split.validation),
        "drives_train": drives_of(split.train),
        "drives_validation": drives_of(split.validation),
        "dropped_lines": found.dropped_lines,
        "ignored_objects": sum(found.ignored.values()),
        "images_requested": found.images_requested,
        "images_available": found.images_available,
        "images_without_label": found.images_without_label,
        "near_copies_train_validation": near_copies(
            *([found.hashes[image.entry.id] for image in part] for part in (split.train, split.validation))
        ),
    }
    leakage = leakage_of(split)
    if leakage.undecided:  # what is not known is no zero: the counts of neighbours are left out
        metrics["validation_images_of_unknown_neighbourhood"] = leakage.undecided
    else:
        metrics["validation_images_with_train_neighbour"] = leakage.neighbours
        metrics["validation_images_within_10_frames"] = leakage.within_10_frames
    if leakage.frame_distance_minimum is not None and leakage.frame_distance_median is not None:
        metrics["neighbour_frame_distance_minimum"] = leakage.frame_distance_minimum
        metrics["neighbour_frame_distance_median"] = leakage.frame_distance_median
    return metrics


def _facts(found: LabelledSet, split: Split, detection: DetectionConfig) -> dict[str, JsonValue]:
    from bench.datasets.kitti.perceptual import NEAR_BITS
    from bench.datasets.kitti.split import leakage_of

    return {
        "dataset": detection.dataset,
        "class_names": list(found.class_map.names),
        "class_map": dict(found.class_map.targets),
        "ignored_classes": dict(found.ignored),
        "label_format": found.label_format,
        "split": detection.split,
        "split_digest": split.digest,
        "near_bits": NEAR_BITS,
        **({"undefined_metrics": list(_NEIGHBOURS)} if leakage_of(split).undecided else {}),
    }


def _files(found: LabelledSet, split: Split) -> dict[str, bytes]:
    from bench.datasets.kitti.shown import shown_file

    return {
        "images.parquet": _images_table(split, found.hashes),
        "objects.parquet": _objects_table(found.images),
        "problems.parquet": _problems_table(found),
        "shown.npz": shown_file(split.validation),
    }


def _objects(images: Sequence[LabelledImage]) -> int:
    return sum(len(image.boxes) for image in images)


def _images_table(split: Split, hashes: Mapping[str, str]) -> bytes:
    import pyarrow as pa

    from store.formats import table_bytes

    parts = [("train", image) for image in split.train] + [("validation", image) for image in split.validation]
    rows = sorted(((part, image) for part, image in parts), key=lambda row: row[1].entry.id)
    entries = [image.entry for _, image in rows]
    return table_bytes(
        {
            "image": [entry.id for entry in entries],
            "split": [part for part, _ in rows],
            "drive": pa.array([entry.drive for entry in entries], pa.string()),
            "frame": pa.array([entry.frame for entry in entries], pa.int64()),
            "width": [entry.width for entry in entries],
            "height": [entry.height for entry in entries],
            "sha256": [entry.sha256 for entry in entries],
            "objects": [len(image.boxes) for _, image in rows],
            "difference_hash": pa.array([hashes[entry.id] for entry in entries], pa.string()),
        }
    )


def _objects_table(images: Sequence[LabelledImage]) -> bytes:
    import pyarrow as pa

    from store.formats import table_bytes

    rows = [(image.entry.id, box) for image in images for box in image.boxes]
    return table_bytes(
        {
            "image": pa.array([name for name, _ in rows], pa.string()),
            "class_index": pa.array([box.class_index for _, box in rows], pa.int64()),
            **{
                corner: pa.array([getattr(box, corner) for _, box in rows], pa.float64()) for corner in ("x1", "y1", "x2", "y2")
            },
        }
    )


def _problems_table(found: LabelledSet) -> bytes:
    import pyarrow as pa

    from store.formats import table_bytes

    return table_bytes(
        {
            "file": pa.array([problem.file for problem in found.problems], pa.string()),
            "line": pa.array([problem.line for problem in found.problems], pa.int64()),
            "problem": pa.array([problem.problem for problem in found.problems], pa.string()),
            "text": pa.array([problem.text for problem in found.problems], pa.string()),
        }
    )

"""Recomputes what the detection records say: counts of the data, the detector's history, and every score."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from pydantic import TypeAdapter

from bench.datasets.kitti.entries import Box, ImageEntry, LabelledImage
from bench.datasets.kitti.perceptual import NEAR_BITS, near_copies
from bench.datasets.kitti.split import Split, drives_of, leakage_of
from bench.rechecking.verification.chains import chain
from bench.rechecking.verification.comparison import RELATIVE, Comparison, holds, metrics_against, table_against
from bench.scoring.evaluation import evaluate
from bench.scoring.results import files_of, metrics_of
from bench.scoring.stored import read_detections, read_objects, read_validation_images
from bench.studies.assignment_2.rechecks.arms import trained_as_configured
from bench.studies.assignment_2.rechecks.scenes import made_as_configured, tables_hold
from store.formats import read_arrays, read_table, read_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.scoring.evaluation import Evaluation
    from store.records import Stored

_EPOCHS = ("last", "best")
_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
_SHOWN = 4  # at most so many images are kept for the figures


def detection_data(stored: Stored, _upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Tables of images, objects and problems to every count, the digest of the cut, and the shown images."""
    record, split = stored.record, _split(stored)
    problems = read_table(stored.file("problems.parquet")).column("line").to_pylist()
    yield from metrics_against(record, {**_counts(split), "dropped_lines": sum(line > 0 for line in problems)})
    ignored = TypeAdapter(dict[str, int]).validate_python(record.result.facts["ignored_classes"])
    yield from metrics_against(record, {"ignored_objects": sum(ignored.values())})
    yield Comparison("fact split_digest", record.result.facts.get("split_digest"), split.digest)
    images = read_table(stored.file("images.parquet")).to_pylist()
    hashes = [[row["difference_hash"] for row in images if row["split"] == part] for part in ("train", "validation")]
    yield from metrics_against(record, {"near_copies_train_validation": near_copies(*hashes)})
    yield Comparison("fact near_bits", record.result.facts.get("near_bits"), NEAR_BITS)
    boxes = {image.entry.id: image.boxes for image in (*split.train, *split.validation)}
    found = [len(boxes.get(row["image"], ())) for row in images]
    yield Comparison("column objects of images.parquet", [row["objects"] for row in images], found)
    classes = record.result.facts["class_names"]
    yield holds("every box of objects.parquet has an image, a class and a place in it", _boxes_hold(stored, split, classes))
    yield from _shown(stored, split)
    yield from made_as_configured(stored, split)
    yield from tables_hold(stored)


def detector(stored: Stored, upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """History to epochs and best epoch, weights to parameters; layers and files to what the arm's name says."""
    record = stored.record
    history = read_table(stored.file("history.parquet")).to_pydict()
    yield Comparison("column epoch of history.parquet", history["epoch"], [*range(1, len(history["epoch"]) + 1)])
    if record.status != "ok":
        return
    data = next(each for each in upstream.values() if each.record.task.experiment.endswith("_data"))
    facts = record.result.facts
    yield Comparison("fact class_names", facts.get("class_names"), data.record.result.facts.get("class_names"))
    fitness = history["map50_95"]
    best = max(epoch for epoch, value in enumerate(fitness, start=1) if value == max(fitness))
    weights = read_weights(stored.file("weights.safetensors"))
    parameters = sum(tensor.size for name, tensor in weights.items() if not name.endswith(_BUFFERS))
    yield from metrics_against(record, {"epochs": len(fitness), "best_epoch": best, "parameters": parameters})
    sections = record.ingredients.config["detection"]
    yield Comparison("rows of history.parquet", len(fitness), sections["epochs"] if isinstance(sections, dict) else None)
    yield Comparison("best.safetensors is kept", _has(stored, "best.safetensors"), best != len(fitness))
    if best == len(fitness):
        digests = {entry.name: entry.sha256 for entry in record.files}
        same = digests["predictions_last.parquet"]
        yield Comparison("sha256 of predictions_best.parquet", digests["predictions_best.parquet"], same)
    yield from _layers(stored, [*weights])
    yield from _start(stored, upstream)
    yield from chain(stored, len(fitness))
    yield from trained_as_configured(stored, data)


def detection(stored: Stored, upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """Predictions and ground truth to precision, recall, F1, AP, curves, overlaps and confusion, as the experiment does."""
    record = stored.record
    data = next(each for name, each in upstream.items() if name.startswith("detection_data/"))
    arm = next(each for name, each in upstream.items() if name.startswith("detector/"))
    names = data.record.result.facts["class_names"]
    classes = len(names) if isinstance(names, list) else 0
    yield Comparison("fact class_names", record.result.facts.get("class_names"), names)
    images = read_validation_images(data.file("images.parquet"))
    objects = read_objects(data.file("objects.parquet"), images, classes)
    found = {
        epoch: evaluate(objects, read_detections(arm.file(f"predictions_{epoch}.parquet"), images, classes), classes)
        for epoch in _EPOCHS
    }
    for epoch, each in found.items():
        yield from metrics_against(record, {f"{name}_{epoch}": value for name, value in metrics_of(each).items()}, RELATIVE)
    yield from _scored_files(stored, found)
    named = [str(name) for name in names] if isinstance(names, list) else []
    without = [name for name, count in zip(named, found["last"].objects, strict=True) if not count]
    yield Comparison("fact classes_without_objects", record.result.facts.get("classes_without_objects"), without)
    undefined = [
        f"{name}_{epoch}" for epoch, each in found.items() for name, value in metrics_of(each).items() if value is None
    ]
    yield Comparison("fact undefined_metrics", record.result.facts.get("undefined_metrics"), undefined)


def _scored_files(stored: Stored, found: Mapping[str, Evaluation]) -> Iterator[Comparison]:
    for name, content in files_of(found).items():
        if name.endswith(".parquet"):
            recomputed = pq.read_table(io.BytesIO(content)).to_pydict()
            yield from table_against(name, read_table(stored.file(name)), recomputed, RELATIVE)
    counts = read_arrays(stored.file("confusion.npz"))
    for epoch, each in found.items():
        yield Comparison(f"{epoch} of confusion.npz", counts[epoch].tolist(), each.confusion.tolist())


def _split(stored: Stored) -> Split:
    """The images with their boxes as the tables have them."""
    boxes: dict[str, list[Box]] = {}
    for row in read_table(stored.file("objects.parquet")).to_pylist():
        boxes.setdefault(row["image"], []).append(Box(*(row[name] for name in ("class_index", "x1", "y1", "x2", "y2"))))
    parts: dict[str, list[LabelledImage]] = {"train": [], "validation": []}
    for row in read_table(stored.file("images.parquet")).to_pylist():
        fields = {name: row[name] for name in ("width", "height", "sha256", "drive", "frame")}
        entry = ImageEntry(id=row["image"], path=Path(row["image"]), **fields)
        parts[row["split"]].append(LabelledImage(entry, tuple(boxes.get(row["image"], ()))))
    return Split(tuple(parts["train"]), tuple(parts["validation"]))


def _counts(split: Split) -> dict[str, float | None]:
    leakage = leakage_of(split)
    return {
        "images_train": len(split.train),
        "images_validation": len(split.validation),
        "objects_train": sum(len(image.boxes) for image in split.train),
        "objects_validation": sum(len(image.boxes) for image in split.validation),
        "drives_train": drives_of(split.train),
        "drives_validation": drives_of(split.validation),
        "validation_images_with_train_neighbour": None if leakage.undecided else leakage.neighbours,
        "validation_images_within_10_frames": None if leakage.undecided else leakage.within_10_frames,
        "validation_images_of_unknown_neighbourhood": leakage.undecided or None,
        "neighbour_frame_distance_minimum": leakage.frame_distance_minimum,
        "neighbour_frame_distance_median": leakage.frame_distance_median,
    }


def _boxes_hold(stored: Stored, split: Split, classes: object) -> Iterator[bool]:
    count = len(classes) if isinstance(classes, list) else 0
    known = {image.entry.id for image in (*split.train, *split.validation)}
    yield {*read_table(stored.file("objects.parquet")).column("image").to_pylist()} <= known
    for image in (*split.train, *split.validation):
        for box in image.boxes:
            inside = 0 <= box.x1 < box.x2 <= image.entry.width and 0 <= box.y1 < box.y2 <= image.entry.height
            yield inside and 0 <= box.class_index < count


def _shown(stored: Stored, split: Split) -> Iterator[Comparison]:
    """The first validation images with a car, class 0, and how much smaller they are shown."""
    shown = read_arrays(stored.file("shown.npz"))
    chosen = sorted(
        (image.entry for image in split.validation if any(box.class_index == 0 for box in image.boxes)),
        key=lambda entry: entry.id,
    )[:_SHOWN]
    yield Comparison("image of shown.npz", shown["image"].tolist(), [entry.id for entry in chosen])
    scale = [shown[f"pixels_{number}"].shape[1] / entry.width for number, entry in enumerate(chosen)]
    yield Comparison("scale of shown.npz", shown["scale"].tolist(), scale, RELATIVE)


def _layers(stored: Stored, tensors: list[str]) -> Iterator[Comparison]:
    layers = read_table(stored.file("layers.parquet"))
    names, transferred = layers.column("tensor").to_pylist(), layers.column("transferred").to_pylist()
    yield Comparison("tensors of layers.parquet that the weights lack", sorted({*tensors} - {*names}), [])
    transfer = stored.record.task.variant.startswith("transfer")
    yield Comparison("a tensor of layers.parquet was transferred", any(transferred), transfer)
    yield Comparison("fact pretrained is given", stored.record.result.facts.get("pretrained") is not None, transfer)


def _start(stored: Stored, upstream: Mapping[str, Stored]) -> Iterator[Comparison]:
    """The weights that the arm says it started from are those of the donor, where it has one."""
    for name, donor in upstream.items():
        if donor.record.task.experiment == "donor":
            sha256 = next(entry.sha256 for entry in donor.record.files if entry.name == "weights.safetensors")
            found = stored.record.result.facts.get("pretrained")
            source = (found.get("source"), found.get("sha256")) if isinstance(found, dict) else ()
            yield Comparison("fact pretrained", [*source], [name, sha256])


def _has(stored: Stored, name: str) -> bool:
    return name in {entry.name for entry in stored.record.files}

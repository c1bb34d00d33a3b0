"""Compares what several records of a run say of the same inputs: test images, noise, street images, boxes, first weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.rechecking.verification.comparison import Comparison
from store.canonical import digest_bytes
from store.formats import read_arrays, read_table

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from store.records import Stored

    Found = Iterator[tuple[str, Comparison]]

_NOISE = ("input_mse_per_pixel", "input_psnr_db", "input_ssim")
_IMAGE = ("width", "height", "sha256", "drive", "frame", "difference_hash")
# The same input in another batch or on another thread: the last digits of float32.
_ROUNDING = 1e-5


def same_inputs(records: Mapping[str, Stored]) -> Found:
    """Task id and comparison, each value with the one of the first record that has it."""
    known: dict[Hashable, object] = {}
    for name, stored in records.items():
        if stored.record.status != "ok":
            continue
        check = _CHECKS.get(stored.record.task.experiment)
        for key, what, value in check(stored) if check is not None else ():
            yield name, Comparison(what, value, known.setdefault(key, value), _ROUNDING)


def _reconstruction(stored: Stored) -> Iterator[tuple[Hashable, str, object]]:
    """Networks of one seed see the same test images with the same noise."""
    record = stored.record
    place = (tuple(record.ingredients.inputs.values()), record.ingredients.environment.get("device"), record.task.seed)
    pairs = read_arrays(stored.file("pairs.npz"))
    for number, index in enumerate(pairs["index"].tolist()):
        yield (place[0], "original", index), f"original of pairs.npz, image {index}", pairs["original"][number].ravel().tolist()
        yield (place, "noisy", index), f"noisy of pairs.npz, image {index}", pairs["noisy"][number].ravel().tolist()
    for row in read_table(stored.file("robustness.parquet")).to_pylist():
        for column in _NOISE:
            what = f"{column} of robustness.parquet at noise {row['noise_factor']}"
            yield (place, column, row["noise_factor"]), what, row[column]


def _detection_data(stored: Stored) -> Iterator[tuple[Hashable, str, object]]:
    """The same images for both class tasks and for every seed, and the same boxes of a class that both have."""
    record = stored.record
    source = tuple(record.ingredients.inputs.values())
    for row in read_table(stored.file("images.parquet")).to_pylist():
        for column in _IMAGE:
            yield (source, column, row["image"]), f"{column} of images.parquet, image {row['image']}", row[column]
    names = record.result.facts["class_names"]
    classes = names if isinstance(names, list) else []
    images = read_table(stored.file("images.parquet")).column("image").to_pylist()
    boxes: dict[Hashable, list[list[float]]] = {(image, str(name)): [] for image in images for name in classes}
    for row in read_table(stored.file("objects.parquet")).to_pylist():
        boxes[row["image"], str(classes[row["class_index"]])].append([row[corner] for corner in ("x1", "y1", "x2", "y2")])
    for key, found in boxes.items():
        yield (source, "boxes", key), f"boxes of objects.parquet, image and class {key}", found
    shown = read_arrays(stored.file("shown.npz"))
    for number, image in enumerate(shown["image"].tolist()):
        yield (source, "shown", image), f"pixels of shown.npz, image {image}", digest_bytes(shown[f"pixels_{number}"].tobytes())


def _detector(stored: Stored) -> Iterator[tuple[Hashable, str, object]]:
    """Networks of one seed with as many classes are seeded alike; of one size they take as much to compute."""
    record, facts = stored.record, stored.record.result.facts
    classes = facts["class_names"]
    count = len(classes) if isinstance(classes, list) else 0
    yield ("seeded", count, record.task.seed), "fact seeded_digest", facts.get("seeded_digest")
    arguments = facts.get("arguments")
    size = arguments.get("imgsz") if isinstance(arguments, dict) else None
    yield ("gflops", count, str(size)), "metric gflops", record.result.metrics.get("gflops")
    yield ("parameters", count), "metric parameters", record.result.metrics.get("parameters")


_CHECKS = {"reconstruction": _reconstruction, "detection_data": _detection_data, "detector": _detector}

"""Recomputes what a record of street scenes says of its making: the cut, the classes, and what the configuration asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from bench.datasets.kitti.classes import KITTI_CLASSES, TASK_CLASSES, class_map
from bench.datasets.kitti.labels import LabelFormat
from bench.datasets.kitti.locate import DONOR_SCENES
from bench.datasets.kitti.shown import WIDTH
from bench.datasets.kitti.split import split_images
from bench.rechecking.verification.comparison import Comparison, holds, metrics_against
from bench.rechecking.verification.source import same_source
from bench.studies.assignment_2.config import DetectionConfig, DonorConfig
from store.formats import read_arrays, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.datasets.kitti.split import Split
    from store.records import Stored
    from store.schema import Record

_HEX = frozenset("0123456789abcdef")
_DIGITS = 64  # of a SHA-256 digest and of a perceptual hash of 256 bits


def made_as_configured(stored: Stored, split: Split) -> Iterator[Comparison]:
    """The facts that follow from the configuration, and the cut, which follows from the images' names and the seed."""
    record, facts = stored.record, stored.record.result.facts
    detection = DetectionConfig.model_validate(record.ingredients.config["detection"])
    for name, value in (("dataset", detection.dataset), ("split", detection.split)):
        yield Comparison(f"fact {name}", facts.get(name), value)
    source = DONOR_SCENES if "donor" in record.ingredients.config else detection.dataset
    yield Comparison("data sets of the ingredients", sorted(record.ingredients.inputs), [source])
    if not same_source(record, "bench.datasets.kitti.split", "bench.datasets.kitti.classes"):
        return
    stated = facts.get("class_map")
    task = next(name for name in TASK_CLASSES if name == record.task.base_variant)
    expected = class_map(detection, task, stated if isinstance(stated, dict) else ())
    if facts.get("label_format") == "kitti":
        yield Comparison("classes of fact class_map", sorted(expected.targets), sorted(KITTI_CLASSES))
    yield Comparison("fact class_names", facts.get("class_names"), list(expected.names))
    yield Comparison("fact class_map", stated, dict(expected.targets))
    ignored = facts.get("ignored_classes")
    known = {name for name, target in expected.targets.items() if target is None}
    yield holds("every ignored class is one that the class map ignores", [isinstance(ignored, dict) and {*ignored} <= known])
    yield holds("fact label_format is one that this program reads", [facts.get("label_format") in get_args(LabelFormat)])
    again = split_images((*split.train, *split.validation), detection, seed_of(record))
    yield Comparison("cut of the images by their names and the seed", split.digest, again.digest)
    metrics = record.result.metrics
    yield from metrics_against(record, {"images_requested": len(detection.ids) or detection.images})
    used = len(split.train) + len(split.validation)
    yield holds(
        "images_available, images_without_label and images_requested leave room for the images used",
        [metrics["images_available"] >= used, metrics["images_without_label"] >= 0, metrics["images_requested"] >= used],
    )


def seed_of(record: Record) -> int:
    """The seed of the cut and of the training: the task's own, or the one that the configuration gives the donor."""
    donor = record.ingredients.config.get("donor")
    return record.task.seed or 0 if donor is None else DonorConfig.model_validate(donor).seed


def tables_hold(stored: Stored) -> Iterator[Comparison]:
    """Digests and hashes are what such things look like, and a file's images stand once and in order."""
    images = read_table(stored.file("images.parquet")).to_pydict()
    yield Comparison("column image of images.parquet", images["image"], sorted({*images["image"]}))
    for name in ("sha256", "difference_hash"):
        values = [value for value in images[name] if value is not None]
        yield holds(f"every {name} of images.parquet is one", (len(value) == _DIGITS and {*value} <= _HEX for value in values))
    sizes = dict(zip(images["image"], zip(images["width"], images["height"], strict=True), strict=True))
    shown = read_arrays(stored.file("shown.npz"))
    for number, name in enumerate(shown["image"].tolist()):
        width, height = sizes[name]
        pixels = shown[f"pixels_{number}"]
        wide = min(width, WIDTH)
        yield Comparison(f"size of pixels_{number} of shown.npz", list(pixels.shape), [round(height * wide / width), wide, 3])
        yield Comparison(f"type of pixels_{number} of shown.npz", pixels.dtype.name, "uint8")

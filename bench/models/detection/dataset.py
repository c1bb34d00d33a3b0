"""The training data of an arm: written from the record of its split, and read back as the trainer wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from bench.datasets.kitti.entries import Box, ImageEntry, LabelledImage
from bench.datasets.kitti.layout import read_layout
from bench.datasets.kitti.split import Split
from bench.datasets.kitti.yolo import write_yolo_dataset
from bench.models.detection.agreement import expected_of
from bench.models.detection.decoding import decode_as_trainer
from store.errors import DataError
from store.formats import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bench.models.detection.agreement import Expected
    from store.records import Stored


def write_dataset(
    data: Stored, images: Path, folder: Path, class_names: Sequence[str]
) -> tuple[Path, dict[str, tuple[Expected, ...]]]:
    """Write the split that the record ``data`` of ``detection_data`` holds below ``folder``.

    ``images`` is the data set's own folder. Returns the dataset YAML, and what the trainer must find of its parts ``train``
    and ``val``. Raises DataError where the folder lacks an image of the record, or one can no longer be decoded.
    """
    paths = read_layout(images).images
    boxes: dict[str, list[Box]] = {}
    for row in read_table(data.file("objects.parquet")).to_pylist():
        boxes.setdefault(row.pop("image"), []).append(Box(**row))
    parts: dict[str, list[LabelledImage]] = {"train": [], "validation": []}
    for row in read_table(data.file("images.parquet")).to_pylist():
        parts[row["split"]].append(LabelledImage(_entry(row, paths, images), tuple(boxes.get(row["image"], ()))))
    split = Split(tuple(parts["train"]), tuple(parts["validation"]))
    expected = {"train": expected_of(split.train), "val": expected_of(split.validation)}
    return write_yolo_dataset(split, class_names, folder, decode_as_trainer), expected


def read_dataset(path: Path) -> dict[str, Any]:
    """Both parts' folders and the class names of a dataset YAML, as the trainer keeps them."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    parts = {part: str(path.parent / content[part]) for part in ("train", "val")}
    return {**parts, "path": path.parent, "names": content["names"], "nc": len(content["names"]), "channels": 3}


def _entry(row: Mapping[str, Any], paths: Mapping[str, Path], folder: Path) -> ImageEntry:
    name = row["image"]
    if name not in paths:
        message = f"image {name} of the split is not there any more"
        raise DataError(message, where=str(folder), cure="restore the images and run again")
    return ImageEntry(name, paths[name], row["width"], row["height"], row["sha256"], row["drive"], row["frame"])

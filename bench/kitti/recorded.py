"""Brings a stored ``detection_data`` record back together with the images that it speaks of."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bench.kitti.entries import Box, ImageEntry, LabelledImage
from bench.kitti.layout import read_layout
from bench.kitti.split import Split
from store.errors import IntegrityError
from store.formats import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from store.records import Stored


def recorded_split(stored: Stored, folder: Path) -> Split:
    """The cut of a ``detection_data`` record, its images found again in the data folder.

    Raises IntegrityError where the folder lacks one of them.
    """
    boxes: dict[str, list[Box]] = defaultdict(list)
    for row in read_table(stored.file("objects.parquet")).to_pylist():
        name = row.pop("image")
        boxes[name].append(Box(**row))
    paths = read_layout(folder).images
    parts: dict[str, list[LabelledImage]] = {"train": [], "validation": []}
    for row in read_table(stored.file("images.parquet")).to_pylist():
        name = row.pop("image")
        if name not in paths:
            message = f"image {name} of the record {stored.record.task.id} is not in the data folder"
            raise IntegrityError(message, where=str(folder), cure="run again with the same data: nox -s bench")
        part = parts[row.pop("split")]
        del row["objects"]
        part.append(LabelledImage(ImageEntry(id=name, path=paths[name], **row), tuple(boxes[name])))
    return Split(tuple(parts["train"]), tuple(parts["validation"]))

"""Holds what the trainer has made of its folder against the record of the data, before the first epoch.

The trainer reads images and labels on its own, and leaves out, turns, repairs and deduplicates as it sees fit. A record
that says otherwise would be wrong: any difference ends the training.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.datasets.kitti.yolo_text import read_back
from bench.models.detection.decoding import decode_as_trainer
from store.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bench.datasets.kitti.entries import LabelledImage
    from bench.models.detection.training import Request

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Expected:
    """An image as the record of the data has it: upright size, and class index, centre and size of each box as float32."""

    name: str
    width: int
    height: int
    boxes: tuple[tuple[float, ...], ...]


def expected_of(images: Iterable[LabelledImage]) -> tuple[Expected, ...]:
    """What the trainer must find of ``images``."""
    return tuple(
        Expected(each.entry.id, each.entry.width, each.entry.height, tuple(map(tuple, read_back(each).tolist())))
        for each in images
    )


def check(trainer: Any, request: Request) -> None:  # noqa: ANN401 - the package's trainer, which has no types
    """Compare the trainer's own lists of images, boxes and sizes, and its sizes of image and batch; raises DataError."""
    found = list(_of_settings(trainer, request))
    for part, loader in (("train", trainer.train_loader), ("val", trainer.test_loader)):
        found += _of_part(part, request.expected[part], loader.dataset.labels)
    if found:
        shown = "".join(f"\n  - {line}" for line in found[:_MOST_NAMED])
        more = f"\n  - and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
        message = f"the trainer would train on something else than the record says:{shown}{more}"
        raise DataError(message, where=str(request.data), cure="correct or remove what is named, and run again")


def _of_settings(trainer: Any, request: Request) -> Iterator[str]:  # noqa: ANN401
    wanted: dict[str, object] = {"imgsz": request.image_size, "batch": request.batch_size, "epochs": request.epochs}
    wanted |= {"optimizer": request.optimizer, "lr0": request.learning_rate, "nbs": request.nominal_batch_size}
    for name, value in wanted.items():
        used = getattr(trainer.args, name)
        if used != value:
            yield f"{name} is {used}, {value} was asked for"


def _decoded_shape(file: str) -> tuple[int, int]:
    pixels = decode_as_trainer(Path(file).read_bytes())
    return (0, 0) if pixels is None else (pixels.shape[0], pixels.shape[1])


def _of_part(part: str, expected: Sequence[Expected], labels: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """``labels`` are the trainer's: ``im_file``, ``shape`` (height, width), ``cls`` (N, 1) and ``bboxes`` (N, 4).

    Of images that it batches by their shape it keeps no shape: their size is that of what its decoder finds.
    """
    theirs = {PurePath(each["im_file"]).stem: each for each in labels}
    ours = {each.name: each for each in expected}
    for names, verb in ((ours.keys() - theirs.keys(), "left out"), (theirs.keys() - ours.keys(), "added")):
        if names:
            shown = ", ".join(sorted(names)[:_MOST_NAMED])
            yield f"{part}: {len(names)} images are {verb}: {shown}"
    for name in sorted(ours.keys() & theirs.keys()):
        image, found = ours[name], theirs[name]
        height, width = found.get("shape") or _decoded_shape(found["im_file"])
        if (width, height) != (image.width, image.height):
            yield f"{part}: image {name} has {width} x {height} pixels, {image.width} x {image.height} on record"
        boxes = tuple(map(tuple, np.concatenate((found["cls"], found["bboxes"]), axis=1).tolist()))
        if boxes != image.boxes:
            yield f"{part}: image {name} has {len(boxes)} boxes that are not the {len(image.boxes)} on record"
